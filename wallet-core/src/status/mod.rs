//! Whether a credential was revoked or suspended since it was issued, one file per part of a list format.
//!
//! Bitstring Status List 1.0: `entry` in the credential, `bitstring` the list, `list_credential` the list as its issuer
//! publishes it, `indexes` the places given out. A Token Status List joins as files of its own behind [`check`].
//!
//! The list's signature, issuer and age are verification's to judge.

mod bitstring;
mod entry;
mod indexes;
mod list_credential;

pub use bitstring::{MAX_BYTES, MAX_SIZE, MINIMUM_ENTRIES, StatusList};
pub use entry::{StatusEntry, StatusMessage};
pub use indexes::Indexes;
pub use list_credential::{ListCredential, ListTerms};

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Reads from a list, given as its credential's body, what it says of `entry` (Bitstring Status List §3.2).
///
/// The body must come from a list credential whose signature and issuer were verified.
pub fn check(entry: &StatusEntry, list: &Map<String, Value>) -> Result<StatusValue, StatusFault> {
    let list = ListCredential::read(list)?;
    if list.id.as_ref().is_some_and(|id| *id != entry.list) {
        return Err(StatusFault::WrongList { url: entry.list.clone() });
    }
    if !list.purposes.contains(&entry.purpose) {
        return Err(StatusFault::WrongPurpose { purpose: entry.purpose.clone() });
    }
    let bits = StatusList::decode(&list.encoded, entry.size)?;
    if bits.entries() < MINIMUM_ENTRIES {
        return Err(StatusFault::TooShort { entries: bits.entries() });
    }
    let value = bits.value(entry.index).ok_or(StatusFault::OutOfRange { entries: bits.entries() })?;
    Ok(StatusValue { purpose: entry.purpose.clone(), value, message: entry.message(value).map(str::to_owned) })
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
    fn malformed(reason: impl ToString) -> Self {
        Self::Malformed { reason: reason.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const LIST: &str = "https://example.com/credentials/status/3";

    fn published(list: &StatusList, purposes: Vec<StatusPurpose>) -> Map<String, Value> {
        let terms = ListTerms {
            url: LIST.to_owned(),
            issuer: "did:example:12345".parse().expect("a DID"),
            purposes,
            valid_from: "2026-03-01T12:00:00Z".parse().expect("a date"),
            valid_until: None,
            ttl: None,
        };
        list.to_credential(&terms)
    }

    fn entry(purpose: StatusPurpose, index: u64) -> StatusEntry {
        StatusEntry::new(purpose, index, LIST)
    }

    #[test]
    fn flipped_entry_is_set_and_its_neighbours_are_not() {
        let mut list = StatusList::new(MINIMUM_ENTRIES, 1).expect("a list");
        list.set(94567, 1).expect("in range");
        let body = published(&list, vec![StatusPurpose::Revocation]);
        for (index, set) in [(94566, false), (94567, true), (94568, false), (0, false), (131_071, false)] {
            let value = check(&entry(StatusPurpose::Revocation, index), &body).expect("a status");
            assert_eq!(value.is_set(), set, "{index}");
        }
        list.set(94567, 0).expect("in range");
        let body = published(&list, vec![StatusPurpose::Revocation]);
        assert!(!check(&entry(StatusPurpose::Revocation, 94567), &body).expect("a status").is_set());
    }

    #[test]
    fn bitstring_status_list_section_2_2_example_3() {
        let body = json!({
            "@context": ["https://www.w3.org/ns/credentials/v2"],
            "id": LIST,
            "type": ["VerifiableCredential", "BitstringStatusListCredential"],
            "issuer": "did:example:12345",
            "validFrom": "2021-04-05T14:27:40Z",
            "credentialSubject": {
                "id": "https://example.com/status/3#list",
                "type": "BitstringStatusList",
                "statusPurpose": "revocation",
                "encodedList": "uH4sIAAAAAAAAA-3BMQEAAADCoPVPbQwfoAAAAAAAAAAAAAAAAAAAAIC3AYbSVKsAQAAA",
            },
        });
        let entry = json!({
            "id": "https://example.com/credentials/status/3#94567",
            "type": "BitstringStatusListEntry",
            "statusPurpose": "revocation",
            "statusListIndex": "94567",
            "statusListCredential": LIST,
        });
        let entry = StatusEntry::read(entry.as_object().expect("an object")).expect("an entry");
        let value = check(&entry, body.as_object().expect("an object")).expect("a status");
        assert_eq!(value, StatusValue { purpose: StatusPurpose::Revocation, value: 0, message: None });
    }

    #[test]
    fn list_for_another_purpose_or_of_another_url_says_nothing() {
        let list = StatusList::new(MINIMUM_ENTRIES, 1).expect("a list");
        let body = published(&list, vec![StatusPurpose::Suspension, StatusPurpose::Refresh]);
        let fault = check(&entry(StatusPurpose::Revocation, 1), &body);
        assert_eq!(fault, Err(StatusFault::WrongPurpose { purpose: StatusPurpose::Revocation }));
        assert!(check(&entry(StatusPurpose::Refresh, 1), &body).is_ok());
        let other = StatusEntry::new(StatusPurpose::Suspension, 1, "https://example.com/credentials/status/4");
        assert_eq!(check(&other, &body), Err(StatusFault::WrongList { url: other.list.clone() }));
    }

    #[test]
    fn index_past_the_end_is_a_fault() {
        let list = StatusList::new(MINIMUM_ENTRIES, 1).expect("a list");
        let body = published(&list, vec![StatusPurpose::Revocation]);
        for index in [MINIMUM_ENTRIES, u64::MAX] {
            let fault = check(&entry(StatusPurpose::Revocation, index), &body);
            assert_eq!(fault, Err(StatusFault::OutOfRange { entries: MINIMUM_ENTRIES }));
        }
    }

    #[test]
    fn list_too_short_for_its_entries_is_a_fault() {
        // Enough entries of one bit, half as many of two.
        let list = StatusList::new(MINIMUM_ENTRIES, 1).expect("a list");
        let body = published(&list, vec![StatusPurpose::Message]);
        let mut entry = entry(StatusPurpose::Message, 1);
        entry.size = 2;
        assert_eq!(check(&entry, &body), Err(StatusFault::TooShort { entries: MINIMUM_ENTRIES / 2 }));
    }

    #[test]
    fn message_of_the_value_is_told() {
        let mut list = StatusList::new(MINIMUM_ENTRIES, 2).expect("a list");
        list.set(7, 2).expect("in range");
        let body = published(&list, vec![StatusPurpose::Message]);
        let mut entry = entry(StatusPurpose::Message, 7);
        entry.size = 2;
        entry.messages = ["pending_review", "accepted", "rejected", "undefined"]
            .into_iter()
            .enumerate()
            .map(|(value, message)| StatusMessage { value: value as u8, message: message.to_owned() })
            .collect();
        let value = check(&entry, &body).expect("a status");
        assert_eq!((value.value, value.message.as_deref()), (2, Some("rejected")));
    }
}
