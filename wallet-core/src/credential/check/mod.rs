//! The structural rules of VC DM 2.0 §4 and §5, and of VC DM 1.1 for what is only read.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::related_resource::RelatedResource;
use super::{CONTEXT_V1, CONTEXT_V2, CredentialFault, ModelVersion, Text, is_url, items, strings, validity_names};
use crate::time::Timestamp;

/// The members whose values have a type of their own, and perhaps an identifier (§5.5, §5.6, §5.10).
const EXTENSIONS: [&str; 4] = ["evidence", "termsOfUse", "renderMethod", "confidenceMethod"];

/// Checks a credential.
pub(super) fn credential(json: &Map<String, Value>) -> Result<ModelVersion, Vec<CredentialFault>> {
    let mut check = Check::default();
    let version = check.context(json);
    check.types(json, "type", Some("VerifiableCredential"));
    check.url(json, "id");
    check.party(json, "issuer", true);
    check.subjects(json);
    check.validity(json, version);
    check.text(json, "name");
    check.text(json, "description");
    // VC DM 1.1 §5.4 and §5.5 ask for identifiers that 2.0 leaves free.
    let since_v2 = if version == ModelVersion::V1 { Identifier::Required } else { Identifier::Optional };
    check.typed_objects(json, "credentialStatus", since_v2);
    check.typed_objects(json, "credentialSchema", Identifier::Required);
    check.typed_objects(json, "refreshService", since_v2);
    for name in EXTENSIONS {
        check.typed_objects(json, name, Identifier::Optional);
    }
    check.related_resources(json);
    check.finish(version)
}

/// Checks a presentation; the credentials in it are checked each on its own.
pub(super) fn presentation(json: &Map<String, Value>) -> Result<ModelVersion, Vec<CredentialFault>> {
    let mut check = Check::default();
    let version = check.context(json);
    check.types(json, "type", Some("VerifiablePresentation"));
    check.url(json, "id");
    check.party(json, "holder", false);
    for name in EXTENSIONS.into_iter().chain(["refreshService"]) {
        check.typed_objects(json, name, Identifier::Optional);
    }
    check.one_or_more(json, "verifiableCredential");
    for (member, item) in members("verifiableCredential", json.get("verifiableCredential")) {
        match (item, version) {
            (Value::Object(item), ModelVersion::V2) => check.inside_presentation(item, member),
            (Value::Object(_) | Value::String(_), ModelVersion::V1) => {}
            _ => check.faults.push(CredentialFault::NotObject { member }),
        }
    }
    check.finish(version)
}

/// What is wrong with an object of the type `EnvelopedVerifiableCredential` or `EnvelopedVerifiablePresentation` (§4.13.1, §4.13.2).
pub(super) fn envelope(json: &Map<String, Value>, member: String) -> Result<(), CredentialFault> {
    let types = items(json.get("type"));
    let data_url = json.get("id").and_then(Value::as_str).is_some_and(|id| id.starts_with("data:") && is_url(id));
    // The envelope's terms are those of the base context and of no other.
    let base = strings(json.get("@context")).contains(&CONTEXT_V2);
    if types.len() == 1 && data_url && base { Ok(()) } else { Err(CredentialFault::MalformedEnvelope { member }) }
}

/// Whether an object of an extension point must have an identifier.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Identifier {
    Required,
    Optional,
}

#[derive(Default)]
struct Check {
    faults: Vec<CredentialFault>,
}

impl Check {
    fn finish(self, version: ModelVersion) -> Result<ModelVersion, Vec<CredentialFault>> {
        if self.faults.is_empty() { Ok(version) } else { Err(self.faults) }
    }

