//! Getting the right to credentials: the browser, its answer, the token (OpenID4VCI 1.0 §5, §6).

use super::errand::{Errand, Outgoing};
use super::issuance::{Authorization, Wanted};
use super::{Client, Dpop, Offer};
use crate::error::{Result, WalletError};
use crate::oauth::{
    AuthorizationAnswer, AuthorizationRequest, AuthorizationServerMetadata, CodeVerifier, CredentialAuthorization, Endpoint,
    Form, Grant, Profile, PushedResponse, Secret, TokenRequest, TokenResponse, TokenType, authorization_details,
};

impl Errand<'_> {
    /// Begins: by the code of the offer, or by a browser, whose URL it gives.
    pub async fn begin(&mut self, offer: &Offer, tx_code: Option<Secret>) -> Result<Option<String>> {
        self.bind_tokens().await?;
        match offer.needs_browser() {
            true => self.ask(offer).await.map(Some),
            false => self.redeem_offered(offer, tx_code).await.map(|()| None),
        }
    }

    /// The URL that the browser is sent to, once the server knows what it is about; what the wallet must remember is in the issuance.
    async fn ask(&mut self, offer: &Offer) -> Result<String> {
        let endpoint = self.issuance.server.authorization_endpoint.clone();
        let endpoint = endpoint.ok_or_else(|| unsupported("it has no authorization endpoint"))?;
        if !self.issuance.server.may_know_s256() {
            return Err(unsupported("it does not know PKCE with S256"));
        }
        let (state, verifier) = (Secret::generate(self.rng), CodeVerifier::generate(self.rng));
        let request = self.authorization_request(offer, &state, &verifier);
        if self.client.profile == Profile::Haip && request.scope.is_none() {
            return Err(WalletError::unsupported("this issuer under HAIP 1.0", "a credential has no scope to ask for it by"));
        }
        let parameters = self.push(&request).await?;
        let redirect_uri = request.redirect_uri;
        self.issuance.client_id = Some(request.client_id);
        self.issuance.authorization = Authorization::Browsing { state, verifier, redirect_uri };
        Ok(endpoint.with_query(&parameters))
    }

    fn authorization_request(&self, offer: &Offer, state: &Secret, verifier: &CodeVerifier) -> AuthorizationRequest {
        let scope = self.scope();
        let details = match scope {
            Some(_) => Vec::new(),
            None => self.issuance.wanted.iter().map(|one| CredentialAuthorization::of(&one.configuration)).collect(),
        };
        let grant = offer.offer.grants.authorization_code.as_ref();
        AuthorizationRequest {
            client_id: self.client.id().to_owned(),
            redirect_uri: self.client.redirect_uri.clone(),
            state: Some(state.expose().to_owned()),
            code_challenge: verifier.challenge(),
            scope,
            details,
            resource: self.resource(),
            issuer_state: grant.and_then(|grant| grant.issuer_state.as_ref()).map(|state| state.expose().to_owned()),
            dpop_jkt: self.issuance.dpop.as_ref().map(|key| key.public.thumbprint()),
        }
    }

    /// The scopes that ask for what is wanted, where all of it has one and the server does not say that it knows details (§5.1.2).
    fn scope(&self) -> Option<String> {
        if self.knows_details() && self.client.profile == Profile::Standard {
            return None;
        }
        let scope = |one: &Wanted| self.issuance.configuration(&one.configuration).ok()?.scope.clone();
        let mut scopes = self.issuance.wanted.iter().map(scope).collect::<Option<Vec<_>>>()?;
        scopes.sort();
        scopes.dedup();
        Some(scopes.join(" "))
    }

    /// The issuer, for a server that may have several (§5.1.1, §5.1.2).
    fn resource(&self) -> Option<Endpoint> {
        let issuer = &self.issuance.issuer;
        (!issuer.authorization_servers.is_empty()).then(|| issuer.credential_issuer.clone())
    }

    /// Pushes the request where the server takes that (RFC 9126); what the browser carries.
    async fn push(&mut self, request: &AuthorizationRequest) -> Result<Form> {
        let server = &self.issuance.server;
        let Some(endpoint) = server.pushed_authorization_request_endpoint.clone() else {
            if server.require_pushed_authorization_requests {
                return Err(unsupported("it asks for pushed requests and does not say where"));
            }
            return Ok(request.to_form());
        };
        let response = self.send(&Outgoing::form(&endpoint, &request.to_form())).await?.map_err(|error| self.refusal(&error))?;
        Ok(PushedResponse::read(&response)?.to_form(&request.client_id))
    }

    /// Takes the answer that the browser brought back, which the wallet has recognised by its state: exactly once, and only from the
    /// server that was asked (RFC 9207).
    pub async fn answered(&mut self, answer: AuthorizationAnswer) -> Result<()> {
        let asked = std::mem::replace(&mut self.issuance.authorization, Authorization::Asked);
        let Authorization::Browsing { verifier, redirect_uri, .. } = asked else {
            return Err(WalletError::misused("nobody has been asked to sign in"));
        };
        check_issuer(&answer, &self.issuance.server, self.client.profile)?;
        let code = answer.outcome.map_err(|error| self.refusal(&error))?;
        self.redeem(Grant::AuthorizationCode { code, verifier, redirect_uri }).await
    }

    /// Redeems the pre-authorized code of an offer (§6.1).
    async fn redeem_offered(&mut self, offer: &Offer, tx_code: Option<Secret>) -> Result<()> {
        let grant = offer.pre_authorized().ok_or_else(|| WalletError::misused("the offer has no pre-authorized code"))?;
        match (&grant.transaction_code, &tx_code) {
            (Some(_), None) => return Err(WalletError::misused("ask the person for the transaction code")),
            (None, Some(_)) => return Err(WalletError::misused("the issuer has asked for no transaction code")),
            _ => {}
        }
        let anonymous = self.issuance.server.pre_authorized_grant_anonymous_access_supported && self.client.attestation.is_none();
        self.issuance.client_id = (!anonymous).then(|| self.client.id().to_owned());
        self.redeem(Grant::PreAuthorizedCode { code: grant.code.clone(), tx_code }).await
    }

    /// Exchanges a code or a refresh token for an access token, and notes what may be asked for with it.
    async fn redeem(&mut self, grant: Grant) -> Result<()> {
        let endpoint = self.issuance.server.token_endpoint.clone().ok_or_else(|| unsupported("it has no token endpoint"))?;
        let refreshed = if let Grant::RefreshToken { token } = &grant { Some(token.clone()) } else { None };
        // A pre-authorized code stands for all that was offered: details say which of it is wanted.
        let narrows = matches!(grant, Grant::PreAuthorizedCode { .. }) && self.knows_details();
        let details = self.issuance.wanted.iter().filter(|_| narrows);
        let request = TokenRequest {
            details: details.map(|one| CredentialAuthorization::of(&one.configuration)).collect(),
            resource: self.resource().filter(|_| narrows),
            client_id: self.issuance.client_id.clone(),
            grant,
        };
        let response = self.send(&Outgoing::form(&endpoint, &request.to_form())).await?.map_err(|error| self.refusal(&error))?;
        let mut token = TokenResponse::read(&response)?;
        check_binding(&token, self.client, self.issuance.dpop.is_some())?;
        // A refresh token that is not replaced goes on to be good (RFC 6749 §6).
        token.refresh_token = token.refresh_token.or(refreshed);
        self.identify(&token);
        let until = token.expires_in.map(|seconds| self.now.plus_seconds(i64::try_from(seconds).unwrap_or(i64::MAX)));
        self.issuance.authorization = Authorization::Given { token, until };
        Ok(())
    }

    /// Gets another access token by the refresh token; whether there was one.
    pub async fn refresh(&mut self) -> Result<bool> {
        let Some(token) = self.issuance.refresh_token().cloned() else { return Ok(false) };
        self.redeem(Grant::RefreshToken { token }).await?;
        self.save().await?;
        Ok(true)
    }

    fn knows_details(&self) -> bool {
        let known = &self.issuance.server.authorization_details_types_supported;
        known.iter().any(|known| known == authorization_details::TYPE)
    }

    /// Each data set that the token response names is asked for by its identifier (§6.2).
    fn identify(&mut self, token: &TokenResponse) {
        let identifiers = |one: &Wanted| -> Vec<String> {
            let named = token.details.iter().filter(|detail| detail.credential_configuration_id == one.configuration);
            named.flat_map(|detail| detail.credential_identifiers.clone()).collect()
        };
        let wanted = std::mem::take(&mut self.issuance.wanted).into_iter();
        self.issuance.wanted = wanted
            .flat_map(|one| match identifiers(&one) {
                _ if one.identifier.is_some() => vec![one],
                named if named.is_empty() => vec![one],
                named => named.into_iter().map(|identifier| Wanted::of(&one.configuration, Some(identifier))).collect(),
            })
            .collect();
    }
}

