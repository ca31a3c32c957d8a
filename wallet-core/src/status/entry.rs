//! The entry in a credential that names its place in a Bitstring Status List (Bitstring Status List §2.1).

use serde_json::{Map, Value, json};

use super::{MAX_SIZE, StatusFault, StatusPurpose};

/// A `BitstringStatusListEntry`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BitstringEntry {
    /// Its own identifier, which means nothing to a check.
    pub id: Option<String>,
    /// What the status is for.
    pub purpose: StatusPurpose,
    /// The place in the list, counted from 0.
    pub index: u64,
    /// The bits of one status, 1 to [`MAX_SIZE`].
    pub size: u8,
    /// The URL of the list credential.
    pub list: String,
    /// A message for every value; empty when the entry has none.
    pub messages: Vec<StatusMessage>,
    /// URLs of what explains the status.
    pub references: Vec<String>,
}

/// The message that goes with one value of a status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusMessage {
    /// The value.
    pub value: u8,
    /// The message, for developers.
    pub message: String,
}

impl BitstringEntry {
    /// An entry of one bit.
    pub fn new(purpose: StatusPurpose, index: u64, list: impl Into<String>) -> Self {
        Self { id: None, purpose, index, size: 1, list: list.into(), messages: Vec::new(), references: Vec::new() }
    }

    /// Reads a `credentialStatus` entry; [`StatusFault::Unsupported`] when it is of another kind.
    pub fn read(json: &Map<String, Value>) -> Result<Self, StatusFault> {
        let text = |name: &str| json.get(name).and_then(Value::as_str);
        let kind = text("type").unwrap_or("unknown");
        if kind != "BitstringStatusListEntry" {
            return Err(StatusFault::Unsupported { kind: kind.to_owned() });
        }
        let required = |name: &str| text(name).ok_or_else(|| StatusFault::malformed(format!("{name} is missing or not text")));
        let list = required("statusListCredential")?.to_owned();
        if url::Url::parse(&list).is_err() {
            return Err(StatusFault::malformed("statusListCredential is not a URL"));
        }
        let size = size(json.get("statusSize"))?;
        let messages = messages(json.get("statusMessage"), size)?;
        Ok(Self {
            id: text("id").map(str::to_owned),
            purpose: required("statusPurpose")?.to_owned().into(),
            index: index(required("statusListIndex")?)?,
            size,
            list,
            messages,
            references: references(json.get("statusReference"))?,
        })
    }

    /// The entry as a credential carries it.
    pub fn to_json(&self) -> Map<String, Value> {
        let mut json = Map::new();
        let mut put = |name: &str, value: Value| json.insert(name.to_owned(), value);
        if let Some(id) = &self.id {
            put("id", id.as_str().into());
        }
        put("type", "BitstringStatusListEntry".into());
        put("statusPurpose", self.purpose.as_str().into());
        put("statusListIndex", self.index.to_string().into());
        put("statusListCredential", self.list.as_str().into());
        if self.size != 1 {
            put("statusSize", self.size.into());
        }
        if !self.messages.is_empty() {
            let messages = self.messages.iter();
            let messages = messages.map(|m| json!({ "status": format!("{:#x}", m.value), "message": m.message }));
            put("statusMessage", messages.collect());
        }
        if !self.references.is_empty() {
            put("statusReference", self.references.clone().into());
        }
        json
    }

    /// The message that goes with `value`; for one bit without messages of its own "set" or "unset".
    pub(super) fn message(&self, value: u8) -> Option<&str> {
        match self.messages.iter().find(|message| message.value == value) {
            Some(message) => Some(&message.message),
            None if self.purpose == StatusPurpose::Message && self.size == 1 => Some(if value == 0 { "unset" } else { "set" }),
            None => None,
        }
    }
}

/// An index is a decimal of any size; what is past 2⁶⁴ is past the end of any list.
fn index(text: &str) -> Result<u64, StatusFault> {
    if text.is_empty() || text.len() > 100 || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(StatusFault::malformed("statusListIndex is not a decimal number"));
    }
    Ok(text.parse().unwrap_or(u64::MAX))
}

