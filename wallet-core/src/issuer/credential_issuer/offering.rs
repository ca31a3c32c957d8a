//! Offers: what a person is to receive, by a code that stands for it or by signing in (OpenID4VCI 1.0 §4).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::sessions::{Kind, Turn};
use super::{CredentialIssuer, OfferedCredential, broke, not_found};
use crate::error::{Result, WalletError};
use crate::issuance::{
    AuthorizationCodeGrant, CredentialOffer, Grants, InputMode, OfferLink, PreAuthorizedCodeGrant, TransactionCode,
};
use crate::oauth::call::json_answer;
use crate::oauth::{CredentialAuthorization, OAuthError, Secret};
use crate::ports::HttpResponse;
use crate::time::Timestamp;

/// Where offers are, below the issuer.
pub(super) const OFFERS: &str = "offers/";
/// How many wrong transaction codes are taken before the offer is void.
pub const MAX_ATTEMPTS: u8 = 5;
/// The letters of a transaction code of text: none that looks like another.
const LETTERS: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
const DIGITS: &[u8] = b"0123456789";

/// What a person is to receive under one configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct CredentialDataset {
    /// The name of the configuration.
    pub configuration: String,
    /// The credential as it is to be signed, without its `id` (or `jti`) and the holder's key; [`HOLDER`](super::HOLDER) stands for the
    /// holder's DID. None while it is not ready.
    pub credential: Option<Map<String, Value>>,
}

/// How a person proves to be the one an offer is for.
#[derive(Debug, Clone, PartialEq)]
pub enum OfferTerms {
    /// They have done so already: the code in the offer stands for that, with a transaction code that goes another way.
    PreAuthorized {
        /// What they receive.
        datasets: Vec<CredentialDataset>,
        /// What is told of the transaction code; none when there is none. Its length is 6 unless it says otherwise.
        transaction_code: Option<TransactionCode>,
    },
    /// They sign in.
    SignIn {
        /// What they can receive, by the names of the configurations.
        configurations: Vec<String>,
        /// What the app calls this offer by, to know it again when they do.
        reference: Option<String>,
    },
}

/// Whether an offer travels itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// It does.
    ByValue,
    /// Its address does, which makes a small QR code.
    ByReference,
}

/// An offer that was made.
#[derive(Debug, Clone, PartialEq)]
pub struct MadeOffer {
    /// What the wallet gets.
    pub link: OfferLink,
    /// What the person gets, another way than the link.
    pub transaction_code: Option<Secret>,
    /// The identifiers of the data sets, in their order: what is not ready is provided by them.
    pub datasets: Vec<String>,
}

/// What a pre-authorized code stands for.
#[derive(Serialize, Deserialize)]
pub(super) struct PreAuthorization {
    pub credentials: Vec<CredentialAuthorization>,
    pub transaction_code: Option<Secret>,
    pub attempts: u8,
    pub until: i64,
}

/// What the state of an offer stands for.
#[derive(Serialize, Deserialize)]
pub(super) struct OfferedSignIn {
    pub configurations: Vec<String>,
    pub reference: Option<String>,
}

/// The parts of an offer, and what goes beside it.
struct Drafted {
    configurations: Vec<String>,
    grants: Grants,
    transaction_code: Option<Secret>,
    datasets: Vec<String>,
}

impl CredentialIssuer {
    pub(super) async fn make_offer(&self, terms: OfferTerms, delivery: Delivery, turn: &mut Turn<'_>) -> Result<MadeOffer> {
        let drafted = match terms {
            OfferTerms::PreAuthorized { datasets, transaction_code } => {
                self.pre_authorize(datasets, transaction_code, turn).await?
            }
            OfferTerms::SignIn { configurations, reference } => self.invite(configurations, reference, turn).await?,
        };
        let Drafted { configurations, grants, transaction_code, datasets } = drafted;
        let credential_issuer = self.plan.identifier.clone();
        let offer = CredentialOffer { credential_issuer, credential_configuration_ids: configurations, grants };
        let link = match delivery {
            Delivery::ByValue => OfferLink::ByValue(offer),
            Delivery::ByReference => {
                let (end, until) = (turn.secret(), turn.after(self.plan.lifetimes.offer));
                self.sessions().keep((Kind::Offer, &end), &offer.to_json(), &until, turn.rng).await?;
                OfferLink::ByReference(self.endpoint(&format!("{OFFERS}{}", end.expose())))
            }
        };
        Ok(MadeOffer { link, transaction_code, datasets })
    }

