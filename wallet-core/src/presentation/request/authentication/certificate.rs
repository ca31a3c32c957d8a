//! By a certificate: for a DNS name (`x509_san_dns`), or whatever it is for (`x509_hash`).

use super::{RequestedBy, VerifierEvidence, signed_by};
use crate::jose::jwt::Jwt;
use crate::presentation::request::fault::{RequestFault, Result};
use crate::presentation::request::{AuthorizationRequest, ClientId};
use crate::time::Timestamp;
use crate::x509::CertificateChain;

/// The certificate is for the DNS name that is the client identifier, and the answer goes to a host of that very name.
pub(super) fn dns_name(
    request: &AuthorizationRequest,
    object: &Jwt,
    evidence: &VerifierEvidence,
    now: &Timestamp,
) -> Result<RequestedBy> {
    let name = request.client_id.as_ref().map(ClientId::name).unwrap_or_default().to_owned();
    let chain = trusted(object, evidence, now)?;
    if !chain.leaf().dns_names().iter().any(|certified| certified.eq_ignore_ascii_case(&name)) {
        return Err(RequestFault::untrusted(format!("the certificate is not for {name}")));
    }
    if request.response_mode.destination().is_some_and(|destination| !destination.host().eq_ignore_ascii_case(&name)) {
        return Err(RequestFault::invalid(format!("the answer would go to another host than {name}")));
    }
    Ok(RequestedBy::DnsName { name, chain })
}

/// The certificate is the one whose SHA-256 hash is the client identifier.
pub(super) fn hash(client_id: &ClientId, object: &Jwt, evidence: &VerifierEvidence, now: &Timestamp) -> Result<RequestedBy> {
    let chain = trusted(object, evidence, now)?;
    if chain.leaf().hash() != client_id.name() {
        return Err(RequestFault::invalid("the certificate is another than its client identifier says"));
    }
    Ok(RequestedBy::Certificate { chain })
}

/// The chain in the header, whose first key signed the object, and behind which stands somebody the wallet trusts.
fn trusted(object: &Jwt, evidence: &VerifierEvidence, now: &Timestamp) -> Result<CertificateChain> {
    let chain =
        object.certificates()?.ok_or_else(|| RequestFault::invalid("the request object comes without its certificate"))?;
    signed_by(object, &chain.leaf().public_key()?)?;
    chain.check(&evidence.anchors, now).map_err(RequestFault::untrusted)?;
    Ok(chain)
}
