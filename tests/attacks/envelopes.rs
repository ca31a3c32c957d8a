//! The JSON envelope of a token: what it says it holds, and what stands in it.

use serde_json::json;
use wallet_core::error::WalletError;
use wallet_core::key::KeyAlgorithm;
use wallet_core::verification::Gap;
use wallet_core::verifier::Unread;

use crate::corpus::{Attack, Expected, Scene, edit, jwt};
use crate::world::Party;

fn malformed() -> Expected {
    unreadable!(Unread::Other(WalletError::Malformed { .. }))
}

pub fn attacks() -> Vec<Attack> {
    let enveloped = |scene: &mut Scene| crate::corpus::secured(&jwt(scene)).to_value().to_string();
    let id_is = |change: fn(&str) -> String| {
        move |_: &mut Scene, text: String| {
            edit(&text, |envelope| envelope["id"] = json!(change(envelope["id"].as_str().expect("a URL"))))
        }
    };
    vec![
        Attack::new("envelope says it holds a presentation", enveloped, id_is(|id| id.replace("vc+jwt", "vp+jwt")), malformed()),
        Attack::new(
            "envelope says its token is base64",
            enveloped,
            id_is(|id| id.replace("vc+jwt", "vc+jwt;base64")),
            malformed(),
        ),
        Attack::new("envelope is a web page's URL", enveloped, id_is(|_| "https://evil.example/token".to_owned()), malformed()),
        Attack::new(
            "envelope has a proof beside its token",
            enveloped,
            |_, text| edit(&text, |envelope| envelope["proof"] = json!({})),
            malformed(),
        ),
        Attack::new(
            "envelope within an envelope",
            enveloped,
            |_, text| {
                edit(&text, |envelope| {
                    let inner = envelope.to_string();
                    envelope["id"] = json!(format!("data:application/vc+jwt,{inner}"));
                })
            },
            malformed(),
        ),
        Attack::new(
            "SD-JWT stands in the envelope of a JWT",
            enveloped,
            id_is(|id| format!("{id}~WyJzYWx0IiwiZGVncmVlIiwiUGhEIl0~")),
            malformed(),
        ),
        Attack::new(
            "token of an unknown issuer in a good envelope",
            enveloped,
            |scene, _| {
                let mallory = Party::holder(KeyAlgorithm::Ed25519, 66);
                scene.meet(&mallory);
                scene.world.diploma.remove("credentialStatus");
                scene.world.diploma["issuer"] = json!(mallory.did);
                let options = mallory.options(wallet_core::securing::Kind::Credential, wallet_core::securing::Mechanism::Jwt);
                mallory.sign(scene.world.diploma.clone(), &options).to_value().to_string()
            },
            undetermined!(Gap::UnknownIssuer { .. }),
        ),
    ]
}
