//! `JsonWebSignature2020`: a Linked Data Signature of VC DM 1.1 as a detached JWS, read and never written (JSON Web Signature
//! 2020, W3C CCG; RFC 7797).
//!
//! Its elder sister `Ed25519Signature2020` differs from `eddsa-rdfc-2022` in its name only, and is checked as that one is
//! (VC DI EdDSA Cryptosuites 1.0, appendix A).

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
    let options = options(signed, proof, "jws", proof.get("@context"));
    let (options, document) = canonical_rdf(signed, &options, contexts, Hash::Sha256)?;
    let message = [detached.header.as_bytes(), b".", &hashes(Hash::Sha256, &options, &document)].concat();
    Ok(key.verify(&message, &detached.signature)?)
}
