//! The authorization code flow: pushed request, the pause in which a person signs in and agrees, the code (OpenID4VCI 1.0 §5).

use serde::{Deserialize, Serialize};

use super::sessions::{Kind, Turn};
use super::{CredentialDataset, CredentialIssuer, Profile, broke};
use crate::error::{Result, WalletError};
use crate::oauth::call::redirect_answer;
use crate::oauth::{
    AuthorizationAnswer, AuthorizationRequest, Call, CredentialAuthorization, Form, OAuthError, OAuthErrorCode, PushedResponse,
    Secret,
};
use crate::ports::HttpResponse;
use crate::time::Timestamp;

/// What names of pushed requests begin with (RFC 9126 §2.2).
const REQUEST_URI: &str = "urn:ietf:params:oauth:request_uri:";

/// An authorization that waits for a person to sign in and agree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PausedAuthorization {
    /// Who asks; not proven unless it is attested.
    pub client: String,
    /// What it asks for, by the names of the configurations.
    pub configurations: Vec<String>,
    /// What the app calls the offer by that began it, if one did. An attacker may have handed somebody his own (§5.1.3): whoever signs
    /// in must be the one the offer was for.
    pub reference: Option<String>,
    instance: Option<String>,
    redirect_uri: String,
    state: Option<String>,
    code_challenge: String,
    jkt: Option<String>,
    is_identified: bool,
}

impl PausedAuthorization {
    /// Whether the client's provider has attested it.
    pub fn is_attested(&self) -> bool {
        self.instance.is_some()
    }
}

/// What an authorization code stands for.
#[derive(Serialize, Deserialize)]
pub(super) struct Authorized {
    pub client: String,
    pub instance: Option<String>,
    pub redirect_uri: String,
    pub code_challenge: String,
    pub jkt: Option<String>,
    pub credentials: Vec<CredentialAuthorization>,
    pub is_identified: bool,
}

impl CredentialIssuer {
    /// The pushed authorization request endpoint (§5.1.4).
    pub(super) async fn push(&self, call: &Call, turn: &mut Turn<'_>) -> Result<HttpResponse, OAuthError> {
        let form = call.form()?;
        if form.text("request_uri").is_some() {
            return Err(OAuthError::invalid_request("a pushed request names no other"));
        }
        let client = self.client(call, form.text("client_id"), turn).await?;
        let jkt = self.dpop(call, None, turn).await?;
        let mut request = AuthorizationRequest::read(&form)?;
        if jkt.is_some() && request.dpop_jkt.is_some() && jkt != request.dpop_jkt {
            return Err(OAuthError::invalid_request("dpop_jkt is another key than that of the DPoP proof"));
        }
        request.dpop_jkt = jkt.or(request.dpop_jkt);
        let paused = self.pause(request, client.instance, turn.now).await?;
        let (name, lifetime) = (turn.secret(), self.plan.lifetimes.code);
        self.sessions().keep((Kind::PushedRequest, &name), &paused, &turn.after(lifetime), turn.rng).await.map_err(broke)?;
        let request_uri = format!("{REQUEST_URI}{}", name.expose());
        Ok(PushedResponse { request_uri, expires_in: lifetime.as_secs() }.to_response())
    }

    /// The authorization endpoint: the browser goes on to the app's page.
    pub(super) async fn authorize(&self, call: &Call, turn: &mut Turn<'_>) -> Result<HttpResponse, OAuthError> {
        let query = call.query()?;
        let paused = match query.text("request_uri") {
            Some(name) => self.pushed(name, query.needed("client_id")?, turn.now).await?,
            None if self.plan.profile == Profile::Haip => {
                return Err(OAuthError::invalid_request("push the authorization request first"));
            }
            None => {
                let back = self.way_back(&query)?;
                let paused = match AuthorizationRequest::read(&query) {
                    Ok(request) => self.pause(request, None, turn.now).await,
                    Err(error) => Err(error),
                };
                match paused {
                    Ok(paused) => paused,
                    Err(error) => return self.answer_of(back, Err(error)).map(redirect_answer).map_err(broke),
                }
            }
        };
        let session = turn.secret();
        let until = turn.after(self.plan.lifetimes.consent);
        self.sessions().keep((Kind::Paused, &session), &paused, &until, turn.rng).await.map_err(broke)?;
        Ok(redirect_answer(self.plan.consent_page.with_query(&Form::new().with("session", session.expose()))))
    }

    async fn pushed(&self, name: &str, client: &str, now: &Timestamp) -> Result<PausedAuthorization, OAuthError> {
        let unknown = || OAuthError::invalid_request("the request_uri is not, or no longer, good");
        let name = name.strip_prefix(REQUEST_URI).ok_or_else(unknown)?;
        let found: Option<PausedAuthorization> =
            self.sessions().take(Kind::PushedRequest, &name.into(), now).await.map_err(broke)?;
        found.filter(|found| found.client == client).ok_or_else(unknown)
    }

    /// The client's own address, where it may hear what is wrong with its request, and the state it knows that by (RFC 6749 §4.1.2.1).
    fn way_back(&self, query: &Form) -> Result<(String, Option<String>), OAuthError> {
        let (client, redirect_uri) = (query.needed("client_id")?, query.needed("redirect_uri")?);
        self.check_redirect((client, redirect_uri), None)?;
        Ok((redirect_uri.to_owned(), query.text("state").map(str::to_owned)))
    }

