//! Whom a presentation answers: replayed, relayed, made for somebody else or for nobody.

use serde_json::{Value, json};
use wallet_core::securing::ProofOptions;
use wallet_core::verification::{Gap, Reason};

use crate::corpus::{Attack, Scene, around, claims, edit, edited, token};
use crate::presentations::{embedded, presented};
use crate::world::{AUDIENCE, NONCE, at};

pub fn attacks() -> Vec<Attack> {
    let with = |change: fn(&mut ProofOptions)| {
        move |scene: &mut Scene, _: String| scene.world.present_with(&scene.world.issue(), change).text().to_owned()
    };
    let audience_is = |value: Value| {
        move |scene: &mut Scene, text: String| {
            let (header, mut payload) = claims(&text);
            payload["aud"] = value.clone();
            token(&header.to_string(), &payload.to_string(), &scene.world.graduate.key)
        }
    };
    vec![
        Attack::new(
            "answer to an earlier request",
            presented,
            with(|options| options.nonce = Some("an-earlier-nonce-000000".to_owned())),
            rejected!(Reason::WrongNonce),
        ),
        Attack::new("answer to no request", presented, with(|options| options.nonce = None), rejected!(Reason::WrongNonce)),
        Attack::new(
            "answer to the nonce in other letters",
            presented,
            with(|options| options.nonce = Some(NONCE.to_lowercase())),
            rejected!(Reason::WrongNonce),
        ),
        Attack::new(
            "answer to the beginning of the nonce",
            presented,
            with(|options| options.nonce = Some(NONCE[..20].to_owned())),
            rejected!(Reason::WrongNonce),
        ),
        Attack::new(
            "answer to more than the nonce",
            presented,
            with(|options| options.nonce = Some(format!("{NONCE} "))),
            rejected!(Reason::WrongNonce),
        ),
        Attack::new(
            "answer for another verifier",
            presented,
            with(|options| options.audience = Some("casino.example".to_owned())),
            rejected!(Reason::WrongAudience { .. }),
        ),
        Attack::new(
            "answer for no verifier",
            presented,
            with(|options| options.audience = None),
            rejected!(Reason::WrongAudience { .. }),
        ),
        Attack::new(
            "answer for the verifier's name with another end",
            presented,
            with(|options| options.audience = Some(format!("{AUDIENCE}.evil.example"))),
            rejected!(Reason::WrongAudience { .. }),
        ),
        Attack::new(
            "answer for the verifier's name with another beginning",
            presented,
            with(|options| options.audience = Some(format!("https://{AUDIENCE}"))),
            rejected!(Reason::WrongAudience { .. }),
        ),
        Attack::new(
            "answer for an empty list of verifiers",
            presented,
            audience_is(json!([])),
            rejected!(Reason::WrongAudience { .. }),
        ),
        Attack::new(
            "answer for a list of other verifiers",
            presented,
            audience_is(json!(["casino.example", "tienda.example"])),
            rejected!(Reason::WrongAudience { .. }),
        ),
        Attack::new(
            "answer that has expired",
            presented,
            with(|options| options.expires = Some(at("2026-03-01T12:00:30Z"))),
            rejected!(Reason::ProofExpired { .. }),
        ),
        Attack::new(
            "answer from the future",
            presented,
            with(|options| options.created = at("2026-03-01T13:00:00Z")),
            rejected!(Reason::ProofFromFuture { .. }),
        ),
        Attack::new(
            "challenge is changed after it was signed",
            embedded,
            edited(|p| p["proof"]["challenge"] = json!("another-nonce-00000000")),
            rejected!(Reason::WrongNonce, besides Reason::BadSignature),
        ),
        Attack::new(
            "domain is changed after it was signed",
            embedded,
            |scene, text| {
                scene.world.expected.audience = Some("casino.example".to_owned());
                edit(&text, |p| p["proof"]["domain"] = json!("casino.example"))
            },
            rejected!(Reason::BadSignature),
        ),
        Attack::new(
            "verifier has nothing to compare with",
            presented,
            around(|scene| scene.world.expected.nonce = None),
            undetermined!(Gap::FreshnessUnchecked),
        ),
    ]
}
