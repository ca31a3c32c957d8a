//! The verifier's side: an answer as it comes in, held to what was asked for (OpenID4VP 1.0 §8.2, §8.3, §14.3).

use serde_json::{Map, Value};
use subtle::ConstantTimeEq as _;

use super::{AuthorizationResponse, VpToken};
use crate::error::{Result, WalletError};
use crate::jose::jwe::{self, ContentEncryption, DecryptionKey};
use crate::json;
use crate::oauth::{Form, OAuthError};

/// The longest encrypted answer that is read, in characters.
const MAX_ENCRYPTED: usize = 1 << 20;

/// What an answer is held to.
pub struct ResponseTerms<'a> {
    /// The key that was made for this request and how content may be encrypted to it; none for an answer that is not encrypted.
    pub decryption: Option<(&'a DecryptionKey, &'a [ContentEncryption])>,
    /// The `state` that must come back; none where the platform keeps request and answer together.
    pub state: Option<&'a str>,
}

impl ResponseTerms<'_> {
    /// Reads an answer that was posted, or that stood in a fragment.
    ///
    /// Fails with `Malformed` when it is none, and `Refused` when it is not encrypted as was asked for, or for another request.
    pub fn read_form(&self, form: &Form) -> Result<AuthorizationResponse> {
        let read = |(name, text): (&str, &str)| {
            let value = if name == "vp_token" { json::read(name, text)? } else { text.into() };
            Ok((name.to_owned(), value))
        };
        self.read(form.iter().map(read).collect::<Result<_>>()?)
    }

    /// Reads the `data` of an answer over the platform's API, as [`ResponseTerms::read_form`] does (appendix A.4).
    pub fn read_data(&self, data: &Value) -> Result<AuthorizationResponse> {
        self.read(data.as_object().ok_or_else(|| bad("it is no JSON object"))?.clone())
    }

    fn read(&self, parameters: Map<String, Value>) -> Result<AuthorizationResponse> {
        let parameters = match (parameters.get("response"), self.decryption) {
            (Some(encrypted), Some(_)) => self.decrypt(encrypted.as_str().ok_or_else(|| bad("its response is not text"))?)?,
            (Some(_), None) => return Err(refused("it is encrypted, and no key was given for that")),
            // A wallet that cannot encrypt says so in the clear (§8.3.1), and that alone.
            (None, Some(_)) if !parameters.contains_key("error") => return Err(refused("it is not encrypted")),
            (None, _) => parameters,
        };
        let state = parameters.get("state").and_then(Value::as_str);
        if let Some(expected) = self.state {
            let is_ours = state.is_some_and(|state| state.as_bytes().ct_eq(expected.as_bytes()).into());
            if !is_ours {
                return Err(refused("its state is not that of the request"));
            }
        }
        let outcome = match (parameters.get("vp_token"), error(&parameters)) {
            (Some(vp_token), None) => Ok(VpToken::read(vp_token)?),
            (None, Some(error)) => Err(error),
            (Some(_), Some(_)) => return Err(bad("it has both a vp_token and an error")),
            (None, None) => return Err(bad("it has no vp_token")),
        };
        Ok(AuthorizationResponse { outcome, state: state.map(str::to_owned) })
    }

    /// Decrypts with the key of this request, and by no other way than was offered.
    fn decrypt(&self, encrypted: &str) -> Result<Map<String, Value>> {
        let (key, offered) = self.decryption.expect("it is asked for only when there is a key");
        let header = jwe::header(encrypted, MAX_ENCRYPTED)?;
        let text = |name: &str| header.get(name).and_then(Value::as_str);
        if !text("enc").is_some_and(|named| offered.iter().any(|one| one.as_str() == named)) {
            return Err(refused("its content is not encrypted by a way that was offered"));
        }
        if text("kid").is_some_and(|kid| key.public_key().kid.as_deref() != Some(kid)) {
            return Err(refused("it is encrypted to another key"));
        }
        match json::read_bytes("authorization response", &key.decrypt(encrypted, MAX_ENCRYPTED)?)? {
            Value::Object(parameters) => Ok(parameters),
            _ => Err(bad("what was encrypted is no JSON object")),
        }
    }
}

fn error(parameters: &Map<String, Value>) -> Option<OAuthError> {
    let text = |name: &str| parameters.get(name).and_then(Value::as_str);
    let error = OAuthError::new(text("error")?.into());
    Some(text("error_description").map_or_else(|| error.clone(), |description| error.clone().because(description)))
}

fn bad(reason: &str) -> WalletError {
    WalletError::malformed("authorization response", reason)
}

fn refused(reason: &str) -> WalletError {
    WalletError::refused("the verifier", reason)
}

#[cfg(test)]
mod tests;
