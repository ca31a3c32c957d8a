//! The wallet door as a thin object.

use std::sync::Arc;

use tokio::sync::Mutex;
use wallet_core::did::Did;
use wallet_core::error::{Result, WalletError};
use wallet_core::key::{KeyAlgorithm, KeyId};
use wallet_core::language::Language;
use wallet_core::platform::system_rng;
use wallet_core::presentation::Request;
use wallet_core::qr::{Budget, TypeTable};
use wallet_core::seal::{Cost, Passphrase, SealingKey};
use wallet_core::securing::Secured;
use wallet_core::securing::linked_data::Contexts;
use wallet_core::store::{Display, Format, HeldCredential, Protection, RecordId, StoreKey};
use wallet_core::time::Timestamp;
use wallet_core::wallet::{self, Forgetting};

use crate::away::away;
use crate::ports::{AppKeystore, AppStorage, Keystore, Storage};
use crate::qr::{QrSymbol, Showing};

/// A credential as it was received, and what the wallet has to know beside it.
#[uniffi::remote(Record)]
pub struct HeldCredential {
    /// How it is secured.
    pub format: Format,
    /// The text as it was received, to the byte: a signature is over it. Binary forms stand in base64url.
    pub text: String,
    /// The disclosures that came with it, as received, for a form that keeps them apart (SD-JWT, RFC 9901).
    pub disclosures: Vec<String>,
    /// The holder's key it is bound to; none for a bearer credential.
    pub key: Option<KeyId>,
    /// When it was received.
    pub received: Timestamp,
    /// From whom: the DID or origin that handed it over.
    pub from: String,
    /// What a list of credentials shows of it.
    pub display: Display,
}

/// How a credential is secured, by its media type.
#[uniffi::remote(Enum)]
pub enum Format {
    /// JSON with an embedded proof (VC Data Integrity).
    DataIntegrity,
    /// A compact JWT (VC-JOSE-COSE §3.1).
    Jwt,
    /// An SD-JWT over a VC DM 2.0 credential (VC-JOSE-COSE §3.2).
    SdJwt,
    /// An SD-JWT VC.
    SdJwtVc,
    /// COSE (VC-JOSE-COSE §3.3), in base64url.
    Cose,
}

/// What a list of credentials shows of one, in the language it was received in.
#[uniffi::remote(Record)]
pub struct Display {
    /// What it is.
    pub title: String,
    /// Who says so.
    pub issuer: String,
    /// Its types, without `VerifiableCredential`.
    pub types: Vec<String>,
    /// When it stops being valid, if ever.
    pub valid_until: Option<Timestamp>,
}

/// What guards a private key.
#[uniffi::remote(Enum)]
pub enum Protection {
    /// A software keystore: the key can be taken into a backup.
    Software,
    /// The device's hardware: the key ends with the device.
    Hardware,
}

/// How much is forgotten with a credential.
#[uniffi::remote(Enum)]
pub enum Forgetting {
    /// The credential; that it was received, shown and forgotten is remembered.
    Credential,
    /// The credential and every trace of it.
    CredentialAndHistory,
}

/// A credential in the wallet, under the name of its record.
#[derive(uniffi::Record)]
pub struct KeptCredential {
    /// The name of its record.
    pub id: RecordId,
    /// The credential.
    pub credential: HeldCredential,
}

/// What a holder keeps and shows: credentials under a seal, keys in a keystore, and the history of both.
#[derive(uniffi::Object)]
pub struct Wallet(Mutex<wallet::Wallet>);

#[uniffi::export(async_runtime = "tokio")]
impl Wallet {
    /// Opens the wallet in `storage` with a passphrase, or makes an empty one.
    ///
    /// Fails with `KeyUnavailable` when it is another passphrase, and `StorageFailed` when something was altered, removed or
    /// rolled back.
    #[uniffi::constructor]
    pub async fn open(storage: Arc<dyn Storage>, keystore: Arc<dyn Keystore>, passphrase: String) -> Result<Self, WalletError> {
        let key = StoreKey::Passphrase(Passphrase::new(passphrase)?);
        away(async move { open(storage, keystore, key).await }).await
    }

