//! Ethereum JSON-RPC: requests, and strict readers of the answers, which anyone may have made up.

use alloy_primitives::{Address, B64, B256, Bloom, Bytes, FixedBytes, U256, hex};
use serde_json::{Map, Value, json};

use super::block::{Block, ForkFields, Header};
use super::ledger::RpcRequest;
use super::receipt::{Log, Receipt};
use crate::error::{Result, WalletError};

/// The most logs that are read from one answer.
pub const MAX_LOGS: usize = 10_000;
/// The longest bytes that are read from one place of an answer.
pub const MAX_BYTES: usize = 128 * 1024;
/// The most receipts that are read from one answer.
pub const MAX_RECEIPTS: usize = 10_000;
/// The most nodes that are read of one proof: a path has 64 nibbles.
pub const MAX_PROOF_NODES: usize = 65;
/// The most slots that are asked for and read in one proof.
pub const MAX_SLOTS: usize = 1024;

/// At which block something is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// The newest.
    Latest,
    /// The one of this number.
    Block(u64),
}

impl At {
    fn param(self) -> Value {
        match self {
            Self::Latest => json!("latest"),
            Self::Block(number) => quantity(number),
        }
    }
}

/// Which logs are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogFilter {
    /// Of which contract.
    pub address: Address,
    /// For each place, any of these topics; any at all when there are none.
    pub topics: Vec<Vec<B256>>,
    /// The first block.
    pub from: u64,
    /// The last block.
    pub to: At,
}

fn request(method: &'static str, params: Value) -> RpcRequest {
    RpcRequest { method, params }
}

fn quantity(value: u64) -> Value {
    json!(format!("{value:#x}"))
}

fn data(bytes: impl AsRef<[u8]>) -> Value {
    json!(hex::encode_prefixed(bytes))
}

/// `eth_chainId`; read with [`read_quantity`].
pub fn chain_id() -> RpcRequest {
    request("eth_chainId", json!([]))
}

/// `eth_blockNumber`; read with [`read_quantity`].
pub fn block_number() -> RpcRequest {
    request("eth_blockNumber", json!([]))
}

/// `eth_getTransactionCount`, the next nonce of `account`, those waiting included; read with [`read_quantity`].
pub fn next_nonce(account: Address) -> RpcRequest {
    request("eth_getTransactionCount", json!([data(account), "pending"]))
}

/// `eth_call` of `to`; read with [`read_bytes`].
pub fn call(to: Address, input: &[u8], at: At) -> RpcRequest {
    request("eth_call", json!([{ "to": data(to), "data": data(input) }, at.param()]))
}

/// `eth_getCode` of a contract at the newest block; read with [`read_bytes`].
pub fn code(contract: Address) -> RpcRequest {
    request("eth_getCode", json!([data(contract), "latest"]))
}

/// `eth_estimateGas` of a call, or without `to` of creating a contract; read with [`read_gas_limit`].
pub fn estimate_gas(from: Address, to: Option<Address>, input: &[u8]) -> RpcRequest {
    let mut transaction = json!({ "from": data(from), "data": data(input) });
    if let Some(to) = to {
        transaction["to"] = data(to);
    }
    request("eth_estimateGas", json!([transaction]))
}

/// `eth_gasPrice`, in wei; read with [`read_wei`].
pub fn gas_price() -> RpcRequest {
    request("eth_gasPrice", json!([]))
}

/// `eth_feeHistory` of the newest block, by which the next base fee is known; read with [`read_next_base_fee`].
pub fn fee_history() -> RpcRequest {
    request("eth_feeHistory", json!(["0x1", "latest", []]))
}

/// `eth_sendRawTransaction`; read with [`read_hash`].
pub fn send_raw_transaction(raw: &[u8]) -> RpcRequest {
    request("eth_sendRawTransaction", json!([data(raw)]))
}

/// `eth_getTransactionByHash`; read with [`read_is_there`].
pub fn transaction(hash: B256) -> RpcRequest {
    request("eth_getTransactionByHash", json!([data(hash)]))
}

/// `eth_getBlockByNumber`; read with [`read_block`].
pub fn block(at: At) -> RpcRequest {
    request("eth_getBlockByNumber", json!([at.param(), false]))
}

/// `eth_getBlockByHash`; read with [`read_block`].
pub fn block_by_hash(hash: B256) -> RpcRequest {
    request("eth_getBlockByHash", json!([data(hash), false]))
}

/// `eth_getLogs`; read with [`read_logs`].
pub fn logs(filter: &LogFilter) -> RpcRequest {
    let topics: Vec<Value> =
        filter.topics.iter().map(|any| if any.is_empty() { Value::Null } else { any.iter().map(data).collect() }).collect();
    let (from, to) = (quantity(filter.from), filter.to.param());
    request("eth_getLogs", json!([{ "address": data(filter.address), "topics": topics, "fromBlock": from, "toBlock": to }]))
}

