//! The door to DIDs: from a DID to its document, wherever that is (DID Resolution 0.3).
//!
//! did:key and did:jwk hold their document. did:web is fetched. A did:ethr is read from its registry in one round trip where the
//! node allows it: the storage that says what the last change was, and all events, which must link back to the first without a gap
//! and, on our registry, end in the running hash. What is not whole is no document: it is `internalError`, to be tried again.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Map, Value, json};

use crate::did::ethr::{self, History, Identity, Version};
use crate::did::{
    Did, DidDocument, DidUrl, DocumentMetadata, Resolution, ResolutionError, Service, Standing, Unresolved, VerificationMethod,
    jwk, key, web,
};
use crate::error::{Result, WalletError};
use crate::json;
use crate::ports::{HttpRequest, HttpResponse, Network, Reach};
use crate::registry::identity::{Head, MAX_EVENTS, Subject, times_in};
use crate::registry::rpc::{self, At};
use crate::registry::{Deployment, Ledger, Log, RpcRefusal, RpcRequest};
use crate::time::Timestamp;

/// How often a registry is read again when it changed between two answers.
const ATTEMPTS: usize = 3;
/// The most round trips in which the events of one identity are gathered.
const MAX_ROUNDS: usize = 1000;
/// How many blocks of logs are asked for at a time where a node does not give all: what Besu answers by default.
const SPAN: u64 = 5000;
/// How many headers are asked for at a time.
const HEADERS: usize = 50;

