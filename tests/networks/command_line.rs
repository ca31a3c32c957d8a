//! The command line on a network: deployed to, described in a file, written to, and read with proof.

use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;

use serde_json::{Value, json};
use tempfile::TempDir;
use wallet_core::platform::system_now;
use wallet_core::registry::{Address, EmbeddedChain, RpcRequest};

use crate::cedula::binary;
use crate::support::rpc_window;
use crate::world::{Kind, World, address, key};

/// A folder of `--home`, and files beside it.
struct Home(TempDir);

impl Home {
    fn new() -> Self {
        Self(TempDir::new().expect("a folder"))
    }

    fn file(&self, name: &str) -> String {
        self.0.path().join(name).to_str().expect("a plain path").to_owned()
    }

    /// The one object that a command prints, when its status is the expected one.
    async fn json(&self, status: i32, arguments: &[&str]) -> Value {
        let output = tokio::process::Command::new(binary())
            .arg("--home")
            .arg(self.0.path().join("home"))
            .args(arguments)
            .arg("--json")
            .stdin(Stdio::null())
            .env("CEDULA_PASSPHRASE", "correcto caballo")
            .env("CEDULA_KEYSTORE_PASSPHRASE", "testpassword")
            .env_remove("CEDULA_NETWORK")
            .output()
            .await
            .expect("it runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(status), "{arguments:?}: {said}");
        serde_json::from_slice(if status == 69 || status == 64 { &output.stderr } else { &output.stdout }).unwrap_or_default()
    }
}

/// A network whose blocks one validator seals, behind a web address.
async fn sealed_network(folder: &Path) -> String {
    let chain = EmbeddedChain::open(&folder.join("node"), 4711, key(0xee), Box::new(system_now)).expect("a chain");
    rpc_window::open(Arc::new(chain)).await.0
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_deploy_to_a_network_write_to_it_and_prove_what_they_read() {
    let home = Home::new();
    let (url, network) = (sealed_network(home.0.path()).await, home.file("network.json"));
    let made = home.json(0, &["chain", "deploy", "--rpc", &url, "--chain-id", "4711", "--out", &network]).await;
    assert_eq!(made["network"]["trust"]["validators"]["set"], json!([address(&key(0xee))]));
    let on_it = |arguments: &[&'static str]| [arguments, &["--network"]].concat();
    let new = home.json(0, &[&on_it(&["did", "new", "university"])[..], &[&network]].concat()).await;
    assert!(new["did"].as_str().expect("a DID").starts_with("did:ethr:0x1267:0x"), "{new}");
    let shown = home.json(0, &[&on_it(&["did", "show", "university"])[..], &[&network]].concat()).await;
    assert_eq!((&shown["standing"]["standing"], &shown["standing"]["grounds"]["kind"]), (&json!("proven"), &json!("validators")));
    home.json(0, &[&on_it(&["did", "rotate", "university"])[..], &[&network]].concat()).await;
    let (input, diplomas) = (concat!(env!("CARGO_MANIFEST_DIR"), "/examples/cedula/data/diplomas.csv"), home.file("diplomas"));
    let issue = ["issue", "--issuer", "university", "--profile", "diploma", "--input", input, "--out", &diplomas];
    home.json(0, &[&issue[..], &["--network", &network]].concat()).await;
    let first = format!("{diplomas}/0001.json");
    let verdict = home.json(0, &["verify", &first, "--network", &network]).await;
    assert_eq!(verdict["evidence"]["resolutions"][0]["standing"], "proven");
    let status = home.json(0, &["chain", "status", "--network", &network]).await;
    assert_eq!((&status["kind"], &status["chainId"]), (&json!("network"), &json!(4711)));

    // With the same contracts described again, and validators that nobody sealed by.
    let (again, other) = (home.file("again.json"), home.file("other.json"));
    let registry = made["network"]["didRegistry"].as_str().expect("an address");
    let init = ["chain", "init", "--rpc", &url, "--registry", registry, "--out"];
    let described = home.json(0, &[&init[..], &[&again]].concat()).await;
    assert_eq!(described["network"]["registryCode"], Value::Null, "it is our own contract");
    home.json(0, &["verify", &first, "--network", &again]).await;
    let mut forged = described["network"].clone();
    forged["trust"]["validators"]["set"] = json!([Address::repeat_byte(7)]);
    std::fs::write(&other, forged.to_string()).expect("a file");
    let verdict = home.json(2, &["verify", &first, "--network", &other]).await;
    assert_eq!(verdict["verdict"], "undetermined");
    home.json(69, &["did", "show", "university", "--network", &other]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn word_of_a_node_is_believed_only_where_the_file_gives_no_reason_for_more() {
    let world = World::anvil().await;
    world.ask(RpcRequest { method: "evm_setAutomine", params: json!([true]) }).await;
    let Kind::Anvil { url, .. } = &world.kind else { unreachable!("it was asked for") };
    let home = Home::new();
    let (network, url) = (home.file("network.json"), format!("http://{url}"));
    let account = home.json(0, &["chain", "account"]).await["account"].clone();
    let balance = json!([account, "0xde0b6b3a7640000"]);
    world.ask(RpcRequest { method: "anvil_setBalance", params: balance }).await;
    let made = home.json(0, &["chain", "deploy", "--rpc", &url, "--out", &network]).await;
    assert_eq!(made["network"]["trust"], Value::Null, "one node, and nobody seals");
    home.json(0, &["did", "new", "university", "--network", &network]).await;
    let shown = home.json(0, &["did", "show", "university", "--network", &network]).await;
    assert_eq!(shown["standing"]["standing"], "believed");
    for (trust, status) in [("validators", 64), ("nodes", 64), ("checkpoint", 0)] {
        let deploy = ["chain", "deploy", "--rpc", &url, "--trust", trust, "--out", &network];
        home.json(status, &deploy).await;
    }
    home.json(64, &["chain", "deploy", "--rpc", &url, "--chain-id", "1", "--out", &network]).await;
}

/// The file that the definition of Web3 Secret Storage publishes; its passphrase is `testpassword`.
const KEYSTORE: &str = r#"{"crypto":{"cipher":"aes-128-ctr","cipherparams":{"iv":"6087dab2f9fdbbfaddc31a909735c1e6"},"ciphertext":"5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46","kdf":"pbkdf2","kdfparams":{"c":262144,"dklen":32,"prf":"hmac-sha256","salt":"ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd"},"mac":"517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2"},"id":"3198bc9c-6672-5ab3-d995-4942343ae5b6","version":3}"#;
const ITS_ACCOUNT: &str = "0x008aeeda4d805471df9b2a5b0f38a0c3bcba786b";

#[tokio::test(flavor = "multi_thread")]
async fn keys_of_another_ethereum_wallet_send_and_own() {
    let home = Home::new();
    let (keystore, network) = (home.file("keystore.json"), home.file("network.json"));
    std::fs::write(&keystore, KEYSTORE).expect("a file");
    let own = home.json(0, &["chain", "account"]).await;
    let imported = home.json(0, &["chain", "account", "--import", &keystore]).await;
    assert_eq!(imported["account"], ITS_ACCOUNT);
    assert_ne!(own["account"], imported["account"]);
    let url = sealed_network(home.0.path()).await;
    home.json(0, &["chain", "deploy", "--rpc", &url, "--out", &network]).await;
    let owned = ["did", "new", "university", "--owner-keystore", &keystore, "--network", &network];
    let made = home.json(0, &owned).await;
    let account: Address = ITS_ACCOUNT.parse().expect("an address");
    assert_eq!(made["did"], format!("did:ethr:0x1267:{account}"));
}
