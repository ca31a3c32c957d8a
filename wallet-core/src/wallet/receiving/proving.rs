//! Keys for new credentials, and the proofs that the wallet holds them (OpenID4VCI 1.0 §8.2, appendix F).

use super::Client;
use super::errand::Errand;
use super::issuance::Wanted;
use crate::did::{self, Did, DidUrl};
use crate::error::{Result, WalletError};
use crate::issuance::{
    CredentialConfiguration, CredentialFormat, KeyPresentationTerms, KeyProofTerms, ProofKey, ProofTypeTerms, Proofs,
};
use crate::key::{KeyAlgorithm, PublicKey};
use crate::securing::{Mechanism, Secured};
use crate::store::{KeyReference, Record};

/// How the keys for one configuration are proven.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Plan {
    how: How,
    algorithm: KeyAlgorithm,
    binding: Binding,
    /// Whether somebody must attest where the keys are kept.
    attested: bool,
}

#[derive(Debug, Clone, PartialEq)]
enum How {
    Jwt,
    DiVp(Mechanism),
    Attestation,
}

/// What a credential is bound to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Binding {
    Jwk,
    DidKey,
    DidJwk,
}

impl Plan {
    /// The first way that both the issuer and this wallet know; none where the credential is bound to no key.
    pub fn of(configuration: &CredentialConfiguration, client: &Client<'_>) -> Result<Option<Self>> {
        if !configuration.needs_proof() {
            return Ok(None);
        }
        let binding = Binding::of(configuration)?;
        let plan = ["jwt", "attestation", "di_vp"].into_iter().find_map(|name| {
            let terms = configuration.proof_types.get(name)?;
            let attested = terms.key_attestations_required.is_some();
            let (how, algorithm) = How::of(name, terms)?;
            let can = client.attester.is_some() || !attested && how != How::Attestation;
            can.then_some(Self { how, algorithm, binding, attested })
        });
        let unsupported = || WalletError::unsupported("the proof of keys that the issuer asks for", "this wallet cannot give it");
        plan.map(Some).ok_or_else(unsupported)
    }
}

impl How {
    fn of(name: &str, terms: &ProofTypeTerms) -> Option<(Self, KeyAlgorithm)> {
        let known = &terms.proof_signing_alg_values_supported;
        let takes = |names: &[&str]| known.iter().any(|known| names.contains(&known.as_str()));
        let jose = [(&["ES256"][..], KeyAlgorithm::P256), (&["EdDSA", "Ed25519"][..], KeyAlgorithm::Ed25519)];
        let suites = [
            (Mechanism::EcdsaRdfc2019, KeyAlgorithm::P256),
            (Mechanism::EcdsaJcs2019, KeyAlgorithm::P256),
            (Mechanism::EddsaRdfc2022, KeyAlgorithm::Ed25519),
            (Mechanism::EddsaJcs2022, KeyAlgorithm::Ed25519),
        ];
        match name {
            "di_vp" => {
                let suite = suites.into_iter().find(|(suite, _)| takes(&[suite.as_str()]));
                suite.map(|(suite, algorithm)| (Self::DiVp(suite), algorithm))
            }
            // What the attestation is signed by is the attester's matter; the attested keys may be of the kind every phone has.
            "attestation" => Some((Self::Attestation, KeyAlgorithm::P256)),
            _ => jose.into_iter().find(|(names, _)| takes(names)).map(|(_, algorithm)| (Self::Jwt, algorithm)),
        }
    }
}

impl Binding {
    /// A bare key for an SD-JWT VC, a DID for a W3C credential, where the issuer lets the wallet choose.
    fn of(configuration: &CredentialConfiguration) -> Result<Self> {
        let offered = &configuration.binding_methods;
        let order = match configuration.format {
            CredentialFormat::SdJwtVc(_) => [Self::Jwk, Self::DidKey, Self::DidJwk],
            _ => [Self::DidKey, Self::DidJwk, Self::Jwk],
        };
        let is_offered = |binding: &Self| offered.is_empty() || offered.iter().any(|name| name == binding.as_str());
        let unsupported = || WalletError::unsupported("what the issuer binds credentials to", "use jwk, did:key or did:jwk");
        order.into_iter().find(is_offered).ok_or_else(unsupported)
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Jwk => "jwk",
            Self::DidKey => "did:key",
            Self::DidJwk => "did:jwk",
        }
    }

    /// The DID that stands for the key.
    fn did(self, key: &PublicKey) -> Did {
        match self {
            Self::DidKey => did::key::from_public_key(key),
            // A bare key is its own JWK.
            Self::Jwk | Self::DidJwk => did::jwk::from_public_key(key),
        }
    }
}

