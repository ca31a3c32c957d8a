//! Whoever writes to the registries of these tests.

use std::sync::Arc;

use wallet_core::did::VerificationRelationship::AssertionMethod;
use wallet_core::did::{Did, ethr};
use wallet_core::issuer::{Registrar, Sending};
use wallet_core::key::{KeyAlgorithm, KeyId, SecretKey};
use wallet_core::platform::{MemoryStorage, SoftwareKeystore};
use wallet_core::registry::{Address, Deployment, DidWrite, Ledger};
use wallet_core::seal::{Cost, Passphrase};

use crate::world::{World, address, call, key};

/// The key of this byte sends.
pub const SENDER: u8 = 0xda;
/// The key of this byte owns the identity that is changed.
pub const OWNER: u8 = 0x41;

/// How many keys an identity has by itself: that of its owner.
pub const OWN: usize = 1;

/// An identity with three keys besides its owner's, each published in a block of its own.
pub async fn changed_identity(world: &World) -> Address {
    let owner = key(OWNER);
    for number in 0..3 {
        let write = add_key(number as u8 + 1).call(address(&owner));
        world.wait(5);
        world.mine(vec![call(&world.deployment, world.deployment.did_registry, write, (&owner, number))]).await;
    }
    address(&owner)
}

pub fn did_of(identity: Address) -> Did {
    ethr::from_address("local", &identity.0).expect("a DID")
}

/// Publishes the Ed25519 key of this byte.
pub fn add_key(byte: u8) -> DidWrite {
    let public = SecretKey::from_bytes(KeyAlgorithm::Ed25519, &[byte; 32]).expect("a seed").public_key();
    DidWrite::add_key(&public, AssertionMethod, 1 << 30).expect("a key")
}

/// A registrar on a chain, and the owner of a DID of that chain.
pub struct Writer {
    pub registrar: Registrar,
    pub owner: KeyId,
    pub did: Did,
}

impl Writer {
    pub async fn new(ledger: Arc<dyn Ledger>, deployment: Deployment, sending: Sending) -> Self {
        let (passphrase, cost) = (Passphrase::new("a writer's").expect("a passphrase"), Cost::new(8, 1).expect("a light cost"));
        let keystore = SoftwareKeystore::create(Arc::new(MemoryStorage::new()), &passphrase, cost).await.expect("a keystore");
        let [sender, owner] = ["sender", "owner"].map(|name| KeyId(name.to_owned()));
        for (id, byte) in [(&sender, SENDER), (&owner, OWNER)] {
            keystore.import(id, &key(byte)).await.expect("a key");
        }
        let registrar = Registrar { ledger, deployment, keystore: Arc::new(keystore), sender, sending };
        let did = registrar.did(&owner).await.expect("a DID");
        Self { registrar, owner, did }
    }

    /// Publishes the Ed25519 key of this byte.
    pub async fn publish(&self, byte: u8) -> wallet_core::error::Result<wallet_core::issuer::Written> {
        self.registrar.change_did(&self.did, &self.owner, &add_key(byte)).await
    }
}
