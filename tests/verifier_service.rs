//! The verifier of OpenID4VP 1.0 against wallets that do as they please; sections are those of the standard.

#[path = "verifier_service/answers.rs"]
mod answers;
#[path = "support/authority.rs"]
mod authority;
#[path = "verifier_service/platform.rs"]
mod platform;
#[path = "verifier_service/security.rs"]
mod security;
#[path = "verifier_service/served.rs"]
mod served;
#[path = "verifier_service/sessions.rs"]
mod sessions;
#[path = "verifier_service/stage.rs"]
mod stage;
#[path = "support/world.rs"]
mod world;
