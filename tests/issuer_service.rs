//! The credential issuer of OpenID4VCI 1.0, request by request: what it gives, to whom, and how often.

#[path = "issuer_service/authorizing.rs"]
mod authorizing;
#[path = "support/cedula.rs"]
mod cedula;
#[path = "issuer_service/clients.rs"]
mod clients;
#[path = "issuer_service/codes.rs"]
mod codes;
#[path = "issuer_service/credentials.rs"]
mod credentials;
#[path = "issuer_service/deferral.rs"]
mod deferral;
#[path = "issuer_service/encryption.rs"]
mod encryption;
#[path = "issuer_service/proofs.rs"]
mod proofs;
#[path = "issuer_service/security.rs"]
mod security;
#[path = "issuer_service/service.rs"]
mod service;
#[path = "issuer_service/stage.rs"]
mod stage;
#[path = "issuer_service/tokens.rs"]
mod tokens;
