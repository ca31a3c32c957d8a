//! Context processing: from an `@context` to a compiled one (JSON-LD 1.1 API §4.1.2).

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Map, Value};

use super::active::{Active, Definition, Direction, Mapping, Meaning};
use super::contexts::Contexts;
use super::define::Terms;
use super::error::LinkedDataError;
use super::family::Scope;
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
    /// Whether it is written out in the document.
    own: bool,
}

impl Rules {
    pub const DOCUMENT: Self = Self { overrides: false, propagates: true, own: true };

    /// Those of the scoped context of `definition`.
    pub fn scoped(definition: &Definition, scope: Scope) -> Self {
        let of_property = scope == Scope::Property;
        Self { overrides: of_property, propagates: of_property, own: definition.own }
    }
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
    pub fn process(&mut self, active: &Arc<Active>, local: &Value, rules: Rules) -> Result<Arc<Active>, LinkedDataError> {
        self.spend(active.terms.len() + 1)?;
        let mut result = Active { number: self.number(), ..(**active).clone() };
        let propagates = match local.get("@propagate") {
            None => rules.propagates,
            Some(propagates) => propagates.as_bool().ok_or_else(|| LinkedDataError::invalid("invalid @propagate value"))?,
        };
        if !propagates && result.previous.is_none() {
            result.previous = Some(active.clone());
        }
        let rules = Rules { propagates, ..rules };
        self.apply(&mut result, local, rules, &mut Vec::new())?;
        result.find_aliases();
        Ok(Arc::new(result))
    }

    pub fn number(&self) -> u32 {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }

    fn spend(&mut self, terms: usize) -> Result<(), LinkedDataError> {
        *self.work += terms;
        if *self.work > MAX_CONTEXT_WORK { Err(LinkedDataError::TooMuchWork) } else { Ok(()) }
    }

    /// Applies one context or a list of them to `result`; `path` holds the URLs that led here.
    fn apply(&mut self, result: &mut Active, local: &Value, rules: Rules, path: &mut Vec<String>) -> Result<(), LinkedDataError> {
        self.spend(1)?;
        match local {
            Value::Array(all) if path.len() < MAX_REMOTE_CONTEXTS => {
                for one in all {
                    if one.is_array() {
                        return Err(LinkedDataError::invalid("invalid local context"));
                    }
                    self.apply(result, one, rules, path)?;
                }
                Ok(())
            }
            Value::Null => {
                if !rules.overrides && result.terms.values().any(|definition| definition.protected) {
                    return Err(LinkedDataError::invalid("invalid context nullification"));
                }
                let previous = result.previous.take().filter(|_| !rules.propagates);
                *result = Active { number: result.number, previous, ..Active::default() };
                Ok(())
            }
            Value::String(url) => {
                if path.len() >= MAX_REMOTE_CONTEXTS || path.contains(url) {
                    return Err(LinkedDataError::invalid("context overflow"));
                }
                let unknown = || LinkedDataError::UnknownContext { url: url.clone() };
                let document = self.contexts.document(url).ok_or_else(unknown)?;
                let remote = document.get("@context").ok_or_else(|| LinkedDataError::invalid("invalid remote context"))?;
                path.push(url.clone());
                self.apply(result, remote, rules, path)?;
                path.pop();
                Ok(())
            }
            Value::Object(map) => self.apply_map(result, map, rules, path.is_empty()),
            _ => Err(LinkedDataError::invalid("invalid local context")),
        }
    }

    fn apply_map(
        &mut self,
        result: &mut Active,
        map: &Map<String, Value>,
        rules: Rules,
        embedded: bool,
    ) -> Result<(), LinkedDataError> {
        self.spend(map.len())?;
        if map.get("@version").is_some_and(|version| version.as_f64() != Some(1.1)) {
            return Err(LinkedDataError::invalid("invalid @version value"));
        }
        if let Some(url) = map.get("@import") {
            let merged = self.import(map, url)?;
            return self.apply_map(result, &merged, rules, embedded);
        }
        // A base IRI counts only where it is written into the document itself, and there only absolute IRIs are read.
        if embedded && map.get("@base").is_some_and(|base| !base.is_null()) {
            return Err(LinkedDataError::invalid("@base is not supported: write IRIs in full"));
        }
        if let Some(vocab) = map.get("@vocab") {
            result.vocab = self.vocabulary(result, vocab)?;
        }
        match map.get("@language") {
            None => {}
            Some(Value::Null) => result.language = None,
            Some(Value::String(tag)) => result.language = Some(tag.to_lowercase().into()),
            Some(_) => return Err(LinkedDataError::invalid("invalid default language")),
        }
        if let Some(direction) = map.get("@direction") {
            result.direction = read_direction(direction)?;
        }
        let protected = match map.get("@protected") {
            None => false,
            Some(Value::Bool(protected)) => *protected,
            Some(_) => return Err(LinkedDataError::invalid("invalid @protected value")),
        };
        let (overrides, own, numbers) = (rules.overrides, rules.own && embedded, self.numbers);
        let mut terms = Terms { result, local: map, defined: HashMap::new(), protected, overrides, own, depth: 0, numbers };
        for name in map.keys() {
            let setting = ["@base", "@direction", "@language", "@propagate", "@protected", "@version", "@vocab"];
            if !setting.contains(&name.as_str()) {
                terms.define(name)?;
            }
        }
        Ok(())
    }

    /// A context map over the one it imports (JSON-LD 1.1 API §4.1.2, step 5.6).
    fn import(&mut self, map: &Map<String, Value>, url: &Value) -> Result<Map<String, Value>, LinkedDataError> {
        let url = url.as_str().ok_or_else(|| LinkedDataError::invalid("invalid @import value"))?;
        let unknown = || LinkedDataError::UnknownContext { url: url.to_owned() };
        let imported = self.contexts.document(url).ok_or_else(unknown)?.get("@context");
        let imported = imported.and_then(Value::as_object).filter(|imported| !imported.contains_key("@import"));
        let mut merged = imported.ok_or_else(|| LinkedDataError::invalid("invalid context entry"))?.clone();
        self.spend(merged.len())?;
        merged.extend(map.iter().filter(|(name, _)| *name != "@import").map(|(name, value)| (name.clone(), value.clone())));
        Ok(merged)
    }

    fn vocabulary(&self, result: &Active, vocab: &Value) -> Result<Option<Arc<str>>, LinkedDataError> {
        let text = match vocab {
            Value::Null => return Ok(None),
            Value::String(text) => text,
            _ => return Err(LinkedDataError::invalid("invalid vocab mapping")),
        };
        match result.terms.get(text.as_str()).map(|definition| &definition.mapping) {
            Some(Mapping::Name(iri)) => return Ok(Some(iri.clone())),
            Some(_) => return Err(LinkedDataError::invalid("invalid vocab mapping")),
            None => {}
        }
        match result.meaning(text) {
            Meaning::Iri(iri) if is_iri(&iri) => Ok(Some((*iri).into())),
            _ => Err(LinkedDataError::invalid("invalid vocab mapping")),
        }
    }
}

/// Reads `@direction`.
pub(super) fn read_direction(direction: &Value) -> Result<Option<Direction>, LinkedDataError> {
    match direction {
        Value::Null => Ok(None),
        Value::String(text) if text == "ltr" => Ok(Some(Direction::Ltr)),
        Value::String(text) if text == "rtl" => Ok(Some(Direction::Rtl)),
        _ => Err(LinkedDataError::invalid("invalid base direction")),
    }
}
