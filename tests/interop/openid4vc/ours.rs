//! Our side, as whoever installs it runs it: the issuer's and the verifier's services, and the command line's wallet.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;
use tempfile::TempDir;

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

/// A service on loopback, which keeps its state in a folder that is gone with the test's machine.
fn service(name: &str) -> Program {
    let data = TempDir::new().expect("a folder").keep();
    let mut command = Command::new(example(name));
    command.args(["--port", "0", "--test", "--data"]).arg(data);
    Program::run(command)
}

/// The issuer's service.
pub fn issuer() -> &'static Program {
    static SERVICE: OnceLock<Program> = OnceLock::new();
    SERVICE.get_or_init(|| service("issuer"))
}

/// The verifier's service.
pub fn verifier() -> &'static Program {
    static SERVICE: OnceLock<Program> = OnceLock::new();
    SERVICE.get_or_init(|| service("verifier"))
}

/// A wallet of the command line, empty.
pub struct Wallet(TempDir);

impl Wallet {
    /// A new one.
    pub fn new() -> Self {
        Self(TempDir::new().expect("a folder"))
    }

    /// Keeps text in a file of its folder; the file's path.
    pub fn file(&self, name: &str, content: &str) -> String {
        let path = self.0.path().join(name);
        std::fs::write(&path, content).expect("room for a file");
        path.to_str().expect("a plain path").to_owned()
    }

    /// Takes up an offer; whether that went well, and what it says.
    pub fn receive(&self, offer: &Offer, options: &[&str]) -> (bool, Value) {
        let code: Vec<&str> = offer.tx_code.iter().flat_map(|code| ["--tx-code", code]).collect();
        self.run(&[&["receive", &offer.link], code.as_slice(), options].concat())
    }

    /// Answers a request; whether that went well, and what it says.
    pub fn present(&self, request: &str, options: &[&str]) -> (bool, Value) {
        self.run(&[&["present", request, "--yes"], options].concat())
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

/// The options by which our wallet trusts the certificates a program names.
pub fn trusting(wallet: &Wallet, program: &Program) -> Vec<String> {
    let file = wallet.file("roots.pem", text(&program.said["roots"]));
    vec!["--trust-pem".to_owned(), file]
}

/// Options as the command line takes them.
pub fn strs(options: &[String]) -> Vec<&str> {
    options.iter().map(String::as_str).collect()
}
