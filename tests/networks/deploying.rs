//! The contracts deployed by the registrar, and written and read there, on every chain there is to test on.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use wallet_core::did::{DidUrl, Standing};
use wallet_core::error::WalletError;
use wallet_core::issuer::Sending;
use wallet_core::registry::rpc::At;
use wallet_core::registry::{Address, B256, Checkpoint, CredentialWrite, Deployment, RpcRequest, Trust};
use wallet_core::resolver::{ProvenLedger, Resolver};

use crate::front::brief;
use crate::liar::{now, validator};
use crate::world::{Kind, World, address, key};
use crate::writer::{OWN, SENDER, Writer};

async fn newest(world: &World) -> Checkpoint {
    let block = world.block(At::Latest).await;
    Checkpoint { number: block.header.number, hash: block.hash, time: block.header.timestamp }
}

/// Deploys, writes to both contracts and reads it back proven; `trust` is what there is at the end.
async fn whole_way(world: &World, trust: impl AsyncFnOnce() -> Trust) {
    let nowhere = Deployment { did_registry: Address::ZERO, credential_registry: Address::ZERO, ..world.deployment };
    let mut writer = Writer::new(world.ledger.clone(), nowhere, Sending { patience: brief(), ..Sending::default() }).await;
    let deployment = writer.registrar.deploy().await.unwrap_or_else(|error| panic!("{}: {error}", world.name));
    assert_ne!(deployment, world.deployment, "others than were there before");
    writer.registrar.deployment = deployment;
    writer.publish(1).await.expect("a key");
    writer.publish(2).await.expect("a second key");
    let anchor = CredentialWrite::Anchor { root: B256::repeat_byte(5) };
    writer.registrar.write(&writer.did, &writer.owner, &anchor).await.expect("an anchor");
    let again = writer.registrar.write(&writer.did, &writer.owner, &anchor).await.expect_err("anchored already");
    assert!(matches!(again, WalletError::Refused { .. }), "{}: {again}", world.name);
    let ledger = ProvenLedger::new(deployment.chain_id, world.ledger.clone(), trust().await).with_patience(brief());
    let resolver = Resolver::new().with_proven_registry("local", deployment, Arc::new(ledger));
    let url: DidUrl = writer.did.as_str().parse().expect("a DID URL");
    let resolution = resolver.resolve(&url, &now()).await.unwrap_or_else(|fault| panic!("{}: {fault}", world.name));
    assert!(matches!(resolution.standing, Standing::Proven { .. }));
    assert_eq!(resolution.history.len(), OWN + 2, "{}", world.name);
}

#[tokio::test(flavor = "multi_thread")]
async fn contracts_are_deployed_and_used_on_the_embedded_chain() {
    let world = World::embedded();
    whole_way(&world, async || validator()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn contracts_are_deployed_and_used_on_anvil() {
    let world = World::anvil().await;
    world.ask(RpcRequest { method: "evm_setAutomine", params: json!([true]) }).await;
    let balance = json!([address(&key(SENDER)), "0xde0b6b3a7640000"]);
    world.ask(RpcRequest { method: "anvil_setBalance", params: balance }).await;
    whole_way(&world, async || Trust::checkpoint(newest(&world).await)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn contracts_are_deployed_and_used_on_geth_where_gas_is_paid_for() {
    let world = World::geth().await;
    let Kind::Geth(node) = &world.kind else { unreachable!("it was asked for") };
    let lead = async {
        loop {
            node.wait_for(1).await;
            world.wait(1);
            let block = node.prepare(1, world.now()).await;
            node.follow(&block).await;
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::select! {
        () = whole_way(&world, async || Trust::checkpoint(newest(&world).await)) => {}
        () = lead => {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_signed_for_another_chain_than_the_node_is_of() {
    let world = World::embedded();
    let elsewhere = Deployment { chain_id: 1, ..world.deployment };
    let writer = Writer::new(world.ledger.clone(), elsewhere, Sending::default()).await;
    let before = world.block(At::Latest).await.hash;
    let error = writer.publish(1).await.expect_err("another chain");
    assert!(matches!(error, WalletError::Misused { .. }), "{error}");
    assert_eq!(world.block(At::Latest).await.hash, before);
}
