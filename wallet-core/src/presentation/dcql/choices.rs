//! A wallet against a whole query: what could answer it, and how little would do (OpenID4VP 1.0 §6.4.2).

use std::borrow::Borrow;
use std::collections::BTreeSet;

use super::{CredentialFormat, DcqlQuery, Held, HolderBinding, HowMany, Mismatch, Need, QueryId, Selection, Validity};
use crate::credential::ClaimPath;
use crate::error::{Result, WalletError};
use crate::json::JsonPointer;
use crate::presentation::VpFormats;
use crate::securing::linked_data::Contexts;

/// What could answer a query, for a person to choose from.
#[derive(Debug, Clone, PartialEq)]
pub struct Choices {
    /// What answers each credential query, in the order of the query.
    pub queries: Vec<QueryChoices>,
    /// Which of them will do together; when there are none, all are asked for.
    pub sets: Vec<SetChoices>,
}

/// What answers one credential query.
#[derive(Debug, Clone, PartialEq)]
pub struct QueryChoices {
    /// Its name.
    pub id: QueryId,
    /// The form that is asked for.
    pub format: CredentialFormat,
    /// Whether several credentials may be chosen.
    pub multiple: HowMany,
    /// What is asked of the holder.
    pub holder_binding: HolderBinding,
    /// The credentials that answer it: those that still hold first, and of these the one that the verifier likes best, and tells it
    /// least.
    pub matches: Vec<Match>,
    /// Why none answers it, by the credential that came closest.
    pub why_none: Option<Mismatch>,
}

/// A credential that answers a credential query.
#[derive(Debug, Clone, PartialEq)]
pub struct Match {
    /// The name by which the holder knows it.
    pub credential: String,
    /// The claims to share, where it can be shared in part.
    pub claims: Vec<SelectedClaim>,
    /// Whether it still holds.
    pub validity: Validity,
    /// Which of the combinations of claims it is, 0 for the one that the verifier likes best.
    pub preference: usize,
    /// How many single values would be shared for the query.
    pub weight: usize,
}

/// A claim that is to be shared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SelectedClaim {
    /// The way by which it was asked for.
    pub path: ClaimPath,
    /// Where it is in the credential.
    pub pointers: Vec<JsonPointer>,
}

/// Which credential queries serve one purpose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetChoices {
    /// Whether the verifier can do without.
    pub need: Need,
    /// The ways, in the order of the query.
    pub options: Vec<SetOption>,
}

/// One way to serve a purpose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetOption {
    /// The credential queries that are answered together.
    pub queries: Vec<QueryId>,
    /// Whether there is something for each of them.
    pub is_possible: bool,
}

/// A credential query that must be answered and cannot be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// Its name.
    pub query: QueryId,
    /// Why.
    pub why: Mismatch,
}

impl DcqlQuery {
    /// What of `held` answers each part of this query, for a verifier that takes `formats`.
    pub fn choices<H: Borrow<Held>>(&self, held: &[H], formats: &VpFormats, contexts: &Contexts) -> Choices {
        let queries: Vec<QueryChoices> = (self.credentials().iter())
            .map(|query| {
                let (mut matches, mut nearest) = (Vec::new(), Mismatch::Format);
                for one in held {
                    match query.find_in(one.borrow(), formats, contexts) {
                        Ok(found) => matches.push(found),
                        Err(mismatch) => nearest = mismatch.closer(Some(nearest)),
                    }
                }
                matches.sort_by_key(|found| (found.validity, found.preference, found.weight));
                let why_none = matches.is_empty().then_some(nearest);
                let (id, format) = (query.id.clone(), query.format.clone());
                QueryChoices { id, format, multiple: query.multiple, holder_binding: query.holder_binding, matches, why_none }
            })
            .collect();
        let possible = |id: &QueryId| queries.iter().any(|query| query.id == *id && !query.matches.is_empty());
        let option = |ids: &Vec<QueryId>| SetOption { queries: ids.clone(), is_possible: ids.iter().all(possible) };
        let sets = self.credential_sets().iter();
        let sets = sets.map(|set| SetChoices { need: set.need, options: set.options.iter().map(option).collect() }).collect();
        Choices { queries, sets }
    }
}

