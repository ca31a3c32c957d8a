//! What verification looks at besides the credential: gathered by a door, or carried along.

use std::collections::{BTreeMap, BTreeSet};

use super::proof_check::method_of;
use super::status_check;
use crate::credential::identifier;
use crate::did::{Did, Resolution};
use crate::securing::Secured;
use crate::securing::linked_data::Contexts;
use crate::status::ListFormat;
use crate::time::Timestamp;

/// What verification looks at besides the credential.
#[derive(Debug, Clone)]
pub struct Evidence {
    /// The JSON-LD contexts at hand.
    pub contexts: Contexts,
    /// What is known of each DID.
    pub resolutions: BTreeMap<Did, Known<Resolution>>,
    /// What is known of each status list, by its URL.
    pub status_lists: BTreeMap<String, Known<Secured>>,
}

/// Something that was looked for.
#[derive(Debug, Clone, PartialEq)]
pub enum Known<T> {
    /// It was found.
    Found {
        /// What it is.
        what: T,
        /// When it was looked up.
        as_of: Timestamp,
    },
    /// It was looked for in vain.
    Missing {
        /// What happened.
        why: String,
    },
    /// The identifier cannot exist: no DID of its method.
    Impossible,
}

/// Something that verification would look at, if it were there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// The resolution of a DID.
    Did(Did),
    /// A status list.
    StatusList {
        /// Where it is published.
        url: String,
        /// The format it must be in.
        format: ListFormat,
    },
}

impl Evidence {
    /// No evidence but these contexts.
    pub fn new(contexts: Contexts) -> Self {
        Self { contexts, resolutions: BTreeMap::new(), status_lists: BTreeMap::new() }
    }

    /// What `secured`, its nested credentials and their status lists need that has not been looked for yet.
    ///
    /// A status list's own signer shows only once the list is there: ask again until nothing is needed.
    pub fn needs(&self, secured: &Secured) -> BTreeSet<Need> {
        let mut needs = BTreeSet::new();
        self.collect(secured, &mut needs);
        for nested in secured.nested().into_iter().flatten().flatten() {
            self.collect(&nested, &mut needs);
        }
        needs
    }

    fn collect(&self, secured: &Secured, needs: &mut BTreeSet<Need>) {
        let claimed = secured.body().get("issuer").or(secured.body().get("holder")).and_then(identifier);
        let signers = secured.proofs().iter().filter_map(|proof| method_of(proof, claimed));
        needs.extend(signers.map(|method| method.did()).filter(|did| !self.resolutions.contains_key(did)).map(Need::Did));
        let Ok(credential) = secured.credential() else { return };
        for entry in status_check::entries(secured, &credential).into_iter().flatten() {
            match self.status_lists.get(entry.list()) {
                None => {
                    needs.insert(Need::StatusList { url: entry.list().to_owned(), format: entry.format() });
                }
                // A list has no status of its own, so this goes one level deep.
                Some(Known::Found { what, .. }) if !credential.has_type("BitstringStatusListCredential") => {
                    self.collect(what, needs)
                }
                Some(_) => {}
            }
        }
    }
}
