//! The diploma: an Open Badges 3.0 `OpenBadgeCredential` for a degree (1EdTech Open Badges 3.0 appendix B), and its reduced form.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::read::{Claims, Form, URL, subject_of_type};
use super::{OPEN_BADGES_CONTEXT, ProfileFault, members, missing_context};
use crate::credential::{Credential, CredentialBuilder, CredentialTerms, Date};
use crate::time::Timestamp;

/// The kinds of degree, by their `achievementType` (Open Badges 3.0 appendix B).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum DegreeKind {
    /// A degree of a kind not said.
    #[serde(rename = "Degree")]
    Degree,
    /// An associate degree.
    #[serde(rename = "AssociateDegree")]
    Associate,
    /// A bachelor's degree, or a first professional title such as a Latin American licenciatura.
    #[serde(rename = "BachelorDegree")]
    Bachelor,
    /// A master's degree.
    #[serde(rename = "MasterDegree")]
    Master,
    /// A doctoral degree.
    #[serde(rename = "DoctoralDegree")]
    Doctoral,
    /// A doctorate of a profession.
    #[serde(rename = "ProfessionalDoctorate")]
    ProfessionalDoctorate,
    /// A doctorate of research.
    #[serde(rename = "ResearchDoctorate")]
    ResearchDoctorate,
    /// A diploma that is no degree.
    #[serde(rename = "Diploma")]
    Diploma,
}

impl DegreeKind {
    const ALL: [Self; 8] = [
        Self::Degree,
        Self::Associate,
        Self::Bachelor,
        Self::Master,
        Self::Doctoral,
        Self::ProfessionalDoctorate,
        Self::ResearchDoctorate,
        Self::Diploma,
    ];

    /// The `achievementType`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Degree => "Degree",
            Self::Associate => "AssociateDegree",
            Self::Bachelor => "BachelorDegree",
            Self::Master => "MasterDegree",
            Self::Doctoral => "DoctoralDegree",
            Self::ProfessionalDoctorate => "ProfessionalDoctorate",
            Self::ResearchDoctorate => "ResearchDoctorate",
            Self::Diploma => "Diploma",
        }
    }

    /// The kind of that `achievementType`, when it is a degree.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// What a diploma says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Diploma {
    /// The graduate's full name.
    pub holder_name: String,
    /// The number of the graduate's identity document.
    #[serde(default)]
    pub national_number: Option<String>,
    /// The name of the degree.
    pub degree: String,
    /// The kind of degree.
    pub kind: DegreeKind,
    /// A URL of the degree, the same for everyone who has it; made from the name when there is none.
    #[serde(default)]
    pub degree_url: Option<String>,
    /// What the degree stands for.
    #[serde(default)]
    pub description: Option<String>,
    /// What was required for it.
    #[serde(default)]
    pub criteria: Option<String>,
    /// The field of study.
    #[serde(default)]
    pub field_of_study: Option<String>,
    /// The language of instruction (BCP 47).
    #[serde(default)]
    pub language: Option<String>,
    /// The day it was awarded.
    pub awarded: Date,
    /// The grade or honours.
    #[serde(default)]
    pub grade: Option<String>,
    /// The number in the register of degrees.
    #[serde(default)]
    pub license_number: Option<String>,
}

impl Diploma {
    /// A diploma with what every diploma has.
    pub fn new(holder_name: &str, degree: &str, kind: DegreeKind, awarded: Date) -> Self {
        Self {
            holder_name: holder_name.to_owned(),
            national_number: None,
            degree: degree.to_owned(),
            kind,
            degree_url: None,
            description: None,
            criteria: None,
            field_of_study: None,
            language: None,
            awarded,
            grade: None,
            license_number: None,
        }
    }

    /// The credential on `terms`, to be signed; the institution is the issuer's name.
    pub fn to_credential(&self, terms: CredentialTerms) -> Map<String, Value> {
        let achievement = members([
            ("id", json!(self.achievement_id(&terms))),
            ("type", json!(["Achievement"])),
            ("achievementType", json!(self.kind)),
            ("name", json!(self.degree)),
            ("description", json!(self.description.as_ref().unwrap_or(&self.degree))),
            ("criteria", json!({ "narrative": self.criteria.as_ref().unwrap_or(&self.degree) })),
            ("fieldOfStudy", json!(self.field_of_study)),
            ("inLanguage", json!(self.language)),
        ]);
        let mut identifiers = vec![identity("name", &self.holder_name)];
        identifiers.extend(self.national_number.as_deref().map(|number| identity("nationalIdentityNumber", number)));
        let subject = members([
            ("type", json!(["AchievementSubject"])),
            ("identifier", json!(identifiers)),
            ("licenseNumber", json!(self.license_number)),
            ("achievement", Value::Object(achievement)),
            ("result", self.grade.as_ref().map_or(Value::Null, |grade| json!([{ "type": ["Result"], "value": grade }]))),
        ]);
        CredentialBuilder::new(terms)
            .context(OPEN_BADGES_CONTEXT)
            .type_name("OpenBadgeCredential")
            .issuer_member("type", json!(["Profile"]))
            .subject(subject)
            .member("name", self.degree.as_str())
            .member("awardedDate", midnight(self.awarded))
            .into_json()
    }

