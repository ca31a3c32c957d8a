//! What the verifier asks for, and how strict it is.

use std::collections::BTreeMap;

use crate::did::Did;
use crate::registry::accreditation::Scope;

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

impl Default for Expectations {
    fn default() -> Self {
        Self {
            nonce: None,
            audience: None,
            presenter: Presenter::Anyone,
            issuers: Issuers::Any,
            signing_time: SigningTime::Proven,
            anchoring: Anchoring::Optional,
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

    /// What is expected of a credential that is itself evidence: a status list, or a schema. Whose it must be is asked elsewhere.
    pub(super) fn of_evidence(&self) -> Self {
        Self { issuers: Issuers::Any, presenter: Presenter::Anyone, anchoring: Anchoring::Optional, ..self.clone() }
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
    /// Those who are accredited for what they issue; another one leaves the verdict undetermined.
    Accredited(Accrediting),
}

/// By whom, and for where, an issuer must be accredited.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Accrediting {
    /// Whose accreditations count, with the names a person knows them by; what they issue themselves is believed, too.
    pub roots: BTreeMap<Did, String>,
    /// The regions (ISO 3166) that will do besides an accreditation for everywhere.
    pub regions: Vec<String>,
}

impl Accrediting {
    /// The scopes that will do for credentials of a type: everywhere, then each region.
    pub fn scopes(&self, type_url: &str) -> Vec<Scope> {
        let scope = |region: Option<&String>| Scope { type_url: type_url.to_owned(), region: region.cloned() };
        std::iter::once(None).chain(self.regions.iter().map(Some)).map(scope).collect()
    }
}

/// Whether an issuer must have anchored what it signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchoring {
    /// An anchor is looked up where there is one, and what is not anchored is judged without.
    Optional,
    /// What is not anchored stays undetermined.
    Required,
}

/// What is believed of the time of signing when the key, or an accreditation, has ended since.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SigningTime {
    /// Nothing without proof: whoever stole the retired key could write an earlier date.
    Proven,
    /// The date that the proof itself claims.
    Claimed,
}
