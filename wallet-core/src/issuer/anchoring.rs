//! Anchoring a Merkle root: in one transaction, and not a second time.

use super::{Registrar, Written};
use crate::did::Did;
use crate::error::{Result, WalletError};
use crate::key::KeyId;
use crate::registry::credential_registry::{Moment, anchor_call, anchored_topics, read_moment};
use crate::registry::rpc::{self, At, LogFilter};
use crate::registry::{Address, B256, CredentialWrite};

/// A root that stands on the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Anchored {
    /// When it was anchored, as the chain has it.
    pub moment: Moment,
    /// The transaction that did it.
    pub written: Written,
}

impl Registrar {
    /// Anchors `root` in the name of `did`, signed by the key that owns it; does nothing when it stands there already.
    ///
    /// So a kill between the transaction and its answer costs nothing: the next call finds it. Fails as [`Registrar::write`] does.
    pub async fn anchor(&self, did: &Did, owner: &KeyId, root: B256) -> Result<Anchored> {
        let issuer = self.identity(did)?;
        if let Some(moment) = self.anchored(issuer, root).await? {
            return Ok(Anchored { moment, written: self.anchoring(issuer, root, moment).await? });
        }
        let written = self.write(did, owner, &CredentialWrite::Anchor { root }).await?;
        let gone = || WalletError::unreachable("the anchor", "its block was replaced by another");
        Ok(Anchored { moment: self.anchored(issuer, root).await?.ok_or_else(gone)?, written })
    }

    /// When `issuer` anchored `root`, if it did.
    async fn anchored(&self, issuer: Address, root: B256) -> Result<Option<Moment>> {
        let registry = self.deployment.credential_registry;
        read_moment(&self.call(registry, &anchor_call(issuer, root)).await?)
    }

    /// The transaction that anchored `root`.
    async fn anchoring(&self, issuer: Address, root: B256, Moment { block, .. }: Moment) -> Result<Written> {
        let address = self.deployment.credential_registry;
        let filter = LogFilter { address, topics: anchored_topics(issuer, root).to_vec(), from: block, to: At::Block(block) };
        let logs = rpc::read_logs(&self.ask(rpc::logs(&filter)).await?)?;
        let left_out = || WalletError::malformed("answer", "the transaction of the anchor is left out");
        let log = logs.first().ok_or_else(left_out)?;
        let receipt = rpc::read_receipt(&self.ask(rpc::receipt(log.transaction_hash)).await?)?;
        Ok(receipt.ok_or_else(left_out)?.into())
    }
}
