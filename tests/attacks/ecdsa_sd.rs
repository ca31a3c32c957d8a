//! Selective disclosure with `ecdsa-sd-2023`: claims slipped in, statements exchanged, what is mandatory left out.

use serde_json::{Value, json};
use wallet_core::error::WalletError;
use wallet_core::json::JsonPointer;
use wallet_core::key::KeyAlgorithm;
use wallet_core::platform::system_rng;
use wallet_core::securing::linked_data::Contexts;
use wallet_core::securing::{Disclosure, Kind, Mechanism, Secured, prepare_disclosable};
use wallet_core::verification::Reason;
use wallet_core::verifier::Unread;

use crate::corpus::{Attack, Expected, Scene, base64url, edited, from_base64url, object, secured};
use crate::world::{Party, at};

pub fn attacks() -> Vec<Attack> {
    [claims(), proofs(), values()].into_iter().flatten().collect()
}

fn pointers(all: &[&str]) -> Vec<JsonPointer> {
    all.iter().map(|text| text.parse().expect("a pointer")).collect()
}

/// The diploma as its issuer hands it to the graduate: who issued it and until when it is valid cannot be left out.
fn base(scene: &Scene, change: impl FnOnce(&mut Value)) -> Secured {
    let mut diploma = Value::Object(scene.world.diploma.clone());
    change(&mut diploma);
    let mut options = scene.world.university.options(Kind::Credential, Mechanism::EcdsaSd2023);
    options.disclosure = Disclosure::AllBut(pointers(&["/issuer", "/validUntil", "/credentialSubject/id"]));
    options.expires = Some(at("2026-03-01T12:02:00Z"));
    let (key, diploma) = (&scene.world.university.key, object(&diploma.to_string()));
    let unsigned = prepare_disclosable(diploma, &options, &key.public_key(), &Contexts::bundled(), &mut system_rng());
    let unsigned = unsigned.expect("it can be signed");
    let signature = key.sign(unsigned.message());
    unsigned.finish(&signature).expect("the signature fits")
}

fn disclosed(base: &Secured, what: &[&str]) -> String {
    base.disclose(&pointers(what), &Contexts::bundled(), &mut system_rng()).expect("it can be shown").text().to_owned()
}

const SHOWN: [&str; 2] = ["/credentialSubject/achievement/name", "/credentialSubject/achievement/achievementType"];

/// The diploma as the graduate shows it: what was studied, and no name.
fn good(scene: &mut Scene) -> String {
    scene.with_p256_university();
    disclosed(&base(scene, |_| {}), &SHOWN)
}

fn bad() -> Expected {
    rejected!(Reason::BadSignature | Reason::Malformed { .. })
}

fn unread() -> Expected {
    unreadable!(Unread::Other(WalletError::Malformed { .. }))
}

fn achievement(change: fn(&mut Value)) -> impl Fn(&mut Scene, String) -> String {
    edited(move |credential| change(&mut credential["credentialSubject"]["achievement"]))
}

