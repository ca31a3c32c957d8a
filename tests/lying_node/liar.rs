//! A node in front of a good one, which asks it something else or changes its answers.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value, json};
use wallet_core::did::{DidUrl, Resolution, Unresolved, ethr};
use wallet_core::error::Result;
use wallet_core::registry::{Ledger, RpcRefusal, RpcRequest, Trust, ValidatorSet, rpc};
use wallet_core::resolver::{Patience, ProvenLedger, Resolver};
use wallet_core::time::Timestamp;

use crate::world::{START, World, address, key};

pub type Answer = Result<Value, RpcRefusal>;

type Change = dyn Fn(&[RpcRequest], &mut Vec<Answer>) + Send + Sync;

/// A way to lie: what to ask the good node instead, and what to make of its answers.
#[derive(Clone)]
pub struct Lie {
    pub ask: Arc<dyn Fn(&mut RpcRequest) + Send + Sync>,
    pub answer: Arc<Change>,
}

impl Lie {
    pub fn none() -> Self {
        Self { ask: Arc::new(|_| {}), answer: Arc::new(|_, _| {}) }
    }

    pub fn asking(ask: impl Fn(&mut RpcRequest) + Send + Sync + 'static) -> Self {
        Self { ask: Arc::new(ask), ..Self::none() }
    }

    pub fn answering(answer: impl Fn(&[RpcRequest], &mut Vec<Answer>) + Send + Sync + 'static) -> Self {
        Self { answer: Arc::new(answer), ..Self::none() }
    }

    /// Changes what is answered to `method`.
    pub fn about(method: &'static str, change: impl Fn(&mut Value) + Send + Sync + 'static) -> Self {
        Self::answering(move |batch, answers| {
            for (request, answer) in batch.iter().zip(answers) {
                if let (true, Ok(answer)) = (request.method == method, answer) {
                    change(answer);
                }
            }
        })
    }
}

pub struct Liar {
    good: Arc<dyn Ledger>,
    lie: Lie,
    /// How many round trips it answered.
    pub rounds: AtomicUsize,
}

impl Liar {
    pub fn new(good: Arc<dyn Ledger>, lie: Lie) -> Arc<Self> {
        Arc::new(Self { good, lie, rounds: AtomicUsize::new(0) })
    }
}

#[async_trait]
impl Ledger for Liar {
    async fn ask(&self, batch: Vec<RpcRequest>) -> Result<Vec<Answer>> {
        self.rounds.fetch_add(1, Ordering::SeqCst);
        let mut asked = batch.clone();
        asked.iter_mut().for_each(|request| (self.lie.ask)(request));
        let mut answers = self.good.ask(asked).await?;
        (self.lie.answer)(&batch, &mut answers);
        Ok(answers)
    }
}

/// Writes the hash a header really has.
pub fn rehash(block: &mut Value) {
    let header = rpc::read_block(block).expect("a block").expect("a block").header;
    block["hash"] = json!(header.hash());
}

/// The identity that is looked up.
pub fn did() -> String {
    ethr::from_address("local", &address(&key(0x41)).0).expect("a DID").to_string()
}

pub fn now() -> Timestamp {
    Timestamp::from_unix(START + 1000).expect("a time in range")
}

/// The one validator of the embedded chain, as it was at its first block.
pub fn validator() -> Trust {
    Trust::validators(ValidatorSet::new([address(&key(0xee))]).expect("a set"), 0)
}

/// Three tries with hardly a pause: a liar goes on lying.
pub fn hasty() -> Patience {
    let pause = Duration::from_millis(1);
    Patience { tries: 3, first: pause, longest: pause, ..Patience::default() }
}

pub fn proven(world: &World, ledger: Arc<dyn Ledger>, trust: Trust) -> Arc<ProvenLedger> {
    Arc::new(ProvenLedger::new(world.deployment.chain_id, ledger, trust).with_patience(hasty()))
}

pub async fn resolve_by(world: &World, ledger: Arc<ProvenLedger>, url: &str) -> Result<Resolution, Unresolved> {
    let resolver = Resolver::new().with_proven_registry("local", world.deployment, ledger);
    let url: DidUrl = url.parse().expect("a DID URL");
    resolver.resolve(&url, &now()).await
}

/// What comes of looking up the identity at a node that lies so.
pub async fn resolve(world: &World, lie: Lie, trust: Trust) -> Result<Resolution, Unresolved> {
    let ledger = proven(world, Liar::new(world.ledger.clone(), lie), trust);
    resolve_by(world, ledger, &did()).await
}
