//! The examples that the standard publishes.

use serde_json::{Value, json};

use super::held::{held, pid, sd_jwt_vc};
use super::*;
use crate::presentation::VpFormats;
use crate::securing::linked_data::Contexts;

/// A published example, when the vectors are at hand.
fn example(name: &str) -> Option<Value> {
    let root = std::env::var("CEDULA_VECTORS")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/vectors").to_owned());
    let Ok(text) = std::fs::read_to_string(format!("{root}/dcql/1.0/examples/{name}.json")) else {
        assert!(std::env::var_os("CI").is_none(), "the vectors are not at hand: set CEDULA_VECTORS");
        return None;
    };
    Some(serde_json::from_str(&text).expect("JSON"))
}

/// The least of these credentials that answers the example, by the names of queries and credentials.
fn least(name: &str, held: &[Held]) -> Option<Result<Value, Vec<Missing>>> {
    let query = DcqlQuery::from_value(&example(name)?).expect("a query of the standard's");
    let selection = query.choices(held, &VpFormats::default(), &Contexts::bundled()).preselected();
    Some(selection.map(|selection| serde_json::to_value(selection).expect("plain data")))
}

#[test]
fn every_published_query_reads_back_to_the_same_value() {
    for name in [
        "query_lang/claims_alternatives",
        "query_lang/complex_mdoc",
        "query_lang/credentials_alternatives",
        "query_lang/multi_credentials",
        "query_lang/simple",
        "query_lang/simple_mdoc",
        "query_lang/value_matching_simple",
        "request/dcql_jwt_vc",
        "request/dcql_ldp_vc",
    ] {
        let Some(value) = example(name) else { return };
        let query = DcqlQuery::from_value(&value).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(query.to_json(), value, "{name}");
    }
}

#[test]
fn simple_query_is_answered_by_the_identity_credential() {
    let Some(found) = least("query_lang/simple", &[held("pid", pid())]) else { return };
    assert_eq!(found, Ok(json!({ "my_credential": ["pid"] })));
}

#[test]
fn value_that_differs_is_no_claim() {
    let claims = |postal: &str| {
        json!({
            "vct": "https://credentials.example.com/identity_credential", "given_name": "John", "family_name": "Doe",
            "address": { "street_address": "42 Market Street" }, "postal_code": postal,
        })
    };
    let Some(found) = least("query_lang/value_matching_simple", &[held("pid", sd_jwt_vc(claims("90211")))]) else { return };
    assert_eq!(found, Ok(json!({ "my_credential": ["pid"] })));
    let path = serde_json::from_value(json!(["postal_code"])).expect("a path");
    let differs = vec![Missing { query: id("my_credential"), why: Mismatch::ValueDiffers { path } }];
    assert_eq!(least("query_lang/value_matching_simple", &[held("pid", sd_jwt_vc(claims("1")))]), Some(Err(differs)));
}

#[test]
fn of_alternative_credentials_those_that_are_held_are_chosen() {
    let of = |vct: &str, names: &[&str]| {
        let mut claims = json!({ "vct": vct });
        names.iter().for_each(|name| claims[*name] = json!("x"));
        sd_jwt_vc(claims)
    };
    let reduced = of("https://credentials.example.com/reduced_identity_credential", &["family_name", "given_name"]);
    let residence = of("https://cred.example/residence_credential", &["postal_code", "locality", "region"]);
    let rewards = of("https://company.example/company_rewards", &["rewards_number"]);
    let all = [held("reduced", reduced.clone()), held("residence", residence), held("rewards", rewards)];
    let Some(found) = least("query_lang/credentials_alternatives", &all) else { return };
    // What is only nice to have is not preselected.
    assert_eq!(found, Ok(json!({ "pid_reduced_cred_1": ["reduced"], "pid_reduced_cred_2": ["residence"] })));
    let missing = least("query_lang/credentials_alternatives", &[held("reduced", reduced)]).expect("vectors");
    let missing: Vec<String> =
        missing.expect_err("half of the last option is missing").into_iter().map(|m| m.query.to_string()).collect();
    assert_eq!(missing, ["other_pid", "pid", "pid_reduced_cred_2"]);
}

#[test]
fn of_alternative_claims_the_first_combination_that_is_there_is_chosen() {
    let Some(query) = example("query_lang/claims_alternatives") else { return };
    let query = DcqlQuery::from_value(&query).expect("a query");
    let with = |names: &[&str]| {
        let mut claims = json!({ "vct": "https://credentials.example.com/identity_credential" });
        names.iter().for_each(|name| claims[*name] = json!("x"));
        let choices = query.choices(&[held("pid", sd_jwt_vc(claims))], &VpFormats::default(), &Contexts::bundled());
        let found = choices.queries[0].matches.first().cloned();
        found.map(|found| found.claims.iter().map(|claim| claim.path.to_string()).collect::<Vec<_>>())
    };
    let all = ["family_name", "postal_code", "locality", "region", "date_of_birth"];
    assert_eq!(with(&all), Some(["family_name", "locality", "region", "date_of_birth"].map(str::to_owned).to_vec()));
    let some = ["family_name", "postal_code", "date_of_birth"];
    assert_eq!(with(&some), Some(some.map(str::to_owned).to_vec()));
    assert_eq!(with(&["family_name", "postal_code"]), None);
}

#[test]
fn mobile_documents_are_asked_for_in_vain() {
    let Some(found) = least("query_lang/complex_mdoc", &[held("pid", pid())]) else { return };
    let missing = found.expect_err("none is held");
    assert!(missing.iter().all(|missing| missing.why == Mismatch::Format), "{missing:?}");
}
