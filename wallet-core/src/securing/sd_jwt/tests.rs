//! SD-JWT as a whole: the examples of RFC 9901, what must be refused, and what holds for any claims.

mod any_claims;
mod secured;
mod vectors;

use super::*;
use crate::json::JsonPointer;
use crate::key::SecretKey;
use crate::securing::{SignatureFault, jws};
use crate::time::Timestamp;
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use getrandom::SysRng;
use getrandom::rand_core::UnwrapErr;
use vectors::*;

fn at(text: &str) -> Timestamp {
    text.parse().expect("a date")
}

fn pointers(texts: &[&str]) -> Vec<JsonPointer> {
    texts.iter().map(|text| text.parse().expect("a pointer")).collect()
}

fn object(value: Value) -> Map<String, Value> {
    value.as_object().expect("an object").clone()
}

fn issuer() -> SecretKey {
    SecretKey::from_bytes(KeyAlgorithm::P256, &[7; 32]).expect("a scalar in range")
}

fn holder() -> SecretKey {
    SecretKey::from_bytes(KeyAlgorithm::Ed25519, &[8; 32]).expect("a seed")
}

fn only(concealed: &[&str]) -> Disclosed {
    Disclosed::Only { pointers: pointers(concealed), decoys: 0, holder: Some(holder().public_key()) }
}

fn issue(claims: Value, concealed: &[&str]) -> SdJwt {
    let header = object(json!({ "typ": "example+sd-jwt" }));
    let unsigned =
        prepare(header, object(claims), &only(concealed), &issuer().public_key(), &mut UnwrapErr(SysRng)).expect("claims");
    let signature = issuer().sign(unsigned.message());
    unsigned.finish(&signature).expect("a signature of the right length")
}

fn bind(token: &SdJwt, nonce: &str, audience: &str, now: &str) -> SdJwt {
    let (key, now) = (holder().public_key(), at(now));
    let unsigned = token.bind(&BindingTerms { nonce, audience, key: &key, now: &now }).expect("the holder's key");
    let signature = holder().sign(unsigned.message());
    unsigned.finish(&signature).expect("a signature of the right length")
}

#[test]
fn key_binding_says_what_a_protocol_asks_for_and_cannot_be_made_to_say_another_nonce() {
    let token = issue(json!({ "a": 1 }), &["/a"]);
    let (key, now) = (holder().public_key(), at("2026-03-01T12:00:00Z"));
    let terms = BindingTerms { nonce: "n", audience: "v", key: &key, now: &now };
    let further = object(json!({ "transaction_data_hashes": ["fOBUSQvo46yQO-wRwXBcGqvnbKIueISEL961_Sjd4do"] }));
    let unsigned = token.bind_with(&terms, &further).expect("the holder's key");
    let signature = holder().sign(unsigned.message());
    let bound = unsigned.finish(&signature).expect("a signature of the right length");
    let binding = bound.check_binding(&now).expect("its own binding");
    assert_eq!(binding.claims()["transaction_data_hashes"], further["transaction_data_hashes"]);
    for name in ["nonce", "aud", "iat", "sd_hash"] {
        assert!(token.bind_with(&terms, &object(json!({ name: "x" }))).is_err(), "{name}");
    }
}

/// A token over this very payload, whatever is wrong with it, and these disclosures.
fn crafted(payload: Value, disclosures: &[Value]) -> SdJwt {
    let message = jws::signing_input(&json!({ "alg": "ES256", "typ": "example+sd-jwt" }), &payload.to_string());
    let signature = issuer().sign(&message);
    let texts: Vec<String> = disclosures.iter().map(encode).collect();
    let text = format!("{}~{}", jws::finish(message, &signature), texts.iter().map(|t| format!("{t}~")).collect::<String>());
    SdJwt::read(&text).expect("it can be read")
}

fn encode(disclosure: &Value) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(disclosure.to_string())
}

fn digest(disclosure: &Value) -> String {
    HashAlgorithm::Sha256.digest(&encode(disclosure))
}

/// The key that signs the examples of RFC 9901.
fn example_issuer() -> PublicKey {
    PublicKey::from_jwk(&json!({
        "kty": "EC", "crv": "P-256",
        "x": "b28d4MwZMjw8-00CG4xfnn9SLMVMM19SlqZpVb_uNtQ", "y": "Xv5zWwuoaTgdS6hV43yI6gBwTnjukmFQQnJ_kCxzqk8",
    }))
    .expect("a JWK")
}

