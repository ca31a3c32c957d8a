//! npm `@digitalbazaar/cborld` reads what we write, writes the same bytes, and we read what it writes.

use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Map, Value, json};
use wallet_core::qr::{TypeTable, TypeTables, cbor_ld};
use wallet_core::securing::linked_data::Contexts;

use crate::credentials::{all, full_table};
use crate::{folder, from_hex, object, to_hex, vector_contexts, vector_table};

/// Lets the reference do every job in one process.
pub fn ask(contexts: &Contexts, tables: &TypeTables, jobs: Vec<Value>) -> Vec<Value> {
    let package = folder("interop/cborld");
    assert!(
        package.join("node_modules/@digitalbazaar/cborld").exists(),
        "run `npm ci --ignore-scripts` in {} first",
        package.display()
    );
    let contexts: Map<String, Value> =
        contexts.urls().map(|url| (url.to_owned(), contexts.document(url).cloned().unwrap_or_default())).collect();
    let tables: BTreeMap<String, Value> =
        tables.iter().map(|table| (table.entry_id().to_string(), table.to_json()["typeTable"].clone())).collect();
    let mut node = Command::new("node")
        .arg("convert.mjs")
        .current_dir(&package)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node is installed");
    let question = json!({ "contexts": contexts, "tables": tables, "jobs": jobs }).to_string();
    node.stdin.take().expect("piped").write_all(question.as_bytes()).expect("node reads");
    let answer = node.wait_with_output().expect("node ends");
    assert!(answer.status.success(), "node failed");
    serde_json::from_slice(&answer.stdout).expect("a JSON array of answers")
}

pub fn encode_job(document: &Map<String, Value>, entry_id: u64, format: &str) -> Value {
    json!({ "encode": document, "registryEntryId": entry_id, "format": format })
}

#[test]
fn reference_and_we_write_the_same_bytes_of_real_credentials_and_read_each_others() {
    let contexts = vector_contexts();
    let (programme, published, empty) = (full_table(), vector_table(), TypeTable::empty());
    let tables = TypeTables::new().with(programme.clone()).with(published.clone());
    let mut cases = Vec::new();
    for (name, credential) in all() {
        for table in [&empty, &programme] {
            cases.push((name, credential.clone(), table));
        }
    }
    for name in ["employment-authorization", "drivers-license"] {
        cases.push((name, object(&folder("vectors/vc-barcodes").join(format!("{name}.json"))), &published));
    }

    let mut jobs = Vec::new();
    for (name, document, table) in &cases {
        let ours = cbor_ld::encode(document, table, &contexts).unwrap_or_else(|e| panic!("{name}: {e}"));
        jobs.push(json!({ "decode": to_hex(&ours) }));
        jobs.push(encode_job(document, table.entry_id(), "cbor-ld-1.0"));
        jobs.push(encode_job(document, table.entry_id(), "legacy-range"));
    }
    let answers = ask(&contexts, &tables, jobs);
    println!("\n{:<28} {:>6} {:>7} {:>10}", "credential", "table", "bytes", "same bytes");
    for ((name, document, table), answers) in cases.iter().zip(answers.chunks(3)) {
        let ours = to_hex(&cbor_ld::encode(document, table, &contexts).expect("encoded above"));
        println!("{name:<28} {:>6} {:>7} {:>10}", table.entry_id(), ours.len() / 2, answers[1]["encoded"] == ours.as_str());
        assert_eq!(answers[0]["decoded"], Value::Object(document.clone()), "{name}: they read ours: {}", answers[0]);
        assert_eq!(answers[1]["encoded"], ours.as_str(), "{name}: the same bytes: {}", answers[1]);
        for theirs in &answers[1..] {
            let bytes = from_hex(theirs["encoded"].as_str().unwrap_or_else(|| panic!("{name}: {theirs}")));
            assert_eq!(cbor_ld::decode(&bytes, &tables, &contexts).as_ref(), Ok(document), "{name}: we read theirs");
        }
    }
}

