//! Why a block of a chain is trusted, as the app or a trust pack decides it beforehand, and how old it may be.

use alloy_primitives::B256;
use serde::{Deserialize, Serialize};

use super::block::{Block, Header};
use super::contracts;
use super::fault::ChainFault;
use super::rpc::At;
use super::validators::ValidatorSet;
use crate::time::Timestamp;

/// How far a chain's clock and this device's may differ, in seconds.
pub const CLOCK_SKEW: u64 = 300;

/// A block that is known from elsewhere than a node: from the app, or a trust pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// Its number.
    pub number: u64,
    /// Its hash.
    pub hash: B256,
    /// Its time, in seconds since 1970.
    pub time: u64,
}

/// Why blocks of a chain are trusted, and what else must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trust {
    rule: Rule,
    checkpoint: Option<Checkpoint>,
    max_age: Option<u64>,
    has_clock: bool,
    registry_code: B256,
}

/// What makes a block trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rule {
    /// It is the checkpoint, or a block before it.
    Checkpoint(Checkpoint),
    /// Validators sealed it ([`validators`](super::validators)): these, who sealed block `at`, or those they let in.
    Validators {
        /// A block that they sealed.
        at: u64,
        /// The validators.
        set: ValidatorSet,
    },
    /// More than half of the nodes that are asked have it, and two at least.
    Nodes,
}

impl Trust {
    fn new(rule: Rule, checkpoint: Option<Checkpoint>) -> Self {
        Self { rule, checkpoint, max_age: None, has_clock: true, registry_code: contracts::DID_REGISTRY_CODE_HASH }
    }

    /// Trusts the checkpoint and the blocks before it; nothing newer is seen.
    pub fn checkpoint(checkpoint: Checkpoint) -> Self {
        Self::new(Rule::Checkpoint(checkpoint), Some(checkpoint))
    }

    /// Trusts what a quorum of `set`, the validators that sealed block `at`, sealed; or of those they let in since.
    pub fn validators(set: ValidatorSet, at: u64) -> Self {
        Self::new(Rule::Validators { at, set }, None)
    }

    /// Trusts what more than half of several nodes have: for chains that give nothing better.
    pub fn nodes() -> Self {
        Self::new(Rule::Nodes, None)
    }

    /// Refuses blocks before `checkpoint`, another one in its place, and a clock that is behind it.
    pub fn since(mut self, checkpoint: Checkpoint) -> Self {
        if !matches!(self.rule, Rule::Checkpoint(_)) {
            self.checkpoint = Some(checkpoint);
        }
        self
    }

    /// Refuses to read from a block older than `seconds`: for chains that make blocks whether or not anything happens.
    pub fn no_older_than(mut self, seconds: u64) -> Self {
        self.max_age = Some(seconds);
        self
    }

    /// Takes the time that is given for one to judge as of, and not for this device's clock: it may be before the newest block.
    pub fn without_clock(mut self) -> Self {
        self.has_clock = false;
        self
    }

    /// The DID registry's code hashes to `code_hash`, and not to that of our own contract: a stock ERC-1056 registry.
    pub fn stock_registry(mut self, code_hash: B256) -> Self {
        self.registry_code = code_hash;
        self
    }

    /// What makes a block trusted.
    pub fn rule(&self) -> &Rule {
        &self.rule
    }

    /// The Keccak-256 of the DID registry's code.
    pub fn registry_code(&self) -> B256 {
        self.registry_code
    }

    /// At which block the chain is read.
    pub fn at(&self) -> At {
        match self.rule {
            Rule::Checkpoint(checkpoint) => At::Block(checkpoint.number),
            _ => At::Latest,
        }
    }

    /// Refuses a clock that is behind the checkpoint: with it an old state, or an expired key, would pass for a current one.
    pub fn check_clock(&self, now: &Timestamp) -> Result<(), ChainFault> {
        let behind = self.has_clock && self.checkpoint.is_some_and(|checkpoint| seconds(now) < checkpoint.time);
        if behind { Err(ChainFault::ClockBehind) } else { Ok(()) }
    }

    /// Checks the block that the chain is to be read at, but for what the rule asks of others.
    pub fn check_head(&self, block: &Block, now: &Timestamp) -> Result<(), ChainFault> {
        check_hash(block)?;
        if let Some(checkpoint) = &self.checkpoint {
            let same = block.hash == checkpoint.hash && block.header.timestamp == checkpoint.time;
            if block.header.number < checkpoint.number || (block.header.number == checkpoint.number && !same) {
                return Err(ChainFault::NotTheCheckpoint);
            }
        }
        let (time, now) = (block.header.timestamp, seconds(now));
        if self.has_clock && time > now.saturating_add(CLOCK_SKEW) {
            return Err(ChainFault::ClockBehind);
        }
        let age = now.saturating_sub(time);
        if self.max_age.is_some_and(|most| age > most) { Err(ChainFault::Stale { seconds: age }) } else { Ok(()) }
    }
}

