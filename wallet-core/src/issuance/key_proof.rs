//! The key proof of type `jwt`: whoever asks for a credential holds the key that it is bound to (OpenID4VCI 1.0 appendix F.1).

use serde_json::{Map, Value};

use super::KeyAttestation;
use crate::did::DidUrl;
use crate::error::{Result, WalletError};
use crate::jose::jwt::{self, Jwt, UnsignedJwt};
use crate::key::PublicKey;
use crate::oauth::Endpoint;
use crate::time::Timestamp;
use crate::x509::CertificateChain;

const TYP: &str = "openid4vci-proof+jwt";
/// How old a proof may be, in seconds; that it is used only once is for its nonce to see to.
const LIFETIME: i64 = 300;

/// What a new proof says.
#[derive(Debug, Clone, PartialEq)]
pub struct KeyProofTerms<'a> {
    /// The credential issuer it is for.
    pub issuer: &'a Endpoint,
    /// The issuer's nonce, where it gives out any.
    pub nonce: Option<&'a str>,
    /// The client identifier; none where the access token was got without one.
    pub client: Option<&'a str>,
    /// How the key is named.
    pub key: ProofKey,
    /// An attestation of this key and perhaps others, each of which gets a credential.
    pub attestation: Option<&'a str>,
    /// When it is made.
    pub issued: &'a Timestamp,
}

/// How a proof names the key.
#[derive(Debug, Clone, PartialEq)]
pub enum ProofKey {
    /// By itself (`jwk`): the credential is bound to the bare key.
    Jwk(PublicKey),
    /// As a verification method (`kid`): the credential is bound to the DID.
    Did(DidUrl),
    /// By a certificate (`x5c`).
    Certificates(Box<CertificateChain>),
    /// As one of the keys of the attestation (`kid`).
    Attested(String),
}

/// A proof that was read; nothing it says holds before [`KeyProof::check`] found it good.
#[derive(Debug, Clone, PartialEq)]
pub struct KeyProof {
    jwt: Jwt,
    key: ProofKey,
    attestation: Option<KeyAttestation>,
}

/// What a proof must be like.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ExpectedProof<'a> {
    /// Whom it must be for.
    pub issuer: &'a Endpoint,
    /// The algorithms that the issuer takes.
    pub algorithms: &'a [String],
    /// The client that the access token was given to, if it said who it is.
    pub client: Option<&'a str>,
}

impl KeyProofTerms<'_> {
    /// Prepares a proof that `key` signs.
    pub fn prepare(&self, key: &PublicKey) -> Result<UnsignedJwt> {
        let (name, value) = match &self.key {
            ProofKey::Jwk(key) => ("jwk", key.to_jwk()),
            ProofKey::Did(method) => ("kid", method.as_str().into()),
            ProofKey::Certificates(chain) => ("x5c", chain.to_x5c()),
            ProofKey::Attested(kid) => ("kid", kid.as_str().into()),
        };
        let mut header = Map::from_iter([("typ".to_owned(), TYP.into()), (name.to_owned(), value)]);
        header.extend(self.attestation.map(|text| ("key_attestation".to_owned(), text.into())));
        let mut claims = Map::new();
        claims.extend(self.client.map(|client| ("iss".to_owned(), client.into())));
        claims.insert("aud".to_owned(), self.issuer.as_str().into());
        claims.insert("iat".to_owned(), self.issued.unix().into());
        claims.extend(self.nonce.map(|nonce| ("nonce".to_owned(), nonce.into())));
        jwt::prepare(header, claims, key)
    }
}

impl KeyProof {
    /// Reads a proof, which names its key in exactly one way.
    pub fn read(text: &str) -> Result<Self> {
        let jwt = Jwt::read(text, TYP)?;
        let attestation = match jwt.header().get("key_attestation") {
            None => None,
            Some(Value::String(text)) => Some(KeyAttestation::read(text)?),
            Some(_) => return Err(malformed("its key_attestation is not a JWT")),
        };
        let key = named_key(&jwt, attestation.is_some())?;
        Ok(Self { jwt, key, attestation })
    }

    /// How it names the key.
    pub fn key(&self) -> &ProofKey {
        &self.key
    }

    /// The key, where the proof itself has it: a verification method must be resolved.
    pub fn own_key(&self) -> Result<Option<PublicKey>> {
        match (&self.key, &self.attestation) {
            (ProofKey::Jwk(key), _) => Ok(Some(key.clone())),
            (ProofKey::Certificates(chain), _) => chain.leaf().public_key().map(Some),
            (ProofKey::Attested(kid), Some(attestation)) => {
                attestation.key(kid).cloned().map(Some).ok_or_else(|| malformed("the attestation does not know its key"))
            }
            (ProofKey::Did(_) | ProofKey::Attested(_), _) => Ok(None),
        }
    }

