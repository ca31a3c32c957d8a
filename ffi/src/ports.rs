//! The ports an app writes in its own language, and the adapters that make core ports of them.
//!
//! A port has an error of its own with the few things it can say. Whatever else its code throws arrives as that error too, so
//! that a fault in the app's code never unwinds through the library.

use std::sync::Arc;

use async_trait::async_trait;
use uniffi::UnexpectedUniFFICallbackError;
use wallet_core::error::{Result, WalletError};
use wallet_core::key::{self, KeyAlgorithm, KeyId};
use wallet_core::platform::SoftwareKeystore;
use wallet_core::ports::{self, Change, Keystore as _};
use wallet_core::seal::{Cost, Passphrase};

use crate::away::away;
use crate::key::PublicKey;

/// Private keys that never come out: the phone's secure hardware, or a software keystore.
#[uniffi::export(rust, foreign)]
#[async_trait]
pub trait Keystore: Send + Sync {
    /// Makes a key and returns its name and public half.
    ///
    /// Fails with `Unsupported` for an algorithm the hardware lacks; P-256 is the one every phone has.
    async fn create(&self, algorithm: KeyAlgorithm) -> Result<NewKey, KeystoreError>;

    /// The public half of a key; fails with `Unavailable` when there is none of this name.
    async fn public_key(&self, id: KeyId) -> Result<Arc<PublicKey>, KeystoreError>;

    /// Signs `message`, hashing as the key's algorithm does: 64 bytes, EdDSA or r‖s (96 for P-384), never DER.
    ///
    /// May wait for the owner's consent; fails with `Unavailable` when it is withheld.
    async fn sign(&self, id: KeyId, message: Vec<u8>) -> Result<Vec<u8>, KeystoreError>;

    /// Destroys a key; no error when there is none of this name.
    async fn delete(&self, id: KeyId) -> Result<(), KeystoreError>;
}

/// A key a keystore has just made.
#[derive(uniffi::Record)]
pub struct NewKey {
    /// The name the keystore gave it, which says nothing about the key.
    pub id: KeyId,
    /// Its public half.
    pub public_key: Arc<PublicKey>,
}

/// What a keystore can answer instead of doing what it was asked.
#[derive(Debug, thiserror::Error, uniffi::Error)]
pub enum KeystoreError {
    /// The hardware has no such algorithm.
    #[error("not supported: {reason}")]
    Unsupported {
        /// What it has.
        reason: String,
    },
    /// The key is locked, was deleted, or its owner did not consent.
    #[error("not available: {reason}")]
    Unavailable {
        /// Why.
        reason: String,
    },
}

/// Opaque bytes under names, kept across restarts; what it holds is sealed before it gets there.
#[uniffi::export(foreign)]
#[async_trait]
pub trait Storage: Send + Sync {
    /// The bytes under `name`, or none.
    async fn read(&self, name: String) -> Result<Option<Vec<u8>>, StorageError>;

    /// The bytes under `name`, or none, and removes them: of two calls at once, one gets them.
    async fn take(&self, name: String) -> Result<Option<Vec<u8>>, StorageError>;

    /// All names that begin with `prefix`, in the order of their UTF-8 bytes.
    async fn list(&self, prefix: String) -> Result<Vec<String>, StorageError>;

    /// Writes and deletes all of `changes` or, on error or a kill at any moment, none of them.
    async fn write(&self, changes: Vec<Change>) -> Result<(), StorageError>;
}

/// One change to a storage.
#[uniffi::remote(Enum)]
pub enum Change {
    /// Puts bytes under a name, over what was there.
    Put {
        /// The name.
        name: String,
        /// The bytes.
        bytes: Vec<u8>,
    },
    /// Removes a name and its bytes for good.
    Delete {
        /// The name.
        name: String,
    },
}

/// What a storage can answer instead of doing what it was asked.
#[derive(Debug, thiserror::Error, uniffi::Error)]
pub enum StorageError {
    /// The device's storage failed or is full.
    #[error("{reason}")]
    Failed {
        /// What the device said.
        reason: String,
    },
}

impl From<UnexpectedUniFFICallbackError> for KeystoreError {
    fn from(thrown: UnexpectedUniFFICallbackError) -> Self {
        Self::Unavailable { reason: thrown.reason }
    }
}

impl From<UnexpectedUniFFICallbackError> for StorageError {
    fn from(thrown: UnexpectedUniFFICallbackError) -> Self {
        Self::Failed { reason: thrown.reason }
    }
}

/// The app's keystore as a core port.
pub(crate) struct AppKeystore(pub(crate) Arc<dyn Keystore>);

