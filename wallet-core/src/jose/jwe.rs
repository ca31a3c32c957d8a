//! Compact JSON Web Encryption (RFC 7516): to somebody's P-256 key by `ECDH-ES` (RFC 7518 §4.6), or under a shared key by `dir`.
//!
//! The encryption keys and nonces of a message come from OpenSSL's own generator. Nothing is ever inflated: a `zip` is refused.

use std::fmt;

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use josekit::jwe::enc::{A128CBC_HS256, A128GCM, A256CBC_HS512, A256GCM};
use josekit::jwe::{self, Dir, ECDH_ES, JweContentEncryption, JweDecrypter, JweHeader};
use josekit::jwk::Jwk;
use p256::pkcs8::EncodePrivateKey as _;
use rand_core::CryptoRng;
use ring::hmac;
use serde_json::{Map, Value};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::error::{Result, WalletError};
use crate::json;
use crate::key::{KeyAlgorithm, PublicKey, SecretKey};

/// The longest protected header that is read, in characters.
const MAX_HEADER: usize = 8192;

/// How the content is encrypted: the `enc` of the header (RFC 7518 §5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContentEncryption {
    /// AES-128 in Galois/Counter mode.
    A128Gcm,
    /// AES-256 in Galois/Counter mode.
    A256Gcm,
    /// AES-128 in CBC mode with HMAC-SHA-256.
    A128CbcHs256,
    /// AES-256 in CBC mode with HMAC-SHA-512.
    A256CbcHs512,
}

impl ContentEncryption {
    /// All of them, the ones every party must know first (HAIP 1.0 §5).
    pub const ALL: [Self; 4] = [Self::A128Gcm, Self::A256Gcm, Self::A128CbcHs256, Self::A256CbcHs512];

    /// The name in the header.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::A128Gcm => "A128GCM",
            Self::A256Gcm => "A256GCM",
            Self::A128CbcHs256 => "A128CBC-HS256",
            Self::A256CbcHs512 => "A256CBC-HS512",
        }
    }

    /// The one of this name, if it is known here.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == name)
    }

    fn cipher(self) -> &'static dyn JweContentEncryption {
        match self {
            Self::A128Gcm => &A128GCM,
            Self::A256Gcm => &A256GCM,
            Self::A128CbcHs256 => &A128CBC_HS256,
            Self::A256CbcHs512 => &A256CBC_HS512,
        }
    }

    /// How long nonce and tag are, in base64url characters.
    fn lengths(self) -> (usize, usize) {
        match self {
            Self::A128Gcm | Self::A256Gcm => (16, 22),
            Self::A128CbcHs256 => (22, 22),
            Self::A256CbcHs512 => (22, 43),
        }
    }
}

/// A public key that messages are encrypted to: P-256, `ECDH-ES`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncryptionKey {
    public: PublicKey,
    /// The name its owner gave it, which a message repeats.
    pub kid: Option<String>,
}

impl EncryptionKey {
    /// Reads a public JWK for encryption: P-256, with `use` `enc` or none and `alg` `ECDH-ES` or none.
    pub fn from_jwk(jwk: &Value) -> Result<Self> {
        let bad = |reason: &str| WalletError::malformed("encryption key", reason);
        let is = |name: &str, value: &str| jwk.get(name).is_none_or(|found| found == value);
        if !is("use", "enc") || jwk.get("d").is_some() {
            return Err(bad("it is not a public key for encryption"));
        }
        if !is("alg", "ECDH-ES") || jwk.get("crv").is_none_or(|curve| curve != "P-256") {
            return Err(WalletError::unsupported("this encryption key", "use ECDH-ES with P-256"));
        }
        let members = ["kty", "crv", "x", "y"].into_iter().filter_map(|name| Some((name.to_owned(), jwk.get(name)?.clone())));
        let kid =
            jwk.get("kid").map(|kid| kid.as_str().map(str::to_owned).ok_or_else(|| bad("its kid is not text"))).transpose()?;
        Ok(Self { public: PublicKey::from_jwk(&Value::Object(members.collect()))?, kid })
    }

    /// The public JWK, with its `kid`, `use` and `alg`.
    pub fn to_jwk(&self) -> Value {
        let mut jwk = self.public.to_jwk();
        let members = jwk.as_object_mut().expect("a JWK is an object");
        members.extend(self.kid.iter().map(|kid| ("kid".to_owned(), kid.as_str().into())));
        members.insert("use".to_owned(), "enc".into());
        members.insert("alg".to_owned(), "ECDH-ES".into());
        jwk
    }

