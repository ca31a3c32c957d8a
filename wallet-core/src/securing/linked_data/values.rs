//! Values on their way to quads: scalars, value objects, and what containers hold (JSON-LD 1.1 API §5.1.2 step 13, §5.3).

use std::sync::Arc;

use serde_json::{Map, Value};

use super::active::{Active, Coercion, Container, Definition, Direction, Keyword, Meaning};
use super::error::LinkedDataError;
use super::expand::{Expander, Extra, Graph, Member, Place, Reading, Target};
use super::family::Scope;
use super::number::{Lexical, lexical};
use super::quads::{LiteralKind, RDF_JSON, RDF_TYPE, Term, Text, XSD_BOOLEAN, XSD_DOUBLE, XSD_INTEGER};
use crate::securing::jcs;

impl<'d> Expander<'d, '_> {
    /// Expands the values of one property of a node.
    pub fn property(
        &mut self,
        active: &Arc<Active>,
        member: &Member<'d, '_>,
        subject: &Term<'d>,
        graph: &Graph<'d>,
    ) -> Result<(), LinkedDataError> {
        let (name, value) = (member.name, member.value);
        let Meaning::Iri(predicate) = &member.meaning else { return Err(LinkedDataError::undefined(name)) };
        let reverse = member.definition.is_some_and(|definition| definition.reverse);
        let place = &mut Place { graph, target: Target::Edge { subject, predicate, reverse } };
        let reading = Reading { active, property: Some(name), definition: member.definition };
        let Some(definition) = member.definition else {
            return self.values(reading, value, place);
        };
        let container = definition.container;
        match value {
            _ if definition.coercion == Coercion::Json => {
                let outer = self.trace.enter(value);
                self.trace.atom();
                let term = json(value)?;
                self.emit(place, term)?;
                self.trace.leave(outer);
                Ok(())
            }
            Value::Null => Ok(()),
            Value::Object(map) if container.has(Container::LANGUAGE) => self.language_map(active, definition, map, place),
            Value::Object(map)
                if container.has(Container::INDEX) || container.has(Container::ID) || container.has(Container::TYPE) =>
            {
                self.index_map(active, (name, definition), map, place)
            }
            _ if container.has(Container::LIST) && !is_list(active, value) => self.whole_list(reading, value, place),
            _ if container.has(Container::GRAPH) => self.graphs(reading, value, place),
            _ => self.values(reading, value, place),
        }
    }

    /// Each value in a graph of its own.
    fn graphs(&mut self, reading: Reading<'_, 'd>, value: &'d Value, place: &mut Place<'_, 'd>) -> Result<(), LinkedDataError> {
        let all = match value {
            Value::Array(all) => all.as_slice(),
            one => std::slice::from_ref(one),
        };
        for one in all.iter().filter(|one| !one.is_null()) {
            let own = self.fresh();
            let outer = self.trace.enter(one);
            self.emit(place, own.clone())?;
            self.trace.leave(outer);
            self.values(reading, one, &mut Place { graph: &Some(own), target: Target::Contents })?;
        }
        Ok(())
    }

    fn language_map(
        &mut self,
        active: &Arc<Active>,
        definition: &Definition,
        map: &'d Map<String, Value>,
        place: &mut Place<'_, 'd>,
    ) -> Result<(), LinkedDataError> {
        let direction = definition.direction.unwrap_or(active.direction);
        for (name, value) in map {
            let none = active.keyword(name) == Some(Keyword::None);
            let all = match value {
                Value::Array(all) => all.as_slice(),
                one => std::slice::from_ref(one),
            };
            for one in all.iter().filter(|one| !one.is_null()) {
                let text = one.as_str().ok_or_else(|| LinkedDataError::invalid("invalid language map value"))?;
                let language = if none { None } else { Some(language(name)?) };
                let outer = self.trace.enter(one);
                self.emit(place, tagged(text, language, direction))?;
                self.trace.leave(outer);
            }
        }
        Ok(())
    }

    /// A map by index, identifier or type, of nodes or of graphs.
    fn index_map(
        &mut self,
        active: &Arc<Active>,
        (name, definition): (&'d str, &Arc<Definition>),
        map: &'d Map<String, Value>,
        place: &mut Place<'_, 'd>,
    ) -> Result<(), LinkedDataError> {
        let container = definition.container;
        self.naming.check_map(name, definition)?;
        let by_node = container.has(Container::ID) || container.has(Container::TYPE);
        let outer = active.previous.as_ref().filter(|_| by_node).unwrap_or(active);
        for (key, value) in map {
            let none = active.keyword(key) == Some(Keyword::None);
            let mut current = outer.clone();
            if container.has(Container::TYPE)
                && let Some(kind) = outer.terms.get(key.as_str()).filter(|kind| kind.scoped.is_some())
            {
                current = self.scoped(outer, kind, Scope::Type)?;
            }
            let all = match value {
                Value::Array(all) => all.as_slice(),
                one => std::slice::from_ref(one),
            };
            for one in all.iter().filter(|one| !one.is_null()) {
                let mut extra = Extra { from_map: true, ..Extra::default() };
                if !none {
                    extra.kind = container.has(Container::TYPE).then_some(key.as_str());
                    extra.id = container.has(Container::ID).then_some(key.as_str());
                    if let Some(index) = &definition.index {
                        extra.property = Some(self.index_property(active, index, key)?);
                    }
                }
                let reading = Reading::value_of(&current, name);
                let from = self.trace.enter(one);
                if container.has(Container::GRAPH) && !is_graph(active, one) {
                    let own = match extra.id.take() {
                        Some(id) => self.resource(active.reference(id), "@id")?,
                        None => self.fresh(),
                    };
                    if let Some((predicate, object)) = extra.property.take() {
                        self.quad(own.clone(), predicate, object, place.graph)?;
                    }
                    self.emit(place, own.clone())?;
                    self.mapped(reading, one, extra, &mut Place { graph: &Some(own), target: Target::Contents })?;
                } else {
                    self.mapped(reading, one, extra, place)?;
                }
                self.trace.leave(from);
            }
        }
        Ok(())
    }

    /// One value of a map, with what its key adds to it.
    fn mapped(
        &mut self,
        reading: Reading<'_, 'd>,
        value: &'d Value,
        extra: Extra<'d>,
        place: &mut Place<'_, 'd>,
    ) -> Result<(), LinkedDataError> {
        match value {
            Value::Object(map) => self.object(reading, map, extra, place),
            _ if extra.id.is_some() => Err(LinkedDataError::invalid("invalid value of an @id map")),
            Value::String(_) if extra.kind.is_some() || extra.property.is_some() => {
                // A reference to a node, about which the key speaks.
                let term = self.scalar(reading, value)?;
                if matches!(term, Term::Literal { .. }) {
                    return Err(LinkedDataError::invalid("invalid value of a map of nodes"));
                }
                if let Some(kind) = extra.kind {
                    let kind = self.resource(reading.active.meaning(kind), kind)?;
                    self.quad(term.clone(), Text::Borrowed(RDF_TYPE), kind, place.graph)?;
                }
                if let Some((predicate, object)) = extra.property {
                    self.quad(term.clone(), predicate, object, place.graph)?;
                }
                self.emit(place, term)
            }
            _ if extra.kind.is_some() || extra.property.is_some() => {
                Err(LinkedDataError::invalid("invalid value of a map of nodes"))
            }
            _ => self.values(reading, value, place),
        }
    }

    /// The property a map's key is a value of, and that value.
    fn index_property(
        &mut self,
        active: &Arc<Active>,
        index: &str,
        key: &'d str,
    ) -> Result<(Text<'d>, Term<'d>), LinkedDataError> {
        let definition = active.terms.get(index);
        let predicate = match active.meaning(index) {
            Meaning::Iri(predicate) => Text::Shared((*predicate).into()),
            _ => return Err(LinkedDataError::undefined(index)),
        };
        let term = self.string(active, definition.map(|definition| &**definition), key)?;
        Ok((predicate, term))
    }

    /// Expands a value object.
    pub fn value_object(
        &mut self,
        outer: &Active,
        value: &'d Value,
        members: &[Member<'d, '_>],
        place: &mut Place<'_, 'd>,
    ) -> Result<(), LinkedDataError> {
        let (mut kind, mut tag, mut direction) = (None, None, None);
        for member in members {
            match &member.meaning {
                Meaning::Keyword(Keyword::Value) => {}
                Meaning::Keyword(Keyword::Index) if member.value.is_string() => {}
                Meaning::Keyword(Keyword::Type) => {
                    let name = member.value.as_str().ok_or_else(|| LinkedDataError::invalid("invalid typed value"))?;
                    kind = Some((name, outer.meaning(name)));
                }
                Meaning::Keyword(Keyword::Language) => {
                    let name = member.value.as_str().ok_or_else(|| LinkedDataError::invalid("invalid language-tagged string"))?;
                    tag = Some(language(name)?);
                }
                Meaning::Keyword(Keyword::Direction) => direction = super::process::read_direction(member.value)?,
                Meaning::Nothing => return Err(LinkedDataError::undefined(member.name)),
                _ => return Err(LinkedDataError::invalid("invalid value object")),
            }
        }
        let term = match (kind, value) {
            (Some(_), _) if tag.is_some() || direction.is_some() => return Err(LinkedDataError::invalid("invalid value object")),
            (Some((_, Meaning::Keyword(Keyword::Json))), _) => json(value)?,
            (_, Value::Null) => return Ok(()),
            (None, Value::String(text)) => tagged(text, tag, direction),
            _ if tag.is_some() || direction.is_some() => return Err(LinkedDataError::invalid("invalid language-tagged value")),
            (None, _) => native(value, None)?,
            (Some((_, Meaning::Iri(datatype))), _) => native(value, Some(datatype))?,
            (Some((name, _)), _) => return Err(LinkedDataError::undefined(name)),
        };
        self.emit(place, term)
    }

    /// Expands a string, number or boolean.
    pub fn scalar(&mut self, reading: Reading<'_, 'd>, value: &'d Value) -> Result<Term<'d>, LinkedDataError> {
        let Reading { active, property, definition } = reading;
        match (value, definition.map(|definition| &definition.coercion)) {
            (Value::String(text), _) => {
                let definition = definition.map(|definition| &**definition);
                self.string(active, definition, text).map_err(|error| match (error, property) {
                    // An IRI may be personal: the error names the property instead.
                    (LinkedDataError::UndefinedTerm { .. }, Some(property)) => LinkedDataError::undefined(property),
                    (error, _) => error,
                })
            }
            (_, Some(Coercion::Datatype(datatype))) => native(value, Some(Text::Shared(datatype.clone()))),
            _ => native(value, None),
        }
    }

    fn string(&mut self, active: &Active, definition: Option<&Definition>, text: &'d str) -> Result<Term<'d>, LinkedDataError> {
        let Some(definition) = definition else {
            let language = active.language.as_ref().map(|tag| Text::Shared(tag.clone()));
            return checked(text, language, active.direction);
        };
        match &definition.coercion {
            Coercion::Id => self.resource(active.reference(text), text),
            Coercion::Vocab => {
                self.naming.check_name(active, text, &active.meaning(text))?;
                self.resource(active.meaning(text), text)
            }
            Coercion::Datatype(datatype) => {
                Ok(Self::literal(Text::Borrowed(text), LiteralKind::Datatype(Text::Shared(datatype.clone()))))
            }
            Coercion::Absent | Coercion::None | Coercion::Json => {
                let language = definition.language.as_ref().unwrap_or(&active.language);
                let language = language.as_ref().map(|tag| Text::Shared(tag.clone()));
                checked(text, language, definition.direction.unwrap_or(active.direction))
            }
        }
    }
}

/// Whether `value` is written as a list object.
fn is_list(active: &Active, value: &Value) -> bool {
    value.as_object().is_some_and(|map| map.keys().any(|name| active.keyword(name) == Some(Keyword::List)))
}

/// Whether `value` is written as a graph object already, which a map of graphs does not wrap again.
fn is_graph(active: &Active, value: &Value) -> bool {
    let Some(map) = value.as_object() else { return false };
    let allowed = [Keyword::Graph, Keyword::Id, Keyword::Index, Keyword::Context].map(Some);
    let keywords = || map.keys().map(|name| active.keyword(name));
    keywords().any(|keyword| keyword == Some(Keyword::Graph)) && keywords().all(|keyword| allowed.contains(&keyword))
}

/// A scalar of a datatype: as given, or as its JSON type says (JSON-LD 1.1 API §8.2.2).
fn native<'d>(value: &'d Value, datatype: Option<Text<'d>>) -> Result<Term<'d>, LinkedDataError> {
    let (text, own) = match value {
        Value::String(text) => {
            let kind = datatype.map_or(LiteralKind::Plain, LiteralKind::Datatype);
            return Ok(Term::Literal { text: Text::Borrowed(text), kind });
        }
        Value::Bool(true) => (Text::Borrowed("true"), XSD_BOOLEAN),
        Value::Bool(false) => (Text::Borrowed("false"), XSD_BOOLEAN),
        Value::Number(number) => match lexical(number, datatype.as_deref() == Some(XSD_DOUBLE))? {
            Lexical::Integer(text) => (Text::from(text), XSD_INTEGER),
            Lexical::Double(text) => (Text::from(text), XSD_DOUBLE),
        },
        _ => return Err(LinkedDataError::invalid("invalid value object value")),
    };
    Ok(Term::Literal { text, kind: LiteralKind::Datatype(datatype.unwrap_or(Text::Borrowed(own))) })
}

fn json<'d>(value: &Value) -> Result<Term<'d>, LinkedDataError> {
    let text = jcs::canonicalize(value).map_err(|_| LinkedDataError::invalid("invalid JSON literal"))?;
    Ok(Term::Literal { text: Text::from(text), kind: LiteralKind::Datatype(Text::Borrowed(RDF_JSON)) })
}

/// A language tag in lower case, as every RDF library compares it.
fn language<'d>(tag: &'d str) -> Result<Text<'d>, LinkedDataError> {
    if !is_language(tag) {
        return Err(LinkedDataError::invalid("an ill-formed language tag"));
    }
    Ok(if tag.bytes().any(|b| b.is_ascii_uppercase()) { Text::from(tag.to_ascii_lowercase()) } else { Text::Borrowed(tag) })
}

