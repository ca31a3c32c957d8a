//! The mechanisms side by side: what holds for one holds for all.

use super::linked_data::Contexts;
use super::*;
use crate::credential::profiles::{self, Diploma, IdentityCard, ReducedDiploma, Vaccination};
use crate::credential::{Credential, CredentialTerms, Presentation};
use crate::error::WalletError;
use crate::json;
use crate::key::{KeyAlgorithm, SecretKey};
use proptest::prelude::*;
use serde_json::json;

#[test]
fn document_that_is_not_secured_is_malformed() {
    let credential = json!({ "type": ["VerifiableCredential"] });
    let with = |proof: Value| {
        let mut json = credential.clone();
        json["proof"] = proof;
        json.to_string()
    };
    for text in [credential.to_string(), with(json!([])), with(json!("z")), with(json!([7])), "{}".to_owned(), "".to_owned()] {
        assert!(matches!(Secured::read(&text), Err(WalletError::Malformed { .. })), "{text}");
    }
    let many = with(json!(vec![json!({}); MAX_PROOFS + 1]));
    assert!(matches!(Secured::read(&many), Err(WalletError::Malformed { .. })));
}

#[test]
fn document_of_two_kinds_or_none_is_refused() {
    for types in [json!(["VerifiableCredential", "VerifiablePresentation"]), json!([]), json!("Person"), json!(7)] {
        let json = json!({ "type": types, "proof": { "type": "DataIntegrityProof" } });
        assert!(Secured::read(&json.to_string()).is_err());
    }
}

#[test]
fn mechanism_of_another_version_is_not_supported() {
    let proof = json!({
        "type": "DataIntegrityProof",
        "cryptosuite": "example-2031",
        "verificationMethod": "did:example:1#k",
        "proofPurpose": "assertionMethod",
        "proofValue": "u2V0C",
    });
    let json = json!({ "type": ["VerifiableCredential"], "proof": proof });
    assert!(matches!(Secured::read(&json.to_string()), Err(WalletError::Unsupported { .. })));
}

#[test]
fn text_past_the_limit_is_refused_before_it_is_read() {
    assert!(Secured::read(&" ".repeat(json::MAX_BYTES + 1)).is_err());
    assert!(Secured::read(&format!("{{\"a\":{}", "[".repeat(1 << 19))).is_err());
}

/// The three profiles with every claim they know.
fn full_profiles() -> Vec<Map<String, Value>> {
    let terms = CredentialTerms {
        issuer_name: Some("Emisor".to_owned()),
        id: Some("urn:uuid:4d9a5c1c-9a3d-4a8e-9d8d-6b9ae4a4a7aa".to_owned()),
        subject: Some("did:example:ana".parse().expect("a DID")),
        valid_from: Some("2026-03-01T12:00:00Z".parse().expect("a date")),
        valid_until: Some("2036-03-01T12:00:00Z".parse().expect("a date")),
        ..CredentialTerms::by("did:web:emisor.example".parse().expect("a DID"))
    };
    let card: IdentityCard = serde_json::from_value(json!({
        "givenName": "Ana", "familyName": "Quispe", "additionalName": "María", "birthDate": "1990-05-17",
        "birthCountry": "PER", "birthPlace": "Cusco", "gender": "F", "maritalStatus": "single", "nationality": "PER",
        "image": "https://emisor.example/ana.jpg", "documentNumber": "45678912", "nationalNumber": "1",
        "issuingAuthority": "RENIEC", "issueDate": "2026-03-01", "expiryDate": "2034-03-01",
    }))
    .expect("a card");
    let diploma: Diploma = serde_json::from_value(json!({
        "holderName": "Ana Quispe", "nationalNumber": "45678912", "degree": "Médica Cirujana", "kind": "BachelorDegree",
        "degreeUrl": "https://emisor.example/degrees/1", "description": "A degree", "criteria": "Seven years",
        "fieldOfStudy": "Medicina", "language": "es", "awarded": "2026-02-27", "grade": "18", "licenseNumber": "A-1",
    }))
    .expect("a diploma");
    let vaccination: Vaccination = serde_json::from_value(json!({
        "recipient": {
            "givenName": "Ana", "familyName": "Quispe", "birthDate": "1990-05-17", "gender": "F", "identifier": "45678912",
        },
        "vaccine": {
            "atcCode": "J07BL01", "disease": "Fiebre amarilla", "icd11Code": "1D47", "medicinalProductName": "Stamaril",
            "marketingAuthorizationHolder": "Sanofi", "whoPrequalification": "https://extranet.who.int/prequal/1",
        },
        "dose": 1, "totalDoses": 1, "date": "2026-02-20", "nextDate": "2036-02-20", "batchNumber": "YF2231", "country": "PER",
        "centre": "Posta Médica", "healthProfessional": "Lic. Rojas",
    }))
    .expect("a vaccination");
    let reduced = ReducedDiploma::from(&diploma).to_credential(terms.clone());
    let bearer = CredentialTerms { subject: None, ..terms.clone() };
    let (card, diploma) = (card.to_credential(terms.clone()), diploma.to_credential(terms.clone()));
    vec![card, diploma, reduced, vaccination.to_credential(terms), vaccination.to_credential(bearer)]
}

#[test]
fn every_claim_of_the_profiles_has_a_meaning() {
    for credential in full_profiles() {
        let quads = linked_data::canonical_nquads(&credential, &Contexts::bundled()).expect("every term is defined");
        assert!(quads.contains("Quispe"));
        let checked = Credential::check(&credential).expect("a credential");
        assert_eq!(profiles::check(&checked), []);
    }
}

