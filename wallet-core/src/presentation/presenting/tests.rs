//! What leaves the wallet, and how it is bound to one request of one verifier.

use getrandom::SysRng;
use getrandom::rand_core::UnwrapErr;
use serde_json::{Map, Value, json};

use super::*;
use crate::credential::ClaimPath;
use crate::did;
use crate::json::JsonPointer;
use crate::key::{KeyAlgorithm, SecretKey};
use crate::oauth::OAuthErrorCode;
use crate::presentation::dcql::tests::held::{held, key, options, sd_jwt_vc, sign, w3c};
use crate::presentation::dcql::{Choices, DcqlQuery, Need, SelectedClaim, Selection};
use crate::presentation::request::TransactionData;
use crate::presentation::{Signer, VpFormats};
use crate::securing::linked_data::Contexts;
use crate::securing::sd_jwt::HashAlgorithm;
use crate::securing::{Disclosure, Mechanism, ProofOptions, Secured};
use crate::time::Timestamp;

const V2: &str = "https://www.w3.org/ns/credentials/v2";
const BADGES: &str = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json";
const NONCE: &str = "n-0S6_WzA2Mj";
const AUDIENCE: &str = "x509_san_dns:client.example.org";

fn object(value: Value) -> Map<String, Value> {
    value.as_object().expect("an object").clone()
}

fn now() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().expect("a date")
}

fn claims(pointers: &[&str]) -> Vec<SelectedClaim> {
    let claim = |text: &&str| {
        let pointer: JsonPointer = text.parse().expect("a pointer");
        SelectedClaim { path: ClaimPath::members(["x"]).expect("a path"), pointers: vec![pointer] }
    };
    pointers.iter().map(claim).collect()
}

fn leaving(credential: &Secured, pointers: &[&str]) -> Secured {
    disclosed(credential, &claims(pointers), &Contexts::bundled(), &mut UnwrapErr(SysRng)).expect("it can be shared")
}

/// What a key presents of a credential, to a verifier who takes these formats.
fn present(credential: &Secured, key: &SecretKey, formats: Value, transactions: Value) -> crate::error::Result<Secured> {
    let (public, holder) = (key.public_key(), did::key::from_public_key(&key.public_key()));
    let signer = Signer { holder: &holder, method: holder.with_fragment(holder.identifier()).expect("a DID URL"), key: &public };
    let (formats, now) = (VpFormats::from_value(&formats).expect("formats"), now());
    let terms = PresentationTerms { audience: AUDIENCE, nonce: NONCE, formats: &formats, now: &now };
    let unsigned = prepare(credential, &signer, &terms, &object(transactions), &Contexts::bundled())?;
    let signature = key.sign(unsigned.message());
    unsigned.finish(&signature)
}

fn subject() -> Value {
    json!({ "id": did::key::from_public_key(&key(2).public_key()) })
}

#[test]
fn sd_jwt_leaves_with_the_disclosures_of_what_is_shared_and_no_other() {
    let all = json!({
        "vct": "urn:a", "given_name": "John", "family_name": "Doe", "nationalities": ["DE", "PE"],
        "address": { "street": { "name": "Market", "number": 42 }, "country": "DE" },
    });
    let pointers = [
        "/given_name",
        "/family_name",
        "/nationalities/0",
        "/nationalities/1",
        "/address",
        "/address/street",
        "/address/street/name",
    ];
    let pointers = pointers.iter().map(|text| text.parse().expect("a pointer")).collect();
    let disclosure = Disclosure::Only { pointers, decoys: 2, holder: Some(key(2).public_key()) };
    let pid = sign(object(all), ProofOptions { disclosure, ..options(Mechanism::SdJwtVc) });
    for (shared, members) in [
        (vec![], json!({})),
        (vec!["/given_name"], json!({ "given_name": "John" })),
        (vec!["/nationalities/1"], json!({ "nationalities": ["PE"] })),
        (vec!["/nationalities"], json!({ "nationalities": ["DE", "PE"] })),
        (vec!["/address/country"], json!({ "address": { "country": "DE" } })),
        // A claim goes along with all that is inside it.
        (vec!["/address/street"], json!({ "address": { "street": { "name": "Market", "number": 42 }, "country": "DE" } })),
        (vec!["/address/street/number"], json!({ "address": { "street": { "number": 42 }, "country": "DE" } })),
    ] {
        let body = leaving(&pid, &shared).body().clone();
        let of_person = |name: &str| !["vct", "iss", "iat", "cnf"].contains(&name);
        let mut left: Map<String, Value> = body.into_iter().filter(|(name, _)| of_person(name)).collect();
        left.retain(|name, value| !(name == "nationalities" && *value == json!([])));
        assert_eq!(Value::Object(left), members, "{shared:?}");
    }
}

