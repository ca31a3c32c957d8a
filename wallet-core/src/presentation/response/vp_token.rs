//! The presentations of an answer, by the queries they answer (OpenID4VP 1.0 §8.1).

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::error::{Result, WalletError};
use crate::presentation::dcql::QueryId;
use crate::securing::Secured;

/// The most queries that one token answers, and the most presentations for one of them.
const MAX_ENTRIES: usize = 64;

/// The presentations of an answer: by credential query, one or more in the form of their format.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct VpToken(BTreeMap<QueryId, Vec<Value>>);

impl VpToken {
    /// One without presentations, to be added to by [`VpToken::with`].
    pub fn none() -> Self {
        Self::default()
    }

    /// Answers the query `id` with one more presentation: a token as text, anything else as its JSON object (appendix B).
    pub fn with(mut self, id: QueryId, presentation: &Secured) -> Self {
        let text = || String::from_utf8(presentation.to_bytes()).unwrap_or_else(|_| presentation.text().to_owned());
        let value = serde_json::from_str::<Map<String, Value>>(presentation.text()).map_or_else(|_| text().into(), Value::Object);
        self.0.entry(id).or_default().push(value);
        self
    }

    /// Reads the value of `vp_token`: an object whose members are lists of one to 64 texts and objects.
    pub fn read(value: &Value) -> Result<Self> {
        let bad = |reason: &str| WalletError::malformed("vp_token", reason);
        let entries = value.as_object().filter(|entries| (1..=MAX_ENTRIES).contains(&entries.len()));
        let entries = entries.ok_or_else(|| bad("it is not an object of one to 64 entries"))?;
        let read = |(id, presentations): (&String, &Value)| {
            let presentations = presentations.as_array().filter(|all| (1..=MAX_ENTRIES).contains(&all.len()));
            let presentations = presentations.ok_or_else(|| bad("an entry is not a list of one to 64 presentations"))?;
            if !presentations.iter().all(|one| one.is_string() || one.is_object()) {
                return Err(bad("a presentation is neither text nor an object"));
            }
            Ok((id.parse()?, presentations.clone()))
        };
        entries.iter().map(read).collect::<Result<_>>().map(Self)
    }

    /// The value of `vp_token`.
    pub fn to_json(&self) -> Value {
        self.0.iter().map(|(id, presentations)| (id.to_string(), presentations.clone().into())).collect::<Map<_, _>>().into()
    }

    /// The presentations, by the query they answer.
    pub fn iter(&self) -> impl Iterator<Item = (&QueryId, &[Value])> {
        self.0.iter().map(|(id, presentations)| (id, presentations.as_slice()))
    }

    /// How many presentations came for each query.
    pub fn counts(&self) -> BTreeMap<QueryId, usize> {
        self.0.iter().map(|(id, presentations)| (id.clone(), presentations.len())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn section_8_1_example_reads_back() {
        let token =
            json!({ "my_credential": ["eyJhbGci...QMA", "eyJhbGci...QMA"], "other": [{ "type": "VerifiablePresentation" }] });
        let read = VpToken::read(&token).expect("a token");
        assert_eq!(read.to_json(), token);
        assert_eq!(read.counts().into_values().collect::<Vec<_>>(), [2, 1]);
    }

    #[test]
    fn what_is_no_vp_token_is_refused() {
        for bad in [
            json!({}),
            json!([]),
            json!("eyJ..."),
            json!({ "a": "eyJ..." }),
            json!({ "a": [] }),
            json!({ "a": [1] }),
            json!({ "a b": ["eyJ..."] }),
            json!({ "a": vec!["x"; 65] }),
        ] {
            assert!(VpToken::read(&bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_json_is_a_vp_token_or_refused(text in "\\{(\"[a-z]\":(\\[\"x\"\\]|\\[\\]|1),?){0,4}\\}") {
            if let Ok(value) = serde_json::from_str(&text) {
                let _ = VpToken::read(&value);
            }
        }
    }
}
