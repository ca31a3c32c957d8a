//! One thing broken in a good presentation, one reason or gap for it; what an attacker would break is in `tests/attacks.rs`.

#[path = "support/world.rs"]
mod world;

use serde_json::{Value, json};
use wallet_core::did::Standing;
use wallet_core::securing::linked_data::Contexts;
use wallet_core::securing::{Kind, Mechanism, Secured};
use wallet_core::verification::{Expectations, Gap, Issuers, Known, Presenter, Reason, SigningTime, Verdict, Warning, verify};
use world::{AUDIENCE, INDEX, LIST, NONCE, World, at, object};

#[track_caller]
fn rejects(verdict: &Verdict, expected: impl Fn(&Reason) -> bool) {
    assert!(matches!(verdict, Verdict::Rejected { .. }), "{verdict:#?}");
    assert!(verdict.reasons().iter().any(|finding| expected(&finding.what)), "{verdict:#?}");
}

/// Rejected for this one reason and no other.
#[track_caller]
fn rejects_only(verdict: &Verdict, expected: impl Fn(&Reason) -> bool) {
    rejects(verdict, expected);
    assert_eq!((verdict.reasons().len(), verdict.gaps().len()), (1, 0), "{verdict:#?}");
}

/// Undetermined for this one gap and no other.
#[track_caller]
fn leaves_open(verdict: &Verdict, expected: impl Fn(&Gap) -> bool) {
    assert!(matches!(verdict, Verdict::Undetermined { .. }), "{verdict:#?}");
    assert!(verdict.gaps().len() == 1 && expected(&verdict.gaps()[0].what), "{verdict:#?}");
}

#[test]
fn good_presentation_is_accepted_with_its_claims() {
    let world = World::new();
    let verdict = world.verdict();
    let verified = verdict.verified().unwrap_or_else(|| panic!("{verdict:#?}"));
    assert_eq!(verified.holder(), Some(&world.graduate.did));
    assert_eq!(verified.claims()[0]["achievement"]["achievementType"], "BachelorDegree");
    assert!(verified.warnings().is_empty(), "{verdict:#?}");
    assert_eq!(verified.basis().status_lists.len(), 1);
}

#[test]
fn bare_credential_is_accepted_where_a_copy_is_enough() {
    let mut world = World::new();
    world.expected.presenter = Presenter::Anyone;
    let verdict = world.verify(&world.issue());
    assert_eq!(verdict.verified().expect("accepted").warnings()[0].what, Warning::Bearer);
}

#[test]
fn bare_credential_is_rejected_where_its_holder_is_asked_for() {
    let world = World::new();
    rejects_only(&world.verify(&world.issue()), |r| *r == Reason::NotAPresentation);
}

#[test]
fn every_mechanism_is_accepted() {
    let world = World::new();
    for mechanism in [Mechanism::EddsaRdfc2022, Mechanism::EddsaJcs2022, Mechanism::Jwt] {
        let credential = world.issue_with(|options| options.mechanism = mechanism);
        let verdict = world.verify(&world.present(&credential));
        assert!(verdict.verified().is_some(), "{mechanism:?} {verdict:#?}");
    }
}

#[test]
fn proof_made_after_the_key_was_revoked_is_rejected() {
    let mut world = World::new();
    retire(&mut world, "2026-02-15T00:00:00Z", Some(30));
    rejects(&world.verdict(), |r| matches!(r, Reason::KeyRevoked { .. }));
}

#[test]
fn proof_made_after_the_key_expired_is_rejected() {
    let mut world = World::new();
    retire(&mut world, "2026-02-15T00:00:00Z", None);
    rejects(&world.verdict(), |r| matches!(r, Reason::KeyExpired { .. }));
}

#[test]
fn proof_made_before_the_key_existed_is_rejected() {
    let world = World::new();
    let early = world.issue_with(|options| options.created = at("2024-06-01T00:00:00Z"));
    rejects_only(&world.verify(&world.present(&early)), |r| matches!(r, Reason::KeyFromLater { .. }));
}

