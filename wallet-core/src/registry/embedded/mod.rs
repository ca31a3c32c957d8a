//! A registry chain in process and in one file: the same contracts, blocks and answers as on a network of many.
//!
//! It is one signer, and says so: it gives history and proofs, not independence from whoever runs it. Gas is free, blocks are
//! sealed as Besu's QBFT does with one validator, each when a transaction comes, and everything stays readable at every block.

mod answer;
mod evm;
mod file;
mod sealing;
mod state;
mod trie;
mod view;

use std::path::Path;
use std::sync::Mutex;

use alloy_primitives::{Address, B256, Bytes};
use async_trait::async_trait;
use serde_json::Value;

use self::file::{File, Snapshot};
use super::block::Header;
use super::ledger::{Ledger, RpcRefusal, RpcRequest};
use super::{Deployment, account, qbft};
use crate::error::{Result, WalletError};
use crate::key::{KeyAlgorithm, SecretKey};
use crate::time::Timestamp;

/// A clock a block's time is read from.
pub type Clock = Box<dyn Fn() -> Timestamp + Send + Sync>;

/// A chain in process, kept in one file and safe against a kill at any moment.
pub struct EmbeddedChain {
    file: File,
    sealer: SecretKey,
    clock: Clock,
    deployment: Deployment,
    /// Held while a block is made, so that there is one next block.
    sealing: Mutex<()>,
}

impl EmbeddedChain {
    /// Opens the chain at `path`, or starts one whose second block deploys the two registry contracts.
    ///
    /// `sealer` is the secp256k1 key of the one validator, `clock` gives each block its time; a clock that goes back is held at
    /// the newest block's. The contracts' addresses follow from the validator's, so no two networks share one. Fails with
    /// `Misused` when the file is of another chain or validator, `StorageFailed` when it is open elsewhere or damaged.
    pub fn open(path: &Path, chain_id: u64, sealer: SecretKey, clock: Clock) -> Result<Self> {
        if sealer.algorithm() != KeyAlgorithm::Secp256k1 {
            return Err(WalletError::misused("blocks are sealed with a secp256k1 key"));
        }
        if chain_id == 0 || chain_id > u64::from(u32::MAX) {
            return Err(WalletError::misused("a chain id is between 1 and 4294967295"));
        }
        let validator = account::address(&sealer.public_key())?;
        let deployment = Deployment { chain_id, did_registry: validator.create(0), credential_registry: validator.create(1) };
        let file = File::open(path)?;
        let chain = Self { file, sealer, clock, deployment, sealing: Mutex::new(()) };
        if chain.file.snapshot()?.is_none() {
            chain.begin()?;
        }
        if chain.snapshot()?.head == 0 {
            chain.deploy()?;
        }
        chain.check_owner(validator)?;
        Ok(chain)
    }

    /// Where the registry is on this chain.
    pub fn deployment(&self) -> Deployment {
        self.deployment
    }

    /// The newest block's header.
    pub fn head(&self) -> Result<Header> {
        let snapshot = self.snapshot()?;
        Ok(snapshot.known_header(snapshot.head)?)
    }

    /// Seals `raw` transactions into one block, in their order, and returns each one's hash or why it was left out.
    ///
    /// When all are left out there is no block. On return the block is on the disk.
    pub fn seal(&self, raw: &[Bytes]) -> Result<Vec<Result<B256, RpcRefusal>>> {
        Ok(self.seal_block(raw)?)
    }

    /// Answers one JSON-RPC request, whatever its method.
    pub fn answer(&self, method: &str, params: &Value) -> Result<Result<Value, RpcRefusal>> {
        Ok(answer::answer(self, method, params)?)
    }

    fn snapshot(&self) -> Result<Snapshot, Fault> {
        self.file.snapshot()?.ok_or_else(|| Fault::damaged("the first block"))
    }

    /// Refuses the file of another chain: its first block names the validator, its second the contracts and so the chain.
    fn check_owner(&self, validator: Address) -> Result<()> {
        let snapshot = self.snapshot()?;
        let first = snapshot.known_header(0)?;
        let validators = qbft::ExtraData::of(&first).map(|extra| extra.validators);
        let deploying = snapshot.outcomes(1)?.into_iter().next().ok_or_else(|| Fault::damaged("the second block"))?;
        let chain_id = super::SignedTransaction::read(&deploying.raw)?.transaction.chain_id;
        if validators != Some(vec![validator]) || chain_id != self.deployment.chain_id {
            return Err(WalletError::misused("this file is of another chain, or another validator sealed it"));
        }
        Ok(())
    }
}

