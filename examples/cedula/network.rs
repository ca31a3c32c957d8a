//! A registry chain as the commands know it, and the network file that describes one of other people's.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use wallet_core::error::WalletError;
use wallet_core::platform::{HttpNetwork, system_rng};
use wallet_core::registry::{Address, B256, Block, Checkpoint, Deployment, Ledger, Trust, ValidatorSet, qbft, rpc};
use wallet_core::resolver::{Patience, ProvenLedger, Resolver, RpcLedger};
use wallet_core::time::Timestamp;

use crate::failure::{Failure, Result};

/// A registry chain, the nodes that tell of it, and why a block of it is trusted.
#[derive(Clone)]
pub struct Chain {
    /// The name of its network in DIDs, besides its number.
    pub name: String,
    /// Where the contracts are.
    pub deployment: Deployment,
    /// The node that is asked, and those it is compared with.
    pub nodes: Vec<Arc<dyn Ledger>>,
    /// None where a node's word has to do.
    pub trust: Option<Trust>,
}

impl Chain {
    /// The node that is asked.
    pub fn ledger(&self) -> Arc<dyn Ledger> {
        self.nodes[0].clone()
    }

    /// The newest block, as the node says.
    pub async fn head(&self) -> Result<Block> {
        let answers = self.nodes[0].ask(vec![rpc::block(rpc::At::Latest)]).await?;
        let answer = answers.into_iter().next().ok_or_else(|| WalletError::malformed("answer", "the node left it out"))?;
        let answer = answer.map_err(|refusal| WalletError::refused("the registry", refusal))?;
        let block = rpc::read_block(&answer)?;
        Ok(block.ok_or_else(|| WalletError::malformed("answer", "there is no newest block"))?)
    }

    /// `resolver`, reading this chain too: proven where there is reason to trust a block, else believed.
    pub fn add_to(&self, resolver: Resolver) -> Resolver {
        match self.proven() {
            None => resolver.with_registry(&self.name, self.deployment, self.ledger()),
            Some(proven) => resolver.with_proven_registry(&self.name, self.deployment, Arc::new(proven)),
        }
    }

    /// The newest block there is reason to trust; none where a node's word has to do.
    pub async fn checkpoint(&self, now: &Timestamp) -> Result<Option<Checkpoint>> {
        match self.proven() {
            None => Ok(None),
            Some(proven) => Ok(Some(proven.newest(now).await.map_err(WalletError::from)?)),
        }
    }

    fn proven(&self) -> Option<ProvenLedger> {
        let proven = ProvenLedger::new(self.deployment.chain_id, self.ledger(), self.trust.clone()?);
        Some(proven.compared_with(self.nodes[1..].to_vec()))
    }

    /// This chain, nothing before a checkpoint believed.
    pub fn since(mut self, checkpoint: Option<Checkpoint>) -> Self {
        if let Some(checkpoint) = checkpoint {
            self.trust = self.trust.map(|trust| trust.since(checkpoint));
        }
        self
    }

    /// This chain, to be read for a judgement as of another time than now.
    pub fn at_any_time(mut self) -> Self {
        self.trust = self.trust.map(Trust::without_clock);
        self
    }
}

/// The file that describes a network: everything public, to be handed on as it is.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NetworkFile {
    /// The name that DIDs may have in place of the chain's number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The nodes: the first is asked, the others are compared with it.
    pub rpc: Vec<String>,
    /// The chain's number (EIP-155).
    pub chain_id: u64,
    /// Where `DidRegistry` is, or a stock ERC-1056 registry.
    pub did_registry: Address,
    /// Where `CredentialRegistry` is.
    #[serde(default)]
    pub credential_registry: Address,
    /// The Keccak-256 of a stock ERC-1056 registry's code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registry_code: Option<B256>,
    /// Why a block is trusted; without it, the first node's word has to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trust: Option<Basis>,
    /// How old the newest block may be, in seconds, on a chain that makes blocks all the time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_age: Option<u64>,
    /// By which node of a relay hub what is written is relayed (LACChain).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relay: Option<Address>,
    /// How many blocks must follow one before a write in it counts.
    #[serde(default)]
    pub confirmations: u64,
}

