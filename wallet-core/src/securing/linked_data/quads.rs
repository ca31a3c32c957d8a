//! RDF quads, and how N-Quads writes them (RDF 1.1 N-Quads, in the canonical form of RDFC-1.0 §A).

use std::fmt::Write as _;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::sync::Arc;

/// `rdf:` of RDF 1.1.
pub(super) const RDF_TYPE: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type";
pub(super) const RDF_FIRST: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#first";
pub(super) const RDF_REST: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#rest";
pub(super) const RDF_NIL: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#nil";
pub(super) const RDF_JSON: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#JSON";
pub(super) const XSD_BOOLEAN: &str = "http://www.w3.org/2001/XMLSchema#boolean";
pub(super) const XSD_INTEGER: &str = "http://www.w3.org/2001/XMLSchema#integer";
pub(super) const XSD_DOUBLE: &str = "http://www.w3.org/2001/XMLSchema#double";
pub(super) const XSD_STRING: &str = "http://www.w3.org/2001/XMLSchema#string";

/// A piece of text, borrowed from the document or shared with a compiled context.
#[derive(Debug, Clone)]
pub enum Text<'d> {
    /// Part of the document.
    Borrowed(&'d str),
    /// Part of a compiled context, or made anew.
    Shared(Arc<str>),
}

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Self::Borrowed(text) => text,
            Self::Shared(text) => text,
        }
    }
}

impl PartialEq for Text<'_> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Text<'_> {}

impl Hash for Text<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}

impl From<String> for Text<'_> {
    fn from(text: String) -> Self {
        Self::Shared(text.into())
    }
}

impl<'d> From<&'d str> for Text<'d> {
    fn from(text: &'d str) -> Self {
        Self::Borrowed(text)
    }
}

/// An RDF term (RDF 1.1 Concepts §3.2–§3.4).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Term<'d> {
    /// An absolute IRI.
    Iri(Text<'d>),
    /// A blank node, by its number in the dataset.
    Blank(u32),
    /// A literal.
    Literal {
        /// The lexical form.
        text: Text<'d>,
        /// What it is a literal of.
        kind: LiteralKind<'d>,
    },
}

/// What a literal is a literal of (RDF 1.1 Concepts §3.3).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum LiteralKind<'d> {
    /// `xsd:string`.
    Plain,
    /// `rdf:langString`, with its language tag.
    Language(Text<'d>),
    /// Any other datatype, by its IRI.
    Datatype(Text<'d>),
}

/// One statement of a dataset (RDF 1.1 Concepts §3.1, §4).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Quad<'d> {
    /// An IRI or a blank node.
    pub subject: Term<'d>,
    /// An IRI.
    pub predicate: Text<'d>,
    /// Any term.
    pub object: Term<'d>,
    /// The graph's name, an IRI or a blank node; none for the default graph.
    pub graph: Option<Term<'d>>,
}

impl Quad<'_> {
    /// The numbers of the blank nodes it mentions: as subject, object and graph name.
    pub(super) fn blanks(&self) -> [Option<u32>; 3] {
        [self.subject.blank(), self.object.blank(), self.graph.as_ref().and_then(Term::blank)]
    }

    /// Appends its line, with the line feed; `name` writes a blank node's label, `_:` included.
    pub(super) fn write(&self, line: &mut String, name: &mut impl FnMut(u32, &mut String)) {
        self.subject.write(line, name);
        line.push_str(" <");
        line.push_str(&self.predicate);
        line.push_str("> ");
        self.object.write(line, name);
        if let Some(graph) = &self.graph {
            line.push(' ');
            graph.write(line, name);
        }
        line.push_str(" .\n");
    }
}

impl Term<'_> {
    pub(super) fn blank(&self) -> Option<u32> {
        match self {
            Self::Blank(number) => Some(*number),
            _ => None,
        }
    }

    fn write(&self, line: &mut String, name: &mut impl FnMut(u32, &mut String)) {
        match self {
            Self::Iri(iri) => {
                line.push('<');
                line.push_str(iri);
                line.push('>');
            }
            Self::Blank(number) => name(*number, line),
            Self::Literal { text, kind } => {
                line.push('"');
                escape(text, line);
                line.push('"');
                match kind {
                    LiteralKind::Plain => {}
                    LiteralKind::Datatype(datatype) if &**datatype == XSD_STRING => {}
                    LiteralKind::Language(tag) => {
                        line.push('@');
                        line.push_str(tag);
                    }
                    LiteralKind::Datatype(datatype) => {
                        line.push_str("^^<");
                        line.push_str(datatype);
                        line.push('>');
                    }
                }
            }
        }
    }
}

/// The bytes that canonical N-Quads escape in a literal.
static ESCAPED: [bool; 256] = table(b"\"\\\x7f");
/// The bytes that no IRI of N-Quads has (IRIREF).
static NOT_IN_IRI: [bool; 256] = table(b" <>\"{}|^`\\");

/// The control characters of ASCII, and these.
const fn table(others: &[u8]) -> [bool; 256] {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < b' ' {
        table[byte as usize] = true;
        byte += 1;
    }
    let mut at = 0;
    while at < others.len() {
        table[others[at] as usize] = true;
        at += 1;
    }
    table
}

/// Escapes a literal as canonical N-Quads do: seven short escapes, the other control characters by number, nothing else.
fn escape(text: &str, line: &mut String) {
    let mut clean = 0;
    for (at, byte) in text.bytes().enumerate().filter(|(_, byte)| ESCAPED[usize::from(*byte)]) {
        line.push_str(&text[clean..at]);
        clean = at + 1;
        match byte {
            0x08 => line.push_str("\\b"),
            b'\t' => line.push_str("\\t"),
            b'\n' => line.push_str("\\n"),
            0x0c => line.push_str("\\f"),
            b'\r' => line.push_str("\\r"),
            b'"' => line.push_str("\\\""),
            b'\\' => line.push_str("\\\\"),
            other => write!(line, "\\u{other:04X}").expect("writing to a string succeeds"),
        }
    }
    line.push_str(&text[clean..]);
}

/// Whether `text` is an absolute IRI that N-Quads can carry (RFC 3987 scheme; the excluded characters of IRIREF).
pub(super) fn is_iri(text: &str) -> bool {
    let Some(colon) = text.find(':') else { return false };
    let scheme = &text.as_bytes()[..colon];
    scheme.first().is_some_and(u8::is_ascii_alphabetic)
        && scheme.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
        && !text.bytes().any(|b| NOT_IN_IRI[usize::from(b)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_escaped_as_rdfc_10_appendix_a_says() {
        let mut line = String::new();
        escape("a\u{8}\t\n\u{b}\u{c}\r\"\\\u{1f}\u{7f}\u{80}é😀/", &mut line);
        assert_eq!(line, "a\\b\\t\\n\\u000B\\f\\r\\\"\\\\\\u001F\\u007F\u{80}é😀/");
    }

    #[test]
    fn iri_that_would_break_its_line_is_no_iri() {
        for good in
            ["https://example.org/a#b", "did:key:z6Mk", "urn:uuid:1", "data:application/vc+jwt,ey", "a:", "https://é.example/ñ"]
        {
            assert!(is_iri(good), "{good}");
        }
        for bad in ["", "a", ":a", "1a:b", "a b:c", "a:b c", "a:b>", "a:\"", "a:{b}", "a:\n", "_:b0", "a:\\u0020"] {
            assert!(!is_iri(bad), "{bad}");
        }
    }
}
