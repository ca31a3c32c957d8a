//! What verification says: accepted, rejected or undetermined, with every reason and every gap.

use serde::Serialize;
use serde_json::{Map, Value};

use super::finding::{Finding, Gap, Place, Reason, Warning};
use crate::credential::Credential;
use crate::did::{Did, Standing};
use crate::registry::accreditation::Scope;
use crate::time::Timestamp;

/// The outcome of verification.
///
/// Evidence that is missing never rejects, and never accepts: it leaves the verdict undetermined.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// Every check passed.
    Accepted(Verified),
    /// At least one check failed, whatever else could not be found out.
    Rejected {
        /// Why, in the order of the checks.
        reasons: Vec<Finding<Reason>>,
        /// What could not be found out besides.
        gaps: Vec<Finding<Gap>>,
        /// What the verdict rests on.
        basis: Basis,
    },
    /// No check failed, and not every one could be made.
    Undetermined {
        /// What is missing.
        gaps: Vec<Finding<Gap>>,
        /// What the verdict rests on.
        basis: Basis,
    },
}

impl Verdict {
    /// The verdict as one word: `accepted`, `rejected` or `undetermined`.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Accepted(_) => "accepted",
            Self::Rejected { .. } => "rejected",
            Self::Undetermined { .. } => "undetermined",
        }
    }

    /// Why it was rejected; empty unless it was.
    pub fn reasons(&self) -> &[Finding<Reason>] {
        match self {
            Self::Rejected { reasons, .. } => reasons,
            _ => &[],
        }
    }

    /// What could not be found out; empty when it was accepted.
    pub fn gaps(&self) -> &[Finding<Gap>] {
        match self {
            Self::Rejected { gaps, .. } | Self::Undetermined { gaps, .. } => gaps,
            Self::Accepted(_) => &[],
        }
    }

    /// What the verdict rests on.
    pub fn basis(&self) -> &Basis {
        match self {
            Self::Accepted(verified) => &verified.basis,
            Self::Rejected { basis, .. } | Self::Undetermined { basis, .. } => basis,
        }
    }

    /// Undetermined before anything could be looked at.
    pub(crate) fn open(gap: Gap, now: &Timestamp) -> Self {
        let basis = Basis::new(now.clone());
        Self::Undetermined { gaps: vec![Finding { place: Place::Credential(0), what: gap }], basis }
    }

    /// The same verdict with one more reason against it.
    pub(crate) fn rejected_too(self, reason: Finding<Reason>) -> Self {
        match self {
            Self::Rejected { mut reasons, gaps, basis } => {
                reasons.push(reason);
                Self::Rejected { reasons, gaps, basis }
            }
            Self::Undetermined { gaps, basis } => Self::Rejected { reasons: vec![reason], gaps, basis },
            Self::Accepted(Verified { basis, .. }) => Self::Rejected { reasons: vec![reason], gaps: Vec::new(), basis },
        }
    }

    /// The verified credentials, when it was accepted.
    pub fn verified(&self) -> Option<&Verified> {
        match self {
            Self::Accepted(verified) => Some(verified),
            _ => None,
        }
    }
}

/// Credentials that passed every check; only verification makes one.
#[derive(Debug, Clone, PartialEq)]
pub struct Verified {
    pub(super) holder: Option<Did>,
    pub(super) credentials: Vec<Credential>,
    pub(super) warnings: Vec<Finding<Warning>>,
    pub(super) basis: Basis,
}

impl Verified {
    /// Who presented, when it was a presentation: the DID that signed it.
    pub fn holder(&self) -> Option<&Did> {
        self.holder.as_ref()
    }

    /// The credentials, in the order they were presented.
    pub fn credentials(&self) -> &[Credential] {
        &self.credentials
    }

    /// The claims of each credential: its `credentialSubject`, one object or a list, or those of an SD-JWT VC.
    pub fn claims(&self) -> Vec<&Value> {
        self.credentials.iter().filter_map(Credential::subject_claims).collect()
    }

    /// What a person should know although every check passed.
    pub fn warnings(&self) -> &[Finding<Warning>] {
        &self.warnings
    }

    /// What the verdict rests on.
    pub fn basis(&self) -> &Basis {
        &self.basis
    }
}

