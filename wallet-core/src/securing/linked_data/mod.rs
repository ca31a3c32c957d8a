//! From JSON-LD to canonical N-Quads, through contexts compiled once (JSON-LD 1.1, RDFC-1.0).

mod active;
mod bundle;
mod contexts;
mod define;
mod error;
mod expand;
mod family;
mod list;
mod names;
mod number;
mod process;
mod quads;
pub mod rdfc;
mod subject;
mod terms;
#[cfg(test)]
mod tests;
mod trace;
mod types;
mod values;

use serde_json::{Map, Value};

pub use contexts::{Contexts, MAX_CONTEXT_BYTES};
pub use error::LinkedDataError;
use expand::Expander;
pub(crate) use names::Naming;
pub use quads::{LiteralKind, Quad, Term, Text};
pub(crate) use trace::{Origin, Traced, origin};

/// The quads of a JSON-LD document (JSON-LD 1.1 API §8.1), in no order, some perhaps twice.
///
/// Stricter than JSON-LD: what it would drop in silence, such as an undefined term or a relative IRI, is an error.
pub fn to_quads<'d>(document: &'d Map<String, Value>, contexts: &Contexts) -> Result<Vec<Quad<'d>>, LinkedDataError> {
    Ok(Expander::expand(document, contexts, Naming::Free)?.quads)
}

/// The quads of a document as [`to_quads`] gives them, and the place in it that each comes from.
///
/// Of a signed document whose names are [`Naming::Fixed`], each member must go by the name that the contexts at hand give it
/// (VC Data Integrity §2.4.1), and nothing may stand where a reader of JSON would not look for it: the signature covers what
/// members mean and not what they are called, yet whoever reads the claims goes by the names.
pub(crate) fn to_traced_quads<'d>(
    document: &'d Map<String, Value>,
    contexts: &Contexts,
    naming: Naming,
) -> Result<Traced<'d>, LinkedDataError> {
    Expander::expand(document, contexts, naming)
}

/// Appends the line of `quad`, with the line feed; `name` writes the label of a blank node after `_:`.
pub(crate) fn write_line(quad: &Quad<'_>, line: &mut String, mut name: impl FnMut(u32, &mut String)) {
    quad.write(line, &mut |node, line| {
        line.push_str("_:");
        name(node, line);
    });
}

/// Checks that the types of `document`, and of the objects it holds under `names`, stand for IRIs in its contexts
/// (VC DM 2.0 §4.5): a term or an absolute URL, and not a name that means nothing.
///
/// Much cheaper than [`to_quads`], for documents whose signature covers the JSON and not the graph.
pub fn check_types(document: &Map<String, Value>, names: &[&str], contexts: &Contexts) -> Result<(), LinkedDataError> {
    Expander::check_types(document, names, contexts)
}

/// The IRIs that the types of `document`, and of the objects it holds under `names`, stand for in its contexts, in their order
/// (VC DM 2.0 §4.5).
pub fn type_iris(document: &Map<String, Value>, names: &[&str], contexts: &Contexts) -> Result<Vec<String>, LinkedDataError> {
    Expander::type_iris(document, names, contexts)
}

/// Checks that every member's name and every type of `document` stands for something in its contexts, without making quads.
///
/// Says nothing of values: an identifier may still be no IRI.
pub fn check_terms(document: &Map<String, Value>, contexts: &Contexts) -> Result<(), LinkedDataError> {
    terms::check(document, contexts)
}

/// The canonical N-Quads of a JSON-LD document, under RDFC-1.0 with SHA-256.
pub fn canonical_nquads(document: &Map<String, Value>, contexts: &Contexts) -> Result<String, LinkedDataError> {
    Ok(rdfc::canonicalize(&to_quads(document, contexts)?, rdfc::Hash::Sha256)?.nquads)
}
