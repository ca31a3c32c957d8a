//! A signed document as it came in, and the one door to its signatures.

use serde_json::{Map, Value};

use super::linked_data::Contexts;
use super::sd_jwt::{self, SdJwt};
use super::{Kind, Mechanism, Proof, SignatureFault, data_integrity, jws, jwt, nested};
use crate::credential::{Credential, CredentialFault};
use crate::error::{Result, WalletError};
use crate::json;
use crate::key::PublicKey;

/// The most proofs one document may carry.
pub const MAX_PROOFS: usize = 16;

/// A credential or presentation in signed form.
#[derive(Debug, Clone, PartialEq)]
pub struct Secured {
    pub(super) text: String,
    pub(super) kind: Kind,
    pub(super) body: Map<String, Value>,
    proofs: Vec<Proof>,
    unsupported: Vec<String>,
    pub(super) form: Form,
}

/// What a signature check needs beyond the body.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Form {
    /// The proof objects, in the order of [`Secured::proofs`].
    Embedded(Vec<Map<String, Value>>),
    Jwt(jws::Token),
    SdJwt(Box<SdJwt>),
}

impl Secured {
    /// Reads a credential or presentation: JSON with `proof`, a JWT or SD-JWT, or the JSON envelope of one.
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

    /// The credential it is, its structure checked as its mechanism's data model asks.
    pub fn credential(&self) -> Result<Credential, Vec<CredentialFault>> {
        if let Some(Err(fault)) = self.sd_jwt().map(SdJwt::claims) {
            return Err(vec![CredentialFault::Disclosures { reason: fault.to_string() }]);
        }
        match self.proofs.first().map(|proof| proof.mechanism) {
            Some(Mechanism::SdJwtVc) => Credential::check_sd_jwt_vc(&self.body),
            _ => Credential::check(&self.body),
        }
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
            Form::Jwt(_) | Form::SdJwt(_) if proof > 0 => Err(SignatureFault::malformed("there is no such proof")),
            Form::Jwt(token) => token.check(key),
            Form::SdJwt(token) => token.check_signature(key),
        }
    }

    pub(super) fn read_json(text: &str, mut document: Map<String, Value>) -> Result<Self> {
        if document.contains_key("payload") && !document.contains_key("type") {
            return Self::from_sd_jwt(text, SdJwt::read(text)?);
        }
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
        if token.contains('~') {
            return Self::from_sd_jwt(text, SdJwt::read(token)?);
        }
        let (token, kind, body, proof) = jwt::read(token)?;
        let (text, proofs) = (text.to_owned(), vec![proof]);
        Ok(Self { text, kind, body, proofs, unsupported: Vec::new(), form: Form::Jwt(token) })
    }

    fn from_sd_jwt(text: &str, token: SdJwt) -> Result<Self> {
        let (kind, body, proof) = sd_jwt::read(&token)?;
        let (text, proofs) = (text.to_owned(), vec![proof]);
        Ok(Self { text, kind, body, proofs, unsupported: Vec::new(), form: Form::SdJwt(Box::new(token)) })
    }
}
