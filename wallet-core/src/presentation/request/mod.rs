//! The authorization request, from the link that is scanned to the verifier who is known to ask (OpenID4VP 1.0 §5).
//!
//! `link` reads what was scanned, `object` a request object and `dc_api` what the platform hands over; each gives a
//! [`ReceivedRequest`], of which nothing counts before `authentication` has found out who asks. `parameters` is the request itself,
//! its parts in the files named after them. `haip` is what one profile asks besides.

mod authentication;
mod client_id;
mod client_metadata;
pub mod dc_api;
#[cfg(test)]
pub(crate) mod example;
mod fault;
pub mod haip;
pub mod link;
pub mod object;
mod parameters;
mod received;
mod response_mode;
mod transaction_data;
mod verifier_info;

pub use authentication::{RegisteredVerifier, RequestedBy, VerifierEvidence};
pub use client_id::{ClientId, ClientIdPrefix};
pub use client_metadata::ClientMetadata;
pub use dc_api::DcApiProtocol;
pub use fault::RequestFault;
pub use link::{RequestLink, RequestReference, RequestUriMethod};
pub use parameters::AuthorizationRequest;
pub use received::{AuthenticatedRequest, Carriage, ReceivedRequest};
pub use response_mode::ResponseMode;
pub use transaction_data::TransactionData;
pub use verifier_info::VerifierInfo;

use object::RequestObject;
