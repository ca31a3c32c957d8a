//! Signing in two steps, because private keys never leave their keystore.

use serde_json::{Map, Value};

use super::linked_data::Contexts;
use super::{Kind, Mechanism, Secured, data_integrity, jwt};
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
}

/// Prepares a proof over `document`, which joins the Data Integrity proofs the document already has (a proof set).
///
/// Fails with `Misused` when the key does not go with the mechanism or a term is undefined, `Unsupported` when a context is
/// not at hand.
pub fn prepare(
    mut document: Map<String, Value>,
    options: &ProofOptions,
    key: &PublicKey,
    contexts: &Contexts,
) -> Result<Unsigned> {
    Kind::of(&document)?;
    let algorithm = key.algorithm();
    if options.mechanism == Mechanism::Jwt {
        let message = jwt::prepare(document, options, key)?;
        return Ok(Unsigned { message, algorithm, draft: Draft::Jwt });
    }
    let earlier = match document.shift_remove("proof") {
        None => Vec::new(),
        Some(Value::Array(proofs)) => proofs,
        Some(proof) => vec![proof],
    };
    let (message, proof) = data_integrity::prepare(&document, options, key, contexts)?;
    Ok(Unsigned { message, algorithm, draft: Draft::Embedded { body: document, earlier, proof } })
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
            Draft::Jwt => jwt::finish(self.message, signature),
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
