//! Prints how often the hot paths of wallet-core allocate: `name<tab>allocations<tab>bytes`, for one diploma.

use serde_json::Value;
use wallet_core::did;
use wallet_core::key::{KeyAlgorithm, SecretKey};
use wallet_core::securing::linked_data::Contexts;
use wallet_core::securing::{Kind, Mechanism, ProofOptions, Secured, prepare};
use wallet_core::time::Timestamp;

const DIPLOMA: &str = include_str!("../../../../wallet-core/benches/diploma.json");

fn main() {
    let contexts = Contexts::bundled();
    let cases = [
        (KeyAlgorithm::Ed25519, Mechanism::EddsaRdfc2022),
        (KeyAlgorithm::Ed25519, Mechanism::EddsaJcs2022),
        (KeyAlgorithm::Ed25519, Mechanism::Jwt),
        (KeyAlgorithm::P256, Mechanism::Jwt),
    ];
    for (algorithm, mechanism) in cases {
        let key = SecretKey::from_bytes(algorithm, &[7; 32]).expect("a scalar in range");
        let did = did::key::from_public_key(&key.public_key());
        let mut diploma: Value = serde_json::from_str(DIPLOMA).expect("JSON");
        diploma["issuer"]["id"] = did.as_str().into();
        let Value::Object(diploma) = diploma else { unreachable!("it is written as an object") };
        let method = did.with_fragment(did.identifier()).expect("a DID URL");
        let now: Timestamp = "2026-03-01T12:00:00Z".parse().expect("a date");
        let options = ProofOptions::new(mechanism, method, Kind::Credential.relationship(), now);
        let unsigned = prepare(diploma, &options, &key.public_key(), &contexts).expect("it can be signed");
        let signature = key.sign(unsigned.message());
        let text = unsigned.finish(&signature).expect("the signature fits").text().to_owned();
        let public = key.public_key();
        let mut read = None;
        let name = format!("{} {}", mechanism.as_str(), algorithm.curve());
        print(&format!("{name}: read"), || read = Some(Secured::read(&text).expect("a credential")));
        let read = read.expect("it was read");
        print(&format!("{name}: check the proof"), || read.check_signature(0, &public, &contexts).expect("its signature"));
    }
}

fn print(name: &str, work: impl FnMut()) {
    let counted = allocation_counter::measure(work);
    println!("{name}\t{}\t{}", counted.count_total, counted.bytes_total);
}
