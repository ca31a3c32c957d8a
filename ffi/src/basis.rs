//! Mirrors of what a verdict rests on.

use wallet_core::did::{Did, Standing};
use wallet_core::time::Timestamp;
use wallet_core::verification::{Basis, IssuerUsed, ResolutionUsed, StatusListUsed};

/// What a verdict rests on, and how old it is.
#[uniffi::remote(Record)]
pub struct Basis {
    /// The moment the verdict is about.
    pub at: Timestamp,
    /// The DIDs that were looked up.
    pub resolutions: Vec<ResolutionUsed>,
    /// The status lists that were looked into.
    pub status_lists: Vec<StatusListUsed>,
    /// The issuers whose published keys were used.
    pub issuers: Vec<IssuerUsed>,
}

/// An issuer's published keys that a verdict rests on.
#[uniffi::remote(Record)]
pub struct IssuerUsed {
    /// The issuer's web address.
    pub issuer: String,
    /// When they were fetched.
    pub as_of: Timestamp,
}

/// A resolution that a verdict rests on.
#[uniffi::remote(Record)]
pub struct ResolutionUsed {
    /// The DID.
    pub did: Did,
    /// How far the resolution can be trusted, and the block it was read at.
    pub standing: Standing,
    /// When it was made.
    pub as_of: Timestamp,
}

/// A status list that a verdict rests on.
#[uniffi::remote(Record)]
pub struct StatusListUsed {
    /// Its URL.
    pub list: String,
    /// When it was fetched.
    pub as_of: Timestamp,
}
