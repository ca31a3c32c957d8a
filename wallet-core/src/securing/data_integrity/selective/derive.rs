//! What holder and verifier do alike for both suites: cut a document down, and read the statements of what is left.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use super::labels::{self, Labels};
use super::select::Selection;
use super::statements::Statements;
use crate::json::JsonPointer;
use crate::securing::SignatureFault;
use crate::securing::linked_data::{Contexts, canonical_nquads};

/// What a derived proof is made of, whatever signs it (VC DI ECDSA Cryptosuites 1.0 §3.5.5).
pub(super) struct Cut {
    /// The document of what is disclosed, without proof.
    pub document: Map<String, Value>,
    /// The labels of its blank nodes, by their canonical numbers.
    pub labels: BTreeMap<u32, String>,
    /// Which of its statements are mandatory.
    pub mandatory: Vec<usize>,
    /// Which of the base document's statements that are not mandatory it holds.
    pub selective: Vec<usize>,
}

/// Cuts the document of `statements` down to what is mandatory and what `chosen` points to.
///
/// What is left is read once more as its verifier will, so that nothing leaves which would say something else on its own.
pub(super) fn cut(
    document: &Map<String, Value>,
    statements: &Statements<'_>,
    mandatory: &[JsonPointer],
    chosen: &[JsonPointer],
    contexts: &Contexts,
) -> Result<Cut, SignatureFault> {
    let both = Selection::of(mandatory.iter().chain(chosen));
    if both.is_empty() {
        return Err(SignatureFault::malformed("nothing is mandatory and nothing is chosen"));
    }
    let required = statements.group(&Selection::of(mandatory))?;
    let combined = statements.group(&both)?;
    let labels = statements.labels_alone(&combined)?;
    let revealed = both.reveal(document);
    let seen = Statements::of(&revealed, contexts, |canonical| labels::given(&labels, canonical))?;
    if !combined.iter().map(|line| &statements.lines[*line]).eq(&seen.lines) {
        return Err(SignatureFault::malformed("what is chosen does not say the same when the rest is left out"));
    }
    let relative = combined.iter().enumerate().filter(|(_, line)| required.contains(line)).map(|(at, _)| at);
    let optional = (0..statements.lines.len()).filter(|line| !required.contains(line)).enumerate();
    let selective = optional.filter(|(_, line)| combined.contains(line)).map(|(at, _)| at);
    Ok(Cut { mandatory: relative.collect(), selective: selective.collect(), document: revealed, labels })
}

/// The statements of a document as they were signed: the mandatory ones hashed together, the others one by one.
pub(super) struct Parted {
    /// The SHA-256 of the mandatory statements (VC DI ECDSA Cryptosuites 1.0 §3.4.17).
    pub mandatory_hash: [u8; 32],
    pub optional: Vec<String>,
}

/// Parts the statements of the document that an issuer signs.
pub(super) fn part(statements: Statements<'_>, mandatory: &[JsonPointer]) -> Result<Parted, SignatureFault> {
    let group = statements.group(&Selection::of(mandatory))?;
    Ok(apart(statements.lines, &group))
}

/// Parts the statements of a derived document, of which `mandatory` are mandatory.
pub(super) fn part_derived(
    document: &Map<String, Value>,
    labels: &BTreeMap<u32, String>,
    mandatory: &[usize],
    contexts: &Contexts,
) -> Result<Parted, SignatureFault> {
    let statements = Statements::of(document, contexts, |canonical| labels::given(labels, canonical))?;
    if mandatory.last().is_some_and(|last| *last >= statements.lines.len()) {
        return Err(SignatureFault::malformed("a mandatory index is past the last statement"));
    }
    Ok(apart(statements.lines, &mandatory.iter().copied().collect()))
}

fn apart(lines: Vec<String>, group: &BTreeSet<usize>) -> Parted {
    let (mut hash, mut optional) = (Sha256::new(), Vec::new());
    for (at, line) in lines.into_iter().enumerate() {
        if group.contains(&at) {
            hash.update(line);
        } else {
            optional.push(line);
        }
    }
    Parted { mandatory_hash: hash.finalize().into(), optional }
}

/// The SHA-256 of the proof's own options, in the contexts of the document (VC DI ECDSA Cryptosuites 1.0 §3.5.9, §3.6.4).
pub(super) fn options_hash(
    document: &Map<String, Value>,
    proof: &Map<String, Value>,
    contexts: &Contexts,
) -> Result<[u8; 32], SignatureFault> {
    let mut options = proof.clone();
    options.shift_remove("proofValue");
    match document.get("@context") {
        Some(context) => options.insert("@context".to_owned(), context.clone()),
        None => options.shift_remove("@context"),
    };
    Ok(Sha256::digest(canonical_nquads(&options, contexts)?).into())
}

/// How a suite names blank nodes under its key.
pub(super) type Naming = fn(&[u8; labels::LENGTH], &std::collections::HashMap<u32, u32>) -> Labels;

/// The statements of the document an issuer signs, under the names that `key` makes.
pub(super) fn base_statements<'d>(
    document: &'d Map<String, Value>,
    contexts: &Contexts,
    naming: Naming,
    key: &[u8; labels::LENGTH],
) -> Result<Statements<'d>, SignatureFault> {
    Statements::of(document, contexts, |canonical| Ok(naming(key, canonical)))
}
