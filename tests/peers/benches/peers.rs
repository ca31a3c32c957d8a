//! Crates that do the same work, on the same diploma and claims as the benches of wallet-core; `tests/bench` runs both.

use std::hint::black_box;
use std::time::Duration;

use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD, Engine as _};
use criterion::{Criterion, criterion_group, criterion_main};
use identity_core::common::Object;
use identity_core::convert::FromJson as _;
use identity_credential::credential::Jwt;
use identity_credential::validator::JwtCredentialValidator;
use identity_document::document::CoreDocument;
use identity_document::verifiable::JwsVerificationOptions;
use identity_eddsa_verifier::EdDSAJwsVerifier;
use jsonwebtoken::{DecodingKey, EncodingKey};
use sd_jwt_rs::{ClaimsForSelectiveDisclosureStrategy, SDJWTHolder, SDJWTIssuer, SDJWTSerializationFormat, SDJWTVerifier};
use serde_json::{Map, Value, json};
use ssi::claims::SignatureEnvironment;
use ssi::claims::data_integrity::{AnyDataIntegrity, AnySuite, CryptographicSuite as _, ProofOptions};
use ssi::claims::vc::v2::SpecializedJsonCredential;
use ssi::dids::{DIDKey, DIDResolver as _};
use ssi::json_ld::ContextLoader;
use ssi::prelude::{JWK, JwsPayload as _, SingleSecretSigner, VerificationParameters};
use wallet_core::key::{KeyAlgorithm, SecretKey};

const DIPLOMA: &str = include_str!("../../../wallet-core/benches/diploma.json");
const CLAIMS: &str = include_str!("../../../wallet-core/benches/claims.json");

/// The key of the benches of wallet-core.
fn key(algorithm: KeyAlgorithm) -> SecretKey {
    SecretKey::from_bytes(algorithm, &[7; 32]).expect("a scalar in range")
}

fn private_jwk(key: &SecretKey) -> Value {
    let mut jwk = key.public_key().to_jwk();
    jwk["d"] = BASE64_URL_SAFE_NO_PAD.encode(key.expose()).into();
    jwk
}

fn diploma(issuer: &str) -> Value {
    let mut diploma: Value = serde_json::from_str(DIPLOMA).expect("JSON");
    diploma["issuer"]["id"] = issuer.into();
    // It would fetch the list.
    diploma.as_object_mut().expect("an object").remove("credentialStatus");
    diploma
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime")
}

/// Data Integrity and JWT by `ssi`.
fn ssi(c: &mut Criterion) {
    let runtime = runtime();
    let jwk: JWK = serde_json::from_value(private_jwk(&key(KeyAlgorithm::Ed25519))).expect("a JWK");
    let method = DIDKey::generate_url(&jwk).expect("a did:key");
    let (resolver, signer) = (DIDKey.into_vm_resolver(), SingleSecretSigner::new(jwk.clone()).into_local());
    let badge = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json".to_owned();
    let contexts = [(badge, include_str!("../../../wallet-core/contexts/open-badges-3.0.3.json").to_owned())];
    let loader = ContextLoader::default().with_context_map_from(contexts.into()).expect("a context");
    let parameters = VerificationParameters::from_resolver(&resolver).with_json_ld_loader(&loader);
    let credential: SpecializedJsonCredential = serde_json::from_value(diploma(method.did().as_str())).expect("a credential");
    let sign = || async {
        let options = ProofOptions::from_method(method.clone().into_iri().into());
        let environment = SignatureEnvironment { json_ld_loader: &loader, eip712_loader: () };
        let suite = AnySuite::EdDsaRdfc2022;
        suite.sign_with(environment, credential.clone(), &resolver, &signer, options, Default::default()).await.expect("signed")
    };
    c.bench_function("ssi eddsa-rdfc-2022 issue", |b| b.iter(|| runtime.block_on(sign())));
    let text = serde_json::to_string(&runtime.block_on(sign())).expect("JSON");
    c.bench_function("ssi eddsa-rdfc-2022 verify", |b| {
        b.iter(|| {
            let read: AnyDataIntegrity<SpecializedJsonCredential> = serde_json::from_str(black_box(&text)).expect("a credential");
            runtime.block_on(read.verify(&parameters)).expect("it could be checked").expect("it is good");
        });
    });
    let mut signer = jwk.clone();
    signer.key_id = Some(method.to_string());
    let payload = diploma(method.did().as_str()).to_string();
    let sign = || async { payload.as_str().sign(&signer).await.expect("signed") };
    c.bench_function("ssi jwt issue", |b| b.iter(|| runtime.block_on(sign())));
    let token = runtime.block_on(sign()).to_string();
    let public = jwk.to_public();
    c.bench_function("ssi jwt verify", |b| {
        b.iter(|| ssi::claims::jws::decode_verify(black_box(&token), &public).expect("it is good"))
    });
}

