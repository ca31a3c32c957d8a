//! The issuers of a folder: their keys, their place on the chain, their status lists, and the table of their QR codes.

use serde::{Deserialize, Serialize};
use wallet_core::credential::profiles::{IDENTITY_CONTEXT, OPEN_BADGES_CONTEXT, VACCINATION_CONTEXT};
use wallet_core::credential::{CONTEXT_V2, CredentialTerms};
use wallet_core::did::{Did, DidUrl, VerificationRelationship};
use wallet_core::error::WalletError;
use wallet_core::issuer::{Issuer, SignedList, StatusPlan, Written};
use wallet_core::key::{KeyAlgorithm, KeyId, PublicKey};
use wallet_core::ports::Keystore;
use wallet_core::qr::TypeTable;
use wallet_core::registry::{DidWrite, account};
use wallet_core::securing::linked_data::Contexts;
use wallet_core::status::StatusPurpose;
use wallet_core::time::Timestamp;

use crate::failure::{Failure, Result};
use crate::home::Home;
use crate::publishing;
use crate::registry::Registry;
use crate::words::words;

/// What a folder keeps of one issuer, beside its keys.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Record {
    /// The name people know it by.
    pub display_name: String,
    /// Its identity.
    pub did: Did,
    /// The verification method that it signs with now.
    pub method: DidUrl,
    /// The key behind it.
    pub key: KeyId,
    /// The key that owns the identity on the chain.
    pub owner: KeyId,
    /// The key that the identity is being handed over to, until it is known whether the chain took it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_owner: Option<KeyId>,
    /// Where its status lists are published.
    pub status_base: String,
}

/// What an issuer is made with.
pub struct NewIssuer<'a> {
    /// Its short name in the folder.
    pub name: &'a str,
    /// The name people know it by.
    pub display_name: &'a str,
    /// Where its status lists are published.
    pub status_base: &'a str,
    /// The key that owns it; none for a new one.
    pub owner: Option<KeyId>,
}

/// The lists every issuer keeps.
pub const PURPOSES: [StatusPurpose; 2] = [StatusPurpose::Revocation, StatusPurpose::Suspension];
/// How long a signing key is valid, in seconds: ten years.
const KEY_LIFETIME: u64 = 3650 * 24 * 3600;
/// The number of the first table of a folder; lower ones belong to registered programmes.
const FIRST_TABLE: u64 = 1000;

/// The names of the folder's issuers.
pub fn names(home: &Home) -> Result<Vec<String>> {
    home.names("issuers", ".json")
}

/// What the folder keeps of the issuer `name`.
pub fn record(home: &Home, name: &str) -> Result<Record> {
    if !names(home)?.iter().any(|known| known == name) {
        return Err(Failure::usage(words!(
            home.language(),
            "there is no issuer {name} here: make it with cedula did new {name}",
            "no hay un emisor {name} aquí: créelo con cedula did new {name}",
            "não há um emissor {name} aqui: crie-o com cedula did new {name}",
        )));
    }
    home.read_json(&file(name))
}

/// The DID that `name` stands for: that of an issuer of the folder, or one written out.
pub fn did(home: &Home, name: &str) -> Result<Did> {
    if name.starts_with("did:") { Ok(name.parse()?) } else { Ok(record(home, name)?.did) }
}

/// Reports a key stolen on the registry, and withdraws it for readers who do not know such reports.
pub async fn report_stolen(registry: &Registry, record: &Record, key: &PublicKey) -> Result<Written> {
    let registrar = registry.registrar();
    registrar.change_did(&record.did, &record.owner, &DidWrite::report_stolen(key)?).await?;
    let revoke = DidWrite::revoke_key(key, VerificationRelationship::AssertionMethod)?;
    Ok(registrar.change_did(&record.did, &record.owner, &revoke).await?)
}

/// Keeps what changed of the issuer `name`, and the table of QR codes that goes with it.
pub fn keep(home: &Home, name: &str, record: &Record) -> Result<()> {
    home.write_json(&file(name), record)?;
    renew_table(home)
}

/// Makes an issuer, publishes its signing key on the chain, and its empty status lists beside.
pub async fn create(home: &Home, registry: &Registry, new: &NewIssuer<'_>, now: &Timestamp) -> Result<Record> {
    let plain = !new.name.is_empty() && new.name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if !plain || names(home)?.iter().any(|known| known == new.name) {
        return Err(Failure::usage(words!(
            home.language(),
            "an issuer's name is new and made of small letters, digits and -",
            "el nombre de un emisor es nuevo y lleva minúsculas, cifras y -",
            "o nome de um emissor é novo e leva minúsculas, algarismos e -",
        )));
    }
    let owner = match &new.owner {
        Some(owner) => owner.clone(),
        None => Keystore::create(&*registry.keystore, KeyAlgorithm::Secp256k1).await?.0,
    };
    let did = registry.registrar().did(&owner).await?;
    let (key, method) = publish_key(registry, &did, &owner, KEY_LIFETIME, now).await?;
    let (display_name, status_base) = (new.display_name.to_owned(), new.status_base.trim_end_matches('/').to_owned());
    let record = Record { display_name, did, method, key, owner, next_owner: None, status_base };
    keep(home, new.name, &record)?;
    publish_lists(home, &open(home, registry, new.name).await?, now).await?;
    Ok(record)
}

