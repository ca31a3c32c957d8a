//! A change to the store: records added, replaced, removed and forgotten, written whole or not at all.

use std::collections::{BTreeMap, BTreeSet};

use rand_core::CryptoRng;

use super::index::{Entry, Index, RecordId};
use super::record::{Event, Kind, Record};
use super::vault::Vault;
use crate::error::{Result, WalletError};
use crate::ports::Change;

/// A change of one or more records, which is written whole or not at all.
pub struct Edit<'v> {
    vault: &'v mut Vault,
    index: Index,
    changes: BTreeMap<RecordId, Change>,
}

/// What becomes of a credential's history when it is forgotten.
#[derive(Debug, Clone, Copy)]
pub enum Trace<'a> {
    /// It stays: that a credential was received and shown is remembered.
    Keep,
    /// It goes too. Given are all events of the store.
    Erase(&'a [(RecordId, Event)]),
}

impl<'v> Edit<'v> {
    pub(super) fn new(vault: &'v mut Vault) -> Self {
        Self { index: vault.index.clone(), vault, changes: BTreeMap::new() }
    }

    /// Adds a record under a new name.
    pub fn add(&mut self, record: &Record, rng: &mut dyn CryptoRng) -> Result<RecordId> {
        let id = RecordId::generate(rng);
        self.put(id, record, rng)?;
        Ok(id)
    }

    /// Puts a record in the place of one of the same kind; `Misused` when there is none.
    pub fn replace(&mut self, id: &RecordId, record: &Record, rng: &mut dyn CryptoRng) -> Result<()> {
        match self.index.entries.get(id) {
            Some(entry) if entry.kind == record.kind() => self.put(*id, record, rng),
            _ => Err(WalletError::misused("only a record of the same kind is replaced")),
        }
    }

    /// Removes a record; no error when there is none.
    pub fn remove(&mut self, id: &RecordId) {
        if self.index.entries.remove(id).is_some() {
            self.changes.insert(*id, Change::Delete { name: id.name() });
        }
    }

    /// Removes a credential and, when asked, every word of it in the history.
    ///
    /// An event that speaks of other credentials too keeps those. Fails with `Misused` when `id` is no credential, or the events
    /// given are not all of them.
    pub fn forget(&mut self, id: &RecordId, trace: Trace<'_>, rng: &mut dyn CryptoRng) -> Result<()> {
        if self.index.entries.get(id).is_none_or(|entry| entry.kind != Kind::Credential) {
            return Err(WalletError::misused("no such credential is kept"));
        }
        if let Trace::Erase(events) = trace {
            let given: BTreeSet<&RecordId> = events.iter().map(|(id, _)| id).collect();
            if self.index.entries.iter().any(|(id, entry)| entry.kind == Kind::Event && !given.contains(id)) {
                return Err(WalletError::misused("give all events to erase a credential's"));
            }
            for (at, event) in events.iter().filter(|(_, event)| event.credentials().contains(id)) {
                match event.without(id) {
                    Some(rest) => self.replace(at, &Record::Event(rest), rng)?,
                    None => self.remove(at),
                }
            }
        }
        self.remove(id);
        Ok(())
    }

    /// Puts a record under a name it had elsewhere.
    pub(super) fn put(&mut self, id: RecordId, record: &Record, rng: &mut dyn CryptoRng) -> Result<()> {
        let bytes = self.vault.seal_record(&id, record, rng)?;
        self.index.entries.insert(id, Entry::of(record.kind(), &bytes));
        self.changes.insert(id, Change::Put { name: id.name(), bytes });
        Ok(())
    }

    /// Seals the new index and hands over what is to be written; [`Vault::commit`] takes it back when that is done.
    pub fn finish(mut self, rng: &mut dyn CryptoRng) -> Pending {
        self.index.generation += 1;
        let mut changes: Vec<Change> = self.changes.into_values().collect();
        changes.push(self.vault.seal_index(&self.index, rng));
        self.vault.settled = false;
        Pending { changes, index: self.index }
    }
}

/// A change on its way to the storage.
#[must_use]
pub struct Pending {
    changes: Vec<Change>,
    pub(super) index: Index,
}

impl Pending {
    /// What to write, in one [`Storage::write`](crate::ports::Storage::write).
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::kit::{change, diploma, keep, rng, shown, store};

    #[test]
    fn forgetting_erases_the_history_when_asked_and_only_its_own() {
        let (mut disk, mut vault) = store();
        let [one, two] = ["one", "two"].map(|mark| keep(&mut disk, &mut vault, mark));
        let events = [shown(&[one]), shown(&[one, two]), shown(&[two])];
        let ids = change(&mut disk, &mut vault, |edit| {
            events.clone().map(|event| edit.add(&Record::Event(event), &mut rng()).expect("added"))
        });
        let all: Vec<(RecordId, Event)> = ids.into_iter().zip(events).collect();

        let mut edit = vault.edit().expect("settled");
        assert!(edit.forget(&one, Trace::Erase(&all[1..]), &mut rng()).is_err(), "not all events");
        assert!(edit.forget(&ids[0], Trace::Keep, &mut rng()).is_err(), "no credential");

        change(&mut disk, &mut vault, |edit| edit.forget(&one, Trace::Erase(&all), &mut rng()).expect("forgotten"));
        assert_eq!((vault.ids(Kind::Credential), vault.ids(Kind::Event).len()), (vec![two], 2));
        assert_eq!(disk.read(&vault, &ids[1]).expect("the event"), Record::Event(shown(&[two])));
        assert_eq!(disk.read(&vault, &ids[2]).expect("the event"), Record::Event(shown(&[two])));
        vault.check(&disk.names()).expect("nothing left over");

        change(&mut disk, &mut vault, |edit| edit.forget(&two, Trace::Keep, &mut rng()).expect("forgotten"));
        assert_eq!((vault.ids(Kind::Credential).len(), vault.ids(Kind::Event).len()), (0, 2));
    }

    #[test]
    fn record_is_replaced_only_by_one_of_its_kind() {
        let (mut disk, mut vault) = store();
        let id = keep(&mut disk, &mut vault, "one");
        let mut edit = vault.edit().expect("settled");
        assert!(matches!(edit.replace(&id, &Record::Event(shown(&[id])), &mut rng()), Err(WalletError::Misused { .. })));
        edit.remove(&id);
        let replaced = edit.replace(&id, &Record::Credential(diploma("one")), &mut rng());
        assert!(matches!(replaced, Err(WalletError::Misused { .. })));
    }
}
