//! What the holder is shown, may choose and may refuse before anything leaves, and what is remembered of it.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use wallet_core::oauth::OAuthErrorCode;
use wallet_core::presentation::dcql::{DcqlQuery, Mismatch, Need, Selection};
use wallet_core::presentation::presenting::{FieldKind, TransactionField, TransactionType};
use wallet_core::presentation::request::TransactionData;
use wallet_core::securing::sd_jwt::type_metadata::TypeMetadata;
use wallet_core::securing::{Mechanism, Secured};
use wallet_core::store::Occurrence;
use wallet_core::verifier::online::{Asking, Mode, Status};
use wallet_core::wallet::answering::Review;

use crate::stage::{As, Stage, one, pid};
use crate::world::object;

/// What would leave, by path, when the least is shared; without what every credential says of itself.
fn leaving(review: &Review) -> BTreeMap<String, Value> {
    let selection = review.preselected().expect("it can be answered");
    let claims = review.shared(&selection).into_iter().flat_map(|offer| &offer.claims);
    let own = ["/vct", "/iss", "/iat"];
    claims.map(|claim| (claim.path.to_string(), claim.value.clone())).filter(|(path, _)| !own.contains(&path.as_str())).collect()
}

#[tokio::test]
async fn what_is_shown_is_what_leaves() {
    let mut stage = Stage::new().await;
    let credential = stage.pid();
    stage.keep(&credential).await;
    let mut query = pid(&["age_over_18"]);
    let nationality = json!({ "path": ["nationalities", null], "values": ["AR"] });
    query["credentials"][0]["claims"].as_array_mut().expect("a list").push(nationality);
    let begun = stage.ask(&query, As::Certificate, Mode::DirectPost).await;
    let review = stage.review(&begun).await.expect("a request");
    let shown = leaving(&review);
    stage.accept(&review).await.expect("it can be shared");
    let token = stage.last_presentation("a");
    let sent = Secured::read(token.as_str().expect("a token")).expect("an SD-JWT");
    let body = Value::Object(sent.body().clone());
    for (path, value) in &shown {
        assert_eq!(body.pointer(path), Some(value), "{path}");
    }
    // The list was issued whole, so the other nationality goes along, and that is shown.
    let paths: Vec<&str> = shown.keys().map(String::as_str).filter(|path| !path.starts_with("/cnf")).collect();
    assert_eq!(paths, ["/age_over_18", "/nationalities/0", "/nationalities/1"]);
    for absent in ["given_name", "family_name"] {
        assert!(sent.body().get(absent).is_none(), "{absent}");
    }
}

#[tokio::test]
async fn selective_data_integrity_shows_no_more_than_is_asked_for() {
    let mut stage = Stage::new().await;
    let credential = stage.badge(Mechanism::EcdsaSd2023);
    stage.keep(&credential).await;
    let query = one("ldp_vc", json!({ "claims": [{ "path": ["credentialSubject", "achievement", "name"] }] }));
    let begun = stage.ask(&query, As::Did, Mode::DirectPost).await;
    let review = stage.review(&begun).await.expect("a request");
    let shown = leaving(&review);
    assert_eq!(shown.get("/credentialSubject/achievement/name"), Some(&json!("Enfermería")));
    assert!(!shown.contains_key("/credentialSubject/achievement/description") && !shown.contains_key("/name"));
    stage.accept(&review).await.expect("it can be shared");
    let presentation = stage.last_presentation("a");
    let achievement = &presentation["verifiableCredential"][0]["credentialSubject"]["achievement"];
    assert_eq!((&achievement["name"], &achievement["description"]), (&json!("Enfermería"), &Value::Null));
}

