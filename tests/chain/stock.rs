//! Stock ERC-1056 registries, as npm `ethr-did-registry` compiles them: proven through the receipts of each block with an event.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use async_trait::async_trait;
use serde_json::{Value, json};
use wallet_core::did::Standing;
use wallet_core::error::{Result, WalletError};
use wallet_core::registry::{Address, B256, ChainFault, Ledger, ProofFault, RpcRequest, Transaction, Trust};

use crate::liar::{Answer, Liar, Lie, did, proven, rehash, resolve, resolve_by, validator};
use crate::operations;
use crate::proven::{believed, newest, without_standing};
use crate::world::{World, address, key, npm, sign};

const RECEIPTS: &str = "eth_getBlockReceipts";
const BLOCK: &str = "eth_getBlockByNumber";

/// The chain with a stock registry in place of ours, changes to which have been made; and the hash of its code.
async fn with_stock_registry(mut world: World) -> (World, B256) {
    let path = "node_modules/ethr-did-registry/artifacts/contracts/EthereumDIDRegistry.sol/EthereumDIDRegistry.json";
    let artefact: Value = serde_json::from_str(&fs::read_to_string(npm().join(path)).expect("an artefact")).expect("JSON");
    let code = |name: &str| -> wallet_core::registry::Bytes { artefact[name].as_str().expect("code").parse().expect("code") };
    let deployer = key(0xd1);
    let call = Transaction::call(world.deployment.chain_id, Address::ZERO, code("bytecode"));
    let raw = sign(Transaction { to: None, nonce: 0, gas_limit: 5_000_000, ..call }, &deployer);
    let receipts = world.mine(vec![raw]).await;
    assert!(receipts[0].succeeded);
    world.deployment.did_registry = address(&deployer).create(0);
    operations::run(&world).await;
    (world, alloy_primitives::keccak256(code("deployedBytecode")))
}

#[tokio::test]
async fn stock_registry_is_proven_on_the_embedded_chain() {
    let (world, code_hash) = with_stock_registry(World::embedded()).await;
    let node = Liar::new(world.ledger.clone(), Lie::none());
    let ledger = proven(&world, node.clone(), validator().stock_registry(code_hash));
    let resolution = resolve_by(&world, ledger, &did()).await.expect("a document");
    assert_eq!(node.rounds.load(Ordering::SeqCst), 2, "one round trip for the storage, one for all receipts");
    assert!(matches!(resolution.standing, Standing::Proven { .. }));
    assert_eq!(without_standing(resolution), without_standing(believed(&world).await));
}

#[tokio::test]
async fn stock_registry_is_proven_on_anvil_as_far_as_headers_are_linked() {
    let (world, code_hash) = proven_as_far_as_headers_are_linked(World::anvil().await).await;
    world.ask(RpcRequest { method: "anvil_mine", params: json!(["0x1068"]) }).await;
    let later = Trust::checkpoint(newest(&world).await).stock_registry(code_hash);
    let fault = resolve(&world, Lie::none(), later).await.expect_err("too many headers");
    assert_eq!(fault.reason, ChainFault::TooFarBack.to_string());
}

#[tokio::test]
async fn stock_registry_is_proven_on_geth_as_far_as_headers_are_linked() {
    proven_as_far_as_headers_are_linked(World::geth().await).await;
}

async fn proven_as_far_as_headers_are_linked(world: World) -> (World, B256) {
    let (world, code_hash) = with_stock_registry(world).await;
    let trust = Trust::checkpoint(newest(&world).await).stock_registry(code_hash);
    let resolution = resolve(&world, Lie::none(), trust.clone()).await.expect("a document");
    assert_eq!(without_standing(resolution), without_standing(believed(&world).await));
    let unlinked = Lie::about(BLOCK, |block| {
        if block["number"] == "0x8" {
            block["timestamp"] = json!("0x71406e07");
            rehash(block);
        }
    });
    assert_eq!(resolve(&world, unlinked, trust).await.expect_err("a lie").reason, ChainFault::NotLinked.to_string());
    (world, code_hash)
}

/// A node whose answers are too long to be read when more than `most` questions are asked at once.
struct Narrow {
    good: Arc<dyn Ledger>,
    most: usize,
}

#[async_trait]
impl Ledger for Narrow {
    async fn ask(&self, batch: Vec<RpcRequest>) -> Result<Vec<Answer>> {
        if batch.len() > self.most {
            return Err(WalletError::malformed("answer of the node", "it is too long"));
        }
        self.good.ask(batch).await
    }
}

