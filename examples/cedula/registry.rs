//! The registry chain the commands read and write: the folder's own, one file sealed by a key of the folder's, or the one of a network file.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use wallet_core::did::ethr::Identity;
use wallet_core::did::{Did, DidUrl, Resolution};
use wallet_core::error::WalletError;
use wallet_core::issuer::{Registrar, Sending};
use wallet_core::key::{KeyAlgorithm, KeyId};
use wallet_core::platform::{SoftwareKeystore, system_now};
use wallet_core::ports::Keystore;
use wallet_core::registry::embedded::Clock;
use wallet_core::registry::{Address, EmbeddedChain, Relay, Trust, ValidatorSet, account, did_registry, rpc};
use wallet_core::resolver::Resolver;
use wallet_core::time::Timestamp;

use crate::failure::Result;
use crate::home::Home;
use crate::network::{Chain, NetworkFile};

/// The chain id of every folder's own chain; its contracts' addresses, which follow from the sealing key, tell them apart.
pub const CHAIN_ID: u64 = 2026;

const SEAL: &str = "chain/seal.json";
const SENDER: &str = "chain/sender.json";
/// The folder's own chain.
pub const FILE: &str = "chain/chain.redb";
/// Where the keys of the issuers, of the chain and of the pack's publisher are.
pub const KEYS: &str = "issuers/keys.sqlite";
/// How long a relay hub has for what is handed to it, in seconds.
const RELAYED_WITHIN: i64 = 600;

/// A registry chain, and the keys that write to it.
pub struct Registry {
    /// The chain itself.
    pub chain: Chain,
    /// The keys of the folder's issuers, and the one that sends.
    pub keystore: Arc<SoftwareKeystore>,
    sender: KeyId,
    sending: Sending,
}

/// Which key of the folder's seals the blocks, or sends the transactions.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Chosen {
    key: KeyId,
}

impl Registry {
    /// Whether the folder has a chain of its own.
    pub fn exists(home: &Home) -> bool {
        home.path(SEAL).exists()
    }

    /// Opens the chain of the network file, where one is named; else the folder's own, or starts one.
    pub async fn open(home: &Home) -> Result<Self> {
        match home.network()? {
            Some(file) => Self::of_network(home, &file).await,
            None => Self::open_with(home, Box::new(system_now)).await,
        }
    }

    /// Opens the folder's own chain, or starts one, with blocks dated by `clock`.
    pub async fn open_with(home: &Home, clock: Clock) -> Result<Self> {
        let keystore = home.keystore(KEYS).await?;
        let (key, sealer) = chosen(home, &keystore, SEAL).await?;
        let chain = EmbeddedChain::open(&home.path(FILE), CHAIN_ID, keystore.export(&key).await?, clock)?;
        let deployment = chain.deployment();
        let chain = Chain {
            name: "cedula".to_owned(),
            deployment,
            nodes: vec![Arc::new(chain)],
            // The one who seals it, from its first block on.
            trust: Some(Trust::validators(ValidatorSet::new([sealer])?, 0)),
        };
        Ok(Self { chain, keystore, sender: key, sending: Sending::default() })
    }

    /// The chain of a network file, written to by the folder's own keys.
    pub async fn of_network(home: &Home, file: &NetworkFile) -> Result<Self> {
        let keystore = home.keystore(KEYS).await?;
        let (sender, _) = chosen(home, &keystore, SENDER).await?;
        let until = system_now().plus_seconds(RELAYED_WITHIN).unix().unsigned_abs();
        let relay = file.relay.map(|node| Relay { node, until });
        let sending = Sending { relay, confirmations: file.confirmations, ..Sending::default() };
        Ok(Self { chain: file.chain()?, keystore, sender, sending })
    }

    /// The account that sends to the chains of network files, made when there is none.
    pub async fn account(home: &Home) -> Result<Address> {
        let keystore = home.keystore(KEYS).await?;
        Ok(chosen(home, &keystore, SENDER).await?.1)
    }

    /// Makes `key` the one that sends to the chains of network files.
    pub fn send_by(home: &Home, key: KeyId) -> Result<()> {
        home.write_json(SENDER, &Chosen { key })
    }

    /// The hand that writes: it signs for an identity with its owner's key, and sends with the folder's.
    pub fn registrar(&self) -> Registrar {
        Registrar {
            ledger: self.chain.ledger(),
            deployment: self.chain.deployment,
            keystore: self.keystore.clone(),
            sender: self.sender.clone(),
            sending: self.sending,
        }
    }

    /// What this chain says of `did`.
    pub async fn resolve(&self, did: &Did, now: &Timestamp) -> Result<Resolution> {
        let url: DidUrl = did.as_str().parse()?;
        Ok(self.chain.add_to(Resolver::new()).resolve(&url, now).await.map_err(WalletError::from)?)
    }

    /// The account that owns `did` now, as the chain has it.
    pub async fn owner(&self, did: &Did) -> Result<Address> {
        let identity = Identity::read(did).map_err(|_| WalletError::misused(format!("{did} is not on a registry chain")))?;
        let question = did_registry::owner_call(identity.address.into());
        let question = rpc::call(self.chain.deployment.did_registry, &question, rpc::At::Latest);
        let answers = self.chain.ledger().ask(vec![question]).await?;
        let answer = answers.into_iter().next().ok_or_else(|| WalletError::malformed("answer", "the chain left it out"))?;
        let answer = answer.map_err(|refusal| WalletError::refused("the registry", refusal))?;
        Ok(did_registry::read_owner(&rpc::read_bytes(&answer)?)?)
    }
}

/// The key that the folder chose for this, made when there is none, and its address.
async fn chosen(home: &Home, keystore: &SoftwareKeystore, file: &str) -> Result<(KeyId, Address)> {
    if !home.path(file).exists() {
        let (key, _) = Keystore::create(keystore, KeyAlgorithm::Secp256k1).await?;
        home.write_json(file, &Chosen { key })?;
    }
    let Chosen { key } = home.read_json(file)?;
    let address = account::address(&keystore.public_key(&key).await?)?;
    Ok((key, address))
}
