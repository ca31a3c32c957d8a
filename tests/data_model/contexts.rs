//! Contexts, types and terms: VC DM 2.0 §4.3, §4.5, §5.2, appendix B.

use serde_json::{Value, json};
use wallet_core::error::WalletError;
use wallet_core::securing::linked_data::Contexts;
use wallet_core::securing::{Mechanism, Secured};
use wallet_core::verification::{Gap, Reason, Warning};

use super::stage::{ALL, OVER_JSON, Stage, UNDEFINED_TERMS, V2};

#[test]
fn context_is_required() {
    let stage = Stage::new();
    stage.refuses_without("@context", "@context is missing");
    stage.refuses_each("/@context", [json!(null), json!([])], "@context");
}

#[test]
fn base_context_comes_first() {
    let stage = Stage::new();
    let first = "the first @context is not that of a verifiable credential";
    for list in [json!([UNDEFINED_TERMS, V2]), json!(["https://example.org/c"]), json!([{}, V2]), json!(UNDEFINED_TERMS)] {
        stage.refuses_with(|json| json["@context"] = list, first);
    }
    stage.refuses_with(|json| json["@context"] = json!([V2, UNDEFINED_TERMS, V2]), "@context mixes");
}

#[test]
fn contexts_are_an_ordered_set_of_urls_and_objects() {
    let stage = Stage::new();
    stage.accepts(&stage.with(|json| json["@context"] = json!([V2, UNDEFINED_TERMS])));
    for bad in [json!("https ://not-a-url/contexts/example/v1"), json!(123_192_875), json!(true), json!(null), json!([])] {
        let list = json!([V2, bad]);
        stage.refuses_with(|json| json["@context"] = list, "@context.1 is neither a URL nor an object");
    }
    let twice = json!([V2, UNDEFINED_TERMS, UNDEFINED_TERMS]);
    stage.refuses_with(|json| json["@context"] = twice, "@context.2 names a context for the second time");
}

/// Refused as no JSON-LD or as meaning nothing, by every mechanism, at issue and at verification.
#[track_caller]
fn means_nothing(stage: &Stage, change: impl Fn(&mut Value)) {
    let document = stage.with(&change);
    for mechanism in ALL {
        assert!(matches!(stage.prepare(document.clone(), mechanism), Err(WalletError::Misused { .. })), "{mechanism:?}");
    }
    for mechanism in OVER_JSON {
        let verdict = stage.judge(&stage.sign(document.clone(), mechanism));
        let expected = |reason: &Reason| matches!(reason, Reason::UndefinedTerm { .. } | Reason::Malformed { .. });
        assert!(verdict.reasons().iter().all(|found| expected(&found.what)), "{verdict:#?}");
        assert_eq!(verdict.word(), "rejected", "{verdict:#?}");
    }
    // What no RDF can be made of has no signature over it: it is shown on a document that had one.
    let mut shown: Value = serde_json::from_str(stage.sign(stage.credential(), Mechanism::EddsaRdfc2022).text()).expect("JSON");
    change(&mut shown);
    let verdict = stage.judge(&Secured::read(&shown.to_string()).expect("still a credential"));
    assert_eq!(verdict.word(), "rejected", "{verdict:#?}");
}

#[test]
fn each_context_can_be_processed_as_json_ld() {
    let stage = Stage::new();
    for broken in [json!({ "x": 7 }), json!({ "@vocab": [] }), json!({ "@version": 1.0 }), json!({ "x": { "@id": "@context" } })]
    {
        means_nothing(&stage, |json| json["@context"][1] = broken.clone());
    }
}

#[test]
fn context_may_not_redefine_a_protected_term() {
    let stage = Stage::new();
    for broken in [
        json!({ "VerifiableCredential": "https://evil.example/#Any", "Degree": "urn:d", "title": "urn:t" }),
        json!({ "name": "https://evil.example/#name", "Degree": "urn:d", "title": "urn:t" }),
    ] {
        means_nothing(&stage, |json| json["@context"][1] = broken.clone());
    }
    let own = json!({ "@protected": true, "Degree": "https://uni.example/vocab#Degree", "title": "urn:t" });
    means_nothing(&stage, |json| json["@context"] = json!([V2, own, { "Degree": "https://evil.example/vocab#Degree" }]));
}

#[test]
fn type_is_required() {
    let stage = Stage::new();
    let document = stage.with(|json| drop(json.as_object_mut().expect("an object").remove("type")));
    for mechanism in ALL {
        assert!(matches!(stage.prepare(document.clone(), mechanism), Err(WalletError::Malformed { .. })));
    }
    let mut shown: Value = serde_json::from_str(stage.sign(stage.credential(), Mechanism::EddsaJcs2022).text()).expect("JSON");
    shown.as_object_mut().expect("an object").remove("type");
    assert!(matches!(Secured::read(&shown.to_string()), Err(WalletError::Malformed { .. })));
    for bad in [json!(["VerifiableCredential", 3]), json!(["VerifiableCredential", null]), json!(["VerifiableCredential", ""])] {
        stage.refuses_with(|json| json["type"] = bad, "type is not a list of type names");
    }
}

