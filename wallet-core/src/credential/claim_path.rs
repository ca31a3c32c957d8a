//! A way to a claim inside a credential, as DCQL writes it (OpenID4VP 1.0 §7).

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use crate::error::{Result, WalletError};
use crate::json::JsonPointer;

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

    /// The values it leads to inside `object`, none when it cannot be followed; at most ten thousand.
    pub fn find<'a>(&self, object: &'a Map<String, Value>) -> Vec<&'a Value> {
        let places = self.select(object, Items::AsIssued).unwrap_or_default();
        places.into_iter().map(|place| place.value).collect()
    }

    /// Processes the path as OpenID4VP 1.0 §7.1.1 says: what it selects inside `object`, at least one place.
    ///
    /// Fails where a step meets something that is no object or no list, where nothing is left in the end, and at ten thousand
    /// places.
    pub fn select<'a>(&self, object: &'a Map<String, Value>, items: Items) -> std::result::Result<Vec<Selected<'a>>, PathFault> {
        let [first, steps @ ..] = &self.0[..] else { return Err(PathFault::Nothing) };
        let Step::Member(first) = first else { return Err(PathFault::NotList) };
        let mut selected: Vec<Selected<'a>> =
            object.get(first).map(|value| Selected { way: vec![first.clone()], value }).into_iter().collect();
        for step in steps {
            selected = follow(step, selected, items)?;
        }
        if selected.is_empty() { Err(PathFault::Nothing) } else { Ok(selected) }
    }
}

/// Whether lists are whole where a path is followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Items {
    /// Every item is in the place the issuer gave it.
    AsIssued,
    /// Items may be left out, and those after them have moved up: an index selects the items up to that place, and of these what
    /// cannot be followed further is left out.
    Thinned,
}

/// One value that a path selects, and where it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Selected<'a> {
    way: Vec<String>,
    /// The value.
    pub value: &'a Value,
}

impl Selected<'_> {
    /// Where it is.
    pub fn pointer(&self) -> JsonPointer {
        JsonPointer::new(self.way.iter().cloned())
    }
}

/// Why a path cannot be followed (OpenID4VP 1.0 §7.1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PathFault {
    /// A name is looked for in what is no object.
    #[error("it looks for a member of what is no object")]
    NotObject,
    /// An item is looked for in what is no list.
    #[error("it looks for an item of what is no list")]
    NotList,
    /// It selects nothing.
    #[error("it selects nothing")]
    Nothing,
    /// It selects more than is followed.
    #[error("it selects more than {MAX_FOUND} values")]
    TooMany,
}

