//! The two places a wallet reaches: where the request is fetched, and where the answer goes (OpenID4VP 1.0 §5.10, §8.2).

use rand_core::CryptoRng;
use serde_json::Value;

use super::outcome::{Outcome, Status};
use super::records::{self, Kind};
use super::session::{OFFERED, Session};
use super::{Device, OnlineVerifier, OutcomeRecord};
use crate::error::{Result, WalletError};
use crate::jose::jwe::{ContentEncryption, DecryptionKey};
use crate::oauth::call::answer;
use crate::oauth::{Call, OAuthError, OAuthErrorCode, unguessable};
use crate::ports::{HttpMethod, HttpResponse};
use crate::presentation::response::{AuthorizationResponse, Receipt, ResponseTerms};
use crate::time::Timestamp;

const REQUEST_OBJECT: &str = "application/oauth-authz-req+jwt";
/// The longest nonce of a wallet's that is given back, in characters.
const MAX_NONCE: usize = 512;

impl OnlineVerifier {
    /// Answers a wallet: `request/…` gives the request object, made anew each time, and `response/…` takes the answer, once.
    ///
    /// What is wrong with a call is the wallet's to know, and no error here; what it says of an answer is no more than whether it was
    /// taken.
    pub async fn answer(&self, call: &Call, rng: &mut (dyn CryptoRng + Send), now: &Timestamp) -> HttpResponse {
        let place = call.place().strip_prefix(self.base.as_str().trim_end_matches('/')).unwrap_or_default();
        let answered = match (place.strip_prefix("/request/"), place.strip_prefix("/response/")) {
            (Some(id), _) => self.give_request(id, call, now).await,
            (_, Some(id)) => self.take_response(id, call, rng, now).await,
            _ => Err(not_found()),
        };
        answered.unwrap_or_else(|error| error.to_response())
    }

    /// Takes the `data` that the platform's API gave the page of the session whose outcome is under `outcome_id`.
    ///
    /// Fails as [`OnlineVerifier::answer`] would tell a wallet: `Refused` when there is no such session, or it was answered.
    pub async fn take_data(
        &self,
        outcome_id: &str,
        data: &Value,
        rng: &mut (dyn CryptoRng + Send),
        now: &Timestamp,
    ) -> Result<()> {
        let over = || WalletError::refused("the verifier", "there is no such request, or it was answered");
        let storage = &*self.verifier.storage;
        let record = records::read(storage, (Kind::Outcome, outcome_id), now).await?;
        let Some(OutcomeRecord::Awaited { session_id }) = record else { return Err(over()) };
        let session: Option<Session> = records::read(storage, (Kind::Session, &session_id), now).await?;
        let session = session.filter(|session| session.mode.is_over_api()).ok_or_else(over)?;
        let key = session.decryption_key()?;
        let response = ResponseTerms { decryption: key.as_ref().map(offered), state: None }.read_data(data)?;
        self.close(&session, response, rng, now).await?.map(drop).ok_or_else(over)
    }

    async fn give_request(&self, id: &str, call: &Call, now: &Timestamp) -> Result<HttpResponse, OAuthError> {
        let session = self.session(id, now).await?;
        let wallet_nonce = match call.method {
            HttpMethod::Get => None,
            HttpMethod::Post => call.form()?.text("wallet_nonce").map(str::to_owned),
        };
        let is_plain = |nonce: &String| nonce.len() <= MAX_NONCE && nonce.bytes().all(|byte| byte.is_ascii_graphic());
        if wallet_nonce.as_ref().is_some_and(|nonce| !is_plain(nonce)) {
            return Err(OAuthError::invalid_request("the wallet_nonce is too long, or not plain text"));
        }
        let object = self.request_object(&session, wallet_nonce.as_deref(), now).await.map_err(tell)?;
        Ok(answer(200, REQUEST_OBJECT, object.into_bytes()))
    }

