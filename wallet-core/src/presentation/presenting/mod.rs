//! The holder's side: what of a credential leaves the wallet, and the proof that it leaves by its holder's will (OpenID4VP 1.0 §8,
//! App. B).
//!
//! `disclosed` cuts a credential down to what is shared, `proof` binds it to one request of one verifier, and `transaction` is what
//! the holder authorises by that.

mod disclosed;
mod proof;
#[cfg(test)]
mod tests;
mod transaction;

pub use disclosed::disclosed;
pub use proof::{PresentationTerms, UnsignedPresentation, prepare};
pub use transaction::{FieldKind, TransactionField, TransactionType, authorisations, check_transactions};
