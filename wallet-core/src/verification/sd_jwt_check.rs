//! What SD-JWTs have that other credentials have not: issuers by web address, the holder's key binding, rules of a type.

use super::anchor_check::Signing;
use super::certificate_check::Certified;
use super::{Examination, Gap, IssuerUsed, Known, Place, Presenter, Reason, Warning};
use crate::credential::{Credential, ModelVersion};
use crate::did::{self, VerificationRelationship};
use crate::securing::Secured;
use crate::securing::sd_jwt::type_metadata::{TypeFault, TypeMetadata};
use crate::securing::sd_jwt::{BindingFault, IssuerMetadata, KeyBinding, Onlooker};

/// What is known of whoever issued a credential.
#[derive(Default)]
pub(super) struct Issued {
    /// When it was signed, if that is known.
    pub signing: Option<Signing>,
    /// Whether an authority that is trusted certifies who signed.
    pub certified: bool,
}

impl<'a> Examination<'a> {
    /// Checks that `secured` is signed by the credential's issuer, whatever the issuer goes by.
    ///
    /// The issuer's own name decides how its key is found, so that nobody but the issuer can choose (SD-JWT VC §7.2): a DID has it
    /// in its document; a web address has it in a certificate for that address by an authority that the verifier trusts, or else in
    /// what it publishes.
    pub(super) fn issuer_proofs(&mut self, secured: &Secured, credential: &Credential, place: Place) -> Issued {
        if let Some(certified) = self.certificate_proof(secured, credential.issuer(), place) {
            return Issued { certified: certified == Certified::ByAuthority, ..Issued::default() };
        }
        if let Some(issuer) = secured.web_issuer() {
            let kid = secured.sd_jwt().and_then(|token| token.header().get("kid")).and_then(|kid| kid.as_str());
            self.web_proof(secured, (issuer, kid), place);
            return Issued::default();
        }
        if credential.issuer().is_empty() {
            self.reject(place, Reason::Malformed { fault: "it does not name its issuer".to_owned() });
            return Issued::default();
        }
        let signed = self.proofs(secured, place, Some(credential.issuer()), VerificationRelationship::AssertionMethod);
        Issued { signing: signed.and_then(|signed| signed.at), certified: false }
    }

    /// Checks the one proof of `secured` under the key `kid` that the issuer at a web address publishes.
    pub(super) fn web_proof(&mut self, secured: &Secured, (issuer, kid): (&str, Option<&str>), place: Place) {
        let proof = &secured.proofs()[0];
        self.proof_time(proof, place);
        let Some(metadata) = self.issuer_metadata(issuer, place) else { return };
        match metadata.key(kid) {
            Some(key) => drop(self.signature(secured, 0, key, place)),
            None => self.reject(place, Reason::KeyNotInDocument { method: proof.method.clone() }),
        }
    }

    /// What the issuer publishes of its keys, if it is at hand and fresh enough.
    fn issuer_metadata(&mut self, url: &str, place: Place) -> Option<&'a IssuerMetadata> {
        let evidence = self.evidence;
        let issuer = url.to_owned();
        let (metadata, as_of) = match evidence.issuers.get(url) {
            Some(Known::Found { what, as_of }) => (what, as_of),
            Some(Known::Impossible) => {
                self.reject(place, Reason::InvalidDid { did: issuer });
                return None;
            }
            Some(Known::Missing { why }) => {
                self.gap(place, Gap::IssuerKeysMissing { issuer, why: why.clone() });
                return None;
            }
            None => {
                self.gap(place, Gap::IssuerKeysMissing { issuer, why: "nobody was asked".to_owned() });
                return None;
            }
        };
        if as_of.plus_seconds(self.expected.resolution_max_age) < *self.now {
            self.gap(place, Gap::IssuerKeysStale { issuer: issuer.clone(), as_of: as_of.clone() });
        }
        let used = IssuerUsed { issuer: issuer.clone(), as_of: as_of.clone() };
        if !self.basis.issuers.contains(&used) {
            self.warn(place, Warning::IssuerBelieved { issuer });
            self.basis.issuers.push(used);
        }
        Some(metadata)
    }

    /// The holder's signature over an SD-JWT: it must be there when the holder has to present, and good when it is there.
    pub(super) fn binding(&mut self, secured: &Secured, place: Place) {
        let Some(token) = secured.sd_jwt().filter(|token| token.claims().is_ok()) else { return };
        if !token.is_bound() && self.expected.presenter == Presenter::Anyone {
            return;
        }
        match token.check_binding(self.now) {
            Ok(binding) => {
                self.holder = token.holder_key().ok().map(|key| did::key::from_public_key(&key));
                self.answers(binding, place);
            }
            Err(BindingFault::Missing) => self.reject(place, Reason::HolderBindingMissing),
            Err(BindingFault::UnsupportedKey) => {
                self.gap(place, Gap::Unsupported { what: "the holder's kind of key".to_owned() })
            }
            Err(fault) => self.reject(place, Reason::HolderBindingBad { fault: fault.to_string() }),
        }
    }

    /// The key binding answers this verifier's request.
    fn answers(&mut self, binding: &KeyBinding, place: Place) {
        let (Some(nonce), Some(audience)) = (&self.expected.nonce, &self.expected.audience) else {
            if self.expected.presenter == Presenter::Subject {
                self.gap(place, Gap::FreshnessUnchecked);
            }
            return;
        };
        if !binding.is_for_nonce(nonce) {
            self.reject(place, Reason::WrongNonce);
        }
        if binding.audience() != audience {
            self.reject(place, Reason::WrongAudience { audience: vec![binding.audience().to_owned()] });
        }
    }

    /// The rules of an SD-JWT VC's type, when what is known of the type is at hand (SD-JWT VC §5.7).
    pub(super) fn type_rules(&mut self, secured: &Secured, credential: &Credential, place: Place) {
        let documents = &self.evidence.type_metadata;
        let Some(&vct) = credential.types().first().filter(|_| credential.version() == ModelVersion::SdJwtVc) else { return };
        let Some(outline) = secured.sd_jwt().filter(|_| documents.contains_key(vct)).and_then(|token| token.outline().ok())
        else {
            return;
        };
        let integrity = credential.json().get("vct#integrity").and_then(|integrity| integrity.as_str());
        let faults = match TypeMetadata::resolve(vct, integrity, documents) {
            Ok(metadata) => metadata.check(&outline, Onlooker::Verifier),
            // Nothing is known of a type before all of it is.
            Err(fault @ TypeFault::Missing { .. }) => return self.warn(place, Warning::Profile { fault: fault.to_string() }),
            Err(fault) => vec![fault],
        };
        for fault in faults {
            self.reject(place, Reason::TypeNotFollowed { fault: fault.to_string() });
        }
    }
}
