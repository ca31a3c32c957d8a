//! The programs of others that the tests talk to: servers that all share, and wallets, each a test's own for what it holds.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, OnceLock};

use serde_json::{Map, Value, json};
use wallet_core::securing::linked_data::Contexts;

use crate::http;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// A program that said something about itself when it started, and answers one line of JSON with another.
pub struct Program {
    /// What it said, or what is known of it: a `url`, certificates to trust.
    pub said: Value,
    lines: Mutex<(Option<ChildStdin>, BufReader<ChildStdout>)>,
    child: Child,
}

impl Program {
    fn start(folder: &str, interpreter: &str, script: &str) -> Self {
        let mut command = Command::new(interpreter);
        command.arg(script).current_dir(Path::new(ROOT).join("tests/interop").join(folder)).env("CONTEXTS", contexts());
        Self::run(command, read)
    }

    /// Starts a program; `know` makes of its first line what is known of it.
    pub fn run(mut command: Command, know: impl FnOnce(&str) -> Value) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("it is installed: run tests/run interop");
        let input = child.stdin.take().expect("it is piped");
        let mut output = BufReader::new(child.stdout.take().expect("it is piped"));
        let said = know(&line(&mut output));
        Self { said, lines: Mutex::new((Some(input), output)), child }
    }

    /// The answer to one task.
    pub fn ask(&self, task: &Value) -> Value {
        let mut lines = self.lines.lock().expect("no test died holding it");
        writeln!(lines.0.as_mut().expect("it is open until the end"), "{task}").expect("it reads its input");
        read(&line(&mut lines.1))
    }

    /// Its address.
    pub fn url(&self) -> &str {
        self.said["url"].as_str().expect("it serves")
    }

    /// The JSON behind a path of its own.
    pub fn get(&self, path: &str, query: &[(&str, &str)]) -> Value {
        http::get(&format!("{}{path}{}", self.url(), http::query(query)))
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Each program ends with its input, also when this process ends without a word.
        if let Ok((input, _)) = self.lines.get_mut() {
            drop(input.take());
        }
        // What it ends with is no news to anybody.
        let _ = self.child.wait();
    }
}

fn line(output: &mut BufReader<ChildStdout>) -> String {
    let mut text = String::new();
    output.read_line(&mut text).expect("it writes UTF-8");
    assert!(!text.is_empty(), "it ended; run tests/run interop, which installs what it needs");
    text
}

fn read(line: &str) -> Value {
    serde_json::from_str(line).expect("a line of JSON")
}

/// The bundled JSON-LD contexts, in a file that the programs read instead of the network.
fn contexts() -> &'static Path {
    static FILE: OnceLock<tempfile::NamedTempFile> = OnceLock::new();
    let file = FILE.get_or_init(|| {
        let bundled = Contexts::bundled();
        let all: Map<String, Value> =
            bundled.urls().map(|url| (url.to_owned(), bundled.document(url).expect("at hand").clone())).collect();
        let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
        file.write_all(Value::Object(all).to_string().as_bytes()).expect("room for the contexts");
        file
    });
    file.path()
}

/// The wallet on npm `@openid4vc/*`, empty.
pub fn wallet() -> Program {
    Program::start("openid4vc", "node", "wallet.mjs")
}

/// The credo-ts agent, which is issuer and verifier as well, empty.
pub fn credo() -> Program {
    Program::start("credo", "node", "agent.mjs")
}

macro_rules! servers {
    ($($(#[$doc:meta])* $name:ident: $folder:literal, $interpreter:expr, $script:literal;)*) => {$(
        $(#[$doc])*
        pub fn $name() -> &'static Program {
            static PROGRAM: OnceLock<Program> = OnceLock::new();
            PROGRAM.get_or_init(|| Program::start($folder, $interpreter, $script))
        }
    )*};
}

servers! {
    /// The issuer on npm `@openid4vc/openid4vci`.
    issuer: "openid4vc", "node", "issuer.mjs";
    /// The verifier on npm `@openid4vc/openid4vp`.
    verifier: "openid4vc", "node", "verifier.mjs";
    /// The issuer on PyPI `openid4vci`.
    python: "openid4vci", concat!(env!("CARGO_MANIFEST_DIR"), "/target/tools/openid4vci/bin/python"), "issuer.py";
    /// The verifier on PyPI `polaris-oid4vp`, with a second judge on PyPI `openvc-core`.
    polaris: "openid4vp", concat!(env!("CARGO_MANIFEST_DIR"), "/target/tools/openid4vp/bin/python"), "verifier.py";
}

/// An offer of an issuer with these wishes, and what a wallet needs beside it.
pub struct Offer {
    /// The deep link.
    pub link: String,
    /// The transaction code, where one was asked for.
    pub tx_code: Option<String>,
    id: String,
}

impl Offer {
    /// A new one, by the issuer's `GET /offer`.
    pub fn of(issuer: &Program, wishes: &[(&str, &str)]) -> Self {
        let made = issuer.get("/offer", wishes);
        let text = |name: &str| made[name].as_str().map(str::to_owned);
        let missing = || panic!("no offer for {wishes:?}: {made}");
        Self { link: text("offer").unwrap_or_else(missing), tx_code: text("tx_code"), id: text("id").unwrap_or_default() }
    }

    /// What the issuer says became of it.
    pub fn result(&self, issuer: &Program) -> Value {
        issuer.get(&format!("/result/{}", self.id), &[])
    }

    /// The task of a foreign wallet to accept it, with `more` that the task says.
    pub fn task(&self, more: &Value) -> Value {
        let mut task = json!({ "do": "receive", "offer": self.link });
        if let Some(code) = &self.tx_code {
            task["tx_code"] = code.as_str().into();
        }
        merged(task, more)
    }
}

/// `task` with the members of `more`, which go first.
pub fn merged(mut task: Value, more: &Value) -> Value {
    let members = task.as_object_mut().expect("an object");
    members.extend(more.as_object().expect("an object").clone());
    task
}

/// A text of a program's answer.
#[track_caller]
pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("not a text: {value}"))
}
