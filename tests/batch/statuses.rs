//! Revoking one of a batch, and the whole of it in one go.

use std::collections::BTreeMap;

use wallet_core::error::WalletError;
use wallet_core::issuer::{BatchPlan, SignedList};
use wallet_core::platform::system_rng;
use wallet_core::securing::{Mechanism, Secured};
use wallet_core::status::{StatusEntry, StatusPurpose, check};

use crate::office::{Office, now, person, place, plan};

/// Whether `lists` say that a credential is revoked.
fn is_revoked(secured: &Secured, lists: &BTreeMap<String, SignedList>) -> bool {
    let entry = secured.body()["credentialStatus"].as_object().expect("one entry");
    let list = &lists[&place(secured).0].list;
    check(&StatusEntry::read(entry).expect("an entry"), list.body()).expect("a good list").is_set()
}

fn by_url(lists: impl IntoIterator<Item = SignedList>) -> BTreeMap<String, SignedList> {
    lists.into_iter().map(|signed| (signed.url.clone(), signed)).collect()
}

#[tokio::test]
async fn one_is_revoked_and_then_the_whole_batch_with_one_list_signed_for_each_that_changed() {
    let mut office = Office::new().await;
    let people = office.people(800);
    let before = person(&office.issuer.did, 9_999);
    let revocation = [StatusPurpose::Revocation];
    let alone = office.issuer.issue(before, Mechanism::EddsaJcs2022, &revocation, &mut system_rng(), &now()).await;
    let alone = alone.expect("issued beside the batch");
    let (_, credentials) = office.run(&plan("graduates"), &people).await.expect("issued");

    let id = credentials[3].body()["id"].as_str().expect("an id").to_owned();
    office.issuer.set_status(&id, &StatusPurpose::Revocation, 1, &now()).await.expect("revoked");
    let mut lists = Vec::new();
    for number in 1..=office.issuer.list_count().await.expect("a count") {
        lists.push(office.issuer.status_list(&StatusPurpose::Revocation, number, &now()).await.expect("a list"));
    }
    let lists = by_url(lists);
    let revoked: Vec<usize> = (0..800).filter(|number| is_revoked(&credentials[*number], &lists)).collect();
    assert_eq!(revoked, [3]);

    let lists = office.issuer.set_batch_status("graduates", &StatusPurpose::Revocation, 1, &now()).await.expect("revoked");
    assert_eq!(lists.len(), 2, "800 and one have their places in two lists");
    let lists = by_url(lists);
    assert!(credentials.iter().all(|secured| is_revoked(secured, &lists)));
    assert!(!is_revoked(&alone, &lists), "it is not of the batch");
    let again = office.issuer.set_batch_status("graduates", &StatusPurpose::Revocation, 0, &now()).await;
    assert!(matches!(again, Err(WalletError::Misused { .. })), "revocation is for good");
}

#[tokio::test]
async fn batch_is_suspended_and_reinstated_where_it_was_planned() {
    let mut office = Office::new().await;
    let people = office.people(3);
    let plan = BatchPlan { purposes: vec![StatusPurpose::Suspension], ..plan("suspendable") };
    let (mut batch, credentials) = office.run(&plan, &people).await.expect("issued");
    office.issuer.close_batch(&mut batch).await.expect("closed");
    for value in [1, 0] {
        let lists = office.issuer.set_batch_status("suspendable", &StatusPurpose::Suspension, value, &now()).await;
        let lists = by_url(lists.expect("set"));
        assert!(credentials.iter().all(|secured| is_revoked(secured, &lists) == (value == 1)));
    }
    for (name, purpose) in [("suspendable", StatusPurpose::Revocation), ("unknown", StatusPurpose::Suspension)] {
        let refused = office.issuer.set_batch_status(name, &purpose, 1, &now()).await;
        assert!(matches!(refused, Err(WalletError::Misused { .. })), "{name}");
    }
}
