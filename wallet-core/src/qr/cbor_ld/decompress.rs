//! From the compact form back to JSON-LD: the mirror of the way there, step by step.

use std::rc::Rc;

use serde_json::{Map, Value};

use super::active::Active;
use super::table::{self, TypeTable};
use super::terms::{CONTEXT_ID, KEYWORDS, Terms, utf16_order};
use super::{kind_of, values};
use crate::qr::BarcodeFault;
use crate::qr::cbor::Cbor;

pub(super) struct Decompressor<'a> {
    pub table: &'a TypeTable,
    pub terms: Terms<'a>,
}

impl Decompressor<'_> {
    /// Recursion is bounded by the depth the CBOR reader allows.
    pub fn object(&mut self, active: &Rc<Active>, entries: &[(Cbor, Cbor)]) -> Result<Map<String, Value>, BarcodeFault> {
        self.terms.spend(1 + entries.len())?;
        let mut object = Map::new();
        if let Some(context) = self.context(entries)? {
            object.insert("@context".into(), context);
        }
        let embedded = active.embedded(&mut self.terms, object.get("@context"))?;
        let types = self.types(&embedded, entries)?;
        let active = embedded.of_types(&mut self.terms, types)?;

        let mut members = Vec::new();
        for (key, value) in entries.iter().filter(|(key, _)| !is_context(key)) {
            let (name, plural) = self.name(key)?;
            members.push((name, plural, value));
        }
        members.sort_by(|(left, ..), (right, ..)| utf16_order(left, right));
        for (name, plural, value) in members {
            let kind = kind_of(&name, active.definition(&name));
            let inside = active.of_property(&mut self.terms, &name)?;
            let value = match value {
                Cbor::Array(items) if plural => self.array(&inside, &kind, items)?,
                _ if plural => return Err(BarcodeFault::malformed(format_args!("{name} should be an array"))),
                value => self.value(&inside, &kind, value)?,
            };
            if object.insert(name.to_string(), value).is_some() {
                return Err(BarcodeFault::malformed(format_args!("an object names {name} twice")));
            }
        }
        Ok(object)
    }

    fn context(&self, entries: &[(Cbor, Cbor)]) -> Result<Option<Value>, BarcodeFault> {
        let mut contexts = entries.iter().filter(|(key, _)| is_context(key));
        let context = match contexts.next() {
            None => None,
            Some((Cbor::Int(CONTEXT_ID), context)) => Some(self.one_context(context)?),
            Some((_, Cbor::Array(contexts))) => {
                Some(Value::Array(contexts.iter().map(|context| self.one_context(context)).collect::<Result<_, _>>()?))
            }
            Some(_) => return Err(BarcodeFault::malformed("several contexts should be an array")),
        };
        if contexts.next().is_some() {
            return Err(BarcodeFault::malformed("an object names @context twice"));
        }
        Ok(context)
    }

    fn one_context(&self, context: &Cbor) -> Result<Value, BarcodeFault> {
        let Cbor::Int(number) = context else { return values::plain_json(context) };
        let url = u64::try_from(*number).ok().and_then(|number| self.table.value(table::CONTEXT, number));
        url.map(Value::from)
            .ok_or_else(|| BarcodeFault::malformed(format_args!("type table {} has no context {number}", self.table.entry_id())))
    }

    fn types(&self, active: &Active, entries: &[(Cbor, Cbor)]) -> Result<Vec<String>, BarcodeFault> {
        let ids: Vec<i64> = active.type_terms().iter().filter_map(|term| self.terms.id(term)).collect();
        let mut types = Vec::new();
        for (key, value) in entries {
            let Cbor::Int(key) = key else { continue };
            let several = match value {
                _ if !ids.contains(&(key & !1)) => continue,
                Cbor::Array(items) if key & 1 == 1 => items.as_slice(),
                one => std::slice::from_ref(one),
            };
            for value in several.iter().filter(|value| !matches!(value, Cbor::Map(_) | Cbor::Null)) {
                if let Some(Value::String(name)) = values::decode(value, table::URL, self.table, &self.terms)? {
                    types.push(name);
                }
            }
        }
        Ok(types)
    }

    fn name(&self, key: &Cbor) -> Result<(Rc<str>, bool), BarcodeFault> {
        match key {
            Cbor::Int(id) => self.terms.term(*id),
            Cbor::Text(name) if KEYWORDS.contains(&name.as_str()) => {
                Err(BarcodeFault::malformed(format_args!("{name} is written out, so that it would not be applied")))
            }
            Cbor::Text(name) => Ok((Rc::from(name.as_str()), false)),
            _ => Err(BarcodeFault::malformed("a member's name is neither number nor text")),
        }
    }

    fn value(&mut self, active: &Rc<Active>, kind: &str, value: &Cbor) -> Result<Value, BarcodeFault> {
        match value {
            Cbor::Null => Ok(Value::Null),
            Cbor::Map(entries) => Ok(Value::Object(self.object(active, entries)?)),
            value => match (values::decode(value, kind, self.table, &self.terms)?, value) {
                (Some(value), _) => Ok(value),
                (None, Cbor::Array(items)) => self.array(active, kind, items),
                (None, _) => Err(BarcodeFault::malformed("a value of no known form")),
            },
        }
    }

    fn array(&mut self, active: &Rc<Active>, kind: &str, items: &[Cbor]) -> Result<Value, BarcodeFault> {
        items.iter().map(|item| self.value(active, kind, item)).collect::<Result<_, _>>().map(Value::Array)
    }
}

fn is_context(key: &Cbor) -> bool {
    matches!(key, Cbor::Int(0 | 1))
}
