//! A document as the sorted statements that are signed one by one, and which of them a selection holds (VC DI ECDSA
//! Cryptosuites 1.0 §3.4.8 and §3.4.16).

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Map, Value};

use super::labels::Labels;
use super::select::Selection;
use crate::securing::SignatureFault;
use crate::securing::linked_data::rdfc::{self, Hash};
use crate::securing::linked_data::{Contexts, Naming, Quad, Traced, to_traced_quads, write_line};

/// The statements of a document: N-Quads with the proof's own labels for blank nodes, in code point order, each once.
pub(super) struct Statements<'d> {
    document: &'d Map<String, Value>,
    traced: Traced<'d>,
    /// Which statement each quad is.
    line_of: Vec<usize>,
    /// What each blank node is called.
    pub labels: Labels,
    /// The statements, each with its line feed.
    pub lines: Vec<String>,
}

impl<'d> Statements<'d> {
    /// The statements of `document`; `name` calls the blank nodes of these canonical numbers.
    pub fn of(
        document: &'d Map<String, Value>,
        contexts: &Contexts,
        name: impl FnOnce(&HashMap<u32, u32>) -> Result<Labels, SignatureFault>,
    ) -> Result<Self, SignatureFault> {
        let traced = to_traced_quads(document, contexts, Naming::Free)?;
        let labels = name(&rdfc::numbers(&traced.quads, Hash::Sha256)?)?;
        let mut numbered: Vec<(String, usize)> = traced.quads.iter().map(|quad| line(quad, &labels)).zip(0..).collect();
        numbered.sort_unstable();
        let (mut lines, mut line_of) = (Vec::<String>::with_capacity(numbered.len()), vec![0; numbered.len()]);
        for (line, quad) in numbered {
            if lines.last() != Some(&line) {
                lines.push(line);
            }
            line_of[quad] = lines.len() - 1;
        }
        Ok(Self { document, traced, line_of, labels, lines })
    }

    /// The statements that `selection` holds, by their places in the row.
    pub fn group(&self, selection: &Selection) -> Result<BTreeSet<usize>, SignatureFault> {
        let atoms = self.traced.atoms.iter().copied().collect();
        let places = selection.places(self.document, &atoms)?;
        let quads = self.traced.origins.iter().zip(&self.line_of);
        Ok(quads.filter(|(origin, _)| places.contains(origin)).map(|(_, line)| *line).collect())
    }

    /// The labels of the blank nodes in `group`, by the canonical numbers they have when nothing else is there.
    pub fn labels_alone(&self, group: &BTreeSet<usize>) -> Result<BTreeMap<u32, String>, SignatureFault> {
        let quads = self.traced.quads.iter().zip(&self.line_of);
        let alone: Vec<Quad<'_>> = quads.filter(|(_, line)| group.contains(line)).map(|(quad, _)| quad.clone()).collect();
        let numbers = rdfc::numbers(&alone, Hash::Sha256)?;
        Ok(numbers.into_iter().map(|(node, number)| (number, self.labels[&node].clone())).collect())
    }
}

fn line(quad: &Quad<'_>, labels: &Labels) -> String {
    let mut line = String::with_capacity(160);
    write_line(quad, &mut line, |node, line| line.push_str(&labels[&node]));
    line
}
