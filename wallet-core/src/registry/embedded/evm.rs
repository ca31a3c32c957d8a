//! Runs transactions and calls in the EVM.

use alloy_primitives::{Address, B256, Bytes, TxKind, U256};
use revm::context::result::{EVMError, ExecutionResult, InvalidTransaction};
use revm::context::{BlockEnv, TxEnv};
use revm::primitives::hardfork::SpecId;
use revm::state::EvmState;
use revm::{Context, ExecuteEvm, MainBuilder, MainContext};

use super::Fault;
use super::state::State;
use crate::registry::ledger::RpcRefusal;
use crate::registry::transaction::{Fees, SignedTransaction};

/// The most gas a block's transactions may use.
pub(super) const GAS_LIMIT: u64 = 30_000_000;

/// The block in which something runs.
#[derive(Clone, Copy)]
pub(super) struct Setting {
    pub(super) chain_id: u64,
    pub(super) number: u64,
    pub(super) timestamp: u64,
    pub(super) beneficiary: Address,
}

/// A call that is not signed: `eth_call`, `eth_estimateGas`.
#[derive(Clone, Default)]
pub(super) struct Call {
    pub(super) from: Address,
    pub(super) to: Option<Address>,
    pub(super) value: U256,
    pub(super) data: Bytes,
}

/// How a run ended, and what it would change.
pub(super) struct Run {
    pub(super) result: ExecutionResult,
    pub(super) changes: EvmState,
}

/// Runs a signed transaction; what makes it invalid is the inner error.
pub(super) fn transact(
    state: &mut State<'_>,
    setting: Setting,
    signed: &SignedTransaction,
) -> Result<Result<Run, RpcRefusal>, Fault> {
    let transaction = &signed.transaction;
    let (tx_type, gas_price, gas_priority_fee) = match transaction.fees {
        Fees::Legacy { gas_price } | Fees::Unprotected { gas_price } => (0, gas_price, None),
        Fees::Dynamic { max_fee, max_priority_fee } => (2, max_fee, Some(max_priority_fee)),
    };
    let environment = TxEnv {
        tx_type,
        caller: signed.sender,
        gas_limit: transaction.gas_limit,
        gas_price,
        gas_priority_fee,
        kind: transaction.to.map_or(TxKind::Create, TxKind::Call),
        value: transaction.value,
        data: transaction.data.clone(),
        nonce: transaction.nonce,
        chain_id: Some(transaction.chain_id),
        ..TxEnv::default()
    };
    run(state, setting, environment, NonceCheck::On)
}

/// Runs a call with `gas` for nothing and forgets what it would change.
pub(super) fn call(
    state: &mut State<'_>,
    setting: Setting,
    call: &Call,
    gas: u64,
) -> Result<Result<ExecutionResult, RpcRefusal>, Fault> {
    let environment = TxEnv {
        caller: call.from,
        gas_limit: gas,
        gas_price: 0,
        kind: call.to.map_or(TxKind::Create, TxKind::Call),
        value: call.value,
        data: call.data.clone(),
        chain_id: Some(setting.chain_id),
        ..TxEnv::default()
    };
    Ok(run(state, setting, environment, NonceCheck::Off)?.map(|run| run.result))
}

#[derive(PartialEq)]
enum NonceCheck {
    On,
    Off,
}

fn run(
    state: &mut State<'_>,
    setting: Setting,
    transaction: TxEnv,
    nonces: NonceCheck,
) -> Result<Result<Run, RpcRefusal>, Fault> {
    let block = BlockEnv {
        number: U256::from(setting.number),
        beneficiary: setting.beneficiary,
        timestamp: U256::from(setting.timestamp),
        gas_limit: GAS_LIMIT,
        basefee: 0,
        difficulty: U256::from(1),
        prevrandao: Some(B256::ZERO),
        ..BlockEnv::default()
    };
    let mut evm = Context::mainnet()
        .with_db(state)
        .modify_cfg_chained(|cfg| {
            cfg.chain_id = setting.chain_id;
            cfg.disable_nonce_check = nonces == NonceCheck::Off;
            cfg.set_spec_and_mainnet_gas_params(SpecId::LONDON);
        })
        .with_block(block)
        .build_mainnet();
    match evm.transact(transaction) {
        Ok(done) => Ok(Ok(Run { result: done.result, changes: done.state })),
        Err(EVMError::Transaction(invalid)) => Ok(Err(refusal(&invalid))),
        Err(EVMError::Database(fault)) => Err(fault),
        Err(other) => Err(Fault::damaged(&other.to_string())),
    }
}

/// The words nodes use, as far as wallets look for them.
fn refusal(invalid: &InvalidTransaction) -> RpcRefusal {
    let reason = match invalid {
        InvalidTransaction::NonceTooLow { tx, state } => format!("nonce too low: next nonce {state}, tx nonce {tx}"),
        InvalidTransaction::NonceTooHigh { tx, state } => format!("nonce too high: next nonce {state}, tx nonce {tx}"),
        InvalidTransaction::LackOfFundForMaxFee { .. } => {
            "insufficient funds for gas * price + value: this network asks no fee, offer none".to_owned()
        }
        InvalidTransaction::CallGasCostMoreThanGasLimit { .. } => "intrinsic gas too low".to_owned(),
        other => other.to_string(),
    };
    RpcRefusal { code: -32000, reason }
}
