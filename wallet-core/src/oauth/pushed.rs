//! Pushed authorization requests: the request goes from client to server, and the browser carries only its name (RFC 9126).

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Form;
use super::call::{json_answer, json_of};
use crate::error::{Result, WalletError};
use crate::ports::HttpResponse;

/// What a server answers to a pushed request (RFC 9126 §2.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushedResponse {
    /// The name of the request.
    pub request_uri: String,
    /// How long it may be used, in seconds.
    pub expires_in: u64,
}

impl PushedResponse {
    /// Reads the answer, which has status 201.
    pub fn read(response: &HttpResponse) -> Result<Self> {
        let object = json_of("pushed authorization response", response)?;
        serde_json::from_value(Value::Object(object))
            .map_err(|_| WalletError::malformed("pushed authorization response", "request_uri or expires_in is missing"))
    }

    /// The answer of a server.
    pub fn to_response(&self) -> HttpResponse {
        json_answer(201, &serde_json::to_value(self).expect("it is plain JSON"))
    }

    /// What the browser carries (RFC 9126 §4).
    pub fn to_form(&self, client_id: &str) -> Form {
        Form::new().with("client_id", client_id).with("request_uri", &self.request_uri)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oauth::call::answer;
    use proptest::prelude::*;

    #[test]
    fn openid4vci_section_5_1_4_example() {
        let body = r#"{"request_uri":"urn:ietf:params:oauth:request_uri:6esc_11ACC5bwc014ltc14eY22c","expires_in":60}"#;
        let pushed = PushedResponse::read(&answer(201, "application/json", body.into())).expect("the published example");
        assert_eq!(
            pushed.to_form("s6BhdRkqt3").to_text(),
            "client_id=s6BhdRkqt3&request_uri=urn%3Aietf%3Aparams%3Aoauth%3Arequest_uri%3A6esc_11ACC5bwc014ltc14eY22c"
        );
        assert_eq!(PushedResponse::read(&pushed.to_response()), Ok(pushed));
    }

    proptest! {
        #[test]
        fn any_answer_is_read_or_refused(body in "\\PC{0,100}") {
            prop_assert!(PushedResponse::read(&answer(201, "application/json", body.into_bytes())).is_err());
        }
    }
}
