//! Keys: Ed25519, P-256, P-384, secp256k1 and BLS12-381 G2, in raw, JWK and Multikey form.
//!
//! A public key knows its algorithm and never takes it from a token. A secret key neither prints nor serialises.

pub(crate) mod bbs;
mod private_jwk;

use std::cmp::Ordering;
use std::fmt;

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use ecdsa::hazmat::sign_prehashed_rfc6979;
use ed25519_dalek::Signer as _;
use p256::ecdsa::signature::hazmat::PrehashVerifier as _;
use p256::elliptic_curve::sec1::ToSec1Point as _;
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256, Sha384};
use sha3::Keccak256;
use zeroize::{Zeroize, Zeroizing};

use crate::error::{Result, WalletError};

/// A signature algorithm, which is also a kind of key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum KeyAlgorithm {
    /// Ed25519 (RFC 8032): 32-byte keys, 64-byte signatures; JOSE `EdDSA`.
    Ed25519,
    /// ECDSA over P-256 with SHA-256 (FIPS 186-5): 33-byte compressed keys, 64-byte r‖s signatures; JOSE `ES256`.
    P256,
    /// ECDSA over P-384 with SHA-384 (FIPS 186-5): 49-byte compressed keys, 96-byte r‖s signatures; JOSE `ES384`.
    P384,
    /// ECDSA over secp256k1 with Keccak-256, as Ethereum transactions are signed: 33-byte compressed keys, 64-byte
    /// r‖s signatures with the low s.
    Secp256k1,
    /// BBS over BLS12-381 with SHA-256 (draft-irtf-cfrg-bbs-signatures): 96-byte compressed points of G2, 80-byte signatures.
    /// Experimental: the algorithm and its JWK form (draft-ietf-cose-bls-key-representations-05) are drafts.
    ///
    /// It signs a list of messages under a header. Where one byte string is signed, that string is the CBOR array
    /// `[header, [message, …]]` of byte strings in deterministic form (RFC 8949 §4.2.1); any other string is one message with an
    /// empty header.
    Bls12381G2,
}

impl KeyAlgorithm {
    /// The multicodec prefix of a public key, as unsigned varint bytes (Multikey, CID 1.0 §2.2.2).
    fn multicodec(self) -> [u8; 2] {
        match self {
            Self::Ed25519 => [0xed, 0x01],
            Self::P256 => [0x80, 0x24],
            Self::P384 => [0x81, 0x24],
            Self::Secp256k1 => [0xe7, 0x01],
            Self::Bls12381G2 => [0xeb, 0x01],
        }
    }

    /// The JWK `crv` (RFC 7518, RFC 8037, RFC 8812).
    pub fn curve(self) -> &'static str {
        match self {
            Self::Ed25519 => "Ed25519",
            Self::P256 => "P-256",
            Self::P384 => "P-384",
            Self::Secp256k1 => "secp256k1",
            Self::Bls12381G2 => "BLS12381G2",
        }
    }

    /// The JWS `alg` a key of this kind signs with; none for secp256k1, which signs chain transactions only, and for BBS.
    pub fn jose(self) -> Option<&'static str> {
        match self {
            Self::Ed25519 => Some("EdDSA"),
            Self::P256 => Some("ES256"),
            Self::P384 => Some("ES384"),
            Self::Secp256k1 | Self::Bls12381G2 => None,
        }
    }

    /// The length of a signature, in bytes.
    pub fn signature_length(self) -> usize {
        match self {
            Self::Ed25519 | Self::P256 | Self::Secp256k1 => 64,
            Self::P384 => 96,
            Self::Bls12381G2 => bbs::SIGNATURE,
        }
    }

    /// The length of a raw public key, in bytes.
    fn key_length(self) -> usize {
        match self {
            Self::Ed25519 => 32,
            Self::Bls12381G2 => bbs::PUBLIC_KEY,
            other => 1 + other.field_length(),
        }
    }

    const ALL: [Self; 5] = [Self::Ed25519, Self::P256, Self::P384, Self::Secp256k1, Self::Bls12381G2];
}

/// The longest Multikey that is read: one of BLS12-381 G2 has 137 characters or so, one of P-384 70.
const MAX_MULTIKEY: usize = 144;

