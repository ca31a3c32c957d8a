//! A credential issuer with its own authorization server (OpenID4VCI 1.0): the app makes offers and says who may have what; every
//! request that reaches one of its endpoints is answered by one function.
//!
//! ```text
//! offering ─► (authorizing: a person agrees) ─► token ─► nonce, proving ─► credential ─► issuing ─► notification
//!                                                                              └─► deferred ─┘
//! ```
//!
//! All that is remembered between requests is in the storage, so that a restart loses no session. What may be used only once is
//! taken out of it: of any number of requests at the same time, one gets it.

mod access;
mod authorizing;
mod client;
mod credential;
mod datasets;
mod deferred;
mod issuing;
mod metadata;
mod notification;
mod offering;
mod plan;
mod proving;
mod sealing;
mod sessions;
mod token;

pub use crate::oauth::Profile;
pub use authorizing::PausedAuthorization;
pub use issuing::HOLDER;
pub use offering::{CredentialDataset, Delivery, MAX_ATTEMPTS, MadeOffer, OfferTerms};
pub use plan::{
    ClientPolicy, EncryptionPlan, IssuancePlan, Lifetimes, MetadataSigning, OfferedCredential, SharedIssuer, Strangers,
};

use std::sync::Arc;

use rand_core::CryptoRng;
use serde_json::{Map, Value};

use self::datasets::DatasetState;
use self::offering::OFFERS;
use self::sessions::{Kind, Sessions, Turn};
use crate::error::{Result, WalletError};
use crate::issuance::{NonceResponse, NotificationEvent};
use crate::oauth::call::{empty_answer, json_answer};
use crate::oauth::{Call, Endpoint, OAuthError, OAuthErrorCode, Secret, dpop};
use crate::ports::{HttpMethod, HttpResponse, Storage};
use crate::resolver::Resolver;
use crate::seal::SealingKey;
use crate::securing::linked_data::Contexts;
use crate::time::Timestamp;

/// A credential issuer, which is its own authorization server.
pub struct CredentialIssuer {
    /// What it offers, to whom, and for how long.
    pub plan: IssuancePlan,
    /// Where it remembers what happens between requests; issuers that share one mix up nothing only if they share the plan, too.
    pub storage: Arc<dyn Storage>,
    /// What that is sealed with.
    pub sealing: SealingKey,
    /// Finds the keys of holders who go by a DID.
    pub resolver: Resolver,
    /// The JSON-LD contexts that key proofs may use.
    pub contexts: Contexts,
}

impl CredentialIssuer {
    /// Makes an offer, to be shown as a link or a QR code (§4).
    ///
    /// Fails with `Misused` when it offers nothing, or what the plan does not have.
    pub async fn offer(
        &self,
        terms: OfferTerms,
        delivery: Delivery,
        rng: &mut (dyn CryptoRng + Send),
        now: &Timestamp,
    ) -> Result<MadeOffer> {
        self.make_offer(terms, delivery, &mut Turn { rng, now }).await
    }

    /// The authorization that waits for a person, by the `session` that the app's page was called with.
    ///
    /// Fails with `Misused` when there is none, or no longer.
    pub async fn authorization(&self, session: &Secret, now: &Timestamp) -> Result<PausedAuthorization> {
        self.paused(session, now).await
    }

    /// Gives what the person, who has signed in, agreed to receive; returns the URL that their browser must go to, once.
    ///
    /// Fails with `Misused` when the session is over, or a data set was not asked for.
    pub async fn approve(
        &self,
        session: &Secret,
        datasets: Vec<CredentialDataset>,
        rng: &mut (dyn CryptoRng + Send),
        now: &Timestamp,
    ) -> Result<String> {
        self.give(session, datasets, &mut Turn { rng, now }).await
    }

    /// Gives nothing, since the person did not agree; returns the URL that their browser must go to.
    pub async fn deny(&self, session: &Secret, now: &Timestamp) -> Result<String> {
        self.withhold(session, now).await
    }

