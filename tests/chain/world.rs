//! The chains the suite runs on, behind one face.

#[path = "geth.rs"]
pub mod geth;

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use wallet_core::error::{Result, WalletError};
use wallet_core::key::{KeyAlgorithm, SecretKey};
use wallet_core::registry::rpc::{self, At};
use wallet_core::registry::{
    Address, Block, Bytes, Deployment, EmbeddedChain, Ledger, Receipt, RpcRefusal, RpcRequest, Transaction, U256, account,
    contracts,
};
use wallet_core::time::Timestamp;

/// The first block's time.
pub const START: i64 = 1_900_000_000;

/// A chain with both registries, whose blocks come when the test says so.
pub struct World {
    pub name: &'static str,
    pub ledger: Arc<dyn Ledger>,
    pub deployment: Deployment,
    pub time: Arc<AtomicI64>,
    pub kind: Kind,
}

pub enum Kind {
    Embedded { chain: Arc<EmbeddedChain>, _folder: tempfile::TempDir },
    Anvil { url: String, _process: Child },
    Geth(Box<geth::Geth>),
}

pub fn key(byte: u8) -> SecretKey {
    SecretKey::from_bytes(KeyAlgorithm::Secp256k1, &[byte; 32]).expect("a scalar in range")
}

pub fn address(key: &SecretKey) -> Address {
    account::address(&key.public_key()).expect("a secp256k1 key has an address")
}

/// The folder with the npm packages; missing ones are a failure, not a reason to skip.
pub fn npm() -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/interop/chain");
    assert!(folder.join("node_modules").is_dir(), "run `npm ci --ignore-scripts` in {}", folder.display());
    folder
}

