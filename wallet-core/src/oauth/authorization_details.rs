//! What a client may do, in detail: the type `openid_credential` (RFC 9396, OpenID4VCI 1.0 §5.1.1 and §6.2).

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Endpoint, Form, OAuthError, OAuthErrorCode};
use crate::error::{Result, WalletError};

/// The type of these details.
pub const TYPE: &str = "openid_credential";
/// The most details, and the most identifiers in one, that are read.
const MAX_DETAILS: usize = 64;

/// The right to one credential configuration, asked for or given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialAuthorization {
    /// The configuration, as the credential issuer's metadata name it.
    pub credential_configuration_id: String,
    /// The data sets of the holder that may be issued under it; empty in a request.
    #[serde(default)]
    pub credential_identifiers: Vec<String>,
}

impl CredentialAuthorization {
    /// A wish for one configuration.
    pub fn of(configuration: &str) -> Self {
        Self { credential_configuration_id: configuration.to_owned(), credential_identifiers: Vec::new() }
    }
}

/// The details of a request, with `locations` naming the credential issuer where its metadata name authorization servers.
pub fn write(details: &[CredentialAuthorization], location: Option<&Endpoint>) -> Value {
    let detail = |detail: &CredentialAuthorization| {
        let mut value = json!({ "type": TYPE, "credential_configuration_id": detail.credential_configuration_id });
        if !detail.credential_identifiers.is_empty() {
            value["credential_identifiers"] = detail.credential_identifiers.clone().into();
        }
        if let Some(location) = location {
            value["locations"] = json!([location]);
        }
        value
    };
    details.iter().map(detail).collect()
}

/// Reads the details that a request asks for as a server, which refuses those of a type it does not know (RFC 9396 §5).
pub fn asked(form: &Form) -> Result<Vec<CredentialAuthorization>, OAuthError> {
    let code = || OAuthErrorCode::InvalidAuthorizationDetails;
    let bad = |error: WalletError| OAuthError { code: code(), ..OAuthError::from_malformed(error) };
    let Some(value) = form.json("authorization_details").map_err(bad)? else { return Ok(Vec::new()) };
    let details = read(&value).map_err(bad)?;
    if value.as_array().is_none_or(|all| all.len() > details.len()) {
        return Err(OAuthError::new(code()).because(format!("no details are known but those of type {TYPE}")));
    }
    Ok(details)
}

/// Reads details; those of another type are passed over.
pub fn read(value: &Value) -> Result<Vec<CredentialAuthorization>> {
    let bad = |reason: &str| WalletError::malformed("authorization_details", reason);
    let details =
        value.as_array().filter(|details| details.len() <= MAX_DETAILS).ok_or_else(|| bad("it is not a short array"))?;
    let ours = details.iter().filter(|detail| detail.get("type").and_then(Value::as_str) == Some(TYPE));
    let read = |detail: &Value| -> Result<CredentialAuthorization> {
        let read: CredentialAuthorization =
            serde_json::from_value(detail.clone()).map_err(|_| bad("a member is not what it should be"))?;
        if read.credential_identifiers.len() > MAX_DETAILS {
            return Err(bad("it has more than 64 identifiers"));
        }
        Ok(read)
    };
    ours.map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json;
    use proptest::prelude::*;

    #[test]
    fn details_read_back_and_those_of_other_types_are_passed_over() {
        let details = [CredentialAuthorization {
            credential_configuration_id: "UniversityDegreeCredential".to_owned(),
            credential_identifiers: vec!["CivilEngineeringDegree-2023".to_owned()],
        }];
        let issuer = Endpoint::read("https://credential-issuer.example.com").expect("an endpoint");
        let mut value = write(&details, Some(&issuer));
        assert_eq!(value[0]["locations"], json!(["https://credential-issuer.example.com"]));
        value.as_array_mut().expect("an array").push(json!({ "type": "payment_initiation" }));
        assert_eq!(read(&value).expect("details"), details);
        assert!(read(&json!([{ "type": TYPE }])).is_err());
        assert!(read(&json!({})).is_err());
    }

    #[test]
    fn server_refuses_details_of_a_type_it_does_not_know() {
        let known = json!({ "type": TYPE, "credential_configuration_id": "a", "claims": [], "other": 1 });
        let form = |value: Value| Form::new().with("authorization_details", value.to_string());
        assert_eq!(asked(&Form::new()), Ok(Vec::new()));
        assert_eq!(asked(&form(json!([known]))), Ok(vec![CredentialAuthorization::of("a")]));
        for bad in [json!([known, { "type": "payment_initiation" }]), json!([{ "type": TYPE }]), json!([1]), json!({}), json!(1)]
        {
            let error = asked(&form(bad.clone())).expect_err("it is refused");
            assert_eq!(error.code, OAuthErrorCode::InvalidAuthorizationDetails, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_json_is_details_or_refused(text in "\\PC{0,100}") {
            if let Ok(value) = json::read("authorization_details", &text) {
                let _ = read(&value);
                let _ = read(&json!([{ "type": TYPE, "credential_configuration_id": "x", "credential_identifiers": value }]));
            }
        }
    }
}
