//! How much of the three kinds of credential fits: characters and symbol versions, beside plain JSON and JWT.

use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use serde_json::{Map, Value};
use wallet_core::qr::{Budget, Symbol, TypeTable, TypeTables, barcode, fit, picture};
use wallet_core::securing::Secured;
use wallet_core::securing::linked_data::Contexts;

use crate::credentials::{all, full_table, key, small_table};

fn base45_of_deflate(text: &str) -> String {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(text.as_bytes()).expect("a vector takes every byte");
    base45::encode(encoder.finish().expect("a vector takes every byte"))
}

/// A `vc+jwt` of the credential without its proof: a header with the key, and a signature of 64 bytes.
fn as_jwt(credential: &Map<String, Value>) -> String {
    let mut claims = credential.clone();
    let proof = claims.remove("proof").expect("secured");
    let header = serde_json::json!({ "alg": "EdDSA", "typ": "vc+jwt", "kid": proof["verificationMethod"] });
    let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    format!(
        "{}.{}.{}",
        encode(header.to_string().as_bytes()),
        encode(Value::Object(claims).to_string().as_bytes()),
        encode(&[7; 64])
    )
}

fn print(form: &str, text: &str) -> usize {
    let version = Symbol::new(text).map_or_else(|_| "none".to_owned(), |symbol| format!("{}-M", symbol.version()));
    println!("  {form:<44} {:>5} characters  {version:>5}", text.len());
    text.len()
}

#[test]
fn three_kinds_of_credential_fit_a_symbol() {
    let contexts = Contexts::bundled();
    for (name, credential) in all() {
        let plain = Value::Object(credential.clone()).to_string();
        let compact = |table: &TypeTable| barcode::encode(&credential, table, &contexts).expect("comes back the same");
        println!("\n{name}");
        print("JSON with its proof", &plain);
        print("the same, deflate and base45", &base45_of_deflate(&plain));
        print("vc+jwt", &as_jwt(&credential));
        let without = print("CBOR-LD, no table", &compact(&TypeTable::empty()));
        let small = print("CBOR-LD, contexts and suites", &compact(&small_table()));
        let text = compact(&full_table());
        let full = print("CBOR-LD, also issuers, keys and status lists", &text);
        assert!(full < small && small < without && without < plain.len());

        let tables = TypeTables::new().with(full_table());
        let png = Symbol::new(&text).expect("fits").png(4);
        let scanned = barcode::decode(&picture::read(&png).expect("a clean picture"), &tables, &contexts).expect("a barcode");
        let secured = Secured::read(&Value::Object(scanned.clone()).to_string()).expect("a credential");
        assert_eq!(secured.check_signature(0, &key().public_key(), &contexts), Ok(()), "{name}: the proof still verifies");
        assert_eq!(scanned, credential);
        for budget in [Budget::Print, Budget::Screen] {
            match fit(&credential, &full_table(), &contexts, budget).expect("encodes") {
                Ok(symbol) => println!("  {budget:?}: fits, version {}", symbol.version()),
                Err(over) => println!("  {budget:?}: {} over, drop {:?}", over.excess, over.claims_to_drop()),
            }
        }
    }
}
