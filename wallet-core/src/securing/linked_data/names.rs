//! What members are called, where only what they mean is signed.
//!
//! Canonical RDF knows no names: whoever holds a signed document may call `validUntil` by its IRI, by an alias of an own context,
//! or move it into `@included`, and the signature stays good, while a reader of the JSON finds no end of validity any more.

use std::sync::Arc;

use serde_json::Value;

use super::active::{Active, Coercion, Container, Definition, Keyword, Mapping, Meaning};
use super::bundle::Bundled;
use super::error::LinkedDataError;
use super::expand::Member;

/// How free a document is in the names of its members.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Naming {
    /// As free as JSON-LD is.
    Free,
    /// Each member goes by the name that a context at hand gives it, or that its IRI ends in.
    Fixed,
}

impl Naming {
    /// Checks the names of the members of one object, and its types, which are read in the context `outer`.
    pub(super) fn check(
        self,
        active: &Active,
        outer: &Active,
        members: &[Member<'_, '_>],
        types: &[&str],
    ) -> Result<(), LinkedDataError> {
        if self == Self::Free {
            return Ok(());
        }
        let is_value = members.iter().any(|member| member.meaning == Meaning::Keyword(Keyword::Value));
        for member in members {
            match &member.meaning {
                Meaning::Keyword(Keyword::Index | Keyword::Included | Keyword::Nest) => {
                    return Err(LinkedDataError::invalid(format!("{} has no place in a signed document", member.name)));
                }
                Meaning::Keyword(Keyword::Graph | Keyword::Reverse) if says_nothing(member.value) => {
                    return Err(LinkedDataError::invalid(format!("{} says nothing", member.name)));
                }
                Meaning::Keyword(keyword @ (Keyword::Id | Keyword::Type)) if member.definition.is_none() && !is_value => {
                    let alias = active.terms.values().any(|definition| definition.mapping == Mapping::Keyword(*keyword));
                    if alias {
                        return Err(not_compact(member.name));
                    }
                }
                meaning => self.check_definition(active, (member.name, member.definition), meaning)?,
            }
            if let Some(definition) = member.definition.filter(|definition| !refers(definition) && holds_nodes(member.value))
                && others(active, definition).any(refers)
            {
                return Err(not_compact(member.name));
            }
        }
        types.iter().filter(|_| !is_value).try_for_each(|kind| self.check_type(outer, kind))
    }

    /// Checks a type. One that no context names is its own name, written in full as VC DM 2.0 §4.5 allows.
    fn check_type(self, outer: &Active, kind: &str) -> Result<(), LinkedDataError> {
        let meaning = outer.meaning(kind);
        let in_full = matches!(&meaning, Meaning::Iri(iri) if **iri == *kind) && !outer.terms.contains_key(kind);
        let named = || outer.terms.values().any(|other| names(other, kind)) || Bundled::names_of(kind).is_some();
        if in_full && !named() { Ok(()) } else { self.check_name(outer, kind, &meaning) }
    }

    /// Checks the name of a member, a type or a value out of a vocabulary.
    pub(super) fn check_name(self, active: &Active, name: &str, meaning: &Meaning<'_>) -> Result<(), LinkedDataError> {
        self.check_definition(active, (name, active.terms.get(name)), meaning)
    }

    fn check_definition(
        self,
        active: &Active,
        (name, definition): (&str, Option<&Arc<Definition>>),
        meaning: &Meaning<'_>,
    ) -> Result<(), LinkedDataError> {
        let own = definition.is_none_or(|definition| definition.own);
        if self == Self::Free || !own {
            return Ok(());
        }
        let unsigned = || Err(LinkedDataError::UnsignedName { term: name.to_owned() });
        let Meaning::Iri(iri) = meaning else {
            // An own alias of a keyword; what has no meaning is an error of its own, and keywords are called by their names.
            return if definition.is_some() && matches!(meaning, Meaning::Keyword(_)) { unsigned() } else { Ok(()) };
        };
        let in_use = active.terms.iter().any(|(term, other)| !other.own && **term != *name && names(other, iri));
        let known = in_use || Bundled::names_of(iri).is_some_and(|known| !known.contains(name));
        match definition {
            // A name without a definition is an IRI written out, or made of the vocabulary.
            None if in_use && name.contains(':') => Err(not_compact(name)),
            None if known || name.contains(':') => unsigned(),
            _ if known || last_part(iri) != name => unsigned(),
            _ => Ok(()),
        }
    }

