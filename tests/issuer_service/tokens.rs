//! Access and refresh tokens, and the keys they are bound to (RFC 9449; OpenID4VCI 1.0 §13.10).

use std::sync::Arc;

use serde_json::{Value, json};
use wallet_core::oauth::Form;
use wallet_core::ports::{HttpMethod, HttpResponse};

use crate::stage::{Holder, ISSUER, Stage, body, call, header, redemption, refused, request, text};

/// Redeems an offer with a DPoP proof, fetching the nonce that it needs first.
async fn bound_tokens(stage: &Stage, holder: &Holder) -> Value {
    let (offer, _) = stage.offer("diploma", None).await;
    let form = redemption(&offer, Form::new());
    let without = stage.post_with("token", form.clone(), &[("dpop", &holder.dpop("token", (None, None)))]).await;
    refused(&without, 400, "use_dpop_nonce");
    let nonce = header(&without, "dpop-nonce").expect("a nonce");
    let with = stage.post_with("token", form, &[("dpop", &holder.dpop("token", (None, Some(nonce))))]).await;
    assert_eq!(with.status, 200, "{}", text(&with));
    body(&with)
}

async fn ask_bound(stage: &Stage, scheme: &str, token: &str, proof: Option<&str>) -> HttpResponse {
    let request = request(stage, "diploma", &Holder::new(5)).await;
    let authorization = format!("{scheme} {token}");
    let mut headers = vec![("content-type", "application/json"), ("authorization", authorization.as_str())];
    headers.extend(proof.map(|proof| ("dpop", proof)));
    let url = format!("{ISSUER}/credential");
    stage.answer(call(HttpMethod::Post, &url, &headers, request.to_string().into_bytes())).await
}

/// A nonce for DPoP, as a wallet learns it.
async fn dpop_nonce(stage: &Stage, token: &str, holder: &Holder) -> String {
    let proof = holder.dpop("credential", (Some(token), None));
    let response = ask_bound(stage, "DPoP", token, Some(&proof)).await;
    refused(&response, 401, "use_dpop_nonce");
    assert!(header(&response, "www-authenticate").is_some_and(|value| value.starts_with("DPoP ")));
    header(&response, "dpop-nonce").expect("a nonce").to_owned()
}

#[tokio::test]
async fn bound_token_is_used_with_its_key_alone_and_each_proof_once() {
    let stage = Stage::new().await;
    let (holder, thief) = (Holder::new(1), Holder::new(2));
    let tokens = bound_tokens(&stage, &holder).await;
    assert_eq!(tokens["token_type"], "DPoP");
    let token = tokens["access_token"].as_str().expect("a token");
    refused(&ask_bound(&stage, "Bearer", token, None).await, 401, "invalid_token");
    refused(&ask_bound(&stage, "DPoP", token, None).await, 401, "invalid_token");
    let nonce = dpop_nonce(&stage, token, &holder).await;
    let stolen = thief.dpop("credential", (Some(token), Some(&nonce)));
    refused(&ask_bound(&stage, "DPoP", token, Some(&stolen)).await, 401, "invalid_token");
    let for_another_token = holder.dpop("credential", (Some("other"), Some(&nonce)));
    refused(&ask_bound(&stage, "DPoP", token, Some(&for_another_token)).await, 401, "invalid_dpop_proof");
    let elsewhere = holder.dpop("token", (Some(token), Some(&nonce)));
    refused(&ask_bound(&stage, "DPoP", token, Some(&elsewhere)).await, 401, "invalid_dpop_proof");
    let proof = holder.dpop("credential", (Some(token), Some(&nonce)));
    let good = ask_bound(&stage, "DPoP", token, Some(&proof)).await;
    assert_eq!(good.status, 200, "{}", text(&good));
    assert!(header(&good, "dpop-nonce").is_some(), "the next nonce comes along");
    refused(&ask_bound(&stage, "DPoP", token, Some(&proof)).await, 401, "invalid_dpop_proof");
}

