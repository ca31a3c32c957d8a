//! SD-JWT credentials from the issuer to the verdict: one good one, then one thing broken in it at a time.

#[path = "support/authority.rs"]
mod authority;
#[path = "sd_jwt/certificates.rs"]
mod certificates;
#[path = "support/packs.rs"]
mod packs;
#[path = "support/world.rs"]
mod world;

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use packs::Signer;
use serde_json::{Map, Value, json};
use wallet_core::credential::ModelVersion;
use wallet_core::did::VerificationRelationship;
use wallet_core::error::Result;
use wallet_core::json::JsonPointer;
use wallet_core::key::{KeyAlgorithm, SecretKey};
use wallet_core::language::Language;
use wallet_core::platform::{MemoryStorage, SoftwareKeystore, system_rng};
use wallet_core::ports::{HttpRequest, HttpResponse, Network, Reach};
use wallet_core::seal::{Cost, Passphrase, SealingKey};
use wallet_core::securing::linked_data::Contexts;
use wallet_core::securing::sd_jwt::type_metadata::TypeMetadata;
use wallet_core::securing::sd_jwt::{self, IssuerMetadata};
use wallet_core::securing::{Disclosure, Mechanism, ProofOptions, Secured, prepare_disclosable};
use wallet_core::store::{Format, Occurrence, Protection, StoreKey};
use wallet_core::trust_pack::Entries;
use wallet_core::verification::{Expectations, Gap, Known, Presenter, Reason, Verdict, Warning};
use wallet_core::verifier::Verifier;
use wallet_core::wallet::{Part, Wallet};
use world::{AUDIENCE, NONCE, Party, World, at, object};

const VCT: &str = "urn:eudi:pid:1";
const WEB: &str = "https://pid.example/issuer";

fn pointers(texts: &[&str]) -> Vec<JsonPointer> {
    texts.iter().map(|text| text.parse().expect("a pointer")).collect()
}

fn pid() -> Map<String, Value> {
    object(json!({
        "vct": VCT, "exp": 1_900_000_000, "given_name": "Erika", "family_name": "Mustermann", "age_equal_or_over": { "18": true },
        "nationalities": ["DE", "PE"],
    }))
}

const CONCEALED: [&str; 5] = ["/given_name", "/family_name", "/age_equal_or_over/18", "/nationalities/0", "/nationalities/1"];

fn only(concealed: &[&str], holder: &SecretKey) -> Disclosure {
    Disclosure::Only { pointers: pointers(concealed), decoys: 1, holder: Some(holder.public_key()) }
}

fn issue(issuer: &Party, claims: Map<String, Value>, mechanism: Mechanism, disclosure: Disclosure) -> Secured {
    let purpose = VerificationRelationship::AssertionMethod;
    let options =
        ProofOptions { disclosure, ..ProofOptions::new(mechanism, issuer.method(), purpose, at("2026-03-01T12:00:00Z")) };
    let key = issuer.key.public_key();
    let unsigned =
        prepare_disclosable(claims, &options, &key, &Contexts::bundled(), &mut system_rng()).expect("it can be signed");
    let signature = issuer.key.sign(unsigned.message());
    unsigned.finish(&signature).expect("the signature fits")
}

/// A PID of the university's, given to the graduate.
fn good(world: &World) -> Secured {
    issue(&world.university, pid(), Mechanism::SdJwtVc, only(&CONCEALED, &world.graduate.key))
}

fn show(secured: &Secured, claims: &[&str]) -> Secured {
    secured.disclose(&pointers(claims), &Contexts::bundled(), &mut system_rng()).expect("they are there")
}

fn bind(world: &World, shown: &Secured, nonce: &str, audience: &str) -> Secured {
    let unsigned = shown.bind(nonce, audience, &world.graduate.key.public_key(), &world.now).expect("the holder's key");
    let signature = world.graduate.key.sign(unsigned.message());
    unsigned.finish(&signature).expect("the signature fits")
}

/// An SD-JWT with this header and these claims, signed by `key`.
fn signed(header: Value, claims: Map<String, Value>, holder: &SecretKey, key: &SecretKey) -> Secured {
    let disclosure = only(&["/given_name"], holder);
    let unsigned = sd_jwt::prepare(object(header), claims, &disclosure, &key.public_key(), &mut system_rng()).expect("claims");
    let signature = key.sign(unsigned.message());
    Secured::read(unsigned.finish(&signature).expect("the signature fits").text()).expect("an SD-JWT VC")
}

