//! A compiled context: JSON-LD's "active context" as a table of terms (JSON-LD 1.1 API §4.1).

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

use super::quads::{Text, is_iri};

/// A keyword of JSON-LD 1.1 §1.7 that may stand as a member's name or a coercion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keyword {
    Context,
    Direction,
    Graph,
    Id,
    Included,
    Index,
    Json,
    Language,
    List,
    Nest,
    None,
    Reverse,
    Set,
    Type,
    Value,
    Vocab,
    /// One that has a meaning only inside a context.
    Definition,
}

impl Keyword {
    pub fn of(text: &str) -> Option<Self> {
        if !text.starts_with('@') {
            return None;
        }
        Some(match text {
            "@context" => Self::Context,
            "@direction" => Self::Direction,
            "@graph" => Self::Graph,
            "@id" => Self::Id,
            "@included" => Self::Included,
            "@index" => Self::Index,
            "@json" => Self::Json,
            "@language" => Self::Language,
            "@list" => Self::List,
            "@nest" => Self::Nest,
            "@none" => Self::None,
            "@reverse" => Self::Reverse,
            "@set" => Self::Set,
            "@type" => Self::Type,
            "@value" => Self::Value,
            "@vocab" => Self::Vocab,
            "@base" | "@container" | "@import" | "@prefix" | "@propagate" | "@protected" | "@version" => Self::Definition,
            _ => return None,
        })
    }
}

/// Whether `text` has the form of a keyword, whether or not it is one: JSON-LD reserves them all.
pub(super) fn looks_like_keyword(text: &str) -> bool {
    text.len() > 1 && text.starts_with('@') && text.bytes().skip(1).all(|b| b.is_ascii_alphabetic())
}

/// What a name stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Meaning<'d> {
    Keyword(Keyword),
    /// An absolute IRI.
    Iri(Text<'d>),
    /// The label of a blank node, `_:` included.
    Blank(Text<'d>),
    /// Nothing: JSON-LD drops it.
    Nothing,
}

/// What a term's IRI is, in a definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Mapping {
    Null,
    Keyword(Keyword),
    /// An absolute IRI or a blank node's label, checked when it was defined.
    Name(Arc<str>),
}

/// How a term's values are read (`@type` of a definition).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Coercion {
    /// As they come.
    Absent,
    /// `@none`: as they come, too, but said.
    None,
    Id,
    Vocab,
    Json,
    Datatype(Arc<str>),
}

/// The base direction of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Ltr,
    Rtl,
}

/// The containers of a term, as a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Container(pub u8);

impl Container {
    pub const SET: Self = Self(1);
    pub const LIST: Self = Self(2);
    pub const LANGUAGE: Self = Self(4);
    pub const INDEX: Self = Self(8);
    pub const ID: Self = Self(16);
    pub const TYPE: Self = Self(32);
    pub const GRAPH: Self = Self(64);

    pub fn has(self, one: Self) -> bool {
        self.0 & one.0 != 0
    }
}

/// A term definition (JSON-LD 1.1 API §4.2).
#[derive(Debug, Clone)]
pub(super) struct Definition {
    /// Its number in the family of contexts it was defined for.
    pub number: u32,
    pub mapping: Mapping,
    pub prefix: bool,
    pub protected: bool,
    /// Whether a context written out in the document defines it, which no signature over the meaning covers.
    pub own: bool,
    pub reverse: bool,
    pub coercion: Coercion,
    /// The language of its strings: not said, none, or a lower-case tag.
    pub language: Option<Option<Arc<str>>>,
    pub direction: Option<Option<Direction>>,
    pub container: Container,
    /// The property an index map's keys are values of.
    pub index: Option<Arc<str>>,
    pub nest: Option<Arc<str>>,
    /// The context that holds for its values, or within nodes of this type.
    pub scoped: Option<Arc<Value>>,
}

impl Definition {
    /// Whether both say the same, but for being protected (JSON-LD 1.1 API §4.2.2, step 27).
    pub fn says_the_same(&self, other: &Self) -> bool {
        self.mapping == other.mapping
            && self.prefix == other.prefix
            && self.reverse == other.reverse
            && self.coercion == other.coercion
            && self.language == other.language
            && self.direction == other.direction
            && self.container == other.container
            && self.index == other.index
            && self.nest == other.nest
            && self.scoped == other.scoped
    }
}

