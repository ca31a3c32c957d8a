//! How a server says no: RFC 6749 §4.1.2.1 and §5.2, RFC 6750 §3.1, RFC 9449 §5 and §8, and the codes of OpenID4VCI 1.0 and OpenID4VP 1.0.

use std::fmt;

use serde_json::{Map, Value, json};

use super::call::{header_of, json_answer, json_of};
use super::form::Form;
use super::{client_attestation, dpop};
use crate::error::WalletError;
use crate::ports::HttpResponse;

/// The longest code or description that is passed on, in characters.
const MAX_TEXT: usize = 300;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal,)*) => {
        /// What went wrong, for a program to act on.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum OAuthErrorCode {
            $($(#[$doc])* $name,)*
            /// Another code than those known here.
            Other(String),
        }

        impl OAuthErrorCode {
            /// The code as it is written.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$name => $code,)*
                    Self::Other(code) => code,
                }
            }
        }

        impl From<&str> for OAuthErrorCode {
            fn from(code: &str) -> Self {
                match code {
                    $($code => Self::$name,)*
                    other => Self::Other(presentable(other)),
                }
            }
        }
    };
}

codes! {
    /// A parameter is missing, comes twice or is malformed.
    InvalidRequest = "invalid_request",
    /// The client is unknown or did not prove who it is.
    InvalidClient = "invalid_client",
    /// The code, transaction code or refresh token is wrong, used or expired.
    InvalidGrant = "invalid_grant",
    /// The client may not do this.
    UnauthorizedClient = "unauthorized_client",
    /// The server knows no such grant.
    UnsupportedGrantType = "unsupported_grant_type",
    /// The server knows no such response type.
    UnsupportedResponseType = "unsupported_response_type",
    /// The scope is unknown.
    InvalidScope = "invalid_scope",
    /// The person, or the server, said no.
    AccessDenied = "access_denied",
    /// The server broke.
    ServerError = "server_error",
    /// The server cannot just now.
    TemporarilyUnavailable = "temporarily_unavailable",
    /// The details asked for are unknown (RFC 9396 §5).
    InvalidAuthorizationDetails = "invalid_authorization_details",
    /// The access token is wrong, used or expired (RFC 6750 §3.1).
    InvalidToken = "invalid_token",
    /// The access token is for something else (RFC 6750 §3.1).
    InsufficientScope = "insufficient_scope",
    /// The DPoP proof is not good (RFC 9449 §5).
    InvalidDpopProof = "invalid_dpop_proof",
    /// The DPoP proof needs the server's nonce (RFC 9449 §8).
    UseDpopNonce = "use_dpop_nonce",
    /// The client attestation needs the server's challenge (draft-ietf-oauth-attestation-based-client-auth §6.2).
    UseAttestationChallenge = "use_attestation_challenge",
    /// The client attestation is not good.
    InvalidClientAttestation = "invalid_client_attestation",
    /// The credential request is malformed (OpenID4VCI 1.0 §8.3.1).
    InvalidCredentialRequest = "invalid_credential_request",
    /// The configuration is unknown (OpenID4VCI 1.0 §8.3.1).
    UnknownCredentialConfiguration = "unknown_credential_configuration",
    /// The credential identifier is unknown (OpenID4VCI 1.0 §8.3.1).
    UnknownCredentialIdentifier = "unknown_credential_identifier",
    /// A key proof is missing or not good (OpenID4VCI 1.0 §8.3.1).
    InvalidProof = "invalid_proof",
    /// The nonce of a key proof is not, or no longer, the issuer's (OpenID4VCI 1.0 §8.3.1).
    InvalidNonce = "invalid_nonce",
    /// The encryption that was asked for is not possible (OpenID4VCI 1.0 §8.3.1).
    InvalidEncryptionParameters = "invalid_encryption_parameters",
    /// The issuer will not issue this, whatever is tried (OpenID4VCI 1.0 §8.3.1).
    CredentialRequestDenied = "credential_request_denied",
    /// The transaction of a deferred issuance is unknown (OpenID4VCI 1.0 §9.3).
    InvalidTransactionId = "invalid_transaction_id",
    /// The notification is about nothing known (OpenID4VCI 1.0 §11.3).
    InvalidNotificationId = "invalid_notification_id",
    /// The notification is malformed (OpenID4VCI 1.0 §11.3).
    InvalidNotificationRequest = "invalid_notification_request",
    /// The wallet has none of the formats asked for (OpenID4VP 1.0 §8.5).
    VpFormatsNotSupported = "vp_formats_not_supported",
    /// The method for fetching the request is unknown (OpenID4VP 1.0 §8.5).
    InvalidRequestUriMethod = "invalid_request_uri_method",
    /// The transaction data is unknown or does not go with the query (OpenID4VP 1.0 §8.5).
    InvalidTransactionData = "invalid_transaction_data",
    /// The wallet did not start (OpenID4VP 1.0 §8.5).
    WalletUnavailable = "wallet_unavailable",
}