#[test]
fn sd_jwt_is_bound_to_the_nonce_and_the_client_by_the_key_of_its_holder() {
    let pid = leaving(&sd_jwt_vc(json!({ "vct": "urn:a", "given_name": "John" })), &["/given_name"]);
    let transactions = json!({ "transaction_data_hashes": ["x"] });
    let presented = present(&pid, &key(2), json!({}), transactions).expect("the holder's key");
    let binding = presented.check_binding(&now()).expect("the holder's own");
    assert_eq!(binding.check_answers(NONCE, AUDIENCE), Ok(()));
    assert_eq!(binding.claims()["transaction_data_hashes"], json!(["x"]));
    assert!(present(&pid, &key(3), json!({}), json!({})).is_err(), "another key");
}

#[test]
fn w3c_credential_leaves_in_a_presentation_of_its_own() {
    let ed25519 = SecretKey::from_bytes(KeyAlgorithm::Ed25519, &[4; 32]).expect("a seed");
    let suites = |suites: Value| json!({ "ldp_vc": { "cryptosuite_values": suites } });
    for (mechanism, holder, formats, signed) in [
        (Mechanism::EcdsaRdfc2019, &key(2), json!({}), Mechanism::EcdsaRdfc2019),
        (Mechanism::EcdsaRdfc2019, &ed25519, json!({}), Mechanism::EddsaRdfc2022),
        (Mechanism::EcdsaJcs2019, &key(2), suites(json!(["ecdsa-jcs-2019"])), Mechanism::EcdsaJcs2019),
        (Mechanism::Jwt, &key(2), json!({}), Mechanism::Jwt),
        (Mechanism::Jwt, &ed25519, json!({ "jwt_vc_json": { "alg_values": ["EdDSA"] } }), Mechanism::Jwt),
    ] {
        let credential = w3c(mechanism, json!([V2]), json!(["VerifiableCredential"]), subject());
        let presented = present(&credential, holder, formats, json!({})).expect("it can be presented");
        let proof = &presented.proofs()[0];
        assert_eq!(
            (proof.mechanism, proof.nonce.as_deref(), &proof.audience[..]),
            (signed, Some(NONCE), &[AUDIENCE.to_owned()][..])
        );
        assert_eq!(presented.check_signature(0, &holder.public_key(), &Contexts::bundled()), Ok(()));
        let inside = presented.nested().expect("one credential").remove(0).expect("a credential");
        assert_eq!(inside.body(), credential.body());
    }
}

/// App. B.1.3.1.5: the presentation of a JWT of VC DM 1.1 holds it as it is, in a `vp` claim.
#[test]
fn jwt_of_version_1_leaves_as_the_standard_shows_it() {
    let vc = json!({
        "iss": "https://example.gov/issuers/565049", "nbf": 1_262_304_000, "sub": "did:example:ana",
        "vc": {
            "@context": ["https://www.w3.org/2018/credentials/v1"], "type": ["VerifiableCredential", "IDCredential"],
            "credentialSubject": { "given_name": "Max" },
        },
    });
    let header = object(json!({ "typ": "JWT" }));
    let unsigned = crate::jose::jwt::prepare(header, object(vc), &key(1).public_key()).expect("a token");
    let signature = key(1).sign(unsigned.message());
    let credential = Secured::read(&unsigned.finish(&signature)).expect("a credential");
    let presented = present(&credential, &key(2), json!({}), json!({})).expect("it can be presented");
    let jwt = crate::jose::jwt::Jwt::read(presented.text(), "JWT").expect("a token");
    assert_eq!(
        jwt.claims()["vp"],
        json!({
            "@context": ["https://www.w3.org/2018/credentials/v1"], "type": ["VerifiablePresentation"],
            "verifiableCredential": [credential.text()],
        })
    );
    let holder = did::key::from_public_key(&key(2).public_key());
    assert_eq!((jwt.claim("iss"), jwt.claim("nonce"), jwt.claim("aud")), (Some(holder.as_str()), Some(NONCE), Some(AUDIENCE)));
    assert_eq!(jwt.header()["kid"], json!(format!("{holder}#{}", holder.identifier())));
    assert_eq!(presented.check_signature(0, &key(2).public_key(), &Contexts::bundled()), Ok(()));
}

