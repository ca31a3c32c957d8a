//! RDF Dataset Canonicalization (RDFC-1.0), with a hard limit on its work: the algorithm is exponential on datasets built for it.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

use sha2::{Digest as _, Sha256, Sha384};

use super::error::LinkedDataError;
use super::quads::Quad;

/// The most steps (labels tried, datasets' neighbours hashed) spent on blank nodes that only their neighbourhood tells apart.
const MAX_STEPS: usize = 50_000;
/// The longest chain of blank nodes followed to tell two of them apart.
const MAX_CHAIN: usize = 96;

/// The hash the canonical labels are found with (RDFC-1.0 §4.2.2); the canonical form depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Hash {
    /// SHA-256, the standard's own.
    #[default]
    Sha256,
    /// SHA-384, as the P-384 cryptosuites use it.
    Sha384,
}

/// A dataset in canonical form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Canonical {
    /// Its N-Quads, in code point order, each line once.
    pub nquads: String,
    /// The canonical label (`c14n0`, …) of each blank node.
    pub labels: BTreeMap<u32, String>,
}

/// Brings a dataset into canonical form (RDFC-1.0 §4.4); fails with `TooMuchWork` only.
pub fn canonicalize(quads: &[Quad<'_>], hash: Hash) -> Result<Canonical, LinkedDataError> {
    let names = numbers(quads, hash)?;
    let mut text = String::with_capacity(quads.len() * 128);
    let mut lines = Vec::with_capacity(quads.len());
    for quad in quads {
        let start = text.len();
        quad.write(&mut text, &mut |node, line| append(line, "_:c14n", names[&node]));
        lines.push(start..text.len());
    }
    lines.sort_unstable_by(|a, b| text[a.clone()].cmp(&text[b.clone()]));
    lines.dedup_by(|a, b| text[a.clone()] == text[b.clone()]);
    let mut nquads = String::with_capacity(text.len());
    for line in lines {
        nquads.push_str(&text[line]);
    }
    let labels = names.into_iter().map(|(node, name)| (node, format!("c14n{name}"))).collect();
    Ok(Canonical { nquads, labels })
}

/// The number in the canonical form (`7` for `c14n7`) of each blank node; fails with `TooMuchWork` only.
pub(crate) fn numbers(quads: &[Quad<'_>], hash: Hash) -> Result<HashMap<u32, u32>, LinkedDataError> {
    let mut state = State::new(quads, hash);
    state.label()?;
    Ok(state.canonical.order.iter().zip(0..).map(|(node, number)| (*node, number)).collect())
}

/// A hash in lower-case hexadecimal.
type Hex = String;

struct State<'q> {
    quads: &'q [Quad<'q>],
    hash: Hash,
    /// The quads that mention each blank node.
    mentions: BTreeMap<u32, Vec<usize>>,
    /// The first-degree hash of each blank node.
    first: HashMap<u32, Hex>,
    canonical: Issuer,
    steps: usize,
    chain: usize,
}

/// Issues labels by number, in order (RDFC-1.0 §4.5).
#[derive(Clone, Default)]
struct Issuer {
    order: Vec<u32>,
    issued: HashMap<u32, u32>,
}

impl Issuer {
    fn issue(&mut self, node: u32) -> u32 {
        let next = self.order.len() as u32;
        let name = *self.issued.entry(node).or_insert(next);
        if name == next {
            self.order.push(node);
        }
        name
    }
}