#[test]
fn old_diploma_of_a_retired_key_is_neither_accepted_nor_rejected_without_proof_of_its_time() {
    let mut world = World::new();
    let diploma = world.issue_with(|options| options.created = at("2026-02-01T00:00:00Z"));
    world.diploma.remove("credentialStatus");
    let old = world.issue_with(|options| options.created = at("2026-02-01T00:00:00Z"));
    retire(&mut world, "2026-02-15T00:00:00Z", Some(30));
    leaves_open(&world.verify(&world.present(&old)), |g| matches!(g, Gap::SigningTimeUnproven { .. }));
    assert_eq!(world.verify(&world.present(&diploma)).word(), "undetermined");
    world.expected.signing_time = SigningTime::Claimed;
    let verdict = world.verify(&world.present(&old));
    let warnings = verdict.verified().expect("accepted").warnings();
    assert!(warnings.iter().any(|w| matches!(w.what, Warning::SigningTimeClaimed { .. })), "{verdict:#?}");
}

#[test]
fn renewed_key_has_not_been_retired() {
    let mut world = World::new();
    let did = world.university.did.clone();
    world.registry_says(&did, |resolution| {
        resolution.document.verification_methods[0].id = did.with_fragment("delegate-2").expect("a DID URL");
        let mut renewed = resolution.history[0].clone();
        renewed.id = resolution.document.verification_methods[0].id.clone();
        renewed.from = at("2026-02-15T00:00:00Z");
        resolution.history[0].until = Some(renewed.from.clone());
        resolution.history.push(renewed);
    });
    assert_eq!(world.verdict().word(), "accepted");
}

#[test]
fn issuer_that_gave_up_its_identity_is_rejected() {
    let mut world = World::new();
    let did = world.university.did.clone();
    world.registry_says(&did, |resolution| {
        resolution.document.verification_methods.clear();
        resolution.history.clear();
        resolution.metadata.deactivated = Some(true);
    });
    rejects(&world.verdict(), |r| matches!(r, Reason::Deactivated { .. }));
}

#[test]
fn proof_past_its_expiry_is_rejected() {
    let world = World::new();
    let late = world.issue_with(|options| options.expires = Some(at("2026-03-01T12:00:30Z")));
    rejects_only(&world.verify(&world.present(&late)), |r| matches!(r, Reason::ProofExpired { .. }));
}

#[test]
fn proof_from_the_future_is_rejected() {
    let world = World::new();
    let early = world.issue_with(|options| options.created = at("2026-04-01T00:00:00Z"));
    rejects_only(&world.verify(&world.present(&early)), |r| matches!(r, Reason::ProofFromFuture { .. }));
}

#[test]
fn credential_not_yet_valid_is_rejected() {
    let mut world = World::new();
    world.diploma["validFrom"] = json!("2026-06-01T00:00:00Z");
    rejects_only(&world.verdict(), |r| matches!(r, Reason::NotYetValid { .. }));
}

#[test]
fn expired_credential_is_rejected() {
    let mut world = World::new();
    world.diploma["validUntil"] = json!("2026-02-20T00:00:00Z");
    rejects_only(&world.verdict(), |r| matches!(r, Reason::Expired { .. }));
}

#[test]
fn revoked_credential_is_rejected() {
    let mut world = World::new();
    world.know_list(world.status_list(&[INDEX]));
    rejects_only(&world.verdict(), |r| matches!(r, Reason::Revoked { .. }));
}

#[test]
fn suspended_credential_is_rejected() {
    let mut world = World::new();
    world.diploma["credentialStatus"]["statusPurpose"] = json!("suspension");
    let mut list = world.status_list(&[INDEX]).body().clone();
    list["credentialSubject"]["statusPurpose"] = json!("suspension");
    let list = world.university.sign(list, &world.university.options(Kind::Credential, Mechanism::EddsaRdfc2022));
    world.know_list(list);
    rejects_only(&world.verdict(), |r| matches!(r, Reason::Suspended { .. }));
}

