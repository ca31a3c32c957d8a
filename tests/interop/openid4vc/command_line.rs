//! The command line's wallet, as a person runs it, between the programs of others and our services; and a wallet of others between ours.

use serde_json::{Value, json};

use crate::asking::{FORMATS, settle};
use crate::names::{NPM, OURS, POLARIS};
use crate::ours::{self, Wallet};
use crate::programs::{self, Offer, Program, text};
use crate::table::row;

/// What `verifier` says once the command line's wallet has answered.
fn shown(wallet: &Wallet, verifier: &Program, wishes: &[(&str, &str)]) -> (bool, Value) {
    let asked = verifier.get("/new", wishes);
    let (went_well, told) = wallet.present(text(&asked["request"]), verifier);
    let mut result = verifier.get(&format!("/result/{}", text(&asked["id"])), &[]);
    result["told"] = told;
    (went_well, result)
}

#[test]
fn credential_of_npm_goes_through_the_command_line_to_npm_and_to_polaris() {
    let (issuer, wallet) = (programs::issuer(), Wallet::new());
    for (wishes, options) in [
        (&[("config", "degree-sd-jwt-x5c"), ("tx", "1")][..], &["--dpop"][..]),
        (&[("config", "degree-ldp"), ("flow", "auth")], &["--count", "2"]),
    ] {
        let offer = Offer::of(issuer, wishes);
        let (went_well, told) = wallet.receive(&offer, issuer, options);
        assert!(went_well, "{wishes:?}: {told}");
        assert_eq!(offer.result(issuer)["notified"], "credential_accepted", "{wishes:?}");
        row(NPM, &format!("{OURS} receive"), &format!("OpenID4VCI: {wishes:?} {options:?}"), 1, 1);
    }
    let present = format!("{OURS} present");
    for (question, scheme) in [(&FORMATS[0], "x509_san_dns"), (&FORMATS[2], "decentralized_identifier")] {
        let wishes = [("mode", "direct_post.jwt"), ("scheme", scheme), ("dcql", &question.dcql())];
        let (went_well, result) = shown(&wallet, programs::verifier(), &wishes);
        assert!(went_well && result["status"] == "accepted", "{}: {result}", question.name);
        row(&present, NPM, &format!("OpenID4VP: {}, {scheme}, direct_post.jwt", question.name), 1, 1);
    }
    let trusted = text(&issuer.said["roots"]);
    let wishes = [("vct", "https://foreign.example/degree"), ("claims", "[\"given_name\"]"), ("roots", trusted)];
    let (went_well, result) = shown(&wallet, programs::polaris(), &wishes);
    assert!(went_well && result["status"] == "accepted", "{result}");
    row(&present, POLARIS, "OpenID4VP: HAIP", 1, 1);
}

#[test]
fn command_line_says_when_the_other_side_refused() {
    let (issuer, wallet) = (programs::issuer(), Wallet::new());
    let mut offer = Offer::of(issuer, &[("config", "degree-sd-jwt"), ("tx", "1")]);
    offer.tx_code = Some("0".to_owned());
    let (went_well, _) = wallet.receive(&offer, issuer, &[]);
    assert!(!went_well);
    let (went_well, result) = shown(&wallet, programs::verifier(), &[("dcql", &FORMATS[0].dcql())]);
    assert!(!went_well && result["status"] != "accepted", "{result}");
}

#[test]
fn credential_of_our_issuer_goes_through_the_wallet_of_npm_to_our_verifier() {
    let (issuer, wallet) = (ours::issuer(), programs::wallet());
    let verifier = ours::verifier_trusting(issuer);
    let trust = json!({ "roots": issuer.said["roots"] });
    let received = wallet.ask(&Offer::of(issuer, &[("config", "diploma_sd_jwt_x5c")]).task(&trust));
    assert!(received["error"].is_null(), "{received}");
    let vct = &received["credentials"][0]["claims"]["vct"];
    let query = json!({ "credentials": [{ "id": "diploma", "format": "dc+sd-jwt", "meta": { "vct_values": [vct] } }] });
    let wishes = [("mode", "direct_post.jwt"), ("scheme", "x509_hash"), ("dcql", &query.to_string())];
    let result = settle(&verifier, &wallet, &wishes, &json!({ "roots": verifier.said["roots"] }));
    assert_eq!(result["status"], "accepted", "{result}");
    row(&format!("{OURS}, presented by npm"), OURS, "OpenID4VCI, OpenID4VP: dc+sd-jwt, issuer by certificate", 1, 1);

    // Of another issuer, whom this verifier does not know, it takes nothing.
    let stranger = programs::issuer();
    let wallet = programs::wallet();
    let received = wallet.ask(&Offer::of(stranger, &[("config", "degree-sd-jwt")]).task(&json!({})));
    assert!(received["error"].is_null(), "{received}");
    let result = settle(&verifier, &wallet, &[("dcql", &FORMATS[0].dcql())], &json!({}));
    assert_ne!(result["status"], "accepted", "{result}");
}
