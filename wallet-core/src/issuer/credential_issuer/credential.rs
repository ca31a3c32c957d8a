//! The credential endpoint: from an access token and keys to credentials (OpenID4VCI 1.0 §8).

use super::access::Access;
use super::datasets::DatasetState;
use super::deferred::Transaction;
use super::sealing::seal;
use super::sessions::{Kind, Turn};
use super::{CredentialIssuer, broke};
use crate::issuance::{CredentialRequest, CredentialResponse, Requested};
use crate::oauth::{Call, OAuthError, OAuthErrorCode};
use crate::ports::HttpResponse;

impl CredentialIssuer {
    pub(super) async fn credential(&self, call: &Call, turn: &mut Turn<'_>) -> Result<HttpResponse, OAuthError> {
        let access = self.access(call, turn).await?;
        let body = self.open(call)?;
        let request = CredentialRequest::read(&body.json)?;
        let sealing = self.check_encryption(&body, request.response_encryption.as_ref())?;
        let identifier = self.chosen(&access, &request.requested)?;
        let dataset = self.kept_dataset(&identifier, turn.now).await.map_err(broke)?;
        let dataset = dataset.ok_or_else(|| OAuthError::new(OAuthErrorCode::UnknownCredentialIdentifier))?;
        let offered = self.offered(&dataset.configuration).map_err(broke)?;
        let asked = (&offered.configuration, access.grant.client.as_deref());
        let holders = self.prove(request.proofs.as_ref(), asked, turn.now).await?;
        let transaction = Transaction { grant: access.name, dataset: identifier, holders };
        let response = match &dataset.state {
            DatasetState::Ready(credential) => {
                CredentialResponse::Issued(self.issue_to(&transaction, offered, credential, turn).await?)
            }
            DatasetState::Pending => self.defer(&transaction, turn).await?,
            DatasetState::Refused => return Err(OAuthError::new(OAuthErrorCode::CredentialRequestDenied)),
        };
        seal(&response, sealing)
    }

    /// The data set that a request names, among those of its token: by identifier where the wallet was told them, else by configuration.
    fn chosen(&self, access: &Access, requested: &Requested) -> Result<String, OAuthError> {
        let granted = &access.grant.credentials;
        match requested {
            Requested::Identifier(id) => {
                let told = access.grant.is_identified.then_some(granted).into_iter().flatten();
                let found = told.flat_map(|each| &each.credential_identifiers).find(|known| *known == id).cloned();
                found.ok_or_else(|| OAuthError::new(OAuthErrorCode::UnknownCredentialIdentifier))
            }
            Requested::Configuration(name) if !self.plan.credentials.contains_key(name) => {
                Err(OAuthError::new(OAuthErrorCode::UnknownCredentialConfiguration))
            }
            Requested::Configuration(_) if access.grant.is_identified => {
                let error = OAuthError::new(OAuthErrorCode::InvalidCredentialRequest);
                Err(error.because("use one of the credential identifiers of the token response"))
            }
            Requested::Configuration(name) => {
                let granted = granted.iter().find(|each| each.credential_configuration_id == *name);
                let identifier = granted.and_then(|each| each.credential_identifiers.first());
                identifier.cloned().ok_or_else(|| OAuthError::new(OAuthErrorCode::InsufficientScope))
            }
        }
    }

    /// The promise of credentials that are not ready.
    async fn defer(&self, transaction: &Transaction, turn: &mut Turn<'_>) -> Result<CredentialResponse, OAuthError> {
        let id = turn.secret();
        let until = turn.after(self.plan.lifetimes.all_tokens());
        self.sessions().keep((Kind::Transaction, &id), transaction, &until, turn.rng).await.map_err(broke)?;
        Ok(CredentialResponse::Deferred { transaction_id: id.expose().to_owned(), interval: self.interval() })
    }
}
