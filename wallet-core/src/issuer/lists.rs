//! The issuer's status lists: places given out at random, statuses set, lists signed to be published.
//!
//! Places are given out set by set: a set is one number under which there is one list for each purpose, all of one length, and
//! a credential has the same place in each. A full set is followed by the next one, so that no list grows.

use std::time::Duration;

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use super::Issuer;
use crate::did::VerificationRelationship;
use crate::error::{Result, WalletError};
use crate::ports::Change;
use crate::securing::{Mechanism, ProofOptions, Secured};
use crate::status::{
    BitstringEntry, INVALID, Indexes, ListFormat, ListTerms, MINIMUM_ENTRIES, SUSPENDED, StatusList, StatusMessage,
    StatusPurpose, TokenEntry, TokenListTerms, TokenStatusList, VALID,
};
use crate::time::Timestamp;

/// How an issuer keeps and publishes its status lists.
#[derive(Debug, Clone, PartialEq)]
pub struct StatusPlan {
    /// The URL that the lists are published under, without a slash at its end.
    pub base: String,
    /// The format of the lists; a credential outside VC DM has its place in a Token Status List whatever stands here.
    pub format: ListFormat,
    /// How many credentials share one list before the next one is begun. A list has 131,072 entries at the least, so that one hides
    /// among the others, however few of them are given out.
    pub capacity: u64,
    /// How long a published list may be relied on.
    pub lifetime: Duration,
    /// How long a verifier keeps a list before it asks for a newer one.
    pub ttl: Option<Duration>,
    /// How a Bitstring Status List is signed: best as the credentials are (Bitstring Status List §3.6); none for Data Integrity over
    /// canonical RDF by whatever kind of key the issuer has.
    pub mechanism: Option<Mechanism>,
    /// What the values of [`StatusPurpose::Message`] mean, from 0 on: 2, 4, … 256 of them; none when that purpose is not used.
    pub messages: Vec<String>,
    /// URLs of what explains the messages.
    pub references: Vec<String>,
}

impl StatusPlan {
    /// Bitstring Status Lists under `base`: 131,072 credentials a list, signed for a week, kept by verifiers for five minutes.
    pub fn at(base: impl Into<String>) -> Self {
        Self {
            base: base.into(),
            format: ListFormat::Bitstring,
            capacity: MINIMUM_ENTRIES,
            lifetime: Duration::from_secs(7 * 24 * 3600),
            ttl: Some(Duration::from_secs(300)),
            mechanism: None,
            messages: Vec::new(),
            references: Vec::new(),
        }
    }

    /// The bits that the messages take; one when there are none.
    fn message_bits(&self) -> Result<u8> {
        match self.messages.len() {
            0 => Ok(1),
            count if (2..=256).contains(&count) && count.is_power_of_two() => Ok(count.trailing_zeros() as u8),
            count => {
                Err(WalletError::misused(format!("{count} messages do not go with a number of bits: name 2, 4, 8, … or 256")))
            }
        }
    }

    fn entries(&self) -> u64 {
        self.capacity.max(MINIMUM_ENTRIES)
    }

    /// The entry of a credential at `index` of the set `number`.
    fn entry(&self, purpose: &StatusPurpose, number: u64, index: u64) -> Result<BitstringEntry> {
        let entry = BitstringEntry::new(purpose.clone(), index, self.url(purpose.as_str(), number));
        if *purpose != StatusPurpose::Message {
            return Ok(entry);
        }
        let message = |(value, text): (usize, &String)| StatusMessage { value: value as u8, message: text.clone() };
        let messages = self.messages.iter().enumerate().map(message).collect();
        Ok(BitstringEntry { size: self.message_bits()?, messages, references: self.references.clone(), ..entry })
    }

    fn url(&self, list: &str, number: u64) -> String {
        format!("{}/{list}/{number}", self.base)
    }
}

/// A signed status list, and where it is to be published.
#[derive(Debug, Clone, PartialEq)]
pub struct SignedList {
    /// The URL that credentials name it by.
    pub url: String,
    /// The list.
    pub list: Secured,
}

