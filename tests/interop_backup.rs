//! Backup files are what the decision record says: npm `jose` and `hash-wasm` open ours and write ones that we open.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use wallet_core::key::{KeyAlgorithm, KeyId, SecretKey};
use wallet_core::platform::system_rng;
use wallet_core::seal::{Cost, Passphrase};
use wallet_core::store::{Backup, BackupKey, Display, Format, HeldCredential, Record, read_backup, write_backup};

/// Typed on a Mac keyboard: the ñ is an n and a combining tilde.
const PASSPHRASE: &str = "contrasen\u{303}a de papá";

fn backup() -> Backup {
    let held = HeldCredential {
        format: Format::SdJwt,
        text: "eyJhbGciOiJFUzI1NiJ9.e30.c2ln".to_owned(),
        disclosures: vec!["WyJzYWwiLCJub21icmUiLCJNYXLDrWEiXQ".to_owned()],
        key: Some(KeyId("holder".to_owned())),
        received: "2026-03-01T09:00:00-03:00".parse().expect("a date"),
        from: "did:web:uni.example".to_owned(),
        display: Display { title: "Título de grado".to_owned(), issuer: "Universidad".to_owned(), ..Display::default() },
    };
    let secret = SecretKey::generate(KeyAlgorithm::P256, &mut system_rng());
    Backup {
        made: "2026-05-01T00:00:00Z".parse().expect("a date"),
        records: vec![("00112233445566778899aabbccddeeff".parse().expect("a name"), Record::Credential(held))],
        keys: vec![BackupKey { id: KeyId("holder".to_owned()), public: secret.public_key(), secret: Some(secret) }],
    }
}

fn node(way: &str, input: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interop/backup");
    assert!(folder.join("node_modules/jose").exists(), "run `npm ci --ignore-scripts` in tests/interop/backup first");
    let mut child = Command::new("node")
        .args(["backup.mjs", way, PASSPHRASE])
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node");
    child.stdin.take().expect("its input").write_all(input.as_bytes()).expect("written");
    let output = child.wait_with_output().expect("an end");
    assert!(output.status.success());
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn jose_opens_our_backup_and_we_open_what_jose_writes_of_it() {
    let passphrase = Passphrase::new(PASSPHRASE).expect("a passphrase");
    let ours = backup();
    let file = write_backup(&ours, &passphrase, Cost::UNLOCK, &mut system_rng()).expect("a file");

    let inside = node("open", &file);
    let seen: Value = serde_json::from_str(&inside).expect("JSON");
    assert_eq!(seen["made"], "2026-05-01T00:00:00Z");
    assert_eq!(seen["records"][0]["id"], "00112233445566778899aabbccddeeff");
    assert_eq!(seen["records"][0]["record"]["disclosures"], json!(["WyJzYWwiLCJub21icmUiLCJNYXLDrWEiXQ"]));
    assert_eq!(seen["keys"][0]["id"], "holder");

    let theirs = read_backup(node("write", &inside).as_bytes(), &passphrase).expect("their file");
    assert_eq!((theirs.made, theirs.records), (ours.made, ours.records));
    let secret = |key: &BackupKey| key.secret.as_ref().map(|secret| secret.expose().to_vec());
    assert_eq!(secret(&theirs.keys[0]), secret(&ours.keys[0]));
}
