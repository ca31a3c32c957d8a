//! How often a node is asked for one DID, by our resolver and by the reference resolver, counted in front of the same anvil.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use wallet_core::did::VerificationRelationship::AssertionMethod;
use wallet_core::did::{DidUrl, ethr};
use wallet_core::key::{KeyAlgorithm, SecretKey};
use wallet_core::platform::HttpNetwork;
use wallet_core::ports::{HttpRequest, Network as _, Reach};
use wallet_core::registry::rpc::At;
use wallet_core::registry::{Checkpoint, DidWrite, Trust};
use wallet_core::resolver::{ProvenLedger, Resolver, RpcLedger};
use wallet_core::time::Timestamp;

use crate::theirs;
use crate::world::{Kind, START, World, address, call, key};

/// How far away the node is made to be, there and back.
const LATENCY: Duration = Duration::from_millis(50);

/// What was asked since it was last looked at.
#[derive(Default)]
struct Asked {
    requests: u64,
    questions: u64,
    span: Option<(Instant, Instant)>,
}

impl Asked {
    /// The round trips, the questions in them, and the milliseconds they took.
    fn row(&self) -> (u64, u64, u128) {
        (self.requests, self.questions, self.span.map_or(0, |(first, last)| (last - first).as_millis()))
    }
}

struct Counter {
    node: String,
    network: HttpNetwork,
    asked: Mutex<Asked>,
}

impl Counter {
    async fn open(node: String) -> (String, Arc<Self>) {
        let network = HttpNetwork::new().expect("a network");
        let counter = Arc::new(Self { node, network, asked: Mutex::default() });
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let router = Router::new().route("/", post(pass_on)).with_state(counter.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.expect("it stays open") });
        (url, counter)
    }

    fn take(&self) -> Asked {
        std::mem::take(&mut self.asked.lock().expect("whole"))
    }
}

async fn pass_on(State(counter): State<Arc<Counter>>, Json(request): Json<Value>) -> Json<Value> {
    let begun = Instant::now();
    tokio::time::sleep(LATENCY).await;
    let body = request.to_string().into_bytes();
    let ask = HttpRequest::post(counter.node.clone(), "application/json", body);
    let answer = counter.network.send(HttpRequest { reach: Reach::Configured, ..ask }).await.expect("the node answers");
    let mut asked = counter.asked.lock().expect("whole");
    asked.requests += 1;
    asked.questions += request.as_array().map_or(1, |batch| batch.len() as u64);
    let first = asked.span.map_or(begun, |(first, _)| first);
    asked.span = Some((first, Instant::now()));
    Json(serde_json::from_slice(&answer.body).expect("JSON"))
}

/// An identity that changed so often, each time in a block of its own.
async fn changed(world: &World, changes: u64) -> String {
    let owner = key(changes as u8);
    for nonce in 0..changes {
        let public = SecretKey::from_bytes(KeyAlgorithm::Ed25519, &[nonce as u8 + 1; 32]).expect("a seed").public_key();
        let write = DidWrite::add_key(&public, AssertionMethod, 1 << 30).expect("a key").call(address(&owner));
        world.mine(vec![call(&world.deployment, world.deployment.did_registry, write, (&owner, nonce))]).await;
    }
    ethr::from_address("local", &address(&owner).0).expect("a DID").to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn node_is_asked_once_whatever_the_number_of_changes_and_more_often_by_the_reference_resolver() {
    let world = World::anvil().await;
    let Kind::Anvil { url, .. } = &world.kind else { unreachable!("it was asked for") };
    let (url, counter) = Counter::open(format!("http://{url}")).await;
    let network = Arc::new(HttpNetwork::new().expect("a network"));
    let now = Timestamp::from_unix(START + 1000).expect("a time in range");
    println!("round trips · questions · milliseconds, {} ms away\n", LATENCY.as_millis());
    println!("| changes | ours, cold | ours, warm | ethr-did-resolver |\n|---|---|---|---|");
    for changes in [1, 10, 100] {
        let did = changed(&world, changes).await;
        let newest = world.block(At::Latest).await;
        let known = Checkpoint { number: newest.header.number, hash: newest.hash, time: newest.header.timestamp };
        let node = Arc::new(RpcLedger::new(network.clone(), url.clone()));
        let ledger = Arc::new(ProvenLedger::new(world.deployment.chain_id, node, Trust::checkpoint(known)));
        let resolver = Resolver::new().with_proven_registry("local", world.deployment, ledger);
        let did_url: DidUrl = did.parse().expect("a DID URL");
        let mut ours = Vec::new();
        for _ in ["cold", "warm"] {
            let resolution = resolver.resolve(&did_url, &now).await.expect("a document");
            assert_eq!(resolution.history.len() as u64, 1 + changes, "its owner's key and those it published");
            ours.push(counter.take().row());
        }
        let registry = world.deployment.did_registry.to_string();
        let networks = json!([{ "name": "local", "chainId": world.deployment.chain_id, "rpcUrl": url, "registry": registry }]);
        let answers = theirs::resolve(networks, &[did]).await;
        assert_eq!(answers[0]["error"], Value::Null);
        let theirs = counter.take().row();
        let cell = |(requests, questions, took): (u64, u64, u128)| format!("{requests} · {questions} · {took}");
        println!("| {changes} | {} | {} | {} |", cell(ours[0]), cell(ours[1]), cell(theirs));
        assert!(ours.iter().all(|(requests, ..)| *requests == 1), "one round trip, proven");
        assert!(theirs.0 > changes && theirs.1 >= 2 * changes, "one after the other: {theirs:?}");
    }
}
