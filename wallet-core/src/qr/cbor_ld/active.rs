//! Which term definitions are at work at one place of a document (JSON-LD 1.1, scoped contexts and propagation).

use std::cell::OnceCell;
use std::collections::HashMap;
use std::rc::Rc;

use serde_json::{Map, Value};

use super::terms::{Context, Definition, Terms, utf16_order};
use crate::qr::BarcodeFault;

const MAX_PREFIXES: usize = 16;

/// The definitions at work, and what they were before, which is what comes back once a context stops propagating.
pub(super) struct Active {
    terms: Rc<TermMap>,
    previous: Option<Rc<Active>>,
    propagated: OnceCell<Rc<TermMap>>,
}

type TermMap = HashMap<Rc<str>, ActiveTerm>;

#[derive(Clone)]
struct ActiveTerm {
    definition: Rc<Definition>,
    propagates: bool,
}

/// How a context came to be named; it decides what it may redefine and how far it reaches.
#[derive(Clone, Copy, PartialEq)]
enum Scope {
    Embedded,
    Type,
    Property,
}

impl Active {
    /// No definition at all, as at the top of a document.
    pub fn nothing() -> Rc<Self> {
        Self::following(Rc::default(), None)
    }

    /// The definitions inside an object that carries this `@context`.
    pub fn embedded(self: &Rc<Self>, terms: &mut Terms<'_>, context: Option<&Value>) -> Result<Rc<Self>, BarcodeFault> {
        let updated = update(terms, &self.terms, context, Scope::Embedded)?;
        Ok(Self::following(updated, Some(self.clone())))
    }

    /// The definitions inside an object of these types.
    pub fn of_types(self: &Rc<Self>, terms: &mut Terms<'_>, mut types: Vec<String>) -> Result<Rc<Self>, BarcodeFault> {
        types.sort_by(|left, right| utf16_order(left, right));
        types.dedup();
        let mut updated = self.terms.clone();
        for name in types {
            let definition = updated.get(name.as_str()).map(|term| term.definition.clone());
            let context = definition.as_ref().and_then(|definition| definition.body.get("@context"));
            updated = update(terms, &updated, context, Scope::Type)?;
        }
        Ok(Self::following(updated, Some(self.clone())))
    }

    /// The definitions inside the value of a property.
    pub fn of_property(self: &Rc<Self>, terms: &mut Terms<'_>, property: &str) -> Result<Rc<Self>, BarcodeFault> {
        let propagated = self.propagated(terms)?;
        let context = self.definition(property).and_then(|definition| definition.body.get("@context"));
        let updated = update(terms, &propagated, context, Scope::Property)?;
        Ok(Self::following(updated, Some(self.clone())))
    }

    /// The definition of a term here, if it has one.
    pub fn definition(&self, term: &str) -> Option<&Definition> {
        self.terms.get(term).map(|term| &*term.definition)
    }

    /// `@type` and its aliases.
    pub fn type_terms(&self) -> Vec<Rc<str>> {
        let is_alias = |term: &ActiveTerm| term.definition.body.get("@id").is_some_and(|id| id == "@type");
        let aliases = self.terms.iter().filter(|(_, term)| is_alias(term)).map(|(name, _)| name.clone());
        std::iter::once(Rc::from("@type")).chain(aliases).collect()
    }

    fn following(terms: Rc<TermMap>, previous: Option<Rc<Self>>) -> Rc<Self> {
        Rc::new(Self { terms, previous, propagated: OnceCell::new() })
    }

    /// What reaches into the values of properties: a definition that does not propagate gives way to the one before it.
    fn propagated(&self, terms: &mut Terms<'_>) -> Result<Rc<TermMap>, BarcodeFault> {
        if let Some(propagated) = self.propagated.get() {
            return Ok(propagated.clone());
        }
        terms.spend(self.terms.len())?;
        let propagated = if self.terms.values().all(|term| term.propagates) {
            self.terms.clone()
        } else {
            let reaching = self.terms.keys().filter_map(|name| self.reaching(name).map(|term| (name.clone(), term)));
            Rc::new(reaching.collect())
        };
        Ok(self.propagated.get_or_init(|| propagated).clone())
    }

    fn reaching(&self, name: &str) -> Option<ActiveTerm> {
        let mut active = self;
        loop {
            let term = active.terms.get(name)?;
            if term.propagates {
                return Some(term.clone());
            }
            active = active.previous.as_deref()?;
        }
    }
}

fn update(
    terms: &mut Terms<'_>,
    before: &Rc<TermMap>,
    contexts: Option<&Value>,
    scope: Scope,
) -> Result<Rc<TermMap>, BarcodeFault> {
    let contexts = match contexts {
        None => return Ok(before.clone()),
        Some(Value::Array(contexts)) => contexts.iter().collect(),
        Some(context) => vec![context],
    };
    let mut active = before.clone();
    for context in contexts {
        let context = terms.load(context)?;
        terms.spend(context.terms.len() + active.len())?;
        active = Rc::new(add(&active, &context, scope)?);
    }
    Ok(active)
}

