//! Credentials and presentations: the W3C Verifiable Credentials Data Model 2.0, and beside it SD-JWT VC.
//!
//! The JSON is the truth: a [`Credential`] is a JSON object whose structure was checked, kept as it came, with typed views.

mod builder;
mod check;
mod claim_path;
mod date;
mod fault;
mod presentation;
pub mod profiles;
mod related_resource;
mod sd_jwt_vc;
mod text;

pub use builder::{CredentialBuilder, CredentialTerms};
pub use claim_path::{ClaimPath, Items, PathFault, Selected, Step};
pub use date::Date;
pub use fault::CredentialFault;
pub use presentation::Presentation;
pub use related_resource::{RelatedResource, ResourceFault};
pub use text::Text;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::did::Did;
use crate::language::Language;
use crate::time::Timestamp;

/// The first context of VC DM 2.0 (§4.3).
pub const CONTEXT_V2: &str = "https://www.w3.org/ns/credentials/v2";
/// The first context of VC DM 1.1 (§4.1).
pub const CONTEXT_V1: &str = "https://www.w3.org/2018/credentials/v1";

/// The version of the data model a document follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ModelVersion {
    /// VC DM 1.1: read, never written.
    V1,
    /// VC DM 2.0.
    V2,
    /// SD-JWT VC: a set of claims with a `vct`, outside VC DM (draft-ietf-oauth-sd-jwt-vc §2).
    SdJwtVc,
}

/// A credential whose structure was checked (VC DM 2.0 §4, SD-JWT VC §2); nothing is said of its signature.
#[derive(Debug, Clone, PartialEq)]
pub struct Credential {
    json: Map<String, Value>,
    version: ModelVersion,
    valid_from: Option<Timestamp>,
    valid_until: Option<Timestamp>,
    /// What it says of its subject, where that is not one member of it.
    claims: Option<Value>,
}

/// What is wrong with the envelope of a token, if anything: its context, its one type, its `data:` URL (§4.13.1, §4.13.2).
pub(crate) fn check_envelope(json: &Map<String, Value>) -> Result<(), CredentialFault> {
    check::envelope(json, "the envelope".to_owned())
}

impl Credential {
    /// Checks the structure of `json`, reporting every fault and not only the first (VC DM 2.0 §4, VC DM 1.1 §4).
    pub fn check(json: &Map<String, Value>) -> Result<Self, Vec<CredentialFault>> {
        let version = check::credential(json)?;
        let (from, until) = validity_names(version);
        let time = |name: &str| json.get(name).and_then(Value::as_str).and_then(|text| text.parse().ok());
        Ok(Self { json: json.clone(), version, valid_from: time(from), valid_until: time(until), claims: None })
    }

    /// Checks the structure of `json` as [`Credential::check`] does, and keeps no copy of it.
    pub(crate) fn check_structure(json: &Map<String, Value>) -> Result<ModelVersion, Vec<CredentialFault>> {
        check::credential(json)
    }

    /// Checks the structure of the claims of an SD-JWT VC, reporting every fault and not only the first (SD-JWT VC §2.2.2).
    ///
    /// Of these the typed views say: the type is its `vct`, with the `aka_vcts`; the issuer its `iss`; its validity `nbf` and `exp`.
    pub fn check_sd_jwt_vc(json: &Map<String, Value>) -> Result<Self, Vec<CredentialFault>> {
        let (valid_from, valid_until) = sd_jwt_vc::check(json)?;
        let claims = Some(sd_jwt_vc::claims(json));
        Ok(Self { json: json.clone(), version: ModelVersion::SdJwtVc, valid_from, valid_until, claims })
    }

    /// The credential itself, members in their original order.
    pub fn json(&self) -> &Map<String, Value> {
        &self.json
    }

    /// The version of the data model.
    pub fn version(&self) -> ModelVersion {
        self.version
    }

    /// The context URLs, in order; contexts written out in place are left out.
    pub fn contexts(&self) -> Vec<&str> {
        strings(self.json.get("@context"))
    }

    /// The `id`, when it has one.
    pub fn id(&self) -> Option<&str> {
        self.json.get("id").and_then(Value::as_str)
    }

    /// The types, `VerifiableCredential` among them.
    pub fn types(&self) -> Vec<&str> {
        match self.version {
            ModelVersion::SdJwtVc => sd_jwt_vc::types(&self.json),
            _ => strings(self.json.get("type")),
        }
    }

    /// Whether it is of type `name`.
    pub fn has_type(&self, name: &str) -> bool {
        self.types().contains(&name)
    }

    /// The issuer's identifier: a URL, usually a DID; empty for an SD-JWT VC whose issuer is named by a certificate.
    pub fn issuer(&self) -> &str {
        if self.version == ModelVersion::SdJwtVc {
            return self.json.get("iss").and_then(Value::as_str).unwrap_or_default();
        }
        self.json.get("issuer").and_then(identifier).expect("the issuer was checked to have an identifier")
    }

