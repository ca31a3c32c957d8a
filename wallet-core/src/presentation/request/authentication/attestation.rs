//! By a key that somebody the wallet trusts has attested (`verifier_attestation`, OpenID4VP 1.0 §12).

use serde_json::Value;

use super::{RequestedBy, VerifierEvidence, signed_by};
use crate::jose::jwt::Jwt;
use crate::key::PublicKey;
use crate::presentation::request::fault::{RequestFault, Result};
use crate::presentation::request::parameters::texts;
use crate::presentation::request::{AuthorizationRequest, ClientId};
use crate::time::Timestamp;

/// The `typ` of an attestation.
const TYPE: &str = "verifier-attestation+jwt";

/// The attestation in the header is by a trusted party, holds now, is for this client, this key and this place of the answer.
pub(super) fn authenticate(
    request: &AuthorizationRequest,
    object: &Jwt,
    evidence: &VerifierEvidence,
    now: &Timestamp,
) -> Result<RequestedBy> {
    let text = object.header().get("jwt").and_then(Value::as_str);
    let attestation = Jwt::read(text.ok_or_else(|| RequestFault::invalid("it comes without its attestation"))?, TYPE)?;
    let by = attestation.needed("iss")?;
    let keys = evidence.attesters.get(by);
    let keys = keys.ok_or_else(|| RequestFault::untrusted("the wallet knows nobody who attests this verifier"))?;
    let kid = attestation.header().get("kid").and_then(Value::as_str);
    let key = keys.signature_key(kid).or_else(|| keys.signature_key(None));
    let key = key.ok_or_else(|| RequestFault::untrusted("the attestation is by an unknown key"))?;
    attestation.check(&key).map_err(|fault| RequestFault::untrusted(format!("the attestation: {fault}")))?;
    attestation.check_time(now)?;
    if attestation.moment("exp")?.is_none() {
        return Err(RequestFault::invalid("the attestation has no exp"));
    }
    let name = request.client_id.as_ref().map(ClientId::name).unwrap_or_default();
    if attestation.needed("sub")? != name {
        return Err(RequestFault::invalid("the attestation is of another verifier"));
    }
    signed_by(object, &attested_key(&attestation)?)?;
    check_destination(request, &attestation)?;
    Ok(RequestedBy::Attested { name: name.to_owned(), by: by.to_owned() })
}

/// The key that is attested: the `jwk` of `cnf` (RFC 7800 §3.2).
fn attested_key(attestation: &Jwt) -> Result<PublicKey> {
    let jwk = attestation.claims().get("cnf").and_then(|cnf| cnf.get("jwk"));
    Ok(PublicKey::from_jwk(jwk.ok_or_else(|| RequestFault::invalid("the attestation names no key"))?)?)
}

/// Where an attestation names places for the answer, it goes to one of these.
fn check_destination(request: &AuthorizationRequest, attestation: &Jwt) -> Result<()> {
    let (Some(places), Some(destination)) = (texts(attestation.claims(), "redirect_uris")?, request.response_mode.destination())
    else {
        return Ok(());
    };
    if places.iter().any(|place| place == destination.as_str()) {
        return Ok(());
    }
    Err(RequestFault::invalid("the answer would go to a place that the attestation does not name"))
}
