//! Encryption of credential requests and responses on top of TLS, as JWTs encrypted to the reader's key (OpenID4VCI 1.0 §10).
//!
//! Nothing is compressed, and a message that was is not read: what compresses well tells by its length what is in it.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::{Result, WalletError};
use crate::jose::jwe::{ContentEncryption, DecryptionKey, EncryptionKey};
use crate::jose::jwk_set::JwkSet;
use crate::json;
use crate::oauth::{OAuthError, OAuthErrorCode};

/// The key agreement that is known here (RFC 7518 §4.6).
const ECDH_ES: &str = "ECDH-ES";

/// How an issuer reads encrypted requests (§12.2.4).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RequestEncryption {
    /// The keys to encrypt to, as a JWK Set; each has a `kid`.
    pub jwks: Value,
    /// The content encryptions it can read.
    pub enc_values_supported: Vec<String>,
    /// The compressions it can undo.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub zip_values_supported: Vec<String>,
    /// Whether it reads no other requests.
    pub encryption_required: bool,
}

/// How an issuer can encrypt its responses (§12.2.4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResponseEncryption {
    /// The key agreements it can do.
    pub alg_values_supported: Vec<String>,
    /// The content encryptions it can do.
    pub enc_values_supported: Vec<String>,
    /// The compressions it can do.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub zip_values_supported: Vec<String>,
    /// Whether it sends no other responses.
    pub encryption_required: bool,
}

/// How a wallet wants one response encrypted: the `credential_response_encryption` of a request (§8.2).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ResponseEncryptionKey {
    /// The key to encrypt to, with its `alg`.
    pub jwk: Value,
    /// The content encryption.
    pub enc: String,
    /// The compression.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zip: Option<String>,
}

impl RequestEncryption {
    /// What an issuer publishes that reads requests encrypted to `key` by any content encryption known here.
    pub fn of(key: &DecryptionKey, encryption_required: bool) -> Self {
        let jwks = JwkSet::default().with(key.public_jwk()).to_json();
        Self { jwks, enc_values_supported: known_encryptions(), zip_values_supported: Vec::new(), encryption_required }
    }

    /// Encrypts the JSON of a request, to be sent as `application/jwt`.
    ///
    /// Fails with `Unsupported` when no key or content encryption of the issuer is known here.
    pub fn encrypt(&self, request: &Value) -> Result<String> {
        let unsupported = || WalletError::unsupported("this issuer's encryption", "it would be ECDH-ES with P-256 and AES");
        let key = JwkSet::read(&self.jwks)?.encryption_keys().find(|key| key.kid.is_some()).ok_or_else(unsupported)?;
        let encryption = first_known(&self.enc_values_supported).ok_or_else(unsupported)?;
        key.encrypt(request.to_string().as_bytes(), encryption)
    }
}

impl ResponseEncryption {
    /// What an issuer publishes that encrypts responses by any content encryption known here.
    pub fn any(encryption_required: bool) -> Self {
        let alg_values_supported = vec![ECDH_ES.to_owned()];
        Self {
            alg_values_supported,
            enc_values_supported: known_encryptions(),
            zip_values_supported: Vec::new(),
            encryption_required,
        }
    }

    /// Asks for a response encrypted to `key`, in a way that this issuer can.
    ///
    /// Fails with `Unsupported` when no way of the issuer is known here.
    pub fn ask(&self, key: &DecryptionKey) -> Result<ResponseEncryptionKey> {
        let unsupported = || WalletError::unsupported("this issuer's encryption", "it would be ECDH-ES with P-256 and AES");
        let enc = first_known(&self.enc_values_supported).filter(|_| self.alg_values_supported.iter().any(|alg| alg == ECDH_ES));
        Ok(ResponseEncryptionKey { jwk: key.public_jwk(), enc: enc.ok_or_else(unsupported)?.as_str().to_owned(), zip: None })
    }
}

impl ResponseEncryptionKey {
    /// The `credential_response_encryption` object.
    pub fn to_json(&self) -> Value {
        serde_json::to_value(self).expect("a key and two names are plain data")
    }

