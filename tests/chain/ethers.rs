//! An ordinary Ethereum wallet library (npm `ethers`) writes to the registry and reads it back.

use tokio::process::Command;

use crate::support::rpc_window;
use crate::world::{Kind, World, npm};

async fn ethers_writes_to_the_registry(world: &World, url: &str) {
    let output = Command::new("node")
        .arg(npm().join("wallet.mjs"))
        .args([url, &world.deployment.did_registry.to_string()])
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
    world.ask(wallet_core::registry::RpcRequest { method: "evm_setAutomine", params: serde_json::json!([true]) }).await;
    let Kind::Anvil { url, .. } = &world.kind else { unreachable!("it was asked for") };
    ethers_writes_to_the_registry(&world, &format!("http://{url}")).await;
}
