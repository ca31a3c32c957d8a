//! What is kept of a batch: a head, and for each chunk what was signed of it.
//!
//! ```text
//! batch/NAME                   how it is issued, and how far it has come
//! batch/NAME/chunk/00000012    the leaves and places of one chunk, for good
//! batch/NAME/signed/00000012   its credentials, until they are handed out
//! ```

use std::fmt;

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use hkdf::Hkdf;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use crate::error::{Result, WalletError};
use crate::issuer::places::{Listing, Spot};
use crate::ports::Storage;
use crate::registry::B256;
use crate::registry::anchor::SALT_LENGTH;
use crate::securing::Mechanism;
use crate::time::Timestamp;

/// How a batch is issued, and how far it has come.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Head {
    pub version: u8,
    pub begun: Timestamp,
    pub mechanism: Mechanism,
    pub listing: Listing,
    /// What the salts are drawn from.
    secret: String,
    pub stage: Stage,
}

/// How far a batch has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Stage {
    /// Not every row is signed.
    Signing,
    /// Every row is signed.
    Signed,
    /// Every credential is handed out, and none is kept.
    Closed,
}

/// What is kept of a chunk for good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Chunk {
    /// The digest of its rows as they came.
    pub rows: String,
    /// The leaf of each.
    pub leaves: Vec<B256>,
    /// The place of each in the status lists.
    pub spots: Vec<Spot>,
}

const VERSION: u8 = 1;

impl Head {
    pub fn new(mechanism: Mechanism, listing: Listing, secret: [u8; 32], begun: Timestamp) -> Self {
        let secret = BASE64_URL_SAFE_NO_PAD.encode(secret);
        Self { version: VERSION, begun, mechanism, listing, secret, stage: Stage::Signing }
    }

    /// The head of the same batch at another stage.
    pub fn at(self, stage: Stage) -> Self {
        Self { stage, ..self }
    }

    /// The salt of the row of that number, from zero.
    pub fn salt(&self, row: u64) -> [u8; SALT_LENGTH] {
        let mut salt = [0; SALT_LENGTH];
        let row = row.to_be_bytes();
        Hkdf::<Sha256>::new(None, self.secret.as_bytes()).expand(&row, &mut salt).expect("a salt is shorter than a hash");
        salt
    }
}

impl fmt::Debug for Head {
    /// Leaves out the secret, from which every salt follows.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Head").field("begun", &self.begun).field("stage", &self.stage).finish_non_exhaustive()
    }
}

/// The records of one batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Journal {
    prefix: String,
}

impl Journal {
    /// The records of the batch of that name: 1 to 64 letters, digits, `-`, `_` and `.`.
    pub fn of(name: &str) -> Result<Self> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        if !(1..=64).contains(&name.len()) || !name.bytes().all(plain) {
            return Err(WalletError::misused("a batch's name is 1 to 64 letters, digits, -, _ and ."));
        }
        Ok(Self { prefix: format!("batch/{name}") })
    }

    pub fn head_name(&self) -> String {
        self.prefix.clone()
    }

    pub fn chunk_name(&self, chunk: usize) -> String {
        format!("{}/chunk/{chunk:08}", self.prefix)
    }

    pub fn signed_name(&self, chunk: usize) -> String {
        format!("{}/signed/{chunk:08}", self.prefix)
    }

    pub async fn head(&self, storage: &dyn Storage) -> Result<Option<Head>> {
        let Some(head) = read::<Head>(storage, &self.prefix).await? else { return Ok(None) };
        match head.version {
            VERSION => Ok(Some(head)),
            _ => Err(WalletError::unsupported("this batch", "it was begun by a newer version")),
        }
    }

    pub async fn chunk(&self, storage: &dyn Storage, chunk: usize) -> Result<Option<Chunk>> {
        read(storage, &self.chunk_name(chunk)).await
    }

    /// The texts of the credentials of a chunk, and none of them once they are handed out.
    pub async fn signed(&self, storage: &dyn Storage, chunk: usize) -> Result<Vec<String>> {
        Ok(read(storage, &self.signed_name(chunk)).await?.unwrap_or_default())
    }

    /// How many chunks are signed.
    pub async fn chunks(&self, storage: &dyn Storage) -> Result<usize> {
        Ok(storage.list(&format!("{}/chunk/", self.prefix)).await?.len())
    }
}

/// The digest of rows as they came: what is signed is what was there when a batch is taken up again.
pub(super) fn digest(rows: &[Map<String, Value>]) -> String {
    let mut hash = Sha256::new();
    for row in rows {
        let text = serde_json::to_vec(row).expect("it is JSON");
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text);
    }
    BASE64_URL_SAFE_NO_PAD.encode(hash.finalize())
}

async fn read<T: for<'de> Deserialize<'de>>(storage: &dyn Storage, name: &str) -> Result<Option<T>> {
    let bytes = storage.read(name).await?;
    bytes.map(|bytes| serde_json::from_slice(&bytes).map_err(|_| damaged())).transpose()
}

pub(super) fn damaged() -> WalletError {
    WalletError::storage_failed("the records of the batch are damaged")
}