#[tokio::test]
async fn holder_chooses_among_the_alternatives() {
    let mut stage = Stage::new().await;
    let (credential, card) = (stage.pid(), stage.sd_jwt_vc(json!({ "vct": "urn:age:1", "age_over_18": true })));
    let (whole, least) = (stage.keep(&credential).await, stage.keep(&card).await);
    let asked = |id: &str, vct: &str, claims: Value| json!({ "id": id, "format": "dc+sd-jwt", "meta": { "vct_values": [vct] }, "claims": claims });
    let query = json!({
        "credentials": [
            asked("pid", "urn:eudi:pid:1", json!([{ "path": ["given_name"] }, { "path": ["age_over_18"] }])),
            asked("age", "urn:age:1", json!([{ "path": ["age_over_18"] }])),
        ],
        "credential_sets": [{ "options": [["pid"], ["age"]] }, { "options": [["pid"]], "required": false }],
    });
    let id = |text: &str| text.parse().expect("an id");
    for (selection, sent) in [
        (None, vec!["age"]),
        (Some(Selection::none().with(id("pid"), whole.to_string())), vec!["pid"]),
        (Some(Selection::none().with(id("pid"), whole.to_string()).with(id("age"), least.to_string())), vec!["age", "pid"]),
    ] {
        let begun = stage.ask(&query, As::Did, Mode::DirectPost).await;
        let review = stage.review(&begun).await.expect("a request");
        assert_eq!(review.offers.len(), 2, "both are there to be chosen");
        let selection = selection.unwrap_or_else(|| review.preselected().expect("it can be answered"));
        let answered = stage.share(&review, &selection).await.expect("it can be shared");
        let outcome = stage.outcome(&begun, &answered).await;
        assert_eq!(outcome.status, Status::Accepted, "{:#}", outcome.to_json());
        assert_eq!(outcome.credentials.keys().map(|id| id.as_str()).collect::<Vec<_>>(), sent);
    }
}

#[tokio::test]
async fn holder_is_told_why_nothing_answers() {
    let mut stage = Stage::new().await;
    let credential = stage.pid();
    stage.keep(&credential).await;
    let path = |path: Value| serde_json::from_value(path).expect("a path");
    let values = |values: Value| one("dc+sd-jwt", json!({ "claims": [{ "path": ["given_name"], "values": values }] }));
    for (query, why) in [
        (one("ldp_vc", json!({})), Mismatch::Format),
        (one("mso_mdoc", json!({ "meta": { "doctype_value": "org.iso.18013.5.1.mDL" } })), Mismatch::Format),
        (one("dc+sd-jwt", json!({ "meta": { "vct_values": ["urn:other"] } })), Mismatch::Type),
        (pid(&["given_name", "birth_date"]), Mismatch::ClaimMissing { path: path(json!(["birth_date"])) }),
        (values(json!(["Ana"])), Mismatch::ValueDiffers { path: path(json!(["given_name"])) }),
        (
            one("dc+sd-jwt", json!({ "trusted_authorities": [{ "type": "aki", "values": ["s9tIpPmhxdiuNkHMEWNpYim8S8Y"] }] })),
            Mismatch::Authority,
        ),
    ] {
        let begun = stage.ask(&query, As::Did, Mode::DirectPost).await;
        let review = stage.review(&begun).await.expect("a request");
        assert_eq!(review.preselected().expect_err("nothing answers")[0].why, why);
    }
}

#[tokio::test]
async fn holder_who_declines_shares_nothing_by_any_mode() {
    for mode in Mode::ALL {
        let mut stage = Stage::new().await;
        let credential = stage.pid();
        stage.keep(&credential).await;
        let begun = stage.ask(&pid(&["given_name"]), As::Nobody, mode).await;
        let review = stage.review(&begun).await.expect("a request");
        let answered = stage.wallet.decline(&review, &stage.how()).await.expect("the verifier takes it");
        let outcome = stage.outcome(&begun, &answered).await;
        assert_eq!(outcome.status, Status::Error, "{mode:?}");
        assert_eq!(outcome.error.expect("an error").code, "access_denied");
        let history = stage.wallet.history().await.expect("a history");
        assert!(!history.iter().any(|event| matches!(event.what, Occurrence::Shown { .. })));
    }
}

