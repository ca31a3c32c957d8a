//! A request and its answer handed over directly, as a QR code or a file, with no protocol around them.

mod request;
mod response;

pub use request::Request;
pub use response::{Signer, response};
