//! The authorization code flow: PKCE, pushed requests, exact addresses, and the person in between (OpenID4VCI 1.0 §5).

use std::collections::BTreeMap;

use wallet_core::issuance::OfferLink;
use wallet_core::issuer::credential_issuer::{ClientPolicy, Delivery, OfferTerms, Strangers};
use wallet_core::oauth::{AuthorizationAnswer, Form, Secret};
use wallet_core::platform::system_rng;
use wallet_core::ports::HttpResponse;

use crate::stage::{Holder, ISSUER, Stage, body, header, refused, request, text};

/// RFC 7636 appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const BACK: &str = "https://wallet.example/cb";

pub fn asking() -> Form {
    Form::new()
        .with("response_type", "code")
        .with("client_id", "wallet")
        .with("redirect_uri", BACK)
        .with("code_challenge", CHALLENGE)
        .with("code_challenge_method", "S256")
        .with("state", "s")
}

pub fn redeeming(code: &str) -> Form {
    Form::new()
        .with("grant_type", "authorization_code")
        .with("client_id", "wallet")
        .with("code", code)
        .with("code_verifier", VERIFIER)
        .with("redirect_uri", BACK)
}

/// `form` with another value for `name`.
fn but(form: &Form, name: &str, value: &str) -> Form {
    form.iter().fold(Form::new(), |all, (found, old)| all.with(found, if found == name { value } else { old }))
}

/// Where a browser is sent.
fn location(response: &HttpResponse) -> &str {
    assert_eq!(response.status, 302, "{}", text(response));
    header(response, "location").expect("a location")
}

/// Begins an authorization by a pushed request; returns the session that the app's page is called with.
async fn begin(stage: &Stage, form: Form) -> Secret {
    let pushed = stage.post("par", form).await;
    assert_eq!(pushed.status, 201, "{}", text(&pushed));
    let name = body(&pushed)["request_uri"].as_str().expect("a name").to_owned();
    let query = Form::new().with("client_id", "wallet").with("request_uri", name).to_text();
    session(&stage.get(&format!("{ISSUER}/authorize?{query}")).await)
}

pub fn session(response: &HttpResponse) -> Secret {
    location(response).split_once("consent?session=").expect("the app's page").1.into()
}

/// The code that a person's consent leads to.
pub async fn agree(stage: &Stage, session: &Secret, names: &[&str]) -> String {
    let mut datasets = Vec::new();
    for name in names {
        datasets.push(stage.dataset(name).await);
    }
    let url = stage.issuer.approve(session, datasets, &mut system_rng(), &stage.now).await.expect("a URL");
    let answer = AuthorizationAnswer::read(&url).expect("an answer");
    assert_eq!((answer.state.as_deref(), answer.issuer.as_deref()), (Some("s"), Some(ISSUER)));
    answer.outcome.expect("a code").expose().to_owned()
}

#[tokio::test]
async fn person_agrees_and_the_wallet_gets_the_credential() {
    let stage = Stage::new().await;
    let session = begin(&stage, asking().with("scope", "scope:dc+sd-jwt unknown")).await;
    let asked = stage.issuer.authorization(&session, &stage.now).await.expect("a session");
    assert_eq!(
        (asked.client.as_str(), asked.is_attested(), &asked.configurations[..]),
        ("wallet", false, &["card".to_owned()][..])
    );
    let code = agree(&stage, &session, &["card"]).await;
    let tokens = body(&stage.post("token", redeeming(&code)).await);
    assert!(tokens.get("authorization_details").is_none(), "a scope was asked for");
    assert_eq!(tokens["scope"], "scope:dc+sd-jwt", "and another one, which was ignored");
    let request = request(&stage, "card", &Holder::new(5)).await;
    let response = stage.ask("credential", tokens["access_token"].as_str().expect("a token"), &request).await;
    assert_eq!(response.status, 200, "{}", text(&response));
}

