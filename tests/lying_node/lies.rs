//! The lies, each with the reason it is caught by.

use alloy_primitives::{B256, U256, hex, keccak256};
use serde_json::{Value, json};
use wallet_core::registry::{ChainFault, ProofFault};

use crate::liar::{Lie, rehash};
use crate::world::World;

/// A lie by its name, and why it is caught.
pub struct Caught {
    pub name: String,
    pub lie: Lie,
    pub reasons: Vec<ChainFault>,
}

fn caught(name: impl Into<String>, lie: Lie, reasons: impl Into<Vec<ChainFault>>) -> Caught {
    Caught { name: name.into(), lie, reasons: reasons.into() }
}

const HEAD: &str = "eth_getBlockByNumber";
const PROOF: &str = "eth_getProof";
const LOGS: &str = "eth_getLogs";

/// Everything that can be done to the answers of a node for a registry of ours, on a chain sealed by one validator.
pub fn all(world: &World, events: usize) -> Vec<Caught> {
    let mut all = about_events(events);
    all.extend(about_the_proof(world));
    all.extend(about_the_block());
    all.extend(about_the_batch());
    all
}

fn logs(change: impl Fn(&mut Vec<Value>) + Send + Sync + 'static) -> Lie {
    Lie::about(LOGS, move |answer| change(answer.as_array_mut().expect("logs")))
}

fn about_events(count: usize) -> Vec<Caught> {
    let altered = || vec![ChainFault::EventsAltered];
    let mut all = vec![
        caught("no events at all", logs(Vec::clear), altered()),
        caught("events of two blocks exchanged", logs(|logs| exchange(logs, "data")), altered()),
        caught("events of one block in another order", logs(|logs| reorder_within_a_block(logs)), altered()),
        caught("an event of nobody added", logs(|logs| logs.push(forged(&logs[0]))), altered()),
    ];
    for place in 0..count {
        let name = |what: &str| format!("event {place} {what}");
        all.push(caught(name("dropped"), logs(move |logs| drop(logs.remove(place))), altered()));
        all.push(caught(name("told twice"), logs(move |logs| logs.insert(place, logs[place].clone())), altered()));
        let set = move |member: &'static str, change: fn(&Value) -> Value| {
            logs(move |logs| logs[place][member] = change(&logs[place][member]))
        };
        all.push(caught(name("with other data"), set("data", flipped), altered()));
        all.push(caught(name("at another time"), set("blockTimestamp", flipped), altered()));
        all.push(caught(name("in another block"), set("blockNumber", flipped), altered()));
    }
    all
}

fn about_the_proof(world: &World) -> Vec<Caught> {
    let proof = |change: fn(&mut Value)| Lie::about(PROOF, change);
    let fault = |fault: ProofFault| vec![ChainFault::Proof(fault)];
    let other = world.deployment.credential_registry;
    let elsewhere = move |request: &mut wallet_core::registry::RpcRequest| {
        if request.method == PROOF {
            request.params[0] = json!(other);
        }
    };
    let ours = world.deployment.did_registry;
    let disguised =
        Lie { answer: Lie::about(PROOF, move |answer| answer["address"] = json!(ours)).answer, ..Lie::asking(elsewhere) };
    vec![
        caught("proof of another contract", Lie::asking(elsewhere), fault(ProofFault::OtherAccount)),
        caught(
            "proof of another contract under this one's name",
            disguised,
            [ProofFault::Broken, ProofFault::Truncated, ProofFault::AccountAltered].map(ChainFault::Proof),
        ),
        caught("truncated account proof", proof(|p| pop(&mut p["accountProof"])), fault(ProofFault::Truncated)),
        caught("truncated slot proof", proof(|p| pop(&mut p["storageProof"][0]["proof"])), fault(ProofFault::Truncated)),
        caught("empty account proof", proof(|p| p["accountProof"] = json!([])), fault(ProofFault::Truncated)),
        caught("longer proof", proof(|p| push(&mut p["accountProof"], "0x80")), fault(ProofFault::Superfluous)),
        caught(
            "oversized node",
            proof(|p| p["accountProof"][0] = json!(format!("0x{}", "00".repeat(5000)))),
            fault(ProofFault::Oversized),
        ),
        caught("garbage node", proof(|p| p["storageProof"][1]["proof"][0] = json!("0xc0ffee")), fault(ProofFault::Broken)),
        caught("older value of a slot", proof(|p| p["storageProof"][0]["value"] = json!("0x1")), fault(ProofFault::SlotAltered)),
        caught("slot said to be empty", proof(|p| p["storageProof"][1]["value"] = json!("0x0")), fault(ProofFault::SlotAltered)),
        caught(
            "slots exchanged",
            proof(|p| p["storageProof"].as_array_mut().expect("slots").reverse()),
            fault(ProofFault::OtherSlots),
        ),
        caught("a slot left out", proof(|p| pop(&mut p["storageProof"])), fault(ProofFault::OtherSlots)),
        caught("another code hash", proof(|p| p["codeHash"] = json!(B256::ZERO)), fault(ProofFault::AccountAltered)),
        caught("another storage root", proof(|p| p["storageHash"] = json!(B256::ZERO)), fault(ProofFault::AccountAltered)),
        caught("another nonce", proof(|p| p["nonce"] = json!("0x7")), fault(ProofFault::AccountAltered)),
    ]
}