#[async_trait]
impl ports::Keystore for AppKeystore {
    async fn create(&self, algorithm: KeyAlgorithm) -> Result<(KeyId, key::PublicKey)> {
        let new = self.0.create(algorithm).await.map_err(|e| keystore_fault("a new key", e))?;
        Ok((new.id, new.public_key.0.clone()))
    }

    async fn public_key(&self, id: &KeyId) -> Result<key::PublicKey> {
        let key = self.0.public_key(id.clone()).await.map_err(|e| keystore_fault(&id.0, e))?;
        Ok(key.0.clone())
    }

    async fn sign(&self, id: &KeyId, message: &[u8]) -> Result<Vec<u8>> {
        self.0.sign(id.clone(), message.to_vec()).await.map_err(|e| keystore_fault(&id.0, e))
    }

    async fn delete(&self, id: &KeyId) -> Result<()> {
        self.0.delete(id.clone()).await.map_err(|e| keystore_fault(&id.0, e))
    }
}

/// The app's storage as a core port.
pub(crate) struct AppStorage(pub(crate) Arc<dyn Storage>);

#[async_trait]
impl ports::Storage for AppStorage {
    async fn read(&self, name: &str) -> Result<Option<Vec<u8>>> {
        self.0.read(name.to_owned()).await.map_err(storage_fault)
    }

    async fn take(&self, name: &str) -> Result<Option<Vec<u8>>> {
        self.0.take(name.to_owned()).await.map_err(storage_fault)
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>> {
        self.0.list(prefix.to_owned()).await.map_err(storage_fault)
    }

    async fn write(&self, changes: Vec<Change>) -> Result<()> {
        self.0.write(changes).await.map_err(storage_fault)
    }
}

/// Makes a keystore in software with its passphrase, for Ed25519 and for devices without secure hardware.
///
/// Fails with `Misused` when the storage holds one already.
#[uniffi::export(async_runtime = "tokio")]
pub async fn create_software_keystore(storage: Arc<dyn Storage>, passphrase: String) -> Result<Arc<dyn Keystore>, WalletError> {
    let passphrase = Passphrase::new(passphrase)?;
    let made = away(async move { SoftwareKeystore::create(Arc::new(AppStorage(storage)), &passphrase, Cost::UNLOCK).await });
    Ok(Arc::new(CoreKeystore(made.await?)))
}

/// Opens the keystore in software that `create_software_keystore` made; `KeyUnavailable` when it is another passphrase.
#[uniffi::export(async_runtime = "tokio")]
pub async fn open_software_keystore(storage: Arc<dyn Storage>, passphrase: String) -> Result<Arc<dyn Keystore>, WalletError> {
    let passphrase = Passphrase::new(passphrase)?;
    let opened = away(async move { SoftwareKeystore::open(Arc::new(AppStorage(storage)), &passphrase).await });
    Ok(Arc::new(CoreKeystore(opened.await?)))
}

/// A keystore of the core's as the app sees one.
struct CoreKeystore(SoftwareKeystore);

#[async_trait]
impl Keystore for CoreKeystore {
    async fn create(&self, algorithm: KeyAlgorithm) -> Result<NewKey, KeystoreError> {
        let (id, key) = self.0.create(algorithm).await?;
        Ok(NewKey { id, public_key: Arc::new(PublicKey(key)) })
    }

    async fn public_key(&self, id: KeyId) -> Result<Arc<PublicKey>, KeystoreError> {
        Ok(Arc::new(PublicKey(self.0.public_key(&id).await?)))
    }

    async fn sign(&self, id: KeyId, message: Vec<u8>) -> Result<Vec<u8>, KeystoreError> {
        Ok(self.0.sign(&id, &message).await?)
    }

    async fn delete(&self, id: KeyId) -> Result<(), KeystoreError> {
        Ok(self.0.delete(&id).await?)
    }
}

impl From<WalletError> for KeystoreError {
    fn from(error: WalletError) -> Self {
        match error {
            WalletError::Unsupported { reason, .. } => Self::Unsupported { reason },
            WalletError::KeyUnavailable { reason, .. } => Self::Unavailable { reason },
            other => Self::Unavailable { reason: other.to_string() },
        }
    }
}

fn keystore_fault(key: &str, fault: KeystoreError) -> WalletError {
    match fault {
        KeystoreError::Unsupported { reason } => WalletError::unsupported("this key algorithm", reason),
        KeystoreError::Unavailable { reason } => WalletError::key_unavailable(key, reason),
    }
}

fn storage_fault(fault: StorageError) -> WalletError {
    let StorageError::Failed { reason } = fault;
    WalletError::storage_failed(reason)
}
