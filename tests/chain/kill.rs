//! A chain whose process is killed at any moment opens again whole, with every write that was acknowledged.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use alloy_trie::proof::verify_proof;
use alloy_trie::{Nibbles, TrieAccount};
use serde_json::json;
use wallet_core::registry::rpc::{self, At, LogFilter};
use wallet_core::registry::{Address, B256, DidWrite, EmbeddedChain, Header, Ledger, RpcRequest, U256, did_registry, receipt};
use wallet_core::time::Timestamp;

use crate::world::{START, address, call, key};

/// Where the child process finds the chain; it is set in a child only.
const CHILD: &str = "CEDULA_TEST_CHAIN";
const ROUNDS: u64 = 12;

fn open(path: &Path) -> EmbeddedChain {
    let clock = || Timestamp::from_unix(START).expect("a time in range");
    EmbeddedChain::open(path, 31_337, key(0xee), Box::new(clock)).expect("the chain opens")
}

fn identity() -> Address {
    address(&key(0x31))
}

/// In a child process: writes until it is killed, and says so after each write.
#[test]
fn child_writes_until_it_is_killed() {
    let Ok(path) = std::env::var(CHILD) else { return };
    let chain = open(Path::new(&path));
    let (owner, deployment) = (key(0x31), chain.deployment());
    let said = chain.answer("eth_getTransactionCount", &json!([identity(), "latest"])).expect("a whole file");
    let mut nonce = rpc::read_quantity(&said.expect("a nonce")).expect("a quantity");
    loop {
        let write = DidWrite::SetAttribute {
            name: B256::right_padding_from(b"did/svc/Kill"),
            value: nonce.to_string().into_bytes(),
            validity: 100,
        };
        let raw = call(&deployment, deployment.did_registry, write.call(identity()), (&owner, nonce));
        chain.seal(&[raw]).expect("a whole file").pop().expect("one result").expect("a valid transaction");
        // Not `println`: the test runner keeps that back.
        writeln!(std::io::stdout(), "written {nonce}").expect("the parent listens");
        nonce += 1;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_chain_opens_whole_with_every_acknowledged_write() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("chain");
    let mut acknowledged = 0;
    for round in 0..ROUNDS {
        acknowledged = write_until_killed(&path, Duration::from_millis(20 + round * 67)).unwrap_or(acknowledged);
        let chain = open(&path);
        let written = check(&chain).await;
        assert!(written >= acknowledged, "{written} writes are left of {acknowledged}");
        acknowledged = written;
    }
    assert!(acknowledged > ROUNDS, "only {acknowledged} writes were made");
}

/// Kills a writing child after a while and returns how many writes it acknowledged in all.
fn write_until_killed(path: &Path, life: Duration) -> Option<u64> {
    let log = path.with_extension("log");
    let out = File::create(&log).expect("a log");
    let mut child = Command::new(std::env::current_exe().expect("this test"))
        .args(["--exact", "kill::child_writes_until_it_is_killed", "--nocapture"])
        .env(CHILD, path)
        .stdout(out)
        .stderr(Stdio::null())
        .spawn()
        .expect("a child");
    std::thread::sleep(life);
    child.kill().expect("the child was alive");
    child.wait().expect("the child is gone");
    let lines = BufReader::new(fs::File::open(log).expect("a log")).lines();
    let last = lines.map_while(Result::ok).filter_map(|line| line.strip_prefix("written ")?.parse::<u64>().ok()).last();
    last.map(|nonce| nonce + 1)
}

/// Checks every block, root, receipt and the whole history; returns how many writes there are.
async fn check(chain: &EmbeddedChain) -> u64 {
    let head = chain.head().expect("a head");
    let mut parent: Option<Header> = None;
    for number in 0..=head.number {
        let answer = one(chain, rpc::block(At::Block(number))).await;
        let block = rpc::read_block(&answer).expect("a block").expect("every block is there");
        assert_eq!(block.header.hash(), block.hash);
        assert_eq!(block.header.parent_hash, parent.map_or(B256::ZERO, |parent| parent.hash()));
        let receipts = rpc::read_receipts(&one(chain, rpc::block_receipts(number)).await).expect("receipts");
        assert_eq!(receipt::root(&receipts.expect("every block has them")), block.header.receipts_root);
        parent = Some(block.header);
    }
    let registry = chain.deployment().did_registry;
    let topics = did_registry::event_topics(identity()).to_vec();
    let filter = LogFilter { address: registry, topics, from: 0, to: At::Latest };
    let logs = rpc::read_logs(&one(chain, rpc::logs(&filter)).await).expect("logs");
    let history = logs.iter().fold(B256::ZERO, |history, log| did_registry::fold(history, log, START as u64));
    let slot = did_registry::history_slot(identity());
    let proof = rpc::read_proof(&one(chain, rpc::proof(registry, &[slot], At::Latest)).await).expect("a proof");
    assert_eq!(B256::from(proof.slots[0].value), history);
    let account =
        TrieAccount { nonce: proof.nonce, balance: proof.balance, storage_root: proof.storage_root, code_hash: proof.code_hash };
    let key = Nibbles::unpack(alloy_primitives::keccak256(registry));
    verify_proof(head.state_root, key, Some(alloy_rlp::encode(account)), &proof.nodes).expect("the account is proven");
    let value = (history != B256::ZERO).then(|| alloy_rlp::encode(U256::from_be_bytes(history.0)));
    let key = Nibbles::unpack(alloy_primitives::keccak256(slot));
    verify_proof(proof.storage_root, key, value, &proof.slots[0].nodes).expect("the slot is proven");
    logs.len() as u64
}

async fn one(chain: &EmbeddedChain, request: RpcRequest) -> serde_json::Value {
    chain.ask(vec![request]).await.expect("a whole file").remove(0).expect("an answer")
}
