use super::*;
use crate::error::WalletError;
use crate::oauth::call::answer;
use crate::ports::HttpMethod;
use crate::presentation::request::example::{REDIRECT, key, object, request, signed, with};
use proptest::prelude::*;
use serde_json::json;

const CLIENT: &str = "x509_san_dns:client.example.org";
const NONCE: &str = "qPmxiNFCR3QTm19POc8u";

fn reference(changes: Value) -> Result<RequestLink> {
    let parameters = json!({ "client_id": CLIENT, "request_uri": "https://client.example.org/request/vapof4ql2i7m41m68uep" });
    RequestLink::read(&write("openid4vp://", &with(object(parameters), changes)))
}

fn fetched(method: &str, text: &str) -> Result<ReceivedRequest> {
    match reference(json!({ "request_uri_method": method })).expect("a link") {
        RequestLink::Reference(reference) => reference.read(&answer(200, MEDIA_TYPE, text.as_bytes().to_vec()), NONCE),
        RequestLink::Whole(_) => panic!("it leads to a request object"),
    }
}

#[test]
fn request_by_value_is_read_from_a_link_of_any_scheme() {
    let parameters = request(&format!("redirect_uri:{REDIRECT}"), REDIRECT);
    for scheme in ["openid4vp://", "haip-vp://", "https://wallet.example.org/universal-link"] {
        let link = RequestLink::read(&write(scheme, &parameters)).expect("a request");
        assert!(matches!(link, RequestLink::Whole(_)));
    }
}

#[test]
fn parameter_that_comes_twice_is_refused() {
    let link = write("openid4vp://", &request(&format!("redirect_uri:{REDIRECT}"), REDIRECT));
    assert!(RequestLink::read(&link).is_ok());
    assert!(RequestLink::read(&format!("{link}&nonce=another")).is_err());
}

#[test]
fn reference_is_asked_for_by_the_method_it_names() {
    let ask = |method: Value| match reference(json!({ "request_uri_method": method })) {
        Ok(RequestLink::Reference(reference)) => reference.ask(&object(json!({ "vp_formats_supported": {} })), NONCE),
        other => panic!("{other:?} is no reference"),
    };
    let get = ask(Value::Null);
    assert_eq!((get.method, get.body.len()), (HttpMethod::Get, 0));
    let post = ask(json!("post"));
    let form = Form::read(std::str::from_utf8(&post.body).expect("text")).expect("a form");
    assert_eq!((post.method, form.text("wallet_nonce")), (HttpMethod::Post, Some(NONCE)));
    assert!(post.headers.contains(&("accept".to_owned(), MEDIA_TYPE.to_owned())));
}

#[test]
fn section_8_5_unknown_request_uri_method_has_a_code_of_its_own() {
    for method in ["POST", "put", "Get"] {
        let fault = reference(json!({ "request_uri_method": method })).expect_err("refused");
        assert_eq!(fault.code, OAuthErrorCode::InvalidRequestUriMethod, "{method}");
    }
}

#[test]
fn link_that_contradicts_itself_is_refused() {
    let alone = with(request(&format!("redirect_uri:{REDIRECT}"), REDIRECT), json!({ "request_uri_method": "post" }));
    assert!(RequestLink::read(&write("openid4vp://", &alone)).is_err());
    assert!(reference(json!({ "request": "eyJ" })).is_err());
    assert!(reference(json!({ "client_id": null })).is_err());
    assert!(reference(json!({ "request_uri": "http://client.example.org/request" })).is_err());
    assert!(RequestLink::read(&format!("openid4vp://?{}", "a".repeat(MAX_LINK))).is_err());
    assert!(RequestLink::read("no link").is_err());
}

