//! Showing credentials to a verifier who asked: what is asked, and what answers it.

mod request;
mod response;

pub use request::Request;
pub use response::{Signer, response};
