//! What is anchored of a signed document, and the proof beside it that it was.
//!
//! The digest is of what the issuer's key signed and of its signature, so it stays the same whoever re-orders the members, draws
//! them in a QR code or discloses only some. The inclusion proof is no signature: it stands among the proofs of a document as one
//! that other verifiers skip (decision 6), and beside a token, where nothing can be added.

use serde_json::{Map, Value, json};

use super::linked_data::Contexts;
use super::secured::Form;
use super::{MAX_PROOFS, Mechanism, Secured, SignatureFault, data_integrity};
use crate::error::{Result, WalletError};
use crate::registry::Inclusion;
use crate::registry::anchor;

/// The `cryptosuite` that an inclusion proof goes by.
pub const INCLUSION_SUITE: &str = "merkle-anchor-2026";

impl Secured {
    /// The digest that is anchored of one proof, by its place in [`Secured::proofs`]; it says nothing of whether the signature is good.
    ///
    /// Fails as [`Secured::check_signature`] does for what cannot be brought into the form that is signed, and with `Malformed` for
    /// `bbs-2023`, which never shows its signature.
    pub fn signed_digest(&self, proof: usize, contexts: &Contexts) -> Result<[u8; 32], SignatureFault> {
        if proof >= self.proofs().len() {
            return Err(SignatureFault::malformed("there is no such proof"));
        }
        let (message, signature) = match &self.form {
            Form::Embedded(proofs) => {
                let (message, signature) = data_integrity::signed(&self.body, proofs, proof, contexts)?;
                return Ok(anchor::digest(&message, &signature));
            }
            Form::Jwt(token) => token.signed(),
            Form::Cose(message) => message.signed(),
            Form::SdJwt(token) => token.signed(),
        };
        Ok(anchor::digest(message, signature))
    }

    /// The proof that it is in an anchored batch: the one inside, or the one that came along beside it.
    pub fn inclusion(&self) -> Option<&Inclusion> {
        self.inclusion.as_ref()
    }

    /// The document with `inclusion` among its proofs.
    ///
    /// Fails with `Unsupported` for a token, which takes [`Secured::with_inclusion_beside`], and for `bbs-2023`, whose showings it
    /// would link; `Misused` when it has one, or [`MAX_PROOFS`] proofs.
    pub fn with_inclusion(&self, inclusion: &Inclusion) -> Result<Self> {
        let Form::Embedded(proofs) = &self.form else {
            return Err(WalletError::unsupported("an inclusion proof inside a token", "let it travel beside"));
        };
        if self.proofs().iter().any(|proof| proof.mechanism == Mechanism::Bbs2023) {
            return Err(WalletError::unsupported("an inclusion proof of bbs-2023", "it would link what must not be linked"));
        }
        if self.inclusion.is_some() || proofs.len() >= MAX_PROOFS {
            return Err(WalletError::misused("it has an inclusion proof, or as many proofs as a document may have"));
        }
        let entry = json!({
            "type": "DataIntegrityProof", "cryptosuite": INCLUSION_SUITE, "proofPurpose": "assertionMethod",
            "proofValue": inclusion.to_string(),
        });
        let mut document = self.body.clone();
        let proofs = proofs.iter().cloned().map(Value::Object).chain([entry]);
        document.insert("proof".to_owned(), proofs.collect());
        Self::read(&Value::Object(document).to_string())
    }

    /// The same document, with the inclusion proof that came along beside it; its text stays as it is.
    pub fn with_inclusion_beside(mut self, inclusion: Inclusion) -> Self {
        self.inclusion = Some(inclusion);
        self
    }

    /// `shown`, which was derived from this document, with the inclusion proof of this one.
    pub(super) fn pass_inclusion_to(&self, shown: Self) -> Result<Self> {
        match (&self.inclusion, &self.form) {
            (None, _) => Ok(shown),
            (Some(_), _) if shown.proofs().iter().any(|proof| proof.mechanism == Mechanism::Bbs2023) => Ok(shown),
            (Some(inclusion), Form::Embedded(_)) => shown.with_inclusion(inclusion),
            (Some(inclusion), _) => Ok(shown.with_inclusion_beside(inclusion.clone())),
        }
    }
}

/// Whether a proof object is an inclusion proof.
pub(super) fn is_inclusion(proof: &Map<String, Value>) -> bool {
    proof.get("cryptosuite").and_then(Value::as_str) == Some(INCLUSION_SUITE)
}

/// Reads the inclusion proof `proof` into `found`, strictly: it has these members and no others, and there is one alone.
pub(super) fn read_only(proof: &Map<String, Value>, found: &mut Option<Inclusion>) -> Result<()> {
    let member = |name: &str| proof.get(name).and_then(Value::as_str);
    if proof.len() != 4 || member("type") != Some("DataIntegrityProof") || member("proofPurpose") != Some("assertionMethod") {
        return Err(WalletError::malformed("inclusion proof", "it has not the members that it must have"));
    }
    let value = member("proofValue").ok_or_else(|| WalletError::malformed("inclusion proof", "it has no proofValue"))?;
    match found.replace(value.parse()?) {
        None => Ok(()),
        Some(_) => Err(WalletError::malformed("inclusion proof", "there is more than one")),
    }
}

#[cfg(test)]
mod tests;
