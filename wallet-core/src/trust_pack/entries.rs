//! The entries of a pack: names with bytes, and the one encoding of the whole set.
//!
//! What is said of a DID stands under `DID/kind`, so that it is stored side by side; anything else under `kind/key`. Of a kind that
//! this version does not know an entry is carried and not looked at.

use std::collections::BTreeMap;
use std::convert::Infallible;

use minicbor::{Decoder, Encoder, decode, encode};
use sha2::{Digest as _, Sha256};

use super::malformed;
use crate::error::Result;

/// The most bytes that the entries of one pack take, inflated.
pub const MAX_BYTES: usize = 64 << 20;
/// The most entries of one pack.
pub const MAX_ENTRIES: usize = 1 << 18;
/// The longest name of an entry, in bytes.
const MAX_NAME: usize = 4096;

/// A set of names, each with bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entries(BTreeMap<String, Vec<u8>>);

impl Entries {
    /// No entries.
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts bytes under a name, over what was there.
    pub fn put(&mut self, name: impl Into<String>, bytes: Vec<u8>) {
        self.0.insert(name.into(), bytes);
    }

    /// Takes a name and its bytes out; whether it was there.
    pub fn remove(&mut self, name: &str) -> bool {
        self.0.remove(name).is_some()
    }

    /// The bytes under a name.
    pub fn bytes(&self, name: &str) -> Option<&[u8]> {
        self.0.get(name).map(Vec::as_slice)
    }

    /// Every name with its bytes, in the order of the names' bytes.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice()))
    }

    /// How many entries of each kind there are, by the kind's name.
    pub fn count(&self) -> BTreeMap<&str, usize> {
        let mut counts = BTreeMap::new();
        for name in self.0.keys() {
            *counts.entry(kind_and_key(name).0).or_default() += 1;
        }
        counts
    }

    /// The SHA-256 of the set's encoding: what the publisher signs.
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.encode()).into()
    }

    /// The entries of one kind: the DID, URL or number each is about, with its bytes.
    pub(super) fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = (&'a str, &'a [u8])> {
        let named = self.iter().map(|(name, bytes)| (kind_and_key(name), bytes));
        named.filter(move |((found, _), _)| *found == kind).map(|((_, key), bytes)| (key, bytes))
    }

    /// The set as one deterministic CBOR map of text to bytes, names in the order of their bytes.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut encoder = Encoder::new(Vec::new());
        self.write(&mut encoder).expect("memory takes all that is written");
        encoder.into_writer()
    }

    pub(super) fn write(&self, encoder: &mut Encoder<Vec<u8>>) -> Result<(), encode::Error<Infallible>> {
        encoder.map(self.0.len() as u64)?;
        for (name, bytes) in &self.0 {
            encoder.str(name)?.bytes(bytes)?;
        }
        Ok(())
    }

    /// Reads what [`Entries::encode`] writes and no other spelling of it.
    pub(super) fn decode(bytes: &[u8]) -> Result<Self> {
        let mut decoder = Decoder::new(bytes);
        let entries = Self::read(&mut decoder).map_err(malformed)?;
        if let Some(excess) = entries.excess() {
            return Err(malformed(excess));
        }
        if entries.encode() != bytes {
            return Err(malformed("its entries are not in their one encoding"));
        }
        Ok(entries)
    }

    /// Reads a map; whoever calls compares what was read with how it is written.
    pub(super) fn read(decoder: &mut Decoder<'_>) -> Result<Self, decode::Error> {
        let mut entries = BTreeMap::new();
        for _ in 0..decoder.map()?.unwrap_or(0) {
            entries.insert(decoder.str()?.to_owned(), decoder.bytes()?.to_vec());
        }
        Ok(Self(entries))
    }

    /// What there is more of than one pack holds.
    pub(super) fn excess(&self) -> Option<String> {
        let bytes: usize = self.iter().map(|(name, bytes)| name.len() + bytes.len()).sum();
        if self.0.len() > MAX_ENTRIES || bytes > MAX_BYTES {
            return Some(format!("a pack holds at most {MAX_ENTRIES} entries and {MAX_BYTES} bytes"));
        }
        let long = self.0.keys().any(|name| name.len() > MAX_NAME);
        long.then(|| format!("the name of an entry has at most {MAX_NAME} bytes"))
    }
}

/// What kind an entry is of, and what it is about. A DID has no slash in it, and no kind begins as one.
fn kind_and_key(name: &str) -> (&str, &str) {
    match name.split_once('/') {
        Some((did, kind)) if did.starts_with("did:") => (kind, did),
        Some(kind_and_key) => kind_and_key,
        None => (name, ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::WalletError;
    use proptest::prelude::*;

    fn of(pairs: &[(&str, &[u8])]) -> Entries {
        Entries(pairs.iter().map(|(name, bytes)| ((*name).to_owned(), bytes.to_vec())).collect())
    }

    #[test]
    fn entries_are_told_by_kind() {
        let entries = of(&[("did:web:a.example/document", b"1"), ("list/https://a.example/did:x/1", b"2"), ("odd", b"3")]);
        assert_eq!(entries.count(), BTreeMap::from([("document", 1), ("list", 1), ("odd", 1)]));
        assert_eq!(entries.of_kind("document").collect::<Vec<_>>(), [("did:web:a.example", &b"1"[..])]);
        assert_eq!(entries.of_kind("list").collect::<Vec<_>>(), [("https://a.example/did:x/1", &b"2"[..])]);
    }

    #[test]
    fn another_spelling_of_the_same_set_is_refused() {
        let whole = of(&[("a", b"1"), ("b", b"2")]).encode();
        assert_eq!(whole, b"\xa2\x61a\x411\x61b\x412");
        for other in [
            &b"\xa2\x61b\x412\x61a\x411"[..],
            b"\xa2\x61a\x411\x61a\x411",
            b"\xb8\x02\x61a\x411\x61b\x412",
            b"\xbf\x61a\x411\x61b\x412\xff",
            b"\xa2\x61a\x411\x61b\x412\x00",
            b"\xa2\x61a\x411\x61b",
            b"\xbb\xff\xff\xff\xff\xff\xff\xff\xff\x61a\x411",
        ] {
            assert!(Entries::decode(other).is_err(), "{other:?}");
        }
    }

    #[test]
    fn more_than_a_pack_holds_is_refused() {
        let mut long = Entries::new();
        long.put("x".repeat(MAX_NAME + 1), Vec::new());
        let mut heavy = Entries::new();
        heavy.put("x", vec![0; MAX_BYTES]);
        let mut many = Entries::new();
        (0..=MAX_ENTRIES).for_each(|number| many.put(number.to_string(), Vec::new()));
        for entries in [long, heavy, many] {
            assert!(entries.excess().is_some());
            assert!(matches!(Entries::decode(&entries.encode()), Err(WalletError::Malformed { .. })));
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_the_one_encoding_of_a_set_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            if let Ok(entries) = Entries::decode(&bytes) {
                prop_assert_eq!(entries.encode(), bytes);
            }
        }

        #[test]
        fn any_set_comes_back(set in proptest::collection::btree_map("\\PC{0,12}", proptest::collection::vec(any::<u8>(), 0..40), 0..20)) {
            let entries = Entries(set);
            prop_assert_eq!(Entries::decode(&entries.encode()).expect("its own encoding"), entries);
        }
    }
}
