//! What comes of an answer: accepted, rejected or undetermined, each presentation and all of them together (§8.6).

use serde_json::{Map, Value, json};
use wallet_core::oauth::OAuthErrorCode;
use wallet_core::presentation::request::TransactionData;
use wallet_core::presentation::response::{AuthorizationResponse, VpToken};
use wallet_core::securing::sd_jwt::{BindingTerms, HashAlgorithm};
use wallet_core::securing::{Kind, Mechanism, Secured};
use wallet_core::verification::Issuers;
use wallet_core::verifier::online::{Mode, Status};

use crate::verifier_stage::{Asked, Stage, card_query, diploma_query, disclose, id};

#[tokio::test]
async fn good_answer_in_each_format_is_accepted_with_its_claims() {
    let stage = Stage::new().await;
    for mode in [Mode::DirectPost, Mode::DirectPostJwt] {
        let asked = stage.ask(card_query(), |asking| asking.mode = mode).await;
        assert_eq!(stage.send(stage.good_card(&asked.request), &asked.request).await.status, 200);
        let outcome = stage.outcome(&asked.id).await;
        assert_eq!(outcome.status, Status::Accepted);
        let claims = &outcome.credentials[&id("card")][0]["claims"][0];
        assert_eq!((&claims["name"], claims.get("born")), (&json!("Lucía Fernández"), None));
    }
    for (format, issue, present) in
        [("ldp_vc", Mechanism::EddsaRdfc2022, Mechanism::EcdsaRdfc2019), ("jwt_vc_json", Mechanism::Jwt, Mechanism::Jwt)]
    {
        let asked = stage.ask(diploma_query(format), |_| {}).await;
        let diploma = stage.world.issue_with(|options| options.mechanism = issue);
        let token = VpToken::none().with(id("diploma"), &stage.present(&diploma, present, &asked.request, |_| {}));
        assert_eq!(stage.send(token, &asked.request).await.status, 200, "{format}");
        assert_eq!(stage.outcome(&asked.id).await.status, Status::Accepted);
    }
}

#[tokio::test]
async fn presentation_in_another_format_than_was_asked_for_is_rejected() {
    let stage = Stage::new().await;
    let ldp = stage.world.issue();
    let jwt = stage.world.issue_with(|options| options.mechanism = Mechanism::Jwt);
    for (format, credential, mechanism) in [
        ("ldp_vc", &ldp, Mechanism::Jwt),
        ("jwt_vc_json", &jwt, Mechanism::EcdsaRdfc2019),
        ("jwt_vc_json", &ldp, Mechanism::Jwt),
        ("ldp_vc", &jwt, Mechanism::EcdsaRdfc2019),
    ] {
        let asked = stage.ask(diploma_query(format), |_| {}).await;
        let token = VpToken::none().with(id("diploma"), &stage.present(credential, mechanism, &asked.request, |_| {}));
        assert_eq!(stage.send(token, &asked.request).await.status, 400, "{format} {mechanism:?}");
        assert_eq!(stage.outcome(&asked.id).await.status, Status::Rejected);
    }
}

#[tokio::test]
async fn what_cannot_be_found_out_leaves_the_answer_undetermined() {
    let mut stage = Stage::new().await;
    stage.verifier.expected.issuers = Issuers::Known(Default::default());
    let asked = stage.ask_for_card().await;
    assert_eq!(stage.send(stage.good_card(&asked.request), &asked.request).await.status, 200);
    let outcome = stage.outcome(&asked.id).await;
    assert_eq!(outcome.status, Status::Undetermined);
    assert_eq!(outcome.credentials[&id("card")][0]["gaps"][0]["code"], "unknownIssuer");
    assert!(outcome.credentials[&id("card")][0].get("claims").is_none());
}

/// Appendix B.1.1 compares types by what the contexts make of them, and this context is nowhere to be had.
#[tokio::test]
async fn context_that_is_not_at_hand_rejects_nothing() {
    let stage = Stage::new().await;
    let context = "https://uni.example/contexts/privado/v1";
    let mut diploma = stage.world.diploma.clone();
    diploma["@context"].as_array_mut().expect("a list").push(context.into());
    diploma["type"].as_array_mut().expect("a list").push("TituloPrivado".into());
    let options = stage.world.university.options(Kind::Credential, Mechanism::Jwt);
    let diploma = stage.world.university.sign(diploma, &options);
    let mut query = diploma_query("jwt_vc_json");
    query["credentials"][0]["meta"]["type_values"] = json!([["https://uni.example/vocab#TituloPrivado"]]);
    let asked = stage.ask(query, |_| {}).await;
    let token = VpToken::none().with(id("diploma"), &stage.present(&diploma, Mechanism::Jwt, &asked.request, |_| {}));
    assert_eq!(stage.send(token, &asked.request).await.status, 200);
    let outcome = stage.outcome(&asked.id).await;
    assert_eq!(outcome.status, Status::Undetermined);
    let gap = &outcome.credentials[&id("diploma")][0]["gaps"][0];
    assert_eq!((&gap["code"], &gap["url"]), (&json!("missingContext"), &json!(context)));
}

