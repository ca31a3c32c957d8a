//! Answering a verifier's request: who asks and what would leave, shown to the holder first, and then the answer (OpenID4VP 1.0).
//!
//! A request is authenticated before anything of it is shown or looked up in the wallet. Nothing is remembered of a request that was
//! reviewed: what protects against an old one that somebody plays again is the verifier's nonce in each proof, the end that a request
//! object names for itself, and, where a request is fetched by a POST, the wallet's own nonce in it (§5.10).

mod fetching;
mod holdings;
mod review;
mod sending;

pub use crate::oauth::Profile;
pub use fetching::wallet_metadata;
pub use review::{Accredited, Offer, Review, SharedClaim};
pub use sending::Answered;

use rand_core::CryptoRng;
use serde_json::{Map, Value};

use super::presenting::signer_of;
use super::{Wallet, holder_key};
use crate::error::{Result, WalletError};
use crate::json::JsonPointer;
use crate::language::Language;
use crate::oauth::OAuthErrorCode;
use crate::ports::Network;
use crate::presentation::Signer;
use crate::presentation::dcql::{HolderBinding, Match, QueryChoices, Selection};
use crate::presentation::presenting::{
    PresentationTerms, TransactionType, authorisations, check_transactions, disclosed, prepare,
};
use crate::presentation::request::{AuthenticatedRequest, ReceivedRequest, RequestFault, VerifierEvidence, dc_api, haip};
use crate::presentation::response::{AuthorizationResponse, VpToken, error_data};
use crate::resolver::Resolver;
use crate::securing::Secured;
use crate::securing::linked_data::Contexts;
use crate::securing::sd_jwt::type_metadata::TypeMetadata;
use crate::store::{Channel, Occurrence, RecordId, Shown};
use crate::time::Timestamp;
use crate::verification::Accrediting;

/// What a verifier is accredited for, as an issuer is for the type of what it issues: to be shown presentations.
pub const ASKING: &str = "https://www.w3.org/2018/credentials#VerifiablePresentation";

/// How requests are met.
pub struct Answering<'a> {
    /// Carries requests and answers.
    pub network: &'a dyn Network,
    /// Looks up the DIDs that ask.
    pub resolver: &'a Resolver,
    /// Whose word counts about who asks.
    pub evidence: &'a VerifierEvidence,
    /// Whose accreditations of verifiers count; none when nobody accredits verifiers here.
    pub accrediting: Option<&'a Accrediting>,
    /// Which requests are taken up.
    pub profile: Profile,
    /// The types of transactions that the app can show.
    pub transactions: &'a [TransactionType],
    /// What is known of types of credentials: the names of their claims.
    pub types: &'a [TypeMetadata],
    /// The language of those names.
    pub language: Language,
    /// The contexts at hand.
    pub contexts: &'a Contexts,
}

/// Why a request is not taken up.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{fault}")]
pub struct TurnedAway {
    /// Why, for the holder and for the verifier.
    pub fault: RequestFault,
    /// Who may be told, by [`Wallet::turn_away`].
    pub hearer: Hearer,
}

/// Who may be told that a request is not taken up.
#[derive(Debug, Clone, PartialEq)]
pub enum Hearer {
    /// Nobody: it is not known who asks, and the word could go to anybody.
    Nobody,
    /// The verifier, who is known to ask.
    Verifier(Box<AuthenticatedRequest>),
    /// The platform, which gives the word to the page that asked and to no other (App. A.4).
    Platform,
}

impl From<RequestFault> for TurnedAway {
    fn from(fault: RequestFault) -> Self {
        Self { fault, hearer: Hearer::Nobody }
    }
}

impl From<TurnedAway> for WalletError {
    fn from(turned_away: TurnedAway) -> Self {
        turned_away.fault.into()
    }
}

impl Wallet {
    /// Finds out who asks by the link or QR code `text`, fetching the request if it says so, and what of this wallet answers it.
    ///
    /// Nothing leaves but the request for the request, which tells no wallet from another (§15.6). Fails when who asks is not who it
    /// says, or the request breaks a rule of the standard or of the profile.
    pub async fn review(
        &self,
        text: &str,
        how: &Answering<'_>,
        rng: &mut (dyn CryptoRng + Send),
        now: &Timestamp,
    ) -> Result<Review, TurnedAway> {
        let received = fetching::received(text, how, rng).await?;
        self.review_received(received, how, rng, now).await
    }

    /// Finds out who asks over the platform's Digital Credentials API by `protocol` and `data`, from the `origin` that the platform
    /// vouches for, and what of this wallet answers it (App. A).
    pub async fn review_dc_api(
        &self,
        (protocol, data, origin): (&str, &Value, &str),
        how: &Answering<'_>,
        rng: &mut (dyn CryptoRng + Send),
        now: &Timestamp,
    ) -> Result<Review, TurnedAway> {
        let over_api = |fault: RequestFault| TurnedAway { fault, hearer: Hearer::Platform };
        let received = dc_api::read(protocol, data, origin).map_err(over_api)?;
        self.review_received(received, how, rng, now).await.map_err(|turned_away| over_api(turned_away.fault))
    }

    async fn review_received(
        &self,
        received: ReceivedRequest,
        how: &Answering<'_>,
        rng: &mut (dyn CryptoRng + Send),
        now: &Timestamp,
    ) -> Result<Review, TurnedAway> {
        let evidence = fetching::evidence(&received, how, now).await;
        let asked = received.authenticate(&evidence, now)?;
        if let Err(fault) = allowed(&asked, how) {
            return Err(TurnedAway { fault, hearer: Hearer::Verifier(Box::new(asked)) });
        }
        let accredited = fetching::accreditation(&asked.by, &evidence, how, now).await;
        let holdings = self.holdings(now).await.map_err(RequestFault::from)?;
        Ok(Review::of(asked, accredited, &holdings, how, rng))
    }

