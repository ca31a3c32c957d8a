//! The status: taken out, moved, looked up in the wrong list, in one of somebody else's, in one built to cost.

use std::io::Write as _;

use flate2::{Compression, write::GzEncoder};
use serde_json::{Map, Value, json};
use wallet_core::securing::{Kind, Mechanism};
use wallet_core::status::{MINIMUM_ENTRIES, StatusList};
use wallet_core::verification::{Gap, Known, Reason};

use crate::corpus::{Attack, Expected, Scene, around, base64url, edit, edited, rdfc, secured};
use crate::world::{INDEX, LIST, Party, at, presentation};

const RDFC: Mechanism = Mechanism::EddsaRdfc2022;

pub fn attacks() -> Vec<Attack> {
    [taken(), entries(), lists(), bits()].into_iter().flatten().collect()
}

fn bad() -> Expected {
    rejected!(Reason::BadSignature)
}

fn not_good() -> Expected {
    undetermined!(Gap::StatusNotGood { .. })
}

/// A change of the entry after it was signed.
fn entry(change: fn(&mut Value)) -> impl Fn(&mut Scene, String) -> String {
    edited(move |credential| change(&mut credential["credentialStatus"]))
}

/// An entry that the issuer itself signed.
fn issued(change: impl Fn(&mut Value) + 'static) -> impl Fn(&mut Scene, String) -> String {
    move |scene, _| scene.issue_changed(Mechanism::EddsaJcs2022, |diploma| change(&mut diploma["credentialStatus"]))
}

/// The verifier has another list: `change` makes its body out of that of the good one, and `by` signs it.
fn list(change: impl Fn(&mut Map<String, Value>) + 'static) -> impl Fn(&mut Scene, String) -> String {
    around(move |scene| {
        let mut body = scene.world.status_list(&[]).body().clone();
        change(&mut body);
        let options = scene.world.university.options(Kind::Credential, Mechanism::EddsaJcs2022);
        let list = scene.world.university.sign(body, &options);
        scene.world.know_list(list);
    })
}

fn encoded(bytes: &[u8]) -> Value {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(bytes).expect("memory");
    json!(format!("u{}", base64url(gzip.finish().expect("memory"))))
}

fn taken() -> Vec<Attack> {
    let other = |scene: &mut Scene| {
        let list = scene.world.status_list(&[INDEX]);
        scene.world.know_list(list);
    };
    vec![
        Attack::new("diploma is revoked", rdfc, around(other), rejected!(Reason::Revoked { .. })),
        Attack::new(
            "revoked diploma takes out its status",
            rdfc,
            move |scene, text| {
                other(scene);
                edit(&text, |c| drop(c.as_object_mut().expect("an object").remove("credentialStatus")))
            },
            bad(),
        ),
        Attack::new(
            "revoked diploma moves to another place of the list",
            rdfc,
            move |scene, text| {
                other(scene);
                edit(&text, |c| c["credentialStatus"]["statusListIndex"] = json!((INDEX + 1).to_string()))
            },
            bad(),
        ),
        Attack::new(
            "revoked diploma moves to another list",
            rdfc,
            move |scene, text| {
                other(scene);
                let good = scene.world.status_list(&[]);
                scene.world.evidence.status_lists.insert(
                    "https://uni.example/status/2".to_owned(),
                    Known::Found { what: good, as_of: scene.world.now.clone() },
                );
                edit(&text, |c| c["credentialStatus"]["statusListCredential"] = json!("https://uni.example/status/2"))
            },
            rejected!(Reason::BadSignature, open Gap::StatusNotGood { .. }),
        ),
        Attack::new(
            "revoked diploma asks for another purpose",
            rdfc,
            move |scene, text| {
                other(scene);
                edit(&text, |c| c["credentialStatus"]["statusPurpose"] = json!("refresh"))
            },
            rejected!(Reason::BadSignature, open Gap::StatusNotGood { .. }),
        ),
        Attack::new("status is null", rdfc, edited(|c| c["credentialStatus"] = Value::Null), rejected!(Reason::Malformed { .. })),
        Attack::new(
            "status is an empty list",
            rdfc,
            edited(|c| c["credentialStatus"] = json!([])),
            rejected!(Reason::Malformed { .. }, besides Reason::BadSignature),
        ),
        Attack::new(
            "status is a bare address",
            rdfc,
            edited(|c| c["credentialStatus"] = json!(LIST)),
            rejected!(Reason::Malformed { .. }),
        ),
        Attack::new(
            "status is added to a credential without",
            crate::corpus::without_status(RDFC),
            |scene, text| {
                let entry = scene.world.status_list(&[]).body()["id"].clone();
                edit(
                    &text,
                    |c| c["credentialStatus"] = json!({ "id": "urn:x", "type": "BitstringStatusListEntry", "statusPurpose": "revocation", "statusListIndex": "0", "statusListCredential": entry }),
                )
            },
            bad(),
        ),
        Attack::new(
            "status is said twice, once of a good place",
            rdfc,
            edited(|c| {
                let mut second = c["credentialStatus"].clone();
                second["statusListIndex"] = json!("0");
                c["credentialStatus"] = json!([second, c["credentialStatus"].take()]);
            }),
            bad(),
        ),
        Attack::new(
            "entry gets a size of its own",
            rdfc,
            entry(|e| e["statusSize"] = json!(2)),
            rejected!(Reason::Malformed { .. }, besides Reason::BadSignature),
        ),
    ]
}

