//! Real geth nodes of one chain, of which one lags behind.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;
use wallet_core::did::{DidUrl, Grounds, Resolution, Standing, Unresolved};
use wallet_core::error::Result;
use wallet_core::registry::{ChainFault, Ledger, RpcRefusal, RpcRequest, Trust};
use wallet_core::resolver::{Patience, ProvenLedger, Resolver};

use crate::front::brief;
use crate::liar::now;
use crate::world::geth::Geth;
use crate::world::{Kind, World, address, call, key};
use crate::writer::{OWN, OWNER, add_key, changed_identity, did_of};

/// A chain that one node leads and another follows, which does not have the newest block yet.
struct Pair {
    world: World,
    behind: Geth,
}

impl Pair {
    async fn new() -> Self {
        let world = World::geth().await;
        changed_identity(&world).await;
        let pair = Self { world, behind: Geth::start().await };
        pair.catch_up().await;
        let write = add_key(9).call(address(&key(OWNER)));
        pair.world.mine(vec![call(&pair.world.deployment, pair.world.deployment.did_registry, write, (&key(OWNER), 3))]).await;
        pair
    }

    fn ahead(&self) -> &Geth {
        let Kind::Geth(node) = &self.world.kind else { unreachable!("it was asked for") };
        node
    }

    async fn catch_up(&self) {
        for block in self.ahead().sealed() {
            self.behind.follow(&block).await;
        }
    }

    async fn resolve(&self, ledger: Arc<ProvenLedger>) -> Result<Resolution, Unresolved> {
        let resolver = Resolver::new().with_proven_registry("local", self.world.deployment, ledger);
        let url: DidUrl = did_of(address(&key(OWNER))).as_str().parse().expect("a DID URL");
        resolver.resolve(&url, &now()).await
    }
}

fn compared(first: Arc<dyn Ledger>, other: Arc<dyn Ledger>, patience: Patience) -> Arc<ProvenLedger> {
    Arc::new(ProvenLedger::new(31_337, first, Trust::nodes()).compared_with(vec![other]).with_patience(patience))
}

#[tokio::test(flavor = "multi_thread")]
async fn geth_that_lags_is_waited_for() {
    let pair = Pair::new().await;
    let patience = Patience { tries: 40, first: Duration::from_millis(50), longest: Duration::from_millis(100), ..brief() };
    let ledger = compared(pair.ahead().ledger.clone(), pair.behind.ledger.clone(), patience);
    let later = async {
        tokio::time::sleep(Duration::from_millis(400)).await;
        pair.catch_up().await;
    };
    let (resolution, ()) = tokio::join!(pair.resolve(ledger), later);
    let resolution = resolution.expect("both have the block in the end");
    assert_eq!(resolution.history.len(), OWN + 4, "the change in the newest block is seen");
    assert!(matches!(resolution.standing, Standing::Proven { grounds: Grounds::Nodes { agreeing: 2 }, .. }));
}

#[tokio::test(flavor = "multi_thread")]
async fn geth_that_never_catches_up_leaves_nothing_proven() {
    let pair = Pair::new().await;
    let ledger = compared(pair.ahead().ledger.clone(), pair.behind.ledger.clone(), brief());
    let fault = pair.resolve(ledger).await.expect_err("only one has the block");
    assert_eq!(fault.reason, ChainFault::NodesDisagree { agreeing: 1, asked: 2 }.to_string());
}

/// One address behind which the two nodes answer in turn.
struct InTurn {
    nodes: [Arc<dyn Ledger>; 2],
    turn: AtomicUsize,
}

#[async_trait]
impl Ledger for InTurn {
    async fn ask(&self, batch: Vec<RpcRequest>) -> Result<Vec<Result<Value, RpcRefusal>>> {
        self.nodes[self.turn.fetch_add(1, Ordering::SeqCst) % 2].ask(batch).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn geth_that_lags_behind_another_of_the_same_address_does_not_turn_back_the_clock() {
    let pair = Pair::new().await;
    let in_turn = InTurn { nodes: [pair.ahead().ledger.clone(), pair.behind.ledger.clone()], turn: AtomicUsize::new(0) };
    let ledger = compared(Arc::new(in_turn), pair.ahead().ledger.clone(), brief());
    for _ in 0..4 {
        let resolution = pair.resolve(ledger.clone()).await.expect("one of two machines is up to date");
        assert_eq!(resolution.history.len(), OWN + 4, "what was seen once is not unseen");
    }
}
