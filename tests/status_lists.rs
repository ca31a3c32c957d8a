//! Status lists of both formats, judged: what they say, when they stand, and how old they may be.

// Each test uses its part of the world.
#[path = "support/world.rs"]
mod world;

use std::time::Duration;

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use serde_json::{Value, json};
use wallet_core::key::KeyAlgorithm;
use wallet_core::securing::{Kind, Mechanism, ProofOptions, Secured};
use wallet_core::status::{
    BitstringEntry, ListTerms, MINIMUM_ENTRIES, StatusList, StatusMessage, StatusPurpose, TokenEntry, TokenListTerms,
    TokenStatusList,
};
use wallet_core::verification::{Gap, Known, Reason, Verdict, Warning};
use world::{INDEX, LIST, Party, World, at};

const TOKEN_LIST: &str = "https://uni.example/status/token/1";

#[track_caller]
fn rejects_only(verdict: &Verdict, expected: impl Fn(&Reason) -> bool) {
    assert_eq!((verdict.reasons().len(), verdict.gaps().len()), (1, 0), "{verdict:#?}");
    assert!(expected(&verdict.reasons()[0].what), "{verdict:#?}");
}

#[track_caller]
fn leaves_open(verdict: &Verdict, expected: impl Fn(&Gap) -> bool) {
    assert_eq!((verdict.reasons().len(), verdict.gaps().len()), (0, 1), "{verdict:#?}");
    assert!(expected(&verdict.gaps()[0].what), "{verdict:#?}");
}

#[track_caller]
fn warnings(verdict: &Verdict) -> Vec<Warning> {
    let verified = verdict.verified().unwrap_or_else(|| panic!("{verdict:#?}"));
    verified.warnings().iter().map(|finding| finding.what.clone()).collect()
}

// Bitstring Status List 1.0.

fn terms(purposes: Vec<StatusPurpose>) -> ListTerms {
    ListTerms {
        url: LIST.to_owned(),
        issuer: World::new().university.did,
        purposes,
        valid_from: at("2026-03-01T00:00:00Z"),
        valid_until: None,
        ttl: None,
    }
}

/// A world whose diploma has the entry, and whose list has the value in its place.
fn bitstring(entry: BitstringEntry, value: u8, terms: &ListTerms) -> World {
    let mut world = World::new();
    let mut list = StatusList::new(MINIMUM_ENTRIES, entry.size).expect("a list");
    list.set(entry.index, value).expect("in range");
    world.diploma.insert("credentialStatus".to_owned(), Value::Object(entry.to_json()));
    let options = world.university.options(Kind::Credential, Mechanism::EddsaRdfc2022);
    world.know_list(world.university.sign(list.to_credential(terms), &options));
    world
}

fn message(size: u8) -> BitstringEntry {
    let words = ["pending_review", "accepted", "rejected", "undefined"];
    let messages =
        words.iter().enumerate().map(|(value, word)| StatusMessage { value: value as u8, message: (*word).to_owned() });
    BitstringEntry {
        size,
        messages: messages.take(1 << size).collect(),
        references: vec!["https://uni.example/status-dictionary/".to_owned()],
        ..BitstringEntry::new(StatusPurpose::Message, INDEX, LIST)
    }
}

#[test]
fn message_of_the_issuer_is_told_whatever_its_value() {
    for (size, value, meaning) in [(2, 0, "pending_review"), (2, 1, "accepted"), (2, 2, "rejected"), (1, 1, "accepted")] {
        let world = bitstring(message(size), value, &terms(vec![StatusPurpose::Message]));
        let told = Warning::StatusMessage { list: LIST.to_owned(), value, meaning: meaning.to_owned() };
        assert_eq!(warnings(&world.verdict()), [told]);
    }
    // One bit without messages is "set" or "unset" (Bitstring Status List §2.1).
    let plain = BitstringEntry::new(StatusPurpose::Message, INDEX, LIST);
    let world = bitstring(plain.clone(), 1, &terms(vec![StatusPurpose::Message]));
    assert!(matches!(&warnings(&world.verdict())[..], [Warning::StatusMessage { meaning, .. }] if meaning == "set"));
    assert_eq!(warnings(&bitstring(plain, 0, &terms(vec![StatusPurpose::Message])).verdict()), []);
}

