//! Credentials and presentations of both profiles, through `Secured`.

use super::{SysRng, UnwrapErr, at, holder, issuer, object, pointers};
use crate::credential::{CredentialFault, ModelVersion};
use crate::did::VerificationRelationship;
use crate::error::WalletError;
use crate::securing::linked_data::Contexts;
use crate::securing::sd_jwt::{BindingFault, Profile};
use crate::securing::{Disclosure, Kind, Mechanism, ProofOptions, Secured, SignatureFault, prepare_disclosable};
use serde_json::{Map, Value, json};

const NOW: &str = "2026-03-01T12:00:00Z";
const METHOD: &str = "did:web:universidad.example#key-1";

fn sign(document: Value, mechanism: Mechanism, disclosure: Disclosure) -> Result<Secured, WalletError> {
    let purpose = Kind::of(&object(document.clone())).map_or(VerificationRelationship::AssertionMethod, Kind::relationship);
    let options =
        ProofOptions { disclosure, ..ProofOptions::new(mechanism, METHOD.parse().expect("a DID URL"), purpose, at(NOW)) };
    let key = issuer().public_key();
    let unsigned = prepare_disclosable(object(document), &options, &key, &Contexts::bundled(), &mut UnwrapErr(SysRng))?;
    let signature = issuer().sign(unsigned.message());
    unsigned.finish(&signature)
}

fn only(concealed: &[&str]) -> Disclosure {
    Disclosure::Only { pointers: pointers(concealed), decoys: 2, holder: Some(holder().public_key()) }
}

fn diploma() -> Value {
    json!({
        "@context": ["https://www.w3.org/ns/credentials/v2", { "degrees": "https://universidad.example/v#degrees" }],
        "id": "urn:uuid:4d9a5c1c-9a3d-4a8e-9d8d-6b9ae4a4a7aa",
        "type": ["VerifiableCredential"],
        "issuer": "did:web:universidad.example",
        "credentialSubject": { "id": "did:example:alumna", "name": "Ñusta", "degrees": ["MD", "PhD"] },
    })
}

fn pid() -> Value {
    json!({ "vct": "urn:eudi:pid:1", "given_name": "Erika", "address": { "locality": "Köln", "country": "DE" }, "age": 42 })
}

#[test]
fn w3c_credential_keeps_its_body_and_its_claims_can_be_left_out() {
    let concealed = ["/credentialSubject/name", "/credentialSubject/degrees/0", "/id"];
    let secured = sign(diploma(), Mechanism::SdJwt, only(&concealed)).expect("a credential");
    assert_eq!((secured.kind(), Value::Object(secured.body().clone())), (Kind::Credential, diploma()));
    let proof = &secured.proofs()[0];
    assert_eq!((proof.mechanism, proof.method.as_str(), &proof.created), (Mechanism::SdJwt, METHOD, &Some(at(NOW))));
    let token = secured.sd_jwt().expect("an SD-JWT");
    assert_eq!(
        (token.profile(), &token.header()["typ"], &token.header()["cty"]),
        (Profile::W3c, &json!("vc+sd-jwt"), &json!("vc"))
    );
    let contexts = Contexts::bundled();
    assert_eq!(secured.check_signature(0, &issuer().public_key(), &contexts), Ok(()));
    assert!(secured.check_signature(1, &issuer().public_key(), &contexts).is_err());
    assert!(secured.credential().is_ok());

    let shown = secured.disclose(&pointers(&["/credentialSubject/name"]), &contexts, &mut UnwrapErr(SysRng)).expect("a claim");
    assert_eq!(shown.body()["credentialSubject"], json!({ "id": "did:example:alumna", "name": "Ñusta", "degrees": ["PhD"] }));
    assert!(!shown.body().contains_key("id"));
    assert_eq!(shown.check_signature(0, &issuer().public_key(), &contexts), Ok(()));
    assert_eq!(shown.disclosable(), pointers(&["/credentialSubject/name"]));
    assert_eq!(shown.holder_key(), Some(holder().public_key()));
}

