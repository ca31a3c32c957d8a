//! One credential against one query.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use getrandom::SysRng;
use getrandom::rand_core::UnwrapErr;
use serde_json::{Value, json};

use super::held::{held, key, pid, sd_jwt_vc, w3c};
use super::*;
use crate::key::KeyAlgorithm;
use crate::presentation::VpFormats;
use crate::securing::linked_data::Contexts;
use crate::securing::{Disclosure, Mechanism, Secured, sd_jwt};
use crate::x509::CertificateChain;
use crate::x509::tests::Authority;

const V1: &str = "https://www.w3.org/2018/credentials/v1";
const EXAMPLES: &str = "https://www.w3.org/2018/credentials/examples/v1";
const V2: &str = "https://www.w3.org/ns/credentials/v2";
const BADGES: &str = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json";

/// What of `credential` answers a query of these parts, its claims as pointers; `meta` and more are laid over a plain one.
fn answer(credential: &Held, format: &str, more: Value) -> Result<Vec<String>, Mismatch> {
    let mut query = json!({ "id": "a", "format": format, "meta": {} });
    for (name, value) in more.as_object().expect("an object") {
        query[name] = value.clone();
    }
    let query = read(json!({ "credentials": [query] })).expect("a query");
    let mut choices = query.choices(std::slice::from_ref(credential), &VpFormats::default(), &Contexts::bundled());
    match (choices.queries[0].matches.pop(), choices.queries[0].why_none.take()) {
        (Some(found), None) => Ok(found.claims.iter().flat_map(|claim| &claim.pointers).map(ToString::to_string).collect()),
        (None, Some(why)) => Err(why),
        other => panic!("either one answers or there is a reason why none does: {other:?}"),
    }
}

fn claims(paths: Value) -> Value {
    json!({ "claims": paths })
}

fn missing(path: Value) -> Result<Vec<String>, Mismatch> {
    Err(Mismatch::ClaimMissing { path: serde_json::from_value(path).expect("a path") })
}

fn differs(path: Value) -> Result<Vec<String>, Mismatch> {
    Err(Mismatch::ValueDiffers { path: serde_json::from_value(path).expect("a path") })
}

#[test]
fn format_must_be_the_one_that_is_asked_for() {
    let pid = held("pid", pid());
    assert_eq!(answer(&pid, "dc+sd-jwt", json!({})), Ok(vec![]));
    for other in ["ldp_vc", "jwt_vc_json", "vc+sd-jwt", "mso_mdoc", "dc+sd-jwt "] {
        assert_eq!(answer(&pid, other, json!({})), Err(Mismatch::Format), "{other}");
    }
    let subject = json!({ "id": "did:example:ana" });
    for (mechanism, format) in [(Mechanism::Jwt, "jwt_vc_json"), (Mechanism::EcdsaRdfc2019, "ldp_vc")] {
        let credential = held("vc", w3c(mechanism, json!([V2]), json!(["VerifiableCredential"]), subject.clone()));
        assert_eq!(answer(&credential, format, json!({})), Ok(vec![]));
        assert_eq!(answer(&credential, "dc+sd-jwt", json!({})), Err(Mismatch::Format));
    }
}

#[test]
fn vct_must_be_one_of_those_asked_for_or_extend_it() {
    let credential = held("pid", sd_jwt_vc(json!({ "vct": "urn:de:pid:1", "aka_vcts": ["urn:eudi:pid:1"] })));
    for (values, result) in [
        (json!(["urn:other", "urn:de:pid:1"]), Ok(vec![])),
        (json!(["urn:eudi:pid:1"]), Ok(vec![])),
        (json!(["urn:de:pid"]), Err(Mismatch::Type)),
    ] {
        assert_eq!(answer(&credential, "dc+sd-jwt", json!({ "meta": { "vct_values": values } })), result);
    }
}