#[tokio::test]
async fn details_are_answered_with_identifiers() {
    let stage = Stage::new().await;
    let details = r#"[{"type":"openid_credential","credential_configuration_id":"card"}]"#;
    let session = begin(&stage, asking().with("authorization_details", details)).await;
    let code = agree(&stage, &session, &["card"]).await;
    let tokens = body(&stage.post("token", redeeming(&code)).await);
    let identifiers = &tokens["authorization_details"][0]["credential_identifiers"];
    assert_eq!(
        (&tokens["authorization_details"][0]["type"], identifiers.as_array().map(Vec::len)),
        (&"openid_credential".into(), Some(1))
    );
    let unknown = r#"[{"type":"openid_credential","credential_configuration_id":"passport"}]"#;
    let of_another_type = details.replace("openid_credential", "payment_initiation");
    for bad in [unknown, &of_another_type, "{}"] {
        refused(&stage.post("par", asking().with("authorization_details", bad)).await, 400, "invalid_authorization_details");
    }
}

#[tokio::test]
async fn state_of_an_offer_leads_the_app_back_to_it() {
    let stage = Stage::new().await;
    let terms = OfferTerms::SignIn { configurations: vec!["card".to_owned()], reference: Some("counter 7".to_owned()) };
    let made = stage.issuer.offer(terms, Delivery::ByValue, &mut system_rng(), &stage.now).await.expect("an offer");
    let OfferLink::ByValue(offer) = made.link else { panic!("it was to travel itself") };
    let state = offer.grants.authorization_code.expect("a grant").issuer_state.expect("a state");
    let session = begin(&stage, asking().with("issuer_state", state.expose())).await;
    let asked = stage.issuer.authorization(&session, &stage.now).await.expect("a session");
    assert_eq!((asked.reference.as_deref(), &asked.configurations[..]), (Some("counter 7"), &["card".to_owned()][..]));
    // A state that nobody knows opens nothing by itself.
    refused(&stage.post("par", asking().with("issuer_state", "made up")).await, 400, "invalid_scope");
}

#[tokio::test]
async fn person_declines_and_the_wallet_hears_of_it_once() {
    let stage = Stage::new().await;
    let session = begin(&stage, asking().with("scope", "scope:ldp_vc")).await;
    let url = stage.issuer.deny(&session, &stage.now).await.expect("a URL");
    let answer = AuthorizationAnswer::read(&url).expect("an answer");
    assert_eq!(answer.outcome.expect_err("no code").code.as_str(), "access_denied");
    assert!(stage.issuer.deny(&session, &stage.now).await.is_err());
    assert!(stage.issuer.authorization(&session, &stage.now).await.is_err());
}

#[tokio::test]
async fn nothing_is_given_that_was_not_asked_for() {
    let stage = Stage::new().await;
    let session = begin(&stage, asking().with("scope", "scope:ldp_vc")).await;
    let other = vec![stage.dataset("card").await];
    assert!(stage.issuer.approve(&session, other, &mut system_rng(), &stage.now).await.is_err());
    agree(&stage, &session, &["diploma"]).await;
}

#[tokio::test]
async fn request_without_pkce_or_by_another_method_is_refused() {
    let stage = Stage::new().await;
    let form = asking().with("scope", "scope:ldp_vc");
    for (name, value) in [("code_challenge_method", "plain"), ("code_challenge_method", ""), ("code_challenge", "")] {
        refused(&stage.post("par", but(&form, name, value)).await, 400, "invalid_request");
    }
    refused(&stage.post("par", but(&form, "response_type", "token")).await, 400, "unsupported_response_type");
    refused(&stage.post("par", form.with("request_uri", "urn:a")).await, 400, "invalid_request");
}

