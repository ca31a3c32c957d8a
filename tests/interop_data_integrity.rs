//! Data Integrity against npm `@digitalbazaar/vc`, both ways, on claims that are awkward to canonicalise.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Map, Value, json};
use wallet_core::did::VerificationRelationship;
use wallet_core::key::{KeyAlgorithm, SecretKey};
use wallet_core::securing::linked_data::Contexts;
use wallet_core::securing::{Mechanism, ProofOptions, Secured, prepare};

const SEED: [u8; 32] = [42; 32];
const EXTRA: &str = "https://example.org/awkward/v1";

/// A context with every kind of term credentials use and the bundled ones do not.
fn contexts() -> Contexts {
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

fn key() -> SecretKey {
    SecretKey::from_bytes(KeyAlgorithm::Ed25519, &SEED).expect("a seed")
}

fn did() -> String {
    format!("did:key:{}", key().public_key().to_multikey())
}

fn credential(subject: Value) -> Map<String, Value> {
    let document = json!({
        "@context": ["https://www.w3.org/ns/credentials/v2", EXTRA],
        "id": "urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33",
        "type": ["VerifiableCredential"],
        "issuer": did(),
        "validFrom": "2025-01-01T00:00:00Z",
        "credentialSubject": subject
    });
    document.as_object().expect("an object").clone()
}

/// Every document that is exchanged, by what is awkward about it.
fn documents() -> Vec<(&'static str, Map<String, Value>)> {
    let mut documents: Vec<_> = claims().into_iter().map(|(name, claim)| (name, credential(claim))).collect();
    documents.push(("several subjects", credential(json!([{ "id": "urn:a", "value": 1 }, { "id": "urn:b", "value": 1 }]))));
    let mut names = credential(json!({ "id": "urn:a", "value": 1 }));
    names.insert(
        "name".into(),
        json!([{ "@value": "Título", "@language": "es" }, { "@value": "עברית", "@language": "he", "@direction": "rtl" }]),
    );
    documents.push(("name in several languages", names));
    let mut contexts = credential(json!({ "id": "urn:a", "value": 1 }));
    let all = contexts["@context"].as_array_mut().expect("a list");
    all.insert(1, json!("https://w3id.org/security/data-integrity/v2"));
    documents.push(("data-integrity/v2 beside credentials/v2", contexts));
    let badge = json!({
        "@context": ["https://www.w3.org/ns/credentials/v2", "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"],
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "issuer": { "id": did(), "type": "Profile", "name": "Universidad de Ejemplo" },
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
        "issuer": did(),
        "validFrom": "2025-01-01T00:00:00Z",
        "credentialSubject": { "type": "VaccinationEvent", "dateOfVaccination": "2025-01-01", "order": 2, "totalDoses": 3,
            "recipient": { "type": "VaccineRecipient", "givenName": "Ana", "birthDate": "1990-02-03" },
            "vaccine": { "type": "Vaccine", "atcCode": "J07BN01", "icd11Code": "RA01" } }
    });
    documents.push(("vaccination pass", pass.as_object().expect("an object").clone()));
    documents
}

/// Asks the JavaScript side; fails loudly when its parts are not installed.
fn peer(op: &str, suite: Mechanism, documents: &[Value]) -> Vec<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interop/data_integrity");
    assert!(folder.join("node_modules").is_dir(), "run `npm ci --ignore-scripts` in {}", folder.display());
    let contexts = contexts();
    let all: Map<String, Value> =
        contexts.urls().map(|url| (url.to_owned(), contexts.document(url).expect("at hand").clone())).collect();
    let seed: String = SEED.iter().map(|byte| format!("{byte:02x}")).collect();
    let request = json!({ "op": op, "suite": suite.as_str(), "seed": seed, "contexts": all, "documents": documents });
    let mut child = Command::new("node")
        .arg("peer.mjs")
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node is installed");
    child.stdin.take().expect("piped").write_all(request.to_string().as_bytes()).expect("node reads");
    let output = child.wait_with_output().expect("node ends");
    assert!(output.status.success(), "node failed");
    serde_json::from_slice(&output.stdout).expect("node answers with JSON")
}

fn sign(document: Map<String, Value>, mechanism: Mechanism) -> Secured {
    let presentation = document["type"] == "VerifiablePresentation";
    let options = ProofOptions {
        nonce: presentation.then(|| "n-1".to_owned()),
        audience: presentation.then(|| "https://verifier.example".to_owned()),
        ..ProofOptions::new(
            mechanism,
            format!("{}#{}", did(), key().public_key().to_multikey()).parse().expect("a DID URL"),
            if presentation { VerificationRelationship::Authentication } else { VerificationRelationship::AssertionMethod },
            "2026-01-01T00:00:00Z".parse().expect("a time"),
        )
    };
    let unsigned = prepare(document, &options, &key().public_key(), &contexts()).expect("every term is defined");
    let signature = key().sign(unsigned.message());
    unsigned.finish(&signature).expect("64 bytes")
}

fn exchange(mechanism: Mechanism, documents: Vec<(&'static str, Map<String, Value>)>) {
    let plain: Vec<Value> = documents.iter().map(|(_, document)| Value::Object(document.clone())).collect();
    let theirs = peer("sign", mechanism, &plain);
    let ours: Vec<Secured> = documents.iter().map(|(_, document)| sign(document.clone(), mechanism)).collect();
    let texts: Vec<Value> = ours.iter().map(|ours| serde_json::from_str(ours.text()).expect("JSON")).collect();
    let judged = peer("verify", mechanism, &texts);
    let mut faults = Vec::new();
    println!("{:<42} {:>14} {:>14}", mechanism.as_str(), "theirs by us", "ours by them");
    for (((name, _), theirs), judged) in documents.iter().zip(&theirs).zip(&judged) {
        let by_us = match Secured::read(&theirs.to_string()) {
            Ok(theirs) => theirs.check_signature(0, &key().public_key(), &contexts()).map_err(|e| e.to_string()),
            Err(error) => Err(format!("{error}: {theirs}")),
        };
        let by_them = if judged["verified"] == true { Ok(()) } else { Err(judged["error"].to_string()) };
        let mark = |result: &Result<(), String>| if result.is_ok() { "yes" } else { "NO" };
        println!("{name:<42} {:>14} {:>14}", mark(&by_us), mark(&by_them));
        faults.extend(by_us.err().map(|why| format!("{name}, theirs by us: {why}")));
        faults.extend(by_them.err().map(|why| format!("{name}, ours by them: {why}")));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn credentials_verify_both_ways_under_eddsa_rdfc_2022() {
    exchange(Mechanism::EddsaRdfc2022, documents());
}

#[test]
fn credentials_verify_both_ways_under_eddsa_jcs_2022() {
    exchange(Mechanism::EddsaJcs2022, documents());
}

#[test]
fn presentations_verify_both_ways() {
    for mechanism in [Mechanism::EddsaRdfc2022, Mechanism::EddsaJcs2022] {
        let inner = sign(credential(json!({ "id": "urn:a", "value": "x" })), mechanism);
        let inner: Value = serde_json::from_str(inner.text()).expect("JSON");
        let presentation = json!({
            "@context": ["https://www.w3.org/ns/credentials/v2", EXTRA],
            "type": "VerifiablePresentation",
            "holder": did(),
            "verifiableCredential": [inner]
        });
        exchange(mechanism, vec![("presentation of one credential", presentation.as_object().expect("an object").clone())]);
    }
}
