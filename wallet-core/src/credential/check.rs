//! The structural rules of VC DM 2.0 §4 and §5, and of VC DM 1.1 for what is only read.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::related_resource::RelatedResource;
use super::{CONTEXT_V1, CONTEXT_V2, CredentialFault, ModelVersion, Text, items, strings, validity_names};
use crate::time::Timestamp;

/// Checks a credential.
pub(super) fn credential(json: &Map<String, Value>) -> Result<ModelVersion, Vec<CredentialFault>> {
    let mut check = Check::default();
    let version = check.context(json);
    check.types(json, "type", Some("VerifiableCredential"));
    check.url(json, "id");
    check.party(json, "issuer", true);
    check.subjects(json);
    check.validity(json, version);
    check.text(json, "name");
    check.text(json, "description");
    check.typed_objects(json, "credentialStatus", version == ModelVersion::V1);
    check.typed_objects(json, "credentialSchema", true);
    for name in ["evidence", "termsOfUse"] {
        check.typed_objects(json, name, false);
    }
    check.typed_objects(json, "refreshService", version == ModelVersion::V1);
    check.related_resources(json);
    check.finish(version)
}

/// Checks a presentation; the credentials in it are checked each on its own.
pub(super) fn presentation(json: &Map<String, Value>) -> Result<ModelVersion, Vec<CredentialFault>> {
    let mut check = Check::default();
    let version = check.context(json);
    check.types(json, "type", Some("VerifiablePresentation"));
    check.url(json, "id");
    check.party(json, "holder", false);
    check.typed_objects(json, "termsOfUse", false);
    for (member, item) in members("verifiableCredential", json.get("verifiableCredential")) {
        let token_of_v1 = version == ModelVersion::V1 && item.is_string();
        if !item.is_object() && !token_of_v1 {
            check.faults.push(CredentialFault::NotObject { member });
        }
    }
    check.finish(version)
}

#[derive(Default)]
struct Check {
    faults: Vec<CredentialFault>,
}

impl Check {
    fn finish(self, version: ModelVersion) -> Result<ModelVersion, Vec<CredentialFault>> {
        if self.faults.is_empty() { Ok(version) } else { Err(self.faults) }
    }

    fn context(&mut self, json: &Map<String, Value>) -> ModelVersion {
        let Some(context) = json.get("@context") else {
            self.faults.push(CredentialFault::Missing { member: "@context".to_owned() });
            return ModelVersion::V2;
        };
        let entries = items(Some(context));
        let version = match entries.first().and_then(Value::as_str) {
            Some(CONTEXT_V2) => ModelVersion::V2,
            Some(CONTEXT_V1) => ModelVersion::V1,
            _ => {
                self.faults.push(CredentialFault::FirstContext);
                ModelVersion::V2
            }
        };
        let others = strings(Some(context)).into_iter().skip(1);
        if others.into_iter().any(|url| url == CONTEXT_V1 || url == CONTEXT_V2) {
            self.faults.push(CredentialFault::MixedContexts);
        }
        for (member, entry) in members("@context", Some(context)) {
            if !(entry.is_object() || entry.as_str().is_some_and(is_url)) {
                self.faults.push(CredentialFault::MalformedContext { member });
            }
        }
        version
    }

    fn types(&mut self, json: &Map<String, Value>, member: &str, expected: Option<&str>) {
        let Some(value) = json.get("type") else {
            return self.faults.push(CredentialFault::Missing { member: member.to_owned() });
        };
        let names = items(Some(value));
        if names.is_empty() || !names.iter().all(|name| name.as_str().is_some_and(|name| !name.is_empty())) {
            self.faults.push(CredentialFault::MalformedType { member: member.to_owned() });
        }
        if let Some(expected) = expected
            && !names.iter().any(|name| name == expected)
        {
            self.faults.push(CredentialFault::MissingType { expected: expected.to_owned() });
        }
    }

    fn url(&mut self, json: &Map<String, Value>, name: &str) {
        if let Some(value) = json.get(name) {
            self.url_value(value, name.to_owned());
        }
    }

    fn url_value(&mut self, value: &Value, member: String) {
        if !value.as_str().is_some_and(is_url) {
            self.faults.push(CredentialFault::NotUrl { member });
        }
    }

