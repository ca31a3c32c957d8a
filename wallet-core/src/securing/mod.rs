//! Securing mechanisms: one file each, all with the same verbs, `prepare`, `read` and `check` (VC DM 2.0 §4.12).
//!
//! Reading trusts nothing: it says what the proofs claim. Whether the signature is good is [`Secured::check_signature`]'s
//! answer; whether the key is the issuer's, for this purpose, at this time, is verification's.

mod anchored;
mod cbor;
mod certificates;
mod claims;
mod cose;
mod data_integrity;
mod data_url;
mod disclosure;
mod fault;
pub mod jcs;
mod jwt;
mod jwt_v1;
pub mod linked_data;
mod mechanism;
mod model;
mod nested;
mod proof;
pub mod sd_jwt;
mod secured;
mod showing;
mod sign1;
mod status_token;
mod unsigned;

pub use anchored::INCLUSION_SUITE;
pub(crate) use claims::THUMBPRINT_URI;
pub use disclosure::Disclosure;
pub use fault::SignatureFault;
pub use mechanism::Mechanism;
pub use model::TYPED_MEMBERS;
pub use nested::MAX_CREDENTIALS;
pub use proof::{Kind, Proof};
pub use secured::{MAX_PROOFS, Secured};
pub use unsigned::{ProofOptions, Unsigned, prepare, prepare_disclosable, prepare_unchecked};

use serde_json::{Map, Value};

use crate::jose::jws;

/// Whether `type` is, or lists, `name`.
pub(crate) fn has_type(document: &Map<String, Value>, name: &str) -> bool {
    match document.get("type") {
        Some(Value::String(only)) => only == name,
        Some(Value::Array(all)) => all.iter().any(|t| t.as_str() == Some(name)),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
