//! A network of several validators: the blocks of the embedded chain, sealed anew by whoever seals that network's.

use serde_json::{Value, json};
use wallet_core::key::SecretKey;
use wallet_core::registry::qbft::{self, ExtraData, Protocol, Seal};
use wallet_core::registry::{Address, RecoverableSignature, Trust, ValidatorSet, rpc};

use crate::liar::Lie;
use crate::world::{address, key};

/// Who may seal a block, and who does; validators are named by the byte of their key.
#[derive(Clone, Copy)]
pub struct Consortium {
    pub protocol: Protocol,
    pub listed: fn(u64) -> Vec<u8>,
    pub sealing: fn(u64) -> Vec<u8>,
}

pub fn set(validators: &[u8]) -> ValidatorSet {
    ValidatorSet::new(validators.iter().map(|byte| address(&key(*byte)))).expect("a set")
}

/// Trust in these validators, who sealed the first block.
pub fn trust(validators: &[u8]) -> Trust {
    Trust::validators(set(validators), 0)
}

impl Consortium {
    /// A node of the network.
    pub fn node(self) -> Lie {
        Lie::about("eth_getBlockByNumber", move |block| self.seal(block))
    }

    pub fn seal(self, block: &mut Value) {
        let Some(mut header) = rpc::read_block(block).expect("a block").map(|block| block.header) else { return };
        let mut validators: Vec<Address> = (self.listed)(header.number).iter().map(|byte| address(&key(*byte))).collect();
        validators.sort();
        let (protocol, vanity, seals) = (self.protocol, vec![0; 32].into(), Vec::new());
        let mut extra = ExtraData { protocol, vanity, validators, vote: None, round: 1, seals };
        header.extra_data = extra.encode().into();
        let message = qbft::seal_message(&header).expect("a header to be sealed");
        extra.seals = (self.sealing)(header.number).iter().map(|byte| seal(&message, &key(*byte))).collect();
        header.extra_data = extra.encode().into();
        block["extraData"] = json!(header.extra_data);
        block["hash"] = json!(header.hash());
    }
}

fn seal(message: &[u8], key: &SecretKey) -> Seal {
    let signature = RecoverableSignature::new(message, &key.sign(message), &key.public_key()).expect("its own signature");
    Seal::new(signature.to_seal())
}
