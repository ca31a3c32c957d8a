//! The list as its issuer publishes it: a credential of its own (Bitstring Status List §2.2).

use std::time::Duration;

use serde_json::{Map, Value};

use super::{StatusFault, StatusList, StatusPurpose};
use crate::credential::{CredentialBuilder, CredentialTerms};
use crate::did::Did;
use crate::time::Timestamp;

/// What a list credential says beside the list.
#[derive(Debug, Clone, PartialEq)]
pub struct ListTerms {
    /// Where it is published: the `statusListCredential` of its entries.
    pub url: String,
    /// Who issues it.
    pub issuer: Did,
    /// What its statuses are for.
    pub purposes: Vec<StatusPurpose>,
    /// From when it is valid.
    pub valid_from: Timestamp,
    /// Until when it may be relied on.
    pub valid_until: Option<Timestamp>,
    /// How long to keep it before asking for a newer one.
    pub ttl: Option<Duration>,
}

impl StatusList {
    /// The `BitstringStatusListCredential` of this list, to be signed by its issuer.
    pub fn to_credential(&self, terms: &ListTerms) -> Map<String, Value> {
        let mut subject = Map::new();
        let mut put = |name: &str, value: Value| subject.insert(name.to_owned(), value);
        put("id", format!("{}#list", terms.url).into());
        put("type", "BitstringStatusList".into());
        put(
            "statusPurpose",
            match terms.purposes.as_slice() {
                [one] => one.as_str().into(),
                all => all.iter().map(StatusPurpose::as_str).collect(),
            },
        );
        put("encodedList", self.encode().into());
        if let Some(ttl) = terms.ttl {
            put("ttl", u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX).into());
        }
        let frame = CredentialTerms {
            id: Some(terms.url.clone()),
            valid_from: Some(terms.valid_from.clone()),
            valid_until: terms.valid_until.clone(),
            ..CredentialTerms::by(terms.issuer.clone())
        };
        CredentialBuilder::new(frame).type_name("BitstringStatusListCredential").subject(subject).into_json()
    }
}

/// A list credential's own members, read from its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListCredential {
    /// Where it says it is published.
    pub id: Option<String>,
    /// What its statuses are for, at least one.
    pub purposes: Vec<StatusPurpose>,
    /// How long it is kept before a newer one is asked for, when it says so.
    pub ttl: Option<Duration>,
    /// The `encodedList`, not yet decompressed.
    pub encoded: String,
}

impl ListCredential {
    /// Reads the body of a `BitstringStatusListCredential`; [`StatusFault::Unsupported`] when it is of another kind.
    pub fn read(body: &Map<String, Value>) -> Result<Self, StatusFault> {
        let types = items(body.get("type"));
        if !types.iter().any(|name| name == "BitstringStatusListCredential") {
            let kind = types.iter().filter_map(Value::as_str).next_back().unwrap_or("unknown");
            return Err(StatusFault::Unsupported { kind: kind.to_owned() });
        }
        let subjects: Vec<&Value> = items(body.get("credentialSubject")).iter().filter(|s| is_list(s.get("type"))).collect();
        let [subject] = subjects[..] else {
            return Err(StatusFault::malformed("the credential has not exactly one list"));
        };
        let purposes: Option<Vec<StatusPurpose>> = items(subject.get("statusPurpose"))
            .iter()
            .map(|purpose| purpose.as_str().map(|name| name.to_owned().into()))
            .collect();
        let purposes = purposes.filter(|purposes| !purposes.is_empty());
        let encoded = subject.get("encodedList").and_then(Value::as_str);
        let ttl = match subject.get("ttl") {
            None => None,
            Some(ttl) => Some(ttl.as_u64().ok_or_else(|| StatusFault::malformed("ttl is not a number of milliseconds"))?),
        };
        Ok(Self {
            id: body.get("id").and_then(Value::as_str).map(str::to_owned),
            purposes: purposes.ok_or_else(|| StatusFault::malformed("statusPurpose is missing or not text"))?,
            ttl: ttl.map(Duration::from_millis),
            encoded: encoded.ok_or_else(|| StatusFault::malformed("encodedList is missing or not text"))?.to_owned(),
        })
    }
}

fn is_list(types: Option<&Value>) -> bool {
    items(types).iter().any(|name| name == "BitstringStatusList")
}

fn items(value: Option<&Value>) -> &[Value] {
    match value {
        None => &[],
        Some(Value::Array(items)) => items,
        Some(one) => std::slice::from_ref(one),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credential::Credential;
    use crate::status::MINIMUM_ENTRIES;
    use serde_json::json;

    fn body() -> Map<String, Value> {
        let terms = ListTerms {
            url: "https://example.com/status/3".to_owned(),
            issuer: "did:web:salud.example".parse().expect("a DID"),
            purposes: vec![StatusPurpose::Revocation, StatusPurpose::Suspension],
            valid_from: "2026-03-01T12:00:00Z".parse().expect("a date"),
            valid_until: Some("2026-03-08T12:00:00Z".parse().expect("a date")),
            ttl: Some(Duration::from_secs(300)),
        };
        StatusList::new(MINIMUM_ENTRIES, 1).expect("a list").to_credential(&terms)
    }

    #[test]
    fn published_list_is_a_credential_and_reads_back() {
        Credential::check(&body()).expect("a credential");
        let list = ListCredential::read(&body()).expect("a list");
        assert_eq!(list.purposes, [StatusPurpose::Revocation, StatusPurpose::Suspension]);
        assert_eq!(list.ttl, Some(Duration::from_secs(300)));
        assert_eq!(list.id.as_deref(), Some("https://example.com/status/3"));
    }

    #[test]
    fn malformed_list_is_refused() {
        for (name, value) in
            [("statusPurpose", json!([])), ("statusPurpose", json!(7)), ("encodedList", json!(7)), ("ttl", json!("300"))]
        {
            let mut body = body();
            body["credentialSubject"][name] = value;
            assert!(matches!(ListCredential::read(&body), Err(StatusFault::Malformed { .. })), "{name}");
        }
        let mut body = body();
        body["credentialSubject"]["type"] = "AchievementSubject".into();
        assert!(matches!(ListCredential::read(&body), Err(StatusFault::Malformed { .. })));
    }

    #[test]
    fn credential_of_another_kind_is_not_supported() {
        let mut body = body();
        body["type"] = json!(["VerifiableCredential", "StatusList2021Credential"]);
        let kind = "StatusList2021Credential".to_owned();
        assert_eq!(ListCredential::read(&body), Err(StatusFault::Unsupported { kind }));
    }
}
