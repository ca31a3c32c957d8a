//! Who asks: what each client identifier prefix asks of a request, and what it proves (OpenID4VP 1.0 §5.9.3).

mod attestation;
mod certificate;
mod did;
mod registered;

pub use registered::RegisteredVerifier;

use std::collections::BTreeMap;
use std::fmt;

use super::fault::{RequestFault, Result};
use super::received::Candidate;
use super::{AuthorizationRequest, ClientIdPrefix};
use crate::did::{Did, Resolution, Standing};
use crate::jose::jwk_set::JwkSet;
use crate::jose::jwt::Jwt;
use crate::key::PublicKey;
use crate::oauth::Endpoint;
use crate::time::Timestamp;
use crate::x509::{CertificateChain, TrustAnchors};

/// What a wallet knows that can tell who asks.
#[derive(Debug, Clone, Default)]
pub struct VerifierEvidence {
    /// What was found of the DIDs that a request needs.
    pub resolutions: BTreeMap<Did, Resolution>,
    /// Whose certificates for verifiers count.
    pub anchors: TrustAnchors,
    /// Whose attestations of verifiers count, by their `iss`, with their keys.
    pub attesters: BTreeMap<String, JwkSet>,
    /// The verifiers who registered with the wallet, by their client identifiers.
    pub registered: BTreeMap<String, RegisteredVerifier>,
}

/// Who asks, and what proves it.
#[derive(Debug, Clone, PartialEq)]
pub enum RequestedBy {
    /// Whoever controls a DID.
    Did {
        /// The DID.
        did: Did,
        /// How far what was found of it can be trusted.
        standing: Standing,
    },
    /// Whoever was certified to have a DNS name.
    DnsName {
        /// The name.
        name: String,
        /// The certificates, the verifier's first.
        chain: CertificateChain,
    },
    /// Whoever a certificate names.
    Certificate {
        /// The certificates, the verifier's first.
        chain: CertificateChain,
    },
    /// Whoever an attester that the wallet trusts vouches for.
    Attested {
        /// The name the attester gives.
        name: String,
        /// The attester.
        by: String,
    },
    /// A verifier who registered with the wallet.
    Registered {
        /// The name it registered with.
        name: String,
    },
    /// A web site or app, as the platform tells.
    Origin {
        /// Its origin.
        origin: String,
    },
    /// Nobody knows who: all that is certain is where the answer goes.
    Unknown {
        /// Where it goes.
        destination: Endpoint,
    },
}

impl RequestedBy {
    /// Whether it is proven who asks.
    pub fn is_proven(&self) -> bool {
        !matches!(self, Self::Unknown { .. })
    }
}

impl fmt::Display for RequestedBy {
    /// The proven name, or the host that the answer goes to.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Did { did, .. } => did.fmt(f),
            Self::DnsName { name, .. } | Self::Attested { name, .. } | Self::Registered { name } => f.write_str(name),
            Self::Certificate { chain } => f.write_str(&chain.leaf().subject()),
            Self::Origin { origin } => f.write_str(origin),
            Self::Unknown { destination } => f.write_str(&destination.host()),
        }
    }
}

/// Finds out who asks; the request comes back with what the wallet knows of the verifier better than the request itself.
pub(super) fn authenticate(
    candidate: Candidate,
    evidence: &VerifierEvidence,
    now: &Timestamp,
) -> Result<(AuthorizationRequest, RequestedBy)> {
    let Candidate { mut request, object } = candidate;
    if let Some(object) = &object {
        object.check_time(now)?;
    }
    let by = match &request.client_id {
        None => RequestedBy::Origin { origin: request.response_mode.origin().unwrap_or_default().to_owned() },
        Some(client_id) => match (client_id.prefix(), &object) {
            (None, object) => registered::authenticate(&mut request, object.as_ref(), evidence)?,
            (Some(ClientIdPrefix::RedirectUri), None) => unknown(&request)?,
            (Some(ClientIdPrefix::RedirectUri), Some(_)) => {
                return Err(RequestFault::invalid("it is signed, and its client identifier names no key"));
            }
            (Some(_), None) => return Err(RequestFault::invalid("it is not signed, as its client identifier would have it")),
            (Some(ClientIdPrefix::DecentralizedIdentifier), Some(object)) => did::authenticate(client_id, object, evidence, now)?,
            (Some(ClientIdPrefix::X509SanDns), Some(object)) => certificate::dns_name(&request, object, evidence, now)?,
            (Some(ClientIdPrefix::X509Hash), Some(object)) => certificate::hash(client_id, object, evidence, now)?,
            (Some(ClientIdPrefix::VerifierAttestation), Some(object)) => {
                attestation::authenticate(&request, object, evidence, now)?
            }
        },
    };
    Ok((request, by))
}

/// That the answer goes to the client identifier itself was checked when the request was read.
fn unknown(request: &AuthorizationRequest) -> Result<RequestedBy> {
    let destination = request.response_mode.destination().cloned();
    let destination = destination.ok_or_else(|| RequestFault::invalid("its client identifier is an address, and it has none"))?;
    Ok(RequestedBy::Unknown { destination })
}

/// The request object must be signed by `key`.
fn signed_by(object: &Jwt, key: &PublicKey) -> Result<()> {
    object.check(key).map_err(|fault| RequestFault::untrusted(format!("the request object: {fault}")))
}

#[cfg(test)]
mod tests;
