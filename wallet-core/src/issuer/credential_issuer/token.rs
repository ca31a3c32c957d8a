//! The token endpoint: codes and refresh tokens become access tokens, codes only once (OpenID4VCI 1.0 §6, §13.6).

use serde::{Deserialize, Serialize};

use super::access::{Access, Grant};
use super::authorizing::Authorized;
use super::client::Client;
use super::offering::{MAX_ATTEMPTS, PreAuthorization};
use super::sessions::{Kind, Turn};
use super::{CredentialIssuer, Profile, Strangers, broke};
use crate::error::Result;
use crate::oauth::token::Grant as Asked;
use crate::oauth::{Call, CodeVerifier, CredentialAuthorization, OAuthError, OAuthErrorCode, Secret, TokenRequest};
use crate::ports::HttpResponse;
use crate::time::Timestamp;

/// What a code or a refresh token was redeemed for.
#[derive(Serialize, Deserialize)]
struct Spent {
    grant: Secret,
}

/// Who redeems something, and what of it.
struct Redeeming {
    client: Client,
    jkt: Option<String>,
    details: Vec<CredentialAuthorization>,
}

impl CredentialIssuer {
    pub(super) async fn token(&self, call: &Call, turn: &mut Turn<'_>) -> Result<HttpResponse, OAuthError> {
        let TokenRequest { grant, client_id, details, resource: _ } = TokenRequest::read(&call.form()?)?;
        // Whatever is refused here leaves the code as it is.
        let client = self.client(call, client_id.as_deref(), turn).await?;
        let jkt = self.dpop(call, None, turn).await?;
        if jkt.is_none() && self.plan.profile == Profile::Haip {
            return Err(OAuthError::invalid_request("a DPoP proof is needed"));
        }
        self.admit(&client, &grant)?;
        let redeeming = Redeeming { client, jkt, details };
        let (access, refresh_token) = match grant {
            Asked::PreAuthorizedCode { code, tx_code } => {
                (self.redeem_pre_authorized(&code, tx_code.as_ref(), redeeming, turn).await?, None)
            }
            Asked::AuthorizationCode { code, verifier, redirect_uri } => {
                (self.redeem_code(&code, (&verifier, &redirect_uri), redeeming, turn).await?, None)
            }
            Asked::RefreshToken { token } => self.refresh(token, redeeming, turn).await?,
        };
        Ok(self.tokens(&access, refresh_token, turn).await.map_err(broke)?.to_response())
    }

    fn admit(&self, client: &Client, grant: &Asked) -> Result<(), OAuthError> {
        let is_known = client.instance.is_some() || client.id.as_ref().is_some_and(|id| self.plan.clients.known.contains_key(id));
        let is_code = matches!(grant, Asked::PreAuthorizedCode { .. });
        if is_code && !is_known && self.plan.clients.strangers == Strangers::Refused {
            return Err(OAuthError::new(OAuthErrorCode::InvalidClient).because("this client is not known"));
        }
        Ok(())
    }

    async fn redeem_pre_authorized(
        &self,
        code: &Secret,
        transaction_code: Option<&Secret>,
        redeeming: Redeeming,
        turn: &mut Turn<'_>,
    ) -> Result<Access, OAuthError> {
        let taken: Option<PreAuthorization> =
            self.sessions().take(Kind::PreAuthorizedCode, code, turn.now).await.map_err(broke)?;
        let mut found = taken.ok_or_else(|| invalid_grant("the pre-authorized code is not, or no longer, good"))?;
        match found.grant(transaction_code, redeeming) {
            Ok(grant) => self.keep_grant(grant, turn).await.map_err(broke),
            Err(error) => {
                // The code is good for another attempt; while it was taken, nobody else could try.
                if found.attempts < MAX_ATTEMPTS {
                    let until = Timestamp::from_unix(found.until).map_err(broke)?;
                    self.sessions().keep((Kind::PreAuthorizedCode, code), &found, &until, turn.rng).await.map_err(broke)?;
                }
                Err(error)
            }
        }
    }

    async fn redeem_code(
        &self,
        code: &Secret,
        (verifier, redirect_uri): (&CodeVerifier, &str),
        redeeming: Redeeming,
        turn: &mut Turn<'_>,
    ) -> Result<Access, OAuthError> {
        let taken: Option<Authorized> = self.sessions().take(Kind::AuthorizationCode, code, turn.now).await.map_err(broke)?;
        let Some(found) = taken else { return Err(self.punish_reuse(code, turn.now).await) };
        let grant = found.grant((verifier, redirect_uri), redeeming)?;
        let access = self.keep_grant(grant, turn).await.map_err(broke)?;
        self.remember_spent(code, &access, turn).await?;
        Ok(access)
    }

    /// Remembers what a code or a refresh token was redeemed for, as long as that may live.
    async fn remember_spent(&self, secret: &Secret, access: &Access, turn: &mut Turn<'_>) -> Result<(), OAuthError> {
        let until = turn.after(self.plan.lifetimes.all_tokens());
        let spent = Spent { grant: access.name.clone() };
        self.sessions().keep((Kind::Spent, secret), &spent, &until, turn.rng).await.map_err(broke)
    }

