//! Credentials and presentations of VC DM 1.1 as JWTs: read, never written (VC DM 1.1 §6.3.1).
//!
//! The document stands in a `vc` or `vp` claim, and the token's registered claims stand for members of it.

use serde_json::{Map, Value};

use super::claims::{self, Claims};
use super::secured::Read;
use super::{Kind, Mechanism, jwt};
use crate::credential::{CONTEXT_V1, identifier};
use crate::error::{Result, WalletError};
use crate::time::Timestamp;

/// Reads the header and payload of a token that has a `vc` or `vp` claim.
pub(super) fn read(header: &Map<String, Value>, mut payload: Map<String, Value>) -> Result<Read> {
    let bad = |reason: &str| WalletError::malformed("JWT", reason);
    let (kind, document) = match (payload.shift_remove("vc"), payload.shift_remove("vp")) {
        (Some(document), None) => (Kind::Credential, document),
        (None, Some(document)) => (Kind::Presentation, document),
        _ => return Err(bad("it has both a vc and a vp claim")),
    };
    let Value::Object(mut body) = document else { return Err(bad("its vc or vp claim is not an object")) };
    // Of VC DM 2.0 the payload is the document, and a token has neither claim (VC-JOSE-COSE §3.1.3).
    if first_context(&body) != Some(CONTEXT_V1) {
        return Err(bad("its vc or vp claim is not of VC DM 1.1"));
    }
    claims::check_types(header.get("typ"), header.get("cty"), ("JWT", "JWT"))?;
    if Kind::of(&body)? != kind {
        return Err(bad("its claim names another kind of document"));
    }
    let mut claims = Claims::take("JWT", &mut payload).with_header(header)?;
    fill(kind, &mut body, &claims)?;
    if kind == Kind::Credential {
        // They stand for members of the credential now, and the credential's own validity is what they say.
        claims.values.retain(|name, _| name != "exp" && name != "nbf");
    }
    let method = claims.method(jwt::kid(header)?, claims::signer(kind, &body))?;
    let proof = claims.proof(Mechanism::Jwt, method)?;
    Ok(Read { kind, body, proof, claims: claims.values })
}

/// Puts into the document what the registered claims say of it; a member that says something else is refused (§6.3.1.2).
fn fill(kind: Kind, body: &mut Map<String, Value>, claims: &Claims) -> Result<()> {
    let differs = |name: &str| claims.bad(format!("its {name} differs from the document"));
    let party = if kind == Kind::Presentation { "holder" } else { "issuer" };
    for (claim, member) in [("iss", party), ("jti", "id")] {
        let Some(value) = claims.text(claim)? else { continue };
        let found = body.entry(member).or_insert_with(|| value.into());
        match found {
            // An issuer written out may leave its identifier to the claim.
            Value::Object(found) if !found.contains_key("id") => drop(found.insert("id".to_owned(), value.into())),
            found if identifier(found) == Some(value) => {}
            _ => return Err(differs(claim)),
        }
    }
    if kind == Kind::Presentation {
        return Ok(());
    }
    for (claim, member) in [("nbf", "issuanceDate"), ("exp", "expirationDate")] {
        let Some(moment) = claims.moment(claim)? else { continue };
        let found = body.entry(member).or_insert_with(|| moment.as_str().into());
        if found.as_str().and_then(|text| text.parse().ok()).map(|found: Timestamp| found.unix()) != Some(moment.unix()) {
            return Err(differs(claim));
        }
    }
    match claims.text("sub")? {
        Some(subject) if !fill_subject(body, subject) => Err(differs("sub")),
        _ => Ok(()),
    }
}

/// Names the subject `id`; false when the subjects are others.
fn fill_subject(body: &mut Map<String, Value>, id: &str) -> bool {
    let subjects = match body.get_mut("credentialSubject") {
        Some(Value::Array(subjects)) => subjects.as_mut_slice(),
        Some(one) => std::slice::from_mut(one),
        None => return false,
    };
    if let [Value::Object(only)] = subjects {
        return only.entry("id").or_insert_with(|| id.into()) == id;
    }
    subjects.iter().any(|subject| identifier(subject) == Some(id))
}

/// The first context, which says the version of the data model.
pub(super) fn first_context(body: &Map<String, Value>) -> Option<&str> {
    match body.get("@context")? {
        Value::Array(contexts) => contexts.first()?.as_str(),
        one => one.as_str(),
    }
}
