//! Data Integrity proofs: `eddsa-rdfc-2022` and `eddsa-jcs-2022` (VC Data Integrity 1.0).

use serde_json::{Map, Value};

use super::linked_data::Contexts;
use super::{Proof, ProofOptions, SignatureFault};
use crate::error::{Result, WalletError};
use crate::key::PublicKey;

/// Reads one proof object; `Unsupported` with the suite's name in `what` when the suite is not known.
pub(super) fn read(proof: &Map<String, Value>) -> Result<Proof> {
    let suite = proof.get("cryptosuite").and_then(Value::as_str).unwrap_or("a proof without cryptosuite");
    Err(WalletError::unsupported(suite, "use a JWT"))
}

/// The bytes to sign over `body` (without `proof`), and the proof object without `proofValue`.
pub(super) fn prepare(
    _body: &Map<String, Value>,
    options: &ProofOptions,
    _key: &PublicKey,
    _contexts: &Contexts,
) -> Result<(Vec<u8>, Map<String, Value>)> {
    Err(WalletError::unsupported(options.mechanism.as_str(), "use a JWT"))
}

/// The proof object with its `proofValue`.
pub(super) fn finish(proof: Map<String, Value>, _signature: &[u8]) -> Map<String, Value> {
    proof
}

/// Checks the signature of the proof object `proof` over `body` (without `proof`).
pub(super) fn check(
    _body: &Map<String, Value>,
    _proof: &Map<String, Value>,
    _key: &PublicKey,
    _contexts: &Contexts,
) -> Result<(), SignatureFault> {
    Err(SignatureFault::Bad)
}
