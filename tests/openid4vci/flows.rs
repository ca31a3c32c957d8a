//! Every way from an offer to a credential, with nobody in between.

use std::collections::BTreeSet;

use wallet_core::issuance::{MetadataSigner, NotificationEvent};
use wallet_core::issuer::credential_issuer::{CredentialDataset, Delivery, EncryptionPlan, MetadataSigning};
use wallet_core::jose::jwe::DecryptionKey;
use wallet_core::key::{KeyAlgorithm, KeyId, SecretKey};
use wallet_core::language::Language;
use wallet_core::oauth::Profile;
use wallet_core::platform::system_rng;
use wallet_core::ports::HttpMethod;
use wallet_core::securing::Secured;
use wallet_core::store::Format;
use wallet_core::wallet::receiving::{Acceptance, Dpop, Encryption, Offer, Received};

use crate::authority::Authority;
use crate::stage::{Stage, browse, claims, client, keystore, received};

/// The texts of what was kept.
async fn texts(stage: &Stage, received: &Received) -> Vec<String> {
    let mut texts = Vec::new();
    for (id, _) in &received.credentials {
        texts.push(stage.wallet.credential(id).await.expect("it is kept").text);
    }
    texts
}

#[track_caller]
fn all_accepted(received: &Received, count: usize) {
    assert!(received.refusals.is_empty(), "{received:#?}");
    assert_eq!(received.credentials.len(), count, "{received:#?}");
    assert!(received.credentials.iter().all(|(_, verdict)| verdict.verified().is_some()), "{received:#?}");
}

#[tokio::test]
async fn every_format_is_received_checked_and_kept() {
    for (name, format, title) in [
        ("diploma_ldp", Format::DataIntegrity, "Licenciatura en Enfermería"),
        ("diploma_jwt", Format::Jwt, "Licenciatura en Enfermería"),
        ("pid_web", Format::SdJwtVc, "Identity card"),
        ("pid_x5c", Format::SdJwtVc, "Identity card"),
    ] {
        let mut stage = Stage::new().await;
        let made = stage.offer(&[name]).await;
        let offer = stage.review(&made).await;
        let received = received(stage.accept(&offer, &Acceptance::default()).await);
        all_accepted(&received, 1);
        let held = stage.wallet.credential(&received.credentials[0].0).await.expect("it is kept");
        assert_eq!((held.format, held.display.title.as_str()), (format, title));
        let key = held.key.expect("it is bound to a key of the wallet's");
        assert!(stage.wallet.key_references().await.expect("keys").iter().any(|reference| reference.id == key));
        let heard = stage.wire.issuer.outcome(&made.datasets[0], &stage.wire.now()).await.expect("an answer");
        assert_eq!(heard, Some(NotificationEvent::CredentialAccepted));
    }
}

#[tokio::test]
async fn offer_shows_who_offers_what_before_anything_is_accepted() {
    let stage = Stage::new().await;
    let made = stage.offer_with_code("pid_x5c").await;
    let offer = stage.review(&made).await;
    assert_eq!(offer.issuer_name(Language::Es), "Universidad de Ejemplo");
    assert_eq!((offer.issuer_name(Language::En).as_str(), offer.host().as_str()), ("Example University", "issuer.example"));
    let offered = &offer.offered(Language::En)[0];
    assert_eq!((offered.name.as_str(), offered.format.as_str()), ("Identity card", "dc+sd-jwt"));
    assert_eq!(offer.transaction_code().and_then(|code| code.length), Some(6));
    assert!(!offer.needs_browser() && offer.certified.is_none());
    let sent = stage.wire.sent.lock().expect("nobody panicked");
    assert!(sent.iter().all(|request| request.method == HttpMethod::Get), "nothing was asked for yet");
    assert_eq!(sent.iter().filter(|request| request.url.contains("/offers/")).count(), 1, "an offer is fetched exactly once");
    let json = serde_json::to_string(&offer).expect("a pause for a person is a plain value");
    assert_eq!(serde_json::from_str::<Offer>(&json).expect("the same"), offer);
}

#[tokio::test]
async fn transaction_code_is_asked_for_and_a_wrong_one_can_be_typed_again() {
    let mut stage = Stage::new().await;
    let made = stage.offer_with_code("pid_web").await;
    let offer = stage.review(&made).await;
    assert!(stage.accept(&offer, &Acceptance::default()).await.is_err());
    assert_eq!(stage.wire.count("/token"), 0, "without the code the issuer is not asked");
    let with = |code: &str| Acceptance { tx_code: Some(code.into()), ..Acceptance::default() };
    assert!(stage.accept(&offer, &with("000000x")).await.is_err());
    let right = made.transaction_code.expect("a code");
    all_accepted(&received(stage.accept(&offer, &with(right.expose())).await), 1);
}

