//! The credentials people carry, on published vocabularies: typed builders, checks, and what a person looks at.
//!
//! One file per profile: the identity card (citizenship and schema.org terms), the diploma (Open Badges 3.0) and its reduced
//! form for print, the vaccination certificate (w3id vaccination terms, ATC and WHO codes).

mod diploma;
mod identity_card;
mod labels;
mod read;
mod summary;
mod vaccination;

pub use diploma::{DegreeKind, Diploma, ReducedDiploma};
pub use identity_card::IdentityCard;
pub use summary::summary;
pub use vaccination::{Recipient, Vaccination, Vaccine};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Credential;

/// The context of the identity card.
pub const IDENTITY_CONTEXT: &str = "https://w3id.org/cedula/identity/v1";
/// The context of Open Badges 3.0, for the diploma.
pub const OPEN_BADGES_CONTEXT: &str = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json";
/// The context of the vaccination certificate.
pub const VACCINATION_CONTEXT: &str = "https://w3id.org/cedula/vaccination/v1";

/// A kind of credential this library knows by its claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Profile {
    /// A national identity card.
    IdentityCard,
    /// A diploma: an Open Badges 3.0 credential for a degree.
    Diploma,
    /// A diploma reduced to what a small printed symbol holds.
    ReducedDiploma,
    /// A vaccination certificate.
    Vaccination,
}

impl Profile {
    /// The URL of the type by which issuers are accredited for its credentials; a reduced diploma has no type but its subject's.
    pub fn type_url(self) -> &'static str {
        match self {
            Self::IdentityCard => "https://w3id.org/cedula#IdentityCardCredential",
            Self::Diploma => "https://purl.imsglobal.org/spec/vc/ob/vocab.html#OpenBadgeCredential",
            Self::ReducedDiploma => "https://purl.imsglobal.org/spec/vc/ob/vocab.html#AchievementSubject",
            Self::Vaccination => "https://w3id.org/vaccination#VaccinationCertificate",
        }
    }

    /// The profile of `credential`, by its types; none when it is of no known kind.
    pub fn of(credential: &Credential) -> Option<Self> {
        if credential.has_type("IdentityCardCredential") {
            return Some(Self::IdentityCard);
        }
        if credential.has_type("VaccinationCertificate") {
            return Some(Self::Vaccination);
        }
        let badge = ["OpenBadgeCredential", "AchievementCredential"].iter().any(|name| credential.has_type(name));
        let achievement = read::subject_of_type(credential, "AchievementSubject")
            .and_then(|subject| read::text(subject, &["achievement", "achievementType"]));
        match achievement.map(DegreeKind::from_name) {
            Some(Some(_)) if badge => Some(Self::Diploma),
            Some(Some(_)) => Some(Self::ReducedDiploma),
            _ => None,
        }
    }
}

/// Checks the claims of `credential` by its profile, reporting every fault; none for a credential of no known profile.
pub fn check(credential: &Credential) -> Vec<ProfileFault> {
    match Profile::of(credential) {
        Some(Profile::IdentityCard) => identity_card::check(credential),
        Some(Profile::Diploma) => diploma::check(credential),
        Some(Profile::ReducedDiploma) => diploma::check_reduced(credential),
        Some(Profile::Vaccination) => vaccination::check(credential),
        None => Vec::new(),
    }
}

/// One way in which a credential does not follow its profile; `member` is where, as in `identityCard.documentNumber`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "fault", rename_all = "camelCase")]
pub enum ProfileFault {
    /// The profile's context is not among the contexts.
    #[error("the context {url} is missing")]
    MissingContext {
        /// The context.
        url: String,
    },
    /// A claim the profile requires is not there, or is empty.
    #[error("{member} is missing")]
    Missing {
        /// The claim.
        member: String,
    },
    /// A claim is there, but not in the form the profile asks for.
    #[error("{member} is not {expected}")]
    Malformed {
        /// The claim.
        member: String,
        /// What it should be.
        expected: String,
    },
}

