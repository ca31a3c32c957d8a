//! RDF Dataset Canonicalization (RDFC-1.0), with a hard limit on its work: the algorithm is exponential on datasets built for it.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Write as _;
use std::ops::Range;

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
    numbers: HashMap<u32, u32>,
}

impl Canonical {
    /// The canonical label (`c14n0`, …) of a blank node; none of one that the dataset does not mention.
    pub fn label(&self, node: u32) -> Option<String> {
        self.numbers.get(&node).map(|number| format!("c14n{number}"))
    }
}

/// Brings a dataset into canonical form (RDFC-1.0 §4.4); fails with `TooMuchWork` only.
pub fn canonicalize(quads: &[Quad<'_>], hash: Hash) -> Result<Canonical, LinkedDataError> {
    let numbers = numbers(quads, hash)?;
    let mut lines = Lines::with_capacity(quads.len());
    for quad in quads {
        lines.push(|line| quad.write(line, &mut |node, line| append(line, "_:c14n", numbers[&node])));
    }
    lines.sort();
    lines.ranges.dedup_by(|a, b| lines.text[a.clone()] == lines.text[b.clone()]);
    let mut nquads = String::with_capacity(lines.text.len());
    lines.each(|line| nquads.push_str(line));
    Ok(Canonical { nquads, numbers })
}

/// The number in the canonical form (`7` for `c14n7`) of each blank node; fails with `TooMuchWork` only.
pub(crate) fn numbers(quads: &[Quad<'_>], hash: Hash) -> Result<HashMap<u32, u32>, LinkedDataError> {
    let mut state = State::new(quads, hash);
    state.label()?;
    Ok(state.canonical.order.iter().zip(0..).map(|(node, number)| (*node, number)).collect())
}

/// Lines of text in one buffer.
struct Lines {
    text: String,
    ranges: Vec<Range<usize>>,
}

impl Lines {
    fn with_capacity(lines: usize) -> Self {
        Self { text: String::with_capacity(lines * 128), ranges: Vec::with_capacity(lines) }
    }

    fn clear(&mut self) {
        self.text.clear();
        self.ranges.clear();
    }

    fn push(&mut self, write: impl FnOnce(&mut String)) {
        let start = self.text.len();
        write(&mut self.text);
        self.ranges.push(start..self.text.len());
    }

    /// Sorts them by code point, which is the order of their bytes.
    fn sort(&mut self) {
        let text = self.text.as_bytes();
        self.ranges.sort_unstable_by(|a, b| text[a.clone()].cmp(&text[b.clone()]));
    }

    fn each(&self, mut take: impl FnMut(&str)) {
        self.ranges.iter().for_each(|range| take(&self.text[range.clone()]));
    }
}

/// A hash, with zeros after one of SHA-256: all hashes of a dataset are of one kind, and sort as their hexadecimal form does.
type Digest = [u8; 48];

struct State<'q> {
    quads: &'q [Quad<'q>],
    hash: Hash,
    /// The quads that mention each blank node.
    mentions: BTreeMap<u32, Vec<usize>>,
    /// The first-degree hash of each blank node.
    first: HashMap<u32, Digest>,
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
        // A dataset has each quad once, however often a document says it.
        let mut seen = HashSet::new();
        let mentioning = quads.iter().enumerate().filter(|(_, quad)| quad.blanks() != [None; 3]);
        for (at, quad) in mentioning.filter(|(_, quad)| seen.insert(*quad)) {
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
        // One alone comes first, whatever its hash.
        if self.mentions.len() < 2 {
            let only: Option<u32> = self.mentions.keys().next().copied();
            only.map(|node| self.canonical.issue(node));
            return Ok(());
        }
        let mut lines = Lines::with_capacity(8);
        let mut hashes: Vec<(Digest, u32)> =
            self.mentions.keys().map(|&node| (self.first_degree(node, &mut lines), node)).collect();
        hashes.sort_unstable();
        let groups = || hashes.chunk_by(|a, b| a.0 == b.0);
        for group in groups().filter(|group| group.len() == 1) {
            self.canonical.issue(group[0].1);
        }
        if groups().any(|group| group.len() > 1) {
            self.first = hashes.iter().map(|(hash, node)| (*node, *hash)).collect();
        }
        for group in groups().filter(|group| group.len() > 1) {
            let mut paths = Vec::new();
            for &(_, node) in group {
                if !self.canonical.issued.contains_key(&node) {
                    let mut issuer = Issuer::default();
                    issuer.issue(node);
                    paths.push(self.n_degree(node, issuer)?);
                }
            }
            paths.sort_by_key(|(hash, _)| *hash);
            for (_, issuer) in paths {
                for node in issuer.order {
                    self.canonical.issue(node);
                }
            }
        }
        Ok(())
    }

    /// Hash First Degree Quads (RDFC-1.0 §4.6).
    fn first_degree(&self, node: u32, lines: &mut Lines) -> Digest {
        lines.clear();
        for &at in &self.mentions[&node] {
            let name = &mut |other, line: &mut String| line.push_str(if other == node { "_:a" } else { "_:z" });
            lines.push(|line| self.quads[at].write(line, name));
        }
        lines.sort();
        let mut input = Hasher::new(self.hash);
        lines.each(|line| input.update(line));
        input.finish()
    }

    /// Hash Related Blank Node (RDFC-1.0 §4.7).
    fn related(&self, node: u32, quad: &Quad<'_>, issuer: &Issuer, position: char) -> Digest {
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
            self.write_hex(&self.first[&node], &mut input);
        }
        self.digest(&input)
    }

    /// Hash N-Degree Quads (RDFC-1.0 §4.8).
    fn n_degree(&mut self, node: u32, mut issuer: Issuer) -> Result<(Digest, Issuer), LinkedDataError> {
        self.chain += 1;
        if self.chain > MAX_CHAIN {
            return Err(LinkedDataError::TooMuchWork);
        }
        let neighbours = self.neighbours(node, &issuer)?;
        let mut input = String::with_capacity(neighbours.len() * 160);
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
            self.write_hex(&hash, &mut input);
            input.push_str(&path);
            issuer = own;
        }
        self.chain -= 1;
        Ok((self.digest(&input), issuer))
    }

    /// The blank nodes that share a quad with `node`, by their hashes (RDFC-1.0 §4.8.3, steps 1–3).
    fn neighbours(&mut self, node: u32, issuer: &Issuer) -> Result<BTreeMap<Digest, Vec<u32>>, LinkedDataError> {
        let mut neighbours: BTreeMap<Digest, Vec<u32>> = BTreeMap::new();
        for at in self.mentions[&node].clone() {
            self.spend(1)?;
            let quad = &self.quads[at];
            for (other, position) in quad.blanks().into_iter().zip(['s', 'o', 'g']) {
                if let Some(other) = other.filter(|other| *other != node) {
                    let hash = self.related(other, quad, issuer, position);
                    neighbours.entry(hash).or_default().push(other);
                }
            }
        }
        Ok(neighbours)
    }

    /// The path of one order of `nodes`, with the labels given on the way; none when `best` is better.
    fn path(&mut self, nodes: &[u32], issuer: &Issuer, best: Option<&str>) -> Result<Option<(String, Issuer)>, LinkedDataError> {
        let Some((mut path, mut issuer, deeper)) = self.shallow_path(nodes, issuer, best)? else { return Ok(None) };
        for node in deeper {
            let (hash, own) = self.n_degree(node, issuer.clone())?;
            append(&mut path, "_:b", issuer.issue(node));
            path.push('<');
            self.write_hex(&hash, &mut path);
            path.push('>');
            issuer = own;
            if is_worse(&path, best) {
                return Ok(None);
            }
        }
        Ok(best.is_none_or(|best| path.as_str() < best).then_some((path, issuer)))
    }

    /// The path as far as it takes no further hash, and the nodes that do take one (RDFC-1.0 §4.8.3, steps 5.4.1–5.4.4).
    fn shallow_path(
        &mut self,
        nodes: &[u32],
        issuer: &Issuer,
        best: Option<&str>,
    ) -> Result<Option<(String, Issuer, Vec<u32>)>, LinkedDataError> {
        // Cloning the labels is most of the cost of a step.
        self.spend(1 + issuer.order.len() / 16)?;
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
            if is_worse(&path, best) {
                return Ok(None);
            }
        }
        Ok(Some((path, issuer, deeper)))
    }

    fn spend(&mut self, steps: usize) -> Result<(), LinkedDataError> {
        self.steps += steps;
        if self.steps > MAX_STEPS { Err(LinkedDataError::TooMuchWork) } else { Ok(()) }
    }

    fn digest(&self, text: &str) -> Digest {
        let mut hasher = Hasher::new(self.hash);
        hasher.update(text);
        hasher.finish()
    }

    /// Appends a hash in lower-case hexadecimal.
    fn write_hex(&self, digest: &Digest, text: &mut String) {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let length = if self.hash == Hash::Sha256 { 32 } else { 48 };
        for byte in &digest[..length] {
            text.push(DIGITS[usize::from(byte >> 4)] as char);
            text.push(DIGITS[usize::from(byte & 15)] as char);
        }
    }
}

