//! did:jwk: the DID that is a JWK (did:jwk Method).

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use serde_json::{Map, Value};

use super::{Did, DidDocument, DidUrl, ResolutionError, VerificationMethod, VerificationRelationship};
use crate::json;
use crate::key::PublicKey;

/// The did:jwk of a public key: `did:jwk:` and its JWK in base64url.
pub fn from_public_key(key: &PublicKey) -> Did {
    format!("did:jwk:{}", BASE64_URL_SAFE_NO_PAD.encode(key.to_jwk().to_string())).parse().expect("base64url is an identifier")
}

/// The document of a did:jwk: one method, `#0`, in every relationship its `use` allows.
///
/// Fails with `InvalidDid` when the identifier is not a public JWK. A JWK of a kind this version does not know resolves to a method
/// without key.
pub fn resolve(did: &Did) -> Result<DidDocument, ResolutionError> {
    if did.method() != "jwk" {
        return Err(ResolutionError::InvalidDid);
    }
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(did.identifier()).map_err(|_| ResolutionError::InvalidDid)?;
    let id = did.with_fragment("0").map_err(|_| ResolutionError::InvalidDid)?;
    let mut document = DidDocument::empty(did.clone());
    document.verification_methods = vec![method(did, id, &bytes).ok_or(ResolutionError::InvalidDid)?];
    Ok(document)
}

/// The method whose key is the JWK in `bytes`; none when they are not a public JWK.
pub(super) fn method(did: &Did, id: DidUrl, bytes: &[u8]) -> Option<VerificationMethod> {
    let jwk = json::read_bytes("JWK", bytes).ok()?;
    let private = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"].iter().any(|member| jwk.get(member).is_some());
    let kty = jwk.get("kty").and_then(Value::as_str)?;
    if private || kty.is_empty() {
        return None;
    }
    let agreement = VerificationRelationship::KeyAgreement;
    let mut relationships = VerificationRelationship::ALL.to_vec();
    match jwk.get("use").and_then(Value::as_str) {
        Some("sig") => relationships.retain(|r| *r != agreement),
        Some("enc") => relationships.retain(|r| *r == agreement),
        _ => {}
    }
    Some(VerificationMethod {
        id,
        kind: "JsonWebKey2020".to_owned(),
        controller: did.clone(),
        key: PublicKey::from_jwk(&jwk).ok(),
        material: Map::from_iter([("publicKeyJwk".to_owned(), jwk)]),
        relationships,
        expires: None,
        revoked: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::{KeyAlgorithm, SecretKey};
    use proptest::prelude::*;
    use serde_json::json;

    fn of(jwk: Value) -> Did {
        format!("did:jwk:{}", BASE64_URL_SAFE_NO_PAD.encode(jwk.to_string())).parse().expect("a DID")
    }

    #[test]
    fn key_resolves_to_itself() {
        for algorithm in [KeyAlgorithm::Ed25519, KeyAlgorithm::P256, KeyAlgorithm::Secp256k1] {
            let key = SecretKey::from_bytes(algorithm, &[8; 32]).expect("a scalar in range").public_key();
            let did = from_public_key(&key);
            let document = resolve(&did).expect("its own DID");
            assert_eq!(document.verification_methods[0].key.as_ref(), Some(&key));
            assert_eq!(document.verification_methods[0].id.as_str(), format!("{did}#0"));
        }
    }

    #[test]
    fn p_256_example_of_the_specification_resolves() {
        let did = "did:jwk:eyJjcnYiOiJQLTI1NiIsImt0eSI6IkVDIiwieCI6ImFjYklRaXVNczNpOF91c3pFakoydHBUdFJNNEVVM3l6OTFQSDZDZEgyVjAiLCJ5IjoiX0tjeUxqOXZXTXB0bm1LdG00NkdxRHo4d2Y3NEk1TEtncmwyR3pIM25TRSJ9";
        let document = resolve(&did.parse().expect("a DID")).expect("a did:jwk");
        let key = document.verification_methods[0].key.clone().expect("a key");
        assert_eq!(key.to_jwk()["x"], "acbIQiuMs3i8_uszEjJ2tpTtRM4EU3yz91PH6CdH2V0");
        assert_eq!(document.methods_for(VerificationRelationship::KeyAgreement).count(), 1);
        assert_eq!(from_public_key(&key).as_str(), did);
    }

    #[test]
    fn use_limits_the_relationships() {
        let x25519 = json!({ "kty": "OKP", "crv": "X25519", "use": "enc", "x": "3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08" });
        let document = resolve(&of(x25519)).expect("a did:jwk");
        assert_eq!(document.verification_methods[0].relationships, [VerificationRelationship::KeyAgreement]);
        assert_eq!(document.verification_methods[0].key, None);
    }

    #[test]
    fn what_is_not_a_public_jwk_is_refused() {
        let mut private = SecretKey::from_bytes(KeyAlgorithm::P256, &[8; 32]).expect("a scalar").public_key().to_jwk();
        private["d"] = json!("AAAA");
        for jwk in [private, json!([]), json!({}), json!({ "kty": "oct", "k": "AAAA" })] {
            assert_eq!(resolve(&of(jwk)), Err(ResolutionError::InvalidDid));
        }
        assert_eq!(resolve(&"did:jwk:e30=".parse().unwrap_or_else(|_| of(json!(7)))), Err(ResolutionError::InvalidDid));
    }

    proptest! {
        #[test]
        fn any_identifier_resolves_or_is_refused(text in "[A-Za-z0-9_-]{1,120}") {
            let _ = resolve(&format!("did:jwk:{text}").parse().expect("a DID"));
        }
    }
}
