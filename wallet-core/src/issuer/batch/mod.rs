//! A whole graduation at once: rows signed chunk by chunk, one Merkle root for all of them, then handed out.
//!
//! A chunk is written in one write: its credentials, their places in the status lists, and the leaves of the tree. So a kill at any
//! moment leaves whole chunks and nothing else, and the batch goes on from there when it is asked for again.

mod cores;
mod journal;

use std::collections::{BTreeMap, HashSet};

use rand_core::CryptoRng;
use serde_json::{Map, Value};

use self::cores::on_each;
use self::journal::{Chunk, Head, Journal, Stage, damaged};
use super::lists::Statuses;
use super::places::put;
use super::{Id, Issuer, SignedList, SigningTerms};
use crate::error::{Result, WalletError};
use crate::ports::Change;
use crate::registry::{B256, MerkleTree, anchor};
use crate::securing::{Mechanism, Secured, Unsigned, prepare};
use crate::status::StatusPurpose;
use crate::time::Timestamp;

/// How many rows are signed in one write: what is in memory at a time.
const CHUNK: usize = 512;

/// How a batch is issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchPlan {
    /// Its name among the issuer's batches: 1 to 64 letters, digits, `-`, `_` and `.`.
    pub name: String,
    /// How its credentials are signed.
    pub mechanism: Mechanism,
    /// What each has a place in the status lists for; one at the least.
    pub purposes: Vec<StatusPurpose>,
}

/// A batch that was begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    journal: Journal,
    head: Head,
    chunks: usize,
}

/// The rows of a batch, one credential each, not signed yet.
pub type Rows<'a> = dyn Iterator<Item = Result<Map<String, Value>>> + Send + 'a;

impl Batch {
    /// When it was begun: the time that its credentials are signed at, however often it was taken up again.
    pub fn begun(&self) -> &Timestamp {
        &self.head.begun
    }

    /// Whether every row is signed.
    pub fn is_signed(&self) -> bool {
        self.head.stage >= Stage::Signed
    }

    /// Whether every credential is handed out.
    pub fn is_closed(&self) -> bool {
        self.head.stage == Stage::Closed
    }
}

impl Issuer {
    /// Begins the batch of that name, or takes it up again where it was left.
    ///
    /// Fails with `Misused` when a batch of that name is issued in another way, no purpose is named, or the mechanism has no place
    /// for a status.
    pub async fn batch(&self, plan: &BatchPlan, rng: &mut (dyn CryptoRng + Send), now: &Timestamp) -> Result<Batch> {
        let journal = Journal::of(&plan.name)?;
        if plan.purposes.is_empty() {
            return Err(WalletError::misused("a batch can be revoked: name a purpose"));
        }
        let listing = self.listing(plan.mechanism, &plan.purposes)?;
        let head = match journal.head(&*self.storage).await? {
            Some(head) if head.mechanism != plan.mechanism || head.listing != listing => {
                return Err(WalletError::misused("a batch of that name is issued in another way: give this one another name"));
            }
            Some(head) => head,
            None => {
                let mut secret = [0; 32];
                rng.fill_bytes(&mut secret);
                let head = Head::new(plan.mechanism, listing, secret, now.clone());
                self.storage.write(vec![put(journal.head_name(), &head)]).await?;
                head
            }
        };
        let chunks = journal.chunks(&*self.storage).await?;
        Ok(Batch { journal, head, chunks })
    }

    /// Signs the rows that are not signed yet, each with a place in the status lists; `progress` is told how many are after each
    /// chunk. A row without an `id` is given a random one.
    ///
    /// The calling thread works along with all cores: it is not free for others between two chunks. Fails with `Misused` when a row
    /// that was signed before a kill is not the same any more, and as [`Issuer::issue`] does for a row, whose number it says; what was
    /// signed before stays, and nothing of its chunk does.
    pub async fn sign_batch(
        &mut self,
        batch: &mut Batch,
        rows: &mut Rows<'_>,
        rng: &mut (dyn CryptoRng + Send),
        progress: &mut (dyn FnMut(u64) + Send),
    ) -> Result<()> {
        if batch.is_signed() {
            return Ok(());
        }
        let mut done = 0;
        for number in 0.. {
            let kept = if number < batch.chunks { batch.journal.chunk(&*self.storage, number).await? } else { None };
            let size = kept.as_ref().map_or(CHUNK, |kept| kept.leaves.len());
            let chunk = (&mut *rows).take(size).collect::<Result<Vec<_>>>()?;
            match kept {
                None if chunk.is_empty() => break,
                None => self.sign_chunk(batch, (done, &chunk), rng).await?,
                Some(kept) if kept.rows == journal::digest(&chunk) => {}
                Some(_) => {
                    let (first, last) = (done + 1, done + size as u64);
                    return Err(WalletError::misused(format!("of rows {first} to {last} one is not what was signed of it")));
                }
            }
            done += chunk.len() as u64;
            progress(done);
        }
        if done == 0 {
            return Err(WalletError::misused("there is no row to be signed"));
        }
        self.enter(batch, Stage::Signed, Vec::new()).await
    }