/// The name a [`Keystore`](crate::ports::Keystore) gives a key; it says nothing about the key.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct KeyId(pub String);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A public key that was checked to be a point of its curve.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PublicKey {
    algorithm: KeyAlgorithm,
    /// Ed25519: 32 bytes; BLS12-381: the compressed point; the others: the compressed SEC 1 point.
    bytes: Vec<u8>,
    point: Point,
}

/// A key as it verifies: taking a point out of its compressed form costs as much as half a verification.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Point {
    Ed25519(Box<ed25519_dalek::VerifyingKey>),
    /// The uncompressed SEC 1 point.
    Sec1(Vec<u8>),
    /// As the crate that knows the curve reads it.
    Bls12381,
}

impl PartialOrd for PublicKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for PublicKey {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.algorithm, &self.bytes).cmp(&(other.algorithm, &other.bytes))
    }
}

impl PublicKey {
    /// Reads a raw key: 32 bytes for Ed25519, a compressed point for BLS12-381, a SEC 1 point (compressed or not) for the others.
    ///
    /// Refuses what is not on the curve, Ed25519 points of small order, under which anything verifies, and a second spelling of
    /// a point (RFC 8032 §5.1.3).
    pub fn from_bytes(algorithm: KeyAlgorithm, bytes: &[u8]) -> Result<Self> {
        let bad = || WalletError::malformed("public key", format!("it is not a point of {}", algorithm.curve()));
        macro_rules! sec1 {
            ($curve:ident) => {{
                let key = $curve::PublicKey::from_sec1_bytes(bytes).map_err(|_| bad())?;
                (key.to_sec1_point(true).as_bytes().to_vec(), Point::Sec1(key.to_sec1_point(false).as_bytes().to_vec()))
            }};
        }
        let (bytes, point) = match algorithm {
            KeyAlgorithm::Ed25519 => {
                let raw: [u8; 32] = bytes.try_into().map_err(|_| bad())?;
                let key = ed25519_dalek::VerifyingKey::from_bytes(&raw).map_err(|_| bad())?;
                if key.is_weak() || !is_reduced(&raw) {
                    return Err(bad());
                }
                (raw.to_vec(), Point::Ed25519(Box::new(key)))
            }
            KeyAlgorithm::P256 => sec1!(p256),
            KeyAlgorithm::P384 => sec1!(p384),
            KeyAlgorithm::Secp256k1 => sec1!(k256),
            KeyAlgorithm::Bls12381G2 if bbs::is_public_key(bytes) => (bytes.to_vec(), Point::Bls12381),
            KeyAlgorithm::Bls12381G2 => return Err(bad()),
        };
        Ok(Self { algorithm, bytes, point })
    }

    /// Reads a Multikey `publicKeyMultibase`: base58btc (`z`) over the multicodec prefix and the raw key (CID 1.0 §2.2.2).
    pub fn from_multikey(text: &str) -> Result<Self> {
        let bad = |reason: &str| WalletError::malformed("Multikey", reason);
        if text.len() > MAX_MULTIKEY || !text.starts_with('z') {
            return Err(bad("it is not base58btc with the prefix z"));
        }
        let (_, bytes) = multibase::decode(text).map_err(|_| bad("it is not base58btc"))?;
        Self::from_multikey_bytes(&bytes)
    }

    /// Reads a Multikey without its multibase: the multicodec prefix and the raw key (CID 1.0 §2.2.2).
    pub fn from_multikey_bytes(bytes: &[u8]) -> Result<Self> {
        let bad = |reason: &str| WalletError::malformed("Multikey", reason);
        let (prefix, raw) = bytes.split_at_checked(2).ok_or_else(|| bad("it is too short"))?;
        let algorithm = KeyAlgorithm::ALL.into_iter().find(|a| a.multicodec() == prefix).ok_or_else(|| {
            WalletError::unsupported("this kind of Multikey", "use Ed25519, P-256, P-384, secp256k1 or BLS12-381 G2")
        })?;
        if raw.len() != algorithm.key_length() {
            return Err(bad("the key has the wrong length"));
        }
        Self::from_bytes(algorithm, raw)
    }

