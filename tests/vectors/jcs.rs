//! JSON Canonicalization Scheme (RFC 8785): the examples beside the standard, as text and byte by byte.

use wallet_core::securing::jcs::canonicalize;

use crate::{folder, json, text};

#[test]
fn rfc_8785_test_data_is_canonical_byte_by_byte() {
    let Some(folder) = folder("jcs/testdata") else { return };
    for name in ["arrays", "french", "structures", "unicode", "values", "weird"] {
        let canonical = canonicalize(&json(&folder.join(format!("input/{name}.json")))).expect("canonical");
        assert_eq!(canonical, text(&folder.join(format!("output/{name}.json"))).trim_end(), "{name}");
        let hex = text(&folder.join(format!("outhex/{name}.txt")));
        let bytes: Vec<u8> = hex.split_whitespace().map(|two| u8::from_str_radix(two, 16).expect("two digits")).collect();
        assert_eq!(canonical.as_bytes(), bytes, "{name}");
    }
}
