//! Credential issuer metadata: what an issuer can do, what it issues and how people see it (OpenID4VCI 1.0 §12.2).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::encryption::{RequestEncryption, ResponseEncryption};
use super::{CredentialConfiguration, Display, identifier};
use crate::error::{Result, WalletError};
use crate::json;
use crate::oauth::Endpoint;

/// The most kinds of credentials one issuer describes.
const MAX_CONFIGURATIONS: usize = 1000;

/// What an issuer publishes under its identifier.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CredentialIssuerMetadata {
    /// Who it is: the very identifier that the metadata was looked up by.
    #[serde(deserialize_with = "identifier")]
    pub credential_issuer: Endpoint,
    /// The authorization servers it relies on; none when it is one itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub authorization_servers: Vec<Endpoint>,
    /// Where credentials are asked for (§8).
    pub credential_endpoint: Endpoint,
    /// Where nonces are given out (§7); none when key proofs need none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nonce_endpoint: Option<Endpoint>,
    /// Where credentials are asked for that were not ready (§9).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deferred_credential_endpoint: Option<Endpoint>,
    /// Where a wallet tells what became of credentials (§11).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notification_endpoint: Option<Endpoint>,
    /// How requests are encrypted (§10).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credential_request_encryption: Option<RequestEncryption>,
    /// How responses are encrypted (§10).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credential_response_encryption: Option<ResponseEncryption>,
    /// That one request may bring several keys.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch_credential_issuance: Option<BatchCredentialIssuance>,
    /// How people see the issuer, one entry a language.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub display: Vec<Display>,
    /// The kinds of credentials it issues, by the names that offers call them.
    pub credential_configurations_supported: BTreeMap<String, CredentialConfiguration>,
}

/// How many keys one request may bring.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchCredentialIssuance {
    /// The most key proofs in one request, 2 at the least.
    pub batch_size: u32,
}

impl CredentialIssuerMetadata {
    /// Reads metadata that was looked up for `issuer`; refuses another issuer's (§12.2.4).
    pub fn read(body: &[u8], issuer: &Endpoint) -> Result<Self> {
        match json::read_bytes("credential issuer metadata", body)? {
            Value::Object(members) => Self::from_members(members, issuer),
            _ => Err(malformed("it is not a JSON object")),
        }
    }

    /// As [`CredentialIssuerMetadata::read`], of JSON that was read already.
    pub(super) fn from_members(mut members: Map<String, Value>, issuer: &Endpoint) -> Result<Self> {
        // One kind of credential whose description cannot be read is not offered; the others still are.
        if let Some(Value::Object(described)) = members.get_mut("credential_configurations_supported") {
            described.retain(|_, configuration| CredentialConfiguration::deserialize(&*configuration).is_ok());
        }
        let read: Self = serde_json::from_value(Value::Object(members)).map_err(malformed)?;
        if read.credential_issuer != *issuer {
            return Err(malformed("it is another issuer's"));
        }
        if read.credential_configurations_supported.len() > MAX_CONFIGURATIONS {
            return Err(malformed(format!("it describes more than {MAX_CONFIGURATIONS} credentials")));
        }
        if read.batch_credential_issuance.is_some_and(|batch| batch.batch_size < 2) {
            return Err(malformed("a batch of less than two is none"));
        }
        Ok(read)
    }

    /// The metadata as JSON.
    pub fn to_json(&self) -> Value {
        serde_json::to_value(self).expect("metadata is plain data")
    }

    /// The configuration that an offer calls `id`.
    pub fn configuration(&self, id: &str) -> Result<&CredentialConfiguration> {
        self.credential_configurations_supported.get(id).ok_or_else(|| malformed("it does not describe what is offered"))
    }

    /// The authorization server to use: the issuer itself, or one of those it names; `hint` is the offer's (§4.1.1, §12.2.4).
    ///
    /// Where several are named and the offer does not say which, it is the first.
    pub fn authorization_server(&self, hint: Option<&str>) -> Result<&Endpoint> {
        let named = &self.authorization_servers;
        match hint {
            None => Ok(named.first().unwrap_or(&self.credential_issuer)),
            Some(hint) => named
                .iter()
                .find(|server| server.as_str() == hint)
                .ok_or_else(|| malformed("the offer names an authorization server that it does not")),
        }
    }

    /// How many keys one request may bring.
    pub fn batch_size(&self) -> usize {
        self.batch_credential_issuance.map_or(1, |batch| batch.batch_size as usize)
    }

