//! The token endpoint: a code or a refresh token becomes an access token (RFC 6749 §4.1.3 and §6, OpenID4VCI 1.0 §6).

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::call::{json_answer, json_of};
use super::{CodeVerifier, CredentialAuthorization, Endpoint, Form, OAuthError, OAuthErrorCode, Secret, authorization_details};
use crate::error::{Result, WalletError};
use crate::ports::HttpResponse;

/// The grant of a pre-authorized code.
pub const PRE_AUTHORIZED_CODE: &str = "urn:ietf:params:oauth:grant-type:pre-authorized_code";
/// The grant of an authorization code.
pub const AUTHORIZATION_CODE: &str = "authorization_code";
/// The grant of a refresh token.
pub const REFRESH_TOKEN: &str = "refresh_token";

/// What is exchanged for a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grant {
    /// A code that an offer carried, with the transaction code the person typed in.
    PreAuthorizedCode {
        /// The code.
        code: Secret,
        /// The transaction code, if the offer wants one.
        tx_code: Option<Secret>,
    },
    /// A code that the browser brought back.
    AuthorizationCode {
        /// The code.
        code: Secret,
        /// The secret of PKCE.
        verifier: CodeVerifier,
        /// Where the browser came back to, the same as in the request.
        redirect_uri: String,
    },
    /// A refresh token.
    RefreshToken {
        /// The token.
        token: Secret,
    },
}

impl Grant {
    /// The `grant_type`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::PreAuthorizedCode { .. } => PRE_AUTHORIZED_CODE,
            Self::AuthorizationCode { .. } => AUTHORIZATION_CODE,
            Self::RefreshToken { .. } => REFRESH_TOKEN,
        }
    }
}

/// A request to the token endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRequest {
    /// What is exchanged.
    pub grant: Grant,
    /// The client, where it says who it is.
    pub client_id: Option<String>,
    /// The configurations asked for.
    pub details: Vec<CredentialAuthorization>,
    /// The credential issuer, for a server that has several (RFC 8707; `locations` of the details).
    pub resource: Option<Endpoint>,
}

impl TokenRequest {
    /// The parameters.
    pub fn to_form(&self) -> Form {
        let form = Form::new().with("grant_type", self.grant.name());
        let form = match &self.grant {
            Grant::PreAuthorizedCode { code, tx_code } => {
                form.with("pre-authorized_code", code.expose()).with_some("tx_code", tx_code.as_ref().map(Secret::expose))
            }
            Grant::AuthorizationCode { code, verifier, redirect_uri } => {
                form.with("code", code.expose()).with("code_verifier", verifier.expose()).with("redirect_uri", redirect_uri)
            }
            Grant::RefreshToken { token } => form.with("refresh_token", token.expose()),
        };
        let details = (!self.details.is_empty()).then(|| authorization_details::write(&self.details, self.resource.as_ref()));
        form.with_some("client_id", self.client_id.as_deref())
            .with_some("authorization_details", details.map(|details| details.to_string()))
            .with_some("resource", self.resource.as_ref().map(Endpoint::as_str))
    }

    /// Reads the parameters as a server.
    pub fn read(form: &Form) -> Result<Self, OAuthError> {
        let secret = |name: &str| form.needed(name).map(Secret::from);
        let grant = match form.needed("grant_type")? {
            PRE_AUTHORIZED_CODE => {
                Grant::PreAuthorizedCode { code: secret("pre-authorized_code")?, tx_code: form.text("tx_code").map(Secret::from) }
            }
            AUTHORIZATION_CODE => Grant::AuthorizationCode {
                code: secret("code")?,
                verifier: CodeVerifier::read(form.needed("code_verifier")?).map_err(OAuthError::from_malformed)?,
                redirect_uri: form.needed("redirect_uri")?.to_owned(),
            },
            REFRESH_TOKEN => Grant::RefreshToken { token: secret("refresh_token")? },
            _ => return Err(OAuthError::new(OAuthErrorCode::UnsupportedGrantType)),
        };
        Ok(Self {
            grant,
            client_id: form.text("client_id").map(str::to_owned),
            details: authorization_details::asked(form)?,
            resource: form.text("resource").map(Endpoint::read).transpose().map_err(OAuthError::from_malformed)?,
        })
    }
}

