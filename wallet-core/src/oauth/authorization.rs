//! The authorization request and its answer, both through the browser (RFC 6749 §4.1, RFC 7636, RFC 9207, OpenID4VCI 1.0 §5).

use url::Url;

use super::{CredentialAuthorization, Endpoint, Form, OAuthError, OAuthErrorCode, authorization_details, pkce};
use crate::error::{Result, WalletError};

/// A request for an authorization code.
#[derive(Debug, Clone, PartialEq)]
pub struct AuthorizationRequest {
    /// The client.
    pub client_id: String,
    /// Where the browser comes back to.
    pub redirect_uri: String,
    /// What the client recognises the answer by.
    pub state: Option<String>,
    /// The challenge of PKCE, always `S256`.
    pub code_challenge: String,
    /// The scopes asked for, separated by blanks.
    pub scope: Option<String>,
    /// The configurations asked for.
    pub details: Vec<CredentialAuthorization>,
    /// The credential issuer, for a server that has several (RFC 8707; `locations` of the details).
    pub resource: Option<Endpoint>,
    /// What the credential issuer recognises its offer by.
    pub issuer_state: Option<String>,
    /// The thumbprint of the key that tokens will be bound to (RFC 9449 §10).
    pub dpop_jkt: Option<String>,
}

impl AuthorizationRequest {
    /// The parameters, to be pushed or put into a URL.
    pub fn to_form(&self) -> Form {
        let details = (!self.details.is_empty()).then(|| authorization_details::write(&self.details, self.resource.as_ref()));
        Form::new()
            .with("response_type", "code")
            .with("client_id", &self.client_id)
            .with("redirect_uri", &self.redirect_uri)
            .with("code_challenge", &self.code_challenge)
            .with("code_challenge_method", pkce::S256)
            .with_some("state", self.state.as_deref())
            .with_some("scope", self.scope.as_deref())
            .with_some("authorization_details", details.map(|details| details.to_string()))
            .with_some("resource", self.resource.as_ref().filter(|_| self.scope.is_some()).map(Endpoint::as_str))
            .with_some("issuer_state", self.issuer_state.as_deref())
            .with_some("dpop_jkt", self.dpop_jkt.as_deref())
    }

    /// Reads the parameters as a server; refuses a request without PKCE.
    pub fn read(form: &Form) -> Result<Self, OAuthError> {
        if form.needed("response_type")? != "code" {
            return Err(OAuthError::new(OAuthErrorCode::UnsupportedResponseType));
        }
        if form.text("code_challenge_method") != Some(pkce::S256) {
            return Err(OAuthError::invalid_request("code_challenge_method is not S256"));
        }
        let text = |name: &str| form.text(name).map(str::to_owned);
        Ok(Self {
            client_id: form.needed("client_id")?.to_owned(),
            redirect_uri: form.needed("redirect_uri")?.to_owned(),
            state: text("state"),
            code_challenge: form.needed("code_challenge")?.to_owned(),
            scope: text("scope"),
            details: authorization_details::asked(form)?,
            resource: form.text("resource").map(Endpoint::read).transpose().map_err(OAuthError::from_malformed)?,
            issuer_state: text("issuer_state"),
            dpop_jkt: text("dpop_jkt"),
        })
    }
}

/// What the server sends the browser back with.
#[derive(Debug, Clone, PartialEq)]
pub struct AuthorizationAnswer {
    /// The code, or why there is none.
    pub outcome: Result<super::Secret, OAuthError>,
    /// The `state` of the request.
    pub state: Option<String>,
    /// The server that answers (RFC 9207).
    pub issuer: Option<String>,
}

impl AuthorizationAnswer {
    /// The URL the browser is sent to.
    pub fn to_url(&self, redirect_uri: &str) -> Result<String> {
        let mut url =
            Url::parse(redirect_uri).map_err(|_| WalletError::malformed("redirect_uri", "it is not an absolute URL"))?;
        let form = match &self.outcome {
            Ok(code) => Form::new().with("code", code.expose()),
            Err(error) => error.to_form(),
        };
        let form = form.with_some("state", self.state.as_deref()).with_some("iss", self.issuer.as_deref());
        url.query_pairs_mut().extend_pairs(form.iter());
        Ok(url.into())
    }

