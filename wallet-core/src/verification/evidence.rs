//! What verification looks at besides the credential: gathered by a door, or carried along.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::proof_check::method_of;
use super::schema_check::{Kind, SCHEMA_CREDENTIAL, json_schema_kinds};
use super::staple::Staples;
use super::{Expectations, Issuers, STATUS_LIST, accreditation_check, anchor_check, json_schema, status_check};
use crate::credential::{Credential, identifier};
use crate::did::{Did, Resolution};
use crate::registry::accreditation::{Path, Scope};
use crate::registry::credential_registry::Moment;
use crate::registry::{B256, Told};
use crate::securing::Secured;
use crate::securing::linked_data::Contexts;
use crate::securing::sd_jwt::IssuerMetadata;
use crate::status::ListFormat;
use crate::time::Timestamp;
use crate::x509::TrustAnchors;

/// The most schemas that one may refer to and have looked for.
const MAX_REFERRED: usize = 8;
/// The most things that are looked for at a time: whoever wrote the document chose them, and others have to answer.
const MAX_NEEDS: usize = 256;

/// What verification looks at besides the credential.
#[derive(Debug, Clone)]
pub struct Evidence {
    /// The JSON-LD contexts at hand.
    pub contexts: Contexts,
    /// What is known of each DID.
    pub resolutions: BTreeMap<Did, Known<Resolution>>,
    /// What is known of each status list, by its URL.
    pub status_lists: BTreeMap<String, Known<Secured>>,
    /// Status lists that were handed over beside what is judged, their URL and age in themselves; a presentation may carry its own.
    pub stapled: Vec<Secured>,
    /// The bytes of other resources that credentials name, by URL: schemas, and what `relatedResource` pins.
    pub resources: BTreeMap<String, Known<Vec<u8>>>,
    /// What is known of each issuer that goes by a web address, by that address.
    pub issuers: BTreeMap<String, Known<IssuerMetadata>>,
    /// How each issuer came to be accredited for a scope, as the registry tells it.
    pub accreditations: BTreeMap<(Did, Scope), Known<Told<Vec<Path>>>>,
    /// When each issuer anchored a root, if it did, as the registry tells it.
    pub anchors: BTreeMap<(Did, B256), Known<Told<Option<Moment>>>>,
    /// The authorities that are trusted to certify issuers; whoever one of them stands behind is known.
    pub authorities: TrustAnchors,
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
    /// A status list.
    StatusList {
        /// Where it is published.
        url: String,
        /// The format it must be in.
        format: ListFormat,
    },
    /// The schema at a URL, or the credential that carries it.
    Schema(String),
    /// The metadata of the issuer at a web address.
    Issuer(String),
    /// How an issuer, whose document is known, came to be accredited for a scope.
    Accreditations(Did, Scope),
    /// When an issuer anchored a root.
    Anchor(Did, B256),
}

impl Evidence {
    /// No evidence but these contexts.
    pub fn new(contexts: Contexts) -> Self {
        let (resolutions, status_lists, resources) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let (issuers, type_metadata) = (BTreeMap::new(), BTreeMap::new());
        let (accreditations, anchors, stapled) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
        let authorities = TrustAnchors::none();
        Self {
            contexts,
            resolutions,
            status_lists,
            stapled,
            resources,
            issuers,
            accreditations,
            anchors,
            authorities,
            type_metadata,
        }
    }

    /// What `secured`, its nested credentials, their status lists and schemas need that has not been looked for yet, to be judged by
    /// what is `expected` as of `now`.
    ///
    /// A status list's own signer, and what a schema refers to, shows only once it is there: ask again until nothing is needed.
    /// Never more than 256 things at a time.
    pub fn needs(&self, secured: &Secured, expected: &Expectations, now: &Timestamp) -> BTreeSet<Need> {
        let mut needs = BTreeSet::new();
        let nested: Vec<Secured> = secured.nested().into_iter().flatten().flatten().collect();
        let staples = Staples::of(&nested, self);
        for one in std::iter::once(secured).chain(&nested) {
            self.collect(one, &mut needs);
            self.collect_registered(one, expected, &mut needs);
        }
        for list in &self.stapled {
            self.collect(list, &mut needs);
        }
        let stapled = |url: &str| staples.is_fresh(url, expected.status_max_age, now);
        needs.retain(|need| !matches!(need, Need::StatusList { url, .. } if stapled(url)));
        while needs.len() > MAX_NEEDS {
            needs.pop_last();
        }
        needs
    }

