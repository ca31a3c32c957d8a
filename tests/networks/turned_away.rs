//! Nodes that turn away, stay silent or break off: asked again with pauses, for believed and proven reads alike, and then undetermined.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use wallet_core::did::{DidUrl, Resolution, ResolutionError, Unresolved};
use wallet_core::error::WalletError;
use wallet_core::key::KeyAlgorithm;
use wallet_core::platform::MemoryStorage;
use wallet_core::registry::rpc::{self, At};
use wallet_core::registry::{Address, Ledger};
use wallet_core::resolver::{Patience, ProvenLedger, Resolver};
use wallet_core::securing::{Kind, Mechanism};
use wallet_core::verification::{Expectations, Gap, Verdict};
use wallet_core::verifier::Verifier;

use crate::front::{Front, Mood, brief};
use crate::liar::{now, validator};
use crate::party::{Party, object};
use crate::world::World;
use crate::writer::{OWN, changed_identity, did_of};

/// Both ways to read a registry through one node.
fn resolvers(world: &World, node: Arc<dyn Ledger>, patience: Patience) -> [Resolver; 2] {
    let believed = Resolver::new().with_registry("local", world.deployment, node.clone()).with_patience(patience);
    let ledger = ProvenLedger::new(world.deployment.chain_id, node, validator()).with_patience(patience);
    [believed, Resolver::new().with_proven_registry("local", world.deployment, Arc::new(ledger))]
}

async fn resolve(resolver: &Resolver, identity: Address) -> Result<Resolution, Unresolved> {
    let url: DidUrl = did_of(identity).as_str().parse().expect("a DID URL");
    resolver.resolve(&url, &now()).await
}

/// Turned away so often by each of these, and then answered.
const PASSING: [Mood; 7] = [
    Mood::TurnAway(429, None),
    Mood::TurnAway(503, None),
    Mood::TurnAway(408, None),
    Mood::LoseAnswer,
    Mood::Refuse(-32005, "limit exceeded"),
    Mood::Refuse(429, "your app has exceeded its compute units per second"),
    Mood::Refuse(-32000, "Too Many Requests"),
];

