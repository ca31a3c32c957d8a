//! Term definitions: from a member of an `@context` to a line of the term table (JSON-LD 1.1 API §4.2.2).

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock};

use serde_json::{Map, Value};

use super::active::{Active, Coercion, Container, Definition, Keyword, Mapping, Meaning, looks_like_keyword};
use super::error::LinkedDataError;
use super::process::read_direction;
use super::quads::is_iri;
use crate::json::MAX_DEPTH;

/// The definition of the terms of one context map.
pub(super) struct Terms<'t> {
    pub result: &'t mut Active,
    pub local: &'t Map<String, Value>,
    /// The terms begun, and whether they are done.
    pub defined: HashMap<&'t str, bool>,
    /// Whether the context protects its terms.
    pub protected: bool,
    /// Whether protected terms may be redefined.
    pub overrides: bool,
    /// Whether the context is written out in the document.
    pub own: bool,
    /// How many definitions lean on the one at hand.
    pub depth: usize,
    pub numbers: &'t AtomicU32,
}

impl<'t> Terms<'t> {
    /// Defines `term` of the context map, and first what its definition leans on.
    pub fn define(&mut self, term: &'t str) -> Result<(), LinkedDataError> {
        match self.defined.get(term) {
            Some(true) => return Ok(()),
            Some(false) => return Err(LinkedDataError::invalid("cyclic IRI mapping")),
            None => {}
        }
        if term.is_empty() {
            return Err(LinkedDataError::invalid("invalid term definition"));
        }
        let value = &self.local[term];
        if term == "@type" {
            check_type_definition(value)?;
        } else if Keyword::of(term).is_some() {
            return Err(LinkedDataError::invalid("keyword redefinition"));
        } else if looks_like_keyword(term) {
            return Ok(());
        }
        if self.depth >= MAX_DEPTH {
            return Err(LinkedDataError::TooDeep);
        }
        self.depth += 1;
        self.defined.insert(term, false);
        let previous = self.result.terms.remove(term);
        let mut definition = self.read(term, value)?;
        if let (Some(definition), Some(previous)) = (&mut definition, &previous) {
            definition.own &= previous.own || !definition.says_the_same(previous);
        }
        if let Some(previous) = previous.filter(|previous| previous.protected && !self.overrides) {
            let same = definition.as_mut().filter(|definition| definition.says_the_same(&previous));
            same.ok_or_else(|| LinkedDataError::invalid(format!("protected term redefinition: {term}")))?.protected = true;
        }
        if let Some(definition) = definition {
            self.result.terms.insert(term.into(), Arc::new(definition));
        }
        self.defined.insert(term, true);
        self.depth -= 1;
        Ok(())
    }

    /// Reads the definition of `term`; none when JSON-LD ignores it.
    fn read(&mut self, term: &'t str, value: &'t Value) -> Result<Option<Definition>, LinkedDataError> {
        let mut definition = Definition {
            number: self.numbers.fetch_add(1, Ordering::Relaxed),
            mapping: Mapping::Null,
            prefix: false,
            protected: self.protected,
            own: self.own,
            reverse: false,
            coercion: Coercion::Absent,
            language: None,
            direction: None,
            container: Container::default(),
            index: None,
            nest: None,
            scoped: None,
        };
        let (id, members, simple) = match value {
            Value::Null => (Some(&Value::Null), &*NO_MEMBERS, false),
            Value::String(_) => (Some(value), &*NO_MEMBERS, true),
            Value::Object(members) => (members.get("@id"), members, false),
            _ => return Err(LinkedDataError::invalid("invalid term definition")),
        };
        if let Some(protected) = members.get("@protected") {
            definition.protected = protected.as_bool().ok_or_else(|| LinkedDataError::invalid("invalid @protected value"))?;
        }
        if let Some(coercion) = members.get("@type") {
            definition.coercion = self.coercion(coercion)?;
        }
        if let Some(reverse) = members.get("@reverse") {
            self.reverse(&mut definition, members, reverse)?;
            return Ok(Some(definition));
        }
        match id {
            Some(Value::Null) => {}
            Some(Value::String(id)) if id != term => {
                if Keyword::of(id).is_none() && looks_like_keyword(id) {
                    return Ok(None);
                }
                definition.mapping = self.mapping(id)?;
                if definition.mapping == Mapping::Keyword(Keyword::Context) {
                    return Err(LinkedDataError::invalid("invalid keyword alias"));
                }
                self.check_form(term, &definition.mapping)?;
                definition.prefix = simple && !term.contains([':', '/']) && ends_as_prefix(&definition.mapping);
            }
            None | Some(Value::String(_)) => definition.mapping = self.implied(term)?,
            Some(_) => return Err(LinkedDataError::invalid("invalid IRI mapping")),
        }
        self.details(&mut definition, members)?;
        if let Some(prefix) = members.get("@prefix") {
            let allowed = !term.contains([':', '/']) && !matches!(definition.mapping, Mapping::Keyword(_));
            definition.prefix = prefix
                .as_bool()
                .filter(|prefix| allowed || !prefix)
                .ok_or_else(|| LinkedDataError::invalid("invalid @prefix value"))?;
        }
        Ok(Some(definition))
    }

