//! VC Data Integrity EdDSA Cryptosuites 1.0 and ECDSA Cryptosuites 1.0: the files beside both recommendations, but for
//! `ecdsa-sd-2023`, which has a file of its own.
//!
//! For each suite: the canonical forms and the hashes are the published ones, what is published verifies, and signing again with
//! the published key gives the published bytes (Ed25519, which is deterministic) or a signature that verifies (ECDSA).

use std::path::Path;

use serde_json::{Map, Value};
use wallet_core::did::VerificationRelationship;
use wallet_core::key::{KeyAlgorithm, PublicKey, SecretKey};
use wallet_core::securing::linked_data::rdfc::{self, Hash};
use wallet_core::securing::linked_data::{Contexts, to_quads};
use wallet_core::securing::{ProofOptions, Secured, SignatureFault, jcs, prepare};

use crate::{folder, json, text};

/// One folder of files: where, the ending of their names, the key pair, and the document that is signed.
struct Suite {
    folder: &'static str,
    ending: &'static str,
    keys: &'static str,
    unsigned: &'static str,
    hash: Hash,
}

const fn suite(folder: &'static str, ending: &'static str, keys: &'static str, unsigned: &'static str, hash: Hash) -> Suite {
    Suite { folder, ending, keys, unsigned, hash }
}

const EDDSA: [Suite; 4] = [
    suite("eddsa-rdfc-2022", "DataInt", "keyPair", "unsigned", Hash::Sha256),
    suite("eddsa-rdfc-2022/employ", "DataInt", "keyPair", "employmentAuth", Hash::Sha256),
    suite("eddsa-jcs-2022", "JCS", "keyPair", "unsigned", Hash::Sha256),
    suite("Ed25519Signature2020", "EdSig", "keyPair", "unsigned", Hash::Sha256),
];

const ECDSA: [Suite; 6] = [
    suite("ecdsa-rdfc-2019-p256", "ECDSAP256", "p256KeyPair", "unsigned", Hash::Sha256),
    suite("ecdsa-rdfc-2019-p256/employ", "ECDSAP256", "p256KeyPair", "employmentAuth", Hash::Sha256),
    suite("ecdsa-rdfc-2019-p384", "ECDSAP384", "p384KeyPair", "unsigned", Hash::Sha384),
    suite("ecdsa-rdfc-2019-p384/employ", "ECDSAP384", "p384KeyPair", "employmentAuth", Hash::Sha384),
    suite("ecdsa-jcs-2019-p256", "JCSECDSAP256", "p256KeyPair", "unsigned", Hash::Sha256),
    suite("ecdsa-jcs-2019-p384", "JCSECDSAP384", "p384KeyPair", "unsigned", Hash::Sha384),
];

fn contexts() -> Contexts {
    let examples = r#"{"@context":{"@vocab":"https://www.w3.org/ns/credentials/examples#"}}"#;
    Contexts::bundled().with("https://www.w3.org/ns/credentials/examples/v2", examples).expect("a context")
}

/// A private key in the Multikey form: two bytes say of which kind.
fn secret_key(pair: &Value) -> SecretKey {
    let text = pair.get("secretKeyMultibase").unwrap_or(&pair["privateKeyMultibase"]).as_str().expect("a private key");
    let (_, bytes) = multibase::decode(text).expect("multibase");
    let algorithm = match bytes[..2] {
        [0x80, 0x26] => KeyAlgorithm::Ed25519,
        [0x86, 0x26] => KeyAlgorithm::P256,
        [0x87, 0x26] => KeyAlgorithm::P384,
        ref other => panic!("a key of kind {other:x?}"),
    };
    let key = SecretKey::from_bytes(algorithm, &bytes[2..]).expect("a private key");
    assert_eq!(key.public_key().to_multikey(), pair["publicKeyMultibase"]);
    key
}

