//! What the verifier asks for, and how strict it is.

use std::collections::BTreeMap;

use crate::did::Did;

/// What the verifier asks for, and how strict it is. The default accepts a bare credential of any issuer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expectations {
    /// The challenge of the request this answers; a presentation without one to compare with stays undetermined.
    pub nonce: Option<String>,
    /// The verifier's own name, as the request gave it: the domain or audience.
    pub audience: Option<String>,
    /// Whether a copy of a credential is enough, or its subject must present it.
    pub presenter: Presenter,
    /// Which issuers are believed.
    pub issuers: Issuers,
    /// What is believed of the time of signing when the key has been retired since.
    pub signing_time: SigningTime,
    /// The oldest status list that is looked into, in seconds; a list's own validity is kept besides, and its `ttl` says when a
    /// newer one is asked for.
    pub status_max_age: i64,
    /// The oldest resolution of a DID that is used, in seconds.
    pub resolution_max_age: i64,
}

impl Default for Expectations {
    fn default() -> Self {
        Self {
            nonce: None,
            audience: None,
            presenter: Presenter::Anyone,
            issuers: Issuers::Any,
            signing_time: SigningTime::Proven,
            status_max_age: 7 * 24 * 3600,
            resolution_max_age: 30 * 24 * 3600,
        }
    }
}

impl Expectations {
    /// A presentation by the subject, in answer to this `nonce`, for this `audience`.
    pub fn presentation(nonce: impl Into<String>, audience: impl Into<String>) -> Self {
        Self { nonce: Some(nonce.into()), audience: Some(audience.into()), presenter: Presenter::Subject, ..Self::default() }
    }
}

/// Who may hand a credential over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presenter {
    /// A bare credential is enough: a printed pass, checked beside a photo ID.
    Anyone,
    /// The subject of each credential must sign the presentation.
    Subject,
}

/// Which issuers are believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Issuers {
    /// Any; a person is told that nobody vouches for them.
    Any,
    /// These, with the names a person knows them by; another one leaves the verdict undetermined.
    Known(BTreeMap<Did, String>),
}

/// What is believed of the time of signing when the key has been retired since.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SigningTime {
    /// Nothing without proof: whoever stole the retired key could write an earlier date.
    Proven,
    /// The date that the proof itself claims.
    Claimed,
}
