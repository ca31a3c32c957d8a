//! One session: what was asked, and what an answer is held to.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};

use super::{Asking, Client, Device, Mode, OnlineVerifier};
use crate::error::Result;
use crate::jose::jwe::{ContentEncryption, DecryptionKey};
use crate::oauth::unguessable;
use crate::presentation::VpFormats;
use crate::presentation::dcql::DcqlQuery;
use crate::presentation::request::{AuthorizationRequest, ClientMetadata, ResponseMode, TransactionData};
use crate::time::Timestamp;

/// How the content of an answer may be encrypted: the ways HAIP 1.0 §5 has every verifier offer.
pub(super) const OFFERED: [ContentEncryption; 2] = [ContentEncryption::A128Gcm, ContentEncryption::A256Gcm];

/// One session, as it is kept.
#[derive(Serialize, Deserialize)]
pub(super) struct Session {
    /// Its identifier in what the wallet sees.
    pub id: String,
    /// The identifier under which the page that asked finds the outcome, which no wallet sees.
    pub outcome_id: String,
    pub nonce: String,
    pub state: String,
    pub query: DcqlQuery,
    pub clients: Vec<Client>,
    pub mode: Mode,
    pub device: Device,
    transaction_data: Vec<String>,
    /// The private key for this answer alone, base64url.
    decryption_key: Option<String>,
    pub expires: Timestamp,
}

impl Session {
    pub(super) fn begin(asking: Asking, expires: Timestamp, rng: &mut dyn CryptoRng) -> Self {
        let secret = |rng: &mut dyn CryptoRng| BASE64_URL_SAFE_NO_PAD.encode(DecryptionKey::generate(rng).to_secret_bytes());
        Self {
            id: unguessable(rng),
            outcome_id: unguessable(rng),
            nonce: unguessable(rng),
            state: unguessable(rng),
            decryption_key: asking.mode.is_encrypted().then(|| secret(rng)),
            transaction_data: asking.transaction_data.iter().map(|data| data.text().to_owned()).collect(),
            query: asking.query,
            clients: asking.clients,
            mode: asking.mode,
            device: asking.device,
            expires,
        }
    }

    /// The key that the answer is encrypted to, if it is.
    pub(super) fn decryption_key(&self) -> Result<Option<DecryptionKey>> {
        let Some(text) = &self.decryption_key else { return Ok(None) };
        let bytes = zeroize::Zeroizing::new(BASE64_URL_SAFE_NO_PAD.decode(text).unwrap_or_default());
        DecryptionKey::from_secret_bytes(&bytes).map(Some)
    }

    pub(super) fn transaction_data(&self) -> Result<Vec<TransactionData>> {
        Ok(self.transaction_data.iter().map(|text| TransactionData::read(text)).collect::<std::result::Result<_, _>>()?)
    }

    /// The request of this session as `client` makes it.
    pub(super) fn request(
        &self,
        verifier: &OnlineVerifier,
        client: &Client,
        wallet_nonce: Option<&str>,
    ) -> Result<AuthorizationRequest> {
        let response_mode = self.response_mode(verifier);
        let key = self.decryption_key()?;
        let client_metadata = ClientMetadata {
            content_encryptions: if key.is_some() { OFFERED.to_vec() } else { Vec::new() },
            keys: key.iter().map(DecryptionKey::public_key).collect(),
            vp_formats: VpFormats::ours(),
        };
        Ok(AuthorizationRequest {
            client_id: client.id(response_mode.destination())?,
            nonce: self.nonce.clone(),
            state: (!self.mode.is_over_api()).then(|| self.state.clone()),
            query: self.query.clone(),
            transaction_data: self.transaction_data()?,
            verifier_info: Vec::new(),
            wallet_nonce: wallet_nonce.map(str::to_owned),
            client_metadata,
            response_mode,
        })
    }

    fn response_mode(&self, verifier: &OnlineVerifier) -> ResponseMode {
        let place = |kind: &str| verifier.base.below(&format!("{kind}/{}", self.id));
        match self.mode {
            Mode::Fragment => ResponseMode::Fragment { redirect_uri: place("return") },
            Mode::DirectPost => ResponseMode::DirectPost { response_uri: place("response") },
            Mode::DirectPostJwt => ResponseMode::DirectPostJwt { response_uri: place("response") },
            Mode::DcApi => ResponseMode::DcApi { origin: verifier.base.origin() },
            Mode::DcApiJwt => ResponseMode::DcApiJwt { origin: verifier.base.origin() },
        }
    }
}
