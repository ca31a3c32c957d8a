//! Reading a DID document from JSON (DID Core 1.0 §6.2.2, §6.3.2).

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::{Did, DidDocument, DidUrl, Service, VerificationMethod, VerificationRelationship, material};
use crate::error::{Result, WalletError};
use crate::json;

/// The most verification methods, and the most services, a document may have.
pub const MAX_MEMBERS: usize = 1000;

impl DidDocument {
    /// Reads the JSON text of the document of `did`, refusing the document of any other.
    pub fn read(did: &Did, bytes: &[u8]) -> Result<Self> {
        let document = Self::from_json(&json::read_bytes("DID document", bytes)?)?;
        if document.id != *did {
            return Err(bad("it is the document of another DID"));
        }
        Ok(document)
    }

    /// Reads a document as JSON or JSON-LD writes it (DID Core 1.0 §6.2.2, §6.3.2).
    ///
    /// Identifiers that begin with `#`, `/` or `?` are relative to the document's own. A method embedded in a relationship is for
    /// that relationship alone. A relationship to a method of another document is left out, and so are members that DID Core
    /// does not define. A key that cannot be read is `None`, so that one bad key does not take the good ones with it.
    pub fn from_json(document: &Value) -> Result<Self> {
        let members = document.as_object().ok_or_else(|| bad("it is not a JSON object"))?;
        let id: Did = text(members, "id")?.parse()?;
        let mut methods = Methods { did: &id, list: Vec::new(), places: HashMap::new() };
        for entry in list(members, "verificationMethod")? {
            methods.add(entry, None)?;
        }
        for relationship in VerificationRelationship::ALL {
            for entry in list(members, relationship.as_str())? {
                match entry {
                    Value::String(reference) => methods.refer(reference, relationship)?,
                    embedded => methods.add(embedded, Some(relationship))?,
                }
            }
        }
        let verification_methods = methods.list;
        let services = list(members, "service")?.iter().map(|s| read_service(&id, s)).collect::<Result<Vec<_>>>()?;
        let controller = texts(members, "controller")?.iter().map(|c| c.parse()).collect::<Result<_>>()?;
        Ok(Self { controller, also_known_as: texts(members, "alsoKnownAs")?, verification_methods, services, id })
    }
}

/// The methods read so far, each under one place whatever the number of times the document mentions it.
struct Methods<'a> {
    did: &'a Did,
    list: Vec<VerificationMethod>,
    places: HashMap<DidUrl, usize>,
}

impl Methods<'_> {
    fn add(&mut self, entry: &Value, relationship: Option<VerificationRelationship>) -> Result<()> {
        let mut method = read_method(self.did, entry)?;
        if let Some(&place) = self.places.get(&method.id) {
            let known = &mut self.list[place];
            method.relationships.clone_from(&known.relationships);
            // Documents in the wild embed the very same method in several relationships; two different ones are a trap.
            if *known != method || relationship.is_none() {
                return Err(bad("two verification methods have the same id"));
            }
            known.relationships.extend(relationship);
            known.relationships.dedup();
            return Ok(());
        }
        if self.list.len() == MAX_MEMBERS {
            return Err(bad(&format!("it has more than {MAX_MEMBERS} verification methods")));
        }
        method.relationships.extend(relationship);
        self.places.insert(method.id.clone(), self.list.len());
        self.list.push(method);
        Ok(())
    }

    fn refer(&mut self, reference: &str, relationship: VerificationRelationship) -> Result<()> {
        let id: DidUrl = absolute(self.did, reference).parse()?;
        if let Some(&place) = self.places.get(&id) {
            let known = &mut self.list[place];
            if known.relationships.last() != Some(&relationship) {
                known.relationships.push(relationship);
            }
        }
        Ok(())
    }
}

fn read_method(did: &Did, entry: &Value) -> Result<VerificationMethod> {
    let members = entry.as_object().ok_or_else(|| bad("a verification method is not an object"))?;
    let kind = text(members, "type")?.to_owned();
    let time = |name: &str| match members.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => text.parse().map(Some),
        Some(_) => Err(bad(&format!("{name} is not a text"))),
    };
    let mut material = members.clone();
    material.retain(|name, _| !["id", "type", "controller", "expires", "revoked"].contains(&name.as_str()));
    Ok(VerificationMethod {
        id: absolute(did, text(members, "id")?).parse()?,
        controller: text(members, "controller")?.parse()?,
        key: material::read(&kind, &material),
        kind,
        material,
        relationships: Vec::new(),
        expires: time("expires")?,
        revoked: time("revoked")?,
    })
}