/// Checks that a header has the hash that is given for it.
pub fn check_hash(block: &Block) -> Result<(), ChainFault> {
    if block.header.hash() == block.hash { Ok(()) } else { Err(ChainFault::HeaderAltered) }
}

/// Checks that `older` are the blocks before `newer`, newest first, each the parent of the one before it.
pub fn check_links(newer: &Header, older: &[Block]) -> Result<(), ChainFault> {
    let (mut parent, mut number) = (newer.parent_hash, newer.number);
    for block in older {
        check_hash(block)?;
        if block.hash != parent || block.header.number + 1 != number {
            return Err(ChainFault::NotLinked);
        }
        (parent, number) = (block.header.parent_hash, block.header.number);
    }
    Ok(())
}

fn seconds(now: &Timestamp) -> u64 {
    u64::try_from(now.unix()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::block::tests::mainnet_genesis;

    fn block(number: u64, parent_hash: B256, timestamp: u64) -> Block {
        let header = Header { number, parent_hash, timestamp, ..mainnet_genesis() };
        Block { hash: header.hash(), header }
    }

    fn time(seconds: i64) -> Timestamp {
        Timestamp::from_unix(seconds).expect("a time in range")
    }

    #[test]
    fn checkpoint_is_a_floor_and_itself() {
        let at = block(7, B256::ZERO, 1000);
        let checkpoint = Checkpoint { number: 7, hash: at.hash, time: 1000 };
        let trust = Trust::nodes().since(checkpoint);
        assert_eq!(trust.check_head(&at, &time(1000)), Ok(()));
        assert_eq!(trust.check_head(&block(8, at.hash, 1001), &time(1001)), Ok(()));
        assert_eq!(trust.check_head(&block(6, B256::ZERO, 999), &time(1001)), Err(ChainFault::NotTheCheckpoint));
        assert_eq!(trust.check_head(&block(7, at.hash, 1000), &time(1001)), Err(ChainFault::NotTheCheckpoint));
        assert_eq!(Trust::checkpoint(checkpoint).since(Checkpoint { number: 9, ..checkpoint }), Trust::checkpoint(checkpoint));
        assert_eq!((trust.at(), Trust::checkpoint(checkpoint).at()), (At::Latest, At::Block(7)));
    }

    #[test]
    fn clock_behind_the_chain_is_refused_and_so_is_an_old_block() {
        let at = block(7, B256::ZERO, 1000);
        let trust = Trust::nodes().since(Checkpoint { number: 7, hash: at.hash, time: 1000 });
        assert_eq!(trust.check_clock(&time(999)), Err(ChainFault::ClockBehind));
        assert_eq!(trust.check_clock(&time(1000)), Ok(()));
        assert_eq!(Trust::nodes().check_head(&at, &time(699)), Err(ChainFault::ClockBehind));
        assert_eq!(Trust::nodes().check_head(&at, &time(700)), Ok(()));
        assert_eq!(Trust::nodes().check_head(&at, &time(1_000_000)), Ok(()));
        let strict = Trust::nodes().no_older_than(60);
        assert_eq!(strict.check_head(&at, &time(1060)), Ok(()));
        assert_eq!(strict.check_head(&at, &time(1061)), Err(ChainFault::Stale { seconds: 61 }));
    }

    #[test]
    fn time_to_judge_as_of_may_be_before_the_newest_block_where_it_is_no_clock() {
        let at = block(7, B256::ZERO, 1000);
        assert_eq!(Trust::nodes().check_head(&at, &time(600)), Err(ChainFault::ClockBehind));
        assert_eq!(Trust::nodes().without_clock().check_head(&at, &time(600)), Ok(()));
        let known = Trust::checkpoint(Checkpoint { number: 7, hash: at.hash, time: 1000 });
        assert_eq!(known.check_clock(&time(600)), Err(ChainFault::ClockBehind));
        assert_eq!(known.without_clock().check_clock(&time(600)), Ok(()));
    }

    #[test]
    fn header_that_does_not_hash_to_its_hash_is_altered() {
        let mut at = block(7, B256::ZERO, 1000);
        at.header.gas_used += 1;
        assert_eq!(Trust::nodes().check_head(&at, &time(1000)), Err(ChainFault::HeaderAltered));
    }

    #[test]
    fn blocks_are_linked_by_the_hash_of_each_parent() {
        let first = block(1, B256::ZERO, 10);
        let second = block(2, first.hash, 20);
        let third = block(3, second.hash, 30).header;
        assert_eq!(check_links(&third, &[second.clone(), first.clone()]), Ok(()));
        assert_eq!(check_links(&third, std::slice::from_ref(&first)), Err(ChainFault::NotLinked));
        assert_eq!(check_links(&third, &[second.clone(), second.clone()]), Err(ChainFault::NotLinked));
        let forged = Block { header: Header { state_root: B256::ZERO, ..second.header }, ..second };
        assert_eq!(check_links(&third, &[forged, first]), Err(ChainFault::HeaderAltered));
    }
}
