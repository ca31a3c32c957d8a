//! Cédula for Kotlin and Swift: mirrors of the core's values, adapters for the app's ports, and thin objects. No logic.

mod away;
mod conformance;
mod crossing;
mod error;
mod finding;
mod issuer;
mod key;
mod ports;
mod qr;
mod verdict;
mod verifier;
mod wallet;

pub use conformance::{check_keystore, check_storage};
pub use crossing::JsonObject;
pub use issuer::{Issuer, Signatory};
pub use key::PublicKey;
pub use ports::{Keystore, KeystoreError, NewKey, Storage, StorageError, create_software_keystore, open_software_keystore};
pub use qr::{QrSymbol, Showing, read_picture};
pub use verdict::{GapFinding, ReasonFinding, VerifiedClaims, WarningFinding, say_gap, say_reason, say_verdict, say_warning};
pub use verifier::{Verifier, default_expectations};
pub use wallet::{KeptCredential, Wallet};

uniffi::setup_scaffolding!();
