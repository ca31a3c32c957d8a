//! The wallet door: keeping credentials, showing them, presenting them, and carrying them to a new phone.

pub mod answering;
mod moving;
mod presenting;
pub mod receiving;

pub use presenting::Part;

use std::sync::Arc;

use rand_core::CryptoRng;
use serde_json::Value;

use crate::credential::{Credential, ModelVersion};
use crate::did::{self, Did};
use crate::error::{Result, WalletError};
use crate::json::JsonPointer;
use crate::key::KeyAlgorithm;
use crate::language::Language;
use crate::ports::{Keystore, Storage};
use crate::qr::{self, Budget, OverBudget, Symbol, TypeTable};
use crate::seal::Cost;
use crate::securing::linked_data::Contexts;
use crate::securing::sd_jwt::SdJwt;
use crate::securing::sd_jwt::type_metadata::TypeMetadata;
use crate::securing::{Kind as SecuredKind, Mechanism, Secured};
use crate::store::{
    Channel, Display, Edit, Event, Format, HEADER, HeldCredential, INDEX, KeyReference, Kind, Occurrence, Protection, RECORDS,
    Record, RecordId, Shown, StoreKey, Trace, Vault,
};
use crate::time::Timestamp;

/// What a holder keeps and shows: credentials under a seal, keys in a keystore, and the history of both.
pub struct Wallet {
    storage: Arc<dyn Storage>,
    keystore: Arc<dyn Keystore>,
    vault: Vault,
}

impl Wallet {
    /// Opens the wallet in `storage`, or makes an empty one.
    ///
    /// `cost` is that of guessing the passphrase of a new one. Fails with `KeyUnavailable` when `key` does not open it, and
    /// `StorageFailed` when something in it was altered, removed or rolled back.
    pub async fn open(
        storage: Arc<dyn Storage>,
        keystore: Arc<dyn Keystore>,
        key: &StoreKey,
        cost: Cost,
        rng: &mut (dyn CryptoRng + Send),
    ) -> Result<Self> {
        let vault = match storage.read(HEADER).await? {
            Some(header) => Vault::open(key, &header, storage.read(INDEX).await?.as_deref(), 0)?,
            None => {
                let (vault, changes) = Vault::create(key, cost, rng)?;
                storage.write(changes).await?;
                vault
            }
        };
        vault.check(&storage.list(RECORDS).await?)?;
        Ok(Self { storage, keystore, vault })
    }

    /// Makes a key and the did:key that credentials will be issued to; one for each issuer keeps them from being linked.
    pub async fn new_holder(
        &mut self,
        algorithm: KeyAlgorithm,
        protection: Protection,
        rng: &mut (dyn CryptoRng + Send),
        now: &Timestamp,
    ) -> Result<Did> {
        let (id, public) = self.keystore.create(algorithm).await?;
        let did = did::key::from_public_key(&public);
        let reference = KeyReference { id, public, did: did.clone(), created: now.clone(), protection };
        self.change(rng, |edit, rng| edit.add(&Record::Key(reference), rng)).await?;
        Ok(did)
    }

    /// Keeps a credential that `from` handed over, as it was received to the byte; judge it first.
    ///
    /// Fails with `Misused` when it is a presentation, an SD-JWT that somebody has presented, or is kept already.
    pub async fn keep(
        &mut self,
        secured: &Secured,
        from: &str,
        language: Language,
        rng: &mut (dyn CryptoRng + Send),
        now: &Timestamp,
    ) -> Result<RecordId> {
        // Whoever hands over an SD-JWT+KB is its holder, and not its issuer (RFC 9901 §7.2).
        if secured.kind() != SecuredKind::Credential || secured.sd_jwt().is_some_and(SdJwt::is_bound) {
            return Err(WalletError::misused("a wallet keeps credentials; this is a presentation"));
        }
        let credential = secured.credential().map_err(|faults| WalletError::malformed("credential", &faults[0]))?;
        if self.credentials().await?.iter().any(|(_, held)| held.text == secured.text()) {
            return Err(WalletError::misused("this credential is kept already"));
        }
        let key = holder_key(&self.key_references().await?, secured).map(|reference| reference.id.clone());
        let display = display(&credential, language);
        let (text, disclosures, from) = (secured.text().to_owned(), Vec::new(), from.to_owned());
        let held = HeldCredential { format: format(secured), text, disclosures, key, received: now.clone(), from, display };
        self.change(rng, |edit, rng| receive(edit, held, rng)).await
    }

