//! The status lists: looked into only when the list itself stands.

use super::{
    Examination, Expectations, Gap, Issuers, Known, Place, Presenter, Reason, Say as _, StatusListUsed, Verdict, verify,
};
use crate::credential::{Credential, identifier};
use crate::language::Language;
use crate::securing::{Kind, Secured};
use crate::status::{self, ListCredential, StatusEntry, StatusFault, StatusPurpose};

impl Examination<'_> {
    pub(super) fn status(&mut self, credential: &Credential, place: Place) {
        for entry in credential.statuses() {
            match StatusEntry::read(entry) {
                Ok(entry) => self.status_entry(&entry, credential, place),
                Err(fault @ StatusFault::Unsupported { .. }) => self.gap(place, Gap::Unsupported { what: fault.to_string() }),
                Err(fault) => self.reject(place, Reason::Malformed { fault: fault.to_string() }),
            }
        }
    }

    fn status_entry(&mut self, entry: &StatusEntry, credential: &Credential, place: Place) {
        if !self.may_go_on(place) {
            return;
        }
        let list = entry.list.clone();
        let evidence = self.evidence;
        let Some(Known::Found { what: secured, as_of }) = evidence.status_lists.get(&list) else {
            return self.gap(place, Gap::StatusMissing { list });
        };
        self.basis.status_lists.push(StatusListUsed { list: list.clone(), as_of: as_of.clone() });
        if let Err(why) = self.list_stands(secured, credential) {
            return self.gap(place, Gap::StatusNotGood { list, why });
        }
        let own = ListCredential::read(secured.body()).ok().and_then(|list| list.ttl);
        let age = own.map_or(self.expected.status_max_age, |own| (own.as_secs() as i64).min(self.expected.status_max_age));
        if as_of.plus_seconds(age) < *self.now {
            self.gap(place, Gap::StatusStale { list: list.clone(), as_of: as_of.clone() });
        }
        match status::check(entry, secured.body()) {
            Err(fault) => self.gap(place, Gap::StatusNotGood { list, why: fault.to_string() }),
            Ok(value) if !value.is_set() => {}
            Ok(value) => match value.purpose {
                StatusPurpose::Revocation => self.reject(place, Reason::Revoked { list }),
                StatusPurpose::Suspension => self.reject(place, Reason::Suspended { list }),
                // A message or an offer to refresh says nothing against the credential.
                StatusPurpose::Message | StatusPurpose::Refresh => {}
                StatusPurpose::Other(what) => self.gap(place, Gap::Unsupported { what }),
            },
        }
    }

    /// Whether the list is signed by the credential's issuer, and valid now.
    fn list_stands(&self, list: &Secured, credential: &Credential) -> Result<(), String> {
        // A presentation is judged by its holder, whatever issuer it names.
        if list.kind() != Kind::Credential {
            return Err("it is not a credential".to_owned());
        }
        if list.body().get("issuer").and_then(identifier) != Some(credential.issuer()) {
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
