//! The credential request: which credential, bound to which keys (OpenID4VCI 1.0 §8.2).

use serde::Deserialize as _;
use serde_json::{Map, Value};

use super::Proofs;
use super::encryption::ResponseEncryptionKey;
use crate::json;
use crate::oauth::{OAuthError, OAuthErrorCode};

/// What a wallet asks the credential endpoint for, with its access token.
#[derive(Debug, Clone, PartialEq)]
pub struct CredentialRequest {
    /// Which credential.
    pub requested: Requested,
    /// The keys it is to be bound to, one credential each; none for a credential that is bound to no key.
    pub proofs: Option<Proofs>,
    /// How the answer is to be encrypted; the request itself is then encrypted too (§8.2).
    pub response_encryption: Option<ResponseEncryptionKey>,
}

/// How a request names the credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Requested {
    /// By an identifier of the token response, which must be used where there is one.
    Identifier(String),
    /// By the name of a configuration.
    Configuration(String),
}

impl CredentialRequest {
    /// A request for a credential that is bound to no key, its answer not encrypted.
    pub fn of(requested: Requested) -> Self {
        Self { requested, proofs: None, response_encryption: None }
    }

    /// Reads a request's body, decrypted where it was encrypted; says what to answer when it cannot be read.
    pub fn read(body: &[u8]) -> Result<Self, OAuthError> {
        let bad = |reason: &str| OAuthError::new(OAuthErrorCode::InvalidCredentialRequest).because(reason);
        let body = json::read_bytes("credential request", body).map_err(|e| bad(&e.to_string()))?;
        let members = body.as_object().ok_or_else(|| bad("it is not a JSON object"))?;
        let requested = requested(members).ok_or_else(|| bad("name a credential_identifier or a credential_configuration_id"))?;
        Ok(Self {
            requested,
            proofs: members.get("proofs").map(Proofs::read).transpose()?,
            response_encryption: encryption(members)?,
        })
    }

    /// The request's body, to be sent as `application/json` or encrypted.
    pub fn to_json(&self) -> Value {
        let (name, value) = match &self.requested {
            Requested::Identifier(id) => ("credential_identifier", id),
            Requested::Configuration(id) => ("credential_configuration_id", id),
        };
        let mut members = Map::from_iter([(name.to_owned(), value.as_str().into())]);
        if let Some(proofs) = &self.proofs {
            members.insert("proofs".to_owned(), proofs.to_json());
        }
        if let Some(encryption) = &self.response_encryption {
            members.insert("credential_response_encryption".to_owned(), encryption.to_json());
        }
        Value::Object(members)
    }
}

/// One of the two names, and not both.
fn requested(members: &Map<String, Value>) -> Option<Requested> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    match (members.get("credential_identifier"), members.get("credential_configuration_id")) {
        (Some(id), None) => text(id).map(Requested::Identifier),
        (None, Some(id)) => text(id).map(Requested::Configuration),
        _ => None,
    }
}

/// What a request says of the encryption of its answer.
pub(super) fn encryption(members: &Map<String, Value>) -> Result<Option<ResponseEncryptionKey>, OAuthError> {
    let bad = |e: serde_json::Error| OAuthError::new(OAuthErrorCode::InvalidEncryptionParameters).because(e.to_string());
    members.get("credential_response_encryption").map(|value| ResponseEncryptionKey::deserialize(value).map_err(bad)).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn request_reads_back_to_the_same_value() {
        let jwk = json!({ "kty": "EC", "crv": "P-256", "alg": "ECDH-ES", "x": "a", "y": "b" });
        for body in [
            json!({ "credential_identifier": "CivilEngineeringDegree-2023", "proofs": { "jwt": ["a", "b"] } }),
            json!({ "credential_configuration_id": "id" }),
            json!({ "credential_configuration_id": "id", "credential_response_encryption": { "jwk": jwk, "enc": "A128GCM" } }),
            json!({
                "credential_configuration_id": "id",
                "credential_response_encryption": { "jwk": jwk, "enc": "A256GCM", "zip": "DEF" },
            }),
        ] {
            let request = CredentialRequest::read(body.to_string().as_bytes()).expect("a request");
            assert_eq!(request.to_json(), body);
        }
    }

    #[test]
    fn each_fault_has_its_code() {
        use OAuthErrorCode::{InvalidCredentialRequest, InvalidEncryptionParameters, InvalidProof};
        for (body, code) in [
            (json!({}), InvalidCredentialRequest),
            (json!([]), InvalidCredentialRequest),
            (json!({ "credential_identifier": "a", "credential_configuration_id": "b" }), InvalidCredentialRequest),
            (json!({ "credential_identifier": 1 }), InvalidCredentialRequest),
            (json!({ "credential_identifier": "a", "proofs": {} }), InvalidProof),
            (
                json!({ "credential_identifier": "a", "credential_response_encryption": { "enc": "A128GCM" } }),
                InvalidEncryptionParameters,
            ),
        ] {
            assert_eq!(CredentialRequest::read(body.to_string().as_bytes()).expect_err("a fault").code, code, "{body}");
        }
        let twice = br#"{"credential_identifier":"a","credential_identifier":"a"}"#;
        assert_eq!(CredentialRequest::read(twice).expect_err("a fault").code, InvalidCredentialRequest);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            let _ = CredentialRequest::read(&bytes);
        }

        #[test]
        fn any_member_of_any_shape_is_read_or_refused(
            name in "(credential_identifier|proofs|credential_response_encryption)",
            text in "[\\[\\]{}\":,0-9a-e ]{0,60}",
        ) {
            if let Ok(value) = json::read("test", &text) {
                let mut body = json!({ "credential_identifier": "a" });
                body[&name] = value;
                let _ = CredentialRequest::read(body.to_string().as_bytes());
            }
        }
    }
}
