//! Answers Ethereum JSON-RPC as a node does.

use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::{Revert, SolError as _};
use alloy_trie::EMPTY_ROOT_HASH;
use revm::context::result::ExecutionResult;
use serde_json::{Value, json};

use super::evm::{self, Call, GAS_LIMIT};
use super::file::Snapshot;
use super::state::State;
use super::view::{self, Transactions, bytes, quantity};
use super::{EmbeddedChain, Fault};
use crate::registry::abi::CredentialRegistry;
use crate::registry::block::Header;
use crate::registry::ledger::RpcRefusal;

/// The most logs one request is answered with.
const MAX_LOGS: usize = 10_000;

type Answer<T = Value> = Result<Result<T, RpcRefusal>, Fault>;

/// Unwraps the inner result of an [`Answer`], or returns its refusal.
macro_rules! granted {
    ($result:expr) => {
        match $result {
            Ok(value) => value,
            Err(refusal) => return Ok(Err(refusal)),
        }
    };
}

pub(super) fn answer(chain: &EmbeddedChain, method: &str, params: &Value) -> Answer {
    let file = chain.snapshot()?;
    let ask = Ask { chain, file: &file, params };
    match method {
        "web3_clientVersion" => Ok(Ok(json!(concat!("cedula/", env!("CARGO_PKG_VERSION"))))),
        "net_version" => Ok(Ok(json!(chain.deployment().chain_id.to_string()))),
        "eth_chainId" => Ok(Ok(json!(quantity(chain.deployment().chain_id)))),
        "eth_blockNumber" => Ok(Ok(json!(quantity(file.head)))),
        "eth_gasPrice" | "eth_maxPriorityFeePerGas" => Ok(Ok(json!("0x0"))),
        "eth_accounts" => Ok(Ok(json!([]))),
        "eth_feeHistory" => ask.fee_history(),
        "eth_getBalance" => ask.account(|account, _| Ok(json!(format!("{:#x}", account.balance)))),
        "eth_getTransactionCount" => ask.account(|account, _| Ok(json!(quantity(account.nonce)))),
        "eth_getCode" => ask.account(|account, state| Ok(json!(bytes(state.code(account.code_hash)?)))),
        "eth_getStorageAt" => ask.slot(),
        "eth_getProof" => ask.proof(),
        "eth_call" => ask.call(),
        "eth_estimateGas" => ask.estimate_gas(),
        "eth_sendRawTransaction" => ask.send(),
        "eth_getBlockByNumber" => ask.block_by_number(),
        "eth_getBlockByHash" => ask.block_by_hash(),
        "eth_getBlockReceipts" => ask.block_receipts(),
        "eth_getTransactionReceipt" => ask.receipt(),
        "eth_getTransactionByHash" => ask.transaction(),
        "eth_getLogs" => ask.logs(),
        _ => Ok(Err(RpcRefusal { code: -32601, reason: "this chain does not know the method".to_owned() })),
    }
}

/// One request, and the chain as it is while it is answered.
struct Ask<'a> {
    chain: &'a EmbeddedChain,
    file: &'a Snapshot,
    params: &'a Value,
}

fn invalid(what: &str) -> RpcRefusal {
    RpcRefusal { code: -32602, reason: format!("invalid params: {what}") }
}

fn text<'a>(value: &'a Value, what: &str) -> Result<&'a str, RpcRefusal> {
    value.as_str().ok_or_else(|| invalid(what))
}

fn parsed<T: std::str::FromStr>(value: &Value, what: &str) -> Result<T, RpcRefusal> {
    text(value, what)?.parse().map_err(|_| invalid(what))
}

fn number(value: &Value, what: &str) -> Result<u64, RpcRefusal> {
    let digits = text(value, what)?.strip_prefix("0x").ok_or_else(|| invalid(what))?;
    u64::from_str_radix(digits, 16).map_err(|_| invalid(what))
}

/// A slot, written as a quantity or as 32 bytes.
fn slot(value: &Value) -> Result<B256, RpcRefusal> {
    let digits = text(value, "slot")?.strip_prefix("0x").ok_or_else(|| invalid("slot"))?;
    U256::from_str_radix(digits, 16).map(B256::from).map_err(|_| invalid("slot"))
}

