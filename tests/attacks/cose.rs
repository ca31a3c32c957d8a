//! Games with COSE_Sign1: headers inside and outside the signature, CBOR in other spellings, algorithms and types.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde_json::{Value, json};
use wallet_core::error::WalletError;
use wallet_core::key::{KeyAlgorithm, SecretKey};
use wallet_core::securing::Mechanism;
use wallet_core::verification::{Gap, Reason};
use wallet_core::verifier::Unread;

use crate::corpus::{Attack, Expected, Scene, edit};
use crate::world::Party;

pub fn attacks() -> Vec<Attack> {
    [headers(), messages(), claims()].into_iter().flatten().collect()
}

fn good(scene: &mut Scene) -> String {
    scene.issue(Mechanism::Cose)
}

fn malformed() -> Expected {
    unreadable!(Unread::Other(WalletError::Malformed { .. }))
}

fn unsupported() -> Expected {
    unreadable!(Unread::Other(WalletError::Unsupported { .. }))
}

/// One head of CBOR (RFC 8949 §3).
fn head(major: u8, argument: u64) -> Vec<u8> {
    let bytes = argument.to_be_bytes();
    match argument {
        0..24 => vec![major << 5 | argument as u8],
        24..0x100 => vec![major << 5 | 24, bytes[7]],
        0x100..0x1_0000 => [&[major << 5 | 25], &bytes[6..]].concat(),
        _ => [&[major << 5 | 26], &bytes[4..]].concat(),
    }
}

fn int(value: i64) -> Vec<u8> {
    if value < 0 { head(1, (-1 - value) as u64) } else { head(0, value as u64) }
}

fn bytes(value: &[u8]) -> Vec<u8> {
    [head(2, value.len() as u64), value.to_vec()].concat()
}

fn text(value: &str) -> Vec<u8> {
    [head(3, value.len() as u64), value.as_bytes().to_vec()].concat()
}

fn array(items: &[Vec<u8>]) -> Vec<u8> {
    [head(4, items.len() as u64), items.concat()].concat()
}

type Pairs = Vec<(Vec<u8>, Vec<u8>)>;

fn map(pairs: &Pairs) -> Vec<u8> {
    let items: Vec<u8> = pairs.iter().flat_map(|(label, value)| [&label[..], value].concat()).collect();
    [head(5, pairs.len() as u64), items].concat()
}

/// A message on its way: what its issuer signs, and what stands beside it.
struct Message {
    protected: Pairs,
    unprotected: Pairs,
    payload: Vec<u8>,
}

impl Message {
    /// The university's own message over the diploma.
    fn of(scene: &Scene) -> Self {
        let protected = vec![
            (int(1), int(-8)),
            (int(4), bytes(scene.world.university.method().as_str().as_bytes())),
            (int(16), text("application/vc+cose")),
            (int(3), text("application/vc")),
        ];
        Self { protected, unprotected: Vec::new(), payload: Value::Object(scene.world.diploma.clone()).to_string().into_bytes() }
    }

    fn sign(&self, key: &SecretKey) -> Vec<u8> {
        let protected = map(&self.protected);
        let signed = array(&[text("Signature1"), bytes(&protected), bytes(&[]), bytes(&self.payload)]);
        let parts = [bytes(&protected), map(&self.unprotected), bytes(&self.payload), bytes(&key.sign(&signed))];
        [head(6, 18), array(&parts)].concat()
    }
}

fn enveloped(message: &[u8]) -> String {
    let id = format!("data:application/vc+cose;base64,{}", BASE64_STANDARD.encode(message));
    json!({ "@context": "https://www.w3.org/ns/credentials/v2", "type": "EnvelopedVerifiableCredential", "id": id }).to_string()
}

/// The issuer signs a message that is changed before.
fn signed(name: &'static str, change: fn(&mut Message), expected: Expected) -> Attack {
    let hostile = move |scene: &mut Scene, _: String| {
        let mut message = Message::of(scene);
        change(&mut message);
        enveloped(&message.sign(&scene.world.university.key))
    };
    Attack::new(name, good, hostile, expected)
}

/// The bytes of the good message are changed after it was signed.
fn altered(name: &'static str, change: fn(Vec<u8>) -> Vec<u8>, expected: Expected) -> Attack {
    let hostile = move |_: &mut Scene, text: String| {
        let message = edit_url(&text);
        enveloped(&change(message))
    };
    Attack::new(name, good, hostile, expected)
}

fn edit_url(envelope: &str) -> Vec<u8> {
    let value: Value = serde_json::from_str(envelope).expect("JSON");
    let (_, data) = value["id"].as_str().expect("a URL").split_once(',').expect("a data URL");
    BASE64_STANDARD.decode(data).expect("base64")
}

fn replace(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let at = bytes.windows(from.len()).position(|window| window == from).expect("it is there to be replaced");
    [&bytes[..at], to, &bytes[at + from.len()..]].concat()
}

fn set(pairs: &mut Pairs, label: i64, value: Vec<u8>) {
    pairs.retain(|(found, _)| *found != int(label));
    pairs.push((int(label), value));
}

