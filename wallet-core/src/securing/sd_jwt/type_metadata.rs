//! Type metadata: what the publisher of a `vct` says of its credentials (draft-ietf-oauth-sd-jwt-vc §5).
//!
//! Plain functions over documents that the caller has: whether they are fetched, and from where, is the app's decision, since
//! fetching tells the publisher that a credential of this type is being looked at (§8.4).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::integrity;
use crate::credential::ClaimPath;
use crate::error::{Result, WalletError};
use crate::json;

/// The longest chain of types that extend each other.
const MAX_CHAIN: usize = 8;
/// The most claims one document describes.
const MAX_CLAIMS: usize = 1000;

/// What is said of a credential type, with everything it takes over from the types it extends.
#[derive(Debug, Clone, PartialEq)]
pub struct TypeMetadata {
    /// The type.
    pub vct: String,
    /// The types it extends, the nearest first.
    pub extends: Vec<String>,
    /// How people see the type, one entry a language.
    pub display: Vec<TypeDisplay>,
    /// What is said of its claims.
    pub claims: Vec<ClaimMetadata>,
}

/// A type in one language (§5.5).
#[derive(Debug, Clone, PartialEq)]
pub struct TypeDisplay {
    /// The language (BCP 47).
    pub locale: String,
    /// The type's name.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// How it may be drawn; nothing of it is fetched or trusted here.
    pub rendering: Option<Map<String, Value>>,
}

/// What is said of one claim, or of several along one path (§5.6).
#[derive(Debug, Clone, PartialEq)]
pub struct ClaimMetadata {
    /// Where it is.
    pub path: ClaimPath,
    /// How people see it, one entry a language.
    pub display: Vec<ClaimDisplay>,
    /// Whether the issuer must put it in.
    pub mandatory: bool,
    /// Whether the holder may leave it out.
    pub disclosure: SelectiveDisclosure,
    /// Its name in SVG templates.
    pub svg_id: Option<String>,
}

/// A claim in one language (§5.6.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimDisplay {
    /// The language (BCP 47).
    pub locale: String,
    /// The claim's name.
    pub label: String,
    /// What it means.
    pub description: Option<String>,
}

/// Whether the holder may leave a claim out (§5.6.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SelectiveDisclosure {
    /// It always stands behind a disclosure of its own.
    Always,
    /// As the issuer likes.
    #[default]
    Allowed,
    /// It never does.
    Never,
}

/// Why type metadata cannot be used, or a credential does not follow it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TypeFault {
    /// A document is not at hand.
    #[error("the description of the type {vct} is not at hand")]
    Missing {
        /// The type.
        vct: String,
    },
    /// A document is another one than was meant, by its digest.
    #[error("the description of the type {vct} is not the one the issuer meant")]
    Integrity {
        /// The type.
        vct: String,
    },
    /// A document does not follow the format, or describes another type.
    #[error("the description of the type {vct} cannot be used: {reason}")]
    Malformed {
        /// The type.
        vct: String,
        /// What is wrong.
        reason: String,
    },
    /// A type extends itself, or the chain of types is too long.
    #[error("the type {vct} extends itself, or too many others")]
    Circular {
        /// The type.
        vct: String,
    },
    /// A claim that the type asks for is not there.
    #[error("the claim {path} is missing")]
    MissingClaim {
        /// Where it should be.
        path: String,
    },
    /// A claim can be left out that may not, or cannot that must.
    #[error("the claim {path} is not disclosed as its type says")]
    WrongDisclosure {
        /// Where it is.
        path: String,
    },
    /// A claim is of another shape than the type describes.
    #[error("the claim {path} is of another shape than its type says")]
    WrongShape {
        /// Where it should be.
        path: String,
    },
}

