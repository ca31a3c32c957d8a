//! JSON Web Tokens between the parties of a protocol: proofs, attestations, request objects (RFC 7519, RFC 8725).
//!
//! Each use has its own `typ`, so that a token made for one is never taken for another (RFC 8725 §3.11).

use serde_json::{Map, Value};

use super::{JwsFault, jws};
use crate::error::{Result, WalletError};
use crate::json;
use crate::key::PublicKey;
use crate::time::Timestamp;
use crate::x509::CertificateChain;

/// How far two honest clocks may differ, in seconds.
const CLOCK_SKEW: i64 = 300;
/// The longest token that is read, in bytes.
const MAX_LENGTH: usize = 128 << 10;

/// A token that was read; nothing it says holds before [`Jwt::check`] found its signature good.
#[derive(Debug, Clone, PartialEq)]
pub struct Jwt {
    header: Map<String, Value>,
    claims: Map<String, Value>,
    token: jws::Token,
}

impl Jwt {
    /// Reads a token whose header says that it is of type `typ`.
    ///
    /// Fails with `Malformed` for a text that is no JWT, is longer than 128 KiB or of another type, `Unsupported` for an algorithm
    /// other than EdDSA, ES256 and ES384.
    pub fn read(text: &str, typ: &str) -> Result<Self> {
        if text.len() > MAX_LENGTH {
            return Err(WalletError::malformed("JWT", "it is longer than 128 KiB"));
        }
        let (header, payload, token) = jws::read(text)?;
        let found = header.get("typ").and_then(Value::as_str);
        if found.map(|found| found.strip_prefix("application/").unwrap_or(found)) != Some(typ) {
            return Err(WalletError::malformed("JWT", format!("its typ is not {typ}")));
        }
        Ok(Self { header, claims: json::read_object("JWT payload", &payload)?, token })
    }

    /// Checks the signature under `key`, whose kind must be the one the header names.
    pub fn check(&self, key: &PublicKey) -> Result<(), JwsFault> {
        self.token.check(key)
    }

    /// The protected header.
    pub fn header(&self) -> &Map<String, Value> {
        &self.header
    }

    /// The claims.
    pub fn claims(&self) -> &Map<String, Value> {
        &self.claims
    }

    /// The compact form, as it came.
    pub fn text(&self) -> &str {
        self.token.text()
    }

    /// The `alg` of the header.
    pub fn algorithm(&self) -> &str {
        self.token.algorithm()
    }

    /// A claim that is text.
    pub fn claim(&self, name: &str) -> Option<&str> {
        self.claims.get(name).and_then(Value::as_str)
    }

    /// A claim that is text, which must be there.
    pub fn needed(&self, name: &str) -> Result<&str> {
        self.claim(name).ok_or_else(|| WalletError::malformed("JWT", format!("its claim {name} is missing or not text")))
    }

    /// A claim that is a time (`NumericDate`, RFC 7519 §2).
    pub fn moment(&self, name: &str) -> Result<Option<Timestamp>> {
        let bad = || WalletError::malformed("JWT", format!("its claim {name} is not a time"));
        let Some(value) = self.claims.get(name) else { return Ok(None) };
        let seconds = value.as_f64().filter(|seconds| seconds.abs() < 1e15).ok_or_else(bad)?;
        Timestamp::from_unix(seconds.floor() as i64).map(Some)
    }

    /// Whether `audience` is among those the token is for (RFC 7519 §4.1.3).
    pub fn is_for(&self, audience: &str) -> bool {
        match self.claims.get("aud") {
            Some(Value::String(one)) => one == audience,
            Some(Value::Array(all)) => all.iter().any(|one| one == audience),
            _ => false,
        }
    }

    /// Checks that the token holds at `now`: its `exp` is not past, its `nbf` and `iat` are not to come, give or take five minutes.
    pub fn check_time(&self, now: &Timestamp) -> Result<()> {
        let bad = |reason: &str| WalletError::malformed("JWT", reason);
        if self.moment("exp")?.is_some_and(|exp| exp.plus_seconds(CLOCK_SKEW) <= *now) {
            return Err(bad("it has expired"));
        }
        for name in ["nbf", "iat"] {
            if self.moment(name)?.is_some_and(|from| from > now.plus_seconds(CLOCK_SKEW)) {
                return Err(bad("it is from the future"));
            }
        }
        Ok(())
    }

    /// Checks that the token was issued (`iat`) at most `seconds` before `now`, and holds.
    pub fn check_fresh(&self, now: &Timestamp, seconds: i64) -> Result<()> {
        self.check_time(now)?;
        let issued = self.moment("iat")?.ok_or_else(|| WalletError::malformed("JWT", "its claim iat is missing"))?;
        if issued.plus_seconds(seconds + CLOCK_SKEW) < *now {
            return Err(WalletError::malformed("JWT", "it is too old"));
        }
        Ok(())
    }

