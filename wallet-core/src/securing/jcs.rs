//! Canonical JSON: the JSON Canonicalization Scheme (RFC 8785).
//!
//! Numbers are `serde_json_canonicalizer`'s; the walk is ours, because the library's costs more than half a signature on a diploma.

use std::cmp::Ordering;

use serde_json::{Number, Value};

use crate::error::{Result, WalletError};

/// Writes a value in the one form RFC 8785 gives it; a number no double holds is refused, as there is no such form.
///
/// The depth of `value` is bounded where it was read ([`crate::json::MAX_DEPTH`]).
pub fn canonicalize(value: &Value) -> Result<String> {
    let mut text = String::with_capacity(1024);
    write(value, &mut text)?;
    Ok(text)
}

/// As [`canonicalize`], for an object of these members, each named once.
pub fn canonicalize_members<'v>(members: impl IntoIterator<Item = (&'v str, &'v Value)>) -> Result<String> {
    let mut text = String::with_capacity(2048);
    write_members(members.into_iter().collect(), &mut text)?;
    Ok(text)
}

fn write(value: &Value, text: &mut String) -> Result<()> {
    match value {
        Value::Null => text.push_str("null"),
        Value::Bool(true) => text.push_str("true"),
        Value::Bool(false) => text.push_str("false"),
        Value::Number(number) => return write_number(number, text),
        Value::String(string) => write_string(string, text),
        Value::Array(items) => {
            text.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    text.push(',');
                }
                write(item, text)?;
            }
            text.push(']');
        }
        Value::Object(object) => return write_members(object.iter().map(|(name, value)| (name.as_str(), value)).collect(), text),
    }
    Ok(())
}

fn write_members(mut members: Vec<(&str, &Value)>, text: &mut String) -> Result<()> {
    members.sort_unstable_by(|a, b| by_utf16(a.0, b.0));
    text.push('{');
    for (at, (name, value)) in members.into_iter().enumerate() {
        if at > 0 {
            text.push(',');
        }
        write_string(name, text);
        text.push(':');
        write(value, text)?;
    }
    text.push('}');
    Ok(())
}

/// The order of UTF-16 code units (RFC 8785 §3.2.3), which is that of bytes up to the surrogates.
fn by_utf16(a: &str, b: &str) -> Ordering {
    if a.is_ascii() && b.is_ascii() { a.cmp(b) } else { a.encode_utf16().cmp(b.encode_utf16()) }
}

/// A string as ECMAScript writes it (RFC 8785 §3.2.2.2).
fn write_string(string: &str, text: &mut String) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    text.push('"');
    let mut clean = 0;
    for (at, byte) in string.bytes().enumerate() {
        let escape = match byte {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            0x08 => "\\b",
            b'\t' => "\\t",
            b'\n' => "\\n",
            0x0c => "\\f",
            b'\r' => "\\r",
            0..0x20 => "\\u00",
            _ => continue,
        };
        text.push_str(&string[clean..at]);
        text.push_str(escape);
        if escape.len() > 2 {
            text.push(HEX[usize::from(byte >> 4)] as char);
            text.push(HEX[usize::from(byte & 15)] as char);
        }
        clean = at + 1;
    }
    text.push_str(&string[clean..]);
    text.push('"');
}

fn write_number(number: &Number, text: &mut String) -> Result<()> {
    let number = serde_json_canonicalizer::to_string(number).map_err(|e| WalletError::malformed("JSON", e))?;
    text.push_str(&number);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn sorting_example_of_rfc_8785_section_3_2_3() {
        let value = json!({
            "\u{20ac}": "Euro Sign", "\r": "Carriage Return", "\u{fb33}": "Hebrew Letter Dalet With Dagesh", "1": "One",
            "\u{1f600}": "Emoji: Grinning Face", "\u{80}": "Control", "\u{f6}": "Latin Small Letter O With Diaeresis",
        });
        let canonical = canonicalize(&value).expect("a canonical form");
        let order = ["Carriage", "One", "Control", "Latin", "Euro", "Emoji", "Hebrew"].map(|word| canonical.find(word));
        assert!(order.is_sorted() && order[0].is_some(), "{canonical}");
    }

    #[test]
    fn primitives_of_rfc_8785_section_3_2_2() {
        let text = r#"{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],
            "string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/","literals":[null,true,false]}"#;
        let value = crate::json::read("example", text).expect("JSON");
        let canonical = concat!(
            r#"{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"#,
            r#""string":"€$\u000f\nA'B\"\\\\\"/"}"#
        );
        assert_eq!(canonicalize(&value).expect("a canonical form"), canonical);
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 24, 5, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                proptest::collection::btree_map(any::<String>(), inner, 0..5)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn it_is_what_the_library_writes(value in any_json()) {
            prop_assert_eq!(canonicalize(&value).ok(), serde_json_canonicalizer::to_string(&value).ok());
        }
    }
}
