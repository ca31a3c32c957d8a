//! Presentations and what they hold: VC DM 2.0 §4.13, §7.1.

use serde_json::{Map, Value, json};
use wallet_core::credential::Presentation;
use wallet_core::error::WalletError;
use wallet_core::language::Language;
use wallet_core::securing::{Mechanism, Secured};
use wallet_core::verification::{Expectations, Presenter, Reason, Verdict};

use super::stage::{ALL, OVER_JSON, Stage, UNDEFINED_TERMS, V2};
use super::world::{AUDIENCE, NONCE, object};

/// A stage on which the issuer presents what it issued, to a verifier who asked for it.
fn stage() -> Stage {
    let mut stage = Stage::new();
    stage.world.expected = Expectations { presenter: Presenter::Anyone, ..Expectations::presentation(NONCE, AUDIENCE) };
    stage
}

fn presentation(stage: &Stage) -> Map<String, Value> {
    let credentials: Vec<Value> = ALL.iter().map(|mechanism| stage.sign(stage.credential(), *mechanism).to_value()).collect();
    object(json!({
        "@context": [V2],
        "id": "urn:uuid:3978344f-8596-4c3a-a978-8fcaba3903c5",
        "type": ["VerifiablePresentation"],
        "holder": stage.issuer.did,
        "verifiableCredential": credentials,
    }))
}

fn with(stage: &Stage, change: impl FnOnce(&mut Value)) -> Map<String, Value> {
    let mut json = Value::Object(presentation(stage));
    change(&mut json);
    object(json)
}

fn judge(stage: &Stage, document: Map<String, Value>, mechanism: Mechanism) -> Verdict {
    stage.judge(&stage.sign(document, mechanism))
}

#[track_caller]
fn accepts(stage: &Stage, document: &Map<String, Value>) {
    for mechanism in ALL {
        assert_eq!(stage.prepare(document.clone(), mechanism), Ok(()), "{mechanism:?}");
        let verdict = judge(stage, document.clone(), mechanism);
        assert_eq!(verdict.word(), "accepted", "{mechanism:?} {verdict:#?}");
    }
}

#[track_caller]
fn refuses(stage: &Stage, document: Map<String, Value>, fault: &str) {
    let faults = Presentation::check(&document).expect_err("a rule is broken");
    assert!(faults.iter().any(|found| found.to_string().contains(fault)), "{faults:?}");
    for mechanism in ALL {
        let refused = stage.prepare(document.clone(), mechanism);
        assert!(matches!(&refused, Err(WalletError::Misused { reason }) if reason.contains(fault)), "{mechanism:?} {refused:?}");
    }
    for mechanism in OVER_JSON {
        let verdict = judge(stage, document.clone(), mechanism);
        let named = |reason: &Reason| matches!(reason, Reason::Malformed { fault: found } if found.contains(fault));
        assert!(verdict.reasons().iter().any(|found| named(&found.what)), "{mechanism:?} {verdict:#?}");
    }
}

#[track_caller]
fn refuses_with(change: impl FnOnce(&mut Value), fault: &str) {
    let stage = stage();
    let document = with(&stage, change);
    refuses(&stage, document, fault);
}

#[test]
fn good_presentation_is_made_and_accepted() {
    let stage = stage();
    accepts(&stage, &presentation(&stage));
    accepts(&stage, &with(&stage, |json| json["verifiableCredential"] = json["verifiableCredential"][0].clone()));
    accepts(&stage, &with(&stage, |json| drop(json.as_object_mut().expect("an object").remove("verifiableCredential"))));
}

#[test]
fn presentation_has_contexts_as_a_credential_has() {
    refuses_with(|json| drop(json.as_object_mut().expect("an object").remove("@context")), "@context is missing");
    refuses_with(|json| json["@context"] = json!([UNDEFINED_TERMS]), "the first @context");
    for bad in [json!("https ://not-a-url/contexts/example/v1"), json!(123_192_875)] {
        refuses_with(|json| json["@context"] = json!([V2, bad]), "@context.1 is neither a URL nor an object");
    }
    let stage = stage();
    accepts(&stage, &with(&stage, |json| json["@context"] = json!([V2, UNDEFINED_TERMS])));
    let own = json!([V2, { "Mine": "https://uni.example/vocab#Mine" }]);
    accepts(&stage, &with(&stage, |json| json["@context"] = own));
}