#[tokio::test]
async fn person_signs_in_and_gets_what_they_agreed_to() {
    let mut stage = Stage::new().await;
    let offer = stage.review(&stage.offer_to_sign_in(&["pid_x5c", "diploma_ldp"]).await).await;
    assert!(offer.needs_browser());
    let url = browse(stage.accept(&offer, &Acceptance::default()).await);
    assert_eq!(stage.wire.answered("/par"), 1, "the request is pushed where the server takes that");
    assert!(url.contains("request_uri=") && !url.contains("code_challenge"), "{url}");
    let back = stage.sign_in(&url).await;
    let received = stage.signed_in(&back).await.expect("the credentials");
    all_accepted(&received, 2);
    let asked: Vec<String> =
        stage.wire.requests("/credential").iter().map(|request| String::from_utf8_lossy(&request.body).into_owned()).collect();
    assert!(asked.iter().all(|body| body.contains("credential_identifier") && !body.contains("configuration_id")), "{asked:?}");
    assert!(stage.signed_in(&back).await.is_err(), "an answer is taken once");
}

#[tokio::test]
async fn batch_is_bound_to_as_many_keys_as_the_issuer_takes() {
    let mut stage = Stage::new().await;
    let offer = stage.review(&stage.offer(&["pid_x5c"]).await).await;
    let received = received(stage.accept(&offer, &Acceptance { count: 50, ..Acceptance::default() }).await);
    all_accepted(&received, 5);
    let keys: BTreeSet<_> = texts(&stage, &received)
        .await
        .iter()
        .map(|text| Secured::read(text).expect("a credential").holder_key().expect("a key").thumbprint())
        .collect();
    assert_eq!(keys.len(), 5, "one key for each");
    assert_eq!(stage.wallet.key_references().await.expect("keys").len(), 5);
}

#[tokio::test]
async fn credential_that_is_not_ready_is_asked_for_again_when_it_is_time() {
    let mut stage = Stage::new().await;
    let pending = CredentialDataset { configuration: "pid_x5c".to_owned(), credential: None };
    let made = stage.make(vec![pending], None, Delivery::ByValue).await;
    let offer = stage.review(&made).await;
    let waiting = received(stage.accept(&offer, &Acceptance::default()).await);
    assert!(waiting.credentials.is_empty() && waiting.ask_again.is_some(), "{waiting:#?}");
    stage.resume().await;
    assert_eq!(stage.wire.count("/deferred_credential"), 0, "not before its time");
    stage.later(61);
    assert!(stage.resume().await.ask_again.is_some());
    let now = stage.wire.now();
    let credential = Some(claims("pid_x5c"));
    stage.wire.issuer.provide(&made.datasets[0], credential, &mut system_rng(), &now).await.expect("it is provided");
    stage.later(61);
    all_accepted(&stage.resume().await, 1);
    assert_eq!(stage.wire.answered("/deferred_credential"), 2);
}

#[tokio::test]
async fn token_is_bound_to_a_key_where_the_server_knows_how() {
    let mut stage = Stage::new().await;
    all_accepted(&stage.receive(&["pid_web"]).await, 1);
    let header = |request: &wallet_core::ports::HttpRequest, name: &str| {
        request.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.clone())
    };
    let tokens = stage.wire.requests("/token");
    assert_eq!(tokens.len(), 2, "the server wants its nonce once");
    assert_ne!(header(&tokens[0], "dpop"), header(&tokens[1], "dpop"));
    let asked = stage.wire.requests("/credential");
    assert!(asked.iter().all(|request| header(request, "authorization").is_some_and(|value| value.starts_with("DPoP "))));

    let mut stage = Stage::new().await;
    let offer = stage.review(&stage.offer(&["pid_web"]).await).await;
    let accepted = stage.accept_as(&offer, &Acceptance::default(), |client| client.dpop = Dpop::Never).await;
    all_accepted(&received(accepted), 1);
    let asked = stage.wire.requests("/credential");
    assert!(asked.iter().all(|request| header(request, "authorization").is_some_and(|value| value.starts_with("Bearer "))));
}

