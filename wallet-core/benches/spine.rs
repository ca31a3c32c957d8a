//! What issuing, verifying, resolving, checking a status and drawing a QR cost, beside the raw signature in the same run.
//!
//! `tests/bench` runs this and prints the ratios.

mod issuer;

use std::hint::black_box;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use ed25519_dalek::Signer as _;
use issuer::{Issuer, LIST, at};
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use serde_json::Value;
use wallet_core::did::ethr::{self, DidChange, DidEvent, History, Identity, Version};
use wallet_core::did::{self, Standing, VerificationRelationship};
use wallet_core::key::{KeyAlgorithm, SecretKey};
use wallet_core::qr::{self, Symbol, TypeTable, TypeTables};
use wallet_core::securing::{Mechanism, Secured};
use wallet_core::status::{BitstringEntry, StatusEntry, StatusPurpose, check};
use wallet_core::verification::{Expectations, Verdict, verify};

/// The signature alone, by the library that makes it, the key decoded each time.
fn raw(c: &mut Criterion) {
    let message = [0x61; 1300];
    let seed = [7; 32];
    let key = ed25519_dalek::SigningKey::from_bytes(&seed);
    let (public, signature) = (key.verifying_key().to_bytes(), key.sign(&message));
    c.bench_function("raw Ed25519 sign", |b| {
        b.iter(|| ed25519_dalek::SigningKey::from_bytes(black_box(&seed)).sign(&message));
    });
    c.bench_function("raw Ed25519 verify", |b| {
        b.iter(|| {
            let key = ed25519_dalek::VerifyingKey::from_bytes(black_box(&public)).expect("a key");
            key.verify_strict(&message, &signature).expect("its signature");
        });
    });
    let key = SecretKey::from_bytes(KeyAlgorithm::P256, &seed).expect("a scalar in range");
    let (public, signature) = (key.public_key().to_uncompressed(), key.sign(&message));
    c.bench_function("raw P-256 sign", |b| b.iter(|| key.sign(black_box(&message))));
    c.bench_function("raw P-256 verify", |b| {
        b.iter(|| {
            let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, black_box(&public));
            key.verify(&message, &signature).expect("its signature");
        });
    });
}

fn mechanisms(c: &mut Criterion) {
    let cases = [
        (KeyAlgorithm::Ed25519, Mechanism::EddsaRdfc2022),
        (KeyAlgorithm::Ed25519, Mechanism::EddsaJcs2022),
        (KeyAlgorithm::Ed25519, Mechanism::Jwt),
        (KeyAlgorithm::P256, Mechanism::EcdsaRdfc2019),
        (KeyAlgorithm::P256, Mechanism::Jwt),
    ];
    for (algorithm, mechanism) in cases {
        let bench = Issuer::new(algorithm);
        let name = format!("{} {}", mechanism.as_str(), algorithm.curve());
        let diploma = bench.diploma();
        c.bench_function(&format!("{name} issue"), |b| {
            b.iter_batched(|| diploma.clone(), |diploma| bench.issue(diploma, mechanism), BatchSize::SmallInput);
        });
        let text = bench.issue(diploma, mechanism).text().to_owned();
        let key = bench.public_key.clone();
        c.bench_function(&format!("{name} proof"), |b| {
            b.iter(|| {
                let secured = Secured::read(black_box(&text)).expect("a credential");
                secured.check_signature(0, &key, &bench.contexts).expect("its signature");
            });
        });
        let expected = Expectations::default();
        c.bench_function(&format!("{name} verdict"), |b| {
            b.iter(|| {
                let secured = Secured::read(black_box(&text)).expect("a credential");
                let verdict = verify(&secured, &bench.evidence, &expected, &bench.now);
                assert!(matches!(verdict, Verdict::Accepted(_)));
            });
        });
    }
}

fn lookups(c: &mut Criterion) {
    let bench = Issuer::new(KeyAlgorithm::Ed25519);
    c.bench_function("resolve did:key", |b| b.iter(|| did::resolve_self_contained(black_box(&bench.did)).expect("a did:key")));
    for changes in [1, 10, 100] {
        let (identity, history) = registered(changes);
        let now = &bench.now;
        c.bench_function(&format!("resolve did:ethr {changes} changes"), |b| {
            b.iter(|| ethr::resolve(black_box(&identity), &history, &Version::Latest, now));
        });
    }
    let (entry, list) = (StatusEntry::Bitstring(BitstringEntry::new(StatusPurpose::Revocation, 94_567, LIST)), bench.list());
    c.bench_function("status check", |b| b.iter(|| check(black_box(&entry), &list).expect("a good list")));
}

/// A did:ethr that published so many keys, one a block.
fn registered(changes: u64) -> (Identity, History) {
    let did = "did:ethr:0x7a69:0xb9c5714089478a327f09197987f16f9e5d936e8a".parse().expect("a DID");
    let event = |number: u64| {
        let mut seed = [1; 32];
        seed[..8].copy_from_slice(&number.to_be_bytes());
        let key = SecretKey::from_bytes(KeyAlgorithm::Ed25519, &seed).expect("a seed").public_key();
        let attribute =
            ethr::key_attribute(&key, VerificationRelationship::AssertionMethod).expect("a key that can be published");
        let change = DidChange::Attribute { name: attribute.name, value: attribute.value, valid_to: 4_000_000_000 };
        DidEvent { block: number, time: at("2026-01-01T00:00:00Z"), log_index: 0, previous_change: number - 1, change }
    };
    let events = (1..=changes).map(event).collect();
    let history = History { chain_id: 0x7a69, standing: Standing::Believed { block: Some(changes) }, events };
    (Identity::read(&did).expect("a did:ethr"), history)
}

fn codes(c: &mut Criterion) {
    let bench = Issuer::new(KeyAlgorithm::Ed25519);
    let text = bench.issue(bench.diploma(), Mechanism::EddsaRdfc2022).text().to_owned();
    let Value::Object(credential) = serde_json::from_str(&text).expect("JSON") else { unreachable!("it is an object") };
    let table = TypeTable::new(1_000_000).expect("an entry of our own");
    let tables = TypeTables::new().with(table.clone());
    c.bench_function("QR encode", |b| {
        b.iter(|| qr::barcode::encode(black_box(&credential), &table, &bench.contexts).expect("a barcode"))
    });
    let code = qr::barcode::encode(&credential, &table, &bench.contexts).expect("a barcode");
    c.bench_function("QR decode", |b| {
        b.iter(|| qr::barcode::decode(black_box(&code), &tables, &bench.contexts).expect("a credential"))
    });
    let symbol = Symbol::new(&code).expect("a symbol");
    c.bench_function("QR draw PNG", |b| b.iter(|| symbol.png(black_box(4))));
    let picture = symbol.png(4);
    c.bench_function("QR read PNG", |b| b.iter(|| qr::picture::read(black_box(&picture)).expect("the text")));
}

criterion_group! {
    name = spine;
    config = Criterion::default().sample_size(30).warm_up_time(std::time::Duration::from_millis(500)).measurement_time(std::time::Duration::from_secs(2));
    targets = raw, mechanisms, lookups, codes
}
criterion_main!(spine);
