//! The link or QR code a request comes by: whole, as a request object, or as the address of one (OpenID4VP 1.0 §5.4, RFC 9101 §5).

use serde_json::{Map, Value};
use url::Url;

use super::fault::{RequestFault, Result};
use super::parameters::{Way, needed, text};
use super::{AuthorizationRequest, Carriage, ClientId, ReceivedRequest};
use crate::json;
use crate::oauth::form::FORM;
use crate::oauth::{Endpoint, Form, OAuthErrorCode};
use crate::ports::{HttpRequest, HttpResponse};

/// The longest link that is read, in bytes.
const MAX_LINK: usize = 64 << 10;
/// The longest request object that is fetched, in bytes.
const MAX_OBJECT: usize = 128 << 10;
const MEDIA_TYPE: &str = "application/oauth-authz-req+jwt";
/// The parameters that are JSON inside a link (§5.1).
const JSON_PARAMETERS: [&str; 5] = ["dcql_query", "client_metadata", "transaction_data", "verifier_info", "expected_origins"];

/// What a link leads to.
#[derive(Debug, Clone, PartialEq)]
pub enum RequestLink {
    /// The request itself.
    Whole(ReceivedRequest),
    /// Where it is to be fetched.
    Reference(RequestReference),
}

/// Where a request object is to be fetched, once.
#[derive(Debug, Clone, PartialEq)]
pub struct RequestReference {
    /// Who says to ask, which the request object must say, too.
    pub client_id: ClientId,
    /// The address.
    pub request_uri: Endpoint,
    /// How to ask for it.
    pub method: RequestUriMethod,
}

/// How to ask for a request object (OpenID4VP 1.0 §5.1, §5.10).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestUriMethod {
    /// By a GET.
    Get,
    /// By a POST that says what the wallet can, with a one-time value of its own.
    Post,
}

impl RequestUriMethod {
    /// The value of `request_uri_method`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::Post => "post",
        }
    }
}

impl RequestLink {
    /// Reads a link of any scheme: `openid4vp://`, `haip-vp://` or a web address of the wallet's.
    pub fn read(text: &str) -> Result<Self> {
        if text.len() > MAX_LINK {
            return Err(RequestFault::invalid("it is longer than 64 KiB"));
        }
        let url = Url::parse(text.trim()).map_err(|_| RequestFault::invalid("it is no link"))?;
        let parameters = parameters_of(url.query().unwrap_or_default())?;
        let (object, reference) = (parameters.get("request"), parameters.get("request_uri"));
        if reference.is_none() && parameters.contains_key("request_uri_method") {
            return Err(RequestFault::invalid("it has a request_uri_method without a request_uri"));
        }
        match (object, reference) {
            (Some(_), Some(_)) => Err(RequestFault::invalid("it has both a request and a request_uri")),
            (Some(_), None) => {
                let client_id = ClientId::read(needed(&parameters, "client_id")?)?;
                ReceivedRequest::of_object(needed(&parameters, "request")?, &client_id, None).map(Self::Whole)
            }
            (None, Some(_)) => RequestReference::of(&parameters).map(Self::Reference),
            (None, None) => AuthorizationRequest::read(&parameters, &Way::Link)
                .map(|request| Self::Whole(ReceivedRequest::unsigned(request, Carriage::Link))),
        }
    }
}

impl RequestReference {
    fn of(parameters: &Map<String, Value>) -> Result<Self> {
        let method = match text(parameters, "request_uri_method")? {
            None | Some("get") => RequestUriMethod::Get,
            Some("post") => RequestUriMethod::Post,
            Some(_) => {
                let reason = "its request_uri_method is neither get nor post";
                return Err(RequestFault::with(OAuthErrorCode::InvalidRequestUriMethod, reason));
            }
        };
        let request_uri = needed(parameters, "request_uri")?.parse()?;
        Ok(Self { client_id: ClientId::read(needed(parameters, "client_id")?)?, request_uri, method })
    }

    /// The HTTP request that fetches the object; by a POST it carries what the wallet can (§10) and its `nonce`.
    ///
    /// Nothing in it tells one wallet from another (§15.6).
    pub fn ask(&self, wallet_metadata: &Map<String, Value>, nonce: &str) -> HttpRequest {
        let mut request = match self.method {
            RequestUriMethod::Get => HttpRequest::get(self.request_uri.as_str()),
            RequestUriMethod::Post => {
                let form = Form::new().with("wallet_metadata", json::write(wallet_metadata)).with("wallet_nonce", nonce);
                HttpRequest::post(self.request_uri.as_str(), FORM, form.to_text().into_bytes())
            }
        };
        request.headers.push(("accept".to_owned(), MEDIA_TYPE.to_owned()));
        request.max_bytes = MAX_OBJECT;
        request
    }

    /// Reads what came back when it was asked for with `nonce`: the same client must ask, and by a POST with that nonce (§5.10.1).
    ///
    /// The media type is not looked at: the object says of itself, signed, what it is.
    pub fn read(&self, answer: &HttpResponse, nonce: &str) -> Result<ReceivedRequest> {
        if answer.status != 200 {
            return Err(RequestFault::untrusted(format!("the verifier answered {} when asked for its request", answer.status)));
        }
        let text = std::str::from_utf8(&answer.body).map_err(|_| RequestFault::invalid("the request object is not text"))?;
        let received = ReceivedRequest::of_object(text.trim(), &self.client_id, Some(&self.request_uri))?;
        if self.method == RequestUriMethod::Post && !received.repeats(nonce) {
            return Err(RequestFault::invalid("the request object does not repeat the wallet's nonce"));
        }
        Ok(received)
    }
}

/// The link with these parameters, by `scheme`, such as `openid4vp://`.
pub fn write(scheme: &str, parameters: &Map<String, Value>) -> String {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let form = parameters.iter().fold(Form::new(), |form, (name, value)| form.with(name, text(value)));
    format!("{scheme}?{}", form.to_text())
}

/// The parameters of a query, each once (RFC 6749 §3.1), those that are JSON read.
fn parameters_of(query: &str) -> Result<Map<String, Value>> {
    let form = Form::read(query)?;
    let read = |(name, text): (&str, &str)| {
        let value = if JSON_PARAMETERS.contains(&name) { json::read(name, text)? } else { text.into() };
        Ok((name.to_owned(), value))
    };
    form.iter().map(read).collect()
}

#[cfg(test)]
mod tests;
