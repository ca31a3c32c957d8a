//! Showing credentials to a verifier who asked: what is asked, and what answers it (OpenID4VP 1.0).
//!
//! `request` is the authorization request, from the link that is scanned to the verifier who is known to ask; `dcql` the query in it,
//! and what of a wallet answers that; `response` is what goes back. All is written and read here, for either side.

pub mod dcql;
mod handed;
pub mod presenting;
pub mod request;
pub mod response;
mod vp_formats;

pub use handed::{Request, Signer, response};
pub use vp_formats::VpFormats;
