//! Selective disclosure with `ecdsa-sd-2023` by the proof: statements exchanged, the one-time key, the parts of its value.

use serde_json::{Value, json};
use wallet_core::error::WalletError;
use wallet_core::key::KeyAlgorithm;
use wallet_core::securing::Mechanism;
use wallet_core::verification::Reason;
use wallet_core::verifier::Unread;

use crate::corpus::{Attack, Expected, Scene, base64url, edited, from_base64url, object, secured};
use crate::selective::{base, disclosed, good};
use crate::world::Party;

const SUITE: Mechanism = Mechanism::EcdsaSd2023;

pub fn attacks() -> Vec<Attack> {
    [proofs(), values()].into_iter().flatten().collect()
}

fn bad() -> Expected {
    rejected!(Reason::BadSignature | Reason::Malformed { .. })
}

fn unread() -> Expected {
    unreadable!(Unread::Other(WalletError::Malformed { .. }))
}

fn proofs() -> Vec<Attack> {
    vec![
        Attack::new(
            "base proof that is for the holder only is shown",
            good(SUITE),
            |scene, _| base(scene, SUITE, |_| {}).text().to_owned(),
            rejected!(Reason::Malformed { .. } | Reason::BadSignature),
        ),
        Attack::new(
            "proof of another showing of the same diploma",
            good(SUITE),
            |scene, text| {
                let other = object(&disclosed(&base(scene, SUITE, |_| {}), &["/credentialSubject/achievement/description"]));
                let proof = other["proof"].clone();
                edited(move |c| c["proof"] = proof.clone())(scene, text)
            },
            bad(),
        ),
        Attack::new(
            "suite is changed to that of the whole (ecdsa-sd)",
            good(SUITE),
            edited(|c| c["proof"]["cryptosuite"] = json!("ecdsa-rdfc-2019")),
            unread(),
        ),
        Attack::new(
            "date of the proof is changed (ecdsa-sd)",
            good(SUITE),
            edited(|c| c["proof"]["created"] = json!("2026-02-28T00:00:00Z")),
            bad(),
        ),
        Attack::new(
            "proof is put off (ecdsa-sd)",
            good(SUITE),
            edited(|c| c["proof"]["expires"] = json!("2099-01-01T00:00:00Z")),
            bad(),
        ),
        Attack::new(
            "issuer's key is of another curve (ecdsa-sd)",
            good(SUITE),
            |scene, text| {
                let other = Party::new(scene.world.university.did.as_str(), KeyAlgorithm::Ed25519, 11);
                scene.meet(&other);
                text
            },
            rejected!(Reason::WrongAlgorithm { .. }),
        ),
        Attack::new(
            "issuer's key is another (ecdsa-sd)",
            good(SUITE),
            |scene, text| {
                let other = Party::new(scene.world.university.did.as_str(), KeyAlgorithm::P256, 12);
                scene.meet(&other);
                text
            },
            bad(),
        ),
    ]
}

/// The parts of a derived `proofValue` (VC DI ECDSA Cryptosuites 1.0 §3.5.7): the base signature, the one-time key, the
/// signatures of the statements, and the rest.
struct Parts {
    base: Vec<u8>,
    key: Vec<u8>,
    signatures: Vec<Vec<u8>>,
    rest: Vec<u8>,
}

impl Parts {
    fn read(credential: &Value) -> Self {
        let bytes = from_base64url(&credential["proof"]["proofValue"].as_str().expect("text")[1..]);
        assert_eq!(bytes[..6], [0xd9, 0x5d, 0x01, 0x85, 0x58, 64], "a derived proof");
        let (base, bytes) = bytes[6..].split_at(64);
        assert_eq!(bytes[..2], [0x58, 35]);
        let (key, mut bytes) = bytes[2..].split_at(35);
        let count = usize::from(bytes[0] - 0x80);
        bytes = &bytes[1..];
        let mut signatures = Vec::new();
        for _ in 0..count {
            signatures.push(bytes[2..66].to_vec());
            bytes = &bytes[66..];
        }
        Self { base: base.to_vec(), key: key.to_vec(), signatures, rest: bytes.to_vec() }
    }

