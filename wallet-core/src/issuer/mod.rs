//! The issuer door: from claims to a secured credential, its status afterwards, and the issuer's place on the registry.

mod accrediting;
mod anchoring;
mod batch;
pub mod credential_issuer;
mod lists;
mod places;
mod registrar;
mod sending;

pub use accrediting::NewAccreditation;
pub use anchoring::Anchored;
pub use batch::{Batch, BatchPlan, Rows};
pub use credential_issuer::CredentialIssuer;
pub use lists::{SignedList, StatusPlan};
pub use registrar::{Registrar, Written};
pub use sending::Sending;

use std::sync::Arc;

use rand_core::CryptoRng;
use serde_json::{Map, Value};

use crate::credential::identifier;
use crate::did::{Did, DidUrl, VerificationRelationship};
use crate::error::{Result, WalletError};
use crate::key::KeyId;
use crate::ports::{Keystore, Storage};
use crate::securing::linked_data::Contexts;
use crate::securing::{Disclosure, Mechanism, ProofOptions, Secured, Unsigned, prepare, prepare_disclosable};
use crate::status::StatusPurpose;
use crate::time::Timestamp;
use crate::x509::CertificateChain;

/// Issues credentials in the name of one DID, and says later which of them it has revoked or suspended.
pub struct Issuer {
    /// In whose name.
    pub did: Did,
    /// The verification method that its signatures name.
    pub method: DidUrl,
    /// The key behind it.
    pub key: KeyId,
    /// Where that key lives.
    pub keystore: Arc<dyn Keystore>,
    /// Where the status lists are kept.
    pub storage: Arc<dyn Storage>,
    /// How they are kept and published.
    pub status: StatusPlan,
    /// The JSON-LD contexts that its credentials may use.
    pub contexts: Contexts,
}

impl Issuer {
    /// Signs `credential`, with one place in the status lists of `purposes`; one without an `id` is given a random one.
    ///
    /// The place is taken before anything is signed: a kill in between wastes it and never gives it out twice.
    pub async fn issue(
        &mut self,
        credential: Map<String, Value>,
        mechanism: Mechanism,
        purposes: &[StatusPurpose],
        rng: &mut (dyn CryptoRng + Send),
        now: &Timestamp,
    ) -> Result<Secured> {
        let terms = SigningTerms { purposes: purposes.to_vec(), ..SigningTerms::of(mechanism) };
        self.issue_on(credential, &terms, rng, now).await
    }

    /// As [`Issuer::issue`], on terms that may let the holder leave something out, or name the issuer by its certificate.
    pub async fn issue_on(
        &mut self,
        mut credential: Map<String, Value>,
        terms: &SigningTerms,
        rng: &mut (dyn CryptoRng + Send),
        now: &Timestamp,
    ) -> Result<Secured> {
        let Id { id, given } = self.identify(&mut credential, terms, rng)?;
        let options = ProofOptions {
            disclosure: terms.disclosure.clone(),
            certificates: terms.certificates.clone(),
            ..self.options(terms.mechanism, now)
        };
        if !terms.purposes.is_empty() {
            let listing = self.listing(terms.mechanism, &terms.purposes)?;
            // What cannot be signed takes no place, and its `id` stays free for what is put right.
            self.prepare(credential.clone(), &options, rng).await?;
            if given {
                self.refuse_issued(&id).await?;
            }
            let (spots, changes) = self.take_places(&[id], &listing, rng).await?;
            self.storage.write(changes).await?;
            self.write_place(&mut credential, &listing, spots[0])?;
        }
        let unsigned = self.prepare(credential, &options, rng).await?;
        let signature = self.keystore.sign(&self.key, unsigned.message()).await?;
        unsigned.finish(&signature)
    }

    /// The id of a credential in this issuer's name; one without is given a random one.
    fn identify(&self, credential: &mut Map<String, Value>, terms: &SigningTerms, rng: &mut dyn CryptoRng) -> Result<Id> {
        // Outside VC DM these are claims of the token (RFC 7519 §4.1).
        let (name, issuer) = if terms.mechanism == Mechanism::SdJwtVc { ("jti", "iss") } else { ("id", "issuer") };
        let named = credential.get(issuer).and_then(identifier);
        // Whether a web address goes with the key or its certificate is for the mechanism to say.
        let goes_by_web = terms.mechanism == Mechanism::SdJwtVc || terms.certificates.is_some();
        if named != Some(self.did.as_str()) && !(goes_by_web && named.is_none_or(|named| !named.starts_with("did:"))) {
            return Err(WalletError::misused(format!("the credential's issuer must be {}", self.did)));
        }
        match credential.get(name) {
            Some(Value::String(id)) => Ok(Id { id: id.clone(), given: true }),
            Some(_) => Err(WalletError::misused("the id must be a URL")),
            None => {
                let id = random_urn(rng);
                credential.insert(name.to_owned(), id.clone().into());
                Ok(Id { id, given: false })
            }
        }
    }

    /// Signs a credential as it stands, with the issuer's key.
    pub async fn sign(&self, credential: Map<String, Value>, mechanism: Mechanism, now: &Timestamp) -> Result<Secured> {
        self.sign_with(credential, &self.options(mechanism, now)).await
    }

    fn options(&self, mechanism: Mechanism, now: &Timestamp) -> ProofOptions {
        ProofOptions::new(mechanism, self.method.clone(), VerificationRelationship::AssertionMethod, now.clone())
    }

    async fn sign_with(&self, document: Map<String, Value>, options: &ProofOptions) -> Result<Secured> {
        let unsigned = prepare(document, options, &self.keystore.public_key(&self.key).await?, &self.contexts)?;
        let signature = self.keystore.sign(&self.key, unsigned.message()).await?;
        unsigned.finish(&signature)
    }

    async fn prepare(
        &self,
        document: Map<String, Value>,
        options: &ProofOptions,
        rng: &mut (dyn CryptoRng + Send),
    ) -> Result<Unsigned> {
        let key = self.keystore.public_key(&self.key).await?;
        match options.disclosure {
            Disclosure::Whole => prepare(document, options, &key, &self.contexts),
            _ => prepare_disclosable(document, options, &key, &self.contexts, rng),
        }
    }
}

/// How a credential is signed, and in which status lists it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct SigningTerms {
    /// How it is signed.
    pub mechanism: Mechanism,
    /// In which status lists it has a place.
    pub purposes: Vec<StatusPurpose>,
    /// What its holder may leave out.
    pub disclosure: Disclosure,
    /// The certificates of the issuer, when it goes by one.
    pub certificates: Option<CertificateChain>,
}

impl SigningTerms {
    /// Signed whole, with no status, by a key that a DID has.
    pub fn of(mechanism: Mechanism) -> Self {
        Self { mechanism, purposes: Vec::new(), disclosure: Disclosure::Whole, certificates: None }
    }
}

/// The id of a credential, and whether it came with it.
struct Id {
    id: String,
    given: bool,
}

/// A random UUID as a URN (RFC 9562 §5.4).
fn random_urn(rng: &mut dyn CryptoRng) -> String {
    let mut bytes = [0; 16];
    rng.fill_bytes(&mut bytes);
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = |range: std::ops::Range<usize>| bytes[range].iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    format!("urn:uuid:{}-{}-{}-{}-{}", hex(0..4), hex(4..6), hex(6..8), hex(8..10), hex(10..16))
}
