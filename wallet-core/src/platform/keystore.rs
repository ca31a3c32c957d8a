//! A keystore in software: keys sealed at rest under a passphrase.

use std::sync::Arc;

use async_trait::async_trait;
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use serde::{Deserialize, Serialize};
use tokio::sync::RwLock;
use zeroize::Zeroizing;

use super::{blocking, system_rng};
use crate::error::{Result, WalletError};
use crate::key::{KeyAlgorithm, KeyId, PublicKey, SecretKey};
use crate::ports::{Change, KeyAtHand, Keystore, Storage};
use crate::seal::{CannotOpen, Cost, Passphrase, SealingKey, Stretch};

const HEADER: &str = "keystore";
const KEYS: &str = "key/";

/// Private keys over any [`Storage`], each sealed in its own envelope under a key that a passphrase is stretched to (Argon2id).
///
/// A private key is in memory only while it signs or is at hand. The names of the keys and their number are not secret; their algorithms and
/// bytes are bound to their names, so that one envelope cannot stand in for another.
pub struct SoftwareKeystore {
    storage: Arc<dyn Storage>,
    /// None while locked. Written by a change of passphrase, which therefore excludes every other use.
    key: RwLock<Option<SealingKey>>,
}

/// How the passphrase is stretched, and a sealed nothing that opens only under the right one.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    version: u8,
    stretch: Stretch,
    check: String,
}

impl SoftwareKeystore {
    /// Makes a keystore with its passphrase and leaves it unlocked.
    ///
    /// Fails with `Misused` when the storage holds one already.
    pub async fn create(storage: Arc<dyn Storage>, passphrase: &Passphrase, cost: Cost) -> Result<Self> {
        if storage.read(HEADER).await?.is_some() {
            return Err(WalletError::misused("the storage holds a keystore: open it"));
        }
        let (key, header) = new_key(passphrase, cost).await?;
        storage.write(vec![header]).await?;
        Ok(Self { storage, key: RwLock::new(Some(key)) })
    }

    /// Opens a keystore and leaves it unlocked; `KeyUnavailable` when the passphrase is not its own or there is none.
    pub async fn open(storage: Arc<dyn Storage>, passphrase: &Passphrase) -> Result<Self> {
        let keystore = Self { storage, key: RwLock::new(None) };
        keystore.unlock(passphrase).await?;
        Ok(keystore)
    }

    /// Whether `storage` holds a keystore.
    pub async fn exists(storage: &dyn Storage) -> Result<bool> {
        Ok(storage.read(HEADER).await?.is_some())
    }

    /// Wipes the key-encryption key from memory: every use fails with `KeyUnavailable` until [`SoftwareKeystore::unlock`].
    pub async fn lock(&self) {
        *self.key.write().await = None;
    }

    /// Unlocks the keystore; `KeyUnavailable` when the passphrase is not its own.
    pub async fn unlock(&self, passphrase: &Passphrase) -> Result<()> {
        let mut key = self.key.write().await;
        *key = Some(self.check(passphrase).await?);
        Ok(())
    }

    /// Seals every key anew under another passphrase, in one write, and leaves the keystore unlocked.
    ///
    /// The old passphrase opens nothing made from now on, not even with an old copy of the storage.
    pub async fn change_passphrase(&self, old: &Passphrase, new: &Passphrase, cost: Cost) -> Result<()> {
        let mut guard = self.key.write().await;
        let old_key = self.check(old).await?;
        let (new_key, header) = new_key(new, cost).await?;
        let mut changes = vec![header];
        for name in self.storage.list(KEYS).await? {
            let id = KeyId(name[KEYS.len()..].to_owned());
            let secret = self.read(&old_key, &id).await?;
            changes.push(envelope(&new_key, &id, &secret));
        }
        self.storage.write(changes).await?;
        *guard = Some(new_key);
        Ok(())
    }

    /// The names of all keys, in order.
    pub async fn ids(&self) -> Result<Vec<KeyId>> {
        let names = self.storage.list(KEYS).await?;
        Ok(names.into_iter().map(|name| KeyId(name[KEYS.len()..].to_owned())).collect())
    }

    /// Hands out a private key, for an encrypted backup and for nothing else.
    pub async fn export(&self, id: &KeyId) -> Result<SecretKey> {
        let guard = self.key.read().await;
        self.read(unlocked(&guard, id)?, id).await
    }