    /// The attestation that came along.
    pub fn attestation(&self) -> Option<&KeyAttestation> {
        self.attestation.as_ref()
    }

    /// The nonce it carries; whether the issuer gave it out, and only once, is for the issuer to know.
    pub fn nonce(&self) -> Option<&str> {
        self.jwt.claim("nonce")
    }

    /// Checks that `key` has signed it as `expected`, shortly before `now`, and that its attestation is about that key.
    pub fn check(&self, key: &PublicKey, expected: &ExpectedProof<'_>, now: &Timestamp) -> Result<()> {
        if self.jwt.claim("aud") != Some(expected.issuer.as_str()) {
            return Err(malformed("it is for another issuer"));
        }
        let signed_by = [Some(self.jwt.algorithm()), self.attestation.as_ref().map(KeyAttestation::algorithm)];
        if !signed_by.into_iter().flatten().all(|used| expected.algorithms.iter().any(|known| known == used)) {
            return Err(malformed("its algorithm is not among those of the issuer"));
        }
        if let (Some(client), Some(claimed)) = (expected.client, self.jwt.claims().get("iss"))
            && claimed != client
        {
            return Err(malformed("it is another client's"));
        }
        if let Some(attestation) = &self.attestation {
            if !attestation.keys().contains(key) {
                return Err(malformed("its attestation is about other keys"));
            }
            if !attestation.expires() {
                return Err(malformed("its attestation has no end"));
            }
        }
        self.jwt.check_fresh(now, LIFETIME)?;
        self.jwt.check(key).map_err(malformed)
    }
}

fn named_key(jwt: &Jwt, is_attested: bool) -> Result<ProofKey> {
    let text = |name: &str| jwt.header().get(name).map(|value| value.as_str().ok_or_else(|| malformed("its kid is not text")));
    match (jwt.embedded_key()?, text("kid").transpose()?, jwt.certificates()?) {
        (Some(key), None, None) => Ok(ProofKey::Jwk(key)),
        (None, Some(kid), None) if kid.starts_with("did:") => method(kid).map(ProofKey::Did),
        (None, Some(kid), None) if is_attested => Ok(ProofKey::Attested(kid.to_owned())),
        (None, None, Some(chain)) => Ok(ProofKey::Certificates(Box::new(chain))),
        _ => Err(malformed("it must name its key by exactly one of jwk, kid and x5c")),
    }
}

/// A verification method: one of a DID with its fragment.
fn method(kid: &str) -> Result<DidUrl> {
    let method: DidUrl = kid.parse()?;
    if method.fragment().is_none() { Err(malformed("its kid names no key of the DID")) } else { Ok(method) }
}

fn malformed(reason: impl ToString) -> WalletError {
    WalletError::malformed("key proof", reason)
}

#[cfg(test)]
mod tests {
    use super::super::KeyAttestationTerms;
    use super::super::kit::{self, certificate, issuer};
    use super::*;
    use crate::did;
    use crate::key::{KeyAlgorithm, SecretKey};
    use proptest::prelude::*;
    use serde_json::json;

    fn algorithms() -> Vec<String> {
        vec!["ES256".to_owned(), "EdDSA".to_owned()]
    }

    fn proof(key: &SecretKey, named: ProofKey, attestation: Option<&str>) -> KeyProof {
        let (issuer, now) = (issuer(), kit::now());
        let terms = KeyProofTerms { issuer: &issuer, nonce: Some("n"), client: Some("c"), key: named, attestation, issued: &now };
        let unsigned = terms.prepare(&key.public_key()).expect("a proof");
        let signature = key.sign(unsigned.message());
        KeyProof::read(&unsigned.finish(&signature)).expect("its own proof")
    }

    fn checked(proof: &KeyProof, key: &PublicKey) -> Result<()> {
        proof.check(key, &ExpectedProof { issuer: &issuer(), algorithms: &algorithms(), client: Some("c") }, &kit::now())
    }

    #[test]
    fn proof_names_its_key_in_each_way() {
        let key = kit::key(5);
        let public = key.public_key();
        let ed25519 = SecretKey::from_bytes(KeyAlgorithm::Ed25519, &[7; 32]).expect("a seed");
        let did = did::key::from_public_key(&public);
        let method = did.with_fragment(did.identifier()).expect("a DID URL");
        let signer = certificate("wallet.example");
        for (key, named, own) in [
            (&key, ProofKey::Jwk(public.clone()), Some(public.clone())),
            (&ed25519, ProofKey::Jwk(ed25519.public_key()), Some(ed25519.public_key())),
            (&key, ProofKey::Did(method), None),
            (&signer.key, ProofKey::Certificates(Box::new(signer.chain.clone())), Some(signer.key.public_key())),
        ] {
            let proof = proof(key, named.clone(), None);
            assert_eq!((proof.key(), proof.own_key(), proof.nonce()), (&named, Ok(own), Some("n")));
            assert_eq!(checked(&proof, &key.public_key()), Ok(()));
            assert!(checked(&proof, &kit::key(9).public_key()).is_err());
        }
    }

