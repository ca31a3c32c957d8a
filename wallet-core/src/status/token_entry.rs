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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::StatusEntry;
    use proptest::prelude::*;

    #[test]
    fn token_status_list_section_6_2() {
        let status = json!({ "status_list": { "idx": 0, "uri": "https://example.com/statuslists/1" } });
        let entry = TokenEntry { index: 0, list: "https://example.com/statuslists/1".to_owned() };
        assert_eq!(entry.to_claim(), status);
        assert_eq!(StatusEntry::read_claim(&status), [Ok(StatusEntry::Token(entry))]);
    }

    #[test]
    fn mechanism_of_another_kind_does_not_go_unnoticed() {
        let status = json!({ "identifier_list": { "id": "1" }, "status_list": { "idx": 7, "uri": "https://example.com/1" } });
        let read = StatusEntry::read_claim(&status);
        assert_eq!(read[0], Err(StatusFault::Unsupported { kind: "identifier_list".to_owned() }));
        assert!(matches!(&read[1], Ok(StatusEntry::Token(entry)) if entry.index == 7));
        for bad in [json!({}), json!("x"), json!({ "status_list": [] }), json!({ "status_list": {} })] {
            assert!(matches!(StatusEntry::read_claim(&bad)[..], [Err(StatusFault::Malformed { .. })]), "{bad}");
        }
    }

    #[test]
    fn index_is_a_whole_number_of_any_size() {
        let read = |idx: Value| {
            let json = json!({ "idx": idx, "uri": "https://example.com/1" });
            TokenEntry::read(json.as_object().expect("an object")).map(|entry| entry.index)
        };
        assert_eq!((read(json!(412)), read(json!(1e30))), (Ok(412), Ok(u64::MAX)));
        for bad in [json!(-1), json!("0"), json!(0.5), json!(null)] {
            assert!(read(bad.clone()).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_claim_is_read_or_refused(text in "[\\[\\]{}\":,0-9a-z_]{0,40}") {
            if let Ok(value) = crate::json::read("test", &text) {
                let _ = StatusEntry::read_claim(&json!({ "status_list": value }));
                let _ = StatusEntry::read_claim(&value);
            }
        }
    }
}
