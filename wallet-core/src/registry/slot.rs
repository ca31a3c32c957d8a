//! Where Solidity keeps a mapping's values, so that `eth_getProof` can be asked for them.

use alloy_primitives::{Address, B256, U256, keccak256};

/// The slot of `mapping[key]` when the mapping itself is at `mapping` (Solidity, layout of state variables in storage).
pub fn of(mapping: B256, key: B256) -> B256 {
    keccak256([key, mapping].concat())
}

/// The slot of the contract's variable number `index`.
pub fn variable(index: u64) -> B256 {
    B256::from(U256::from(index))
}

/// The slot `offset` places after `slot`.
pub fn after(slot: B256, offset: u64) -> B256 {
    B256::from(U256::from_be_bytes(slot.0).wrapping_add(U256::from(offset)))
}

/// The key an address makes in a mapping.
pub fn key(address: Address) -> B256 {
    address.into_word()
}
