//! Sealing: bytes that only a secret opens, and the way from a passphrase to that secret.

use std::fmt;

use argon2::{Algorithm, Argon2, Block, Params, Version};
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::error::{Result, WalletError};

/// What sealing adds to the plain bytes: a nonce of 24 and a tag of 16.
pub const OVERHEAD: usize = NONCE + 16;
const NONCE: usize = 24;

/// A 32-byte secret under which bytes are sealed; wiped when dropped, it neither prints nor serialises.
///
/// Sealing is XChaCha20-Poly1305 with a random nonce (draft-irtf-cfrg-xchacha-03): one key seals any number of things.
#[derive(Clone)]
pub struct SealingKey(Box<Zeroizing<[u8; 32]>>);

impl SealingKey {
    /// Makes a new secret from `rng`.
    pub fn generate(rng: &mut dyn CryptoRng) -> Self {
        let mut key = Self::blank();
        rng.fill_bytes(&mut key.0[..]);
        key
    }

    /// Takes a secret of exactly 32 bytes, such as one a phone keeps in its secure hardware.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        if bytes.len() != 32 {
            return Err(WalletError::misused("a sealing key has 32 bytes"));
        }
        let mut key = Self::blank();
        key.0.copy_from_slice(bytes);
        Ok(key)
    }

    /// The secret itself, to be sealed under another key or handed to a cipher, and for nothing else.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// Seals `plain` so that it opens only under this key and with the same `bound` bytes: nonce ‖ ciphertext ‖ tag.
    pub fn seal(&self, bound: &[u8], plain: &[u8], rng: &mut dyn CryptoRng) -> Vec<u8> {
        let mut nonce = [0; NONCE];
        rng.fill_bytes(&mut nonce);
        let sealed = self
            .cipher()
            .encrypt(&XNonce::from(nonce), Payload { msg: plain, aad: bound })
            .expect("a message in memory is far below the cipher's limit of 256 GiB");
        [&nonce[..], &sealed].concat()
    }

    /// Opens what [`SealingKey::seal`] made; a failure has one reason and no detail.
    pub fn open(&self, bound: &[u8], sealed: &[u8]) -> std::result::Result<Zeroizing<Vec<u8>>, CannotOpen> {
        let (nonce, ciphertext) = sealed.split_first_chunk::<NONCE>().ok_or(CannotOpen)?;
        self.cipher()
            .decrypt(&XNonce::from(*nonce), Payload { msg: ciphertext, aad: bound })
            .map(Zeroizing::new)
            .map_err(|_| CannotOpen)
    }

    /// Sixteen bytes that name this key without telling it (HKDF-SHA256 with `purpose`, RFC 5869).
    pub fn fingerprint(&self, purpose: &str) -> [u8; 16] {
        let mut out = [0; 16];
        Hkdf::<Sha256>::new(None, &self.0[..])
            .expand(purpose.as_bytes(), &mut out)
            .expect("sixteen bytes are within HKDF's limit");
        out
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&**self.0).into())
    }

    fn blank() -> Self {
        Self(Box::new(Zeroizing::new([0; 32])))
    }
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealingKey(hidden)")
    }
}

/// Sealed bytes that do not open: another key, another place, or altered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the sealed bytes do not open")]
pub struct CannotOpen;

/// A passphrase, compared as RFC 8265 `OpaqueString` does (NFC, every space one kind); wiped when dropped, it never prints.
#[derive(Clone)]
pub struct Passphrase(Zeroizing<String>);

impl Passphrase {
    /// Takes a passphrase of 1 to 1024 bytes, so that an ñ typed on two keyboards is the same ñ.
    pub fn new(text: impl Into<String>) -> Result<Self> {
        let text = Zeroizing::new(text.into());
        if text.is_empty() || text.len() > 1024 {
            return Err(WalletError::misused("a passphrase has 1 to 1024 bytes"));
        }
        let spaced: Zeroizing<String> = Zeroizing::new(text.chars().map(|c| if is_space(c) { ' ' } else { c }).collect());
        let composed = icu_normalizer::ComposingNormalizerBorrowed::new_nfc().normalize(&spaced).into_owned();
        Ok(Self(Zeroizing::new(composed)))
    }
}

