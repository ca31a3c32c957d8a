//! DCQL as a whole: the standard's examples, what is refused, what matches, and what holds for any query.

mod answering;
mod any_query;
mod choosing;
mod examples;
pub(crate) mod held;
mod matching;

use serde_json::{Value, json};

use super::*;
use crate::error::WalletError;

fn read(query: Value) -> crate::error::Result<DcqlQuery> {
    DcqlQuery::from_value(&query)
}

fn id(text: &str) -> QueryId {
    text.parse().expect("an id")
}

#[test]
fn query_that_breaks_a_rule_of_section_6_is_refused() {
    let base = json!({
        "credentials": [
            {
                "id": "a", "format": "dc+sd-jwt", "meta": { "vct_values": ["urn:a"] },
                "trusted_authorities": [{ "type": "aki", "values": ["s9tIpPmhxdiuNkHMEWNpYim8S8Y"] }],
                "claims": [{ "id": "x", "path": ["x"], "values": ["1", 2, true] }, { "id": "y", "path": ["y", null, 0] }],
                "claim_sets": [["x", "y"], ["y"]],
            },
            { "id": "b", "format": "ldp_vc", "meta": { "type_values": [["A"], ["B", "C"]] } },
        ],
        "credential_sets": [{ "options": [["a"], ["b"]] }],
    });
    assert!(read(base.clone()).is_ok());
    let remove = Value::Null;
    for (pointer, value) in [
        ("/credentials", remove.clone()),
        ("/credentials", json!([])),
        ("/credentials", json!({})),
        ("/credentials/0", json!("a")),
        ("/credentials/0/id", remove.clone()),
        ("/credentials/0/id", json!("")),
        ("/credentials/0/id", json!("a b")),
        ("/credentials/0/id", json!("ñ")),
        ("/credentials/0/id", json!("b")),
        ("/credentials/0/format", remove.clone()),
        ("/credentials/0/format", json!(7)),
        ("/credentials/0/meta", remove.clone()),
        ("/credentials/0/meta", json!([])),
        ("/credentials/0/meta/vct_values", json!([])),
        ("/credentials/0/meta/vct_values", json!("urn:a")),
        ("/credentials/1/meta/type_values", json!(["A"])),
        ("/credentials/1/meta/type_values", json!([[]])),
        ("/credentials/0/multiple", json!("true")),
        ("/credentials/0/require_cryptographic_holder_binding", json!(1)),
        ("/credentials/0/trusted_authorities", json!([])),
        ("/credentials/0/trusted_authorities/0/type", remove.clone()),
        ("/credentials/0/trusted_authorities/0/values", json!([])),
        ("/credentials/0/claims", json!([])),
        ("/credentials/0/claims", remove.clone()),
        ("/credentials/0/claims/0/id", remove.clone()),
        ("/credentials/0/claims/0/id", json!("y")),
        ("/credentials/0/claims/0/path", remove.clone()),
        ("/credentials/0/claims/0/path", json!([])),
        ("/credentials/0/claims/0/path", json!([-1])),
        ("/credentials/0/claims/0/path", json!([1.5])),
        ("/credentials/0/claims/0/path", json!([true])),
        ("/credentials/0/claims/0/values", json!([])),
        ("/credentials/0/claims/0/values", json!([null])),
        ("/credentials/0/claims/0/values", json!([1.5])),
        ("/credentials/0/claims/0/values", json!([{}])),
        ("/credentials/0/claim_sets", json!([])),
        ("/credentials/0/claim_sets", json!([[]])),
        ("/credentials/0/claim_sets", json!([["z"]])),
        ("/credential_sets", json!([])),
        ("/credential_sets/0/options", remove.clone()),
        ("/credential_sets/0/options", json!([])),
        ("/credential_sets/0/options", json!([[]])),
        ("/credential_sets/0/options", json!([["c"]])),
        ("/credential_sets/0/required", json!("no")),
    ] {
        let mut query = base.clone();
        let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
        let parent = query.pointer_mut(parent).expect("it is there");
        match (&value, parent) {
            (Value::Null, Value::Object(object)) => drop(object.shift_remove(name)),
            (_, Value::Object(object)) => drop(object.insert(name.to_owned(), value.clone())),
            (_, Value::Array(items)) => items[0] = value.clone(),
            _ => unreachable!("it is in an object or a list"),
        }
        assert!(matches!(read(query), Err(WalletError::Malformed { .. })), "{pointer} {value}");
    }
}

#[test]
fn unknown_properties_are_ignored_and_defaults_are_the_standards() {
    let query = read(json!({
        "credentials": [{ "id": "a", "format": "dc+sd-jwt", "meta": {}, "purpose": "x" }], "name": "y",
    }));
    let query = query.expect("a query");
    let asked = &query.credentials()[0];
    assert_eq!((asked.multiple, asked.holder_binding, &asked.meta), (HowMany::One, HolderBinding::Required, &Meta::Any));
    assert_eq!(query.to_json(), json!({ "credentials": [{ "id": "a", "format": "dc+sd-jwt", "meta": {} }] }));
}

#[test]
fn query_of_too_much_is_refused() {
    let credential = |n: usize| json!({ "id": format!("c{n}"), "format": "dc+sd-jwt", "meta": {} });
    let many = |count: usize| json!({ "credentials": (0..count).map(credential).collect::<Vec<_>>() });
    assert!(read(many(64)).is_ok());
    assert!(read(many(65)).is_err());
    let claims = |count: usize| {
        let claims: Vec<Value> = (0..count).map(|n| json!({ "path": [format!("c{n}")] })).collect();
        json!({ "credentials": [{ "id": "a", "format": "dc+sd-jwt", "meta": {}, "claims": claims }] })
    };
    assert!(read(claims(128)).is_ok());
    assert!(read(claims(129)).is_err());
}

#[test]
fn query_that_contradicts_itself_cannot_be_made() {
    let asked =
        |format: CredentialFormat, meta: Meta| DcqlQuery::new(vec![CredentialQuery::new(id("a"), format, meta)], Vec::new());
    let vct = || Meta::Vct(vec!["urn:a".to_owned()]);
    assert!(asked(CredentialFormat::SdJwtVc, vct()).is_ok());
    assert!(asked(CredentialFormat::LdpVc, vct()).is_err());
    assert!(asked(CredentialFormat::SdJwtVc, Meta::Types(vec![vec!["A".to_owned()]])).is_err());
    assert!(asked(CredentialFormat::LdpVc, Meta::Types(vec![Vec::new()])).is_err());
}
