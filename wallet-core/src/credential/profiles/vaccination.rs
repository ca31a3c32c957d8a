//! The vaccination certificate, on the w3id vaccination vocabulary with ATC and WHO codes.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::read::{ATC, COUNTRY, Claims, DATE, ICD_11, URL, subject_of_type};
use super::{ProfileFault, VACCINATION_CONTEXT, members, missing_context};
use crate::credential::{Credential, CredentialBuilder, CredentialTerms, Date};

/// One dose given to one person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Vaccination {
    /// Who was vaccinated.
    pub recipient: Recipient,
    /// With what.
    pub vaccine: Vaccine,
    /// Which dose it was, counted from 1.
    pub dose: u32,
    /// How many doses there are in all.
    #[serde(default)]
    pub total_doses: Option<u32>,
    /// The day.
    pub date: Date,
    /// The day of the next dose.
    #[serde(default)]
    pub next_date: Option<Date>,
    /// The batch or lot number.
    #[serde(default)]
    pub batch_number: Option<String>,
    /// The country (ISO 3166-1).
    pub country: String,
    /// The health unit.
    #[serde(default)]
    pub centre: Option<String>,
    /// Who gave the dose.
    #[serde(default)]
    pub health_professional: Option<String>,
}

/// Who was vaccinated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Recipient {
    /// The given names.
    pub given_name: String,
    /// The family names.
    pub family_name: String,
    /// The day of birth.
    pub birth_date: Date,
    /// The sex or gender as the register has it.
    #[serde(default)]
    pub gender: Option<String>,
    /// The number of the identity document.
    #[serde(default)]
    pub identifier: Option<String>,
}

/// A vaccine by its codes and names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Vaccine {
    /// The code of the WHO's Anatomical Therapeutic Chemical classification.
    pub atc_code: String,
    /// The disease it is against, by name.
    pub disease: String,
    /// The disease or vaccine by the WHO's ICD-11.
    #[serde(default)]
    pub icd11_code: Option<String>,
    /// The name of the product.
    pub medicinal_product_name: String,
    /// Who holds the marketing authorisation.
    #[serde(default)]
    pub marketing_authorization_holder: Option<String>,
    /// A URL of the product in the WHO's list of prequalified vaccines.
    #[serde(default)]
    pub who_prequalification: Option<String>,
}

impl Recipient {
    /// A person with what every person has.
    pub fn new(given_name: &str, family_name: &str, birth_date: Date) -> Self {
        let (given_name, family_name) = (given_name.to_owned(), family_name.to_owned());
        Self { given_name, family_name, birth_date, gender: None, identifier: None }
    }

    fn members(&self) -> Map<String, Value> {
        members([
            ("type", json!("VaccineRecipient")),
            ("givenName", json!(self.given_name)),
            ("familyName", json!(self.family_name)),
            ("birthDate", json!(self.birth_date)),
            ("gender", json!(self.gender)),
            ("identifier", json!(self.identifier)),
        ])
    }
}

impl Vaccine {
    /// A vaccine with what every vaccine has.
    pub fn new(atc_code: &str, disease: &str, product: &str) -> Self {
        Self {
            atc_code: atc_code.to_owned(),
            disease: disease.to_owned(),
            icd11_code: None,
            medicinal_product_name: product.to_owned(),
            marketing_authorization_holder: None,
            who_prequalification: None,
        }
    }

    fn members(&self) -> Map<String, Value> {
        members([
            ("type", json!("Vaccine")),
            ("atcCode", json!(self.atc_code)),
            ("icd11Code", json!(self.icd11_code)),
            ("disease", json!(self.disease)),
            ("medicinalProductName", json!(self.medicinal_product_name)),
            ("marketingAuthorizationHolder", json!(self.marketing_authorization_holder)),
            ("whoPrequalification", json!(self.who_prequalification)),
        ])
    }
}