#[tokio::test]
async fn history_says_what_went_and_to_whom() {
    let mut stage = Stage::new().await;
    let credential = stage.pid();
    let record = stage.keep(&credential).await;
    let begun = stage.ask(&pid(&["given_name", "age_over_18"]), As::DnsName, Mode::DirectPostJwt).await;
    let review = stage.review(&begun).await.expect("a request");
    stage.accept(&review).await.expect("it can be shared");
    let history = stage.wallet.history().await.expect("a history");
    let shown = history.iter().find_map(|event| match &event.what {
        Occurrence::Shown { items, to, .. } => Some((items, to)),
        _ => None,
    });
    let (items, to) = shown.expect("it was noted");
    assert_eq!(to.as_deref(), Some("x509_san_dns:verifier.example"));
    assert_eq!(
        (items.len(), items[0].credential, &items[0].claims[..]),
        (1, record, &["/given_name".to_owned(), "/age_over_18".to_owned()][..])
    );
}

#[tokio::test]
async fn history_does_not_say_that_all_went_where_nothing_was_asked_for() {
    let mut stage = Stage::new().await;
    let credential = stage.pid();
    stage.keep(&credential).await;
    let begun = stage.ask(&one("dc+sd-jwt", json!({})), As::Did, Mode::DirectPost).await;
    let review = stage.review(&begun).await.expect("a request");
    stage.accept(&review).await.expect("it can be shared");
    let history = stage.wallet.history().await.expect("a history");
    let claims = history.iter().find_map(|event| match &event.what {
        Occurrence::Shown { items, .. } => Some(items[0].claims.clone()),
        _ => None,
    });
    let claims = claims.expect("it was noted");
    assert!(claims.contains(&"/vct".to_owned()) && !claims.contains(&"/given_name".to_owned()), "{claims:?}");
}

/// §15.5: of several copies each verifier gets another one.
#[tokio::test]
async fn copy_that_was_shown_least_is_offered_first() {
    let mut stage = Stage::new().await;
    for _ in 0..3 {
        let copy = stage.pid();
        stage.keep(&copy).await;
    }
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..3 {
        let begun = stage.ask(&pid(&["given_name"]), As::Did, Mode::DirectPost).await;
        let review = stage.review(&begun).await.expect("a request");
        let selection = review.preselected().expect("it can be answered");
        seen.extend(selection.iter().flat_map(|(_, names)| names.to_vec()));
        stage.accept(&review).await.expect("it can be shared");
    }
    assert_eq!(seen.len(), 3);
}

fn payment() -> TransactionType {
    let field = |name: &str| TransactionField { name: name.to_owned(), kind: FieldKind::Text, need: Need::Required };
    TransactionType { name: "urn:ejemplo:pago".to_owned(), fields: Some(vec![field("monto"), field("a")]) }
}

fn asking_for_payment(parameters: Value) -> Asking {
    let query = DcqlQuery::from_value(&one("dc+sd-jwt", json!({}))).expect("a query");
    let data = TransactionData::new("urn:ejemplo:pago", &["a"], object(parameters)).expect("transaction data");
    Asking { transaction_data: vec![data], ..Asking::for_query(query) }
}

#[tokio::test]
async fn transaction_that_the_app_can_show_is_authorised_by_the_key_binding() {
    let mut stage = Stage::new().await;
    let credential = stage.pid();
    stage.keep(&credential).await;
    stage.transactions = vec![payment()];
    let asking =
        Asking { clients: vec![stage.client(As::DnsName)], ..asking_for_payment(json!({ "monto": "12.50", "a": "Ana" })) };
    let begun = stage.begin(asking).await;
    let review = stage.review(&begun).await.expect("a known type");
    let data = &review.asked.request.transaction_data[0];
    assert_eq!((data.kind(), &data.parameters()["monto"]), ("urn:ejemplo:pago", &json!("12.50")), "it is there to be shown");
    let answered = stage.accept(&review).await.expect("it can be shared");
    let outcome = stage.outcome(&begun, &answered).await;
    assert_eq!(outcome.status, Status::Accepted, "{:#}", outcome.to_json());
    let token = stage.last_presentation("a");
    let sent = Secured::read(token.as_str().expect("a token")).expect("an SD-JWT");
    assert_eq!(sent.binding().expect("a key binding").claims()["transaction_data_hashes"].as_array().map(Vec::len), Some(1));
}

