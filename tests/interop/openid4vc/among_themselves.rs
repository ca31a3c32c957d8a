//! The programs of others against each other: where these agree and ours does not, the fault is ours.

use serde_json::{Value, json};

use crate::asking::{FORMATS, MODES, PREFIXES, judged, settle};
use crate::http;
use crate::names::{CREDO, NPM, OPENVC, POLARIS, PYPI};
use crate::programs::{self, Offer, Program, merged, text};
use crate::table::row;

const CONFIGURATIONS: [&str; 7] =
    ["degree-sd-jwt", "degree-sd-jwt-x5c", "degree-sd-jwt-web", "degree-jwt", "degree-ldp", "degree-ldp-p256", "degree-ldp-sd"];

/// Has `wallet` accept an offer of `issuer`, told `task`; its answer, and what the issuer says of it.
fn issue(issuer: &Program, wallet: &Program, wishes: &[(&str, &str)], task: &Value) -> (Value, Value) {
    let offer = Offer::of(issuer, wishes);
    let answer = wallet.ask(&offer.task(task));
    (answer, offer.result(issuer))
}

fn issued(issuer: &Program, wallet: &Program, wishes: &[(&str, &str)], task: &Value) -> Value {
    let (answer, result) = issue(issuer, wallet, wishes, task);
    assert!(answer["error"].is_null(), "{wishes:?} {task}: {answer}");
    assert_ne!(result["issued"], 0, "{wishes:?} {task}");
    result
}

fn refused(issuer: &Program, wallet: &Program, wishes: &[(&str, &str)], task: &Value) {
    let (answer, _) = issue(issuer, wallet, wishes, task);
    assert!(answer["error"].is_string(), "{wishes:?} {task}: {answer}");
}

#[test]
fn npm_issues_to_itself_in_every_format_by_every_grant() {
    let (issuer, wallet) = (programs::issuer(), &programs::wallet());
    for flow in ["pre", "auth"] {
        for config in CONFIGURATIONS {
            let result = issued(issuer, wallet, &[("config", config), ("flow", flow)], &json!({ "roots": issuer.said["roots"] }));
            assert_eq!(result["notified"], "credential_accepted", "{config} {flow}");
        }
        row(NPM, NPM, &format!("OpenID4VCI: {flow}"), CONFIGURATIONS.len(), CONFIGURATIONS.len());
    }
}

#[test]
fn npm_uses_what_the_standard_leaves_to_choose() {
    let (issuer, wallet) = (programs::issuer(), &programs::wallet());
    let with = |wishes: &[(&str, &str)], task: Value| {
        let wishes: Vec<_> = [&[("config", "degree-sd-jwt")], wishes].concat();
        issued(issuer, wallet, &wishes, &task)
    };
    with(&[("ref", "1"), ("tx", "1")], json!({}));
    with(&[("ids", "1")], json!({}));
    with(&[("flow", "auth")], json!({ "details": true }));
    with(&[], json!({ "refresh": true }));
    assert_eq!(with(&[], json!({ "count": 3 }))["issued"], 3);
    assert_eq!(with(&[], json!({ "proof": "attestation", "count": 2 }))["proved"], json!(["attestation"]));
    assert_eq!(with(&[], json!({ "dpop": true }))["dpop"], true);
    assert_eq!(with(&[], json!({ "encrypt": true }))["encrypted"], true);
    assert_eq!(with(&[("deferred", "1")], json!({ "encrypt": true }))["notified"], "credential_accepted");
    assert_eq!(issued(issuer, wallet, &[("config", "degree-ldp")], &json!({ "proof": "di_vp" }))["proved"], json!(["di_vp"]));
    issued(issuer, wallet, &[("config", "degree-sd-jwt-attested")], &json!({ "proof": "attested" }));
    let everything = json!({ "attested": true, "dpop": true, "encrypt": true, "signed": true, "by": "x5c" });
    for flow in ["pre", "auth"] {
        assert_eq!(with(&[("tenant", "strict"), ("flow", flow)], everything.clone())["attested"], true, "{flow}");
    }
}

#[test]
fn npm_refuses_itself_what_is_wrong() {
    let (issuer, wallet) = (programs::issuer(), &programs::wallet());
    let plain = [("config", "degree-sd-jwt")];
    for spoil in ["nonce", "audience", "signature"] {
        refused(issuer, wallet, &plain, &json!({ "spoil": spoil }));
    }
    for again in ["code", "proof"] {
        refused(issuer, wallet, &plain, &json!({ "again": again }));
    }
    refused(issuer, wallet, &[plain[0], ("flow", "auth")], &json!({ "spoil": "pkce" }));
    refused(issuer, wallet, &[plain[0], ("tx", "1")], &json!({ "tx_code": "wrong" }));
    refused(issuer, wallet, &[plain[0], ("tenant", "strict")], &json!({}));
}

#[test]
fn the_others_issue_to_each_other() {
    let (npm, credo, python, wallet) = (programs::issuer(), &programs::credo(), programs::python(), &programs::wallet());
    let trusting = json!({ "roots": npm.said["roots"], "count": 2 });
    for (config, flow) in [("degree-sd-jwt", "pre"), ("degree-sd-jwt-x5c", "auth"), ("degree-jwt", "auth")] {
        assert_eq!(issued(npm, credo, &[("config", config), ("flow", flow)], &trusting)["issued"], 2, "{config}");
    }
    row(NPM, CREDO, "OpenID4VCI", 3, 3);
    for config in ["degree-sd-jwt", "degree-jwt"] {
        issued(credo, wallet, &[("config", config), ("tx", "1")], &json!({}));
        issued(python, wallet, &[("config", config), ("tx", "1")], &json!({ "count": 2, "encrypt": true }));
        issued(python, wallet, &[("config", config), ("deferred", "1")], &json!({}));
    }
    row(CREDO, NPM, "OpenID4VCI", 2, 2);
    row(PYPI, NPM, "OpenID4VCI", 4, 4);
    issued(python, credo, &[("config", "degree-sd-jwt")], &json!({}));
    row(PYPI, CREDO, "OpenID4VCI", 1, 1);
    let metadata = http::get(&format!("{}/.well-known/openid-credential-issuer/open", npm.url())).to_string();
    let secure = metadata.replace("http://localhost", "https://localhost");
    let (_, read) = http::post(&format!("{}/read/metadata", python.url()), "application/json", &secure);
    assert_eq!(read, "{}");
}

