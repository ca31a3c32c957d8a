//! The verifier's side: whether what came is all that was asked for (OpenID4VP 1.0 §6.4.2, §8.6).

use std::collections::BTreeMap;

use super::{DcqlQuery, HowMany, Need, QueryId};

/// Why the presentations that came do not answer a query.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnswerFault {
    /// Something came that nobody asked for.
    #[error("nothing was asked for as {id}")]
    NotAsked {
        /// The name it came under.
        id: QueryId,
    },
    /// Several presentations came where one was asked for (§8.1).
    #[error("one credential was asked for as {id}, and several came")]
    TooMany {
        /// The credential query.
        id: QueryId,
    },
    /// Nothing came for a credential that must be there.
    #[error("nothing came as {id}")]
    Missing {
        /// The credential query.
        id: QueryId,
    },
    /// No option of a set that is required came whole.
    #[error("none of the options of credential set {set} came whole")]
    SetMissing {
        /// The place of the set in the query, from 0.
        set: usize,
    },
}

impl DcqlQuery {
    /// Whether so many good presentations, by credential query, are what this query asks for: first whether anything is there that
    /// should not be, then whether everything is.
    ///
    /// Count the presentations that came for the first, and of them those that were found good for the second: a presentation that
    /// fails is as if it had not come (§8.6).
    pub fn check_answered(&self, came: &BTreeMap<QueryId, usize>, good: &BTreeMap<QueryId, usize>) -> Result<(), AnswerFault> {
        for (id, count) in came {
            match self.credential(id) {
                None => return Err(AnswerFault::NotAsked { id: id.clone() }),
                Some(query) if *count > 1 && query.multiple == HowMany::One => {
                    return Err(AnswerFault::TooMany { id: id.clone() });
                }
                // An entry stands for at least one presentation (§8.1).
                Some(_) if *count == 0 => return Err(AnswerFault::Missing { id: id.clone() }),
                Some(_) => {}
            }
        }
        let answered = |id: &QueryId| good.get(id).is_some_and(|count| *count > 0);
        if self.credential_sets().is_empty() {
            let missing = self.credentials().iter().find(|query| !answered(&query.id));
            return missing.map_or(Ok(()), |query| Err(AnswerFault::Missing { id: query.id.clone() }));
        }
        let mut required = self.credential_sets().iter().enumerate().filter(|(_, set)| set.need == Need::Required);
        let missing = required.find(|(_, set)| !set.options.iter().any(|option| option.iter().all(answered)));
        missing.map_or(Ok(()), |(set, _)| Err(AnswerFault::SetMissing { set }))
    }
}
