//! What must hold whatever is changed: no altered byte and no altered member makes an accepted credential with other claims.

use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};
use wallet_core::qr::barcode;
use wallet_core::securing::Mechanism;
use wallet_core::verification::{Evidence, Need, Verdict};

use crate::corpus::{Outcome, Scene, edit, es256, jcs, jwt, object, rdfc, secured};
use crate::world::World;

/// The claims of an accepted outcome.
fn claims(outcome: &Outcome) -> Option<Vec<Value>> {
    let verified = outcome.verdict()?.verified()?;
    Some(verified.claims().into_iter().cloned().collect())
}

/// A scene without a status list, which would take most of the time.
fn without_status() -> Scene {
    let mut scene = Scene::new();
    scene.world.diploma.remove("credentialStatus");
    scene
}

/// Changes one byte of `good`, in several ways at every place of a stretch, and sees that nothing else is accepted for it.
fn no_byte_can_change(scene: &Scene, good: &str, other: impl Fn(u8) -> Vec<u8>) {
    let expected = claims(&scene.judge(good)).expect("the good one is accepted");
    for at in 0..good.len() {
        for byte in other(good.as_bytes()[at]) {
            let mut bytes = good.as_bytes().to_vec();
            bytes[at] = byte;
            let Ok(text) = String::from_utf8(bytes) else { continue };
            if let Some(found) = claims(&scene.judge(&text)) {
                assert_eq!(found, expected, "byte {at} became {:?}", char::from(byte));
            }
        }
    }
}

#[test]
fn no_letter_of_a_token_can_change() {
    for good in [jwt as fn(&mut Scene) -> String, es256] {
        let mut scene = without_status();
        let good = good(&mut scene);
        no_byte_can_change(&scene, &good, |byte| vec![byte ^ 1, byte ^ 0x20, b'.']);
    }
}

#[test]
fn no_letter_of_an_sd_jwt_can_change() {
    let mut scene = Scene::new();
    let good = crate::sd_jwt::good(&mut scene);
    no_byte_can_change(&scene, &good, |byte| vec![byte ^ 1, byte ^ 0x20, b'~']);
}

#[test]
fn no_letter_of_a_cose_message_can_change() {
    let mut scene = without_status();
    let good = scene.issue(Mechanism::Cose);
    no_byte_can_change(&scene, &good, |byte| vec![byte ^ 1, byte ^ 0x20]);
}

#[test]
fn no_byte_of_a_document_can_change() {
    for good in [rdfc as fn(&mut Scene) -> String, jcs] {
        let mut scene = without_status();
        let good = good(&mut scene);
        no_byte_can_change(&scene, &good, |byte| vec![byte ^ 1, byte ^ 0x20]);
    }
}

#[test]
fn no_letter_of_a_barcode_can_change() {
    let mut scene = without_status();
    let good = scene.barcode();
    no_byte_can_change(&scene, &good, |byte| {
        vec![if byte == b'0' { b'1' } else { b'0' }, if byte == b'Z' { b'Y' } else { b'Z' }, b' ']
    });
}

/// The place of every value in a document.
fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
    let escaped = |name: &str| name.replace('~', "~0").replace('/', "~1");
    match value {
        Value::Object(map) => map.iter().for_each(|(name, inner)| {
            let at = format!("{at}/{}", escaped(name));
            found.push(at.clone());
            pointers(inner, &at, found);
        }),
        Value::Array(all) => all.iter().enumerate().for_each(|(place, inner)| {
            let at = format!("{at}/{place}");
            found.push(at.clone());
            pointers(inner, &at, found);
        }),
        _ => {}
    }
}

/// One and a list of it are the same in linked data, and nothing and an empty list say the same: nothing.
fn same_to_linked_data(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let members = map.iter().map(|(name, value)| (name.clone(), same_to_linked_data(value)));
            // A context without definitions leaves every name as it is.
            let says = |name: &str, value: &Value| {
                *value != Value::Null && *value != json!([]) && !(name == "@context" && *value == json!({}))
            };
            members.filter(|(name, value)| says(name, value)).collect()
        }
        Value::Array(all) => {
            let mut all: Vec<Value> = all.iter().map(same_to_linked_data).filter(|value| *value != Value::Null).collect();
            all.sort_by_key(Value::to_string);
            all.dedup();
            if all.len() == 1 { all.remove(0) } else { Value::Array(all) }
        }
        other => other.clone(),
    }
}

fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        Just(json!([])),
        Just(json!({})),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "\\PC{0,8}".prop_map(Value::from),
        Just(json!("2099-01-01T00:00:00Z")),
        Just(json!("did:example:friend")),
        Just(json!({ "id": "urn:x" })),
    ]
}

#[derive(Debug, Clone)]
enum Change {
    Replace(Value),
    Remove,
    Rename(String),
    AddBeside(String, Value),
    Wrap,
    Swap(Index),
}

fn any_change() -> impl Strategy<Value = Change> {
    let name = prop_oneof![
        "[a-zA-Z@:]{1,8}",
        prop::sample::select(vec![
            "@id",
            "@type",
            "@index",
            "@included",
            "@nest",
            "@reverse",
            "@graph",
            "@value",
            "@context",
            "id",
            "type",
            "name",
            "description",
            "credentialStatus",
            "validUntil",
            "https://www.w3.org/2018/credentials#validUntil",
            "https://schema.org/name",
            "x:y",
        ])
        .prop_map(str::to_owned),
    ];
    prop_oneof![
        4 => any_value().prop_map(Change::Replace),
        2 => Just(Change::Remove),
        2 => name.clone().prop_map(Change::Rename),
        2 => (name, any_value()).prop_map(|(name, value)| Change::AddBeside(name, value)),
        1 => Just(Change::Wrap),
        2 => any::<Index>().prop_map(Change::Swap),
    ]
}