#[test]
fn uncompressed_payload_of_the_reference_is_read() {
    let contexts = Contexts::bundled();
    let document = json!({ "a": [1, -2.5, "ñ", null, { "b": true }], "c": 1e21 });
    let document = document.as_object().expect("an object").clone();
    let jobs = vec![encode_job(&document, 0, "cbor-ld-1.0"), encode_job(&document, 0, "legacy-range")];
    for theirs in ask(&contexts, &TypeTables::new(), jobs) {
        let bytes = from_hex(theirs["encoded"].as_str().expect("encoded"));
        assert_eq!(cbor_ld::decode(&bytes, &TypeTables::new(), &contexts).as_ref(), Ok(&document));
    }
}

/// A context with every kind of term: typed, scoped by type and by property, prefixed, not propagating.
fn rich_context() -> Value {
    json!({ "@context": [{
        "@version": 1.1,
        "id": "@id",
        "type": "@type",
        "xsd": "http://www.w3.org/2001/XMLSchema#",
        "ex": "https://example.org/terms#",
        "Person": { "@id": "ex:Person", "@context": { "name": "ex:personName", "mail": { "@id": "ex:mail", "@type": "@id" } } },
        "Place": { "@id": "ex:Place", "@context": { "@propagate": true, "name": { "@id": "ex:placeName", "@type": "xsd:date" }, "zip": "ex:zip" } },
        "name": "ex:name",
        "born": { "@id": "ex:born", "@type": "xsd:date" },
        "at": { "@id": "ex:at", "@type": "xsd:dateTime" },
        "link": { "@id": "ex:link", "@type": "@id" },
        "word": { "@id": "ex:word", "@type": "@vocab" },
        "bytes": { "@id": "ex:bytes", "@type": "https://w3id.org/security#multibase" },
        "suite": { "@id": "ex:suite", "@type": "https://w3id.org/security#cryptosuiteString" },
        "inside": { "@id": "ex:inside", "@context": { "name": { "@id": "ex:insideName", "@type": "@id" }, "deep": "ex:deep" } },
        "local": { "@id": "ex:local", "@context": { "@propagate": false, "only": { "@id": "ex:only", "@type": "xsd:date" } } },
        "\u{1F600}": "ex:smile",
        "\u{FB00}": "ex:ligature"
    }] })["@context"][0].clone()
}

fn text_value() -> impl Strategy<Value = String> {
    prop_oneof![
        "[A-Za-z ñé€😀]{0,10}",
        prop::sample::select(vec!["Person", "Place", "name", "@type", "aisle", "https://example.org/known"])
            .prop_map(str::to_owned),
        "https?://[a-z]{1,6}(:[0-9]{2})?/[a-z:#?=]{0,6}",
        "did:(key|v1:nym):z[1-9A-HJ-N]{1,20}(#(z[1-9A-HJ-N]{1,10}|key-[0-9]))?",
        "did:(web|ethr):[a-z0-9:]{1,10}",
        "urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
        "data:[a-z/;=]{0,10}(;base64)?,([A-Za-z0-9+/]{4}){0,3}([A-Za-z0-9+/]{2}==)?",
        "(19|20|00)[0-9]{2}-(0[1-9]|1[0-9])-[0-3][0-9]",
        "(19|20)[0-9]{2}-(0[1-9]|1[0-2])-[0-2][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,4})?(Z|[+-]03:00)",
    ]
}

fn multibase_value() -> impl Strategy<Value = String> {
    prop_oneof!["z[1-9A-HJ-NP-Za-km-z]{0,30}", "u([A-Za-z0-9_-]{4}){0,6}", "M([A-Za-z0-9+/]{4}){0,6}", "[a-tv-y]{0,8}"]
}