    /// The public key inside the header (`jwk`), if there is one; trust in it must come from elsewhere.
    pub fn embedded_key(&self) -> Result<Option<PublicKey>> {
        self.header.get("jwk").map(PublicKey::from_jwk).transpose()
    }

    /// The certificates inside the header (`x5c`), if there are any; trust in them must come from elsewhere.
    pub fn certificates(&self) -> Result<Option<CertificateChain>> {
        self.header.get("x5c").map(CertificateChain::from_x5c).transpose()
    }
}

/// A token on its way to a keystore: sign [`UnsignedJwt::message`], then [`UnsignedJwt::finish`].
#[derive(Debug, Clone, PartialEq)]
pub struct UnsignedJwt {
    message: Vec<u8>,
}

/// Prepares a token that `key` is to sign; `header` has its `typ`, and gets the key's `alg`.
///
/// Fails with `Misused` for a key that signs no JWT.
pub fn prepare(mut header: Map<String, Value>, claims: Map<String, Value>, key: &PublicKey) -> Result<UnsignedJwt> {
    header.insert("alg".to_owned(), jws::algorithm_of(key)?.into());
    let draft = jws::Draft { header: Value::Object(header), payload: claims };
    Ok(UnsignedJwt { message: draft.signing_input() })
}

impl UnsignedJwt {
    /// The bytes to sign, unhashed: the key's algorithm does its own hashing.
    pub fn message(&self) -> &[u8] {
        &self.message
    }

    /// The token in compact form: `signature` is EdDSA or r‖s, never DER.
    pub fn finish(self, signature: &[u8]) -> String {
        jws::finish(self.message, signature)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::{KeyAlgorithm, SecretKey};
    use proptest::prelude::*;
    use serde_json::json;

    fn key() -> SecretKey {
        SecretKey::from_bytes(KeyAlgorithm::P256, &[5; 32]).expect("a scalar in range")
    }

    fn now() -> Timestamp {
        "2026-03-01T12:00:00Z".parse().expect("a date")
    }

    fn token(claims: Value) -> Jwt {
        let object = |value: Value| value.as_object().cloned().expect("an object");
        let unsigned = prepare(object(json!({ "typ": "test+jwt" })), object(claims), &key().public_key()).expect("a token");
        let signature = key().sign(unsigned.message());
        Jwt::read(&unsigned.finish(&signature), "test+jwt").expect("its own token")
    }

    #[test]
    fn token_is_its_keys_and_of_its_type_only() {
        let jwt = token(json!({ "sub": "ñ" }));
        assert_eq!((jwt.claim("sub"), jwt.algorithm()), (Some("ñ"), "ES256"));
        assert_eq!(jwt.check(&key().public_key()), Ok(()));
        let other = SecretKey::from_bytes(KeyAlgorithm::P256, &[6; 32]).expect("a scalar in range");
        assert_eq!(jwt.check(&other.public_key()), Err(JwsFault::Bad));
        assert!(Jwt::read(jwt.text(), "dpop+jwt").is_err());
    }

    #[test]
    fn token_holds_between_its_times_give_or_take_five_minutes() {
        let unix = now().unix();
        for (claims, good) in [
            (json!({}), true),
            (json!({ "exp": unix - 299 }), true),
            (json!({ "exp": unix - 300 }), false),
            (json!({ "nbf": unix + 300, "iat": unix + 300 }), true),
            (json!({ "nbf": unix + 301 }), false),
            (json!({ "iat": unix + 301 }), false),
            (json!({ "exp": "2027-01-01" }), false),
            (json!({ "exp": 1e300 }), false),
        ] {
            assert_eq!(token(claims.clone()).check_time(&now()).is_ok(), good, "{claims}");
        }
        assert!(token(json!({ "iat": unix - 360 })).check_fresh(&now(), 60).is_ok());
        assert!(token(json!({ "iat": unix - 361 })).check_fresh(&now(), 60).is_err());
        assert!(token(json!({})).check_fresh(&now(), 60).is_err());
    }

    #[test]
    fn audience_is_one_or_several() {
        assert!(token(json!({ "aud": "https://a.example" })).is_for("https://a.example"));
        assert!(token(json!({ "aud": ["https://b.example", "https://a.example"] })).is_for("https://a.example"));
        assert!(!token(json!({ "aud": "https://a.example/" })).is_for("https://a.example"));
        assert!(!token(json!({})).is_for("https://a.example"));
    }

    proptest! {
        #[test]
        fn any_text_is_a_token_or_refused(text in "[A-Za-z0-9_.-]{0,300}") {
            prop_assert!(Jwt::read(&text, "test+jwt").is_err());
        }
    }
}
