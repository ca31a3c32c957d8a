//! From JSON-LD to canonical N-Quads, through contexts compiled once (JSON-LD 1.1, RDFC-1.0).

mod bundle;
mod contexts;

pub use contexts::{Contexts, MAX_CONTEXT_BYTES};
