//! A relay signer and its hub, as LACChain's documents and sources have them, in front of anvil: it takes a transaction apart, checks what
//! its hub checks, and sends what is in it by its own key and under another hash.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use alloy_rlp::{Decodable as _, Encodable as _};
use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use wallet_core::error::WalletError;
use wallet_core::issuer::Sending;
use wallet_core::platform::HttpNetwork;
use wallet_core::registry::rpc;
use wallet_core::registry::{
    Address, B256, Bytes, Deployment, Fees, Ledger as _, RecoverableSignature, Relay, RpcRequest, Transaction, U256,
};
use wallet_core::resolver::RpcLedger;

use crate::front::brief;
use crate::world::{START, World, address, key, sign};
use crate::writer::Writer;

/// The relaying node's own key.
const NODE: u8 = 0x77;

/// What a hub knows: how many transactions each sender has had relayed, and how many the node has sent.
#[derive(Default)]
struct Counts {
    relayed: HashMap<Address, u64>,
    sent: u64,
}

struct Signer {
    world: World,
    counts: Mutex<Counts>,
}

struct Opened {
    url: String,
    signer: Arc<Signer>,
    task: JoinHandle<()>,
}

impl Drop for Opened {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn open() -> Opened {
    let world = World::anvil().await;
    world.ask(RpcRequest { method: "evm_setAutomine", params: json!([true]) }).await;
    let signer = Arc::new(Signer { world, counts: Mutex::default() });
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let router = Router::new().route("/", post(answer)).with_state(signer.clone());
    let task = tokio::spawn(async move { axum::serve(listener, router).await.expect("it stays open") });
    Opened { url, signer, task }
}

/// One request in, one answer out: a batch is not understood, and answered with nothing.
async fn answer(State(signer): State<Arc<Signer>>, Json(request): Json<Value>) -> Json<Value> {
    let Some(method) = request["method"].as_str() else { return Json(Value::Null) };
    let result = match method {
        "eth_sendRawTransaction" => signer.relay(&request["params"][0]).await,
        "eth_getTransactionCount" => Ok(json!(format!("{:#x}", signer.next(request["params"][0].as_str().expect("an account"))))),
        _ => Ok(signer.world.ask(RpcRequest { method: known(method), params: request["params"].clone() }).await),
    };
    let mut answer = json!({ "jsonrpc": "2.0", "id": request["id"] });
    match result {
        Ok(result) => answer["result"] = result,
        Err(reason) => answer["error"] = json!({ "code": -32006, "message": reason }),
    }
    Json(answer)
}

/// What else is asked of a node; it is passed on.
fn known(method: &str) -> &'static str {
    let all = [
        "eth_chainId",
        "eth_call",
        "eth_gasPrice",
        "eth_estimateGas",
        "eth_getTransactionReceipt",
        "eth_blockNumber",
        "eth_getCode",
        "eth_getBlockByNumber",
        "eth_getLogs",
    ];
    all.into_iter().find(|known| *known == method).unwrap_or_else(|| panic!("{method} is asked"))
}

impl Signer {
    fn next(&self, account: &str) -> u64 {
        let account: Address = account.parse().expect("an address");
        self.counts.lock().expect("whole").relayed.get(&account).copied().unwrap_or(0)
    }

    /// What the hub checks, and what it then calls or creates.
    async fn relay(&self, raw: &Value) -> Result<Value, &'static str> {
        let raw = rpc::read_bytes(raw).expect("bytes");
        let fields = fields(&raw);
        let [nonce, price, gas, to, value, data, v, r, s] = fields.as_slice() else { return Err("not a legacy transaction") };
        let word = |bytes: &Bytes| B256::left_padding_from(bytes);
        let odd_y = match v[..] {
            [27] => false,
            [28] => true,
            _ => return Err("bad signature ECDSA"),
        };
        let signature = RecoverableSignature { r: word(r), s: word(s), odd_y };
        let sender = signature.recover(&list(&fields[..6])).map_err(|_| "Invalid Signature")?;
        let (suffix, number) = (data.len() - 64, |bytes: &Bytes| U256::from_be_bytes(word(bytes).0).to::<u64>());
        let relayed_by = Address::from_word(B256::from_slice(&data[suffix..suffix + 32]));
        let until = U256::from_be_slice(&data[suffix + 32..]);
        if relayed_by != address(&key(NODE)) || until < U256::from(START) || !price.is_empty() || !value.is_empty() {
            return Err("another node is to relay it, or it is too late");
        }
        let sent = {
            let mut counts = self.counts.lock().expect("whole");
            let expected = counts.relayed.entry(sender).or_default();
            if number(nonce) != *expected {
                return Err("Incorrect Nonce");
            }
            *expected += 1;
            counts.sent += 1;
            counts.sent - 1
        };
        let to = (!to.is_empty()).then(|| Address::from_slice(to));
        // The hub hands on the call with what follows it.
        let call = Transaction::call(31_337, Address::ZERO, data.clone());
        let own = Transaction { to, nonce: sent, gas_limit: number(gas) + 50_000, ..call };
        Ok(self.world.ask(rpc::send_raw_transaction(&sign(own, &key(NODE)))).await)
    }
}

