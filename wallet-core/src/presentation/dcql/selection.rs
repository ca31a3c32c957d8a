//! What the holder agrees to share.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::QueryId;

/// What the holder agrees to share: by credential query, the names of the credentials that answer it.
///
/// Which of their claims go along is the query's to say (OpenID4VP 1.0 §6.4.1), and [`Choices`](super::Choices) tells it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Selection(BTreeMap<QueryId, Vec<String>>);

impl Selection {
    /// Nothing, to be added to by [`Selection::with`].
    pub fn none() -> Self {
        Self::default()
    }

    /// Answers the query `id` with the credential `name`, and no other.
    pub fn with(mut self, id: QueryId, name: impl Into<String>) -> Self {
        self.0.insert(id, vec![name.into()]);
        self
    }

    /// Answers the query `id` with the credential `name` besides.
    pub fn and(mut self, id: QueryId, name: impl Into<String>) -> Self {
        self.0.entry(id).or_default().push(name.into());
        self
    }

    /// Answers the query `id` not at all.
    pub fn without(mut self, id: &QueryId) -> Self {
        self.0.remove(id);
        self
    }

    /// The credential queries that are answered, and the credentials.
    pub fn iter(&self) -> impl Iterator<Item = (&QueryId, &[String])> {
        self.0.iter().map(|(id, names)| (id, names.as_slice()))
    }

    /// Whether the query `id` is answered.
    pub fn answers(&self, id: &QueryId) -> bool {
        self.0.contains_key(id)
    }
}

impl FromIterator<(QueryId, Vec<String>)> for Selection {
    fn from_iter<I: IntoIterator<Item = (QueryId, Vec<String>)>>(all: I) -> Self {
        Self(all.into_iter().collect())
    }
}
