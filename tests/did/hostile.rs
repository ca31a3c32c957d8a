//! Nodes that give little, and nodes that lie: the whole history or none.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use wallet_core::did::{DidUrl, Resolution, ResolutionError, Standing, ethr};
use wallet_core::error::{Result, WalletError};
use wallet_core::registry::{Ledger, RpcRefusal, RpcRequest};
use wallet_core::resolver::{Patience, Resolver};
use wallet_core::time::Timestamp;

use crate::operations;
use crate::world::{START, World, address, key};

type Answer = Result<Value, RpcRefusal>;

/// A node in front of a good one, which changes its answers.
struct Node<F> {
    good: Arc<dyn Ledger>,
    answer: F,
}

#[async_trait]
impl<F: Fn(&RpcRequest, Answer) -> Answer + Send + Sync> Ledger for Node<F> {
    async fn ask(&self, batch: Vec<RpcRequest>) -> Result<Vec<Answer>> {
        let answers = self.good.ask(batch.clone()).await?;
        Ok(batch.iter().zip(answers).map(|(request, answer)| (self.answer)(request, answer)).collect())
    }
}

fn refused() -> Answer {
    Err(RpcRefusal { code: -32005, reason: "query exceeds the range".to_owned() })
}

fn block(request: &RpcRequest, name: &str) -> Option<u64> {
    u64::from_str_radix(request.params[0][name].as_str()?.strip_prefix("0x")?, 16).ok()
}

/// Refuses logs of more than `most` blocks.
fn gives_at_most(most: u64) -> impl Fn(&RpcRequest, Answer) -> Answer {
    move |request, answer| match (request.method, block(request, "fromBlock"), block(request, "toBlock")) {
        ("eth_getLogs", Some(from), Some(to)) if to - from < most => answer,
        ("eth_getLogs", ..) => refused(),
        _ => answer,
    }
}

/// Changes the logs, where there are any.
fn with_logs(change: impl Fn(&mut Vec<Value>)) -> impl Fn(&RpcRequest, Answer) -> Answer {
    move |request, mut answer| {
        if let ("eth_getLogs", Ok(Value::Array(logs))) = (request.method, &mut answer) {
            change(logs);
        }
        answer
    }
}

/// Two tries with hardly a pause: a liar goes on lying.
fn hasty() -> Patience {
    let pause = Duration::from_millis(1);
    Patience { tries: 2, first: pause, longest: pause, ..Patience::default() }
}

async fn resolve(
    world: &World,
    answer: impl Fn(&RpcRequest, Answer) -> Answer + Send + Sync + 'static,
) -> Result<Resolution, ResolutionError> {
    let ledger = Arc::new(Node { good: world.ledger.clone(), answer });
    let resolver = Resolver::new().with_registry("local", world.deployment, ledger).with_patience(hasty());
    let did = ethr::from_address("local", &address(&key(0x41)).0).expect("a DID");
    let now = Timestamp::from_unix(START + 1000).expect("a time in range");
    resolver.resolve(&DidUrl::from(&did), &now).await.map_err(|e| e.error)
}

async fn world() -> (World, Resolution) {
    let world = World::embedded();
    operations::run(&world).await;
    let good = resolve(&world, |_, answer| answer).await.expect("a good node");
    assert!(good.history.len() > 6, "there is something to hide: {}", good.history.len());
    (world, good)
}

#[tokio::test]
async fn node_that_gives_little_at_a_time_is_asked_more_often() {
    let (world, good) = world().await;
    assert!(matches!(good.standing, Standing::Believed { block: Some(_) }));
    assert_eq!(resolve(&world, gives_at_most(5000)).await, Ok(good.clone()));
    assert_eq!(resolve(&world, gives_at_most(1)).await, Ok(good.clone()));
    let untimed =
        with_logs(|logs| logs.iter_mut().for_each(|log| drop(log.as_object_mut().map(|log| log.remove("blockTimestamp")))));
    assert_eq!(resolve(&world, untimed).await, Ok(good));
}