impl TypeMetadata {
    /// Puts together what `documents`, each as it was retrieved and under its `vct`, say of the type `vct`; `integrity` is the
    /// credential's `vct#integrity` (§5.3, §5.4, §6).
    pub fn resolve(vct: &str, integrity: Option<&str>, documents: &BTreeMap<String, String>) -> Result<Self, TypeFault> {
        let mut chain: Vec<Document> = Vec::new();
        let mut next = Some((vct.to_owned(), integrity.map(str::to_owned)));
        while let Some((vct, integrity)) = next {
            if chain.len() >= MAX_CHAIN || chain.iter().any(|document| document.vct == vct) {
                return Err(TypeFault::Circular { vct });
            }
            let text = documents.get(&vct).ok_or_else(|| TypeFault::Missing { vct: vct.clone() })?;
            if integrity.is_some_and(|expected| !integrity::matches(&expected, text.as_bytes())) {
                return Err(TypeFault::Integrity { vct });
            }
            let document = Document::read(text, &vct).map_err(|e| TypeFault::Malformed { vct, reason: e.to_string() })?;
            next = document.extends.clone();
            chain.push(document);
        }
        let extends = chain.iter().skip(1).map(|document| document.vct.clone()).collect();
        let mut merged = Document::default();
        for document in chain.into_iter().rev() {
            let vct = document.vct.clone();
            merged = document.over(merged).map_err(|e| TypeFault::Malformed { vct, reason: e.to_string() })?;
        }
        let claims = merged.claims.into_iter().map(ClaimEntry::finish).collect();
        Ok(Self { vct: merged.vct, extends, display: merged.display.unwrap_or_default(), claims })
    }

    /// The type's name in the language of `tag`, else in the first one.
    pub fn name(&self, tag: &str) -> Option<&str> {
        best(&self.display, tag, |display| &display.locale).map(|display| display.name.as_str())
    }
}

impl ClaimMetadata {
    /// The claim's name in the language of `tag`, else in the first one.
    pub fn label(&self, tag: &str) -> Option<&str> {
        best(&self.display, tag, |display| &display.locale).map(|display| display.label.as_str())
    }
}

fn best<'a, T>(all: &'a [T], tag: &str, locale: impl Fn(&T) -> &str) -> Option<&'a T> {
    let primary = |tag: &str| tag.split('-').next().unwrap_or_default().to_ascii_lowercase();
    (all.iter().find(|one| locale(one).eq_ignore_ascii_case(tag)))
        .or_else(|| all.iter().find(|one| primary(locale(one)) == primary(tag)))
        .or_else(|| all.first())
}

/// One document, before it is put over those it extends.
#[derive(Default)]
struct Document {
    vct: String,
    extends: Option<(String, Option<String>)>,
    display: Option<Vec<TypeDisplay>>,
    claims: Vec<ClaimEntry>,
}

/// A claim as one document describes it, where what it leaves out may come from the extended type.
struct ClaimEntry {
    path: ClaimPath,
    display: Option<Vec<ClaimDisplay>>,
    mandatory: Option<bool>,
    disclosure: Option<SelectiveDisclosure>,
    svg_id: Option<String>,
}

impl Document {
    fn read(text: &str, vct: &str) -> Result<Self> {
        let object = json::read_object("type metadata", text)?;
        if object.get("vct").and_then(Value::as_str) != Some(vct) {
            return Err(bad("it describes another type"));
        }
        text_of(&object, "name")?;
        text_of(&object, "description")?;
        let integrity = text_of(&object, "extends#integrity")?;
        let claims = list_of(&object, "claims")?.unwrap_or_default();
        if claims.len() > MAX_CLAIMS {
            return Err(bad("it describes too many claims"));
        }
        let document = Self {
            vct: vct.to_owned(),
            extends: text_of(&object, "extends")?.map(|extended| (extended, integrity)),
            display: list_of(&object, "display")?.map(|all| all.iter().map(|one| type_display(one)).collect()).transpose()?,
            claims: claims.into_iter().map(ClaimEntry::read).collect::<Result<_>>()?,
        };
        document.check_unique()?;
        Ok(document)
    }

    /// No name for SVG templates is given twice (§5.6).
    fn check_unique(&self) -> Result<()> {
        let mut seen = BTreeSet::new();
        let unique = self.claims.iter().filter_map(|claim| claim.svg_id.as_ref()).all(|name| seen.insert(name));
        if unique { Ok(()) } else { Err(bad("it gives an svg_id twice")) }
    }

    /// This document put over `base`, the one it extends (§5.5.2, §5.6.5).
    fn over(self, base: Self) -> Result<Self> {
        let mut claims = base.claims;
        for claim in self.claims {
            match claims.iter_mut().find(|inherited| inherited.path == claim.path) {
                Some(inherited) => inherited.override_with(claim)?,
                None => claims.push(claim),
            }
        }
        let merged = Self { vct: self.vct, extends: None, display: self.display.or(base.display), claims };
        merged.check_unique()?;
        Ok(merged)
    }
}

