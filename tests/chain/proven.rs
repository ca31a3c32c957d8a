//! Our registry proven on a node by other people, as on the embedded chain.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use serde_json::json;
use wallet_core::did::{DidUrl, Grounds, Resolution, Standing};
use wallet_core::registry::rpc::At;
use wallet_core::registry::{ChainFault, Checkpoint, Ledger, ProofFault, Trust};
use wallet_core::resolver::{ProvenLedger, Resolver};

use crate::liar::{Liar, Lie, did, hasty, now, proven, rehash, resolve_by};
use crate::operations;
use crate::world::geth::Geth;
use crate::world::{Kind, World};

pub async fn newest(world: &World) -> Checkpoint {
    let block = world.block(At::Latest).await;
    Checkpoint { number: block.header.number, hash: block.hash, time: block.header.timestamp }
}

pub async fn believed(world: &World) -> Resolution {
    let resolver = Resolver::new().with_registry("local", world.deployment, world.ledger.clone());
    let url: DidUrl = did().parse().expect("a DID URL");
    resolver.resolve(&url, &now()).await.expect("a document")
}

pub fn without_standing(resolution: Resolution) -> Resolution {
    Resolution { standing: Standing::Believed { block: None }, ..resolution }
}

#[tokio::test]
async fn registry_on_anvil_is_proven_by_a_checkpoint_in_one_round_trip() {
    proven_by_a_checkpoint_in_one_round_trip(World::anvil().await).await;
}

#[tokio::test]
async fn registry_on_geth_is_proven_by_a_checkpoint_in_one_round_trip() {
    proven_by_a_checkpoint_in_one_round_trip(World::geth().await).await;
}

async fn proven_by_a_checkpoint_in_one_round_trip(world: World) {
    operations::run(&world).await;
    let known = newest(&world).await;
    let node = Liar::new(world.ledger.clone(), Lie::none());
    let ledger = proven(&world, node.clone(), Trust::checkpoint(known));
    let resolution = resolve_by(&world, ledger.clone(), &did()).await.expect("a document");
    assert_eq!(node.rounds.load(Ordering::SeqCst), 1);
    assert!(matches!(resolution.standing, Standing::Proven { block, grounds: Grounds::Checkpoint, .. } if block == known.number));
    assert_eq!(without_standing(resolution), without_standing(believed(&world).await));
    // What comes later is not seen, and does not matter.
    world.mine(vec![]).await;
    assert!(resolve_by(&world, ledger, &did()).await.is_ok());
}

#[tokio::test]
async fn registry_on_anvil_is_proven_by_several_nodes() {
    let world = World::anvil().await;
    operations::run(&world).await;
    let compared = |other: Lie| {
        let others = vec![Liar::new(world.ledger.clone(), other) as Arc<dyn Ledger>];
        let ledger = ProvenLedger::new(world.deployment.chain_id, world.ledger.clone(), Trust::nodes());
        Arc::new(ledger.compared_with(others).with_patience(hasty()))
    };
    let resolution = resolve_by(&world, compared(Lie::none()), &did()).await.expect("a document");
    assert!(matches!(resolution.standing, Standing::Proven { grounds: Grounds::Nodes { agreeing: 2 }, .. }));
    assert_eq!(without_standing(resolution), without_standing(believed(&world).await));
    let forging = Lie::about("eth_getBlockByNumber", |block| {
        block["gasUsed"] = json!("0x1");
        rehash(block);
    });
    let fault = resolve_by(&world, compared(forging), &did()).await.expect_err("two nodes disagree");
    assert_eq!(fault.reason, ChainFault::NodesDisagree { agreeing: 1, asked: 2 }.to_string());
}

#[tokio::test]
async fn registry_on_geth_is_proven_by_two_nodes_of_one_chain() {
    let world = World::geth().await;
    operations::run(&world).await;
    let Kind::Geth(first) = &world.kind else { unreachable!("it was asked for") };
    let second = Geth::start().await;
    for block in first.sealed() {
        second.follow(&block).await;
    }
    let ledger = ProvenLedger::new(world.deployment.chain_id, world.ledger.clone(), Trust::nodes());
    let ledger = Arc::new(ledger.compared_with(vec![second.ledger.clone()]));
    let resolution = resolve_by(&world, ledger, &did()).await.expect("a document");
    assert!(matches!(resolution.standing, Standing::Proven { grounds: Grounds::Nodes { agreeing: 2 }, .. }));
    assert_eq!(without_standing(resolution), without_standing(believed(&world).await));
}

#[tokio::test]
async fn lies_about_a_registry_on_anvil_are_caught() {
    lies_are_caught(World::anvil().await).await;
}

#[tokio::test]
async fn lies_about_a_registry_on_geth_are_caught() {
    lies_are_caught(World::geth().await).await;
}

async fn lies_are_caught(world: World) {
    operations::run(&world).await;
    let trust = Trust::checkpoint(newest(&world).await);
    let logs = |change: fn(&mut Vec<serde_json::Value>)| {
        Lie::about("eth_getLogs", move |logs| change(logs.as_array_mut().expect("logs")))
    };
    let proof = |change: fn(&mut serde_json::Value)| Lie::about("eth_getProof", change);
    let fault = |fault: ProofFault| ChainFault::Proof(fault);
    for (lie, expected) in [
        (logs(|logs| drop(logs.remove(2))), ChainFault::EventsAltered),
        (logs(|logs| logs.insert(2, logs[2].clone())), ChainFault::EventsAltered),
        (proof(|p| p["storageProof"][0]["value"] = json!("0x1")), fault(ProofFault::SlotAltered)),
        (proof(|p| drop(p["accountProof"].as_array_mut().expect("nodes").pop())), fault(ProofFault::Truncated)),
        (proof(|p| p["codeHash"] = p["storageHash"].clone()), fault(ProofFault::AccountAltered)),
        (Lie::about("eth_getBlockByNumber", |block| block["stateRoot"] = block["parentHash"].clone()), ChainFault::HeaderAltered),
        (Lie::about("eth_chainId", |id| *id = json!("0x2")), ChainFault::OtherChain),
    ] {
        let ledger = proven(&world, Liar::new(world.ledger.clone(), lie), trust.clone());
        let fault = resolve_by(&world, ledger, &did()).await.expect_err("a lie");
        assert_eq!(fault.reason, expected.to_string());
    }
}
