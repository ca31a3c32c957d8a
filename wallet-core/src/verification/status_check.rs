//! The status lists: looked into only when the list itself stands.

use super::{Examination, Expectations, Gap, Issuers, Known, Place, Presenter, Reason, Say as _, StatusListUsed, Verdict, verify};
use crate::credential::Credential;
use crate::error::WalletError;
use crate::language::Language;
use crate::securing::Secured;
use crate::status::{self, StatusEntry, StatusPurpose};

impl Examination<'_> {
    pub(super) fn status(&mut self, secured: &Secured, credential: &Credential, place: Place) {
        for entry in StatusEntry::read_all(secured.body()) {
            match entry {
                Ok(entry) => self.status_entry(&entry, credential, place),
                Err(error @ WalletError::Unsupported { .. }) => self.gap(place, Gap::Unsupported { what: error.to_string() }),
                Err(error) => self.reject(place, Reason::Malformed { fault: error.to_string() }),
            }
        }
    }

    fn status_entry(&mut self, entry: &StatusEntry, credential: &Credential, place: Place) {
        let list = entry.list.clone();
        let evidence = self.evidence;
        let Some(Known::Found { what: secured, as_of }) = evidence.status_lists.get(&list) else {
            return self.gap(place, Gap::StatusMissing { list });
        };
        self.basis.status_lists.push(StatusListUsed { list: list.clone(), as_of: as_of.clone() });
        if let Err(why) = self.list_stands(secured, credential) {
            return self.gap(place, Gap::StatusNotGood { list, why });
        }
        let age = self.expected.status_max_age.min(status::time_to_live(secured.body()).unwrap_or(i64::MAX));
        if as_of.plus_seconds(age) < *self.now {
            self.gap(place, Gap::StatusStale { list: list.clone(), as_of: as_of.clone() });
        }
        match (status::check(entry, secured.body()), entry.purpose) {
            (Err(fault), _) => self.gap(place, Gap::StatusNotGood { list, why: fault.to_string() }),
            (Ok(0), _) => {}
            (Ok(_), StatusPurpose::Revocation) => self.reject(place, Reason::Revoked { list }),
            (Ok(_), StatusPurpose::Suspension) => self.reject(place, Reason::Suspended { list }),
            // A message or an offer to refresh says nothing against the credential.
            (Ok(_), StatusPurpose::Message | StatusPurpose::Refresh) => {}
        }
    }

    /// Whether the list is signed by the credential's issuer, and valid now.
    fn list_stands(&self, list: &Secured, credential: &Credential) -> Result<(), String> {
        let issuer = list.body().get("issuer").and_then(|issuer| issuer.as_str().or_else(|| issuer.get("id")?.as_str()));
        if issuer != Some(credential.issuer()) {
            return Err("it is not by the credential's issuer".to_owned());
        }
        // A list carries no status of its own, so this cannot go round in circles.
        if list.body().contains_key("credentialStatus") {
            return Err("a status list may not have a status".to_owned());
        }
        let expected = Expectations { issuers: Issuers::Any, presenter: Presenter::Anyone, ..self.expected.clone() };
        match verify(list, self.evidence, &expected, self.now) {
            Verdict::Accepted(_) => Ok(()),
            Verdict::Rejected { reasons, .. } => Err(reasons[0].what.say(Language::En)),
            Verdict::Undetermined { gaps, .. } => Err(gaps[0].what.say(Language::En)),
        }
    }
}