/// `eth_getTransactionReceipt`; read with [`read_receipt`].
pub fn receipt(transaction: B256) -> RpcRequest {
    request("eth_getTransactionReceipt", json!([data(transaction)]))
}

/// `eth_getBlockReceipts`; read with [`read_receipts`].
pub fn block_receipts(number: u64) -> RpcRequest {
    request("eth_getBlockReceipts", json!([quantity(number)]))
}

/// `eth_getProof` of an account and its slots (EIP-1186); read with [`read_proof`].
pub fn proof(account: Address, slots: &[B256], at: At) -> RpcRequest {
    let slots: Vec<Value> = slots.iter().map(data).collect();
    request("eth_getProof", json!([data(account), slots, at.param()]))
}

/// An account's proof, as a node gives it and before it is checked (EIP-1186).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountProof {
    /// The account.
    pub address: Address,
    /// Its balance, in wei.
    pub balance: U256,
    /// Its nonce.
    pub nonce: u64,
    /// The hash of its code.
    pub code_hash: B256,
    /// The root of its storage.
    pub storage_root: B256,
    /// The trie's nodes from the state root to the account.
    pub nodes: Vec<Bytes>,
    /// The slots that were asked for, in order.
    pub slots: Vec<SlotProof>,
}

/// The proof of one slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotProof {
    /// The slot.
    pub slot: B256,
    /// Its value; zero when it is empty.
    pub value: U256,
    /// The trie's nodes from the storage root to the slot.
    pub nodes: Vec<Bytes>,
}

fn bad(what: &str) -> WalletError {
    WalletError::malformed("answer of the node", what)
}

/// The digits after `0x`, at most `most` of them.
fn digits(value: &Value, most: usize) -> Result<&str> {
    let text = value.as_str().ok_or_else(|| bad("a hexadecimal text is missing"))?;
    let digits = text.strip_prefix("0x").ok_or_else(|| bad("a hexadecimal text begins with 0x"))?;
    if digits.len() > most || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(bad("a hexadecimal text is too long or not hexadecimal"));
    }
    Ok(digits)
}

/// Reads a quantity of at most 256 bits: no leading zeros.
fn number(value: &Value) -> Result<U256> {
    let digits = digits(value, 64)?;
    if digits.is_empty() || (digits.len() > 1 && digits.starts_with('0')) {
        return Err(bad("a quantity has one digit at least and no leading zeros"));
    }
    U256::from_str_radix(digits, 16).map_err(|_| bad("a quantity is not hexadecimal"))
}

/// Reads a 32-byte word in either form nodes write slots and their values in: a quantity, or padded.
fn word(value: &Value) -> Result<U256> {
    let digits = digits(value, 64)?;
    U256::from_str_radix(if digits.is_empty() { "0" } else { digits }, 16).map_err(|_| bad("a word is not hexadecimal"))
}

/// Reads a quantity of at most 64 bits.
pub fn read_quantity(value: &Value) -> Result<u64> {
    u64::try_from(number(value)?).map_err(|_| bad("a quantity has more than 64 bits"))
}

/// Reads an amount of wei.
pub fn read_wei(value: &Value) -> Result<u128> {
    u128::try_from(number(value)?).map_err(|_| bad("an amount has more than 128 bits"))
}

/// Reads an estimate of gas, and adds what it can be short of.
///
/// A node estimates as if in its newest block. When an identity changed in that block, writing the block's number again looks
/// cheaper by 4,900 than it will be in the next, and so may a second slot.
pub fn read_gas_limit(value: &Value) -> Result<u64> {
    Ok(read_quantity(value)?.saturating_add(20_000))
}

/// Whether the node has what it was asked for.
pub fn read_is_there(value: &Value) -> bool {
    !value.is_null()
}

/// Reads bytes, at most [`MAX_BYTES`].
pub fn read_bytes(value: &Value) -> Result<Bytes> {
    let digits = digits(value, MAX_BYTES * 2)?;
    hex::decode(digits).map(Bytes::from).map_err(|_| bad("bytes have an odd number of digits"))
}

fn fixed<const N: usize>(value: &Value) -> Result<FixedBytes<N>> {
    let digits = digits(value, N * 2)?;
    let mut bytes = [0; N];
    hex::decode_to_slice(digits, &mut bytes).map_err(|_| bad("a hash or an address has the wrong length"))?;
    Ok(bytes.into())
}

/// Reads a hash.
pub fn read_hash(value: &Value) -> Result<B256> {
    fixed(value)
}

