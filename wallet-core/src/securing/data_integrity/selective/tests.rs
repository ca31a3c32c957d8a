//! The examples of the standards, value by value: those of ecdsa-sd-2023 (VC DI ECDSA Cryptosuites 1.0, appendix A) and of the
//! baseline of bbs-2023 (VC DI BBS Cryptosuites 1.0, appendix A), from the files that W3C publishes.

use std::path::PathBuf;

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use super::bbs;
use super::derive;
use super::ecdsa_sd::{self, OneTime};
use super::labels;
use super::select::Selection;
use super::statements::Statements;
use crate::json::JsonPointer;
use crate::key::{KeyAlgorithm, SecretKey};
use crate::securing::Secured;
use crate::securing::linked_data::Contexts;

/// The folder of published vectors; none when it is not there.
fn vectors(folder: &str) -> Option<PathBuf> {
    let root =
        std::env::var("CEDULA_VECTORS").unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/vectors").into());
    let folder = PathBuf::from(root).join(folder);
    if !folder.exists() {
        use std::io::Write as _;
        let _ = writeln!(std::io::stderr(), "skipped: there are no published vectors in {}", folder.display());
        return None;
    }
    Some(folder)
}

/// One worked example: a folder of published values.
struct Example(PathBuf);

impl Example {
    fn value(&self, name: &str) -> Value {
        let text = std::fs::read_to_string(self.0.join(name)).expect("a published value");
        serde_json::from_str(&text).expect("JSON")
    }

    fn object(&self, name: &str) -> Map<String, Value> {
        self.value(name).as_object().expect("an object").clone()
    }

    fn pointers(&self, name: &str) -> Vec<JsonPointer> {
        serde_json::from_value(self.value(name)).expect("pointers")
    }

    /// The places and lines of a published group.
    fn group(&self, name: &str, of: &[&str]) -> Vec<(usize, String)> {
        let value = of.iter().fold(self.value(name), |value, member| value[*member].clone());
        serde_json::from_value(value["value"].clone()).expect("a published map")
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).expect("hex")).collect()
}

/// A published secret key: base58btc over a two-byte prefix and the scalar.
fn secret(text: &Value) -> SecretKey {
    let (_, bytes) = multibase::decode(text.as_str().expect("text")).expect("base58");
    SecretKey::from_bytes(KeyAlgorithm::P256, &bytes[2..]).expect("a scalar")
}

fn without_proof(mut document: Map<String, Value>) -> Map<String, Value> {
    document.shift_remove("proof");
    document
}