fn issuer_key() -> SecretKey {
    SecretKey::from_bytes(KeyAlgorithm::Ed25519, &[3; 32]).expect("a seed")
}

fn sign(document: Map<String, Value>, mechanism: Mechanism, contexts: &Contexts) -> Secured {
    let options = ProofOptions {
        expires: Some("2026-04-01T12:00:00Z".parse().expect("a date")),
        nonce: Some("n-0S6_WzA2Mj".to_owned()),
        audience: Some("did:web:verifier.example".to_owned()),
        ..ProofOptions::new(
            mechanism,
            "did:web:emisor.example#key-1".parse().expect("a DID URL"),
            Kind::of(&document).expect("a kind").relationship(),
            "2026-03-01T12:00:00Z".parse().expect("a date"),
        )
    };
    let unsigned = prepare(document, &options, &issuer_key().public_key(), contexts).expect("a document to sign");
    let signature = issuer_key().sign(unsigned.message());
    unsigned.finish(&signature).expect("a signature of the right length")
}

const MECHANISMS: [Mechanism; 3] = [Mechanism::EddsaRdfc2022, Mechanism::EddsaJcs2022, Mechanism::Jwt];

#[test]
fn every_mechanism_secures_every_profile() {
    let contexts = Contexts::bundled();
    let key = issuer_key().public_key();
    for mechanism in MECHANISMS {
        for credential in full_profiles() {
            let secured = sign(credential.clone(), mechanism, &contexts);
            assert_eq!((secured.kind(), secured.body()), (Kind::Credential, &credential));
            assert_eq!(secured.check_signature(0, &key, &contexts), Ok(()), "{mechanism:?}");
            let proof = &secured.proofs()[0];
            assert_eq!((proof.mechanism, proof.method.as_str()), (mechanism, "did:web:emisor.example#key-1"));
            assert_eq!((proof.nonce.as_deref(), proof.audience.len()), (Some("n-0S6_WzA2Mj"), 1));
            assert!(proof.created.is_some() && proof.expires.is_some());
        }
    }
}

#[test]
fn altered_claim_has_a_bad_signature_under_every_mechanism() {
    let contexts = Contexts::bundled();
    let card = full_profiles().remove(0);
    for mechanism in [Mechanism::EddsaRdfc2022, Mechanism::EddsaJcs2022] {
        let secured = sign(card.clone(), mechanism, &contexts);
        let altered = Secured::read(&secured.text().replace("Quispe", "Quispo")).expect("well-formed");
        assert_eq!(altered.check_signature(0, &issuer_key().public_key(), &contexts), Err(SignatureFault::Bad));
    }
}

#[test]
fn proof_set_is_read_and_each_proof_is_checked_on_its_own() {
    let contexts = Contexts::bundled();
    let first = sign(full_profiles().remove(0), Mechanism::EddsaRdfc2022, &contexts);
    let Value::Object(document) = first.to_value() else { panic!("it is an object") };
    let both = sign(document, Mechanism::EddsaJcs2022, &contexts);
    let mechanisms: Vec<_> = both.proofs().iter().map(|proof| proof.mechanism).collect();
    assert_eq!(mechanisms, [Mechanism::EddsaRdfc2022, Mechanism::EddsaJcs2022]);
    for proof in 0..2 {
        assert_eq!(both.check_signature(proof, &issuer_key().public_key(), &contexts), Ok(()));
    }
    assert!(matches!(both.check_signature(2, &issuer_key().public_key(), &contexts), Err(SignatureFault::Malformed { .. })));

    let mut with_another = both.to_value();
    with_another["proof"][0]["cryptosuite"] = "example-2031".into();
    let read = Secured::read(&with_another.to_string()).expect("one proof is known");
    assert_eq!((read.proofs().len(), read.unsupported()), (1, &["example-2031".to_owned()][..]));
    assert_eq!(read.check_signature(0, &issuer_key().public_key(), &contexts), Ok(()));
}

#[test]
fn presentation_of_every_mechanism_holds_credentials_of_every_mechanism() {
    let contexts = Contexts::bundled();
    let key = issuer_key().public_key();
    let credentials: Vec<Secured> = MECHANISMS.iter().map(|m| sign(full_profiles().remove(1), *m, &contexts)).collect();
    for mechanism in MECHANISMS {
        let holder = "did:example:ana".parse().expect("a DID");
        let document = Presentation::of(&holder, credentials.iter().map(Secured::to_value).collect()).into_json();
        let presentation = sign(document, mechanism, &contexts);
        assert_eq!(presentation.check_signature(0, &key, &contexts), Ok(()), "{mechanism:?}");
        let nested = presentation.nested().expect("few credentials");
        assert_eq!(nested.len(), 3);
        for (nested, credential) in nested.into_iter().zip(&credentials) {
            let nested = nested.expect("a secured credential");
            assert_eq!(nested.body(), credential.body());
            assert_eq!(nested.check_signature(0, &key, &contexts), Ok(()));
        }
    }
}

proptest! {
    #[test]
    fn any_json_is_read_or_refused(
        name in "(type|proof|id|@context|verifiableCredential)",
        text in "[\\[\\]{}\":,0-9a-e ]{0,40}",
    ) {
        if let Ok(value) = json::read("test", &text) {
            let mut json = json!({ "type": ["VerifiableCredential"], "proof": { "type": "DataIntegrityProof" } });
            json[&name] = value;
            let _ = Secured::read(&json.to_string());
        }
    }
}
