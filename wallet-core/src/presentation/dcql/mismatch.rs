//! Why a credential does not answer a query.

use crate::credential::ClaimPath;

/// Why a credential does not answer a credential query. Says which claim, and never its value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// It is not in the form that is asked for.
    #[error("no credential of this format")]
    Format,
    /// It is not of the type that is asked for.
    #[error("no credential of this type")]
    Type,
    /// It is not of the type that is asked for as far as can be said: a context that may define its types is not at hand.
    #[error("what its types mean is not known here without {url}")]
    ContextMissing {
        /// The context.
        url: String,
    },
    /// It is signed in a way that the verifier does not take (`vp_formats_supported`).
    #[error("not signed in a way that the verifier takes")]
    Algorithm,
    /// None of the authorities that are asked for is known to stand behind its issuer.
    #[error("not issued under one of the authorities that are asked for")]
    Authority,
    /// The holder has no key that it is bound to.
    #[error("not bound to a key of the holder's")]
    NotBound,
    /// A claim is not in it.
    #[error("it has no {path}")]
    ClaimMissing {
        /// The claim.
        path: ClaimPath,
    },
    /// A claim has another value than those that are asked for.
    #[error("its {path} is another than is asked for")]
    ValueDiffers {
        /// The claim.
        path: ClaimPath,
    },
    /// The part that is asked for cannot be taken out of it.
    #[error("what is asked for cannot be shared without the rest of it")]
    NotDivisible,
}

impl Mismatch {
    /// How far a credential got that failed so: of several reasons the one to tell is that of the credential that came closest.
    pub(super) fn progress(&self) -> u8 {
        match self {
            Self::Format => 0,
            Self::Type | Self::ContextMissing { .. } => 1,
            Self::Algorithm => 2,
            Self::Authority => 3,
            Self::NotBound => 4,
            Self::ClaimMissing { .. } => 5,
            Self::ValueDiffers { .. } => 6,
            Self::NotDivisible => 7,
        }
    }

    /// The one of the two that came closer.
    pub(super) fn closer(self, other: Option<Self>) -> Self {
        match other {
            Some(other) if other.progress() > self.progress() => other,
            _ => self,
        }
    }
}
