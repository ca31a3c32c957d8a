//! Our verifier's service, and the wallets of others.

use serde_json::{Value, json};

use crate::asking::{FORMATS, MODES, PREFIXES, settle};
use crate::names::{CREDO, NPM, OURS};
use crate::ours;
use crate::programs::{self, Offer, Program, merged};
use crate::table::row;

/// Gives `wallet` a credential of the npm issuer.
fn give(wallet: &Program, config: &str) {
    let issuer = programs::issuer();
    let answer = wallet.ask(&Offer::of(issuer, &[("config", config)]).task(&json!({ "roots": issuer.said["roots"] })));
    assert!(answer["error"].is_null(), "{config}: {answer}");
}

/// What our verifier says of the answer of `wallet`, which trusts it and is told `more`.
fn settled(wallet: &Program, wishes: &[(&str, &str)], more: &Value) -> Value {
    let verifier = ours::verifier();
    let trust = json!({ "roots": verifier.said["roots"], "attester": verifier.said["attester"] });
    settle(verifier, wallet, wishes, &merged(trust, more))
}

#[track_caller]
fn accepted(wallet: &Program, wishes: &[(&str, &str)]) {
    let result = settled(wallet, wishes, &json!({}));
    assert_eq!(result["status"], "accepted", "{wishes:?}: {result}");
}

#[test]
fn npm_wallet_shows_every_format_by_every_prefix_and_mode() {
    let wallet = programs::wallet();
    for question in FORMATS {
        give(&wallet, question.config);
        for (mode, scheme) in MODES.iter().flat_map(|mode| PREFIXES.map(|scheme| (*mode, scheme))) {
            // The package refuses a signed request that says `fragment`, which is the default and may be said (OpenID4VP 1.0 §5.6).
            if mode == "fragment" && scheme != "redirect_uri" {
                continue;
            }
            accepted(&wallet, &[("mode", mode), ("scheme", scheme), ("dcql", &question.dcql())]);
            row(NPM, OURS, &format!("OpenID4VP: {}, {scheme}, {mode}", question.name), 1, 1);
        }
    }
}

#[test]
fn part_of_a_data_integrity_credential_is_taken() {
    let wallet = programs::wallet();
    give(&wallet, "degree-ldp-sd");
    accepted(&wallet, &[("mode", "direct_post.jwt"), ("scheme", "x509_hash"), ("dcql", &FORMATS[2].dcql())]);
    row(NPM, OURS, "OpenID4VP: ldp_vc, ecdsa-sd-2023, x509_hash, direct_post.jwt", 1, 1);
}

#[test]
fn credo_shows_what_it_knows() {
    let wallet = programs::credo();
    for question in &FORMATS[..2] {
        give(&wallet, question.config);
        // It does not disclose the members of a list that a query asks for by null (OpenID4VP 1.0 §7).
        let mut query = (question.query)();
        query["claims"].as_array_mut().expect("claims").retain(|claim| claim["path"][0] != "nationalities");
        let dcql = json!({ "credentials": [query] }).to_string();
        for (mode, scheme) in [
            ("direct_post", "redirect_uri"),
            ("direct_post", "decentralized_identifier"),
            ("direct_post.jwt", "x509_san_dns"),
            ("direct_post.jwt", "x509_hash"),
            ("dc_api", "x509_hash"),
            ("dc_api.jwt", "decentralized_identifier"),
        ] {
            accepted(&wallet, &[("mode", mode), ("scheme", scheme), ("dcql", &dcql)]);
            row(CREDO, OURS, &format!("OpenID4VP: {}, {scheme}, {mode}", question.name), 1, 1);
        }
    }
}

#[test]
fn npm_wallet_is_refused_what_is_wrong() {
    let wallet = programs::wallet();
    for question in FORMATS {
        give(&wallet, question.config);
        for spoil in ["nonce", "audience", "holder"] {
            let result = settled(&wallet, &[("dcql", &question.dcql())], &json!({ "spoil": spoil }));
            assert_ne!(result["status"], "accepted", "{} {spoil}: {result}", question.name);
            assert_ne!(result["status"], "pending", "{} {spoil}: {result}", question.name);
        }
    }
}

#[test]
fn answer_is_taken_once() {
    let wallet = programs::wallet();
    give(&wallet, FORMATS[0].config);
    let result = settled(&wallet, &[("dcql", &FORMATS[0].dcql())], &json!({ "again": "response" }));
    assert_eq!(result["status"], "accepted", "{result}");
    assert_ne!(result["wallet"]["status"], 200, "{result}");
}

#[test]
fn answer_under_another_state_is_nobodys() {
    let wallet = programs::wallet();
    give(&wallet, FORMATS[0].config);
    let result = settled(&wallet, &[("dcql", &FORMATS[0].dcql())], &json!({ "spoil": "state" }));
    assert_ne!(result["status"], "accepted", "{result}");
}

#[test]
fn wallet_that_declines_is_heard() {
    let wallet = programs::wallet();
    let result = settled(&wallet, &[("dcql", &FORMATS[0].dcql())], &json!({ "decline": true }));
    assert_eq!(result["wallet"]["status"], 200, "{result}");
    assert!(!["accepted", "pending"].contains(&result["status"].as_str().expect("a status")), "{result}");
}
