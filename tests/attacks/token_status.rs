//! The Token Status List: the claim that names a place in it, and the token that is the list.

use serde_json::{Value, json};
use wallet_core::key::{KeyAlgorithm, SecretKey};
use wallet_core::securing::Secured;
use wallet_core::status::TokenStatusList;
use wallet_core::verification::{Gap, Known, Reason};

use crate::corpus::{Attack, Expected, Scene, around, base64url, claims, jwt, parts, token};
use crate::world::Party;

const URI: &str = "https://uni.example/statuslists/1";

pub fn attacks() -> Vec<Attack> {
    [places(), lists(), headers()].into_iter().flatten().collect()
}

fn not_good() -> Expected {
    undetermined!(Gap::StatusNotGood { .. })
}

/// The claims of the university's list, of two bits an entry.
fn list_claims(revoked: &[u64]) -> Value {
    let mut list = TokenStatusList::new(1000, 2).expect("a list");
    revoked.iter().for_each(|index| list.set(*index, 1).expect("in range"));
    json!({ "sub": URI, "iat": 1_772_366_400, "exp": 1_900_000_000, "ttl": 43_200, "status_list": { "bits": 2, "lst": list.encode() } })
}

fn list_header(scene: &Scene) -> Value {
    json!({ "alg": "EdDSA", "typ": "statuslist+jwt", "kid": scene.world.university.method() })
}

/// The verifier has the list as this text.
fn know(scene: &mut Scene, text: &str) {
    let what = Secured::read(text).expect("a status list");
    scene.world.evidence.status_lists.insert(URI.to_owned(), Known::Found { what, as_of: scene.world.now.clone() });
}

fn publish(scene: &mut Scene, header: &Value, claims: &Value, key: &SecretKey) {
    know(scene, &token(&header.to_string(), &claims.to_string(), key));
}

/// The diploma as a token whose status is in the university's list.
fn good(scene: &mut Scene) -> String {
    let key = SecretKey::from_bytes(KeyAlgorithm::Ed25519, scene.world.university.key.expose()).expect("its own key");
    publish(scene, &list_header(scene), &list_claims(&[]), &key);
    scene.world.diploma.remove("credentialStatus");
    let (header, mut payload) = claims(&jwt(scene));
    payload["status"] = json!({ "status_list": { "idx": 412, "uri": URI } });
    token(&header.to_string(), &payload.to_string(), &key)
}

/// The issuer signs another place.
fn place(status: Value) -> impl Fn(&mut Scene, String) -> String {
    move |scene, text| {
        let (header, mut payload) = claims(&text);
        payload["status"] = status.clone();
        token(&header.to_string(), &payload.to_string(), &scene.world.university.key)
    }
}

/// The verifier has another list, signed by the university.
fn list(change: fn(&mut Value)) -> impl Fn(&mut Scene, String) -> String {
    around(move |scene| {
        let key = SecretKey::from_bytes(KeyAlgorithm::Ed25519, scene.world.university.key.expose()).expect("its own key");
        let mut claims = list_claims(&[]);
        change(&mut claims);
        publish(scene, &list_header(scene), &claims, &key);
    })
}

fn places() -> Vec<Attack> {
    let at = |index: Value, uri: Value| place(json!({ "status_list": { "idx": index, "uri": uri } }));
    let malformed = || rejected!(Reason::Malformed { .. });
    let mut all = vec![
        Attack::new(
            "token's status is taken out under the old signature",
            good,
            |_, text| {
                let [header, _, signature] = parts(&text);
                let (_, mut payload) = claims(&text);
                payload.as_object_mut().expect("an object").remove("status");
                format!("{header}.{}.{signature}", base64url(payload.to_string()))
            },
            rejected!(Reason::BadSignature),
        ),
        Attack::new("token's place is past the end of the list", good, at(json!(1000), json!(URI)), not_good()),
        Attack::new("token's place is past every number", good, at(json!(1e30), json!(URI)), not_good()),
        Attack::new(
            "token's list is one that nobody has",
            good,
            at(json!(0), json!("https://uni.example/statuslists/2")),
            undetermined!(Gap::StatusMissing { .. }),
        ),
        Attack::new(
            "token's status is of another kind",
            good,
            place(json!({ "identifier_list": { "id": "1" } })),
            undetermined!(Gap::Unsupported { .. }),
        ),
        Attack::new(
            "token's status is of another kind besides",
            good,
            place(json!({ "status_list": { "idx": 412, "uri": URI }, "identifier_list": { "id": "1" } })),
            undetermined!(Gap::Unsupported { .. }),
        ),
        Attack::new("token's status is empty", good, place(json!({})), malformed()),
        Attack::new("token's status is null", good, place(Value::Null), malformed()),
        Attack::new("token's status is a list", good, place(json!([])), malformed()),
    ];
    for index in [json!(-1), json!("412"), json!(412.5), Value::Null, json!([412])] {
        all.push(Attack::new(format!("token's place is {index}"), good, at(index, json!(URI)), malformed()));
    }
    for uri in [json!("statuslists/1"), json!(7), json!([URI])] {
        all.push(Attack::new(format!("token's list is {uri}"), good, at(json!(412), uri), malformed()));
    }
    all
}

