//! A credential whose texts name columns in braces, to be filled in from a row: `"{first} {last}"`.
//!
//! A member that names a column the row leaves empty is left out, and so is an object nothing is left of.

use std::path::Path;

use serde_json::{Map, Value, json};
use wallet_core::credential::CredentialTerms;

use crate::failure::{Failure, Result};
use crate::input;
use crate::rows::Row;

/// A template, as its file has it.
#[derive(Debug, Clone, PartialEq)]
pub struct Template(Map<String, Value>);

impl Template {
    /// Reads a JSON object.
    pub fn read(file: &Path) -> Result<Self> {
        let json = serde_json::from_str(&input::text(file)?).map_err(|error| Failure::input(file, error))?;
        match json {
            Value::Object(members) => Ok(Self(members)),
            _ => Err(Failure::input(file, "it is not a JSON object")),
        }
    }

    /// The credential of `row`; what it does not say itself is taken from `terms`.
    pub fn credential(&self, row: &Row, terms: &CredentialTerms) -> Map<String, Value> {
        let mut credential: Map<String, Value> =
            self.0.iter().filter_map(|(name, value)| Some((name.clone(), filled(value, row)?))).collect();
        let issuer = match &terms.issuer_name {
            Some(name) => json!({ "id": terms.issuer, "name": name }),
            None => json!(terms.issuer),
        };
        credential.entry("issuer").or_insert(issuer);
        if let Some(from) = &terms.valid_from {
            credential.entry("validFrom").or_insert_with(|| json!(from));
        }
        credential
    }
}

/// A value with the cells of `row` in it; none when it names one that is empty.
fn filled(value: &Value, row: &Row) -> Option<Value> {
    match value {
        Value::String(text) => filled_text(text, row).map(Value::String),
        Value::Array(items) => {
            let items: Vec<Value> = items.iter().filter_map(|item| filled(item, row)).collect();
            (!items.is_empty()).then(|| items.into())
        }
        Value::Object(members) => {
            let members: Map<String, Value> =
                members.iter().filter_map(|(name, value)| Some((name.clone(), filled(value, row)?))).collect();
            (!members.is_empty()).then(|| members.into())
        }
        plain => Some(plain.clone()),
    }
}

fn filled_text(text: &str, row: &Row) -> Option<String> {
    let mut parts = text.split('{');
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once('}') {
            Some((column, after)) => {
                filled += &row.cell(column)?;
                filled += after;
            }
            None => {
                filled.push('{');
                filled += part;
            }
        }
    }
    Some(filled)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows;

    #[test]
    fn texts_are_filled_in_and_what_is_empty_is_left_out() {
        let template = json!({
            "name": "Carné de {first} {last}", "id": "urn:card:{number}", "validFrom": "2026-01-01T00:00:00Z",
            "credentialSubject": { "id": "{did}", "name": "{first} {last}", "home": { "town": "{town}" } },
            "sizes": [1, "{"],
        });
        let template = Template(template.as_object().expect("an object").clone());
        let people = "number,first,last,did,town\n7,Ana,Ruiz,,\n8,Luis,Paz,did:example:luis,Salto\n";
        let rows = rows::read(Path::new("x.csv"), people).expect("two people");
        let mut terms = CredentialTerms::by("did:web:library.example".parse().expect("a DID"));
        terms.valid_from = Some("2026-03-01T00:00:00Z".parse().expect("a date"));
        let expected = json!({
            "name": "Carné de Ana Ruiz", "id": "urn:card:7", "validFrom": "2026-01-01T00:00:00Z",
            "credentialSubject": { "name": "Ana Ruiz" }, "sizes": [1, "{"], "issuer": "did:web:library.example",
        });
        assert_eq!(Value::Object(template.credential(&rows[0], &terms)), expected);
        let second = template.credential(&rows[1], &terms);
        assert_eq!(second["credentialSubject"]["home"]["town"], "Salto");
    }
}