    /// Takes in a private key from a backup under the name it had there.
    ///
    /// Fails with `Misused` when the name is taken by another key or is no name a keystore gives.
    pub async fn import(&self, id: &KeyId, secret: &SecretKey) -> Result<()> {
        let named = (1..=64).contains(&id.0.len()) && id.0.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        if !named {
            return Err(WalletError::misused("a key's name is 1 to 64 letters, digits, - and _"));
        }
        // Exclusive, so that of two imports under one name the second sees the first.
        let guard = self.key.write().await;
        let key = unlocked(&guard, id)?;
        if self.storage.read(&name(id)).await?.is_some() {
            let present = self.read(key, id).await?;
            return match present.public_key() == secret.public_key() {
                true => Ok(()),
                false => Err(WalletError::misused("the name is taken by another key")),
            };
        }
        self.storage.write(vec![envelope(key, id, secret)]).await
    }

    async fn check(&self, passphrase: &Passphrase) -> Result<SealingKey> {
        let Some(bytes) = self.storage.read(HEADER).await? else {
            return Err(WalletError::key_unavailable(HEADER, "there is no keystore here"));
        };
        let header = read_header(&bytes)?;
        let check = BASE64_URL_SAFE_NO_PAD.decode(&header.check).map_err(|_| damaged())?;
        let key = stretched(header.stretch, passphrase).await?;
        key.open(HEADER_BOUND, &check)
            .map_err(|_| WalletError::key_unavailable(HEADER, "the passphrase is not the right one"))?;
        Ok(key)
    }

    async fn read(&self, key: &SealingKey, id: &KeyId) -> Result<SecretKey> {
        match self.storage.read(&name(id)).await? {
            Some(bytes) => open_envelope(key, id, &bytes),
            None => Err(WalletError::key_unavailable(id, "there is no key of this name")),
        }
    }
}

#[async_trait]
impl Keystore for SoftwareKeystore {
    async fn create(&self, algorithm: KeyAlgorithm) -> Result<(KeyId, PublicKey)> {
        let guard = self.key.read().await;
        let mut name = [0; 16];
        rand_core::Rng::fill_bytes(&mut system_rng(), &mut name);
        let id = KeyId(BASE64_URL_SAFE_NO_PAD.encode(name));
        let key = unlocked(&guard, &id)?;
        let secret = SecretKey::generate(algorithm, &mut system_rng());
        let public = secret.public_key();
        self.storage.write(vec![envelope(key, &id, &secret)]).await?;
        Ok((id, public))
    }

    async fn public_key(&self, id: &KeyId) -> Result<PublicKey> {
        let guard = self.key.read().await;
        Ok(self.read(unlocked(&guard, id)?, id).await?.public_key())
    }

    async fn sign(&self, id: &KeyId, message: &[u8]) -> Result<Vec<u8>> {
        let guard = self.key.read().await;
        Ok(self.read(unlocked(&guard, id)?, id).await?.sign(message))
    }

    async fn at_hand(&self, id: &KeyId) -> Result<Option<Box<dyn KeyAtHand>>> {
        let guard = self.key.read().await;
        Ok(Some(Box::new(self.read(unlocked(&guard, id)?, id).await?)))
    }

    async fn delete(&self, id: &KeyId) -> Result<()> {
        let guard = self.key.read().await;
        unlocked(&guard, id)?;
        self.storage.write(vec![Change::Delete { name: name(id) }]).await
    }
}

impl KeyAtHand for SecretKey {
    fn sign(&self, message: &[u8]) -> Vec<u8> {
        SecretKey::sign(self, message)
    }
}

const HEADER_BOUND: &[u8] = b"cedula keystore 1";
const ENVELOPE_VERSION: u8 = 1;

fn name(id: &KeyId) -> String {
    format!("{KEYS}{id}")
}

fn damaged() -> WalletError {
    WalletError::storage_failed("the keystore was altered or damaged; restore a backup")
}

fn unlocked<'a>(key: &'a Option<SealingKey>, id: &KeyId) -> Result<&'a SealingKey> {
    key.as_ref().ok_or_else(|| WalletError::key_unavailable(id, "the keystore is locked"))
}

async fn stretched(stretch: Stretch, passphrase: &Passphrase) -> Result<SealingKey> {
    let passphrase = passphrase.clone();
    blocking(move || stretch.key(&passphrase)).await
}

async fn new_key(passphrase: &Passphrase, cost: Cost) -> Result<(SealingKey, Change)> {
    let stretch = Stretch::new(cost, &mut system_rng());
    let key = stretched(stretch.clone(), passphrase).await?;
    let check = BASE64_URL_SAFE_NO_PAD.encode(key.seal(HEADER_BOUND, &[], &mut system_rng()));
    let bytes = serde_json::to_vec(&Header { version: 1, stretch, check }).expect("a header is plain JSON");
    Ok((key, Change::Put { name: HEADER.to_owned(), bytes }))
}

