//! Whose key it is, what it is for, when it is valid, and what a signature may look like.

use multibase::Base;
use serde_json::{Value, json};
use wallet_core::did::{Did, DidUrl, VerificationRelationship, resolve_self_contained};
use wallet_core::key::KeyAlgorithm;
use wallet_core::securing::{Kind, Mechanism};
use wallet_core::verification::{Gap, Known, Reason, SigningTime};

use crate::corpus::edit;
use crate::corpus::{Attack, Scene, around, base64url, es256, from_base64url, jcs, jwt, parts, rdfc, token, without_status};
use crate::world::{Party, at};

const RDFC: Mechanism = Mechanism::EddsaRdfc2022;

pub fn attacks() -> Vec<Attack> {
    [whose(), purposes(), times(), kinds(), points(), malleable(), ecdsa()].into_iter().flatten().collect()
}

/// The diploma signed with `key` under the university's method name.
fn by_another_key(scene: &mut Scene, mechanism: Mechanism, algorithm: KeyAlgorithm) -> String {
    let mut forger = Party::new(scene.world.university.did.as_str(), algorithm, 66);
    forger.fragment = scene.world.university.fragment.clone();
    forger.sign(scene.world.diploma.clone(), &forger.options(Kind::Credential, mechanism)).text().to_owned()
}

fn under_method(mechanism: Mechanism, method: impl Fn(&Did) -> String + 'static) -> impl Fn(&mut Scene, String) -> String {
    move |scene, _| {
        let method: DidUrl = method(&scene.world.university.did).parse().expect("a DID URL");
        scene.world.issue_with(|options| (options.mechanism, options.method) = (mechanism, method)).text().to_owned()
    }
}

fn whose() -> Vec<Attack> {
    let by_mallory = |mechanism| {
        move |scene: &mut Scene, _| {
            let mallory = scene.mallory();
            mallory.sign(scene.world.diploma.clone(), &mallory.options(Kind::Credential, mechanism)).text().to_owned()
        }
    };
    vec![
        Attack::new(
            "issuer is not the controller of the key (rdfc)",
            rdfc,
            by_mallory(RDFC),
            rejected!(Reason::SignerMismatch { .. }),
        ),
        Attack::new(
            "issuer is not the controller of the key (jcs)",
            jcs,
            by_mallory(Mechanism::EddsaJcs2022),
            rejected!(Reason::SignerMismatch { .. }),
        ),
        Attack::new(
            "issuer is not the controller of the key (jwt)",
            jwt,
            by_mallory(Mechanism::Jwt),
            rejected!(Reason::SignerMismatch { .. }),
        ),
        Attack::new(
            "another key signs under the name of the issuer's (rdfc)",
            rdfc,
            |scene, _| by_another_key(scene, RDFC, KeyAlgorithm::Ed25519),
            rejected!(Reason::BadSignature),
        ),
        Attack::new(
            "another key signs under the name of the issuer's (jwt)",
            jwt,
            |scene, _| by_another_key(scene, Mechanism::Jwt, KeyAlgorithm::Ed25519),
            rejected!(Reason::BadSignature),
        ),
        Attack::new(
            "key was never in the issuer's document",
            rdfc,
            under_method(RDFC, |did| format!("{did}#delegate-9")),
            rejected!(Reason::KeyNotInDocument { .. }),
        ),
        Attack::new(
            "method names the document and no key in it",
            rdfc,
            under_method(RDFC, Did::to_string),
            rejected!(Reason::KeyNotInDocument { .. }),
        ),
        Attack::new(
            "method is asked for at a version of the attacker's choice",
            rdfc,
            under_method(RDFC, |did| format!("{did}?versionId=1#delegate-1")),
            rejected!(Reason::KeyNotInDocument { .. }),
        ),
        Attack::new(
            "method has a path",
            rdfc,
            under_method(RDFC, |did| format!("{did}/keys#delegate-1")),
            rejected!(Reason::KeyNotInDocument { .. }),
        ),
        Attack::new(
            "method differs in the case of a letter",
            rdfc,
            under_method(RDFC, |did| format!("{did}#Delegate-1")),
            rejected!(Reason::KeyNotInDocument { .. }),
        ),
        Attack::new(
            "issuer's DID differs in the case of a letter",
            rdfc,
            |scene, _| {
                let other = scene.world.university.did.as_str().replace('b', "B");
                scene.issue_changed(RDFC, |diploma| diploma["issuer"]["id"] = json!(other))
            },
            rejected!(Reason::SignerMismatch { .. }, open Gap::UnknownIssuer { .. } | Gap::StatusNotGood { .. }),
        ),
        Attack::new(
            "issuer's DID is a DID URL",
            rdfc,
            |scene, _| {
                let other = scene.world.university.method().to_string();
                scene.issue_changed(RDFC, |diploma| diploma["issuer"]["id"] = json!(other))
            },
            rejected!(Reason::SignerMismatch { .. }, open Gap::UnknownIssuer { .. } | Gap::StatusNotGood { .. }),
        ),
        Attack::new(
            "issuer's DID cannot exist",
            rdfc,
            around(|scene| {
                let did = scene.world.university.did.clone();
                scene.world.evidence.resolutions.insert(did, Known::Impossible);
            }),
            rejected!(Reason::InvalidDid { .. }, open Gap::StatusNotGood { .. }),
        ),
        Attack::new(
            "nobody knows the issuer's DID",
            without_status(RDFC),
            around(|scene| {
                let did = scene.world.university.did.clone();
                scene.world.evidence.resolutions.remove(&did);
            }),
            undetermined!(Gap::Unresolved { .. }),
        ),
    ]
}

