//! Restoring a backup, in two phases: what it would do, then doing it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};

use super::backup::Backup;
use super::edit::Edit;
use super::index::RecordId;
use super::record::{HeldCredential, Kind, Record};
use crate::error::Result;
use crate::key::{KeyId, SecretKey};
use crate::time::Timestamp;

/// What restoring a backup would do, for the holder to agree to.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Preview {
    /// When the backup was made.
    pub made: Timestamp,
    /// The credentials it would add.
    pub added: Vec<Summary>,
    /// How many records other than credentials it would add: history, key references, contexts.
    pub added_beside: usize,
    /// How many records of the backup are kept already.
    pub kept_already: usize,
    /// The credentials that are kept in another state than the backup's.
    pub conflicts: Vec<Conflict>,
    /// The keys it would add to the keystore.
    pub keys: Vec<KeyId>,
    /// The credentials of the backup whose key is neither in it nor in this keystore: they can be read, not presented, and have to
    /// be issued again.
    pub reissue: Vec<Summary>,
}

/// A credential as a preview shows it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// Its record.
    pub id: RecordId,
    /// What it is.
    pub title: String,
    /// Who says so.
    pub issuer: String,
    /// When it was received.
    pub received: Timestamp,
}

/// One record in two states, as after a credential was renewed on one of two devices.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Conflict {
    /// What is kept.
    pub held: Summary,
    /// What the backup has.
    pub backup: Summary,
}

/// Which of two states wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum OnConflict {
    /// What is kept stays.
    KeepHeld,
    /// What the backup has takes its place.
    TakeBackup,
}

impl fmt::Debug for Preview {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Preview({} added, {} conflicts, {} keys, hidden)", self.added.len(), self.conflicts.len(), self.keys.len())
    }
}

content_does_not_print!(Summary, Conflict);

impl Backup {
    /// What [`Backup::restore`] would do to a store that keeps `held`, beside a keystore that has `keys`.
    pub fn preview(&self, held: &[(RecordId, Record)], keys: &[KeyId]) -> Preview {
        let held = Held::new(held);
        let brought: BTreeSet<&KeyId> = self.keys.iter().filter(|key| key.secret.is_some()).map(|key| &key.id).collect();
        let mut preview = Preview {
            made: self.made.clone(),
            added: Vec::new(),
            added_beside: 0,
            kept_already: 0,
            conflicts: Vec::new(),
            keys: brought.iter().filter(|id| !keys.contains(id)).map(|id| (*id).clone()).collect(),
            reissue: Vec::new(),
        };
        for (id, record) in &self.records {
            match (held.fate(id, record), record) {
                (Fate::Added, Record::Credential(credential)) => preview.added.push(summary(id, credential)),
                (Fate::Added, _) => preview.added_beside += 1,
                (Fate::KeptAs(_), _) => preview.kept_already += 1,
                (Fate::Conflicts(held, backup), _) => {
                    preview.conflicts.push(Conflict { held: summary(id, held), backup: summary(id, backup) });
                }
            }
            if let Record::Credential(credential @ HeldCredential { key: Some(key), .. }) = record
                && !brought.contains(key)
                && !keys.contains(key)
            {
                preview.reissue.push(summary(id, credential));
            }
        }
        preview
    }