impl<'a> Ask<'a> {
    fn param(&self, index: usize) -> &'a Value {
        self.params.get(index).unwrap_or(&Value::Null)
    }

    /// The number a block parameter names; the newest when there is none.
    fn number(&self, at: &Value) -> Result<u64, RpcRefusal> {
        match at {
            Value::Null => Ok(self.file.head),
            Value::Object(by) if by.contains_key("blockNumber") => self.number(&by["blockNumber"]),
            at => match text(at, "block")? {
                "latest" | "pending" | "safe" | "finalized" => Ok(self.file.head),
                "earliest" => Ok(0),
                _ => number(at, "block"),
            },
        }
    }

    /// The header a block parameter names.
    fn header(&self, at: &Value) -> Answer<Header> {
        let by_hash = match at {
            Value::Object(by) => by.get("blockHash"),
            Value::String(text) if text.len() == 66 => Some(at),
            _ => None,
        };
        let number = match by_hash {
            Some(hash) => self.file.number(granted!(parsed(hash, "block hash")))?,
            None => Some(granted!(self.number(at))),
        };
        let header = number.map(|number| self.file.header(number)).transpose()?.flatten();
        Ok(header.ok_or_else(|| RpcRefusal { code: -32000, reason: "header not found".to_owned() }))
    }

    fn account(&self, show: impl FnOnce(alloy_trie::TrieAccount, &State<'_>) -> Result<Value, Fault>) -> Answer {
        let address: Address = granted!(parsed(self.param(0), "address"));
        let mut state = State::new(self.file, granted!(self.header(self.param(1))?).state_root);
        let account = state.account(address)?;
        show(account, &state).map(Ok)
    }

    fn slot(&self) -> Answer {
        let address = granted!(parsed(self.param(0), "address"));
        let slot = granted!(slot(self.param(1)));
        let mut state = State::new(self.file, granted!(self.header(self.param(2))?).state_root);
        Ok(Ok(json!(bytes(B256::from(state.slot(address, slot)?)))))
    }

    /// EIP-1186.
    fn proof(&self) -> Answer {
        let address: Address = granted!(parsed(self.param(0), "address"));
        let named = self.param(1).as_array().map(Vec::as_slice).unwrap_or_default();
        let slots = granted!(named.iter().map(slot).collect::<Result<Vec<B256>, _>>());
        if slots.len() > 1024 {
            return Ok(Err(invalid("more than 1024 slots")));
        }
        let mut state = State::new(self.file, granted!(self.header(self.param(2))?).state_root);
        let proof = state.prove(address, &slots)?;
        let storage: Vec<Value> = named
            .iter()
            .zip(&proof.slots)
            .map(|(key, (value, nodes))| json!({ "key": key, "value": format!("{value:#x}"), "proof": view::nodes(nodes) }))
            .collect();
        Ok(Ok(json!({
            "address": bytes(address),
            "balance": format!("{:#x}", proof.account.balance),
            "nonce": quantity(proof.account.nonce),
            "codeHash": bytes(proof.account.code_hash),
            "storageHash": bytes(proof.account.storage_root),
            "accountProof": view::nodes(&proof.nodes),
            "storageProof": storage,
        })))
    }

    fn read_call(&self) -> Result<Call, RpcRefusal> {
        let object = self.param(0).as_object().ok_or_else(|| invalid("call"))?;
        let part = |name: &str| object.get(name).filter(|value| !value.is_null());
        let data = part("input").or_else(|| part("data"));
        Ok(Call {
            from: part("from").map(|from| parsed(from, "from")).transpose()?.unwrap_or_default(),
            to: part("to").map(|to| parsed(to, "to")).transpose()?,
            value: part("value").map(|value| parsed(value, "value")).transpose()?.unwrap_or_default(),
            data: data.map(|data| parsed::<Bytes>(data, "data")).transpose()?.unwrap_or_default(),
        })
    }

    fn call(&self) -> Answer {
        let call = granted!(self.read_call());
        let header = granted!(self.header(self.param(1))?);
        let setting = self.chain.setting(header.number, header.timestamp);
        let mut state = State::new(self.file, header.state_root);
        let result = granted!(evm::call(&mut state, setting, &call, GAS_LIMIT)?);
        Ok(output(result).map(|output| json!(bytes(output))))
    }

    /// The least gas with which a call succeeds in the block after, by bisection.
    fn estimate_gas(&self) -> Answer {
        let call = granted!(self.read_call());
        let header = granted!(self.header(self.param(1))?);
        let setting = self.chain.setting(header.number + 1, header.timestamp);
        let run = |gas| evm::call(&mut State::new(self.file, header.state_root), setting, &call, gas);
        let result = granted!(run(GAS_LIMIT)?);
        let (mut fails, mut enough) = (result.tx_gas_used() - 1, GAS_LIMIT);
        granted!(output(result));
        // The first guess covers what a call keeps back for its callee (EIP-150) and what is refunded at its end.
        let mut guess = (fails + 1) * 5 / 4 + 2300;
        while enough - fails > 1 {
            let gas = guess.min(enough - 1);
            match run(gas)? {
                Ok(result) if result.is_success() => enough = gas,
                _ => fails = gas,
            }
            guess = fails + (enough - fails) / 2;
        }
        Ok(Ok(json!(quantity(enough))))
    }

    fn send(&self) -> Answer {
        let raw: Bytes = granted!(parsed(self.param(0), "transaction"));
        let mut results = self.chain.seal_block(&[raw])?;
        let result = results.pop().ok_or_else(|| Fault::damaged("a block without its transaction"))?;
        Ok(result.map(|hash| json!(bytes(hash))))
    }

    fn listed(&self) -> Transactions {
        if self.param(1).as_bool() == Some(true) { Transactions::Whole } else { Transactions::Hashes }
    }

    fn block_by_number(&self) -> Answer {
        match self.file.header(granted!(self.number(self.param(0))))? {
            Some(header) => view::block(self.file, &header, self.listed()).map(Ok),
            None => Ok(Ok(Value::Null)),
        }
    }

    fn block_by_hash(&self) -> Answer {
        match self.file.number(granted!(parsed(self.param(0), "block hash")))? {
            Some(number) => view::block(self.file, &self.file.known_header(number)?, self.listed()).map(Ok),
            None => Ok(Ok(Value::Null)),
        }
    }

    fn block_receipts(&self) -> Answer {
        let Ok(header) = self.header(self.param(0))? else { return Ok(Ok(Value::Null)) };
        let outcomes = self.file.outcomes(header.number)?;
        let receipts = view::receipts(&header, header.hash(), &outcomes)?;
        let shown = receipts.iter().zip(&outcomes).map(|(receipt, outcome)| view::receipt(receipt, outcome));
        Ok(Ok(shown.collect::<Result<Vec<_>, _>>()?.into()))
    }

    fn receipt(&self) -> Answer {
        let hash = granted!(parsed(self.param(0), "transaction hash"));
        let Some((number, index)) = self.file.transaction(hash)? else { return Ok(Ok(Value::Null)) };
        let receipts = view::receipts_at(self.file, number)?;
        let outcomes = self.file.outcomes(number)?;
        view::receipt(&receipts[index as usize], &outcomes[index as usize]).map(Ok)
    }

    fn transaction(&self) -> Answer {
        let hash = granted!(parsed(self.param(0), "transaction hash"));
        let Some((number, index)) = self.file.transaction(hash)? else { return Ok(Ok(Value::Null)) };
        let header = self.file.known_header(number)?;
        view::transaction(&header, header.hash(), &self.file.outcomes(number)?, index as usize).map(Ok)
    }

    fn fee_history(&self) -> Answer {
        let newest = granted!(self.number(self.param(1))).min(self.file.head);
        let count = match self.param(0) {
            Value::Number(count) => count.as_u64().unwrap_or(1),
            count => granted!(number(count, "block count")),
        };
        let count = count.clamp(1, 1024).min(newest + 1);
        let mut used = Vec::new();
        for number in newest + 1 - count..=newest {
            used.push(self.file.known_header(number)?.gas_used as f64 / GAS_LIMIT as f64);
        }
        let tips = self.param(2).as_array().map_or(0, Vec::len).min(100);
        Ok(Ok(json!({
            "oldestBlock": quantity(newest + 1 - count),
            "baseFeePerGas": vec!["0x0"; used.len() + 1],
            "reward": vec![vec!["0x0"; tips]; used.len()],
            "gasUsedRatio": used,
        })))
    }

    fn logs(&self) -> Answer {
        let filter = granted!(Filter::read(self));
        let mut logs = Vec::new();
        for number in filter.blocks(self.file)? {
            for log in view::receipts_at(self.file, number)?.iter().flat_map(|receipt| &receipt.logs) {
                if filter.matches(log) {
                    logs.push(view::log(log));
                }
            }
            if logs.len() > MAX_LOGS {
                let reason = format!("query returned more than {MAX_LOGS} results");
                return Ok(Err(RpcRefusal { code: -32005, reason }));
            }
        }
        Ok(Ok(logs.into()))
    }
}