#[track_caller]
fn rejects_only(verdict: &Verdict, expected: impl Fn(&Reason) -> bool) {
    assert!(matches!(verdict.reasons(), [one] if expected(&one.what)), "{verdict:#?}");
    assert!(verdict.gaps().is_empty(), "{verdict:#?}");
}

#[track_caller]
fn leaves_open(verdict: &Verdict, expected: impl Fn(&Gap) -> bool) {
    assert!(matches!(verdict, Verdict::Undetermined { .. }), "{verdict:#?}");
    assert!(matches!(verdict.gaps(), [one] if expected(&one.what)), "{verdict:#?}");
}

#[test]
fn bound_credential_is_a_presentation_of_itself() {
    let world = World::new();
    let presented = bind(&world, &show(&good(&world), &["/given_name", "/nationalities/1"]), NONCE, AUDIENCE);
    let verdict = world.verify(&presented);
    let verified = verdict.verified().unwrap_or_else(|| panic!("{verdict:#?}"));
    assert_eq!(verified.holder(), Some(&world.graduate.did));
    assert_eq!(verified.credentials()[0].version(), ModelVersion::SdJwtVc);
    assert_eq!(*verified.claims()[0], json!({ "age_equal_or_over": {}, "nationalities": ["PE"], "given_name": "Erika" }));
    assert!(verified.warnings().is_empty(), "{verdict:#?}");
}

#[test]
fn w3c_credential_as_sd_jwt_is_judged_like_any_other() {
    let mut world = World::new();
    let concealed = ["/credentialSubject/achievement/description", "/credentialSubject/identifier/0"];
    let credential = issue(&world.university, world.diploma.clone(), Mechanism::SdJwt, only(&concealed, &world.graduate.key));
    let shown = show(&credential, &["/credentialSubject/identifier/0"]);
    let verdict = world.verify(&bind(&world, &shown, NONCE, AUDIENCE));
    let verified = verdict.verified().unwrap_or_else(|| panic!("{verdict:#?}"));
    assert_eq!(verified.claims()[0]["identifier"][0]["identityHash"], "Lucía Fernández");
    assert_eq!(verified.claims()[0]["achievement"].get("description"), None);
    assert_eq!(verified.holder(), Some(&world.graduate.did));

    // In a presentation around it, the one who signs that is the subject.
    let verdict = world.verify(&world.present(&shown));
    assert!(matches!(verdict, Verdict::Accepted(_)), "{verdict:#?}");

    world.know_list(world.status_list(&[world::INDEX]));
    rejects_only(&world.verify(&bind(&world, &shown, NONCE, AUDIENCE)), |reason| matches!(reason, Reason::Revoked { .. }));
}

#[test]
fn unbound_credential_is_a_copy() {
    let mut world = World::new();
    let shown = show(&good(&world), &["/given_name"]);
    rejects_only(&world.verify(&shown), |reason| *reason == Reason::HolderBindingMissing);
    world.expected.presenter = Presenter::Anyone;
    let verdict = world.verify(&shown);
    assert_eq!(verdict.verified().expect("accepted").warnings()[0].what, Warning::Bearer);
}

#[test]
fn binding_is_checked_even_where_nobody_asked_for_it() {
    let mut world = World::new();
    let shown = show(&good(&world), &["/given_name"]);
    let bound = bind(&world, &shown, NONCE, AUDIENCE);
    let (_, binding) = bound.text().rsplit_once('~').expect("a tilde");
    let more = show(&good(&world), &["/family_name"]);
    let moved = Secured::read(&format!("{}{binding}", more.text())).expect("it can be read");
    for presenter in [Presenter::Subject, Presenter::Anyone] {
        world.expected.presenter = presenter;
        rejects_only(&world.verify(&moved), |reason| matches!(reason, Reason::HolderBindingBad { .. }));
        rejects_only(&world.verify(&bind(&world, &shown, "another", AUDIENCE)), |reason| *reason == Reason::WrongNonce);
        let elsewhere = bind(&world, &shown, NONCE, "elsewhere");
        rejects_only(&world.verify(&elsewhere), |reason| matches!(reason, Reason::WrongAudience { .. }));
        assert!(matches!(world.verify(&bound), Verdict::Accepted(_)));
    }
    (world.expected.nonce, world.expected.audience) = (None, None);
    assert!(matches!(world.verify(&bound), Verdict::Accepted(_)));
    world.expected.presenter = Presenter::Subject;
    leaves_open(&world.verify(&bound), |gap| *gap == Gap::FreshnessUnchecked);
}

