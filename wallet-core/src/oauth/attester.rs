//! Who may attest something of a party, such as the provider of a wallet.

use crate::error::{Result, WalletError};
use crate::jose::jwk_set::JwkSet;
use crate::jose::jwt::Jwt;
use crate::key::PublicKey;
use crate::time::Timestamp;
use crate::x509::TrustAnchors;

/// The attesters that are trusted: by their keys, or by the authorities that certify them.
#[derive(Debug, Clone, Default)]
pub struct Attesters {
    /// Keys that a `kid` names, or the one there is.
    pub keys: JwkSet,
    /// Authorities that stand behind an `x5c`.
    pub anchors: TrustAnchors,
}

impl Attesters {
    /// Whether nobody is trusted.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.anchors.is_empty()
    }

    /// Checks that the attestation is signed by one of them and holds at `now`; returns the attester's key.
    pub fn check(&self, attestation: &Jwt, now: &Timestamp) -> Result<PublicKey> {
        let refused = |reason: &str| WalletError::refused("attestation", reason);
        let key = match attestation.certificates()? {
            Some(chain) => {
                chain.check(&self.anchors, now).map_err(|fault| refused(&fault.to_string()))?;
                chain.leaf().public_key()?
            }
            None => {
                let kid = attestation.header().get("kid").and_then(|kid| kid.as_str());
                self.keys.signature_key(kid).ok_or_else(|| refused("nobody who is trusted signed it"))?
            }
        };
        attestation.check(&key).map_err(|_| refused("its signature is not good"))?;
        attestation.check_time(now)?;
        Ok(key)
    }
}