#[test]
fn what_verifies_a_w3c_credential_is_never_concealed() {
    for pointer in ["/@context", "/@context/0", "/type", "/issuer", "/credentialStatus", "/credentialSchema/0"] {
        let mut document = diploma();
        document["credentialStatus"] = json!({ "type": "BitstringStatusListEntry" });
        document["credentialSchema"] = json!([{ "type": "JsonSchema", "id": "https://example.org/1" }]);
        let refused = sign(document, Mechanism::SdJwt, only(&[pointer]));
        assert!(matches!(refused, Err(WalletError::Misused { .. })), "{pointer}");
    }
}

#[test]
fn w3c_presentation_holds_enveloped_sd_jwts() {
    let credential = sign(diploma(), Mechanism::SdJwt, only(&["/credentialSubject/name"])).expect("a credential");
    let envelope = credential.to_value();
    assert!(envelope["id"].as_str().expect("a URL").starts_with("data:application/vc+sd-jwt,ey"));
    let document = json!({
        "@context": ["https://www.w3.org/ns/credentials/v2"], "type": "VerifiablePresentation", "verifiableCredential": [envelope],
    });
    let presentation = sign(document, Mechanism::SdJwt, Disclosure::Whole).expect("a presentation");
    assert_eq!(presentation.kind(), Kind::Presentation);
    assert_eq!(presentation.sd_jwt().expect("an SD-JWT").header()["typ"], "vp+sd-jwt");
    let nested = presentation.nested().expect("few credentials").remove(0).expect("an enveloped credential");
    assert_eq!(nested.body(), credential.body());
    assert_eq!(Secured::read(&presentation.to_value().to_string()).expect("an envelope").body(), presentation.body());
    let mut lying = credential.to_value();
    lying["id"] = lying["id"].as_str().expect("a URL").replace("vc+sd-jwt", "vc+jwt").into();
    assert!(Secured::read(&lying.to_string()).is_err());
}

#[test]
fn sd_jwt_vc_is_a_credential_of_its_own_model() {
    let secured = sign(pid(), Mechanism::SdJwtVc, only(&["/given_name", "/address", "/address/country", "/age"])).expect("a PID");
    let credential = secured.credential().expect("an SD-JWT VC");
    assert_eq!((credential.version(), credential.types()), (ModelVersion::SdJwtVc, vec!["urn:eudi:pid:1"]));
    assert_eq!(credential.issuer(), "did:web:universidad.example");
    let proof = &secured.proofs()[0];
    assert_eq!((proof.mechanism, proof.method.as_str()), (Mechanism::SdJwtVc, METHOD));
    assert_eq!(secured.sd_jwt().expect("an SD-JWT").header()["typ"], "dc+sd-jwt");
    assert_eq!(secured.body()["cnf"]["jwk"], holder().public_key().to_jwk());
    assert!(secured.to_value().is_string());
    for (name, value) in [("nonce", json!("n")), ("iss", json!("did:web:another.example"))] {
        let mut claims = pid();
        claims[name] = value;
        let refused = sign(claims, Mechanism::SdJwtVc, Disclosure::Whole);
        assert_eq!(refused.is_err(), name == "iss", "{name}");
    }
    let mut without = object(pid());
    without.shift_remove("vct");
    assert!(sign(Value::Object(without), Mechanism::SdJwtVc, Disclosure::Whole).is_err());
}

#[test]
fn holder_presents_an_sd_jwt_vc_to_one_verifier() {
    let secured = sign(pid(), Mechanism::SdJwtVc, only(&["/given_name", "/age"])).expect("a PID");
    let contexts = Contexts::bundled();
    let shown = secured.disclose(&pointers(&["/age"]), &contexts, &mut UnwrapErr(SysRng)).expect("a claim");
    assert_eq!(shown.check_binding(&at(NOW)), Err(BindingFault::Missing));
    let unsigned = shown.bind("n-1", "verifier", &holder().public_key(), &at(NOW)).expect("the holder's key");
    let signature = holder().sign(unsigned.message());
    let presented = unsigned.finish(&signature).expect("a signature of the right length");
    assert_eq!(presented.binding().map(|binding| (binding.nonce(), binding.audience())), Some(("n-1", "verifier")));
    assert!(presented.check_binding(&at(NOW)).is_ok());
    assert_eq!(presented.body(), shown.body());
    assert!(shown.bind("n-1", "verifier", &issuer().public_key(), &at(NOW)).is_err());
}