impl Vaccination {
    /// The first dose, with what every dose has.
    pub fn new(recipient: Recipient, vaccine: Vaccine, date: Date, country: &str) -> Self {
        Self {
            recipient,
            vaccine,
            dose: 1,
            total_doses: None,
            date,
            next_date: None,
            batch_number: None,
            country: country.to_owned(),
            centre: None,
            health_professional: None,
        }
    }

    /// The credential on `terms`, to be signed.
    ///
    /// With a subject DID there are two subjects, the person under that DID and the event that refers to it; without one the
    /// person stands inside the event.
    pub fn to_credential(&self, terms: CredentialTerms) -> Map<String, Value> {
        let recipient = match &terms.subject {
            Some(did) => json!(did.as_str()),
            None => Value::Object(self.recipient.members()),
        };
        let event = members([
            ("type", json!("VaccinationEvent")),
            ("recipient", recipient),
            ("vaccine", Value::Object(self.vaccine.members())),
            ("order", json!(self.dose)),
            ("totalDoses", json!(self.total_doses)),
            ("dateOfVaccination", json!(self.date)),
            ("nextVaccinationDate", json!(self.next_date)),
            ("batchNumber", json!(self.batch_number)),
            ("countryOfVaccination", json!(self.country)),
            ("administeringCentre", json!(self.centre)),
            ("healthProfessional", json!(self.health_professional)),
        ]);
        let named = terms.subject.is_some();
        let builder = CredentialBuilder::new(terms).context(VACCINATION_CONTEXT).type_name("VaccinationCertificate");
        let builder = if named { builder.subject(self.recipient.members()) } else { builder };
        builder.subject(event).into_json()
    }
}

/// The person of `event`: inside it, or another subject it refers to.
pub(super) fn recipient<'a>(credential: &'a Credential, event: &'a Map<String, Value>) -> Option<&'a Map<String, Value>> {
    match event.get("recipient")? {
        Value::Object(person) => Some(person),
        Value::String(id) => {
            let is_named = |person: &&Map<String, Value>| person.get("id").and_then(Value::as_str) == Some(id);
            credential.subjects().into_iter().find(is_named)
        }
        _ => None,
    }
}

pub(super) fn check(credential: &Credential) -> Vec<ProfileFault> {
    let mut faults = missing_context(credential, VACCINATION_CONTEXT);
    let Some(event) = subject_of_type(credential, "VaccinationEvent") else {
        faults.push(ProfileFault::Missing { member: "credentialSubject of type VaccinationEvent".to_owned() });
        return faults;
    };
    match recipient(credential, event) {
        None => faults.push(ProfileFault::Missing { member: "recipient".to_owned() }),
        Some(person) => {
            let mut claims = Claims::of(person);
            claims.required(&["givenName"]);
            claims.required(&["familyName"]);
            claims.required_form(&["birthDate"], DATE);
            faults.extend(claims.faults());
        }
    }
    let mut claims = Claims::of(event);
    claims.required_form(&["vaccine", "atcCode"], ATC);
    claims.required(&["vaccine", "disease"]);
    claims.required(&["vaccine", "medicinalProductName"]);
    claims.form(&["vaccine", "icd11Code"], ICD_11);
    claims.form(&["vaccine", "whoPrequalification"], URL);
    claims.required_form(&["dateOfVaccination"], DATE);
    claims.form(&["nextVaccinationDate"], DATE);
    claims.required_form(&["countryOfVaccination"], COUNTRY);
    faults.extend(claims.faults());
    faults.extend(check_doses(event));
    faults
}

fn check_doses(event: &Map<String, Value>) -> Option<ProfileFault> {
    let malformed =
        |member: &str, expected: &str| ProfileFault::Malformed { member: member.to_owned(), expected: expected.to_owned() };
    let Some(order) = event.get("order") else {
        return Some(ProfileFault::Missing { member: "order".to_owned() });
    };
    let Some(order) = order.as_u64().filter(|order| *order > 0) else {
        return Some(malformed("order", "a number above zero"));
    };
    let total = event.get("totalDoses")?;
    if total.as_u64().is_some_and(|total| total >= order) {
        None
    } else {
        Some(malformed("totalDoses", "a number not below order"))
    }
}
