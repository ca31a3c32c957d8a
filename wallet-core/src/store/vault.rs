//! The vault: opens and seals records, and says what a change to them writes.

use std::fmt;

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};

use super::edit::{Edit, Pending};
use super::index::{Entry, Index, RecordId};
use super::record::{Kind, Record};
use crate::error::{Result, WalletError};
use crate::ports::Change;
use crate::seal::{CannotOpen, Cost, Passphrase, SealingKey, Stretch};

/// The name of the header in the storage.
pub const HEADER: &str = "wallet/header";
/// The name of the index in the storage.
pub const INDEX: &str = "wallet/index";
/// What the names of all records begin with.
pub const RECORDS: &str = "wallet/record/";

const VERSION: u8 = 1;
const MAX_INDEX: usize = 64 << 20;

/// What opens a store.
#[derive(Debug, Clone)]
pub enum StoreKey {
    /// A secret the app keeps, on a phone in its secure hardware.
    Device(SealingKey),
    /// A passphrase, stretched by Argon2id whenever the store is opened.
    Passphrase(Passphrase),
}

/// The data key, sealed, and how to come to the key it is sealed under.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    version: u8,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stretch: Option<Stretch>,
    sealed: String,
}

/// An open store: the data key, which is wiped when this is dropped, and the index of what is kept.
pub struct Vault {
    key: SealingKey,
    pub(super) index: Index,
    pub(super) settled: bool,
}

impl Vault {
    /// Makes an empty store, and what to write before anything else.
    ///
    /// `cost` is that of a guess at the passphrase; a device's key has none.
    pub fn create(key: &StoreKey, cost: Cost, rng: &mut dyn CryptoRng) -> Result<(Self, Vec<Change>)> {
        let vault = Self { key: SealingKey::generate(rng), index: Index::default(), settled: true };
        let header = vault.rekey(key, cost, rng)?;
        let index = vault.seal_index(&vault.index, rng);
        Ok((vault, vec![header, index]))
    }

    /// Opens a store from its header and index.
    ///
    /// `at_least` is the least [`Vault::generation`] to accept, from a counter the app keeps outside the storage, or 0: without one
    /// a storage that was rolled back as a whole cannot be told from what it once was. Fails with `KeyUnavailable` when `key` is not
    /// the store's, `StorageFailed` when header or index was altered, is missing, or is too old.
    pub fn open(key: &StoreKey, header: &[u8], index: Option<&[u8]>, at_least: u64) -> Result<Self> {
        let header = read_header(header)?;
        let outer = match (key, &header.stretch) {
            (StoreKey::Device(key), None) => key.clone(),
            (StoreKey::Passphrase(passphrase), Some(stretch)) => stretch.key(passphrase)?,
            (StoreKey::Device(_), Some(_)) => return Err(locked("it opens with a passphrase")),
            (StoreKey::Passphrase(_), None) => return Err(locked("it opens with the device's key")),
        };
        let sealed = BASE64_URL_SAFE_NO_PAD.decode(&header.sealed).map_err(|_| altered("the header"))?;
        let key = outer.open(HEADER_BOUND, &sealed).map_err(|_| locked("the key or passphrase is not the right one"))?;
        let key = SealingKey::from_bytes(&key).map_err(|_| altered("the header"))?;
        let index = open_index(&key, index)?;
        if index.generation < at_least {
            return Err(altered("the storage as a whole"));
        }
        Ok(Self { key, index, settled: true })
    }

    /// Puts the store under another key or passphrase: one header to write.
    ///
    /// Records stay as they are sealed; who has the old key *and* an old header can still open them.
    pub fn rekey(&self, key: &StoreKey, cost: Cost, rng: &mut dyn CryptoRng) -> Result<Change> {
        let (outer, stretch) = match key {
            StoreKey::Device(key) => (key.clone(), None),
            StoreKey::Passphrase(passphrase) => {
                let stretch = Stretch::new(cost, rng);
                (stretch.key(passphrase)?, Some(stretch))
            }
        };
        let sealed = BASE64_URL_SAFE_NO_PAD.encode(outer.seal(HEADER_BOUND, self.key.expose(), rng));
        let header = Header { version: VERSION, stretch, sealed };
        Ok(put(HEADER, serde_json::to_vec(&header).expect("a header is plain JSON")))
    }

