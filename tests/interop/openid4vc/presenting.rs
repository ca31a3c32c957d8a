//! The verifiers of others, and our wallet.

use serde_json::{Value, json};

use crate::asking::{FORMATS, MODES, PREFIXES, Question, hand_back, judged};
use crate::names::{CREDO, NPM, OPENVC, OURS, POLARIS};
use crate::ours::{Wallet, strs, trusting};
use crate::programs::{self, Offer, Program, text};
use crate::table::row;

/// A wallet of ours with the credential that a question asks for, from the npm issuer.
fn wallet_with(config: &str) -> Wallet {
    let (wallet, issuer) = (Wallet::new(), programs::issuer());
    let trust = trusting(&wallet, issuer);
    let (went_well, told) = wallet.receive(&Offer::of(issuer, &[("config", config)]), &strs(&trust));
    assert!(went_well, "{config}: {told}");
    wallet
}

/// What `verifier` says of our wallet's answer, and what our wallet says itself.
fn settle(verifier: &Program, wallet: &Wallet, wishes: &[(&str, &str)], trusted: &Program) -> (Value, Value) {
    let asked = verifier.get("/new", wishes);
    let id = asked["id"].as_str().unwrap_or_else(|| panic!("no request for {wishes:?}: {asked}"));
    let mut options = trusting(wallet, trusted);
    let request = match asked["origin"].as_str() {
        Some(origin) => {
            options.extend(["--origin".to_owned(), origin.to_owned()]);
            let signed = asked["request"]["request"].is_string();
            let protocol = if signed { "openid4vp-v1-signed" } else { "openid4vp-v1-unsigned" };
            json!({ "protocol": protocol, "data": asked["request"] }).to_string()
        }
        None => text(&asked["request"]).to_owned(),
    };
    let (_, told) = wallet.present(&request, &strs(&options));
    hand_back(verifier, id, &json!({ "location": told["answer"]["redirect"], "response": told["answer"]["data"] }));
    (verifier.get(&format!("/result/{id}"), &[]), told)
}

#[track_caller]
fn accepted(verifier: &Program, wallet: &Wallet, wishes: &[(&str, &str)]) -> Value {
    let (result, told) = settle(verifier, wallet, wishes, verifier);
    assert_eq!(result["status"], "accepted", "{wishes:?}: {result} {told}");
    result
}

/// Shows one credential to the npm verifier in these ways, and has the verdict confirmed by who took no part.
fn show(question: &Question, ways: &[(&str, &str)]) {
    let (wallet, verifier) = (wallet_with(question.config), programs::verifier());
    for (mode, scheme) in ways {
        let result = accepted(verifier, &wallet, &[("mode", mode), ("scheme", scheme), ("dcql", &question.dcql())]);
        assert_eq!(judged(&result["presented"], &Value::Null), json!({}), "{} {mode} {scheme}", question.name);
        for judge in [NPM, OPENVC] {
            row(OURS, judge, &format!("OpenID4VP: {}, {scheme}, {mode}", question.name), 1, 1);
        }
    }
}

/// One prefix a mode, so that every prefix and every mode is there.
fn a_way_a_mode() -> Vec<(&'static str, &'static str)> {
    MODES.iter().copied().zip(PREFIXES).collect()
}

#[test]
fn sd_jwt_is_shown_by_every_prefix_and_mode() {
    let all: Vec<_> = MODES.iter().flat_map(|mode| PREFIXES.map(|scheme| (*mode, scheme))).collect();
    show(&FORMATS[0], &all);
}

#[test]
fn jwt_is_shown_in_every_mode() {
    show(&FORMATS[1], &a_way_a_mode());
}

#[test]
fn data_integrity_is_shown_in_every_mode() {
    show(&FORMATS[2], &a_way_a_mode());
}

#[test]
fn request_object_is_taken_by_value_by_get_and_by_post() {
    let (wallet, verifier) = (wallet_with("degree-sd-jwt"), programs::verifier());
    for by in ["value", "reference", "post"] {
        accepted(verifier, &wallet, &[("scheme", "x509_hash"), ("by", by), ("dcql", &FORMATS[0].dcql())]);
        row(OURS, NPM, &format!("OpenID4VP: request object by {by}"), 1, 1);
    }
}

#[test]
fn only_what_is_asked_for_leaves_the_wallet() {
    let (wallet, verifier) = (wallet_with("degree-sd-jwt"), programs::verifier());
    let claims = json!([{ "path": ["given_name"] }, { "path": ["nationalities", 0] }]);
    let mut query = (FORMATS[0].query)();
    query["claims"] = claims;
    let result = accepted(verifier, &wallet, &[("dcql", &json!({ "credentials": [query] }).to_string())]);
    let shown = &result["credentials"]["a"][0];
    assert_eq!((&shown["given_name"], &shown["nationalities"]), (&json!("Lucía"), &json!(["AR"])));
    assert_eq!((&shown["family_name"], &shown["degree"]), (&Value::Null, &Value::Null));
}

#[test]
fn certified_verifier_takes_what_it_asked_for() {
    let (wallet, polaris, issuer) = (wallet_with("degree-sd-jwt-x5c"), programs::polaris(), programs::issuer());
    let trusted = text(&issuer.said["roots"]);
    accepted(polaris, &wallet, &[("vct", "https://foreign.example/degree"), ("claims", "[\"given_name\"]"), ("roots", trusted)]);
    row(OURS, POLARIS, "OpenID4VP: HAIP", 1, 1);
}

#[test]
fn credo_takes_what_it_asked_for() {
    let credo = programs::credo();
    for question in &FORMATS[..2] {
        let wallet = wallet_with(question.config);
        for (mode, scheme) in [
            ("direct_post", "redirect_uri"),
            ("direct_post.jwt", "x509_san_dns"),
            ("dc_api", "x509_hash"),
            ("dc_api.jwt", "decentralized_identifier"),
        ] {
            accepted(&credo, &wallet, &[("mode", mode), ("scheme", scheme), ("dcql", &question.dcql())]);
            row(OURS, CREDO, &format!("OpenID4VP: {}, {scheme}, {mode}", question.name), 1, 1);
        }
    }
}

#[test]
fn stranger_by_certificate_is_shown_nothing() {
    let (wallet, verifier) = (wallet_with("degree-sd-jwt"), programs::verifier());
    for scheme in ["x509_hash", "x509_san_dns"] {
        let wishes = [("scheme", scheme), ("dcql", &FORMATS[0].dcql())];
        let (result, told) = settle(verifier, &wallet, &wishes, programs::polaris());
        assert_ne!(result["status"], "accepted", "{scheme}: {told}");
        assert!(result["credentials"].is_null() && result["presented"].is_null(), "{scheme}");
    }
}

#[test]
fn page_of_another_origin_is_shown_nothing() {
    let (wallet, verifier) = (wallet_with("degree-sd-jwt"), programs::verifier());
    let asked = verifier.get("/new", &[("mode", "dc_api"), ("scheme", "x509_hash"), ("dcql", &FORMATS[0].dcql())]);
    let request = json!({ "protocol": "openid4vp-v1-signed", "data": asked["request"] }).to_string();
    let trust = trusting(&wallet, verifier);
    let (went_well, told) = wallet.present(&request, &[&strs(&trust)[..], &["--origin", "https://another.example"]].concat());
    assert!(!went_well, "{told}");
}
