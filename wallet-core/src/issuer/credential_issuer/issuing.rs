//! Credentials for keys: each bound to its own, with an id and a place in the status lists of its own.

use serde_json::{Map, Value};

use super::deferred::Transaction;
use super::notification::Issued;
use super::proving::HolderKey;
use super::sessions::{Kind, Turn};
use super::{CredentialIssuer, OfferedCredential, broke};
use crate::error::{Result, WalletError};
use crate::issuance::IssuedCredentials;
use crate::issuer::SigningTerms;
use crate::json::{self, JsonPointer};
use crate::oauth::OAuthError;
use crate::securing::{Disclosure, Mechanism, Secured};

/// What stands in a data set for the DID of its holder, who is not known yet.
pub const HOLDER: &str = "did:example:holder";

impl CredentialIssuer {
    /// One credential for each key of `transaction`, or one for nobody's.
    pub(super) async fn issue_to(
        &self,
        transaction: &Transaction,
        offered: &OfferedCredential,
        credential: &Map<String, Value>,
        turn: &mut Turn<'_>,
    ) -> Result<IssuedCredentials, OAuthError> {
        let holders: Vec<Option<&HolderKey>> = match &transaction.holders[..] {
            [] => vec![None],
            holders => holders.iter().map(Some).collect(),
        };
        let mut credentials = Vec::with_capacity(holders.len());
        for holder in holders {
            let (document, terms) = bound(credential.clone(), offered, holder).map_err(broke)?;
            let mut issuer = offered.issuer.lock().await;
            let secured = issuer.issue_on(document, &terms, turn.rng, turn.now).await.map_err(broke)?;
            credentials.push(as_sent(&secured).map_err(broke)?);
        }
        let notification = turn.secret();
        let issued = Issued { grant: transaction.grant.clone(), dataset: transaction.dataset.clone() };
        let until = turn.after(self.plan.lifetimes.all_tokens());
        self.sessions().keep((Kind::Notification, &notification), &issued, &until, turn.rng).await.map_err(broke)?;
        Ok(IssuedCredentials { credentials, notification_id: Some(notification.expose().to_owned()) })
    }
}

/// The credential with the holder's key in it, and how it is signed.
fn bound(
    mut credential: Map<String, Value>,
    offered: &OfferedCredential,
    holder: Option<&HolderKey>,
) -> Result<(Map<String, Value>, SigningTerms)> {
    let is_claims = offered.terms.mechanism == Mechanism::SdJwtVc;
    if let (Some(holder), false) = (holder, is_claims) {
        name_holder(&mut credential, holder.did().as_str())?;
    }
    let key = holder.filter(|_| is_claims || offered.terms.mechanism == Mechanism::SdJwt).map(|holder| holder.key.clone());
    let credential_value = Value::Object(credential.clone());
    let there = |pointers: &[JsonPointer]| -> Vec<JsonPointer> {
        pointers.iter().filter(|pointer| pointer.find(&credential_value).is_some()).cloned().collect()
    };
    let disclosure = match &offered.terms.disclosure {
        Disclosure::AllBut(pointers) => Disclosure::AllBut(there(pointers)),
        Disclosure::Only { pointers, decoys, .. } => Disclosure::Only { pointers: there(pointers), decoys: *decoys, holder: key },
        Disclosure::Whole if key.is_some() => Disclosure::Only { pointers: Vec::new(), decoys: 0, holder: key },
        Disclosure::Whole => Disclosure::Whole,
    };
    Ok((credential, SigningTerms { disclosure, ..offered.terms.clone() }))
}

/// Puts the holder's DID wherever [`HOLDER`] stands for it; where it stands nowhere, the first subject is the holder.
fn name_holder(credential: &mut Map<String, Value>, did: &str) -> Result<()> {
    if credential.values_mut().map(|value| fill_in(value, did)).sum::<usize>() > 0 {
        return Ok(());
    }
    let subject = match credential.get_mut("credentialSubject") {
        Some(Value::Array(all)) => all.first_mut(),
        other => other,
    };
    let subject = subject.and_then(Value::as_object_mut);
    let subject = subject.ok_or_else(|| WalletError::misused("the credential has no subject to bind to a key"))?;
    subject.insert("id".to_owned(), did.into());
    Ok(())
}

/// How often the DID was put in.
fn fill_in(value: &mut Value, did: &str) -> usize {
    match value {
        Value::String(text) if text == HOLDER => {
            did.clone_into(text);
            1
        }
        Value::Array(items) => items.iter_mut().map(|item| fill_in(item, did)).sum(),
        Value::Object(members) => members.values_mut().map(|member| fill_in(member, did)).sum(),
        _ => 0,
    }
}

/// As the format has it: an object where the proof is inside, text otherwise (appendix A).
fn as_sent(secured: &Secured) -> Result<Value> {
    let is_embedded = secured.proofs().iter().any(|proof| proof.mechanism.is_embedded());
    if is_embedded { json::read("credential", secured.text()) } else { Ok(secured.text().into()) }
}