    fn check_redirect(&self, (client, redirect_uri): (&str, &str), instance: Option<&String>) -> Result<(), OAuthError> {
        if self.plan.clients.admits(client, redirect_uri, instance.is_some()) {
            return Ok(());
        }
        Err(OAuthError::new(OAuthErrorCode::InvalidRequest).because("this client may not bring people back to this redirect_uri"))
    }

    async fn pause(
        &self,
        request: AuthorizationRequest,
        instance: Option<String>,
        now: &Timestamp,
    ) -> Result<PausedAuthorization, OAuthError> {
        self.check_redirect((&request.client_id, &request.redirect_uri), instance.as_ref())?;
        let offered = self.offered_sign_in(request.issuer_state.as_deref(), now).await.map_err(broke)?;
        let mut configurations = self.asked_for(&request)?;
        let reference = offered.and_then(|offered| {
            if configurations.is_empty() && request.scope.is_none() {
                configurations = offered.configurations;
            }
            offered.reference
        });
        if configurations.is_empty() {
            return Err(OAuthError::new(OAuthErrorCode::InvalidScope).because("it asks for no credential of this issuer"));
        }
        Ok(PausedAuthorization {
            client: request.client_id,
            configurations,
            reference,
            instance,
            redirect_uri: request.redirect_uri,
            state: request.state,
            code_challenge: request.code_challenge,
            jkt: request.dpop_jkt,
            is_identified: !request.details.is_empty(),
        })
    }

    /// The configurations that details and scopes ask for; unknown scopes are ignored, unknown details refused (§5.1.1, §5.1.2).
    fn asked_for(&self, request: &AuthorizationRequest) -> Result<Vec<String>, OAuthError> {
        let known = &self.plan.credentials;
        let mut asked: Vec<String> = request.details.iter().map(|detail| detail.credential_configuration_id.clone()).collect();
        if !asked.iter().all(|name| known.contains_key(name)) {
            let error = OAuthError::new(OAuthErrorCode::InvalidAuthorizationDetails);
            return Err(error.because("this issuer has no such credential"));
        }
        let scopes: Vec<&str> = request.scope.as_deref().unwrap_or_default().split_ascii_whitespace().collect();
        let has_scope = |scope: &Option<String>| scope.as_deref().is_some_and(|scope| scopes.contains(&scope));
        asked.extend(known.iter().filter(|(_, one)| has_scope(&one.configuration.scope)).map(|(name, _)| name.clone()));
        asked.sort_unstable();
        asked.dedup();
        Ok(asked)
    }

    /// The paused authorization of `session`, for the app's page to show.
    pub(super) async fn paused(&self, session: &Secret, now: &Timestamp) -> Result<PausedAuthorization> {
        self.sessions().read(Kind::Paused, session, now).await?.ok_or_else(no_session)
    }

    /// Ends the pause with what the person agreed to receive; returns where their browser goes.
    pub(super) async fn give(&self, session: &Secret, datasets: Vec<CredentialDataset>, turn: &mut Turn<'_>) -> Result<String> {
        let paused = self.paused(session, turn.now).await?;
        if let Some(other) = datasets.iter().find(|dataset| !paused.configurations.contains(&dataset.configuration)) {
            return Err(WalletError::misused(format!("{} was not asked for", other.configuration)));
        }
        let credentials = self.keep_datasets(datasets, turn).await?;
        let paused: PausedAuthorization = self.sessions().take(Kind::Paused, session, turn.now).await?.ok_or_else(no_session)?;
        let authorized = Authorized {
            client: paused.client,
            instance: paused.instance,
            redirect_uri: paused.redirect_uri.clone(),
            code_challenge: paused.code_challenge,
            jkt: paused.jkt,
            credentials,
            is_identified: paused.is_identified,
        };
        let (code, until) = (turn.secret(), turn.after(self.plan.lifetimes.code));
        self.sessions().keep((Kind::AuthorizationCode, &code), &authorized, &until, turn.rng).await?;
        self.answer_of((paused.redirect_uri, paused.state), Ok(code))
    }

    /// Ends the pause without anything; returns where the person's browser goes.
    pub(super) async fn withhold(&self, session: &Secret, now: &Timestamp) -> Result<String> {
        let paused: Option<PausedAuthorization> = self.sessions().take(Kind::Paused, session, now).await?;
        let paused = paused.ok_or_else(no_session)?;
        self.answer_of((paused.redirect_uri, paused.state), Err(OAuthError::new(OAuthErrorCode::AccessDenied)))
    }

    fn answer_of(&self, (redirect_uri, state): (String, Option<String>), outcome: Result<Secret, OAuthError>) -> Result<String> {
        let issuer = Some(self.plan.identifier.as_str().to_owned());
        AuthorizationAnswer { outcome, state, issuer }.to_url(&redirect_uri)
    }
}

fn no_session() -> WalletError {
    WalletError::misused("this session is not, or no longer, open: the person must begin again in the wallet")
}
