//! Signing in two steps, because private keys never leave their keystore.

use rand_core::CryptoRng;
use serde_json::{Map, Value};

use super::data_integrity::selective;
use super::linked_data::Contexts;
use super::sd_jwt::{self, UnsignedSdJwt};
use super::{Disclosure, Kind, Mechanism, Secured, cose, data_integrity, jws, jwt, model, sign1, status_token};
use crate::did::{DidUrl, VerificationRelationship};
use crate::error::{Result, WalletError};
use crate::key::{KeyAlgorithm, PublicKey};
use crate::time::Timestamp;
use crate::x509::CertificateChain;

/// What a new proof is to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProofOptions {
    /// How to sign.
    pub mechanism: Mechanism,
    /// The key's DID URL.
    pub method: DidUrl,
    /// What the key is used for: [`Kind::relationship`] in general; a JWT does not write it.
    pub purpose: VerificationRelationship,
    /// When the proof is made.
    pub created: Timestamp,
    /// When the proof stops to hold, apart from what it proves.
    pub expires: Option<Timestamp>,
    /// The verifier's one-time value, for a presentation.
    pub nonce: Option<String>,
    /// The verifier it is meant for.
    pub audience: Option<String>,
    /// The proof's own identifier, which a later proof may follow (VC Data Integrity §2.1).
    pub id: Option<String>,
    /// The identifiers of the proofs in the document that this one follows and covers (`previousProof`, VC Data Integrity §2.1.2).
    pub previous: Vec<String>,
    /// What the holder may leave out later.
    pub disclosure: Disclosure,
    /// The certificates of an issuer that goes by one, its own first: they go into the header of a token (`x5c`).
    pub certificates: Option<CertificateChain>,
}

impl ProofOptions {
    /// A proof by the key `method`, made at `created`, that asks for nothing further.
    pub fn new(mechanism: Mechanism, method: DidUrl, purpose: VerificationRelationship, created: Timestamp) -> Self {
        Self {
            mechanism,
            method,
            purpose,
            created,
            expires: None,
            nonce: None,
            audience: None,
            id: None,
            previous: Vec::new(),
            disclosure: Disclosure::Whole,
            certificates: None,
        }
    }
}

/// A document on its way to a keystore: sign [`Unsigned::message`], then [`Unsigned::finish`].
#[derive(Debug, Clone, PartialEq)]
pub struct Unsigned {
    message: Vec<u8>,
    algorithm: KeyAlgorithm,
    draft: Draft,
}

#[derive(Debug, Clone, PartialEq)]
enum Draft {
    Embedded {
        body: Map<String, Value>,
        earlier: Vec<Value>,
        proof: Map<String, Value>,
    },
    Selective {
        body: Map<String, Value>,
        earlier: Vec<Value>,
        proof: Map<String, Value>,
        pending: Box<selective::Pending>,
    },
    Jwt(jws::Draft),
    /// A token, and the text around it.
    SdJwt {
        before: String,
        after: String,
    },
    Cose(sign1::Draft),
}

/// Prepares a proof over `document`: a credential, a presentation, or the claims of a status list.
///
/// A Data Integrity proof joins those the document already has: a proof set, or a chain where [`ProofOptions::previous`] names some.
///
/// Fails with `Misused` when the document breaks the data model (VC DM 2.0 §4, §5), the key does not go with the mechanism, the
/// mechanism is only read, a term is undefined, a proof to follow is missing, or something may be left out, which takes
/// [`prepare_disclosable`]; `Unsupported` when a context is not at hand.
pub fn prepare(document: Map<String, Value>, options: &ProofOptions, key: &PublicKey, contexts: &Contexts) -> Result<Unsigned> {
    if !status_token::is_claims(&document) {
        model::check(&document, options.mechanism, contexts)?;
    }
    prepare_unchecked(document, options, key, contexts)
}

