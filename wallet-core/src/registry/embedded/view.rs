//! Blocks, receipts and transactions as the file keeps them, and as Ethereum JSON-RPC shows them.

use alloy_primitives::{B256, Bytes, U256, hex, keccak256};
use serde_json::{Map, Value, json};

use super::Fault;
use super::file::{Outcome, Snapshot};
use crate::registry::block::Header;
use crate::registry::receipt::{Log, Receipt, bloom};
use crate::registry::transaction::{Fees, SignedTransaction};

/// The receipts of the block of `header`, whose hash is `block_hash`.
pub(super) fn receipts(header: &Header, block_hash: B256, outcomes: &[Outcome]) -> Result<Vec<Receipt>, Fault> {
    let (mut cumulative_gas_used, mut log_index, mut receipts) = (0, 0, Vec::with_capacity(outcomes.len()));
    for (outcome, transaction_index) in outcomes.iter().zip(0..) {
        let signed = signed(outcome)?;
        cumulative_gas_used += outcome.gas_used;
        let transaction_hash = signed.hash();
        let logs: Vec<Log> = outcome
            .logs
            .iter()
            .zip(log_index..)
            .map(|(log, log_index)| Log {
                address: log.address,
                topics: log.topics().to_vec(),
                data: log.data.data.clone(),
                block_number: header.number,
                block_hash,
                block_timestamp: Some(header.timestamp),
                transaction_hash,
                transaction_index,
                log_index,
            })
            .collect();
        log_index += logs.len() as u64;
        let created = signed.transaction.to.is_none() && outcome.succeeded;
        receipts.push(Receipt {
            transaction_hash,
            transaction_index,
            transaction_type: kind(&signed),
            block_number: header.number,
            block_hash,
            succeeded: outcome.succeeded,
            gas_used: outcome.gas_used,
            cumulative_gas_used,
            contract_address: created.then(|| signed.sender.create(signed.transaction.nonce)),
            logs_bloom: bloom(&logs),
            logs,
        });
    }
    Ok(receipts)
}

/// The receipts of block `number`.
pub(super) fn receipts_at(snapshot: &Snapshot, number: u64) -> Result<Vec<Receipt>, Fault> {
    let header = snapshot.known_header(number)?;
    receipts(&header, header.hash(), &snapshot.outcomes(number)?)
}

fn signed(outcome: &Outcome) -> Result<SignedTransaction, Fault> {
    SignedTransaction::read(&outcome.raw).map_err(|_| Fault::damaged("a transaction"))
}

fn kind(signed: &SignedTransaction) -> u8 {
    match signed.transaction.fees {
        Fees::Legacy { .. } | Fees::Unprotected { .. } => 0,
        Fees::Dynamic { .. } => 2,
    }
}

pub(super) fn quantity(value: impl Into<u128>) -> String {
    format!("{:#x}", value.into())
}

pub(super) fn bytes(bytes: impl AsRef<[u8]>) -> String {
    hex::encode_prefixed(bytes)
}

pub(super) fn nodes(nodes: &[Bytes]) -> Vec<String> {
    nodes.iter().map(bytes).collect()
}

/// A block; with its transactions whole when `full`, by their hashes otherwise.
pub(super) fn block(snapshot: &Snapshot, header: &Header, transactions: Transactions) -> Result<Value, Fault> {
    let hash = header.hash();
    let outcomes = snapshot.outcomes(header.number)?;
    let listed: Vec<Value> = match transactions {
        Transactions::Hashes => outcomes.iter().map(|outcome| json!(bytes(keccak256(&outcome.raw)))).collect(),
        Transactions::Whole => {
            (0..outcomes.len()).map(|index| transaction(header, hash, &outcomes, index)).collect::<Result<_, _>>()?
        }
    };
    let mut block = Map::new();
    let mut put = |name: &str, value: Value| block.insert(name.to_owned(), value);
    put("number", json!(quantity(header.number)));
    put("hash", json!(bytes(hash)));
    put("parentHash", json!(bytes(header.parent_hash)));
    put("sha3Uncles", json!(bytes(header.ommers_hash)));
    put("miner", json!(bytes(header.beneficiary)));
    put("stateRoot", json!(bytes(header.state_root)));
    put("transactionsRoot", json!(bytes(header.transactions_root)));
    put("receiptsRoot", json!(bytes(header.receipts_root)));
    put("logsBloom", json!(bytes(header.logs_bloom)));
    put("difficulty", json!(format!("{:#x}", header.difficulty)));
    put("gasLimit", json!(quantity(header.gas_limit)));
    put("gasUsed", json!(quantity(header.gas_used)));
    put("timestamp", json!(quantity(header.timestamp)));
    put("extraData", json!(bytes(&header.extra_data)));
    put("mixHash", json!(bytes(header.mix_hash)));
    put("nonce", json!(bytes(header.nonce)));
    put("baseFeePerGas", json!(format!("{:#x}", header.fork.base_fee.unwrap_or(U256::ZERO))));
    put("size", json!(quantity(header.encode().len() as u64)));
    put("uncles", json!([]));
    put("transactions", json!(listed));
    Ok(Value::Object(block))
}

