//! One claim that is asked for (OpenID4VP 1.0 §6.3).

use serde_json::{Map, Value};

use super::QueryId;
use super::reading::{bad, object, optional_list, required, text};
use crate::credential::ClaimPath;
use crate::error::Result;

/// The most values that one claim may be asked to have one of.
const MAX_VALUES: usize = 256;

/// One claim that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimsQuery {
    /// Its name in the `claim_sets`; needed where there are any.
    pub id: Option<QueryId>,
    /// The way to it inside the credential.
    pub path: ClaimPath,
    /// The values of which it must have one; any will do when there are none.
    pub values: Vec<ExpectedValue>,
}

/// A value that a claim may be asked to have.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ExpectedValue {
    /// Text, the same to the character.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// Yes or no.
    Boolean(bool),
}

impl ExpectedValue {
    fn read(value: &Value) -> Result<Self> {
        match value {
            Value::String(text) => Ok(Self::Text(text.clone())),
            Value::Bool(flag) => Ok(Self::Boolean(*flag)),
            Value::Number(number) => number.as_i64().map(Self::Integer).ok_or_else(|| bad("one of its values is no integer")),
            _ => Err(bad("one of its values is neither text, an integer nor a boolean")),
        }
    }

    fn to_json(&self) -> Value {
        match self {
            Self::Text(text) => text.as_str().into(),
            Self::Integer(number) => (*number).into(),
            Self::Boolean(flag) => (*flag).into(),
        }
    }

    /// Whether type and value are the same (§6.3).
    fn is(&self, value: &Value) -> bool {
        match (self, value) {
            (Self::Text(expected), Value::String(text)) => expected == text,
            (Self::Integer(expected), Value::Number(number)) => number.as_i64() == Some(*expected),
            (Self::Boolean(expected), Value::Bool(flag)) => expected == flag,
            _ => false,
        }
    }
}

impl ClaimsQuery {
    /// Asks for the claim at `path`, whatever its value.
    pub fn at(path: ClaimPath) -> Self {
        Self { id: None, path, values: Vec::new() }
    }

    pub(super) fn read(value: &Value) -> Result<Self> {
        let claim = object(value, "one of its claims")?;
        Ok(Self {
            id: claim.get("id").map(|id| text(id, "id")?.parse()).transpose()?,
            path: ClaimPath::from_value(required(claim, "path")?).map_err(bad)?,
            values: optional_list(claim, "values", MAX_VALUES, ExpectedValue::read)?,
        })
    }

    pub(super) fn to_json(&self) -> Value {
        let mut claim = Map::new();
        if let Some(id) = &self.id {
            claim.insert("id".to_owned(), id.as_str().into());
        }
        claim.insert("path".to_owned(), serde_json::to_value(&self.path).expect("a path is a list of plain values"));
        if !self.values.is_empty() {
            claim.insert("values".to_owned(), self.values.iter().map(ExpectedValue::to_json).collect());
        }
        Value::Object(claim)
    }

    /// Whether a claim of this value is the one that is asked for.
    pub(super) fn takes(&self, value: &Value) -> bool {
        self.values.is_empty() || self.values.iter().any(|expected| expected.is(value))
    }
}
