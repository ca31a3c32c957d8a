//! Cédula for Kotlin and Swift: mirrors of the core's values, adapters for the app's ports, and thin objects. No logic.

// uniffi's scaffolding is generated and calls across the C boundary, so this crate denies what the workspace forbids and
// allows it where that code is generated; nothing here is unsafe by hand.
#![allow(unsafe_code)]

mod conformance;
mod did;
mod error;
mod key;
mod ports;

pub use conformance::{check_keystore, check_storage};
pub use did::{did_of_key, key_of_did};
pub use key::PublicKey;
pub use ports::{Keystore, KeystoreError, NewKey, Storage, StorageError};

uniffi::setup_scaffolding!();