fn purposes() -> Vec<Attack> {
    let only = |relationships: &'static [VerificationRelationship]| {
        around(move |scene: &mut Scene| {
            let did = scene.world.university.did.clone();
            scene.world.registry_says(&did, |resolution| {
                resolution.document.verification_methods[0].relationships = relationships.to_vec();
            });
        })
    };
    use VerificationRelationship::{Authentication, CapabilityDelegation, CapabilityInvocation, KeyAgreement};
    vec![
        Attack::new("login key issues", without_status(RDFC), only(&[Authentication]), rejected!(Reason::WrongPurpose { .. })),
        Attack::new(
            "login key issues a token",
            without_status(Mechanism::Jwt),
            only(&[Authentication]),
            rejected!(Reason::WrongPurpose { .. }),
        ),
        Attack::new("encryption key issues", without_status(RDFC), only(&[KeyAgreement]), rejected!(Reason::WrongPurpose { .. })),
        Attack::new(
            "key for capabilities issues",
            without_status(RDFC),
            only(&[CapabilityInvocation, CapabilityDelegation]),
            rejected!(Reason::WrongPurpose { .. }),
        ),
        Attack::new("key for nothing issues", without_status(RDFC), only(&[]), rejected!(Reason::WrongPurpose { .. })),
    ]
}

fn times() -> Vec<Attack> {
    let history = |end: &'static str, block| {
        around(move |scene: &mut Scene| {
            let did = scene.world.university.did.clone();
            scene.world.registry_says(&did, |resolution| {
                resolution.document.verification_methods.clear();
                (resolution.history[0].until, resolution.history[0].until_block) = (Some(at(end)), block);
            });
        })
    };
    let in_document = |name: &'static str, time: &'static str| {
        around(move |scene: &mut Scene| {
            scene.university_document(|document| document["verificationMethod"][0][name] = json!(time))
        })
    };
    vec![
        Attack::new(
            "key was revoked before it signed",
            without_status(RDFC),
            history("2026-02-15T00:00:00Z", Some(30)),
            rejected!(Reason::KeyRevoked { .. }),
        ),
        Attack::new(
            "key had run out before it signed",
            without_status(Mechanism::Jwt),
            history("2026-02-15T00:00:00Z", None),
            rejected!(Reason::KeyExpired { .. }),
        ),
        Attack::new(
            "key is revoked at the very second it signs",
            without_status(RDFC),
            history("2026-03-01T12:00:00Z", Some(30)),
            rejected!(Reason::KeyRevoked { .. }),
        ),
        Attack::new(
            "stolen and revoked key writes an earlier date",
            |scene| {
                scene.world.diploma.remove("credentialStatus");
                scene.world.issue_with(|options| options.created = at("2026-02-01T00:00:00Z")).text().to_owned()
            },
            history("2026-02-15T00:00:00Z", Some(30)),
            undetermined!(Gap::SigningTimeUnproven { .. }),
        ),
        Attack::new(
            "claimed date after the revocation does not help where dates are believed",
            |scene| {
                scene.world.expected.signing_time = SigningTime::Claimed;
                without_status(RDFC)(scene)
            },
            history("2026-02-15T00:00:00Z", Some(30)),
            rejected!(Reason::KeyRevoked { .. }),
        ),
        Attack::new(
            "key was added after the date the proof claims",
            without_status(RDFC),
            around(|scene| {
                let did = scene.world.university.did.clone();
                scene.world.registry_says(&did, |resolution| resolution.history[0].from = at("2026-03-01T12:10:00Z"));
            }),
            rejected!(Reason::KeyFromLater { .. }),
        ),
        Attack::new(
            "document itself says that the key was revoked",
            without_status(RDFC),
            in_document("revoked", "2026-02-15T00:00:00Z"),
            rejected!(Reason::KeyRevoked { .. }),
        ),
        Attack::new(
            "document itself says that the key has expired",
            without_status(RDFC),
            in_document("expires", "2026-02-15T00:00:00Z"),
            rejected!(Reason::KeyExpired { .. }),
        ),
        Attack::new(
            "issuer gave up its identity",
            without_status(RDFC),
            around(|scene| {
                let did = scene.world.university.did.clone();
                scene.world.registry_says(&did, |resolution| {
                    resolution.document.verification_methods.clear();
                    resolution.history.clear();
                    resolution.metadata.deactivated = Some(true);
                });
            }),
            rejected!(Reason::Deactivated { .. }),
        ),
    ]
}

