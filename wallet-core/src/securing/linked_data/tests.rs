//! What is refused rather than dropped, what is limited, and what is shared.

use std::sync::Arc;

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{Contexts, LinkedDataError, canonical_nquads, to_quads};

const V2: &str = "https://www.w3.org/ns/credentials/v2";

fn map(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        other => panic!("{other} is not an object"),
    }
}

/// A credential with these contexts after credentials/v2, and this subject.
fn credential(contexts: &[Value], subject: Value) -> Map<String, Value> {
    let contexts: Vec<Value> = [json!(V2)].into_iter().chain(contexts.iter().cloned()).collect();
    map(json!({
        "@context": contexts, "type": "VerifiableCredential", "issuer": "did:example:issuer", "credentialSubject": subject
    }))
}

fn expand(document: &Map<String, Value>) -> Result<String, LinkedDataError> {
    canonical_nquads(document, &Contexts::bundled())
}

fn refused_as_undefined(document: &Map<String, Value>, term: &str) {
    assert_eq!(expand(document), Err(LinkedDataError::UndefinedTerm { term: term.into() }));
}

#[test]
fn claim_without_meaning_is_refused_and_never_dropped() {
    refused_as_undefined(&credential(&[], json!({ "id": "urn:s", "nobodyDefinedThis": 1 })), "nobodyDefinedThis");
    refused_as_undefined(&credential(&[], json!({ "id": "urn:s", "type": "NoSuchType" })), "NoSuchType");
    refused_as_undefined(&credential(&[], json!({ "id": "urn:s", "@notAKeyword": 1 })), "@notAKeyword");
    refused_as_undefined(&credential(&[json!({ "gone": null })], json!({ "id": "urn:s", "gone": 1 })), "gone");
    refused_as_undefined(&credential(&[], json!({ "id": "relative" })), "@id");
    let mut relative = credential(&[], json!({ "id": "urn:s" }));
    relative.insert("issuer".into(), json!("not an IRI"));
    refused_as_undefined(&relative, "issuer");
}

#[test]
fn term_of_a_type_means_nothing_outside_that_type() {
    let vaccination = json!("https://w3id.org/cedula/vaccination/v1");
    let inside =
        json!({ "id": "urn:s", "type": "VaccinationEvent", "order": 1, "vaccine": { "type": "Vaccine", "atcCode": "J07BN01" } });
    assert!(expand(&credential(std::slice::from_ref(&vaccination), inside)).is_ok());
    let outside = json!({ "id": "urn:s", "type": "VaccinationEvent", "vaccine": { "type": "Vaccine", "order": 1 } });
    refused_as_undefined(&credential(&[vaccination], outside), "order");
}

#[test]
fn protected_term_may_be_repeated_but_not_redefined() {
    let subject = || json!({ "id": "urn:s" });
    assert!(expand(&credential(&[json!("https://w3id.org/security/data-integrity/v2")], subject())).is_ok());
    assert!(expand(&credential(&[json!({ "name": "https://schema.org/name" })], subject())).is_ok());
    for redefinition in [
        json!({ "name": "https://evil.example/name" }),
        json!({ "name": null }),
        json!({ "name": "@ignored" }),
        json!({ "VerifiableCredential": "https://evil.example/" }),
        json!({ "type": "@id" }),
        json!("https://w3id.org/vaccination/v1"),
        Value::Null,
    ] {
        let refused = expand(&credential(std::slice::from_ref(&redefinition), subject()));
        assert!(matches!(refused, Err(LinkedDataError::Invalid { .. })), "{redefinition}");
    }
}

#[test]
fn unknown_context_is_named_wherever_it_stands() {
    let url = "https://example.org/unknown";
    let unknown = Err(LinkedDataError::UnknownContext { url: url.into() });
    assert_eq!(expand(&credential(&[json!(url)], json!({ "id": "urn:s" }))), unknown);
    assert_eq!(expand(&credential(&[], json!({ "id": "urn:s", "@context": url }))), unknown);
    assert_eq!(expand(&credential(&[json!({ "@import": url })], json!({ "id": "urn:s" }))), unknown);
}

#[test]
fn what_would_break_out_of_a_line_is_refused() {
    let injected = "urn:x> <urn:p> <urn:o> .\n<urn:y";
    assert!(expand(&credential(&[], json!({ "id": injected }))).is_err());
    assert!(expand(&credential(&[], json!({ "id": "urn:s", "urn:p> <urn:o": "x" }))).is_err());
    let tagged = |tag: &str| credential(&[], json!({ "id": "urn:s", "urn:p": { "@value": "x", "@language": tag } }));
    assert!(expand(&tagged("en")).is_ok());
    assert!(expand(&tagged("en .\n<urn:a> <urn:b> <urn:c")).is_err());
    assert!(expand(&credential(&[json!({ "@language": "e n" })], json!({ "id": "urn:s", "urn:p": "x" }))).is_err());
}

