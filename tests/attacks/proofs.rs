//! The proof itself: taken out, borrowed, altered, respelt, chained, multiplied.

use serde_json::{Value, json};
use wallet_core::did::VerificationRelationship;
use wallet_core::error::WalletError;
use wallet_core::securing::{Kind, Mechanism, Secured};
use wallet_core::verification::{Gap, Reason};
use wallet_core::verifier::Unread;

use crate::corpus::{Attack, Expected, Scene, edit, edited, jcs, object, rdfc};
use crate::world::{Party, at};

const RDFC: Mechanism = Mechanism::EddsaRdfc2022;

pub fn attacks() -> Vec<Attack> {
    [members(), values(), borrowed(), sets(), chains()].into_iter().flatten().collect()
}

fn bad() -> Expected {
    rejected!(Reason::BadSignature)
}

fn unread() -> Expected {
    unreadable!(Unread::Other(WalletError::Malformed { .. }))
}

fn unsupported() -> Expected {
    unreadable!(Unread::Other(WalletError::Unsupported { .. }))
}

fn member(name: &'static str, value: Value) -> impl Fn(&mut Scene, String) -> String {
    edited(move |credential| credential["proof"][name] = value.clone())
}

fn without(name: &'static str) -> impl Fn(&mut Scene, String) -> String {
    edited(move |credential| drop(credential["proof"].as_object_mut().expect("an object").remove(name)))
}

fn members() -> Vec<Attack> {
    let mut all = vec![
        Attack::new(
            "proof is taken out",
            rdfc,
            edited(|c| drop(c.as_object_mut().expect("an object").remove("proof"))),
            unread(),
        ),
        Attack::new("proof is null", rdfc, edited(|c| c["proof"] = Value::Null), unread()),
        Attack::new("proof is an empty list", rdfc, edited(|c| c["proof"] = json!([])), unread()),
        Attack::new("proof is text", rdfc, edited(|c| c["proof"] = json!("trust me")), unread()),
        Attack::new("proof holds proofs in lists", rdfc, edited(|c| c["proof"] = json!([[c["proof"].take()]])), unread()),
        Attack::new("proof is of no suite", rdfc, without("cryptosuite"), unread()),
        Attack::new("proof is of a suite that there is not", rdfc, member("cryptosuite", json!("quantum-2030")), unsupported()),
        Attack::new(
            "suite differs in the case of a letter",
            rdfc,
            member("cryptosuite", json!("EdDSA-rdfc-2022")),
            unsupported(),
        ),
        Attack::new("suite is changed to that of canonical JSON", rdfc, member("cryptosuite", json!("eddsa-jcs-2022")), bad()),
        Attack::new("suite is changed to that of canonical RDF", jcs, member("cryptosuite", json!("eddsa-rdfc-2022")), bad()),
        Attack::new(
            "suite is changed to one of another curve",
            rdfc,
            member("cryptosuite", json!("ecdsa-rdfc-2019")),
            rejected!(Reason::WrongAlgorithm { .. }),
        ),
        Attack::new(
            "type of the proof is an older one",
            rdfc,
            member("type", json!("Ed25519Signature2020")),
            rejected!(Reason::UndefinedTerm { .. } | Reason::BadSignature),
        ),
        Attack::new("type of the proof is one that there is not", rdfc, member("type", json!("NoProof")), unsupported()),
        Attack::new("type of the proof is missing", rdfc, without("type"), unread()),
        Attack::new("purpose is missing", rdfc, without("proofPurpose"), unread()),
        Attack::new(
            "purpose is changed to logging in",
            rdfc,
            member("proofPurpose", json!("authentication")),
            rejected!(Reason::WrongPurpose { .. }, besides Reason::BadSignature),
        ),
        Attack::new("key is missing", rdfc, without("verificationMethod"), unread()),
        Attack::new(
            "key stands in the proof itself",
            rdfc,
            |scene, text| {
                let key = scene.world.university.key.public_key().to_multikey();
                edit(&text, |c| c["proof"]["verificationMethod"] = json!({ "type": "Multikey", "publicKeyMultibase": key }))
            },
            unread(),
        ),
        Attack::new("date is changed", rdfc, member("created", json!("2026-02-28T12:00:00Z")), bad()),
        Attack::new(
            "date is changed by the spelling of its offset",
            rdfc,
            member("created", json!("2026-03-01T12:00:00+00:00")),
            bad(),
        ),
        Attack::new("date is taken out", rdfc, without("created"), bad()),
        Attack::new("date is added twice over", rdfc, member("created", json!(["2026-03-01T12:00:00Z"])), unread()),
        Attack::new(
            "end is taken out",
            |scene| scene.world.issue_with(|o| o.expires = Some(at("2026-03-02T00:00:00Z"))).text().to_owned(),
            without("expires"),
            bad(),
        ),
        Attack::new(
            "end is put off",
            |scene| scene.world.issue_with(|o| o.expires = Some(at("2026-03-02T00:00:00Z"))).text().to_owned(),
            member("expires", json!("2036-03-02T00:00:00Z")),
            bad(),
        ),
        Attack::new("end is added", rdfc, member("expires", json!("2036-03-02T00:00:00Z")), bad()),
        Attack::new("challenge is added", rdfc, member("challenge", json!("n")), bad()),
        Attack::new("domain is added", jcs, member("domain", json!("casino.example")), bad()),
        Attack::new("nonce is added", rdfc, member("nonce", json!("n")), bad()),
        Attack::new(
            "member is added that no context defines",
            rdfc,
            member("approvedBy", json!("ministry")),
            rejected!(Reason::UndefinedTerm { .. }),
        ),
        Attack::new("member is added that no context defines (jcs)", jcs, member("approvedBy", json!("ministry")), bad()),
        Attack::new("id is added", rdfc, member("id", json!("urn:uuid:6f1d3c1e-6a55-4c83-9d57-0d3a2a1e8a12")), bad()),
        Attack::new("context of the jcs proof is taken out", jcs, without("@context"), bad()),
        Attack::new(
            "context of the jcs proof is cut short",
            jcs,
            edited(|c| drop(c["proof"]["@context"].as_array_mut().expect("a list").pop())),
            bad(),
        ),
    ];
    for (name, value) in [
        ("created", json!("yesterday")),
        ("expires", json!("2036-03-02")),
        ("domain", json!([])),
        ("challenge", json!(7)),
        ("proofPurpose", json!(7)),
        ("previousProof", json!(7)),
    ] {
        all.push(Attack::new(format!("{name} of the proof is {value}"), rdfc, member(name, value), unread()));
    }
    all
}