/// An answer of a server that says no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OAuthError {
    /// What went wrong.
    pub code: OAuthErrorCode,
    /// For whoever develops the client.
    pub description: Option<String>,
    /// The HTTP status.
    pub status: u16,
    /// The nonce the next DPoP proof must carry (RFC 9449 §8).
    pub dpop_nonce: Option<String>,
    /// The challenge the next client attestation must carry.
    pub attestation_challenge: Option<String>,
}

impl OAuthError {
    /// An error of status 400, or 401 where the code says that whoever calls did not prove who it is.
    pub fn new(code: OAuthErrorCode) -> Self {
        let status = match code {
            OAuthErrorCode::InvalidClient | OAuthErrorCode::InvalidToken => 401,
            OAuthErrorCode::InsufficientScope => 403,
            OAuthErrorCode::ServerError => 500,
            OAuthErrorCode::TemporarilyUnavailable => 503,
            _ => 400,
        };
        Self { code, description: None, status, dpop_nonce: None, attestation_challenge: None }
    }

    /// A parameter is missing, comes twice or is malformed.
    pub fn invalid_request(description: impl Into<String>) -> Self {
        Self::new(OAuthErrorCode::InvalidRequest).because(description)
    }

    /// What a client is told when what it sent cannot be read.
    pub fn from_malformed(error: WalletError) -> Self {
        match error {
            WalletError::Malformed { what, reason } => Self::invalid_request(format!("{what}: {reason}")),
            WalletError::Unsupported { what, .. } => Self::invalid_request(format!("{what} is not supported")),
            _ => Self::new(OAuthErrorCode::ServerError),
        }
    }

    /// The same with a description, which must hold no secret.
    pub fn because(mut self, description: impl Into<String>) -> Self {
        self.description = Some(presentable(&description.into()));
        self
    }

    /// The same with another status, such as 401 where a resource wants a DPoP nonce (RFC 9449 §9).
    pub fn with_status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    /// The answer of a server.
    pub fn to_response(&self) -> HttpResponse {
        let mut body = json!({ "error": self.code.as_str() });
        if let Some(description) = &self.description {
            body["error_description"] = writable(description).into();
        }
        let mut response = json_answer(self.status, &body);
        let nonce = self.dpop_nonce.iter().map(|nonce| (dpop::NONCE_HEADER.to_owned(), nonce.clone()));
        let challenge = self.attestation_challenge.iter();
        let challenge = challenge.map(|challenge| (client_attestation::CHALLENGE_HEADER.to_owned(), challenge.clone()));
        response.headers.extend(nonce.chain(challenge));
        response.headers.extend(self.challenges().map(|challenge| ("www-authenticate".to_owned(), challenge)));
        response
    }

    /// What a resource says of the tokens it takes, where one was missing or not good (RFC 6750 §3, RFC 9449 §7.1).
    fn challenges(&self) -> impl Iterator<Item = String> {
        use OAuthErrorCode::{InsufficientScope, InvalidDpopProof, InvalidToken, UseDpopNonce};
        let code = self.code.as_str();
        let is_about_proof = matches!(self.code, InvalidDpopProof | UseDpopNonce) && self.status == 401;
        let is_about_token = matches!(self.code, InvalidToken | InsufficientScope);
        let bound = format!("DPoP error=\"{code}\", algs=\"{}\"", dpop::ALGORITHMS.join(" "));
        let bearer = format!("Bearer error=\"{code}\"");
        let bound = (is_about_proof || is_about_token).then_some(bound);
        bound.into_iter().chain(is_about_token.then_some(bearer))
    }

    /// Reads the answer of a server that is not the good one, whatever it is; the code may stand in `www-authenticate` alone.
    pub fn from_response(response: &HttpResponse) -> Self {
        let body = json_of("error", response).unwrap_or_default();
        let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
        let code = text("error").or_else(|| header_of(response, "www-authenticate").and_then(challenge_error));
        let code = code.unwrap_or_else(|| format!("HTTP status {}", response.status));
        Self {
            code: code.as_str().into(),
            description: text("error_description").map(|description| presentable(&description)),
            status: response.status,
            dpop_nonce: header_of(response, dpop::NONCE_HEADER).map(str::to_owned),
            attestation_challenge: header_of(response, client_attestation::CHALLENGE_HEADER).map(str::to_owned),
        }
    }

    /// Reads an error among the parameters of a redirect or a form (RFC 6749 §4.1.2.1); none when they hold none.
    pub fn from_form(form: &Form) -> Option<Self> {
        let error = Self::new(form.text("error")?.into());
        Some(match form.text("error_description") {
            Some(description) => error.because(description),
            None => error,
        })
    }

    /// The parameters of a redirect or a form.
    pub fn to_form(&self) -> Form {
        Form::new().with("error", self.code.as_str()).with_some("error_description", self.description.as_deref().map(writable))
    }

