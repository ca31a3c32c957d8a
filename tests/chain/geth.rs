//! Real geth nodes whose consensus client is the test: it says by the Engine API when a block comes, at what time, and which chain is the
//! one, so that blocks can be taken back and nodes left behind.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use wallet_core::platform::HttpNetwork;
use wallet_core::ports::{HttpRequest, Network, Reach};
use wallet_core::registry::{B256, Bytes, Ledger, RpcRequest};
use wallet_core::resolver::RpcLedger;

use super::{START, address, key};

/// What the test and its nodes share, so that nobody else leads them.
const SECRET: [u8; 32] = [0x11; 32];
/// How long a node gathers transactions before its block is taken.
const GATHERING: Duration = Duration::from_millis(60);

/// One node.
pub struct Geth {
    pub ledger: Arc<RpcLedger>,
    engine: String,
    network: Arc<HttpNetwork>,
    sealed: Mutex<Vec<Value>>,
    _process: Child,
    _folder: TempDir,
}

fn binary() -> PathBuf {
    let binary = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools/geth-1.16.7/geth");
    assert!(binary.is_file(), "run `tests/setup/geth target/tools`");
    binary
}

/// A network that asks for no fees, as consortia run them, with all rules up to Cancun from its first block on.
fn genesis() -> Value {
    let mut config = json!({
        "chainId": 31_337, "terminalTotalDifficulty": 0, "shanghaiTime": 0, "cancunTime": 0,
        "blobSchedule": { "cancun": { "target": 3, "max": 6, "baseFeeUpdateFraction": 3_338_477 } },
    });
    for fork in [
        "homestead",
        "eip150",
        "eip155",
        "eip158",
        "byzantium",
        "constantinople",
        "petersburg",
        "istanbul",
        "berlin",
        "london",
        "mergeNetsplit",
    ] {
        config[format!("{fork}Block")] = json!(0);
    }
    // Of an account that has nothing yet, geth's pool takes one transaction at a time.
    let accounts: Value = (1..u8::MAX)
        .map(|byte| (address(&key(byte)).to_string(), json!({ "balance": "0xde0b6b3a7640000" })))
        .collect::<serde_json::Map<_, _>>()
        .into();
    json!({
        "config": config, "difficulty": "0x0", "gasLimit": "0x1c9c380", "baseFeePerGas": "0x0",
        "alloc": accounts, "timestamp": format!("{:#x}", START - 1),
    })
}

/// A node that is up, and where it is asked and led; none when it ended at once.
async fn launch(storage: &[&str], secret: &Path) -> Option<(Child, [String; 2])> {
    let ports = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").expect("a free port"));
    let places = ports.map(|port| port.local_addr().expect("an address"));
    let [http, engine] = places.map(|place| place.port().to_string());
    let mut process = Command::new(binary())
        .args(storage)
        .args(["--gcmode", "archive", "--syncmode", "full", "--nodiscover", "--maxpeers", "0", "--port", "0", "--ipcdisable"])
        .args(["--http", "--http.port", &http, "--http.api", "eth,miner,txpool"])
        .args(["--authrpc.port", &engine, "--authrpc.jwtsecret"])
        .arg(secret)
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("geth starts");
    for _ in 0..400 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        if process.try_wait().expect("its state").is_some() {
            return None;
        }
        let [asked, led] = places.map(TcpStream::connect);
        if asked.await.is_ok() && led.await.is_ok() {
            return Some((process, places.map(|place| format!("http://{place}"))));
        }
    }
    panic!("geth does not answer")
}

