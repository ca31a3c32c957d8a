//! Block headers: their fields, RLP form and hash.

use alloy_primitives::{Address, B64, B256, Bloom, Bytes, U256, b256, keccak256};
use alloy_rlp::{Decodable, Encodable};

use super::qbft;
use crate::error::{Result, WalletError};

/// The hash of an empty list of uncles, which every block sealed without mining has.
pub const NO_OMMERS: B256 = b256!("1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347");

/// A header and the hash a node gives for it, which only [`Header::hash`] confirms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// The hash the node says it has.
    pub hash: B256,
    /// The header.
    pub header: Header,
}

/// A block header (Ethereum yellow paper §4.3, with the fields later forks append).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The hash of the block before.
    pub parent_hash: B256,
    /// The hash of the list of uncles.
    pub ommers_hash: B256,
    /// Who is paid; under QBFT the validator that proposed the block.
    pub beneficiary: Address,
    /// The root of the state after this block.
    pub state_root: B256,
    /// The root of the block's transactions.
    pub transactions_root: B256,
    /// The root of the block's receipts.
    pub receipts_root: B256,
    /// The bloom filter over the block's logs.
    pub logs_bloom: Bloom,
    /// The difficulty; 1 under QBFT.
    pub difficulty: U256,
    /// The block's number.
    pub number: u64,
    /// The most gas its transactions may use.
    pub gas_limit: u64,
    /// The gas they used.
    pub gas_used: u64,
    /// Its time, in seconds since 1970.
    pub timestamp: u64,
    /// Free bytes; under QBFT the validators and their seals ([`qbft::ExtraData`]).
    pub extra_data: Bytes,
    /// The mix hash; under QBFT and IBFT 2.0 a constant ([`qbft::MIX_HASH`]).
    pub mix_hash: B256,
    /// The proof-of-work nonce; zero otherwise.
    pub nonce: B64,
    /// The fields forks have appended, in their order, as far as this block has them.
    pub fork: ForkFields,
}

/// What forks have appended to the header; a field is there only if those before it are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ForkFields {
    /// London: the base fee of a unit of gas, in wei (EIP-1559).
    pub base_fee: Option<U256>,
    /// Shanghai: the root of the withdrawals (EIP-4895).
    pub withdrawals_root: Option<B256>,
    /// Cancun: the blob gas used (EIP-4844).
    pub blob_gas_used: Option<u64>,
    /// Cancun: the blob gas above target (EIP-4844).
    pub excess_blob_gas: Option<u64>,
    /// Cancun: the root of the beacon block before (EIP-4788).
    pub parent_beacon_block_root: Option<B256>,
    /// Prague: the hash of the execution requests (EIP-7685).
    pub requests_hash: Option<B256>,
}

impl Header {
    /// The RLP form with `extra_data` in place of its own.
    pub(super) fn encode_with(&self, extra_data: &[u8]) -> Vec<u8> {
        let mut fields: Vec<&dyn Encodable> = vec![
            &self.parent_hash,
            &self.ommers_hash,
            &self.beneficiary,
            &self.state_root,
            &self.transactions_root,
            &self.receipts_root,
            &self.logs_bloom,
            &self.difficulty,
            &self.number,
            &self.gas_limit,
            &self.gas_used,
            &self.timestamp,
            &extra_data,
            &self.mix_hash,
            &self.nonce,
        ];
        let fork: [Option<&dyn Encodable>; 6] = [
            self.fork.base_fee.as_ref().map(|v| v as _),
            self.fork.withdrawals_root.as_ref().map(|v| v as _),
            self.fork.blob_gas_used.as_ref().map(|v| v as _),
            self.fork.excess_blob_gas.as_ref().map(|v| v as _),
            self.fork.parent_beacon_block_root.as_ref().map(|v| v as _),
            self.fork.requests_hash.as_ref().map(|v| v as _),
        ];
        fields.extend(fork.into_iter().map_while(|field| field));
        let mut out = Vec::new();
        alloy_rlp::encode_list::<_, dyn Encodable>(&fields, &mut out);
        out
    }

    /// The RLP form.
    pub fn encode(&self) -> Vec<u8> {
        self.encode_with(&self.extra_data)
    }

