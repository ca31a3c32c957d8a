//! Presentations: what is in them, and whose they are.

use serde_json::{Map, Value, json};
use wallet_core::error::WalletError;
use wallet_core::key::KeyAlgorithm;
use wallet_core::securing::{Kind, Mechanism, ProofOptions, Secured};
use wallet_core::verification::{Gap, Place, Presenter, Reason};
use wallet_core::verifier::Unread;

use crate::corpus::{Attack, Expected, Scene, around, claims, edit, edited, object, parts, secured, token};
use crate::world::{Party, at, presentation};

const RDFC: Mechanism = Mechanism::EddsaRdfc2022;

pub fn attacks() -> Vec<Attack> {
    [inside(), whose(), forms()].into_iter().flatten().collect()
}

/// The diploma, presented as a token by a holder with a P-256 key.
pub fn presented(scene: &mut Scene) -> String {
    scene.world.expected.presenter = Presenter::Subject;
    scene.world.present(&scene.world.issue()).text().to_owned()
}

/// The diploma, presented with a Data Integrity proof by a holder with an Ed25519 key.
pub fn embedded(scene: &mut Scene) -> String {
    scene.world.expected.presenter = Presenter::Subject;
    scene.world.graduate = Party::holder(KeyAlgorithm::Ed25519, 3);
    let known = Party::holder(KeyAlgorithm::Ed25519, 3);
    scene.meet(&known);
    scene.world.diploma["credentialSubject"]["id"] = json!(scene.world.graduate.did);
    let options = scene.world.graduate.options(Kind::Presentation, RDFC);
    let body = presentation(&scene.world.graduate.did, &scene.world.issue());
    scene.world.graduate.sign(body, &options).text().to_owned()
}

/// The graduate presents `body`, whatever it is.
fn sign(scene: &Scene, body: Map<String, Value>, change: impl FnOnce(&mut ProofOptions)) -> String {
    let mut options = scene.world.graduate.options(Kind::Presentation, Mechanism::Jwt);
    change(&mut options);
    scene.world.graduate.sign(body, &options).text().to_owned()
}

/// The graduate presents other credentials.
fn presenting(credentials: impl Fn(&mut Scene) -> Value + 'static) -> impl Fn(&mut Scene, String) -> String {
    move |scene, _| {
        let credentials = credentials(scene);
        let mut body = presentation(&scene.world.graduate.did, &scene.world.issue());
        body.insert("verifiableCredential".to_owned(), credentials);
        sign(scene, body, |_| {})
    }
}

/// The graduate presents the diploma after a change that its issuer did not sign.
fn tampered(change: fn(&mut Value)) -> impl Fn(&mut Scene, String) -> String {
    presenting(move |scene| {
        let mut credential = scene.world.issue().to_value();
        change(&mut credential);
        json!([credential])
    })
}

fn bad() -> Expected {
    rejected!(Reason::BadSignature)
}

fn malformed() -> Expected {
    rejected!(Reason::Malformed { .. }, besides Reason::HolderNotSubject { .. })
}

