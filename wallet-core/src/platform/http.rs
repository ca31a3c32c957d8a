//! HTTP over reqwest, with no way from a scanned URL into the network behind the firewall.

use std::error::Error as StdError;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs as _};

use async_trait::async_trait;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Client, redirect};
use url::{Host, Url};

use super::blocking;
use crate::error::{Result, WalletError};
use crate::ports::{HttpMethod, HttpRequest, HttpResponse, Network, Reach};

/// HTTP/1.1 with TLS 1.2 or 1.3, certificates checked as the operating system does.
///
/// It uses no proxy, keeps no cookie, follows no redirect and asks for no compression, so that `max_bytes` bounds what crosses
/// the wire and what is kept alike.
///
/// Under [`Reach::Public`] a name is resolved once, every address it has must be public, and the connection goes to the very
/// addresses that were checked: a name that changes its answer in between gains nothing.
#[derive(Clone, Debug)]
pub struct HttpNetwork {
    public: Client,
    configured: Client,
}

impl HttpNetwork {
    /// A network with its own connections; `Unreachable` when the system has no TLS to offer.
    pub fn new() -> Result<Self> {
        let builder = || {
            Client::builder()
                .redirect(redirect::Policy::none())
                .no_proxy()
                .referer(false)
                .http1_only()
                .no_gzip()
                .no_brotli()
                .no_zstd()
                .no_deflate()
        };
        let failed = |_| WalletError::unreachable("the network", "TLS could not be set up");
        Ok(Self {
            public: builder().https_only(true).dns_resolver(PublicNames).build().map_err(failed)?,
            configured: builder().build().map_err(failed)?,
        })
    }
}

#[async_trait]
impl Network for HttpNetwork {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse> {
        let url = read_url(&request)?;
        let what = url.origin().ascii_serialization();
        let client = match request.reach {
            Reach::Public => &self.public,
            Reach::Configured => &self.configured,
        };
        let mut builder = match request.method {
            HttpMethod::Get => client.get(url),
            HttpMethod::Post => client.post(url),
        };
        for (name, value) in &request.headers {
            builder = builder.header(name, value);
        }
        if !request.body.is_empty() {
            builder = builder.body(request.body);
        }
        let failed = |error: reqwest::Error| explain(&what, &error);
        let mut response = builder.timeout(request.timeout).send().await.map_err(failed)?;
        let too_long = || WalletError::malformed("answer", format!("it is longer than {} bytes", request.max_bytes));
        if response.content_length().is_some_and(|length| length > request.max_bytes as u64) {
            return Err(too_long());
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if chunk.len() > request.max_bytes - body.len() {
                return Err(too_long());
            }
            body.extend_from_slice(&chunk);
        }
        let headers = response.headers().iter();
        let headers = headers.map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
        Ok(HttpResponse { status: response.status().as_u16(), headers: headers.collect(), body })
    }
}

/// Checks what can be checked of a URL before anything is resolved.
fn read_url(request: &HttpRequest) -> Result<Url> {
    let bad = |reason: &str| WalletError::malformed("URL", reason);
    if request.url.len() > 8192 {
        return Err(bad("it is longer than 8192 bytes"));
    }
    let url = Url::parse(&request.url).map_err(|_| bad("it is not an absolute URL"))?;
    match (request.reach, url.scheme()) {
        (_, "https") | (Reach::Configured, "http") => {}
        _ => return Err(bad("it does not begin with https")),
    }
    if request.reach == Reach::Public {
        if !url.username().is_empty() || url.password().is_some() {
            return Err(bad("it carries a user name or password"));
        }
        // A literal address is never resolved, so it is checked here; odd spellings of it were read by the parser.
        let literal = match url.host() {
            Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
            _ => None,
        };
        if literal.is_some_and(|address| !is_public(address)) {
            return Err(private_address());
        }
    }
    Ok(url)
}

fn private_address() -> WalletError {
    WalletError::malformed("URL", NotPublic)
}