    /// How many rows of the batch are signed.
    pub async fn batch_size(&self, batch: &Batch) -> Result<u64> {
        let mut size = 0;
        for number in 0..batch.chunks {
            size += batch.journal.chunk(&*self.storage, number).await?.ok_or_else(damaged)?.leaves.len() as u64;
        }
        Ok(size)
    }

    /// The Merkle root over every credential of the batch, to be [anchored](super::Registrar::anchor); fails with `Misused` while not
    /// every row is signed.
    pub async fn batch_root(&self, batch: &Batch) -> Result<B256> {
        Ok(self.tree(batch).await?.root())
    }

    /// Hands out every credential, chunk by chunk: `deliver` takes the number of the first, from zero, and the credentials, each with
    /// its [inclusion](Secured::inclusion), which stands inside it unless it is a token.
    ///
    /// After a kill all of them come again, the same to the letter, until the batch is closed; then there are none.
    pub async fn hand_out(&self, batch: &Batch, deliver: &mut (dyn FnMut(u64, Vec<Secured>) -> Result<()> + Send)) -> Result<()> {
        let tree = self.tree(batch).await?;
        let mut first = 0;
        for number in 0..batch.chunks {
            let texts = batch.journal.signed(&*self.storage, number).await?;
            let count = texts.len();
            let credentials = on_each(texts, |place, text| {
                let row = first + place;
                let inclusion = tree.inclusion(row, batch.head.salt(row as u64)).ok_or_else(damaged)?;
                let secured = Secured::read(&text)?;
                match batch.head.mechanism.is_embedded() {
                    true => secured.with_inclusion(&inclusion),
                    false => Ok(secured.with_inclusion_beside(inclusion)),
                }
            })?;
            if count > 0 {
                deliver(first as u64, credentials)?;
            }
            first += count;
        }
        Ok(())
    }

    /// Ends the batch once its credentials are safe elsewhere: the issuer keeps none of them, only what it takes to revoke them.
    ///
    /// Fails with `Misused` while not every row is signed.
    pub async fn close_batch(&mut self, batch: &mut Batch) -> Result<()> {
        if !batch.is_signed() {
            return Err(not_signed());
        }
        let gone = (0..batch.chunks).map(|number| Change::Delete { name: batch.journal.signed_name(number) });
        self.enter(batch, Stage::Closed, gone.collect()).await
    }

    /// Sets the status of every credential of a batch to `value`, and returns each list that changed, signed once.
    ///
    /// Fails as [`Issuer::set_status`] does; what is signed after this is not covered.
    pub async fn set_batch_status(
        &mut self,
        name: &str,
        purpose: &StatusPurpose,
        value: u8,
        now: &Timestamp,
    ) -> Result<Vec<SignedList>> {
        let journal = Journal::of(name)?;
        let head = journal.head(&*self.storage).await?.filter(|head| head.listing.purposes.contains(purpose));
        let head =
            head.ok_or_else(|| WalletError::misused(format!("there is no batch of that name with places for {purpose}")))?;
        let mut sets: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
        for number in 0..journal.chunks(&*self.storage).await? {
            let chunk = journal.chunk(&*self.storage, number).await?.ok_or_else(damaged)?;
            chunk.spots.iter().for_each(|spot| sets.entry(spot.set).or_default().push(spot.index));
        }
        let change = Statuses { format: head.listing.format, purpose, value };
        let mut lists = Vec::with_capacity(sets.len());
        for (set, indexes) in sets {
            lists.push(self.set_statuses(&change, set, &indexes, now).await?);
        }
        Ok(lists)
    }

