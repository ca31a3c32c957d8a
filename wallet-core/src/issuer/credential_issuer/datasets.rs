//! Data sets: the claims that an access token lets a wallet have, each under an identifier of its own (OpenID4VCI 1.0 §3.3.4, §6.2).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::sessions::{Kind, Turn};
use super::{CredentialDataset, CredentialIssuer};
use crate::error::{Result, WalletError};
use crate::issuance::NotificationEvent;
use crate::oauth::{CredentialAuthorization, Secret};
use crate::securing::Mechanism;
use crate::time::Timestamp;

/// A data set as it is kept.
#[derive(Serialize, Deserialize)]
pub(super) struct Dataset {
    pub configuration: String,
    pub state: DatasetState,
    /// What was last heard of its credentials.
    event: Option<NotificationEvent>,
    until: i64,
}

/// How far a data set is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) enum DatasetState {
    /// It is waited for.
    Pending,
    /// The credential to sign, without the holder's key.
    Ready(Map<String, Value>),
    /// There will be none.
    Refused,
}

impl CredentialIssuer {
    /// Keeps data sets as long as any token for them can live; those of one configuration come together.
    pub(super) async fn keep_datasets(
        &self,
        datasets: Vec<CredentialDataset>,
        turn: &mut Turn<'_>,
    ) -> Result<Vec<CredentialAuthorization>> {
        if datasets.is_empty() {
            return Err(WalletError::misused("an offer needs something to offer"));
        }
        let lifetimes = &self.plan.lifetimes;
        let until = turn.after(lifetimes.offer + lifetimes.consent + lifetimes.code + lifetimes.all_tokens());
        let mut authorizations: Vec<CredentialAuthorization> = Vec::new();
        for CredentialDataset { configuration, credential } in datasets {
            let state = credential.map_or(DatasetState::Pending, DatasetState::Ready);
            self.check_state(&configuration, &state)?;
            let identifier = turn.secret();
            let dataset = Dataset { configuration: configuration.clone(), state, event: None, until: until.unix() };
            self.sessions().keep((Kind::Dataset, &identifier), &dataset, &until, turn.rng).await?;
            let identifier = identifier.expose().to_owned();
            match authorizations.iter_mut().find(|each| each.credential_configuration_id == configuration) {
                Some(same) => same.credential_identifiers.push(identifier),
                None => authorizations.push(CredentialAuthorization {
                    credential_configuration_id: configuration,
                    credential_identifiers: vec![identifier],
                }),
            }
        }
        Ok(authorizations)
    }

    /// The data set of that identifier.
    pub(super) async fn kept_dataset(&self, identifier: &str, now: &Timestamp) -> Result<Option<Dataset>> {
        self.sessions().read(Kind::Dataset, &identifier.into(), now).await
    }

    /// Changes the data set of that identifier.
    pub(super) async fn decide(&self, identifier: &str, state: DatasetState, turn: &mut Turn<'_>) -> Result<()> {
        let unknown = || WalletError::misused("there is no data set of that identifier, or no longer");
        let dataset = self.kept_dataset(identifier, turn.now).await?.ok_or_else(unknown)?;
        self.check_state(&dataset.configuration, &state)?;
        self.keep_again(&identifier.into(), &Dataset { state, ..dataset }, turn).await
    }

    /// Notes what became of the credentials of a data set.
    pub(super) async fn note(&self, identifier: &str, event: NotificationEvent, turn: &mut Turn<'_>) -> Result<()> {
        match self.kept_dataset(identifier, turn.now).await? {
            Some(dataset) => self.keep_again(&identifier.into(), &Dataset { event: Some(event), ..dataset }, turn).await,
            None => Ok(()),
        }
    }

    /// What was last heard of the credentials of a data set.
    pub(super) async fn heard(&self, identifier: &str, now: &Timestamp) -> Result<Option<NotificationEvent>> {
        Ok(self.kept_dataset(identifier, now).await?.and_then(|dataset| dataset.event))
    }

    async fn keep_again(&self, identifier: &Secret, dataset: &Dataset, turn: &mut Turn<'_>) -> Result<()> {
        let until = Timestamp::from_unix(dataset.until)?;
        self.sessions().keep((Kind::Dataset, identifier), dataset, &until, turn.rng).await
    }

    /// Each issued credential gets an id of its own, so a data set has none.
    fn check_state(&self, configuration: &str, state: &DatasetState) -> Result<()> {
        let offered = self.offered(configuration)?;
        let DatasetState::Ready(credential) = state else { return Ok(()) };
        let id = if offered.terms.mechanism == Mechanism::SdJwtVc { "jti" } else { "id" };
        if credential.contains_key(id) {
            return Err(WalletError::misused(format!("a data set has no {id}: each credential made of it gets its own")));
        }
        Ok(())
    }
}