    /// A code for a person who is known already.
    async fn pre_authorize(
        &self,
        datasets: Vec<CredentialDataset>,
        told: Option<TransactionCode>,
        turn: &mut Turn<'_>,
    ) -> Result<Drafted> {
        let credentials = self.keep_datasets(datasets, turn).await?;
        let told = told.map(|told| TransactionCode { length: Some(told.length.unwrap_or(6)), ..told });
        let transaction_code = told.as_ref().map(|told| transaction_secret(told, turn)).transpose()?;
        let (code, until) = (turn.secret(), turn.after(self.plan.lifetimes.offer));
        let configurations = credentials.iter().map(|each| each.credential_configuration_id.clone()).collect();
        let datasets = credentials.iter().flat_map(|each| each.credential_identifiers.clone()).collect();
        let kept = PreAuthorization { credentials, transaction_code: transaction_code.clone(), attempts: 0, until: until.unix() };
        self.sessions().keep((Kind::PreAuthorizedCode, &code), &kept, &until, turn.rng).await?;
        let grant = PreAuthorizedCodeGrant { code, transaction_code: told, authorization_server: None };
        let grants = Grants { pre_authorized_code: Some(grant), ..Grants::default() };
        Ok(Drafted { configurations, grants, transaction_code, datasets })
    }

    /// A state for a person who is to sign in.
    async fn invite(&self, configurations: Vec<String>, reference: Option<String>, turn: &mut Turn<'_>) -> Result<Drafted> {
        configurations.iter().try_for_each(|name| self.offered(name).map(drop))?;
        let (state, until) = (turn.secret(), turn.after(self.plan.lifetimes.offer));
        let kept = OfferedSignIn { configurations: configurations.clone(), reference };
        self.sessions().keep((Kind::IssuerState, &state), &kept, &until, turn.rng).await?;
        let grant = AuthorizationCodeGrant { issuer_state: Some(state), authorization_server: None };
        let grants = Grants { authorization_code: Some(grant), ..Grants::default() };
        Ok(Drafted { configurations, grants, transaction_code: None, datasets: Vec::new() })
    }

    /// The offer at the address whose end is `end` (§4.1.3): as often as it is asked for, since an answer may be lost.
    pub(super) async fn offer_at(&self, end: &str, now: &Timestamp) -> Result<HttpResponse, OAuthError> {
        let offer: Option<Value> = self.sessions().read(Kind::Offer, &end.into(), now).await.map_err(broke)?;
        Ok(offer.map_or_else(not_found, |offer| json_answer(200, &offer)))
    }

    /// What was offered with the state that a wallet hands back; anybody may have put another one there (§5.1.3).
    pub(super) async fn offered_sign_in(&self, state: Option<&str>, now: &Timestamp) -> Result<Option<OfferedSignIn>> {
        match state {
            Some(state) => self.sessions().read(Kind::IssuerState, &state.into(), now).await,
            None => Ok(None),
        }
    }

    pub(super) fn offered(&self, configuration: &str) -> Result<&OfferedCredential> {
        let offered = self.plan.credentials.get(configuration);
        offered.ok_or_else(|| WalletError::misused(format!("this issuer has no credential called {configuration}")))
    }
}

/// A transaction code as it was described.
fn transaction_secret(told: &TransactionCode, turn: &mut Turn<'_>) -> Result<Secret> {
    let length = told.length.unwrap_or_default();
    if !(4..=32).contains(&length) {
        return Err(WalletError::misused("a transaction code has 4 to 32 characters"));
    }
    let letters = if told.input_mode == InputMode::Numeric { DIGITS } else { LETTERS };
    let mut text = String::new();
    while text.len() < length as usize {
        let mut byte = [0];
        turn.rng.fill_bytes(&mut byte);
        // Bytes beyond the last whole round of letters would make some of them likelier.
        if usize::from(byte[0]) < 256 / letters.len() * letters.len() {
            text.push(char::from(letters[usize::from(byte[0]) % letters.len()]));
        }
    }
    Ok(text.into())
}