#[test]
fn altered_disclosure_is_a_fault_of_the_credential_and_of_the_signature() {
    for mechanism in [Mechanism::SdJwt, Mechanism::SdJwtVc] {
        let (document, pointer) =
            if mechanism == Mechanism::SdJwt { (diploma(), "/credentialSubject/name") } else { (pid(), "/age") };
        let secured = sign(document, mechanism, only(&[pointer])).expect("a credential");
        let mut parts: Vec<&str> = secured.text().split('~').collect();
        parts[1] = "WyJzYWx0IiwibmFtZSIsIkV2YSJd";
        let altered = Secured::read(&parts.join("~")).expect("it can be read");
        let Err(faults) = altered.credential() else { panic!("it is altered") };
        assert!(matches!(faults[..], [CredentialFault::Disclosures { .. }]));
        let signature = altered.check_signature(0, &issuer().public_key(), &Contexts::bundled());
        assert!(matches!(signature, Err(SignatureFault::Malformed { .. })));
        assert_eq!(*altered.body(), Map::new());
    }
}

/// A token that says it is of this type, over these claims.
fn typed(typ: Value, claims: Value) -> Result<Secured, WalletError> {
    let mut header = object(json!({ "kid": METHOD }));
    if !typ.is_null() {
        header.insert("typ".to_owned(), typ);
    }
    let key = issuer().public_key();
    let unsigned = super::prepare(header, object(claims), &Disclosure::Whole, &key, &mut UnwrapErr(SysRng)).expect("claims");
    let signature = issuer().sign(unsigned.message());
    Secured::read(unsigned.finish(&signature).expect("a signature of the right length").text())
}

#[test]
fn type_of_the_token_decides_what_it_is() {
    let mechanism = |secured: Result<Secured, WalletError>| secured.map(|secured| secured.proofs()[0].mechanism).ok();
    assert_eq!(mechanism(typed(json!("dc+sd-jwt"), pid())), Some(Mechanism::SdJwtVc));
    assert_eq!(mechanism(typed(json!("application/dc+sd-jwt"), pid())), Some(Mechanism::SdJwtVc));
    assert_eq!(mechanism(typed(json!("vc+sd-jwt"), pid())), Some(Mechanism::SdJwtVc));
    assert_eq!(mechanism(typed(json!("vc+sd-jwt"), diploma())), Some(Mechanism::SdJwt));
    assert_eq!(mechanism(typed(Value::Null, diploma())), Some(Mechanism::SdJwt));
    for (typ, claims) in [
        (json!("vp+sd-jwt"), diploma()),
        (json!("example+sd-jwt"), pid()),
        (json!("vc+jwt"), diploma()),
        (Value::Null, pid()),
        (json!(7), pid()),
    ] {
        assert!(matches!(typed(typ.clone(), claims), Err(WalletError::Unsupported { .. })), "{typ}");
    }
    let mut both = diploma();
    both["vct"] = json!("urn:example:1");
    assert_eq!(mechanism(typed(json!("vc+sd-jwt"), both)), Some(Mechanism::SdJwt));
}

#[test]
fn key_of_an_sd_jwt_vc_is_named_by_its_issuer() {
    let method = |kid: Value, issuer: Value| {
        let mut claims = pid();
        if !issuer.is_null() {
            claims["iss"] = issuer;
        }
        let mut header = object(json!({ "typ": "dc+sd-jwt" }));
        if !kid.is_null() {
            header.insert("kid".to_owned(), kid);
        }
        let key = super::issuer().public_key();
        let unsigned = super::prepare(header, object(claims), &Disclosure::Whole, &key, &mut UnwrapErr(SysRng)).expect("claims");
        let secured = Secured::read(unsigned.finish(&[7; 64]).expect("any signature").text());
        secured.map(|secured| secured.proofs()[0].method.clone()).ok()
    };
    let did = json!("did:web:a.example");
    assert_eq!(method(json!("#key-1"), did.clone()).as_deref(), Some("did:web:a.example#key-1"));
    assert_eq!(method(json!("did:web:a.example#key-1"), did.clone()).as_deref(), Some("did:web:a.example#key-1"));
    assert_eq!(method(Value::Null, did).as_deref(), Some("did:web:a.example"));
    assert_eq!(method(json!("doc-signer"), json!("https://a.example")).as_deref(), Some("doc-signer"));
    assert_eq!(method(json!(7), json!("https://a.example")), None);
}
