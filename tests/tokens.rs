//! Credentials and presentations in tokens, judged: which key a token means, what it may carry, and what stands inside what.

// Each test uses its part of the world.
#[path = "support/world.rs"]
mod world;

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use serde_json::{Map, Value, json};
use wallet_core::did::VerificationRelationship;
use wallet_core::key::KeyAlgorithm;
use wallet_core::securing::{Kind, Mechanism, Secured};
use wallet_core::verification::{Gap, Known, Presenter, Reason, Verdict, Warning};
use world::{AUDIENCE, NONCE, Party, World, at, object, presentation};

/// A token with this header over this payload, by the party's key whatever the header says.
fn token(party: &Party, header: Value, payload: &Map<String, Value>) -> String {
    let encode = |text: String| BASE64_URL_SAFE_NO_PAD.encode(text);
    let input = format!("{}.{}", encode(header.to_string()), encode(Value::Object(payload.clone()).to_string()));
    format!("{input}.{}", BASE64_URL_SAFE_NO_PAD.encode(party.key.sign(input.as_bytes())))
}

/// The diploma as a token by the university, with its header changed.
fn diploma(world: &World, change: impl FnOnce(&mut Value)) -> Secured {
    let mut header = json!({ "alg": "EdDSA", "typ": "vc+jwt", "cty": "vc", "kid": world.university.method() });
    change(&mut header);
    Secured::read(&token(&world.university, header, &world.diploma)).expect("a token")
}

fn without_kid(header: &mut Value) {
    header.as_object_mut().expect("an object").remove("kid");
}

fn accepts(verdict: &Verdict) -> Vec<Warning> {
    let verified = verdict.verified().unwrap_or_else(|| panic!("{verdict:#?}"));
    verified.warnings().iter().map(|finding| finding.what.clone()).collect()
}

#[track_caller]
fn rejects_only(verdict: &Verdict, expected: impl Fn(&Reason) -> bool) {
    assert_eq!((verdict.reasons().len(), verdict.gaps().len()), (1, 0), "{verdict:#?}");
    assert!(expected(&verdict.reasons()[0].what), "{verdict:#?}");
}

#[track_caller]
fn leaves_open(verdict: &Verdict, expected: impl Fn(&Gap) -> bool) {
    assert_eq!((verdict.reasons().len(), verdict.gaps().len()), (0, 1), "{verdict:#?}");
    assert!(expected(&verdict.gaps()[0].what), "{verdict:#?}");
}

#[test]
fn token_without_kid_is_by_its_issuers_only_key() {
    let mut world = World::new();
    let nameless = diploma(&world, without_kid);
    accepts(&world.verify(&world.present(&nameless)));
    let did = world.university.did.clone();
    let second = Party::new(did.as_str(), KeyAlgorithm::Ed25519, 9).key.public_key();
    world.registry_says(&did, |resolution| {
        let mut method = resolution.document.verification_methods[0].clone();
        method.id = did.with_fragment("delegate-2").expect("a DID URL");
        method.key = Some(second);
        resolution.document.verification_methods.push(method);
    });
    leaves_open(&world.verify(&world.present(&nameless)), |gap| matches!(gap, Gap::Unsupported { .. }));
    // A key that may not issue is none of those that could be meant.
    world.registry_says(&did, |resolution| {
        resolution.document.verification_methods[1].relationships = vec![VerificationRelationship::Authentication];
    });
    accepts(&world.verify(&world.present(&nameless)));
}

#[test]
fn token_without_kid_by_another_is_rejected() {
    let world = World::new();
    let mallory = Party::new(world.university.did.as_str(), KeyAlgorithm::Ed25519, 66);
    let forged = token(&mallory, json!({ "alg": "EdDSA", "typ": "vc+jwt" }), &world.diploma);
    let forged = Secured::read(&forged).expect("a token");
    rejects_only(&world.verify(&world.present(&forged)), |reason| *reason == Reason::BadSignature);
}

