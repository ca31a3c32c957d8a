//! The issuers of others, and our wallet.

use serde_json::{Value, json};

use crate::names::{CREDO, NPM, OURS, PYPI};
use crate::ours::{Wallet, strs, trusting};
use crate::programs::{self, Offer, Program};
use crate::table::row;

/// What the issuer says of an offer that our wallet took.
#[track_caller]
fn received(issuer: &Program, wishes: &[(&str, &str)], options: &[&str]) -> Value {
    let wallet = Wallet::new();
    let trust = if issuer.said["roots"].is_string() { trusting(&wallet, issuer) } else { Vec::new() };
    let offer = Offer::of(issuer, wishes);
    let (went_well, told) = wallet.receive(&offer, &[options, &strs(&trust)].concat());
    assert!(went_well, "{wishes:?} {options:?}: {told}");
    offer.result(issuer)
}

#[track_caller]
fn not_received(issuer: &Program, offer: &Offer, options: &[&str]) {
    let (went_well, told) = Wallet::new().receive(offer, options);
    assert!(!went_well, "{told}");
    assert_eq!(offer.result(issuer)["issued"], 0);
}

const CONFIGURATIONS: [(&str, &str); 6] = [
    ("degree-sd-jwt", "dc+sd-jwt, issuer by DID"),
    ("degree-sd-jwt-x5c", "dc+sd-jwt, issuer by certificate"),
    ("degree-sd-jwt-web", "dc+sd-jwt, issuer by its metadata"),
    ("degree-jwt", "jwt_vc_json"),
    ("degree-ldp", "ldp_vc, eddsa-rdfc-2022"),
    ("degree-ldp-p256", "ldp_vc, ecdsa-rdfc-2019"),
];

#[test]
fn every_format_of_npm_is_received_by_every_grant() {
    let issuer = programs::issuer();
    for (flow, grant) in [("pre", "pre-authorized code"), ("auth", "authorization code")] {
        for (config, format) in CONFIGURATIONS {
            let result = received(issuer, &[("config", config), ("flow", flow)], &[]);
            assert_eq!(result["notified"], "credential_accepted", "{config} {flow}");
            row(NPM, OURS, &format!("OpenID4VCI: {grant}, {format}"), 1, 1);
        }
    }
}

#[test]
fn what_the_standard_leaves_to_choose_is_understood() {
    let issuer = programs::issuer();
    let plain = ("config", "degree-sd-jwt");
    for (name, wishes, options, member, value) in [
        ("transaction code, offer by reference", &[plain, ("tx", "1"), ("ref", "1")][..], &[][..], "issued", json!(1)),
        ("credential identifiers", &[plain, ("ids", "1")], &[], "issued", json!(1)),
        ("deferred", &[plain, ("deferred", "1")], &[], "notified", json!("credential_accepted")),
        ("batch of 3", &[plain], &["--count", "3"], "issued", json!(3)),
        ("DPoP", &[plain], &["--dpop"], "dpop", json!(true)),
    ] {
        assert_eq!(received(issuer, wishes, options)[member], value, "{name}");
        row(NPM, OURS, &format!("OpenID4VCI: {name}"), 1, 1);
    }
}

#[test]
fn the_others_issue_to_our_wallet() {
    let (credo, python) = (programs::credo(), programs::python());
    for config in ["degree-sd-jwt", "degree-jwt"] {
        for (name, issuer) in [(CREDO, &credo), (PYPI, python)] {
            received(issuer, &[("config", config), ("tx", "1")], &[]);
            row(name, OURS, &format!("OpenID4VCI: pre-authorized code with transaction code, {config}"), 1, 1);
        }
        received(python, &[("config", config), ("deferred", "1")], &[]);
        row(PYPI, OURS, &format!("OpenID4VCI: deferred, {config}"), 1, 1);
    }
}

#[test]
fn offer_is_taken_once_and_only_with_its_code() {
    let issuer = programs::issuer();
    let mut offer = Offer::of(issuer, &[("config", "degree-sd-jwt"), ("tx", "1")]);
    offer.tx_code = Some("0".to_owned());
    not_received(issuer, &offer, &[]);
    let offer = Offer::of(issuer, &[("config", "degree-sd-jwt")]);
    let (wallet, other) = (Wallet::new(), Wallet::new());
    assert!(wallet.receive(&offer, &[]).0);
    assert!(!other.receive(&offer, &[]).0);
}

#[test]
fn credential_of_a_stranger_by_certificate_is_not_kept() {
    let (issuer, stranger) = (programs::issuer(), programs::polaris());
    let wallet = Wallet::new();
    let offer = Offer::of(issuer, &[("config", "degree-sd-jwt-x5c")]);
    let (went_well, told) = wallet.receive(&offer, &strs(&trusting(&wallet, stranger)));
    assert!(!went_well, "{told}");
    assert_ne!(offer.result(issuer)["notified"], "credential_accepted");
}
