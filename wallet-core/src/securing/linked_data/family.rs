//! Compiled contexts and those derived from them, kept between documents.
//!
//! A document's `@context` names a family: the context it compiles to, and every scoped or embedded context met below it so far.
//! Credentials of one kind share a family, so that each context is processed once and not once a credential.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use serde_json::Value;

use super::active::{Active, Definition};
use super::contexts::Contexts;
use super::error::LinkedDataError;
use super::process::{Compiler, Rules};

/// The most families that are kept; one more and all are compiled anew.
const MAX_FAMILIES: usize = 32;
/// The most terms the derived contexts of a family may have in all to be kept.
const MAX_KEPT_TERMS: usize = 20_000;
/// The longest `@context` a family is kept for, in bytes of JSON.
const MAX_KEPT_CONTEXT: usize = 4096;

/// The families of one set of contexts.
#[derive(Default)]
pub(super) struct Families(RwLock<HashMap<Value, Arc<Family>>>);

/// A compiled context and those derived from it.
pub(super) struct Family {
    base: Arc<Active>,
    derived: RwLock<HashMap<Derivation, Arc<Active>>>,
    kept_terms: AtomicUsize,
    numbers: AtomicU32,
}

/// Where a derived context comes from.
#[derive(PartialEq, Eq, Hash)]
enum Derivation {
    /// The scoped context of a definition, for its values or for nodes of the type.
    Scoped { from: u32, definition: u32, of_type: bool },
    /// An `@context` within the document, by its JSON.
    Embedded { from: u32, text: Box<str> },
}

/// Why a definition's scoped context applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// The definition is of the property whose value it is.
    Property,
    /// The definition is of the node's type.
    Type,
}

impl Families {
    /// The family of a document's `@context`, compiled if it is not known; `work` counts the terms handled.
    pub fn of(&self, context: Option<&Value>, contexts: &Contexts, work: &mut usize) -> Result<Arc<Family>, LinkedDataError> {
        let key = context.unwrap_or(&Value::Null);
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner).get(key).cloned();
        if let Some(family) = known.filter(|family| family.kept_terms.load(Ordering::Relaxed) < MAX_KEPT_TERMS) {
            return Ok(family);
        }
        let numbers = AtomicU32::new(1);
        let empty = Arc::new(Active::default());
        let base = match context {
            None => empty,
            Some(context) => Compiler { contexts, numbers: &numbers, work }.process(&empty, context, Rules::DOCUMENT)?,
        };
        let family = Arc::new(Family { base, derived: RwLock::default(), kept_terms: AtomicUsize::new(0), numbers });
        if key.to_string().len() <= MAX_KEPT_CONTEXT {
            let mut families = self.0.write().unwrap_or_else(PoisonError::into_inner);
            if families.len() >= MAX_FAMILIES {
                families.clear();
            }
            families.insert(key.clone(), family.clone());
        }
        Ok(family)
    }
}

impl Family {
    /// The context of the document's outermost object.
    pub fn base(&self) -> &Arc<Active> {
        &self.base
    }

    /// `from` with the scoped context of `definition`.
    pub fn scoped(
        &self,
        from: &Arc<Active>,
        definition: &Arc<Definition>,
        scope: Scope,
        (contexts, work): (&Contexts, &mut usize),
    ) -> Result<Arc<Active>, LinkedDataError> {
        let Some(local) = &definition.scoped else { return Ok(from.clone()) };
        let key = Derivation::Scoped { from: from.number, definition: definition.number, of_type: scope == Scope::Type };
        let rules = Rules::scoped(definition, scope);
        self.derive(key, |numbers| Compiler { contexts, numbers, work }.process(from, local, rules))
    }

    /// `from` with the `@context` of an object within the document.
    pub fn embedded(
        &self,
        from: &Arc<Active>,
        local: &Value,
        (contexts, work): (&Contexts, &mut usize),
    ) -> Result<Arc<Active>, LinkedDataError> {
        let key = Derivation::Embedded { from: from.number, text: local.to_string().into() };
        self.derive(key, |numbers| Compiler { contexts, numbers, work }.process(from, local, Rules::DOCUMENT))
    }

    fn derive(
        &self,
        key: Derivation,
        compile: impl FnOnce(&AtomicU32) -> Result<Arc<Active>, LinkedDataError>,
    ) -> Result<Arc<Active>, LinkedDataError> {
        if let Some(known) = self.derived.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(known.clone());
        }
        let active = compile(&self.numbers)?;
        let terms = active.terms.len() + 1;
        if self.kept_terms.fetch_add(terms, Ordering::Relaxed) + terms < MAX_KEPT_TERMS {
            self.derived.write().unwrap_or_else(PoisonError::into_inner).insert(key, active.clone());
        }
        Ok(active)
    }
}
