//! Data Integrity BBS Cryptosuites 1.0, `bbs-2023`: the published examples of the baseline from base proof to verdict, and that the
//! optional features are not taken for it. What lies between is checked value by value beside the code.

use serde_json::Value;
use wallet_core::error::WalletError;
use wallet_core::json::JsonPointer;
use wallet_core::key::{KeyAlgorithm, PublicKey};
use wallet_core::platform::system_rng;
use wallet_core::securing::linked_data::Contexts;
use wallet_core::securing::{Mechanism, Secured, SignatureFault};

use super::ecdsa_sd::every_text_altered;
use super::{folder, json};

const EXAMPLES: [(&str, &str); 2] = [("", "windSelective.json"), ("prc", "prCredSelective.json")];

fn key(material: &Value) -> PublicKey {
    let text = material["publicKeyHex"].as_str().expect("hex");
    let bytes: Vec<u8> = (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).expect("hex")).collect();
    PublicKey::from_bytes(KeyAlgorithm::Bls12381G2, &bytes).expect("a key")
}

#[test]
fn published_base_proofs_are_received_and_the_published_derived_proofs_verify() {
    let Some(root) = folder("di-bbs") else { return };
    let (root, contexts) = (root.join("TestVectors"), Contexts::bundled());
    let key = key(&json(&root.join("BBSKeyMaterial.json")));
    for (name, selective) in EXAMPLES {
        let base = json(&root.join(name).join("addSignedSDBase.json"));
        let method = base["proof"]["verificationMethod"].as_str().expect("a DID URL");
        assert!(method.starts_with(&format!("did:key:{}#", key.to_multikey())), "the key is the one in its DID");
        let base = Secured::read(&base.to_string()).expect("a base proof");
        assert_eq!(base.proofs()[0].mechanism, Mechanism::Bbs2023);
        assert_eq!(base.check_received(0, &key, &contexts), Ok(()), "{name}");
        assert!(matches!(base.check_signature(0, &key, &contexts), Err(SignatureFault::Malformed { .. })), "{name}");
        let chosen: Vec<JsonPointer> = serde_json::from_value(json(&root.join(selective))).expect("pointers");
        let ours = base.disclose(&chosen, &contexts, &mut system_rng()).expect("a derived proof");
        assert_eq!(ours.check_signature(0, &key, &contexts), Ok(()), "{name}");
        let published = json(&root.join(name).join("derivedRevealDocument.json"));
        let theirs = Secured::read(&published.to_string()).expect("a derived proof");
        assert_eq!(theirs.check_signature(0, &key, &contexts), Ok(()), "{name}");
        assert_eq!(theirs.body(), ours.body(), "{name}");
        for document in every_text_altered(&published) {
            let good = Secured::read(&document.to_string()).is_ok_and(|shown| shown.check_signature(0, &key, &contexts).is_ok());
            assert!(!good, "{name}: {document}");
        }
    }
}

#[test]
fn proofs_with_holder_binding_or_pseudonyms_are_not_supported() {
    let Some(root) = folder("di-bbs") else { return };
    for feature in ["HolderBinding", "Pseudonym", "PseudonymHB"] {
        for file in ["addSignedSDBase.json", "derivedRevealDocument.json"] {
            let document = json(&root.join("TestVectors").join(feature).join(file));
            let refused = Secured::read(&document.to_string());
            assert!(matches!(refused, Err(WalletError::Unsupported { .. })), "{feature} {file}: {refused:?}");
        }
    }
}
