//! The verifier's side.

use std::collections::BTreeMap;

use getrandom::SysRng;
use getrandom::rand_core::UnwrapErr;
use serde_json::{Value, json};

use super::held::{pid, w3c};
use super::*;
use crate::securing::linked_data::Contexts;
use crate::securing::{Mechanism, Secured};

fn counts(all: &[(&str, usize)]) -> BTreeMap<QueryId, usize> {
    all.iter().map(|(name, count)| (id(name), *count)).collect()
}

fn query(sets: Value) -> DcqlQuery {
    let credential = |name: &str, several: bool| json!({ "id": name, "format": "dc+sd-jwt", "meta": {}, "multiple": several });
    let mut query = json!({ "credentials": [credential("a", false), credential("b", true), credential("c", false)] });
    if !sets.is_null() {
        query["credential_sets"] = sets;
    }
    read(query).expect("a query")
}

#[test]
fn answer_holds_every_credential_and_nothing_else() {
    let query = query(Value::Null);
    let check = |all: &[(&str, usize)]| query.check_answered(&counts(all), &counts(all));
    assert_eq!(check(&[("a", 1), ("b", 1), ("c", 1)]), Ok(()));
    assert_eq!(check(&[("a", 1), ("b", 7), ("c", 1)]), Ok(()));
    assert_eq!(check(&[("a", 1), ("b", 1)]), Err(AnswerFault::Missing { id: id("c") }));
    assert_eq!(check(&[("a", 2), ("b", 1), ("c", 1)]), Err(AnswerFault::TooMany { id: id("a") }));
    assert_eq!(check(&[("a", 1), ("b", 0), ("c", 1)]), Err(AnswerFault::Missing { id: id("b") }));
    assert_eq!(check(&[("a", 1), ("b", 1), ("c", 1), ("d", 1)]), Err(AnswerFault::NotAsked { id: id("d") }));
}

#[test]
fn presentation_that_is_not_good_is_as_if_it_had_not_come() {
    let query = query(json!([{ "options": [["a"], ["b"]] }]));
    let came = counts(&[("a", 1), ("b", 2)]);
    assert_eq!(query.check_answered(&came, &counts(&[("b", 1)])), Ok(()));
    assert_eq!(query.check_answered(&came, &counts(&[])), Err(AnswerFault::SetMissing { set: 0 }));
    let twice = counts(&[("a", 2)]);
    assert_eq!(query.check_answered(&twice, &counts(&[("a", 1)])), Err(AnswerFault::TooMany { id: id("a") }));
}

#[test]
fn one_option_of_every_required_set_comes_whole() {
    let query =
        query(json!([{ "options": [["a", "b"], ["c"]] }, { "options": [["b"]], "required": false }, { "options": [["a"]] }]));
    let check = |all: &[(&str, usize)]| query.check_answered(&counts(all), &counts(all));
    assert_eq!(check(&[("a", 1), ("b", 1)]), Ok(()));
    assert_eq!(check(&[("a", 1), ("c", 1)]), Ok(()));
    assert_eq!(check(&[("a", 1)]), Err(AnswerFault::SetMissing { set: 0 }));
    assert_eq!(check(&[("c", 1)]), Err(AnswerFault::SetMissing { set: 2 }));
}

fn presented(query: Value, credential: &Secured, holder: HolderProof) -> Result<(), Mismatch> {
    let mut whole = json!({ "id": "a", "format": "dc+sd-jwt", "meta": {} });
    for (name, value) in query.as_object().expect("an object") {
        whole[name] = value.clone();
    }
    let query = read(json!({ "credentials": [whole] })).expect("a query");
    query.credentials()[0].check_presented(&Presented { credential, holder }, &Contexts::bundled())
}

fn shown(pointers: &[&str]) -> Secured {
    let pointers: Vec<_> = pointers.iter().map(|text| text.parse().expect("a pointer")).collect();
    pid().disclose(&pointers, &Contexts::bundled(), &mut UnwrapErr(SysRng)).expect("they are there")
}

#[test]
fn presented_credential_has_the_claims_that_were_asked_for() {
    let asked = json!({ "claims": [{ "path": ["given_name"], "values": ["John"] }, { "path": ["nationalities", 1] }] });
    let path = |path: Value| serde_json::from_value(path).expect("a path");
    let check = |pointers: &[&str]| presented(asked.clone(), &shown(pointers), HolderProof::Given);
    assert_eq!(check(&["/given_name", "/nationalities"]), Ok(()));
    assert_eq!(check(&["/nationalities"]), Err(Mismatch::ClaimMissing { path: path(json!(["given_name"])) }));
    assert_eq!(check(&["/given_name"]), Err(Mismatch::ClaimMissing { path: path(json!(["nationalities", 1])) }));
    let other = json!({ "claims": [{ "path": ["given_name"], "values": ["Jane"] }] });
    let result = presented(other, &shown(&["/given_name"]), HolderProof::Given);
    assert_eq!(result, Err(Mismatch::ValueDiffers { path: path(json!(["given_name"])) }));
}

#[test]
fn presented_credential_has_one_of_the_combinations_of_claims() {
    let asked = json!({
        "claims": [{ "id": "x", "path": ["age"] }, { "id": "y", "path": ["is_over_18"] }], "claim_sets": [["x", "y"], ["y"]],
    });
    assert_eq!(presented(asked.clone(), &shown(&["/is_over_18"]), HolderProof::Given), Ok(()));
    assert!(presented(asked, &shown(&["/age"]), HolderProof::Given).is_err());
}

#[test]
fn presented_credential_is_of_the_format_and_type_and_bound() {
    let plain = json!({});
    assert_eq!(presented(plain.clone(), &shown(&[]), HolderProof::Absent), Err(Mismatch::NotBound));
    assert_eq!(presented(json!({ "require_cryptographic_holder_binding": false }), &shown(&[]), HolderProof::Absent), Ok(()));
    let other = json!({ "meta": { "vct_values": ["urn:other"] } });
    assert_eq!(presented(other, &shown(&[]), HolderProof::Given), Err(Mismatch::Type));
    let v2 = json!(["https://www.w3.org/ns/credentials/v2"]);
    let vc = w3c(Mechanism::Jwt, v2, json!(["VerifiableCredential"]), json!({ "id": "did:example:ana" }));
    assert_eq!(presented(plain, &vc, HolderProof::Given), Err(Mismatch::Format));
}
