//! Encrypted requests and responses (OpenID4VCI 1.0 §10).

use serde_json::{Value, json};
use wallet_core::issuance::{CredentialIssuerMetadata, decrypt};
use wallet_core::issuer::credential_issuer::EncryptionPlan;
use wallet_core::jose::jwe::DecryptionKey;
use wallet_core::ports::{HttpMethod, HttpResponse};

use crate::stage::{Holder, ISSUER, Stage, body, call, header, refused, request, text};

fn key(byte: u8) -> DecryptionKey {
    DecryptionKey::from_secret_bytes(&[byte; 32]).expect("a scalar in range")
}

async fn stage(required: bool) -> (Stage, CredentialIssuerMetadata) {
    let stage = Stage::with(|plan| plan.encryption = Some(EncryptionPlan { key: key(1), required })).await;
    let metadata = stage.issuer.metadata();
    (stage, metadata)
}

async fn send(stage: &Stage, token: &str, encrypted: String) -> HttpResponse {
    let authorization = format!("Bearer {token}");
    let headers = [("content-type", "application/jwt"), ("authorization", authorization.as_str())];
    stage.answer(call(HttpMethod::Post, &format!("{ISSUER}/credential"), &headers, encrypted.into_bytes())).await
}

/// A request that asks for an encrypted response.
async fn secret_request(stage: &Stage, metadata: &CredentialIssuerMetadata) -> Value {
    let mut request = request(stage, "card", &Holder::new(5)).await;
    let asked = metadata.credential_response_encryption.as_ref().expect("it is offered").ask(&key(2)).expect("a way");
    request["credential_response_encryption"] = asked.to_json();
    request
}

#[tokio::test]
async fn request_and_response_are_read_by_their_readers_alone() {
    let (stage, metadata) = stage(true).await;
    let token = stage.token("card").await;
    let request = secret_request(&stage, &metadata).await;
    let published = metadata.credential_request_encryption.as_ref().expect("it is offered");
    let response = send(&stage, &token, published.encrypt(&request).expect("a message")).await;
    assert_eq!((response.status, header(&response, "content-type")), (200, Some("application/jwt")), "{}", text(&response));
    let plain = decrypt(&text(&response), &key(2)).expect("ours");
    assert!(serde_json::from_slice::<Value>(&plain).expect("JSON")["credentials"].is_array());
    assert!(decrypt(&text(&response), &key(1)).is_err());
}

#[tokio::test]
async fn plain_request_is_refused_where_encryption_is_required() {
    let (stage, metadata) = stage(true).await;
    let token = stage.token("card").await;
    let plain = request(&stage, "card", &Holder::new(5)).await;
    refused(&stage.ask("credential", &token, &plain).await, 400, "invalid_encryption_parameters");
    let published = metadata.credential_request_encryption.as_ref().expect("it is offered");
    let without = published.encrypt(&plain).expect("a message");
    refused(&send(&stage, &token, without).await, 400, "invalid_encryption_parameters");
}

/// Whoever is between could have put a key of their own there.
#[tokio::test]
async fn key_for_the_response_is_taken_from_an_encrypted_request_only() {
    let (stage, metadata) = stage(false).await;
    let token = stage.token("card").await;
    let request = secret_request(&stage, &metadata).await;
    refused(&stage.ask("credential", &token, &request).await, 400, "invalid_encryption_parameters");
    let plain = crate::stage::request(&stage, "card", &Holder::new(5)).await;
    assert_eq!(stage.ask("credential", &token, &plain).await.status, 200, "encryption is not required");
}

#[tokio::test]
async fn what_cannot_be_decrypted_or_used_is_refused() {
    let (stage, metadata) = stage(false).await;
    let token = stage.token("card").await;
    refused(&send(&stage, &token, "a.b.c.d.e".to_owned()).await, 400, "invalid_encryption_parameters");
    let published = metadata.credential_request_encryption.as_ref().expect("it is offered");
    let mut request = secret_request(&stage, &metadata).await;
    request["credential_response_encryption"]["enc"] = json!("A192GCM");
    refused(&send(&stage, &token, published.encrypt(&request).expect("a message")).await, 400, "invalid_encryption_parameters");
    let unsupported = Stage::new().await;
    let token = unsupported.token("card").await;
    assert_eq!(body(&send(&unsupported, &token, "a.b.c.d.e".to_owned()).await)["error"], "invalid_credential_request");
}
