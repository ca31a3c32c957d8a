//! What holds for any claims, any choice of what is concealed, and any text.

use super::*;
use proptest::prelude::*;

/// Any JSON of few levels.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i32>().prop_map(Value::from),
        "\\PC{0,6}".prop_map(Value::from)
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::Array),
            prop::collection::btree_map("[a-z~/ñ]{1,3}", inner, 0..5).prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Every place inside `value`.
fn places(value: &Value, path: &mut Vec<String>, found: &mut Vec<JsonPointer>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(object) => object.iter().map(|(name, value)| (name.clone(), value)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(i, value)| (i.to_string(), value)).collect(),
        _ => Vec::new(),
    };
    for (step, child) in children {
        path.push(step);
        found.push(JsonPointer::new(path.iter().cloned()));
        places(child, path, found);
        path.pop();
    }
}

/// What is left of `value` when what stands at `hidden` is taken away.
fn without(value: &Value, path: &mut Vec<String>, hidden: &[JsonPointer]) -> Value {
    let mut keep = |step: String, value: &Value| {
        path.push(step);
        let hides = hidden.iter().any(|pointer| pointer.tokens() == path.as_slice());
        let kept = (!hides).then(|| without(value, path, hidden));
        path.pop();
        kept
    };
    match value {
        Value::Object(object) => {
            let kept = object.iter().filter_map(|(name, value)| Some((name.clone(), keep(name.clone(), value)?)));
            Value::Object(kept.collect())
        }
        Value::Array(items) => items.iter().enumerate().filter_map(|(i, value)| keep(i.to_string(), value)).collect(),
        plain => plain.clone(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_claims_come_back_whole_or_without_what_is_concealed(
        claims in prop::collection::btree_map("[a-z]{1,4}", any_json(), 0..5), chosen in any::<u64>(), decoys in 0usize..3,
    ) {
        let claims = Value::Object(claims.into_iter().filter(|(name, _)| !["iss", "exp", "nbf", "cnf", "aud"].contains(&name.as_str())).collect());
        let mut all = Vec::new();
        places(&claims, &mut Vec::new(), &mut all);
        let hidden: Vec<JsonPointer> =
            all.into_iter().enumerate().filter(|(i, _)| chosen >> (i % 64) & 1 == 1).map(|(_, pointer)| pointer).collect();
        let disclosure = Disclosed::Only { pointers: hidden.clone(), decoys, holder: None };
        let unsigned = prepare(Map::new(), object(claims.clone()), &disclosure, &issuer().public_key(), &mut UnwrapErr(SysRng));
        let token = unsigned.expect("any claims").finish(&[7; 64]).expect("any signature");
        prop_assert_eq!(token.claims(), Ok(claims.as_object().expect("an object")));
        let mut disclosable = token.disclosable();
        disclosable.sort();
        let mut sorted = hidden.clone();
        sorted.sort();
        prop_assert_eq!(disclosable, sorted);
        let nothing = token.disclose(&[]).expect("nothing is always there");
        let expected = without(&claims, &mut Vec::new(), &hidden);
        prop_assert_eq!(nothing.claims(), Ok(expected.as_object().expect("an object")));
        let everything = token.disclose(&hidden).expect("all of them are there");
        prop_assert_eq!(everything.claims(), token.claims());
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,200}", tail in "[A-Za-z0-9~.]{0,60}") {
        let _ = SdJwt::read(&text);
        let _ = SdJwt::read(&format!("{ISSUED}~{tail}"));
    }

    #[test]
    fn any_payload_is_processed_or_refused(payload in any_json(), name in "(_sd|[.]{3}|_sd_alg|a)", digests in any_json()) {
        let mut payload = payload;
        if payload.is_object() {
            payload[&name] = digests;
            let message = jws::signing_input(&json!({ "alg": "ES256" }), &payload.to_string());
            let _ = SdJwt::read(&(jws::finish(message, &[0; 64]) + "~"));
        }
    }
}
