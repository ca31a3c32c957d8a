//! Reading a contract's storage with its proof: what to ask in one round trip, and what the answers come to.

use alloy_primitives::{Address, B256, U256};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::block::{Block, Header};
use super::fault::ChainFault;
use super::ledger::{RpcRefusal, RpcRequest};
use super::rpc::{self, At};
use super::state_proof::{self, Wanted};
use crate::did::Grounds;
use crate::error::{Result, WalletError};

/// A contract, pinned by its code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Contract {
    /// Where it is.
    pub address: Address,
    /// The Keccak-256 of its code.
    pub code_hash: B256,
}

/// The values of storage slots at a block there is reason to trust.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvenSlots {
    /// The values, in the order they were asked for.
    pub values: Vec<U256>,
    /// The block.
    pub block: u64,
    /// Its time, in seconds since 1970.
    pub time: u64,
    /// Why it is trusted.
    pub grounds: Grounds,
}

/// Some slots of a contract on a chain, to be read with their proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading<'a> {
    /// The chain (EIP-155).
    pub chain_id: u64,
    /// The contract.
    pub contract: Contract,
    /// The slots.
    pub slots: &'a [B256],
}

impl Reading<'_> {
    /// The requests whose answers [`Reading::read_block`] and [`Reading::read_slots`] read; others may follow in the same batch.
    pub fn requests(&self, at: At) -> Vec<RpcRequest> {
        vec![rpc::chain_id(), rpc::block(at), rpc::proof(self.contract.address, self.slots, at)]
    }

    /// The block the answers are of. Whether it is to be trusted is not checked yet, nor its hash.
    pub fn read_block(&self, answers: &[Result<Value, RpcRefusal>], at: At) -> Result<Block, ChainFault> {
        if rpc::read_quantity(granted(answers, 0)?)? != self.chain_id {
            return Err(ChainFault::OtherChain);
        }
        read_block(granted(answers, 1)?, at)
    }

    /// The slots' values, if the answers prove them in the state of `header`.
    pub fn read_slots(&self, answers: &[Result<Value, RpcRefusal>], header: &Header) -> Result<Vec<U256>, ChainFault> {
        let proof = rpc::read_proof(granted(answers, 2)?)?;
        let wanted = Wanted { contract: self.contract.address, code_hash: self.contract.code_hash, slots: self.slots };
        Ok(state_proof::check(&proof, &wanted, header.state_root)?)
    }
}

/// Reads the block that was asked for.
pub fn read_block(answer: &Value, at: At) -> Result<Block, ChainFault> {
    let block = rpc::read_block(answer)?.ok_or(ChainFault::NoBlock)?;
    match at {
        At::Block(number) if number != block.header.number => Err(ChainFault::OtherBlock),
        _ => Ok(block),
    }
}

/// The answer to question `place` of a batch, unless it was refused.
pub fn granted(answers: &[Result<Value, RpcRefusal>], place: usize) -> Result<&Value> {
    match answers.get(place) {
        Some(answer) => answer.as_ref().map_err(|refusal| WalletError::refused("the node", refusal)),
        None => Err(WalletError::malformed("answer of the node", "some answers are missing")),
    }
}
