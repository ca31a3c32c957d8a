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