    /// An issuer or holder: a URL, or an object with one as its `id` (§4.7, §4.13).
    fn party(&mut self, json: &Map<String, Value>, name: &str, required: bool) {
        match json.get(name) {
            None if required => self.faults.push(CredentialFault::Missing { member: name.to_owned() }),
            None => (),
            Some(Value::Object(party)) => {
                match party.get("id") {
                    None => self.faults.push(CredentialFault::Missing { member: format!("{name}.id") }),
                    Some(id) => self.url_value(id, format!("{name}.id")),
                }
                self.text_value(party.get("name"), format!("{name}.name"));
                self.text_value(party.get("description"), format!("{name}.description"));
            }
            Some(value) => self.url_value(value, name.to_owned()),
        }
    }

    fn subjects(&mut self, json: &Map<String, Value>) {
        let Some(value) = json.get("credentialSubject") else {
            return self.faults.push(CredentialFault::Missing { member: "credentialSubject".to_owned() });
        };
        if items(Some(value)).is_empty() {
            self.faults.push(CredentialFault::Empty { member: "credentialSubject".to_owned() });
        }
        for (member, subject) in members("credentialSubject", Some(value)) {
            match subject {
                Value::Object(subject) if subject.is_empty() => self.faults.push(CredentialFault::Empty { member }),
                Value::Object(subject) => {
                    if let Some(id) = subject.get("id") {
                        self.url_value(id, format!("{member}.id"));
                    }
                }
                _ => self.faults.push(CredentialFault::NotObject { member }),
            }
        }
    }

    fn validity(&mut self, json: &Map<String, Value>, version: ModelVersion) {
        let (from, until) = validity_names(version);
        if version == ModelVersion::V1 && !json.contains_key(from) {
            self.faults.push(CredentialFault::Missing { member: from.to_owned() });
        }
        let start = self.timestamp(json, from);
        let end = self.timestamp(json, until);
        if start.zip(end).is_some_and(|(start, end)| end < start) {
            self.faults.push(CredentialFault::EmptyValidity);
        }
    }

    fn timestamp(&mut self, json: &Map<String, Value>, name: &str) -> Option<Timestamp> {
        let time = json.get(name)?.as_str().and_then(|text| text.parse().ok());
        if time.is_none() {
            self.faults.push(CredentialFault::NotTimestamp { member: name.to_owned() });
        }
        time
    }

    fn text(&mut self, json: &Map<String, Value>, name: &str) {
        self.text_value(json.get(name), name.to_owned());
    }

    fn text_value(&mut self, value: Option<&Value>, member: String) {
        if value.is_some_and(|value| Text::of(value).is_none()) {
            self.faults.push(CredentialFault::MalformedText { member });
        }
    }

    /// One or more objects, each with a `type` and, perhaps or surely, an `id`.
    fn typed_objects(&mut self, json: &Map<String, Value>, name: &str, id_required: bool) {
        for (member, value) in members(name, json.get(name)) {
            let Value::Object(object) = value else {
                self.faults.push(CredentialFault::NotObject { member });
                continue;
            };
            self.types(object, &format!("{member}.type"), None);
            match object.get("id") {
                Some(id) => self.url_value(id, format!("{member}.id")),
                None if id_required => self.faults.push(CredentialFault::Missing { member: format!("{member}.id") }),
                None => (),
            }
        }
    }

    fn related_resources(&mut self, json: &Map<String, Value>) {
        let mut seen = HashSet::new();
        for (member, value) in members("relatedResource", json.get("relatedResource")) {
            let Value::Object(object) = value else {
                self.faults.push(CredentialFault::NotObject { member });
                continue;
            };
            match object.get("id") {
                None => self.faults.push(CredentialFault::Missing { member: format!("{member}.id") }),
                Some(id) => self.url_value(id, format!("{member}.id")),
            }
            if RelatedResource::read(object).is_none() {
                self.faults.push(CredentialFault::MalformedDigest { member: member.clone() });
            }
            if object.get("id").and_then(Value::as_str).is_some_and(|id| !seen.insert(id)) {
                self.faults.push(CredentialFault::DuplicateResource { member });
            }
        }
    }
}

/// The items of a member, each with its own name.
fn members<'a>(name: &str, value: Option<&'a Value>) -> Vec<(String, &'a Value)> {
    match value {
        None => Vec::new(),
        Some(Value::Array(items)) => items.iter().enumerate().map(|(i, item)| (format!("{name}.{i}"), item)).collect(),
        Some(one) => vec![(name.to_owned(), one)],
    }
}