/// Refuses the answer of another server than the one that was asked: it is a mix-up (RFC 9207 §2.4, which HAIP 1.0 asks of all).
fn check_issuer(answer: &AuthorizationAnswer, server: &AuthorizationServerMetadata, profile: Profile) -> Result<()> {
    let mixed_up = |reason: &str| Err(WalletError::refused("the wallet", reason));
    match &answer.issuer {
        Some(issuer) if issuer != server.issuer.as_str() => mixed_up("the answer is from another server than was asked"),
        None if server.authorization_response_iss_parameter_supported || profile == Profile::Haip => {
            mixed_up("the answer does not say which server it is from")
        }
        _ => Ok(()),
    }
}

/// Refuses a token that whoever steals it can use, where the wallet wants another.
fn check_binding(token: &TokenResponse, client: &Client<'_>, proved: bool) -> Result<()> {
    let must = client.dpop == Dpop::Always || client.profile == Profile::Haip;
    match token.token_type {
        TokenType::Dpop if !proved => {
            Err(WalletError::malformed("token response", "it binds a token to a key that nobody proved"))
        }
        TokenType::Bearer if must => {
            Err(WalletError::refused("the wallet", "the server does not bind its token to a key (DPoP)"))
        }
        _ => Ok(()),
    }
}

fn unsupported(reason: &str) -> WalletError {
    WalletError::unsupported("this authorization server", reason)
}