/// Checks every published value of one example of ecdsa-sd-2023.
fn ecdsa_sd_example(name: &str, mandatory: &str, selective: &str) {
    let Some(root) = vectors("di-ecdsa/TestVectors") else { return };
    let (root, contexts) = (Example(root), Contexts::bundled());
    let example = Example(root.0.join("ecdsa-sd-2023").join(name));
    let material = root.value("ecdsa-sd-2023/SDKeyMaterial.json");
    let hmac_key: [u8; 32] = unhex(material["hmacKeyString"].as_str().expect("hex")).try_into().expect("32 bytes");
    let (mandatory, selective) = (root.pointers(mandatory), root.pointers(selective));
    // The unsigned card that is published beside has another description than the one that was signed.
    let document = without_proof(example.object("addSignedSDBase.json"));

    // The base document, canonical and under the proof's own labels (addBaseDocCanon, addBaseDocHMACCanon).
    let canonical = Statements::of(&document, &contexts, |numbers| {
        Ok(numbers.iter().map(|(node, number)| (*node, format!("c14n{number}"))).collect())
    });
    assert_eq!(json!(canonical.expect("statements").lines), example.value("addBaseDocCanon.json"));
    let statements = derive::base_statements(&document, &contexts, labels::hmac, &hmac_key).expect("statements");
    assert_eq!(json!(statements.lines), example.value("addBaseDocHMACCanon.json"));

    // The two groups (addBaseTransform).
    let group = statements.group(&Selection::of(&mandatory)).expect("every pointer leads somewhere");
    let lines = |keep: bool| -> Vec<(usize, String)> {
        let all = statements.lines.iter().cloned().enumerate();
        all.filter(|(at, _)| group.contains(at) == keep).collect()
    };
    assert_eq!(lines(true), example.group("addBaseTransform.json", &["mandatory"]));
    assert_eq!(lines(false), example.group("addBaseTransform.json", &["nonMandatory"]));

    // The hashes (addHashData) and what the issuer signs (addRawBaseSignatureInfo).
    let mut config = example.object("addProofConfig.json");
    let config_lines = std::fs::read_to_string(example.0.join("addProofConfigCanon.txt")).expect("a published value");
    assert_eq!(crate::securing::linked_data::canonical_nquads(&config, &contexts).expect("options"), config_lines);
    config.shift_remove("@context");
    let hashes = example.value("addHashData.json");
    assert_eq!(hex(&derive::options_hash(&document, &config, &contexts).expect("options")), hashes["proofHash"]);
    let issuer = secret(&material["baseKeyPair"]["secretKeyMultibase"]);
    let one_time =
        || OneTime { hmac_key: Zeroizing::new(hmac_key), proof_key: secret(&material["proofKeyPair"]["secretKeyMultibase"]) };
    let (message, base) = ecdsa_sd::prepare(&document, &config, &mandatory, one_time(), &contexts).expect("a base proof");
    assert_eq!(hex(&message[67..]), hashes["mandatoryHash"]);
    let raw = example.value("addRawBaseSignatureInfo.json");
    let signature = unhex(raw["baseSignature"].as_str().expect("hex"));
    assert_eq!(issuer.public_key().verify(&message, &signature), Ok(()));
    assert_eq!(issuer.sign(&message), signature, "both sign by RFC 6979");

    // The base proof, to the byte (addSignedSDBase).
    let published = example.object("addSignedSDBase.json");
    assert_eq!(base.write(&signature), published["proof"]["proofValue"]);
    let published = Secured::read(&Value::Object(published).to_string()).expect("a base proof");
    assert_eq!(published.check_received(0, &issuer.public_key(), &contexts), Ok(()));

    // What the holder derives (derivedGroupIndexes, derivedUnsignedReveal, derivedDisclosureData, derivedRevealDocument).
    let cut = derive::cut(&document, &statements, &mandatory, &selective, &contexts).expect("a cut");
    let data = example.value("derivedDisclosureData.json");
    assert_eq!(Value::Object(cut.document.clone()), example.value("derivedUnsignedReveal.json"));
    assert_eq!(json!(cut.mandatory), data["mandatoryIndexes"]);
    let names: Vec<(String, &String)> = cut.labels.iter().map(|(number, label)| (format!("c14n{number}"), label)).collect();
    assert_eq!(json!(names), data["labelMap"]["value"]);
    let indexes = example.value("derivedGroupIndexes.json");
    let optional: Vec<usize> = lines(false).into_iter().map(|(at, _)| at).collect();
    assert_eq!(json!(optional), indexes["nonMandatoryIndexes"]);
    let chosen = statements.group(&Selection::of(&selective)).expect("every pointer leads somewhere");
    assert_eq!(json!(chosen), indexes["selectiveIndexes"]);
    let shown: Vec<usize> = cut.selective.iter().map(|at| optional[*at]).collect();
    assert_eq!(shown, chosen.difference(&group).copied().collect::<Vec<_>>());
    let derived = published.disclose(&selective, &contexts, &mut rng()).expect("a derived proof");
    assert_eq!(derived.to_value(), example.value("derivedRevealDocument.json"), "to the byte of its proofValue");

    // What the verifier sees (verifyNQuads, verifyCreateVerifyData) and finds.
    let parted = derive::part_derived(&without_proof(derived.body().clone()), &cut.labels, &cut.mandatory, &contexts);
    let parted = parted.expect("statements");
    let verify = example.value("verifyCreateVerifyData.json");
    assert_eq!(
        (hex(&parted.mandatory_hash), json!(parted.optional)),
        (hashes["mandatoryHash"].as_str().expect("hex").to_owned(), verify["nonMandatory"].clone())
    );
    let seen = Statements::of(&cut.document, &contexts, |numbers| labels::given(&cut.labels, numbers)).expect("statements");
    assert_eq!(json!(seen.lines), example.value("verifyNQuads.json"));
    assert_eq!(derived.check_signature(0, &issuer.public_key(), &contexts), Ok(()));
}

