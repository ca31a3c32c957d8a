//! Selective disclosure by the claims: slipped in, changed, left out although they are mandatory.

use serde_json::{Value, json};
use wallet_core::json::JsonPointer;
use wallet_core::key::KeyAlgorithm;
use wallet_core::platform::system_rng;
use wallet_core::securing::linked_data::Contexts;
use wallet_core::securing::{Disclosure, Kind, Mechanism, Secured, prepare_disclosable};
use wallet_core::verification::Reason;

use crate::corpus::{Attack, Expected, Scene, edited, object};
use crate::world::at;

pub fn attacks() -> Vec<Attack> {
    [Mechanism::EcdsaSd2023, Mechanism::Bbs2023].into_iter().flat_map(of_suite).collect()
}

pub fn pointers(all: &[&str]) -> Vec<JsonPointer> {
    all.iter().map(|text| text.parse().expect("a pointer")).collect()
}

/// The diploma as its issuer hands it to the graduate: who issued it and until when it is valid cannot be left out.
pub fn base(scene: &Scene, mechanism: Mechanism, change: impl FnOnce(&mut Value)) -> Secured {
    let mut diploma = Value::Object(scene.world.diploma.clone());
    change(&mut diploma);
    let mut options = scene.world.university.options(Kind::Credential, mechanism);
    options.disclosure = Disclosure::AllBut(pointers(&["/issuer", "/validUntil", "/credentialSubject/id"]));
    options.expires = Some(at("2026-03-01T12:02:00Z"));
    let (key, diploma) = (&scene.world.university.key, object(&diploma.to_string()));
    let unsigned = prepare_disclosable(diploma, &options, &key.public_key(), &Contexts::bundled(), &mut system_rng());
    let unsigned = unsigned.expect("it can be signed");
    let signature = key.sign(unsigned.message());
    unsigned.finish(&signature).expect("the signature fits")
}

pub fn disclosed(base: &Secured, what: &[&str]) -> String {
    base.disclose(&pointers(what), &Contexts::bundled(), &mut system_rng()).expect("it can be shown").text().to_owned()
}

const SHOWN: [&str; 2] = ["/credentialSubject/achievement/name", "/credentialSubject/achievement/achievementType"];

/// The diploma as the graduate shows it: what was studied, and no name.
pub fn good(mechanism: Mechanism) -> impl Fn(&mut Scene) -> String + Copy {
    move |scene| {
        scene.with_university(if mechanism == Mechanism::Bbs2023 { KeyAlgorithm::Bls12381G2 } else { KeyAlgorithm::P256 });
        disclosed(&base(scene, mechanism, |_| {}), &SHOWN)
    }
}

fn bad() -> Expected {
    rejected!(Reason::BadSignature | Reason::Malformed { .. })
}

fn achievement(change: fn(&mut Value)) -> impl Fn(&mut Scene, String) -> String {
    edited(move |credential| change(&mut credential["credentialSubject"]["achievement"]))
}

fn of_suite(mechanism: Mechanism) -> Vec<Attack> {
    let good = good(mechanism);
    let name = |text: &str| format!("{text} ({})", mechanism.as_str());
    vec![
        Attack::new(name("shown claim is changed"), good, achievement(|a| a["achievementType"] = json!("DoctoralDegree")), bad()),
        Attack::new(name("claim is slipped in"), good, achievement(|a| a["description"] = json!("summa cum laude")), bad()),
        Attack::new(
            name("hidden claim comes back without its signature"),
            good,
            achievement(|a| a["description"] = json!("Título de grado")),
            bad(),
        ),
        Attack::new(
            name("shown claim is taken out after it was shown"),
            good,
            achievement(|a| drop(a.as_object_mut().expect("an object").remove("name"))),
            bad(),
        ),
        Attack::new(
            name("end of validity is left out although it is mandatory"),
            good,
            edited(|c| drop(c.as_object_mut().expect("an object").remove("validUntil"))),
            bad(),
        ),
        Attack::new(name("end of validity is put off"), good, edited(|c| c["validUntil"] = json!("2099-01-01T00:00:00Z")), bad()),
        Attack::new(
            name("subject is another"),
            good,
            edited(|c| c["credentialSubject"]["id"] = json!("did:example:friend")),
            bad(),
        ),
        Attack::new(
            name("subject is left out although it is mandatory"),
            good,
            edited(|c| drop(c["credentialSubject"].as_object_mut().expect("an object").remove("id"))),
            bad(),
        ),
        Attack::new(
            name("issuer is another"),
            good,
            |scene, text| {
                let mallory = scene.mallory();
                edited(move |c| c["issuer"]["id"] = json!(mallory.did))(scene, text)
            },
            rejected!(Reason::SignerMismatch { .. }, besides Reason::BadSignature | Reason::Malformed { .. }, open wallet_core::verification::Gap::UnknownIssuer { .. }),
        ),
        Attack::new(
            name("claim moves to another object"),
            good,
            edited(|c| c["name"] = c["credentialSubject"]["achievement"]["name"].clone()),
            bad(),
        ),
        Attack::new(
            name("expired diploma hides its end behind the term's IRI"),
            good,
            edited(|c| {
                let until = c.as_object_mut().expect("an object").remove("validUntil").expect("mandatory");
                c["https://www.w3.org/2018/credentials#validUntil"] =
                    json!({ "@type": "http://www.w3.org/2001/XMLSchema#dateTime", "@value": until });
            }),
            rejected!(Reason::Malformed { .. }),
        ),
        Attack::new(
            name("expired proof hides its end behind the term's IRI"),
            good,
            |scene, text| {
                scene.world.now = at("2026-03-01T12:03:00Z");
                edited(|c| {
                    let end = c["proof"].as_object_mut().expect("an object").remove("expires").expect("it has one");
                    c["proof"]["https://w3id.org/security#expiration"] =
                        json!({ "@type": "http://www.w3.org/2001/XMLSchema#dateTime", "@value": end });
                })(scene, text)
            },
            rejected!(Reason::Malformed { .. }),
        ),
        Attack::new(
            name("claims of two credentials of the issuer's are joined"),
            good,
            move |scene, text| {
                let other = base(scene, mechanism, |diploma| {
                    diploma["credentialSubject"]["achievement"]["description"] = json!("Doctorado")
                });
                let other = object(&disclosed(&other, &["/credentialSubject/achievement/description"]));
                let description = other["credentialSubject"]["achievement"]["description"].clone();
                edited(move |c| c["credentialSubject"]["achievement"]["description"] = description.clone())(scene, text)
            },
            bad(),
        ),
    ]
}
