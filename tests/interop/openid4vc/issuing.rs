//! Our issuer's service, and the wallets of others.

use serde_json::{Value, json};

use crate::http;
use crate::names::{CREDO, NPM, OURS, PYPI};
use crate::ours;
use crate::programs::{self, Offer, Program};
use crate::table::row;

/// The configurations of our issuer, by format.
fn configurations() -> Vec<(String, String)> {
    let metadata = http::get(&format!("{}/.well-known/openid-credential-issuer", ours::issuer().url()));
    let supported = metadata["credential_configurations_supported"].as_object().expect("configurations").clone();
    supported
        .into_iter()
        .map(|(id, configuration)| (id, configuration["format"].as_str().expect("a format").to_owned()))
        .collect()
}

/// One configuration of a format.
fn of_format(format: &str) -> String {
    configurations().into_iter().find(|(_, its)| its == format).unwrap_or_else(|| panic!("no {format} among ours")).0
}

fn accept(wallet: &Program, wishes: &[(&str, &str)], task: &Value) -> Value {
    wallet.ask(&Offer::of(ours::issuer(), wishes).task(task))
}

#[track_caller]
fn accepted(wallet: &Program, wishes: &[(&str, &str)], task: &Value) -> Value {
    let answer = accept(wallet, wishes, task);
    assert!(answer["error"].is_null(), "{wishes:?} {task}: {answer}");
    answer
}

#[track_caller]
fn refused(wallet: &Program, wishes: &[(&str, &str)], task: &Value, word: &str) {
    let answer = accept(wallet, wishes, task);
    let error = answer["error"].as_str().unwrap_or_else(|| panic!("{wishes:?} {task}: {answer}"));
    assert!(error.contains(word), "{wishes:?} {task}: {error}");
}

const FORMATS: [&str; 3] = ["dc+sd-jwt", "jwt_vc_json", "ldp_vc"];
const GRANTS: [(&str, &[(&str, &str)]); 4] = [
    ("pre-authorized code", &[("flow", "pre")]),
    ("pre-authorized code with transaction code", &[("flow", "pre"), ("tx", "1")]),
    ("authorization code", &[("flow", "auth")]),
    ("offer by reference", &[("flow", "pre"), ("ref", "1")]),
];

#[test]
fn npm_wallet_takes_every_format_by_every_grant() {
    let wallet = programs::wallet();
    for (format, (grant, wishes)) in FORMATS.iter().flat_map(|format| GRANTS.map(|grant| (*format, grant))) {
        let config = of_format(format);
        let answer = accepted(&wallet, &[&[("config", config.as_str())], wishes].concat(), &json!({}));
        assert_eq!((&answer["version"], &answer["credentials"][0]["format"]), (&json!("V1"), &json!(format)), "{grant}");
        row(OURS, NPM, &format!("OpenID4VCI: {grant}, {format}"), 1, 1);
    }
}

#[test]
fn npm_wallet_uses_what_the_standard_leaves_to_choose() {
    let wallet = programs::wallet();
    let (sd_jwt, ldp) = (of_format("dc+sd-jwt"), of_format("ldp_vc"));
    let plain = [("config", sd_jwt.as_str())];
    let code = [plain[0], ("flow", "auth")];
    for (name, wishes, task) in [
        ("DPoP", &plain[..], json!({ "dpop": true })),
        ("DPoP, authorization code", &code, json!({ "dpop": true })),
        ("authorization details", &code, json!({ "details": true })),
        ("client attestation", &code, json!({ "attested": true, "dpop": true })),
        ("encrypted", &plain, json!({ "encrypt": true })),
        ("batch of 3", &plain, json!({ "count": 3 })),
        ("refresh token", &plain, json!({ "refresh": true })),
        ("signed metadata", &plain, json!({ "signed": true })),
        ("di_vp proof", &[("config", ldp.as_str())], json!({ "proof": "di_vp" })),
        ("deferred", &[plain[0], ("deferred", "1")], json!({})),
    ] {
        let answer = accepted(&wallet, wishes, &task);
        assert_eq!(answer["credentials"].as_array().map(Vec::len), Some(task["count"].as_u64().unwrap_or(1) as usize), "{name}");
        row(OURS, NPM, &format!("OpenID4VCI: {name}"), 1, 1);
    }
}

#[test]
fn npm_wallet_is_refused_what_is_wrong() {
    let wallet = programs::wallet();
    let sd_jwt = of_format("dc+sd-jwt");
    let plain = [("config", sd_jwt.as_str())];
    refused(&wallet, &plain, &json!({ "spoil": "nonce" }), "invalid_nonce");
    refused(&wallet, &plain, &json!({ "spoil": "audience" }), "invalid_proof");
    refused(&wallet, &plain, &json!({ "spoil": "signature" }), "invalid_proof");
    refused(&wallet, &plain, &json!({ "again": "code" }), "invalid_grant");
    refused(&wallet, &plain, &json!({ "again": "proof" }), "invalid_nonce");
    refused(&wallet, &[plain[0], ("tx", "1")], &json!({ "tx_code": "0" }), "invalid_grant");
    refused(&wallet, &[plain[0], ("flow", "auth")], &json!({ "spoil": "pkce" }), "invalid_grant");
}

#[test]
fn credo_takes_what_it_knows() {
    let wallet = programs::credo();
    for (format, flow) in [("dc+sd-jwt", "pre"), ("dc+sd-jwt", "auth"), ("jwt_vc_json", "pre")] {
        let config = of_format(format);
        accepted(&wallet, &[("config", config.as_str()), ("flow", flow)], &json!({}));
        row(OURS, CREDO, &format!("OpenID4VCI: {flow}, {format}"), 1, 1);
    }
}

#[test]
fn messages_are_read_by_a_library_written_from_the_final_text() {
    let metadata = http::get(&format!("{}/.well-known/openid-credential-issuer", ours::issuer().url())).to_string();
    let secure = metadata.replace("http://localhost", "https://localhost").replace("http://127.0.0.1", "https://127.0.0.1");
    let (_, read) = http::post(&format!("{}/read/metadata", programs::python().url()), "application/json", &secure);
    assert_eq!(read, "{}");
    row(OURS, PYPI, "OpenID4VCI: metadata", 1, 1);
}
