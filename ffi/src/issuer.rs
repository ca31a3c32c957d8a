//! The issuer door as a thin object.

use std::sync::Arc;

use tokio::sync::Mutex;
use wallet_core::did::{Did, DidUrl};
use wallet_core::error::{Result, WalletError};
use wallet_core::issuer;
use wallet_core::key::KeyId;
use wallet_core::platform::system_rng;
use wallet_core::securing::linked_data::Contexts;
use wallet_core::securing::{Mechanism, Secured};
use wallet_core::status::StatusPurpose;
use wallet_core::time::Timestamp;

use crate::away::away;
use crate::crossing::JsonObject;
use crate::ports::{AppKeystore, AppStorage, Keystore, Storage};

/// How a credential or presentation is signed.
#[uniffi::remote(Enum)]
pub enum Mechanism {
    /// Data Integrity over canonical RDF, Ed25519 (VC Data Integrity EdDSA Cryptosuites 1.0 §3.2).
    EddsaRdfc2022,
    /// Data Integrity over canonical JSON, Ed25519 (VC Data Integrity EdDSA Cryptosuites 1.0 §3.3).
    EddsaJcs2022,
    /// Data Integrity over canonical RDF, P-256 or P-384 (VC Data Integrity ECDSA Cryptosuites 1.0 §3.2).
    EcdsaRdfc2019,
    /// Data Integrity over canonical JSON, P-256 or P-384 (VC Data Integrity ECDSA Cryptosuites 1.0 §3.3).
    EcdsaJcs2019,
    /// Data Integrity with selective disclosure, P-256 (VC Data Integrity ECDSA Cryptosuites 1.0 §3.5).
    EcdsaSd2023,
    /// Data Integrity with unlinkable selective disclosure, BLS12-381 (Data Integrity BBS Cryptosuites 1.0). Experimental.
    Bbs2023,
    /// Linked Data Signature of VC DM 1.1, Ed25519: read, never written.
    Ed25519Signature2020,
    /// Linked Data Signature of VC DM 1.1 as a detached JWS: read, never written.
    JsonWebSignature2020,
    /// A signed JWT, `vc+jwt` or `vp+jwt` (VC-JOSE-COSE §3.1); the form of VC DM 1.1 is read, never written.
    Jwt,
    /// A COSE_Sign1, `vc+cose` or `vp+cose` (VC-JOSE-COSE §3.3).
    Cose,
    /// An SD-JWT over a VC DM 2.0 document, `vc+sd-jwt` or `vp+sd-jwt` (VC-JOSE-COSE §3.2).
    SdJwt,
    /// An SD-JWT VC, `dc+sd-jwt`: a credential of claims and a `vct`, outside VC DM (SD-JWT VC §3).
    SdJwtVc,
}

/// What an entry in a status list says of a credential.
#[uniffi::remote(Enum)]
pub enum StatusPurpose {
    /// Cancels the credential for good.
    Revocation,
    /// Keeps the credential from being accepted for a time.
    Suspension,
    /// Tells something about the credential without taking its validity.
    Message,
    /// A newer credential can be had.
    Refresh,
    /// A purpose of the issuer's own.
    Other(String),
}

/// In whose name an issuer signs, and with which key.
#[derive(uniffi::Record)]
pub struct Signatory {
    /// In whose name.
    pub did: Did,
    /// The verification method that its signatures name.
    pub method: DidUrl,
    /// The key behind it.
    pub key: KeyId,
}

/// Issues credentials in the name of one DID, and says later which of them it has revoked or suspended.
#[derive(uniffi::Object)]
pub struct Issuer(Mutex<issuer::Issuer>);

#[uniffi::export(async_runtime = "tokio")]
impl Issuer {
    /// An issuer whose status lists are published under `status_base`, a URL without a slash at its end.
    #[uniffi::constructor]
    pub fn new(signatory: Signatory, keystore: Arc<dyn Keystore>, storage: Arc<dyn Storage>, status_base: String) -> Self {
        let Signatory { did, method, key } = signatory;
        let (keystore, storage) = (Arc::new(AppKeystore(keystore)), Arc::new(AppStorage(storage)));
        let status = issuer::StatusPlan::at(status_base);
        Self(Mutex::new(issuer::Issuer { did, method, key, keystore, storage, status, contexts: Contexts::bundled() }))
    }

    /// Signs `credential`, with one place in the status lists of `purposes`; one without an `id` is given a random one.
    pub async fn issue(
        self: Arc<Self>,
        credential: JsonObject,
        mechanism: Mechanism,
        purposes: Vec<StatusPurpose>,
        now: Timestamp,
    ) -> Result<Secured, WalletError> {
        away(async move { self.0.lock().await.issue(credential, mechanism, &purposes, &mut system_rng(), &now).await }).await
    }
}
