//! Many diplomas of one issuer: each judged alone, all in one presentation, and on as many threads as there are cores.
//!
//! A figure is for all of them. Nothing is weaker than for one: each signature is checked by itself, and whoever shares something
//! shares what was found out in the same verification.

mod issuer;

use std::hint::black_box;
use std::num::NonZero;
use std::thread;

use criterion::{Criterion, criterion_group, criterion_main};
use issuer::Issuer;
use serde_json::Value;
use wallet_core::credential::Presentation;
use wallet_core::did::VerificationRelationship;
use wallet_core::key::KeyAlgorithm;
use wallet_core::securing::{MAX_CREDENTIALS, Mechanism, ProofOptions, Secured};
use wallet_core::verification::{Expectations, Verdict, verify};

const MANY: usize = 256;

/// Reads and judges one text.
fn judge(issuer: &Issuer, text: &str, expected: &Expectations) {
    let secured = Secured::read(black_box(text)).expect("it is secured");
    let verdict = verify(&secured, &issuer.evidence, expected, &issuer.now);
    assert!(matches!(verdict, Verdict::Accepted(_)), "{}", verdict.to_json());
}

/// So many diplomas, each with a place of its own in the status list.
fn diplomas(issuer: &Issuer) -> Vec<Secured> {
    let diploma = |number: usize| {
        let mut diploma = issuer.diploma();
        diploma["id"] = format!("urn:uuid:00000000-0000-4000-8000-{number:012}").into();
        diploma["credentialStatus"]["statusListIndex"] = number.to_string().into();
        diploma["credentialSubject"]["id"] = issuer.did.as_str().into();
        issuer.issue(diploma, Mechanism::EddsaRdfc2022)
    };
    (0..MANY).map(diploma).collect()
}

/// Presentations of as many as one may hold; the issuer presents them as their subject.
fn presentations(issuer: &Issuer, all: &[Secured]) -> Vec<String> {
    let (nonce, audience) = (Some(NONCE.to_owned()), Some(AUDIENCE.to_owned()));
    let options =
        ProofOptions { purpose: VerificationRelationship::Authentication, nonce, audience, ..issuer.options(Mechanism::Jwt) };
    let present = |some: &[Secured]| {
        let credentials: Vec<Value> = some.iter().map(Secured::to_value).collect();
        issuer.sign(Presentation::of(&issuer.did, credentials).json().clone(), &options).text().to_owned()
    };
    all.chunks(MAX_CREDENTIALS).map(present).collect()
}

const NONCE: &str = "q2Vn3h1kV7v0b8yqk6tQ5w";
const AUDIENCE: &str = "biblioteca.example";

fn many(c: &mut Criterion) {
    let issuer = Issuer::new(KeyAlgorithm::Ed25519);
    let all = diplomas(&issuer);
    let texts: Vec<String> = all.iter().map(|one| one.text().to_owned()).collect();
    let bare = Expectations::default();
    c.bench_function("many: one by one", |b| b.iter(|| texts.iter().for_each(|text| judge(&issuer, text, &bare))));
    let presentations = presentations(&issuer, &all);
    let presented = Expectations::presentation(NONCE, AUDIENCE);
    c.bench_function("many: in presentations", |b| {
        b.iter(|| presentations.iter().for_each(|text| judge(&issuer, text, &presented)));
    });
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    c.bench_function("many: on all cores", |b| {
        b.iter(|| {
            thread::scope(|scope| {
                for some in texts.chunks(MANY.div_ceil(threads)) {
                    scope.spawn(|| some.iter().for_each(|text| judge(&issuer, text, &bare)));
                }
            });
        });
    });
}

criterion_group! {
    name = many_at_once;
    config = Criterion::default().sample_size(20).warm_up_time(std::time::Duration::from_millis(500)).measurement_time(std::time::Duration::from_secs(3));
    targets = many
}
criterion_main!(many_at_once);
