//! The suites that sign the whole, side by side; chains and the older forms have tests of their own beside them.

use super::read;
use crate::did::VerificationRelationship;
use crate::error::WalletError;
use crate::key::{KeyAlgorithm, PublicKey, SecretKey};
use crate::securing::linked_data::{Contexts, Naming};
use crate::securing::{Mechanism, ProofOptions, Secured, SignatureFault, prepare};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

pub(super) const METHOD: &str =
    "did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2#z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2";

pub(super) fn contexts() -> Contexts {
    let examples = r#"{"@context":{"@vocab":"https://www.w3.org/ns/credentials/examples#"}}"#;
    Contexts::bundled().with("https://www.w3.org/ns/credentials/examples/v2", examples).expect("a context")
}

/// The credential of the recommendations' appendices, with the proof of one of them.
fn alumni((suite, multikey, proof_value): (&str, &str, &str)) -> String {
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
            "verificationMethod": format!("did:key:{multikey}#{multikey}"),
            "proofPurpose": "assertionMethod",
            "proofValue": proof_value
        }
    });
    if suite.contains("jcs") {
        document["proof"]["@context"] = document["@context"].clone();
    }
    document.to_string()
}

const ED25519: &str = "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2";
const P256: &str = "zDnaepBuvsQ8cpsWrVKw8fbpGpvPeNSjVPTWoq6cRqaYzBKVP";
const P384: &str = "z82LkuBieyGShVBhvtE2zoiD6Kma4tJGFtkAhxR5pfkp5QPw4LutoYWhvQCnGjdVn14kujQ";

/// VC Data Integrity EdDSA Cryptosuites 1.0, appendix B.1.
const RDFC: (&str, &str, &str) =
    ("eddsa-rdfc-2022", ED25519, "z2YwC8z3ap7yx1nZYCg4L3j3ApHsF8kgPdSb5xoS1VR7vPG3F561B52hYnQF9iseabecm3ijx4K1FBTQsCZahKZme");
/// The same, appendix B.3.
const JCS: (&str, &str, &str) =
    ("eddsa-jcs-2022", ED25519, "z2HnFSSPPBzR36zdDgK8PbEHeXbR56YF24jwMpt3R1eHXQzJDMWS93FCzpvJpwTWd3GAVFuUfjoJdcnTMuVor51aX");
/// VC Data Integrity ECDSA Cryptosuites 1.0, appendix A.
const ECDSA: [(&str, &str, &str); 4] = [
    ("ecdsa-rdfc-2019", P256, "zaHXrr7AQdydBk3ahpCDpWbxfLokDqmCToYm2dyWvpcFVyWooC2he63w1f7UNQoAMKdhaRtcnaE2KTo5o5vTCcfw"),
    (
        "ecdsa-rdfc-2019",
        P384,
        concat!(
            "z967Mvv5bxtmLNqTzPZ8KmJjFmFXaAKeQNzq7GWnQkMcLtaGSSmuozE5WtJ8PipMe178B1tE28K1vsJur9bGVJhz6jgSJsRHFSQeqgH8hhjcg8gZ",
            "DFJC1b9FsR5ggNmDBqHv"
        ),
    ),
    ("ecdsa-jcs-2019", P256, "z5ptCet75SaEgzG4v4zJhbJtfNi74Wv7Fq15hhKouJQQjEPQvPZKaYxcMXAMLPQS2FXrkCWokNJkFVkwxNzZfD5oT"),
    (
        "ecdsa-jcs-2019",
        P384,
        concat!(
            "zq3EuTeLiGurmB2JR5oL8oWEsT7u2tba4HT1oZbiMYWc5qzsoW2kLYcBcF4HM5vCpJyTkceULKrVXuJQkXeN5seL4uXrFNFRMm53GWy1Yrto8rTW",
            "xZi9DkNeWP7yUPs7ELAm"
        ),
    ),
];

fn check(text: &str, multikey: &str) -> Result<(), SignatureFault> {
    let key = PublicKey::from_multikey(multikey).expect("a Multikey");
    Secured::read(text).expect("a secured credential").check_signature(0, &key, &contexts())
}

