//! What the entries of a pack say, but for registries: each kind written by one function and read by another.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Entries, malformed};
use crate::did::{Did, DidDocument, DocumentMetadata, Resolution, Standing};
use crate::error::{Result, WalletError};
use crate::json;
use crate::qr::{TypeTable, TypeTables};
use crate::securing::Secured;
use crate::securing::linked_data::Contexts;
use crate::securing::sd_jwt::IssuerMetadata;
use crate::time::Timestamp;
use crate::verification::{Evidence, Known};

const ISSUER: &str = "issuer";
const DOCUMENT: &str = "document";
const ROOT: &str = "root";
const LIST: &str = "list";
const CONTEXT: &str = "context";
const RESOURCE: &str = "resource";
const TABLE: &str = "table";
const METADATA: &str = "metadata";
const TYPE: &str = "type";

/// What is written into a pack.
impl Entries {
    /// Adds an issuer that is believed, with the name a person knows it by.
    pub fn add_issuer(&mut self, did: &Did, name: &str) {
        self.put(format!("{did}/{ISSUER}"), name.into());
    }

    /// Adds a root whose accreditations count, with the name a person knows it by.
    pub fn add_root(&mut self, did: &Did, name: &str) {
        self.put(format!("{did}/{ROOT}"), name.into());
    }

    /// Adds the document of a DID without history, such as a did:web, as its server gave it `as_of`.
    pub fn add_document(&mut self, document: &DidDocument, as_of: &Timestamp) {
        let text = document.to_json().to_string();
        self.put(format!("{}/{DOCUMENT}", document.id), dated(text.as_bytes(), as_of));
    }

    /// Adds what an issuer at a web address publishes of its keys, as it was fetched `as_of`.
    ///
    /// Fails with `Malformed` when it is another's, and `Misused` when the keys themselves are elsewhere: they belong into it as
    /// `jwks`.
    pub fn add_issuer_metadata(&mut self, issuer: &str, text: &str, as_of: &Timestamp) -> Result<()> {
        if IssuerMetadata::read(text, issuer)?.keys_at.is_some() {
            return Err(WalletError::misused("the metadata of an issuer is packed with its keys inside, as jwks"));
        }
        self.put(format!("{METADATA}/{issuer}"), dated(text.as_bytes(), as_of));
        Ok(())
    }

    /// Adds a type metadata document as it was published, by its `vct`.
    pub fn add_type_metadata(&mut self, vct: &str, text: &str) {
        self.put(format!("{TYPE}/{vct}"), text.into());
    }

    /// Adds the status list at `url`, as it was fetched `as_of`.
    pub fn add_status_list(&mut self, url: &str, list: &Secured, as_of: &Timestamp) {
        self.put(format!("{LIST}/{url}"), dated(&list.to_bytes(), as_of));
    }

    /// Adds a JSON-LD context beyond the bundled ones, the text published at `url`.
    pub fn add_context(&mut self, url: &str, text: &str) {
        self.put(format!("{CONTEXT}/{url}"), text.into());
    }

    /// Adds the bytes of a schema or another resource that credentials name, as they were fetched `as_of`.
    pub fn add_resource(&mut self, url: &str, bytes: &[u8], as_of: &Timestamp) {
        self.put(format!("{RESOURCE}/{url}"), dated(bytes, as_of));
    }

    /// Adds a table that compact QR codes were written with.
    pub fn add_table(&mut self, table: &TypeTable) {
        self.put(format!("{TABLE}/{}", table.entry_id()), table.to_json().to_string().into_bytes());
    }
}

/// What is read out of a pack; `Malformed` is an entry that its publisher wrote wrongly.
impl Entries {
    /// The issuers that are believed, with the names a person knows them by.
    pub fn issuers(&self) -> Result<BTreeMap<Did, String>> {
        self.named(ISSUER)
    }

    /// The roots whose accreditations count, with the names a person knows them by.
    pub fn roots(&self) -> Result<BTreeMap<Did, String>> {
        self.named(ROOT)
    }

    fn named(&self, kind: &str) -> Result<BTreeMap<Did, String>> {
        self.of_kind(kind).map(|(did, name)| Ok((did.parse()?, text(name)?.to_owned()))).collect()
    }

