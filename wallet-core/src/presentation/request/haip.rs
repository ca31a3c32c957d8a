//! What the High Assurance Interoperability Profile asks of a request besides (HAIP 1.0 §5, §5.1, §5.2).

use super::fault::{RequestFault, Result};
use super::{AuthenticatedRequest, Carriage, RequestedBy, ResponseMode};
use crate::x509::CertificateChain;

/// The formats of the profile (HAIP 1.0 §5.3); of the second this wallet has none, and a verifier may ask for either.
const FORMATS: [&str; 2] = ["dc+sd-jwt", "mso_mdoc"];

/// Checks that a request follows the profile: fetched and signed under a certificate named by its hash, or over the platform's API,
/// for an encrypted answer of SD-JWT VCs or mobile documents.
pub fn check(request: &AuthenticatedRequest) -> Result<()> {
    let bad = |reason: &str| Err(RequestFault::invalid(format!("HAIP 1.0: {reason}")));
    match (&request.by, request.carriage) {
        (RequestedBy::Certificate { chain }, Carriage::Reference | Carriage::DcApi) => check_chain(chain)?,
        (RequestedBy::Origin { .. }, Carriage::DcApi) => {}
        _ => return bad("it is not fetched, or its client is not named by x509_hash"),
    }
    if !matches!(request.request.response_mode, ResponseMode::DirectPostJwt { .. } | ResponseMode::DcApiJwt { .. }) {
        return bad("the answer would not be encrypted");
    }
    if request.request.query.credentials().iter().any(|credential| !FORMATS.contains(&credential.format.as_str())) {
        return bad("it asks for another format than dc+sd-jwt and mso_mdoc");
    }
    Ok(())
}

/// The anchor is not sent along, and the verifier did not certify itself.
fn check_chain(chain: &CertificateChain) -> Result<()> {
    match chain.certificates().any(|certificate| certificate.is_self_issued()) {
        true => Err(RequestFault::invalid("HAIP 1.0: its certificates hold one that certifies itself")),
        false => Ok(()),
    }
}