    /// Checks a definition whose values are maps, the keys of which may not be covered by a signature.
    pub(super) fn check_map(self, name: &str, definition: &Definition) -> Result<(), LinkedDataError> {
        if self == Self::Free {
            return Ok(());
        }
        if definition.container.has(Container::INDEX) && definition.index.is_none() {
            return Err(LinkedDataError::invalid(format!("the keys of {name} are not covered by a signature")));
        }
        if definition.own { Err(LinkedDataError::UnsignedName { term: name.to_owned() }) } else { Ok(()) }
    }
}

/// Whether no quad comes of the value of a keyword, so that no signature would miss it.
fn says_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(all) => all.iter().all(says_nothing),
        Value::Object(map) => map.values().all(says_nothing),
        _ => false,
    }
}

fn not_compact(name: &str) -> LinkedDataError {
    LinkedDataError::invalid(format!("{name} is not written as its context names it"))
}

/// Whether the values of a term are nodes. Of two terms for one IRI, such as `criteria` and the type `Criteria`, that one is the
/// name of a member whose values are nodes.
fn refers(definition: &Definition) -> bool {
    matches!(definition.coercion, Coercion::Id | Coercion::Vocab)
}

fn holds_nodes(value: &Value) -> bool {
    match value {
        Value::Array(all) => all.iter().any(holds_nodes),
        Value::Object(map) => !map.contains_key("@value"),
        _ => false,
    }
}

/// The other terms at hand for the IRI of `definition`.
fn others<'a>(active: &'a Active, definition: &'a Definition) -> impl Iterator<Item = &'a Definition> {
    let others = active.terms.values().map(|other| &**other);
    others.filter(|other| !other.own && other.number != definition.number && other.mapping == definition.mapping)
}

fn names(definition: &Definition, iri: &str) -> bool {
    matches!(&definition.mapping, Mapping::Name(name) if **name == *iri)
}

