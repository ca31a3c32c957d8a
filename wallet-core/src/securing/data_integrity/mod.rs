//! Data Integrity: proofs that are members of the document they secure (VC Data Integrity 1.0).
//!
//! This file reads and writes the proof object and says which suite it is of; [`hash_and_sign`] has the suites that sign the
//! whole document, [`selective`] those whose holder may leave something out, [`chain`] the proofs that follow others,
//! [`signatures_2020`] the two older forms that are only read.

mod chain;
mod hash_and_sign;
pub(super) mod selective;
mod signatures_2020;

use serde_json::{Map, Value};

use super::linked_data::{Contexts, LinkedDataError, Naming, to_traced_quads};
use super::{MAX_PROOFS, Mechanism, Proof, ProofOptions, SignatureFault};
use crate::error::{Result, WalletError};
use crate::key::PublicKey;
use crate::time::Timestamp;

pub(super) use chain::ancestors;

/// The cryptosuites of a `DataIntegrityProof` that sign the whole document.
const SUITES: [Mechanism; 4] =
    [Mechanism::EddsaRdfc2022, Mechanism::EddsaJcs2022, Mechanism::EcdsaRdfc2019, Mechanism::EcdsaJcs2019];
/// The types of proof that are a suite of their own.
const TYPES: [Mechanism; 2] = [Mechanism::Ed25519Signature2020, Mechanism::JsonWebSignature2020];

/// What the app can do about a proof of another kind.
const KNOWN: &str = "use eddsa-rdfc-2022, eddsa-jcs-2022, ecdsa-rdfc-2019, ecdsa-jcs-2019 or ecdsa-sd-2023";

/// Reads one proof object (VC Data Integrity §2.1).
///
/// Fails with `Unsupported`, its kind named, when the proof is of another suite.
pub(super) fn read(proof: &Map<String, Value>) -> Result<Proof> {
    let mechanism = mechanism(proof)?;
    match mechanism {
        Mechanism::EcdsaSd2023 | Mechanism::Bbs2023 => selective::read(proof)?,
        Mechanism::JsonWebSignature2020 => signatures_2020::read_jws(proof).map(drop)?,
        _ => drop(hash_and_sign::signature(proof, mechanism).ok_or_else(|| bad("proofValue"))?),
    }
    let method = required(proof, "verificationMethod")?;
    for (name, url) in [("verificationMethod", Some(method)), ("id", optional(proof, "id")?)] {
        if url.is_some_and(|url| url::Url::parse(url).is_err()) {
            return Err(bad(name));
        }
    }
    let purpose = required(proof, "proofPurpose")?;
    optional(proof, "nonce")?;
    chain::names(proof).ok_or_else(|| bad("previousProof"))?;
    let audience = match proof.get("domain") {
        None => Vec::new(),
        Some(Value::String(one)) => vec![one.clone()],
        Some(Value::Array(all)) if !all.is_empty() => {
            let texts = all.iter().map(|one| one.as_str().map(str::to_owned));
            texts.collect::<Option<_>>().ok_or_else(|| bad("domain"))?
        }
        Some(_) => return Err(bad("domain")),
    };
    let time = |name: &str| optional(proof, name)?.map(str::parse::<Timestamp>).transpose();
    Ok(Proof {
        mechanism,
        method: method.to_owned(),
        purpose: Some(purpose.to_owned()),
        created: time("created")?,
        not_before: None,
        expires: time("expires")?,
        nonce: optional(proof, "challenge")?.map(str::to_owned),
        audience,
    })
}

/// The suite of a proof, by its `type` and, for a `DataIntegrityProof`, its `cryptosuite` (§2.1, §3.1).
fn mechanism(proof: &Map<String, Value>) -> Result<Mechanism> {
    let kind = required(proof, "type")?;
    let (name, all) = match kind {
        "DataIntegrityProof" => (required(proof, "cryptosuite")?, [&SUITES[..], &selective::SUITES[..]]),
        other => (other, [&TYPES[..], &[]]),
    };
    all.concat().into_iter().find(|m| m.as_str() == name).ok_or_else(|| WalletError::unsupported(name, KNOWN))
}

