//! What an authorization server says of itself (RFC 8414).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Endpoint, pkce};
use crate::error::{Result, WalletError};

/// The name of the metadata's well-known place.
pub const WELL_KNOWN: &str = "oauth-authorization-server";

/// The metadata of an authorization server (RFC 8414 §2), with what RFC 9126, RFC 9207, RFC 9396, RFC 9449 and OpenID4VCI 1.0 §12.3 add.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AuthorizationServerMetadata {
    /// Its identifier.
    pub issuer: Endpoint,
    /// Where a browser is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorization_endpoint: Option<Endpoint>,
    /// Where codes become tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_endpoint: Option<Endpoint>,
    /// Where authorization requests are pushed (RFC 9126 §5).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pushed_authorization_request_endpoint: Option<Endpoint>,
    /// Whether they must be (RFC 9126 §5).
    #[serde(default)]
    pub require_pushed_authorization_requests: bool,
    /// Where challenges for client attestations are given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub challenge_endpoint: Option<Endpoint>,
    /// Where its keys are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks_uri: Option<Endpoint>,
    /// The response types it knows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub response_types_supported: Vec<String>,
    /// The grants it knows; without the member they are `authorization_code` and `implicit`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant_types_supported: Option<Vec<String>>,
    /// The ways of PKCE it knows (RFC 7636).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub code_challenge_methods_supported: Vec<String>,
    /// How clients say who they are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub token_endpoint_auth_methods_supported: Vec<String>,
    /// The scopes it knows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes_supported: Vec<String>,
    /// The types of authorization details it knows (RFC 9396 §10).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub authorization_details_types_supported: Vec<String>,
    /// The algorithms of DPoP proofs it knows (RFC 9449 §5.1); empty when it knows no DPoP.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dpop_signing_alg_values_supported: Vec<String>,
    /// The algorithms of client attestations it knows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub client_attestation_signing_alg_values_supported: Vec<String>,
    /// The algorithms of the proofs of client attestations it knows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub client_attestation_pop_signing_alg_values_supported: Vec<String>,
    /// Whether its answers say who they are from (RFC 9207 §3).
    #[serde(default)]
    pub authorization_response_iss_parameter_supported: bool,
    /// Whether a pre-authorized code may come without `client_id` (OpenID4VCI 1.0 §12.3).
    #[serde(default, rename = "pre-authorized_grant_anonymous_access_supported")]
    pub pre_authorized_grant_anonymous_access_supported: bool,
}

impl AuthorizationServerMetadata {
    /// Metadata of the server `issuer` that says nothing else yet.
    pub fn of(issuer: Endpoint) -> Self {
        let members = Map::from_iter([("issuer".to_owned(), issuer.as_str().into())]);
        serde_json::from_value(Value::Object(members)).expect("every other member has a default")
    }

    /// Reads the metadata that was looked up for `issuer`; refuses that of another (RFC 8414 §3.3).
    pub fn read(object: Map<String, Value>, issuer: &Endpoint) -> Result<Self> {
        let bad = |reason: &str| WalletError::malformed("authorization server metadata", reason);
        let read: Self = serde_json::from_value(Value::Object(object)).map_err(|_| bad("a member is not what it should be"))?;
        if read.issuer != *issuer {
            return Err(bad("it is about another server"));
        }
        Ok(read)
    }

    /// The metadata as JSON.
    pub fn to_json(&self) -> Value {
        serde_json::to_value(self).expect("metadata are plain JSON")
    }

    /// Whether it knows the grant (RFC 8414 §2).
    pub fn knows_grant(&self, grant: &str) -> bool {
        match &self.grant_types_supported {
            Some(grants) => grants.iter().any(|known| known == grant),
            None => grant == "authorization_code",
        }
    }

    /// Whether it does not say that it knows no S256, the only way of PKCE that is used here.
    pub fn may_know_s256(&self) -> bool {
        let known = &self.code_challenge_methods_supported;
        known.is_empty() || known.iter().any(|method| method == pkce::S256)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json;
    use proptest::prelude::*;
    use serde_json::json;

    fn issuer() -> Endpoint {
        Endpoint::read("https://server.example.com").expect("an endpoint")
    }

    fn read(value: Value) -> Result<AuthorizationServerMetadata> {
        AuthorizationServerMetadata::read(value.as_object().cloned().expect("an object"), &issuer())
    }

    /// RFC 8414 §3.2, without the members that OpenID Connect alone knows.
    #[test]
    fn rfc_8414_section_3_2_example() {
        let metadata = read(json!({
            "issuer": "https://server.example.com",
            "authorization_endpoint": "https://server.example.com/authorize",
            "token_endpoint": "https://server.example.com/token",
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "private_key_jwt"],
            "token_endpoint_auth_signing_alg_values_supported": ["RS256", "ES256"],
            "userinfo_endpoint": "https://server.example.com/userinfo",
            "jwks_uri": "https://server.example.com/jwks.json",
            "registration_endpoint": "https://server.example.com/register",
            "scopes_supported": ["openid", "profile", "email", "address", "phone", "offline_access"],
            "response_types_supported": ["code", "code token"],
            "service_documentation": "http://server.example.com/service_documentation.html",
            "ui_locales_supported": ["en-US", "en-GB", "en-CA", "fr-FR", "fr-CA"],
        }));
        let metadata = metadata.expect("the published example");
        assert_eq!(metadata.token_endpoint.as_ref().map(Endpoint::as_str), Some("https://server.example.com/token"));
        assert!(metadata.knows_grant("authorization_code") && !metadata.knows_grant("refresh_token"));
        assert_eq!(read(metadata.to_json()), Ok(metadata));
    }

    #[test]
    fn metadata_of_another_server_or_with_an_insecure_endpoint_is_refused() {
        assert!(read(json!({ "issuer": "https://server.example.com/" })).is_err());
        assert!(read(json!({ "issuer": "https://other.example.com" })).is_err());
        assert!(read(json!({ "issuer": "https://server.example.com", "token_endpoint": "http://server.example.com" })).is_err());
        assert!(read(json!({ "issuer": "https://server.example.com", "token_endpoint": 1 })).is_err());
        assert!(read(json!({})).is_err());
    }

    proptest! {
        #[test]
        fn any_json_is_metadata_or_refused(name in "[a-z_]{0,40}", text in "\\PC{0,60}") {
            let value = json::read("metadata", &text).unwrap_or(Value::String(text));
            let _ = read(json!({ "issuer": "https://server.example.com", name: value }));
        }
    }
}
