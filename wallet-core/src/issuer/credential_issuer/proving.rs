//! Key proofs as the issuer checks them: whose keys credentials are to be bound to (OpenID4VCI 1.0 §8.2, appendix F).

use std::collections::BTreeSet;

use super::sessions::Kind;
use super::{CredentialIssuer, broke};
use crate::did::{self, Did, DidUrl, VerificationRelationship};
use crate::issuance::{
    CredentialConfiguration, ExpectedProof, KeyAttestation, KeyPresentation, KeyProof, ProofKey, ProofTypeTerms, Proofs,
};
use crate::key::PublicKey;
use crate::oauth::{OAuthError, OAuthErrorCode, Secret};
use crate::resolver::Dereferenced;
use crate::time::Timestamp;

/// A key that a credential is to be bound to.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub(super) struct HolderKey {
    pub key: PublicKey,
    /// The DID that has it, where the proof named it by one.
    did: Option<Did>,
}

impl HolderKey {
    fn bare(key: PublicKey) -> Self {
        Self { key, did: None }
    }

    /// The DID that a credential is about: the one that has the key, or the one that is the key.
    pub fn did(&self) -> Did {
        self.did.clone().unwrap_or_else(|| did::jwk::from_public_key(&self.key))
    }
}

/// What was proven, and the nonces that were used for it.
#[derive(Default)]
struct Proven {
    holders: Vec<HolderKey>,
    nonces: BTreeSet<String>,
}

impl Proven {
    /// Each key is bound to one credential at the most (§8.3).
    fn add(&mut self, holder: HolderKey) {
        if !self.holders.iter().any(|other| other.key == holder.key) {
            self.holders.push(holder);
        }
    }

    /// Every proof carries a nonce, and so does a key attestation, in a proof as well (appendix F.1).
    fn use_nonce(&mut self, nonce: Option<&str>) -> Result<(), OAuthError> {
        self.nonces.insert(nonce.ok_or_else(|| invalid("a proof carries no nonce"))?.to_owned());
        Ok(())
    }
}

impl CredentialIssuer {
    /// The keys that `proofs` prove for a credential of `configuration`, for a token of `client`; their nonces are used up then.
    ///
    /// A credential that is bound to no key takes no proofs, and has no keys.
    pub(super) async fn prove(
        &self,
        proofs: Option<&Proofs>,
        (configuration, client): (&CredentialConfiguration, Option<&str>),
        now: &Timestamp,
    ) -> Result<Vec<HolderKey>, OAuthError> {
        let proofs = match (proofs, configuration.needs_proof()) {
            (Some(proofs), true) => proofs,
            (None, false) => return Ok(Vec::new()),
            (None, true) => return Err(invalid("proofs of keys are needed")),
            (Some(_), false) => return Err(invalid("this credential is bound to no key")),
        };
        let terms = configuration.proof_types.get(proofs.proof_type());
        let terms = terms.ok_or_else(|| invalid("this type of proof is not among those of the credential"))?;
        if proofs.count() > self.plan.batch_size.max(1) as usize {
            return Err(invalid("there are more proofs than one request may bring"));
        }
        let expected =
            ExpectedProof { issuer: &self.plan.identifier, algorithms: &terms.proof_signing_alg_values_supported, client };
        let mut proven = Proven::default();
        match proofs {
            Proofs::Jwt(all) => {
                for text in all {
                    self.prove_by_jwt(text, (&expected, terms), &mut proven, now).await?;
                }
            }
            Proofs::DiVp(all) => {
                for presentation in all {
                    let proof = KeyPresentation::read(presentation).map_err(invalid)?;
                    proven.use_nonce(proof.nonce())?;
                    let key = self.resolved(proof.method(), now).await?;
                    proof.check(&key, &expected, &self.contexts, now).map_err(invalid)?;
                    proven.add(HolderKey { key, did: Some(proof.method().did()) });
                }
            }
            Proofs::Attestation(text) => {
                let attestation = KeyAttestation::read(text).map_err(invalid)?;
                proven.use_nonce(attestation.nonce())?;
                self.check_attestation(&attestation, terms, now)?;
                attestation.keys().iter().cloned().map(HolderKey::bare).for_each(|holder| proven.add(holder));
            }
        }
        self.check_binding(&proven.holders, configuration)?;
        self.use_nonces(&proven.nonces, now).await?;
        proven.holders.truncate(self.plan.batch_size.max(1) as usize);
        Ok(proven.holders)
    }

