//! OAuth 2.0 as OpenID4VC uses it: one message or mechanism a file, for the client and the server alike.
//!
//! ```text
//! metadata ─► pushed ─► authorization ─► token ─► (resource)      pkce binds the code to the client
//!                                                                 dpop binds the token to a key
//! error: how each of them says no                                 client_attestation: who the client is
//! ```

pub mod attester;
pub mod authorization;
pub mod authorization_details;
pub mod call;
pub mod client_attestation;
pub mod dpop;
pub mod endpoint;
pub mod error;
pub mod form;
pub mod metadata;
pub mod pkce;
mod profile;
pub mod pushed;
pub mod secret;
pub mod token;

pub use attester::Attesters;
pub use authorization::{AuthorizationAnswer, AuthorizationRequest};
pub use authorization_details::CredentialAuthorization;
pub use call::Call;
pub use client_attestation::ClientAttestation;
pub use dpop::{CheckedDpop, DpopProof};
pub use endpoint::Endpoint;
pub use error::{OAuthError, OAuthErrorCode};
pub use form::Form;
pub use metadata::AuthorizationServerMetadata;
pub use pkce::CodeVerifier;
pub use profile::Profile;
pub use pushed::PushedResponse;
pub use secret::Secret;
pub(crate) use secret::unguessable;
pub use token::{Grant, TokenRequest, TokenResponse, TokenType};