    fn context(&mut self, json: &Map<String, Value>) -> ModelVersion {
        let Some(context) = json.get("@context") else {
            self.faults.push(CredentialFault::Missing { member: "@context".to_owned() });
            return ModelVersion::V2;
        };
        let entries = items(Some(context));
        let version = match entries.first().and_then(Value::as_str) {
            Some(CONTEXT_V2) => ModelVersion::V2,
            Some(CONTEXT_V1) => ModelVersion::V1,
            _ => {
                self.faults.push(CredentialFault::FirstContext);
                ModelVersion::V2
            }
        };
        let others = strings(Some(context)).into_iter().skip(1);
        if others.into_iter().any(|url| url == CONTEXT_V1 || url == CONTEXT_V2) {
            self.faults.push(CredentialFault::MixedContexts);
        }
        let mut seen = HashSet::new();
        for (member, entry) in members("@context", Some(context)) {
            if !(entry.is_object() || entry.as_str().is_some_and(is_url)) {
                self.faults.push(CredentialFault::MalformedContext { member });
            } else if version == ModelVersion::V2 && entry.as_str().is_some_and(|url| url != CONTEXT_V2 && !seen.insert(url)) {
                self.faults.push(CredentialFault::DuplicateContext { member });
            }
        }
        version
    }

    fn types(&mut self, json: &Map<String, Value>, member: &str, expected: Option<&str>) {
        let Some(value) = json.get("type") else {
            return self.faults.push(CredentialFault::Missing { member: member.to_owned() });
        };
        let names = items(Some(value));
        // A blank node's label is neither a term nor a URL, whatever JSON-LD makes of it (§4.5).
        let is_name = |name: &str| !name.is_empty() && !name.starts_with("_:");
        if names.is_empty() || !names.iter().all(|name| name.as_str().is_some_and(is_name)) {
            self.faults.push(CredentialFault::MalformedType { member: member.to_owned() });
        }
        if let Some(expected) = expected
            && !names.iter().any(|name| name == expected)
        {
            self.faults.push(CredentialFault::MissingType { expected: expected.to_owned() });
        }
    }

    fn url(&mut self, json: &Map<String, Value>, name: &str) {
        if let Some(value) = json.get(name) {
            self.url_value(value, name.to_owned());
        }
    }

    fn url_value(&mut self, value: &Value, member: String) {
        if !value.as_str().is_some_and(is_url) {
            self.faults.push(CredentialFault::NotUrl { member });
        }
    }

    /// An issuer or holder: a URL, or an object with one as its `id` (§4.7, §4.13).
    fn party(&mut self, json: &Map<String, Value>, name: &str, required: bool) {
        match json.get(name) {
            None if required => self.faults.push(CredentialFault::Missing { member: name.to_owned() }),
            None => (),
            Some(Value::Object(party)) => {
                match party.get("id") {
                    None => self.faults.push(CredentialFault::Missing { member: format!("{name}.id") }),
                    Some(id) => self.url_value(id, format!("{name}.id")),
                }
                self.text_value(party.get("name"), format!("{name}.name"));
                self.text_value(party.get("description"), format!("{name}.description"));
            }
            Some(value) => self.url_value(value, name.to_owned()),
        }
    }

    fn subjects(&mut self, json: &Map<String, Value>) {
        let Some(value) = json.get("credentialSubject") else {
            return self.faults.push(CredentialFault::Missing { member: "credentialSubject".to_owned() });
        };
        if items(Some(value)).is_empty() {
            self.faults.push(CredentialFault::Empty { member: "credentialSubject".to_owned() });
        }
        for (member, subject) in members("credentialSubject", Some(value)) {
            match subject {
                Value::Object(subject) if subject.is_empty() => self.faults.push(CredentialFault::Empty { member }),
                Value::Object(subject) => {
                    if let Some(id) = subject.get("id") {
                        self.url_value(id, format!("{member}.id"));
                    }
                }
                _ => self.faults.push(CredentialFault::NotObject { member }),
            }
        }
    }

    fn validity(&mut self, json: &Map<String, Value>, version: ModelVersion) {
        let (from, until) = validity_names(version);
        if version == ModelVersion::V1 && !json.contains_key(from) {
            self.faults.push(CredentialFault::Missing { member: from.to_owned() });
        }
        let start = self.timestamp(json, from);
        let end = self.timestamp(json, until);
        if start.zip(end).is_some_and(|(start, end)| end < start) {
            self.faults.push(CredentialFault::EmptyValidity);
        }
    }

