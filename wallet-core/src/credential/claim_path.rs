//! A way to a claim inside a credential, as DCQL writes it (OpenID4VP 1.0 §7).

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use crate::error::{Result, WalletError};

/// The longest path that is read, in steps.
const MAX_STEPS: usize = 32;
/// The most values one path may lead to.
const MAX_FOUND: usize = 10_000;

/// The way to a claim, or to several when a step takes every item of a list.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ClaimPath(Vec<Step>);

/// One step of a [`ClaimPath`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Step {
    /// Into the member of an object.
    Member(String),
    /// Into one item of a list, counted from 0.
    Item(usize),
    /// Into every item of a list.
    EveryItem,
}

impl ClaimPath {
    /// A path of `steps`, one to 32.
    pub fn new(steps: Vec<Step>) -> Result<Self> {
        if steps.is_empty() || steps.len() > MAX_STEPS {
            return Err(WalletError::malformed("claim path", format!("it must have 1 to {MAX_STEPS} steps")));
        }
        Ok(Self(steps))
    }

    /// A path through the members of objects only; fails as [`ClaimPath::new`].
    pub fn members<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Self> {
        Self::new(names.into_iter().map(|name| Step::Member(name.to_owned())).collect())
    }

    /// Reads the JSON form: a list of member names, indexes and `null` for every item.
    pub fn from_value(value: &Value) -> Result<Self> {
        let bad = || WalletError::malformed("claim path", "its steps are names, indexes and null");
        let steps = value.as_array().ok_or_else(bad)?;
        let steps = steps.iter().map(|step| match step {
            Value::String(name) => Ok(Step::Member(name.clone())),
            Value::Null => Ok(Step::EveryItem),
            Value::Number(index) => index.as_u64().and_then(|index| usize::try_from(index).ok()).map(Step::Item).ok_or_else(bad),
            _ => Err(bad()),
        });
        Self::new(steps.collect::<Result<_>>()?)
    }

    /// The steps.
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// The values it leads to inside `object`; at most ten thousand.
    pub fn find<'a>(&self, object: &'a Map<String, Value>) -> Vec<&'a Value> {
        let Some(Step::Member(first)) = self.0.first() else { return Vec::new() };
        let mut found: Vec<&Value> = object.get(first).into_iter().collect();
        for step in &self.0[1..] {
            found = match step {
                Step::Member(name) => found.into_iter().filter_map(|value| value.get(name)).collect(),
                Step::Item(index) => found.into_iter().filter_map(|value| value.get(*index)).collect(),
                Step::EveryItem => found.into_iter().filter_map(Value::as_array).flatten().take(MAX_FOUND).collect(),
            };
        }
        found
    }
}

impl fmt::Display for ClaimPath {
    /// Writes it for people, as in `credentialSubject.degree.name` or `result[*].value`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, step) in self.0.iter().enumerate() {
            match step {
                Step::Member(name) if place == 0 => f.write_str(name)?,
                Step::Member(name) => write!(f, ".{name}")?,
                Step::Item(index) => write!(f, "[{index}]")?,
                Step::EveryItem => f.write_str("[*]")?,
            }
        }
        Ok(())
    }
}

impl Serialize for ClaimPath {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|step| match step {
            Step::Member(name) => Value::from(name.as_str()),
            Step::Item(index) => Value::from(*index),
            Step::EveryItem => Value::Null,
        }))
    }
}

impl<'de> Deserialize<'de> for ClaimPath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        Self::from_value(&Value::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn path_leads_through_members_items_and_every_item() {
        let value = json!({ "degrees": [{ "name": "MD" }, { "name": "PhD" }, 7] });
        let object = value.as_object().expect("an object");
        for (path, found) in [
            (json!(["degrees", 1, "name"]), vec![json!("PhD")]),
            (json!(["degrees", null, "name"]), vec![json!("MD"), json!("PhD")]),
            (json!(["degrees", 9]), vec![]),
            (json!(["absent", null]), vec![]),
            (json!([0]), vec![]),
        ] {
            let path = ClaimPath::from_value(&path).expect("a path");
            assert_eq!(path.find(object).into_iter().cloned().collect::<Vec<_>>(), found, "{path}");
        }
    }

    #[test]
    fn malformed_paths_are_refused() {
        for bad in [json!([]), json!("a"), json!([-1]), json!([1.5]), json!([true]), json!(vec!["a"; 33])] {
            assert!(ClaimPath::from_value(&bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn written_path_reads_back(names in proptest::collection::vec("\\PC{0,8}", 1..32)) {
            let path = ClaimPath::members(names.iter().map(String::as_str)).expect("few steps");
            let text = serde_json::to_string(&path).expect("JSON");
            prop_assert_eq!(serde_json::from_str::<ClaimPath>(&text).expect("its own text"), path);
        }
    }
}
