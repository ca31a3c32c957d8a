//! `cedula present` against the verifier's service, two programs over HTTP.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;

use serde_json::{Value, json};
use tempfile::TempDir;
use wallet_core::did::VerificationRelationship;
use wallet_core::json::JsonPointer;
use wallet_core::key::KeyAlgorithm;
use wallet_core::language::Language;
use wallet_core::oauth::Form;
use wallet_core::platform::{HttpNetwork, SoftwareKeystore, SqliteStorage, system_now, system_rng};
use wallet_core::ports::{HttpRequest, Network as _, Reach};
use wallet_core::seal::{Cost, Passphrase};
use wallet_core::securing::linked_data::Contexts;
use wallet_core::securing::{Disclosure, Mechanism, ProofOptions, prepare_disclosable};
use wallet_core::store::{Protection, RecordId, StoreKey};
use wallet_core::wallet::Wallet;

use crate::cedula::{binary, example};
use crate::stage::pid;
use crate::world::{Party, object};

const PASSPHRASE: &str = "correcto caballo";

/// The verifier's service, which ends with the test.
struct Service {
    process: Child,
    base: String,
    /// Its folder goes when it does.
    folder: TempDir,
}

impl Service {
    fn start() -> Self {
        let folder = TempDir::new().expect("a folder");
        let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port();
        let mut command = Command::new(example("verifier"));
        command.args(["--test", "--port", &free.to_string(), "--data"]).arg(folder.path().join("verifier"));
        let mut process = command.stdout(Stdio::piped()).spawn().expect("it starts");
        let mut base = String::new();
        BufReader::new(process.stdout.take().expect("piped")).read_line(&mut base).expect("it says where it listens");
        Self { process, base: base.trim().to_owned(), folder }
    }

    async fn get(&self, path: &str) -> Vec<u8> {
        let request = HttpRequest { reach: Reach::Configured, ..HttpRequest::get(format!("{}{path}", self.base)) };
        HttpNetwork::new().expect("a network").send(request).await.expect("it answers").body
    }

    async fn json(&self, path: &str) -> Value {
        let body = self.get(path).await;
        serde_json::from_slice(&body).unwrap_or_else(|_| panic!("{path}: {}", String::from_utf8_lossy(&body)))
    }

    /// What it publishes of whom to trust, in a file.
    async fn file(&self, name: &str) -> String {
        let path = self.folder.path().join(name);
        std::fs::write(&path, self.get(&format!("/{name}")).await).expect("it can be written");
        path.to_str().expect("a plain path").to_owned()
    }

    async fn begin(&self, scheme: &str, mode: &str, query: &Value) -> Value {
        let form = Form::new().with("scheme", scheme).with("mode", mode).with("dcql", query.to_string());
        self.json(&format!("/new?{}", form.to_text())).await
    }