    /// Opens the wallet in `storage` with 32 secret bytes that the device's secure hardware keeps, or makes an empty one.
    ///
    /// Fails as `open` does, and with `Misused` when the key has another length.
    #[uniffi::constructor]
    pub async fn open_with_device_key(
        storage: Arc<dyn Storage>,
        keystore: Arc<dyn Keystore>,
        key: Vec<u8>,
    ) -> Result<Self, WalletError> {
        let key = StoreKey::Device(SealingKey::from_bytes(&key)?);
        away(async move { open(storage, keystore, key).await }).await
    }

    /// Makes a key and the did:key that credentials will be issued to; one for each issuer keeps them from being linked.
    pub async fn new_holder(
        self: Arc<Self>,
        algorithm: KeyAlgorithm,
        protection: Protection,
        now: Timestamp,
    ) -> Result<Did, WalletError> {
        away(async move { self.0.lock().await.new_holder(algorithm, protection, &mut system_rng(), &now).await }).await
    }

    /// Keeps a credential that `from` handed over, as it was received to the byte; judge it first.
    ///
    /// Fails with `Misused` when it is a presentation, or is kept already.
    pub async fn keep(
        self: Arc<Self>,
        credential: Secured,
        from: String,
        language: Language,
        now: Timestamp,
    ) -> Result<RecordId, WalletError> {
        away(async move { self.0.lock().await.keep(&credential, &from, language, &mut system_rng(), &now).await }).await
    }

    /// The credentials, the oldest first.
    pub async fn credentials(self: Arc<Self>) -> Result<Vec<KeptCredential>, WalletError> {
        let held = away(async move { self.0.lock().await.credentials().await }).await?;
        Ok(held.into_iter().map(|(id, credential)| KeptCredential { id, credential }).collect())
    }

    /// The whole credential as one QR code, and a note in the history; nothing is noted when it is too long for `budget`.
    pub async fn show(self: Arc<Self>, id: RecordId, budget: Budget, now: Timestamp) -> Result<Showing, WalletError> {
        let shown = away(async move {
            let (table, contexts) = (TypeTable::empty(), Contexts::bundled());
            self.0.lock().await.show(&id, &table, &contexts, budget, &mut system_rng(), &now).await
        });
        Ok(shown.await?.map_or_else(Showing::from, |symbol| Showing::Fits(Arc::new(QrSymbol(symbol)))))
    }

    /// Signs the presentation of the chosen credentials, which the holder has agreed to share, and notes it in the history.
    ///
    /// Fails with `Misused` when the credentials are of different identifiers or none of the holder's, `Refused` when the request
    /// has expired, `KeyUnavailable` when the holder does not consent to signing.
    pub async fn present(
        self: Arc<Self>,
        request: Request,
        chosen: Vec<RecordId>,
        now: Timestamp,
    ) -> Result<Secured, WalletError> {
        away(async move {
            let contexts = Contexts::bundled();
            self.0.lock().await.present(&request, &chosen, &contexts, &mut system_rng(), &now).await
        })
        .await
    }

    /// Removes a credential for good, its bytes included, and with `CredentialAndHistory` every trace of it.
    pub async fn forget(self: Arc<Self>, id: RecordId, history: Forgetting, now: Timestamp) -> Result<(), WalletError> {
        away(async move { self.0.lock().await.forget(&id, history, &mut system_rng(), &now).await }).await
    }
}

async fn open(storage: Arc<dyn Storage>, keystore: Arc<dyn Keystore>, key: StoreKey) -> Result<Wallet> {
    let (storage, keystore) = (Arc::new(AppStorage(storage)), Arc::new(AppKeystore(keystore)));
    let opened = wallet::Wallet::open(storage, keystore, &key, Cost::UNLOCK, &mut system_rng()).await?;
    Ok(Wallet(Mutex::new(opened)))
}