#[tokio::test(flavor = "multi_thread")]
async fn node_that_turns_away_for_a_while_is_asked_until_it_answers() {
    let world = World::embedded();
    let identity = changed_identity(&world).await;
    for mood in PASSING {
        for way in 0..2 {
            let front = Front::open(&world, move |_, number| if number < 2 { mood } else { Mood::Answer }).await;
            let resolver = &resolvers(&world, front.ledger(brief()), brief())[way];
            let resolution = resolve(resolver, identity).await.unwrap_or_else(|fault| panic!("{mood:?}: {fault}"));
            assert_eq!((resolution.history.len(), front.times().len()), (OWN + 3, 3), "{mood:?}: answered at the third try");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn node_is_not_asked_again_before_the_time_it_names() {
    let world = World::embedded();
    let identity = changed_identity(&world).await;
    for status in [429, 503] {
        let turn = move |_: &Value, number| if number == 0 { Mood::TurnAway(status, Some(1)) } else { Mood::Answer };
        let front = Front::open(&world, turn).await;
        assert!(resolve(&resolvers(&world, front.ledger(brief()), brief())[1], identity).await.is_ok());
        let times = front.times();
        assert!(times[1] - times[0] >= Duration::from_secs(1), "{:?}", times[1] - times[0]);
    }
    // A time that is past all patience is not waited for.
    let front = Front::open(&world, |_, _| Mood::TurnAway(429, Some(3600))).await;
    let begun = Instant::now();
    let fault = resolve(&resolvers(&world, front.ledger(brief()), brief())[1], identity).await.expect_err("turned away");
    assert_eq!((fault.error, front.times().len()), (ResolutionError::InternalError, 1));
    assert!(begun.elapsed() < Duration::from_secs(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn node_that_keeps_turning_away_is_unreachable_after_so_many_tries() {
    let world = World::embedded();
    let identity = changed_identity(&world).await;
    for mood in PASSING {
        for way in 0..2 {
            let front = Front::open(&world, move |_, _| mood).await;
            let fault =
                resolve(&resolvers(&world, front.ledger(brief()), brief())[way], identity).await.expect_err("turned away");
            assert_eq!(fault.error, ResolutionError::InternalError, "{mood:?}: {fault}");
            assert!(fault.reason.contains("could not be reached"), "{mood:?}: {fault}");
            assert_eq!(front.times().len(), brief().tries as usize, "{mood:?}: tries are not multiplied");
        }
        let front = Front::open(&world, move |_, _| mood).await;
        let error = front.ledger(brief()).ask(vec![rpc::block(At::Latest)]).await.expect_err("turned away");
        assert!(matches!(error, WalletError::Unreachable { .. }), "{mood:?}: {error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn refusal_that_is_no_rate_limit_is_an_answer_at_once() {
    let world = World::embedded();
    for refusal in [Mood::Refuse(-32601, "no such method"), Mood::Refuse(-32000, "execution reverted")] {
        let front = Front::open(&world, move |_, _| refusal).await;
        let answers = front.ledger(brief()).ask(vec![rpc::chain_id()]).await.expect("an answer");
        assert!(answers[0].is_err());
        assert_eq!(front.times().len(), 1, "{refusal:?}");
    }
    // Of logs the code of a rate limit says that there are too many of them.
    let front = Front::open(&world, |_, _| Mood::Refuse(-32005, "query returned more than 10000 results")).await;
    let logs = rpc::logs(&rpc::LogFilter { address: Address::ZERO, topics: vec![], from: 0, to: At::Latest });
    assert!(front.ledger(brief()).ask(vec![logs]).await.expect("an answer")[0].is_err());
    assert_eq!(front.times().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn silent_node_is_given_up_when_the_patience_ends() {
    let world = World::embedded();
    let identity = changed_identity(&world).await;
    let front = Front::open(&world, |_, _| Mood::Silence).await;
    let patience = Patience { total: Duration::from_millis(300), ..brief() };
    for resolver in resolvers(&world, front.ledger(patience), patience) {
        let begun = Instant::now();
        let fault = resolve(&resolver, identity).await.expect_err("silence");
        assert_eq!(fault.error, ResolutionError::InternalError);
        assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_ends_when_whoever_waits_goes_away() {
    let world = World::embedded();
    let identity = changed_identity(&world).await;
    let front = Front::open(&world, |_, _| Mood::TurnAway(429, None)).await;
    let slow = Patience { first: Duration::from_secs(2), longest: Duration::from_secs(2), seed: 3, ..Patience::default() };
    let resolvers = resolvers(&world, front.ledger(slow), slow);
    let waited = tokio::time::timeout(Duration::from_millis(50), resolve(&resolvers[1], identity)).await;
    assert!(waited.is_err(), "it would go on");
    let asked = front.times().len();
    tokio::time::sleep(Duration::from_millis(2500)).await;
    assert_eq!(front.times().len(), asked, "nobody is asked any more");
}

#[tokio::test(flavor = "multi_thread")]
async fn credential_of_an_issuer_whose_registry_is_out_of_reach_is_undetermined() {
    let world = World::embedded();
    let identity = changed_identity(&world).await;
    let university = Party::new(did_of(identity).as_str(), KeyAlgorithm::Ed25519, 1);
    let diploma = object(json!({
        "@context": ["https://www.w3.org/ns/credentials/v2"], "type": ["VerifiableCredential"],
        "issuer": university.did, "validFrom": "2026-02-01T00:00:00Z",
        "credentialSubject": { "id": "urn:uuid:6f1d3c1e-6a55-4c83-9d57-0d3a2a1e8a11" },
    }));
    let mut options = university.options(Kind::Credential, Mechanism::EddsaJcs2022);
    options.created = now();
    let diploma = university.sign(diploma, &options).text().to_owned();
    let judge = async |resolver: Resolver| {
        let verifier = Verifier { resolver, ..Verifier::bare(Arc::new(MemoryStorage::new())) };
        verifier.check(&diploma, &Expectations::default(), &now()).await.expect("a credential")
    };
    for resolver in resolvers(&world, world.ledger.clone(), brief()) {
        assert_eq!(judge(resolver).await.word(), "accepted");
    }
    for mood in [Mood::TurnAway(429, None), Mood::Refuse(-32005, "limit exceeded"), Mood::TurnAway(503, None)] {
        let front = Front::open(&world, move |_, _| mood).await;
        for resolver in resolvers(&world, front.ledger(brief()), brief()) {
            let verdict = judge(resolver).await;
            let Verdict::Undetermined { gaps, .. } = &verdict else { panic!("{mood:?}: {verdict:?}") };
            assert!(matches!(&gaps[0].what, Gap::Unresolved { .. }), "{mood:?}: {gaps:?}");
        }
    }
}
