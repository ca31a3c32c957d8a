//! The state of the chain at one block, as the EVM reads it and as a block changes it.

use std::collections::HashMap;

use alloy_primitives::{Address, B256, Bytes, KECCAK256_EMPTY, U256, keccak256};
use alloy_rlp::Decodable;
use alloy_trie::{EMPTY_ROOT_HASH, TrieAccount};
use revm::Database;
use revm::bytecode::Bytecode;
use revm::state::{Account, AccountInfo, EvmState};

use super::Fault;
use super::file::Snapshot;
use super::trie::{self, Fresh, Trie};

/// The state under one root, with the changes made to it since.
pub(super) struct State<'a> {
    file: &'a Snapshot,
    root: B256,
    fresh: Fresh,
    code: HashMap<B256, Bytes>,
}

/// An account with the nodes that prove it, and its slots with theirs (EIP-1186).
pub(super) struct Proof {
    pub(super) account: TrieAccount,
    pub(super) nodes: Vec<Bytes>,
    pub(super) slots: Vec<(U256, Vec<Bytes>)>,
}

impl<'a> State<'a> {
    pub(super) fn new(file: &'a Snapshot, root: B256) -> Self {
        Self { file, root, fresh: Fresh::new(), code: HashMap::new() }
    }

    pub(super) fn root(&self) -> B256 {
        self.root
    }

    /// The account at `address`; the empty one when there is none.
    pub(super) fn account(&mut self, address: Address) -> Result<TrieAccount, Fault> {
        let value = Trie::new(self.file, &mut self.fresh, self.root).get(keccak256(address))?;
        value.map_or_else(|| Ok(TrieAccount::default()), |value| account(&value))
    }

    pub(super) fn slot(&mut self, address: Address, slot: B256) -> Result<U256, Fault> {
        let root = self.account(address)?.storage_root;
        let value = Trie::new(self.file, &mut self.fresh, root).get(keccak256(slot))?;
        value.map_or(Ok(U256::ZERO), |value| U256::decode(&mut &value[..]).map_err(|_| Fault::damaged("a slot")))
    }

    pub(super) fn code(&self, hash: B256) -> Result<Bytes, Fault> {
        match self.code.get(&hash) {
            _ if hash == KECCAK256_EMPTY => Ok(Bytes::new()),
            Some(code) => Ok(code.clone()),
            None => self.file.code(hash),
        }
    }

    pub(super) fn prove(&mut self, address: Address, slots: &[B256]) -> Result<Proof, Fault> {
        let nodes = Trie::new(self.file, &mut self.fresh, self.root).prove(keccak256(address))?;
        let account = self.account(address)?;
        let mut proven = Vec::with_capacity(slots.len());
        for slot in slots {
            let nodes = Trie::new(self.file, &mut self.fresh, account.storage_root).prove(keccak256(slot))?;
            proven.push((self.slot(address, *slot)?, nodes));
        }
        Ok(Proof { account, nodes, slots: proven })
    }

    /// Takes over what a transaction changed.
    pub(super) fn apply(&mut self, changes: EvmState) -> Result<(), Fault> {
        for (address, changed) in changes.into_iter().filter(|(_, account)| account.is_touched()) {
            let value = self.apply_account(address, &changed)?;
            let mut accounts = Trie::new(self.file, &mut self.fresh, self.root);
            accounts.set(keccak256(address), value)?;
            self.root = accounts.root();
        }
        Ok(())
    }

    /// An account's new value in the trie; none when it is gone, or empty, which is the same (EIP-161).
    fn apply_account(&mut self, address: Address, changed: &Account) -> Result<Option<Vec<u8>>, Fault> {
        if changed.is_selfdestructed() || changed.is_empty() {
            return Ok(None);
        }
        let root = if changed.is_created() { EMPTY_ROOT_HASH } else { self.account(address)?.storage_root };
        let mut storage = Trie::new(self.file, &mut self.fresh, root);
        for (slot, value) in changed.changed_storage_slots() {
            let value = value.present_value();
            let encoded = (!value.is_zero()).then(|| alloy_rlp::encode(value));
            storage.set(keccak256(B256::from(*slot)), encoded)?;
        }
        let storage_root = storage.root();
        let AccountInfo { balance, nonce, code_hash, .. } = changed.info;
        if let (true, Some(code)) = (changed.is_created(), &changed.info.code) {
            self.code.insert(code_hash, code.original_bytes());
        }
        Ok(Some(alloy_rlp::encode(TrieAccount { nonce, balance, storage_root, code_hash })))
    }

    /// What must be written for this state to be read again: its new trie nodes and its new code.
    pub(super) fn finish(self) -> Result<(Fresh, Vec<(B256, Bytes)>), Fault> {
        let nodes = trie::reachable(&self.fresh, self.root, |value| account(value).ok().map(|a| a.storage_root))?;
        Ok((nodes, self.code.into_iter().collect()))
    }
}

fn account(mut value: &[u8]) -> Result<TrieAccount, Fault> {
    TrieAccount::decode(&mut value).map_err(|_| Fault::damaged("an account"))
}

impl Database for State<'_> {
    type Error = Fault;

    fn basic(&mut self, address: Address) -> Result<Option<AccountInfo>, Fault> {
        let TrieAccount { nonce, balance, code_hash, .. } = self.account(address)?;
        let info = AccountInfo { balance, nonce, code_hash, code: None, account_id: None };
        Ok((!info.is_empty()).then_some(info))
    }

    fn code_by_hash(&mut self, hash: B256) -> Result<Bytecode, Fault> {
        Ok(Bytecode::new_raw(self.code(hash)?))
    }

    fn storage(&mut self, address: Address, slot: U256) -> Result<U256, Fault> {
        self.slot(address, slot.into())
    }

    fn block_hash(&mut self, number: u64) -> Result<B256, Fault> {
        Ok(self.file.header(number)?.map(|header| header.hash()).unwrap_or_default())
    }
}
