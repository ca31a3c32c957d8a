//! Only the meaning of a linked data document is signed: claims hidden behind other names, and names exchanged.

use serde_json::{Value, json};
use wallet_core::securing::Mechanism;
use wallet_core::verification::{Gap, Reason};

use crate::corpus::{Attack, Expected, Scene, edited, object, rdfc};
use crate::world::{INDEX, at};

const RDFC: Mechanism = Mechanism::EddsaRdfc2022;
const CREDENTIALS: &str = "https://www.w3.org/2018/credentials#";
const DATE_TIME: &str = "http://www.w3.org/2001/XMLSchema#dateTime";
const UNI: &str = "https://uni.example/vocab#";

pub fn attacks() -> Vec<Attack> {
    [hidden(), exchanged(), aside()].into_iter().flatten().collect()
}

fn malformed() -> Expected {
    rejected!(Reason::Malformed { .. })
}

fn unsigned_name() -> Expected {
    undetermined!(Gap::UnsignedName { .. })
}

/// The diploma is revoked by now, or its time is over: hiding what says so would make it good again.
fn revoked(scene: &mut Scene, text: String, change: impl Fn(&mut Value) + 'static) -> String {
    let list = scene.world.status_list(&[INDEX]);
    scene.world.know_list(list);
    edited(change)(scene, text)
}

fn late(scene: &mut Scene, text: String, change: impl Fn(&mut Value) + 'static) -> String {
    scene.world.now = at("2040-01-01T00:00:00Z");
    scene.world.expected.status_max_age = i64::MAX / 4;
    scene.world.expected.resolution_max_age = i64::MAX / 4;
    edited(change)(scene, text)
}

fn take(value: &mut Value, name: &str) -> Value {
    value.as_object_mut().expect("an object").remove(name).expect("it is there")
}

fn own(credential: &mut Value, context: Value) {
    credential["@context"].as_array_mut().expect("a list").push(context);
}

fn dated(text: Value) -> Value {
    json!({ "@type": DATE_TIME, "@value": text })
}