impl ClaimEntry {
    fn read(entry: &Map<String, Value>) -> Result<Self> {
        let path = ClaimPath::from_value(entry.get("path").ok_or_else(|| bad("a claim has no path"))?)?;
        let mandatory = match entry.get("mandatory") {
            None => None,
            Some(Value::Bool(mandatory)) => Some(*mandatory),
            Some(_) => return Err(bad("mandatory is neither true nor false")),
        };
        let disclosure = match text_of(entry, "sd")?.as_deref() {
            None => None,
            Some("always") => Some(SelectiveDisclosure::Always),
            Some("allowed") => Some(SelectiveDisclosure::Allowed),
            Some("never") => Some(SelectiveDisclosure::Never),
            Some(_) => return Err(bad("sd is none of always, allowed and never")),
        };
        let svg_id = text_of(entry, "svg_id")?;
        let name = |id: &String| {
            id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
                && !id.starts_with(|c: char| c.is_ascii_digit())
                && !id.is_empty()
        };
        if svg_id.as_ref().is_some_and(|id| !name(id)) {
            return Err(bad("an svg_id is not a plain name"));
        }
        let display = list_of(entry, "display")?.map(|all| all.iter().map(|one| claim_display(one)).collect()).transpose()?;
        Ok(Self { path, display, mandatory, disclosure, svg_id })
    }

    /// Takes over what `child` says, which may ask for more and never for less (§5.6.5.1).
    fn override_with(&mut self, child: Self) -> Result<()> {
        let fixed = self.disclosure.filter(|rule| *rule != SelectiveDisclosure::Allowed);
        if child.disclosure.is_some_and(|rule| fixed.is_some_and(|fixed| fixed != rule)) {
            return Err(bad("it changes whether a claim of the extended type can be left out"));
        }
        if child.mandatory == Some(false) && self.mandatory == Some(true) {
            return Err(bad("it makes a claim optional that the extended type asks for"));
        }
        self.display = child.display.or(self.display.take());
        self.mandatory = child.mandatory.or(self.mandatory);
        self.disclosure = child.disclosure.or(self.disclosure);
        self.svg_id = child.svg_id.or(self.svg_id.take());
        Ok(())
    }

    fn finish(self) -> ClaimMetadata {
        ClaimMetadata {
            path: self.path,
            display: self.display.unwrap_or_default(),
            mandatory: self.mandatory.unwrap_or_default(),
            disclosure: self.disclosure.unwrap_or_default(),
            svg_id: self.svg_id,
        }
    }
}

fn type_display(entry: &Map<String, Value>) -> Result<TypeDisplay> {
    let rendering = match entry.get("rendering") {
        None => None,
        Some(Value::Object(rendering)) => Some(rendering.clone()),
        Some(_) => return Err(bad("rendering is not an object")),
    };
    let (locale, name) = (required(entry, "locale")?, required(entry, "name")?);
    Ok(TypeDisplay { locale, name, description: text_of(entry, "description")?, rendering })
}

fn claim_display(entry: &Map<String, Value>) -> Result<ClaimDisplay> {
    let (locale, label) = (required(entry, "locale")?, required(entry, "label")?);
    Ok(ClaimDisplay { locale, label, description: text_of(entry, "description")? })
}

fn required(object: &Map<String, Value>, name: &str) -> Result<String> {
    text_of(object, name)?.ok_or_else(|| bad(&format!("{name} is missing")))
}

fn text_of(object: &Map<String, Value>, name: &str) -> Result<Option<String>> {
    match object.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(bad(&format!("{name} is not text"))),
    }
}

fn list_of<'a>(object: &'a Map<String, Value>, name: &str) -> Result<Option<Vec<&'a Map<String, Value>>>> {
    let wrong = || bad(&format!("{name} is not a list of objects"));
    match object.get(name) {
        None => Ok(None),
        Some(Value::Array(items)) => items.iter().map(|item| item.as_object().ok_or_else(wrong)).collect::<Result<_>>().map(Some),
        Some(_) => Err(wrong()),
    }
}

fn bad(reason: &str) -> WalletError {
    WalletError::malformed("type metadata", reason)
}