    /// Reads a public JWK (RFC 7517, RFC 7518 §6.2, RFC 8037 §2); a JWK that carries a private member is refused, and one whose
    /// `use`, `key_ops` or `alg` says that it checks no signatures of its kind (RFC 7517 §4.2 to §4.4).
    pub fn from_jwk(jwk: &Value) -> Result<Self> {
        let bad = |reason: &str| WalletError::malformed("JWK", reason);
        if jwk.get("d").is_some() {
            return Err(bad("it carries a private key where a public one belongs"));
        }
        let text = |name: &str| jwk.get(name).and_then(Value::as_str);
        let operations = jwk.get("key_ops").and_then(Value::as_array);
        if jwk.get("use").is_some_and(|found| found != "sig") || operations.is_some_and(|all| !all.contains(&"verify".into())) {
            return Err(bad("it is not for signatures"));
        }
        let curve = text("crv").ok_or_else(|| bad("crv is missing"))?;
        let algorithm = KeyAlgorithm::ALL
            .into_iter()
            .find(|a| a.curve() == curve)
            .ok_or_else(|| WalletError::unsupported("this JWK curve", "use Ed25519, P-256, P-384, secp256k1 or BLS12-381 G2"))?;
        // secp256k1 keys sign under names of their own; RFC 9864 gives Ed25519 a second one.
        let named = |found: &Value| found == "Ed25519" && curve == "Ed25519" || algorithm.jose().is_none_or(|own| found == own);
        if jwk.get("alg").is_some_and(|found| !named(found)) {
            return Err(bad("its alg is not that of its curve"));
        }
        let coordinate = |name: &str| -> Result<Vec<u8>> {
            let text = text(name).ok_or_else(|| bad("a coordinate is missing"))?;
            let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|_| bad("a coordinate is not base64url"))?;
            let length = if algorithm == KeyAlgorithm::Bls12381G2 { bbs::PUBLIC_KEY } else { algorithm.field_length() };
            if bytes.len() != length {
                return Err(bad("a coordinate has the wrong length"));
            }
            Ok(bytes)
        };
        match (text("kty"), algorithm) {
            (Some("OKP"), KeyAlgorithm::Ed25519) => Self::from_bytes(algorithm, &coordinate("x")?),
            (Some("EC"), KeyAlgorithm::P256 | KeyAlgorithm::P384 | KeyAlgorithm::Secp256k1) => {
                let point = [&[4], &*coordinate("x")?, &*coordinate("y")?].concat();
                Self::from_bytes(algorithm, &point)
            }
            (Some("EC"), KeyAlgorithm::Bls12381G2) => {
                let point = bbs::from_coordinates(&coordinate("x")?, &coordinate("y")?);
                Self::from_bytes(algorithm, &point.ok_or_else(|| bad("it is not a point of the curve"))?)
            }
            _ => Err(bad("kty does not go with crv")),
        }
    }

    /// The kind of key, and so the only algorithm its signatures are checked with.
    pub fn algorithm(&self) -> KeyAlgorithm {
        self.algorithm
    }

    /// The raw key: 32 bytes for Ed25519, the compressed point for the others (SEC 1, but for BLS12-381).
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The uncompressed SEC 1 point (`04 ‖ x ‖ y`); the raw key for Ed25519 and BLS12-381.
    pub fn to_uncompressed(&self) -> Vec<u8> {
        self.uncompressed().to_vec()
    }

    fn uncompressed(&self) -> &[u8] {
        match &self.point {
            Point::Ed25519(_) | Point::Bls12381 => &self.bytes,
            Point::Sec1(point) => point,
        }
    }

    /// The Multikey `publicKeyMultibase` (CID 1.0 §2.2.2).
    pub fn to_multikey(&self) -> String {
        multibase::encode(multibase::Base::Base58Btc, self.to_multikey_bytes())
    }

    /// The Multikey without its multibase: the multicodec prefix and the raw key (CID 1.0 §2.2.2).
    pub fn to_multikey_bytes(&self) -> Vec<u8> {
        [&self.algorithm.multicodec()[..], &self.bytes].concat()
    }

    /// The public JWK, with the members its thumbprint is made of and no other (RFC 7517).
    pub fn to_jwk(&self) -> Value {
        let text = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
        let curve = self.algorithm.curve();
        if self.algorithm == KeyAlgorithm::Ed25519 {
            return json!({ "crv": curve, "kty": "OKP", "x": text(&self.bytes) });
        }
        if self.algorithm == KeyAlgorithm::Bls12381G2 {
            let (x, y) = bbs::coordinates(&self.bytes);
            return json!({ "crv": curve, "kty": "EC", "x": text(&x), "y": text(&y) });
        }
        let point = self.to_uncompressed();
        let (x, y) = point[1..].split_at(self.algorithm.field_length());
        json!({ "crv": curve, "kty": "EC", "x": text(x), "y": text(y) })
    }

    /// The SHA-256 JWK thumbprint, base64url (RFC 7638, RFC 8037 appendix A.3).
    pub fn thumbprint(&self) -> String {
        // `to_jwk` writes exactly the required members, already in lexicographic order.
        BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(self.to_jwk().to_string()))
    }

    /// Checks a signature over `message`: 64 bytes (EdDSA or r‖s), 96 for P-384, 80 for BBS; hashing is the algorithm's own.
    ///
    /// A failed signature has one reason and no detail.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> std::result::Result<(), BadSignature> {
        let ring_check = |algorithm: &'static dyn ring::signature::VerificationAlgorithm| {
            let key = ring::signature::UnparsedPublicKey::new(algorithm, self.uncompressed());
            key.verify(message, signature).map_err(|_| BadSignature)
        };
        match (self.algorithm, &self.point) {
            (KeyAlgorithm::Ed25519, Point::Ed25519(key)) => {
                let signature = ed25519_dalek::Signature::from_slice(signature).map_err(|_| BadSignature)?;
                key.verify_strict(message, &signature).map_err(|_| BadSignature)
            }
            (KeyAlgorithm::P256, _) => ring_check(&ring::signature::ECDSA_P256_SHA256_FIXED),
            (KeyAlgorithm::P384, _) => ring_check(&ring::signature::ECDSA_P384_SHA384_FIXED),
            (KeyAlgorithm::Bls12381G2, _) if bbs::verify(&self.bytes, message, signature) => Ok(()),
            (KeyAlgorithm::Bls12381G2, _) => Err(BadSignature),
            _ => {
                let key = k256::ecdsa::VerifyingKey::from_sec1_bytes(self.uncompressed()).map_err(|_| BadSignature)?;
                let signature = k256::ecdsa::Signature::from_slice(signature).map_err(|_| BadSignature)?;
                if signature.normalize_s() != signature {
                    return Err(BadSignature);
                }
                key.verify_prehash(&Keccak256::digest(message), &signature).map_err(|_| BadSignature)
            }
        }
    }
}

