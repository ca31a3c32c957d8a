//! Places in the status lists, given out at random and never twice.
//!
//! Places are given out set by set: a set is one number under which there is one list for each purpose, all of one length, and
//! a credential has the same place in each. A full set is followed by the next one, so that no list grows.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use super::Issuer;
use crate::error::{Result, WalletError};
use crate::ports::Change;
use crate::securing::Mechanism;
use crate::status::{Indexes, ListFormat, StatusPurpose, TokenEntry};

/// The name of a Token Status List beside the purposes of the others.
pub(super) const TOKEN: &str = "token";
const OPEN: &str = "status/open";

/// The places of one set that are taken.
#[derive(Serialize, Deserialize)]
struct Set {
    taken: String,
    message_bits: u8,
}

/// In which lists a credential stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Listing {
    pub format: ListFormat,
    pub purposes: Vec<StatusPurpose>,
}

/// Where a credential stands in them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Spot {
    pub set: u64,
    pub index: u64,
}

/// A place as it is kept under the id of its credential.
#[derive(Serialize, Deserialize)]
pub(super) struct Place {
    #[serde(flatten)]
    pub spot: Spot,
    #[serde(flatten)]
    pub listing: Listing,
}

impl Issuer {
    /// How many lists there are for each purpose: they are numbered from 1 to this.
    pub async fn list_count(&self) -> Result<u64> {
        match self.storage.read(OPEN).await? {
            Some(bytes) => serde_json::from_slice(&bytes).map_err(|_| damaged()),
            None => Ok(1),
        }
    }

    /// The lists that a credential signed by `mechanism` stands in for `purposes`.
    pub(super) fn listing(&self, mechanism: Mechanism, purposes: &[StatusPurpose]) -> Result<Listing> {
        let format = if mechanism == Mechanism::SdJwtVc { ListFormat::Token } else { self.status.format };
        let in_claims = matches!(mechanism, Mechanism::Jwt | Mechanism::SdJwt | Mechanism::SdJwtVc);
        if format == ListFormat::Token && !in_claims {
            return Err(WalletError::misused(format!("a credential signed by {} has no claim for a status", mechanism.as_str())));
        }
        let tells = |purpose: &StatusPurpose| matches!(purpose, StatusPurpose::Revocation | StatusPurpose::Suspension);
        if format == ListFormat::Token && !purposes.iter().all(tells) {
            return Err(WalletError::misused("a Token Status List tells of revocation and suspension alone"));
        }
        Ok(Listing { format, purposes: purposes.to_vec() })
    }

    /// Fails when a credential of that `id` has a place: it would be lost, and with it the means to revoke that credential.
    pub(super) async fn refuse_issued(&self, id: &str) -> Result<()> {
        match self.place(id).await? {
            None => Ok(()),
            Some(_) => Err(WalletError::misused("a credential of that id has been issued: give this one an id of its own")),
        }
    }

    /// Takes a place for each of `ids`, at random, so that places tell nothing of the order of issuing; returns the places, and the
    /// changes by which they are taken once they are written, all of them in one write.
    pub(super) async fn take_places(
        &self,
        ids: &[String],
        listing: &Listing,
        rng: &mut (dyn CryptoRng + Send),
    ) -> Result<(Vec<Spot>, Vec<Change>)> {
        let (mut set, mut taken) = self.open_set().await?;
        let (mut spots, mut changes) = (Vec::with_capacity(ids.len()), Vec::with_capacity(ids.len() + 2));
        for id in ids {
            if self.is_full(&taken) {
                changes.push(put(set_name(set), &self.kept_set(&taken)?));
                (set, taken) = (set + 1, Indexes::new(self.status.entries())?);
            }
            let spot = Spot { set, index: taken.draw(rng)? };
            changes.push(put(place_name(id), &Place { spot, listing: listing.clone() }));
            spots.push(spot);
        }
        changes.push(put(set_name(set), &self.kept_set(&taken)?));
        changes.push(put(OPEN.to_owned(), &set));
        Ok((spots, changes))
    }

    /// Writes into `credential` where it stands.
    pub(super) fn write_place(
        &self,
        credential: &mut Map<String, Value>,
        listing: &Listing,
        Spot { set, index }: Spot,
    ) -> Result<()> {
        if listing.format == ListFormat::Token {
            let entry = TokenEntry { index, list: self.status.url(TOKEN, set) };
            credential.insert("status".to_owned(), entry.to_claim());
            return Ok(());
        }
        let entry = |purpose| self.status.entry(purpose, set, index).map(|entry| Value::Object(entry.to_json()));
        let mut entries = listing.purposes.iter().map(entry).collect::<Result<Vec<Value>>>()?;
        let status = if entries.len() == 1 { entries.remove(0) } else { Value::Array(entries) };
        credential.insert("credentialStatus".to_owned(), status);
        Ok(())
    }

    /// Where the credential of that `id` stands, if it has a place.
    pub(super) async fn place(&self, credential: &str) -> Result<Option<Place>> {
        let bytes = self.storage.read(&place_name(credential)).await?;
        bytes.map(|bytes| serde_json::from_slice(&bytes).map_err(|_| damaged())).transpose()
    }

    /// How many entries the lists of a set have, and how many bits a message takes in them.
    pub(super) async fn shape(&self, number: u64) -> Result<(u64, u8)> {
        match self.set(number).await? {
            Some(set) => {
                let taken = Indexes::decode(&set.taken).map_err(|_| damaged())?;
                Ok((taken.free() + taken.taken(), set.message_bits))
            }
            None if number == 1 => Ok((self.status.entries(), self.status.message_bits()?)),
            None => Err(WalletError::misused(format!("there is no status list of number {number}"))),
        }
    }

    /// The set that places are taken from, and those that are taken: the last one, or a new one when its messages take another number
    /// of bits.
    async fn open_set(&self) -> Result<(u64, Indexes)> {
        let number = self.list_count().await?;
        let Some(set) = self.set(number).await? else { return Ok((number, Indexes::new(self.status.entries())?)) };
        if set.message_bits != self.status.message_bits()? {
            return Ok((number + 1, Indexes::new(self.status.entries())?));
        }
        Ok((number, Indexes::decode(&set.taken).map_err(|_| damaged())?))
    }

    fn is_full(&self, taken: &Indexes) -> bool {
        taken.taken() >= self.status.capacity || taken.free() == 0
    }

    fn kept_set(&self, taken: &Indexes) -> Result<Set> {
        Ok(Set { taken: taken.encode(), message_bits: self.status.message_bits()? })
    }

    async fn set(&self, number: u64) -> Result<Option<Set>> {
        let bytes = self.storage.read(&set_name(number)).await?;
        bytes.map(|bytes| serde_json::from_slice(&bytes).map_err(|_| damaged())).transpose()
    }
}

pub(super) fn put(name: String, value: &impl Serialize) -> Change {
    Change::Put { name, bytes: serde_json::to_vec(value).expect("it is plain data") }
}

fn set_name(number: u64) -> String {
    format!("status/set/{number}")
}

/// Ids are outside text of any length; a digest makes a name of one length.
fn place_name(credential: &str) -> String {
    format!("status/place/{}", BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(credential)))
}

pub(super) fn damaged() -> WalletError {
    WalletError::storage_failed("the status lists are damaged")
}
