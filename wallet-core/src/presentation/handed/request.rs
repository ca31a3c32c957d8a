//! What a verifier asks, handed over directly as a value or as a QR code.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::{Result, WalletError};
use crate::json;
use crate::time::Timestamp;

/// What a verifier asks: a plain value that a person reviews before anything leaves the phone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Request {
    /// The challenge the answer must carry: at least 128 random bits, base64url, used once.
    pub nonce: String,
    /// The verifier's own name, which the answer must be for.
    pub audience: String,
    /// Why the verifier asks, in a person's words.
    pub purpose: String,
    /// The credential types that would do, one credential for each.
    pub types: Vec<String>,
    /// The moment after which the answer comes too late.
    pub expires: Timestamp,
}

impl Request {
    /// Reads a request from JSON; refuses one with a short nonce, no type or more than 16 types.
    pub fn read(text: &str) -> Result<Self> {
        let bad = |reason: &str| WalletError::malformed("request", reason);
        let request: Self = serde_json::from_value(json::read("request", text)?).map_err(|e| bad(&e.to_string()))?;
        if request.nonce.len() < 22 {
            return Err(bad("its nonce has less than 128 bits"));
        }
        if request.types.is_empty() || request.types.len() > 16 {
            return Err(bad("it asks for no type of credential, or for too many"));
        }
        Ok(request)
    }

    /// The request as JSON, for a QR code or a file.
    pub fn to_json(&self) -> Value {
        serde_json::to_value(self).expect("a request is plain data")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn example() -> Value {
        json!({
            "nonce": "q2Vn3h1kV7v0b8yqk6tQ5w", "audience": "biblioteca.example", "purpose": "Carnet de lector",
            "types": ["OpenBadgeCredential"], "expires": "2026-03-01T12:05:00Z"
        })
    }

    #[test]
    fn request_reads_back_to_the_same_value() {
        let request = Request::read(&example().to_string()).expect("a request");
        assert_eq!(request.to_json(), example());
    }

    #[test]
    fn guessable_nonce_is_refused() {
        let mut request = example();
        request["nonce"] = json!("1234");
        assert!(Request::read(&request.to_string()).is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,200}") {
            let _ = Request::read(&text);
        }
    }
}
