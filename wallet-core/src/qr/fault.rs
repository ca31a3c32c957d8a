//! Why a barcode cannot be written or read; some of these are gaps in the evidence, not defects of the barcode.

use thiserror::Error;

use crate::error::WalletError;

/// Why a credential cannot be turned into a barcode, or a barcode into a credential.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BarcodeFault {
    /// The payload names a type table that is not at hand: fetch the trust data that carries it.
    #[error("type table {entry_id} is not known; it comes with the programme's trust data")]
    MissingTable {
        /// The registry entry id the payload names.
        entry_id: u64,
    },
    /// The credential names a JSON-LD context that is not at hand: fetch the trust data that carries it.
    #[error("context {url} is not known")]
    MissingContext {
        /// The context's URL.
        url: String,
    },
    /// Reading it would take more work than any honest credential does.
    #[error("it takes more work to read than any credential should")]
    TooMuchWork,
    /// Longer than any symbol holds.
    #[error("it is longer than the largest symbol holds ({limit} {unit})")]
    TooLong {
        /// The most that fits.
        limit: usize,
        /// Of what: characters or bytes.
        unit: &'static str,
    },
    /// This form would give back another credential than was put in, so it is not written.
    #[error("member {member} would not come back as it is: {reason}")]
    Lossy {
        /// A JSON pointer (RFC 6901) to the first member that differs.
        member: String,
        /// What happens to it.
        reason: String,
    },
    /// Not what it claims to be.
    #[error("{reason}")]
    Malformed {
        /// What is wrong with it.
        reason: String,
    },
    /// Well-formed, but of a kind this version does not write or read.
    #[error("{reason}")]
    Unsupported {
        /// What is not supported.
        reason: String,
    },
}

impl BarcodeFault {
    pub(crate) fn malformed(reason: impl ToString) -> Self {
        Self::Malformed { reason: reason.to_string() }
    }

    pub(crate) fn unsupported(reason: impl ToString) -> Self {
        Self::Unsupported { reason: reason.to_string() }
    }
}

impl From<BarcodeFault> for WalletError {
    fn from(fault: BarcodeFault) -> Self {
        let what = "barcode";
        match fault {
            BarcodeFault::MissingTable { .. } | BarcodeFault::MissingContext { .. } => Self::unreachable(what, fault),
            BarcodeFault::Lossy { .. } | BarcodeFault::Unsupported { .. } => Self::unsupported(what, fault),
            BarcodeFault::TooLong { .. } | BarcodeFault::TooMuchWork | BarcodeFault::Malformed { .. } => {
                Self::malformed(what, fault)
            }
        }
    }
}
