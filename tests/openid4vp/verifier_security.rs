//! What OpenID4VP 1.0 §14 asks of a verifier.

use serde_json::{Value, json};
use wallet_core::jose::jwe::ContentEncryption;
use wallet_core::oauth::Form;
use wallet_core::oauth::form::FORM;
use wallet_core::ports::HttpRequest;
use wallet_core::presentation::response::{AuthorizationResponse, Receipt, VpToken};
use wallet_core::securing::{Mechanism, Secured};
use wallet_core::verifier::online::{Device, Mode, Status};

use crate::verifier_stage::{Asked, Stage, card_query, diploma_query, id, reasons, show, stranger};
use crate::world::{Party, presentation};

async fn asked_for_both(stage: &Stage) -> Asked {
    let mut query = card_query();
    let diploma = diploma_query("ldp_vc")["credentials"][0].clone();
    query["credentials"].as_array_mut().expect("a list").push(diploma);
    stage.ask(query, |_| {}).await
}

#[tokio::test]
async fn section_14_1_2_presentation_for_another_nonce_or_client_is_rejected() {
    let stage = Stage::new().await;
    let wrong = |asked: &Asked| {
        let (nonce, audience) = (asked.request.nonce.clone(), asked.request.audience().expect("an audience"));
        let without_prefix = audience.split_once(':').expect("a prefix").1.to_owned();
        [
            ("wrongNonce", "another".to_owned(), audience.clone()),
            ("wrongNonce", String::new(), audience),
            ("wrongAudience", nonce.clone(), without_prefix),
            ("wrongAudience", nonce.clone(), "x509_san_dns:verifier.example".to_owned()),
            ("wrongAudience", nonce, "https://verifier.example".to_owned()),
        ]
    };
    for case in 0..5 {
        let asked = stage.ask_for_card().await;
        let (reason, nonce, audience) = wrong(&asked)[case].clone();
        let token = VpToken::none().with(id("card"), &stage.show_card(&nonce, &audience));
        let answer = stage.send(token, &asked.request).await;
        assert_eq!(answer.status, 400, "{reason}");
        let outcome = stage.outcome(&asked.id).await;
        assert_eq!((outcome.status, reasons(&outcome, "card")), (Status::Rejected, vec![reason.to_owned()]));
    }
}

#[tokio::test]
async fn section_14_1_2_answer_to_an_earlier_request_is_a_replay() {
    let stage = Stage::new().await;
    let (first, second) = (stage.ask_for_card().await, stage.ask_for_card().await);
    let token = stage.good_card(&first.request);
    assert_eq!(stage.send(token.clone(), &first.request).await.status, 200);
    assert_eq!(stage.send(token, &second.request).await.status, 400);
    assert_eq!(stage.outcome(&first.id).await.status, Status::Accepted);
    assert_eq!(stage.outcome(&second.id).await.status, Status::Rejected);
}

#[tokio::test]
async fn section_14_1_2_one_replayed_presentation_rejects_the_answer_even_where_it_was_not_needed() {
    let stage = Stage::new().await;
    let mut query = card_query();
    query["credentials"].as_array_mut().expect("a list").push(diploma_query("ldp_vc")["credentials"][0].clone());
    query["credential_sets"] = json!([{ "options": [["card"]] }, { "options": [["diploma"]], "required": false }]);
    let token = |asked: &Asked, nonce: &str| {
        let change = |options: &mut wallet_core::securing::ProofOptions| options.nonce = Some(nonce.to_owned());
        let diploma = stage.present(&stage.world.issue(), Mechanism::EcdsaRdfc2019, &asked.request, change);
        stage.good_card(&asked.request).with(id("diploma"), &diploma)
    };
    let good = stage.ask(query.clone(), |_| {}).await;
    assert_eq!(stage.send(token(&good, &good.request.nonce), &good.request).await.status, 200);
    let bad = stage.ask(query, |_| {}).await;
    assert_eq!(stage.send(token(&bad, "another"), &bad.request).await.status, 400);
    let outcome = stage.outcome(&bad.id).await;
    assert_eq!(outcome.status, Status::Rejected);
    let card = &outcome.credentials[&id("card")][0];
    assert_eq!((&card["verdict"], card.get("claims")), (&json!("accepted"), None), "a rejected answer gives up no claims (§8.6)");
}

