//! From JSON-LD to canonical N-Quads, through contexts compiled once (JSON-LD 1.1, RDFC-1.0).

/// The JSON-LD contexts at hand.
#[derive(Debug, Clone, Default)]
pub struct Contexts;

impl Contexts {
    /// The contexts that come with the library.
    pub fn bundled() -> Self {
        Self
    }
}