#[test]
fn presentation_names_its_types() {
    let stage = stage();
    for bad in [json!(null), json!([]), json!(["Presentation"]), json!(7)] {
        let document = with(&stage, |json| json["type"] = bad.clone());
        assert!(Presentation::check(&document).is_err());
        assert!(matches!(stage.prepare(document, Mechanism::Jwt), Err(WalletError::Malformed { .. })), "{bad}");
        let mut shown = stage.sign(presentation(&stage), Mechanism::EddsaJcs2022).to_value();
        shown["type"] = bad;
        assert!(matches!(Secured::read(&shown.to_string()), Err(WalletError::Malformed { .. })));
    }
    refuses_with(|json| json["type"] = json!(["VerifiablePresentation", 7]), "type is not a list of type names");
    for mechanism in ALL {
        let unmapped = with(&stage, |json| json["type"] = json!(["VerifiablePresentation", "NobodyDefinedThis"]));
        assert!(matches!(stage.prepare(unmapped.clone(), mechanism), Err(WalletError::Misused { .. })));
        if !mechanism.is_over_rdf() {
            let verdict = judge(&stage, unmapped, mechanism);
            assert!(matches!(verdict.reasons()[0].what, Reason::UndefinedTerm { .. }), "{verdict:#?}");
        }
    }
}

#[test]
fn identifier_and_holder_of_a_presentation_are_urls() {
    for bad in [json!(null), json!(7), json!("Ana"), json!(["urn:a:b"])] {
        let id = bad.clone();
        refuses_with(|json| json["id"] = id, "id is not a URL");
        refuses_with(|json| json["holder"] = bad, "holder is not a URL");
    }
    refuses_with(|json| json["holder"] = json!({ "name": "Ana" }), "holder.id is missing");
    refuses_with(|json| json["holder"] = json!({ "id": null }), "holder.id is not a URL");
    let stage = stage();
    accepts(&stage, &with(&stage, |json| json["holder"] = json!({ "id": stage.issuer.did })));
}

#[test]
fn presentation_is_signed_by_its_holder() {
    let stage = stage();
    for mechanism in ALL {
        let stolen = with(&stage, |json| json["holder"] = json!("did:example:ana"));
        let verdict = judge(&stage, stolen, mechanism);
        assert!(verdict.reasons().iter().any(|found| matches!(found.what, Reason::SignerMismatch { .. })), "{verdict:#?}");
    }
}

#[test]
fn presentation_holds_objects_and_nothing_else() {
    for bad in [json!("https://uni.example/credential"), json!("eyJhbGciOiJFUzI1NiJ9.e30.AA"), json!(7), json!(null), json!([[]])]
    {
        refuses_with(|json| json["verifiableCredential"] = bad, "is not an object");
    }
    refuses_with(|json| json["verifiableCredential"] = json!([]), "verifiableCredential is empty");
    refuses_with(|json| json["verifiableCredential"] = json!([{ "type": "Person" }]), "is neither a credential");
    refuses_with(
        |json| drop(json["verifiableCredential"][0].as_object_mut().expect("an object").remove("type")),
        "verifiableCredential.0 is neither a credential",
    );
}

#[test]
fn credential_in_a_presentation_is_secured_on_its_own() {
    let stage = stage();
    // Self-asserted claims under the presentation's proof alone are not taken, whoever holds them.
    let bare = Value::Object(stage.credential());
    let document = with(&stage, |json| json["verifiableCredential"] = json!([bare]));
    refuses(&stage, document, "verifiableCredential.0 is not secured");
}

#[test]
fn credential_in_a_presentation_is_held_to_the_same_rules() {
    let stage = stage();
    for mechanism in OVER_JSON {
        let broken = stage.sign(stage.with(|json| json["validFrom"] = "2026-01-01".into()), mechanism).to_value();
        let document = with(&stage, |json| json["verifiableCredential"] = broken);
        let verdict = judge(&stage, document, Mechanism::Jwt);
        assert!(matches!(verdict.reasons()[0].what, Reason::Malformed { .. }), "{verdict:#?}");
    }
}

/// An envelope with one thing changed, in a presentation.
#[track_caller]
fn refuses_envelope(change: impl FnOnce(&mut Value)) {
    refuses_with(|json| change(&mut json["verifiableCredential"][2]), "verifiableCredential.2 is not a well-formed envelope");
}