#[test]
fn binding_of_another_day_or_by_another_holder_is_refused() {
    let mut world = World::new();
    let bound = bind(&world, &show(&good(&world), &[]), NONCE, AUDIENCE);
    let others = issue(&world.university, pid(), Mechanism::SdJwtVc, only(&CONCEALED, &Party::holder(KeyAlgorithm::P256, 9).key));
    let (_, binding) = bound.text().rsplit_once('~').expect("a tilde");
    let stolen = Secured::read(&format!("{}{binding}", others.text())).expect("it can be read");
    rejects_only(&world.verify(&stolen), |reason| matches!(reason, Reason::HolderBindingBad { .. }));
    world.now = at("2026-03-01T14:00:00Z");
    rejects_only(&world.verify(&bound), |reason| matches!(reason, Reason::HolderBindingBad { .. }));
}

#[test]
fn altered_swapped_and_injected_disclosures_are_refused() {
    let world = World::new();
    let bound = bind(&world, &show(&good(&world), &["/given_name", "/family_name"]), NONCE, AUDIENCE);
    let parts: Vec<&str> = bound.text().split('~').collect();
    let with = |parts: Vec<&str>| world.verify(&Secured::read(&parts.join("~")).expect("it can be read"));
    let forged = "WyJzYWx0IiwiZ2l2ZW5fbmFtZSIsIkV2YSJd";
    for altered in [
        vec![parts[0], forged, parts[2], parts[3]],
        vec![parts[0], parts[1], parts[2], forged, parts[3]],
        vec![parts[0], parts[1], parts[1], parts[3]],
    ] {
        rejects_only(&with(altered), |reason| matches!(reason, Reason::Malformed { .. }));
    }
    // In another order they are the same claims, but not what the holder signed.
    rejects_only(&with(vec![parts[0], parts[2], parts[1], parts[3]]), |reason| matches!(reason, Reason::HolderBindingBad { .. }));
}

#[test]
fn issuer_is_who_its_key_says() {
    let world = World::new();
    let attacker = Party::new("did:web:attacker.example", KeyAlgorithm::Ed25519, 7);
    let claims = |issuer: &str| {
        let mut claims = pid();
        claims.insert("iss".to_owned(), issuer.into());
        claims
    };
    let holder = &world.graduate.key;
    let header = |kid: &str| json!({ "typ": "dc+sd-jwt", "kid": kid });
    let verdict = |secured: &Secured| world.verify(&bind(&world, secured, NONCE, AUDIENCE));

    // The victim's name over the attacker's key, and the victim's key over the attacker's signature.
    let (victim, method) = (world.university.did.as_str(), world.university.method());
    let by_attacker = verdict(&signed(header(attacker.method().as_str()), claims(victim), holder, &attacker.key));
    assert!(by_attacker.reasons().iter().any(|one| matches!(one.what, Reason::SignerMismatch { .. })), "{by_attacker:#?}");
    let forged = verdict(&signed(header(method.as_str()), claims(victim), holder, &attacker.key));
    rejects_only(&forged, |reason| *reason == Reason::BadSignature);

    let nameless = verdict(&signed(header(method.as_str()), pid(), holder, &world.university.key));
    assert!(nameless.reasons().iter().any(|one| matches!(one.what, Reason::Malformed { .. })), "{nameless:#?}");
    let certified = json!({ "typ": "dc+sd-jwt", "x5c": ["MIIB"] });
    let certified = verdict(&signed(certified, pid(), holder, &world.university.key));
    assert!(certified.gaps().iter().any(|one| matches!(one.what, Gap::Unsupported { .. })), "{certified:#?}");
    assert!(certified.reasons().is_empty());
}

/// The world of an issuer that goes by a web address, and a credential of its.
fn web_world() -> (World, Secured) {
    let mut world = World::new();
    world.expected.issuers = wallet_core::verification::Issuers::Any;
    let mut claims = pid();
    claims.insert("iss".to_owned(), WEB.into());
    let header = json!({ "typ": "dc+sd-jwt", "kid": "signer-1" });
    let secured = signed(header, claims, &world.graduate.key, &world.university.key);
    let presented = bind(&world, &secured, NONCE, AUDIENCE);
    (world, presented)
}

