//! Key attestations: somebody says where keys are kept, and how well (OpenID4VCI 1.0 appendix D).

use serde_json::{Map, Value, json};

use super::KeyAttestationsRequired;
use crate::error::{Result, WalletError};
use crate::jose::jwt::{self, Jwt, UnsignedJwt};
use crate::key::PublicKey;
use crate::oauth::Attesters;
use crate::time::Timestamp;
use crate::x509::CertificateChain;

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
        let keys =
            jwt.claims().get("attested_keys").and_then(Value::as_array).filter(|all| !all.is_empty() && all.len() <= MAX_KEYS);
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

    /// Checks that one of `attesters` has signed it, and that it is good `now`.
    pub fn check(&self, attesters: &Attesters, now: &Timestamp) -> Result<()> {
        attesters.check(&self.jwt, now).map(drop)
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

#[cfg(test)]
mod tests {
    use super::super::kit::{self, certificate};
    use super::*;
    use proptest::prelude::*;

    fn terms() -> KeyAttestationTerms {
        KeyAttestationTerms {
            keys: vec![kit::key(5).public_key(), kit::key(6).public_key()],
            key_storage: vec!["iso_18045_high".to_owned()],
            user_authentication: vec!["iso_18045_moderate".to_owned(), "iso_18045_high".to_owned()],
            nonce: Some("n".to_owned()),
            issued: kit::now(),
            expires: Some(kit::now().plus_seconds(3600)),
        }
    }

    fn written(terms: &KeyAttestationTerms, by: &kit::Signer) -> KeyAttestation {
        let unsigned = terms.prepare(&by.chain).expect("an attestation");
        let signature = by.key.sign(unsigned.message());
        KeyAttestation::read(&unsigned.finish(&signature)).expect("its own attestation")
    }

    #[test]
    fn attestation_of_somebody_trusted_holds_while_it_is_good() {
        let (provider, stranger) = (certificate("provider.example"), certificate("stranger.example"));
        let attestation = written(&terms(), &provider);
        assert_eq!(attestation.check(&provider.attesters(), &kit::now()), Ok(()));
        assert!(attestation.check(&stranger.attesters(), &kit::now()).is_err());
        assert!(attestation.check(&Attesters::default(), &kit::now()).is_err());
        assert!(attestation.check(&provider.attesters(), &kit::now().plus_seconds(3600 + 300)).is_err());
        assert_eq!((attestation.nonce(), attestation.expires(), attestation.algorithm()), (Some("n"), true, "ES256"));
    }

    #[test]
    fn attestation_signed_by_another_key_than_its_certificates_is_refused() {
        let provider = certificate("provider.example");
        let unsigned = terms().prepare(&provider.chain).expect("an attestation");
        let signature = kit::key(9).sign(unsigned.message());
        let forged = KeyAttestation::read(&unsigned.finish(&signature)).expect("it can be read");
        assert!(forged.check(&provider.attesters(), &kit::now()).is_err());
    }

    #[test]
    fn what_is_required_of_keys_is_one_of_what_is_accepted() {
        let attestation = written(&terms(), &certificate("provider.example"));
        let required = |storage: &[&str], user: &[&str]| KeyAttestationsRequired {
            key_storage: storage.iter().map(|&text| text.to_owned()).collect(),
            user_authentication: user.iter().map(|&text| text.to_owned()).collect(),
        };
        for (required, good) in [
            (required(&[], &[]), true),
            (required(&["iso_18045_moderate", "iso_18045_high"], &["iso_18045_high"]), true),
            (required(&["iso_18045_moderate"], &[]), false),
            (required(&[], &["iso_18045_basic"]), false),
        ] {
            assert_eq!(attestation.meets(&required), good, "{required:?}");
        }
        let silent = KeyAttestationTerms { key_storage: Vec::new(), ..terms() };
        assert!(!written(&silent, &certificate("provider.example")).meets(&required(&["iso_18045_high"], &[])));
    }

    #[test]
    fn keys_are_found_by_place() {
        let attestation = written(&terms(), &certificate("provider.example"));
        assert_eq!(attestation.key("1"), Some(&kit::key(6).public_key()));
        assert_eq!((attestation.key("2"), attestation.key("other")), (None, None));
    }

    #[test]
    fn attestation_of_no_keys_is_refused() {
        let by = certificate("provider.example");
        let unsigned = KeyAttestationTerms { keys: Vec::new(), ..terms() }.prepare(&by.chain).expect("an attestation");
        let signature = by.key.sign(unsigned.message());
        assert!(KeyAttestation::read(&unsigned.finish(&signature)).is_err());
    }

    proptest! {
        #[test]
        fn any_claim_of_any_shape_is_read_or_refused(
            name in "(attested_keys|iat|exp|nonce|key_storage)", text in "[\\[\\]{}\":,0-9a-e ]{0,40}",
        ) {
            let value = crate::json::read("test", &text).unwrap_or_default();
            let token = kit::token(json!({ "typ": TYP }), json!({ "iat": 1, "attested_keys": [kit::key(5).public_key().to_jwk()], name: value }));
            if let Ok(read) = KeyAttestation::read(&token) {
                let _ = (read.nonce(), read.key("0"), read.meets(&KeyAttestationsRequired::default()));
            }
        }
    }
}