/// Takes one step from each of the places selected so far.
fn follow<'a>(step: &Step, from: Vec<Selected<'a>>, items: Items) -> std::result::Result<Vec<Selected<'a>>, PathFault> {
    let mut selected = Vec::new();
    for Selected { way, value } in from {
        let into = |name: String, value: &'a Value| {
            let mut way = way.clone();
            way.push(name);
            Selected { way, value }
        };
        match (step, value) {
            (Step::Member(name), Value::Object(object)) => {
                selected.extend(object.get(name).map(|value| into(name.clone(), value)))
            }
            (Step::Item(index), Value::Array(list)) => {
                let first = if items == Items::Thinned { 0 } else { *index };
                let places = list.iter().enumerate().take(index.saturating_add(1)).skip(first);
                selected.extend(places.map(|(place, value)| into(place.to_string(), value)));
            }
            (Step::EveryItem, Value::Array(list)) => {
                selected.extend(list.iter().enumerate().map(|(place, value)| into(place.to_string(), value)));
            }
            _ if items == Items::Thinned => {}
            (Step::Member(_), _) => return Err(PathFault::NotObject),
            _ => return Err(PathFault::NotList),
        }
        if selected.len() > MAX_FOUND {
            return Err(PathFault::TooMany);
        }
    }
    Ok(selected)
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
            (json!(["degrees", 9]), vec![]),
            (json!(["absent", null]), vec![]),
            (json!([0]), vec![]),
        ] {
            let path = ClaimPath::from_value(&path).expect("a path");
            assert_eq!(path.find(object).into_iter().cloned().collect::<Vec<_>>(), found, "{path}");
        }
    }

    /// The credential and the paths of OpenID4VP 1.0 §7.3.
    #[test]
    fn openid4vp_section_7_3() {
        let credential = json!({
            "name": "Arthur Dent",
            "address": { "street_address": "42 Market Street", "locality": "Milliways", "postal_code": "12345" },
            "degrees": [
                { "type": "Bachelor of Science", "university": "University of Betelgeuse" },
                { "type": "Master of Science", "university": "University of Betelgeuse" },
            ],
            "nationalities": ["British", "Betelgeusian"],
        });
        for (path, pointers) in [
            (json!(["name"]), vec!["/name"]),
            (json!(["address"]), vec!["/address"]),
            (json!(["address", "street_address"]), vec!["/address/street_address"]),
            (json!(["degrees", null, "type"]), vec!["/degrees/0/type", "/degrees/1/type"]),
            (json!(["nationalities", 1]), vec!["/nationalities/1"]),
        ] {
            let path = ClaimPath::from_value(&path).expect("a path");
            let selected = path.select(credential.as_object().expect("an object"), Items::AsIssued).expect("it leads somewhere");
            let found: Vec<String> = selected.iter().map(|one| one.pointer().to_string()).collect();
            assert_eq!(found, pointers, "{path}");
            assert!(selected.iter().all(|one| one.pointer().find(&credential) == Some(one.value)), "{path}");
        }
    }

    #[test]
    fn section_7_1_1_aborts_at_what_is_no_object_and_no_list() {
        let credential = json!({ "name": "Ana", "mixed": [{ "a": 1 }, 7], "lists": [[1, 2], [3]], "members": [{ "a": 1 }, {}] });
        let select = |path: Value| {
            let path = ClaimPath::from_value(&path).expect("a path");
            path.select(credential.as_object().expect("an object"), Items::AsIssued).map(|selected| selected.len())
        };
        for (path, result) in [
            (json!(["name", "first"]), Err(PathFault::NotObject)),
            (json!(["name", 0]), Err(PathFault::NotList)),
            (json!(["name", null]), Err(PathFault::NotList)),
            (json!([0]), Err(PathFault::NotList)),
            (json!(["mixed", null, "a"]), Err(PathFault::NotObject)),
            (json!(["mixed", null, null]), Err(PathFault::NotList)),
            // An object without the key, or a list without the index, only leaves the selection.
            (json!(["members", null, "a"]), Ok(1)),
            (json!(["lists", null, 1]), Ok(1)),
            (json!(["lists", null, null]), Ok(3)),
            (json!(["absent"]), Err(PathFault::Nothing)),
            (json!(["absent", 0, "a"]), Err(PathFault::Nothing)),
            (json!(["lists", 9]), Err(PathFault::Nothing)),
        ] {
            assert_eq!(select(path.clone()), result, "{path}");
        }
    }

    #[test]
    fn items_of_a_thinned_list_have_moved_up() {
        let shown = json!({ "nationalities": ["PE"] });
        let path = ClaimPath::from_value(&json!(["nationalities", 1])).expect("a path");
        let object = shown.as_object().expect("an object");
        assert_eq!(path.select(object, Items::AsIssued), Err(PathFault::Nothing));
        assert_eq!(path.select(object, Items::Thinned).expect("the item").len(), 1);
    }

    #[test]
    fn item_of_another_kind_before_the_one_that_is_meant_is_passed_over() {
        let whole = json!({ "list": [7, { "a": 1 }] });
        let path = ClaimPath::from_value(&json!(["list", 1, "a"])).expect("a path");
        let object = whole.as_object().expect("an object");
        for items in [Items::AsIssued, Items::Thinned] {
            assert_eq!(path.select(object, items).expect("the item").len(), 1);
        }
    }

    #[test]
    fn path_to_more_than_is_followed_is_refused() {
        let wide = json!({ "a": vec![0; MAX_FOUND + 1] });
        let path = ClaimPath::from_value(&json!(["a", null])).expect("a path");
        assert_eq!(path.select(wide.as_object().expect("an object"), Items::AsIssued), Err(PathFault::TooMany));
    }

    #[test]
    fn malformed_paths_are_refused() {
        for bad in [json!([]), json!("a"), json!([-1]), json!([1.5]), json!([true]), json!(vec!["a"; 33])] {
            assert!(ClaimPath::from_value(&bad).is_err(), "{bad}");
        }
    }

    proptest! {
        /// What a wallet finds a verifier finds, too, whether or not items were left out.
        #[test]
        fn what_is_selected_as_issued_is_selected_thinned(
            text in "[\\[\\]{}\":,0-2ab]{0,60}",
            steps in proptest::collection::vec(prop_oneof![Just(json!(null)), Just(json!(0)), Just(json!(1)), Just(json!("a"))], 0..4),
        ) {
            let mut path = vec![json!("a")];
            path.extend(steps);
            let path = ClaimPath::from_value(&Value::Array(path)).expect("a path");
            let object = Map::from_iter([("a".to_owned(), serde_json::from_str(&text).unwrap_or(json!([[0, { "a": [1] }], 1])))]);
            if path.select(&object, Items::AsIssued).is_ok() {
                prop_assert!(path.select(&object, Items::Thinned).is_ok());
            }
        }

        #[test]
        fn written_path_reads_back(names in proptest::collection::vec("\\PC{0,8}", 1..32)) {
            let path = ClaimPath::members(names.iter().map(String::as_str)).expect("few steps");
            let text = serde_json::to_string(&path).expect("JSON");
            prop_assert_eq!(serde_json::from_str::<ClaimPath>(&text).expect("its own text"), path);
        }
    }
}
