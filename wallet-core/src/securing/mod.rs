//! Securing mechanisms: one file each, all with the same verbs, `prepare`, `read` and `check` (VC DM 2.0 §4.12).
//!
//! Reading trusts nothing: it says what the proofs claim. Whether the signature is good is [`Secured::check_signature`]'s
//! answer; whether the key is the issuer's, for this purpose, at this time, is verification's.

mod data_integrity;
pub mod jcs;
mod jwt;
pub mod linked_data;
mod nested;
mod unsigned;

pub use nested::MAX_CREDENTIALS;
pub use unsigned::{ProofOptions, Unsigned, prepare};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::did::VerificationRelationship;
use crate::error::{Result, WalletError};
use crate::json;
use crate::key::{BadSignature, PublicKey};
use crate::time::Timestamp;
use linked_data::Contexts;

/// The most proofs one document may carry.
pub const MAX_PROOFS: usize = 16;

/// How a credential or presentation is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Mechanism {
    /// Data Integrity over canonical RDF (VC Data Integrity EdDSA Cryptosuites 1.0 §3.2).
    #[serde(rename = "eddsa-rdfc-2022")]
    EddsaRdfc2022,
    /// Data Integrity over canonical JSON (VC Data Integrity EdDSA Cryptosuites 1.0 §3.3).
    #[serde(rename = "eddsa-jcs-2022")]
    EddsaJcs2022,
    /// A signed JWT, `vc+jwt` or `vp+jwt` (VC-JOSE-COSE §3.1.1, §3.1.2).
    #[serde(rename = "jwt")]
    Jwt,
}

impl Mechanism {
    /// The name: the cryptosuite, or `jwt`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EddsaRdfc2022 => "eddsa-rdfc-2022",
            Self::EddsaJcs2022 => "eddsa-jcs-2022",
            Self::Jwt => "jwt",
        }
    }
}

/// What one proof says of itself, whatever the mechanism; nothing here is trusted yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// How it is signed.
    pub mechanism: Mechanism,
    /// The `verificationMethod` or `kid`: the absolute URL of the key, usually a DID URL.
    pub method: String,
    /// What the key is used for; none for a JWT, where the kind of document implies it.
    pub purpose: Option<VerificationRelationship>,
    /// When the proof was made (`created`, `iat`).
    pub created: Option<Timestamp>,
    /// When the proof begins to hold (`nbf`).
    pub not_before: Option<Timestamp>,
    /// When the proof stops to hold (`expires`, `exp`).
    pub expires: Option<Timestamp>,
    /// The one-time value it answers (`challenge`, `nonce`).
    pub nonce: Option<String>,
    /// Whom it is meant for (`domain`, `aud`).
    pub audience: Vec<String>,
}

/// What is secured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// A verifiable credential.
    Credential,
    /// A verifiable presentation.
    Presentation,
}

impl Kind {
    /// The key relationship a proof over this kind must stand in (VC DM 2.0 §4.12, VC Data Integrity §2.1).
    pub fn relationship(self) -> VerificationRelationship {
        match self {
            Self::Credential => VerificationRelationship::AssertionMethod,
            Self::Presentation => VerificationRelationship::Authentication,
        }
    }

    /// The type every document of this kind names.
    pub fn type_name(self) -> &'static str {
        match self {
            Self::Credential => "VerifiableCredential",
            Self::Presentation => "VerifiablePresentation",
        }
    }

    /// The kind of `document`, by its `type`; refused when it names neither or both.
    pub fn of(document: &Map<String, Value>) -> Result<Self> {
        match (has_type(document, "VerifiableCredential"), has_type(document, "VerifiablePresentation")) {
            (true, false) => Ok(Self::Credential),
            (false, true) => Ok(Self::Presentation),
            _ => Err(WalletError::malformed("document", "its type is neither a credential nor a presentation")),
        }
    }
}

/// A credential or presentation in signed form.
#[derive(Debug, Clone, PartialEq)]
pub struct Secured {
    text: String,
    kind: Kind,
    body: Map<String, Value>,
    proofs: Vec<Proof>,
    unsupported: Vec<String>,
    form: Form,
}

/// What a signature check needs beyond the body.
#[derive(Debug, Clone, PartialEq)]
enum Form {
    /// The proof objects, in the order of [`Secured::proofs`].
    Embedded(Vec<Map<String, Value>>),
    Jwt(jwt::Token),
}

impl Secured {
    /// Reads a credential or presentation: JSON with `proof`, a compact JWT, or the JSON envelope of one.
    ///
    /// Fails with `Unsupported` when it is secured, but by no mechanism of this version, and `Malformed` when it is not secured.
    pub fn read(text: &str) -> Result<Self> {
        if text.len() > json::MAX_BYTES {
            return Err(WalletError::malformed("document", format!("it is longer than {} bytes", json::MAX_BYTES)));
        }
        let trimmed = text.trim();
        if trimmed.starts_with('{') {
            Self::read_json(text, json::read_object("document", trimmed)?)
        } else {
            Self::from_token(text, trimmed)
        }
    }

