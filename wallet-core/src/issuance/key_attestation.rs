//! Key attestations: somebody says where keys are kept, and how well (OpenID4VCI 1.0 appendix D).

use serde_json::{Map, Value, json};

use super::KeyAttestationsRequired;
use crate::error::{Result, WalletError};
use crate::jose::jwt::{self, Jwt, UnsignedJwt};
use crate::key::PublicKey;
use crate::time::Timestamp;
use crate::x509::{CertificateChain, TrustAnchors};

const TYP: &str = "key-attestation+jwt";
/// The most keys one attestation is about.
const MAX_KEYS: usize = 1000;

/// An attestation that was read; nothing it says holds before [`KeyAttestation::check`] found who says it.
#[derive(Debug, Clone, PartialEq)]
pub struct KeyAttestation {
    jwt: Jwt,
    keys: Vec<PublicKey>,
}

/// What a new attestation says.
#[derive(Debug, Clone, PartialEq)]
pub struct KeyAttestationTerms {
    /// The keys, all from one place.
    pub keys: Vec<PublicKey>,
    /// How well they are kept, such as `iso_18045_high` (appendix D.2).
    pub key_storage: Vec<String>,
    /// How well their user is recognised.
    pub user_authentication: Vec<String>,
    /// The issuer's nonce, where it is made for one request.
    pub nonce: Option<String>,
    /// When it is made.
    pub issued: Timestamp,
    /// Until when it and the keys are good; a `jwt` proof needs that.
    pub expires: Option<Timestamp>,
}

impl KeyAttestation {
    /// Reads an attestation.
    pub fn read(text: &str) -> Result<Self> {
        let jwt = Jwt::read(text, TYP)?;
        let keys = jwt.claims().get("attested_keys").and_then(Value::as_array).filter(|all| !all.is_empty() && all.len() <= MAX_KEYS);
        let keys = keys.ok_or_else(|| malformed("it is about no keys, or about too many"))?;
        let keys = keys.iter().map(PublicKey::from_jwk).collect::<Result<_>>()?;
        if jwt.moment("iat")?.is_none() {
            return Err(malformed("it does not say when it was made"));
        }
        Ok(Self { jwt, keys })
    }

    /// The keys that it is about.
    pub fn keys(&self) -> &[PublicKey] {
        &self.keys
    }

    /// The key that it calls `kid`: by that member of its JWK, or by its place (appendix F.1).
    pub fn key(&self, kid: &str) -> Option<&PublicKey> {
        let jwks = self.jwt.claims().get("attested_keys")?.as_array()?;
        let named = jwks.iter().position(|jwk| jwk.get("kid").and_then(Value::as_str) == Some(kid));
        self.keys.get(named.or_else(|| kid.parse().ok())?)
    }

    /// The issuer's nonce, if it was made for one request.
    pub fn nonce(&self) -> Option<&str> {
        self.jwt.claim("nonce")
    }

    /// The algorithm it is signed by.
    pub fn algorithm(&self) -> &str {
        self.jwt.algorithm()
    }

    /// Whether it says until when it is good.
    pub fn expires(&self) -> bool {
        self.jwt.claims().contains_key("exp")
    }

    /// Whether it says what is `required` of keys (§12.2.4).
    pub fn meets(&self, required: &KeyAttestationsRequired) -> bool {
        let says = |name: &str, accepted: &[String]| {
            let said = self.jwt.claims().get(name).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
            accepted.is_empty() || said.iter().filter_map(Value::as_str).any(|one| accepted.iter().any(|other| other == one))
        };
        says("key_storage", &required.key_storage) && says("user_authentication", &required.user_authentication)
    }

    /// Checks that somebody whom `anchors` stand behind has signed it, and that it is good `now`.
    pub fn check(&self, anchors: &TrustAnchors, now: &Timestamp) -> Result<()> {
        let chain = self.jwt.certificates()?.ok_or_else(|| malformed("it does not say by a certificate who made it"))?;
        chain.check(anchors, now).map_err(malformed)?;
        self.jwt.check(&chain.leaf().public_key()?).map_err(malformed)?;
        self.jwt.check_time(now)
    }
}

impl KeyAttestationTerms {
    /// Prepares an attestation that the owner of `signer`'s certificate signs.
    pub fn prepare(&self, signer: &CertificateChain) -> Result<UnsignedJwt> {
        let header = Map::from_iter([("typ".to_owned(), TYP.into()), ("x5c".to_owned(), signer.to_x5c())]);
        let mut claims = Map::new();
        claims.insert("iat".to_owned(), self.issued.unix().into());
        claims.extend(self.expires.iter().map(|time| ("exp".to_owned(), time.unix().into())));
        claims.insert("attested_keys".to_owned(), self.keys.iter().map(PublicKey::to_jwk).collect());
        for (name, values) in [("key_storage", &self.key_storage), ("user_authentication", &self.user_authentication)] {
            claims.extend(Some(values).filter(|values| !values.is_empty()).map(|values| (name.to_owned(), json!(values))));
        }
        claims.extend(self.nonce.iter().map(|nonce| ("nonce".to_owned(), nonce.as_str().into())));
        jwt::prepare(header, claims, &signer.leaf().public_key()?)
    }
}

fn malformed(reason: impl ToString) -> WalletError {
    WalletError::malformed("key attestation", reason)
}
