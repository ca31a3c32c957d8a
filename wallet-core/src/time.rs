//! Points in time: always an argument, never read from a clock.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::{Result, WalletError};

/// A point in time with its offset from UTC, to the nanosecond (XSD 1.1 `dateTimeStamp`, RFC 3339).
///
/// It compares by the instant and prints as it was written, so that a signed text survives a round trip.
#[derive(Clone)]
pub struct Timestamp {
    instant: jiff::Timestamp,
    text: String,
}

impl Timestamp {
    /// The instant `seconds` after 1970-01-01T00:00:00Z; refused outside the years -9999 to 9999.
    pub fn from_unix(seconds: i64) -> Result<Self> {
        let instant = jiff::Timestamp::from_second(seconds).map_err(|e| WalletError::malformed("timestamp", e))?;
        Ok(Self { instant, text: instant.to_string() })
    }

    /// Whole seconds since 1970-01-01T00:00:00Z, rounded towards the past.
    pub fn unix(&self) -> i64 {
        self.instant.as_nanosecond().div_euclid(1_000_000_000) as i64
    }

    /// This instant moved by `seconds`, written in UTC; saturates at the ends of the range.
    pub fn plus_seconds(&self, seconds: i64) -> Self {
        let end = if seconds < 0 { jiff::Timestamp::MIN } else { jiff::Timestamp::MAX };
        let instant = self.instant.checked_add(jiff::SignedDuration::from_secs(seconds)).unwrap_or(end);
        Self { instant, text: instant.to_string() }
    }

    /// The text as it was written, or RFC 3339 in UTC when it was computed.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl FromStr for Timestamp {
    type Err = WalletError;

    /// Reads an XSD `dateTimeStamp`: date, `T`, time with seconds, and an offset, which may not be left out.
    fn from_str(text: &str) -> Result<Self> {
        let bad = |reason: &str| WalletError::malformed("timestamp", reason);
        if text.len() > 64 || !text.is_ascii() {
            return Err(bad("it is longer than any date"));
        }
        let bytes = text.as_bytes();
        let shaped = bytes.len() >= 20
            && bytes[4] == b'-'
            && bytes[7] == b'-'
            && bytes[10] == b'T'
            && bytes[13] == b':'
            && bytes[16] == b':';
        let offset = text.ends_with('Z')
            || (bytes.len() >= 25 && matches!(bytes[bytes.len() - 6], b'+' | b'-') && bytes[bytes.len() - 3] == b':');
        // XSD has no leap seconds, and no place is further than 14 hours from UTC.
        let in_range = shaped && bytes[17] <= b'5' && (text.ends_with('Z') || text[text.len() - 5..] <= *"14:00");
        if !in_range || !offset {
            return Err(bad("write it as 2026-01-31T12:00:00Z, with an offset from UTC"));
        }
        let read = |text: &str| text.parse::<jiff::Timestamp>().map_err(|e| WalletError::malformed("timestamp", e));
        // The end of a day is the beginning of the next (XSD 1.1 §3.3.7.2).
        let instant = match text.split_once("T24:00:00") {
            None => read(text)?,
            Some((_, rest)) if !rest.trim_start_matches(['.', '0']).starts_with(['Z', '+', '-']) => {
                return Err(bad("the day ended before that"));
            }
            Some((day, rest)) => read(&format!("{day}T00:00:00{rest}"))?
                .checked_add(jiff::SignedDuration::from_hours(24))
                .map_err(|e| WalletError::malformed("timestamp", e))?,
        };
        Ok(Self { instant, text: text.to_owned() })
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl PartialEq for Timestamp {
    fn eq(&self, other: &Self) -> bool {
        self.instant == other.instant
    }
}

impl Eq for Timestamp {}

impl PartialOrd for Timestamp {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Timestamp {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.instant.cmp(&other.instant)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offset_is_kept_in_the_text_and_ignored_in_the_order() {
        let buenos_aires: Timestamp = "2026-03-01T09:00:00-03:00".parse().expect("a date");
        let utc: Timestamp = "2026-03-01T12:00:00Z".parse().expect("a date");
        assert_eq!(buenos_aires, utc);
        assert_eq!(buenos_aires.to_string(), "2026-03-01T09:00:00-03:00");
    }

    #[test]
    fn date_without_offset_is_refused() {
        for text in ["2026-03-01", "2026-03-01T12:00:00", "2026-03-01 12:00:00Z", "1e9", "", "2026-13-01T00:00:00Z"] {
            assert!(text.parse::<Timestamp>().is_err(), "{text}");
        }
    }

    #[test]
    fn only_what_xsd_writes_is_read() {
        for text in [
            "2026-03-01T12:00:60Z",
            "2026-03-01T24:00:01Z",
            "2026-03-01T24:00:00.5Z",
            "2026-03-01T12:00:00+14:01",
            "2026-03-01t12:00:00Z",
            "2026-03-01T12:00:00z",
            "2026-02-29T12:00:00Z",
            " 2026-03-01T12:00:00Z",
        ] {
            assert!(text.parse::<Timestamp>().is_err(), "{text}");
        }
        let end: Timestamp = "2026-02-28T24:00:00.0-00:00".parse().expect("the end of a day");
        assert_eq!(end, "2026-03-01T14:00:00+14:00".parse().expect("a date"));
    }

    #[test]
    fn seconds_before_1970_round_towards_the_past() {
        let t: Timestamp = "1969-12-31T23:59:59.5Z".parse().expect("a date");
        assert_eq!(t.unix(), -1);
    }
}