    async fn status(&self, begun: &Value) -> Value {
        self.json(&format!("/result/{}", begun["id"].as_str().expect("an id"))).await
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A folder of the command line's whose wallet holds a PID by an issuer that needs no registry.
struct Home {
    folder: TempDir,
    pid: RecordId,
}

impl Home {
    async fn new() -> Self {
        let (folder, now, mut rng) = (TempDir::new().expect("a folder"), system_now(), system_rng());
        std::fs::create_dir_all(folder.path().join("wallet")).expect("a folder");
        let storage = |name: &str| SqliteStorage::open(folder.path().join("wallet").join(name));
        let passphrase = Passphrase::new(PASSPHRASE).expect("long enough");
        let keys = Arc::new(storage("keys.sqlite").await.expect("a file"));
        let keystore = Arc::new(SoftwareKeystore::create(keys, &passphrase, Cost::UNLOCK).await.expect("a keystore"));
        let records = Arc::new(storage("wallet.sqlite").await.expect("a file"));
        let key = StoreKey::Passphrase(passphrase);
        let mut wallet = Wallet::open(records, keystore, &key, Cost::UNLOCK, &mut rng).await.expect("a wallet");
        wallet.new_holder(KeyAlgorithm::P256, Protection::Software, &mut rng, &now).await.expect("a key");
        let holder = wallet.key_references().await.expect("keys").remove(0).public;
        let issuer = Party::holder(KeyAlgorithm::P256, 1);
        let claims = object(json!({ "vct": "urn:eudi:pid:1", "given_name": "Lucía", "family_name": "Fernández" }));
        let pointers = ["given_name", "family_name"].map(|name| JsonPointer::new([name])).to_vec();
        let purpose = VerificationRelationship::AssertionMethod;
        let options = ProofOptions {
            disclosure: Disclosure::Only { pointers, decoys: 1, holder: Some(holder) },
            ..ProofOptions::new(Mechanism::SdJwtVc, issuer.method(), purpose, now.clone())
        };
        let public = issuer.key.public_key();
        let unsigned = prepare_disclosable(claims, &options, &public, &Contexts::bundled(), &mut rng).expect("claims");
        let signature = issuer.key.sign(unsigned.message());
        let credential = unsigned.finish(&signature).expect("the signature fits");
        let pid = wallet.keep(&credential, "https://pid.example", Language::Es, &mut rng, &now).await.expect("it is new");
        Self { folder, pid }
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(binary());
        command.arg("--home").arg(self.folder.path()).args(arguments).stdin(Stdio::null());
        command.env("CEDULA_PASSPHRASE", PASSPHRASE).env("LC_ALL", "C").env_remove("CEDULA_HOME");
        command.output().expect("it runs")
    }

    /// `cedula present` with this request, whose status must be the expected one: what it prints as JSON, if anything.
    fn present(&self, status: i32, request: &str, more: &[&str]) -> Value {
        let output = self.run(&[&["present", request, "--test", "--json"], more].concat());
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(status), "{request} {more:?}: {said}");
        serde_json::from_slice(&output.stdout).or_else(|_| serde_json::from_str(&said)).unwrap_or_else(|_| panic!("{said}"))
    }
}

#[tokio::test]
async fn command_line_answers_the_service_by_every_scheme_and_mode() {
    let (service, home) = (Service::start(), Home::new().await);
    let (root, attester) = (service.file("root.pem").await, service.file("attester.json").await);
    let trust = ["--yes", "--trust-pem", &root, "--trust-attester", &attester];
    for (scheme, mode) in [
        ("redirect_uri", "direct_post"),
        ("decentralized_identifier", "direct_post"),
        ("x509_san_dns", "direct_post.jwt"),
        ("x509_hash", "direct_post.jwt"),
        ("verifier_attestation", "direct_post"),
    ] {
        let begun = service.begin(scheme, mode, &pid(&["given_name"])).await;
        let told = home.present(0, begun["request"].as_str().expect("a link"), &trust);
        assert_eq!((&told["outcome"], &told["answer"]["sent"]), (&json!("shared"), &json!(true)), "{scheme}: {told:#}");
        assert_eq!(told["proven"], json!(scheme != "redirect_uri"), "{scheme}");
        let shared = told["shared"][0]["claims"].as_array().expect("claims");
        let values: Vec<&Value> = shared.iter().map(|claim| &claim["value"]).collect();
        assert!(values.contains(&&json!("Lucía")) && !values.contains(&&json!("Fernández")), "{told:#}");
        let outcome = service.status(&begun).await;
        assert_eq!(outcome["status"], "accepted", "{scheme} {mode}: {outcome:#}");
    }
}

#[tokio::test]
async fn command_line_hands_over_what_a_browser_or_the_platform_carries() {
    let (service, home) = (Service::start(), Home::new().await);
    let begun = service.begin("decentralized_identifier", "fragment", &pid(&["given_name"])).await;
    let told = home.present(0, begun["request"].as_str().expect("a link"), &["--yes"]);
    let url = told["answer"]["redirect"].as_str().expect("a URL");
    assert!(url.starts_with(&format!("{}/return/", service.base)) && url.contains("#vp_token="), "{url}");
    let begun = service.begin("redirect_uri", "dc_api.jwt", &pid(&["given_name"])).await;
    let request = begun["request"].to_string();
    assert_eq!(home.present(64, &request, &["--yes"])["error"], "usage", "an origin is needed");
    let told = home.present(0, &request, &["--yes", "--origin", &service.base]);
    assert!(told["answer"]["data"]["response"].is_string(), "{told:#}");
}

#[tokio::test]
async fn nothing_is_shared_that_nobody_agreed_to() {
    let (service, home) = (Service::start(), Home::new().await);
    let begun = service.begin("decentralized_identifier", "direct_post", &pid(&["given_name"])).await;
    let link = begun["request"].as_str().expect("a link");
    assert_eq!(home.present(64, link, &[])["error"], "usage");
    assert_eq!(service.status(&begun).await["status"], "pending");
    // What would have left is shown all the same.
    let output = home.run(&["present", link, "--test"]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("given_name") && said.contains("Lucía") && !said.contains("Fernández"), "{said}");
    let chosen = format!("a={}", home.pid);
    assert_eq!(home.present(0, link, &["--yes", "--select", &chosen])["outcome"], "shared");
    let again = service.begin("decentralized_identifier", "direct_post", &pid(&["given_name"])).await;
    let link = again["request"].as_str().expect("a link");
    assert_eq!(home.present(70, link, &["--yes", "--select", "a=nothing"])["error"], "misused");
    assert_eq!(service.status(&again).await["status"], "pending");
}

/// §15.1 asks for the holder's consent to an error, too.
#[tokio::test]
async fn verifier_is_told_why_it_is_turned_away_once_the_holder_agrees() {
    let (service, home) = (Service::start(), Home::new().await);
    let payment = json!([{ "type": "urn:ejemplo:pago", "credential_ids": ["a"] }]);
    let form = Form::new().with("scheme", "decentralized_identifier").with("dcql", pid(&["given_name"]).to_string());
    let begun = service.json(&format!("/new?{}", form.with("transaction_data", payment.to_string()).to_text())).await;
    let link = begun["request"].as_str().expect("a link");
    assert_eq!(home.present(65, link, &[])["error"], "malformed", "this wallet knows no such transaction");
    assert_eq!(service.status(&begun).await["status"], "pending");
    assert_eq!(home.present(65, link, &["--yes"])["error"], "malformed");
    assert_eq!(service.status(&begun).await["error"]["code"], "invalid_transaction_data");
}

#[tokio::test]
async fn verifier_is_told_no_more_than_that_nothing_comes() {
    let (service, home) = (Service::start(), Home::new().await);
    let begun = service.begin("decentralized_identifier", "direct_post", &pid(&["birth_date"])).await;
    let link = begun["request"].as_str().expect("a link");
    let told = home.present(1, link, &["--yes"]);
    assert_eq!((&told["outcome"], &told["missing"][0]["why"]), (&json!("missing"), &json!("it has no birth_date")));
    let outcome = service.status(&begun).await;
    assert_eq!((&outcome["status"], &outcome["error"]["code"]), (&json!("error"), &json!("access_denied")), "{outcome:#}");
}

#[tokio::test]
async fn request_that_cannot_be_taken_up_has_its_reason_and_status() {
    let (service, home) = (Service::start(), Home::new().await);
    let begun = service.begin("x509_hash", "direct_post.jwt", &pid(&["given_name"])).await;
    let link = begun["request"].as_str().expect("a link").to_owned();
    assert_eq!(home.present(77, &link, &["--yes"])["error"], "refused", "nobody vouches for the certificate");
    assert_eq!(service.status(&begun).await["status"], "pending");
    assert_eq!(home.present(65, "openid4vp://?client_id=x", &["--yes"])["error"], "malformed");
    let nobody = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port();
    let dead = format!(
        "openid4vp://?client_id=decentralized_identifier%3Adid%3Akey%3Az6Mk&request_uri=http%3A%2F%2Flocalhost%3A{nobody}%2Fr"
    );
    assert_eq!(home.present(69, &dead, &["--yes"])["error"], "unreachable");
    // Without --test no request leads to this machine.
    let output = home.run(&["present", &link, "--yes", "--json"]);
    assert_eq!(output.status.code(), Some(65), "{}", String::from_utf8_lossy(&output.stderr));
    let plain: PathBuf = home.folder.path().join("request.txt");
    let root = service.file("root.pem").await;
    std::fs::write(&plain, &link).expect("it can be written");
    let told = home.present(0, plain.to_str().expect("a plain path"), &["--yes", "--haip", "--trust-pem", &root]);
    assert_eq!(told["outcome"], "shared", "a file that holds the link");
}
