//! Sets of validators, and how one set vouches for the next (QBFT and IBFT 2.0 with the validators in the block headers).
//!
//! A block lists the validators that may seal it. It is trusted when a quorum of those sealed it, and, where they are not the known
//! ones, more than a third of the known ones did too: then one of these at least is honest, and an honest validator seals only what
//! follows from the blocks before. Where a set has changed more than that, a block in between is looked at first, and so step by step.
//! This holds while fewer than a third of each set on the way are dishonest, those who have left since included.

use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::Address;
use serde::{Deserialize, Serialize};

use super::block::Header;
use super::fault::ChainFault;
use super::qbft::{self, ExtraData, MAX_VALIDATORS};
use crate::error::{Result, WalletError};

/// The most sets that are remembered.
const MAX_SETS: usize = 256;

/// The validators of a chain at one time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "BTreeSet<Address>", into = "BTreeSet<Address>")]
pub struct ValidatorSet(BTreeSet<Address>);

impl ValidatorSet {
    /// A set of at least one and at most [`MAX_VALIDATORS`]; fails with `Misused` otherwise.
    pub fn new(validators: impl IntoIterator<Item = Address>) -> Result<Self> {
        Self::try_from(validators.into_iter().take(MAX_VALIDATORS + 1).collect::<BTreeSet<_>>())
    }

    /// How many of them must seal a block: two thirds, rounded up (Besu's `calculateRequiredValidatorQuorum`).
    pub fn quorum(&self) -> usize {
        (2 * self.0.len()).div_ceil(3)
    }

    /// The validators `header` lists, if these vouch for it.
    ///
    /// Fails with [`ChainFault::UnknownValidators`] when all is well but that too few of these sealed it.
    pub fn vouch(&self, header: &Header) -> Result<Self, ChainFault> {
        let listed = ExtraData::of(header).ok_or(ChainFault::NotSealed)?.validators;
        // A network whose validators stand in a contract lists none.
        let listed = if listed.is_empty() { self.clone() } else { Self::new(listed).map_err(|_| ChainFault::NotSealed)? };
        let sealers = qbft::sealers(header).map_err(|_| ChainFault::ForgedSeal)?;
        let sealed: BTreeSet<Address> = sealers.iter().copied().collect();
        if sealed.len() != sealers.len() || !sealed.is_subset(&listed.0) {
            return Err(ChainFault::ForgedSeal);
        }
        let quorum = listed.quorum();
        if sealed.len() < quorum {
            return Err(ChainFault::TooFewSeals { sealed: sealed.len(), quorum });
        }
        if listed != *self && sealed.intersection(&self.0).count() * 3 <= self.0.len() {
            return Err(ChainFault::UnknownValidators);
        }
        Ok(listed)
    }
}

impl TryFrom<BTreeSet<Address>> for ValidatorSet {
    type Error = WalletError;

    fn try_from(validators: BTreeSet<Address>) -> Result<Self> {
        match validators.len() {
            1..=MAX_VALIDATORS => Ok(Self(validators)),
            _ => Err(WalletError::misused(format!("a set of validators has between 1 and {MAX_VALIDATORS}"))),
        }
    }
}

impl From<ValidatorSet> for BTreeSet<Address> {
    fn from(set: ValidatorSet) -> Self {
        set.0
    }
}

/// The sets that are known, by the number of a block that each sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownValidators(BTreeMap<u64, ValidatorSet>);

impl KnownValidators {
    /// At first the set that sealed block `number`.
    pub fn new(number: u64, set: ValidatorSet) -> Self {
        Self(BTreeMap::from([(number, set)]))
    }

    /// The known set nearest to block `number`, with the block it is known to have sealed.
    pub fn nearest(&self, number: u64) -> (u64, &ValidatorSet) {
        let before = self.0.range(..=number).next_back();
        let after = self.0.range(number..).next();
        let nearest = before.into_iter().chain(after).min_by_key(|(at, _)| at.abs_diff(number));
        let (at, set) = nearest.expect("one set is known from the beginning");
        (*at, set)
    }

    /// Whether the known validators vouch for `header`; if so, those it lists are known from now on.
    pub fn vouch(&mut self, header: &Header) -> Result<(), ChainFault> {
        let (_, known) = self.nearest(header.number);
        let listed = known.vouch(header)?;
        if self.0.len() < MAX_SETS {
            self.0.insert(header.number, listed);
            self.forget_between();
        }
        Ok(())
    }

    /// Of blocks in a row with the same set, the first and the last say enough.
    fn forget_between(&mut self) {
        let all: Vec<(&u64, &ValidatorSet)> = self.0.iter().collect();
        let between: Vec<u64> = all
            .windows(3)
            .filter(|three| three[0].1 == three[1].1 && three[1].1 == three[2].1)
            .map(|three| *three[1].0)
            .collect();
        for number in between {
            self.0.remove(&number);
        }
    }

