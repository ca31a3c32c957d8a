//! Documents with more than one proof, and proofs of every suite, as verification judges them (VC Data Integrity §2.1, §4.4, §4.5).

#[path = "support/world.rs"]
mod world;

use serde_json::{Map, Value, json};
use wallet_core::did::Did;
use wallet_core::key::{KeyAlgorithm, SecretKey};
use wallet_core::securing::{Kind, Mechanism, ProofOptions, Secured};
use wallet_core::verification::{Gap, Known, Presenter, Reason, Verdict, Warning};
use world::{AUDIENCE, Party, World, presentation};

const IDS: [&str; 3] = ["urn:uuid:0a1", "urn:uuid:0a2", "urn:uuid:0a3"];

/// Every suite that can be written, with the kinds of key it signs with.
const SUITES: [(Mechanism, KeyAlgorithm); 6] = [
    (Mechanism::EddsaRdfc2022, KeyAlgorithm::Ed25519),
    (Mechanism::EddsaJcs2022, KeyAlgorithm::Ed25519),
    (Mechanism::EcdsaRdfc2019, KeyAlgorithm::P256),
    (Mechanism::EcdsaRdfc2019, KeyAlgorithm::P384),
    (Mechanism::EcdsaJcs2019, KeyAlgorithm::P256),
    (Mechanism::EcdsaJcs2019, KeyAlgorithm::P384),
];

fn secret_key(algorithm: KeyAlgorithm, byte: u8) -> SecretKey {
    let length = if algorithm == KeyAlgorithm::P384 { 48 } else { 32 };
    SecretKey::from_bytes(algorithm, &vec![byte; length]).expect("a scalar in range")
}

/// A party whose DID is its key.
fn party(algorithm: KeyAlgorithm, byte: u8) -> Party {
    let key = secret_key(algorithm, byte);
    let fragment = key.public_key().to_multikey();
    Party { did: format!("did:key:{fragment}").parse().expect("a DID"), key, fragment }
}

fn know(world: &mut World, party: &Party) {
    let what = party.resolution();
    world.evidence.resolutions.insert(party.did.clone(), Known::Found { what, as_of: world.now.clone() });
}

/// A world where a bare diploma is enough.
fn lenient() -> World {
    let mut world = World::new();
    world.expected.presenter = Presenter::Anyone;
    world
}

fn document(secured: &Secured) -> Map<String, Value> {
    serde_json::from_str(secured.text()).expect("a JSON object")
}

fn read(document: Map<String, Value>) -> Secured {
    Secured::read(&Value::Object(document).to_string()).expect("a secured document")
}

fn link(mechanism: Mechanism, party: &Party, id: &str, previous: &[&str]) -> ProofOptions {
    let previous = previous.iter().map(|id| (*id).to_owned()).collect();
    ProofOptions { id: Some(id.to_owned()), previous, ..party.options(Kind::Credential, mechanism) }
}

#[track_caller]
fn rejected_for(verdict: &Verdict, expected: impl Fn(&Reason) -> bool) {
    assert!(verdict.reasons().iter().any(|finding| expected(&finding.what)), "{verdict:#?}");
}

#[track_caller]
fn accepted(verdict: &Verdict) {
    assert_eq!(verdict.word(), "accepted", "{verdict:#?}");
}

#[test]
fn diploma_and_presentation_of_every_suite_and_curve_are_accepted_and_altered_rejected() {
    for (mechanism, algorithm) in SUITES {
        let mut world = World::new();
        // The university's registry entry stays; its key is another.
        world.university.key = secret_key(algorithm, 1);
        let university = world.university.resolution();
        let did: Did = world.university.did.clone();
        world.registry_says(&did, |known| *known = university);
        let list = world.status_list_by(mechanism);
        world.know_list(list);
        let graduate = party(algorithm, 9);
        know(&mut world, &graduate);
        world.diploma["credentialSubject"]["id"] = json!(graduate.did);
        let diploma = world.issue_with(|options| options.mechanism = mechanism);
        let asked = graduate.options(Kind::Presentation, mechanism);
        let presented = graduate.sign(presentation(&graduate.did, &diploma), &asked);
        accepted(&world.verify(&presented));

        let altered = presented.text().replace("BachelorDegree", "DoctoralDegree");
        rejected_for(&world.verify(&Secured::read(&altered).expect("well-formed")), |r| *r == Reason::BadSignature);
        let other = presented.text().replace(AUDIENCE, "museo.example");
        rejected_for(&world.verify(&Secured::read(&other).expect("well-formed")), |r| matches!(r, Reason::WrongAudience { .. }));
    }
}