#[async_trait]
impl Ledger for EmbeddedChain {
    async fn ask(&self, batch: Vec<RpcRequest>) -> Result<Vec<Result<Value, RpcRefusal>>> {
        batch.iter().map(|request| self.answer(request.method, &request.params)).collect()
    }
}

/// What the file did not do.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Fault(String);

impl Fault {
    fn damaged(what: &str) -> Self {
        Self(format!("the chain's file is damaged: {what}"))
    }
}

impl From<Fault> for WalletError {
    fn from(fault: Fault) -> Self {
        Self::storage_failed(fault)
    }
}

macro_rules! fault_from {
    ($($error:ty),*) => {
        $(impl From<$error> for Fault {
            fn from(e: $error) -> Self {
                Self(e.to_string())
            }
        })*
    };
}
fault_from!(std::io::Error, redb::DatabaseError, redb::TransactionError, redb::TableError, redb::StorageError, redb::CommitError);

impl revm::database_interface::DBErrorMarker for Fault {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::contracts;
    use serde_json::json;

    fn key(byte: u8) -> SecretKey {
        SecretKey::from_bytes(KeyAlgorithm::Secp256k1, &[byte; 32]).expect("a scalar in range")
    }

    fn at(seconds: i64) -> Clock {
        Box::new(move || Timestamp::from_unix(seconds).expect("a time in range"))
    }

    fn open(path: &Path, time: i64) -> Result<EmbeddedChain> {
        EmbeddedChain::open(path, 7777, key(1), at(time))
    }

    #[test]
    fn new_chain_has_both_contracts_and_reopens_as_it_was() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("chain");
        let chain = open(&path, 1000).expect("a new chain");
        let deployment = chain.deployment();
        for address in [deployment.did_registry, deployment.credential_registry] {
            let code = chain.answer("eth_getCode", &json!([address, "latest"])).expect("a whole file").expect("code");
            assert!(code.as_str().expect("text").len() > 5000);
        }
        let hash = |address: Address| {
            let proof = chain.answer("eth_getProof", &json!([address, [], "latest"])).expect("a whole file").expect("a proof");
            crate::registry::rpc::read_proof(&proof).expect("a proof").code_hash
        };
        assert_eq!(hash(deployment.did_registry), contracts::DID_REGISTRY_CODE_HASH);
        let of_credentials = contracts::credential_registry_code_hash(deployment.did_registry);
        assert_eq!(hash(deployment.credential_registry), of_credentials);
        let head = chain.head().expect("a head");
        assert_eq!(head.number, 1);
        drop(chain);
        let chain = open(&path, 2000).expect("the same chain");
        assert_eq!((chain.head().expect("a head"), chain.deployment()), (head, deployment));
    }

    #[test]
    fn file_of_another_chain_or_validator_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("chain");
        drop(open(&path, 1000).expect("a new chain"));
        assert!(matches!(EmbeddedChain::open(&path, 7778, key(1), at(1)), Err(WalletError::Misused { .. })));
        assert!(matches!(EmbeddedChain::open(&path, 7777, key(2), at(1)), Err(WalletError::Misused { .. })));
        assert!(open(&path, 1000).is_ok());
    }

    #[test]
    fn file_that_is_open_elsewhere_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("chain");
        let _chain = open(&path, 1000).expect("a new chain");
        assert!(matches!(open(&path, 1000), Err(WalletError::StorageFailed { .. })));
    }

    #[test]
    fn blocks_are_sealed_by_the_validator() {
        let folder = tempfile::tempdir().expect("a folder");
        let chain = open(&folder.path().join("chain"), 1000).expect("a new chain");
        let head = chain.head().expect("a head");
        let validator = account::address(&key(1).public_key()).expect("an address");
        assert_eq!(qbft::sealers(&head).expect("a sealed header"), [validator]);
        assert_eq!((head.beneficiary, head.timestamp, head.difficulty), (validator, 1000, alloy_primitives::U256::from(1)));
    }
}
