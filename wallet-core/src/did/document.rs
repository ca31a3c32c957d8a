//! The DID document (DID Core 1.0 §5).

use std::fmt;

use serde_json::{Map, Value};

use super::{Did, DidUrl};
use crate::key::PublicKey;
use crate::time::Timestamp;

/// What a DID resolves to: its keys, what each is for, and its services (DID Core 1.0 §5).
#[derive(Debug, Clone, PartialEq)]
pub struct DidDocument {
    /// The DID the document is about.
    pub id: Did,
    /// The DIDs that may change the document, when not the subject alone.
    pub controller: Vec<Did>,
    /// Other identifiers of the same subject.
    pub also_known_as: Vec<String>,
    /// The keys, each with the relationships it stands in.
    pub verification_methods: Vec<VerificationMethod>,
    /// The services.
    pub services: Vec<Service>,
}

/// One key of a DID document (DID Core 1.0 §5.2).
#[derive(Debug, Clone, PartialEq)]
pub struct VerificationMethod {
    /// Its DID URL, absolute.
    pub id: DidUrl,
    /// The method's type as the document writes it, such as `Multikey` or `JsonWebKey`.
    pub kind: String,
    /// The DID that controls the key.
    pub controller: Did,
    /// The key; none when it is of a kind this version does not know.
    pub key: Option<PublicKey>,
    /// The key material's members as the document writes them (`publicKeyMultibase`, `publicKeyJwk`, `blockchainAccountId` …).
    pub material: Map<String, Value>,
    /// What the key may be used for.
    pub relationships: Vec<VerificationRelationship>,
    /// When the document itself says the key expires (CID 1.0 §2.2 `expires`).
    pub expires: Option<Timestamp>,
    /// When the document itself says the key was revoked (CID 1.0 §2.2 `revoked`).
    pub revoked: Option<Timestamp>,
}

/// What a key may be used for; the proof purpose must name one of these (DID Core 1.0 §5.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum VerificationRelationship {
    /// Issuing credentials.
    AssertionMethod,
    /// Proving control, in presentations.
    Authentication,
    /// Encrypting to the subject.
    KeyAgreement,
    /// Invoking a capability.
    CapabilityInvocation,
    /// Delegating a capability.
    CapabilityDelegation,
}

impl VerificationRelationship {
    /// All relationships, in the order a document lists them.
    pub const ALL: [Self; 5] =
        [Self::AssertionMethod, Self::Authentication, Self::KeyAgreement, Self::CapabilityInvocation, Self::CapabilityDelegation];

    /// The name in a DID document and in `proofPurpose`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AssertionMethod => "assertionMethod",
            Self::Authentication => "authentication",
            Self::KeyAgreement => "keyAgreement",
            Self::CapabilityInvocation => "capabilityInvocation",
            Self::CapabilityDelegation => "capabilityDelegation",
        }
    }

    /// The relationship of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|r| r.as_str() == name)
    }
}

impl fmt::Display for VerificationRelationship {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One service of a DID document (DID Core 1.0 §5.4).
#[derive(Debug, Clone, PartialEq)]
pub struct Service {
    /// Its identifier.
    pub id: String,
    /// Its type or types.
    pub kinds: Vec<String>,
    /// Its endpoint: a URL, an object, or a list of either.
    pub endpoint: Value,
}