    /// The SHA-256 JWK thumbprint, base64url (RFC 7638).
    pub fn thumbprint(&self) -> String {
        self.public.thumbprint()
    }

    /// Encrypts `plain` to the owner of this key, with an ephemeral key of its own.
    pub fn encrypt(&self, plain: &[u8], encryption: ContentEncryption) -> Result<String> {
        let failed = |_| WalletError::misused("the message could not be encrypted");
        let Value::Object(jwk) = self.public.to_jwk() else { unreachable!("a JWK is an object") };
        let encrypter = Jwk::from_map(jwk).and_then(|jwk| ECDH_ES.encrypter_from_jwk(&jwk)).map_err(failed)?;
        let mut header = JweHeader::new();
        header.set_content_encryption(encryption.as_str());
        if let Some(kid) = &self.kid {
            header.set_key_id(kid);
        }
        jwe::serialize_compact(plain, &header, &encrypter).map_err(failed)
    }
}

/// A private key that messages are decrypted with: P-256, `ECDH-ES`; wiped when dropped, it neither prints nor serialises.
pub struct DecryptionKey(SecretKey);

impl DecryptionKey {
    /// Makes a new key from `rng`, for one session or for as long as its owner seals it.
    pub fn generate(rng: &mut dyn CryptoRng) -> Self {
        Self(SecretKey::generate(KeyAlgorithm::P256, rng))
    }

    /// Reads a private scalar of 32 bytes.
    pub fn from_secret_bytes(bytes: &[u8]) -> Result<Self> {
        SecretKey::from_bytes(KeyAlgorithm::P256, bytes).map(Self)
    }

    /// The private scalar, 32 bytes, to be sealed by its owner and for nothing else.
    pub fn to_secret_bytes(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(self.0.expose().to_vec())
    }

    /// The public half, under its thumbprint (RFC 7638).
    pub fn public_key(&self) -> EncryptionKey {
        let public = self.0.public_key();
        EncryptionKey { kid: Some(public.thumbprint()), public }
    }

    /// The public half as a JWK with `kid`, `use` and `alg`.
    pub fn public_jwk(&self) -> Value {
        self.public_key().to_jwk()
    }

    /// Decrypts a message of at most `max` characters.
    ///
    /// Fails with `Malformed` when it is none, is longer, asks for compression, was altered or was encrypted to another key;
    /// which of the last two it was, is not said.
    pub fn decrypt(&self, text: &str, max: usize) -> Result<Vec<u8>> {
        let message = Message::read(text, max)?;
        // Anything else that is not understood is ignored (RFC 7516 §4).
        let changes_meaning = ["crit", "zip"].iter().any(|name| message.header.contains_key(*name));
        if changes_meaning || message.text("alg") != Some("ECDH-ES") {
            return Err(bad("its header asks for what is not supported"));
        }
        let ephemeral = message.header.get("epk").map(PublicKey::from_jwk).transpose()?;
        if ephemeral.is_none_or(|key| key.algorithm() != KeyAlgorithm::P256) || !message.parts[0].is_empty() {
            return Err(bad("it is not encrypted to a key of P-256"));
        }
        let scalar = p256::SecretKey::from_slice(self.0.expose()).expect("the scalar was checked when it was read");
        let der = scalar.to_pkcs8_der().expect("a P-256 key has a PKCS#8 form");
        let decrypter = ECDH_ES.decrypter_from_der(der.as_bytes()).map_err(|_| altered())?;
        message.authenticate(&decrypter)?;
        jwe::deserialize_compact(text, &decrypter).map(|(plain, _)| plain).map_err(|_| altered())
    }
}

impl fmt::Debug for DecryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DecryptionKey(hidden)")
    }
}

/// The protected header of a message of at most `max` characters, as it says itself: nothing of it is authenticated.
pub fn header(text: &str, max: usize) -> Result<Map<String, Value>> {
    Message::read(text, max).map(|message| message.header)
}

/// A compact message whose shape was checked before anything of it is computed.
struct Message<'t> {
    encryption: ContentEncryption,
    header: Map<String, Value>,
    protected: &'t str,
    /// Encrypted key, nonce, ciphertext, tag.
    parts: [&'t str; 4],
}