/// Another spelling of the same signature.
fn respelt(spell: fn(&str, Vec<u8>) -> String) -> impl Fn(&mut Scene, String) -> String {
    edited(move |credential| {
        let text = credential["proof"]["proofValue"].as_str().expect("text").to_owned();
        let (_, bytes) = multibase::decode(&text).expect("multibase");
        credential["proof"]["proofValue"] = json!(spell(&text, bytes));
    })
}

fn values() -> Vec<Attack> {
    fn base58(bytes: &[u8]) -> String {
        multibase::encode(multibase::Base::Base58Btc, bytes)
    }
    vec![
        Attack::new(
            "signature is in base64url",
            rdfc,
            respelt(|_, bytes| multibase::encode(multibase::Base::Base64Url, bytes)),
            unread(),
        ),
        Attack::new(
            "signature is in hexadecimal",
            rdfc,
            respelt(|_, bytes| multibase::encode(multibase::Base::Base16Lower, bytes)),
            unread(),
        ),
        Attack::new("signature has no prefix", rdfc, respelt(|text, _| text[1..].to_owned()), unread()),
        Attack::new("signature has a leading zero byte", rdfc, respelt(|text, _| format!("z1{}", &text[1..])), unread()),
        Attack::new("signature has a byte appended", rdfc, respelt(|_, bytes| base58(&[&bytes[..], &[0]].concat())), unread()),
        Attack::new("signature is cut by a byte", rdfc, respelt(|_, bytes| base58(&bytes[..63])), unread()),
        Attack::new("signature has a space after it", rdfc, respelt(|text, _| format!("{text} ")), unread()),
        Attack::new(
            "signature has a letter base58 does not have",
            rdfc,
            respelt(|text, _| text.replacen(&text[5..6], "0", 1)),
            unread(),
        ),
        Attack::new("signature is endless", rdfc, respelt(|text, _| text.repeat(2000)), unread()),
        Attack::new("signature is empty", rdfc, respelt(|_, _| "z".to_owned()), unread()),
        Attack::new(
            "signature is a list",
            rdfc,
            edited(|c| c["proof"]["proofValue"] = json!([c["proof"]["proofValue"].take()])),
            unread(),
        ),
        Attack::new(
            "signature is of P-384's length",
            rdfc,
            respelt(|_, bytes| base58(&[&bytes[..], &[0; 32]].concat())),
            unread(),
        ),
        Attack::new(
            "signature has one bit flipped",
            rdfc,
            respelt(|_, mut bytes| {
                bytes[40] ^= 1;
                base58(&bytes)
            }),
            bad(),
        ),
    ]
}

