//! The W3C suites for JSON-LD 1.1: expansion and to-RDF, what is refused by design listed with the reason.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::{Map, Value};
use wallet_core::securing::linked_data::rdfc::{self, Hash};
use wallet_core::securing::linked_data::{Contexts, LinkedDataError, Quad, to_quads};

use super::{nquads, read, read_json, suite};

/// The URL of the suites, which their contexts are named by.
const BASE: &str = "https://w3c.github.io/json-ld-api/tests/";

/// The tests that are refused, each with the reason: by design, or because they are not claimed.
const TO_RDF: &str = include_str!("to_rdf.txt");
const EXPAND: &str = include_str!("expand.txt");

#[test]
fn w3c_json_ld_to_rdf_suite_passes_but_for_what_is_listed() {
    // Of 467 tests, 19 are for JSON-LD 1.0.
    run("toRdf", TO_RDF, 346);
}

#[test]
fn w3c_json_ld_expansion_suite_passes_but_for_what_is_listed() {
    // Of 385 tests, 18 are for JSON-LD 1.0; the graph of what is expected must be the graph of ours.
    run("expand", EXPAND, 300);
}

fn run(name: &str, listed: &str, at_least: usize) {
    let Some(folder) = suite("json-ld-api/tests") else { return };
    let manifest = read_json(&folder.join(format!("{name}-manifest.jsonld")));
    let listed: BTreeMap<&str, &str> =
        listed.lines().filter(|line| !line.starts_with("# ")).filter_map(|line| line.split_once(' ')).collect();
    let (mut passed, mut by_design, mut faults) = (0, 0, Vec::new());
    for test in manifest["sequence"].as_array().expect("tests") {
        let id = test["@id"].as_str().expect("an id");
        match (outcome(&folder, name, test), listed.get(id)) {
            (Ok(()), None) => passed += 1,
            (Ok(()), Some(_)) => faults.push(format!("{id} passes and is listed")),
            // Whatever is listed is refused: another graph than the suite's would be a wrong signature.
            (Err(Outcome::Refused(why)), Some(reason)) if why == **reason => {
                by_design += usize::from(why.starts_with("by design"))
            }
            (Err(Outcome::Refused(why)), _) => faults.push(format!("{id} {why}")),
            (Err(Outcome::Wrong(why)), _) => faults.push(format!("{id} WRONG {why}")),
        }
    }
    println!("{name}: {passed} pass, {by_design} are refused by design, {} are not claimed", listed.len() - by_design);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(passed >= at_least, "{passed}");
}

enum Outcome {
    /// Nothing was computed.
    Refused(String),
    /// Something else than expected was computed.
    Wrong(String),
}

fn refused(why: &str) -> Outcome {
    Outcome::Refused(why.to_owned())
}

fn outcome(folder: &Path, name: &str, test: &Value) -> Result<(), Outcome> {
    applies(test)?;
    let negative = test.get("expectErrorCode").is_some();
    let input = test["input"].as_str().expect("a file");
    let (text, contexts) = with_contexts(&folder.join(name), &read(&folder.join(input)))?;
    let mut document = match serde_json::from_str(&text) {
        Ok(Value::Object(map)) => map,
        Ok(Value::Array(all)) => Map::from_iter([("@graph".to_owned(), Value::Array(all))]),
        _ if negative => return Ok(()),
        _ => return Err(refused("is not JSON")),
    };
    if let Some(context) = test["option"]["expandContext"].as_str() {
        let context = read_json(&folder.join(context))["@context"].clone();
        document.insert("@context".to_owned(), context);
    }
    // RDF without directions, or with nodes for them, is what nothing is signed in.
    let directed = name == "toRdf" && text.contains("\"@direction\"") && test["option"]["rdfDirection"] != "i18n-datatype";
    if directed && !negative {
        return Err(refused("by design: directions are never dropped, and always an i18n: datatype"));
    }
    let quads = match to_quads(&document, &contexts) {
        Err(_) if negative => return Ok(()),
        Err(error) => return Err(Outcome::Refused(reason(&error))),
        Ok(_) if negative => return Err(Outcome::Wrong(format!("not refused: {}", test["expectErrorCode"]))),
        Ok(quads) => quads,
    };
    let Some(expect) = test["expect"].as_str() else { return Ok(()) };
    let expected = read(&folder.join(expect));
    let (ours, theirs) = match name {
        "toRdf" => (canonical(&quads)?, canonical(&nquads::read(&expected).quads)?),
        _ => {
            let all: Value = serde_json::from_str(&expected).expect("JSON");
            let all = Map::from_iter([("@graph".to_owned(), all)]);
            let theirs = to_quads(&all, &contexts).map_err(|error| Outcome::Refused(reason(&error)))?;
            (canonical(&quads)?, canonical(&theirs)?)
        }
    };
    if ours == theirs { Ok(()) } else { Err(Outcome::Wrong(format!("\n--- ours\n{ours}--- theirs\n{theirs}"))) }
}

/// Whether a test is for this processor at all.
fn applies(test: &Value) -> Result<(), Outcome> {
    let option = &test["option"];
    if option["specVersion"] == "json-ld-1.0" || option["processingMode"] == "json-ld-1.0" {
        return Err(refused("not claimed: for JSON-LD 1.0"));
    }
    if option["produceGeneralizedRdf"] == true {
        return Err(refused("by design: a blank node is no property in RDF"));
    }
    if !option["base"].is_null() {
        return Err(refused("by design: there is no base, by which one IRI could be written in two ways"));
    }
    if test["expectErrorCode"] == "invalid scoped context" {
        return Err(refused("not claimed: a scoped context is read when it is used"));
    }
    Ok(())
}

/// Why a document is refused that JSON-LD has nothing against.
fn reason(error: &LinkedDataError) -> String {
    match error {
        LinkedDataError::UndefinedTerm { .. } => "by design: what has no meaning is refused and never dropped".to_owned(),
        LinkedDataError::Invalid { reason } if reason.starts_with("@base") => {
            "by design: there is no base, by which one IRI could be written in two ways".to_owned()
        }
        LinkedDataError::Invalid { reason } if reason.contains("@nest") => format!("not claimed: {reason}"),
        error => format!("by design: JSON-LD drops what is refused here ({error})"),
    }
}

fn canonical(quads: &[Quad<'_>]) -> Result<String, Outcome> {
    Ok(rdfc::canonicalize(quads, Hash::Sha256).map_err(|error| Outcome::Refused(error.to_string()))?.nquads)
}

/// `text` with the contexts it names under their URLs, and those contexts.
fn with_contexts(folder: &Path, text: &str) -> Result<(String, Contexts), Outcome> {
    let absolute = |text: &str| {
        let mut text = text.to_owned();
        for file in context_files(folder) {
            let name = folder.file_name().expect("a name").to_string_lossy();
            text = text.replace(&format!("\"{file}\""), &format!("\"{BASE}{name}/{file}\""));
        }
        text
    };
    let mut contexts = Contexts::bundled();
    let input = absolute(text);
    if input != text {
        for file in context_files(folder) {
            let url = format!("{BASE}{}/{file}", folder.file_name().expect("a name").to_string_lossy());
            // One that is no context document is one that must not be found.
            contexts = contexts.with(&url, &absolute(&read(&folder.join(&file)))).unwrap_or(contexts);
        }
    }
    Ok((input, contexts))
}

fn context_files(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").file_name());
    names.map(|name| name.to_string_lossy().into_owned()).filter(|name| name.contains("-context")).collect()
}
