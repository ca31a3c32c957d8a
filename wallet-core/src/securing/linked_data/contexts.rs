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
    /// The text as it was published; none when only its members are known.
    text: Option<Arc<str>>,
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
        self.add(url, json::read("JSON-LD context", text)?, Some(text.into()))
    }

    /// As [`Contexts::with`], for a context whose members are known and not its bytes: no digest of it can be checked.
    pub fn with_members(&self, url: &str, value: &Value) -> Result<Self> {
        let text = value.to_string();
        if text.len() > MAX_CONTEXT_BYTES {
            return Err(WalletError::malformed("JSON-LD context", "it is too long"));
        }
        self.add(url, json::read("JSON-LD context", &text)?, None)
    }

    fn add(&self, url: &str, value: Value, text: Option<Arc<str>>) -> Result<Self> {
        let bad = |reason: &str| WalletError::malformed("JSON-LD context", reason);
        url::Url::parse(url).map_err(|_| bad("its URL is not absolute"))?;
        if value.get("@context").is_none() {
            return Err(bad("it has no @context"));
        }
        if let Some(known) = self.document(url) {
            if *known == value {
                return Ok(self.clone());
            }
            return Err(WalletError::misused(format!("another context is already known as {url}")));
        }
        let mut added = self.0.added.clone();
        added.insert(url.to_owned(), Added { value: Arc::new(value), text });
        Ok(Self(Arc::new(Inner { added, families: Families::default() })))
    }

    /// The context document at `url`, whole: an object with `@context`.
    pub fn document(&self, url: &str) -> Option<&Value> {
        match Bundled::find(url) {
            Some(bundled) => Some(bundled.value()),
            None => self.0.added.get(url).map(|added| &*added.value),
        }
    }

    /// The text published at `url`, byte for byte; none when it is not at hand, or not to the byte.
    pub fn text(&self, url: &str) -> Option<&str> {
        match Bundled::find(url) {
            Some(bundled) => bundled.text(),
            None => self.0.added.get(url)?.text.as_deref(),
        }
    }

    /// The SHA-256 digest of the text published at `url`, in lower-case hexadecimal; none when [`Contexts::text`] is.
    pub fn digest(&self, url: &str) -> Option<String> {
        self.text(url).map(|text| Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect())
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
        assert_eq!(more.digest("https://example.org/c").map(|digest| digest.len()), Some(64));
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
    fn context_known_by_its_members_alone_has_no_text() {
        let value = serde_json::json!({ "@context": { "a": "https://example.org/a" } });
        let more = Contexts::bundled().with_members("https://example.org/c", &value).expect("a context");
        assert_eq!(more.document("https://example.org/c"), Some(&value));
        assert_eq!((more.text("https://example.org/c"), more.digest("https://example.org/c")), (None, None));
        assert!(more.text("https://www.w3.org/ns/credentials/v2").is_some());
        // Its members were put together from another publication.
        assert_eq!(more.text("https://www.w3.org/ns/cid/v1"), None);
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
