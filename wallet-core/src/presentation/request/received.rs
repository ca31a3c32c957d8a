//! A request as it came in: nothing of it counts before it is known who asks.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::authentication::{self, RequestedBy, VerifierEvidence};
use super::fault::{RequestFault, Result};
use super::parameters::Way;
use super::{AuthorizationRequest, ClientId, ClientIdPrefix, RequestObject};
use crate::did::Did;
use crate::jose::jwt::Jwt;
use crate::oauth::Endpoint;
use crate::time::Timestamp;

/// Who a request object is for when the verifier does not know which wallet will read it (OpenID4VP 1.0 §5.8).
pub(super) const ANY_WALLET: &str = "https://self-issued.me/v2";

/// A request as it came in.
///
/// [`ReceivedRequest::needs`] says what must be looked up, [`ReceivedRequest::authenticate`] then gives the request and who asks.
#[derive(Debug, Clone, PartialEq)]
pub struct ReceivedRequest {
    /// The same request by each client that signed it, in their order; mostly one.
    candidates: Vec<Candidate>,
    carriage: Carriage,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Candidate {
    pub request: AuthorizationRequest,
    /// What was signed; none for a request that was not.
    pub object: Option<Jwt>,
}

/// What carried a request to the wallet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carriage {
    /// A link that holds all of it.
    Link,
    /// A link to the place it was fetched from.
    Reference,
    /// The platform's Digital Credentials API.
    DcApi,
}

/// A request of which it is known who asks.
#[derive(Debug, Clone, PartialEq)]
pub struct AuthenticatedRequest {
    /// What is asked.
    pub request: AuthorizationRequest,
    /// Who asks.
    pub by: RequestedBy,
    /// What carried it.
    pub carriage: Carriage,
}

impl AuthenticatedRequest {
    /// Checks that there is a way to answer at all: a format that is taken, and a key where the answer is to be encrypted.
    ///
    /// Fails with the code `vp_formats_not_supported` or `invalid_request`, which the verifier may be told.
    pub fn check_answerable(&self) -> Result<()> {
        self.request.client_metadata.check_formats()?;
        if self.request.response_mode.is_encrypted() {
            self.request.client_metadata.encryption()?;
        }
        Ok(())
    }
}

impl ReceivedRequest {
    /// A request that nobody signed.
    pub(super) fn unsigned(request: AuthorizationRequest, carriage: Carriage) -> Self {
        Self { candidates: vec![Candidate { request, object: None }], carriage }
    }

    /// A request over the platform's API, by each client that signed it.
    pub(super) fn signed_over_api(candidates: Vec<Candidate>) -> Self {
        Self { candidates, carriage: Carriage::DcApi }
    }

    /// Reads a request object that `client_id` was said to have made, and the place it was fetched from, if it was.
    ///
    /// Only what stands in the object counts (§5.10.1).
    pub(super) fn of_object(text: &str, client_id: &ClientId, fetched_from: Option<&Endpoint>) -> Result<Self> {
        let object = RequestObject::read(text)?;
        check_audience(object.claims(), fetched_from)?;
        if ["request", "request_uri"].iter().any(|name| object.claims().contains_key(*name)) {
            return Err(RequestFault::invalid("the request object leads to another (RFC 9101 §4)"));
        }
        let request = AuthorizationRequest::read(object.claims(), &Way::Link)?;
        if request.client_id.as_ref() != Some(client_id) {
            return Err(RequestFault::invalid("the request object is by another client than the link"));
        }
        let object = match object {
            RequestObject::Signed(jwt) => Some(*jwt),
            RequestObject::Unsecured(_) if client_id.prefix() == Some(ClientIdPrefix::RedirectUri) => None,
            RequestObject::Unsecured(_) => return Err(RequestFault::invalid("the request object is not signed")),
        };
        let carriage = if fetched_from.is_some() { Carriage::Reference } else { Carriage::Link };
        Ok(Self { candidates: vec![Candidate { request, object }], carriage })
    }

    /// Whether the request gives the wallet's own one-time value back.
    pub(super) fn repeats(&self, nonce: &str) -> bool {
        self.candidates.iter().all(|candidate| candidate.request.wallet_nonce.as_deref() == Some(nonce))
    }

    /// The DIDs whose documents [`ReceivedRequest::authenticate`] looks into.
    pub fn needs(&self) -> BTreeSet<Did> {
        let ids = self.candidates.iter().filter_map(|candidate| candidate.request.client_id.as_ref());
        let dids = ids.filter(|id| id.prefix() == Some(ClientIdPrefix::DecentralizedIdentifier));
        dids.filter_map(|id| id.name().parse().ok()).collect()
    }

    /// Finds out who asks, by `evidence` and as of `now`: of several clients the first one that is known.
    ///
    /// Fails with `Refused` when nobody the wallet has reason to trust stands behind the request, `Malformed` when it breaks a rule
    /// of its client identifier's prefix (§5.9.3), `Unsupported` when it asks for what is not known here.
    pub fn authenticate(self, evidence: &VerifierEvidence, now: &Timestamp) -> Result<AuthenticatedRequest> {
        let mut fault = None;
        for candidate in self.candidates {
            match authentication::authenticate(candidate, evidence, now) {
                Ok((request, by)) => return Ok(AuthenticatedRequest { request, by, carriage: self.carriage }),
                Err(found) => drop(fault.get_or_insert(found)),
            }
        }
        Err(fault.expect("a request has at least one candidate"))
    }
}

/// A request object is for any wallet (§5.8), or for the place it is fetched from, as verifiers have it that follow RFC 9101 alone;
/// by its §4 it may say nothing of that, which means the same.
fn check_audience(claims: &Map<String, Value>, fetched_from: Option<&Endpoint>) -> Result<()> {
    let Some(named) = claims.get("aud") else { return Ok(()) };
    let is_for = |audience: &str| match named {
        Value::String(one) => one == audience,
        Value::Array(all) => all.iter().any(|one| one == audience),
        _ => false,
    };
    if is_for(ANY_WALLET) || fetched_from.is_some_and(|place| is_for(place.as_str())) {
        return Ok(());
    }
    Err(RequestFault::invalid(format!("the request object is not for {ANY_WALLET}")))
}