/// Another good credential of the same issuer.
fn another(scene: &mut Scene, mechanism: Mechanism) -> String {
    scene.issue_changed(mechanism, |diploma| diploma["name"] = json!("Medicina"))
}

fn borrowed() -> Vec<Attack> {
    vec![
        Attack::new(
            "proof is borrowed from another credential",
            rdfc,
            |scene, text| {
                let proof = object(&another(scene, RDFC))["proof"].clone();
                edit(&text, |c| c["proof"] = proof)
            },
            bad(),
        ),
        Attack::new(
            "proof is borrowed from another credential (jcs)",
            jcs,
            |scene, text| {
                let proof = object(&another(scene, Mechanism::EddsaJcs2022))["proof"].clone();
                edit(&text, |c| c["proof"] = proof)
            },
            bad(),
        ),
        Attack::new(
            "signature is borrowed from the suite next door",
            rdfc,
            |scene, text| {
                let proof = object(&jcs(scene))["proof"]["proofValue"].clone();
                edit(&text, |c| c["proof"]["proofValue"] = proof)
            },
            bad(),
        ),
        Attack::new(
            "proof is borrowed from the status list",
            rdfc,
            |scene, text| {
                let proof = object(scene.world.status_list(&[]).text())["proof"].clone();
                edit(&text, |c| c["proof"] = proof)
            },
            bad(),
        ),
        Attack::new(
            "proof was made to log in",
            rdfc,
            |scene, _| {
                scene.world.issue_with(|options| options.purpose = VerificationRelationship::Authentication).text().to_owned()
            },
            rejected!(Reason::WrongPurpose { .. }),
        ),
        Attack::new(
            "proof was made to invoke a capability",
            rdfc,
            |scene, _| {
                scene
                    .world
                    .issue_with(|options| options.purpose = VerificationRelationship::CapabilityInvocation)
                    .text()
                    .to_owned()
            },
            rejected!(Reason::WrongPurpose { .. }),
        ),
        Attack::new(
            "proof has expired",
            rdfc,
            |scene, _| scene.world.issue_with(|options| options.expires = Some(at("2026-03-01T12:00:30Z"))).text().to_owned(),
            rejected!(Reason::ProofExpired { .. }),
        ),
        Attack::new(
            "proof is from the future",
            rdfc,
            |scene, _| scene.world.issue_with(|options| options.created = at("2026-04-01T00:00:00Z")).text().to_owned(),
            rejected!(Reason::ProofFromFuture { .. }),
        ),
    ]
}

/// The diploma with the university's proof and one more, by `party`.
fn countersigned(scene: &mut Scene, text: &str, party: &Party) -> String {
    let _ = &scene;
    let options = party.options(Kind::Credential, RDFC);
    let document = object(Secured::read(text).expect("a credential").text());
    party.sign(document, &options).text().to_owned()
}