#[test]
fn what_the_verifier_does_not_take_is_not_signed() {
    let credential = w3c(Mechanism::EcdsaRdfc2019, json!([V2]), json!(["VerifiableCredential"]), subject());
    let bbs = json!({ "ldp_vc": { "cryptosuite_values": ["bbs-2023"] } });
    assert!(present(&credential, &key(2), bbs, json!({})).is_err());
    let jwt = w3c(Mechanism::Jwt, json!([V2]), json!(["VerifiableCredential"]), subject());
    assert!(present(&jwt, &key(2), json!({}), json!({ "transaction_data_hashes": ["x"] })).is_err(), "no place for transactions");
}

#[test]
fn selective_data_integrity_leaves_with_what_is_shared_and_what_a_verifier_needs() {
    let badge = json!({
        "@context": [V2, BADGES], "id": "urn:uuid:1", "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "issuer": { "id": did::key::from_public_key(&key(1).public_key()), "type": "Profile", "name": "Universidad" },
        "validFrom": "2026-01-01T00:00:00Z", "validUntil": "2036-01-01T00:00:00Z", "name": "Licenciatura",
        "credentialSubject": {
            "id": did::key::from_public_key(&key(2).public_key()), "type": "AchievementSubject",
            "achievement": {
                "id": "https://uni.example/1", "type": "Achievement", "name": "Enfermería", "description": "Título",
                "criteria": { "narrative": "32 materias" },
            },
        },
    });
    let disclosure = Disclosure::AllBut(Vec::new());
    let base = sign(object(badge), ProofOptions { disclosure, ..options(Mechanism::EcdsaSd2023) });
    let shown = leaving(&base, &["/credentialSubject/achievement/name"]);
    let body = shown.body();
    assert_eq!(body["credentialSubject"]["achievement"]["name"], "Enfermería");
    assert!(body["credentialSubject"]["achievement"].get("description").is_none() && body.get("name").is_none());
    for needed in ["issuer", "validFrom", "validUntil"] {
        assert!(body.contains_key(needed), "{needed}");
    }
    assert!(shown.credential().is_ok() && !shown.is_for_holder_only());
    assert_eq!(shown.check_signature(0, &key(1).public_key(), &Contexts::bundled()), Ok(()));
    // Nothing that can be left out is asked for: what is left still says whose it is.
    let least = leaving(&base, &[]);
    assert_eq!(least.body()["credentialSubject"]["id"], subject()["id"]);
    let presented = present(&shown, &key(2), json!({}), json!({})).expect("it can be presented");
    assert_eq!(presented.check_signature(0, &key(2).public_key(), &Contexts::bundled()), Ok(()));
}

/// An item of an ordered list cannot be taken out on its own: the list goes whole, and nothing else with it.
#[test]
fn part_that_cannot_be_taken_out_goes_with_the_smallest_whole_around_it() {
    let context = json!({ "@context": {
        "steps": { "@id": "https://list.example#steps", "@container": "@list" }, "note": "https://list.example#note",
    } });
    let contexts = Contexts::bundled().with("https://list.example/v1", &context.to_string()).expect("a context");
    let credential = json!({
        "@context": [V2, "https://list.example/v1"], "type": ["VerifiableCredential"],
        "issuer": did::key::from_public_key(&key(1).public_key()),
        "credentialSubject": { "id": did::key::from_public_key(&key(2).public_key()), "steps": ["uno", "dos"], "note": "x" },
    });
    let options = ProofOptions { disclosure: Disclosure::AllBut(Vec::new()), ..options(Mechanism::EcdsaSd2023) };
    let (mut rng, issuer) = (UnwrapErr(SysRng), key(1));
    let unsigned = crate::securing::prepare_disclosable(object(credential), &options, &issuer.public_key(), &contexts, &mut rng);
    let unsigned = unsigned.expect("it can be signed");
    let signature = issuer.sign(unsigned.message());
    let base = unsigned.finish(&signature).expect("the signature fits");
    let shown = disclosed(&base, &claims(&["/credentialSubject/steps/1"]), &contexts, &mut rng).expect("the list");
    let subject = &shown.body()["credentialSubject"];
    assert_eq!((&subject["steps"], subject.get("note")), (&json!(["uno", "dos"]), None));
    assert_eq!(shown.check_signature(0, &issuer.public_key(), &contexts), Ok(()));
}

fn query() -> DcqlQuery {
    let credential = |id: &str, format: &str| json!({ "id": id, "format": format, "meta": {} });
    let mut bare = credential("bare", "dc+sd-jwt");
    bare["require_cryptographic_holder_binding"] = json!(false);
    let credentials = json!([credential("pid", "dc+sd-jwt"), credential("card", "dc+sd-jwt"), credential("vc", "ldp_vc"), bare]);
    let sets = json!([{ "options": [["pid"], ["card"]] }]);
    DcqlQuery::from_value(&json!({ "credentials": credentials, "credential_sets": sets })).expect("a query")
}