    /// The number of the block to look at before block `number`, when too few of the nearest known validators vouch for that.
    ///
    /// None when there is no block in between.
    pub fn between(&self, number: u64) -> Option<u64> {
        let (at, _) = self.nearest(number);
        let middle = at.min(number) + at.abs_diff(number) / 2;
        (middle != at && middle != number).then_some(middle)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::block::tests::mainnet_genesis;
    use crate::registry::qbft::tests::{sealed, validator};
    use crate::registry::qbft::{MIX_HASH, Protocol};

    fn set(numbers: &[u8]) -> ValidatorSet {
        ValidatorSet::new(numbers.iter().map(|n| validator(*n))).expect("a set")
    }

    fn header(number: u64, listed: &[u8], sealers: &[u8]) -> Header {
        let extra = ExtraData {
            protocol: Protocol::Qbft,
            vanity: vec![0; 32].into(),
            validators: listed.iter().map(|n| validator(*n)).collect(),
            vote: None,
            round: 0,
            seals: vec![],
        };
        let header = Header { number, mix_hash: MIX_HASH, extra_data: extra.encode().into(), ..mainnet_genesis() };
        sealed(header, sealers)
    }

    #[test]
    fn quorum_is_besus() {
        // Besu's `IbftCommitSealsValidationRuleTest`.
        let quorum = |n: u8| set(&(1..=n).collect::<Vec<_>>()).quorum();
        assert_eq!([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12].map(quorum), [1, 2, 2, 3, 4, 4, 5, 6, 6, 7, 8]);
        assert!(ValidatorSet::new([]).is_err());
    }

    #[test]
    fn quorum_of_the_known_set_vouches() {
        let known = set(&[1, 2, 3, 4]);
        assert_eq!(known.vouch(&header(5, &[1, 2, 3, 4], &[4, 2, 1])), Ok(known.clone()));
        assert_eq!(known.vouch(&header(5, &[1, 2, 3, 4], &[1, 2])), Err(ChainFault::TooFewSeals { sealed: 2, quorum: 3 }));
        assert_eq!(known.vouch(&header(5, &[1, 2, 3, 4], &[])), Err(ChainFault::TooFewSeals { sealed: 0, quorum: 3 }));
        assert_eq!(known.vouch(&header(5, &[1, 2, 3, 4], &[1, 2, 2])), Err(ChainFault::ForgedSeal));
        assert_eq!(known.vouch(&header(5, &[1, 2, 3, 4], &[1, 2, 9])), Err(ChainFault::ForgedSeal));
        assert_eq!(known.vouch(&mainnet_genesis()), Err(ChainFault::NotSealed));
        // In a network whose validators stand in a contract the header lists none.
        assert_eq!(known.vouch(&header(5, &[], &[1, 2, 3])), Ok(known));
    }

    #[test]
    fn known_set_vouches_for_one_that_it_shares_enough_with() {
        let known = set(&[1, 2, 3, 4]);
        assert_eq!(known.vouch(&header(5, &[1, 2, 3, 4, 5], &[1, 2, 3, 5])), Ok(set(&[1, 2, 3, 4, 5])));
        assert_eq!(known.vouch(&header(5, &[1, 2, 3], &[1, 2])), Ok(set(&[1, 2, 3])));
        // One of four may be a liar: its seal says nothing of strangers.
        assert_eq!(known.vouch(&header(5, &[1, 6, 7], &[1, 6, 7])), Err(ChainFault::UnknownValidators));
        assert_eq!(known.vouch(&header(5, &[6, 7, 8], &[6, 7, 8])), Err(ChainFault::UnknownValidators));
        // Two of three known sealers are not enough when the list they sealed has six.
        assert_eq!(
            known.vouch(&header(5, &[1, 2, 3, 6, 7, 8], &[1, 2, 3])),
            Err(ChainFault::TooFewSeals { sealed: 3, quorum: 4 })
        );
    }

    #[test]
    fn change_by_one_always_has_enough_in_common() {
        for n in 1..20u8 {
            let (all, more): (Vec<u8>, Vec<u8>) = ((1..=n).collect(), (1..=n + 1).collect());
            let (few, many) = (set(&all), set(&more));
            // The fewest who seal, the newcomer among them.
            let joined = &more[more.len() - many.quorum()..];
            assert_eq!(few.vouch(&header(1, &more, joined)), Ok(many.clone()), "{n} and one more");
            let left = &all[..few.quorum()];
            assert_eq!(many.vouch(&header(1, &all, left)), Ok(few), "{n} after one left");
        }
    }

    #[test]
    fn sets_are_followed_step_by_step_in_both_directions() {
        let mut known = KnownValidators::new(100, set(&[1, 2, 3, 4]));
        let far = header(200, &[5, 6, 7, 8], &[5, 6, 7]);
        assert_eq!(known.vouch(&far), Err(ChainFault::UnknownValidators));
        assert_eq!(known.between(200), Some(150));
        assert_eq!(known.vouch(&header(150, &[3, 4, 5, 6], &[3, 4, 5])), Ok(()));
        assert_eq!(known.vouch(&far), Ok(()));
        assert_eq!(known.nearest(180).0, 200);
        assert_eq!(known.nearest(110), (100, &set(&[1, 2, 3, 4])));
        assert_eq!(known.vouch(&header(40, &[1, 2, 9], &[1, 2])), Ok(()));
        assert_eq!((known.nearest(0).0, known.between(39)), (40, None));
    }

    #[test]
    fn many_blocks_of_one_set_take_little_memory() {
        let mut known = KnownValidators::new(0, set(&[1]));
        for number in 1..300 {
            assert_eq!(known.vouch(&header(number, &[1], &[1])), Ok(()));
        }
        assert_eq!((known.0.len(), known.nearest(1000).0, known.between(1000)), (2, 299, Some(649)));
    }
}
