//! Why a signature was not found good.

use serde::{Deserialize, Serialize};

use crate::jose::JwsFault;
use crate::key::BadSignature;

/// Why a signature was not found good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "fault", rename_all = "camelCase")]
pub enum SignatureFault {
    /// It is not the key's signature over this document.
    #[error("the signature is not good")]
    Bad,
    /// The proof names an algorithm that is not the key's.
    #[error("the algorithm is not the key's")]
    WrongAlgorithm,
    /// A JSON-LD context is needed that is not at hand: nothing is known about the signature.
    #[error("the context {url} is not at hand")]
    MissingContext {
        /// The context's URL.
        url: String,
    },
    /// A member has no meaning in the document's contexts, so no signature can cover it.
    #[error("the term {term} is not defined")]
    UndefinedTerm {
        /// The member's name or the type.
        term: String,
    },
    /// A member goes by another name than a context that is at hand gives it, and only what it means is signed.
    #[error("the name {term} is the document's own")]
    UnsignedName {
        /// The member's name or the type.
        term: String,
    },
    /// The document is built to cost more than any honest one.
    #[error("the document is too costly to check")]
    TooMuchWork,
    /// The proof or the document cannot be brought into the form that is signed.
    #[error("the document cannot be checked: {reason}")]
    Malformed {
        /// What is wrong.
        reason: String,
    },
}

impl SignatureFault {
    /// The proof or the document cannot be brought into the form that is signed.
    pub fn malformed(reason: impl ToString) -> Self {
        Self::Malformed { reason: reason.to_string() }
    }
}

impl From<BadSignature> for SignatureFault {
    fn from(_: BadSignature) -> Self {
        Self::Bad
    }
}

impl From<JwsFault> for SignatureFault {
    fn from(fault: JwsFault) -> Self {
        match fault {
            JwsFault::Bad => Self::Bad,
            JwsFault::WrongAlgorithm => Self::WrongAlgorithm,
        }
    }
}
