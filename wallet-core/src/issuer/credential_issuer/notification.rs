//! The notification endpoint: what became of credentials in the wallet (OpenID4VCI 1.0 §11).

use serde::{Deserialize, Serialize};

use super::sessions::{Kind, Turn};
use super::{CredentialIssuer, broke};
use crate::issuance::NotificationRequest;
use crate::oauth::call::empty_answer;
use crate::oauth::{Call, OAuthError, OAuthErrorCode, Secret};
use crate::ports::HttpResponse;

/// What one response brought.
#[derive(Serialize, Deserialize)]
pub(super) struct Issued {
    pub grant: Secret,
    /// The identifier of the data set.
    pub dataset: String,
}

impl CredentialIssuer {
    pub(super) async fn notification(&self, call: &Call, turn: &mut Turn<'_>) -> Result<HttpResponse, OAuthError> {
        let access = self.access(call, turn).await?;
        if !call.is("application/json") {
            let error = OAuthError::new(OAuthErrorCode::InvalidNotificationRequest);
            return Err(error.because("send it as application/json"));
        }
        let request = NotificationRequest::read(&call.body)?;
        let id = Secret::from(request.notification_id);
        let found: Option<Issued> = self.sessions().read(Kind::Notification, &id, turn.now).await.map_err(broke)?;
        let issued = found.filter(|found| found.grant == access.name);
        let issued = issued.ok_or_else(|| OAuthError::new(OAuthErrorCode::InvalidNotificationId))?;
        self.note(&issued.dataset, request.event, turn).await.map_err(broke)?;
        Ok(empty_answer(204))
    }
}
