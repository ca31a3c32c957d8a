//! One issuance under way: what the wallet carries along, and how it sends a request with all that goes with it.

use std::collections::BTreeMap;

use rand_core::CryptoRng;
use serde_json::Value;

use super::issuance::{Issuance, TokenKey};
use super::{Client, Dpop};
use crate::error::{Result, WalletError};
use crate::key::KeyAlgorithm;
use crate::oauth::call::{header_of, json_of};
use crate::oauth::{DpopProof, Endpoint, OAuthError, OAuthErrorCode, Profile, client_attestation, dpop, form};
use crate::ports::{HttpMethod, HttpRequest, HttpResponse};
use crate::store::{Record, RecordId};
use crate::time::Timestamp;
use crate::wallet::Wallet;

/// The longest answer of an issuer: a batch of credentials, encrypted.
const MAX_ANSWER: usize = 3 << 20;
/// How often one request is sent at the most: a server may ask once for its DPoP nonce, and once for its challenge.
const MAX_TRIES: usize = 3;

/// An issuance that the wallet sees to.
pub(super) struct Errand<'a> {
    pub wallet: &'a mut Wallet,
    pub client: &'a Client<'a>,
    pub rng: &'a mut (dyn CryptoRng + Send),
    pub now: &'a Timestamp,
    pub issuance: Issuance,
    /// Its record, once it has one.
    pub id: Option<RecordId>,
    /// The DPoP nonces that servers gave, by their origin.
    nonces: BTreeMap<String, String>,
    /// The challenge that the next client attestation must carry.
    challenge: Option<String>,
}

/// What is sent.
pub(super) struct Outgoing<'o> {
    pub endpoint: &'o Endpoint,
    pub content_type: &'o str,
    pub body: Vec<u8>,
    /// To whom.
    pub to: Recipient,
}

/// Who gets a request, and what it proves to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Recipient {
    /// The authorization server: which wallet it is, and which key tokens are to be bound to.
    Server,
    /// The credential issuer: the access token.
    Issuer,
    /// Anybody.
    Anybody,
}

impl<'o> Outgoing<'o> {
    /// A form for the authorization server.
    pub fn form(endpoint: &'o Endpoint, form: &form::Form) -> Self {
        Self { endpoint, content_type: form::FORM, body: form.to_text().into_bytes(), to: Recipient::Server }
    }

    /// An empty request, for anybody.
    pub fn empty(endpoint: &'o Endpoint) -> Self {
        Self { endpoint, content_type: "", body: Vec::new(), to: Recipient::Anybody }
    }

    /// JSON for the credential issuer.
    pub fn json(endpoint: &'o Endpoint, body: &Value) -> Self {
        Self { endpoint, content_type: "application/json", body: body.to_string().into_bytes(), to: Recipient::Issuer }
    }
}

impl<'a> Errand<'a> {
    pub fn new(
        wallet: &'a mut Wallet,
        client: &'a Client<'a>,
        issuance: Issuance,
        (rng, now): (&'a mut (dyn CryptoRng + Send), &'a Timestamp),
    ) -> Self {
        Self { wallet, client, rng, now, issuance, id: None, nonces: BTreeMap::new(), challenge: None }
    }

    /// Makes the key that tokens are bound to, where the server or the wallet wants that.
    pub async fn bind_tokens(&mut self) -> Result<()> {
        let known = &self.issuance.server.dpop_signing_alg_values_supported;
        let offered = known.iter().any(|name| name == "ES256");
        let wanted = match self.client.dpop {
            Dpop::Always => true,
            Dpop::WhereOffered => offered || self.client.profile == Profile::Haip,
            Dpop::Never => false,
        };
        if wanted && self.issuance.dpop.is_none() {
            let (id, public) = self.wallet.keystore.create(KeyAlgorithm::P256).await?;
            self.issuance.dpop = Some(TokenKey { id, public });
        }
        Ok(())
    }

    /// Seals the issuance in the store as it is now.
    pub async fn save(&mut self) -> Result<RecordId> {
        let record = Record::Issuance(self.issuance.to_record());
        let id = match self.id {
            Some(id) => {
                self.wallet.change(self.rng, |edit, rng| edit.replace(&id, &record, rng)).await?;
                id
            }
            None => self.wallet.change(self.rng, |edit, rng| edit.add(&record, rng)).await?,
        };
        self.id = Some(id);
        Ok(id)
    }

    /// Sends a request with what proves the wallet's right to it, again if the server first wants a nonce or a challenge of its own.
    pub async fn send(&mut self, outgoing: &Outgoing<'_>) -> Result<Result<HttpResponse, OAuthError>> {
        let mut tries = 1;
        loop {
            let request = self.request(outgoing).await?;
            let response = self.client.send(request).await?;
            let sent = self.challenge.clone();
            self.note(outgoing, &response);
            if (200..300).contains(&response.status) {
                return Ok(Ok(response));
            }
            let error = OAuthError::from_response(&response);
            // Whether the server said what was missing, so that the same request with that may do.
            let has_learnt = match error.code {
                OAuthErrorCode::UseAttestationChallenge => self.challenge != sent,
                _ => dpop::wanted_nonce(&error).is_some(),
            };
            if tries == MAX_TRIES || !has_learnt {
                return Ok(Err(error));
            }
            tries += 1;
        }
    }