    /// `@container`, `@index`, `@context`, `@language`, `@direction` and `@nest`.
    fn details(&mut self, definition: &mut Definition, members: &'t Map<String, Value>) -> Result<(), LinkedDataError> {
        for (name, value) in members {
            match name.as_str() {
                "@id" | "@type" | "@protected" | "@prefix" => {}
                "@container" => definition.container = read_container(value)?,
                "@context" => definition.scoped = Some(Arc::new(value.clone())),
                "@index" => {
                    let key = value.as_str().ok_or_else(|| LinkedDataError::invalid("invalid term definition"))?;
                    match self.mapping(key)? {
                        Mapping::Name(iri) if is_iri(&iri) => definition.index = Some(key.into()),
                        _ => return Err(LinkedDataError::invalid("invalid term definition")),
                    }
                }
                "@language" if members.contains_key("@type") => {}
                "@language" => {
                    definition.language = Some(match value {
                        Value::Null => None,
                        Value::String(tag) => Some(tag.to_lowercase().into()),
                        _ => return Err(LinkedDataError::invalid("invalid language mapping")),
                    });
                }
                "@direction" if members.contains_key("@type") => {}
                "@direction" => definition.direction = Some(read_direction(value)?),
                "@nest" => match value {
                    Value::String(nest) if nest == "@nest" || !nest.starts_with('@') => {
                        definition.nest = Some(nest.as_str().into());
                    }
                    _ => return Err(LinkedDataError::invalid("invalid @nest value")),
                },
                _ => return Err(LinkedDataError::invalid("invalid term definition")),
            }
        }
        if definition.index.is_some() && !definition.container.has(Container::INDEX) {
            return Err(LinkedDataError::invalid("invalid term definition"));
        }
        if definition.container.has(Container::TYPE) {
            match definition.coercion {
                Coercion::Absent => definition.coercion = Coercion::Id,
                Coercion::Id | Coercion::Vocab => {}
                _ => return Err(LinkedDataError::invalid("invalid type mapping")),
            }
        }
        Ok(())
    }

    fn coercion(&mut self, value: &'t Value) -> Result<Coercion, LinkedDataError> {
        let text = value.as_str().ok_or_else(|| LinkedDataError::invalid("invalid type mapping"))?;
        match self.mapping(text).map_err(|_| LinkedDataError::invalid("invalid type mapping"))? {
            Mapping::Keyword(Keyword::Id) => Ok(Coercion::Id),
            Mapping::Keyword(Keyword::Vocab) => Ok(Coercion::Vocab),
            Mapping::Keyword(Keyword::Json) => Ok(Coercion::Json),
            Mapping::Keyword(Keyword::None) => Ok(Coercion::None),
            Mapping::Name(iri) if is_iri(&iri) => Ok(Coercion::Datatype(iri)),
            _ => Err(LinkedDataError::invalid("invalid type mapping")),
        }
    }

    fn reverse(
        &mut self,
        definition: &mut Definition,
        members: &'t Map<String, Value>,
        value: &'t Value,
    ) -> Result<(), LinkedDataError> {
        if members.contains_key("@id") || members.contains_key("@nest") {
            return Err(LinkedDataError::invalid("invalid reverse property"));
        }
        let name = value.as_str().ok_or_else(|| LinkedDataError::invalid("invalid IRI mapping"))?;
        definition.mapping = self.mapping(name)?;
        if matches!(definition.mapping, Mapping::Keyword(_)) {
            return Err(LinkedDataError::invalid("invalid IRI mapping"));
        }
        match members.get("@container") {
            None | Some(Value::Null) => {}
            Some(Value::String(container)) if container == "@set" || container == "@index" => {
                definition.container = read_container(&members["@container"])?;
            }
            Some(_) => return Err(LinkedDataError::invalid("invalid reverse property")),
        }
        definition.reverse = true;
        Ok(())
    }

