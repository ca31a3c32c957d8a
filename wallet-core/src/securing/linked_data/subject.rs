//! The node an object is about, and what is said of it beside its members (JSON-LD 1.1 API §5.1.2, steps 13.4.3 and 13.4.4).

use super::active::{Active, Keyword, Meaning};
use super::error::LinkedDataError;
use super::expand::{Expander, Extra, Graph, Member, Place, Target};
use super::names::Naming;
use super::quads::{RDF_TYPE, Term, Text};

impl<'d> Expander<'d, '_> {
    /// The node that an object is about.
    pub fn subject(
        &mut self,
        active: &Active,
        members: &[Member<'d, '_>],
        extra: &Extra<'d>,
        place: &Place<'_, 'd>,
    ) -> Result<Term<'d>, LinkedDataError> {
        let is = |member: &Member<'_, '_>, wanted| member.meaning == Meaning::Keyword(wanted);
        let mut ids = members.iter().filter(|member| is(member, Keyword::Id));
        let id = match ids.next() {
            None => extra.id,
            Some(member) => Some(member.value.as_str().ok_or_else(|| LinkedDataError::invalid("invalid @id value"))?),
        };
        // A map's key that another @id overrules would be dropped.
        if ids.next().is_some() || extra.id.is_some() && id != extra.id {
            return Err(LinkedDataError::invalid("colliding keywords"));
        }
        let says = members.iter().any(|m| !is(m, Keyword::Id) && !is(m, Keyword::Index)) || extra.kind.is_some();
        if !says && extra.property.is_none() && id.is_some() && matches!(place.target, Target::Contents | Target::Document) {
            return Err(LinkedDataError::invalid("an object of nothing but an @id where nothing refers to it"));
        }
        let subject = match id {
            None => self.fresh(),
            Some(id) => self.resource(active.reference(id), "@id")?,
        };
        self.spoken_of_once(&subject, place, says)?;
        Ok(subject)
    }

    /// What is said of a node beside its members: its types, and what the key of a map adds.
    pub fn own_quads(
        &mut self,
        subject: &Term<'d>,
        (outer, types): (&Active, &[&'d str]),
        extra: Extra<'d>,
        graph: &Graph<'d>,
    ) -> Result<(), LinkedDataError> {
        for kind in extra.kind.iter().chain(types) {
            let kind = self.resource(outer.meaning(kind), kind)?;
            self.quad(subject.clone(), Text::Borrowed(RDF_TYPE), kind, graph)?;
        }
        match extra.property {
            Some((predicate, object)) => self.quad(subject.clone(), predicate, object, graph),
            None => Ok(()),
        }
    }

    /// Where names are fixed, what the document says of itself stands at its root and nowhere else.
    fn spoken_of_once(&mut self, subject: &Term<'d>, place: &Place<'_, 'd>, says: bool) -> Result<(), LinkedDataError> {
        if matches!(place.target, Target::Document) {
            self.root = Some(subject.clone());
        } else if says && self.naming == Naming::Fixed && self.root.as_ref() == Some(subject) {
            return Err(LinkedDataError::invalid("the document speaks of itself in two places"));
        }
        Ok(())
    }
}
