//! What a person may choose, and what is chosen for them.

use serde_json::{Value, json};

use super::held::{held, sd_jwt_vc};
use super::*;
use crate::presentation::VpFormats;
use crate::securing::linked_data::Contexts;

/// A credential of this type whose claims are these names.
fn of(name: &str, vct: &str, claims: &[&str]) -> Held {
    let mut all = json!({ "vct": vct });
    claims.iter().for_each(|claim| all[*claim] = json!("x"));
    held(name, sd_jwt_vc(all))
}

fn asked(id: &str, vct: &str, claims: &[&str]) -> Value {
    let claims: Vec<Value> = claims.iter().map(|claim| json!({ "path": [claim] })).collect();
    json!({ "id": id, "format": "dc+sd-jwt", "meta": { "vct_values": [vct] }, "claims": claims })
}

fn choices(query: Value, held: &[Held]) -> Choices {
    read(query).expect("a query").choices(held, &VpFormats::default(), &Contexts::bundled())
}

fn chosen(selection: &Selection) -> Value {
    serde_json::to_value(selection).expect("plain data")
}

#[test]
fn without_credential_sets_every_credential_is_needed() {
    let query = json!({ "credentials": [asked("a", "urn:a", &["x"]), asked("b", "urn:b", &["y"])] });
    let both = choices(query.clone(), &[of("1", "urn:a", &["x"]), of("2", "urn:b", &["y"])]);
    assert_eq!(both.preselected().map(|s| chosen(&s)), Ok(json!({ "a": ["1"], "b": ["2"] })));
    let one = choices(query, &[of("1", "urn:a", &["x"])]);
    assert_eq!(one.preselected(), Err(vec![Missing { query: id("b"), why: Mismatch::Type }]));
    assert!(one.answers(&Selection::none().with(id("a"), "1")).is_err(), "less than all is nothing (§6.4.2)");
}

#[test]
fn of_the_options_that_can_be_had_the_one_that_shares_least_is_preselected() {
    let query = json!({
        "credentials": [asked("whole", "urn:pid", &["name", "born", "street"]), asked("age", "urn:age", &["over_18"])],
        "credential_sets": [{ "options": [["whole"], ["age"]] }],
    });
    let all = [of("pid", "urn:pid", &["name", "born", "street"]), of("proof", "urn:age", &["over_18"])];
    let both = choices(query.clone(), &all);
    assert_eq!(both.preselected().map(|s| chosen(&s)), Ok(json!({ "age": ["proof"] })));
    assert!(both.sets[0].options.iter().all(|option| option.is_possible), "the other is still there to be chosen");
    assert!(both.answers(&Selection::none().with(id("whole"), "pid")).is_ok());
    let one = choices(query, &all[..1]);
    assert_eq!(one.preselected().map(|s| chosen(&s)), Ok(json!({ "whole": ["pid"] })));
}

#[test]
fn what_is_chosen_for_one_set_serves_another() {
    let query = json!({
        "credentials": [asked("pid", "urn:pid", &["a", "b"]), asked("mail", "urn:mail", &["c"]), asked("card", "urn:card", &["d"])],
        "credential_sets": [{ "options": [["pid"]] }, { "options": [["card"], ["pid"]] }, { "options": [["mail"]], "required": false }],
    });
    let all = [of("1", "urn:pid", &["a", "b"]), of("2", "urn:mail", &["c"]), of("3", "urn:card", &["d"])];
    let choices = choices(query, &all);
    let least = choices.preselected().expect("all is held");
    assert_eq!(chosen(&least), json!({ "pid": ["1"] }));
    // What is optional may be given.
    let more = least.with(id("mail"), "2");
    assert_eq!(choices.answers(&more).map(|answers| answers.len()), Ok(2));
}

#[test]
fn optional_set_that_cannot_be_had_is_left_out() {
    let query = json!({
        "credentials": [asked("a", "urn:a", &["x"]), asked("b", "urn:b", &["y"])],
        "credential_sets": [{ "options": [["a"]] }, { "options": [["b"]], "required": false }],
    });
    let choices = choices(query, &[of("1", "urn:a", &["x"])]);
    assert_eq!(choices.preselected().map(|s| chosen(&s)), Ok(json!({ "a": ["1"] })));
    assert_eq!(choices.query(&id("b")).and_then(|query| query.why_none.clone()), Some(Mismatch::Type));
}

#[test]
fn reason_is_that_of_the_credential_that_came_closest() {
    let query = |values: Value| {
        let mut asked = asked("a", "urn:a", &["x", "y"]);
        asked["claims"][1]["values"] = values;
        json!({ "credentials": [asked] })
    };
    let why =
        |held: &[Held], values: Value| choices(query(values), held).preselected().expect_err("nothing answers")[0].why.clone();
    let path = |name: &str| serde_json::from_value(json!([name])).expect("a path");
    let all = [of("1", "urn:b", &["x", "y"]), of("2", "urn:a", &["y"]), of("3", "urn:a", &["x", "y"])];
    assert_eq!(why(&[], json!(["z"])), Mismatch::Format);
    assert_eq!(why(&all[..1], json!(["z"])), Mismatch::Type);
    assert_eq!(why(&all[..2], json!(["z"])), Mismatch::ClaimMissing { path: path("x") });
    assert_eq!(why(&all, json!(["z"])), Mismatch::ValueDiffers { path: path("y") });
}

