//! Sending a transaction: who relays it, what becomes of it when no answer comes, and when it counts as written.

use std::time::Duration;

use serde_json::Value;

use super::Registrar;
use crate::error::{Result, WalletError};
use crate::registry::{Address, B256, Bytes, Fees, Receipt, Relay, RpcRequest, SignedTransaction, Transaction, account, rpc};
use crate::resolver::Patience;

/// How a registrar's transactions go out, and when they count as written.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sending {
    /// The relay hub they go through, on a network where nodes pay for gas.
    pub relay: Option<Relay>,
    /// How many blocks must follow the one a write is in: none where blocks are final, as with QBFT and IBFT 2.0.
    pub confirmations: u64,
    /// How often a transaction is handed in when no answer comes. It is the same one each time, so that it counts once at most.
    pub patience: Patience,
}

/// How often, and how long apart, a receipt is asked for; as often again for each block that must follow.
const POLLS: (u64, Duration) = (120, Duration::from_millis(500));
/// After how many of those a transaction without one is handed in again.
const POLLS_TO_WAIT: u64 = 8;

impl Registrar {
    /// Sends a transaction that calls `to`, or without it creates a contract, and waits until it is in a block that enough others follow.
    pub(super) async fn send(&self, to: Option<Address>, data: Bytes) -> Result<Receipt> {
        let signed = self.sign_transaction(to, data).await?;
        let hash = self.hand_in(&signed).await?;
        let receipt = self.settled(&signed, hash).await?;
        if receipt.succeeded { Ok(receipt) } else { Err(WalletError::refused("the registry", "the transaction was undone")) }
    }

    async fn sign_transaction(&self, to: Option<Address>, data: Bytes) -> Result<SignedTransaction> {
        let key = self.keystore.public_key(&self.sender).await?;
        let sender = account::address(&key)?;
        let relay = self.sending.relay;
        let sent = relay.as_ref().map_or_else(|| data.clone(), |relay| relay.append_to(&data));
        let questions = vec![rpc::chain_id(), rpc::next_nonce(sender), rpc::gas_price(), rpc::estimate_gas(sender, to, &sent)];
        let answers = self.ask_all(questions).await?;
        let [chain_id, nonce, gas_price, gas] = answers.as_slice() else { return Err(left_out()) };
        if rpc::read_quantity(chain_id)? != self.deployment.chain_id {
            return Err(WalletError::misused("the node is of another chain than the registry"));
        }
        let transaction = Transaction {
            nonce: rpc::read_quantity(nonce)?,
            fees: Fees::Legacy { gas_price: rpc::read_wei(gas_price)? },
            gas_limit: rpc::read_gas_limit(gas)?,
            to,
            ..Transaction::call(self.deployment.chain_id, Address::ZERO, data)
        };
        let transaction = match &relay {
            Some(relay) => transaction.relayed_by(relay),
            None => transaction,
        };
        let signature = self.keystore.sign(&self.sender, &transaction.message()).await?;
        transaction.finish(&signature, &key)
    }

    /// Hands a transaction in, again while no answer comes, and returns the hash by which its receipt is found.
    async fn hand_in(&self, signed: &SignedTransaction) -> Result<B256> {
        let request = || rpc::send_raw_transaction(&signed.raw);
        if self.sending.relay.is_some() {
            // A hub sends one of its own, and only its answer says which: handed in twice, nobody would know what came of the first.
            return rpc::read_hash(&self.ask(request()).await?);
        }
        let (hash, mut pauses) = (signed.hash(), self.sending.patience.pauses(&signed.raw));
        loop {
            match self.ask(request()).await {
                Ok(_) => return Ok(hash),
                // What a node says to a transaction that it has already.
                Err(WalletError::Refused { .. }) if self.is_known(hash).await => return Ok(hash),
                Err(WalletError::Unreachable { .. }) if pauses.wait(Duration::ZERO).await => {}
                Err(error) => return Err(error),
            }
        }
    }

    async fn is_known(&self, hash: B256) -> bool {
        self.ask(rpc::transaction(hash)).await.is_ok_and(|answer| rpc::read_is_there(&answer))
    }

    /// Waits until a transaction is in a block that enough others follow.
    async fn settled(&self, signed: &SignedTransaction, hash: B256) -> Result<Receipt> {
        let (polls, pause) = POLLS;
        let confirmations = self.sending.confirmations;
        for poll in 1..=polls.saturating_mul(confirmations.saturating_add(1)) {
            match self.receipt(hash).await {
                Ok((Some(receipt), head)) if head >= receipt.block_number.saturating_add(confirmations) => return Ok(receipt),
                // Its block was taken back, or a node said yes and let it fall. Whatever is said this time, the receipt decides.
                Ok((None, _)) if poll % POLLS_TO_WAIT == 0 && self.sending.relay.is_none() => drop(self.hand_in(signed).await),
                Ok(_) | Err(WalletError::Unreachable { .. }) => {}
                Err(error) => return Err(error),
            }
            futures_timer::Delay::new(pause).await;
        }
        Err(WalletError::unreachable("the registry", format!("transaction {hash} is in no block yet that enough others follow")))
    }

    /// The receipt of a transaction, and the newest block.
    async fn receipt(&self, hash: B256) -> Result<(Option<Receipt>, u64)> {
        match self.ask_all(vec![rpc::receipt(hash), rpc::block_number()]).await?.as_slice() {
            [receipt, head] => Ok((rpc::read_receipt(receipt)?, rpc::read_quantity(head)?)),
            _ => Err(left_out()),
        }
    }

    pub(super) async fn ask(&self, request: RpcRequest) -> Result<Value> {
        self.ask_all(vec![request]).await?.pop().ok_or_else(left_out)
    }

    async fn ask_all(&self, batch: Vec<RpcRequest>) -> Result<Vec<Value>> {
        let answers = self.ledger.ask(batch).await?;
        answers.into_iter().map(|answer| answer.map_err(|refusal| WalletError::refused("the registry", refusal))).collect()
    }
}

fn left_out() -> WalletError {
    WalletError::malformed("answer", "the node left out a part")
}
