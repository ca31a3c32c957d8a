//! Selective disclosure: the issuer signs statements one by one, and the holder shows only some of them
//! (VC DI ECDSA Cryptosuites 1.0 §3.3–§3.7, VC DI BBS Cryptosuites 1.0 §3).
//!
//! The issuer makes a *base* proof, which is for the holder only: it has what it takes to derive a proof for each showing. A
//! verifier takes *derived* proofs and nothing else.

mod bbs;
mod derive;
mod ecdsa_sd;
mod labels;
mod proof_value;
mod select;
mod statements;
#[cfg(test)]
mod tests;

use rand_core::CryptoRng;
use serde_json::{Map, Value};

use crate::error::{Result, WalletError};
use crate::json::JsonPointer;
use crate::key::{KeyAlgorithm, PublicKey};
use crate::securing::linked_data::Contexts;
use crate::securing::{Disclosure, Mechanism, ProofOptions, SignatureFault};

/// The suites with selective disclosure.
pub(super) const SUITES: [Mechanism; 2] = [Mechanism::EcdsaSd2023, Mechanism::Bbs2023];

/// A base proof that waits for the issuer's signature.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::securing) struct Pending(Base);

#[derive(Debug, Clone, PartialEq)]
enum Base {
    EcdsaSd(ecdsa_sd::Base),
    Bbs(bbs::Base),
}

/// What a `proofValue` says.
enum ProofValue {
    EcdsaBase(ecdsa_sd::SignedBase),
    EcdsaDerived(ecdsa_sd::Derived),
    BbsBase(bbs::SignedBase),
    BbsDerived(bbs::Derived),
}

impl ProofValue {
    fn of(proof: &Map<String, Value>) -> Result<Self> {
        // Neither standard says what a proof chain covers when a part of the document is left out.
        if proof.contains_key("previousProof") {
            return Err(WalletError::unsupported("a proof chain with selective disclosure", "use a proof set"));
        }
        let text = proof.get("proofValue").and_then(Value::as_str).ok_or_else(|| proof_value::bad("it is missing"))?;
        let (header, bytes) = proof_value::decode(text)?;
        match (suite(proof), header) {
            (Some(Mechanism::EcdsaSd2023), ecdsa_sd::BASE) => Ok(Self::EcdsaBase(ecdsa_sd::SignedBase::read(&bytes)?)),
            (Some(Mechanism::EcdsaSd2023), ecdsa_sd::DERIVED) => Ok(Self::EcdsaDerived(ecdsa_sd::Derived::read(&bytes)?)),
            (Some(Mechanism::Bbs2023), bbs::BASE) => Ok(Self::BbsBase(bbs::SignedBase::read(&bytes)?)),
            (Some(Mechanism::Bbs2023), bbs::DERIVED) => Ok(Self::BbsDerived(bbs::Derived::read(&bytes)?)),
            (Some(Mechanism::Bbs2023), [0xd9, 0x5d, kind]) if bbs::FEATURES.contains(&kind) => {
                Err(WalletError::unsupported("bbs-2023 with holder binding or pseudonyms", "use its baseline"))
            }
            _ => Err(proof_value::bad("it is of no kind that its cryptosuite has")),
        }
    }
}

fn suite(proof: &Map<String, Value>) -> Option<Mechanism> {
    let name = proof.get("cryptosuite").and_then(Value::as_str)?;
    SUITES.into_iter().find(|suite| suite.as_str() == name)
}

/// Whether `proof` is of a suite with selective disclosure.
pub(in crate::securing) fn is_selective(proof: &Map<String, Value>) -> bool {
    suite(proof).is_some()
}

/// Whether `proof` is a base proof, which its holder derives others from and shows to nobody.
pub(in crate::securing) fn is_base(proof: &Map<String, Value>) -> bool {
    matches!(ProofValue::of(proof), Ok(ProofValue::EcdsaBase(_) | ProofValue::BbsBase(_)))
}

/// Reads the `proofValue`, strictly.
pub(super) fn read(proof: &Map<String, Value>) -> Result<()> {
    ProofValue::of(proof).map(drop)
}

/// What a new proof says beside its `proofValue`; of `bbs-2023` it says no `created`, by which showings could be linked.
pub(in crate::securing) fn draft(options: &ProofOptions) -> Result<Map<String, Value>> {
    let mut proof = super::draft(options)?;
    if options.mechanism == Mechanism::Bbs2023 {
        proof.shift_remove("created");
    }
    Ok(proof)
}

