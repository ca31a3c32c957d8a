//! The issuer door: from claims to a secured credential, its status afterwards, and the issuer's place on the registry.

mod registrar;

pub use registrar::{Registrar, Written};

use std::sync::Arc;

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use crate::credential::identifier;
use crate::did::{Did, DidUrl, VerificationRelationship};
use crate::error::{Result, WalletError};
use crate::key::KeyId;
use crate::ports::{Change, Keystore, Storage};
use crate::securing::linked_data::Contexts;
use crate::securing::{Mechanism, ProofOptions, Secured, prepare};
use crate::status::{Indexes, ListTerms, MINIMUM_ENTRIES, StatusEntry, StatusList, StatusPurpose};
use crate::time::Timestamp;

/// Issues credentials in the name of one DID, and says later which of them it has revoked or suspended.
pub struct Issuer {
    /// In whose name.
    pub did: Did,
    /// The verification method that its signatures name.
    pub method: DidUrl,
    /// The key behind it.
    pub key: KeyId,
    /// Where that key lives.
    pub keystore: Arc<dyn Keystore>,
    /// Where the status lists are kept.
    pub storage: Arc<dyn Storage>,
    /// The URL that the status lists are published under, without a slash at its end.
    pub status_base: String,
    /// The JSON-LD contexts that its credentials may use.
    pub contexts: Contexts,
}

/// How long a published status list may be relied on, in seconds: a week.
const LIST_LIFETIME: i64 = 7 * 24 * 3600;
const TAKEN: &str = "status/taken";

impl Issuer {
    /// Signs `credential`, with one place in the status lists of `purposes`; one without an `id` is given a random one.
    ///
    /// The place is taken before anything is signed: a kill in between wastes it and never gives it out twice.
    pub async fn issue(
        &mut self,
        mut credential: Map<String, Value>,
        mechanism: Mechanism,
        purposes: &[StatusPurpose],
        rng: &mut (dyn CryptoRng + Send),
        now: &Timestamp,
    ) -> Result<Secured> {
        if credential.get("issuer").and_then(identifier) != Some(self.did.as_str()) {
            return Err(WalletError::misused(format!("the credential's issuer must be {}", self.did)));
        }
        if !credential.contains_key("id") {
            credential.insert("id".to_owned(), random_urn(rng).into());
        }
        if !purposes.is_empty() {
            let index = self.take_place(&credential, purposes, rng).await?;
            let entry = |purpose: &StatusPurpose| {
                Value::Object(StatusEntry::new(purpose.clone(), index, self.list_url(purpose)).to_json())
            };
            let mut entries: Vec<Value> = purposes.iter().map(entry).collect();
            let status = if entries.len() == 1 { entries.remove(0) } else { Value::Array(entries) };
            credential.insert("credentialStatus".to_owned(), status);
        }
        self.sign(credential, mechanism, now).await
    }

    /// Revokes or suspends the credential of that `id`, or takes it back; returns the new signed list, to be published.
    ///
    /// Fails with `Misused` when this issuer has given it no place in the list of that purpose.
    pub async fn set_status(
        &mut self,
        credential: &str,
        purpose: &StatusPurpose,
        value: bool,
        now: &Timestamp,
    ) -> Result<Secured> {
        let place = self.place(credential).await?.filter(|place| place.purposes.iter().any(|p| p == purpose.as_str()));
        let unknown =
            || WalletError::misused(format!("this issuer has given no credential of that id a place for {}", purpose.as_str()));
        let index = place.ok_or_else(unknown)?.index;
        let mut list = self.list(purpose).await?;
        list.set(index, u8::from(value))?;
        let bytes = list.encode().into_bytes();
        self.storage.write(vec![Change::Put { name: list_name(purpose), bytes }]).await?;
        self.status_list(purpose, now).await
    }