    /// The text as it was received.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it is a credential or a presentation.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The document without what secures it: no `proof`, no registered claims of a JWT.
    pub fn body(&self) -> &Map<String, Value> {
        &self.body
    }

    /// What each proof of a known mechanism says of itself; at least one.
    pub fn proofs(&self) -> &[Proof] {
        &self.proofs
    }

    /// The names of further proofs' mechanisms that this version cannot check.
    pub fn unsupported(&self) -> &[String] {
        &self.unsupported
    }

    /// Checks the signature of one proof, by its place in [`Secured::proofs`], under `key` and nothing else.
    pub fn check_signature(&self, proof: usize, key: &PublicKey, contexts: &Contexts) -> Result<(), SignatureFault> {
        match &self.form {
            Form::Embedded(proofs) => {
                let proof = proofs.get(proof).ok_or_else(|| SignatureFault::malformed("there is no such proof"))?;
                data_integrity::check(&self.body, proof, key, contexts)
            }
            Form::Jwt(_) if proof > 0 => Err(SignatureFault::malformed("there is no such proof")),
            Form::Jwt(token) => jwt::check(token, key),
        }
    }

    fn read_json(text: &str, mut document: Map<String, Value>) -> Result<Self> {
        if let Some(token) = nested::enveloped(&document)? {
            return Self::from_token(text, token);
        }
        let kind = Kind::of(&document)?;
        let objects = match document.shift_remove("proof") {
            Some(Value::Object(proof)) => vec![Value::Object(proof)],
            Some(Value::Array(proofs)) if !proofs.is_empty() => proofs,
            _ => return Err(WalletError::malformed(kind.type_name(), "it carries no proof")),
        };
        if objects.len() > MAX_PROOFS {
            return Err(WalletError::malformed("proof", format!("there are more than {MAX_PROOFS}")));
        }
        let (mut proofs, mut known, mut unsupported) = (Vec::new(), Vec::new(), Vec::new());
        for object in objects {
            let Value::Object(object) = object else {
                return Err(WalletError::malformed("proof", "it is not an object"));
            };
            match data_integrity::read(&object) {
                Ok(proof) => {
                    proofs.push(proof);
                    known.push(object);
                }
                Err(WalletError::Unsupported { what, .. }) => unsupported.push(what),
                Err(error) => return Err(error),
            }
        }
        if proofs.is_empty() {
            return Err(WalletError::unsupported(unsupported.join(", "), "use eddsa-rdfc-2022, eddsa-jcs-2022 or a JWT"));
        }
        Ok(Self { text: text.to_owned(), kind, body: document, proofs, unsupported, form: Form::Embedded(known) })
    }

    fn from_token(text: &str, token: &str) -> Result<Self> {
        let (token, kind, body, proof) = jwt::read(token)?;
        let (text, proofs) = (text.to_owned(), vec![proof]);
        Ok(Self { text, kind, body, proofs, unsupported: Vec::new(), form: Form::Jwt(token) })
    }
}

/// Why a signature was not found good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "fault", rename_all = "camelCase")]
pub enum SignatureFault {
    /// It is not the key's signature over this document.
    #[error("the signature is not good")]
    Bad,
    /// The proof names an algorithm that is not the key's.
    #[error("the algorithm is not the key's")]
    WrongAlgorithm,
    /// A JSON-LD context is needed that is not at hand: nothing is known about the signature.
    #[error("the context {url} is not at hand")]
    MissingContext {
        /// The context's URL.
        url: String,
    },
    /// A member has no meaning in the document's contexts, so no signature can cover it.
    #[error("the term {term} is not defined")]
    UndefinedTerm {
        /// The member's name or the type.
        term: String,
    },
    /// The document is built to cost more than any honest one.
    #[error("the document is too costly to check")]
    TooMuchWork,
    /// The proof or the document cannot be brought into the form that is signed.
    #[error("the document cannot be checked: {reason}")]
    Malformed {
        /// What is wrong.
        reason: String,
    },
}

impl SignatureFault {
    /// The proof or the document cannot be brought into the form that is signed.
    pub fn malformed(reason: impl ToString) -> Self {
        Self::Malformed { reason: reason.to_string() }
    }
}

impl From<BadSignature> for SignatureFault {
    fn from(_: BadSignature) -> Self {
        Self::Bad
    }
}

/// Whether `type` is, or lists, `name`.
fn has_type(document: &Map<String, Value>, name: &str) -> bool {
    match document.get("type") {
        Some(Value::String(only)) => only == name,
        Some(Value::Array(all)) => all.iter().any(|t| t.as_str() == Some(name)),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
