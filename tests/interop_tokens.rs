//! COSE against npm `@auth0/cose`, JWTs of VC DM 1.1 against npm `did-jwt-vc`, Token Status Lists against npm
//! `@sd-jwt/jwt-status-list`.
//!
//! It needs `npm ci --ignore-scripts` in `tests/interop/tokens`, which `tests/run interop` does.

#[path = "support/table.rs"]
mod table;
// Each test uses its part of the world.
#[path = "support/world.rs"]
mod world;

use std::io::Write as _;
use std::process::{Command, Stdio};

use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD, Engine as _};
use serde_json::{Map, Value, json};
use wallet_core::key::{KeyAlgorithm, SecretKey};
use wallet_core::securing::linked_data::Contexts;
use wallet_core::securing::{Kind, Mechanism, Secured, SignatureFault};
use wallet_core::status::{PublishedList, StatusEntry, TokenEntry, TokenListTerms, TokenStatusList, check};
use wallet_core::verification::{Presenter, Reason};
use world::{AUDIENCE, NONCE, Party, World, object, presentation};

const ALGORITHMS: [(KeyAlgorithm, &str, i64); 3] =
    [(KeyAlgorithm::Ed25519, "EdDSA", -8), (KeyAlgorithm::P256, "ES256", -7), (KeyAlgorithm::P384, "ES384", -35)];
const URI: &str = "https://uni.example/status/token/1";

/// Hands `tasks` to the script and returns its answers in order.
fn peer(tasks: Vec<Value>) -> Vec<Value> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/interop/tokens");
    let mut node = Command::new("node")
        .arg("peer.mjs")
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node is installed");
    let input = json!({ "tasks": tasks }).to_string();
    node.stdin.take().expect("it is piped").write_all(input.as_bytes()).expect("node reads its input");
    let output = node.wait_with_output().expect("node ends");
    assert!(output.status.success(), "run `npm ci --ignore-scripts` in {folder}");
    serde_json::from_slice(&output.stdout).expect("the script prints JSON")
}

/// A university whose key is of that kind; everything else is the world's.
fn world(algorithm: KeyAlgorithm) -> World {
    let mut world = World::new();
    let length = if algorithm == KeyAlgorithm::P384 { 48 } else { 32 };
    let key = SecretKey::from_bytes(algorithm, &vec![21; length]).expect("a scalar in range");
    world.university = Party { did: world.university.did, key, fragment: world.university.fragment };
    let (did, resolution) = (world.university.did.clone(), world.university.resolution());
    world.registry_says(&did, |known| *known = resolution);
    world.diploma.remove("credentialStatus");
    world.expected.presenter = Presenter::Anyone;
    world
}

fn private_jwk(key: &SecretKey) -> Value {
    let mut jwk = key.public_key().to_jwk();
    jwk["d"] = BASE64_URL_SAFE_NO_PAD.encode(key.expose()).into();
    jwk
}

fn bytes(answer: &Value) -> Vec<u8> {
    BASE64_STANDARD.decode(answer["message"].as_str().unwrap_or_else(|| panic!("{answer}"))).expect("base64")
}

#[test]
fn auth0_cose_verifies_what_we_sign() {
    let mut tasks = Vec::new();
    for (algorithm, alg, _) in ALGORITHMS {
        let world = world(algorithm);
        let credential = world.issue_with(|options| options.mechanism = Mechanism::Cose);
        let document = presentation(&world.university.did, &credential);
        let presented = world.university.sign(document, &world.university.options(Kind::Presentation, Mechanism::Cose));
        let jwk = world.university.key.public_key().to_jwk();
        for secured in [&credential, &presented] {
            let mut bytes = secured.to_bytes();
            tasks.push(json!({ "do": "cose verify", "message": BASE64_STANDARD.encode(&bytes), "jwk": jwk, "alg": alg }));
            *bytes.last_mut().expect("a signature") ^= 1;
            tasks.push(json!({ "do": "cose verify", "message": BASE64_STANDARD.encode(&bytes), "jwk": jwk, "alg": alg }));
        }
    }
    let answers = peer(tasks);
    let mut agreed = 0;
    for (pair, number) in answers.chunks(2).zip(0..) {
        let [good, tampered] = pair else { panic!("two answers a document") };
        let (types, world) = (
            [["application/vc+cose", "application/vc"], ["application/vp+cose", "application/vp"]][number % 2],
            world(ALGORITHMS[number / 2].0),
        );
        let headers: Map<String, Value> = good["headers"]
            .as_array()
            .unwrap_or_else(|| panic!("{good}"))
            .iter()
            .map(|pair| (pair[0].to_string(), pair[1].clone()))
            .collect();
        assert_eq!(
            (&headers["1"], &headers["16"], &headers["3"]),
            (&json!(ALGORITHMS[number / 2].2), &json!(types[0]), &json!(types[1]))
        );
        assert_eq!(headers["4"]["base64"], BASE64_STANDARD.encode(world.university.method().as_str()));
        let payload: Value = serde_json::from_str(good["payload"].as_str().expect("text")).expect("JSON");
        assert_eq!(payload["type"][0], ["VerifiableCredential", "VerifiablePresentation"][number % 2]);
        assert!(tampered["error"].is_string(), "{tampered}");
        agreed += 1;
    }
    table::row("Cédula", "@auth0/cose 1.0.2", "vc+cose and vp+cose, EdDSA ES256 ES384", agreed, 6);
}