    /// The credentials, the oldest first.
    pub async fn credentials(&self) -> Result<Vec<(RecordId, HeldCredential)>> {
        let mut held = Vec::new();
        for (id, record) in self.records(Kind::Credential).await? {
            if let Record::Credential(credential) = record {
                held.push((id, credential));
            }
        }
        held.sort_by(|(_, a), (_, b)| a.received.cmp(&b.received));
        Ok(held)
    }

    /// One credential; `Misused` when there is none of that name.
    pub async fn credential(&self, id: &RecordId) -> Result<HeldCredential> {
        match self.record(id).await? {
            Record::Credential(held) => Ok(held),
            _ => Err(WalletError::misused("no such credential is kept")),
        }
    }

    /// What was received, shown, to whom and when, the oldest first.
    pub async fn history(&self) -> Result<Vec<Event>> {
        let mut events: Vec<Event> = self.events().await?.into_iter().map(|(_, event)| event).collect();
        events.sort_by(|a, b| a.when.cmp(&b.when));
        Ok(events)
    }

    /// The whole credential as one QR symbol, and a note in the history; nothing is noted when it is too long for `budget`.
    pub async fn show(
        &mut self,
        id: &RecordId,
        table: &TypeTable,
        contexts: &Contexts,
        budget: Budget,
        rng: &mut (dyn CryptoRng + Send),
        now: &Timestamp,
    ) -> Result<std::result::Result<Symbol, OverBudget>> {
        let held = self.credential(id).await?;
        if held.format != Format::DataIntegrity {
            return Err(WalletError::unsupported("a token as a QR code", "ask the issuer for it with a Data Integrity proof"));
        }
        let shown = shown_whole(Secured::read(&held.text)?, contexts, rng)?;
        let Value::Object(credential) = crate::json::read("credential", shown.text())? else {
            return Err(WalletError::malformed("credential", "it is not an object"));
        };
        let symbol = match qr::fit(&credential, table, contexts, budget)? {
            Ok(symbol) => symbol,
            Err(over) => return Ok(Err(over)),
        };
        let items = vec![Shown { credential: *id, title: held.display.title, claims: Vec::new() }];
        self.note(Occurrence::Shown { items, to: None, by: Channel::Qr }, rng, now).await?;
        Ok(Ok(symbol))
    }

    /// Gives a kept SD-JWT VC the name that its type's metadata has in `language`; nothing changes when it has none.
    pub async fn describe(
        &mut self,
        id: &RecordId,
        metadata: &TypeMetadata,
        language: Language,
        rng: &mut (dyn CryptoRng + Send),
    ) -> Result<()> {
        let mut held = self.credential(id).await?;
        let Some(name) = metadata.name(language.tag()).filter(|_| held.display.types.first() == Some(&metadata.vct)) else {
            return Ok(());
        };
        held.display.title = name.to_owned();
        self.change(rng, |edit, rng| edit.replace(id, &Record::Credential(held), rng)).await
    }

    /// Removes a credential for good, its bytes included; `erase` removes what the history says of it too.
    pub async fn forget(
        &mut self,
        id: &RecordId,
        history: Forgetting,
        rng: &mut (dyn CryptoRng + Send),
        now: &Timestamp,
    ) -> Result<()> {
        let title = self.credential(id).await?.display.title;
        let events = self.events().await?;
        self.change(rng, |edit, rng| match history {
            Forgetting::Credential => {
                edit.forget(id, Trace::Keep, rng)?;
                edit.add(&event(now, Occurrence::Forgotten { credential: *id, title }), rng).map(|_| ())
            }
            Forgetting::CredentialAndHistory => edit.forget(id, Trace::Erase(&events), rng),
        })
        .await
    }

    /// Where the holder's keys are.
    pub async fn key_references(&self) -> Result<Vec<KeyReference>> {
        let keep = |(_, record)| if let Record::Key(reference) = record { Some(reference) } else { None };
        Ok(self.records(Kind::Key).await?.into_iter().filter_map(keep).collect())
    }

    async fn note(&mut self, what: Occurrence, rng: &mut (dyn CryptoRng + Send), now: &Timestamp) -> Result<()> {
        self.change(rng, |edit, rng| edit.add(&event(now, what), rng).map(|_| ())).await
    }

