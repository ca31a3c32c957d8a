//! Credentials and presentations as JWTs, against the independent JOSE library npm `jose`, both ways.
//!
//! It needs `npm ci --ignore-scripts` in `tests/interop/jwt`, which `tests/run interop` does.

#[path = "support/table.rs"]
mod table;

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::{Map, Value, json};
use wallet_core::credential::profiles::{DegreeKind, Diploma};
use wallet_core::credential::{CredentialTerms, Presentation};
use wallet_core::did::VerificationRelationship;
use wallet_core::key::{KeyAlgorithm, SecretKey};
use wallet_core::securing::linked_data::Contexts;
use wallet_core::securing::{Mechanism, ProofOptions, Secured, SignatureFault, prepare};

const ALGORITHMS: [(KeyAlgorithm, usize); 3] = [(KeyAlgorithm::Ed25519, 32), (KeyAlgorithm::P256, 32), (KeyAlgorithm::P384, 48)];
const METHOD: &str = "did:web:universidad.example#key-1";
const AUDIENCE: &str = "did:web:verifier.example";
const NOW: &str = "2026-03-01T12:00:00Z";

/// Hands `tasks` to the script and returns its answers in order.
fn jose(tasks: Vec<Value>) -> Vec<Value> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/interop/jwt");
    let mut node = Command::new("node")
        .arg("jose.js")
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node is installed");
    let input = json!({ "tasks": tasks }).to_string();
    node.stdin.take().expect("it is piped").write_all(input.as_bytes()).expect("node reads its input");
    let output = node.wait_with_output().expect("node ends");
    assert!(output.status.success(), "run `npm ci --ignore-scripts` in {folder}");
    serde_json::from_slice(&output.stdout).expect("the script prints JSON")
}

fn key((algorithm, length): (KeyAlgorithm, usize)) -> SecretKey {
    SecretKey::from_bytes(algorithm, &vec![11; length]).expect("a scalar in range")
}

/// The private JWK, which the library itself never writes.
fn private_jwk(key: &SecretKey) -> Value {
    let mut jwk = key.public_key().to_jwk();
    jwk["d"] = base64url(key.expose()).into();
    jwk
}

fn base64url(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let bits: Vec<u8> = bytes.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1)).collect();
    bits.chunks(6).map(|six| ALPHABET[(0..6).fold(0, |n, i| n << 1 | usize::from(*six.get(i).unwrap_or(&0)))] as char).collect()
}

fn diploma() -> Map<String, Value> {
    let terms = CredentialTerms {
        issuer_name: Some("Universidad Nacional Mayor de San Marcos".to_owned()),
        id: Some("urn:uuid:4d9a5c1c-9a3d-4a8e-9d8d-6b9ae4a4a7aa".to_owned()),
        subject: Some("did:example:ana".parse().expect("a DID")),
        valid_from: Some(NOW.parse().expect("a date")),
        ..CredentialTerms::by("did:web:universidad.example".parse().expect("a DID"))
    };
    let awarded = "2026-02-27".parse().expect("a date");
    Diploma::new("Ana María Ñahui “Anita” Quispe 🎓", "Médica Cirujana", DegreeKind::Bachelor, awarded).to_credential(terms)
}

fn sign(document: Map<String, Value>, key: &SecretKey, purpose: VerificationRelationship) -> Secured {
    let presenting = purpose == VerificationRelationship::Authentication;
    let options = ProofOptions {
        expires: Some("2026-03-01T12:05:00Z".parse().expect("a date")),
        nonce: presenting.then(|| "n-0S6_WzA2Mj".to_owned()),
        audience: presenting.then(|| AUDIENCE.to_owned()),
        ..ProofOptions::new(Mechanism::Jwt, METHOD.parse().expect("a DID URL"), purpose, NOW.parse().expect("a date"))
    };
    let unsigned = prepare(document, &options, &key.public_key(), &Contexts::bundled()).expect("a document to sign");
    let signature = key.sign(unsigned.message());
    unsigned.finish(&signature).expect("a signature of the right length")
}

fn presentation_of(credential: &Secured) -> Map<String, Value> {
    Presentation::of(&"did:web:universidad.example".parse().expect("a DID"), vec![credential.to_value()]).into_json()
}