    /// The URLs of the status lists, each with the time it was fetched.
    pub fn list_times(&self) -> Result<BTreeMap<&str, Timestamp>> {
        self.of_kind(LIST).map(|(url, bytes)| Ok((url, undated(bytes)?.1))).collect()
    }

    /// The tables that compact QR codes were written with.
    pub fn type_tables(&self) -> Result<TypeTables> {
        let mut tables = self.of_kind(TABLE);
        tables.try_fold(TypeTables::new(), |tables, (_, bytes)| {
            let table: Value = json::read("type table", text(bytes)?)?;
            Ok(tables.with(TypeTable::from_json(&table)?))
        })
    }

    /// `evidence` with what verification looks at without asking for it by name first: contexts, type metadata, other resources.
    ///
    /// Fails with `Misused` when another context is known already under a URL of these.
    pub fn add_to(&self, mut evidence: Evidence) -> Result<Evidence> {
        for (url, context) in self.of_kind(CONTEXT) {
            evidence.contexts = evidence.contexts.with(url, text(context)?)?;
        }
        for (vct, document) in self.of_kind(TYPE) {
            evidence.type_metadata.insert(vct.to_owned(), text(document)?.to_owned());
        }
        for (url, resource) in self.of_kind(RESOURCE) {
            let (what, as_of) = undated(resource)?;
            evidence.resources.insert(url.to_owned(), Known::Found { what: what.to_vec(), as_of });
        }
        Ok(evidence)
    }

    /// As [`Entries::add_to`], on top of the bundled contexts.
    pub fn evidence(&self) -> Result<Evidence> {
        self.add_to(Evidence::new(Contexts::bundled()))
    }

    /// What is known of a DID: a history replayed, its keys judged `now`, or a document.
    pub(super) fn resolution(&self, did: &Did, now: &Timestamp) -> Option<Result<Known<Resolution>>> {
        let document = || self.bytes(&format!("{did}/{DOCUMENT}")).map(|bytes| document(did, bytes));
        self.replayed(did, now).or_else(document)
    }

    /// What the issuer at a web address publishes of its keys.
    pub(super) fn issuer_metadata(&self, issuer: &str) -> Option<Result<Known<IssuerMetadata>>> {
        self.bytes(&format!("{METADATA}/{issuer}")).map(|bytes| {
            let (metadata, as_of) = undated(bytes)?;
            Ok(Known::Found { what: IssuerMetadata::read(text(metadata)?, issuer)?, as_of })
        })
    }

    /// The status list at `url`.
    pub(super) fn status_list(&self, url: &str) -> Option<Result<Known<Secured>>> {
        self.bytes(&format!("{LIST}/{url}")).map(|bytes| {
            let (list, as_of) = undated(bytes)?;
            Ok(Known::Found { what: Secured::read_bytes(list)?, as_of })
        })
    }
}

/// A document that nobody but its server vouches for.
fn document(did: &Did, bytes: &[u8]) -> Result<Known<Resolution>> {
    let (text, as_of) = undated(bytes)?;
    let what = Resolution {
        document: DidDocument::read(did, text)?,
        metadata: DocumentMetadata::default(),
        standing: Standing::Believed { block: None },
        history: Vec::new(),
    };
    Ok(Known::Found { what, as_of })
}

/// The time something was looked up, a line of its own, and then what it is.
fn dated(bytes: &[u8], as_of: &Timestamp) -> Vec<u8> {
    [as_of.as_str().as_bytes(), b"\n", bytes].concat()
}

fn undated(bytes: &[u8]) -> Result<(&[u8], Timestamp)> {
    let end = bytes.iter().position(|byte| *byte == b'\n').ok_or_else(|| malformed("an entry does not say how old it is"))?;
    Ok((&bytes[end + 1..], text(&bytes[..end])?.parse()?))
}

fn text(bytes: &[u8]) -> Result<&str> {
    std::str::from_utf8(bytes).map_err(malformed)
}

pub(super) fn to_json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("plain data")
}

pub(super) fn from_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    serde_json::from_slice(bytes).map_err(malformed)
}
