//! OpenID4VCI 1.0 and OpenID4VP 1.0 against the software of others, in both directions, over HTTP: npm `@openid4vc/*` with `jose`,
//! `@sd-jwt/*` and `@digitalbazaar/*` as issuer, wallet and verifier; a whole credo-ts agent; an issuer on PyPI `openid4vci`; verifiers on
//! PyPI `polaris-oid4vp` and `openvc-core`. What they cannot do is in `interop/openid4vc/limits.md`.
//!
//! It needs the npm and Python packages of `tests/interop`, which `tests/run interop` installs.

#[path = "interop/openid4vc/among_themselves.rs"]
mod among_themselves;
#[path = "interop/openid4vc/asking.rs"]
mod asking;
#[path = "interop/openid4vc/command_line.rs"]
mod command_line;
#[path = "interop/openid4vc/holder.rs"]
mod holder;
#[path = "interop/openid4vc/http.rs"]
mod http;
#[path = "interop/openid4vc/issuing.rs"]
mod issuing;
#[path = "interop/openid4vc/names.rs"]
mod names;
#[path = "interop/openid4vc/ours.rs"]
mod ours;
#[path = "interop/openid4vc/presenting.rs"]
mod presenting;
#[path = "interop/openid4vc/programs.rs"]
mod programs;
#[path = "interop/openid4vc/provider.rs"]
mod provider;
#[path = "interop/openid4vc/receiving.rs"]
mod receiving;
#[path = "support/table.rs"]
mod table;
#[path = "interop/openid4vc/verifying.rs"]
mod verifying;
