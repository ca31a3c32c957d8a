//! Keys: the mirrored algorithm, the key's name, and the public key as a thin object.

use wallet_core::did::{self, Did};
use wallet_core::error::{Result, WalletError};
use wallet_core::key::{self, KeyAlgorithm};

/// A signature algorithm, which is also a kind of key.
#[uniffi::remote(Enum)]
pub enum KeyAlgorithm {
    /// Ed25519 (RFC 8032): 32-byte keys, 64-byte signatures.
    Ed25519,
    /// ECDSA over P-256 with SHA-256: SEC 1 points, 64-byte r‖s signatures; what secure hardware has.
    P256,
    /// ECDSA over P-384 with SHA-384: SEC 1 points, 96-byte r‖s signatures.
    P384,
    /// ECDSA over secp256k1 with Keccak-256: SEC 1 points, 64-byte r‖s signatures with the low s.
    Secp256k1,
    /// BBS over BLS12-381 with SHA-256: 96-byte points, 80-byte signatures; experimental, and no secure hardware has it.
    Bls12381G2,
}

/// A public key that was checked to be a point of its curve.
#[derive(Debug, PartialEq, Eq, Hash, uniffi::Object)]
#[uniffi::export(Debug, Eq, Hash)]
pub struct PublicKey(pub(crate) key::PublicKey);

#[uniffi::export]
impl PublicKey {
    /// Reads a raw key: 32 bytes for Ed25519, a SEC 1 point (compressed or not) for the others.
    ///
    /// Fails with `Malformed` when it is not on the curve or of small order.
    #[uniffi::constructor]
    pub fn from_bytes(algorithm: KeyAlgorithm, bytes: Vec<u8>) -> Result<Self, WalletError> {
        key::PublicKey::from_bytes(algorithm, &bytes).map(Self)
    }

    /// Reads a Multikey `publicKeyMultibase` (CID 1.0 §2.2.2).
    #[uniffi::constructor]
    pub fn from_multikey(text: String) -> Result<Self, WalletError> {
        key::PublicKey::from_multikey(&text).map(Self)
    }

    /// Reads the key of a did:key.
    ///
    /// Fails with `Malformed` when it is not a DID or not one that holds a signing key.
    #[uniffi::constructor]
    pub fn from_did_key(did: Did) -> Result<Self, WalletError> {
        let document = did::key::resolve(&did).map_err(|e| WalletError::malformed("did:key", e))?;
        let key = document.verification_methods.into_iter().find_map(|method| method.key);
        key.map(Self).ok_or_else(|| WalletError::malformed("did:key", "it holds no signing key"))
    }

    /// The did:key of this key.
    pub fn did_key(&self) -> Did {
        did::key::from_public_key(&self.0)
    }

    /// The kind of key.
    pub fn algorithm(&self) -> KeyAlgorithm {
        self.0.algorithm()
    }

    /// The raw key: 32 bytes for Ed25519, the compressed SEC 1 point for the others.
    pub fn bytes(&self) -> Vec<u8> {
        self.0.as_bytes().to_vec()
    }

    /// The Multikey `publicKeyMultibase` (CID 1.0 §2.2.2).
    pub fn multikey(&self) -> String {
        self.0.to_multikey()
    }

    /// The public JWK as JSON text (RFC 7517).
    pub fn jwk(&self) -> String {
        self.0.to_jwk().to_string()
    }

    /// The SHA-256 JWK thumbprint, base64url (RFC 7638).
    pub fn thumbprint(&self) -> String {
        self.0.thumbprint()
    }

    /// Whether `signature` (64 bytes, 96 for P-384; EdDSA or r‖s, never DER) is this key's over `message`.
    pub fn verifies(&self, message: Vec<u8>, signature: Vec<u8>) -> bool {
        self.0.verify(&message, &signature).is_ok()
    }
}