/// §8.5: the wallet refuses what it cannot show, and says so.
#[tokio::test]
async fn transaction_of_an_unknown_type_is_refused_with_its_code() {
    let mut stage = Stage::new().await;
    let credential = stage.pid();
    stage.keep(&credential).await;
    for (known, parameters) in [(vec![], json!({ "monto": "1", "a": "Ana" })), (vec![payment()], json!({ "monto": "1" }))] {
        stage.transactions = known;
        let asking = Asking { clients: vec![stage.client(As::DnsName)], ..asking_for_payment(parameters) };
        let begun = stage.begin(asking).await;
        let turned_away = stage.review(&begun).await.expect_err("it cannot be shown");
        assert_eq!(turned_away.fault.code, OAuthErrorCode::InvalidTransactionData);
        let told = stage.wallet.turn_away(&turned_away, &stage.how()).await.expect("the verifier takes it");
        let outcome = stage.outcome(&begun, &told.expect("it is known who asks")).await;
        assert_eq!(outcome.error.expect("an error").code, "invalid_transaction_data");
    }
}

#[tokio::test]
async fn selection_that_is_not_what_was_asked_for_shares_nothing() {
    let mut stage = Stage::new().await;
    let (credential, other) = (stage.pid(), stage.sd_jwt_vc(json!({ "vct": "urn:other" })));
    let (record, other) = (stage.keep(&credential).await, stage.keep(&other).await);
    let begun = stage.ask(&pid(&["given_name"]), As::Did, Mode::DirectPost).await;
    let review = stage.review(&begun).await.expect("a request");
    let before = stage.wire.sent.lock().expect("nobody panicked").len();
    let id = |text: &str| text.parse().expect("an id");
    for selection in [
        Selection::none(),
        Selection::none().with(id("a"), other.to_string()),
        Selection::none().with(id("a"), record.to_string()).with(id("b"), other.to_string()),
    ] {
        assert!(stage.share(&review, &selection).await.is_err(), "{selection:?}");
    }
    let after = stage.wire.sent.lock().expect("nobody panicked").len();
    assert_eq!(after, before, "nothing was sent");
}

#[tokio::test]
async fn claims_have_the_names_that_their_type_gives_them() {
    let mut stage = Stage::new().await;
    let credential = stage.pid();
    stage.keep(&credential).await;
    let claim = |path: Value, es: &str| json!({ "path": path, "display": [{ "locale": "es", "label": es }, { "locale": "en", "label": "x" }] });
    let metadata = json!({
        "vct": "urn:eudi:pid:1", "claims": [claim(json!(["given_name"]), "Nombres"), claim(json!(["nationalities", null]), "Nacionalidad")],
    });
    let documents = BTreeMap::from([("urn:eudi:pid:1".to_owned(), metadata.to_string())]);
    stage.types = vec![TypeMetadata::resolve("urn:eudi:pid:1", None, &documents).expect("type metadata")];
    let begun = stage.ask(&pid(&["given_name", "nationalities", "age_over_18"]), As::Did, Mode::DirectPost).await;
    let review = stage.review(&begun).await.expect("a request");
    let label = |path: &str| {
        let claim = review.offers[0].claims.iter().find(|claim| claim.path.to_string() == path).expect("it would leave");
        claim.label.clone()
    };
    assert_eq!(label("/given_name").as_deref(), Some("Nombres"));
    assert_eq!(label("/nationalities/1").as_deref(), Some("Nacionalidad"));
    assert_eq!(label("/age_over_18"), None);
}
