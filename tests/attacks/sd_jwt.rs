//! SD-JWT: what must always be visible, tokens taken for others, and their status.

use k256::sha2::{Digest as _, Sha256};
use serde_json::{Map, Value, json};
use wallet_core::error::WalletError;
use wallet_core::key::{KeyAlgorithm, SecretKey};
use wallet_core::status::TokenStatusList;
use wallet_core::verification::{Gap, Known, Presenter, Reason};
use wallet_core::verifier::Unread;

use crate::corpus::{Attack, Expected, Scene, base64url, from_base64url, object, secured, token};
use crate::world::{AUDIENCE, NONCE};

pub fn attacks() -> Vec<Attack> {
    [visible(), tokens(), status()].into_iter().flatten().collect()
}

pub fn digest(text: &str) -> String {
    base64url(Sha256::digest(text))
}

/// The text of a disclosure of a claim, or with no name of a list item.
pub fn disclosure(name: Option<&str>, value: Value) -> String {
    let salt = json!("2GLC42sKQveCfGfryNRN9w");
    base64url(match name {
        Some(name) => json!([salt, name, value]).to_string(),
        None => json!([salt, value]).to_string(),
    })
}

/// An SD-JWT VC on its way: the header, the payload with its digests, the disclosures that are shown.
pub struct Draft {
    pub header: Map<String, Value>,
    pub payload: Map<String, Value>,
    pub shown: Vec<String>,
}

impl Draft {
    /// The university's: a given name and one of two nationalities are shown, a family name and the other are not.
    pub fn of(scene: &Scene) -> Self {
        let (given, family) =
            (disclosure(Some("given_name"), json!("Lucía")), disclosure(Some("family_name"), json!("Fernández")));
        let (one, other) = (disclosure(None, json!("PE")), disclosure(None, json!("ES")));
        let header = json!({ "alg": "EdDSA", "typ": "dc+sd-jwt", "kid": scene.world.university.method() });
        let payload = json!({
            "iss": scene.world.university.did, "vct": "urn:eudi:pid:1", "iat": 1_772_366_400, "exp": 1_900_000_000,
            "cnf": { "jwk": scene.world.graduate.key.public_key().to_jwk() },
            "_sd_alg": "sha-256", "_sd": [digest(&given), digest(&family)],
            "nationalities": [{ "...": digest(&one) }, { "...": digest(&other) }],
            "address": { "country": "PE" },
        });
        Self { header: object(&header.to_string()), payload: object(&payload.to_string()), shown: vec![given, one] }
    }

    /// The token as it is presented, to its last tilde, signed by `key`.
    pub fn presented(&self, key: &SecretKey) -> String {
        let (header, payload) = (Value::Object(self.header.clone()), Value::Object(self.payload.clone()));
        let disclosures: String = self.shown.iter().map(|text| format!("{text}~")).collect();
        format!("{}~{disclosures}", token(&header.to_string(), &payload.to_string(), key))
    }
}

/// The graduate's signature over what is presented, in answer to the verifier's request.
pub fn bound(scene: &Scene, presented: &str) -> String {
    let header = json!({ "alg": "ES256", "typ": "kb+jwt" });
    let payload = json!({ "iat": 1_772_366_400, "aud": AUDIENCE, "nonce": NONCE, "sd_hash": digest(presented) });
    format!("{presented}{}", token(&header.to_string(), &payload.to_string(), &scene.world.graduate.key))
}

/// The credential, presented by the graduate.
pub fn good(scene: &mut Scene) -> String {
    scene.world.expected.presenter = Presenter::Subject;
    bound(scene, &Draft::of(scene).presented(&scene.world.university.key))
}

/// The issuer signs something else, and the graduate presents it.
pub fn issued(name: impl Into<String>, change: impl Fn(&mut Draft) + 'static, expected: Expected) -> Attack {
    let hostile = move |scene: &mut Scene, _: String| {
        let mut draft = Draft::of(scene);
        change(&mut draft);
        bound(scene, &draft.presented(&scene.world.university.key))
    };
    Attack::new(name, good, hostile, expected)
}

pub fn malformed() -> Expected {
    rejected!(Reason::Malformed { .. }, besides Reason::HolderBindingBad { .. } | Reason::HolderBindingMissing)
}

pub fn unread() -> Expected {
    unreadable!(Unread::Other(WalletError::Malformed { .. }))
}

pub fn unsupported() -> Expected {
    unreadable!(Unread::Other(WalletError::Unsupported { .. }))
}

/// The issuer conceals a claim of this name.
pub fn reserved(draft: &mut Draft, name: &str, value: Value) {
    let claim = disclosure(Some(name), value);
    draft.payload["_sd"].as_array_mut().expect("a list").push(json!(digest(&claim)));
    draft.shown.push(claim);
}

