//! Sessions: what the wallet fetches, what ends them, and what is left of them.

use std::collections::BTreeMap;

use serde_json::Value;
use wallet_core::did;
use wallet_core::error::WalletError;
use wallet_core::key::KeyAlgorithm;
use wallet_core::oauth::form::FORM;
use wallet_core::oauth::{Form, Profile};
use wallet_core::platform::system_rng;
use wallet_core::ports::HttpRequest;
use wallet_core::presentation::dcql::DcqlQuery;
use wallet_core::presentation::request::{AuthenticatedRequest, RequestLink, RequestReference, VerifierEvidence};
use wallet_core::verifier::online::{Asking, Begun, Client, Invitation, Mode, Status};
use wallet_core::x509::CertificateChain;

use crate::authority::Authority;
use crate::verifier_stage::{BASE, Stage, card_query, get};

/// A session by a DID, and what a wallet needs to know of that.
async fn by_did(stage: &Stage) -> (Begun, RequestReference, VerifierEvidence) {
    let (key, public) = stage.verifier.keystore.create(KeyAlgorithm::P256).await.expect("a key");
    let did = did::jwk::from_public_key(&public);
    let mut asking = Asking::for_query(DcqlQuery::from_value(&card_query()).expect("a query"));
    asking.clients = vec![Client::did(key, did.with_fragment("0").expect("a DID URL"))];
    let begun = stage.verifier.begin(asking, &mut system_rng(), &stage.world.now).await.expect("a session");
    let Invitation::Link(link) = &begun.invitation else { panic!("it goes by a link") };
    let Ok(RequestLink::Reference(reference)) = RequestLink::read(link) else { panic!("it is to be fetched") };
    let resolution = did::resolve_self_contained(&did).expect("a document");
    let evidence = VerifierEvidence { resolutions: BTreeMap::from([(did, resolution)]), ..VerifierEvidence::default() };
    (begun, reference, evidence)
}

async fn fetch(stage: &Stage, reference: &RequestReference, nonce: &str, evidence: &VerifierEvidence) -> AuthenticatedRequest {
    let answer = stage.reach(reference.ask(&serde_json::Map::new(), nonce), &stage.world.now).await;
    let received = reference.read(&answer, nonce).expect("a request object");
    received.authenticate(evidence, &stage.world.now).expect("it is proven")
}

#[tokio::test]
async fn section_5_10_request_object_is_made_anew_with_the_nonce_of_each_wallet() {
    let stage = Stage::new().await;
    let (_, reference, evidence) = by_did(&stage).await;
    for nonce in ["qPmxiNFCR3QTm19POc8u", "another"] {
        let fetched = fetch(&stage, &reference, nonce, &evidence).await;
        assert_eq!(fetched.request.wallet_nonce.as_deref(), Some(nonce));
    }
    let answer = stage.reach(get(reference.request_uri.as_str()), &stage.world.now).await;
    assert_eq!(answer.status, 200);
    assert!(answer.headers.contains(&("content-type".to_owned(), "application/oauth-authz-req+jwt".to_owned())));
    let bad = Form::new().with("wallet_nonce", "a\nb").to_text().into_bytes();
    assert_eq!(stage.reach(HttpRequest::post(reference.request_uri.as_str(), FORM, bad), &stage.world.now).await.status, 400);
}

#[tokio::test]
async fn answered_session_is_over_for_every_wallet() {
    let stage = Stage::new().await;
    let (begun, reference, evidence) = by_did(&stage).await;
    let request = fetch(&stage, &reference, "n", &evidence).await.request;
    assert_eq!(stage.send(stage.good_card(&request), &request).await.status, 200);
    assert_eq!(stage.reach(get(reference.request_uri.as_str()), &stage.world.now).await.status, 404);
    assert_eq!(stage.send(stage.good_card(&request), &request).await.status, 404);
    assert_eq!(stage.outcome(&begun.id).await.status, Status::Accepted);
}

#[tokio::test]
async fn session_that_nobody_answers_in_time_is_over_and_swept_away() {
    let stage = Stage::new().await;
    let asked = stage.ask_for_card().await;
    let storage = &stage.verifier.verifier.storage;
    let late = stage.world.now.plus_seconds(601);
    assert_eq!(stage.verifier.sweep(&stage.world.now).await, Ok(0));
    let place = asked.request.response_mode.destination().expect("a place").to_string();
    let body = Form::new().with("vp_token", stage.good_card(&asked.request).to_json().to_string());
    let body = body.with("state", asked.request.state.clone().expect("a state")).to_text().into_bytes();
    assert_eq!(stage.reach(HttpRequest::post(place, FORM, body), &late).await.status, 404);
    assert_eq!(stage.verifier.outcome(&asked.id, None, &mut system_rng(), &late).await, Ok(None));
    assert_eq!(storage.list("presentation/").await.expect("names").len(), 2);
    assert_eq!(stage.verifier.sweep(&late).await, Ok(2));
    assert_eq!(storage.list("presentation/").await.expect("names").len(), 0);
}

