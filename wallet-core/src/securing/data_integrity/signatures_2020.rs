//! `JsonWebSignature2020`: a Linked Data Signature of VC DM 1.1 as a detached JWS, read and never written (JSON Web Signature
//! 2020, W3C CCG; RFC 7797).
//!
//! Its elder sister `Ed25519Signature2020` is checked as `eddsa-rdfc-2022` is (VC DI EdDSA Cryptosuites 1.0, appendix A), but for
//! the contexts that a proof of either may bring with it.

use serde_json::{Map, Value, json};

use super::hash_and_sign::{Signed, canonical_rdf, hashes, options};
use super::{bad, required};
use crate::error::{Result, WalletError};
use crate::json;
use crate::key::PublicKey;
use crate::securing::linked_data::Contexts;
use crate::securing::linked_data::rdfc::Hash;
use crate::securing::{SignatureFault, jws};

/// A JWS without its payload, which is what the proof covers.
pub(super) struct Detached<'p> {
    /// The header as it is signed, in base64url.
    header: &'p str,
    algorithm: String,
    signature: Vec<u8>,
}

/// Reads `jws`: a header, nothing, a signature; the payload is not base64url, and the header says so (RFC 7797 §3, §6).
///
/// Fails with `Unsupported` when it is signed by an algorithm that no key of ours has.
pub(super) fn read_jws(proof: &Map<String, Value>) -> Result<Detached<'_>> {
    let parts: Vec<&str> = required(proof, "jws")?.splitn(4, '.').collect();
    let [header, "", signature] = parts[..] else { return Err(bad("jws")) };
    let text = String::from_utf8(jws::decode(header)?).map_err(|_| bad("jws"))?;
    let members = json::read_object("JWS header", &text)?;
    if members.get("b64") != Some(&Value::Bool(false)) || members.get("crit") != Some(&json!(["b64"])) {
        return Err(bad("jws"));
    }
    let algorithm = match members.get("alg").and_then(Value::as_str) {
        Some(name @ ("EdDSA" | "Ed25519" | "ES256" | "ES384")) => name.to_owned(),
        Some(_) => return Err(WalletError::unsupported("this JWS algorithm", "use EdDSA, ES256 or ES384")),
        None => return Err(bad("jws")),
    };
    Ok(Detached { header, algorithm, signature: jws::decode(signature)? })
}

/// Checks the JWS of `proof` over `signed`.
pub(super) fn check_jws(
    signed: &Signed<'_>,
    proof: &Map<String, Value>,
    key: &PublicKey,
    contexts: &Contexts,
) -> Result<(), SignatureFault> {
    let detached = read_jws(proof).map_err(SignatureFault::malformed)?;
    let named = if detached.algorithm == "Ed25519" { "EdDSA" } else { &detached.algorithm };
    if key.algorithm().jose() != Some(named) {
        return Err(SignatureFault::WrongAlgorithm);
    }
    Ok(key.verify(&message(&detached, signed, proof, contexts)?, &detached.signature)?)
}

/// What the key of `proof` signed, and its signature.
pub(super) fn signed_jws(
    signed: &Signed<'_>,
    proof: &Map<String, Value>,
    contexts: &Contexts,
) -> Result<(Vec<u8>, Vec<u8>), SignatureFault> {
    let detached = read_jws(proof).map_err(SignatureFault::malformed)?;
    Ok((message(&detached, signed, proof, contexts)?, detached.signature))
}

