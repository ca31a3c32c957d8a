//! What an anchored batch costs: the tree, the path that a verifier walks, and a row of a batch beside the raw signature.

use std::cell::Cell;
use std::hint::black_box;
use std::num::NonZero;
use std::sync::Arc;
use std::thread;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use serde_json::{Map, Value};
use wallet_core::did;
use wallet_core::issuer::{BatchPlan, Issuer, StatusPlan};
use wallet_core::key::KeyAlgorithm;
use wallet_core::platform::{MemoryStorage, SoftwareKeystore, system_rng};
use wallet_core::ports::Keystore;
use wallet_core::registry::{B256, Inclusion, MerkleTree, anchor};
use wallet_core::seal::{Cost, Passphrase};
use wallet_core::securing::Mechanism;
use wallet_core::securing::linked_data::Contexts;
use wallet_core::status::StatusPurpose;
use wallet_core::time::Timestamp;

const LEAVES: usize = 131_072;
const SALT: [u8; 16] = [7; 16];
/// As many as are signed in one write.
const ROWS: usize = 512;

fn now() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().expect("a date")
}

fn tree(c: &mut Criterion) {
    let leaves: Vec<B256> = (0..LEAVES).map(|leaf| anchor::leaf(&SALT, &anchor::digest(&leaf.to_be_bytes(), b""))).collect();
    c.bench_function("anchor tree of 131072", |b| b.iter(|| MerkleTree::new(black_box(&leaves).clone()).expect("a tree")));
    let tree = MerkleTree::new(leaves).expect("a tree");
    c.bench_function("anchor path of a leaf", |b| b.iter(|| tree.inclusion(black_box(98_765), SALT)));
    let (digest, inclusion) = (anchor::digest(&98_765usize.to_be_bytes(), b""), tree.inclusion(98_765, SALT).expect("a leaf"));
    assert_eq!(inclusion.root(&digest), tree.root());
    c.bench_function("anchor path check", |b| b.iter(|| inclusion.root(black_box(&digest))));
    let text = inclusion.to_string();
    c.bench_function("anchor path read", |b| b.iter(|| black_box(&text).parse::<Inclusion>().expect("its own text")));
}

async fn issuer(algorithm: KeyAlgorithm) -> Issuer {
    let (passphrase, light) = (Passphrase::new("a bench's").expect("a passphrase"), Cost::new(8, 1).expect("a light cost"));
    let keystore = SoftwareKeystore::create(Arc::new(MemoryStorage::new()), &passphrase, light).await.expect("a keystore");
    let (key, public) = keystore.create(algorithm).await.expect("a key");
    let did = did::key::from_public_key(&public);
    let method = did.with_fragment(did.identifier()).expect("a DID URL");
    let (storage, status) = (Arc::new(MemoryStorage::new()), StatusPlan::at("https://uni.example/status"));
    Issuer { did, method, key, keystore: Arc::new(keystore), storage, status, contexts: Contexts::bundled() }
}

/// Rows signed a second on all cores, places, leaves and records included.
fn batch(c: &mut Criterion) {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let mut group = c.benchmark_group("batch");
    group.throughput(Throughput::Elements(ROWS as u64)).sample_size(20);
    for (mechanism, algorithm) in [
        (Mechanism::EddsaRdfc2022, KeyAlgorithm::Ed25519),
        (Mechanism::EddsaJcs2022, KeyAlgorithm::Ed25519),
        (Mechanism::EcdsaRdfc2019, KeyAlgorithm::P256),
        (Mechanism::Jwt, KeyAlgorithm::Ed25519),
    ] {
        let mut issuer = runtime.block_on(issuer(algorithm));
        let mut diploma: Value = serde_json::from_str(include_str!("diploma.json")).expect("JSON");
        diploma["issuer"]["id"] = issuer.did.as_str().into();
        let Value::Object(mut diploma) = diploma else { unreachable!("it was written as an object") };
        ["id", "credentialStatus"].into_iter().for_each(|name| drop(diploma.shift_remove(name)));
        let batches = Cell::new(0);
        group.bench_function(format!("{} of 512, {cores} cores", mechanism.as_str()), |b| {
            b.iter(|| {
                batches.set(batches.get() + 1);
                let name = batches.get().to_string();
                runtime.block_on(sign(
                    &mut issuer,
                    BatchPlan { name, mechanism, purposes: vec![StatusPurpose::Revocation] },
                    &diploma,
                ));
            });
        });
    }
}

async fn sign(issuer: &mut Issuer, plan: BatchPlan, diploma: &Map<String, Value>) {
    let mut batch = issuer.batch(&plan, &mut system_rng(), &now()).await.expect("a batch");
    let mut rows = std::iter::repeat_n(diploma, ROWS).map(|diploma| Ok(diploma.clone()));
    issuer.sign_batch(&mut batch, &mut rows, &mut system_rng(), &mut |_| ()).await.expect("signed");
}

criterion_group!(benches, tree, batch);
criterion_main!(benches);