/// A node that is up, and its address; none when it ended at once.
async fn launch_anvil() -> Option<(Child, String)> {
    let port = TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("an address").port();
    let binary = npm().join("node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil");
    let mut process = Command::new(binary)
        .args(["--port", &port.to_string(), "--timestamp", &START.to_string(), "--order", "fifo"])
        .args(["--base-fee", "0", "--gas-price", "0", "--no-mining", "--silent"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("anvil starts");
    let address = format!("127.0.0.1:{port}");
    for _ in 0..400 {
        tokio::time::sleep(Duration::from_millis(25)).await;
        if process.try_wait().expect("its state").is_some() {
            return None;
        }
        if (HttpLedger { address: address.clone() }).ask(vec![rpc::chain_id()]).await.is_ok() {
            return Some((process, address));
        }
    }
    panic!("anvil does not answer")
}

impl World {
    pub fn embedded() -> Self {
        Self::embedded_by(0xee)
    }

    /// An embedded chain sealed by the key of this byte.
    pub fn embedded_by(sealer: u8) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let time = Arc::new(AtomicI64::new(START));
        let now = time.clone();
        let clock = move || Timestamp::from_unix(now.load(Ordering::SeqCst)).expect("a time in range");
        let path = folder.path().join("chain");
        let chain = EmbeddedChain::open(&path, 31_337, key(sealer), Box::new(clock)).expect("a new chain");
        let chain = Arc::new(chain);
        let deployment = chain.deployment();
        let kind = Kind::Embedded { chain: chain.clone(), _folder: folder };
        Self { name: "embedded", ledger: chain, deployment, time, kind }
    }

    pub async fn anvil() -> Self {
        // A port that was free a moment ago may be somebody else's by now.
        for _ in 0..5 {
            if let Some((process, url)) = launch_anvil().await {
                let ledger = Arc::new(HttpLedger { address: url.clone() });
                return Self::with_contracts("anvil", ledger, Kind::Anvil { url, _process: process }).await;
            }
        }
        panic!("anvil does not come up")
    }

    pub async fn geth() -> Self {
        let node = geth::Geth::start().await;
        Self::with_contracts("geth", node.ledger.clone(), Kind::Geth(Box::new(node))).await
    }

    /// A chain of others, on which both contracts are created.
    async fn with_contracts(name: &'static str, ledger: Arc<dyn Ledger>, kind: Kind) -> Self {
        let deployer = key(0xdd);
        let deployment = Deployment {
            chain_id: 31_337,
            did_registry: address(&deployer).create(0),
            credential_registry: address(&deployer).create(1),
        };
        let world = Self { name, ledger, deployment, time: Arc::new(AtomicI64::new(START)), kind };
        let creations = [contracts::did_registry(), contracts::credential_registry(deployment.did_registry)];
        let raw = creations.into_iter().zip(0..).map(|(code, nonce)| {
            let call = Transaction::call(31_337, Address::ZERO, code);
            sign(Transaction { to: None, nonce, gas_limit: 5_000_000, ..call }, &deployer)
        });
        let receipts = world.mine(raw.collect()).await;
        assert!(receipts.iter().all(|receipt| receipt.succeeded), "the contracts are created");
        world
    }

    /// Moves the clock on.
    pub fn wait(&self, seconds: i64) {
        self.time.fetch_add(seconds, Ordering::SeqCst);
    }

    /// How much later than the one before a block has to be.
    pub fn step(&self) -> i64 {
        i64::from(!matches!(self.kind, Kind::Embedded { .. }))
    }

    /// The time the next block will have, but for its step.
    pub fn now(&self) -> u64 {
        self.time.load(Ordering::SeqCst) as u64
    }

    /// Puts transactions into one block and returns their receipts.
    pub async fn mine(&self, raw: Vec<Bytes>) -> Vec<Receipt> {
        let hashes: Vec<_> = match &self.kind {
            Kind::Embedded { chain, .. } => {
                let results = chain.seal(&raw).expect("the chain's file is whole");
                results.into_iter().map(|result| result.expect("a valid transaction")).collect()
            }
            Kind::Geth(node) => {
                self.wait(self.step());
                node.seal(&raw, self.now()).await;
                raw.iter().map(alloy_primitives::keccak256).collect()
            }
            Kind::Anvil { .. } => {
                self.wait(self.step());
                let mut batch: Vec<RpcRequest> = raw.iter().map(|raw| rpc::send_raw_transaction(raw)).collect();
                let count = batch.len();
                batch.push(RpcRequest { method: "evm_setNextBlockTimestamp", params: json!([self.now()]) });
                batch.push(RpcRequest { method: "evm_mine", params: json!([]) });
                let mut answers = Vec::new();
                for request in batch {
                    answers.push(self.ask(request).await);
                }
                answers[..count].iter().map(|hash| rpc::read_hash(hash).expect("a hash")).collect()
            }
        };
        let mut receipts = Vec::new();
        for hash in hashes {
            let receipt = rpc::read_receipt(&self.ask(rpc::receipt(hash)).await).expect("a receipt");
            receipts.push(receipt.expect("the transaction is in a block"));
        }
        assert!(receipts.windows(2).all(|pair| pair[0].block_hash == pair[1].block_hash), "one block for all");
        receipts
    }

    /// Asks one thing that is answered.
    pub async fn ask(&self, request: RpcRequest) -> Value {
        let method = request.method;
        let mut answers = self.ledger.ask(vec![request]).await.expect("the chain answers");
        answers.pop().expect("one answer").unwrap_or_else(|refusal| panic!("{method}: {refusal}"))
    }

    /// Calls a contract.
    pub async fn call(&self, to: Address, input: Bytes) -> Bytes {
        rpc::read_bytes(&self.ask(rpc::call(to, &input, At::Latest)).await).expect("bytes")
    }

    pub async fn block(&self, at: At) -> Block {
        rpc::read_block(&self.ask(rpc::block(at)).await).expect("a block").expect("the chain has it")
    }
}

/// Signs a transaction.
pub fn sign(transaction: Transaction, key: &SecretKey) -> Bytes {
    let signature = key.sign(&transaction.message());
    transaction.finish(&signature, &key.public_key()).expect("its own signature").raw
}

/// A transaction that calls `to`, by `key`, of which it is transaction number `nonce`.
pub fn call(deployment: &Deployment, to: Address, input: Bytes, (key, nonce): (&SecretKey, u64)) -> Bytes {
    let call = Transaction::call(deployment.chain_id, to, input);
    sign(Transaction { nonce, gas_limit: 1_000_000, value: U256::ZERO, ..call }, key)
}

/// JSON-RPC over plain HTTP to this machine.
pub struct HttpLedger {
    pub address: String,
}

#[async_trait]
impl Ledger for HttpLedger {
    async fn ask(&self, batch: Vec<RpcRequest>) -> Result<Vec<Result<Value, RpcRefusal>>> {
        let requests = batch
            .iter()
            .enumerate()
            .map(|(id, request)| json!({ "jsonrpc": "2.0", "id": id, "method": request.method, "params": request.params }));
        let body = Value::from_iter(requests).to_string();
        let text = post(&self.address, &body).await.map_err(|e| WalletError::unreachable("the node", e))?;
        let answers: Vec<Value> = serde_json::from_str(&text).map_err(|e| WalletError::malformed("answer", e))?;
        Ok(answers
            .into_iter()
            .map(|mut answer| match answer.get("error") {
                None => Ok(answer["result"].take()),
                Some(error) => Err(RpcRefusal {
                    code: error["code"].as_i64().unwrap_or(0),
                    reason: error["message"].as_str().unwrap_or_default().to_owned(),
                }),
            })
            .collect())
    }
}

async fn post(address: &str, body: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    let head = format!(
        "POST / HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    let (_, text) = answer.split_once("\r\n\r\n").unwrap_or_default();
    Ok(text.to_owned())
}