#[tokio::test]
async fn section_14_1_1_without_holder_binding_a_copy_will_do_and_the_verdict_says_so() {
    let stage = Stage::new().await;
    let mut query = card_query();
    query["credentials"][0]["require_cryptographic_holder_binding"] = false.into();
    let asked = stage.ask(query, |_| {}).await;
    assert!(asked.request.state.as_ref().is_some_and(|state| state.len() >= 22), "128 bits or more (§5.3)");
    let copy = crate::verifier_stage::disclose(&stage.card(), &["/name"]);
    assert_eq!(stage.send(VpToken::none().with(id("card"), &copy), &asked.request).await.status, 200);
    let outcome = stage.outcome(&asked.id).await;
    assert_eq!(outcome.credentials[&id("card")][0]["warnings"][0]["code"], "bearer");
}

#[tokio::test]
async fn section_14_1_2_copy_without_the_holders_proof_is_rejected_where_one_was_asked_for() {
    let stage = Stage::new().await;
    let asked = stage.ask_for_card().await;
    let copy = crate::verifier_stage::disclose(&stage.card(), &["/name"]);
    assert_eq!(stage.send(VpToken::none().with(id("card"), &copy), &asked.request).await.status, 400);
    assert_eq!(reasons(&stage.outcome(&asked.id).await, "card"), ["holderBindingMissing"]);
    let asked = stage.ask(diploma_query("ldp_vc"), |_| {}).await;
    assert_eq!(stage.send(VpToken::none().with(id("diploma"), &stage.world.issue()), &asked.request).await.status, 400);
    assert_eq!(reasons(&stage.outcome(&asked.id).await, "diploma"), ["notAsked"]);
}

#[tokio::test]
async fn credential_of_one_holder_presented_by_another_is_rejected() {
    let stage = Stage::new().await;
    let thief = stranger();
    let by = |holder: &Party, credential: &Secured, asked: &Asked, mechanism: Mechanism| {
        let mut options = holder.options(wallet_core::securing::Kind::Presentation, mechanism);
        (options.nonce, options.audience) =
            (Some(asked.request.nonce.clone()), Some(asked.request.audience().expect("an audience")));
        holder.sign(presentation(&holder.did, credential), &options)
    };
    for (format, mechanism) in [("ldp_vc", Mechanism::EcdsaRdfc2019), ("jwt_vc_json", Mechanism::Jwt)] {
        let issued = stage.world.issue_with(|options| {
            if format == "jwt_vc_json" {
                options.mechanism = Mechanism::Jwt;
            }
        });
        let asked = stage.ask(diploma_query(format), |_| {}).await;
        let token = VpToken::none().with(id("diploma"), &by(&thief, &issued, &asked, mechanism));
        assert_eq!(stage.send(token, &asked.request).await.status, 400);
        assert_eq!(reasons(&stage.outcome(&asked.id).await, "diploma"), ["holderNotSubject"], "{format}");
        let asked = stage.ask(diploma_query(format), |_| {}).await;
        let token = VpToken::none().with(id("diploma"), &by(&stage.world.graduate, &issued, &asked, mechanism));
        assert_eq!(stage.send(token, &asked.request).await.status, 200, "{format}");
    }
}

#[tokio::test]
async fn key_binding_of_one_card_under_another_is_rejected() {
    let stage = Stage::new().await;
    let (thief, asked) = (stranger(), stage.ask_for_card().await);
    let own = crate::verifier_stage::card(&stage.world.university, &thief, &stage.world.now);
    let terms = (asked.request.nonce.as_str(), asked.request.audience().expect("an audience"));
    let bound = show(&own, &["/name"], (terms.0, &terms.1), &thief, &stage.world.now);
    let binding = bound.text().rsplit('~').next().expect("a key binding").to_owned();
    let stolen = crate::verifier_stage::disclose(&stage.card(), &["/name"]);
    let mixed = Secured::read(&format!("{}{binding}", stolen.text())).expect("an SD-JWT");
    assert_eq!(stage.send(VpToken::none().with(id("card"), &mixed), &asked.request).await.status, 400);
    assert_eq!(reasons(&stage.outcome(&asked.id).await, "card"), ["holderBindingBad"]);
}

#[tokio::test]
async fn section_14_2_outcome_is_given_only_to_whoever_the_wallet_sent_back() {
    let stage = Stage::new().await;
    let asked = stage.ask(card_query(), |asking| asking.device = Device::Same).await;
    let answer = stage.send(stage.good_card(&asked.request), &asked.request).await;
    let back = Receipt::read(&answer).expect("a receipt").redirect_uri.expect("a place to go on at");
    let code = back.strip_prefix("https://verifier.example/openid4vp/done?response_code=").expect("the verifier's own page");
    assert!(code.len() >= 22, "128 bits or more (§8.2)");
    for wrong in [None, Some(""), Some("another"), Some(&code[1..])] {
        let outcome = stage.outcome_with(&asked.id, wrong).await.expect("a session");
        assert_eq!((outcome.status, outcome.credentials.len()), (Status::Pending, 0), "{wrong:?}");
    }
    assert_eq!(stage.outcome_with(&asked.id, Some(code)).await.expect("a session").status, Status::Accepted);
    // Another session is none of that code's business.
    let other = stage.ask(card_query(), |asking| asking.device = Device::Same).await;
    stage.send(stage.good_card(&other.request), &other.request).await;
    assert_eq!(stage.outcome_with(&other.id, Some(code)).await.expect("a session").status, Status::Pending);
}

