//! Blocks sealed by several validators, by too few, by others; and a set that changes over time.

use std::sync::atomic::Ordering;

use serde_json::json;
use wallet_core::did::{Grounds, Standing};
use wallet_core::registry::ChainFault;
use wallet_core::registry::qbft::Protocol;

use crate::consortium::{Consortium, trust};
use crate::liar::{Liar, Lie, did, proven, rehash, resolve, resolve_by};
use crate::lies::flipped;
use crate::reasons::world;

const FOUR: [u8; 4] = [1, 2, 3, 4];

fn four(sealing: fn(u64) -> Vec<u8>) -> Consortium {
    Consortium { protocol: Protocol::Qbft, listed: |_| FOUR.to_vec(), sealing }
}

#[tokio::test]
async fn quorum_of_the_known_validators_proves_a_block_in_both_protocols() {
    let (world, good) = world().await;
    for protocol in [Protocol::Qbft, Protocol::Ibft2] {
        let network = Consortium { protocol, ..four(|_| vec![4, 2, 1]) };
        assert_eq!(resolve(&world, network.node(), trust(&FOUR)).await, Ok(good.clone()), "{protocol:?}");
    }
    assert!(matches!(good.standing, Standing::Proven { grounds: Grounds::Validators, .. }));
}

#[tokio::test]
async fn seals_that_do_not_make_a_quorum_prove_nothing() {
    let (world, _) = world().await;
    let too_few = |sealed| ChainFault::TooFewSeals { sealed, quorum: 3 };
    let strangers: fn(u64) -> Vec<u8> = |_| vec![7, 8, 9];
    for (name, network, expected) in [
        ("two of four", four(|_| vec![1, 2]), too_few(2)),
        ("none of four", four(|_| vec![]), too_few(0)),
        ("one of four twice", four(|_| vec![1, 2, 2]), ChainFault::ForgedSeal),
        ("two of four and a stranger", four(|_| vec![1, 2, 9]), ChainFault::ForgedSeal),
        ("strangers under the names of the four", four(strangers), ChainFault::ForgedSeal),
        ("strangers under their own names", Consortium { listed: strangers, ..four(strangers) }, ChainFault::UnknownValidators),
        (
            "strangers with one of the four",
            Consortium { listed: |_| vec![1, 7, 8], ..four(|_| vec![1, 7, 8]) },
            ChainFault::UnknownValidators,
        ),
    ] {
        let fault = resolve(&world, network.node(), trust(&FOUR)).await.expect_err(name);
        assert_eq!(fault.reason, expected.to_string(), "{name}");
    }
}

#[tokio::test]
async fn seal_that_is_altered_or_of_another_block_is_forged() {
    let (world, _) = world().await;
    let network = four(|_| vec![1, 2, 3]);
    let altered = Lie::about("eth_getBlockByNumber", move |block| {
        network.seal(block);
        block["extraData"] = flipped(&block["extraData"]);
    });
    let fault = resolve(&world, altered, trust(&FOUR)).await.expect_err("an altered seal");
    assert!([ChainFault::ForgedSeal, ChainFault::NotSealed].iter().any(|f| f.to_string() == fault.reason), "{fault}");
    let moved = Lie::about("eth_getBlockByNumber", move |block| {
        network.seal(block);
        block["gasLimit"] = json!("0x7");
        rehash(block);
    });
    let fault = resolve(&world, moved, trust(&FOUR)).await.expect_err("seals of another block");
    assert_eq!(fault.reason, ChainFault::ForgedSeal.to_string());
    let unsealed = Lie::about("eth_getBlockByNumber", |block| {
        block["mixHash"] = json!(wallet_core::registry::B256::ZERO);
        rehash(block);
    });
    let fault = resolve(&world, unsealed, trust(&FOUR)).await.expect_err("no seals");
    assert_eq!(fault.reason, ChainFault::NotSealed.to_string());
}

/// Every third block one validator leaves and another comes.
fn changing(number: u64) -> Vec<u8> {
    let first = 1 + (number / 3) as u8;
    (first..first + 4).collect()
}

#[tokio::test]
async fn validators_are_followed_from_the_known_ones_to_those_of_today() {
    let (world, good) = world().await;
    let network = Consortium { protocol: Protocol::Qbft, listed: changing, sealing: |number| changing(number)[1..].to_vec() };
    let node = Liar::new(world.ledger.clone(), network.node());
    let ledger = proven(&world, node.clone(), trust(&changing(0)));
    assert_eq!(resolve_by(&world, ledger.clone(), &did()).await, Ok(good.clone()));
    let rounds = node.rounds.load(Ordering::SeqCst);
    assert!((2..30).contains(&rounds), "one round trip and a few steps: {rounds}");
    // What was learnt is remembered.
    assert_eq!(resolve_by(&world, ledger.clone(), &did()).await, Ok(good));
    assert_eq!(node.rounds.load(Ordering::SeqCst), rounds + 1);
    // A version in between is proven by the validators of its time.
    let past = resolve_by(&world, ledger, &format!("{}?versionId=13", did())).await.expect("a version");
    assert!(past.metadata.next_version_id.is_some());
}

#[tokio::test]
async fn validators_all_replaced_at_once_are_not_followed() {
    let (world, _) = world().await;
    let coup: fn(u64) -> Vec<u8> = |number| if number < 20 { vec![1, 2, 3, 4] } else { vec![5, 6, 7, 8] };
    let network = Consortium { protocol: Protocol::Qbft, listed: coup, sealing: coup };
    let fault = resolve(&world, network.node(), trust(&FOUR)).await.expect_err("a coup");
    assert_eq!(fault.reason, ChainFault::UnknownValidators.to_string());
}
