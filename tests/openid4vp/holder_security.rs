//! What the security and privacy sections of OpenID4VP 1.0 ask of a wallet, each test named by its section.

use serde_json::{Value, json};
use wallet_core::error::WalletError;
use wallet_core::jose::jwt;
use wallet_core::key::{KeyAlgorithm, SecretKey};
use wallet_core::oauth::OAuthErrorCode;
use wallet_core::platform::system_rng;
use wallet_core::ports::HttpMethod;
use wallet_core::presentation::request::link;
use wallet_core::securing::{Mechanism, Secured};
use wallet_core::verifier::online::{Invitation, Mode};
use wallet_core::wallet::answering::{Answered, TurnedAway};

use crate::authority::Authority;
use crate::stage::{As, ORIGIN, Stage, one, pid};
use crate::world::object;

async fn stage_with_pid() -> Stage {
    let mut stage = Stage::new().await;
    let credential = stage.pid();
    stage.keep(&credential).await;
    stage
}

/// A link that holds these parameters.
fn by_link(parameters: Value) -> String {
    link::write("openid4vp://", &object(parameters))
}

/// A link that holds a request object over `claims`, signed by `key` under `header`.
fn by_object(client_id: &str, claims: Value, header: Value, key: &SecretKey) -> String {
    let mut full = object(json!({ "typ": "oauth-authz-req+jwt" }));
    full.extend(object(header));
    let mut all = object(json!({ "client_id": client_id, "aud": "https://self-issued.me/v2" }));
    all.extend(object(claims));
    let unsigned = jwt::prepare(full, all, &key.public_key()).expect("a token");
    let signature = key.sign(unsigned.message());
    by_link(json!({ "client_id": client_id, "request": unsigned.finish(&signature) }))
}

fn direct_post(response_uri: &str) -> Value {
    json!({
        "response_type": "vp_token", "response_mode": "direct_post", "response_uri": response_uri, "nonce": "n-0S6_WzA2Mj",
        "dcql_query": pid(&["given_name"]),
    })
}

async fn turned_away(stage: &Stage, link: &str) -> TurnedAway {
    let reviewed = stage.wallet.review(link, &stage.how(), &mut system_rng(), &stage.now).await;
    reviewed.err().unwrap_or_else(|| panic!("{link} was taken up"))
}

#[tokio::test]
async fn section_14_1_2_every_presentation_is_bound_to_the_client_and_the_nonce() {
    for (format, mechanism) in
        [("dc+sd-jwt", None), ("ldp_vc", Some(Mechanism::EcdsaRdfc2019)), ("jwt_vc_json", Some(Mechanism::Jwt))]
    {
        let mut stage = Stage::new().await;
        let credential = mechanism.map_or_else(|| stage.pid(), |mechanism| stage.badge(mechanism));
        stage.keep(&credential).await;
        let begun = stage.ask(&one(format, json!({})), As::DnsName, Mode::DirectPost).await;
        let review = stage.review(&begun).await.expect("a request");
        stage.accept(&review).await.expect("it can be shared");
        let presented = stage.last_presentation("a");
        let presented = presented.as_str().map_or_else(|| presented.to_string(), str::to_owned);
        let presented = Secured::read(&presented).expect("a presentation");
        let (nonce, audience) = match presented.binding() {
            Some(binding) => (binding.nonce().to_owned(), binding.audience().to_owned()),
            None => {
                let proof = &presented.proofs()[0];
                (proof.nonce.clone().unwrap_or_default(), proof.audience.join(" "))
            }
        };
        assert_eq!(
            (nonce, audience),
            (review.asked.request.nonce.clone(), "x509_san_dns:verifier.example".to_owned()),
            "{format}"
        );
    }
}

/// The session that an attacker began is answered only where the answer goes, and where that is, is shown first.
#[tokio::test]
async fn section_14_2_place_of_the_answer_is_part_of_what_is_reviewed() {
    let stage = stage_with_pid().await;
    let begun = stage.ask(&pid(&["given_name"]), As::Nobody, Mode::DirectPost).await;
    let review = stage.review(&begun).await.expect("a request");
    let destination = review.asked.request.response_mode.destination().expect("by a link").as_str().to_owned();
    assert!(destination.starts_with("https://verifier.example/openid4vp/response/"));
    assert!(!review.asked.by.is_proven());
}

