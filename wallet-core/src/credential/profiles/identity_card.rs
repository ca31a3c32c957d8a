//! The national identity card, on schema.org and citizenship terms.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::read::{COUNTRY, Claims, DATE, URL, subject_of_type};
use super::{IDENTITY_CONTEXT, ProfileFault, members, missing_context};
use crate::credential::{Credential, CredentialBuilder, CredentialTerms, Date};

/// What an identity card says of its holder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IdentityCard {
    /// The given names.
    pub given_name: String,
    /// The family names.
    pub family_name: String,
    /// A further name.
    #[serde(default)]
    pub additional_name: Option<String>,
    /// The day of birth.
    pub birth_date: Date,
    /// The country of birth (ISO 3166-1).
    #[serde(default)]
    pub birth_country: Option<String>,
    /// The place of birth.
    #[serde(default)]
    pub birth_place: Option<String>,
    /// The sex or gender as the register has it.
    #[serde(default)]
    pub gender: Option<String>,
    /// The marital status as the register has it.
    #[serde(default)]
    pub marital_status: Option<String>,
    /// The nationality (ISO 3166-1).
    pub nationality: String,
    /// A URL of the photograph, perhaps a `data:` one.
    #[serde(default)]
    pub image: Option<String>,
    /// The number of the card.
    pub document_number: String,
    /// The number of the person, where it is not the card's.
    #[serde(default)]
    pub national_number: Option<String>,
    /// The authority that made the card.
    #[serde(default)]
    pub issuing_authority: Option<String>,
    /// The day the card was made.
    #[serde(default)]
    pub issue_date: Option<Date>,
    /// The last day of the card.
    #[serde(default)]
    pub expiry_date: Option<Date>,
}

impl IdentityCard {
    /// A card with what every card has.
    pub fn new(given_name: &str, family_name: &str, birth_date: Date, nationality: &str, document_number: &str) -> Self {
        Self {
            given_name: given_name.to_owned(),
            family_name: family_name.to_owned(),
            additional_name: None,
            birth_date,
            birth_country: None,
            birth_place: None,
            gender: None,
            marital_status: None,
            nationality: nationality.to_owned(),
            image: None,
            document_number: document_number.to_owned(),
            national_number: None,
            issuing_authority: None,
            issue_date: None,
            expiry_date: None,
        }
    }

    /// The credential on `terms`, to be signed.
    pub fn to_credential(&self, terms: CredentialTerms) -> Map<String, Value> {
        let card = members([
            ("type", json!("IdentityCard")),
            ("documentNumber", json!(self.document_number)),
            ("nationalNumber", json!(self.national_number)),
            ("issuingAuthority", json!(self.issuing_authority)),
            ("issueDate", json!(self.issue_date)),
            ("expiryDate", json!(self.expiry_date)),
        ]);
        let subject = members([
            ("type", json!("Citizen")),
            ("givenName", json!(self.given_name)),
            ("familyName", json!(self.family_name)),
            ("additionalName", json!(self.additional_name)),
            ("birthDate", json!(self.birth_date)),
            ("birthCountry", json!(self.birth_country)),
            ("birthPlace", json!(self.birth_place)),
            ("gender", json!(self.gender)),
            ("maritalStatus", json!(self.marital_status)),
            ("nationality", json!(self.nationality)),
            ("image", json!(self.image)),
            ("identityCard", Value::Object(card)),
        ]);
        CredentialBuilder::new(terms).context(IDENTITY_CONTEXT).type_name("IdentityCardCredential").subject(subject).into_json()
    }
}

pub(super) fn check(credential: &Credential) -> Vec<ProfileFault> {
    let mut faults = missing_context(credential, IDENTITY_CONTEXT);
    let Some(subject) = subject_of_type(credential, "Citizen") else {
        faults.push(ProfileFault::Missing { member: "credentialSubject of type Citizen".to_owned() });
        return faults;
    };
    let mut claims = Claims::of(subject);
    claims.required(&["givenName"]);
    claims.required(&["familyName"]);
    claims.required_form(&["birthDate"], DATE);
    claims.required_form(&["nationality"], COUNTRY);
    claims.form(&["birthCountry"], COUNTRY);
    claims.form(&["image"], URL);
    claims.required(&["identityCard", "documentNumber"]);
    claims.form(&["identityCard", "issueDate"], DATE);
    claims.form(&["identityCard", "expiryDate"], DATE);
    faults.extend(claims.faults());
    faults
}
