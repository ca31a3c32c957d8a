//! What is issued: to one and the same made-up person, an identity card, a diploma and a vaccination certificate.

use serde_json::{Map, Value, json};
use wallet_core::credential::CredentialTerms;
use wallet_core::credential::profiles::{DegreeKind, Diploma, IdentityCard, Recipient, Vaccination, Vaccine};
use wallet_core::did::Did;
use wallet_core::error::Result;
use wallet_core::issuer::credential_issuer::HOLDER;
use wallet_core::time::Timestamp;

/// For how long credentials are valid, in seconds.
const VALID: i64 = 365 * 24 * 3600;

/// The documents that the service issues.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Document {
    /// The national identity card.
    IdentityCard,
    /// A university's diploma.
    Diploma,
    /// A certificate of one vaccination.
    Vaccination,
}

impl Document {
    pub const ALL: [Self; 3] = [Self::IdentityCard, Self::Diploma, Self::Vaccination];

    /// The beginning of the names of its configurations.
    pub fn name(self) -> &'static str {
        match self {
            Self::IdentityCard => "identity_card",
            Self::Diploma => "diploma",
            Self::Vaccination => "vaccination",
        }
    }

    /// The type of its SD-JWT VC.
    pub fn vct(self) -> &'static str {
        match self {
            Self::IdentityCard => "urn:cedula:identity-card:1",
            Self::Diploma => "urn:cedula:diploma:1",
            Self::Vaccination => "urn:cedula:vaccination:1",
        }
    }

    /// Its name in Spanish, English and Portuguese.
    pub fn titles(self) -> [(&'static str, &'static str); 3] {
        match self {
            Self::IdentityCard => [("Cédula de identidad", "es"), ("Identity card", "en"), ("Carteira de identidade", "pt")],
            Self::Diploma => [("Diploma universitario", "es"), ("University diploma", "en"), ("Diploma universitário", "pt")],
            Self::Vaccination => {
                [("Certificado de vacunación", "es"), ("Vaccination certificate", "en"), ("Certificado de vacinação", "pt")]
            }
        }
    }

    /// The person's credential in the data model of the W3C, by the issuer `did`.
    pub fn credential(self, did: &Did, name: &str, now: &Timestamp) -> Result<Map<String, Value>> {
        let terms = CredentialTerms {
            issuer_name: Some(name.to_owned()),
            subject: Some(HOLDER.parse()?),
            valid_until: Some(day(now).plus_seconds(VALID)),
            valid_from: Some(day(now)),
            ..CredentialTerms::by(did.clone())
        };
        Ok(match self {
            Self::IdentityCard => {
                IdentityCard::new("Lucía", "Fernández", "1998-04-17".parse()?, "PE", "45678901").to_credential(terms)
            }
            Self::Diploma => {
                Diploma::new("Lucía Fernández", "Licenciatura en Enfermería", DegreeKind::Bachelor, "2025-12-12".parse()?)
                    .to_credential(terms)
            }
            Self::Vaccination => {
                let recipient = Recipient::new("Lucía", "Fernández", "1998-04-17".parse()?);
                let vaccine = Vaccine::new("J07BX03", "COVID-19", "Comirnaty");
                Vaccination::new(recipient, vaccine, "2026-02-03".parse()?, "PE").to_credential(terms)
            }
        })
    }

    /// The person's claims as an SD-JWT VC has them, by the issuer `issuer`: a DID or a web address.
    pub fn claims(self, issuer: &str, now: &Timestamp) -> Map<String, Value> {
        let said = match self {
            Self::IdentityCard => json!({
                "given_name": "Lucía", "family_name": "Fernández", "birthdate": "1998-04-17", "nationalities": ["PE"],
                "document_number": "45678901", "age_equal_or_over": { "18": true },
            }),
            Self::Diploma => json!({
                "given_name": "Lucía", "family_name": "Fernández", "degree": "Licenciatura en Enfermería",
                "institution": "Universidad de Ejemplo", "awarded": "2025-12-12",
            }),
            Self::Vaccination => json!({
                "given_name": "Lucía", "family_name": "Fernández", "birthdate": "1998-04-17", "disease": "COVID-19",
                "vaccine": "Comirnaty", "dose": 1, "date": "2026-02-03", "country": "PE",
            }),
        };
        let mut claims = Map::from_iter([("iss".to_owned(), issuer.into()), ("vct".to_owned(), self.vct().into())]);
        claims.insert("iat".to_owned(), day(now).unix().into());
        claims.insert("exp".to_owned(), (day(now).unix() + VALID).into());
        claims.extend(said.as_object().cloned().unwrap_or_default());
        claims
    }

    /// Its claims with their names in Spanish, English and Portuguese; each of an SD-JWT VC may be left out.
    pub fn claim_names(self) -> &'static [(&'static str, [&'static str; 3])] {
        const GIVEN: (&str, [&str; 3]) = ("given_name", ["Nombres", "Given names", "Prenomes"]);
        const FAMILY: (&str, [&str; 3]) = ("family_name", ["Apellidos", "Family names", "Sobrenomes"]);
        const BIRTH: (&str, [&str; 3]) = ("birthdate", ["Fecha de nacimiento", "Date of birth", "Data de nascimento"]);
        match self {
            Self::IdentityCard => &[
                GIVEN,
                FAMILY,
                BIRTH,
                ("nationalities", ["Nacionalidades", "Nationalities", "Nacionalidades"]),
                ("document_number", ["Número de documento", "Document number", "Número do documento"]),
                ("age_equal_or_over", ["Mayoría de edad", "Age attained", "Maioridade"]),
            ],
            Self::Diploma => &[
                GIVEN,
                FAMILY,
                ("degree", ["Título", "Degree", "Título"]),
                ("institution", ["Institución", "Institution", "Instituição"]),
                ("awarded", ["Fecha", "Date", "Data"]),
            ],
            Self::Vaccination => &[
                GIVEN,
                FAMILY,
                BIRTH,
                ("disease", ["Enfermedad", "Disease", "Doença"]),
                ("vaccine", ["Vacuna", "Vaccine", "Vacina"]),
                ("dose", ["Dosis", "Dose", "Dose"]),
                ("date", ["Fecha", "Date", "Data"]),
                ("country", ["País", "Country", "País"]),
            ],
        }
    }
}

/// The beginning of the day: to the second it would tell which credentials were issued together (OpenID4VCI 1.0 §15.4.1).
fn day(now: &Timestamp) -> Timestamp {
    now.plus_seconds(-now.unix().rem_euclid(24 * 3600))
}