#[tokio::test]
async fn presentation_by_a_mechanism_that_is_not_known_leaves_the_answer_undetermined() {
    let stage = Stage::new().await;
    let asked = stage.ask(diploma_query("ldp_vc"), |_| {}).await;
    let mut unknown = stage.present(&stage.world.issue(), Mechanism::EcdsaRdfc2019, &asked.request, |_| {}).to_value();
    unknown["proof"]["cryptosuite"] = json!("lattice-rdfc-2031");
    let token = VpToken::read(&json!({ "diploma": [unknown] })).expect("a token");
    assert_eq!(stage.send(token, &asked.request).await.status, 200);
    let outcome = stage.outcome(&asked.id).await;
    assert_eq!(
        (outcome.status, &outcome.credentials[&id("diploma")][0]["gaps"][0]["code"]),
        (Status::Undetermined, &json!("unsupported"))
    );
}

#[tokio::test]
async fn section_8_6_bad_presentation_that_was_not_needed_is_as_if_it_had_not_come() {
    let stage = Stage::new().await;
    let mut query = card_query();
    query["credentials"].as_array_mut().expect("a list").push(diploma_query("ldp_vc")["credentials"][0].clone());
    query["credential_sets"] = json!([{ "options": [["card"]] }, { "options": [["diploma"]], "required": false }]);
    let asked = stage.ask(query.clone(), |_| {}).await;
    let expired = stage.world.issue_with(|options| options.expires = Some("2026-02-01T00:00:00Z".parse().expect("a date")));
    let expired = stage.present(&expired, Mechanism::EcdsaRdfc2019, &asked.request, |_| {});
    let token = stage.good_card(&asked.request).with(id("diploma"), &expired);
    assert_eq!(stage.send(token, &asked.request).await.status, 200);
    let outcome = stage.outcome(&asked.id).await;
    assert_eq!((outcome.status, &outcome.credentials[&id("diploma")][0]["verdict"]), (Status::Accepted, &json!("rejected")));
    query["credential_sets"] = json!([{ "options": [["card", "diploma"]] }]);
    let asked = stage.ask(query, |_| {}).await;
    let expired = stage.world.issue_with(|options| options.expires = Some("2026-02-01T00:00:00Z".parse().expect("a date")));
    let expired = stage.present(&expired, Mechanism::EcdsaRdfc2019, &asked.request, |_| {});
    let token = stage.good_card(&asked.request).with(id("diploma"), &expired);
    assert_eq!(stage.send(token, &asked.request).await.status, 400);
}

#[tokio::test]
async fn several_presentations_are_taken_where_several_were_asked_for() {
    let stage = Stage::new().await;
    let mut query = card_query();
    query["credentials"][0]["multiple"] = true.into();
    let asked = stage.ask(query, |_| {}).await;
    let other = stage.show_card(&asked.request.nonce, &asked.request.audience().expect("an audience"));
    let token = stage.good_card(&asked.request).with(id("card"), &other);
    assert_eq!(stage.send(token, &asked.request).await.status, 200);
    assert_eq!(stage.outcome(&asked.id).await.credentials[&id("card")].len(), 2);
}

#[tokio::test]
async fn section_8_5_error_of_the_wallet_ends_the_session() {
    let stage = Stage::new().await;
    for mode in [Mode::DirectPost, Mode::DirectPostJwt] {
        let asked = stage.ask(card_query(), |asking| asking.mode = mode).await;
        let refusal = AuthorizationResponse::refusing(OAuthErrorCode::AccessDenied, &asked.request);
        assert_eq!(stage.deliver(&refusal, &asked.request).await.status, 200);
        let outcome = stage.outcome(&asked.id).await;
        assert_eq!((outcome.status, outcome.error.expect("an error").code.as_str()), (Status::Error, "access_denied"));
        assert_eq!(stage.send(stage.good_card(&asked.request), &asked.request).await.status, 404);
    }
}

