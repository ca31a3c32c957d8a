//! Project Wycheproof: signatures made to be wrongly accepted, or wrongly refused.

use serde_json::{Map, Value, json};
use wallet_core::key::{KeyAlgorithm, PublicKey};

use super::folder;

const FOLDER: &str = "wycheproof/testvectors_v1";

fn file(name: &str) -> Option<Value> {
    folder(FOLDER).map(|folder| super::json(&folder.join(name)))
}

fn hex(text: &Value) -> Vec<u8> {
    super::hex(text.as_str().expect("hexadecimal text"))
}

/// Each test of a file with the group it belongs to.
fn tests(file: &Value) -> impl Iterator<Item = (&Value, &Value)> {
    let groups = file["testGroups"].as_array().expect("groups");
    groups.iter().flat_map(|group| group["tests"].as_array().expect("tests").iter().map(move |test| (group, test)))
}

/// Runs one file of raw signatures, and says how many there were.
///
/// What is "acceptable" is weak or unusual; whether it is taken is the verifier's choice, and this one's is `strict`.
fn run(name: &str, algorithm: KeyAlgorithm, key: impl Fn(&Value) -> Value) -> usize {
    let Some(file) = file(name) else { return 0 };
    let mut count = 0;
    for (group, test) in tests(&file) {
        let public = PublicKey::from_bytes(algorithm, &hex(&key(group)));
        let verified = public.is_ok_and(|key| key.verify(&hex(&test["msg"]), &hex(&test["sig"])).is_ok());
        match test["result"].as_str().expect("a result") {
            "valid" => assert!(verified, "{name} {test}"),
            "invalid" => assert!(!verified, "{name} {test}"),
            other => panic!("{name}: a result of another kind: {other}"),
        }
        count += 1;
    }
    assert_eq!(Value::from(count), file["numberOfTests"], "{name}");
    println!("{name}: {count} of {count}");
    count
}

#[test]
fn p256_signatures_in_the_form_of_tokens() {
    run("ecdsa_secp256r1_sha256_p1363_test.json", KeyAlgorithm::P256, |group| group["publicKey"]["uncompressed"].clone());
}

#[test]
fn p384_signatures_in_the_form_of_tokens() {
    run("ecdsa_secp384r1_sha384_p1363_test.json", KeyAlgorithm::P384, |group| group["publicKey"]["uncompressed"].clone());
}

#[test]
fn ed25519_signatures() {
    run("ed25519_test.json", KeyAlgorithm::Ed25519, |group| group["publicKey"]["pk"].clone());
}

#[test]
fn keys_of_ed25519_are_read_from_their_jwk() {
    let Some(file) = file("ed25519_test.json") else { return };
    for (group, _) in tests(&file) {
        if let Some(jwk) = group.get("publicKeyJwk") {
            let key = PublicKey::from_jwk(jwk).expect("a JWK");
            assert_eq!(key.as_bytes(), hex(&group["publicKey"]["pk"]));
        }
    }
}

/// secp256k1 keys sign what Ethereum hashes, so of the file's signatures over SHA-256 none may be good: it is run for crashes.
#[test]
fn secp256k1_signatures_over_another_hash_are_all_refused() {
    let Some(file) = file("ecdsa_secp256k1_sha256_p1363_test.json") else { return };
    for (group, test) in tests(&file) {
        let key = PublicKey::from_bytes(KeyAlgorithm::Secp256k1, &hex(&group["publicKey"]["uncompressed"]));
        assert!(key.is_ok_and(|key| key.verify(&hex(&test["msg"]), &hex(&test["sig"])).is_err()), "{test}");
    }
}

/// Points that are none, in the ECDH file, make no key.
#[test]
fn points_off_the_curve_are_no_keys() {
    let Some(file) = file("ecdh_secp256r1_ecpoint_test.json") else { return };
    let mut refused = 0;
    for (_, test) in tests(&file) {
        let key = PublicKey::from_bytes(KeyAlgorithm::P256, &hex(&test["public"]));
        match test["result"].as_str().expect("a result") {
            "valid" => assert!(key.is_ok(), "{test}"),
            "invalid" => {
                assert!(key.is_err(), "{test}");
                refused += 1;
            }
            _ => {}
        }
    }
    assert!(refused > 0);
}

/// The public JWKs of the files of JSON Web Keys and signatures are read when they are of our kinds, and refused otherwise.
#[test]
fn keys_of_other_kinds_are_refused() {
    let mut read = 0;
    for name in ["json_web_signature_test.json", "json_web_key_test.json", "json_web_crypto_test.json"] {
        let Some(file) = file(name) else { return };
        let groups = file["testGroups"].as_array().expect("groups");
        for key in groups.iter().flat_map(|group| [&group["public"], &group["private"]]).filter(|key| key.get("kty").is_some()) {
            let public: Map<String, Value> = key
                .as_object()
                .expect("an object")
                .iter()
                .filter(|(name, _)| *name != "d")
                .map(|(n, v)| (n.clone(), v.clone()))
                .collect();
            let for_signatures = key["use"] != "enc" && key.get("key_ops").is_none();
            let ours = ["Ed25519", "P-256", "P-384", "secp256k1"].iter().any(|curve| key["crv"] == **curve) && for_signatures;
            assert_eq!(PublicKey::from_jwk(&json!(public)).is_ok(), ours, "{key}");
            assert!(PublicKey::from_jwk(key).is_err() || key.get("d").is_none(), "a private key is no public one");
            read += usize::from(ours);
        }
    }
    assert!(read > 0);
}
