//! A wallet answers in every format, by every mode, to every kind of client.

use serde_json::{Value, json};
use wallet_core::key::KeyAlgorithm;
use wallet_core::presentation::request::RequestedBy;
use wallet_core::securing::{Mechanism, Secured};
use wallet_core::verifier::online::{Mode, Status};
use wallet_core::wallet::answering::{Answered, Profile};

use crate::stage::{As, Stage, one, pid};

fn badge(format: &str) -> Value {
    let types = json!([["https://purl.imsglobal.org/spec/vc/ob/vocab.html#OpenBadgeCredential"]]);
    one(format, json!({ "meta": { "type_values": types }, "claims": [{ "path": ["credentialSubject", "achievement", "name"] }] }))
}

#[tokio::test]
async fn every_format_is_answered_by_every_mode() {
    for holder in [KeyAlgorithm::P256, KeyAlgorithm::Ed25519] {
        let stage = Stage::with_holder(holder).await;
        let credentials = [
            (stage.pid(), pid(&["given_name", "nationalities"])),
            (stage.badge(Mechanism::EddsaRdfc2022), badge("ldp_vc")),
            (stage.badge(Mechanism::EcdsaRdfc2019), badge("ldp_vc")),
            (stage.badge(Mechanism::EcdsaSd2023), badge("ldp_vc")),
            (stage.badge(Mechanism::Bbs2023), badge("ldp_vc")),
            (stage.badge(Mechanism::Jwt), badge("jwt_vc_json")),
            (stage.badge(Mechanism::SdJwt), badge("vc+sd-jwt")),
        ];
        for (credential, query) in credentials {
            for mode in Mode::ALL {
                let mut stage = Stage::with_holder(holder).await;
                let own = reissued(&stage, &credential);
                stage.keep(&own).await;
                let begun = stage.ask(&query, As::Nobody, mode).await;
                let review = stage.review(&begun).await.unwrap_or_else(|e| panic!("{mode:?}: {e}"));
                let answered = stage.accept(&review).await.unwrap_or_else(|e| panic!("{mode:?}: {e}"));
                let outcome = stage.outcome(&begun, &answered).await;
                assert_eq!(outcome.status, Status::Accepted, "{mode:?} {query}: {:#}", outcome.to_json());
            }
        }
    }
}

/// The same kind of credential, for the holder of another wallet.
fn reissued(stage: &Stage, credential: &Secured) -> Secured {
    match credential.proofs()[0].mechanism {
        Mechanism::SdJwtVc => stage.pid(),
        mechanism => stage.badge(mechanism),
    }
}

#[tokio::test]
async fn every_kind_of_client_is_known_for_what_it_is() {
    let mut stage = Stage::new().await;
    let credential = stage.pid();
    stage.keep(&credential).await;
    for (client, mode) in [
        (As::Nobody, Mode::DirectPost),
        (As::Did, Mode::DirectPost),
        (As::DnsName, Mode::DirectPostJwt),
        (As::Certificate, Mode::DirectPostJwt),
        (As::Attested, Mode::DirectPost),
        (As::Nobody, Mode::DcApi),
        (As::Certificate, Mode::DcApiJwt),
        (As::Did, Mode::DcApi),
    ] {
        let begun = stage.ask(&pid(&["given_name"]), client, mode).await;
        let review = stage.review(&begun).await.unwrap_or_else(|e| panic!("{client:?}: {e}"));
        let is_it = match (&review.asked.by, client) {
            (RequestedBy::Unknown { destination }, As::Nobody) => destination.host() == "verifier.example",
            (RequestedBy::Origin { origin }, As::Nobody) => origin == "https://verifier.example",
            (RequestedBy::Did { did, .. }, As::Did) => did.method() == "key",
            (RequestedBy::DnsName { name, .. }, As::DnsName) => name == "verifier.example",
            (RequestedBy::Certificate { .. }, As::Certificate) => true,
            (RequestedBy::Attested { name, by }, As::Attested) => name == "biblioteca" && by == "https://attester.example",
            _ => false,
        };
        assert!(is_it, "{client:?} {mode:?}: {:?}", review.asked.by);
        let answered = stage.accept(&review).await.unwrap_or_else(|e| panic!("{client:?}: {e}"));
        let outcome = stage.outcome(&begun, &answered).await;
        assert_eq!(outcome.status, Status::Accepted, "{client:?} {mode:?}: {:#}", outcome.to_json());
    }
}

