//! Accounts of a chain: addresses, and signatures that say who made them.

use alloy_primitives::{Address, B256, keccak256};
use k256::ecdsa::{RecoveryId, Signature, VerifyingKey};

use crate::error::{Result, WalletError};
use crate::key::{KeyAlgorithm, PublicKey};

/// The address of a secp256k1 key: the last 20 bytes of the Keccak-256 of its point (Ethereum yellow paper §F).
pub fn address(key: &PublicKey) -> Result<Address> {
    if key.algorithm() != KeyAlgorithm::Secp256k1 {
        return Err(WalletError::misused("only a secp256k1 key has an address on the chain"));
    }
    Ok(Address::from_raw_public_key(&key.to_uncompressed()[1..]))
}

/// A secp256k1 signature over the Keccak-256 of a message, with the bit that lets its signer be recovered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecoverableSignature {
    /// The first half.
    pub r: B256,
    /// The second half, the low one of the two that are possible (EIP-2).
    pub s: B256,
    /// Whether the y coordinate of the signature's point is odd.
    pub odd_y: bool,
}

impl RecoverableSignature {
    /// Completes the 64 bytes a keystore gives for `message` with the bit by which `key` is recovered from them.
    ///
    /// Fails with `Refused` when the signature is not the key's.
    pub fn new(message: &[u8], signature: &[u8], key: &PublicKey) -> Result<Self> {
        let refused = || WalletError::refused("the keystore", "its signature is not the key's over this message");
        let signature = Signature::from_slice(signature).map_err(|_| refused())?.normalize_s();
        let verifying = VerifyingKey::from_sec1_bytes(key.as_bytes()).map_err(|_| refused())?;
        let id = RecoveryId::trial_recovery_from_prehash(&verifying, keccak256(message).as_slice(), &signature)
            .map_err(|_| refused())?;
        let (r, s) = signature.split_bytes();
        Ok(Self { r: B256::from_slice(&r), s: B256::from_slice(&s), odd_y: id.is_y_odd() })
    }

    /// Who signed `message`; refused when nobody can have, or when the signature has the high s.
    pub fn recover(&self, message: &[u8]) -> Result<Address> {
        self.recover_digest(keccak256(message))
    }

    /// Who signed a message that hashes to `digest`.
    pub fn recover_digest(&self, digest: B256) -> Result<Address> {
        let bad = || WalletError::malformed("chain signature", "nobody can have made it");
        let signature = Signature::from_scalars(self.r.0, self.s.0).map_err(|_| bad())?;
        if signature.normalize_s() != signature {
            return Err(bad());
        }
        let id = RecoveryId::new(self.odd_y, false);
        let key = VerifyingKey::recover_from_prehash(digest.as_slice(), &signature, id).map_err(|_| bad())?;
        Ok(Address::from_raw_public_key(&key.to_sec1_point(false).as_bytes()[1..]))
    }

    /// The `v` that contracts and old transactions use: 27 or 28.
    pub fn v(&self) -> u8 {
        27 + u8::from(self.odd_y)
    }

    /// `r ‖ s ‖ v` as contracts take it, 65 bytes with `v` 27 or 28.
    pub fn to_bytes(&self) -> [u8; 65] {
        self.with_last(self.v())
    }

    /// `r ‖ s ‖ y` as block seals carry it, 65 bytes with the bit 0 or 1.
    pub fn to_seal(&self) -> [u8; 65] {
        self.with_last(u8::from(self.odd_y))
    }

    /// Reads what [`RecoverableSignature::to_seal`] writes.
    pub fn from_seal(seal: &[u8; 65]) -> Result<Self> {
        let odd_y = match seal[64] {
            0 => false,
            1 => true,
            _ => return Err(WalletError::malformed("block seal", "its last byte is neither 0 nor 1")),
        };
        Ok(Self { r: B256::from_slice(&seal[..32]), s: B256::from_slice(&seal[32..64]), odd_y })
    }

    fn with_last(&self, last: u8) -> [u8; 65] {
        let mut bytes = [0; 65];
        bytes[..32].copy_from_slice(self.r.as_slice());
        bytes[32..64].copy_from_slice(self.s.as_slice());
        bytes[64] = last;
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::SecretKey;
    use alloy_primitives::address as address_of;
    use proptest::prelude::*;

    fn key(byte: u8) -> SecretKey {
        SecretKey::from_bytes(KeyAlgorithm::Secp256k1, &[byte; 32]).expect("a scalar in range")
    }

    #[test]
    fn address_of_a_published_key() {
        // The first account of the test mnemonic every Ethereum tool prints.
        let secret = alloy_primitives::hex!("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80");
        let key = SecretKey::from_bytes(KeyAlgorithm::Secp256k1, &secret).expect("a scalar in range");
        assert_eq!(address(&key.public_key()).expect("an address"), address_of!("f39Fd6e51aad88F6F4ce6aB8827279cffFb92266"));
    }

    #[test]
    fn key_of_another_curve_has_no_address() {
        let key = SecretKey::from_bytes(KeyAlgorithm::Ed25519, &[1; 32]).expect("a seed");
        assert!(matches!(address(&key.public_key()), Err(WalletError::Misused { .. })));
    }

    #[test]
    fn signature_of_another_key_is_refused() {
        let signature = key(1).sign(b"message");
        assert!(RecoverableSignature::new(b"message", &signature, &key(2).public_key()).is_err());
        assert!(RecoverableSignature::new(b"massage", &signature, &key(1).public_key()).is_err());
        assert!(RecoverableSignature::new(b"message", &signature[..63], &key(1).public_key()).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn signer_is_recovered(message in proptest::collection::vec(any::<u8>(), 0..80), byte in 1u8..250) {
            let key = key(byte);
            let signature = RecoverableSignature::new(&message, &key.sign(&message), &key.public_key()).expect("its own");
            prop_assert_eq!(signature.recover(&message).expect("a signer"), address(&key.public_key()).expect("an address"));
            prop_assert_eq!(RecoverableSignature::from_seal(&signature.to_seal()).expect("its own seal"), signature);
        }

        #[test]
        fn any_signature_is_recovered_or_refused(r: [u8; 32], s: [u8; 32], odd_y: bool, digest: [u8; 32]) {
            let _ = RecoverableSignature { r: r.into(), s: s.into(), odd_y }.recover_digest(digest.into());
        }
    }
}
