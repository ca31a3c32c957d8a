//! A day of the calendar, without a time.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::{Result, WalletError};

/// A day of the Gregorian calendar, such as a birthday (XSD 1.1 `date` without an offset).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Date(jiff::civil::Date);

impl Date {
    /// The year.
    pub fn year(self) -> i16 {
        self.0.year()
    }
}

impl FromStr for Date {
    type Err = WalletError;

    /// Reads `2026-01-31`.
    fn from_str(text: &str) -> Result<Self> {
        let bad = || WalletError::malformed("date", "write it as 2026-01-31");
        let shaped = text.len() == 10
            && text.bytes().enumerate().all(|(i, b)| match i {
                4 | 7 => b == b'-',
                _ => b.is_ascii_digit(),
            });
        if !shaped {
            return Err(bad());
        }
        text.parse().map(Self).map_err(|_| bad())
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for Date {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn day_that_does_not_exist_is_refused() {
        assert_eq!("2024-02-29".parse::<Date>().expect("a leap day").to_string(), "2024-02-29");
        for text in ["2026-02-29", "2026-13-01", "26-01-31", "2026-1-31", "2026-01-31T00:00:00Z", "", "+026-01-31"] {
            assert!(text.parse::<Date>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_date_or_refused(text in "\\PC{0,12}") {
            let _ = text.parse::<Date>();
        }
    }
}
