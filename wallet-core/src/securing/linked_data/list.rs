//! Ordered lists on their way to quads (JSON-LD 1.1 API §8.5).

use serde_json::Value;

use super::active::Container;
use super::error::LinkedDataError;
use super::expand::{Expander, Graph, Place, Reading, Target};
use super::quads::{RDF_FIRST, RDF_NIL, RDF_REST, Term, Text};

impl<'d> Expander<'d, '_> {
    /// The list of the items of `value`, at its place.
    pub fn whole_list(
        &mut self,
        reading: Reading<'_, 'd>,
        value: &'d Value,
        place: &mut Place<'_, 'd>,
    ) -> Result<(), LinkedDataError> {
        let outer = self.trace.enter(value);
        self.trace.atom();
        let list = self.list(reading, value, place.graph)?;
        self.emit(place, list)?;
        self.trace.leave(outer);
        Ok(())
    }

    /// The list of the items of `value`, as the first of its nodes.
    fn list(&mut self, reading: Reading<'_, 'd>, value: &'d Value, graph: &Graph<'d>) -> Result<Term<'d>, LinkedDataError> {
        let all = match value {
            Value::Array(all) => all.as_slice(),
            one => std::slice::from_ref(one),
        };
        let of_lists = reading.definition.is_some_and(|definition| definition.container.has(Container::LIST));
        self.deeper()?;
        let mut items = Vec::new();
        for one in all {
            if of_lists && one.is_array() {
                items.push(self.list(reading, one, graph)?);
            } else {
                self.values(reading, one, &mut Place { graph, target: Target::List(&mut items) })?;
            }
        }
        self.depth -= 1;
        let mut rest = Term::Iri(Text::Borrowed(RDF_NIL));
        for item in items.into_iter().rev() {
            let cell = self.fresh();
            self.quad(cell.clone(), Text::Borrowed(RDF_FIRST), item, graph)?;
            self.quad(cell.clone(), Text::Borrowed(RDF_REST), rest, graph)?;
            rest = cell;
        }
        Ok(rest)
    }
}
