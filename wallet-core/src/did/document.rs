//! The DID document: its parts, and how it is written as JSON (DID Core 1.0 §5, §6.3.1).

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value, json};

use super::{Did, DidUrl, material};
use crate::key::PublicKey;
use crate::time::Timestamp;

/// What a DID resolves to: its keys, what each is for, and its services (DID Core 1.0 §5).
#[derive(Debug, Clone, PartialEq)]
pub struct DidDocument {
    /// The DID the document is about.
    pub id: Did,
    /// The DIDs that may change the document, when not the subject alone.
    pub controller: Vec<Did>,
    /// Other identifiers of the same subject.
    pub also_known_as: Vec<String>,
    /// The keys, each with the relationships it stands in.
    pub verification_methods: Vec<VerificationMethod>,
    /// The services.
    pub services: Vec<Service>,
}

/// One key of a DID document (DID Core 1.0 §5.2).
#[derive(Debug, Clone, PartialEq)]
pub struct VerificationMethod {
    /// Its DID URL, absolute.
    pub id: DidUrl,
    /// The method's type as the document writes it, such as `Multikey` or `JsonWebKey`.
    pub kind: String,
    /// The DID that controls the key.
    pub controller: Did,
    /// The key; none when it is of a kind this version does not know, or not a key of that kind.
    pub key: Option<PublicKey>,
    /// The key material's members as the document writes them (`publicKeyMultibase`, `publicKeyJwk`, `blockchainAccountId` …).
    pub material: Map<String, Value>,
    /// What the key may be used for.
    pub relationships: Vec<VerificationRelationship>,
    /// When the document itself says the key expires (CID 1.0 §2.2 `expires`).
    pub expires: Option<Timestamp>,
    /// When the document itself says the key was revoked (CID 1.0 §2.2 `revoked`).
    pub revoked: Option<Timestamp>,
}

/// What a key may be used for; the proof purpose must name one of these (DID Core 1.0 §5.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum VerificationRelationship {
    /// Issuing credentials.
    AssertionMethod,
    /// Proving control, in presentations.
    Authentication,
    /// Encrypting to the subject.
    KeyAgreement,
    /// Invoking a capability.
    CapabilityInvocation,
    /// Delegating a capability.
    CapabilityDelegation,
}

impl VerificationRelationship {
    /// All relationships, in the order a document lists them.
    pub const ALL: [Self; 5] =
        [Self::AssertionMethod, Self::Authentication, Self::KeyAgreement, Self::CapabilityInvocation, Self::CapabilityDelegation];

    /// The name in a DID document and in `proofPurpose`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AssertionMethod => "assertionMethod",
            Self::Authentication => "authentication",
            Self::KeyAgreement => "keyAgreement",
            Self::CapabilityInvocation => "capabilityInvocation",
            Self::CapabilityDelegation => "capabilityDelegation",
        }
    }

    /// The relationship of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|r| r.as_str() == name)
    }
}

impl fmt::Display for VerificationRelationship {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One service of a DID document (DID Core 1.0 §5.4).
#[derive(Debug, Clone, PartialEq)]
pub struct Service {
    /// Its identifier, absolute.
    pub id: String,
    /// Its type or types.
    pub kinds: Vec<String>,
    /// Its endpoint: a URL, an object, or a list of either.
    pub endpoint: Value,
    /// The members its type adds.
    pub properties: Map<String, Value>,
}

impl DidDocument {
    /// The document of `did` without keys or services, as a deactivated DID has it.
    pub fn empty(did: Did) -> Self {
        Self {
            id: did,
            controller: Vec::new(),
            also_known_as: Vec::new(),
            verification_methods: Vec::new(),
            services: Vec::new(),
        }
    }

    /// The document as JSON-LD, with the contexts its methods need (DID Core 1.0 §6.3.1).
    pub fn to_json(&self) -> Value {
        let mut contexts = vec!["https://www.w3.org/ns/did/v1"];
        for method in &self.verification_methods {
            for context in material::contexts(&method.kind, &method.material) {
                if !contexts.contains(&context) {
                    contexts.push(context);
                }
            }
        }
        let mut members = Map::new();
        members.insert("@context".to_owned(), json!(contexts));
        members.insert("id".to_owned(), json!(self.id));
        let mut put = |name: &str, values: Vec<Value>| {
            if !values.is_empty() {
                members.insert(name.to_owned(), Value::Array(values));
            }
        };
        put("alsoKnownAs", self.also_known_as.iter().map(|a| json!(a)).collect());
        put("controller", self.controller.iter().map(|c| json!(c)).collect());
        put("verificationMethod", self.verification_methods.iter().map(write_method).collect());
        for relationship in VerificationRelationship::ALL {
            put(relationship.as_str(), self.methods_for(relationship).map(|m| json!(m.id)).collect());
        }
        put("service", self.services.iter().map(write_service).collect());
        Value::Object(members)
    }

