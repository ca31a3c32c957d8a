//! JWT VC Issuer Metadata: the keys of an issuer that is known by a web address (draft-ietf-oauth-sd-jwt-vc §4).

use serde_json::{Map, Value, json};
use url::Url;

use crate::error::{Result, WalletError};
use crate::jose::jwk_set::JwkSet;
use crate::json;
use crate::key::PublicKey;
use crate::ports;

/// The most keys one issuer may publish.
const MAX_KEYS: usize = 256;

/// What an issuer publishes of itself; it holds as much as the web server does, and only now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuerMetadata {
    /// The issuer, which must be the `iss` it was looked up for.
    pub issuer: String,
    /// Where its keys are, when they are not here.
    pub keys_at: Option<String>,
    keys: Vec<PublishedKey>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct PublishedKey {
    id: Option<String>,
    key: PublicKey,
}

impl IssuerMetadata {
    /// Where the metadata of `issuer` is; refuses what is no `https` URL, or `http` URL of a loopback host, without query and fragment.
    pub fn url(issuer: &str) -> Result<String> {
        let bad = || WalletError::malformed("iss", "it is not an https URL without query and fragment");
        let parsed = Url::parse(issuer).map_err(|_| bad())?;
        let plain = parsed.query().is_none() && parsed.fragment().is_none() && parsed.username().is_empty();
        if !is_web(issuer) || !plain || parsed.password().is_some() || parsed.host_str().is_none() {
            return Err(bad());
        }
        let path = parsed.path().trim_end_matches('/').to_owned();
        let mut location = parsed;
        location.set_path(&format!("/.well-known/jwt-vc-issuer{path}"));
        Ok(location.into())
    }

    /// What the issuer at the web address `issuer` publishes of itself: `keys`, each under its thumbprint (RFC 7638).
    pub fn document(issuer: &str, keys: &[PublicKey]) -> Value {
        json!({ "issuer": issuer, "jwks": JwkSet::of_signature_keys(keys).to_json() })
    }

    /// Reads the metadata that was looked up for `issuer`; refuses what is another's, and what names its keys twice or not at all.
    pub fn read(text: &str, issuer: &str) -> Result<Self> {
        let bad = |reason: &str| WalletError::malformed("issuer metadata", reason);
        let object = json::read_object("issuer metadata", text)?;
        if object.get("issuer").and_then(Value::as_str) != Some(issuer) {
            return Err(bad("it is about another issuer"));
        }
        let (keys, keys_at) = match (object.get("jwks"), object.get("jwks_uri")) {
            (Some(Value::Object(set)), None) => (read_keys(set)?, None),
            (None, Some(Value::String(url))) => (Vec::new(), Some(url.clone())),
            _ => return Err(bad("it has not exactly one of jwks and jwks_uri")),
        };
        Ok(Self { issuer: issuer.to_owned(), keys_at, keys })
    }

    /// The same with the keys of the JWK Set that was found where [`keys_at`](Self::keys_at) says.
    pub fn with_keys(self, text: &str) -> Result<Self> {
        Ok(Self { keys: read_keys(&json::read_object("JWK Set", text)?)?, keys_at: None, ..self })
    }

    /// The key of that `kid`, or the only one when a token names none; none when that is not exactly one.
    pub fn key(&self, id: Option<&str>) -> Option<&PublicKey> {
        let mut found = self.keys.iter().filter(|published| id.is_none() || published.id.as_deref() == id);
        let first = found.next()?;
        found.next().is_none().then_some(&first.key)
    }
}

/// Whether an issuer goes by a web address: `https`, or `http` of a loopback host, which only a test's network reaches.
pub(in crate::securing) fn is_web(issuer: &str) -> bool {
    issuer.starts_with("https://")
        || issuer.starts_with("http://") && Url::parse(issuer).is_ok_and(|url| ports::is_loopback(&url))
}

