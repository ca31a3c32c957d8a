//! Why a request is not taken up: what the wallet's owner is told, and what the verifier would be.

use crate::error::WalletError;
use crate::oauth::OAuthErrorCode;

/// Why a request is not taken up.
///
/// The code is what the verifier is told, where a place to tell it is known and trusted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{error}")]
pub struct RequestFault {
    /// What the verifier would be told (OpenID4VP 1.0 §8.5).
    pub code: OAuthErrorCode,
    /// What the owner of the wallet is told.
    pub error: WalletError,
}

/// What a request gives, or why it gives nothing.
pub type Result<T, E = RequestFault> = std::result::Result<T, E>;

impl RequestFault {
    /// The request breaks a rule of the standard.
    pub(super) fn invalid(reason: impl ToString) -> Self {
        Self::with(OAuthErrorCode::InvalidRequest, reason)
    }

    /// As [`RequestFault::invalid`], where the standard has a code of its own.
    pub(super) fn with(code: OAuthErrorCode, reason: impl ToString) -> Self {
        Self { code, error: WalletError::malformed("authorization request", reason) }
    }

    /// The request is well formed, and asks for what this version does not know; `instead` is what would do.
    pub(super) fn unsupported(what: &str, instead: &str) -> Self {
        Self { code: OAuthErrorCode::InvalidRequest, error: WalletError::unsupported(what, instead) }
    }

    /// The request is well formed, and who asks is not who it says, or nobody the wallet has reason to trust.
    pub(super) fn untrusted(reason: impl ToString) -> Self {
        Self { code: OAuthErrorCode::InvalidRequest, error: WalletError::refused("the wallet", reason) }
    }
}

impl From<WalletError> for RequestFault {
    fn from(error: WalletError) -> Self {
        Self { code: OAuthErrorCode::InvalidRequest, error }
    }
}

impl From<RequestFault> for WalletError {
    fn from(fault: RequestFault) -> Self {
        fault.error
    }
}
