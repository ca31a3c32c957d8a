//! The types of nodes: what they name, and the contexts that hold for the nodes that have them (JSON-LD 1.1 API §5.1.2, 10–11).

use std::sync::Arc;

use serde_json::{Map, Value};

use super::active::{Active, Keyword, Meaning};
use super::contexts::Contexts;
use super::error::LinkedDataError;
use super::expand::{Expander, Extra, Reading};
use super::family::Scope;

impl<'d, 'c> Expander<'d, 'c> {
    /// Checks that the types of `document`, and of the objects it holds under `names`, are terms or absolute URLs.
    pub fn check_types(
        document: &'d Map<String, Value>,
        names: &[&'d str],
        contexts: &'c Contexts,
    ) -> Result<(), LinkedDataError> {
        Self::visit_types(document, names, contexts, &mut |_| {})
    }

    /// The IRIs that the types of `document`, and of the objects it holds under `names`, stand for, in their order.
    pub fn type_iris(
        document: &'d Map<String, Value>,
        names: &[&'d str],
        contexts: &'c Contexts,
    ) -> Result<Vec<String>, LinkedDataError> {
        let mut iris = Vec::new();
        Self::visit_types(document, names, contexts, &mut |iri| iris.push(iri.to_owned()))?;
        Ok(iris)
    }

    fn visit_types(
        document: &'d Map<String, Value>,
        names: &[&'d str],
        contexts: &'c Contexts,
        visit: &mut dyn FnMut(&str),
    ) -> Result<(), LinkedDataError> {
        let (mut this, base) = Self::begin(document, contexts)?;
        let active = this.own_types(&base, document, visit)?;
        for name in names {
            let reading = Reading::value_of(&active, name);
            let all = match document.get(*name) {
                None => continue,
                Some(Value::Array(all)) => all.as_slice(),
                Some(one) => std::slice::from_ref(one),
            };
            for object in all.iter().filter_map(Value::as_object) {
                let current = this.context_of(reading, object, &Extra::default())?;
                this.own_types(&current, object, visit)?;
            }
        }
        Ok(())
    }

    /// Visits the types of an object in the context `outer`, and gives the context of its other members.
    fn own_types(
        &mut self,
        outer: &Arc<Active>,
        object: &'d Map<String, Value>,
        visit: &mut dyn FnMut(&str),
    ) -> Result<Arc<Active>, LinkedDataError> {
        let types = types(outer, object)?;
        for kind in &types {
            let Meaning::Iri(iri) = outer.meaning(kind) else { return Err(LinkedDataError::undefined(kind)) };
            visit(&iri);
        }
        self.typed(outer, &types)
    }

    /// `outer` with the scoped contexts of the node's types, in lexicographical order.
    pub fn typed(&mut self, outer: &Arc<Active>, types: &[&'d str]) -> Result<Arc<Active>, LinkedDataError> {
        let mut active = outer.clone();
        let mut scoped: Vec<_> =
            types.iter().filter_map(|kind| outer.terms.get_key_value(*kind)).filter(|(_, d)| d.scoped.is_some()).collect();
        scoped.sort_unstable_by_key(|(name, _)| *name);
        for (_, definition) in scoped {
            active = self.scoped(&active, definition, Scope::Type)?;
        }
        Ok(active)
    }
}

/// The types an object names.
pub(super) fn types<'d>(active: &Active, map: &'d Map<String, Value>) -> Result<Vec<&'d str>, LinkedDataError> {
    let bad = || LinkedDataError::invalid("invalid type value");
    let mut types = Vec::new();
    for (name, value) in map {
        if active.keyword(name) == Some(Keyword::Type) {
            match value {
                Value::String(one) => types.push(one.as_str()),
                Value::Array(all) => {
                    for one in all {
                        types.push(one.as_str().ok_or_else(bad)?);
                    }
                }
                _ => return Err(bad()),
            }
        }
    }
    Ok(types)
}