/// What a call returned, or why it did not.
fn output(result: ExecutionResult) -> Result<Bytes, RpcRefusal> {
    match result {
        ExecutionResult::Success { output, .. } => Ok(output.into_data()),
        ExecutionResult::Revert { output, .. } => {
            Err(RpcRefusal { code: 3, reason: format!("execution reverted: {}", reason(&output)) })
        }
        ExecutionResult::Halt { reason, .. } => Err(RpcRefusal { code: -32000, reason: format!("{reason:?}") }),
    }
}

/// What `eth_getLogs` asks for.
struct Filter {
    from: u64,
    to: u64,
    /// Any of these contracts, or any at all.
    addresses: Vec<Address>,
    /// For each place, any of these topics, or any at all.
    topics: Vec<Vec<B256>>,
}

impl Filter {
    fn read(ask: &Ask<'_>) -> Result<Self, RpcRefusal> {
        let object = ask.param(0).as_object().ok_or_else(|| invalid("filter"))?;
        let part = |name: &str| object.get(name).unwrap_or(&Value::Null);
        let topics = match part("topics") {
            Value::Null => vec![],
            Value::Array(places) if places.len() <= 4 => places.iter().map(any_of).collect::<Result<_, _>>()?,
            _ => return Err(invalid("topics")),
        };
        let (from, to) = match part("blockHash") {
            Value::Null => (ask.number(part("fromBlock"))?, ask.number(part("toBlock"))?.min(ask.file.head)),
            hash => {
                let number = ask.file.number(parsed(hash, "block hash")?).ok().flatten();
                let number = number.ok_or_else(|| RpcRefusal { code: -32000, reason: "unknown block".to_owned() })?;
                (number, number)
            }
        };
        Ok(Self { from, to, addresses: any_of(part("address"))?, topics })
    }

