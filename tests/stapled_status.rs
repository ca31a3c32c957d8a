//! Private status: the holder brings a fresh signed status list along, and the verifier asks nobody.

#[path = "support/town.rs"]
mod town;
#[path = "support/world.rs"]
mod world;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use serde_json::{Value, json};
use wallet_core::credential::profiles::{DegreeKind, ReducedDiploma};
use wallet_core::error::{Result, WalletError};
use wallet_core::language::Language;
use wallet_core::platform::{MemoryStorage, system_rng};
use wallet_core::ports::{HttpRequest, HttpResponse, Network};
use wallet_core::securing::{Kind, Mechanism, Secured};
use wallet_core::status::{ListTerms, MINIMUM_ENTRIES, StatusList, StatusPurpose};
use wallet_core::time::Timestamp;
use wallet_core::verification::{Expectations, Gap, Reason, Verdict};
use wallet_core::verifier::Verifier;
use world::{INDEX, LIST, World, at, object};

/// A list of the university's as of `signed`, which asks to be renewed after an hour.
fn list(world: &World, revoked: &[u64], signed: &Timestamp) -> Secured {
    let mut bits = StatusList::new(MINIMUM_ENTRIES, 1).expect("a list of the least length");
    for &index in revoked {
        bits.set(index, 1).expect("a place in the list");
    }
    let body = bits.to_credential(&ListTerms {
        url: LIST.to_owned(),
        issuer: world.university.did.clone(),
        purposes: vec![StatusPurpose::Revocation],
        valid_from: signed.clone(),
        valid_until: None,
        ttl: Some(std::time::Duration::from_secs(3600)),
    });
    let mut options = world.university.options(Kind::Credential, Mechanism::EddsaRdfc2022);
    options.created = signed.clone();
    world.university.sign(body, &options)
}

/// The diploma and some lists, presented by the graduate.
fn presented(world: &World, lists: &[&Secured]) -> Secured {
    let credential = world.issue();
    let all: Vec<Value> = std::iter::once(&credential).chain(lists.iter().copied()).map(Secured::to_value).collect();
    let body = object(json!({
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "type": ["VerifiablePresentation"],
        "holder": world.graduate.did,
        "verifiableCredential": all,
    }));
    world.graduate.sign(body, &world.graduate.options(Kind::Presentation, Mechanism::Jwt))
}

/// A world whose verifier knows no list.
fn world() -> World {
    let mut world = World::new();
    world.evidence.status_lists.clear();
    world
}

/// A network that is down, and counts how often it is asked.
#[derive(Default)]
struct Down(AtomicUsize);

#[async_trait]
impl Network for Down {
    async fn send(&self, _: HttpRequest) -> Result<HttpResponse> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Err(WalletError::unreachable("the network", "it is down"))
    }
}

async fn check(world: &World, presentation: &Secured) -> (Verdict, usize) {
    let network = Arc::new(Down::default());
    let verifier = Verifier {
        network: Some(network.clone()),
        carried: world.evidence.clone(),
        ..Verifier::bare(Arc::new(MemoryStorage::new()))
    };
    let verdict = verifier.check(presentation.text(), &world.expected, &world.now).await.expect("a presentation");
    (verdict, network.0.load(Ordering::SeqCst))
}

fn gaps(verdict: &Verdict) -> Vec<Gap> {
    verdict.gaps().iter().map(|found| found.what.clone()).collect()
}

#[tokio::test]
async fn fresh_list_that_came_along_is_looked_into_and_nobody_is_asked() {
    let world = world();
    let signed = at("2026-03-01T11:30:00Z");
    let (verdict, asked) = check(&world, &presented(&world, &[&list(&world, &[], &signed)])).await;
    let verified = verdict.verified().unwrap_or_else(|| panic!("accepted, and not {verdict:?}"));
    assert_eq!((verified.credentials().len(), asked), (1, 0));
    assert_eq!(verdict.basis().status_lists[0].as_of, signed);
    let revoked = list(&world, &[INDEX], &signed);
    let (verdict, _) = check(&world, &presented(&world, &[&revoked])).await;
    assert_eq!(verdict.reasons()[0].what, Reason::Revoked { list: LIST.to_owned() });
}

#[tokio::test]
async fn list_past_its_time_is_asked_for_and_serves_with_its_age_when_nobody_answers() {
    let world = world();
    let signed = at("2026-02-27T12:00:00Z");
    let (verdict, asked) = check(&world, &presented(&world, &[&list(&world, &[], &signed)])).await;
    assert_eq!((verdict.word(), asked), ("accepted", 1));
    assert_eq!(verdict.basis().status_lists[0].as_of, signed);
    let old = at("2026-02-01T12:00:00Z");
    let (verdict, _) = check(&world, &presented(&world, &[&list(&world, &[], &old)])).await;
    assert_eq!(gaps(&verdict), [Gap::StatusStale { list: LIST.to_owned(), as_of: old }]);
}

