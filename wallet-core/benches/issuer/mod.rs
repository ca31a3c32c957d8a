//! An issuer with a did:key, the diploma it signs, and everything a verifier needs of it: what all benches share.

use serde_json::{Map, Value};
use wallet_core::did::{self, Did, DidUrl};
use wallet_core::key::{KeyAlgorithm, PublicKey, SecretKey};
use wallet_core::securing::linked_data::Contexts;
use wallet_core::securing::{Kind, Mechanism, ProofOptions, Secured, prepare};
use wallet_core::status::{ListTerms, MINIMUM_ENTRIES, StatusList, StatusPurpose};
use wallet_core::time::Timestamp;
use wallet_core::verification::{Evidence, Known};

/// Where the status list stands.
pub const LIST: &str = "https://uni.example/status/revocation";

pub struct Issuer {
    pub key: SecretKey,
    /// As the issuer's own DID document says it: preparing a proof takes it from there.
    pub public_key: PublicKey,
    pub did: Did,
    pub method: DidUrl,
    pub contexts: Contexts,
    pub evidence: Evidence,
    pub now: Timestamp,
}

impl Issuer {
    pub fn new(algorithm: KeyAlgorithm) -> Self {
        let key = SecretKey::from_bytes(algorithm, &[7; 32]).expect("a scalar in range");
        let public_key = key.public_key();
        let did = did::key::from_public_key(&public_key);
        let resolution = did::resolve_self_contained(&did).expect("a did:key");
        let method = resolution.document.verification_methods[0].id.clone();
        let (now, contexts) = (at("2026-03-01T12:00:00Z"), Contexts::bundled());
        let mut evidence = Evidence::new(contexts.clone());
        evidence.resolutions.insert(did.clone(), Known::Found { what: resolution, as_of: now.clone() });
        let mut issuer = Self { key, public_key, did, method, contexts, evidence, now };
        let mechanism = if algorithm == KeyAlgorithm::Ed25519 { Mechanism::EddsaRdfc2022 } else { Mechanism::Jwt };
        let list = issuer.issue(issuer.list(), mechanism);
        issuer.evidence.status_lists.insert(LIST.to_owned(), Known::Found { what: list, as_of: issuer.now.clone() });
        issuer
    }

    pub fn issue(&self, document: Map<String, Value>, mechanism: Mechanism) -> Secured {
        self.sign(document, &self.options(mechanism))
    }

    pub fn options(&self, mechanism: Mechanism) -> ProofOptions {
        ProofOptions::new(mechanism, self.method.clone(), Kind::Credential.relationship(), self.now.clone())
    }

    pub fn sign(&self, document: Map<String, Value>, options: &ProofOptions) -> Secured {
        let unsigned = prepare(document, options, &self.public_key, &self.contexts).expect("it can be signed");
        let signature = self.key.sign(unsigned.message());
        unsigned.finish(&signature).expect("the signature fits")
    }

    pub fn list(&self) -> Map<String, Value> {
        StatusList::new(MINIMUM_ENTRIES, 1).expect("a list").to_credential(&ListTerms {
            url: LIST.to_owned(),
            issuer: self.did.clone(),
            purposes: vec![StatusPurpose::Revocation],
            valid_from: self.now.clone(),
            valid_until: None,
            ttl: None,
        })
    }

    /// A diploma of about 1.6 KB when it is signed, which the peers of `tests/bench` are given too.
    pub fn diploma(&self) -> Map<String, Value> {
        let mut diploma: Value = serde_json::from_str(include_str!("../diploma.json")).expect("JSON");
        diploma["issuer"]["id"] = self.did.as_str().into();
        match diploma {
            Value::Object(map) => map,
            _ => unreachable!("it was written as an object"),
        }
    }
}

pub fn at(text: &str) -> Timestamp {
    text.parse().expect("a date")
}
