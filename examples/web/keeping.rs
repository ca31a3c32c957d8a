//! What a service keeps between two starts, in its folder.

use std::fs;
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::Arc;
use wallet_core::error::{Result, WalletError};
use wallet_core::platform::{SoftwareKeystore, SqliteStorage};
use wallet_core::seal::{Cost, Passphrase};

/// Where a passphrase is looked for.
pub struct PassphraseFrom<'a> {
    /// A file whose first line it is.
    pub file: Option<&'a Path>,
    /// Whether a fixed one will do.
    pub test: bool,
}

impl PassphraseFrom<'_> {
    /// The passphrase.
    pub fn read(&self) -> Result<Passphrase> {
        if let Some(file) = self.file {
            return Passphrase::new(read(file)?.lines().next().unwrap_or_default());
        }
        let known = std::env::var("CEDULA_PASSPHRASE").ok().or_else(|| self.test.then(|| "for tests only".to_owned()));
        let missing = || WalletError::misused("a passphrase is needed: CEDULA_PASSPHRASE or --passphrase-file");
        Passphrase::new(known.ok_or_else(missing)?)
    }
}

/// The keys of an earlier start, or a new keystore.
pub async fn keystore(folder: &Path, passphrase: &Passphrase) -> Result<SoftwareKeystore> {
    let storage = Arc::new(SqliteStorage::open(folder.join("keys.sqlite")).await?);
    if SoftwareKeystore::exists(&*storage).await? {
        return SoftwareKeystore::open(storage, passphrase).await;
    }
    SoftwareKeystore::create(storage, passphrase, Cost::UNLOCK).await
}

/// The names of the keys in the keystore, written down when they are made.
pub async fn key_names<N: Serialize + DeserializeOwned>(folder: &Path, make: impl AsyncFnOnce() -> Result<N>) -> Result<N> {
    let file = folder.join("identities.json");
    if let Ok(text) = fs::read_to_string(&file) {
        return serde_json::from_str(&text).map_err(WalletError::storage_failed);
    }
    let names = make().await?;
    let text = serde_json::to_string_pretty(&names).map_err(WalletError::storage_failed)?;
    fs::write(file, text).map_err(WalletError::storage_failed)?;
    Ok(names)
}

/// The text of a file that the command line named.
pub fn read(file: &Path) -> Result<String> {
    fs::read_to_string(file).map_err(|error| WalletError::misused(format!("{}: {error}", file.display())))
}
