//! Both formats, from the entry to the value.

use super::*;
use serde_json::json;

const LIST: &str = "https://example.com/credentials/status/3";

fn published(list: &StatusList, purposes: Vec<StatusPurpose>) -> Map<String, Value> {
    let terms = ListTerms {
        url: LIST.to_owned(),
        issuer: "did:example:12345".parse().expect("a DID"),
        purposes,
        valid_from: "2026-03-01T12:00:00Z".parse().expect("a date"),
        valid_until: None,
        ttl: None,
    };
    list.to_credential(&terms)
}

fn bitstring(purpose: StatusPurpose, index: u64) -> BitstringEntry {
    BitstringEntry::new(purpose, index, LIST)
}

fn entry(purpose: StatusPurpose, index: u64) -> StatusEntry {
    StatusEntry::Bitstring(bitstring(purpose, index))
}

#[test]
fn flipped_entry_is_set_and_its_neighbours_are_not() {
    let mut list = StatusList::new(MINIMUM_ENTRIES, 1).expect("a list");
    list.set(94567, 1).expect("in range");
    let body = published(&list, vec![StatusPurpose::Revocation]);
    for (index, set) in [(94566, false), (94567, true), (94568, false), (0, false), (131_071, false)] {
        let value = check(&entry(StatusPurpose::Revocation, index), &body).expect("a status");
        assert_eq!(value.is_set(), set, "{index}");
    }
    list.set(94567, 0).expect("in range");
    let body = published(&list, vec![StatusPurpose::Revocation]);
    assert!(!check(&entry(StatusPurpose::Revocation, 94567), &body).expect("a status").is_set());
}

#[test]
fn bitstring_status_list_section_2_2_example_3() {
    let body = json!({
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "id": LIST,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": "did:example:12345",
        "validFrom": "2021-04-05T14:27:40Z",
        "credentialSubject": {
            "id": "https://example.com/status/3#list",
            "type": "BitstringStatusList",
            "statusPurpose": "revocation",
            "encodedList": "uH4sIAAAAAAAAA-3BMQEAAADCoPVPbQwfoAAAAAAAAAAAAAAAAAAAAIC3AYbSVKsAQAAA",
        },
    });
    let entry = json!({
        "id": "https://example.com/credentials/status/3#94567",
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": "94567",
        "statusListCredential": LIST,
    });
    let entry = StatusEntry::read(entry.as_object().expect("an object")).expect("an entry");
    let value = check(&entry, body.as_object().expect("an object")).expect("a status");
    assert_eq!(value, StatusValue { purpose: StatusPurpose::Revocation, value: 0, message: None });
}

#[test]
fn list_for_another_purpose_or_of_another_url_says_nothing() {
    let list = StatusList::new(MINIMUM_ENTRIES, 1).expect("a list");
    let body = published(&list, vec![StatusPurpose::Suspension, StatusPurpose::Refresh]);
    let fault = check(&entry(StatusPurpose::Revocation, 1), &body);
    assert_eq!(fault, Err(StatusFault::WrongPurpose { purpose: StatusPurpose::Revocation }));
    assert!(check(&entry(StatusPurpose::Refresh, 1), &body).is_ok());
    let other = BitstringEntry::new(StatusPurpose::Suspension, 1, "https://example.com/credentials/status/4");
    let fault = StatusFault::WrongList { url: other.list.clone() };
    assert_eq!(check(&StatusEntry::Bitstring(other), &body), Err(fault));
}

#[test]
fn index_past_the_end_is_a_fault() {
    let list = StatusList::new(MINIMUM_ENTRIES, 1).expect("a list");
    let body = published(&list, vec![StatusPurpose::Revocation]);
    for index in [MINIMUM_ENTRIES, u64::MAX] {
        let fault = check(&entry(StatusPurpose::Revocation, index), &body);
        assert_eq!(fault, Err(StatusFault::OutOfRange { entries: MINIMUM_ENTRIES }));
    }
}

#[test]
fn list_too_short_for_its_entries_is_a_fault() {
    // Enough entries of one bit, half as many of two.
    let list = StatusList::new(MINIMUM_ENTRIES, 1).expect("a list");
    let body = published(&list, vec![StatusPurpose::Message]);
    let entry = StatusEntry::Bitstring(BitstringEntry { size: 2, ..bitstring(StatusPurpose::Message, 1) });
    assert_eq!(check(&entry, &body), Err(StatusFault::TooShort { entries: MINIMUM_ENTRIES / 2 }));
}

#[test]
fn message_of_the_value_is_told() {
    let mut list = StatusList::new(MINIMUM_ENTRIES, 2).expect("a list");
    list.set(7, 2).expect("in range");
    let body = published(&list, vec![StatusPurpose::Message]);
    let mut entry = bitstring(StatusPurpose::Message, 7);
    entry.size = 2;
    entry.messages = ["pending_review", "accepted", "rejected", "undefined"]
        .into_iter()
        .enumerate()
        .map(|(value, message)| StatusMessage { value: value as u8, message: message.to_owned() })
        .collect();
    let value = check(&StatusEntry::Bitstring(entry), &body).expect("a status");
    assert_eq!((value.value, value.message.as_deref()), (2, Some("rejected")));
}

#[test]
fn bitstring_status_list_section_2_1_examples_1_and_2() {
    let read = |entry: &Value| StatusEntry::read(entry.as_object().expect("an object"));
    let revocation = json!({
        "id": "https://example.com/credentials/status/3#94567",
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": "94567",
        "statusListCredential": "https://example.com/credentials/status/3",
    });
    let entry = BitstringEntry {
        id: Some("https://example.com/credentials/status/3#94567".to_owned()),
        ..bitstring(StatusPurpose::Revocation, 94567)
    };
    assert_eq!(read(&revocation), Ok(StatusEntry::Bitstring(entry)));
    let mut message = json!({
        "id": "https://example.com/credentials/status/8#492847",
        "type": "BitstringStatusListEntry",
        "statusPurpose": "message",
        "statusListIndex": "492847",
        "statusSize": 2,
        "statusListCredential": "https://example.com/credentials/status/8",
        "statusMessage": [
            { "status": "0x0", "message": "pending_review" },
            { "status": "0x1", "message": "accepted" },
            { "status": "0x2", "message": "rejected" },
        ],
        "statusReference": "https://example.org/status-dictionary/",
    });
    // The example breaks off before its fourth message.
    assert!(matches!(read(&message), Err(StatusFault::Malformed { .. })));
    message["statusMessage"].as_array_mut().expect("a list").push(json!({ "status": "0x3", "message": "undefined", "more": 1 }));
    let Ok(StatusEntry::Bitstring(entry)) = read(&message) else { panic!("an entry") };
    assert_eq!((entry.index, entry.size, entry.messages.len()), (492_847, 2, 4));
    assert_eq!(entry.references, ["https://example.org/status-dictionary/"]);
}

#[test]
fn faults_have_the_names_of_section_3_5() {
    let purpose = StatusPurpose::Revocation;
    for (fault, name) in [
        (StatusFault::malformed("x"), "MALFORMED_VALUE_ERROR"),
        (StatusFault::WrongPurpose { purpose }, "STATUS_VERIFICATION_ERROR"),
        (StatusFault::TooShort { entries: 8 }, "STATUS_LIST_LENGTH_ERROR"),
        (StatusFault::OutOfRange { entries: 8 }, "RANGE_ERROR"),
    ] {
        assert_eq!(fault.code(), name);
    }
}