#[tokio::test]
async fn pushed_request_is_used_once_by_its_own_client() {
    let stage = Stage::new().await;
    let pushed = body(&stage.post("par", asking().with("scope", "scope:ldp_vc")).await);
    let name = pushed["request_uri"].as_str().expect("a name");
    let authorize = async |client: &str| {
        let query = Form::new().with("client_id", client).with("request_uri", name).to_text();
        stage.get(&format!("{ISSUER}/authorize?{query}")).await
    };
    session(&authorize("wallet").await);
    refused(&authorize("wallet").await, 400, "invalid_request");
    let pushed = body(&stage.post("par", asking().with("scope", "scope:ldp_vc")).await);
    let query =
        Form::new().with("client_id", "other").with("request_uri", pushed["request_uri"].as_str().expect("a name")).to_text();
    refused(&stage.get(&format!("{ISSUER}/authorize?{query}")).await, 400, "invalid_request");
}

#[tokio::test]
async fn code_is_for_its_client_address_and_verifier_and_only_once() {
    let stage = Stage::new().await;
    for (name, value) in [
        ("redirect_uri", "https://wallet.example/cb/"),
        ("client_id", "other"),
        ("code_verifier", "eBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
    ] {
        let session = begin(&stage, asking().with("scope", "scope:ldp_vc")).await;
        let code = agree(&stage, &session, &["diploma"]).await;
        refused(&stage.post("token", but(&redeeming(&code), name, value)).await, 400, "invalid_grant");
        // Whoever tried has spent it.
        refused(&stage.post("token", redeeming(&code)).await, 400, "invalid_grant");
    }
}

#[tokio::test]
async fn code_that_comes_twice_ends_what_it_was_redeemed_for() {
    let stage = Stage::new().await;
    let session = begin(&stage, asking().with("scope", "scope:ldp_vc")).await;
    let code = agree(&stage, &session, &["diploma"]).await;
    let tokens = body(&stage.post("token", redeeming(&code)).await);
    refused(&stage.post("token", redeeming(&code)).await, 400, "invalid_grant");
    let request = request(&stage, "diploma", &Holder::new(5)).await;
    refused(&stage.ask("credential", tokens["access_token"].as_str().expect("a token"), &request).await, 401, "invalid_token");
}

#[tokio::test]
async fn known_client_comes_back_to_its_own_addresses_and_strangers_nowhere() {
    let known = BTreeMap::from([("wallet".to_owned(), vec![BACK.to_owned()])]);
    let clients = ClientPolicy { known, strangers: Strangers::ByCodeAlone, ..ClientPolicy::default() };
    let stage = Stage::with(|plan| plan.clients = clients).await;
    let form = asking().with("scope", "scope:ldp_vc");
    begin(&stage, form.clone()).await;
    for (name, value) in [("redirect_uri", "https://wallet.example/other"), ("client_id", "stranger")] {
        let form = but(&form, name, value);
        refused(&stage.post("par", form.clone()).await, 400, "invalid_request");
        let direct = stage.get(&format!("{ISSUER}/authorize?{}", form.to_text())).await;
        assert!(header(&direct, "location").is_none(), "a browser is sent nowhere that is not the client's");
    }
}

#[tokio::test]
async fn what_is_wrong_is_told_at_the_clients_address() {
    let stage = Stage::new().await;
    let good = asking().with("scope", "scope:ldp_vc");
    for (form, code) in [
        (asking().with("scope", "unknown"), "invalid_scope"),
        (but(&good, "code_challenge_method", "plain"), "invalid_request"),
        (but(&good, "response_type", "token"), "unsupported_response_type"),
        (good.clone().with("authorization_details", "[{\"type\":\"payment\"}]"), "invalid_authorization_details"),
    ] {
        let response = stage.get(&format!("{ISSUER}/authorize?{}", form.to_text())).await;
        let answer = AuthorizationAnswer::read(location(&response)).expect("an answer");
        assert_eq!(answer.outcome.expect_err("no code").code.as_str(), code);
        assert_eq!((answer.issuer.as_deref(), answer.state.as_deref()), (Some(ISSUER), Some("s")));
    }
}
