//! What schemas say, and what they may not do.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;

const URL: &str = "https://uni.example/schema.json";
const V2020: &str = "https://json-schema.org/draft/2020-12/schema";

fn object(value: Value) -> Map<String, Value> {
    value.as_object().expect("an object").clone()
}

fn check(schema: &Value, credential: Value) -> Result<(), SchemaFault> {
    evaluate(URL, schema, &object(credential), |_| None)
}

/// VC JSON Schema §4.2, the schema of its examples.
fn email() -> Value {
    json!({
        "$id": "https://example.com/schemas/email.json",
        "$schema": V2020,
        "title": "EmailCredential",
        "type": "object",
        "properties": {
            "credentialSubject": {
                "type": "object",
                "properties": { "emailAddress": { "type": "string", "format": "email" } },
                "required": ["emailAddress"]
            }
        }
    })
}

#[test]
fn credential_follows_its_schema_or_the_place_is_named() {
    let with = |email: Value| json!({ "credentialSubject": { "emailAddress": email } });
    assert_eq!(check(&email(), with(json!("subject@example.com"))), Ok(()));
    let at = || Err(SchemaFault::Mismatch { at: "/credentialSubject/emailAddress".to_owned() });
    assert_eq!(check(&email(), with(json!("not an email"))), at());
    assert_eq!(check(&email(), with(json!(7))), at());
    let subject = Err(SchemaFault::Mismatch { at: "/credentialSubject".to_owned() });
    assert_eq!(check(&email(), json!({ "credentialSubject": {} })), subject);
}

#[test]
fn three_versions_are_evaluated_and_any_other_is_not() {
    let of = |version: Value| {
        let schema = json!({ "$schema": version, "properties": { "a": { "type": "string" } } });
        check(&schema, json!({ "a": 1 }))
    };
    for version in [V2020, "https://json-schema.org/draft/2019-09/schema", "http://json-schema.org/draft-07/schema#"] {
        assert_eq!(of(version.into()), Err(SchemaFault::Mismatch { at: "/a".to_owned() }), "{version}");
    }
    for version in [json!("http://json-schema.org/draft-04/schema#"), json!("https://example.org/mine"), json!(7)] {
        assert!(matches!(of(version), Err(SchemaFault::NotGood { .. })));
    }
    assert!(matches!(check(&json!({ "type": "object" }), json!({})), Err(SchemaFault::NotGood { .. })));
    assert!(matches!(check(&json!(true), json!({})), Err(SchemaFault::NotGood { .. })));
}

#[test]
fn keywords_differ_by_version() {
    // A list of `items` was a tuple before 2020-12, where `prefixItems` says so.
    let tuple = |version: &str, keyword: &str| {
        let schema = json!({ "$schema": version, "properties": { "a": { keyword: [{ "type": "string" }] } } });
        check(&schema, json!({ "a": [1] }))
    };
    assert!(tuple("http://json-schema.org/draft-07/schema#", "items").is_err());
    assert!(tuple(V2020, "prefixItems").is_err());
}

#[test]
fn schema_refers_within_itself_and_to_those_at_hand_alone() {
    let within = json!({
        "$schema": V2020, "$id": "https://uni.example/own", "$defs": { "text": { "$anchor": "words", "type": "string" } },
        "properties": { "a": { "$ref": "#/$defs/text" }, "b": { "$ref": "#words" }, "c": { "$ref": "own#/$defs/text" } }
    });
    assert_eq!(check(&within, json!({ "a": "x", "b": "x", "c": "x" })), Ok(()));
    for name in ["a", "b", "c"] {
        assert_eq!(check(&within, json!({ name: 1 })), Err(SchemaFault::Mismatch { at: format!("/{name}") }));
    }
    let away = json!({ "$schema": V2020, "properties": { "a": { "$ref": "other.json#/$defs/text" } } });
    let other = json!({ "$schema": V2020, "$defs": { "text": { "type": "string" } } }).to_string();
    let missing = Err(SchemaFault::Missing { url: "https://uni.example/other.json".to_owned() });
    assert_eq!(check(&away, json!({})), missing);
    let at_hand = |url: &str| (url == "https://uni.example/other.json").then_some(other.as_bytes());
    assert_eq!(evaluate(URL, &away, &object(json!({ "a": "x" })), at_hand), Ok(()));
    let mismatch = Err(SchemaFault::Mismatch { at: "/a".to_owned() });
    assert_eq!(evaluate(URL, &away, &object(json!({ "a": 1 })), at_hand), mismatch);
    assert_eq!(references(URL, &away), ["https://uni.example/other.json"]);
}