/// JWT by IOTA's `identity_credential`, which reads VC DM 1.1.
fn identity(c: &mut Criterion) {
    let key = key(KeyAlgorithm::Ed25519);
    let did = "did:example:universidad";
    let payload = json!({
        "iss": did, "nbf": 1_772_366_400, "sub": "did:example:ana", "jti": "urn:uuid:6f1d3c1e-6a55-4c83-9d57-0d3a2a1e8a11",
        "vc": {
            "@context": ["https://www.w3.org/2018/credentials/v1"],
            "type": ["VerifiableCredential"],
            "credentialSubject": { "achievement": diploma(did)["credentialSubject"]["achievement"].clone() },
        },
    });
    let header = json!({ "alg": "EdDSA", "typ": "JWT", "kid": format!("{did}#key-1") });
    let encode = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    let input = format!("{}.{}", encode(&header), encode(&payload));
    let token = Jwt::new(format!("{input}.{}", BASE64_URL_SAFE_NO_PAD.encode(key.sign(input.as_bytes()))));
    let document = json!({
        "id": did,
        "verificationMethod": [{
            "id": format!("{did}#key-1"), "controller": did, "type": "JsonWebKey2020", "publicKeyJwk": key.public_key().to_jwk(),
        }],
    });
    let issuer = [CoreDocument::from_json_value(document).expect("a DID document")];
    let validator = JwtCredentialValidator::with_signature_verifier(EdDSAJwsVerifier::default());
    c.bench_function("identity_credential jwt verify", |b| {
        b.iter(|| {
            let options = JwsVerificationOptions::default();
            validator.verify_signature::<_, Object>(black_box(&token), &issuer, &options).expect("it is good");
        });
    });
}

/// SD-JWT by `sd-jwt-rs`: eight claims that may be left out, three of them shown.
fn sd_jwt_rs(c: &mut Criterion) {
    let key = key(KeyAlgorithm::P256);
    let der = pkcs8(&key);
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", BASE64_STANDARD.encode(der));
    let jwk = key.public_key().to_jwk();
    let (x, y) = (jwk["x"].as_str().expect("x").to_owned(), jwk["y"].as_str().expect("y").to_owned());
    let claims: Value = serde_json::from_str(CLAIMS).expect("JSON");
    let hidden: Vec<String> = claims.as_object().expect("an object").keys().skip(4).map(|name| format!("$.{name}")).collect();
    let issue = || {
        let mut issuer = SDJWTIssuer::new(EncodingKey::from_ec_pem(pem.as_bytes()).expect("a key"), None);
        let strategy = ClaimsForSelectiveDisclosureStrategy::Custom(hidden.iter().map(String::as_str).collect());
        issuer.issue_sd_jwt(claims.clone(), strategy, None, false, SDJWTSerializationFormat::Compact).expect("issued")
    };
    c.bench_function("sd-jwt-rs issue", |b| b.iter(issue));
    let text = issue();
    let shown: Map<String, Value> =
        ["given_name", "family_name", "birthdate"].into_iter().map(|name| (name.to_owned(), true.into())).collect();
    let present = || {
        let mut holder = SDJWTHolder::new(text.clone(), SDJWTSerializationFormat::Compact).expect("an SD-JWT");
        holder.create_presentation(shown.clone(), None, None, None, None).expect("a presentation")
    };
    c.bench_function("sd-jwt-rs present", |b| b.iter(present));
    let presentation = present();
    c.bench_function("sd-jwt-rs verify", |b| {
        b.iter(|| {
            let (x, y) = (x.clone(), y.clone());
            let resolve =
                Box::new(move |_: &str, _: &jsonwebtoken::Header| DecodingKey::from_ec_components(&x, &y).expect("a key"));
            SDJWTVerifier::new(black_box(presentation.clone()), resolve, None, None, SDJWTSerializationFormat::Compact)
                .expect("it is good");
        });
    });
}

/// PKCS #8 around a P-256 scalar and its point (RFC 5958, RFC 5915).
fn pkcs8(key: &SecretKey) -> Vec<u8> {
    let algorithm = [0x30, 0x13, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];
    let inner = [&[0x30, 0x6b, 2, 1, 1, 4, 0x20], key.expose(), &[0xa1, 0x44, 3, 0x42, 0], &key.public_key().to_uncompressed()];
    let inner = inner.concat();
    [&[0x30, 0x81, 0x87, 2, 1, 0], &algorithm[..], &[4, 0x6d], &inner].concat()
}

criterion_group! {
    name = peers;
    config = Criterion::default().sample_size(30).warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(2));
    targets = ssi, identity, sd_jwt_rs
}
criterion_main!(peers);
