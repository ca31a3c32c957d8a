//! A country: a registry chain whose clock the tests set, institutions on it, and a verifier that believes no node.

#![allow(dead_code, reason = "each test takes what it needs of the country")]

use std::sync::{Arc, Mutex};

use serde_json::{Map, Value};
use tempfile::TempDir;
use wallet_core::credential::CredentialTerms;
use wallet_core::credential::profiles::{DegreeKind, ReducedDiploma};
use wallet_core::did::{Did, DidUrl, VerificationRelationship};
use wallet_core::issuer::{Issuer, Registrar, Sending, StatusPlan};
use wallet_core::key::{KeyAlgorithm, KeyId, PublicKey};
use wallet_core::platform::{MemoryStorage, SoftwareKeystore, system_rng};
use wallet_core::ports::Keystore;
use wallet_core::registry::anchor::{MerkleTree, leaf};
use wallet_core::registry::{CredentialWrite, DidWrite, EmbeddedChain, Ledger, Trust, ValidatorSet, account};
use wallet_core::resolver::{ProvenLedger, Resolver};
use wallet_core::seal::{Cost, Passphrase};
use wallet_core::securing::linked_data::Contexts;
use wallet_core::securing::{Mechanism, Secured};
use wallet_core::time::Timestamp;
use wallet_core::verification::{Expectations, Verdict};
use wallet_core::verifier::Verifier;

/// Ten years, in seconds: longer than any test's story.
pub const LONG: u64 = 10 * 365 * 24 * 3600;
const CHAIN_ID: u64 = 2027;

pub fn at(text: &str) -> Timestamp {
    text.parse().expect("a date")
}

pub fn seconds(time: &Timestamp) -> u64 {
    u64::try_from(time.unix()).expect("a time after 1970")
}

pub struct Country {
    pub chain: Arc<EmbeddedChain>,
    pub registrar: Registrar,
    keystore: Arc<SoftwareKeystore>,
    validators: ValidatorSet,
    clock: Arc<Mutex<Timestamp>>,
    _folder: TempDir,
}

/// Somebody with a DID on the chain, who signs with a key that is published there.
pub struct Institution {
    pub did: Did,
    pub owner: KeyId,
    pub issuer: Issuer,
    pub public: PublicKey,
}

impl Country {
    pub async fn new(now: &Timestamp) -> Self {
        let folder = TempDir::new().expect("a folder");
        let passphrase = Passphrase::new("a country's").expect("a passphrase");
        let light = Cost::new(8, 1).expect("a light cost");
        let keystore = SoftwareKeystore::create(Arc::new(MemoryStorage::new()), &passphrase, light).await.expect("a keystore");
        let keystore = Arc::new(keystore);
        let (seal, public) = Keystore::create(&*keystore, KeyAlgorithm::Secp256k1).await.expect("a key");
        let validators = ValidatorSet::new([account::address(&public).expect("an account")]).expect("a validator");
        let clock = Arc::new(Mutex::new(now.clone()));
        let (sealer, time) = (keystore.export(&seal).await.expect("a key"), clock.clone());
        let time = Box::new(move || time.lock().expect("a clock").clone());
        let chain = EmbeddedChain::open(&folder.path().join("chain"), CHAIN_ID, sealer, time).expect("a chain");
        let chain = Arc::new(chain);
        let (ledger, deployment) = (chain.clone(), chain.deployment());
        let sending = Sending::default();
        let registrar = Registrar { ledger, deployment, keystore: keystore.clone(), sender: seal, sending };
        Self { chain, registrar, keystore, validators, clock, _folder: folder }
    }

    /// From here on blocks are dated `now`.
    pub fn it_is(&self, now: &Timestamp) {
        *self.clock.lock().expect("a clock") = now.clone();
    }

    pub async fn institution(&self, name: &str) -> Institution {
        let (owner, _) = Keystore::create(&*self.keystore, KeyAlgorithm::Secp256k1).await.expect("a key");
        let did = self.registrar.did(&owner).await.expect("a DID");
        let (key, method, public) = self.publish_key(&did, &owner).await;
        let (keystore, storage) = (self.keystore.clone(), Arc::new(MemoryStorage::new()));
        let status = StatusPlan::at(format!("https://{name}.example/status"));
        let issuer = Issuer { did: did.clone(), method, key, keystore, storage, status, contexts: Contexts::bundled() };
        Institution { did, owner, issuer, public }
    }