fn entries() -> Vec<Attack> {
    let malformed = || rejected!(Reason::Malformed { .. });
    let is = |name: &'static str, value: Value| issued(move |e| e[name] = value.clone());
    let mut all = vec![
        Attack::new(
            "index is past the end of the list",
            rdfc,
            is("statusListIndex", json!(MINIMUM_ENTRIES.to_string())),
            not_good(),
        ),
        Attack::new("index is past every number", rdfc, is("statusListIndex", json!("99999999999999999999999999")), not_good()),
        Attack::new("purpose is none of the list's", rdfc, is("statusPurpose", json!("suspension")), not_good()),
        Attack::new(
            "list is one that nobody has",
            rdfc,
            is("statusListCredential", json!("https://uni.example/status/9")),
            undetermined!(Gap::StatusMissing { .. }),
        ),
        Attack::new(
            "entry is of another kind",
            rdfc,
            is("type", json!("https://uni.example/StatusOfAnotherKind")),
            undetermined!(Gap::Unsupported { .. }),
        ),
        Attack::new(
            "entry is of a kind that nobody defines",
            rdfc,
            is("type", json!("StatusList2021Entry")),
            rejected!(Reason::UndefinedTerm { .. }, open Gap::Unsupported { .. }),
        ),
        Attack::new(
            "entry is of two kinds",
            rdfc,
            is("type", json!(["BitstringStatusListEntry", "https://uni.example/StatusOfAnotherKind"])),
            undetermined!(Gap::Unsupported { .. }),
        ),
        Attack::new(
            "two entries contradict each other",
            rdfc,
            |scene, _| {
                let list = scene.world.status_list(&[INDEX]);
                scene.world.know_list(list);
                scene.issue_changed(Mechanism::EddsaJcs2022, |diploma| {
                    let mut good = diploma["credentialStatus"].clone();
                    good["statusListIndex"] = json!("0");
                    diploma["credentialStatus"] = json!([good, diploma["credentialStatus"].take()]);
                })
            },
            rejected!(Reason::Revoked { .. }),
        ),
        Attack::new(
            "five thousand entries",
            rdfc,
            |scene, _| {
                scene.issue_changed(Mechanism::EddsaJcs2022, |diploma| {
                    let one = diploma["credentialStatus"].take();
                    diploma["credentialStatus"] = vec![one; 4000].into();
                })
            },
            undetermined!(Gap::TooMuchWork),
        ),
    ];
    for (name, value) in [
        ("statusListIndex", json!(94567)),
        ("statusListIndex", json!("-1")),
        ("statusListIndex", json!("+94567")),
        ("statusListIndex", json!(" 94567")),
        ("statusListIndex", json!("0x17167")),
        ("statusListIndex", json!("9.4567e4")),
        ("statusListIndex", json!("٩٤٥٦٧")),
        ("statusListIndex", Value::Null),
        ("statusListCredential", json!("status/1")),
        ("statusListCredential", json!([LIST])),
        ("statusPurpose", json!(["revocation"])),
        ("statusSize", json!(0)),
        ("statusSize", json!(-1)),
        ("statusSize", json!("1")),
        ("statusSize", json!(2)),
    ] {
        all.push(Attack::new(format!("{name} is {value}"), rdfc, is(name, value), malformed()));
    }
    all
}