/// What follows the last separator of an IRI.
fn last_part(iri: &str) -> &str {
    iri.rsplit(['#', '/', ':']).next().unwrap_or(iri)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::securing::linked_data::{Contexts, canonical_nquads, to_traced_quads};
    use serde_json::{Map, json};

    const UNTIL: &str = "https://www.w3.org/2018/credentials#validUntil";

    fn credential(own: Value, members: Value) -> Map<String, Value> {
        let mut document = json!({
            "@context": ["https://www.w3.org/ns/credentials/v2", own], "id": "urn:c", "type": "VerifiableCredential",
            "issuer": "did:example:issuer", "credentialSubject": { "id": "urn:s" },
        });
        let all = document.as_object_mut().expect("an object");
        all.extend(members.as_object().expect("an object").clone());
        all.clone()
    }

    /// What the strict reading says of a document that JSON-LD itself has nothing against.
    fn refused(own: Value, members: Value) -> LinkedDataError {
        let document = credential(own, members);
        canonical_nquads(&document, &Contexts::bundled()).unwrap_or_else(|e| panic!("{e}: {document:?}"));
        to_traced_quads(&document, &Contexts::bundled(), Naming::Fixed).err().expect("its names are not fixed")
    }

    fn accepted(own: Value, members: Value) {
        let document = credential(own, members);
        to_traced_quads(&document, &Contexts::bundled(), Naming::Fixed).map_or_else(|e| panic!("{e}: {document:?}"), drop);
    }

    #[test]
    fn names_that_the_contexts_give_are_accepted() {
        accepted(json!({}), json!({ "validUntil": "2030-01-01T00:00:00Z", "name": { "@value": "a", "@language": "es" } }));
        accepted(json!({ "grade": "https://uni.example/v#grade" }), json!({ "credentialSubject": { "grade": 9 } }));
        accepted(json!({ "@vocab": "https://uni.example/v#" }), json!({ "credentialSubject": { "grade": 9, "type": "Course" } }));
        accepted(json!({ "name": "https://schema.org/name" }), json!({ "name": "a" }));
        accepted(json!({}), json!({ "type": ["VerifiableCredential", "https://uni.example/v#Degree"] }));
        let typed = json!({ "@value": "2030-01-01", "@type": "http://www.w3.org/2001/XMLSchema#date" });
        accepted(json!({ "day": "https://uni.example/v#day" }), json!({ "credentialSubject": { "day": typed } }));
    }

    #[test]
    fn term_written_as_its_iri_is_refused() {
        let until = json!({ "@value": "2030-01-01T00:00:00Z", "@type": "http://www.w3.org/2001/XMLSchema#dateTime" });
        for members in [
            json!({ UNTIL: until }),
            json!({ "@reverse": { "https://www.w3.org/2018/credentials#evidence": { "id": "urn:e" } } }),
            json!({ "credentialSubject": { "@id": "urn:s" } }),
            json!({ "credentialSubject": { "id": "urn:s", "@type": "VerifiableCredential" } }),
            json!({ "type": ["VerifiableCredential", "https://www.w3.org/2018/credentials#EnvelopedVerifiableCredential"] }),
        ] {
            assert!(matches!(refused(json!({}), members.clone()), LinkedDataError::Invalid { .. }), "{members}");
        }
    }

    #[test]
    fn type_in_the_place_of_a_member_is_refused() {
        let badges = json!("https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json");
        let subject = |name: &str| {
            let achievement = json!({ "type": "Achievement", name: { "type": "Criteria", "narrative": "all of it" } });
            json!({ "credentialSubject": { "type": "AchievementSubject", "achievement": achievement } })
        };
        accepted(badges.clone(), subject("criteria"));
        assert!(matches!(refused(badges, subject("Criteria")), LinkedDataError::Invalid { .. }));
    }

    #[test]
    fn name_of_the_documents_own_is_told() {
        let v = "https://uni.example/v#";
        for (own, subject, name) in [
            (json!({ "until": { "@id": UNTIL } }), json!({ "until": "2030" }), "until"),
            (json!({ "fails": format!("{v}grade"), "grade": format!("{v}fails") }), json!({ "grade": 2 }), "grade"),
            (json!({ "v": v }), json!({ "v:grade": 9 }), "v:grade"),
            (json!({}), json!({ "https://uni.example/v#grade": 9 }), "https://uni.example/v#grade"),
            (json!({ "key": "@id" }), json!({ "key": "urn:t" }), "key"),
            (json!({ "Doctor": format!("{v}Bachelor") }), json!({ "type": "Doctor" }), "Doctor"),
            (json!({ "@vocab": "https://w3id.org/vdl#" }), json!({ "ageOver18": true }), "ageOver18"),
            (
                json!({ "Criteria": "https://purl.imsglobal.org/spec/vc/ob/vocab.html#Achievement" }),
                json!({ "Criteria": 1 }),
                "Criteria",
            ),
            (
                json!({ "by": { "@id": format!("{v}by"), "@container": "@id" } }),
                json!({ "by": { "urn:k": { "name": "x" } } }),
                "by",
            ),
            (
                json!({ "kind": { "@id": format!("{v}kind"), "@type": "@vocab" }, "good": format!("{v}bad") }),
                json!({ "kind": "good" }),
                "good",
            ),
            (
                json!({ "of": { "@id": format!("{v}of"), "@context": { "name": "https://schema.org/description" } } }),
                json!({ "of": { "name": "x" } }),
                "name",
            ),
        ] {
            let told = LinkedDataError::UnsignedName { term: name.to_owned() };
            assert_eq!(refused(own.clone(), json!({ "credentialSubject": subject })), told, "{own}");
        }
    }

    #[test]
    fn what_stands_where_nobody_looks_for_it_is_refused() {
        let own = json!({ "nest": "@nest", "i": { "@id": "https://uni.example/v#i", "@container": "@index" } });
        let hidden = json!({ "id": "urn:c", "validUntil": "2030-01-01T00:00:00Z", "type": "VerifiableCredential" });
        for members in [
            json!({ "@included": [hidden] }),
            json!({ "@graph": [] }),
            json!({ "@reverse": {} }),
            json!({ "@reverse": { "evidence": [null] } }),
            json!({ "nest": { "validUntil": "2030-01-01T00:00:00Z" } }),
            json!({ "@index": "summa cum laude" }),
            json!({ "credentialSubject": { "id": "urn:s", "name": { "@value": "Ana", "@index": "Dra." } } }),
            json!({ "credentialSubject": { "i": { "unsigned": 9 } } }),
            json!({ "evidence": hidden }),
        ] {
            assert!(matches!(refused(own.clone(), members.clone()), LinkedDataError::Invalid { .. }), "{members}");
        }
    }
}