    /// The issuer's name in the language of `tag`, else in the first one.
    pub fn name(&self, tag: &str) -> Option<&str> {
        Display::best_name(&self.display, tag)
    }
}

fn malformed(reason: impl ToString) -> WalletError {
    WalletError::malformed("credential issuer metadata", reason)
}

#[cfg(test)]
mod tests {
    use super::super::kit::issuer;
    use super::super::vectors;
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn least() -> Value {
        json!({
            "credential_issuer": issuer(),
            "credential_endpoint": "https://credential-issuer.example.com/credential",
            "credential_configurations_supported": { "id": { "format": "dc+sd-jwt", "vct": "urn:example:id" } },
        })
    }

    #[test]
    fn metadata_of_the_standard_reads_back_to_the_same_value() {
        let Some(text) = vectors::body("credential_issuer_metadata_sd_jwt_long.json") else { return };
        let metadata = CredentialIssuerMetadata::read(text.as_bytes(), &issuer()).expect("metadata");
        assert_eq!(metadata.to_json(), serde_json::from_str::<Value>(&text).expect("JSON"));
        assert_eq!((metadata.name("fr"), metadata.name("en")), (Some("Example Université"), Some("Example University")));
        assert_eq!(metadata.batch_size(), 10);
        assert_eq!(metadata.authorization_server(None).expect("a server").as_str(), "https://server.example.com");
        assert!(metadata.authorization_server(Some("https://other.example.com")).is_err());
    }

    #[test]
    fn metadata_of_another_issuer_is_refused() {
        for other in ["https://evil.example", "https://credential-issuer.example.com/", "https://CREDENTIAL-issuer.example.com"] {
            let mut metadata = least();
            metadata["credential_issuer"] = json!(other);
            assert!(CredentialIssuerMetadata::read(metadata.to_string().as_bytes(), &issuer()).is_err(), "{other}");
        }
    }

    #[test]
    fn issuer_that_names_no_authorization_server_is_one() {
        let metadata = CredentialIssuerMetadata::read(least().to_string().as_bytes(), &issuer()).expect("metadata");
        assert_eq!(metadata.authorization_server(None).expect("itself"), &issuer());
        assert!(metadata.authorization_server(Some(issuer().as_str())).is_err());
        assert_eq!(metadata.batch_size(), 1);
        assert!(metadata.configuration("id").is_ok() && metadata.configuration("other").is_err());
    }

    #[test]
    fn kind_of_credential_that_cannot_be_read_does_not_hide_the_others() {
        let mut metadata = least();
        metadata["credential_configurations_supported"]["odd"] = json!({ "format": "dc+sd-jwt" });
        metadata["credential_configurations_supported"]["odder"] = json!(7);
        let read = CredentialIssuerMetadata::read(metadata.to_string().as_bytes(), &issuer()).expect("metadata");
        assert!(read.configuration("id").is_ok());
        assert!(read.configuration("odd").is_err() && read.configuration("odder").is_err());
    }

    #[test]
    fn endpoint_without_tls_and_batch_of_one_are_refused() {
        for (name, value) in [
            ("credential_endpoint", json!("http://credential-issuer.example.com/credential")),
            ("nonce_endpoint", json!("ftp://credential-issuer.example.com")),
            ("batch_credential_issuance", json!({ "batch_size": 1 })),
            ("batch_credential_issuance", json!({})),
            ("credential_request_encryption", json!({ "encryption_required": true })),
            ("credential_response_encryption", json!({ "encryption_required": true })),
        ] {
            let mut metadata = least();
            metadata[name] = value;
            assert!(CredentialIssuerMetadata::read(metadata.to_string().as_bytes(), &issuer()).is_err(), "{name}");
        }
    }

    proptest! {
        #[test]
        fn any_member_of_any_shape_is_read_or_refused(
            name in "(credential_issuer|nonce_endpoint|display|credential_configurations_supported|credential_re(quest|sponse)_encryption)",
            text in "[\\[\\]{}\":,0-9a-e ]{0,40}",
        ) {
            if let Ok(value) = json::read("test", &text) {
                let mut metadata = least();
                metadata[&name] = value;
                let _ = CredentialIssuerMetadata::read(metadata.to_string().as_bytes(), &issuer());
            }
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            let _ = CredentialIssuerMetadata::read(&bytes, &issuer());
        }
    }
}