fn hidden() -> Vec<Attack> {
    vec![
        Attack::new(
            "revoked diploma hides its status behind the term's IRI",
            rdfc,
            |scene, text| revoked(scene, text, |c| c[format!("{CREDENTIALS}credentialStatus")] = take(c, "credentialStatus")),
            malformed(),
        ),
        Attack::new(
            "revoked diploma hides its status behind an alias",
            rdfc,
            |scene, text| {
                revoked(scene, text, |c| {
                    own(c, json!({ "estado": { "@id": format!("{CREDENTIALS}credentialStatus"), "@type": "@id" } }));
                    c["estado"] = take(c, "credentialStatus");
                })
            },
            unsigned_name(),
        ),
        Attack::new(
            "revoked diploma hides its status behind a prefix",
            rdfc,
            |scene, text| {
                revoked(scene, text, |c| {
                    own(c, json!({ "cred": CREDENTIALS }));
                    c["cred:credentialStatus"] = take(c, "credentialStatus");
                })
            },
            malformed(),
        ),
        Attack::new(
            "revoked diploma hides its status in a nest",
            rdfc,
            |scene, text| {
                revoked(scene, text, |c| {
                    own(c, json!({ "nido": "@nest" }));
                    c["nido"] = json!({ "credentialStatus": take(c, "credentialStatus") });
                })
            },
            malformed(),
        ),
        Attack::new(
            "revoked diploma speaks of its status aside",
            rdfc,
            move |scene, text| {
                revoked(scene, text, |c| {
                    c["@included"] = json!([{ "id": c["id"], "type": "VerifiableCredential", "credentialStatus": take(c, "credentialStatus") }]);
                })
            },
            malformed(),
        ),
        Attack::new(
            "revoked diploma says its status backwards",
            rdfc,
            |scene, text| {
                revoked(scene, text, |c| {
                    own(c, json!({ "estadoDe": { "@reverse": format!("{CREDENTIALS}credentialStatus") } }));
                    c["@reverse"] = json!({ "estadoDe": take(c, "credentialStatus") });
                })
            },
            unsigned_name(),
        ),
        Attack::new(
            "status of many bits hides their number",
            |scene| {
                scene.issue_changed(RDFC, |diploma| {
                    diploma["credentialStatus"]["statusSize"] = json!(1);
                    diploma["credentialStatus"]["statusMessage"] =
                        json!([{ "status": "0x0", "message": "a" }, { "status": "0x1", "message": "b" }]);
                })
            },
            edited(|c| {
                let size = take(&mut c["credentialStatus"], "statusSize");
                c["credentialStatus"]["https://www.w3.org/ns/credentials/status#statusSize"] =
                    json!({ "@type": "http://www.w3.org/2001/XMLSchema#positiveInteger", "@value": size });
            }),
            malformed(),
        ),
        Attack::new(
            "expired diploma hides its end behind the term's IRI",
            rdfc,
            |scene, text| late(scene, text, |c| c[format!("{CREDENTIALS}validUntil")] = dated(take(c, "validUntil"))),
            malformed(),
        ),
        Attack::new(
            "expired diploma hides its end behind an alias",
            rdfc,
            |scene, text| {
                late(scene, text, |c| {
                    own(c, json!({ "hasta": { "@id": format!("{CREDENTIALS}validUntil"), "@type": DATE_TIME } }));
                    c["hasta"] = take(c, "validUntil");
                })
            },
            unsigned_name(),
        ),
        Attack::new(
            "diploma that is not yet valid hides its beginning",
            |scene| {
                scene.world.diploma["validFrom"] = json!("2026-02-20T00:00:00Z");
                rdfc(scene)
            },
            |scene, text| {
                scene.world.now = at("2026-03-01T12:00:00Z");
                edited(|c| c[format!("{CREDENTIALS}validFrom")] = dated(take(c, "validFrom")))(scene, text)
            },
            malformed(),
        ),
        Attack::new(
            "expired proof hides its end behind the term's IRI",
            |scene| scene.world.issue_with(|options| options.expires = Some(at("2026-03-01T12:02:00Z"))).text().to_owned(),
            |scene, text| {
                scene.world.now = at("2026-03-01T12:03:00Z");
                edited(|c| c["proof"]["https://w3id.org/security#expiration"] = dated(take(&mut c["proof"], "expires")))(
                    scene, text,
                )
            },
            malformed(),
        ),
        Attack::new(
            "subject's identifier hides behind the keyword",
            rdfc,
            edited(|c| {
                c["credentialSubject"]["@id"] = take(&mut c["credentialSubject"], "id");
            }),
            malformed(),
        ),
        Attack::new(
            "type of the subject hides behind the keyword",
            rdfc,
            edited(|c| {
                c["credentialSubject"]["@type"] = take(&mut c["credentialSubject"], "type");
            }),
            malformed(),
        ),
        Attack::new(
            "type of the diploma hides behind its IRI",
            rdfc,
            edited(|c| {
                c["type"][1] = json!("https://purl.imsglobal.org/spec/vc/ob/vocab.html#OpenBadgeCredential");
            }),
            rejected!(Reason::Malformed { .. }, besides Reason::UndefinedTerm { .. }, open Gap::UnsignedName { .. }),
        ),
        Attack::new(
            "claim hides behind its IRI",
            rdfc,
            edited(|c| {
                c["credentialSubject"]["https://purl.imsglobal.org/spec/vc/ob/vocab.html#achievement"] =
                    take(&mut c["credentialSubject"], "achievement");
            }),
            malformed(),
        ),
        Attack::new(
            "claim hides behind the type that has its IRI",
            rdfc,
            edited(|c| {
                let achievement = &mut c["credentialSubject"]["achievement"];
                achievement["Criteria"] = take(achievement, "criteria");
            }),
            malformed(),
        ),
        Attack::new(
            "published context is replaced by an own one with other names",
            |scene| {
                scene.issue_changed(RDFC, |diploma| {
                diploma["@context"][1] = json!("https://w3id.org/cedula/vaccination/v1");
                diploma["type"] = json!(["VerifiableCredential"]);
                diploma["credentialSubject"] = json!({ "id": diploma["credentialSubject"]["id"], "type": "VaccinationEvent", "vaccine": { "type": "Vaccine", "atcCode": "J07BX03" } });
                for name in ["awardedDate", "issuer"] { diploma.remove(name); }
                diploma.insert("issuer".into(), json!("did:ethr:0x7a69:0xb9c5714089478a327f09197987f16f9e5d936e8a"));
            })
            },
            edited(|c| {
                let w = "https://w3id.org/vaccination#";
                c["@context"][1] = json!({
                    "VaccinationEvent": format!("{w}VaccinationEvent"), "Vaccine": format!("{w}Vaccine"),
                    "VaccineEventVaccine": format!("{w}VaccineEventVaccine"), "atc-code": format!("{w}atc-code"),
                });
                let mut vaccine = take(&mut c["credentialSubject"], "vaccine");
                vaccine["atc-code"] = take(&mut vaccine, "atcCode");
                c["credentialSubject"]["VaccineEventVaccine"] = vaccine;
            }),
            unsigned_name(),
        ),
    ]
}

