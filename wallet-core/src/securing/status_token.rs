//! Status lists as tokens of their own, `statuslist+jwt` and `statuslist+cwt` (Token Status List §5).
//!
//! Whatever the form, the body is the claims as the JWT has them: `sub`, `iat`, `exp`, `ttl`, `status_list`.

use serde_json::{Map, Value, json};

use super::claims::{Claims, is_absolute, is_media_type};
use super::secured::Read;
use super::sign1::{self, Headers, Types};
use super::{Kind, Mechanism, ProofOptions, cbor, jws, jwt};
use crate::error::{Result, WalletError};
use crate::json;
use crate::key::PublicKey;

const WHAT: &str = "status list token";

/// Whether the header of a JWT says that it is a status list.
pub(super) fn is_jwt(header: &Map<String, Value>) -> bool {
    header.get("typ").and_then(Value::as_str).is_some_and(|typ| is_media_type(typ, "statuslist+jwt"))
}

/// Whether the header of a COSE message says that it is a status list.
pub(super) fn is_cwt(headers: &Headers) -> bool {
    sign1::is_type(headers.typ.as_ref(), "statuslist+cwt")
}

/// Whether `claims` are those of a status list, to be signed.
pub(super) fn is_claims(claims: &Map<String, Value>) -> bool {
    claims.get("status_list").is_some_and(Value::is_object) && !claims.contains_key("@context") && !claims.contains_key("vct")
}

/// Reads the header and payload of a JWT.
pub(super) fn read_jwt(header: &Map<String, Value>, payload: &str) -> Result<Read> {
    read(Mechanism::Jwt, json::read_object(WHAT, payload)?, jwt::kid(header)?)
}

/// Reads the header and payload of a COSE message.
pub(super) fn read_cwt(headers: &Headers, payload: &[u8]) -> Result<Read> {
    read(Mechanism::Cose, sign1::json_claims(cbor::read(WHAT, payload)?)?, headers.kid.as_deref())
}

fn read(mechanism: Mechanism, body: Map<String, Value>, kid: Option<&str>) -> Result<Read> {
    let claims = Claims { what: WHAT, values: body };
    for name in ["sub", "iat", "status_list"] {
        if claims.get(name).is_none() {
            return Err(claims.bad(format!("it has no {name}")));
        }
    }
    // Without `iss` the signer is the issuer of the credential that names the list, and the key relative to it (§5.1, §11.3).
    let relative = claims.get("iss").is_none() && kid.is_none_or(|kid| !is_absolute(kid));
    let method = match kid {
        Some(kid) if relative => format!("#{}", kid.strip_prefix('#').unwrap_or(kid)),
        None if relative => String::new(),
        kid => claims.method(kid, None)?,
    };
    let proof = claims.proof(mechanism, method)?;
    Ok(Read { kind: Kind::StatusList, body: claims.values, proof, claims: Map::new() })
}

/// The signing input of a new JWT over `claims`.
pub(super) fn prepare_jwt(claims: Map<String, Value>, options: &ProofOptions, key: &PublicKey) -> Result<Vec<u8>> {
    let claims = complete(claims, options)?;
    let header = json!({ "alg": jws::algorithm_of(key)?, "typ": "statuslist+jwt", "kid": options.method.as_str() });
    Ok(jws::signing_input(&header, &Value::Object(claims).to_string()))
}

/// What is signed of a new COSE message over `claims`, and the message without its signature.
pub(super) fn prepare_cwt(
    claims: Map<String, Value>,
    options: &ProofOptions,
    key: &PublicKey,
) -> Result<(Vec<u8>, sign1::Draft)> {
    let claims = complete(claims, options)?;
    let mut payload = Vec::new();
    coset::cbor::ser::into_writer(&sign1::cwt(&claims), &mut payload).expect("memory takes all that is written");
    let types = Types { typ: "application/statuslist+cwt", content_type: None };
    sign1::prepare(payload, &types, &Map::new(), options, key)
}

/// The claims with the moments of `options`.
fn complete(mut claims: Map<String, Value>, options: &ProofOptions) -> Result<Map<String, Value>> {
    if options.purpose != Kind::StatusList.relationship() {
        return Err(WalletError::misused(format!("a status list is signed for {}", Kind::StatusList.relationship())));
    }
    claims.insert("iat".to_owned(), options.created.unix().into());
    if let Some(expires) = &options.expires {
        claims.insert("exp".to_owned(), expires.unix().into());
    }
    Ok(claims)
}