/// The bytes to sign over `body` (without `proof`), and the proof object without `proofValue` (§4.2, §4.3).
///
/// `earlier` are the proofs the document has by now, which [`ProofOptions::previous`] may name.
pub(super) fn prepare(
    body: &Map<String, Value>,
    earlier: &[&Map<String, Value>],
    options: &ProofOptions,
    key: &PublicKey,
    contexts: &Contexts,
) -> Result<(Vec<u8>, Map<String, Value>)> {
    let mut proof = draft(options)?;
    if let Some(id) = &options.id
        && earlier.iter().any(|earlier| earlier.get("id").and_then(Value::as_str) == Some(id))
    {
        return Err(WalletError::misused("another proof of the document has that id"));
    }
    if earlier.len() >= MAX_PROOFS {
        return Err(WalletError::misused(format!("a document carries at most {MAX_PROOFS} proofs")));
    }
    let previous = chain::previous(&proof, earlier).map_err(WalletError::misused)?;
    let signed = hash_and_sign::Signed { body, previous, naming: Naming::Free };
    hash_and_sign::complete(&mut proof, body, options.mechanism);
    let message = match hash_and_sign::message(options.mechanism, &signed, &proof, key.algorithm(), contexts) {
        Ok(message) => message,
        Err(SignatureFault::WrongAlgorithm) => {
            let (mechanism, curve) = (options.mechanism.as_str(), key.algorithm().curve());
            return Err(WalletError::misused(format!("{mechanism} does not sign with {curve} keys")));
        }
        Err(SignatureFault::MissingContext { url }) => {
            return Err(WalletError::unsupported(format!("the context {url}"), "add it to the contexts"));
        }
        Err(fault) => return Err(WalletError::misused(fault)),
    };
    Ok((message, proof))
}

/// What a new proof says whatever its suite.
fn draft(options: &ProofOptions) -> Result<Map<String, Value>> {
    let mut proof = Map::new();
    let mut put = |name: &str, value: &str| proof.insert(name.to_owned(), Value::String(value.to_owned()));
    if let Some(id) = &options.id {
        url::Url::parse(id).map_err(|_| WalletError::misused("a proof's id is a URL, such as urn:uuid:…"))?;
        put("id", id);
    }
    put("type", "DataIntegrityProof");
    put("cryptosuite", options.mechanism.as_str());
    put("created", options.created.as_str());
    if let Some(expires) = &options.expires {
        put("expires", expires.as_str());
    }
    put("verificationMethod", options.method.as_str());
    put("proofPurpose", options.purpose.as_str());
    if let Some(nonce) = &options.nonce {
        put("challenge", nonce);
    }
    if let Some(audience) = &options.audience {
        put("domain", audience);
    }
    match &options.previous[..] {
        [] => {}
        [one] => drop(put("previousProof", one)),
        all => drop(proof.insert("previousProof".to_owned(), all.into())),
    }
    Ok(proof)
}

/// The proof object with its `proofValue`.
pub(super) fn finish(mut proof: Map<String, Value>, signature: &[u8]) -> Map<String, Value> {
    let value = multibase::encode(multibase::Base::Base58Btc, signature);
    proof.insert("proofValue".to_owned(), Value::String(value));
    proof
}

