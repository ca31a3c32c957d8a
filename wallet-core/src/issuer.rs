//! The issuer door: from claims to a secured credential.
