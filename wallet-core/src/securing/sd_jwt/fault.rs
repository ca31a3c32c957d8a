//! Why an SD-JWT, or the binding on it, does not stand.

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// Why disclosures do not go with the payload (RFC 9901 §7.1 steps 3 to 5); it names no claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "fault", rename_all = "camelCase")]
pub enum DisclosureFault {
    /// A disclosure is there twice.
    #[error("a disclosure is there twice")]
    Duplicate,
    /// No digest, in the payload or in another disclosure, stands for it.
    #[error("a disclosure is not one of the issuer's")]
    Unreferenced,
    /// One digest stands in two places.
    #[error("a digest stands in two places")]
    RepeatedDigest,
    /// A disclosure of a claim stands for a list item, or the other way round.
    #[error("a disclosure is not of the kind its place needs")]
    WrongShape,
    /// The disclosed claim would be taken for a digest or its algorithm.
    #[error("a disclosed claim has a reserved name")]
    ReservedName,
    /// There is a claim of that name already.
    #[error("a disclosed claim is there already")]
    ClaimExists,
    /// `_sd` is no list of digests, or `...` does not stand alone in an item of a list.
    #[error("the digests are not written as digests are")]
    MalformedDigests,
    /// `_sd_alg` stands below the top.
    #[error("the hash algorithm is named below the top")]
    MisplacedAlgorithm,
    /// The claims are nested deeper than is read.
    #[error("the claims are nested too deep")]
    TooDeep,
    /// A claim that must always be visible was concealed (SD-JWT VC §2.2.2.3, VC-JOSE-COSE §3.2.1).
    #[error("a claim that must always be visible was concealed")]
    Concealed,
}

/// Why the key binding does not stand (RFC 9901 §7.3 step 5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "fault", rename_all = "camelCase")]
pub enum BindingFault {
    /// There is none.
    #[error("the holder has not signed it")]
    Missing,
    /// The issuer has named no key of the holder's.
    #[error("the issuer has named no key of the holder's")]
    NoKey,
    /// The holder's key is named in a way this version does not know.
    #[error("the holder's key is named in an unknown way")]
    UnsupportedKey,
    /// It is no key binding JWT, or lacks something that every one has.
    #[error("the key binding cannot be read: {reason}")]
    Malformed {
        /// What is wrong.
        reason: String,
    },
    /// It is signed by another key, or was altered.
    #[error("the holder's signature is not good")]
    BadSignature,
    /// It was made over another token, or over other disclosures.
    #[error("the holder has signed something else")]
    WrongHash,
    /// It answers another request.
    #[error("it answers another request")]
    WrongNonce,
    /// It is meant for somebody else.
    #[error("it is meant for somebody else")]
    WrongAudience,
    /// It was made too long ago, in the future, or is not valid now.
    #[error("it was not made just now, but at {at}")]
    NotNow {
        /// When it says it was made.
        at: Timestamp,
    },
}

impl BindingFault {
    pub(super) fn malformed(reason: impl ToString) -> Self {
        Self::Malformed { reason: reason.to_string() }
    }
}