fn is_url(text: &str) -> bool {
    url::Url::parse(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credential::Credential;
    use proptest::prelude::*;
    use serde_json::json;

    fn good() -> Value {
        json!({
            "@context": [CONTEXT_V2, "https://www.w3.org/ns/credentials/examples/v2", { "x": "https://example.org/x" }],
            "id": "urn:uuid:4d9a5c1c-9a3d-4a8e-9d8d-6b9ae4a4a7aa",
            "type": ["VerifiableCredential", "ExampleDegreeCredential"],
            "name": [{ "@value": "Diploma", "@language": "es" }, { "@value": "شهادة", "@language": "ar", "@direction": "rtl" }],
            "description": "A degree",
            "issuer": { "id": "did:web:universidad.example", "name": "Universidad" },
            "validFrom": "2026-03-01T09:00:00-03:00",
            "validUntil": "2036-03-01T12:00:00Z",
            "credentialSubject": [{ "id": "did:example:1", "degree": "MD" }, { "spouse": "did:example:1" }],
            "credentialStatus": { "type": "BitstringStatusListEntry" },
            "credentialSchema": [{ "id": "https://example.org/schema.json", "type": "JsonSchema" }],
            "evidence": [{ "type": ["Photo"], "id": "https://example.org/photo" }],
            "termsOfUse": { "type": "TrustFrameworkPolicy" },
            "refreshService": { "type": "VerifiableCredentialRefreshService2021" },
            "relatedResource": [{
                "id": "https://www.w3.org/ns/credentials/v2",
                "digestMultibase": "uEiBZlVztZpfWHgPyslVv6-UwirFoQoRvW1htfx963sknNA",
            }],
        })
    }

    fn faults(change: impl FnOnce(&mut Value)) -> Vec<CredentialFault> {
        let mut json = good();
        change(&mut json);
        Credential::check(json.as_object().expect("an object")).err().unwrap_or_default()
    }

    fn member(name: &str) -> String {
        name.to_owned()
    }

    #[test]
    fn complete_credential_has_no_fault() {
        assert_eq!(faults(|_| ()), []);
    }

    #[test]
    fn single_value_stands_for_a_list_of_one() {
        let found = faults(|json| {
            json["@context"] = CONTEXT_V2.into();
            json["type"] = "VerifiableCredential".into();
            json["issuer"] = "did:web:universidad.example".into();
            json["credentialSubject"] = json!({ "degree": "MD" });
        });
        assert_eq!(found, []);
    }

    #[test]
    fn each_missing_member_is_named() {
        for name in ["@context", "type", "issuer", "credentialSubject"] {
            let found = faults(|json| drop(json.as_object_mut().expect("an object").shift_remove(name)));
            assert_eq!(found, [CredentialFault::Missing { member: member(name) }]);
        }
    }

    #[test]
    fn context_must_begin_with_the_base_and_hold_urls_or_objects() {
        assert_eq!(
            faults(|json| json["@context"] = json!(["https://example.org/ctx", CONTEXT_V2]))[0],
            CredentialFault::FirstContext
        );
        assert_eq!(faults(|json| json["@context"] = json!([])), [CredentialFault::FirstContext]);
        assert_eq!(faults(|json| json["@context"] = json!([CONTEXT_V2, CONTEXT_V1])), [CredentialFault::MixedContexts]);
        let found = faults(|json| json["@context"] = json!([CONTEXT_V2, 7, "not a url"]));
        let expected = ["@context.1", "@context.2"].map(|name| CredentialFault::MalformedContext { member: member(name) });
        assert_eq!(found, expected);
    }

    #[test]
    fn type_must_name_the_kind_of_document() {
        let missing = || CredentialFault::MissingType { expected: member("VerifiableCredential") };
        let malformed = || CredentialFault::MalformedType { member: member("type") };
        assert_eq!(faults(|json| json["type"] = json!(["ExampleDegreeCredential"])), [missing()]);
        assert_eq!(faults(|json| json["type"] = json!(["VerifiableCredential", 3])), [malformed()]);
        assert_eq!(faults(|json| json["type"] = json!([])), [malformed(), missing()]);
    }

    #[test]
    fn identifiers_must_be_urls() {
        for (name, change) in [
            ("id", json!("credential 7")),
            ("id", json!(["urn:a:b", "urn:a:c"])),
            ("issuer", json!("Universidad")),
            ("issuer.id", json!({ "id": 7 })),
            ("credentialSubject.id", json!({ "id": "Ana", "degree": "MD" })),
        ] {
            let top = name.split('.').next().expect("a name");
            assert_eq!(faults(|json| json[top] = change), [CredentialFault::NotUrl { member: member(name) }]);
        }
        let nameless = faults(|json| json["issuer"] = json!({ "name": "Universidad" }));
        assert_eq!(nameless, [CredentialFault::Missing { member: member("issuer.id") }]);
    }

    #[test]
    fn subjects_must_be_objects_that_say_something() {
        assert_eq!(
            faults(|json| json["credentialSubject"] = json!([])),
            [CredentialFault::Empty { member: member("credentialSubject") }]
        );
        assert_eq!(
            faults(|json| json["credentialSubject"] = json!({})),
            [CredentialFault::Empty { member: member("credentialSubject") }]
        );
        let found = faults(|json| json["credentialSubject"] = json!([{ "a": 1 }, "did:example:1"]));
        assert_eq!(found, [CredentialFault::NotObject { member: member("credentialSubject.1") }]);
    }

    #[test]
    fn validity_needs_offsets_and_must_not_be_empty() {
        let found = faults(|json| json["validFrom"] = "2026-03-01T12:00:00".into());
        assert_eq!(found, [CredentialFault::NotTimestamp { member: member("validFrom") }]);
        let found = faults(|json| json["validUntil"] = "2026-03-01T11:59:59Z".into());
        assert_eq!(found, [CredentialFault::EmptyValidity]);
        assert_eq!(faults(|json| json["validUntil"] = "2026-03-01T12:00:00Z".into()), []);
    }

    #[test]
    fn extension_points_need_a_type_and_schemas_an_id() {
        for name in ["credentialStatus", "evidence", "termsOfUse", "refreshService"] {
            let found = faults(|json| json[name] = json!({ "id": "https://example.org/1" }));
            assert_eq!(found, [CredentialFault::Missing { member: format!("{name}.type") }]);
            let found = faults(|json| json[name] = json!(["https://example.org/1"]));
            assert_eq!(found, [CredentialFault::NotObject { member: format!("{name}.0") }]);
        }
        let found = faults(|json| json["credentialSchema"] = json!([{ "type": "JsonSchema" }]));
        assert_eq!(found, [CredentialFault::Missing { member: member("credentialSchema.0.id") }]);
    }

    #[test]
    fn text_is_plain_or_with_a_language_and_direction() {
        for bad in [
            json!(7),
            json!({ "@value": 7 }),
            json!({ "@value": "a", "@language": "not a tag" }),
            json!({ "@value": "a", "@direction": "up" }),
            json!([]),
        ] {
            assert_eq!(faults(|json| json["name"] = bad), [CredentialFault::MalformedText { member: member("name") }]);
        }
    }

    #[test]
    fn related_resources_are_unique_and_carry_a_digest() {
        let found = faults(|json| {
            let resource = json["relatedResource"][0].clone();
            json["relatedResource"] = json!([resource, resource, { "id": "https://example.org/image" }]);
        });
        let expected = [
            CredentialFault::DuplicateResource { member: member("relatedResource.1") },
            CredentialFault::MalformedDigest { member: member("relatedResource.2") },
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn data_model_1_1_is_read_by_its_own_rules() {
        let v1 = json!({
            "@context": [CONTEXT_V1],
            "type": ["VerifiableCredential"],
            "issuer": "did:example:issuer",
            "issuanceDate": "2020-01-01T00:00:00Z",
            "expirationDate": "2030-01-01T00:00:00Z",
            "credentialSubject": { "id": "did:example:1", "degree": "MD" },
        });
        let credential = Credential::check(v1.as_object().expect("an object")).expect("a credential of 1.1");
        assert_eq!(credential.version(), ModelVersion::V1);
        assert_eq!(credential.valid_until().expect("a date").as_str(), "2030-01-01T00:00:00Z");
        let mut without = v1.as_object().expect("an object").clone();
        without.shift_remove("issuanceDate");
        assert_eq!(Credential::check(&without), Err(vec![CredentialFault::Missing { member: member("issuanceDate") }]));
    }

    proptest! {
        #[test]
        fn any_member_of_any_shape_is_accepted_or_faulted(
            name in "(@context|id|type|name|issuer|validFrom|credentialSubject|credentialStatus|relatedResource)",
            text in "[\\[\\]{}\":,0-9a-e ]{0,40}",
        ) {
            if let Ok(value) = crate::json::read("test", &text) {
                let _ = faults(|json| json[&name] = value);
            }
        }
    }
}
