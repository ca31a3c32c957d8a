//! The key inside a verification method: which member each method type keeps it in (CID 1.0 §2.2, and the older types' own suites).

use alloy_primitives::hex;
use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde_json::{Map, Value};

use crate::key::{KeyAlgorithm, PublicKey};

/// The members a public key may stand in.
const MEMBERS: [&str; 5] = ["publicKeyMultibase", "publicKeyJwk", "publicKeyBase58", "publicKeyHex", "publicKeyBase64"];
/// The longest text form of a key that is decoded: P-384 as an uncompressed point in hexadecimal is 194 long.
const MAX_LENGTH: usize = 256;

/// The key of a method of type `kind`; none when the type, the member or the key is not one this version knows, when the key is
/// not of the type's own algorithm, or when there is more than one, as nobody could say which is meant.
pub(super) fn read(kind: &str, material: &Map<String, Value>) -> Option<PublicKey> {
    let mut present = MEMBERS.into_iter().filter(|m| material.contains_key(*m));
    let member = present.next()?;
    if present.next().is_some() {
        return None;
    }
    let value = &material[member];
    let expected = match kind {
        "Multikey" => return PublicKey::from_multikey(multibase_text(member, value)?).ok(),
        "JsonWebKey" | "JsonWebKey2020" if member == "publicKeyJwk" => return PublicKey::from_jwk(value).ok(),
        "Ed25519VerificationKey2020" | "Ed25519VerificationKey2018" => KeyAlgorithm::Ed25519,
        "EcdsaSecp256k1VerificationKey2019" | "EcdsaSecp256k1RecoveryMethod2020" => KeyAlgorithm::Secp256k1,
        "EcdsaSecp256r1VerificationKey2019" | "P256Key2021" => KeyAlgorithm::P256,
        "P384Key2021" => KeyAlgorithm::P384,
        "Bls12381G2Key2020" => KeyAlgorithm::Bls12381G2,
        _ => return None,
    };
    let key = match member {
        "publicKeyMultibase" => PublicKey::from_multikey(multibase_text(member, value)?).ok()?,
        "publicKeyJwk" => PublicKey::from_jwk(value).ok()?,
        _ => PublicKey::from_bytes(expected, &raw_bytes(member, value.as_str()?)?).ok()?,
    };
    (key.algorithm() == expected).then_some(key)
}

fn multibase_text<'a>(member: &str, value: &'a Value) -> Option<&'a str> {
    (member == "publicKeyMultibase").then(|| value.as_str())?
}

fn raw_bytes(member: &str, text: &str) -> Option<Vec<u8>> {
    if text.len() > MAX_LENGTH {
        return None;
    }
    match member {
        "publicKeyBase58" => multibase::Base::Base58Btc.decode(text).ok(),
        "publicKeyBase64" => BASE64_STANDARD.decode(text).ok(),
        _ => hex::decode(text).ok(),
    }
}