/// App. B.1.1: types are compared as IRIs, after the contexts are applied, and one that none defines stays as it is.
#[test]
fn types_of_a_w3c_credential_are_compared_as_full_iris() {
    let vc = "https://www.w3.org/2018/credentials#VerifiableCredential";
    let badge = "https://purl.imsglobal.org/spec/vc/ob/vocab.html#OpenBadgeCredential";
    let types = json!(["VerifiableCredential", "OpenBadgeCredential"]);
    let subject = json!({ "id": "did:example:ana", "type": "AchievementSubject" });
    let open_badge = w3c(Mechanism::Jwt, json!([V2, BADGES]), types, subject);
    let plain = read_v1(json!({ "@context": [V1], "type": ["VerifiableCredential", "IdentityCredential"] }));
    let unknown = json!([V1, EXAMPLES]);
    let elsewhere = read_v1(json!({ "@context": unknown, "type": ["VerifiableCredential", "IDCredential"] }));
    for (credential, values, result) in [
        (&open_badge, json!([[vc, badge]]), Ok(vec![])),
        (&open_badge, json!([[badge]]), Ok(vec![])),
        (&open_badge, json!([["https://a.example#A"], [vc]]), Ok(vec![])),
        (&open_badge, json!([[vc, "https://a.example#A"]]), Err(Mismatch::Type)),
        // Its contexts define the type, so that the short name is not what it is called.
        (&open_badge, json!([["OpenBadgeCredential"]]), Err(Mismatch::Type)),
        (&open_badge, json!([["VerifiableCredential"]]), Err(Mismatch::Type)),
        (&plain, json!([["IdentityCredential"]]), Ok(vec![])),
        (&plain, json!([["IdentityCredential", vc]]), Ok(vec![])),
        (&plain, json!([["https://a.example#IdentityCredential"]]), Err(Mismatch::Type)),
        (&elsewhere, json!([["IDCredential", vc]]), Ok(vec![])),
        (&elsewhere, json!([["https://a.example#IDCredential"]]), Err(Mismatch::ContextMissing { url: EXAMPLES.to_owned() })),
    ] {
        let query = json!({ "meta": { "type_values": values } });
        assert_eq!(answer(&held("vc", credential.clone()), "jwt_vc_json", query), result, "{values}");
    }
}

/// A JWT of VC DM 1.1, as App. B.1.3.1 shows one.
fn read_v1(mut vc: Value) -> Secured {
    vc["credentialSubject"] = json!({ "given_name": "Max", "address": { "locality": "Musterstadt" } });
    let payload = json!({
        "iss": "https://example.gov/issuers/565049", "nbf": 1_262_304_000, "jti": "http://example.gov/credentials/3732",
        "sub": "did:example:ebfeb1f712ebc6f1c276e12ec21", "vc": vc,
    });
    let (header, key) = (json!({ "typ": "JWT" }), key(1));
    let object = |value: Value| value.as_object().expect("an object").clone();
    let unsigned = crate::jose::jwt::prepare(object(header), object(payload), &key.public_key()).expect("a token");
    let signature = key.sign(unsigned.message());
    Secured::read(&unsigned.finish(&signature)).expect("a credential of VC DM 1.1")
}

#[test]
fn claims_of_a_jwt_are_looked_for_from_the_root_of_the_credential() {
    let credential = held("vc", read_v1(json!({ "@context": [V1], "type": ["VerifiableCredential", "IDCredential"] })));
    let asked =
        json!([{ "path": ["credentialSubject", "given_name"] }, { "path": ["credentialSubject", "address", "locality"] }]);
    assert!(answer(&credential, "jwt_vc_json", claims(asked)).is_ok());
    let path = json!(["vc", "credentialSubject", "given_name"]);
    assert_eq!(answer(&credential, "jwt_vc_json", claims(json!([{ "path": path }]))), missing(path));
}

