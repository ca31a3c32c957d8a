//! How much work a schema makes over a credential, counted before it is evaluated.
//!
//! A validator follows every reference again wherever it meets it, so that thirty lines can take a century, and it recurses as deep
//! as they lead. Here the same paths are walked with nothing evaluated and everything counted: an upper bound.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use url::Url;

use super::SchemaFault;
use crate::json::JsonPointer;

/// The most subschemas that are applied to parts of a credential.
const MAX_VISITS: usize = 100_000;
/// The deepest that subschemas lead into one another, references and parts of the credential included.
const MAX_DEPTH: usize = 160;

/// Keywords whose value is one subschema for the same instance.
const SAME_ONE: [&str; 4] = ["not", "if", "then", "else"];
/// Keywords whose value is a list of subschemas for the same instance.
const SAME_ALL: [&str; 3] = ["allOf", "anyOf", "oneOf"];
/// Keywords whose value is a map of subschemas for the same instance.
const SAME_MAP: [&str; 2] = ["dependentSchemas", "dependencies"];
/// Keywords whose value is a subschema for each member of an object, or a map of such.
const MEMBERS: [&str; 4] = ["additionalProperties", "unevaluatedProperties", "patternProperties", "propertyNames"];
/// Keywords whose value is a subschema for each item of a list, or a list of such.
const ITEMS: [&str; 5] = ["items", "prefixItems", "additionalItems", "unevaluatedItems", "contains"];

/// Refuses a schema that would take too much work over `instance`, or whose references cannot be followed here.
pub(super) fn check(url: &str, documents: &BTreeMap<String, Value>, instance: &Value) -> Result<(), SchemaFault> {
    for document in documents.values() {
        check_ids(document, true)?;
    }
    let mut walk = Walk { documents, visits: 0, depth: 0 };
    walk.schema((url, &documents[url]), instance)
}

/// Calls `found` with every reference in `value`.
pub(super) fn each_reference(value: &Value, found: &mut impl FnMut(&str)) {
    match value {
        Value::Object(map) => {
            for (name, value) in map {
                match value {
                    Value::String(reference) if is_reference(name) => found(reference),
                    _ => each_reference(value, found),
                }
            }
        }
        Value::Array(all) => all.iter().for_each(|one| each_reference(one, found)),
        _ => {}
    }
}

/// How many patterns `value` holds, at most.
pub(super) fn patterns(value: &Value) -> usize {
    match value {
        Value::Object(map) => map.iter().map(|(name, value)| own_patterns(name, value) + patterns(value)).sum(),
        Value::Array(all) => all.iter().map(patterns).sum(),
        _ => 0,
    }
}

fn own_patterns(name: &str, value: &Value) -> usize {
    match (name, value) {
        ("pattern", Value::String(_)) => 1,
        ("patternProperties", Value::Object(map)) => map.len(),
        _ => 0,
    }
}

/// The URL, without its fragment, of what `reference` in the document at `url` refers to.
pub(super) fn absolute(url: &str, document: &Value, reference: &str) -> Result<String, SchemaFault> {
    target(url, document, reference).map(|(url, _)| url)
}

fn is_reference(name: &str) -> bool {
    ["$ref", "$dynamicRef", "$recursiveRef"].contains(&name)
}

/// The URL of the document, and the fragment in it, that `reference` leads to.
fn target(url: &str, document: &Value, reference: &str) -> Result<(String, String), SchemaFault> {
    let bad = |_| SchemaFault::not_good("a reference in it is no URL");
    if let Some(fragment) = reference.strip_prefix('#') {
        return Ok((url.to_owned(), fragment.to_owned()));
    }
    let own = Url::parse(url).map_err(bad)?;
    let id = document.get("$id").and_then(Value::as_str);
    let base = id.map_or(Ok(own.clone()), |id| own.join(id)).map_err(bad)?;
    let mut full = base.join(reference).map_err(bad)?;
    let fragment = full.fragment().unwrap_or_default().to_owned();
    full.set_fragment(None);
    // A document that refers to itself by its own name.
    let same = full.as_str() == base.as_str().trim_end_matches('#');
    Ok((if same { url.to_owned() } else { full.to_string() }, fragment))
}

/// A schema within a schema changes what references in it are relative to, which is not followed here.
fn check_ids(value: &Value, at_root: bool) -> Result<(), SchemaFault> {
    match value {
        Value::Object(map) => {
            if !at_root && map.get("$id").is_some_and(Value::is_string) {
                return Err(SchemaFault::not_good("it holds another schema with an $id"));
            }
            map.values().try_for_each(|value| check_ids(value, false))
        }
        Value::Array(all) => all.iter().try_for_each(|value| check_ids(value, false)),
        _ => Ok(()),
    }
}