/// Unicode's space separators (general category Zs).
fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}')
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase(hidden)")
    }
}

/// How dear one guess at a passphrase is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    memory: u32,
    passes: u32,
}

impl Cost {
    /// For unlocking on a device, old phones included: 19 MiB, two passes.
    pub const UNLOCK: Self = Self { memory: 19 * 1024, passes: 2 };
    /// For a file that leaves the device: 64 MiB, three passes (RFC 9106 §4, second recommended option, on one lane).
    pub const ARCHIVE: Self = Self { memory: 64 * 1024, passes: 3 };

    /// A cost of its own: memory in KiB from 8 to 131,072, passes from 1 to 10; less than [`Cost::UNLOCK`] is for tests.
    pub fn new(memory: u32, passes: u32) -> Result<Self> {
        if !(8..=128 * 1024).contains(&memory) || !(1..=10).contains(&passes) {
            return Err(WalletError::unsupported("this passphrase cost", "use 8 KiB to 128 MiB and 1 to 10 passes"));
        }
        Ok(Self { memory, passes })
    }
}

/// The way from a passphrase to a key: Argon2id version 1.3 on one lane (RFC 9106), its cost and its salt.
///
/// It is kept beside what it protects; reading one refuses any cost [`Cost::new`] does, before any memory is taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Stretch {
    cost: Cost,
    salt: [u8; 16],
}

impl Stretch {
    /// A new one, with a salt from `rng`.
    pub fn new(cost: Cost, rng: &mut dyn CryptoRng) -> Self {
        let mut salt = [0; 16];
        rng.fill_bytes(&mut salt);
        Self { cost, salt }
    }

    /// Stretches `passphrase` to a key; slow by design, from tens of milliseconds to a second.
    ///
    /// Fails with `StorageFailed` when the device has not the memory for it.
    pub fn key(&self, passphrase: &Passphrase) -> Result<SealingKey> {
        let params = Params::new(self.cost.memory, self.cost.passes, 1, Some(32)).expect("the cost was checked when it was made");
        let mut memory = Zeroizing::new(Vec::new());
        memory
            .try_reserve_exact(params.block_count())
            .map_err(|_| WalletError::storage_failed("there is not enough memory to stretch the passphrase"))?;
        memory.resize(params.block_count(), Block::default());
        let mut key = SealingKey::blank();
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into_with_memory(passphrase.0.as_bytes(), &self.salt, &mut key.0[..], memory.as_mut_slice())
            .expect("lengths of passphrase, salt and key are within Argon2's limits");
        Ok(key)
    }
}

/// The written form, in the parameter names of RFC 9106.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: String,
    m: u32,
    t: u32,
    p: u32,
    salt: String,
}

impl From<Stretch> for Written {
    fn from(stretch: Stretch) -> Self {
        Self {
            name: "argon2id".to_owned(),
            m: stretch.cost.memory,
            t: stretch.cost.passes,
            p: 1,
            salt: BASE64_URL_SAFE_NO_PAD.encode(stretch.salt),
        }
    }
}

impl TryFrom<Written> for Stretch {
    type Error = WalletError;

    fn try_from(written: Written) -> Result<Self> {
        if written.name != "argon2id" || written.p != 1 {
            return Err(WalletError::unsupported("this passphrase stretching", "use Argon2id on one lane"));
        }
        let salt = BASE64_URL_SAFE_NO_PAD.decode(&written.salt).ok().and_then(|salt| salt.try_into().ok());
        let salt = salt.ok_or_else(|| WalletError::malformed("passphrase salt", "it is not 16 bytes in base64url"))?;
        Ok(Self { cost: Cost::new(written.m, written.t)?, salt })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use getrandom::rand_core::UnwrapErr;
    use proptest::prelude::*;

    fn rng() -> impl CryptoRng {
        UnwrapErr(getrandom::SysRng)
    }

    fn passphrase(text: &str) -> Passphrase {
        Passphrase::new(text).expect("a passphrase")
    }

    #[test]
    fn sealed_bytes_open_only_under_their_key_and_in_their_place() {
        let key = SealingKey::generate(&mut rng());
        let sealed = key.seal(b"place", b"plain", &mut rng());
        assert_eq!(sealed.len(), 5 + OVERHEAD);
        assert_eq!(key.open(b"place", &sealed).expect("its own").as_slice(), b"plain");
        assert_eq!(key.open(b"elsewhere", &sealed), Err(CannotOpen));
        assert_eq!(SealingKey::generate(&mut rng()).open(b"place", &sealed), Err(CannotOpen));
        for at in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[at] ^= 1;
            assert_eq!(key.open(b"place", &altered), Err(CannotOpen), "byte {at}");
            assert_eq!(key.open(b"place", &sealed[..at]), Err(CannotOpen), "cut at {at}");
        }
    }

