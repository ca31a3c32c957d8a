//! From JSON-LD to canonical N-Quads, through contexts compiled once (JSON-LD 1.1, RDFC-1.0).

mod active;
mod bundle;
mod contexts;
mod define;
mod error;
mod expand;
mod family;
mod names;
mod number;
mod process;
mod quads;
pub mod rdfc;
#[cfg(test)]
mod tests;
mod values;

use serde_json::{Map, Value};

pub use contexts::{Contexts, MAX_CONTEXT_BYTES};
pub use error::LinkedDataError;
use expand::Expander;
use names::Naming;
pub use quads::{LiteralKind, Quad, Term, Text};

/// The quads of a JSON-LD document (JSON-LD 1.1 API §8.1), in no order, some perhaps twice.
///
/// Stricter than JSON-LD: what it would drop in silence, such as an undefined term or a relative IRI, is an error.
pub fn to_quads<'d>(document: &'d Map<String, Value>, contexts: &Contexts) -> Result<Vec<Quad<'d>>, LinkedDataError> {
    Expander::expand(document, contexts, Naming::Free)
}

/// The quads of a document that is signed, as [`to_quads`] gives them.
///
/// The signature covers what members mean and not what they are called, yet whoever reads the claims goes by the names. So
/// each must go by the name that the contexts at hand give it (VC Data Integrity §2.4.1), and nothing may stand where a reader
/// of JSON would not look for it.
pub fn signed_quads<'d>(document: &'d Map<String, Value>, contexts: &Contexts) -> Result<Vec<Quad<'d>>, LinkedDataError> {
    Expander::expand(document, contexts, Naming::Fixed)
}

/// The canonical N-Quads of a JSON-LD document, under RDFC-1.0 with SHA-256.
pub fn canonical_nquads(document: &Map<String, Value>, contexts: &Contexts) -> Result<String, LinkedDataError> {
    Ok(rdfc::canonicalize(&to_quads(document, contexts)?, rdfc::Hash::Sha256)?.nquads)
}