/// Why a block is trusted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum Basis {
    /// A quorum of these, who sealed block `at`, sealed it, or of those they let in since (QBFT, IBFT 2.0).
    Validators { at: u64, set: ValidatorSet },
    /// It is this one, or before it.
    Checkpoint(Checkpoint),
    /// Most of the nodes have it.
    Nodes,
}

impl Basis {
    /// The validators that a block names, if it is sealed by them.
    pub fn sealed(block: &Block) -> Option<Self> {
        let extra = qbft::ExtraData::of(&block.header).filter(|_| qbft::sealers(&block.header).is_ok())?;
        Some(Self::Validators { at: block.header.number, set: ValidatorSet::new(extra.validators).ok()? })
    }

    /// A block as it stands.
    pub fn known(block: &Block) -> Self {
        Self::Checkpoint(Checkpoint { number: block.header.number, hash: block.hash, time: block.header.timestamp })
    }
}

impl NetworkFile {
    /// Reads a network file.
    pub fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).map_err(|error| Failure::input(path, error))?;
        let file: Self = serde_json::from_str(&text).map_err(|error| Failure::input(path, error))?;
        if file.rpc.is_empty() {
            return Err(Failure::input(path, "it names no node"));
        }
        Ok(file)
    }

    /// Writes it, whole or not at all.
    pub fn write(&self, path: &Path) -> Result<()> {
        let text = serde_json::to_string_pretty(self).expect("a network file is plain data") + "\n";
        let draft = path.with_extension("new");
        fs::write(&draft, text).and_then(|()| fs::rename(&draft, path)).map_err(|error| Failure::output(path, error))
    }

    /// The chain it describes.
    pub fn chain(&self) -> Result<Chain> {
        let deployment = Deployment {
            chain_id: self.chain_id,
            did_registry: self.did_registry,
            credential_registry: self.credential_registry,
        };
        Ok(Chain {
            name: self.name.clone().unwrap_or_else(|| format!("{:#x}", self.chain_id)),
            deployment,
            nodes: self.nodes()?,
            trust: self.trust.as_ref().map(|basis| self.trust(basis)),
        })
    }

    fn nodes(&self) -> Result<Vec<Arc<dyn Ledger>>> {
        let network = Arc::new(HttpNetwork::new()?);
        let patience = Patience { seed: rand_core::Rng::next_u64(&mut system_rng()), ..Patience::default() };
        let node = |url: &String| -> Arc<dyn Ledger> {
            let node = RpcLedger::new(network.clone(), url).with_patience(patience);
            // What stands before the nodes of a relay hub takes one request at a time.
            Arc::new(if self.relay.is_some() { node.one_by_one() } else { node })
        };
        Ok(self.rpc.iter().map(node).collect())
    }

    fn trust(&self, basis: &Basis) -> Trust {
        let trust = match basis {
            Basis::Validators { at, set } => Trust::validators(set.clone(), *at),
            Basis::Checkpoint(checkpoint) => Trust::checkpoint(*checkpoint),
            Basis::Nodes => Trust::nodes(),
        };
        let trust = self.max_age.map_or(trust.clone(), |seconds| trust.no_older_than(seconds));
        self.registry_code.map_or(trust.clone(), |code| trust.stock_registry(code))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn network_file_reads_back_and_refuses_what_it_does_not_know() {
        let text = r#"{"rpc":["https://node.example"],"chainId":648540,"didRegistry":"0x0101010101010101010101010101010101010101",
            "trust":{"validators":{"at":7,"set":["0x0202020202020202020202020202020202020202"]}},
            "relay":"0x0303030303030303030303030303030303030303","confirmations":2}"#;
        let file: NetworkFile = serde_json::from_str(text).expect("a network file");
        assert!(matches!(&file.trust, Some(Basis::Validators { at: 7, .. })));
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("network.json");
        file.write(&path).expect("written");
        let again = NetworkFile::read(&path).expect("its own");
        assert_eq!((again.trust, again.relay, again.confirmations), (file.trust, file.relay, 2));
        for (from, to) in
            [("chainId", "chain"), (r#""rpc":["https://node.example"]"#, r#""rpc":[]"#), (r#""at":7"#, r#""at":-7"#)]
        {
            fs::write(&path, text.replace(from, to)).expect("written");
            assert!(NetworkFile::read(&path).is_err(), "{to}");
        }
    }
}
