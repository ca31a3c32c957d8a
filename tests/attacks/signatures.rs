//! Points that are no keys, and signatures in another spelling.

use multibase::Base;
use serde_json::json;
use wallet_core::did::{Did, resolve_self_contained};
use wallet_core::key::KeyAlgorithm;
use wallet_core::securing::Mechanism;
use wallet_core::verification::{Gap, Known, Reason};

use crate::corpus::{Attack, Scene, base64url, edit, es256, from_base64url, jwt, parts, rdfc, token, without_status};
use crate::keys::material;
use crate::world::Party;

const RDFC: Mechanism = Mechanism::EddsaRdfc2022;

pub fn attacks() -> Vec<Attack> {
    [points(), malleable(), ecdsa()].into_iter().flatten().collect()
}

/// Points of small order, as curve25519-dalek lists them, and their second spellings (y with the sign bit, or with p added).
const SMALL_ORDER: [&str; 10] = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
];

fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).expect("hexadecimal")).collect()
}

fn multikey(prefix: [u8; 2], raw: &[u8]) -> String {
    multibase::encode(Base::Base58Btc, [&prefix[..], raw].concat())
}

/// R is the key itself and s is zero: under a point of small order that is often a signature of anything.
fn trivial_signature(text: &str, key: &[u8]) -> String {
    let signature = multibase::encode(Base::Base58Btc, [key, &[0; 32]].concat());
    edit(text, |value| value["proof"]["proofValue"] = json!(signature))
}

fn points() -> Vec<Attack> {
    let mut all: Vec<Attack> = SMALL_ORDER
        .into_iter()
        .map(|point| {
            Attack::new(
                format!("issuer's key is the point of small order {point}"),
                without_status(RDFC),
                move |scene, text| {
                    let key = multikey([0xed, 1], &hex(point));
                    material("publicKeyMultibase", move |_| json!(key))(scene, trivial_signature(&text, &hex(point)))
                },
                undetermined!(Gap::Unsupported { .. }),
            )
        })
        .collect();
    let with_key = |key: String| material("publicKeyMultibase", move |_| json!(key));
    all.extend([
        Attack::new(
            "P-256 key is not on its curve",
            without_status(RDFC),
            with_key(multikey([0x80, 0x24], &[&[2], &[0xff; 32][..]].concat())),
            undetermined!(Gap::Unsupported { .. }),
        ),
        Attack::new(
            "P-256 key of a JWK is not on its curve",
            without_status(RDFC),
            material(
                "publicKeyJwk",
                |_| json!({ "kty": "EC", "crv": "P-256", "x": base64url([1; 32]), "y": base64url([1; 32]) }),
            ),
            undetermined!(Gap::Unsupported { .. }),
        ),
        Attack::new(
            "P-256 key is the point at infinity",
            without_status(RDFC),
            with_key(multikey([0x80, 0x24], &[0; 33])),
            undetermined!(Gap::Unsupported { .. }),
        ),
        Attack::new(
            "key has a byte too many",
            without_status(RDFC),
            material("publicKeyMultibase", |scene| {
                json!(multikey([0xed, 1], &[scene.world.university.key.public_key().as_bytes(), &[0]].concat()))
            }),
            undetermined!(Gap::Unsupported { .. }),
        ),
        Attack::new(
            "did:key of a point of small order issues",
            without_status(RDFC),
            |scene, text| {
                let fragment = multikey([0xed, 1], &hex(SMALL_ORDER[0]));
                let did: Did = format!("did:key:{fragment}").parse().expect("a DID");
                assert!(resolve_self_contained(&did).is_err(), "there is no such did:key");
                scene.world.evidence.resolutions.insert(did.clone(), Known::Impossible);
                let text = edit(&text, |value| {
                    value["issuer"]["id"] = json!(did);
                    value["proof"]["verificationMethod"] = json!(format!("{did}#{fragment}"));
                });
                trivial_signature(&text, &hex(SMALL_ORDER[0]))
            },
            rejected!(Reason::InvalidDid { .. }, open Gap::UnknownIssuer { .. }),
        ),
    ]);
    all
}

/// The order of the Ed25519 group, little-endian.
const L: &str = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";

/// The signature with the order of the group added to s.
fn plus_order(signature: &[u8]) -> Vec<u8> {
    let mut out = signature.to_vec();
    let mut carry = 0;
    for (byte, add) in out[32..].iter_mut().zip(hex(L)) {
        let sum = u16::from(*byte) + u16::from(add) + carry;
        (*byte, carry) = (sum as u8, sum >> 8);
    }
    assert_eq!(carry, 0, "s is far below 2^256");
    out
}

