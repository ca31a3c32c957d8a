//! What the tests of this room share.

use std::collections::BTreeMap;

use getrandom::rand_core::UnwrapErr;
use rand_core::CryptoRng;

use super::{Channel, Display, Edit, Event, Format, HEADER, HeldCredential, INDEX, Occurrence, RECORDS, Record, RecordId, Shown};
use super::{StoreKey, Vault};
use crate::error::Result;
use crate::key::KeyId;
use crate::ports::Change;
use crate::seal::{Cost, SealingKey};

pub(super) fn rng() -> impl CryptoRng {
    UnwrapErr(getrandom::SysRng)
}

pub(super) fn light() -> Cost {
    Cost::new(8, 1).expect("a light cost")
}

pub(super) fn device() -> StoreKey {
    StoreKey::Device(SealingKey::from_bytes(&[7; 32]).expect("32 bytes"))
}

/// A diploma that reads like none in any file, so that a test may look for its text.
pub(super) fn diploma(mark: &str) -> HeldCredential {
    HeldCredential {
        format: Format::SdJwt,
        text: format!("eyJhbGciOiJFUzI1NiJ9.{mark}.c2ln"),
        disclosures: vec![format!("WyJzYWx0IiwibmFtZSIsIk{mark}")],
        key: Some(KeyId("holder-key".to_owned())),
        received: "2026-03-01T09:00:00-03:00".parse().expect("a date"),
        from: "did:web:uni.example".to_owned(),
        display: Display { title: format!("Diploma {mark}"), issuer: "Universidad".to_owned(), ..Display::default() },
    }
}

pub(super) fn shown(credentials: &[RecordId]) -> Event {
    let items =
        credentials.iter().map(|id| Shown { credential: *id, title: "Diploma".to_owned(), claims: vec!["name".to_owned()] });
    Event {
        when: "2026-04-01T10:00:00Z".parse().expect("a date"),
        what: Occurrence::Shown {
            items: items.collect(),
            to: Some("did:web:shop.example".to_owned()),
            by: Channel::Presentation,
        },
    }
}

/// A storage without the port: what a door would have written.
#[derive(Clone, Default)]
pub(super) struct Disk(pub(super) BTreeMap<String, Vec<u8>>);

impl Disk {
    pub(super) fn write(&mut self, changes: &[Change]) {
        for change in changes {
            match change {
                Change::Put { name, bytes } => self.0.insert(name.clone(), bytes.clone()),
                Change::Delete { name } => self.0.remove(name),
            };
        }
    }

    pub(super) fn bytes(&self, name: &str) -> Option<&[u8]> {
        self.0.get(name).map(Vec::as_slice)
    }

    pub(super) fn open(&self) -> Result<Vault> {
        Vault::open(&device(), self.bytes(HEADER).expect("a header"), self.bytes(INDEX), 0)
    }

    pub(super) fn read(&self, vault: &Vault, id: &RecordId) -> Result<Record> {
        vault.read(id, self.bytes(&id.name()))
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.0.keys().filter(|name| name.starts_with(RECORDS)).cloned().collect()
    }
}

pub(super) fn store() -> (Disk, Vault) {
    let mut disk = Disk::default();
    let (vault, changes) = Vault::create(&device(), light(), &mut rng()).expect("a store");
    disk.write(&changes);
    (disk, vault)
}

pub(super) fn change<T>(disk: &mut Disk, vault: &mut Vault, work: impl FnOnce(&mut Edit<'_>) -> T) -> T {
    let mut edit = vault.edit().expect("settled");
    let done = work(&mut edit);
    let pending = edit.finish(&mut rng());
    disk.write(pending.changes());
    vault.commit(pending).expect("the last one");
    done
}

pub(super) fn keep(disk: &mut Disk, vault: &mut Vault, mark: &str) -> RecordId {
    change(disk, vault, |edit| edit.add(&Record::Credential(diploma(mark)), &mut rng()).expect("added"))
}