impl<'t> Message<'t> {
    fn read(text: &'t str, max: usize) -> Result<Self> {
        if text.len() > max {
            return Err(bad("it is too long"));
        }
        let parts: Vec<&str> = text.splitn(6, '.').collect();
        let [protected, parts @ ..] = &parts[..] else { return Err(bad("it has not five parts")) };
        let parts: [&str; 4] = parts.try_into().map_err(|_| bad("it has not five parts"))?;
        if protected.len() > MAX_HEADER {
            return Err(bad("its header is too long"));
        }
        let header = BASE64_URL_SAFE_NO_PAD.decode(protected).map_err(|_| bad("its header is not base64url"))?;
        let Value::Object(header) = json::read_bytes("JWE header", &header)? else { return Err(bad("its header is no object")) };
        let encryption = header.get("enc").and_then(Value::as_str).and_then(ContentEncryption::named);
        let encryption =
            encryption.ok_or_else(|| WalletError::unsupported("this content encryption", "use A128GCM or A256GCM"))?;
        // OpenSSL would take a tag that was cut short.
        if (parts[1].len(), parts[3].len()) != encryption.lengths() {
            return Err(bad("its nonce or tag is cut short"));
        }
        Ok(Self { encryption, header, protected, parts })
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.header.get(name).and_then(Value::as_str)
    }

    /// Checks the tag of a CBC mode before its padding is looked at, in constant time: the library compares it last, and byte by byte.
    fn authenticate(&self, decrypter: &dyn JweDecrypter) -> Result<()> {
        let hash = match self.encryption {
            ContentEncryption::A128CbcHs256 => hmac::HMAC_SHA256,
            ContentEncryption::A256CbcHs512 => hmac::HMAC_SHA512,
            ContentEncryption::A128Gcm | ContentEncryption::A256Gcm => return Ok(()),
        };
        let header = JweHeader::from_map(self.header.clone()).map_err(|_| altered())?;
        let key = decrypter.decrypt(None, self.encryption.cipher(), &header).map(|key| Zeroizing::new(key.into_owned()));
        let key = key.map_err(|_| altered())?;
        let decode = |part: &str| BASE64_URL_SAFE_NO_PAD.decode(part).map_err(|_| bad("a part of it is not base64url"));
        let [_, nonce, ciphertext, tag] = self.parts;
        let expected = cbc_tag(hash, &key, [self.protected.as_bytes(), &decode(nonce)?, &decode(ciphertext)?]);
        if bool::from(expected.ct_eq(&decode(tag)?)) { Ok(()) } else { Err(altered()) }
    }
}

/// The tag over what is bound to the message, its nonce and its ciphertext (RFC 7518 §5.2.2.1).
fn cbc_tag(hash: hmac::Algorithm, key: &[u8], parts: [&[u8]; 3]) -> Vec<u8> {
    let mut mac = hmac::Context::with_key(&hmac::Key::new(hash, &key[..key.len() / 2]));
    let bits = (parts[0].len() as u64 * 8).to_be_bytes();
    parts.into_iter().chain([&bits[..]]).for_each(|part| mac.update(part));
    let whole = mac.sign();
    whole.as_ref()[..whole.as_ref().len() / 2].to_vec()
}

/// Encrypts `plain` under a shared key of 32 bytes, `dir` with A256GCM; `header` has what else the header is to say.
pub(crate) fn encrypt_directly(mut header: Map<String, Value>, plain: &[u8], key: &[u8; 32]) -> Result<String> {
    let failed = |_| WalletError::misused("the message could not be encrypted");
    header.insert("enc".to_owned(), "A256GCM".into());
    let header = JweHeader::from_map(header).map_err(failed)?;
    let encrypter = Dir.encrypter_from_bytes(key).map_err(failed)?;
    jwe::serialize_compact(plain, &header, &encrypter).map_err(failed)
}

/// Decrypts what [`encrypt_directly`] made, whose header and shape the caller has checked.
pub(crate) fn decrypt_directly(text: &str, key: &[u8; 32]) -> Result<Zeroizing<Vec<u8>>> {
    let decrypter = Dir.decrypter_from_bytes(key).map_err(|_| altered())?;
    jwe::deserialize_compact(text, &decrypter).map(|(plain, _)| Zeroizing::new(plain)).map_err(|_| altered())
}

fn bad(reason: &str) -> WalletError {
    WalletError::malformed("JWE", reason)
}

fn altered() -> WalletError {
    bad("it was altered, or encrypted to another key")
}

#[cfg(test)]
mod tests;
