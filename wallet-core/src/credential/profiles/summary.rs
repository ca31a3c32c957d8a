//! The short list of claims a person looks at.

use serde_json::{Map, Value};

use super::labels::Label;
use super::read::{subject_of_type, text, value};
use super::{Profile, diploma, vaccination};
use crate::credential::Credential;
use crate::language::Language;

/// The most lines of a summary of a credential of no known profile.
const MAX_LINES: usize = 30;

/// The claims a person looks at, each with its label in `language`, the most important first.
///
/// It says nothing of whether the credential is good: show it only beside a verdict.
pub fn summary(credential: &Credential, language: Language) -> Vec<(String, String)> {
    let mut lines = Lines { language, lines: Vec::new() };
    let profile = Profile::of(credential);
    match profile {
        Some(Profile::IdentityCard) => lines.identity_card(credential),
        Some(Profile::Diploma | Profile::ReducedDiploma) => lines.diploma(credential),
        Some(Profile::Vaccination) => lines.vaccination(credential),
        None => lines.unknown(credential),
    }
    // A diploma's issuer stands there already, as the institution.
    if !matches!(profile, Some(Profile::Diploma | Profile::ReducedDiploma)) {
        lines.put(Label::Issuer, Some(credential.issuer_name(language).unwrap_or(credential.issuer())));
    }
    lines.put(Label::ValidFrom, credential.valid_from().map(|time| time.as_str()));
    lines.put(Label::ValidUntil, credential.valid_until().map(|time| time.as_str()));
    lines.lines
}

struct Lines {
    language: Language,
    lines: Vec<(String, String)>,
}

impl Lines {
    fn put(&mut self, label: Label, value: Option<&str>) {
        if let Some(value) = value {
            self.lines.push((label.text(self.language).to_owned(), value.to_owned()));
        }
    }

    fn identity_card(&mut self, credential: &Credential) {
        let Some(subject) = subject_of_type(credential, "Citizen") else { return };
        self.put(Label::GivenNames, text(subject, &["givenName"]));
        self.put(Label::FamilyNames, text(subject, &["familyName"]));
        self.put(Label::BirthDate, text(subject, &["birthDate"]));
        self.put(Label::Gender, text(subject, &["gender"]));
        self.put(Label::Nationality, text(subject, &["nationality"]));
        self.put(Label::DocumentNumber, text(subject, &["identityCard", "documentNumber"]));
        self.put(Label::ExpiryDate, text(subject, &["identityCard", "expiryDate"]));
    }

    fn diploma(&mut self, credential: &Credential) {
        let Some(subject) = subject_of_type(credential, "AchievementSubject") else { return };
        self.put(Label::FullName, diploma::holder_name(subject));
        self.put(Label::DocumentNumber, diploma::identity_of(subject, "nationalIdentityNumber"));
        self.put(Label::Degree, text(subject, &["achievement", "name"]));
        self.put(Label::FieldOfStudy, text(subject, &["achievement", "fieldOfStudy"]));
        self.put(Label::Grade, text(subject, &["result", "value"]));
        self.put(Label::Institution, Some(credential.issuer_name(self.language).unwrap_or(credential.issuer())));
        let awarded = text(credential.json(), &["awardedDate"]);
        self.put(Label::Awarded, awarded.map(|time| time.strip_suffix("T00:00:00Z").unwrap_or(time)));
    }

    fn vaccination(&mut self, credential: &Credential) {
        let Some(event) = subject_of_type(credential, "VaccinationEvent") else { return };
        if let Some(person) = vaccination::recipient(credential, event) {
            self.put(Label::GivenNames, text(person, &["givenName"]));
            self.put(Label::FamilyNames, text(person, &["familyName"]));
            self.put(Label::BirthDate, text(person, &["birthDate"]));
            self.put(Label::DocumentNumber, text(person, &["identifier"]));
        }
        self.put(Label::Vaccine, text(event, &["vaccine", "medicinalProductName"]));
        self.put(Label::Disease, text(event, &["vaccine", "disease"]));
        let number = |name| value(event, &[name]).and_then(Value::as_u64);
        let dose = match (number("order"), number("totalDoses")) {
            (Some(order), Some(total)) => Some(format!("{order}/{total}")),
            (order, _) => order.map(|order| order.to_string()),
        };
        self.put(Label::Dose, dose.as_deref());
        self.put(Label::VaccinationDate, text(event, &["dateOfVaccination"]));
        self.put(Label::BatchNumber, text(event, &["batchNumber"]));
        self.put(Label::HealthUnit, text(event, &["administeringCentre"]));
        self.put(Label::Country, text(event, &["countryOfVaccination"]));
    }

    /// Every plain claim under its own name, since nothing better is known.
    fn unknown(&mut self, credential: &Credential) {
        let kinds = credential.types();
        let kind = kinds.iter().rev().find(|name| **name != "VerifiableCredential");
        self.put(Label::Name, credential.name(self.language));
        self.put(Label::Kind, kind.copied());
        for subject in credential.subjects() {
            self.plain("", subject);
        }
    }

    fn plain(&mut self, above: &str, object: &Map<String, Value>) {
        for (name, value) in object {
            if self.lines.len() >= MAX_LINES || ["id", "type"].contains(&name.as_str()) {
                continue;
            }
            let name = if above.is_empty() { name.clone() } else { format!("{above}.{name}") };
            match value {
                Value::String(text) => self.lines.push((name, text.clone())),
                Value::Number(_) | Value::Bool(_) => self.lines.push((name, value.to_string())),
                Value::Object(inner) => self.plain(&name, inner),
                Value::Array(_) | Value::Null => (),
            }
        }
    }
}
