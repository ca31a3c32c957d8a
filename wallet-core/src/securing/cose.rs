//! Credentials and presentations as COSE_Sign1, `vc+cose` and `vp+cose` (VC-JOSE-COSE §3.3).
//!
//! The payload is the JSON document; claims that belong to the signature stand in the protected header (RFC 9597).

use serde_json::{Map, Value};

use super::claims::{self, Claims};
use super::secured::Read;
use super::sign1::{self, Headers, Types};
use super::{Kind, Mechanism, ProofOptions};
use crate::error::{Result, WalletError};
use crate::json;
use crate::key::PublicKey;

/// Reads the header and payload of a message.
pub(super) fn read(headers: &Headers, payload: &[u8]) -> Result<Read> {
    let value = json::read_bytes("COSE payload", payload)?;
    let Value::Object(body) = value else { return Err(WalletError::malformed("COSE payload", "it is not a JSON object")) };
    let kind = Kind::of(&body)?;
    let (typ, content_type) = match kind {
        Kind::Presentation => ("vp+cose", "vp"),
        _ => ("vc+cose", "vc"),
    };
    claims::check_types(headers.typ.as_ref(), headers.content_type.as_ref(), (typ, content_type))?;
    let claims = Claims { what: "COSE_Sign1", values: headers.claims.clone() };
    claims.agree(kind, &body)?;
    let method = claims.method(headers.kid.as_deref(), claims::signer(kind, &body))?;
    let proof = claims.proof(Mechanism::Cose, method)?;
    Ok(Read { kind, body, proof, claims: claims.values })
}

/// What is signed of a new message, and the message without its signature.
pub(super) fn prepare(document: Map<String, Value>, options: &ProofOptions, key: &PublicKey) -> Result<(Vec<u8>, sign1::Draft)> {
    let kind = Kind::of(&document)?;
    claims::may_be_signed(kind, &document, options)?;
    let types = match kind {
        Kind::Presentation => Types { typ: "application/vp+cose", content_type: Some("application/vp") },
        _ => Types { typ: "application/vc+cose", content_type: Some("application/vc") },
    };
    // `cnf` is written as COSE_Key, which this version does not write.
    if let Some(name) = ["cnf", "status"].into_iter().find(|name| document.contains_key(*name)) {
        return Err(WalletError::misused(format!("the member {name} would be a claim of the token")));
    }
    let payload = Value::Object(document).to_string().into_bytes();
    sign1::prepare(payload, &types, &claims::of_options(options), options, key)
}
