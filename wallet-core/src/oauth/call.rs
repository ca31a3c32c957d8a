//! A request as a server gets it, and the answers it gives.

use std::fmt;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde_json::{Map, Value};
use url::Url;

use super::{Form, OAuthError};
use crate::error::{Result, WalletError};
use crate::json;
use crate::ports::{HttpMethod, HttpRequest, HttpResponse};

/// A request that reached a server: the URL is the one the client used, the server's public base with path and query.
#[derive(Clone, PartialEq, Eq)]
pub struct Call {
    /// The method.
    pub method: HttpMethod,
    /// The absolute URL.
    pub url: String,
    /// Header names in lower case, with their values.
    pub headers: Vec<(String, String)>,
    /// The body; empty for none.
    pub body: Vec<u8>,
}

impl Call {
    /// The path of the URL; empty when that is none.
    pub fn path(&self) -> String {
        Url::parse(&self.url).map(|url| url.path().to_owned()).unwrap_or_default()
    }

    /// The URL without query and fragment, as `htu` names it (RFC 9449 §4.2).
    pub fn place(&self) -> &str {
        self.url.split(['?', '#']).next().unwrap_or_default()
    }

    /// A header that comes once; none when it is missing or comes twice.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(found, _)| found == name).map(|(_, value)| value.as_str());
        found.next().filter(|_| found.next().is_none())
    }

    /// The parameters of the query.
    pub fn query(&self) -> Result<Form, OAuthError> {
        let query = self.url.split_once('?').map(|(_, query)| query.split('#').next().unwrap_or_default());
        Form::read(query.unwrap_or_default()).map_err(OAuthError::from_malformed)
    }

    /// The parameters of a body that is a form.
    pub fn form(&self) -> Result<Form, OAuthError> {
        if !self.is("application/x-www-form-urlencoded") {
            return Err(OAuthError::invalid_request("the body is not a form"));
        }
        let text = std::str::from_utf8(&self.body).map_err(|_| OAuthError::invalid_request("the body is not text"))?;
        Form::read(text).map_err(OAuthError::from_malformed)
    }

    /// The members of a body that is a JSON object.
    pub fn json(&self) -> Result<Map<String, Value>, OAuthError> {
        let object = self.is("application/json").then(|| json::read_bytes("request", &self.body));
        match object {
            Some(Ok(Value::Object(object))) => Ok(object),
            Some(Err(error)) => Err(OAuthError::from_malformed(error)),
            _ => Err(OAuthError::invalid_request("the body is not a JSON object")),
        }
    }

    /// Whether the body is of the media type `media_type`, parameters aside.
    pub fn is(&self, media_type: &str) -> bool {
        let found = self.header("content-type").and_then(|value| value.split(';').next());
        found.is_some_and(|found| found.trim().eq_ignore_ascii_case(media_type))
    }

    /// The credentials of the `authorization` header that come under `scheme`, such as `DPoP` or `Bearer` (RFC 9110 §11.4).
    pub fn authorization(&self, scheme: &str) -> Option<&str> {
        let (found, credentials) = self.header("authorization")?.split_once(' ')?;
        found.eq_ignore_ascii_case(scheme).then_some(credentials.trim())
    }

    /// The client identifier and secret of a `Basic` authorization (RFC 6749 §2.3.1).
    pub fn basic(&self) -> Option<(String, String)> {
        let decoded = BASE64_STANDARD.decode(self.authorization("Basic")?).ok()?;
        let (name, secret) = std::str::from_utf8(&decoded).ok()?.split_once(':').map(|(a, b)| (a.to_owned(), b.to_owned()))?;
        let read = |text: &str| url::form_urlencoded::parse(format!("v={text}").as_bytes()).next().map(|(_, v)| v.into_owned());
        Some((read(&name)?, read(&secret)?))
    }
}

impl fmt::Debug for Call {
    /// Prints the method and the place: the rest may hold one-time codes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {}", self.method, self.place())
    }
}

impl From<HttpRequest> for Call {
    fn from(request: HttpRequest) -> Self {
        Self { method: request.method, url: request.url, headers: request.headers, body: request.body }
    }
}

