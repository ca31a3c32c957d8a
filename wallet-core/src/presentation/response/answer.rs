//! What a wallet answers: its presentations, or why there are none (OpenID4VP 1.0 §8.1, §8.5).

use serde_json::{Map, Value};

use super::VpToken;
use crate::oauth::{OAuthError, OAuthErrorCode};
use crate::presentation::request::AuthorizationRequest;

/// What a wallet answers.
#[derive(Debug, Clone, PartialEq)]
pub struct AuthorizationResponse {
    /// The presentations, or why there are none.
    pub outcome: Result<VpToken, OAuthError>,
    /// The `state` of the request.
    pub state: Option<String>,
}

impl AuthorizationResponse {
    /// Answers `request` with presentations.
    pub fn presenting(vp_token: VpToken, request: &AuthorizationRequest) -> Self {
        Self { outcome: Ok(vp_token), state: request.state.clone() }
    }

    /// Answers `request` with an error, and says no more than its code: whether the holder had nothing or did not agree is not told
    /// (§15.4.1, §15.9).
    pub fn refusing(code: OAuthErrorCode, request: &AuthorizationRequest) -> Self {
        Self { outcome: Err(OAuthError::new(code)), state: request.state.clone() }
    }

    /// The parameters.
    pub(super) fn parameters(&self) -> Map<String, Value> {
        let mut parameters = match &self.outcome {
            Ok(vp_token) => Map::from_iter([("vp_token".to_owned(), vp_token.to_json())]),
            Err(error) => error.to_json(),
        };
        if let Some(state) = &self.state {
            parameters.insert("state".to_owned(), state.clone().into());
        }
        parameters
    }
}
