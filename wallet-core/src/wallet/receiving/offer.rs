//! The offer as a person looks at it, before anything is accepted: who offers what, and how to get it (OpenID4VCI 1.0 §4, §12.2).

use serde::{Deserialize, Serialize};

use super::Client;
use crate::error::{Result, WalletError};
use crate::issuance::{
    CredentialIssuerMetadata, CredentialOffer, MetadataSigner, OfferLink, PreAuthorizedCodeGrant, SignedMetadata, TransactionCode,
};
use crate::language::Language;
use crate::oauth::call::{header_of, json_of};
use crate::oauth::{AuthorizationServerMetadata, Endpoint, OAuthError, metadata, token};
use crate::ports::{HttpRequest, HttpResponse};
use crate::time::Timestamp;

/// The name of the metadata's well-known place.
const WELL_KNOWN: &str = "openid-credential-issuer";
/// The most authorization servers that are asked what they know.
const MAX_SERVERS: usize = 4;

/// An offer, and what its issuer says of itself: anybody can make one, and nothing was accepted yet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Offer {
    /// The offer as it was received.
    pub offer: CredentialOffer,
    /// What the issuer publishes.
    pub issuer: CredentialIssuerMetadata,
    /// What its authorization server publishes.
    pub server: AuthorizationServerMetadata,
    /// Who vouches for what the issuer publishes, by a certificate that was trusted; none when its web server alone does.
    pub certified: Option<String>,
}

/// One offered credential, for a person to read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offered {
    /// What the issuer calls its configuration.
    pub configuration: String,
    /// What people call it, in the language nearest to theirs.
    pub name: String,
    /// The format's identifier.
    pub format: String,
    /// The names of its claims, where the issuer lists them.
    pub claims: Vec<String>,
}

impl Offer {
    /// Reads the link or QR code of an offer, fetches the offer once if it is elsewhere, and looks up who offers.
    ///
    /// Fails with `Malformed` when it is no offer or the issuer publishes something else than is offered, `Unreachable` when a
    /// server does not answer, `Refused` when it answers that there is no such offer.
    pub async fn review(link: &str, client: &Client<'_>, now: &Timestamp) -> Result<Self> {
        let offer = match OfferLink::read(link)? {
            OfferLink::ByValue(offer) => offer,
            OfferLink::ByReference(place) => {
                let response = client.get(place.as_str(), "application/json").await?;
                json_of("credential offer", &response)?;
                CredentialOffer::read(&text_of("credential offer", &response)?)?
            }
        };
        let (issuer, certified) = client.issuer(&offer.credential_issuer, now).await?;
        for id in &offer.credential_configuration_ids {
            issuer.configuration(id)?;
        }
        let server = client.server(&offer, &issuer).await?;
        Ok(Self { offer, issuer, server, certified })
    }

    /// Who offers, in `language`: the name the issuer gives itself, or else its host. Show [`Offer::host`] beside it.
    pub fn issuer_name(&self, language: Language) -> String {
        self.issuer.name(language.tag()).map_or_else(|| self.host(), str::to_owned)
    }

    /// The host that offers, and that a transaction code would go to.
    pub fn host(&self) -> String {
        self.offer.credential_issuer.host()
    }

    /// What is offered, in `language`.
    pub fn offered(&self, language: Language) -> Vec<Offered> {
        let tag = language.tag();
        let known = self.offer.credential_configuration_ids.iter();
        let known = known.filter_map(|id| Some((id, self.issuer.credential_configurations_supported.get(id)?)));
        let claim_name = |claim: &crate::issuance::ClaimDescription| {
            crate::issuance::Display::best_name(&claim.display, tag).map(str::to_owned)
        };
        known
            .map(|(id, configuration)| Offered {
                configuration: id.clone(),
                name: configuration.name(tag).unwrap_or(id).to_owned(),
                format: configuration.format.as_str().to_owned(),
                claims: configuration.metadata.claims.iter().filter_map(claim_name).collect(),
            })
            .collect()
    }

    /// What to ask the person for, if the issuer has sent a code another way.
    pub fn transaction_code(&self) -> Option<&TransactionCode> {
        self.pre_authorized()?.transaction_code.as_ref()
    }

    /// Whether the person has to sign in with the issuer in a browser.
    pub fn needs_browser(&self) -> bool {
        self.pre_authorized().is_none()
    }

    /// The pre-authorized code, where the offer has one.
    pub(super) fn pre_authorized(&self) -> Option<&PreAuthorizedCodeGrant> {
        self.offer.grants.pre_authorized_code.as_ref()
    }
}