#[tokio::test]
async fn node_that_hides_or_changes_an_event_gives_no_document() {
    let (world, _) = world().await;
    let count = 6;
    for place in 0..count {
        let result = resolve(&world, with_logs(move |logs| drop(logs.remove(place)))).await;
        assert_eq!(result, Err(ResolutionError::InternalError), "event {place} hidden");
        let changed = with_logs(move |logs| logs[place]["data"] = flipped(&logs[place]["data"]));
        assert_eq!(resolve(&world, changed).await, Err(ResolutionError::InternalError), "event {place} changed");
        let moved = with_logs(move |logs| logs[place]["blockTimestamp"] = json!("0x71406e07"));
        assert_eq!(resolve(&world, moved).await, Err(ResolutionError::InternalError), "event {place} moved in time");
        let twice = with_logs(move |logs| logs.insert(place, logs[place].clone()));
        assert_eq!(resolve(&world, twice).await, Err(ResolutionError::InternalError), "event {place} told twice");
    }
    assert_eq!(resolve(&world, with_logs(Vec::clear)).await, Err(ResolutionError::InternalError));
    let reversed = resolve(&world, with_logs(|logs| logs.reverse())).await;
    assert!(reversed.is_ok(), "the order of the answer is not the order of the events");
}

/// A changed digit in the last word of some event data, or the first when that would still link.
fn flipped(data: &Value) -> Value {
    let mut text = data.as_str().expect("text").to_owned();
    let last = text.pop().expect("a digit");
    text.push(if last == '0' { '1' } else { '0' });
    json!(text)
}

#[tokio::test]
async fn stock_registry_is_read_by_its_links_alone() {
    let (world, good) = world().await;
    let calls = std::sync::Mutex::new(0);
    // The second call of a batch asks for the running hash.
    let stock = move |request: &RpcRequest, answer: Answer| {
        if request.method != "eth_call" {
            return answer;
        }
        let mut calls = calls.lock().expect("no panic before");
        *calls += 1;
        if *calls % 2 == 0 { Err(RpcRefusal { code: 3, reason: "execution reverted".to_owned() }) } else { answer }
    };
    assert_eq!(resolve(&world, stock).await, Ok(good));
}

#[tokio::test]
async fn node_of_another_chain_gives_no_document() {
    let (world, _) = world().await;
    let other = |request: &RpcRequest, answer| if request.method == "eth_chainId" { Ok(json!("0x1")) } else { answer };
    assert_eq!(resolve(&world, other).await, Err(ResolutionError::InternalError));
}

#[tokio::test]
async fn node_that_answers_anything_at_all_gives_no_wrong_document() {
    let (world, good) = world().await;
    let values = prop_oneof![
        Just(json!(null)),
        Just(json!([])),
        Just(json!({})),
        "0x[0-9a-f]{0,70}".prop_map(|text| json!(text)),
        any::<u64>().prop_map(|number| json!(format!("{number:#x}"))),
    ];
    let mut runner = TestRunner::deterministic();
    for _ in 0..200 {
        let (method, value) = (proptest::sample::select(vec!["eth_call", "eth_getLogs", "eth_getBlockByNumber"]), values.clone())
            .new_tree(&mut runner)
            .expect("a value")
            .current();
        let result =
            resolve(&world, move |request, answer| if request.method == method { Ok(value.clone()) } else { answer }).await;
        assert!(result.is_err() || result.as_ref() == Ok(&good), "{method}");
    }
}

#[tokio::test]
async fn node_that_does_not_answer_leaves_the_did_unknown() {
    struct Silent;
    #[async_trait]
    impl Ledger for Silent {
        async fn ask(&self, _: Vec<RpcRequest>) -> Result<Vec<Answer>> {
            Err(WalletError::unreachable("the node", "no answer"))
        }
    }
    let deployment = World::embedded().deployment;
    let resolver = Resolver::new().with_registry("local", deployment, Arc::new(Silent));
    let did = ethr::from_address("local", &[1; 20]).expect("a DID");
    let now = Timestamp::from_unix(START).expect("a time in range");
    let error = resolver.resolve(&DidUrl::from(&did), &now).await.expect_err("no answer").error;
    assert_eq!(error, ResolutionError::InternalError);
}