fn with_proof_value(change: impl Fn(Vec<u8>) -> Vec<u8> + 'static) -> impl Fn(&mut Scene, String) -> String {
    move |_, text| {
        edit(&text, |value| {
            let (_, bytes) = multibase::decode(value["proof"]["proofValue"].as_str().expect("text")).expect("multibase");
            value["proof"]["proofValue"] = json!(multibase::encode(Base::Base58Btc, change(bytes)));
        })
    }
}

pub fn with_token_signature(change: impl Fn(Vec<u8>) -> Vec<u8> + 'static) -> impl Fn(&mut Scene, String) -> String {
    move |_, text| {
        let [header, payload, signature] = parts(&text);
        format!("{header}.{payload}.{}", base64url(change(from_base64url(&signature))))
    }
}

fn malleable() -> Vec<Attack> {
    let s_is = |s: [u8; 32]| move |signature: Vec<u8>| [&signature[..32], &s].concat();
    vec![
        Attack::new(
            "s is written with the order of the group added",
            rdfc,
            with_proof_value(|s| plus_order(&s)),
            rejected!(Reason::BadSignature),
        ),
        Attack::new(
            "s of a token is written with the order of the group added",
            jwt,
            with_token_signature(|s| plus_order(&s)),
            rejected!(Reason::BadSignature),
        ),
        Attack::new("s is zero", rdfc, with_proof_value(s_is([0; 32])), rejected!(Reason::BadSignature)),
        Attack::new("s is as large as can be", rdfc, with_proof_value(s_is([0xff; 32])), rejected!(Reason::BadSignature)),
        Attack::new(
            "R is a point of small order",
            rdfc,
            with_proof_value(|signature| [&hex(SMALL_ORDER[0])[..], &signature[32..]].concat()),
            rejected!(Reason::BadSignature),
        ),
        Attack::new("signature is all zero", jwt, with_token_signature(|_| vec![0; 64]), rejected!(Reason::BadSignature)),
    ]
}

/// The order of P-256, big-endian.
const N: &str = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";

fn der(signature: &[u8]) -> Vec<u8> {
    let integer = |bytes: &[u8]| {
        let start = bytes.iter().position(|byte| *byte != 0).unwrap_or(31);
        let pad = if bytes[start] & 0x80 == 0 { vec![] } else { vec![0] };
        let body = [&pad, &bytes[start..]].concat();
        [&[2, body.len() as u8], &body[..]].concat()
    };
    let body = [integer(&signature[..32]), integer(&signature[32..])].concat();
    [&[0x30, body.len() as u8], &body[..]].concat()
}

fn ecdsa() -> Vec<Attack> {
    let r_s = |r: Vec<u8>, s: Vec<u8>| with_token_signature(move |_| [&r[..], &s].concat());
    let bad = || rejected!(Reason::BadSignature);
    vec![
        Attack::new("ES256 signature with r of zero", es256, r_s(vec![0; 32], vec![1; 32]), bad()),
        Attack::new("ES256 signature with s of zero", es256, r_s(vec![1; 32], vec![0; 32]), bad()),
        Attack::new("ES256 signature of nothing but zeros", es256, r_s(vec![0; 32], vec![0; 32]), bad()),
        Attack::new("ES256 signature with r of the group's order", es256, r_s(hex(N), vec![1; 32]), bad()),
        Attack::new("ES256 signature with s of the group's order", es256, r_s(vec![1; 32], hex(N)), bad()),
        Attack::new("ES256 signature in DER", es256, with_token_signature(|signature| der(&signature)), bad()),
        Attack::new("ES256 signature with a byte appended", es256, with_token_signature(|s| [&s[..], &[0]].concat()), bad()),
        Attack::new("ES256 signature cut short", es256, with_token_signature(|s| s[..63].to_vec()), bad()),
        Attack::new(
            "ES256 signature with r and s in each other's place",
            es256,
            with_token_signature(|s| [&s[32..], &s[..32]].concat()),
            bad(),
        ),
        Attack::new(
            "token of an Ethereum key calls itself ES256",
            es256,
            |scene, text| {
                let (header, payload) = crate::corpus::claims(&text);
                let forger = Party::new(scene.world.university.did.as_str(), KeyAlgorithm::Secp256k1, 11);
                scene.meet(&forger);
                token(&header.to_string(), &payload.to_string(), &forger.key)
            },
            rejected!(Reason::WrongAlgorithm { .. }),
        ),
    ]
}