impl Client<'_> {
    /// What the issuer publishes, and whose certificate vouches for it.
    async fn issuer(&self, issuer: &Endpoint, now: &Timestamp) -> Result<(CredentialIssuerMetadata, Option<String>)> {
        let place = issuer.well_known(WELL_KNOWN);
        // Signed metadata of somebody who is not trusted would have to be refused (§12.2.3): who trusts nobody does not ask for it.
        let accepted = match self.verifier.carried.authorities.is_empty() {
            true => "application/json",
            false => "application/jwt, application/json;q=0.5",
        };
        let mut response = self.get(place.as_str(), accepted).await?;
        if is_jwt(&response) {
            let signed = SignedMetadata::read(&text_of("signed metadata", &response)?)?;
            if let Some(certified) = self.certified(&signed, issuer, now)? {
                return Ok(certified);
            }
            response = self.get(place.as_str(), "application/json").await?;
        }
        json_of("credential issuer metadata", &response)?;
        Ok((CredentialIssuerMetadata::read(&response.body, issuer)?, None))
    }

    /// The metadata, if the certificate they were signed by is for the issuer and was trusted.
    fn certified(
        &self,
        signed: &SignedMetadata,
        issuer: &Endpoint,
        now: &Timestamp,
    ) -> Result<Option<(CredentialIssuerMetadata, Option<String>)>> {
        let MetadataSigner::Certificates(chain) = signed.signer() else { return Ok(None) };
        if chain.check(&self.verifier.carried.authorities, now).is_err() || !chain.leaf().is_for_url(issuer.as_str()) {
            return Ok(None);
        }
        let metadata = signed.check(&chain.leaf().public_key()?, issuer, now)?;
        Ok(Some((metadata, Some(chain.leaf().subject()))))
    }

    /// What the authorization server publishes: the one the offer names, or the first that knows the grant (§12.2.4).
    async fn server(&self, offer: &CredentialOffer, issuer: &CredentialIssuerMetadata) -> Result<AuthorizationServerMetadata> {
        let pre_authorized = offer.grants.pre_authorized_code.as_ref();
        let (grant, hint) = match pre_authorized {
            Some(grant) => (token::PRE_AUTHORIZED_CODE, grant.authorization_server.as_deref()),
            None => {
                let grant = offer.grants.authorization_code.as_ref();
                (token::AUTHORIZATION_CODE, grant.and_then(|grant| grant.authorization_server.as_deref()))
            }
        };
        let first = issuer.authorization_server(hint)?;
        let others = issuer.authorization_servers.iter().filter(|other| hint.is_none() && *other != first);
        let mut fallback = None;
        for server in std::iter::once(first).chain(others).take(MAX_SERVERS) {
            let response = self.get(server.well_known(metadata::WELL_KNOWN).as_str(), "application/json").await?;
            let found = AuthorizationServerMetadata::read(json_of("authorization server metadata", &response)?, server)?;
            if found.knows_grant(grant) {
                return Ok(found);
            }
            fallback.get_or_insert(found);
        }
        fallback.ok_or_else(|| WalletError::malformed("credential issuer metadata", "it names no authorization server"))
    }

    /// One GET of a public URL.
    async fn get(&self, url: &str, accept: &str) -> Result<HttpResponse> {
        let mut request = HttpRequest::get(url);
        request.headers.push(("accept".to_owned(), accept.to_owned()));
        request.headers.push(("accept-language".to_owned(), self.language.tag().to_owned()));
        let response = self.send(request).await?;
        if response.status == 200 { Ok(response) } else { Err(OAuthError::from_response(&response).refusal(&host_of(url))) }
    }

    /// Sends a request by the verifier's network; a server that is broken, or has too much to do, cannot be reached now.
    pub(super) async fn send(&self, request: HttpRequest) -> Result<HttpResponse> {
        let network = self.verifier.network.as_ref();
        let network = network.ok_or_else(|| WalletError::unreachable("the issuer", "there is no network"))?;
        let host = host_of(&request.url);
        let response = network.send(request).await?;
        match response.status {
            429 | 500.. => Err(WalletError::unreachable(host, format!("it answered {}", response.status))),
            _ => Ok(response),
        }
    }
}

fn is_jwt(response: &HttpResponse) -> bool {
    header_of(response, "content-type")
        .is_some_and(|found| found.split(';').next().is_some_and(|found| found.trim() == "application/jwt"))
}

fn text_of(what: &str, response: &HttpResponse) -> Result<String> {
    String::from_utf8(response.body.clone()).map_err(|_| WalletError::malformed(what, "it is not UTF-8 text"))
}

fn host_of(url: &str) -> String {
    Endpoint::read(url).map(|endpoint| endpoint.host()).unwrap_or_default()
}