fn about_the_block() -> Vec<Caught> {
    let mut all = Vec::new();
    for (member, value) in [
        ("stateRoot", json!(B256::repeat_byte(9))),
        ("receiptsRoot", json!(B256::repeat_byte(9))),
        ("parentHash", json!(B256::repeat_byte(9))),
        ("timestamp", json!("0x713fb301")),
        ("number", json!("0x7")),
        ("gasUsed", json!("0x7")),
        ("miner", json!("0x0000000000000000000000000000000000000007")),
    ] {
        let altered = value.clone();
        let lie = Lie::about(HEAD, move |block| block[member] = altered.clone());
        all.push(caught(format!("header with another {member}"), lie, [ChainFault::HeaderAltered]));
        // With the hash put right the seals are of another block.
        let rehashed = Lie::about(HEAD, move |block| {
            block[member] = value.clone();
            rehash(block);
        });
        all.push(caught(format!("header with another {member} and its hash"), rehashed, [ChainFault::ForgedSeal]));
    }
    let older = |request: &mut wallet_core::registry::RpcRequest| {
        if request.method == HEAD {
            request.params[0] = if request.params[0] == "latest" { json!("0x3") } else { json!("0x2") };
        }
    };
    all.push(caught("an older block beside the newest proof", Lie::asking(older), [ChainFault::OtherBlock]));
    all.push(caught("no block", Lie::about(HEAD, |block| *block = Value::Null), [ChainFault::NoBlock]));
    all.push(caught("another chain", Lie::about("eth_chainId", |id| *id = json!("0x1")), [ChainFault::OtherChain]));
    all
}

fn about_the_batch() -> Vec<Caught> {
    let any = Vec::<ChainFault>::new;
    let batch = |change: fn(&mut Vec<crate::liar::Answer>)| Lie::answering(move |_, answers| change(answers));
    let mut all = vec![
        caught("answers exchanged", batch(|answers| answers.swap(0, 1)), any()),
        caught("answers reversed", batch(|answers| answers.reverse()), any()),
        caught("answers missing", batch(|answers| answers.truncate(2)), any()),
        caught("no answers", batch(Vec::clear), any()),
    ];
    for method in ["eth_chainId", HEAD, PROOF, LOGS] {
        let refusal = wallet_core::registry::RpcRefusal { code: -32000, reason: "no".to_owned() };
        let refused = Lie::answering(move |batch, answers| {
            for (request, answer) in batch.iter().zip(answers) {
                if request.method == method {
                    *answer = Err(refusal.clone());
                }
            }
        });
        all.push(caught(format!("{method} refused"), refused, any()));
        for (name, value) in [
            ("null", Value::Null),
            ("a number", json!(7)),
            ("a list", json!([1, 2])),
            ("an object", json!({ "a": 1 })),
            ("a huge text", json!("0x".to_owned() + &"00".repeat(900_000))),
            ("many things", json!(vec![json!({ "topics": [] }); 20_000])),
        ] {
            all.push(caught(format!("{name} for {method}"), Lie::about(method, move |answer| *answer = value.clone()), any()));
        }
    }
    all
}

/// A text with another last digit.
pub fn flipped(value: &Value) -> Value {
    let mut text = value.as_str().expect("text").to_owned();
    let last = text.pop().expect("a digit");
    text.push(if last == '1' { '2' } else { '1' });
    json!(text)
}

fn pop(list: &mut Value) {
    list.as_array_mut().expect("a list").pop().expect("something to take away");
}

fn push(list: &mut Value, text: &str) {
    list.as_array_mut().expect("a list").push(json!(text));
}

/// Exchanges a member of the first and the last log.
fn exchange(logs: &mut [Value], member: &str) {
    let (first, last) = (logs[0][member].clone(), logs[logs.len() - 1][member].clone());
    let end = logs.len() - 1;
    (logs[0][member], logs[end][member]) = (last, first);
}

/// Exchanges two events of one block that differ, and numbers them as if that were their order.
fn reorder_within_a_block(logs: &mut [Value]) {
    let same = |pair: &[Value]| pair[0]["blockNumber"] == pair[1]["blockNumber"] && pair[0]["data"] != pair[1]["data"];
    let at = logs.windows(2).position(same).expect("a block with two events");
    for member in ["data", "topics"] {
        let (first, second) = (logs[at][member].clone(), logs[at + 1][member].clone());
        (logs[at][member], logs[at + 1][member]) = (second, first);
    }
}

/// An event as the registry would write it, which it never wrote.
fn forged(model: &Value) -> Value {
    let mut log = model.clone();
    let name = format!("{:0<64}", hex::encode("did/pub/Multikey/veriKey"));
    let word = |number: u64| format!("{:064x}", U256::from(number));
    log["topics"][0] = json!(keccak256("DIDAttributeChanged(address,bytes32,bytes,uint256,uint256)"));
    let value = format!("{}{:0<64}", word(3), "010203");
    log["data"] = json!(format!("0x{name}{}{}{}{value}", word(128), word(u64::MAX), word(0)));
    log
}