#[test]
fn reference_that_says_nothing_is_refused_in_a_graph() {
    let bare = credential(&[], json!({ "id": "urn:s" }));
    let presentation =
        |inner: Value| map(json!({ "@context": V2, "type": "VerifiablePresentation", "verifiableCredential": inner }));
    assert!(expand(&presentation(json!([Value::Object(bare)]))).is_ok());
    assert!(expand(&presentation(json!([{ "@context": V2, "id": "urn:c" }]))).is_err());
}

/// What an iOS thread has.
const SMALL_STACK: usize = 512 * 1024;

#[test]
fn deep_nesting_is_refused_on_a_small_stack() {
    let deep = |levels: usize| {
        let nested = (0..levels).fold(json!("x"), |inner, _| json!({ "urn:p": [inner] }));
        credential(&[], json!({ "id": "urn:s", "urn:p": nested }))
    };
    let run = move || {
        assert!(expand(&deep(20)).is_ok());
        assert_eq!(expand(&deep(100)), Err(LinkedDataError::TooDeep));
    };
    on_a_small_stack(run);
}

#[test]
fn costly_contexts_are_refused_on_a_small_stack() {
    let run = || {
        let subject = || json!({ "id": "urn:s" });
        let chain: Map<String, Value> = (0..5000).map(|n| (format!("t{n}"), json!(format!("t{}:x", n + 1)))).collect();
        assert_eq!(expand(&credential(&[Value::Object(chain)], subject())), Err(LinkedDataError::TooDeep));
        let cycle = json!({ "a": "b:x", "b": "a:x" });
        assert!(matches!(expand(&credential(&[cycle], subject())), Err(LinkedDataError::Invalid { .. })));
        let nested: Vec<Value> = (0..20_000).map(|n| json!({ "@context": { "x": format!("urn:{n}") }, "x": n })).collect();
        assert_eq!(expand(&credential(&[], json!({ "urn:p": nested }))), Err(LinkedDataError::TooMuchWork));
        let wide: Vec<Value> = (0..30_000).map(Value::from).collect();
        assert_eq!(expand(&credential(&[], json!({ "urn:p": wide }))), Err(LinkedDataError::TooMuchWork));
    };
    on_a_small_stack(run);
}

fn on_a_small_stack(run: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(SMALL_STACK).spawn(run).expect("a thread").join().expect("it does not overflow");
}

/// Refused as too costly, and soon.
#[track_caller]
fn too_much_work(document: &Map<String, Value>, contexts: &Contexts) {
    let start = std::time::Instant::now();
    let outcome = canonical_nquads(document, contexts);
    assert!(matches!(outcome, Err(LinkedDataError::TooMuchWork | LinkedDataError::TooDeep)), "{outcome:?}");
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
}

#[test]
fn huge_contexts_are_refused_on_a_small_stack() {
    on_a_small_stack(|| {
        let bundled = Contexts::bundled();
        let terms = |count: usize| (0..count).map(|n| (format!("t{n}"), json!(format!("urn:t:{n}")))).collect::<Map<_, _>>();
        // One huge context is read, and not once for each type that has a context of its own.
        let mut own = terms(5_000);
        assert!(expand(&credential(&[Value::Object(own.clone())], json!({ "id": "urn:s", "t7": 1 }))).is_ok());
        let scoped =
            |n: usize| (format!("T{n}"), json!({ "@id": format!("urn:T:{n}"), "@context": { "x": format!("urn:x:{n}") } }));
        own.extend((0..200).map(scoped));
        let types: Vec<Value> = (0..200).map(|n| json!(format!("T{n}"))).collect();
        too_much_work(&credential(&[Value::Object(own)], json!({ "id": "urn:s", "type": types })), &bundled);
        let contexts: Vec<Value> = (0..60).map(|_| Value::Object(terms(5_000))).collect();
        too_much_work(&credential(&contexts, json!({ "id": "urn:s" })), &bundled);
    });
}

#[test]
fn scoped_contexts_that_go_round_are_read_once_a_level_on_a_small_stack() {
    on_a_small_stack(|| {
        let url = "https://example.org/round";
        let context = json!({ "@context": {
            "p": { "@id": "urn:p", "@context": url }, "T": { "@id": "urn:T", "@context": url }, "x": "urn:x",
        } });
        let contexts = Contexts::bundled().with(url, &context.to_string()).expect("a context document");
        let nested = |levels: usize| map((0..levels).fold(json!({ "x": 1 }), |inner, _| json!({ "@type": "T", "p": inner })));
        let with = |mut document: Map<String, Value>| {
            document.insert("@context".to_owned(), json!(url));
            document
        };
        assert!(to_quads(&with(nested(40)), &contexts).is_ok());
        too_much_work(&with(nested(200)), &contexts);
        // A scoped context whose terms have one that leads back, by import.
        let import = json!({ "@context": { "@import": "https://example.org/import" } });
        let looped = Contexts::bundled().with("https://example.org/import", &import.to_string()).expect("a context document");
        let refused = canonical_nquads(&map(json!({ "@context": "https://example.org/import", "urn:p": 1 })), &looped);
        assert!(matches!(refused, Err(LinkedDataError::Invalid { .. })), "{refused:?}");
    });
}