/// The name of a Token Status List beside the purposes of the others.
const TOKEN: &str = "token";
/// Valid, revoked and suspended take two bits.
const TOKEN_BITS: u8 = 2;
const OPEN: &str = "status/open";

/// The places of one set that are taken.
#[derive(Serialize, Deserialize)]
struct Set {
    taken: String,
    message_bits: u8,
}

/// Where a credential stands in the status lists.
#[derive(Serialize, Deserialize)]
struct Place {
    set: u64,
    index: u64,
    format: ListFormat,
    purposes: Vec<String>,
}

/// A list as it is kept: its size in bits, and its bits as it encodes them.
#[derive(Serialize, Deserialize)]
struct Kept {
    bits: u8,
    list: String,
}

impl Issuer {
    /// Sets the status of the credential of that `id` to `value`, and returns the new signed list, to be published.
    ///
    /// 0 takes a suspension or a message back, 1 sets it; a message has as many values as the plan names. Fails with `Misused` when
    /// this issuer has given it no place for that purpose, the value is none of the list's, or a revocation or the offer to
    /// refresh would be taken back: they are for good (Bitstring Status List §2.1).
    pub async fn set_status(
        &mut self,
        credential: &str,
        purpose: &StatusPurpose,
        value: u8,
        now: &Timestamp,
    ) -> Result<SignedList> {
        let name = purpose.as_str();
        let place = self.place(credential).await?.filter(|place| place.purposes.iter().any(|kept| kept == name));
        let unknown = || WalletError::misused(format!("this issuer has given no credential of that id a place for {name}"));
        let place = place.ok_or_else(unknown)?;
        if place.format == ListFormat::Token {
            let mut list = self.kept_token_list(place.set).await?;
            let before = list.value(place.index).ok_or_else(damaged)?;
            list.set(place.index, status_type(before, purpose, value)?)?;
            self.keep(TOKEN, place.set, Kept { bits: list.bits(), list: list.encode() }).await?;
            return self.token_list(place.set, Mechanism::Jwt, now).await;
        }
        let mut list = self.kept_list(purpose, place.set).await?;
        let for_good = matches!(purpose, StatusPurpose::Revocation | StatusPurpose::Refresh);
        if for_good && value == 0 && list.value(place.index) != Some(0) {
            return Err(WalletError::misused(format!("{name} is for good: issue another credential")));
        }
        list.set(place.index, value)?;
        self.keep(name, place.set, Kept { bits: list.size(), list: list.encode() }).await?;
        self.status_list(purpose, place.set, now).await
    }

    /// How many lists there are for each purpose: they are numbered from 1 to this.
    pub async fn list_count(&self) -> Result<u64> {
        match self.storage.read(OPEN).await? {
            Some(bytes) => serde_json::from_slice(&bytes).map_err(|_| damaged()),
            None => Ok(1),
        }
    }

    /// The signed Bitstring Status List of that number as it is now, to be published at its URL and signed anew before
    /// [`StatusPlan::lifetime`] has passed.
    pub async fn status_list(&self, purpose: &StatusPurpose, number: u64, now: &Timestamp) -> Result<SignedList> {
        let url = self.list_url(purpose, number);
        let terms = ListTerms {
            url: url.clone(),
            issuer: self.did.clone(),
            purposes: vec![purpose.clone()],
            valid_from: now.clone(),
            valid_until: Some(now.plus_seconds(self.status.lifetime.as_secs() as i64)),
            ttl: self.status.ttl,
        };
        let body = self.kept_list(purpose, number).await?.to_credential(&terms);
        let kind = self.keystore.public_key(&self.key).await?.algorithm();
        let mechanism = self.status.mechanism.or(Mechanism::over_rdf(kind));
        let mechanism = mechanism.ok_or_else(|| WalletError::misused(format!("a {} key signs no lists", kind.curve())))?;
        Ok(SignedList { url, list: self.sign(body, mechanism, now).await? })
    }

