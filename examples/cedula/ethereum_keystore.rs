//! Taking in a private key from the encrypted file of another Ethereum wallet (Web3 Secret Storage, version 3).

use std::fs;
use std::path::Path;

use eth_keystore::{EthKeystore, KdfparamsType};
use wallet_core::key::{KeyAlgorithm, KeyId, SecretKey};
use wallet_core::platform::SoftwareKeystore;
use wallet_core::registry::account;
use zeroize::Zeroizing;

use crate::failure::{Failure, Result};
use crate::home::Home;
use crate::words::words;

/// The longest file that is read, in bytes.
const MAX_BYTES: u64 = 16 * 1024;
/// The most that a file may ask of the machine: memory in units of 128 bytes for scrypt, rounds for PBKDF2.
const MAX_SCRYPT: u64 = 1 << 23;
const MAX_ROUNDS: u32 = 1 << 24;

/// Opens the file with its own passphrase and keeps the key under the folder's; its name there is its address.
pub async fn import(home: &Home, keystore: &SoftwareKeystore, path: &Path) -> Result<KeyId> {
    let bad = |reason: &str| Failure::input(path, reason);
    check(path).map_err(|reason| bad(&reason))?;
    let passphrase = home.keystore_passphrase()?;
    let secret = eth_keystore::decrypt_key(path, passphrase.as_bytes()).map(Zeroizing::new).map_err(|_| {
        bad(&words!(
            home.language(),
            "its passphrase is another one (CEDULA_KEYSTORE_PASSPHRASE)",
            "su contraseña es otra (CEDULA_KEYSTORE_PASSPHRASE)",
            "sua senha é outra (CEDULA_KEYSTORE_PASSPHRASE)",
        ))
    })?;
    let secret = SecretKey::from_bytes(KeyAlgorithm::Secp256k1, &secret).map_err(|error| bad(&error.to_string()))?;
    let key = KeyId(format!("{:x}", account::address(&secret.public_key())?));
    keystore.import(&key, &secret).await?;
    Ok(key)
}

/// Whether it is such a file, and asks for no more work and memory than an honest one does.
fn check(path: &Path) -> Result<(), String> {
    let length = fs::metadata(path).map_err(|error| error.to_string())?.len();
    if length > MAX_BYTES {
        return Err(format!("it is longer than {MAX_BYTES} bytes"));
    }
    let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
    let file: EthKeystore = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    let crypto = &file.crypto;
    let (length, honest) = match &crypto.kdfparams {
        KdfparamsType::Scrypt { dklen, n, p, r, .. } => {
            let memory = u64::from(*n).saturating_mul(u64::from(*r)).saturating_mul(u64::from(*p));
            (*dklen, n.is_power_of_two() && *n > 1 && *r > 0 && *p > 0 && memory <= MAX_SCRYPT)
        }
        KdfparamsType::Pbkdf2 { c, dklen, prf, .. } => (*dklen, prf == "hmac-sha256" && *c <= MAX_ROUNDS),
    };
    let usual = file.version == 3 && crypto.cipher == "aes-128-ctr" && crypto.cipherparams.iv.len() == 16 && length == 32;
    match (usual, honest) {
        (true, true) => Ok(()),
        (true, false) => Err("it asks for more work than an honest file does".to_owned()),
        (false, _) => Err("it is no keystore of version 3 with aes-128-ctr".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use tempfile::TempDir;

    /// Published with the definition of the format, by PBKDF2 and by scrypt; the passphrase is `testpassword`.
    const PBKDF2: &str = r#"{"crypto":{"cipher":"aes-128-ctr","cipherparams":{"iv":"6087dab2f9fdbbfaddc31a909735c1e6"},"ciphertext":"5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46","kdf":"pbkdf2","kdfparams":{"c":262144,"dklen":32,"prf":"hmac-sha256","salt":"ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd"},"mac":"517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2"},"id":"3198bc9c-6672-5ab3-d995-4942343ae5b6","version":3}"#;
    const SECRET: &str = "7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d";

    fn file(text: &str) -> (TempDir, std::path::PathBuf) {
        let folder = TempDir::new().expect("a folder");
        let path = folder.path().join("key.json");
        fs::write(&path, text).expect("a file");
        (folder, path)
    }

    #[test]
    fn published_file_opens_with_its_passphrase_and_no_other() {
        let (_folder, path) = file(PBKDF2);
        assert_eq!(check(&path), Ok(()));
        let opened = |passphrase: &str| eth_keystore::decrypt_key(&path, passphrase);
        let secret: String = opened("testpassword").expect("opened").iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(secret, SECRET);
        assert!(opened("testpasswort").is_err());
    }

    #[test]
    fn file_that_asks_for_too_much_or_is_of_another_kind_is_refused() {
        for (from, to) in [
            ("\"c\":262144", "\"c\":262144000"),
            ("\"dklen\":32", "\"dklen\":16"),
            ("\"version\":3", "\"version\":1"),
            ("aes-128-ctr", "aes-128-cbc"),
            ("6087dab2f9fdbbfaddc31a909735c1e6", "6087"),
            (
                "\"kdfparams\":{\"c\":262144,\"dklen\":32,\"prf\":\"hmac-sha256\"",
                "\"kdfparams\":{\"n\":1073741824,\"r\":8,\"p\":1,\"dklen\":32",
            ),
        ] {
            assert!(PBKDF2.contains(from));
            assert!(check(&file(&PBKDF2.replace(from, to)).1).is_err(), "{to}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn any_file_is_read_or_refused(at in 0..PBKDF2.len(), byte in any::<u8>()) {
            let mut bytes = PBKDF2.as_bytes().to_vec();
            bytes[at] = byte;
            let (_folder, path) = file(&String::from_utf8_lossy(&bytes));
            let _ = check(&path);
        }
    }
}