#[test]
fn list_for_another_purpose_leaves_the_verdict_open() {
    let mut world = World::new();
    world.diploma["credentialStatus"]["statusPurpose"] = json!("suspension");
    leaves_open(&world.verdict(), |g| matches!(g, Gap::StatusNotGood { .. }));
}

#[test]
fn proof_of_an_unknown_kind_beside_a_good_one_is_said_so() {
    let world = World::new();
    let mut text: Value = serde_json::from_str(world.issue().text()).expect("JSON");
    let good = text["proof"].take();
    text["proof"] = json!([good, { "type": "DataIntegrityProof", "cryptosuite": "quantum-2030", "proofPurpose": "assertionMethod",
        "verificationMethod": world.university.method(), "proofValue": "z1" }]);
    let credential = Secured::read(&text.to_string()).expect("a credential");
    let verdict = world.verify(&world.present(&credential));
    let warnings = verdict.verified().expect("accepted").warnings();
    assert!(warnings.iter().any(|w| matches!(w.what, Warning::UncheckedProof { .. })), "{verdict:#?}");
}

#[test]
fn missing_status_list_leaves_the_verdict_open() {
    let mut world = World::new();
    world.evidence.status_lists.insert(LIST.to_owned(), Known::Missing { why: "time-out".to_owned() });
    leaves_open(&world.verdict(), |g| matches!(g, Gap::StatusMissing { .. }));
}

#[test]
fn stale_status_list_leaves_the_verdict_open() {
    let mut world = World::new();
    let list = world.status_list(&[]);
    world.evidence.status_lists.insert(LIST.to_owned(), Known::Found { what: list, as_of: at("2026-02-01T00:00:00Z") });
    leaves_open(&world.verdict(), |g| matches!(g, Gap::StatusStale { .. }));
}

#[test]
fn answer_to_another_request_is_rejected() {
    let world = World::new();
    let replayed = world.present_with(&world.issue(), |options| options.nonce = Some("an-earlier-nonce-000000".to_owned()));
    rejects_only(&world.verify(&replayed), |r| *r == Reason::WrongNonce);
    let bare = world.present_with(&world.issue(), |options| options.nonce = None);
    rejects_only(&world.verify(&bare), |r| *r == Reason::WrongNonce);
}

#[test]
fn answer_for_another_verifier_is_rejected() {
    let world = World::new();
    let relayed = world.present_with(&world.issue(), |options| options.audience = Some("casino.example".to_owned()));
    rejects_only(&world.verify(&relayed), |r| matches!(r, Reason::WrongAudience { .. }));
}

#[test]
fn presentation_without_a_request_to_compare_leaves_the_verdict_open() {
    let mut world = World::new();
    world.expected = Expectations { nonce: None, ..world.expected };
    leaves_open(&world.verdict(), |g| *g == Gap::FreshnessUnchecked);
}

