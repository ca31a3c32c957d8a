//! Documents that are awkward to canonicalise, for whoever signs and verifies them.

use serde_json::{Map, Value, json};
use wallet_core::securing::linked_data::Contexts;

/// The first context of VC DM 1.1.
pub const V1: &str = "https://www.w3.org/2018/credentials/v1";
pub const EXTRA: &str = "https://example.org/awkward/v1";

/// A context with every kind of term credentials use and the bundled ones do not.
pub fn contexts() -> Contexts {
    let extra = json!({ "@context": {
        "ex": "https://example.org/vocab#",
        "list": { "@id": "ex:list", "@container": "@list" },
        "set": { "@id": "ex:set", "@container": "@set" },
        "note": { "@id": "ex:note", "@container": "@language" },
        "byIndex": { "@id": "ex:byIndex", "@container": "@index" },
        "byId": { "@id": "ex:byId", "@container": "@id" },
        "byType": { "@id": "ex:byType", "@container": "@type" },
        "inGraph": { "@id": "ex:inGraph", "@container": "@graph" },
        "raw": { "@id": "ex:raw", "@type": "@json" },
        "code": { "@id": "ex:code", "@type": "@vocab" },
        "Gold": "ex:Gold",
        "partOf": { "@reverse": "ex:hasPart" },
        "details": "@nest",
        "inner": { "@id": "ex:inner", "@nest": "details" },
        "amount": { "@id": "ex:amount", "@type": "http://www.w3.org/2001/XMLSchema#double" },
        "Course": { "@id": "ex:Course", "@context": { "title": "ex:title", "grade": "ex:grade", "points": "ex:points" } },
        "spanish": { "@id": "ex:spanish", "@language": "ES-mx" },
        "hebrew": { "@id": "ex:hebrew", "@language": "he", "@direction": "rtl" },
        "link": { "@id": "ex:link", "@type": "@id" },
        "value": "ex:value",
        "about": "ex:about"
    }});
    Contexts::bundled().with(EXTRA, &extra.to_string()).expect("a context")
}

/// The claims, by what is awkward about them.
fn claims() -> Vec<(&'static str, Value)> {
    vec![
        ("plain text", json!({ "value": "x" })),
        ("accents and non-Latin", json!({ "value": "Niño Ávila — 東京 العربية" })),
        ("emoji", json!({ "value": "👩‍🎓🇲🇽" })),
        ("quotes and backslash", json!({ "value": "a \"quoted\" \\ 'text' <b>" })),
        ("tab, line feeds, return", json!({ "value": "a\tb\nc\rd" })),
        ("control characters", json!({ "value": "\u{1}\u{8}\u{b}\u{c}\u{1f}\u{7f}\u{80}" })),
        ("empty string", json!({ "value": "" })),
        ("set", json!({ "set": ["b", "a", "b"] })),
        ("list", json!({ "list": ["b", "a", "b"] })),
        ("empty list", json!({ "list": [] })),
        ("list of lists", json!({ "list": [["a", "b"], [], ["c"]] })),
        ("list of nodes", json!({ "list": [{ "value": 1 }, { "value": 2 }] })),
        (
            "transcript of siblings without id",
            json!({ "about": [
            { "type": "Course", "title": "Algebra", "grade": { "value": "A" } },
            { "type": "Course", "title": "Physics", "grade": { "value": "A" } },
            { "type": "Course", "title": "History", "grade": { "value": "B" } }
        ] }),
        ),
        ("twins without id", json!({ "about": [{ "about": { "value": "same" } }, { "about": { "value": "same" } }] })),
        ("upper-case language tags", json!({ "value": { "@value": "Hallo", "@language": "DE-AT" } })),
        ("term with a language", json!({ "spanish": "Hola" })),
        ("language map", json!({ "note": { "es": "uno", "EN": ["one", "1"], "@none": "?" } })),
        ("direction", json!({ "hebrew": "שלום", "value": { "@value": "مرحبا", "@language": "ar", "@direction": "rtl" } })),
        ("direction without language", json!({ "value": { "@value": "x", "@direction": "ltr" } })),
        (
            "tied blank nodes",
            json!({ "about": [
            { "about": { "value": "same" } }, { "about": { "value": "same" } }, { "about": { "value": "same" } }
        ] }),
        ),
        ("blank nodes by name", json!({ "about": [{ "id": "_:x", "value": 1 }, { "value": 2, "about": { "id": "_:x" } }] })),
        ("language tag with script and region", json!({ "value": { "@value": "漢字", "@language": "zh-Hant-TW" } })),
        ("small and huge numbers", json!({ "value": [2.5e-9, 1.797_693_134_862_315_7e308, 0.1, 123_456_789.125, -1.5e-300] })),
        ("whole number written with a fraction", json!({ "value": [1.0, -3.0, 1e5] })),
        ("integers", json!({ "value": [0, -1, 42, 9_007_199_254_740_992_i64] })),
        ("doubles", json!({ "value": [0.5, -1.25, 2.414213562373095, 1e21, 1.5e300] })),
        ("coerced doubles", json!({ "amount": [5, 5.5] })),
        ("booleans", json!({ "value": [true, false] })),
        ("@json", json!({ "raw": { "b": [1, 2.5, null, { "z": "é\t", "a": true }], "a": 1e30 } })),
        ("@json null", json!({ "raw": null })),
        ("index map", json!({ "byIndex": { "one": { "value": 1 }, "two": { "value": 2 } } })),
        ("id map", json!({ "byId": { "urn:x:1": { "value": 1 }, "urn:x:2": { "value": 2 } } })),
        ("type map", json!({ "byType": { "Course": { "title": "Algebra" } } })),
        ("graph", json!({ "inGraph": [{ "value": 1 }, { "value": 2 }] })),
        ("nested members", json!({ "details": { "inner": "x" } })),
        ("reverse property", json!({ "partOf": { "id": "urn:whole", "value": "w" } })),
        ("vocabulary values", json!({ "code": ["Gold", "https://example.org/other"] })),
        ("typed value", json!({ "value": { "@value": "2026-01-01", "@type": "http://www.w3.org/2001/XMLSchema#date" } })),
        ("null", json!({ "value": [null, "x"], "about": null })),
        ("compact IRI as name", json!({ "ex:free": "x" })),
        ("same node twice", json!({ "about": [{ "id": "urn:n", "value": 1 }, { "id": "urn:n", "value": [1, 2] }] })),
    ]
}

