//! The deferred credential request: asking again for what was not ready (OpenID4VCI 1.0 §9.1).

use std::fmt;

use serde_json::{Map, Value};

use super::encryption::ResponseEncryptionKey;
use super::request::encryption;
use crate::json;
use crate::oauth::{OAuthError, OAuthErrorCode};

/// What a wallet asks the deferred credential endpoint for, with its access token.
#[derive(Clone, PartialEq)]
pub struct DeferredCredentialRequest {
    /// What the issuer calls the credentials by.
    pub transaction_id: String,
    /// How the answer is to be encrypted, whatever the first request said.
    pub response_encryption: Option<ResponseEncryptionKey>,
}

impl DeferredCredentialRequest {
    /// Reads a request's body, decrypted where it was encrypted; says what to answer when it cannot be read.
    pub fn read(body: &[u8]) -> Result<Self, OAuthError> {
        let bad = |reason: &str| OAuthError::new(OAuthErrorCode::InvalidCredentialRequest).because(reason);
        let body = json::read_bytes("deferred credential request", body).map_err(|e| bad(&e.to_string()))?;
        let members = body.as_object().ok_or_else(|| bad("it is not a JSON object"))?;
        let transaction_id = members.get("transaction_id").and_then(Value::as_str).ok_or_else(|| bad("name a transaction_id"))?;
        Ok(Self { transaction_id: transaction_id.to_owned(), response_encryption: encryption(members)? })
    }

    /// The request's body, to be sent as `application/json` or encrypted.
    pub fn to_json(&self) -> Value {
        let mut members = Map::from_iter([("transaction_id".to_owned(), self.transaction_id.as_str().into())]);
        if let Some(encryption) = &self.response_encryption {
            members.insert("credential_response_encryption".to_owned(), encryption.to_json());
        }
        Value::Object(members)
    }
}

impl fmt::Debug for DeferredCredentialRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeferredCredentialRequest").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn request_of_the_standard_reads_back_to_the_same_value() {
        let body = json!({ "transaction_id": "8xLOxBtZp8" });
        let request = DeferredCredentialRequest::read(body.to_string().as_bytes()).expect("a request");
        assert_eq!(request.to_json(), body);
    }

    #[test]
    fn request_without_a_transaction_is_refused() {
        for bad in ["{}", "[]", r#"{"transaction_id":1}"#, "a"] {
            let error = DeferredCredentialRequest::read(bad.as_bytes()).expect_err("a fault");
            assert_eq!(error.code, OAuthErrorCode::InvalidCredentialRequest, "{bad}");
        }
        let bad = br#"{"transaction_id":"a","credential_response_encryption":1}"#;
        let error = DeferredCredentialRequest::read(bad).expect_err("a fault");
        assert_eq!(error.code, OAuthErrorCode::InvalidEncryptionParameters);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            let _ = DeferredCredentialRequest::read(&bytes);
        }
    }
}
