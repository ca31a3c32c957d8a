//! Context processing: from an `@context` to a compiled one (JSON-LD 1.1 API §4.1.2).

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Map, Value};

use super::active::{Active, Direction, Mapping, Meaning};
use super::contexts::Contexts;
use super::define::Terms;
use super::error::{LinkedDataError, Stop};
use super::quads::is_iri;

/// The most contexts one `@context` may lead to, one naming the next.
const MAX_REMOTE_CONTEXTS: usize = 16;
/// The most terms that are defined or carried over for one document.
pub(super) const MAX_CONTEXT_WORK: usize = 200_000;

/// How a context is applied.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules {
    /// Whether it may redefine protected terms: property-scoped contexts may.
    overrides: bool,
    /// Whether it holds in nested nodes, too, unless it says otherwise itself: type-scoped ones do not.
    propagates: bool,
}

impl Rules {
    pub const DOCUMENT: Self = Self { overrides: false, propagates: true };
    pub const PROPERTY: Self = Self { overrides: true, propagates: true };
    pub const TYPE: Self = Self { overrides: false, propagates: false };
}

/// Compiles contexts.
pub(super) struct Compiler<'c> {
    pub contexts: &'c Contexts,
    /// Where the next number of a context or definition of the family comes from.
    pub numbers: &'c AtomicU32,
    /// The terms defined or carried over so far.
    pub work: &'c mut usize,
}

impl Compiler<'_> {
    /// `active` with `local` applied.
    pub fn process(&mut self, active: &Arc<Active>, local: &Value, rules: Rules) -> Result<Arc<Active>, Stop> {
        self.spend(active.terms.len() + 1)?;
        let mut result = Active { number: self.number(), ..(**active).clone() };
        let propagates = match local.get("@propagate") {
            None => rules.propagates,
            Some(Value::Bool(propagates)) => *propagates,
            Some(_) => return Err(Stop::invalid("invalid @propagate value")),
        };
        if !propagates && result.previous.is_none() {
            result.previous = Some(active.clone());
        }
        let rules = Rules { propagates, ..rules };
        self.apply(&mut result, local, rules, &mut Vec::new())?;
        Ok(Arc::new(result))
    }

    pub fn number(&self) -> u32 {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }

    fn spend(&mut self, terms: usize) -> Result<(), Stop> {
        *self.work += terms;
        if *self.work > MAX_CONTEXT_WORK { Err(LinkedDataError::TooMuchWork.into()) } else { Ok(()) }
    }

    /// Applies one context or a list of them to `result`; `path` holds the URLs that led here.
    fn apply(&mut self, result: &mut Active, local: &Value, rules: Rules, path: &mut Vec<String>) -> Result<(), Stop> {
        self.spend(1)?;
        match local {
            Value::Array(all) if path.len() < MAX_REMOTE_CONTEXTS => {
                for one in all {
                    if one.is_array() {
                        return Err(Stop::invalid("invalid local context"));
                    }
                    self.apply(result, one, rules, path)?;
                }
                Ok(())
            }
            Value::Null => {
                if !rules.overrides && result.terms.values().any(|definition| definition.protected) {
                    return Err(Stop::invalid("invalid context nullification"));
                }
                let previous = result.previous.take().filter(|_| !rules.propagates);
                *result = Active { number: result.number, previous, ..Active::default() };
                Ok(())
            }
            Value::String(url) => {
                if path.len() >= MAX_REMOTE_CONTEXTS || path.contains(url) {
                    return Err(Stop::invalid("context overflow"));
                }
                let unknown = || LinkedDataError::UnknownContext { url: url.clone() };
                let document = self.contexts.document(url).ok_or_else(unknown)?;
                let remote = document.get("@context").ok_or_else(|| Stop::invalid("invalid remote context"))?;
                path.push(url.clone());
                self.apply(result, remote, rules, path)?;
                path.pop();
                Ok(())
            }
            Value::Object(map) => self.apply_map(result, map, rules, path.is_empty()),
            _ => Err(Stop::invalid("invalid local context")),
        }
    }

    fn apply_map(&mut self, result: &mut Active, map: &Map<String, Value>, rules: Rules, embedded: bool) -> Result<(), Stop> {
        self.spend(map.len())?;
        if map.get("@version").is_some_and(|version| version.as_f64() != Some(1.1)) {
            return Err(Stop::invalid("invalid @version value"));
        }
        // A base IRI counts only where it is written into the document itself.
        if map.contains_key("@import") || embedded && map.get("@base").is_some_and(|base| !base.is_null()) {
            return Err(Stop::Outside);
        }
        if let Some(vocab) = map.get("@vocab") {
            result.vocab = self.vocabulary(result, vocab)?;
        }
        match map.get("@language") {
            None => {}
            Some(Value::Null) => result.language = None,
            Some(Value::String(tag)) => result.language = Some(tag.to_lowercase().into()),
            Some(_) => return Err(Stop::invalid("invalid default language")),
        }
        if let Some(direction) = map.get("@direction") {
            result.direction = read_direction(direction)?;
        }
        let protected = match map.get("@protected") {
            None => false,
            Some(Value::Bool(protected)) => *protected,
            Some(_) => return Err(Stop::invalid("invalid @protected value")),
        };
        let overrides = rules.overrides;
        let mut terms =
            Terms { result, local: map, defined: HashMap::new(), protected, overrides, depth: 0, numbers: self.numbers };
        for name in map.keys() {
            let setting = ["@base", "@direction", "@language", "@propagate", "@protected", "@version", "@vocab"];
            if !setting.contains(&name.as_str()) {
                terms.define(name)?;
            }
        }
        Ok(())
    }

    fn vocabulary(&self, result: &Active, vocab: &Value) -> Result<Option<Arc<str>>, Stop> {
        let text = match vocab {
            Value::Null => return Ok(None),
            Value::String(text) => text,
            _ => return Err(Stop::invalid("invalid vocab mapping")),
        };
        match result.terms.get(text.as_str()).map(|definition| &definition.mapping) {
            Some(Mapping::Name(iri)) => return Ok(Some(iri.clone())),
            Some(_) => return Err(Stop::invalid("invalid vocab mapping")),
            None => {}
        }
        match result.meaning(text) {
            Meaning::Iri(iri) if is_iri(&iri) => Ok(Some((*iri).into())),
            // A vocabulary relative to a base, or of blank nodes, which are no predicates.
            _ => Err(Stop::Outside),
        }
    }
}

/// Reads `@direction`.
pub(super) fn read_direction(direction: &Value) -> Result<Option<Direction>, Stop> {
    match direction {
        Value::Null => Ok(None),
        Value::String(text) if text == "ltr" => Ok(Some(Direction::Ltr)),
        Value::String(text) if text == "rtl" => Ok(Some(Direction::Rtl)),
        _ => Err(Stop::invalid("invalid base direction")),
    }
}