impl Choices {
    /// The least that answers the query: of each required set the way that shares the fewest values, if it can of credentials that
    /// still hold, and nothing optional.
    ///
    /// Fails with every part that is missing, and why.
    pub fn preselected(&self) -> Result<Selection, Vec<Missing>> {
        let mut chosen: BTreeSet<&QueryId> = BTreeSet::new();
        let mut missing = Vec::new();
        if self.sets.is_empty() {
            chosen.extend(self.queries.iter().map(|query| &query.id));
            missing.extend(self.queries.iter().filter_map(QueryChoices::missing));
        }
        for set in self.sets.iter().filter(|set| set.need == Need::Required) {
            let possible = set.options.iter().filter(|option| option.is_possible);
            match possible.min_by_key(|option| self.cost(&option.queries, &chosen)) {
                Some(option) => chosen.extend(&option.queries),
                None => {
                    let asked: BTreeSet<&QueryId> = set.options.iter().flat_map(|option| &option.queries).collect();
                    missing.extend(asked.into_iter().filter_map(|id| self.query(id)?.missing()));
                }
            }
        }
        if !missing.is_empty() {
            return Err(missing);
        }
        let first = |id: &QueryId| Some((id.clone(), vec![self.query(id)?.matches.first()?.credential.clone()]));
        Ok(chosen.into_iter().filter_map(first).collect())
    }

    /// Leaves a credential out of what answers the query `id`, because of what was found out since.
    pub fn leave_out(&mut self, id: &QueryId, credential: &str, why: Mismatch) {
        let Some(query) = self.queries.iter_mut().find(|query| query.id == *id) else { return };
        query.matches.retain(|found| found.credential != credential);
        if query.matches.is_empty() {
            query.why_none.get_or_insert(why);
            let lost = self.sets.iter_mut().flat_map(|set| &mut set.options).filter(|option| option.queries.contains(id));
            lost.for_each(|option| option.is_possible = false);
        }
    }

    /// What `selection` shares, by credential query.
    ///
    /// Fails with `Misused` when it names what does not answer, more than is asked for, or too little: then nothing may be shared
    /// (§6.4.2).
    pub fn answers<'a>(&'a self, selection: &Selection) -> Result<Vec<(&'a QueryChoices, &'a Match)>> {
        let mut answers = Vec::new();
        for (id, credentials) in selection.iter() {
            let query = self.query(id).ok_or_else(|| WalletError::misused(format!("nothing is asked for as {id}")))?;
            let different: BTreeSet<&String> = credentials.iter().collect();
            if credentials.is_empty() || different.len() != credentials.len() {
                return Err(WalletError::misused(format!("choose a credential for {id}, and none twice")));
            }
            if credentials.len() > 1 && query.multiple == HowMany::One {
                return Err(WalletError::misused(format!("only one credential is asked for as {id}")));
            }
            for name in credentials {
                let found = query.matches.iter().find(|found| found.credential == *name);
                let found =
                    found.ok_or_else(|| WalletError::misused(format!("{name} does not answer what is asked for as {id}")))?;
                answers.push((query, found));
            }
        }
        self.check_whole(selection)?;
        Ok(answers)
    }

    /// Checks that `selection` answers all that is needed and, where there are sets, whole options of them and nothing besides.
    fn check_whole(&self, selection: &Selection) -> Result<()> {
        let served = |set: &SetChoices| set.options.iter().any(|option| option.is_answered(selection));
        let lacking = match self.sets.is_empty() {
            true => self.queries.iter().any(|query| !selection.answers(&query.id)),
            false => self.sets.iter().any(|set| set.need == Need::Required && !served(set)),
        };
        if lacking {
            return Err(WalletError::misused("this is less than the verifier asks for"));
        }
        let whole = self.sets.iter().flat_map(|set| &set.options).filter(|option| option.is_answered(selection));
        let serves = |id: &QueryId| self.sets.is_empty() || whole.clone().any(|option| option.queries.contains(id));
        match selection.iter().find(|(id, _)| !serves(id)) {
            Some((id, _)) => Err(WalletError::misused(format!("nothing is asked for as {id} on its own"))),
            None => Ok(()),
        }
    }

    /// What answers the credential query of that name.
    pub fn query(&self, id: &QueryId) -> Option<&QueryChoices> {
        self.queries.iter().find(|query| query.id == *id)
    }

    /// What these queries share beside those already `chosen`: whether something that has ended, and how many values.
    fn cost(&self, queries: &[QueryId], chosen: &BTreeSet<&QueryId>) -> (Validity, usize) {
        let new = queries.iter().filter(|id| !chosen.contains(id)).filter_map(|id| self.query(id)?.matches.first());
        new.fold((Validity::Current, 0), |(validity, weight), found| (validity.max(found.validity), weight + found.weight))
    }
}

impl SetOption {
    fn is_answered(&self, selection: &Selection) -> bool {
        self.queries.iter().all(|id| selection.answers(id))
    }
}

impl QueryChoices {
    fn missing(&self) -> Option<Missing> {
        self.why_none.clone().map(|why| Missing { query: self.id.clone(), why })
    }
}