    /// The signed Token Status List of that number as it is now, as a JWT or, with [`Mechanism::Cose`], a CWT.
    pub async fn token_list(&self, number: u64, mechanism: Mechanism, now: &Timestamp) -> Result<SignedList> {
        let url = self.status.url(TOKEN, number);
        let terms = TokenListTerms { uri: url.clone(), ttl: self.status.ttl, aggregation: None };
        let claims = self.kept_token_list(number).await?.to_claims(&terms);
        let options = ProofOptions {
            expires: Some(now.plus_seconds(self.status.lifetime.as_secs() as i64)),
            ..ProofOptions::new(mechanism, self.method.clone(), VerificationRelationship::AssertionMethod, now.clone())
        };
        Ok(SignedList { url, list: self.sign_with(claims, &options).await? })
    }

    /// The URL of the status list of that number for a purpose.
    pub fn list_url(&self, purpose: &StatusPurpose, number: u64) -> String {
        self.status.url(purpose.as_str(), number)
    }

    /// Gives `credential`, of that `id`, a place for each of `purposes`, and writes into it where.
    ///
    /// The place is taken before anything is signed: a kill in between wastes it and never gives it out twice.
    pub(super) async fn give_place(
        &mut self,
        (credential, id): (&mut Map<String, Value>, &str),
        mechanism: Mechanism,
        purposes: &[StatusPurpose],
        rng: &mut (dyn CryptoRng + Send),
    ) -> Result<()> {
        let format = if mechanism == Mechanism::SdJwtVc { ListFormat::Token } else { self.status.format };
        let in_claims = matches!(mechanism, Mechanism::Jwt | Mechanism::SdJwt | Mechanism::SdJwtVc);
        if format == ListFormat::Token && !in_claims {
            return Err(WalletError::misused(format!("a credential signed by {} has no claim for a status", mechanism.as_str())));
        }
        let tells = |purpose: &StatusPurpose| matches!(purpose, StatusPurpose::Revocation | StatusPurpose::Suspension);
        if format == ListFormat::Token && !purposes.iter().all(tells) {
            return Err(WalletError::misused("a Token Status List tells of revocation and suspension alone"));
        }
        let (set, index) = self.take_place(id, format, purposes, rng).await?;
        if format == ListFormat::Token {
            let entry = TokenEntry { index, list: self.status.url(TOKEN, set) };
            credential.insert("status".to_owned(), entry.to_claim());
            return Ok(());
        }
        let entry = |purpose| self.status.entry(purpose, set, index).map(|entry| Value::Object(entry.to_json()));
        let mut entries = purposes.iter().map(entry).collect::<Result<Vec<Value>>>()?;
        let status = if entries.len() == 1 { entries.remove(0) } else { Value::Array(entries) };
        credential.insert("credentialStatus".to_owned(), status);
        Ok(())
    }

    /// Takes a place that no other credential has, at random, so that places tell nothing of the order of issuing.
    async fn take_place(
        &mut self,
        id: &str,
        format: ListFormat,
        purposes: &[StatusPurpose],
        rng: &mut (dyn CryptoRng + Send),
    ) -> Result<(u64, u64)> {
        if self.place(id).await?.is_some() {
            // The place of the one before would be lost, and with it the means to revoke it.
            return Err(WalletError::misused("a credential of that id has been issued: give this one an id of its own"));
        }
        let (number, mut taken) = self.open_set().await?;
        let index = taken.draw(rng)?;
        let set = Set { taken: taken.encode(), message_bits: self.status.message_bits()? };
        let purposes = purposes.iter().map(|purpose| purpose.as_str().to_owned()).collect();
        let place = Place { set: number, index, format, purposes };
        let changes = vec![put(OPEN.to_owned(), &number), put(set_name(number), &set), put(place_name(id), &place)];
        self.storage.write(changes).await?;
        Ok((number, index))
    }

