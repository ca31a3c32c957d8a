//! Contexts swapped, shadowed and redefined; claims altered, added and spelt another way; documents built to cost.

use serde_json::{Map, Value, json};
use wallet_core::error::WalletError;
use wallet_core::securing::Mechanism;
use wallet_core::verification::{Gap, Reason};
use wallet_core::verifier::Unread;

use crate::corpus::{Attack, Expected, Scene, edit, edited, jcs, rdfc, replaced};

const RDFC: Mechanism = Mechanism::EddsaRdfc2022;
const OPEN_BADGES: &str = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json";

pub fn attacks() -> Vec<Attack> {
    [contexts(), claims(), spelling(), numbers(), bombs()].into_iter().flatten().collect()
}

fn bad() -> Expected {
    rejected!(Reason::BadSignature)
}

fn malformed() -> Expected {
    rejected!(Reason::Malformed { .. })
}

fn unread() -> Expected {
    unreadable!(Unread::Other(WalletError::Malformed { .. }))
}

/// Adds a context to those of the credential.
fn context(context: Value) -> impl Fn(&mut Scene, String) -> String {
    edited(move |credential| credential["@context"].as_array_mut().expect("a list").push(context.clone()))
}

fn claim(name: &'static str, value: Value) -> impl Fn(&mut Scene, String) -> String {
    edited(move |credential| credential["credentialSubject"][name] = value.clone())
}

fn contexts() -> Vec<Attack> {
    let unknown = "https://evil.example/context";
    let mut all = vec![
        Attack::new("context that nobody has is added", rdfc, context(json!(unknown)), undetermined!(Gap::MissingContext { .. })),
        Attack::new(
            "context that nobody has is imported",
            rdfc,
            context(json!({ "@import": unknown })),
            undetermined!(Gap::MissingContext { .. }),
        ),
        Attack::new(
            "context that nobody has stands within the subject",
            rdfc,
            claim("@context", json!(unknown)),
            undetermined!(Gap::MissingContext { .. }),
        ),
        Attack::new(
            "context of the claims is taken out",
            rdfc,
            edited(|credential| drop(credential["@context"].as_array_mut().expect("a list").pop())),
            rejected!(Reason::UndefinedTerm { .. }),
        ),
        Attack::new(
            "context of the claims stands before the base",
            rdfc,
            edited(|credential| credential["@context"].as_array_mut().expect("a list").reverse()),
            malformed(),
        ),
        Attack::new(
            "contexts of two versions are mixed",
            rdfc,
            context(json!("https://www.w3.org/2018/credentials/v1")),
            malformed(),
        ),
        Attack::new(
            "context is missing",
            rdfc,
            edited(|credential| drop(credential.as_object_mut().expect("an object").remove("@context"))),
            rejected!(Reason::Malformed { .. }),
        ),
        Attack::new("context is null", rdfc, edited(|credential| credential["@context"] = Value::Null), malformed()),
        Attack::new(
            "context of the base goes by another address",
            rdfc,
            replaced("https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/credentials/v2/"),
            malformed(),
        ),
        Attack::new("contexts are forgotten half way", rdfc, context(Value::Null), malformed()),
        Attack::new("contexts are forgotten within the subject", rdfc, claim("@context", Value::Null), malformed()),
        Attack::new(
            "base of relative addresses is moved",
            rdfc,
            context(json!({ "@base": "https://evil.example/" })),
            malformed(),
        ),
        Attack::new("language of all texts is set", rdfc, context(json!({ "@language": "de" })), bad()),
        Attack::new("direction of all texts is set", rdfc, context(json!({ "@direction": "rtl" })), bad()),
        Attack::new("context names a version there is not", rdfc, context(json!({ "@version": 2.0 })), malformed()),
        Attack::new("context is a number", rdfc, context(json!(7)), malformed()),
        Attack::new(
            "context of the jcs proof is another",
            jcs,
            edited(move |c| c["proof"]["@context"][1] = json!(unknown)),
            malformed(),
        ),
        Attack::new(
            "context stands before those of the jcs proof",
            jcs,
            edited(|c| c["@context"].as_array_mut().expect("a list").insert(1, json!({}))),
            malformed(),
        ),
        Attack::new(
            "context of a jcs credential and its proof is swapped",
            jcs,
            |_, text| text.replace(OPEN_BADGES, unknown),
            bad(),
        ),
    ];
    let redefinitions = [
        ("term of the base is redefined", json!({ "name": "https://evil.example/name" })),
        ("term of the base is taken away", json!({ "description": null })),
        ("term of the base becomes a keyword", json!({ "name": "@nest" })),
        ("term of the base loses its datatype", json!({ "digestSRI": "https://www.w3.org/2018/credentials#digestSRI" })),
        ("type of the claims is redefined", json!({ "AchievementSubject": "https://evil.example/AchievementSubject" })),
        ("alias of @type is redefined", json!({ "type": "https://evil.example/type" })),
        ("alias of @id is redefined", json!({ "id": "https://evil.example/id" })),
        ("keyword is redefined", json!({ "@value": "https://evil.example/value" })),
        ("definitions go in a circle", json!({ "a": "b:x", "b": "a:x" })),
    ];
    all.extend(redefinitions.map(|(name, own)| Attack::new(name, rdfc, context(own), malformed())));
    all
}

