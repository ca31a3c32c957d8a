//! Signing in two steps, because private keys never leave their keystore.

use rand_core::CryptoRng;
use serde_json::{Map, Value};

use super::linked_data::Contexts;
use super::{Disclosure, Kind, Mechanism, Secured, cose, data_integrity, jws, jwt, sign1, status_token};
use crate::did::{DidUrl, VerificationRelationship};
use crate::error::{Result, WalletError};
use crate::key::{KeyAlgorithm, PublicKey};
use crate::time::Timestamp;

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
    Embedded { body: Map<String, Value>, earlier: Vec<Value>, proof: Map<String, Value> },
    Jwt,
    Cose(sign1::Draft),
}

/// Prepares a proof over `document`: a credential, a presentation, or the claims of a status list. It joins the Data Integrity proofs the document already has (a proof set, or a chain
/// where [`ProofOptions::previous`] names some of them).
///
/// Fails with `Misused` when the key does not go with the mechanism, a term is undefined or something may be left out, which
/// takes [`prepare_disclosable`]; `Unsupported` when a context is not at hand.
pub fn prepare(
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
            let message = prepare(document, options, key)?;
            Ok(Unsigned { message, algorithm, draft: Draft::Jwt })
        }
        Mechanism::Cose => {
            let prepare = if is_list { status_token::prepare_cwt } else { cose::prepare };
            let (message, draft) = prepare(document, options, key)?;
            Ok(Unsigned { message, algorithm, draft: Draft::Cose(draft) })
        }
        _ if is_list => Err(WalletError::misused("a status list of its own is signed as a JWT or COSE")),
        Mechanism::EddsaRdfc2022 | Mechanism::EddsaJcs2022 => {
            let earlier = match document.shift_remove("proof") {
                None => Vec::new(),
                Some(Value::Array(proofs)) => proofs,
                Some(proof) => vec![proof],
            };
            let (message, proof) = data_integrity::prepare(&document, options, key, contexts)?;
            Ok(Unsigned { message, algorithm, draft: Draft::Embedded { body: document, earlier, proof } })
        }
        other => Err(WalletError::unsupported(other.as_str(), "use eddsa-rdfc-2022, eddsa-jcs-2022, jwt or cose")),
    }
}

/// Prepares a proof of a mechanism whose holder may leave something out later; `rng` makes its salts and one-time keys.
///
/// Fails as [`prepare`] does, and with `Misused` for a mechanism that always shows the whole.
pub fn prepare_disclosable(
    document: Map<String, Value>,
    options: &ProofOptions,
    key: &PublicKey,
    contexts: &Contexts,
    rng: &mut dyn CryptoRng,
) -> Result<Unsigned> {
    let _ = (document, key, contexts, rng);
    match options.mechanism {
        Mechanism::EcdsaSd2023 | Mechanism::Bbs2023 | Mechanism::SdJwt | Mechanism::SdJwtVc => {
            Err(WalletError::unsupported(options.mechanism.as_str(), "use another mechanism"))
        }
        whole => Err(WalletError::misused(format!("{} shows the whole document: use prepare", whole.as_str()))),
    }
}

impl Unsigned {
    /// The bytes to sign, unhashed: the key's algorithm does its own hashing.
    pub fn message(&self) -> &[u8] {
        &self.message
    }

    /// Puts the signature in its place: 64 bytes, EdDSA or r‖s (96 for P-384), never DER.
    pub fn finish(self, signature: &[u8]) -> Result<Secured> {
        let length = if self.algorithm == KeyAlgorithm::P384 { 96 } else { 64 };
        if signature.len() != length {
            return Err(WalletError::misused(format!("the signature must have {length} bytes")));
        }
        let text = match self.draft {
            Draft::Cose(draft) => return Secured::read_bytes(&sign1::finish(draft, signature)),
            Draft::Jwt => jws::finish(self.message, signature),
            Draft::Embedded { mut body, mut earlier, proof } => {
                earlier.push(Value::Object(data_integrity::finish(proof, signature)));
                let proof = if earlier.len() == 1 { earlier.remove(0) } else { Value::Array(earlier) };
                body.insert("proof".to_owned(), proof);
                Value::Object(body).to_string()
            }
        };
        Secured::read(&text)
    }
}