#[test]
fn unknown_context_leaves_the_verdict_open_with_its_url() {
    let mut world = World::new();
    let url = "https://uni.example/contexts/v1";
    world.diploma["@context"].as_array_mut().expect("contexts").push(url.into());
    let contexts =
        Contexts::bundled().with(url, r#"{"@context":{"promedio":"https://uni.example/vocab#promedio"}}"#).expect("a context");
    let options = world.university.options(Kind::Credential, Mechanism::EddsaRdfc2022);
    let unsigned = wallet_core::securing::prepare(world.diploma.clone(), &options, &world.university.key.public_key(), &contexts);
    let unsigned = unsigned.expect("the issuer knows its context");
    let signature = world.university.key.sign(unsigned.message());
    let credential = unsigned.finish(&signature).expect("the signature fits");
    leaves_open(&world.verify(&world.present(&credential)), |g| *g == Gap::MissingContext { url: url.to_owned() });
    world.evidence.contexts = contexts;
    assert_eq!(world.verify(&world.present(&credential)).word(), "accepted");
}

#[test]
fn unknown_issuer_leaves_the_verdict_open_or_warns_as_the_policy_says() {
    let mut world = World::new();
    world.expected.issuers = Issuers::Known(Default::default());
    leaves_open(&world.verdict(), |g| matches!(g, Gap::UnknownIssuer { .. }));
    world.expected.issuers = Issuers::Any;
    let verdict = world.verdict();
    let warnings = verdict.verified().expect("accepted").warnings();
    assert!(warnings.iter().any(|w| matches!(w.what, Warning::IssuerNotKnown { .. })), "{verdict:#?}");
}

#[test]
fn unreachable_registry_leaves_the_verdict_open() {
    let mut world = World::new();
    world.evidence.resolutions.insert(world.university.did.clone(), Known::Missing { why: "time-out".to_owned() });
    let verdict = world.verdict();
    assert_eq!(verdict.word(), "undetermined");
    assert!(verdict.gaps().iter().any(|g| matches!(g.what, Gap::Unresolved { .. })), "{verdict:#?}");
}

#[test]
fn evidence_that_was_never_gathered_leaves_the_verdict_open() {
    let mut world = World::new();
    world.evidence.resolutions.clear();
    assert_eq!(world.verdict().word(), "undetermined");
}

#[test]
fn stale_resolution_leaves_the_verdict_open() {
    let mut world = World::new();
    world.diploma.remove("credentialStatus");
    let what = world.university.resolution();
    world.evidence.resolutions.insert(world.university.did.clone(), Known::Found { what, as_of: at("2025-12-01T00:00:00Z") });
    leaves_open(&world.verdict(), |g| matches!(g, Gap::ResolutionStale { .. }));
}

#[test]
fn registry_that_was_only_believed_is_said_so() {
    let mut world = World::new();
    let did = world.university.did.clone();
    world.registry_says(&did, |resolution| resolution.standing = Standing::Believed { block: Some(40) });
    let verdict = world.verdict();
    let warnings = verdict.verified().expect("accepted").warnings();
    assert!(warnings.iter().any(|w| matches!(w.what, Warning::Believed { .. })), "{verdict:#?}");
}

#[test]
fn all_reasons_are_reported_not_only_the_first() {
    let mut world = World::new();
    world.diploma["validUntil"] = json!("2026-02-20T00:00:00Z");
    world.know_list(world.status_list(&[INDEX]));
    let text = world.issue().text().replace("32 materias", "33 materias");
    let broken = Secured::read(&text).expect("still a credential");
    let verdict = world.verify(&world.present_with(&broken, |options| options.nonce = None));
    rejects(&verdict, |r| *r == Reason::BadSignature);
    rejects(&verdict, |r| matches!(r, Reason::Expired { .. }));
    rejects(&verdict, |r| matches!(r, Reason::Revoked { .. }));
    rejects(&verdict, |r| *r == Reason::WrongNonce);
}

#[test]
fn presentation_with_no_credential_proves_nothing_but_its_holder() {
    let world = World::new();
    let empty = object(json!({
        "@context": ["https://www.w3.org/ns/credentials/v2"], "type": ["VerifiablePresentation"], "holder": world.graduate.did,
    }));
    let signed = world.graduate.sign(empty, &world.graduate.options(Kind::Presentation, Mechanism::Jwt));
    let verdict = verify(&signed, &world.evidence, &Expectations::presentation(NONCE, AUDIENCE), &world.now);
    assert!(verdict.verified().expect("accepted").credentials().is_empty());
}

#[test]
fn only_an_accepted_verdict_gives_up_claims() {
    let mut world = World::new();
    assert!(world.verdict().to_json().get("claims").is_some());
    world.diploma["validUntil"] = json!("2026-02-20T00:00:00Z");
    let json = world.verdict().to_json();
    assert!(json.get("claims").is_none() && json.get("holder").is_none(), "{json}");
    assert_eq!(json["reasons"][0]["code"], "expired");
}

/// The university's key stops being valid at `end`: revoked in `block`, or run out.
fn retire(world: &mut World, end: &str, block: Option<u64>) {
    let did = world.university.did.clone();
    world.registry_says(&did, |resolution| {
        resolution.document.verification_methods.clear();
        resolution.history[0].until = Some(at(end));
        resolution.history[0].until_block = block;
    });
}
