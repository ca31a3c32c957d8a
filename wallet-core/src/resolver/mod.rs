//! The door to DIDs: from a DID to its document, wherever that is (DID Resolution 0.3).
//!
//! did:key and did:jwk hold their document. did:web is fetched. A did:ethr is read from its registry in one round trip where the
//! node allows it: the storage that says what the last change was, and all events, which must link back to the first without a gap
//! and, on our registry, end in the running hash. What is not whole is no document: it is `internalError`, to be tried again.
//! A node that lags, changes its mind or turns us away is asked again for as long as the [`Patience`] lasts.
//! A node's word is believed, unless the app says why it trusts a block: then nothing counts but what is proven ([`ProvenLedger`]).

mod credential_registry;
mod events;
mod node;
mod patience;
mod proven;
mod registry;
mod together;

pub use credential_registry::ACCREDITOR;
pub use node::RpcLedger;
pub use patience::Patience;
pub use proven::ProvenLedger;

use std::sync::Arc;

use crate::did::ethr::{self, History, Version};
use crate::did::{
    Did, DidDocument, DidUrl, DocumentMetadata, Resolution, ResolutionError, Service, Standing, Unresolved, VerificationMethod,
    jwk, key, web,
};
use crate::error::{Result, WalletError};
use crate::ports::{HttpRequest, Network, Reach};
use crate::registry::identity::Subject;
use crate::registry::{Deployment, Ledger};
use crate::time::Timestamp;

use self::registry::{Registry, Way};

/// Resolves DIDs; without configuration those that hold their own document.
#[derive(Clone, Default)]
pub struct Resolver {
    registries: Vec<Registry>,
    web: Option<Arc<dyn Network>>,
    web_hosts: web::Hosts,
    patience: Patience,
}

/// What a DID URL with a fragment or a `service` parameter points to (DID Resolution §5).
#[derive(Debug, Clone, PartialEq)]
pub enum Dereferenced {
    /// The whole document.
    Document(DidDocument),
    /// A key.
    Method(VerificationMethod),
    /// A service.
    Service(Service),
}

impl Resolver {
    /// A resolver of did:key and did:jwk.
    pub fn new() -> Self {
        Self::default()
    }

    /// With the did:ethr of a registry, whose DIDs name it by `name` or by its chain id.
    pub fn with_registry(mut self, name: &str, deployment: Deployment, ledger: Arc<dyn Ledger>) -> Self {
        self.registries.push(Registry { name: name.to_owned(), deployment, way: Way::Believed(ledger) });
        self
    }

    /// With the did:ethr of a registry, as [`Resolver::with_registry`], and nothing believed: what `ledger` does not prove is
    /// `internalError`.
    pub fn with_proven_registry(mut self, name: &str, deployment: Deployment, ledger: Arc<ProvenLedger>) -> Self {
        self.registries.push(Registry { name: name.to_owned(), deployment, way: Way::Proven(ledger) });
        self
    }

    /// With this patience for registries whose nodes are believed; a [`ProvenLedger`] has its own.
    pub fn with_patience(mut self, patience: Patience) -> Self {
        self.patience = patience;
        self
    }

    /// With did:web, fetched over `network`.
    pub fn with_web(mut self, network: Arc<dyn Network>) -> Self {
        self.web = Some(network);
        self
    }

    /// With the did:web of `host`, as DIDs write it (`localhost%3A8080`), found under `url` and nowhere else.
    pub fn with_web_host(mut self, host: &str, url: &str) -> Self {
        self.web_hosts.insert(host.to_owned(), url.to_owned());
        self
    }

    /// Resolves the DID a DID URL begins with, at its `versionId` or `versionTime` if it has one.
    ///
    /// The keys of the newest version are those valid `now`. Fails with [`ResolutionError::InternalError`] when the registry or the
    /// server did not answer, or not in full: nothing is known then.
    pub async fn resolve(&self, url: &DidUrl, now: &Timestamp) -> Result<Resolution, Unresolved> {
        let asked = Asked::of(url, now)?;
        let did = url.did();
        match did.method() {
            "key" => asked.of_one_version(key::resolve(&did)?, Standing::SelfContained),
            "jwk" => asked.of_one_version(jwk::resolve(&did)?, Standing::SelfContained),
            "web" => asked.of_one_version(self.fetch(&did).await?, Standing::Believed { block: None }),
            "ethr" => self.read(&did, asked, now).await,
            _ => Err(ResolutionError::MethodNotSupported.into()),
        }
    }

    /// All that its registry says of a did:ethr: what [`ethr::resolve`] replays, and a trust pack carries.
    ///
    /// Fails with [`ResolutionError::MethodNotSupported`] for other methods, and otherwise as [`Resolver::resolve`] does.
    pub async fn history(&self, did: &Did, now: &Timestamp) -> Result<History, Unresolved> {
        if did.method() != "ethr" {
            return Err(ResolutionError::MethodNotSupported.into());
        }
        let (registry, identity) = self.registry_of(did)?;
        let subject = Subject { deployment: registry.deployment, identity: identity.address.into() };
        let (history, _) = registry.history(&subject, None, now, &self.patience).await?;
        Ok(history)
    }

