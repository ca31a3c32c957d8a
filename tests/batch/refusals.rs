//! What is not issued, and that nothing is left of it.

use serde_json::{Map, Value, json};
use wallet_core::error::WalletError;
use wallet_core::issuer::BatchPlan;
use wallet_core::platform::system_rng;
use wallet_core::ports::Storage as _;
use wallet_core::securing::Mechanism;
use wallet_core::status::StatusPurpose;

use crate::office::{Fate, Office, assert_each_once, now, plan};

/// Why a batch of `people` is refused.
async fn refusal(office: &mut Office, people: &[Map<String, Value>]) -> String {
    match office.run(&plan("refused"), people).await {
        Err(WalletError::Misused { reason }) => reason,
        other => panic!("it should be refused as misuse: {:?}", other.map(|(_, all)| all.len())),
    }
}

#[tokio::test]
async fn row_that_cannot_be_signed_is_named_and_its_chunk_takes_no_place() {
    let mut office = Office::new().await;
    let mut people = office.people(600);
    for (name, value) in [("validFrom", json!("yesterday")), ("issuer", json!("did:example:other")), ("id", json!(7))] {
        let before = std::mem::replace(&mut people[555], office.people(556).remove(555));
        people[555].insert(name.to_owned(), value);
        let reason = refusal(&mut office, &people).await;
        assert!(reason.starts_with("row 556: "), "{reason}");
        people[555] = before;
    }
    let places = office.storage.list("status/place/").await.expect("names").len();
    assert_eq!(places, 512, "of the first chunk alone");
    let (_, credentials) = office.run(&plan("refused"), &people).await.expect("put right");
    assert_each_once(&credentials, 600);
}

#[tokio::test]
async fn id_that_is_in_use_is_refused_wherever_it_was_used() {
    let mut office = Office::new().await;
    let mut people = office.people(3);
    people[0].insert("id".to_owned(), json!("urn:uuid:1"));
    people[2].insert("id".to_owned(), json!("urn:uuid:1"));
    assert!(refusal(&mut office, &people).await.starts_with("row 3: "));
    people[2].insert("id".to_owned(), json!("urn:uuid:2"));
    let (_, credentials) = office.run(&plan("refused"), &people).await.expect("issued");
    assert_each_once(&credentials, 3);
    let reason = office.run(&plan("another"), &people).await.expect_err("issued before");
    assert!(reason.to_string().contains("row 1: "), "{reason}");
}

#[tokio::test]
async fn row_that_changed_or_went_since_it_was_signed_is_refused() {
    let mut office = Office::new().await;
    let people = office.people(600);
    office.storage.foretell([Fate::Written, Fate::Written, Fate::KilledBefore]);
    assert!(matches!(office.run(&plan("refused"), &people).await, Err(WalletError::StorageFailed { .. })));
    let mut changed = people.clone();
    changed[100].insert("name".to_owned(), json!("Otra"));
    assert!(refusal(&mut office, &changed).await.starts_with("of rows 1 to 512"));
    assert!(refusal(&mut office, &people[1..]).await.starts_with("of rows 1 to 512"));
    assert!(refusal(&mut office, &people[..300]).await.starts_with("of rows 1 to 512"));
    // What was not signed yet may change.
    let mut later = people.clone();
    later[550].insert("description".to_owned(), json!("Con honores"));
    let (_, credentials) = office.run(&plan("refused"), &later).await.expect("issued");
    assert_each_once(&credentials, 600);
    assert_eq!(credentials[550].body()["description"], "Con honores");
}

#[tokio::test]
async fn file_that_breaks_off_leaves_the_batch_open() {
    let mut office = Office::new().await;
    let people = office.people(600);
    let broken = || WalletError::malformed("row", "the file breaks off");
    let mut batch = office.issuer.batch(&plan("broken"), &mut system_rng(), &now()).await.expect("a batch");
    let mut rows = people[..580].iter().cloned().map(Ok).chain([Err(broken())]);
    let signed = office.issuer.sign_batch(&mut batch, &mut rows, &mut system_rng(), &mut |_| ()).await;
    assert_eq!(signed, Err(broken()));
    assert!(!batch.is_signed());
    for refused in [office.issuer.batch_root(&batch).await.map(drop), office.issuer.close_batch(&mut batch).await] {
        assert!(matches!(refused, Err(WalletError::Misused { .. })));
    }
    let (_, credentials) = office.run(&plan("broken"), &people).await.expect("issued");
    assert_each_once(&credentials, 600);
}

#[tokio::test]
async fn batch_without_rows_name_or_purpose_and_of_another_way_is_misuse() {
    let mut office = Office::new().await;
    let people = office.people(2);
    refusal(&mut office, &[]).await;
    let of = |name: &str| BatchPlan { name: name.to_owned(), ..plan("") };
    for name in ["", "a/b", "año", &"x".repeat(65)] {
        assert!(matches!(office.run(&of(name), &people).await, Err(WalletError::Misused { .. })), "{name}");
    }
    let without = BatchPlan { purposes: Vec::new(), ..plan("x") };
    assert!(matches!(office.run(&without, &people).await, Err(WalletError::Misused { .. })));
    office.run(&plan("x"), &people).await.expect("issued");
    for other in [
        BatchPlan { mechanism: Mechanism::Jwt, ..plan("x") },
        BatchPlan { purposes: vec![StatusPurpose::Suspension], ..plan("x") },
    ] {
        assert!(matches!(office.run(&other, &people).await, Err(WalletError::Misused { .. })));
    }
}
