//! The languages the library speaks to people.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::WalletError;

/// A language for what a person reads (BCP 47 primary language subtags).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Spanish.
    #[default]
    Es,
    /// English.
    En,
    /// Portuguese.
    Pt,
}

impl Language {
    /// All languages.
    pub const ALL: [Self; 3] = [Self::Es, Self::En, Self::Pt];

    /// The BCP 47 tag.
    pub fn tag(self) -> &'static str {
        match self {
            Self::Es => "es",
            Self::En => "en",
            Self::Pt => "pt",
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.tag())
    }
}

impl FromStr for Language {
    type Err = WalletError;

    /// Reads a BCP 47 tag such as `pt-BR`, or a POSIX locale such as `es_PE.UTF-8`, by its first subtag.
    fn from_str(text: &str) -> Result<Self, WalletError> {
        let first = text.split(['-', '_', '.']).next().unwrap_or_default();
        let found = Self::ALL.into_iter().find(|language| language.tag().eq_ignore_ascii_case(first));
        found.ok_or_else(|| WalletError::unsupported("this language", "use es, en or pt"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_and_locales_are_read_by_their_first_subtag() {
        for (text, language) in
            [("es", Language::Es), ("pt-BR", Language::Pt), ("en_US.UTF-8", Language::En), ("ES", Language::Es)]
        {
            assert_eq!(text.parse::<Language>().expect("a known language"), language);
        }
        assert!("fr".parse::<Language>().is_err());
        assert!("".parse::<Language>().is_err());
    }
}
