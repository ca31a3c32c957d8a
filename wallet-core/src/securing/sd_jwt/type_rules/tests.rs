//! Type metadata and the credentials that follow it or do not.

use std::collections::BTreeMap;

use super::*;
use crate::json::JsonPointer;
use crate::key::{KeyAlgorithm, SecretKey};
use crate::securing::Disclosure;
use crate::securing::sd_jwt::{SdJwt, prepare};
use base64::prelude::{BASE64_STANDARD, Engine as _};
use getrandom::SysRng;
use getrandom::rand_core::UnwrapErr;
use proptest::prelude::*;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

const VCT: &str = "https://betelgeuse.example.com/education_credential/v42";

/// The example of draft-ietf-oauth-sd-jwt-vc, "Example Type Metadata", in short.
fn education() -> Value {
    json!({
        "vct": VCT,
        "name": "Betelgeuse Education Credential - First Version",
        "display": [
            { "locale": "en-US", "name": "Betelgeuse Education Credential", "rendering": { "simple": { "text_color": "#FFFFFF" } } },
            { "locale": "de-DE", "name": "Betelgeuse-Bildungsnachweis" },
        ],
        "claims": [
            {
                "path": ["name"], "sd": "always", "mandatory": true,
                "display": [{ "locale": "de-DE", "label": "Vor- und Nachname" }, { "locale": "en-US", "label": "Name" }],
            },
            { "path": ["address"], "sd": "always" },
            { "path": ["address", "street_address"], "sd": "always", "svg_id": "address_street_address" },
            { "path": ["degrees"], "sd": "never" },
            { "path": ["degrees", null], "sd": "always" },
            { "path": ["degrees", null, "field_of_study"], "sd": "never" },
            { "path": ["degrees", null, "date_awarded"], "sd": "always" },
        ],
        "something_new": true,
    })
}

const CONCEALED: [&str; 6] =
    ["/name", "/address", "/address/street_address", "/degrees/0", "/degrees/1", "/degrees/0/date_awarded"];

fn issue(concealed: &[&str]) -> SdJwt {
    let claims = json!({
        "vct": VCT, "name": "Zaphod Beeblebrox", "address": { "street_address": "42 Galaxy Way", "country": "Betelgeuse" },
        "degrees": [
            { "field_of_study": "Intergalactic Politics", "date_awarded": "2020-05-15" }, { "field_of_study": "Space Navigation" },
        ],
    });
    let key = SecretKey::from_bytes(KeyAlgorithm::P256, &[7; 32]).expect("a scalar in range").public_key();
    let pointers: Vec<JsonPointer> = concealed.iter().map(|text| text.parse().expect("a pointer")).collect();
    let disclosure = Disclosure::Only { pointers, decoys: 0, holder: None };
    let header = json!({ "typ": "dc+sd-jwt" }).as_object().expect("an object").clone();
    let claims = claims.as_object().expect("an object").clone();
    prepare(header, claims, &disclosure, &key, &mut UnwrapErr(SysRng)).expect("claims").finish(&[7; 64]).expect("any signature")
}

fn documents(all: &[Value]) -> BTreeMap<String, String> {
    all.iter().map(|one| (one["vct"].as_str().expect("a vct").to_owned(), one.to_string())).collect()
}

fn resolve(document: Value) -> Result<TypeMetadata, TypeFault> {
    TypeMetadata::resolve(VCT, None, &documents(&[document]))
}

fn faults(document: &Value, token: &SdJwt, onlooker: Onlooker) -> Vec<TypeFault> {
    resolve(document.clone()).expect("type metadata").check(&token.outline().expect("they go together"), onlooker)
}

fn digest(text: &str) -> String {
    format!("sha256-{}", BASE64_STANDARD.encode(Sha256::digest(text)))
}

#[test]
fn credential_that_follows_its_type_has_no_fault_for_holder_and_verifier() {
    let token = issue(&CONCEALED);
    assert_eq!(faults(&education(), &token, Onlooker::Holder), []);
    for shown in [&[][..], &["/name"], &["/degrees/1"], &["/address/street_address", "/degrees/0/date_awarded"]] {
        let pointers: Vec<JsonPointer> = shown.iter().map(|text| text.parse().expect("a pointer")).collect();
        let shown = token.disclose(&pointers).expect("they are there");
        assert_eq!(faults(&education(), &shown, Onlooker::Verifier), []);
    }
}