impl Geth {
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let (data, secret, first) =
            (folder.path().join("data"), folder.path().join("secret"), folder.path().join("genesis.json"));
        fs::write(&secret, alloy_primitives::hex::encode(SECRET)).expect("a file");
        fs::write(&first, genesis().to_string()).expect("a file");
        let storage = ["--datadir", data.to_str().expect("a plain path"), "--state.scheme", "hash"];
        let made = Command::new(binary()).arg("init").args(storage).arg(&first).stderr(Stdio::null()).status().await;
        assert!(made.expect("geth runs").success(), "the first block is written");
        // A port that was free a moment ago may be somebody else's by now.
        for _ in 0..5 {
            if let Some((process, [url, engine])) = launch(&storage, &secret).await {
                let network = Arc::new(HttpNetwork::new().expect("a network"));
                let ledger = Arc::new(RpcLedger::new(network.clone(), url));
                let node = Self { ledger, engine, network, sealed: Mutex::default(), _process: process, _folder: folder };
                // The pool takes transactions that pay nothing, and so do its blocks.
                node.ask("miner_setGasPrice", json!(["0x0"])).await.expect("a node that is led from here");
                return node;
            }
        }
        panic!("geth does not come up")
    }

    /// Hands transactions in and puts them into the next block, in this order.
    pub async fn seal(&self, raw: &[Bytes], time: u64) {
        for raw in raw {
            let sent = self.ask("eth_sendRawTransaction", json!([raw])).await;
            sent.unwrap_or_else(|refusal| panic!("a transaction is refused: {refusal}"));
        }
        let block = self.prepare(raw.len(), time).await;
        self.follow(&block).await;
    }

    /// A block of all transactions that wait, so many, which is not the newest yet.
    pub async fn prepare(&self, transactions: usize, time: u64) -> Value {
        let head = self.head().await;
        for attempt in 0..50u8 {
            // Other randomness makes it another block, begun anew.
            let random = B256::repeat_byte(attempt);
            let attributes = json!({
                "timestamp": format!("{time:#x}"), "prevRandao": random, "withdrawals": [], "parentBeaconBlockRoot": B256::ZERO,
                "suggestedFeeRecipient": "0x0000000000000000000000000000000000000000",
            });
            let begun = self.lead("engine_forkchoiceUpdatedV3", json!([choice(&head), attributes])).await;
            tokio::time::sleep(GATHERING).await;
            let taken = self.lead("engine_getPayloadV3", json!([begun["payloadId"]])).await;
            if taken["executionPayload"]["transactions"].as_array().map(Vec::len) == Some(transactions) {
                return taken["executionPayload"].clone();
            }
        }
        panic!("geth does not put {transactions} transactions into its block")
    }

    /// Every block that was the newest, in order.
    pub fn sealed(&self) -> Vec<Value> {
        self.sealed.lock().expect("whole").clone()
    }

    /// Takes over a block, and makes it the newest of the chain: the one before it may be any that the node has.
    pub async fn follow(&self, block: &Value) {
        let judged = self.lead("engine_newPayloadV3", json!([block, [], B256::ZERO])).await;
        assert_eq!(judged["status"], "VALID", "{judged}");
        self.go_to(&block["blockHash"]).await;
        self.sealed.lock().expect("whole").push(block.clone());
    }

    /// Makes a block that the node has the newest of the chain.
    pub async fn go_to(&self, hash: &Value) {
        self.lead("engine_forkchoiceUpdatedV3", json!([choice(hash), null])).await;
    }

    /// The hash of the newest block.
    pub async fn head(&self) -> Value {
        self.ask("eth_getBlockByNumber", json!(["latest", false])).await.expect("a newest block")["hash"].clone()
    }

    /// Waits until so many transactions wait for a block.
    pub async fn wait_for(&self, transactions: u64) {
        for _ in 0..400 {
            let status = self.ask("txpool_status", json!([])).await.expect("the pool");
            if status["pending"] == format!("{transactions:#x}") {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("no {transactions} transactions come to wait")
    }

    async fn ask(&self, method: &'static str, params: Value) -> Result<Value, wallet_core::registry::RpcRefusal> {
        let mut answers = self.ledger.ask(vec![RpcRequest { method, params }]).await.expect("geth answers");
        answers.pop().expect("one answer")
    }

    /// One call of the Engine API.
    async fn lead(&self, method: &str, params: Value) -> Value {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string();
        let mut request = HttpRequest::post(self.engine.clone(), "application/json", body.into_bytes());
        request.headers.push(("authorization".to_owned(), format!("Bearer {}", token())));
        request.reach = Reach::Configured;
        let answer = self.network.send(request).await.expect("geth answers");
        let mut answer: Value = serde_json::from_slice(&answer.body).expect("JSON");
        assert!(answer["error"].is_null(), "{method}: {answer}");
        answer["result"].take()
    }
}

/// One block is everything at once: the newest, and as good as any.
fn choice(head: &Value) -> Value {
    json!({ "headBlockHash": head, "safeBlockHash": B256::ZERO, "finalizedBlockHash": B256::ZERO })
}

/// Who may lead the node (Engine API, authentication): a JWT of this minute.
fn token() -> String {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("a clock after 1970").as_secs();
    let parts = [r#"{"alg":"HS256","typ":"JWT"}"#.to_owned(), json!({ "iat": now }).to_string()];
    let signed = parts.map(|part| BASE64_URL_SAFE_NO_PAD.encode(part)).join(".");
    let mut mac = Hmac::<Sha256>::new_from_slice(&SECRET).expect("any length of key");
    mac.update(signed.as_bytes());
    format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}