#[tokio::test]
async fn nonce_of_dpop_is_ours_and_of_late() {
    let mut stage = Stage::new().await;
    let holder = Holder::new(1);
    let tokens = bound_tokens(&stage, &holder).await;
    let token = tokens["access_token"].as_str().expect("a token");
    let nonce = dpop_nonce(&stage, token, &holder).await;
    let made_up = holder.dpop("credential", (Some(token), Some("made up")));
    refused(&ask_bound(&stage, "DPoP", token, Some(&made_up)).await, 401, "use_dpop_nonce");
    stage.now = stage.now.plus_seconds(300);
    let late = holder.dpop("credential", (Some(token), Some(&nonce)));
    refused(&ask_bound(&stage, "DPoP", token, Some(&late)).await, 401, "use_dpop_nonce");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn proof_that_comes_many_times_at_once_is_taken_once_at_the_most() {
    let stage = Arc::new(Stage::new().await);
    let (offer, _) = stage.offer("diploma", None).await;
    let holder = Holder::new(1);
    let nonce = {
        let form = redemption(&offer, Form::new());
        let refused = stage.post_with("token", form, &[("dpop", &holder.dpop("token", (None, None)))]).await;
        header(&refused, "dpop-nonce").expect("a nonce").to_owned()
    };
    let proof = holder.dpop("token", (None, Some(&nonce)));
    let replays: Vec<_> = (0..32)
        .map(|_| {
            // With a code of nobody's: what is counted is how often the proof was found good.
            let form = Form::new().with("grant_type", crate::stage::PRE_AUTHORIZED).with("pre-authorized_code", "nobody's");
            let (stage, proof) = (stage.clone(), proof.clone());
            tokio::spawn(async move { crate::stage::refusal(&stage.post_with("token", form, &[("dpop", &proof)]).await).1 })
        })
        .collect();
    let mut taken = 0;
    for replay in replays {
        taken += usize::from(replay.await.expect("no panic") == "invalid_grant");
    }
    assert!(taken <= 1, "it was taken {taken} times");
}

#[tokio::test]
async fn token_is_good_for_its_time_and_missing_or_made_up_ones_are_refused() {
    let mut stage = Stage::new().await;
    let token = stage.token("diploma").await;
    let request = request(&stage, "diploma", &Holder::new(5)).await;
    refused(&stage.ask("credential", "made up", &request).await, 401, "invalid_token");
    let url = format!("{ISSUER}/credential");
    let without = call(HttpMethod::Post, &url, &[("content-type", "application/json")], request.to_string().into_bytes());
    refused(&stage.answer(without).await, 401, "invalid_token");
    stage.now = stage.now.plus_seconds(300);
    refused(&stage.ask("credential", &token, &request).await, 401, "invalid_token");
}

#[tokio::test]
async fn refresh_token_of_nobody_in_particular_is_used_once_and_ends_everything_when_it_comes_again() {
    let stage = Stage::new().await;
    let (offer, _) = stage.offer("diploma", None).await;
    let tokens = body(&stage.redeem(&offer, Form::new()).await);
    let refresh =
        |token: &Value| Form::new().with("grant_type", "refresh_token").with("refresh_token", token.as_str().expect("a token"));
    let newer = body(&stage.post("token", refresh(&tokens["refresh_token"])).await);
    assert_ne!(newer["refresh_token"], tokens["refresh_token"]);
    let newest = body(&stage.post("token", refresh(&newer["refresh_token"])).await);
    let token = newest["access_token"].as_str().expect("a token");
    let response = stage.ask("credential", token, &request(&stage, "diploma", &Holder::new(5)).await).await;
    assert_eq!(response.status, 200, "{}", text(&response));
    // One of two has stolen it: whoever comes second cannot say which.
    refused(&stage.post("token", refresh(&tokens["refresh_token"])).await, 400, "invalid_grant");
    refused(&stage.post("token", refresh(&newest["refresh_token"])).await, 400, "invalid_grant");
    let request = request(&stage, "diploma", &Holder::new(5)).await;
    refused(&stage.ask("credential", token, &request).await, 401, "invalid_token");
}

#[tokio::test]
async fn refreshed_token_is_for_what_the_wallet_still_wants() {
    let stage = Stage::new().await;
    let datasets = vec![stage.dataset("card").await, stage.dataset("diploma").await];
    let (offer, made) = stage.offer_of(datasets, None).await;
    let tokens = body(&stage.redeem(&offer, Form::new()).await);
    let refresh = |token: &Value, details: &str| {
        let form = Form::new().with("grant_type", "refresh_token").with("authorization_details", details);
        form.with("refresh_token", token.as_str().expect("a token"))
    };
    let details = r#"[{"type":"openid_credential","credential_configuration_id":"diploma"}]"#;
    let narrowed = body(&stage.post("token", refresh(&tokens["refresh_token"], details)).await);
    assert_eq!(narrowed["authorization_details"][0]["credential_identifiers"], json!([made.datasets[1]]));
    let token = narrowed["access_token"].as_str().expect("a token");
    let by_identifier =
        |at: usize, proof: String| json!({ "credential_identifier": made.datasets[at], "proofs": { "jwt": [proof] } });
    let of_card = by_identifier(0, Holder::new(5).proof(&stage.nonce().await));
    refused(&stage.ask("credential", token, &of_card).await, 400, "unknown_credential_identifier");
    let of_diploma = by_identifier(1, Holder::new(5).proof(&stage.nonce().await));
    assert_eq!(stage.ask("credential", token, &of_diploma).await.status, 200);
    // The refresh token is still for all that was granted.
    let whole = body(&stage.post("token", refresh(&narrowed["refresh_token"], &details.replace("diploma", "card"))).await);
    assert_eq!(whole["authorization_details"][0]["credential_configuration_id"], "card");
}

/// The answer may be lost on the way, and the key protects the token as well as using it up would.
#[tokio::test]
async fn refresh_token_bound_to_a_key_stays_and_needs_the_key() {
    let stage = Stage::new().await;
    let holder = Holder::new(1);
    let tokens = bound_tokens(&stage, &holder).await;
    let form =
        Form::new().with("grant_type", "refresh_token").with("refresh_token", tokens["refresh_token"].as_str().expect("a token"));
    let nonce = {
        let refused = stage.post_with("token", form.clone(), &[("dpop", &holder.dpop("token", (None, None)))]).await;
        header(&refused, "dpop-nonce").expect("a nonce").to_owned()
    };
    refused(&stage.post("token", form.clone()).await, 400, "invalid_grant");
    let thief = Holder::new(2).dpop("token", (None, Some(&nonce)));
    refused(&stage.post_with("token", form.clone(), &[("dpop", &thief)]).await, 400, "invalid_grant");
    for _ in 0..2 {
        let proof = holder.dpop("token", (None, Some(&nonce)));
        let newer = stage.post_with("token", form.clone(), &[("dpop", &proof)]).await;
        assert_eq!((newer.status, &body(&newer)["refresh_token"]), (200, &tokens["refresh_token"]));
    }
}

#[tokio::test]
async fn what_is_kept_names_no_token_and_no_claim() {
    let stage = Stage::new().await;
    let token = stage.token("card").await;
    for name in stage.issuer.storage.list("").await.expect("a list") {
        let bytes = stage.issuer.storage.read(&name).await.expect("a read").unwrap_or_default();
        let kept = format!("{name} {}", String::from_utf8_lossy(&bytes));
        assert!(!kept.contains(&token) && !kept.contains("given_name") && !kept.contains("Lucía"), "{name}");
    }
}

/// The key was lost, or somebody wrote into the file.
#[tokio::test]
async fn what_cannot_be_opened_is_an_error_and_swept_when_it_ends() {
    let mut stage = Stage::new().await;
    let (offer, _) = stage.offer("diploma", None).await;
    stage.issuer.sealing = wallet_core::seal::SealingKey::from_bytes(&[8; 32]).expect("32 bytes");
    refused(&stage.redeem(&offer, Form::new()).await, 500, "server_error");
    stage.now = stage.now.plus_seconds(366 * 24 * 3600);
    stage.issuer.sweep(&stage.now).await.expect("a sweep");
    assert_eq!(stage.issuer.storage.list("").await.expect("a list"), Vec::<String>::new());
}

#[tokio::test]
async fn what_has_ended_is_swept_and_what_lives_is_not() {
    let mut stage = Stage::new().await;
    let token = stage.token("diploma").await;
    stage.nonce().await;
    let before = stage.issuer.storage.list("").await.expect("a list").len();
    assert_eq!(stage.issuer.sweep(&stage.now).await.expect("a sweep"), 0);
    assert_eq!(stage.issuer.storage.list("").await.expect("a list").len(), before);
    let request = request(&stage, "diploma", &Holder::new(5)).await;
    assert_eq!(stage.ask("credential", &token, &request).await.status, 200);
    stage.now = stage.now.plus_seconds(366 * 24 * 3600);
    assert!(stage.issuer.sweep(&stage.now).await.expect("a sweep") > 0);
    assert_eq!(stage.issuer.storage.list("").await.expect("a list"), Vec::<String>::new());
}