#[test]
fn claim_that_is_concealed_against_its_type_is_a_fault() {
    let wrong = |path: &str| vec![TypeFault::WrongDisclosure { path: path.to_owned() }];
    let without = |left_out: &str| -> Vec<&str> { CONCEALED.into_iter().filter(|pointer| *pointer != left_out).collect() };
    for (left_out, path) in [
        ("/name", "name"),
        ("/address/street_address", "address.street_address"),
        ("/degrees/1", "degrees[*]"),
        ("/degrees/0/date_awarded", "degrees[*].date_awarded"),
    ] {
        assert_eq!(faults(&education(), &issue(&without(left_out)), Onlooker::Holder), wrong(path));
    }
    for (more, path) in [("/degrees", "degrees"), ("/degrees/1/field_of_study", "degrees[*].field_of_study")] {
        let concealed = [&CONCEALED[..], &[more]].concat();
        assert_eq!(faults(&education(), &issue(&concealed), Onlooker::Holder), wrong(path));
    }
    // A verifier sees only that an item is there, and that it was concealed.
    let mut never = education();
    never["claims"][4]["sd"] = json!("never");
    let hidden = issue(&CONCEALED).disclose(&[]).expect("nothing");
    assert_eq!(faults(&never, &hidden, Onlooker::Verifier), wrong("degrees[*]"));
}

#[test]
fn mandatory_claim_that_is_not_there_is_a_fault_unless_it_may_be_hidden() {
    let mut asks = education();
    asks["claims"] = json!([{ "path": ["email"], "mandatory": true }]);
    let missing = vec![TypeFault::MissingClaim { path: "email".to_owned() }];
    assert_eq!(faults(&asks, &issue(&[]), Onlooker::Verifier), missing);
    assert_eq!(faults(&asks, &issue(&["/name"]), Onlooker::Holder), missing);
    let hidden = issue(&["/name"]).disclose(&[]).expect("nothing");
    assert_eq!(faults(&asks, &hidden, Onlooker::Verifier), []);
    asks["claims"] = json!([{ "path": ["degrees", 7], "mandatory": true }]);
    assert_eq!(faults(&asks, &hidden, Onlooker::Verifier), [TypeFault::MissingClaim { path: "degrees[7]".to_owned() }]);
}

#[test]
fn path_into_a_value_of_another_shape_is_a_fault() {
    for path in [json!(["name", "first"]), json!(["name", null]), json!(["address", 0]), json!(["degrees", "field_of_study"])] {
        let mut asks = education();
        asks["claims"] = json!([{ "path": path }]);
        assert!(matches!(faults(&asks, &issue(&[]), Onlooker::Holder)[..], [TypeFault::WrongShape { .. }]), "{path}");
    }
}

#[test]
fn names_are_given_in_the_best_language() {
    let metadata = resolve(education()).expect("type metadata");
    assert_eq!(
        (metadata.name("de"), metadata.name("en-US")),
        (Some("Betelgeuse-Bildungsnachweis"), Some("Betelgeuse Education Credential"))
    );
    assert_eq!(metadata.name("es"), Some("Betelgeuse Education Credential"));
    assert_eq!((metadata.claims[0].label("en"), metadata.claims[1].label("en")), (Some("Name"), None));
    assert_eq!(metadata.display[0].rendering.as_ref().map(|rendering| rendering.len()), Some(1));
}

#[test]
fn section_5_6_5_3_child_takes_over_what_it_does_not_say() {
    let base = json!({ "vct": "urn:base", "display": [{ "locale": "en", "name": "Base" }], "claims": [
        { "path": ["name"], "display": [{ "label": "Full Name", "locale": "en" }], "sd": "always" },
        { "path": ["address", "city"], "display": [{ "label": "City", "locale": "en" }], "mandatory": true },
    ] });
    let child = json!({ "vct": VCT, "extends": "urn:base", "claims": [
        { "path": ["address", "city"], "display": [{ "label": "Town", "locale": "en" }], "sd": "never" },
        { "path": ["nationalities"], "display": [{ "label": "Nationalities", "locale": "en" }] },
    ] });
    let metadata = TypeMetadata::resolve(VCT, None, &documents(&[base, child])).expect("type metadata");
    let labels: Vec<_> = metadata.claims.iter().map(|claim| claim.label("en").expect("a label")).collect();
    assert_eq!(labels, ["Full Name", "Town", "Nationalities"]);
    assert_eq!((metadata.claims[1].mandatory, metadata.claims[1].disclosure), (true, SelectiveDisclosure::Never));
    assert_eq!(metadata.claims[0].disclosure, SelectiveDisclosure::Always);
    assert_eq!((metadata.name("en"), &metadata.extends[..]), (Some("Base"), &["urn:base".to_owned()][..]));
}

