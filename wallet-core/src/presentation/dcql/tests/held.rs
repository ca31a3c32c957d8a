//! Credentials to ask for.

use getrandom::SysRng;
use getrandom::rand_core::UnwrapErr;
use serde_json::{Map, Value, json};

use crate::did::{self, DidUrl, VerificationRelationship};
use crate::json::JsonPointer;
use crate::key::{KeyAlgorithm, SecretKey};
use crate::presentation::dcql::{Held, Validity};
use crate::securing::linked_data::Contexts;
use crate::securing::{Disclosure, Mechanism, ProofOptions, Secured, prepare, prepare_disclosable};

pub fn key(seed: u8) -> SecretKey {
    SecretKey::from_bytes(KeyAlgorithm::P256, &[seed; 32]).expect("a scalar in range")
}

fn method() -> DidUrl {
    let did = did::key::from_public_key(&key(1).public_key());
    did.with_fragment(did.identifier()).expect("a DID URL")
}

fn object(value: Value) -> Map<String, Value> {
    value.as_object().expect("an object").clone()
}

pub fn options(mechanism: Mechanism) -> ProofOptions {
    let created = "2026-03-01T12:00:00Z".parse().expect("a date");
    ProofOptions::new(mechanism, method(), VerificationRelationship::AssertionMethod, created)
}

/// An SD-JWT VC of these claims, the first level of which may be left out, bound to the holder's key.
pub fn sd_jwt_vc(claims: Value) -> Secured {
    let claims = object(claims);
    let concealed = claims.keys().filter(|name| !name.contains("vct")).map(|name| JsonPointer::new([name.clone()]));
    let pointers = concealed.collect();
    let disclosure = Disclosure::Only { pointers, decoys: 1, holder: Some(key(2).public_key()) };
    sign(claims, ProofOptions { disclosure, ..options(Mechanism::SdJwtVc) })
}

/// A W3C credential of these types and claims.
pub fn w3c(mechanism: Mechanism, context: Value, types: Value, subject: Value) -> Secured {
    let credential = json!({
        "@context": context, "type": types, "issuer": method().did(), "credentialSubject": subject,
    });
    sign(object(credential), options(mechanism))
}

pub fn sign(document: Map<String, Value>, options: ProofOptions) -> Secured {
    let (contexts, mut rng, issuer) = (Contexts::bundled(), UnwrapErr(SysRng), key(1));
    let unsigned = match options.disclosure {
        Disclosure::Whole => prepare(document, &options, &issuer.public_key(), &contexts),
        _ => prepare_disclosable(document, &options, &issuer.public_key(), &contexts, &mut rng),
    };
    let unsigned = unsigned.expect("it can be signed");
    let signature = issuer.sign(unsigned.message());
    unsigned.finish(&signature).expect("the signature fits")
}

pub fn held(name: &str, credential: Secured) -> Held {
    Held { name: name.to_owned(), credential, key: Some(KeyAlgorithm::P256), validity: Validity::Current }
}

pub fn pid() -> Secured {
    sd_jwt_vc(json!({
        "vct": "https://credentials.example.com/identity_credential",
        "given_name": "John", "family_name": "Doe", "age": 42, "is_over_18": true, "postal_code": "90211",
        "address": { "street_address": "42 Market Street", "locality": "Milliways", "country": "DE" },
        "nationalities": ["British", "Betelgeusian"],
    }))
}