fn sets() -> Vec<Attack> {
    let both = |scene: &mut Scene| {
        let text = rdfc(scene);
        let witness = scene.mallory();
        countersigned(scene, &text, &witness)
    };
    let of = |change: fn(&mut Vec<Value>)| edited(move |c| change(c["proof"].as_array_mut().expect("a list")));
    vec![
        Attack::new("one proof of two is bad", both, of(|proofs| proofs[1]["created"] = json!("2026-02-28T12:00:00Z")), bad()),
        Attack::new(
            "issuer's proof of two is bad",
            both,
            of(|proofs| proofs[0]["created"] = json!("2026-02-28T12:00:00Z")),
            bad(),
        ),
        Attack::new(
            "issuer's proof of two is taken out",
            both,
            of(|proofs| drop(proofs.remove(0))),
            rejected!(Reason::SignerMismatch { .. }),
        ),
        Attack::new(
            "two proofs have each other's signatures",
            both,
            of(|proofs| {
                let first = proofs[0]["proofValue"].take();
                proofs[0]["proofValue"] = proofs[1]["proofValue"].take();
                proofs[1]["proofValue"] = first;
            }),
            bad(),
        ),
        Attack::new(
            "two proofs have each other's keys",
            both,
            of(|proofs| {
                let first = proofs[0]["verificationMethod"].take();
                proofs[0]["verificationMethod"] = proofs[1]["verificationMethod"].take();
                proofs[1]["verificationMethod"] = first;
            }),
            bad(),
        ),
        Attack::new(
            "second proof is by one whom nobody knows",
            both,
            |scene, text| {
                let mallory = Party::holder(wallet_core::key::KeyAlgorithm::Ed25519, 66);
                scene.world.evidence.resolutions.remove(&mallory.did);
                text
            },
            undetermined!(Gap::Unresolved { .. }),
        ),
        Attack::new(
            "only proof of the issuer's is of an unknown suite",
            both,
            of(|proofs| proofs[0]["cryptosuite"] = json!("quantum-2030")),
            undetermined!(Gap::Unsupported { .. }),
        ),
        Attack::new("seventeen proofs", rdfc, edited(|c| c["proof"] = vec![c["proof"].take(); 17].into()), unread()),
        Attack::new(
            "second proof is a bare signature",
            rdfc,
            edited(|c| c["proof"] = json!([c["proof"].take(), "z1"])),
            unread(),
        ),
        Attack::new(
            "second proof is malformed",
            rdfc,
            edited(|c| {
                let mut second = c["proof"].clone();
                second["created"] = json!("yesterday");
                c["proof"] = json!([c["proof"].take(), second]);
            }),
            unread(),
        ),
    ]
}

fn chains() -> Vec<Attack> {
    const FIRST: &str = "urn:uuid:6f1d3c1e-6a55-4c83-9d57-0d3a2a1e8a21";
    const SECOND: &str = "urn:uuid:6f1d3c1e-6a55-4c83-9d57-0d3a2a1e8a22";
    let chain = |scene: &mut Scene| {
        let first = scene.world.issue_with(|options| options.id = Some(FIRST.to_owned()));
        let mut options = scene.world.university.options(Kind::Credential, RDFC);
        (options.id, options.previous) = (Some(SECOND.to_owned()), vec![FIRST.to_owned()]);
        scene.world.university.sign(object(first.text()), &options).text().to_owned()
    };
    let of = |change: fn(&mut Vec<Value>)| edited(move |c| change(c["proof"].as_array_mut().expect("a list")));
    let malformed = || rejected!(Reason::Malformed { .. }, besides Reason::BadSignature);
    vec![
        Attack::new("proof that another follows is taken out", chain, of(|proofs| drop(proofs.remove(0))), malformed()),
        Attack::new(
            "proof that another follows is altered",
            chain,
            of(|proofs| proofs[0]["created"] = json!("2026-02-28T12:00:00Z")),
            bad(),
        ),
        Attack::new(
            "proof that another follows has another id",
            chain,
            of(|proofs| proofs[0]["id"] = json!("urn:uuid:0")),
            malformed(),
        ),
        Attack::new(
            "link of the chain is taken out",
            chain,
            of(|proofs| drop(proofs[1].as_object_mut().expect("an object").remove("previousProof"))),
            bad(),
        ),
        Attack::new("chain begins at its own end", chain, of(|proofs| proofs[0]["previousProof"] = json!(SECOND)), malformed()),
        Attack::new("proof follows itself", chain, of(|proofs| proofs[1]["previousProof"] = json!(SECOND)), malformed()),
        Attack::new(
            "proof follows one that there is not",
            rdfc,
            member("previousProof", json!("urn:uuid:0")),
            rejected!(Reason::Malformed { .. }),
        ),
        Attack::new(
            "two proofs have one id",
            chain,
            of(|proofs| {
                let first = proofs[0].clone();
                proofs.push(first);
            }),
            malformed(),
        ),
        Attack::new(
            "proof that another follows is of an unknown suite",
            chain,
            of(|proofs| proofs[0]["cryptosuite"] = json!("quantum-2030")),
            rejected!(Reason::BadSignature, open Gap::Unsupported { .. }),
        ),
    ]
}
