//! Status lists as tokens of their own, `statuslist+jwt` and `statuslist+cwt` (Token Status List §5).
//!
//! Whatever the form, the body is the claims as the JWT has them: `sub`, `iat`, `exp`, `ttl`, `status_list`.

use serde_json::{Map, Value, json};

use super::claims::{Claims, is_absolute, is_media_type};
use super::secured::Read;
use super::sign1::{self, Headers, Types};
use super::{Kind, Mechanism, ProofOptions, cbor, certificates, jws, jwt};
use crate::error::{Result, WalletError};
use crate::key::PublicKey;

const WHAT: &str = "status list token";

/// Whether the header of a JWT says that it is a status list.
pub(super) fn is_jwt(header: &Map<String, Value>) -> bool {
    header.get("typ").and_then(Value::as_str).is_some_and(|typ| is_media_type(typ, "statuslist+jwt"))
}

/// Whether the header of a COSE message says that it is a status list.
pub(super) fn is_cwt(headers: &Headers) -> bool {
    sign1::is_type(headers.typ.as_ref(), "statuslist+cwt")
}

/// Whether `claims` are those of a status list, to be signed.
pub(super) fn is_claims(claims: &Map<String, Value>) -> bool {
    claims.get("status_list").is_some_and(Value::is_object) && !claims.contains_key("@context") && !claims.contains_key("vct")
}

/// Reads the header and payload of a JWT.
pub(super) fn read_jwt(header: &Map<String, Value>, payload: Map<String, Value>) -> Result<Read> {
    read(Mechanism::Jwt, payload, jwt::kid(header)?)
}

/// Reads the header and payload of a COSE message.
pub(super) fn read_cwt(headers: &Headers, payload: &[u8]) -> Result<Read> {
    read(Mechanism::Cose, sign1::json_claims(cbor::read(WHAT, payload)?)?, headers.kid.as_deref())
}

fn read(mechanism: Mechanism, body: Map<String, Value>, kid: Option<&str>) -> Result<Read> {
    let claims = Claims { what: WHAT, values: body };
    for name in ["sub", "iat", "status_list"] {
        if claims.get(name).is_none() {
            return Err(claims.bad(format!("it has no {name}")));
        }
    }
    // Without `iss` the signer is the issuer of the credential that names the list, and the key relative to it (§5.1, §11.3).
    let relative = claims.get("iss").is_none() && kid.is_none_or(|kid| !is_absolute(kid));
    let method = match kid {
        Some(kid) if relative => format!("#{}", kid.strip_prefix('#').unwrap_or(kid)),
        None if relative => String::new(),
        kid => claims.method(kid, None)?,
    };
    let proof = claims.proof(mechanism, method)?;
    Ok(Read { kind: Kind::StatusList, body: claims.values, proof, claims: Map::new() })
}

/// A new JWT over `claims`.
pub(super) fn prepare_jwt(claims: Map<String, Value>, options: &ProofOptions, key: &PublicKey) -> Result<jws::Draft> {
    let claims = complete(claims, options)?;
    let mut header = json!({ "alg": jws::algorithm_of(key)?, "typ": "statuslist+jwt" });
    match certificates::x5c(options, claims.get("iss").and_then(Value::as_str), key)? {
        // By its thumbprint the key is found in whatever document an issuer has.
        Some(x5c) => (header["kid"], header["x5c"]) = (key.thumbprint().into(), x5c),
        None => header["kid"] = options.method.as_str().into(),
    }
    Ok(jws::Draft { header, payload: claims })
}

/// What is signed of a new COSE message over `claims`, and the message without its signature.
pub(super) fn prepare_cwt(
    claims: Map<String, Value>,
    options: &ProofOptions,
    key: &PublicKey,
) -> Result<(Vec<u8>, sign1::Draft)> {
    let claims = complete(claims, options)?;
    let mut payload = Vec::new();
    coset::cbor::ser::into_writer(&sign1::cwt(&claims), &mut payload).expect("memory takes all that is written");
    let types = Types { typ: "application/statuslist+cwt", content_type: None };
    sign1::prepare(payload, &types, &Map::new(), options, key)
}

