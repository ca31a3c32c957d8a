//! Every cryptosuite under its number: what is signed with it survives the QR, and npm `@digitalbazaar/cborld` writes the same bytes.

use serde_json::{Map, Value, json};
use wallet_core::did::VerificationRelationship;
use wallet_core::key::{KeyAlgorithm, SecretKey};
use wallet_core::qr::{Symbol, TypeTable, TypeTables, barcode, cbor_ld, picture};
use wallet_core::securing::linked_data::Contexts;
use wallet_core::securing::{Mechanism, ProofOptions, Secured, prepare};

use crate::credentials::{all, full_table, small_table};
use crate::reference::{ask, encode_job};
use crate::to_hex;

const SUITES: [(Mechanism, KeyAlgorithm); 6] = [
    (Mechanism::EddsaRdfc2022, KeyAlgorithm::Ed25519),
    (Mechanism::EddsaJcs2022, KeyAlgorithm::Ed25519),
    (Mechanism::EcdsaRdfc2019, KeyAlgorithm::P256),
    (Mechanism::EcdsaRdfc2019, KeyAlgorithm::P384),
    (Mechanism::EcdsaJcs2019, KeyAlgorithm::P256),
    (Mechanism::EcdsaJcs2019, KeyAlgorithm::P384),
];

fn key(algorithm: KeyAlgorithm) -> SecretKey {
    let length = if algorithm == KeyAlgorithm::P384 { 48 } else { 32 };
    SecretKey::from_bytes(algorithm, &vec![7; length]).expect("a scalar in range")
}

/// The reduced diploma without its proof, which fits in a symbol whatever the suite.
fn unsigned() -> Map<String, Value> {
    let (_, mut credential) = all().into_iter().find(|(name, _)| *name == "reduced diploma").expect("it is there");
    credential.shift_remove("proof").expect("it is signed");
    credential
}

fn signed((mechanism, algorithm): (Mechanism, KeyAlgorithm)) -> Secured {
    let options = ProofOptions::new(
        mechanism,
        "did:ethr:0x6ced:0x3B1a2C4d5E6f708192a3B4c5D6e7F8091A2b3C4d#delegate-1".parse().expect("a DID URL"),
        VerificationRelationship::AssertionMethod,
        "2026-03-02T12:00:00Z".parse().expect("a time"),
    );
    let key = key(algorithm);
    let unsigned = prepare(unsigned(), &options, &key.public_key(), &Contexts::bundled()).expect("every term is defined");
    let signature = key.sign(unsigned.message());
    unsigned.finish(&signature).expect("the right length")
}

fn object(secured: &Secured) -> Map<String, Value> {
    serde_json::from_str(secured.text()).expect("a JSON object")
}

#[test]
fn credential_signed_with_every_suite_verifies_after_the_picture() {
    let contexts = Contexts::bundled();
    for suite in SUITES {
        for table in [TypeTable::empty(), small_table(), full_table()] {
            let secured = signed(suite);
            let text = barcode::encode(&object(&secured), &table, &contexts).expect("a credential");
            let scanned = picture::read(&Symbol::new(&text).expect("it fits").png(4)).expect("a clean picture");
            let tables = TypeTables::new().with(table.clone());
            let read = barcode::decode(&scanned, &tables, &contexts).expect("what was written");
            assert_eq!(read, object(&secured), "{suite:?}");
            let read = Secured::read(&Value::Object(read).to_string()).expect("a secured credential");
            assert_eq!(read.check_signature(0, &key(suite.1).public_key(), &contexts), Ok(()), "{suite:?}");
        }
    }
}

/// The numbers npm `@digitalbazaar/cborld` 8.1 has in its own table, and after them the suites it has no number for.
#[test]
fn suites_have_the_registered_numbers() {
    let table = small_table().to_json();
    let numbers = &table["typeTable"]["https://w3id.org/security#cryptosuiteString"];
    let registered = json!({ "ecdsa-rdfc-2019": 1, "ecdsa-sd-2023": 2, "eddsa-rdfc-2022": 3, "ecdsa-xi-2023": 4 });
    for (suite, number) in registered.as_object().expect("an object") {
        assert_eq!(&numbers[suite], number, "{suite}");
    }
    for (suite, number) in [("eddsa-jcs-2022", 5), ("ecdsa-jcs-2019", 6), ("bbs-2023", 7)] {
        assert_eq!(numbers[suite], number, "{suite}");
    }
}

#[test]
fn reference_writes_the_same_bytes_for_every_suite_and_reads_ours() {
    let contexts = Contexts::bundled();
    let tables = TypeTables::new().with(small_table());
    let mut cases: Vec<(String, Map<String, Value>)> =
        SUITES.map(|suite| (format!("{} {}", suite.0.as_str(), suite.1.curve()), object(&signed(suite)))).into();
    // Whoever signs them: a proof of a suite with selective disclosure is one long text to the QR.
    for name in ["ecdsa-sd-2023", "bbs-2023"] {
        let mut credential = object(&signed(SUITES[2]));
        credential["proof"]["cryptosuite"] = json!(name);
        let value: Vec<u8> = [0xd9, 0x5d, 0x01].into_iter().chain((0..197).map(|at| at as u8)).collect();
        credential["proof"]["proofValue"] = multibase::encode(multibase::Base::Base64Url, value).into();
        cases.push((name.to_owned(), credential));
    }
    let mut jobs = Vec::new();
    for (_, credential) in &cases {
        let ours = cbor_ld::encode(credential, &small_table(), &contexts).expect("a credential");
        jobs.push(json!({ "decode": to_hex(&ours) }));
        jobs.push(encode_job(credential, small_table().entry_id(), "cbor-ld-1.0"));
    }
    let answers = ask(&contexts, &tables, jobs);
    for ((name, credential), answers) in cases.iter().zip(answers.chunks(2)) {
        let ours = cbor_ld::encode(credential, &small_table(), &contexts).expect("a credential");
        println!("{name:<28} {:>5} bytes", ours.len());
        assert_eq!(answers[0]["decoded"], Value::Object(credential.clone()), "{name}: {}", answers[0]);
        assert_eq!(answers[1]["encoded"], to_hex(&ours), "{name}: {}", answers[1]);
        let suite = credential["proof"]["cryptosuite"].as_str().expect("a suite");
        let spelled = ours.windows(suite.len()).any(|bytes| bytes == suite.as_bytes());
        assert!(!spelled, "{name} has a number");
        assert_eq!(cbor_ld::decode(&ours, &tables, &contexts).as_ref(), Ok(credential), "{name}");
    }
}