#[test]
fn we_verify_what_auth0_cose_signs() {
    let task = |world: &World, alg: &str, number: i64, document: &Map<String, Value>, kind: &str, outside: bool| {
        let kid = json!([4, { "bytes": world.university.method() }]);
        let mut headers = vec![json!([1, number]), json!([16, format!("application/{kind}+cose")])];
        let mut outside_headers = Vec::new();
        if outside {
            outside_headers.push(kid)
        } else {
            headers.push(kid)
        }
        let claims = json!([[6, 1_772_366_400], [3, AUDIENCE], [10, { "bytes": NONCE }]]);
        headers.push(json!([15, { "map": claims }]));
        json!({ "do": "cose sign", "headers": headers, "outside": outside_headers, "payload": Value::Object(document.clone()).to_string(),
            "jwk": private_jwk(&world.university.key), "alg": alg })
    };
    let (mut tasks, mut worlds) = (Vec::new(), Vec::new());
    for (algorithm, alg, number) in ALGORITHMS {
        let world = world(algorithm);
        let credential = world.issue_with(|options| options.mechanism = Mechanism::Cose);
        tasks.push(task(&world, alg, number, &world.diploma, "vc", false));
        tasks.push(task(&world, alg, number, &world.diploma, "vc", true));
        tasks.push(task(&world, alg, number, &presentation(&world.university.did, &credential), "vp", false));
        worlds.push(world);
    }
    let answers = peer(tasks);
    let mut agreed = 0;
    for (answers, mut world) in answers.chunks(3).zip(worlds) {
        for answer in answers {
            let message = bytes(answer);
            let secured = Secured::read_bytes(&message).expect("a message");
            let verdict = world.verify(&secured);
            assert_eq!(verdict.word(), "accepted", "{verdict:#?}");
            let mut tampered = message.clone();
            let needle: &[u8] = if secured.kind() == Kind::Credential { b"\"name\":\"" } else { b"base64,0o" };
            let place = tampered.windows(needle.len()).position(|window| window == needle).expect("it is in there");
            let place = place + needle.len();
            tampered[place] ^= 1;
            let verdict = world.verify(&Secured::read_bytes(&tampered).expect("still a message"));
            assert!(verdict.reasons().iter().any(|finding| finding.what == Reason::BadSignature), "{verdict:#?}");
            agreed += 1;
        }
        // As a credential of a presentation that carries its envelope.
        world.expected.presenter = Presenter::Subject;
        let enveloped = world.present(&Secured::read_bytes(&bytes(&answers[0])).expect("a message"));
        assert_eq!(world.verify(&enveloped).word(), "accepted");
    }
    table::row("@auth0/cose 1.0.2", "Cédula", "vc+cose and vp+cose, EdDSA ES256 ES384", agreed, 9);
}

/// A party of a kind that `did-jwt` signs for, and its secret in base64.
fn holder(alg: &str) -> (Party, String) {
    let algorithm = if alg == "EdDSA" { KeyAlgorithm::Ed25519 } else { KeyAlgorithm::P256 };
    let party = Party::holder(algorithm, 31);
    let secret = BASE64_STANDARD.encode(party.key.expose());
    (party, secret)
}

