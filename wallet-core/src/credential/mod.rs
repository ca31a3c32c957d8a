//! Credentials and presentations: the W3C Verifiable Credentials Data Model 2.0.
