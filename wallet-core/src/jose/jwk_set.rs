//! Sets of public keys, as parties publish them (RFC 7517 §5).

use serde_json::{Map, Value, json};

use super::jwe::EncryptionKey;
use crate::error::{Result, WalletError};
use crate::key::PublicKey;

/// The most keys a set may have.
const MAX_KEYS: usize = 64;

/// A JWK Set whose members are public; keys of a kind that is not known here are passed over (RFC 7517 §5).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct JwkSet {
    keys: Vec<Value>,
}

impl JwkSet {
    /// Reads `{ "keys": […] }`, of at most 64 keys.
    pub fn read(value: &Value) -> Result<Self> {
        let bad = |reason: &str| WalletError::malformed("JWK Set", reason);
        let keys = value.get("keys").and_then(Value::as_array).ok_or_else(|| bad("keys is missing"))?;
        if keys.len() > MAX_KEYS {
            return Err(bad("it has more than 64 keys"));
        }
        if keys.iter().any(|key| key.get("d").is_some() || key.get("k").is_some()) {
            return Err(bad("it carries a secret key"));
        }
        Ok(Self { keys: keys.clone() })
    }

    /// A set of signature keys, each under its thumbprint (RFC 7638).
    pub fn of_signature_keys<'k>(keys: impl IntoIterator<Item = &'k PublicKey>) -> Self {
        Self { keys: keys.into_iter().map(|key| signature_jwk(key, &key.thumbprint())).collect() }
    }

    /// The set as JSON.
    pub fn to_json(&self) -> Value {
        json!({ "keys": self.keys })
    }

    /// Whether it has no key.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Adds a key as its JWK.
    pub fn with(mut self, jwk: Value) -> Self {
        self.keys.push(jwk);
        self
    }

    /// The key for signatures that is called `kid`, or the only one when no name is asked for; none when that is not exactly one.
    pub fn signature_key(&self, kid: Option<&str>) -> Option<PublicKey> {
        let named = |jwk: &&Value| kid.is_none() || jwk.get("kid").and_then(Value::as_str) == kid;
        let mut found = self.keys.iter().filter(named).filter_map(|jwk| PublicKey::from_jwk(jwk).ok());
        found.next().filter(|_| found.next().is_none())
    }

    /// The keys that something may be encrypted to, in their order.
    pub fn encryption_keys(&self) -> impl Iterator<Item = EncryptionKey> {
        self.keys.iter().filter_map(|jwk| EncryptionKey::from_jwk(jwk).ok())
    }
}

/// The public JWK of a key for signatures, with its name, use and algorithm.
pub fn signature_jwk(key: &PublicKey, kid: &str) -> Value {
    let mut jwk = key.to_jwk();
    let extra = [("kid", Some(kid)), ("use", Some("sig")), ("alg", key.algorithm().jose())];
    let extra: Map<String, Value> =
        extra.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.into()))).collect();
    jwk.as_object_mut().expect("a JWK is an object").extend(extra);
    jwk
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jose::jwe::DecryptionKey;
    use crate::json;
    use crate::key::{KeyAlgorithm, SecretKey};
    use proptest::prelude::*;
    use serde_json::json;

    fn key(byte: u8) -> PublicKey {
        SecretKey::from_bytes(KeyAlgorithm::P256, &[byte; 32]).expect("a scalar in range").public_key()
    }

    #[test]
    fn keys_are_found_by_name_and_use() {
        let decryption = DecryptionKey::from_secret_bytes(&[7; 32]).expect("a scalar in range");
        let set = JwkSet::of_signature_keys([&key(5), &key(6)]).with(decryption.public_jwk()).with(json!({ "kty": "RSA" }));
        let set = JwkSet::read(&set.to_json()).expect("its own set");
        assert_eq!(set.signature_key(Some(&key(6).thumbprint())), Some(key(6)));
        assert_eq!(set.signature_key(Some("other")), None);
        assert_eq!(set.signature_key(None), None, "two keys would do");
        assert_eq!(set.encryption_keys().collect::<Vec<_>>(), [decryption.public_key()]);
        assert_eq!(JwkSet::of_signature_keys([&key(5)]).signature_key(None), Some(key(5)));
    }

    #[test]
    fn set_with_a_secret_or_without_end_is_refused() {
        assert!(JwkSet::read(&json!({ "keys": [{ "kty": "oct", "k": "AAAA" }] })).is_err());
        assert!(JwkSet::read(&json!({ "keys": vec![json!({}); 65] })).is_err());
        assert!(JwkSet::read(&json!([])).is_err());
    }

    proptest! {
        #[test]
        fn any_json_is_a_set_or_refused(text in "\\PC{0,100}", kid in "[a-z]{0,3}") {
            let value = json::read("JWK Set", &text).unwrap_or_else(|_| json!({ "keys": [{ "kid": kid, "kty": text }] }));
            if let Ok(set) = JwkSet::read(&value) {
                prop_assert!(set.signature_key(Some(&kid)).is_none());
            }
        }
    }
}