    /// The signed status list as it is now, to be published at [`Issuer::list_url`] and signed anew at least once a week.
    pub async fn status_list(&self, purpose: &StatusPurpose, now: &Timestamp) -> Result<Secured> {
        let terms = ListTerms {
            url: self.list_url(purpose),
            issuer: self.did.clone(),
            purposes: vec![purpose.clone()],
            valid_from: now.clone(),
            valid_until: Some(now.plus_seconds(LIST_LIFETIME)),
            ttl: None,
        };
        let body = self.list(purpose).await?.to_credential(&terms);
        let kind = self.keystore.public_key(&self.key).await?.algorithm();
        let mechanism = Mechanism::over_rdf(kind).ok_or_else(|| WalletError::misused("a secp256k1 key signs no credentials"))?;
        self.sign(body, mechanism, now).await
    }

    /// The URL of the status list for a purpose.
    pub fn list_url(&self, purpose: &StatusPurpose) -> String {
        format!("{}/{}", self.status_base, purpose.as_str())
    }

    /// Signs a credential as it stands, with the issuer's key.
    pub async fn sign(&self, credential: Map<String, Value>, mechanism: Mechanism, now: &Timestamp) -> Result<Secured> {
        let options = ProofOptions::new(mechanism, self.method.clone(), VerificationRelationship::AssertionMethod, now.clone());
        let key = self.keystore.public_key(&self.key).await?;
        let unsigned = prepare(credential, &options, &key, &self.contexts)?;
        let signature = self.keystore.sign(&self.key, unsigned.message()).await?;
        unsigned.finish(&signature)
    }

    /// Takes a place that no other credential has, at random, so that places tell nothing of the order of issuing.
    async fn take_place(
        &mut self,
        credential: &Map<String, Value>,
        purposes: &[StatusPurpose],
        rng: &mut (dyn CryptoRng + Send),
    ) -> Result<u64> {
        let id = credential.get("id").and_then(Value::as_str).ok_or_else(|| WalletError::misused("the id must be a URL"))?;
        if self.place(id).await?.is_some() {
            // The place of the one before would be lost, and with it the means to revoke it.
            return Err(WalletError::misused("a credential of that id has been issued: give this one an id of its own"));
        }
        let mut taken = match self.storage.read(TAKEN).await? {
            Some(bytes) => Indexes::decode(&text(bytes)?).map_err(|_| damaged())?,
            None => Indexes::new(MINIMUM_ENTRIES)?,
        };
        let index = taken.draw(rng)?;
        let place = Place { index, purposes: purposes.iter().map(|purpose| purpose.as_str().to_owned()).collect() };
        let bytes = serde_json::to_vec(&place).expect("a place is plain data");
        let place = Change::Put { name: place_name(id), bytes };
        self.storage.write(vec![Change::Put { name: TAKEN.to_owned(), bytes: taken.encode().into_bytes() }, place]).await?;
        Ok(index)
    }

    async fn place(&self, credential: &str) -> Result<Option<Place>> {
        let bytes = self.storage.read(&place_name(credential)).await?;
        bytes.map(|bytes| serde_json::from_slice(&bytes).map_err(|_| damaged())).transpose()
    }

    async fn list(&self, purpose: &StatusPurpose) -> Result<StatusList> {
        match self.storage.read(&list_name(purpose)).await? {
            Some(bytes) => StatusList::decode(&text(bytes)?, 1).map_err(|_| damaged()),
            None => StatusList::new(MINIMUM_ENTRIES, 1),
        }
    }
}

/// Where a credential stands in the status lists.
#[derive(Serialize, Deserialize)]
struct Place {
    index: u64,
    purposes: Vec<String>,
}

fn list_name(purpose: &StatusPurpose) -> String {
    format!("status/list/{}", purpose.as_str())
}

/// Ids are outside text of any length; a digest makes a name of one length.
fn place_name(credential: &str) -> String {
    format!("status/place/{}", BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(credential)))
}

fn text(bytes: Vec<u8>) -> Result<String> {
    String::from_utf8(bytes).map_err(|_| damaged())
}

fn damaged() -> WalletError {
    WalletError::storage_failed("the status lists are damaged")
}

/// A random UUID as a URN (RFC 9562 §5.4).
fn random_urn(rng: &mut dyn CryptoRng) -> String {
    let mut bytes = [0; 16];
    rng.fill_bytes(&mut bytes);
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = |range: std::ops::Range<usize>| bytes[range].iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    format!("urn:uuid:{}-{}-{}-{}-{}", hex(0..4), hex(4..6), hex(6..8), hex(8..10), hex(10..16))
}
