//! The compiled contracts, as committed beside their sources.

use alloy_primitives::{Address, B256, Bytes, b256, hex, keccak256};
use serde::Deserialize;

/// The Keccak-256 of the code a `DidRegistry` has on a chain.
pub const DID_REGISTRY_CODE_HASH: B256 = b256!("2da6f41887806f7ffdb302bbd2cf76aa3f704029fa8042f23004b909b45c3fe7");

const DID_REGISTRY: &str = include_str!("contracts/DidRegistry.json");
const CREDENTIAL_REGISTRY: &str = include_str!("contracts/CredentialRegistry.json");

/// The code whose run creates a `DidRegistry`.
pub fn did_registry() -> Bytes {
    Artefact::read(DID_REGISTRY).creation().into()
}

/// The code whose run creates a `CredentialRegistry` that asks `did_registry` who owns an identity.
pub fn credential_registry(did_registry: Address) -> Bytes {
    let code = Artefact::read(CREDENTIAL_REGISTRY).creation();
    [&code[..], did_registry.into_word().as_slice()].concat().into()
}

/// The Keccak-256 of the code a `CredentialRegistry` that asks `did_registry` has on a chain.
pub fn credential_registry_code_hash(did_registry: Address) -> B256 {
    keccak256(Artefact::read(CREDENTIAL_REGISTRY).deployed(did_registry))
}

/// The Keccak-256 of a contract's code, by which it is known.
pub fn code_hash(code: &[u8]) -> B256 {
    keccak256(code)
}

/// A contract as the compiler leaves it.
#[derive(Deserialize)]
struct Artefact {
    bytecode: String,
    deployed: Deployed,
}

/// Where the code that stays on a chain is in the code that creates it.
#[derive(Deserialize)]
struct Deployed {
    offset: usize,
    /// Where the constructor's argument stands in it, in words of 32 bytes.
    immutables: Vec<usize>,
}

impl Artefact {
    fn read(artefact: &str) -> Self {
        serde_json::from_str(artefact).expect("a committed artefact is JSON")
    }

    fn creation(&self) -> Vec<u8> {
        hex::decode(&self.bytecode).expect("a committed artefact is hexadecimal")
    }

    fn deployed(&self, argument: Address) -> Vec<u8> {
        let mut code = self.creation().split_off(self.deployed.offset);
        for at in &self.deployed.immutables {
            code[*at..at + 32].copy_from_slice(argument.into_word().as_slice());
        }
        code
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_hash_is_that_of_the_artefact() {
        assert_eq!(keccak256(Artefact::read(DID_REGISTRY).deployed(Address::ZERO)), DID_REGISTRY_CODE_HASH);
    }
}