    /// Adds to `edit` what the store that keeps `held` has not, and hands out the keys the keystore is to import first.
    ///
    /// Nothing that is kept is lost: only a credential in conflict is replaced, and only with [`OnConflict::TakeBackup`].
    pub fn restore(
        self,
        edit: &mut Edit<'_>,
        held: &[(RecordId, Record)],
        on_conflict: OnConflict,
        rng: &mut dyn CryptoRng,
    ) -> Result<Vec<(KeyId, SecretKey)>> {
        let held = Held::new(held);
        // A credential that is kept under another name keeps that name, also in the history the backup brings.
        let mut renamed = BTreeMap::new();
        for (id, record) in &self.records {
            if let Fate::KeptAs(name) = held.fate(id, record)
                && record.kind() == Kind::Credential
                && name != *id
            {
                renamed.insert(*id, name);
            }
        }
        for (id, record) in self.records {
            match held.fate(&id, &record) {
                Fate::KeptAs(_) => {}
                Fate::Conflicts(..) if on_conflict == OnConflict::KeepHeld => {}
                Fate::Conflicts(..) => edit.replace(&id, &record, rng)?,
                Fate::Added => {
                    let record = match record {
                        Record::Event(event) => Record::Event(event.renamed(|id| renamed.get(&id).copied().unwrap_or(id))),
                        other => other,
                    };
                    edit.put(id, &record, rng)?;
                }
            }
        }
        Ok(self.keys.into_iter().filter_map(|key| key.secret.map(|secret| (key.id, secret))).collect())
    }
}

/// What a store keeps, to be looked up by name and by thing.
struct Held<'a> {
    by_name: BTreeMap<&'a RecordId, &'a Record>,
    by_thing: BTreeMap<[u8; 32], RecordId>,
}

/// What becomes of one record of a backup.
enum Fate<'a> {
    Added,
    KeptAs(RecordId),
    Conflicts(&'a HeldCredential, &'a HeldCredential),
}

impl<'a> Held<'a> {
    fn new(held: &'a [(RecordId, Record)]) -> Self {
        Self {
            by_name: held.iter().map(|(id, record)| (id, record)).collect(),
            by_thing: held.iter().map(|(id, record)| (record.thing(), *id)).collect(),
        }
    }

