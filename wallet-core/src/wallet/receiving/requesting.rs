//! Asking for credentials, at once or again later, and telling what became of them (OpenID4VCI 1.0 §7 to §11).

use serde_json::Value;

use super::checking::Checked;
use super::errand::{Errand, Outgoing};
use super::issuance::{Deferred, Kept, Wanted};
use super::proving::Plan;
use super::{Encryption, Received, Refusal};
use crate::error::{Result, WalletError};
use crate::issuance::{
    CredentialRequest, CredentialResponse, DeferredCredentialRequest, IssuedCredentials, NonceResponse, NotificationEvent,
    NotificationRequest, ResponseEncryptionKey, decrypt,
};
use crate::jose::jwe::DecryptionKey;
use crate::oauth::call::header_of;
use crate::oauth::{Endpoint, OAuthError, OAuthErrorCode};
use crate::ports::HttpResponse;
use crate::store::Record;
use crate::wallet::receive;

impl Errand<'_> {
    /// Gets everything that is wanted and due, keeps what is good, and tells the issuer.
    pub async fn proceed(mut self) -> Result<Received> {
        if self.issuance.has_ended(self.now) {
            self.refresh().await?;
        }
        let id = self.save().await?;
        let mut received = Received::of(id);
        while let Some(at) = self.issuance.wanted.iter().position(|wanted| wanted.is_due(self.now)) {
            self.obtain(at, &mut received).await?;
        }
        received.ask_again =
            self.issuance.wanted.iter().filter_map(|wanted| wanted.deferred.as_ref()).map(|d| d.not_before.clone()).min();
        self.tell().await?;
        self.close().await?;
        Ok(received)
    }

    /// Asks for one credential, or a batch of it.
    async fn obtain(&mut self, at: usize, received: &mut Received) -> Result<()> {
        let answer = match self.ask_for(at).await? {
            // The token has ended before its time, or its time was not told.
            Err(error) if error.code == OAuthErrorCode::InvalidToken && self.refresh().await? => self.ask_for(at).await?,
            answer => answer,
        };
        match answer {
            Ok(CredentialResponse::Deferred { transaction_id, interval }) => {
                let not_before = self.now.plus_seconds(i64::try_from(interval).unwrap_or(i64::MAX));
                self.issuance.wanted[at].deferred = Some(Deferred { transaction_id, not_before });
                self.save().await.map(drop)
            }
            Ok(CredentialResponse::Issued(issued)) => self.take(at, issued, received).await,
            Err(error) => {
                let wanted = self.issuance.wanted.remove(at);
                self.drop_keys(&wanted, &[]).await?;
                self.save().await?;
                received.refusals.push(Refusal {
                    configuration: wanted.configuration,
                    faults: vec![self.refusal(&error).to_string()],
                    verdict: None,
                });
                Ok(())
            }
        }
    }

    /// Asks for what is wanted, for the first time or again.
    async fn ask_for(&mut self, at: usize) -> Result<Result<CredentialResponse, OAuthError>> {
        match self.issuance.wanted[at].deferred.clone() {
            Some(deferred) => self.ask_later(&deferred.transaction_id).await,
            None => self.ask_now(at).await,
        }
    }

    /// The credential request (§8.2); a nonce that the issuer knows no longer is replaced once.
    async fn ask_now(&mut self, at: usize) -> Result<Result<CredentialResponse, OAuthError>> {
        let configuration = self.issuance.configuration(&self.issuance.wanted[at].configuration)?.clone();
        let plan = Plan::of(&configuration, self.client)?;
        if let Some(plan) = &plan {
            self.make_keys(at, plan).await?;
        }
        let wanted = self.issuance.wanted[at].clone();
        let answer = self.request_credential(&wanted, plan.as_ref()).await?;
        match answer {
            Err(OAuthError { code: OAuthErrorCode::InvalidNonce, .. }) => self.request_credential(&wanted, plan.as_ref()).await,
            answer => Ok(answer),
        }
    }

    async fn request_credential(
        &mut self,
        wanted: &Wanted,
        plan: Option<&Plan>,
    ) -> Result<Result<CredentialResponse, OAuthError>> {
        let proofs = match plan {
            Some(plan) => {
                let nonce = self.nonce().await?;
                Some(self.prove(wanted, plan, nonce.as_deref()).await?)
            }
            None => None,
        };
        let (key, response_encryption) = self.response_encryption()?.unzip();
        let request = CredentialRequest { requested: wanted.requested(), proofs, response_encryption };
        let endpoint = self.issuance.issuer.credential_endpoint.clone();
        self.exchange(&endpoint, &request.to_json(), key.as_ref()).await
    }

    /// The deferred credential request (§9.1).
    async fn ask_later(&mut self, transaction_id: &str) -> Result<Result<CredentialResponse, OAuthError>> {
        let endpoint = self.issuance.issuer.deferred_credential_endpoint.clone();
        let endpoint =
            endpoint.ok_or_else(|| WalletError::malformed("credential issuer metadata", "it has no deferred endpoint"))?;
        let (key, response_encryption) = self.response_encryption()?.unzip();
        let request = DeferredCredentialRequest { transaction_id: transaction_id.to_owned(), response_encryption };
        let answer = self.exchange(&endpoint, &request.to_json(), key.as_ref()).await?;
        // An issuer that is still not ready says so of the same transaction (§9.2).
        match &answer {
            Ok(CredentialResponse::Deferred { transaction_id: other, .. }) if other != transaction_id => {
                Err(WalletError::malformed("deferred credential response", "it is about another transaction"))
            }
            _ => Ok(answer),
        }
    }

    /// A fresh nonce, where the issuer gives out any (§7).
    async fn nonce(&mut self) -> Result<Option<String>> {
        let Some(endpoint) = self.issuance.issuer.nonce_endpoint.clone() else { return Ok(None) };
        let response = self.send(&Outgoing::empty(&endpoint)).await?.map_err(|error| self.refusal(&error))?;
        Ok(Some(NonceResponse::read(&response.body)?.c_nonce))
    }

    /// The key of this one answer, and what the request says of it, where answers are encrypted.
    fn response_encryption(&mut self) -> Result<Option<(DecryptionKey, ResponseEncryptionKey)>> {
        let issuer = &self.issuance.issuer;
        let wants = self.client.encryption == Encryption::WhereOffered && issuer.credential_request_encryption.is_some();
        let known = issuer.credential_response_encryption.as_ref().filter(|known| known.encryption_required || wants);
        let Some(known) = known else { return Ok(None) };
        let key = DecryptionKey::generate(self.rng);
        let asked = known.ask(&key)?;
        Ok(Some((key, asked)))
    }

    /// Sends a request, encrypted where that is asked for, and reads the answer, which must be encrypted to `key` where there is one.
    async fn exchange(
        &mut self,
        endpoint: &Endpoint,
        body: &Value,
        key: Option<&DecryptionKey>,
    ) -> Result<Result<CredentialResponse, OAuthError>> {
        let known = self.issuance.issuer.credential_request_encryption.clone();
        let wants = self.client.encryption == Encryption::WhereOffered || key.is_some();
        let outgoing = match known.filter(|known| known.encryption_required || wants) {
            Some(known) => Outgoing {
                content_type: "application/jwt",
                body: known.encrypt(body)?.into_bytes(),
                ..Outgoing::json(endpoint, body)
            },
            // A key that is not encrypted itself could be swapped for an attacker's (§8.2).
            None if key.is_some() => {
                return Err(WalletError::malformed(
                    "credential issuer metadata",
                    "it encrypts answers and reads no encrypted requests",
                ));
            }
            None => Outgoing::json(endpoint, body),
        };
        match self.send(&outgoing).await? {
            Ok(response) => read_answer(&response, key).map(Ok),
            Err(error) => Ok(Err(error)),
        }
    }

    /// Keeps what was issued, all of it or, if one of it is not good, nothing (§11.1).
    async fn take(&mut self, at: usize, issued: IssuedCredentials, received: &mut Received) -> Result<()> {
        let wanted = self.issuance.wanted[at].clone();
        let checked = self.check_all(&wanted, &issued.credentials).await?;
        let wanted = self.issuance.wanted.remove(at);
        let notification_id = issued.notification_id;
        match checked {
            Ok(checked) => {
                let used: Vec<_> = checked.iter().filter_map(|one| one.key.as_ref().map(|key| key.id.clone())).collect();
                self.drop_keys(&wanted, &used).await?;
                self.keep(&wanted, checked, notification_id, received).await
            }
            Err(refusal) => {
                self.drop_keys(&wanted, &[]).await?;
                let notice = notification_id.map(|id| NotificationRequest::of(id, NotificationEvent::CredentialFailure));
                self.issuance.notices.extend(notice);
                received.refusals.push(refusal);
                self.save().await.map(drop)
            }
        }
    }

    /// Keeps credentials, and in the same write what the issuer is yet to be told of them.
    async fn keep(
        &mut self,
        wanted: &Wanted,
        checked: Vec<Checked>,
        notification_id: Option<String>,
        received: &mut Received,
    ) -> Result<()> {
        let notice = notification_id.clone().map(|id| NotificationRequest::of(id, NotificationEvent::CredentialAccepted));
        self.issuance.notices.extend(notice);
        let (mut verdicts, mut helds, mut respelled) = (Vec::new(), Vec::new(), Vec::new());
        for one in checked {
            helds.push(self.held(&one, wanted)?);
            respelled.extend(one.key.and_then(|key| wanted.respelled(key)));
            verdicts.push(one.verdict);
        }
        let (issuance, id) = (&mut self.issuance, self.id);
        let kept = self.wallet.change(self.rng, |edit, rng| {
            let ids = helds.into_iter().map(|held| receive(edit, held, rng)).collect::<Result<Vec<_>>>()?;
            for (record, key) in respelled {
                edit.replace(&record, &Record::Key(key), rng)?;
            }
            issuance.kept.extend(ids.iter().map(|credential| Kept {
                credential: *credential,
                configuration: wanted.configuration.clone(),
                identifier: wanted.identifier.clone(),
                notification_id: notification_id.clone(),
            }));
            if let Some(id) = id {
                edit.replace(&id, &Record::Issuance(issuance.to_record()), rng)?;
            }
            Ok(ids)
        });
        received.credentials.extend(kept.await?.into_iter().zip(verdicts));
        Ok(())
    }

    /// Destroys the keys that no credential is bound to.
    async fn drop_keys(&mut self, wanted: &Wanted, used: &[crate::key::KeyId]) -> Result<()> {
        let unused: Vec<_> = wanted.keys.iter().filter(|(_, key)| !used.contains(&key.id)).cloned().collect();
        self.wallet
            .change(self.rng, |edit, _| {
                unused.iter().for_each(|(record, _)| edit.remove(record));
                Ok(())
            })
            .await?;
        for (_, key) in &unused {
            self.wallet.keystore.delete(&key.id).await?;
        }
        Ok(())
    }

    /// Tells the issuer what became of its credentials (§11); what it cannot be told now stays to be told.
    pub async fn tell(&mut self) -> Result<()> {
        let Some(endpoint) = self.issuance.issuer.notification_endpoint.clone() else {
            self.issuance.notices.clear();
            return Ok(());
        };
        for notice in std::mem::take(&mut self.issuance.notices) {
            match self.send(&Outgoing::json(&endpoint, &notice.to_json())).await {
                // The issuer's no is an answer too: telling it again would change nothing.
                Ok(_) => {}
                Err(_) => self.issuance.notices.push(notice),
            }
        }
        Ok(())
    }

    /// Keeps the issuance while something can come of it, and forgets it with its tokens otherwise.
    pub async fn close(&mut self) -> Result<()> {
        match self.id {
            Some(id) if self.issuance.is_over(self.now) => self.wallet.end_issuance(&id, &self.issuance, self.rng).await,
            _ => self.save().await.map(drop),
        }
    }
}

/// Reads the answer of a credential endpoint (§10).
fn read_answer(response: &HttpResponse, key: Option<&DecryptionKey>) -> Result<CredentialResponse> {
    let bad = |reason: &str| WalletError::malformed("credential response", reason);
    let kind = header_of(response, "content-type").and_then(|found| found.split(';').next()).map(str::trim);
    match (key, kind) {
        (Some(key), Some("application/jwt")) => {
            let text = std::str::from_utf8(&response.body).map_err(|_| bad("it is not text"))?;
            CredentialResponse::read(&decrypt(text.trim(), key)?)
        }
        (Some(_), _) => Err(bad("it is not encrypted, as it was asked for")),
        (None, Some("application/json")) => CredentialResponse::read(&response.body),
        (None, _) => Err(bad("it is not application/json")),
    }
}
