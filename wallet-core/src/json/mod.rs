//! The one way JSON from outside comes in: limited in size and depth, duplicate names refused (RFC 8259, I-JSON RFC 7493).

mod pointer;

pub use pointer::{JsonPointer, index};

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::error::{Result, WalletError};

/// The longest JSON text that is read, in bytes.
pub const MAX_BYTES: usize = 1 << 20;
/// The deepest nesting that is read; every later recursion over a value read here is bounded by it.
pub const MAX_DEPTH: usize = 64;

/// Reads JSON text of at most [`MAX_BYTES`] and [`MAX_DEPTH`], refusing an object that names a member twice.
///
/// `what` names the thing being read in the error.
pub fn read(what: &str, text: &str) -> Result<Value> {
    if text.len() > MAX_BYTES {
        return Err(WalletError::malformed(what, format!("it is longer than {MAX_BYTES} bytes")));
    }
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = Strict { depth: 0 }.deserialize(&mut deserializer).map_err(|e| WalletError::malformed(what, e))?;
    deserializer.end().map_err(|e| WalletError::malformed(what, e))?;
    Ok(value)
}

/// As [`read`], for something that must be a JSON object.
pub fn read_object(what: &str, text: &str) -> Result<Map<String, Value>> {
    match read(what, text)? {
        Value::Object(map) => Ok(map),
        _ => Err(WalletError::malformed(what, "it is not a JSON object")),
    }
}

/// Reads UTF-8 bytes as [`read`] does.
pub fn read_bytes(what: &str, bytes: &[u8]) -> Result<Value> {
    let text = std::str::from_utf8(bytes).map_err(|_| WalletError::malformed(what, "it is not UTF-8 text"))?;
    read(what, text)
}

/// The JSON text of `object`, members in their order; a good deal faster than its `Display`.
pub(crate) fn write(object: &Map<String, Value>) -> String {
    serde_json::to_string(object).expect("an object with text for names is JSON")
}

/// Whether the JSON of `object` is read as the very same object, so that what was just written need not be read back.
pub(crate) fn reads_back(object: &Map<String, Value>) -> bool {
    members_read_back(object, 1)
}

fn members_read_back(object: &Map<String, Value>, depth: usize) -> bool {
    depth <= MAX_DEPTH && !object.contains_key(PRECISE_NUMBER) && object.values().all(|value| value_reads_back(value, depth))
}

fn value_reads_back(value: &Value, depth: usize) -> bool {
    match value {
        Value::Null | Value::Bool(_) | Value::String(_) => true,
        Value::Number(number) => number_reads_back(number),
        Value::Array(items) => depth < MAX_DEPTH && items.iter().all(|item| value_reads_back(item, depth + 1)),
        Value::Object(members) => members_read_back(members, depth + 1),
    }
}

/// Whether it is an integer or a double in its shortest form; serde_json can carry other digits.
fn number_reads_back(number: &Number) -> bool {
    let integer = number.as_i64().map(Number::from).or_else(|| number.as_u64().map(Number::from));
    integer.or_else(|| number.as_f64().and_then(Number::from_f64)).as_ref() == Some(number)
}

#[derive(Clone, Copy)]
struct Strict {
    depth: usize,
}

impl Strict {
    fn deeper<E: serde::de::Error>(self) -> std::result::Result<Self, E> {
        if self.depth >= MAX_DEPTH {
            return Err(E::custom(format_args!("it is nested deeper than {MAX_DEPTH} levels")));
        }
        Ok(Self { depth: self.depth + 1 })
    }
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> std::result::Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> std::result::Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> std::result::Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> std::result::Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> std::result::Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> std::result::Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("a number out of range"))
    }

    fn visit_str<E>(self, value: &str) -> std::result::Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> std::result::Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> std::result::Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut items = Vec::new();
        while let Some(item) = access.next_element_seed(inner)? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> std::result::Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut map = Map::new();
        while let Some(name) = access.next_key::<String>()? {
            let value = access.next_value_seed(inner)?;
            if map.contains_key(&name) {
                return Err(A::Error::custom("an object names a member twice"));
            }
            map.insert(name, value);
        }
        match map.get(PRECISE_NUMBER) {
            Some(Value::String(digits)) if map.len() == 1 => number(digits).map(Value::Number),
            _ => Ok(Value::Object(map)),
        }
    }
}