#[tokio::test]
async fn answers_too_long_for_one_round_trip_are_asked_for_in_several() {
    let (world, code_hash) = with_stock_registry(World::embedded()).await;
    let trust = validator().stock_registry(code_hash);
    let good = resolve(&world, Lie::none(), trust.clone()).await.expect("a good node");
    for most in [3, 5, 8] {
        let ledger = proven(&world, Arc::new(Narrow { good: world.ledger.clone(), most }), trust.clone());
        assert_eq!(resolve_by(&world, ledger, &did()).await, Ok(good.clone()), "{most}");
    }
    let ours = World::embedded();
    operations::run(&ours).await;
    let ledger = proven(&ours, Arc::new(Narrow { good: ours.ledger.clone(), most: 3 }), validator());
    assert_eq!(resolve_by(&ours, ledger, &did()).await, Ok(resolve(&ours, Lie::none(), validator()).await.expect("a good node")));
}

/// Changes the receipts of the blocks that have several events.
fn receipts(change: impl Fn(&mut Vec<Value>) + Send + Sync + 'static) -> Lie {
    Lie::about(RECEIPTS, move |answer| change(answer.as_array_mut().expect("receipts")))
}

fn logs_of(receipt: &mut Value) -> &mut Vec<Value> {
    receipt["logs"].as_array_mut().expect("logs")
}

#[tokio::test]
async fn lies_about_a_stock_registry_are_caught() {
    let (world, code_hash) = with_stock_registry(World::embedded()).await;
    let trust = validator().stock_registry(code_hash);
    let good = resolve(&world, Lie::none(), trust.clone()).await.expect("a good node");
    let altered = || Some(ChainFault::ReceiptsAltered);
    let earlier = |member: &'static str, value: Value, right: bool| {
        Lie::about(BLOCK, move |block| {
            if block["number"] == "0x8" {
                block[member] = value.clone();
                if right {
                    rehash(block);
                }
            }
        })
    };
    let root = json!(B256::repeat_byte(7));
    let other_block = Lie::asking(|request| {
        if request.method == RECEIPTS {
            request.params[0] = json!("0x8");
        }
    });
    for (name, lie, expected) in [
        ("an event hidden among those of its block", receipts(|all| drop(logs_of(&mut all[0]).pop())), altered()),
        ("an event hidden with its receipt", receipts(|all| drop(all.pop())), altered()),
        ("the first receipt hidden", receipts(|all| drop(all.remove(0))), altered()),
        ("a receipt told twice", receipts(|all| all.push(all[0].clone())), altered()),
        ("receipts in another order", receipts(|all| all.reverse()), altered()),
        (
            "an event forged",
            receipts(|all| {
                let log = logs_of(&mut all[0])[0].clone();
                logs_of(&mut all[0]).push(log)
            }),
            altered(),
        ),
        ("a receipt of another type", receipts(|all| all[0]["type"] = json!("0x1")), altered()),
        ("another amount of gas", receipts(|all| all[0]["cumulativeGasUsed"] = json!("0x1")), altered()),
        ("another bloom filter", receipts(|all| all[0]["logsBloom"] = json!(format!("0x{}", "00".repeat(256)))), altered()),
        ("receipts of another block", other_block, altered()),
        ("no receipts", Lie::about(RECEIPTS, |all| *all = Value::Null), Some(ChainFault::NoBlock)),
        ("another receipts root", earlier("receiptsRoot", root.clone(), false), Some(ChainFault::HeaderAltered)),
        ("another receipts root and its hash", earlier("receiptsRoot", root, true), None),
        ("another time and its hash", earlier("timestamp", json!("0x713fb301"), true), Some(ChainFault::ForgedSeal)),
        (
            "an older value of the slot",
            Lie::about("eth_getProof", |p| p["storageProof"][0]["value"] = json!("0x9")),
            Some(ChainFault::Proof(ProofFault::SlotAltered)),
        ),
    ] {
        let fault = resolve(&world, lie, trust.clone()).await.expect_err(name);
        if let Some(expected) = expected {
            assert_eq!(fault.reason, expected.to_string(), "{name}");
        }
    }
    // Where the events are is only a hint: what it leaves out is found by the links.
    let hints = |change: fn(&mut Vec<Value>)| Lie::about("eth_getLogs", move |logs| change(logs.as_array_mut().expect("logs")));
    for (name, lie) in [
        ("no events told", hints(Vec::clear)),
        ("some events told", hints(|logs| logs.truncate(2))),
        ("events told backwards", hints(|logs| logs.reverse())),
        ("events told with other data", hints(|logs| logs[0]["data"] = json!("0x"))),
        (
            "receipts with other places",
            receipts(|all| logs_of(&mut all[0]).iter_mut().for_each(|log| log["logIndex"] = json!("0x63"))),
        ),
    ] {
        assert_eq!(resolve(&world, lie, trust.clone()).await, Ok(good.clone()), "{name}");
    }
    let fault = resolve(&world, Lie::none(), validator()).await.expect_err("not our own registry");
    assert_eq!(fault.reason, ChainFault::Proof(ProofFault::WrongCode).to_string());
}
