//! What the security sections of OpenID4VCI 1.0 ask of an issuer, section by section.

use serde_json::json;
use wallet_core::issuer::credential_issuer::{ClientPolicy, Profile, Strangers};
use wallet_core::oauth::Form;

use crate::authorizing::asking;
use crate::stage::{Holder, ISSUER, Stage, body, header, redemption, refused, request};

/// §7.2, RFC 6749 §5.1: nonces and tokens are kept by nobody on the way.
#[tokio::test]
async fn section_7_2_answers_with_secrets_are_not_stored() {
    let stage = Stage::new().await;
    let (offer, _) = stage.offer("card", None).await;
    for response in [stage.post("nonce", Form::new()).await, stage.redeem(&offer, Form::new()).await] {
        assert_eq!((response.status, header(&response, "cache-control")), (200, Some("no-store")));
    }
    let (offer, _) = stage.offer("card", None).await;
    assert_eq!(header(&stage.redeem(&offer, Form::new()).await, "pragma"), Some("no-cache"));
}

/// §8.3.1.2: a refusal is never encrypted, and its description is printable ASCII.
#[tokio::test]
async fn section_8_3_1_2_refusals_are_plain() {
    let stage = Stage::new().await;
    let token = stage.token("card").await;
    let response = stage.ask("credential", &token, &json!({ "credential_configuration_id": "ñ\"\\" })).await;
    refused(&response, 400, "unknown_credential_configuration");
    assert_eq!(header(&response, "content-type"), Some("application/json"));
    let echoed = stage.ask("notification", &token, &json!({ "notification_id": "a", "event": "ñ\"\\" })).await;
    let description = body(&echoed)["error_description"].as_str().expect("a description").to_owned();
    assert!(!description.is_empty() && description.bytes().all(|byte| (b' '..=b'~').contains(&byte) && !b"\"\\".contains(&byte)));
}

/// §12.2.2: metadata stand between host and path, and name the very issuer they were looked up for.
#[tokio::test]
async fn section_12_2_2_metadata_are_where_the_identifier_says() {
    let stage = Stage::new().await;
    let (metadata, server) = ("openid-credential-issuer", "oauth-authorization-server");
    for (name, member) in [(metadata, "credential_issuer"), (server, "issuer"), ("jwt-vc-issuer", "issuer")] {
        let there = stage.get(&format!("https://issuer.example/.well-known/{name}/tenant")).await;
        assert_eq!((there.status, &body(&there)[member]), (200, &ISSUER.into()));
        for elsewhere in ["https://issuer.example/.well-known/NAME", "https://issuer.example/tenant/.well-known/NAME"] {
            assert_eq!(stage.get(&elsewhere.replace("NAME", name)).await.status, 404);
        }
    }
}

/// §12.2.4: what is written is what a wallet reads.
#[tokio::test]
async fn section_12_2_4_metadata_are_read_as_they_are_written() {
    let stage = Stage::new().await;
    let response = stage.get("https://issuer.example/.well-known/openid-credential-issuer/tenant").await;
    let read = wallet_core::issuance::CredentialIssuerMetadata::read(&response.body, &stage.issuer.plan.identifier);
    assert_eq!(read.expect("metadata"), stage.issuer.metadata());
}

/// §13.2 (FAPI 2.0 §5.3.2): the server says who it is in its answer, asks for PKCE by S256, and has no implicit flow.
#[tokio::test]
async fn section_13_2_server_follows_the_best_current_practice() {
    let server = Stage::new().await.issuer.server_metadata();
    assert!(server.authorization_response_iss_parameter_supported);
    assert_eq!(
        (&server.code_challenge_methods_supported[..], &server.response_types_supported[..]),
        (&["S256".to_owned()][..], &["code".to_owned()][..])
    );
}

/// §13.3, HAIP 1.0 §4: where wallets must be attested, those that are not get nothing.
#[tokio::test]
async fn section_13_3_wallets_are_attested_where_the_profile_says_so() {
    let stage = Stage::with(|plan| plan.profile = Profile::Haip).await;
    let (offer, _) = stage.offer("card", None).await;
    refused(&stage.redeem(&offer, Form::new()).await, 401, "invalid_client");
    refused(&stage.post("par", asking().with("scope", "scope:dc+sd-jwt")).await, 401, "invalid_client");
    let direct = stage.get(&format!("{ISSUER}/authorize?{}", asking().with("scope", "scope:dc+sd-jwt").to_text())).await;
    refused(&direct, 400, "invalid_request");
    let server = stage.issuer.server_metadata();
    assert!(server.require_pushed_authorization_requests && !server.pre_authorized_grant_anonymous_access_supported);
}

/// §13.6.1: a pre-authorized code that was photographed is of no use after it was redeemed, nor without the transaction code.
#[tokio::test]
async fn section_13_6_1_replay_of_a_pre_authorized_code_is_refused() {
    let stage = Stage::new().await;
    let (offer, made) = stage.offer("card", Some(wallet_core::issuance::TransactionCode::default())).await;
    refused(&stage.redeem(&offer, Form::new().with("tx_code", "abcdef")).await, 400, "invalid_grant");
    let right = Form::new().with("tx_code", made.transaction_code.expect("a code").expose());
    assert_eq!(stage.redeem(&offer, right.clone()).await.status, 200);
    refused(&stage.redeem(&offer, right).await, 400, "invalid_grant");
}

/// §13.8: a key proof that somebody got hold of brings no second credential.
#[tokio::test]
async fn section_13_8_replay_of_a_key_proof_is_refused() {
    let stage = Stage::new().await;
    let (token, thief) = (stage.token("card").await, stage.token("card").await);
    let request = request(&stage, "card", &Holder::new(5)).await;
    assert_eq!(stage.ask("credential", &token, &request).await.status, 200);
    refused(&stage.ask("credential", &thief, &request).await, 400, "invalid_nonce");
}

/// §13.10: a token that anybody can use lives five minutes; longer ones are bound to a key.
#[tokio::test]
async fn section_13_10_bearer_tokens_are_short_lived() {
    let stage = Stage::new().await;
    let (offer, _) = stage.offer("card", None).await;
    let tokens = body(&stage.redeem(&offer, Form::new()).await);
    assert!(tokens["token_type"] == "Bearer" && tokens["expires_in"].as_u64().is_some_and(|seconds| seconds <= 300));
}

/// §6.3: a client that the policy does not know is told so.
#[tokio::test]
async fn section_6_3_anonymous_clients_are_refused_where_they_are_not_welcome() {
    let clients = ClientPolicy { strangers: Strangers::Refused, ..ClientPolicy::default() };
    let stage = Stage::with(|plan| plan.clients = clients).await;
    let (offer, _) = stage.offer("card", None).await;
    refused(&stage.redeem(&offer, Form::new()).await, 401, "invalid_client");
    refused(&stage.post("token", redemption(&offer, Form::new().with("client_id", "stranger"))).await, 401, "invalid_client");
}