fn headers() -> Vec<Attack> {
    let mut all = vec![
        signed("COSE message has no algorithm", |m| m.protected.retain(|(label, _)| *label != int(1)), malformed()),
        signed(
            "COSE algorithm stands outside the signature",
            |m| {
                let alg = m.protected.remove(0);
                m.unprotected.push(alg);
            },
            malformed(),
        ),
        signed("COSE algorithm stands inside and outside the signature", |m| m.unprotected.push((int(1), int(-7))), malformed()),
        signed("COSE algorithm stands in the header twice", |m| m.protected.push((int(1), int(-7))), malformed()),
        signed("COSE algorithm is a name", |m| set(&mut m.protected, 1, text("EdDSA")), unsupported()),
        signed(
            "COSE message of an Ed25519 key calls itself ES256",
            |m| set(&mut m.protected, 1, int(-7)),
            rejected!(Reason::WrongAlgorithm { .. }),
        ),
        signed("COSE header is critical", |m| set(&mut m.protected, 2, array(&[int(4)])), unsupported()),
        signed("COSE header is critical outside the signature", |m| set(&mut m.unprotected, 2, array(&[int(4)])), malformed()),
        signed(
            "COSE type stands outside the signature",
            |m| {
                let typ = m.protected.remove(2);
                m.unprotected.push(typ);
            },
            malformed(),
        ),
        signed("COSE type is of a presentation", |m| set(&mut m.protected, 16, text("application/vp+cose")), unsupported()),
        signed("COSE type is of a status list", |m| set(&mut m.protected, 16, text("application/statuslist+cwt")), malformed()),
        signed("COSE type is of a token in text", |m| set(&mut m.protected, 16, text("vc+jwt")), unsupported()),
        signed("COSE payload is of another type", |m| set(&mut m.protected, 3, text("application/json")), unsupported()),
        signed("COSE payload's type is a number", |m| set(&mut m.protected, 3, int(50)), unsupported()),
        signed("COSE key is named by text", |m| set(&mut m.protected, 4, text("delegate-1")), malformed()),
        signed(
            "COSE key is one that the issuer never had",
            |m| set(&mut m.protected, 4, bytes(b"delegate-9")),
            rejected!(Reason::KeyNotInDocument { .. }),
        ),
        signed(
            "COSE claims stand outside the signature",
            |m| set(&mut m.unprotected, 15, map(&vec![(int(1), text("did:web:evil.example"))])),
            malformed(),
        ),
    ];
    for (name, number) in [
        ("HMAC", 5),
        ("AES-MAC", 14),
        ("RSA", -37),
        ("secp256k1", -47),
        ("ES512", -36),
        ("nothing", 0),
        ("a private number", -70_000),
    ] {
        all.push(Attack::new(
            format!("COSE algorithm is {name}"),
            good,
            move |scene, _| {
                let mut message = Message::of(scene);
                set(&mut message.protected, 1, int(number));
                enveloped(&message.sign(&scene.world.university.key))
            },
            unsupported(),
        ));
    }
    all.push(Attack::new(
        "COSE message brings the attacker's key and certificate with it",
        good,
        |scene, _| {
            let mallory = scene.mallory();
            let mut message = Message::of(scene);
            message.protected.push((int(33), bytes(mallory.key.public_key().as_bytes())));
            message
                .protected
                .push((int(-1), map(&vec![(int(1), int(1)), (int(-2), bytes(mallory.key.public_key().as_bytes()))])));
            enveloped(&message.sign(&mallory.key))
        },
        rejected!(Reason::BadSignature),
    ));
    all
}

