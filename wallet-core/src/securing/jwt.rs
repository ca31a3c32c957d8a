//! Credentials and presentations as signed JWTs, `vc+jwt` and `vp+jwt` (VC-JOSE-COSE §3.1, RFC 7515, RFC 7519).
//!
//! The payload is the document itself, with registered claims beside its members. The algorithm is the key's, never the token's;
//! a key inside the header (`jwk`, `x5c`) or behind a URL of it (`jku`, `x5u`) is never looked at (RFC 8725 §3.10).

use serde_json::{Map, Value, json};

use super::claims::{self, Claims};
use super::secured::Read;
use super::{Kind, Mechanism, ProofOptions, certificates, jws, jwt_v1};
use crate::error::{Result, WalletError};
use crate::key::PublicKey;

/// Reads the header and payload of a token.
pub(super) fn read(header: &Map<String, Value>, mut body: Map<String, Value>) -> Result<Read> {
    if body.contains_key("vc") || body.contains_key("vp") {
        return jwt_v1::read(header, body);
    }
    let kind = Kind::of(&body)?;
    claims::check_types(header.get("typ"), header.get("cty"), media_types(kind))?;
    let claims = Claims::take("JWT", &mut body).with_header(header)?;
    claims.agree(kind, &body)?;
    let method = claims.method(kid(header)?, claims::signer(kind, &body))?;
    let proof = claims.proof(Mechanism::Jwt, method)?;
    Ok(Read { kind, body, proof, claims: claims.values })
}

/// A new token.
pub(super) fn prepare(document: Map<String, Value>, options: &ProofOptions, key: &PublicKey) -> Result<jws::Draft> {
    let kind = Kind::of(&document)?;
    let algorithm = jws::algorithm_of(key)?;
    claims::may_be_signed(kind, &document, options)?;
    let (typ, cty) = media_types(kind);
    let mut header = json!({ "alg": algorithm, "typ": typ, "cty": cty });
    match certificates::x5c(options, claims::signer(kind, &document), key)? {
        Some(x5c) => header["x5c"] = x5c,
        None => header["kid"] = options.method.as_str().into(),
    }
    let mut payload = document;
    payload.extend(claims::of_options(options));
    Ok(jws::Draft { header, payload })
}

/// The `kid` of a header, if it has one.
pub(super) fn kid(header: &Map<String, Value>) -> Result<Option<&str>> {
    let bad = || WalletError::malformed("JWT", "its kid is not text");
    header.get("kid").map(|kid| kid.as_str().ok_or_else(bad)).transpose()
}

