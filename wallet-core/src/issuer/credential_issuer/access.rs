//! Access: what a token lets its owner do (RFC 6750, RFC 9449 §7; OpenID4VCI 1.0 §13.10). Tokens are kept by their hashes alone.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::sessions::{Kind, Turn};
use super::{CredentialIssuer, broke};
use crate::error::Result;
use crate::oauth::{Call, CredentialAuthorization, OAuthError, OAuthErrorCode, Secret, TokenResponse, TokenType};
use crate::time::Timestamp;

/// What somebody may do, whatever token says so.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Grant {
    /// The client, if it said who it is.
    pub client: Option<String>,
    /// The thumbprint of the key by which this instance of the client was attested.
    pub instance: Option<String>,
    /// The thumbprint of the key its tokens are bound to.
    pub jkt: Option<String>,
    /// The data sets, by their configurations.
    pub credentials: Vec<CredentialAuthorization>,
    /// Whether the wallet was told the identifiers of the data sets, which it must use then (§8.2).
    pub is_identified: bool,
}

/// Whose a token is.
#[derive(Serialize, Deserialize)]
struct Token {
    grant: Secret,
    /// The data sets that it is for, where its wallet wanted less than all.
    narrowed: Option<Vec<CredentialAuthorization>>,
}

/// A grant that a token stood for.
pub(super) struct Access {
    pub grant: Grant,
    /// What we call it by.
    pub name: Secret,
    is_narrowed: bool,
}

impl Access {
    /// The same for these data sets alone, whose identifiers the wallet is told then (§6.2).
    pub fn narrow_to(&mut self, credentials: Vec<CredentialAuthorization>) {
        self.grant.credentials = credentials;
        self.grant.is_identified = true;
        self.is_narrowed = true;
    }
}

impl CredentialIssuer {
    /// The access that the token of `call` gives; one bound to a key needs that key's proof.
    pub(super) async fn access(&self, call: &Call, turn: &mut Turn<'_>) -> Result<Access, OAuthError> {
        let invalid = |reason: &str| OAuthError::new(OAuthErrorCode::InvalidToken).because(reason);
        let (bearer, bound) = (call.authorization("Bearer"), call.authorization("DPoP"));
        let token: Secret = bearer.or(bound).ok_or_else(|| invalid("an access token is needed"))?.into();
        let access = self.granted(Kind::AccessToken, &token, turn.now).await.map_err(broke)?;
        let access = access.ok_or_else(|| invalid("the access token is not, or no longer, good"))?;
        match (&access.grant.jkt, bound) {
            (None, None) => Ok(access),
            (Some(jkt), Some(_)) => {
                let proven = self.dpop(call, Some(&token), turn).await.map_err(|error| error.with_status(401))?;
                if proven.as_ref() == Some(jkt) { Ok(access) } else { Err(invalid("the access token is bound to another key")) }
            }
            _ => Err(invalid("the access token is of another type")),
        }
    }

    /// The grant that a token of that kind stands for.
    pub(super) async fn granted(&self, kind: Kind, token: &Secret, now: &Timestamp) -> Result<Option<Access>> {
        let Some(Token { grant: name, narrowed }) = self.sessions().read(kind, token, now).await? else { return Ok(None) };
        let Some(grant) = self.sessions().read(Kind::Grant, &name, now).await? else { return Ok(None) };
        let mut access = Access { grant, name, is_narrowed: false };
        if let Some(credentials) = narrowed {
            access.narrow_to(credentials);
        }
        Ok(Some(access))
    }

    /// Keeps a new grant, as long as any of its tokens may live.
    pub(super) async fn keep_grant(&self, grant: Grant, turn: &mut Turn<'_>) -> Result<Access> {
        let (name, until) = (turn.secret(), turn.after(self.plan.lifetimes.all_tokens()));
        self.sessions().keep((Kind::Grant, &name), &grant, &until, turn.rng).await?;
        Ok(Access { grant, name, is_narrowed: false })
    }

    /// New tokens for `access`: a refresh token only where there is none yet that stays (`refresh_token` is the one that does).
    pub(super) async fn tokens(
        &self,
        access: &Access,
        refresh_token: Option<Secret>,
        turn: &mut Turn<'_>,
    ) -> Result<TokenResponse> {
        let lifetimes = &self.plan.lifetimes;
        let (token_type, lifetime) = match access.grant.jkt {
            Some(_) => (TokenType::Dpop, lifetimes.bound_token),
            None => (TokenType::Bearer, lifetimes.bearer_token),
        };
        let narrowed = access.is_narrowed.then(|| access.grant.credentials.clone());
        let token = Token { grant: access.name.clone(), narrowed };
        let access_token = turn.secret();
        self.sessions().keep((Kind::AccessToken, &access_token), &token, &turn.after(lifetime), turn.rng).await?;
        let refresh_token = match (refresh_token, lifetimes.refresh_token) {
            (None, Some(lifetime)) => {
                let (fresh, token) = (turn.secret(), Token { narrowed: None, ..token });
                self.sessions().keep((Kind::RefreshToken, &fresh), &token, &turn.after(lifetime), turn.rng).await?;
                Some(fresh)
            }
            (kept, _) => kept,
        };
        let granted = &access.grant.credentials;
        let (details, scope) = match access.grant.is_identified {
            true => (granted.clone(), None),
            false => (Vec::new(), self.scope_of(granted)),
        };
        Ok(TokenResponse { access_token, token_type, expires_in: Some(lifetime.as_secs()), refresh_token, scope, details })
    }

    /// The scopes of what was granted, which may not be those that were asked for (RFC 6749 §3.3).
    fn scope_of(&self, granted: &[CredentialAuthorization]) -> Option<String> {
        let offered = granted.iter().filter_map(|each| self.plan.credentials.get(&each.credential_configuration_id));
        let scopes: BTreeSet<&str> = offered.filter_map(|offered| offered.configuration.scope.as_deref()).collect();
        (!scopes.is_empty()).then(|| scopes.into_iter().collect::<Vec<_>>().join(" "))
    }
}