#[tokio::test]
async fn requests_and_answers_are_encrypted_where_the_issuer_wants_that() {
    for (required, how) in [(true, Encryption::WhereRequired), (false, Encryption::WhereOffered)] {
        let mut stage = Stage::with(|plan| {
            plan.encryption = Some(EncryptionPlan { key: DecryptionKey::generate(&mut system_rng()), required });
        })
        .await;
        let offer = stage.review(&stage.offer(&["pid_x5c"]).await).await;
        let accepted = stage.accept_as(&offer, &Acceptance::default(), |client| client.encryption = how).await;
        all_accepted(&received(accepted), 1);
        let asked = stage.wire.requests("/credential");
        assert!(asked.iter().all(|request| request.headers.contains(&("content-type".to_owned(), "application/jwt".to_owned()))));
    }
}

#[tokio::test]
async fn credential_is_got_anew_with_a_fresh_key_and_without_the_person() {
    let mut stage = Stage::new().await;
    let first = stage.receive(&["pid_x5c"]).await;
    stage.later(2 * 3600);
    let (id, now) = (first.credentials[0].0, stage.wire.now());
    let renewed = stage.wallet.renew(&id, &client(&stage.verifier), &mut system_rng(), &now).await.expect("it is given anew");
    all_accepted(&renewed, 1);
    let (old, new) = (texts(&stage, &first).await, texts(&stage, &renewed).await);
    let key = |text: &str| Secured::read(text).expect("a credential").holder_key();
    assert_ne!(key(&old[0]), key(&new[0]));
    let [ongoing] = &stage.wallet.issuances().await.expect("a list")[..] else { panic!("there is one") };
    assert!(ongoing.renewable && ongoing.credentials.len() == 2);
}

#[tokio::test]
async fn issuer_is_told_what_the_person_did_not_want_after_all() {
    let mut stage = Stage::new().await;
    let made = stage.offer(&["pid_x5c"]).await;
    let offer = stage.review(&made).await;
    let received = received(stage.accept(&offer, &Acceptance::default()).await);
    let now = stage.wire.now();
    let discarded = stage.wallet.discard(&received.issuance, &client(&stage.verifier), &mut system_rng(), &now).await;
    discarded.expect("it is forgotten");
    assert!(stage.wallet.credentials().await.expect("a list").is_empty());
    assert!(stage.wallet.issuances().await.expect("a list").is_empty());
    let heard = stage.wire.issuer.outcome(&made.datasets[0], &now).await.expect("an answer");
    assert_eq!(heard, Some(NotificationEvent::CredentialDeleted));
}

#[tokio::test]
async fn signed_metadata_says_who_vouches_for_the_issuer() {
    let (key, keystore) = (SecretKey::generate(KeyAlgorithm::P256, &mut system_rng()), keystore().await);
    keystore.import(&KeyId("metadata".to_owned()), &key).await.expect("it is imported");
    let signing = |chain| MetadataSigning {
        signer: MetadataSigner::Certificates(Box::new(chain)),
        key: KeyId("metadata".to_owned()),
        keystore: keystore.clone(),
    };
    let (trusted, other) = (Authority::new("Raíz"), Authority::new("Otra"));
    for (authority, is_trusted) in [(&trusted, true), (&other, false)] {
        let chain = authority.certify(&key, &["issuer.example"]);
        let mut stage = Stage::with(|plan| plan.metadata_signing = Some(signing(chain))).await;
        stage.verifier.carried.authorities = trusted.anchors();
        let offer = stage.review(&stage.offer(&["pid_web"]).await).await;
        assert_eq!(offer.certified.as_deref(), is_trusted.then_some("CN=Universidad de Ejemplo"));
    }
}

#[tokio::test]
async fn haip_issuer_and_wallet_understand_each_other_and_no_other_issuer_is_used() {
    let mut stage = Stage::new().await;
    let offer = stage.review(&stage.offer(&["pid_web"]).await).await;
    let accepted = stage.accept_as(&offer, &Acceptance::default(), |client| client.profile = Profile::Haip).await;
    let received = received(accepted);
    assert!(received.credentials.is_empty(), "its issuer goes by no certificate: {received:#?}");
    let offer = stage.review(&stage.offer(&["pid_x5c"]).await).await;
    let accepted = stage.accept_as(&offer, &Acceptance::default(), |client| client.profile = Profile::Haip).await;
    all_accepted(&crate::stage::received(accepted), 1);
}
