//! Reading claims and their forms, for the checks of every profile.

use serde_json::{Map, Value};

use super::ProfileFault;
use crate::credential::{Credential, Date, strings};

/// The first subject of type `name`.
pub(super) fn subject_of_type<'a>(credential: &'a Credential, name: &str) -> Option<&'a Map<String, Value>> {
    credential.subjects().into_iter().find(|subject| strings(subject.get("type")).contains(&name))
}

/// The text at `path`, when it is not blank.
pub(super) fn text<'a>(object: &'a Map<String, Value>, path: &[&str]) -> Option<&'a str> {
    value(object, path)?.as_str().filter(|text| !text.trim().is_empty())
}

/// The value at `path`, where a list stands for its first item.
pub(super) fn value<'a>(object: &'a Map<String, Value>, path: &[&str]) -> Option<&'a Value> {
    let (first, rest) = path.split_first()?;
    rest.iter().try_fold(first_item(object.get(*first)?), |value, name| value.get(name).map(first_item))
}

fn first_item(value: &Value) -> &Value {
    value.as_array().and_then(|items| items.first()).unwrap_or(value)
}

/// Collects the faults of one object's claims.
pub(super) struct Claims<'a> {
    object: &'a Map<String, Value>,
    faults: Vec<ProfileFault>,
}

impl<'a> Claims<'a> {
    pub(super) fn of(object: &'a Map<String, Value>) -> Self {
        Self { object, faults: Vec::new() }
    }

    pub(super) fn faults(self) -> Vec<ProfileFault> {
        self.faults
    }

    /// The claim must be there, as text that is not empty.
    pub(super) fn required(&mut self, path: &[&str]) {
        if text(self.object, path).is_none() {
            self.faults.push(ProfileFault::Missing { member: path.join(".") });
        }
    }

    /// The claim must be there and of the form.
    pub(super) fn required_form(&mut self, path: &[&str], form: Form) {
        self.required(path);
        self.form(path, form);
    }

    /// The claim, when it is there, must be of the form.
    pub(super) fn form(&mut self, path: &[&str], form: Form) {
        let Some(found) = value(self.object, path) else { return };
        let good = found.as_str().map(|text| (form.matches)(text));
        // Blank text is missing, which `required` reports.
        if good == Some(false) && text(self.object, path).is_some() || good.is_none() {
            self.faults.push(ProfileFault::Malformed { member: path.join("."), expected: form.name.to_owned() });
        }
    }
}

/// The form of a code.
#[derive(Clone, Copy)]
pub(super) struct Form {
    name: &'static str,
    matches: fn(&str) -> bool,
}

impl Form {
    pub(super) const fn new(name: &'static str, matches: fn(&str) -> bool) -> Self {
        Self { name, matches }
    }
}

pub(super) const DATE: Form = Form::new("a date such as 2026-01-31", |text| text.parse::<Date>().is_ok());
pub(super) const URL: Form = Form::new("a URL", |text| url::Url::parse(text).is_ok());
pub(super) const COUNTRY: Form = Form::new("a country code of ISO 3166-1", is_country);
pub(super) const ATC: Form = Form::new("an ATC code such as J07BX03", is_atc);
pub(super) const ICD_11: Form = Form::new("an ICD-11 code such as RA01.0", is_icd11);

fn is_country(text: &str) -> bool {
    matches!(text.len(), 2 | 3) && text.bytes().all(|b| b.is_ascii_uppercase())
}

/// A code of the WHO's Anatomical Therapeutic Chemical classification, at its fourth or fifth level.
fn is_atc(text: &str) -> bool {
    let shape = match text.len() {
        5 => "ADDAA",
        7 => "ADDAADD",
        _ => return false,
    };
    text.bytes().zip(shape.bytes()).all(|(b, kind)| if kind == b'A' { b.is_ascii_uppercase() } else { b.is_ascii_digit() })
}

/// A stem code (`1D47`, `RA01.0`) or extension code (`XM68M6`) of the WHO's ICD-11.
fn is_icd11(text: &str) -> bool {
    let (stem, rest) = text.split_once('.').unwrap_or((text, "0"));
    let code = |b: u8| b.is_ascii_digit() || b.is_ascii_uppercase();
    let stem = stem.as_bytes();
    (4..=6).contains(&stem.len())
        && stem.iter().all(|b| code(*b))
        && stem[1].is_ascii_uppercase()
        && stem[2].is_ascii_digit()
        && (1..=2).contains(&rest.len())
        && rest.bytes().all(code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn codes_are_told_from_other_text() {
        for (form, good, bad) in [
            (ATC, ["J07BX03", "J07BL01", "J07BX"], ["J07", "j07bx03", "J07BX0A"]),
            (ICD_11, ["RA01.0", "1D47", "XM68M6"], ["1D", "ra01", "1D47.000"]),
            (COUNTRY, ["PE", "PER", "BRA"], ["Perú", "P", "per"]),
        ] {
            assert!(good.iter().all(|text| (form.matches)(text)), "{}", form.name);
            assert!(bad.iter().all(|text| !(form.matches)(text)), "{}", form.name);
        }
    }

    proptest! {
        #[test]
        fn any_text_is_of_a_form_or_not(text in "\\PC{0,10}") {
            for form in [DATE, URL, COUNTRY, ATC, ICD_11] {
                let _ = (form.matches)(&text);
            }
        }
    }
}