/// An object of the members that have a value.
fn members<'a>(members: impl IntoIterator<Item = (&'a str, Value)>) -> Map<String, Value> {
    members.into_iter().filter(|(_, value)| !value.is_null()).map(|(name, value)| (name.to_owned(), value)).collect()
}

fn missing_context(credential: &Credential, url: &str) -> Vec<ProfileFault> {
    if credential.contexts().contains(&url) {
        return Vec::new();
    }
    vec![ProfileFault::MissingContext { url: url.to_owned() }]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credential::{CredentialTerms, Date};
    use crate::language::Language;
    use serde_json::json;

    fn terms() -> CredentialTerms {
        CredentialTerms {
            issuer_name: Some("Universidad Nacional".to_owned()),
            id: Some("urn:uuid:4d9a5c1c-9a3d-4a8e-9d8d-6b9ae4a4a7aa".to_owned()),
            subject: Some("did:example:ana".parse().expect("a DID")),
            valid_from: Some("2026-03-01T12:00:00Z".parse().expect("a date")),
            ..CredentialTerms::by("did:web:emisor.example".parse().expect("a DID"))
        }
    }

    fn date(text: &str) -> Date {
        text.parse().expect("a date")
    }

    fn identity_card() -> Map<String, Value> {
        IdentityCard {
            birth_country: Some("PER".to_owned()),
            gender: Some("F".to_owned()),
            issuing_authority: Some("RENIEC".to_owned()),
            expiry_date: Some(date("2034-03-01")),
            ..IdentityCard::new("Ana María", "Quispe Huamán", date("1990-05-17"), "PER", "45678912")
        }
        .to_credential(terms())
    }

    fn diploma() -> Map<String, Value> {
        Diploma {
            field_of_study: Some("Medicina".to_owned()),
            grade: Some("Summa cum laude".to_owned()),
            ..Diploma::new("Ana María Quispe Huamán", "Médica Cirujana", DegreeKind::Bachelor, date("2026-02-27"))
        }
        .to_credential(terms())
    }

    fn vaccination() -> Map<String, Value> {
        let vaccine = Vaccine { icd11_code: Some("1D47".to_owned()), ..Vaccine::new("J07BL01", "Fiebre amarilla", "Stamaril") };
        let recipient = Recipient::new("Ana María", "Quispe Huamán", date("1990-05-17"));
        let event = Vaccination {
            batch_number: Some("YF2231".to_owned()),
            ..Vaccination::new(recipient, vaccine, date("2026-02-20"), "PER")
        };
        event.to_credential(terms())
    }

    fn read(json: &Map<String, Value>) -> Credential {
        Credential::check(json).expect("a well-formed credential")
    }

    #[test]
    fn built_credentials_follow_the_data_model_and_their_profile() {
        let reduced = ReducedDiploma::of("Ana María Quispe Huamán", "Médica Cirujana", DegreeKind::Bachelor, date("2026-02-27"));
        for (json, profile) in [
            (identity_card(), Profile::IdentityCard),
            (diploma(), Profile::Diploma),
            (reduced.to_credential(terms()), Profile::ReducedDiploma),
            (vaccination(), Profile::Vaccination),
        ] {
            let credential = read(&json);
            assert_eq!(Profile::of(&credential), Some(profile));
            assert_eq!(check(&credential), []);
            assert_eq!(credential.subject_ids(), ["did:example:ana"], "{profile:?}");
        }
    }

    #[test]
    fn credential_without_a_subject_did_follows_its_profile_too() {
        let terms = CredentialTerms { subject: None, ..terms() };
        let recipient = Recipient::new("Ana", "Quispe", date("1990-05-17"));
        let vaccine = Vaccine::new("J07BL01", "Fiebre amarilla", "Stamaril");
        let json = Vaccination::new(recipient, vaccine, date("2026-02-20"), "PER").to_credential(terms);
        assert_eq!(check(&read(&json)), []);
        assert!(summary(&read(&json), Language::En).contains(&("Given names".to_owned(), "Ana".to_owned())));
    }

    #[test]
    fn each_missing_claim_is_named() {
        let cases: [(Map<String, Value>, &str, &str); 4] = [
            (identity_card(), "/credentialSubject/familyName", "familyName"),
            (identity_card(), "/credentialSubject/identityCard/documentNumber", "identityCard.documentNumber"),
            (diploma(), "/credentialSubject/achievement/name", "achievement.name"),
            (vaccination(), "/credentialSubject/1/vaccine/atcCode", "vaccine.atcCode"),
        ];
        for (json, pointer, member) in cases {
            let mut json = Value::Object(json);
            let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
            let parent = json.pointer_mut(parent).and_then(Value::as_object_mut).expect("it was built");
            parent.shift_remove(name).expect("it was built");
            let credential = read(json.as_object().expect("an object"));
            assert_eq!(check(&credential), [ProfileFault::Missing { member: member.to_owned() }]);
        }
    }

    #[test]
    fn each_code_is_checked_by_its_form() {
        let cases: [(Map<String, Value>, &str, &str, &str); 7] = [
            (identity_card(), "/credentialSubject/nationality", "Perú", "nationality"),
            (identity_card(), "/credentialSubject/birthDate", "17/05/1990", "birthDate"),
            (vaccination(), "/credentialSubject/1/vaccine/atcCode", "J7BL1", "vaccine.atcCode"),
            (vaccination(), "/credentialSubject/1/vaccine/icd11Code", "yellow", "vaccine.icd11Code"),
            (vaccination(), "/credentialSubject/1/countryOfVaccination", "pe", "countryOfVaccination"),
            (vaccination(), "/credentialSubject/1/dateOfVaccination", "ayer", "dateOfVaccination"),
            (diploma(), "/awardedDate", "2026", "awardedDate"),
        ];
        for (json, pointer, bad, member) in cases {
            let mut json = Value::Object(json);
            *json.pointer_mut(pointer).expect("it was built") = bad.into();
            let faults = check(&read(json.as_object().expect("an object")));
            assert!(matches!(&faults[..], [ProfileFault::Malformed { member: found, .. }] if found == member), "{faults:?}");
        }
    }

    #[test]
    fn summary_speaks_three_languages() {
        let card = read(&identity_card());
        let first = |language| summary(&card, language)[0].clone();
        assert_eq!(first(Language::Es), ("Nombres".to_owned(), "Ana María".to_owned()));
        assert_eq!(first(Language::En), ("Given names".to_owned(), "Ana María".to_owned()));
        assert_eq!(first(Language::Pt), ("Nomes".to_owned(), "Ana María".to_owned()));
        let diploma = summary(&read(&diploma()), Language::En);
        assert!(diploma.contains(&("Institution".to_owned(), "Universidad Nacional".to_owned())));
        assert!(diploma.contains(&("Degree".to_owned(), "Médica Cirujana".to_owned())));
        let vaccination = summary(&read(&vaccination()), Language::Pt);
        assert!(vaccination.contains(&("Vacina".to_owned(), "Stamaril".to_owned())));
    }

    #[test]
    fn credential_of_no_known_profile_is_summarised_by_its_members() {
        let json = json!({
            "@context": ["https://www.w3.org/ns/credentials/v2"],
            "type": ["VerifiableCredential"],
            "issuer": "did:web:emisor.example",
            "credentialSubject": { "id": "did:example:ana", "member": true, "since": 2019, "club": { "name": "Cienciano" } },
        });
        let lines = summary(&read(json.as_object().expect("an object")), Language::Es);
        assert!(lines.contains(&("since".to_owned(), "2019".to_owned())));
        assert!(lines.contains(&("club.name".to_owned(), "Cienciano".to_owned())));
    }
}