    /// Makes a change and writes it, whole or not at all.
    async fn change<T>(
        &mut self,
        rng: &mut (dyn CryptoRng + Send),
        make: impl FnOnce(&mut Edit<'_>, &mut (dyn CryptoRng + Send)) -> Result<T>,
    ) -> Result<T> {
        self.settle().await?;
        let mut edit = self.vault.edit()?;
        let made = make(&mut edit, rng)?;
        let pending = edit.finish(rng);
        self.storage.write(pending.changes().to_vec()).await?;
        self.vault.commit(pending)?;
        Ok(made)
    }

    /// After a write that failed or was dropped halfway, only the storage knows how it ended.
    async fn settle(&mut self) -> Result<()> {
        if !self.vault.is_settled() {
            self.vault.refresh(self.storage.read(INDEX).await?.as_deref())?;
        }
        Ok(())
    }

    async fn record(&self, id: &RecordId) -> Result<Record> {
        self.vault.read(id, self.storage.read(&id.name()).await?.as_deref())
    }

    async fn records(&self, kind: Kind) -> Result<Vec<(RecordId, Record)>> {
        let mut records = Vec::new();
        for id in self.vault.ids(kind) {
            records.push((id, self.record(&id).await?));
        }
        Ok(records)
    }

    async fn all(&self) -> Result<Vec<(RecordId, Record)>> {
        let mut all = Vec::new();
        for kind in [Kind::Credential, Kind::Event, Kind::Key, Kind::Context] {
            all.extend(self.records(kind).await?);
        }
        Ok(all)
    }

    async fn events(&self) -> Result<Vec<(RecordId, Event)>> {
        let keep = |(id, record)| if let Record::Event(event) = record { Some((id, event)) } else { None };
        Ok(self.records(Kind::Event).await?.into_iter().filter_map(keep).collect())
    }
}

/// How much is forgotten with a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Forgetting {
    /// The credential; that it was received, shown and forgotten is remembered.
    Credential,
    /// The credential and every trace of it.
    CredentialAndHistory,
}

/// Of the holder's keys the one that the issuer has named, or that the credential is about.
fn holder_key<'a>(references: &'a [KeyReference], secured: &Secured) -> Option<&'a KeyReference> {
    if let Some(key) = secured.holder_key() {
        return references.iter().find(|reference| reference.public == key);
    }
    let credential = secured.credential().ok()?;
    let subjects = credential.subject_ids();
    references.iter().find(|reference| subjects.contains(&reference.did.as_str()))
}

/// The credential as a verifier takes it: with a proof derived from the one that is for its holder only, where there is one.
fn shown_whole(secured: Secured, contexts: &Contexts, rng: &mut dyn CryptoRng) -> Result<Secured> {
    if secured.is_for_holder_only() { secured.disclose(&[JsonPointer::default()], contexts, rng) } else { Ok(secured) }
}

/// Adds a credential, and that it was received.
fn receive(edit: &mut Edit<'_>, held: HeldCredential, rng: &mut (dyn CryptoRng + Send)) -> Result<RecordId> {
    let (title, from, now) = (held.display.title.clone(), held.from.clone(), held.received.clone());
    let credential = edit.add(&Record::Credential(held), rng)?;
    edit.add(&event(&now, Occurrence::Received { credential, title, from }), rng)?;
    Ok(credential)
}

/// How a credential is secured, as the store names it.
fn format(secured: &Secured) -> Format {
    match secured.proofs()[0].mechanism {
        Mechanism::Jwt => Format::Jwt,
        Mechanism::Cose => Format::Cose,
        Mechanism::SdJwt => Format::SdJwt,
        Mechanism::SdJwtVc => Format::SdJwtVc,
        _ => Format::DataIntegrity,
    }
}

fn event(now: &Timestamp, what: Occurrence) -> Record {
    Record::Event(Event { when: now.clone(), what })
}

/// What a list of credentials shows of one.
fn display(credential: &Credential, language: Language) -> Display {
    let types: Vec<String> =
        (credential.types().into_iter()).filter(|&kind| kind != "VerifiableCredential").map(str::to_owned).collect();
    // An SD-JWT VC names its type first, and more general ones after it.
    let kind = if credential.version() == ModelVersion::SdJwtVc { types.first() } else { types.last() };
    let title = credential.name(language).map(str::to_owned).or_else(|| kind.cloned());
    Display {
        title: title.unwrap_or_else(|| "VerifiableCredential".to_owned()),
        issuer: credential.issuer_name(language).unwrap_or(credential.issuer()).to_owned(),
        types,
        valid_until: credential.valid_until().cloned(),
    }
}