/// A compiled context.
#[derive(Debug, Clone, Default)]
pub(super) struct Active {
    /// Its number in its family.
    pub number: u32,
    pub terms: HashMap<Box<str>, Arc<Definition>>,
    pub vocab: Option<Arc<str>>,
    pub language: Option<Arc<str>>,
    pub direction: Option<Direction>,
    /// The context to return to in nested nodes, when this one does not propagate.
    pub previous: Option<Arc<Active>>,
    /// The terms that stand for keywords, few enough to be gone through.
    pub aliases: Vec<(Box<str>, Keyword)>,
}

impl Active {
    /// What the member's name or type `name` stands for (JSON-LD 1.1 API §5.2, relative to the vocabulary).
    pub fn meaning<'d>(&self, name: &'d str) -> Meaning<'d> {
        match self.terms.get(name) {
            Some(definition) => Self::mapped(definition),
            None => self.undefined_meaning(name),
        }
    }

    /// As [`Active::meaning`], of a name that is no term.
    pub fn undefined_meaning<'d>(&self, name: &'d str) -> Meaning<'d> {
        if let Some(keyword) = Keyword::of(name) {
            return Meaning::Keyword(keyword);
        }
        if looks_like_keyword(name) {
            return Meaning::Nothing;
        }
        match self.compact(name) {
            Some(meaning) => meaning,
            None => match &self.vocab {
                Some(vocab) => Self::named(Text::from(format!("{vocab}{name}"))),
                None => Meaning::Nothing,
            },
        }
    }

    /// What the IRI reference `reference` stands for; a relative one is nothing, as there is no base (JSON-LD 1.1 API §5.2).
    pub fn reference<'d>(&self, reference: &'d str) -> Meaning<'d> {
        if reference.starts_with('@') {
            if let Some(keyword) = Keyword::of(reference) {
                return Meaning::Keyword(keyword);
            }
            if looks_like_keyword(reference) {
                return Meaning::Nothing;
            }
        }
        if let Some(keyword) = self.keyword(reference) {
            return Meaning::Keyword(keyword);
        }
        self.compact(reference).unwrap_or(Meaning::Nothing)
    }

    /// Finds the aliases of keywords among the terms, once all are defined.
    pub fn find_aliases(&mut self) {
        let keyword = |definition: &Definition| match definition.mapping {
            Mapping::Keyword(keyword) => Some(keyword),
            _ => None,
        };
        self.aliases = self.terms.iter().filter_map(|(name, one)| Some((name.clone(), keyword(one)?))).collect();
    }

    /// The keyword `name` is, or is an alias of.
    pub fn keyword(&self, name: &str) -> Option<Keyword> {
        if name.starts_with('@') {
            return Keyword::of(name);
        }
        self.aliases.iter().find(|(alias, _)| **alias == *name).map(|(_, keyword)| *keyword)
    }

    pub fn mapped<'d>(definition: &Definition) -> Meaning<'d> {
        match &definition.mapping {
            Mapping::Null => Meaning::Nothing,
            Mapping::Keyword(keyword) => Meaning::Keyword(*keyword),
            Mapping::Name(name) if name.starts_with("_:") => Meaning::Blank(Text::Shared(name.clone())),
            Mapping::Name(name) => Meaning::Iri(Text::Shared(name.clone())),
        }
    }

    /// A compact IRI, an absolute IRI or a blank node's label; none when it has no colon, or no scheme before it.
    fn compact<'d>(&self, name: &'d str) -> Option<Meaning<'d>> {
        let colon = name.bytes().skip(1).position(|b| b == b':')? + 1;
        let (prefix, suffix) = (&name[..colon], &name[colon + 1..]);
        if prefix == "_" {
            return Some(Meaning::Blank(Text::Borrowed(name)));
        }
        if !suffix.starts_with("//")
            && let Some(definition) = self.terms.get(prefix)
            && definition.prefix
            && let Mapping::Name(iri) = &definition.mapping
        {
            return Some(Self::named(Text::from(format!("{iri}{suffix}"))));
        }
        is_iri(name).then_some(Meaning::Iri(Text::Borrowed(name)))
    }

    fn named(name: Text<'_>) -> Meaning<'_> {
        if name.starts_with("_:") {
            Meaning::Blank(name)
        } else if is_iri(&name) {
            Meaning::Iri(name)
        } else {
            Meaning::Nothing
        }
    }
}