/// Whether `tag` has the form N-Quads can carry (BCP 47 §2.1, without its registry).
fn is_language(tag: &str) -> bool {
    tag.split('-').enumerate().all(|(at, part)| {
        let fits = (1..=8).contains(&part.len());
        fits && part.bytes().all(|b| b.is_ascii_alphabetic() || at > 0 && b.is_ascii_digit())
    })
}

/// As [`tagged`], with a language that a context gives.
fn checked<'d>(text: &'d str, language: Option<Text<'d>>, direction: Option<Direction>) -> Result<Term<'d>, LinkedDataError> {
    if language.as_deref().is_some_and(|tag| !is_language(tag)) {
        return Err(LinkedDataError::invalid("an ill-formed language tag"));
    }
    Ok(tagged(text, language, direction))
}

/// A string with its language and base direction; the direction goes into an `i18n:` datatype, as the Data Integrity
/// implementations write it (JSON-LD 1.1 API §8.2.2 with `rdfDirection` `i18n-datatype`).
fn tagged<'d>(text: &'d str, language: Option<Text<'d>>, direction: Option<Direction>) -> Term<'d> {
    let kind = match (direction, language) {
        (None, None) => LiteralKind::Plain,
        (None, Some(tag)) => LiteralKind::Language(tag),
        (Some(direction), tag) => {
            let direction = if direction == Direction::Ltr { "ltr" } else { "rtl" };
            LiteralKind::Datatype(Text::from(format!("https://www.w3.org/ns/i18n#{}_{direction}", tag.as_deref().unwrap_or(""))))
        }
    };
    Term::Literal { text: Text::Borrowed(text), kind }
}
