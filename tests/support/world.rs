//! A small world to break one thing in: a university with a diploma to give, a graduate, a library that asks.

#![allow(dead_code, reason = "each test takes what it needs of the world")]

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use wallet_core::did::{Did, DidDocument, DidUrl, DocumentMetadata, Grounds, KeyPeriod, Resolution, Standing};
use wallet_core::did::{VerificationMethod, VerificationRelationship};
use wallet_core::key::{KeyAlgorithm, PublicKey, SecretKey};
use wallet_core::securing::linked_data::Contexts;
use wallet_core::securing::{Kind, Mechanism, ProofOptions, Secured, prepare_unchecked};
use wallet_core::status::{ListTerms, MINIMUM_ENTRIES, StatusList, StatusPurpose};
use wallet_core::time::Timestamp;
use wallet_core::verification::{Evidence, Expectations, Issuers, Known, Verdict, verify};

pub const LIST: &str = "https://uni.example/status/1";
pub const NONCE: &str = "q2Vn3h1kV7v0b8yqk6tQ5w";
pub const AUDIENCE: &str = "biblioteca.example";
/// The graduate's place in the status list.
pub const INDEX: u64 = 94_567;

pub fn at(text: &str) -> Timestamp {
    text.parse().expect("a date")
}

/// One who signs: a DID, its keys, and what each is for.
pub struct Party {
    pub did: Did,
    pub key: SecretKey,
    pub fragment: String,
}

impl Party {
    pub fn new(did: &str, algorithm: KeyAlgorithm, seed: u8) -> Self {
        let key = SecretKey::from_bytes(algorithm, &[seed; 32]).expect("a scalar in range");
        Self { did: did.parse().expect("a DID"), key, fragment: "delegate-1".to_owned() }
    }

    pub fn holder(algorithm: KeyAlgorithm, seed: u8) -> Self {
        let key = SecretKey::from_bytes(algorithm, &[seed; 32]).expect("a scalar in range");
        let fragment = key.public_key().to_multikey();
        Self { did: format!("did:key:{fragment}").parse().expect("a DID"), key, fragment }
    }

    pub fn method(&self) -> DidUrl {
        self.did.with_fragment(&self.fragment).expect("a DID URL")
    }

    pub fn options(&self, kind: Kind, mechanism: Mechanism) -> ProofOptions {
        let asked = kind == Kind::Presentation;
        ProofOptions {
            nonce: asked.then(|| NONCE.to_owned()),
            audience: asked.then(|| AUDIENCE.to_owned()),
            ..ProofOptions::new(mechanism, self.method(), kind.relationship(), at("2026-03-01T12:00:00Z"))
        }
    }

    /// Signs whatever it is given, so that a verifier is shown what no issuer of ours would make.
    pub fn sign(&self, document: Map<String, Value>, options: &ProofOptions) -> Secured {
        let contexts = Contexts::bundled();
        let unsigned = prepare_unchecked(document, options, &self.key.public_key(), &contexts).expect("it can be signed");
        let signature = self.key.sign(unsigned.message());
        unsigned.finish(&signature).expect("the signature fits")
    }

    /// What the registry says of this party: one key for everything it signs.
    pub fn resolution(&self) -> Resolution {
        let relationships = vec![VerificationRelationship::AssertionMethod, VerificationRelationship::Authentication];
        let key: PublicKey = self.key.public_key();
        let method = VerificationMethod {
            id: self.method(),
            kind: "Multikey".to_owned(),
            controller: self.did.clone(),
            key: Some(key.clone()),
            material: [("publicKeyMultibase".to_owned(), key.to_multikey().into())].into_iter().collect(),
            relationships: relationships.clone(),
            expires: None,
            revoked: None,
        };
        let standing = match self.did.method() {
            "ethr" => Standing::Proven { block: 40, time: at("2026-03-01T11:59:00Z"), grounds: Grounds::Validators },
            _ => Standing::SelfContained,
        };
        let period = KeyPeriod {
            id: self.method(),
            key: Some(key),
            relationships,
            from_block: 12,
            from: at("2025-01-01T00:00:00Z"),
            until_block: None,
            until: None,
            stolen: None,
        };
        let history = if standing == Standing::SelfContained { Vec::new() } else { vec![period] };
        let document = DidDocument {
            id: self.did.clone(),
            controller: Vec::new(),
            also_known_as: Vec::new(),
            verification_methods: vec![method],
            services: Vec::new(),
        };
        Resolution { document, metadata: DocumentMetadata::default(), standing, history }
    }
}

/// Everything a verifier looks at, all of it good.
pub struct World {
    pub university: Party,
    pub graduate: Party,
    pub diploma: Map<String, Value>,
    pub evidence: Evidence,
    pub expected: Expectations,
    pub now: Timestamp,
}