#[test]
fn what_cannot_be_followed_is_not_guessed() {
    for bad in [
        json!({ "$schema": V2020, "$ref": "#/$defs/missing" }),
        json!({ "$schema": V2020, "$ref": "http://[" }),
        json!({ "$schema": V2020, "$ref": "#/a%20b" }),
        json!({ "$schema": V2020, "$defs": { "a": { "$id": "https://uni.example/inner" } } }),
        json!({ "$schema": V2020, "type": "nonsense" }),
        json!({ "$schema": V2020, "properties": { "a": { "pattern": "(?=a)b" } } }),
        json!({ "$schema": V2020, "properties": { "a": { "pattern": "(((a{100}){100}){100})" } } }),
    ] {
        assert!(matches!(check(&bad, json!({ "a": "b" })), Err(SchemaFault::NotGood { .. })), "{bad}");
    }
}

#[test]
fn patterns_are_matched_in_linear_time() {
    let schema = json!({ "$schema": V2020, "properties": { "a": { "pattern": "^(a+)+$" } } });
    let start = std::time::Instant::now();
    assert!(check(&schema, json!({ "a": "a".repeat(100_000) + "!" })).is_err());
    assert!(start.elapsed().as_secs() < 5);
}

/// What an iOS thread has.
const SMALL_STACK: usize = 512 * 1024;

fn on_a_small_stack(run: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(SMALL_STACK).spawn(run).expect("a thread").join().expect("it does not overflow");
}

fn nested(levels: usize) -> Value {
    (0..levels).fold(json!({}), |inner, _| json!({ "a": inner }))
}

#[test]
fn schema_that_doubles_its_work_is_refused() {
    on_a_small_stack(|| {
        let twice = |target: String| json!({ "allOf": [{ "$ref": target }, { "$ref": target }] });
        let mut defs: Map<String, Value> = (0..40).map(|n| (format!("d{n}"), twice(format!("#/$defs/d{}", n + 1)))).collect();
        defs.insert("d40".to_owned(), json!({ "type": "object" }));
        let doubling = json!({ "$schema": V2020, "$ref": "#/$defs/d0", "$defs": defs });
        assert_eq!(check(&doubling, json!({})), Err(SchemaFault::TooMuchWork));
        let recursive = json!({ "$schema": V2020, "properties": { "a": twice("#".to_owned()) } });
        assert_eq!(check(&recursive, nested(4)), Ok(()));
        assert_eq!(check(&recursive, nested(50)), Err(SchemaFault::TooMuchWork));
        let unevaluated = (0..30).fold(json!({}), |inner, _| json!({ "allOf": [inner], "unevaluatedProperties": true }));
        let unevaluated = json!({ "$schema": V2020, "allOf": [unevaluated] });
        assert_eq!(check(&unevaluated, json!({})), Err(SchemaFault::TooMuchWork));
    });
}