/// As [`prepare`], for a document that may break the data model: only for suites that test what verifiers refuse.
pub fn prepare_unchecked(
    mut document: Map<String, Value>,
    options: &ProofOptions,
    key: &PublicKey,
    contexts: &Contexts,
) -> Result<Unsigned> {
    let is_list = status_token::is_claims(&document);
    if !is_list {
        Kind::of(&document)?;
    }
    let algorithm = key.algorithm();
    if options.disclosure != Disclosure::Whole {
        return Err(WalletError::misused("something may be left out: use prepare_disclosable"));
    }
    match options.mechanism {
        Mechanism::Jwt => {
            let prepare = if is_list { status_token::prepare_jwt } else { jwt::prepare };
            let draft = prepare(document, options, key)?;
            Ok(Unsigned { message: draft.signing_input(), algorithm, draft: Draft::Jwt(draft) })
        }
        Mechanism::Cose => {
            let prepare = if is_list { status_token::prepare_cwt } else { cose::prepare };
            let (message, draft) = prepare(document, options, key)?;
            Ok(Unsigned { message, algorithm, draft: Draft::Cose(draft) })
        }
        _ if is_list => Err(WalletError::misused("a status list of its own is signed as a JWT or COSE")),
        Mechanism::EddsaRdfc2022 | Mechanism::EddsaJcs2022 | Mechanism::EcdsaRdfc2019 | Mechanism::EcdsaJcs2019 => {
            let earlier = earlier(&mut document);
            let objects: Vec<_> = earlier.iter().filter_map(Value::as_object).collect();
            let (message, proof) = data_integrity::prepare(&document, &objects, options, key, contexts)?;
            Ok(Unsigned { message, algorithm, draft: Draft::Embedded { body: document, earlier, proof } })
        }
        Mechanism::EcdsaSd2023 | Mechanism::Bbs2023 => {
            Err(WalletError::misused(format!("{} takes randomness: use prepare_disclosable", options.mechanism.as_str())))
        }
        Mechanism::Ed25519Signature2020 | Mechanism::JsonWebSignature2020 => {
            Err(WalletError::misused(format!("{} is read, never written", options.mechanism.as_str())))
        }
        other => Err(WalletError::unsupported(other.as_str(), "use eddsa-rdfc-2022, ecdsa-rdfc-2019, jwt or cose")),
    }
}

/// Takes the proofs that `document` has by now.
fn earlier(document: &mut Map<String, Value>) -> Vec<Value> {
    match document.shift_remove("proof") {
        None => Vec::new(),
        Some(Value::Array(proofs)) => proofs,
        Some(proof) => vec![proof],
    }
}

/// Prepares a proof of a mechanism whose holder may leave something out later; `rng` makes its salts and one-time keys.
///
/// Fails as [`prepare`] does, and with `Misused` for a mechanism that always shows the whole.
pub fn prepare_disclosable(
    mut document: Map<String, Value>,
    options: &ProofOptions,
    key: &PublicKey,
    contexts: &Contexts,
    rng: &mut dyn CryptoRng,
) -> Result<Unsigned> {
    model::check(&document, options.mechanism, contexts)?;
    match options.mechanism {
        Mechanism::EcdsaSd2023 | Mechanism::Bbs2023 => {
            let earlier = earlier(&mut document);
            let proof = selective::draft(options)?;
            let (message, pending) = selective::prepare(&document, &proof, options, (key, contexts), rng)?;
            let draft = Draft::Selective { body: document, earlier, proof, pending: Box::new(pending) };
            Ok(Unsigned { message, algorithm: key.algorithm(), draft })
        }
        Mechanism::SdJwt | Mechanism::SdJwtVc => Ok(sd_jwt::prepare_secured(document, options, key, rng)?.into()),
        whole => Err(WalletError::misused(format!("{} shows the whole document: use prepare", whole.as_str()))),
    }
}

impl Unsigned {
    /// The bytes to sign, unhashed: the key's algorithm does its own hashing.
    pub fn message(&self) -> &[u8] {
        &self.message
    }

    /// Puts the signature in its place: 64 bytes, EdDSA or r‖s (96 for P-384, 80 for BBS), never DER.
    pub fn finish(self, signature: &[u8]) -> Result<Secured> {
        check_length(self.algorithm, signature)?;
        match self.draft {
            Draft::Cose(draft) => Secured::read_bytes(&sign1::finish(draft, signature)),
            Draft::Jwt(draft) => Secured::of_written_jwt(jws::finish(self.message, signature), draft, signature),
            Draft::SdJwt { before, after } => Secured::read(&(before + &jws::finish(self.message, signature) + &after)),
            Draft::Embedded { body, earlier, proof } => {
                Secured::of_written_json(joined(body, earlier, data_integrity::finish(proof, signature)))
            }
            Draft::Selective { body, earlier, proof, pending } => {
                Secured::of_written_json(joined(body, earlier, selective::finish(proof, &pending, signature)))
            }
        }
    }
}

/// The document with its earlier proofs and one more.
fn joined(mut body: Map<String, Value>, mut earlier: Vec<Value>, proof: Map<String, Value>) -> Map<String, Value> {
    earlier.push(Value::Object(proof));
    let proof = if earlier.len() == 1 { earlier.remove(0) } else { Value::Array(earlier) };
    body.insert("proof".to_owned(), proof);
    body
}

impl From<UnsignedSdJwt> for Unsigned {
    fn from(UnsignedSdJwt { message, algorithm, before, after }: UnsignedSdJwt) -> Self {
        Self { message, algorithm, draft: Draft::SdJwt { before, after } }
    }
}

/// Refuses a signature of another length than the algorithm's, such as one in DER.
pub(super) fn check_length(algorithm: KeyAlgorithm, signature: &[u8]) -> Result<()> {
    let length = algorithm.signature_length();
    if signature.len() == length {
        return Ok(());
    }
    Err(WalletError::misused(format!("the signature must have {length} bytes")))
}
