//! Why what a node said is not taken for proven.

use super::state_proof::ProofFault;
use crate::error::WalletError;

/// Why what a node said is not taken for proven. Nothing is known then: neither that it lied, nor what would have been true.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChainFault {
    /// It did not answer, or not as JSON-RPC has it.
    #[error("{0}")]
    Node(#[from] WalletError),
    /// It is of another chain.
    #[error("the node is of another chain than the network it is configured for")]
    OtherChain,
    /// It has no such block.
    #[error("the node has no such block")]
    NoBlock,
    /// It gave another block than was asked for.
    #[error("the node gave another block than it was asked for")]
    OtherBlock,
    /// A header does not hash to the hash that is given for it.
    #[error("a block's header does not have the block's hash")]
    HeaderAltered,
    /// The block is not sealed as QBFT or IBFT 2.0 do it.
    #[error("the block carries no seals of validators")]
    NotSealed,
    /// A seal is by nobody the header lists, there twice, or no signature at all.
    #[error("a seal of the block is forged")]
    ForgedSeal,
    /// Fewer validators sealed the block than make a quorum.
    #[error("only {sealed} validators sealed the block, and {quorum} make a quorum")]
    TooFewSeals {
        /// How many did.
        sealed: usize,
        /// How many it takes.
        quorum: usize,
    },
    /// The block's validators are not the known ones, and too few of those sealed it to vouch for them.
    #[error("the block is sealed by validators that nobody known vouches for")]
    UnknownValidators,
    /// Most nodes that were asked do not have the block.
    #[error("only {agreeing} of {asked} nodes have this block")]
    NodesDisagree {
        /// How many have it.
        agreeing: u32,
        /// How many were asked.
        asked: u32,
    },
    /// The block is older than the checkpoint, or another one in its place.
    #[error("the block is not the checkpoint, or after it")]
    NotTheCheckpoint,
    /// An older block is too far back to be linked to a trusted one.
    #[error("an earlier block is too far back to be linked to a trusted one")]
    TooFarBack,
    /// The headers do not link an older block to a trusted one.
    #[error("an earlier block is not linked to a trusted one")]
    NotLinked,
    /// The node is behind what was seen before.
    #[error("the node is behind a block that was seen before")]
    WentBack,
    /// The newest block is older than the policy allows.
    #[error("the newest block is {seconds} seconds old")]
    Stale {
        /// Its age.
        seconds: u64,
    },
    /// The clock is behind the checkpoint, or behind the newest block.
    #[error("the clock of this device is behind the chain's")]
    ClockBehind,
    /// A state proof is wrong.
    #[error("{0}")]
    Proof(#[from] ProofFault),
    /// The events are not all of them, or not as they happened.
    #[error("the events are not those the registry's storage tells of")]
    EventsAltered,
    /// The receipts are not those of their block.
    #[error("the receipts are not those of their block")]
    ReceiptsAltered,
}

impl From<ChainFault> for WalletError {
    fn from(fault: ChainFault) -> Self {
        match fault {
            ChainFault::Node(error) => error,
            ChainFault::OtherChain | ChainFault::ClockBehind => Self::misused(fault),
            fault => Self::unreachable("a chain that can be trusted", fault),
        }
    }
}

impl ChainFault {
    /// Whether an honest node may cause it for a moment: while a block comes or is taken back between two answers, or two machines
    /// answer in turn. One that did not answer at all is not asked again here: the ledger did that.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Node(error) => matches!(error, WalletError::Malformed { .. } | WalletError::Refused { .. }),
            Self::Proof(fault) => !matches!(fault, ProofFault::WrongCode | ProofFault::NoContract | ProofFault::Oversized),
            Self::NoBlock | Self::OtherBlock | Self::WentBack | Self::NodesDisagree { .. } => true,
            Self::EventsAltered | Self::ReceiptsAltered => true,
            _ => false,
        }
    }
}