#[test]
fn claims_are_found_by_names_indexes_and_wildcards() {
    let pid = held("pid", pid());
    for (asked, result) in [
        (json!([{ "path": ["given_name"] }]), Ok(vec!["/given_name"])),
        (json!([{ "path": ["address", "locality"] }, { "path": ["age"] }]), Ok(vec!["/address/locality", "/age"])),
        (json!([{ "path": ["nationalities", 1] }]), Ok(vec!["/nationalities/1"])),
        (json!([{ "path": ["nationalities", null] }]), Ok(vec!["/nationalities/0", "/nationalities/1"])),
        // Of a claim that is asked for twice the second query is ignored (§6.1).
        (json!([{ "path": ["age"] }, { "path": ["age"] }]), Ok(vec!["/age"])),
    ] {
        let result = result.map(|found: Vec<&str>| found.into_iter().map(str::to_owned).collect());
        assert_eq!(answer(&pid, "dc+sd-jwt", claims(asked.clone())), result, "{asked}");
    }
    for path in [json!(["nationalities", 2]), json!(["address", 0]), json!(["age", "x"]), json!(["birth_date"])] {
        assert_eq!(answer(&pid, "dc+sd-jwt", claims(json!([{ "path": path }]))), missing(path));
    }
}

#[test]
fn ways_that_are_written_alike_for_people_lead_to_different_claims() {
    let credential = held("pid", sd_jwt_vc(json!({ "vct": "urn:a", "a.b": 1, "a": { "b": 2 }, "c[0]": 3, "c": [4] })));
    let asked = json!([{ "path": ["a.b"] }, { "path": ["a", "b"] }, { "path": ["c[0]"] }, { "path": ["c", 0] }]);
    let found = ["/a.b", "/a/b", "/c[0]", "/c/0"].map(str::to_owned).to_vec();
    assert_eq!(answer(&credential, "dc+sd-jwt", claims(asked)), Ok(found));
}

#[test]
fn values_must_be_the_same_in_type_and_value() {
    let pid = held("pid", pid());
    for (path, values, good) in [
        (json!(["age"]), json!([41, 42]), true),
        (json!(["age"]), json!(["42"]), false),
        (json!(["age"]), json!([true]), false),
        (json!(["is_over_18"]), json!([true]), true),
        (json!(["is_over_18"]), json!(["true", 1, false]), false),
        (json!(["given_name"]), json!(["John"]), true),
        (json!(["given_name"]), json!(["john"]), false),
        (json!(["address"]), json!(["DE"]), false),
        (json!(["nationalities", null]), json!(["Betelgeusian"]), true),
    ] {
        let result = answer(&pid, "dc+sd-jwt", claims(json!([{ "path": path, "values": values }])));
        if good { assert!(result.is_ok(), "{path} {values}") } else { assert_eq!(result, differs(path), "{values}") }
    }
    // Of several values those that are not asked for are treated as if they were not there (§6.4.1).
    let asked = claims(json!([{ "path": ["nationalities", null], "values": ["Betelgeusian"] }]));
    assert_eq!(answer(&pid, "dc+sd-jwt", asked), Ok(vec!["/nationalities/1".to_owned()]));
}

#[test]
fn holder_binding_is_asked_for_unless_it_is_not() {
    let pid = Held { key: None, ..held("pid", pid()) };
    assert_eq!(answer(&pid, "dc+sd-jwt", json!({})), Err(Mismatch::NotBound));
    assert_eq!(answer(&pid, "dc+sd-jwt", json!({ "require_cryptographic_holder_binding": false })), Ok(vec![]));
}

#[test]
fn credential_is_known_by_its_certificates_and_by_no_other_authority() {
    let (key_id, x5c) = certified();
    let credential = held("pid", with_x5c(x5c));
    let from = |kind: &str, value: &str| {
        let authorities =
            json!([{ "type": "etsi_tl", "values": ["https://lotl.example.com"] }, { "type": kind, "values": ["AAAA", value] }]);
        answer(&credential, "dc+sd-jwt", json!({ "trusted_authorities": authorities }))
    };
    assert_eq!(from("aki", &key_id), Ok(vec![]));
    assert_eq!(from("aki", "s9tIpPmhxdiuNkHMEWNpYim8S8Y"), Err(Mismatch::Authority));
    assert_eq!(from("openid_federation", &key_id), Err(Mismatch::Authority));
    assert_eq!(from("something", &key_id), Err(Mismatch::Authority));
    let bare =
        answer(&held("pid", pid()), "dc+sd-jwt", json!({ "trusted_authorities": [{ "type": "aki", "values": [key_id] }] }));
    assert_eq!(bare, Err(Mismatch::Authority));
}

