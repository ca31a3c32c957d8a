use super::*;
use crate::error::WalletError;
use crate::presentation::request::example::{REDIRECT, request, with};

const CLIENT: &str = "x509_san_dns:client.example.org";

fn read(changes: Value) -> Result<AuthorizationRequest> {
    AuthorizationRequest::read(&with(request(CLIENT, REDIRECT), changes), &Way::Link)
}

fn code(changes: Value) -> String {
    read(changes.clone()).map(|_| panic!("{changes} was read")).unwrap_or_else(|fault| fault.code.as_str().to_owned())
}

#[test]
fn request_reads_back_as_it_was_written() {
    let transaction = TransactionData::new("pago", &["id_card"], Map::new()).expect("transaction data");
    let request = read(json!({
        "transaction_data": [transaction.text()], "wallet_nonce": "qPmxiNFCR3QTm19POc8u",
        "verifier_info": [{ "format": "jwt", "data": "eyJ" }], "client_metadata": { "vp_formats_supported": { "ldp_vc": {} } },
        "unknown": { "is": "ignored" }
    }))
    .expect("a request");
    assert_eq!(request.audience().expect("an audience"), CLIENT);
    assert_eq!(request.transaction_data, [transaction]);
    assert_eq!(AuthorizationRequest::read(&request.parameters(), &Way::Link), Ok(request));
}

#[test]
fn section_5_1_asks_for_a_query_or_a_scope_and_never_both() {
    assert_eq!(code(json!({ "dcql_query": null })), "invalid_request");
    assert_eq!(code(json!({ "scope": "com.example.IDCardCredential_presentation" })), "invalid_request");
    assert_eq!(code(json!({ "dcql_query": null, "scope": "com.example.IDCardCredential_presentation" })), "invalid_scope");
    assert_eq!(code(json!({ "dcql_query": {} })), "invalid_request");
}

#[test]
fn section_5_2_values_are_safe_in_a_url() {
    for name in ["nonce", "state"] {
        for bad in ["", "a b", "a+b", "ñ", "a\nb", &"a".repeat(MAX_TOKEN + 1)] {
            assert_eq!(code(json!({ name: bad })), "invalid_request", "{name} {bad}");
        }
    }
    assert_eq!(code(json!({ "nonce": null })), "invalid_request");
    assert_eq!(code(json!({ "nonce": 17 })), "invalid_request");
    assert_eq!(read(json!({ "state": null })).expect("a request").state, None);
}

#[test]
fn another_response_type_is_unsupported() {
    for other in ["vp_token id_token", "code", "VP_TOKEN"] {
        assert_eq!(code(json!({ "response_type": other })), "unsupported_response_type");
    }
    assert_eq!(code(json!({ "response_type": null })), "invalid_request");
}

#[test]
fn section_8_2_direct_post_has_a_response_uri_and_no_redirect_uri() {
    assert_eq!(code(json!({ "redirect_uri": REDIRECT })), "invalid_request");
    assert_eq!(code(json!({ "response_uri": null })), "invalid_request");
    assert_eq!(code(json!({ "response_uri": "http://client.example.org/cb" })), "invalid_request");
    assert_eq!(code(json!({ "response_uri": "javascript:alert(1)" })), "invalid_request");
}

#[test]
fn section_5_6_fragment_is_the_default_mode() {
    let request = read(json!({ "response_mode": null, "response_uri": null, "redirect_uri": REDIRECT })).expect("a request");
    assert_eq!(request.response_mode.as_str(), "fragment");
    // Wallets are about that know the mode by its absence only.
    assert!(!request.parameters().contains_key("response_mode"));
    assert_eq!(AuthorizationRequest::read(&request.parameters(), &Way::Link), Ok(request));
    for other in ["query", "form_post", "dc_api", "dc_api.jwt", "fragment.jwt"] {
        let fault = read(json!({ "response_mode": other })).expect_err("refused");
        assert!(matches!(fault.error, WalletError::Unsupported { .. }), "{other}");
    }
}

#[test]
fn section_5_9_3_redirect_uri_prefix_is_the_place_of_the_answer() {
    let client = json!({ "client_id": format!("redirect_uri:{REDIRECT}") });
    assert_eq!(read(client.clone()).expect("a request").response_mode.destination().expect("a place").as_str(), REDIRECT);
    let changed = |response_uri: Value| json!({ "client_id": client["client_id"], "response_uri": response_uri });
    let omitted = read(changed(Value::Null)).expect("a request");
    assert_eq!(omitted.response_mode.destination().expect("a place").as_str(), REDIRECT);
    assert_eq!(code(changed(json!("https://client.example.org/cb/"))), "invalid_request");
}

#[test]
fn section_8_5_transaction_data_is_for_credentials_that_are_asked_for_and_held() {
    let other = TransactionData::new("pago", &["another"], Map::new()).expect("transaction data");
    assert_eq!(code(json!({ "transaction_data": [other.text()] })), "invalid_transaction_data");
    assert_eq!(code(json!({ "transaction_data": [] })), "invalid_transaction_data");
    assert_eq!(code(json!({ "transaction_data": "eyJ" })), "invalid_transaction_data");
    let own = TransactionData::new("pago", &["id_card"], Map::new()).expect("transaction data");
    let mut unbound = request(CLIENT, REDIRECT)["dcql_query"].clone();
    unbound["credentials"][0]["require_cryptographic_holder_binding"] = false.into();
    assert_eq!(code(json!({ "transaction_data": [own.text()], "dcql_query": unbound })), "invalid_transaction_data");
}

#[test]
fn appendix_a_an_unsigned_request_has_no_client_and_no_state() {
    let parameters =
        with(request("x509_san_dns:evil.example", REDIRECT), json!({ "response_mode": "dc_api", "response_uri": null }));
    let request = AuthorizationRequest::read(&parameters, &Way::OverApi("https://verifier.example.com")).expect("a request");
    assert_eq!((request.client_id.clone(), request.state.clone()), (None, None));
    assert_eq!(request.audience().expect("an audience"), "origin:https://verifier.example.com");
    assert!(!request.parameters().contains_key("client_id") && !request.parameters().contains_key("expected_origins"));
}

#[test]
fn request_that_an_app_has_built_for_nobody_is_refused_and_does_not_panic() {
    let nobody = AuthorizationRequest { client_id: None, ..read(json!({})).expect("a request") };
    assert!(matches!(nobody.audience(), Err(WalletError::Misused { .. })));
}
