//! Our issuer's service, and the wallets of others.

use std::time::Duration;

use serde_json::{Value, json};

use crate::http;
use crate::names::{CREDO, NPM, OURS, PYPI};
use crate::ours;
use crate::programs::{self, Offer, Program, text};
use crate::table::row;

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

/// Our diploma in each format, and by each name that its issuer goes by.
const FORMATS: [(&str, &str, &str); 6] = [
    ("diploma_sd_jwt", "dc+sd-jwt", "dc+sd-jwt, issuer by DID"),
    ("diploma_sd_jwt_web", "dc+sd-jwt", "dc+sd-jwt, issuer by its metadata"),
    ("diploma_sd_jwt_x5c", "dc+sd-jwt", "dc+sd-jwt, issuer by certificate"),
    ("diploma_jwt_vc_json", "jwt_vc_json", "jwt_vc_json"),
    ("diploma_ldp_vc", "ldp_vc", "ldp_vc, eddsa-rdfc-2022"),
    ("diploma_ldp_vc_sd", "ldp_vc", "ldp_vc, ecdsa-sd-2023"),
];
/// What is offered where the format is not the point.
const PLAIN: (&str, &str) = ("config", "diploma_sd_jwt");
const GRANTS: [(&str, &[(&str, &str)]); 4] = [
    ("pre-authorized code", &[("flow", "pre")]),
    ("pre-authorized code with transaction code", &[("flow", "pre"), ("tx", "1")]),
    ("authorization code", &[("flow", "auth")]),
    ("offer by reference", &[("flow", "pre"), ("ref", "1")]),
];

#[test]
fn npm_wallet_takes_every_format_by_every_grant() {
    let wallet = programs::wallet();
    let trust = json!({ "roots": ours::issuer().said["roots"] });
    for ((config, format, name), (grant, wishes)) in FORMATS.iter().flat_map(|format| GRANTS.map(|grant| (*format, grant))) {
        let answer = accepted(&wallet, &[&[("config", config)], wishes].concat(), &trust);
        assert_eq!((&answer["version"], &answer["credentials"][0]["format"]), (&json!("V1"), &json!(format)), "{grant}");
        row(OURS, NPM, &format!("OpenID4VCI: {grant}, {name}"), 1, 1);
    }
}

#[test]
fn npm_wallet_uses_what_the_standard_leaves_to_choose() {
    let wallet = programs::wallet();
    let plain = [PLAIN];
    let code = [PLAIN, ("flow", "auth")];
    for (name, wishes, task) in [
        ("DPoP", &plain[..], json!({ "dpop": true })),
        ("DPoP, authorization code", &code, json!({ "dpop": true })),
        ("authorization details", &code, json!({ "details": true })),
        ("encrypted", &plain, json!({ "encrypt": true })),
        ("batch of 3", &plain, json!({ "count": 3 })),
        ("refresh token", &plain, json!({ "refresh": true })),
        ("signed metadata", &plain, json!({ "signed": true })),
        ("di_vp proof", &[("config", "diploma_ldp_vc")], json!({ "proof": "di_vp" })),
    ] {
        let answer = accepted(&wallet, wishes, &task);
        assert_eq!(answer["credentials"].as_array().map(Vec::len), Some(task["count"].as_u64().unwrap_or(1) as usize), "{name}");
        row(OURS, NPM, &format!("OpenID4VCI: {name}"), 1, 1);
    }
}

#[test]
fn npm_wallet_is_refused_what_is_wrong() {
    let wallet = programs::wallet();
    let plain = [PLAIN];
    refused(&wallet, &plain, &json!({ "spoil": "nonce" }), "invalid_nonce");
    refused(&wallet, &plain, &json!({ "spoil": "audience" }), "invalid_proof");
    refused(&wallet, &plain, &json!({ "spoil": "signature" }), "invalid_proof");
    refused(&wallet, &plain, &json!({ "again": "code" }), "invalid_grant");
    refused(&wallet, &plain, &json!({ "again": "proof" }), "invalid_nonce");
    refused(&wallet, &[PLAIN, ("tx", "1")], &json!({ "tx_code": "0" }), "invalid_grant");
    refused(&wallet, &[PLAIN, ("flow", "auth")], &json!({ "spoil": "pkce" }), "invalid_grant");
}

