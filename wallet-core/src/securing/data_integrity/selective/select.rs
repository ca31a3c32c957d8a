//! Which part of a document JSON pointers choose, and the document of that part alone (VC DI ECDSA Cryptosuites 1.0 §3.4.13).
//!
//! Beside what is chosen a part holds every `@context`, `id` and `type` on the way to it. A list, a JSON literal and a value
//! object are chosen whole or not at all: with a piece missing they would say something that was never signed.

use std::collections::{BTreeMap, HashSet};

use serde_json::{Map, Value};

use crate::json::{JsonPointer, index};
use crate::securing::SignatureFault;
use crate::securing::linked_data::{Origin, origin};

/// What pointers choose of a document; nothing when there are none.
pub(super) struct Selection(Option<Step>);

enum Step {
    /// All from here on.
    Whole,
    /// What these members or items lead to.
    Part(BTreeMap<String, Step>),
}

impl Selection {
    pub fn of<'p>(pointers: impl IntoIterator<Item = &'p JsonPointer>) -> Self {
        let mut root = None;
        for pointer in pointers {
            add(root.get_or_insert_with(|| Step::Part(BTreeMap::new())), pointer.tokens());
        }
        Self(root)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// The places of `document` that are chosen, or that lead there; `atoms` cannot be divided.
    pub fn places(&self, document: &Map<String, Value>, atoms: &HashSet<Origin>) -> Result<HashSet<Origin>, SignatureFault> {
        let mut places = Places { atoms, found: HashSet::new(), path: Vec::new() };
        match &self.0 {
            None => {}
            Some(Step::Whole) => document.values().for_each(|value| places.whole(value)),
            Some(Step::Part(children)) => places.members(document, children)?,
        }
        if !self.is_empty() {
            places.found.insert(0);
        }
        Ok(places.found)
    }

    /// The document of what is chosen.
    pub fn reveal(&self, document: &Map<String, Value>) -> Map<String, Value> {
        match &self.0 {
            None => Map::new(),
            Some(Step::Whole) => document.clone(),
            Some(Step::Part(children)) => part(document, children),
        }
    }
}

fn add(step: &mut Step, tokens: &[String]) {
    match (step, tokens) {
        (step, []) => *step = Step::Whole,
        (Step::Whole, _) => {}
        (Step::Part(children), [first, rest @ ..]) => {
            add(children.entry(first.clone()).or_insert_with(|| Step::Part(BTreeMap::new())), rest);
        }
    }
}

/// Whether a member comes along wherever its object is on the way to something chosen.
fn comes_along(name: &str, value: &Value) -> bool {
    matches!(name, "@context" | "type" | "@type") || matches!(name, "id" | "@id") && value.is_string()
}

struct Places<'a> {
    atoms: &'a HashSet<Origin>,
    found: HashSet<Origin>,
    path: Vec<&'a str>,
}

impl<'a> Places<'a> {
    fn whole(&mut self, value: &Value) {
        self.found.insert(origin(value));
        match value {
            Value::Array(items) => items.iter().for_each(|item| self.whole(item)),
            Value::Object(map) => map.values().for_each(|value| self.whole(value)),
            _ => {}
        }
    }

    fn chosen(&mut self, value: &Value, step: &'a Step) -> Result<(), SignatureFault> {
        let Step::Part(children) = step else {
            self.whole(value);
            return Ok(());
        };
        if self.atoms.contains(&origin(value)) {
            return Err(self.fault("a pointer leads into", "which is shown whole or not at all"));
        }
        self.found.insert(origin(value));
        match value {
            Value::Object(map) => self.members(map, children),
            Value::Array(items) => {
                let item = |token: &str| index(token).and_then(|at| items.get(at));
                children.iter().try_for_each(|(token, step)| self.step(token, item(token), step))
            }
            _ => children.iter().try_for_each(|(token, step)| self.step(token, None, step)),
        }
    }

    fn members(&mut self, map: &Map<String, Value>, children: &'a BTreeMap<String, Step>) -> Result<(), SignatureFault> {
        for (_, value) in map.iter().filter(|(name, value)| comes_along(name, value)) {
            self.whole(value);
        }
        children.iter().try_for_each(|(token, step)| self.step(token, map.get(token), step))
    }

