//! A signed document as it came in, and the one door to its signatures.

use serde_json::{Map, Value};

use super::data_integrity::selective;
use super::linked_data::{Contexts, Naming};
use super::sd_jwt::{self, SdJwt};
use super::{
    Kind, Mechanism, Proof, SignatureFault, anchored, cose, data_integrity, data_url, jws, jwt, nested, sign1, status_token,
};
use crate::credential::{Credential, CredentialFault};
use crate::error::{Result, WalletError};
use crate::json;
use crate::key::PublicKey;
use crate::registry::Inclusion;

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
    claims: Map<String, Value>,
    pub(super) inclusion: Option<Inclusion>,
    pub(super) form: Form,
}

/// What a signature check needs beyond the body.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Form {
    /// The proof objects: those of [`Secured::proofs`] in their order, then those of [`Secured::unsupported`] in theirs.
    Embedded(Vec<Map<String, Value>>),
    Jwt(jws::Token),
    Cose(sign1::Message),
    SdJwt(Box<SdJwt>),
}

/// What reading a token gives beside what its signature is checked with.
pub(super) struct Read {
    pub kind: Kind,
    pub body: Map<String, Value>,
    pub proof: Proof,
    pub claims: Map<String, Value>,
}

impl Secured {
    /// Reads a credential, presentation or status list: JSON with `proof`, a JWT or SD-JWT, the JSON envelope of a token, or the
    /// `data:` URL of one.
    ///
    /// Fails with `Unsupported` when it is secured, but by no mechanism of this version, and `Malformed` when it is not secured.
    pub fn read(text: &str) -> Result<Self> {
        if text.len() > json::MAX_BYTES {
            return Err(WalletError::malformed("document", format!("it is longer than {} bytes", json::MAX_BYTES)));
        }
        let trimmed = text.trim();
        if trimmed.starts_with('{') {
            Self::read_json(text, json::read_object("document", trimmed)?)
        } else if trimmed.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("data:")) {
            Self::read_url(text, trimmed)
        } else {
            Self::from_token(text.to_owned(), trimmed)
        }
    }

    /// Reads the bytes of a file or an answer: a COSE_Sign1 message, or UTF-8 text as [`Secured::read`] does.
    pub fn read_bytes(bytes: &[u8]) -> Result<Self> {
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::read(text),
            Err(_) => Self::from_message(None, bytes),
        }
    }

    /// The text as it was received; for a message that was received as bytes the text that stands for it: the JSON envelope of a
    /// credential or presentation, the `data:` URL of a status list.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The bytes to be handed on or published: those of a COSE_Sign1 message, the UTF-8 of a compact token or of JSON.
    pub fn to_bytes(&self) -> Vec<u8> {
        match &self.form {
            Form::Embedded(_) => self.text.clone().into_bytes(),
            Form::Jwt(token) => token.text().as_bytes().to_vec(),
            Form::Cose(message) => message.bytes().to_vec(),
            Form::SdJwt(token) => token.text().as_bytes().to_vec(),
        }
    }

    /// Whether it is a credential or a presentation.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The document without what secures it: no `proof`, no registered claims of a JWT.
    pub fn body(&self) -> &Map<String, Value> {
        &self.body
    }

    /// A registered claim of the token, such as `cnf` or `status`, by its name in a JWT; none for an embedded proof.
    pub fn claim(&self, name: &str) -> Option<&Value> {
        self.claims.get(name)
    }

    /// The credential it is, its structure checked as its mechanism's data model asks, and under no contexts but those it was
    /// signed with.
    pub fn credential(&self) -> Result<Credential, Vec<CredentialFault>> {
        if let Some(Err(fault)) = self.sd_jwt().map(SdJwt::claims) {
            return Err(vec![CredentialFault::Disclosures { reason: fault.to_string() }]);
        }
        if self.proofs.first().is_some_and(|proof| proof.mechanism == Mechanism::SdJwtVc) {
            return Credential::check_sd_jwt_vc(&self.body);
        }
        let signed = match &self.form {
            Form::Embedded(proofs) => data_integrity::signed_contexts(&self.body, proofs),
            _ => None,
        };
        let Some(contexts) = signed else { return Credential::check(&self.body) };
        let mut body = self.body.clone();
        body.insert("@context".to_owned(), contexts.clone());
        Credential::check(&body)
    }

    /// What each proof of a known mechanism says of itself; at least one.
    pub fn proofs(&self) -> &[Proof] {
        &self.proofs
    }

    /// The names of further proofs' mechanisms that this version cannot check.
    pub fn unsupported(&self) -> &[String] {
        &self.unsupported
    }

    /// A proof that this version cannot check and that the one at `proof` follows, directly or through others: the mechanism of
    /// the first. A proof is worth no more than those it follows (VC Data Integrity §4.5).
    pub fn unsupported_link(&self, proof: usize) -> Option<&str> {
        let Form::Embedded(proofs) = &self.form else { return None };
        let followed = data_integrity::ancestors(proofs.get(proof)?, proofs).ok()?;
        let unknown = followed.into_iter().filter_map(|place| place.checked_sub(self.proofs.len())).min()?;
        Some(&self.unsupported[unknown])
    }

    /// Checks the signature of one proof, by its place in [`Secured::proofs`], under `key` and nothing else.
    ///
    /// A proof that follows others covers them as they stand; whether their own signatures are good is asked of each.
    pub fn check_signature(&self, proof: usize, key: &PublicKey, contexts: &Contexts) -> Result<(), SignatureFault> {
        self.check(proof, Naming::Free, key, contexts)
    }

    /// Checks the signature as [`Secured::check_signature`] does, and that nothing read in the JSON stands outside it: a signature
    /// over canonical RDF covers what members mean and not what they are called (VC Data Integrity §2.4.1).
    ///
    /// Fails with [`SignatureFault::UnsignedName`] for a name that no context at hand gives, and `Malformed` where something
    /// stands where no reader would look for it.
    pub fn check_claims(&self, proof: usize, key: &PublicKey, contexts: &Contexts) -> Result<(), SignatureFault> {
        self.check(proof, Naming::Fixed, key, contexts)
    }

    fn check(&self, proof: usize, naming: Naming, key: &PublicKey, contexts: &Contexts) -> Result<(), SignatureFault> {
        if proof >= self.proofs.len() {
            return Err(SignatureFault::malformed("there is no such proof"));
        }
        match &self.form {
            Form::Embedded(proofs) => data_integrity::check(&self.body, proofs, proof, naming, (key, contexts)),
            Form::Jwt(token) => Ok(token.check(key)?),
            Form::Cose(message) => message.check(key),
            Form::SdJwt(token) => token.check_signature(key),
        }
    }

    /// Checks one proof as the holder who received it: a base proof with selective disclosure, which no verifier takes, by all
    /// that could be derived from it; any other as [`Secured::check_signature`] does.
    pub fn check_received(&self, proof: usize, key: &PublicKey, contexts: &Contexts) -> Result<(), SignatureFault> {
        match &self.form {
            Form::Embedded(proofs) if proofs.get(proof).is_some_and(selective::is_selective) => {
                selective::check_received(&self.body, &proofs[proof], key, contexts)
            }
            _ => self.check_signature(proof, key, contexts),
        }
    }

    pub(super) fn read_json(text: &str, mut document: Map<String, Value>) -> Result<Self> {
        if document.contains_key("payload") && !document.contains_key("type") {
            return Self::from_sd_jwt(text.to_owned(), SdJwt::read(text)?);
        }
        if let Some((kind, url)) = nested::enveloped(&document)? {
            let secured = Self::read_url(text, url)?;
            if secured.kind != kind {
                return Err(WalletError::malformed("envelope", "it is named after another kind of document than it holds"));
            }
            return Ok(secured);
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
        let (mut proofs, mut known) = (Vec::new(), Vec::new());
        let (mut unsupported, mut unknown) = (Vec::new(), Vec::new());
        let mut inclusion = None;
        for object in objects {
            let Value::Object(object) = object else {
                return Err(WalletError::malformed("proof", "it is not an object"));
            };
            if anchored::is_inclusion(&object) {
                anchored::read_only(&object, &mut inclusion)?;
                continue;
            }
            match data_integrity::read(&object) {
                Ok(proof) => {
                    proofs.push(proof);
                    known.push(object);
                }
                Err(WalletError::Unsupported { what, .. }) => {
                    unsupported.push(what);
                    unknown.push(object);
                }
                Err(error) => return Err(error),
            }
        }
        if proofs.is_empty() && unsupported.is_empty() {
            return Err(WalletError::malformed(kind.type_name(), "it carries no proof but that of its inclusion"));
        }
        if proofs.is_empty() {
            return Err(WalletError::unsupported(unsupported.join(", "), "use eddsa-rdfc-2022, ecdsa-rdfc-2019 or a JWT"));
        }
        known.append(&mut unknown);
        let (text, claims, form) = (text.to_owned(), Map::new(), Form::Embedded(known));
        Ok(Self { text, kind, body: document, proofs, unsupported, claims, inclusion, form })
    }

    /// Reads the token in a `data:` URL, whose media type says what it must be.
    fn read_url(text: &str, url: &str) -> Result<Self> {
        let (media, content) = data_url::read(url)?;
        let Some((form, kind)) = nested::media_type(&media) else {
            return Err(WalletError::unsupported(
                format!("an envelope of {media}"),
                "use application/vc+jwt, application/vc+sd-jwt or application/vc+cose",
            ));
        };
        let secured = match form {
            nested::Content::Bytes => Self::from_message(Some(text), &content)?,
            _ => {
                let token = std::str::from_utf8(&content).map_err(|_| WalletError::malformed("envelope", "it is not text"))?;
                if token.contains('~') != (form == nested::Content::Disclosures) {
                    return Err(WalletError::malformed("envelope", "its token is not of its media type"));
                }
                Self::from_token(text.to_owned(), token)?
            }
        };
        if secured.kind != kind {
            return Err(WalletError::malformed("envelope", "its media type is not that of what it holds"));
        }
        Ok(secured)
    }

    /// Reads a compact token, which came in as `text`.
    pub(super) fn from_token(text: String, token: &str) -> Result<Self> {
        if token.contains('~') {
            return Self::from_sd_jwt(text, SdJwt::read(token)?);
        }
        let (header, payload, token) = jws::read(token)?;
        Self::from_jwt(text, &header, json::read_object("JWT payload", &payload)?, token)
    }

    fn from_jwt(text: String, header: &Map<String, Value>, payload: Map<String, Value>, token: jws::Token) -> Result<Self> {
        let read = match status_token::is_jwt(header) {
            true => status_token::read_jwt(header, payload)?,
            false => jwt::read(header, payload)?,
        };
        Ok(Self::of(text, read, Form::Jwt(token)))
    }

    /// The token that was just made of `draft`, read as any other: from its text only where that says something else.
    pub(super) fn of_written_jwt(text: String, draft: jws::Draft, signature: &[u8]) -> Result<Self> {
        match draft.written(&text, signature)? {
            Some((header, payload, token)) => Self::from_jwt(text, &header, payload, token),
            None => Self::read(&text),
        }
    }

    /// The text that was just made of `document`, read as any other: from itself only where it says something else.
    pub(super) fn of_written_json(document: Map<String, Value>) -> Result<Self> {
        let text = json::write(&document);
        if text.len() <= json::MAX_BYTES && json::reads_back(&document) {
            Self::read_json(&text, document)
        } else {
            Self::read(&text)
        }
    }

    /// Reads a COSE_Sign1 message, which came in as `text` or as bytes.
    fn from_message(text: Option<&str>, bytes: &[u8]) -> Result<Self> {
        let (headers, payload, message) = sign1::read(bytes)?;
        let read = match status_token::is_cwt(&headers) {
            true => status_token::read_cwt(&headers, &payload)?,
            false => cose::read(&headers, &payload)?,
        };
        let mut secured = Self::of(String::new(), read, Form::Cose(message));
        secured.text = match text {
            Some(text) => text.to_owned(),
            None if secured.kind == Kind::StatusList => secured.to_url(),
            None => secured.to_value().to_string(),
        };
        Ok(secured)
    }

    fn of(text: String, read: Read, form: Form) -> Self {
        let Read { kind, body, proof, claims } = read;
        Self { text, kind, body, proofs: vec![proof], unsupported: Vec::new(), claims, inclusion: None, form }
    }

    fn from_sd_jwt(text: String, token: SdJwt) -> Result<Self> {
        let (kind, body, proof) = sd_jwt::read(&token)?;
        // Of an SD-JWT VC the status is one of the credential's own claims.
        let kept = |name: &&str| *name == "cnf" || proof.mechanism == Mechanism::SdJwt;
        let claim = |name: &str| Some((name.to_owned(), token.claims().ok()?.get(name)?.clone()));
        let claims = ["cnf", "status"].into_iter().filter(kept).filter_map(claim).collect();
        let read = Read { kind, body, proof, claims };
        Ok(Self::of(text, read, Form::SdJwt(Box::new(token))))
    }
}