/// The claims with the moments of `options`.
fn complete(mut claims: Map<String, Value>, options: &ProofOptions) -> Result<Map<String, Value>> {
    if options.purpose != Kind::StatusList.relationship() {
        return Err(WalletError::misused(format!("a status list is signed for {}", Kind::StatusList.relationship())));
    }
    claims.insert("iat".to_owned(), options.created.unix().into());
    if let Some(expires) = &options.expires {
        claims.insert("exp".to_owned(), expires.unix().into());
    }
    Ok(claims)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::did::VerificationRelationship;
    use crate::json;
    use crate::key::{KeyAlgorithm, SecretKey};
    use crate::securing::linked_data::Contexts;
    use crate::securing::{Secured, prepare};
    use proptest::prelude::*;

    const URI: &str = "https://example.com/statuslists/1";

    fn key() -> SecretKey {
        SecretKey::from_bytes(KeyAlgorithm::P256, &[5; 32]).expect("a scalar in range")
    }

    fn claims() -> Map<String, Value> {
        let claims = json!({ "sub": URI, "ttl": 43_200, "status_list": { "bits": 1, "lst": "eNrbuRgAAhcBXQ" } });
        claims.as_object().expect("an object").clone()
    }

    fn sign(claims: Map<String, Value>, mechanism: Mechanism) -> Secured {
        let date = |text: &str| text.parse().expect("a date");
        let method = "did:web:uni.example#key-1".parse().expect("a DID URL");
        let purpose = VerificationRelationship::AssertionMethod;
        let options = ProofOptions {
            expires: Some(date("2026-03-08T12:00:00Z")),
            ..ProofOptions::new(mechanism, method, purpose, date("2026-03-01T12:00:00Z"))
        };
        let unsigned = prepare(claims, &options, &key().public_key(), &Contexts::bundled()).expect("a list");
        let signature = key().sign(unsigned.message());
        unsigned.finish(&signature).expect("a signature of the right length")
    }

    #[test]
    fn both_forms_say_the_same_and_read_back() {
        for (mechanism, url) in
            [(Mechanism::Jwt, "data:application/statuslist+jwt,"), (Mechanism::Cose, "data:application/statuslist+cwt;base64,")]
        {
            let list = sign(claims(), mechanism);
            assert_eq!((list.kind(), &list.body()["sub"]), (Kind::StatusList, &json!(URI)));
            assert_eq!((&list.body()["status_list"], &list.body()["ttl"]), (&claims()["status_list"], &json!(43_200)));
            assert_eq!(list.check_signature(0, &key().public_key(), &Contexts::bundled()), Ok(()));
            let proof = &list.proofs()[0];
            assert_eq!((proof.method.as_str(), proof.mechanism), ("did:web:uni.example#key-1", mechanism));
            assert_eq!(proof.expires, Some("2026-03-08T12:00:00Z".parse().expect("a date")));
            assert!(list.to_url().starts_with(url), "{}", list.to_url());
            for read in [Secured::read_bytes(&list.to_bytes()), Secured::read(list.text()), Secured::read(&list.to_url())] {
                assert_eq!(read.expect("the same list").body(), list.body());
            }
            assert!(list.nested().expect("none").is_empty());
        }
    }

    #[test]
    fn list_is_no_credential_and_no_credential_is_a_list() {
        let header = json!({ "alg": "ES256", "typ": "statuslist+jwt" });
        let document = json!({ "@context": ["https://www.w3.org/ns/credentials/v2"], "type": ["VerifiableCredential"] });
        for (header, payload) in [
            (&header, document.clone()),
            (&json!({ "alg": "ES256", "typ": "vc+jwt" }), Value::Object(claims())),
            (&json!({ "alg": "ES256" }), Value::Object(claims())),
        ] {
            let input = jws::signing_input(header, &payload.to_string());
            assert!(Secured::read(&jws::finish(input, &[0; 64])).is_err(), "{header}");
        }
        assert!(sign(claims(), Mechanism::Jwt).credential().is_err());
    }

    #[test]
    fn signer_that_is_not_named_is_left_to_whoever_names_the_list() {
        let method = |header: Value, iss: Option<&str>| {
            let mut payload = claims();
            payload.insert("iat".to_owned(), 1.into());
            payload.extend(iss.map(|iss| ("iss".to_owned(), iss.into())));
            let input = jws::signing_input(&header, &Value::Object(payload).to_string());
            let read = Secured::read(&jws::finish(input, &[0; 64]));
            read.map(|list| list.proofs()[0].method.clone())
        };
        let with = |kid: &str| json!({ "alg": "ES256", "typ": "statuslist+jwt", "kid": kid });
        let without = json!({ "alg": "ES256", "typ": "application/statuslist+jwt" });
        assert_eq!(method(with("12"), None).as_deref(), Ok("#12"));
        assert_eq!(method(with("#12"), None).as_deref(), Ok("#12"));
        assert_eq!(method(with("did:web:a.example#1"), None).as_deref(), Ok("did:web:a.example#1"));
        assert_eq!(method(without.clone(), None).as_deref(), Ok(""));
        assert_eq!(method(without, Some("did:web:a.example")).as_deref(), Ok("did:web:a.example"));
        assert_eq!(method(with("12"), Some("did:web:a.example")).as_deref(), Ok("did:web:a.example#12"));
    }

    #[test]
    fn list_without_a_required_claim_is_refused() {
        for name in ["sub", "iat", "status_list"] {
            let mut payload = claims();
            payload.insert("iat".to_owned(), 1.into());
            payload.shift_remove(name);
            let input =
                jws::signing_input(&json!({ "alg": "ES256", "typ": "statuslist+jwt" }), &Value::Object(payload).to_string());
            assert!(Secured::read(&jws::finish(input, &[0; 64])).is_err(), "{name}");
        }
    }

    proptest! {
        #[test]
        fn any_payload_is_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..80), text in "\\PC{0,40}") {
            let headers = Headers { typ: None, content_type: None, kid: None, claims: Map::new() };
            let _ = read_cwt(&headers, &bytes);
            if let Ok(payload) = json::read_object(WHAT, &text) {
                let _ = read_jwt(&Map::new(), payload);
            }
        }
    }
}