#[tokio::test]
async fn section_8_2_wallet_on_the_same_device_is_sent_back_whatever_came_of_its_answer() {
    let stage = Stage::new().await;
    let asked = stage.ask(card_query(), |asking| asking.device = Device::Same).await;
    let replayed = VpToken::none().with(id("card"), &stage.show_card("another", &asked.request.audience().expect("an audience")));
    let answer = stage.send(replayed, &asked.request).await;
    let back = Receipt::read(&answer).expect("a receipt").redirect_uri.expect("a place to go on at");
    let code = back.rsplit('=').next().expect("a code");
    assert_eq!(stage.outcome(&asked.id).await.status, Status::Pending);
    assert_eq!(stage.outcome_with(&asked.id, Some(code)).await.expect("a session").status, Status::Rejected);
}

#[tokio::test]
async fn section_14_3_2_answer_with_another_state_is_refused_and_the_session_stays_open() {
    let stage = Stage::new().await;
    let asked = stage.ask_for_card().await;
    let token = stage.good_card(&asked.request);
    for state in [None, Some("another".to_owned())] {
        let response = AuthorizationResponse { outcome: Ok(token.clone()), state };
        assert_eq!(stage.deliver(&response, &asked.request).await.status, 400);
    }
    assert_eq!(stage.outcome(&asked.id).await.status, Status::Pending);
    assert_eq!(stage.send(token, &asked.request).await.status, 200);
}

#[tokio::test]
async fn section_14_3_3_what_the_wallet_knows_opens_no_outcome_and_the_storage_opens_nothing() {
    let stage = Stage::new().await;
    let asked = stage.ask_for_card().await;
    stage.send(stage.good_card(&asked.request), &asked.request).await;
    let destination = asked.request.response_mode.destination().expect("a place").to_string();
    let seen = destination.rsplit('/').next().expect("an identifier").to_owned();
    for known in [seen, asked.request.nonce.clone(), asked.request.state.clone().expect("a state")] {
        assert_eq!(stage.outcome_with(&known, None).await, None);
    }
    let storage = &stage.verifier.verifier.storage;
    let names = storage.list("presentation/").await.expect("names");
    assert!(!names.is_empty() && names.iter().all(|name| !name.contains(&asked.id)));
    for name in names {
        let bytes = storage.read(&name).await.expect("readable").expect("there");
        let text = String::from_utf8_lossy(&bytes).into_owned();
        assert!(!text.contains("Luc") && !text.contains(&asked.request.nonce) && !text.contains(&asked.id));
    }
}

#[tokio::test]
async fn section_8_3_answer_in_the_clear_is_refused_where_encryption_was_asked_for() {
    let stage = Stage::new().await;
    let asked = stage.ask(card_query(), |asking| asking.mode = Mode::DirectPostJwt).await;
    let token = stage.good_card(&asked.request);
    let place = asked.request.response_mode.destination().expect("a place").to_string();
    let state = asked.request.state.clone().expect("a state");
    let post = |form: Form| stage.reach(HttpRequest::post(place.as_str(), FORM, form.to_text().into_bytes()), &stage.world.now);
    let plain = Form::new().with("vp_token", token.to_json().to_string()).with("state", &*state);
    assert_eq!(post(plain).await.status, 400);
    let (key, _) = asked.request.client_metadata.encryption().expect("a key");
    let payload = json!({ "vp_token": token.to_json(), "state": state }).to_string();
    let weak = key.encrypt(payload.as_bytes(), ContentEncryption::A128CbcHs256).expect("it is encrypted");
    assert_eq!(post(Form::new().with("response", weak)).await.status, 400);
    assert_eq!(stage.outcome(&asked.id).await.status, Status::Pending);
    assert_eq!(stage.send(token, &asked.request).await.status, 200);
    assert_eq!(stage.outcome(&asked.id).await.status, Status::Accepted);
}

#[tokio::test]
async fn section_14_5_token_that_somebody_else_encrypted_is_judged_like_any_other() {
    let stage = Stage::new().await;
    let asked = stage.ask(card_query(), |asking| asking.mode = Mode::DirectPostJwt).await;
    let injected = VpToken::none().with(id("card"), &stage.show_card("another", &asked.request.audience().expect("an audience")));
    assert_eq!(stage.send(injected, &asked.request).await.status, 400);
    assert_eq!(stage.outcome(&asked.id).await.status, Status::Rejected);
}

