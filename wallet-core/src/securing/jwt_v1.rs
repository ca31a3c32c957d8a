//! Credentials and presentations of VC DM 1.1 as JWTs: read, never written (VC DM 1.1 §6.3.1).
//!
//! The document stands in a `vc` or `vp` claim, and the token's registered claims stand for members of it.

use serde_json::{Map, Value};

use super::claims::{self, Claims};
use super::secured::Read;
use super::{Kind, Mechanism, jwt};
use crate::credential::{CONTEXT_V1, identifier};
use crate::error::{Result, WalletError};
use crate::time::Timestamp;

/// Reads the header and payload of a token that has a `vc` or `vp` claim.
pub(super) fn read(header: &Map<String, Value>, mut payload: Map<String, Value>) -> Result<Read> {
    let bad = |reason: &str| WalletError::malformed("JWT", reason);
    let (kind, document) = match (payload.shift_remove("vc"), payload.shift_remove("vp")) {
        (Some(document), None) => (Kind::Credential, document),
        (None, Some(document)) => (Kind::Presentation, document),
        _ => return Err(bad("it has both a vc and a vp claim")),
    };
    let Value::Object(mut body) = document else { return Err(bad("its vc or vp claim is not an object")) };
    // Of VC DM 2.0 the payload is the document, and a token has neither claim (VC-JOSE-COSE §3.1.3).
    if first_context(&body) != Some(CONTEXT_V1) {
        return Err(bad("its vc or vp claim is not of VC DM 1.1"));
    }
    claims::check_types(header.get("typ"), header.get("cty"), ("JWT", "JWT"))?;
    if Kind::of(&body)? != kind {
        return Err(bad("its claim names another kind of document"));
    }
    let mut claims = Claims::take("JWT", &mut payload).with_header(header)?;
    fill(kind, &mut body, &claims)?;
    if kind == Kind::Credential {
        // They stand for members of the credential now, and the credential's own validity is what they say.
        claims.values.retain(|name, _| name != "exp" && name != "nbf");
    }
    let method = claims.method(jwt::kid(header)?, claims::signer(kind, &body))?;
    let proof = claims.proof(Mechanism::Jwt, method)?;
    Ok(Read { kind, body, proof, claims: claims.values })
}

/// Puts into the document what the registered claims say of it; a member that says something else is refused (§6.3.1.2).
fn fill(kind: Kind, body: &mut Map<String, Value>, claims: &Claims) -> Result<()> {
    let differs = |name: &str| claims.bad(format!("its {name} differs from the document"));
    let party = if kind == Kind::Presentation { "holder" } else { "issuer" };
    for (claim, member) in [("iss", party), ("jti", "id")] {
        let Some(value) = claims.text(claim)? else { continue };
        let found = body.entry(member).or_insert_with(|| value.into());
        match found {
            // An issuer written out may leave its identifier to the claim.
            Value::Object(found) if !found.contains_key("id") => drop(found.insert("id".to_owned(), value.into())),
            found if identifier(found) == Some(value) => {}
            _ => return Err(differs(claim)),
        }
    }
    if kind == Kind::Presentation {
        return Ok(());
    }
    for (claim, member) in [("nbf", "issuanceDate"), ("exp", "expirationDate")] {
        let Some(moment) = claims.moment(claim)? else { continue };
        let found = body.entry(member).or_insert_with(|| moment.as_str().into());
        if found.as_str().and_then(|text| text.parse().ok()).map(|found: Timestamp| found.unix()) != Some(moment.unix()) {
            return Err(differs(claim));
        }
    }
    match claims.text("sub")? {
        Some(subject) if !fill_subject(body, subject) => Err(differs("sub")),
        _ => Ok(()),
    }
}

/// Names the subject `id`; false when the subjects are others.
fn fill_subject(body: &mut Map<String, Value>, id: &str) -> bool {
    let subjects = match body.get_mut("credentialSubject") {
        Some(Value::Array(subjects)) => subjects.as_mut_slice(),
        Some(one) => std::slice::from_mut(one),
        None => return false,
    };
    if let [Value::Object(only)] = subjects {
        return only.entry("id").or_insert_with(|| id.into()) == id;
    }
    subjects.iter().any(|subject| identifier(subject) == Some(id))
}

/// The first context, which says the version of the data model.
pub(super) fn first_context(body: &Map<String, Value>) -> Option<&str> {
    match body.get("@context")? {
        Value::Array(contexts) => contexts.first()?.as_str(),
        one => one.as_str(),
    }
}

#[cfg(test)]
mod tests {
    use crate::error::Result;
    use crate::key::{KeyAlgorithm, SecretKey};
    use crate::securing::linked_data::Contexts;
    use crate::securing::{Kind, Mechanism, Secured, jws};
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn key() -> SecretKey {
        SecretKey::from_bytes(KeyAlgorithm::P256, &[5; 32]).expect("a scalar in range")
    }

    fn sign(header: &Value, payload: &Value) -> String {
        let input = jws::signing_input(header, &payload.to_string());
        let signature = key().sign(&input);
        jws::finish(input, &signature)
    }

    fn credential() -> Value {
        json!({
            "iss": "did:web:uni.example", "sub": "did:example:ana", "jti": "urn:uuid:1", "nbf": 1_577_836_800, "exp": 1_893_456_000,
            "vc": {
                "@context": ["https://www.w3.org/2018/credentials/v1"],
                "type": ["VerifiableCredential"],
                "credentialSubject": { "degree": "MD" },
            },
        })
    }

    fn read(payload: &Value) -> Result<Secured> {
        Secured::read(&sign(&json!({ "alg": "ES256", "typ": "JWT" }), payload))
    }