    /// The request object of a session, signed just now.
    async fn request_object(&self, session: &Session, wallet_nonce: Option<&str>, now: &Timestamp) -> Result<String> {
        let nothing = || WalletError::refused("the verifier", "this request stands in the link itself");
        let client = session.clients.first().filter(|client| client.key().is_some()).ok_or_else(nothing)?;
        let parameters = session.request(self, client, wallet_nonce)?.parameters();
        self.sign(client, parameters, client.header(), (session, now)).await
    }

    async fn take_response(
        &self,
        id: &str,
        call: &Call,
        rng: &mut (dyn CryptoRng + Send),
        now: &Timestamp,
    ) -> Result<HttpResponse, OAuthError> {
        let session = self.session(id, now).await?;
        if session.mode.is_over_api() || call.method != HttpMethod::Post {
            return Err(not_found());
        }
        let key = session.decryption_key().map_err(tell)?;
        let terms = ResponseTerms { decryption: key.as_ref().map(offered), state: Some(&session.state) };
        let response = terms.read_form(&call.form()?).map_err(tell)?;
        match self.close(&session, response, rng, now).await.map_err(tell)? {
            None => Err(OAuthError::invalid_request("this request was answered already")),
            // Where the browser goes on here, it is told there.
            Some((Status::Rejected, Receipt { redirect_uri: None })) => {
                Err(OAuthError::invalid_request("the presentation was not accepted"))
            }
            Some((_, receipt)) => Ok(receipt.to_response()),
        }
    }

    /// Ends a session with its answer: what came of it, and what the wallet is told; none when it had ended before.
    ///
    /// Of answers that come at once only one gets past the first line.
    async fn close(
        &self,
        session: &Session,
        response: AuthorizationResponse,
        rng: &mut (dyn CryptoRng + Send),
        now: &Timestamp,
    ) -> Result<Option<(Status, Receipt)>> {
        if !records::take(&*self.verifier.storage, (Kind::Session, &session.id)).await? {
            return Ok(None);
        }
        let outcome = match response.outcome {
            Ok(vp_token) => {
                let client = session.clients.first().ok_or_else(|| WalletError::storage_failed("a session has no client"))?;
                let audience = session.request(self, client, None)?.audience()?;
                self.judge(session, &vp_token, &audience, now).await?
            }
            Err(error) => Outcome::of_error(error),
        };
        let status = outcome.status;
        let response_code = (session.device == Device::Same && !session.mode.is_over_api()).then(|| unguessable(rng));
        let redirect_uri = response_code.as_ref().map(|code| format!("{}?response_code={code}", self.base.below("done")));
        let record = OutcomeRecord::Reached { outcome, response_code };
        let expires = now.plus_seconds(super::OUTCOME_LIFETIME);
        let change = records::put((Kind::Outcome, &session.outcome_id), &record, &expires, rng)?;
        self.verifier.storage.write(vec![change]).await?;
        Ok(Some((status, Receipt { redirect_uri })))
    }

    async fn session(&self, id: &str, now: &Timestamp) -> Result<Session, OAuthError> {
        let session = records::read(&*self.verifier.storage, (Kind::Session, id), now).await.map_err(tell)?;
        session.ok_or_else(not_found)
    }
}

fn offered(key: &DecryptionKey) -> (&DecryptionKey, &[ContentEncryption]) {
    (key, &OFFERED)
}

fn not_found() -> OAuthError {
    OAuthError::invalid_request("there is no such request, or it is over").with_status(404)
}

/// What a wallet is told of an error: what it did wrong, and nothing of what went wrong here.
fn tell(error: WalletError) -> OAuthError {
    match error {
        WalletError::Malformed { what, reason } => OAuthError::invalid_request(format!("{what}: {reason}")),
        WalletError::Unsupported { what, .. } => OAuthError::invalid_request(format!("{what} is not supported")),
        WalletError::Refused { reason, .. } => OAuthError::invalid_request(reason),
        _ => OAuthError::new(OAuthErrorCode::ServerError),
    }
}