    /// The issuer as a DID, when it is one.
    pub fn issuer_did(&self) -> Option<Did> {
        self.issuer().parse().ok()
    }

    /// The name the issuer gives itself, in `language` when it can be had.
    pub fn issuer_name(&self, language: Language) -> Option<&str> {
        Text::of(self.own("issuer")?.get("name")?)?.in_language(language.tag())
    }

    /// The subjects, at least one.
    pub fn subjects(&self) -> Vec<&Map<String, Value>> {
        objects(self.subject_claims())
    }

    /// What it says of its subjects: the `credentialSubject`, or the claims of an SD-JWT VC without the technical ones.
    pub fn subject_claims(&self) -> Option<&Value> {
        self.claims.as_ref().or_else(|| self.json.get("credentialSubject"))
    }

    /// The identifiers of the subjects that have one.
    pub fn subject_ids(&self) -> Vec<&str> {
        if self.version == ModelVersion::SdJwtVc {
            return strings(self.json.get("sub"));
        }
        self.subjects().into_iter().filter_map(|subject| subject.get("id")?.as_str()).collect()
    }

    /// From when it is valid: `validFrom`, or `issuanceDate` of VC DM 1.1.
    pub fn valid_from(&self) -> Option<&Timestamp> {
        self.valid_from.as_ref()
    }

    /// Until when it is valid: `validUntil`, or `expirationDate` of VC DM 1.1.
    pub fn valid_until(&self) -> Option<&Timestamp> {
        self.valid_until.as_ref()
    }

    /// The `name`, in `language` when it can be had.
    pub fn name(&self, language: Language) -> Option<&str> {
        Text::of(self.own("name")?)?.in_language(language.tag())
    }

    /// The `description`, in `language` when it can be had.
    pub fn description(&self, language: Language) -> Option<&str> {
        Text::of(self.own("description")?)?.in_language(language.tag())
    }

    /// The `credentialStatus` entries (§4.10); of an SD-JWT VC the reference to a token status list, or a `status` of another kind.
    pub fn statuses(&self) -> Vec<&Map<String, Value>> {
        match self.version {
            ModelVersion::SdJwtVc => sd_jwt_vc::statuses(&self.json),
            _ => objects(self.json.get("credentialStatus")),
        }
    }

    /// The `credentialSchema` entries (§4.11).
    pub fn schemas(&self) -> Vec<&Map<String, Value>> {
        objects(self.own("credentialSchema"))
    }

    /// The `evidence` entries (§5.6).
    pub fn evidence(&self) -> Vec<&Map<String, Value>> {
        objects(self.own("evidence"))
    }

    /// The `termsOfUse` entries (§5.5).
    pub fn terms_of_use(&self) -> Vec<&Map<String, Value>> {
        objects(self.own("termsOfUse"))
    }

    /// The `refreshService` entries (§5.4).
    pub fn refresh_services(&self) -> Vec<&Map<String, Value>> {
        objects(self.own("refreshService"))
    }

    /// The `relatedResource` entries (§5.3).
    pub fn related_resources(&self) -> Vec<RelatedResource> {
        if self.version == ModelVersion::SdJwtVc { Vec::new() } else { RelatedResource::all(&self.json) }
    }

    /// A member that VC DM defines; an SD-JWT VC may have a claim of that name and another meaning.
    fn own(&self, name: &str) -> Option<&Value> {
        if self.version == ModelVersion::SdJwtVc { None } else { self.json.get(name) }
    }

    /// The values `path` leads to; none when it leads nowhere.
    pub fn claims(&self, path: &ClaimPath) -> Vec<&Value> {
        path.find(&self.json)
    }
}

/// The members that say from when and until when a credential of `version` is valid.
fn validity_names(version: ModelVersion) -> (&'static str, &'static str) {
    match version {
        ModelVersion::V1 => ("issuanceDate", "expirationDate"),
        ModelVersion::V2 => ("validFrom", "validUntil"),
        ModelVersion::SdJwtVc => ("nbf", "exp"),
    }
}

/// Whether `text` is a URL with a scheme and without the characters that the URL standard leaves out (VC DM 2.0 §4.4).
pub(crate) fn is_url(text: &str) -> bool {
    let excluded = |c: char| c.is_whitespace() || c.is_control() || "<>\"{}|\\^`".contains(c);
    !text.contains(excluded) && url::Url::parse(text).is_ok()
}

/// A value that is an identifier or an object with one.
pub(crate) fn identifier(value: &Value) -> Option<&str> {
    value.as_str().or_else(|| value.get("id")?.as_str())
}

/// One value or a list of them: in JSON-LD these are the same.
fn items(value: Option<&Value>) -> &[Value] {
    match value {
        None => &[],
        Some(Value::Array(items)) => items,
        Some(one) => std::slice::from_ref(one),
    }
}

fn objects(value: Option<&Value>) -> Vec<&Map<String, Value>> {
    items(value).iter().filter_map(Value::as_object).collect()
}

fn strings(value: Option<&Value>) -> Vec<&str> {
    items(value).iter().filter_map(Value::as_str).collect()
}