    /// Reads the URL a browser came back with.
    pub fn read(url: &str) -> Result<Self> {
        let query = url.split_once('?').map(|(_, query)| query.split('#').next().unwrap_or_default());
        let form = Form::read(query.unwrap_or_default())?;
        let outcome = match (OAuthError::from_form(&form), form.text("code")) {
            (Some(error), None) => Err(error),
            (None, Some(code)) => Ok(code.into()),
            _ => return Err(WalletError::malformed("authorization response", "it has not exactly one of code and error")),
        };
        let text = |name: &str| form.text(name).map(str::to_owned);
        Ok(Self { outcome, state: text("state"), issuer: text("iss") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn request() -> AuthorizationRequest {
        AuthorizationRequest {
            client_id: "s6BhdRkqt3".to_owned(),
            redirect_uri: "https://wallet.example.org/cb".to_owned(),
            state: Some("state".to_owned()),
            code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".to_owned(),
            scope: None,
            details: vec![CredentialAuthorization::of("UniversityDegreeCredential")],
            resource: None,
            issuer_state: Some("eyJhbGciOiJSU0Et...FYUaBy".to_owned()),
            dpop_jkt: None,
        }
    }

    #[test]
    fn openid4vci_section_5_1_1_example() {
        let text = concat!(
            "response_type=code&client_id=s6BhdRkqt3",
            "&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256",
            "&authorization_details=%5B%7B%22type%22%3A%20%22openid_credential%22%2C%20%22",
            "credential_configuration_id%22%3A%20%22UniversityDegreeCredential%22%7D%5D",
            "&redirect_uri=https%3A%2F%2Fwallet.example.org%2Fcb",
        );
        let read = AuthorizationRequest::read(&Form::read(text).expect("a form")).expect("the published example");
        assert_eq!(read, AuthorizationRequest { state: None, issuer_state: None, ..request() });
    }

    #[test]
    fn request_reads_back_and_one_without_pkce_is_refused() {
        assert_eq!(AuthorizationRequest::read(&request().to_form()), Ok(request()));
        for (from, to) in [("S256", "plain"), ("code_challenge_method=S256", ""), ("response_type=code", "response_type=token")] {
            let form = Form::read(&request().to_form().to_text().replace(from, to)).expect("a form");
            assert!(AuthorizationRequest::read(&form).is_err(), "{to}");
        }
    }

    #[test]
    fn answer_reads_back_with_its_state_and_issuer() {
        for outcome in [Ok("SplxlOBeZQQYbYS6WxSbIA".into()), Err(OAuthError::new(OAuthErrorCode::AccessDenied))] {
            let answer =
                AuthorizationAnswer { outcome, state: Some("a&b".to_owned()), issuer: Some("https://as.example".to_owned()) };
            let url = answer.to_url("https://wallet.example.org/cb?tab=1").expect("a URL");
            assert!(url.starts_with("https://wallet.example.org/cb?tab=1&"));
            assert_eq!(AuthorizationAnswer::read(&url), Ok(answer));
        }
        assert!(AuthorizationAnswer::read("https://wallet.example.org/cb?state=a").is_err());
        assert!(AuthorizationAnswer::read("https://wallet.example.org/cb?code=1&error=x").is_err());
        assert!(AuthorizationAnswer::read("https://wallet.example.org/cb?code=1&code=2").is_err());
    }

    proptest! {
        #[test]
        fn any_url_is_an_answer_or_refused(text in "\\PC{0,100}") {
            let _ = AuthorizationAnswer::read(&text);
            let _ = AuthorizationAnswer::read(&format!("https://w.example/cb?{text}"));
        }

        #[test]
        fn any_form_is_a_request_or_refused(text in "\\PC{0,60}") {
            let form = request().to_form();
            let form = Form::read(&format!("{}&dpop_jkt=x", form.to_text())).expect("a form");
            let changed = form.iter().fold(Form::new(), |all, (name, value)| {
                all.with(name, if name == "authorization_details" { text.as_str() } else { value })
            });
            let _ = AuthorizationRequest::read(&changed);
        }
    }
}
