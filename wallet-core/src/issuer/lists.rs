//! The issuer's status lists: statuses set, lists signed to be published.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Issuer;
use super::places::{TOKEN, damaged, put};
use crate::did::VerificationRelationship;
use crate::error::{Result, WalletError};
use crate::securing::{Mechanism, ProofOptions, Secured};
use crate::status::{
    BitstringEntry, INVALID, ListFormat, ListTerms, MINIMUM_ENTRIES, SUSPENDED, StatusList, StatusMessage, StatusPurpose,
    TokenListTerms, TokenStatusList, VALID,
};
use crate::time::Timestamp;
use crate::x509::CertificateChain;

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
    /// The certificates of an issuer that also goes by one, or by a web address: with them in its header a Token Status List is good
    /// for credentials under any of its names.
    pub certificates: Option<CertificateChain>,
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
            certificates: None,
        }
    }

    /// The bits that the messages take; one when there are none.
    pub(super) fn message_bits(&self) -> Result<u8> {
        match self.messages.len() {
            0 => Ok(1),
            count if (2..=256).contains(&count) && count.is_power_of_two() => Ok(count.trailing_zeros() as u8),
            count => {
                Err(WalletError::misused(format!("{count} messages do not go with a number of bits: name 2, 4, 8, … or 256")))
            }
        }
    }

    pub(super) fn entries(&self) -> u64 {
        self.capacity.max(MINIMUM_ENTRIES)
    }

    /// The entry of a credential at `index` of the set `number`.
    pub(super) fn entry(&self, purpose: &StatusPurpose, number: u64, index: u64) -> Result<BitstringEntry> {
        let entry = BitstringEntry::new(purpose.clone(), index, self.url(purpose.as_str(), number));
        if *purpose != StatusPurpose::Message {
            return Ok(entry);
        }
        let message = |(value, text): (usize, &String)| StatusMessage { value: value as u8, message: text.clone() };
        let messages = self.messages.iter().enumerate().map(message).collect();
        Ok(BitstringEntry { size: self.message_bits()?, messages, references: self.references.clone(), ..entry })
    }

    pub(super) fn url(&self, list: &str, number: u64) -> String {
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

/// Valid, revoked and suspended take two bits.
const TOKEN_BITS: u8 = 2;

/// A list as it is kept: its size in bits, and its bits as it encodes them.
#[derive(Serialize, Deserialize)]
struct Kept {
    bits: u8,
    list: String,
}

/// What is set: the value of a purpose, in lists of a format.
pub(super) struct Statuses<'a> {
    pub format: ListFormat,
    pub purpose: &'a StatusPurpose,
    pub value: u8,
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
        let place = self.place(credential).await?.filter(|place| place.listing.purposes.contains(purpose));
        let unknown = || WalletError::misused(format!("this issuer has given no credential of that id a place for {purpose}"));
        let place = place.ok_or_else(unknown)?;
        let change = Statuses { format: place.listing.format, purpose, value };
        self.set_statuses(&change, place.spot.set, &[place.spot.index], now).await
    }

    /// Sets the status at each of `indexes` in the list of that number, in one write, and returns the list, signed once.
    pub(super) async fn set_statuses(
        &mut self,
        change: &Statuses<'_>,
        number: u64,
        indexes: &[u64],
        now: &Timestamp,
    ) -> Result<SignedList> {
        let Statuses { format, purpose, value } = *change;
        if format == ListFormat::Token {
            let mut list = self.kept_token_list(number).await?;
            for index in indexes {
                let before = list.value(*index).ok_or_else(damaged)?;
                list.set(*index, status_type(before, purpose, value)?)?;
            }
            self.keep(TOKEN, number, Kept { bits: list.bits(), list: list.encode() }).await?;
            return self.token_list(number, Mechanism::Jwt, now).await;
        }
        let mut list = self.kept_list(purpose, number).await?;
        let for_good = matches!(purpose, StatusPurpose::Revocation | StatusPurpose::Refresh);
        for index in indexes {
            if for_good && value == 0 && list.value(*index) != Some(0) {
                return Err(WalletError::misused(format!("{purpose} is for good: issue another credential")));
            }
            list.set(*index, value)?;
        }
        self.keep(purpose.as_str(), number, Kept { bits: list.size(), list: list.encode() }).await?;
        self.status_list(purpose, number, now).await
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
            certificates: self.status.certificates.clone(),
            ..ProofOptions::new(mechanism, self.method.clone(), VerificationRelationship::AssertionMethod, now.clone())
        };
        Ok(SignedList { url, list: self.sign_with(claims, &options).await? })
    }

    /// The URL of the status list of that number for a purpose.
    pub fn list_url(&self, purpose: &StatusPurpose, number: u64) -> String {
        self.status.url(purpose.as_str(), number)
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

fn list_name(list: &str, number: u64) -> String {
    format!("status/list/{list}/{number}")
}
