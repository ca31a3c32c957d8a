//! What a wallet holds against issuers and whoever stands between, by the sections of OpenID4VCI 1.0 that ask for it.

use serde_json::{Value, json};
use wallet_core::error::{Result, WalletError};
use wallet_core::oauth::Profile;
use wallet_core::ports::{HttpRequest, HttpResponse};
use wallet_core::wallet::receiving::{Acceptance, Dpop, Offer, Received, Unproven};

use crate::stage::{ISSUER, Stage, browse, client, received};

/// The answer with its JSON changed.
fn changed(mut response: HttpResponse, change: impl Fn(&mut Value)) -> HttpResponse {
    let mut body: Value = serde_json::from_slice(&response.body).expect("JSON");
    change(&mut body);
    response.body = body.to_string().into_bytes();
    response
}

/// Changes the JSON of what comes from one endpoint.
fn at(
    path: &'static str,
    change: impl Fn(&mut Value) + Send + 'static,
) -> impl FnMut(&HttpRequest, HttpResponse) -> Result<HttpResponse> {
    move |request, response| match request.url.ends_with(path) {
        true if response.status < 300 => Ok(changed(response, &change)),
        _ => Ok(response),
    }
}

#[track_caller]
fn nothing_kept(received: &Received, why: &str) {
    assert!(received.credentials.is_empty(), "{received:#?}");
    assert!(received.refusals.iter().any(|refusal| refusal.faults.iter().any(|fault| fault.contains(why))), "{received:#?}");
}

fn refused<T: std::fmt::Debug>(result: Result<T>) -> bool {
    matches!(result, Err(WalletError::Refused { .. }))
}

#[tokio::test]
async fn section_13_5_offer_is_held_to_what_the_issuer_publishes() {
    let stage = Stage::new().await;
    let made = stage.offer(&["pid_x5c"]).await;
    let uri = made.link.to_uri();
    for (from, to) in [("pid_x5c", "pid_gold"), ("issuer.example", "evil.example"), ("%2Fcards", "%2Fother")] {
        let uri = uri.replace(from, to);
        assert!(Offer::review(&uri, &client(&stage.verifier), &stage.wire.now()).await.is_err(), "{to}");
    }
    stage.wire.meddle(at("openid-credential-issuer/cards", |body| body["credential_issuer"] = "https://evil.example".into()));
    assert!(Offer::review(&uri, &client(&stage.verifier), &stage.wire.now()).await.is_err(), "the metadata of another");
    stage.wire.meddle(at("oauth-authorization-server/cards", |body| body["issuer"] = "https://evil.example".into()));
    assert!(Offer::review(&uri, &client(&stage.verifier), &stage.wire.now()).await.is_err(), "the server of another");
}

#[tokio::test]
async fn section_13_5_offer_of_another_kind_is_no_offer() {
    let stage = Stage::new().await;
    let made = stage.offer_with_code("pid_x5c").await;
    stage.wire.meddle(|request, mut response| {
        if request.url.contains("/offers/") {
            response.headers = vec![("content-type".to_owned(), "application/jwt".to_owned())];
        }
        Ok(response)
    });
    let reviewed = Offer::review(&made.link.to_uri(), &client(&stage.verifier), &stage.wire.now()).await;
    assert!(matches!(reviewed, Err(WalletError::Malformed { .. })), "{reviewed:?}");
    for link in ["openid-credential-offer://?credential_offer_uri=http%3A%2F%2Fissuer.example%2Fo", "https://a.example", "{}"] {
        assert!(Offer::review(link, &client(&stage.verifier), &stage.wire.now()).await.is_err(), "{link}");
    }
}

#[tokio::test]
async fn section_13_6_1_pre_authorized_code_is_good_once() {
    let mut stage = Stage::new().await;
    let offer = stage.review(&stage.offer(&["pid_x5c"]).await).await;
    assert_eq!(received(stage.accept(&offer, &Acceptance::default()).await).credentials.len(), 1);
    assert!(refused(stage.accept(&offer, &Acceptance::default()).await));
}

#[tokio::test]
async fn section_13_6_2_transaction_code_cannot_be_guessed_at_and_goes_to_the_host_that_was_shown() {
    let mut stage = Stage::new().await;
    let made = stage.offer_with_code("pid_x5c").await;
    let offer = stage.review(&made).await;
    for guess in 0..wallet_core::issuer::credential_issuer::MAX_ATTEMPTS {
        let acceptance = Acceptance { tx_code: Some(format!("guess{guess}").into()), ..Acceptance::default() };
        assert!(refused(stage.accept(&offer, &acceptance).await));
    }
    let acceptance = Acceptance { tx_code: made.transaction_code, ..Acceptance::default() };
    assert!(refused(stage.accept(&offer, &acceptance).await), "the right one comes too late");
    assert!(stage.keystore.ids().await.expect("keys").is_empty(), "the keys that tokens would have been bound to are destroyed");
    assert!(stage.wire.requests("/token").iter().all(|request| request.url.contains(&offer.host())));
}