#[test]
fn jose_verifies_what_we_sign() {
    let mut tasks = Vec::new();
    for kind in ALGORITHMS {
        let key = key(kind);
        let jwk = key.public_key().to_jwk();
        let alg = kind.0.jose().expect("it signs JWTs");
        let credential = sign(diploma(), &key, VerificationRelationship::AssertionMethod);
        let presentation = sign(presentation_of(&credential), &key, VerificationRelationship::Authentication);
        tasks.push(json!({ "verify": credential.text(), "jwk": jwk, "alg": alg, "typ": "vc+jwt", "now": NOW }));
        tasks.push(
            json!({ "verify": presentation.text(), "jwk": jwk, "alg": alg, "typ": "vp+jwt", "now": NOW, "audience": AUDIENCE }),
        );
        tasks.push(json!({ "verify": presentation.text(), "jwk": jwk, "alg": alg, "typ": "vc+jwt", "now": NOW }));
        tasks.push(
            json!({ "verify": presentation.text(), "jwk": jwk, "alg": alg, "typ": "vp+jwt", "now": "2026-03-01T12:05:01Z" }),
        );
    }
    for answers in jose(tasks).chunks(4) {
        let [credential, presentation, wrong_type, late] = answers else { panic!("four answers a key") };
        assert_eq!(credential["header"]["kid"], METHOD);
        assert_eq!(credential["payload"]["credentialSubject"], diploma()["credentialSubject"]);
        assert_eq!(presentation["payload"]["nonce"], "n-0S6_WzA2Mj");
        assert_eq!(presentation["payload"]["type"], json!(["VerifiablePresentation"]));
        assert_eq!(wrong_type["error"], "ERR_JWT_CLAIM_VALIDATION_FAILED");
        assert_eq!(late["error"], "ERR_JWT_EXPIRED");
    }
    table::row("Cédula", "jose 6.2.17", "vc+jwt and vp+jwt, EdDSA ES256 ES384", 6, 6);
}

#[test]
fn we_verify_what_jose_signs() {
    let contexts = Contexts::bundled();
    let keys: Vec<SecretKey> = ALGORITHMS.into_iter().map(key).collect();
    let task = |(key, alg): (&SecretKey, &str)| {
        let header = json!({ "alg": alg, "typ": "vc+jwt", "cty": "vc", "kid": METHOD });
        let mut payload = Value::Object(diploma());
        payload["iss"] = "did:web:universidad.example".into();
        payload["iat"] = 1_772_366_400.into();
        json!({ "sign": payload, "header": header, "jwk": private_jwk(key), "alg": alg })
    };
    let signers: Vec<(&SecretKey, &str)> =
        vec![(&keys[0], "EdDSA"), (&keys[0], "Ed25519"), (&keys[1], "ES256"), (&keys[2], "ES384")];
    let answers = jose(signers.iter().copied().map(task).collect());
    for ((key, alg), answer) in signers.into_iter().zip(answers) {
        let secured = Secured::read(answer["token"].as_str().expect("a token")).expect("a vc+jwt");
        assert_eq!(secured.body(), &diploma(), "{alg}");
        assert_eq!(secured.proofs()[0].method, METHOD);
        assert_eq!(secured.proofs()[0].created, Some(NOW.parse().expect("a date")));
        assert_eq!(secured.check_signature(0, &key.public_key(), &contexts), Ok(()), "{alg}");
        let other = SecretKey::from_bytes(key.algorithm(), &vec![12; key.expose().len()]).expect("a scalar in range");
        assert_eq!(secured.check_signature(0, &other.public_key(), &contexts), Err(SignatureFault::Bad));
    }
    table::row("jose 6.2.17", "Cédula", "vc+jwt, EdDSA Ed25519 ES256 ES384", 4, 4);
}

#[test]
fn we_verify_presentations_of_jose_and_the_credentials_in_them() {
    let contexts = Contexts::bundled();
    let issuer = key(ALGORITHMS[0]);
    let credential = sign(diploma(), &issuer, VerificationRelationship::AssertionMethod);
    let mut payload = Value::Object(presentation_of(&credential));
    payload["nonce"] = "n-0S6_WzA2Mj".into();
    payload["aud"] = json!([AUDIENCE]);
    let task = |kind: (KeyAlgorithm, usize)| {
        let alg = kind.0.jose().expect("it signs JWTs");
        let header = json!({ "alg": alg, "typ": "application/vp+jwt", "kid": "#key-1" });
        json!({ "sign": payload, "header": header, "jwk": private_jwk(&key(kind)), "alg": alg })
    };
    let answers = jose(ALGORITHMS.into_iter().map(task).collect());
    for (kind, answer) in ALGORITHMS.into_iter().zip(&answers) {
        let token = answer["token"].as_str().expect("a token");
        // As it is, and in the envelope of VC DM 2.0 §4.13.2.
        let envelope = json!({
            "@context": "https://www.w3.org/ns/credentials/v2", "type": "EnvelopedVerifiablePresentation",
            "id": format!("data:application/vp+jwt,{token}"),
        });
        for text in [token.to_owned(), envelope.to_string()] {
            let presentation = Secured::read(&text).expect("a vp+jwt");
            let proof = &presentation.proofs()[0];
            assert_eq!((proof.method.as_str(), proof.nonce.as_deref()), (METHOD, Some("n-0S6_WzA2Mj")));
            assert_eq!(proof.audience, [AUDIENCE]);
            assert_eq!(presentation.check_signature(0, &key(kind).public_key(), &contexts), Ok(()));
            let nested = presentation.nested().expect("one credential").remove(0).expect("an enveloped credential");
            assert_eq!(nested.body(), credential.body());
            assert_eq!(nested.check_signature(0, &issuer.public_key(), &contexts), Ok(()));
        }
    }
    table::row("jose 6.2.17", "Cédula", "vp+jwt, EdDSA ES256 ES384", answers.len(), 3);
}