fn messages() -> Vec<Attack> {
    let bad = || rejected!(Reason::BadSignature);
    vec![
        altered("COSE claim is changed", |m| replace(&m, b"BachelorDegree", b"DoctoralDegree"), bad()),
        altered(
            "COSE signature has a bit flipped",
            |mut m| {
                *m.last_mut().expect("bytes") ^= 1;
                m
            },
            bad(),
        ),
        altered(
            "COSE signature is cut",
            |m| {
                let end = m.len() - 64;
                [&m[..end - 2], &[0x58, 63], &m[end..end + 63]].concat()
            },
            bad(),
        ),
        altered("COSE message is under the tag of a MAC", |m| [&[0xd1], &m[1..]].concat(), malformed()),
        altered("COSE message is under the tag of many signatures", |m| [&[0xd8, 98], &m[1..]].concat(), malformed()),
        altered("COSE message has its tag twice", |m| [&[0xd2], &m[..]].concat(), malformed()),
        altered(
            "COSE message has three parts",
            |m| {
                let end = m.len() - 66;
                [&[0xd2, 0x83], &m[2..end]].concat()
            },
            malformed(),
        ),
        altered("COSE message has five parts", |m| [&[0xd2, 0x85], &m[2..], &[0xf6]].concat(), malformed()),
        altered("COSE message goes on after its end", |m| [&m[..], &[0]].concat(), malformed()),
        altered("COSE message is cut short", |m| m[..m.len() - 1].to_vec(), malformed()),
        altered("COSE message is of no stated length", |m| [&[0xd2, 0x9f], &m[2..], &[0xff]].concat(), malformed()),
        altered(
            "COSE message claims all of memory",
            |_| vec![0xd2, 0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
            malformed(),
        ),
        altered("COSE message is nested without end", |_| vec![0x81; 100_000], malformed()),
        altered("COSE message is empty", |_| Vec::new(), malformed()),
        Attack::new(
            "COSE payload is detached",
            good,
            |scene, _| {
                let message = Message::of(scene);
                let protected = map(&message.protected);
                let signed = array(&[text("Signature1"), bytes(&protected), bytes(&[]), bytes(&message.payload)]);
                let key = &scene.world.university.key;
                enveloped(
                    &[head(6, 18), array(&[bytes(&protected), map(&Vec::new()), vec![0xf6], bytes(&key.sign(&signed))])].concat(),
                )
            },
            malformed(),
        ),
        Attack::new(
            "COSE signature is over another structure",
            good,
            |scene, _| {
                let message = Message::of(scene);
                let protected = map(&message.protected);
                let signed = array(&[text("Signature"), bytes(&protected), bytes(&[]), bytes(&message.payload)]);
                let key = &scene.world.university.key;
                enveloped(
                    &[
                        head(6, 18),
                        array(&[bytes(&protected), map(&Vec::new()), bytes(&message.payload), bytes(&key.sign(&signed))]),
                    ]
                    .concat(),
                )
            },
            bad(),
        ),
        Attack::new(
            "COSE header is not the one that was signed",
            good,
            |scene, _| {
                let message = Message::of(scene);
                let signed = message.sign(&scene.world.university.key);
                // The same header in another order is other bytes.
                let other = Message { protected: message.protected.iter().rev().cloned().collect(), ..Message::of(scene) };
                enveloped(&replace(&signed, &map(&message.protected), &map(&other.protected)))
            },
            bad(),
        ),
        Attack::new(
            "COSE message by the attacker under the issuer's key's name",
            good,
            |scene, _| enveloped(&Message::of(scene).sign(&Party::holder(KeyAlgorithm::Ed25519, 66).key)),
            bad(),
        ),
        Attack::new(
            "COSE message of an unknown issuer",
            good,
            |scene, _| {
                let mallory = scene.mallory();
                let mut message = Message::of(scene);
                set(&mut message.protected, 4, bytes(mallory.method().as_str().as_bytes()));
                enveloped(&message.sign(&mallory.key))
            },
            rejected!(Reason::SignerMismatch { .. }),
        ),
        Attack::new(
            "COSE message in the envelope of a token in text",
            good,
            |_, text| {
                edit(&text, |envelope| {
                    envelope["id"] = json!(envelope["id"].as_str().expect("a URL").replace("vc+cose", "vc+jwt"))
                })
            },
            malformed(),
        ),
        Attack::new(
            "COSE message in an envelope without base64",
            good,
            |_, text| {
                edit(&text, |envelope| envelope["id"] = json!(envelope["id"].as_str().expect("a URL").replace(";base64", "")))
            },
            malformed(),
        ),
        signed("COSE payload is CBOR", |m| m.payload = map(&vec![(text("type"), text("VerifiableCredential"))]), malformed()),
        signed(
            "COSE payload names a claim twice",
            |m| {
                m.payload = replace(&m.payload, b"\"name\":", b"\"name\":\"Medicina\",\"name\":");
            },
            malformed(),
        ),
        signed("COSE payload is not UTF-8", |m| m.payload = vec![b'{', 0xff, b'}'], malformed()),
    ]
}

fn claims() -> Vec<Attack> {
    fn with(m: &mut Message, pairs: Pairs) {
        set(&mut m.protected, 15, map(&pairs));
    }
    vec![
        signed("COSE issuer contradicts the document", |m| with(m, vec![(int(1), text("did:web:evil.example"))]), malformed()),
        signed("COSE subject contradicts the document", |m| with(m, vec![(int(2), text("did:web:evil.example"))]), malformed()),
        signed(
            "COSE message has expired",
            |m| with(m, vec![(int(4), int(1_700_000_000))]),
            rejected!(Reason::ProofExpired { .. }),
        ),
        signed(
            "COSE message holds later",
            |m| with(m, vec![(int(5), int(1_900_000_000))]),
            rejected!(Reason::NotYetValid { .. }),
        ),
        signed(
            "COSE message is from the future",
            |m| with(m, vec![(int(6), int(1_900_000_000))]),
            rejected!(Reason::ProofFromFuture { .. }),
        ),
        signed("COSE end is text", |m| with(m, vec![(int(4), text("2036"))]), malformed()),
        signed(
            "COSE claim is made twice",
            |m| with(m, vec![(int(4), int(1_700_000_000)), (int(4), int(2_000_000_000))]),
            malformed(),
        ),
        signed("COSE claims are a list", |m| set(&mut m.protected, 15, array(&[int(4)])), malformed()),
        signed(
            "COSE status is of a kind that nobody knows",
            |m| with(m, vec![(int(65_535), map(&vec![(text("identifier_list"), map(&vec![(text("id"), bytes(b"1"))]))]))]),
            undetermined!(Gap::Unsupported { .. }),
        ),
    ]
}