#[tokio::test]
async fn newest_list_counts_whoever_brought_it() {
    let mut world = world();
    let (morning, noon) = (at("2026-03-01T08:00:00Z"), at("2026-03-01T11:59:00Z"));
    let (clean, revoked) = (list(&world, &[], &morning), list(&world, &[INDEX], &noon));
    // An old clean list does not hide a newer one that is carried.
    world.know_list(revoked.clone());
    let verdict = world.verify(&presented(&world, &[&clean]));
    assert_eq!(verdict.reasons()[0].what, Reason::Revoked { list: LIST.to_owned() });
    // Nor one that stands beside it in the presentation, in any order.
    world.evidence.status_lists.clear();
    for both in [[&clean, &revoked], [&revoked, &clean]] {
        let verdict = world.verify(&presented(&world, &both));
        assert_eq!(verdict.reasons()[0].what, Reason::Revoked { list: LIST.to_owned() });
    }
}

#[tokio::test]
async fn forged_list_clears_nobody_and_hides_no_good_one() {
    let mut world = world();
    let [clean, mut forged] = [&[][..], &[INDEX]].map(|revoked| list(&world, revoked, &world.now).to_value());
    forged["credentialSubject"]["encodedList"] = clean["credentialSubject"]["encodedList"].clone();
    let forged = Secured::read(&forged.to_string()).expect("a list");
    let verdict = world.verify(&presented(&world, &[&forged]));
    assert!(matches!(&*gaps(&verdict), [Gap::StatusNotGood { .. }]), "{verdict:?}");
    world.know_list(list(&world, &[INDEX], &at("2026-03-01T11:00:00Z")));
    let verdict = world.verify(&presented(&world, &[&forged]));
    assert_eq!(verdict.reasons()[0].what, Reason::Revoked { list: LIST.to_owned() });
}

#[tokio::test]
async fn list_beside_a_bare_credential_serves_as_well() {
    let mut world = world();
    world.expected = Expectations { issuers: world.expected.issuers.clone(), ..Default::default() };
    let credential = world.issue();
    assert_eq!(gaps(&world.verify(&credential)), [Gap::StatusMissing { list: LIST.to_owned() }]);
    world.evidence.stapled.push(list(&world, &[], &at("2026-03-01T11:30:00Z")));
    assert_eq!(world.verify(&credential).word(), "accepted");
}

#[tokio::test]
async fn wallet_brings_the_list_along_and_the_verifier_asks_nobody() {
    let now = at("2026-03-01T12:00:00Z");
    let mut town = town::Town::new(&now).await;
    let citizen = town.new_holder(&now).await;
    let awarded = "2025-12-12".parse().expect("a date");
    let claims = ReducedDiploma::of("Lucía Fernández", "Licenciatura en Enfermería", DegreeKind::Bachelor, awarded)
        .to_credential(town.terms("university", &citizen, &now));
    let university = town.issuers.get_mut("university").expect("an issuer");
    let (purpose, mut rng) = (StatusPurpose::Revocation, system_rng());
    let diploma = university
        .issue(claims, Mechanism::EddsaRdfc2022, std::slice::from_ref(&purpose), &mut rng, &now)
        .await
        .expect("a diploma");
    let list = university.status_list(&purpose, 1, &now).await.expect("a signed list").list;
    let id = town.wallet.keep(&diploma, "Universidad", Language::Es, &mut rng, &now).await.expect("it is kept");

    let network = Arc::new(Down::default());
    let verifier =
        Verifier { resolver: town.resolver(), network: Some(network.clone()), ..Verifier::bare(Arc::new(MemoryStorage::new())) };
    let request = verifier.ask("biblioteca.example", "Carné", &[], &mut rng, &now).await.expect("a request");
    let contexts = town.contexts.clone();
    let answer = town.wallet.present_with_lists(&request, (&[id], &[list]), &contexts, &mut rng, &now).await.expect("an answer");
    let verdict = verifier.check_answer(answer.text(), &request, Expectations::default(), &now).await.expect("a verdict");
    assert_eq!((verdict.word(), network.0.load(Ordering::SeqCst)), ("accepted", 0), "{verdict:?}");

    let request = verifier.ask("biblioteca.example", "Carné", &[], &mut rng, &now).await.expect("a request");
    let lists = std::slice::from_ref(&diploma);
    let refused = town.wallet.present_with_lists(&request, (&[id], lists), &contexts, &mut rng, &now).await;
    assert!(matches!(refused, Err(WalletError::Misused { .. })), "a diploma is no list");
}
