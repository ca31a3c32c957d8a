//! An acceptance that was killed in the middle is taken up again.

use wallet_core::error::WalletError;
use wallet_core::issuer::credential_issuer::{CredentialDataset, Delivery};
use wallet_core::platform::system_rng;
use wallet_core::ports::Storage as _;
use wallet_core::wallet::receiving::Acceptance;

use crate::stage::{Stage, browse, claims, received};

fn is_unreachable<T: std::fmt::Debug>(result: Result<T, WalletError>) -> bool {
    matches!(result, Err(WalletError::Unreachable { .. }))
}

#[tokio::test]
async fn wallet_that_is_killed_while_the_person_signs_in_knows_the_answer_again() {
    let mut stage = Stage::new().await;
    let offer = stage.review(&stage.offer_to_sign_in(&["pid_x5c"]).await).await;
    let url = browse(stage.accept(&offer, &Acceptance::default()).await);
    stage.kill().await;
    assert!(stage.wallet.issuances().await.expect("a list")[0].awaits_browser);
    let back = stage.sign_in(&url).await;
    assert_eq!(stage.signed_in(&back).await.expect("the credential").credentials.len(), 1);
}

#[tokio::test]
async fn wallet_that_is_killed_after_the_token_asks_for_the_credential_with_it() {
    let mut stage = Stage::new().await;
    let offer = stage.review(&stage.offer(&["pid_x5c", "diploma_ldp"]).await).await;
    stage.wire.meddle(|request, response| match request.url.ends_with("/credential") {
        true => Err(WalletError::unreachable("the issuer", "the tunnel")),
        false => Ok(response),
    });
    assert!(is_unreachable(stage.accept(&offer, &Acceptance::default()).await));
    stage.wire.leave_alone();
    stage.kill().await;
    let resumed = stage.resume().await;
    assert_eq!(resumed.credentials.len(), 2, "{resumed:#?}");
    assert_eq!(stage.wire.answered("/token"), 1, "the code was redeemed once");
    assert_eq!(stage.wallet.key_references().await.expect("keys").len(), 2, "the keys are those that were made before");
}

#[tokio::test]
async fn wallet_that_is_killed_before_the_issuer_was_told_tells_it_later() {
    let mut stage = Stage::new().await;
    let made = stage.offer(&["pid_x5c"]).await;
    let offer = stage.review(&made).await;
    stage.wire.meddle(|request, response| match request.url.ends_with("/notification") {
        true => Err(WalletError::unreachable("the issuer", "the tunnel")),
        false => Ok(response),
    });
    assert_eq!(received(stage.accept(&offer, &Acceptance::default()).await).credentials.len(), 1);
    let now = stage.wire.now();
    stage.wire.leave_alone();
    stage.kill().await;
    assert!(stage.resume().await.credentials.is_empty());
    // The meddler had let the first through and lost its answer: telling it twice is the same as once.
    assert_eq!(stage.wire.answered("/notification"), 2);
    assert!(stage.wire.issuer.outcome(&made.datasets[0], &now).await.expect("an answer").is_some());
    stage.resume().await;
    assert_eq!(stage.wire.answered("/notification"), 2, "what was told is not told again");
}

#[tokio::test]
async fn deferred_issuance_outlives_the_process_and_the_access_token() {
    let mut stage = Stage::new().await;
    let pending = CredentialDataset { configuration: "pid_x5c".to_owned(), credential: None };
    let made = stage.make(vec![pending], None, Delivery::ByValue).await;
    let offer = stage.review(&made).await;
    assert!(received(stage.accept(&offer, &Acceptance::default()).await).ask_again.is_some());
    stage.later(3 * 24 * 3600);
    let now = stage.wire.now();
    let credential = Some(claims("pid_x5c"));
    stage.wire.issuer.provide(&made.datasets[0], credential, &mut system_rng(), &now).await.expect("it is provided");
    stage.kill().await;
    assert_eq!(stage.resume().await.credentials.len(), 1);
}

#[tokio::test]
async fn token_that_ended_before_its_time_is_replaced() {
    let mut stage = Stage::new().await;
    let pending = CredentialDataset { configuration: "pid_x5c".to_owned(), credential: None };
    let made = stage.make(vec![pending], None, Delivery::ByValue).await;
    let offer = stage.review(&made).await;
    stage.wire.meddle(|request, mut response| {
        if request.url.ends_with("/token") && response.status == 200 {
            let mut body: serde_json::Value = serde_json::from_slice(&response.body).expect("JSON");
            body["expires_in"] = (365 * 24 * 3600).into();
            response.body = body.to_string().into_bytes();
        }
        Ok(response)
    });
    assert!(received(stage.accept(&offer, &Acceptance::default()).await).ask_again.is_some());
    stage.later(3 * 24 * 3600);
    let now = stage.wire.now();
    stage.wire.issuer.provide(&made.datasets[0], Some(claims("pid_x5c")), &mut system_rng(), &now).await.expect("it is provided");
    let resumed = stage.resume().await;
    assert_eq!(resumed.credentials.len(), 1, "{resumed:#?}");
}

#[tokio::test]
async fn issuer_that_has_too_much_to_do_is_asked_again_later() {
    let mut stage = Stage::new().await;
    let offer = stage.review(&stage.offer(&["pid_x5c"]).await).await;
    stage.wire.meddle(|request, mut response| {
        if request.url.ends_with("/credential") {
            response.status = 429;
        }
        Ok(response)
    });
    assert!(is_unreachable(stage.accept(&offer, &Acceptance::default()).await));
    stage.wire.leave_alone();
    assert_eq!(stage.resume().await.credentials.len(), 1);
}

#[tokio::test]
async fn tokens_lie_sealed_in_the_storage_and_go_with_the_issuance() {
    let mut stage = Stage::new().await;
    let received = stage.receive(&["pid_x5c"]).await;
    let asked = stage.wire.requests("/credential");
    let header = asked[0].headers.iter().find(|(name, _)| name == "authorization").expect("a token");
    let token = header.1.split_once(' ').expect("a scheme").1.as_bytes().to_vec();
    for name in stage.storage.list("").await.expect("names") {
        let bytes = stage.storage.read(&name).await.expect("bytes").unwrap_or_default();
        assert!(!bytes.windows(token.len()).any(|window| window == token), "{name}");
    }
    stage.wallet.abandon(&received.issuance, &mut system_rng()).await.expect("it ends");
    assert!(stage.wallet.issuances().await.expect("a list").is_empty());
    assert_eq!(stage.wallet.credentials().await.expect("a list").len(), 1, "what was got stays");
}
