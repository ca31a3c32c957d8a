//! Private JWKs, which are read and never written (RFC 7517, RFC 7518 §6.2.2, RFC 8037 §2).

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use serde_json::Value;
use zeroize::Zeroizing;

use super::{PublicKey, SecretKey};
use crate::error::{Result, WalletError};

/// The longest private key that is decoded, in bytes.
const MAX_LENGTH: usize = 96;

impl SecretKey {
    /// Reads a private JWK, whose public part must be that of its `d`; the caller's own copy is the caller's to wipe.
    pub fn from_jwk(jwk: &Value) -> Result<Self> {
        let bad = |reason: &str| WalletError::malformed("private JWK", reason);
        let members = jwk.as_object().ok_or_else(|| bad("it is not an object"))?;
        let d = members.get("d").and_then(Value::as_str).ok_or_else(|| bad("d is missing"))?;
        let public = members.iter().filter(|(name, _)| *name != "d").map(|(name, value)| (name.clone(), value.clone()));
        let public = PublicKey::from_jwk(&Value::Object(public.collect()))?;
        let mut bytes = Zeroizing::new([0; MAX_LENGTH]);
        let length = BASE64_URL_SAFE_NO_PAD.decode_slice(d, &mut *bytes).map_err(|_| bad("d is not base64url of a key"))?;
        let key = Self::from_bytes(public.algorithm(), &bytes[..length])?;
        if key.public_key() == public { Ok(key) } else { Err(bad("d is not the private half of the key")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::KeyAlgorithm;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn rfc_8037_appendix_a_1() {
        let jwk = json!({
            "kty": "OKP", "crv": "Ed25519",
            "d": "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
        });
        let key = SecretKey::from_jwk(&jwk).expect("a private JWK");
        assert_eq!(key.public_key().thumbprint(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }

    #[test]
    fn every_algorithm_reads_back_and_halves_of_two_keys_do_not() {
        for (algorithm, length) in [(KeyAlgorithm::Ed25519, 32), (KeyAlgorithm::P256, 32), (KeyAlgorithm::P384, 48)] {
            let key = SecretKey::from_bytes(algorithm, &vec![5; length]).expect("a scalar in range");
            let mut jwk = key.public_key().to_jwk();
            assert!(SecretKey::from_jwk(&jwk).is_err());
            jwk["d"] = BASE64_URL_SAFE_NO_PAD.encode(key.expose()).into();
            assert_eq!(SecretKey::from_jwk(&jwk).expect("a private JWK").public_key(), key.public_key());
            for other in [vec![6; length], vec![5; length - 1], vec![0; 200]] {
                jwk["d"] = BASE64_URL_SAFE_NO_PAD.encode(other).into();
                assert!(SecretKey::from_jwk(&jwk).is_err());
            }
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_private_key_or_refused(d in "[A-Za-z0-9_=-]{0,140}") {
            let mut jwk = SecretKey::from_bytes(KeyAlgorithm::P256, &[5; 32]).expect("a scalar in range").public_key().to_jwk();
            jwk["d"] = d.into();
            prop_assert!(SecretKey::from_jwk(&jwk).is_err());
        }
    }
}
