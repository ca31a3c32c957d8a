//! Writing to the registry: an identity's owner signs, and anyone submits.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use crate::did::Did;
use crate::did::ethr::{self, Identity};
use crate::error::{Result, WalletError};
use crate::key::{KeyId, PublicKey};
use crate::ports::Keystore;
use crate::registry::credential_registry::{self, Signer};
use crate::registry::{
    Address, B256, Bytes, CredentialWrite, Deployment, DidWrite, Fees, Ledger, RecoverableSignature, RpcRequest, Transaction,
    account, did_registry, rpc,
};

/// Writes to a registry chain: signs for an identity with its owner's key, and sends with its own.
pub struct Registrar {
    /// The chain.
    pub ledger: Arc<dyn Ledger>,
    /// Where the registry is on it.
    pub deployment: Deployment,
    /// Where the keys are.
    pub keystore: Arc<dyn Keystore>,
    /// The secp256k1 key that sends, and pays where gas costs something; it owns nothing.
    pub sender: KeyId,
}

/// A write that is in a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// The transaction's hash.
    pub transaction: B256,
    /// The block it is in.
    pub block: u64,
    /// The gas it used.
    pub gas: u64,
}

/// How often, and how long apart, a receipt is asked for.
const PATIENCE: (u32, Duration) = (120, Duration::from_millis(500));

impl Registrar {
    /// The did:ethr that the secp256k1 key `owner` owns from the start, without any transaction.
    pub async fn did(&self, owner: &KeyId) -> Result<Did> {
        let address = account::address(&self.keystore.public_key(owner).await?)?;
        ethr::from_address(&format!("0x{:x}", self.deployment.chain_id), &address.into_array())
    }

    /// Changes a DID: its keys, its services or its owner, signed by the key that owns it now.
    ///
    /// Fails with `Refused` when the registry says no, as to a key that is not the owner's.
    pub async fn change_did(&self, did: &Did, owner: &KeyId, write: &DidWrite) -> Result<Written> {
        let identity = self.identity(did)?;
        let (owner_key, registry) = (self.keystore.public_key(owner).await?, self.deployment.did_registry);
        let nonce = self.call(registry, &did_registry::nonce_call(account::address(&owner_key)?)).await?;
        let message = write.message(registry, identity, did_registry::read_number(&nonce)?);
        let signature = self.sign(owner, &owner_key, &message).await?;
        self.send(registry, write.signed_call(identity, &signature)).await
    }

    /// Writes what verifiers ask about an issuer: an accreditation, an anchor, a status digest, or that it has retired.
    ///
    /// Fails with `Refused` when the registry says no.
    pub async fn write(&self, did: &Did, owner: &KeyId, write: &CredentialWrite) -> Result<Written> {
        let identity = self.identity(did)?;
        let (owner_key, registry) = (self.keystore.public_key(owner).await?, self.deployment.credential_registry);
        let nonce = self.call(registry, &credential_registry::nonce_call(identity)).await?;
        let signer = Signer { identity, nonce: did_registry::read_number(&nonce)? };
        let message = write.message(registry, self.deployment.chain_id, signer);
        let signature = self.sign(owner, &owner_key, &message).await?;
        self.send(registry, write.signed_call(identity, &signature)?).await
    }

    pub(super) fn identity(&self, did: &Did) -> Result<Address> {
        let identity = Identity::read(did).map_err(|_| WalletError::misused(format!("{did} is not on a registry chain")))?;
        if identity.chain_id() != Some(self.deployment.chain_id) {
            return Err(WalletError::misused(format!("{did} is on another chain")));
        }
        Ok(identity.address.into())
    }

    async fn sign(&self, owner: &KeyId, key: &PublicKey, message: &[u8]) -> Result<RecoverableSignature> {
        RecoverableSignature::new(message, &self.keystore.sign(owner, message).await?, key)
    }

    pub(super) async fn call(&self, to: Address, input: &[u8]) -> Result<Bytes> {
        rpc::read_bytes(&self.ask(rpc::call(to, input, rpc::At::Latest)).await?)
    }

    /// Sends a transaction and waits until it is in a block.
    async fn send(&self, to: Address, data: Bytes) -> Result<Written> {
        let sender_key = self.keystore.public_key(&self.sender).await?;
        let sender = account::address(&sender_key)?;
        let batch = vec![rpc::next_nonce(sender), rpc::gas_price(), rpc::estimate_gas(sender, to, &data)];
        let mut answers = self.ledger.ask(batch).await?.into_iter().map(|answer| answer.map_err(refused));
        let mut next = || answers.next().unwrap_or_else(|| Err(WalletError::malformed("answer", "the node left out a part")));
        let (nonce, gas_price, gas) = (next()?, next()?, next()?);
        let transaction = Transaction {
            nonce: rpc::read_quantity(&nonce)?,
            fees: Fees::Legacy { gas_price: rpc::read_wei(&gas_price)? },
            gas_limit: rpc::read_gas_limit(&gas)?,
            ..Transaction::call(self.deployment.chain_id, to, data)
        };
        let signature = self.keystore.sign(&self.sender, &transaction.message()).await?;
        let signed = transaction.finish(&signature, &sender_key)?;
        self.ask(rpc::send_raw_transaction(&signed.raw)).await?;
        self.receipt(signed.hash()).await
    }

    pub(super) async fn receipt(&self, transaction: B256) -> Result<Written> {
        let (tries, pause) = PATIENCE;
        for _ in 0..tries {
            if let Some(receipt) = rpc::read_receipt(&self.ask(rpc::receipt(transaction)).await?)? {
                if !receipt.succeeded {
                    return Err(WalletError::refused("the registry", "the transaction was undone"));
                }
                return Ok(Written { transaction, block: receipt.block_number, gas: receipt.gas_used });
            }
            futures_timer::Delay::new(pause).await;
        }
        Err(WalletError::unreachable("the registry", format!("transaction {transaction} is in no block yet")))
    }

    pub(super) async fn ask(&self, request: RpcRequest) -> Result<Value> {
        let answers = self.ledger.ask(vec![request]).await?;
        let answer = answers.into_iter().next().ok_or_else(|| WalletError::malformed("answer", "the node left it out"))?;
        answer.map_err(refused)
    }
}

fn refused(refusal: crate::registry::RpcRefusal) -> WalletError {
    WalletError::refused("the registry", refusal)
}