fn fields(mut raw: &[u8]) -> Vec<Bytes> {
    let mut inner = alloy_rlp::Header::decode_bytes(&mut raw, true).expect("a list");
    std::iter::from_fn(|| (!inner.is_empty()).then(|| Bytes::decode(&mut inner).expect("bytes"))).collect()
}

fn list(fields: &[Bytes]) -> Vec<u8> {
    let (payload, mut out) = (fields.iter().map(|field| field.length()).sum(), Vec::new());
    alloy_rlp::Header { list: true, payload_length: payload }.encode(&mut out);
    fields.iter().for_each(|field| field.encode(&mut out));
    out
}

async fn writer(opened: &Opened, relay: Option<Relay>, deployment: Deployment) -> Writer {
    let network = Arc::new(HttpNetwork::new().expect("a network"));
    let ledger = RpcLedger::new(network, opened.url.clone()).with_patience(brief()).one_by_one();
    Writer::new(Arc::new(ledger), deployment, Sending { relay, patience: brief(), ..Sending::default() }).await
}

fn relay(node: u8, until: i64) -> Option<Relay> {
    Some(Relay { node: address(&key(node)), until: until as u64 })
}

#[tokio::test(flavor = "multi_thread")]
async fn contracts_are_deployed_and_written_through_a_relay_that_signs_for_everybody() {
    let opened = open().await;
    let nowhere =
        Deployment { did_registry: Address::ZERO, credential_registry: Address::ZERO, ..opened.signer.world.deployment };
    let mut writer = writer(&opened, relay(NODE, START + 600), nowhere).await;
    let deployment = writer.registrar.deploy().await.expect("both contracts");
    assert_eq!(deployment.did_registry, address(&key(NODE)).create(0), "the relay creates them");
    writer.registrar.deployment = deployment;
    for byte in 1..4 {
        let written = writer.publish(byte).await.expect("a write");
        let receipt = opened.signer.world.ask(rpc::receipt(written.transaction)).await;
        let receipt = rpc::read_receipt(&receipt).expect("a receipt").expect("the relay's own transaction");
        assert_eq!((receipt.block_number, receipt.logs.len()), (written.block, 1), "the owner's change, whoever sent it");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn relay_refuses_what_is_for_another_node_or_too_late_or_names_a_chain() {
    let opened = open().await;
    let deployment = opened.signer.world.deployment;
    for (case, terms) in [("another node", relay(0x78, START + 600)), ("too late", relay(NODE, START - 1)), ("no relay", None)] {
        let error = writer(&opened, terms, deployment).await.publish(1).await.expect_err(case);
        assert!(matches!(error, WalletError::Refused { .. }), "{case}: {error}");
    }
    assert_eq!(opened.signer.counts.lock().expect("whole").sent, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn relay_signer_understands_no_batch() {
    let opened = open().await;
    let network = Arc::new(HttpNetwork::new().expect("a network"));
    let together = RpcLedger::new(network, opened.url.clone()).with_patience(brief());
    let error = together.ask(vec![rpc::chain_id(), rpc::gas_price()]).await.expect_err("no batch");
    assert!(matches!(error, WalletError::Malformed { .. }), "{error}");
    let unprotected = Transaction::call(31_337, Address::ZERO, vec![]).relayed_by(&relay(NODE, START).expect("terms"));
    assert_eq!((unprotected.fees, unprotected.data.len()), (Fees::Unprotected { gas_price: 0 }, 64));
}