    /// How many times the store was changed: it never goes back.
    pub fn generation(&self) -> u64 {
        self.index.generation
    }

    /// The records of one kind.
    pub fn ids(&self, kind: Kind) -> Vec<RecordId> {
        self.index.entries.iter().filter(|(_, entry)| entry.kind == kind).map(|(id, _)| *id).collect()
    }

    /// Opens the record `id` from the bytes the storage has under [`RecordId::name`].
    ///
    /// Fails with `Misused` when no such record is kept, `StorageFailed` when the bytes are missing or not the ones last written.
    pub fn read(&self, id: &RecordId, bytes: Option<&[u8]>) -> Result<Record> {
        let entry = self.index.entries.get(id).ok_or_else(|| WalletError::misused("no such record is kept"))?;
        let bytes = bytes.ok_or_else(|| altered("a record"))?;
        if Entry::of(entry.kind, bytes) != *entry {
            return Err(altered("a record"));
        }
        let plain = open(&self.key, &record_bound(id), bytes, "a record")?;
        Record::from_bytes(&plain).filter(|record| record.kind() == entry.kind).ok_or_else(|| altered("a record"))
    }

    /// Checks that the names the storage has under [`RECORDS`] are those of the index, no fewer and no more.
    ///
    /// Fails with `StorageFailed` when records were deleted, or added under an index that was rolled back.
    pub fn check(&self, names: &[String]) -> Result<()> {
        // The names come in order, and so does the index.
        let expected = self.index.entries.keys().map(RecordId::name);
        if expected.eq(names.iter().cloned()) { Ok(()) } else { Err(altered("the list of records")) }
    }

    /// Whether every write asked of the storage is known to have ended well.
    pub fn is_settled(&self) -> bool {
        self.settled
    }

    /// Takes the index as the storage has it now, after a write whose end is not known.
    pub fn refresh(&mut self, index: Option<&[u8]>) -> Result<()> {
        let index = open_index(&self.key, index)?;
        if index.generation < self.index.generation {
            return Err(altered("the index"));
        }
        self.index = index;
        self.settled = true;
        Ok(())
    }

    /// Begins a change of one or more records; `Misused` before an earlier one is committed or refreshed.
    pub fn edit(&mut self) -> Result<Edit<'_>> {
        if !self.settled {
            return Err(WalletError::misused("refresh the vault after a write that did not end"));
        }
        Ok(Edit::new(self))
    }

    /// Takes note that the storage wrote a change.
    pub fn commit(&mut self, pending: Pending) -> Result<()> {
        if self.settled || pending.index.generation != self.index.generation + 1 {
            return Err(WalletError::misused("commit what was last finished, once"));
        }
        self.index = pending.index;
        self.settled = true;
        Ok(())
    }

    pub(super) fn seal_record(&self, id: &RecordId, record: &Record, rng: &mut dyn CryptoRng) -> Result<Vec<u8>> {
        Ok(seal(&self.key, &record_bound(id), &record.to_bytes()?, rng))
    }

    pub(super) fn seal_index(&self, index: &Index, rng: &mut dyn CryptoRng) -> Change {
        put(INDEX, seal(&self.key, INDEX_BOUND, &index.to_bytes(), rng))
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Vault(generation {}, hidden)", self.index.generation)
    }
}

const HEADER_BOUND: &[u8] = b"cedula store 1";
const INDEX_BOUND: &[u8] = b"cedula index 1";

fn record_bound(id: &RecordId) -> Vec<u8> {
    [b"cedula record 1 ", id.as_bytes()].concat()
}

