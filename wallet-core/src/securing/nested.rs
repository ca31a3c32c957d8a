//! Secured documents inside JSON: envelopes, and the credentials of a presentation (VC DM 2.0 §4.13, §4.14).

use serde_json::{Map, Value, json};

use super::{Form, Kind, Secured, has_type};
use crate::error::{Result, WalletError};

/// The most credentials one presentation may hold.
pub const MAX_CREDENTIALS: usize = 100;

const CONTEXT: &str = "https://www.w3.org/ns/credentials/v2";

impl Secured {
    /// The credentials inside a presentation, each read on its own; none for a credential.
    ///
    /// Those without a proof of their own and those of an unknown mechanism are errors in their place: nothing in a presentation
    /// goes unnoticed. Fails when there are more than [`MAX_CREDENTIALS`].
    pub fn nested(&self) -> Result<Vec<Result<Self>>> {
        if self.kind == Kind::Credential {
            return Ok(Vec::new());
        }
        let items = match self.body.get("verifiableCredential") {
            None => &[],
            Some(Value::Array(items)) => items.as_slice(),
            Some(item) => std::slice::from_ref(item),
        };
        if items.len() > MAX_CREDENTIALS {
            let reason = format!("it holds more than {MAX_CREDENTIALS} credentials");
            return Err(WalletError::malformed("presentation", reason));
        }
        Ok(items.iter().map(read_item).collect())
    }

    /// The form in which a presentation holds this document: itself with its proof, or the envelope of its token.
    pub fn to_value(&self) -> Value {
        match &self.form {
            Form::Embedded(_) => serde_json::from_str(&self.text).expect("the text was read as JSON before"),
            Form::Jwt(token) => {
                let (media, name) = match self.kind {
                    Kind::Credential => ("vc+jwt", "EnvelopedVerifiableCredential"),
                    Kind::Presentation => ("vp+jwt", "EnvelopedVerifiablePresentation"),
                };
                json!({ "@context": CONTEXT, "id": format!("data:application/{media},{}", token.text()), "type": name })
            }
        }
    }
}

fn read_item(item: &Value) -> Result<Secured> {
    let secured = match item {
        Value::Object(map) => Secured::read_json(&item.to_string(), map.clone())?,
        Value::String(_) => {
            return Err(WalletError::unsupported(
                "a bare string as a credential of a presentation",
                "envelope it (VC DM 2.0 §4.13)",
            ));
        }
        _ => return Err(WalletError::malformed("presentation", "a credential in it is not an object")),
    };
    if secured.kind != Kind::Credential {
        return Err(WalletError::malformed("presentation", "a presentation stands where a credential belongs"));
    }
    Ok(secured)
}

/// The token inside an `EnvelopedVerifiableCredential` or `EnvelopedVerifiablePresentation`; none when `document` is neither.
pub(super) fn enveloped(document: &Map<String, Value>) -> Result<Option<&str>> {
    let media = if has_type(document, "EnvelopedVerifiableCredential") {
        "application/vc+jwt"
    } else if has_type(document, "EnvelopedVerifiablePresentation") {
        "application/vp+jwt"
    } else {
        return Ok(None);
    };
    let url = document.get("id").and_then(Value::as_str).and_then(|id| id.strip_prefix("data:"));
    let Some((found, token)) = url.and_then(|url| url.split_once(',')) else {
        return Err(WalletError::malformed("envelope", "its id is not a data: URL"));
    };
    if !found.eq_ignore_ascii_case(media) {
        return Err(WalletError::unsupported(format!("an envelope of {found}"), format!("use {media}")));
    }
    if document.contains_key("proof") {
        return Err(WalletError::malformed("envelope", "it carries a proof beside its token"));
    }
    Ok(Some(token))
}
