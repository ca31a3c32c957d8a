//! The request object: a request as a signed token (RFC 9101, OpenID4VP 1.0 §5).

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use serde_json::{Map, Value};

use super::fault::{RequestFault, Result};
use super::received::ANY_WALLET;
use crate::jose::jwt::{self, Jwt, UnsignedJwt};
use crate::json;
use crate::key::PublicKey;
use crate::time::Timestamp;

/// The `typ` of a request object (RFC 9101 §10.8).
pub(super) const TYPE: &str = "oauth-authz-req+jwt";
/// The longest request object that is read, in bytes.
const MAX_LENGTH: usize = 128 << 10;

/// A request object that was read.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum RequestObject {
    /// A signed one; whose signature it is, is yet to be found out.
    Signed(Box<Jwt>),
    /// One of `alg` `none`, worth no more than parameters in a link: the claims.
    Unsecured(Map<String, Value>),
}

impl RequestObject {
    pub(super) fn read(text: &str) -> Result<Self> {
        match text.strip_suffix('.') {
            Some(unsecured) => read_unsecured(unsecured).map(Self::Unsecured),
            None => Ok(Self::Signed(Box::new(Jwt::read(text, TYPE)?))),
        }
    }

    pub(super) fn claims(&self) -> &Map<String, Value> {
        match self {
            Self::Signed(jwt) => jwt.claims(),
            Self::Unsecured(claims) => claims,
        }
    }
}

/// Reads `header.payload` of a token without a signature (RFC 7515 appendix A.5).
fn read_unsecured(text: &str) -> Result<Map<String, Value>> {
    let bad = |reason: &str| RequestFault::invalid(reason);
    let (header, claims) =
        text.split_once('.').filter(|_| text.len() <= MAX_LENGTH).ok_or_else(|| bad("it is no request object"))?;
    let decode = |part: &str| BASE64_URL_SAFE_NO_PAD.decode(part).map_err(|_| bad("the request object is not base64url"));
    let read = |part: &str| match json::read_bytes("request object", &decode(part)?)? {
        Value::Object(object) => Ok(object),
        _ => Err(bad("a part of the request object is no JSON object")),
    };
    let header = read(header)?;
    if header.get("alg") != Some(&Value::from("none")) || header.get("typ") != Some(&Value::from(TYPE)) {
        return Err(bad("the request object has no signature, or is of another type"));
    }
    read(claims)
}

/// Prepares a request object of these [parameters](super::AuthorizationRequest::parameters) that `key` is to sign; `header` says
/// whose key it is: a `kid`, `x5c` or `jwt`.
///
/// It is for any wallet, from `now` on and until `expires`.
pub fn prepare(
    parameters: Map<String, Value>,
    mut header: Map<String, Value>,
    key: &PublicKey,
    (now, expires): (&Timestamp, &Timestamp),
) -> crate::error::Result<UnsignedJwt> {
    header.insert("typ".to_owned(), TYPE.into());
    let mut claims = parameters;
    claims.insert("aud".to_owned(), ANY_WALLET.into());
    claims.insert("iat".to_owned(), now.unix().into());
    claims.insert("exp".to_owned(), expires.unix().into());
    jwt::prepare(header, claims, key)
}