    #[test]
    fn proof_is_for_one_issuer_one_client_one_time_and_known_algorithms() {
        let key = kit::key(5).public_key();
        let proof = proof(&kit::key(5), ProofKey::Jwk(key.clone()), None);
        let (ours, theirs) = (issuer(), "https://other.example".parse().expect("an identifier"));
        let algorithms = algorithms();
        let expected = ExpectedProof { issuer: &ours, algorithms: &algorithms, client: Some("c") };
        let is_good = |expected: ExpectedProof<'_>, now: &Timestamp| proof.check(&key, &expected, now).is_ok();
        assert!(is_good(expected, &kit::now()));
        assert!(is_good(ExpectedProof { client: None, ..expected }, &kit::now()));
        assert!(!is_good(ExpectedProof { issuer: &theirs, ..expected }, &kit::now()));
        assert!(!is_good(ExpectedProof { client: Some("d"), ..expected }, &kit::now()));
        assert!(!is_good(ExpectedProof { algorithms: &algorithms[1..], ..expected }, &kit::now()));
        assert!(!is_good(expected, &kit::now().plus_seconds(LIFETIME + 301)));
        assert!(!is_good(expected, &kit::now().plus_seconds(-301)));
    }

    #[test]
    fn proof_of_an_attested_key_is_by_one_of_the_attested() {
        let provider = certificate("provider.example");
        let attest = |keys: &[u8], expires| {
            let keys = keys.iter().map(|byte| kit::key(*byte).public_key()).collect();
            let (key_storage, user_authentication, nonce) = (Vec::new(), Vec::new(), None);
            let terms = KeyAttestationTerms { keys, key_storage, user_authentication, nonce, issued: kit::now(), expires };
            let unsigned = terms.prepare(&provider.chain).expect("an attestation");
            let signature = provider.key.sign(unsigned.message());
            unsigned.finish(&signature)
        };
        let end = Some(kit::now().plus_seconds(60));
        let key = kit::key(5).public_key();
        let good = attest(&[4, 5], end.clone());
        let by_place = proof(&kit::key(5), ProofKey::Attested("1".to_owned()), Some(&good));
        assert_eq!(by_place.own_key(), Ok(Some(key.clone())));
        assert_eq!(checked(&by_place, &key), Ok(()));
        let by_itself = proof(&kit::key(5), ProofKey::Jwk(key.clone()), Some(&good));
        assert_eq!(checked(&by_itself, &key), Ok(()));
        let of_others = proof(&kit::key(5), ProofKey::Jwk(key.clone()), Some(&attest(&[4], end)));
        assert!(checked(&of_others, &key).is_err());
        let endless = proof(&kit::key(5), ProofKey::Jwk(key.clone()), Some(&attest(&[5], None)));
        assert!(checked(&endless, &key).is_err());
        let unknown = proof(&kit::key(5), ProofKey::Attested("7".to_owned()), Some(&good));
        assert!(unknown.own_key().is_err());
    }

    #[test]
    fn proof_that_names_its_key_twice_or_not_at_all_is_refused() {
        let jwk = kit::key(5).public_key().to_jwk();
        let claims = json!({ "aud": "https://credential-issuer.example.com", "iat": kit::now().unix() });
        for header in [
            json!({ "typ": TYP }),
            json!({ "typ": TYP, "jwk": jwk, "kid": "did:key:z#z" }),
            json!({ "typ": TYP, "kid": "0" }),
            json!({ "typ": TYP, "kid": "did:example:a" }),
            json!({ "typ": TYP, "kid": 1 }),
            json!({ "typ": TYP, "x5c": [] }),
            json!({ "typ": "JWT", "jwk": jwk }),
            json!({ "jwk": jwk }),
            json!({ "typ": TYP, "jwk": { "kty": "EC", "crv": "P-256", "d": "AA" } }),
            json!({ "typ": TYP, "jwk": jwk, "key_attestation": {} }),
        ] {
            assert!(KeyProof::read(&kit::token(header.clone(), claims.clone())).is_err(), "{header}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[A-Za-z0-9_.-]{0,200}") {
            let _ = KeyProof::read(&text);
        }

        #[test]
        fn any_header_of_any_shape_is_read_or_refused(
            name in "(jwk|kid|x5c|key_attestation)", text in "[\\[\\]{}\":,0-9a-e ]{0,40}",
        ) {
            let value = crate::json::read("test", &text).unwrap_or_default();
            let _ = KeyProof::read(&kit::token(json!({ "typ": TYP, name: value }), json!({})));
        }
    }
}