fn rng() -> getrandom::rand_core::UnwrapErr<getrandom::SysRng> {
    getrandom::rand_core::UnwrapErr(getrandom::SysRng)
}

#[test]
fn permanent_resident_card_of_the_standard_is_made_derived_and_verified_value_by_value() {
    ecdsa_sd_example("prc", "prCredMandatory.json", "prCredSelective.json");
}

#[test]
fn employment_authorization_of_the_standard_is_made_derived_and_verified_value_by_value() {
    ecdsa_sd_example("employ", "employMandatory.json", "employSelective.json");
}

/// Checks every published value of one example of bbs-2023.
fn bbs_example(folder: &str, mandatory: &str, selective: &str) {
    let Some(root) = vectors("di-bbs/TestVectors") else { return };
    let (root, contexts) = (Example(root), Contexts::bundled());
    let example = Example(root.0.join(folder));
    let material = root.value("BBSKeyMaterial.json");
    let hmac_key: [u8; 32] = unhex(material["hmacKeyString"].as_str().expect("hex")).try_into().expect("32 bytes");
    let issuer = SecretKey::from_bytes(KeyAlgorithm::Bls12381G2, &unhex(material["privateKeyHex"].as_str().expect("hex")));
    let issuer = issuer.expect("a scalar");
    assert_eq!(hex(issuer.public_key().as_bytes()), material["publicKeyHex"].as_str().expect("hex"));
    let (mandatory, selective) = (root.pointers(mandatory), root.pointers(selective));
    let document = without_proof(example.object("addSignedSDBase.json"));

    let canonical = Statements::of(&document, &contexts, |numbers| {
        Ok(numbers.iter().map(|(node, number)| (*node, format!("c14n{number}"))).collect())
    });
    assert_eq!(json!(canonical.expect("statements").lines), example.value("addBaseDocCanon.json"));
    let statements = derive::base_statements(&document, &contexts, labels::shuffled, &hmac_key).expect("statements");
    assert_eq!(json!(statements.lines), example.value("addBaseDocHMACCanon.json"));
    let group = statements.group(&Selection::of(&mandatory)).expect("every pointer leads somewhere");
    let lines = |keep: bool| -> Vec<(usize, String)> {
        let all = statements.lines.iter().cloned().enumerate();
        all.filter(|(at, _)| group.contains(at) == keep).collect()
    };
    assert_eq!(lines(true), example.group("addBaseTransform.json", &["mandatory"]));
    assert_eq!(lines(false), example.group("addBaseTransform.json", &["nonMandatory"]));

    // The hashes make the header; the signature and the base proof are the published ones to the byte.
    let mut config = example.object("addProofConfig.json");
    let config_lines = std::fs::read_to_string(example.0.join("addProofConfigCanon.txt")).expect("a published value");
    assert_eq!(crate::securing::linked_data::canonical_nquads(&config, &contexts).expect("options"), config_lines);
    config.shift_remove("@context");
    let material = (&issuer.public_key(), Zeroizing::new(hmac_key));
    let (message, base) = bbs::prepare(&document, &config, &mandatory, material, &contexts).expect("a base proof");
    let hashes = example.value("addHashData.json");
    let header = [&hashes["proofHash"], &hashes["mandatoryHash"]].map(|hash| unhex(hash.as_str().expect("hex"))).concat();
    assert!(message.starts_with(&[&[0x82, 0x58, 64], &header[..]].concat()));
    let signature = issuer.sign(&message);
    assert_eq!(hex(&signature), example.value("addRawBaseSignatureInfo.json")["bbsSignature"]);
    let published = example.object("addSignedSDBase.json");
    assert_eq!(base.write(&signature), published["proof"]["proofValue"]);
    let published = Secured::read(&Value::Object(published).to_string()).expect("a base proof");
    assert_eq!(published.check_received(0, &issuer.public_key(), &contexts), Ok(()));

    // What the holder derives; the proof itself is blinded, so that no two are alike.
    let cut = derive::cut(&document, &statements, &mandatory, &selective, &contexts).expect("a cut");
    let data = example.value("derivedDisclosureData.json");
    assert_eq!(Value::Object(cut.document.clone()), example.value("derivedUnsignedReveal.json"));
    assert_eq!(
        (json!(cut.mandatory), json!(cut.selective)),
        (data["mandatoryIndexes"].clone(), data["adjSelectiveIndexes"].clone())
    );
    let names: Vec<(String, &String)> = cut.labels.iter().map(|(number, label)| (format!("c14n{number}"), label)).collect();
    assert_eq!(json!(names), data["labelMap"]["value"]);
    let derived = published.disclose(&selective, &contexts, &mut rng()).expect("a derived proof");
    assert_eq!(derived.check_signature(0, &issuer.public_key(), &contexts), Ok(()));

    // The published derived proof verifies, and with one statement altered does not.
    let theirs = example.value("derivedRevealDocument.json").to_string();
    assert_eq!(Value::Object(derived.body().clone()), Value::Object(without_proof(example.object("derivedRevealDocument.json"))));
    let check = |text: &str| Secured::read(text).expect("a derived proof").check_signature(0, &issuer.public_key(), &contexts);
    assert_eq!(check(&theirs), Ok(()));
    for (from, to) in [("Lahaina", "Kahului"), ("Wailea", "Kihei"), ("Arcadia", "Utopia"), ("2024-12-16", "2023-12-16")] {
        if theirs.contains(from) {
            assert_eq!(check(&theirs.replace(from, to)), Err(crate::securing::SignatureFault::Bad), "{to}");
        }
    }
}