    /// What `name` maps to; the terms it leans on are defined first (JSON-LD 1.1 API §5.2).
    fn mapping(&mut self, name: &'t str) -> Result<Mapping, LinkedDataError> {
        if self.local.contains_key(name) && Keyword::of(name).is_none() && self.defined.get(name) != Some(&true) {
            self.define(name)?;
        }
        if let Some((prefix, suffix)) = name.split_once(':')
            && !prefix.is_empty()
            && !suffix.starts_with("//")
            && let Some((own, _)) = self.local.get_key_value(prefix)
            && Keyword::of(prefix).is_none()
        {
            self.define(own)?;
        }
        match self.result.meaning(name) {
            Meaning::Keyword(keyword) => Ok(Mapping::Keyword(keyword)),
            Meaning::Iri(name) | Meaning::Blank(name) => Ok(Mapping::Name((*name).into())),
            Meaning::Nothing => Err(LinkedDataError::invalid(format!("invalid IRI mapping: {name}"))),
        }
    }

    /// The mapping of a term that is defined without `@id`.
    fn implied(&mut self, term: &'t str) -> Result<Mapping, LinkedDataError> {
        if term == "@type" {
            return Ok(Mapping::Keyword(Keyword::Type));
        }
        // The term itself is being defined, so that `meaning` sees only its prefix, or the vocabulary.
        if let Some((prefix, suffix)) = term.split_once(':')
            && !prefix.is_empty()
            && !suffix.starts_with("//")
            && let Some((own, _)) = self.local.get_key_value(prefix)
        {
            self.define(own)?;
        }
        match self.result.meaning(term) {
            Meaning::Iri(name) | Meaning::Blank(name) => Ok(Mapping::Name((*name).into())),
            _ => Err(LinkedDataError::invalid(format!("invalid IRI mapping: {term}"))),
        }
    }

    /// A term in the form of an IRI must map to just that IRI.
    fn check_form(&mut self, term: &'t str, mapping: &Mapping) -> Result<(), LinkedDataError> {
        let inner = term.bytes().enumerate().any(|(at, byte)| byte == b':' && at > 0 && at + 1 < term.len());
        if (inner || term.contains('/')) && self.implied(term)? != *mapping {
            return Err(LinkedDataError::invalid(format!("invalid IRI mapping: {term}")));
        }
        Ok(())
    }
}

/// What a definition says that is written as a string or null.
static NO_MEMBERS: LazyLock<Map<String, Value>> = LazyLock::new(Map::new);

fn ends_as_prefix(mapping: &Mapping) -> bool {
    match mapping {
        Mapping::Name(iri) => iri.ends_with([':', '/', '?', '#', '[', ']', '@']) || iri.starts_with("_:"),
        _ => false,
    }
}

/// `@type` may be defined only to say that it is a set, or protected.
fn check_type_definition(value: &Value) -> Result<(), LinkedDataError> {
    let members = value.as_object().filter(|members| !members.is_empty());
    let fine = members.is_some_and(|members| {
        members.iter().all(|(name, value)| match name.as_str() {
            "@container" => value == "@set" || value.as_array().is_some_and(|all| all.len() == 1 && all[0] == "@set"),
            "@protected" => value.is_boolean(),
            _ => false,
        })
    });
    if fine { Ok(()) } else { Err(LinkedDataError::invalid("keyword redefinition")) }
}

fn read_container(value: &Value) -> Result<Container, LinkedDataError> {
    let bad = || LinkedDataError::invalid("invalid container mapping");
    let names = match value {
        Value::Null => return Ok(Container::default()),
        Value::Array(all) => all.as_slice(),
        one => std::slice::from_ref(one),
    };
    let mut container = Container::default();
    for name in names {
        container.0 |= match name.as_str().ok_or_else(bad)? {
            "@set" => Container::SET,
            "@list" => Container::LIST,
            "@language" => Container::LANGUAGE,
            "@index" => Container::INDEX,
            "@id" => Container::ID,
            "@type" => Container::TYPE,
            "@graph" => Container::GRAPH,
            _ => return Err(bad()),
        }
        .0;
    }
    // One of them, `@set` beside any but `@list`, `@id` or `@index` beside `@graph`.
    let but_set = Container(container.0 & !Container::SET.0);
    let graph_map = but_set.has(Container::GRAPH)
        && (but_set.0 == Container::GRAPH.0 | Container::ID.0 || but_set.0 == Container::GRAPH.0 | Container::INDEX.0);
    let fine = but_set.0.count_ones() <= 1 || graph_map;
    if fine && !(container.has(Container::SET) && container.has(Container::LIST)) { Ok(container) } else { Err(bad()) }
}
