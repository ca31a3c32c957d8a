//! The wallet as a client of issuers: who it says it is, how it reaches them, and how strict it is with them.

use async_trait::async_trait;

use crate::error::Result;
use crate::key::{KeyId, PublicKey};
use crate::language::Language;
use crate::oauth::{ClientAttestation, Profile};
use crate::store::Protection;
use crate::verifier::Verifier;

/// How a wallet goes to issuers.
pub struct Client<'a> {
    /// Reaches issuers by its network, and judges what they issue.
    pub verifier: &'a Verifier,
    /// Who the wallet says it is, where a server asks; an attestation has a name of its own.
    pub client_id: String,
    /// Where a browser comes back to the wallet.
    pub redirect_uri: String,
    /// What its provider says of the wallet, if anything.
    pub attestation: Option<WalletAttestation>,
    /// Who can say where the wallet's keys are kept, if anybody.
    pub attester: Option<&'a dyn KeyAttester>,
    /// What is asked of issuers besides the standard.
    pub profile: Profile,
    /// When access tokens are bound to a key.
    pub dpop: Dpop,
    /// When requests and responses are encrypted on top of TLS.
    pub encryption: Encryption,
    /// Whether a credential is kept whose verdict is open, such as one of an issuer that cannot be looked up.
    pub unproven: Unproven,
    /// What guards the keys that credentials are bound to.
    pub protection: Protection,
    /// The language that issuers are asked to speak.
    pub language: Language,
}

impl<'a> Client<'a> {
    /// A wallet that nobody vouches for, with keys in software.
    pub fn new(verifier: &'a Verifier, language: Language) -> Self {
        Self {
            verifier,
            client_id: "cedula".to_owned(),
            redirect_uri: "cedula://issued".to_owned(),
            attestation: None,
            attester: None,
            profile: Profile::Standard,
            dpop: Dpop::WhereOffered,
            encryption: Encryption::WhereRequired,
            unproven: Unproven::Keep,
            protection: Protection::Software,
            language,
        }
    }

    /// The client identifier: the attestation's, where there is one.
    pub(super) fn id(&self) -> &str {
        self.attestation.as_ref().map_or(&self.client_id, |wallet| &wallet.attestation.client_id)
    }
}

/// A provider's word for this wallet, and the key that goes with it (OpenID4VCI 1.0 appendix E).
#[derive(Debug, Clone)]
pub struct WalletAttestation {
    /// The attestation.
    pub attestation: ClientAttestation,
    /// The name of its key in the keystore.
    pub key: KeyId,
}

/// Whoever can attest where keys of the keystore are kept: the hardware, or the wallet's provider (OpenID4VCI 1.0 appendix D).
#[async_trait]
pub trait KeyAttester: Send + Sync {
    /// An attestation of `keys` in JWT format, with the issuer's `nonce` where it gave one.
    async fn attest(&self, keys: &[PublicKey], nonce: Option<&str>) -> Result<String>;
}

/// When access tokens are bound to a key (RFC 9449).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dpop {
    /// When the server says that it knows how.
    WhereOffered,
    /// Always: a server that does not is not used.
    Always,
    /// Never.
    Never,
}

/// When requests and responses are encrypted on top of TLS (OpenID4VCI 1.0 §10).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encryption {
    /// When the issuer asks for it.
    WhereRequired,
    /// Whenever the issuer can: for a wallet of which a part that is not trusted carries the messages.
    WhereOffered,
}

/// What becomes of a credential of which not everything could be checked; one that is rejected is never kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unproven {
    /// It is kept, and the person is told what is not known.
    Keep,
    /// It is not kept.
    Refuse,
}