/// The key identifier of an authority, base64url, and the chain of a certificate that it has issued.
fn certified() -> (String, Value) {
    let authority = Authority::new("Registro Civil");
    let leaf = authority.certify(&key(1), &["pid.example"]);
    let key_id = BASE64_URL_SAFE_NO_PAD.encode(leaf.authority_key_id().expect("it names its authority's key"));
    (key_id, CertificateChain::new(leaf, Vec::new()).expect("a short chain").to_x5c())
}

/// An SD-JWT VC with these certificates in its header.
fn with_x5c(x5c: Value) -> Secured {
    let object = |value: Value| value.as_object().expect("an object").clone();
    let header = object(json!({ "typ": "dc+sd-jwt", "x5c": x5c }));
    let disclosure = Disclosure::Only { pointers: Vec::new(), decoys: 0, holder: Some(key(2).public_key()) };
    let claims = object(json!({ "vct": "urn:a" }));
    let unsigned = sd_jwt::prepare(header, claims, &disclosure, &key(1).public_key(), &mut UnwrapErr(SysRng)).expect("claims");
    let signature = key(1).sign(unsigned.message());
    Secured::read(unsigned.finish(&signature).expect("a signature of the right length").text()).expect("an SD-JWT VC")
}

#[test]
fn verifier_that_takes_other_signatures_gets_nothing() {
    let formats = |value: Value| VpFormats::from_value(&value).expect("formats");
    let query = |format: &str| read(json!({ "credentials": [{ "id": "a", "format": format, "meta": {} }] })).expect("a query");
    let why = |format: &str, credential: Secured, takes: Value| {
        let choices = query(format).choices(&[held("a", credential)], &formats(takes), &Contexts::bundled());
        choices.queries[0].why_none.clone()
    };
    let subject = json!({ "id": "did:example:ana" });
    let vc = |mechanism| w3c(mechanism, json!([V2]), json!(["VerifiableCredential"]), subject.clone());
    assert_eq!(why("dc+sd-jwt", pid(), json!({ "dc+sd-jwt": { "sd-jwt_alg_values": ["ES256"] } })), None);
    for takes in [json!({ "sd-jwt_alg_values": ["ES384"] }), json!({ "kb-jwt_alg_values": ["Ed25519"] })] {
        assert_eq!(why("dc+sd-jwt", pid(), json!({ "dc+sd-jwt": takes })), Some(Mismatch::Algorithm));
    }
    assert_eq!(
        why("jwt_vc_json", vc(Mechanism::Jwt), json!({ "jwt_vc_json": { "alg_values": ["EdDSA"] } })),
        Some(Mismatch::Algorithm)
    );
    let suites =
        |suites: Value| json!({ "ldp_vc": { "proof_type_values": ["DataIntegrityProof"], "cryptosuite_values": suites } });
    assert_eq!(why("ldp_vc", vc(Mechanism::EcdsaRdfc2019), suites(json!(["ecdsa-rdfc-2019"]))), None);
    assert_eq!(why("ldp_vc", vc(Mechanism::EcdsaRdfc2019), suites(json!(["eddsa-rdfc-2022"]))), Some(Mismatch::Algorithm));
    // The credential would be taken, and no presentation of it.
    assert_eq!(why("ldp_vc", vc(Mechanism::EcdsaJcs2019), suites(json!(["ecdsa-jcs-2019"]))), None);
    assert_eq!(VpFormats::default().presenting(&CredentialFormat::LdpVc, KeyAlgorithm::Ed25519), Some(Mechanism::EddsaRdfc2022));
}
