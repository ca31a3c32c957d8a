//! SD-JWTs against the libraries of others, both ways: npm `@sd-jwt/core` and `@sd-jwt/sd-jwt-vc`, and PyPI `sd-jwt`, the
//! reference implementation of RFC 9901, which also plays the worked examples of RFC 9901 and SD-JWT VC.
//!
//! It needs `npm ci --ignore-scripts` and the Python packages of `tests/interop/sd_jwt`, which `tests/run interop` installs.

#[path = "interop/sd_jwt/examples.rs"]
mod examples;
#[path = "interop/sd_jwt/forgeries.rs"]
mod forgeries;
#[path = "support/table.rs"]
mod table;

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use serde_json::{Map, Value, json};
use table::row;
use wallet_core::json::JsonPointer;
use wallet_core::key::{KeyAlgorithm, PublicKey, SecretKey};
use wallet_core::platform::{system_now, system_rng};
use wallet_core::securing::sd_jwt::{BindingTerms, SdJwt, prepare};
use wallet_core::securing::{Disclosure, Mechanism, Secured};

const OURS: &str = "cedula";
const NPM: &str = "npm @sd-jwt/sd-jwt-vc 0.19";
const PYPI: &str = "PyPI sd-jwt 0.10";
const NONCE: &str = "q2Vn3h1kV7v0b8yqk6tQ5w";
const AUDIENCE: &str = "https://verifier.example.org";

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/interop/sd_jwt");

/// Hands `tasks` to a script and returns its answers in order.
fn ask(mut command: Command, tasks: Vec<Value>) -> Vec<Value> {
    command.current_dir(FOLDER).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut peer = command.spawn().expect("the interpreter is installed: run tests/run interop");
    let input = json!({ "tasks": tasks }).to_string();
    peer.stdin.take().expect("it is piped").write_all(input.as_bytes()).expect("it reads its input");
    let output = peer.wait_with_output().expect("it ends");
    assert!(output.status.success(), "run tests/run interop, which installs what {FOLDER} needs");
    serde_json::from_slice(&output.stdout).expect("the script prints JSON")
}

fn npm(tasks: Vec<Value>) -> Vec<Value> {
    let mut node = Command::new("node");
    node.arg("peer.mjs");
    ask(node, tasks)
}

fn pypi(tasks: Vec<Value>) -> Vec<Value> {
    let mut python = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools/sd_jwt/bin/python"));
    python.arg("peer.py");
    ask(python, tasks)
}

fn key(algorithm: KeyAlgorithm, seed: u8) -> SecretKey {
    SecretKey::from_bytes(algorithm, &[seed; 32]).expect("a scalar in range")
}

/// The private JWK, which the library itself never writes.
fn private_jwk(key: &SecretKey) -> Value {
    let mut jwk = key.public_key().to_jwk();
    jwk["d"] = BASE64_URL_SAFE_NO_PAD.encode(key.expose()).into();
    jwk
}

fn object(value: &Value) -> Map<String, Value> {
    value.as_object().expect("an object").clone()
}

fn pointers(texts: &[String]) -> Vec<JsonPointer> {
    texts.iter().map(|text| text.parse().expect("a pointer")).collect()
}

/// What is concealed in the same claims, and what of it is shown.
struct Shape {
    name: &'static str,
    concealed: Vec<String>,
    shown: Vec<String>,
    decoys: usize,
}

impl Shape {
    fn new(name: &'static str, concealed: &[&str], shown: &[&str], decoys: usize) -> Self {
        let texts = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
        Self { name, concealed: texts(concealed), shown: texts(shown), decoys }
    }

    /// What a verifier sees of `claims`.
    fn seen(&self, claims: &Value) -> Value {
        let hidden: Vec<&String> = self.concealed.iter().filter(|place| !self.shown.contains(place)).collect();
        without(claims, "", &hidden)
    }
}

