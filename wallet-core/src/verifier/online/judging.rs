//! From an answer to its outcome: each presentation, then all of them together (OpenID4VP 1.0 §8.6, §14.1.2, §14.8).

use std::collections::BTreeMap;

use serde_json::Value;

use super::OnlineVerifier;
use super::outcome::{Judged, Outcome, Status};
use super::session::Session;
use crate::error::{Result, WalletError};
use crate::presentation::dcql::{CredentialFormat, CredentialQuery, HolderBinding, HolderProof, Mismatch, Presented, QueryId};
use crate::presentation::response::{VpToken, check_authorised};
use crate::securing::{Kind, Secured};
use crate::time::Timestamp;
use crate::verification::{Expectations, Gap, Presenter};

/// The presentations that count, and how many there are for each query.
#[derive(Default)]
struct Counted {
    counts: BTreeMap<QueryId, usize>,
    presentations: Vec<(QueryId, Secured)>,
}

/// What came.
#[derive(Default)]
struct Tally {
    /// What is good.
    accepted: Counted,
    /// What is good, and what may be.
    possible: Counted,
    has_replay: bool,
}

impl OnlineVerifier {
    /// Judges `vp_token`, which must have been made for this session and for `audience`.
    pub(super) async fn judge(&self, session: &Session, vp_token: &VpToken, audience: &str, now: &Timestamp) -> Result<Outcome> {
        let came = vp_token.counts();
        // What was not asked for, or not so often, is not worth looking at.
        if let Err(fault) = session.query.check_answered(&came, &came) {
            return Ok(Outcome { faults: vec![fault.to_string()], ..Outcome::of(Status::Rejected) });
        }
        let mut outcome = Outcome::of(Status::Pending);
        let mut tally = Tally::default();
        for (id, presentations) in vp_token.iter() {
            let query = session.query.credential(id).expect("what was not asked for was refused");
            let expected = self.expectations(session, query, audience);
            for presentation in presentations {
                let (judged, secured) = self.judge_one(query, presentation, &expected, now).await;
                tally.count(id, &judged, secured);
                outcome.credentials.entry(id.clone()).or_default().push(judged.json);
            }
        }
        let transactions = session.transaction_data()?;
        let enough = |counted: &Counted| {
            session.query.check_answered(&came, &counted.counts).map_err(|fault| fault.to_string())?;
            check_authorised(&transactions, &counted.presentations).map_err(|fault| fault.to_string())
        };
        match (enough(&tally.accepted), enough(&tally.possible)) {
            _ if tally.has_replay => outcome.close(Status::Rejected, None),
            (Ok(()), _) => outcome.close(Status::Accepted, None),
            (_, Ok(())) => outcome.close(Status::Undetermined, None),
            (_, Err(fault)) => outcome.close(Status::Rejected, Some(fault)),
        }
        Ok(outcome)
    }

    /// What is expected of a presentation that answers `query`: what the verifier expects anyway, and that it was made for this
    /// request.
    fn expectations(&self, session: &Session, query: &CredentialQuery, audience: &str) -> Expectations {
        let presenter = match query.holder_binding {
            HolderBinding::Required => Presenter::Subject,
            HolderBinding::NotRequired => Presenter::Anyone,
        };
        let (nonce, audience) = (Some(session.nonce.clone()), Some(audience.to_owned()));
        Expectations { nonce, audience, presenter, ..self.expected.clone() }
    }

    /// What one presentation is worth, and itself where it was read and may count.
    async fn judge_one(
        &self,
        query: &CredentialQuery,
        presentation: &Value,
        expected: &Expectations,
        now: &Timestamp,
    ) -> (Judged, Option<Secured>) {
        let secured = match read(query, presentation) {
            Ok(secured) => secured,
            Err(WalletError::Unsupported { what, .. }) => return (Judged::undetermined(Gap::Unsupported { what }), None),
            Err(error) => return (Judged::not_asked(&error.to_string()), None),
        };
        let judged = Judged::of(&self.verifier.judge(&secured, expected, now).await);
        if judged.status == Status::Rejected {
            return (judged, None);
        }
        match self.check_asked(query, &secured) {
            Ok(()) => (judged, Some(secured)),
            Err(otherwise) => {
                let kept = (otherwise.status != Status::Rejected).then_some(secured);
                (otherwise, kept)
            }
        }
    }

    /// The presentation is of the one credential that was asked for, whatever the wallet made of the query (§14.8).
    fn check_asked(&self, query: &CredentialQuery, secured: &Secured) -> Result<(), Judged> {
        let holder = match query.holder_binding {
            // Verification refused it if the holder's proof was missing or not good.
            HolderBinding::Required => HolderProof::Given,
            HolderBinding::NotRequired => HolderProof::Absent,
        };
        let credential = only_credential(secured).map_err(|why| Judged::not_asked(&why))?;
        let presented = Presented { credential: &credential, holder };
        query.check_presented(&presented, &self.verifier.carried.contexts).map_err(|mismatch| match mismatch {
            // That something is missing here is no fault of the credential's.
            Mismatch::ContextMissing { url } => Judged::undetermined(Gap::MissingContext { url }),
            mismatch => Judged::not_asked(&mismatch.to_string()),
        })
    }
}

impl Tally {
    fn count(&mut self, id: &QueryId, judged: &Judged, secured: Option<Secured>) {
        self.has_replay |= judged.is_replay;
        if judged.status == Status::Accepted {
            self.accepted.add(id, secured.clone());
        }
        if judged.status != Status::Rejected {
            self.possible.add(id, secured);
        }
    }
}

impl Counted {
    fn add(&mut self, id: &QueryId, secured: Option<Secured>) {
        *self.counts.entry(id.clone()).or_default() += 1;
        self.presentations.extend(secured.map(|secured| (id.clone(), secured)));
    }
}

/// Reads a presentation in the form that its format has here: a token or an object, with the holder's proof around it or without.
fn read(query: &CredentialQuery, presentation: &Value) -> Result<Secured> {
    let bad = |reason: &str| Err(WalletError::malformed("presentation", reason));
    let is_object = query.format == CredentialFormat::LdpVc;
    if presentation.is_object() != is_object {
        return bad("it is not of the format that was asked for");
    }
    let text = presentation.as_str().map_or_else(|| presentation.to_string(), str::to_owned);
    if text.trim_start().starts_with('{') != is_object || text.starts_with("data:") {
        return bad("it is not of the format that was asked for");
    }
    let secured = Secured::read(&text)?;
    let is_sd_jwt = secured.sd_jwt().is_some();
    let bound = query.holder_binding == HolderBinding::Required && !is_sd_jwt;
    let expected = if bound { Kind::Presentation } else { Kind::Credential };
    if secured.kind() == expected { Ok(secured) } else { bad("it is not in the form that holder binding asks for") }
}

/// The one credential of a presentation, or the credential that presents itself.
fn only_credential(secured: &Secured) -> Result<Secured, String> {
    if secured.kind() == Kind::Credential {
        return Ok(secured.clone());
    }
    let mut nested = secured.nested().map_err(|error| error.to_string())?.into_iter();
    match (nested.next(), nested.next()) {
        (Some(Ok(credential)), None) => Ok(credential),
        (Some(Err(error)), None) => Err(error.to_string()),
        _ => Err("it holds no credential, or another besides the one that was asked for".to_owned()),
    }
}
