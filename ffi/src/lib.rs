//! Cédula for Kotlin and Swift: mirrors of the core's values, adapters for the app's ports, and thin objects. No logic.

mod conformance;
mod did;
mod error;
mod key;
mod ports;

pub use conformance::{check_keystore, check_storage};
pub use key::PublicKey;
pub use ports::{Keystore, KeystoreError, NewKey, Storage, StorageError};

uniffi::setup_scaffolding!();