#[test]
fn envelope_of_a_credential_has_its_context_its_type_and_a_data_url() {
    refuses_envelope(|json| drop(json.as_object_mut().expect("an object").remove("@context")));
    refuses_envelope(|json| json["@context"] = json!("https://example.org/c"));
    refuses_envelope(|json| json["@context"] = json!(null));
    refuses_envelope(|json| json["type"] = json!(["EnvelopedVerifiableCredential", "VerifiableCredential"]));
    refuses_envelope(|json| drop(json.as_object_mut().expect("an object").remove("id")));
    refuses_envelope(|json| json["id"] = json!("https://uni.example/credential"));
    let stage = stage();
    accepts(&stage, &with(&stage, |json| json["verifiableCredential"][2]["@context"] = json!([V2, UNDEFINED_TERMS])));
}

#[test]
fn envelope_of_a_presentation_has_its_context_its_type_and_a_data_url() {
    let stage = stage();
    let good = stage.sign(presentation(&stage), Mechanism::Jwt).to_value();
    assert_eq!(good["type"], "EnvelopedVerifiablePresentation");
    let verdict = stage.judge(&Secured::read(&good.to_string()).expect("an envelope"));
    assert_eq!(verdict.word(), "accepted", "{verdict:#?}");
    for (name, bad) in [
        ("@context", json!(null)),
        ("@context", json!("https://example.org/c")),
        ("type", json!(["EnvelopedVerifiablePresentation", "VerifiablePresentation"])),
        ("id", json!("https://uni.example/presentation")),
        ("id", json!(null)),
    ] {
        let mut envelope = good.clone();
        envelope[name] = bad;
        assert!(matches!(Secured::read(&envelope.to_string()), Err(WalletError::Malformed { .. })), "{name}");
    }
}

#[test]
fn terms_of_use_of_a_presentation_have_a_type() {
    refuses_with(|json| json["termsOfUse"] = json!({ "id": "https://uni.example/policy" }), "termsOfUse.type is missing");
    refuses_with(|json| json["termsOfUse"] = json!([]), "termsOfUse is empty");
}

#[test]
fn altered_document_is_not_given_back() {
    let stage = stage();
    let mut shown = stage.sign(presentation(&stage), Mechanism::EddsaRdfc2022).to_value();
    shown["proof"]["proofValue"] = "z5nmMBw2u9TGKd9NxxHJtyZKgjN2Eh".into();
    assert!(Secured::read(&shown.to_string()).is_err());
    let mut shown = stage.sign(presentation(&stage), Mechanism::EddsaRdfc2022).to_value();
    shown["id"] = "urn:uuid:00000000-0000-4000-8000-000000000000".into();
    let verdict = stage.judge(&Secured::read(&shown.to_string()).expect("still a presentation"));
    assert!(verdict.reasons().iter().any(|found| found.what == Reason::BadSignature), "{verdict:#?}");
    assert!(verdict.verified().is_none());
}

#[test]
fn what_secures_a_document_is_not_part_of_what_is_verified() {
    let stage = stage();
    for mechanism in ALL {
        let secured = stage.sign(stage.credential(), mechanism);
        assert_eq!(*secured.body(), stage.credential(), "{mechanism:?}");
    }
}

#[test]
fn problem_has_a_type_a_title_and_a_detail() {
    let stage = stage();
    let broken = judge(&stage, with(&stage, |json| json["holder"] = json!("Ana")), Mechanism::Jwt);
    let problems = serde_json::to_value(broken.problems(Language::En)).expect("plain data");
    assert_eq!(problems[0]["type"], "https://www.w3.org/TR/vc-data-model#MALFORMED_VALUE_ERROR");
    let mut shown = stage.sign(presentation(&stage), Mechanism::EddsaJcs2022).to_value();
    shown["id"] = "urn:uuid:00000000-0000-4000-8000-000000000000".into();
    let forged = stage.judge(&Secured::read(&shown.to_string()).expect("still a presentation"));
    let problems = serde_json::to_value(forged.problems(Language::Es)).expect("plain data");
    assert_eq!(problems[0]["type"], "https://www.w3.org/TR/vc-data-model#CRYPTOGRAPHIC_SECURITY_ERROR");
    for problem in problems.as_array().expect("a list") {
        assert!(["type", "title", "detail"].iter().all(|name| problem[*name].as_str().is_some_and(|text| !text.is_empty())));
    }
    let expired = judge(&stage, with(&stage, |json| json["verifiableCredential"] = old(&stage)), Mechanism::Jwt);
    assert_eq!(expired.problems(Language::En)[0].kind, "https://w3id.org/cedula/problems#expired");
}

fn old(stage: &Stage) -> Value {
    let document = stage.with(|json| json["validUntil"] = "2026-02-01T00:00:00Z".into());
    stage.sign(document, Mechanism::Jwt).to_value()
}
