//! The suites that sign the whole, side by side; chains and the older forms have tests of their own beside them.

use super::read;
use crate::did::VerificationRelationship;
use crate::error::WalletError;
use crate::key::{KeyAlgorithm, PublicKey, SecretKey};
use crate::securing::linked_data::Contexts;
use crate::securing::{Mechanism, ProofOptions, Secured, SignatureFault, Unsigned, prepare};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

const METHOD: &str = "did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2#z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2";

fn contexts() -> Contexts {
    let examples = r#"{"@context":{"@vocab":"https://www.w3.org/ns/credentials/examples#"}}"#;
    Contexts::bundled().with("https://www.w3.org/ns/credentials/examples/v2", examples).expect("a context")
}

/// VC Data Integrity EdDSA Cryptosuites 1.0, appendix B.1 and B.3: the credential without alumni detail.
fn alumni(suite: &str, proof_value: &str) -> String {
    let mut document = json!({
        "@context": ["https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/credentials/examples/v2"],
        "id": "urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33",
        "type": ["VerifiableCredential", "AlumniCredential"],
        "name": "Alumni Credential",
        "description": "A minimum viable example of an Alumni Credential.",
        "issuer": "https://vc.example/issuers/5678",
        "validFrom": "2023-01-01T00:00:00Z",
        "credentialSubject": { "id": "did:example:abcdefgh", "alumniOf": "The School of Examples" },
        "proof": {
            "type": "DataIntegrityProof",
            "cryptosuite": suite,
            "created": "2023-02-24T23:36:38Z",
            "verificationMethod": METHOD,
            "proofPurpose": "assertionMethod",
            "proofValue": proof_value
        }
    });
    if suite == "eddsa-jcs-2022" {
        document["proof"]["@context"] = document["@context"].clone();
    }
    document.to_string()
}

fn issuer_key() -> PublicKey {
    PublicKey::from_multikey("z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2").expect("a Multikey")
}

const RDFC: &str = "z2YwC8z3ap7yx1nZYCg4L3j3ApHsF8kgPdSb5xoS1VR7vPG3F561B52hYnQF9iseabecm3ijx4K1FBTQsCZahKZme";
const JCS: &str = "z2HnFSSPPBzR36zdDgK8PbEHeXbR56YF24jwMpt3R1eHXQzJDMWS93FCzpvJpwTWd3GAVFuUfjoJdcnTMuVor51aX";

#[test]
fn vc_di_eddsa_appendix_b_examples_verify() {
    for (suite, value) in [("eddsa-rdfc-2022", RDFC), ("eddsa-jcs-2022", JCS)] {
        let secured = Secured::read(&alumni(suite, value)).expect("a secured credential");
        assert_eq!(secured.check_signature(0, &issuer_key(), &contexts()), Ok(()), "{suite}");
    }
}

#[test]
fn any_changed_claim_breaks_the_signature() {
    for (suite, value) in [("eddsa-rdfc-2022", RDFC), ("eddsa-jcs-2022", JCS)] {
        for (from, to) in [("School", "Scool"), ("2023-01-01", "2022-01-01"), ("23:36:38", "23:36:39"), ("abcdefgh", "abcdefgi")]
        {
            let secured = Secured::read(&alumni(suite, value).replace(from, to)).expect("a secured credential");
            assert_eq!(secured.check_signature(0, &issuer_key(), &contexts()), Err(SignatureFault::Bad), "{suite} {to}");
        }
    }
}

#[test]
fn context_that_is_not_at_hand_is_named() {
    let secured = Secured::read(&alumni("eddsa-rdfc-2022", RDFC)).expect("a secured credential");
    let url = "https://www.w3.org/ns/credentials/examples/v2".to_owned();
    let fault = secured.check_signature(0, &issuer_key(), &Contexts::bundled());
    assert_eq!(fault, Err(SignatureFault::MissingContext { url }));
}

