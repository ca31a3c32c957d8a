//! The index: which records there are, and what each must look like.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use rand_core::CryptoRng;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};

use super::record::Kind;
use super::vault::RECORDS;
use crate::error::{Result, WalletError};

/// The name of a record: sixteen random bytes, written as 32 hexadecimal digits, that say nothing of it.
///
/// It stays the same through a backup and its restoring, so that records may speak of each other.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RecordId([u8; 16]);

impl RecordId {
    pub(super) fn generate(rng: &mut dyn CryptoRng) -> Self {
        let mut id = [0; 16];
        rng.fill_bytes(&mut id);
        Self(id)
    }

    /// The name of the record in the storage.
    pub fn name(&self) -> String {
        format!("{RECORDS}{self}")
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for RecordId {
    type Err = WalletError;

    fn from_str(text: &str) -> Result<Self> {
        let bad = || WalletError::malformed("record name", "it is not 32 lower-case hexadecimal digits");
        let digits = text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if text.len() != 32 || !digits {
            return Err(bad());
        }
        u128::from_str_radix(text, 16).map(|number| Self(number.to_be_bytes())).map_err(|_| bad())
    }
}

impl Serialize for RecordId {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RecordId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// The kind of a record and the SHA-256 of its sealed bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) kind: Kind,
    pub(super) digest: [u8; 32],
}

impl Entry {
    pub(super) fn of(kind: Kind, sealed: &[u8]) -> Self {
        Self { kind, digest: Sha256::digest(sealed).into() }
    }
}

/// Which records there are, and how many times that changed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Index {
    pub(super) generation: u64,
    pub(super) entries: BTreeMap<RecordId, Entry>,
}

/// Kind, name, digest.
const ENTRY: usize = 1 + 16 + 32;

impl Index {
    /// Eight bytes of generation, then 49 for each record, in the order of their names.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(8 + ENTRY * self.entries.len());
        bytes.extend_from_slice(&self.generation.to_be_bytes());
        for (id, entry) in &self.entries {
            bytes.push(entry.kind.code());
            bytes.extend_from_slice(&id.0);
            bytes.extend_from_slice(&entry.digest);
        }
        bytes
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (generation, rest) = bytes.split_first_chunk::<8>()?;
        let (chunks, []) = rest.as_chunks::<ENTRY>() else {
            return None;
        };
        let mut index = Self { generation: u64::from_be_bytes(*generation), entries: BTreeMap::new() };
        for chunk in chunks {
            let id = RecordId(chunk[1..17].try_into().ok()?);
            let entry = Entry { kind: Kind::from_code(chunk[0])?, digest: chunk[17..].try_into().ok()? };
            // In strict order, so that one index has one form and no record stands in it twice.
            if index.entries.last_key_value().is_some_and(|(last, _)| *last >= id) {
                return None;
            }
            index.entries.insert(id, entry);
        }
        Some(index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn record_name_reads_back_and_no_other_spelling_does() {
        let id = RecordId([0xab; 16]);
        assert_eq!(id.to_string().parse::<RecordId>().expect("its own text"), id);
        let spellings = [id.to_string().to_uppercase(), format!("+{}", "a".repeat(31)), "ab".repeat(17), String::new()];
        assert!(spellings.iter().all(|text| text.parse::<RecordId>().is_err()));
    }

    proptest! {
        #[test]
        fn any_bytes_are_an_index_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            if let Some(index) = Index::from_bytes(&bytes) {
                prop_assert_eq!(index.to_bytes(), bytes);
            }
        }

        #[test]
        fn index_reads_back(generation in any::<u64>(), ids in proptest::collection::btree_set(any::<[u8; 16]>(), 0..20)) {
            let entries = ids.into_iter().map(|id| (RecordId(id), Entry::of(Kind::Event, &id))).collect();
            let index = Index { generation, entries };
            prop_assert_eq!(Index::from_bytes(&index.to_bytes()), Some(index));
        }

        #[test]
        fn any_text_is_a_record_name_or_refused(text in "\\PC{0,40}") {
            let _ = text.parse::<RecordId>();
        }
    }
}