    #[test]
    fn xchacha_draft_appendix_a_3_1_opens() {
        let key = SealingKey::from_bytes(&(0x80..=0x9f).collect::<Vec<u8>>()).expect("32 bytes");
        let bound = hex("50515253c0c1c2c3c4c5c6c7");
        let sealed = hex(concat!(
            "404142434445464748494a4b4c4d4e4f5051525354555657",
            "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b4522f8c9ba4",
            "0db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff921f9664c97637da9768812f615c68b13b52e",
            "c0875924c1c7987947deafd8780acf49"
        ));
        let plain = key.open(&bound, &sealed).expect("the published vector");
        assert!(plain.starts_with(b"Ladies and Gentlemen of the class of '99"));
    }

    #[test]
    fn same_passphrase_gives_the_same_key_and_another_salt_another() {
        let cost = Cost::new(8, 1).expect("a light cost");
        let stretch = Stretch::new(cost, &mut rng());
        let key = stretch.key(&passphrase("contraseña")).expect("a key");
        // The ñ of a Mac keyboard: n and a combining tilde.
        assert_eq!(key.expose(), stretch.key(&passphrase("contrasen\u{303}a")).expect("a key").expose());
        assert_ne!(key.expose(), stretch.key(&passphrase("contrasena")).expect("a key").expose());
        assert_ne!(key.expose(), Stretch::new(cost, &mut rng()).key(&passphrase("contraseña")).expect("a key").expose());
        assert!(Passphrase::new("").is_err());
    }

    #[test]
    fn stretch_that_would_take_the_memory_is_refused_unread() {
        let text =
            |m: u64, t: u64, p: u64| format!(r#"{{"name":"argon2id","m":{m},"t":{t},"p":{p},"salt":"AAAAAAAAAAAAAAAAAAAAAA"}}"#);
        assert!(serde_json::from_str::<Stretch>(&text(19456, 2, 1)).is_ok());
        for (m, t, p) in [(4_000_000, 2, 1), (19456, 4_000_000_000, 1), (19456, 2, 2), (0, 1, 1), (u64::MAX, 1, 1)] {
            assert!(serde_json::from_str::<Stretch>(&text(m, t, p)).is_err(), "{m} {t} {p}");
        }
    }

    #[test]
    fn secrets_do_not_print() {
        assert_eq!(format!("{:?}", SealingKey::generate(&mut rng())), "SealingKey(hidden)");
        assert_eq!(format!("{:?}", passphrase("open sesame")), "Passphrase(hidden)");
    }

    fn hex(text: &str) -> Vec<u8> {
        (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).expect("hex")).collect()
    }

    proptest! {
        #[test]
        fn any_bytes_open_or_do_not(bytes in proptest::collection::vec(any::<u8>(), 0..120)) {
            let key = SealingKey::from_bytes(&[7; 32]).expect("32 bytes");
            prop_assert!(key.open(b"", &bytes).is_err());
        }

        #[test]
        fn any_text_is_a_stretch_or_refused(text in "\\PC{0,120}") {
            let _ = serde_json::from_str::<Stretch>(&text);
        }

        #[test]
        fn what_is_sealed_opens(plain in proptest::collection::vec(any::<u8>(), 0..300), bound in proptest::collection::vec(any::<u8>(), 0..50)) {
            let key = SealingKey::from_bytes(&[7; 32]).expect("32 bytes");
            let sealed = key.seal(&bound, &plain, &mut rng());
            prop_assert_eq!(key.open(&bound, &sealed).expect("its own").to_vec(), plain);
        }
    }
}