/// A hash on its way.
enum Hasher {
    Sha256(Sha256),
    Sha384(Sha384),
}

impl Hasher {
    fn new(hash: Hash) -> Self {
        match hash {
            Hash::Sha256 => Self::Sha256(Sha256::new()),
            Hash::Sha384 => Self::Sha384(Sha384::new()),
        }
    }

    fn update(&mut self, text: &str) {
        match self {
            Self::Sha256(hash) => hash.update(text),
            Self::Sha384(hash) => hash.update(text),
        }
    }

    fn finish(self) -> Digest {
        let mut digest = [0; 48];
        match self {
            Self::Sha256(hash) => digest[..32].copy_from_slice(&hash.finalize()),
            Self::Sha384(hash) => digest.copy_from_slice(&hash.finalize()),
        }
        digest
    }
}

/// Appends `prefix` and the decimal digits of `number`.
fn append(text: &mut String, prefix: &str, number: u32) {
    text.push_str(prefix);
    match number {
        0..10 => text.push((b'0' + number as u8) as char),
        _ => write!(text, "{number}").expect("writing to a string succeeds"),
    }
}

/// Whether a path can no longer become better than `best` (RDFC-1.0 §4.8.3, steps 5.4.4.3 and 5.4.5.5).
fn is_worse(path: &str, best: Option<&str>) -> bool {
    best.is_some_and(|best| path.len() >= best.len() && path > best)
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
    fn quad_that_is_said_twice_is_one_quad() {
        // Five nodes whose first-degree hashes tell them apart, and whose order depends on those hashes.
        let quads: Vec<_> = (0..5).flat_map(|a| (0..=a).map(move |b| edge(a, 10 + b))).collect();
        let once = canonicalize(&quads, Hash::Sha256).expect("a small dataset");
        for twice in 0..quads.len() {
            let mut more = quads.clone();
            more.push(quads[twice].clone());
            assert_eq!(canonicalize(&more, Hash::Sha256).expect("a small dataset"), once);
        }
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
