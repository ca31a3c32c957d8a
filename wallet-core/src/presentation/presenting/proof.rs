//! The holder's proof: one presentation for each credential, bound to one request of one verifier (OpenID4VP 1.0 §14.1.2, App. B).

use serde_json::{Map, Value, json};

use crate::credential::{CONTEXT_V1, ModelVersion, Presentation};
use crate::did::VerificationRelationship;
use crate::error::{Result, WalletError};
use crate::jose::jwt::{self, UnsignedJwt};
use crate::presentation::dcql::CredentialFormat;
use crate::presentation::{Signer, VpFormats};
use crate::securing::linked_data::Contexts;
use crate::securing::sd_jwt::BindingTerms;
use crate::securing::{self, Mechanism, ProofOptions, Secured, Unsigned};
use crate::time::Timestamp;

/// For whom presentations are made, and for which request.
pub struct PresentationTerms<'a> {
    /// Whom they are for: the whole client identifier, or `origin:` and the origin over the Digital Credentials API (§14.8, App. A.4).
    pub audience: &'a str,
    /// The request's one-time value.
    pub nonce: &'a str,
    /// Which signatures the verifier takes.
    pub formats: &'a VpFormats,
    /// When they are made.
    pub now: &'a Timestamp,
}

/// A presentation on its way to the holder's keystore: sign [`UnsignedPresentation::message`], then
/// [`UnsignedPresentation::finish`].
pub enum UnsignedPresentation {
    /// As VC DM 2.0 or SD-JWT has it.
    Current(Unsigned),
    /// As VC DM 1.1 has it in a JWT.
    Version1(UnsignedJwt),
}

impl UnsignedPresentation {
    /// The bytes to sign, unhashed: the key's algorithm does its own hashing.
    pub fn message(&self) -> &[u8] {
        match self {
            Self::Current(unsigned) => unsigned.message(),
            Self::Version1(unsigned) => unsigned.message(),
        }
    }

    /// Puts the signature in its place: 64 bytes, EdDSA or r‖s (96 for P-384), never DER.
    pub fn finish(self, signature: &[u8]) -> Result<Secured> {
        match self {
            Self::Current(unsigned) => unsigned.finish(signature),
            Self::Version1(unsigned) => Secured::read(&unsigned.finish(signature)),
        }
    }
}

/// Prepares the presentation of one credential, as it was [`disclosed`](super::disclosed), for its holder's signature.
///
/// An SD-JWT gets a key binding that says what is in `transactions` besides (App. B.3.3.1); a W3C credential a presentation of its
/// own, signed as the verifier takes it. Fails with `Unsupported` when it takes none that this key can make, `Misused` when the key
/// is not the holder's or transactions come with a format that has no place for them.
pub fn prepare(
    credential: &Secured,
    signer: &Signer<'_>,
    terms: &PresentationTerms<'_>,
    transactions: &Map<String, Value>,
    contexts: &Contexts,
) -> Result<UnsignedPresentation> {
    let unsupported = || {
        WalletError::unsupported("how the verifier wants it signed", "ask for a credential that is bound to another kind of key")
    };
    let format = CredentialFormat::of(credential).ok_or_else(unsupported)?;
    let mechanism = terms.formats.presenting(&format, signer.key.algorithm()).ok_or_else(unsupported)?;
    if let Some(token) = credential.sd_jwt() {
        let binding = BindingTerms { nonce: terms.nonce, audience: terms.audience, key: signer.key, now: terms.now };
        return Ok(UnsignedPresentation::Current(token.bind_with(&binding, transactions)?.into()));
    }
    if !transactions.is_empty() {
        return Err(WalletError::misused(format!("a {format} has no place for transactions")));
    }
    let version_1 = credential.credential().is_ok_and(|credential| credential.version() == ModelVersion::V1);
    if mechanism == Mechanism::Jwt && version_1 {
        return version_1_jwt(credential, signer, terms).map(UnsignedPresentation::Version1);
    }
    let body = Presentation::of(signer.holder, vec![credential.to_value()]).into_json();
    let purpose = VerificationRelationship::Authentication;
    let options = ProofOptions {
        nonce: Some(terms.nonce.to_owned()),
        audience: Some(terms.audience.to_owned()),
        ..ProofOptions::new(mechanism, signer.method.clone(), purpose, terms.now.clone())
    };
    securing::prepare(body, &options, signer.key, contexts).map(UnsignedPresentation::Current)
}

/// The presentation of a JWT of VC DM 1.1, which only one of that version may hold as it is (App. B.1.3.1.5, VC DM 1.1 §6.3.1).
fn version_1_jwt(credential: &Secured, signer: &Signer<'_>, terms: &PresentationTerms<'_>) -> Result<UnsignedJwt> {
    let token = String::from_utf8(credential.to_bytes()).expect("a compact token is ASCII");
    let header = Map::from_iter([("typ".to_owned(), "JWT".into()), ("kid".to_owned(), signer.method.as_str().into())]);
    let claims = json!({
        "iss": signer.holder, "aud": terms.audience, "nonce": terms.nonce, "iat": terms.now.unix(), "nbf": terms.now.unix(),
        "vp": { "@context": [CONTEXT_V1], "type": ["VerifiablePresentation"], "verifiableCredential": [token] },
    });
    let Value::Object(claims) = claims else { unreachable!("it is written as an object") };
    jwt::prepare(header, claims, signer.key)
}