fn read_header(bytes: &[u8]) -> Result<Header> {
    if bytes.len() > 1024 {
        return Err(damaged());
    }
    let header: Header = serde_json::from_slice(bytes).map_err(|_| damaged())?;
    if header.version != 1 {
        return Err(WalletError::unsupported("this keystore", "it was written by a newer version"));
    }
    Ok(header)
}

/// Version, algorithm, sealed private key.
fn envelope(key: &SealingKey, id: &KeyId, secret: &SecretKey) -> Change {
    let head = [ENVELOPE_VERSION, code(secret.algorithm())];
    let sealed = key.seal(&bound(head, id), secret.expose(), &mut system_rng());
    Change::Put { name: name(id), bytes: [&head[..], &sealed].concat() }
}

fn open_envelope(key: &SealingKey, id: &KeyId, bytes: &[u8]) -> Result<SecretKey> {
    let (head, sealed) = bytes.split_first_chunk::<2>().ok_or_else(damaged)?;
    if head[0] != ENVELOPE_VERSION {
        return Err(WalletError::unsupported("this sealed key", "it was written by a newer version"));
    }
    let algorithm =
        algorithm(head[1]).ok_or_else(|| WalletError::unsupported("this sealed key", "its algorithm is not known"))?;
    let seed: Zeroizing<Vec<u8>> = key.open(&bound(*head, id), sealed).map_err(|CannotOpen| damaged())?;
    SecretKey::from_bytes(algorithm, &seed).map_err(|_| damaged())
}

fn bound(head: [u8; 2], id: &KeyId) -> Vec<u8> {
    [b"cedula key", &head[..], id.0.as_bytes()].concat()
}

fn code(algorithm: KeyAlgorithm) -> u8 {
    match algorithm {
        KeyAlgorithm::Ed25519 => 1,
        KeyAlgorithm::P256 => 2,
        KeyAlgorithm::P384 => 3,
        KeyAlgorithm::Secp256k1 => 4,
        KeyAlgorithm::Bls12381G2 => 5,
    }
}

