//! The issuer door: from claims to a secured credential, its status afterwards, and the issuer's place on the registry.

mod accrediting;
mod lists;
mod registrar;
mod sending;

pub use accrediting::NewAccreditation;
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
use crate::securing::{Mechanism, ProofOptions, Secured, Unsigned, prepare};
use crate::status::StatusPurpose;
use crate::time::Timestamp;

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
        mut credential: Map<String, Value>,
        mechanism: Mechanism,
        purposes: &[StatusPurpose],
        rng: &mut (dyn CryptoRng + Send),
        now: &Timestamp,
    ) -> Result<Secured> {
        // Outside VC DM these are claims of the token (RFC 7519 §4.1).
        let (id, issuer) = if mechanism == Mechanism::SdJwtVc { ("jti", "iss") } else { ("id", "issuer") };
        if credential.get(issuer).and_then(identifier) != Some(self.did.as_str()) {
            return Err(WalletError::misused(format!("the credential's issuer must be {}", self.did)));
        }
        if !credential.contains_key(id) {
            credential.insert(id.to_owned(), random_urn(rng).into());
        }
        if !purposes.is_empty() {
            let id = credential.get(id).and_then(Value::as_str).ok_or_else(|| WalletError::misused("the id must be a URL"))?;
            let id = id.to_owned();
            // What cannot be signed takes no place, and its `id` stays free for what is put right.
            self.prepare(credential.clone(), &self.options(mechanism, now)).await?;
            self.give_place((&mut credential, &id), mechanism, purposes, rng).await?;
        }
        self.sign(credential, mechanism, now).await
    }

    /// Signs a credential as it stands, with the issuer's key.
    pub async fn sign(&self, credential: Map<String, Value>, mechanism: Mechanism, now: &Timestamp) -> Result<Secured> {
        self.sign_with(credential, &self.options(mechanism, now)).await
    }

    fn options(&self, mechanism: Mechanism, now: &Timestamp) -> ProofOptions {
        ProofOptions::new(mechanism, self.method.clone(), VerificationRelationship::AssertionMethod, now.clone())
    }

    async fn sign_with(&self, document: Map<String, Value>, options: &ProofOptions) -> Result<Secured> {
        let unsigned = self.prepare(document, options).await?;
        let signature = self.keystore.sign(&self.key, unsigned.message()).await?;
        unsigned.finish(&signature)
    }

    async fn prepare(&self, document: Map<String, Value>, options: &ProofOptions) -> Result<Unsigned> {
        prepare(document, options, &self.keystore.public_key(&self.key).await?, &self.contexts)
    }
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
