//! What is kept of an issuance between two steps, sealed in the store: a kill, or a person who signs in, may come in between.

use serde::{Deserialize, Serialize};

use super::Offer;
use crate::error::{Result, WalletError};
use crate::issuance::{CredentialConfiguration, CredentialIssuerMetadata, NotificationRequest, Requested};
use crate::key::{KeyId, PublicKey};
use crate::oauth::{AuthorizationServerMetadata, CodeVerifier, Profile, Secret, TokenResponse};
use crate::store::{HeldIssuance, KeyReference, RecordId};
use crate::time::Timestamp;

/// One issuance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Issuance {
    pub began: Timestamp,
    pub issuer: CredentialIssuerMetadata,
    pub server: AuthorizationServerMetadata,
    /// Who the wallet said it is; none where it said nothing.
    pub client_id: Option<String>,
    /// The key that tokens are bound to.
    pub dpop: Option<TokenKey>,
    /// How many keys each credential is wanted for.
    pub count: usize,
    pub authorization: Authorization,
    /// What is still to be got.
    pub wanted: Vec<Wanted>,
    /// What the issuer has not been told yet.
    pub notices: Vec<NotificationRequest>,
    /// What was got.
    pub kept: Vec<Kept>,
}

/// How far the wallet's right to the credentials goes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) enum Authorization {
    /// There is none yet.
    Asked,
    /// The person signs in: what the browser comes back with is known by its state.
    Browsing { state: Secret, verifier: CodeVerifier, redirect_uri: String },
    /// There is a token, until the moment it is said to end.
    Given { token: TokenResponse, until: Option<Timestamp> },
}

/// The key of a DPoP proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct TokenKey {
    pub id: KeyId,
    pub public: PublicKey,
}

/// One credential, or a batch of the same, that is still to be got.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Wanted {
    /// Its configuration.
    pub configuration: String,
    /// The data set, where the token response names them.
    pub identifier: Option<String>,
    /// The keys that were made for it.
    pub keys: Vec<(RecordId, KeyReference)>,
    /// Where to ask again, if the issuer was not ready.
    pub deferred: Option<Deferred>,
}

/// Credentials that the issuer was not ready to issue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Deferred {
    pub transaction_id: String,
    /// When to ask again at the earliest.
    pub not_before: Timestamp,
}

/// A credential that was got, and what it takes to get it anew.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Kept {
    pub credential: RecordId,
    pub configuration: String,
    pub identifier: Option<String>,
    /// What the issuer calls it by in notifications.
    pub notification_id: Option<String>,
}

impl Wanted {
    pub fn of(configuration: &str, identifier: Option<String>) -> Self {
        Self { configuration: configuration.to_owned(), identifier, keys: Vec::new(), deferred: None }
    }

    /// How the request names it: by its identifier, where there is one (§8.2).
    pub fn requested(&self) -> Requested {
        match &self.identifier {
            Some(identifier) => Requested::Identifier(identifier.clone()),
            None => Requested::Configuration(self.configuration.clone()),
        }
    }

    /// The record of a key that came to go by another DID than it had.
    pub fn respelled(&self, key: KeyReference) -> Option<(RecordId, KeyReference)> {
        let (record, _) = self.keys.iter().find(|(_, own)| own.id == key.id && own.did != key.did)?;
        Some((*record, key))
    }

    /// Whether it may be asked for at `now`.
    pub fn is_due(&self, now: &Timestamp) -> bool {
        self.deferred.as_ref().is_none_or(|deferred| deferred.not_before <= *now)
    }
}

impl Issuance {
    /// The issuance of `configurations` of an offer, for `count` keys each.
    pub fn of(offer: &Offer, configurations: &[String], count: usize, now: &Timestamp) -> Self {
        Self {
            began: now.clone(),
            issuer: offer.issuer.clone(),
            server: offer.server.clone(),
            client_id: None,
            dpop: None,
            count,
            authorization: Authorization::Asked,
            wanted: configurations.iter().map(|id| Wanted::of(id, None)).collect(),
            notices: Vec::new(),
            kept: Vec::new(),
        }
    }

    /// Reads what [`Issuance::to_record`] made.
    pub fn read(held: &HeldIssuance) -> Result<Self> {
        serde_json::from_str(held.state.expose())
            .map_err(|_| WalletError::storage_failed("an issuance in the store cannot be read"))
    }

    pub fn to_record(&self) -> HeldIssuance {
        let state = serde_json::to_string(self).expect("an issuance is plain JSON");
        HeldIssuance { began: self.began.clone(), from: self.issuer.credential_issuer.to_string(), state: state.into() }
    }

    pub fn configuration(&self, id: &str) -> Result<&CredentialConfiguration> {
        self.issuer.configuration(id)
    }

    /// The access token; `Misused` where the person has not signed in.
    pub fn token(&self) -> Result<&TokenResponse> {
        match &self.authorization {
            Authorization::Given { token, .. } => Ok(token),
            _ => Err(WalletError::misused("the person has not signed in with the issuer yet")),
        }
    }

    /// What gets another access token.
    pub fn refresh_token(&self) -> Option<&Secret> {
        self.token().ok()?.refresh_token.as_ref()
    }

    /// Whether the access token has ended.
    pub fn has_ended(&self, now: &Timestamp) -> bool {
        matches!(&self.authorization, Authorization::Given { until: Some(until), .. } if until <= now)
    }

    /// Whether nothing further can come of it.
    pub fn is_over(&self, now: &Timestamp) -> bool {
        /// How long a person has to sign in, or to think about what was received, in seconds.
        const PATIENCE: i64 = 24 * 3600;
        let forgotten = self.began.plus_seconds(PATIENCE) < *now;
        match &self.authorization {
            Authorization::Asked | Authorization::Browsing { .. } => forgotten,
            Authorization::Given { token, until } => {
                let ended = until.as_ref().is_some_and(|until| until <= now) || until.is_none() && forgotten;
                let done = self.wanted.is_empty() && self.notices.is_empty();
                token.refresh_token.is_none() && (ended || done && self.kept.iter().all(|kept| kept.notification_id.is_none()))
            }
        }
    }

    /// Refuses an issuer that does not do what the profile asks of all.
    pub fn check_profile(&self, profile: Profile, with_browser: bool) -> Result<()> {
        let refused = |reason: &str| Err(WalletError::unsupported("this issuer under HAIP 1.0", reason));
        if profile == Profile::Standard {
            return Ok(());
        }
        let knows_es256 = self.server.dpop_signing_alg_values_supported.iter().any(|known| known == "ES256");
        if !knows_es256 {
            return refused("its authorization server binds no tokens (DPoP with ES256)");
        }
        if with_browser && self.server.pushed_authorization_request_endpoint.is_none() {
            return refused("its authorization server takes no pushed requests");
        }
        Ok(())
    }
}