fn inside() -> Vec<Attack> {
    vec![
        Attack::new("credential within is changed", presented, tampered(|c| c["name"] = json!("Doctorado")), bad()),
        Attack::new(
            "credential within has another subject",
            presented,
            tampered(|c| c["credentialSubject"]["id"] = json!("did:example:friend")),
            rejected!(Reason::BadSignature, besides Reason::HolderNotSubject { .. }),
        ),
        Attack::new(
            "credential within has no proof",
            presented,
            tampered(|c| drop(c.as_object_mut().expect("an object").remove("proof"))),
            malformed(),
        ),
        Attack::new(
            "credential within has lost its status",
            presented,
            tampered(|c| drop(c.as_object_mut().expect("an object").remove("credentialStatus"))),
            bad(),
        ),
        Attack::new(
            "credential within is text",
            presented,
            |scene, text| {
                // A key of ours would not sign it: the library refuses to make one.
                let (header, mut payload) = claims(&text);
                payload["verifiableCredential"] = json!(["eyJhbGciOiJub25lIn0.e30."]);
                token(&header.to_string(), &payload.to_string(), &scene.world.graduate.key)
            },
            malformed(),
        ),
        Attack::new(
            "presentation within the presentation",
            presented,
            presenting(|scene| json!([scene.world.present(&scene.world.issue()).to_value()])),
            malformed(),
        ),
        Attack::new(
            "one credential of two is bad",
            presented,
            presenting(|scene| {
                let good = scene.world.issue().to_value();
                let mut bad = good.clone();
                bad["name"] = json!("Doctorado");
                json!([good, bad])
            }),
            bad(),
        ),
        Attack::new(
            "one credential of two is of an unknown suite",
            presented,
            presenting(|scene| {
                let good = scene.world.issue().to_value();
                let mut other = good.clone();
                other["proof"]["cryptosuite"] = json!("quantum-2030");
                json!([good, other])
            }),
            undetermined!(Gap::Unsupported { .. }),
        ),
        Attack::new(
            "one credential of two is expired",
            presented,
            presenting(|scene| {
                let good = scene.world.issue().to_value();
                scene.world.diploma["validUntil"] = json!("2026-02-20T00:00:00Z");
                json!([good, scene.world.issue().to_value()])
            }),
            rejected!(Reason::Expired { .. }),
        ),
        Attack::new(
            "hundred and one credentials",
            presented,
            presenting(|scene| {
                let one = scene.world.issue().to_value();
                vec![one; 101].into()
            }),
            malformed(),
        ),
        Attack::new(
            "credential in an envelope of another kind",
            presented,
            presenting(|scene| {
                scene.world.diploma.remove("credentialStatus");
                let token = scene.issue(Mechanism::Jwt);
                json!([{ "@context": "https://www.w3.org/ns/credentials/v2", "type": "EnvelopedVerifiableCredential", "id": format!("data:application/x-vc,{token}") }])
            }),
            undetermined!(Gap::Unsupported { .. }),
        ),
        Attack::new(
            "credential in an envelope that is cut",
            presented,
            presenting(|scene| {
                let token = scene.issue(Mechanism::Jwt);
                json!([{ "@context": "https://www.w3.org/ns/credentials/v2", "type": "EnvelopedVerifiableCredential", "id": format!("data:application/vc+jwt,{}", &token[..token.len() - 40]) }])
            }),
            malformed(),
        ),
        Attack::new(
            "eighty poisoned credentials with sixteen proofs each",
            presented,
            presenting(|scene| {
                let term = json!({ "related": "https://www.w3.org/ns/credentials/undefined-terms#related" });
                let mut one = scene.world.issue().to_value();
                one["@context"].as_array_mut().expect("a list").push(term);
                one["credentialSubject"]["related"] = crate::linked_data::clique(10);
                let proof = one["proof"].take();
                one["proof"] = vec![proof; 16].into();
                vec![one; 80].into()
            }),
            undetermined!(Gap::TooMuchWork),
        ),
        Attack::new(
            "credential within is changed after it was presented",
            embedded,
            |_, text| text.replacen("BachelorDegree", "DoctoralDegree", 1),
            rejected!(Reason::BadSignature),
        ),
        Attack::new(
            "credential is taken out after it was presented",
            embedded,
            edited(|p| p["verifiableCredential"] = json!([])),
            rejected!(Reason::Malformed { .. }, besides Reason::BadSignature),
        ),
        Attack::new(
            "credential is added after it was presented",
            embedded,
            |scene, text| {
                let other = scene.world.issue_with(|options| options.created = at("2026-03-01T11:00:00Z")).to_value();
                edit(&text, |p| p["verifiableCredential"].as_array_mut().expect("a list").push(other))
            },
            bad(),
        ),
        Attack::new(
            "credential hides from the presentation behind the term's IRI",
            embedded,
            edited(|p| {
                p["https://www.w3.org/2018/credentials#verifiableCredential"] = p["verifiableCredential"].take();
                p.as_object_mut().expect("an object").remove("verifiableCredential");
            }),
            rejected!(Reason::Malformed { .. } | Reason::BadSignature),
        ),
    ]
}

