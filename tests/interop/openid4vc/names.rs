//! Who is who in the table.

/// This repository.
pub const OURS: &str = "cedula";
/// npm `@openid4vc/*`, with `jose`, `@sd-jwt` and `@digitalbazaar`.
pub const NPM: &str = "npm @openid4vc 0.4";
/// The credo-ts agent.
pub const CREDO: &str = "credo-ts 0.6";
/// The Python issuer.
pub const PYPI: &str = "PyPI openid4vci 1.0a1";
/// The certified verifier.
pub const POLARIS: &str = "PyPI polaris-oid4vp 1.0";
/// The judge who takes no part.
pub const OPENVC: &str = "PyPI openvc-core 1.37";
