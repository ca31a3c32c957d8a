//! The verifiers of others, and our wallet.

use serde_json::{Value, json};
use wallet_core::error::Result;
use wallet_core::presentation::dcql::Need;
use wallet_core::presentation::presenting::{FieldKind, TransactionField, TransactionType};
use wallet_core::wallet::answering::Profile;
use wallet_core::wallet::receiving::{Acceptance, Client};

use crate::asking::{FORMATS, MODES, PREFIXES, Question, hand_back, judged};
use crate::holder::Holder;
use crate::names::{CREDO, NPM, OPENVC, OURS, POLARIS};
use crate::programs::{self, Offer, Program, text};
use crate::table::row;

/// A wallet of ours with credentials of the npm issuer.
async fn holder_of(configurations: &[&str]) -> Holder {
    let (mut holder, issuer) = (Holder::new().await, programs::issuer());
    for config in configurations {
        let offer = Offer::of(issuer, &[("config", config)]);
        let nothing = (Acceptance::default(), |_: &mut Client<'_>| ());
        holder.receive(&offer, Some(issuer), nothing).await.unwrap_or_else(|error| panic!("{config}: {error:?}"));
    }
    holder
}

/// What `verifier` says of our wallet's answer, and what our wallet says itself.
async fn settle(verifier: &Program, holder: &mut Holder, wishes: &[(&str, &str)], trusted: &Program) -> (Value, Result<Value>) {
    let asked = verifier.get("/new", wishes);
    let id = asked["id"].as_str().unwrap_or_else(|| panic!("no request for {wishes:?}: {asked}"));
    let answered = holder.answer((&asked, verifier.url()), trusted).await;
    if let Ok(answer) = &answered {
        hand_back(verifier, id, answer);
    }
    (verifier.get(&format!("/result/{id}"), &[]), answered)
}

async fn accepted(verifier: &Program, holder: &mut Holder, wishes: &[(&str, &str)]) -> Value {
    let (result, answered) = settle(verifier, holder, wishes, verifier).await;
    assert_eq!(result["status"], "accepted", "{wishes:?}: {result} {answered:?}");
    result
}

/// Shows one credential to the npm verifier by every prefix and mode, and has each verdict confirmed by who took no part.
async fn show(question: &Question) {
    let (mut holder, verifier) = (holder_of(&[question.config]).await, programs::verifier());
    for (mode, scheme) in MODES.iter().flat_map(|mode| PREFIXES.map(|scheme| (*mode, scheme))) {
        let wishes = [("mode", mode), ("scheme", scheme), ("dcql", &question.dcql())];
        let result = accepted(verifier, &mut holder, &wishes).await;
        assert_eq!(judged(&result["presented"], &Value::Null), json!({}), "{} {mode} {scheme}", question.name);
        row(OURS, NPM, &format!("OpenID4VP: {}, {scheme}, {mode}", question.name), 1, 1);
    }
    let all = MODES.len() * PREFIXES.len();
    row(OURS, OPENVC, &format!("OpenID4VP: {}, all modes and prefixes", question.name), all, all);
}

#[tokio::test]
async fn sd_jwt_is_shown_by_every_prefix_and_mode() {
    show(&FORMATS[0]).await;
}

#[tokio::test]
async fn jwt_is_shown_by_every_prefix_and_mode() {
    show(&FORMATS[1]).await;
}

#[tokio::test]
async fn data_integrity_is_shown_by_every_prefix_and_mode() {
    show(&FORMATS[2]).await;
}

#[tokio::test]
async fn request_object_is_taken_by_value_by_get_and_by_post() {
    let (mut holder, verifier) = (holder_of(&["degree-sd-jwt"]).await, programs::verifier());
    for by in ["value", "reference", "post"] {
        accepted(verifier, &mut holder, &[("scheme", "x509_hash"), ("by", by), ("dcql", &FORMATS[0].dcql())]).await;
        row(OURS, NPM, &format!("OpenID4VP: request object by {by}"), 1, 1);
    }
}

#[tokio::test]
async fn query_is_answered_with_what_it_asks_for_and_no_more() {
    let (mut holder, verifier) = (holder_of(&["degree-sd-jwt", "degree-jwt", "degree-ldp"]).await, programs::verifier());
    let mut credential = asked(0, "a");
    credential["claims"] = json!([{ "path": ["given_name"] }, { "path": ["nationalities", 0] }]);
    let query = json!({ "credentials": [credential] }).to_string();
    let shown = accepted(verifier, &mut holder, &[("dcql", &query)]).await["credentials"]["a"][0].clone();
    assert_eq!((&shown["given_name"], &shown["nationalities"]), (&json!("Lucía"), &json!(["AR"])));
    assert_eq!((&shown["family_name"], &shown["degree"]), (&Value::Null, &Value::Null));

    let nowhere = json!({ "id": "no", "format": "dc+sd-jwt", "meta": { "vct_values": ["https://nowhere.example"] } });
    let credentials = json!([asked(0, "a"), asked(1, "b"), asked(2, "c"), nowhere]);
    let sets = json!([{ "options": [["no"], ["a", "b"]] }, { "options": [["c"]], "required": false }]);
    let query = json!({ "credentials": credentials, "credential_sets": sets }).to_string();
    let result = accepted(verifier, &mut holder, &[("dcql", &query)]).await;
    let answered = result["credentials"].as_object().expect("claims by query");
    assert!(answered.contains_key("a") && answered.contains_key("b") && !answered.contains_key("no"), "{result}");

    let mut unbound = asked(0, "a");
    unbound["require_cryptographic_holder_binding"] = json!(false);
    accepted(verifier, &mut holder, &[("dcql", &json!({ "credentials": [unbound] }).to_string())]).await;
    row(OURS, NPM, "OpenID4VP: DCQL claims, credential sets, without holder binding", 3, 3);
}

#[tokio::test]
async fn part_of_a_data_integrity_credential_leaves() {
    let (mut holder, verifier) = (holder_of(&["degree-ldp-sd"]).await, programs::verifier());
    let result = accepted(verifier, &mut holder, &[("mode", "direct_post.jwt"), ("dcql", &FORMATS[2].dcql())]).await;
    let subject = &result["credentials"]["a"][0]["credentialSubject"];
    assert_eq!(subject["achievement"]["name"], "Enfermería", "{result}");
    assert!(subject["identifier"].is_null() && subject["achievement"]["description"].is_null(), "{result}");
    row(OURS, NPM, "OpenID4VP: ldp_vc, ecdsa-sd-2023, redirect_uri, direct_post.jwt", 1, 1);
}

/// The question about a format, by another name.
fn asked(format: usize, id: &str) -> Value {
    let mut query = (FORMATS[format].query)();
    query["id"] = id.into();
    query
}

#[tokio::test]
async fn transaction_is_authorised_by_the_key_binding() {
    let (mut holder, verifier) = (holder_of(&["degree-sd-jwt"]).await, programs::verifier());
    let field = TransactionField { name: "amount".to_owned(), kind: FieldKind::Text, need: Need::Required };
    holder.transactions = vec![TransactionType { name: "urn:example:payment".to_owned(), fields: Some(vec![field]) }];
    let entry = json!([{ "type": "urn:example:payment", "credential_ids": ["a"], "amount": "10 EUR" }]).to_string();
    accepted(verifier, &mut holder, &[("dcql", &FORMATS[0].dcql()), ("transaction_data", &entry)]).await;
    row(OURS, NPM, "OpenID4VP: transaction_data", 1, 1);
}

#[tokio::test]
async fn certified_verifier_takes_what_it_asked_for() {
    let (mut holder, polaris) = (holder_of(&["degree-sd-jwt-x5c"]).await, programs::polaris());
    holder.profile = Profile::Haip;
    let trusted = text(&programs::issuer().said["roots"]);
    let wishes = [("vct", "https://foreign.example/degree"), ("claims", "[\"given_name\"]"), ("roots", trusted)];
    accepted(polaris, &mut holder, &wishes).await;
    row(OURS, POLARIS, "OpenID4VP: HAIP", 1, 1);
}

#[tokio::test]
async fn credo_takes_what_it_asked_for() {
    let credo = programs::credo();
    for question in &FORMATS[..2] {
        let mut holder = holder_of(&[question.config]).await;
        for (mode, scheme) in MODES.iter().flat_map(|mode| PREFIXES.map(|scheme| (*mode, scheme))) {
            if mode == "fragment" || scheme == "verifier_attestation" {
                continue;
            }
            accepted(&credo, &mut holder, &[("mode", mode), ("scheme", scheme), ("dcql", &question.dcql())]).await;
            row(OURS, CREDO, &format!("OpenID4VP: {}, {scheme}, {mode}", question.name), 1, 1);
        }
    }
}

#[tokio::test]
async fn verifier_that_nobody_trusts_is_shown_nothing() {
    let (mut holder, verifier) = (holder_of(&["degree-sd-jwt"]).await, programs::verifier());
    for scheme in ["x509_hash", "x509_san_dns", "verifier_attestation"] {
        for mode in ["direct_post", "dc_api"] {
            let wishes = [("scheme", scheme), ("mode", mode), ("dcql", &FORMATS[0].dcql())];
            let (result, answered) = settle(verifier, &mut holder, &wishes, programs::polaris()).await;
            answered.expect_err("it is not trusted");
            assert!(result["credentials"].is_null() && result["presented"].is_null(), "{scheme} {mode}: {result}");
        }
    }
}

#[tokio::test]
async fn page_of_another_origin_is_shown_nothing() {
    let (mut holder, verifier) = (holder_of(&["degree-sd-jwt"]).await, programs::verifier());
    let asked = verifier.get("/new", &[("mode", "dc_api"), ("scheme", "x509_hash"), ("dcql", &FORMATS[0].dcql())]);
    holder.answer((&asked, "https://another.example"), verifier).await.expect_err("the request was signed for another page");
}