/// The member under which serde_json hands over a number that is not a small integer, when any package of the build turns its
/// `arbitrary_precision` on.
const PRECISE_NUMBER: &str = "$serde_json::private::Number";

/// A number as I-JSON knows it: an IEEE 754 double (RFC 7493 §2.2).
fn number<E: serde::de::Error>(digits: &str) -> std::result::Result<Number, E> {
    digits.parse().ok().and_then(Number::from_f64).ok_or_else(|| E::custom("a number out of range"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn duplicate_member_is_refused_at_any_level() {
        assert!(read("test", r#"{"a":1,"a":1}"#).is_err());
        assert!(read("test", r#"{"a":[{"b":1,"b":2}]}"#).is_err());
        // The same name spelt with an escape is the same name.
        assert!(read("test", r#"{"a":1,"\u0061":2}"#).is_err());
    }

    #[test]
    fn deep_nesting_is_refused_without_recursion_to_its_end() {
        let bomb = "[".repeat(500_000);
        assert!(read("test", &bomb).is_err());
        let fits = format!("{}{}", "[".repeat(MAX_DEPTH), "]".repeat(MAX_DEPTH));
        assert!(read("test", &fits).is_ok());
    }

    #[test]
    fn long_text_is_refused() {
        let text = format!("\"{}\"", "a".repeat(MAX_BYTES));
        assert!(matches!(read("test", &text), Err(WalletError::Malformed { .. })));
    }

    #[test]
    fn number_with_a_fraction_is_a_number() {
        for (text, value) in
            [("1.5", 1.5), ("[-2e3]", -2000.0), ("{\"a\":123456789012345678901234567890}", 1.234_567_890_123_456_8e29)]
        {
            let read = read("test", text).expect("a number");
            let number = read.get("a").or(read.get(0)).unwrap_or(&read);
            assert_eq!(number.as_f64(), Some(value), "{text}");
        }
        assert!(read("test", "1e400").is_err());
    }

    #[test]
    fn what_reads_back_otherwise_is_known() {
        let deep = |levels: usize| (0..levels).fold(Value::Null, |inner, _| Value::Array(vec![inner]));
        for (value, same) in [
            (json!([-1, u64::MAX, 1.5, "a", null]), true),
            (deep(MAX_DEPTH - 1), true),
            (deep(MAX_DEPTH), false),
            (json!({ PRECISE_NUMBER: "1" }), false),
        ] {
            assert_eq!(reads_back(&Map::from_iter([("a".to_owned(), value.clone())])), same, "{value}");
        }
    }

    proptest! {
        #[test]
        fn what_is_said_to_read_back_does(text in "[\\[\\]{}\":,0-9a-e.\\-+ntrufls ]{0,60}", float in any::<f64>(), integer in any::<i64>()) {
            let made = serde_json::from_str(&text).unwrap_or(Value::Null);
            let members = [("made", made), ("float", float.into()), ("integer", integer.into())];
            let object: Map<_, _> = members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
            if reads_back(&object) {
                let text = Value::Object(object.clone()).to_string();
                prop_assert_eq!(read("test", &text), Ok(Value::Object(object)));
            }
        }

        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,200}") {
            let _ = read("test", &text);
        }

        #[test]
        fn what_is_read_is_what_serde_json_reads(text in "[\\[\\]{}\":,0-9a-e.\\-+ntrufls ]{0,60}") {
            if let Ok(value) = read("test", &text) {
                let other = serde_json::from_str::<Value>(&text).expect("the strict reader reads less");
                let canonical = |value: &Value| serde_json_canonicalizer::to_string(value).expect("a finite value");
                prop_assert_eq!(canonical(&value), canonical(&other));
            }
        }
    }
}