fn visible() -> Vec<Attack> {
    let conceal = |name: &'static str| {
        issued(
            format!("{name} comes from a disclosure"),
            move |draft: &mut Draft| {
                let value = draft.payload.remove(name).unwrap_or_else(|| match name {
                    "nbf" => json!(1_600_000_000),
                    "status" => json!({ "status_list": { "idx": 0, "uri": "https://uni.example/statuslists/1" } }),
                    _ => json!("x"),
                });
                reserved(draft, name, value);
            },
            malformed(),
        )
    };
    let mut all: Vec<Attack> = ["iss", "exp", "nbf", "cnf", "vct", "vct#integrity", "status"].map(conceal).into();
    all.push(issued(
        "holder's key comes from a disclosure",
        |draft| {
            let jwk = draft.payload["cnf"]["jwk"].take();
            let claim = disclosure(Some("jwk"), jwk);
            draft.payload["cnf"] = json!({ "_sd": [digest(&claim)] });
            draft.shown.push(claim);
        },
        malformed(),
    ));
    all
}

fn tokens() -> Vec<Attack> {
    let header = |name: &'static str, member: &'static str, value: Value, expected: Expected| {
        issued(name, move |draft| drop(draft.header.insert(member.to_owned(), value.clone())), expected)
    };
    let claim = |name: &'static str, member: &'static str, value: Value, expected: Expected| {
        issued(name, move |draft| drop(draft.payload.insert(member.to_owned(), value.clone())), expected)
    };
    let signature = |change: fn(&mut Vec<u8>)| {
        move |_: &mut Scene, text: String| {
            let (jwt, rest) = text.split_once('~').expect("a tilde");
            let (input, signature) = jwt.rsplit_once('.').expect("a dot");
            let mut signature = from_base64url(signature);
            change(&mut signature);
            format!("{input}.{}~{rest}", base64url(signature))
        }
    };
    // A change of the issuer's part breaks what the holder has signed, too.
    let bad = || rejected!(Reason::BadSignature, besides Reason::HolderBindingBad { .. });
    vec![
        header("SD-JWT is of no algorithm", "alg", json!("none"), unsupported()),
        header("SD-JWT is of a shared secret", "alg", json!("HS256"), unsupported()),
        header("SD-JWT calls itself ES256", "alg", json!("ES256"), rejected!(Reason::WrongAlgorithm { .. })),
        header("SD-JWT has critical extensions", "crit", json!(["exp"]), unsupported()),
        header("SD-JWT is typed as a plain token", "typ", json!("JWT"), unsupported()),
        header("SD-JWT is typed as a key binding", "typ", json!("kb+jwt"), unsupported()),
        header("SD-JWT is typed as some SD-JWT", "typ", json!("example+sd-jwt"), unsupported()),
        header("SD-JWT is typed as a W3C credential's JWT", "typ", json!("vc+jwt"), unsupported()),
        header("SD-JWT is typed as a presentation", "typ", json!("vp+sd-jwt"), unread()),
        header(
            "key of an SD-JWT is one the issuer never had",
            "kid",
            json!("#delegate-9"),
            rejected!(Reason::KeyNotInDocument { .. }),
        ),
        header("kid of an SD-JWT is a number", "kid", json!(7), unread()),
        claim("SD-JWT has expired", "exp", json!(1_700_000_000), rejected!(Reason::Expired { .. })),
        claim("SD-JWT holds later", "nbf", json!(1_800_000_000), rejected!(Reason::NotYetValid { .. })),
        claim(
            "SD-JWT is from the future",
            "iat",
            json!(1_800_000_000),
            rejected!(Reason::ProofFromFuture { .. }, besides Reason::KeyFromLater { .. }),
        ),
        claim("end of an SD-JWT is text", "exp", json!("2036"), malformed()),
        claim("type of an SD-JWT is a list", "vct", json!(["urn:eudi:pid:1"]), malformed()),
        claim("type of an SD-JWT is empty", "vct", json!(""), malformed()),
        claim("issuer of an SD-JWT is a number", "iss", json!(7), malformed()),
        issued(
            "issuer of an SD-JWT is missing",
            |draft| drop(draft.payload.remove("iss")),
            rejected!(Reason::Malformed { .. }, open Gap::UnknownIssuer { .. }),
        ),
        issued("type of an SD-JWT is missing", |draft| drop(draft.payload.remove("vct")), malformed()),
        Attack::new(
            "attacker signs an SD-JWT in the issuer's name",
            good,
            |scene, _| {
                let mallory = scene.mallory();
                bound(scene, &Draft::of(scene).presented(&mallory.key))
            },
            rejected!(Reason::BadSignature),
        ),
        Attack::new(
            "attacker signs an SD-JWT with its own key's name",
            good,
            |scene, _| {
                let mallory = scene.mallory();
                let mut draft = Draft::of(scene);
                draft.header.insert("kid".to_owned(), json!(mallory.method()));
                bound(scene, &draft.presented(&mallory.key))
            },
            rejected!(Reason::SignerMismatch { .. }),
        ),
        Attack::new(
            "attacker brings its key in the header of an SD-JWT",
            good,
            |scene, _| {
                let mallory = scene.mallory();
                let mut draft = Draft::of(scene);
                draft.header.insert("jwk".to_owned(), mallory.key.public_key().to_jwk());
                bound(scene, &draft.presented(&mallory.key))
            },
            rejected!(Reason::BadSignature),
        ),
        Attack::new(
            "attacker's SD-JWT brings its certificate and no issuer",
            good,
            |scene, _| {
                let mallory = scene.mallory();
                let mut draft = Draft::of(scene);
                draft.payload.remove("iss");
                draft.header.insert("x5c".to_owned(), json!(["MIIB"]));
                bound(scene, &draft.presented(&mallory.key))
            },
            undetermined!(Gap::Unsupported { .. } | Gap::UnknownIssuer { .. }),
        ),
        Attack::new(
            "issuer of an SD-JWT is a web site that nobody has asked",
            good,
            |scene, _| {
                let mut draft = Draft::of(scene);
                draft.payload.insert("iss".to_owned(), json!("https://evil.example"));
                bound(scene, &draft.presented(&scene.world.university.key))
            },
            undetermined!(Gap::IssuerKeysMissing { .. } | Gap::UnknownIssuer { .. }),
        ),
        Attack::new(
            "issuer of an SD-JWT is a web site without encryption",
            good,
            |scene, _| {
                let mut draft = Draft::of(scene);
                draft.payload.insert("iss".to_owned(), json!("http://evil.example"));
                bound(scene, &draft.presented(&scene.world.university.key))
            },
            rejected!(Reason::SignerMismatch { .. } | Reason::InvalidDid { .. } | Reason::Malformed { .. }, open Gap::UnknownIssuer { .. }),
        ),
        Attack::new("signature of an SD-JWT has a bit flipped", good, signature(|bytes| bytes[40] ^= 1), bad()),
        Attack::new("signature of an SD-JWT is cut", good, signature(|bytes| bytes.truncate(63)), bad()),
        Attack::new("signature of an SD-JWT is empty", good, signature(Vec::clear), bad()),
        Attack::new("SD-JWT has no tilde", good, |_, text| text.replace('~', ""), unread()),
        Attack::new(
            "SD-JWT has lost its last tilde",
            good,
            |scene, _| {
                let presented = Draft::of(scene).presented(&scene.world.university.key);
                presented[..presented.len() - 1].to_owned()
            },
            rejected!(Reason::HolderBindingBad { .. }),
        ),
        Attack::new("SD-JWT has two tildes in a row", good, |_, text| text.replacen('~', "~~", 1), unread()),
        Attack::new(
            "SD-JWT in the JSON serialization leaves out the holder's signature",
            good,
            |_, text| {
                let (jwt, _) = text.split_once('~').expect("a tilde");
                let parts: Vec<&str> = jwt.split('.').collect();
                let one = json!({ "protected": parts[0], "signature": parts[2] });
                json!({ "payload": parts[1], "signatures": [one] }).to_string()
            },
            rejected!(Reason::HolderBindingMissing),
        ),
        Attack::new(
            "SD-JWT in the envelope of a token without disclosures",
            good,
            |scene, _| {
                let presented = Draft::of(scene).presented(&scene.world.university.key);
                json!({ "@context": "https://www.w3.org/ns/credentials/v2", "type": "EnvelopedVerifiableCredential", "id": format!("data:application/vc+jwt,{presented}") }).to_string()
            },
            unread(),
        ),
    ]
}