/// A failure without the URL's path and query, which may hold one-time codes.
fn explain(what: &str, error: &reqwest::Error) -> WalletError {
    if error.is_builder() {
        return WalletError::misused("a header name or value holds what HTTP does not allow");
    }
    if error.is_timeout() {
        return WalletError::unreachable(what, "it did not answer in time");
    }
    let mut cause: Option<&(dyn StdError + 'static)> = Some(error);
    while let Some(error) = cause {
        if error.is::<NotPublic>() {
            return private_address();
        }
        cause = error.source();
    }
    WalletError::unreachable(what, if error.is_connect() { "no connection" } else { "the connection broke" })
}

/// Resolves a name by the operating system and refuses it unless all its addresses are public.
struct PublicNames;

#[derive(Debug, thiserror::Error)]
#[error("it leads to a private address")]
struct NotPublic;

impl Resolve for PublicNames {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found: io::Result<Vec<SocketAddr>> = blocking(move || Ok((name.as_str(), 0).to_socket_addrs()?.collect())).await;
            let addresses = found?;
            if !addresses.iter().all(|address| is_public(address.ip())) {
                return Err(NotPublic.into());
            }
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

/// What the IANA registry of special-purpose IPv4 addresses (RFC 6890) leaves, without multicast and the reserved class.
fn is_public_v4(address: Ipv4Addr) -> bool {
    !matches!(
        address.octets(),
        [0 | 10 | 127, ..]
            | [100, 64..=127, ..]
            | [169, 254, ..]
            | [172, 16..=31, ..]
            | [192, 0, 0 | 2, _]
            | [192, 88, 99, _]
            | [192, 168, ..]
            | [198, 18 | 19, ..]
            | [198, 51, 100, _]
            | [203, 0, 113, _]
            | [224..=255, ..]
    )
}

/// Global unicast (2000::/3) without what tunnels elsewhere or documents, and the public part of IPv4 behind NAT64 (RFC 6052),
/// which is all the Internet that some phones see.
fn is_public_v6(address: Ipv6Addr) -> bool {
    match address.segments() {
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => is_public_v4(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low))),
        // IETF protocols with Teredo (2001::/23), documentation (2001:db8::/32, 3fff::/20), 6to4 (2002::/16).
        [0x2001, 0..=0x1ff | 0xdb8, ..] | [0x2002, ..] | [0x3fff, 0..=0xfff, ..] => false,
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn public(url: &str) -> Result<Url> {
        read_url(&HttpRequest::get(url))
    }

    #[test]
    fn addresses_behind_the_firewall_are_not_public() {
        for text in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "::127.0.0.1",
            "64:ff9b::10.0.0.1",
            "64:ff9b:1::1",
            "fc00::1",
            "fd12::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
        ] {
            assert!(!is_public(text.parse().expect("an address")), "{text}");
        }
        for text in
            ["1.1.1.1", "100.63.255.255", "172.32.0.1", "192.0.3.1", "2606:4700::1111", "2001:4860::8888", "64:ff9b::8.8.8.8"]
        {
            assert!(is_public(text.parse().expect("an address")), "{text}");
        }
    }

    #[test]
    fn every_spelling_of_loopback_is_refused_before_anything_is_resolved() {
        for host in ["127.0.0.1", "127.1", "0x7f.1", "2130706433", "0177.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "①②⑦.0.0.1"]
        {
            assert!(public(&format!("https://{host}/")).is_err(), "{host}");
        }
        assert!(public("https://1.1.1.1/").is_ok());
    }

    #[test]
    fn only_https_without_credentials_is_public() {
        for url in
            ["http://example.org/", "ftp://example.org/", "file:///etc/passwd", "https://a:b@example.org/", "example.org", ""]
        {
            assert!(matches!(public(url), Err(WalletError::Malformed { .. })), "{url}");
        }
        let configured = HttpRequest { reach: Reach::Configured, ..HttpRequest::get("http://127.0.0.1:8545/") };
        assert!(read_url(&configured).is_ok());
        assert!(read_url(&HttpRequest { url: "file:///etc/passwd".to_owned(), ..configured }).is_err());
    }

    proptest! {
        #[test]
        fn any_url_is_read_or_refused(url in "(https?://)?\\PC{0,60}") {
            let _ = public(&url);
        }

        #[test]
        fn mapped_and_translated_addresses_are_judged_by_what_they_carry(bits in any::<u32>()) {
            let v4 = Ipv4Addr::from_bits(bits);
            prop_assert!(!is_public_v6(v4.to_ipv6_mapped()));
            let [high, low] = [(bits >> 16) as u16, bits as u16];
            prop_assert_eq!(is_public_v6(Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, low)), is_public_v4(v4));
        }
    }
}