    async fn prove_by_jwt(
        &self,
        text: &str,
        (expected, terms): (&ExpectedProof<'_>, &ProofTypeTerms),
        proven: &mut Proven,
        now: &Timestamp,
    ) -> Result<(), OAuthError> {
        let proof = KeyProof::read(text).map_err(invalid)?;
        proven.use_nonce(proof.nonce())?;
        let holder = match (proof.own_key().map_err(invalid)?, proof.key()) {
            (Some(key), _) => HolderKey::bare(key),
            (None, ProofKey::Did(method)) => HolderKey { key: self.resolved(method, now).await?, did: Some(method.did()) },
            (None, _) => return Err(invalid("the proof does not name its key")),
        };
        proof.check(&holder.key, expected, now).map_err(invalid)?;
        proven.add(holder);
        match proof.attestation() {
            None if terms.key_attestations_required.is_some() => Err(invalid("a key attestation is needed")),
            None => Ok(()),
            Some(attestation) => {
                self.check_attestation(attestation, terms, now)?;
                proven.use_nonce(attestation.nonce())?;
                attestation.keys().iter().cloned().map(HolderKey::bare).for_each(|holder| proven.add(holder));
                Ok(())
            }
        }
    }

    /// An attestation by somebody trusted, who says of the keys what is asked.
    fn check_attestation(&self, attestation: &KeyAttestation, terms: &ProofTypeTerms, now: &Timestamp) -> Result<(), OAuthError> {
        if !terms.proof_signing_alg_values_supported.iter().any(|known| known == attestation.algorithm()) {
            return Err(invalid("the algorithm of the key attestation is not among those of the credential"));
        }
        attestation.check(&self.plan.key_attesters, now).map_err(invalid)?;
        let required = terms.key_attestations_required.as_ref();
        if required.is_some_and(|required| !attestation.meets(required)) {
            return Err(invalid("the key attestation does not say what is required"));
        }
        Ok(())
    }

    /// The key of a verification method, for its owner to authenticate with.
    async fn resolved(&self, method: &DidUrl, now: &Timestamp) -> Result<PublicKey, OAuthError> {
        let found = self.resolver.dereference(method, now).await.map_err(|_| invalid("the DID of a proof cannot be resolved"))?;
        let key = match found {
            Dereferenced::Method(found) if found.relationships.contains(&VerificationRelationship::Authentication) => found.key,
            _ => None,
        };
        key.ok_or_else(|| invalid("the DID of a proof has no such key to authenticate with"))
    }

    /// Each key is named as the configuration allows: bare, or by a DID of one of its methods.
    fn check_binding(&self, holders: &[HolderKey], configuration: &CredentialConfiguration) -> Result<(), OAuthError> {
        let allows = |holder: &HolderKey| {
            let name = holder.did.as_ref().map_or("jwk".to_owned(), |did| format!("did:{}", did.method()));
            configuration.binding_methods.contains(&name)
        };
        if holders.iter().all(allows) { Ok(()) } else { Err(invalid("a key is not named as this credential asks")) }
    }

    /// Each nonce is one that was given out, and is good only once (§13.8).
    async fn use_nonces(&self, nonces: &BTreeSet<String>, now: &Timestamp) -> Result<(), OAuthError> {
        for nonce in nonces {
            let nonce = Secret::from(nonce.as_str());
            let found: Option<()> = self.sessions().take(Kind::Nonce, &nonce, now).await.map_err(broke)?;
            if found.is_none() {
                let error = OAuthError::new(OAuthErrorCode::InvalidNonce);
                return Err(error.because("the nonce is not, or no longer, good: fetch another one"));
            }
        }
        Ok(())
    }
}

fn invalid(reason: impl ToString) -> OAuthError {
    OAuthError::new(OAuthErrorCode::InvalidProof).because(reason.to_string())
}