fn object(value: &Value) -> Map<String, Value> {
    value.as_object().expect("an object").clone()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The options of a published proof.
fn options(config: &Value) -> ProofOptions {
    let text = |name: &str| config[name].as_str().unwrap_or_else(|| panic!("{name} in {config}"));
    let mechanism = config["cryptosuite"].clone();
    let previous = match &config["previousProof"] {
        Value::Null => Vec::new(),
        Value::String(one) => vec![one.clone()],
        all => serde_json::from_value(all.clone()).expect("a list of texts"),
    };
    ProofOptions {
        id: config["id"].as_str().map(str::to_owned),
        previous,
        ..ProofOptions::new(
            serde_json::from_value(mechanism).expect("a suite"),
            text("verificationMethod").parse().expect("a DID URL"),
            VerificationRelationship::from_name(text("proofPurpose")).expect("a purpose"),
            text("created").parse().expect("a time"),
        )
    }
}

/// Signs `document` as `config` says; returns what was signed and the document with its proofs.
fn sign(document: Map<String, Value>, config: &Value, key: &SecretKey) -> (Vec<u8>, Secured) {
    let unsigned = prepare(document, &options(config), &key.public_key(), &contexts()).expect("covered");
    let message = unsigned.message().to_vec();
    let signature = key.sign(&message);
    (message, unsigned.finish(&signature).expect("the right length"))
}

fn canonical(document: &Map<String, Value>, suite: &Suite) -> String {
    if suite.folder.contains("jcs") {
        return jcs::canonicalize(&Value::Object(document.clone())).expect("canonical");
    }
    let contexts = contexts();
    let quads = to_quads(document, &contexts).expect("every term is defined");
    rdfc::canonicalize(&quads, suite.hash).expect("canonical").nquads
}

/// Checks one folder; returns the proof made anew, if the suite can be written, beside the published one.
fn check(root: &Path, suite: &Suite) -> Option<(Value, Value)> {
    let name = suite.folder;
    let file = |part: &str, kind: &str| root.join(name).join(format!("{part}{}.{kind}", suite.ending));
    let line = |part: &str| text(&file(part, "txt")).trim_end().to_owned();
    let key = secret_key(&json(&root.join(format!("{}.json", suite.keys))));
    let signed = json(&file("signed", "json"));
    let config = json(&file("proofConfig", "json"));
    let mut document = object(&signed);
    document.shift_remove("proof").expect("a proof");
    if name != "Ed25519Signature2020" {
        assert_eq!(Value::Object(document.clone()), json(&root.join(format!("{}.json", suite.unsigned))), "{name}");
    }

    assert_eq!(canonical(&document, suite).trim_end(), line("canonDoc"), "{name}");
    assert_eq!(canonical(&object(&config), suite).trim_end(), line("proofCanon"), "{name}");
    assert_eq!(line("combinedHash"), line("proofHash") + &line("docHash"), "{name}");
    let (_, value) = multibase::decode(line("sigBTC58")).expect("multibase");
    assert_eq!((hex(&value), &line("sigBTC58")), (line("sigHex"), &signed["proof"]["proofValue"].as_str().unwrap().to_owned()));

    let secured = Secured::read(&text(&file("signed", "json"))).expect("a secured credential");
    assert_eq!(secured.check_signature(0, &key.public_key(), &contexts()), Ok(()), "{name}");
    let altered = text(&file("signed", "json")).replacen("2023-02-24", "2023-02-25", 1);
    let altered = Secured::read(&altered).expect("a secured credential");
    assert_eq!(altered.check_signature(0, &key.public_key(), &contexts()), Err(SignatureFault::Bad), "{name}");

    if name == "Ed25519Signature2020" {
        let combined = line("combinedHash");
        let bytes: Vec<u8> =
            (0..combined.len()).step_by(2).map(|at| u8::from_str_radix(&combined[at..at + 2], 16).expect("hex")).collect();
        assert_eq!(hex(&key.sign(&bytes)), line("sigHex"), "{name}");
        return None;
    }
    let (message, ours) = sign(document, &config, &key);
    assert_eq!(hex(&message), line("combinedHash"), "{name}");
    assert_eq!(ours.check_signature(0, &key.public_key(), &contexts()), Ok(()), "{name}");
    let ours: Value = serde_json::from_str(ours.text()).expect("JSON");
    Some((ours["proof"].clone(), signed["proof"].clone()))
}

#[test]
fn vc_di_eddsa_suites_give_the_published_forms_hashes_and_signatures() {
    let Some(root) = folder("di-eddsa/TestVectors") else { return };
    for suite in &EDDSA {
        if let Some((ours, theirs)) = check(&root, suite) {
            assert_eq!(ours, theirs, "{}", suite.folder);
        }
    }
}

#[test]
fn vc_di_ecdsa_suites_give_the_published_forms_and_hashes() {
    let Some(root) = folder("di-ecdsa/TestVectors") else { return };
    for suite in &ECDSA {
        let (mut ours, mut theirs) = check(&root, suite).expect("it can be written");
        // The signature is another each time; all the rest is the same.
        for proof in [&mut ours, &mut theirs] {
            proof.as_object_mut().expect("an object").shift_remove("proofValue").expect("a signature");
        }
        assert_eq!(ours, theirs, "{}", suite.folder);
    }
}

#[test]
fn vc_di_ecdsa_key_of_the_other_curve_is_never_tried() {
    let Some(root) = folder("di-ecdsa/TestVectors") else { return };
    let other = |suite: &Suite| if suite.keys == "p256KeyPair" { "p384KeyPair.json" } else { "p256KeyPair.json" };
    for suite in &ECDSA {
        let signed = text(&root.join(suite.folder).join(format!("signed{}.json", suite.ending)));
        let key = secret_key(&json(&root.join(other(suite)))).public_key();
        let secured = Secured::read(&signed).expect("a secured credential");
        assert_eq!(secured.check_signature(0, &key, &contexts()), Err(SignatureFault::WrongAlgorithm), "{}", suite.folder);
    }
}

/// The steps of the proof set and the proof chain in the appendix: key pair, options, the proof, the document that comes out.
const STEPS: [(&str, &str, &str, &str); 4] = [
    ("keyPair1", "proofSetConfig1", "proofSetConfigSigned1", "signedProofSet1"),
    ("keyPair2", "proofSetConfig2", "proofSetConfigSigned2", "signedProofSet2"),
    ("keyPair3", "proofChainConfig1", "proofChainConfigSigned1", "signedProofChain1"),
    ("keyPair4", "proofChainConfig2", "proofChainConfigSigned2", "signedProofChain2"),
];

#[test]
fn vc_di_eddsa_proof_set_and_chain_grow_step_by_step_as_published() {
    let Some(root) = folder("di-eddsa/TestVectors/proof-set-chain") else { return };
    let file = |name: &str| json(&root.join(format!("{name}.json")));
    let keys = file("multiKeyPairs");
    let mut document = file("unsigned");
    for (pair, config, proof, signed) in STEPS {
        let (_, secured) = sign(object(&document), &file(config), &secret_key(&keys[pair]));
        document = serde_json::from_str(secured.text()).expect("JSON");
        assert_eq!(document, file(signed), "{signed}");
        let last = document["proof"].as_array().and_then(|all| all.last()).unwrap_or(&document["proof"]);
        assert_eq!(*last, file(proof), "{proof}");
    }
}

#[test]
fn vc_di_eddsa_every_proof_of_the_set_and_of_the_chain_verifies() {
    let Some(root) = folder("di-eddsa/TestVectors/proof-set-chain") else { return };
    let keys = json(&root.join("multiKeyPairs.json"));
    for (step, (_, _, _, name)) in STEPS.into_iter().enumerate() {
        let secured = Secured::read(&text(&root.join(format!("{name}.json")))).expect("a secured credential");
        assert_eq!(secured.proofs().len(), step + 1);
        for (at, (pair, ..)) in STEPS.into_iter().take(step + 1).enumerate() {
            let key = PublicKey::from_multikey(keys[pair]["publicKeyMultibase"].as_str().expect("a key")).expect("a Multikey");
            assert_eq!(secured.check_signature(at, &key, &contexts()), Ok(()), "{name}, proof {at}");
        }
    }
}

/// The documents that the links of the chain sign: with the proofs before them and without the others.
#[test]
fn vc_di_eddsa_links_of_the_chain_sign_the_document_with_the_proofs_they_follow() {
    let Some(root) = folder("di-eddsa/TestVectors/proof-set-chain") else { return };
    let file = |name: &str| json(&root.join(format!("{name}.json")));
    for (temporary, previous) in [
        ("proofChainTempDoc1", vec!["proofSetConfigSigned1", "proofSetConfigSigned2"]),
        ("proofChainTempDoc2", vec!["proofChainConfigSigned1"]),
    ] {
        let mut expected = file("unsigned");
        expected["proof"] = previous.into_iter().map(file).collect();
        assert_eq!(file(temporary), expected, "{temporary}");
    }
    // As N-Quads they say that the proofs stand in the document, each in a graph of its own.
    let contexts = contexts();
    let document = object(&file("proofChainTempDoc1"));
    let canonical =
        rdfc::canonicalize(&to_quads(&document, &contexts).expect("defined"), Hash::Sha256).expect("canonical").nquads;
    assert_eq!(canonical.matches("<https://w3id.org/security#proof> _:c14n").count(), 2);
    assert_eq!(canonical.matches("<https://w3id.org/security#proofValue>").count(), 2);
}