    fn with(change: impl FnOnce(&mut Value)) -> Result<Secured> {
        let mut payload = credential();
        change(&mut payload);
        read(&payload)
    }

    #[test]
    fn claims_become_members_of_the_credential() {
        let secured = with(|_| {}).expect("a credential");
        let proof = &secured.proofs()[0];
        assert_eq!((proof.mechanism, proof.method.as_str()), (Mechanism::Jwt, "did:web:uni.example"));
        assert_eq!((&proof.not_before, &proof.expires), (&None, &None));
        let credential = secured.credential().expect("its structure is that of VC DM 1.1");
        assert_eq!(
            Value::Object(credential.json().clone()),
            json!({
                "@context": ["https://www.w3.org/2018/credentials/v1"],
                "type": ["VerifiableCredential"],
                "credentialSubject": { "degree": "MD", "id": "did:example:ana" },
                "issuer": "did:web:uni.example",
                "id": "urn:uuid:1",
                "issuanceDate": "2020-01-01T00:00:00Z",
                "expirationDate": "2030-01-01T00:00:00Z",
            })
        );
        assert_eq!(secured.check_signature(0, &key().public_key(), &Contexts::bundled()), Ok(()));
    }

    #[test]
    fn members_that_say_the_same_are_kept() {
        let secured = with(|payload| {
            payload["vc"]["issuer"] = json!({ "id": "did:web:uni.example", "name": "Universidad" });
            payload["vc"]["issuanceDate"] = json!("2019-12-31T21:00:00.500-03:00");
            payload["vc"]["credentialSubject"]["id"] = json!("did:example:ana");
        });
        let secured = secured.expect("a credential");
        assert_eq!(secured.body()["issuer"]["name"], "Universidad");
        assert_eq!(secured.body()["issuanceDate"], "2019-12-31T21:00:00.500-03:00");
        let nameless = with(|payload| payload["vc"]["issuer"] = json!({ "name": "Universidad" })).expect("a credential");
        assert_eq!(nameless.body()["issuer"]["id"], "did:web:uni.example");
    }

    #[test]
    fn claim_that_differs_from_its_member_is_refused() {
        for (member, value) in [
            ("issuer", json!("did:web:other.example")),
            ("issuer", json!({ "id": "did:web:other.example" })),
            ("id", json!("urn:uuid:2")),
            ("issuanceDate", json!("2020-01-01T00:00:01Z")),
            ("expirationDate", json!("2031-01-01T00:00:00Z")),
            ("credentialSubject", json!({ "id": "did:example:other" })),
            ("credentialSubject", json!([{ "id": "did:example:other" }, { "id": "did:example:third" }])),
        ] {
            assert!(with(|payload| payload["vc"][member] = value.clone()).is_err(), "{member} {value}");
        }
    }

    #[test]
    fn document_of_another_version_kind_or_shape_is_refused() {
        let v2 = json!(["https://www.w3.org/ns/credentials/v2"]);
        assert!(with(|payload| payload["vc"]["@context"] = v2).is_err());
        assert!(with(|payload| payload["vc"]["type"] = json!(["VerifiablePresentation"])).is_err());
        assert!(with(|payload| payload["vc"] = json!("eyJ")).is_err());
        assert!(with(|payload| payload["vp"] = payload["vc"].clone()).is_err());
        assert!(with(|payload| payload["iss"] = json!(7)).is_err());
        for typ in ["vc+jwt", "statuslist+jwt", "dpop+jwt"] {
            assert!(Secured::read(&sign(&json!({ "alg": "ES256", "typ": typ }), &credential())).is_err(), "{typ}");
        }
    }

    #[test]
    fn presentation_holds_tokens_as_they_are() {
        let token = sign(&json!({ "alg": "ES256", "typ": "JWT" }), &credential());
        let vp = json!({
            "@context": ["https://www.w3.org/2018/credentials/v1"],
            "type": ["VerifiablePresentation"],
            "verifiableCredential": [token],
        });
        let payload =
            json!({ "iss": "did:example:ana", "aud": "did:web:v.example", "nonce": "n1", "exp": 1_900_000_000, "vp": vp });
        let secured = read(&payload).expect("a presentation");
        let proof = &secured.proofs()[0];
        assert_eq!((secured.kind(), &secured.body()["holder"]), (Kind::Presentation, &json!("did:example:ana")));
        assert_eq!((proof.nonce.as_deref(), &proof.audience[..]), (Some("n1"), &["did:web:v.example".to_owned()][..]));
        assert_eq!(proof.expires.as_ref().map(|at| at.unix()), Some(1_900_000_000));
        let nested = secured.nested().expect("one credential").remove(0).expect("a token");
        assert_eq!(nested.body()["id"], "urn:uuid:1");
        assert_eq!(nested.text(), token);
        let differing = json!({ "iss": "did:example:other", "vp": { "holder": "did:example:ana", "@context": vp["@context"], "type": vp["type"] } });
        assert!(read(&differing).is_err());
    }

    proptest! {
        #[test]
        fn any_claim_and_member_of_any_shape_is_read_or_refused(
            name in "(iss|sub|jti|nbf|exp|iat|aud|vc|vp|nonce)",
            member in "(@context|type|issuer|id|issuanceDate|expirationDate|credentialSubject)",
            text in "[\\[\\]{}\":,0-9a-e.]{0,30}",
        ) {
            if let Ok(value) = crate::json::read("test", &text) {
                let _ = with(|payload| payload[&name] = value.clone()).map(|secured| secured.credential());
                let _ = with(|payload| payload["vc"][&member] = value).map(|secured| secured.credential());
            }
        }
    }
}
