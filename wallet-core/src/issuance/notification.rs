//! The notification: what became of credentials in the wallet (OpenID4VCI 1.0 §11.1). The answer is an empty `204 No Content`.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::json;
use crate::oauth::{OAuthError, OAuthErrorCode};

/// What a wallet tells the notification endpoint, with its access token; to tell it twice is the same as once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotificationRequest {
    /// What the issuer calls the credentials by.
    pub notification_id: String,
    /// What happened.
    pub event: NotificationEvent,
    /// More, for developers: printable ASCII without `"` and `\`.
    #[serde(rename = "event_description", skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// What happened to credentials, all of one response alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotificationEvent {
    /// They are kept.
    CredentialAccepted,
    /// The person did not want them.
    CredentialDeleted,
    /// They could not be kept for another reason, or one of them could not.
    CredentialFailure,
}

impl NotificationRequest {
    /// A notification that says no more.
    pub fn of(notification_id: impl Into<String>, event: NotificationEvent) -> Self {
        Self { notification_id: notification_id.into(), event, description: None }
    }

    /// Reads a notification's body; says what to answer when it cannot be read.
    pub fn read(body: &[u8]) -> Result<Self, OAuthError> {
        let bad = |reason: String| OAuthError::new(OAuthErrorCode::InvalidNotificationRequest).because(reason);
        let body = json::read_bytes("notification", body).map_err(|e| bad(e.to_string()))?;
        serde_json::from_value(body).map_err(|e| bad(e.to_string()))
    }

    /// The notification's body, to be sent as `application/json`.
    pub fn to_json(&self) -> Value {
        serde_json::to_value(self).expect("a notification is plain data")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn notifications_of_the_standard_read_back_to_the_same_value() {
        for body in [
            json!({ "notification_id": "3fwe98js", "event": "credential_accepted" }),
            json!({
                "notification_id": "3fwe98js", "event": "credential_failure",
                "event_description": "Could not store the Credential. Out of storage.",
            }),
            json!({ "notification_id": "3fwe98js", "event": "credential_deleted" }),
        ] {
            assert_eq!(NotificationRequest::read(body.to_string().as_bytes()).expect("a notification").to_json(), body);
        }
    }

    #[test]
    fn unknown_event_and_missing_member_are_refused() {
        for bad in [r#"{"notification_id":"a","event":"Credential_Accepted"}"#, r#"{"notification_id":"a"}"#, "{}", "a"] {
            let error = NotificationRequest::read(bad.as_bytes()).expect_err("a fault");
            assert_eq!(error.code, OAuthErrorCode::InvalidNotificationRequest, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            let _ = NotificationRequest::read(&bytes);
        }
    }
}
