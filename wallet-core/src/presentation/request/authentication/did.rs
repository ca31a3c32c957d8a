//! By a key in the document of a DID (`decentralized_identifier`).

use super::{RequestedBy, VerifierEvidence, signed_by};
use crate::did::{Did, DidUrl};
use crate::jose::jwt::Jwt;
use crate::presentation::request::ClientId;
use crate::presentation::request::fault::{RequestFault, Result};
use crate::time::Timestamp;

/// The `kid` of the request object is one of the DID's own methods, and its key signed the object.
pub(super) fn authenticate(
    client_id: &ClientId,
    object: &Jwt,
    evidence: &VerifierEvidence,
    now: &Timestamp,
) -> Result<RequestedBy> {
    let did: Did = client_id.name().parse()?;
    let kid = object.header().get("kid").and_then(|kid| kid.as_str());
    let kid = kid.ok_or_else(|| RequestFault::invalid("the request object names no kid"))?;
    let method: DidUrl = if kid.starts_with('#') { format!("{did}{kid}").parse()? } else { kid.parse()? };
    if method.did() != did {
        return Err(RequestFault::invalid("the request object is signed by another DID's key"));
    }
    let untrusted = |reason: &str| RequestFault::untrusted(format!("{did}: {reason}"));
    let resolution = evidence.resolutions.get(&did).ok_or_else(|| untrusted("nothing is known of it"))?;
    if resolution.metadata.deactivated == Some(true) {
        return Err(untrusted("it was given up"));
    }
    let found = resolution.document.method(&method).ok_or_else(|| untrusted("it has no such key"))?;
    let over = |end: &Option<Timestamp>| end.as_ref().is_some_and(|end| end <= now);
    if over(&found.expires) || over(&found.revoked) {
        return Err(untrusted("its key holds no longer"));
    }
    let key =
        found.key.as_ref().ok_or_else(|| RequestFault::unsupported("the verifier's kind of key", "use P-256 or Ed25519"))?;
    signed_by(object, key)?;
    Ok(RequestedBy::Did { did, standing: resolution.standing.clone() })
}
