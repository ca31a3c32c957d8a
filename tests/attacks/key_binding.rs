//! The holder's signature at the end of an SD-JWT: absent, by another key, replayed, for somebody else.

use serde_json::{Value, json};
use wallet_core::key::{KeyAlgorithm, SecretKey};
use wallet_core::verification::{Gap, Presenter, Reason};

use crate::corpus::{Attack, Expected, Scene, around, token};
use crate::sd_jwt::{Draft, digest, disclosure, good};
use crate::world::{AUDIENCE, NONCE, Party};

/// The holder signs another header and other claims.
fn binding(change: impl Fn(&mut Value, &mut Value) + 'static) -> impl Fn(&mut Scene, String) -> String {
    move |scene, _| {
        let presented = Draft::of(scene).presented(&scene.world.university.key);
        signed(&presented, &scene.world.graduate.key, &change)
    }
}

fn signed(presented: &str, key: &SecretKey, change: &dyn Fn(&mut Value, &mut Value)) -> String {
    let mut header = json!({ "alg": "ES256", "typ": "kb+jwt" });
    let mut payload = json!({ "iat": 1_772_366_400, "aud": AUDIENCE, "nonce": NONCE, "sd_hash": digest(presented) });
    change(&mut header, &mut payload);
    format!("{presented}{}", token(&header.to_string(), &payload.to_string(), key))
}

fn bad() -> Expected {
    rejected!(Reason::HolderBindingBad { .. })
}

fn claim(name: &'static str, value: Value) -> impl Fn(&mut Scene, String) -> String {
    binding(move |_, payload| payload[name] = value.clone())
}

fn header(name: &'static str, value: Value) -> impl Fn(&mut Scene, String) -> String {
    binding(move |header, _| header[name] = value.clone())
}

