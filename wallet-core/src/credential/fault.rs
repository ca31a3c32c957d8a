//! What can be wrong with the structure of a credential or presentation.

use serde::{Deserialize, Serialize};

/// One way in which a document does not follow the data model; `member` is where, as in `credentialSubject.0.id`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "fault", rename_all = "camelCase")]
pub enum CredentialFault {
    /// A member that must be there is not.
    #[error("{member} is missing")]
    Missing {
        /// The member.
        member: String,
    },
    /// The first context is neither that of VC DM 2.0 nor of 1.1.
    #[error("the first @context is not that of a verifiable credential")]
    FirstContext,
    /// The base contexts of two versions of the data model are mixed.
    #[error("@context mixes two versions of the data model")]
    MixedContexts,
    /// A context is neither a URL nor an object.
    #[error("{member} is neither a URL nor an object")]
    MalformedContext {
        /// The member.
        member: String,
    },
    /// A context stands in the list twice, which makes it no ordered set.
    #[error("{member} names a context for the second time")]
    DuplicateContext {
        /// The member.
        member: String,
    },
    /// A type is not text, or the list of types is empty.
    #[error("{member} is not a list of type names")]
    MalformedType {
        /// The member.
        member: String,
    },
    /// The type every document of this kind names is not among the types.
    #[error("type does not name {expected}")]
    MissingType {
        /// The type.
        expected: String,
    },
    /// A member that must be a URL is not.
    #[error("{member} is not a URL")]
    NotUrl {
        /// The member.
        member: String,
    },
    /// A member that must be a date and time with an offset is not (XSD 1.1 `dateTimeStamp`).
    #[error("{member} is not a date and time with an offset from UTC")]
    NotTimestamp {
        /// The member.
        member: String,
    },
    /// It would be valid only before it begins to be valid.
    #[error("it stops to be valid before it begins to be")]
    EmptyValidity,
    /// A member that must be an object, or a list of objects, is not.
    #[error("{member} is not an object")]
    NotObject {
        /// The member.
        member: String,
    },
    /// An object or a list that must say something is empty.
    #[error("{member} is empty")]
    Empty {
        /// The member.
        member: String,
    },
    /// A text is not text, a language object, or a list of them (VC DM 2.0 §11.1).
    #[error("{member} is neither text nor text with a language")]
    MalformedText {
        /// The member.
        member: String,
    },
    /// A credential in a presentation is neither a credential nor the envelope of one.
    #[error("{member} is neither a credential nor the envelope of one")]
    NotCredential {
        /// The member.
        member: String,
    },
    /// A credential in a presentation has no proof of its own and is in no envelope.
    #[error("{member} is not secured")]
    NotSecured {
        /// The member.
        member: String,
    },
    /// An envelope lacks the base context or has another type beside its own, or its `id` is no `data:` URL.
    #[error("{member} is not a well-formed envelope")]
    MalformedEnvelope {
        /// The member.
        member: String,
    },
    /// Two related resources have the same identifier.
    #[error("{member} names a resource for the second time")]
    DuplicateResource {
        /// The member.
        member: String,
    },
    /// A related resource carries no digest, or one that cannot be read.
    #[error("{member} has no digest that can be checked")]
    MalformedDigest {
        /// The member.
        member: String,
    },
    /// A media type is not of the form `type/subtype` (RFC 6838 §4.2).
    #[error("{member} is not a media type")]
    MalformedMediaType {
        /// The member.
        member: String,
    },
    /// A member that must be text is not, or says nothing.
    #[error("{member} is not text")]
    NotText {
        /// The member.
        member: String,
    },
    /// A member that must be a number of seconds since 1970 is not (RFC 7519 §2, `NumericDate`).
    #[error("{member} is not a number of seconds")]
    NotNumericDate {
        /// The member.
        member: String,
    },
    /// A member that must be a number counted from 0 is not.
    #[error("{member} is not a whole number")]
    NotWholeNumber {
        /// The member.
        member: String,
    },
    /// A further type is the first type again, or there twice (SD-JWT VC §2.2.2.2).
    #[error("{member} names a type for the second time")]
    RepeatedType {
        /// The member.
        member: String,
    },
    /// The disclosures do not go with what was signed (RFC 9901 §7.1).
    #[error("the disclosures do not stand: {reason}")]
    Disclosures {
        /// What is wrong.
        reason: String,
    },
}
