//! The whole query (OpenID4VP 1.0 §6).

use std::collections::BTreeSet;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use super::reading::{bad, list, object, optional_list, required};
use super::{CredentialQuery, CredentialSetQuery, QueryId};
use crate::error::Result;
use crate::json;

/// The most credentials one query asks for.
const MAX_CREDENTIALS: usize = 64;
/// The most sets of credentials.
const MAX_SETS: usize = 64;

/// What a verifier asks for: valid in itself, and made only so.
#[derive(Debug, Clone, PartialEq)]
pub struct DcqlQuery {
    credentials: Vec<CredentialQuery>,
    credential_sets: Vec<CredentialSetQuery>,
}

impl DcqlQuery {
    /// Asks for `credentials`: for all of them when `credential_sets` is empty, else for what those say.
    ///
    /// Fails with `Malformed` when two have the same id, a set names one that is not there, a query contradicts itself, or there is
    /// too much of something.
    pub fn new(credentials: Vec<CredentialQuery>, credential_sets: Vec<CredentialSetQuery>) -> Result<Self> {
        if credentials.is_empty() || credentials.len() > MAX_CREDENTIALS || credential_sets.len() > MAX_SETS {
            return Err(bad(format!("it asks for no credential, or for more than {MAX_CREDENTIALS}")));
        }
        let ids: BTreeSet<&QueryId> = credentials.iter().map(|query| &query.id).collect();
        if ids.len() != credentials.len() {
            return Err(bad("two of its credentials have the same id"));
        }
        credentials.iter().try_for_each(CredentialQuery::check)?;
        credential_sets.iter().try_for_each(|set| set.check(|id| ids.contains(id)))?;
        Ok(Self { credentials, credential_sets })
    }

    /// Reads a query from its JSON; properties that are not known are ignored.
    ///
    /// Fails with `Malformed` as [`DcqlQuery::new`] does, and for what is not of the right shape.
    pub fn from_value(value: &Value) -> Result<Self> {
        let query = object(value, "it")?;
        let credentials = list(required(query, "credentials")?, "credentials", MAX_CREDENTIALS)?;
        let credentials = credentials.iter().map(CredentialQuery::read).collect::<Result<_>>()?;
        Self::new(credentials, optional_list(query, "credential_sets", MAX_SETS, CredentialSetQuery::read)?)
    }

    /// Reads a query from JSON text, as [`DcqlQuery::from_value`] does.
    pub fn read(text: &str) -> Result<Self> {
        Self::from_value(&json::read("DCQL query", text)?)
    }

    /// The query as JSON.
    pub fn to_json(&self) -> Value {
        let credentials = self.credentials.iter().map(CredentialQuery::to_json).collect();
        let mut query = Map::from_iter([("credentials".to_owned(), credentials)]);
        if !self.credential_sets.is_empty() {
            let sets = self.credential_sets.iter().map(CredentialSetQuery::to_json).collect();
            query.insert("credential_sets".to_owned(), sets);
        }
        Value::Object(query)
    }

    /// The credentials that are asked for.
    pub fn credentials(&self) -> &[CredentialQuery] {
        &self.credentials
    }

    /// The one of that name.
    pub fn credential(&self, id: &QueryId) -> Option<&CredentialQuery> {
        self.credentials.iter().find(|query| query.id == *id)
    }

    /// Which of the credentials will do together; when there are none, all are asked for.
    pub fn credential_sets(&self) -> &[CredentialSetQuery] {
        &self.credential_sets
    }
}

impl Serialize for DcqlQuery {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        self.to_json().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for DcqlQuery {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        Self::from_value(&Value::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}
