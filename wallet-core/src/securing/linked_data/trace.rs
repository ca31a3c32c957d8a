//! Which place in the document each quad comes from, so that part of a document can be shown with part of its quads.

use serde_json::Value;

use super::quads::Quad;

/// The place in the document that says what a quad says: the address of its JSON value while the document is borrowed, or 0 for
/// the document itself. It is compared and never followed.
pub(crate) type Origin = usize;

/// The place `value` is.
pub(crate) fn origin(value: &Value) -> Origin {
    std::ptr::from_ref(value).addr()
}

/// The quads of a document and where they come from.
pub(crate) struct Traced<'d> {
    /// The quads, in no order, some perhaps twice.
    pub quads: Vec<Quad<'d>>,
    /// Where each quad comes from.
    pub origins: Vec<Origin>,
    /// The places that are shown whole or not at all: lists, JSON literals, value objects.
    pub atoms: Vec<Origin>,
}

/// The places met so far.
#[derive(Default)]
pub(super) struct Trace {
    origins: Vec<Origin>,
    atoms: Vec<Origin>,
    current: Origin,
}

impl Trace {
    /// What follows comes from `value`, until [`Trace::leave`].
    pub fn enter(&mut self, value: &Value) -> Origin {
        std::mem::replace(&mut self.current, origin(value))
    }

    /// What follows comes from `outer` again.
    pub fn leave(&mut self, outer: Origin) {
        self.current = outer;
    }

    /// What is said here is shown whole or not at all.
    pub fn atom(&mut self) {
        self.atoms.push(self.current);
    }

    /// The next quad comes from here.
    pub fn note(&mut self) {
        self.origins.push(self.current);
    }

    pub fn of(self, quads: Vec<Quad<'_>>) -> Traced<'_> {
        Traced { quads, origins: self.origins, atoms: self.atoms }
    }
}
