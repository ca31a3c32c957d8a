//! A write whose answer is lost, or which is turned away: carried out once, whatever happens.

use serde_json::Value;
use wallet_core::error::WalletError;
use wallet_core::issuer::Sending;
use wallet_core::registry::rpc::{self, At, LogFilter};

use crate::front::{Front, Mood, brief};
use crate::world::World;
use crate::writer::Writer;

const SEND: &str = "eth_sendRawTransaction";

/// Does this with the first so many transactions that are handed in.
fn at_sending(first: usize, mood: Mood) -> impl Fn(&Value, usize) -> Mood + Send + Sync + 'static {
    let sent = std::sync::atomic::AtomicUsize::new(0);
    move |request, _| {
        let is_send = request.to_string().contains(SEND);
        if is_send && sent.fetch_add(1, std::sync::atomic::Ordering::SeqCst) < first { mood } else { Mood::Answer }
    }
}

fn sending() -> Sending {
    Sending { patience: brief(), ..Sending::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn write_whose_answer_is_lost_is_handed_in_again_and_carried_out_once() {
    for (lost, mood, handed_in) in [
        (1, Mood::LoseAnswer, 2),
        (2, Mood::LoseAnswer, 3),
        (1, Mood::TurnAway(503, None), 2),
        (1, Mood::LetFall, 2),
        (1, Mood::TurnAway(429, None), 2),
        (2, Mood::Refuse(-32000, "rate limit"), 3),
    ] {
        let world = World::embedded();
        let before = world.block(At::Latest).await.header.number;
        let front = Front::open(&world, at_sending(lost, mood)).await;
        let writer = Writer::new(front.ledger(brief()), world.deployment, sending()).await;
        let written = writer.publish(1).await.unwrap_or_else(|error| panic!("{mood:?}: {error}"));
        let head = world.block(At::Latest).await.header.number;
        assert_eq!((written.block, head), (before + 1, before + 1), "{mood:?}: one block for it");
        assert_eq!(front.count(SEND), handed_in, "{mood:?}");
        let events = LogFilter { address: world.deployment.did_registry, topics: vec![], from: 0, to: At::Latest };
        let events = rpc::read_logs(&world.ask(rpc::logs(&events)).await).expect("logs");
        assert_eq!(events.len(), 1, "{mood:?}: one change");
        assert!(writer.publish(2).await.is_ok(), "{mood:?}: and the next one goes on from there");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn write_that_never_arrives_is_unreachable_and_not_refused() {
    let world = World::embedded();
    let front = Front::open(&world, at_sending(usize::MAX, Mood::TurnAway(503, None))).await;
    let writer = Writer::new(front.ledger(brief()), world.deployment, sending()).await;
    let error = writer.publish(1).await.expect_err("it never arrives");
    assert!(matches!(error, WalletError::Unreachable { .. }), "{error}");
    assert_eq!(front.count(SEND), brief().tries as usize);
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_write_is_refused_at_once() {
    let world = World::embedded();
    let front = Front::open(&world, at_sending(1, Mood::Refuse(-32000, "this account may not send"))).await;
    let writer = Writer::new(front.ledger(brief()), world.deployment, sending()).await;
    let error = writer.publish(1).await.expect_err("it is refused");
    assert!(matches!(&error, WalletError::Refused { reason, .. } if reason.contains("may not send")), "{error}");
    assert_eq!(front.count(SEND), 1);
}
