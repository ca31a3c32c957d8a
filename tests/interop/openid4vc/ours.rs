//! Our side, as whoever installs it runs it: the issuer's and the verifier's services, and the command line's wallet.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::http;
use crate::programs::{Offer, Program, text};

/// The examples' files, built once by the cargo that runs the tests.
fn example(name: &str) -> PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let cargo = std::env::var_os("CARGO").expect("cargo runs the tests");
        let examples = ["cedula", "issuer", "verifier"].map(|name| format!("--example={name}"));
        let built = Command::new(cargo).args(["build", "--quiet", "--workspace"]).args(examples).status().expect("cargo");
        assert!(built.success());
        let test = std::env::current_exe().expect("this test's own file");
        test.ancestors().nth(2).expect("target/debug").join("examples")
    });
    folder.join(name)
}

/// A service on loopback with more options, which knows who certified and attested it.
fn service(name: &str, options: &[&str]) -> Program {
    let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port").port();
    let data = TempDir::new().expect("a folder").keep();
    // A service runs until it is told to stop: here, until its input ends. Nothing of it is left behind.
    let mut command = Command::new("sh");
    command.args(["-c", "\"$@\" --data \"$0\" & cat > /dev/null; kill $!; rm -rf \"$0\""]).arg(data).arg(example(name));
    command.args(["--test", "--port", &port.to_string()]).args(options);
    Program::run(command, |line| {
        let url = line.trim();
        let (_, roots) = http::fetch(&format!("{url}/root.pem"));
        let attester = if name == "verifier" { http::get(&format!("{url}/attester.json")) } else { Value::Null };
        json!({ "url": url, "roots": roots, "attester": attester })
    })
}

/// The issuer's service.
pub fn issuer() -> &'static Program {
    static SERVICE: OnceLock<Program> = OnceLock::new();
    SERVICE.get_or_init(|| service("issuer", &[]))
}

/// An issuer's service of its own, with these options.
pub fn issuer_with(options: &[&str]) -> Program {
    service("issuer", options)
}

/// The verifier's service, which believes the issuers of `trusted` by their certificates, and no other.
pub fn verifier_trusting(trusted: &Program) -> Program {
    let folder = TempDir::new().expect("a folder").keep();
    let file = folder.join("roots.pem");
    std::fs::write(&file, text(&trusted.said["roots"])).expect("room for a file");
    service("verifier", &["--trust-pem", file.to_str().expect("a plain path")])
}

/// The verifier's service, which believes any issuer.
pub fn verifier() -> &'static Program {
    static SERVICE: OnceLock<Program> = OnceLock::new();
    SERVICE.get_or_init(|| service("verifier", &[]))
}

/// A wallet of the command line, empty.
pub struct Wallet(TempDir);

impl Wallet {
    /// A new one.
    pub fn new() -> Self {
        Self(TempDir::new().expect("a folder"))
    }

    /// Takes up an offer of `issuer`, trusting its certificates; whether that went well, and what it says.
    pub fn receive(&self, offer: &Offer, issuer: &Program, options: &[&str]) -> (bool, Value) {
        let code: Vec<&str> = offer.tx_code.iter().flat_map(|code| ["--tx-code", code]).collect();
        let trust = self.trusting(issuer);
        self.run(&[&["receive", &offer.link, "--yes", "--trust-pem", &trust], code.as_slice(), options].concat())
    }

    /// Answers a request of `verifier`, trusting its certificates; whether that went well, and what it says.
    pub fn present(&self, request: &str, verifier: &Program) -> (bool, Value) {
        self.run(&["present", request, "--yes", "--trust-pem", &self.trusting(verifier)])
    }

    /// A file with the certificates that a program names.
    fn trusting(&self, program: &Program) -> String {
        let file = self.0.path().join("roots.pem");
        std::fs::write(&file, text(&program.said["roots"])).expect("room for a file");
        file.to_str().expect("a plain path").to_owned()
    }

    fn run(&self, arguments: &[&str]) -> (bool, Value) {
        let mut command = Command::new(example("cedula"));
        command.arg("--home").arg(self.0.path().join("home")).args(arguments).args(["--test", "--json"]).stdin(Stdio::null());
        command.env("CEDULA_PASSPHRASE", "correcto caballo").env("LC_ALL", "C").env_remove("CEDULA_HOME");
        let output = command.output().expect("it runs");
        let said = String::from_utf8_lossy(&output.stderr);
        let told = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| Value::String(said.into_owned()));
        (output.status.success(), told)
    }
}
