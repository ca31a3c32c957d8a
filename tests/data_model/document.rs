//! What a credential must say and how: VC DM 2.0 §4.4, §4.6–§4.11, §5.3–§5.9, §11.1.

use serde_json::{Value, json};
use wallet_core::verification::Reason;

use super::stage::{OVER_JSON, Stage};

/// Values that are no single URL.
fn no_urls() -> [Value; 7] {
    let two = json!(["urn:a:b", "urn:a:c"]);
    [json!(null), json!(7), json!("not a url"), json!(""), json!("urn:a b"), two, json!({ "id": "urn:a:b" })]
}

#[test]
fn identifiers_are_single_urls() {
    let stage = Stage::new();
    for id in ["urn:uuid:3978344f-8596-4c3a-a978-8fcaba3903c5", "https://id.example/things#123", "did:example:1234abcd"] {
        stage.accepts(&stage.with(|json| json["id"] = id.into()));
        stage.accepts(&stage.with(|json| json["credentialSubject"]["id"] = id.into()));
    }
    stage.refuses_each("/id", no_urls(), "id is not a URL");
    stage.refuses_each("/credentialSubject/id", no_urls(), "credentialSubject.id is not a URL");
}

#[test]
fn issuer_is_required_and_is_a_url() {
    let stage = Stage::new();
    stage.accepts(&stage.with(|json| json["issuer"] = stage.issuer.did.as_str().into()));
    stage.refuses_without("issuer", "issuer is missing");
    for bad in [json!(null), json!(7), json!("Universidad"), json!([stage.issuer.did])] {
        stage.refuses_with(|json| json["issuer"] = bad, "issuer is not a URL");
    }
    stage.refuses_with(|json| json["issuer"] = json!({ "name": "Universidad" }), "issuer.id is missing");
    stage.refuses_each("/issuer/id", no_urls(), "issuer.id is not a URL");
}

#[test]
fn credential_is_signed_by_its_issuer() {
    let stage = Stage::new();
    for mechanism in super::stage::ALL {
        let forged = stage.with(|json| json["issuer"] = stage.world.university.did.as_str().into());
        let verdict = stage.judge(&stage.sign(forged, mechanism));
        assert!(verdict.reasons().iter().any(|found| matches!(found.what, Reason::SignerMismatch { .. })), "{verdict:#?}");
    }
}

#[test]
fn names_and_descriptions_are_text_or_text_in_a_language() {
    let stage = Stage::new();
    for good in [
        json!("Perro"),
        json!({ "@value": "Dog", "@language": "en" }),
        json!({ "@value": "Dog", "@language": "en", "@direction": "ltr" }),
        json!([{ "@value": "Dog", "@language": "en" }, { "@value": "Chien", "@language": "fr" }, { "@value": "Cane", "@language": "it" }]),
        json!({ "@value": "HTML وCSS: تصميم و إنشاء مواقع الويب", "@language": "ar", "@direction": "rtl" }),
    ] {
        for pointer in ["/name", "/description", "/issuer/name", "/issuer/description"] {
            stage.accepts(&stage.with(|json| super::stage::set(json, pointer, good.clone())));
        }
    }
    let bad = || {
        [
            json!(null),
            json!(7),
            json!([]),
            json!({ "@language": "en" }),
            json!({ "@value": 7, "@language": "en" }),
            json!({ "@value": "Dog", "@language": "not a tag" }),
            json!({ "@value": "Dog", "@language": null }),
            json!({ "@value": "Dog", "@direction": "up" }),
            json!({ "@value": "Dog", "@language": "en", "url": "did:example:extra" }),
            json!({ "@value": "Dog", "@language": "en", "@type": "https://example.org/t" }),
        ]
    };
    stage.refuses_each("/name", bad(), "name is neither text");
    stage.refuses_each("/description", bad(), "description is neither text");
    stage.refuses_each("/issuer/name", bad(), "issuer.name is neither text");
    stage.refuses_each("/issuer/description", bad(), "issuer.description is neither text");
}

#[test]
fn subject_is_required_and_says_something() {
    let stage = Stage::new();
    stage.accepts(&stage.with(|json| json["credentialSubject"] = json!([{ "title": "Médica" }, { "id": "did:example:b" }])));
    stage.refuses_without("credentialSubject", "credentialSubject is missing");
    stage.refuses_each("/credentialSubject", [json!({}), json!([])], "credentialSubject is empty");
    stage.refuses_with(|json| json["credentialSubject"] = json!([{ "title": "Médica" }, {}]), "credentialSubject.1 is empty");
    stage.refuses_each(
        "/credentialSubject",
        [json!(null), json!("did:example:a"), json!(7)],
        "credentialSubject is not an object",
    );
    stage.refuses_with(
        |json| json["credentialSubject"] = json!([{ "title": "Médica" }, "x"]),
        "credentialSubject.1 is not an object",
    );
}

#[test]
fn validity_is_given_in_times_with_an_offset() {
    let stage = Stage::new();
    for good in ["2025-02-26T00:16:15Z", "2025-02-26T00:16:15.123Z", "2025-02-26T00:16:15-08:00", "2025-02-26T24:00:00+14:00"] {
        stage.accepts(&stage.with(|json| json["validFrom"] = good.into()));
    }
    let bad = || {
        let texts = [
            "2023-02-26",
            "2023-02-26T00:16:15",
            "2023-02-26 00:16:15Z",
            "2023-02-26T00:16Z",
            "2023-13-26T00:16:15Z",
            "2023-02-26T00:16:61Z",
            "2023-02-26T00:16:15+15:00",
            "soon",
            "",
        ];
        texts.into_iter().map(Value::from).chain([json!(null), json!(1_700_000_000), json!(["2023-02-26T00:16:15Z"])])
    };
    stage.refuses_each("/validFrom", bad(), "validFrom is not a date and time with an offset");
    stage.refuses_each("/validUntil", bad(), "validUntil is not a date and time with an offset");
}

