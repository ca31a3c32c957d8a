//! The did:key Method: the test vectors beside the specification, each kind of key by name.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use wallet_core::did::{Did, ResolutionError, VerificationMethod, VerificationRelationship, key};
use wallet_core::key::{KeyAlgorithm, PublicKey};

use crate::{folder, json};

/// The kinds of key that no wallet signs with, by how their identifiers begin: recognised, and not supported.
const NOT_OURS: [(&str, &str); 4] =
    [("z5Tc", "BLS12-381 G1 and G2"), ("z4MX", "RSA 2048"), ("zgghBUV", "RSA 4096"), ("z2J9", "P-521")];

/// The multicodec `x25519-pub`.
const X25519: [u8; 2] = [0xec, 0x01];

fn documents(file: &Value) -> Vec<(String, Value)> {
    // x25519.json has its documents one level deeper than the others.
    let members: &Map<String, Value> = file.get("didDocument").unwrap_or(file).as_object().expect("an object");
    let document = |entry: &Value| entry.get("didDocument").unwrap_or(entry).clone();
    members.iter().map(|(did, entry)| (did.clone(), document(entry))).collect()
}

/// The key a method of the vectors has, in the Multikey form.
fn multikey(method: &Value) -> String {
    let agreement = |raw: Vec<u8>| multibase::encode(multibase::Base::Base58Btc, [&X25519[..], &raw].concat());
    let (base58, jwk) = (method["publicKeyBase58"].as_str(), &method["publicKeyJwk"]);
    let raw = base58.map(|text| multibase::Base::Base58Btc.decode(text).expect("base58"));
    let of = |algorithm| PublicKey::from_bytes(algorithm, raw.as_deref().expect("base58")).expect("a key").to_multikey();
    match method["type"].as_str().expect("a type") {
        "X25519KeyAgreementKey2019" => agreement(raw.expect("base58")),
        "Ed25519VerificationKey2018" => of(KeyAlgorithm::Ed25519),
        "EcdsaSecp256k1VerificationKey2019" => of(KeyAlgorithm::Secp256k1),
        "P256Key2021" => of(KeyAlgorithm::P256),
        "Bls12381G2Key2020" => of(KeyAlgorithm::Bls12381G2),
        "JsonWebKey2020" if jwk["crv"] == "X25519" => agreement(base64url(jwk["x"].as_str().expect("x"))),
        "JsonWebKey2020" => PublicKey::from_jwk(jwk).expect("a JWK").to_multikey(),
        other => panic!("a method of type {other}"),
    }
}

fn base64url(text: &str) -> Vec<u8> {
    multibase::Base::Base64Url.decode(text).expect("base64url")
}

/// Each method's identifier with its key and what it is for, which is all that the forms of a document have in common.
type Methods = BTreeMap<String, (String, Vec<&'static str>)>;

fn theirs(document: &Value) -> Methods {
    let uses = |id: &str| {
        let names = VerificationRelationship::ALL.map(VerificationRelationship::as_str).into_iter();
        names.filter(|name| document[name].as_array().is_some_and(|ids| ids.iter().any(|one| one == id))).collect()
    };
    let of = |method: &Value| {
        let id = method["id"].as_str().expect("an id");
        (id.to_owned(), (multikey(method), uses(id)))
    };
    document["verificationMethod"].as_array().expect("methods").iter().map(of).collect()
}

fn ours(methods: &[VerificationMethod]) -> Methods {
    let of = |method: &VerificationMethod| {
        let key = method.material["publicKeyMultibase"].as_str().expect("a Multikey").to_owned();
        let uses = VerificationRelationship::ALL.into_iter().filter(|r| method.relationships.contains(r));
        (method.id.to_string(), (key, uses.map(VerificationRelationship::as_str).collect()))
    };
    methods.iter().map(of).collect()
}

#[test]
fn did_key_method_vectors_resolve_to_the_same_keys_for_the_same_uses() {
    let Some(folder) = folder("did-key-vectors/test-vectors") else { return };
    let (mut resolved, mut refused) = (0, BTreeMap::new());
    for file in ["bls12381", "ed25519-x25519", "nist-curves", "rsa", "secp256k1", "x25519"] {
        for (text, document) in documents(&json(&folder.join(format!("{file}.json")))) {
            let did: Did = text.parse().expect("a DID");
            if let Some((_, kind)) = NOT_OURS.iter().find(|(start, _)| did.identifier().starts_with(start)) {
                assert_eq!(key::resolve(&did), Err(ResolutionError::MethodNotSupported), "{kind} {did}");
                *refused.entry(*kind).or_insert(0) += 1;
                continue;
            }
            let document_of_ours = key::resolve(&did).unwrap_or_else(|e| panic!("{did}: {e}"));
            assert_eq!(ours(&document_of_ours.verification_methods), theirs(&document), "{did}");
            resolved += 1;
        }
    }
    println!("did:key: {resolved} resolved; not supported: {refused:?}");
    assert_eq!((resolved, refused.values().sum::<i32>()), (25, 5));
}
