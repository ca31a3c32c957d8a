//! Decentralized identifiers: the text forms, the document, and one file per method (DID Core 1.0).

mod document;
pub mod ethr;
mod resolution;

pub use document::{DidDocument, Service, VerificationMethod, VerificationRelationship};
pub use resolution::{DocumentMetadata, KeyPeriod, Resolution, ResolutionError, Standing};

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::{Result, WalletError};

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