    /// Signs the rows that follow the first `done`, and writes them with their places.
    async fn sign_chunk(
        &self,
        batch: &mut Batch,
        (done, rows): (u64, &[Map<String, Value>]),
        rng: &mut (dyn CryptoRng + Send),
    ) -> Result<()> {
        let (head, terms) = (&batch.head, SigningTerms::of(batch.head.mechanism));
        let row = |place: usize| done + place as u64;
        let (mut credentials, mut ids, mut given) = (rows.to_vec(), Vec::with_capacity(rows.len()), HashSet::new());
        for (place, credential) in credentials.iter_mut().enumerate() {
            let identified = self.identify(credential, &terms, rng).map_err(|error| of_row(row(place), error))?;
            let Id { id, given: is_given } = identified;
            if is_given {
                self.refuse_issued(&id).await.map_err(|error| of_row(row(place), error))?;
                if !given.insert(id.clone()) {
                    return Err(of_row(row(place), WalletError::misused("its id is that of another row")));
                }
            }
            ids.push(id);
        }
        let (spots, mut changes) = self.take_places(&ids, &head.listing, rng).await?;
        for (credential, spot) in credentials.iter_mut().zip(&spots) {
            self.write_place(credential, &head.listing, *spot)?;
        }
        let (texts, leaves): (Vec<String>, Vec<B256>) = self.sign_all(head, done, credentials).await?.into_iter().unzip();
        let chunk = Chunk { rows: journal::digest(rows), leaves, spots };
        changes.push(put(batch.journal.chunk_name(batch.chunks), &chunk));
        changes.push(put(batch.journal.signed_name(batch.chunks), &texts));
        self.storage.write(changes).await?;
        batch.chunks += 1;
        Ok(())
    }

    /// Signs credentials as they stand, on every core where the key allows it; returns the text and the leaf of each.
    async fn sign_all(&self, head: &Head, done: u64, credentials: Vec<Map<String, Value>>) -> Result<Vec<(String, B256)>> {
        let (public, options) = (self.keystore.public_key(&self.key).await?, self.options(head.mechanism, &head.begun));
        let prepared = |place: usize, credential| {
            prepare(credential, &options, &public, &self.contexts).map_err(|error| of_row(done + place as u64, error))
        };
        let finished = |place: usize, (unsigned, signature): (Unsigned, Vec<u8>)| {
            let leaf = anchor::leaf(&head.salt(done + place as u64), &anchor::digest(unsigned.message(), &signature));
            Ok((unsigned.finish(&signature)?.text().to_owned(), leaf))
        };
        if let Some(key) = self.keystore.at_hand(&self.key).await? {
            return on_each(credentials, |place, credential| {
                let unsigned = prepared(place, credential)?;
                let signature = key.sign(unsigned.message());
                finished(place, (unsigned, signature))
            });
        }
        let mut signed = Vec::with_capacity(credentials.len());
        for unsigned in on_each(credentials, prepared)? {
            let signature = self.keystore.sign(&self.key, unsigned.message()).await?;
            signed.push((unsigned, signature));
        }
        on_each(signed, finished)
    }

    async fn tree(&self, batch: &Batch) -> Result<MerkleTree> {
        if !batch.is_signed() {
            return Err(not_signed());
        }
        let mut leaves = Vec::with_capacity(batch.chunks * CHUNK);
        for number in 0..batch.chunks {
            leaves.extend(batch.journal.chunk(&*self.storage, number).await?.ok_or_else(damaged)?.leaves);
        }
        MerkleTree::new(leaves)
    }

    async fn enter(&self, batch: &mut Batch, stage: Stage, mut changes: Vec<Change>) -> Result<()> {
        let head = batch.head.clone().at(stage);
        changes.push(put(batch.journal.head_name(), &head));
        self.storage.write(changes).await?;
        batch.head = head;
        Ok(())
    }
}

fn not_signed() -> WalletError {
    WalletError::misused("not every row of the batch is signed")
}

/// What is wrong with a row, with the number a person counts it by.
fn of_row(row: u64, error: WalletError) -> WalletError {
    match error {
        WalletError::Misused { reason } => WalletError::misused(format!("row {}: {reason}", row + 1)),
        other => other,
    }
}