#[tokio::test]
async fn section_5_2_answer_of_another_server_is_a_mix_up() {
    for (from, to) in [("iss=https%3A%2F%2Fissuer.example%2Fcards", "iss=https%3A%2F%2Fevil.example"), ("&iss=", "&other=")] {
        let mut stage = Stage::new().await;
        let offer = stage.review(&stage.offer_to_sign_in(&["pid_x5c"]).await).await;
        let url = browse(stage.accept(&offer, &Acceptance::default()).await);
        let back = stage.sign_in(&url).await.replace(from, to);
        assert!(refused(stage.signed_in(&back).await), "{back}");
        assert_eq!(stage.wire.count("/token"), 0, "the code is told to nobody");
        assert!(stage.wallet.issuances().await.expect("a list").is_empty(), "the question is over");
    }
}

/// HAIP 1.0 §4: whoever keeps to it takes no answer that does not say whose it is, and asks by scopes.
#[tokio::test]
async fn section_5_haip_wants_the_name_of_the_server_and_a_scope() {
    let mut stage = Stage::new().await;
    stage.wire.meddle(at("oauth-authorization-server/cards", |body| {
        body["authorization_response_iss_parameter_supported"] = false.into();
    }));
    for (profile, is_taken) in [(Profile::Standard, true), (Profile::Haip, false)] {
        let offer = stage.review(&stage.offer_to_sign_in(&["pid_x5c"]).await).await;
        let url = browse(stage.accept_as(&offer, &Acceptance::default(), |client| client.profile = profile).await);
        let back = stage.sign_in(&url).await.replace("&iss=", "&other=");
        let mut client = client(&stage.verifier);
        client.profile = profile;
        let now = stage.wire.now();
        let received = stage.wallet.signed_in(&back, &client, &mut wallet_core::platform::system_rng(), &now).await;
        assert_eq!(received.is_ok(), is_taken, "{profile:?}: {received:?}");
    }
    let offer = stage.review(&stage.offer_to_sign_in(&["diploma_ldp"]).await).await;
    let accepted = stage.accept_as(&offer, &Acceptance::default(), |client| client.profile = Profile::Haip).await;
    assert!(matches!(accepted, Err(WalletError::Unsupported { .. })), "{accepted:?}");
}

#[tokio::test]
async fn section_5_2_answer_to_a_question_that_was_not_asked_is_refused() {
    let mut stage = Stage::new().await;
    let offer = stage.review(&stage.offer_to_sign_in(&["pid_x5c"]).await).await;
    let url = browse(stage.accept(&offer, &Acceptance::default()).await);
    let back = stage.sign_in(&url).await;
    let (start, _) = back.split_once("state=").expect("a state");
    for forged in [format!("{start}state=AAAA&iss={ISSUER}"), start.trim_end_matches('&').to_owned()] {
        assert!(refused(stage.signed_in(&forged).await), "{forged}");
    }
    assert_eq!(stage.signed_in(&back).await.expect("the real answer still counts").credentials.len(), 1);
}

#[tokio::test]
async fn section_5_3_person_who_says_no_ends_it() {
    let mut stage = Stage::new().await;
    let offer = stage.review(&stage.offer_to_sign_in(&["pid_x5c"]).await).await;
    let url = browse(stage.accept(&offer, &Acceptance::default()).await);
    let session = stage.session(&url).await;
    let now = stage.wire.now();
    let back = stage.wire.issuer.deny(&session, &now).await.expect("a redirect");
    let error = stage.signed_in(&back).await.expect_err("denied");
    assert!(error.to_string().contains("access_denied"), "{error}");
    assert!(stage.wallet.issuances().await.expect("a list").is_empty());
}

#[tokio::test]
async fn section_13_8_nonce_that_is_no_longer_good_is_replaced_once() {
    let mut stage = Stage::new().await;
    let mut stale = true;
    stage.wire.meddle(move |request, response| match request.url.ends_with("/nonce") && std::mem::take(&mut stale) {
        true => Ok(changed(response, |body| body["c_nonce"] = "long-gone".into())),
        false => Ok(response),
    });
    assert_eq!(stage.receive(&["pid_x5c"]).await.credentials.len(), 1);
    assert_eq!((stage.wire.count("/nonce"), stage.wire.count("/credential")), (2, 2));
    let asked = stage.wire.requests("/nonce");
    assert!(
        asked.iter().all(|request| request.body.is_empty() && !request.headers.iter().any(|(name, _)| name == "content-type"))
    );
    stage.wire.meddle(at("/nonce", |body| body["c_nonce"] = "never-given".into()));
    nothing_kept(&stage.receive(&["pid_x5c"]).await, "invalid_nonce");
    assert!(stage.wallet.key_references().await.expect("keys").len() == 1, "keys that nothing is bound to are destroyed");
}