fn address(value: &Value) -> Result<Address> {
    fixed(value).map(Address)
}

/// Reads an `eth_feeHistory`: the base fee of the next block in wei, none on a network without.
pub fn read_next_base_fee(value: &Value) -> Result<Option<u128>> {
    value.get("baseFeePerGas").and_then(Value::as_array).and_then(|fees| fees.last()).map(read_wei).transpose()
}

/// One object of an answer.
struct Object<'a>(&'a Map<String, Value>);

impl<'a> Object<'a> {
    fn new(value: &'a Value) -> Result<Self> {
        value.as_object().map(Self).ok_or_else(|| bad("an object is missing"))
    }

    fn get(&self, name: &str) -> &'a Value {
        self.0.get(name).unwrap_or(&Value::Null)
    }

    fn read<T>(&self, name: &str, read: impl FnOnce(&Value) -> Result<T>) -> Result<T> {
        read(self.get(name)).map_err(|e| match e {
            WalletError::Malformed { what, reason } => WalletError::Malformed { what, reason: format!("{name}: {reason}") },
            other => other,
        })
    }

    fn optional<T>(&self, name: &str, read: impl FnOnce(&Value) -> Result<T>) -> Result<Option<T>> {
        if self.get(name).is_null() { Ok(None) } else { self.read(name, read).map(Some) }
    }

    fn list<T>(&self, name: &str, most: usize, read: impl Fn(&'a Value) -> Result<T>) -> Result<Vec<T>> {
        list(self.get(name), most, read)
    }
}

fn list<'a, T>(value: &'a Value, most: usize, read: impl Fn(&'a Value) -> Result<T>) -> Result<Vec<T>> {
    let items = value.as_array().ok_or_else(|| bad("a list is missing"))?;
    if items.len() > most {
        return Err(bad("a list is too long"));
    }
    items.iter().map(read).collect()
}

/// Reads a block; none when the node has none there. Whether the hash is the header's is not checked yet.
pub fn read_block(value: &Value) -> Result<Option<Block>> {
    if value.is_null() {
        return Ok(None);
    }
    let block = Object::new(value)?;
    let header = Header {
        parent_hash: block.read("parentHash", fixed)?,
        ommers_hash: block.read("sha3Uncles", fixed)?,
        beneficiary: block.read("miner", address)?,
        state_root: block.read("stateRoot", fixed)?,
        transactions_root: block.read("transactionsRoot", fixed)?,
        receipts_root: block.read("receiptsRoot", fixed)?,
        logs_bloom: block.read("logsBloom", fixed).map(Bloom)?,
        difficulty: block.optional("difficulty", number)?.unwrap_or_default(),
        number: block.read("number", read_quantity)?,
        gas_limit: block.read("gasLimit", read_quantity)?,
        gas_used: block.read("gasUsed", read_quantity)?,
        timestamp: block.read("timestamp", read_quantity)?,
        extra_data: block.read("extraData", read_bytes)?,
        mix_hash: block.optional("mixHash", fixed)?.unwrap_or_default(),
        nonce: block.optional("nonce", fixed::<8>)?.unwrap_or(B64::ZERO),
        fork: ForkFields {
            base_fee: block.optional("baseFeePerGas", number)?,
            withdrawals_root: block.optional("withdrawalsRoot", fixed)?,
            blob_gas_used: block.optional("blobGasUsed", read_quantity)?,
            excess_blob_gas: block.optional("excessBlobGas", read_quantity)?,
            parent_beacon_block_root: block.optional("parentBeaconBlockRoot", fixed)?,
            requests_hash: block.optional("requestsHash", fixed)?,
        },
    };
    Ok(Some(Block { hash: block.read("hash", fixed)?, header }))
}

/// Reads logs, at most [`MAX_LOGS`]; a log of a block that was taken back is refused.
pub fn read_logs(value: &Value) -> Result<Vec<Log>> {
    list(value, MAX_LOGS, read_log)
}

fn read_log(value: &Value) -> Result<Log> {
    let log = Object::new(value)?;
    if log.get("removed").as_bool() == Some(true) {
        return Err(bad("a log is of a block that was taken back"));
    }
    Ok(Log {
        address: log.read("address", address)?,
        topics: log.list("topics", 4, fixed)?,
        data: log.read("data", read_bytes)?,
        block_number: log.read("blockNumber", read_quantity)?,
        block_hash: log.read("blockHash", fixed)?,
        block_timestamp: log.optional("blockTimestamp", read_quantity)?,
        transaction_hash: log.read("transactionHash", fixed)?,
        transaction_index: log.read("transactionIndex", read_quantity)?,
        log_index: log.read("logIndex", read_quantity)?,
    })
}