fn put(name: &str, bytes: Vec<u8>) -> Change {
    Change::Put { name: name.to_owned(), bytes }
}

/// The version, then the sealed bytes.
fn seal(key: &SealingKey, bound: &[u8], plain: &[u8], rng: &mut dyn CryptoRng) -> Vec<u8> {
    [&[VERSION][..], &key.seal(bound, plain, rng)].concat()
}

fn open(key: &SealingKey, bound: &[u8], bytes: &[u8], what: &str) -> Result<zeroize::Zeroizing<Vec<u8>>> {
    match bytes.split_first() {
        Some((&VERSION, sealed)) => key.open(bound, sealed).map_err(|CannotOpen| altered(what)),
        Some(_) => Err(WalletError::unsupported("this store", "it was written by a newer version")),
        None => Err(altered(what)),
    }
}

fn open_index(key: &SealingKey, bytes: Option<&[u8]>) -> Result<Index> {
    let bytes = bytes.filter(|bytes| bytes.len() <= MAX_INDEX).ok_or_else(|| altered("the index"))?;
    let plain = open(key, INDEX_BOUND, bytes, "the index")?;
    Index::from_bytes(&plain).ok_or_else(|| altered("the index"))
}

fn read_header(bytes: &[u8]) -> Result<Header> {
    if bytes.len() > 1024 {
        return Err(altered("the header"));
    }
    let header: Header = serde_json::from_slice(bytes).map_err(|_| altered("the header"))?;
    if header.version != VERSION {
        return Err(WalletError::unsupported("this store", "it was written by a newer version"));
    }
    Ok(header)
}

fn locked(reason: &str) -> WalletError {
    WalletError::key_unavailable("store", reason)
}