fn claims() -> Vec<Attack> {
    let stranger = |name: &'static str| claim(name, json!("summa cum laude"));
    vec![
        Attack::new("claim is changed (rdfc)", rdfc, replaced("BachelorDegree", "DoctoralDegree"), bad()),
        Attack::new("claim is changed (jcs)", jcs, replaced("BachelorDegree", "DoctoralDegree"), bad()),
        Attack::new("claim is added that a context defines", rdfc, claim("name", json!("Dra. Fernández")), bad()),
        Attack::new("claim is added that a context defines (jcs)", jcs, claim("name", json!("Dra. Fernández")), bad()),
        Attack::new("claim is added that no context defines", rdfc, stranger("honours"), rejected!(Reason::UndefinedTerm { .. })),
        Attack::new("claim is added that no context defines (jcs)", jcs, stranger("honours"), bad()),
        Attack::new(
            "claim is added that looks like a keyword",
            rdfc,
            stranger("@honours"),
            rejected!(Reason::UndefinedTerm { .. }),
        ),
        Attack::new("claim is added by a blank node's name", rdfc, stranger("_:honours"), malformed()),
        Attack::new(
            "claim is taken out",
            rdfc,
            edited(|c| drop(c["credentialSubject"].as_object_mut().expect("an object").remove("identifier"))),
            bad(),
        ),
        Attack::new(
            "claim is moved to the credential itself",
            rdfc,
            edited(|c| c["identifier"] = c["credentialSubject"]["identifier"].take()),
            rejected!(Reason::UndefinedTerm { .. }),
        ),
        Attack::new(
            "claim is said twice, once otherwise",
            rdfc,
            edited(|c| {
                let claim = &mut c["credentialSubject"]["achievement"]["achievementType"];
                *claim = json!([claim.take(), "DoctoralDegree"]);
            }),
            bad(),
        ),
        Attack::new(
            "second subject is added",
            rdfc,
            edited(|c| {
                c["credentialSubject"] =
                    json!([c["credentialSubject"].take(), { "id": "did:example:friend", "type": "AchievementSubject" }])
            }),
            bad(),
        ),
        Attack::new(
            "subject's DID is another",
            rdfc,
            |scene, text| {
                text.replace(scene.world.graduate.did.as_str(), "did:key:zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169")
            },
            bad(),
        ),
        Attack::new(
            "subject loses its DID",
            rdfc,
            edited(|c| drop(c["credentialSubject"].as_object_mut().expect("an object").remove("id"))),
            bad(),
        ),
        Attack::new(
            "type is added",
            rdfc,
            edited(|c| c["type"].as_array_mut().expect("a list").push(json!("ClrCredential"))),
            rejected!(Reason::UndefinedTerm { .. }),
        ),
        Attack::new(
            "type is added that a context defines",
            rdfc,
            edited(|c| c["type"].as_array_mut().expect("a list").push(json!("AchievementSubject"))),
            bad(),
        ),
        Attack::new(
            "type of the subject is another",
            rdfc,
            edited(|c| c["credentialSubject"]["type"] = json!("Profile")),
            rejected!(Reason::UndefinedTerm { .. } | Reason::BadSignature),
        ),
        Attack::new("issuer's name is another", rdfc, edited(|c| c["issuer"]["name"] = json!("Universidad Nacional")), bad()),
        Attack::new(
            "issuer loses its name",
            rdfc,
            edited(|c| drop(c["issuer"].as_object_mut().expect("an object").remove("name"))),
            bad(),
        ),
        Attack::new(
            "credential's id is another",
            rdfc,
            edited(|c| c["id"] = json!("urn:uuid:00000000-0000-4000-8000-000000000000")),
            bad(),
        ),
        Attack::new("credential loses its id", rdfc, edited(|c| drop(c.as_object_mut().expect("an object").remove("id"))), bad()),
        Attack::new("claim goes into a graph of its own", rdfc, claim("@graph", json!({ "id": "urn:x", "name": "x" })), bad()),
        Attack::new(
            "claim is turned round",
            rdfc,
            claim("@reverse", json!({ "evidence": { "id": "urn:x" } })),
            rejected!(Reason::BadSignature | Reason::UndefinedTerm { .. }),
        ),
        Attack::new(
            "list becomes an ordered one",
            rdfc,
            edited(|c| c["credentialSubject"]["identifier"] = json!({ "@list": c["credentialSubject"]["identifier"].take() })),
            bad(),
        ),
        Attack::new(
            "text becomes literal JSON",
            rdfc,
            edited(|c| c["name"] = json!({ "@value": c["name"].take(), "@type": "@json" })),
            rejected!(Reason::Malformed { .. }, besides Reason::BadSignature),
        ),
        Attack::new(
            "text gets a language",
            rdfc,
            edited(|c| c["name"] = json!({ "@value": c["name"].take(), "@language": "es" })),
            bad(),
        ),
        Attack::new(
            "text gets a direction",
            rdfc,
            edited(|c| c["name"] = json!({ "@value": c["name"].take(), "@direction": "rtl" })),
            bad(),
        ),
        Attack::new(
            "text gets a language tag that breaks out of its line",
            rdfc,
            claim("name", json!({ "@value": "x", "@language": "es .\n<urn:a" })),
            malformed(),
        ),
        Attack::new(
            "address breaks out of its line",
            rdfc,
            edited(|c| c["credentialSubject"]["achievement"]["id"] = json!("urn:x> <urn:p> <urn:o> .\n<urn:y")),
            rejected!(Reason::UndefinedTerm { .. }),
        ),
        Attack::new(
            "address is relative",
            rdfc,
            edited(|c| c["credentialSubject"]["achievement"]["id"] = json!("enfermeria")),
            rejected!(Reason::UndefinedTerm { .. }),
        ),
        Attack::new(
            "node of its own refers to nothing and says something",
            rdfc,
            edited(|c| {
                c["credentialSubject"]["achievement"]["creator"] = json!({ "id": "urn:x", "type": "Profile", "name": "x" })
            }),
            bad(),
        ),
    ]
}

