//! Codes and tokens: text whose possession is a right.

use std::fmt;

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use rand_core::CryptoRng;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

/// A text that nobody guesses: 128 random bits, in base64url.
pub(crate) fn unguessable(rng: &mut dyn CryptoRng) -> String {
    let mut bytes = [0; 16];
    rng.fill_bytes(&mut bytes);
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// Secret text: wiped when dropped, compared in constant time, it does not print.
///
/// It serialises, for requests and for what is sealed before it is stored.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Makes 256 random bits, in base64url.
    pub fn generate(rng: &mut dyn CryptoRng) -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        rng.fill_bytes(&mut *bytes);
        Self(Zeroizing::new(BASE64_URL_SAFE_NO_PAD.encode(*bytes)))
    }

    /// The text itself, to be sent or compared, and for nothing else.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The SHA-256 of the text, base64url: a name under which it may be stored, and the `ath` of DPoP (RFC 9449 §4.2).
    pub fn hash(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(self.0.as_bytes()))
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(Zeroizing::new(text.to_owned()))
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

impl Eq for Secret {}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(hidden)")
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use getrandom::rand_core::UnwrapErr;

    #[test]
    fn secrets_are_unlike_and_do_not_print() {
        let mut rng = UnwrapErr(getrandom::SysRng);
        let secret = Secret::generate(&mut rng);
        assert_eq!(secret.expose().len(), 43);
        assert_ne!(secret, Secret::generate(&mut rng));
        assert_eq!(secret, Secret::from(secret.expose()));
        assert_eq!(format!("{secret:?}"), "Secret(hidden)");
    }
}