#[test]
fn npm_presents_to_itself_by_every_prefix_and_mode() {
    let (issuer, wallet, verifier) = (programs::issuer(), &programs::wallet(), programs::verifier());
    let trust = json!({ "roots": verifier.said["roots"], "attester": verifier.said["attester"] });
    for question in FORMATS {
        issued(issuer, wallet, &[("config", question.config)], &json!({}));
        let mut agreed = 0;
        for (mode, scheme) in MODES.iter().flat_map(|mode| PREFIXES.map(|scheme| (*mode, scheme))) {
            let result = settle(verifier, wallet, &[("mode", mode), ("scheme", scheme), ("dcql", &question.dcql())], &trust);
            assert_eq!(result["status"], "accepted", "{} {mode} {scheme}: {result}", question.name);
            assert_eq!(judged(&result["presented"], &Value::Null), json!({}), "{} {mode} {scheme}", question.name);
            agreed += 1;
        }
        for judge in [NPM, OPENVC] {
            row(
                NPM,
                judge,
                &format!("OpenID4VP: {}, all modes and prefixes", question.name),
                agreed,
                MODES.len() * PREFIXES.len(),
            );
        }
    }
}

#[test]
fn npm_refuses_itself_a_presentation_that_is_wrong() {
    let (issuer, wallet, verifier) = (programs::issuer(), &programs::wallet(), programs::verifier());
    for question in FORMATS {
        issued(issuer, wallet, &[("config", question.config)], &json!({}));
        for spoil in ["nonce", "audience", "holder", "state"] {
            let result = settle(verifier, wallet, &[("dcql", &question.dcql())], &json!({ "spoil": spoil }));
            assert_eq!(result["status"], "rejected", "{} {spoil}: {result}", question.name);
        }
    }
    let question = FORMATS[0].dcql();
    let signed = |scheme| [("dcql", question.as_str()), ("scheme", scheme)];
    let stranger = json!({ "roots": issuer.said["roots"] });
    for scheme in ["x509_hash", "verifier_attestation"] {
        assert_eq!(settle(verifier, wallet, &signed(scheme), &stranger)["status"], "pending", "{scheme}");
    }
}

#[test]
fn credo_presents_and_verifies_as_npm_does() {
    let (issuer, wallet, verifier, credo) = (programs::issuer(), &programs::wallet(), programs::verifier(), &programs::credo());
    let (npm, theirs) = (json!({ "roots": verifier.said["roots"] }), json!({ "roots": credo.said["roots"] }));
    let (mut as_wallet, mut as_verifier, mut of) = (0, 0, 0);
    for question in &FORMATS[..2] {
        for party in [wallet, credo] {
            issued(issuer, party, &[("config", question.config)], &json!({ "roots": issuer.said["roots"] }));
        }
        for (mode, scheme) in MODES.iter().flat_map(|mode| PREFIXES.map(|scheme| (*mode, scheme))) {
            if mode == "fragment" || scheme == "verifier_attestation" {
                continue;
            }
            let wishes = [("mode", mode), ("scheme", scheme), ("dcql", &question.dcql())];
            as_wallet += usize::from(settle(verifier, credo, &wishes, &npm)["status"] == "accepted");
            as_verifier += usize::from(settle(credo, wallet, &wishes, &theirs)["status"] == "accepted");
            of += 1;
        }
    }
    row(CREDO, NPM, "OpenID4VP", as_wallet, of);
    row(NPM, CREDO, "OpenID4VP", as_verifier, of);
    assert_eq!((as_wallet, as_verifier), (of, of));
}

#[test]
fn polaris_takes_what_it_asked_for_and_nothing_else() {
    let (issuer, polaris) = (programs::issuer(), programs::polaris());
    let (trusted, strangers) = (&issuer.said["roots"], &polaris.said["roots"]);
    let asked = |roots: &Value| {
        let wishes = [("vct", "https://foreign.example/degree"), ("claims", "[\"given_name\"]"), ("roots", text(roots))];
        wishes.map(|(name, value)| (name, value.to_owned()))
    };
    let verdict = |wallet: &Program, roots: &Value, more: &Value| {
        let wishes = asked(roots);
        let wishes: Vec<(&str, &str)> = wishes.iter().map(|(name, value)| (*name, value.as_str())).collect();
        settle(polaris, wallet, &wishes, &merged(json!({ "roots": strangers }), more))["status"].clone()
    };
    let npm = programs::wallet();
    for (name, wallet) in [(NPM, &npm), (CREDO, &programs::credo())] {
        issued(issuer, wallet, &[("config", "degree-sd-jwt-x5c")], &json!({ "roots": trusted }));
        assert_eq!(verdict(wallet, trusted, &json!({})), "accepted", "{name}");
        assert_eq!(verdict(wallet, strangers, &json!({})), "rejected", "{name}");
        row(name, POLARIS, "OpenID4VP: HAIP", 1, 1);
    }
    for spoil in ["nonce", "audience", "holder"] {
        assert_eq!(verdict(&npm, trusted, &json!({ "spoil": spoil })), "rejected", "{spoil}");
    }
}
