//! Proof Key for Code Exchange: only who asked for an authorization code can use it (RFC 7636), by `S256` and nothing weaker.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::{OAuthError, OAuthErrorCode, Secret};
use crate::error::{Result, WalletError};

/// The only `code_challenge_method` that is used.
pub const S256: &str = "S256";

/// The secret a client keeps until it uses the code (RFC 7636 §4.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CodeVerifier(Secret);

impl CodeVerifier {
    /// Makes a new one of 256 random bits.
    pub fn generate(rng: &mut dyn CryptoRng) -> Self {
        Self(Secret::generate(rng))
    }

    /// Reads 43 to 128 unreserved characters.
    pub fn read(text: &str) -> Result<Self> {
        let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        if !(43..=128).contains(&text.len()) || !text.bytes().all(unreserved) {
            return Err(WalletError::malformed("code_verifier", "it is not 43 to 128 unreserved characters"));
        }
        Ok(Self(text.into()))
    }

    /// The text that is sent with the code.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// What the authorization request says of it: `BASE64URL(SHA256(verifier))` (RFC 7636 §4.2).
    pub fn challenge(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(self.0.expose()))
    }

    /// Checks that it is the one `challenge` was made of, in constant time.
    pub fn check(&self, challenge: &str) -> Result<(), OAuthError> {
        let same: bool = self.challenge().as_bytes().ct_eq(challenge.as_bytes()).into();
        if same { Ok(()) } else { Err(OAuthError::new(OAuthErrorCode::InvalidGrant).because("code_verifier is not the one")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use getrandom::rand_core::UnwrapErr;
    use proptest::prelude::*;

    #[test]
    fn rfc_7636_appendix_b() {
        let verifier = CodeVerifier::read("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk").expect("a verifier");
        assert_eq!(verifier.challenge(), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
        assert_eq!(verifier.check("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"), Ok(()));
        assert!(verifier.check("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cN").is_err());
        assert!(verifier.check("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk").is_err(), "the method plain");
    }

    #[test]
    fn new_verifiers_are_read_as_verifiers() {
        let verifier = CodeVerifier::generate(&mut UnwrapErr(getrandom::SysRng));
        assert_eq!(CodeVerifier::read(verifier.expose()), Ok(verifier));
    }

    proptest! {
        #[test]
        fn any_text_is_a_verifier_or_refused(text in "[a-z~ñ=]{0,140}") {
            let good = (43..=128).contains(&text.len()) && !text.contains(['ñ', '=']);
            prop_assert_eq!(CodeVerifier::read(&text).is_ok(), good);
        }
    }
}
