//! Blocks that are taken back, on real geth nodes: what was read from them is read again, and a write in one of them is not written yet.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;
use wallet_core::did::DidUrl;
use wallet_core::error::Result;
use wallet_core::issuer::Sending;
use wallet_core::registry::rpc::At;
use wallet_core::registry::{ChainFault, Ledger, RpcRefusal, RpcRequest, Trust};
use wallet_core::resolver::{ProvenLedger, Resolver};

use crate::front::brief;
use crate::liar::now;
use crate::world::geth::Geth;
use crate::world::{Kind, World, call, key};
use crate::writer::{OWN, OWNER, Writer, add_key, changed_identity, did_of};

fn node(world: &World) -> &Geth {
    let Kind::Geth(node) = &world.kind else { unreachable!("it was asked for") };
    node
}

/// A node whose chain is reorganised just after its second answer.
struct Turning {
    world: Arc<World>,
    to: Value,
    asked: AtomicUsize,
}

#[async_trait]
impl Ledger for Turning {
    async fn ask(&self, batch: Vec<RpcRequest>) -> Result<Vec<Result<Value, RpcRefusal>>> {
        let answers = self.world.ledger.ask(batch).await;
        if self.asked.fetch_add(1, Ordering::SeqCst) == 1 {
            node(&self.world).follow(&self.to).await;
        }
        answers
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn block_taken_back_on_geth_between_two_answers_is_not_read_from() {
    let world = Arc::new(World::geth().await);
    let identity = changed_identity(&world).await;
    // Another block in place of the one with the fourth change, and none after it.
    let other = node(&world).prepare(0, world.now() + 100).await;
    let write = |byte, nonce| {
        let input = add_key(byte).call(identity);
        call(&world.deployment, world.deployment.did_registry, input, (&key(OWNER), nonce))
    };
    world.mine(vec![write(9, 3)]).await;
    world.mine(vec![write(10, 4)]).await;
    let before = world.block(At::Latest).await.header.number;
    let turning = Turning { world: world.clone(), to: other, asked: AtomicUsize::new(0) };
    let ledger = ProvenLedger::new(31_337, Arc::new(turning), Trust::nodes())
        .compared_with(vec![node(&world).ledger.clone()])
        .with_patience(brief());
    let resolver = Resolver::new().with_proven_registry("local", world.deployment, Arc::new(ledger));
    let url: DidUrl = did_of(identity).as_str().parse().expect("a DID URL");
    assert_eq!(resolver.resolve(&url, &now()).await.expect("a document").history.len(), OWN + 5);
    let fault = resolver.resolve(&url, &now()).await.expect_err("the chain is shorter than what was seen of it");
    assert_eq!(fault.reason, ChainFault::WentBack.to_string());
    assert_eq!(world.block(At::Latest).await.header.number, before - 1);
    // The new chain grows as long as the old one was, and is read as it is: the changes that were taken back were made anew.
    node(&world).wait_for(2).await;
    world.wait(200);
    let block = node(&world).prepare(2, world.now()).await;
    node(&world).follow(&block).await;
    let resolution = resolver.resolve(&url, &now()).await.expect("a document");
    let blocks: Vec<u64> = resolution.history.iter().map(|period| period.from_block).collect();
    assert_eq!(blocks[OWN + 3..], [before, before], "both changes are in one block now");
}

#[tokio::test(flavor = "multi_thread")]
async fn write_on_geth_counts_when_enough_blocks_follow_and_not_in_a_block_that_is_taken_back() {
    let world = World::geth().await;
    let node = node(&world);
    let sending = Sending { confirmations: 2, patience: brief(), ..Sending::default() };
    let writer = Writer::new(node.ledger.clone(), world.deployment, sending).await;
    let fork = world.block(At::Latest).await;
    let other = node.prepare(0, world.now() + 10).await;
    let lead = async {
        node.wait_for(1).await;
        let first = node.prepare(1, world.now() + 20).await;
        node.follow(&first).await;
        // Long enough for its receipt to be seen.
        tokio::time::sleep(Duration::from_millis(1200)).await;
        node.follow(&other).await;
        node.wait_for(1).await;
        tokio::time::sleep(Duration::from_millis(1200)).await;
        for (transactions, later) in [(1, 30), (0, 40), (0, 50)] {
            let block = node.prepare(transactions, world.now() + later).await;
            node.follow(&block).await;
            tokio::time::sleep(Duration::from_millis(700)).await;
        }
        first["blockHash"].clone()
    };
    let (written, taken_back) = tokio::join!(writer.publish(1), lead);
    let written = written.expect("it is written in the end");
    assert_eq!(written.block, fork.header.number + 2, "one after the block that came in place of the first");
    let there = world.block(At::Block(fork.header.number + 1)).await;
    assert_ne!(serde_json::json!(there.hash), taken_back);
    assert_eq!(world.block(At::Latest).await.header.number, written.block + 2);
}
