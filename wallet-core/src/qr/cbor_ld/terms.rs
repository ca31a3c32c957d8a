//! The terms of the contexts of one document and the numbers they take, in the order the contexts become active.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::rc::Rc;

use serde_json::{Map, Value};

use crate::qr::BarcodeFault;
use crate::securing::linked_data::Contexts;

/// The JSON-LD keywords and their fixed numbers; even for one value, one more for an array of them.
pub(super) const KEYWORDS: [&str; 28] = [
    "@context",
    "@type",
    "@id",
    "@value",
    "@direction",
    "@graph",
    "@included",
    "@index",
    "@json",
    "@language",
    "@list",
    "@nest",
    "@reverse",
    "@base",
    "@container",
    "@default",
    "@embed",
    "@explicit",
    "@none",
    "@omitDefault",
    "@prefix",
    "@preserve",
    "@protected",
    "@requireAll",
    "@set",
    "@version",
    "@vocab",
    "@propagate",
];
pub(super) const CONTEXT_ID: i64 = 0;
const FIRST_TERM: i64 = 100;
const MAX_IMPORTS: usize = 4;
/// Terms and members looked at; a diploma takes about 2,000.
const MAX_WORK: usize = 100_000;

/// One term's definition as its context writes it.
#[derive(Debug, Clone)]
pub(super) struct Definition {
    pub body: Map<String, Value>,
    pub protected: bool,
}

/// One context: its own members, and the terms among them in sorted order.
#[derive(Debug)]
pub(super) struct Context {
    pub members: Map<String, Value>,
    pub terms: Vec<(Rc<str>, Definition)>,
}

/// The numbers given to terms so far; both sides give them in the same order, so they never travel.
pub(super) struct Terms<'a> {
    contexts: &'a Contexts,
    loaded: HashMap<String, Rc<Context>>,
    ids: HashMap<Rc<str>, i64>,
    names: HashMap<i64, Rc<str>>,
    next: i64,
    work_left: usize,
}

impl<'a> Terms<'a> {
    pub fn new(contexts: &'a Contexts) -> Self {
        let keywords = || KEYWORDS.iter().map(|keyword| Rc::from(*keyword)).zip((0..).step_by(2));
        Self {
            contexts,
            loaded: HashMap::new(),
            ids: keywords().collect(),
            names: keywords().map(|(keyword, id)| (id, keyword)).collect(),
            next: FIRST_TERM,
            work_left: MAX_WORK,
        }
    }

    /// The number of a term for a single value, if any context at work so far defines it.
    pub fn id(&self, term: &str) -> Option<i64> {
        self.ids.get(term).copied()
    }

    /// The term of a number, and whether the number says that the value is an array.
    pub fn term(&self, id: i64) -> Result<(Rc<str>, bool), BarcodeFault> {
        let plural = id & 1 == 1;
        let term = self.names.get(&(id & !1)).cloned();
        term.map(|term| (term, plural)).ok_or_else(|| BarcodeFault::malformed(format_args!("no context defines term {id}")))
    }

    /// Counts steps; a document that asks for too many is refused.
    pub fn spend(&mut self, steps: usize) -> Result<(), BarcodeFault> {
        self.work_left = self.work_left.checked_sub(steps).ok_or(BarcodeFault::TooMuchWork)?;
        Ok(())
    }

    /// Loads a context given by URL or in place, numbering the terms it is the first to define.
    pub fn load(&mut self, context: &Value) -> Result<Rc<Context>, BarcodeFault> {
        match context {
            Value::String(url) => self.load_url(url, 0),
            Value::Object(members) => self.add(members, 0),
            Value::Null => Err(BarcodeFault::unsupported("CBOR-LD has no form for a null context")),
            _ => Err(BarcodeFault::malformed("a context is neither a URL nor an object")),
        }
    }

    fn load_url(&mut self, url: &str, imports: usize) -> Result<Rc<Context>, BarcodeFault> {
        if let Some(context) = self.loaded.get(url) {
            return Ok(context.clone());
        }
        let document = self.contexts.document(url).ok_or_else(|| BarcodeFault::MissingContext { url: url.to_owned() })?;
        let members = document["@context"]
            .as_object()
            .ok_or_else(|| BarcodeFault::unsupported(format_args!("context {url} is not one object")))?;
        let context = self.add(members, imports)?;
        self.loaded.insert(url.to_owned(), context.clone());
        Ok(context)
    }

