//! VC DM 2.0 credentials and presentations as SD-JWT, `vc+sd-jwt` and `vp+sd-jwt` (VC-JOSE-COSE §3.2).

use serde_json::{Map, Value, json};

use super::{SdJwt, unknown_proof};
use crate::error::Result;
use crate::securing::claims::{self, Claims};
use crate::securing::{Kind, Mechanism, Proof, ProofOptions, jwt};

/// The header and the claims of a new one.
pub(super) fn terms(document: Map<String, Value>, options: &ProofOptions) -> Result<(Map<String, Value>, Map<String, Value>)> {
    let kind = Kind::of(&document)?;
    claims::may_be_signed(kind, &document, options)?;
    let (typ, cty) = media_types(kind);
    let header = json!({ "typ": typ, "cty": cty, "kid": options.method.as_str() });
    let mut payload = document;
    payload.extend(claims::of_options(options));
    Ok((header.as_object().cloned().unwrap_or_default(), payload))
}

/// The document it holds, without the claims that belong to the token, and what it says of its proof.
pub(super) fn read(token: &SdJwt) -> Result<(Kind, Map<String, Value>, Proof)> {
    let header = token.header();
    let Ok(payload) = token.claims() else {
        let typ = header.get("typ").and_then(Value::as_str);
        let presentation = typ.is_some_and(|typ| claims::is_media_type(typ, "vp+sd-jwt"));
        let kind = if presentation { Kind::Presentation } else { Kind::Credential };
        return Ok((kind, Map::new(), unknown_proof(token, Mechanism::SdJwt)));
    };
    let mut body = payload.clone();
    let kind = Kind::of(&body)?;
    claims::check_types(header.get("typ"), header.get("cty"), media_types(kind))?;
    let claims = Claims::take("SD-JWT", &mut body).with_header(header)?;
    claims.agree(kind, &body)?;
    let method = claims.method(jwt::kid(header)?, claims::signer(kind, &body))?;
    let proof = claims.proof(Mechanism::SdJwt, method)?;
    Ok((kind, body, proof))
}

fn media_types(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Presentation => ("vp+sd-jwt", "vp"),
        _ => ("vc+sd-jwt", "vc"),
    }
}