    /// Makes a key and publishes it for issuing.
    pub async fn publish_key(&self, did: &Did, owner: &KeyId) -> (KeyId, DidUrl, PublicKey) {
        let (key, public) = Keystore::create(&*self.keystore, KeyAlgorithm::Ed25519).await.expect("a key");
        let write = DidWrite::add_key(&public, VerificationRelationship::AssertionMethod, LONG).expect("a key it can say");
        self.registrar.change_did(did, owner, &write).await.expect("it is written");
        let now = self.clock.lock().expect("a clock").clone();
        let document = self.resolver().resolve(&did.into(), &now).await.expect("a document").document;
        let method = document.verification_methods.iter().find(|method| method.key.as_ref() == Some(&public));
        (key, method.expect("the key that was written").id.clone(), public)
    }

    /// Changes a DID in its owner's name.
    pub async fn change(&self, whose: &Institution, write: DidWrite) {
        self.registrar.change_did(&whose.did, &whose.owner, &write).await.expect("it is written");
    }

    /// Withdraws the key that an institution signs with.
    pub async fn revoke_key(&self, whose: &Institution) {
        let write = DidWrite::revoke_key(&whose.public, VerificationRelationship::AssertionMethod).expect("a key it can say");
        self.change(whose, write).await;
    }

    /// Writes to the credential registry in an institution's name.
    pub async fn write(&self, whose: &Institution, write: CredentialWrite) {
        self.registrar.write(&whose.did, &whose.owner, &write).await.expect("it is written");
    }

    /// Anchors a credential among others in its issuer's name, and returns it with its inclusion proof.
    pub async fn anchor(&self, whose: &Institution, credential: &Secured) -> Secured {
        let salt = [7; 16];
        let digest = credential.signed_digest(0, &Contexts::bundled()).expect("a digest");
        let others = (0..4).map(|other: u8| leaf(&[other; 16], &[other; 32]));
        let tree = MerkleTree::new(others.chain([leaf(&salt, &digest)]).collect()).expect("a tree");
        self.write(whose, CredentialWrite::Anchor { root: tree.root() }).await;
        let inclusion = tree.inclusion(4, salt).expect("a leaf");
        match credential.with_inclusion(&inclusion) {
            Ok(anchored) => anchored,
            Err(_) => credential.clone().with_inclusion_beside(inclusion),
        }
    }

    /// Reads the chain with proofs, trusting its one validator.
    pub fn resolver(&self) -> Resolver {
        self.resolver_over(self.chain.clone())
    }

    /// Reads the chain through another ledger, with proofs.
    pub fn resolver_over(&self, ledger: Arc<dyn Ledger>) -> Resolver {
        let proven = ProvenLedger::new(CHAIN_ID, ledger, Trust::validators(self.validators.clone(), 0));
        Resolver::new().with_proven_registry("country", self.chain.deployment(), Arc::new(proven))
    }

    /// A verifier that proves what it reads of the chain, and has no other network.
    pub fn verifier(&self) -> Verifier {
        verifier_with(self.resolver())
    }

    pub async fn verdict(&self, text: &str, expected: &Expectations, now: &Timestamp) -> Verdict {
        self.verifier().check(text, expected, now).await.expect("a credential")
    }
}

pub fn verifier_with(resolver: Resolver) -> Verifier {
    Verifier { resolver, ..Verifier::bare(Arc::new(MemoryStorage::new())) }
}

impl Institution {
    /// A diploma of somebody's, signed `now`.
    pub async fn diploma(&mut self, mechanism: Mechanism, now: &Timestamp) -> Secured {
        let claims = self.diploma_claims(now);
        self.issuer.issue(claims, mechanism, &[], &mut system_rng(), now).await.expect("a diploma")
    }

    pub fn diploma_claims(&self, now: &Timestamp) -> Map<String, Value> {
        let awarded = "2025-12-12".parse().expect("a date");
        let terms = CredentialTerms { valid_from: Some(now.clone()), ..CredentialTerms::by(self.did.clone()) };
        ReducedDiploma::of("Lucía Fernández", "Licenciatura en Enfermería", DegreeKind::Bachelor, awarded).to_credential(terms)
    }
}