#[test]
fn co_signed_diploma_is_accepted_when_every_proof_of_the_set_is_good() {
    let mut world = lenient();
    let ministry = party(KeyAlgorithm::P384, 5);
    let issued = world.issue();
    let both = ministry.sign(document(&issued), &ministry.options(Kind::Credential, Mechanism::EcdsaJcs2019));
    // Whose key it is that co-signed is not known yet.
    let verdict = world.verify(&both);
    assert!(matches!(&verdict.gaps()[0].what, Gap::Unresolved { did, .. } if *did == ministry.did), "{verdict:#?}");
    know(&mut world, &ministry);
    accepted(&world.verify(&both));

    let mut forged = document(&both);
    forged["proof"][1]["proofValue"] = forged["proof"][0]["proofValue"].clone();
    assert_eq!(world.verify(&read(forged)).word(), "rejected");
    let mut without_issuer = document(&both);
    without_issuer["proof"].as_array_mut().expect("a list").remove(0);
    rejected_for(&world.verify(&read(without_issuer)), |r| matches!(r, Reason::SignerMismatch { .. }));
}

/// The university signs, its ministry signs that it did, and a notary signs both.
fn approved(world: &mut World) -> Secured {
    let (ministry, notary) = (party(KeyAlgorithm::P256, 5), party(KeyAlgorithm::Ed25519, 6));
    know(world, &ministry);
    know(world, &notary);
    let first = world.issue_with(|options| options.id = Some(IDS[0].to_owned()));
    let second = ministry.sign(document(&first), &link(Mechanism::EcdsaRdfc2019, &ministry, IDS[1], &[IDS[0]]));
    notary.sign(document(&second), &link(Mechanism::EddsaJcs2022, &notary, IDS[2], &[IDS[0], IDS[1]]))
}

#[test]
fn chain_of_approvals_is_accepted() {
    let mut world = lenient();
    let approved = approved(&mut world);
    accepted(&world.verify(&approved));
}

#[test]
fn chain_with_a_link_broken_missing_or_replaced_is_rejected() {
    let mut world = lenient();
    let good = approved(&mut world);
    let with = |change: &dyn Fn(&mut Vec<Value>)| {
        let mut document = document(&good);
        change(document["proof"].as_array_mut().expect("a list"));
        world.verify(&read(document))
    };
    for at in [0, 1] {
        rejected_for(&with(&|proofs| drop(proofs.remove(at))), |r| matches!(r, Reason::Malformed { .. }));
        rejected_for(&with(&|proofs| proofs[at]["created"] = json!("2026-02-27T00:00:00Z")), |r| *r == Reason::BadSignature);
    }
    // A later proof of the same key, good in itself, in the place of the one that was followed.
    let again = world.issue_with(|options| {
        options.id = Some(IDS[0].to_owned());
        options.created = world::at("2026-02-28T12:00:00Z");
    });
    rejected_for(&with(&|proofs| proofs[0] = document(&again)["proof"].clone()), |r| *r == Reason::BadSignature);
    rejected_for(&with(&|proofs| proofs[0]["previousProof"] = json!(IDS[2])), |r| matches!(r, Reason::Malformed { .. }));
    accepted(&with(&|proofs| drop(proofs.remove(2))));
}