fn read_service(did: &Did, entry: &Value) -> Result<Service> {
    let members = entry.as_object().ok_or_else(|| bad("a service is not an object"))?;
    let id = absolute(did, text(members, "id")?);
    url::Url::parse(&id).map_err(|_| bad("the id of a service is not a URI"))?;
    let kinds = texts(members, "type")?;
    let endpoint = members.get("serviceEndpoint").ok_or_else(|| bad("serviceEndpoint is missing"))?;
    let known_form = |value: &Value| value.is_string() || value.is_object();
    let good = known_form(endpoint) || endpoint.as_array().is_some_and(|all| all.iter().all(known_form));
    if kinds.is_empty() || !good {
        return Err(bad("a service has no type, or an endpoint that is neither text, object nor list"));
    }
    let mut properties = members.clone();
    properties.retain(|name, _| !["id", "type", "serviceEndpoint"].contains(&name.as_str()));
    Ok(Service { id, kinds, endpoint: endpoint.clone(), properties })
}

fn bad(reason: &str) -> WalletError {
    WalletError::malformed("DID document", reason)
}

fn absolute(did: &Did, reference: &str) -> String {
    if reference.starts_with(['#', '/', '?']) { format!("{did}{reference}") } else { reference.to_owned() }
}

fn text<'a>(members: &'a Map<String, Value>, name: &str) -> Result<&'a str> {
    members.get(name).and_then(Value::as_str).ok_or_else(|| bad(&format!("{name} is missing, or not a text")))
}

/// A member that may be left out, else a list within bounds.
fn list<'a>(members: &'a Map<String, Value>, name: &str) -> Result<&'a [Value]> {
    match members.get(name) {
        None => Ok(&[]),
        Some(Value::Array(values)) if values.len() <= MAX_MEMBERS => Ok(values),
        Some(_) => Err(bad(&format!("{name} is not a list of at most {MAX_MEMBERS}"))),
    }
}

