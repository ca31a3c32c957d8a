//! Whatever is chosen of whatever credential is what is shown, and verifies.

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use wallet_core::json::JsonPointer;
use wallet_core::key::KeyAlgorithm;
use wallet_core::platform::system_rng;
use wallet_core::securing::linked_data::Contexts;
use wallet_core::securing::{Disclosure, Kind, Mechanism, ProofOptions, prepare_disclosable};

use crate::world::{Party, object};

/// Claims of terms that nobody defined, so that everything has a meaning.
fn claims() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::from),
        (-1000i64..1000).prop_map(Value::from),
        "[a-zñ\"\\\\\n ]{0,8}".prop_map(Value::from),
        "urn:x:[a-c]".prop_map(|id| json!({ "id": id })),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let members = proptest::collection::btree_map("[a-e]", inner.clone(), 1..4);
        let plain = members.prop_map(|map| map.into_iter().collect::<Map<String, Value>>());
        prop_oneof![
            proptest::collection::vec(inner, 1..4).prop_map(Value::from),
            plain.clone().prop_map(Value::Object),
            (plain.clone(), "urn:x:[a-z]{3}").prop_map(|(mut map, id)| {
                map.insert("id".into(), json!(id));
                Value::Object(map)
            }),
            plain.prop_map(|mut map| {
                map.insert("type".into(), json!("Kind"));
                Value::Object(map)
            }),
        ]
    })
}

/// Every place in `value`, by its steps.
fn places(value: &Value, path: &mut Vec<String>, all: &mut Vec<Vec<String>>) {
    let mut below = |step: String, value: &Value| {
        path.push(step);
        all.push(path.clone());
        places(value, path, all);
        path.pop();
    };
    match value {
        Value::Object(map) => map.iter().for_each(|(name, value)| below(name.clone(), value)),
        Value::Array(items) => items.iter().enumerate().for_each(|(at, value)| below(at.to_string(), value)),
        _ => {}
    }
}

/// What is left of `value` when only `chosen` places of it are shown, by the letter of RFC 6901 and nothing of the library.
fn expected(value: &Value, path: &mut Vec<String>, chosen: &[Vec<String>]) -> Option<Value> {
    if chosen.iter().any(|chosen| path.starts_with(chosen)) {
        return Some(value.clone());
    }
    if !chosen.iter().any(|chosen| chosen.starts_with(path)) {
        return None;
    }
    let mut below = |step: String, value: &Value| {
        path.push(step);
        let kept = expected(value, path, chosen);
        path.pop();
        kept
    };
    match value {
        Value::Array(items) => Some(items.iter().enumerate().filter_map(|(at, value)| below(at.to_string(), value)).collect()),
        Value::Object(map) => {
            let always = |name: &str| ["@context", "id", "type"].contains(&name);
            let keep = |(name, value): (&String, &Value)| {
                let kept = if always(name) { Some(value.clone()) } else { below(name.clone(), value) };
                Some((name.clone(), kept?))
            };
            Some(Value::Object(map.iter().filter_map(keep).collect()))
        }
        scalar => Some(scalar.clone()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn any_part_of_any_credential_is_what_was_chosen_and_verifies(
        claims in claims(),
        mandatory in proptest::collection::vec(any::<prop::sample::Index>(), 0..4),
        chosen in proptest::collection::vec(any::<prop::sample::Index>(), 1..5),
    ) {
        let signer = Party::new("did:web:uni.example", KeyAlgorithm::P256, 5);
        let document = object(json!({
            "@context": ["https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/credentials/undefined-terms/v2"],
            "type": ["VerifiableCredential"], "issuer": "did:web:uni.example",
            "credentialSubject": { "claims": claims },
        }));
        let whole = Value::Object(document.clone());
        let mut all = Vec::new();
        places(&whole, &mut Vec::new(), &mut all);
        let pick = |picks: &[prop::sample::Index]| -> Vec<Vec<String>> { picks.iter().map(|pick| pick.get(&all).clone()).collect() };
        let (mandatory, chosen) = (pick(&mandatory), pick(&chosen));
        let options = ProofOptions {
            disclosure: Disclosure::AllBut(mandatory.iter().cloned().map(JsonPointer::new).collect()),
            ..signer.options(Kind::Credential, Mechanism::EcdsaSd2023)
        };
        let (key, contexts) = (signer.key.public_key(), Contexts::bundled());
        let unsigned = prepare_disclosable(document, &options, &key, &contexts, &mut system_rng());
        let unsigned = unsigned.expect("every term is defined");
        let signature = signer.key.sign(unsigned.message());
        let base = unsigned.finish(&signature).expect("64 bytes");
        prop_assert_eq!(base.check_received(0, &key, &contexts), Ok(()));
        let pointers: Vec<JsonPointer> = chosen.iter().cloned().map(JsonPointer::new).collect();
        let shown = base.disclose(&pointers, &contexts, &mut system_rng()).expect("what has a place can be chosen");
        let both = [mandatory, chosen].concat();
        prop_assert_eq!(Value::Object(shown.body().clone()), expected(&whole, &mut Vec::new(), &both).expect("something"));
        prop_assert_eq!(shown.check_signature(0, &key, &contexts), Ok(()));
    }
}
