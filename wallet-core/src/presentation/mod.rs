//! Showing credentials to a verifier who asked: what is asked, and what answers it (OpenID4VP 1.0).
//!
//! `request` is the authorization request, from the link that is scanned to the verifier who is known to ask; `response` is what goes
//! back. Both are written and read here, for either side.

mod handed;
pub mod request;
pub mod response;

pub use handed::{Request, Signer, response};