#[test]
fn we_verify_what_did_jwt_vc_signs_and_reject_it_tampered() {
    let (mut agreed, algorithms) = (0, ["EdDSA", "ES256"]);
    for alg in algorithms {
        let mut world = World::new();
        let (issuer, secret) = holder(alg);
        let found = wallet_core::verification::Known::Found { what: issuer.resolution(), as_of: world.now.clone() };
        world.evidence.resolutions.insert(issuer.did.clone(), found);
        world.expected.issuers = wallet_core::verification::Issuers::Any;
        let vc = json!({
            "@context": ["https://www.w3.org/2018/credentials/v1", { "degree": "https://uni.example/vocab#degree" }],
            "type": ["VerifiableCredential"],
            "credentialSubject": { "degree": "Médica Cirujana “Ñ” 🎓" },
        });
        let subject = issuer.did.as_str();
        // The package writes `nbf` and `exp` from the members, or takes the claims as they are.
        let by_claims = json!({ "sub": subject, "nbf": 1_772_000_000, "exp": 1_900_000_000, "jti": "urn:uuid:1", "vc": vc });
        let by_members = json!({
            "@context": vc["@context"], "type": vc["type"], "issuer": { "id": issuer.did, "name": "Universidad" },
            "issuanceDate": "2026-02-25T06:13:20Z", "expirationDate": "2030-03-17T17:46:40.000Z", "id": "urn:uuid:2",
            "credentialSubject": { "id": subject, "degree": "MD" },
        });
        let task = |payload: &Value, header: Value| json!({ "do": "credential 1.1", "payload": payload, "did": issuer.did, "alg": alg, "secret": secret, "header": header });
        let answers = peer(vec![
            task(&by_claims, json!({})),
            task(&by_members, json!({})),
            task(&by_claims, json!({ "kid": issuer.method() })),
        ]);
        let tokens: Vec<&str> =
            answers.iter().map(|answer| answer["token"].as_str().unwrap_or_else(|| panic!("{answer}"))).collect();
        let vp = json!({ "vp": { "@context": ["https://www.w3.org/2018/credentials/v1"], "type": ["VerifiablePresentation"], "verifiableCredential": tokens } });
        let presented =
            peer(vec![json!({ "do": "presentation 1.1", "payload": vp, "did": issuer.did, "alg": alg, "secret": secret,
            "challenge": NONCE, "domain": AUDIENCE })]);
        let presented = presented[0]["token"].as_str().unwrap_or_else(|| panic!("{presented:?}"));
        let verdict = world.verify(&Secured::read(presented).expect("a token"));
        let verified = verdict.verified().unwrap_or_else(|| panic!("{verdict:#?}"));
        assert_eq!(verified.credentials().len(), 3);
        assert_eq!(verified.claims()[0]["degree"], "Médica Cirujana “Ñ” 🎓");
        assert_eq!(verified.credentials()[1].valid_until().map(|until| until.unix()), Some(1_900_000_000));
        world.expected.presenter = Presenter::Anyone;
        for token in &tokens {
            assert_eq!(world.verify(&Secured::read(token).expect("a token")).word(), "accepted");
            let [header, payload, signature]: [&str; 3] = token.split('.').collect::<Vec<_>>().try_into().expect("three parts");
            let text = String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(payload).expect("base64url")).expect("text");
            let forged = BASE64_URL_SAFE_NO_PAD.encode(text.replace("\"degree\":\"M", "\"degree\":\"D"));
            let tampered = Secured::read(&format!("{header}.{forged}.{signature}")).expect("still a token");
            let verdict = world.verify(&tampered);
            assert!(matches!(verdict.reasons(), [finding] if finding.what == Reason::BadSignature), "{verdict:#?}");
            agreed += 1;
        }
    }
    table::row("did-jwt-vc 4.0.16", "Cédula", "JWT of VC DM 1.1, EdDSA ES256", agreed, 6);
}

/// The statuses a list is made with: every value that fits, and a run of none.
fn statuses(bits: u8) -> Vec<u8> {
    (0..4096u32).map(|index| if index % 7 == 0 { (index / 7 % (1 << bits)) as u8 } else { 0 }).collect()
}

