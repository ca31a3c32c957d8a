//! VC DM 1.1 as a JWT, which is only read: the claims of the token against the members of its `vc`.

use serde_json::{Value, json};
use wallet_core::error::WalletError;
use wallet_core::verification::Reason;
use wallet_core::verifier::Unread;

use crate::corpus::{Attack, Expected, Scene, base64url, claims, parts, token};
use crate::world::at;

pub fn attacks() -> Vec<Attack> {
    let issued = |name: &'static str, change: fn(&mut Value), expected: Expected| {
        let hostile = move |scene: &mut Scene, text: String| {
            let (header, mut payload) = claims(&text);
            change(&mut payload);
            token(&header.to_string(), &payload.to_string(), &scene.world.university.key)
        };
        Attack::new(name, good, hostile, expected)
    };
    let malformed = || unreadable!(Unread::Other(WalletError::Malformed { .. }));
    let faulty = || rejected!(Reason::Malformed { .. });
    vec![
        issued("issuer of 1.1 contradicts its token", |p| p["vc"]["issuer"] = json!("did:web:evil.example"), malformed()),
        issued(
            "subject of 1.1 contradicts its token",
            |p| p["vc"]["credentialSubject"]["id"] = json!("did:web:evil.example"),
            malformed(),
        ),
        issued("id of 1.1 contradicts its token", |p| p["vc"]["id"] = json!("urn:uuid:0"), malformed()),
        issued(
            "beginning of 1.1 contradicts its token",
            |p| p["vc"]["issuanceDate"] = json!("2020-01-01T00:00:01Z"),
            malformed(),
        ),
        issued("end of 1.1 contradicts its token", |p| p["vc"]["expirationDate"] = json!("2099-01-01T00:00:00Z"), malformed()),
        issued("end of 1.1 is past", |p| p["exp"] = json!(1_772_100_000), rejected!(Reason::Expired { .. })),
        issued("beginning of 1.1 is to come", |p| p["nbf"] = json!(1_790_000_000), rejected!(Reason::NotYetValid { .. })),
        issued("end of 1.1 is text", |p| p["exp"] = json!("2036"), malformed()),
        issued("token of 1.1 has both a vc and a vp", |p| p["vp"] = json!({}), malformed()),
        issued("token of 1.1 has a vc that is text", |p| p["vc"] = json!("eyJ"), malformed()),
        issued(
            "token of 1.1 holds a credential of 2.0",
            |p| p["vc"]["@context"][0] = json!("https://www.w3.org/ns/credentials/v2"),
            malformed(),
        ),
        issued(
            "token of 1.1 holds a presentation as its vc",
            |p| p["vc"]["type"] = json!(["VerifiablePresentation"]),
            malformed(),
        ),
        issued(
            "issuer of 1.1 is the attacker",
            |p| {
                p["iss"] = json!("did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK");
            },
            rejected!(Reason::SignerMismatch { .. }, open wallet_core::verification::Gap::UnknownIssuer { .. }),
        ),
        issued("issuer of 1.1 is missing", |p| drop(p.as_object_mut().expect("an object").remove("iss")), faulty()),
        issued(
            "subject of 1.1 is empty",
            |p| {
                p.as_object_mut().expect("an object").remove("sub");
                p["vc"]["credentialSubject"] = json!({});
            },
            faulty(),
        ),
        issued("issue date of 1.1 is missing", |p| drop(p.as_object_mut().expect("an object").remove("nbf")), faulty()),
        Attack::new(
            "claim of 1.1 is changed under the old signature",
            good,
            |_, text| {
                let [header, _, signature] = parts(&text);
                let (_, mut payload) = claims(&text);
                payload["vc"]["credentialSubject"]["name"] = json!("Dra. Fernández");
                format!("{header}.{}.{signature}", base64url(payload.to_string()))
            },
            rejected!(Reason::BadSignature),
        ),
        Attack::new(
            "document of 2.0 stands beside the vc",
            good,
            |scene, text| {
                // The claims beside the vc are no part of the credential, whoever signs them.
                let (mut header, mut payload) = claims(&text);
                header["typ"] = json!("vc+jwt");
                payload["type"] = json!(["VerifiableCredential"]);
                token(&header.to_string(), &payload.to_string(), &scene.world.university.key)
            },
            unreadable!(Unread::Other(WalletError::Unsupported { .. })),
        ),
        Attack::new(
            "attacker signs 1.1 in the issuer's name",
            good,
            |scene, text| {
                let mallory = scene.mallory();
                let (mut header, payload) = claims(&text);
                header["kid"] = json!(mallory.method());
                token(&header.to_string(), &payload.to_string(), &mallory.key)
            },
            rejected!(Reason::SignerMismatch { .. }),
        ),
        Attack::new(
            "credential of 1.1 is shown ten years late",
            good,
            |scene, text| {
                scene.world.now = at("2037-01-01T00:00:00Z");
                scene.world.expected.resolution_max_age = i64::MAX / 4;
                text
            },
            rejected!(Reason::Expired { .. }),
        ),
    ]
}

/// A credential of 1.1 as others wrote it.
fn good(scene: &mut Scene) -> String {
    let header = json!({ "alg": "EdDSA", "typ": "JWT", "kid": scene.world.university.method() });
    let payload = json!({
        "iss": scene.world.university.did, "sub": scene.world.graduate.did, "jti": "urn:uuid:6f1d3c1e-6a55-4c83-9d57-0d3a2a1e8a11",
        "nbf": 1_772_000_000, "exp": 2_085_782_400,
        "vc": {
            "@context": ["https://www.w3.org/2018/credentials/v1"], "type": ["VerifiableCredential"],
            "credentialSubject": { "id": scene.world.graduate.did },
        },
    });
    token(&header.to_string(), &payload.to_string(), &scene.world.university.key)
}
