//! The credential endpoint: each format, bound to each key that was proven (OpenID4VCI 1.0 §8, appendix A).

use std::sync::Arc;

use serde_json::{Value, json};
use wallet_core::oauth::Form;
use wallet_core::platform::MemoryStorage;
use wallet_core::securing::Secured;
use wallet_core::verification::{Expectations, Verdict};
use wallet_core::verifier::Verifier;

use crate::stage::{Holder, Stage, body, object, refused, request, text};

async fn accepted(stage: &Stage, credential: &str) -> Secured {
    let verifier = Verifier::bare(Arc::new(MemoryStorage::new()));
    let verdict = verifier.check(credential, &Expectations::default(), &stage.now).await.expect("a verdict");
    match &verdict {
        // Nobody publishes the status lists of this stage.
        Verdict::Undetermined { gaps, .. } => assert!(format!("{gaps:?}").contains("Status"), "{gaps:?}"),
        other => assert_eq!(other.word(), "accepted", "{other:?}"),
    }
    Secured::read(credential).expect("a credential")
}

fn issued(response: &Value) -> Vec<Value> {
    response["credentials"].as_array().expect("credentials").iter().map(|each| each["credential"].clone()).collect()
}

#[tokio::test]
async fn data_integrity_credential_is_an_object_about_the_holder() {
    let stage = Stage::new().await;
    let (token, holder) = (stage.token("diploma").await, Holder::new(5));
    let response = stage.ask("credential", &token, &request(&stage, "diploma", &holder).await).await;
    assert_eq!(response.status, 200, "{}", text(&response));
    let credential = &issued(&body(&response))[0];
    assert!(credential.is_object() && credential["id"].as_str().is_some_and(|id| id.starts_with("urn:uuid:")));
    assert_eq!(credential["credentialSubject"]["id"], holder.did());
    accepted(&stage, &credential.to_string()).await;
}

#[tokio::test]
async fn jwt_credential_is_text_about_the_holder() {
    let stage = Stage::new().await;
    let (token, holder) = (stage.token("degree").await, Holder::new(5));
    let response = stage.ask("credential", &token, &request(&stage, "degree", &holder).await).await;
    let credential = issued(&body(&response)).remove(0);
    let secured = accepted(&stage, credential.as_str().expect("text")).await;
    assert_eq!(secured.body()["credentialSubject"]["id"], holder.did());
}

#[tokio::test]
async fn sd_jwt_credential_names_the_holders_key_and_hides_what_there_is_to_hide() {
    let stage = Stage::new().await;
    let (token, holder) = (stage.token("card").await, Holder::new(5));
    let response = stage.ask("credential", &token, &request(&stage, "card", &holder).await).await;
    let credential = issued(&body(&response)).remove(0);
    let text = credential.as_str().expect("text");
    assert_eq!(text.matches('~').count(), 3, "two disclosures: what a pointer names and is not there is passed over");
    let secured = accepted(&stage, text).await;
    assert_eq!(secured.holder_key(), Some(holder.0.public_key()));
    assert!(secured.claim("status").is_some() || secured.body().contains_key("status"), "it has a place in a status list");
}

#[tokio::test]
async fn credential_bound_to_no_key_takes_no_proof() {
    let stage = Stage::new().await;
    let token = stage.token("coupon").await;
    let plain = json!({ "credential_configuration_id": "coupon" });
    let response = stage.ask("credential", &token, &plain).await;
    assert_eq!(response.status, 200, "{}", text(&response));
    let with_proof = request(&stage, "coupon", &Holder::new(5)).await;
    refused(&stage.ask("credential", &token, &with_proof).await, 400, "invalid_proof");
}

#[tokio::test]
async fn batch_binds_each_key_to_one_credential() {
    let stage = Stage::new().await;
    let token = stage.token("card").await;
    let nonce = stage.nonce().await;
    let holders = [Holder::new(1), Holder::new(2), Holder::new(3)];
    let proofs: Vec<_> = holders.iter().map(|holder| holder.proof(&nonce)).collect();
    let asked = json!({ "credential_configuration_id": "card", "proofs": { "jwt": proofs } });
    let response = stage.ask("credential", &token, &asked).await;
    let credentials = issued(&body(&response));
    let mut keys = Vec::new();
    for credential in &credentials {
        keys.push(accepted(&stage, credential.as_str().expect("text")).await.holder_key().expect("a key"));
    }
    assert_eq!(keys, holders.map(|holder| holder.0.public_key()));
    let twice = [Holder::new(1), Holder::new(1)];
    let nonce = stage.nonce().await;
    let proofs: Vec<_> = twice.iter().map(|holder| holder.proof(&nonce)).collect();
    let asked = json!({ "credential_configuration_id": "card", "proofs": { "jwt": proofs } });
    assert_eq!(issued(&body(&stage.ask("credential", &token, &asked).await)).len(), 1, "one key, one credential");
}