/// The bytes to sign for a base proof over `body` (without `proof`), whose other members `proof` has, and what waits for them.
pub(in crate::securing) fn prepare(
    body: &Map<String, Value>,
    proof: &Map<String, Value>,
    options: &ProofOptions,
    (key, contexts): (&PublicKey, &Contexts),
    rng: &mut dyn CryptoRng,
) -> Result<(Vec<u8>, Pending)> {
    let whole = [JsonPointer::default()];
    let mandatory = match &options.disclosure {
        Disclosure::AllBut(pointers) => &pointers[..],
        Disclosure::Whole => &whole[..],
        Disclosure::Only { .. } => {
            return Err(WalletError::misused("this mechanism says what may not be left out: use Disclosure::AllBut"));
        }
    };
    let name = options.mechanism.as_str();
    if !options.previous.is_empty() {
        return Err(WalletError::misused(format!("{name} follows no other proof: what it covers could be left out")));
    }
    match (options.mechanism, key.algorithm()) {
        (Mechanism::EcdsaSd2023, KeyAlgorithm::P256) => {
            let one_time = ecdsa_sd::OneTime::new(rng);
            let prepared = ecdsa_sd::prepare(body, proof, mandatory, one_time, contexts);
            let (message, base) = prepared.map_err(refusal)?;
            Ok((message, Pending(Base::EcdsaSd(base))))
        }
        (Mechanism::Bbs2023, KeyAlgorithm::Bls12381G2) => {
            let prepared = bbs::prepare(body, proof, mandatory, (key, bbs::hmac_key(rng)), contexts);
            let (message, base) = prepared.map_err(refusal)?;
            Ok((message, Pending(Base::Bbs(base))))
        }
        (_, other) => Err(WalletError::misused(format!("{name} does not sign with {} keys", other.curve()))),
    }
}

/// The proof object with its `proofValue`.
pub(in crate::securing) fn finish(mut proof: Map<String, Value>, pending: &Pending, signature: &[u8]) -> Map<String, Value> {
    let value = match &pending.0 {
        Base::EcdsaSd(base) => base.write(signature),
        Base::Bbs(base) => base.write(signature),
    };
    proof.insert("proofValue".to_owned(), Value::String(value));
    proof
}

/// Checks a derived proof over `body`, as a verifier; a base proof is refused.
pub(super) fn check(
    body: &Map<String, Value>,
    proof: &Map<String, Value>,
    key: &PublicKey,
    contexts: &Contexts,
) -> Result<(), SignatureFault> {
    match ProofValue::of(proof).map_err(SignatureFault::malformed)? {
        ProofValue::EcdsaDerived(derived) => ecdsa_sd::check(body, proof, &derived, key, contexts),
        ProofValue::BbsDerived(derived) => bbs::check(body, proof, &derived, key, contexts),
        ProofValue::EcdsaBase(_) | ProofValue::BbsBase(_) => {
            Err(SignatureFault::malformed("it is a base proof, which is for its holder only"))
        }
    }
}

/// Checks a base proof over `body`, as its holder; of a derived proof, the same as [`check`].
pub(in crate::securing) fn check_received(
    body: &Map<String, Value>,
    proof: &Map<String, Value>,
    key: &PublicKey,
    contexts: &Contexts,
) -> Result<(), SignatureFault> {
    match ProofValue::of(proof).map_err(SignatureFault::malformed)? {
        ProofValue::EcdsaBase(base) => ecdsa_sd::check_base(body, proof, &base, key, contexts),
        ProofValue::BbsBase(base) => bbs::check_base(body, proof, &base, key, contexts),
        ProofValue::EcdsaDerived(_) | ProofValue::BbsDerived(_) => check(body, proof, key, contexts),
    }
}

/// What the issuer's key signed for `proof`, base or derived, and its signature.
pub(super) fn signed(
    body: &Map<String, Value>,
    proof: &Map<String, Value>,
    contexts: &Contexts,
) -> Result<(Vec<u8>, Vec<u8>), SignatureFault> {
    match ProofValue::of(proof).map_err(SignatureFault::malformed)? {
        ProofValue::EcdsaBase(base) => ecdsa_sd::signed_base(body, proof, &base, contexts),
        ProofValue::EcdsaDerived(derived) => ecdsa_sd::signed_derived(body, proof, &derived, contexts),
        ProofValue::BbsBase(_) | ProofValue::BbsDerived(_) => {
            Err(SignatureFault::malformed("bbs-2023 never shows the signature, by which showings could be linked"))
        }
    }
}

/// The document that shows what is mandatory and what `chosen` points to, with a proof derived from the base proof `proof`.
pub(in crate::securing) fn disclose(
    body: &Map<String, Value>,
    proof: &Map<String, Value>,
    chosen: &[JsonPointer],
    contexts: &Contexts,
) -> Result<Map<String, Value>> {
    let derived = match ProofValue::of(proof)? {
        ProofValue::EcdsaBase(base) => ecdsa_sd::disclose(body, &base, chosen, contexts),
        ProofValue::BbsBase(base) => bbs::disclose(body, &base, chosen, &[], contexts),
        ProofValue::EcdsaDerived(_) | ProofValue::BbsDerived(_) => {
            return Err(WalletError::misused("nothing can be derived from a derived proof"));
        }
    };
    let (mut document, proof_value) = derived.map_err(refusal)?;
    let mut proof = proof.clone();
    proof.insert("proofValue".to_owned(), Value::String(proof_value));
    document.insert("proof".to_owned(), Value::Object(proof));
    Ok(document)
}

/// Why nothing is signed or derived, as the app is told.
fn refusal(fault: SignatureFault) -> WalletError {
    match fault {
        SignatureFault::MissingContext { url } => {
            WalletError::unsupported(format!("the context {url}"), "add it to the contexts")
        }
        fault => WalletError::misused(fault),
    }
}