#[tokio::test]
async fn section_14_3_1_answer_goes_to_no_place_but_the_clients_own() {
    let stage = stage_with_pid().await;
    let key = SecretKey::from_bytes(KeyAlgorithm::P256, &[21; 32]).expect("a scalar in range");
    let x5c = stage.authority.certify(&key, &["verifier.example"]).to_x5c();
    let client_id = "x509_san_dns:verifier.example";
    let header = json!({ "x5c": x5c });
    let good = by_object(client_id, direct_post("https://verifier.example/r"), header.clone(), &key);
    assert!(stage.wallet.review(&good, &stage.how(), &mut system_rng(), &stage.now).await.is_ok());
    for elsewhere in ["https://evil.example/r", "https://verifier.example.evil.example/r", "https://sub.verifier.example/r"] {
        let link = by_object(client_id, direct_post(elsewhere), header.clone(), &key);
        assert_eq!(turned_away(&stage, &link).await.fault.code, OAuthErrorCode::InvalidRequest, "{elsewhere}");
    }
    // Of a client that is its own address the address may not be another.
    let mut request = direct_post("https://evil.example/r");
    request["client_id"] = json!("redirect_uri:https://verifier.example/r");
    turned_away(&stage, &by_link(request)).await;
    assert!(stage.wire.sent.lock().expect("nobody panicked").is_empty(), "nothing was sent anywhere");
}

#[tokio::test]
async fn section_14_5_encrypted_answer_can_be_read_by_the_verifier_alone() {
    let mut stage = stage_with_pid().await;
    for mode in [Mode::DirectPostJwt, Mode::DcApiJwt] {
        let begun = stage.ask(&pid(&["given_name"]), As::Certificate, mode).await;
        let review = stage.review(&begun).await.expect("a request");
        let answered = stage.accept(&review).await.expect("it can be shared");
        let encrypted = match &answered {
            Answered::DcApi(data) => data["response"].as_str().expect("a JWE").to_owned(),
            _ => stage.last_form().text("response").expect("a JWE").to_owned(),
        };
        assert_eq!(encrypted.split('.').count(), 5, "{mode:?}");
        let clear = match &answered {
            Answered::DcApi(data) => data.get("vp_token").is_some(),
            _ => stage.last_form().text("vp_token").is_some(),
        };
        assert!(!clear, "{mode:?}");
    }
}

#[tokio::test]
async fn section_14_8_client_is_its_whole_identifier_with_the_prefix() {
    let mut stage = stage_with_pid().await;
    for (client, prefix) in [
        (As::Nobody, "redirect_uri:https://verifier.example/openid4vp/response/"),
        (As::Did, "decentralized_identifier:did:key:"),
        (As::DnsName, "x509_san_dns:verifier.example"),
        (As::Certificate, "x509_hash:"),
        (As::Attested, "verifier_attestation:biblioteca"),
    ] {
        let begun = stage.ask(&pid(&["given_name"]), client, Mode::DirectPost).await;
        let review = stage.review(&begun).await.expect("a request");
        stage.accept(&review).await.expect("it can be shared");
        let token = stage.last_presentation("a");
        let presented = Secured::read(token.as_str().expect("a token")).expect("an SD-JWT");
        let audience = presented.binding().expect("a key binding").audience().to_owned();
        assert!(audience.starts_with(prefix), "{audience}");
    }
}

#[tokio::test]
async fn appendix_a_4_answer_over_the_api_is_for_the_origin_also_when_the_request_is_signed() {
    let mut stage = stage_with_pid().await;
    for client in [As::Nobody, As::Certificate] {
        let begun = stage.ask(&pid(&["given_name"]), client, Mode::DcApi).await;
        let review = stage.review(&begun).await.expect("a request");
        let Answered::DcApi(data) = stage.accept(&review).await.expect("it can be shared") else { panic!("by the platform") };
        let token = data["vp_token"]["a"][0].as_str().expect("a token").to_owned();
        let presented = Secured::read(&token).expect("an SD-JWT");
        assert_eq!(presented.binding().expect("a key binding").audience(), format!("origin:{ORIGIN}"));
        assert!(data.get("state").is_none());
    }
}

