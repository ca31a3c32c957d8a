//! The presentation that answers a request, ready to be signed.

use crate::credential::Presentation;
use crate::did::{Did, DidUrl, VerificationRelationship};
use crate::error::{Result, WalletError};
use crate::key::{KeyAlgorithm, PublicKey};
use crate::presentation::Request;
use crate::securing::linked_data::Contexts;
use crate::securing::{self, Mechanism, ProofOptions, Secured, Unsigned};
use crate::time::Timestamp;

/// Who signs a presentation, and with which of its keys.
pub struct Signer<'a> {
    /// The holder.
    pub holder: &'a Did,
    /// The holder's verification method.
    pub method: DidUrl,
    /// Its key.
    pub key: &'a PublicKey,
}

/// The presentation of `credentials` that answers `request`, ready to be signed by the holder.
///
/// Each credential goes in as it was received, down to the byte where its mechanism is a token (VC DM 2.0 §4.13).
pub fn response(
    request: &Request,
    credentials: &[Secured],
    signer: &Signer<'_>,
    contexts: &Contexts,
    now: &Timestamp,
) -> Result<Unsigned> {
    if request.expires < *now {
        return Err(WalletError::refused("the verifier", "the request has expired; ask for a new one"));
    }
    let body = Presentation::of(signer.holder, credentials.iter().map(Secured::to_value).collect()).into_json();
    let mechanism = match signer.key.algorithm() {
        KeyAlgorithm::Ed25519 => Mechanism::EddsaRdfc2022,
        _ => Mechanism::Jwt,
    };
    let options = ProofOptions {
        expires: Some(request.expires.clone()),
        nonce: Some(request.nonce.clone()),
        audience: Some(request.audience.clone()),
        ..ProofOptions::new(mechanism, signer.method.clone(), VerificationRelationship::Authentication, now.clone())
    };
    securing::prepare(body, &options, signer.key, contexts)
}