#[test]
fn newer_credential_is_told_of() {
    let entry = BitstringEntry::new(StatusPurpose::Refresh, INDEX, LIST);
    let world = bitstring(entry.clone(), 1, &terms(vec![StatusPurpose::Refresh]));
    assert_eq!(warnings(&world.verdict()), [Warning::RefreshAvailable { list: LIST.to_owned() }]);
    assert_eq!(warnings(&bitstring(entry, 0, &terms(vec![StatusPurpose::Refresh])).verdict()), []);
}

#[test]
fn purpose_of_the_issuers_own_leaves_the_verdict_open_once_it_is_set() {
    let entry = BitstringEntry::new(StatusPurpose::Other("audited".to_owned()), INDEX, LIST);
    let world = bitstring(entry.clone(), 1, &terms(vec![entry.purpose.clone()]));
    leaves_open(&world.verdict(), |gap| matches!(gap, Gap::Unsupported { .. }));
    assert_eq!(warnings(&bitstring(entry.clone(), 0, &terms(vec![entry.purpose])).verdict()), []);
}

#[test]
fn every_entry_counts_and_one_list_may_serve_several_purposes() {
    let both = [StatusPurpose::Revocation, StatusPurpose::Suspension];
    let entries = |indexes: [u64; 2]| -> Value {
        let entry =
            |(purpose, index): (&StatusPurpose, u64)| Value::Object(BitstringEntry::new(purpose.clone(), index, LIST).to_json());
        both.iter().zip(indexes).map(entry).collect()
    };
    let mut world = bitstring(BitstringEntry::new(StatusPurpose::Revocation, INDEX, LIST), 1, &terms(both.to_vec()));
    world.diploma.insert("credentialStatus".to_owned(), entries([5, 6]));
    let verdict = world.verdict();
    assert_eq!(warnings(&verdict), []);
    assert_eq!(verdict.basis().status_lists.len(), 1);
    world.diploma.insert("credentialStatus".to_owned(), entries([5, INDEX]));
    rejects_only(&world.verdict(), |reason| matches!(reason, Reason::Suspended { .. }));
    world.diploma.insert("credentialStatus".to_owned(), entries([INDEX, 6]));
    rejects_only(&world.verdict(), |reason| matches!(reason, Reason::Revoked { .. }));
}

#[test]
fn list_outside_its_own_validity_says_nothing() {
    let entry = || BitstringEntry::new(StatusPurpose::Revocation, INDEX, LIST);
    let purposes = || vec![StatusPurpose::Revocation];
    let past = ListTerms { valid_until: Some(at("2026-03-01T11:00:00Z")), ..terms(purposes()) };
    let future = ListTerms { valid_from: at("2026-03-05T00:00:00Z"), ..terms(purposes()) };
    for terms in [past, future] {
        for value in [0, 1] {
            leaves_open(&bitstring(entry(), value, &terms).verdict(), |gap| matches!(gap, Gap::StatusNotGood { .. }));
        }
    }
}

#[test]
fn time_to_live_asks_for_a_newer_list_and_the_policy_says_what_is_stale() {
    let terms = ListTerms { ttl: Some(Duration::from_secs(60)), ..terms(vec![StatusPurpose::Revocation]) };
    let mut world = bitstring(BitstringEntry::new(StatusPurpose::Revocation, INDEX, LIST), 0, &terms);
    let aged = |world: &mut World, as_of: &str| {
        let Some(Known::Found { what, .. }) = world.evidence.status_lists.remove(LIST) else { panic!("it is known") };
        world.evidence.status_lists.insert(LIST.to_owned(), Known::Found { what, as_of: at(as_of) });
    };
    aged(&mut world, "2026-02-27T12:00:00Z");
    let verdict = world.verdict();
    assert_eq!(warnings(&verdict), []);
    assert_eq!(verdict.basis().status_lists[0].as_of, at("2026-02-27T12:00:00Z"));
    world.expected.status_max_age = 24 * 3600;
    leaves_open(&world.verdict(), |gap| matches!(gap, Gap::StatusStale { as_of, .. } if *as_of == at("2026-02-27T12:00:00Z")));
}

