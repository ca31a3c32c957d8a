//! W3C Verifiable Credential Barcodes: `VC1-`, the multibase letter `R`, and base45 (RFC 9285) over CBOR-LD.

use serde_json::{Map, Value};

use super::cbor_ld::{self, TypeTable, TypeTables};
use super::fault::BarcodeFault;
use crate::securing::linked_data::Contexts;

/// What every credential barcode begins with.
pub const PREFIX: &str = "VC1-R";

/// The longest barcode text, in characters: the largest QR code in alphanumeric mode (ISO/IEC 18004, 40-L).
pub const MAX_CHARACTERS: usize = 4296;

/// Writes a credential, with its proof, as barcode text under a type table.
///
/// Refused as [`BarcodeFault::Lossy`] when reading the text would not give back the very same members and values, so that a
/// proof over them always still verifies. Order of members and spelling of numbers (`1.0` for `1`) are not kept.
pub fn encode(credential: &Map<String, Value>, table: &TypeTable, contexts: &Contexts) -> Result<String, BarcodeFault> {
    let text = encode_any_length(credential, table, contexts)?;
    if text.len() > MAX_CHARACTERS {
        return Err(BarcodeFault::TooLong { limit: MAX_CHARACTERS, unit: "characters" });
    }
    Ok(text)
}

/// As [`encode`], even where no symbol is large enough, to say how much too long it is.
pub(super) fn encode_any_length(
    credential: &Map<String, Value>,
    table: &TypeTable,
    contexts: &Contexts,
) -> Result<String, BarcodeFault> {
    let bytes = cbor_ld::encode(credential, table, contexts)?;
    let read_back = cbor_ld::decode(&bytes, &TypeTables::new().with(table.clone()), contexts)?;
    if let Some((member, reason)) = first_difference(&Value::Object(credential.clone()), &Value::Object(read_back)) {
        return Err(BarcodeFault::Lossy { member, reason });
    }
    Ok(format!("{PREFIX}{}", base45::encode(&bytes)))
}

/// Reads the credential out of a barcode's text; it is as trustworthy as any text from outside.
pub fn decode(text: &str, tables: &TypeTables, contexts: &Contexts) -> Result<Map<String, Value>, BarcodeFault> {
    // Base45 has the space as a digit: only line ends are trimmed.
    let text = text.trim_matches(['\r', '\n']);
    if text.len() > MAX_CHARACTERS {
        return Err(BarcodeFault::TooLong { limit: MAX_CHARACTERS, unit: "characters" });
    }
    let encoded = text.strip_prefix(PREFIX).ok_or_else(|| BarcodeFault::malformed("it does not begin with VC1-R"))?;
    let bytes = base45::decode(encoded).map_err(|_| BarcodeFault::malformed("it is not base45"))?;
    if base45::encode(&bytes) != encoded {
        return Err(BarcodeFault::malformed("it is not base45"));
    }
    cbor_ld::decode(&bytes, tables, contexts)
}

/// The JSON pointer of the first member that differs, and how; numbers are compared by value, objects whatever their order.
fn first_difference(written: &Value, read: &Value) -> Option<(String, String)> {
    let below = |step: &str, (pointer, reason): (String, String)| (format!("/{}{pointer}", escape(step)), reason);
    match (written, read) {
        (Value::Object(written), Value::Object(read)) => {
            let lost = written.iter().find_map(|(name, value)| match read.get(name) {
                None => Some((format!("/{}", escape(name)), "it is lost".to_owned())),
                Some(other) => first_difference(value, other).map(|difference| below(name, difference)),
            });
            let gained = || read.keys().find(|name| !written.contains_key(*name));
            lost.or_else(|| gained().map(|name| (format!("/{}", escape(name)), "it appears from nowhere".to_owned())))
        }
        (Value::Array(written), Value::Array(read)) if written.len() == read.len() => {
            let mut pairs = written.iter().zip(read).enumerate();
            pairs.find_map(|(i, (value, other))| Some(below(&i.to_string(), first_difference(value, other)?)))
        }
        (Value::Number(written), Value::Number(read)) if written.as_f64() == read.as_f64() => None,
        _ if written == read => None,
        _ => Some((String::new(), "it comes back as another value".to_owned())),
    }
}