fn shapes() -> Vec<Shape> {
    vec![
        Shape::new("flat", &["/given_name", "/family_name", "/address"], &["/address"], 0),
        Shape::new("structured", &["/address/street_address", "/address/locality"], &["/address/locality"], 0),
        Shape::new(
            "recursive",
            &["/address", "/address/street_address", "/address/locality"],
            &["/address", "/address/locality"],
            0,
        ),
        Shape::new("list", &["/nationalities/0", "/nationalities/2"], &["/nationalities/2"], 0),
        Shape::new(
            "recursive list",
            &["/nationalities", "/nationalities/0", "/nationalities/2", "/nationalities/2/since"],
            &["/nationalities", "/nationalities/2", "/nationalities/2/since"],
            0,
        ),
        Shape::new("decoys", &["/given_name", "/flags/over_18", "/nationalities/1"], &["/flags/over_18"], 3),
        Shape::new("nothing concealed", &[], &[], 0),
        Shape::new("nothing shown", &["/given_name", "/nationalities/0"], &[], 0),
    ]
}

fn claims() -> Value {
    json!({
        "vct": "https://credentials.example.com/identity_credential",
        "iss": "https://issuer.example.com", "iat": 1_683_000_000, "exp": 1_983_000_000, "sub": "user_42",
        "given_name": "Ñusta “Ana” \u{1f393}\t", "family_name": "Quispe",
        "address": { "street_address": "Jr. Unión 123", "locality": "Cusco", "country": "PE" },
        "nationalities": ["PE", "DE", { "code": "US", "since": 1990 }],
        "flags": { "over_18": true, "half": 0.5, "nothing": null, "empty": {}, "none": [] },
    })
}

/// `value` without what stands at the `hidden` places.
fn without(value: &Value, path: &str, hidden: &[&String]) -> Value {
    let inner = |step: &str, value: &Value| {
        let path = format!("{path}/{step}");
        (!hidden.contains(&&path)).then(|| without(value, &path, hidden))
    };
    match value {
        Value::Object(object) => {
            Value::Object(object.iter().filter_map(|(name, value)| Some((name.clone(), inner(name, value)?))).collect())
        }
        Value::Array(items) => items.iter().enumerate().filter_map(|(i, value)| inner(&i.to_string(), value)).collect(),
        plain => plain.clone(),
    }
}

/// The disclosure frame of the npm library: `_sd` lists what is concealed at each level.
fn npm_frame(shape: &Shape) -> Value {
    let mut frame = json!({});
    for place in &shape.concealed {
        let (parent, last) = place.rsplit_once('/').expect("a pointer");
        let mut level = &mut frame;
        for step in parent.split('/').skip(1) {
            level = &mut level[step];
        }
        let last = last.parse::<usize>().map_or(json!(last), Value::from);
        match level["_sd"].as_array_mut() {
            Some(names) => names.push(last),
            None => level["_sd"] = json!([last]),
        }
        if shape.decoys > 0 {
            level["_sd_decoy"] = shape.decoys.into();
        }
    }
    frame
}

/// Its presentation frame: `true` for what is shown, with its ancestors.
fn npm_shown(shape: &Shape) -> Value {
    let mut frame = json!({});
    for place in &shape.shown {
        let mut level = &mut frame;
        let steps: Vec<&str> = place.split('/').skip(1).collect();
        let (last, parents) = steps.split_last().expect("a pointer");
        for step in parents {
            if !level[*step].is_object() {
                level[*step] = json!({});
            }
            level = &mut level[*step];
        }
        level[*last] = true.into();
    }
    frame
}

/// What the Python library shows: objects and lists in the shape of the claims.
fn pypi_shown(value: &Value, path: &str, shown: &[String]) -> Value {
    let inside = |step: &str, value: &Value| pypi_shown(value, &format!("{path}/{step}"), shown);
    let below = shown.iter().any(|place| place.starts_with(&format!("{path}/")));
    match value {
        // It takes an empty object for nothing.
        _ if !path.is_empty() && !below => Value::Bool(shown.iter().any(|place| place == path)),
        Value::Object(object) => Value::Object(
            object.iter().map(|(name, value)| (name.clone(), inside(name, value))).filter(|(_, value)| *value != false).collect(),
        ),
        Value::Array(items) => items.iter().enumerate().map(|(i, value)| inside(&i.to_string(), value)).collect(),
        _ => Value::Bool(true),
    }
}

fn we_issue(shape: &Shape, claims: &Value, typ: &str, issuer: &SecretKey, holder: &SecretKey) -> String {
    let disclosure =
        Disclosure::Only { pointers: pointers(&shape.concealed), decoys: shape.decoys, holder: Some(holder.public_key()) };
    let header = object(&json!({ "typ": typ }));
    let unsigned = prepare(header, object(claims), &disclosure, &issuer.public_key(), &mut system_rng()).expect("claims");
    let signature = issuer.sign(unsigned.message());
    unsigned.finish(&signature).expect("the signature fits").text().to_owned()
}