#[test]
fn status_lists_of_sd_jwt_js_and_ours_say_the_same() {
    let world = world(KeyAlgorithm::P256);
    let key = &world.university.key;
    let ours = |bits: u8| {
        let mut list = TokenStatusList::new(4096, bits).expect("a list");
        for (index, value) in (0..).zip(statuses(bits)) {
            list.set(index, value).expect("in range");
        }
        let terms = TokenListTerms { uri: URI.to_owned(), ttl: None, aggregation: None };
        world.university.sign(list.to_claims(&terms), &world.university.options(Kind::StatusList, Mechanism::Jwt))
    };
    let indexes: Vec<u64> = (0..4096).collect();
    let sizes = [1, 2, 4, 8];
    let read = |bits: &u8| json!({ "do": "status read", "token": ours(*bits).text(), "indexes": indexes });
    let sign = |bits: &u8| {
        json!({ "do": "status sign", "statuses": statuses(*bits), "bits": bits, "jwk": private_jwk(key),
            "payload": { "iss": world.university.did, "sub": URI, "iat": 1_772_366_400 },
            "header": { "alg": "ES256", "typ": "statuslist+jwt", "kid": world.university.method() } })
    };
    let answers = peer(sizes.iter().map(read).chain(sizes.iter().map(sign)).collect());
    let (theirs, signed) = answers.split_at(4);
    let (mut read_by_them, mut read_by_us) = (0, 0);
    for ((bits, theirs), signed) in sizes.iter().zip(theirs).zip(signed) {
        assert_eq!((&theirs["values"], &theirs["bits"]), (&json!(statuses(*bits)), &json!(bits)));
        read_by_them += 1;
        let list = Secured::read(signed["token"].as_str().unwrap_or_else(|| panic!("{signed}"))).expect("a list");
        assert_eq!(list.check_signature(0, &key.public_key(), &Contexts::bundled()), Ok(()));
        let other = Party::holder(KeyAlgorithm::P256, 66).key.public_key();
        assert_eq!(list.check_signature(0, &other, &Contexts::bundled()), Err(SignatureFault::Bad));
        let opened = PublishedList::read(list.body()).expect("a list");
        for (index, value) in (0..).zip(statuses(*bits)) {
            let entry = StatusEntry::Token(TokenEntry { index, list: URI.to_owned() });
            assert_eq!(opened.check(&entry).expect("in range").value, value);
        }
        read_by_us += 1;
    }
    table::row("Cédula", "@sd-jwt/jwt-status-list 0.19.0", "statuslist+jwt, 1 2 4 8 bits", read_by_them, 4);
    table::row("@sd-jwt/jwt-status-list 0.19.0", "Cédula", "statuslist+jwt, 1 2 4 8 bits", read_by_us, 4);
}

#[test]
fn status_lists_in_cbor_go_both_ways() {
    let world = world(KeyAlgorithm::P256);
    let key = &world.university.key;
    let terms = TokenListTerms { uri: URI.to_owned(), ttl: Some(std::time::Duration::from_secs(43_200)), aggregation: None };
    let mut list = TokenStatusList::new(4096, 2).expect("a list");
    list.set(7, 2).expect("in range");
    let ours = world.university.sign(list.to_claims(&terms), &world.university.options(Kind::StatusList, Mechanism::Cose));
    let lst = BASE64_URL_SAFE_NO_PAD.decode(list.encode()).expect("base64url");
    let claims = json!([[2, URI], [6, 1_772_366_400], [65_534, 43_200],
        [65_533, { "map": [["bits", 2], ["lst", { "base64": BASE64_STANDARD.encode(&lst) }]] }]]);
    let answers = peer(vec![
        json!({ "do": "cose verify", "message": BASE64_STANDARD.encode(ours.to_bytes()), "jwk": key.public_key().to_jwk(), "alg": "ES256", "isClaims": true }),
        json!({ "do": "cose sign", "headers": [[1, -7], [16, "application/statuslist+cwt"]], "outside": [[4, { "bytes": world.university.method() }]],
            "claims": claims, "jwk": private_jwk(key), "alg": "ES256" }),
    ]);
    let members: Map<String, Value> = answers[0]["payload"]["map"]
        .as_array()
        .unwrap_or_else(|| panic!("{answers:?}"))
        .iter()
        .map(|pair| (pair[0].to_string(), pair[1].clone()))
        .collect();
    assert_eq!((&members["2"], &members["65534"], &members["6"]), (&json!(URI), &json!(43_200), &json!(1_772_366_400)));
    let found = object(json!({ "bits": 2, "lst": { "base64": BASE64_STANDARD.encode(&lst) } }));
    let pairs = members["65533"]["map"].as_array().expect("a map");
    assert!(pairs.iter().all(|pair| found[pair[0].as_str().expect("a name")] == pair[1]) && pairs.len() == 2);
    let theirs = Secured::read_bytes(&bytes(&answers[1])).expect("a list");
    assert_eq!(theirs.check_signature(0, &key.public_key(), &Contexts::bundled()), Ok(()));
    let entry = StatusEntry::Token(TokenEntry { index: 7, list: URI.to_owned() });
    assert_eq!(check(&entry, theirs.body()).expect("in range").value, 2);
    table::row("Cédula", "@auth0/cose 1.0.2 and cbor-x 1.6.9", "statuslist+cwt", 1, 1);
    table::row("@auth0/cose 1.0.2 and cbor-x 1.6.9", "Cédula", "statuslist+cwt", 1, 1);
}
