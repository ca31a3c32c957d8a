//! Why a document has no canonical form.

/// Why a document could not be brought into RDF, or its RDF into canonical form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LinkedDataError {
    /// A context is named that is not at hand.
    #[error("the context {url} is not at hand")]
    UnknownContext {
        /// The context's URL.
        url: String,
    },
    /// A member or a type has no meaning in the contexts: JSON-LD would drop it in silence, and no signature would cover it.
    #[error("the term {term} is not defined")]
    UndefinedTerm {
        /// The member's name or the type.
        term: String,
    },
    /// A member goes by another name than a context that is at hand gives it: the meaning is signed, the name is not.
    #[error("the name {term} is the document's own")]
    UnsignedName {
        /// The member's name or the type.
        term: String,
    },
    /// It is nested deeper than [`MAX_DEPTH`](crate::json::MAX_DEPTH).
    #[error("the document is nested too deeply")]
    TooDeep,
    /// It is built to cost more than any honest document.
    #[error("the document is too costly")]
    TooMuchWork,
    /// It breaks a rule of JSON-LD 1.1 or RDF 1.1.
    #[error("the document is not valid JSON-LD: {reason}")]
    Invalid {
        /// The rule, by JSON-LD's error code where there is one.
        reason: String,
    },
}

impl LinkedDataError {
    pub(super) fn invalid(reason: impl Into<String>) -> Self {
        Self::Invalid { reason: reason.into() }
    }

    pub(super) fn undefined(term: &str) -> Self {
        Self::UndefinedTerm { term: term.to_owned() }
    }
}
