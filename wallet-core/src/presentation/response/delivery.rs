//! The wallet's side: an answer on its way to the verifier (OpenID4VP 1.0 §8.2, §8.3, appendix A.4).

use serde_json::{Map, Value, json};

use super::{AuthorizationResponse, MAX_RESPONSE};
use crate::error::{Result, WalletError};
use crate::json;
use crate::oauth::form::FORM;
use crate::oauth::{Form, OAuthErrorCode};
use crate::ports::HttpRequest;
use crate::presentation::request::{AuthorizationRequest, ResponseMode};

/// The longest answer of a verifier to an answer, in bytes.
const MAX_RECEIPT: usize = 64 << 10;

/// How an answer leaves the wallet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// The wallet sends it, and reads the [`Receipt`](super::Receipt).
    Post(HttpRequest),
    /// The browser is led to this URL.
    Redirect(String),
    /// The platform carries this `data`.
    DcApi(Value),
}

impl AuthorizationResponse {
    /// The answer as `request` wants it delivered, encrypted where it says so; an error is never encrypted, as it says nothing.
    ///
    /// Fails with `Unsupported` when the verifier names no key that is known here, `Misused` when the answer is too long to be read.
    pub fn deliver(&self, request: &AuthorizationRequest) -> Result<Delivery> {
        let mut parameters = self.parameters();
        if request.response_mode.is_encrypted() && self.outcome.is_ok() {
            parameters = Map::from_iter([("response".to_owned(), encrypt(&parameters, request)?.into())]);
        }
        let form = || parameters.iter().fold(Form::new(), |form, (name, value)| form.with(name, text(value)));
        Ok(match &request.response_mode {
            ResponseMode::DirectPost { response_uri } | ResponseMode::DirectPostJwt { response_uri } => {
                let body = form().to_text().into_bytes();
                let post = HttpRequest::post(response_uri.as_str(), FORM, body);
                Delivery::Post(HttpRequest { max_bytes: MAX_RECEIPT, ..post })
            }
            ResponseMode::Fragment { redirect_uri } => Delivery::Redirect(format!("{redirect_uri}#{}", form().to_text())),
            ResponseMode::DcApi { .. } | ResponseMode::DcApiJwt { .. } => Delivery::DcApi(self.data(parameters)),
        })
    }

    fn data(&self, parameters: Map<String, Value>) -> Value {
        match &self.outcome {
            Ok(_) => Value::Object(parameters),
            Err(error) => error_data(&error.code),
        }
    }
}

/// The `data` that says no over the platform's API: the code alone (appendix A.4).
pub fn error_data(code: &OAuthErrorCode) -> Value {
    json!({ "error": code.as_str() })
}

fn encrypt(parameters: &Map<String, Value>, request: &AuthorizationRequest) -> Result<String> {
    let plain = json::write(parameters);
    if plain.len() > MAX_RESPONSE {
        return Err(WalletError::misused("the answer is longer than 700 KiB: share less at a time"));
    }
    let (key, encryption) = request.client_metadata.encryption()?;
    key.encrypt(plain.as_bytes(), encryption)
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