    /// Follows a DID URL to the key or service it names: by its fragment, or by a `service` parameter.
    pub async fn dereference(&self, url: &DidUrl, now: &Timestamp) -> Result<Dereferenced, Unresolved> {
        let document = self.resolve(url, now).await?.document;
        let not_found = || Unresolved::new(ResolutionError::NotFound, "its document has no such key or service");
        let fragment = url.parameter("service").or_else(|| url.fragment().map(str::to_owned));
        let Some(fragment) = fragment else {
            return if url.path().is_empty() { Ok(Dereferenced::Document(document)) } else { Err(not_found()) };
        };
        let id = document.id.with_fragment(&fragment).map_err(|_| ResolutionError::InvalidDidUrl)?;
        let method = document.method(&id).filter(|_| url.parameter("service").is_none());
        if let Some(method) = method {
            return Ok(Dereferenced::Method(method.clone()));
        }
        document.service(id.as_str()).cloned().map(Dereferenced::Service).ok_or_else(not_found)
    }

    async fn fetch(&self, did: &Did) -> Result<DidDocument, Unresolved> {
        let place = web::location(did, &self.web_hosts).map_err(|e| Unresolved::new(ResolutionError::InvalidDid, e))?;
        let unknown = || Unresolved::new(ResolutionError::MethodNotSupported, "this resolver has no network for did:web");
        let network = self.web.as_ref().ok_or_else(unknown)?;
        let (url, reach) = match place {
            web::Location::Public(url) => (url, Reach::Public),
            web::Location::Configured(url) => (url, Reach::Configured),
        };
        let accept = ("accept".to_owned(), "application/did+ld+json, application/did+json, application/json".to_owned());
        let request = HttpRequest { headers: vec![accept], reach, ..HttpRequest::get(url) };
        let response = network.send(request).await.map_err(not_whole)?;
        match response.status {
            200 => DidDocument::read(did, &response.body).map_err(|e| Unresolved::new(ResolutionError::InvalidDidDocument, e)),
            404 | 410 => Err(ResolutionError::NotFound.into()),
            status => Err(Unresolved::new(ResolutionError::InternalError, format!("its server answered with status {status}"))),
        }
    }

    async fn read(&self, did: &Did, asked: Asked, now: &Timestamp) -> Result<Resolution, Unresolved> {
        let (registry, identity) = self.registry_of(did)?;
        let subject = Subject { deployment: registry.deployment, identity: identity.address.into() };
        let (history, head) = registry.history(&subject, asked.block(), now, &self.patience).await?;
        let version = match asked {
            Asked::Latest => Version::Latest,
            Asked::Time(time) => Version::Time(time),
            Asked::Block(number) => {
                let seconds = head.asked_time.ok_or(ResolutionError::NotFound)?;
                let time = Timestamp::from_seconds(seconds).ok();
                Version::Block { number, time: time.ok_or(ResolutionError::InternalError)? }
            }
        };
        Ok(ethr::resolve(&identity, &history, &version, now))
    }
}

/// Which version a DID URL asks for.
enum Asked {
    Latest,
    Block(u64),
    Time(Timestamp),
}

impl Asked {
    fn of(url: &DidUrl, now: &Timestamp) -> Result<Self, Unresolved> {
        let invalid = || Unresolved::from(ResolutionError::InvalidOptions);
        match (url.parameter("versionId"), url.parameter("versionTime")) {
            (None, None) => Ok(Self::Latest),
            (Some(_), Some(_)) => Err(invalid()),
            (Some(id), None) => Ok(Self::Block(version_number(&id).ok_or(ResolutionError::NotFound)?)),
            (None, Some(time)) => match time.parse::<Timestamp>() {
                Ok(time) if time <= *now => Ok(Self::Time(time)),
                Ok(_) => Err(Unresolved::new(ResolutionError::NotFound, "there is no version of a time to come")),
                Err(_) => Err(invalid()),
            },
        }
    }

    fn block(&self) -> Option<u64> {
        if let Self::Block(number) = self { Some(*number) } else { None }
    }

    /// Of a document without versions there is only the one; one that can change says nothing of the past.
    fn of_one_version(&self, document: DidDocument, standing: Standing) -> Result<Resolution, Unresolved> {
        match (self, &standing) {
            (Self::Latest, _) | (Self::Time(_), Standing::SelfContained) => {
                let (metadata, history) = (DocumentMetadata::default(), Vec::new());
                Ok(Resolution { document, metadata, standing, history })
            }
            _ => Err(Unresolved::new(ResolutionError::NotFound, "its method keeps no versions")),
        }
    }
}