/// Reads a receipt; none while the transaction is in no block.
pub fn read_receipt(value: &Value) -> Result<Option<Receipt>> {
    if value.is_null() {
        return Ok(None);
    }
    let receipt = Object::new(value)?;
    let kind = receipt.optional("type", read_quantity)?.unwrap_or(0);
    Ok(Some(Receipt {
        transaction_hash: receipt.read("transactionHash", fixed)?,
        transaction_index: receipt.read("transactionIndex", read_quantity)?,
        transaction_type: u8::try_from(kind).map_err(|_| bad("a transaction type has more than 8 bits"))?,
        block_number: receipt.read("blockNumber", read_quantity)?,
        block_hash: receipt.read("blockHash", fixed)?,
        succeeded: match receipt.read("status", read_quantity)? {
            0 => false,
            1 => true,
            _ => return Err(bad("a status is neither 0 nor 1")),
        },
        gas_used: receipt.read("gasUsed", read_quantity)?,
        cumulative_gas_used: receipt.read("cumulativeGasUsed", read_quantity)?,
        contract_address: receipt.optional("contractAddress", address)?,
        logs_bloom: receipt.read("logsBloom", fixed).map(Bloom)?,
        logs: receipt.list("logs", MAX_LOGS, read_log)?,
    }))
}

/// Reads the receipts of a block, at most [`MAX_RECEIPTS`]; none when the node has no such block.
pub fn read_receipts(value: &Value) -> Result<Option<Vec<Receipt>>> {
    if value.is_null() {
        return Ok(None);
    }
    let receipts = list(value, MAX_RECEIPTS, |item| read_receipt(item)?.ok_or_else(|| bad("a receipt is missing")))?;
    Ok(Some(receipts))
}

/// Reads a proof.
pub fn read_proof(value: &Value) -> Result<AccountProof> {
    let proof = Object::new(value)?;
    Ok(AccountProof {
        address: proof.read("address", address)?,
        balance: proof.read("balance", number)?,
        nonce: proof.read("nonce", read_quantity)?,
        code_hash: proof.read("codeHash", fixed)?,
        storage_root: proof.read("storageHash", fixed)?,
        nodes: proof.list("accountProof", MAX_PROOF_NODES, read_bytes)?,
        slots: proof.list("storageProof", MAX_SLOTS, |item| {
            let slot = Object::new(item)?;
            Ok(SlotProof {
                slot: slot.read("key", word)?.into(),
                value: slot.read("value", word)?,
                nodes: slot.list("proof", MAX_PROOF_NODES, read_bytes)?,
            })
        })?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn quantity_is_read_only_as_the_standard_writes_it() {
        assert_eq!(read_quantity(&json!("0x0")).expect("a quantity"), 0);
        assert_eq!(read_quantity(&json!("0xffffffffffffffff")).expect("a quantity"), u64::MAX);
        for text in ["", "0", "0x", "0x00", "0x01", "0xg", "0x10000000000000000", "0X1", "-0x1", "0x+1"] {
            assert!(read_quantity(&json!(text)).is_err(), "{text}");
        }
        assert!(read_quantity(&json!(7)).is_err());
    }

    #[test]
    fn hash_of_the_wrong_length_is_refused() {
        assert!(read_hash(&json!("0x00")).is_err());
        assert!(read_hash(&json!(format!("0x{}", "00".repeat(33)))).is_err());
    }

    #[test]
    fn long_answers_are_refused() {
        assert!(read_bytes(&json!(format!("0x{}", "00".repeat(MAX_BYTES + 1)))).is_err());
        assert!(read_logs(&json!(vec![0; MAX_LOGS + 1])).is_err());
    }

    #[test]
    fn removed_log_is_refused() {
        assert!(read_log(&json!({ "removed": true })).is_err());
    }

    /// JSON shaped a little like an answer.
    fn any_answer() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<u64>().prop_map(|n| json!(n)),
            "0x[0-9a-f]{0,64}".prop_map(|text| json!(text)),
            "\\PC{0,8}".prop_map(|text| json!(text)),
        ];
        let name = prop_oneof![Just("logs"), Just("topics"), Just("status"), Just("hash"), Just("storageProof"), Just("key")];
        leaf.prop_recursive(3, 24, 6, move |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
                proptest::collection::vec((name.clone(), inner), 0..6)
                    .prop_map(|all| Value::Object(all.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_answer_is_read_or_refused(value in any_answer()) {
            let _ = (read_quantity(&value), read_bytes(&value), read_hash(&value), read_next_base_fee(&value));
            let _ = (read_block(&value), read_logs(&value), read_receipt(&value), read_receipts(&value), read_proof(&value));
        }
    }
}