/// Members of an object: a name and a value that suits its type, or not quite.
fn members(depth: u32) -> BoxedStrategy<Map<String, Value>> {
    let text = || text_value().prop_map(Value::from);
    let number = prop_oneof![
        any::<i32>().prop_map(Value::from),
        any::<f64>().prop_filter("finite", |f| f.is_finite()).prop_map(Value::from),
        any::<f32>().prop_filter("finite", |f| f.is_finite()).prop_map(|f| Value::from(f64::from(f))),
    ];
    let plain = prop_oneof![3 => text(), 1 => number, 1 => any::<bool>().prop_map(Value::from), 1 => Just(Value::Null)];
    let several = |one: BoxedStrategy<Value>| {
        prop_oneof![3 => one.clone(), 1 => prop::collection::vec(one, 0..3).prop_map(Value::Array)].boxed()
    };
    let typed = prop_oneof![
        (prop::sample::select(vec!["id", "born", "at", "link", "word"]), text()),
        (Just("type"), prop::sample::select(vec!["Person", "Place", "Other"]).prop_map(Value::from)),
        (Just("bytes"), multibase_value().prop_map(Value::from)),
        (Just("suite"), prop::sample::select(vec!["eddsa-rdfc-2022", "unknown-suite"]).prop_map(Value::from)),
    ];
    let typed = typed.prop_flat_map(move |(name, value)| (Just(name.to_owned()), several(Just(value).boxed())));
    let names = prop::sample::select(vec!["name", "mail", "zip", "deep", "only", "\u{1F600}", "\u{FB00}", "unknown"]);
    let untyped = (names.prop_map(str::to_owned), several(plain.boxed()));
    let member = if depth == 0 {
        prop_oneof![typed, untyped].boxed()
    } else {
        let nests = prop::sample::select(vec!["inside", "local", "name", "link", "ex:free"]).prop_map(str::to_owned);
        let nested = (nests, several(members(depth - 1).prop_map(Value::Object).boxed()));
        prop_oneof![2 => typed, 2 => untyped, 2 => nested].boxed()
    };
    prop::collection::vec(member, 0..5).prop_map(Map::from_iter).boxed()
}

/// The document with every number spelt one way.
fn by_value(document: &Value) -> Value {
    match document {
        Value::Number(number) => json!({ "number": number.as_f64().map(|number| number.to_string()) }),
        Value::Array(items) => items.iter().map(by_value).collect(),
        Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), by_value(value))).collect(),
        other => other.clone(),
    }
}

#[test]
fn reference_and_we_agree_on_generated_documents() {
    let url = "https://example.org/rich";
    let contexts = Contexts::bundled().with(url, &json!({ "@context": rich_context() }).to_string()).expect("a context");
    let table = TypeTable::programme(1001, &[url], &["https://example.org/known"], &["aisle"]).expect("a table");
    let tables = TypeTables::new().with(table.clone());

    let mut runner = TestRunner::deterministic();
    let strategy = members(3);
    let mut written = Vec::new();
    while written.len() < 400 {
        let mut document = strategy.new_tree(&mut runner).expect("a document").current();
        document.insert("@context".into(), json!([url, { "extra": "https://example.org/extra" }]));
        // What we would not write because it would not come back, the reference may write: nothing to compare.
        let Ok(ours) = cbor_ld::encode(&document, &table, &contexts) else { continue };
        let read_back = cbor_ld::decode(&ours, &tables, &contexts).map(|document| by_value(&Value::Object(document)));
        if read_back == Ok(by_value(&Value::Object(document.clone()))) {
            written.push((document, ours));
        }
    }
    let job = |(document, bytes): &(Map<String, Value>, Vec<u8>)| {
        [encode_job(document, table.entry_id(), "cbor-ld-1.0"), json!({ "decode": to_hex(bytes) })]
    };
    let answers = ask(&contexts, &tables, written.iter().flat_map(job).collect());
    for ((document, ours), theirs) in written.iter().zip(answers.chunks(2)) {
        let document = Value::Object(document.clone());
        assert_eq!(theirs[0]["encoded"], to_hex(ours).as_str(), "the same bytes of {document}: {}", theirs[0]);
        assert_eq!(by_value(&theirs[1]["decoded"]), by_value(&document), "they read ours: {}", theirs[1]);
    }
}
