//! Credentials and presentations as signed JWTs, `vc+jwt` and `vp+jwt` (VC-JOSE-COSE §3.1, RFC 7515, RFC 7519).
//!
//! The payload is the document itself, with registered claims beside its members. The algorithm is the key's, never the token's.

use serde_json::{Map, Value, json};

use super::{Kind, Mechanism, Proof, ProofOptions, jws};
use crate::credential::identifier;
use crate::error::{Result, WalletError};
use crate::json;
use crate::key::PublicKey;
use crate::time::Timestamp;

/// The claims that belong to the token and not to the document (RFC 7519 §4.1, OpenID Connect `nonce`).
pub(super) const REGISTERED: [&str; 8] = ["iss", "sub", "aud", "exp", "nbf", "iat", "jti", "nonce"];

/// Reads a token: what it holds, and what it says of its own proof.
pub(super) fn read(text: &str) -> Result<(jws::Token, Kind, Map<String, Value>, Proof)> {
    let (header, payload, token) = jws::read(text)?;
    let mut body = json::read_object("JWT payload", &payload)?;
    let kind = kind(&body)?;
    check_types(&header, kind)?;
    let proof = proof(&header, kind, &body)?;
    body.retain(|name, _| !REGISTERED.contains(&name.as_str()));
    Ok((token, kind, body, proof))
}

/// What `payload` holds: the document itself, and no wrapping of it.
pub(super) fn kind(payload: &Map<String, Value>) -> Result<Kind> {
    if payload.contains_key("vc") || payload.contains_key("vp") {
        return Err(WalletError::unsupported(
            "a JWT with a vc or vp claim",
            "the payload must be the document itself (VC-JOSE-COSE §1.1.2.1)",
        ));
    }
    Kind::of(payload)
}

/// The signing input of a new token.
pub(super) fn prepare(document: Map<String, Value>, options: &ProofOptions, key: &PublicKey) -> Result<Vec<u8>> {
    let algorithm = jws::algorithm_of(key)?;
    let (kind, payload) = claims(document, options)?;
    let (typ, cty) = media_types(kind);
    let header = json!({ "alg": algorithm, "typ": typ, "cty": cty, "kid": options.method.as_str() });
    Ok(jws::signing_input(&header, &Value::Object(payload).to_string()))
}

/// The claims of a new token: the document, with the registered claims that say what `options` do.
pub(super) fn claims(document: Map<String, Value>, options: &ProofOptions) -> Result<(Kind, Map<String, Value>)> {
    let kind = Kind::of(&document)?;
    if options.purpose != kind.relationship() {
        return Err(WalletError::misused(format!("a JWT over this document is for {}", kind.relationship())));
    }
    if document.contains_key("proof") {
        return Err(WalletError::misused("a document with a proof is not signed as a JWT"));
    }
    if let Some(name) = REGISTERED.into_iter().find(|name| document.contains_key(*name)) {
        return Err(WalletError::misused(format!("the member {name} would be a claim of the token")));
    }
    let mut payload = document;
    let mut claim = |name: &str, value: Value| payload.insert(name.to_owned(), value);
    claim("iat", options.created.unix().into());
    if let Some(expires) = &options.expires {
        claim("exp", expires.unix().into());
    }
    if let Some(nonce) = &options.nonce {
        claim("nonce", nonce.as_str().into());
    }
    if let Some(audience) = &options.audience {
        claim("aud", audience.as_str().into());
    }
    Ok((kind, payload))
}

fn media_types(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Credential => ("vc+jwt", "vc"),
        Kind::Presentation => ("vp+jwt", "vp"),
    }
}

/// `typ` and `cty` must go with the payload; the standard only recommends them, so their absence says nothing.
fn check_types(header: &Map<String, Value>, kind: Kind) -> Result<()> {
    let (typ, cty) = media_types(kind);
    for (name, expected) in [("typ", typ), ("cty", cty)] {
        let Some(found) = header.get(name) else { continue };
        if !found.as_str().is_some_and(|found| jws::is_media_type(found, expected)) {
            return Err(WalletError::unsupported(format!("this {name} of JWT"), format!("use {expected}")));
        }
    }
    Ok(())
}

