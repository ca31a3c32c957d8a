//! Receiving credentials from issuers (OpenID4VCI 1.0, the wallet's side).
//!
//! ```text
//! Offer::review ─► (a person looks) ─► accept_offer ─┬─► token ─► keys, proofs ─► credentials ─► checked, kept ─► issuer told
//!                                                    └─► browser ─► answer ─┘          └─► later: resume
//! ```
//!
//! What has to be remembered in between is sealed in the store: see [`Wallet::issuances`].

mod authorizing;
mod checking;
mod client;
mod errand;
mod issuance;
mod offer;
mod proving;
mod renewing;
mod requesting;

pub use client::{Client, Dpop, Encryption, KeyAttester, Unproven, WalletAttestation};
pub use offer::{Offer, Offered};

use rand_core::CryptoRng;

use super::Wallet;
use crate::error::{Result, WalletError};
use crate::oauth::{AuthorizationAnswer, Secret};
use crate::store::{Kind, Record, RecordId};
use crate::time::Timestamp;
use crate::verification::Verdict;
use errand::Errand;
use issuance::{Authorization, Issuance};

/// What a person agrees to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Acceptance {
    /// Which of the offered configurations; all when there are none here.
    pub configurations: Vec<String>,
    /// The transaction code they typed in.
    pub tx_code: Option<Secret>,
    /// For how many keys each credential is asked for, so that as many verifiers cannot compare notes; 1 unless said, and no more
    /// than the issuer gives at a time.
    pub count: usize,
}

/// What came of accepting an offer.
#[derive(Debug)]
pub enum Accepted {
    /// The person has to sign in with the issuer: open the URL in a browser, and hand what it comes back with to
    /// [`Wallet::signed_in`]. The wallet remembers the rest, also over a restart.
    Browse {
        /// The issuance that waits.
        issuance: RecordId,
        /// Where to send the browser.
        url: String,
    },
    /// The issuer has answered.
    Received(Received),
}

/// What an issuer gave.
#[derive(Debug)]
pub struct Received {
    /// The issuance, as [`Wallet::issuances`] lists it while something can come of it yet.
    pub issuance: RecordId,
    /// The credentials that are kept, each with the verdict over it.
    pub credentials: Vec<(RecordId, Verdict)>,
    /// What was not kept, or not given.
    pub refusals: Vec<Refusal>,
    /// When to [`Wallet::resume`], if the issuer was not ready with something.
    pub ask_again: Option<Timestamp>,
}

/// What was not kept, and why.
#[derive(Debug)]
pub struct Refusal {
    /// The configuration it is about.
    pub configuration: String,
    /// What is wrong, in sentences.
    pub faults: Vec<String>,
    /// The verdict over the credential, where it came to one.
    pub verdict: Option<Verdict>,
}

/// An issuance that has not ended, or can be gone on with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OngoingIssuance {
    /// Its record.
    pub id: RecordId,
    /// When the offer was accepted.
    pub began: Timestamp,
    /// The credential issuer.
    pub from: String,
    /// Whether the person has yet to sign in.
    pub awaits_browser: bool,
    /// When to ask again, if something is still to come.
    pub ask_again: Option<Timestamp>,
    /// What was got by it.
    pub credentials: Vec<RecordId>,
    /// Whether the same credentials can be got anew.
    pub renewable: bool,
}

impl Received {
    fn of(issuance: RecordId) -> Self {
        Self { issuance, credentials: Vec::new(), refusals: Vec::new(), ask_again: None }
    }
}

impl Wallet {
    /// Accepts an offer that a person has looked at.
    ///
    /// Each credential is bound to a fresh key, and kept only if it is what was asked for, bound to that key, and not rejected.
    /// Fails with `Refused` when the issuer says no, `Unsupported` when it wants something this wallet cannot do, `Unreachable` when
    /// it does not answer: what was reached by then is remembered, and [`Wallet::resume`] goes on.
    pub async fn accept_offer(
        &mut self,
        offer: &Offer,
        acceptance: &Acceptance,
        client: &Client<'_>,
        rng: &mut (dyn CryptoRng + Send),
        now: &Timestamp,
    ) -> Result<Accepted> {
        self.forget_old_issuances(rng, now).await?;
        let issuance = begin(offer, acceptance, client, now)?;
        let mut errand = Errand::new(self, client, issuance, (rng, now));
        match errand.begin(offer, acceptance.tx_code.clone()).await {
            Ok(Some(url)) => Ok(Accepted::Browse { issuance: errand.save().await?, url }),
            Ok(None) => errand.proceed().await.map(Accepted::Received),
            Err(error) => {
                errand.give_up().await;
                Err(error)
            }
        }
    }

