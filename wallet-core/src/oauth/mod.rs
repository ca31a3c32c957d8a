//! OAuth 2.0 as OpenID4VC uses it: one message or mechanism a file, for the client and the server alike.

pub mod call;
pub mod endpoint;
pub mod error;
pub mod form;

pub use call::Call;
pub use endpoint::Endpoint;
pub use error::{OAuthError, OAuthErrorCode};
pub use form::Form;
