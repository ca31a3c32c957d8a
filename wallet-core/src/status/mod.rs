//! Whether a credential was revoked or suspended since it was issued, one file per part of a list format.
//!
//! Bitstring Status List 1.0: `entry` in the credential, `bitstring` the list, `list_credential` the list as its issuer
//! publishes it, `indexes` the places given out. Token Status List: `token_entry` and `token_list`. `published` is a list of
//! either format, opened to be looked into.
//!
//! The list's signature, issuer and age are verification's to judge.

mod bitstring;
mod entry;
mod indexes;
mod list_credential;
mod published;
mod token_entry;
mod token_list;

pub use bitstring::{MAX_BYTES, MAX_SIZE, MINIMUM_ENTRIES, StatusList};
pub use entry::{BitstringEntry, StatusMessage};
pub use indexes::Indexes;
pub use list_credential::{ListCredential, ListTerms};
pub use published::{PublishedList, time_to_live};
pub use token_entry::TokenEntry;
pub use token_list::{INVALID, SUSPENDED, TokenListTerms, TokenStatusList, VALID, aggregation};

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Reads from a list, given as the body it was published with, what it says of `entry`.
///
/// The body must come from a list whose signature and issuer were verified.
pub fn check(entry: &StatusEntry, list: &Map<String, Value>) -> Result<StatusValue, StatusFault> {
    PublishedList::read(list)?.check(entry)
}

/// The place of a credential in a status list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StatusEntry {
    /// In a Bitstring Status List: a `credentialStatus`.
    Bitstring(BitstringEntry),
    /// In a Token Status List: the `status_list` of a `status` claim.
    Token(TokenEntry),
}

impl StatusEntry {
    /// Reads a `credentialStatus` entry, or the `status_list` object of a token; [`StatusFault::Unsupported`] for another kind.
    pub fn read(json: &Map<String, Value>) -> Result<Self, StatusFault> {
        match json.get("type") {
            None if json.contains_key("idx") || json.contains_key("uri") => TokenEntry::read(json).map(Self::Token),
            _ => BitstringEntry::read(json).map(Self::Bitstring),
        }
    }

    /// Reads the `status` claim of a token: one entry, or a fault, for each mechanism it names (Token Status List §6.1).
    pub fn read_claim(status: &Value) -> Vec<Result<Self, StatusFault>> {
        let Some(mechanisms) = status.as_object().filter(|mechanisms| !mechanisms.is_empty()) else {
            return vec![Err(StatusFault::malformed("status names no mechanism"))];
        };
        let read = |(name, value): (&String, &Value)| match (name.as_str(), value) {
            ("status_list", Value::Object(entry)) => TokenEntry::read(entry).map(Self::Token),
            ("status_list", _) => Err(StatusFault::malformed("status_list is not an object")),
            (other, _) => Err(StatusFault::Unsupported { kind: other.to_owned() }),
        };
        mechanisms.iter().map(read).collect()
    }

    /// The URL of the list.
    pub fn list(&self) -> &str {
        match self {
            Self::Bitstring(entry) => &entry.list,
            Self::Token(entry) => &entry.list,
        }
    }

    /// The format of the list.
    pub fn format(&self) -> ListFormat {
        match self {
            Self::Bitstring(_) => ListFormat::Bitstring,
            Self::Token(_) => ListFormat::Token,
        }
    }
}

/// The format of a status list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ListFormat {
    /// Bitstring Status List 1.0: a credential.
    Bitstring,
    /// Token Status List: a JWT or CWT.
    Token,
}

impl ListFormat {
    /// The media types of such a list, as an `Accept` header asks for them (Bitstring Status List §4, Token Status List §8.1).
    pub fn accept(self) -> &'static str {
        match self {
            Self::Bitstring => "application/vc, application/vc+jwt, application/vc+cose, application/json;q=0.5",
            Self::Token => "application/statuslist+jwt, application/statuslist+cwt",
        }
    }
}

/// What a list says of one credential.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusValue {
    /// What the list is for.
    pub purpose: StatusPurpose,
    /// The value: 0 is unset; more than 1 only in lists with more than one bit an entry.
    pub value: u8,
    /// The issuer's word for the value, for developers and not for people (§2.1).
    pub message: Option<String>,
}

impl StatusValue {
    /// Whether the status is set: revoked, suspended.
    pub fn is_set(&self) -> bool {
        self.value != 0
    }
}

/// What a status is for (§2.1).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum StatusPurpose {
    /// Cancels the credential for good.
    Revocation,
    /// Keeps the credential from being accepted for a time.
    Suspension,
    /// Tells something about the credential without taking its validity.
    Message,
    /// A newer credential can be had.
    Refresh,
    /// A purpose of the issuer's own.
    Other(String),
}

impl StatusPurpose {
    /// The name in `statusPurpose`.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Revocation => "revocation",
            Self::Suspension => "suspension",
            Self::Message => "message",
            Self::Refresh => "refresh",
            Self::Other(name) => name,
        }
    }
}

impl From<String> for StatusPurpose {
    fn from(name: String) -> Self {
        match name.as_str() {
            "revocation" => Self::Revocation,
            "suspension" => Self::Suspension,
            "message" => Self::Message,
            "refresh" => Self::Refresh,
            _ => Self::Other(name),
        }
    }
}

impl From<StatusPurpose> for String {
    fn from(purpose: StatusPurpose) -> Self {
        purpose.as_str().to_owned()
    }
}

impl fmt::Display for StatusPurpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a list says nothing of a credential.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "fault", rename_all = "camelCase")]
pub enum StatusFault {
    /// The entry or the list does not follow the standard.
    #[error("the status cannot be read: {reason}")]
    Malformed {
        /// What is wrong.
        reason: String,
    },
    /// The entry or the list is of a kind this version does not know.
    #[error("a status of kind {kind} is not supported")]
    Unsupported {
        /// The kind.
        kind: String,
    },
    /// The list is another one than the entry names.
    #[error("the status list is not {url}")]
    WrongList {
        /// The list the entry names.
        url: String,
    },
    /// The list is not for the entry's purpose.
    #[error("the status list is not for {purpose}")]
    WrongPurpose {
        /// The entry's purpose.
        purpose: StatusPurpose,
    },
    /// The list has fewer entries than hide one among the others (§6.1).
    #[error("the status list has only {entries} entries")]
    TooShort {
        /// How many entries it has.
        entries: u64,
    },
    /// The list is longer than [`MAX_BYTES`] when decompressed.
    #[error("the status list is too long")]
    TooLong,
    /// The entry's index is past the end of the list.
    #[error("the status index is past the {entries} entries of the list")]
    OutOfRange {
        /// How many entries the list has.
        entries: u64,
    },
}

impl StatusFault {
    /// The name of the error in Bitstring Status List §3.2 and §3.5; a list that cannot be had is `STATUS_RETRIEVAL_ERROR`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed { .. } => "MALFORMED_VALUE_ERROR",
            Self::TooShort { .. } => "STATUS_LIST_LENGTH_ERROR",
            Self::OutOfRange { .. } => "RANGE_ERROR",
            Self::Unsupported { .. } | Self::WrongList { .. } | Self::WrongPurpose { .. } | Self::TooLong => {
                "STATUS_VERIFICATION_ERROR"
            }
        }
    }

    fn malformed(reason: impl ToString) -> Self {
        Self::Malformed { reason: reason.to_string() }
    }
}

#[cfg(test)]
mod tests;
