//! The issuer's status lists: a place for each credential, set and taken back, and nobody else's.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Map, Value, json};
use wallet_core::did;
use wallet_core::error::{Result, WalletError};
use wallet_core::issuer::{Issuer, StatusPlan};
use wallet_core::key::{KeyAlgorithm, KeyId, PublicKey};
use wallet_core::platform::{MemoryStorage, SoftwareKeystore, system_rng};
use wallet_core::ports::{Keystore, Storage};
use wallet_core::seal::{Cost, Passphrase};
use wallet_core::securing::linked_data::Contexts;
use wallet_core::securing::{Kind, Mechanism, Secured};
use wallet_core::status::{
    BitstringEntry, INVALID, ListFormat, MINIMUM_ENTRIES, SUSPENDED, StatusEntry, StatusPurpose, VALID, check,
};
use wallet_core::time::Timestamp;

async fn issuer() -> Issuer {
    planned(StatusPlan::at("https://uni.example/status")).await
}

async fn planned(status: StatusPlan) -> Issuer {
    issuer_with(KeyAlgorithm::Ed25519, status).await
}

async fn issuer_with(algorithm: KeyAlgorithm, status: StatusPlan) -> Issuer {
    let passphrase = Passphrase::new("a passphrase").expect("a passphrase");
    let cost = Cost::new(8, 1).expect("a light cost");
    let keystore = SoftwareKeystore::create(Arc::new(MemoryStorage::new()), &passphrase, cost).await.expect("a keystore");
    let (key, public) = keystore.create(algorithm).await.expect("a key");
    let did = did::key::from_public_key(&public);
    let method = did.with_fragment(did.identifier()).expect("a DID URL");
    let (keystore, storage): (Arc<dyn Keystore>, Arc<dyn Storage>) = (Arc::new(keystore), Arc::new(MemoryStorage::new()));
    Issuer { did, method, key, keystore, storage, status, contexts: Contexts::bundled() }
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
    let list = issuer.set_status("urn:uuid:1", &StatusPurpose::Revocation, 1, &now()).await.expect("a list").list;
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
        let issuer = issuer_with(algorithm, StatusPlan::at("https://uni.example/status")).await;
        let list = issuer.status_list(&StatusPurpose::Revocation, 1, &now()).await.expect("a list").list;
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
        let error = issuer.set_status(id, &purpose, 1, &now()).await.expect_err("no such place");
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
async fn credential_that_breaks_the_data_model_is_not_signed() {
    let mut issuer = issuer().await;
    let good = credential(&issuer, "urn:uuid:1");
    let all = [Mechanism::EddsaRdfc2022, Mechanism::EddsaJcs2022, Mechanism::Jwt, Mechanism::SdJwt, Mechanism::Cose];
    for (name, value) in [
        ("@context", json!(["https://www.w3.org/ns/credentials/undefined-terms/v2"])),
        ("type", json!(["VerifiableCredential", "WithoutAMeaning"])),
        ("credentialSubject", json!([])),
        ("validFrom", json!("2026-03-01")),
        ("termsOfUse", json!({ "id": "urn:terms" })),
        ("withoutAMeaning", json!(1)),
    ] {
        let mut bad = good.clone();
        bad.insert(name.to_owned(), value);
        for mechanism in all {
            let issued = issuer.issue(bad.clone(), mechanism, REVOCATION, &mut system_rng(), &now()).await;
            assert!(matches!(issued, Err(WalletError::Misused { .. })), "{name} {mechanism:?} {issued:?}");
            let signed = issuer.sign(bad.clone(), mechanism, &now()).await;
            assert!(matches!(signed, Err(WalletError::Misused { .. })), "{name} {mechanism:?} {signed:?}");
        }
    }
    // What was refused has taken nothing: neither the identifier nor a place in a list.
    let issued = issuer.issue(good, Mechanism::EddsaJcs2022, REVOCATION, &mut system_rng(), &now()).await.expect("issued");
    assert_eq!(issued.body()["credentialStatus"]["statusListIndex"].as_str().map(str::is_empty), Some(false));
}

#[tokio::test]
async fn credential_in_another_name_is_not_signed() {
    let mut issuer = issuer().await;
    let mut body = credential(&issuer, "urn:uuid:1");
    body.insert("issuer".to_owned(), "did:example:somebody-else".into());
    let error = issuer.issue(body, Mechanism::EddsaJcs2022, REVOCATION, &mut system_rng(), &now()).await.expect_err("refused");
    assert!(matches!(error, WalletError::Misused { .. }), "{error}");
}

/// Where a credential stands: the URL of its list, and the place.
fn place(secured: &Secured) -> (String, u64) {
    let entry = secured.body()["credentialStatus"].as_object().expect("an entry");
    match StatusEntry::read(entry).expect("an entry") {
        StatusEntry::Bitstring(entry) => (entry.list, entry.index),
        StatusEntry::Token(entry) => (entry.list, entry.index),
    }
}

async fn issue(issuer: &mut Issuer, number: usize, purposes: &[StatusPurpose]) -> Secured {
    let body = credential(issuer, &format!("urn:uuid:{number}"));
    issuer.issue(body, Mechanism::EddsaJcs2022, purposes, &mut system_rng(), &now()).await.expect("issued")
}

#[tokio::test]
async fn full_list_is_followed_by_the_next_and_no_place_is_given_twice() {
    let plan = StatusPlan { capacity: 5, ..StatusPlan::at("https://uni.example/status") };
    let mut issuer = planned(plan.clone()).await;
    let mut places = BTreeSet::new();
    for number in 0..12 {
        // Another process over the same storage goes on where this one was stopped.
        let storage = issuer.storage.clone();
        issuer = Issuer { storage, status: plan.clone(), ..issuer };
        let (list, index) = place(&issue(&mut issuer, number, REVOCATION).await);
        assert_eq!(list, format!("https://uni.example/status/revocation/{}", number / 5 + 1));
        assert!(index < MINIMUM_ENTRIES);
        places.insert((list, index));
    }
    assert_eq!((places.len(), issuer.list_count().await), (12, Ok(3)));
    let signed = issuer.set_status("urn:uuid:7", &StatusPurpose::Revocation, 1, &now()).await.expect("a list");
    assert_eq!(signed.url, "https://uni.example/status/revocation/2");
    for number in 1..=3 {
        let list = issuer.status_list(&StatusPurpose::Revocation, number, &now()).await.expect("a list").list;
        let revoked = places.iter().filter(|(url, index)| {
            let entry = BitstringEntry::new(StatusPurpose::Revocation, *index, url.as_str());
            url.ends_with(&format!("/{number}")) && check(&StatusEntry::Bitstring(entry), list.body()).expect("good").is_set()
        });
        assert_eq!(revoked.count(), usize::from(number == 2));
    }
    assert!(issuer.status_list(&StatusPurpose::Revocation, 4, &now()).await.is_err());
}

/// A keystore whose owner declines every signature.
struct NeverSigns(Arc<dyn Keystore>);

#[async_trait]
impl Keystore for NeverSigns {
    async fn create(&self, algorithm: KeyAlgorithm) -> Result<(KeyId, PublicKey)> {
        self.0.create(algorithm).await
    }

    async fn public_key(&self, id: &KeyId) -> Result<PublicKey> {
        self.0.public_key(id).await
    }

    async fn sign(&self, id: &KeyId, _message: &[u8]) -> Result<Vec<u8>> {
        Err(WalletError::key_unavailable(id, "declined"))
    }

    async fn delete(&self, id: &KeyId) -> Result<()> {
        self.0.delete(id).await
    }
}

#[tokio::test]
async fn place_of_a_credential_that_was_never_signed_is_wasted_and_not_given_again() {
    let mut issuer = planned(StatusPlan { capacity: 2, ..StatusPlan::at("https://uni.example/status") }).await;
    let keystore = issuer.keystore.clone();
    issuer.keystore = Arc::new(NeverSigns(keystore.clone()));
    let body = credential(&issuer, "urn:uuid:unsigned");
    let error = issuer.issue(body, Mechanism::EddsaJcs2022, REVOCATION, &mut system_rng(), &now()).await.expect_err("unsigned");
    assert!(matches!(error, WalletError::KeyUnavailable { .. }), "{error}");
    issuer.keystore = keystore;
    let first = place(&issue(&mut issuer, 1, REVOCATION).await);
    let second = place(&issue(&mut issuer, 2, REVOCATION).await);
    assert_eq!((first.0.ends_with("/1"), second.0.ends_with("/2")), (true, true));
}

#[tokio::test]
async fn longer_list_holds_more_credentials() {
    let mut issuer = planned(StatusPlan { capacity: 200_000, ..StatusPlan::at("https://uni.example/status") }).await;
    issue(&mut issuer, 1, REVOCATION).await;
    let list = issuer.status_list(&StatusPurpose::Revocation, 1, &now()).await.expect("a list").list;
    let last = |index| {
        StatusEntry::Bitstring(BitstringEntry::new(
            StatusPurpose::Revocation,
            index,
            issuer.list_url(&StatusPurpose::Revocation, 1),
        ))
    };
    assert!(check(&last(199_999), list.body()).is_ok() && check(&last(200_000), list.body()).is_err());
}

#[tokio::test]
async fn message_has_as_many_values_as_the_plan_has_words() {
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let plan = StatusPlan {
        messages: words(&["pending", "accepted", "rejected", "undefined"]),
        references: words(&["https://uni.example/status-dictionary"]),
        ..StatusPlan::at("https://uni.example/status")
    };
    let mut issuer = planned(plan.clone()).await;
    let secured = issue(&mut issuer, 1, &[StatusPurpose::Message, StatusPurpose::Revocation]).await;
    let entries: Vec<StatusEntry> = secured.body()["credentialStatus"]
        .as_array()
        .expect("two entries")
        .iter()
        .map(|entry| StatusEntry::read(entry.as_object().expect("an object")).expect("an entry"))
        .collect();
    let StatusEntry::Bitstring(entry) = &entries[0] else { panic!("a bitstring entry") };
    assert_eq!((entry.size, entry.messages.len(), &entry.references), (2, 4, &plan.references));
    let signed = issuer.set_status("urn:uuid:1", &StatusPurpose::Message, 2, &now()).await.expect("a list");
    let found = check(&entries[0], signed.list.body()).expect("a status");
    assert_eq!((found.value, found.message.as_deref()), (2, Some("rejected")));
    assert!(issuer.set_status("urn:uuid:1", &StatusPurpose::Message, 4, &now()).await.is_err());
    let back = issuer.set_status("urn:uuid:1", &StatusPurpose::Message, 0, &now()).await.expect("a list");
    assert_eq!(check(&entries[0], back.list.body()).expect("a status").value, 0);
    // Words that take another number of bits begin another list; a number of words that is none is refused.
    issuer.status.messages = words(&["open", "closed"]);
    let second = issue(&mut issuer, 2, &[StatusPurpose::Message]).await;
    assert!(place(&second).0.ends_with("/message/2"));
    assert_eq!(issuer.set_status("urn:uuid:1", &StatusPurpose::Message, 3, &now()).await.expect("a list").url, entry.list);
    issuer.status.messages = words(&["a", "b", "c"]);
    let body = credential(&issuer, "urn:uuid:3");
    let refused = issuer.issue(body, Mechanism::EddsaJcs2022, &[StatusPurpose::Message], &mut system_rng(), &now()).await;
    assert!(matches!(refused, Err(WalletError::Misused { .. })), "{refused:?}");
}

#[tokio::test]
async fn revocation_is_for_good_and_suspension_is_not() {
    let mut issuer = issuer().await;
    let both = [StatusPurpose::Revocation, StatusPurpose::Suspension];
    issue(&mut issuer, 1, &both).await;
    for purpose in &both {
        issuer.set_status("urn:uuid:1", purpose, 1, &now()).await.expect("a list");
    }
    issuer.set_status("urn:uuid:1", &StatusPurpose::Suspension, 0, &now()).await.expect("a list");
    let error = issuer.set_status("urn:uuid:1", &StatusPurpose::Revocation, 0, &now()).await.expect_err("for good");
    assert!(matches!(error, WalletError::Misused { .. }), "{error}");
    assert!(issuer.set_status("urn:uuid:1", &StatusPurpose::Revocation, 2, &now()).await.is_err());
}

#[tokio::test]
async fn token_status_list_tells_of_revocation_and_suspension_in_both_forms() {
    let mut issuer = planned(StatusPlan { format: ListFormat::Token, ..StatusPlan::at("https://uni.example/status") }).await;
    let both = [StatusPurpose::Revocation, StatusPurpose::Suspension];
    let body = credential(&issuer, "urn:uuid:1");
    let secured = issuer.issue(body.clone(), Mechanism::Jwt, &both, &mut system_rng(), &now()).await.expect("issued");
    let entry = StatusEntry::read_claim(secured.claim("status").expect("a claim")).remove(0).expect("an entry");
    assert_eq!(entry.list(), "https://uni.example/status/token/1");
    let steps = [
        (StatusPurpose::Suspension, 1, SUSPENDED),
        (StatusPurpose::Suspension, 0, VALID),
        (StatusPurpose::Suspension, 1, SUSPENDED),
        (StatusPurpose::Revocation, 1, INVALID),
        // What is revoked is not made valid by the end of a suspension.
        (StatusPurpose::Suspension, 0, INVALID),
    ];
    for (purpose, value, expected) in steps {
        let signed = issuer.set_status("urn:uuid:1", &purpose, value, &now()).await.expect("a list");
        let cwt = issuer.token_list(1, Mechanism::Cose, &now()).await.expect("a list");
        assert_eq!((signed.list.kind(), &signed.url, &cwt.url), (Kind::StatusList, &cwt.url, &signed.url));
        for list in [&signed.list, &Secured::read_bytes(&cwt.list.to_bytes()).expect("the same list")] {
            assert_eq!(check(&entry, list.body()).expect("a status").value, expected);
            assert_eq!((&list.body()["sub"], &list.body()["ttl"]), (&json!(signed.url), &json!(300)));
            assert_eq!(list.body()["exp"].as_i64(), Some(now().plus_seconds(7 * 24 * 3600).unix()));
        }
    }
    assert!(issuer.set_status("urn:uuid:1", &StatusPurpose::Revocation, 0, &now()).await.is_err());
    let mut refused = async |id: &str, mechanism, purposes: &[StatusPurpose]| {
        let body = credential(&issuer, id);
        let issued = issuer.issue(body, mechanism, purposes, &mut system_rng(), &now()).await;
        assert!(matches!(issued, Err(WalletError::Misused { .. })), "{issued:?}");
    };
    refused("urn:uuid:2", Mechanism::EddsaJcs2022, &both).await;
    refused("urn:uuid:3", Mechanism::Jwt, &[StatusPurpose::Message]).await;
}
