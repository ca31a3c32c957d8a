//! Validity: over, not begun, turned round, without an offset, in a spelling that another reader takes otherwise.

use serde_json::{Value, json};
use wallet_core::securing::Mechanism;
use wallet_core::verification::Reason;

use crate::corpus::{Attack, Expected, Scene, around, rdfc};
use crate::world::at;

pub fn attacks() -> Vec<Attack> {
    [validity(), shapes()].into_iter().flatten().collect()
}

/// The issuer itself signs another value of the member.
fn issued(name: &'static str, value: Value) -> impl Fn(&mut Scene, String) -> String {
    move |scene, _| {
        let value = value.clone();
        scene.issue_changed(Mechanism::EddsaJcs2022, |diploma| drop(diploma.insert(name.to_owned(), value)))
    }
}

fn malformed() -> Expected {
    rejected!(Reason::Malformed { .. })
}

fn validity() -> Vec<Attack> {
    vec![
        Attack::new(
            "validity is over",
            rdfc,
            issued("validUntil", json!("2026-02-20T00:00:00Z")),
            rejected!(Reason::Expired { .. }),
        ),
        Attack::new(
            "validity was over a second ago",
            rdfc,
            issued("validUntil", json!("2026-03-01T12:00:59Z")),
            rejected!(Reason::Expired { .. }),
        ),
        Attack::new(
            "validity was over before, in another time zone",
            rdfc,
            issued("validUntil", json!("2026-03-01T13:00:00+02:00")),
            rejected!(Reason::Expired { .. }),
        ),
        Attack::new(
            "validity has not begun",
            rdfc,
            issued("validFrom", json!("2026-06-01T00:00:00Z")),
            rejected!(Reason::NotYetValid { .. }),
        ),
        Attack::new(
            "validity begins in a second",
            rdfc,
            issued("validFrom", json!("2026-03-01T12:01:01Z")),
            rejected!(Reason::NotYetValid { .. }),
        ),
        Attack::new("validity ends before it begins", rdfc, issued("validUntil", json!("2026-01-31T00:00:00Z")), malformed()),
        Attack::new(
            "credential is shown ten years late",
            rdfc,
            around(|scene| {
                scene.world.expected.status_max_age = i64::MAX / 4;
                scene.world.expected.resolution_max_age = i64::MAX / 4;
                scene.world.now = at("2036-02-01T00:00:01Z");
            }),
            rejected!(Reason::Expired { .. }),
        ),
        Attack::new(
            "verifier's clock is before the credential",
            rdfc,
            around(|scene| scene.world.now = at("2025-06-01T00:00:00Z")),
            rejected!(Reason::NotYetValid { .. }, besides Reason::ProofFromFuture { .. }, open wallet_core::verification::Gap::StatusNotGood { .. }),
        ),
    ]
}

fn shapes() -> Vec<Attack> {
    let mut all = Vec::new();
    for text in [
        "2036-02-01",
        "2036-02-01T00:00:00",
        "2036-02-01 00:00:00Z",
        "2036-02-01T00:00Z",
        "2036-02-01t00:00:00z",
        "2036-02-30T00:00:00Z",
        "2036-13-01T00:00:00Z",
        "2036-02-01T25:00:00Z",
        "2036-02-01T00:00:60Z",
        "2036-02-01T00:00:00,5Z",
        "2036-02-01T00:00:00+25:00",
        "2036-02-01T00:00:00+0100",
        "2036-02-01T00:00:00Z[UTC]",
        "+12036-02-01T00:00:00Z",
        "-2036-02-01T00:00:00Z",
        "20360201T000000Z",
        "2036-W05-5T00:00:00Z",
        "2036-032T00:00:00Z",
        "٢٠٣٦-02-01T00:00:00Z",
        "2085782400",
        "never",
        "",
    ] {
        all.push(Attack::new(format!("validUntil is {text:?}"), rdfc, issued("validUntil", json!(text)), malformed()));
    }
    for value in [
        json!(2085782400),
        json!(null),
        json!(["2036-02-01T00:00:00Z"]),
        json!({ "@value": "2036-02-01T00:00:00Z" }),
        json!(true),
    ] {
        all.push(Attack::new(format!("validUntil is {value}"), rdfc, issued("validUntil", value), malformed()));
    }
    all
}
