//! The rules of the data model that take more than the document: what its types mean, what its resources hash to.

use super::{Examination, Known, Place, Reason, Warning};
use crate::credential::{Credential, ModelVersion};
use crate::securing::linked_data::{self, LinkedDataError};
use crate::securing::{Kind, Secured, TYPED_MEMBERS};
use crate::verification::Gap;

impl Examination<'_> {
    /// Every type stands for a URL (VC DM 2.0 §4.5), and every term of a credential for something (§5.2.1).
    ///
    /// Where RDF is signed the signature check finds out, so this looks only at documents whose JSON is signed.
    pub(super) fn meaning(&mut self, secured: &Secured, version: ModelVersion, place: Place) {
        let is_linked = version == ModelVersion::V2 && secured.body().contains_key("@context");
        if !is_linked || secured.proofs().iter().any(|proof| proof.mechanism.is_over_rdf()) {
            return;
        }
        let contexts = &self.evidence.contexts;
        match linked_data::check_types(secured.body(), &TYPED_MEMBERS, contexts) {
            Ok(()) if secured.kind() == Kind::Credential => {}
            // Where the JSON is signed, so are the names in it.
            Ok(()) | Err(LinkedDataError::UnsignedName { .. }) => return,
            Err(LinkedDataError::UndefinedTerm { term }) => return self.reject(place, Reason::UndefinedTerm { term }),
            Err(LinkedDataError::Invalid { reason }) => return self.reject(place, Reason::Malformed { fault: reason }),
            Err(LinkedDataError::UnknownContext { url }) => return self.warn(place, Warning::ContextNotAtHand { url }),
            Err(LinkedDataError::TooDeep | LinkedDataError::TooMuchWork) => return self.gap(place, Gap::TooMuchWork),
        }
        // The signature covers the member, whatever it means: nobody has altered it, and a person is told.
        match linked_data::check_terms(secured.body(), contexts) {
            Err(LinkedDataError::UndefinedTerm { term }) => self.warn(place, Warning::TermNotDefined { term }),
            Err(LinkedDataError::UnknownContext { url }) => self.warn(place, Warning::ContextNotAtHand { url }),
            _ => {}
        }
    }

    /// The resources that the credential pins are what they were when it was issued (VC DM 2.0 §5.3).
    pub(super) fn related_resources(&mut self, credential: &Credential, place: Place) {
        for resource in credential.related_resources() {
            let url = resource.id.clone();
            match self.bytes_at_hand(&url) {
                None => self.warn(place, Warning::ResourceNotChecked { url }),
                Some(bytes) if resource.check(bytes).is_err() => self.reject(place, Reason::ResourceMismatch { url }),
                Some(_) => {}
            }
        }
    }

    /// The bytes published at `url`, if they are at hand.
    pub(super) fn bytes_at_hand(&self, url: &str) -> Option<&[u8]> {
        match self.evidence.resources.get(url) {
            Some(Known::Found { what, .. }) => Some(what),
            _ => self.evidence.contexts.text(url).map(str::as_bytes),
        }
    }
}