fn claims() -> Vec<Attack> {
    vec![
        Attack::new(
            "shown claim is changed (ecdsa-sd)",
            good,
            achievement(|a| a["achievementType"] = json!("DoctoralDegree")),
            bad(),
        ),
        Attack::new("claim is slipped in (ecdsa-sd)", good, achievement(|a| a["description"] = json!("summa cum laude")), bad()),
        Attack::new(
            "hidden claim comes back without its signature",
            good,
            achievement(|a| a["description"] = json!("Título de grado")),
            bad(),
        ),
        Attack::new(
            "shown claim is taken out after it was shown",
            good,
            achievement(|a| drop(a.as_object_mut().expect("an object").remove("name"))),
            bad(),
        ),
        Attack::new(
            "end of validity is left out although it is mandatory",
            good,
            edited(|c| drop(c.as_object_mut().expect("an object").remove("validUntil"))),
            bad(),
        ),
        Attack::new(
            "end of validity is put off (ecdsa-sd)",
            good,
            edited(|c| c["validUntil"] = json!("2099-01-01T00:00:00Z")),
            bad(),
        ),
        Attack::new(
            "subject is another (ecdsa-sd)",
            good,
            edited(|c| c["credentialSubject"]["id"] = json!("did:example:friend")),
            bad(),
        ),
        Attack::new(
            "subject is left out although it is mandatory",
            good,
            edited(|c| drop(c["credentialSubject"].as_object_mut().expect("an object").remove("id"))),
            bad(),
        ),
        Attack::new(
            "issuer is another (ecdsa-sd)",
            good,
            |scene, text| {
                let mallory = scene.mallory();
                edited(move |c| c["issuer"]["id"] = json!(mallory.did))(scene, text)
            },
            rejected!(Reason::SignerMismatch { .. }, besides Reason::BadSignature | Reason::Malformed { .. }, open wallet_core::verification::Gap::UnknownIssuer { .. }),
        ),
        Attack::new(
            "claim moves to another object (ecdsa-sd)",
            good,
            edited(|c| c["name"] = c["credentialSubject"]["achievement"]["name"].clone()),
            bad(),
        ),
        Attack::new(
            "expired diploma hides its end behind the term's IRI (ecdsa-sd)",
            good,
            edited(|c| {
                let until = c.as_object_mut().expect("an object").remove("validUntil").expect("mandatory");
                c["https://www.w3.org/2018/credentials#validUntil"] =
                    json!({ "@type": "http://www.w3.org/2001/XMLSchema#dateTime", "@value": until });
            }),
            rejected!(Reason::Malformed { .. }),
        ),
        Attack::new(
            "expired proof hides its end behind the term's IRI (ecdsa-sd)",
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
            "claims of two credentials of the issuer's are joined",
            good,
            |scene, text| {
                let other =
                    base(scene, |diploma| diploma["credentialSubject"]["achievement"]["description"] = json!("Doctorado"));
                let other = object(&disclosed(&other, &["/credentialSubject/achievement/description"]));
                let description = other["credentialSubject"]["achievement"]["description"].clone();
                edited(move |c| c["credentialSubject"]["achievement"]["description"] = description.clone())(scene, text)
            },
            bad(),
        ),
    ]
}

fn proofs() -> Vec<Attack> {
    vec![
        Attack::new(
            "base proof that is for the holder only is shown",
            good,
            |scene, _| base(scene, |_| {}).text().to_owned(),
            rejected!(Reason::Malformed { .. } | Reason::BadSignature),
        ),
        Attack::new(
            "proof of another showing of the same diploma",
            good,
            |scene, text| {
                let other = object(&disclosed(&base(scene, |_| {}), &["/credentialSubject/achievement/description"]));
                let proof = other["proof"].clone();
                edited(move |c| c["proof"] = proof.clone())(scene, text)
            },
            bad(),
        ),
        Attack::new(
            "suite is changed to that of the whole (ecdsa-sd)",
            good,
            edited(|c| c["proof"]["cryptosuite"] = json!("ecdsa-rdfc-2019")),
            unread(),
        ),
        Attack::new(
            "date of the proof is changed (ecdsa-sd)",
            good,
            edited(|c| c["proof"]["created"] = json!("2026-02-28T00:00:00Z")),
            bad(),
        ),
        Attack::new(
            "proof is put off (ecdsa-sd)",
            good,
            edited(|c| c["proof"]["expires"] = json!("2099-01-01T00:00:00Z")),
            bad(),
        ),
        Attack::new(
            "issuer's key is of another curve (ecdsa-sd)",
            good,
            |scene, text| {
                let other = Party::new(scene.world.university.did.as_str(), KeyAlgorithm::Ed25519, 11);
                scene.meet(&other);
                text
            },
            rejected!(Reason::WrongAlgorithm { .. }),
        ),
        Attack::new(
            "issuer's key is another (ecdsa-sd)",
            good,
            |scene, text| {
                let other = Party::new(scene.world.university.did.as_str(), KeyAlgorithm::P256, 12);
                scene.meet(&other);
                text
            },
            bad(),
        ),
    ]
}

/// The parts of a derived `proofValue` (VC DI ECDSA Cryptosuites 1.0 §3.5.7): the base signature, the one-time key, the
/// signatures of the statements, and the rest.
struct Parts {
    base: Vec<u8>,
    key: Vec<u8>,
    signatures: Vec<Vec<u8>>,
    rest: Vec<u8>,
}

impl Parts {
    fn read(credential: &Value) -> Self {
        let bytes = from_base64url(&credential["proof"]["proofValue"].as_str().expect("text")[1..]);
        assert_eq!(bytes[..6], [0xd9, 0x5d, 0x01, 0x85, 0x58, 64], "a derived proof");
        let (base, bytes) = bytes[6..].split_at(64);
        assert_eq!(bytes[..2], [0x58, 35]);
        let (key, mut bytes) = bytes[2..].split_at(35);
        let count = usize::from(bytes[0] - 0x80);
        bytes = &bytes[1..];
        let mut signatures = Vec::new();
        for _ in 0..count {
            signatures.push(bytes[2..66].to_vec());
            bytes = &bytes[66..];
        }
        Self { base: base.to_vec(), key: key.to_vec(), signatures, rest: bytes.to_vec() }
    }