/// What a verdict rests on, and how old it is.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Basis {
    /// The moment the verdict is about.
    pub at: Timestamp,
    /// The DIDs that were looked up.
    pub resolutions: Vec<ResolutionUsed>,
    /// The status lists that were looked into.
    pub status_lists: Vec<StatusListUsed>,
    /// The issuers whose published keys were used.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub issuers: Vec<IssuerUsed>,
    /// The certificates that issuers go by.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub certificates: Vec<CertificateUsed>,
    /// The accreditations by which an issuer may say what it says.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub accreditations: Vec<AccreditationUsed>,
    /// The anchors that date a signature.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub anchors: Vec<AnchorUsed>,
}

impl Basis {
    /// What a verdict of the moment `at` rests on before anything was looked at.
    pub(super) fn new(at: Timestamp) -> Self {
        let (resolutions, status_lists, issuers) = (Vec::new(), Vec::new(), Vec::new());
        let (certificates, accreditations, anchors) = (Vec::new(), Vec::new(), Vec::new());
        Self { at, resolutions, status_lists, issuers, certificates, accreditations, anchors }
    }
}

/// A resolution that a verdict rests on.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ResolutionUsed {
    /// The DID.
    pub did: Did,
    /// How far the resolution can be trusted, and the block it was read at.
    #[serde(flatten)]
    pub standing: Standing,
    /// When it was made.
    pub as_of: Timestamp,
}

/// A status list that a verdict rests on.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StatusListUsed {
    /// Its URL.
    pub list: String,
    /// When it was fetched.
    pub as_of: Timestamp,
}

/// An issuer's published keys that a verdict rests on.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IssuerUsed {
    /// The issuer's web address.
    pub issuer: String,
    /// When they were fetched.
    pub as_of: Timestamp,
}

/// An issuer's certificate that a verdict rests on; whether it was revoked was not looked up.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CertificateUsed {
    /// Whose it is.
    pub subject: String,
    /// The SHA-256 of the certificate, base64url.
    pub hash: String,
    /// When it, or the first of those that vouch for it, ceases to hold.
    pub until: Timestamp,
}

/// An accreditation that a verdict rests on: this issuer may say this.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AccreditationUsed {
    /// The issuer.
    pub issuer: Did,
    /// What it may issue.
    pub scope: Scope,
    /// Who stands between the root and the issuer, the root first.
    pub path: Vec<Did>,
    /// The name by which a person knows the root.
    pub root_name: String,
    /// The first moment at which it stands no longer, as far as is known.
    pub until: Timestamp,
    /// How far that can be trusted, and the block it was read at.
    #[serde(flatten)]
    pub standing: Standing,
    /// When it was looked up.
    pub as_of: Timestamp,
}

/// An anchor that a verdict rests on: this was signed no later than that.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AnchorUsed {
    /// Whose.
    pub issuer: Did,
    /// The Merkle root, in hexadecimal after `0x`.
    pub root: String,
    /// The block it was anchored in.
    pub anchored_in: u64,
    /// The time of that block.
    pub anchored_at: Timestamp,
    /// How far that can be trusted, and the block it was read at.
    #[serde(flatten)]
    pub standing: Standing,
    /// When it was looked up.
    pub as_of: Timestamp,
}

impl Verdict {
    /// The verdict as one JSON object: `verdict`, `reasons`, `gaps`, `evidence`; `claims`, `holder` and `warnings` only when
    /// accepted.
    pub fn to_json(&self) -> Value {
        let list = |value: serde_json::Result<Value>| value.expect("findings are plain data");
        let mut object = Map::new();
        object.insert("verdict".to_owned(), self.word().into());
        object.insert("reasons".to_owned(), list(serde_json::to_value(self.reasons())));
        object.insert("gaps".to_owned(), list(serde_json::to_value(self.gaps())));
        object.insert("evidence".to_owned(), list(serde_json::to_value(self.basis())));
        if let Some(verified) = self.verified() {
            object.insert("warnings".to_owned(), list(serde_json::to_value(&verified.warnings)));
            object.insert("claims".to_owned(), verified.claims().into_iter().cloned().collect());
            if let Some(holder) = &verified.holder {
                object.insert("holder".to_owned(), holder.as_str().into());
            }
        }
        Value::Object(object)
    }
}
