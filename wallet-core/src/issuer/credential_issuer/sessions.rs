//! What a credential issuer remembers from one request to the next: sealed, under the hash of a secret that only the other side has,
//! and no longer than it is good.

use rand_core::CryptoRng;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::{Result, WalletError};
use crate::oauth::Secret;
use crate::ports::{Change, Storage};
use crate::seal::SealingKey;
use crate::time::Timestamp;

const ALL: &str = "issuance/";
/// Names of records in the order of their ends, so that those which have ended are found first.
const ENDS: &str = "issuance-ends/";

/// One request's randomness and time.
pub(super) struct Turn<'a> {
    pub rng: &'a mut (dyn CryptoRng + Send),
    pub now: &'a Timestamp,
}

impl Turn<'_> {
    /// A new secret.
    pub fn secret(&mut self) -> Secret {
        Secret::generate(self.rng)
    }

    /// The moment `duration` from now.
    pub fn after(&self, duration: std::time::Duration) -> Timestamp {
        self.now.plus_seconds(i64::try_from(duration.as_secs()).unwrap_or(i64::MAX))
    }
}

/// The kinds of records, each with the secret it is found by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// An offer, by the end of its URL.
    Offer,
    /// What a pre-authorized code stands for.
    PreAuthorizedCode,
    /// What the state of an offer stands for.
    IssuerState,
    /// A pushed authorization request, by the end of its URI.
    PushedRequest,
    /// An authorization that waits for a person, by the session.
    Paused,
    /// What an authorization code stands for.
    AuthorizationCode,
    /// That an authorization code or a refresh token was redeemed, and for what.
    Spent,
    /// What somebody may do, by a name that only we know.
    Grant,
    /// Whose an access token is.
    AccessToken,
    /// Whose a refresh token is.
    RefreshToken,
    /// A nonce that was given out.
    Nonce,
    /// A data set, by its credential identifier.
    Dataset,
    /// Keys that wait for a credential, by the transaction.
    Transaction,
    /// What was issued, by the notification.
    Notification,
    /// That a proof was used.
    UsedProof,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Offer => "offer",
            Self::PreAuthorizedCode => "pre-authorized-code",
            Self::IssuerState => "issuer-state",
            Self::PushedRequest => "pushed-request",
            Self::Paused => "paused",
            Self::AuthorizationCode => "authorization-code",
            Self::Spent => "spent",
            Self::Grant => "grant",
            Self::AccessToken => "access-token",
            Self::RefreshToken => "refresh-token",
            Self::Nonce => "nonce",
            Self::Dataset => "dataset",
            Self::Transaction => "transaction",
            Self::Notification => "notification",
            Self::UsedProof => "used-proof",
        }
    }

    fn name(self, secret: &Secret) -> String {
        format!("{ALL}{}/{}", self.as_str(), secret.hash())
    }
}

/// A record with its end.
#[derive(Serialize, Deserialize)]
struct Kept<T> {
    until: i64,
    value: T,
}

/// The records of one issuer.
pub(super) struct Sessions<'a> {
    pub storage: &'a dyn Storage,
    pub key: &'a SealingKey,
}

impl Sessions<'_> {
    /// Keeps `value` until `until`, over what was there.
    pub async fn keep<T: Serialize>(
        &self,
        (kind, secret): (Kind, &Secret),
        value: &T,
        until: &Timestamp,
        rng: &mut (dyn CryptoRng + Send),
    ) -> Result<()> {
        self.write(kind.name(secret), value, until, rng).await
    }

    /// The record, if it is there and good `now`.
    pub async fn read<T: DeserializeOwned>(&self, kind: Kind, secret: &Secret, now: &Timestamp) -> Result<Option<T>> {
        let name = kind.name(secret);
        let sealed = self.storage.read(&name).await?;
        self.open(&name, sealed, now)
    }

    /// The record, which is gone then: of several that ask at once, one gets it.
    pub async fn take<T: DeserializeOwned>(&self, kind: Kind, secret: &Secret, now: &Timestamp) -> Result<Option<T>> {
        let name = kind.name(secret);
        let sealed = self.storage.take(&name).await?;
        self.open(&name, sealed, now)
    }

    /// Forgets a record.
    pub async fn forget(&self, kind: Kind, secret: &Secret) -> Result<()> {
        self.storage.write(vec![Change::Delete { name: kind.name(secret) }]).await
    }

    /// Notes that the proof called `id` was used, until `until`; says whether it was the first time.
    ///
    /// Of two uses at once at most one is the first, and perhaps none: nobody honest uses a proof twice.
    pub async fn is_first_use(&self, id: &str, until: &Timestamp, rng: &mut (dyn CryptoRng + Send)) -> Result<bool> {
        let uses = format!("{}/", Kind::UsedProof.name(&id.into()));
        let this = format!("{uses}{}", Secret::generate(rng).hash());
        self.write(this, &(), until, rng).await?;
        Ok(self.storage.list(&uses).await?.len() == 1)
    }

    /// Forgets what has ended before `now`, and says how much that was.
    pub async fn sweep(&self, now: &Timestamp) -> Result<usize> {
        let mut changes = Vec::new();
        let mut swept = 0;
        for end in self.storage.list(ENDS).await? {
            let Some((time, name)) = end[ENDS.len()..].split_once('/') else { continue };
            if time.parse::<i64>().is_ok_and(|until| until > now.unix()) {
                break;
            }
            // The record may have been kept anew, and longer; one that cannot be opened is of no use to anybody.
            let sealed = self.storage.read(name).await?;
            let kept = self.opened::<serde_json::Value>(name, sealed.clone()).ok().flatten();
            if sealed.is_some() && kept.is_none_or(|kept| kept.until <= now.unix()) {
                changes.push(Change::Delete { name: name.to_owned() });
                swept += 1;
            }
            changes.push(Change::Delete { name: end });
        }
        self.storage.write(changes).await?;
        Ok(swept)
    }

    async fn write<T: Serialize>(
        &self,
        name: String,
        value: &T,
        until: &Timestamp,
        rng: &mut (dyn CryptoRng + Send),
    ) -> Result<()> {
        let kept = serde_json::to_vec(&Kept { until: until.unix(), value }).expect("records are plain data");
        let bytes = self.key.seal(name.as_bytes(), &kept, rng);
        let end = format!("{ENDS}{:012}/{name}", until.unix().max(0));
        self.storage.write(vec![Change::Put { name, bytes }, Change::Put { name: end, bytes: Vec::new() }]).await
    }

    fn open<T: DeserializeOwned>(&self, name: &str, sealed: Option<Vec<u8>>, now: &Timestamp) -> Result<Option<T>> {
        Ok(self.opened(name, sealed)?.filter(|kept| kept.until > now.unix()).map(|kept: Kept<T>| kept.value))
    }

    fn opened<T: DeserializeOwned>(&self, name: &str, sealed: Option<Vec<u8>>) -> Result<Option<Kept<T>>> {
        let damaged = || WalletError::storage_failed("a record of the credential issuer is damaged, or sealed under another key");
        let Some(sealed) = sealed else { return Ok(None) };
        let plain = self.key.open(name.as_bytes(), &sealed).map_err(|_| damaged())?;
        serde_json::from_slice(&plain).map(Some).map_err(|_| damaged())
    }
}
