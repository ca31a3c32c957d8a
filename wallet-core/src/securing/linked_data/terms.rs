//! Whether every term of a document means something, found out without making quads of it.
//!
//! For documents whose signature covers the JSON: the same contexts hold in the same places as in an expansion, at a fraction of its cost.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::active::{Active, Coercion, Container, Keyword, Meaning};
use super::contexts::Contexts;
use super::error::LinkedDataError;
use super::expand::{Expander, Extra, Member, Reading};
use super::family::Scope;
use super::types::types;

/// Checks that every member's name and every type of `document` stands for something in its contexts.
pub(super) fn check(document: &Map<String, Value>, contexts: &Contexts) -> Result<(), LinkedDataError> {
    let (mut expander, base) = Expander::begin(document, contexts)?;
    expander.terms_of(&base, document)
}

impl<'d> Expander<'d, '_> {
    /// Checks the terms of an object whose context is `outer` but for its types' scoped contexts.
    fn terms_of(&mut self, outer: &Arc<Active>, map: &'d Map<String, Value>) -> Result<(), LinkedDataError> {
        self.deeper()?;
        let types = types(outer, map)?;
        if let Some(kind) = types.iter().find(|kind| outer.meaning(kind) == Meaning::Nothing) {
            return Err(LinkedDataError::undefined(kind));
        }
        let active = self.typed(outer, &types)?;
        for (name, value) in map.iter().filter(|(name, _)| *name != "@context") {
            self.terms_of_member(&active, &Member::of(name, value, &active))?;
        }
        self.depth -= 1;
        Ok(())
    }

    fn terms_of_member(&mut self, active: &Arc<Active>, member: &Member<'d, '_>) -> Result<(), LinkedDataError> {
        let Member { name, value, .. } = *member;
        match &member.meaning {
            Meaning::Nothing => Err(LinkedDataError::undefined(name)),
            Meaning::Keyword(Keyword::Reverse | Keyword::Nest) => {
                let active = match member.definition {
                    Some(definition) if definition.scoped.is_some() => self.scoped(active, definition, Scope::Property)?,
                    _ => active.clone(),
                };
                items(value).iter().filter_map(Value::as_object).flatten().try_for_each(|(name, value)| {
                    // What stands in them are members of the node itself.
                    self.terms_of_member(&active, &Member::of(name, value, &active))
                })
            }
            Meaning::Keyword(Keyword::Graph | Keyword::Included) => self.terms_of_values(Reading::node(active), value),
            Meaning::Keyword(Keyword::Set | Keyword::List) => self.terms_of_values(Reading::node(active), value),
            Meaning::Keyword(_) | Meaning::Blank(_) => Ok(()),
            Meaning::Iri(_) => {
                self.terms_of_property(Reading { active, property: Some(name), definition: member.definition }, value)
            }
        }
    }

    fn terms_of_property(&mut self, reading: Reading<'_, 'd>, value: &'d Value) -> Result<(), LinkedDataError> {
        let container = reading.definition.map(|definition| definition.container).unwrap_or_default();
        if reading.definition.is_some_and(|definition| definition.coercion == Coercion::Json) {
            return Ok(());
        }
        match value {
            Value::Object(_) if container.has(Container::LANGUAGE) => Ok(()),
            Value::Object(map)
                if [Container::INDEX, Container::ID, Container::TYPE].into_iter().any(|one| container.has(one)) =>
            {
                self.deeper()?;
                map.values().try_for_each(|value| self.terms_of_values(reading, value))?;
                self.depth -= 1;
                Ok(())
            }
            value => self.terms_of_values(reading, value),
        }
    }

    fn terms_of_values(&mut self, reading: Reading<'_, 'd>, value: &'d Value) -> Result<(), LinkedDataError> {
        match value {
            Value::Array(all) => {
                self.deeper()?;
                all.iter().try_for_each(|one| self.terms_of_values(reading, one))?;
                self.depth -= 1;
                Ok(())
            }
            Value::Object(map) => {
                let current = self.context_of(reading, map, &Extra::default())?;
                self.terms_of(&current, map)
            }
            _ => Ok(()),
        }
    }
}

fn items(value: &Value) -> &[Value] {
    match value {
        Value::Array(all) => all,
        one => std::slice::from_ref(one),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::securing::linked_data::to_quads;
    use proptest::prelude::*;
    use serde_json::json;

    fn document(subject: Value) -> Map<String, Value> {
        let own = json!({
            "T": { "@id": "urn:T", "@context": { "x": "urn:x" } }, "p": { "@id": "urn:p", "@context": { "y": "urn:y" } },
            "raw": { "@id": "urn:raw", "@type": "@json" }, "note": { "@id": "urn:note", "@container": "@language" },
            "by": { "@id": "urn:by", "@container": "@index" }, "back": { "@reverse": "urn:back" }, "in": "@nest",
        });
        let document = json!({
            "@context": ["https://www.w3.org/ns/credentials/v2", own], "type": "VerifiableCredential", "issuer": "did:example:i",
            "credentialSubject": subject,
        });
        document.as_object().expect("an object").clone()
    }

    #[test]
    fn undefined_term_is_found_wherever_it_stands() {
        let contexts = Contexts::bundled();
        for (good, bad) in [
            (json!({ "name": "a" }), json!({ "z": "a" })),
            (json!({ "type": "T", "x": 1 }), json!({ "x": 1 })),
            (json!({ "type": "T" }), json!({ "type": "Z" })),
            (json!({ "p": { "y": 1 } }), json!({ "y": 1 })),
            (json!({ "p": [[{ "y": 1 }]] }), json!({ "p": [[{ "z": 1 }]] })),
            (json!({ "raw": { "z": 1 } }), json!({ "p": { "raw": { "z": 1 }, "z": 1 } })),
            (json!({ "note": { "es": "a" } }), json!({ "note": [{ "es": "a" }] })),
            (json!({ "by": { "k": { "name": "a" } } }), json!({ "by": { "k": { "z": "a" } } })),
            (json!({ "back": { "name": "a" } }), json!({ "back": { "z": "a" } })),
            (json!({ "in": { "name": "a" } }), json!({ "in": { "z": "a" } })),
            (json!({ "@context": { "own": "urn:own" }, "own": 1 }), json!({ "own": 1 })),
        ] {
            assert_eq!(check(&document(good.clone()), &contexts), Ok(()), "{good}");
            let found = check(&document(bad.clone()), &contexts);
            assert!(matches!(found, Err(LinkedDataError::UndefinedTerm { .. })), "{bad} {found:?}");
        }
    }

    fn any_subject() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![Just(json!("urn:a")), any::<bool>().prop_map(Value::from), Just(Value::Null)];
        leaf.prop_recursive(4, 24, 4, |inner| {
            let name = "(x|y|p|raw|note|by|back|in|name|z|@reverse|@nest|@set|@list|@graph|@included|urn:q)";
            let members = proptest::collection::btree_map(name, inner.clone(), 0..4);
            prop_oneof![
                proptest::collection::vec(inner, 0..3).prop_map(Value::from),
                (members, proptest::option::of("(T|Z|urn:K)")).prop_map(|(members, kind)| {
                    let mut map: Map<String, Value> = members.into_iter().collect();
                    kind.map(|kind| map.insert("type".to_owned(), kind.into()));
                    Value::Object(map)
                }),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_expands_has_no_undefined_term(subject in any_subject()) {
            let document = document(subject);
            if to_quads(&document, &Contexts::bundled()).is_ok() {
                prop_assert_eq!(check(&document, &Contexts::bundled()), Ok(()));
            }
        }
    }
}