    /// The block's hash: of a QBFT or IBFT 2.0 header without its seals and round, as Besu does it; of any other as it is.
    pub fn hash(&self) -> B256 {
        match qbft::ExtraData::of(self) {
            Some(extra) => keccak256(self.encode_with(&extra.without_seals_and_round())),
            None => keccak256(self.encode()),
        }
    }

    /// Reads the RLP form, of at most 64 KiB.
    pub fn decode(mut rlp: &[u8]) -> Result<Self> {
        if rlp.len() > 64 * 1024 {
            return Err(WalletError::malformed("block header", "it is longer than 64 KiB"));
        }
        let header = Self::decode_fields(&mut rlp).map_err(|e| WalletError::malformed("block header", e))?;
        if !rlp.is_empty() {
            return Err(WalletError::malformed("block header", "something follows it"));
        }
        Ok(header)
    }

    fn decode_fields(rlp: &mut &[u8]) -> alloy_rlp::Result<Self> {
        let mut fields = alloy_rlp::Header::decode_bytes(rlp, true)?;
        let f = &mut fields;
        let header = Self {
            parent_hash: Decodable::decode(f)?,
            ommers_hash: Decodable::decode(f)?,
            beneficiary: Decodable::decode(f)?,
            state_root: Decodable::decode(f)?,
            transactions_root: Decodable::decode(f)?,
            receipts_root: Decodable::decode(f)?,
            logs_bloom: Decodable::decode(f)?,
            difficulty: Decodable::decode(f)?,
            number: Decodable::decode(f)?,
            gas_limit: Decodable::decode(f)?,
            gas_used: Decodable::decode(f)?,
            timestamp: Decodable::decode(f)?,
            extra_data: Decodable::decode(f)?,
            mix_hash: Decodable::decode(f)?,
            nonce: Decodable::decode(f)?,
            fork: ForkFields {
                base_fee: next(f)?,
                withdrawals_root: next(f)?,
                blob_gas_used: next(f)?,
                excess_blob_gas: next(f)?,
                parent_beacon_block_root: next(f)?,
                requests_hash: next(f)?,
            },
        };
        if f.is_empty() { Ok(header) } else { Err(alloy_rlp::Error::UnexpectedLength) }
    }
}

fn next<T: Decodable>(fields: &mut &[u8]) -> alloy_rlp::Result<Option<T>> {
    if fields.is_empty() { Ok(None) } else { T::decode(fields).map(Some) }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use alloy_primitives::address;
    use proptest::prelude::*;

    /// The header of block 0 of Ethereum's main network.
    pub(in crate::registry) fn mainnet_genesis() -> Header {
        Header {
            parent_hash: B256::ZERO,
            ommers_hash: NO_OMMERS,
            beneficiary: Address::ZERO,
            state_root: b256!("d7f8974fb5ac78d9ac099b9ad5018bedc2ce0a72dad1827a1709da30580f0544"),
            transactions_root: alloy_trie::EMPTY_ROOT_HASH,
            receipts_root: alloy_trie::EMPTY_ROOT_HASH,
            logs_bloom: Bloom::ZERO,
            difficulty: U256::from(0x4_0000_0000u64),
            number: 0,
            gas_limit: 5000,
            gas_used: 0,
            timestamp: 0,
            extra_data: b256!("11bbe8db4e347b4e8c937c1c8370e4b5ed33adb3db69cbdb7a38e1e50b1b82fa").into(),
            mix_hash: B256::ZERO,
            nonce: B64::from(66u64),
            fork: ForkFields::default(),
        }
    }

    #[test]
    fn hash_of_the_main_networks_first_block() {
        assert_eq!(mainnet_genesis().hash(), b256!("d4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3"));
    }

    #[test]
    fn header_reads_back_with_any_number_of_fork_fields() {
        let mut header = mainnet_genesis();
        header.beneficiary = address!("f39Fd6e51aad88F6F4ce6aB8827279cffFb92266");
        assert_eq!(Header::decode(&header.encode()).expect("its own bytes"), header);
        header.fork.base_fee = Some(U256::from(7));
        assert_eq!(Header::decode(&header.encode()).expect("its own bytes"), header);
        header.fork.withdrawals_root = Some(NO_OMMERS);
        header.fork.blob_gas_used = Some(0);
        assert_eq!(Header::decode(&header.encode()).expect("its own bytes"), header);
        assert!(Header::decode(&[&header.encode()[..], &[0]].concat()).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_header_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            let _ = Header::decode(&bytes);
        }
    }
}
