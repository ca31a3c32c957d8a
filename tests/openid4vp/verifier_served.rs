//! The service itself, over HTTP: a program of its own, which is killed and started again.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};
use tempfile::TempDir;
use wallet_core::did::{self, Did};
use wallet_core::jose::jwk_set::JwkSet;
use wallet_core::key::KeyAlgorithm;
use wallet_core::oauth::Form;
use wallet_core::platform::{HttpNetwork, system_now};
use wallet_core::ports::{HttpRequest, HttpResponse, Network as _, Reach};
use wallet_core::presentation::request::{
    AuthenticatedRequest, AuthorizationRequest, ReceivedRequest, RequestLink, VerifierEvidence, dc_api,
};
use wallet_core::presentation::response::{AuthorizationResponse, Delivery, Receipt, VpToken};
use wallet_core::x509::TrustAnchors;

use crate::cedula::example;
use crate::verifier_stage::{card, card_query, id, show};
use crate::world::Party;

/// The service, running.
struct Service {
    child: Child,
    port: u16,
    folder: TempDir,
    arguments: Vec<String>,
    network: HttpNetwork,
}

impl Service {
    async fn start(arguments: &[&str]) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
        let folder = tempfile::tempdir().expect("a folder");
        let arguments: Vec<String> = arguments.iter().map(|&argument| argument.to_owned()).collect();
        let network = HttpNetwork::new().expect("a network");
        let child = Self::spawn(port, folder.path(), &arguments);
        let service = Self { child, port, folder, arguments, network };
        service.wait().await;
        service
    }

    fn spawn(port: u16, folder: &Path, arguments: &[String]) -> Child {
        let mut command = Command::new(example("verifier"));
        command.args(["--test", "--port", &port.to_string(), "--data"]).arg(folder).args(arguments);
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the service starts")
    }

    /// Kills it where it stands, and starts it again.
    async fn restart(&mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ends");
        self.child = Self::spawn(self.port, self.folder.path(), &self.arguments);
        self.wait().await;
    }

    async fn wait(&self) {
        let begun = Instant::now();
        while self.network.send(self.request("/root.pem")).await.is_err() {
            assert!(begun.elapsed() < Duration::from_secs(60), "the service does not answer");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    fn request(&self, path: &str) -> HttpRequest {
        HttpRequest { reach: Reach::Configured, ..HttpRequest::get(format!("http://localhost:{}{path}", self.port)) }
    }

    async fn get(&self, path: &str) -> HttpResponse {
        self.network.send(self.request(path)).await.expect("it answers")
    }

    async fn json(&self, path: &str) -> Value {
        serde_json::from_slice(&self.get(path).await.body).expect("JSON")
    }

    /// Begins a session for the card; its identifier and what the wallet gets.
    async fn new_session(&self, parameters: &[(&str, &str)]) -> (String, Value) {
        let form = parameters.iter().fold(Form::new(), |form, (name, value)| form.with(name, *value));
        let begun = self.json(&format!("/new?{}", form.with("dcql", card_query().to_string()).to_text())).await;
        (begun["id"].as_str().unwrap_or_else(|| panic!("{begun}")).to_owned(), begun["request"].clone())
    }

    async fn send(&self, request: HttpRequest) -> HttpResponse {
        self.network.send(HttpRequest { reach: Reach::Configured, ..request }).await.expect("it answers")
    }

    /// What a wallet trusts that was told of this service.
    async fn evidence(&self, needs: impl IntoIterator<Item = Did>) -> VerifierEvidence {
        let root = String::from_utf8(self.get("/root.pem").await.body).expect("PEM");
        let attester = self.json("/attester.json").await;
        let keys = JwkSet::read(&attester["jwks"]).expect("keys");
        let resolve = |did: Did| did::resolve_self_contained(&did).map(|resolution| (did, resolution)).expect("a document");
        VerifierEvidence {
            anchors: TrustAnchors::from_pem(&root).expect("a root"),
            attesters: [(attester["iss"].as_str().expect("a name").to_owned(), keys)].into(),
            resolutions: needs.into_iter().map(resolve).collect(),
            ..VerifierEvidence::default()
        }
    }

    /// What a wallet makes of a link: it fetches the request, and finds out who asks.
    async fn review(&self, link: &Value) -> AuthenticatedRequest {
        let received: ReceivedRequest = match RequestLink::read(link.as_str().expect("a link")).expect("a link") {
            RequestLink::Whole(received) => received,
            RequestLink::Reference(reference) => {
                let answer = self.send(reference.ask(&Map::new(), "qPmxiNFCR3QTm19POc8u")).await;
                reference.read(&answer, "qPmxiNFCR3QTm19POc8u").expect("a request object")
            }
        };
        let evidence = self.evidence(received.needs()).await;
        received.authenticate(&evidence, &system_now()).expect("it is known who asks")
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A card by a university whose DID is its key, presented by its holder.
fn answer(request: &AuthorizationRequest) -> AuthorizationResponse {
    let (university, holder) = (Party::holder(KeyAlgorithm::Ed25519, 1), Party::holder(KeyAlgorithm::P256, 2));
    let now = system_now();
    let shown = show(
        &card(&university, &holder, &now),
        &["/name"],
        (&request.nonce, &request.audience().expect("an audience")),
        &holder,
        &now,
    );
    AuthorizationResponse::presenting(VpToken::none().with(id("card"), &shown), request)
}

const SCHEMES: [&str; 5] = ["redirect_uri", "decentralized_identifier", "x509_san_dns", "x509_hash", "verifier_attestation"];

#[tokio::test]
async fn every_scheme_and_mode_is_asked_and_answered_over_http() {
    let service = Service::start(&[]).await;
    for scheme in SCHEMES {
        for mode in ["direct_post", "direct_post.jwt", "fragment"] {
            let (id, link) = service.new_session(&[("scheme", scheme), ("mode", mode)]).await;
            assert_eq!(service.json(&format!("/result/{id}")).await["status"], "pending");
            let asked = service.review(&link).await;
            assert_eq!(asked.by.is_proven(), scheme != "redirect_uri");
            let taken = match answer(&asked.request).deliver(&asked.request).expect("it can be delivered") {
                Delivery::Post(post) => service.send(post).await,
                // What the script of the page does that the browser is led to.
                Delivery::Redirect(url) => {
                    let (place, fragment) = url.split_once('#').expect("a fragment");
                    let place = place.replace("/return/", "/response/");
                    service.send(HttpRequest::post(place, "application/x-www-form-urlencoded", fragment.into())).await
                }
                Delivery::DcApi(_) => panic!("it does not go over the API"),
            };
            assert_eq!(taken.status, 200, "{scheme} {mode}");
            let outcome = service.json(&format!("/result/{id}")).await;
            assert_eq!(outcome["status"], "accepted", "{scheme} {mode}: {outcome}");
            assert_eq!(outcome["credentials"]["card"][0]["claims"][0]["name"], "Lucía Fernández");
        }
    }
}

#[tokio::test]
async fn platforms_api_is_asked_and_answered_over_http() {
    let service = Service::start(&[]).await;
    let origin = format!("http://localhost:{}", service.port);
    for scheme in ["redirect_uri", "x509_hash", "decentralized_identifier,x509_hash"] {
        for mode in ["dc_api", "dc_api.jwt"] {
            let (id, request) = service.new_session(&[("scheme", scheme), ("mode", mode)]).await;
            let protocol = request["protocol"].as_str().expect("a protocol").to_owned();
            let received = dc_api::read(&protocol, &request["data"], &origin).expect("a request");
            let evidence = service.evidence(received.needs()).await;
            let asked = received.authenticate(&evidence, &system_now()).expect("it is known who asks");
            let Ok(Delivery::DcApi(data)) = answer(&asked.request).deliver(&asked.request) else {
                panic!("it goes over the API")
            };
            let body = json!({ "protocol": protocol, "data": data }).to_string().into_bytes();
            let place = service.request(&format!("/dc/{id}")).url;
            let taken = service.send(HttpRequest::post(place, "application/json", body)).await;
            let outcome: Value = serde_json::from_slice(&taken.body).expect("JSON");
            assert_eq!(outcome["status"], "accepted", "{scheme} {mode}: {outcome}");
        }
    }
}

#[tokio::test]
async fn restart_between_request_and_answer_loses_nothing() {
    let mut service = Service::start(&[]).await;
    let (id, link) = service.new_session(&[("scheme", "x509_san_dns"), ("mode", "direct_post.jwt")]).await;
    service.restart().await;
    let asked = service.review(&link).await;
    service.restart().await;
    let Ok(Delivery::Post(post)) = answer(&asked.request).deliver(&asked.request) else { panic!("it is posted") };
    assert_eq!(service.send(post.clone()).await.status, 200);
    service.restart().await;
    assert_eq!(service.json(&format!("/result/{id}")).await["status"], "accepted");
    assert_eq!(service.send(post).await.status, 404, "an answer is taken once, whatever happened since");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn same_answer_posted_32_times_at_once_is_judged_once() {
    let service = std::sync::Arc::new(Service::start(&[]).await);
    let (id, link) = service.new_session(&[("scheme", "decentralized_identifier"), ("mode", "direct_post.jwt")]).await;
    let asked = service.review(&link).await;
    let Ok(Delivery::Post(post)) = answer(&asked.request).deliver(&asked.request) else { panic!("it is posted") };
    let posts: Vec<_> = (0..32)
        .map(|_| {
            let (service, post) = (service.clone(), post.clone());
            tokio::spawn(async move { service.send(post).await.status })
        })
        .collect();
    let mut statuses = Vec::new();
    for post in posts {
        statuses.push(post.await.expect("it ends"));
    }
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| [200, 400, 404].contains(status)), "{statuses:?}");
    assert_eq!(service.json(&format!("/result/{id}")).await["status"], "accepted");
}

#[tokio::test]
async fn section_14_2_browser_that_did_not_begin_the_session_sees_nothing_of_it() {
    let service = Service::start(&[]).await;
    let page = service.get("/?device=same&lang=pt&scheme=x509_san_dns").await;
    let cookie = page.headers.iter().find(|(name, _)| name == "set-cookie").map(|(_, value)| value.clone()).expect("a cookie");
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"));
    let text = String::from_utf8(page.body).expect("a page");
    assert!(text.contains("Abrir a carteira neste dispositivo"));
    // The page asks for a diploma; that there is none is an answer, too.
    let link = text.split("href=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a link").replace("&amp;", "&");
    let asked = service.review(&link.into()).await;
    let refusal = AuthorizationResponse::refusing(wallet_core::oauth::OAuthErrorCode::AccessDenied, &asked.request);
    let Ok(Delivery::Post(post)) = refusal.deliver(&asked.request) else { panic!("it is posted") };
    let back = Receipt::read(&service.send(post).await).expect("a receipt").redirect_uri.expect("a place to go on at");
    let path = back.strip_prefix(&format!("http://localhost:{}", service.port)).expect("the service's own page").to_owned();
    let visit = async |path: &str, cookie: Option<&str>| {
        let mut request = service.request(path);
        request.headers.extend(cookie.map(|cookie| ("cookie".to_owned(), cookie.to_owned())));
        String::from_utf8(service.send(request).await.body).expect("a page")
    };
    let session = cookie.split(';').next().expect("a pair");
    for (path, cookie) in [(&*path, None), (&*path, Some("session=another")), ("/done?response_code=x", Some(session))] {
        assert!(!visit(path, cookie).await.contains("access_denied"), "{path} {cookie:?}");
    }
    assert!(visit(&path, Some(session)).await.contains("access_denied"));
}

#[tokio::test]
async fn pages_speak_three_languages_and_run_nothing_but_their_own_script() {
    let service = Service::start(&["--name", "Biblioteca <Nacional>"]).await;
    for (lang, words) in [("es", "Escanee esto"), ("en", "Scan this"), ("pt", "Escaneie isto")] {
        let page = service.get(&format!("/?lang={lang}&scheme=x509_hash")).await;
        let policy = page.headers.iter().find(|(name, _)| name == "content-security-policy").expect("a policy").1.clone();
        assert!(policy.starts_with("default-src 'none';") && policy.contains("; script-src 'self';"), "{policy}");
        let text = String::from_utf8(page.body).expect("a page");
        assert!(text.contains(words) && text.contains("<svg") && text.contains("Biblioteca &lt;Nacional&gt;"), "{lang}");
    }
    let page = async |path: &str| String::from_utf8(service.get(path).await.body).expect("a page");
    let elsewhere = page("/?device=another&lang=en").await;
    assert!(
        elsewhere.contains("<svg") && elsewhere.contains("\"?lang=en&amp;device=same\"") && !elsewhere.contains("openid4vp:")
    );
    let here = page("/?device=same").await;
    assert!(here.contains("request_uri=") && !here.contains("<svg"), "a link that leads to the request (§5.7)");
    assert!(!page("/?scheme=redirect_uri").await.contains("<svg"), "no camera reads a whole request");
    assert_eq!(service.get("/page.js").await.status, 200);
    assert_eq!(service.get("/return/<script>").await.status, 404);
    assert_eq!(service.get("/return/abc").await.status, 200);
}

#[tokio::test]
async fn haip_service_asks_by_its_certificate_alone() {
    let service = Service::start(&["--haip"]).await;
    let begun = |parameters: &str| service.request(&format!("/new?{parameters}&dcql={}", urlencoded(&card_query().to_string())));
    assert_eq!(service.send(begun("scheme=x509_hash&mode=direct_post")).await.status, 400);
    assert_eq!(service.send(begun("scheme=x509_san_dns&mode=direct_post.jwt")).await.status, 400);
    let good = service.send(begun("scheme=x509_hash&mode=direct_post.jwt")).await;
    let good: Value = serde_json::from_slice(&good.body).expect("JSON");
    let asked = service.review(&good["request"]).await;
    assert_eq!(wallet_core::presentation::request::haip::check(&asked), Ok(()));
}

fn urlencoded(text: &str) -> String {
    let form = Form::new().with("v", text).to_text();
    form.trim_start_matches("v=").to_owned()
}
