//! Writing a credential, member by member, in the order people read it.

use serde_json::{Map, Value};

use super::{CONTEXT_V2, Credential, CredentialFault};
use crate::did::Did;
use crate::time::Timestamp;

/// What a credential says beside its claims: who says it, of whom, and for how long.
#[derive(Debug, Clone, PartialEq)]
pub struct CredentialTerms {
    /// Who issues it.
    pub issuer: Did,
    /// The name the issuer gives itself.
    pub issuer_name: Option<String>,
    /// The credential's own identifier, a URL such as `urn:uuid:…`.
    pub id: Option<String>,
    /// Whom it is about; none for a bearer credential, as on paper.
    pub subject: Option<Did>,
    /// From when it is valid.
    pub valid_from: Option<Timestamp>,
    /// Until when it is valid.
    pub valid_until: Option<Timestamp>,
    /// The `credentialStatus` entries.
    pub statuses: Vec<Map<String, Value>>,
}

impl CredentialTerms {
    /// Terms that name the issuer and nothing else.
    pub fn by(issuer: Did) -> Self {
        Self { issuer, issuer_name: None, id: None, subject: None, valid_from: None, valid_until: None, statuses: Vec::new() }
    }
}

/// Builds a credential of VC DM 2.0.
#[derive(Debug, Clone, PartialEq)]
pub struct CredentialBuilder {
    contexts: Vec<Value>,
    types: Vec<Value>,
    terms: CredentialTerms,
    issuer_members: Map<String, Value>,
    subjects: Vec<Value>,
    members: Map<String, Value>,
}

impl CredentialBuilder {
    /// Starts a credential on `terms`.
    pub fn new(terms: CredentialTerms) -> Self {
        Self {
            contexts: vec![CONTEXT_V2.into()],
            types: vec!["VerifiableCredential".into()],
            terms,
            issuer_members: Map::new(),
            subjects: Vec::new(),
            members: Map::new(),
        }
    }

    /// Adds a context: a URL, or an object of extension terms.
    pub fn context(mut self, context: impl Into<Value>) -> Self {
        self.contexts.push(context.into());
        self
    }

    /// Adds a type.
    pub fn type_name(mut self, name: &str) -> Self {
        self.types.push(name.into());
        self
    }

    /// Says more of the issuer, whose identifier and name come from the terms.
    pub fn issuer_member(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.issuer_members.insert(name.to_owned(), value.into());
        self
    }

    /// Adds a subject; the first one gets the subject's identifier of the terms, unless it has its own.
    pub fn subject(mut self, claims: Map<String, Value>) -> Self {
        self.subjects.push(Value::Object(claims));
        self
    }

    /// Sets any other member: `name`, `description`, `evidence`, `termsOfUse`, `credentialSchema`, `refreshService` …
    pub fn member(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.members.insert(name.to_owned(), value.into());
        self
    }

    /// The credential, or every fault it would have.
    pub fn build(self) -> Result<Credential, Vec<CredentialFault>> {
        Credential::check(&self.into_json())
    }

    /// The credential's JSON, unchecked.
    pub fn into_json(self) -> Map<String, Value> {
        let Self { contexts, types, terms, issuer_members, mut subjects, members } = self;
        let mut json = Map::new();
        let mut put = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                json.insert(name.to_owned(), value);
            }
        };
        put("@context", Some(contexts.into()));
        put("id", terms.id.map(Value::from));
        put("type", Some(types.into()));
        put("issuer", Some(issuer(&terms.issuer, terms.issuer_name, issuer_members)));
        put("validFrom", terms.valid_from.map(|time| time.as_str().into()));
        put("validUntil", terms.valid_until.map(|time| time.as_str().into()));
        if let (Some(subject), Some(Value::Object(first))) = (&terms.subject, subjects.first_mut())
            && !first.contains_key("id")
        {
            first.shift_insert(0, "id".to_owned(), subject.as_str().into());
        }
        put("credentialSubject", one_or_many(subjects));
        put("credentialStatus", one_or_many(terms.statuses.into_iter().map(Value::Object).collect()));
        for (name, value) in members {
            put(&name, Some(value));
        }
        json
    }
}

fn issuer(did: &Did, name: Option<String>, members: Map<String, Value>) -> Value {
    if name.is_none() && members.is_empty() {
        return did.as_str().into();
    }
    let mut issuer = Map::new();
    issuer.insert("id".to_owned(), did.as_str().into());
    issuer.extend(members);
    if let Some(name) = name {
        issuer.insert("name".to_owned(), name.into());
    }
    Value::Object(issuer)
}

fn one_or_many(mut values: Vec<Value>) -> Option<Value> {
    match values.len() {
        0 => None,
        1 => values.pop(),
        _ => Some(Value::Array(values)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn object(value: Value) -> Map<String, Value> {
        value.as_object().expect("an object").clone()
    }

    #[test]
    fn credential_is_built_in_reading_order() {
        let terms = CredentialTerms {
            issuer_name: Some("Universidad".to_owned()),
            id: Some("urn:uuid:4d9a5c1c-9a3d-4a8e-9d8d-6b9ae4a4a7aa".to_owned()),
            subject: Some("did:example:ana".parse().expect("a DID")),
            valid_from: Some("2026-03-01T12:00:00Z".parse().expect("a date")),
            statuses: vec![object(json!({ "type": "BitstringStatusListEntry" }))],
            ..CredentialTerms::by("did:web:universidad.example".parse().expect("a DID"))
        };
        let credential = CredentialBuilder::new(terms)
            .context("https://www.w3.org/ns/credentials/examples/v2")
            .type_name("ExampleDegreeCredential")
            .subject(object(json!({ "degree": "MD" })))
            .member("evidence", json!([{ "type": "Thesis" }]))
            .build()
            .expect("a credential");
        let names: Vec<_> = credential.json().keys().map(String::as_str).collect();
        let expected = ["@context", "id", "type", "issuer", "validFrom", "credentialSubject", "credentialStatus", "evidence"];
        assert_eq!(names, expected);
        assert_eq!(credential.subject_ids(), ["did:example:ana"]);
        assert_eq!(credential.issuer(), "did:web:universidad.example");
    }

    #[test]
    fn credential_without_a_subject_is_not_built() {
        let terms = CredentialTerms::by("did:web:universidad.example".parse().expect("a DID"));
        let faults = CredentialBuilder::new(terms).build().expect_err("it has no subject");
        assert_eq!(faults, [CredentialFault::Missing { member: "credentialSubject".to_owned() }]);
    }
}
