//! What verification looks at besides the credential: gathered by a door, or carried along.

use std::collections::{BTreeMap, BTreeSet};

use crate::did::{Did, DidUrl, Resolution};
use crate::securing::Secured;
use crate::securing::linked_data::Contexts;
use crate::securing::sd_jwt::IssuerMetadata;
use crate::status::StatusEntry;
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
    /// What is known of each issuer that goes by a web address, by that address.
    pub issuers: BTreeMap<String, Known<IssuerMetadata>>,
    /// Type metadata documents as they were retrieved, each by its `vct`; never fetched, since that tells their publisher.
    pub type_metadata: BTreeMap<String, String>,
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
    /// The status list at a URL.
    StatusList(String),
    /// The metadata of the issuer at a web address.
    Issuer(String),
}

impl Evidence {
    /// No evidence but these contexts.
    pub fn new(contexts: Contexts) -> Self {
        let (resolutions, status_lists) = (BTreeMap::new(), BTreeMap::new());
        Self { contexts, resolutions, status_lists, issuers: BTreeMap::new(), type_metadata: BTreeMap::new() }
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
        match secured.web_issuer() {
            Some(issuer) if self.issuers.contains_key(issuer) => {}
            Some(issuer) => drop(needs.insert(Need::Issuer(issuer.to_owned()))),
            None => {
                let signers = secured.proofs().iter().filter_map(|proof| proof.method.parse::<DidUrl>().ok());
                needs.extend(signers.map(|method| method.did()).filter(|did| !self.resolutions.contains_key(did)).map(Need::Did));
            }
        }
        let Ok(credential) = secured.credential() else { return };
        for entry in credential.statuses().into_iter().filter_map(|entry| StatusEntry::read(entry).ok()) {
            match self.status_lists.get(&entry.list) {
                None => {
                    needs.insert(Need::StatusList(entry.list));
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