fn spelling() -> Vec<Attack> {
    let of = |name: &'static str, from: &'static str, to: &'static str| {
        [Mechanism::EddsaRdfc2022, Mechanism::EddsaJcs2022].map(|mechanism| {
            Attack::new(
                format!("{name} ({})", mechanism.as_str()),
                move |scene: &mut Scene| scene.issue(mechanism),
                replaced(from, to),
                bad(),
            )
        })
    };
    [
        of("accented letter in two parts", "Lucía", "Luci\u{301}a"),
        of("Cyrillic letter in the place of a Latin one", "Lucía", "Lu\u{441}ía"),
        of("Greek question mark in the place of a letter's like", "materias", "materia\u{455}"),
        of("space that has no width", "Lucía Fernández", "Lucía\u{200b} Fernández"),
        of("joiner that has no width", "Fernández", "Fern\u{200d}ández"),
        of("soft hyphen", "Fernández", "Fernán\u{ad}dez"),
        of("space that does not break", "Lucía Fernández", "Lucía\u{a0}Fernández"),
        of("text turned round by a control", "Lucía", "\u{202e}Lucía\u{202c}"),
        of("isolate around a text", "Lucía", "\u{2066}Lucía\u{2069}"),
        of("full-width digits", "32 materias", "３２ materias"),
        of("letter in the other case", "BachelorDegree", "bachelorDegree"),
        of("byte order mark in a text", "Lucía", "\u{feff}Lucía"),
        of("tab in a text", "Lucía Fernández", "Lucía\\tFernández"),
        of("zero character in a text", "Fernández", "Fernández\\u0000"),
        of("letter tagged out of plane", "Lucía", "Lucía\u{e0061}"),
    ]
    .into_iter()
    .flatten()
    .chain([
        Attack::new("member is named twice", rdfc, replaced("\"name\":", "\"name\":\"Medicina\",\"name\":"), unread()),
        Attack::new(
            "member is named twice, once with an escape",
            rdfc,
            replaced("\"name\":", "\"n\\u0061me\":\"Medicina\",\"name\":"),
            unread(),
        ),
        Attack::new(
            "subject is named twice",
            jcs,
            replaced("\"credentialSubject\":", "\"credentialSubject\":{},\"credentialSubject\":"),
            unread(),
        ),
        Attack::new("proof is named twice", rdfc, replaced("\"proof\":", "\"proof\":{},\"proof\":"), unread()),
        Attack::new("half of a character is escaped", rdfc, replaced("Lucía", "\\ud800Lucía"), unread()),
        Attack::new("text follows the credential", rdfc, |_, text| format!("{text} {{}}"), unread()),
        Attack::new("comment stands in the JSON", rdfc, replaced("\"proof\":", "/* */\"proof\":"), unread()),
        Attack::new("comma stands at the end of the JSON", rdfc, |_, text| format!("{},}}", &text[..text.len() - 1]), unread()),
    ])
    .collect()
}

