//! Expansion of a document straight to quads, through compiled contexts (JSON-LD 1.1 API §5.1 and §8.1 in one pass).
//!
//! Whatever JSON-LD would drop in silence is an error here: no signature would cover it.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::active::{Active, Definition, Keyword, Meaning};
use super::contexts::Contexts;
use super::error::LinkedDataError;
use super::family::{Family, Scope};
use super::names::Naming;
use super::quads::{LiteralKind, Quad, Term, Text};
use super::trace::{Trace, Traced};
use super::types::types;
use crate::json::MAX_DEPTH;

/// The most quads one document may make.
pub(super) const MAX_QUADS: usize = 20_000;

/// The expansion of one document.
pub(super) struct Expander<'d, 'c> {
    pub contexts: &'c Contexts,
    pub family: Arc<Family>,
    pub work: usize,
    pub naming: Naming,
    /// The node the document is about.
    pub root: Option<Term<'d>>,
    pub depth: usize,
    blanks: u32,
    labels: HashMap<String, u32>,
    quads: Vec<Quad<'d>>,
    pub trace: Trace,
}

/// The graph quads go to: none is the default graph.
pub(super) type Graph<'d> = Option<Term<'d>>;

/// Where an expanded value goes.
pub(super) enum Target<'t, 'd> {
    /// To the far end of a property.
    Edge { subject: &'t Term<'d>, predicate: &'t Text<'d>, reverse: bool },
    /// Into a list.
    List(&'t mut Vec<Term<'d>>),
    /// Nowhere: it is a node of a graph, which says what it has to say in its own quads.
    Contents,
    /// Nowhere: it is the document.
    Document,
}

/// Where an expanded value goes, and which graph its quads go to.
pub(super) struct Place<'t, 'd> {
    pub graph: &'t Graph<'d>,
    pub target: Target<'t, 'd>,
}

/// How a value is read: in which context, as a value of which property.
#[derive(Clone, Copy)]
pub(super) struct Reading<'a, 'd> {
    pub active: &'a Arc<Active>,
    pub property: Option<&'d str>,
    /// What the context says of the property.
    pub definition: Option<&'a Arc<Definition>>,
}

impl<'a, 'd> Reading<'a, 'd> {
    /// As a node of its own.
    pub fn node(active: &'a Arc<Active>) -> Self {
        Self { active, property: None, definition: None }
    }

    /// As a value of `property`.
    pub fn value_of(active: &'a Arc<Active>, property: &'d str) -> Self {
        Self { active, property: Some(property), definition: active.terms.get(property) }
    }

    /// The same in another context.
    pub fn within(self, active: &'a Arc<Active>) -> Self {
        match self.property {
            Some(property) if !Arc::ptr_eq(self.active, active) => Self::value_of(active, property),
            _ => Self { active, ..self },
        }
    }

    /// What the context says of the property, when it has a context of its own for the property's values.
    pub fn scoping(&self) -> Option<&'a Arc<Definition>> {
        self.definition.filter(|definition| definition.scoped.is_some())
    }
}

/// What a map's key says about the node it holds (`@id`, `@type` and property-valued `@index` containers).
#[derive(Default)]
pub(super) struct Extra<'d> {
    pub id: Option<&'d str>,
    pub kind: Option<&'d str>,
    pub property: Option<(Text<'d>, Term<'d>)>,
    /// Whether the node comes from such a map.
    pub from_map: bool,
}

/// A member of an object with what its name stands for.
pub(super) struct Member<'d, 'a> {
    pub name: &'d str,
    pub value: &'d Value,
    pub definition: Option<&'a Arc<Definition>>,
    pub meaning: Meaning<'d>,
}

impl<'d, 'a> Member<'d, 'a> {
    pub fn of(name: &'d str, value: &'d Value, active: &'a Active) -> Self {
        let definition = active.terms.get(name);
        let meaning = definition.map_or_else(|| active.undefined_meaning(name), |definition| Active::mapped(definition));
        Self { name, value, definition, meaning }
    }

    fn is_graph(&self) -> bool {
        self.meaning == Meaning::Keyword(Keyword::Graph)
    }

    fn all(map: &'d Map<String, Value>, active: &'a Active) -> Vec<Self> {
        map.iter().filter(|(name, _)| *name != "@context").map(|(name, value)| Self::of(name, value, active)).collect()
    }
}

