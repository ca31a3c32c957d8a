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

    /// The instant `seconds` after 1970-01-01T00:00:00Z, as a chain counts them; refused as [`Timestamp::from_unix`] does.
    pub fn from_seconds(seconds: u64) -> Result<Self> {
        Self::from_unix(seconds.try_into().map_err(|e| WalletError::malformed("timestamp", e))?)
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
        if !has_shape(text.as_bytes()) {
            return Err(bad("write it as 2026-01-31T12:00:00Z, with an offset from UTC"));
        }
        // The end of a day is the beginning of the next (XSD 1.1 §3.3.7.2).
        let instant = match text.split_once("T24:00:00") {
            None => instant(text)?,
            Some((_, rest)) if !rest.trim_start_matches(['.', '0']).starts_with(['Z', '+', '-']) => {
                return Err(bad("the day ended before that"));
            }
            Some((day, rest)) => instant(&format!("{day}T00:00:00{rest}"))?
                .checked_add(jiff::SignedDuration::from_hours(24))
                .map_err(|e| WalletError::malformed("timestamp", e))?,
        };
        Ok(Self { instant, text: text.to_owned() })
    }
}

fn instant(text: &str) -> Result<jiff::Timestamp> {
    let read = text.parse::<jiff::Timestamp>().or_else(|error| {
        // The last hours of the year 9999, by which many mean "never", are past the end of the library's range.
        let is_never = text.starts_with("9999-12-3") && text[..19].parse::<jiff::civil::DateTime>().is_ok();
        if is_never { Ok(jiff::Timestamp::MAX) } else { Err(error) }
    });
    read.map_err(|e| WalletError::malformed("timestamp", e))
}

/// Whether the text has the shape of a `dateTimeStamp`, seconds below 60 and the offset at most 14 hours (XSD 1.1 part 2 §3.4.28).
fn has_shape(text: &[u8]) -> bool {
    const DATE_AND_TIME: &[u8] = b"0000-00-00T00:00:00";
    let Some((start, rest)) = text.split_at_checked(DATE_AND_TIME.len()) else { return false };
    let fits = |(byte, model): (&u8, &u8)| if *model == b'0' { byte.is_ascii_digit() } else { byte == model };
    let fraction = match rest.strip_prefix(b".") {
        None => 0,
        Some(after) => match after.iter().take_while(|byte| byte.is_ascii_digit()).count() {
            0 => return false,
            digits => digits + 1,
        },
    };
    let offset = match &rest[fraction..] {
        b"Z" => true,
        [b'+' | b'-', hours @ .., b':', a, b] if hours.len() == 2 => {
            let within = hours < b"14".as_slice() || (hours, [*a, *b]) == (b"14".as_slice(), *b"00");
            within && [hours[0], hours[1], *a, *b].iter().all(u8::is_ascii_digit) && *a < b'6'
        }
        _ => false,
    };
    start.iter().zip(DATE_AND_TIME).all(fits) && start[17] < b'6' && offset
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
    fn what_is_a_time_elsewhere_and_not_in_xsd_is_refused() {
        for text in [
            "2026-03-01T12:00:00,5Z",
            "2026-03-01T12:00:60Z",
            "2026-03-01T12:00:00+25:00",
            "2026-03-01T12:00:00+14:01",
            "2026-03-01T12:00:00+01:60",
            "2026-03-01T12:00:00+1:000",
            "2026-03-01T12:00:00.Z",
            "2026-03-01T12:00:00z",
            "2026-03-01t12:00:00Z",
            "2026-03-01T12:00:00Z[UTC]",
            "2026-03-01T12:00:00-0300",
            "-026-03-01T12:00:00Z",
            "2026-02-29T00:00:00Z",
        ] {
            assert!(text.parse::<Timestamp>().is_err(), "{text}");
        }
        for text in ["2026-03-01T12:00:00+14:00", "2026-03-01T12:00:00.123456789-00:00", "0000-01-01T00:00:00Z"] {
            assert!(text.parse::<Timestamp>().is_ok(), "{text}");
        }
    }

    #[test]
    fn end_of_the_year_9999_is_a_time() {
        let never: Timestamp = "9999-12-31T23:59:59Z".parse().expect("a date");
        assert!(never > "9998-12-31T23:59:59Z".parse().expect("a date"));
        assert_eq!(never.to_string(), "9999-12-31T23:59:59Z");
        assert!("9999-12-31T25:00:00Z".parse::<Timestamp>().is_err());
    }

    #[test]
    fn seconds_before_1970_round_towards_the_past() {
        let t: Timestamp = "1969-12-31T23:59:59.5Z".parse().expect("a date");
        assert_eq!(t.unix(), -1);
    }
}