#[test]
fn schema_that_goes_round_or_deep_is_refused_on_a_small_stack() {
    on_a_small_stack(|| {
        for circle in [
            json!({ "$schema": V2020, "$ref": "#" }),
            json!({ "$schema": V2020, "$dynamicAnchor": "m", "$dynamicRef": "#m" }),
            json!({ "$schema": V2020, "$ref": "#/$defs/a", "$defs": { "a": { "anyOf": [{ "$ref": "#/$defs/a" }] } } }),
        ] {
            assert_eq!(check(&circle, json!({})), Err(SchemaFault::TooMuchWork), "{circle}");
        }
        let mut defs: Map<String, Value> =
            (0..2000).map(|n| (format!("d{n}"), json!({ "$ref": format!("#/$defs/d{}", n + 1) }))).collect();
        defs.insert("d2000".to_owned(), json!({}));
        let unused = json!({ "$schema": V2020, "$defs": defs, "properties": { "z": { "$ref": "#/$defs/d0" } } });
        assert_eq!(check(&unused, json!({ "z": 1 })), Err(SchemaFault::TooMuchWork));
        // Reached by no part of the credential, it must still compile.
        let outcome = check(&unused, json!({ "a": 1 }));
        assert!(matches!(outcome, Ok(()) | Err(SchemaFault::TooMuchWork)), "{outcome:?}");
    });
}

#[test]
fn deepest_schema_that_is_evaluated_fits_a_small_stack() {
    on_a_small_stack(|| {
        for width in 1..8 {
            let wrap = (0..width).fold(
                json!({ "properties": { "a": { "$ref": "#/$defs/r" } } }),
                |inner, _| json!({ "if": true, "then": { "allOf": [{ "anyOf": [inner, false] }, true] } }),
            );
            let schema = json!({ "$schema": V2020, "$ref": "#/$defs/r", "$defs": { "r": wrap }, "required": ["b"] });
            let mut levels = 0;
            while check(&schema, nested(levels)) != Err(SchemaFault::TooMuchWork) {
                levels += 1;
                assert!(levels < 200);
            }
            assert!(levels > 2, "width {width}");
        }
    });
}

#[test]
fn large_schemas_and_many_patterns_are_refused() {
    assert_eq!(read(&vec![b' '; MAX_SCHEMA_BYTES + 1]), Err(SchemaFault::TooMuchWork));
    assert!(matches!(read(b"{\"a\":1,\"a\":2}"), Err(SchemaFault::NotGood { .. })));
    let patterns: Map<String, Value> = (0..=MAX_PATTERNS).map(|n| (format!("p{n}"), json!({ "pattern": "a" }))).collect();
    let many = json!({ "$schema": V2020, "properties": patterns });
    assert_eq!(check(&many, json!({})), Err(SchemaFault::TooMuchWork));
}

fn any_schema() -> impl Strategy<Value = Value> {
    let keyword = || {
        prop_oneof![
            "(allOf|anyOf|oneOf|not|if|then|else|items|prefixItems|contains|properties|patternProperties|additionalProperties)",
            "(unevaluatedProperties|unevaluatedItems|propertyNames|dependentSchemas|dependencies|enum|const|type|required)",
            "(\\$ref|\\$dynamicRef|\\$recursiveRef|\\$anchor|\\$dynamicAnchor|\\$id|\\$defs|format|pattern|multipleOf|minItems|a|b)",
        ]
    };
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-5i64..5).prop_map(Value::from),
        "(#|#/\\$defs/a|#a|#/allOf/0|object|array|string|email|regex|date|a|\\(|\\[a-z\\]+|https://uni.example/schema.json)"
            .prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 4, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map(keyword(), inner, 0..4).prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_schema_is_evaluated_or_refused(schema in any_schema(), credential in any_schema(), draft in 0usize..3) {
        let versions = [V2020, "https://json-schema.org/draft/2019-09/schema", "http://json-schema.org/draft-07/schema#"];
        if let Value::Object(mut schema) = schema {
            schema.insert("$schema".to_owned(), versions[draft].into());
            let credential = credential.as_object().cloned().unwrap_or_default();
            let _ = evaluate(URL, &Value::Object(schema), &credential, |_| None);
        }
    }
}
