//! A transcript: a CLR 2.0 credential of signed credentials (1EdTech Comprehensive Learner Record 2.0 §4), canonicalised within limits.

use serde_json::{Value, json};
use wallet_core::securing::linked_data::{canonical_nquads, to_quads};
use wallet_core::securing::{Mechanism, Secured};
use wallet_core::verification::Reason;

use super::stage::{ALL, Stage, V2};
use super::world::object;

const BADGES: &str = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json";
const EXTENSIONS: &str = "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json";
const CLR: &str = "https://purl.imsglobal.org/spec/clr/v2p0/context-2.0.1.json";

/// One passed course, signed.
fn course(stage: &Stage, number: usize) -> Value {
    let course = object(json!({
        "@context": [V2, BADGES, EXTENSIONS],
        "id": format!("urn:uuid:91537dba-56cb-41ec-bf63-{number:012}"),
        "type": ["VerifiableCredential", "AchievementCredential"],
        "issuer": { "id": stage.issuer.did, "type": "Profile", "name": "Universidad de Ejemplo" },
        "validFrom": "2026-01-01T00:00:00Z",
        "name": format!("Materia {number}"),
        "credentialSubject": {
            "id": "did:example:ana",
            "type": "AchievementSubject",
            "achievement": {
                "id": format!("https://uni.example/materias/{number}"),
                "type": "Achievement",
                "achievementType": "Course",
                "name": format!("Materia {number}"),
                "description": "Un curso",
                "humanCode": format!("M-{number}"),
                "fieldOfStudy": "Enfermería",
                "creditsAvailable": 4.5,
                "criteria": { "narrative": "Aprobar el examen." },
                "resultDescription": [{
                    "id": format!("urn:uuid:0d0c1f3e-1111-4111-8111-{number:012}"), "type": "ResultDescription",
                    "name": "Nota", "resultType": "GradePointAverage",
                }],
            },
            "result": [{
                "type": "Result",
                "resultDescription": format!("urn:uuid:0d0c1f3e-1111-4111-8111-{number:012}"),
                "value": format!("{}.5", 4 + number % 6),
            }],
        },
        "credentialSchema": [{ "id": "https://uni.example/schema.json", "type": "1EdTechJsonSchemaValidator2019" }],
    }));
    stage.sign(course, Mechanism::EddsaRdfc2022).to_value()
}

/// A transcript of `courses` courses, one leading to the next.
fn transcript(stage: &Stage, courses: usize) -> serde_json::Map<String, Value> {
    let credentials: Vec<Value> = (0..courses).map(|number| course(stage, number)).collect();
    let leads = |number: usize| {
        json!({
            "type": "Association",
            "associationType": "precedes",
            "sourceId": credentials[number]["id"],
            "targetId": credentials[number + 1]["id"],
        })
    };
    let associations: Vec<Value> = (0..courses - 1).map(leads).collect();
    object(json!({
        "@context": [V2, CLR, BADGES, EXTENSIONS],
        "id": "https://uni.example/credentials/3732",
        "type": ["VerifiableCredential", "ClrCredential"],
        "issuer": { "id": stage.issuer.did, "type": "Profile", "name": "Universidad de Ejemplo" },
        "validFrom": "2026-01-01T00:00:00Z",
        "name": "Certificado de notas",
        "partial": false,
        "credentialSubject": {
            "id": "did:example:ana",
            "type": "ClrSubject",
            "identifier": [{
                "type": "IdentityObject", "hashed": false, "identityHash": "Ana Quispe", "identityType": "name",
            }],
            "achievement": [{
                "id": "https://uni.example/titulos/enfermeria", "type": "Achievement", "achievementType": "BachelorDegree",
                "name": "Licenciatura en Enfermería", "description": "Título de grado", "criteria": { "narrative": "El plan 2019." },
            }],
            "verifiableCredential": credentials,
            "association": associations,
        },
    }))
}

#[test]
fn transcript_of_signed_courses_is_issued_and_verified() {
    let stage = Stage::new();
    stage.accepts(&transcript(&stage, 4));
}

#[test]
fn transcript_of_a_whole_career_stays_within_the_limits() {
    let stage = Stage::new();
    let document = transcript(&stage, 60);
    let contexts = &stage.world.evidence.contexts;
    let quads = to_quads(&document, contexts).expect("every term is defined");
    assert!((2_000..10_000).contains(&quads.len()), "{} quads", quads.len());
    let canonical = canonical_nquads(&document, contexts).expect("within the limits");
    assert_eq!(canonical.matches("<https://w3id.org/security#proofValue>").count(), 60);
    for mechanism in ALL {
        assert_eq!(stage.judge(&stage.sign(document.clone(), mechanism)).word(), "accepted");
    }
}

#[test]
fn credentials_of_a_transcript_are_covered_with_their_proofs() {
    let stage = Stage::new();
    let signed = stage.sign(transcript(&stage, 3), Mechanism::EddsaRdfc2022).to_value();
    let changed = |change: fn(&mut Value)| {
        let mut signed = signed.clone();
        change(&mut signed["credentialSubject"]["verifiableCredential"][1]);
        let verdict = stage.judge(&Secured::read(&signed.to_string()).expect("still a credential"));
        verdict.reasons().iter().any(|found| found.what == Reason::BadSignature)
    };
    assert!(changed(|course| course["credentialSubject"]["result"][0]["value"] = json!("10")));
    assert!(changed(|course| course["proof"]["created"] = json!("2026-03-01T12:00:01Z")));
    assert!(changed(|course| drop(course.as_object_mut().expect("an object").remove("proof"))));
    // Each is also a credential by itself.
    let course = Secured::read(&signed["credentialSubject"]["verifiableCredential"][1].to_string()).expect("a credential");
    assert_eq!(stage.judge(&course).word(), "accepted");
}