/// How a block lists its transactions.
#[derive(Clone, Copy)]
pub(super) enum Transactions {
    Hashes,
    Whole,
}

/// One transaction of a block.
pub(super) fn transaction(header: &Header, hash: B256, outcomes: &[Outcome], index: usize) -> Result<Value, Fault> {
    let outcome = outcomes.get(index).ok_or_else(|| Fault::damaged("the list of transactions"))?;
    let signed = signed(outcome)?;
    let (transaction, signature) = (&signed.transaction, &signed.signature);
    let scalar = |half: B256| format!("{:#x}", U256::from_be_bytes(half.0));
    let mut object = json!({
        "blockHash": bytes(hash),
        "blockNumber": quantity(header.number),
        "transactionIndex": quantity(index as u64),
        "hash": bytes(signed.hash()),
        "type": quantity(kind(&signed)),
        "chainId": quantity(transaction.chain_id),
        "nonce": quantity(transaction.nonce),
        "from": bytes(signed.sender),
        "to": transaction.to.map(bytes),
        "value": format!("{:#x}", transaction.value),
        "gas": quantity(transaction.gas_limit),
        "input": bytes(&transaction.data),
        "r": scalar(signature.r),
        "s": scalar(signature.s),
    });
    match transaction.fees {
        Fees::Legacy { gas_price } | Fees::Unprotected { gas_price } => {
            object["gasPrice"] = json!(quantity(gas_price));
            object["v"] = json!(quantity(transaction.chain_id * 2 + 35 + u64::from(signature.odd_y)));
        }
        Fees::Dynamic { max_fee, max_priority_fee } => {
            object["maxFeePerGas"] = json!(quantity(max_fee));
            object["maxPriorityFeePerGas"] = json!(quantity(max_priority_fee));
            object["gasPrice"] = json!(quantity(max_fee.min(max_priority_fee)));
            object["accessList"] = json!([]);
            object["yParity"] = json!(quantity(u8::from(signature.odd_y)));
            object["v"] = json!(quantity(u8::from(signature.odd_y)));
        }
    }
    Ok(object)
}

/// A receipt of a transaction that `outcome` came from.
pub(super) fn receipt(receipt: &Receipt, outcome: &Outcome) -> Result<Value, Fault> {
    let signed = signed(outcome)?;
    Ok(json!({
        "transactionHash": bytes(receipt.transaction_hash),
        "transactionIndex": quantity(receipt.transaction_index),
        "blockHash": bytes(receipt.block_hash),
        "blockNumber": quantity(receipt.block_number),
        "from": bytes(signed.sender),
        "to": signed.transaction.to.map(bytes),
        "type": quantity(receipt.transaction_type),
        "status": quantity(u8::from(receipt.succeeded)),
        "gasUsed": quantity(receipt.gas_used),
        "cumulativeGasUsed": quantity(receipt.cumulative_gas_used),
        "effectiveGasPrice": "0x0",
        "contractAddress": receipt.contract_address.map(bytes),
        "logsBloom": bytes(receipt.logs_bloom),
        "logs": receipt.logs.iter().map(log).collect::<Vec<_>>(),
    }))
}

/// A log.
pub(super) fn log(log: &Log) -> Value {
    json!({
        "address": bytes(log.address),
        "topics": log.topics.iter().map(bytes).collect::<Vec<_>>(),
        "data": bytes(&log.data),
        "blockNumber": quantity(log.block_number),
        "blockHash": bytes(log.block_hash),
        "blockTimestamp": log.block_timestamp.map(quantity),
        "transactionHash": bytes(log.transaction_hash),
        "transactionIndex": quantity(log.transaction_index),
        "logIndex": quantity(log.log_index),
        "removed": false,
    })
}
