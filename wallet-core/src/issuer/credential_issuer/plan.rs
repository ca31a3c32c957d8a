//! What a credential issuer offers, to whom, and for how long: decided by the app, before the first request.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, MutexGuard};
use url::Url;

use crate::issuance::{CredentialConfiguration, Display, MetadataSigner};
use crate::issuer::{Issuer, SigningTerms};
use crate::jose::jwe::DecryptionKey;
use crate::key::KeyId;
use crate::oauth::{Attesters, Endpoint, Profile};
use crate::ports::Keystore;

/// How one credential issuer, which is its own authorization server, behaves.
pub struct IssuancePlan {
    /// Its identifier: all its endpoints are below it, its documents beside it (§12.2.1).
    pub identifier: Endpoint,
    /// How people see it, one entry a language.
    pub display: Vec<Display>,
    /// What it issues, by the names that offers use.
    pub credentials: BTreeMap<String, OfferedCredential>,
    /// Who may ask.
    pub clients: ClientPolicy,
    /// The app's page where a person signs in and agrees; it gets the parameter `session`.
    pub consent_page: Endpoint,
    /// Who may attest keys; asked where a configuration requires it, or a wallet brings an attestation.
    pub key_attesters: Attesters,
    /// Which rules it holds its clients to: by HAIP 1.0 pushed requests, DPoP and client attestations, always.
    pub profile: Profile,
    /// How many keys one request may bring.
    pub batch_size: u32,
    /// How requests and responses are encrypted on top of TLS; none when they are not.
    pub encryption: Option<EncryptionPlan>,
    /// Who signs its metadata for wallets that want that; none when nobody does.
    pub metadata_signing: Option<MetadataSigning>,
    /// How long things are good.
    pub lifetimes: Lifetimes,
}

/// A kind of credential, and how it is made.
pub struct OfferedCredential {
    /// What the metadata say of it.
    pub configuration: CredentialConfiguration,
    /// Who signs it.
    pub issuer: SharedIssuer,
    /// How it is signed; pointers that lead nowhere in a credential are left out for that one.
    pub terms: SigningTerms,
}

/// An issuer that several kinds of credentials share; it issues one after the other, so that no place is given out twice.
#[derive(Clone)]
pub struct SharedIssuer(Arc<Mutex<Issuer>>);

impl SharedIssuer {
    /// Shares `issuer`, whose storage nobody else uses.
    pub fn new(issuer: Issuer) -> Self {
        Self(Arc::new(Mutex::new(issuer)))
    }

    /// Waits for the issuer, to publish its status lists or to change a status.
    pub async fn lock(&self) -> MutexGuard<'_, Issuer> {
        self.0.lock().await
    }
}

/// Who may ask for credentials.
#[derive(Debug, Clone, Default)]
pub struct ClientPolicy {
    /// Clients that are known, with the addresses that browsers may bring codes to, compared letter by letter.
    pub known: BTreeMap<String, Vec<String>>,
    /// Whose attestations of wallets are trusted: an attested wallet need not be known.
    pub attesters: Attesters,
    /// What becomes of a client that is neither known nor attested.
    pub strangers: Strangers,
}

/// What becomes of a client that is neither known nor attested.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Strangers {
    /// It may redeem a pre-authorized code, which stands for the person already.
    #[default]
    ByCodeAlone,
    /// It may send people to sign in, too: any page can then ask them to.
    Welcome,
    /// It is refused.
    Refused,
}

/// How requests and responses are encrypted (§10).
pub struct EncryptionPlan {
    /// What requests are decrypted with.
    pub key: DecryptionKey,
    /// Whether others are refused.
    pub required: bool,
}

/// Who signs metadata, and with which key.
pub struct MetadataSigning {
    /// By what name.
    pub signer: MetadataSigner,
    /// The key.
    pub key: KeyId,
    /// Where it lives.
    pub keystore: Arc<dyn Keystore>,
}