/// Whether the y coordinate is below the field's prime 2²⁵⁵ − 19, as RFC 8032 §5.1.3 asks and the library does not.
fn is_reduced(ed25519: &[u8; 32]) -> bool {
    ed25519[0] < 0xed || ed25519[1..31].iter().any(|byte| *byte != 0xff) || ed25519[31] & 0x7f != 0x7f
}

impl KeyAlgorithm {
    fn field_length(self) -> usize {
        if self == Self::P384 { 48 } else { 32 }
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_multikey())
    }
}

impl Serialize for PublicKey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_multikey())
    }
}

impl<'de> Deserialize<'de> for PublicKey {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        Self::from_multikey(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// A signature that is not the key's over the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the signature is not good")]
pub struct BadSignature;

/// A software private key: wiped when dropped, it neither prints nor serialises.
///
/// It lives behind a [`Keystore`](crate::ports::Keystore); use it directly only to build one.
pub struct SecretKey {
    algorithm: KeyAlgorithm,
    seed: Zeroizing<Vec<u8>>,
}

impl SecretKey {
    /// Makes a new key from `rng`.
    pub fn generate(algorithm: KeyAlgorithm, rng: &mut dyn CryptoRng) -> Self {
        loop {
            let mut seed = Zeroizing::new(vec![0; algorithm.field_length()]);
            rng.fill_bytes(&mut seed);
            // A random string is out of the scalar field once in 2³² draws at the most, and every other time for BLS12-381.
            if let Ok(key) = Self::from_bytes(algorithm, &seed) {
                return key;
            }
        }
    }

    /// Reads a raw private key: the 32-byte seed for Ed25519, the big-endian scalar for the others.
    pub fn from_bytes(algorithm: KeyAlgorithm, bytes: &[u8]) -> Result<Self> {
        let bad = || WalletError::malformed("private key", format!("it is not a private key of {}", algorithm.curve()));
        let good = bytes.len() == algorithm.field_length()
            && match algorithm {
                KeyAlgorithm::Ed25519 => true,
                KeyAlgorithm::P256 => p256::SecretKey::from_slice(bytes).is_ok(),
                KeyAlgorithm::P384 => p384::SecretKey::from_slice(bytes).is_ok(),
                KeyAlgorithm::Secp256k1 => k256::SecretKey::from_slice(bytes).is_ok(),
                KeyAlgorithm::Bls12381G2 => bbs::is_secret_key(bytes),
            };
        if !good {
            return Err(bad());
        }
        Ok(Self { algorithm, seed: Zeroizing::new(bytes.to_vec()) })
    }

    /// The raw private key, to be sealed by a keystore and by nothing else.
    pub fn expose(&self) -> &[u8] {
        &self.seed
    }

    /// The kind of key.
    pub fn algorithm(&self) -> KeyAlgorithm {
        self.algorithm
    }

    /// The public half.
    pub fn public_key(&self) -> PublicKey {
        let bytes = match self.algorithm {
            KeyAlgorithm::Ed25519 => self.ed25519().verifying_key().to_bytes().to_vec(),
            KeyAlgorithm::P256 => self.p256().public_key().to_sec1_point(false).as_bytes().to_vec(),
            KeyAlgorithm::P384 => self.p384().public_key().to_sec1_point(false).as_bytes().to_vec(),
            KeyAlgorithm::Secp256k1 => self.k256().verifying_key().to_sec1_point(false).as_bytes().to_vec(),
            KeyAlgorithm::Bls12381G2 => bbs::public_half(&self.seed),
        };
        PublicKey::from_bytes(self.algorithm, &bytes).expect("the public half is a point of its curve")
    }

    /// Signs `message`: 64 bytes (EdDSA or r‖s), 96 for P-384, 80 for BBS; hashing is the algorithm's own, nonces follow RFC 6979.
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        match self.algorithm {
            KeyAlgorithm::Ed25519 => self.ed25519().sign(message).to_vec(),
            // Not by the crates' signing keys, which work out their public half each time they are made: that costs as much again.
            KeyAlgorithm::P256 => {
                let scalar = Zeroizing::new(self.p256().to_nonzero_scalar());
                let (signature, _) = sign_prehashed_rfc6979::<p256::NistP256, Sha256>(&scalar, &Sha256::digest(message), &[]);
                signature.to_bytes().to_vec()
            }
            KeyAlgorithm::P384 => {
                let scalar = Zeroizing::new(self.p384().to_nonzero_scalar());
                let (signature, _) = sign_prehashed_rfc6979::<p384::NistP384, Sha384>(&scalar, &Sha384::digest(message), &[]);
                signature.to_bytes().to_vec()
            }
            KeyAlgorithm::Secp256k1 => {
                let (signature, _) = self.k256().sign_prehash_recoverable(&Keccak256::digest(message));
                signature.normalize_s().to_bytes().to_vec()
            }
            KeyAlgorithm::Bls12381G2 => bbs::sign(&self.seed, message),
        }
    }

    fn ed25519(&self) -> ed25519_dalek::SigningKey {
        let mut seed = [0; 32];
        seed.copy_from_slice(&self.seed);
        let key = ed25519_dalek::SigningKey::from_bytes(&seed);
        seed.zeroize();
        key
    }

    fn p256(&self) -> p256::SecretKey {
        p256::SecretKey::from_slice(&self.seed).expect("the scalar was checked when it was read")
    }

    fn p384(&self) -> p384::SecretKey {
        p384::SecretKey::from_slice(&self.seed).expect("the scalar was checked when it was read")
    }

    fn k256(&self) -> k256::ecdsa::SigningKey {
        k256::ecdsa::SigningKey::from_slice(&self.seed).expect("the scalar was checked when it was read")
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey({}, hidden)", self.algorithm.curve())
    }
}

#[cfg(test)]
mod tests;
