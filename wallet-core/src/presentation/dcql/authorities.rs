//! Who must stand behind the issuer (OpenID4VP 1.0 §6.1.1).

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use serde_json::{Value, json};

use super::reading::{bad, object, required, text, texts};
use crate::error::Result;
use crate::securing::Secured;
use crate::x509::Certificate;

/// The most values of one entry.
const MAX_VALUES: usize = 256;

/// Authorities or trust frameworks of one kind, any of which will do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedAuthorities {
    /// How they are named.
    pub kind: AuthorityKind,
    /// Their names, at least one.
    pub values: Vec<String>,
}

/// How an authority is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuthorityKind {
    /// `aki`: the key identifier in a certificate of the credential's chain, base64url (§6.1.1.1).
    KeyIdentifier,
    /// `etsi_tl`: an ETSI trusted list (§6.1.1.2). A list is fetched by whoever trusts it, never at a verifier's word (§15.10), so
    /// it matches no credential.
    TrustedList,
    /// `openid_federation`: an entity of a federation (§6.1.1.3), which matches no credential in this version.
    Federation,
    /// Another, which matches no credential.
    Other(String),
}

impl AuthorityKind {
    /// The kind of that name.
    pub fn from_name(name: &str) -> Self {
        let known = [Self::KeyIdentifier, Self::TrustedList, Self::Federation];
        known.into_iter().find(|kind| kind.as_str() == name).unwrap_or_else(|| Self::Other(name.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        match self {
            Self::KeyIdentifier => "aki",
            Self::TrustedList => "etsi_tl",
            Self::Federation => "openid_federation",
            Self::Other(name) => name,
        }
    }
}

impl TrustedAuthorities {
    pub(super) fn read(value: &Value) -> Result<Self> {
        let entry = object(value, "one of its trusted_authorities")?;
        Ok(Self {
            kind: AuthorityKind::from_name(text(required(entry, "type")?, "type")?),
            values: texts(required(entry, "values")?, "values", MAX_VALUES)?,
        })
    }

    pub(super) fn to_json(&self) -> Value {
        json!({ "type": self.kind.as_str(), "values": self.values })
    }

    pub(super) fn check(&self) -> Result<()> {
        if self.values.is_empty() { Err(bad("one of its trusted_authorities has no values")) } else { Ok(()) }
    }

    /// Whether one of the authorities is known to stand behind the issuer of `credential`: whether it is named in a certificate of
    /// its chain, which is all that a credential says by itself.
    pub(super) fn certify(&self, credential: &Secured) -> bool {
        if self.kind != AuthorityKind::KeyIdentifier {
            return false;
        }
        let Some(Ok(chain)) = credential.certificates() else { return false };
        let mut named = chain.certificates().filter_map(Certificate::authority_key_id);
        named.any(|id| self.values.iter().any(|value| BASE64_URL_SAFE_NO_PAD.decode(value).is_ok_and(|value| value == id)))
    }
}