/// How long things are good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetimes {
    /// An offer, with its code.
    pub offer: Duration,
    /// A person's time to sign in and agree.
    pub consent: Duration,
    /// An authorization code, and a pushed request.
    pub code: Duration,
    /// A nonce for key proofs.
    pub nonce: Duration,
    /// An access token of whoever has it; longer ones must be bound to a key (§13.10).
    pub bearer_token: Duration,
    /// An access token bound to a key.
    pub bound_token: Duration,
    /// A refresh token; none when none is given out.
    pub refresh_token: Option<Duration>,
    /// How long a wallet waits before it asks again for what is not ready.
    pub deferred_interval: Duration,
}

impl Default for Lifetimes {
    /// Offers for ten minutes, a quarter of an hour to agree, codes for a minute, tokens for five, no refresh tokens.
    fn default() -> Self {
        let minutes = |count: u64| Duration::from_secs(60 * count);
        Self {
            offer: minutes(10),
            consent: minutes(15),
            code: minutes(1),
            nonce: minutes(5),
            bearer_token: minutes(5),
            bound_token: minutes(60),
            refresh_token: None,
            deferred_interval: minutes(1),
        }
    }
}

impl Lifetimes {
    /// How long tokens may live after the first of them was given.
    pub(super) fn all_tokens(&self) -> Duration {
        self.refresh_token.unwrap_or_default() + self.bound_token.max(self.bearer_token)
    }
}

impl ClientPolicy {
    /// Whether a browser may bring a code for `client` to `redirect_uri`.
    pub(super) fn admits(&self, client: &str, redirect_uri: &str, is_attested: bool) -> bool {
        match self.known.get(client) {
            Some(addresses) => addresses.iter().any(|known| known == redirect_uri),
            None => (is_attested || self.strangers == Strangers::Welcome) && is_safe(redirect_uri),
        }
    }
}

/// Whether a browser can be sent there without harm: over TLS, to this machine, or to an app by a scheme of its own (RFC 8252 §7).
fn is_safe(redirect_uri: &str) -> bool {
    let Ok(url) = Url::parse(redirect_uri) else { return false };
    let is_harmful = ["javascript", "data", "file", "blob", "about", "vbscript", "ftp", "ws", "wss"].contains(&url.scheme());
    let is_reached = url.scheme() != "http" || redirect_uri.parse::<Endpoint>().is_ok();
    is_reached && !is_harmful && url.fragment().is_none() && url.username().is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_client_is_admitted_to_its_own_addresses_letter_by_letter() {
        let known = BTreeMap::from([("wallet".to_owned(), vec!["https://wallet.example/cb".to_owned()])]);
        let policy = ClientPolicy { known, strangers: Strangers::Welcome, ..ClientPolicy::default() };
        assert!(policy.admits("wallet", "https://wallet.example/cb", false));
        for other in
            ["https://wallet.example/cb/", "https://wallet.example/cb?a=1", "https://WALLET.example/cb", "https://evil.example"]
        {
            assert!(!policy.admits("wallet", other, true), "{other}");
        }
    }

    #[test]
    fn stranger_is_admitted_when_attested_or_welcome_and_only_to_safe_addresses() {
        let policy = ClientPolicy::default();
        assert!(!policy.admits("other", "https://other.example/cb", false));
        assert!(policy.admits("other", "https://other.example/cb", true));
        let welcoming = ClientPolicy { strangers: Strangers::Welcome, ..policy };
        for (address, good) in [
            ("https://other.example/cb", true),
            ("org.example.wallet:/cb", true),
            ("http://127.0.0.1:3000/cb", true),
            ("http://other.example/cb", false),
            ("javascript:alert(1)", false),
            ("https://other.example/cb#a", false),
            ("https://user@other.example/cb", false),
            ("/cb", false),
        ] {
            assert_eq!(welcoming.admits("other", address, false), good, "{address}");
        }
    }
}