#[test]
fn windsurf_race_of_the_bbs_standard_is_made_derived_and_verified_value_by_value() {
    bbs_example("", "windMandatory.json", "windSelective.json");
}

#[test]
fn permanent_resident_card_of_the_bbs_standard_is_made_derived_and_verified_value_by_value() {
    bbs_example("prc", "prCredMandatory.json", "prCredSelective.json");
}

/// A proof object with this `proofValue`.
fn proof(suite: &str, header: [u8; 3], cbor: &[u8]) -> Map<String, Value> {
    use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
    let value = format!("u{}", BASE64_URL_SAFE_NO_PAD.encode([&header, cbor].concat()));
    json!({ "cryptosuite": suite, "proofValue": value }).as_object().expect("an object").clone()
}

proptest! {
    #[test]
    fn any_bytes_are_a_proof_value_or_refused(
        bytes in proptest::collection::vec(any::<u8>(), 0..400),
        array in any::<bool>(),
        kind in 0u8..5,
    ) {
        let cbor = if array { [&[0x85, 0x58, 64][..], &bytes].concat() } else { bytes };
        for suite in ["ecdsa-sd-2023", "bbs-2023"] {
            let _ = super::read(&proof(suite, [0xd9, 0x5d, kind], &cbor));
        }
    }

    #[test]
    fn any_text_is_a_proof_value_or_refused(text in "u?[A-Za-z0-9_=-]{0,60}") {
        let proof = json!({ "cryptosuite": "ecdsa-sd-2023", "proofValue": text });
        prop_assert!(super::read(proof.as_object().expect("an object")).is_err());
    }
}