fn message(
    detached: &Detached<'_>,
    signed: &Signed<'_>,
    proof: &Map<String, Value>,
    contexts: &Contexts,
) -> Result<Vec<u8>, SignatureFault> {
    let options = options(signed, proof, "jws", proof.get("@context"));
    let (options, document) = canonical_rdf(signed, &options, contexts, Hash::Sha256)?;
    Ok([detached.header.as_bytes(), b".", &hashes(Hash::Sha256, &options, &document)].concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::{KeyAlgorithm, SecretKey};
    use crate::securing::data_integrity::tests::{METHOD, contexts, key};
    use crate::securing::linked_data::Naming;
    use crate::securing::{Mechanism, Secured};
    use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};

    const HEADER: &str = r#"{"alg":"ES256","b64":false,"crit":["b64"]}"#;

    /// A credential of VC DM 1.1 under the contexts of both suites.
    fn credential() -> Map<String, Value> {
        let document = json!({
            "@context": [
                "https://www.w3.org/2018/credentials/v1", "https://w3id.org/security/suites/jws-2020/v1",
                "https://w3id.org/security/suites/ed25519-2020/v1"
            ],
            "type": ["VerifiableCredential"], "issuer": "did:example:issuer", "issuanceDate": "2020-01-01T00:00:00Z",
            "credentialSubject": { "id": "did:example:subject" }
        });
        document.as_object().expect("an object").clone()
    }

    fn proof(kind: &str) -> Map<String, Value> {
        let proof = json!({ "type": kind, "created": "2020-01-01T00:00:00Z", "verificationMethod": METHOD,
            "proofPurpose": "assertionMethod" });
        proof.as_object().expect("an object").clone()
    }

    /// What the library never writes: the detached JWS, under a header of any kind.
    fn with_jws(header: &str, key: &SecretKey, proof: Map<String, Value>) -> Secured {
        let body = credential();
        let signed = Signed { body: &body, previous: Vec::new(), naming: Naming::Free };
        let options = options(&signed, &proof, "jws", proof.get("@context"));
        let (options, document) = canonical_rdf(&signed, &options, &contexts(), Hash::Sha256).expect("covered");
        let header = BASE64_URL_SAFE_NO_PAD.encode(header);
        let message = [header.as_bytes(), b".", &hashes(Hash::Sha256, &options, &document)].concat();
        let signature = BASE64_URL_SAFE_NO_PAD.encode(key.sign(&message));
        secured(proof, "jws", json!(format!("{header}..{signature}"))).expect("a secured credential")
    }

    fn secured(mut proof: Map<String, Value>, name: &str, value: Value) -> Result<Secured> {
        proof.insert(name.to_owned(), value);
        let mut document = credential();
        document.insert("proof".to_owned(), proof.into());
        Secured::read(&Value::Object(document).to_string())
    }

    fn check(secured: &Secured, algorithm: KeyAlgorithm) -> std::result::Result<(), SignatureFault> {
        secured.check_signature(0, &key(algorithm).public_key(), &contexts())
    }

    #[test]
    fn detached_jws_of_every_kind_of_key_verifies_and_an_altered_claim_does_not() {
        for (algorithm, names) in [
            (KeyAlgorithm::Ed25519, &["EdDSA", "Ed25519"][..]),
            (KeyAlgorithm::P256, &["ES256"]),
            (KeyAlgorithm::P384, &["ES384"]),
        ] {
            for name in names {
                let header = HEADER.replace("ES256", name);
                let secured = with_jws(&header, &key(algorithm), proof("JsonWebSignature2020"));
                assert_eq!(secured.proofs()[0].mechanism, Mechanism::JsonWebSignature2020);
                assert_eq!(check(&secured, algorithm), Ok(()), "{name}");
                for (from, to) in [
                    ("did:example:subject", "did:example:other"),
                    ("2020-01-01T00:00:00Z\",\"ver", "2020-01-02T00:00:00Z\",\"ver"),
                ] {
                    let altered = Secured::read(&secured.text().replace(from, to)).expect("still a credential");
                    assert_ne!(altered.text(), secured.text());
                    assert_eq!(check(&altered, algorithm), Err(SignatureFault::Bad), "{name} {to}");
                }
            }
        }
    }

    #[test]
    fn algorithm_that_is_not_the_keys_is_never_tried() {
        let secured = with_jws(HEADER, &key(KeyAlgorithm::P256), proof("JsonWebSignature2020"));
        for other in [KeyAlgorithm::Ed25519, KeyAlgorithm::P384, KeyAlgorithm::Secp256k1] {
            assert_eq!(check(&secured, other), Err(SignatureFault::WrongAlgorithm));
        }
        let lying = with_jws(&HEADER.replace("ES256", "EdDSA"), &key(KeyAlgorithm::P256), proof("JsonWebSignature2020"));
        assert_eq!(check(&lying, KeyAlgorithm::P256), Err(SignatureFault::WrongAlgorithm));
    }

    #[test]
    fn jws_with_a_payload_or_other_critical_members_is_refused() {
        let read = |jws: String| secured(proof("JsonWebSignature2020"), "jws", json!(jws));
        let encode = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
        assert!(read(format!("{}..AA", encode(HEADER))).is_ok());
        for header in [
            r#"{"alg":"ES256"}"#,
            r#"{"alg":"ES256","b64":false}"#,
            r#"{"alg":"ES256","b64":true,"crit":["b64"]}"#,
            r#"{"alg":"ES256","b64":"false","crit":["b64"]}"#,
            r#"{"alg":"ES256","b64":false,"crit":["b64","exp"]}"#,
            r#"{"alg":"ES256","b64":false,"crit":[]}"#,
            r#"{"alg":"ES256","alg":"ES256","b64":false,"crit":["b64"]}"#,
            r#"{"b64":false,"crit":["b64"]}"#,
            "[]",
        ] {
            assert!(matches!(read(format!("{}..AA", encode(header))), Err(WalletError::Malformed { .. })), "{header}");
        }
        for jws in [format!("{}.AA.AA", encode(HEADER)), format!("{}.AA", encode(HEADER)), "..".to_owned(), String::new()] {
            assert!(matches!(read(jws.clone()), Err(WalletError::Malformed { .. })), "{jws}");
        }
        for name in ["none", "HS256", "RS256", "ES256K"] {
            let header = HEADER.replace("ES256", name);
            assert!(matches!(read(format!("{}..AA", encode(&header))), Err(WalletError::Unsupported { .. })), "{name}");
        }
    }

    #[test]
    fn signature_in_the_other_suites_member_is_not_left_unsigned() {
        let jws = with_jws(HEADER, &key(KeyAlgorithm::P256), proof("JsonWebSignature2020"));
        let mut document: Map<String, Value> = serde_json::from_str(jws.text()).expect("JSON");
        document["proof"]["proofValue"] = json!("z1");
        let jws = Secured::read(&Value::Object(document).to_string()).expect("a secured credential");
        assert!(matches!(check(&jws, KeyAlgorithm::P256), Err(SignatureFault::UndefinedTerm { .. })));
    }

    #[test]
    fn ed25519_signature_2020_verifies_and_takes_no_other_key() {
        let body = credential();
        let signed = Signed { body: &body, previous: Vec::new(), naming: Naming::Free };
        let proof = proof("Ed25519Signature2020");
        let options = options(&signed, &proof, "proofValue", None);
        let (options, document) = canonical_rdf(&signed, &options, &contexts(), Hash::Sha256).expect("covered");
        let signature = key(KeyAlgorithm::Ed25519).sign(&hashes(Hash::Sha256, &options, &document));
        let value = multibase::encode(multibase::Base::Base58Btc, signature);
        let good = secured(proof.clone(), "proofValue", json!(value)).expect("a secured credential");
        assert_eq!(check(&good, KeyAlgorithm::Ed25519), Ok(()));
        assert_eq!(check(&good, KeyAlgorithm::P256), Err(SignatureFault::WrongAlgorithm));
        assert!(matches!(secured(proof, "jws", json!("e..s")), Err(WalletError::Malformed { .. })));
    }

    #[test]
    fn proof_may_bring_the_context_of_its_suite_with_it() {
        let mut own = proof("JsonWebSignature2020");
        own.insert("@context".to_owned(), json!("https://w3id.org/security/suites/jws-2020/v1"));
        let secured = with_jws(HEADER, &key(KeyAlgorithm::P256), own);
        assert_eq!(check(&secured, KeyAlgorithm::P256), Ok(()));
    }
}