/// An answer with a JSON body that nobody may store (RFC 6749 §5.1).
pub fn json_answer(status: u16, body: &Value) -> HttpResponse {
    answer(status, "application/json", body.to_string().into_bytes())
}

/// An answer with a body of the media type `content_type` that nobody may store.
pub fn answer(status: u16, content_type: &str, body: Vec<u8>) -> HttpResponse {
    let headers = [("content-type", content_type), ("cache-control", "no-store")];
    HttpResponse { status, headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(), body }
}

/// An answer without a body.
pub fn empty_answer(status: u16) -> HttpResponse {
    HttpResponse { status, headers: vec![("cache-control".to_owned(), "no-store".to_owned())], body: Vec::new() }
}

/// An answer that sends the browser to `location`.
pub fn redirect_answer(location: String) -> HttpResponse {
    let mut answer = empty_answer(302);
    answer.headers.push(("location".to_owned(), location));
    answer
}

/// A header of an answer; the first when it comes twice.
pub fn header_of<'r>(response: &'r HttpResponse, name: &str) -> Option<&'r str> {
    response.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
}

/// The JSON object in an answer of the media type `application/json`, or one that ends in `+json`.
pub fn json_of(what: &str, response: &HttpResponse) -> Result<Map<String, Value>> {
    let bad = |reason: &str| WalletError::malformed(what, reason);
    let media_type = header_of(response, "content-type").and_then(|value| value.split(';').next()).map(str::trim);
    let is_json = media_type.is_some_and(|found| found.eq_ignore_ascii_case("application/json") || found.ends_with("+json"));
    if !is_json {
        return Err(bad("the answer is not JSON"));
    }
    match json::read_bytes(what, &response.body)? {
        Value::Object(object) => Ok(object),
        _ => Err(bad("the answer is not a JSON object")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn call(headers: &[(&str, &str)], body: &str) -> Call {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let url = "https://a.example/token?x=1#y".to_owned();
        Call { method: HttpMethod::Post, url, headers, body: body.as_bytes().to_vec() }
    }

    #[test]
    fn parts_of_a_call_are_read() {
        let call = call(&[("content-type", "application/x-www-form-urlencoded; charset=UTF-8"), ("dpop", "a")], "code=1");
        assert_eq!((call.path().as_str(), call.place()), ("/token", "https://a.example/token"));
        assert_eq!(call.query().expect("a query").text("x"), Some("1"));
        assert_eq!(call.form().expect("a form").text("code"), Some("1"));
        assert!(call.json().is_err());
        assert_eq!(format!("{call:?}"), "Post https://a.example/token");
    }

    #[test]
    fn header_that_comes_twice_is_none() {
        assert_eq!(call(&[("dpop", "a"), ("dpop", "b")], "").header("dpop"), None);
    }

    #[test]
    fn authorization_is_read_by_its_scheme() {
        let bearer = call(&[("authorization", "bearer abc")], "");
        assert_eq!((bearer.authorization("Bearer"), bearer.authorization("DPoP")), (Some("abc"), None));
        // RFC 6749 §2.3.1 with its encoding: a colon in the name is escaped before it is joined.
        let basic = call(&[("authorization", "Basic YSUzQWI6Yys=")], "");
        assert_eq!(basic.basic(), Some(("a:b".to_owned(), "c ".to_owned())));
    }

    #[test]
    fn answer_is_json_when_it_says_so() {
        let body = serde_json::json!({ "a": 1 });
        assert_eq!(Value::Object(json_of("answer", &json_answer(200, &body)).expect("JSON")), body);
        assert!(json_of("answer", &answer(200, "text/html", b"{}".to_vec())).is_err());
        assert!(json_of("answer", &answer(200, "application/json", b"[]".to_vec())).is_err());
    }

    proptest! {
        #[test]
        fn any_call_is_read_or_refused(kind in "(application/json|application/x-www-form-urlencoded|\\PC{0,9})", body in "\\PC{0,60}") {
            let call = call(&[("content-type", &kind), ("authorization", &body)], &body);
            let _ = (call.form(), call.json(), call.basic(), call.authorization("Bearer"));
        }
    }
}