pub(super) fn escape(step: &str) -> String {
    step.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn contexts() -> Contexts {
        let context = json!({ "@context": {
            "@protected": true,
            "id": "@id",
            "type": "@type",
            "Pass": { "@id": "ex:Pass", "@context": { "seat": "ex:seat", "issued": { "@id": "ex:issued", "@type": "xsd:dateTime" } } },
            "xsd": "http://www.w3.org/2001/XMLSchema#",
            "born": { "@id": "ex:born", "@type": "xsd:date" },
            "holder": { "@id": "ex:holder", "@type": "@id" },
            "kind": { "@id": "ex:kind", "@type": "@vocab" },
            "sign": { "@id": "ex:sign", "@type": "https://w3id.org/security#multibase" },
            "subject": { "@id": "ex:subject", "@context": { "note": "ex:note", "count": "ex:count" } },
            "many": { "@id": "ex:many", "@container": "@list" }
        } });
        Contexts::bundled().with("https://example.org/c", &context.to_string()).expect("a context")
    }

    fn round(credential: Value) -> Result<Value, BarcodeFault> {
        let contexts = contexts();
        let table = TypeTable::programme(1001, &["https://example.org/c"], &["did:example:issuer"], &["aisle"]).expect("a table");
        let credential = credential.as_object().expect("an object").clone();
        let text = encode(&credential, &table, &contexts)?;
        assert!(text.bytes().all(|byte| b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:".contains(&byte)));
        decode(&text, &TypeTables::new().with(table), &contexts).map(Value::Object)
    }

    #[test]
    fn credential_comes_back_as_it_was() {
        let credential = json!({
            "@context": ["https://example.org/c", { "local": "ex:local" }],
            "id": "urn:uuid:188e8450-269e-11eb-b545-d3692cf35398",
            "type": ["Pass"],
            "holder": "did:example:issuer",
            "kind": "Pass",
            "born": "1990-12-31",
            "issued": "2026-03-01T12:00:00.250Z",
            "seat": "aisle",
            "sign": "uAQID",
            "local": { "deeper": [1, 2.5, null, true, { "seat": "x" }] },
            "subject": [{ "note": "ñandú", "count": -7 }, { "note": "\t", "unknown": { "@value": "a", "@language": "es" } }],
            "many": [["a", "b"], []]
        });
        assert_eq!(round(credential.clone()), Ok(credential));
    }

    #[test]
    fn credential_that_would_come_back_different_is_not_written() {
        let nested =
            json!({ "@context": "https://example.org/c", "holder": [["https://example.org/a", "https://example.org/b"]] });
        assert!(round(nested).is_err());
        for (name, value) in [("holder", json!(5)), ("issued", json!(true)), ("born", json!(0))] {
            let credential = json!({ "@context": "https://example.org/c", "type": "Pass", name: value });
            assert!(matches!(round(credential), Err(BarcodeFault::Unsupported { .. })), "{name}");
        }
        assert_eq!(
            round(json!({ "@context": "https://example.org/other" })),
            Err(BarcodeFault::MissingContext { url: "https://example.org/other".into() })
        );
    }

    #[test]
    fn difference_is_named_by_its_pointer() {
        let difference = first_difference(&json!({ "a/b": [1, { "c": 2 }] }), &json!({ "a/b": [1.0, { "c": 3 }] }));
        assert_eq!(difference.map(|(pointer, _)| pointer).as_deref(), Some("/a~1b/1/c"));
        assert_eq!(first_difference(&json!({ "a": 1.0 }), &json!({ "a": 1 })), None);
        assert!(first_difference(&json!({}), &json!({ "a": 1 })).is_some());
    }

    #[test]
    fn text_that_is_no_barcode_is_refused() {
        let contexts = Contexts::bundled();
        for text in ["", "VC1-", "VC1-R", "VC1-RA", "VC1-RGGW", "VC1-R::", "VC1-BAAAA", "HC1:6BF", "VC1-Rabc", &"9".repeat(5000)]
        {
            assert!(decode(text, &TypeTables::new(), &contexts).is_err(), "{text}");
        }
    }

    #[test]
    fn rfc_9285_examples_are_read_and_written() {
        for (bytes, text) in [("AB", "BB8"), ("Hello!!", "%69 VD92EX0"), ("base-45", "UJCLQE7W581"), ("ietf!", "QED8WEX0")] {
            assert_eq!(base45::encode(bytes), text);
            assert_eq!(base45::decode(text).as_deref(), Ok(bytes.as_bytes()));
        }
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let text = prop_oneof![
            "[a-z:/#.0-9]{0,12}",
            "\\PC{0,8}",
            Just("Pass".to_owned()),
            Just("aisle".to_owned()),
            Just("did:example:issuer".to_owned()),
            "https://[a-z]{1,5}/[a-zA-Z0-9:?%]{0,6}",
            "did:key:z[1-9A-H]{1,12}(#z[1-9A-H]{1,6})?",
            "data:[a-z/]{0,8};base64,[A-Za-z0-9+/]{0,8}={0,2}",
            "20[0-9]{2}-[01][0-9]-[0-3][0-9](T[0-2][0-9]:[0-5][0-9]:[0-6][0-9](\\.[0-9]{1,4})?(Z|-03:00))?",
            "[zuM][A-Za-z0-9_=-]{0,12}",
        ];
        let leaf = prop_oneof![
            4 => text.prop_map(Value::from),
            1 => any::<i32>().prop_map(Value::from),
            1 => any::<bool>().prop_map(Value::from),
            1 => any::<f64>().prop_map(Value::from),
            1 => Just(Value::Null),
        ];
        let name = prop_oneof![
            4 => prop::sample::select(vec!["id", "type", "holder", "kind", "born", "issued", "seat", "sign", "subject", "many", "note", "count"]).prop_map(str::to_owned),
            1 => "[a-z@]{1,6}",
        ];
        leaf.prop_recursive(4, 24, 5, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
                prop::collection::btree_map(name.clone(), inner, 0..5).prop_map(|members| members.into_iter().collect()),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_written_comes_back_the_same(members in prop::collection::btree_map("id|type|holder|kind|born|issued|seat|sign|subject|many|[a-z]{1,4}", any_value(), 0..6)) {
            let mut credential = serde_json::Map::from_iter(members);
            credential.insert("@context".into(), "https://example.org/c".into());
            let credential = Value::Object(credential);
            if let Ok(read_back) = round(credential.clone()) {
                prop_assert_eq!(first_difference(&credential, &read_back), None);
            }
        }

        #[test]
        fn any_text_is_read_or_refused(text in "VC1-R[0-9A-Z $%*+./:-]{0,400}") {
            let contexts = Contexts::bundled();
            let _ = decode(&text, &TypeTables::new(), &contexts);
        }

        #[test]
        fn any_payload_is_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200), entry in prop::sample::select(vec![0u8, 1, 2])) {
            let contexts = contexts();
            let payload = [&[0xd9, 0xcb, 0x1d, 0x82, entry][..], &bytes].concat();
            let _ = decode(&format!("{PREFIX}{}", base45::encode(&payload)), &TypeTables::new(), &contexts);
        }

        #[test]
        fn damaged_payload_is_read_or_refused(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let contexts = contexts();
            let credential = json!({ "@context": "https://example.org/c", "type": ["Pass"], "issued": "2026-03-01T12:00:00.250Z",
                "holder": "https://example.org/a", "subject": [{ "note": "a", "count": 2 }], "sign": "uAQID" });
            let mut bytes = cbor_ld::encode(credential.as_object().expect("an object"), &TypeTable::empty(), &contexts).expect("written");
            *at.get_mut(&mut bytes) = byte;
            let _ = cbor_ld::decode(&bytes, &TypeTables::new(), &contexts);
        }
    }
}