#[tokio::test]
async fn appendix_a_2_signed_request_that_was_made_for_another_origin_is_refused() {
    let stage = stage_with_pid().await;
    let begun = stage.ask(&pid(&["given_name"]), As::Certificate, Mode::DcApi).await;
    let Invitation::DcApi { protocol, data } = &begun.invitation else { panic!("over the API") };
    let elsewhere = (protocol.as_str(), data, "https://evil.example");
    let reviewed = stage.wallet.review_dc_api(elsewhere, &stage.how(), &mut system_rng(), &stage.now).await;
    let turned_away = reviewed.expect_err("another origin");
    assert_eq!(turned_away.fault.code, OAuthErrorCode::InvalidRequest);
    // The platform gives the error to that very origin, whoever it is (appendix A.2, A.4).
    let told = stage.wallet.turn_away(&turned_away, &stage.how()).await.expect("nothing is sent");
    assert_eq!(told, Some(Answered::DcApi(json!({ "error": "invalid_request" }))));
}

#[tokio::test]
async fn section_8_5_verifier_that_is_known_is_told_that_it_takes_none_of_the_formats() {
    let stage = stage_with_pid().await;
    let (response_uri, taken) = ("https://verifier.example/r", json!({ "vp_formats_supported": { "mso_mdoc": {} } }));
    let mut request = direct_post(response_uri);
    request["client_id"] = json!(format!("redirect_uri:{response_uri}"));
    request["client_metadata"] = taken;
    let turned_away = turned_away(&stage, &by_link(request)).await;
    let _ = stage.wallet.turn_away(&turned_away, &stage.how()).await;
    assert_eq!(stage.last_form().text("error"), Some("vp_formats_not_supported"));
}

/// §5.9.3: who asks is authenticated before anything is looked at, and a request that fails leaves no trace.
#[tokio::test]
async fn section_5_9_3_request_of_nobody_who_is_trusted_is_refused_and_not_answered() {
    let mut stage = stage_with_pid().await;
    stage.evidence.anchors = Authority::new("Otra").anchors();
    stage.evidence.attesters.clear();
    for client in [As::DnsName, As::Certificate, As::Attested] {
        let begun = stage.ask(&pid(&["given_name"]), client, Mode::DirectPost).await;
        let turned_away = stage.review(&begun).await.expect_err("nobody trusts it");
        assert!(matches!(turned_away.fault.error, WalletError::Refused { .. }), "{client:?}: {turned_away}");
        assert_eq!(stage.wallet.turn_away(&turned_away, &stage.how()).await, Ok(None), "nobody is told");
    }
    let posts = stage.wire.sent.lock().expect("nobody panicked").iter().filter(|sent| sent.url.contains("/response/")).count();
    assert_eq!(posts, 0);
}

#[tokio::test]
async fn section_5_10_request_is_fetched_once_with_a_fresh_nonce_and_repeats_it() {
    let stage = stage_with_pid().await;
    let mut nonces = std::collections::BTreeSet::new();
    for _ in 0..2 {
        let begun = stage.ask(&pid(&["given_name"]), As::Did, Mode::DirectPost).await;
        let review = stage.review(&begun).await.expect("a request");
        let sent = stage.wire.sent.lock().expect("nobody panicked").drain(..).collect::<Vec<_>>();
        assert_eq!((sent.len(), sent[0].method), (1, HttpMethod::Post));
        let form = wallet_core::oauth::Form::read(std::str::from_utf8(&sent[0].body).expect("text")).expect("a form");
        let nonce = form.text("wallet_nonce").expect("a nonce").to_owned();
        assert_eq!(review.asked.request.wallet_nonce.as_deref(), Some(nonce.as_str()));
        assert!(nonce.len() >= 22, "128 bits");
        nonces.insert(nonce);
    }
    assert_eq!(nonces.len(), 2);
}