fn numbers() -> Vec<Attack> {
    let with_credits = |mechanism| {
        move |scene: &mut Scene| {
            scene.issue_changed(mechanism, |diploma| diploma["credentialSubject"]["achievement"]["creditsAvailable"] = json!(32))
        }
    };
    let credits = |mechanism: Mechanism, to: &'static str, expected| {
        let name = format!("number 32 becomes {to} ({})", mechanism.as_str());
        let hostile =
            move |_: &mut Scene, text: String| text.replacen("\"creditsAvailable\":32", &format!("\"creditsAvailable\":{to}"), 1);
        Attack::new(name, with_credits(mechanism), hostile, expected)
    };
    let mut all = Vec::new();
    for to in ["33", "-32", "32.5", "0", "-0", "1e21", "1e300", "\"treinta y dos\"", "true"] {
        all.push(credits(RDFC, to, bad()));
        all.push(credits(Mechanism::EddsaJcs2022, to, bad()));
    }
    for to in ["9007199254740993", "123456789012345678901"] {
        all.push(credits(RDFC, to, rejected!(Reason::Malformed { .. } | Reason::BadSignature)));
    }
    for to in ["1e400", "-1e400", "NaN", "Infinity", "032", "0x20", "+32", "32."] {
        all.push(credits(RDFC, to, unread()));
    }
    all
}