const LIST: &str = "https://uni.example/statuslists/1";

/// The diploma as `vc+sd-jwt` with a place in the university's Token Status List.
fn w3c_with_status(scene: &mut Scene) -> String {
    scene.world.expected.presenter = Presenter::Subject;
    know_list(scene, 0);
    let mut payload = scene.world.diploma.clone();
    payload.remove("credentialStatus");
    payload.insert("status".to_owned(), json!({ "status_list": { "idx": 412, "uri": LIST } }));
    payload.insert("cnf".to_owned(), json!({ "jwk": scene.world.graduate.key.public_key().to_jwk() }));
    let mut draft = Draft { payload, shown: Vec::new(), ..Draft::of(scene) };
    draft.header.insert("typ".to_owned(), json!("vc+sd-jwt"));
    bound(scene, &draft.presented(&scene.world.university.key))
}

/// The credential with a place in the university's Token Status List, which the verifier has.
fn with_status(scene: &mut Scene) -> String {
    scene.world.expected.presenter = Presenter::Subject;
    know_list(scene, 0);
    status_draft(scene, json!({ "status_list": { "idx": 412, "uri": LIST } }))
}

fn status_draft(scene: &Scene, status: Value) -> String {
    let mut draft = Draft::of(scene);
    draft.payload.insert("status".to_owned(), status);
    bound(scene, &draft.presented(&scene.world.university.key))
}

