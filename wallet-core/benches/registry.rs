//! What it costs to check a chain and not to believe it: state proofs, seals, receipts, replayed events, whole resolutions.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use serde_json::Value;
use tempfile::TempDir;
use wallet_core::did::{DidUrl, Grounds, VerificationRelationship, ethr};
use wallet_core::key::{KeyAlgorithm, SecretKey};
use wallet_core::registry::identity::{Subject, times_in};
use wallet_core::registry::qbft::{self, ExtraData, Seal};
use wallet_core::registry::receipt::proven_logs;
use wallet_core::registry::rpc::{self, At};
use wallet_core::registry::state_proof::{self, Wanted};
use wallet_core::registry::{
    Address, Bytes, DidWrite, EmbeddedChain, Header, RecoverableSignature, RpcRequest, Transaction, Trust, ValidatorSet, account,
    contracts,
};
use wallet_core::resolver::{ProvenLedger, Resolver};
use wallet_core::time::Timestamp;

/// How often each of three identities changed; as many more changed once as a bench wants.
const CHANGES: [u64; 3] = [1, 10, 100];
const OTHERS: u64 = 1000;
/// How many issuers a chain has.
const ISSUERS: [u64; 3] = [100, 1000, 10_000];
const IN_A_BLOCK: usize = 100;

struct Bench {
    chain: Arc<EmbeddedChain>,
    _folder: TempDir,
}

fn key(number: u64) -> SecretKey {
    let mut scalar = [1; 32];
    scalar[24..].copy_from_slice(&number.to_be_bytes());
    SecretKey::from_bytes(KeyAlgorithm::Secp256k1, &scalar).expect("a scalar in range")
}

fn address(key: &SecretKey) -> Address {
    account::address(&key.public_key()).expect("a secp256k1 key has an address")
}

fn now() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().expect("a date")
}

impl Bench {
    fn new(others: u64) -> Self {
        let folder = TempDir::new().expect("a folder");
        let path = folder.path().join("chain");
        let chain = EmbeddedChain::open(&path, 31_337, key(0), Box::new(now)).expect("a new chain");
        let bench = Self { chain: Arc::new(chain), _folder: folder };
        for changes in CHANGES {
            for nonce in 0..changes {
                bench.seal(&[bench.change(&key(changes), nonce)]);
            }
        }
        let others: Vec<Bytes> = (0..others).map(|number| bench.change(&key(10_000 + number), 0)).collect();
        others.chunks(IN_A_BLOCK).for_each(|some| bench.seal(some));
        bench
    }

    fn change(&self, owner: &SecretKey, nonce: u64) -> Bytes {
        let published = key(1_000_000 + nonce).public_key();
        let write = DidWrite::add_key(&published, VerificationRelationship::AssertionMethod, 1 << 30).expect("a key");
        let deployment = self.chain.deployment();
        let call = Transaction::call(deployment.chain_id, deployment.did_registry, write.call(address(owner)));
        let transaction = Transaction { nonce, gas_limit: 1_000_000, ..call };
        let signature = owner.sign(&transaction.message());
        transaction.finish(&signature, &owner.public_key()).expect("its own signature").raw
    }

    fn seal(&self, raw: &[Bytes]) {
        let results = self.chain.seal(raw).expect("a whole file");
        assert!(results.iter().all(Result::is_ok), "every change is carried out");
    }

    fn ask(&self, request: RpcRequest) -> Value {
        self.chain.answer(request.method, &request.params).expect("a whole file").expect("an answer")
    }

    fn subject(&self, changes: u64) -> Subject {
        Subject { deployment: self.chain.deployment(), identity: address(&key(changes)) }
    }
}

fn proofs(c: &mut Criterion) {
    let bench = Bench::new(OTHERS);
    let head = bench.chain.head().expect("a head");
    let subject = bench.subject(100);
    let (contract, slots) = (subject.deployment.did_registry, subject.slots());
    let answer = bench.ask(rpc::proof(contract, &slots, At::Latest));
    let wanted = Wanted { contract, code_hash: contracts::DID_REGISTRY_CODE_HASH, slots: &slots };
    c.bench_function("state proof read and checked", |b| {
        b.iter(|| {
            let proof = rpc::read_proof(black_box(&answer)).expect("a proof");
            state_proof::check(&proof, &wanted, head.state_root).expect("a good proof")
        })
    });
    let (header, validators) = sealed_by_three_of_four(&head);
    c.bench_function("seals of three of four validators", |b| b.iter(|| validators.vouch(black_box(&header)).expect("a quorum")));
    let receipts = bench.ask(rpc::block_receipts(head.number));
    c.bench_function("receipts of a block of 100 read and checked", |b| {
        b.iter(|| {
            let receipts = rpc::read_receipts(black_box(&receipts)).expect("receipts").expect("a block");
            proven_logs(receipts, &head).expect("all of them")
        })
    });
}

