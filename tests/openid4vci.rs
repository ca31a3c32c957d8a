//! OpenID4VCI 1.0: a wallet and a credential issuer, and what each must hold against the other; sections are those of the standard.

#[path = "support/authority.rs"]
mod authority;
#[path = "openid4vci/flows.rs"]
mod flows;
#[path = "openid4vci/keys.rs"]
mod keys;
#[path = "openid4vci/kills.rs"]
mod kills;
#[path = "openid4vci/security.rs"]
mod security;
#[path = "openid4vci/stage.rs"]
mod stage;
