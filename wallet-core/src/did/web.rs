//! did:web: a document on a web server (did:web Method).
//!
//! It is as trustworthy as the server is today, and has no history.

use std::collections::BTreeMap;

use url::{Host, Url};

use super::Did;
use crate::error::{Result, WalletError};

/// Where the app's own configuration serves the did:web of a host: the host as DIDs write it (`localhost%3A8080`), and the URL under
/// which its documents are, such as `http://127.0.0.1:8080`.
pub type Hosts = BTreeMap<String, String>;

/// Where a document is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// At this URL of a public server, over `https`.
    Public(String),
    /// At this URL of the app's own choice.
    Configured(String),
}

/// The place of the document of a did:web (did:web §"Read (Resolve)").
///
/// A host of `configured` is found where that says; any other must be a public name: IP addresses, `localhost` and other local names
/// are refused as `Malformed`, since a DID from outside must not steer requests into the network of whoever resolves it.
pub fn location(did: &Did, configured: &Hosts) -> Result<Location> {
    let bad = |reason: &str| WalletError::malformed("did:web", reason);
    if did.method() != "web" {
        return Err(bad("it is of another method"));
    }
    let mut segments = did.identifier().split(':');
    let host = segments.next().unwrap_or_default();
    let path =
        segments.map(path_segment).collect::<Option<Vec<_>>>().ok_or_else(|| bad("a path segment is empty or not plain text"))?;
    let path = if path.is_empty() { ".well-known".to_owned() } else { path.join("/") };
    if let Some(base) = configured.get(host) {
        return Ok(Location::Configured(format!("{}/{path}/did.json", base.trim_end_matches('/'))));
    }
    let authority = public_authority(host).ok_or_else(|| bad("its host is not a public name, perhaps with a port"))?;
    Ok(Location::Public(format!("https://{authority}/{path}/did.json")))
}

/// `name` or `name:port` of a host as a did:web writes it; none when it is not a public DNS name.
fn public_authority(host: &str) -> Option<String> {
    let lower = host.to_ascii_lowercase();
    let (name, port) = match lower.split_once("%3a") {
        Some((name, port)) => (name, Some(port)),
        None => (&*lower, None),
    };
    let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.'));
    let is_name = matches!(Host::parse(name), Ok(Host::Domain(_)));
    let (_, last) = name.rsplit_once('.')?;
    let local = ["localhost", "local", "internal", "localdomain", "arpa", "onion", ""].contains(&last);
    if !plain || !is_name || local || name.len() > 253 {
        return None;
    }
    match port {
        None => Some(name.to_owned()),
        Some(port) => {
            let digits = !port.starts_with('0') && port.bytes().all(|b| b.is_ascii_digit());
            let port: u16 = digits.then(|| port.parse().ok())??;
            Some(format!("{name}:{port}"))
        }
    }
}

/// One segment of the path; none when it would change the path's shape.
fn path_segment(segment: &str) -> Option<&str> {
    let dots = segment.bytes().all(|b| b == b'.');
    let base = Url::parse("https://a.example/").expect("a fixed URL");
    // Escaped dots and slashes are shapes too: the segment must be one segment to whoever reads the URL.
    let decoded = segment.replace("%2e", ".").replace("%2E", ".").to_ascii_lowercase();
    if dots || decoded.bytes().all(|b| b == b'.') || decoded.contains("%2f") || decoded.contains("%5c") || decoded.contains("%00")
    {
        return None;
    }
    (base.join(segment).ok()?.path_segments()?.count() == 1).then_some(segment)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn url_of(did: &str) -> Result<String> {
        match location(&did.parse()?, &Hosts::new())? {
            Location::Public(url) => Ok(url),
            Location::Configured(_) => panic!("no host is configured"),
        }
    }

    #[test]
    fn examples_of_the_specification() {
        for (did, url) in [
            ("did:web:w3c-ccg.github.io", "https://w3c-ccg.github.io/.well-known/did.json"),
            ("did:web:w3c-ccg.github.io:user:alice", "https://w3c-ccg.github.io/user/alice/did.json"),
            ("did:web:example.com%3A3000:user:alice", "https://example.com:3000/user/alice/did.json"),
            ("did:web:example.com%3A3000", "https://example.com:3000/.well-known/did.json"),
        ] {
            assert_eq!(url_of(did).as_deref(), Ok(url));
        }
    }

    #[test]
    fn local_hosts_and_addresses_are_refused() {
        for host in [
            "127.0.0.1",
            "10.0.0.1",
            "0x7f.1",
            "2130706433",
            "0177.0.0.1",
            "%5B%3A%3A1%5D",
            "localhost",
            "localhost%3A8080",
            "LOCALHOST",
            "app.localhost",
            "printer.local",
            "metadata.google.internal",
            "localhost.",
            "intranet",
            "a.example%2Fb",
            "user%40a.example",
            "a.example%3A",
            "a.example%3A0",
            "a.example%3A99999",
            "a.example%3A80%3A80",
            "a.example%23",
        ] {
            assert!(matches!(url_of(&format!("did:web:{host}")), Err(WalletError::Malformed { .. })), "{host}");
        }
    }

    #[test]
    fn path_cannot_climb() {
        for path in ["..", ".", "%2E%2e", "a%2Fb", "a%5Cb", "%2e.", "%00"] {
            assert!(url_of(&format!("did:web:a.example:{path}:b")).is_err(), "{path}");
        }
        assert!(url_of("did:web:a.example::b").is_err());
    }

    #[test]
    fn configured_host_is_found_where_the_app_says() {
        let hosts = Hosts::from([("localhost%3A8080".to_owned(), "http://127.0.0.1:8080/".to_owned())]);
        let place = location(&"did:web:localhost%3A8080:dean".parse().expect("a DID"), &hosts).expect("a configured host");
        assert_eq!(place, Location::Configured("http://127.0.0.1:8080/dean/did.json".to_owned()));
        assert!(location(&"did:web:localhost".parse().expect("a DID"), &hosts).is_err());
    }

    proptest! {
        #[test]
        fn any_did_gives_a_public_https_url_of_its_own_host_or_none(host in "[a-z0-9.%A-F-]{1,30}", path in "(:[a-zA-Z0-9._%-]{0,12}){0,3}") {
            let Ok(url) = url_of(&format!("did:web:{host}{path}")) else { return Ok(()) };
            let url = Url::parse(&url).expect("a URL");
            prop_assert_eq!(url.scheme(), "https");
            prop_assert!(matches!(url.host(), Some(Host::Domain(name)) if host.to_ascii_lowercase().starts_with(name)));
            prop_assert!(url.username().is_empty() && url.query().is_none() && url.path().ends_with("/did.json"));
        }
    }
}