fn we_present(issued: &str, shape: &Shape, holder: &SecretKey) -> String {
    let shown = SdJwt::read(issued).expect("an SD-JWT").disclose(&pointers(&shape.shown)).expect("they are there");
    let (key, now) = (holder.public_key(), system_now());
    let unsigned = shown.bind(&BindingTerms { nonce: NONCE, audience: AUDIENCE, key: &key, now: &now }).expect("its key");
    let signature = holder.sign(unsigned.message());
    unsigned.finish(&signature).expect("the signature fits").text().to_owned()
}

/// The claims without the holder's key; the error of any check that fails.
fn we_verify(text: &str, issuer: &PublicKey, bound: bool) -> Result<Value, String> {
    let token = SdJwt::read(text).map_err(|e| e.to_string())?;
    token.check_signature(issuer).map_err(|e| e.to_string())?;
    token.check_time(&system_now()).map_err(|e| e.to_string())?;
    if bound {
        let binding = token.check_binding(&system_now()).map_err(|e| e.to_string())?;
        binding.check_answers(NONCE, AUDIENCE).map_err(|e| e.to_string())?;
    }
    let mut claims = token.claims().map_err(|e| e.to_string())?.clone();
    claims.shift_remove("cnf");
    Ok(Value::Object(claims))
}

/// The claims of an answer without the holder's key.
fn answered(answer: &Value) -> Value {
    let mut claims = answer["claims"].clone();
    if let Value::Object(claims) = &mut claims {
        claims.shift_remove("cnf");
    }
    claims
}

fn text(answer: &Value) -> &str {
    answer["sd_jwt"].as_str().unwrap_or_else(|| panic!("{answer}"))
}

/// How many of two lists of claims are the same, each in its place.
#[track_caller]
fn agree(found: &[Value], expected: &[Value], names: &[&str]) -> (usize, usize) {
    for ((found, expected), name) in found.iter().zip(expected).zip(names) {
        assert_eq!(found, expected, "{name}");
    }
    assert_eq!(found.len(), expected.len());
    (found.len(), expected.len())
}

const SIGNERS: [KeyAlgorithm; 2] = [KeyAlgorithm::P256, KeyAlgorithm::Ed25519];

#[test]
fn npm_issues_and_we_verify_and_present_back() {
    for algorithm in SIGNERS {
        let (issuer, holder) = (key(algorithm, 7), key(algorithm, 8));
        let shapes = shapes();
        let names: Vec<&str> = shapes.iter().map(|shape| shape.name).collect();
        let mut with_holder = claims();
        with_holder["cnf"] = json!({ "jwk": holder.public_key().to_jwk() });
        let tasks = shapes.iter().map(|shape| {
            json!({ "vc": true, "issue": with_holder, "frame": npm_frame(shape), "key": private_jwk(&issuer), "header": { "kid": "1" } })
        });
        let issued = npm(tasks.collect());
        let ours: Vec<Value> =
            issued.iter().map(|answer| we_verify(text(answer), &issuer.public_key(), false).expect("it is good")).collect();
        let label = format!("dc+sd-jwt {}", algorithm.jose().expect("it signs"));
        let (agreed, of) = agree(&ours, &vec![claims(); shapes.len()], &names);
        row(NPM, OURS, &label, agreed, of);
        for answer in &issued {
            let secured = Secured::read(text(answer)).expect("an SD-JWT VC");
            assert_eq!(secured.proofs()[0].mechanism, Mechanism::SdJwtVc);
            assert!(secured.credential().is_ok());
        }

        let verify = |(answer, shape): (&Value, &Shape)| {
            let shown = we_present(text(answer), shape, &holder);
            json!({ "vc": true, "verify": shown, "issuer": issuer.public_key().to_jwk(), "nonce": NONCE, "aud": AUDIENCE })
        };
        let theirs: Vec<Value> = npm(issued.iter().zip(&shapes).map(verify).collect()).iter().map(answered).collect();
        let expected: Vec<Value> = shapes.iter().map(|shape| shape.seen(&claims())).collect();
        let (agreed, of) = agree(&theirs, &expected, &names);
        row(&format!("{NPM}, presented by {OURS}"), NPM, &format!("{label} + KB"), agreed, of);
    }
}