    /// The key and the content encryption, where both can be used here; says what to answer otherwise (§8.3.1.2).
    pub fn check(&self) -> Result<(EncryptionKey, ContentEncryption), OAuthError> {
        let bad = |reason: &str| OAuthError::new(OAuthErrorCode::InvalidEncryptionParameters).because(reason);
        if self.zip.is_some() {
            return Err(bad("responses are not compressed"));
        }
        if self.jwk.get("alg").is_none_or(|alg| alg != ECDH_ES) {
            return Err(bad("the alg of the jwk must be ECDH-ES"));
        }
        let key = EncryptionKey::from_jwk(&self.jwk).map_err(|e| bad(&e.to_string()))?;
        let encryption = ContentEncryption::named(&self.enc).ok_or_else(|| bad("this enc is not supported"))?;
        Ok((key, encryption))
    }
}

/// Decrypts the JWT of a request or a response with `key` into its JSON text.
pub fn decrypt(text: &str, key: &DecryptionKey) -> Result<Vec<u8>> {
    // What is encrypted grows by a third, a header and a tag.
    key.decrypt(text, 2 * json::MAX_BYTES)
}

fn known_encryptions() -> Vec<String> {
    ContentEncryption::ALL.map(|known| known.as_str().to_owned()).to_vec()
}

fn first_known(offered: &[String]) -> Option<ContentEncryption> {
    offered.iter().find_map(|name| ContentEncryption::named(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn key(byte: u8) -> DecryptionKey {
        DecryptionKey::from_secret_bytes(&[byte; 32]).expect("a scalar in range")
    }

    #[test]
    fn request_is_read_by_the_issuer_alone() {
        let published = RequestEncryption::of(&key(5), true);
        let request = json!({ "credential_configuration_id": "id" });
        let text = published.encrypt(&request).expect("a message");
        assert_eq!(decrypt(&text, &key(5)).expect("the request"), request.to_string().into_bytes());
        assert!(decrypt(&text, &key(6)).is_err());
    }

    #[test]
    fn response_is_encrypted_as_the_wallet_asked() {
        let asked = ResponseEncryption::any(false).ask(&key(7)).expect("a way");
        let (public, encryption) = asked.check().expect("good parameters");
        let text = public.encrypt(b"{}", encryption).expect("a message");
        assert_eq!(decrypt(&text, &key(7)).expect("the response"), b"{}");
    }

    #[test]
    fn parameters_that_cannot_be_used_have_their_code() {
        let good = ResponseEncryption::any(false).ask(&key(7)).expect("a way");
        let with_jwk = |change: &dyn Fn(&mut Value)| {
            let mut changed = good.clone();
            change(&mut changed.jwk);
            changed
        };
        for bad in [
            ResponseEncryptionKey { zip: Some("DEF".to_owned()), ..good.clone() },
            ResponseEncryptionKey { enc: "A192GCM".to_owned(), ..good.clone() },
            with_jwk(&|jwk| drop(jwk.as_object_mut().expect("a JWK").remove("alg"))),
            with_jwk(&|jwk| jwk["alg"] = json!("RSA-OAEP-256")),
            with_jwk(&|jwk| jwk["use"] = json!("sig")),
            with_jwk(&|jwk| jwk["x"] = json!("AAAA")),
            with_jwk(&|jwk| *jwk = json!({})),
        ] {
            assert_eq!(bad.check().expect_err("a fault").code, OAuthErrorCode::InvalidEncryptionParameters, "{bad:?}");
        }
    }

    #[test]
    fn issuer_whose_ways_are_all_unknown_is_unsupported() {
        let strange =
            RequestEncryption { enc_values_supported: vec!["XC20P".to_owned()], ..RequestEncryption::of(&key(5), true) };
        assert!(matches!(strange.encrypt(&json!({})), Err(WalletError::Unsupported { .. })));
        let keyless = RequestEncryption { jwks: json!({ "keys": [] }), ..RequestEncryption::of(&key(5), true) };
        assert!(matches!(keyless.encrypt(&json!({})), Err(WalletError::Unsupported { .. })));
        let strange = ResponseEncryption { alg_values_supported: vec!["RSA-OAEP".to_owned()], ..ResponseEncryption::any(true) };
        assert!(matches!(strange.ask(&key(5)), Err(WalletError::Unsupported { .. })));
    }

    proptest! {
        #[test]
        fn any_parameters_are_good_or_have_their_code(text in "[\\[\\]{}\":,0-9a-e ]{0,40}", enc in "[A-Z0-9]{0,8}") {
            let jwk = json::read("test", &text).unwrap_or_default();
            let _ = ResponseEncryptionKey { jwk, enc, zip: None }.check();
        }
    }
}
