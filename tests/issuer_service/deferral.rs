//! Credentials that are not ready, and what wallets tell afterwards (OpenID4VCI 1.0 §9, §11).

use std::sync::Arc;

use serde_json::{Value, json};
use wallet_core::issuance::NotificationEvent;
use wallet_core::issuer::credential_issuer::CredentialDataset;
use wallet_core::oauth::Form;
use wallet_core::platform::system_rng;

use crate::stage::{Holder, Stage, body, refused, request, text};

/// A token for a card that is not ready, the data set, and the transaction.
async fn deferred(stage: &Stage) -> (String, String, Value) {
    let pending = CredentialDataset { credential: None, ..stage.dataset("card").await };
    let (offer, made) = stage.offer_of(vec![pending], None).await;
    let token = body(&stage.redeem(&offer, Form::new()).await)["access_token"].as_str().expect("a token").to_owned();
    let response = stage.ask("credential", &token, &request(stage, "card", &Holder::new(5)).await).await;
    assert_eq!(response.status, 202, "{}", text(&response));
    assert_eq!(body(&response)["interval"], 60);
    (token, made.datasets[0].clone(), json!({ "transaction_id": body(&response)["transaction_id"] }))
}

async fn provide(stage: &Stage, dataset: &str) {
    let credential = stage.dataset("card").await.credential;
    stage.issuer.provide(dataset, credential, &mut system_rng(), &stage.now).await.expect("it is waited for");
}

#[tokio::test]
async fn credential_is_fetched_once_when_it_is_ready() {
    let stage = Stage::new().await;
    let (token, dataset, transaction) = deferred(&stage).await;
    let waiting = stage.ask("deferred_credential", &token, &transaction).await;
    assert_eq!((waiting.status, &body(&waiting)["transaction_id"]), (202, &transaction["transaction_id"]));
    provide(&stage, &dataset).await;
    let ready = stage.ask("deferred_credential", &token, &transaction).await;
    assert_eq!(ready.status, 200, "{}", text(&ready));
    assert_eq!(body(&ready)["credentials"].as_array().map(Vec::len), Some(1));
    refused(&stage.ask("deferred_credential", &token, &transaction).await, 400, "invalid_transaction_id");
    // Had the answer been lost, the wallet would ask for another one.
    let again = stage.ask("credential", &token, &request(&stage, "card", &Holder::new(5)).await).await;
    assert_eq!(again.status, 200, "{}", text(&again));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_fetches_at_once_exactly_one_wins() {
    let folder = tempfile::tempdir().expect("a folder");
    let storage = wallet_core::platform::SqliteStorage::open(folder.path().join("sessions.sqlite")).await.expect("a file");
    let stage = Arc::new(Stage::over(Arc::new(storage), |_| ()).await);
    let (token, dataset, transaction) = deferred(&stage).await;
    provide(&stage, &dataset).await;
    let fetches: Vec<_> = (0..16)
        .map(|_| {
            let (stage, token, transaction) = (stage.clone(), token.clone(), transaction.clone());
            tokio::spawn(async move { stage.ask("deferred_credential", &token, &transaction).await.status })
        })
        .collect();
    let mut won = 0;
    for fetch in fetches {
        won += usize::from(fetch.await.expect("no panic") == 200);
    }
    assert_eq!(won, 1);
}

#[tokio::test]
async fn credential_that_will_not_be_is_denied() {
    let stage = Stage::new().await;
    let (token, dataset, transaction) = deferred(&stage).await;
    stage.issuer.provide(&dataset, None, &mut system_rng(), &stage.now).await.expect("it is waited for");
    refused(&stage.ask("deferred_credential", &token, &transaction).await, 400, "credential_request_denied");
    let again = request(&stage, "card", &Holder::new(5)).await;
    refused(&stage.ask("credential", &token, &again).await, 400, "credential_request_denied");
    assert!(stage.issuer.provide("made up", None, &mut system_rng(), &stage.now).await.is_err());
}

/// The person has moved since: whoever refreshes the credential gets the new claims.
#[tokio::test]
async fn newer_claims_take_the_place_of_the_old() {
    let stage = Stage::new().await;
    let (offer, made) = stage.offer("diploma", None).await;
    let token = body(&stage.redeem(&offer, Form::new()).await)["access_token"].as_str().expect("a token").to_owned();
    let mut newer = stage.dataset("diploma").await.credential.expect("a credential");
    newer.insert("name".to_owned(), "A newer diploma".into());
    let name = async || {
        let response = stage.ask("credential", &token, &request(&stage, "diploma", &Holder::new(5)).await).await;
        body(&response)["credentials"][0]["credential"]["name"].clone()
    };
    assert_ne!(name().await, "A newer diploma");
    stage.issuer.provide(&made.datasets[0], Some(newer), &mut system_rng(), &stage.now).await.expect("it is there");
    assert_eq!(name().await, "A newer diploma");
}

#[tokio::test]
async fn transaction_is_its_grants_alone() {
    let stage = Stage::new().await;
    let (_, dataset, transaction) = deferred(&stage).await;
    provide(&stage, &dataset).await;
    let other = stage.token("card").await;
    refused(&stage.ask("deferred_credential", &other, &transaction).await, 400, "invalid_transaction_id");
    refused(
        &stage.ask("deferred_credential", &other, &json!({ "transaction_id": "made up" })).await,
        400,
        "invalid_transaction_id",
    );
    refused(&stage.ask("deferred_credential", &other, &json!({})).await, 400, "invalid_credential_request");
}

#[tokio::test]
async fn app_hears_what_became_of_the_credentials() {
    let stage = Stage::new().await;
    let (offer, made) = stage.offer("card", None).await;
    let token = body(&stage.redeem(&offer, Form::new()).await)["access_token"].as_str().expect("a token").to_owned();
    let response = stage.ask("credential", &token, &request(&stage, "card", &Holder::new(5)).await).await;
    assert_eq!(stage.issuer.outcome(&made.datasets[0], &stage.now).await.expect("a data set"), None);
    let notification = json!({ "notification_id": body(&response)["notification_id"], "event": "credential_accepted" });
    for _ in 0..2 {
        let response = stage.ask("notification", &token, &notification).await;
        assert_eq!((response.status, response.body.len()), (204, 0), "to say it twice is the same as once");
    }
    let heard = stage.issuer.outcome(&made.datasets[0], &stage.now).await.expect("a data set");
    assert_eq!(heard, Some(NotificationEvent::CredentialAccepted));
    let other = stage.token("card").await;
    refused(&stage.ask("notification", &other, &notification).await, 400, "invalid_notification_id");
    let unknown = json!({ "notification_id": "made up", "event": "credential_accepted" });
    refused(&stage.ask("notification", &token, &unknown).await, 400, "invalid_notification_id");
    refused(
        &stage.ask("notification", &token, &json!({ "event": "credential_accepted" })).await,
        400,
        "invalid_notification_request",
    );
    refused(&stage.ask("notification", "made up", &notification).await, 401, "invalid_token");
}