#[test]
fn section_5_10_1_only_a_request_object_by_the_same_client_counts() {
    let own = signed(request(CLIENT, REDIRECT), json!({}), &key(1));
    assert!(fetched("get", &own).is_ok());
    let other = signed(request("x509_san_dns:evil.example", REDIRECT), json!({}), &key(1));
    assert!(fetched("get", &other).is_err());
    let without_prefix = signed(request("client.example.org", REDIRECT), json!({}), &key(1));
    assert!(fetched("get", &without_prefix).is_err());
    let nested =
        signed(with(request(CLIENT, REDIRECT), json!({ "request_uri": "https://client.example.org/2" })), json!({}), &key(1));
    assert!(fetched("get", &nested).is_err());
    let untyped = signed(request(CLIENT, REDIRECT), json!({ "typ": "JWT" }), &key(1));
    assert!(fetched("get", &untyped).is_err());
}

#[test]
fn section_5_10_1_the_wallets_nonce_must_come_back_from_a_post() {
    let object = |nonce: Value| signed(with(request(CLIENT, REDIRECT), json!({ "wallet_nonce": nonce })), json!({}), &key(1));
    assert!(fetched("post", &object(json!(NONCE))).is_ok());
    for other in [Value::Null, json!("another")] {
        assert!(fetched("post", &object(other)).is_err());
    }
    assert!(fetched("get", &object(Value::Null)).is_ok());
}

#[test]
fn section_5_8_request_object_is_for_any_wallet_or_for_the_place_it_came_from() {
    let object = |aud: Value| signed(with(request(CLIENT, REDIRECT), json!({ "aud": aud })), json!({}), &key(1));
    assert!(fetched("get", &object(json!("https://client.example.org/request/vapof4ql2i7m41m68uep"))).is_ok());
    for other in [json!("https://another.example"), json!(["a", "b"]), json!(1)] {
        assert!(fetched("get", &object(other.clone())).is_err(), "{other}");
    }
}

#[test]
fn request_object_that_says_nothing_of_its_audience_is_taken_as_rfc_9101_has_it() {
    let header = object(json!({ "typ": "oauth-authz-req+jwt" }));
    let unsigned = crate::jose::jwt::prepare(header, request(CLIENT, REDIRECT), &key(1).public_key()).expect("it can be signed");
    let signature = key(1).sign(unsigned.message());
    let text = unsigned.finish(&signature);
    assert!(fetched("get", &text).is_ok());
    let by_value = json!({ "client_id": CLIENT, "request": text });
    assert!(RequestLink::read(&write("openid4vp://", &object(by_value))).is_ok());
}

#[test]
fn request_object_without_a_signature_is_only_for_a_client_that_signs_nothing() {
    let unsecured = |parameters: &Map<String, Value>| {
        let part = |value: Value| base64_of(&value.to_string());
        let claims = with(parameters.clone(), json!({ "aud": "https://self-issued.me/v2" }));
        format!("{}.{}.", part(json!({ "alg": "none", "typ": "oauth-authz-req+jwt" })), part(Value::Object(claims)))
    };
    let client = format!("redirect_uri:{REDIRECT}");
    let by_value = |client: &str| {
        let parameters = json!({ "client_id": client, "request": unsecured(&request(client, REDIRECT)) });
        RequestLink::read(&write("openid4vp://", &object(parameters)))
    };
    assert!(by_value(&client).is_ok());
    assert!(by_value(CLIENT).is_err());
}

#[test]
fn answer_that_is_no_request_object_ends_it() {
    let RequestLink::Reference(reference) = reference(json!({})).expect("a link") else { panic!("it is a reference") };
    let refused = reference.read(&answer(404, "text/plain", Vec::new()), NONCE).expect_err("refused");
    assert!(matches!(refused.error, WalletError::Refused { .. }));
    for text in ["", "<html>", "a.b.c", "{}", "eyJhbGciOiJub25lIn0.e30."] {
        assert!(fetched("get", text).is_err(), "{text}");
    }
}

fn base64_of(text: &str) -> String {
    use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
    BASE64_URL_SAFE_NO_PAD.encode(text)
}

proptest! {
    #[test]
    fn any_text_is_a_link_or_refused(text in "\\PC{0,80}", query in "([a-z_]{1,12}=[a-z%0-9{}\":]{0,20}&){0,6}") {
        let _ = RequestLink::read(&text);
        let _ = RequestLink::read(&format!("openid4vp://?client_id=redirect_uri:https://a.example&{query}"));
    }
}
