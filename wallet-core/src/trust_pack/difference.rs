//! The difference between two packs: what was removed, what was added or changed, and the manifest that the result must bear out.

use std::collections::BTreeSet;
use std::convert::Infallible;

use minicbor::{Decoder, Encoder, decode, encode};

use super::{Entries, Manifest, TrustPack, file, malformed, refused};
use crate::error::{Result, WalletError};

/// What changes one pack into a later one of the same publisher.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    manifest: Manifest,
    signed: String,
    change: Change,
}

/// What changes one set of entries into another.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Change {
    /// The digest of the entries it changes.
    base: [u8; 32],
    removed: BTreeSet<String>,
    changed: Entries,
}

impl Difference {
    /// The difference that leads from one pack to a later one.
    ///
    /// Fails with `Misused` when the second is by somebody else or of no higher version.
    pub fn between(from: &TrustPack, to: &TrustPack) -> Result<Self> {
        if from.manifest.publisher != to.manifest.publisher || from.manifest.version >= to.manifest.version {
            return Err(WalletError::misused("a difference leads from a pack to a later one of the same publisher"));
        }
        let change = Change::between(&from.entries, &to.entries);
        Ok(Self { manifest: to.manifest.clone(), signed: to.signed.clone(), change })
    }

    /// The pack that comes of changing `held`.
    ///
    /// Fails with `Refused` when that is not the pack it was made from, or the result is not what the publisher signed.
    pub fn apply(self, held: &TrustPack) -> Result<TrustPack> {
        if held.manifest.digest != self.change.base {
            return Err(refused("it is a difference from another pack than the one that is held: fetch the whole pack"));
        }
        let entries = self.change.apply(&held.entries);
        if entries.digest() != self.manifest.digest {
            return Err(refused("what comes of it is not what its publisher signed"));
        }
        Ok(TrustPack { manifest: self.manifest, signed: self.signed, entries })
    }

    /// The file that carries it.
    pub fn to_bytes(&self) -> Vec<u8> {
        file::write(file::DIFFERENCE, &self.signed, &self.change.encode())
    }

    /// The manifest of the pack it leads to.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The names of the entries it takes away.
    pub fn removed(&self) -> impl Iterator<Item = &str> {
        self.change.removed.iter().map(String::as_str)
    }

    /// The entries it adds or changes.
    pub fn changed(&self) -> &Entries {
        &self.change.changed
    }

    pub(super) fn decode(manifest: Manifest, signed: String, bytes: &[u8]) -> Result<Self> {
        Ok(Self { manifest, signed, change: Change::decode(bytes)? })
    }
}

impl Change {
    fn between(from: &Entries, to: &Entries) -> Self {
        let removed = from.iter().filter(|(name, _)| to.bytes(name).is_none()).map(|(name, _)| name.to_owned()).collect();
        let mut changed = Entries::new();
        for (name, bytes) in to.iter().filter(|(name, bytes)| from.bytes(name) != Some(bytes)) {
            changed.put(name, bytes.to_vec());
        }
        Self { base: from.digest(), removed, changed }
    }

    fn apply(&self, base: &Entries) -> Entries {
        let mut entries = base.clone();
        for name in &self.removed {
            entries.remove(name);
        }
        for (name, bytes) in self.changed.iter() {
            entries.put(name, bytes.to_vec());
        }
        entries
    }

    /// One deterministic CBOR array: the base's digest, the names that are removed, the entries that change.
    fn encode(&self) -> Vec<u8> {
        let mut encoder = Encoder::new(Vec::new());
        self.write(&mut encoder).expect("memory takes all that is written");
        encoder.into_writer()
    }

    fn write(&self, e: &mut Encoder<Vec<u8>>) -> Result<(), encode::Error<Infallible>> {
        e.array(3)?.bytes(&self.base)?.array(self.removed.len() as u64)?;
        for name in &self.removed {
            e.str(name)?;
        }
        self.changed.write(e)
    }

    fn decode(bytes: &[u8]) -> Result<Self> {
        let change = Self::read(&mut Decoder::new(bytes)).map_err(malformed)?;
        if let Some(excess) = change.changed.excess() {
            return Err(malformed(excess));
        }
        if change.encode() != bytes {
            return Err(malformed("the difference is not in its one encoding"));
        }
        Ok(change)
    }

    fn read(d: &mut Decoder<'_>) -> Result<Self, decode::Error> {
        d.array()?;
        let base = d.bytes()?.try_into().map_err(|_| decode::Error::message("a digest of other than 32 bytes"))?;
        let mut removed = BTreeSet::new();
        for _ in 0..d.array()?.unwrap_or(0) {
            removed.insert(d.str()?.to_owned());
        }
        Ok(Self { base, removed, changed: Entries::read(d)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::{btree_map, vec};
    use proptest::prelude::*;

    fn any_entries() -> impl Strategy<Value = Entries> {
        let set = btree_map("[a-c]{0,2}/[a-d]{0,2}", vec(0..3u8, 0..4), 0..24);
        set.prop_map(|set| {
            let mut entries = Entries::new();
            set.into_iter().for_each(|(name, bytes)| entries.put(name, bytes));
            entries
        })
    }

    proptest! {
        #[test]
        fn difference_from_a_to_b_changes_a_into_b_and_says_nothing_else(a in any_entries(), b in any_entries()) {
            let change = Change::between(&a, &b);
            prop_assert_eq!(change.apply(&a), b.clone());
            prop_assert!(change.changed.iter().all(|(name, bytes)| a.bytes(name) != Some(bytes)));
            prop_assert!(change.removed.iter().all(|name| a.bytes(name).is_some() && b.bytes(name).is_none()));
            prop_assert_eq!(Change::decode(&change.encode()).expect("its own encoding"), change);
        }

        #[test]
        fn any_bytes_are_the_one_encoding_of_a_difference_or_refused(bytes in vec(any::<u8>(), 0..64)) {
            let framed = [&b"\x83\x58\x20"[..], &[7; 32], &bytes].concat();
            for bytes in [bytes, framed] {
                if let Ok(change) = Change::decode(&bytes) {
                    prop_assert_eq!(change.encode(), bytes);
                }
            }
        }
    }
}
