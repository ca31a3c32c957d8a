//! A reader of N-Quads for the test suites (RDF 1.1 N-Quads §2).

use std::collections::HashMap;

use wallet_core::securing::linked_data::{LiteralKind, Quad, Term, Text};

/// A dataset, and the number its text's blank node labels were given.
pub struct Dataset {
    pub quads: Vec<Quad<'static>>,
    pub labels: HashMap<String, u32>,
}

/// Reads N-Quads the suites hold; panics at what is none.
pub fn read(text: &str) -> Dataset {
    let mut dataset = Dataset { quads: Vec::new(), labels: HashMap::new() };
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let mut rest = line;
        let subject = term(&mut rest, &mut dataset.labels);
        let Term::Iri(predicate) = term(&mut rest, &mut dataset.labels) else { panic!("a predicate is an IRI: {line}") };
        let object = term(&mut rest, &mut dataset.labels);
        let graph = (!rest.trim_start().starts_with('.')).then(|| term(&mut rest, &mut dataset.labels));
        dataset.quads.push(Quad { subject, predicate, object, graph });
    }
    dataset
}

fn term(rest: &mut &str, labels: &mut HashMap<String, u32>) -> Term<'static> {
    *rest = rest.trim_start();
    if let Some(after) = rest.strip_prefix('<') {
        let (iri, after) = after.split_once('>').expect("an IRI ends");
        *rest = after;
        return Term::Iri(owned(unescape(iri)));
    }
    if rest.starts_with("_:") {
        let (label, after) = rest.split_once([' ', '\t']).unwrap_or((rest, ""));
        *rest = after;
        let next = labels.len() as u32;
        return Term::Blank(*labels.entry(label[2..].to_owned()).or_insert(next));
    }
    let body = rest.strip_prefix('"').expect("a literal");
    let mut end = 0;
    let bytes = body.as_bytes();
    while bytes[end] != b'"' {
        end += if bytes[end] == b'\\' { 2 } else { 1 };
    }
    let text = owned(unescape(&body[..end]));
    *rest = &body[end + 1..];
    let kind = if let Some(after) = rest.strip_prefix('@') {
        let (tag, after) = after.split_once([' ', '\t']).expect("a tag ends");
        *rest = after;
        LiteralKind::Language(owned(tag.to_lowercase()))
    } else if let Some(after) = rest.strip_prefix("^^<") {
        let (datatype, after) = after.split_once('>').expect("a datatype ends");
        *rest = after;
        LiteralKind::Datatype(owned(unescape(datatype)))
    } else {
        LiteralKind::Plain
    };
    Term::Literal { text, kind }
}

fn owned(text: String) -> Text<'static> {
    Text::from(text)
}

fn unescape(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        let code = |digits: String| u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32).expect("a code point");
        out.push(match chars.next().expect("an escape") {
            't' => '\t',
            'b' => '\u{8}',
            'n' => '\n',
            'r' => '\r',
            'f' => '\u{c}',
            'u' => code(chars.by_ref().take(4).collect()),
            'U' => code(chars.by_ref().take(8).collect()),
            other => other,
        });
    }
    out
}
