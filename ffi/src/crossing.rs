//! Core values that cross as something the language has already: text, a point in time, a number.
//!
//! Each is parsed on its way in, so that what is malformed is refused before anything is done.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde_json::Value;
use wallet_core::did::{Did, DidUrl};
use wallet_core::error::WalletError;
use wallet_core::json;
use wallet_core::key::KeyId;
use wallet_core::securing::Secured;
use wallet_core::store::RecordId;
use wallet_core::time::Timestamp;
use wallet_core::verification::{Place, Verified};

use crate::verdict::VerifiedClaims;

/// A JSON object, as its text.
pub type JsonObject = serde_json::Map<String, Value>;

uniffi::custom_type!(Did, String, {
    remote,
    lower: |did| did.to_string(),
    try_lift: |text| Ok(text.parse()?),
});

uniffi::custom_type!(DidUrl, String, {
    remote,
    lower: |url| url.to_string(),
    try_lift: |text| Ok(text.parse()?),
});

uniffi::custom_type!(KeyId, String, {
    remote,
    lower: |id| id.0,
    try_lift: |text| Ok(KeyId(text)),
});

uniffi::custom_type!(RecordId, String, {
    remote,
    lower: |id| id.to_string(),
    try_lift: |text| Ok(text.parse()?),
});

// The text as it was received, to the byte.
uniffi::custom_type!(Secured, String, {
    remote,
    lower: |secured| secured.text().to_owned(),
    try_lift: |text| Ok(Secured::read(&text)?),
});

uniffi::custom_type!(JsonObject, String, {
    remote,
    lower: |object| Value::Object(object).to_string(),
    try_lift: |text| match json::read("JSON object", &text)? {
        Value::Object(object) => Ok(object),
        _ => Err(WalletError::malformed("JSON object", "it is not an object").into()),
    },
});

// Whole seconds: what a credential, a proof or a status list says of time is no finer.
uniffi::custom_type!(Timestamp, SystemTime, {
    remote,
    lower: |time| match u64::try_from(time.unix()) {
        Ok(after) => SystemTime::UNIX_EPOCH + Duration::from_secs(after),
        Err(_) => SystemTime::UNIX_EPOCH - Duration::from_secs(time.unix().unsigned_abs()),
    },
    try_lift: |time| match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => Ok(Timestamp::from_unix(i64::try_from(after.as_secs())?)?),
        Err(before) => Ok(Timestamp::from_unix(-i64::try_from(before.duration().as_secs())?)?),
    },
});

// The position of the credential, counted from 0; none for the presentation itself.
uniffi::custom_type!(Place, Option<u32>, {
    remote,
    lower: |place| match place {
        Place::Presentation => None,
        Place::Credential(index) => Some(u32::try_from(index).unwrap_or(u32::MAX)),
    },
    try_lift: |index| Ok(index.map_or(Place::Presentation, |index| Place::Credential(index as usize))),
});

/// DIDs, with the names a person knows them by.
pub type KnownNames = BTreeMap<Did, String>;

uniffi::custom_type!(KnownNames, HashMap<Did, String>, {
    remote,
    lower: |names| names.into_iter().collect(),
    try_lift: |names| Ok(names.into_iter().collect()),
});

// Only verification makes one: what crosses is a handle to it.
uniffi::custom_type!(Verified, Arc<VerifiedClaims>, {
    remote,
    lower: |verified| Arc::new(VerifiedClaims(verified)),
    try_lift: |claims| Ok(claims.0.clone()),
});