fn sealed_by_three_of_four(head: &Header) -> (Header, ValidatorSet) {
    let keys = [key(0), key(2), key(3), key(4)];
    let mut validators: Vec<Address> = keys.iter().map(address).collect();
    validators.sort();
    let mut extra = ExtraData { validators: validators.clone(), seals: vec![], ..ExtraData::of(head).expect("a sealed header") };
    let mut header = Header { extra_data: extra.encode().into(), ..head.clone() };
    let message = qbft::seal_message(&header).expect("a header to be sealed");
    let seal = |key: &SecretKey| {
        let signature = RecoverableSignature::new(&message, &key.sign(&message), &key.public_key()).expect("its own signature");
        Seal::new(signature.to_seal())
    };
    extra.seals = keys[..3].iter().map(seal).collect();
    header.extra_data = extra.encode().into();
    (header, ValidatorSet::new(validators).expect("a set"))
}

fn resolutions(c: &mut Criterion) {
    let bench = Bench::new(OTHERS);
    let head = bench.chain.head().expect("a head");
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    for changes in CHANGES {
        let subject = bench.subject(changes);
        let logs = bench.ask(subject.logs_request(0, At::Latest));
        let proof = rpc::read_proof(&bench.ask(rpc::proof(subject.deployment.did_registry, &subject.slots(), At::Latest)));
        let values: Vec<_> = proof.expect("a proof").slots.iter().map(|slot| slot.value).collect();
        let proven = subject.proven_head(&head, &values, Grounds::Validators).expect("a head");
        c.bench_function(&format!("{changes} events read and replayed into the running hash"), |b| {
            b.iter(|| {
                let logs = subject.read_logs(black_box(&logs)).expect("logs");
                let times: BTreeMap<u64, u64> = times_in(&logs).expect("each log says its time");
                subject.history(&proven, &logs, &times).expect("events").expect("all of them")
            })
        });
        let trust = Trust::validators(ValidatorSet::new([address(&key(0))]).expect("a set"), 0);
        let ledger = Arc::new(ProvenLedger::new(31_337, bench.chain.clone(), trust));
        let deployment = bench.chain.deployment();
        let proving = Resolver::new().with_proven_registry("local", deployment, ledger);
        let believing = Resolver::new().with_registry("local", deployment, bench.chain.clone());
        let did = ethr::from_address("local", &subject.identity.0).expect("a DID");
        for (name, resolver) in [("proven", proving), ("believed", believing)] {
            c.bench_function(&format!("resolve {changes} changes, {name}, embedded chain included"), |b| {
                b.iter(|| runtime.block_on(resolver.resolve(&DidUrl::from(black_box(&did)), &now())).expect("a document"))
            });
        }
    }
}

/// What grows with the number of issuers: the chain's own work for a proof, and its length and check.
fn growth(c: &mut Criterion) {
    for issuers in ISSUERS {
        let bench = Bench::new(issuers);
        let head = bench.chain.head().expect("a head");
        let subject = bench.subject(10);
        let (contract, slots) = (subject.deployment.did_registry, subject.slots());
        let request = rpc::proof(contract, &slots, At::Latest);
        c.bench_function(&format!("proof given by the embedded chain of {issuers} issuers"), |b| {
            b.iter(|| bench.ask(black_box(request.clone())))
        });
        let answer = bench.ask(request);
        let wanted = Wanted { contract, code_hash: contracts::DID_REGISTRY_CODE_HASH, slots: &slots };
        let length = answer.to_string().len() / 2;
        c.bench_function(&format!("proof of {length} bytes checked, of {issuers} issuers"), |b| {
            b.iter(|| {
                let proof = rpc::read_proof(black_box(&answer)).expect("a proof");
                state_proof::check(&proof, &wanted, head.state_root).expect("a good proof")
            })
        });
    }
}

criterion_group! {
    name = registry;
    config = Criterion::default().sample_size(20).warm_up_time(std::time::Duration::from_millis(500)).measurement_time(std::time::Duration::from_secs(2));
    targets = proofs, resolutions, growth
}
criterion_main!(registry);
