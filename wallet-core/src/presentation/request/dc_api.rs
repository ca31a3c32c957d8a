//! A request over the platform's Digital Credentials API: unsigned, signed once, or by several clients (OpenID4VP 1.0 appendix A).

use serde_json::{Map, Value, json};

use super::fault::{RequestFault, Result};
use super::object::TYPE;
use super::parameters::{Way, needed, texts};
use super::received::{Candidate, Carriage};
use super::{AuthorizationRequest, ReceivedRequest};
use crate::jose::jwt::Jwt;

/// The most signatures one request may have.
const MAX_SIGNATURES: usize = 8;
/// What each client says for itself, in the header of its signature (appendix A.3.2.2).
const OWN: [&str; 2] = ["client_id", "verifier_info"];

/// How a request over the API is signed: the exchange protocol (appendix A.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DcApiProtocol {
    /// Not at all: the origin is all that is known.
    Unsigned,
    /// By one client.
    Signed,
    /// By one or more clients, each for whoever trusts it.
    Multisigned,
}

impl DcApiProtocol {
    const ALL: [Self; 3] = [Self::Unsigned, Self::Signed, Self::Multisigned];

    /// The value of `protocol`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unsigned => "openid4vp-v1-unsigned",
            Self::Signed => "openid4vp-v1-signed",
            Self::Multisigned => "openid4vp-v1-multisigned",
        }
    }
}

/// Reads the `data` of a request by `protocol`, which the platform says came from `origin`.
///
/// Fails with `Unsupported` for another protocol, and refuses a signed request that was made for other origins (appendix A.2).
pub fn read(protocol: &str, data: &Value, origin: &str) -> Result<ReceivedRequest> {
    let known = DcApiProtocol::ALL.into_iter().find(|known| known.as_str() == protocol);
    let known = known.ok_or_else(|| RequestFault::unsupported("this exchange protocol", "use openid4vp-v1-signed"))?;
    let data = data.as_object().ok_or_else(|| RequestFault::invalid("its data is no JSON object"))?;
    match known {
        DcApiProtocol::Unsigned => {
            let request = AuthorizationRequest::read(data, &Way::OverApi(origin))?;
            Ok(ReceivedRequest::unsigned(request, Carriage::DcApi))
        }
        DcApiProtocol::Signed => {
            let object = Jwt::read(needed(data, "request")?, TYPE)?;
            let claims = object.claims().clone();
            Ok(ReceivedRequest::signed_over_api(vec![candidate(object, &claims, origin)?]))
        }
        DcApiProtocol::Multisigned => read_multisigned(data, origin),
    }
}

/// Reads a JWS in JSON (RFC 7515 §7.2.1); a client or signature of a kind that is not known here leaves the others as they are.
fn read_multisigned(data: &Map<String, Value>, origin: &str) -> Result<ReceivedRequest> {
    let bad = || RequestFault::invalid("its request is no JWS of one to eight signatures");
    let jws = data.get("request").and_then(Value::as_object).ok_or_else(bad)?;
    let payload = needed(jws, "payload")?;
    let signatures = jws.get("signatures").and_then(Value::as_array);
    let signatures = signatures.filter(|all| (1..=MAX_SIGNATURES).contains(&all.len())).ok_or_else(bad)?;
    let read = |signature: &Value| {
        let signature = signature.as_object().ok_or_else(bad)?;
        let object = format!("{}.{payload}.{}", needed(signature, "protected")?, needed(signature, "signature")?);
        let object = Jwt::read(&object, TYPE)?;
        let mut parameters = object.claims().clone();
        if OWN.iter().any(|name| parameters.contains_key(*name)) {
            return Err(RequestFault::invalid("what each client says for itself stands outside the headers"));
        }
        let own = OWN.iter().filter_map(|name| Some(((*name).to_owned(), object.header().get(*name)?.clone())));
        parameters.extend(own);
        candidate(object, &parameters, origin)
    };
    let (good, faults): (Vec<_>, Vec<_>) = signatures.iter().map(read).partition(Result::is_ok);
    match (good.is_empty(), faults.into_iter().next()) {
        (true, Some(Err(fault))) => Err(fault),
        _ => Ok(ReceivedRequest::signed_over_api(good.into_iter().flatten().collect())),
    }
}

fn candidate(object: Jwt, parameters: &Map<String, Value>, origin: &str) -> Result<Candidate> {
    let expected = texts(parameters, "expected_origins")?;
    let expected = expected.ok_or_else(|| RequestFault::invalid("it is signed and has no expected_origins"))?;
    if !expected.iter().any(|one| one == origin) {
        return Err(RequestFault::invalid("it was made for another origin than the one it came from"));
    }
    let request = AuthorizationRequest::read(parameters, &Way::SignedOverApi(origin))?;
    Ok(Candidate { request, object: Some(object) })
}

/// The `data` of an unsigned request.
pub fn unsigned(request: &AuthorizationRequest) -> Value {
    Value::Object(request.parameters())
}

/// The `data` of a request that one client signed, as a request object.
pub fn signed(object: &str) -> Value {
    json!({ "request": object })
}

/// The parameters of `request` as each client's header has them, and those that all sign.
pub fn shared_parameters(request: &AuthorizationRequest) -> (Map<String, Value>, Map<String, Value>) {
    request.parameters().into_iter().partition(|(name, _)| OWN.contains(&name.as_str()))
}

/// The `data` of a request that several clients signed: their tokens, compact, over one and the same payload.
pub fn multisigned(objects: &[String]) -> Value {
    let parts = |object: &'_ String| object.split('.').map(str::to_owned).collect::<Vec<_>>();
    let payload = objects.first().and_then(|object| object.split('.').nth(1)).unwrap_or_default();
    let signatures: Vec<Value> = (objects.iter().map(parts))
        .filter_map(|parts| Some(json!({ "protected": parts.first()?, "signature": parts.get(2)? })))
        .collect();
    json!({ "request": { "payload": payload, "signatures": signatures } })
}

#[cfg(test)]
mod tests;