    /// Goes on with the URL that a browser came back with, once: the wallet knows by its state which issuance it belongs to.
    ///
    /// Fails with `Refused` when the server or the person said no, and when it is the answer of another server or to no question of
    /// this wallet's.
    pub async fn signed_in(
        &mut self,
        url: &str,
        client: &Client<'_>,
        rng: &mut (dyn CryptoRng + Send),
        now: &Timestamp,
    ) -> Result<Received> {
        let answer = AuthorizationAnswer::read(url)?;
        let state = answer.state.as_deref().map(Secret::from);
        let mut asked = None;
        for (id, issuance) in self.all_issuances().await? {
            if matches!(&issuance.authorization, Authorization::Browsing { state: own, .. } if Some(own) == state.as_ref()) {
                asked = Some((id, issuance));
            }
        }
        let (id, issuance) = asked.ok_or_else(|| WalletError::refused("the wallet", "it has asked nobody for this answer"))?;
        let mut errand = Errand::new(self, client, issuance, (rng, now));
        errand.id = Some(id);
        // Whatever comes of it, the question was answered.
        match errand.answered(answer).await {
            Ok(()) => errand.proceed().await,
            Err(error) => {
                let issuance = errand.issuance.clone();
                self.end_issuance(&id, &issuance, rng).await?;
                Err(error)
            }
        }
    }

    /// Goes on with an issuance: after a kill, or when the issuer was not ready before; asks for nothing before its time.
    pub async fn resume(
        &mut self,
        issuance: &RecordId,
        client: &Client<'_>,
        rng: &mut (dyn CryptoRng + Send),
        now: &Timestamp,
    ) -> Result<Received> {
        let held = self.issuance(issuance).await?;
        held.token()?;
        let mut errand = Errand::new(self, client, held, (rng, now));
        errand.id = Some(*issuance);
        errand.proceed().await
    }

    /// The issuances that have not ended, or can be gone on with, the oldest first.
    pub async fn issuances(&self) -> Result<Vec<OngoingIssuance>> {
        let mut all: Vec<_> = self.all_issuances().await?.into_iter().map(|(id, issuance)| ongoing(id, issuance)).collect();
        all.sort_by(|a, b| a.began.cmp(&b.began));
        Ok(all)
    }

    /// Gives up an issuance for good, with its tokens.
    pub async fn abandon(&mut self, issuance: &RecordId, rng: &mut (dyn CryptoRng + Send)) -> Result<()> {
        let held = self.issuance(issuance).await?;
        self.end_issuance(issuance, &held, rng).await
    }

    async fn issuance(&self, id: &RecordId) -> Result<Issuance> {
        match self.record(id).await? {
            Record::Issuance(held) => Issuance::read(&held),
            _ => Err(WalletError::misused("no such issuance is kept")),
        }
    }

    async fn all_issuances(&self) -> Result<Vec<(RecordId, Issuance)>> {
        let mut all = Vec::new();
        for (id, record) in self.records(Kind::Issuance).await? {
            if let Record::Issuance(held) = record {
                all.push((id, Issuance::read(&held)?));
            }
        }
        Ok(all)
    }

    /// Removes an issuance, its tokens and the keys that nothing is bound to.
    async fn end_issuance(&mut self, id: &RecordId, issuance: &Issuance, rng: &mut (dyn CryptoRng + Send)) -> Result<()> {
        let keys: Vec<_> = issuance.wanted.iter().flat_map(|wanted| wanted.keys.clone()).collect();
        self.change(rng, |edit, _| {
            edit.remove(id);
            keys.iter().for_each(|(record, _)| edit.remove(record));
            Ok(())
        })
        .await?;
        let tokens = issuance.dpop.iter().map(|key| &key.id);
        for key in keys.iter().map(|(_, key)| &key.id).chain(tokens) {
            self.keystore.delete(key).await?;
        }
        Ok(())
    }

    async fn forget_old_issuances(&mut self, rng: &mut (dyn CryptoRng + Send), now: &Timestamp) -> Result<()> {
        for (id, issuance) in self.all_issuances().await? {
            if issuance.is_over(now) {
                self.end_issuance(&id, &issuance, rng).await?;
            }
        }
        Ok(())
    }
}

/// The issuance of what was accepted, if this wallet can keep it.
fn begin(offer: &Offer, acceptance: &Acceptance, client: &Client<'_>, now: &Timestamp) -> Result<Issuance> {
    let offered = &offer.offer.credential_configuration_ids;
    let chosen = if acceptance.configurations.is_empty() { offered } else { &acceptance.configurations };
    for id in chosen {
        if !offered.contains(id) {
            return Err(WalletError::misused("this credential is not offered"));
        }
        let format = &offer.issuer.configuration(id)?.format;
        if !format.is_supported() {
            return Err(WalletError::unsupported(
                format!("the format {}", format.as_str()),
                "ask for ldp_vc, jwt_vc_json or dc+sd-jwt",
            ));
        }
    }
    let issuance = Issuance::of(offer, chosen, acceptance.count.max(1), now);
    issuance.check_profile(client.profile, offer.needs_browser())?;
    Ok(issuance)
}

fn ongoing(id: RecordId, issuance: Issuance) -> OngoingIssuance {
    let deferred = issuance.wanted.iter().filter_map(|wanted| wanted.deferred.as_ref());
    let due = issuance.wanted.iter().any(|wanted| wanted.deferred.is_none()).then(|| issuance.began.clone());
    OngoingIssuance {
        id,
        awaits_browser: matches!(issuance.authorization, Authorization::Browsing { .. }),
        ask_again: deferred.map(|deferred| deferred.not_before.clone()).chain(due).min(),
        credentials: issuance.kept.iter().map(|kept| kept.credential).collect(),
        renewable: issuance.refresh_token().is_some(),
        from: issuance.issuer.credential_issuer.to_string(),
        began: issuance.began,
    }
}
