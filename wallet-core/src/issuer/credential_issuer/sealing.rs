//! Encryption of requests and responses on top of TLS, as an issuer does it (OpenID4VCI 1.0 §10).

use super::{CredentialIssuer, broke};
use crate::issuance::{CredentialResponse, ResponseEncryptionKey, decrypt};
use crate::jose::jwe::{ContentEncryption, EncryptionKey};
use crate::oauth::call::{answer, json_answer};
use crate::oauth::{Call, OAuthError, OAuthErrorCode};
use crate::ports::HttpResponse;

/// The body of a request, as it was meant.
pub(super) struct Opened {
    pub json: Vec<u8>,
    was_encrypted: bool,
}

/// What a response is encrypted with.
pub(super) type Sealing = Option<(EncryptionKey, ContentEncryption)>;

impl CredentialIssuer {
    /// The body of a request, decrypted where it was encrypted; one that should have been is refused.
    pub(super) fn open(&self, call: &Call) -> Result<Opened, OAuthError> {
        let plan = self.plan.encryption.as_ref();
        match plan {
            Some(plan) if call.is("application/jwt") => {
                let text = std::str::from_utf8(&call.body).map_err(|_| bad("the request is not a JWT"))?;
                let json = decrypt(text, &plan.key).map_err(|_| bad("the request cannot be decrypted"))?;
                Ok(Opened { json, was_encrypted: true })
            }
            Some(plan) if plan.required => Err(bad("the request must be encrypted")),
            _ if call.is("application/json") => Ok(Opened { json: call.body.clone(), was_encrypted: false }),
            _ => {
                let error = OAuthError::new(OAuthErrorCode::InvalidCredentialRequest);
                Err(error.because("send it as application/json, or encrypted where this issuer says how"))
            }
        }
    }

    /// What the response is encrypted with. A wallet says so in an encrypted request only, in which nobody can put another key (§8.2).
    pub(super) fn check_encryption(&self, body: &Opened, asked: Option<&ResponseEncryptionKey>) -> Result<Sealing, OAuthError> {
        match (&self.plan.encryption, asked) {
            (Some(plan), None) if plan.required => Err(bad("say how to encrypt the response")),
            (_, None) => Ok(None),
            (None, Some(_)) => Err(bad("this issuer encrypts no responses")),
            (Some(_), Some(_)) if !body.was_encrypted => Err(bad("encrypt the request that says how to encrypt the response")),
            (Some(_), Some(asked)) => asked.check().map(Some),
        }
    }
}

/// The answer with `response`, encrypted where that was asked for.
pub(super) fn seal(response: &CredentialResponse, sealing: Sealing) -> Result<HttpResponse, OAuthError> {
    let Some((key, encryption)) = sealing else { return Ok(json_answer(response.status(), &response.to_json())) };
    let text = key.encrypt(response.to_json().to_string().as_bytes(), encryption).map_err(broke)?;
    Ok(answer(response.status(), "application/jwt", text.into_bytes()))
}

fn bad(reason: &str) -> OAuthError {
    OAuthError::new(OAuthErrorCode::InvalidEncryptionParameters).because(reason)
}