impl<'q> State<'q> {
    fn new(quads: &'q [Quad<'q>], hash: Hash) -> Self {
        let mut mentions: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        for (at, quad) in quads.iter().enumerate() {
            for node in quad.blanks().into_iter().flatten() {
                let places = mentions.entry(node).or_default();
                if places.last() != Some(&at) {
                    places.push(at);
                }
            }
        }
        Self { quads, hash, mentions, first: HashMap::new(), canonical: Issuer::default(), steps: 0, chain: 0 }
    }

    /// Gives every blank node its canonical label (RDFC-1.0 §4.4.3, steps 3–5).
    fn label(&mut self) -> Result<(), LinkedDataError> {
        let mut by_hash: BTreeMap<Hex, Vec<u32>> = BTreeMap::new();
        for &node in self.mentions.keys() {
            let hash = self.first_degree(node);
            self.first.insert(node, hash.clone());
            by_hash.entry(hash).or_default().push(node);
        }
        for nodes in by_hash.values().filter(|nodes| nodes.len() == 1) {
            self.canonical.issue(nodes[0]);
        }
        for nodes in by_hash.values().filter(|nodes| nodes.len() > 1) {
            let mut paths = Vec::new();
            for &node in nodes {
                if !self.canonical.issued.contains_key(&node) {
                    let mut issuer = Issuer::default();
                    issuer.issue(node);
                    paths.push(self.n_degree(node, issuer)?);
                }
            }
            paths.sort_by(|a, b| a.0.cmp(&b.0));
            for (_, issuer) in paths {
                for node in issuer.order {
                    self.canonical.issue(node);
                }
            }
        }
        Ok(())
    }

    /// Hash First Degree Quads (RDFC-1.0 §4.6).
    fn first_degree(&self, node: u32) -> Hex {
        let mut lines: Vec<String> = Vec::new();
        for &at in &self.mentions[&node] {
            let mut line = String::with_capacity(128);
            self.quads[at].write(&mut line, &mut |other, line| line.push_str(if other == node { "_:a" } else { "_:z" }));
            lines.push(line);
        }
        lines.sort_unstable();
        self.digest(&lines)
    }

    /// Hash Related Blank Node (RDFC-1.0 §4.7).
    fn related(&self, node: u32, quad: &Quad<'_>, issuer: &Issuer, position: char) -> Hex {
        let mut input = String::with_capacity(160);
        input.push(position);
        if position != 'g' {
            input.push('<');
            input.push_str(&quad.predicate);
            input.push('>');
        }
        if let Some(name) = self.canonical.issued.get(&node) {
            append(&mut input, "_:c14n", *name);
        } else if let Some(name) = issuer.issued.get(&node) {
            append(&mut input, "_:b", *name);
        } else {
            input.push_str(&self.first[&node]);
        }
        self.digest(&[input])
    }

    /// Hash N-Degree Quads (RDFC-1.0 §4.8).
    fn n_degree(&mut self, node: u32, mut issuer: Issuer) -> Result<(Hex, Issuer), LinkedDataError> {
        self.chain += 1;
        if self.chain > MAX_CHAIN {
            return Err(LinkedDataError::TooMuchWork);
        }
        let mut neighbours: BTreeMap<Hex, Vec<u32>> = BTreeMap::new();
        for at in self.mentions[&node].clone() {
            self.spend(1)?;
            let quad = &self.quads[at];
            for (other, position) in quad.blanks().into_iter().zip(['s', 'o', 'g']) {
                if let Some(other) = other.filter(|other| *other != node) {
                    let hash = self.related(other, quad, &issuer, position);
                    neighbours.entry(hash).or_default().push(other);
                }
            }
        }
        let mut input = Vec::with_capacity(neighbours.len() * 2);
        for (hash, mut nodes) in neighbours {
            let mut chosen: Option<(String, Issuer)> = None;
            nodes.sort_unstable();
            loop {
                if let Some((path, own)) = self.path(&nodes, &issuer, chosen.as_ref().map(|(path, _)| path.as_str()))? {
                    chosen = Some((path, own));
                }
                if !next_permutation(&mut nodes) {
                    break;
                }
            }
            let (path, own) = chosen.expect("the first permutation is always better than none");
            input.push(hash);
            input.push(path);
            issuer = own;
        }
        self.chain -= 1;
        Ok((self.digest(&input), issuer))
    }

    /// The path of one order of `nodes`, with the labels given on the way; none when `best` is better.
    fn path(&mut self, nodes: &[u32], issuer: &Issuer, best: Option<&str>) -> Result<Option<(String, Issuer)>, LinkedDataError> {
        // Cloning the labels is most of the cost of a step.
        self.spend(1 + issuer.order.len() / 16)?;
        let worse = |path: &str| best.is_some_and(|best| path.len() >= best.len() && path > best);
        let mut issuer = issuer.clone();
        let (mut path, mut deeper) = (String::new(), Vec::new());
        for &node in nodes {
            self.spend(1)?;
            if let Some(name) = self.canonical.issued.get(&node) {
                append(&mut path, "_:c14n", *name);
            } else {
                if !issuer.issued.contains_key(&node) {
                    deeper.push(node);
                }
                append(&mut path, "_:b", issuer.issue(node));
            }
            if worse(&path) {
                return Ok(None);
            }
        }
        for node in deeper {
            let (hash, own) = self.n_degree(node, issuer.clone())?;
            append(&mut path, "_:b", issuer.issue(node));
            path.push('<');
            path.push_str(&hash);
            path.push('>');
            issuer = own;
            if worse(&path) {
                return Ok(None);
            }
        }
        Ok(best.is_none_or(|best| path.as_str() < best).then_some((path, issuer)))
    }

    fn spend(&mut self, steps: usize) -> Result<(), LinkedDataError> {
        self.steps += steps;
        if self.steps > MAX_STEPS { Err(LinkedDataError::TooMuchWork) } else { Ok(()) }
    }

    fn digest(&self, parts: &[String]) -> Hex {
        match self.hash {
            Hash::Sha256 => hex(&parts.iter().fold(Sha256::new(), |hash, part| hash.chain_update(part)).finalize()),
            Hash::Sha384 => hex(&parts.iter().fold(Sha384::new(), |hash, part| hash.chain_update(part)).finalize()),
        }
    }
}