fn lists() -> Vec<Attack> {
    vec![
        Attack::new("token is revoked", good, list(|claims| *claims = list_claims(&[412])), rejected!(Reason::Revoked { .. })),
        Attack::new(
            "token is suspended",
            good,
            list(|claims| {
                let mut bits = TokenStatusList::new(1000, 2).expect("a list");
                bits.set(412, 2).expect("in range");
                claims["status_list"]["lst"] = json!(bits.encode());
            }),
            rejected!(Reason::Suspended { .. }),
        ),
        Attack::new(
            "token has a status that nobody knows",
            good,
            list(|claims| {
                let mut bits = TokenStatusList::new(1000, 2).expect("a list");
                bits.set(412, 3).expect("in range");
                claims["status_list"]["lst"] = json!(bits.encode());
            }),
            undetermined!(Gap::Unsupported { .. }),
        ),
        Attack::new(
            "token's list is that of another address",
            good,
            list(|claims| claims["sub"] = json!("https://uni.example/statuslists/2")),
            not_good(),
        ),
        Attack::new(
            "token's list names another issuer",
            good,
            list(|claims| claims["iss"] = json!("did:web:evil.example")),
            not_good(),
        ),
        Attack::new("token's list has expired", good, list(|claims| claims["exp"] = json!(1_700_000_000)), not_good()),
        Attack::new("token's list is from the future", good, list(|claims| claims["iat"] = json!(1_900_000_000)), not_good()),
        Attack::new(
            "token's list is of an old date",
            good,
            list(|claims| claims["iat"] = json!(1_767_225_600)),
            undetermined!(Gap::StatusStale { .. }),
        ),
        Attack::new(
            "token's list has other bits than it says",
            good,
            list(|claims| claims["status_list"]["bits"] = json!(3)),
            not_good(),
        ),
        Attack::new(
            "token's list has no bits",
            good,
            list(|claims| drop(claims["status_list"].as_object_mut().expect("an object").remove("bits"))),
            not_good(),
        ),
        Attack::new(
            "token's list is not compressed",
            good,
            list(|claims| claims["status_list"]["lst"] = json!(base64url([0; 250]))),
            not_good(),
        ),
        Attack::new(
            "token's list is cut",
            good,
            list(|claims| {
                let whole = claims["status_list"]["lst"].as_str().expect("text").to_owned();
                claims["status_list"]["lst"] = json!(whole[..whole.len() - 4]);
            }),
            not_good(),
        ),
        Attack::new(
            "token's list grows when it is read",
            good,
            list(|claims| {
                use std::io::Write as _;
                let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
                zlib.write_all(&vec![0; 20 << 20]).expect("memory");
                claims["status_list"]["lst"] = json!(base64url(zlib.finish().expect("memory")));
            }),
            not_good(),
        ),
        Attack::new("token's list lives for less than no time", good, list(|claims| claims["ttl"] = json!(-1)), not_good()),
        Attack::new(
            "token's list is the bitstring of the same issuer",
            good,
            around(|scene| {
                let bitstring = scene.world.status_list(&[]).text().to_owned();
                know(scene, &bitstring);
            }),
            not_good(),
        ),
    ]
}

fn headers() -> Vec<Attack> {
    vec![
        Attack::new(
            "token's list is by another key under the issuer's key's name",
            good,
            around(|scene| {
                let header = list_header(scene);
                publish(scene, &header, &list_claims(&[412]), &Party::holder(KeyAlgorithm::Ed25519, 66).key);
            }),
            not_good(),
        ),
        Attack::new(
            "token's list is by the attacker",
            good,
            around(|scene| {
                let mallory = scene.mallory();
                let header = json!({ "alg": "EdDSA", "typ": "statuslist+jwt", "kid": mallory.method() });
                publish(scene, &header, &list_claims(&[412]), &mallory.key);
            }),
            not_good(),
        ),
        Attack::new(
            "token's list says it is of another curve",
            good,
            around(|scene| {
                let key = SecretKey::from_bytes(KeyAlgorithm::Ed25519, scene.world.university.key.expose()).expect("its own key");
                let mut header = list_header(scene);
                header["alg"] = json!("ES256");
                publish(scene, &header, &list_claims(&[]), &key);
            }),
            not_good(),
        ),
        Attack::new(
            "token's list is altered after it was signed",
            good,
            around(|scene| {
                let key = SecretKey::from_bytes(KeyAlgorithm::Ed25519, scene.world.university.key.expose()).expect("its own key");
                let good = token(&list_header(scene).to_string(), &list_claims(&[]).to_string(), &key);
                let [header, _, signature] = parts(&good);
                know(scene, &format!("{header}.{}.{signature}", base64url(list_claims(&[412]).to_string())));
            }),
            not_good(),
        ),
        Attack::new(
            "token's list is the diploma itself",
            good,
            |scene, text| {
                know(scene, &text);
                text
            },
            not_good(),
        ),
    ]
}