#[tokio::test]
async fn several_clients_of_one_request_are_each_known_by_whoever_trusts_them() {
    let mut stage = Stage::new().await;
    let credential = stage.pid();
    stage.keep(&credential).await;
    let query = wallet_core::presentation::dcql::DcqlQuery::from_value(&pid(&["given_name"])).expect("a query");
    let clients = vec![stage.client(As::DnsName), stage.client(As::Did)];
    let asking = wallet_core::verifier::online::Asking {
        clients,
        mode: Mode::DcApi,
        ..wallet_core::verifier::online::Asking::for_query(query)
    };
    let begun = stage.begin(asking).await;
    assert!(matches!(stage.review(&begun).await.expect("a known client").asked.by, RequestedBy::DnsName { .. }));
    stage.evidence.anchors = crate::authority::Authority::new("Otra").anchors();
    let review = stage.review(&begun).await.expect("the other client");
    assert!(matches!(review.asked.by, RequestedBy::Did { .. }));
    let answered = stage.accept(&review).await.expect("it can be shared");
    assert_eq!(stage.outcome(&begun, &answered).await.status, Status::Accepted);
}

#[tokio::test]
async fn several_credentials_answer_one_query_and_several_queries() {
    let mut stage = Stage::new().await;
    let (one, two, badge) = (stage.pid(), stage.pid(), stage.badge(Mechanism::EcdsaRdfc2019));
    let (one, two, badge) = (stage.keep(&one).await, stage.keep(&two).await, stage.keep(&badge).await);
    let mut query = pid(&["given_name"]);
    query["credentials"][0]["multiple"] = json!(true);
    query["credentials"].as_array_mut().expect("a list").push(json!({ "id": "b", "format": "ldp_vc", "meta": {} }));
    let begun = stage.ask(&query, As::Certificate, Mode::DirectPostJwt).await;
    let review = stage.review(&begun).await.expect("a request");
    let id = |text: &str| text.parse().expect("an id");
    let least = review.preselected().expect("all is held");
    assert_eq!(least.iter().map(|(_, names)| names.len()).sum::<usize>(), 2, "one for each");
    let all = least.with(id("a"), one.to_string()).and(id("a"), two.to_string()).with(id("b"), badge.to_string());
    let answered = stage.share(&review, &all).await.expect("it can be shared");
    let outcome = stage.outcome(&begun, &answered).await;
    assert_eq!((outcome.status, outcome.credentials[&id("a")].len()), (Status::Accepted, 2), "{:#}", outcome.to_json());
}

/// App. B.1, B.3: where the holder need prove nothing, the credential goes as it is, and `state` binds it to the request (§5.3).
#[tokio::test]
async fn credential_without_holder_binding_goes_bare() {
    let mut stage = Stage::new().await;
    for (credential, format) in [
        (stage.pid(), "dc+sd-jwt"),
        (stage.badge(Mechanism::EcdsaRdfc2019), "ldp_vc"),
        (stage.badge(Mechanism::EcdsaSd2023), "ldp_vc"),
        (stage.badge(Mechanism::Jwt), "jwt_vc_json"),
    ] {
        let record = stage.keep(&credential).await;
        let query = one(format, json!({ "require_cryptographic_holder_binding": false }));
        let begun = stage.ask(&query, As::Did, Mode::DirectPost).await;
        let review = stage.review(&begun).await.expect("a request");
        let answered = stage.accept(&review).await.expect("it can be shared");
        let outcome = stage.outcome(&begun, &answered).await;
        assert_eq!(outcome.status, Status::Accepted, "{format}: {:#}", outcome.to_json());
        assert_eq!(stage.last_form().text("state"), review.asked.request.state.as_deref());
        let presented = stage.last_presentation("a");
        match presented.as_str() {
            Some(token) => assert!(Secured::read(token).is_ok_and(|secured| secured.binding().is_none()), "{format}"),
            None => assert_eq!(presented["type"][1], "OpenBadgeCredential"),
        }
        let (mut rng, now) = (wallet_core::platform::system_rng(), stage.now.clone());
        stage
            .wallet
            .forget(&record, wallet_core::wallet::Forgetting::CredentialAndHistory, &mut rng, &now)
            .await
            .expect("it is there");
    }
}