#[test]
fn kid_may_be_the_thumbprint_of_a_key_of_the_issuers() {
    let world = World::new();
    let thumbprint = world.university.key.public_key().thumbprint();
    for kid in
        [thumbprint.clone(), format!("urn:ietf:params:oauth:jwk-thumbprint:sha-256:{thumbprint}"), format!("#{thumbprint}")]
    {
        let secured = diploma(&world, |header| header["kid"] = kid.clone().into());
        accepts(&world.verify(&world.present(&secured)));
    }
    let other = Party::holder(KeyAlgorithm::Ed25519, 66).key.public_key().thumbprint();
    let secured = diploma(&world, |header| header["kid"] = other.into());
    rejects_only(&world.verify(&world.present(&secured)), |reason| matches!(reason, Reason::KeyNotInDocument { .. }));
}

#[test]
fn kid_may_be_the_one_in_the_issuers_jwk() {
    let mut world = World::new();
    let did = world.university.did.clone();
    let mut jwk = world.university.key.public_key().to_jwk();
    jwk["kid"] = "firma-2026".into();
    world.registry_says(&did, |resolution| {
        let method = &mut resolution.document.verification_methods[0];
        (method.kind, method.material) = ("JsonWebKey".to_owned(), object(json!({ "publicKeyJwk": jwk })));
    });
    accepts(&world.verify(&world.present(&diploma(&world, |header| header["kid"] = "firma-2026".into()))));
}

#[test]
fn key_in_the_header_is_no_source_of_trust() {
    let mut world = World::new();
    world.expected.presenter = Presenter::Anyone;
    let mallory = Party::new(world.university.did.as_str(), KeyAlgorithm::Ed25519, 66);
    let jwk = mallory.key.public_key().to_jwk();
    for (name, value) in [
        ("jwk", jwk),
        ("x5c", json!(["MIIB"])),
        ("jku", json!("https://evil.example/jwks.json")),
        ("x5u", json!("https://evil.example/cert.pem")),
    ] {
        let header = json!({ "alg": "EdDSA", "typ": "vc+jwt", "kid": world.university.method(), name: value });
        let forged = Secured::read(&token(&mallory, header, &world.diploma)).expect("a token");
        rejects_only(&world.verify(&forged), |reason| *reason == Reason::BadSignature);
        // What is not looked at does no harm either.
        let harmless = diploma(&world, |header| header[name] = value.clone());
        accepts(&world.verify(&harmless));
    }
}

#[test]
fn issuer_in_the_header_must_be_the_documents() {
    let world = World::new();
    let same = diploma(&world, |header| header["iss"] = world.university.did.as_str().into());
    accepts(&world.verify(&world.present(&same)));
    let header = json!({ "alg": "EdDSA", "iss": "did:web:other.example", "kid": world.university.method() });
    assert!(Secured::read(&token(&world.university, header.clone(), &world.diploma)).is_err());
    let mut twice = world.diploma.clone();
    twice.insert("iss".to_owned(), world.university.did.as_str().into());
    assert!(Secured::read(&token(&world.university, header, &twice)).is_err());
}

#[test]
fn types_are_read_in_any_case_and_with_parameters() {
    let world = World::new();
    for (typ, cty) in
        [("VC+JWT", "VC"), ("application/vc+jwt", "application/vc"), ("Application/Vc+Jwt; charset=utf-8", "vc;profile=x")]
    {
        let secured = diploma(&world, |header| (header["typ"], header["cty"]) = (typ.into(), cty.into()));
        accepts(&world.verify(&world.present(&secured)));
    }
}

#[test]
fn key_at_an_address_of_the_web_is_neither_good_nor_bad() {
    let mut world = World::new();
    world.expected.presenter = Presenter::Anyone;
    world.expected.issuers = wallet_core::verification::Issuers::Any;
    world.diploma.remove("credentialStatus");
    world.diploma["issuer"] = json!("https://uni.example/issuers/1");
    let secured = diploma(&world, |header| header["kid"] = "https://uni.example/issuers/1#key-1".into());
    leaves_open(&world.verify(&secured), |gap| matches!(gap, Gap::Unsupported { .. }));
    let elsewhere = diploma(&world, |header| header["kid"] = "https://evil.example/issuers/1#key-1".into());
    let verdict = world.verify(&elsewhere);
    assert!(matches!(verdict.reasons()[0].what, Reason::SignerMismatch { .. }), "{verdict:#?}");
}