    /// Provides the credential of a data set: one that was waited for (§9), or a newer one in the place of the old for wallets that
    /// refresh theirs (§14.5); by `None` it says that there will be none.
    ///
    /// Fails with `Misused` when there is no such data set, or no longer.
    pub async fn provide(
        &self,
        dataset: &str,
        credential: Option<Map<String, Value>>,
        rng: &mut (dyn CryptoRng + Send),
        now: &Timestamp,
    ) -> Result<()> {
        let state = credential.map_or(DatasetState::Refused, DatasetState::Ready);
        self.decide(dataset, state, &mut Turn { rng, now }).await
    }

    /// What the wallet last said became of the credentials of a data set (§11); none when it has said nothing.
    pub async fn outcome(&self, dataset: &str, now: &Timestamp) -> Result<Option<NotificationEvent>> {
        self.heard(dataset, now).await
    }

    /// Forgets all sessions, codes and tokens that have ended; says how many they were. To be called now and then.
    pub async fn sweep(&self, now: &Timestamp) -> Result<usize> {
        self.sessions().sweep(now).await
    }

    /// Answers a request to any endpoint of the issuer, of its authorization server, and for the documents that describe them.
    ///
    /// It never fails: what goes wrong is an answer, too.
    pub async fn answer(&self, call: &Call, rng: &mut (dyn CryptoRng + Send), now: &Timestamp) -> HttpResponse {
        let mut turn = Turn { rng, now };
        let mut response = self.route(call, &mut turn).await.unwrap_or_else(|error| error.to_response());
        let has_nonce = response.headers.iter().any(|(name, _)| name == dpop::NONCE_HEADER);
        if call.header(dpop::HEADER).is_some() && !has_nonce {
            response.headers.push((dpop::NONCE_HEADER.to_owned(), self.dpop_nonce(&mut turn)));
        }
        response
    }

    async fn route(&self, call: &Call, turn: &mut Turn<'_>) -> Result<HttpResponse, OAuthError> {
        let identifier = &self.plan.identifier;
        let base = format!("{}/", identifier.as_str().trim_end_matches('/'));
        let well_known = |name: &str| call.place() == identifier.well_known(name).as_str();
        match (call.method, call.place().strip_prefix(&base).unwrap_or_default()) {
            (HttpMethod::Get, _) if well_known("openid-credential-issuer") => self.published(call, turn.now).await.map_err(broke),
            (HttpMethod::Get, _) if well_known("oauth-authorization-server") => {
                Ok(json_answer(200, &self.server_metadata().to_json()))
            }
            (HttpMethod::Get, _) if well_known("jwt-vc-issuer") => {
                Ok(json_answer(200, &self.issuer_keys().await.map_err(broke)?))
            }
            (HttpMethod::Get, place) if place.starts_with(OFFERS) => self.offer_at(&place[OFFERS.len()..], turn.now).await,
            (HttpMethod::Get, "authorize") => self.authorize(call, turn).await,
            (HttpMethod::Post, "par") => self.push(call, turn).await,
            (HttpMethod::Post, "token") => self.token(call, turn).await,
            (HttpMethod::Post, "nonce") => self.nonce(turn).await,
            (HttpMethod::Post, "credential") => self.credential(call, turn).await,
            (HttpMethod::Post, "deferred_credential") => self.deferred(call, turn).await,
            (HttpMethod::Post, "notification") => self.notification(call, turn).await,
            _ => Ok(not_found()),
        }
    }

    /// The nonce endpoint (§7): each nonce is good for one credential request.
    async fn nonce(&self, turn: &mut Turn<'_>) -> Result<HttpResponse, OAuthError> {
        let (nonce, until) = (turn.secret(), turn.after(self.plan.lifetimes.nonce));
        self.sessions().keep((Kind::Nonce, &nonce), &(), &until, turn.rng).await.map_err(broke)?;
        Ok(json_answer(200, &NonceResponse { c_nonce: nonce.expose().to_owned() }.to_json()))
    }

    fn endpoint(&self, path: &str) -> Endpoint {
        self.plan.identifier.below(path)
    }

    fn sessions(&self) -> Sessions<'_> {
        Sessions { storage: &*self.storage, key: &self.sealing }
    }
}

fn not_found() -> HttpResponse {
    empty_answer(404)
}

/// What a client is told when something broke on our side: nothing of it.
fn broke(_: WalletError) -> OAuthError {
    OAuthError::new(OAuthErrorCode::ServerError)
}