fn know_list(scene: &mut Scene, value: u8) {
    let mut bits = TokenStatusList::new(1000, 2).expect("a list");
    bits.set(412, value).expect("in range");
    let header = json!({ "alg": "EdDSA", "typ": "statuslist+jwt", "kid": scene.world.university.method() });
    let claims = json!({ "sub": LIST, "iat": 1_772_366_400, "status_list": { "bits": 2, "lst": bits.encode() } });
    let what = secured(&token(&header.to_string(), &claims.to_string(), &scene.world.university.key));
    scene.world.evidence.status_lists.insert(LIST.to_owned(), Known::Found { what, as_of: scene.world.now.clone() });
}

fn status() -> Vec<Attack> {
    let place = |status: Value| move |scene: &mut Scene, _: String| status_draft(scene, status.clone());
    vec![
        Attack::new(
            "SD-JWT is revoked",
            with_status,
            |scene, text| {
                know_list(scene, 1);
                text
            },
            rejected!(Reason::Revoked { .. }),
        ),
        Attack::new(
            "W3C credential as SD-JWT is revoked",
            w3c_with_status,
            |scene, text| {
                know_list(scene, 1);
                text
            },
            rejected!(Reason::Revoked { .. }),
        ),
        Attack::new(
            "SD-JWT is suspended",
            with_status,
            |scene, text| {
                know_list(scene, 2);
                text
            },
            rejected!(Reason::Suspended { .. }),
        ),
        Attack::new(
            "list of an SD-JWT is not at hand",
            with_status,
            |scene, text| {
                scene.world.evidence.status_lists.clear();
                text
            },
            undetermined!(Gap::StatusMissing { .. }),
        ),
        Attack::new(
            "list of an SD-JWT is the attacker's",
            with_status,
            |scene, text| {
                let mallory = scene.mallory();
                let claims = json!({ "sub": LIST, "iat": 1_772_366_400, "status_list": { "bits": 2, "lst": TokenStatusList::new(1000, 2).expect("a list").encode() } });
                let header = json!({ "alg": "EdDSA", "typ": "statuslist+jwt", "kid": mallory.method() });
                let what = secured(&token(&header.to_string(), &claims.to_string(), &mallory.key));
                scene.world.evidence.status_lists.insert(LIST.to_owned(), Known::Found { what, as_of: scene.world.now.clone() });
                text
            },
            undetermined!(Gap::StatusNotGood { .. }),
        ),
        Attack::new(
            "place of an SD-JWT is past the end of its list",
            with_status,
            place(json!({ "status_list": { "idx": 1000, "uri": LIST } })),
            undetermined!(Gap::StatusNotGood { .. }),
        ),
        Attack::new(
            "status of an SD-JWT is of another kind",
            with_status,
            place(json!({ "identifier_list": { "id": "1" } })),
            undetermined!(Gap::Unsupported { .. }),
        ),
        Attack::new("status of an SD-JWT is empty", with_status, place(json!({})), undetermined!(Gap::Unsupported { .. })),
        Attack::new(
            "place of an SD-JWT is negative",
            with_status,
            place(json!({ "status_list": { "idx": -1, "uri": LIST } })),
            malformed(),
        ),
    ]
}

#[test]
fn claims_that_are_not_disclosed_are_not_there() {
    let mut scene = Scene::new();
    let text = good(&mut scene);
    let outcome = scene.judge(&text);
    let verified = outcome.verdict().and_then(|verdict| verdict.verified()).unwrap_or_else(|| panic!("{outcome:#?}"));
    assert_eq!(verified.claims()[0]["given_name"], "Lucía");
    assert_eq!(verified.claims()[0]["nationalities"], json!(["PE"]));
    assert_eq!(verified.claims()[0].get("family_name"), None);
    assert!(KeyAlgorithm::P256 == scene.world.graduate.key.algorithm());
}
