//! Presenting kept credentials to a verifier who asked.

use rand_core::CryptoRng;

use super::{Wallet, holder_key, shown_whole};
use crate::did::{self, DidUrl, VerificationRelationship};
use crate::error::{Result, WalletError};
use crate::json::JsonPointer;
use crate::presentation::{Request, Signer, response};
use crate::securing::linked_data::Contexts;
use crate::securing::{Kind as SecuredKind, Secured};
use crate::store::{Channel, Format, HeldCredential, KeyReference, Occurrence, RecordId, Shown};
use crate::time::Timestamp;
use crate::verification::is_status_list;

impl Wallet {
    /// The credentials that would answer `request`, one list for each type it asks for.
    pub async fn candidates(&self, request: &Request) -> Result<Vec<Vec<(RecordId, HeldCredential)>>> {
        let held = self.credentials().await?;
        let of_type =
            |kind: &String| held.iter().filter(|(_, c)| c.key.is_some() && c.display.types.contains(kind)).cloned().collect();
        Ok(request.types.iter().map(of_type).collect())
    }

    /// Signs the presentation of the chosen credentials, which the holder has agreed to share, and notes it in the history.
    ///
    /// Fails with `Misused` when the credentials are of different identifiers or none of the holder's, `Refused` when the request
    /// has expired, `KeyUnavailable` when the holder does not consent to signing.
    pub async fn present(
        &mut self,
        request: &Request,
        chosen: &[RecordId],
        contexts: &Contexts,
        rng: &mut (dyn CryptoRng + Send),
        now: &Timestamp,
    ) -> Result<Secured> {
        self.present_with_lists(request, (chosen, &[]), contexts, rng, now).await
    }

    /// Presents the chosen credentials as [`Wallet::present`] does, with status `lists` beside them, so that the verifier need not
    /// ask for any: fetch them whole, as anybody may, shortly before.
    ///
    /// Fails besides with `Misused` for what is no Bitstring Status List; a list of another kind travels beside the presentation.
    pub async fn present_with_lists(
        &mut self,
        request: &Request,
        (chosen, lists): (&[RecordId], &[Secured]),
        contexts: &Contexts,
        rng: &mut (dyn CryptoRng + Send),
        now: &Timestamp,
    ) -> Result<Secured> {
        if !lists.iter().all(|list| list.kind() == SecuredKind::Credential && is_status_list(list)) {
            return Err(WalletError::misused("only a Bitstring Status List goes into a presentation beside its credentials"));
        }
        let mut credentials = Vec::new();
        let mut items = Vec::new();
        let mut holder: Option<KeyReference> = None;
        for id in chosen {
            let held = self.credential(id).await?;
            let secured = shown_whole(Secured::read(&held.text)?, contexts, rng)?;
            if held.format == Format::SdJwtVc {
                return Err(WalletError::misused("an SD-JWT VC is presented on its own: use present_part"));
            }
            let reference = holder_key(&self.key_references().await?, &secured).cloned();
            let reference =
                reference.ok_or_else(|| WalletError::misused("this credential is about somebody else: show its QR code"))?;
            if holder.as_ref().is_some_and(|holder| holder.did != reference.did) {
                return Err(WalletError::misused("these credentials are of different identifiers: present them one by one"));
            }
            holder = Some(reference);
            credentials.push(secured);
            items.push(Shown { credential: *id, title: held.display.title, claims: Vec::new() });
        }
        let holder = holder.ok_or_else(|| WalletError::misused("choose at least one credential"))?;
        let signer = Signer { holder: &holder.did, method: signer_of(&holder)?, key: &holder.public };
        credentials.extend_from_slice(lists);
        let unsigned = response(request, &credentials, &signer, contexts, now)?;
        let signature = self.keystore.sign(&holder.id, unsigned.message()).await?;
        let presentation = unsigned.finish(&signature)?;
        let to = Some(request.audience.clone());
        self.note(Occurrence::Shown { items, to, by: Channel::Presentation }, rng, now).await?;
        Ok(presentation)
    }

    /// Signs one SD-JWT, with no more than the claims that the holder has agreed to share, as the answer to `request` (RFC 9901
    /// §7.2), and notes it in the history.
    ///
    /// Fails with `Misused` when the credential has no claims to leave out, or none of the holder's keys is the one it is bound to,
    /// `Refused` when the request has expired, `KeyUnavailable` when the holder does not consent to signing.
    pub async fn present_part(
        &mut self,
        request: &Request,
        part: &Part,
        contexts: &Contexts,
        rng: &mut (dyn CryptoRng + Send),
        now: &Timestamp,
    ) -> Result<Secured> {
        if request.expires < *now {
            return Err(WalletError::refused("the verifier", "the request has expired; ask for a new one"));
        }
        let held = self.credential(&part.credential).await?;
        let shown = Secured::read(&held.text)?.disclose(&part.claims, contexts, rng)?;
        let key = shown.holder_key().ok_or_else(|| WalletError::misused("the issuer has named no key of the holder's"))?;
        let reference = self.key_references().await?.into_iter().find(|reference| reference.public == key);
        let reference = reference.ok_or_else(|| WalletError::misused("this credential is bound to somebody else's key"))?;
        let unsigned = shown.bind(&request.nonce, &request.audience, &key, now)?;
        let signature = self.keystore.sign(&reference.id, unsigned.message()).await?;
        let presentation = unsigned.finish(&signature)?;
        let claims = part.claims.iter().map(ToString::to_string).collect();
        let items = vec![Shown { credential: part.credential, title: held.display.title, claims }];
        let to = Some(request.audience.clone());
        self.note(Occurrence::Shown { items, to, by: Channel::Presentation }, rng, now).await?;
        Ok(presentation)
    }
}

/// The verification method by which a holder's key signs presentations.
pub(super) fn signer_of(reference: &KeyReference) -> Result<DidUrl> {
    let resolution = did::resolve_self_contained(&reference.did);
    let document = resolution.map_err(|e| WalletError::misused(format!("{}: {e}", reference.did)))?.document;
    let mut methods = document.verification_methods.into_iter();
    let method = methods.find(|method| method.relationships.contains(&VerificationRelationship::Authentication));
    method.map(|method| method.id).ok_or_else(|| WalletError::misused("the holder's key cannot sign presentations"))
}

/// One credential, and what of it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Its record.
    pub credential: RecordId,
    /// The claims to show, among those that could be left out ([`Secured::disclosable`]).
    pub claims: Vec<JsonPointer>,
}
