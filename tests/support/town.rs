//! A town: a registry chain, three issuers on it, a wallet, and whoever packs what verifiers carry.

#![allow(dead_code, reason = "each test takes what it needs of the town")]

use std::collections::BTreeMap;
use std::sync::Arc;

use tempfile::TempDir;
use wallet_core::credential::CredentialTerms;
use wallet_core::credential::profiles::{IDENTITY_CONTEXT, OPEN_BADGES_CONTEXT, VACCINATION_CONTEXT};
use wallet_core::did::{self, Did, DidUrl, Resolution, VerificationRelationship};
use wallet_core::issuer::{Issuer, Registrar, Sending, StatusPlan};
use wallet_core::key::{KeyAlgorithm, KeyId, SecretKey};
use wallet_core::language::Language;
use wallet_core::platform::{MemoryStorage, SoftwareKeystore, system_rng};
use wallet_core::ports::Keystore;
use wallet_core::qr::TypeTable;
use wallet_core::registry::{DidWrite, EmbeddedChain};
use wallet_core::resolver::Resolver;
use wallet_core::seal::{Cost, Passphrase, SealingKey};
use wallet_core::securing::Mechanism;
use wallet_core::securing::linked_data::Contexts;
use wallet_core::status::StatusPurpose;
use wallet_core::store::{Protection, StoreKey};
use wallet_core::time::Timestamp;
use wallet_core::trust_pack::{Entries, Manifest, TrustPack};
use wallet_core::wallet::Wallet;

/// A year, in seconds.
const YEAR: i64 = 365 * 24 * 3600;

pub fn at(text: &str) -> Timestamp {
    text.parse().expect("a date")
}

pub struct Town {
    pub issuers: BTreeMap<&'static str, Issuer>,
    pub wallet: Wallet,
    pub contexts: Contexts,
    pub table: TypeTable,
    pub language: Language,
    resolver: Resolver,
    publisher: Issuer,
    _folder: TempDir,
}

impl Town {
    /// A chain on which three issuers published their keys a year before `now`.
    pub async fn new(now: &Timestamp) -> Self {
        let folder = TempDir::new().expect("a folder");
        let keystore = keystore().await;
        let (seal, _) = create(&keystore, KeyAlgorithm::Secp256k1).await;
        let before = now.plus_seconds(-YEAR);
        let sealer: SecretKey = keystore.export(&seal).await.expect("a key");
        let chain =
            EmbeddedChain::open(&folder.path().join("chain"), 2026, sealer, Box::new(move || before.clone())).expect("a chain");
        let chain = Arc::new(chain);
        let (ledger, deployment) = (chain.clone(), chain.deployment());
        let registrar = Registrar { ledger, deployment, keystore: keystore.clone(), sender: seal, sending: Sending::default() };
        let resolver = Resolver::new().with_registry("town", chain.deployment(), chain);
        let mut issuers = BTreeMap::new();
        for name in ["registry", "university", "health"] {
            issuers.insert(name, issuer(name, &registrar, &keystore, &resolver, now).await);
        }
        let key = StoreKey::Device(SealingKey::generate(&mut system_rng()));
        let storage = Arc::new(MemoryStorage::new());
        let wallet = Wallet::open(storage, keystore.clone(), &key, Cost::UNLOCK, &mut system_rng()).await.expect("a wallet");
        Self {
            table: table(&issuers),
            issuers,
            wallet,
            contexts: Contexts::bundled(),
            language: Language::Es,
            resolver,
            publisher: publisher(&keystore).await,
            _folder: folder,
        }
    }

    pub async fn new_holder(&mut self, now: &Timestamp) -> Did {
        self.wallet.new_holder(KeyAlgorithm::P256, Protection::Software, &mut system_rng(), now).await.expect("a key")
    }

    /// What reads this town's chain.
    pub fn resolver(&self) -> Resolver {
        self.resolver.clone()
    }

    /// What an issuer's credential begins with.
    pub fn terms(&self, issuer: &str, subject: &Did, now: &Timestamp) -> CredentialTerms {
        let (subject, valid_from) = (Some(subject.clone()), Some(now.clone()));
        CredentialTerms { subject, valid_from, ..CredentialTerms::by(self.issuers[issuer].did.clone()) }
    }

    /// The issuers that verifiers of this town believe.
    pub fn names(&self) -> BTreeMap<Did, String> {
        self.issuers.iter().map(|(name, issuer)| (issuer.did.clone(), (*name).to_owned())).collect()
    }

    /// Who signs the packs.
    pub fn publisher(&self) -> &Did {
        &self.publisher.did
    }

