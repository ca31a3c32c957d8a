//! Makes blocks: runs their transactions, computes their roots, seals them and puts them on the disk.

use alloy_primitives::{Address, B64, B256, Bloom, Bytes, U256};
use alloy_trie::EMPTY_ROOT_HASH;

use super::evm::{self, GAS_LIMIT, Setting};
use super::file::{Outcome, Sealed};
use super::state::State;
use super::trie::Fresh;
use super::view::receipts;
use super::{EmbeddedChain, Fault};
use crate::registry::account::{self, RecoverableSignature};
use crate::registry::block::{ForkFields, Header, NO_OMMERS};
use crate::registry::ledger::RpcRefusal;
use crate::registry::qbft::{self, ExtraData, MIX_HASH, Protocol, Seal};
use crate::registry::transaction::{SignedTransaction, Transaction};
use crate::registry::{contracts, receipt};

impl EmbeddedChain {
    /// Writes the first block: an empty state and the validator.
    pub(super) fn begin(&self) -> Result<(), Fault> {
        let mut header = self.header_after(None, self.now());
        header.extra_data = self.extra_data().encode().into();
        self.file.append(&Sealed { header, outcomes: vec![], nodes: Fresh::new(), code: vec![] })
    }

    /// Writes the second block: the two contracts, created by the validator's first two transactions.
    pub(super) fn deploy(&self) -> Result<(), Fault> {
        let creations = [contracts::did_registry(), contracts::credential_registry(self.deployment.did_registry)];
        let raw: Vec<Bytes> = creations.into_iter().zip(0..).map(|(code, nonce)| self.creation(code, nonce)).collect();
        let refused = self.seal_block(&raw)?.into_iter().any(|result| result.is_err());
        if refused { Err(Fault::damaged("the contracts could not be created")) } else { Ok(()) }
    }

    fn creation(&self, code: Bytes, nonce: u64) -> Bytes {
        let call = Transaction::call(self.deployment.chain_id, Address::ZERO, code);
        let transaction = Transaction { nonce, to: None, gas_limit: 5_000_000, ..call };
        let signature = self.sealer.sign(&transaction.message());
        transaction.finish(&signature, &self.sealer.public_key()).expect("the key's own signature").raw
    }

    pub(super) fn seal_block(&self, raw: &[Bytes]) -> Result<Vec<Result<B256, RpcRefusal>>, Fault> {
        let _next = self.sealing.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let snapshot = self.snapshot()?;
        let parent = snapshot.known_header(snapshot.head)?;
        let timestamp = self.now().max(parent.timestamp);
        let mut state = State::new(&snapshot, parent.state_root);
        let (mut outcomes, mut results, mut gas_used) = (Vec::new(), Vec::with_capacity(raw.len()), 0);
        for raw in raw {
            let setting = self.setting(parent.number + 1, timestamp);
            let result = match self.read(raw, GAS_LIMIT - gas_used) {
                Ok(signed) => evm::transact(&mut state, setting, &signed)?.map(|run| (signed, run)),
                Err(refusal) => Err(refusal),
            };
            results.push(match result {
                Ok((signed, run)) => {
                    gas_used += run.result.tx_gas_used();
                    state.apply(run.changes)?;
                    outcomes.push(Outcome {
                        raw: raw.clone(),
                        succeeded: run.result.is_success(),
                        gas_used: run.result.tx_gas_used(),
                        logs: run.result.into_logs(),
                    });
                    Ok(signed.hash())
                }
                Err(refusal) => Err(refusal),
            });
        }
        if outcomes.is_empty() {
            return Ok(results);
        }
        let mut header = self.header_after(Some(&parent), timestamp);
        header.state_root = state.root();
        header.gas_used = gas_used;
        self.commit_to(&mut header, &outcomes)?;
        self.put_seal(&mut header);
        let (nodes, code) = state.finish()?;
        self.file.append(&Sealed { header, outcomes, nodes, code })?;
        Ok(results)
    }

    /// The block a call at `number` runs in.
    pub(super) fn setting(&self, number: u64, timestamp: u64) -> Setting {
        Setting { chain_id: self.deployment.chain_id, number, timestamp, beneficiary: self.validator() }
    }

    fn read(&self, raw: &[u8], gas_left: u64) -> Result<SignedTransaction, RpcRefusal> {
        let refused = |reason: String| RpcRefusal { code: -32000, reason };
        let signed = SignedTransaction::read(raw).map_err(|e| refused(e.to_string()))?;
        if signed.transaction.chain_id != self.deployment.chain_id {
            return Err(refused("invalid sender: the transaction is for another chain".to_owned()));
        }
        if signed.transaction.gas_limit > gas_left {
            return Err(refused("exceeds block gas limit".to_owned()));
        }
        Ok(signed)
    }

    fn now(&self) -> u64 {
        u64::try_from((self.clock)().unix()).unwrap_or(0)
    }

    fn validator(&self) -> Address {
        account::address(&self.sealer.public_key()).expect("the sealer was checked when the chain was opened")
    }

    fn extra_data(&self) -> ExtraData {
        let vanity = Bytes::from_static(&[0; 32]);
        let (protocol, validators) = (Protocol::Qbft, vec![self.validator()]);
        ExtraData { protocol, vanity, validators, vote: None, round: 0, seals: vec![] }
    }

    fn header_after(&self, parent: Option<&Header>, timestamp: u64) -> Header {
        Header {
            parent_hash: parent.map_or(B256::ZERO, Header::hash),
            ommers_hash: NO_OMMERS,
            beneficiary: self.validator(),
            state_root: EMPTY_ROOT_HASH,
            transactions_root: EMPTY_ROOT_HASH,
            receipts_root: EMPTY_ROOT_HASH,
            logs_bloom: Bloom::ZERO,
            difficulty: U256::from(1),
            number: parent.map_or(0, |parent| parent.number + 1),
            gas_limit: GAS_LIMIT,
            gas_used: 0,
            timestamp,
            extra_data: Bytes::new(),
            mix_hash: MIX_HASH,
            nonce: B64::ZERO,
            fork: ForkFields { base_fee: Some(U256::ZERO), ..ForkFields::default() },
        }
    }

    fn commit_to(&self, header: &mut Header, outcomes: &[Outcome]) -> Result<(), Fault> {
        let receipts = receipts(header, B256::ZERO, outcomes)?;
        let raw: Vec<&Bytes> = outcomes.iter().map(|outcome| &outcome.raw).collect();
        header.transactions_root = alloy_trie::root::ordered_trie_root_encoded(&raw);
        header.receipts_root = receipt::root(&receipts);
        for receipt in &receipts {
            header.logs_bloom |= receipt.logs_bloom;
        }
        Ok(())
    }

    fn put_seal(&self, header: &mut Header) {
        let mut extra = self.extra_data();
        header.extra_data = extra.encode().into();
        let message = qbft::seal_message(header).expect("the header is a QBFT header");
        let signature = RecoverableSignature::new(&message, &self.sealer.sign(&message), &self.sealer.public_key())
            .expect("the key's own signature");
        extra.seals = vec![Seal::new(signature.to_seal())];
        header.extra_data = extra.encode().into();
    }
}