    fn timestamp(&mut self, json: &Map<String, Value>, name: &str) -> Option<Timestamp> {
        let time = json.get(name)?.as_str().and_then(|text| text.parse().ok());
        if time.is_none() {
            self.faults.push(CredentialFault::NotTimestamp { member: name.to_owned() });
        }
        time
    }

    fn text(&mut self, json: &Map<String, Value>, name: &str) {
        self.text_value(json.get(name), name.to_owned());
    }

    fn text_value(&mut self, value: Option<&Value>, member: String) {
        if value.is_some_and(|value| Text::of(value).is_none()) {
            self.faults.push(CredentialFault::MalformedText { member });
        }
    }

    /// A list that stands for one or more must not be empty.
    fn one_or_more(&mut self, json: &Map<String, Value>, name: &str) {
        if json.get(name).is_some_and(|value| items(Some(value)).is_empty()) {
            self.faults.push(CredentialFault::Empty { member: name.to_owned() });
        }
    }

    /// One or more objects, each with a `type` and, perhaps or surely, an `id`; a digest in one must be such (§5.3).
    fn typed_objects(&mut self, json: &Map<String, Value>, name: &str, identifier: Identifier) {
        self.one_or_more(json, name);
        for (member, value) in members(name, json.get(name)) {
            let Value::Object(object) = value else {
                self.faults.push(CredentialFault::NotObject { member });
                continue;
            };
            self.types(object, &format!("{member}.type"), None);
            match object.get("id") {
                Some(id) => self.url_value(id, format!("{member}.id")),
                None if identifier == Identifier::Required => {
                    self.faults.push(CredentialFault::Missing { member: format!("{member}.id") });
                }
                None => (),
            }
            if RelatedResource::is_pinned(object) && object.contains_key("id") && RelatedResource::read(object).is_none() {
                self.faults.push(CredentialFault::MalformedDigest { member });
            }
        }
    }

    /// A credential of a presentation, as far as the presentation answers for it: what it says is checked on its own.
    fn inside_presentation(&mut self, item: &Map<String, Value>, member: String) {
        let types = strings(item.get("type"));
        if types.contains(&"EnvelopedVerifiableCredential") {
            self.faults.extend(envelope(item, member).err());
        } else if !types.contains(&"VerifiableCredential") {
            self.faults.push(CredentialFault::NotCredential { member });
        } else if !item.contains_key("proof") {
            self.faults.push(CredentialFault::NotSecured { member });
        }
    }

    fn related_resources(&mut self, json: &Map<String, Value>) {
        self.one_or_more(json, "relatedResource");
        let mut seen = HashSet::new();
        for (member, value) in members("relatedResource", json.get("relatedResource")) {
            let Value::Object(object) = value else {
                self.faults.push(CredentialFault::NotObject { member });
                continue;
            };
            match object.get("id") {
                None => self.faults.push(CredentialFault::Missing { member: format!("{member}.id") }),
                Some(id) => self.url_value(id, format!("{member}.id")),
            }
            if RelatedResource::read(object).is_none() {
                self.faults.push(CredentialFault::MalformedDigest { member: member.clone() });
            }
            if object.get("mediaType").is_some_and(|media| !media.as_str().is_some_and(is_media_type)) {
                self.faults.push(CredentialFault::MalformedMediaType { member: format!("{member}.mediaType") });
            }
            if object.get("id").and_then(Value::as_str).is_some_and(|id| !seen.insert(id)) {
                self.faults.push(CredentialFault::DuplicateResource { member });
            }
        }
    }
}

/// The items of a member, each with its own name.
fn members<'a>(name: &str, value: Option<&'a Value>) -> Vec<(String, &'a Value)> {
    match value {
        None => Vec::new(),
        Some(Value::Array(items)) => items.iter().enumerate().map(|(i, item)| (format!("{name}.{i}"), item)).collect(),
        Some(one) => vec![(name.to_owned(), one)],
    }
}

/// Whether `text` is a media type, with parameters or without (RFC 6838 §4.2).
fn is_media_type(text: &str) -> bool {
    let name = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b));
    let essence = text.split(';').next().unwrap_or_default().trim_end();
    essence.split_once('/').is_some_and(|(kind, subtype)| name(kind) && name(subtype))
}

#[cfg(test)]
mod tests;
