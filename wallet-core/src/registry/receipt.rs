//! Receipts and logs: what transactions left behind.

use alloy_primitives::{Address, B256, Bloom, Bytes};
use alloy_rlp::Encodable;

/// What one transaction did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The transaction.
    pub transaction_hash: B256,
    /// Its place in its block.
    pub transaction_index: u64,
    /// Its type: 0 for legacy, 2 for EIP-1559 (EIP-2718).
    pub transaction_type: u8,
    /// Its block.
    pub block_number: u64,
    /// The hash of its block.
    pub block_hash: B256,
    /// Whether it was carried out; a reverted transaction changed nothing but its sender's nonce.
    pub succeeded: bool,
    /// The gas it used.
    pub gas_used: u64,
    /// The gas the block had used after it.
    pub cumulative_gas_used: u64,
    /// The contract it created.
    pub contract_address: Option<Address>,
    /// The bloom filter over its logs.
    pub logs_bloom: Bloom,
    /// Its logs, in order.
    pub logs: Vec<Log>,
}

/// One event of a contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// The contract.
    pub address: Address,
    /// The event's signature hash and its indexed arguments, four at the most.
    pub topics: Vec<B256>,
    /// Its other arguments, ABI-encoded.
    pub data: Bytes,
    /// Its block.
    pub block_number: u64,
    /// The hash of its block.
    pub block_hash: B256,
    /// The time of its block in seconds since 1970, from nodes that say so.
    pub block_timestamp: Option<u64>,
    /// The transaction that caused it.
    pub transaction_hash: B256,
    /// That transaction's place in its block.
    pub transaction_index: u64,
    /// The log's place among all logs of its block.
    pub log_index: u64,
}

impl Receipt {
    /// The form whose trie has the header's receipts root: type byte and RLP list (EIP-658, EIP-2718).
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        if self.transaction_type != 0 {
            out.push(self.transaction_type);
        }
        let logs: Vec<alloy_primitives::Log> = self.logs.iter().map(Log::committed).collect();
        let fields: [&dyn Encodable; 4] = [&self.succeeded, &self.cumulative_gas_used, &self.logs_bloom, &logs];
        alloy_rlp::encode_list::<_, dyn Encodable>(&fields, &mut out);
        out
    }
}

impl Log {
    /// The part of a log that a block commits to.
    fn committed(&self) -> alloy_primitives::Log {
        alloy_primitives::Log::new_unchecked(self.address, self.topics.clone(), self.data.clone())
    }
}

/// The bloom filter over `logs`.
pub fn bloom(logs: &[Log]) -> Bloom {
    let mut bloom = Bloom::ZERO;
    for log in logs {
        bloom.accrue_log(&log.committed());
    }
    bloom
}

/// The root of a block's receipts, in order.
pub fn root(receipts: &[Receipt]) -> B256 {
    let encoded: Vec<Vec<u8>> = receipts.iter().map(Receipt::encode).collect();
    alloy_trie::root::ordered_trie_root_encoded(&encoded)
}
