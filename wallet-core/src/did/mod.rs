//! Decentralized identifiers: the text forms, the document, and one file per method (DID Core 1.0).

mod document;
pub mod ethr;
pub mod jwk;
pub mod key;
mod material;
mod reading;
mod resolution;
pub mod web;

pub use document::{DidDocument, Service, VerificationMethod, VerificationRelationship};
pub use reading::MAX_MEMBERS;
pub use resolution::{DocumentMetadata, Grounds, KeyPeriod, Reported, Resolution, ResolutionError, Standing, Unresolved};

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::{Result, WalletError};

/// Resolves a DID that contains its document, did:key or did:jwk; fails with `MethodNotSupported` for any other.
pub fn resolve_self_contained(did: &Did) -> Result<Resolution, ResolutionError> {
    let document = match did.method() {
        "key" => key::resolve(did)?,
        "jwk" => jwk::resolve(did)?,
        _ => return Err(ResolutionError::MethodNotSupported),
    };
    Ok(Resolution { document, metadata: DocumentMetadata::default(), standing: Standing::SelfContained, history: Vec::new() })
}

/// A DID: `did:method:identifier`, at most 2048 bytes (DID Core 1.0 §3.1).
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Did(ssi::dids::DIDBuf);

impl Did {
    /// The method name, such as `key` or `ethr`.
    pub fn method(&self) -> &str {
        self.0.method_name()
    }

    /// The method-specific identifier: all that follows the second colon.
    pub fn identifier(&self) -> &str {
        self.0.method_specific_id()
    }

    /// The whole text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// A DID URL of this DID with `fragment`, given without `#`.
    pub fn with_fragment(&self, fragment: &str) -> Result<DidUrl> {
        format!("{self}#{fragment}").parse()
    }
}

impl From<&Did> for DidUrl {
    fn from(did: &Did) -> Self {
        did.as_str().parse().expect("a DID is a DID URL")
    }
}

impl FromStr for Did {
    type Err = WalletError;

    fn from_str(text: &str) -> Result<Self> {
        if text.len() > MAX_LENGTH {
            return Err(WalletError::malformed("DID", "it is longer than 2048 bytes"));
        }
        ssi::dids::DIDBuf::from_string(text.to_owned())
            .map(Self)
            .map_err(|_| WalletError::malformed("DID", "it does not follow did:method:identifier"))
    }
}

/// A DID URL: a DID with, perhaps, a path, a query and a fragment, at most 2048 bytes (DID Core 1.0 §3.2).
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DidUrl(ssi::dids::DIDURLBuf);

impl DidUrl {
    /// The DID it begins with.
    pub fn did(&self) -> Did {
        Did(self.0.did().to_owned())
    }

    /// The fragment, without `#`.
    pub fn fragment(&self) -> Option<&str> {
        self.0.fragment().map(|f| f.as_str())
    }

    /// The value of a query parameter such as `versionId` or `versionTime`, percent-decoded (DID Core 1.0 §3.2.1).
    pub fn parameter(&self, name: &str) -> Option<String> {
        let query = self.0.query()?;
        url::form_urlencoded::parse(query.as_str().as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }

    /// The same URL without its parameters: the name of a method, whatever the version it was asked for at.
    pub fn without_query(&self) -> Self {
        let Some(query) = self.0.query() else { return self.clone() };
        let text = self.as_str().replacen(&format!("?{}", query.as_str()), "", 1);
        text.parse().expect("a DID URL without its query is a DID URL")
    }

    /// The path, empty when there is none.
    pub fn path(&self) -> &str {
        self.0.path().as_str()
    }

    /// The whole text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl FromStr for DidUrl {
    type Err = WalletError;

    fn from_str(text: &str) -> Result<Self> {
        if text.len() > MAX_LENGTH {
            return Err(WalletError::malformed("DID URL", "it is longer than 2048 bytes"));
        }
        if text.matches('#').count() > 1 {
            return Err(WalletError::malformed("DID URL", "it has two fragments"));
        }
        ssi::dids::DIDURLBuf::from_string(text.to_owned())
            .map(Self)
            .map_err(|_| WalletError::malformed("DID URL", "it does not begin with a DID"))
    }
}

const MAX_LENGTH: usize = 2048;

macro_rules! text_form {
    ($type:ty) => {
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

text_form!(Did);
text_form!(DidUrl);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn did_url_gives_its_parts() {
        let url: DidUrl =
            "did:web:a.example:b/path?versionId=7&versionTime=2026-01-01T00%3A00%3A00Z#key-1".parse().expect("a DID URL");
        assert_eq!(url.did().as_str(), "did:web:a.example:b");
        assert_eq!((url.did().method(), url.did().identifier()), ("web", "a.example:b"));
        assert_eq!((url.path(), url.fragment()), ("/path", Some("key-1")));
        assert_eq!(url.parameter("versionId").as_deref(), Some("7"));
        assert_eq!(url.parameter("versionTime").as_deref(), Some("2026-01-01T00:00:00Z"));
        assert_eq!(url.without_query().as_str(), "did:web:a.example:b/path#key-1");
    }

    #[test]
    fn what_is_not_a_did_url_is_refused() {
        for text in
            ["", "did:", "did:web:", "did:Web:a", "DID:web:a", "https://a.example", "did:web:a b", "did:web:a#b#c", "did:web:a%4"]
        {
            assert!(text.parse::<DidUrl>().is_err(), "{text}");
        }
        assert!("did:web:a#b".parse::<Did>().is_err());
        assert!(format!("did:web:{}", "a".repeat(MAX_LENGTH)).parse::<Did>().is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_a_did_url_or_refused(text in "(did:[a-z]{1,4}:)?[a-z:%/?#&=0-9]{0,40}") {
            if let Ok(url) = text.parse::<DidUrl>() {
                prop_assert_eq!(url.without_query().did(), url.did());
                let _ = (url.parameter("versionId"), url.fragment().map(str::len), url.path().len());
            }
        }
    }
}