/// Resolves DIDs; without configuration those that hold their own document.
#[derive(Clone, Default)]
pub struct Resolver {
    registries: Vec<Registry>,
    web: Option<Arc<dyn Network>>,
    web_hosts: web::Hosts,
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
        self.registries.push(Registry { name: name.to_owned(), deployment, ledger });
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
        let identity = Identity::read(did)?;
        let registry = self.registries.iter().find(|registry| registry.is_of(&identity));
        let unknown = || Unresolved::new(ResolutionError::MethodNotSupported, "its registry's network is not configured");
        let registry = registry.ok_or_else(unknown)?;
        let subject = Subject { deployment: registry.deployment, identity: identity.address.into() };
        let (history, head) = registry.history(&subject, asked.block()).await?;
        let version = match asked {
            Asked::Latest => Version::Latest,
            Asked::Time(time) => Version::Time(time),
            Asked::Block(number) => {
                let seconds = head.asked_time.ok_or(ResolutionError::NotFound)?;
                let time = i64::try_from(seconds).ok().and_then(|seconds| Timestamp::from_unix(seconds).ok());
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

/// Whatever a node or a server did instead of answering, nothing is known of the DID.
fn not_whole(error: WalletError) -> Unresolved {
    Unresolved::new(ResolutionError::InternalError, error)
}

/// One registry, its network's name and the way to it.
#[derive(Clone)]
struct Registry {
    name: String,
    deployment: Deployment,
    ledger: Arc<dyn Ledger>,
}

impl Registry {
    fn is_of(&self, identity: &Identity) -> bool {
        match identity.network.as_deref() {
            None => self.deployment.chain_id == 1,
            Some(name) => name == self.name || identity.chain_id() == Some(self.deployment.chain_id),
        }
    }

    /// All events of an identity, read again while the registry changes in between.
    async fn history(&self, subject: &Subject, asked: Option<u64>) -> Result<(History, Head), Unresolved> {
        for _ in 0..ATTEMPTS {
            let (head, logs) = self.head_and_logs(subject, asked).await.map_err(not_whole)?;
            let times = self.times(&logs).await.map_err(not_whole)?;
            if let Some(history) = subject.history(&head, &logs, &times).map_err(not_whole)? {
                return Ok((history, head));
            }
        }
        Err(Unresolved::new(ResolutionError::InternalError, "its registry's node does not give all of its events"))
    }

    /// One round trip where the node gives all logs at once; as many as it takes where it does not.
    async fn head_and_logs(&self, subject: &Subject, asked: Option<u64>) -> Result<(Head, Vec<Log>)> {
        let questions = subject.head_requests(asked);
        let mut batch = questions.clone();
        batch.push(subject.logs_request(0, At::Latest));
        let answers = match self.ledger.ask(batch).await {
            // The answer to all at once may be longer than is read.
            Err(WalletError::Malformed { .. }) => self.ledger.ask(questions.clone()).await?,
            other => other?,
        };
        let (of_head, of_logs) = answers.split_at(questions.len().min(answers.len()));
        let head = subject.read_head(of_head)?;
        match of_logs.first() {
            Some(Ok(logs)) => Ok((head, subject.read_logs(logs)?)),
            _ => {
                let logs = self.walk(subject, &head).await?;
                Ok((head, logs))
            }
        }
    }

    /// Follows the links of the events back from the newest, a span of blocks at a time.
    async fn walk(&self, subject: &Subject, head: &Head) -> Result<Vec<Log>> {
        let mut logs: Vec<Log> = Vec::new();
        let mut span = SPAN;
        let mut to = head.changed;
        for _ in 0..MAX_ROUNDS {
            if to == 0 {
                return Ok(logs);
            }
            let from = (to + 1).saturating_sub(span);
            let answer = match self.ledger.ask(vec![subject.logs_request(from, At::Block(to))]).await {
                Ok(mut answers) => answers.pop(),
                Err(WalletError::Malformed { .. }) => None,
                Err(error) => return Err(error),
            };
            let Some(Ok(answer)) = answer else {
                if span == 1 {
                    return Err(WalletError::refused("the node", "it gives no logs"));
                }
                span = 1;
                continue;
            };
            let mut older = subject.read_logs(&answer)?;
            to = subject.change_before(&older)?;
            older.append(&mut logs);
            logs = older;
            if logs.len() > MAX_EVENTS {
                return Err(WalletError::unsupported("an identity with so many events", format!("at most {MAX_EVENTS}")));
            }
        }
        Err(WalletError::unreachable("the node", "it needs too many round trips for one identity"))
    }

    /// The time of each block that has an event.
    async fn times(&self, logs: &[Log]) -> Result<BTreeMap<u64, u64>> {
        if let Some(times) = times_in(logs) {
            return Ok(times);
        }
        let mut blocks: Vec<u64> = logs.iter().map(|log| log.block_number).collect();
        blocks.dedup();
        let mut times = BTreeMap::new();
        for some in blocks.chunks(HEADERS) {
            let batch = some.iter().map(|number| rpc::block(At::Block(*number))).collect();
            for answer in self.ledger.ask(batch).await? {
                let answer = answer.map_err(|refusal| WalletError::refused("the node", refusal))?;
                let block = rpc::read_block(&answer)?;
                times.extend(block.map(|block| (block.header.number, block.header.timestamp)));
            }
        }
        Ok(times)
    }
}

/// A node somewhere: JSON-RPC over HTTP, each batch one POST.
pub struct RpcLedger {
    network: Arc<dyn Network>,
    url: String,
}

impl RpcLedger {
    /// The node at `url`, which the app's own configuration names; it may hold an access key and is never shown.
    pub fn new(network: Arc<dyn Network>, url: impl Into<String>) -> Self {
        Self { network, url: url.into() }
    }
}

#[async_trait]
impl Ledger for RpcLedger {
    async fn ask(&self, batch: Vec<RpcRequest>) -> Result<Vec<Result<Value, RpcRefusal>>> {
        if batch.is_empty() {
            return Ok(Vec::new());
        }
        let body = write_batch(&batch).to_string().into_bytes();
        let post = HttpRequest::post(self.url.clone(), "application/json", body);
        let request = HttpRequest { reach: Reach::Configured, max_bytes: json::MAX_BYTES, ..post };
        read_batch(batch.len(), &self.network.send(request).await?)
    }
}

fn write_batch(batch: &[RpcRequest]) -> Value {
    let request = |(id, request): (usize, &RpcRequest)| json!({ "jsonrpc": "2.0", "id": id, "method": request.method, "params": request.params });
    batch.iter().enumerate().map(request).collect()
}

/// Reads the answers to a batch of `count` requests, in whatever order they come (JSON-RPC 2.0 §6).
fn read_batch(count: usize, response: &HttpResponse) -> Result<Vec<Result<Value, RpcRefusal>>> {
    let bad = |reason: &str| WalletError::malformed("answer of the node", reason);
    if matches!(response.status, 408 | 429 | 500..) {
        return Err(WalletError::unreachable("the node", format!("it answered with status {}", response.status)));
    }
    let replies = match json::read_bytes("answer of the node", &response.body)? {
        Value::Array(replies) => replies,
        // The whole batch was refused.
        Value::Object(reply) => {
            return Ok(vec![Err(read_refusal(&reply).ok_or_else(|| bad("it is no list of answers"))?); count]);
        }
        _ => return Err(bad("it is no list of answers")),
    };
    let mut answers = vec![None; count];
    for reply in replies {
        let Value::Object(mut reply) = reply else { return Err(bad("an answer is no object")) };
        let id = reply.get("id").and_then(Value::as_u64).and_then(|id| usize::try_from(id).ok());
        let place = id.and_then(|id| answers.get_mut(id)).ok_or_else(|| bad("an answer is to no question"))?;
        let answer = match (reply.remove("result"), read_refusal(&reply)) {
            (Some(result), None) => Ok(result),
            (None | Some(Value::Null), Some(refusal)) => Err(refusal),
            _ => return Err(bad("an answer has neither result nor error, or both")),
        };
        if place.replace(answer).is_some() {
            return Err(bad("a question is answered twice"));
        }
    }
    answers.into_iter().collect::<Option<_>>().ok_or_else(|| bad("a question is not answered"))
}

fn read_refusal(reply: &Map<String, Value>) -> Option<RpcRefusal> {
    let error = reply.get("error")?.as_object()?;
    let words = error.get("message").and_then(Value::as_str).unwrap_or_default();
    let reason = words.chars().filter(|c| !c.is_control()).take(200).collect();
    Some(RpcRefusal { code: error.get("code").and_then(Value::as_i64).unwrap_or_default(), reason })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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

    fn read(status: u16, body: &str) -> Result<Vec<Result<Value, RpcRefusal>>> {
        read_batch(2, &HttpResponse { status, headers: Vec::new(), body: body.as_bytes().to_vec() })
    }

    #[test]
    fn answers_are_put_in_the_order_of_their_questions() {
        let answers = read(200, r#"[{"id":1,"error":{"code":-32000,"message":"no\u0007"}},{"id":0,"result":"0x1"}]"#);
        let refusal = RpcRefusal { code: -32000, reason: "no".to_owned() };
        assert_eq!(answers, Ok(vec![Ok(json!("0x1")), Err(refusal.clone())]));
        let refused = read(200, r#"{"id":null,"error":{"code":-32000,"message":"no"}}"#);
        assert_eq!(refused, Ok(vec![Err(refusal.clone()), Err(refusal)]));
    }

    #[test]
    fn answers_that_fit_no_questions_are_refused() {
        for body in [
            "",
            "7",
            "{}",
            "[]",
            r#"[{"id":0,"result":1}]"#,
            r#"[{"id":0,"result":1},{"id":0,"result":1}]"#,
            r#"[{"id":0,"result":1},{"id":2,"result":1}]"#,
            r#"[{"id":0,"result":1},{"id":1}]"#,
            r#"[{"id":0,"result":1},{"id":1,"result":1,"error":{"code":1,"message":""}}]"#,
        ] {
            assert!(matches!(read(200, body), Err(WalletError::Malformed { .. })), "{body}");
        }
        assert!(matches!(read(503, "[]"), Err(WalletError::Unreachable { .. })));
    }

    proptest! {
        #[test]
        fn any_answer_is_read_or_refused(body in r#"[\[\]{}":,a-f0-2]{0,40}"#) {
            let _ = read(200, &body);
        }
    }
}