pub fn attacks() -> Vec<Attack> {
    let mut all = vec![
        Attack::new(
            "holder has not signed",
            good,
            |scene, _| Draft::of(scene).presented(&scene.world.university.key),
            rejected!(Reason::HolderBindingMissing),
        ),
        Attack::new(
            "thief has signed in the holder's place",
            good,
            |scene, _| {
                let presented = Draft::of(scene).presented(&scene.world.university.key);
                signed(&presented, &Party::holder(KeyAlgorithm::P256, 9).key, &|_, _| {})
            },
            bad(),
        ),
        Attack::new(
            "thief brings its key in the header",
            good,
            |scene, _| {
                let presented = Draft::of(scene).presented(&scene.world.university.key);
                let thief = Party::holder(KeyAlgorithm::P256, 9).key;
                signed(&presented, &thief, &|header, _| header["jwk"] = thief.public_key().to_jwk())
            },
            bad(),
        ),
        Attack::new(
            "issuer has signed in the holder's place",
            good,
            |scene, _| {
                let presented = Draft::of(scene).presented(&scene.world.university.key);
                signed(&presented, &scene.world.university.key, &|header, _| header["alg"] = json!("EdDSA"))
            },
            bad(),
        ),
        Attack::new(
            "holder answers an earlier request",
            good,
            claim("nonce", json!("an-earlier-nonce-000000")),
            rejected!(Reason::WrongNonce),
        ),
        Attack::new(
            "holder answers somebody else",
            good,
            claim("aud", json!("casino.example")),
            rejected!(Reason::WrongAudience { .. }),
        ),
        Attack::new("holder answers a list of verifiers", good, claim("aud", json!([AUDIENCE, "casino.example"])), bad()),
        Attack::new("holder has signed another token", good, claim("sd_hash", json!(digest("another"))), bad()),
        Attack::new(
            "holder has signed the token without its disclosures",
            good,
            |scene, _| {
                let mut draft = Draft::of(scene);
                let presented = draft.presented(&scene.world.university.key);
                draft.shown.clear();
                let hash = digest(&draft.presented(&scene.world.university.key));
                signed(&presented, &scene.world.graduate.key, &|_, payload| payload["sd_hash"] = json!(hash))
            },
            bad(),
        ),
        Attack::new(
            "holder's signature is replayed with another disclosure",
            good,
            |scene, _| {
                let mut draft = Draft::of(scene);
                let binding = signed(&draft.presented(&scene.world.university.key), &scene.world.graduate.key, &|_, _| {});
                let binding = binding.rsplit_once('~').expect("a tilde").1.to_owned();
                draft.shown.push(disclosure(Some("family_name"), json!("Fernández")));
                format!("{}{binding}", draft.presented(&scene.world.university.key))
            },
            bad(),
        ),
        Attack::new("holder signed an hour ago", good, claim("iat", json!(1_772_362_000)), bad()),
        Attack::new("holder signs in the future", good, claim("iat", json!(1_772_370_000)), bad()),
        Attack::new("holder's signature has expired", good, claim("exp", json!(1_772_366_000)), bad()),
        Attack::new("holder's signature holds later", good, claim("nbf", json!(1_772_370_000)), bad()),
        Attack::new("holder's signature is of no algorithm", good, header("alg", json!("none")), bad()),
        Attack::new("holder's signature is of a shared secret", good, header("alg", json!("HS256")), bad()),
        Attack::new("holder's signature is of another curve", good, header("alg", json!("ES384")), bad()),
        Attack::new("holder's signature is typed as a token", good, header("typ", json!("JWT")), bad()),
        Attack::new("holder's signature is typed as a presentation", good, header("typ", json!("vp+jwt")), bad()),
        Attack::new(
            "holder's signature has no type",
            good,
            binding(|header, _| drop(header.as_object_mut().expect("an object").remove("typ"))),
            bad(),
        ),
        Attack::new("holder's signature has critical extensions", good, header("crit", json!(["exp"])), bad()),
        Attack::new(
            "holder's signature stands there twice",
            good,
            |scene, text| {
                let (_, binding) = text.rsplit_once('~').expect("a tilde");
                let _ = scene;
                format!("{text}.{binding}")
            },
            bad(),
        ),
        Attack::new("holder's signature is cut", good, |_, text| text[..text.len() - 4].to_owned(), bad()),
        Attack::new(
            "holder's signature is no token",
            good,
            |scene, _| format!("{}x", Draft::of(scene).presented(&scene.world.university.key)),
            bad(),
        ),
        Attack::new(
            "issuer has named no holder",
            good,
            |scene, _| {
                let mut draft = Draft::of(scene);
                draft.payload.remove("cnf");
                signed(&draft.presented(&scene.world.university.key), &scene.world.graduate.key, &|_, _| {})
            },
            bad(),
        ),
        Attack::new(
            "issuer has named the holder's private key",
            good,
            |scene, _| {
                let mut draft = Draft::of(scene);
                draft.payload["cnf"]["jwk"]["d"] = json!("AAAA");
                signed(&draft.presented(&scene.world.university.key), &scene.world.graduate.key, &|_, _| {})
            },
            rejected!(Reason::HolderBindingBad { .. } | Reason::Malformed { .. }),
        ),
        Attack::new(
            "issuer has named a holder by a kind of key that nobody knows",
            good,
            |scene, _| {
                let mut draft = Draft::of(scene);
                draft.payload["cnf"] = json!({ "x5t#S256": "x" });
                signed(&draft.presented(&scene.world.university.key), &scene.world.graduate.key, &|_, _| {})
            },
            undetermined!(Gap::Unsupported { .. }),
        ),
        Attack::new(
            "nobody has a request to compare the holder's answer with",
            good,
            around(|scene| scene.world.expected.nonce = None),
            undetermined!(Gap::FreshnessUnchecked),
        ),
        Attack::new(
            "bad binding stands on a copy that needed none",
            |scene| {
                let text = good(scene);
                scene.world.expected.presenter = Presenter::Anyone;
                text
            },
            claim("sd_hash", json!(digest("another"))),
            bad(),
        ),
    ];
    for name in ["nonce", "aud", "iat", "sd_hash"] {
        all.push(Attack::new(
            format!("{name} of the holder's signature is missing"),
            good,
            binding(move |_, payload| drop(payload.as_object_mut().expect("an object").remove(name))),
            bad(),
        ));
        all.push(Attack::new(
            format!("{name} of the holder's signature is of the wrong kind"),
            good,
            binding(move |_, payload| payload[name] = json!({})),
            bad(),
        ));
    }
    all
}