#[tokio::test]
async fn outcome_with_its_claims_is_not_kept_for_ever() {
    let stage = Stage::new().await;
    let asked = stage.ask_for_card().await;
    stage.send(stage.good_card(&asked.request), &asked.request).await;
    let late = stage.world.now.plus_seconds(601);
    assert_eq!(stage.verifier.outcome(&asked.id, None, &mut system_rng(), &late).await, Ok(None));
    assert_eq!(stage.verifier.sweep(&late).await, Ok(1));
}

#[tokio::test]
async fn places_that_are_not_there_are_not_found() {
    let stage = Stage::new().await;
    for place in ["", "/", "/request/", "/request/none", "/response/none", "/response/../request/none", "/other"] {
        assert_eq!(stage.reach(get(&format!("{BASE}{place}")), &stage.world.now).await.status, 404, "{place}");
    }
    assert_eq!(stage.reach(get("https://elsewhere.example/request/none"), &stage.world.now).await.status, 404);
    let asked = stage.ask_for_card().await;
    let place = asked.request.response_mode.destination().expect("a place").to_string();
    assert_eq!(stage.reach(get(&place), &stage.world.now).await.status, 404);
    // A request that stands in the link is nowhere to be fetched.
    assert_eq!(stage.reach(get(&place.replace("/response/", "/request/")), &stage.world.now).await.status, 400);
}

#[tokio::test]
async fn haip_asks_only_by_certificate_for_an_encrypted_sd_jwt_vc() {
    let mut stage = Stage::new().await;
    stage.verifier.profile = Profile::Haip;
    let secret = wallet_core::key::SecretKey::from_bytes(KeyAlgorithm::P256, &[21; 32]).expect("a scalar");
    let authority = Authority::new("Raíz");
    let chain = authority.certify(&secret, &["verifier.example"]);
    let key = wallet_core::key::KeyId("certificate".to_owned());
    let with_anchor = CertificateChain::new(chain.leaf().clone(), vec![authority.certificate.clone()]).expect("a chain");
    let hash = Client::certificate(key.clone(), &chain);
    let name = Client::dns_name(key.clone(), &chain, "verifier.example").expect("its name");
    let ldp = crate::verifier_stage::diploma_query("ldp_vc");
    let cases: [(&Client, Mode, Value, bool); 7] = [
        (&hash, Mode::DirectPostJwt, card_query(), true),
        (&hash, Mode::DirectPost, card_query(), false),
        (&hash, Mode::Fragment, card_query(), false),
        (&hash, Mode::DirectPostJwt, ldp, false),
        (&name, Mode::DirectPostJwt, card_query(), false),
        (&Client::Anonymous, Mode::DirectPostJwt, card_query(), false),
        (&Client::certificate(key, &with_anchor), Mode::DirectPostJwt, card_query(), false),
    ];
    for (client, mode, query, good) in cases {
        let mut asking = Asking::for_query(DcqlQuery::from_value(&query).expect("a query"));
        (asking.clients, asking.mode) = (vec![client.clone()], mode);
        let begun = stage.verifier.begin(asking, &mut system_rng(), &stage.world.now).await;
        assert_eq!(begun.is_ok(), good, "{client:?} {mode:?}");
        if let Ok(Begun { invitation: Invitation::Link(link), .. }) = begun {
            assert!(link.starts_with("haip-vp://"));
        }
    }
}

#[tokio::test]
async fn several_clients_ask_only_over_the_platforms_api() {
    let stage = Stage::new().await;
    let mut asking = Asking::for_query(DcqlQuery::from_value(&card_query()).expect("a query"));
    asking.clients = vec![Client::Anonymous, Client::Anonymous];
    for mode in Mode::ALL {
        let asking = Asking { mode, ..asking.clone() };
        let refused = stage.verifier.begin(asking, &mut system_rng(), &stage.world.now).await;
        assert!(matches!(refused, Err(WalletError::Misused { .. })), "{mode:?}");
    }
}
