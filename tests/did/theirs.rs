//! What the npm resolvers say of DIDs, and the keys of our documents in the same form.

use std::path::Path;
use std::process::Stdio;

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use wallet_core::did::{DidDocument, VerificationMethod};

/// Asks the npm resolvers; missing packages are a failure, not a reason to skip.
pub async fn resolve(networks: Value, dids: &[String]) -> Vec<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interop/did");
    assert!(folder.join("node_modules").is_dir(), "run `npm ci --ignore-scripts` in {}", folder.display());
    let mut child = Command::new("node")
        .arg(folder.join("resolve.js"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node runs");
    let question = json!({ "networks": networks, "dids": dids }).to_string();
    let mut input = child.stdin.take().expect("a pipe");
    input.write_all(question.as_bytes()).await.expect("node listens");
    drop(input);
    let output = child.wait_with_output().await.expect("node ends");
    assert!(output.status.success(), "resolve.js failed");
    let answers: Vec<Value> = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(answers.len(), dids.len());
    answers
}

/// One key: its DID URL, its bytes in hexadecimal or its account, and what it is for.
#[derive(Debug, PartialEq)]
pub struct Key {
    pub id: String,
    pub key: String,
    pub relationships: Vec<String>,
}

/// The keys of our document.
pub fn ours(document: &DidDocument) -> Vec<Key> {
    let key = |method: &VerificationMethod| Key {
        id: method.id.to_string(),
        key: material(method),
        relationships: method.relationships.iter().map(|r| r.to_string()).collect(),
    };
    document.verification_methods.iter().map(key).collect()
}

/// The keys of theirs; each in the form our document has it in, where it is the same key with and without its multicodec prefix.
pub fn theirs(keys: &Value) -> Vec<Key> {
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let key = |key: &Value| Key {
        id: text(&key["id"]),
        key: without_prefix(&text(&key["key"])),
        relationships: key["relationships"].as_array().expect("a list").iter().map(text).collect(),
    };
    keys.as_array().expect("a list").iter().map(key).collect()
}

fn material(method: &VerificationMethod) -> String {
    if let Some(key) = &method.key {
        return hex(key.as_bytes());
    }
    let text = |name: &str| method.material.get(name).and_then(Value::as_str);
    if let Some(multibase) = text("publicKeyMultibase") {
        return without_prefix(&hex(&multibase::decode(multibase).expect("multibase").1));
    }
    text("blockchainAccountId").or_else(|| text("publicKeyHex")).expect("some material").to_owned()
}

/// Takes the multicodec prefix off a key that has one.
fn without_prefix(text: &str) -> String {
    let prefixes = [("ed01", 64), ("ec01", 64), ("e701", 66), ("8024", 66), ("8124", 98)];
    let known = prefixes.iter().find(|(prefix, length)| text.starts_with(prefix) && text.len() == prefix.len() + length);
    known.map_or(text, |(prefix, _)| &text[prefix.len()..]).to_owned()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
