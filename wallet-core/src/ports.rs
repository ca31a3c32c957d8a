//! The three ports through which a door reaches the world. An app may bring its own; `platform` has ready-made ones.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use url::{Host, Url};

use crate::error::Result;
use crate::key::{KeyAlgorithm, KeyId, PublicKey};

/// HTTP by whatever stack the host has.
#[async_trait]
pub trait Network: Send + Sync {
    /// Sends one request and returns the answer, whatever its status.
    ///
    /// It gives up after `request.timeout` and at the first byte past `request.max_bytes`, follows no redirect, and, when
    /// `request.reach` is [`Reach::Public`], connects to no loopback, private or link-local address, also after the name is
    /// resolved. Fails with `Unreachable` when nothing answered, `Malformed` when the answer is too long.
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse>;
}

/// One HTTP request.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpRequest {
    /// The method.
    pub method: HttpMethod,
    /// An absolute `https` URL; `http` only where `reach` allows it.
    pub url: String,
    /// Header names in lower case, with their values.
    pub headers: Vec<(String, String)>,
    /// The body; empty for none.
    pub body: Vec<u8>,
    /// How long to wait for the whole answer.
    pub timeout: Duration,
    /// The longest answer that is accepted, in bytes.
    pub max_bytes: usize,
    /// Where the request may go.
    pub reach: Reach,
}

impl HttpRequest {
    /// A GET of `url`, ten seconds and one mebibyte at the most, to public addresses only.
    pub fn get(url: impl Into<String>) -> Self {
        Self {
            method: HttpMethod::Get,
            url: url.into(),
            headers: Vec::new(),
            body: Vec::new(),
            timeout: Duration::from_secs(10),
            max_bytes: 1 << 20,
            reach: Reach::Public,
        }
    }

    /// A POST of `body` to `url`, with the same limits as [`HttpRequest::get`].
    pub fn post(url: impl Into<String>, content_type: &str, body: Vec<u8>) -> Self {
        Self {
            method: HttpMethod::Post,
            headers: vec![("content-type".to_owned(), content_type.to_owned())],
            body,
            ..Self::get(url)
        }
    }
}

impl fmt::Debug for HttpRequest {
    /// Prints the method and the URL without its query: the rest may hold one-time codes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {}", self.method, self.url.split(['?', '#']).next().unwrap_or_default())
    }
}

/// An HTTP method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HttpMethod {
    /// GET.
    Get,
    /// POST.
    Post,
}

/// Where a request may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Over `https` to public addresses: for every URL that came from outside.
    Public,
    /// Anywhere, `http` included: for a URL the app's own configuration names, such as its node.
    Configured,
}

/// Whether a URL stays on this machine: `localhost`, 127.0.0.0/8, `[::1]`.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// One HTTP answer.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpResponse {
    /// The status code.
    pub status: u16,
    /// Header names in lower case, with their values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl fmt::Debug for HttpResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HTTP {} ({} bytes)", self.status, self.body.len())
    }
}

/// Private keys that never come out.
#[async_trait]
pub trait Keystore: Send + Sync {
    /// Makes a key and returns its name and public half.
    ///
    /// Fails with `Unsupported` for an algorithm the hardware lacks; P-256 is the one every phone has.
    async fn create(&self, algorithm: KeyAlgorithm) -> Result<(KeyId, PublicKey)>;

    /// The public half of a key; `KeyUnavailable` when there is none of this name.
    async fn public_key(&self, id: &KeyId) -> Result<PublicKey>;

    /// Signs `message`, hashing as the key's algorithm does ([`KeyAlgorithm`]): 64 bytes, EdDSA or r‖s (96 for P-384), never DER.
    ///
    /// May wait for the owner's consent; fails with `KeyUnavailable` when it is withheld.
    async fn sign(&self, id: &KeyId, message: &[u8]) -> Result<Vec<u8>>;

    /// The key at hand for a while, for work that takes many signatures; none where each must be asked for, as of hardware.
    ///
    /// Fails with `KeyUnavailable` when there is none of this name. Drop it as soon as the work is done.
    async fn at_hand(&self, id: &KeyId) -> Result<Option<Box<dyn KeyAtHand>>> {
        let _ = id;
        Ok(None)
    }

    /// Destroys a key; no error when there is none of this name.
    async fn delete(&self, id: &KeyId) -> Result<()>;
}

/// A key that signs at once, on any thread.
pub trait KeyAtHand: Send + Sync {
    /// Signs `message` as [`Keystore::sign`] does.
    fn sign(&self, message: &[u8]) -> Vec<u8>;
}

/// Opaque bytes under names, kept across restarts; what it holds is sealed before it gets there.
#[async_trait]
pub trait Storage: Send + Sync {
    /// The bytes under `name`, or none.
    async fn read(&self, name: &str) -> Result<Option<Vec<u8>>>;

    /// Removes `name` and returns the bytes that were under it; of two calls at once, only one gets them.
    async fn take(&self, name: &str) -> Result<Option<Vec<u8>>>;

    /// All names that begin with `prefix`, in order.
    async fn list(&self, prefix: &str) -> Result<Vec<String>>;

    /// Writes and deletes all of `changes` or, on error or a kill at any moment, none of them.
    async fn write(&self, changes: Vec<Change>) -> Result<()>;
}

/// One change to a [`Storage`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Puts bytes under a name, over what was there.
    Put {
        /// The name.
        name: String,
        /// The bytes.
        bytes: Vec<u8>,
    },
    /// Removes a name and its bytes for good.
    Delete {
        /// The name.
        name: String,
    },
}
