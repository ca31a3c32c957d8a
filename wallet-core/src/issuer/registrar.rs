//! Writing to the registry: an identity's owner signs, and anyone submits.

use std::sync::Arc;

use super::Sending;
use crate::did::Did;
use crate::did::ethr::{self, Identity};
use crate::error::{Result, WalletError};
use crate::key::{KeyId, PublicKey};
use crate::ports::Keystore;
use crate::registry::credential_registry::{self, Signer};
use crate::registry::{
    Address, B256, Bytes, CredentialWrite, Deployment, DidWrite, Ledger, Receipt, RecoverableSignature, account, contracts,
    did_registry, rpc,
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
    /// How it sends.
    pub sending: Sending,
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

impl Registrar {
    /// The did:ethr that the secp256k1 key `owner` owns from the start, without any transaction.
    pub async fn did(&self, owner: &KeyId) -> Result<Did> {
        let address = account::address(&self.keystore.public_key(owner).await?)?;
        ethr::from_address(&format!("0x{:x}", self.deployment.chain_id), &address.into_array())
    }

    /// Creates the two contracts on the chain, wherever `deployment` has them, and returns where they are now.
    ///
    /// The receipts say where: behind a relay hub it cannot be foreseen. Fails with `Refused` when other code is there than was sent.
    pub async fn deploy(&self) -> Result<Deployment> {
        let did_registry = self.create(contracts::did_registry()).await?;
        let credential_registry = self.create(contracts::credential_registry(did_registry)).await?;
        self.check_code(did_registry, contracts::DID_REGISTRY_CODE_HASH).await?;
        self.check_code(credential_registry, contracts::credential_registry_code_hash(did_registry)).await?;
        Ok(Deployment { did_registry, credential_registry, ..self.deployment })
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
        Ok(self.send(Some(registry), write.signed_call(identity, &signature)).await?.into())
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
        Ok(self.send(Some(registry), write.signed_call(identity, &signature)?).await?.into())
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

    async fn create(&self, code: Bytes) -> Result<Address> {
        let receipt = self.send(None, code).await?;
        receipt.contract_address.ok_or_else(|| WalletError::malformed("answer", "the receipt does not say where the contract is"))
    }

    async fn check_code(&self, contract: Address, expected: B256) -> Result<()> {
        let code = rpc::read_bytes(&self.ask(rpc::code(contract)).await?)?;
        if contracts::code_hash(&code) != expected {
            return Err(WalletError::refused("the registry", format!("at {contract} there is another contract")));
        }
        Ok(())
    }
}

impl From<Receipt> for Written {
    fn from(receipt: Receipt) -> Self {
        Self { transaction: receipt.transaction_hash, block: receipt.block_number, gas: receipt.gas_used }
    }
}