#[test]
fn examples_of_the_recommendations_verify() {
    for example in [RDFC, JCS].into_iter().chain(ECDSA) {
        assert_eq!(check(&alumni(example), example.1), Ok(()), "{example:?}");
    }
}

#[test]
fn any_changed_claim_breaks_the_signature() {
    for example in [RDFC, JCS].into_iter().chain(ECDSA) {
        for (from, to) in [("School", "Scool"), ("2023-01-01", "2022-01-01"), ("23:36:38", "23:36:39"), ("abcdefgh", "abcdefgi")]
        {
            let altered = alumni(example).replace(from, to);
            assert_eq!(check(&altered, example.1), Err(SignatureFault::Bad), "{example:?} {to}");
        }
    }
}

#[test]
fn context_that_is_not_at_hand_is_named() {
    let secured = Secured::read(&alumni(RDFC)).expect("a secured credential");
    let url = "https://www.w3.org/ns/credentials/examples/v2".to_owned();
    let key = PublicKey::from_multikey(ED25519).expect("a Multikey");
    let fault = secured.check_signature(0, &key, &Contexts::bundled());
    assert_eq!(fault, Err(SignatureFault::MissingContext { url }));
}

#[test]
fn undefined_term_is_named_and_never_dropped() {
    let text = alumni(RDFC).replace(r#","https://www.w3.org/ns/credentials/examples/v2""#, "");
    assert_eq!(check(&text, ED25519), Err(SignatureFault::UndefinedTerm { term: "AlumniCredential".into() }));
}

#[test]
fn jcs_contexts_may_grow_at_the_end_and_nowhere_else() {
    for example in [JCS, ECDSA[2], ECDSA[3]] {
        let of = |old: &str, new: &str| check(&alumni(example).replacen(old, new, 1), example.1);
        let old = r#""https://www.w3.org/ns/credentials/examples/v2"]"#;
        assert_eq!(of(old, r#""https://www.w3.org/ns/credentials/examples/v2","https://example.org/c"]"#), Ok(()));
        assert!(matches!(of(old, r#""https://example.org/c"]"#), Err(SignatureFault::Malformed { .. })));
    }
}

#[test]
fn key_of_another_kind_is_never_tried() {
    let secp256k1 = key(KeyAlgorithm::Secp256k1).public_key().to_multikey();
    for example in [RDFC, JCS].into_iter().chain(ECDSA) {
        for other in [ED25519, P256, P384, &secp256k1].into_iter().filter(|other| *other != example.1) {
            assert_eq!(check(&alumni(example), other), Err(SignatureFault::WrongAlgorithm), "{example:?} {other}");
        }
    }
}

/// The group's order less the second half of an ECDSA signature: the other of the two that FIPS 186-5 §6.4.1 lets a signer give.
fn twin(signature: &[u8], order: &str) -> Vec<u8> {
    let (r, s) = signature.split_at(signature.len() / 2);
    let (mut twin, mut borrow) = (Vec::new(), 0);
    for (at, s) in s.iter().enumerate().rev() {
        let n = i32::from_str_radix(&order[2 * at..2 * at + 2], 16).expect("hexadecimal");
        let difference = n - i32::from(*s) - borrow;
        borrow = i32::from(difference < 0);
        twin.insert(0, difference.rem_euclid(256) as u8);
    }
    [r, &twin].concat()
}

#[test]
fn both_signatures_that_ecdsa_allows_verify() {
    // SP 800-186 §3.2.1.3 and §3.2.1.4: the orders of P-256 and P-384.
    for (algorithm, order) in [
        (KeyAlgorithm::P256, "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"),
        (KeyAlgorithm::P384, "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973"),
    ] {
        for mechanism in [Mechanism::EcdsaRdfc2019, Mechanism::EcdsaJcs2019] {
            let key = key(algorithm);
            let unsigned = prepare(credential(json!("x")), &options(mechanism), &key.public_key(), &contexts()).expect("covered");
            let signature = key.sign(unsigned.message());
            for signature in [&signature, &twin(&signature, order)] {
                let secured = unsigned.clone().finish(signature).expect("the right length");
                assert_eq!(secured.check_signature(0, &key.public_key(), &contexts()), Ok(()), "{mechanism:?} {algorithm:?}");
            }
        }
    }
}

fn proof(changes: Value) -> Map<String, Value> {
    let mut proof = json!({ "type": "DataIntegrityProof", "cryptosuite": "eddsa-rdfc-2022", "created": "2023-02-24T23:36:38Z",
        "verificationMethod": METHOD, "proofPurpose": "assertionMethod", "proofValue": RDFC.2 });
    for (name, value) in changes.as_object().expect("an object") {
        proof[name] = value.clone();
    }
    proof.as_object().expect("an object").clone()
}

#[test]
fn proof_says_what_the_standard_lets_it_say() {
    let read = |changes| read(&proof(changes)).expect("a proof");
    assert_eq!(read(json!({ "challenge": "n" })).nonce.as_deref(), Some("n"));
    assert_eq!(read(json!({ "domain": ["a", "b"] })).audience, ["a", "b"]);
    assert_eq!(read(json!({ "proofPurpose": "https://example.org/pleasure" })).purpose.as_deref().map(str::len), Some(28));
    assert_eq!(read(json!({ "id": "urn:uuid:1", "previousProof": ["urn:uuid:2"], "nonce": "n", "extra": [1] })).nonce, None);
    let mut timeless = proof(json!({}));
    timeless.shift_remove("created");
    assert_eq!(super::read(&timeless).expect("created is optional").created, None);
}

#[test]
fn malformed_proofs_are_refused_when_read() {
    let base58 = |length| multibase::encode(multibase::Base::Base58Btc, vec![7; length]);
    for changes in [
        json!({ "created": "yesterday" }),
        json!({ "expires": "2023-02-24" }),
        json!({ "verificationMethod": { "id": METHOD } }),
        json!({ "verificationMethod": "#key" }),
        json!({ "proofPurpose": ["assertionMethod"] }),
        json!({ "proofValue": "u2YwC8z3ap7yx" }),
        json!({ "proofValue": "z2YwC8z3ap7yx" }),
        json!({ "proofValue": base58(96) }),
        json!({ "proofValue": base58(65), "cryptosuite": "ecdsa-rdfc-2019" }),
        json!({ "proofValue": base58(95), "cryptosuite": "ecdsa-jcs-2019" }),
        json!({ "proofValue": format!("f{}", "07".repeat(64)), "cryptosuite": "ecdsa-jcs-2019" }),
        json!({ "domain": [1] }),
        json!({ "domain": [] }),
        json!({ "challenge": 1 }),
        json!({ "nonce": ["n"] }),
        json!({ "id": "first" }),
        json!({ "id": 1 }),
        json!({ "previousProof": 1 }),
        json!({ "previousProof": ["urn:uuid:1", {}] }),
        json!({ "previousProof": vec!["urn:uuid:1"; 17] }),
        json!({ "type": ["DataIntegrityProof"] }),
        json!({ "cryptosuite": 2022 }),
    ] {
        let refused = read(&proof(changes.clone()));
        assert!(matches!(refused, Err(WalletError::Malformed { .. })), "{changes}");
    }
    for changes in [
        json!({ "cryptosuite": "ecdsa-xi-2023" }),
        json!({ "cryptosuite": "Ed25519Signature2020" }),
        json!({ "type": "Old2018" }),
        json!({ "type": "eddsa-rdfc-2022" }),
    ] {
        let refused = read(&proof(changes.clone()));
        assert!(matches!(refused, Err(WalletError::Unsupported { .. })), "{changes}");
    }
}

/// A proof of `mechanism` over the credential, with members that no option of ours sets.
fn with_members(mechanism: Mechanism, members: Value) -> Secured {
    let key = key(KeyAlgorithm::P256);
    let mut body = credential(json!("x"));
    let changes = json!({ "cryptosuite": mechanism.as_str(), "proofValue": null });
    let mut proof = proof(changes);
    proof.extend(members.as_object().expect("an object").clone());
    proof.shift_remove("proofValue");
    let signed = super::hash_and_sign::Signed { body: &body, previous: Vec::new(), naming: Naming::Free };
    let message = super::hash_and_sign::message(mechanism, &signed, &proof, key.algorithm(), &contexts()).expect("covered");
    let proof = super::finish(proof, &key.sign(&message));
    body.insert("proof".to_owned(), proof.into());
    Secured::read(&Value::Object(body).to_string()).expect("a secured credential")
}

#[test]
fn members_that_the_standard_does_not_name_are_signed_too() {
    for mechanism in [Mechanism::EcdsaRdfc2019, Mechanism::EcdsaJcs2019] {
        // Terms that undefined-terms/v2 gives a meaning to.
        let secured = with_members(mechanism, json!({ "nonce": "n-7", "witness": "Rosa", "note": { "seen": [1, true] } }));
        let check = |from: &str, to: &str| {
            let text = secured.text().replace(from, to);
            let read = Secured::read(&text).expect("a secured credential");
            read.check_signature(0, &key(KeyAlgorithm::P256).public_key(), &contexts())
        };
        assert_eq!(check("", ""), Ok(()), "{mechanism:?}");
        for (from, to) in [("Rosa", "Rosi"), ("n-7", "n-8"), ("\"note\"", "\"nota\""), ("[1,true]", "[1]")] {
            assert_eq!(check(from, to), Err(SignatureFault::Bad), "{mechanism:?} {to}");
        }
    }
}

#[test]
fn nothing_beside_the_proof_value_stays_unsigned() {
    for mechanism in [Mechanism::EcdsaRdfc2019, Mechanism::EcdsaJcs2019] {
        let text = with_members(mechanism, json!({})).text().replace("\"proofValue\"", "\"jws\":\"e..s\",\"proofValue\"");
        let read = Secured::read(&text).expect("a secured credential");
        let fault = read.check_signature(0, &key(KeyAlgorithm::P256).public_key(), &contexts());
        assert_eq!(fault, Err(SignatureFault::Bad), "{mechanism:?}");
    }
}

pub(super) fn key(algorithm: KeyAlgorithm) -> SecretKey {
    let length = if algorithm == KeyAlgorithm::P384 { 48 } else { 32 };
    SecretKey::from_bytes(algorithm, &vec![7; length]).expect("a scalar in range")
}

pub(super) fn options(mechanism: Mechanism) -> ProofOptions {
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

pub(super) fn credential(claim: Value) -> Map<String, Value> {
    let document = json!({
        "@context": ["https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/credentials/undefined-terms/v2"],
        "type": "VerifiableCredential", "issuer": "did:example:issuer",
        "credentialSubject": { "id": "did:example:subject", "claim": claim }
    });
    document.as_object().expect("an object").clone()
}

pub(super) fn sign(document: Map<String, Value>, options: &ProofOptions, key: &SecretKey) -> Secured {
    let unsigned = prepare(document, options, &key.public_key(), &contexts()).expect("covered");
    let signature = key.sign(unsigned.message());
    unsigned.finish(&signature).expect("the right length")
}

#[test]
fn vc_dm_1_1_is_signed_under_a_context_that_defines_the_proof_and_under_no_other() {
    let document = |proof_context: &str| {
        let document = json!({
            "@context": ["https://www.w3.org/2018/credentials/v1", proof_context], "type": ["VerifiableCredential"],
            "issuer": "did:example:issuer", "issuanceDate": "2020-01-01T00:00:00Z",
            "credentialSubject": { "id": "did:example:subject" }
        });
        document.as_object().expect("an object").clone()
    };
    for url in ["https://w3id.org/security/data-integrity/v1", "https://w3id.org/security/data-integrity/v2"] {
        for (mechanism, algorithm) in
            [(Mechanism::EddsaRdfc2022, KeyAlgorithm::Ed25519), (Mechanism::EcdsaRdfc2019, KeyAlgorithm::P384)]
        {
            let secured = sign(document(url), &options(mechanism), &key(algorithm));
            assert_eq!(secured.check_signature(0, &key(algorithm).public_key(), &contexts()), Ok(()), "{url}");
            let other = secured.text().replace(url, "https://w3id.org/security/multikey/v1");
            let other = Secured::read(&other).expect("a secured credential");
            let fault = other.check_signature(0, &key(algorithm).public_key(), &contexts());
            assert!(matches!(fault, Err(SignatureFault::UndefinedTerm { .. })), "{fault:?}");
        }
    }
}

#[test]
fn only_keys_of_the_suite_prepare() {
    use KeyAlgorithm::{Ed25519, P256, P384, Secp256k1};
    for (mechanism, good) in [
        (Mechanism::EddsaRdfc2022, &[Ed25519][..]),
        (Mechanism::EddsaJcs2022, &[Ed25519]),
        (Mechanism::EcdsaRdfc2019, &[P256, P384]),
        (Mechanism::EcdsaJcs2019, &[P256, P384]),
        (Mechanism::Ed25519Signature2020, &[]),
        (Mechanism::JsonWebSignature2020, &[]),
    ] {
        for algorithm in [Ed25519, P256, P384, Secp256k1] {
            let prepared = prepare(credential(json!(1)), &options(mechanism), &key(algorithm).public_key(), &contexts());
            match prepared {
                Ok(_) => assert!(good.contains(&algorithm), "{mechanism:?} {algorithm:?}"),
                Err(error) => assert!(!good.contains(&algorithm) && matches!(error, WalletError::Misused { .. }), "{error}"),
            }
        }
    }
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

/// Each suite that can be written, with a kind of key it signs with.
pub(super) const SUITES: [(Mechanism, KeyAlgorithm); 6] = [
    (Mechanism::EddsaRdfc2022, KeyAlgorithm::Ed25519),
    (Mechanism::EddsaJcs2022, KeyAlgorithm::Ed25519),
    (Mechanism::EcdsaRdfc2019, KeyAlgorithm::P256),
    (Mechanism::EcdsaRdfc2019, KeyAlgorithm::P384),
    (Mechanism::EcdsaJcs2019, KeyAlgorithm::P256),
    (Mechanism::EcdsaJcs2019, KeyAlgorithm::P384),
];

proptest! {
    #[test]
    fn what_is_signed_verifies_and_with_another_claim_does_not(claim in any_claim(), suite in 0..SUITES.len()) {
        let (mechanism, algorithm) = SUITES[suite];
        let key = key(algorithm);
        // A term called `id` or `type` has a meaning of its own, and a claim of nothing but that may be refused.
        if let Ok(unsigned) = prepare(credential(claim), &options(mechanism), &key.public_key(), &contexts()) {
            let signature = key.sign(unsigned.message());
            let secured = unsigned.finish(&signature).expect("the right length");
            prop_assert_eq!(secured.check_signature(0, &key.public_key(), &contexts()), Ok(()));
            let altered = secured.text().replace("did:example:subject", "did:example:other");
            let altered = Secured::read(&altered).expect("still a credential");
            prop_assert_eq!(altered.check_signature(0, &key.public_key(), &contexts()), Err(SignatureFault::Bad));
        }
    }

    #[test]
    fn any_proof_object_is_read_or_refused(
        kind in "(DataIntegrityProof|Ed25519Signature2020|JsonWebSignature2020)",
        name in "(id|jws|proofValue|previousProof|domain|created|verificationMethod|@context|proofPurpose)",
        text in "[\\[\\]{}\":,.0-9a-zA-Z_ -]{0,60}",
    ) {
        let value = crate::json::read("test", &text).unwrap_or(Value::String(text));
        let mut changes = json!({ "type": kind, "jws": "eyJhbGciOiJFZERTQSJ9..AA" });
        changes[&name] = value;
        let _ = read(&proof(changes.clone()));
        let mut document = credential(json!("x"));
        document.insert("proof".to_owned(), json!([proof(changes), proof(json!({}))]));
        if let Ok(secured) = Secured::read(&Value::Object(document).to_string()) {
            for at in 0..secured.proofs().len() {
                let _ = secured.unsupported_link(at);
                let _ = secured.check_signature(at, &key(KeyAlgorithm::Ed25519).public_key(), &contexts());
            }
        }
    }
}