fn lists() -> Vec<Attack> {
    let by_another = |issuer: fn(&Scene, &Party) -> Value| {
        around(move |scene: &mut Scene| {
            let mallory = scene.mallory();
            let mut body = scene.world.status_list(&[INDEX]).body().clone();
            body.insert("issuer".to_owned(), issuer(scene, &mallory));
            let list = mallory.sign(body, &mallory.options(Kind::Credential, RDFC));
            scene.world.know_list(list);
        })
    };
    vec![
        Attack::new("list is by another issuer", rdfc, by_another(|_, mallory| json!(mallory.did)), not_good()),
        Attack::new(
            "list is by another under the issuer's name",
            rdfc,
            by_another(|scene, _| json!(scene.world.university.did)),
            not_good(),
        ),
        Attack::new(
            "list is altered after it was signed",
            rdfc,
            around(|scene| {
                let revoking = scene.world.status_list(&[INDEX]).body()["credentialSubject"]["encodedList"].clone();
                let text = edit(scene.world.status_list(&[]).text(), |list| list["credentialSubject"]["encodedList"] = revoking);
                scene.world.know_list(secured(&text));
            }),
            not_good(),
        ),
        Attack::new(
            "list is a presentation",
            rdfc,
            around(|scene| {
                let mut body = scene.world.status_list(&[]).body().clone();
                body.insert("type".to_owned(), json!(["VerifiablePresentation", "BitstringStatusListCredential"]));
                let list = scene.world.graduate.sign(body, &scene.world.graduate.options(Kind::Presentation, Mechanism::Jwt));
                scene.world.know_list(list);
            }),
            not_good(),
        ),
        Attack::new(
            "list is a presentation of the list",
            rdfc,
            around(|scene| {
                let body = presentation(&scene.world.university.did, &scene.world.status_list(&[]));
                let list = scene.world.university.sign(body, &scene.world.university.options(Kind::Presentation, Mechanism::Jwt));
                scene.world.know_list(list);
            }),
            not_good(),
        ),
        Attack::new(
            "list is the diploma itself",
            rdfc,
            around(|scene| {
                let diploma = scene.world.issue();
                scene.world.know_list(diploma);
            }),
            not_good(),
        ),
        Attack::new(
            "list is another of the issuer's",
            rdfc,
            list(|body| drop(body.insert("id".to_owned(), json!("https://uni.example/status/2")))),
            not_good(),
        ),
        Attack::new(
            "list is for another purpose",
            rdfc,
            list(|body| body["credentialSubject"]["statusPurpose"] = json!("suspension")),
            not_good(),
        ),
        Attack::new(
            "list is for no purpose",
            rdfc,
            list(|body| body["credentialSubject"]["statusPurpose"] = json!([])),
            not_good(),
        ),
        Attack::new(
            "list has a status of its own",
            rdfc,
            list(|body| {
                drop(body.insert("credentialStatus".to_owned(), json!({
            "id": "urn:x", "type": "BitstringStatusListEntry", "statusPurpose": "revocation", "statusListIndex": "0", "statusListCredential": LIST,
        })))
            }),
            not_good(),
        ),
        Attack::new(
            "list is over",
            rdfc,
            list(|body| drop(body.insert("validUntil".to_owned(), json!("2026-03-01T12:00:30Z")))),
            not_good(),
        ),
        Attack::new(
            "list has not begun",
            rdfc,
            list(|body| drop(body.insert("validFrom".to_owned(), json!("2026-03-02T00:00:00Z")))),
            not_good(),
        ),
        Attack::new(
            "list is older than the policy allows",
            rdfc,
            around(|scene| {
                let list = scene.world.status_list(&[]);
                scene
                    .world
                    .evidence
                    .status_lists
                    .insert(LIST.to_owned(), Known::Found { what: list, as_of: at("2026-02-01T00:00:00Z") });
            }),
            undetermined!(Gap::StatusStale { .. }),
        ),
        Attack::new(
            "list lives for a time that is no number",
            rdfc,
            list(|body| body["credentialSubject"]["ttl"] = json!("for ever")),
            not_good(),
        ),
        Attack::new(
            "list could not be fetched",
            rdfc,
            around(|scene| {
                scene.world.evidence.status_lists.insert(LIST.to_owned(), Known::Missing { why: "time-out".to_owned() });
            }),
            undetermined!(Gap::StatusMissing { .. }),
        ),
        Attack::new(
            "list is not typed as one",
            rdfc,
            list(|body| drop(body.insert("type".to_owned(), json!(["VerifiableCredential"])))),
            not_good(),
        ),
        Attack::new(
            "list holds two lists",
            rdfc,
            list(|body| {
                let one = body["credentialSubject"].clone();
                body["credentialSubject"] = json!([one, one]);
            }),
            not_good(),
        ),
        Attack::new(
            "list holds no list",
            rdfc,
            list(|body| body["credentialSubject"]["type"] = json!("AchievementSubject")),
            not_good(),
        ),
        Attack::new(
            "list's key is for logging in",
            rdfc,
            around(|scene| {
                // The diploma is signed by another key of the university's, which stays good.
                let did = scene.world.university.did.clone();
                let mut second = Party::new(did.as_str(), wallet_core::key::KeyAlgorithm::Ed25519, 21);
                second.fragment = "delegate-2".to_owned();
                let mut method = second.resolution().document.verification_methods.remove(0);
                method.relationships = vec![wallet_core::did::VerificationRelationship::Authentication];
                scene.world.registry_says(&did, |resolution| resolution.document.verification_methods.push(method));
                let body = scene.world.status_list(&[]).body().clone();
                let list = second.sign(body, &second.options(Kind::Credential, RDFC));
                scene.world.know_list(list);
            }),
            not_good(),
        ),
    ]
}

