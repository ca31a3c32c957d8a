//! Presentations: what a holder shows (VC DM 2.0 §4.13).

use serde_json::{Map, Value, json};

use super::{CONTEXT_V2, CredentialFault, ModelVersion, check, identifier, items, objects, strings};
use crate::did::Did;

/// A presentation whose structure was checked; nothing is said of its signature, nor of the credentials in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Presentation {
    json: Map<String, Value>,
    version: ModelVersion,
}

impl Presentation {
    /// Checks the structure of `json`, reporting every fault and not only the first.
    pub fn check(json: &Map<String, Value>) -> Result<Self, Vec<CredentialFault>> {
        check::presentation(json).map(|version| Self { json: json.clone(), version })
    }

    /// A presentation by `holder` of `credentials`, each in the form a presentation holds it: with its own proof, or enveloped.
    pub fn of(holder: &Did, credentials: Vec<Value>) -> Self {
        let json = json!({ "@context": [CONTEXT_V2], "type": ["VerifiablePresentation"], "holder": holder.as_str() });
        let Value::Object(mut json) = json else { unreachable!("it is written as an object") };
        // A list of none would be no list of credentials (§4.13); a holder may also present nothing but themselves.
        if !credentials.is_empty() {
            json.insert("verifiableCredential".to_owned(), credentials.into());
        }
        Self { json, version: ModelVersion::V2 }
    }

    /// The presentation itself, members in their original order.
    pub fn json(&self) -> &Map<String, Value> {
        &self.json
    }

    /// Gives up the presentation for its JSON.
    pub fn into_json(self) -> Map<String, Value> {
        self.json
    }

    /// The version of the data model.
    pub fn version(&self) -> ModelVersion {
        self.version
    }

    /// The `id`, when it has one.
    pub fn id(&self) -> Option<&str> {
        self.json.get("id").and_then(Value::as_str)
    }

    /// The types, `VerifiablePresentation` among them.
    pub fn types(&self) -> Vec<&str> {
        strings(self.json.get("type"))
    }

    /// The identifier of whoever presents, when it says so.
    pub fn holder(&self) -> Option<&str> {
        self.json.get("holder").and_then(identifier)
    }

    /// The holder as a DID, when it is one.
    pub fn holder_did(&self) -> Option<Did> {
        self.holder()?.parse().ok()
    }

    /// The credentials in it, as they stand there.
    pub fn credentials(&self) -> &[Value] {
        items(self.json.get("verifiableCredential"))
    }

    /// The `termsOfUse` entries (§5.5).
    pub fn terms_of_use(&self) -> Vec<&Map<String, Value>> {
        objects(self.json.get("termsOfUse"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(value: Value) -> Vec<CredentialFault> {
        Presentation::check(value.as_object().expect("an object")).err().unwrap_or_default()
    }

    #[test]
    fn built_presentation_has_no_fault() {
        let holder = "did:example:ana".parse().expect("a DID");
        let presentation = Presentation::of(&holder, vec![json!({ "type": ["VerifiableCredential"], "proof": {} })]);
        assert_eq!(Presentation::check(presentation.json()), Ok(presentation.clone()));
        assert_eq!(presentation.holder_did(), Some(holder));
        assert_eq!(presentation.credentials().len(), 1);
        let empty = Presentation::of(&"did:example:ana".parse().expect("a DID"), Vec::new());
        assert!(Presentation::check(empty.json()).is_ok() && empty.credentials().is_empty());
    }

    #[test]
    fn each_fault_is_named() {
        let missing_type = CredentialFault::MissingType { expected: "VerifiablePresentation".to_owned() };
        assert_eq!(faults(json!({ "@context": [CONTEXT_V2], "type": "VerifiableCredential" })), [missing_type]);
        let base = json!({ "@context": CONTEXT_V2, "type": "VerifiablePresentation" });
        let with = |name: &str, value: Value| {
            let mut json = base.clone();
            json[name] = value;
            faults(json)
        };
        assert_eq!(faults(base.clone()), []);
        assert_eq!(with("holder", json!("Ana")), [CredentialFault::NotUrl { member: "holder".to_owned() }]);
        assert_eq!(with("holder", json!({ "name": "Ana" })), [CredentialFault::Missing { member: "holder.id".to_owned() }]);
        let no_type = CredentialFault::Missing { member: "termsOfUse.type".to_owned() };
        assert_eq!(with("termsOfUse", json!({ "id": "urn:a:b" })), [no_type]);
        let empty = CredentialFault::Empty { member: "verifiableCredential".to_owned() };
        assert_eq!(with("verifiableCredential", json!([])), [empty]);
    }

    #[test]
    fn presentation_holds_secured_credentials_and_envelopes() {
        let of = |item: Value| {
            faults(json!({ "@context": CONTEXT_V2, "type": "VerifiablePresentation", "verifiableCredential": [item] }))
        };
        let member = || "verifiableCredential.0".to_owned();
        for value in [json!("eyJ"), json!("https://example.org/credential"), json!(7), json!(null)] {
            assert_eq!(of(value), [CredentialFault::NotObject { member: member() }]);
        }
        assert_eq!(of(json!({ "type": "Person" })), [CredentialFault::NotCredential { member: member() }]);
        assert_eq!(of(json!({ "type": "VerifiableCredential" })), [CredentialFault::NotSecured { member: member() }]);
        let good =
            || json!({ "@context": CONTEXT_V2, "id": "data:application/vc+jwt,eyJ", "type": "EnvelopedVerifiableCredential" });
        assert_eq!(of(good()), []);
        for (name, value) in [
            ("@context", json!(null)),
            ("@context", json!("https://example.org/c")),
            ("id", json!("https://example.org/credential")),
            ("id", json!(null)),
            ("type", json!(["EnvelopedVerifiableCredential", "VerifiableCredential"])),
        ] {
            let mut envelope = good();
            envelope[name] = value;
            assert_eq!(of(envelope), [CredentialFault::MalformedEnvelope { member: member() }], "{name}");
        }
    }
}
