use super::*;
use crate::error::WalletError;
use crate::presentation::request::example::{REDIRECT, key, request, signed, with};
use proptest::prelude::*;

const ORIGIN: &str = "https://verifier.example.com";
const CLIENT: &str = "x509_san_dns:verifier.example.com";

fn parameters(changes: Value) -> Map<String, Value> {
    let parameters = with(request(CLIENT, REDIRECT), json!({ "response_mode": "dc_api", "response_uri": null, "state": null }));
    with(with(parameters, json!({ "expected_origins": [ORIGIN] })), changes)
}

fn sign(changes: Value) -> Value {
    super::signed(&signed(parameters(changes), json!({}), &key(1)))
}

/// One payload, signed for each of these clients.
fn sign_for(clients: &[&str], changes: Value) -> Value {
    let shared = with(parameters(json!({ "client_id": null })), changes);
    let sign = |client: &&str| signed(shared.clone(), json!({ "client_id": client }), &key(1));
    multisigned(&clients.iter().map(sign).collect::<Vec<_>>())
}

#[test]
fn protocol_says_how_the_request_is_signed() {
    let unsigned = Value::Object(parameters(json!({})));
    assert!(read("openid4vp-v1-unsigned", &unsigned, ORIGIN).is_ok());
    assert!(read("openid4vp-v1-signed", &sign(json!({})), ORIGIN).is_ok());
    assert!(read("openid4vp-v1-multisigned", &sign_for(&[CLIENT], json!({})), ORIGIN).is_ok());
    assert!(read("openid4vp-v1-signed", &unsigned, ORIGIN).is_err());
    assert!(read("openid4vp-v1-multisigned", &sign(json!({})), ORIGIN).is_err());
    for other in ["openid4vp", "openid4vp-v2-signed", "org-iso-mdoc"] {
        let fault = read(other, &unsigned, ORIGIN).expect_err("unsupported");
        assert!(matches!(fault.error, WalletError::Unsupported { .. }), "{other}");
    }
}

#[test]
fn appendix_a_2_signed_request_from_another_origin_is_a_replay() {
    for origins in [json!(["https://another.example"]), Value::Null, json!([]), json!(["https://verifier.example.com/"])] {
        let fault = read("openid4vp-v1-signed", &sign(json!({ "expected_origins": origins })), ORIGIN).expect_err("refused");
        assert_eq!(fault.code.as_str(), "invalid_request");
        assert!(read("openid4vp-v1-multisigned", &sign_for(&[CLIENT], json!({ "expected_origins": origins })), ORIGIN).is_err());
    }
    assert!(read("openid4vp-v1-signed", &sign(json!({})), "https://evil.example").is_err());
}

#[test]
fn appendix_a_3_2_2_each_client_speaks_for_itself_and_unknown_ones_are_passed_over() {
    let federation = "openid_federation:https://verifier.example.com";
    let did = "decentralized_identifier:did:example:123";
    let received = read("openid4vp-v1-multisigned", &sign_for(&[federation, did, CLIENT], json!({})), ORIGIN).expect("a request");
    assert_eq!(received.needs().into_iter().map(|did| did.to_string()).collect::<Vec<_>>(), ["did:example:123"]);
    assert!(read("openid4vp-v1-multisigned", &sign_for(&[federation], json!({})), ORIGIN).is_err());
    assert!(read("openid4vp-v1-multisigned", &sign_for(&[did], json!({ "client_id": did })), ORIGIN).is_err());
    assert!(read("openid4vp-v1-multisigned", &sign_for(&[], json!({})), ORIGIN).is_err());
    assert!(read("openid4vp-v1-multisigned", &sign_for(&[did; MAX_SIGNATURES + 1], json!({})), ORIGIN).is_err());
}

#[test]
fn response_mode_is_one_of_the_platforms() {
    for mode in ["direct_post", "fragment"] {
        let data = Value::Object(parameters(json!({ "response_mode": mode, "response_uri": REDIRECT })));
        assert!(read("openid4vp-v1-unsigned", &data, ORIGIN).is_err(), "{mode}");
    }
}

proptest! {
    #[test]
    fn any_data_is_a_request_or_refused(payload in "[A-Za-z0-9_.-]{0,40}", header in "[A-Za-z0-9_-]{0,40}") {
        let jws = json!({ "payload": payload, "signatures": [{ "protected": header, "signature": header }] });
        for data in [json!({ "request": payload }), json!({ "request": jws }), json!(payload)] {
            for protocol in DcApiProtocol::ALL {
                let _ = read(protocol.as_str(), &data, ORIGIN);
            }
        }
    }
}