#[tokio::test]
async fn key_that_answers_are_encrypted_to_is_new_for_each_request() {
    let stage = Stage::new().await;
    let key = |asked: &Asked| asked.request.client_metadata.keys[0].thumbprint();
    let first = stage.ask(card_query(), |asking| asking.mode = Mode::DirectPostJwt).await;
    let second = stage.ask(card_query(), |asking| asking.mode = Mode::DirectPostJwt).await;
    assert_ne!(key(&first), key(&second));
    assert_ne!(first.request.nonce, second.request.nonce);
    assert_ne!(first.request.state, second.request.state);
}

#[tokio::test]
async fn section_14_8_the_wallet_is_not_relied_on_for_what_was_asked() {
    let stage = Stage::new().await;
    let show = |asked: &Asked, claims: &[&str]| {
        let (nonce, audience) = (asked.request.nonce.clone(), asked.request.audience().expect("an audience"));
        show(&stage.card(), claims, (&nonce, &audience), &stage.world.graduate, &stage.world.now)
    };
    let query = |change: &dyn Fn(&mut Value)| {
        let mut query = card_query();
        change(&mut query["credentials"][0]);
        query
    };
    // Less than was asked for, another value, another type.
    for changed in [
        query(&|credential| credential["claims"] = json!([{ "path": ["born"] }])),
        query(&|credential| credential["claims"] = json!([{ "path": ["name"], "values": ["Ana"] }])),
        query(&|credential| credential["meta"]["vct_values"] = json!(["https://uni.example/vct/other"])),
    ] {
        let asked = stage.ask(changed, |_| {}).await;
        assert_eq!(stage.send(VpToken::none().with(id("card"), &show(&asked, &["/name"])), &asked.request).await.status, 400);
        let outcome = stage.outcome(&asked.id).await;
        assert_eq!((outcome.status, reasons(&outcome, "card")), (Status::Rejected, vec!["notAsked".to_owned()]));
        assert!(outcome.credentials[&id("card")][0].get("claims").is_none(), "what was not asked for gives up no claims");
    }
    // Twice what was asked for once, and something that nobody asked for.
    let asked = stage.ask_for_card().await;
    let twice = stage.good_card(&asked.request).with(id("card"), &show(&asked, &["/name"]));
    assert_eq!(stage.send(twice, &asked.request).await.status, 400);
    let asked = stage.ask_for_card().await;
    let more = stage.good_card(&asked.request).with(id("other"), &show(&asked, &["/name"]));
    assert_eq!(stage.send(more, &asked.request).await.status, 400);
    assert_eq!(stage.outcome(&asked.id).await.faults, ["nothing was asked for as other"]);
    // One of two.
    let asked = asked_for_both(&stage).await;
    assert_eq!(stage.send(stage.good_card(&asked.request), &asked.request).await.status, 400);
    assert_eq!(stage.outcome(&asked.id).await.faults, ["nothing came as diploma"]);
}

#[tokio::test]
async fn presentation_that_holds_more_than_one_credential_is_rejected() {
    let stage = Stage::new().await;
    let asked = stage.ask(diploma_query("ldp_vc"), |_| {}).await;
    let graduate = &stage.world.graduate;
    let mut body = presentation(&graduate.did, &stage.world.issue());
    let twice = json!([stage.world.issue().to_value(), stage.world.issue().to_value()]);
    body.insert("verifiableCredential".to_owned(), twice);
    let mut options = graduate.options(wallet_core::securing::Kind::Presentation, Mechanism::EcdsaRdfc2019);
    (options.nonce, options.audience) = (Some(asked.request.nonce.clone()), Some(asked.request.audience().expect("an audience")));
    let token = VpToken::none().with(id("diploma"), &graduate.sign(body, &options));
    assert_eq!(stage.send(token, &asked.request).await.status, 400);
    assert_eq!(reasons(&stage.outcome(&asked.id).await, "diploma"), ["notAsked"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn answer_that_comes_many_times_at_once_is_judged_once() {
    let stage = std::sync::Arc::new(Stage::new().await);
    let asked = stage.ask_for_card().await;
    let token = stage.good_card(&asked.request);
    let request = std::sync::Arc::new(asked.request);
    let posts: Vec<_> = (0..32)
        .map(|_| {
            let (stage, token, request) = (stage.clone(), token.clone(), request.clone());
            tokio::spawn(async move { stage.send(token, &request).await.status })
        })
        .collect();
    let mut statuses = Vec::new();
    for post in posts {
        statuses.push(post.await.expect("it ends"));
    }
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert_eq!(stage.outcome(&asked.id).await.status, Status::Accepted);
}