fn key_set(key: &SecretKey, kid: &str) -> Value {
    let mut jwk = key.public_key().to_jwk();
    jwk["kid"] = kid.into();
    json!({ "keys": [jwk] })
}

fn know_keys(world: &mut World, keys: Value) {
    let text = json!({ "issuer": WEB, "jwks": keys }).to_string();
    let what = IssuerMetadata::read(&text, WEB).expect("metadata");
    world.evidence.issuers.insert(WEB.to_owned(), Known::Found { what, as_of: world.now.clone() });
}

#[test]
fn issuer_by_web_address_is_believed_as_its_server_is() {
    let (mut world, presented) = web_world();
    leaves_open(&world.verify(&presented), |gap| matches!(gap, Gap::IssuerKeysMissing { .. }));
    let keys = key_set(&world.university.key, "signer-1");
    know_keys(&mut world, keys);
    let verdict = world.verify(&presented);
    let verified = verdict.verified().unwrap_or_else(|| panic!("{verdict:#?}"));
    assert!(verified.warnings().iter().any(|one| one.what == Warning::IssuerBelieved { issuer: WEB.to_owned() }));
    assert_eq!(verified.basis().issuers[0].issuer, WEB);

    let others = key_set(&world.graduate.key, "signer-1");
    know_keys(&mut world, others);
    rejects_only(&world.verify(&presented), |reason| matches!(reason, Reason::WrongAlgorithm { .. }));
    let unnamed = key_set(&world.university.key, "signer-2");
    know_keys(&mut world, unnamed);
    rejects_only(&world.verify(&presented), |reason| matches!(reason, Reason::KeyNotInDocument { .. }));
    world.evidence.issuers.insert(WEB.to_owned(), Known::Impossible);
    rejects_only(&world.verify(&presented), |reason| matches!(reason, Reason::InvalidDid { .. }));
}

#[test]
fn old_keys_of_a_web_issuer_leave_the_verdict_open() {
    let (mut world, presented) = web_world();
    let keys = key_set(&world.university.key, "signer-1");
    know_keys(&mut world, keys);
    if let Some(Known::Found { as_of, .. }) = world.evidence.issuers.get_mut(WEB) {
        *as_of = at("2026-01-01T00:00:00Z");
    }
    leaves_open(&world.verify(&presented), |gap| matches!(gap, Gap::IssuerKeysStale { .. }));
}

#[test]
fn validity_ends_at_exp_and_begins_at_nbf() {
    let mut world = World::new();
    let mut claims = pid();
    claims.insert("nbf".to_owned(), at("2026-03-01T12:01:00Z").unix().into());
    claims.insert("exp".to_owned(), at("2026-03-01T12:02:00Z").unix().into());
    let secured = issue(&world.university, claims, Mechanism::SdJwtVc, only(&["/given_name"], &world.graduate.key));
    world.expected.presenter = Presenter::Anyone;
    let mut verdict = |now: &str| {
        world.now = at(now);
        world.verify(&secured)
    };
    rejects_only(&verdict("2026-03-01T12:00:59Z"), |reason| matches!(reason, Reason::NotYetValid { .. }));
    assert!(matches!(verdict("2026-03-01T12:01:00Z"), Verdict::Accepted(_)));
    assert!(matches!(verdict("2026-03-01T12:01:59Z"), Verdict::Accepted(_)));
    rejects_only(&verdict("2026-03-01T12:02:00Z"), |reason| matches!(reason, Reason::Expired { .. }));
}

#[test]
fn claims_of_the_wrong_kind_are_malformed() {
    let world = World::new();
    for (name, value) in [("vct", json!(7)), ("sub", json!([])), ("exp", json!("tomorrow")), ("status", json!("good"))] {
        let mut claims = pid();
        claims.insert(name.to_owned(), value);
        let secured = issue(&world.university, claims, Mechanism::SdJwtVc, only(&["/given_name"], &world.graduate.key));
        let verdict = world.verify(&bind(&world, &secured, NONCE, AUDIENCE));
        rejects_only(&verdict, |reason| matches!(reason, Reason::Malformed { .. }));
    }
}

