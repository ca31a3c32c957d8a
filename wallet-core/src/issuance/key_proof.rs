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
    Certificates(CertificateChain),
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
        (None, None, Some(chain)) => Ok(ProofKey::Certificates(chain)),
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
