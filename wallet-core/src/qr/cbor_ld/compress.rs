//! From JSON-LD to the compact form: terms become numbers, values what their type allows.

use std::rc::Rc;

use serde_json::{Map, Value};

use super::active::Active;
use super::table::{self, TypeTable};
use super::terms::{CONTEXT_ID, Terms, utf16_order};
use super::{kind_of, values};
use crate::json::MAX_DEPTH;
use crate::qr::BarcodeFault;
use crate::qr::cbor::Cbor;

pub(super) struct Compressor<'a> {
    pub table: &'a TypeTable,
    pub terms: Terms<'a>,
}

impl Compressor<'_> {
    pub fn object(&mut self, active: &Rc<Active>, object: &Map<String, Value>, depth: usize) -> Result<Cbor, BarcodeFault> {
        if depth > MAX_DEPTH {
            return Err(BarcodeFault::malformed(format_args!("it is nested deeper than {MAX_DEPTH} levels")));
        }
        self.terms.spend(1 + object.len())?;
        let context = object.get("@context");
        let embedded = active.embedded(&mut self.terms, context)?;
        let active = embedded.of_types(&mut self.terms, types_of(&embedded, object))?;

        // Numbers are looked up before any property brings its own context, as the reader will do.
        let mut members: Vec<(&String, &Value)> = object.iter().filter(|(name, _)| *name != "@context").collect();
        members.sort_by(|(left, _), (right, _)| utf16_order(left, right));
        let keys: Vec<Cbor> = members.iter().map(|(name, value)| self.key(name, value.is_array())).collect();

        let mut entries: Vec<(Cbor, Cbor)> = context.map(|context| self.context(context)).transpose()?.into_iter().collect();
        for ((name, value), key) in members.into_iter().zip(keys) {
            let kind = kind_of(name, active.definition(name));
            let inside = active.of_property(&mut self.terms, name)?;
            entries.push((key, self.value(&inside, &kind, value, depth)?));
        }
        Ok(Cbor::Map(entries))
    }

    fn key(&self, name: &str, plural: bool) -> Cbor {
        self.terms.id(name).map_or_else(|| Cbor::Text(name.into()), |id| Cbor::Int(id + i64::from(plural)))
    }

    fn context(&self, context: &Value) -> Result<(Cbor, Cbor), BarcodeFault> {
        Ok(match context {
            Value::Array(contexts) => {
                let contexts = contexts.iter().map(|context| self.one_context(context)).collect::<Result<_, _>>()?;
                (Cbor::Int(CONTEXT_ID + 1), Cbor::Array(contexts))
            }
            context => (Cbor::Int(CONTEXT_ID), self.one_context(context)?),
        })
    }

    fn one_context(&self, context: &Value) -> Result<Cbor, BarcodeFault> {
        match context.as_str().and_then(|url| self.table.number(table::CONTEXT, url)) {
            Some(number) => Ok(Cbor::Int(number as i64)),
            None => values::plain_cbor(context),
        }
    }

    fn value(&mut self, active: &Rc<Active>, kind: &str, value: &Value, depth: usize) -> Result<Cbor, BarcodeFault> {
        match value {
            Value::Null => Ok(Cbor::Null),
            Value::Object(object) => self.object(active, object, depth + 1),
            Value::Array(items) if depth < MAX_DEPTH => {
                let items = items.iter().map(|item| self.value(active, kind, item, depth + 1));
                Ok(Cbor::Array(items.collect::<Result<_, _>>()?))
            }
            Value::Array(_) => Err(BarcodeFault::malformed(format_args!("it is nested deeper than {MAX_DEPTH} levels"))),
            literal => values::encode(literal, kind, self.table, &self.terms),
        }
    }
}

fn types_of(active: &Active, object: &Map<String, Value>) -> Vec<String> {
    let values = active.type_terms().into_iter().filter_map(|term| object.get(&*term));
    let types = values.flat_map(|value| match value {
        Value::Array(types) => types.as_slice(),
        one => std::slice::from_ref(one),
    });
    types.filter_map(|name| name.as_str().map(str::to_owned)).collect()
}
