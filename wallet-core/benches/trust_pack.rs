//! What a trust pack of ten thousand issuers costs: opened, brought up to date, and asked for one verdict.

#[path = "../../tests/support/packs.rs"]
mod packs;

use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use packs::{Random, Signer, a_day_later, at, crowd};
use wallet_core::platform::MemoryStorage;
use wallet_core::trust_pack::{Difference, TrustPack};
use wallet_core::verification::{Expectations, Issuers};
use wallet_core::verifier::Verifier;

const ISSUERS: usize = 10_000;

fn trust_pack(c: &mut Criterion) {
    let (now, mut random) = (at("2026-03-01T12:00:00Z"), Random(4));
    let later = now.plus_seconds(24 * 3600);
    let publisher = Signer::publisher(1);
    let (issuer, history) = Signer::issuer(&now, 1 << 30);
    let mut entries = crowd(ISSUERS, &now, &mut random);
    entries.add_issuer(&issuer.did, "Universidad de Ejemplo");
    entries.add_history(&issuer.did, &history, &now).expect("a whole history");
    let pack = publisher.pack(entries, 1, &now);
    let next = publisher.pack(a_day_later(pack.entries(), &later, &mut random), 2, &later);
    let file = pack.to_bytes();
    let difference = Difference::between(&pack, &next).expect("a later pack").to_bytes();

    c.bench_function("open a pack of 10,000 issuers", |b| {
        b.iter(|| TrustPack::open(black_box(&file), &publisher.did, None, &now).expect("a pack"))
    });
    c.bench_function("apply a day's difference to it", |b| {
        b.iter(|| TrustPack::open(black_box(&difference), &publisher.did, Some(&pack), &later).expect("a pack"))
    });
    c.bench_function("names of its issuers", |b| b.iter(|| pack.entries().issuers().expect("names")));
    c.bench_function("one issuer replayed from it", |b| b.iter(|| pack.resolution(black_box(&issuer.did), &now)));

    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let issuers = Issuers::Known(pack.entries().issuers().expect("names"));
    let expected = Expectations { issuers, ..Expectations::default() };
    let verifier = Verifier::offline(Arc::new(pack), Arc::new(MemoryStorage::new())).expect("whole entries");
    let credential = issuer.credential(&now);
    c.bench_function("one verdict from it", |b| {
        b.iter(|| {
            let verdict = runtime.block_on(verifier.check(black_box(credential.text()), &expected, &now)).expect("a credential");
            assert_eq!(verdict.word(), "accepted");
        })
    });
}

criterion_group! {
    name = packs_of_ten_thousand;
    config = Criterion::default().sample_size(20).warm_up_time(std::time::Duration::from_millis(500)).measurement_time(std::time::Duration::from_secs(2));
    targets = trust_pack
}
criterion_main!(packs_of_ten_thousand);
