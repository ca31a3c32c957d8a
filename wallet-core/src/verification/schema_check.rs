//! The schemas a credential names: does it follow them (VC DM 2.0 §4.11, VC JSON Schema)?

use serde_json::{Map, Value};

use super::json_schema::{self, SchemaFault};
use super::{Examination, Gap, Known, Place, Reason, Say as _, Verdict, Warning, verify};
use crate::credential::{Credential, RelatedResource};
use crate::language::Language;
use crate::securing::{Mechanism, Secured};

/// The type of a credential that carries a schema (VC JSON Schema §2.2).
pub(super) const SCHEMA_CREDENTIAL: &str = "JsonSchemaCredential";
/// The schema of all such credentials.
const SCHEMA_OF_SCHEMA_CREDENTIALS: &str = "https://www.w3.org/ns/credentials/json-schema/v2.json";

impl Examination<'_> {
    /// Every schema the credential names is evaluated over it.
    pub(super) fn schemas(&mut self, secured: &Secured, credential: &Credential, place: Place) {
        for entry in credential.schemas() {
            let Some(schema) = entry.get("id").and_then(Value::as_str).map(str::to_owned) else { continue };
            match self.follows(credential, entry, &schema) {
                Outcome::Follows => {}
                Outcome::NotChecked(why) => self.warn(place, Warning::SchemaNotChecked { schema, why }),
                Outcome::Missing(schema) => self.gap(place, Gap::SchemaMissing { schema }),
                Outcome::NotGood(why) => self.gap(place, Gap::SchemaNotGood { schema, why }),
                Outcome::TooMuchWork => self.gap(place, Gap::TooMuchWork),
                Outcome::OtherBytes => self.reject(place, Reason::ResourceMismatch { url: schema }),
                // What its holder left out may be what the schema asks for (VC DM 2.0 §5.7).
                Outcome::Breaks(at) if is_partial(secured) => {
                    let why = format!("what is shown of it differs at {at:?}, where something may be left out");
                    self.warn(place, Warning::SchemaNotChecked { schema, why });
                }
                Outcome::Breaks(at) => self.reject(place, Reason::SchemaMismatch { schema, at }),
            }
        }
    }

    fn follows(&self, credential: &Credential, entry: &Map<String, Value>, url: &str) -> Outcome {
        if credential.has_type(SCHEMA_CREDENTIAL) {
            // Its schema is always the same, and evaluating another could lead in circles.
            return match url {
                SCHEMA_OF_SCHEMA_CREDENTIALS => schema_in(credential).map_or_else(Outcome::Breaks, |_| Outcome::Follows),
                _ => Outcome::NotGood(format!("the schema of a schema credential is {SCHEMA_OF_SCHEMA_CREDENTIALS}")),
            };
        }
        let kinds = entry.get("type").map(json_schema_kinds).unwrap_or_default();
        if kinds.is_empty() {
            return Outcome::NotChecked("its type is not known".to_owned());
        }
        let bytes = match self.evidence.resources.get(url) {
            Some(Known::Found { what, .. }) => what,
            // Open Badges name a schema everywhere and ask nobody to evaluate it.
            _ if kinds == [Kind::OpenBadges] => return Outcome::NotChecked("it is not at hand".to_owned()),
            _ => return Outcome::Missing(url.to_owned()),
        };
        if RelatedResource::read(entry).is_some_and(|pinned| pinned.check(bytes).is_err()) {
            return Outcome::OtherBytes;
        }
        let at_hand = |url: &str| self.bytes_at_hand(url);
        let evaluated = match kinds[0] {
            Kind::Credential => match self.schema_credential(bytes) {
                Err(why) => return Outcome::NotGood(why),
                Ok(schema) => json_schema::evaluate(url, &schema, credential.json(), at_hand),
            },
            Kind::Schema | Kind::OpenBadges => {
                json_schema::read(bytes).and_then(|schema| json_schema::evaluate(url, &schema, credential.json(), at_hand))
            }
        };
        evaluated.err().map_or(Outcome::Follows, Outcome::from)
    }

    /// The schema in a credential, which must itself be accepted, whoever issued it.
    fn schema_credential(&self, bytes: &[u8]) -> Result<Value, String> {
        let text = std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8 text".to_owned())?;
        let secured = Secured::read(text).map_err(|error| error.to_string())?;
        let credential = secured.credential().map_err(|faults| faults[0].to_string())?;
        let schema = schema_in(&credential).map_err(|_| format!("it is no {SCHEMA_CREDENTIAL}"))?.clone();
        let expected = self.expected.of_evidence();
        match verify(&secured, self.evidence, &expected, self.now) {
            Verdict::Accepted(_) => Ok(schema),
            Verdict::Rejected { reasons, .. } => Err(reasons[0].what.say(Language::En)),
            Verdict::Undetermined { gaps, .. } => Err(gaps[0].what.say(Language::En)),
        }
    }
}

/// What came of one schema.
enum Outcome {
    Follows,
    /// It breaks the schema, at this JSON pointer.
    Breaks(String),
    /// The schema's bytes are not those it was issued with.
    OtherBytes,
    NotChecked(String),
    Missing(String),
    NotGood(String),
    TooMuchWork,
}

impl From<SchemaFault> for Outcome {
    fn from(fault: SchemaFault) -> Self {
        match fault {
            SchemaFault::Mismatch { at } => Self::Breaks(at),
            SchemaFault::Missing { url } => Self::Missing(url),
            SchemaFault::NotGood { why } => Self::NotGood(why),
            SchemaFault::TooMuchWork => Self::TooMuchWork,
        }
    }
}

/// A type of `credentialSchema` that is evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// `JsonSchema`: the schema itself.
    Schema,
    /// `JsonSchemaCredential`: a credential with the schema in it.
    Credential,
    /// `1EdTechJsonSchemaValidator2019` of Open Badges 3.0: the schema itself.
    OpenBadges,
}

/// The ones of some types that are evaluated.
pub(super) fn json_schema_kinds(types: &Value) -> Vec<Kind> {
    let types = match types {
        Value::Array(all) => all.as_slice(),
        one => std::slice::from_ref(one),
    };
    let kind = |name: &Value| match name.as_str()? {
        "JsonSchema" => Some(Kind::Schema),
        SCHEMA_CREDENTIAL => Some(Kind::Credential),
        "1EdTechJsonSchemaValidator2019" => Some(Kind::OpenBadges),
        _ => None,
    };
    types.iter().filter_map(kind).collect()
}

/// The schema a schema credential carries; else where it is not one (VC JSON Schema §2.2).
fn schema_in(credential: &Credential) -> Result<&Value, String> {
    let [subject] = credential.subjects()[..] else { return Err("/credentialSubject".to_owned()) };
    if !credential.has_type(SCHEMA_CREDENTIAL) {
        return Err("/type".to_owned());
    }
    let kinds = subject.get("type").map(json_schema_kinds).unwrap_or_default();
    if kinds != [Kind::Schema] {
        return Err("/credentialSubject/type".to_owned());
    }
    subject.get("jsonSchema").filter(|schema| schema.is_object()).ok_or_else(|| "/credentialSubject/jsonSchema".to_owned())
}

/// Whether its holder may have left something out.
fn is_partial(secured: &Secured) -> bool {
    let selective = [Mechanism::EcdsaSd2023, Mechanism::Bbs2023, Mechanism::SdJwt, Mechanism::SdJwtVc];
    secured.proofs().iter().any(|proof| selective.contains(&proof.mechanism))
}