#[test]
fn claim_that_no_context_defines_is_told() {
    let mut world = World::new();
    world.diploma["credentialSubject"]["apodo"] = "Luchi".into();
    for mechanism in [Mechanism::Jwt, Mechanism::Cose] {
        let secured = world.issue_with(|options| options.mechanism = mechanism);
        let warnings = accepts(&world.verify(&world.present(&secured)));
        assert_eq!(warnings, [Warning::TermNotDefined { term: "apodo".to_owned() }]);
    }
    world.diploma["@context"].as_array_mut().expect("a list").push("https://uni.example/nobody-has-this".into());
    let secured = world.issue_with(|options| options.mechanism = Mechanism::Jwt);
    let url = "https://uni.example/nobody-has-this".to_owned();
    assert_eq!(accepts(&world.verify(&world.present(&secured))), [Warning::ContextNotAtHand { url }]);
}

#[test]
fn credential_bound_to_a_key_is_presented_by_that_key() {
    let mut world = World::new();
    world.diploma["credentialSubject"].as_object_mut().expect("an object").remove("id");
    let bound = |world: &World, cnf: Value| {
        let mut payload = world.diploma.clone();
        payload.insert("cnf".to_owned(), cnf);
        let header = json!({ "alg": "EdDSA", "typ": "vc+jwt", "kid": world.university.method() });
        world.present(&Secured::read(&token(&world.university, header, &payload)).expect("a token"))
    };
    let key = world.graduate.key.public_key();
    for cnf in [json!({ "jwk": key.to_jwk() }), json!({ "jkt": key.thumbprint() }), json!({ "kid": world.graduate.method() })] {
        accepts(&world.verify(&bound(&world, cnf)));
    }
    let other = Party::holder(KeyAlgorithm::P256, 66);
    for cnf in [json!({ "jwk": other.key.public_key().to_jwk() }), json!({ "kid": other.method() }), json!({}), json!("x")] {
        rejects_only(&world.verify(&bound(&world, cnf)), |reason| matches!(reason, Reason::HolderNotSubject { .. }));
    }
    // Without a cnf it is the subject that presents, and this credential names none.
    let nobody = world.present(&diploma(&world, |_| {}));
    rejects_only(&world.verify(&nobody), |reason| matches!(reason, Reason::HolderNotSubject { .. }));
}

#[test]
fn presentation_mixes_embedded_proofs_and_envelopes_of_each_kind() {
    let mut world = World::new();
    world.diploma.remove("credentialStatus");
    let mechanisms = [Mechanism::EddsaRdfc2022, Mechanism::EddsaJcs2022, Mechanism::Jwt, Mechanism::Cose];
    let credentials: Vec<Secured> =
        mechanisms.into_iter().map(|mechanism| world.issue_with(|options| options.mechanism = mechanism)).collect();
    let mut document = presentation(&world.graduate.did, &credentials[0]);
    document.insert("verifiableCredential".to_owned(), credentials.iter().map(Secured::to_value).collect());
    for mechanism in [Mechanism::Jwt, Mechanism::Cose] {
        let presented = world.graduate.sign(document.clone(), &world.graduate.options(Kind::Presentation, mechanism));
        for form in [presented.clone(), Secured::read(&presented.to_value().to_string()).expect("an enveloped presentation")] {
            let verdict = world.verify(&form);
            assert_eq!(verdict.verified().unwrap_or_else(|| panic!("{verdict:#?}")).credentials().len(), 4);
        }
        // Each is judged by itself.
        for (index, credential) in credentials.iter().enumerate() {
            let mut forged = document.clone();
            let mut other = World::new();
            other.diploma["name"] = json!("Doctorado");
            let item = &mut forged["verifiableCredential"][index];
            match credential.proofs()[0].mechanism {
                Mechanism::Cose => *item = spliced(credential),
                Mechanism::Jwt => {
                    let kid = json!({ "alg": "EdDSA", "typ": "vc+jwt", "kid": world.university.method() });
                    let mallory = Party::new(world.university.did.as_str(), KeyAlgorithm::Ed25519, 66);
                    *item = Secured::read(&token(&mallory, kid, &other.diploma)).expect("a token").to_value();
                }
                _ => item["name"] = json!("Doctorado"),
            }
            let presented = world.graduate.sign(forged, &world.graduate.options(Kind::Presentation, mechanism));
            rejects_only(&world.verify(&presented), |reason| *reason == Reason::BadSignature);
        }
    }
}

