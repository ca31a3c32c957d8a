//! The deferred credential endpoint: credentials that were not ready when they were asked for (OpenID4VCI 1.0 §9).

use serde::{Deserialize, Serialize};

use super::datasets::DatasetState;
use super::proving::HolderKey;
use super::sealing::seal;
use super::sessions::{Kind, Turn};
use super::{CredentialIssuer, broke};
use crate::issuance::{CredentialResponse, DeferredCredentialRequest};
use crate::oauth::{Call, OAuthError, OAuthErrorCode, Secret};
use crate::ports::HttpResponse;

/// Keys whose owner may have a credential each.
#[derive(Serialize, Deserialize)]
pub(super) struct Transaction {
    pub grant: Secret,
    /// The identifier of the data set.
    pub dataset: String,
    pub holders: Vec<HolderKey>,
}

impl CredentialIssuer {
    pub(super) async fn deferred(&self, call: &Call, turn: &mut Turn<'_>) -> Result<HttpResponse, OAuthError> {
        let unknown = || OAuthError::new(OAuthErrorCode::InvalidTransactionId);
        let access = self.access(call, turn).await?;
        let body = self.open(call)?;
        let request = DeferredCredentialRequest::read(&body.json)?;
        let sealing = self.check_encryption(&body, request.response_encryption.as_ref())?;
        let id = Secret::from(request.transaction_id);
        let found: Option<Transaction> = self.sessions().read(Kind::Transaction, &id, turn.now).await.map_err(broke)?;
        let transaction = found.filter(|found| found.grant == access.name).ok_or_else(unknown)?;
        let dataset = self.kept_dataset(&transaction.dataset, turn.now).await.map_err(broke)?.ok_or_else(unknown)?;
        let response = match &dataset.state {
            DatasetState::Pending => {
                CredentialResponse::Deferred { transaction_id: id.expose().to_owned(), interval: self.interval() }
            }
            DatasetState::Refused => return Err(OAuthError::new(OAuthErrorCode::CredentialRequestDenied)),
            DatasetState::Ready(credential) => {
                // Taken before anything is signed: of two requests at once, one gets the credentials. An answer that was lost is
                // made good by another credential request, as long as there is a token.
                let taken: Option<Transaction> = self.sessions().take(Kind::Transaction, &id, turn.now).await.map_err(broke)?;
                let transaction = taken.ok_or_else(unknown)?;
                let offered = self.offered(&dataset.configuration).map_err(broke)?;
                CredentialResponse::Issued(self.issue_to(&transaction, offered, credential, turn).await?)
            }
        };
        seal(&response, sealing)
    }

    /// How many seconds a wallet waits before it asks again.
    pub(super) fn interval(&self) -> u64 {
        self.plan.lifetimes.deferred_interval.as_secs().max(1)
    }
}
