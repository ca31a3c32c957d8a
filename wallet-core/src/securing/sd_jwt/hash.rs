//! The hash algorithm of the digests, `_sd_alg` (RFC 9901 §4.1.1).

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256, Sha384, Sha512};

use crate::error::{Result, WalletError};

/// A hash algorithm of the IANA "Named Information Hash Algorithm" registry that is deemed secure (RFC 9901 §4.1.1, §9.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum HashAlgorithm {
    /// SHA-256, which every implementation knows and which holds when none is named; the only one that is written.
    #[default]
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

impl HashAlgorithm {
    /// The algorithm that `payload` names at its top; fails with `Unsupported` for one that is not known or truncated.
    pub(super) fn of(payload: &Map<String, Value>) -> Result<Self> {
        match payload.get("_sd_alg") {
            None => Ok(Self::default()),
            Some(Value::String(name)) => Self::from_name(name)
                .ok_or_else(|| WalletError::unsupported("this hash algorithm of an SD-JWT", "use sha-256, sha-384 or sha-512")),
            Some(_) => Err(WalletError::malformed("SD-JWT", "its _sd_alg is not text")),
        }
    }

    /// The algorithm of that registered name, which is case-sensitive.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Sha256, Self::Sha384, Self::Sha512].into_iter().find(|algorithm| algorithm.as_str() == name)
    }

    /// The registered name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sha256 => "sha-256",
            Self::Sha384 => "sha-384",
            Self::Sha512 => "sha-512",
        }
    }

    /// The digest over the bytes of `text`, base64url (RFC 9901 §4.2.3).
    pub fn digest(self, text: &str) -> String {
        match self {
            Self::Sha256 => BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(text)),
            Self::Sha384 => BASE64_URL_SAFE_NO_PAD.encode(Sha384::digest(text)),
            Self::Sha512 => BASE64_URL_SAFE_NO_PAD.encode(Sha512::digest(text)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn rfc_9901_section_4_2_3() {
        let disclosure = "WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0";
        assert_eq!(HashAlgorithm::Sha256.digest(disclosure), "X9yH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC0");
    }

    #[test]
    fn truncated_weak_and_unknown_algorithms_are_refused() {
        let of = |name: Value| HashAlgorithm::of(json!({ "_sd_alg": name }).as_object().expect("an object"));
        for name in ["sha-256-128", "sha-256-32", "SHA-256", "md5", ""] {
            assert!(matches!(of(json!(name)), Err(WalletError::Unsupported { .. })), "{name}");
        }
        assert!(matches!(of(json!(["sha-256"])), Err(WalletError::Malformed { .. })));
        for algorithm in [HashAlgorithm::Sha256, HashAlgorithm::Sha384, HashAlgorithm::Sha512] {
            assert_eq!(of(json!(algorithm.as_str())), Ok(algorithm));
        }
        assert_eq!(HashAlgorithm::of(&Map::new()), Ok(HashAlgorithm::Sha256));
    }
}
