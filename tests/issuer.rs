//! The issuer's status lists: a place for each credential, set and taken back, and nobody else's.

use std::sync::Arc;

use serde_json::{Map, Value, json};
use wallet_core::did;
use wallet_core::error::WalletError;
use wallet_core::issuer::Issuer;
use wallet_core::key::KeyAlgorithm;
use wallet_core::platform::{MemoryStorage, SoftwareKeystore, system_rng};
use wallet_core::ports::{Keystore, Storage};
use wallet_core::seal::{Cost, Passphrase};
use wallet_core::securing::linked_data::Contexts;
use wallet_core::securing::{Mechanism, Secured};
use wallet_core::status::{StatusEntry, StatusPurpose, check};
use wallet_core::time::Timestamp;

async fn issuer() -> Issuer {
    issuer_with(KeyAlgorithm::Ed25519).await
}

async fn issuer_with(algorithm: KeyAlgorithm) -> Issuer {
    let passphrase = Passphrase::new("a passphrase").expect("a passphrase");
    let cost = Cost::new(8, 1).expect("a light cost");
    let keystore = SoftwareKeystore::create(Arc::new(MemoryStorage::new()), &passphrase, cost).await.expect("a keystore");
    let (key, public) = keystore.create(algorithm).await.expect("a key");
    let did = did::key::from_public_key(&public);
    let method = did.with_fragment(did.identifier()).expect("a DID URL");
    let (keystore, storage): (Arc<dyn Keystore>, Arc<dyn Storage>) = (Arc::new(keystore), Arc::new(MemoryStorage::new()));
    let status_base = "https://uni.example/status".to_owned();
    Issuer { did, method, key, keystore, storage, status_base, contexts: Contexts::bundled() }
}

fn credential(issuer: &Issuer, id: &str) -> Map<String, Value> {
    let credential = json!({
        "@context": ["https://www.w3.org/ns/credentials/v2"], "id": id, "type": ["VerifiableCredential"],
        "issuer": issuer.did, "credentialSubject": { "id": "did:example:subject" },
    });
    credential.as_object().expect("an object").clone()
}

fn now() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().expect("a date")
}

const REVOCATION: &[StatusPurpose] = &[StatusPurpose::Revocation];

#[tokio::test]
async fn revoked_credential_is_set_in_its_place_and_no_other() {
    let mut issuer = issuer().await;
    let first = credential(&issuer, "urn:uuid:1");
    let first = issuer.issue(first, Mechanism::EddsaJcs2022, REVOCATION, &mut system_rng(), &now()).await.expect("issued");
    let second = credential(&issuer, "urn:uuid:2");
    let second = issuer.issue(second, Mechanism::EddsaJcs2022, REVOCATION, &mut system_rng(), &now()).await.expect("issued");
    let list = issuer.set_status("urn:uuid:1", &StatusPurpose::Revocation, true, &now()).await.expect("a list");
    let is_set = |secured: &Secured| {
        let entry = secured.body()["credentialStatus"].as_object().expect("an entry");
        check(&StatusEntry::read(entry).expect("an entry"), list.body()).expect("a good list").is_set()
    };
    assert_eq!((is_set(&first), is_set(&second)), (true, false));
}

#[tokio::test]
async fn list_is_signed_with_the_kind_of_key_the_issuer_has() {
    for (algorithm, mechanism) in [
        (KeyAlgorithm::Ed25519, Mechanism::EddsaRdfc2022),
        (KeyAlgorithm::P256, Mechanism::EcdsaRdfc2019),
        (KeyAlgorithm::P384, Mechanism::EcdsaRdfc2019),
    ] {
        let issuer = issuer_with(algorithm).await;
        let list = issuer.status_list(&StatusPurpose::Revocation, &now()).await.expect("a list");
        assert_eq!(list.proofs()[0].mechanism, mechanism);
        let key = issuer.keystore.public_key(&issuer.key).await.expect("its key");
        assert_eq!(list.check_signature(0, &key, &Contexts::bundled()), Ok(()));
    }
}

#[tokio::test]
async fn credential_without_a_place_for_the_purpose_is_not_suspended() {
    let mut issuer = issuer().await;
    let body = credential(&issuer, "urn:uuid:1");
    issuer.issue(body, Mechanism::EddsaJcs2022, REVOCATION, &mut system_rng(), &now()).await.expect("issued");
    for (id, purpose) in [("urn:uuid:1", StatusPurpose::Suspension), ("urn:uuid:2", StatusPurpose::Revocation)] {
        let error = issuer.set_status(id, &purpose, true, &now()).await.expect_err("no such place");
        assert!(matches!(error, WalletError::Misused { .. }), "{error}");
    }
}

#[tokio::test]
async fn second_credential_of_one_id_is_refused_so_that_the_first_can_be_revoked() {
    let mut issuer = issuer().await;
    let body = credential(&issuer, "urn:uuid:1");
    issuer.issue(body.clone(), Mechanism::EddsaJcs2022, REVOCATION, &mut system_rng(), &now()).await.expect("issued");
    let error = issuer.issue(body, Mechanism::EddsaJcs2022, REVOCATION, &mut system_rng(), &now()).await.expect_err("taken");
    assert!(matches!(error, WalletError::Misused { .. }), "{error}");
}

#[tokio::test]
async fn credential_in_another_name_is_not_signed() {
    let mut issuer = issuer().await;
    let mut body = credential(&issuer, "urn:uuid:1");
    body.insert("issuer".to_owned(), "did:example:somebody-else".into());
    let error = issuer.issue(body, Mechanism::EddsaJcs2022, REVOCATION, &mut system_rng(), &now()).await.expect_err("refused");
    assert!(matches!(error, WalletError::Misused { .. }), "{error}");
}