/// A diploma with marks, whose names come from an own context of the issuer's.
fn with_marks(scene: &mut Scene) -> String {
    scene.issue_changed(RDFC, |diploma| {
        let own = json!({ "promedio": format!("{UNI}promedio"), "faltas": format!("{UNI}faltas"), "otro": { "@id": format!("{UNI}otro"), "@type": "@id" } });
        diploma["@context"].as_array_mut().expect("a list").push(own);
        let subject = diploma["credentialSubject"].as_object_mut().expect("an object");
        subject.extend(object(r#"{"promedio":2,"faltas":10,"otro":{"id":"urn:x","name":"a","description":"b"}}"#));
    })
}

fn exchanged() -> Vec<Attack> {
    let marks = |context: Value, change: fn(&mut Value)| {
        edited(move |credential| {
            credential["@context"][2] = context.clone();
            change(&mut credential["credentialSubject"]);
        })
    };
    let otro = json!({ "@id": format!("{UNI}otro"), "@type": "@id" });
    let (promedio, faltas) = (format!("{UNI}promedio"), format!("{UNI}faltas"));
    vec![
        Attack::new(
            "own context exchanges the names of two claims",
            with_marks,
            marks(json!({ "promedio": faltas, "faltas": promedio, "otro": otro }), |s| {
                (s["promedio"], s["faltas"]) = (json!(10), json!(2))
            }),
            unsigned_name(),
        ),
        Attack::new(
            "own context gives a claim a finer name",
            with_marks,
            marks(json!({ "mérito": faltas, "promedio": promedio, "otro": otro }), |s| s["mérito"] = take(s, "faltas")),
            unsigned_name(),
        ),
        Attack::new(
            "claim of an own context is written out",
            with_marks,
            marks(json!({ "promedio": promedio, "otro": otro }), |s| s["https://uni.example/vocab#faltas"] = take(s, "faltas")),
            unsigned_name(),
        ),
        Attack::new(
            "own context cuts the names elsewhere",
            with_marks,
            marks(json!({ "@vocab": format!("{UNI}pro"), "faltas": faltas, "otro": otro }), |s| s["medio"] = take(s, "promedio")),
            unsigned_name(),
        ),
        Attack::new(
            "own context exchanges names of the base within one claim",
            with_marks,
            marks(
                json!({ "promedio": promedio, "faltas": faltas, "otro": {
                "@id": format!("{UNI}otro"), "@type": "@id",
                "@context": { "name": "https://schema.org/description", "description": "https://schema.org/name" },
            } }),
                |s| (s["otro"]["name"], s["otro"]["description"]) = (json!("b"), json!("a")),
            ),
            unsigned_name(),
        ),
        Attack::new(
            "own context gives the identifier another name",
            with_marks,
            marks(json!({ "promedio": promedio, "faltas": faltas, "otro": otro, "clave": "@id" }), |s| {
                s["otro"]["clave"] = take(&mut s["otro"], "id")
            }),
            unsigned_name(),
        ),
        Attack::new(
            "own context makes a claim a map by identifier",
            with_marks,
            marks(
                json!({ "promedio": promedio, "faltas": faltas, "otro": { "@id": format!("{UNI}otro"), "@type": "@id", "@container": "@id" } }),
                |s| s["otro"] = json!({ "urn:x": { "name": "a", "description": "b" } }),
            ),
            unsigned_name(),
        ),
        Attack::new(
            "type of the subject is given a finer name",
            |scene| {
                scene.issue_changed(RDFC, |diploma| {
                    diploma["@context"].as_array_mut().expect("a list").push(json!({ "Regular": format!("{UNI}Regular") }));
                    diploma["credentialSubject"]["type"] = json!(["AchievementSubject", "Regular"]);
                })
            },
            edited(|c| {
                c["@context"][2] = json!({ "Egresado": format!("{UNI}Regular") });
                c["credentialSubject"]["type"][1] = json!("Egresado");
            }),
            unsigned_name(),
        ),
    ]
}

fn aside() -> Vec<Attack> {
    vec![
        Attack::new(
            "note that no signature covers stands at the subject",
            rdfc,
            edited(|c| c["credentialSubject"]["@index"] = json!("summa cum laude")),
            malformed(),
        ),
        Attack::new(
            "note that no signature covers stands at a text",
            rdfc,
            edited(|c| {
                c["credentialSubject"]["achievement"]["name"] =
                    json!({ "@value": c["credentialSubject"]["achievement"]["name"].take(), "@index": "summa" })
            }),
            malformed(),
        ),
        Attack::new(
            "note that no signature covers stands at the proof",
            rdfc,
            edited(|c| c["proof"]["@index"] = json!("checked")),
            malformed(),
        ),
        Attack::new(
            "note that no signature covers is a key of a map",
            with_marks,
            edited(|c| {
                c["@context"][2]["otro"]["@container"] = json!("@index");
                c["credentialSubject"]["otro"] = json!({ "summa cum laude": c["credentialSubject"]["otro"].take() });
            }),
            malformed(),
        ),
        Attack::new(
            "node stands aside that nothing refers to",
            rdfc,
            edited(|c| c["@included"] = json!([{ "id": "urn:x", "type": "Profile" }])),
            malformed(),
        ),
    ]
}