/// Checks the signature of the proof object at `index` of `proofs` over `body` (without `proof`), and over the proofs it follows
/// (§4.4, §4.5).
///
/// Whether the proofs it follows are good themselves is not looked at: each is checked on its own.
pub(super) fn check(
    body: &Map<String, Value>,
    proofs: &[Map<String, Value>],
    index: usize,
    naming: Naming,
    (key, contexts): (&PublicKey, &Contexts),
) -> Result<(), SignatureFault> {
    let proof = proofs.get(index).ok_or_else(|| SignatureFault::malformed("there is no such proof"))?;
    if selective::is_selective(proof) {
        let signed = hash_and_sign::Signed { body, previous: Vec::new(), naming };
        to_traced_quads(body, contexts, naming)?;
        to_traced_quads(&hash_and_sign::options(&signed, proof, "proofValue", None), contexts, naming)?;
        return selective::check(body, proof, key, contexts);
    }
    let previous = chain::checked(proof, proofs)?;
    let signed = hash_and_sign::Signed { body, previous, naming };
    match mechanism(proof).map_err(SignatureFault::malformed)? {
        Mechanism::JsonWebSignature2020 => signatures_2020::check_jws(&signed, proof, key, contexts),
        whole => hash_and_sign::check(whole, &signed, proof, key, contexts),
    }
}

/// What the issuer's key signed for the proof object at `index` of `proofs`, and its signature.
///
/// Of a derived proof with selective disclosure these are the base proof's; fails with `Malformed` for `bbs-2023`, which never
/// shows its signature.
pub(super) fn signed(
    body: &Map<String, Value>,
    proofs: &[Map<String, Value>],
    index: usize,
    contexts: &Contexts,
) -> Result<(Vec<u8>, Vec<u8>), SignatureFault> {
    let proof = proofs.get(index).ok_or_else(|| SignatureFault::malformed("there is no such proof"))?;
    if selective::is_selective(proof) {
        return selective::signed(body, proof, contexts);
    }
    let signed = hash_and_sign::Signed { body, previous: chain::checked(proof, proofs)?, naming: Naming::Free };
    match mechanism(proof).map_err(SignatureFault::malformed)? {
        Mechanism::JsonWebSignature2020 => signatures_2020::signed_jws(&signed, proof, contexts),
        whole => hash_and_sign::signed(whole, &signed, proof, contexts),
    }
}

/// The contexts that the document was signed under, where there are more by now: those that its proofs over canonical JSON name,
/// as the verified document has no others (VC DI EdDSA Cryptosuites 1.0 §3.3.2, step 4).
pub(super) fn signed_contexts<'p>(body: &Map<String, Value>, proofs: &'p [Map<String, Value>]) -> Option<&'p Value> {
    let length = |contexts: &Value| contexts.as_array().map_or(1, Vec::len);
    let over_json = |proof: &&Map<String, Value>| mechanism(proof).is_ok_and(|m| !m.is_over_rdf());
    let shortest = proofs.iter().filter(over_json).filter_map(|proof| proof.get("@context")).min_by_key(|all| length(all))?;
    body.get("@context").is_some_and(|all| length(shortest) < length(all)).then_some(shortest)
}

/// The fault of a member that is missing or not of the right kind.
fn bad(name: &str) -> WalletError {
    WalletError::malformed("proof", format!("its {name} is missing or not of the right kind"))
}

fn required<'p>(proof: &'p Map<String, Value>, name: &str) -> Result<&'p str> {
    proof.get(name).and_then(Value::as_str).ok_or_else(|| bad(name))
}

fn optional<'p>(proof: &'p Map<String, Value>, name: &str) -> Result<Option<&'p str>> {
    match proof.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.as_str())),
        Some(_) => Err(bad(name)),
    }
}

impl From<LinkedDataError> for SignatureFault {
    fn from(error: LinkedDataError) -> Self {
        match error {
            LinkedDataError::UnknownContext { url } => Self::MissingContext { url },
            LinkedDataError::UndefinedTerm { term } => Self::UndefinedTerm { term },
            LinkedDataError::UnsignedName { term } => Self::UnsignedName { term },
            LinkedDataError::TooDeep | LinkedDataError::TooMuchWork => Self::TooMuchWork,
            LinkedDataError::Invalid { reason } => Self::Malformed { reason },
        }
    }
}

#[cfg(test)]
mod tests;