#[test]
fn huge_maps_and_lists_are_refused_on_a_small_stack() {
    on_a_small_stack(|| {
        let bundled = Contexts::bundled();
        let own = json!({
            "note": { "@id": "urn:note", "@container": "@language" }, "list": { "@id": "urn:list", "@container": "@list" },
            "by": { "@id": "urn:by", "@container": "@id" }, "graph": { "@id": "urn:graph", "@container": "@graph" },
        });
        let languages: Map<String, Value> = (0..30_000).map(|n| (format!("en-x-{n}"), json!("a"))).collect();
        let named: Map<String, Value> = (0..30_000).map(|n| (format!("urn:n:{n}"), json!({ "urn:p": n }))).collect();
        let items: Vec<Value> = (0..15_000).map(Value::from).collect();
        let graphs: Vec<Value> = (0..15_000).map(|n| json!({ "urn:p": n })).collect();
        for subject in
            [json!({ "note": languages }), json!({ "by": named }), json!({ "list": items }), json!({ "graph": graphs })]
        {
            too_much_work(&credential(std::slice::from_ref(&own), subject), &bundled);
        }
        let deep_list = (0..100).fold(json!(1), |inner, _| json!([inner]));
        too_much_work(&credential(&[own], json!({ "list": deep_list })), &bundled);
        let deep_nest = (0..100).fold(json!({ "urn:p": 1 }), |inner, _| json!({ "@nest": inner }));
        too_much_work(&credential(&[], json!({ "urn:p": deep_nest })), &bundled);
    });
}

#[test]
fn credential_that_hides_a_clique_or_a_ring_is_refused_on_a_small_stack() {
    on_a_small_stack(|| {
        let bundled = Contexts::bundled();
        let node = |n: usize, others: Vec<usize>| {
            let others: Vec<Value> = others.into_iter().map(|other| json!({ "@id": format!("_:b{other}") })).collect();
            json!({ "@id": format!("_:b{n}"), "urn:p": others })
        };
        let clique: Vec<Value> = (0..9).map(|n| node(n, (0..9).filter(|other| *other != n).collect())).collect();
        let ring: Vec<Value> = (0..4_000).map(|n| node(n, vec![(n + 1) % 4_000])).collect();
        for poison in [clique, ring] {
            too_much_work(&credential(&[], json!({ "id": "urn:s", "urn:p": poison })), &bundled);
        }
    });
}

#[test]
fn added_context_that_names_itself_is_refused() {
    let url = "https://example.org/loop";
    let contexts = Contexts::bundled().with(url, &json!({ "@context": [url] }).to_string()).expect("a context document");
    assert!(to_quads(&map(json!({ "@context": url })), &contexts).is_err());
}

#[test]
fn documents_of_one_kind_share_what_was_compiled() {
    let contexts = Contexts::bundled();
    let family = || contexts.families().of(Some(&json!([V2])), &contexts, &mut 0).expect("bundled");
    assert!(Arc::ptr_eq(&family(), &family()));
}

#[test]
fn many_different_contexts_do_not_pile_up_and_all_work() {
    for n in 0..200 {
        let own = json!({ format!("term{n}"): format!("urn:{n}") });
        let document = credential(&[own], json!({ "id": "urn:s", format!("term{n}"): "x" }));
        assert!(expand(&document).expect("defined").contains(&format!("<urn:{n}>")));
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let name = || {
        prop_oneof![
            "@(id|type|value|list|set|graph|context|language|index|reverse|included|nest|direction|none|json|base|vocab|import|protected)",
            "(id|type|issuer|name|proof|verifiableCredential|credentialSubject|urn:p|x|y|:|a:|_:b)",
        ]
    };
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        name().prop_map(Value::from),
        "\\PC{0,8}".prop_map(Value::from),
        Just(json!(V2)),
        Just(json!("@id")),
    ];
    leaf.prop_recursive(5, 48, 5, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            proptest::collection::btree_map(name(), inner, 0..5).prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_document_is_expanded_or_refused(document in any_json(), context in any_json()) {
        if let Value::Object(mut document) = document {
            let _ = expand(&document);
            document.insert("@context".into(), context);
            let _ = expand(&document);
        }
    }

    #[test]
    fn order_of_members_does_not_matter(a in "[a-z]{1,6}", b in any::<i32>()) {
        let one = credential(&[], json!({ "id": "urn:s", "urn:a": a, "urn:b": [b, 1] }));
        let other = credential(&[], json!({ "urn:b": [1, b], "urn:a": [a], "id": "urn:s" }));
        prop_assert_eq!(expand(&one), expand(&other));
    }
}