/// Makes one change at `at`.
fn apply(document: &mut Value, all: &[String], at: &str, change: &Change) {
    let (parent, name) = at.rsplit_once('/').expect("a pointer has a slash");
    let name = name.replace("~1", "/").replace("~0", "~");
    match change {
        Change::Replace(value) => *document.pointer_mut(at).expect("it is there") = value.clone(),
        Change::Wrap => {
            let value = document.pointer_mut(at).expect("it is there");
            *value = json!([value.take()]);
        }
        Change::Swap(other) => {
            let other = other.get(all).as_str();
            if !other.starts_with(at) && !at.starts_with(other) {
                let value = document.pointer(other).expect("it is there").clone();
                let here = std::mem::replace(document.pointer_mut(at).expect("it is there"), value);
                *document.pointer_mut(other).expect("it is there") = here;
            }
        }
        Change::Remove | Change::Rename(_) | Change::AddBeside(..) => match document.pointer_mut(parent) {
            Some(Value::Object(map)) => match change {
                Change::AddBeside(name, value) => drop(map.insert(name.clone(), value.clone())),
                change => {
                    let value = map.remove(&name).expect("it is there");
                    if let Change::Rename(name) = change {
                        map.insert(name.clone(), value);
                    }
                }
            },
            Some(Value::Array(all)) => drop(all.pop()),
            _ => {}
        },
    }
}

fn one_change_is_never_accepted(mechanism: Mechanism, at: Index, change: &Change) -> Result<(), TestCaseError> {
    let mut scene = Scene::new();
    let good: Value = serde_json::from_str(&scene.issue(mechanism)).expect("JSON");
    let mut all = Vec::new();
    pointers(&good, "", &mut all);
    let mut hostile = good.clone();
    let place = at.get(&all[..]).clone();
    apply(&mut hostile, &all, &place, change);
    let outcome = scene.judge(&hostile.to_string());
    if !outcome.is_accepted() {
        return Ok(());
    }
    let credential = |value: &Value| {
        let mut value = value.clone();
        value.as_object_mut().expect("an object").remove("proof");
        // Contexts name the claims; which others stand beside them changes nothing.
        value["@context"] = Value::Null;
        same_to_linked_data(&value)
    };
    match mechanism {
        Mechanism::EddsaJcs2022 => {
            // Contexts that were added behind the signed ones are not the credential's.
            let verified = outcome.verdict().and_then(Verdict::verified).expect("accepted");
            let mut expected = object(&good.to_string());
            expected.remove("proof");
            prop_assert_eq!(verified.credentials()[0].json(), &expected, "at {} {:?}", place, change)
        }
        _ => prop_assert_eq!(credential(&hostile), credential(&good), "at {} {:?}", place, change),
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_member_of_a_linked_data_document_can_change(at in any::<Index>(), change in any_change()) {
        one_change_is_never_accepted(Mechanism::EddsaRdfc2022, at, &change)?;
    }

    #[test]
    fn no_member_of_a_json_document_can_change(at in any::<Index>(), change in any_change()) {
        one_change_is_never_accepted(Mechanism::EddsaJcs2022, at, &change)?;
    }

    #[test]
    fn no_byte_of_a_barcodes_payload_can_change(at in any::<Index>(), to in any::<u8>()) {
        let mut scene = Scene::new();
        let good = scene.barcode();
        let expected = claims(&scene.judge(&good));
        let mut bytes = base45::decode(&good[barcode::PREFIX.len()..]).expect("base45");
        *at.get_mut(&mut bytes) = to;
        if let Some(found) = claims(&scene.judge(&format!("{}{}", barcode::PREFIX, base45::encode(&bytes)))) {
            prop_assert_eq!(Some(found), expected);
        }
    }
}

#[test]
fn contexts_added_to_a_json_document_are_not_the_credentials() {
    let mut scene = Scene::new();
    let good = jcs(&mut scene);
    let more =
        edit(&good, |c| c["@context"].as_array_mut().expect("a list").push(json!({ "apodo": "https://evil.example/apodo" })));
    let outcome = scene.judge(&more);
    let verified = outcome.verdict().and_then(Verdict::verified).expect("the signature allows for more contexts");
    assert_eq!(verified.credentials()[0].json()["@context"], object(&good)["@context"]);
}

#[test]
fn verifier_is_not_sent_to_thousands_of_places() {
    let world = World::new();
    let mut scene = Scene::new();
    let text = scene.issue_changed(Mechanism::EddsaJcs2022, |diploma| {
        let one = diploma["credentialStatus"].take();
        let at = |n: u32| {
            let mut entry = one.clone();
            entry["statusListCredential"] = json!(format!("https://victim.example/{n}"));
            entry
        };
        diploma["credentialStatus"] = (0..2000).map(at).collect();
    });
    let needs = Evidence::new(world.evidence.contexts.clone()).needs(&secured(&text), &world.expected, &world.now);
    assert!(needs.len() <= 256, "{}", needs.len());
    assert!(needs.iter().any(|need| matches!(need, Need::StatusList { .. })));
}