    /// The members of a JSON object.
    pub fn to_json(&self) -> Map<String, Value> {
        self.to_form().to_json()
    }

    /// What the app is told: `who` said no, and why.
    pub fn refusal(&self, who: &str) -> WalletError {
        WalletError::refused(who, self)
    }
}

impl fmt::Display for OAuthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.description {
            Some(description) => write!(f, "{}: {description}", self.code.as_str()),
            None => f.write_str(self.code.as_str()),
        }
    }
}

impl std::error::Error for OAuthError {}

/// The `error` of a `www-authenticate` challenge (RFC 6750 §3).
fn challenge_error(header: &str) -> Option<String> {
    let (_, rest) = header.split_once("error=\"")?;
    rest.split_once('"').map(|(code, _)| code.to_owned())
}

/// Text as an error may carry it: printable ASCII without quotes and backslashes (RFC 6749 §5.2, OpenID4VCI 1.0 §8.3.1.2).
fn writable(text: &str) -> String {
    text.chars().filter(|c| matches!(c, ' '..='!' | '#'..='[' | ']'..='~')).collect()
}

/// Text from outside as it may be shown: one line of printable characters.
fn presentable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX_TEXT).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oauth::call::{answer, empty_answer};
    use proptest::prelude::*;

    #[test]
    fn rfc_6749_section_5_2_example() {
        let response = answer(400, "application/json;charset=UTF-8", br#"{"error":"invalid_request"}"#.to_vec());
        let error = OAuthError::from_response(&response);
        assert_eq!((error.code, error.status), (OAuthErrorCode::InvalidRequest, 400));
    }

    #[test]
    fn error_reads_back_with_its_nonce() {
        let mut error = OAuthError::new(OAuthErrorCode::UseDpopNonce).because("use the nonce").with_status(401);
        error.dpop_nonce = Some("n-1".to_owned());
        assert_eq!(OAuthError::from_response(&error.to_response()), error);
        assert_eq!(OAuthError::from_form(&error.to_form()).expect("an error").to_string(), "use_dpop_nonce: use the nonce");
    }

    #[test]
    fn description_is_printable_ascii_without_quotes() {
        let error = OAuthError::invalid_request("no \"ñ\" and no \\ here");
        let expected = "no  and no  here";
        let body: Value = serde_json::from_slice(&error.to_response().body).expect("JSON");
        assert_eq!(
            (body["error_description"].as_str(), error.to_form().text("error_description")),
            (Some(expected), Some(expected))
        );
    }

    #[test]
    fn resource_says_which_tokens_it_takes_and_a_server_does_not() {
        let challenges = |code, status| {
            let response = OAuthError::new(code).with_status(status).to_response();
            let found = response.headers.into_iter().filter(|(name, _)| name == "www-authenticate");
            found.map(|(_, value)| value.split(',').next().unwrap_or_default().to_owned()).collect::<Vec<_>>()
        };
        for (code, status, expected) in [
            (OAuthErrorCode::InvalidToken, 401, &["DPoP error=\"invalid_token\"", "Bearer error=\"invalid_token\""][..]),
            (
                OAuthErrorCode::InsufficientScope,
                403,
                &["DPoP error=\"insufficient_scope\"", "Bearer error=\"insufficient_scope\""],
            ),
            (OAuthErrorCode::UseDpopNonce, 401, &["DPoP error=\"use_dpop_nonce\""]),
            (OAuthErrorCode::UseDpopNonce, 400, &[]),
            (OAuthErrorCode::InvalidClient, 401, &[]),
        ] {
            assert_eq!(challenges(code.clone(), status), expected, "{code:?} {status}");
        }
    }

    #[test]
    fn code_may_stand_in_the_challenge_alone() {
        let mut response = empty_answer(401);
        response.headers.push(("www-authenticate".to_owned(), r#"DPoP error="use_dpop_nonce", algs="ES256""#.to_owned()));
        assert_eq!(OAuthError::from_response(&response).code, OAuthErrorCode::UseDpopNonce);
    }

    #[test]
    fn answer_that_is_no_error_at_all_has_its_status() {
        let error = OAuthError::from_response(&answer(502, "text/html", b"<h1>Bad gateway".to_vec()));
        assert_eq!(error.refusal("the issuer").to_string(), "the issuer refused: HTTP status 502");
    }

    proptest! {
        #[test]
        fn any_answer_is_read_as_an_error_of_one_line(body in "\\PC{0,60}", text in "(?s).{0,400}") {
            for body in [body, json!({ "error": text, "error_description": text }).to_string()] {
                let shown = OAuthError::from_response(&answer(400, "application/json", body.into_bytes())).to_string();
                prop_assert!(!shown.chars().any(char::is_control) && shown.chars().count() <= 2 * MAX_TEXT + 2);
            }
        }
    }
}