#[test]
fn type_names_what_the_document_is() {
    let stage = Stage::new();
    let document = stage.with(|json| json["type"] = json!(["Degree"]));
    for mechanism in ALL {
        assert!(matches!(stage.prepare(document.clone(), mechanism), Err(WalletError::Malformed { .. })));
    }
    stage.accepts(&stage.with(|json| json["type"] = json!(["Degree", "VerifiableCredential"])));
    stage.accepts(&stage.with(|json| json["type"] = json!("VerifiableCredential")));
}

#[test]
fn types_are_terms_or_absolute_urls() {
    let stage = Stage::new();
    stage.accepts(&stage.with(|json| json["type"] = json!(["VerifiableCredential", "https://uni.example/vocab#Other"])));
    for bad in ["NobodyDefinedThis", "not a url", "_:blank", "@Degree"] {
        means_nothing(&stage, |json| json["type"] = json!(["VerifiableCredential", bad]));
    }
    // A term that is mapped to what is no URL.
    means_nothing(&stage, |json| {
        json["@context"][1] = json!({ "Degree": "https ://not-a-url#Degree", "title": "https://uni.example/vocab#title" });
    });
    for member in ["credentialStatus", "evidence", "termsOfUse", "refreshService", "renderMethod", "confidenceMethod"] {
        means_nothing(&stage, |json| json[member] = json!({ "type": "NobodyDefinedThis" }));
        means_nothing(&stage, |json| json[member] = json!([{ "type": "https://uni.example/vocab#Kind" }, { "type": ":" }]));
    }
    means_nothing(&stage, |json| json["credentialSchema"] = json!({ "id": "https://uni.example/s", "type": "Nobody" }));
}

#[test]
fn every_term_is_defined_or_declared_undefined() {
    let stage = Stage::new();
    let document = stage.with(|json| json["credentialSubject"]["nobodyDefinedThis"] = json!(1));
    for mechanism in ALL {
        let refused = stage.prepare(document.clone(), mechanism);
        assert!(matches!(&refused, Err(WalletError::Misused { reason }) if reason.contains("nobodyDefinedThis")), "{refused:?}");
    }
    for mechanism in OVER_JSON {
        let verdict = stage.judge(&stage.sign(document.clone(), mechanism));
        let warnings = verdict.verified().expect("the JSON is signed in full").warnings();
        let term = "nobodyDefinedThis".to_owned();
        assert!(warnings.iter().any(|found| found.what == Warning::TermNotDefined { term: term.clone() }), "{verdict:#?}");
    }
    let mut shown: Value = serde_json::from_str(stage.sign(stage.credential(), Mechanism::EddsaRdfc2022).text()).expect("JSON");
    shown["credentialSubject"]["nobodyDefinedThis"] = json!(1);
    let verdict = stage.judge(&Secured::read(&shown.to_string()).expect("still a credential"));
    assert!(matches!(verdict.reasons()[0].what, Reason::UndefinedTerm { .. }), "{verdict:#?}");
    let mut declared = document;
    declared["@context"].as_array_mut().expect("a list").push(UNDEFINED_TERMS.into());
    stage.accepts(&declared);
}

#[test]
fn context_that_is_not_at_hand_is_never_guessed() {
    let stage = Stage::new();
    let url = "https://uni.example/contexts/v1";
    let document = stage.with(|json| json["@context"].as_array_mut().expect("a list").push(url.into()));
    assert!(matches!(stage.prepare(document.clone(), Mechanism::EddsaRdfc2022), Err(WalletError::Unsupported { .. })));
    for mechanism in OVER_JSON {
        let verdict = stage.judge(&stage.sign(document.clone(), mechanism));
        let warnings = verdict.verified().expect("the JSON is signed in full").warnings();
        assert!(warnings.iter().any(|found| found.what == Warning::ContextNotAtHand { url: url.to_owned() }), "{verdict:#?}");
    }
    let mut shown: Value = serde_json::from_str(stage.sign(stage.credential(), Mechanism::EddsaRdfc2022).text()).expect("JSON");
    shown["@context"].as_array_mut().expect("a list").push(url.into());
    let verdict = stage.judge(&Secured::read(&shown.to_string()).expect("still a credential"));
    assert_eq!(verdict.gaps()[0].what, Gap::MissingContext { url: url.to_owned() });
    assert_eq!(verdict.word(), "undetermined");
}

#[test]
fn base_context_is_at_hand_with_the_digest_of_the_recommendation() {
    // VC DM 2.0 appendix B.1.
    let digest = "59955ced6697d61e03f2b2556febe5308ab16842846f5b586d7f1f7adec92734";
    assert_eq!(Contexts::bundled().digest(V2).as_deref(), Some(digest));
    assert!(matches!(Contexts::bundled().with(V2, r#"{"@context":{}}"#), Err(WalletError::Misused { .. })));
}

#[test]
fn reserved_terms_have_the_vocabulary_the_recommendation_gives_them() {
    let base = Contexts::bundled().document(V2).expect("bundled").to_string();
    for name in ["confidenceMethod", "renderMethod", "evidence", "termsOfUse", "refreshService", "credentialSchema"] {
        let url = format!("https://www.w3.org/2018/credentials#{name}");
        assert!(base.contains(&format!("\"{name}\":{{\"@id\":\"{url}\"")), "{name}");
    }
}
