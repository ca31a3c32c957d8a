//! An ordinary Ethereum wallet library (npm `ethers`) writes to the registry and reads it back.

use serde_json::json;
use tokio::process::Command;
use wallet_core::registry::{B256, RpcRequest};

use crate::support::rpc_window;
use crate::world::{Kind, World, address, key, npm};

/// The wallet's private key is this byte, 32 times.
const WALLET: u8 = 0x41;

async fn ethers_writes_to_the_registry(world: &World, url: &str) {
    let output = Command::new("node")
        .arg(npm().join("wallet.mjs"))
        .args([url, &world.deployment.did_registry.to_string(), &B256::repeat_byte(WALLET).to_string()])
        .output()
        .await
        .expect("node runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}: {said}{}", world.name, String::from_utf8_lossy(&output.stderr));
    assert_eq!(said.trim(), "attribute, owner and refusal read back", "{}", world.name);
}

#[tokio::test(flavor = "multi_thread")]
async fn ethers_writes_to_the_embedded_chain() {
    let world = World::embedded();
    let Kind::Embedded { chain, .. } = &world.kind else { unreachable!("it was asked for") };
    let (url, window) = rpc_window::open(chain.clone()).await;
    ethers_writes_to_the_registry(&world, &url).await;
    window.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn ethers_writes_to_anvil() {
    let world = World::anvil().await;
    let balance = json!([address(&key(WALLET)).to_string(), "0xde0b6b3a7640000"]);
    world.ask(RpcRequest { method: "anvil_setBalance", params: balance }).await;
    world.ask(RpcRequest { method: "evm_setAutomine", params: json!([true]) }).await;
    let Kind::Anvil { url, .. } = &world.kind else { unreachable!("it was asked for") };
    ethers_writes_to_the_registry(&world, &format!("http://{url}")).await;
}