    /// The method of that DID URL; parameters such as `versionId` in the URL are not compared.
    pub fn method(&self, url: &DidUrl) -> Option<&VerificationMethod> {
        let wanted = url.without_query();
        self.verification_methods.iter().find(|m| m.id == wanted)
    }

    /// The methods that stand in a relationship, in the document's order.
    pub fn methods_for(&self, relationship: VerificationRelationship) -> impl Iterator<Item = &VerificationMethod> {
        self.verification_methods.iter().filter(move |m| m.relationships.contains(&relationship))
    }

    /// The service of that identifier.
    pub fn service(&self, id: &str) -> Option<&Service> {
        self.services.iter().find(|s| s.id == id)
    }
}

impl Serialize for DidDocument {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        self.to_json().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for DidDocument {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        Self::from_json(&Value::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

fn write_method(method: &VerificationMethod) -> Value {
    let mut members = Map::new();
    members.insert("id".to_owned(), json!(method.id));
    members.insert("type".to_owned(), json!(method.kind));
    members.insert("controller".to_owned(), json!(method.controller));
    for (name, time) in [("expires", &method.expires), ("revoked", &method.revoked)] {
        if let Some(time) = time {
            members.insert(name.to_owned(), json!(time));
        }
    }
    members.extend(method.material.clone());
    Value::Object(members)
}

fn write_service(service: &Service) -> Value {
    let mut members = Map::new();
    members.insert("id".to_owned(), json!(service.id));
    let kind = if let [one] = &service.kinds[..] { json!(one) } else { json!(service.kinds) };
    members.insert("type".to_owned(), kind);
    members.insert("serviceEndpoint".to_owned(), service.endpoint.clone());
    members.extend(service.properties.clone());
    Value::Object(members)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::{KeyAlgorithm, SecretKey};
    use proptest::prelude::*;

    const DID: &str = "did:web:registro.example";

    fn key(byte: u8) -> PublicKey {
        SecretKey::from_bytes(KeyAlgorithm::Ed25519, &[byte; 32]).expect("a seed").public_key()
    }

    fn any_method() -> impl Strategy<Value = VerificationMethod> {
        let relationships = proptest::sample::subsequence(VerificationRelationship::ALL.to_vec(), 0..=5);
        (any::<u8>(), 0..4usize, relationships, proptest::option::of(0..4_000_000_000i64)).prop_map(
            |(byte, kind, relationships, until)| {
                let key = key(byte);
                let (kind, member, value, key) = match kind {
                    0 => ("Multikey", "publicKeyMultibase", json!(key.to_multikey()), Some(key)),
                    1 => ("JsonWebKey", "publicKeyJwk", key.to_jwk(), Some(key)),
                    2 => ("Ed25519VerificationKey2020", "publicKeyMultibase", json!(key.to_multikey()), Some(key)),
                    _ => ("Quipu2030", "knots", json!([1, { "colour": "rojo" }]), None),
                };
                let time = until.map(|t| Timestamp::from_unix(t).expect("a time in range"));
                VerificationMethod {
                    id: format!("{DID}#key-{byte}").parse().expect("a DID URL"),
                    kind: kind.to_owned(),
                    controller: DID.parse().expect("a DID"),
                    key,
                    material: Map::from_iter([(member.to_owned(), value)]),
                    relationships,
                    expires: time.clone(),
                    revoked: time,
                }
            },
        )
    }

    proptest! {
        #[test]
        fn document_reads_back_as_it_was_written(
            methods in proptest::collection::vec(any_method(), 0..6),
            names in proptest::collection::vec("[a-z]{1,8}", 0..3),
        ) {
            let mut verification_methods: Vec<VerificationMethod> = Vec::new();
            for method in methods {
                if verification_methods.iter().all(|m| m.id != method.id) {
                    verification_methods.push(method);
                }
            }
            let services = names.iter().enumerate().map(|(i, name)| Service {
                id: format!("{DID}#service-{i}"),
                kinds: vec![name.clone(); 1 + i % 2],
                endpoint: json!([{ "uri": name }, "https://a.example"]),
                properties: Map::from_iter([("priority".to_owned(), json!(i))]),
            }).collect();
            let document = DidDocument {
                id: DID.parse().expect("a DID"),
                controller: vec!["did:web:otro.example".parse().expect("a DID"); names.len()],
                also_known_as: names,
                verification_methods,
                services,
            };
            prop_assert_eq!(DidDocument::read(&document.id, document.to_json().to_string().as_bytes()).expect("its own text"), document);
        }
    }
}