    /// The set that places are taken from, and those that are taken: the last one, or a new one when that is full or its messages
    /// take another number of bits.
    async fn open_set(&self) -> Result<(u64, Indexes)> {
        let number = self.list_count().await?;
        let Some(set) = self.set(number).await? else { return Ok((number, Indexes::new(self.status.entries())?)) };
        let taken = Indexes::decode(&set.taken).map_err(|_| damaged())?;
        if taken.taken() >= self.status.capacity || taken.free() == 0 || set.message_bits != self.status.message_bits()? {
            return Ok((number + 1, Indexes::new(self.status.entries())?));
        }
        Ok((number, taken))
    }

    async fn set(&self, number: u64) -> Result<Option<Set>> {
        let bytes = self.storage.read(&set_name(number)).await?;
        bytes.map(|bytes| serde_json::from_slice(&bytes).map_err(|_| damaged())).transpose()
    }

    async fn place(&self, credential: &str) -> Result<Option<Place>> {
        let bytes = self.storage.read(&place_name(credential)).await?;
        bytes.map(|bytes| serde_json::from_slice(&bytes).map_err(|_| damaged())).transpose()
    }

    async fn kept_list(&self, purpose: &StatusPurpose, number: u64) -> Result<StatusList> {
        if let Some(kept) = self.kept(purpose.as_str(), number).await? {
            return StatusList::decode(&kept.list, kept.bits).map_err(|_| damaged());
        }
        let (entries, message_bits) = self.shape(number).await?;
        StatusList::new(entries, if *purpose == StatusPurpose::Message { message_bits } else { 1 })
    }

    async fn kept_token_list(&self, number: u64) -> Result<TokenStatusList> {
        match self.kept(TOKEN, number).await? {
            Some(kept) => TokenStatusList::decode(&kept.list, kept.bits).map_err(|_| damaged()),
            None => TokenStatusList::new(self.shape(number).await?.0, TOKEN_BITS),
        }
    }

    /// How many entries the lists of a set have, and how many bits a message takes in them.
    async fn shape(&self, number: u64) -> Result<(u64, u8)> {
        match self.set(number).await? {
            Some(set) => {
                let taken = Indexes::decode(&set.taken).map_err(|_| damaged())?;
                Ok((taken.free() + taken.taken(), set.message_bits))
            }
            None if number == 1 => Ok((self.status.entries(), self.status.message_bits()?)),
            None => Err(WalletError::misused(format!("there is no status list of number {number}"))),
        }
    }

    async fn kept(&self, list: &str, number: u64) -> Result<Option<Kept>> {
        let bytes = self.storage.read(&list_name(list, number)).await?;
        bytes.map(|bytes| serde_json::from_slice(&bytes).map_err(|_| damaged())).transpose()
    }

    async fn keep(&self, list: &str, number: u64, kept: Kept) -> Result<()> {
        self.storage.write(vec![put(list_name(list, number), &kept)]).await
    }
}

/// The status type that a change leads to: what is revoked stays revoked (Token Status List §7.1).
fn status_type(before: u8, purpose: &StatusPurpose, value: u8) -> Result<u8> {
    match (purpose, value) {
        (StatusPurpose::Revocation, 1) => Ok(INVALID),
        (StatusPurpose::Revocation, 0) if before == INVALID => {
            Err(WalletError::misused("revocation is for good: issue another credential"))
        }
        (StatusPurpose::Suspension, 0 | 1) if before == INVALID => Ok(INVALID),
        (StatusPurpose::Suspension, 1) => Ok(SUSPENDED),
        (StatusPurpose::Suspension, 0) => Ok(VALID),
        (StatusPurpose::Revocation, 0) => Ok(before),
        _ => Err(WalletError::misused(format!("the value {value} does not fit in 1 bits"))),
    }
}

fn put(name: String, value: &impl Serialize) -> Change {
    Change::Put { name, bytes: serde_json::to_vec(value).expect("it is plain data") }
}

fn set_name(number: u64) -> String {
    format!("status/set/{number}")
}

fn list_name(list: &str, number: u64) -> String {
    format!("status/list/{list}/{number}")
}

/// Ids are outside text of any length; a digest makes a name of one length.
fn place_name(credential: &str) -> String {
    format!("status/place/{}", BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(credential)))
}

fn damaged() -> WalletError {
    WalletError::storage_failed("the status lists are damaged")
}