fn size(value: Option<&Value>) -> Result<u8, StatusFault> {
    let Some(value) = value else { return Ok(1) };
    match value.as_u64() {
        None | Some(0) => Err(StatusFault::malformed("statusSize is not a number above zero")),
        Some(bits) if bits > u64::from(MAX_SIZE) => Err(StatusFault::Unsupported { kind: format!("{bits} bits an entry") }),
        Some(bits) => Ok(bits as u8),
    }
}

fn messages(value: Option<&Value>, size: u8) -> Result<Vec<StatusMessage>, StatusFault> {
    let bad = || StatusFault::malformed("statusMessage does not give one message for every value");
    let items = match value {
        None if size == 1 => return Ok(Vec::new()),
        Some(Value::Array(items)) if items.len() == 1 << size => items,
        _ => return Err(bad()),
    };
    let read = |item: &Value| {
        let digits = item.get("status")?.as_str()?.strip_prefix("0x")?;
        let value = u8::from_str_radix(digits, 16).ok().filter(|_| !digits.starts_with('+'))?;
        Some(StatusMessage { value, message: item.get("message")?.as_str()?.to_owned() })
    };
    items.iter().map(|item| read(item).ok_or_else(bad)).collect()
}

fn references(value: Option<&Value>) -> Result<Vec<String>, StatusFault> {
    let items = match value {
        None => &[],
        Some(Value::Array(items)) => items.as_slice(),
        Some(one) => std::slice::from_ref(one),
    };
    let read = |item: &Value| item.as_str().filter(|url| url::Url::parse(url).is_ok()).map(str::to_owned);
    items.iter().map(|item| read(item).ok_or_else(|| StatusFault::malformed("statusReference is not a URL"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn good() -> Value {
        Value::Object(BitstringEntry::new(StatusPurpose::Revocation, 94567, "https://example.com/status/3").to_json())
    }

    fn read(value: &Value) -> Result<BitstringEntry, StatusFault> {
        BitstringEntry::read(value.as_object().expect("an object"))
    }

    #[test]
    fn entry_reads_back_with_all_its_members() {
        let entry = BitstringEntry {
            id: Some("https://example.com/status/8#492847".to_owned()),
            size: 2,
            messages: (0..4).map(|value| StatusMessage { value, message: format!("m{value}") }).collect(),
            references: vec!["https://example.org/status-dictionary/".to_owned()],
            ..BitstringEntry::new(StatusPurpose::Message, 492_847, "https://example.com/status/8")
        };
        assert_eq!(BitstringEntry::read(&entry.to_json()), Ok(entry));
    }

    #[test]
    fn index_is_a_decimal_in_text_of_any_size() {
        let with = |index: Value| {
            let mut json = good();
            json["statusListIndex"] = index;
            read(&json)
        };
        assert_eq!(with(json!("340282366920938463463374607431768211456")).expect("an entry").index, u64::MAX);
        assert_eq!(with(json!("0")).expect("an entry").index, 0);
        for bad in [json!(7), json!("-1"), json!("+1"), json!("0x10"), json!(""), json!("1.0"), json!(null)] {
            assert!(matches!(with(bad), Err(StatusFault::Malformed { .. })));
        }
    }

    #[test]
    fn size_above_one_needs_a_message_for_every_value() {
        let mut json = good();
        json["statusSize"] = json!(2);
        assert!(matches!(read(&json), Err(StatusFault::Malformed { .. })));
        json["statusSize"] = json!(0);
        assert!(matches!(read(&json), Err(StatusFault::Malformed { .. })));
        json["statusSize"] = json!(64);
        assert!(matches!(read(&json), Err(StatusFault::Unsupported { .. })));
    }

    #[test]
    fn entry_of_another_kind_is_not_supported() {
        let mut json = good();
        json["type"] = "StatusList2021Entry".into();
        assert_eq!(read(&json), Err(StatusFault::Unsupported { kind: "StatusList2021Entry".to_owned() }));
    }

    proptest! {
        #[test]
        fn any_member_of_any_shape_is_read_or_refused(
            name in "(type|statusPurpose|statusListIndex|statusSize|statusListCredential|statusMessage|statusReference)",
            text in "[\\[\\]{}\":,0-9a-e ]{0,30}",
        ) {
            if let Ok(value) = crate::json::read("test", &text) {
                let mut json = good();
                json[&name] = value;
                let _ = read(&json);
            }
        }
    }
}
