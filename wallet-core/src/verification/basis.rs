//! What a verdict rests on: the evidence that was used, and its age.

use serde::Serialize;

use crate::did::{Did, Standing};
use crate::time::Timestamp;

/// What a verdict rests on, and how old it is.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Basis {
    /// The moment the verdict is about.
    pub at: Timestamp,
    /// The DIDs that were looked up.
    pub resolutions: Vec<ResolutionUsed>,
    /// The status lists that were looked into.
    pub status_lists: Vec<StatusListUsed>,
    /// The issuers whose published keys were used.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub issuers: Vec<IssuerUsed>,
}

impl Basis {
    /// What a verdict of the moment `at` rests on before anything was looked at.
    pub(super) fn new(at: Timestamp) -> Self {
        Self { at, resolutions: Vec::new(), status_lists: Vec::new(), issuers: Vec::new() }
    }
}

/// A resolution that a verdict rests on.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ResolutionUsed {
    /// The DID.
    pub did: Did,
    /// How far the resolution can be trusted, and the block it was read at.
    #[serde(flatten)]
    pub standing: Standing,
    /// When it was made.
    pub as_of: Timestamp,
}

/// A status list that a verdict rests on.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StatusListUsed {
    /// Its URL.
    pub list: String,
    /// When it was fetched.
    pub as_of: Timestamp,
}

/// An issuer's published keys that a verdict rests on.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IssuerUsed {
    /// The issuer's web address.
    pub issuer: String,
    /// When they were fetched.
    pub as_of: Timestamp,
}