fn add(active: &TermMap, context: &Context, scope: Scope) -> Result<TermMap, BarcodeFault> {
    let propagates = match context.members.get("@propagate") {
        Some(value) => value == &Value::Bool(true),
        None => scope != Scope::Type,
    };
    let mut updated = TermMap::with_capacity(active.len() + context.terms.len());
    for (name, definition) in &context.terms {
        let definition = Rc::new(resolve(name, definition, context, active)?);
        updated.insert(name.clone(), ActiveTerm { definition, propagates });
    }
    for (name, before) in active {
        match updated.get(name) {
            Some(now) if before.definition.protected && scope != Scope::Property => {
                if now.definition.body != before.definition.body {
                    return Err(BarcodeFault::unsupported(format_args!("a context redefines the protected term {name}")));
                }
            }
            Some(_) => {}
            None if context.members.get(&**name) == Some(&Value::Null) => {}
            None => {
                updated.insert(name.clone(), before.clone());
            }
        }
    }
    Ok(updated)
}

/// Writes a definition's `@id` and `@type` out in full.
fn resolve(name: &str, definition: &Definition, context: &Context, active: &TermMap) -> Result<Definition, BarcodeFault> {
    let mut body = definition.body.clone();
    let id = match body.get("@id") {
        Some(Value::String(id)) => Some(expand(id, &context.members, active)?),
        Some(_) => None,
        None => Some(expand(name, &context.members, active)?).filter(|id| id.contains(':')),
    };
    let Some(id) = id else {
        return Err(BarcodeFault::unsupported(format_args!("the definition of {name} has no @id")));
    };
    body.insert("@id".into(), Value::String(id));
    match body.get("@type") {
        None => {}
        Some(Value::String(kind)) => {
            let kind = expand(kind, &context.members, active)?;
            body.insert("@type".into(), Value::String(kind));
        }
        Some(_) => return Err(BarcodeFault::unsupported(format_args!("the @type of {name} is not text"))),
    }
    Ok(Definition { body, protected: definition.protected })
}

fn expand(text: &str, members: &Map<String, Value>, active: &TermMap) -> Result<String, BarcodeFault> {
    let mut text = text.to_owned();
    for _ in 0..MAX_PREFIXES {
        let Some((prefix, suffix)) = text.split_once(':') else { return Ok(text) };
        let id = match members.get(prefix) {
            Some(Value::String(id)) => Some(id),
            Some(Value::Object(body)) => match body.get("@id") {
                Some(Value::String(id)) => Some(id),
                _ => return Err(BarcodeFault::unsupported(format_args!("the prefix {prefix} has no @id"))),
            },
            _ => match active.get(prefix).and_then(|term| term.definition.body.get("@id")) {
                Some(Value::String(id)) => Some(id),
                _ => None,
            },
        };
        let Some(id) = id else { return Ok(text) };
        text = format!("{id}{suffix}");
    }
    Err(BarcodeFault::malformed("prefixes that never end"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::securing::linked_data::Contexts;
    use serde_json::json;

    fn id_of(active: &Active, term: &str) -> Option<String> {
        Some(active.definition(term)?.body["@id"].as_str()?.to_owned())
    }

    #[test]
    fn type_scoped_terms_end_at_the_next_property() {
        let contexts = Contexts::bundled();
        let mut terms = Terms::new(&contexts);
        let context = json!({ "part": "ex:part", "name": "ex:name", "T": { "@id": "ex:T", "@context": { "name": "ex:tName", "own": "ex:own" } } });
        let top = Active::nothing().embedded(&mut terms, Some(&context)).expect("a context");
        let typed = top.of_types(&mut terms, vec!["T".into()]).expect("a type");
        assert_eq!(id_of(&typed, "name").as_deref(), Some("ex:tName"));
        let inside = typed.of_property(&mut terms, "part").expect("a property");
        assert_eq!(id_of(&inside, "name").as_deref(), Some("ex:name"));
        assert_eq!(id_of(&inside, "own"), None);
    }

    #[test]
    fn property_scoped_terms_reach_down() {
        let contexts = Contexts::bundled();
        let mut terms = Terms::new(&contexts);
        let context = json!({ "part": { "@id": "ex:part", "@context": { "own": "ex:own" } } });
        let top = Active::nothing().embedded(&mut terms, Some(&context)).expect("a context");
        let part = top.of_property(&mut terms, "part").expect("a property");
        let below = part.of_property(&mut terms, "own").expect("a property");
        assert_eq!(id_of(&below, "own").as_deref(), Some("ex:own"));
    }

    #[test]
    fn protected_term_is_not_redefined_except_to_the_same() {
        let contexts = Contexts::bundled();
        let mut terms = Terms::new(&contexts);
        let context = json!({ "@protected": true, "name": "ex:name" });
        let top = Active::nothing().embedded(&mut terms, Some(&context)).expect("a context");
        assert!(top.embedded(&mut terms, Some(&json!({ "name": { "@id": "ex:name" } }))).is_ok());
        assert!(top.embedded(&mut terms, Some(&json!({ "name": "ex:other" }))).is_err());
    }

    #[test]
    fn prefixes_are_written_out_and_loops_refused() {
        let contexts = Contexts::bundled();
        let mut terms = Terms::new(&contexts);
        let context = json!({ "xsd": "http://www.w3.org/2001/XMLSchema#", "when": { "@id": "ex:when", "@type": "xsd:date" } });
        let top = Active::nothing().embedded(&mut terms, Some(&context)).expect("a context");
        assert_eq!(top.definition("when").expect("defined").body["@type"], "http://www.w3.org/2001/XMLSchema#date");
        let looping = json!({ "a": "b:x", "b": "a:y" });
        assert!(Active::nothing().embedded(&mut terms, Some(&looping)).is_err());
    }
}
