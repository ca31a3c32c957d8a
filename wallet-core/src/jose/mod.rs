//! JOSE: signed and encrypted JSON (RFC 7515, RFC 7516, RFC 7519), with the algorithm always the key's (RFC 8725).

pub mod jwe;
pub mod jwk_set;
pub(crate) mod jws;
pub mod jwt;

use crate::key::BadSignature;

/// Why the signature of a token was not found good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JwsFault {
    /// It is not the key's signature over this token.
    #[error("the signature is not good")]
    Bad,
    /// The header names an algorithm that is not the key's.
    #[error("the algorithm is not the key's")]
    WrongAlgorithm,
}

impl From<BadSignature> for JwsFault {
    fn from(_: BadSignature) -> Self {
        Self::Bad
    }
}
