//! What a person reads beside a claim, in every language.

use crate::language::Language;

/// What a line of a summary is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Label {
    GivenNames,
    FamilyNames,
    FullName,
    BirthDate,
    Gender,
    Nationality,
    DocumentNumber,
    ExpiryDate,
    Degree,
    FieldOfStudy,
    Institution,
    Awarded,
    Grade,
    Vaccine,
    Disease,
    Dose,
    VaccinationDate,
    BatchNumber,
    Country,
    HealthUnit,
    Kind,
    Name,
    Issuer,
    ValidFrom,
    ValidUntil,
}

impl Label {
    /// The label in `language`.
    pub(super) fn text(self, language: Language) -> &'static str {
        let (es, en, pt) = match self {
            Self::GivenNames => ("Nombres", "Given names", "Nomes"),
            Self::FamilyNames => ("Apellidos", "Family names", "Sobrenomes"),
            Self::FullName => ("Nombre completo", "Full name", "Nome completo"),
            Self::BirthDate => ("Fecha de nacimiento", "Date of birth", "Data de nascimento"),
            Self::Gender => ("Sexo", "Sex", "Sexo"),
            Self::Nationality => ("Nacionalidad", "Nationality", "Nacionalidade"),
            Self::DocumentNumber => ("Número de documento", "Document number", "Número do documento"),
            Self::ExpiryDate => ("Caduca", "Expires", "Expira"),
            Self::Degree => ("Título", "Degree", "Título"),
            Self::FieldOfStudy => ("Especialidad", "Field of study", "Área de estudo"),
            Self::Institution => ("Institución", "Institution", "Instituição"),
            Self::Awarded => ("Fecha de otorgamiento", "Awarded", "Data de outorga"),
            Self::Grade => ("Calificación", "Grade", "Nota"),
            Self::Vaccine => ("Vacuna", "Vaccine", "Vacina"),
            Self::Disease => ("Enfermedad", "Disease", "Doença"),
            Self::Dose => ("Dosis", "Dose", "Dose"),
            Self::VaccinationDate => ("Fecha de vacunación", "Date of vaccination", "Data da vacinação"),
            Self::BatchNumber => ("Lote", "Batch", "Lote"),
            Self::Country => ("País", "Country", "País"),
            Self::HealthUnit => ("Centro de salud", "Health unit", "Unidade de saúde"),
            Self::Kind => ("Tipo", "Type", "Tipo"),
            Self::Name => ("Nombre", "Name", "Nome"),
            Self::Issuer => ("Emisor", "Issuer", "Emissor"),
            Self::ValidFrom => ("Válido desde", "Valid from", "Válido desde"),
            Self::ValidUntil => ("Válido hasta", "Valid until", "Válido até"),
        };
        match language {
            Language::Es => es,
            Language::En => en,
            Language::Pt => pt,
        }
    }
}