/// Blank nodes that each know all the others: nothing tells them apart but trying.
pub fn clique(nodes: usize) -> Value {
    let others = |at: usize| {
        (0..nodes).filter(|other| *other != at).map(|other| json!({ "id": format!("_:n{other}") })).collect::<Vec<_>>()
    };
    (0..nodes).map(|at| json!({ "id": format!("_:n{at}"), "type": "Achievement", "related": others(at) })).collect()
}

fn bombs() -> Vec<Attack> {
    let too_much = || undetermined!(Gap::TooMuchWork);
    let deep = |levels: usize| (0..levels).fold(json!({ "type": "Achievement" }), |inner, _| json!({ "related": inner }));
    let own_terms = |terms: usize| {
        let terms: Map<String, Value> = (0..terms).map(|n| (format!("t{n}"), json!(format!("t{}:x", n + 1)))).collect();
        Value::Object(terms)
    };
    vec![
        Attack::new(
            "ten blank nodes that each know all the others",
            rdfc,
            edited(|c| {
                c["@context"]
                    .as_array_mut()
                    .expect("a list")
                    .push(json!({ "related": "https://www.w3.org/ns/credentials/undefined-terms#related" }));
                c["credentialSubject"]["related"] = clique(10);
            }),
            too_much(),
        ),
        Attack::new(
            "the same poison in sixteen proofs",
            rdfc,
            |scene, text| {
                let poisoned = edit(&text, |c| {
                    c["@context"]
                        .as_array_mut()
                        .expect("a list")
                        .push(json!({ "related": "https://www.w3.org/ns/credentials/undefined-terms#related" }));
                    c["credentialSubject"]["related"] = clique(10);
                    let proof = c["proof"].take();
                    c["proof"] = Value::Array(vec![proof; 16]);
                });
                scene.world.evidence.status_lists.clear();
                poisoned
            },
            undetermined!(Gap::TooMuchWork | Gap::StatusMissing { .. }),
        ),
        Attack::new(
            "nested as deep as is read",
            rdfc,
            edited(move |c| {
                c["@context"]
                    .as_array_mut()
                    .expect("a list")
                    .push(json!({ "related": "https://www.w3.org/ns/credentials/undefined-terms#related" }));
                c["credentialSubject"]["related"] = deep(58);
            }),
            rejected!(Reason::BadSignature),
        ),
        Attack::new("nested deeper than is read", rdfc, edited(move |c| c["credentialSubject"]["related"] = deep(70)), unread()),
        Attack::new(
            "nested a hundred thousand times",
            rdfc,
            |_, text| text.replacen("\"Lucía Fernández\"", &format!("{}{}", "[".repeat(100_000), "]".repeat(100_000)), 1),
            unread(),
        ),
        Attack::new("longer than is read", rdfc, |_, text| text.replacen("Lucía", &"a".repeat(1 << 20), 1), unread()),
        Attack::new(
            "thirty thousand claims",
            rdfc,
            edited(|c| c["credentialSubject"]["name"] = (0..30_000).map(Value::from).collect()),
            too_much(),
        ),
        Attack::new("definitions that lean on each other five thousand times", rdfc, context(own_terms(5000)), too_much()),
        Attack::new(
            "another context for each of twenty thousand nodes",
            rdfc,
            edited(|c| {
                let node = |n: u32| json!({ "@context": { "x": format!("urn:{n}:x") }, "x": n });
                c["credentialSubject"]["achievement"]["criteria"] = (0..20_000).map(node).collect();
            }),
            too_much(),
        ),
        Attack::new(
            "ten thousand types",
            rdfc,
            edited(|c| c["credentialSubject"]["type"] = vec!["AchievementSubject"; 25_000].into()),
            too_much(),
        ),
    ]
}
