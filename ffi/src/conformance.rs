//! Checks of an app's own ports, to be called from the app's tests: most first adapters get the signature's encoding wrong.

use std::sync::Arc;

use wallet_core::error::{Result, WalletError};
use wallet_core::key::{KeyAlgorithm, PublicKey};
use wallet_core::ports::{Change, Keystore as _, Storage as _};

use crate::ports::{AppKeystore, AppStorage, Keystore, Storage};

/// Makes a key, signs with it, checks encoding and signature, and destroys it again.
///
/// Fails with `Misused` and the reason where the keystore breaks its contract, and with the keystore's own error.
#[uniffi::export]
pub async fn check_keystore(keystore: Arc<dyn Keystore>, algorithm: KeyAlgorithm) -> Result<(), WalletError> {
    let keystore = AppKeystore(keystore);
    let (id, key) = keystore.create(algorithm).await?;
    expect(key.algorithm() == algorithm, "create made a key of another algorithm")?;
    expect(keystore.public_key(&id).await? == key, "publicKey is not the key that create returned")?;
    let message = b"a message of the conformance check";
    let signature = keystore.sign(&id, message).await?;
    check_signature(&key, message, &signature)?;
    keystore.delete(&id).await?;
    keystore.delete(&id).await?;
    expect(keystore.public_key(&id).await.is_err(), "publicKey still answers after delete")
}

/// Writes, reads, lists and deletes under names that begin with `conformance/`, and leaves nothing behind.
///
/// Fails with `Misused` and the reason where the storage breaks its contract, and with the storage's own error.
#[uniffi::export]
pub async fn check_storage(storage: Arc<dyn Storage>) -> Result<(), WalletError> {
    let storage = AppStorage(storage);
    let every_byte: Vec<u8> = (0..=255).cycle().take(1 << 20).collect();
    let put = |name: &str, bytes: &[u8]| Change::Put { name: name.to_owned(), bytes: bytes.to_vec() };
    let delete = |name: &str| Change::Delete { name: name.to_owned() };

    storage.write(vec![put("conformance/b", b"old"), put("conformance/a", b""), put("conformance/é", b"")]).await?;
    storage.write(vec![put("conformance/b", &every_byte), delete("conformance/a"), put("conformance/c", b"")]).await?;
    expect(storage.read("conformance/b").await?.as_ref() == Some(&every_byte), "read is not what write put, byte for byte")?;
    expect(storage.read("conformance/a").await?.is_none(), "read finds what write deleted")?;
    expect(storage.read("conformance/c").await? == Some(Vec::new()), "empty bytes are not the same as none")?;
    storage.write(vec![put("conformance/once", b"once")]).await?;
    expect(storage.take("conformance/once").await? == Some(b"once".to_vec()), "take is not what write put")?;
    expect(storage.take("conformance/once").await?.is_none(), "take leaves behind what it gave")?;
    let names = storage.list("conformance/").await?;
    expect(names == ["conformance/b", "conformance/c", "conformance/é"], "list is not the names with the prefix, in order")?;
    storage.write(names.iter().map(|name| delete(name)).collect()).await?;
    expect(storage.list("conformance/").await?.is_empty(), "list still finds what write deleted")
}

fn check_signature(key: &PublicKey, message: &[u8], signature: &[u8]) -> Result<()> {
    let length = key.algorithm().signature_length();
    expect(signature.len() == length, &format!("sign returned {} bytes, not the {length} of EdDSA or r‖s", signature.len()))?;
    expect(key.verify(message, signature).is_ok(), "the signature is not good: is the message hashed as the algorithm says?")
}

fn expect(kept: bool, breach: &str) -> Result<()> {
    if kept { Ok(()) } else { Err(WalletError::misused(breach)) }
}