#[test]
fn we_issue_and_npm_verifies_and_presents_back() {
    for algorithm in SIGNERS {
        let (issuer, holder) = (key(algorithm, 7), key(algorithm, 8));
        let shapes = shapes();
        let names: Vec<&str> = shapes.iter().map(|shape| shape.name).collect();
        let issued: Vec<String> = shapes.iter().map(|shape| we_issue(shape, &claims(), "dc+sd-jwt", &issuer, &holder)).collect();
        let jwk = issuer.public_key().to_jwk();
        let verified = npm(issued.iter().map(|text| json!({ "vc": true, "verify": text, "issuer": jwk })).collect());
        let theirs: Vec<Value> = verified.iter().map(answered).collect();
        let label = format!("dc+sd-jwt {}", algorithm.jose().expect("it signs"));
        let (agreed, of) = agree(&theirs, &vec![claims(); shapes.len()], &names);
        row(OURS, NPM, &label, agreed, of);

        let present = |(text, shape): (&String, &Shape)| {
            json!({
                "vc": true, "present": text, "frame": npm_shown(shape), "holder": private_jwk(&holder), "nonce": NONCE, "aud": AUDIENCE,
            })
        };
        let shown = npm(issued.iter().zip(&shapes).map(present).collect());
        let ours: Vec<Value> =
            shown.iter().map(|answer| we_verify(text(answer), &issuer.public_key(), true).expect("it is good")).collect();
        let expected: Vec<Value> = shapes.iter().map(|shape| shape.seen(&claims())).collect();
        let (agreed, of) = agree(&ours, &expected, &names);
        row(&format!("{OURS}, presented by npm"), OURS, &format!("{label} + KB"), agreed, of);
    }
}

#[test]
fn pypi_issues_and_we_verify_and_present_back() {
    for algorithm in SIGNERS {
        // Its verifier takes every key binding for ES256.
        let (issuer, holder) = (key(algorithm, 7), key(KeyAlgorithm::P256, 8));
        let shapes = shapes();
        let names: Vec<&str> = shapes.iter().map(|shape| shape.name).collect();
        let issue = |shape: &Shape| {
            json!({
                "issue": claims(), "concealed": shape.concealed, "key": private_jwk(&issuer), "holder": private_jwk(&holder),
                "header": { "typ": "dc+sd-jwt" }, "decoys": shape.decoys > 0,
            })
        };
        let issued = pypi(shapes.iter().map(issue).collect());
        let ours: Vec<Value> =
            issued.iter().map(|answer| we_verify(text(answer), &issuer.public_key(), false).expect("it is good")).collect();
        let label = format!("dc+sd-jwt {}", algorithm.jose().expect("it signs"));
        let (agreed, of) = agree(&ours, &vec![claims(); shapes.len()], &names);
        row(PYPI, OURS, &label, agreed, of);

        let verify = |(answer, shape): (&Value, &Shape)| {
            let shown = we_present(text(answer), shape, &holder);
            json!({ "verify": shown, "issuer": issuer.public_key().to_jwk(), "nonce": NONCE, "aud": AUDIENCE })
        };
        let theirs: Vec<Value> = pypi(issued.iter().zip(&shapes).map(verify).collect()).iter().map(answered).collect();
        let expected: Vec<Value> = shapes.iter().map(|shape| shape.seen(&claims())).collect();
        let (agreed, of) = agree(&theirs, &expected, &names);
        row(&format!("{PYPI}, presented by {OURS}"), PYPI, &format!("{label} + KB"), agreed, of);
    }
}