#[test]
fn validity_does_not_end_before_it_begins() {
    let stage = Stage::new();
    let period = |from: &str, until: &str| {
        let (from, until) = (from.to_owned(), until.to_owned());
        move |json: &mut Value| {
            json["validFrom"] = from.into();
            json["validUntil"] = until.into();
        }
    };
    let empty = "it stops to be valid before it begins to be";
    stage.refuses_with(period("2026-01-02T00:00:00Z", "2026-01-01T23:59:59Z"), empty);
    // As moments, whatever the offsets read like.
    stage.refuses_with(period("2026-01-01T12:00:00Z", "2026-01-01T13:00:00+02:00"), empty);
    stage.accepts(&stage.with(period("2026-03-01T12:01:00Z", "2026-03-01T13:01:00+01:00")));
}

#[test]
fn validity_is_held_against_the_clock() {
    let stage = Stage::new();
    let verdict = |name: &str, time: &str| {
        stage.judge(&stage.sign(stage.with(|json| json[name] = time.into()), OVER_JSON[0])).reasons().first().cloned()
    };
    assert!(matches!(verdict("validFrom", "2030-01-01T00:00:00Z").expect("a reason").what, Reason::NotYetValid { .. }));
    assert!(matches!(verdict("validUntil", "2026-02-01T00:00:00Z").expect("a reason").what, Reason::Expired { .. }));
}

/// An object of an extension point that keeps its rules.
fn typed() -> Value {
    json!({ "id": "https://uni.example/1", "type": "https://uni.example/vocab#Kind" })
}

/// What every extension point asks of its objects.
fn has_a_type_and_a_url(member: &str) {
    let stage = Stage::new();
    let with = |value: Value| move |json: &mut Value| json[member] = value;
    stage.refuses_with(with(json!({ "id": "https://uni.example/1" })), &format!("{member}.type is missing"));
    stage.refuses_with(with(json!([typed(), { "id": "https://uni.example/1" }])), &format!("{member}.1.type is missing"));
    for bad in [json!(2), json!(null), json!([]), json!([""])] {
        stage.refuses_with(with(json!({ "id": "urn:a:b", "type": bad })), &format!("{member}.type is not a list of type names"));
    }
    for bad in no_urls() {
        let mut object = typed();
        object["id"] = bad;
        stage.refuses_with(with(object), &format!("{member}.id is not a URL"));
    }
    for bad in [json!(null), json!("https://uni.example/1"), json!(7)] {
        stage.refuses_with(with(bad), &format!("{member} is not an object"));
    }
    stage.refuses_with(with(json!([])), &format!("{member} is empty"));
}

#[test]
fn status_has_a_type_and_perhaps_an_identifier() {
    has_a_type_and_a_url("credentialStatus");
}

#[test]
fn schema_has_a_type_and_an_identifier() {
    has_a_type_and_a_url("credentialSchema");
    let nameless = json!({ "type": "JsonSchema" });
    Stage::new().refuses_with(|json| json["credentialSchema"] = nameless, "credentialSchema.id is missing");
}

#[test]
fn evidence_terms_refresh_and_reserved_extension_points_have_a_type() {
    let stage = Stage::new();
    for member in ["evidence", "termsOfUse", "refreshService", "renderMethod", "confidenceMethod"] {
        has_a_type_and_a_url(member);
        stage.accepts(&stage.with(|json| json[member] = json!({ "type": "https://uni.example/vocab#Kind" })));
        stage.accepts(&stage.with(|json| json[member] = json!([typed(), { "type": "https://uni.example/vocab#Kind" }])));
    }
}

#[test]
fn related_resources_are_objects_with_an_identifier_of_their_own_and_a_digest() {
    let stage = Stage::new();
    let of = |value: Value| move |json: &mut Value| json["relatedResource"] = value;
    let good =
        || json!({ "id": "https://uni.example/photo", "digestSRI": "sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=" });
    stage.accepts(&stage.with(of(good())));
    stage.accepts(&stage.with(of(json!([good()]))));
    stage.refuses_with(of(json!(["https://uni.example/photo"])), "relatedResource.0 is not an object");
    stage.refuses_with(of(json!([])), "relatedResource is empty");
    stage.refuses_with(of(json!(null)), "relatedResource is not an object");
    stage.refuses_with(of(json!([good(), good()])), "relatedResource.1 names a resource for the second time");
    let without = |name: &str| {
        let mut resource = good();
        resource.as_object_mut().expect("an object").remove(name);
        resource
    };
    stage.refuses_with(of(without("id")), "relatedResource.id is missing");
    stage.refuses_with(of(without("digestSRI")), "relatedResource has no digest");
    for id in no_urls() {
        let mut resource = good();
        resource["id"] = id;
        stage.refuses_with(of(resource), "relatedResource.id is not a URL");
    }
    for digest in [json!("sha256-short"), json!("md5-ungWv48Bz+pBQUDeXa4iIw=="), json!(7), json!([])] {
        let mut resource = good();
        resource["digestSRI"] = digest;
        stage.refuses_with(of(resource), "relatedResource has no digest");
    }
    let mut resource = good();
    resource["mediaType"] = json!("no media type");
    stage.refuses_with(of(resource), "relatedResource.mediaType is not a media type");
}