/// How an access token is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum TokenType {
    /// By whoever has it (RFC 6750).
    Bearer,
    /// By whoever has its key (RFC 9449).
    #[serde(rename = "DPoP")]
    Dpop,
}

impl TokenType {
    /// The scheme of the `authorization` header.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bearer => "Bearer",
            Self::Dpop => "DPoP",
        }
    }
}

/// A token and what it is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenResponse {
    /// The access token.
    pub access_token: Secret,
    /// How it is used.
    pub token_type: TokenType,
    /// How long it may be used, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_in: Option<u64>,
    /// What gets the next one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<Secret>,
    /// The scopes it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// The configurations and data sets it is for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<CredentialAuthorization>,
}

impl TokenResponse {
    /// Reads the answer of a server.
    pub fn read(response: &HttpResponse) -> Result<Self> {
        let bad = |reason: &str| WalletError::malformed("token response", reason);
        let object = json_of("token response", response)?;
        let text = |name: &str| object.get(name).and_then(Value::as_str);
        let token_type = match text("token_type") {
            Some(found) if found.eq_ignore_ascii_case("Bearer") => TokenType::Bearer,
            Some(found) if found.eq_ignore_ascii_case("DPoP") => TokenType::Dpop,
            _ => return Err(WalletError::unsupported("this token type", "use DPoP or Bearer")),
        };
        let details = object.get("authorization_details").filter(|details| !details.is_null());
        Ok(Self {
            access_token: text("access_token")
                .filter(|token| is_token68(token))
                .ok_or_else(|| bad("it has no access_token"))?
                .into(),
            token_type,
            expires_in: object.get("expires_in").and_then(Value::as_u64),
            refresh_token: text("refresh_token").map(Secret::from),
            scope: text("scope").map(str::to_owned),
            details: details.map(authorization_details::read).transpose()?.unwrap_or_default(),
        })
    }

    /// The answer of a server, which no cache of any age may keep (RFC 6749 §5.1).
    pub fn to_response(&self) -> HttpResponse {
        let mut body = json!({ "access_token": self.access_token, "token_type": self.token_type });
        if let Some(seconds) = self.expires_in {
            body["expires_in"] = seconds.into();
        }
        if let Some(token) = &self.refresh_token {
            body["refresh_token"] = token.expose().into();
        }
        if let Some(scope) = &self.scope {
            body["scope"] = scope.as_str().into();
        }
        if !self.details.is_empty() {
            body["authorization_details"] = authorization_details::write(&self.details, None);
        }
        let mut response = json_answer(200, &body);
        response.headers.push(("pragma".to_owned(), "no-cache".to_owned()));
        response
    }

    /// The value of the `authorization` header.
    pub fn authorization(&self) -> String {
        format!("{} {}", self.token_type.as_str(), self.access_token.expose())
    }
}