/// The example of §5 with the disclosures at these places.
fn example(shown: &[usize]) -> String {
    let shown: String = shown.iter().map(|at| format!("{}~", DISCLOSURES[*at].0)).collect();
    format!("{ISSUED}~{shown}")
}

#[test]
fn rfc_9901_section_5_1_issuance() {
    for (disclosure, digest) in DISCLOSURES {
        assert_eq!(Disclosure::read(disclosure).expect("a disclosure").digest(HashAlgorithm::Sha256), digest);
    }
    let token = SdJwt::read(&example(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9])).expect("an SD-JWT");
    assert_eq!(token.check_signature(&example_issuer()), Ok(()));
    let claims = token.claims().expect("they go together");
    assert_eq!(claims["nationalities"], json!(["US", "DE"]));
    assert_eq!(claims["phone_number_verified"], true);
    assert_eq!(claims["updated_at"], 1_570_000_000);
    assert_eq!((claims.len(), claims.contains_key("_sd"), claims.contains_key("_sd_alg")), (14, false, false));
    assert_eq!(token.disclosable().len(), 10);
    assert!(!token.is_bound());
}

#[test]
fn rfc_9901_section_5_2_presentation() {
    let token = SdJwt::read(&(example(&[1, 5, 0, 8]) + BINDING)).expect("an SD-JWT+KB");
    assert_eq!(token.check_signature(&example_issuer()), Ok(()));
    let binding = token.check_binding(&at("2025-05-29T16:48:00Z")).expect("the holder's");
    assert_eq!(binding.check_answers("1234567890", "https://verifier.example.org"), Ok(()));
    assert_eq!(binding.created().unix(), 1_748_537_243);
    let expected = json!({
        "iss": "https://issuer.example.com", "iat": 1_683_000_000, "exp": 1_883_000_000, "sub": "user_42",
        "nationalities": ["US"],
        "cnf": { "jwk": {
            "kty": "EC", "crv": "P-256",
            "x": "TCAER19Zvu3OHF4j4W4vfSVoHIP1ILilDls7vCeGemc", "y": "ZxjiWWbZMQGHVWKVQ4hbSIirsVfuecCE6t4jT9F2HZQ",
        } },
        "family_name": "Doe",
        "address": { "street_address": "123 Main St", "locality": "Anytown", "region": "Anystate", "country": "US" },
        "given_name": "John",
    });
    assert_eq!(Value::Object(token.claims().expect("they go together").clone()), expected);
    let wanted = pointers(&["/given_name", "/family_name", "/address", "/nationalities/0"]);
    let all = SdJwt::read(&example(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9])).expect("an SD-JWT");
    assert_eq!(all.disclose(&wanted).expect("they are there").claims(), token.claims());
}

#[test]
fn rfc_9901_section_8_json_serialization() {
    let header = |binding: &str| json!({ "disclosures": JSON_DISCLOSURES, "kb_jwt": binding, "kid": "issuer-key-1" });
    let flattened = json!({
        "header": header(FLATTENED.1), "payload": JSON_PAYLOAD, "protected": JSON_PROTECTED, "signature": FLATTENED.0,
    });
    let second = json!({ "header": { "kid": "issuer-key-2" }, "protected": JSON_PROTECTED, "signature": GENERAL.2 });
    let general = json!({
        "payload": JSON_PAYLOAD,
        "signatures": [{ "header": header(GENERAL.1), "protected": JSON_PROTECTED, "signature": GENERAL.0 }, second],
    });
    for json in [flattened, general.clone()] {
        let token = SdJwt::read(&json.to_string()).expect("an SD-JWT+KB");
        assert_eq!(token.check_signature(&example_issuer()), Ok(()));
        let binding = token.check_binding(&at("2025-05-29T16:48:00Z")).expect("the holder's");
        assert_eq!(binding.check_answers("1234567890", "https://verifier.example.org"), Ok(()));
        let claims = token.claims().expect("they go together");
        assert_eq!((&claims["family_name"], &claims["given_name"]), (&json!("Doe"), &json!("John")));
        assert_eq!(token.header()["kid"], "issuer-key-1");
        assert_eq!(SdJwt::read(token.text()).expect("its compact form").claims(), token.claims());
    }
    let mut swapped = general.clone();
    swapped["signatures"].as_array_mut().expect("a list").reverse();
    assert!(SdJwt::read(&swapped.to_string()).is_err());
    for part in ["payload", "signatures"] {
        let mut without = general.clone();
        without[part] = json!([]);
        assert!(SdJwt::read(&without.to_string()).is_err());
    }
}