#[test]
fn section_5_6_5_1_child_asks_for_more_and_never_for_less() {
    let extended = |base: Value, child: Value| {
        let base = json!({ "vct": "urn:base", "claims": [base] });
        let child = json!({ "vct": VCT, "extends": "urn:base", "claims": [child] });
        TypeMetadata::resolve(VCT, None, &documents(&[base, child]))
    };
    for (base, child, good) in [
        (json!({ "path": ["a"] }), json!({ "path": ["a"], "sd": "always", "mandatory": true }), true),
        (json!({ "path": ["a"], "sd": "allowed" }), json!({ "path": ["a"], "sd": "never" }), true),
        (json!({ "path": ["a"], "sd": "never" }), json!({ "path": ["a"], "sd": "never" }), true),
        (json!({ "path": ["a"], "sd": "never" }), json!({ "path": ["a"], "sd": "allowed" }), false),
        (json!({ "path": ["a"], "sd": "always" }), json!({ "path": ["a"], "sd": "never" }), false),
        (json!({ "path": ["a"], "mandatory": true }), json!({ "path": ["a"] }), true),
        (json!({ "path": ["a"], "mandatory": true }), json!({ "path": ["a"], "mandatory": false }), false),
        (json!({ "path": ["a"], "svg_id": "x" }), json!({ "path": ["b"], "svg_id": "x" }), false),
    ] {
        let resolved = extended(base.clone(), child.clone());
        assert_eq!(resolved.is_ok(), good, "{base} {child}");
        assert!(good || matches!(resolved, Err(TypeFault::Malformed { .. })));
    }
}

#[test]
fn integrity_is_checked_along_the_chain() {
    let base = json!({ "vct": "urn:base" });
    let child = json!({ "vct": VCT, "extends": "urn:base", "extends#integrity": digest(&base.to_string()) });
    let all = documents(&[base.clone(), child.clone()]);
    assert!(TypeMetadata::resolve(VCT, Some(&digest(&child.to_string())), &all).is_ok());
    let integrity = |vct: &str| Err(TypeFault::Integrity { vct: vct.to_owned() });
    assert_eq!(TypeMetadata::resolve(VCT, Some(&digest("another")), &all), integrity(VCT));
    assert_eq!(TypeMetadata::resolve(VCT, Some("md5-AAAA"), &all), integrity(VCT));
    let other = documents(&[json!({ "vct": "urn:base", "name": "another" }), child.clone()]);
    assert_eq!(TypeMetadata::resolve(VCT, None, &other), integrity("urn:base"));
    let missing = Err(TypeFault::Missing { vct: "urn:base".to_owned() });
    assert_eq!(TypeMetadata::resolve(VCT, None, &documents(&[child])), missing);
}

#[test]
fn circles_and_endless_chains_are_refused() {
    let link = |from: usize, to: usize| json!({ "vct": format!("urn:{from}"), "extends": format!("urn:{to}") });
    for chain in [vec![link(0, 0)], vec![link(0, 1), link(1, 2), link(2, 1)], (0..20).map(|i| link(i, i + 1)).collect()] {
        let refused = TypeMetadata::resolve("urn:0", None, &documents(&chain));
        assert!(matches!(refused, Err(TypeFault::Circular { .. })), "{refused:?}");
    }
}

#[test]
fn document_of_another_shape_or_type_is_refused() {
    for change in [
        json!({ "vct": "urn:another" }),
        json!({ "claims": {} }),
        json!({ "claims": [7] }),
        json!({ "claims": [{}] }),
        json!({ "claims": [{ "path": [] }] }),
        json!({ "claims": [{ "path": ["a", -1] }] }),
        json!({ "claims": [{ "path": ["a"], "sd": "maybe" }] }),
        json!({ "claims": [{ "path": ["a"], "mandatory": "true" }] }),
        json!({ "claims": [{ "path": ["a"], "svg_id": "1a" }] }),
        json!({ "claims": [{ "path": ["a"], "display": [{ "label": "A" }] }] }),
        json!({ "claims": [{ "path": ["a"], "svg_id": "x" }, { "path": ["b"], "svg_id": "x" }] }),
        json!({ "display": [{ "locale": "en" }] }),
        json!({ "display": "A" }),
        json!({ "extends": 7 }),
    ] {
        let mut document = education();
        document.as_object_mut().expect("an object").extend(change.as_object().expect("an object").clone());
        let refused = TypeMetadata::resolve(VCT, None, &BTreeMap::from([(VCT.to_owned(), document.to_string())]));
        assert!(matches!(refused, Err(TypeFault::Malformed { .. })), "{change}");
    }
}

proptest! {
    #[test]
    fn any_document_is_read_or_refused(name in "(vct|extends|display|claims)", text in "[\\[\\]{}\":,0-9a-e ]{0,40}") {
        if let Ok(value) = crate::json::read("test", &text) {
            let mut document = education();
            document[&name] = value;
            let _ = TypeMetadata::resolve(VCT, None, &BTreeMap::from([(VCT.to_owned(), document.to_string())]));
        }
        let _ = TypeMetadata::resolve(VCT, None, &BTreeMap::from([(VCT.to_owned(), text)]));
    }
}