/// The envelope of a COSE message one byte of whose payload was changed.
fn spliced(credential: &Secured) -> Value {
    let mut bytes = credential.to_bytes();
    let place = bytes.windows(4).position(|window| window == b"name").expect("it has a name") + 8;
    bytes[place] ^= 1;
    Secured::read_bytes(&bytes).expect("still a message").to_value()
}

#[test]
fn answer_in_cose_is_fresh_or_rejected() {
    let world = World::new();
    let credential = world.issue_with(|options| options.mechanism = Mechanism::Cose);
    let cose = |change: fn(&mut wallet_core::securing::ProofOptions)| {
        world.verify(&world.present_with(&credential, |options| {
            options.mechanism = Mechanism::Cose;
            change(options);
        }))
    };
    accepts(&cose(|_| {}));
    rejects_only(&cose(|options| options.nonce = Some("another".to_owned())), |reason| *reason == Reason::WrongNonce);
    rejects_only(&cose(|options| options.audience = None), |reason| matches!(reason, Reason::WrongAudience { .. }));
    rejects_only(&cose(|options| options.expires = Some(at("2026-03-01T12:00:30Z"))), |reason| {
        matches!(reason, Reason::ProofExpired { .. })
    });
}

#[test]
fn tokens_of_vc_dm_1_1_are_judged_with_their_credentials() {
    let world = World::new();
    let graduate = &world.graduate;
    let credential = object(json!({
        "iss": world.university.did, "sub": graduate.did, "nbf": 1_772_000_000, "exp": 1_900_000_000,
        "vc": {
            "@context": ["https://www.w3.org/2018/credentials/v1", { "degree": "https://uni.example/vocab#degree" }],
            "type": ["VerifiableCredential"],
            "credentialSubject": { "degree": "Enfermería" },
        },
    }));
    let present = |credential: &Map<String, Value>, nonce: &str| {
        let token_in = token(&world.university, json!({ "alg": "EdDSA", "typ": "JWT" }), credential);
        let payload = object(json!({
            "iss": graduate.did, "aud": [AUDIENCE], "nonce": nonce,
            "vp": {
                "@context": ["https://www.w3.org/2018/credentials/v1"],
                "type": ["VerifiablePresentation"],
                "verifiableCredential": [token_in],
            },
        }));
        world.verify(&Secured::read(&token(graduate, json!({ "alg": "ES256", "typ": "JWT" }), &payload)).expect("a token"))
    };
    let verdict = present(&credential, NONCE);
    let verified = verdict.verified().unwrap_or_else(|| panic!("{verdict:#?}"));
    assert_eq!(verified.claims()[0]["degree"], "Enfermería");
    assert_eq!(verified.holder(), Some(&graduate.did));
    rejects_only(&present(&credential, "another"), |reason| *reason == Reason::WrongNonce);
    let with = |name: &str, value: Value| {
        let mut changed = credential.clone();
        changed.insert(name.to_owned(), value);
        present(&changed, NONCE)
    };
    rejects_only(&with("exp", json!(1_772_100_000)), |reason| matches!(reason, Reason::Expired { .. }));
    rejects_only(&with("nbf", json!(1_800_000_000)), |reason| matches!(reason, Reason::NotYetValid { .. }));
    rejects_only(&with("sub", json!("did:example:other")), |reason| matches!(reason, Reason::HolderNotSubject { .. }));
    let stranger = with("iss", json!(graduate.did));
    assert_eq!(stranger.word(), "rejected");
}

#[test]
fn status_list_is_no_credential() {
    let world = World::new();
    let claims = object(json!({ "sub": "https://uni.example/t/1", "status_list": { "bits": 1, "lst": "eNrbuRgAAhcBXQ" } }));
    for mechanism in [Mechanism::Jwt, Mechanism::Cose] {
        let list = world.university.sign(claims.clone(), &world.university.options(Kind::StatusList, mechanism));
        rejects_only(&world.verify(&list), |reason| matches!(reason, Reason::Malformed { .. }));
        assert!(matches!(world.evidence.resolutions[&world.university.did], Known::Found { .. }));
    }
}
