//! VC Data Integrity ECDSA Cryptosuites 1.0, `ecdsa-sd-2023`: the published examples from base proof to verdict. What lies between is
//! checked value by value beside the code.

use serde_json::{Map, Value};
use wallet_core::json::JsonPointer;
use wallet_core::key::{KeyAlgorithm, PublicKey};
use wallet_core::platform::system_rng;
use wallet_core::securing::linked_data::Contexts;
use wallet_core::securing::{Mechanism, Secured, SignatureFault};

use super::{folder, json};

const EXAMPLES: [(&str, &str, &str); 2] =
    [("prc", "prCredMandatory.json", "prCredSelective.json"), ("employ", "employMandatory.json", "employSelective.json")];

#[test]
fn published_base_proofs_are_received_and_derive_the_published_proofs_to_the_byte() {
    let Some(root) = folder("di-ecdsa") else { return };
    let (root, contexts) = (root.join("TestVectors"), Contexts::bundled());
    let material = json(&root.join("ecdsa-sd-2023/SDKeyMaterial.json"));
    let key = PublicKey::from_multikey(material["baseKeyPair"]["publicKeyMultibase"].as_str().expect("text")).expect("a key");
    assert_eq!(key.algorithm(), KeyAlgorithm::P256);
    for (name, _, selective) in EXAMPLES {
        let example = root.join("ecdsa-sd-2023").join(name);
        let base = Secured::read(&json(&example.join("addSignedSDBase.json")).to_string()).expect("a base proof");
        assert_eq!(base.proofs()[0].mechanism, Mechanism::EcdsaSd2023);
        assert!(base.is_for_holder_only());
        assert_eq!(base.check_received(0, &key, &contexts), Ok(()), "{name}");
        assert!(matches!(base.check_signature(0, &key, &contexts), Err(SignatureFault::Malformed { .. })), "{name}");
        let chosen: Vec<JsonPointer> = serde_json::from_value(json(&root.join(selective))).expect("pointers");
        let shown = base.disclose(&chosen, &contexts, &mut system_rng()).expect("a derived proof");
        assert_eq!(shown.to_value(), json(&example.join("derivedRevealDocument.json")), "{name}");
        assert_eq!(shown.check_signature(0, &key, &contexts), Ok(()), "{name}");
    }
}

#[test]
fn every_altered_claim_of_the_published_derived_proofs_is_found() {
    let Some(root) = folder("di-ecdsa") else { return };
    let (root, contexts) = (root.join("TestVectors"), Contexts::bundled());
    let material = json(&root.join("ecdsa-sd-2023/SDKeyMaterial.json"));
    let key = PublicKey::from_multikey(material["baseKeyPair"]["publicKeyMultibase"].as_str().expect("text")).expect("a key");
    for (name, ..) in EXAMPLES {
        let shown = json(&root.join("ecdsa-sd-2023").join(name).join("derivedRevealDocument.json"));
        let altered = every_text_altered(&shown);
        assert!(altered.len() >= 5);
        for document in altered {
            let good = Secured::read(&document.to_string()).is_ok_and(|shown| shown.check_signature(0, &key, &contexts).is_ok());
            assert!(!good, "{name}: {document}");
        }
    }
}

/// The document once for each text that a claim has, with that text altered.
pub fn every_text_altered(document: &Value) -> Vec<Value> {
    fn collect(value: &Value, path: &str, all: &mut Vec<String>) {
        match value {
            Value::String(_) => all.push(path.to_owned()),
            Value::Array(items) => items.iter().enumerate().for_each(|(at, item)| collect(item, &format!("{path}/{at}"), all)),
            Value::Object(map) => map.iter().for_each(|(name, value)| collect(value, &format!("{path}/{name}"), all)),
            _ => {}
        }
    }
    let mut claims: Map<String, Value> = document.as_object().expect("an object").clone();
    claims.retain(|name, _| name != "@context" && name != "proof");
    let mut places = Vec::new();
    collect(&Value::Object(claims), "", &mut places);
    let alter = |place: &String| {
        let mut altered = document.clone();
        let text = altered.pointer_mut(place).expect("it was found there");
        *text = format!("{}x", text.as_str().expect("text")).into();
        altered
    };
    places.iter().map(alter).collect()
}