    /// What comes a second time was stolen by one of the two: what it was redeemed for ends (RFC 6749 §4.1.2, RFC 9700 §4.14.2).
    async fn punish_reuse(&self, secret: &Secret, now: &Timestamp) -> OAuthError {
        let spent: Result<Option<Spent>> = self.sessions().take(Kind::Spent, secret, now).await;
        let ended = match spent {
            Ok(Some(Spent { grant })) => self.sessions().forget(Kind::Grant, &grant).await,
            Ok(None) => Ok(()),
            Err(error) => Err(error),
        };
        ended.map_or_else(broke, |()| invalid_grant("it is not, or no longer, good"))
    }

    /// A refresh token bound to a key stays, so that a lost answer loses nothing; any other is good only once, and ends with all that
    /// came of it when it is used again (RFC 9700 §4.14.2).
    async fn refresh(
        &self,
        token: Secret,
        redeeming: Redeeming,
        turn: &mut Turn<'_>,
    ) -> Result<(Access, Option<Secret>), OAuthError> {
        let found = self.granted(Kind::RefreshToken, &token, turn.now).await.map_err(broke)?;
        let Some(mut access) = found else { return Err(self.punish_reuse(&token, turn.now).await) };
        redeeming.client.check_instance(access.grant.instance.as_ref())?;
        if access.grant.jkt != redeeming.jkt || access.grant.client != redeeming.client.id && access.grant.client.is_some() {
            return Err(invalid_grant("the refresh token is another client's"));
        }
        if !redeeming.details.is_empty() {
            access.narrow_to(narrowed(access.grant.credentials.clone(), &redeeming.details)?);
        }
        if access.grant.jkt.is_some() {
            return Ok((access, Some(token)));
        }
        let taken: Option<serde_json::Value> = self.sessions().take(Kind::RefreshToken, &token, turn.now).await.map_err(broke)?;
        taken.ok_or_else(|| invalid_grant("the refresh token is being used"))?;
        self.remember_spent(&token, &access, turn).await?;
        Ok((access, None))
    }
}

impl PreAuthorization {
    /// The grant, when the transaction code is the one; a wrong one counts.
    fn grant(&mut self, transaction_code: Option<&Secret>, redeeming: Redeeming) -> Result<Grant, OAuthError> {
        match (&self.transaction_code, transaction_code) {
            (None, None) => {}
            (Some(expected), Some(given)) if expected == given => {}
            (Some(_), Some(_)) => {
                self.attempts += 1;
                return Err(invalid_grant("the transaction code is wrong"));
            }
            (Some(_), None) => return Err(OAuthError::invalid_request("a transaction code is needed")),
            (None, Some(_)) => return Err(OAuthError::invalid_request("no transaction code was asked for")),
        }
        redeeming.grant(self.credentials.clone(), false)
    }
}

impl Authorized {
    /// The grant, when it is the client that asked who redeems the code.
    fn grant(self, (verifier, redirect_uri): (&CodeVerifier, &str), redeeming: Redeeming) -> Result<Grant, OAuthError> {
        verifier.check(&self.code_challenge)?;
        if self.redirect_uri != redirect_uri || redeeming.client.id.as_ref().is_some_and(|id| *id != self.client) {
            return Err(invalid_grant("the code is another client's"));
        }
        if self.jkt.is_some() && self.jkt != redeeming.jkt {
            return Err(invalid_grant("the code is bound to another key"));
        }
        redeeming.client.check_instance(self.instance.as_ref())?;
        let client = Client { id: Some(self.client), ..redeeming.client };
        Redeeming { client, ..redeeming }.grant(self.credentials, self.is_identified)
    }
}

impl Redeeming {
    /// Identifiers are told where the wallet speaks of details, and where one configuration has several data sets (§6.2).
    fn grant(self, credentials: Vec<CredentialAuthorization>, is_identified: bool) -> Result<Grant, OAuthError> {
        let has_several = credentials.iter().any(|each| each.credential_identifiers.len() > 1);
        let is_identified = is_identified || has_several || !self.details.is_empty();
        let credentials = narrowed(credentials, &self.details)?;
        Ok(Grant { client: self.client.id, instance: self.client.instance, jkt: self.jkt, credentials, is_identified })
    }
}

/// Those of `credentials` that the wallet still wants; all when it does not say.
fn narrowed(
    mut credentials: Vec<CredentialAuthorization>,
    wanted: &[CredentialAuthorization],
) -> Result<Vec<CredentialAuthorization>, OAuthError> {
    let configuration = |each: &CredentialAuthorization| each.credential_configuration_id.clone();
    if !wanted.iter().all(|each| credentials.iter().any(|ours| configuration(ours) == configuration(each))) {
        let error = OAuthError::new(OAuthErrorCode::InvalidAuthorizationDetails);
        return Err(error.because("access to one of the credentials was not given"));
    }
    credentials.retain(|ours| wanted.is_empty() || wanted.iter().any(|each| configuration(ours) == configuration(each)));
    Ok(credentials)
}

fn invalid_grant(reason: &str) -> OAuthError {
    OAuthError::new(OAuthErrorCode::InvalidGrant).because(reason)
}
