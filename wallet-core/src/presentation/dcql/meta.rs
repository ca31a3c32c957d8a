//! The types that are asked for: the `meta` of a credential query (OpenID4VP 1.0 App. B.1.1, B.3.5).

use serde_json::{Map, Value, json};

use super::CredentialFormat;
use super::reading::{bad, list, object, texts};
use crate::error::Result;

/// The most alternatives, and the most types in one of them.
const MAX_TYPES: usize = 64;

/// What is asked of a credential's type, by its format.
#[derive(Debug, Clone, PartialEq)]
pub enum Meta {
    /// Nothing.
    Any,
    /// The `vct` must be, or extend, one of these.
    Vct(Vec<String>),
    /// The credential must have all types of one of these lists, each as a full IRI.
    Types(Vec<Vec<String>>),
    /// What another format has here, kept as it came.
    Other(Map<String, Value>),
}

impl Meta {
    pub(super) fn read(value: &Value, format: &CredentialFormat) -> Result<Self> {
        let meta = object(value, "its meta")?;
        match format {
            CredentialFormat::SdJwtVc => match meta.get("vct_values") {
                None => Ok(Self::Any),
                Some(values) => texts(values, "vct_values", MAX_TYPES).map(Self::Vct),
            },
            CredentialFormat::Other(_) => Ok(Self::Other(meta.clone())),
            _ => match meta.get("type_values") {
                None => Ok(Self::Any),
                Some(values) => {
                    let alternatives = list(values, "type_values", MAX_TYPES)?.iter();
                    alternatives.map(|types| texts(types, "type_values", MAX_TYPES)).collect::<Result<_>>().map(Self::Types)
                }
            },
        }
    }

    pub(super) fn to_json(&self) -> Value {
        match self {
            Self::Any => json!({}),
            Self::Vct(values) => json!({ "vct_values": values }),
            Self::Types(values) => json!({ "type_values": values }),
            Self::Other(meta) => Value::Object(meta.clone()),
        }
    }

    /// Refuses what no credential of `format` has.
    pub(super) fn check(&self, format: &CredentialFormat) -> Result<()> {
        let fits = match (self, format) {
            (Self::Any, _) => true,
            (Self::Vct(values), CredentialFormat::SdJwtVc) => !values.is_empty(),
            (Self::Vct(_), _) | (Self::Types(_), CredentialFormat::SdJwtVc | CredentialFormat::Other(_)) => false,
            (Self::Types(values), _) => !values.is_empty() && values.iter().all(|types| !types.is_empty()),
            (Self::Other(_), format) => matches!(format, CredentialFormat::Other(_)),
        };
        if fits { Ok(()) } else { Err(bad(format!("its meta does not go with {format}"))) }
    }
}
