//! What a proof says of itself, and what it is over.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Mechanism, has_type};
use crate::did::VerificationRelationship;
use crate::error::{Result, WalletError};
use crate::time::Timestamp;

/// What one proof says of itself, whatever the mechanism; nothing here is trusted yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// How it is signed.
    pub mechanism: Mechanism,
    /// The `verificationMethod` or `kid`: the absolute URL of the key, usually a DID URL.
    ///
    /// A token that names no key has its signer's URL here, for the only key that fits; one that does not even name its signer,
    /// as a status list may, has what stands behind it: `#` and the key, or nothing.
    pub method: String,
    /// What the key is used for, as `proofPurpose` names it; none for a JWT, where the kind of document implies it.
    pub purpose: Option<String>,
    /// When the proof was made (`created`, `iat`).
    pub created: Option<Timestamp>,
    /// When the proof begins to hold (`nbf`).
    pub not_before: Option<Timestamp>,
    /// When the proof stops to hold (`expires`, `exp`).
    pub expires: Option<Timestamp>,
    /// The one-time value it answers (`challenge`, `nonce`).
    pub nonce: Option<String>,
    /// Whom it is meant for (`domain`, `aud`).
    pub audience: Vec<String>,
}

/// What is secured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// A verifiable credential.
    Credential,
    /// A verifiable presentation.
    Presentation,
    /// A status list that is a token of its own (Token Status List §5); a Bitstring Status List is a credential.
    StatusList,
}

impl Kind {
    /// The key relationship a proof over this kind must stand in (VC DM 2.0 §4.12, VC Data Integrity §2.1).
    pub fn relationship(self) -> VerificationRelationship {
        match self {
            Self::Credential | Self::StatusList => VerificationRelationship::AssertionMethod,
            Self::Presentation => VerificationRelationship::Authentication,
        }
    }

    /// The type every document of this kind names; a status list token has none, and this is what it is called.
    pub fn type_name(self) -> &'static str {
        match self {
            Self::Credential => "VerifiableCredential",
            Self::Presentation => "VerifiablePresentation",
            Self::StatusList => "StatusList",
        }
    }

    /// The kind of `document`, by its `type`; refused when it names neither or both.
    pub fn of(document: &Map<String, Value>) -> Result<Self> {
        match (has_type(document, "VerifiableCredential"), has_type(document, "VerifiablePresentation")) {
            (true, false) => Ok(Self::Credential),
            (false, true) => Ok(Self::Presentation),
            _ => Err(WalletError::malformed("document", "its type is neither a credential nor a presentation")),
        }
    }
}
