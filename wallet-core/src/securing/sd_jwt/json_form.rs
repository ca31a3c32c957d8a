//! The JWS JSON serialization, which is read and not written (RFC 9901 §8, RFC 7515 §7.2).

use serde_json::{Map, Value};

use crate::error::{Result, WalletError};

/// The members of an unprotected header that SD-JWT defines.
const OWN: [&str; 2] = ["disclosures", "kb_jwt"];

/// The compact form of a flattened or general serialization, and the `kid` of its unprotected header.
///
/// Of several signatures the first counts, beside which the disclosures stand (RFC 9901 §8.3).
pub(super) fn compact(object: &Map<String, Value>) -> Result<(String, Option<Value>)> {
    let signed = match object.get("signatures") {
        None => object,
        Some(Value::Array(signatures)) if !object.contains_key("signature") => {
            let [first, others @ ..] = &signatures[..] else { return Err(bad("it has no signature")) };
            if others.iter().any(|other| OWN.iter().any(|name| other["header"].get(name).is_some())) {
                return Err(bad("disclosures stand beside a signature that is not the first"));
            }
            first.as_object().ok_or_else(|| bad("a signature is not an object"))?
        }
        Some(_) => return Err(bad("its signatures are not a list of them")),
    };
    let text = |object: &Map<String, Value>, name: &str| match object.get(name) {
        Some(Value::String(text)) if !text.contains(['~', '.']) => Ok(text.clone()),
        _ => Err(bad("a part is missing or not base64url")),
    };
    let unprotected = signed.get("header").unwrap_or(&Value::Null);
    let mut compact = [text(signed, "protected")?, text(object, "payload")?, text(signed, "signature")?].join(".");
    compact.push('~');
    let disclosures = match unprotected.get("disclosures") {
        None => &[],
        Some(Value::Array(disclosures)) => disclosures.as_slice(),
        Some(_) => return Err(bad("its disclosures are not a list")),
    };
    for disclosure in disclosures {
        compact.push_str(plain(disclosure).ok_or_else(|| bad("a disclosure is not base64url"))?);
        compact.push('~');
    }
    if let Some(binding) = unprotected.get("kb_jwt") {
        let binding = plain(binding).filter(|text| !text.is_empty());
        compact.push_str(binding.ok_or_else(|| bad("its kb_jwt is not a token"))?);
    }
    Ok((compact, unprotected.get("kid").cloned()))
}

fn plain(value: &Value) -> Option<&str> {
    value.as_str().filter(|text| !text.contains('~'))
}

fn bad(reason: &str) -> WalletError {
    WalletError::malformed("SD-JWT", reason)
}
