//! Signed credentials of the three kinds, and the type tables of the programme that issues them.

use serde_json::{Map, Value, json};
use wallet_core::credential::CredentialTerms;
use wallet_core::credential::profiles::{DegreeKind, Diploma, IdentityCard, Recipient, ReducedDiploma, Vaccination, Vaccine};
use wallet_core::did::VerificationRelationship;
use wallet_core::key::{KeyAlgorithm, SecretKey};
use wallet_core::qr::TypeTable;
use wallet_core::securing::linked_data::Contexts;
use wallet_core::securing::{Mechanism, ProofOptions, prepare};

const REGISTRY: &str = "did:ethr:0x6ced:0x9fA8c3b2D1e7F60519a4bC8E23d7065fE14B0a92";
const UNIVERSITY: &str = "did:ethr:0x6ced:0x3B1a2C4d5E6f708192a3B4c5D6e7F8091A2b3C4d";
const HEALTH_UNIT: &str = "did:ethr:0x6ced:0xC0ffee254729296a45a3885639AC7E10F9d54979";
const CITIZEN: &str = "did:key:z6MkpTHR8VNsBxYAAWHut2Geadd9jSwuBV8xRoAnwWsdvktH";

const CONTEXTS: [&str; 4] = [
    "https://www.w3.org/ns/credentials/v2",
    "https://w3id.org/cedula/identity/v1",
    "https://w3id.org/cedula/vaccination/v1",
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
];

/// Every kind of credential, by name.
pub fn all() -> [(&'static str, Map<String, Value>); 4] {
    [
        ("identity card", identity_card()),
        ("diploma", diploma()),
        ("reduced diploma", reduced_diploma()),
        ("vaccination", vaccination()),
    ]
}

/// The table of a programme with contexts and suites alone.
pub fn small_table() -> TypeTable {
    TypeTable::programme(1000, &CONTEXTS, &[], &[]).expect("a table")
}

/// The table of a programme that carries its issuers, their keys and their status lists too.
pub fn full_table() -> TypeTable {
    let issuers = [REGISTRY, UNIVERSITY, HEALTH_UNIT];
    let urls: Vec<String> = issuers.iter().flat_map(|issuer| [(*issuer).to_owned(), key_of(issuer), list_of(issuer)]).collect();
    let urls: Vec<&str> = urls.iter().map(String::as_str).collect();
    TypeTable::programme(1001, &CONTEXTS, &urls, &["revocation", "suspension"]).expect("a table")
}

fn key_of(issuer: &str) -> String {
    format!("{issuer}#delegate-1")
}

fn list_of(issuer: &str) -> String {
    format!("https://status.example.org/{}/2026-1", &issuer[issuer.len() - 4..])
}

fn terms(issuer: &str, subject: Option<&str>, place: &str) -> CredentialTerms {
    let status = json!({
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": place,
        "statusListCredential": list_of(issuer)
    });
    CredentialTerms {
        subject: subject.map(|did| did.parse().expect("a DID")),
        valid_from: Some("2026-03-02T12:00:00Z".parse().expect("a time")),
        statuses: vec![status.as_object().expect("an object").clone()],
        ..CredentialTerms::by(issuer.parse().expect("a DID"))
    }
}

/// The key every issuer here signs with; what is judged here is the QR, not the issuer.
pub fn key() -> SecretKey {
    SecretKey::from_bytes(KeyAlgorithm::Ed25519, &[7; 32]).expect("any 32 bytes are a seed")
}

fn signed(credential: Map<String, Value>, issuer: &str, mechanism: Mechanism) -> Map<String, Value> {
    let options = ProofOptions::new(
        mechanism,
        key_of(issuer).parse().expect("a DID URL"),
        VerificationRelationship::AssertionMethod,
        "2026-03-02T12:00:00Z".parse().expect("a time"),
    );
    let unsigned = prepare(credential, &options, &key().public_key(), &Contexts::bundled()).expect("every term is defined");
    let signature = key().sign(unsigned.message());
    let secured = unsigned.finish(&signature).expect("64 bytes");
    serde_json::from_str(secured.text()).expect("an object")
}

fn identity_card() -> Map<String, Value> {
    let day = |text: &str| text.parse().expect("a day");
    let mut card = IdentityCard::new("María Belén", "Giménez Ortiz", day("1994-07-21"), "PRY", "A0458213");
    card.birth_place = Some("Encarnación".into());
    card.gender = Some("F".into());
    card.national_number = Some("4821937".into());
    card.issuing_authority = Some("Departamento de Identificaciones".into());
    card.issue_date = Some(day("2026-03-02"));
    card.expiry_date = Some(day("2036-03-02"));
    signed(card.to_credential(terms(REGISTRY, Some(CITIZEN), "48213")), REGISTRY, Mechanism::EddsaRdfc2022)
}

fn diploma() -> Map<String, Value> {
    let awarded = "2025-12-19".parse().expect("a day");
    let mut diploma = Diploma::new("María Belén Giménez Ortiz", "Ingeniera en Informática", DegreeKind::Bachelor, awarded);
    diploma.national_number = Some("4821937".into());
    diploma.degree_url = Some("https://unl.example.org/carreras/informatica".into());
    diploma.description = Some("Título de grado de cinco años con trabajo final aprobado.".into());
    diploma.criteria = Some("Plan de estudios 2018, 3.900 horas.".into());
    diploma.field_of_study = Some("Informática".into());
    diploma.language = Some("es".into());
    diploma.grade = Some("8,74".into());
    diploma.license_number = Some("2025/1187".into());
    let mut terms = terms(UNIVERSITY, Some(CITIZEN), "7301");
    terms.issuer_name = Some("Universidad Nacional del Litoral".into());
    terms.id = Some("urn:uuid:5f0c5d2e-6e1b-4a7c-9c55-0d2f7c1e8a34".into());
    signed(diploma.to_credential(terms), UNIVERSITY, Mechanism::EddsaRdfc2022)
}

fn reduced_diploma() -> Map<String, Value> {
    let awarded = "2025-12-19".parse().expect("a day");
    let diploma = ReducedDiploma::of("María Belén Giménez Ortiz", "Ingeniera en Informática", DegreeKind::Bachelor, awarded);
    let mut terms = terms(UNIVERSITY, None, "7302");
    terms.issuer_name = Some("Universidad Nacional del Litoral".into());
    signed(diploma.to_credential(terms), UNIVERSITY, Mechanism::EddsaRdfc2022)
}

fn vaccination() -> Map<String, Value> {
    let day = |text: &str| text.parse().expect("a day");
    let mut recipient = Recipient::new("María Belén", "Giménez Ortiz", day("1994-07-21"));
    recipient.gender = Some("F".into());
    let mut vaccine = Vaccine::new("J07BL01", "fiebre amarilla", "Stamaril");
    vaccine.marketing_authorization_holder = Some("Sanofi Pasteur".into());
    let mut vaccination = Vaccination::new(recipient, vaccine, day("2026-02-10"), "PRY");
    vaccination.batch_number = Some("YF2231A".into());
    vaccination.centre = Some("Centro de Salud San Lorenzo".into());
    signed(vaccination.to_credential(terms(HEALTH_UNIT, Some(CITIZEN), "90412")), HEALTH_UNIT, Mechanism::EddsaJcs2022)
}