/// A version of did:ethr: the number of a block, in plain digits.
fn version_number(text: &str) -> Option<u64> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok())?
}

/// What is said when a node that answered so far did not come to an end.
fn too_late() -> WalletError {
    WalletError::unreachable("the registry", "its node took too long")
}

/// Whatever a node or a server did instead of answering, nothing is known of the DID.
fn not_whole(error: impl ToString) -> Unresolved {
    Unresolved::new(ResolutionError::InternalError, error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_trait::async_trait;

    use crate::ports::HttpResponse;

    const KEY: &str = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK";

    /// A server that gives every request the same answer.
    struct Server(u16, &'static str);

    #[async_trait]
    impl Network for Server {
        async fn send(&self, request: HttpRequest) -> Result<HttpResponse> {
            assert_eq!((&*request.url, request.reach), ("https://a.example/.well-known/did.json", Reach::Public));
            Ok(HttpResponse { status: self.0, headers: Vec::new(), body: self.1.as_bytes().to_vec() })
        }
    }

    fn now() -> Timestamp {
        "2026-06-01T00:00:00Z".parse().expect("a time")
    }

    async fn resolve(resolver: &Resolver, url: &str) -> Result<Resolution, ResolutionError> {
        resolver.resolve(&url.parse().expect("a DID URL"), &now()).await.map_err(|e| e.error)
    }

    #[tokio::test]
    async fn did_that_holds_its_document_has_one_version_at_all_times() {
        let resolver = Resolver::new();
        let resolution = resolve(&resolver, KEY).await.expect("a did:key");
        assert_eq!(resolution.standing, Standing::SelfContained);
        assert!(resolve(&resolver, &format!("{KEY}?versionTime=2020-01-01T00:00:00Z")).await.is_ok());
        for (query, error) in [
            ("versionId=1", ResolutionError::NotFound),
            ("versionTime=2027-01-01T00:00:00Z", ResolutionError::NotFound),
            ("versionTime=yesterday", ResolutionError::InvalidOptions),
            ("versionId=1&versionTime=2020-01-01T00:00:00Z", ResolutionError::InvalidOptions),
        ] {
            assert_eq!(resolve(&resolver, &format!("{KEY}?{query}")).await, Err(error), "{query}");
        }
    }

    #[tokio::test]
    async fn method_or_network_that_is_not_configured_is_not_supported() {
        let resolver = Resolver::new();
        for did in ["did:example:1", "did:web:a.example", "did:ethr:lacchain:0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"] {
            assert_eq!(resolve(&resolver, did).await, Err(ResolutionError::MethodNotSupported), "{did}");
        }
    }

    #[tokio::test]
    async fn did_web_is_its_document_or_the_reason_why_not() {
        let document = r##"{"id":"did:web:a.example","service":[{"id":"#s","type":"X","serviceEndpoint":"https://a.example"}]}"##;
        for (status, body, expected) in [
            (200, document, None),
            (200, r#"{"id":"did:web:b.example"}"#, Some(ResolutionError::InvalidDidDocument)),
            (200, "<html>", Some(ResolutionError::InvalidDidDocument)),
            (404, "", Some(ResolutionError::NotFound)),
            (301, document, Some(ResolutionError::InternalError)),
            (503, document, Some(ResolutionError::InternalError)),
        ] {
            let resolver = Resolver::new().with_web(Arc::new(Server(status, body)));
            let resolution = resolve(&resolver, "did:web:a.example").await;
            assert_eq!(resolution.err(), expected, "{status} {body}");
        }
        let resolver = Resolver::new().with_web(Arc::new(Server(200, document)));
        assert_eq!(resolve(&resolver, "did:web:127.0.0.1").await, Err(ResolutionError::InvalidDid));
        let past = "did:web:a.example?versionTime=2026-01-01T00:00:00Z";
        assert_eq!(resolve(&resolver, past).await, Err(ResolutionError::NotFound));
        for url in ["did:web:a.example#s", "did:web:a.example?service=s"] {
            let found = resolver.dereference(&url.parse().expect("a DID URL"), &now()).await.expect("a service");
            assert!(matches!(found, Dereferenced::Service(service) if service.kinds == ["X"]), "{url}");
        }
    }

    #[tokio::test]
    async fn did_url_leads_to_its_key_or_nowhere() {
        let resolver = Resolver::new();
        let follow = async |url: String| resolver.dereference(&url.parse().expect("a DID URL"), &now()).await;
        let method = follow(format!("{KEY}#z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK")).await.expect("a key");
        assert!(matches!(method, Dereferenced::Method(method) if method.key.is_some()));
        assert!(matches!(follow(KEY.to_owned()).await, Ok(Dereferenced::Document(_))));
        for tail in ["#other", "/path", "?service=other"] {
            assert_eq!(follow(format!("{KEY}{tail}")).await.map_err(|e| e.error), Err(ResolutionError::NotFound), "{tail}");
        }
    }
}