fn whose() -> Vec<Attack> {
    let thief = |scene: &mut Scene| {
        let thief = Party::holder(KeyAlgorithm::P256, 9);
        scene.meet(&thief);
        thief
    };
    let stolen = move |scene: &mut Scene, holder: fn(&Party, &Party) -> Value| {
        let thief = thief(scene);
        let mut body = presentation(&scene.world.graduate.did, &scene.world.issue());
        match holder(&scene.world.graduate, &thief) {
            Value::Null => drop(body.remove("holder")),
            holder => drop(body.insert("holder".to_owned(), holder)),
        }
        thief.sign(body, &thief.options(Kind::Presentation, Mechanism::Jwt)).text().to_owned()
    };
    vec![
        Attack::new(
            "thief presents under its own name",
            presented,
            move |scene, _| stolen(scene, |_, thief| json!(thief.did)),
            rejected!(Reason::HolderNotSubject { .. }),
        ),
        Attack::new(
            "thief presents under the graduate's name",
            presented,
            move |scene, _| stolen(scene, |graduate, _| json!(graduate.did)),
            rejected!(Reason::SignerMismatch { .. }),
        ),
        Attack::new(
            "thief presents under no name",
            presented,
            move |scene, _| stolen(scene, |_, _| Value::Null),
            rejected!(Reason::HolderNotSubject { .. }),
        ),
        Attack::new(
            "thief presents under both names",
            presented,
            move |scene, _| stolen(scene, |graduate, thief| json!([graduate.did, thief.did])),
            rejected!(Reason::Malformed { .. }),
        ),
        Attack::new(
            "thief presents under a name that is no DID",
            presented,
            move |scene, _| stolen(scene, |_, _| json!({ "name": "Lucía" })),
            rejected!(Reason::Malformed { .. }),
        ),
        Attack::new(
            "thief signs with the graduate's method",
            presented,
            move |scene, _| {
                let mut thief = thief(scene);
                (thief.did, thief.fragment) = (scene.world.graduate.did.clone(), scene.world.graduate.fragment.clone());
                let body = presentation(&thief.did, &scene.world.issue());
                thief.sign(body, &thief.options(Kind::Presentation, Mechanism::Jwt)).text().to_owned()
            },
            bad(),
        ),
        Attack::new(
            "graduate presents the credential of somebody else",
            presented,
            |scene, _| {
                scene.world.diploma["credentialSubject"]["id"] = json!("did:example:friend");
                scene.world.present(&scene.world.issue()).text().to_owned()
            },
            rejected!(Reason::HolderNotSubject { .. }),
        ),
        Attack::new(
            "graduate presents a credential of nobody",
            presented,
            |scene, _| {
                scene.world.diploma["credentialSubject"].as_object_mut().expect("an object").remove("id");
                scene.world.present(&scene.world.issue()).text().to_owned()
            },
            rejected!(Reason::HolderNotSubject { .. }),
        ),
        Attack::new(
            "one credential of two is of somebody else",
            presented,
            presenting(|scene| {
                let good = scene.world.issue().to_value();
                scene.world.diploma["credentialSubject"]["id"] = json!("did:example:friend");
                json!([good, scene.world.issue().to_value()])
            }),
            rejected!(Reason::HolderNotSubject { .. }),
        ),
        Attack::new(
            "university presents what it issued",
            presented,
            |scene, _| {
                let body = presentation(&scene.world.university.did, &scene.world.issue());
                let options = scene.world.university.options(Kind::Presentation, Mechanism::Jwt);
                scene.world.university.sign(body, &options).text().to_owned()
            },
            rejected!(Reason::HolderNotSubject { .. }),
        ),
        Attack::new(
            "key for issuing presents",
            presented,
            around(|scene| {
                let did = scene.world.graduate.did.clone();
                scene.world.registry_says(&did, |resolution| {
                    resolution.document.verification_methods[0].relationships =
                        vec![wallet_core::did::VerificationRelationship::AssertionMethod];
                });
            }),
            rejected!(Reason::WrongPurpose { .. }),
        ),
        Attack::new(
            "presentation is signed to issue",
            embedded,
            |scene, _| {
                let body = presentation(&scene.world.graduate.did, &scene.world.issue());
                let mut options = scene.world.graduate.options(Kind::Presentation, RDFC);
                options.purpose = wallet_core::did::VerificationRelationship::AssertionMethod;
                scene.world.graduate.sign(body, &options).text().to_owned()
            },
            rejected!(Reason::WrongPurpose { .. }),
        ),
        Attack::new(
            "holder is changed after it was signed",
            embedded,
            edited(|p| p["holder"] = json!("did:example:friend")),
            rejected!(Reason::SignerMismatch { .. }, besides Reason::BadSignature),
        ),
        Attack::new(
            "holder is taken out after it was signed",
            embedded,
            edited(|p| drop(p.as_object_mut().expect("an object").remove("holder"))),
            bad(),
        ),
        Attack::new(
            "second proof of a presentation is a thief's, for nobody",
            embedded,
            move |scene, text| {
                let thief = Party::holder(KeyAlgorithm::Ed25519, 9);
                scene.meet(&thief);
                let options = ProofOptions { nonce: None, audience: None, ..thief.options(Kind::Presentation, RDFC) };
                thief.sign(object(&text), &options).text().to_owned()
            },
            rejected!(Reason::WrongNonce, besides Reason::WrongAudience { .. }),
        ),
    ]
}

