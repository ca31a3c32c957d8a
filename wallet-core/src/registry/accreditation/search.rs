//! Looking for the paths from an issuer to the roots that somebody trusts: which storage slots to read next, and what their
//! values come to.

use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::{Address, B256, U256};

use super::{MAX_STEPS, Path, Step};
use crate::did::Did;
use crate::registry::credential_registry::{Accreditation, Held, Moment, retired_slot};

/// The most accreditors of one issuer that are looked into: anybody may accredit anybody.
pub const MAX_ACCREDITORS: usize = 16;
/// How many periods of each accreditor's are looked into, the newest first.
const PERIODS: u32 = 4;
/// The slots of one step: two of the period, one for each end of it.
const STEP: usize = 4;

/// A search under way: read [`Search::wanted`], give the values to [`Search::read`], until nothing is wanted.
#[derive(Debug, Clone)]
pub struct Search {
    kind: B256,
    roots: BTreeMap<Address, Did>,
    open: Vec<Question>,
    found: Vec<Path>,
}

#[derive(Debug, Clone)]
enum Question {
    /// How often has `accreditor` accredited `subject`?
    Count { accreditor: Address, subject: Address },
    /// What does that period say? `below` are the steps that lead to it.
    Period { below: Vec<Step>, held: Held, number: u32 },
}

impl Search {
    /// A search for what `issuer` holds for credentials of `kind` under one of `roots`, at first from the roots themselves and from
    /// whoever is `said` to have accredited it.
    pub fn new(issuer: Address, kind: B256, roots: BTreeMap<Address, Did>, said: impl IntoIterator<Item = Address>) -> Self {
        let mut seen = BTreeSet::new();
        let all = roots.keys().copied().chain(said).filter(|accreditor| seen.insert(*accreditor));
        let open = all.take(MAX_ACCREDITORS).map(|accreditor| Question::Count { accreditor, subject: issuer }).collect();
        Self { kind, roots, open, found: Vec::new() }
    }

    /// The slots of the credential registry to be read next; none when the search is over.
    pub fn wanted(&self) -> Vec<B256> {
        self.open.iter().flat_map(|question| question.slots(self.kind)).collect()
    }

    /// Takes the values of [`Search::wanted`], in their order; what is missing counts as empty.
    pub fn read(&mut self, values: &[U256]) {
        let mut values = values.iter().copied().map(B256::from).chain(std::iter::repeat(B256::ZERO));
        for question in std::mem::take(&mut self.open) {
            match question {
                Question::Count { accreditor, subject } => {
                    let count = u32::try_from(U256::from_be_bytes(values.next().unwrap_or_default().0)).unwrap_or(u32::MAX);
                    let held = Held { accreditor, subject, kind: self.kind };
                    let newest = (0..count).rev().take(PERIODS as usize);
                    self.open.extend(newest.map(|number| Question::Period { below: Vec::new(), held, number }));
                }
                Question::Period { below, held, number } => {
                    let slots: [B256; STEP] = std::array::from_fn(|_| values.next().unwrap_or_default());
                    self.step(below, (held, number), slots);
                }
            }
        }
    }

    fn step(&mut self, mut path: Vec<Step>, (held, number): (Held, u32), [first, second, retired, above]: [B256; STEP]) {
        let accreditation = Accreditation::from_slots([first, second]);
        // A period that was never given.
        if accreditation.terms.until == 0 {
            return;
        }
        let Held { accreditor, subject, kind } = held;
        path.push(Step { accreditor, subject, number, accreditation, retired: Moment::from_slot(retired) });
        match accreditation.terms.under {
            None => {
                let root_retired = Moment::from_slot(above);
                let root = self.roots.get(&accreditor).cloned();
                self.found.extend(root.map(|root| Path { root, steps: path, root_retired }));
            }
            Some(under) if path.len() < MAX_STEPS => {
                let held = Held { accreditor: under.accreditor, subject: accreditor, kind };
                self.open.push(Question::Period { below: path, held, number: under.number });
            }
            Some(_) => {}
        }
    }

    /// What was found.
    pub fn paths(self) -> Vec<Path> {
        self.found
    }
}

impl Question {
    fn slots(&self, kind: B256) -> Vec<B256> {
        match self {
            Self::Count { accreditor, subject } => {
                vec![Held { accreditor: *accreditor, subject: *subject, kind }.count_slot()]
            }
            Self::Period { held, number, .. } => {
                let [first, second] = held.period_slots(*number);
                vec![first, second, retired_slot(held.subject), retired_slot(held.accreditor)]
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::did::ethr;
    use crate::registry::rpc::MAX_SLOTS;
    use proptest::prelude::*;

    #[test]
    fn search_asks_no_more_at_a_time_than_a_node_answers() {
        let many = (0..100).map(Address::with_last_byte);
        let mut search = Search::new(Address::repeat_byte(9), B256::ZERO, BTreeMap::new(), many);
        assert_eq!(search.wanted().len(), MAX_ACCREDITORS);
        search.read(&vec![U256::MAX >> 224; MAX_ACCREDITORS]);
        assert_eq!(search.wanted().len(), MAX_ACCREDITORS * PERIODS as usize * STEP);
        assert!(search.wanted().len() <= MAX_SLOTS);
    }

    proptest! {
        #[test]
        fn search_ends_whatever_the_registry_says(
            words in proptest::collection::vec(any::<[u8; 32]>(), 1..40),
            byte in 0u8..4,
        ) {
            let root = ethr::from_address("0x1", &[byte; 20]).expect("a DID");
            let roots = BTreeMap::from([(Address::repeat_byte(byte), root.clone())]);
            let mut search = Search::new(Address::repeat_byte(9), B256::ZERO, roots, [Address::repeat_byte(5)]);
            let mut rounds = 0;
            while !search.wanted().is_empty() {
                let values: Vec<U256> = words.iter().cycle().take(search.wanted().len()).map(|w| U256::from_be_bytes(*w)).collect();
                search.read(&values);
                rounds += 1;
                prop_assert!(rounds <= MAX_STEPS + 1);
            }
            prop_assert!(search.paths().iter().all(|path| path.root == root));
        }
    }
}