    /// The blocks that can have such logs: by a topic when one is named, else all in range with anything in them.
    fn blocks(&self, file: &Snapshot) -> Result<Vec<u64>, Fault> {
        if self.from > self.to {
            return Ok(vec![]);
        }
        // The last place is the most particular one: the first is the kind of event.
        let Some(topics) = self.topics.iter().rev().find(|topics| !topics.is_empty()) else {
            let mut blocks = Vec::new();
            for number in self.from..=self.to {
                if file.known_header(number)?.receipts_root != EMPTY_ROOT_HASH {
                    blocks.push(number);
                }
            }
            return Ok(blocks);
        };
        let mut blocks = Vec::new();
        for topic in topics {
            blocks.extend(file.blocks_with_topic(*topic, self.from, self.to)?);
        }
        blocks.sort_unstable();
        blocks.dedup();
        Ok(blocks)
    }

    fn matches(&self, log: &crate::registry::Log) -> bool {
        let any =
            |wanted: &Vec<B256>, topic: Option<&B256>| wanted.is_empty() || topic.is_some_and(|topic| wanted.contains(topic));
        (self.addresses.is_empty() || self.addresses.contains(&log.address))
            && self.topics.iter().enumerate().all(|(place, wanted)| any(wanted, log.topics.get(place)))
    }
}

/// One value, several, or none for any.
fn any_of<T: std::str::FromStr>(value: &Value) -> Result<Vec<T>, RpcRefusal> {
    match value {
        Value::Null => Ok(vec![]),
        Value::Array(values) if values.len() <= 1024 => values.iter().map(|value| parsed(value, "filter")).collect(),
        value => Ok(vec![parsed(value, "filter")?]),
    }
}

/// What a contract says when it reverts: its text, or the name of its error.
fn reason(output: &Bytes) -> String {
    if let Ok(revert) = Revert::abi_decode(output) {
        return revert.reason.chars().filter(|c| !c.is_control()).take(200).collect();
    }
    let selector = output.first_chunk::<4>();
    let name = selector.and_then(|selector| CredentialRegistry::CredentialRegistryErrors::name_by_selector(*selector));
    name.unwrap_or("no reason given").to_owned()
}
