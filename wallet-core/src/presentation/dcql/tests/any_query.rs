//! What holds for any query.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::held::{held, pid, sd_jwt_vc};
use super::*;
use crate::presentation::VpFormats;
use crate::securing::linked_data::Contexts;

/// A query over four kinds of credentials and five claims, any of it.
fn any_query() -> impl Strategy<Value = Value> {
    let claims = prop::collection::btree_set(0..5usize, 0..4);
    let credential = (0..4usize, claims, any::<bool>()).prop_map(|(kind, claims, several)| {
        let claims: Vec<Value> = claims.into_iter().map(|claim| json!({ "path": [format!("c{claim}")] })).collect();
        let mut query = json!({ "format": "dc+sd-jwt", "meta": { "vct_values": [format!("urn:{kind}")] }, "multiple": several });
        if !claims.is_empty() {
            query["claims"] = claims.into();
        }
        query
    });
    let set = (prop::collection::vec(prop::collection::vec(0..4usize, 1..3), 1..4), any::<bool>());
    (prop::collection::vec(credential, 4), prop::collection::vec(set, 0..4)).prop_map(|(mut credentials, sets)| {
        for (place, credential) in credentials.iter_mut().enumerate() {
            credential["id"] = format!("q{place}").into();
        }
        let mut query = json!({ "credentials": credentials });
        let named = |option: &Vec<usize>| option.iter().map(|place| format!("q{place}")).collect::<Vec<_>>();
        let sets: Vec<Value> = sets
            .iter()
            .map(|(options, required)| json!({ "options": options.iter().map(named).collect::<Vec<_>>(), "required": required }))
            .collect();
        if !sets.is_empty() {
            query["credential_sets"] = sets.into();
        }
        query
    })
}

/// Three credentials with two or three of the claims each.
fn wallet() -> Vec<Held> {
    let of = |kind: usize, claims: &[usize]| {
        let mut all = json!({ "vct": format!("urn:{kind}") });
        claims.iter().for_each(|claim| all[format!("c{claim}")] = json!("x"));
        held(&format!("h{kind}"), sd_jwt_vc(all))
    };
    vec![of(0, &[0, 1, 2]), of(1, &[1, 3]), of(2, &[0, 4])]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever is preselected answers, to the wallet and to the verifier; and where nothing is, every reason names a real query.
    #[test]
    fn what_is_preselected_is_what_the_verifier_asks_for(value in any_query()) {
        let query = read(value).expect("a query");
        let choices = query.choices(&wallet(), &VpFormats::ours(), &Contexts::bundled());
        match choices.preselected() {
            Ok(selection) => {
                let answers = choices.answers(&selection);
                prop_assert!(answers.is_ok(), "{:?}", answers);
                let counts: BTreeMap<QueryId, usize> = selection.iter().map(|(id, names)| (id.clone(), names.len())).collect();
                prop_assert_eq!(query.check_answered(&counts, &counts), Ok(()));
            }
            Err(missing) => {
                prop_assert!(!missing.is_empty());
                prop_assert!(missing.iter().all(|one| query.credential(&one.query).is_some()));
            }
        }
    }

    #[test]
    fn query_that_was_read_is_written_and_read_as_the_same(value in any_query()) {
        let query = read(value).expect("a query");
        prop_assert_eq!(read(query.to_json()), Ok(query));
    }

    #[test]
    fn any_text_is_a_query_or_refused(
        name in "(credentials|credential_sets|claims|claim_sets|path|values|meta|id|format|options)",
        text in "[\\[\\]{}\":,0-9a-e ]{0,60}",
    ) {
        let _ = DcqlQuery::read(&text);
        let mut query = json!({
            "credentials": [{ "id": "a", "format": "dc+sd-jwt", "meta": {}, "claims": [{ "path": ["a"] }] }],
            "credential_sets": [{ "options": [["a"]] }],
        });
        if let Ok(value) = serde_json::from_str::<Value>(&text) {
            query["credentials"][0]["claims"][0][&name] = value.clone();
            query["credentials"][0][&name] = value.clone();
            query["credential_sets"][0][&name] = value.clone();
            query[&name] = value;
            let _ = read(query);
        }
    }

    #[test]
    fn any_path_is_followed_or_not(path in prop::collection::vec(prop_oneof![
        Just(Value::Null), (0..4u64).prop_map(Value::from),
        prop::sample::select(vec!["given_name", "address", "locality", "nationalities"]).prop_map(Value::from),
    ], 1..5)) {
        let query = json!({ "credentials": [{ "id": "a", "format": "dc+sd-jwt", "meta": {}, "claims": [{ "path": path }] }] });
        let choices = read(query).expect("a query").choices(&[held("pid", pid())], &VpFormats::default(), &Contexts::bundled());
        let found = &choices.queries[0];
        prop_assert_eq!(found.matches.is_empty(), found.why_none.is_some());
        for claim in found.matches.iter().flat_map(|found| &found.claims) {
            let body = Value::Object(pid().body().clone());
            prop_assert!(claim.pointers.iter().all(|pointer| pointer.find(&body).is_some()));
        }
    }
}

/// Alternatives multiply: 64 sets of 64 options are 64⁶⁴ answers. Each is looked at on its own, so the largest query that is read,
/// whose every combination of claims lacks the last one, is nothing to wait for.
#[test]
fn largest_query_is_answered_at_once() {
    let ids: Vec<String> = (0..64).map(|n| format!("q{n}")).collect();
    let claims: Vec<Value> = (0..128).map(|n| json!({ "id": format!("c{n}"), "path": [format!("c{n}")] })).collect();
    let all: Vec<String> = (0..128).map(|n| format!("c{n}")).collect();
    let credentials: Vec<Value> = (ids.iter())
        .map(|id| json!({ "id": id, "format": "dc+sd-jwt", "meta": {}, "claims": claims, "claim_sets": vec![&all; 64] }))
        .collect();
    let options: Vec<Vec<&String>> = ids.iter().map(|id| vec![id]).collect();
    let sets = vec![json!({ "options": options }); 64];
    let query = read(json!({ "credentials": credentials, "credential_sets": sets })).expect("a query");
    let held: Vec<Held> = [127, 127, 127, 128]
        .iter()
        .enumerate()
        .map(|(n, count)| {
            let mut claims = json!({ "vct": "urn:a" });
            all[..*count].iter().for_each(|name| claims[name] = json!("x"));
            super::held::held(&n.to_string(), sd_jwt_vc(claims))
        })
        .collect();
    let started = std::time::Instant::now();
    let choices = query.choices(&held, &VpFormats::default(), &Contexts::bundled());
    assert_eq!(choices.preselected().map(|selection| selection.iter().count()), Ok(1));
    assert!(choices.queries.iter().all(|query| query.matches.len() == 1));
    assert!(started.elapsed().as_secs() < 10, "{:?}", started.elapsed());
}