/// Hands the identity over to a new owner key.
///
/// The new key is noted before the chain is written to, so that a kill in between loses no owner: [`settle`] finds out.
pub async fn rotate(home: &Home, registry: &Registry, name: &str) -> Result<Written> {
    let mut record = record(home, name)?;
    let (next, public) = Keystore::create(&*registry.keystore, KeyAlgorithm::Secp256k1).await?;
    record.next_owner = Some(next);
    keep(home, name, &record)?;
    let write = DidWrite::ChangeOwner { owner: account::address(&public)? };
    let written = registry.registrar().change_did(&record.did, &record.owner, &write).await;
    settle(home, registry, name).await?;
    Ok(written?)
}

/// The issuer `name`, after asking the chain who owns it when a handing over was left halfway.
pub async fn settle(home: &Home, registry: &Registry, name: &str) -> Result<Record> {
    let mut record = record(home, name)?;
    if let Some(next) = record.next_owner.take() {
        let public = registry.keystore.public_key(&next).await?;
        if registry.owner(&record.did).await? == account::address(&public)? {
            record.owner = next;
        }
        keep(home, name, &record)?;
    }
    Ok(record)
}

/// Makes a signing key and publishes it on the chain; returns it with the verification method it became.
pub async fn publish_key(
    registry: &Registry,
    did: &Did,
    owner: &KeyId,
    seconds: u64,
    now: &Timestamp,
) -> Result<(KeyId, DidUrl)> {
    let (key, public) = Keystore::create(&*registry.keystore, KeyAlgorithm::Ed25519).await?;
    let write = DidWrite::add_key(&public, VerificationRelationship::AssertionMethod, seconds)?;
    registry.registrar().change_did(did, owner, &write).await?;
    let document = registry.resolve(did, now).await?.document;
    let method =
        document.methods_for(VerificationRelationship::AssertionMethod).find(|method| method.key.as_ref() == Some(&public));
    let method = method.ok_or_else(|| WalletError::refused("the registry", "the key does not stand in the DID document"))?;
    Ok((key, method.id.clone()))
}

/// The issuer `name`, ready to sign.
pub async fn open(home: &Home, registry: &Registry, name: &str) -> Result<Issuer> {
    let record = record(home, name)?;
    Ok(Issuer {
        did: record.did,
        method: record.method,
        key: record.key,
        keystore: registry.keystore.clone(),
        storage: home.storage(&format!("issuers/{name}.sqlite")).await?,
        // A folder's own verifier reads what the folder publishes: it asks each time.
        status: StatusPlan { ttl: None, ..StatusPlan::at(record.status_base) },
        contexts: Contexts::bundled(),
    })
}

/// What every credential of an issuer begins with.
pub fn terms(record: &Record, now: &Timestamp) -> CredentialTerms {
    CredentialTerms {
        issuer_name: Some(record.display_name.clone()),
        valid_from: Some(now.clone()),
        ..CredentialTerms::by(record.did.clone())
    }
}

/// Signs the status lists of `issuer` anew and puts them where they are published.
pub async fn publish_lists(home: &Home, issuer: &Issuer, now: &Timestamp) -> Result<()> {
    for signed in signed_lists(issuer, now).await? {
        publishing::publish(home, &signed.url, signed.list.text())?;
    }
    Ok(())
}

/// All status lists of an issuer, signed anew.
pub async fn signed_lists(issuer: &Issuer, now: &Timestamp) -> Result<Vec<SignedList>> {
    let mut lists = Vec::new();
    for number in 1..=issuer.list_count().await? {
        for purpose in &PURPOSES {
            lists.push(issuer.status_list(purpose, number, now).await?);
        }
    }
    Ok(lists)
}

/// Writes a new table when the issuers' names for things are not all in the newest one: a published table never changes.
fn renew_table(home: &Home) -> Result<()> {
    let (mut urls, mut texts) = (Vec::new(), Vec::new());
    for name in names(home)? {
        let record = record(home, &name)?;
        urls.extend([record.did.to_string(), record.method.to_string()]);
        texts.push(record.display_name);
        urls.extend(PURPOSES.iter().map(|purpose| format!("{}/{purpose}/1", record.status_base)));
    }
    let urls: Vec<&str> = urls.iter().map(String::as_str).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let contexts = [CONTEXT_V2, IDENTITY_CONTEXT, OPEN_BADGES_CONTEXT, VACCINATION_CONTEXT];
    let newest = home.newest_table()?;
    let same = TypeTable::programme(newest.entry_id().max(FIRST_TABLE), &contexts, &urls, &texts)?;
    if same == newest {
        return Ok(());
    }
    let number = newest.entry_id().max(FIRST_TABLE - 1) + 1;
    let table = TypeTable::programme(number, &contexts, &urls, &texts)?;
    home.write_json(&format!("tables/{number}.json"), &table.to_json())
}

fn file(name: &str) -> String {
    format!("issuers/{name}.json")
}
