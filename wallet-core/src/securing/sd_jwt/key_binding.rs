//! The Key Binding JWT: the holder's signature over what is presented, for one verifier and once (RFC 9901 §4.3, §7.3).

use serde_json::{Map, Value, json};
use subtle::ConstantTimeEq as _;

use super::{BindingFault, HashAlgorithm};
use crate::error::{Result, WalletError};
use crate::json;
use crate::key::PublicKey;
use crate::securing::{claims, jws};
use crate::time::Timestamp;

/// How old a key binding may be, in seconds: it is made for one request, which is answered at once or by hand.
pub const MAX_BINDING_AGE: i64 = 3600;
/// How far two honest clocks may differ, in seconds.
const CLOCK_SKEW: i64 = 300;

/// A Key Binding JWT whose parts were read; nothing here is trusted before [`SdJwt::check_binding`](super::SdJwt::check_binding).
#[derive(Debug, Clone, PartialEq)]
pub struct KeyBinding {
    token: jws::Token,
    nonce: String,
    audience: String,
    created: Timestamp,
    not_before: Option<Timestamp>,
    expires: Option<Timestamp>,
    hash: String,
    claims: Map<String, Value>,
}

impl KeyBinding {
    pub(super) fn read(text: &str) -> Result<Self, BindingFault> {
        let (header, payload, token) = jws::read(text).map_err(BindingFault::malformed)?;
        if !header.get("typ").and_then(Value::as_str).is_some_and(|typ| claims::is_media_type(typ, "kb+jwt")) {
            return Err(BindingFault::malformed("its typ is not kb+jwt"));
        }
        let payload = json::read_object("key binding", &payload).map_err(BindingFault::malformed)?;
        let text = |name: &str| match payload.get(name) {
            Some(Value::String(text)) => Ok(text.clone()),
            _ => Err(BindingFault::malformed(format!("its {name} is missing or not text"))),
        };
        let moment = |name: &str| claims::moment("key binding", &payload, name).map_err(BindingFault::malformed);
        Ok(Self {
            nonce: text("nonce")?,
            audience: text("aud")?,
            created: moment("iat")?.ok_or_else(|| BindingFault::malformed("its iat is missing"))?,
            not_before: moment("nbf")?,
            expires: moment("exp")?,
            hash: text("sd_hash")?,
            claims: payload,
            token,
        })
    }

    /// The one-time value it answers.
    pub fn nonce(&self) -> &str {
        &self.nonce
    }

    /// Whom it is meant for.
    pub fn audience(&self) -> &str {
        &self.audience
    }

    /// When the holder made it.
    pub fn created(&self) -> &Timestamp {
        &self.created
    }

    /// Everything it says, such as the hashes of the transactions that it authorises (OpenID4VP 1.0 App. B.3.3.1).
    pub fn claims(&self) -> &Map<String, Value> {
        &self.claims
    }

    /// Whether it answers this one-time value, compared in constant time.
    pub fn is_for_nonce(&self, nonce: &str) -> bool {
        self.nonce.as_bytes().ct_eq(nonce.as_bytes()).into()
    }

    /// Whether it answers the request of this `nonce` by this `audience` (RFC 9901 §7.3 step 5.6).
    pub fn check_answers(&self, nonce: &str, audience: &str) -> Result<(), BindingFault> {
        if !self.is_for_nonce(nonce) {
            return Err(BindingFault::WrongNonce);
        }
        if self.audience == audience { Ok(()) } else { Err(BindingFault::WrongAudience) }
    }

    /// Whether `key` made it just now over `presented`, an SD-JWT to its last tilde.
    pub(super) fn check(
        &self,
        presented: &str,
        algorithm: HashAlgorithm,
        key: &PublicKey,
        now: &Timestamp,
    ) -> Result<(), BindingFault> {
        self.token.check(key).map_err(|_| BindingFault::BadSignature)?;
        if self.hash != algorithm.digest(presented) {
            return Err(BindingFault::WrongHash);
        }
        let soon = now.plus_seconds(CLOCK_SKEW);
        let old = self.created < now.plus_seconds(-MAX_BINDING_AGE) || self.expires.as_ref().is_some_and(|end| end < now);
        if old || self.created > soon || self.not_before.as_ref().is_some_and(|from| *from > soon) {
            return Err(BindingFault::NotNow { at: self.created.clone() });
        }
        Ok(())
    }
}

/// The signing input of a new key binding over `presented`, which says what is in `further` besides.
pub(super) fn prepare(
    presented: &str,
    algorithm: HashAlgorithm,
    terms: &BindingTerms<'_>,
    further: &Map<String, Value>,
) -> Result<Vec<u8>> {
    let header = json!({ "alg": jws::algorithm_of(terms.key)?, "typ": "kb+jwt" });
    let mut payload = Map::from_iter([
        ("iat".to_owned(), terms.now.unix().into()),
        ("aud".to_owned(), terms.audience.into()),
        ("nonce".to_owned(), terms.nonce.into()),
        ("sd_hash".to_owned(), algorithm.digest(presented).into()),
    ]);
    for (name, value) in further {
        if payload.insert(name.clone(), value.clone()).is_some() {
            return Err(WalletError::misused(format!("a key binding says its {name} itself")));
        }
    }
    Ok(jws::signing_input(&header, &json::write(&payload)))
}

/// For whom a key binding is made, and by whom.
#[derive(Debug, Clone, Copy)]
pub struct BindingTerms<'a> {
    /// The verifier's one-time value.
    pub nonce: &'a str,
    /// The verifier.
    pub audience: &'a str,
    /// The holder's key, which the issuer named.
    pub key: &'a PublicKey,
    /// When it is made.
    pub now: &'a Timestamp,
}

/// The key that whoever presents must hold: the `jwk` of `cnf` (RFC 7800 §3.2); no key is ever fetched from elsewhere.
pub(super) fn holder_key(claims: &Map<String, Value>) -> Result<PublicKey, BindingFault> {
    let confirmation = claims.get("cnf").ok_or(BindingFault::NoKey)?;
    let jwk = confirmation.get("jwk").ok_or(BindingFault::UnsupportedKey)?;
    PublicKey::from_jwk(jwk).map_err(|error| match error {
        WalletError::Unsupported { .. } => BindingFault::UnsupportedKey,
        error => BindingFault::malformed(error),
    })
}
