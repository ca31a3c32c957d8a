//! By a registration with the wallet, for a client identifier without a prefix (OpenID4VP 1.0 §5.9.2).

use super::{RequestedBy, VerifierEvidence, signed_by};
use crate::jose::jwk_set::JwkSet;
use crate::jose::jwt::Jwt;
use crate::oauth::{Endpoint, OAuthErrorCode};
use crate::presentation::request::fault::{RequestFault, Result};
use crate::presentation::request::{AuthorizationRequest, ClientId, ClientMetadata};

/// A verifier who registered with the wallet.
#[derive(Debug, Clone, PartialEq)]
pub struct RegisteredVerifier {
    /// The name a person knows it by.
    pub name: String,
    /// Where answers may go, and nowhere else.
    pub destinations: Vec<Endpoint>,
    /// The keys it signs requests with; without any, it signs none.
    pub keys: JwkSet,
    /// What it takes.
    pub metadata: ClientMetadata,
}

/// The verifier registered, its request is signed if it has keys, and the answer goes to a place it registered.
pub(super) fn authenticate(
    request: &mut AuthorizationRequest,
    object: Option<&Jwt>,
    evidence: &VerifierEvidence,
) -> Result<RequestedBy> {
    let client_id = request.client_id.as_ref().map(ClientId::as_str).unwrap_or_default();
    let verifier = evidence.registered.get(client_id);
    let verifier = verifier.ok_or_else(|| RequestFault::untrusted(format!("no verifier registered as {client_id}")))?;
    if request.client_metadata != ClientMetadata::default() {
        return Err(RequestFault::with(OAuthErrorCode::InvalidClient, "it brings metadata, which the wallet has already"));
    }
    match object {
        Some(object) => {
            let kid = object.header().get("kid").and_then(|kid| kid.as_str());
            let key = verifier.keys.signature_key(kid);
            signed_by(object, &key.ok_or_else(|| RequestFault::untrusted("it is signed by a key that is not registered"))?)?;
        }
        None if verifier.keys != JwkSet::default() => {
            return Err(RequestFault::untrusted("it is not signed, and this verifier signs its requests"));
        }
        None => {}
    }
    if request.response_mode.destination().is_some_and(|destination| !verifier.destinations.contains(destination)) {
        return Err(RequestFault::invalid("the answer would go to a place that is not registered"));
    }
    request.client_metadata = verifier.metadata.clone();
    Ok(RequestedBy::Registered { name: verifier.name.clone() })
}
