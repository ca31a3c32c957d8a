//! Where a party of a protocol is reached, and the identifiers that are such URLs themselves.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use url::Url;

use crate::error::{Result, WalletError};
use crate::ports;

/// The longest URL that is read, in bytes.
const MAX_LENGTH: usize = 2048;

/// An absolute `https` URL without user and fragment, kept as it was written: identifiers compare character by character.
///
/// `http` is read for a loopback host only. Whether loopback is reached at all is for the network to say:
/// [`Reach::Public`](crate::ports::Reach::Public) refuses it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Endpoint(String);

impl Endpoint {
    /// Reads a URL of at most 2048 bytes.
    pub fn read(text: &str) -> Result<Self> {
        let bad = |reason: &str| WalletError::malformed("endpoint", reason);
        if text.len() > MAX_LENGTH {
            return Err(bad("it is longer than 2048 bytes"));
        }
        let url = Url::parse(text).map_err(|_| bad("it is not an absolute URL"))?;
        let secure = url.scheme() == "https" || url.scheme() == "http" && ports::is_loopback(&url);
        // The parser mends what is not quite a URL, and two spellings of one identifier must not both be taken.
        let plain = text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\') && text.contains("://");
        if !secure || url.host().is_none() || !plain {
            return Err(bad("it is not an https URL"));
        }
        if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
            return Err(bad("it has a user or a fragment"));
        }
        Ok(Self(text.to_owned()))
    }

    /// Reads the identifier of an issuer or a server, which has no query either (RFC 8414 §2).
    pub fn identifier(text: &str) -> Result<Self> {
        let endpoint = Self::read(text)?;
        if endpoint.0.contains('?') {
            return Err(WalletError::malformed("identifier", "it has a query"));
        }
        Ok(endpoint)
    }

    /// The URL as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The host, in lower case, without port.
    pub fn host(&self) -> String {
        self.url().host_str().unwrap_or_default().to_owned()
    }

    /// Scheme, host and port, as `htu` and audiences are compared (RFC 6454 §6.2).
    pub fn origin(&self) -> String {
        self.url().origin().ascii_serialization()
    }

    /// The path, which begins with a slash.
    pub fn path(&self) -> String {
        self.url().path().to_owned()
    }

    /// The place of the metadata `name` of this identifier: between host and path (RFC 8414 §3.1, OpenID4VCI 1.0 §12.2.2).
    pub fn well_known(&self, name: &str) -> Self {
        let path = self.path();
        Self(format!("{}/.well-known/{name}{}", self.origin(), path.trim_end_matches('/')))
    }

    /// A place below this one: `path` is plain segments without a leading slash.
    pub fn below(&self, path: &str) -> Self {
        Self(format!("{}/{path}", self.0.trim_end_matches('/')))
    }

    /// The URL with further query parameters, as a browser is sent there.
    pub fn with_query(&self, parameters: &super::Form) -> String {
        let separator = if self.0.contains('?') { '&' } else { '?' };
        format!("{}{separator}{}", self.0, parameters.to_text())
    }

    fn url(&self) -> Url {
        Url::parse(&self.0).expect("it was read as a URL")
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Endpoint {
    type Err = WalletError;

    fn from_str(text: &str) -> Result<Self> {
        Self::read(text)
    }
}

impl Serialize for Endpoint {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Endpoint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        Self::read(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oauth::Form;
    use proptest::prelude::*;

    #[test]
    fn https_is_read_and_http_to_loopback_only() {
        for good in [
            "https://issuer.example",
            "https://issuer.example:8443/tenant?a=b",
            "http://localhost:3000/x",
            "http://127.0.0.1:80",
            "http://127.9.9.9/",
            "http://[::1]:8080/",
        ] {
            assert!(Endpoint::read(good).is_ok(), "{good}");
        }
        for bad in [
            "http://issuer.example",
            "http://localhost.evil.example",
            "http://10.0.0.1",
            "ftp://issuer.example",
            "https://user@issuer.example",
            "https://issuer.example/#x",
            "https://issuer.example/ñ",
            "https://issuer.example/a b",
            "https:\\\\issuer.example",
            "https:issuer.example",
            "https://",
            "/path",
            "javascript:alert(1)",
            "",
        ] {
            assert!(Endpoint::read(bad).is_err(), "{bad}");
        }
        assert!(Endpoint::identifier("https://issuer.example?a=b").is_err());
    }

    #[test]
    fn metadata_stands_between_host_and_path() {
        for (identifier, place) in [
            ("https://issuer.example", "https://issuer.example/.well-known/openid-credential-issuer"),
            ("https://issuer.example/", "https://issuer.example/.well-known/openid-credential-issuer"),
            ("https://issuer.example:8443/tenant/", "https://issuer.example:8443/.well-known/openid-credential-issuer/tenant"),
        ] {
            let identifier = Endpoint::identifier(identifier).expect("an identifier");
            assert_eq!(identifier.well_known("openid-credential-issuer").as_str(), place);
        }
    }

    #[test]
    fn query_is_added_to_one_that_is_there() {
        let form = Form::new().with("state", "a&b");
        let query = |text: &str| Endpoint::read(text).expect("an endpoint").with_query(&form);
        assert_eq!(query("https://a.example/authorize"), "https://a.example/authorize?state=a%26b");
        assert_eq!(query("https://a.example/authorize?tenant=1"), "https://a.example/authorize?tenant=1&state=a%26b");
    }

    proptest! {
        #[test]
        fn any_text_is_an_endpoint_or_refused(text in "(https?://)?\\PC{0,60}") {
            if let Ok(endpoint) = Endpoint::read(&text) {
                prop_assert!(endpoint.well_known("x").as_str().starts_with(&endpoint.origin()));
                prop_assert_eq!(endpoint.as_str(), text);
            }
        }
    }
}
