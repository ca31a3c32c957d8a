//! The compiled contracts, as committed beside their sources.

use alloy_primitives::{Address, B256, Bytes, b256, hex};
use serde::Deserialize;

/// The Keccak-256 of the code of a `DidRegistry` on a chain.
pub const DID_REGISTRY_CODE_HASH: B256 = b256!("0000000000000000000000000000000000000000000000000000000000000000");

/// The code whose run creates a `DidRegistry`.
pub fn did_registry() -> Bytes {
    bytecode(include_str!("contracts/DidRegistry.json"))
}

/// The code whose run creates a `CredentialRegistry` that asks `did_registry` who owns an identity.
pub fn credential_registry(did_registry: Address) -> Bytes {
    let code = bytecode(include_str!("contracts/CredentialRegistry.json"));
    [&code[..], did_registry.into_word().as_slice()].concat().into()
}

fn bytecode(artefact: &str) -> Bytes {
    #[derive(Deserialize)]
    struct Artefact {
        bytecode: String,
    }
    let artefact: Artefact = serde_json::from_str(artefact).expect("a committed artefact is JSON");
    hex::decode(artefact.bytecode).expect("a committed artefact is hexadecimal").into()
}
