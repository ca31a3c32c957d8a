//! OpenID4VP 1.0: a wallet and a verifier, and what each must hold against the other; sections are those of the standard.

#[path = "openid4vp/accredited.rs"]
mod accredited;
#[path = "support/authority.rs"]
mod authority;
#[path = "support/cedula.rs"]
mod cedula;
#[path = "openid4vp/command_line.rs"]
mod command_line;
#[path = "openid4vp/consent.rs"]
mod consent;
#[path = "support/country.rs"]
mod country;
#[path = "openid4vp/holder_security.rs"]
mod holder_security;
#[path = "openid4vp/stage.rs"]
mod stage;
#[path = "openid4vp/verifier_answers.rs"]
mod verifier_answers;
#[path = "openid4vp/verifier_platform.rs"]
mod verifier_platform;
#[path = "openid4vp/verifier_security.rs"]
mod verifier_security;
#[path = "openid4vp/verifier_served.rs"]
mod verifier_served;
#[path = "openid4vp/verifier_sessions.rs"]
mod verifier_sessions;
#[path = "openid4vp/verifier_stage.rs"]
mod verifier_stage;
#[path = "openid4vp/wallet.rs"]
mod wallet;
#[path = "support/world.rs"]
mod world;