/// The registered claims must say what the document says (VC-JOSE-COSE §3.1, RFC 7519 §4.1).
fn check_claims(kind: Kind, payload: &Map<String, Value>) -> Result<()> {
    let party = if kind == Kind::Credential { "issuer" } else { "holder" };
    let subject = match payload.get("credentialSubject") {
        Some(Value::Array(subjects)) if subjects.len() == 1 => subjects.first(),
        other => other,
    };
    for (claim, member) in [("iss", payload.get(party)), ("jti", payload.get("id")), ("sub", subject)] {
        let Some(value) = payload.get(claim) else { continue };
        let member = member.and_then(identifier);
        let same = member.is_some() && value.as_str() == member;
        // `sub` of a presentation and `iss` or `jti` without their member have nothing to differ from.
        let free = member.is_none() && value.is_string();
        if !(same || free) {
            return Err(WalletError::malformed("JWT", format!("its {claim} differs from the document")));
        }
    }
    Ok(())
}

/// What a token says of its own proof.
pub(super) fn proof(header: &Map<String, Value>, kind: Kind, payload: &Map<String, Value>) -> Result<Proof> {
    check_claims(kind, payload)?;
    let bad = |reason: &str| WalletError::malformed("JWT", reason);
    let party = if kind == Kind::Credential { "issuer" } else { "holder" };
    let issuer = payload.get("iss").or(payload.get(party)).and_then(identifier);
    let method = match header.get("kid").map(Value::as_str) {
        None => return Err(bad("its header has no kid")),
        Some(None) => return Err(bad("its kid is not text")),
        Some(Some(kid)) => absolute(kid, issuer).ok_or_else(|| bad("its kid names no key of its issuer"))?,
    };
    let nonce = match payload.get("nonce") {
        None => None,
        Some(Value::String(nonce)) => Some(nonce.clone()),
        Some(_) => return Err(bad("its nonce is not text")),
    };
    Ok(Proof {
        mechanism: Mechanism::Jwt,
        method,
        purpose: None,
        created: moment(payload, "iat")?,
        not_before: moment(payload, "nbf")?,
        expires: moment(payload, "exp")?,
        nonce,
        audience: audience(payload)?,
    })
}

/// Whom a token is meant for: `aud`, one or several (RFC 7519 §4.1.3).
pub(super) fn audience(payload: &Map<String, Value>) -> Result<Vec<String>> {
    let audience = match payload.get("aud") {
        None => Some(Vec::new()),
        Some(Value::String(one)) => Some(vec![one.clone()]),
        Some(Value::Array(all)) => all.iter().map(|a| a.as_str().map(str::to_owned)).collect(),
        Some(_) => None,
    };
    audience.ok_or_else(|| WalletError::malformed("JWT", "its aud is neither text nor a list of it"))
}

/// The absolute URL a `kid` stands for: itself, or relative to the issuer.
pub(super) fn absolute(kid: &str, issuer: Option<&str>) -> Option<String> {
    let is_url = |text: &str| url::Url::parse(text).is_ok();
    if is_url(kid) {
        return Some(kid.to_owned());
    }
    let issuer = issuer.filter(|issuer| is_url(issuer))?;
    Some(format!("{issuer}#{}", kid.strip_prefix('#').unwrap_or(kid)))
}

/// A NumericDate claim; fractions of a second are allowed and kept out (RFC 7519 §2).
pub(super) fn moment(payload: &Map<String, Value>, name: &str) -> Result<Option<Timestamp>> {
    let Some(value) = payload.get(name) else { return Ok(None) };
    let seconds = value.as_i64().or_else(|| value.as_f64().filter(|s| s.is_finite()).map(|s| s.floor() as i64));
    let seconds = seconds.ok_or_else(|| WalletError::malformed("JWT", format!("its {name} is not a number of seconds")))?;
    Timestamp::from_unix(seconds).map(Some)
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
        assert!(with(|header, _| drop(header.as_object_mut().expect("an object").shift_remove("kid"))).is_err());
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
