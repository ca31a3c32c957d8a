//! The DID registry's chain: what is written to it, what it answers, and a chain of one's own.
//!
//! Everything here is pure but [`Ledger`], the one way to a chain, and the embedded chain that answers it. The contracts are
//! [`DidRegistry.sol`](https://eips.ethereum.org/EIPS/eip-1056) (ERC-1056) and `CredentialRegistry.sol`, in `contracts/`.

mod abi;
pub mod account;
pub mod accreditation;
pub mod anchor;
pub mod block;
pub mod contracts;
pub mod credential_registry;
pub mod did_registry;
#[cfg(feature = "embedded-chain")]
pub mod embedded;
pub mod fault;
pub mod identity;
pub mod ledger;
pub mod proven;
pub mod qbft;
pub mod receipt;
pub mod relay;
pub mod rpc;
pub mod slot;
pub mod state_proof;
pub mod transaction;
pub mod trust;
pub mod validators;

pub use account::RecoverableSignature;
pub use alloy_primitives::{Address, B256, Bytes, U256};
pub use anchor::{Inclusion, MerkleTree};
pub use block::{Block, Header};
pub use credential_registry::CredentialWrite;
pub use did_registry::DidWrite;
#[cfg(feature = "embedded-chain")]
pub use embedded::EmbeddedChain;
pub use fault::ChainFault;
pub use ledger::{Ledger, RpcRefusal, RpcRequest};
pub use proven::{Contract, ProvenSlots};
pub use receipt::{Log, Receipt};
pub use relay::Relay;
pub use state_proof::ProofFault;
pub use transaction::{Fees, SignedTransaction, Transaction};
pub use trust::{Checkpoint, Rule, Trust};
pub use validators::ValidatorSet;

/// Where a network's registry is: a chain and the addresses of the two contracts on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Deployment {
    /// The chain's identifier (EIP-155).
    pub chain_id: u64,
    /// The address of `DidRegistry`, or of a stock ERC-1056 registry.
    pub did_registry: Address,
    /// The address of `CredentialRegistry`.
    pub credential_registry: Address,
}

/// What a registry says of something, and how far that can be trusted.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Told<T> {
    /// What it says.
    pub what: T,
    /// How far that can be trusted, and the block it was read at.
    pub standing: crate::did::Standing,
}
