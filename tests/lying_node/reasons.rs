//! Each lie is caught, and by its reason.

use alloy_primitives::B256;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use wallet_core::did::{Grounds, Resolution, ResolutionError, Standing};
use wallet_core::registry::rpc::At;
use wallet_core::registry::{ChainFault, ProofFault};

use crate::liar::{Answer, Liar, Lie, did, proven, resolve, resolve_by, validator};
use crate::lies;
use crate::operations;
use crate::world::World;

pub async fn world() -> (World, Resolution) {
    let world = World::embedded();
    operations::run(&world).await;
    let good = resolve(&world, Lie::none(), validator()).await.expect("a good node");
    assert!(good.history.len() > 6, "there is something to hide: {}", good.history.len());
    (world, good)
}

#[tokio::test]
async fn good_node_is_proven_in_one_round_trip_whatever_the_number_of_changes() {
    let (world, good) = world().await;
    let head = world.block(At::Latest).await.header;
    let Standing::Proven { block, time, grounds } = good.standing else { panic!("it is proven: {:?}", good.standing) };
    assert_eq!((block, time.unix() as u64, grounds), (head.number, head.timestamp, Grounds::Validators));
    let node = Liar::new(world.ledger.clone(), Lie::none());
    let ledger = proven(&world, node.clone(), validator());
    let first = resolve_by(&world, ledger.clone(), &did()).await.expect("a document");
    let rounds = || node.rounds.load(std::sync::atomic::Ordering::SeqCst);
    assert_eq!(rounds(), 1);
    assert_eq!(resolve_by(&world, ledger, &did()).await.expect("a document"), first);
    assert_eq!(rounds(), 2);
}

#[tokio::test]
async fn identity_that_never_changed_is_proven_so() {
    let (world, _) = world().await;
    let nobody = "did:ethr:local:0x00000000000000000000000000000000000000aa";
    let ledger = proven(&world, world.ledger.clone(), validator());
    let resolution = resolve_by(&world, ledger, nobody).await.expect("a document");
    assert!(matches!(resolution.standing, Standing::Proven { .. }));
    assert_eq!(resolution.document.verification_methods.len(), 1);
}

#[tokio::test]
async fn every_lie_is_caught_by_its_reason() {
    let (world, good) = world().await;
    let all = lies::all(&world, 5);
    assert!(all.len() > 90, "{}", all.len());
    for lie in all {
        let result = resolve(&world, lie.lie, validator()).await;
        if result.as_ref() == Ok(&good) && lie.reasons.is_empty() {
            // What is told badly in one place may be told well when it is asked for otherwise.
            continue;
        }
        let fault = result.expect_err(&lie.name);
        assert_eq!(fault.error, ResolutionError::InternalError, "{}: {fault}", lie.name);
        let expected: Vec<String> = lie.reasons.iter().map(ToString::to_string).collect();
        assert!(expected.is_empty() || expected.contains(&fault.reason), "{}: {} and not {expected:?}", lie.name, fault.reason);
    }
}

#[tokio::test]
async fn registry_of_other_code_is_not_read() {
    let (world, _) = world().await;
    let fault = resolve(&world, Lie::none(), validator().stock_registry(B256::repeat_byte(1))).await.expect_err("other code");
    assert_eq!(fault.reason, ChainFault::Proof(ProofFault::WrongCode).to_string());
}

#[tokio::test]
async fn answers_of_another_chain_are_of_another_chain() {
    let (world, _) = world().await;
    let other = World::embedded_by(0xef);
    let ledger = proven(&world, other.ledger.clone(), validator());
    let fault = resolve_by(&world, ledger, &did()).await.expect_err("another chain");
    assert_eq!(fault.reason, ChainFault::UnknownValidators.to_string());
}

/// Every place of an answer that holds a text, a number or a truth.
fn leaves(value: &mut Value) -> Vec<&mut Value> {
    match value {
        Value::Array(items) => items.iter_mut().flat_map(leaves).collect(),
        Value::Object(members) => members.values_mut().flat_map(leaves).collect(),
        leaf => vec![leaf],
    }
}

#[tokio::test]
async fn any_text_of_any_answer_altered_gives_no_other_document() {
    let (world, good) = world().await;
    let mut runner = TestRunner::deterministic();
    let (mut caught, rounds) = (0, 200);
    for _ in 0..rounds {
        let any = (0..4usize, any::<usize>(), any::<usize>(), "[0-9a-f]", 0..4u8);
        let (question, leaf, place, digit, way) = any.new_tree(&mut runner).expect("a value").current();
        let lie = Lie::answering(move |_, answers| {
            let Some(Ok(answer)) = answers.get_mut(question) else { return };
            let mut leaves = leaves(answer);
            let count = leaves.len();
            let Some(leaf) = leaves.get_mut(leaf % count.max(1)) else { return };
            let Some(mut text) = leaf.as_str().map(str::to_owned) else { return };
            let at = 2 + place % (text.len() - 2).max(1);
            match way {
                0 => text.truncate(at),
                1 => text.insert_str(at.min(text.len()), &digit),
                _ => text.replace_range(at.min(text.len())..(at + 1).min(text.len()), &digit),
            }
            **leaf = json!(text);
        });
        match resolve(&world, lie, validator()).await {
            Ok(resolution) => assert_eq!(resolution, good),
            Err(_) => caught += 1,
        }
    }
    assert!(caught > rounds / 3, "{caught} of {rounds}");
}

#[tokio::test]
async fn node_that_gives_little_at_a_time_is_asked_more_often() {
    let (world, good) = world().await;
    let number = |request: &wallet_core::registry::RpcRequest, name: &str| {
        u64::from_str_radix(request.params[0][name].as_str()?.strip_prefix("0x")?, 16).ok()
    };
    for most in [1, 5000] {
        let sparing = Lie::answering(move |batch, answers: &mut Vec<Answer>| {
            for (request, answer) in batch.iter().zip(answers) {
                let few = matches!((number(request, "fromBlock"), number(request, "toBlock")), (Some(from), Some(to)) if to - from < most);
                if request.method == "eth_getLogs" && !few {
                    *answer = Err(wallet_core::registry::RpcRefusal { code: -32005, reason: "too many".to_owned() });
                }
            }
        });
        assert_eq!(resolve(&world, sparing, validator()).await, Ok(good.clone()), "{most}");
    }
    let untimed = Lie::about("eth_getLogs", |logs| {
        for log in logs.as_array_mut().expect("logs") {
            log.as_object_mut().expect("a log").remove("blockTimestamp");
        }
    });
    assert_eq!(resolve(&world, untimed, validator()).await, Ok(good));
}
