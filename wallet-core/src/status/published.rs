//! A list as its issuer published it, opened once for any number of entries.

use std::time::Duration;

use serde_json::{Map, Value};

use super::{
    BitstringEntry, ListCredential, MINIMUM_ENTRIES, StatusEntry, StatusFault, StatusList, StatusValue, TokenEntry,
    TokenStatusList, token_list,
};

/// A published list whose bits are decompressed; nothing is said of its signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublishedList {
    /// A Bitstring Status List.
    Bitstring {
        /// Its own members, the compressed bits left out.
        list: ListCredential,
        /// The bits.
        bits: StatusList,
    },
    /// A Token Status List.
    Token {
        /// The URI it is the list of (`sub`).
        uri: String,
        /// The bits.
        bits: TokenStatusList,
    },
}

impl PublishedList {
    /// Opens the body of a `BitstringStatusListCredential`, or the claims of a status list token.
    pub fn read(body: &Map<String, Value>) -> Result<Self, StatusFault> {
        if let Some(claim) = token_claim(body) {
            let uri =
                body.get("sub").and_then(Value::as_str).ok_or_else(|| StatusFault::malformed("sub is missing or not text"))?;
            ttl(body)?;
            return Ok(Self::Token { uri: uri.to_owned(), bits: TokenStatusList::read(claim)? });
        }
        let mut list = ListCredential::read(body)?;
        let bits = StatusList::decode(&std::mem::take(&mut list.encoded), 1)?;
        Ok(Self::Bitstring { list, bits })
    }

    /// What the list says of `entry` (Bitstring Status List §3.2, Token Status List §8.3).
    pub fn check(&self, entry: &StatusEntry) -> Result<StatusValue, StatusFault> {
        match (self, entry) {
            (Self::Bitstring { list, bits }, StatusEntry::Bitstring(entry)) => bitstring(list, bits, entry),
            (Self::Token { uri, bits }, StatusEntry::Token(entry)) => token(uri, bits, entry),
            _ => Err(StatusFault::Unsupported { kind: "list of another kind than its entry".to_owned() }),
        }
    }
}

/// How long a published list is kept before a newer one is asked for, when it says so.
pub fn time_to_live(body: &Map<String, Value>) -> Option<Duration> {
    match token_claim(body) {
        Some(_) => ttl(body).ok().flatten(),
        None => ListCredential::read(body).ok()?.ttl,
    }
}

/// The `status_list` claim, of a body that is no document of linked data.
fn token_claim(body: &Map<String, Value>) -> Option<&Value> {
    body.get("status_list").filter(|_| !body.contains_key("@context"))
}

fn ttl(body: &Map<String, Value>) -> Result<Option<Duration>, StatusFault> {
    let Some(ttl) = body.get("ttl") else { return Ok(None) };
    let seconds = ttl.as_f64().filter(|seconds| *seconds > 0.0);
    // A time that no clock reaches is no limit.
    let seconds = seconds.ok_or_else(|| StatusFault::malformed("ttl is not a positive number of seconds"))?.min(1e12);
    Ok(Some(Duration::from_secs_f64(seconds)))
}

fn bitstring(list: &ListCredential, bits: &StatusList, entry: &BitstringEntry) -> Result<StatusValue, StatusFault> {
    if list.id.as_ref().is_some_and(|id| *id != entry.list) {
        return Err(StatusFault::WrongList { url: entry.list.clone() });
    }
    if !list.purposes.contains(&entry.purpose) {
        return Err(StatusFault::WrongPurpose { purpose: entry.purpose.clone() });
    }
    let entries = bits.entries() / u64::from(entry.size);
    if entries < MINIMUM_ENTRIES {
        return Err(StatusFault::TooShort { entries });
    }
    let value = bits.value_of(entry.index, entry.size).ok_or(StatusFault::OutOfRange { entries })?;
    Ok(StatusValue { purpose: entry.purpose.clone(), value, message: entry.message(value).map(str::to_owned) })
}

fn token(uri: &str, bits: &TokenStatusList, entry: &TokenEntry) -> Result<StatusValue, StatusFault> {
    if uri != entry.list {
        return Err(StatusFault::WrongList { url: entry.list.clone() });
    }
    let value = bits.value(entry.index).ok_or(StatusFault::OutOfRange { entries: bits.entries() })?;
    Ok(StatusValue { purpose: token_list::purpose(value), value, message: None })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::StatusPurpose;
    use serde_json::json;

    fn claims() -> Map<String, Value> {
        let claims = json!({ "sub": "https://example.com/1", "iat": 1, "status_list": { "bits": 2, "lst": "eNo76fITAAPfAgc" } });
        claims.as_object().expect("an object").clone()
    }

    fn entry(index: u64, list: &str) -> StatusEntry {
        StatusEntry::Token(TokenEntry { index, list: list.to_owned() })
    }

    #[test]
    fn status_types_are_told_apart() {
        let list = PublishedList::read(&claims()).expect("a list");
        let found = |index| list.check(&entry(index, "https://example.com/1")).map(|value| (value.purpose, value.value));
        assert_eq!(found(0), Ok((StatusPurpose::Revocation, 1)));
        assert_eq!(found(1), Ok((StatusPurpose::Suspension, 2)));
        assert_eq!(found(2), Ok((StatusPurpose::Revocation, 0)));
        assert_eq!(found(3), Ok((StatusPurpose::Other("status type 0x03".to_owned()), 3)));
        assert_eq!(found(12), Err(StatusFault::OutOfRange { entries: 12 }));
        assert_eq!(found(12).map_err(|fault| fault.code()), Err("RANGE_ERROR"));
    }

    #[test]
    fn list_of_another_uri_or_format_says_nothing() {
        let list = PublishedList::read(&claims()).expect("a list");
        assert!(matches!(list.check(&entry(0, "https://example.com/2")), Err(StatusFault::WrongList { .. })));
        let bitstring = BitstringEntry::new(StatusPurpose::Revocation, 0, "https://example.com/1");
        assert!(matches!(list.check(&StatusEntry::Bitstring(bitstring)), Err(StatusFault::Unsupported { .. })));
    }

    #[test]
    fn time_to_live_is_in_seconds_here_and_in_milliseconds_there() {
        let mut body = claims();
        assert_eq!(time_to_live(&body), None);
        body.insert("ttl".to_owned(), json!(1.5));
        assert_eq!(time_to_live(&body), Some(Duration::from_millis(1500)));
        for bad in [json!(0), json!(-1), json!("300")] {
            body.insert("ttl".to_owned(), bad);
            assert!(PublishedList::read(&body).is_err());
        }
        body.insert("ttl".to_owned(), json!(1e300));
        assert!(PublishedList::read(&body).is_ok());
    }

    #[test]
    fn document_of_linked_data_is_no_token() {
        let mut body = claims();
        body.insert("@context".to_owned(), json!(["https://www.w3.org/ns/credentials/v2"]));
        assert!(matches!(PublishedList::read(&body), Err(StatusFault::Unsupported { .. })));
    }
}
