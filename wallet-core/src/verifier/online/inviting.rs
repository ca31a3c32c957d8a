//! How a session reaches the wallet: by a link, by a request object, or over the platform's API.

use serde_json::{Map, Value, json};

use super::session::Session;
use super::{Client, OnlineVerifier};
use crate::error::{Result, WalletError};
use crate::oauth::Profile;
use crate::presentation::request::{
    AuthenticatedRequest, Carriage, DcApiProtocol, RequestUriMethod, RequestedBy, dc_api, haip, link, object,
};
use crate::time::Timestamp;

/// What the wallet gets.
#[derive(Debug, Clone, PartialEq)]
pub enum Invitation {
    /// A link, to be opened on the same device or shown as a QR code.
    Link(String),
    /// A request for `navigator.credentials.get` (OpenID4VP 1.0 appendix A).
    DcApi {
        /// The exchange protocol.
        protocol: DcApiProtocol,
        /// The `data` for it.
        data: Value,
    },
}

impl Invitation {
    /// The link, or the member of `digital.requests` for `navigator.credentials.get`.
    pub fn to_json(&self) -> Value {
        match self {
            Self::Link(link) => link.clone().into(),
            Self::DcApi { protocol, data } => json!({ "protocol": protocol.as_str(), "data": data }),
        }
    }
}

impl OnlineVerifier {
    pub(super) async fn invitation(&self, session: &Session, now: &Timestamp) -> Result<Invitation> {
        if session.mode.is_over_api() {
            return self.dc_api(session, now).await;
        }
        let scheme = if self.profile == Profile::Haip { "haip-vp://" } else { "openid4vp://" };
        let client = &session.clients[0];
        let request = session.request(self, client, None)?;
        if client.key().is_none() {
            return Ok(Invitation::Link(link::write(scheme, &request.parameters())));
        }
        let mut parameters = Map::new();
        let client_id = request.client_id.as_ref().map(|id| id.as_str().into()).unwrap_or_default();
        parameters.insert("client_id".to_owned(), client_id);
        parameters.insert("request_uri".to_owned(), self.base.below(&format!("request/{}", session.id)).as_str().into());
        parameters.insert("request_uri_method".to_owned(), RequestUriMethod::Post.as_str().into());
        Ok(Invitation::Link(link::write(scheme, &parameters)))
    }

    async fn dc_api(&self, session: &Session, now: &Timestamp) -> Result<Invitation> {
        let client = &session.clients[0];
        let request = session.request(self, client, None)?;
        let several = session.clients.len() > 1;
        let (protocol, data) = match (client.key(), several) {
            (None, _) => (DcApiProtocol::Unsigned, dc_api::unsigned(&request)),
            (Some(_), false) => {
                let object = self.sign(client, request.parameters(), client.header(), (session, now)).await?;
                (DcApiProtocol::Signed, dc_api::signed(&object))
            }
            (Some(_), true) => {
                let mut objects = Vec::new();
                for client in &session.clients {
                    let (own, shared) = dc_api::shared_parameters(&session.request(self, client, None)?);
                    let header = client.header().into_iter().chain(own).collect();
                    objects.push(self.sign(client, shared, header, (session, now)).await?);
                }
                (DcApiProtocol::Multisigned, dc_api::multisigned(&objects))
            }
        };
        Ok(Invitation::DcApi { protocol, data })
    }

    /// A request object of these parameters by `client`.
    pub(super) async fn sign(
        &self,
        client: &Client,
        parameters: Map<String, Value>,
        header: Map<String, Value>,
        (session, now): (&Session, &Timestamp),
    ) -> Result<String> {
        let unsigned_client = || WalletError::misused("a client without a key signs nothing");
        let key = client.key().ok_or_else(unsigned_client)?;
        let public = self.keystore.public_key(key).await?;
        let unsigned = object::prepare(parameters, header, &public, (now, &session.expires))?;
        let signature = self.keystore.sign(key, unsigned.message()).await?;
        Ok(unsigned.finish(&signature))
    }

    /// Holds what is asked to the profile as a wallet would.
    pub(super) fn check_haip(&self, session: &Session) -> Result<()> {
        for client in &session.clients {
            let request = session.request(self, client, None)?;
            let (by, carriage) = match (client, client.chain()?, request.response_mode.origin()) {
                (Client::Certificate { .. }, Some(chain), origin) => {
                    let carriage = if origin.is_some() { Carriage::DcApi } else { Carriage::Reference };
                    (RequestedBy::Certificate { chain }, carriage)
                }
                (Client::Anonymous, _, Some(origin)) => (RequestedBy::Origin { origin: origin.to_owned() }, Carriage::DcApi),
                _ => return Err(WalletError::misused("HAIP 1.0 asks for a client named by x509_hash")),
            };
            haip::check(&AuthenticatedRequest { request, by, carriage })?;
        }
        Ok(())
    }
}