fn algorithm(code: u8) -> Option<KeyAlgorithm> {
    use KeyAlgorithm::{Bls12381G2, Ed25519, P256, P384, Secp256k1};
    [Ed25519, P256, P384, Secp256k1, Bls12381G2].into_iter().find(|algorithm| self::code(*algorithm) == code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::MemoryStorage;
    use proptest::prelude::*;

    fn light() -> Cost {
        Cost::new(8, 1).expect("a light cost")
    }

    fn passphrase(text: &str) -> Passphrase {
        Passphrase::new(text).expect("a passphrase")
    }

    async fn keystore() -> (Arc<MemoryStorage>, SoftwareKeystore) {
        let storage = Arc::new(MemoryStorage::new());
        let keystore = SoftwareKeystore::create(storage.clone(), &passphrase("first"), light()).await.expect("a keystore");
        (storage, keystore)
    }

    fn locked_out<T>(result: Result<T>) -> bool {
        matches!(result, Err(WalletError::KeyUnavailable { .. }))
    }

    #[tokio::test]
    async fn keys_of_every_algorithm_sign_after_reopening() {
        let (storage, keystore) = keystore().await;
        let mut made = Vec::new();
        for code in 1..=4 {
            made.push(keystore.create(algorithm(code).expect("an algorithm")).await.expect("a key"));
        }
        let reopened = SoftwareKeystore::open(storage, &passphrase("first")).await.expect("the keystore");
        for (id, public) in made {
            assert_eq!(reopened.public_key(&id).await.expect("its public half"), public);
            let signature = reopened.sign(&id, b"message").await.expect("a signature");
            public.verify(b"message", &signature).expect("a good signature");
        }
    }

    #[tokio::test]
    async fn wrong_passphrase_and_locked_keystore_are_key_unavailable() {
        let (storage, keystore) = keystore().await;
        let (id, _) = Keystore::create(&keystore, KeyAlgorithm::Ed25519).await.expect("a key");
        assert!(locked_out(SoftwareKeystore::open(storage.clone(), &passphrase("second")).await));
        assert!(locked_out(SoftwareKeystore::open(Arc::new(MemoryStorage::new()), &passphrase("first")).await));
        keystore.lock().await;
        assert!(locked_out(keystore.sign(&id, b"m").await));
        assert!(locked_out(keystore.public_key(&id).await));
        assert!(locked_out(Keystore::create(&keystore, KeyAlgorithm::P256).await));
        assert!(locked_out(keystore.delete(&id).await));
        assert!(locked_out(keystore.export(&id).await));
        assert!(locked_out(keystore.unlock(&passphrase("second")).await));
        keystore.unlock(&passphrase("first")).await.expect("unlocked");
        keystore.sign(&id, b"m").await.expect("a signature");
        assert!(SoftwareKeystore::create(storage, &passphrase("third"), light()).await.is_err());
    }

    #[tokio::test]
    async fn deleted_key_is_gone() {
        let (storage, keystore) = keystore().await;
        let (id, _) = Keystore::create(&keystore, KeyAlgorithm::P256).await.expect("a key");
        keystore.delete(&id).await.expect("deleted");
        keystore.delete(&id).await.expect("no error when there is none");
        assert!(locked_out(keystore.sign(&id, b"m").await));
        assert!(storage.list(KEYS).await.expect("a list").is_empty());
    }

    #[tokio::test]
    async fn changed_passphrase_opens_and_the_old_one_does_not() {
        let (storage, keystore) = keystore().await;
        let (id, public) = Keystore::create(&keystore, KeyAlgorithm::Ed25519).await.expect("a key");
        let (first, second) = (passphrase("first"), passphrase("second"));
        assert!(locked_out(keystore.change_passphrase(&second, &first, light()).await));
        let before = storage.read(&name(&id)).await.expect("a read").expect("the envelope");
        keystore.change_passphrase(&first, &second, light()).await.expect("changed");
        assert_ne!(storage.read(&name(&id)).await.expect("a read").expect("the envelope"), before);
        keystore.sign(&id, b"m").await.expect("still unlocked");
        assert!(locked_out(SoftwareKeystore::open(storage.clone(), &first).await));
        let reopened = SoftwareKeystore::open(storage, &second).await.expect("the keystore");
        assert_eq!(reopened.public_key(&id).await.expect("its public half"), public);
    }

    #[tokio::test]
    async fn envelope_in_anothers_place_or_of_another_algorithm_does_not_open() {
        let (storage, keystore) = keystore().await;
        let (one, _) = Keystore::create(&keystore, KeyAlgorithm::Ed25519).await.expect("a key");
        let (two, _) = Keystore::create(&keystore, KeyAlgorithm::Ed25519).await.expect("a key");
        let mut bytes = storage.read(&name(&one)).await.expect("a read").expect("the envelope");
        storage.write(vec![Change::Put { name: name(&two), bytes: bytes.clone() }]).await.expect("a write");
        assert!(matches!(keystore.sign(&two, b"m").await, Err(WalletError::StorageFailed { .. })));
        bytes[1] = code(KeyAlgorithm::P256);
        storage.write(vec![Change::Put { name: name(&one), bytes }]).await.expect("a write");
        assert!(matches!(keystore.sign(&one, b"m").await, Err(WalletError::StorageFailed { .. })));
    }

    #[tokio::test]
    async fn exported_key_imports_under_its_name_and_nothing_takes_its_place() {
        let (_, from) = keystore().await;
        let (_, to) = keystore().await;
        let (id, public) = Keystore::create(&from, KeyAlgorithm::P256).await.expect("a key");
        let secret = from.export(&id).await.expect("the key");
        to.import(&id, &secret).await.expect("taken in");
        to.import(&id, &secret).await.expect("the same once more");
        assert_eq!(to.public_key(&id).await.expect("its public half"), public);
        let other = SecretKey::generate(KeyAlgorithm::P256, &mut system_rng());
        assert!(matches!(to.import(&id, &other).await, Err(WalletError::Misused { .. })));
        assert!(matches!(to.import(&KeyId("../x".to_owned()), &other).await, Err(WalletError::Misused { .. })));
        assert_eq!(to.ids().await.expect("the names"), [id]);
    }

    #[tokio::test]
    async fn private_key_is_nowhere_in_the_storage() {
        let (storage, keystore) = keystore().await;
        let (id, _) = Keystore::create(&keystore, KeyAlgorithm::Ed25519).await.expect("a key");
        let secret = keystore.export(&id).await.expect("the key");
        let bytes = storage.read(&name(&id)).await.expect("a read").expect("the envelope");
        assert!(!bytes.windows(8).any(|window| window == &secret.expose()[..8]));
    }

    proptest! {
        #[test]
        fn any_bytes_are_an_envelope_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..120)) {
            let key = SealingKey::from_bytes(&[7; 32]).expect("32 bytes");
            prop_assert!(open_envelope(&key, &KeyId("a".to_owned()), &bytes).is_err());
        }

        #[test]
        fn any_text_is_a_header_or_refused(text in "\\PC{0,200}") {
            prop_assert!(read_header(text.as_bytes()).is_err());
        }
    }
}