/// The JSON-LD contexts that define a method of this type with this material, beyond the one of DID Core.
pub(super) fn contexts(kind: &str, material: &Map<String, Value>) -> Vec<&'static str> {
    // No suite's own context defines these members of the older registries; this one does.
    if ["publicKeyHex", "publicKeyBase64"].iter().any(|m| material.contains_key(*m)) {
        return vec!["https://w3id.org/security/v3-unstable"];
    }
    match kind {
        "Multikey" => vec!["https://w3id.org/security/multikey/v1"],
        "JsonWebKey" => vec!["https://w3id.org/security/jwk/v1"],
        "JsonWebKey2020" => vec!["https://w3id.org/security/suites/jws-2020/v1"],
        "Ed25519VerificationKey2020" => vec!["https://w3id.org/security/suites/ed25519-2020/v1"],
        "Ed25519VerificationKey2018" => vec!["https://w3id.org/security/suites/ed25519-2018/v1"],
        "X25519KeyAgreementKey2020" => vec!["https://w3id.org/security/suites/x25519-2020/v1"],
        "X25519KeyAgreementKey2019" => vec!["https://w3id.org/security/suites/x25519-2019/v1"],
        "EcdsaSecp256k1VerificationKey2019" => vec!["https://w3id.org/security/suites/secp256k1-2019/v1"],
        "EcdsaSecp256k1RecoveryMethod2020" => vec!["https://w3id.org/security/suites/secp256k1recovery-2020/v2"],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::SecretKey;
    use proptest::prelude::*;
    use serde_json::json;

    fn key(algorithm: KeyAlgorithm) -> PublicKey {
        let length = if algorithm == KeyAlgorithm::P384 { 48 } else { 32 };
        SecretKey::from_bytes(algorithm, &vec![5; length]).expect("a scalar in range").public_key()
    }

    fn read_one(kind: &str, member: &str, value: Value) -> Option<PublicKey> {
        read(kind, &Map::from_iter([(member.to_owned(), value)]))
    }

    #[test]
    fn every_known_type_gives_its_key_from_every_member_it_uses() {
        let ed = key(KeyAlgorithm::Ed25519);
        let k1 = key(KeyAlgorithm::Secp256k1);
        let p256 = key(KeyAlgorithm::P256);
        let base58 = |k: &PublicKey| json!(multibase::Base::Base58Btc.encode(k.as_bytes()));
        let hex = |bytes: &[u8]| json!(alloy_primitives::hex::encode(bytes));
        for (kind, member, value, expected) in [
            ("Multikey", "publicKeyMultibase", json!(p256.to_multikey()), &p256),
            ("JsonWebKey", "publicKeyJwk", p256.to_jwk(), &p256),
            ("JsonWebKey2020", "publicKeyJwk", ed.to_jwk(), &ed),
            ("Ed25519VerificationKey2020", "publicKeyMultibase", json!(ed.to_multikey()), &ed),
            ("Ed25519VerificationKey2018", "publicKeyBase58", base58(&ed), &ed),
            ("Ed25519VerificationKey2018", "publicKeyBase64", json!(BASE64_STANDARD.encode(ed.as_bytes())), &ed),
            ("EcdsaSecp256k1VerificationKey2019", "publicKeyJwk", k1.to_jwk(), &k1),
            ("EcdsaSecp256k1VerificationKey2019", "publicKeyHex", hex(k1.as_bytes()), &k1),
            ("EcdsaSecp256k1VerificationKey2019", "publicKeyHex", hex(&k1.to_uncompressed()), &k1),
            ("EcdsaSecp256k1RecoveryMethod2020", "publicKeyJwk", k1.to_jwk(), &k1),
            ("P256Key2021", "publicKeyBase58", base58(&p256), &p256),
        ] {
            assert_eq!(read_one(kind, member, value).as_ref(), Some(expected), "{kind} {member}");
        }
    }

    #[test]
    fn key_of_another_algorithm_than_its_type_is_not_read() {
        let p256 = key(KeyAlgorithm::P256);
        assert_eq!(read_one("Ed25519VerificationKey2020", "publicKeyMultibase", json!(p256.to_multikey())), None);
        assert_eq!(read_one("EcdsaSecp256k1VerificationKey2019", "publicKeyJwk", p256.to_jwk()), None);
    }

    #[test]
    fn two_keys_in_one_method_are_none() {
        let material = Map::from_iter([
            ("publicKeyMultibase".to_owned(), json!(key(KeyAlgorithm::Ed25519).to_multikey())),
            ("publicKeyJwk".to_owned(), key(KeyAlgorithm::P256).to_jwk()),
        ]);
        assert_eq!(read("Multikey", &material), None);
    }

    proptest! {
        #[test]
        fn any_text_is_a_key_or_none(kind in 0usize..9, member in 0usize..5, text in "[zA-Za-z0-9+/=]{0,300}") {
            let kinds = [
                "Multikey", "JsonWebKey", "JsonWebKey2020", "Ed25519VerificationKey2020", "Ed25519VerificationKey2018",
                "EcdsaSecp256k1VerificationKey2019", "EcdsaSecp256k1RecoveryMethod2020", "P256Key2021", "P384Key2021",
            ];
            let _ = read_one(kinds[kind], MEMBERS[member], json!(text));
        }
    }
}
