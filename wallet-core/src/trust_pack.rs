//! The trust pack: what a verifier carries to judge with no network, signed by whoever put it together.
//!
//! It is itself a credential, secured as a JWT: signing, validity and forgery are the same questions as for any other.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::did::{self, Did, Resolution};
use crate::error::{Result, WalletError};
use crate::language::Language;
use crate::qr::{TypeTable, TypeTables};
use crate::securing::Secured;
use crate::securing::linked_data::Contexts;
use crate::time::Timestamp;
use crate::verification::{Evidence, Expectations, Issuers, Known, Say as _, Verdict, verify};

/// What a verifier carries: the issuers it believes, their keys with history, status lists, contexts and QR tables.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TrustPack {
    /// The issuers that are believed, with the names a person knows them by.
    pub issuers: BTreeMap<Did, String>,
    /// What the registry said of each DID.
    pub resolutions: BTreeMap<Did, Dated<Resolution>>,
    /// The status lists by URL, each in its signed form.
    pub status_lists: BTreeMap<String, Dated<String>>,
    /// JSON-LD contexts beyond the bundled ones, by URL: the text as published, or else the members as an object.
    pub contexts: BTreeMap<String, Value>,
    /// The texts of the schemas and other resources that credentials name, by URL.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub resources: BTreeMap<String, Dated<String>>,
    /// The tables that compact QR codes were written with, each as `TypeTable::to_json` writes it.
    pub tables: Vec<Value>,
}

/// Something, and the moment it was looked up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Dated<T> {
    /// What it is.
    pub what: T,
    /// When it was looked up.
    pub as_of: Timestamp,
}

impl TrustPack {
    /// The pack as a credential by `publisher`, valid from `now` until `until`, ready to be secured as a JWT.
    pub fn to_credential(&self, publisher: &Did, now: &Timestamp, until: &Timestamp) -> Map<String, Value> {
        let data = |name: &str| json!({ "@id": format!("https://w3id.org/cedula/trust#{name}"), "@type": "@json" });
        let terms = ["issuers", "resolutions", "statusLists", "contexts", "resources", "tables"];
        let mut own: Map<String, Value> = terms.iter().map(|name| ((*name).to_owned(), data(name))).collect();
        own.insert("TrustPack".to_owned(), "https://w3id.org/cedula/trust#TrustPack".into());
        let credential = json!({
            "@context": ["https://www.w3.org/ns/credentials/v2", own],
            "type": ["VerifiableCredential", "TrustPack"],
            "issuer": publisher,
            "validFrom": now,
            "validUntil": until,
            "credentialSubject": self,
        });
        match credential {
            Value::Object(map) => map,
            _ => unreachable!("it was written as an object"),
        }
    }

    /// Reads a pack that `publisher`, a did:key or did:jwk, signed and that is valid at `now`.
    ///
    /// Fails with `Malformed` when it is no trust pack, and `Refused` when it is forged, by somebody else, or too old.
    pub fn read(text: &str, publisher: &Did, now: &Timestamp) -> Result<Self> {
        let secured = Secured::read(text)?;
        let mut evidence = Evidence::new(Contexts::bundled());
        let found = Known::Found {
            what: did::resolve_self_contained(publisher)
                .map_err(|error| WalletError::misused(format!("{publisher}: {error}")))?,
            as_of: now.clone(),
        };
        evidence.resolutions.insert(publisher.clone(), found);
        let expected = Expectations {
            issuers: Issuers::Known(BTreeMap::from([(publisher.clone(), String::new())])),
            ..Expectations::default()
        };
        let verified = match verify(&secured, &evidence, &expected, now) {
            Verdict::Accepted(verified) => verified,
            Verdict::Rejected { reasons, .. } => {
                return Err(WalletError::refused("the trust pack", reasons[0].say(Language::En)));
            }
            Verdict::Undetermined { gaps, .. } => return Err(WalletError::refused("the trust pack", gaps[0].say(Language::En))),
        };
        let subject = verified.claims().first().map(|&subject| subject.clone()).unwrap_or_default();
        serde_json::from_value(subject).map_err(|error| WalletError::malformed("trust pack", error))
    }

    /// The tables that compact QR codes were written with.
    pub fn type_tables(&self) -> Result<TypeTables> {
        self.tables.iter().try_fold(TypeTables::new(), |tables, table| Ok(tables.with(TypeTable::from_json(table)?)))
    }

    /// The evidence it carries, on top of the bundled contexts.
    pub fn evidence(&self) -> Result<Evidence> {
        let mut contexts = Contexts::bundled();
        for (url, context) in &self.contexts {
            contexts = match context {
                Value::String(text) => contexts.with(url, text)?,
                members => contexts.with_members(url, members)?,
            };
        }
        let mut evidence = Evidence::new(contexts);
        for (did, dated) in &self.resolutions {
            let known = Known::Found { what: dated.what.clone(), as_of: dated.as_of.clone() };
            evidence.resolutions.insert(did.clone(), known);
        }
        for (url, dated) in &self.status_lists {
            let known = Known::Found { what: Secured::read(&dated.what)?, as_of: dated.as_of.clone() };
            evidence.status_lists.insert(url.clone(), known);
        }
        for (url, dated) in &self.resources {
            let known = Known::Found { what: dated.what.clone().into_bytes(), as_of: dated.as_of.clone() };
            evidence.resources.insert(url.clone(), known);
        }
        Ok(evidence)
    }
}
