//! Each rule of the data model broken on its own.

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
fn context_stands_in_the_list_once() {
    let found =
        faults(|json| json["@context"] = json!([CONTEXT_V2, "https://example.org/c", { "x": "urn:x" }, "https://example.org/c"]));
    assert_eq!(found, [CredentialFault::DuplicateContext { member: member("@context.3") }]);
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
        ("id", json!(null)),
        ("id", json!(7)),
        ("id", json!(" urn:a:b")),
        ("id", json!("urn:a b")),
        ("issuer", json!(null)),
        ("issuer", json!(["did:web:universidad.example"])),
        ("issuer.id", json!({ "id": null })),
        ("credentialSubject.id", json!({ "id": ["urn:a:b"], "degree": "MD" })),
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
    let names = ["credentialStatus", "evidence", "termsOfUse", "refreshService", "renderMethod", "confidenceMethod"];
    for name in names {
        let found = faults(|json| json[name] = json!({ "id": "https://example.org/1" }));
        assert_eq!(found, [CredentialFault::Missing { member: format!("{name}.type") }]);
        let found = faults(|json| json[name] = json!(["https://example.org/1"]));
        assert_eq!(found, [CredentialFault::NotObject { member: format!("{name}.0") }]);
        let found = faults(|json| json[name] = json!({ "type": 2, "id": ["urn:a", "urn:b"] }));
        let malformed = CredentialFault::MalformedType { member: format!("{name}.type") };
        assert_eq!(found, [malformed, CredentialFault::NotUrl { member: format!("{name}.id") }]);
        assert_eq!(faults(|json| json[name] = json!([])), [CredentialFault::Empty { member: member(name) }]);
        assert_eq!(faults(|json| json[name] = json!(null)), [CredentialFault::NotObject { member: member(name) }]);
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
        json!({ "@value": "a", "@language": null }),
        json!({ "@value": "a", "@direction": null }),
        json!({ "@value": "a", "@language": "en", "url": "https://example.org" }),
        json!({ "@language": "en" }),
        json!([]),
        json!(null),
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
fn digest_of_a_schema_and_the_media_type_of_a_resource_are_well_formed() {
    let found = faults(|json| json["credentialSchema"][0]["digestSRI"] = "sha384-short".into());
    assert_eq!(found, [CredentialFault::MalformedDigest { member: member("credentialSchema.0") }]);
    let with = |media: Value| faults(|json| json["relatedResource"][0]["mediaType"] = media);
    for good in ["application/ld+json", "text/html; charset=utf-8"] {
        assert_eq!(with(good.into()), []);
    }
    for bad in [json!(7), json!("json"), json!("a/"), json!("a b/c")] {
        assert_eq!(with(bad), [CredentialFault::MalformedMediaType { member: member("relatedResource.0.mediaType") }]);
    }
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
