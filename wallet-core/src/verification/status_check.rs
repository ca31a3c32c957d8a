//! The status lists: looked into only when the list itself stands.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::{Examination, Gap, Known, Place, Reason, Say as _, StatusListUsed, Verdict, Warning, verify};
use crate::credential::{Credential, identifier};
use crate::language::Language;
use crate::securing::{Kind, Secured};
use crate::status::{PublishedList, StatusEntry, StatusFault, StatusPurpose, StatusValue};
use crate::time::Timestamp;

/// What one verification has found out about lists: many credentials name the same one.
#[derive(Default)]
pub(super) struct Lists {
    /// Whether a list stands for an issuer's credentials.
    judged: BTreeMap<(Name, String), Result<(), String>>,
    /// The list that was opened last; only one, since each may be large.
    open: Option<(Name, Result<PublishedList, StatusFault>)>,
}

/// Which list: its URL, and who brought it.
type Name = (String, Source);

/// Who brought a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Source {
    /// The verifier had it.
    Known,
    /// It was handed over with what is judged.
    Stapled,
}

/// A list that may be looked into.
struct Candidate<'e> {
    name: Name,
    list: Cow<'e, Secured>,
    as_of: Timestamp,
}

impl Lists {
    fn check(&mut self, candidate: &Candidate<'_>, entry: &StatusEntry) -> Result<StatusValue, StatusFault> {
        if self.open.as_ref().is_none_or(|(name, _)| *name != candidate.name) {
            self.open = Some((candidate.name.clone(), PublishedList::read(candidate.list.body())));
        }
        let (_, opened) = self.open.as_ref().expect("it was opened just now");
        opened.as_ref().map_err(Clone::clone)?.check(entry)
    }
}

/// The entries of a credential, wherever its mechanism carries them.
pub(super) fn entries(secured: &Secured, credential: &Credential) -> Vec<Result<StatusEntry, StatusFault>> {
    let claim = secured.claim("status").map(StatusEntry::read_claim).unwrap_or_default();
    credential.statuses().into_iter().map(StatusEntry::read).chain(claim).collect()
}

impl<'a> Examination<'a> {
    pub(super) fn status(&mut self, secured: &Secured, credential: &Credential, place: Place) {
        for entry in entries(secured, credential) {
            match entry {
                Ok(entry) => self.status_entry(&entry, credential.issuer(), place),
                Err(fault @ StatusFault::Unsupported { .. }) => self.gap(place, Gap::Unsupported { what: fault.to_string() }),
                Err(fault) => self.reject(place, Reason::Malformed { fault: fault.to_string() }),
            }
        }
    }

    fn status_entry(&mut self, entry: &StatusEntry, issuer: &str, place: Place) {
        let list = entry.list().to_owned();
        if !self.may_go_on(place) {
            return;
        }
        let mut candidates = self.candidates(&list);
        // The newest that stands; of those that do not, the newest is told of.
        let best = candidates.iter().position(|candidate| self.list_stands(candidate, issuer).is_ok()).unwrap_or_default();
        if candidates.is_empty() {
            return self.gap(place, Gap::StatusMissing { list });
        }
        let candidate = candidates.swap_remove(best);
        let used = StatusListUsed { list: list.clone(), as_of: candidate.as_of.clone() };
        if !self.basis.status_lists.contains(&used) {
            self.basis.status_lists.push(used.clone());
        }
        if let Err(why) = self.list_stands(&candidate, issuer) {
            return self.gap(place, Gap::StatusNotGood { list, why });
        }
        if used.as_of.plus_seconds(self.expected.status_max_age) < *self.now {
            self.gap(place, Gap::StatusStale { list: list.clone(), as_of: used.as_of });
        }
        match self.lists.check(&candidate, entry) {
            Err(fault) => self.gap(place, Gap::StatusNotGood { list, why: fault.to_string() }),
            Ok(value) => self.status_value(value, list, place),
        }
    }