#[test]
fn rfc_9901_section_6_3_recursive_disclosures() {
    let street = json!(["2GLC42sKQveCfGfryNRN9w", "street_address", "Schulstr. 12"]);
    let address = json!(["Qg_O64zqAxe412a108iroA", "address", { "_sd": [digest(&street)] }]);
    let payload = json!({ "sub": "6c5c", "_sd": [digest(&address)], "_sd_alg": "sha-256" });
    let both = crafted(payload.clone(), &[street.clone(), address.clone()]);
    assert_eq!(both.claims().expect("they go together")["address"], json!({ "street_address": "Schulstr. 12" }));
    assert_eq!(both.disclosable(), pointers(&["/address", "/address/street_address"]));
    // An object of which nothing is shown is an empty one (§7.1 step 3.5).
    assert_eq!(crafted(payload.clone(), &[address]).claims().expect("they go together")["address"], json!({}));
    assert_eq!(crafted(payload, &[street]).claims(), Err(DisclosureFault::Unreferenced));
}

#[test]
fn disclosures_that_do_not_go_with_the_payload_are_refused() {
    let name = json!(["salt", "name", "Ana"]);
    let item = json!(["salt", "DE"]);
    let other = json!(["tlas", "name", "Eva"]);
    let hidden = |disclosure: &Value| json!({ "_sd": [digest(disclosure)] });
    let with = |claim: &str| json!(["salt", claim, 1]);
    for (payload, disclosures, fault) in [
        (hidden(&name), vec![name.clone(), name.clone()], DisclosureFault::Duplicate),
        (json!({}), vec![name.clone()], DisclosureFault::Unreferenced),
        (hidden(&name), vec![name.clone(), other.clone()], DisclosureFault::Unreferenced),
        (json!({ "_sd": [digest(&name), digest(&name)] }), vec![], DisclosureFault::RepeatedDigest),
        (json!({ "_sd": [digest(&name)], "a": hidden(&name) }), vec![name.clone()], DisclosureFault::RepeatedDigest),
        (json!({ "_sd": ["x"], "a": [{ "...": "x" }] }), vec![], DisclosureFault::RepeatedDigest),
        (hidden(&item), vec![item.clone()], DisclosureFault::WrongShape),
        (json!({ "a": [{ "...": digest(&name) }] }), vec![name.clone()], DisclosureFault::WrongShape),
        (hidden(&with("_sd")), vec![with("_sd")], DisclosureFault::ReservedName),
        (hidden(&with("...")), vec![with("...")], DisclosureFault::ReservedName),
        (hidden(&with("_sd_alg")), vec![with("_sd_alg")], DisclosureFault::ReservedName),
        (json!({ "name": "Eva", "_sd": [digest(&name)] }), vec![name.clone()], DisclosureFault::ClaimExists),
        (json!({ "_sd": [digest(&name), digest(&other)] }), vec![name.clone(), other.clone()], DisclosureFault::ClaimExists),
        (json!({ "_sd": "x" }), vec![], DisclosureFault::MalformedDigests),
        (json!({ "_sd": [7] }), vec![], DisclosureFault::MalformedDigests),
        (json!({ "a": [{ "...": "x", "b": 1 }] }), vec![], DisclosureFault::MalformedDigests),
        (json!({ "a": [{ "...": 7 }] }), vec![], DisclosureFault::MalformedDigests),
        (json!({ "a": { "...": "x" } }), vec![], DisclosureFault::MalformedDigests),
        (json!({ "a": { "_sd_alg": "sha-256" } }), vec![], DisclosureFault::MisplacedAlgorithm),
    ] {
        let token = crafted(payload.clone(), &disclosures);
        assert_eq!(token.claims(), Err(fault.clone()), "{payload}");
        let unchecked = token.check_signature(&issuer().public_key());
        assert_eq!(unchecked, Err(SignatureFault::malformed(fault)), "no claims, no good signature");
        assert!(token.disclosable().is_empty() && token.disclose(&[]).is_err());
    }
    assert_eq!(crafted(hidden(&name), &[name]).claims().expect("they go together")["name"], "Ana");
}

