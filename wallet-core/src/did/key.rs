//! did:key: the DID that is its key (The did:key Method v0.9).

use serde_json::{Map, json};

use super::{Did, DidDocument, DidUrl, ResolutionError, VerificationMethod, VerificationRelationship, jwk};
use crate::key::{KeyAlgorithm, PublicKey};

/// Multicodec `x25519-pub`, as unsigned varint bytes.
const X25519: [u8; 2] = [0xec, 0x01];
/// Multicodec `jwk_jcs-pub`: a JWK in canonical JSON, the form EBSI gives natural persons.
const JWK_JCS: [u8; 3] = [0xd1, 0xd6, 0x03];
/// The longest identifier that is decoded: an RSA key of 4096 bits, which is recognised and not supported, is 720 long.
const MAX_LENGTH: usize = 1024;

/// The did:key of a public key: `did:key:` and its Multikey form.
pub fn from_public_key(key: &PublicKey) -> Did {
    format!("did:key:{}", key.to_multikey()).parse().expect("a Multikey is made of letters and digits")
}

/// The document of a did:key.
///
/// Its one key stands in every relationship it can serve. A BBS key signs only; an Ed25519 key signs only, and the X25519 key derived from it agrees
/// (`enableEncryptionKeyDerivation`). Fails with `InvalidDid` when the identifier is not a key, and with `MethodNotSupported`
/// when it is a key of a kind this version does not know, such as RSA.
pub fn resolve(did: &Did) -> Result<DidDocument, ResolutionError> {
    let text = did.identifier();
    if did.method() != "key" || !text.starts_with('z') || text.len() > MAX_LENGTH {
        return Err(ResolutionError::InvalidDid);
    }
    let bytes = multibase::Base::Base58Btc.decode(&text[1..]).map_err(|_| ResolutionError::InvalidDid)?;
    let mut document = DidDocument::empty(did.clone());
    if let Some(raw) = bytes.strip_prefix(&X25519) {
        let raw: [u8; 32] = raw.try_into().map_err(|_| ResolutionError::InvalidDid)?;
        document.verification_methods = vec![agreement_key(did, raw)];
    } else if let Some(json) = bytes.strip_prefix(&JWK_JCS) {
        let id = method_id(did, text);
        document.verification_methods = vec![jwk::method(did, id, json).ok_or(ResolutionError::InvalidDid)?];
    } else {
        let key = PublicKey::from_multikey(text).map_err(|_| fault(&bytes))?;
        document.verification_methods = signing_key_and_its_agreement_key(did, key);
    }
    Ok(document)
}

fn signing_key_and_its_agreement_key(did: &Did, key: PublicKey) -> Vec<VerificationMethod> {
    let mut relationships = VerificationRelationship::ALL.to_vec();
    if matches!(key.algorithm(), KeyAlgorithm::Ed25519 | KeyAlgorithm::Bls12381G2) {
        relationships.retain(|r| *r != VerificationRelationship::KeyAgreement);
    }
    let derived = (key.algorithm() == KeyAlgorithm::Ed25519).then(|| agreement_key(did, to_x25519(&key)));
    let text = key.to_multikey();
    let signing = VerificationMethod {
        id: method_id(did, &text),
        kind: "Multikey".to_owned(),
        controller: did.clone(),
        key: Some(key),
        material: Map::from_iter([("publicKeyMultibase".to_owned(), json!(text))]),
        relationships,
        expires: None,
        revoked: None,
    };
    std::iter::once(signing).chain(derived).collect()
}

fn agreement_key(did: &Did, raw: [u8; 32]) -> VerificationMethod {
    let text = multibase::encode(multibase::Base::Base58Btc, [&X25519[..], &raw].concat());
    VerificationMethod {
        id: method_id(did, &text),
        kind: "Multikey".to_owned(),
        controller: did.clone(),
        key: None,
        material: Map::from_iter([("publicKeyMultibase".to_owned(), json!(text))]),
        relationships: vec![VerificationRelationship::KeyAgreement],
        expires: None,
        revoked: None,
    }
}

/// The Montgomery form of an Ed25519 key (RFC 7748 §4.1).
fn to_x25519(key: &PublicKey) -> [u8; 32] {
    let raw: [u8; 32] = key.as_bytes().try_into().expect("an Ed25519 key has 32 bytes");
    ed25519_dalek::VerifyingKey::from_bytes(&raw).expect("the key was checked when it was read").to_montgomery().to_bytes()
}

fn method_id(did: &Did, fragment: &str) -> DidUrl {
    did.with_fragment(fragment).expect("base58 text is a fragment, and half of a DID URL within bounds")
}

