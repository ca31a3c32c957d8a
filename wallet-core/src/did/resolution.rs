//! What a resolver says of a DID: the document, when it was so, and how far that can be trusted (DID Resolution 0.3).

use serde::{Deserialize, Serialize};

use super::{DidDocument, DidUrl, VerificationRelationship};
use crate::error::WalletError;
use crate::key::PublicKey;
use crate::time::Timestamp;

/// A resolved DID (DID Resolution §3).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Resolution {
    /// The document at the version that was asked for; of a deactivated DID, a document without keys.
    pub document: DidDocument,
    /// When the document was so.
    pub metadata: DocumentMetadata,
    /// How far the document can be trusted.
    pub standing: Standing,
    /// Every key the DID ever had, with the time it was valid; empty for methods without history.
    pub history: Vec<KeyPeriod>,
}

/// DID document metadata (DID Resolution §5).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DocumentMetadata {
    /// When the DID was first changed on the registry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<Timestamp>,
    /// When this version came to be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated: Option<Timestamp>,
    /// The DID was given up for good.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deactivated: Option<bool>,
    /// This version: for did:ethr, the block number of the last change in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version_id: Option<String>,
    /// When the next version came to be, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_update: Option<Timestamp>,
    /// The next version, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_version_id: Option<String>,
}

/// How far a resolution can be trusted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "standing", rename_all = "camelCase")]
pub enum Standing {
    /// The DID contains its document: did:key, did:jwk.
    SelfContained,
    /// Checked against a state proof of a block there is reason to trust.
    Proven {
        /// The block the document was read at.
        block: u64,
        /// The time of that block: how old the document is.
        time: Timestamp,
        /// Why that block is trusted.
        grounds: Grounds,
    },
    /// Only reported, by a registry node or a web server.
    Believed {
        /// The block the document was read at; none for did:web.
        block: Option<u64>,
    },
}

/// Why a block of the registry's chain is trusted, strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum Grounds {
    /// It was known beforehand, from the app or a trust pack.
    Checkpoint,
    /// A quorum of validators sealed it: those known beforehand, or those they let in since (QBFT, IBFT 2.0).
    Validators,
    /// Most of several nodes gave the same one. Whoever runs most of them can make it up.
    Nodes {
        /// How many gave it.
        agreeing: u32,
    },
}

/// The time one key was valid for one relationship, as the registry tells it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KeyPeriod {
    /// The verification method's DID URL.
    pub id: DidUrl,
    /// The key; none when it is of a kind this version does not know, or an account that never showed its key.
    pub key: Option<PublicKey>,
    /// What the key was for.
    pub relationships: Vec<VerificationRelationship>,
    /// The block it was added in.
    pub from_block: u64,
    /// The time of that block.
    pub from: Timestamp,
    /// The block it was revoked in, or announced anew under another fragment, if it was.
    pub until_block: Option<u64>,
    /// The first moment at which it was, or will be, not valid any more under this name, by revocation or expiry, if there is one.
    pub until: Option<Timestamp>,
    /// When its owner reported the key stolen, if that was; whatever it signed and nothing dates before then is worth nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stolen: Option<Reported>,
}

/// The place in a registry of something that was reported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reported {
    /// The block.
    pub block: u64,
    /// The time of that block.
    pub time: Timestamp,
}

impl KeyPeriod {
    /// Whether the key was valid at a time.
    pub fn contains(&self, time: &Timestamp) -> bool {
        self.from <= *time && self.until.as_ref().is_none_or(|until| time < until)
    }
}

impl Resolution {
    /// The period in which the method of that DID URL was valid at `time`; none when it was not, or the method has no history.
    pub fn period_of(&self, method: &DidUrl, time: &Timestamp) -> Option<&KeyPeriod> {
        let wanted = method.without_query();
        self.history.iter().find(|period| period.id == wanted && period.contains(time))
    }
}

/// Why a DID has no resolution, by the error names of DID Resolution §10.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "camelCase")]
pub enum ResolutionError {
    /// The text is not a DID, or not one of its method.
    #[error("invalidDid")]
    InvalidDid,
    /// The text is not a DID URL.
    #[error("invalidDidUrl")]
    InvalidDidUrl,
    /// There is no such DID.
    #[error("notFound")]
    NotFound,
    /// The method, its network or its kind of key is not one this resolver knows.
    #[error("methodNotSupported")]
    MethodNotSupported,
    /// The document that was found is not a DID document of this DID.
    #[error("invalidDidDocument")]
    InvalidDidDocument,
    /// The options exclude each other.
    #[error("invalidOptions")]
    InvalidOptions,
    /// The registry did not answer, or not in full: try again later.
    #[error("internalError")]
    InternalError,
}

/// A DID or DID URL without a resolution: the standard's name for why, and a sentence for people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{error}: {reason}")]
pub struct Unresolved {
    /// The standard's name.
    pub error: ResolutionError,
    /// What happened, without the DID itself.
    pub reason: String,
}

impl Unresolved {
    /// A DID or DID URL without a resolution.
    pub fn new(error: ResolutionError, reason: impl ToString) -> Self {
        Self { error, reason: reason.to_string() }
    }
}

impl From<ResolutionError> for Unresolved {
    fn from(error: ResolutionError) -> Self {
        let reason = match error {
            ResolutionError::InvalidDid => "it is not a DID of its method",
            ResolutionError::InvalidDidUrl => "it is not a DID URL",
            ResolutionError::NotFound => "there is no such DID, or no such version of it",
            ResolutionError::MethodNotSupported => "its method, network or kind of key is not known here",
            ResolutionError::InvalidDidDocument => "what was found is not its document",
            ResolutionError::InvalidOptions => "the version is not one, or named twice",
            ResolutionError::InternalError => "the registry did not answer in full",
        };
        Self::new(error, reason)
    }
}

impl From<Unresolved> for WalletError {
    fn from(unresolved: Unresolved) -> Self {
        let reason = unresolved.to_string();
        match unresolved.error {
            ResolutionError::InvalidDid | ResolutionError::InvalidDidUrl | ResolutionError::InvalidDidDocument => {
                Self::malformed("DID", reason)
            }
            ResolutionError::NotFound => Self::refused("the DID's registry", reason),
            ResolutionError::MethodNotSupported => Self::unsupported("this DID", reason),
            ResolutionError::InvalidOptions => Self::misused(reason),
            ResolutionError::InternalError => Self::unreachable("the DID's registry", reason),
        }
    }
}