#[test]
fn several_are_shared_only_where_several_are_asked_for() {
    let mut query = json!({ "credentials": [asked("a", "urn:a", &["x"])] });
    let all = [of("1", "urn:a", &["x"]), of("2", "urn:a", &["x"])];
    let two = Selection::none().with(id("a"), "1").and(id("a"), "2");
    assert!(choices(query.clone(), &all).answers(&two).is_err());
    query["credentials"][0]["multiple"] = json!(true);
    let several = choices(query, &all);
    assert_eq!(several.answers(&two).map(|answers| answers.len()), Ok(2));
    assert_eq!(several.preselected().map(|s| chosen(&s)), Ok(json!({ "a": ["1"] })), "one is the least");
    assert!(several.answers(&two.and(id("a"), "2")).is_err(), "the same one twice");
}

#[test]
fn what_does_not_answer_cannot_be_chosen() {
    let query = json!({ "credentials": [asked("a", "urn:a", &["x"])] });
    let choices = choices(query, &[of("1", "urn:a", &["x"]), of("2", "urn:b", &["x"])]);
    for selection in [
        Selection::none(),
        Selection::none().with(id("a"), "2"),
        Selection::none().with(id("a"), "9"),
        Selection::none().with(id("a"), "1").with(id("b"), "2"),
        [(id("a"), Vec::new())].into_iter().collect(),
    ] {
        assert!(matches!(choices.answers(&selection), Err(WalletError::Misused { .. })), "{selection:?}");
    }
}

#[test]
fn combination_that_the_verifier_likes_best_comes_first_whatever_it_shares() {
    let mut query = asked("a", "urn:a", &[]);
    query["claims"] = json!([{ "id": "x", "path": ["x"] }, { "id": "y", "path": ["y"] }, { "id": "z", "path": ["z"] }]);
    query["claim_sets"] = json!([["x", "y"], ["z"]]);
    let all = [of("1", "urn:a", &["z"]), of("2", "urn:a", &["x", "y", "z"])];
    let choices = choices(json!({ "credentials": [query] }), &all);
    let order: Vec<(&str, usize)> =
        choices.queries[0].matches.iter().map(|found| (found.credential.as_str(), found.preference)).collect();
    assert_eq!(order, [("2", 0), ("1", 1)]);
}

#[test]
fn what_no_set_asks_for_is_not_shared() {
    let query = json!({
        "credentials": [asked("a", "urn:a", &["x"]), asked("b", "urn:b", &["x"]), asked("c", "urn:c", &["x"]), asked("d", "urn:d", &["x"])],
        "credential_sets": [{ "options": [["a"]] }, { "options": [["b", "c"]], "required": false }],
    });
    let all = [of("1", "urn:a", &["x"]), of("2", "urn:b", &["x"]), of("3", "urn:c", &["x"]), of("4", "urn:d", &["x"])];
    let choices = choices(query, &all);
    let needed = Selection::none().with(id("a"), "1");
    assert!(choices.answers(&needed).is_ok());
    assert!(choices.answers(&needed.clone().with(id("b"), "2").with(id("c"), "3")).is_ok());
    assert!(choices.answers(&needed.clone().with(id("b"), "2")).is_err(), "half of an option serves nothing");
    assert!(choices.answers(&needed.with(id("d"), "4")).is_err(), "it stands in no set");
}

#[test]
fn what_has_ended_is_offered_last_however_little_it_tells() {
    let ended = || Held { validity: Validity::Ended, ..of("old", "urn:a", &["x"]) };
    let query = json!({ "credentials": [asked("a", "urn:a", &["x"])] });
    let both = choices(query, &[ended(), of("new", "urn:a", &["x", "y", "z"])]);
    assert_eq!(both.preselected().map(|s| chosen(&s)), Ok(json!({ "a": ["new"] })));
    let query = json!({
        "credentials": [asked("a", "urn:a", &["x"]), asked("b", "urn:b", &["x", "y"])],
        "credential_sets": [{ "options": [["a"], ["b"]] }],
    });
    let both = choices(query.clone(), &[ended(), of("new", "urn:b", &["x", "y"])]);
    assert_eq!(both.preselected().map(|s| chosen(&s)), Ok(json!({ "b": ["new"] })));
    assert_eq!(choices(query, &[ended()]).preselected().map(|s| chosen(&s)), Ok(json!({ "a": ["old"] })), "better than nothing");
}
