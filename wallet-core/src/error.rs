//! The one public error, its variants named by what the app can do next.

use thiserror::Error;

/// Why an operation could not be done; never carries personal data, a key or a one-time code.
///
/// A credential that fails verification is not an error: it is a `Verdict`.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum WalletError {
    /// Outside bytes that are not what they claim to be: scan or request them again.
    #[error("this {what} cannot be read: {reason}; scan it or ask for it again")]
    Malformed {
        /// The thing that was read, by its standard's name.
        what: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Well-formed, but of a kind this version does not know: update the app.
    #[error("{what} is not supported: {reason}")]
    Unsupported {
        /// The thing that is not supported.
        what: String,
        /// What would be.
        reason: String,
    },
    /// The other side said no: show its reason.
    #[error("{who} refused: {reason}")]
    Refused {
        /// The other side: an issuer, a verifier, a registry.
        who: String,
        /// Its reason.
        reason: String,
    },
    /// Nothing answered, in time or at all: try again later.
    #[error("{what} could not be reached: {reason}; try again later")]
    Unreachable {
        /// What was asked.
        what: String,
        /// What happened.
        reason: String,
    },
    /// The key is locked, was deleted, or its owner did not consent: unlock it and try again.
    #[error("key {key} is not available: {reason}")]
    KeyUnavailable {
        /// The key's identifier, never the key.
        key: String,
        /// Why.
        reason: String,
    },
    /// The device's storage failed: free some space and try again.
    #[error("storage failed: {reason}")]
    StorageFailed {
        /// What the storage said.
        reason: String,
    },
    /// The library was called in a way it cannot honour: fix the app.
    #[error("misused: {reason}")]
    Misused {
        /// What to call instead.
        reason: String,
    },
}

/// A result whose error is a [`WalletError`].
pub type Result<T, E = WalletError> = std::result::Result<T, E>;

impl WalletError {
    /// Outside bytes that are not what they claim to be.
    pub fn malformed(what: impl Into<String>, reason: impl ToString) -> Self {
        Self::Malformed { what: what.into(), reason: reason.to_string() }
    }

    /// Well-formed, but of a kind this version does not know.
    pub fn unsupported(what: impl Into<String>, reason: impl ToString) -> Self {
        Self::Unsupported { what: what.into(), reason: reason.to_string() }
    }

    /// The other side said no.
    pub fn refused(who: impl Into<String>, reason: impl ToString) -> Self {
        Self::Refused { who: who.into(), reason: reason.to_string() }
    }

    /// Nothing answered, in time or at all.
    pub fn unreachable(what: impl Into<String>, reason: impl ToString) -> Self {
        Self::Unreachable { what: what.into(), reason: reason.to_string() }
    }

    /// The key cannot be used now.
    pub fn key_unavailable(key: impl ToString, reason: impl ToString) -> Self {
        Self::KeyUnavailable { key: key.to_string(), reason: reason.to_string() }
    }

    /// The device's storage failed.
    pub fn storage_failed(reason: impl ToString) -> Self {
        Self::StorageFailed { reason: reason.to_string() }
    }

    /// The library was called in a way it cannot honour.
    pub fn misused(reason: impl ToString) -> Self {
        Self::Misused { reason: reason.to_string() }
    }
}
