//! Certificates in the header of a token, for an issuer that goes by one (RFC 7515 §4.1.6, draft-ietf-oauth-sd-jwt-vc §2.5).

use serde_json::Value;

use super::ProofOptions;
use crate::error::{Result, WalletError};
use crate::key::PublicKey;

/// The `x5c` that `options` ask for in a token signed by `key` for `issuer`, a web address or nothing.
///
/// Fails with `Misused` when the certificate is of another key, or for another address.
pub(super) fn x5c(options: &ProofOptions, issuer: Option<&str>, key: &PublicKey) -> Result<Option<Value>> {
    let Some(chain) = &options.certificates else { return Ok(None) };
    if chain.leaf().public_key()? != *key {
        return Err(WalletError::misused("the certificate is of another key than the one that signs"));
    }
    match issuer {
        Some(issuer) if issuer.starts_with("did:") => {
            Err(WalletError::misused("a DID has its keys in its document, not in a certificate"))
        }
        Some(issuer) if !chain.leaf().is_for_url(issuer) => {
            Err(WalletError::misused("the certificate is for another address than the issuer's"))
        }
        _ => Ok(Some(chain.to_x5c())),
    }
}
