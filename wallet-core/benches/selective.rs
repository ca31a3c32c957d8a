//! What it costs to sign something whose holder may leave parts of it out, to leave them out, and to check the rest.

mod issuer;

use std::hint::black_box;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use getrandom::SysRng;
use getrandom::rand_core::UnwrapErr;
use issuer::Issuer;
use serde_json::{Map, Value};
use wallet_core::json::JsonPointer;
use wallet_core::key::KeyAlgorithm;
use wallet_core::securing::{Disclosure, Mechanism, ProofOptions, Secured, prepare_disclosable};
use wallet_core::verification::{Expectations, Verdict, verify};

/// Eight claims that may be left out, three of which are shown.
fn sd_jwt(c: &mut Criterion) {
    let bench = Issuer::new(KeyAlgorithm::P256);
    let names: Vec<String> = (1..=8).map(|number| format!("claim_{number}")).collect();
    let claims: Map<String, Value> = names.iter().map(|name| (name.clone(), "Enfermería".into())).collect();
    let vct = ("vct".to_owned(), "https://credentials.example.com/identity_credential".into());
    let claims: Map<String, Value> = [vct].into_iter().chain(claims).collect();
    let pointers: Vec<JsonPointer> = names.iter().map(|name| JsonPointer::new([name.as_str()])).collect();
    let disclosure = Disclosure::Only { pointers: pointers.clone(), decoys: 0, holder: Some(bench.public_key.clone()) };
    let options = ProofOptions { disclosure, ..bench.options(Mechanism::SdJwtVc) };
    let key = bench.public_key.clone();
    let issue = |claims| {
        let unsigned = prepare_disclosable(claims, &options, &key, &bench.contexts, &mut UnwrapErr(SysRng)).expect("claims");
        let signature = bench.key.sign(unsigned.message());
        unsigned.finish(&signature).expect("the signature fits")
    };
    c.bench_function("dc+sd-jwt P-256 issue 8", |b| b.iter_batched(|| claims.clone(), issue, BatchSize::SmallInput));
    let issued = issue(claims);
    let show = || issued.disclose(black_box(&pointers[..3]), &bench.contexts, &mut UnwrapErr(SysRng)).expect("they are there");
    c.bench_function("dc+sd-jwt P-256 disclose 3 of 8", |b| b.iter(show));
    let text = show().text().to_owned();
    c.bench_function("dc+sd-jwt P-256 proof 3 of 8", |b| {
        b.iter(|| {
            let secured = Secured::read(black_box(&text)).expect("a credential");
            secured.check_signature(0, &key, &bench.contexts).expect("its signature");
        });
    });
    let expected = Expectations::default();
    c.bench_function("dc+sd-jwt P-256 verdict 3 of 8", |b| {
        b.iter(|| {
            let secured = Secured::read(black_box(&text)).expect("a credential");
            let verdict = verify(&secured, &bench.evidence, &expected, &bench.now);
            assert!(matches!(verdict, Verdict::Accepted(_)));
        });
    });
}

/// The diploma, of which the holder shows who achieved what and keeps the rest; the npm suite of `tests/bench` does the same.
fn ecdsa_sd(c: &mut Criterion) {
    let bench = Issuer::new(KeyAlgorithm::P256);
    let mut diploma = bench.diploma();
    diploma.shift_remove("credentialStatus");
    let pointers = |texts: &[&str]| -> Vec<JsonPointer> { texts.iter().map(|text| text.parse().expect("a pointer")).collect() };
    let (mandatory, chosen) = (pointers(&["/issuer", "/validFrom"]), pointers(&["/credentialSubject/achievement"]));
    let options = ProofOptions { disclosure: Disclosure::AllBut(mandatory), ..bench.options(Mechanism::EcdsaSd2023) };
    let issue = |document| {
        let mut rng = UnwrapErr(SysRng);
        let unsigned = prepare_disclosable(document, &options, &bench.public_key, &bench.contexts, &mut rng).expect("a draft");
        let signature = bench.key.sign(unsigned.message());
        unsigned.finish(&signature).expect("the signature fits")
    };
    c.bench_function("ecdsa-sd-2023 issue", |b| b.iter_batched(|| diploma.clone(), issue, BatchSize::SmallInput));
    let base = issue(diploma.clone()).text().to_owned();
    let derive = || {
        let base = Secured::read(black_box(&base)).expect("a credential");
        base.disclose(&chosen, &bench.contexts, &mut UnwrapErr(SysRng)).expect("they are there")
    };
    c.bench_function("ecdsa-sd-2023 derive", |b| b.iter(derive));
    let text = derive().text().to_owned();
    c.bench_function("ecdsa-sd-2023 verify", |b| {
        b.iter(|| {
            let secured = Secured::read(black_box(&text)).expect("a credential");
            secured.check_claims(0, &bench.public_key, &bench.contexts).expect("its signature");
        });
    });
}

criterion_group! {
    name = selective;
    config = Criterion::default().sample_size(30).warm_up_time(std::time::Duration::from_millis(500)).measurement_time(std::time::Duration::from_secs(2));
    targets = sd_jwt, ecdsa_sd
}
criterion_main!(selective);
