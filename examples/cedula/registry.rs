//! The folder's own registry chain: one file, sealed by a key of the folder's.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use wallet_core::did::ethr::Identity;
use wallet_core::did::{Did, DidUrl, Resolution};
use wallet_core::error::WalletError;
use wallet_core::issuer::Registrar;
use wallet_core::key::{KeyAlgorithm, KeyId};
use wallet_core::platform::{SoftwareKeystore, system_now};
use wallet_core::ports::Keystore;
use wallet_core::registry::embedded::Clock;
use wallet_core::registry::{Address, Deployment, EmbeddedChain, Ledger as _, did_registry, rpc};
use wallet_core::resolver::Resolver;
use wallet_core::time::Timestamp;

use crate::failure::Result;
use crate::home::Home;

/// The chain id of every folder's own chain; its contracts' addresses, which follow from the sealing key, tell them apart.
pub const CHAIN_ID: u64 = 2026;

const SEAL: &str = "chain/seal.json";
const FILE: &str = "chain/chain.redb";
/// Where the keys of the issuers, of the chain and of the pack's publisher are.
pub const KEYS: &str = "issuers/keys.sqlite";

/// The chain of a folder, open.
pub struct Registry {
    /// The chain itself.
    pub chain: Arc<EmbeddedChain>,
    /// The keys of the folder's issuers, and those of the chain.
    pub keystore: Arc<SoftwareKeystore>,
    sender: KeyId,
}

/// Which key seals the blocks.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Seal {
    key: KeyId,
}

impl Registry {
    /// Whether the folder has a chain.
    pub fn exists(home: &Home) -> bool {
        home.path(SEAL).exists()
    }

    /// Opens the folder's chain, or starts one.
    pub async fn open(home: &Home) -> Result<Self> {
        Self::open_with(home, Box::new(system_now)).await
    }

    /// Opens the folder's chain, or starts one, with blocks dated by `clock`.
    pub async fn open_with(home: &Home, clock: Clock) -> Result<Self> {
        let keystore = home.keystore(KEYS).await?;
        if !Self::exists(home) {
            let (key, _) = Keystore::create(&*keystore, KeyAlgorithm::Secp256k1).await?;
            home.write_json(SEAL, &Seal { key })?;
        }
        let Seal { key } = home.read_json(SEAL)?;
        let sealer = keystore.export(&key).await?;
        let chain = EmbeddedChain::open(&home.path(FILE), CHAIN_ID, sealer, clock)?;
        Ok(Self { chain: Arc::new(chain), keystore, sender: key })
    }

    /// Where the contracts are.
    pub fn deployment(&self) -> Deployment {
        self.chain.deployment()
    }

    /// The hand that writes: it signs for an identity with its owner's key, and sends with the key that seals.
    pub fn registrar(&self) -> Registrar {
        Registrar {
            ledger: self.chain.clone(),
            deployment: self.deployment(),
            keystore: self.keystore.clone(),
            sender: self.sender.clone(),
        }
    }

    /// What this chain says of `did`.
    pub async fn resolve(&self, did: &Did, now: &Timestamp) -> Result<Resolution> {
        let url: DidUrl = did.as_str().parse()?;
        Ok(self.add_to(Resolver::new()).resolve(&url, now).await.map_err(WalletError::from)?)
    }

    /// The account that owns `did` now, as the chain has it.
    pub async fn owner(&self, did: &Did) -> Result<Address> {
        let identity = Identity::read(did).map_err(|_| WalletError::misused(format!("{did} is not on a registry chain")))?;
        let question = did_registry::owner_call(identity.address.into());
        let answers = self.chain.ask(vec![rpc::call(self.deployment().did_registry, &question, rpc::At::Latest)]).await?;
        let answer = answers.into_iter().next().ok_or_else(|| WalletError::malformed("answer", "the chain left it out"))?;
        let answer = answer.map_err(|refusal| WalletError::refused("the registry", refusal))?;
        Ok(did_registry::read_owner(&rpc::read_bytes(&answer)?)?)
    }

    /// `resolver`, reading this chain too.
    pub fn add_to(&self, resolver: Resolver) -> Resolver {
        resolver.with_registry("cedula", self.deployment(), self.chain.clone())
    }
}
