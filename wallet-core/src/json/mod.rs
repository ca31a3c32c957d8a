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

    proptest! {
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
