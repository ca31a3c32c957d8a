//! The claims as the issuer arranged them: which stand behind a disclosure, and which list items are not shown.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{Content, Disclosure, HashAlgorithm};
use crate::json::{JsonPointer, index};

/// One place in the claims, and everything inside it.
///
/// It is made of a payload and disclosures that went together in [`reveal`](super::reveal), so it is as deep and no deeper.
#[derive(Debug, Clone, PartialEq)]
pub struct Outline {
    /// The disclosure it stands behind, by its place among the disclosures; none when it is always visible.
    pub(super) disclosure: Option<usize>,
    pub(super) inside: Inside,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Inside {
    Plain,
    Object {
        members: BTreeMap<String, Outline>,
        /// Whether digests stand there besides, for members that are not shown or as decoys.
        hides: bool,
    },
    /// The items as issued; none for one that is not shown, or is a decoy.
    List(Vec<Option<Outline>>),
}

impl Outline {
    pub(super) fn of(payload: Map<String, Value>, disclosures: &[Disclosure], algorithm: HashAlgorithm) -> Self {
        let digests: Vec<String> = disclosures.iter().map(|disclosure| disclosure.digest(algorithm)).collect();
        let by_digest = digests.iter().zip(disclosures).enumerate().map(|(i, (digest, d))| (digest.as_str(), (i, d.content())));
        Arranging { by_digest: by_digest.collect() }.place(&Value::Object(payload), None)
    }

    /// Where each disclosure leads, in the processed payload.
    pub(super) fn disclosable(&self) -> Vec<JsonPointer> {
        let mut found = Vec::new();
        self.collect(&mut Vec::new(), &mut found);
        found
    }

    fn collect(&self, path: &mut Vec<String>, found: &mut Vec<JsonPointer>) {
        if self.disclosure.is_some() {
            found.push(JsonPointer::new(path.iter().cloned()));
        }
        for (step, place) in self.shown() {
            path.push(step);
            place.collect(path, found);
            path.pop();
        }
    }

    /// What is inside and shown, each under its name or its place in the processed payload.
    fn shown(&self) -> Vec<(String, &Self)> {
        match &self.inside {
            Inside::Plain => Vec::new(),
            Inside::Object { members, .. } => members.iter().map(|(name, place)| (name.clone(), place)).collect(),
            Inside::List(items) => items.iter().flatten().enumerate().map(|(i, place)| (i.to_string(), place)).collect(),
        }
    }

    /// The disclosures that have to go along to show the value `pointer` leads to; none when it leads nowhere.
    pub(super) fn needed_for(&self, pointer: &JsonPointer) -> Option<Vec<usize>> {
        let mut needed = Vec::new();
        let mut place = self;
        for token in pointer.tokens() {
            place = match &place.inside {
                Inside::Plain => return None,
                Inside::Object { members, .. } => members.get(token)?,
                Inside::List(items) => items.iter().flatten().nth(index(token)?)?,
            };
            needed.extend(place.disclosure);
        }
        Some(needed)
    }
}

struct Arranging<'a> {
    by_digest: BTreeMap<&'a str, (usize, &'a Content)>,
}

impl Arranging<'_> {
    fn place(&self, value: &Value, disclosure: Option<usize>) -> Outline {
        let inside = match value {
            Value::Object(object) => self.object(object),
            Value::Array(items) => Inside::List(items.iter().map(|item| self.item(item)).collect()),
            _ => Inside::Plain,
        };
        Outline { disclosure, inside }
    }

    fn object(&self, object: &Map<String, Value>) -> Inside {
        let visible = object.iter().filter(|(name, _)| !["_sd", "_sd_alg"].contains(&name.as_str()));
        let mut members: BTreeMap<String, Outline> =
            visible.map(|(name, value)| (name.clone(), self.place(value, None))).collect();
        let mut hides = false;
        for digest in object.get("_sd").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
            match self.by_digest.get(digest) {
                Some((at, Content::Member { name, value })) => drop(members.insert(name.clone(), self.place(value, Some(*at)))),
                _ => hides = true,
            }
        }
        Inside::Object { members, hides }
    }

    fn item(&self, item: &Value) -> Option<Outline> {
        let Some(digest) = item.get("...").and_then(Value::as_str) else { return Some(self.place(item, None)) };
        match self.by_digest.get(digest) {
            Some((at, Content::Item(item))) => Some(self.place(item, Some(*at))),
            _ => None,
        }
    }
}