pub fn credential(issuer: &str, subject: Value) -> Map<String, Value> {
    let document = json!({
        "@context": ["https://www.w3.org/ns/credentials/v2", EXTRA],
        "id": "urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33",
        "type": ["VerifiableCredential"],
        "issuer": issuer,
        "validFrom": "2025-01-01T00:00:00Z",
        "credentialSubject": subject
    });
    document.as_object().expect("an object").clone()
}

/// Every document that is exchanged, by what is awkward about it.
pub fn documents(issuer: &str) -> Vec<(&'static str, Map<String, Value>)> {
    let mut documents: Vec<_> = claims().into_iter().map(|(name, claim)| (name, credential(issuer, claim))).collect();
    documents
        .push(("several subjects", credential(issuer, json!([{ "id": "urn:a", "value": 1 }, { "id": "urn:b", "value": 1 }]))));
    let mut names = credential(issuer, json!({ "id": "urn:a", "value": 1 }));
    names.insert(
        "name".into(),
        json!([{ "@value": "Título", "@language": "es" }, { "@value": "עברית", "@language": "he", "@direction": "rtl" }]),
    );
    documents.push(("name in several languages", names));
    let mut contexts = credential(issuer, json!({ "id": "urn:a", "value": 1 }));
    let all = contexts["@context"].as_array_mut().expect("a list");
    all.insert(1, json!("https://w3id.org/security/data-integrity/v2"));
    documents.push(("data-integrity/v2 beside credentials/v2", contexts));
    let badge = json!({
        "@context": ["https://www.w3.org/ns/credentials/v2", "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"],
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "issuer": { "id": issuer, "type": "Profile", "name": "Universidad de Ejemplo" },
        "validFrom": "2025-01-01T00:00:00Z",
        "credentialSubject": { "type": "AchievementSubject", "achievement": {
            "id": "urn:degree", "type": "Achievement", "achievementType": "BachelorDegree", "name": "Licenciatura en Física",
            "description": "Grado", "criteria": { "narrative": "300 créditos" },
            "resultDescription": [{ "id": "urn:r", "type": "ResultDescription", "name": "Media", "resultType": "GradePointAverage" }]
        }, "result": [{ "type": "Result", "resultDescription": "urn:r", "value": "9.1" }] }
    });
    documents.push(("Open Badges diploma", badge.as_object().expect("an object").clone()));
    let pass = json!({
        "@context": ["https://www.w3.org/ns/credentials/v2", "https://w3id.org/cedula/vaccination/v1"],
        "type": ["VerifiableCredential", "VaccinationCertificate"],
        "issuer": issuer,
        "validFrom": "2025-01-01T00:00:00Z",
        "credentialSubject": { "type": "VaccinationEvent", "dateOfVaccination": "2025-01-01", "order": 2, "totalDoses": 3,
            "recipient": { "type": "VaccineRecipient", "givenName": "Ana", "birthDate": "1990-02-03" },
            "vaccine": { "type": "Vaccine", "atcCode": "J07BN01", "icd11Code": "RA01" } }
    });
    documents.push(("vaccination pass", pass.as_object().expect("an object").clone()));
    documents
}

/// The same claims under VC DM 1.1; none where another context needs VC DM 2.0.
pub fn as_v1(mut document: Map<String, Value>) -> Option<Map<String, Value>> {
    if document["@context"][1] != EXTRA || document.contains_key("name") {
        return None;
    }
    document["@context"][0] = json!(V1);
    let from = document.shift_remove("validFrom").expect("a date");
    document.insert("issuanceDate".to_owned(), from);
    Some(document)
}
