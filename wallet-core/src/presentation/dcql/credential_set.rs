//! Credentials that serve one purpose together, or instead of each other (OpenID4VP 1.0 §6.2).

use serde_json::{Map, Value, json};

use super::QueryId;
use super::reading::{bad, flag, ids, list, object, required};
use crate::error::Result;

/// The most options of one set, and the most credentials in one of them.
const MAX_OPTIONS: usize = 64;

/// Credentials that serve one purpose, in several ways.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CredentialSetQuery {
    /// The ways, each a list of credential queries that are answered together.
    pub options: Vec<Vec<QueryId>>,
    /// Whether the verifier can do without.
    pub need: Need,
}

/// Whether the verifier can do without something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// It cannot.
    Required,
    /// It can.
    Optional,
}

impl CredentialSetQuery {
    pub(super) fn read(value: &Value) -> Result<Self> {
        let set = object(value, "one of its credential_sets")?;
        let options = list(required(set, "options")?, "options", MAX_OPTIONS)?;
        let need = if flag(set, "required", true)? { Need::Required } else { Need::Optional };
        Ok(Self { options: options.iter().map(|option| ids(option, "options", MAX_OPTIONS)).collect::<Result<_>>()?, need })
    }

    pub(super) fn to_json(&self) -> Value {
        let mut set = Map::from_iter([("options".to_owned(), json!(self.options))]);
        if self.need == Need::Optional {
            set.insert("required".to_owned(), false.into());
        }
        Value::Object(set)
    }

    /// Refuses an empty list, and a name that no credential query has.
    pub(super) fn check(&self, is_known: impl Fn(&QueryId) -> bool) -> Result<()> {
        if self.options.is_empty() || self.options.iter().any(Vec::is_empty) {
            return Err(bad("one of its credential_sets has an empty list of options"));
        }
        if self.options.len() > MAX_OPTIONS || self.options.iter().any(|option| option.len() > MAX_OPTIONS) {
            return Err(bad(format!("one of its credential_sets has more than {MAX_OPTIONS} options")));
        }
        match self.options.iter().flatten().find(|id| !is_known(id)) {
            None => Ok(()),
            Some(id) => Err(bad(format!("its credential_sets name {id}, which is none of its credentials"))),
        }
    }
}