fn media_types(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Presentation => ("vp+jwt", "vp"),
        _ => ("vc+jwt", "vc"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::did::VerificationRelationship;
    use crate::key::{KeyAlgorithm, SecretKey};
    use crate::securing::linked_data::Contexts;
    use crate::securing::{Secured, SignatureFault, prepare};
    use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
    use proptest::prelude::*;

    const METHOD: &str = "did:web:universidad.example#key-1";

    fn document() -> Map<String, Value> {
        let value = json!({
            "@context": ["https://www.w3.org/ns/credentials/v2"],
            "id": "urn:uuid:4d9a5c1c-9a3d-4a8e-9d8d-6b9ae4a4a7aa",
            "type": ["VerifiableCredential"],
            "issuer": "did:web:universidad.example",
            "credentialSubject": { "id": "did:example:alumna", "name": "Ñusta" },
        });
        value.as_object().expect("an object").clone()
    }

    fn key(algorithm: KeyAlgorithm) -> SecretKey {
        let length = if algorithm == KeyAlgorithm::P384 { 48 } else { 32 };
        SecretKey::from_bytes(algorithm, &vec![5; length]).expect("a scalar in range")
    }

    fn options(purpose: VerificationRelationship) -> ProofOptions {
        ProofOptions {
            expires: Some("2026-03-02T12:00:00Z".parse().expect("a date")),
            nonce: Some("n-0S6_WzA2Mj".to_owned()),
            audience: Some("did:web:verifier.example".to_owned()),
            ..ProofOptions::new(
                Mechanism::Jwt,
                METHOD.parse().expect("a DID URL"),
                purpose,
                "2026-03-01T12:00:00Z".parse().expect("a date"),
            )
        }
    }

    fn sign(header: Value, payload: Value) -> String {
        let encode = |value: Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        let input = format!("{}.{}", encode(header), encode(payload));
        let signature = key(KeyAlgorithm::Ed25519).sign(input.as_bytes());
        jws::finish(input.into_bytes(), &signature)
    }

    fn with(change: impl FnOnce(&mut Value, &mut Value)) -> Result<Secured> {
        let mut header = json!({ "alg": "EdDSA", "typ": "vc+jwt", "cty": "vc", "kid": METHOD });
        let mut payload = Value::Object(document());
        change(&mut header, &mut payload);
        Secured::read(&sign(header, payload))
    }

    #[test]
    fn every_algorithm_signs_and_only_its_own_key_verifies() {
        let contexts = Contexts::bundled();
        for algorithm in [KeyAlgorithm::Ed25519, KeyAlgorithm::P256, KeyAlgorithm::P384] {
            let key = key(algorithm);
            let options = options(VerificationRelationship::AssertionMethod);
            let unsigned = prepare(document(), &options, &key.public_key(), &contexts).expect("a credential");
            let signature = key.sign(unsigned.message());
            let secured = unsigned.finish(&signature).expect("a signature of the right length");
            assert_eq!(*secured.body(), document());
            let proof = &secured.proofs()[0];
            assert_eq!((proof.method.as_str(), proof.nonce.as_deref()), (METHOD, Some("n-0S6_WzA2Mj")));
            assert_eq!((proof.created.as_ref(), proof.expires.as_ref()), (Some(&options.created), options.expires.as_ref()));
            assert_eq!(proof.audience, ["did:web:verifier.example"]);
            assert_eq!(secured.check_signature(0, &key.public_key(), &contexts), Ok(()));
            for other in [KeyAlgorithm::Ed25519, KeyAlgorithm::P256, KeyAlgorithm::P384] {
                let fault = if other == algorithm { SignatureFault::Bad } else { SignatureFault::WrongAlgorithm };
                let other = SecretKey::from_bytes(other, &vec![6; if other == KeyAlgorithm::P384 { 48 } else { 32 }]);
                let other = other.expect("a scalar in range").public_key();
                assert_eq!(secured.check_signature(0, &other, &contexts), Err(fault));
            }
        }
    }

    #[test]
    fn tampered_payload_has_a_bad_signature() {
        let text = sign(json!({ "alg": "EdDSA", "typ": "vc+jwt", "kid": METHOD }), Value::Object(document()));
        let mut parts: Vec<String> = text.split('.').map(str::to_owned).collect();
        let mut other = document();
        other["credentialSubject"]["name"] = "Otra".into();
        parts[1] = BASE64_URL_SAFE_NO_PAD.encode(Value::Object(other).to_string());
        let secured = Secured::read(&parts.join(".")).expect("well-formed");
        let key = key(KeyAlgorithm::Ed25519).public_key();
        assert_eq!(secured.check_signature(0, &key, &Contexts::bundled()), Err(SignatureFault::Bad));
    }

    #[test]
    fn ed25519_is_read_as_the_name_of_rfc_9864() {
        let secured = with(|header, _| header["alg"] = "Ed25519".into()).expect("well-formed");
        let key = key(KeyAlgorithm::Ed25519).public_key();
        assert_eq!(secured.check_signature(0, &key, &Contexts::bundled()), Ok(()));
    }

    #[test]
    fn algorithm_none_and_shared_secrets_are_refused() {
        for name in ["none", "HS256", "RS256", "ES256K", ""] {
            assert!(matches!(with(|header, _| header["alg"] = name.into()), Err(WalletError::Unsupported { .. })), "{name}");
        }
    }

    #[test]
    fn typ_of_another_token_is_refused_and_its_long_form_is_read() {
        for name in ["dpop+jwt", "JWT", "vp+jwt", "vc+sd-jwt", "application/vp+jwt", "text/vc+jwt"] {
            assert!(with(|header, _| header["typ"] = name.into()).is_err(), "{name}");
        }
        assert!(with(|header, _| header["typ"] = "application/vc+jwt".into()).is_ok());
        assert!(with(|header, _| header["cty"] = "vp".into()).is_err());
    }

    #[test]
    fn critical_extensions_are_refused() {
        assert!(with(|header, _| header["crit"] = json!(["exp"])).is_err());
        assert!(with(|header, _| header["b64"] = false.into()).is_err());
    }

    #[test]
    fn embedded_keys_are_not_looked_at() {
        let attacker = SecretKey::from_bytes(KeyAlgorithm::Ed25519, &[8; 32]).expect("a scalar in range").public_key();
        let secured = with(|header, _| header["jwk"] = attacker.to_jwk()).expect("well-formed");
        assert_eq!(secured.check_signature(0, &attacker, &Contexts::bundled()), Err(SignatureFault::Bad));
    }

    #[test]
    fn kid_is_absolute_or_relative_to_the_issuer() {
        for (kid, method) in [("#key-1", METHOD), ("key-1", METHOD), ("did:key:z6Mk#z6Mk", "did:key:z6Mk#z6Mk")] {
            let secured = with(|header, _| header["kid"] = kid.into()).expect("well-formed");
            assert_eq!(secured.proofs()[0].method, method);
        }
        assert!(with(|header, _| header["kid"] = 7.into()).is_err());
        let nameless = |change: &dyn Fn(&mut Value)| {
            with(|header, payload| {
                header.as_object_mut().expect("an object").shift_remove("kid");
                change(payload);
            })
        };
        // Without a kid it is the issuer's only key that must fit.
        assert_eq!(nameless(&|_| {}).expect("well-formed").proofs()[0].method, "did:web:universidad.example");
        assert!(nameless(&|payload| payload["issuer"] = json!({})).is_err());
    }

    #[test]
    fn registered_claim_that_differs_from_the_document_is_refused() {
        for claim in ["iss", "sub", "jti"] {
            assert!(with(|_, payload| payload[claim] = "did:web:another.example".into()).is_err(), "{claim}");
        }
        let same = with(|_, payload| {
            payload["iss"] = payload["issuer"].clone();
            payload["sub"] = payload["credentialSubject"]["id"].clone();
            payload["jti"] = payload["id"].clone();
        });
        assert_eq!(*same.expect("well-formed").body(), document());
    }

    #[test]
    fn claim_of_the_wrong_shape_is_refused() {
        for (claim, value) in
            [("exp", json!("soon")), ("iat", json!([])), ("nbf", json!(1e300)), ("aud", json!([1])), ("nonce", json!(1))]
        {
            assert!(with(|_, payload| payload[claim] = value).is_err(), "{claim}");
        }
        with(|_, payload| payload["exp"] = json!(1_800_000_000.75)).expect("a NumericDate may have a fraction");
        assert!(with(|_, payload| payload["vc"] = json!({})).is_err());
    }

    #[test]
    fn vc_jose_cose_section_3_1_2_example_2() {
        let key = json!({
            "kty": "EC", "crv": "P-384",
            "x": "8XkmqX3pxcYduNID8cK4mYA531PV7szaGh-yk-XIM9OQKZSO94y3xe67nyFvt0QP",
            "y": "kWjcg1gBVM752eQzXlMfHwEOzuUB4zCgi2z6X1p03ljAcp6b_FEINR-eONp00gX0",
        });
        let envelope = json!({
            "@context": ["https://www.w3.org/ns/credentials/v2"],
            "type": ["EnvelopedVerifiableCredential"],
            "id": concat!(
                "data:application/vc+jwt,eyJraWQiOiJFeEhrQk1XOWZtYmt2VjI2Nm1ScHVQMnNVWV9OX0VXSU4xbGFwVXpPOHJvIiwiYWxnIjoiRVMzODQifQ.",
                "eyJAY29udGV4dCI6WyJodHRwczovL3d3dy53My5vcmcvbnMvY3JlZGVudGlhbHMvdjIiLCJodHRwczovL3d3dy53My5vcmcvbnMvY3JlZGVudGlhbH",
                "MvZXhhbXBsZXMvdjIiXSwiaWQiOiJodHRwOi8vdW5pdmVyc2l0eS5leGFtcGxlL2NyZWRlbnRpYWxzLzE4NzIiLCJ0eXBlIjpbIlZlcmlmaWFibGVDc",
                "mVkZW50aWFsIiwiRXhhbXBsZUFsdW1uaUNyZWRlbnRpYWwiXSwiaXNzdWVyIjoiaHR0cHM6Ly91bml2ZXJzaXR5LmV4YW1wbGUvaXNzdWVycy81NjUw",
                "NDkiLCJ2YWxpZEZyb20iOiIyMDEwLTAxLTAxVDE5OjIzOjI0WiIsImNyZWRlbnRpYWxTY2hlbWEiOnsiaWQiOiJodHRwczovL2V4YW1wbGUub3JnL2V",
                "4YW1wbGVzL2RlZ3JlZS5qc29uIiwidHlwZSI6Ikpzb25TY2hlbWEifSwiY3JlZGVudGlhbFN1YmplY3QiOnsiaWQiOiJkaWQ6ZXhhbXBsZToxMjMiLC",
                "JkZWdyZWUiOnsidHlwZSI6IkJhY2hlbG9yRGVncmVlIiwibmFtZSI6IkJhY2hlbG9yIG9mIFNjaWVuY2UgYW5kIEFydHMifX19.",
                "d2k4O3FytQJf83kLh-HsXuPvh6yeOlhJELVo5TF71gu7elslQyOf2ZItAXrtbXF4Kz9WivNdztOayz4VUQ0Mwa8yCDZkP9B2pH-9S_tcAFxeoeJ6Z4Xn",
                "FuL_DOfkR1fP",
            ),
        });
        let secured = Secured::read(&envelope.to_string()).expect("an enveloped credential");
        assert_eq!(secured.body()["issuer"], "https://university.example/issuers/565049");
        let method = "https://university.example/issuers/565049#ExHkBMW9fmbkvV266mRpuP2sUY_N_EWIN1lapUzO8ro";
        assert_eq!(secured.proofs()[0].method, method);
        let key = PublicKey::from_jwk(&key).expect("a JWK");
        assert_eq!(secured.check_signature(0, &key, &Contexts::bundled()), Ok(()));
        assert_eq!(secured.to_value()["id"], envelope["id"]);
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[A-Za-z0-9_.~{}\":-]{0,200}") {
            let _ = Secured::read(&text);
        }

        #[test]
        fn any_header_and_payload_are_read_or_refused(name in "(alg|typ|cty|kid|crit|iss|exp|aud|type|@context)", text in "\\PC{0,20}") {
            let _ = with(|header, _| header[&name] = text.as_str().into());
            let _ = with(|_, payload| payload[&name] = text.as_str().into());
        }
    }
}