impl World {
    pub fn new() -> Self {
        let university = Party::new("did:ethr:0x7a69:0xb9c5714089478a327f09197987f16f9e5d936e8a", KeyAlgorithm::Ed25519, 1);
        let graduate = Party::holder(KeyAlgorithm::P256, 2);
        let diploma = diploma(&university.did, &graduate.did);
        let mut world = Self {
            evidence: Evidence::new(Contexts::bundled()),
            expected: Expectations {
                issuers: Issuers::Known(BTreeMap::from([(university.did.clone(), "Universidad de Ejemplo".to_owned())])),
                ..Expectations::presentation(NONCE, AUDIENCE)
            },
            now: at("2026-03-01T12:01:00Z"),
            university,
            graduate,
            diploma,
        };
        for party in [&world.university, &world.graduate] {
            let what = party.resolution();
            world.evidence.resolutions.insert(party.did.clone(), Known::Found { what, as_of: world.now.clone() });
        }
        world.know_list(world.status_list(&[]));
        world
    }

    /// The university's signed list, with the diplomas at these places revoked.
    pub fn status_list(&self, revoked: &[u64]) -> Secured {
        self.status_list_with(revoked, Mechanism::EddsaRdfc2022)
    }

    /// The university's list with no diploma revoked, signed by `mechanism`.
    pub fn status_list_by(&self, mechanism: Mechanism) -> Secured {
        self.status_list_with(&[], mechanism)
    }

    fn status_list_with(&self, revoked: &[u64], mechanism: Mechanism) -> Secured {
        let mut list = StatusList::new(MINIMUM_ENTRIES, 1).expect("a list of the least length");
        for &index in revoked {
            list.set(index, 1).expect("a place in the list");
        }
        let body = list.to_credential(&ListTerms {
            url: LIST.to_owned(),
            issuer: self.university.did.clone(),
            purposes: vec![StatusPurpose::Revocation],
            valid_from: at("2026-03-01T00:00:00Z"),
            valid_until: None,
            ttl: None,
        });
        self.university.sign(body, &self.university.options(Kind::Credential, mechanism))
    }

    pub fn know_list(&mut self, list: Secured) {
        self.evidence.status_lists.insert(LIST.to_owned(), Known::Found { what: list, as_of: self.now.clone() });
    }

    /// Changes what is known of a party.
    pub fn registry_says(&mut self, did: &Did, change: impl FnOnce(&mut Resolution)) {
        match self.evidence.resolutions.get_mut(did) {
            Some(Known::Found { what, .. }) => change(what),
            _ => panic!("{did} is known"),
        }
    }

    pub fn issue(&self) -> Secured {
        self.issue_with(|_| {})
    }

    pub fn issue_with(&self, change: impl FnOnce(&mut ProofOptions)) -> Secured {
        let mut options = self.university.options(Kind::Credential, Mechanism::EddsaRdfc2022);
        change(&mut options);
        self.university.sign(self.diploma.clone(), &options)
    }

    pub fn present(&self, credential: &Secured) -> Secured {
        self.present_with(credential, |_| {})
    }

    pub fn present_with(&self, credential: &Secured, change: impl FnOnce(&mut ProofOptions)) -> Secured {
        let mut options = self.graduate.options(Kind::Presentation, Mechanism::Jwt);
        change(&mut options);
        self.graduate.sign(presentation(&self.graduate.did, credential), &options)
    }

    pub fn verify(&self, secured: &Secured) -> Verdict {
        verify(secured, &self.evidence, &self.expected, &self.now)
    }

    /// The verdict on the diploma, presented by the graduate.
    pub fn verdict(&self) -> Verdict {
        self.verify(&self.present(&self.issue()))
    }
}

pub fn presentation(holder: &Did, credential: &Secured) -> Map<String, Value> {
    object(json!({
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "type": ["VerifiablePresentation"],
        "holder": holder,
        "verifiableCredential": [credential.to_value()],
    }))
}

fn diploma(university: &Did, graduate: &Did) -> Map<String, Value> {
    object(json!({
        "@context": ["https://www.w3.org/ns/credentials/v2", "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"],
        "id": "urn:uuid:6f1d3c1e-6a55-4c83-9d57-0d3a2a1e8a11",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "issuer": { "id": university, "type": "Profile", "name": "Universidad de Ejemplo" },
        "awardedDate": "2026-01-15T00:00:00Z",
        "validFrom": "2026-02-01T00:00:00Z",
        "validUntil": "2036-02-01T00:00:00Z",
        "name": "Licenciatura en Enfermería",
        "credentialStatus": {
            "id": format!("{LIST}#{INDEX}"),
            "type": "BitstringStatusListEntry",
            "statusPurpose": "revocation",
            "statusListIndex": INDEX.to_string(),
            "statusListCredential": LIST,
        },
        "credentialSubject": {
            "id": graduate,
            "type": "AchievementSubject",
            "identifier": [{ "type": "IdentityObject", "hashed": false, "identityHash": "Lucía Fernández", "identityType": "name" }],
            "achievement": {
                "id": "https://uni.example/titulos/enfermeria",
                "type": "Achievement",
                "achievementType": "BachelorDegree",
                "name": "Licenciatura en Enfermería",
                "description": "Título de grado",
                "criteria": { "narrative": "Aprobó las 32 materias del plan 2019." },
            },
        },
    }))
}

pub fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => panic!("it is an object"),
    }
}