    fn status_value(&mut self, found: StatusValue, list: String, place: Place) {
        match (found.purpose, found.value) {
            // The issuer's word stands for every value, 0 among them, where it has given it words.
            (StatusPurpose::Message, 0) if found.message.as_deref() == Some("unset") => {}
            (StatusPurpose::Message, value) => {
                self.warn(place, Warning::StatusMessage { list, value, meaning: found.message.unwrap_or_default() });
            }
            (_, 0) => {}
            (StatusPurpose::Revocation, _) => self.reject(place, Reason::Revoked { list }),
            (StatusPurpose::Suspension, _) => self.reject(place, Reason::Suspended { list }),
            (StatusPurpose::Refresh, _) => self.warn(place, Warning::RefreshAvailable { list }),
            (StatusPurpose::Other(what), _) => self.gap(place, Gap::Unsupported { what }),
        }
    }

    /// The lists at `url` that are at hand, the newest first.
    fn candidates(&self, url: &str) -> Vec<Candidate<'a>> {
        let name = |source| (url.to_owned(), source);
        let known = match self.evidence.status_lists.get(url) {
            Some(Known::Found { what, as_of }) => {
                Some(Candidate { name: name(Source::Known), list: Cow::Borrowed(what), as_of: age(what, as_of).clone() })
            }
            _ => None,
        };
        let stapled = self.staples.get(url).map(|(list, signed)| Candidate {
            name: name(Source::Stapled),
            list: Cow::Owned(list.clone()),
            as_of: signed.clone(),
        });
        let mut all: Vec<_> = known.into_iter().chain(stapled).collect();
        all.sort_by(|one, other| other.as_of.cmp(&one.as_of));
        all
    }

    /// Whether a list is signed by the credentials' issuer, and valid now; judged once for each issuer.
    fn list_stands(&mut self, candidate: &Candidate<'_>, issuer: &str) -> Result<(), String> {
        let name = (candidate.name.clone(), issuer.to_owned());
        if let Some(judged) = self.lists.judged.get(&name) {
            return judged.clone();
        }
        let judged = self.judge_list(&candidate.list, issuer);
        self.lists.judged.insert(name, judged.clone());
        judged
    }

    /// Checks that a list is signed by `issuer`, whatever it goes by.
    fn list_proof(&mut self, list: &Secured, issuer: &str) {
        let place = Place::Credential(0);
        if self.certificate_proof(list, issuer, place).is_some() {
            return;
        }
        if self.publishes_keys(issuer) {
            let kid = list.proofs()[0].method.split_once('#').map(|(_, kid)| kid.to_owned());
            return self.web_proof(list, (issuer, kid.as_deref()), place);
        }
        self.proofs(list, place, Some(issuer), list.kind().relationship());
    }

    fn judge_list(&self, list: &Secured, issuer: &str) -> Result<(), String> {
        let expected = self.expected.of_evidence();
        let verdict = match list.kind() {
            // A presentation is judged by its holder, whatever issuer it names.
            Kind::Presentation => return Err("it is not a credential".to_owned()),
            Kind::Credential if list.body().get("issuer").and_then(identifier) != Some(issuer) => {
                return Err("it is not by the credential's issuer".to_owned());
            }
            // A list carries no status of its own, so this cannot go round in circles.
            Kind::Credential if list.body().contains_key("credentialStatus") || list.claim("status").is_some() => {
                return Err("a status list may not have a status".to_owned());
            }
            Kind::Credential => verify(list, self.evidence, &expected, self.now),
            Kind::StatusList if list.body().get("iss").is_some_and(|iss| iss != issuer) => {
                return Err("it is not by the credential's issuer".to_owned());
            }
            Kind::StatusList => {
                let mut examination = Examination::new(self.evidence, &expected, self.now);
                examination.list_proof(list, issuer);
                examination.verdict()
            }
        };
        match verdict {
            Verdict::Accepted(_) => Ok(()),
            Verdict::Rejected { reasons, .. } => Err(reasons[0].what.say(Language::En)),
            Verdict::Undetermined { gaps, .. } => Err(gaps[0].what.say(Language::En)),
        }
    }
}

/// How old what a list says is: as old as the fetching, or as a token's own signature (Token Status List §8.3).
fn age<'t>(list: &'t Secured, fetched: &'t Timestamp) -> &'t Timestamp {
    let signed = (list.kind() == Kind::StatusList).then(|| list.proofs()[0].created.as_ref()).flatten();
    signed.map_or(fetched, |signed| signed.min(fetched))
}