fn transaction(ids: &[&str], parameters: Value) -> TransactionData {
    TransactionData::new("urn:pago", ids, object(parameters)).expect("transaction data")
}

fn payment() -> TransactionType {
    let field = |name: &str, kind: FieldKind, need: Need| TransactionField { name: name.to_owned(), kind, need };
    let fields = vec![field("monto", FieldKind::Text, Need::Required), field("cuotas", FieldKind::Number, Need::Optional)];
    TransactionType { name: "urn:pago".to_owned(), fields: Some(fields) }
}

/// §8.5: every way in which transaction data is not what its type says has the one code.
#[test]
fn transaction_is_of_a_known_type_and_says_what_that_has_and_nothing_else() {
    let good = json!({ "monto": "12.50" });
    let check = |ids: &[&str], parameters: Value, known: &[TransactionType]| {
        check_transactions(&[transaction(ids, parameters)], known, &query()).map_err(|fault| fault.code)
    };
    let invalid = Err(OAuthErrorCode::InvalidTransactionData);
    assert_eq!(check(&["pid"], good.clone(), &[payment()]), Ok(()));
    assert_eq!(check(&["vc", "pid"], json!({ "monto": "1", "cuotas": 3 }), &[payment()]), Ok(()));
    assert_eq!(check(&["pid"], good.clone(), &[]), invalid, "no type is known");
    assert_eq!(check(&["pid"], json!({}), &[payment()]), invalid, "a field is missing");
    assert_eq!(check(&["pid"], json!({ "monto": 12.5 }), &[payment()]), invalid, "of another kind");
    assert_eq!(check(&["pid"], json!({ "monto": "1", "otro": 1 }), &[payment()]), invalid, "an unknown field");
    let whatever = TransactionType { fields: None, ..payment() };
    assert_eq!(check(&["pid"], json!({ "otro": [1] }), &[whatever]), Ok(()), "an app that shows whatever it says");
    for id in ["vc", "bare", "nobody"] {
        assert_eq!(check(&[id], good.clone(), &[payment()]), invalid, "{id} has no place for it");
    }
}

fn choices() -> Choices {
    let pid = || sd_jwt_vc(json!({ "vct": "urn:a" }));
    query().choices(&[held("1", pid()), held("2", pid())], &VpFormats::default(), &Contexts::bundled())
}

fn id(text: &str) -> crate::presentation::dcql::QueryId {
    text.parse().expect("an id")
}

#[test]
fn each_transaction_is_authorised_by_one_credential_over_the_characters_it_came_in() {
    let (one, two) = (transaction(&["card", "pid"], json!({ "monto": "1" })), transaction(&["pid"], json!({ "monto": "2" })));
    let both = Selection::none().with(id("pid"), "1").with(id("card"), "2");
    let by = authorisations(&[one.clone(), two.clone()], &choices(), &both).expect("each has one");
    let hash = |data: &TransactionData| HashAlgorithm::Sha256.digest(data.text());
    assert_eq!(by[&(id("card"), "2".to_owned())], object(json!({ "transaction_data_hashes": [hash(&one)] })));
    assert_eq!(by[&(id("pid"), "1".to_owned())], object(json!({ "transaction_data_hashes": [hash(&two)] })));
    let pid = Selection::none().with(id("pid"), "1");
    let by = authorisations(&[one.clone(), two.clone()], &choices(), &pid).expect("the same one");
    assert_eq!(by[&(id("pid"), "1".to_owned())], object(json!({ "transaction_data_hashes": [hash(&one), hash(&two)] })));
    let card = Selection::none().with(id("card"), "2");
    assert!(authorisations(&[two], &choices(), &card).is_err(), "the one it names is not shared");
}

#[test]
fn hash_algorithm_is_one_that_every_transaction_allows_and_is_named_when_they_name_any() {
    let pid = Selection::none().with(id("pid"), "1");
    let with = |algorithms: Value| transaction(&["pid"], json!({ "transaction_data_hashes_alg": algorithms }));
    let authorise =
        |all: &[TransactionData]| authorisations(all, &choices(), &pid).map(|mut by| by.remove(&(id("pid"), "1".to_owned())));
    let both = [with(json!(["sha-512", "sha-384"])), with(json!(["sha-384"]))];
    let claims = authorise(&both).expect("one in common").expect("the pid's");
    assert_eq!(claims["transaction_data_hashes_alg"], "sha-384");
    assert_eq!(claims["transaction_data_hashes"][1], HashAlgorithm::Sha384.digest(both[1].text()));
    assert!(authorise(&[with(json!(["sha-512"])), transaction(&["pid"], json!({}))]).is_err(), "none in common");
}