fn bits() -> Vec<Attack> {
    let list_is = |value: fn() -> Value| list(move |body| body["credentialSubject"]["encodedList"] = value());
    let good = || StatusList::new(MINIMUM_ENTRIES, 1).expect("a list").encode();
    vec![
        Attack::new("list is shorter than hides anybody", rdfc, list_is(|| encoded(&[0; 12_500])), not_good()),
        Attack::new("list is empty", rdfc, list_is(|| encoded(&[])), not_good()),
        Attack::new("list grows a thousand times when it is read", rdfc, list_is(|| encoded(&vec![0; 20 << 20])), not_good()),
        Attack::new(
            "list is in plain base64",
            rdfc,
            list(move |body| body["credentialSubject"]["encodedList"] = json!(good().replacen('u', "m", 1))),
            not_good(),
        ),
        Attack::new(
            "list has no prefix",
            rdfc,
            list(move |body| body["credentialSubject"]["encodedList"] = json!(good()[1..])),
            not_good(),
        ),
        Attack::new("list is not compressed", rdfc, list_is(|| json!(format!("u{}", base64url([0; 16_384])))), not_good()),
        Attack::new(
            "list is cut",
            rdfc,
            list(move |body| body["credentialSubject"]["encodedList"] = json!(good()[..good().len() - 8])),
            not_good(),
        ),
        Attack::new(
            "list goes on after its end",
            rdfc,
            list(move |body| {
                let mut bytes = crate::corpus::from_base64url(&good()[1..]);
                bytes.extend(b"more");
                body["credentialSubject"]["encodedList"] = json!(format!("u{}", base64url(bytes)));
            }),
            not_good(),
        ),
        Attack::new(
            "list has a checksum of something else",
            rdfc,
            list(move |body| {
                let mut bytes = crate::corpus::from_base64url(&good()[1..]);
                let crc = bytes.len() - 8;
                bytes[crc] ^= 1;
                body["credentialSubject"]["encodedList"] = json!(format!("u{}", base64url(bytes)));
            }),
            not_good(),
        ),
        Attack::new("list is a number", rdfc, list(|body| body["credentialSubject"]["encodedList"] = json!(0)), not_good()),
    ]
}
