//! Canonical JSON: the JSON Canonicalization Scheme (RFC 8785).

use serde::Serialize;

use crate::error::{Result, WalletError};

/// Writes `value` in the one form RFC 8785 gives it; a number no double holds is refused, as there is no such form.
pub fn canonicalize<T: Serialize>(value: &T) -> Result<String> {
    serde_json_canonicalizer::to_string(value).map_err(|e| WalletError::malformed("JSON", e))
}