#[test]
fn list_that_is_too_short_or_ends_before_the_entry_leaves_the_verdict_open() {
    let terms = terms(vec![StatusPurpose::Revocation]);
    for (index, size) in [(MINIMUM_ENTRIES, 1), (u64::MAX, 1), (INDEX, 2)] {
        let mut world = bitstring(BitstringEntry::new(StatusPurpose::Revocation, 0, LIST), 0, &terms);
        let mut entry = BitstringEntry::new(StatusPurpose::Revocation, index, LIST).to_json();
        if size == 2 {
            entry.extend(message(2).to_json().into_iter().filter(|(name, _)| name == "statusSize" || name == "statusMessage"));
        }
        world.diploma.insert("credentialStatus".to_owned(), Value::Object(entry));
        leaves_open(&world.verdict(), |gap| matches!(gap, Gap::StatusNotGood { .. }));
    }
}

#[test]
fn list_secured_by_a_token_serves_as_well() {
    let mut world = World::new();
    for mechanism in [Mechanism::Jwt, Mechanism::Cose, Mechanism::EddsaJcs2022] {
        let body = world.status_list(&[INDEX]).body().clone();
        world.know_list(world.university.sign(body, &world.university.options(Kind::Credential, mechanism)));
        rejects_only(&world.verdict(), |reason| matches!(reason, Reason::Revoked { .. }));
    }
}

// Token Status List.

/// A diploma of the world in a JWT with a `status` claim.
fn referenced(world: &World, index: u64) -> Secured {
    let mut payload = world.diploma.clone();
    payload.remove("credentialStatus");
    payload.insert("status".to_owned(), TokenEntry { index, list: TOKEN_LIST.to_owned() }.to_claim());
    world.university.sign(payload, &world.university.options(Kind::Credential, Mechanism::Jwt))
}

fn list(value: u8, bits: u8) -> TokenStatusList {
    let mut list = TokenStatusList::new(1000, bits).expect("a list");
    list.set(7, value).expect("in range");
    list
}

fn list_options(party: &Party, mechanism: Mechanism) -> ProofOptions {
    ProofOptions { expires: Some(at("2026-03-08T12:00:00Z")), ..party.options(Kind::StatusList, mechanism) }
}

fn signed(party: &Party, list: &TokenStatusList, change: impl FnOnce(&mut TokenListTerms, &mut ProofOptions)) -> Secured {
    let mut terms = TokenListTerms { uri: TOKEN_LIST.to_owned(), ttl: Some(Duration::from_secs(60)), aggregation: None };
    let mut options = list_options(party, Mechanism::Jwt);
    change(&mut terms, &mut options);
    party.sign(list.to_claims(&terms), &options)
}

fn judge(world: &mut World, list: Secured) -> Verdict {
    let known = Known::Found { what: list, as_of: world.now.clone() };
    world.evidence.status_lists.insert(TOKEN_LIST.to_owned(), known);
    let presented = world.present(&referenced(world, 7));
    world.verify(&presented)
}

#[test]
fn status_types_lead_to_their_verdicts_in_both_forms() {
    let mut world = World::new();
    for mechanism in [Mechanism::Jwt, Mechanism::Cose] {
        for bits in [1, 2, 4, 8] {
            let judge = |world: &mut World, value| {
                let list = signed(&world.university, &list(value, bits), |_, options| options.mechanism = mechanism);
                judge(world, list)
            };
            assert_eq!(warnings(&judge(&mut world, 0)), []);
            rejects_only(&judge(&mut world, 1), |reason| matches!(reason, Reason::Revoked { .. }));
            if bits > 1 {
                rejects_only(&judge(&mut world, 2), |reason| matches!(reason, Reason::Suspended { .. }));
                leaves_open(&judge(&mut world, 3), |gap| matches!(gap, Gap::Unsupported { .. }));
            }
        }
    }
}

#[test]
fn token_list_that_does_not_stand_clears_and_rejects_nobody() {
    let mut world = World::new();
    let mallory = Party::holder(KeyAlgorithm::Ed25519, 66);
    let known = Known::Found { what: mallory.resolution(), as_of: world.now.clone() };
    world.evidence.resolutions.insert(mallory.did.clone(), known);
    let impostor = Party {
        did: world.university.did.clone(),
        fragment: "delegate-1".to_owned(),
        ..Party::holder(KeyAlgorithm::Ed25519, 66)
    };
    for value in [0, 1] {
        let list = list(value, 1);
        let university = &world.university;
        let bad = [
            ("by another", signed(&mallory, &list, |_, _| {})),
            ("by another key", signed(&impostor, &list, |_, _| {})),
            ("of another URI", signed(university, &list, |terms, _| terms.uri = "https://uni.example/status/token/2".to_owned())),
            ("expired", signed(university, &list, |_, options| options.expires = Some(at("2026-03-01T12:00:30Z")))),
            ("from the future", signed(university, &list, |_, options| options.created = at("2026-03-02T12:00:00Z"))),
            ("of the other format", world.status_list(&[7])),
        ];
        for (what, list) in bad {
            let verdict = judge(&mut world, list);
            assert!(matches!(verdict.gaps(), [gap] if matches!(gap.what, Gap::StatusNotGood { .. })), "{what} {verdict:#?}");
            assert_eq!(verdict.word(), "undetermined", "{what}");
        }
    }
}