/// A member that may be left out, one text, or a list of texts.
fn texts(members: &Map<String, Value>, name: &str) -> Result<Vec<String>> {
    if let Some(Value::String(one)) = members.get(name) {
        return Ok(vec![one.clone()]);
    }
    let as_text = |value: &Value| value.as_str().map(str::to_owned).ok_or_else(|| bad(&format!("{name} holds more than texts")));
    list(members, name)?.iter().map(as_text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::{KeyAlgorithm, PublicKey, SecretKey};
    use proptest::prelude::*;
    use serde_json::json;

    const DID: &str = "did:web:registro.example";

    fn key(byte: u8) -> PublicKey {
        SecretKey::from_bytes(KeyAlgorithm::Ed25519, &[byte; 32]).expect("a seed").public_key()
    }

    fn multikey(id: &str, byte: u8) -> Value {
        json!({ "id": id, "type": "Multikey", "controller": DID, "publicKeyMultibase": key(byte).to_multikey() })
    }

    fn document(members: Value) -> Value {
        let mut document = json!({ "id": DID });
        document.as_object_mut().expect("an object").extend(members.as_object().expect("an object").clone());
        document
    }

    #[test]
    fn relative_ids_and_references_are_made_absolute() {
        let document = DidDocument::from_json(&document(json!({
            "verificationMethod": [multikey("#a", 1)],
            "assertionMethod": ["#a"],
            "authentication": ["did:web:registro.example#a"],
            "service": [{ "id": "#files", "type": "LinkedDomains", "serviceEndpoint": "https://registro.example/" }],
        })))
        .expect("a document");
        let method = document.method(&"did:web:registro.example?versionId=3#a".parse().expect("a DID URL")).expect("the method");
        assert_eq!(method.key, Some(key(1)));
        assert_eq!(method.relationships, [VerificationRelationship::AssertionMethod, VerificationRelationship::Authentication]);
        assert!(document.service("did:web:registro.example#files").is_some());
    }

    #[test]
    fn embedded_method_is_for_its_relationship_alone() {
        let document = DidDocument::from_json(&document(json!({ "authentication": [multikey("#a", 1)] }))).expect("a document");
        assert_eq!(document.verification_methods[0].relationships, [VerificationRelationship::Authentication]);
        assert_eq!(document.methods_for(VerificationRelationship::AssertionMethod).count(), 0);
    }

    #[test]
    fn same_method_embedded_twice_is_one_and_two_under_one_id_are_refused() {
        let twice = document(json!({ "assertionMethod": [multikey("#a", 1)], "authentication": [multikey("#a", 1)] }));
        assert_eq!(DidDocument::from_json(&twice).expect("a document").verification_methods.len(), 1);
        let trap = document(json!({ "assertionMethod": [multikey("#a", 1)], "authentication": [multikey("#a", 2)] }));
        assert!(DidDocument::from_json(&trap).is_err());
        let list = document(json!({ "verificationMethod": [multikey("#a", 1), multikey("#a", 1)] }));
        assert!(DidDocument::from_json(&list).is_err());
    }

    #[test]
    fn document_of_another_did_is_refused() {
        let text = document(json!({})).to_string();
        assert!(DidDocument::read(&DID.parse().expect("a DID"), text.as_bytes()).is_ok());
        assert!(DidDocument::read(&"did:web:otro.example".parse().expect("a DID"), text.as_bytes()).is_err());
    }

    #[test]
    fn unknown_and_unreadable_keys_are_kept_without_a_key() {
        let document = DidDocument::from_json(&document(json!({ "verificationMethod": [
            { "id": "#a", "type": "Dilithium2030", "controller": DID, "publicKeyMultibase": "zzz" },
            { "id": "#b", "type": "Multikey", "controller": DID, "publicKeyMultibase": "z6Mkbad" },
            { "id": "#c", "type": "JsonWebKey", "controller": DID, "publicKeyJwk": { "kty": "RSA", "n": "AQAB", "e": "AQAB" } },
            { "id": "#d", "type": "EcdsaSecp256k1RecoveryMethod2020", "controller": DID, "blockchainAccountId": "eip155:1:0x00" },
        ] })))
        .expect("a document");
        assert_eq!(document.verification_methods.len(), 4);
        assert!(document.verification_methods.iter().all(|m| m.key.is_none() && m.material.len() == 1));
    }

    #[test]
    fn wrong_shapes_are_refused() {
        for members in [
            json!({ "id": "registro.example" }),
            json!({ "verificationMethod": {} }),
            json!({ "verificationMethod": ["#a"] }),
            json!({ "verificationMethod": [{ "id": "a", "type": "Multikey", "controller": DID }] }),
            json!({ "verificationMethod": [{ "id": "#a", "controller": DID }] }),
            json!({ "verificationMethod": [{ "id": "#a", "type": "Multikey" }] }),
            json!({ "assertionMethod": "#a" }),
            json!({ "assertionMethod": [7] }),
            json!({ "controller": [7] }),
            json!({ "alsoKnownAs": 7 }),
            json!({ "service": [{ "id": "#a", "type": "X" }] }),
            json!({ "service": [{ "id": "#a", "type": [], "serviceEndpoint": "https://a.example" }] }),
            json!({ "service": [{ "id": "#a", "type": "X", "serviceEndpoint": 7 }] }),
            json!({ "verificationMethod": vec![multikey("#a", 1); MAX_MEMBERS + 1] }),
        ] {
            assert!(DidDocument::from_json(&document(members.clone())).is_err(), "{members}");
        }
    }

    proptest! {
        #[test]
        fn any_members_are_read_or_refused(name in 0usize..9, value in "[\\[\\]{}\":,#a-d0-9]{0,40}") {
            let names = ["id", "controller", "alsoKnownAs", "verificationMethod", "assertionMethod", "authentication", "service", "@context", "keyAgreement"];
            if let Ok(value) = serde_json::from_str::<Value>(&value) {
                let _ = DidDocument::from_json(&document(Value::Object(Map::from_iter([(names[name].to_owned(), value)]))));
            }
        }
    }
}