    /// What there is to carry at `now`: the issuers with their histories and lists, and the table of their QR codes.
    pub async fn entries(&self, now: &Timestamp) -> Entries {
        let mut entries = Entries::new();
        entries.add_table(&self.table);
        for (name, issuer) in &self.issuers {
            let history = self.resolver.history(&issuer.did, now).await.expect("it is on the chain");
            entries.add_issuer(&issuer.did, name);
            entries.add_history(&issuer.did, &history, now).expect("a whole history");
            let signed = issuer.status_list(&StatusPurpose::Revocation, 1, now).await.expect("a signed list");
            entries.add_status_list(&signed.url, &signed.list, now);
        }
        entries
    }

    /// The pack of `entries`, valid from `now` on for a year.
    pub async fn sign_pack(&self, entries: Entries, version: u64, now: &Timestamp) -> TrustPack {
        let manifest = Manifest {
            publisher: self.publisher.did.clone(),
            version,
            valid_from: now.clone(),
            valid_until: now.plus_seconds(YEAR),
            digest: entries.digest(),
        };
        let signed = self.publisher.sign(manifest.to_credential(), Mechanism::Jwt, now).await.expect("a signed manifest");
        TrustPack::new(entries, &signed).expect("its own manifest")
    }

    /// What verifiers carry from `now` on.
    pub async fn trust_pack(&self, version: u64, now: &Timestamp) -> TrustPack {
        self.sign_pack(self.entries(now).await, version, now).await
    }
}

async fn keystore() -> Arc<SoftwareKeystore> {
    let passphrase = Passphrase::new("a town's").expect("a passphrase");
    let light = Cost::new(8, 1).expect("a light cost");
    Arc::new(SoftwareKeystore::create(Arc::new(MemoryStorage::new()), &passphrase, light).await.expect("a keystore"))
}

async fn create(keystore: &SoftwareKeystore, algorithm: KeyAlgorithm) -> (KeyId, wallet_core::key::PublicKey) {
    Keystore::create(keystore, algorithm).await.expect("a key")
}

/// An issuer whose signing key stands on the chain.
async fn issuer(
    name: &str,
    registrar: &Registrar,
    keystore: &Arc<SoftwareKeystore>,
    resolver: &Resolver,
    now: &Timestamp,
) -> Issuer {
    let (owner, _) = create(keystore, KeyAlgorithm::Secp256k1).await;
    let (key, public) = create(keystore, KeyAlgorithm::Ed25519).await;
    let did = registrar.did(&owner).await.expect("a DID");
    let write =
        DidWrite::add_key(&public, VerificationRelationship::AssertionMethod, 10 * YEAR as u64).expect("a key it can say");
    registrar.change_did(&did, &owner, &write).await.expect("it is written");
    let document = resolve(resolver, &did, now).await.document;
    let method = document.verification_methods.iter().find(|method| method.key.as_ref() == Some(&public));
    let method = method.expect("the key that was written").id.clone();
    with_key(did, method, key, keystore, format!("https://{name}.example/status"))
}

/// Who signs the packs: a did:key that every verifier of the town has by heart.
async fn publisher(keystore: &Arc<SoftwareKeystore>) -> Issuer {
    let (key, public) = create(keystore, KeyAlgorithm::Ed25519).await;
    let did = did::key::from_public_key(&public);
    let method = did.with_fragment(&public.to_multikey()).expect("a DID URL");
    with_key(did, method, key, keystore, String::new())
}

fn with_key(did: Did, method: DidUrl, key: KeyId, keystore: &Arc<SoftwareKeystore>, status_base: String) -> Issuer {
    let (keystore, storage) = (keystore.clone(), Arc::new(MemoryStorage::new()));
    Issuer { did, method, key, keystore, storage, status: StatusPlan::at(status_base), contexts: Contexts::bundled() }
}

async fn resolve(resolver: &Resolver, did: &Did, now: &Timestamp) -> Resolution {
    let url: DidUrl = did.as_str().parse().expect("a DID is a DID URL");
    resolver.resolve(&url, now).await.expect("it is on the chain")
}

/// What the town's QR codes say in a number each.
fn table(issuers: &BTreeMap<&str, Issuer>) -> TypeTable {
    let of_one =
        |issuer: &Issuer| [issuer.did.to_string(), issuer.method.to_string(), issuer.list_url(&StatusPurpose::Revocation, 1)];
    let urls: Vec<String> = issuers.values().flat_map(of_one).collect();
    let urls: Vec<&str> = urls.iter().map(String::as_str).collect();
    let contexts = ["https://www.w3.org/ns/credentials/v2", IDENTITY_CONTEXT, OPEN_BADGES_CONTEXT, VACCINATION_CONTEXT];
    TypeTable::programme(1000, &contexts, &urls, &[]).expect("a table")
}
