//! VC DM 2.0 credentials and presentations as SD-JWT, `vc+sd-jwt` and `vp+sd-jwt` (VC-JOSE-COSE §3.2).

use serde_json::{Map, Value, json};

use super::{SdJwt, unknown_proof};
use crate::error::{Result, WalletError};
use crate::securing::{Kind, Mechanism, Proof, ProofOptions, jws, jwt};

/// The header and the claims of a new one.
pub(super) fn terms(document: Map<String, Value>, options: &ProofOptions) -> Result<(Map<String, Value>, Map<String, Value>)> {
    let (kind, claims) = jwt::claims(document, options)?;
    let (typ, cty) = media_types(kind);
    let header = json!({ "typ": typ, "cty": cty, "kid": options.method.as_str() });
    Ok((header.as_object().cloned().unwrap_or_default(), claims))
}

/// The document it holds, without the claims that belong to the token, and what it says of its proof.
pub(super) fn read(token: &SdJwt) -> Result<(Kind, Map<String, Value>, Proof)> {
    let Ok(claims) = token.claims() else {
        let presentation =
            token.header().get("typ").and_then(Value::as_str).is_some_and(|typ| jws::is_media_type(typ, "vp+sd-jwt"));
        let kind = if presentation { Kind::Presentation } else { Kind::Credential };
        return Ok((kind, Map::new(), unknown_proof(token, Mechanism::SdJwt)));
    };
    let kind = jwt::kind(claims)?;
    let (typ, cty) = media_types(kind);
    for (name, expected) in [("typ", typ), ("cty", cty)] {
        let Some(found) = token.header().get(name) else { continue };
        if !found.as_str().is_some_and(|found| jws::is_media_type(found, expected)) {
            return Err(WalletError::unsupported(format!("this {name} of SD-JWT"), format!("use {expected}")));
        }
    }
    let proof = Proof { mechanism: Mechanism::SdJwt, ..jwt::proof(token.header(), kind, claims)? };
    let mut body = claims.clone();
    body.retain(|name, _| !jwt::REGISTERED.contains(&name.as_str()) && name != "cnf");
    Ok((kind, body, proof))
}

fn media_types(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Credential => ("vc+sd-jwt", "vc"),
        Kind::Presentation => ("vp+sd-jwt", "vp"),
    }
}