    /// Notes what the next request must carry, which any answer may say.
    fn note(&mut self, outgoing: &Outgoing<'_>, response: &HttpResponse) {
        if let Some(nonce) = header_of(response, dpop::NONCE_HEADER) {
            self.nonces.insert(outgoing.endpoint.origin(), nonce.to_owned());
        }
        if let Some(challenge) = header_of(response, client_attestation::CHALLENGE_HEADER) {
            self.challenge = Some(challenge.to_owned());
        }
    }

    async fn request(&mut self, outgoing: &Outgoing<'_>) -> Result<HttpRequest> {
        let mut request = HttpRequest::post(outgoing.endpoint.as_str(), outgoing.content_type, outgoing.body.clone());
        if outgoing.body.is_empty() {
            // There are servers that would look for JSON in what is announced as such.
            request.headers.clear();
        }
        request.max_bytes = MAX_ANSWER;
        request.timeout *= 3;
        request.headers.push(("accept".to_owned(), "application/json, application/jwt".to_owned()));
        match outgoing.to {
            Recipient::Server => request.headers.extend(self.attested().await?),
            Recipient::Issuer => {
                request.headers.push(("authorization".to_owned(), self.issuance.token()?.authorization()));
            }
            Recipient::Anybody => return Ok(request),
        }
        request.headers.extend(self.proven(outgoing).await?);
        Ok(request)
    }

    /// The DPoP proof of a request, where tokens are bound (RFC 9449 §4).
    async fn proven(&mut self, outgoing: &Outgoing<'_>) -> Result<Option<(String, String)>> {
        let Some(key) = self.issuance.dpop.clone() else { return Ok(None) };
        let access_token = match outgoing.to {
            Recipient::Issuer => Some(&self.issuance.token()?.access_token),
            _ => None,
        };
        let nonce = self.nonces.get(&outgoing.endpoint.origin()).map(String::as_str);
        let proof = DpopProof { method: HttpMethod::Post, url: outgoing.endpoint.as_str(), access_token, nonce };
        let unsigned = proof.prepare(&key.public, self.rng, self.now)?;
        let signature = self.wallet.keystore.sign(&key.id, unsigned.message()).await?;
        Ok(Some((dpop::HEADER.to_owned(), unsigned.finish(&signature))))
    }

    /// What shows the authorization server which wallet it is (OpenID4VCI 1.0 appendix E).
    async fn attested(&mut self) -> Result<Vec<(String, String)>> {
        let client = self.client;
        let Some(own) = &client.attestation else { return Ok(Vec::new()) };
        self.fetch_challenge().await?;
        let audience = self.issuance.server.issuer.as_str();
        let unsigned = own.attestation.prove((audience, self.challenge.as_deref()), self.rng, self.now)?;
        let signature = self.wallet.keystore.sign(&own.key, unsigned.message()).await?;
        Ok(vec![
            (client_attestation::HEADER.to_owned(), own.attestation.text().to_owned()),
            (client_attestation::POP_HEADER.to_owned(), unsigned.finish(&signature)),
        ])
    }

    /// Fetches a first challenge from a server that gives them out
    /// (draft-ietf-oauth-attestation-based-client-auth-07, on challenge retrieval).
    async fn fetch_challenge(&mut self) -> Result<()> {
        let (None, Some(endpoint)) = (&self.challenge, &self.issuance.server.challenge_endpoint) else { return Ok(()) };
        let request = HttpRequest { method: HttpMethod::Post, ..HttpRequest::get(endpoint.as_str()) };
        let response = self.client.send(request).await?;
        let answer = json_of("attestation challenge", &response)?;
        let challenge = answer.get("attestation_challenge").and_then(Value::as_str);
        let missing = || WalletError::malformed("attestation challenge", "attestation_challenge is missing");
        self.challenge = Some(challenge.ok_or_else(missing)?.to_owned());
        Ok(())
    }

    /// Gives up what was never saved: nothing is left of it in the keystore.
    pub async fn give_up(&mut self) {
        if let Some(key) = self.issuance.dpop.take() {
            // Why it was given up is what the person must hear of.
            let _ = self.wallet.keystore.delete(&key.id).await;
        }
    }

    /// The issuer as it is called in errors.
    pub fn issuer_host(&self) -> String {
        self.issuance.issuer.credential_issuer.host()
    }

    /// The error of a server, for the app.
    pub fn refusal(&self, error: &OAuthError) -> WalletError {
        error.refusal(&self.issuer_host())
    }
}
