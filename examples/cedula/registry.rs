//! The folder's own registry chain: one file, sealed by a key of the folder's.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use wallet_core::issuer::Registrar;
use wallet_core::key::{KeyAlgorithm, KeyId};
use wallet_core::platform::{SoftwareKeystore, system_now};
use wallet_core::ports::{Keystore, Network};
use wallet_core::registry::embedded::Clock;
use wallet_core::registry::{Deployment, EmbeddedChain};
use wallet_core::resolver::Resolver;

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
    /// The keys that may write to it.
    pub keystore: Arc<SoftwareKeystore>,
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
        Ok(Self { chain: Arc::new(chain), keystore })
    }

    /// Where the contracts are.
    pub fn deployment(&self) -> Deployment {
        self.chain.deployment()
    }

    /// The hand that writes for the identity that `owner` controls.
    pub fn registrar(&self, owner: &KeyId) -> Registrar {
        Registrar {
            ledger: self.chain.clone(),
            deployment: self.deployment(),
            keystore: self.keystore.clone(),
            owner: owner.clone(),
        }
    }

    /// A resolver that reads this chain.
    pub fn resolver(&self, network: Arc<dyn Network>) -> Resolver {
        Resolver::new(network).with_ledger(self.chain.clone(), self.deployment())
    }
}