fn forms() -> Vec<Attack> {
    vec![
        Attack::new(
            "bare credential where its subject is asked for",
            presented,
            |scene, _| scene.world.issue().text().to_owned(),
            rejected!(Reason::NotAPresentation),
        ),
        Attack::new(
            "credential signed as a presentation",
            presented,
            |scene, _| {
                // The same body under another type: the claims stand in no credential.
                let mut body = scene.world.diploma.clone();
                body.insert("type".to_owned(), json!(["VerifiablePresentation", "OpenBadgeCredential"]));
                body.insert("holder".to_owned(), json!(scene.world.graduate.did));
                body.insert("verifiableCredential".to_owned(), json!({ "id": "urn:x" }));
                sign(scene, body, |_| {})
            },
            malformed(),
        ),
        Attack::new(
            "presentation is a credential, too",
            presented,
            |scene, text| {
                let (header, mut payload) = claims(&text);
                payload["type"] = json!(["VerifiablePresentation", "VerifiableCredential"]);
                token(&header.to_string(), &payload.to_string(), &scene.world.graduate.key)
            },
            unreadable!(Unread::Other(WalletError::Malformed { .. })),
        ),
        Attack::new(
            "presentation is typed as a credential",
            presented,
            |scene, text| {
                let (mut header, payload) = claims(&text);
                header["typ"] = json!("vc+jwt");
                token(&header.to_string(), &payload.to_string(), &scene.world.graduate.key)
            },
            unreadable!(Unread::Other(WalletError::Unsupported { .. })),
        ),
        Attack::new(
            "presentation has no proof",
            embedded,
            edited(|p| drop(p.as_object_mut().expect("an object").remove("proof"))),
            unreadable!(Unread::Other(WalletError::Malformed { .. })),
        ),
        Attack::new(
            "presentation has the proof of its credential",
            embedded,
            edited(|p| p["proof"] = p["verifiableCredential"][0]["proof"].clone()),
            rejected!(Reason::SignerMismatch { .. }, besides Reason::WrongPurpose { .. } | Reason::WrongNonce | Reason::WrongAudience { .. } | Reason::BadSignature),
        ),
        Attack::new(
            "signature of another presentation",
            presented,
            |scene, text| {
                let other =
                    scene.world.present_with(&scene.world.issue(), |options| options.created = at("2026-03-01T12:00:30Z"));
                let ([header, payload, _], [.., signature]) = (parts(&text), parts(other.text()));
                format!("{header}.{payload}.{signature}")
            },
            bad(),
        ),
    ]
}

#[test]
fn findings_about_a_presentation_say_which_credential_they_are_about() {
    let mut scene = Scene::new();
    presented(&mut scene);
    let text = presenting(|scene| {
        let good = scene.world.issue().to_value();
        let mut bad = good.clone();
        bad["name"] = json!("Doctorado");
        json!([good, bad])
    })(&mut scene, String::new());
    let outcome = scene.judge(&text);
    assert_eq!(outcome.verdict().expect("read").reasons()[0].place, Place::Credential(1));
}

#[test]
fn claims_written_beside_the_token_of_an_envelope_are_not_the_credentials() {
    let mut scene = Scene::new();
    let token = secured(&scene.issue(Mechanism::Jwt));
    let mut envelope = token.to_value();
    envelope["credentialSubject"] = json!({ "id": "did:example:friend", "name": "Dra. Fernández" });
    let read = Secured::read(&envelope.to_string()).expect("an envelope");
    assert_eq!(read.body(), token.body());
}