fn altered(what: &str) -> WalletError {
    WalletError::storage_failed(format!("{what} was altered, deleted or rolled back behind the wallet's back; restore a backup"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::kit::{Disk, change, device, diploma, keep, light, rng, store};
    use proptest::prelude::*;

    fn altered_storage<T>(result: Result<T>) -> bool {
        matches!(result, Err(WalletError::StorageFailed { .. }))
    }

    #[test]
    fn record_is_there_after_reopening_and_no_name_tells_of_it() {
        let (mut disk, mut vault) = store();
        let id = keep(&mut disk, &mut vault, "mark");
        let vault = disk.open().expect("the store");
        assert_eq!(disk.read(&vault, &id).expect("the record"), Record::Credential(diploma("mark")));
        assert_eq!((vault.ids(Kind::Credential), vault.ids(Kind::Event), vault.generation()), (vec![id], vec![], 1));
        vault.check(&disk.names()).expect("nothing missing");
        assert!(disk.0.iter().all(|(name, bytes)| !name.contains("mark") && !bytes.windows(4).any(|w| w == b"mark")));
    }

    #[test]
    fn passphrase_opens_and_a_wrong_one_is_key_unavailable() {
        let words = |text: &str| StoreKey::Passphrase(Passphrase::new(text).expect("a passphrase"));
        let (vault, changes) = Vault::create(&words("right"), light(), &mut rng()).expect("a store");
        let mut disk = Disk::default();
        disk.write(&changes);
        let open = |disk: &Disk, key: &StoreKey| Vault::open(key, disk.bytes(HEADER).expect("a header"), disk.bytes(INDEX), 0);
        open(&disk, &words("right")).expect("the store");
        for wrong in [words("wrong"), device()] {
            assert!(matches!(open(&disk, &wrong), Err(WalletError::KeyUnavailable { .. })));
        }
        disk.write(&[vault.rekey(&words("other"), light(), &mut rng()).expect("a header")]);
        open(&disk, &words("other")).expect("the store");
        assert!(matches!(open(&disk, &words("right")), Err(WalletError::KeyUnavailable { .. })));
    }

    #[test]
    fn swapped_rolled_back_deleted_or_altered_record_is_noticed() {
        let (mut disk, mut vault) = store();
        let [one, two] = ["one", "two"].map(|mark| keep(&mut disk, &mut vault, mark));
        let good = disk.clone();

        let bytes = disk.0[&two.name()].clone();
        disk.0.insert(one.name(), bytes);
        assert!(altered_storage(disk.read(&vault, &one)), "swapped");

        disk = good.clone();
        change(&mut disk, &mut vault, |edit| {
            edit.replace(&one, &Record::Credential(diploma("new")), &mut rng()).expect("replaced")
        });
        let newer = disk.clone();
        disk.0.insert(one.name(), good.0[&one.name()].clone());
        assert!(altered_storage(disk.read(&vault, &one)), "rolled back");

        disk = newer.clone();
        disk.0.remove(&one.name());
        assert!(altered_storage(disk.read(&vault, &one)), "deleted");
        assert!(altered_storage(vault.check(&disk.names())), "deleted");

        disk = newer.clone();
        disk.0.get_mut(&one.name()).expect("the record")[30] ^= 1;
        assert!(altered_storage(disk.read(&vault, &one)), "altered");
    }

    #[test]
    fn index_rolled_back_under_its_records_is_noticed() {
        let (mut disk, mut vault) = store();
        let one = keep(&mut disk, &mut vault, "one");
        let old = disk.0[INDEX].clone();
        keep(&mut disk, &mut vault, "two");
        disk.0.insert(INDEX.to_owned(), old.clone());
        let reopened = disk.open().expect("an older index is an index");
        assert!(altered_storage(reopened.check(&disk.names())), "a record it does not know");
        assert!(altered_storage(vault.refresh(Some(&old))), "older than what was seen");

        change(&mut disk, &mut vault, |edit| edit.remove(&one));
        disk.0.insert(INDEX.to_owned(), old);
        assert!(altered_storage(disk.open().expect("an index").check(&disk.names())), "a record that is gone");
        disk.0.remove(INDEX);
        assert!(altered_storage(disk.open()), "no index at all");
    }

    #[test]
    fn storage_rolled_back_as_a_whole_is_noticed_by_an_outside_counter() {
        let (mut disk, mut vault) = store();
        let old = disk.clone();
        keep(&mut disk, &mut vault, "one");
        let open = |disk: &Disk| Vault::open(&device(), &disk.0[HEADER], disk.bytes(INDEX), vault.generation());
        open(&disk).expect("the newest");
        assert!(altered_storage(open(&old)));
    }

    #[test]
    fn write_of_unknown_end_is_settled_by_what_the_storage_has() {
        let (mut disk, mut vault) = store();
        for arrives in [false, true] {
            let mut edit = vault.edit().expect("settled");
            let id = edit.add(&Record::Credential(diploma("one")), &mut rng()).expect("added");
            let pending = edit.finish(&mut rng());
            if arrives {
                disk.write(pending.changes());
            }
            drop(pending);
            assert!(matches!(vault.edit().err(), Some(WalletError::Misused { .. })));
            vault.refresh(disk.bytes(INDEX)).expect("the index");
            assert_eq!(disk.read(&vault, &id).is_ok(), arrives);
            vault.check(&disk.names()).expect("nothing missing");
        }
        assert_eq!(keep(&mut disk, &mut vault, "two").name().len(), RECORDS.len() + 32);
    }

    #[test]
    fn secrets_do_not_print() {
        assert_eq!(format!("{:?}", store().1), "Vault(generation 0, hidden)");
        assert_eq!(format!("{:?}", device()), "Device(SealingKey(hidden))");
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_header_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(Vault::open(&device(), &bytes, Some(&bytes), 0).is_err());
        }

        #[test]
        fn altered_index_is_refused(at in 0usize..49, bit in 0u8..8) {
            let (mut disk, _) = store();
            disk.0.get_mut(INDEX).expect("the index")[at] ^= 1 << bit;
            prop_assert!(disk.open().is_err());
        }
    }
}