#[test]
fn we_issue_and_pypi_verifies_and_presents_back() {
    for algorithm in SIGNERS {
        for holder in SIGNERS {
            let (issuer, holder) = (key(algorithm, 7), key(holder, 8));
            let shapes = shapes();
            let names: Vec<&str> = shapes.iter().map(|shape| shape.name).collect();
            let issued: Vec<String> =
                shapes.iter().map(|shape| we_issue(shape, &claims(), "dc+sd-jwt", &issuer, &holder)).collect();
            let jwk = issuer.public_key().to_jwk();
            let verified = pypi(issued.iter().map(|text| json!({ "verify": text, "issuer": jwk })).collect());
            let theirs: Vec<Value> = verified.iter().map(answered).collect();
            let signed = algorithm.jose().expect("it signs");
            let (agreed, of) = agree(&theirs, &vec![claims(); shapes.len()], &names);
            if holder.algorithm() == KeyAlgorithm::P256 {
                row(OURS, PYPI, &format!("dc+sd-jwt {signed}"), agreed, of);
            }

            let present = |(text, shape): (&String, &Shape)| {
                json!({
                    "present": text, "frame": pypi_shown(&claims(), "", &shape.shown), "holder": private_jwk(&holder),
                    "nonce": NONCE, "aud": AUDIENCE,
                })
            };
            let shown = pypi(issued.iter().zip(&shapes).map(present).collect());
            let ours: Vec<Value> =
                shown.iter().map(|answer| we_verify(text(answer), &issuer.public_key(), true).expect("it is good")).collect();
            let expected: Vec<Value> = shapes.iter().map(|shape| shape.seen(&claims())).collect();
            let (agreed, of) = agree(&ours, &expected, &names);
            let bound = holder.algorithm().jose().expect("it signs");
            row(&format!("{OURS}, presented by PyPI"), OURS, &format!("dc+sd-jwt {signed} + KB {bound}"), agreed, of);
        }
    }
}

#[test]
fn w3c_credential_goes_both_ways() {
    let (issuer, holder) = (key(KeyAlgorithm::P256, 7), key(KeyAlgorithm::P256, 8));
    let document = json!({
        "@context": ["https://www.w3.org/ns/credentials/v2"], "type": ["VerifiableCredential"],
        "issuer": "did:web:universidad.example", "credentialSubject": { "name": "Ñusta", "degrees": ["MD", "PhD"] },
    });
    let shape = Shape::new("W3C", &["/credentialSubject/name", "/credentialSubject/degrees/0"], &["/credentialSubject/name"], 0);
    let header = json!({ "typ": "vc+sd-jwt", "cty": "vc", "kid": "did:web:universidad.example#key-1" });
    let theirs =
        npm(vec![json!({ "issue": document, "frame": npm_frame(&shape), "key": private_jwk(&issuer), "header": header })]);
    let secured = Secured::read(text(&theirs[0])).expect("a credential");
    assert_eq!((secured.proofs()[0].mechanism, Value::Object(secured.body().clone())), (Mechanism::SdJwt, document.clone()));
    assert_eq!(we_verify(text(&theirs[0]), &issuer.public_key(), false).as_ref(), Ok(&document));
    row("npm @sd-jwt/core 0.19", OURS, "vc+sd-jwt ES256", 1, 1);

    let ours = we_present(&we_issue(&shape, &document, "vc+sd-jwt", &issuer, &holder), &shape, &holder);
    let jwk = issuer.public_key().to_jwk();
    let task = json!({ "verify": ours, "issuer": jwk, "nonce": NONCE, "aud": AUDIENCE });
    for (peer, answers) in [("npm @sd-jwt/core 0.19", npm(vec![task.clone()])), (PYPI, pypi(vec![task]))] {
        assert_eq!(answered(&answers[0]), shape.seen(&document), "{peer}");
        row(OURS, peer, "vc+sd-jwt ES256 + KB", 1, 1);
    }
}

#[test]
fn json_serialization_of_npm_is_read() {
    let (issuer, holder) = (key(KeyAlgorithm::P256, 7), key(KeyAlgorithm::P256, 8));
    let shapes = shapes();
    let shown: Vec<String> = shapes
        .iter()
        .map(|shape| we_present(&we_issue(shape, &claims(), "dc+sd-jwt", &issuer, &holder), shape, &holder))
        .collect();
    let forms = npm(shown.iter().map(|text| json!({ "json": text })).collect());
    let ours: Vec<Value> =
        forms.iter().map(|form| we_verify(&form["json"].to_string(), &issuer.public_key(), true).expect("it is good")).collect();
    let expected: Vec<Value> = shapes.iter().map(|shape| shape.seen(&claims())).collect();
    let (agreed, of) = agree(&ours, &expected, &shapes.iter().map(|shape| shape.name).collect::<Vec<_>>());
    row(&format!("{OURS}, written as JSON by npm"), OURS, "dc+sd-jwt ES256 + KB, general JSON (RFC 9901 §8.3)", agreed, of);
}