/// The card with a key binding that says `claims` besides.
fn authorising(stage: &Stage, asked: &Asked, claims: Value) -> VpToken {
    let part = disclose(&stage.card(), &["/name"]);
    let (key, audience) = (stage.world.graduate.key.public_key(), asked.request.audience().expect("an audience"));
    let terms = BindingTerms { nonce: &asked.request.nonce, audience: &audience, key: &key, now: &stage.world.now };
    let token = part.sd_jwt().expect("an SD-JWT");
    let unsigned = token.bind_with(&terms, claims.as_object().expect("an object")).expect("the holder's key");
    let signature = stage.world.graduate.key.sign(unsigned.message());
    let bound = unsigned.finish(&signature).expect("the signature fits");
    VpToken::none().with(id("card"), &Secured::read(bound.text()).expect("an SD-JWT"))
}

#[tokio::test]
async fn section_8_4_transaction_counts_only_when_the_holder_authorised_it() {
    let stage = Stage::new().await;
    let details = json!({ "monto": "12.50", "a": "Librería" });
    let details: &Map<String, Value> = details.as_object().expect("an object");
    let payment = TransactionData::new("pago", &["card"], details.clone()).expect("transaction data");
    let other = TransactionData::new("pago", &["card"], Map::new()).expect("transaction data");
    let mut named = details.clone();
    named.insert("transaction_data_hashes_alg".to_owned(), json!(["sha-384", "sha-256"]));
    let named = TransactionData::new("pago", &["card"], named).expect("transaction data");
    let (sha256, sha384) = (HashAlgorithm::Sha256, HashAlgorithm::Sha384);
    let hash = |data: &TransactionData, algorithm: HashAlgorithm| algorithm.digest(data.text());
    let cases = [
        (&payment, json!({ "transaction_data_hashes": [hash(&payment, sha256)] }), true),
        (&payment, json!({}), false),
        (&payment, json!({ "transaction_data_hashes": [] }), false),
        (&payment, json!({ "transaction_data_hashes": [hash(&other, sha256)] }), false),
        (&payment, json!({ "transaction_data_hashes": [hash(&payment, sha256), hash(&other, sha256)] }), false),
        (
            &payment,
            json!({ "transaction_data_hashes": [hash(&payment, sha384)], "transaction_data_hashes_alg": "sha-384" }),
            false,
        ),
        (&payment, json!({ "transaction_data_hashes": hash(&payment, sha256) }), false),
        (&named, json!({ "transaction_data_hashes": [hash(&named, sha384)], "transaction_data_hashes_alg": "sha-384" }), true),
        (&named, json!({ "transaction_data_hashes": [hash(&named, sha256)] }), false),
    ];
    for (asked_for, claims, good) in cases {
        let asked = stage.ask(card_query(), |asking| asking.transaction_data = vec![asked_for.clone()]).await;
        let answer = stage.send(authorising(&stage, &asked, claims.clone()), &asked.request).await;
        assert_eq!(answer.status == 200, good, "{claims}");
        assert_eq!(stage.outcome(&asked.id).await.status == Status::Accepted, good, "{claims}");
    }
    // Two that are the same to the character want two hashes.
    for (hashes, good) in [(json!(vec![hash(&payment, sha256); 2]), true), (json!([hash(&payment, sha256)]), false)] {
        let asked = stage.ask(card_query(), |asking| asking.transaction_data = vec![payment.clone(); 2]).await;
        let answer = stage.send(authorising(&stage, &asked, json!({ "transaction_data_hashes": hashes })), &asked.request).await;
        assert_eq!(answer.status == 200, good);
    }
    // Of an answer that is rejected as a whole no claims are told, good as they are.
    let asked = stage.ask(card_query(), |asking| asking.transaction_data = vec![payment.clone()]).await;
    assert_eq!(stage.send(stage.good_card(&asked.request), &asked.request).await.status, 400);
    let outcome = stage.outcome(&asked.id).await;
    let verdict = &outcome.credentials[&id("card")][0];
    assert_eq!(
        (outcome.faults.as_slice(), &verdict["verdict"]),
        (&["the transaction pago was not authorised".to_owned()][..], &json!("accepted"))
    );
    assert!(verdict.get("claims").is_none() && verdict.get("holder").is_none());
    // What nobody asked to be authorised.
    let asked = stage.ask_for_card().await;
    let claims = json!({ "transaction_data_hashes": [hash(&payment, sha256)] });
    assert_eq!(stage.send(authorising(&stage, &asked, claims), &asked.request).await.status, 400);
}