#[test]
fn disclosure_inside_a_disclosure_counts_against_the_depth() {
    let mut inner = json!(["salt", "claim", 1]);
    let mut disclosures = vec![inner.clone()];
    for _ in 0..100 {
        inner = json!(["salt", "claim", { "_sd": [digest(&inner)] }]);
        disclosures.push(inner.clone());
    }
    assert_eq!(crafted(json!({ "_sd": [digest(&inner)] }), &disclosures).claims(), Err(DisclosureFault::TooDeep));
    let cycle = json!(["salt", { "...": "itself" }]);
    assert_eq!(crafted(json!({ "a": [{ "...": digest(&cycle) }] }), &[cycle]).claims(), Err(DisclosureFault::MalformedDigests));
}

#[test]
fn other_hash_algorithms_are_read_and_unknown_ones_are_not() {
    let name = json!(["salt", "name", "Ana"]);
    for algorithm in [HashAlgorithm::Sha384, HashAlgorithm::Sha512] {
        let digest = algorithm.digest(&encode(&name));
        let token = crafted(json!({ "_sd": [digest], "_sd_alg": algorithm.as_str() }), std::slice::from_ref(&name));
        assert_eq!(token.claims().expect("they go together")["name"], "Ana");
    }
    let message = jws::signing_input(&json!({ "alg": "ES256" }), r#"{"_sd_alg":"sha-1"}"#);
    let text = jws::finish(message, &[0; 64]) + "~";
    assert!(matches!(SdJwt::read(&text), Err(WalletError::Unsupported { .. })));
}

#[test]
fn text_of_another_form_is_refused() {
    let good = issue(json!({ "a": 1, "b": 2 }), &["/a"]).text().to_owned();
    let (token, disclosure) = good.trim_end_matches('~').split_once('~').expect("one disclosure");
    for bad in [
        token.to_owned(),
        format!("{token}~~"),
        format!("{token}~{disclosure}~~"),
        format!("~{disclosure}~"),
        format!("{token}~{disclosure}=~"),
        format!("{token} ~{disclosure}~"),
        format!("{token}~{disclosure}"),
        format!("{token}~{}", "W10~".repeat(MAX_DISCLOSURES + 1)),
        String::new(),
        "~".to_owned(),
        "{}".to_owned(),
    ] {
        let read = SdJwt::read(&bad);
        // What stands last is read as a key binding.
        let bound = read.as_ref().is_ok_and(|token| token.is_bound() && token.binding().is_none());
        assert!(read.is_err() || bound, "{bad}");
    }
}

#[test]
fn what_decides_of_validity_is_never_concealed() {
    let conceal = |typ: &str, claims: Value, pointer: &str| {
        let header = object(json!({ "typ": typ }));
        let disclosure = Disclosed::Only { pointers: pointers(&[pointer]), decoys: 0, holder: None };
        prepare(header, object(claims), &disclosure, &issuer().public_key(), &mut UnwrapErr(SysRng))
    };
    let claims = json!({
        "iss": "a", "exp": 1, "nbf": 1, "aud": ["a", "b"], "iat": 1, "sub": "a", "vct": "a", "vct#integrity": "a", "aka_vcts": ["b"],
        "status": { "status_list": { "idx": 1 } }, "cnf": { "jwk": {} },
    });
    for pointer in ["/iss", "/exp", "/nbf", "/cnf", "/cnf/jwk", "/aud"] {
        assert!(matches!(conceal("example+sd-jwt", claims.clone(), pointer), Err(WalletError::Misused { .. })), "{pointer}");
    }
    for pointer in ["/aud/0", "/iat", "/sub", "/vct", "/status"] {
        assert!(conceal("example+sd-jwt", claims.clone(), pointer).is_ok(), "{pointer}");
    }
    for pointer in ["/vct", "/vct#integrity", "/aka_vcts", "/aka_vcts/0", "/status", "/status/status_list/idx", "/iss", "/cnf"] {
        assert!(matches!(conceal("dc+sd-jwt", claims.clone(), pointer), Err(WalletError::Misused { .. })), "{pointer}");
    }
    assert!(conceal("dc+sd-jwt", claims, "/sub").is_ok());
}

#[test]
fn concealed_type_of_an_sd_jwt_vc_is_refused_by_who_reads() {
    let vct = json!(["salt", "vct", "urn:example:1"]);
    let status = json!(["salt", 7]);
    for (payload, disclosures) in [
        (json!({ "_sd": [digest(&vct)] }), vec![vct]),
        (json!({ "vct": "urn:example:1", "status": { "a": [{ "...": digest(&status) }] } }), vec![status.clone()]),
        (json!({ "vct": "urn:example:1", "cnf": { "_sd": ["x"] } }), vec![]),
    ] {
        let message = jws::signing_input(&json!({ "alg": "ES256", "typ": "dc+sd-jwt" }), &payload.to_string());
        let disclosures: String = disclosures.iter().map(|disclosure| encode(disclosure) + "~").collect();
        let text = jws::finish(message, &[0; 64]) + "~" + &disclosures;
        assert_eq!(SdJwt::read(&text).expect("it can be read").claims(), Err(DisclosureFault::Concealed), "{payload}");
    }
}

#[test]
fn header_names_no_algorithm_but_the_keys() {
    let with = |alg: &str| {
        let header = object(json!({ "alg": alg, "kid": "1" }));
        prepare(header, Map::new(), &Disclosed::Whole, &issuer().public_key(), &mut UnwrapErr(SysRng))
    };
    assert!(with("ES256").is_ok());
    for alg in ["none", "EdDSA", "HS256"] {
        assert!(matches!(with(alg), Err(WalletError::Misused { .. })), "{alg}");
    }
}

#[test]
fn time_of_validity_is_checked() {
    let token = issue(json!({ "nbf": 1_772_366_400, "exp": 1_772_366_460 }), &[]);
    assert_eq!(token.check_time(&at("2026-03-01T12:00:30Z")), Ok(()));
    for outside in ["2026-03-01T11:59:59Z", "2026-03-01T12:01:00Z"] {
        assert!(matches!(token.check_time(&at(outside)), Err(WalletError::Refused { .. })), "{outside}");
    }
}

const NOW: &str = "2026-03-01T12:00:00Z";

#[test]
fn key_binding_is_for_one_token_one_verifier_and_one_moment() {
    let token = issue(json!({ "a": 1, "b": 2 }), &["/a", "/b"]);
    let shown = bind(&token.disclose(&pointers(&["/a"])).expect("it is there"), "n-1", "verifier", NOW);
    let binding = shown.check_binding(&at(NOW)).expect("the holder's");
    assert_eq!(binding.check_answers("n-1", "verifier"), Ok(()));
    assert_eq!(binding.check_answers("n-2", "verifier"), Err(BindingFault::WrongNonce));
    assert_eq!(binding.check_answers("n-1", "another"), Err(BindingFault::WrongAudience));
    for moment in ["2026-03-01T11:54:59Z", "2026-03-01T13:00:01Z"] {
        assert_eq!(shown.check_binding(&at(moment)), Err(BindingFault::NotNow { at: at(NOW) }), "{moment}");
    }
    assert_eq!(token.check_binding(&at(NOW)), Err(BindingFault::Missing));

    let kb = &shown.text()[shown.text().rfind('~').expect("a tilde") + 1..];
    let all = SdJwt::read(&format!("{}{kb}", token.text())).expect("it can be read");
    assert_eq!(all.check_binding(&at(NOW)), Err(BindingFault::WrongHash));
    let less = SdJwt::read(&format!("{}{kb}", token.disclose(&[]).expect("nothing").text())).expect("it can be read");
    assert_eq!(less.check_binding(&at(NOW)), Err(BindingFault::WrongHash));
}

#[test]
fn key_binding_by_another_key_or_of_another_type_is_refused() {
    let token = issue(json!({ "a": 1 }), &["/a"]);
    let bound = |header: Value, payload: Value, key: &SecretKey| {
        let message = jws::signing_input(&header, &payload.to_string());
        let signature = key.sign(&message);
        let text = token.text().to_owned() + &jws::finish(message, &signature);
        SdJwt::read(&text).expect("it can be read").check_binding(&at(NOW)).map(|_| ())
    };
    let header = json!({ "alg": "EdDSA", "typ": "kb+jwt" });
    let hash = HashAlgorithm::Sha256.digest(token.text());
    let payload = json!({ "iat": at(NOW).unix(), "aud": "verifier", "nonce": "n-1", "sd_hash": hash });
    assert_eq!(bound(header.clone(), payload.clone(), &holder()), Ok(()));
    let stranger = SecretKey::from_bytes(KeyAlgorithm::Ed25519, &[9; 32]).expect("a seed");
    assert_eq!(bound(header.clone(), payload.clone(), &stranger), Err(BindingFault::BadSignature));
    assert_eq!(bound(json!({ "alg": "ES256", "typ": "kb+jwt" }), payload.clone(), &issuer()), Err(BindingFault::BadSignature));
    for typ in [json!("JWT"), json!("example+sd-jwt"), json!(null)] {
        let refused = bound(json!({ "alg": "EdDSA", "typ": typ }), payload.clone(), &holder());
        assert!(matches!(refused, Err(BindingFault::Malformed { .. })), "{typ}");
    }
    assert!(matches!(
        bound(json!({ "alg": "none", "typ": "kb+jwt" }), payload.clone(), &holder()),
        Err(BindingFault::Malformed { .. })
    ));
    for name in ["iat", "aud", "nonce", "sd_hash"] {
        for value in [json!(["a"]), json!(true)] {
            let mut wrong = payload.clone();
            wrong[name] = value;
            assert!(matches!(bound(header.clone(), wrong, &holder()), Err(BindingFault::Malformed { .. })), "{name}");
        }
    }
    let mut ended = payload;
    ended["exp"] = json!(at(NOW).unix() - 1);
    assert_eq!(bound(header, ended, &holder()), Err(BindingFault::NotNow { at: at(NOW) }));
}

#[test]
fn holder_key_is_the_issuers_word() {
    let with = |confirmation: Value| crafted(json!({ "cnf": confirmation }), &[]).holder_key();
    assert_eq!(with(json!({ "jwk": holder().public_key().to_jwk() })), Ok(holder().public_key()));
    assert_eq!(with(json!({ "kid": "did:key:z6Mk#z6Mk" })), Err(BindingFault::UnsupportedKey));
    assert_eq!(with(json!({ "jwk": { "kty": "OKP", "crv": "X448", "x": "AA" } })), Err(BindingFault::UnsupportedKey));
    assert!(matches!(with(json!({ "jwk": {} })), Err(BindingFault::Malformed { .. })));
    assert_eq!(crafted(json!({}), &[]).holder_key(), Err(BindingFault::NoKey));
    let token = issue(json!({ "a": 1 }), &[]);
    let (key, now) = (issuer().public_key(), at(NOW));
    let refused = token.bind(&BindingTerms { nonce: "n", audience: "v", key: &key, now: &now });
    assert!(matches!(refused, Err(WalletError::Misused { .. })));
}

#[test]
fn holder_shows_what_is_named_with_its_ancestors_and_no_more() {
    let claims = json!({
        "address": { "street": { "name": "Main", "number": 7 }, "country": "PE" }, "list": ["a", "b", { "c": 1, "d": 2 }], "open": 1,
    });
    let token = issue(claims, &["/address", "/address/street", "/address/country", "/list/0", "/list/2", "/list/2/c"]);
    let show = |pointer: &str| {
        let shown = token.disclose(&pointers(&[pointer])).expect("it is there");
        let mut claims = shown.claims().expect("they go together").clone();
        claims.shift_remove("cnf");
        (Value::Object(claims), shown.disclosable().len())
    };
    assert_eq!(show("/open"), (json!({ "list": ["b"], "open": 1 }), 0));
    assert_eq!(show("/address"), (json!({ "list": ["b"], "open": 1, "address": {} }), 1));
    let street = json!({ "street": { "name": "Main", "number": 7 } });
    assert_eq!(show("/address/street/name"), (json!({ "list": ["b"], "open": 1, "address": street }), 2));
    assert_eq!(show("/list/2/c"), (json!({ "list": ["b", { "d": 2, "c": 1 }], "open": 1 }), 2));
    assert_eq!(show("/list/1"), (json!({ "list": ["b"], "open": 1 }), 0));
    for nowhere in ["/absent", "/list/3", "/open/x", "/address/street/0"] {
        assert!(matches!(token.disclose(&pointers(&[nowhere])), Err(WalletError::Misused { .. })), "{nowhere}");
    }
    // What is shown already can be shown less of, at its places there.
    let less = token.disclose(&pointers(&["/list/0", "/list/2"])).expect("they are there");
    let still = less.disclose(&pointers(&["/list/2"])).expect("it is there");
    assert_eq!(still.claims().expect("they go together")["list"], json!(["b", { "d": 2 }]));
    assert_eq!(less.disclosable(), pointers(&["/list/0", "/list/2"]));
}