#[test]
fn npm_wallet_waits_for_what_is_deferred() {
    let (issuer, wallet) = (ours::issuer(), programs::wallet());
    let made = issuer.get("/offer", &[PLAIN, ("deferred", "1")]);
    let dataset = text(&made["datasets"][0]).to_owned();
    let provided = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_secs(1));
        http::fetch(&format!("{}/provide{}", issuer.url(), http::query(&[("dataset", &dataset), PLAIN]))).0
    });
    let answer = wallet.ask(&json!({ "do": "receive", "offer": made["offer"] }));
    assert!(answer["error"].is_null() && answer["notified"] == true, "{answer}");
    assert_eq!(provided.join().expect("it was provided"), 204);
    row(OURS, NPM, "OpenID4VCI: deferred", 1, 1);
}

#[test]
fn attested_wallet_is_let_in_and_a_stranger_is_not() {
    let (wallet, stranger) = (programs::wallet(), programs::wallet());
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    std::fs::write(file.path(), text(&wallet.said["roots"])).expect("room for a file");
    let issuer = ours::issuer_with(&["--haip", "--attesters", file.path().to_str().expect("a plain path")]);
    let wishes = [("config", "diploma_sd_jwt_x5c"), ("flow", "auth")];
    let everything = json!({
        "attested": true, "by": "x5c", "dpop": true, "proof": "attested", "encrypt": true, "roots": issuer.said["roots"],
    });
    let answer = wallet.ask(&Offer::of(&issuer, &wishes).task(&everything));
    assert!(answer["error"].is_null(), "{answer}");
    row(OURS, NPM, "OpenID4VCI: HAIP, attested wallet and keys", 1, 1);
    let answer = stranger.ask(&Offer::of(&issuer, &wishes).task(&everything));
    assert!(answer["error"].as_str().is_some_and(|error| error.contains("invalid_client")), "{answer}");
    let answer = wallet.ask(&Offer::of(&issuer, &wishes).task(&json!({ "dpop": true, "roots": issuer.said["roots"] })));
    assert!(answer["error"].is_string(), "{answer}");
}

#[test]
fn credo_takes_what_it_knows() {
    let wallet = programs::credo();
    let trust = json!({ "roots": ours::issuer().said["roots"] });
    for (config, flow) in [("diploma_sd_jwt", "pre"), ("diploma_sd_jwt", "auth"), ("diploma_sd_jwt_x5c", "auth")] {
        accepted(&wallet, &[("config", config), ("flow", flow)], &trust);
        row(OURS, CREDO, &format!("OpenID4VCI: {flow}, {config}"), 1, 1);
    }
    // OpenID4VCI 1.0 A.1 allows both data models; credo-ts reads a JWT of the first only, with its `vc` claim, and ours are of the second.
    refused(&wallet, &[("config", "diploma_jwt_vc_json")], &trust, "'vc' claim");
    row(OURS, CREDO, "OpenID4VCI: pre, diploma_jwt_vc_json (data model 2.0)", 0, 1);
}

#[test]
fn messages_are_read_by_a_library_written_from_the_final_text() {
    let metadata = http::get(&format!("{}/.well-known/openid-credential-issuer", ours::issuer().url())).to_string();
    let secure = metadata.replace("http://localhost", "https://localhost").replace("http://127.0.0.1", "https://127.0.0.1");
    let (_, read) = http::post(&format!("{}/read/metadata", programs::python().url()), "application/json", &secure);
    assert_eq!(read, "{}");
    row(OURS, PYPI, "OpenID4VCI: metadata", 1, 1);
}
