//! Receipts and logs: what transactions left behind.

use alloy_primitives::{Address, B256, Bloom, Bytes};
use alloy_rlp::Encodable;

use super::block::Header;
use super::fault::ChainFault;

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

/// All logs of the block of `header`, in order, if `receipts` are all of its receipts (yellow paper §4.3.1, EIP-2718).
///
/// What a receipt says of the place of its logs is replaced by what the header and their order say.
pub fn proven_logs(receipts: Vec<Receipt>, header: &Header) -> Result<Vec<Log>, ChainFault> {
    if root(&receipts) != header.receipts_root {
        return Err(ChainFault::ReceiptsAltered);
    }
    let hash = header.hash();
    let logs = receipts.into_iter().zip(0..).flat_map(|(receipt, transaction_index)| {
        let transaction_hash = receipt.transaction_hash;
        receipt.logs.into_iter().map(move |log| Log { transaction_hash, transaction_index, ..log })
    });
    let placed = |(log_index, log)| Log {
        block_number: header.number,
        block_hash: hash,
        block_timestamp: Some(header.timestamp),
        log_index,
        ..log
    };
    Ok((0..).zip(logs).map(placed).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::block::tests::mainnet_genesis;
    use proptest::prelude::*;

    fn receipt(transaction_type: u8, count: u8) -> Receipt {
        let log = |n: u8| Log {
            address: Address::repeat_byte(n),
            topics: vec![B256::repeat_byte(n)],
            data: vec![n].into(),
            block_number: 0,
            block_hash: B256::ZERO,
            block_timestamp: None,
            transaction_hash: B256::ZERO,
            transaction_index: 0,
            log_index: 99,
        };
        let logs: Vec<Log> = (0..count).map(log).collect();
        Receipt {
            transaction_hash: B256::repeat_byte(transaction_type),
            transaction_index: 0,
            transaction_type,
            block_number: 0,
            block_hash: B256::ZERO,
            succeeded: true,
            gas_used: 0,
            cumulative_gas_used: u64::from(count),
            contract_address: None,
            logs_bloom: bloom(&logs),
            logs,
        }
    }

    #[test]
    fn receipt_is_encoded_by_its_type() {
        // EIP-2718: the type's byte stands before the list; a legacy receipt begins with the list.
        assert_eq!(receipt(2, 0).encode()[0], 2);
        assert_eq!(receipt(2, 0).encode()[1..], receipt(0, 0).encode());
        assert!(receipt(0, 0).encode()[0] >= alloy_rlp::EMPTY_LIST_CODE);
    }

    #[test]
    fn logs_are_numbered_by_their_order_and_not_by_what_is_said() {
        let receipts = vec![receipt(2, 2), receipt(0, 0), receipt(1, 1)];
        let header = Header { number: 7, timestamp: 70, receipts_root: root(&receipts), ..mainnet_genesis() };
        let logs = proven_logs(receipts, &header).expect("all of the block's receipts");
        let places: Vec<_> = logs.iter().map(|log| (log.block_number, log.transaction_index, log.log_index)).collect();
        assert_eq!(places, [(7, 0, 0), (7, 0, 1), (7, 2, 2)]);
        assert!(logs.iter().all(|log| log.block_timestamp == Some(70) && log.block_hash == header.hash()));
    }

    proptest! {
        #[test]
        fn receipts_left_out_added_or_altered_are_noticed(
            all in proptest::collection::vec((0u8..4, 0u8..4), 1..150), at: usize, way in 0..5,
        ) {
            let receipts: Vec<Receipt> = all.iter().map(|(kind, count)| receipt(*kind, *count)).collect();
            let header = Header { receipts_root: root(&receipts), ..mainnet_genesis() };
            let mut bent = receipts.clone();
            let at = at % bent.len();
            match way {
                0 => drop(bent.remove(at)),
                1 => bent.insert(at, receipt(0, 9)),
                2 => bent[at].logs.push(receipt(0, 1).logs[0].clone()),
                3 => bent[at].cumulative_gas_used += 1,
                _ => bent[at].succeeded = false,
            }
            prop_assert!(proven_logs(receipts, &header).is_ok());
            prop_assert_eq!(proven_logs(bent, &header), Err(ChainFault::ReceiptsAltered));
        }
    }
}