    fn collect(&self, secured: &Secured, needs: &mut BTreeSet<Need>) {
        match secured.web_issuer() {
            Some(_) if secured.certificates().is_some_and(|chain| chain.is_ok_and(|chain| chain.reaches(&self.authorities))) => {}
            Some(issuer) if self.issuers.contains_key(issuer) => {}
            Some(issuer) => drop(needs.insert(Need::Issuer(issuer.to_owned()))),
            None => {
                let claimed = secured.body().get("issuer").or(secured.body().get("holder")).and_then(identifier);
                let signers = secured.proofs().iter().filter_map(|proof| method_of(proof, claimed));
                let unknown = signers.map(|method| method.did()).filter(|did| !self.resolutions.contains_key(did));
                needs.extend(unknown.map(Need::Did));
            }
        }
        let Ok(credential) = secured.credential() else { return };
        for entry in status_check::entries(secured, &credential).into_iter().flatten() {
            match self.status_lists.get(entry.list()) {
                None => {
                    needs.insert(Need::StatusList { url: entry.list().to_owned(), format: entry.format() });
                }
                // A list has no status of its own, so this goes one level deep.
                Some(Known::Found { what, .. }) if !credential.has_type(STATUS_LIST) => self.collect(what, needs),
                Some(_) => {}
            }
        }
        // Neither of these has a schema that is evaluated, so that goes one level deep, too.
        if !credential.has_type(STATUS_LIST) && !credential.has_type(SCHEMA_CREDENTIAL) {
            self.collect_schemas(&credential, needs);
        }
    }

    /// What the registry has to say of a credential: when it was anchored, and who accredited its issuer.
    fn collect_registered(&self, secured: &Secured, expected: &Expectations, needs: &mut BTreeSet<Need>) {
        let Ok(credential) = secured.credential() else { return };
        let Ok(issuer) = credential.issuer().parse::<Did>() else { return };
        if !matches!(self.resolutions.get(&issuer), Some(Known::Found { .. })) || !accreditation_check::is_registered(&issuer) {
            return;
        }
        let roots = (0..secured.proofs().len()).filter_map(|proof| anchor_check::root(secured, proof, &self.contexts));
        let anchors = roots.map(|root| (issuer.clone(), root)).filter(|anchor| !self.anchors.contains_key(anchor));
        needs.extend(anchors.map(|(issuer, root)| Need::Anchor(issuer, root)));
        let Issuers::Accredited(accrediting) = &expected.issuers else { return };
        let types = accreditation_check::type_urls(&credential, &self.contexts).unwrap_or_default();
        let scopes = types.iter().flat_map(|type_url| accrediting.scopes(type_url));
        let unknown = scopes.map(|scope| (issuer.clone(), scope)).filter(|held| !self.accreditations.contains_key(held));
        needs.extend(unknown.map(|(issuer, scope)| Need::Accreditations(issuer, scope)));
    }

    fn collect_schemas(&self, credential: &Credential, needs: &mut BTreeSet<Need>) {
        for entry in credential.schemas() {
            let kinds = entry.get("type").map(json_schema_kinds).unwrap_or_default();
            let Some(url) = entry.get("id").and_then(Value::as_str).filter(|_| !kinds.is_empty()) else { continue };
            match self.resources.get(url) {
                None => {
                    needs.insert(Need::Schema(url.to_owned()));
                }
                Some(Known::Found { what, .. }) if kinds[0] == Kind::Credential => {
                    let text = std::str::from_utf8(what).ok();
                    text.and_then(|text| Secured::read(text).ok()).iter().for_each(|schema| self.collect(schema, needs));
                }
                Some(Known::Found { what, .. }) => {
                    let referred =
                        json_schema::read(what).map(|schema| json_schema::references(url, &schema)).unwrap_or_default();
                    let missing = referred.into_iter().filter(|other| !self.resources.contains_key(other));
                    needs.extend(missing.take(MAX_REFERRED).map(Need::Schema));
                }
                Some(_) => {}
            }
        }
    }
}
