//! A verdict as other software reads it: problem details (VC DM 2.0 §7.2, RFC 9457).

use serde::Serialize;

use super::{Reason, Say as _, Verdict};
use crate::language::Language;

/// Where the types of problems are described that the recommendation does not name.
const OWN: &str = "https://w3id.org/cedula/problems";
/// Where those are described that it does.
const STANDARD: &str = "https://www.w3.org/TR/vc-data-model";

/// One problem with a document (VC DM 2.0 §7.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProblemDetails {
    /// The URL of the type of problem.
    #[serde(rename = "type")]
    pub kind: String,
    /// The type of problem in a few words.
    pub title: String,
    /// The problem in one sentence.
    pub detail: String,
}

impl Verdict {
    /// Everything that was found against it, one problem each; none unless it was rejected.
    pub fn problems(&self, language: Language) -> Vec<ProblemDetails> {
        let problem = |reason: &Reason, detail: String| {
            let code = code(reason);
            let kind = match standard(reason) {
                Some(name) => format!("{STANDARD}#{name}"),
                None => format!("{OWN}#{code}"),
            };
            ProblemDetails { kind, title: code, detail }
        };
        self.reasons().iter().map(|found| problem(&found.what, found.say(language))).collect()
    }
}

/// The recommendation's name for the type of problem, where it has one.
fn standard(reason: &Reason) -> Option<&'static str> {
    match reason {
        Reason::Malformed { .. } | Reason::UndefinedTerm { .. } | Reason::SchemaMismatch { .. } | Reason::InvalidDid { .. } => {
            Some("MALFORMED_VALUE_ERROR")
        }
        Reason::BadSignature
        | Reason::NotSecured
        | Reason::SignerMismatch { .. }
        | Reason::KeyNotInDocument { .. }
        | Reason::WrongPurpose { .. }
        | Reason::WrongAlgorithm { .. }
        | Reason::ResourceMismatch { .. } => Some("CRYPTOGRAPHIC_SECURITY_ERROR"),
        _ => None,
    }
}

/// The reason's own name, as [`Verdict::to_json`] writes it.
fn code(reason: &Reason) -> String {
    let json = serde_json::to_value(reason).expect("a reason is plain data");
    json["code"].as_str().expect("a reason has a code").to_owned()
}
