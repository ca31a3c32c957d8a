//! did:key beside two npm resolvers, did:key and did:jwk beside `ssi`.

use serde_json::{Value, json};
use ssi::dids::{DIDJWK, DIDKey, DIDResolver};
use wallet_core::did::{Did, DidDocument, VerificationRelationship, jwk, key};
use wallet_core::key::{KeyAlgorithm, PublicKey, SecretKey};

use crate::theirs;

const ALGORITHMS: [KeyAlgorithm; 4] = [KeyAlgorithm::Ed25519, KeyAlgorithm::P256, KeyAlgorithm::P384, KeyAlgorithm::Secp256k1];

fn keys() -> Vec<PublicKey> {
    let of = |algorithm: KeyAlgorithm, byte: u8| {
        let length = if algorithm == KeyAlgorithm::P384 { 48 } else { 32 };
        SecretKey::from_bytes(algorithm, &vec![byte; length]).expect("a scalar in range").public_key()
    };
    ALGORITHMS.into_iter().flat_map(|algorithm| (1..20).map(move |byte| of(algorithm, byte))).collect()
}

/// The keys that sign; npm resolvers leave out agreement keys of some algorithms.
fn signing(keys: Vec<theirs::Key>) -> Vec<theirs::Key> {
    let agreement = VerificationRelationship::KeyAgreement.as_str();
    let without = |mut key: theirs::Key| {
        key.relationships.retain(|r| r != agreement);
        key
    };
    keys.into_iter().map(without).filter(|key| !key.relationships.is_empty()).collect()
}

#[tokio::test]
async fn did_key_is_what_two_npm_resolvers_say() {
    let dids: Vec<Did> = keys().iter().map(key::from_public_key).collect();
    let texts: Vec<String> = dids.iter().map(|did| did.to_string()).collect();
    for ((did, public), answer) in dids.iter().zip(keys()).zip(theirs::resolve(json!([]), &texts).await) {
        let document = key::resolve(did).expect("its own DID");
        // key-did-resolver 4.0.0 forgets the leading zeros of a P-384 coordinate; the other resolver does not.
        let zeros_forgotten = public.algorithm() == KeyAlgorithm::P384 && public.as_bytes()[1] == 0;
        assert!(!zeros_forgotten || answer["second"] != Value::Null);
        if !zeros_forgotten {
            assert_eq!(signing(theirs::ours(&document)), signing(theirs::theirs(&answer["keys"])), "{did}");
        }
        if did.identifier().starts_with("z6Mk") {
            assert_eq!(theirs::ours(&document), theirs::theirs(&answer["keys"]), "{did}");
        }
        if answer["second"] != Value::Null {
            assert_eq!(signing(theirs::ours(&document)), signing(theirs::theirs(&answer["second"])), "{did}");
        }
    }
}

#[tokio::test]
async fn did_jwk_and_did_key_are_what_ssi_says() {
    for public in keys().into_iter().filter(|key| [KeyAlgorithm::Ed25519, KeyAlgorithm::P256].contains(&key.algorithm())) {
        for (did, document) in [
            (jwk::from_public_key(&public), jwk::resolve(&jwk::from_public_key(&public))),
            (key::from_public_key(&public), key::resolve(&key::from_public_key(&public))),
        ] {
            let asked = ssi::dids::DID::new(did.as_str()).expect("a DID");
            let output = if did.method() == "jwk" { DIDJWK.resolve(asked).await } else { DIDKey.resolve(asked).await };
            let theirs = serde_json::to_value(output.expect("a document").document.document()).expect("JSON");
            let theirs = DidDocument::from_json(&theirs).expect("a document");
            let first = |d: &DidDocument| {
                let method = d.methods_for(VerificationRelationship::AssertionMethod).next().expect("a key");
                (method.id.clone(), method.key.clone())
            };
            let ours = document.expect("its own DID");
            assert_eq!(first(&ours), first(&theirs), "{did}");
            assert_eq!(first(&ours).1, Some(public.clone()));
        }
    }
}
