//! Checkpoints, several nodes compared, and how old a block may be.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use serde_json::json;
use wallet_core::did::{Grounds, Resolution, Standing, Unresolved};
use wallet_core::registry::rpc::At;
use wallet_core::registry::{
    B256, ChainFault, Checkpoint, Contract, CredentialWrite, Ledger, Trust, contracts, credential_registry,
};
use wallet_core::resolver::ProvenLedger;
use wallet_core::time::Timestamp;

use crate::liar::{Liar, Lie, did, hasty, now, proven, rehash, resolve, resolve_by, validator};
use crate::reasons::world;
use crate::world::{World, address, call, key};

const HEAD: &str = "eth_getBlockByNumber";

async fn checkpoint(world: &World, at: At) -> Checkpoint {
    let block = world.block(at).await;
    Checkpoint { number: block.header.number, hash: block.hash, time: block.header.timestamp }
}

fn reason(result: Result<Resolution, Unresolved>) -> String {
    result.expect_err("it is caught").reason
}

#[tokio::test]
async fn checkpoint_proves_its_own_block_and_nothing_newer() {
    let (world, good) = world().await;
    let known = checkpoint(&world, At::Block(20)).await;
    let node = Liar::new(world.ledger.clone(), Lie::none());
    let ledger = proven(&world, node.clone(), Trust::checkpoint(known));
    let then = resolve_by(&world, ledger.clone(), &did()).await.expect("a document");
    assert_eq!(node.rounds.load(Ordering::SeqCst), 1);
    let Standing::Proven { block, time, grounds } = then.standing else { panic!("{:?}", then.standing) };
    assert_eq!((block, time.unix() as u64, grounds), (20, known.time, Grounds::Checkpoint));
    assert!(then.history.len() < good.history.len());
    // An earlier version needs the time of its block, which is linked to the checkpoint header by header.
    let earlier = resolve_by(&world, ledger, &format!("{}?versionId=5", did())).await.expect("a version");
    assert!(earlier.metadata.next_version_id.is_some());
    assert_eq!(node.rounds.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn another_block_in_the_checkpoints_place_is_refused() {
    let (world, _) = world().await;
    let trust = Trust::checkpoint(checkpoint(&world, At::Block(20)).await);
    let newest = Lie::asking(|request| {
        if request.method == HEAD {
            request.params[0] = json!("latest");
        }
    });
    assert_eq!(reason(resolve(&world, newest, trust.clone()).await), ChainFault::OtherBlock.to_string());
    let forked = Lie::about(HEAD, |block| {
        block["stateRoot"] = json!(B256::repeat_byte(1));
        rehash(block);
    });
    assert_eq!(reason(resolve(&world, forked, trust.clone()).await), ChainFault::NotTheCheckpoint.to_string());
    let claimed = Lie::about(HEAD, |block| block["stateRoot"] = json!(B256::repeat_byte(1)));
    assert_eq!(reason(resolve(&world, claimed, trust).await), ChainFault::HeaderAltered.to_string());
}

#[tokio::test]
async fn earlier_block_that_is_not_linked_to_the_checkpoint_has_no_time() {
    let (world, _) = world().await;
    let trust = Trust::checkpoint(checkpoint(&world, At::Block(20)).await);
    let url = format!("{}?versionId=5", did());
    let later = Lie::about(HEAD, |block| {
        if block["number"] == "0x5" {
            block["timestamp"] = json!("0x71406e07");
            rehash(block);
        }
    });
    let ledger = proven(&world, Liar::new(world.ledger.clone(), later), trust.clone());
    assert_eq!(reason(resolve_by(&world, ledger, &url).await), ChainFault::NotLinked.to_string());
    let gone = Lie::about(HEAD, |block| {
        if block["number"] == "0x5" {
            *block = json!(null);
        }
    });
    let ledger = proven(&world, Liar::new(world.ledger.clone(), gone), trust);
    assert_eq!(reason(resolve_by(&world, ledger, &url).await), ChainFault::NoBlock.to_string());
}

/// A node that answers as it would have at block 12.
fn old_state() -> Lie {
    Lie::asking(|request| {
        let params = request.params.as_array_mut().expect("parameters");
        for param in params.iter_mut().filter(|param| **param == "latest") {
            *param = json!("0xc");
        }
        if request.method == "eth_getLogs" {
            params[0]["toBlock"] = json!("0xc");
        }
    })
}

#[tokio::test]
async fn old_state_shows_its_age_and_is_refused_where_something_newer_is_known() {
    let (world, good) = world().await;
    let old = resolve(&world, old_state(), validator()).await.expect("it was true once");
    let Standing::Proven { block, time, .. } = &old.standing else { panic!("{:?}", old.standing) };
    assert!(*block == 12 && *time < now() && old != good);
    let known = validator().since(checkpoint(&world, At::Block(30)).await);
    assert_eq!(reason(resolve(&world, old_state(), known).await), ChainFault::NotTheCheckpoint.to_string());
    let age = (now().unix() - time.unix()) as u64;
    let fresh = validator().no_older_than(age - 1);
    assert_eq!(reason(resolve(&world, old_state(), fresh).await), ChainFault::Stale { seconds: age }.to_string());
    assert!(resolve(&world, old_state(), validator().no_older_than(age)).await.is_ok());
}

#[tokio::test]
async fn node_that_goes_back_behind_what_it_showed_is_refused() {
    let (world, good) = world().await;
    let turned = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let (back, old) = (turned.clone(), old_state().ask);
    let lie = Lie::asking(move |request| {
        if back.load(Ordering::SeqCst) {
            old(request);
        }
    });
    let ledger = proven(&world, Liar::new(world.ledger.clone(), lie), validator());
    assert_eq!(resolve_by(&world, ledger.clone(), &did()).await, Ok(good));
    turned.store(true, Ordering::SeqCst);
    assert_eq!(reason(resolve_by(&world, ledger, &did()).await), ChainFault::WentBack.to_string());
}

#[tokio::test]
async fn clock_before_the_checkpoint_or_the_newest_block_is_refused() {
    let (world, _) = world().await;
    let newest = checkpoint(&world, At::Latest).await;
    let early = Timestamp::from_unix(newest.time as i64 - 1).expect("a time");
    let slot = credential_registry::retired_slot(address(&key(0x41)));
    let contract = credential_contract(&world);
    for trust in [Trust::checkpoint(newest), validator().since(newest)] {
        let ledger = proven(&world, world.ledger.clone(), trust);
        assert_eq!(ledger.slots(&contract, &[slot], &early).await.expect_err("early"), ChainFault::ClockBehind);
        assert_eq!(ledger.newest(&early).await.expect_err("early"), ChainFault::ClockBehind);
    }
    let ledger = proven(&world, world.ledger.clone(), validator());
    assert!(ledger.newest(&early).await.is_ok(), "clocks differ a little");
    let far = Timestamp::from_unix(newest.time as i64 - 301).expect("a time");
    assert_eq!(ledger.newest(&far).await.expect_err("early"), ChainFault::ClockBehind);
}

fn credential_contract(world: &World) -> Contract {
    let code_hash = contracts::credential_registry_code_hash(world.deployment.did_registry);
    Contract { address: world.deployment.credential_registry, code_hash }
}

#[tokio::test]
async fn slots_of_the_credential_registry_are_proven_like_any() {
    let (world, _) = world().await;
    let (issuer, root) = (key(0x22), B256::repeat_byte(5));
    let write = CredentialWrite::Anchor { root }.call(address(&issuer)).expect("a call");
    let receipts = world.mine(vec![call(&world.deployment, world.deployment.credential_registry, write, (&issuer, 0))]).await;
    let slot = credential_registry::anchor_slot(address(&issuer), root);
    let ledger = proven(&world, world.ledger.clone(), validator());
    let read = ledger.slots(&credential_contract(&world), &[slot, B256::ZERO], &now()).await.expect("proven");
    let moment = credential_registry::Moment::from_slot(read.values[0].into()).expect("an anchor");
    assert_eq!(
        (moment.block, read.block, read.grounds),
        (receipts[0].block_number, receipts[0].block_number, Grounds::Validators)
    );
    assert!(read.values[1].is_zero());
    // The newest trusted block is a checkpoint for those who come later.
    let known = ledger.newest(&now()).await.expect("a checkpoint");
    let later = proven(&world, world.ledger.clone(), Trust::checkpoint(known));
    assert_eq!(later.slots(&credential_contract(&world), &[slot], &now()).await.expect("proven").values[0], read.values[0]);
    let forged = Lie::about("eth_getProof", |proof| proof["storageProof"][0]["value"] = json!("0x7"));
    let liar = proven(&world, Liar::new(world.ledger.clone(), forged), validator());
    assert!(liar.slots(&credential_contract(&world), &[slot], &now()).await.is_err());
}

fn compared(world: &World, node: Lie, others: Vec<Lie>) -> Arc<ProvenLedger> {
    let others = others.into_iter().map(|lie| Liar::new(world.ledger.clone(), lie) as Arc<dyn Ledger>).collect();
    let ledger = ProvenLedger::new(world.deployment.chain_id, Liar::new(world.ledger.clone(), node), Trust::nodes());
    Arc::new(ledger.compared_with(others).with_patience(hasty()))
}

fn forging() -> Lie {
    Lie::about(HEAD, |block| {
        block["stateRoot"] = json!(B256::repeat_byte(1));
        rehash(block);
    })
}

fn silent() -> Lie {
    Lie::answering(|_, answers| answers.clear())
}

#[tokio::test]
async fn most_of_several_nodes_must_have_the_block() {
    let (world, good) = world().await;
    let honest = Lie::none;
    let resolved = async |node: Lie, others: Vec<Lie>| resolve_by(&world, compared(&world, node, others), &did()).await;
    for (others, agreeing) in
        [(vec![honest(), honest()], 3), (vec![honest(), forging()], 2), (vec![silent(), honest()], 2), (vec![honest()], 2)]
    {
        let resolution = resolved(honest(), others).await.expect("most agree");
        assert_eq!(resolution.document, good.document);
        let Standing::Proven { grounds, .. } = resolution.standing else { panic!("{:?}", resolution.standing) };
        assert_eq!(grounds, Grounds::Nodes { agreeing });
    }
    let disagree = |agreeing, asked| ChainFault::NodesDisagree { agreeing, asked }.to_string();
    assert_eq!(reason(resolved(honest(), vec![]).await), disagree(1, 1));
    assert_eq!(reason(resolved(honest(), vec![forging()]).await), disagree(1, 2));
    assert_eq!(reason(resolved(honest(), vec![silent(), forging()]).await), disagree(1, 3));
    assert_eq!(reason(resolved(honest(), vec![honest(), forging(), silent()]).await), disagree(2, 4));
    assert_eq!(reason(resolved(forging(), vec![honest(), honest()]).await), disagree(1, 3));
    let past = resolve_by(&world, compared(&world, honest(), vec![honest()]), &format!("{}?versionId=5", did())).await;
    assert!(past.expect("a version").metadata.next_version_id.is_some());
}