/// Whether the text may stand in a header (RFC 6750 §2.1), so that no line of it can be another header.
fn is_token68(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oauth::call::answer;
    use proptest::prelude::*;

    fn request(grant: Grant) -> TokenRequest {
        TokenRequest { grant, client_id: Some("wallet".to_owned()), details: Vec::new(), resource: None }
    }

    #[test]
    fn openid4vci_section_6_1_examples() {
        let code = TokenRequest::read(
            &Form::read(concat!(
                "grant_type=authorization_code&code=SplxlOBeZQQYbYS6WxSbIA&code_verifier=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
                "&redirect_uri=https%3A%2F%2Fwallet.example.org%2Fcb",
            ))
            .expect("a form"),
        );
        assert!(matches!(code.expect("the published example").grant, Grant::AuthorizationCode { .. }));
        let pre_authorized = TokenRequest::read(
            &Form::read(concat!(
                "grant_type=urn:ietf:params:oauth:grant-type:pre-authorized_code&pre-authorized_code=SplxlOBeZQQYbYS6WxSbIA",
                "&tx_code=493536&authorization_details=%5B%7B%22type%22%3A%20%22openid_credential%22%2C%20%22",
                "credential_configuration_id%22%3A%20%22UniversityDegreeCredential%22%7D%5D",
            ))
            .expect("a form"),
        );
        let expected = TokenRequest {
            client_id: None,
            details: vec![CredentialAuthorization::of("UniversityDegreeCredential")],
            ..request(Grant::PreAuthorizedCode { code: "SplxlOBeZQQYbYS6WxSbIA".into(), tx_code: Some("493536".into()) })
        };
        assert_eq!(pre_authorized, Ok(expected));
    }

    #[test]
    fn openid4vci_section_6_2_example() {
        let body = concat!(
            r#"{"access_token":"eyJhbGciOiJSUzI1NiIsInR5cCI6Ikp..sHQ","token_type":"Bearer","expires_in":86400,"authorization_details":"#,
            r#"[{"type":"openid_credential","credential_configuration_id":"UniversityDegreeCredential","credential_identifiers":"#,
            r#"["CivilEngineeringDegree-2023","ElectricalEngineeringDegree-2023"]}]}"#,
        );
        let response = TokenResponse::read(&answer(200, "application/json", body.into())).expect("the published example");
        assert_eq!(response.details[0].credential_identifiers.len(), 2);
        assert_eq!(response.authorization(), "Bearer eyJhbGciOiJSUzI1NiIsInR5cCI6Ikp..sHQ");
        assert_eq!(TokenResponse::read(&response.to_response()), Ok(response));
    }

    #[test]
    fn every_grant_reads_back() {
        let verifier = CodeVerifier::read("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk").expect("a verifier");
        for grant in [
            Grant::PreAuthorizedCode { code: "a".into(), tx_code: None },
            Grant::PreAuthorizedCode { code: "a".into(), tx_code: Some("ñ 1".into()) },
            Grant::AuthorizationCode { code: "a".into(), verifier, redirect_uri: "app:/cb".to_owned() },
            Grant::RefreshToken { token: "a".into() },
        ] {
            let request = request(grant);
            assert_eq!(TokenRequest::read(&request.to_form()), Ok(request));
        }
        let form = Form::new().with("grant_type", "password");
        assert_eq!(TokenRequest::read(&form).expect_err("refused").code, OAuthErrorCode::UnsupportedGrantType);
    }

    #[test]
    fn token_that_would_break_out_of_its_header_is_refused() {
        let body = r#"{"access_token":"a\r\nx: y","token_type":"Bearer"}"#;
        assert!(TokenResponse::read(&answer(200, "application/json", body.into())).is_err());
    }

    #[test]
    fn tokens_and_codes_do_not_print() {
        let request = request(Grant::PreAuthorizedCode { code: "hush".into(), tx_code: Some("hush".into()) });
        let response = TokenResponse {
            access_token: "hush".into(),
            token_type: TokenType::Bearer,
            expires_in: None,
            refresh_token: Some("hush".into()),
            scope: None,
            details: Vec::new(),
        };
        assert!(!format!("{request:?} {response:?} {:?}", request.to_form()).contains("hush"));
    }

    proptest! {
        #[test]
        fn any_form_is_a_request_or_refused(grant in "[a-z:_-]{0,50}", text in "\\PC{0,60}") {
            let form = Form::new().with("grant_type", grant).with("authorization_details", text.clone()).with("code", text);
            let _ = TokenRequest::read(&form);
        }

        #[test]
        fn any_answer_is_read_or_refused(body in "\\PC{0,100}") {
            prop_assert!(TokenResponse::read(&answer(200, "application/json", body.into_bytes())).is_err());
        }
    }
}
