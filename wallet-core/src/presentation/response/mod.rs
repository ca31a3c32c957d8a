//! The authorization response: what goes back to the verifier, by whichever way it asked for (OpenID4VP 1.0 §8).
//!
//! `vp_token` is the presentations by what they answer, `answer` what a wallet says, be it that it gives nothing. `delivery` is the
//! wallet's side, `reading` and `transactions` the verifier's, and `receipt` what the verifier says to that.

mod answer;
mod delivery;
mod reading;
mod receipt;
mod transactions;
mod vp_token;

pub use answer::AuthorizationResponse;
pub use delivery::{Delivery, error_data};
pub use reading::ResponseTerms;
pub use receipt::Receipt;
pub use transactions::{TransactionFault, check_authorised};
pub use vp_token::VpToken;

/// The longest answer that is read, in bytes; encrypted and as a form it stays within a mebibyte.
pub const MAX_RESPONSE: usize = 700 << 10;