/// Changes the key material of the university's method.
fn material(member: &'static str, value: impl Fn(&Scene) -> Value + 'static) -> impl Fn(&mut Scene, String) -> String {
    around(move |scene| {
        let value = value(scene);
        scene.university_document(|document| {
            let method = document["verificationMethod"][0].as_object_mut().expect("an object");
            method.retain(|name, _| !name.starts_with("publicKey"));
            method.insert(member.to_owned(), value);
            if member == "publicKeyJwk" {
                method.insert("type".to_owned(), json!("JsonWebKey"));
            }
        });
    })
}

fn kinds() -> Vec<Attack> {
    let other = |algorithm| move |_: &Scene| json!(Party::holder(algorithm, 9).key.public_key().to_multikey());
    vec![
        Attack::new(
            "document has a P-256 key where an Ed25519 one signed",
            without_status(RDFC),
            material("publicKeyMultibase", other(KeyAlgorithm::P256)),
            rejected!(Reason::WrongAlgorithm { .. }),
        ),
        Attack::new(
            "document has a chain key where an Ed25519 one signed",
            without_status(Mechanism::Jwt),
            material("publicKeyMultibase", other(KeyAlgorithm::Secp256k1)),
            rejected!(Reason::WrongAlgorithm { .. }),
        ),
        Attack::new(
            "P-256 signature under an Ed25519 key",
            jwt,
            |scene, _| by_another_key(scene, Mechanism::Jwt, KeyAlgorithm::P256),
            rejected!(Reason::WrongAlgorithm { .. }),
        ),
        Attack::new(
            "method has two keys and nobody can say which is meant",
            without_status(RDFC),
            around(|scene| {
                let jwk = Party::holder(KeyAlgorithm::Ed25519, 9).key.public_key().to_jwk();
                scene.university_document(|document| document["verificationMethod"][0]["publicKeyJwk"] = jwk);
            }),
            undetermined!(Gap::Unsupported { .. }),
        ),
        Attack::new(
            "method is of a type that its key is not of",
            without_status(RDFC),
            around(|scene| {
                scene.university_document(|document| {
                    document["verificationMethod"][0]["type"] = json!("EcdsaSecp256k1VerificationKey2019");
                });
            }),
            undetermined!(Gap::Unsupported { .. }),
        ),
        Attack::new(
            "document publishes the private half of its key",
            without_status(RDFC),
            material("publicKeyJwk", |scene| {
                let mut jwk = scene.world.university.key.public_key().to_jwk();
                jwk["d"] = json!(base64url(scene.world.university.key.expose()));
                jwk
            }),
            undetermined!(Gap::Unsupported { .. }),
        ),
        Attack::new(
            "symmetric key in the document",
            without_status(RDFC),
            material("publicKeyJwk", |_| json!({ "kty": "oct", "k": "c2VjcmV0" })),
            undetermined!(Gap::Unsupported { .. }),
        ),
        Attack::new(
            "key says one type and another curve",
            without_status(RDFC),
            material("publicKeyJwk", |scene| {
                let mut jwk = scene.world.university.key.public_key().to_jwk();
                jwk["kty"] = json!("EC");
                jwk
            }),
            undetermined!(Gap::Unsupported { .. }),
        ),
    ]
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