    fn step(&mut self, token: &'a str, value: Option<&Value>, step: &'a Step) -> Result<(), SignatureFault> {
        self.path.push(token);
        let value = value.ok_or_else(|| self.fault("a pointer leads to", "where nothing is"))?;
        self.chosen(value, step)?;
        self.path.pop();
        Ok(())
    }

    fn fault(&self, before: &str, after: &str) -> SignatureFault {
        SignatureFault::malformed(format!("{before} {}, {after}", JsonPointer::new(self.path.iter().copied())))
    }
}

fn part(map: &Map<String, Value>, children: &BTreeMap<String, Step>) -> Map<String, Value> {
    let mut kept = Map::new();
    for (name, value) in map {
        if comes_along(name, value) {
            kept.insert(name.clone(), value.clone());
        } else if let Some(step) = children.get(name) {
            kept.insert(name.clone(), value_part(value, step));
        }
    }
    kept
}

fn value_part(value: &Value, step: &Step) -> Value {
    match (step, value) {
        (Step::Part(children), Value::Object(map)) => Value::Object(part(map, children)),
        (Step::Part(children), Value::Array(items)) => {
            let steps: BTreeMap<usize, &Step> = children.iter().filter_map(|(token, step)| Some((index(token)?, step))).collect();
            steps.into_iter().filter_map(|(at, step)| Some(value_part(items.get(at)?, step))).collect()
        }
        _ => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn document() -> Map<String, Value> {
        let document = json!({
            "@context": ["https://example.org/c"], "id": "urn:1", "type": ["A"], "name": "n",
            "list": [{ "id": "urn:2", "x": 1, "y": 2 }, { "type": "B", "x": 3 }, [4, 5, 6]],
        });
        document.as_object().expect("an object").clone()
    }

    fn reveal(pointers: &[&str]) -> Value {
        let pointers: Vec<JsonPointer> = pointers.iter().map(|text| text.parse().expect("a pointer")).collect();
        Value::Object(Selection::of(&pointers).reveal(&document()))
    }

    #[test]
    fn part_holds_what_is_chosen_and_ids_and_types_on_the_way() {
        let top = json!({ "@context": ["https://example.org/c"], "id": "urn:1", "type": ["A"] });
        let with = |name: &str, value: Value| {
            let mut whole = top.clone();
            whole[name] = value;
            whole
        };
        assert_eq!(reveal(&["/type/0"]), top);
        assert_eq!(reveal(&["/name"]), with("name", json!("n")));
        assert_eq!(reveal(&["/list/1/x"]), with("list", json!([{ "type": "B", "x": 3 }])));
        assert_eq!(reveal(&["/list/2/2", "/list/2/0", "/list/0/y"]), with("list", json!([{ "id": "urn:2", "y": 2 }, [4, 6]])));
        assert_eq!(reveal(&["/list/0", "/list/0/x"]), with("list", json!([{ "id": "urn:2", "x": 1, "y": 2 }])));
        assert_eq!(reveal(&[""]), Value::Object(document()));
        assert_eq!(reveal(&[]), json!({}));
    }

    #[test]
    fn pointer_that_leads_nowhere_or_into_what_is_whole_is_refused_by_name() {
        let document = document();
        let refused = |pointer: &str, atoms: &HashSet<Origin>| {
            let pointer: JsonPointer = pointer.parse().expect("a pointer");
            match Selection::of([&pointer]).places(&document, atoms) {
                Err(SignatureFault::Malformed { reason }) => reason.contains(&pointer.to_string()),
                _ => false,
            }
        };
        for pointer in ["/nobody", "/list/3", "/list/01", "/list/-", "/name/x", "/list/2/0/x"] {
            assert!(refused(pointer, &HashSet::new()), "{pointer}");
        }
        let list = HashSet::from([origin(&document["list"])]);
        assert!(!refused("/list", &list));
        let inside: JsonPointer = "/list/0".parse().expect("a pointer");
        assert!(Selection::of([&inside]).places(&document, &list).is_err());
    }
}
