//! The JSON-LD contexts at hand: those that come with the library, and those an app adds. Nothing is ever fetched.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::bundle::{BUNDLE, Bundled};
use super::family::Families;
use crate::error::{Result, WalletError};
use crate::json;

/// The longest context an app may add, in bytes.
pub const MAX_CONTEXT_BYTES: usize = 256 * 1024;

/// A set of JSON-LD contexts by URL, and what was compiled from them; cheap to clone.
#[derive(Clone)]
pub struct Contexts(Arc<Inner>);

struct Inner {
    added: BTreeMap<String, Added>,
    families: Families,
}

#[derive(Clone)]
struct Added {
    value: Arc<Value>,
    digest: Arc<str>,
}

impl Contexts {
    /// The contexts that come with the library.
    pub fn bundled() -> Self {
        static BUNDLED: OnceLock<Contexts> = OnceLock::new();
        BUNDLED.get_or_init(|| Self(Arc::new(Inner { added: BTreeMap::new(), families: Families::default() }))).clone()
    }

    /// These contexts and one more, the document `text` published at `url`.
    ///
    /// Fails with `Malformed` when the text is not a context document of at most [`MAX_CONTEXT_BYTES`], and `Misused` when another
    /// document is already known at that URL: a published context never changes.
    pub fn with(&self, url: &str, text: &str) -> Result<Self> {
        let bad = |reason: &str| WalletError::malformed("JSON-LD context", reason);
        if text.len() > MAX_CONTEXT_BYTES {
            return Err(bad("it is too long"));
        }
        url::Url::parse(url).map_err(|_| bad("its URL is not absolute"))?;
        let value = json::read("JSON-LD context", text)?;
        if value.get("@context").is_none() {
            return Err(bad("it has no @context"));
        }
        if let Some(known) = self.document(url) {
            if *known == value {
                return Ok(self.clone());
            }
            return Err(WalletError::misused(format!("another context is already known as {url}")));
        }
        let digest: String = Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect();
        let mut added = self.0.added.clone();
        added.insert(url.to_owned(), Added { value: Arc::new(value), digest: digest.into() });
        Ok(Self(Arc::new(Inner { added, families: Families::default() })))
    }

    /// The context document at `url`, whole: an object with `@context`.
    pub fn document(&self, url: &str) -> Option<&Value> {
        match Bundled::find(url) {
            Some(bundled) => Some(bundled.value()),
            None => self.0.added.get(url).map(|added| &*added.value),
        }
    }

    /// The SHA-256 digest of the text at `url`, in lower-case hexadecimal.
    pub fn digest(&self, url: &str) -> Option<&str> {
        match Bundled::find(url) {
            Some(bundled) => Some(bundled.digest),
            None => self.0.added.get(url).map(|added| &*added.digest),
        }
    }

    /// What was compiled from them so far.
    pub(super) fn families(&self) -> &Families {
        &self.0.families
    }

    /// The URLs of all contexts at hand.
    pub fn urls(&self) -> impl Iterator<Item = &str> {
        BUNDLE.iter().map(|bundled| bundled.url).chain(self.0.added.keys().map(String::as_str))
    }
}

impl std::fmt::Debug for Contexts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.urls()).finish()
    }
}

impl Default for Contexts {
    fn default() -> Self {
        Self::bundled()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn added_context_is_found_and_does_not_reach_the_others() {
        let bundled = Contexts::bundled();
        let more = bundled.with("https://example.org/c", r#"{"@context":{"a":"https://example.org/a"}}"#).expect("a context");
        assert!(more.document("https://example.org/c").is_some());
        assert!(bundled.document("https://example.org/c").is_none());
        assert_eq!(more.digest("https://example.org/c").map(str::len), Some(64));
        assert_eq!(more.urls().count(), bundled.urls().count() + 1);
    }

    #[test]
    fn known_context_cannot_be_replaced() {
        let bundled = Contexts::bundled();
        let url = "https://www.w3.org/ns/credentials/v2";
        assert!(matches!(bundled.with(url, r#"{"@context":{}}"#), Err(WalletError::Misused { .. })));
        let same = bundled.document(url).expect("bundled").to_string();
        assert!(bundled.with(url, &same).is_ok());
    }

    #[test]
    fn what_is_not_a_context_document_is_refused() {
        let bundled = Contexts::bundled();
        for (url, text) in [
            ("https://example.org/c", "[]"),
            ("https://example.org/c", "{}"),
            ("https://example.org/c", r#"{"@context":{},"@context":{}}"#),
            ("relative", r#"{"@context":{}}"#),
        ] {
            assert!(matches!(bundled.with(url, text), Err(WalletError::Malformed { .. })), "{url} {text}");
        }
        let long = format!(r#"{{"@context":{{}},"pad":"{}"}}"#, "a".repeat(MAX_CONTEXT_BYTES));
        assert!(bundled.with("https://example.org/c", &long).is_err());
    }
}
