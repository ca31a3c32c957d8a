//! Credentials anew, and credentials that the person did not want after all (OpenID4VCI 1.0 §11, §14.5).

use rand_core::CryptoRng;

use super::errand::Errand;
use super::issuance::{Issuance, Kept, Wanted};
use super::{Client, Received};
use crate::error::{Result, WalletError};
use crate::issuance::{NotificationEvent, NotificationRequest};
use crate::store::RecordId;
use crate::time::Timestamp;
use crate::wallet::{Forgetting, Wallet};

impl Wallet {
    /// Gets a kept credential anew from its issuer, with the refresh token and fresh keys; the old one stays until it is forgotten.
    ///
    /// Fails with `Misused` when the issuer gave no right to that, and otherwise as [`Wallet::accept_offer`] does.
    pub async fn renew(
        &mut self,
        credential: &RecordId,
        client: &Client<'_>,
        rng: &mut (dyn CryptoRng + Send),
        now: &Timestamp,
    ) -> Result<Received> {
        let (id, mut issuance, kept) = self.issuance_of(credential).await?;
        issuance.wanted.push(Wanted::of(&kept.configuration, kept.identifier));
        let mut errand = Errand::new(self, client, issuance, (rng, now));
        errand.id = Some(id);
        match errand.refresh().await? {
            true => errand.proceed().await,
            false => Err(WalletError::misused("the issuer gave no right to get it anew: ask it for another offer")),
        }
    }

    /// Forgets the credentials of an issuance that the person does not want after all, and tells the issuer so (§11.1).
    pub async fn discard(
        &mut self,
        issuance: &RecordId,
        client: &Client<'_>,
        rng: &mut (dyn CryptoRng + Send),
        now: &Timestamp,
    ) -> Result<()> {
        let mut held = self.issuance(issuance).await?;
        let present = self.credentials().await?;
        for kept in std::mem::take(&mut held.kept) {
            if present.iter().any(|(id, _)| *id == kept.credential) {
                self.forget(&kept.credential, Forgetting::Credential, rng, now).await?;
            }
            let notice = kept.notification_id.map(|id| NotificationRequest::of(id, NotificationEvent::CredentialDeleted));
            held.notices.extend(notice.filter(|notice| !held.notices.contains(notice)));
        }
        let mut errand = Errand::new(self, client, held, (rng, now));
        errand.id = Some(*issuance);
        errand.tell().await?;
        let held = errand.issuance.clone();
        self.end_issuance(issuance, &held, rng).await
    }

    /// The issuance by which a credential was got.
    async fn issuance_of(&self, credential: &RecordId) -> Result<(RecordId, Issuance, Kept)> {
        for (id, issuance) in self.all_issuances().await? {
            if let Some(kept) = issuance.kept.iter().find(|kept| kept.credential == *credential).cloned() {
                return Ok((id, issuance, kept));
            }
        }
        Err(WalletError::misused("the wallet knows of no way to get this credential anew"))
    }
}