    fn write(&self) -> Value {
        let signatures: Vec<u8> = self.signatures.iter().flat_map(|one| [&[0x58, 64], &one[..]].concat()).collect();
        let head = [0xd9, 0x5d, 0x01, 0x85, 0x58, 64];
        let count = [0x80 + self.signatures.len() as u8];
        json!(format!(
            "u{}",
            base64url([&head, &self.base[..], &[0x58, 35], &self.key, &count, &signatures, &self.rest].concat())
        ))
    }
}

fn parts(name: &'static str, change: fn(&mut Parts), expected: Expected) -> Attack {
    let hostile = edited(move |credential| {
        let mut parts = Parts::read(credential);
        change(&mut parts);
        credential["proof"]["proofValue"] = parts.write();
    });
    Attack::new(name, good(SUITE), hostile, expected)
}

fn raw(name: &'static str, change: fn(Vec<u8>) -> Vec<u8>, expected: Expected) -> Attack {
    let hostile = edited(move |credential| {
        let bytes = from_base64url(&credential["proof"]["proofValue"].as_str().expect("text")[1..]);
        credential["proof"]["proofValue"] = json!(format!("u{}", base64url(change(bytes))));
    });
    Attack::new(name, good(SUITE), hostile, expected)
}

fn values() -> Vec<Attack> {
    vec![
        parts("signatures of two statements are exchanged", |p| p.signatures.swap(0, 1), bad()),
        parts(
            "signature of one statement stands for all",
            |p| {
                let one = p.signatures[0].clone();
                p.signatures.fill(one)
            },
            bad(),
        ),
        parts("signature of a statement is taken out", |p| drop(p.signatures.pop()), bad()),
        parts("signature of a statement is there twice", |p| p.signatures.push(p.signatures[0].clone()), bad()),
        parts("signature of a statement has a bit flipped", |p| p.signatures[0][40] ^= 1, bad()),
        parts("signature of the base has a bit flipped", |p| p.base[40] ^= 1, bad()),
        parts("there are no signatures", |p| p.signatures.clear(), bad()),
        parts(
            "one-time key is the attacker's",
            |p| {
                p.key = {
                    let key = Party::holder(KeyAlgorithm::P256, 66).key.public_key();
                    [&[0x80, 0x24], key.as_bytes()].concat()
                }
            },
            bad(),
        ),
        parts(
            "one-time key is not on its curve",
            |p| p.key[3..].fill(0xff),
            rejected!(Reason::BadSignature | Reason::Malformed { .. }),
        ),
        parts(
            "one-time key is of another kind",
            |p| p.key[..2].copy_from_slice(&[0xed, 0x01]),
            rejected!(Reason::BadSignature | Reason::Malformed { .. }),
        ),
        parts(
            "statement that is mandatory counts as another",
            |p| {
                let last = p.rest.len() - 1;
                p.rest[last] ^= 1;
            },
            unread(),
        ),
        parts(
            "no statement is mandatory",
            |p| {
                // The indexes are the last member: small numbers, in a list with a head of one byte.
                let start = p.rest.iter().rposition(|byte| (0x80..0xa0).contains(byte)).expect("a list");
                p.rest.truncate(start);
                p.rest.push(0x80);
            },
            bad(),
        ),
        raw(
            "derived proof calls itself a base proof",
            |mut b| {
                b[2] = 0x00;
                b
            },
            unread(),
        ),
        raw(
            "derived proof is under the header of another suite",
            |mut b| {
                b[2] = 0x03;
                b
            },
            unread(),
        ),
        raw("derived proof goes on after its end", |b| [&b[..], &[0]].concat(), unread()),
        raw("derived proof is cut", |b| b[..b.len() - 1].to_vec(), unread()),
        raw(
            "derived proof claims all of memory",
            |b| [&b[..3], &[0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]].concat(),
            unread(),
        ),
        raw("derived proof is empty", |_| Vec::new(), unread()),
    ]
}

#[test]
fn what_is_shown_is_what_was_chosen() {
    let mut scene = Scene::new();
    let shown = good(SUITE)(&mut scene);
    assert!(shown.contains("BachelorDegree") && !shown.contains("Lucía"), "{shown}");
    assert!(!secured(&shown).is_for_holder_only());
}
