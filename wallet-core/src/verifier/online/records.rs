//! Where sessions are kept: each record opens with the identifier that whoever may read it has, and which is nowhere in the storage.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use rand_core::CryptoRng;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

use crate::error::{Result, WalletError};
use crate::ports::{Change, Storage};
use crate::seal::SealingKey;
use crate::time::Timestamp;

/// The two kinds of records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A session, for the wallet that answers.
    Session,
    /// What came of it, for the page that asked.
    Outcome,
}

impl Kind {
    pub(super) const ALL: [Self; 2] = [Self::Session, Self::Outcome];

    pub(super) fn prefix(self) -> &'static str {
        match self {
            Self::Session => "presentation/session/",
            Self::Outcome => "presentation/outcome/",
        }
    }
}

/// The change that keeps `record` under `id` until it is swept away after `expires`.
pub(super) fn put(
    (kind, id): (Kind, &str),
    record: &impl Serialize,
    expires: &Timestamp,
    rng: &mut dyn CryptoRng,
) -> Result<Change> {
    let name = name(kind, id);
    let plain = serde_json::to_vec(record).map_err(WalletError::storage_failed)?;
    let mut bytes = expires.unix().to_be_bytes().to_vec();
    let bound = [name.as_bytes(), &bytes].concat();
    bytes.extend(key(id).seal(&bound, &plain, rng));
    Ok(Change::Put { name, bytes })
}

/// The record under `id`, unless it is over by `now`.
pub(super) async fn read<T: DeserializeOwned>(
    storage: &dyn Storage,
    (kind, id): (Kind, &str),
    now: &Timestamp,
) -> Result<Option<T>> {
    match storage.read(&name(kind, id)).await? {
        Some(bytes) if !is_over(&bytes, now) => open(&bytes, (kind, id)).map(Some),
        _ => Ok(None),
    }
}

/// Removes the record under `id`; of two calls at once, one is told that it was there.
pub(super) async fn take(storage: &dyn Storage, (kind, id): (Kind, &str)) -> Result<bool> {
    Ok(storage.take(&name(kind, id)).await?.is_some())
}

/// Deletes all records that are over by `now`, and says how many.
pub(super) async fn sweep(storage: &dyn Storage, now: &Timestamp) -> Result<usize> {
    let mut over = Vec::new();
    for kind in Kind::ALL {
        for name in storage.list(kind.prefix()).await? {
            if storage.read(&name).await?.is_some_and(|bytes| is_over(&bytes, now)) {
                over.push(Change::Delete { name });
            }
        }
    }
    let count = over.len();
    storage.write(over).await?;
    Ok(count)
}

fn is_over(bytes: &[u8], now: &Timestamp) -> bool {
    bytes.first_chunk::<8>().is_none_or(|expires| i64::from_be_bytes(*expires) < now.unix())
}

fn open<T: DeserializeOwned>(bytes: &[u8], (kind, id): (Kind, &str)) -> Result<T> {
    let (expires, sealed) = bytes.split_at_checked(8).ok_or_else(|| WalletError::storage_failed("a record is cut short"))?;
    let bound = [name(kind, id).as_bytes(), expires].concat();
    let plain = key(id).open(&bound, sealed).map_err(WalletError::storage_failed)?;
    serde_json::from_slice(&plain).map_err(WalletError::storage_failed)
}

/// A digest, from which nobody learns the identifier.
fn name(kind: Kind, id: &str) -> String {
    format!("{}{}", kind.prefix(), BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(id)))
}

/// The identifier is random, so a hash of it is as good a key as it has bits.
fn key(id: &str) -> SealingKey {
    let hash = Sha256::new().chain_update("cedula presentation record").chain_update(id).finalize();
    SealingKey::from_bytes(&hash).expect("SHA-256 gives 32 bytes")
}