#[test]
fn age_of_a_token_list_is_that_of_its_signature() {
    let mut world = World::new();
    let old = signed(&world.university, &list(0, 1), |_, options| options.created = at("2026-02-01T00:00:00Z"));
    leaves_open(
        &judge(&mut world, old.clone()),
        |gap| matches!(gap, Gap::StatusStale { as_of, .. } if *as_of == at("2026-02-01T00:00:00Z")),
    );
    world.expected.status_max_age = 60 * 24 * 3600;
    assert_eq!(judge(&mut world, old).basis().status_lists[0].as_of, at("2026-02-01T00:00:00Z"));
}

#[test]
fn token_list_is_by_the_credentials_issuer_also_when_it_names_only_a_key_or_nothing() {
    let mut world = World::new();
    let token = |party: &Party, header: Value, iss: Option<&str>| {
        let terms = TokenListTerms { uri: TOKEN_LIST.to_owned(), ttl: None, aggregation: None };
        let mut claims = list(1, 1).to_claims(&terms);
        claims.insert("iat".to_owned(), at("2026-03-01T12:00:00Z").unix().into());
        claims.extend(iss.map(|iss| ("iss".to_owned(), iss.into())));
        let encode = |text: String| BASE64_URL_SAFE_NO_PAD.encode(text);
        let input = format!("{}.{}", encode(header.to_string()), encode(Value::Object(claims).to_string()));
        let signature = BASE64_URL_SAFE_NO_PAD.encode(party.key.sign(input.as_bytes()));
        Secured::read(&format!("{input}.{signature}")).expect("a list")
    };
    let plain = json!({ "alg": "EdDSA", "typ": "statuslist+jwt" });
    let named = json!({ "alg": "EdDSA", "typ": "statuslist+jwt", "kid": "delegate-1" });
    let did = world.university.did.to_string();
    for (header, iss) in [(&plain, None), (&named, None), (&plain, Some(did.as_str())), (&named, Some(did.as_str()))] {
        let list = token(&world.university, header.clone(), iss);
        rejects_only(&judge(&mut world, list), |reason| matches!(reason, Reason::Revoked { .. }));
        let mallory = Party::new(&did, KeyAlgorithm::Ed25519, 66);
        let forged = token(&mallory, header.clone(), iss);
        leaves_open(&judge(&mut world, forged), |gap| matches!(gap, Gap::StatusNotGood { .. }));
    }
    let other = token(
        &world.university,
        json!({ "alg": "EdDSA", "typ": "statuslist+jwt", "kid": world.university.method() }),
        Some("did:web:other.example"),
    );
    leaves_open(&judge(&mut world, other), |gap| matches!(gap, Gap::StatusNotGood { .. }));
}

#[test]
fn status_claim_is_followed_to_its_end() {
    let mut world = World::new();
    let presented = world.present(&referenced(&world, 7));
    leaves_open(&world.verify(&presented), |gap| matches!(gap, Gap::StatusMissing { .. }));
    let list = signed(&world.university, &list(0, 1), |_, _| {});
    judge(&mut world, list);
    let past = world.present(&referenced(&world, 1000));
    leaves_open(&world.verify(&past), |gap| matches!(gap, Gap::StatusNotGood { .. }));
    let with = |status: Value| {
        let mut payload = world.diploma.clone();
        payload.insert("status".to_owned(), status);
        let credential = world.university.sign(payload, &world.university.options(Kind::Credential, Mechanism::Jwt));
        world.verify(&world.present(&credential))
    };
    leaves_open(&with(json!({ "identifier_list": {} })), |gap| matches!(gap, Gap::Unsupported { .. }));
    rejects_only(&with(json!({ "status_list": { "idx": -1, "uri": TOKEN_LIST } })), |reason| {
        matches!(reason, Reason::Malformed { .. })
    });
    rejects_only(&with(json!("good")), |reason| matches!(reason, Reason::Malformed { .. }));
}
