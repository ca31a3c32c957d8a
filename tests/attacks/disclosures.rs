//! Disclosures doubled, exchanged, slipped in and hidden; digests that stand in two places or collide.

use serde_json::{Value, json};
use wallet_core::verification::Reason;

use crate::corpus::{Attack, Expected, base64url};
use crate::sd_jwt::{digest, disclosure, good, issued, malformed, reserved, unread, unsupported};

pub fn attacks() -> Vec<Attack> {
    [disclosures(), digests()].into_iter().flatten().collect()
}

/// The graduate shows other disclosures than those that the issuer made, and signs them, too.
fn shown(name: &'static str, change: fn(&mut Vec<String>), expected: Expected) -> Attack {
    issued(name, move |draft| change(&mut draft.shown), expected)
}

/// A disclosure whose text is this JSON.
fn raw(json: &str) -> String {
    base64url(json)
}

fn disclosures() -> Vec<Attack> {
    vec![
        shown("disclosure is there twice", |all| all.push(all[0].clone()), malformed()),
        shown(
            "disclosure is slipped in that no digest stands for",
            |all| all.push(disclosure(Some("title"), json!("Dra."))),
            malformed(),
        ),
        shown("disclosed claim has another value", |all| all[0] = disclosure(Some("given_name"), json!("Lucio")), malformed()),
        shown("disclosed claim has another name", |all| all[0] = disclosure(Some("family_name"), json!("Lucía")), malformed()),
        shown("disclosed claim has another salt", |all| all[0] = raw(r#"["x","given_name","Lucía"]"#), malformed()),
        shown(
            "disclosed claim is written with spaces",
            |all| {
                all[0] = raw(r#"[ "2GLC42sKQveCfGfryNRN9w", "given_name", "Lucía" ]"#);
            },
            malformed(),
        ),
        shown(
            "disclosure of a list item is shown as a claim",
            |all| all[1] = disclosure(Some("nationality"), json!("PE")),
            malformed(),
        ),
        shown("disclosure is of another credential", |all| all.push(raw(r#"["salt","degree","PhD"]"#)), malformed()),
        shown("disclosure is padded", |all| all[0].push('='), unread()),
        shown("disclosure is not base64url", |all| all[0].push('+'), unread()),
        shown("disclosure is empty", |all| all.push(String::new()), unread()),
        shown("disclosure is no list", |all| all[0] = raw(r#"{"given_name":"Lucía"}"#), unread()),
        shown("disclosure has no salt", |all| all[0] = raw(r#"["given_name"]"#), unread()),
        shown("disclosure has four parts", |all| all[0] = raw(r#"["s","given_name","Lucía","x"]"#), unread()),
        shown("salt of a disclosure is a number", |all| all[0] = raw(r#"[1,"given_name","Lucía"]"#), unread()),
        shown("name of a disclosed claim is a number", |all| all[0] = raw(r#"["s",1,"Lucía"]"#), unread()),
        shown("disclosure names a member twice", |all| all[0] = raw(r#"["s","a",{"b":1,"b":2}]"#), unread()),
        shown(
            "disclosure is nested without end",
            |all| all[0] = raw(&format!(r#"["s","a",{}{}]"#, "[".repeat(5000), "]".repeat(5000))),
            unread(),
        ),
        shown("disclosures without number", |all| *all = (0..5000).map(|n| disclosure(Some("a"), json!(n))).collect(), unread()),
        Attack::new(
            "disclosure is taken out under the holder's signature",
            good,
            |_, text| {
                let mut parts: Vec<&str> = text.split('~').collect();
                parts.remove(1);
                parts.join("~")
            },
            rejected!(Reason::HolderBindingBad { .. }),
        ),
        Attack::new(
            "disclosures are shown in another order than was signed",
            good,
            |_, text| {
                let mut parts: Vec<&str> = text.split('~').collect();
                parts.swap(1, 2);
                parts.join("~")
            },
            rejected!(Reason::HolderBindingBad { .. }),
        ),
        Attack::new(
            "disclosure is added under the holder's signature",
            good,
            |_, text| {
                let (start, binding) = text.rsplit_once('~').expect("a tilde");
                format!("{start}~{}~{binding}", disclosure(Some("family_name"), json!("Fernández")))
            },
            rejected!(Reason::HolderBindingBad { .. }),
        ),
    ]
}

fn digests() -> Vec<Attack> {
    let first = || digest(&disclosure(Some("given_name"), json!("Lucía")));
    vec![
        issued("digest stands in one list twice", move |draft| draft.payload["_sd"] = json!([first(), first()]), malformed()),
        issued("digest stands on two levels", move |draft| draft.payload["address"]["_sd"] = json!([first()]), malformed()),
        issued(
            "digest that nothing is shown for stands in two places",
            |draft| {
                let hidden = digest(&disclosure(Some("family_name"), json!("Fernández")));
                draft.payload["address"]["_sd"] = json!([hidden]);
            },
            malformed(),
        ),
        issued(
            "digest stands in the payload and in a disclosure",
            |draft| {
                let hidden = digest(&disclosure(Some("family_name"), json!("Fernández")));
                let outer = disclosure(Some("more"), json!({ "_sd": [hidden] }));
                draft.payload["_sd"].as_array_mut().expect("a list").push(json!(digest(&outer)));
                draft.shown.push(outer);
            },
            malformed(),
        ),
        issued(
            "digest of a claim stands for a list item",
            |draft| {
                let claim = disclosure(Some("given_name"), json!("Lucía"));
                draft.payload["_sd"] = json!([]);
                draft.payload["nationalities"][0] = json!({ "...": digest(&claim) });
                draft.shown = vec![claim];
            },
            malformed(),
        ),
        issued(
            "digest of a list item stands for a claim",
            |draft| {
                let item = disclosure(None, json!("PE"));
                draft.payload["nationalities"] = json!([]);
                draft.payload["_sd"].as_array_mut().expect("a list").push(json!(digest(&item)));
            },
            malformed(),
        ),
        issued(
            "digests collide with a claim that is visible",
            |draft| drop(draft.payload.insert("given_name".to_owned(), json!("Lucio"))),
            malformed(),
        ),
        issued(
            "two digests are for claims of one name",
            |draft| {
                let second = base64url(json!(["another salt", "given_name", "Lucio"]).to_string());
                draft.payload["_sd"].as_array_mut().expect("a list").push(json!(digest(&second)));
                draft.shown.push(second);
            },
            malformed(),
        ),
        issued("disclosed claim is called _sd", |draft| reserved(draft, "_sd", json!([])), malformed()),
        issued("disclosed claim is called ...", |draft| reserved(draft, "...", json!("x")), malformed()),
        issued("disclosed claim is called _sd_alg", |draft| reserved(draft, "_sd_alg", json!("sha-512")), malformed()),
        issued(
            "hash algorithm is named within a disclosure",
            |draft| reserved(draft, "more", json!({ "_sd_alg": "sha-512" })),
            malformed(),
        ),
        issued("digests are text", |draft| draft.payload["_sd"] = json!("x"), malformed()),
        issued("digest is a number", |draft| draft.payload["_sd"] = json!([7]), malformed()),
        issued(
            "digest of a list item has a neighbour",
            |draft| draft.payload["nationalities"][1] = json!({ "...": "x", "more": 1 }),
            malformed(),
        ),
        issued("digest of a list item stands in no list", |draft| draft.payload["address"] = json!({ "...": "x" }), malformed()),
        issued("hash algorithm is broken", |draft| draft.payload["_sd_alg"] = json!("md5"), unsupported()),
        issued("hash algorithm is cut", |draft| draft.payload["_sd_alg"] = json!("sha-256-32"), unsupported()),
        issued("hash algorithm is in capitals", |draft| draft.payload["_sd_alg"] = json!("SHA-256"), unsupported()),
        issued("hash algorithm is none", |draft| draft.payload["_sd_alg"] = Value::Null, unread()),
        issued("hash algorithm is another", |draft| draft.payload["_sd_alg"] = json!("sha-512"), malformed()),
        issued(
            "claims within claims, deeper than is read",
            |draft| {
                let mut inner = disclosure(Some("a"), json!(1));
                for _ in 0..100 {
                    let outer = disclosure(Some("a"), json!({ "_sd": [digest(&inner)] }));
                    draft.shown.push(std::mem::replace(&mut inner, outer));
                }
                draft.payload["_sd"].as_array_mut().expect("a list").push(json!(digest(&inner)));
                draft.shown.push(inner);
            },
            malformed(),
        ),
    ]
}
