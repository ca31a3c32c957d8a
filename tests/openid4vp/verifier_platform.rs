//! Over the platform's Digital Credentials API (appendix A).

use serde_json::{Value, json};
use wallet_core::did;
use wallet_core::error::WalletError;
use wallet_core::key::{KeyAlgorithm, KeyId, SecretKey};
use wallet_core::platform::system_rng;
use wallet_core::presentation::dcql::DcqlQuery;
use wallet_core::presentation::request::{AuthenticatedRequest, RequestedBy, VerifierEvidence, dc_api};
use wallet_core::presentation::response::{AuthorizationResponse, Delivery, VpToken};
use wallet_core::verifier::online::{Asking, Client, Invitation, Mode, Status};

use crate::verifier_stage::{Stage, card_query, id, reasons};

const ORIGIN: &str = "https://verifier.example";

/// Begins a session by these clients; the identifier of its outcome and what the wallet makes of the request.
async fn ask(stage: &Stage, clients: Vec<Client>, mode: Mode, evidence: &VerifierEvidence) -> (String, AuthenticatedRequest) {
    let query = DcqlQuery::from_value(&card_query()).expect("a query");
    let asking = Asking { clients, mode, ..Asking::for_query(query) };
    let begun = stage.verifier.begin(asking, &mut system_rng(), &stage.world.now).await.expect("a session");
    let Invitation::DcApi { protocol, data } = begun.invitation else { panic!("it goes over the API") };
    let received = dc_api::read(protocol.as_str(), &data, ORIGIN).expect("a request");
    assert!(dc_api::read(protocol.as_str(), &data, "https://evil.example").is_err() || protocol.as_str().ends_with("unsigned"));
    (begun.id, received.authenticate(evidence, &stage.world.now).expect("it is known who asks"))
}

async fn answer(stage: &Stage, asked: &(String, AuthenticatedRequest), audience: &str) -> Result<(), WalletError> {
    let request = &asked.1.request;
    let token = VpToken::none().with(id("card"), &stage.show_card(&request.nonce, audience));
    let delivery = AuthorizationResponse::presenting(token, request).deliver(request).expect("it can be delivered");
    let Delivery::DcApi(data) = delivery else { panic!("it goes over the API") };
    assert_eq!(data.get("response").is_some(), request.response_mode.is_encrypted());
    stage.verifier.take_data(&asked.0, &data, &mut system_rng(), &stage.world.now).await
}

async fn did_client(stage: &Stage, evidence: &mut VerifierEvidence) -> Client {
    let (key, public) = stage.verifier.keystore.create(KeyAlgorithm::P256).await.expect("a key");
    let did = did::jwk::from_public_key(&public);
    evidence.resolutions.insert(did.clone(), did::resolve_self_contained(&did).expect("a document"));
    Client::did(key, did.with_fragment("0").expect("a DID URL"))
}

#[tokio::test]
async fn appendix_a_3_each_kind_of_request_is_answered_to_the_origin() {
    let stage = Stage::new().await;
    let mut evidence = VerifierEvidence::default();
    let did = did_client(&stage, &mut evidence).await;
    let other = did_client(&stage, &mut VerifierEvidence::default()).await;
    for clients in [vec![Client::Anonymous], vec![did.clone()], vec![other, did]] {
        for mode in [Mode::DcApi, Mode::DcApiJwt] {
            let asked = ask(&stage, clients.clone(), mode, &evidence).await;
            assert_eq!(matches!(asked.1.by, RequestedBy::Origin { .. }), clients == [Client::Anonymous]);
            assert_eq!(asked.1.request.audience().expect("an audience"), "origin:https://verifier.example");
            assert_eq!(answer(&stage, &asked, "origin:https://verifier.example").await, Ok(()));
            assert_eq!(stage.outcome(&asked.0).await.status, Status::Accepted);
        }
    }
}

#[tokio::test]
async fn appendix_a_4_audience_is_the_origin_even_of_a_signed_request() {
    let stage = Stage::new().await;
    let mut evidence = VerifierEvidence::default();
    let did = did_client(&stage, &mut evidence).await;
    let asked = ask(&stage, vec![did], Mode::DcApi, &evidence).await;
    let client_id = asked.1.request.client_id.clone().expect("a client").to_string();
    assert_eq!(answer(&stage, &asked, &client_id).await, Ok(()));
    let outcome = stage.outcome(&asked.0).await;
    assert_eq!((outcome.status, reasons(&outcome, "card")), (Status::Rejected, vec!["wrongAudience".to_owned()]));
    let other = ask(&stage, vec![Client::Anonymous], Mode::DcApi, &evidence).await;
    assert_eq!(answer(&stage, &other, "origin:https://evil.example").await, Ok(()));
    assert_eq!(stage.outcome(&other.0).await.status, Status::Rejected);
}

#[tokio::test]
async fn answer_is_taken_once_and_only_by_its_own_session() {
    let stage = Stage::new().await;
    let evidence = VerifierEvidence::default();
    let asked = ask(&stage, vec![Client::Anonymous], Mode::DcApi, &evidence).await;
    assert_eq!(answer(&stage, &asked, "origin:https://verifier.example").await, Ok(()));
    assert!(matches!(answer(&stage, &asked, "origin:https://verifier.example").await, Err(WalletError::Refused { .. })));
    let posted = stage.ask_for_card().await;
    let data = json!({ "vp_token": { "card": ["eyJ~"] } });
    let taken = stage.verifier.take_data(&posted.id, &data, &mut system_rng(), &stage.world.now).await;
    assert!(matches!(taken, Err(WalletError::Refused { .. })), "a session by a link is not answered by the page");
}

#[tokio::test]
async fn error_of_the_platform_and_answers_that_are_none() {
    let stage = Stage::new().await;
    let asked = ask(&stage, vec![Client::Anonymous], Mode::DcApiJwt, &VerifierEvidence::default()).await;
    let take = async |data: Value| stage.verifier.take_data(&asked.0, &data, &mut system_rng(), &stage.world.now).await;
    for bad in [json!({}), json!("a"), json!({ "vp_token": { "card": ["eyJ~"] } }), json!({ "response": "a.b.c.d.e" })] {
        assert!(take(bad.clone()).await.is_err(), "{bad}");
    }
    assert_eq!(stage.outcome(&asked.0).await.status, Status::Pending);
    assert_eq!(take(json!({ "error": "access_denied" })).await, Ok(()));
    assert_eq!(stage.outcome(&asked.0).await.status, Status::Error);
}

#[tokio::test]
async fn certificate_is_for_the_name_it_is_shown_for() {
    let secret = SecretKey::from_bytes(KeyAlgorithm::P256, &[21; 32]).expect("a scalar");
    let chain = crate::authority::Authority::new("Raíz").certify(&secret, &["verifier.example"]);
    assert!(Client::dns_name(KeyId("k".to_owned()), &chain, "verifier.example").is_ok());
    assert!(matches!(Client::dns_name(KeyId("k".to_owned()), &chain, "other.example"), Err(WalletError::Misused { .. })));
}
