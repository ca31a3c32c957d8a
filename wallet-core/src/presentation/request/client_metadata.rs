//! What the verifier says of itself: the keys it decrypts with, the formats it takes (OpenID4VP 1.0 §5.1, §11).

use serde_json::{Map, Value, json};

use super::fault::{RequestFault, Result};
use super::parameters::texts;
use crate::jose::jwe::{ContentEncryption, EncryptionKey};
use crate::jose::jwk_set::JwkSet;
use crate::oauth::OAuthErrorCode;
use crate::presentation::VpFormats;

const KEYS: &str = "jwks";
const ENCRYPTIONS: &str = "encrypted_response_enc_values_supported";
const VP_FORMATS: &str = "vp_formats_supported";

/// The metadata that comes with a request. Anything else is ignored, as §5.1 has it: above all a name, by which anybody could call
/// itself what it likes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ClientMetadata {
    /// The keys the answer may be encrypted to, of the kinds known here.
    pub keys: Vec<EncryptionKey>,
    /// How the content of an answer may be encrypted, of the ways known here; empty means A128GCM, unsaid.
    pub content_encryptions: Vec<ContentEncryption>,
    /// The formats and algorithms that are taken.
    pub vp_formats: VpFormats,
}

impl ClientMetadata {
    /// Reads the value of `client_metadata`.
    pub(super) fn read(value: &Value) -> Result<Self> {
        let metadata = value.as_object().ok_or_else(|| RequestFault::invalid("its client_metadata is no JSON object"))?;
        let keys = metadata.get(KEYS).map(JwkSet::read).transpose()?.unwrap_or_default();
        let named = texts(metadata, ENCRYPTIONS)?;
        let content_encryptions: Vec<ContentEncryption> =
            named.iter().flatten().filter_map(|name| ContentEncryption::named(name)).collect();
        if named.is_some() && content_encryptions.is_empty() {
            return Err(RequestFault::unsupported("the verifier's content encryption", "use A128GCM or A256GCM"));
        }
        let vp_formats = metadata.get(VP_FORMATS).map(VpFormats::from_value).transpose()?.unwrap_or_default();
        Ok(Self { keys: keys.encryption_keys().collect(), content_encryptions, vp_formats })
    }

    /// The value of `client_metadata`.
    pub fn to_json(&self) -> Value {
        let mut metadata = Map::new();
        if !self.keys.is_empty() {
            let keys = self.keys.iter().fold(JwkSet::default(), |keys, key| keys.with(key.to_jwk()));
            metadata.insert(KEYS.to_owned(), keys.to_json());
        }
        if !self.content_encryptions.is_empty() {
            let names: Vec<&str> = self.content_encryptions.iter().map(|one| one.as_str()).collect();
            metadata.insert(ENCRYPTIONS.to_owned(), json!(names));
        }
        if self.vp_formats != VpFormats::default() {
            metadata.insert(VP_FORMATS.to_owned(), self.vp_formats.to_json());
        }
        Value::Object(metadata)
    }

    /// The key and content encryption for an answer: the first key, and A256GCM before the others where it may be used (HAIP 1.0 §5).
    ///
    /// Fails with `Unsupported` when no key is of a kind known here.
    pub fn encryption(&self) -> Result<(&EncryptionKey, ContentEncryption)> {
        let key = self.keys.first();
        let key = key.ok_or_else(|| RequestFault::unsupported("the verifier's encryption key", "use ECDH-ES with P-256"))?;
        let strong = self.content_encryptions.iter().find(|one| **one == ContentEncryption::A256Gcm);
        Ok((key, strong.or(self.content_encryptions.first()).copied().unwrap_or(ContentEncryption::A128Gcm)))
    }

    /// Checks that a format that can be presented is taken; all are where none is named.
    pub(super) fn check_formats(&self) -> Result<()> {
        if self.vp_formats.take_any() {
            return Ok(());
        }
        Err(RequestFault::with(OAuthErrorCode::VpFormatsNotSupported, "the verifier takes none of the formats this wallet has"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn p256() -> Value {
        // The key "ac" of OpenID4VP 1.0 §8.3.
        json!({
            "kty": "EC", "kid": "ac", "use": "enc", "crv": "P-256", "alg": "ECDH-ES",
            "x": "YO4epjifD-KWeq1sL2tNmm36BhXnkJ0He-WqMYrp9Fk", "y": "Hekpm0zfK7C-YccH5iBjcIXgf6YdUvNUac_0At55Okk"
        })
    }

    #[test]
    fn keys_of_other_kinds_are_passed_over_as_in_section_8_3() {
        let other = json!({
            "kty": "OKP", "kid": "jc", "use": "enc", "crv": "X25519", "alg": "ECDH-ES", "x": "WPX7wnwq10hFNK9aDSyG1QlLswE_CJY14LdhcFUIVVc"
        });
        let metadata = json!({ "jwks": { "keys": [other, p256()] }, ENCRYPTIONS: ["A128GCM", "A128CBC-HS256"] });
        let metadata = ClientMetadata::read(&metadata).expect("metadata");
        let (key, encryption) = metadata.encryption().expect("a key");
        assert_eq!((key.kid.as_deref(), encryption), (Some("ac"), ContentEncryption::A128Gcm));
    }

    #[test]
    fn content_is_encrypted_as_the_verifier_allows_and_a128gcm_where_it_says_nothing() {
        let chosen = |allowed: Option<Value>| {
            let mut metadata = json!({ "jwks": { "keys": [p256()] } });
            if let Some(allowed) = allowed {
                metadata[ENCRYPTIONS] = allowed;
            }
            ClientMetadata::read(&metadata).and_then(|metadata| Ok(metadata.encryption()?.1))
        };
        assert_eq!(chosen(None), Ok(ContentEncryption::A128Gcm));
        assert_eq!(chosen(Some(json!(["A128GCM", "A256GCM"]))), Ok(ContentEncryption::A256Gcm));
        assert_eq!(chosen(Some(json!(["A128CBC-HS256"]))), Ok(ContentEncryption::A128CbcHs256));
        assert!(chosen(Some(json!(["A512XYZ"]))).is_err());
        assert!(chosen(Some(json!([]))).is_err());
    }

    #[test]
    fn without_a_key_of_a_known_kind_nothing_is_encrypted() {
        let metadata = ClientMetadata::read(&json!({ "jwks": { "keys": [] } })).expect("metadata");
        assert!(metadata.encryption().is_err());
    }

    #[test]
    fn formats_that_are_all_unknown_have_the_code_for_it() {
        let metadata = |formats: Value| ClientMetadata::read(&json!({ VP_FORMATS: formats })).expect("metadata");
        let fault = metadata(json!({ "mso_mdoc": {} })).check_formats().expect_err("refused");
        assert_eq!(fault.code, OAuthErrorCode::VpFormatsNotSupported);
        assert_eq!(metadata(json!({ "mso_mdoc": {}, "ldp_vc": {} })).check_formats(), Ok(()));
    }

    #[test]
    fn metadata_reads_back_as_it_was_written_and_section_5_1_has_no_name_in_it() {
        let metadata = json!({
            "jwks": { "keys": [p256()] }, ENCRYPTIONS: ["A256GCM"], VP_FORMATS: { "dc+sd-jwt": { "kb-jwt_alg_values": ["ES256"] } }
        });
        let read = ClientMetadata::read(&metadata).expect("metadata");
        assert_eq!(read.to_json(), metadata);
        let named = json!({ "client_name": "Banco", "logo_uri": "https://a.example/logo.png" });
        assert_eq!(ClientMetadata::read(&named), Ok(ClientMetadata::default()));
    }
}
