//! The compiled contracts, as committed beside their sources.

use alloy_primitives::{Address, Bytes, hex};
use serde::Deserialize;

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
