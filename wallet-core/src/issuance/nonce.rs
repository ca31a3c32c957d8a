//! The nonce endpoint's answer (OpenID4VCI 1.0 §7): what makes a key proof fresh. The request is an empty POST.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::{Result, WalletError};
use crate::json;

/// The longest nonce that is read, in bytes.
const MAX_NONCE: usize = 4096;

/// The challenge that the next key proofs carry.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NonceResponse {
    /// The challenge; nobody can guess it.
    pub c_nonce: String,
}

impl NonceResponse {
    /// Reads the answer's body.
    pub fn read(body: &[u8]) -> Result<Self> {
        let bad = |reason: String| WalletError::malformed("nonce response", reason);
        let read: Self = serde_json::from_value(json::read_bytes("nonce response", body)?).map_err(|e| bad(e.to_string()))?;
        if read.c_nonce.is_empty() || read.c_nonce.len() > MAX_NONCE {
            return Err(bad(format!("its nonce is empty or longer than {MAX_NONCE} bytes")));
        }
        Ok(read)
    }

    /// The answer's body, to be sent as `application/json` with `Cache-Control: no-store`.
    pub fn to_json(&self) -> Value {
        serde_json::to_value(self).expect("a nonce is plain data")
    }
}

impl fmt::Debug for NonceResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NonceResponse").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn answer_of_the_standard_is_read_and_written() {
        let read = NonceResponse::read(br#"{ "c_nonce": "wKI4LT17ac15ES9bw8ac4", "other": 1 }"#).expect("a nonce");
        assert_eq!(read.to_json().to_string(), r#"{"c_nonce":"wKI4LT17ac15ES9bw8ac4"}"#);
    }

    #[test]
    fn empty_or_endless_nonce_is_refused() {
        for bad in [String::new(), "a".repeat(MAX_NONCE + 1)] {
            assert!(NonceResponse::read(format!(r#"{{"c_nonce":"{bad}"}}"#).as_bytes()).is_err());
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            let _ = NonceResponse::read(&bytes);
        }
    }
}