#[tokio::test]
async fn section_13_9_bearer_token_is_not_taken_where_a_bound_one_is_wanted() {
    let mut stage = Stage::new().await;
    let offer = stage.review(&stage.offer(&["pid_x5c"]).await).await;
    stage.wire.meddle(at("/token", |body| body["token_type"] = "Bearer".into()));
    let accepted = stage.accept_as(&offer, &Acceptance::default(), |client| client.dpop = Dpop::Always).await;
    assert!(refused(accepted));
    assert_eq!(stage.wire.count("/credential"), 0, "the token is told to nobody");
}

#[tokio::test]
async fn section_8_3_credential_bound_to_somebody_elses_key_is_not_kept() {
    let (mut stage, mut other) = (Stage::new().await, Stage::new().await);
    let theirs = other.receive(&["pid_x5c"]).await;
    let text = other.wallet.credential(&theirs.credentials[0].0).await.expect("it is kept").text;
    stage.wire.meddle(at("/credential", move |body| body["credentials"][0]["credential"] = text.as_str().into()));
    let made = stage.offer(&["pid_x5c"]).await;
    let offer = stage.review(&made).await;
    nothing_kept(&received(stage.accept(&offer, &Acceptance::default()).await), "not bound to a key");
    let heard = stage.wire.issuer.outcome(&made.datasets[0], &stage.wire.now()).await.expect("an answer");
    assert_eq!(heard, Some(wallet_core::issuance::NotificationEvent::CredentialFailure), "the issuer is told");
}

#[tokio::test]
async fn section_8_3_credential_of_another_kind_or_that_is_forged_is_not_kept() {
    for (configuration, change, why) in [
        (
            "diploma_ldp",
            (|body| body["credentials"][0]["credential"]["name"] = "Doctorado".into()) as fn(&mut Value),
            "not what was signed",
        ),
        (
            "diploma_ldp",
            |body| body["credentials"][0]["credential"]["type"] = json!(["VerifiableCredential"]),
            "another credential",
        ),
        ("pid_x5c", |body| body["credentials"][0]["credential"] = "a.b.c".into(), ""),
    ] {
        let mut stage = Stage::new().await;
        stage.wire.meddle(at("/credential", change));
        let received = stage.receive(&[configuration]).await;
        nothing_kept(&received, why);
        assert!(stage.wallet.key_references().await.expect("keys").is_empty(), "its key is destroyed");
    }
}

#[tokio::test]
async fn section_8_3_one_bad_credential_of_a_batch_spoils_it() {
    let mut stage = Stage::new().await;
    stage.wire.meddle(at("/credential", |body| {
        let first = body["credentials"][0].clone();
        body["credentials"][1] = first;
    }));
    let offer = stage.review(&stage.offer(&["pid_x5c"]).await).await;
    let received = received(stage.accept(&offer, &Acceptance { count: 3, ..Acceptance::default() }).await);
    nothing_kept(&received, "not bound to a key");
}

#[tokio::test]
async fn section_10_answer_that_was_to_be_encrypted_is_not_read_otherwise() {
    use wallet_core::issuer::credential_issuer::EncryptionPlan;
    use wallet_core::jose::jwe::DecryptionKey;
    let key = DecryptionKey::generate(&mut wallet_core::platform::system_rng());
    let mut stage = Stage::with(|plan| plan.encryption = Some(EncryptionPlan { key, required: true })).await;
    stage.wire.meddle(|request, mut response| {
        if request.url.ends_with("/credential") && response.status == 200 {
            response.headers = vec![("content-type".to_owned(), "application/json".to_owned())];
            response.body = json!({ "credentials": [{ "credential": "a.b.c" }] }).to_string().into_bytes();
        }
        Ok(response)
    });
    let offer = stage.review(&stage.offer(&["pid_x5c"]).await).await;
    let accepted = stage.accept(&offer, &Acceptance::default()).await;
    assert!(matches!(accepted, Err(WalletError::Malformed { .. })), "{accepted:?}");
}

#[tokio::test]
async fn issuer_that_cannot_be_judged_is_told_to_the_person_or_refused() {
    for (unproven, kept) in [(Unproven::Keep, 1), (Unproven::Refuse, 0)] {
        let mut stage = Stage::new().await;
        stage.verifier.carried.authorities = wallet_core::x509::TrustAnchors::none();
        // Its keys are not published either.
        stage.wire.meddle(|request, mut response| {
            if request.url.contains("jwt-vc-issuer") {
                response.status = 404;
            }
            Ok(response)
        });
        let offer = stage.review(&stage.offer(&["pid_x5c"]).await).await;
        let accepted = stage.accept_as(&offer, &Acceptance::default(), |client| client.unproven = unproven).await;
        let received = received(accepted);
        assert_eq!(received.credentials.len(), kept, "{received:#?}");
        assert!(received.credentials.iter().all(|(_, verdict)| verdict.word() == "undetermined"));
    }
}

#[tokio::test]
async fn section_8_2_keys_are_fresh_for_every_credential() {
    let mut stage = Stage::new().await;
    stage.receive(&["pid_x5c", "pid_web"]).await;
    stage.receive(&["pid_x5c"]).await;
    assert_eq!(stage.wallet.key_references().await.expect("keys").len(), 3);
}
