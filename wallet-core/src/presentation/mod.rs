//! Showing credentials to a verifier who asked: what is asked, and what answers it.

pub mod dcql;
mod request;
mod response;
mod vp_formats;

pub use request::Request;
pub use response::{Signer, response};
pub use vp_formats::VpFormats;
