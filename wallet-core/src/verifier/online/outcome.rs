//! What came of a session.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::language::Language;
use crate::oauth::OAuthError;
use crate::presentation::dcql::QueryId;
use crate::verification::{Finding, Gap, Place, Reason, Say as _, Verdict, Verified};

/// What a verdict says of the holder.
const CLAIMS: [&str; 2] = ["claims", "holder"];

/// What came of a session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// In one word.
    pub status: Status,
    /// What each presentation is worth, by the query it answers: [`Verdict::to_json`], with a reason `notAsked` where it is not
    /// what was asked for; `sentences` has all of it for a person, by language.
    pub credentials: BTreeMap<QueryId, Vec<Value>>,
    /// What is wrong with the answer as a whole.
    pub faults: Vec<String>,
    /// The error that the wallet sent instead of an answer.
    pub error: Option<WalletsError>,
}

/// What came of a session, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Status {
    /// Nothing yet.
    Pending,
    /// All that was asked for came, and it was found good.
    Accepted,
    /// It was not what was asked for, or not good.
    Rejected,
    /// It may be good: something is missing to say so.
    Undetermined,
    /// The wallet sent an error.
    Error,
}

/// The error that a wallet sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WalletsError {
    /// The code (OpenID4VP 1.0 §8.5).
    pub code: String,
    /// More for a developer.
    pub description: Option<String>,
}

impl Outcome {
    pub(super) fn of(status: Status) -> Self {
        Self { status, credentials: BTreeMap::new(), faults: Vec::new(), error: None }
    }

    /// Ends with `status`; an answer that was not accepted as a whole gives up no claims.
    pub(super) fn close(&mut self, status: Status, fault: Option<String>) {
        self.status = status;
        self.faults.extend(fault);
        if status != Status::Accepted {
            let verdicts = self.credentials.values_mut().flatten().filter_map(Value::as_object_mut);
            verdicts.for_each(|verdict| CLAIMS.iter().for_each(|name| drop(verdict.remove(*name))));
        }
    }

    pub(super) fn of_error(error: OAuthError) -> Self {
        let error = WalletsError { code: error.code.as_str().to_owned(), description: error.description };
        Self { error: Some(error), ..Self::of(Status::Error) }
    }

    /// As one JSON object: `status`, and where they say something `credentials`, `faults` and `error`.
    pub fn to_json(&self) -> Value {
        let plain = |value: serde_json::Result<Value>| value.expect("an outcome is plain data");
        let mut object = Map::from_iter([("status".to_owned(), plain(serde_json::to_value(self.status)))]);
        object.insert("credentials".to_owned(), plain(serde_json::to_value(&self.credentials)));
        if !self.faults.is_empty() {
            object.insert("faults".to_owned(), json!(self.faults));
        }
        if let Some(error) = &self.error {
            object.insert("error".to_owned(), json!({ "code": error.code, "description": error.description }));
        }
        Value::Object(object)
    }
}

/// What one presentation is worth.
pub(super) struct Judged {
    pub status: Status,
    /// Whether it was made for another request or another verifier: then the whole answer is worth nothing (§14.1.2).
    pub is_replay: bool,
    pub json: Value,
}

impl Judged {
    pub(super) fn of(verdict: &Verdict) -> Self {
        let status = match verdict {
            Verdict::Accepted(_) => Status::Accepted,
            Verdict::Rejected { .. } => Status::Rejected,
            Verdict::Undetermined { .. } => Status::Undetermined,
        };
        let replays = |reason: &Reason| matches!(reason, Reason::WrongNonce | Reason::WrongAudience { .. });
        let is_replay = verdict.reasons().iter().any(|found| replays(&found.what));
        let mut json = verdict.to_json();
        json["sentences"] = in_each_language(|language| sentences(verdict, language));
        Self { status, is_replay, json }
    }

    /// It is not what was asked for, whatever else: of its claims nothing is told.
    pub(super) fn not_asked(why: &str) -> Self {
        let reason = json!({ "place": "presentation", "code": "notAsked", "why": why });
        let sentence = |language| match language {
            Language::Es => format!("No es lo que se pidió: {why}."),
            Language::En => format!("It is not what was asked for: {why}."),
            Language::Pt => format!("Não é o que foi pedido: {why}."),
        };
        let sentences = in_each_language(|language| vec![sentence(language)]);
        let json = json!({ "verdict": "rejected", "reasons": [reason], "gaps": [], "sentences": sentences });
        Self { status: Status::Rejected, is_replay: false, json }
    }

    /// Nobody here can say what it is worth, because of this.
    pub(super) fn undetermined(gap: Gap) -> Self {
        let sentences = in_each_language(|language| vec![gap.say(language)]);
        let gaps = [Finding { place: Place::Presentation, what: gap }];
        let json = json!({ "verdict": "undetermined", "reasons": [], "gaps": gaps, "sentences": sentences });
        Self { status: Status::Undetermined, is_replay: false, json }
    }
}

/// Everything a person should know of a verdict.
fn sentences(verdict: &Verdict, language: Language) -> Vec<String> {
    let reasons = verdict.reasons().iter().map(|found| found.say(language));
    let gaps = verdict.gaps().iter().map(|found| found.say(language));
    let warnings = verdict.verified().map(Verified::warnings).unwrap_or_default().iter().map(|found| found.say(language));
    reasons.chain(gaps).chain(warnings).collect()
}

fn in_each_language(say: impl Fn(Language) -> Vec<String>) -> Value {
    Language::ALL.into_iter().map(|language| (language.tag().to_owned(), json!(say(language)))).collect::<Map<_, _>>().into()
}