/// §15.4.1, §15.9: a value that differs, a claim that is missing and a holder who says no are one and the same answer.
#[tokio::test]
async fn section_15_4_1_verifier_cannot_tell_a_value_that_differs_from_a_holder_who_declines() {
    let stage = stage_with_pid().await;
    let values = |values: Value| one("dc+sd-jwt", json!({ "claims": [{ "path": ["given_name"], "values": values }] }));
    let mut answers = Vec::new();
    for query in [values(json!(["Lucía"])), values(json!(["Ana"])), pid(&["birth_date"]), one("ldp_vc", json!({}))] {
        let begun = stage.ask(&query, As::Nobody, Mode::DirectPost).await;
        let review = stage.review(&begun).await.expect("a request");
        assert!(stage.wire.sent.lock().expect("nobody panicked").is_empty(), "nothing is sent before the holder has seen it");
        stage.wallet.decline(&review, &stage.how()).await.expect("the verifier takes it");
        let mut sent = stage.wire.sent.lock().expect("nobody panicked");
        let request = sent.pop().expect("one answer");
        let form = wallet_core::oauth::Form::read(std::str::from_utf8(&request.body).expect("text")).expect("a form");
        let without_state: Vec<_> =
            form.iter().filter(|(name, _)| *name != "state").map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        answers.push((without_state, request.headers));
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:?}");
    assert_eq!(answers[0].0, [("error".to_owned(), "access_denied".to_owned())]);
}

#[tokio::test]
async fn section_15_6_request_for_the_request_tells_no_wallet_from_another() {
    let (one, two) = (stage_with_pid().await, Stage::with_holder(KeyAlgorithm::Ed25519).await);
    let mut asked = Vec::new();
    for stage in [&one, &two] {
        let begun = stage.ask(&pid(&["given_name"]), As::Did, Mode::DirectPost).await;
        stage.review(&begun).await.expect("a request");
        let request = stage.wire.sent.lock().expect("nobody panicked").pop().expect("the request was fetched");
        let form = wallet_core::oauth::Form::read(std::str::from_utf8(&request.body).expect("text")).expect("a form");
        asked.push((request.headers, form.text("wallet_metadata").expect("metadata").to_owned()));
    }
    assert_eq!(asked[0], asked[1]);
    let names: Vec<&str> = asked[0].0.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["content-type", "accept"]);
}

#[tokio::test]
async fn section_15_8_verifier_that_is_not_signed_is_not_told_how_it_could_be() {
    let prefix = wallet_core::presentation::request::ClientIdPrefix::RedirectUri;
    let name = "request_object_signing_alg_values_supported";
    assert!(!wallet_core::wallet::answering::wallet_metadata(Some(prefix)).contains_key(name));
    assert!(wallet_core::wallet::answering::wallet_metadata(None).contains_key(name));
}

/// §15.7: what an app writes to a log holds no claim and no one-time code.
#[tokio::test]
async fn section_15_7_what_is_reviewed_and_answered_does_not_print() {
    let mut stage = stage_with_pid().await;
    let begun = stage.ask(&pid(&["given_name", "family_name"]), As::Nobody, Mode::DcApi).await;
    let review = stage.review(&begun).await.expect("a request");
    let answered = stage.accept(&review).await.expect("it can be shared");
    let printed = format!("{review:?} {:?} {answered:?}", review.offers);
    for secret in ["Lucía", "Fernández", review.asked.request.nonce.as_str()] {
        assert!(!printed.contains(secret), "{printed}");
    }
}

#[tokio::test]
async fn answer_that_the_verifier_does_not_take_is_told_with_its_reason() {
    let mut stage = stage_with_pid().await;
    let begun = stage.ask(&pid(&["given_name"]), As::Did, Mode::DirectPost).await;
    let review = stage.review(&begun).await.expect("a request");
    stage.accept(&review).await.expect("it can be shared");
    // The same answer once more: each request is answered once.
    let refused = stage.accept(&review).await;
    assert!(matches!(refused, Err(WalletError::Refused { .. })), "{refused:?}");
}