#[tokio::test]
async fn more_proofs_than_the_metadata_allow_are_refused() {
    let stage = Stage::new().await;
    let token = stage.token("card").await;
    let nonce = stage.nonce().await;
    let proofs: Vec<_> = (1..=4).map(|byte| Holder::new(byte).proof(&nonce)).collect();
    let asked = json!({ "credential_configuration_id": "card", "proofs": { "jwt": proofs } });
    refused(&stage.ask("credential", &token, &asked).await, 400, "invalid_proof");
}

/// The answer was lost on the way: the wallet asks again, with another nonce.
#[tokio::test]
async fn credential_is_asked_for_again_as_long_as_the_token_lives() {
    let stage = Stage::new().await;
    let (token, holder) = (stage.token("card").await, Holder::new(5));
    let mut places = Vec::new();
    for _ in 0..2 {
        let response = stage.ask("credential", &token, &request(&stage, "card", &holder).await).await;
        assert_eq!(response.status, 200, "{}", text(&response));
        let secured = Secured::read(issued(&body(&response))[0].as_str().expect("text")).expect("a credential");
        places.push((secured.body().get("jti").cloned(), secured.body().get("status").cloned()));
    }
    assert_ne!(places[0], places[1], "each has an id and a place of its own");
}

#[tokio::test]
async fn several_data_sets_of_one_kind_are_told_by_identifiers() {
    let stage = Stage::new().await;
    let (mut first, mut second) = (stage.dataset("card").await, stage.dataset("card").await);
    for (dataset, name) in [(&mut first, "Ana"), (&mut second, "Eva")] {
        let credential = dataset.credential.as_mut().expect("a credential");
        credential.insert("given_name".to_owned(), name.into());
    }
    let (offer, made) = stage.offer_of(vec![first, second], None).await;
    assert_eq!(offer.credential_configuration_ids, ["card"]);
    let tokens = body(&stage.redeem(&offer, Form::new()).await);
    let token = tokens["access_token"].as_str().expect("a token");
    assert_eq!(tokens["authorization_details"][0]["credential_identifiers"], json!(made.datasets));
    let proof = Holder::new(5).proof(&stage.nonce().await);
    let of_second = json!({ "credential_identifier": made.datasets[1], "proofs": { "jwt": [proof] } });
    let credential = issued(&body(&stage.ask("credential", token, &of_second).await)).remove(0);
    let secured = accepted(&stage, credential.as_str().expect("text")).await;
    assert_eq!(secured.credential().expect("claims").subject_claims().expect("claims")["given_name"], "Eva");
    let by_configuration = request(&stage, "card", &Holder::new(5)).await;
    refused(&stage.ask("credential", token, &by_configuration).await, 400, "invalid_credential_request");
    let unknown = request(&stage, "passport", &Holder::new(5)).await;
    refused(&stage.ask("credential", token, &unknown).await, 400, "unknown_credential_configuration");
}

#[tokio::test]
async fn wallet_takes_less_than_it_was_offered() {
    let stage = Stage::new().await;
    let datasets = vec![stage.dataset("card").await, stage.dataset("diploma").await];
    let (offer, made) = stage.offer_of(datasets, None).await;
    let details = r#"[{"type":"openid_credential","credential_configuration_id":"diploma"}]"#;
    let unknown = details.replace("diploma", "coupon");
    refused(
        &stage.redeem(&offer, Form::new().with("authorization_details", unknown)).await,
        400,
        "invalid_authorization_details",
    );
    let tokens = body(&stage.redeem(&offer, Form::new().with("authorization_details", details)).await);
    assert_eq!(tokens["authorization_details"].as_array().map(Vec::len), Some(1));
    let proof = Holder::new(5).proof(&stage.nonce().await);
    let of_card = json!({ "credential_identifier": made.datasets[0], "proofs": { "jwt": [proof] } });
    let token = tokens["access_token"].as_str().expect("a token");
    refused(&stage.ask("credential", token, &of_card).await, 400, "unknown_credential_identifier");
}

#[tokio::test]
async fn what_the_token_is_not_for_is_refused() {
    let stage = Stage::new().await;
    let token = stage.token("diploma").await;
    let other = request(&stage, "card", &Holder::new(5)).await;
    refused(&stage.ask("credential", &token, &other).await, 403, "insufficient_scope");
    let unknown = request(&stage, "passport", &Holder::new(5)).await;
    refused(&stage.ask("credential", &token, &unknown).await, 400, "unknown_credential_configuration");
    let by_identifier = json!({ "credential_identifier": "diploma" });
    refused(&stage.ask("credential", &token, &by_identifier).await, 400, "unknown_credential_identifier");
}

#[tokio::test]
async fn data_set_with_an_id_of_its_own_is_misused() {
    let stage = Stage::new().await;
    let mut dataset = stage.dataset("diploma").await;
    dataset.credential.as_mut().expect("a credential").extend(object(json!({ "id": "urn:uuid:1" })));
    let terms =
        wallet_core::issuer::credential_issuer::OfferTerms::PreAuthorized { datasets: vec![dataset], transaction_code: None };
    let delivery = wallet_core::issuer::credential_issuer::Delivery::ByValue;
    assert!(stage.issuer.offer(terms, delivery, &mut wallet_core::platform::system_rng(), &stage.now).await.is_err());
}