/// Tells a bad key of a known kind from a key of a kind that is only not known here.
fn fault(bytes: &[u8]) -> ResolutionError {
    let known = [[0xed, 0x01], [0x80, 0x24], [0x81, 0x24], [0xe7, 0x01], [0xeb, 0x01]];
    match bytes.first_chunk::<2>() {
        Some(prefix) if known.contains(prefix) => ResolutionError::InvalidDid,
        Some(_) => ResolutionError::MethodNotSupported,
        None => ResolutionError::InvalidDid,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::SecretKey;
    use proptest::prelude::*;
    use serde_json::Value;

    fn resolve_text(text: &str) -> Result<DidDocument, ResolutionError> {
        resolve(&text.parse().expect("a DID"))
    }

    #[test]
    fn every_kind_of_key_resolves_to_itself() {
        use KeyAlgorithm::{Bls12381G2, Ed25519, P256, P384, Secp256k1};
        for algorithm in [Ed25519, P256, P384, Secp256k1, Bls12381G2] {
            let length = if algorithm == KeyAlgorithm::P384 { 48 } else { 32 };
            let key = SecretKey::from_bytes(algorithm, &vec![3; length]).expect("a scalar in range").public_key();
            let did = from_public_key(&key);
            let document = resolve(&did).expect("its own DID");
            let method = document.methods_for(VerificationRelationship::AssertionMethod).next().expect("a key");
            assert_eq!(method.key.as_ref(), Some(&key));
            assert_eq!(method.id.as_str(), format!("{did}#{}", did.identifier()));
            let agreement = document.methods_for(VerificationRelationship::KeyAgreement).count();
            assert_eq!(agreement, usize::from(algorithm != Bls12381G2));
        }
    }

    #[test]
    fn ed25519_key_derives_its_agreement_key_as_in_the_example_of_the_specification() {
        let document = resolve_text("did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK").expect("a did:key");
        let agreement = document.methods_for(VerificationRelationship::KeyAgreement).next().expect("a derived key");
        assert!(agreement.id.as_str().ends_with("#z6LSj72tK8brWgZja8NLRwPigth2T9QRiG1uH9oKZuKjdh9p"));
    }

    #[test]
    fn ebsi_natural_person_resolves_to_the_key_in_its_jwk() {
        let key = SecretKey::from_bytes(KeyAlgorithm::P256, &[6; 32]).expect("a scalar").public_key();
        let bytes = [&JWK_JCS[..], key.to_jwk().to_string().as_bytes()].concat();
        let did = format!("did:key:{}", multibase::encode(multibase::Base::Base58Btc, bytes));
        assert!(did.starts_with("did:key:z2dmzD81cgPx8Vki7JbuuMmFYrWPgYoytykUZ3eyqht1j9Kb"), "the prefix EBSI documents");
        let document = resolve_text(&did).expect("a did:key");
        assert_eq!(document.verification_methods[0].key, Some(key));
    }

    #[test]
    fn unknown_kind_of_key_is_not_supported_and_a_broken_one_is_invalid() {
        let encode = |bytes: &[u8]| format!("did:key:{}", multibase::encode(multibase::Base::Base58Btc, bytes));
        let rsa = encode(&[&[0x85, 0x24], &[1u8; 270][..]].concat());
        assert_eq!(resolve_text(&rsa), Err(ResolutionError::MethodNotSupported));
        assert_eq!(resolve_text(&encode(&[&[0xed, 0x01], &[1u8; 31][..]].concat())), Err(ResolutionError::InvalidDid));
        assert_eq!(resolve_text(&encode(&[&[0x80, 0x24, 0x02], &[0xff; 32][..]].concat())), Err(ResolutionError::InvalidDid));
        assert_eq!(resolve_text("did:key:6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"), Err(ResolutionError::InvalidDid));
        assert_eq!(resolve_text(&format!("did:key:z{}", "1".repeat(1500))), Err(ResolutionError::InvalidDid));
        assert_eq!(resolve_text("did:jwk:abc"), Err(ResolutionError::InvalidDid));
    }

    #[test]
    fn published_vectors_resolve_to_the_same_keys() {
        let Some(vectors) = vectors() else { return };
        let mut seen = 0;
        for (did, expected) in vectors {
            let ours = match resolve(&did.parse().expect("a DID")) {
                Err(ResolutionError::MethodNotSupported) => continue,
                other => other.expect("a did:key"),
            };
            let theirs = DidDocument::from_json(&expected).expect("a published document");
            for relationship in VerificationRelationship::ALL {
                let keys =
                    |d: &DidDocument| d.methods_for(relationship).map(|m| (m.id.clone(), m.key.clone())).collect::<Vec<_>>();
                assert_eq!(keys(&ours), keys(&theirs), "{did} {relationship}");
            }
            seen += 1;
        }
        assert!(seen >= 24, "Ed25519, X25519, P-256, P-384, secp256k1 and BLS12-381 G2 are all there");
    }

    /// The documents of github.com/w3c-ccg/did-method-key, by DID; none when the folder of published vectors is not there.
    fn vectors() -> Option<Vec<(String, Value)>> {
        let root = std::env::var("CEDULA_VECTORS")
            .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/vectors").into());
        let folder = std::path::Path::new(&root).join("did-key-vectors/test-vectors");
        if !folder.exists() {
            use std::io::Write as _;
            let _ = writeln!(std::io::stderr(), "skipped: there are no published vectors in {}", folder.display());
            return None;
        }
        let mut all = Vec::new();
        for file in ["ed25519-x25519", "x25519", "nist-curves", "secp256k1", "rsa", "bls12381"] {
            let text = std::fs::read_to_string(folder.join(file).with_extension("json")).expect("a vector file");
            let file: Map<String, Value> = serde_json::from_str(&text).expect("JSON");
            for (name, value) in file {
                match value.get("didDocument") {
                    Some(document) => all.push((name, document.clone())),
                    None => all.extend(value.as_object().expect("documents by DID").clone()),
                }
            }
        }
        Some(all)
    }

    proptest! {
        #[test]
        fn any_identifier_resolves_or_is_refused(text in "z[1-9A-HJ-NP-Za-km-z]{0,120}") {
            let _ = resolve_text(&format!("did:key:{text}"));
        }

        #[test]
        fn any_bytes_under_any_known_prefix_resolve_or_are_refused(
            prefix in proptest::sample::select(vec![&[0xed, 0x01][..], &[0x80, 0x24], &[0x81, 0x24], &[0xe7, 0x01], &[0xeb, 0x01], &X25519, &JWK_JCS]),
            bytes in proptest::collection::vec(any::<u8>(), 0..64),
        ) {
            let _ = resolve_text(&format!("did:key:{}", multibase::encode(multibase::Base::Base58Btc, [prefix, &bytes].concat())));
        }
    }
}