#[test]
fn chain_whose_middle_link_nobody_can_resolve_is_undetermined() {
    let mut world = lenient();
    let approved = approved(&mut world);
    world.evidence.resolutions.remove(&party(KeyAlgorithm::P256, 5).did);
    assert_eq!(world.verify(&approved).word(), "undetermined");
}

#[test]
fn link_that_follows_a_proof_of_an_unknown_suite_is_undetermined() {
    let world = lenient();
    let mut diploma = world.diploma.clone();
    diploma.insert("proof".to_owned(), json!({ "type": "QuipuSignature2030", "id": IDS[0], "knots": 7 }));
    let link = link(Mechanism::EddsaJcs2022, &world.university, IDS[1], &[IDS[0]]);
    let verdict = world.verify(&world.university.sign(diploma.clone(), &link));
    assert!(matches!(&verdict.gaps()[0].what, Gap::Unsupported { what } if what.contains("QuipuSignature2030")), "{verdict:#?}");
    assert_eq!((verdict.word(), verdict.gaps().len()), ("undetermined", 1));
    // Beside it, and not after it, the university's proof stands on its own.
    let beside = world.university.sign(diploma, &world.university.options(Kind::Credential, Mechanism::EddsaJcs2022));
    let verdict = world.verify(&beside);
    let unchecked = Warning::UncheckedProof { mechanism: "QuipuSignature2030".to_owned() };
    assert!(verdict.verified().expect("accepted").warnings().iter().any(|w| w.what == unchecked), "{verdict:#?}");
}

#[test]
fn proof_of_another_while_the_issuers_is_of_an_unknown_suite_is_undetermined() {
    let mut world = lenient();
    let ministry = party(KeyAlgorithm::P256, 5);
    know(&mut world, &ministry);
    let mut diploma = world.diploma.clone();
    diploma.insert("proof".to_owned(), json!({ "type": "QuipuSignature2030", "knots": 7 }));
    let signed = ministry.sign(diploma, &ministry.options(Kind::Credential, Mechanism::EcdsaJcs2019));
    assert_eq!(world.verify(&signed).word(), "undetermined");
}

#[test]
fn proof_for_a_purpose_nobody_knows_is_rejected() {
    let world = lenient();
    let text = world.issue().text().replace("\"assertionMethod\"", "\"https://example.org/pleasure\"");
    rejected_for(&world.verify(&Secured::read(&text).expect("well-formed")), |r| matches!(r, Reason::WrongPurpose { .. }));
}

#[test]
fn presentation_for_other_domains_besides_is_rejected() {
    let world = World::new();
    let diploma = world.issue();
    let asked = world.graduate.options(Kind::Presentation, Mechanism::EcdsaJcs2019);
    let presented = world.graduate.sign(presentation(&world.graduate.did, &diploma), &asked);
    accepted(&world.verify(&presented));
    let text = presented.text().replace(&format!("\"{AUDIENCE}\""), &format!("[\"{AUDIENCE}\",\"museo.example\"]"));
    let verdict = world.verify(&Secured::read(&text).expect("well-formed"));
    rejected_for(&verdict, |r| matches!(r, Reason::WrongAudience { audience } if audience.len() == 2));
}

#[test]
fn presentation_signed_by_two_holders_needs_both() {
    let mut world = World::new();
    let guardian = party(KeyAlgorithm::Ed25519, 8);
    know(&mut world, &guardian);
    let asked = |party: &Party, mechanism| party.options(Kind::Presentation, mechanism);
    let graduate = &world.graduate;
    let one = graduate.sign(presentation(&graduate.did, &world.issue()), &asked(graduate, Mechanism::EcdsaRdfc2019));
    let both = guardian.sign(document(&one), &asked(&guardian, Mechanism::EddsaRdfc2022));
    accepted(&world.verify(&both));
    let mut late = document(&both);
    late["proof"][1]["challenge"] = json!("another");
    rejected_for(&world.verify(&read(late)), |r| *r == Reason::WrongNonce);
}
