//! The command as a process: its folder, its input, what it leaves behind.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;
use wallet_core::securing::Secured;

use crate::cedula::binary;

/// A template that leaves the work to the signatures.
const TEMPLATE: &str = r#"{
    "@context": ["https://www.w3.org/ns/credentials/v2"], "type": ["VerifiableCredential"],
    "name": "{title}", "description": "{note}", "credentialSubject": { "id": "{did}", "name": "{name}" }
}"#;

/// A folder with an issuer, and one with what it issues from.
pub struct University(TempDir);

impl University {
    pub fn new(graduates: usize) -> Self {
        Self::with_notes(graduates, "")
    }

    /// Each graduate with the same note.
    pub fn with_notes(graduates: usize, note: &str) -> Self {
        let university = Self(TempDir::new().expect("a folder"));
        fs::write(university.path("card.json"), TEMPLATE).expect("a template");
        let mut csv = "name,title,did,note\n".to_owned();
        for number in 1..=graduates {
            writeln!(csv, "Persona {number},Título {number},did:example:{number},{note}").expect("memory");
        }
        fs::write(university.path("graduates.csv"), csv).expect("a file");
        university.json(&["did", "new", "university"]);
        university
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary());
        command.current_dir(self.0.path()).args(["--home", "home"]).args(arguments).stdin(Stdio::null());
        command.env("CEDULA_PASSPHRASE", "correcto caballo").env("LC_ALL", "C").env_remove("CEDULA_HOME");
        command
    }

    /// The command that issues all graduates their credentials, in `diplomas/`.
    pub fn batch(&self) -> Command {
        let form = ["--map", "card.json", "--mechanism", "eddsa-jcs-2022", "--out", "diplomas", "--json"];
        self.command(&[&["batch", "graduates.csv", "--issuer", "university"], &form[..]].concat())
    }

    /// The one object that `--json` prints.
    pub fn json(&self, arguments: &[&str]) -> Value {
        answer(self.command(&[arguments, &["--json"]].concat()))
    }

    /// The status with which `cedula verify` ends.
    pub fn verify(&self, file: &str) -> Option<i32> {
        let output = self.command(&["verify", file]).output().expect("it runs");
        output.status.code()
    }

    /// Every credential of `diplomas/`, in the order of their numbers.
    pub fn diplomas(&self) -> Vec<Secured> {
        let entries = fs::read_dir(self.path("diplomas")).expect("a folder");
        let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
        files.sort();
        let numbered = (1..).zip(&files).all(|(number, file)| file.ends_with(format!("{number:06}.json")));
        assert!(numbered, "the files are numbered from 1");
        files.iter().map(|file| Secured::read(&fs::read_to_string(file).expect("a file")).expect("a credential")).collect()
    }
}

/// The one object that a command with `--json` prints.
pub fn answer(mut command: Command) -> Value {
    let output = command.output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{command:?}: {error}"))
}
