//! The credential response: credentials, or the promise of them (OpenID4VCI 1.0 §8.3, §9.2).

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::error::{Result, WalletError};
use crate::json;

/// The most credentials that one response brings.
const MAX_CREDENTIALS: usize = 1000;

/// What the credential endpoint and the deferred credential endpoint answer.
#[derive(Clone, PartialEq)]
pub enum CredentialResponse {
    /// Here they are: `200 OK`.
    Issued(IssuedCredentials),
    /// Ask again later at the deferred credential endpoint: `202 Accepted`.
    Deferred {
        /// What to ask by.
        transaction_id: String,
        /// How many seconds to wait at the least.
        interval: u64,
    },
}

/// Credentials of one configuration and with the same claims, one for each key.
#[derive(Clone, PartialEq)]
pub struct IssuedCredentials {
    /// Each as its format has it: text, or an object for `ldp_vc`. Nothing here says that they are good.
    pub credentials: Vec<Value>,
    /// What to call them by when the issuer is told what became of them.
    pub notification_id: Option<String>,
}

#[derive(Deserialize)]
struct Written {
    credentials: Option<Vec<WrittenCredential>>,
    notification_id: Option<String>,
    transaction_id: Option<String>,
    interval: Option<u64>,
}

#[derive(Deserialize)]
struct WrittenCredential {
    credential: Value,
}

impl CredentialResponse {
    /// Reads a response's body, decrypted where it was encrypted.
    pub fn read(body: &[u8]) -> Result<Self> {
        let written: Written = serde_json::from_value(json::read_bytes("credential response", body)?).map_err(malformed)?;
        match written {
            Written { credentials: Some(all), notification_id, transaction_id: None, interval: None } => {
                let credentials = all.into_iter().map(|one| one.credential).collect();
                IssuedCredentials { credentials, notification_id }.checked().map(Self::Issued)
            }
            Written {
                credentials: None,
                notification_id: None,
                transaction_id: Some(transaction_id),
                interval: Some(interval),
            } => match interval {
                0 => Err(malformed("its interval must be positive")),
                _ => Ok(Self::Deferred { transaction_id, interval }),
            },
            _ => Err(malformed("it has neither credentials nor a transaction with its interval, or both")),
        }
    }

    /// The response's body, to be sent as `application/json` or encrypted.
    pub fn to_json(&self) -> Value {
        match self {
            Self::Issued(issued) => {
                let all: Vec<_> = issued.credentials.iter().map(|credential| json!({ "credential": credential })).collect();
                let mut body = Map::from_iter([("credentials".to_owned(), all.into())]);
                if let Some(id) = &issued.notification_id {
                    body.insert("notification_id".to_owned(), id.as_str().into());
                }
                Value::Object(body)
            }
            Self::Deferred { transaction_id, interval } => json!({ "transaction_id": transaction_id, "interval": interval }),
        }
    }

    /// The HTTP status it is sent with.
    pub fn status(&self) -> u16 {
        match self {
            Self::Issued(_) => 200,
            Self::Deferred { .. } => 202,
        }
    }
}

impl IssuedCredentials {
    fn checked(self) -> Result<Self> {
        if self.credentials.is_empty() || self.credentials.len() > MAX_CREDENTIALS {
            return Err(malformed(format!("it has no credential, or more than {MAX_CREDENTIALS}")));
        }
        let all_known = self.credentials.iter().all(|one| one.is_string() || one.is_object());
        if all_known { Ok(self) } else { Err(malformed("a credential in it is neither text nor an object")) }
    }
}

fn malformed(reason: impl ToString) -> WalletError {
    WalletError::malformed("credential response", reason)
}

impl std::fmt::Debug for CredentialResponse {
    /// Leaves out the credentials, which are somebody's.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Issued(issued) => issued.fmt(f),
            Self::Deferred { interval, .. } => f.debug_struct("Deferred").field("interval", interval).finish_non_exhaustive(),
        }
    }
}

impl std::fmt::Debug for IssuedCredentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} credentials", self.credentials.len())
    }
}

#[cfg(test)]
mod tests {
    use super::super::vectors;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn responses_of_the_standard_read_back_to_the_same_value() {
        for (name, is_text) in [
            ("credential_response_jwt_vc_json.txt", true),
            ("credential_response_ldp_vc.txt", false),
            ("credential_response_sd_jwt_vc.txt", true),
            ("credential_response_mso_mdoc.txt", true),
        ] {
            let Some(text) = vectors::body(name) else { return };
            let response = CredentialResponse::read(text.as_bytes()).unwrap_or_else(|e| panic!("{name}: {e}"));
            assert_eq!(response.to_json(), serde_json::from_str::<Value>(&text).expect("JSON"), "{name}");
            let CredentialResponse::Issued(issued) = response else { panic!("{name} is not deferred") };
            assert_eq!(issued.credentials[0].is_string(), is_text, "{name}");
        }
    }

    #[test]
    fn promise_is_told_from_credentials() {
        let body = json!({ "transaction_id": "8xLOxBtZp8", "interval": 3600 });
        let response = CredentialResponse::read(body.to_string().as_bytes()).expect("a response");
        assert_eq!((response.status(), response.to_json()), (202, body));
        let body = json!({ "credentials": [{ "credential": "a" }, { "credential": {} }], "notification_id": "3fwe98js" });
        let response = CredentialResponse::read(body.to_string().as_bytes()).expect("a response");
        assert_eq!((response.status(), response.to_json()), (200, body));
    }

    #[test]
    fn response_that_is_neither_or_both_is_refused() {
        for bad in [
            json!({}),
            json!({ "credentials": [] }),
            json!({ "credentials": [{ "credential": 1 }] }),
            json!({ "credentials": [{}] }),
            json!({ "credentials": ["a"] }),
            json!({ "credential": "a" }),
            json!({ "credentials": [{ "credential": "a" }], "transaction_id": "a", "interval": 1 }),
            json!({ "transaction_id": "a" }),
            json!({ "transaction_id": "a", "interval": 0 }),
            json!({ "transaction_id": "a", "interval": 1, "notification_id": "b" }),
            json!({ "credentials": vec![json!({ "credential": "a" }); MAX_CREDENTIALS + 1] }),
        ] {
            assert!(CredentialResponse::read(bad.to_string().as_bytes()).is_err(), "{bad}");
        }
    }

    #[test]
    fn credentials_are_not_printed() {
        let body = br#"{ "credentials": [{ "credential": "secret" }] }"#;
        assert_eq!(format!("{:?}", CredentialResponse::read(body).expect("a response")), "1 credentials");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            let _ = CredentialResponse::read(&bytes);
        }

        #[test]
        fn any_member_of_any_shape_is_read_or_refused(
            name in "(credentials|transaction_id|interval|notification_id)",
            text in "[\\[\\]{}\":,0-9a-e ]{0,60}",
        ) {
            if let Ok(value) = json::read("test", &text) {
                let _ = CredentialResponse::read(json!({ name: value }).to_string().as_bytes());
            }
        }
    }
}
