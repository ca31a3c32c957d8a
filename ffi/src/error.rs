//! The mirror of the core's one public error.

use wallet_core::error::WalletError;

/// Why an operation could not be done, named by what the app can do next.
///
/// It never carries personal data, a key or a one-time code. A credential that fails verification is not an error.
#[uniffi::remote(Error)]
pub enum WalletError {
    /// Outside bytes that are not what they claim to be: scan or request them again.
    Malformed {
        /// The thing that was read, by its standard's name.
        what: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Well-formed, but of a kind this version does not know: update the app.
    Unsupported {
        /// The thing that is not supported.
        what: String,
        /// What would be.
        reason: String,
    },
    /// The other side said no: show its reason.
    Refused {
        /// The other side: an issuer, a verifier, a registry.
        who: String,
        /// Its reason.
        reason: String,
    },
    /// Nothing answered, in time or at all: try again later.
    Unreachable {
        /// What was asked.
        what: String,
        /// What happened.
        reason: String,
    },
    /// The key is locked, was deleted, or its owner did not consent: unlock it and try again.
    KeyUnavailable {
        /// The key's identifier, never the key.
        key: String,
        /// Why.
        reason: String,
    },
    /// The device's storage failed: free some space and try again.
    StorageFailed {
        /// What the storage said.
        reason: String,
    },
    /// The library was called in a way it cannot honour: fix the app.
    Misused {
        /// What to call instead.
        reason: String,
    },
}
