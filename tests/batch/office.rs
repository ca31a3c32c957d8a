//! A registrar's office: an issuer, its place on an embedded chain, and a storage that fails when it is told to.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use serde_json::{Map, Value, json};
use tempfile::TempDir;
use wallet_core::did::Did;
use wallet_core::error::{Result, WalletError};
use wallet_core::issuer::{Batch, BatchPlan, Issuer, Registrar, Sending, StatusPlan};
use wallet_core::key::{KeyAlgorithm, KeyId};
use wallet_core::platform::{MemoryStorage, SoftwareKeystore, system_now, system_rng};
use wallet_core::ports::{Change, Keystore, Storage};
use wallet_core::registry::{B256, EmbeddedChain};
use wallet_core::seal::{Cost, Passphrase};
use wallet_core::securing::linked_data::Contexts;
use wallet_core::securing::{Mechanism, Secured};
use wallet_core::status::{StatusEntry, StatusPurpose};
use wallet_core::time::Timestamp;

/// What happens to a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// The process is killed before anything is written.
    KilledBefore,
    /// The process is killed before it hears that all is written.
    KilledAfter,
    Written,
}

/// A storage whose next writes have the fates it is given; those that follow are written.
#[derive(Default)]
pub struct Fated {
    records: MemoryStorage,
    fates: Mutex<VecDeque<Fate>>,
}

impl Fated {
    pub fn foretell(&self, fates: impl IntoIterator<Item = Fate>) {
        *self.fates.lock().expect("no panic") = fates.into_iter().collect();
    }
}

#[async_trait]
impl Storage for Fated {
    async fn read(&self, name: &str) -> Result<Option<Vec<u8>>> {
        self.records.read(name).await
    }

    async fn take(&self, name: &str) -> Result<Option<Vec<u8>>> {
        self.records.take(name).await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>> {
        self.records.list(prefix).await
    }

    async fn write(&self, changes: Vec<Change>) -> Result<()> {
        let fate = self.fates.lock().expect("no panic").pop_front().unwrap_or(Fate::Written);
        if fate != Fate::KilledBefore {
            self.records.write(changes).await?;
        }
        match fate {
            Fate::Written => Ok(()),
            killed => Err(WalletError::storage_failed(format!("{killed:?}"))),
        }
    }
}

pub struct Office {
    pub issuer: Issuer,
    pub registrar: Registrar,
    pub owner: KeyId,
    pub storage: Arc<Fated>,
    _folder: TempDir,
}

impl Office {
    pub async fn new() -> Self {
        let folder = TempDir::new().expect("a folder");
        let (passphrase, light) = (Passphrase::new("an office's").expect("a passphrase"), Cost::new(8, 1).expect("a light cost"));
        let keystore = SoftwareKeystore::create(Arc::new(MemoryStorage::new()), &passphrase, light).await.expect("a keystore");
        let keystore = Arc::new(keystore);
        let (sender, _) = keystore.create(KeyAlgorithm::Secp256k1).await.expect("a key");
        let sealer = keystore.export(&sender).await.expect("a key");
        let chain = EmbeddedChain::open(&folder.path().join("chain"), 2026, sealer, Box::new(system_now)).expect("a chain");
        let (deployment, ledger) = (chain.deployment(), Arc::new(chain));
        let registrar = Registrar { ledger, deployment, keystore: keystore.clone(), sender, sending: Sending::default() };
        let (owner, _) = keystore.create(KeyAlgorithm::Secp256k1).await.expect("a key");
        let did = registrar.did(&owner).await.expect("a DID");
        let (key, _) = keystore.create(KeyAlgorithm::Ed25519).await.expect("a key");
        let method = did.with_fragment("delegate-1").expect("a DID URL");
        let storage = Arc::new(Fated::default());
        // So small that a batch goes on in the next list.
        let status = StatusPlan { capacity: 700, ..StatusPlan::at("https://uni.example/status") };
        let contexts = Contexts::bundled();
        let issuer = Issuer { did, method, key, keystore, storage: storage.clone(), status, contexts };
        Self { issuer, registrar, owner, storage, _folder: folder }
    }

    /// As many people, a credential each.
    pub fn people(&self, count: usize) -> Vec<Map<String, Value>> {
        (0..count).map(|number| person(&self.issuer.did, number)).collect()
    }

    /// Goes through a batch from wherever it was left up to its credentials.
    pub async fn run(&mut self, plan: &BatchPlan, people: &[Map<String, Value>]) -> Result<(Batch, Vec<Secured>)> {
        let mut batch = self.issuer.batch(plan, &mut system_rng(), &now()).await?;
        let mut rows = people.iter().cloned().map(Ok);
        self.issuer.sign_batch(&mut batch, &mut rows, &mut system_rng(), &mut |_| ()).await?;
        let mut all = Vec::new();
        let mut deliver = |first: u64, credentials: Vec<Secured>| {
            assert_eq!(first, all.len() as u64);
            all.extend(credentials);
            Ok(())
        };
        self.issuer.hand_out(&batch, &mut deliver).await?;
        Ok((batch, all))
    }

    /// The root that every credential leads to; fails when they do not agree.
    pub fn root(&self, credentials: &[Secured]) -> B256 {
        let root = |secured: &Secured| {
            let digest = secured.signed_digest(0, &self.issuer.contexts).expect("it is signed");
            secured.inclusion().expect("it has its inclusion").root(&digest)
        };
        let roots: BTreeSet<B256> = credentials.iter().map(root).collect();
        assert_eq!(roots.len(), 1, "all lead to one root");
        *roots.first().expect("one root")
    }
}

pub fn now() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().expect("a date")
}

pub fn person(issuer: &Did, number: usize) -> Map<String, Value> {
    let person = json!({
        "@context": ["https://www.w3.org/ns/credentials/v2"], "type": ["VerifiableCredential"], "issuer": issuer,
        "name": format!("Persona {number}"), "credentialSubject": { "id": format!("did:example:{number}") },
    });
    person.as_object().expect("an object").clone()
}

pub fn plan(name: &str) -> BatchPlan {
    BatchPlan { name: name.to_owned(), mechanism: Mechanism::EddsaJcs2022, purposes: vec![StatusPurpose::Revocation] }
}

/// The list and the place in it of a credential.
pub fn place(secured: &Secured) -> (String, u64) {
    let entry = secured.body()["credentialStatus"].as_object().expect("one entry");
    match StatusEntry::read(entry).expect("an entry") {
        StatusEntry::Bitstring(entry) => (entry.list, entry.index),
        StatusEntry::Token(entry) => (entry.list, entry.index),
    }
}

/// That every person has one credential, in their order, each with an id and a place of its own.
pub fn assert_each_once(credentials: &[Secured], people: usize) {
    assert_eq!(credentials.len(), people);
    for (number, secured) in credentials.iter().enumerate() {
        assert_eq!(secured.body()["name"], format!("Persona {number}"));
    }
    let ids: BTreeSet<&str> = credentials.iter().map(|secured| secured.body()["id"].as_str().expect("an id")).collect();
    let places: BTreeSet<(String, u64)> = credentials.iter().map(place).collect();
    assert_eq!((ids.len(), places.len()), (people, people));
}
