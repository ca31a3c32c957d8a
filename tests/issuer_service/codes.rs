//! Pre-authorized codes: redeemed once, by whoever also has the transaction code (OpenID4VCI 1.0 §6, §13.6).

use std::sync::Arc;

use wallet_core::issuance::{InputMode, OfferLink, TransactionCode};
use wallet_core::issuer::credential_issuer::{Delivery, MAX_ATTEMPTS, OfferTerms};
use wallet_core::oauth::Form;
use wallet_core::platform::{SqliteStorage, system_rng};

use crate::stage::{Stage, body, redemption, refused, text};

fn code(input_mode: InputMode, length: Option<u32>) -> Option<TransactionCode> {
    Some(TransactionCode { input_mode, length, description: None })
}

#[tokio::test]
async fn code_is_redeemed_once() {
    let stage = Stage::new().await;
    let (offer, _) = stage.offer("diploma", None).await;
    let first = stage.redeem(&offer, Form::new()).await;
    assert_eq!(first.status, 200, "{}", text(&first));
    assert_eq!((&body(&first)["token_type"], &body(&first)["expires_in"]), (&"Bearer".into(), &300.into()));
    refused(&stage.redeem(&offer, Form::new()).await, 400, "invalid_grant");
}

/// Many wallets photographed one QR code.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_redemptions_at_once_exactly_one_wins() {
    let folder = tempfile::tempdir().expect("a folder");
    let storage = Arc::new(SqliteStorage::open(folder.path().join("sessions.sqlite")).await.expect("a file"));
    let stage = Arc::new(Stage::over(storage, |_| ()).await);
    let (offer, _) = stage.offer("diploma", None).await;
    let redeemers: Vec<_> = (0..32)
        .map(|_| {
            let (stage, offer) = (stage.clone(), offer.clone());
            tokio::spawn(async move { stage.redeem(&offer, Form::new()).await.status })
        })
        .collect();
    let mut statuses = Vec::new();
    for redeemer in redeemers {
        statuses.push(redeemer.await.expect("no panic"));
    }
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| [200, 400].contains(status)));
}

#[tokio::test]
async fn code_of_an_offer_that_has_ended_is_refused() {
    let mut stage = Stage::new().await;
    let (offer, _) = stage.offer("diploma", None).await;
    stage.now = stage.now.plus_seconds(600);
    refused(&stage.redeem(&offer, Form::new()).await, 400, "invalid_grant");
}

#[tokio::test]
async fn transaction_code_is_needed_where_there_is_one_and_only_there() {
    let stage = Stage::new().await;
    let (offer, made) = stage.offer("diploma", code(InputMode::Numeric, None)).await;
    let secret = made.transaction_code.expect("a code");
    assert!(secret.expose().len() == 6 && secret.expose().bytes().all(|byte| byte.is_ascii_digit()));
    refused(&stage.redeem(&offer, Form::new()).await, 400, "invalid_request");
    let right = Form::new().with("tx_code", secret.expose());
    assert_eq!(stage.redeem(&offer, right).await.status, 200, "an attempt without it costs nothing");

    let (plain, _) = stage.offer("diploma", None).await;
    refused(&stage.redeem(&plain, Form::new().with("tx_code", "123456")).await, 400, "invalid_request");

    let (_, made) = stage.offer("diploma", code(InputMode::Text, Some(12))).await;
    assert_eq!(made.transaction_code.expect("a code").expose().len(), 12);
}

#[tokio::test]
async fn wrong_transaction_codes_end_the_offer() {
    let stage = Stage::new().await;
    let (offer, made) = stage.offer("diploma", code(InputMode::Text, Some(8))).await;
    for _ in 0..MAX_ATTEMPTS {
        refused(&stage.redeem(&offer, Form::new().with("tx_code", "wrong")).await, 400, "invalid_grant");
    }
    let right = Form::new().with("tx_code", made.transaction_code.expect("a code").expose());
    refused(&stage.redeem(&offer, right).await, 400, "invalid_grant");
}

/// Guesses at the same time are counted like guesses one after the other.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn guesses_at_once_are_no_more_than_guesses_in_turn() {
    let stage = Arc::new(Stage::new().await);
    let (offer, _) = stage.offer("diploma", code(InputMode::Numeric, None)).await;
    let guesses: Vec<_> = (0..64)
        .map(|guess| {
            let (stage, form) = (stage.clone(), redemption(&offer, Form::new().with("tx_code", format!("x{guess}"))));
            tokio::spawn(async move { text(&stage.post("token", form).await) })
        })
        .collect();
    let mut counted = 0;
    for guess in guesses {
        counted += usize::from(guess.await.expect("no panic").contains("transaction code is wrong"));
    }
    assert!(counted <= usize::from(MAX_ATTEMPTS), "{counted} guesses were looked at");
}

#[tokio::test]
async fn offer_by_reference_is_fetched_until_it_ends() {
    let mut stage = Stage::new().await;
    let terms = OfferTerms::SignIn { configurations: vec!["card".to_owned()], reference: None };
    let made = stage.issuer.offer(terms, Delivery::ByReference, &mut system_rng(), &stage.now).await.expect("an offer");
    let OfferLink::ByReference(url) = made.link else { panic!("its address was to travel") };
    for _ in 0..2 {
        let offer = body(&stage.get(url.as_str()).await);
        assert_eq!(offer["credential_configuration_ids"][0], "card");
        assert!(offer["grants"]["authorization_code"]["issuer_state"].is_string());
    }
    stage.now = stage.now.plus_seconds(600);
    assert_eq!(stage.get(url.as_str()).await.status, 404);
}

#[tokio::test]
async fn offer_of_nothing_or_of_what_there_is_not_is_misused() {
    let stage = Stage::new().await;
    for datasets in [
        vec![],
        vec![wallet_core::issuer::credential_issuer::CredentialDataset {
            configuration: "passport".to_owned(),
            credential: None,
        }],
    ] {
        let terms = OfferTerms::PreAuthorized { datasets, transaction_code: None };
        assert!(stage.issuer.offer(terms, Delivery::ByValue, &mut system_rng(), &stage.now).await.is_err());
    }
}
