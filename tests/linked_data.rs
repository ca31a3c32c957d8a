//! The W3C suites for canonical RDF and JSON-LD.
//!
//! The files are looked for in `$CEDULA_VECTORS`, else in `../shared/vectors`.

#[path = "linked_data/json_ld.rs"]
mod json_ld;
#[path = "linked_data/nquads.rs"]
mod nquads;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use oxjsonld::JsonLdParser;
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use wallet_core::securing::linked_data::rdfc::{self, Hash};
use wallet_core::securing::linked_data::{Contexts, LinkedDataError, to_quads};

/// The folder of one suite; none where the vectors are not at hand, which CI does not accept.
fn suite(name: &str) -> Option<PathBuf> {
    let root = std::env::var_os("CEDULA_VECTORS").map(PathBuf::from);
    let folder = root.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/vectors")).join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(std::env::var_os("CI").is_none(), "the vectors are not at hand: set CEDULA_VECTORS");
    println!("skipped: no {}", folder.display());
    None
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn read_json(path: &Path) -> Value {
    serde_json::from_str(&read(path)).expect("JSON")
}

#[test]
fn w3c_rdf_canon_suite_passes() {
    let Some(folder) = suite("rdf-canon/tests") else { return };
    let manifest = read_json(&folder.join("manifest.jsonld"));
    let mut passed = 0;
    for test in manifest["entries"].as_array().expect("entries") {
        let file = |name: &str| folder.join(test[name].as_str().expect("a file"));
        let hash = if test["hashAlgorithm"] == "SHA384" { Hash::Sha384 } else { Hash::Sha256 };
        let dataset = nquads::read(&read(&file("action")));
        let canonical = rdfc::canonicalize(&dataset.quads, hash);
        match test["type"].as_str().expect("a type") {
            "rdfc:RDFC10EvalTest" => assert_eq!(canonical.expect("canonical").nquads, read(&file("result")), "{}", test["id"]),
            "rdfc:RDFC10MapTest" => {
                let canonical = canonical.expect("canonical");
                let labels: BTreeMap<_, _> = dataset
                    .labels
                    .iter()
                    .map(|(label, node)| (label.clone(), canonical.label(*node).expect("a label")))
                    .collect();
                let expected: BTreeMap<String, String> = serde_json::from_value(read_json(&file("result"))).expect("a map");
                assert_eq!(labels, expected, "{}", test["id"]);
            }
            "rdfc:RDFC10NegativeEvalTest" => assert_eq!(canonical, Err(LinkedDataError::TooMuchWork), "{}", test["id"]),
            other => panic!("a test of another type: {other}"),
        }
        passed += 1;
    }
    assert_eq!(passed, 86);
}

/// A document of every kind of term, within what both processors cover.
///
/// Contexts scoped to a type are left to the JSON-LD suite: the general processor drops them inside index maps (JSON-LD 1.1 API
/// §5.1.2, step 13.8.3) and takes those scoped to a property with them.
fn any_document() -> impl Strategy<Value = Value> {
    let text = || "[a-zé\\t\"\\\\ ]{0,6}".prop_map(Value::from);
    let iri = || prop_oneof![Just("urn:a"), Just("urn:b"), Just("ex:c"), Just("_:n"), Just("_:m")];
    let leaf = prop_oneof![
        text(),
        any::<bool>().prop_map(Value::from),
        (-1000i64..1000).prop_map(Value::from),
        (-1000i64..1000).prop_map(|n| Value::from(n as f64 / 8.0)),
        text().prop_map(|text| json!({ "@value": text, "@language": "EN-gb" })),
        text().prop_map(|text| json!({ "@value": text, "@type": "ex:datatype" })),
        iri().prop_map(|iri| json!({ "@id": iri })),
    ];
    leaf.prop_recursive(4, 24, 4, move |inner| {
        let some = || proptest::collection::vec(inner.clone(), 0..3);
        let member = prop_oneof![
            (prop_oneof![Just("value"), Just("set"), Just("list"), Just("scoped"), Just("ex:free")], some())
                .prop_map(|(name, all)| (name, Value::from(all))),
            inner.clone().prop_map(|one| ("value", one)),
            iri().prop_map(|iri| ("link", json!(iri))),
            iri().prop_map(|iri| ("code", json!(iri))),
            text().prop_map(|text| ("spanish", text)),
            text().prop_map(|text| ("dated", text)),
            some().prop_map(|all| ("raw", json!({ "all": all }))),
            text().prop_map(|text| ("note", json!({ "en": text, "@none": "x" }))),
            inner.clone().prop_map(|one| ("byIndex", json!({ "k": one }))),
            inner.clone().prop_map(|one| ("inGraph", json!({ "value": one }))),
            inner.clone().prop_map(|one| ("byType", json!({ "Course": { "title": one } }))),
            inner.clone().prop_map(|one| ("partOf", json!({ "value": one }))),
            inner.clone().prop_map(|one| ("details", json!({ "inner": one }))),
        ];
        let kind = prop_oneof![Just(None), Just(Some("Course")), Just(Some("ex:Other"))];
        (proptest::collection::vec(member, 0..4), kind, proptest::option::of(iri())).prop_map(|(members, kind, id)| {
            let mut map: Map<String, Value> = members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
            kind.map(|kind| map.insert("type".into(), json!(kind)));
            id.map(|id| map.insert("id".into(), json!(id)));
            Value::Object(map)
        })
    })
}

fn context() -> Value {
    json!({
        "id": "@id", "type": "@type", "ex": "https://example.org/vocab#",
        "value": "ex:value", "inner": { "@id": "ex:inner", "@nest": "details" }, "details": "@nest",
        "set": { "@id": "ex:set", "@container": "@set" }, "list": { "@id": "ex:list", "@container": "@list" },
        "scoped": { "@id": "ex:scoped", "@context": { "value": "ex:other", "@language": "fr" } },
        "link": { "@id": "ex:link", "@type": "@id" }, "code": { "@id": "ex:code", "@type": "@vocab" },
        "spanish": { "@id": "ex:spanish", "@language": "ES" },
        "dated": { "@id": "ex:dated", "@type": "http://www.w3.org/2001/XMLSchema#date" },
        "raw": { "@id": "ex:raw", "@type": "@json" }, "note": { "@id": "ex:note", "@container": "@language" },
        "byIndex": { "@id": "ex:byIndex", "@container": "@index" }, "byType": { "@id": "ex:byType", "@container": "@type" },
        "inGraph": { "@id": "ex:inGraph", "@container": "@graph" }, "partOf": { "@reverse": "ex:hasPart" },
        "Course": "ex:Course", "title": "ex:title"
    })
}

proptest! {
    #[test]
    fn compiled_contexts_give_the_quads_a_general_processor_gives(body in any_document()) {
        let Value::Object(mut document) = body else { return Ok(()) };
        document.insert("@context".into(), context());
        // What ours refuses as dropped, or as costly, the general processor cannot be asked about.
        if let Ok(quads) = to_quads(&document, &Contexts::bundled())
            && let Ok(ours) = rdfc::canonicalize(&quads, Hash::Sha256)
        {
            let text = Value::Object(document).to_string();
            let theirs: Result<Vec<String>, _> =
                JsonLdParser::new().for_slice(&text).map(|quad| quad.map(|quad| format!("{quad} ."))).collect();
            let theirs = nquads::read(&theirs.expect("valid JSON-LD").join("\n"));
            let theirs = rdfc::canonicalize(&theirs.quads, Hash::Sha256).expect("as costly as ours");
            prop_assert_eq!(ours.nquads, theirs.nquads, "{}", text);
        }
    }
}

/// What the general processor makes of a document.
fn general(text: &str) -> Vec<String> {
    let quads = JsonLdParser::new().for_slice(text).map(|quad| quad.map(|quad| quad.to_string()));
    quads.collect::<Result<_, _>>().expect("valid JSON-LD")
}

/// The facts of decision 2: once one of them changes, so may the decision.
#[test]
fn general_processor_drops_in_silence_what_ours_refuses() {
    let ours = |text: &str| {
        let document: Value = serde_json::from_str(text).expect("JSON");
        let quads = to_quads(document.as_object().expect("an object"), &Contexts::bundled());
        quads.map(|quads| quads.len())
    };
    // A claim and a type that no context defines.
    let undefined = r#"{"@context":{"a":"urn:a"},"@id":"urn:s","@type":"Foo","a":"x","b":"y"}"#;
    assert_eq!(general(undefined), ["<urn:s> <urn:a> \"x\""]);
    assert!(matches!(ours(undefined), Err(LinkedDataError::UndefinedTerm { .. })));
    // An identifier without a base, and all that is said of it.
    let relative = r#"{"@context":{"a":"urn:a"},"@id":"relative","a":"x"}"#;
    assert!(general(relative).is_empty());
    assert!(matches!(ours(relative), Err(LinkedDataError::UndefinedTerm { .. })));
    // The direction of a text, which other signers put into its datatype.
    let directed = r#"{"@context":{"a":"urn:a"},"@id":"urn:s","a":{"@value":"x","@direction":"rtl","@language":"ar"}}"#;
    assert_eq!(general(directed), ["<urn:s> <urn:a> \"x\"@ar"]);
    assert_eq!(ours(directed), Ok(1));
    // A context scoped to a property, of a term scoped to a type, inside a map (JSON-LD 1.1 API §5.1.2, step 13.8).
    let scoped = r#"{"@context":{"T":{"@id":"urn:T","@context":{"p":{"@id":"urn:p","@container":"@index",
        "@context":{"y":"urn:y"}}}}},"@id":"urn:s","@type":"T","p":{"k":{"y":"x"}}}"#;
    assert_eq!(general(scoped).len(), 2);
    assert_eq!(ours(scoped), Ok(3));
    // An integer that no double holds: JSON-LD numbers are doubles, and other signers sign another one (§8.6).
    let number = r#"{"@context":{"a":"urn:a"},"@id":"urn:s","a":9007199254740993}"#;
    assert_eq!(general(number).len(), 1);
    assert!(matches!(ours(number), Err(LinkedDataError::Invalid { .. })));
}