    fn fate(&self, id: &RecordId, record: &'a Record) -> Fate<'a> {
        match (self.by_name.get(id), record) {
            (Some(Record::Credential(held)), Record::Credential(backup)) if self.by_name[id].thing() != record.thing() => {
                Fate::Conflicts(held, backup)
            }
            // Of an event that lost a forgotten credential since, the shorter one stays.
            (Some(_), _) => Fate::KeptAs(*id),
            (None, _) => self.by_thing.get(&record.thing()).map_or(Fate::Added, |name| Fate::KeptAs(*name)),
        }
    }
}

fn summary(id: &RecordId, credential: &HeldCredential) -> Summary {
    Summary {
        id: *id,
        title: credential.display.title.clone(),
        issuer: credential.display.issuer.clone(),
        received: credential.received.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::KeyAlgorithm;
    use crate::store::BackupKey;
    use crate::store::kit::{change, diploma, rng, shown, store};

    fn id(digit: &str) -> RecordId {
        digit.repeat(32).parse().expect("a name")
    }

    fn credential(mark: &str) -> Record {
        Record::Credential(diploma(mark))
    }

    fn bound_to(mark: &str, key: &str) -> Record {
        Record::Credential(HeldCredential { key: Some(KeyId(key.to_owned())), ..diploma(mark) })
    }

    fn key(id: &str, secret: Option<SecretKey>) -> BackupKey {
        let public = SecretKey::generate(KeyAlgorithm::P256, &mut rng()).public_key();
        BackupKey { id: KeyId(id.to_owned()), public: secret.as_ref().map_or(public, SecretKey::public_key), secret }
    }

    fn backup(records: Vec<(RecordId, Record)>, keys: Vec<BackupKey>) -> Backup {
        Backup { made: "2026-05-01T00:00:00Z".parse().expect("a date"), records, keys }
    }

    /// Restores into a store that keeps `held`, and tells what it keeps then.
    fn restore(backup: Backup, held: &[(RecordId, Record)], on_conflict: OnConflict) -> Vec<(RecordId, Record)> {
        let (mut disk, mut vault) = store();
        change(&mut disk, &mut vault, |edit| {
            held.iter().for_each(|(id, record)| edit.put(*id, record, &mut rng()).expect("put"));
        });
        change(&mut disk, &mut vault, |edit| backup.restore(edit, held, on_conflict, &mut rng()).expect("restored"));
        let kinds = [Kind::Credential, Kind::Event, Kind::Key, Kind::Context];
        let ids = kinds.into_iter().flat_map(|kind| vault.ids(kind));
        ids.map(|id| (id, disk.read(&vault, &id).expect("a record"))).collect()
    }

    #[test]
    fn empty_store_gets_everything_under_the_same_names() {
        let records = vec![(id("1"), credential("one")), (id("2"), Record::Event(shown(&[id("1")])))];
        let preview = backup(records.clone(), vec![]).preview(&[], &[]);
        assert_eq!((preview.added.len(), preview.added_beside, preview.kept_already, preview.conflicts.len()), (1, 1, 0, 0));
        assert_eq!(restore(backup(records.clone(), vec![]), &[], OnConflict::KeepHeld), records);
    }

    #[test]
    fn restoring_twice_changes_nothing() {
        let records = vec![(id("1"), credential("one")), (id("2"), Record::Event(shown(&[id("1")])))];
        let preview = backup(records.clone(), vec![]).preview(&records, &[]);
        assert_eq!((preview.added.len(), preview.added_beside, preview.kept_already), (0, 0, 2));
        assert_eq!(restore(backup(records.clone(), vec![]), &records, OnConflict::TakeBackup), records);
    }

    #[test]
    fn conflict_is_shown_and_ends_as_the_holder_says() {
        let (held, other) = (vec![(id("1"), credential("new"))], vec![(id("1"), credential("old"))]);
        let preview = backup(other.clone(), vec![]).preview(&held, &[]);
        assert_eq!(
            (preview.conflicts[0].held.title.as_str(), preview.conflicts[0].backup.title.as_str()),
            ("Diploma new", "Diploma old")
        );
        assert_eq!(restore(backup(other.clone(), vec![]), &held, OnConflict::KeepHeld), held);
        assert_eq!(restore(backup(other.clone(), vec![]), &held, OnConflict::TakeBackup), other);
    }

    #[test]
    fn credential_kept_under_another_name_is_not_doubled_and_its_history_follows() {
        let held = vec![(id("9"), credential("one"))];
        let records = vec![(id("1"), credential("one")), (id("2"), Record::Event(shown(&[id("1")])))];
        let after = restore(backup(records, vec![]), &held, OnConflict::KeepHeld);
        assert_eq!(after, vec![(id("9"), credential("one")), (id("2"), Record::Event(shown(&[id("9")])))]);
    }

    #[test]
    fn event_shortened_by_forgetting_stays_short() {
        let held = vec![(id("2"), Record::Event(shown(&[id("1")])))];
        let records = vec![(id("2"), Record::Event(shown(&[id("1"), id("3")])))];
        assert_eq!(restore(backup(records, vec![]), &held, OnConflict::TakeBackup), held);
    }

    #[test]
    fn preview_says_which_keys_come_and_which_credentials_must_be_issued_again() {
        let records = vec![(id("1"), bound_to("a", "soft")), (id("2"), bound_to("b", "hard")), (id("3"), bound_to("c", "here"))];
        let soft = SecretKey::generate(KeyAlgorithm::Ed25519, &mut rng());
        let backup = backup(records, vec![key("soft", Some(soft)), key("hard", None)]);
        let preview = backup.preview(&[], &[KeyId("here".to_owned())]);
        assert_eq!(preview.keys, [KeyId("soft".to_owned())]);
        assert_eq!(preview.reissue.iter().map(|summary| summary.title.as_str()).collect::<Vec<_>>(), ["Diploma b"]);
        let read: Preview = serde_json::from_str(&serde_json::to_string(&preview).expect("JSON")).expect("a plain value");
        assert_eq!(read, preview);
        assert_eq!(format!("{preview:?}"), "Preview(3 added, 0 conflicts, 1 keys, hidden)");
    }
}
