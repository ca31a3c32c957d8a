//! The issuer service over real HTTP, with a restart between token and credential.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use serde_json::{Value, json};
use wallet_core::issuance::{CredentialOffer, KeyProofTerms, OfferLink, ProofKey};
use wallet_core::oauth::{Endpoint, Form};
use wallet_core::platform::{HttpNetwork, system_now};
use wallet_core::ports::{HttpRequest, HttpResponse, Network as _, Reach};

use crate::cedula::example;
use crate::stage::{Holder, body, header, redemption, text};

/// The service's file.
fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| example("issuer"))
}

/// A running service, which is ended with it.
struct Service {
    process: Child,
    base: String,
    network: HttpNetwork,
}

impl Service {
    async fn start(data: &Path, port: u16) -> Self {
        let mut command = Command::new(binary());
        command.args(["--test", "--port", &port.to_string(), "--data"]).arg(data);
        let process = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the service starts");
        let service = Self { process, base: format!("http://localhost:{port}"), network: HttpNetwork::new().expect("a network") };
        for _ in 0..300 {
            if service.try_get("/").await.is_some() {
                return service;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("the service does not answer");
    }

    async fn try_get(&self, path: &str) -> Option<HttpResponse> {
        self.network.send(self.request(HttpRequest::get(format!("{}{path}", self.base)))).await.ok()
    }

    async fn get(&self, path: &str) -> HttpResponse {
        self.try_get(path).await.expect("an answer")
    }

    async fn post(&self, path: &str, (content_type, body): (&str, String), token: Option<&str>) -> HttpResponse {
        let mut request = HttpRequest::post(format!("{}{path}", self.base), content_type, body.into_bytes());
        request.headers.extend(token.map(|token| ("authorization".to_owned(), format!("Bearer {token}"))));
        self.network.send(self.request(request)).await.expect("an answer")
    }

    fn request(&self, request: HttpRequest) -> HttpRequest {
        HttpRequest { reach: Reach::Configured, ..request }
    }

    async fn form(&self, path: &str, form: Form) -> HttpResponse {
        self.post(path, ("application/x-www-form-urlencoded", form.to_text()), None).await
    }

    async fn offer(&self, query: &str) -> (CredentialOffer, Value) {
        let made = body(&self.get(&format!("/offer?{query}")).await);
        match OfferLink::read(made["offer"].as_str().expect("an offer")).expect("a link") {
            OfferLink::ByValue(offer) => (offer, made),
            OfferLink::ByReference(url) => {
                let response = self.get(url.as_str().strip_prefix(&self.base).expect("its own address")).await;
                (CredentialOffer::read(&text(&response)).expect("an offer"), made)
            }
        }
    }

    /// Asks for what `name` says, with the proof of a fresh nonce.
    async fn ask(&self, name: &str, token: &str) -> HttpResponse {
        let nonce = body(&self.form("/nonce", Form::new()).await)["c_nonce"].as_str().expect("a nonce").to_owned();
        let (issuer, now, holder) = (self.base.parse::<Endpoint>().expect("a URL"), system_now(), Holder::new(5));
        let key = ProofKey::Jwk(holder.0.public_key());
        let terms = KeyProofTerms { issuer: &issuer, nonce: Some(&nonce), client: None, key, attestation: None, issued: &now };
        let unsigned = terms.prepare(&holder.0.public_key()).expect("a proof");
        let signature = holder.0.sign(unsigned.message());
        let request = json!({ "credential_configuration_id": name, "proofs": { "jwt": [unsigned.finish(&signature)] } });
        self.post("/credential", ("application/json", request.to_string()), Some(token)).await
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A port that was free a moment ago.
fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    listener.local_addr().expect("an address").port()
}

fn token(response: &HttpResponse) -> String {
    assert_eq!(response.status, 200, "{}", text(response));
    body(response)["access_token"].as_str().expect("a token").to_owned()
}

#[tokio::test]
async fn session_outlives_a_restart_between_token_and_credential() {
    let folder = tempfile::tempdir().expect("a folder");
    let port = free_port();
    let service = Service::start(folder.path(), port).await;
    let (offer, made) = service.offer("flow=pre&config=identity_card_sd_jwt&tx=1&ref=1").await;
    drop(service);

    let service = Service::start(folder.path(), port).await;
    let code = made["tx_code"].as_str().expect("a code");
    let token = token(&service.form("/token", redemption(&offer, Form::new().with("tx_code", code))).await);
    drop(service);

    let service = Service::start(folder.path(), port).await;
    let response = service.ask("identity_card_sd_jwt", &token).await;
    assert_eq!(response.status, 200, "{}", text(&response));
}

#[tokio::test]
async fn every_entry_of_the_catalogue_is_issued() {
    let folder = tempfile::tempdir().expect("a folder");
    let service = Service::start(folder.path(), free_port()).await;
    let metadata = body(&service.get("/.well-known/openid-credential-issuer").await);
    let names: Vec<&String> =
        metadata["credential_configurations_supported"].as_object().expect("configurations").keys().collect();
    assert_eq!(names.len(), 18);
    for name in names {
        let (offer, _) = service.offer(&format!("flow=pre&config={name}&ref=0")).await;
        let token = token(&service.form("/token", redemption(&offer, Form::new())).await);
        let response = service.ask(name, &token).await;
        assert_eq!(response.status, 200, "{name}: {}", text(&response));
    }
}

#[tokio::test]
async fn test_driver_without_a_browser_gets_its_code_at_once_and_a_browser_a_page() {
    let folder = tempfile::tempdir().expect("a folder");
    let service = Service::start(folder.path(), free_port()).await;
    let (offer, _) = service.offer("flow=auth&config=diploma_ldp_vc&ref=0").await;
    let state = offer.grants.authorization_code.expect("a grant").issuer_state.expect("a state");
    let query = Form::new()
        .with("response_type", "code")
        .with("client_id", "driver")
        .with("redirect_uri", "http://127.0.0.1:9/cb")
        .with("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")
        .with("code_challenge_method", "S256")
        .with("issuer_state", state.expose())
        .to_text();
    let response = service.get(&format!("/authorize?{query}")).await;
    let location = header(&response, "location").expect("a location");
    assert!(location.starts_with("http://127.0.0.1:9/cb?code="), "{location}");

    let mut request = HttpRequest::get(format!("{}/authorize?{query}", service.base));
    request.headers.push(("accept".to_owned(), "text/html".to_owned()));
    let response = service.network.send(service.request(request)).await.expect("an answer");
    let page = header(&response, "location").expect("a location");
    assert!(page.starts_with(&format!("{}/consent?session=", service.base)), "{page}");
    let session = page.split_once("session=").expect("a session").1;
    let shown = text(&service.get(&page[service.base.len()..]).await);
    assert!(shown.contains("driver") && shown.contains("Diploma universitario") && shown.contains(session));
    let declined = service.form("/consent", Form::new().with("session", session).with("answer", "no")).await;
    assert!(header(&declined, "location").expect("a location").contains("error=access_denied"));
}

#[tokio::test]
async fn service_refuses_what_is_too_long_and_guards_its_answers() {
    let folder = tempfile::tempdir().expect("a folder");
    let service = Service::start(folder.path(), free_port()).await;
    let page = service.get("/").await;
    assert_eq!(header(&page, "x-frame-options"), Some("DENY"));
    assert!(header(&page, "content-security-policy").is_some_and(|policy| policy.starts_with("default-src 'none'")));
    assert_eq!(service.get("/nothing").await.status, 404);
    assert!(text(&service.get("/root.pem").await).contains("BEGIN CERTIFICATE"));
    let long = ("a=".to_owned() + &"b".repeat(2 << 20)).into_bytes();
    let request = HttpRequest::post(format!("{}/token", service.base), "application/x-www-form-urlencoded", long);
    // It answers before all of it was sent, or hangs up.
    let answer = service.network.send(service.request(request)).await;
    assert!(answer.is_err() || answer.is_ok_and(|answer| answer.status == 413));
}

#[tokio::test]
async fn service_without_tls_starts_in_a_test_only() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = Command::new(binary());
    let output = command.args(["--url", "http://localhost:1", "--data"]).arg(folder.path()).output().expect("it runs");
    assert!(!output.status.success() && String::from_utf8_lossy(&output.stderr).contains("https"));
}

#[tokio::test]
async fn deferred_credential_of_the_service_is_provided_by_its_handle() {
    let folder = tempfile::tempdir().expect("a folder");
    let service = Service::start(folder.path(), free_port()).await;
    let (offer, made) = service.offer("flow=pre&config=diploma_ldp_vc&deferred=1").await;
    let token = token(&service.form("/token", redemption(&offer, Form::new())).await);
    let promised = service.ask("diploma_ldp_vc", &token).await;
    assert_eq!(promised.status, 202, "{}", text(&promised));
    let dataset = made["datasets"][0].as_str().expect("an identifier");
    assert_eq!(service.get(&format!("/provide?dataset={dataset}&config=diploma_ldp_vc")).await.status, 204);
    let transaction = json!({ "transaction_id": body(&promised)["transaction_id"] }).to_string();
    let response = service.post("/deferred_credential", ("application/json", transaction), Some(&token)).await;
    assert_eq!(response.status, 200, "{}", text(&response));
}