/// The keys of a JWK Set that may sign; those of unknown kinds are passed over (RFC 7517 §5).
fn read_keys(set: &Map<String, Value>) -> Result<Vec<PublishedKey>> {
    let bad = |reason: String| WalletError::malformed("JWK Set", reason);
    let keys = set.get("keys").and_then(Value::as_array).ok_or_else(|| bad("it has no list of keys".to_owned()))?;
    if keys.len() > MAX_KEYS {
        return Err(bad(format!("it has more than {MAX_KEYS} keys")));
    }
    let signs = |jwk: &&Value| jwk.get("use").is_none_or(|purpose| purpose == "sig");
    let read = |jwk: &Value| {
        let id = jwk.get("kid").and_then(Value::as_str).map(str::to_owned);
        PublicKey::from_jwk(jwk).ok().map(|key| PublishedKey { id, key })
    };
    Ok(keys.iter().filter(signs).filter_map(read).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    const ISSUER: &str = "https://example.com";

    fn keys() -> Value {
        json!({ "keys": [
            {
                "kid": "doc-signer-05-25-2022", "kty": "EC", "crv": "P-256",
                "x": "b28d4MwZMjw8-00CG4xfnn9SLMVMM19SlqZpVb_uNtQ", "y": "Xv5zWwuoaTgdS6hV43yI6gBwTnjukmFQQnJ_kCxzqk8",
            },
            {
                "kid": "doc-signer-06-05-2025", "kty": "EC", "crv": "P-256",
                "x": "DfjUx4WHBds61vGbqUQhsy3FGX13fAS13QWh2EHIkX8", "y": "NfqJt9Kp0EA93xq9ysO80DRZ_hCGlISz-pYLgv4RFvg",
            },
            { "kid": "rsa", "kty": "RSA", "n": "AQAB", "e": "AQAB" },
        ] })
    }

    #[test]
    fn sd_jwt_vc_section_4_1_well_known_location() {
        for (issuer, url) in [
            ("https://example.com", "https://example.com/.well-known/jwt-vc-issuer"),
            ("https://example.com/tenant/1234", "https://example.com/.well-known/jwt-vc-issuer/tenant/1234"),
            ("https://example.com:8443/t/", "https://example.com:8443/.well-known/jwt-vc-issuer/t"),
        ] {
            assert_eq!(IssuerMetadata::url(issuer).as_deref(), Ok(url));
        }
        for bad in
            ["http://example.com", "https://example.com?a", "https://example.com#a", "https://a@example.com", "did:web:a", ""]
        {
            assert!(IssuerMetadata::url(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn key_is_found_by_its_id() {
        let text = json!({ "issuer": ISSUER, "jwks": keys() }).to_string();
        let metadata = IssuerMetadata::read(&text, ISSUER).expect("metadata");
        let jwk = metadata.key(Some("doc-signer-06-05-2025")).expect("a key").to_jwk();
        assert_eq!(jwk["x"], "DfjUx4WHBds61vGbqUQhsy3FGX13fAS13QWh2EHIkX8");
        assert_eq!(metadata.key(Some("rsa")), None);
        assert_eq!(metadata.key(None), None);
    }

    #[test]
    fn keys_may_be_elsewhere() {
        let text = json!({ "issuer": ISSUER, "jwks_uri": "https://keys.example.com/1" }).to_string();
        let metadata = IssuerMetadata::read(&text, ISSUER).expect("metadata");
        assert_eq!(metadata.keys_at.as_deref(), Some("https://keys.example.com/1"));
        let one = json!({ "keys": [keys()["keys"][0]] }).to_string();
        assert!(metadata.with_keys(&one).expect("a JWK Set").key(None).is_some());
    }

    #[test]
    fn metadata_of_another_issuer_or_with_no_keys_is_refused() {
        for bad in [
            json!({ "issuer": "https://example.com/", "jwks": keys() }),
            json!({ "jwks": keys() }),
            json!({ "issuer": ISSUER }),
            json!({ "issuer": ISSUER, "jwks": keys(), "jwks_uri": "https://example.com/keys" }),
            json!({ "issuer": ISSUER, "jwks": [] }),
        ] {
            assert!(IssuerMetadata::read(&bad.to_string(), ISSUER).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[\\[\\]{}\":,a-z0-9]{0,60}", url in "\\PC{0,40}") {
            let _ = IssuerMetadata::read(&text, ISSUER);
            let _ = IssuerMetadata::url(&url);
        }
    }
}