#[tokio::test]
async fn holder_need_not_hold_the_key_where_nothing_is_to_be_proven() {
    let (mut stage, other) = (Stage::new().await, Stage::new().await);
    let somebody_elses = other.pid();
    stage.keep(&somebody_elses).await;
    let begun = stage.ask(&pid(&["given_name"]), As::Did, Mode::DirectPost).await;
    let review = stage.review(&begun).await.expect("a request");
    let missing = review.preselected().expect_err("it is bound to somebody else's key");
    assert_eq!(missing[0].why, wallet_core::presentation::dcql::Mismatch::NotBound);
    let mut query = pid(&["given_name"]);
    query["credentials"][0]["require_cryptographic_holder_binding"] = json!(false);
    let begun = stage.ask(&query, As::Did, Mode::DirectPost).await;
    let review = stage.review(&begun).await.expect("a request");
    let answered = stage.accept(&review).await.expect("it can be shared");
    assert_eq!(stage.outcome(&begun, &answered).await.status, Status::Accepted);
}

#[tokio::test]
async fn verifier_sends_the_browser_on_and_the_wallet_does_not_go_there() {
    let mut stage = Stage::new().await;
    let credential = stage.pid();
    stage.keep(&credential).await;
    let query = wallet_core::presentation::dcql::DcqlQuery::from_value(&pid(&["given_name"])).expect("a query");
    let asking = wallet_core::verifier::online::Asking {
        device: wallet_core::verifier::online::Device::Same,
        ..wallet_core::verifier::online::Asking::for_query(query)
    };
    let begun = stage.begin(asking).await;
    let review = stage.review(&begun).await.expect("a request");
    let answered = stage.accept(&review).await.expect("it can be shared");
    let Answered::Sent { redirect_uri: Some(place) } = &answered else { panic!("{answered:?}") };
    assert!(place.starts_with("https://verifier.example/openid4vp/done?response_code="));
    assert_eq!(stage.wire.sent.lock().expect("nobody panicked").len(), 1, "the answer alone was sent");
}

#[tokio::test]
async fn haip_is_a_profile_that_can_be_switched_on() {
    let mut stage = Stage::new().await;
    let credential = stage.pid();
    stage.keep(&credential).await;
    stage.profile = Profile::Haip;
    for (client, mode, query, good) in [
        (As::Certificate, Mode::DirectPostJwt, pid(&["given_name"]), true),
        (As::Certificate, Mode::DcApiJwt, pid(&["given_name"]), true),
        (As::Certificate, Mode::DirectPost, pid(&["given_name"]), false),
        (As::DnsName, Mode::DirectPostJwt, pid(&["given_name"]), false),
        (As::Nobody, Mode::DirectPostJwt, pid(&["given_name"]), false),
        (As::Certificate, Mode::DirectPostJwt, one("ldp_vc", json!({})), false),
    ] {
        let begun = stage.ask(&query, client, mode).await;
        let review = stage.review(&begun).await;
        assert_eq!(review.is_ok(), good, "{client:?} {mode:?}: {review:?}");
        if let Ok(review) = review {
            let answered = stage.accept(&review).await.expect("it can be shared");
            assert_eq!(stage.outcome(&begun, &answered).await.status, Status::Accepted);
        }
    }
}
