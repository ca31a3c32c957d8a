//! Authorization details of type `openid_credential`: which credentials access is asked for, and to which it was given
//! (OpenID4VCI 1.0 §5.1.1, §6.2; RFC 9396).

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::credential::ClaimPath;
use crate::error::{Result, WalletError};
use crate::oauth::Endpoint;

const TYPE: &str = "openid_credential";
/// The most details, and the most credentials one of them stands for.
const MAX_DETAILS: usize = 64;

/// One kind of credential in an authorization request, a token request or a token response.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizationDetail {
    #[serde(rename = "type")]
    kind: String,
    /// Which kind, by the name of the issuer's metadata.
    pub credential_configuration_id: String,
    /// Whose: the issuer, where its metadata names authorization servers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub locations: Vec<Endpoint>,
    /// The claims that the wallet wants in it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<ClaimRequirement>,
    /// The credentials that can be had, by the names that credential requests call them: in a token response only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub credential_identifiers: Vec<String>,
}

/// A claim that a wallet asks for (appendix B.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimRequirement {
    /// Where it would be.
    pub path: ClaimPath,
    /// Whether a credential without it is of no use.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub mandatory: bool,
}

impl AuthorizationDetail {
    /// Asks for the credential `configuration`.
    pub fn of(configuration: impl Into<String>) -> Self {
        let (locations, claims, credential_identifiers) = (Vec::new(), Vec::new(), Vec::new());
        Self {
            kind: TYPE.to_owned(),
            credential_configuration_id: configuration.into(),
            locations,
            claims,
            credential_identifiers,
        }
    }

    /// Reads the details of type `openid_credential` of a JSON array; those of other types are left alone (RFC 9396 §2).
    pub fn read_all(array: &Value) -> Result<Vec<Self>> {
        let details = array.as_array().ok_or_else(|| malformed("they are not a list"))?;
        if details.len() > MAX_DETAILS {
            return Err(malformed(format!("there are more than {MAX_DETAILS}")));
        }
        details.iter().filter(|detail| detail["type"] == TYPE).map(Self::read).collect()
    }

    fn read(detail: &Value) -> Result<Self> {
        let read = Self::deserialize(detail).map_err(malformed)?;
        if read.credential_identifiers.len() > MAX_DETAILS {
            return Err(malformed(format!("one stands for more than {MAX_DETAILS} credentials")));
        }
        Ok(read)
    }

    /// The array of `details`.
    pub fn write_all(details: &[Self]) -> Value {
        serde_json::to_value(details).expect("authorization details are plain data")
    }
}

fn malformed(reason: impl ToString) -> WalletError {
    WalletError::malformed("authorization details", reason)
}

#[cfg(test)]
mod tests {
    use super::super::vectors;
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn details_of_the_standard_read_back_to_the_same_value() {
        for (name, count) in [
            ("authorization_details.json", 1),
            ("authorization_details_jwt_vc_json.json", 1),
            ("authorization_details_ldp_vc.json", 1),
            ("authorization_details_mso_doc.json", 1),
            ("authorization_details_multiple_credentials.json", 2),
            ("authorization_details_sd_jwt_vc.json", 1),
            ("authorization_details_with_as.json", 1),
        ] {
            let Some(text) = vectors::body(name) else { return };
            let array: Value = serde_json::from_str(&text).expect("JSON");
            let details = AuthorizationDetail::read_all(&array).unwrap_or_else(|e| panic!("{name}: {e}"));
            assert_eq!(details.len(), count);
            assert_eq!(AuthorizationDetail::write_all(&details), array, "{name}");
        }
    }

    #[test]
    fn details_of_other_types_are_left_alone() {
        let array = json!([{ "type": "payment_initiation" }, { "type": TYPE, "credential_configuration_id": "a", "unknown": 1 }]);
        assert_eq!(AuthorizationDetail::read_all(&array).expect("details"), [AuthorizationDetail::of("a")]);
    }

    #[test]
    fn detail_without_a_configuration_is_refused() {
        assert!(AuthorizationDetail::read_all(&json!([{ "type": TYPE }])).is_err());
        assert!(AuthorizationDetail::read_all(&json!({})).is_err());
        assert!(AuthorizationDetail::read_all(&json!(vec![json!({}); MAX_DETAILS + 1])).is_err());
    }

    proptest! {
        #[test]
        fn any_json_is_read_or_refused(text in "[\\[\\]{}\":,0-9a-e ]{0,60}") {
            if let Ok(value) = crate::json::read("test", &text) {
                let _ = AuthorizationDetail::read_all(&value);
                let _ = AuthorizationDetail::read_all(&json!([{ "type": TYPE, "credential_configuration_id": "a", "claims": value }]));
            }
        }
    }
}
