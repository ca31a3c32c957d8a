//! JSON Pointer (RFC 6901).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::error::{Result, WalletError};

/// The longest pointer that is read, in bytes.
const MAX_LENGTH: usize = 2048;

/// A way to one value inside a JSON document, as in `/credentialSubject/degree/0`; the empty pointer is the whole document.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct JsonPointer {
    /// The reference tokens, unescaped.
    tokens: Vec<String>,
}

impl JsonPointer {
    /// A pointer of these steps, written without escapes.
    pub fn new<T: Into<String>>(tokens: impl IntoIterator<Item = T>) -> Self {
        Self { tokens: tokens.into_iter().map(Into::into).collect() }
    }

    /// The steps, without escapes.
    pub fn tokens(&self) -> &[String] {
        &self.tokens
    }

    /// The value it leads to, if there is one (RFC 6901 §4).
    pub fn find<'a>(&self, document: &'a Value) -> Option<&'a Value> {
        self.tokens.iter().try_fold(document, |value, token| match value {
            Value::Object(map) => map.get(token),
            Value::Array(items) => items.get(index(token)?),
            _ => None,
        })
    }
}

/// An index into a list: digits without a leading zero (RFC 6901 §4).
pub fn index(token: &str) -> Option<usize> {
    let plain = token == "0" || !token.starts_with('0');
    if plain && token.bytes().all(|b| b.is_ascii_digit()) { token.parse().ok() } else { None }
}

impl FromStr for JsonPointer {
    type Err = WalletError;

    fn from_str(text: &str) -> Result<Self> {
        let bad = |reason: &str| WalletError::malformed("JSON pointer", reason);
        if text.len() > MAX_LENGTH {
            return Err(bad("it is too long"));
        }
        let Some(rest) = text.strip_prefix('/') else {
            return if text.is_empty() { Ok(Self::default()) } else { Err(bad("it does not begin with /")) };
        };
        let unescape = |token: &str| {
            let stray = token.split('~').skip(1).any(|after| !after.starts_with(['0', '1']));
            if stray { Err(bad("it has a ~ that is neither ~0 nor ~1")) } else { Ok(token.replace("~1", "/").replace("~0", "~")) }
        };
        Ok(Self { tokens: rest.split('/').map(unescape).collect::<Result<_>>()? })
    }
}

impl fmt::Display for JsonPointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.tokens.iter().try_for_each(|token| write!(f, "/{}", token.replace('~', "~0").replace('/', "~1")))
    }
}

impl Serialize for JsonPointer {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for JsonPointer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn examples_of_rfc_6901_section_5() {
        let document = json!({
            "foo": ["bar", "baz"], "": 0, "a/b": 1, "c%d": 2, "e^f": 3, "g|h": 4, "i\\j": 5, "k\"l": 6, " ": 7, "m~n": 8
        });
        for (pointer, value) in [
            ("", document.clone()),
            ("/foo", json!(["bar", "baz"])),
            ("/foo/0", json!("bar")),
            ("/", json!(0)),
            ("/a~1b", json!(1)),
            ("/c%d", json!(2)),
            ("/e^f", json!(3)),
            ("/g|h", json!(4)),
            ("/i\\j", json!(5)),
            ("/k\"l", json!(6)),
            ("/ ", json!(7)),
            ("/m~0n", json!(8)),
        ] {
            assert_eq!(pointer.parse::<JsonPointer>().expect("a pointer").find(&document), Some(&value), "{pointer}");
        }
    }

    #[test]
    fn what_leads_nowhere_finds_nothing() {
        let document = json!({ "foo": ["bar"] });
        for pointer in ["/bar", "/foo/1", "/foo/-", "/foo/00", "/foo/0/x", "/foo/+0"] {
            assert_eq!(pointer.parse::<JsonPointer>().expect("a pointer").find(&document), None, "{pointer}");
        }
    }

    #[test]
    fn malformed_pointer_is_refused() {
        for pointer in ["foo", "/a~", "/a~2", "#/foo"] {
            assert!(pointer.parse::<JsonPointer>().is_err(), "{pointer}");
        }
    }

    proptest! {
        #[test]
        fn any_steps_read_back(tokens in proptest::collection::vec("\\PC{0,6}", 0..6)) {
            let pointer = JsonPointer::new(tokens);
            prop_assert_eq!(pointer.to_string().parse::<JsonPointer>(), Ok(pointer));
        }
    }
}