impl Errand<'_> {
    /// Makes the keys for what is `wanted`, one for each credential, and remembers them before anything is asked for.
    pub async fn make_keys(&mut self, at: usize, plan: &Plan) -> Result<()> {
        if !self.issuance.wanted[at].keys.is_empty() {
            return Ok(());
        }
        let count = self.issuance.count.clamp(1, self.issuance.issuer.batch_size());
        let mut references = Vec::new();
        for _ in 0..count {
            let (id, public) = self.wallet.keystore.create(plan.algorithm).await?;
            let (did, created) = (plan.binding.did(&public), self.now.clone());
            references.push(KeyReference { id, public, did, created, protection: self.client.protection });
        }
        let added = references.clone();
        let add = |edit: &mut crate::store::Edit<'_>, rng: &mut (dyn rand_core::CryptoRng + Send)| {
            added.into_iter().map(|reference| edit.add(&Record::Key(reference), rng)).collect::<Result<Vec<_>>>()
        };
        let records = self.wallet.change(self.rng, add).await?;
        self.issuance.wanted[at].keys = records.into_iter().zip(references).collect();
        self.save().await.map(drop)
    }

    /// The proofs of the keys of what is `wanted`, with the issuer's `nonce`.
    pub async fn prove(&mut self, wanted: &Wanted, plan: &Plan, nonce: Option<&str>) -> Result<Proofs> {
        let keys: Vec<&KeyReference> = wanted.keys.iter().map(|(_, reference)| reference).collect();
        let attestation = self.attestation(&keys, plan, nonce).await?;
        match (&plan.how, attestation) {
            (How::Attestation, Some(attestation)) => Ok(Proofs::Attestation(attestation)),
            (How::Attestation, None) => Err(WalletError::misused("nobody attests the wallet's keys")),
            // One proof carries the attestation of all the keys.
            (How::Jwt, Some(attestation)) => Ok(Proofs::Jwt(vec![self.token(keys[0], plan, (nonce, Some(&attestation))).await?])),
            (How::Jwt, None) => {
                let mut tokens = Vec::new();
                for key in keys {
                    tokens.push(self.token(key, plan, (nonce, None)).await?);
                }
                Ok(Proofs::Jwt(tokens))
            }
            (How::DiVp(mechanism), _) => {
                let mut presentations = Vec::new();
                for key in keys {
                    let presentation = self.presentation(key, *mechanism, nonce).await?;
                    presentations.push(crate::json::read_object("key proof", presentation.text())?);
                }
                Ok(Proofs::DiVp(presentations))
            }
        }
    }

    async fn attestation(&mut self, keys: &[&KeyReference], plan: &Plan, nonce: Option<&str>) -> Result<Option<String>> {
        if !plan.attested && plan.how != How::Attestation {
            return Ok(None);
        }
        let attester = self.client.attester.ok_or_else(|| WalletError::misused("nobody attests the wallet's keys"))?;
        let keys: Vec<PublicKey> = keys.iter().map(|reference| reference.public.clone()).collect();
        attester.attest(&keys, nonce).await.map(Some)
    }

    async fn token(
        &mut self,
        key: &KeyReference,
        plan: &Plan,
        (nonce, attestation): (Option<&str>, Option<&str>),
    ) -> Result<String> {
        let named = match plan.binding {
            Binding::Jwk => ProofKey::Jwk(key.public.clone()),
            Binding::DidKey | Binding::DidJwk => ProofKey::Did(method_of(key)?),
        };
        let terms = KeyProofTerms {
            issuer: &self.issuance.issuer.credential_issuer,
            nonce,
            client: self.issuance.client_id.as_deref(),
            key: named,
            attestation,
            issued: self.now,
        };
        let unsigned = terms.prepare(&key.public)?;
        let signature = self.wallet.keystore.sign(&key.id, unsigned.message()).await?;
        Ok(unsigned.finish(&signature))
    }

    async fn presentation(&mut self, key: &KeyReference, mechanism: Mechanism, nonce: Option<&str>) -> Result<Secured> {
        let (issuer, method) = (&self.issuance.issuer.credential_issuer, method_of(key)?);
        let terms = KeyPresentationTerms { issuer, nonce, mechanism, method, issued: self.now };
        let unsigned = terms.prepare(&key.public, &self.client.verifier.carried.contexts)?;
        let signature = self.wallet.keystore.sign(&key.id, unsigned.message()).await?;
        unsigned.finish(&signature)
    }
}

/// The verification method of a key's DID, which contains its document.
fn method_of(key: &KeyReference) -> Result<DidUrl> {
    let resolution =
        did::resolve_self_contained(&key.did).map_err(|error| WalletError::misused(format!("{}: {error}", key.did)))?;
    let method = resolution.document.verification_methods.into_iter().next();
    method.map(|method| method.id).ok_or_else(|| WalletError::misused("the key's DID names no key"))
}