    fn add(&mut self, members: &Map<String, Value>, imports: usize) -> Result<Rc<Context>, BarcodeFault> {
        self.spend(1 + members.len())?;
        let mut all = match members.get("@import") {
            None => Map::new(),
            Some(Value::String(_)) if imports >= MAX_IMPORTS => return Err(BarcodeFault::TooMuchWork),
            Some(Value::String(url)) => self.load_url(url, imports + 1)?.members.clone(),
            Some(_) => return Err(BarcodeFault::malformed("@import is not a URL")),
        };
        all.extend(members.iter().map(|(name, value)| (name.clone(), value.clone())));
        let protected = all.get("@protected").is_some_and(|value| value == &Value::Bool(true));
        let mut names: Vec<&String> = all.keys().filter(|name| !KEYWORDS.contains(&name.as_str())).collect();
        names.sort_by(|left, right| utf16_order(left, right));

        let mut terms = Vec::with_capacity(names.len());
        for name in names {
            let body = match &all[name] {
                Value::Null => continue,
                Value::String(id) => Map::from_iter([("@id".to_owned(), Value::String(id.clone()))]),
                Value::Object(body) => body.clone(),
                _ => return Err(BarcodeFault::unsupported(format_args!("the definition of {name} is neither text nor object"))),
            };
            let name: Rc<str> = Rc::from(name.as_str());
            self.number(&name);
            terms.push((name, Definition { body, protected }));
        }
        Ok(Rc::new(Context { members: all, terms }))
    }

    fn number(&mut self, name: &Rc<str>) {
        if !self.ids.contains_key(name) {
            self.ids.insert(name.clone(), self.next);
            self.names.insert(self.next, name.clone());
            self.next += 2;
        }
    }
}

/// The order CBOR-LD sorts terms and types in: by UTF-16 code units, as JavaScript compares strings.
pub(super) fn utf16_order(left: &str, right: &str) -> Ordering {
    left.encode_utf16().cmp(right.encode_utf16())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn terms_are_numbered_from_100_in_sorted_order_keywords_apart() {
        let contexts = Contexts::bundled();
        let mut terms = Terms::new(&contexts);
        terms.load(&json!({ "@protected": true, "b": "ex:b", "id": "@id", "A": "ex:A", "gone": null })).expect("a context");
        assert_eq!(["A", "b", "id"].map(|term| terms.id(term)), [Some(100), Some(102), Some(104)]);
        assert_eq!(terms.id("gone"), None);
        assert_eq!(terms.id("@type"), Some(2));
        assert_eq!(terms.id("@propagate"), Some(54));
        assert_eq!(terms.term(103).map(|(term, plural)| (term.to_string(), plural)), Ok(("b".into(), true)));
    }

    #[test]
    fn second_context_goes_on_numbering_where_the_first_stopped() {
        let contexts = Contexts::bundled().with("ex:1", r#"{ "@context": { "b": "ex:b", "c": "ex:c" } }"#).expect("a context");
        let mut terms = Terms::new(&contexts);
        terms.load(&json!("ex:1")).expect("known");
        terms.load(&json!({ "a": "ex:a", "b": "ex:other" })).expect("a context");
        assert_eq!(["b", "c", "a"].map(|term| terms.id(term)), [Some(100), Some(102), Some(104)]);
        assert_eq!(terms.load(&json!("ex:2")).err(), Some(BarcodeFault::MissingContext { url: "ex:2".into() }));
    }

    #[test]
    fn imports_that_never_end_are_refused() {
        let contexts = Contexts::bundled()
            .with("ex:circle", r#"{ "@context": { "@import": "ex:circle", "a": "ex:a" } }"#)
            .expect("a context");
        assert_eq!(Terms::new(&contexts).load(&json!("ex:circle")).err(), Some(BarcodeFault::TooMuchWork));
    }

    #[test]
    fn order_is_by_utf16_code_unit() {
        assert_eq!(utf16_order("\u{1F600}", "\u{FFFD}"), Ordering::Less);
        assert_eq!(utf16_order("a", "ab"), Ordering::Less);
    }
}