#[test]
fn rules_of_the_type_are_kept_when_they_are_at_hand() {
    let mut world = World::new();
    let document = |claims: Value| json!({ "vct": VCT, "claims": claims }).to_string();
    let presented = bind(&world, &show(&good(&world), &["/given_name"]), NONCE, AUDIENCE);
    let mut with = |text: String| {
        world.evidence.type_metadata = BTreeMap::from([(VCT.to_owned(), text)]);
        world.verify(&presented)
    };
    let kept =
        json!([{ "path": ["given_name"], "sd": "always", "mandatory": true }, { "path": ["family_name"], "mandatory": true }]);
    assert!(matches!(with(document(kept)), Verdict::Accepted(_)));
    for broken in [json!([{ "path": ["given_name"], "sd": "never" }]), json!([{ "path": ["vct", "name"] }]), json!("none")] {
        rejects_only(&with(document(broken)), |reason| matches!(reason, Reason::TypeNotFollowed { .. }));
    }
    let child = json!({ "vct": VCT, "extends": "urn:eudi:pid" }).to_string();
    let verdict = with(child);
    assert!(matches!(verdict.verified().expect("accepted").warnings()[0].what, Warning::Profile { .. }));

    let mut claims = pid();
    claims.insert("vct#integrity".to_owned(), "sha256-AAAA".into());
    let secured = issue(&world.university, claims, Mechanism::SdJwtVc, only(&["/given_name"], &world.graduate.key));
    let presented = bind(&world, &secured, NONCE, AUDIENCE);
    rejects_only(&world.verify(&presented), |reason| matches!(reason, Reason::TypeNotFollowed { .. }));
    world.evidence.type_metadata.clear();
    assert!(matches!(world.verify(&presented), Verdict::Accepted(_)));
}

