//! The place of a credential in a Token Status List (Token Status List §6.2).

use serde_json::{Map, Value, json};

use super::StatusFault;

/// What the `status_list` member of a `status` claim says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenEntry {
    /// The place in the list, counted from 0.
    pub index: u64,
    /// The URI of the list, which is its `sub`.
    pub list: String,
}

impl TokenEntry {
    /// Reads the object `{ "idx", "uri" }`.
    pub fn read(json: &Map<String, Value>) -> Result<Self, StatusFault> {
        let index = match json.get("idx") {
            // An index of any size is past the end of any list.
            Some(Value::Number(number)) if number.as_f64().is_some_and(|n| n >= 0.0 && n.fract() == 0.0) => {
                number.as_u64().unwrap_or(u64::MAX)
            }
            _ => return Err(StatusFault::malformed("idx is missing or not a whole number")),
        };
        let list = json.get("uri").and_then(Value::as_str).filter(|uri| url::Url::parse(uri).is_ok());
        let list = list.ok_or_else(|| StatusFault::malformed("uri is missing or not a URI"))?.to_owned();
        Ok(Self { index, list })
    }

    /// The `status` claim that a token carries.
    pub fn to_claim(&self) -> Value {
        json!({ "status_list": { "idx": self.index, "uri": self.list } })
    }
}