#[test]
fn undefined_term_is_named_and_never_dropped() {
    let text = alumni("eddsa-rdfc-2022", RDFC).replace(r#","https://www.w3.org/ns/credentials/examples/v2""#, "");
    let secured = Secured::read(&text).expect("a secured credential");
    let fault = secured.check_signature(0, &issuer_key(), &contexts());
    assert_eq!(fault, Err(SignatureFault::UndefinedTerm { term: "AlumniCredential".into() }));
}

#[test]
fn jcs_contexts_may_grow_at_the_end_and_nowhere_else() {
    let text = alumni("eddsa-jcs-2022", JCS);
    let of = |old: &str, new: &str| {
        let secured = Secured::read(&text.replacen(old, new, 1)).expect("a secured credential");
        secured.check_signature(0, &issuer_key(), &contexts())
    };
    let old = r#""https://www.w3.org/ns/credentials/examples/v2"]"#;
    assert_eq!(of(old, r#""https://www.w3.org/ns/credentials/examples/v2","https://example.org/c"]"#), Ok(()));
    assert!(matches!(of(old, r#""https://example.org/c"]"#), Err(SignatureFault::Malformed { .. })));
}

#[test]
fn key_of_another_kind_is_never_tried() {
    let key = SecretKey::from_bytes(KeyAlgorithm::P256, &[7; 32]).expect("a scalar").public_key();
    let secured = Secured::read(&alumni("eddsa-rdfc-2022", RDFC)).expect("a secured credential");
    assert_eq!(secured.check_signature(0, &key, &contexts()), Err(SignatureFault::WrongAlgorithm));
}

#[test]
fn malformed_proofs_are_refused_when_read() {
    let good = || {
        json!({ "type": "DataIntegrityProof", "cryptosuite": "eddsa-rdfc-2022", "created": "2023-02-24T23:36:38Z",
        "verificationMethod": METHOD, "proofPurpose": "assertionMethod", "proofValue": RDFC })
    };
    let of = |name: &str, value: Value| {
        let mut proof = good();
        proof[name] = value;
        read(proof.as_object().expect("an object"))
    };
    assert!(of("challenge", json!("n")).is_ok_and(|proof| proof.nonce.as_deref() == Some("n")));
    assert!(of("domain", json!(["a", "b"])).is_ok_and(|proof| proof.audience == ["a", "b"]));
    for (name, value) in [
        ("created", json!("yesterday")),
        ("expires", json!("2023-02-24")),
        ("verificationMethod", json!({ "id": METHOD })),
        ("verificationMethod", json!("#key")),
        ("proofPurpose", json!("pleasure")),
        ("proofValue", json!("u2YwC8z3ap7yx")),
        ("proofValue", json!("z2YwC8z3ap7yx")),
        ("domain", json!([1])),
        ("domain", json!([])),
        ("challenge", json!(1)),
    ] {
        assert!(matches!(of(name, value.clone()), Err(WalletError::Malformed { .. })), "{name} {value}");
    }
    for (name, value) in [("previousProof", json!("urn:uuid:1")), ("cryptosuite", json!("bbs-2023")), ("type", json!("Old2018"))]
    {
        assert!(matches!(of(name, value.clone()), Err(WalletError::Unsupported { .. })), "{name} {value}");
    }
}

fn options(mechanism: Mechanism) -> ProofOptions {
    ProofOptions {
        nonce: Some("n-1".into()),
        audience: Some("https://verifier.example".into()),
        ..ProofOptions::new(
            mechanism,
            METHOD.parse().expect("a DID URL"),
            VerificationRelationship::AssertionMethod,
            "2026-01-01T00:00:00Z".parse().expect("a time"),
        )
    }
}

fn credential(claim: Value) -> Map<String, Value> {
    let document = json!({
        "@context": ["https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/credentials/undefined-terms/v2"],
        "type": "VerifiableCredential", "issuer": "did:example:issuer",
        "credentialSubject": { "id": "did:example:subject", "claim": claim }
    });
    document.as_object().expect("an object").clone()
}

#[test]
fn proof_set_verifies_proof_by_proof() {
    let one = SecretKey::from_bytes(KeyAlgorithm::Ed25519, &[1; 32]).expect("a seed");
    let two = SecretKey::from_bytes(KeyAlgorithm::Ed25519, &[2; 32]).expect("a seed");
    let sign = |document, mechanism, key: &SecretKey| {
        let unsigned: Unsigned = prepare(document, &options(mechanism), &key.public_key(), &contexts()).expect("covered");
        let signature = key.sign(unsigned.message());
        unsigned.finish(&signature).expect("64 bytes")
    };
    let first = sign(credential(json!("x")), Mechanism::EddsaRdfc2022, &one);
    let document = serde_json::from_str::<Value>(first.text()).expect("JSON").as_object().expect("an object").clone();
    let both = sign(document, Mechanism::EddsaJcs2022, &two);
    assert_eq!(both.proofs().len(), 2);
    assert_eq!(both.check_signature(0, &one.public_key(), &contexts()), Ok(()));
    assert_eq!(both.check_signature(1, &two.public_key(), &contexts()), Ok(()));
    assert_eq!(both.check_signature(0, &two.public_key(), &contexts()), Err(SignatureFault::Bad));
    assert_eq!(both.proofs()[0].nonce.as_deref(), Some("n-1"));
}

#[test]
fn only_ed25519_keys_prepare() {
    let key = SecretKey::from_bytes(KeyAlgorithm::P256, &[7; 32]).expect("a scalar").public_key();
    let refused = prepare(credential(json!(1)), &options(Mechanism::EddsaJcs2022), &key, &contexts());
    assert!(matches!(refused, Err(WalletError::Misused { .. })));
}

fn any_claim() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-1_000_000i64..1_000_000).prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map("[a-z]{1,5}", inner, 0..4).prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_signed_verifies_and_with_another_claim_does_not(claim in any_claim(), jcs in any::<bool>()) {
        let key = SecretKey::from_bytes(KeyAlgorithm::Ed25519, &[3; 32]).expect("a seed");
        let mechanism = if jcs { Mechanism::EddsaJcs2022 } else { Mechanism::EddsaRdfc2022 };
        // A term called `id` or `type` has a meaning of its own, and a claim of nothing but that may be refused.
        if let Ok(unsigned) = prepare(credential(claim), &options(mechanism), &key.public_key(), &contexts()) {
            let signature = key.sign(unsigned.message());
            let secured = unsigned.finish(&signature).expect("64 bytes");
            prop_assert_eq!(secured.check_signature(0, &key.public_key(), &contexts()), Ok(()));
            let altered = secured.text().replace("did:example:subject", "did:example:other");
            let altered = Secured::read(&altered).expect("still a credential");
            prop_assert_eq!(altered.check_signature(0, &key.public_key(), &contexts()), Err(SignatureFault::Bad));
        }
    }
}