    /// An achievement must have an identifier; without a URL of its own it is a place under the issuer's.
    fn achievement_id(&self, terms: &CredentialTerms) -> String {
        self.degree_url.clone().unwrap_or_else(|| {
            let name: String = url::form_urlencoded::byte_serialize(self.degree.as_bytes()).collect();
            format!("{}?achievement={name}", terms.issuer)
        })
    }
}

/// A diploma reduced to holder, degree, institution and date, for a printed symbol.
///
/// It uses the terms of Open Badges without claiming to be a badge, which would have to say more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReducedDiploma {
    /// The graduate's full name.
    pub holder_name: String,
    /// The name of the degree.
    pub degree: String,
    /// The kind of degree.
    pub kind: DegreeKind,
    /// The day it was awarded.
    pub awarded: Date,
}

impl ReducedDiploma {
    /// A reduced diploma.
    pub fn of(holder_name: &str, degree: &str, kind: DegreeKind, awarded: Date) -> Self {
        Self { holder_name: holder_name.to_owned(), degree: degree.to_owned(), kind, awarded }
    }

    /// The credential on `terms`, to be signed; the institution is the issuer's name.
    pub fn to_credential(&self, terms: CredentialTerms) -> Map<String, Value> {
        let subject = members([
            ("type", json!("AchievementSubject")),
            ("identifier", json!([identity("name", &self.holder_name)])),
            ("achievement", json!({ "type": "Achievement", "achievementType": self.kind, "name": self.degree })),
        ]);
        CredentialBuilder::new(terms)
            .context(OPEN_BADGES_CONTEXT)
            .subject(subject)
            .member("awardedDate", midnight(self.awarded))
            .into_json()
    }
}

impl From<&Diploma> for ReducedDiploma {
    fn from(diploma: &Diploma) -> Self {
        Self::of(&diploma.holder_name, &diploma.degree, diploma.kind, diploma.awarded)
    }
}

/// An identity said in the open: Open Badges hashes identities only to hide them.
fn identity(kind: &str, value: &str) -> Value {
    json!({ "type": "IdentityObject", "hashed": false, "identityType": kind, "identityHash": value })
}

/// Open Badges gives the date of award a time; a day begins at midnight UTC.
fn midnight(date: Date) -> String {
    format!("{date}T00:00:00Z")
}

const TIMESTAMP: Form = Form::new("a date and time with an offset from UTC", |text| text.parse::<Timestamp>().is_ok());
const DEGREE: Form = Form::new("an achievement type that is a degree", |text| DegreeKind::from_name(text).is_some());

pub(super) fn check(credential: &Credential) -> Vec<ProfileFault> {
    let mut faults = check_reduced(credential);
    let mut badge = Claims::of(credential.json());
    badge.required(&["id"]);
    badge.required(&["name"]);
    badge.required(&["validFrom"]);
    faults.extend(badge.faults());
    if let Some(subject) = subject_of_type(credential, "AchievementSubject") {
        let mut claims = Claims::of(subject);
        claims.required_form(&["achievement", "id"], URL);
        claims.required(&["achievement", "description"]);
        let criteria = |name| super::read::text(subject, &["achievement", "criteria", name]).is_some();
        if !criteria("narrative") && !criteria("id") {
            claims.required(&["achievement", "criteria", "narrative"]);
        }
        faults.extend(claims.faults());
    }
    faults
}

pub(super) fn check_reduced(credential: &Credential) -> Vec<ProfileFault> {
    let mut faults = missing_context(credential, OPEN_BADGES_CONTEXT);
    let mut whole = Claims::of(credential.json());
    whole.required(&["issuer", "name"]);
    whole.required_form(&["awardedDate"], TIMESTAMP);
    faults.extend(whole.faults());
    let Some(subject) = subject_of_type(credential, "AchievementSubject") else {
        faults.push(ProfileFault::Missing { member: "credentialSubject of type AchievementSubject".to_owned() });
        return faults;
    };
    let mut claims = Claims::of(subject);
    claims.required_form(&["achievement", "achievementType"], DEGREE);
    claims.required(&["achievement", "name"]);
    faults.extend(claims.faults());
    if holder_name(subject).is_none() {
        faults.push(ProfileFault::Missing { member: "identifier of type name".to_owned() });
    }
    faults
}

/// The graduate's name, among the identities of the subject.
pub(super) fn holder_name(subject: &Map<String, Value>) -> Option<&str> {
    identity_of(subject, "name")
}

/// The identity of that type, unless it is hashed.
pub(super) fn identity_of<'a>(subject: &'a Map<String, Value>, kind: &str) -> Option<&'a str> {
    let identities = crate::credential::objects(subject.get("identifier")).into_iter();
    let open = |identity: &&Map<String, Value>| identity.get("hashed").and_then(Value::as_bool) == Some(false);
    let mut named = identities.filter(|identity| identity.get("identityType").and_then(Value::as_str) == Some(kind));
    named.find(open)?.get("identityHash")?.as_str().filter(|name| !name.trim().is_empty())
}