impl<'d, 'c> Expander<'d, 'c> {
    /// Expands `document` to quads, and remembers where each comes from.
    pub fn expand(
        document: &'d Map<String, Value>,
        contexts: &'c Contexts,
        naming: Naming,
    ) -> Result<Traced<'d>, LinkedDataError> {
        let (mut this, base) = Self::begin(document, contexts)?;
        this.quads.reserve(64);
        this.naming = naming;
        let reading = Reading::node(&base);
        this.element(reading, document, Extra::default(), &mut Place { graph: &None, target: Target::Document })?;
        Ok(this.trace.of(this.quads))
    }

    /// The expansion of `document` before its first step, and the context of its outermost object.
    pub fn begin(document: &'d Map<String, Value>, contexts: &'c Contexts) -> Result<(Self, Arc<Active>), LinkedDataError> {
        let mut work = 0;
        let family = contexts.families().of(document.get("@context"), contexts, &mut work)?;
        let base = family.base().clone();
        let (quads, labels, trace) = (Vec::new(), HashMap::new(), Trace::default());
        let (naming, root) = (Naming::Free, None);
        Ok((Self { contexts, family, work, naming, root, depth: 0, blanks: 0, labels, quads, trace }, base))
    }

    /// Expands a value of `property`, flattening arrays and sets.
    pub fn values(
        &mut self,
        reading: Reading<'_, 'd>,
        value: &'d Value,
        place: &mut Place<'_, 'd>,
    ) -> Result<(), LinkedDataError> {
        let outer = self.trace.enter(value);
        match value {
            Value::Null => {}
            Value::Array(all) => {
                self.deeper()?;
                for one in all {
                    self.values(reading, one, place)?;
                }
                self.depth -= 1;
            }
            Value::Object(map) => self.object(reading, map, Extra::default(), place)?,
            scalar => {
                let term = match reading.scoping() {
                    None => self.scalar(reading, scalar)?,
                    Some(definition) => {
                        let active = self.scoped(reading.active, definition, Scope::Property)?;
                        self.scalar(reading.within(&active), scalar)?
                    }
                };
                self.emit(place, term)?;
            }
        }
        self.trace.leave(outer);
        Ok(())
    }

    /// Expands an object that is a value of a property: first its contexts, then what it holds.
    pub fn object(
        &mut self,
        reading: Reading<'_, 'd>,
        map: &'d Map<String, Value>,
        extra: Extra<'d>,
        place: &mut Place<'_, 'd>,
    ) -> Result<(), LinkedDataError> {
        let current = self.context_of(reading, map, &extra)?;
        self.element(reading.within(&current), map, extra, place)
    }

    /// The context of an object that is a value of a property, but for its types' scoped contexts (JSON-LD 1.1 API §5.1.2, 7–9).
    pub fn context_of(
        &mut self,
        reading: Reading<'_, 'd>,
        map: &Map<String, Value>,
        extra: &Extra<'d>,
    ) -> Result<Arc<Active>, LinkedDataError> {
        let active = reading.active;
        let mut current = active.clone();
        if let Some(previous) = &active.previous
            && !extra.from_map
            && !stays(active, map)
        {
            current = previous.clone();
        }
        if let Some(definition) = reading.scoping() {
            current = self.scoped(&current, definition, Scope::Property)?;
        }
        match map.get("@context") {
            None => Ok(current),
            Some(local) => self.family.embedded(&current, local, (self.contexts, &mut self.work)),
        }
    }

    /// Expands an object whose context is that of `reading` but for its types' scoped contexts.
    fn element(
        &mut self,
        reading: Reading<'_, 'd>,
        map: &'d Map<String, Value>,
        extra: Extra<'d>,
        place: &mut Place<'_, 'd>,
    ) -> Result<(), LinkedDataError> {
        self.deeper()?;
        let outer = reading.active;
        let types = types(outer, map)?;
        let active = self.typed(outer, &types)?;
        let members = Member::all(map, &active);
        self.naming.check(&active, outer, &members, &types)?;
        let keyword = |wanted| members.iter().find(|member| member.meaning == Meaning::Keyword(wanted));
        if let Some(value) = keyword(Keyword::Value) {
            self.trace.atom();
            self.value_object(outer, value.value, &members, place)?;
        } else if let Some(list) = keyword(Keyword::List) {
            only_beside_index(&members)?;
            if !matches!(place.target, Target::Edge { reverse: false, .. } | Target::List(_)) {
                return Err(LinkedDataError::invalid("a list where only a node can be"));
            }
            self.whole_list(reading.within(&active), list.value, place)?;
        } else if let Some(set) = keyword(Keyword::Set) {
            only_beside_index(&members)?;
            self.values(reading.within(&active), set.value, place)?;
        } else {
            let node = Node { outer, active: &active, types, extra };
            self.node(node, &members, place)?;
        }
        self.depth -= 1;
        Ok(())
    }

    fn node(&mut self, node: Node<'_, 'd>, members: &[Member<'d, '_>], place: &mut Place<'_, 'd>) -> Result<(), LinkedDataError> {
        let Node { outer, active, types, extra } = node;
        let graph = place.graph;
        // A document that is nothing but a graph fills the default graph.
        if matches!(place.target, Target::Document) && !members.is_empty() && members.iter().all(Member::is_graph) {
            for member in members {
                self.graph_contents(active, member.value, &None)?;
            }
            return Ok(());
        }
        let subject = self.subject(active, members, &extra, place)?;
        self.own_quads(&subject, (outer, &types), extra, graph)?;
        for member in members {
            self.member(active, member, &subject, graph)?;
        }
        self.emit(place, subject)
    }

    /// One member of a node, or of what is nested into it.
    fn member(
        &mut self,
        active: &Arc<Active>,
        member: &Member<'d, '_>,
        subject: &Term<'d>,
        graph: &Graph<'d>,
    ) -> Result<(), LinkedDataError> {
        let value = member.value;
        match &member.meaning {
            Meaning::Iri(_) => self.property(active, member, subject, graph),
            Meaning::Blank(_) => Err(LinkedDataError::invalid("a blank node as property")),
            Meaning::Nothing => Err(LinkedDataError::undefined(member.name)),
            Meaning::Keyword(Keyword::Id | Keyword::Type) => Ok(()),
            Meaning::Keyword(Keyword::Index) if value.is_string() => Ok(()),
            Meaning::Keyword(Keyword::Index) => Err(LinkedDataError::invalid("invalid @index value")),
            Meaning::Keyword(Keyword::Graph) => self.graph_contents(active, value, &Some(subject.clone())),
            Meaning::Keyword(Keyword::Included) => self.graph_contents(active, value, graph),
            Meaning::Keyword(Keyword::Reverse) => self.reverse(active, value, subject, graph),
            Meaning::Keyword(Keyword::Nest) => self.nested(active, member, subject, graph),
            Meaning::Keyword(_) => Err(LinkedDataError::invalid(format!("{} has no place in a node", member.name))),
        }
    }

    fn graph_contents(&mut self, active: &Arc<Active>, value: &'d Value, graph: &Graph<'d>) -> Result<(), LinkedDataError> {
        if !(value.is_object() || value.is_array()) {
            return Err(LinkedDataError::invalid("invalid @graph or @included value"));
        }
        let reading = Reading::node(active);
        self.values(reading, value, &mut Place { graph, target: Target::Contents })
    }

    fn reverse(
        &mut self,
        active: &Arc<Active>,
        value: &'d Value,
        subject: &Term<'d>,
        graph: &Graph<'d>,
    ) -> Result<(), LinkedDataError> {
        let map = value.as_object().ok_or_else(|| LinkedDataError::invalid("invalid @reverse value"))?;
        for (name, value) in map {
            let meaning = active.meaning(name);
            self.naming.check_name(active, name, &meaning)?;
            let Meaning::Iri(predicate) = meaning else { return Err(LinkedDataError::undefined(name)) };
            // The reverse of a reverse property is the property.
            let reverse = !active.terms.get(name.as_str()).is_some_and(|definition| definition.reverse);
            let target = Target::Edge { subject, predicate: &predicate, reverse };
            self.values(Reading::value_of(active, name), value, &mut Place { graph, target })?;
        }
        Ok(())
    }

    fn nested(
        &mut self,
        active: &Arc<Active>,
        member: &Member<'d, '_>,
        subject: &Term<'d>,
        graph: &Graph<'d>,
    ) -> Result<(), LinkedDataError> {
        let active = match member.definition {
            Some(definition) if definition.scoped.is_some() => self.scoped(active, definition, Scope::Property)?,
            _ => active.clone(),
        };
        let all = match member.value {
            Value::Array(all) => all.as_slice(),
            one => std::slice::from_ref(one),
        };
        self.deeper()?;
        for one in all {
            let map = one.as_object().ok_or_else(|| LinkedDataError::invalid("invalid @nest value"))?;
            for (name, value) in map {
                let member = Member::of(name, value, &active);
                match member.meaning {
                    Meaning::Keyword(Keyword::Value) => return Err(LinkedDataError::invalid("invalid @nest value")),
                    Meaning::Keyword(Keyword::Id | Keyword::Type | Keyword::Context) => {
                        return Err(LinkedDataError::invalid("@id, @type and @context are not supported within @nest"));
                    }
                    _ => self.member(&active, &member, subject, graph)?,
                }
            }
        }
        self.depth -= 1;
        Ok(())
    }

    pub fn scoped(
        &mut self,
        from: &Arc<Active>,
        definition: &Arc<Definition>,
        scope: Scope,
    ) -> Result<Arc<Active>, LinkedDataError> {
        self.family.scoped(from, definition, scope, (self.contexts, &mut self.work))
    }

    pub fn emit(&mut self, place: &mut Place<'_, 'd>, term: Term<'d>) -> Result<(), LinkedDataError> {
        let literal = matches!(term, Term::Literal { .. });
        let graph = place.graph;
        match &mut place.target {
            Target::Edge { subject, predicate, reverse: false } => {
                self.quad((*subject).clone(), (*predicate).clone(), term, graph)
            }
            Target::Edge { .. } if literal => Err(LinkedDataError::invalid("invalid reverse property value")),
            Target::Edge { subject, predicate, .. } => self.quad(term, (*predicate).clone(), (*subject).clone(), graph),
            Target::List(items) => {
                items.push(term);
                Ok(())
            }
            Target::Contents | Target::Document if literal => Err(LinkedDataError::invalid("a value where only a node can be")),
            Target::Contents | Target::Document => Ok(()),
        }
    }

    pub fn quad(
        &mut self,
        subject: Term<'d>,
        predicate: Text<'d>,
        object: Term<'d>,
        graph: &Graph<'d>,
    ) -> Result<(), LinkedDataError> {
        if self.quads.len() >= MAX_QUADS {
            return Err(LinkedDataError::TooMuchWork);
        }
        self.quads.push(Quad { subject, predicate, object, graph: graph.clone() });
        self.trace.note();
        Ok(())
    }

    pub fn fresh(&mut self) -> Term<'d> {
        self.blanks += 1;
        Term::Blank(self.blanks - 1)
    }

    /// The node `meaning` names; `name` tells of it in the error.
    pub fn resource(&mut self, meaning: Meaning<'d>, name: &str) -> Result<Term<'d>, LinkedDataError> {
        match meaning {
            Meaning::Iri(iri) => Ok(Term::Iri(iri)),
            Meaning::Blank(label) => {
                let next = self.blanks;
                let number = *self.labels.entry(label.to_string()).or_insert(next);
                self.blanks += u32::from(number == next);
                Ok(Term::Blank(number))
            }
            Meaning::Keyword(_) | Meaning::Nothing => Err(LinkedDataError::undefined(name)),
        }
    }

    pub fn deeper(&mut self) -> Result<(), LinkedDataError> {
        if self.depth >= MAX_DEPTH {
            return Err(LinkedDataError::TooDeep);
        }
        self.depth += 1;
        Ok(())
    }

    pub fn literal(text: Text<'d>, kind: LiteralKind<'d>) -> Term<'d> {
        Term::Literal { text, kind }
    }
}

/// A node on its way to quads.
struct Node<'t, 'd> {
    /// The context its types are read in.
    outer: &'t Active,
    /// The context its other members are read in.
    active: &'t Arc<Active>,
    types: Vec<&'d str>,
    extra: Extra<'d>,
}

/// Whether an object stays in a context that does not propagate: it is a value, or only a reference.
fn stays(active: &Active, map: &Map<String, Value>) -> bool {
    let only_id = map.len() == 1 && map.keys().all(|name| active.keyword(name) == Some(Keyword::Id));
    only_id || map.keys().any(|name| active.keyword(name) == Some(Keyword::Value))
}

/// A set or list object holds nothing else but an index.
fn only_beside_index(members: &[Member<'_, '_>]) -> Result<(), LinkedDataError> {
    let others = members.iter().filter(|member| member.meaning != Meaning::Keyword(Keyword::Index)).count();
    if others == 1 { Ok(()) } else { Err(LinkedDataError::invalid("invalid set or list object")) }
}