    fn write(&self) -> Value {
        let signatures: Vec<u8> = self.signatures.iter().flat_map(|one| [&[0x58, 64], &one[..]].concat()).collect();
        let head = [0xd9, 0x5d, 0x01, 0x85, 0x58, 64];
        let count = [0x80 + self.signatures.len() as u8];
        json!(format!(
            "u{}",
            base64url([&head, &self.base[..], &[0x58, 35], &self.key, &count, &signatures, &self.rest].concat())
        ))
    }
}

fn parts(name: &'static str, change: fn(&mut Parts), expected: Expected) -> Attack {
    let hostile = edited(move |credential| {
        let mut parts = Parts::read(credential);
        change(&mut parts);
        credential["proof"]["proofValue"] = parts.write();
    });
    Attack::new(name, good, hostile, expected)
}

fn raw(name: &'static str, change: fn(Vec<u8>) -> Vec<u8>, expected: Expected) -> Attack {
    let hostile = edited(move |credential| {
        let bytes = from_base64url(&credential["proof"]["proofValue"].as_str().expect("text")[1..]);
        credential["proof"]["proofValue"] = json!(format!("u{}", base64url(change(bytes))));
    });
    Attack::new(name, good, hostile, expected)
}

fn values() -> Vec<Attack> {
    vec![
        parts("signatures of two statements are exchanged", |p| p.signatures.swap(0, 1), bad()),
        parts(
            "signature of one statement stands for all",
            |p| {
                let one = p.signatures[0].clone();
                p.signatures.fill(one)
            },
            bad(),
        ),
        parts("signature of a statement is taken out", |p| drop(p.signatures.pop()), bad()),
        parts("signature of a statement is there twice", |p| p.signatures.push(p.signatures[0].clone()), bad()),
        parts("signature of a statement has a bit flipped", |p| p.signatures[0][40] ^= 1, bad()),
        parts("signature of the base has a bit flipped", |p| p.base[40] ^= 1, bad()),
        parts("there are no signatures", |p| p.signatures.clear(), bad()),
        parts(
            "one-time key is the attacker's",
            |p| {
                p.key = {
                    let key = Party::holder(KeyAlgorithm::P256, 66).key.public_key();
                    [&[0x80, 0x24], key.as_bytes()].concat()
                }
            },
            bad(),
        ),
        parts(
            "one-time key is not on its curve",
            |p| p.key[3..].fill(0xff),
            rejected!(Reason::BadSignature | Reason::Malformed { .. }),
        ),
        parts(
            "one-time key is of another kind",
            |p| p.key[..2].copy_from_slice(&[0xed, 0x01]),
            rejected!(Reason::BadSignature | Reason::Malformed { .. }),
        ),
        parts(
            "statement that is mandatory counts as another",
            |p| {
                let last = p.rest.len() - 1;
                p.rest[last] ^= 1;
            },
            unread(),
        ),
        parts(
            "no statement is mandatory",
            |p| {
                // The indexes are the last member: small numbers, in a list with a head of one byte.
                let start = p.rest.iter().rposition(|byte| (0x80..0xa0).contains(byte)).expect("a list");
                p.rest.truncate(start);
                p.rest.push(0x80);
            },
            bad(),
        ),
        raw(
            "derived proof calls itself a base proof",
            |mut b| {
                b[2] = 0x00;
                b
            },
            unread(),
        ),
        raw(
            "derived proof is under the header of another suite",
            |mut b| {
                b[2] = 0x03;
                b
            },
            unread(),
        ),
        raw("derived proof goes on after its end", |b| [&b[..], &[0]].concat(), unread()),
        raw("derived proof is cut", |b| b[..b.len() - 1].to_vec(), unread()),
        raw(
            "derived proof claims all of memory",
            |b| [&b[..3], &[0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]].concat(),
            unread(),
        ),
        raw("derived proof is empty", |_| Vec::new(), unread()),
    ]
}

#[test]
fn what_is_shown_is_what_was_chosen() {
    let mut scene = Scene::new();
    let shown = good(&mut scene);
    assert!(shown.contains("BachelorDegree") && !shown.contains("Lucía"), "{shown}");
    assert!(!secured(&shown).is_for_holder_only());
}