struct Walk<'a> {
    documents: &'a BTreeMap<String, Value>,
    visits: usize,
    depth: usize,
}

/// A subschema and the URL of the document it stands in.
type Place<'a> = (&'a str, &'a Value);

impl<'a> Walk<'a> {
    fn schema(&mut self, (url, schema): Place<'a>, instance: &Value) -> Result<(), SchemaFault> {
        self.visits += 1;
        self.depth += 1;
        if self.visits > MAX_VISITS || self.depth > MAX_DEPTH {
            return Err(SchemaFault::TooMuchWork);
        }
        if let Value::Object(keywords) = schema {
            self.same((url, keywords), instance)?;
            // What is not evaluated yet is found out by evaluating the rest again.
            if keywords.contains_key("unevaluatedProperties") || keywords.contains_key("unevaluatedItems") {
                self.same((url, keywords), instance)?;
            }
            self.parts((url, keywords), instance)?;
        }
        self.depth -= 1;
        Ok(())
    }

    /// The subschemas that are applied to the same instance.
    fn same(&mut self, (url, keywords): (&'a str, &'a Map<String, Value>), instance: &Value) -> Result<(), SchemaFault> {
        for (name, value) in keywords {
            let name = name.as_str();
            match value {
                Value::String(reference) if is_reference(name) => self.reference(url, reference, instance)?,
                value if SAME_ONE.contains(&name) => self.schema((url, value), instance)?,
                Value::Array(all) if SAME_ALL.contains(&name) => {
                    all.iter().try_for_each(|one| self.schema((url, one), instance))?;
                }
                Value::Object(map) if SAME_MAP.contains(&name) => {
                    map.values().try_for_each(|one| self.schema((url, one), instance))?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn reference(&mut self, url: &'a str, reference: &str, instance: &Value) -> Result<(), SchemaFault> {
        let (target, fragment) = target(url, &self.documents[url], reference)?;
        // One that leads nowhere is told of when the schema is compiled.
        let Some((url, document)) = self.documents.get_key_value(&target) else { return Ok(()) };
        match find(document, &fragment)? {
            Some(schema) => self.schema((url, schema), instance),
            None => Ok(()),
        }
    }

    /// The subschemas that are applied to parts of the instance.
    fn parts(&mut self, (url, keywords): (&'a str, &'a Map<String, Value>), instance: &Value) -> Result<(), SchemaFault> {
        match instance {
            Value::Object(members) => {
                if let Some(Value::Object(properties)) = keywords.get("properties") {
                    for (name, schema) in properties {
                        members.get(name).map_or(Ok(()), |part| self.schema((url, schema), part))?;
                    }
                }
                for (name, value) in keywords.iter().filter(|(name, _)| MEMBERS.contains(&name.as_str())) {
                    let schemas: Vec<&Value> = match value {
                        Value::Object(map) if name == "patternProperties" => map.values().collect(),
                        one => vec![one],
                    };
                    self.each(url, &schemas, members.values())?;
                }
                Ok(())
            }
            Value::Array(items) => {
                for (_, value) in keywords.iter().filter(|(name, _)| ITEMS.contains(&name.as_str())) {
                    let schemas: Vec<&Value> = match value {
                        Value::Array(all) => all.iter().collect(),
                        one => vec![one],
                    };
                    self.each(url, &schemas, items.iter())?;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn each<'i>(
        &mut self,
        url: &'a str,
        schemas: &[&'a Value],
        mut parts: impl Iterator<Item = &'i Value>,
    ) -> Result<(), SchemaFault> {
        parts.try_for_each(|part| schemas.iter().try_for_each(|schema| self.schema((url, schema), part)))
    }
}

/// What a fragment names: the whole, a JSON pointer, or an anchor.
fn find<'a>(document: &'a Value, fragment: &str) -> Result<Option<&'a Value>, SchemaFault> {
    if fragment.contains('%') {
        return Err(SchemaFault::not_good("a reference in it is percent-encoded"));
    }
    if fragment.is_empty() || fragment.starts_with('/') {
        let pointer: JsonPointer = fragment.parse().map_err(|_| SchemaFault::not_good("a reference in it is no JSON pointer"))?;
        return Ok(pointer.find(document));
    }
    Ok(anchored(document, fragment))
}

fn anchored<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    match value {
        Value::Object(map) => {
            let named = |keyword| map.get(keyword).and_then(Value::as_str) == Some(name);
            if named("$anchor") || named("$dynamicAnchor") {
                return Some(value);
            }
            map.values().find_map(|value| anchored(value, name))
        }
        Value::Array(all) => all.iter().find_map(|value| anchored(value, name)),
        _ => None,
    }
}