    /// Says no to the verifier, and nothing of why: whether the holder had nothing or did not agree is not told (§15.4.1).
    ///
    /// Also when nothing here answers: only once the holder has seen the request, so that no verifier finds out in silence. Over the
    /// platform's API an app may as well let the platform cancel, which says even less (§15.9.2).
    pub async fn decline(&self, review: &Review, how: &Answering<'_>) -> Result<Answered> {
        refuse(&review.asked, OAuthErrorCode::AccessDenied, how).await
    }

    /// Tells that a request was not taken up whoever may hear it, if anybody may: a code and no more (§8.5).
    pub async fn turn_away(&self, turned_away: &TurnedAway, how: &Answering<'_>) -> Result<Option<Answered>> {
        let code = &turned_away.fault.code;
        match &turned_away.hearer {
            Hearer::Nobody => Ok(None),
            Hearer::Verifier(asked) => refuse(asked, code.clone(), how).await.map(Some),
            Hearer::Platform => Ok(Some(Answered::DcApi(error_data(code)))),
        }
    }

    /// Shares what the holder agreed to, and no more: signs a presentation for each credential, notes it in the history, and delivers
    /// the answer as the verifier asked for it (§8).
    ///
    /// It is noted before it is sent: what may have left is never missing from the history. Fails with `Misused` when `selection` is
    /// not what was asked for, `KeyUnavailable` when the holder does not consent to signing, `Refused` when the verifier does not take
    /// the answer, `Unreachable` when it does not answer.
    pub async fn accept(
        &mut self,
        review: &Review,
        selection: &Selection,
        how: &Answering<'_>,
        rng: &mut (dyn CryptoRng + Send),
        now: &Timestamp,
    ) -> Result<Answered> {
        let request = &review.asked.request;
        let answers = review.choices.answers(selection)?;
        let mut transactions = authorisations(&request.transaction_data, &review.choices, selection)?;
        let (audience, formats) = (request.audience()?, &request.client_metadata.vp_formats);
        let terms = PresentationTerms { audience: &audience, nonce: &request.nonce, formats, now };
        let (mut vp_token, mut items) = (VpToken::none(), Vec::new());
        for (query, answer) in answers {
            let transactions = transactions.remove(&(query.id.clone(), answer.credential.clone())).unwrap_or_default();
            let (presentation, shown) = self.presentation((query, answer), &terms, &transactions, how, rng).await?;
            vp_token = vp_token.with(query.id.clone(), &presentation);
            items.push(shown);
        }
        let delivery = AuthorizationResponse::presenting(vp_token, request).deliver(request)?;
        self.note(Occurrence::Shown { items, to: Some(audience.clone()), by: Channel::Presentation }, rng, now).await?;
        sending::send(delivery, how).await
    }

    /// One credential as it leaves, and the note of it.
    async fn presentation(
        &self,
        (query, answer): (&QueryChoices, &Match),
        terms: &PresentationTerms<'_>,
        transactions: &Map<String, Value>,
        how: &Answering<'_>,
        rng: &mut (dyn CryptoRng + Send),
    ) -> Result<(Secured, Shown)> {
        let id: RecordId = answer.credential.parse()?;
        let held = self.credential(&id).await?;
        let whole = Secured::read(&held.text)?;
        let shared = disclosed(&whole, &answer.claims, how.contexts, rng)?;
        let shown = Shown { credential: id, title: held.display.title, claims: noted(&whole, &shared, answer) };
        if query.holder_binding == HolderBinding::NotRequired {
            return Ok((shared, shown));
        }
        let references = self.key_references().await?;
        let reference = holder_key(&references, &whole);
        let reference = reference.ok_or_else(|| WalletError::misused("none of the holder's keys is the one it is bound to"))?;
        let signer = Signer { holder: &reference.did, method: signer_of(reference)?, key: &reference.public };
        let unsigned = prepare(&shared, &signer, terms, transactions, how.contexts)?;
        let signature = self.keystore.sign(&reference.id, unsigned.message()).await?;
        Ok((unsigned.finish(&signature)?, shown))
    }
}

/// The claims that went out, for the history: those that were asked for, or what is always shown when none was; none stands for all.
fn noted(whole: &Secured, shared: &Secured, answer: &Match) -> Vec<String> {
    if whole.sd_jwt().is_none() && !whole.is_for_holder_only() {
        return Vec::new();
    }
    let asked: Vec<String> = answer.claims.iter().flat_map(|claim| &claim.pointers).map(ToString::to_string).collect();
    let always = || shared.body().keys().map(|name| JsonPointer::new([name.clone()]).to_string());
    if asked.is_empty() { always().collect() } else { asked }
}

/// What is refused of a request although it is known who asks.
fn allowed(asked: &AuthenticatedRequest, how: &Answering<'_>) -> Result<(), RequestFault> {
    asked.check_answerable()?;
    if how.profile == Profile::Haip {
        haip::check(asked)?;
    }
    check_transactions(&asked.request.transaction_data, how.transactions, &asked.request.query)
}

async fn refuse(asked: &AuthenticatedRequest, code: OAuthErrorCode, how: &Answering<'_>) -> Result<Answered> {
    let delivery = AuthorizationResponse::refusing(code, &asked.request).deliver(&asked.request)?;
    sending::send(delivery, how).await
}
