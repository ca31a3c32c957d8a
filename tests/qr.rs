//! The QR with what is not ours: the specification's vectors, npm `@digitalbazaar/cborld`, pictures, and how much fits.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};
use wallet_core::qr::{Symbol, TypeTable, TypeTables, barcode, cbor_ld, picture};
use wallet_core::securing::linked_data::Contexts;

#[path = "interop/cborld/anchored.rs"]
mod anchored;
#[path = "interop/cborld/credentials.rs"]
mod credentials;
#[path = "interop/cborld/reference.rs"]
mod reference;
#[path = "interop/cborld/sizes.rs"]
mod sizes;
#[path = "interop/cborld/suites.rs"]
mod suites;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name)
}

fn json(path: &Path) -> Value {
    let text = fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn object(path: &Path) -> Map<String, Value> {
    json(path).as_object().cloned().unwrap_or_else(|| panic!("{} is not an object", path.display()))
}

fn from_hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).expect("hexadecimal")).collect()
}

fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The contexts of the specification's vectors, beside those that come with the library.
fn vector_contexts() -> Contexts {
    let vectors = folder("vectors/vc-barcodes");
    let with = |contexts: Contexts, url: &str, file: &str| {
        contexts.with(url, &fs::read_to_string(vectors.join(file)).expect("a vector")).expect("a context")
    };
    let contexts = with(Contexts::bundled(), "https://w3id.org/vc-barcodes/v1", "vc-barcodes-v1.jsonld");
    with(contexts, "https://w3id.org/utopia/v2", "utopia-v2.jsonld")
}

fn vector_table() -> TypeTable {
    TypeTable::from_json(&json(&folder("vectors/vc-barcodes/table-100.json"))).expect("registry entry 100")
}

#[test]
fn vectors_of_vc_barcodes_are_written_and_read() {
    let vectors = folder("vectors/vc-barcodes");
    let (contexts, table) = (vector_contexts(), vector_table());
    let tables = TypeTables::new().with(table.clone());
    for (name, forms) in object(&vectors.join("encoded.json")) {
        let credential = object(&vectors.join(format!("{name}.json")));
        let written = cbor_ld::encode(&credential, &table, &contexts).expect("the vector's credential");
        assert_eq!(to_hex(&written), forms["cbor"].as_str().expect("hexadecimal"), "{name}");
        for form in ["cbor", "legacy-cbor"] {
            let bytes = from_hex(forms[form].as_str().expect("hexadecimal"));
            assert_eq!(cbor_ld::decode(&bytes, &tables, &contexts).as_ref(), Ok(&credential), "{name} {form}");
        }
        if let Some(text) = forms["text"].as_str() {
            assert_eq!(barcode::encode(&credential, &table, &contexts).as_deref(), Ok(text), "{name}");
        }
        for text in ["text", "legacy-text"].iter().filter_map(|form| forms[form].as_str()) {
            assert_eq!(barcode::decode(text, &tables, &contexts).as_ref(), Ok(&credential), "{name}");
        }
    }
}

#[test]
fn credential_survives_the_picture() {
    let (contexts, table) = (vector_contexts(), vector_table());
    let credential = object(&folder("vectors/vc-barcodes/employment-authorization.json"));
    let text = barcode::encode(&credential, &table, &contexts).expect("the vector's credential");
    let png = Symbol::new(&text).expect("fits").png(4);
    let scanned = picture::read(&png).expect("a clean picture");
    assert_eq!(scanned, text);
    assert_eq!(barcode::decode(&scanned, &TypeTables::new().with(table), &contexts), Ok(credential));
}