fn append(text: &mut String, prefix: &str, number: u32) {
    write!(text, "{prefix}{number}").expect("writing to a string succeeds");
}

fn hex(bytes: &[u8]) -> Hex {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(DIGITS[usize::from(byte >> 4)] as char);
        text.push(DIGITS[usize::from(byte & 15)] as char);
    }
    text
}

/// The next order of `nodes` in lexicographical order; false after the last.
fn next_permutation(nodes: &mut [u32]) -> bool {
    let Some(pivot) = nodes.windows(2).rposition(|pair| pair[0] < pair[1]) else { return false };
    let swap = nodes.iter().rposition(|node| *node > nodes[pivot]).expect("the one after the pivot is greater");
    nodes.swap(pivot, swap);
    nodes[pivot + 1..].reverse();
    true
}

#[cfg(test)]
mod tests {
    use super::super::quads::{Term, Text};
    use super::*;
    use proptest::prelude::*;

    fn edge(from: u32, to: u32) -> Quad<'static> {
        let predicate = Text::Borrowed("https://example.org/p");
        Quad { subject: Term::Blank(from), predicate, object: Term::Blank(to), graph: None }
    }

    #[test]
    fn clique_of_blank_nodes_is_refused_and_not_computed() {
        let quads: Vec<_> = (0..9).flat_map(|a| (0..9).filter(move |b| *b != a).map(move |b| edge(a, b))).collect();
        let start = std::time::Instant::now();
        assert_eq!(canonicalize(&quads, Hash::Sha256), Err(LinkedDataError::TooMuchWork));
        assert!(start.elapsed().as_secs() < 5);
    }

    #[test]
    fn long_symmetric_chain_is_refused_without_overflowing_the_stack() {
        let quads: Vec<_> = (0..20_000).map(|a| edge(a, (a + 1) % 20_000)).collect();
        assert_eq!(canonicalize(&quads, Hash::Sha256), Err(LinkedDataError::TooMuchWork));
    }

    #[test]
    fn permutations_are_all_met_once() {
        let mut nodes = [1, 2, 3, 4];
        let mut met = vec![nodes];
        while next_permutation(&mut nodes) {
            met.push(nodes);
        }
        met.dedup();
        assert_eq!(met.len(), 24);
    }

    #[test]
    fn the_hash_is_a_parameter() {
        let quads = [edge(0, 1)];
        let (a, b) = (canonicalize(&quads, Hash::Sha256), canonicalize(&quads, Hash::Sha384));
        assert!(a.is_ok() && b.is_ok());
    }

    proptest! {
        #[test]
        fn names_and_order_of_blank_nodes_do_not_matter(
            edges in proptest::collection::vec((0u32..5, 0u32..5), 1..8),
            shift in 0u32..5,
        ) {
            let quads: Vec<_> = edges.iter().map(|(a, b)| edge(*a, *b)).collect();
            let renamed: Vec<_> = edges.iter().rev().map(|(a, b)| edge((a + shift) % 5 * 7, (b + shift) % 5 * 7)).collect();
            if let (Ok(one), Ok(other)) = (canonicalize(&quads, Hash::Sha256), canonicalize(&renamed, Hash::Sha256)) {
                prop_assert_eq!(one.nquads, other.nquads);
            }
        }
    }
}
