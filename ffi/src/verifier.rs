//! The verifier door as a thin object.

use std::sync::Arc;

use wallet_core::did::Did;
use wallet_core::error::{Result, WalletError};
use wallet_core::platform::system_rng;
use wallet_core::presentation::Request;
use wallet_core::time::Timestamp;
use wallet_core::verification::{Accrediting, Anchoring, Expectations, Issuers, Presenter, SigningTime, Verdict};
use wallet_core::verifier;

use crate::away::away;
use crate::crossing::KnownNames;
use crate::ports::{AppStorage, Storage};

/// What a verifier asks: a plain value that a person reviews before anything leaves the phone.
#[uniffi::remote(Record)]
pub struct Request {
    /// The challenge the answer must carry: at least 128 random bits, base64url, used once.
    pub nonce: String,
    /// The verifier's own name, which the answer must be for.
    pub audience: String,
    /// Why the verifier asks, in a person's words.
    pub purpose: String,
    /// The credential types that would do, one credential for each.
    pub types: Vec<String>,
    /// The moment after which the answer comes too late.
    pub expires: Timestamp,
}

/// What the verifier asks for, and how strict it is. The default accepts a bare credential of any issuer.
#[uniffi::remote(Record)]
pub struct Expectations {
    /// The challenge of the request this answers; a presentation without one to compare with stays undetermined.
    pub nonce: Option<String>,
    /// The verifier's own name, as the request gave it: the domain or audience.
    pub audience: Option<String>,
    /// Whether a copy of a credential is enough, or its subject must present it.
    pub presenter: Presenter,
    /// Which issuers are believed.
    pub issuers: Issuers,
    /// What is believed of the time of signing when the key, or an accreditation, has ended since.
    pub signing_time: SigningTime,
    /// Whether the issuer must have anchored what it signed.
    pub anchoring: Anchoring,
    /// The oldest status list that is looked into, in seconds; a list's own validity is kept besides, and its `ttl` says when a
    /// newer one is asked for.
    pub status_max_age: i64,
    /// The oldest resolution of a DID that is used, in seconds.
    pub resolution_max_age: i64,
}

/// Who may hand a credential over.
#[uniffi::remote(Enum)]
pub enum Presenter {
    /// A bare credential is enough: a printed pass, checked beside a photo ID.
    Anyone,
    /// The subject of each credential must sign the presentation.
    Subject,
}

/// Which issuers are believed.
#[uniffi::remote(Enum)]
pub enum Issuers {
    /// Any; a person is told that nobody vouches for them.
    Any,
    /// These, with the names a person knows them by; another one leaves the verdict undetermined.
    Known(KnownNames),
    /// Those who are accredited for what they issue; another one leaves the verdict undetermined.
    Accredited(Accrediting),
}

/// By whom, and for where, an issuer must be accredited.
#[uniffi::remote(Record)]
pub struct Accrediting {
    /// Whose accreditations count, with the names a person knows them by; what they issue themselves is believed, too.
    pub roots: KnownNames,
    /// The regions (ISO 3166) that will do besides an accreditation for everywhere.
    pub regions: Vec<String>,
}

/// Whether an issuer must have anchored what it signed.
#[uniffi::remote(Enum)]
pub enum Anchoring {
    /// An anchor is looked up where there is one, and what is not anchored is judged without.
    Optional,
    /// What is not anchored stays undetermined.
    Required,
}

/// What is believed of the time of signing when the key, or an accreditation, has ended since.
#[uniffi::remote(Enum)]
pub enum SigningTime {
    /// Nothing without proof: whoever stole the retired key could write an earlier date.
    Proven,
    /// The date that the proof itself claims.
    Claimed,
}

/// The expectations a bare credential is judged by when nothing more is known: any issuer passes, with a warning.
#[uniffi::export]
pub fn default_expectations() -> Expectations {
    Expectations::default()
}

/// Asks for credentials and judges what comes back, with no network.
#[derive(uniffi::Object)]
pub struct Verifier(verifier::Verifier);

#[uniffi::export(async_runtime = "tokio")]
impl Verifier {
    /// A verifier that carries nothing but the bundled contexts: it can judge signers whose DID is their key.
    #[uniffi::constructor]
    pub fn bare(storage: Arc<dyn Storage>) -> Self {
        Self(verifier::Verifier::bare(Arc::new(AppStorage(storage))))
    }

    /// A verifier that judges from the file of a trust pack, whole or the difference from the one in `storage`, whose place it takes.
    ///
    /// `publisher`, a did:key or did:jwk, must have signed it. Fails with `Malformed` when it is no trust pack, and `Refused` when it
    /// is forged or by somebody else, not valid at `now`, older than the one in `storage`, or a difference from any other.
    #[uniffi::constructor]
    pub async fn install(pack: Vec<u8>, publisher: Did, storage: Arc<dyn Storage>, now: Timestamp) -> Result<Self, WalletError> {
        away(async move {
            let mut verifier = verifier::Verifier::bare(Arc::new(AppStorage(storage)));
            verifier.install(&pack, &publisher, &now).await.map(|()| Self(verifier))
        })
        .await
    }

    /// A verifier that judges from the trust pack by `publisher` that was installed in `storage` last.
    ///
    /// Fails with `Refused` when there is none, or it is not valid at `now`.
    #[uniffi::constructor]
    pub async fn offline(publisher: Did, storage: Arc<dyn Storage>, now: Timestamp) -> Result<Self, WalletError> {
        away(async move {
            let mut verifier = verifier::Verifier::bare(Arc::new(AppStorage(storage)));
            verifier.reopen(&publisher, &now).await.map(|()| Self(verifier))
        })
        .await
    }

    /// Asks for one credential of each of `types`; the answer is judged by `checkAnswer`, once, within five minutes.
    pub async fn ask(
        self: Arc<Self>,
        audience: String,
        purpose: String,
        types: Vec<String>,
        now: Timestamp,
    ) -> Result<Request, WalletError> {
        away(async move {
            let types: Vec<&str> = types.iter().map(String::as_str).collect();
            self.0.ask(&audience, &purpose, &types, &mut system_rng(), &now).await
        })
        .await
    }

    /// Judges the answer to a request of `ask`, and closes the request whatever the verdict.
    pub async fn check_answer(
        self: Arc<Self>,
        text: String,
        request: Request,
        expected: Expectations,
        now: Timestamp,
    ) -> Result<Verdict, WalletError> {
        away(async move { self.0.check_answer(&text, &request, expected, &now).await }).await
    }

    /// Judges a credential or presentation in any form: JSON, a token, or the text of a QR code.
    ///
    /// Fails with `Malformed` when it is none of these; a forgery is not an error but a verdict.
    pub async fn check(self: Arc<Self>, text: String, expected: Expectations, now: Timestamp) -> Result<Verdict, WalletError> {
        away(async move { self.0.check(&text, &expected, &now).await }).await
    }
}