/// A network of a few pages.
struct Pages(BTreeMap<&'static str, String>);

#[async_trait]
impl Network for Pages {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse> {
        assert_eq!(request.reach, Reach::Public, "what a credential names is outside");
        let page = self.0.get(request.url.as_str());
        let status = if page.is_some() { 200 } else { 404 };
        Ok(HttpResponse { status, headers: Vec::new(), body: page.cloned().unwrap_or_default().into_bytes() })
    }
}

fn verifier(pages: &[(&'static str, String)]) -> Verifier {
    Verifier { network: Some(Arc::new(Pages(pages.iter().cloned().collect()))), ..Verifier::bare(Arc::new(MemoryStorage::new())) }
}

const WELL_KNOWN: &str = "https://pid.example/.well-known/jwt-vc-issuer/issuer";

#[tokio::test]
async fn keys_of_a_web_issuer_are_found_in_a_trust_pack() {
    let (world, presented) = web_world();
    let keys = key_set(&world.university.key, "signer-1");
    let mut entries = Entries::new();
    let elsewhere = json!({ "issuer": WEB, "jwks_uri": "https://keys.example/1" }).to_string();
    assert!(entries.add_issuer_metadata(WEB, &elsewhere, &world.now).is_err());
    entries.add_issuer_metadata(WEB, &json!({ "issuer": WEB, "jwks": keys }).to_string(), &world.now).expect("metadata");
    let pack = Signer::publisher(1).pack(entries, 1, &world.now);
    let verifier = Verifier::offline(Arc::new(pack), Arc::new(MemoryStorage::new())).expect("whole entries");
    let expected = Expectations::presentation(NONCE, AUDIENCE);
    let verdict = verifier.check(presented.text(), &expected, &world.now).await.expect("an SD-JWT VC");
    assert!(matches!(verdict, Verdict::Accepted(_)), "{verdict:#?}");
    assert_eq!(verdict.basis().issuers[0].as_of, world.now);
}

#[tokio::test]
async fn verifier_fetches_the_keys_of_a_web_issuer() {
    let (world, presented) = web_world();
    let keys = key_set(&world.university.key, "signer-1");
    let by_value = json!({ "issuer": WEB, "jwks": keys }).to_string();
    let by_name = json!({ "issuer": WEB, "jwks_uri": "https://keys.example/1" }).to_string();
    let others = json!({ "issuer": "https://attacker.example", "jwks": keys }).to_string();
    let expected = Expectations::presentation(NONCE, AUDIENCE);
    for (pages, accepted) in [
        (vec![(WELL_KNOWN, by_value)], true),
        (vec![(WELL_KNOWN, by_name.clone()), ("https://keys.example/1", keys.to_string())], true),
        (vec![(WELL_KNOWN, by_name)], false),
        (vec![(WELL_KNOWN, others)], false),
        (vec![(WELL_KNOWN, "{}".to_owned())], false),
        (vec![], false),
    ] {
        let verdict = verifier(&pages).check(presented.text(), &expected, &world.now).await.expect("an SD-JWT VC");
        match accepted {
            true => assert!(matches!(verdict, Verdict::Accepted(_)), "{verdict:#?}"),
            false => leaves_open(&verdict, |gap| matches!(gap, Gap::IssuerKeysMissing { .. })),
        }
    }
}

#[tokio::test]
async fn holder_keeps_shows_a_part_and_answers_once() {
    let now = at("2026-03-01T12:00:00Z");
    let passphrase = Passphrase::new("a holder's").expect("a passphrase");
    let light = Cost::new(8, 1).expect("a light cost");
    let keystore = SoftwareKeystore::create(Arc::new(MemoryStorage::new()), &passphrase, light).await.expect("a keystore");
    let key = StoreKey::Device(SealingKey::generate(&mut system_rng()));
    let storage = Arc::new(MemoryStorage::new());
    let mut wallet = Wallet::open(storage, Arc::new(keystore), &key, Cost::UNLOCK, &mut system_rng()).await.expect("a wallet");
    wallet.new_holder(KeyAlgorithm::P256, Protection::Software, &mut system_rng(), &now).await.expect("a key");
    let holder = wallet.key_references().await.expect("the keys").remove(0);

    // No subject is named: the issuer has named the holder's key.
    let issuer = Party::holder(KeyAlgorithm::Ed25519, 5);
    let disclosure = Disclosure::Only { pointers: pointers(&CONCEALED), decoys: 0, holder: Some(holder.public.clone()) };
    let issued = issue(&issuer, pid(), Mechanism::SdJwtVc, disclosure);
    let id = wallet.keep(&issued, "pid.example", Language::En, &mut system_rng(), &now).await.expect("kept");
    let held = wallet.credential(&id).await.expect("it is kept");
    assert_eq!((held.format, held.key.as_ref()), (Format::SdJwtVc, Some(&holder.id)));
    assert_eq!((held.text.as_str(), held.display.title.as_str()), (issued.text(), VCT));
    let documents = json!({ "vct": VCT, "display": [{ "locale": "en", "name": "National identity" }] }).to_string();
    let metadata = TypeMetadata::resolve(VCT, None, &BTreeMap::from([(VCT.to_owned(), documents)])).expect("type metadata");
    wallet.describe(&id, &metadata, Language::En, &mut system_rng()).await.expect("described");
    assert_eq!(wallet.credential(&id).await.expect("it is kept").display.title, "National identity");

    let verifier = verifier(&[]);
    let request = verifier.ask(AUDIENCE, "Age", &[VCT], &mut system_rng(), &now).await.expect("a request");
    assert_eq!(wallet.candidates(&request).await.expect("the credentials")[0].len(), 1);
    let contexts = Contexts::bundled();
    assert!(wallet.present(&request, &[id], &contexts, &mut system_rng(), &now).await.is_err());
    let part = Part { credential: id, claims: pointers(&["/age_equal_or_over/18"]) };
    let answer = wallet.present_part(&request, &part, &contexts, &mut system_rng(), &now).await.expect("signed");
    assert!(wallet.keep(&answer, "anybody", Language::En, &mut system_rng(), &now).await.is_err());

    let expected = Expectations::default();
    let verdict = verifier.check_answer(answer.text(), &request, expected.clone(), &now).await.expect("an SD-JWT VC");
    let verified = verdict.verified().unwrap_or_else(|| panic!("{verdict:#?}"));
    assert_eq!(*verified.claims()[0], json!({ "age_equal_or_over": { "18": true }, "nationalities": [] }));
    assert_eq!(verified.holder(), Some(&holder.did));
    let again = verifier.check_answer(answer.text(), &request, expected, &now).await.expect("an SD-JWT VC");
    rejects_only(&again, |reason| *reason == Reason::NonceUsed);

    let history = wallet.history().await.expect("the history");
    let shown = history.iter().find_map(|event| match &event.what {
        Occurrence::Shown { items, to, .. } => Some((items[0].claims.clone(), to.clone())),
        _ => None,
    });
    assert_eq!(shown, Some((vec!["/age_equal_or_over/18".to_owned()], Some(AUDIENCE.to_owned()))));
}
