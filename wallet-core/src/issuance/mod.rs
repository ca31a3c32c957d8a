//! OpenID for Verifiable Credential Issuance 1.0: one message a file, for the wallet and the issuer alike.
