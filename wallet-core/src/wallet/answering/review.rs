//! What the holder is shown before anything leaves: who asks, what of the wallet answers, and what exactly would go.

use std::fmt;

use rand_core::CryptoRng;
use serde_json::Value;

use super::Answering;
use super::holdings::Holding;
use crate::credential::{ClaimPath, Step};
use crate::json::JsonPointer;
use crate::presentation::dcql::{Choices, Held, Match, Mismatch, Missing, QueryId, Selection};
use crate::presentation::presenting::disclosed;
use crate::presentation::request::AuthenticatedRequest;
use crate::registry::accreditation::Path;
use crate::securing::Secured;
use crate::securing::sd_jwt::type_metadata::TypeMetadata;
use crate::store::{Display, RecordId};

/// What leaves with every credential of its kind, and says nothing of a person.
const TECHNICAL: [&str; 2] = ["@context", "cnf"];

/// A request of which it is known who asks, and what of this wallet answers it. What it holds of the wallet does not print.
#[derive(Clone, PartialEq)]
pub struct Review {
    /// The request, and who asks ([`AuthenticatedRequest::by`]).
    pub asked: AuthenticatedRequest,
    /// How the verifier was accredited, when somebody who counts here did.
    pub accredited: Option<Accredited>,
    /// What answers the request, and the alternatives.
    pub choices: Choices,
    /// What would leave, for each credential query and each credential that answers it.
    pub offers: Vec<Offer>,
}

/// How a verifier was accredited to be shown presentations.
#[derive(Debug, Clone, PartialEq)]
pub struct Accredited {
    /// The name a person knows the root by.
    pub root_name: String,
    /// The way from it to the verifier.
    pub path: Path,
}

/// What would leave if a credential answered a credential query.
#[derive(Clone, PartialEq, Eq)]
pub struct Offer {
    /// The credential query.
    pub query: QueryId,
    /// The credential.
    pub credential: RecordId,
    /// What a list of credentials shows of it.
    pub display: Display,
    /// Every single value that would leave, the names of contexts and the holder's public key aside.
    pub claims: Vec<SharedClaim>,
}

/// A single value that would leave.
#[derive(Clone, PartialEq, Eq)]
pub struct SharedClaim {
    /// Where it is in the credential as the verifier gets it.
    pub path: JsonPointer,
    /// What people call it, when that is known.
    pub label: Option<String>,
    /// The value.
    pub value: Value,
}

impl Review {
    pub(super) fn of(
        asked: AuthenticatedRequest,
        accredited: Option<Accredited>,
        holdings: &[Holding],
        how: &Answering<'_>,
        rng: &mut (dyn CryptoRng + Send),
    ) -> Self {
        let held: Vec<&Held> = holdings.iter().map(|holding| &holding.held).collect();
        let mut choices = asked.request.query.choices(&held, &asked.request.client_metadata.vp_formats, how.contexts);
        let mut offers = Vec::new();
        let matches: Vec<(QueryId, Match)> = (choices.queries.iter())
            .flat_map(|query| query.matches.iter().map(|found| (query.id.clone(), found.clone())))
            .collect();
        for (query, found) in matches {
            let Some(holding) = holdings.iter().find(|holding| holding.held.name == found.credential) else { continue };
            match disclosed(&holding.held.credential, &found.claims, how.contexts, rng) {
                Ok(shared) => {
                    let claims = claims(&shared, how);
                    offers.push(Offer { query, credential: holding.id, display: holding.record.display.clone(), claims });
                }
                Err(_) => choices.leave_out(&query, &found.credential, Mismatch::NotDivisible),
            }
        }
        Self { asked, accredited, choices, offers }
    }

    /// The least that answers the request; or what is missing, and why.
    pub fn preselected(&self) -> Result<Selection, Vec<Missing>> {
        self.choices.preselected()
    }

    /// What would leave if `selection` were shared.
    pub fn shared<'a>(&'a self, selection: &Selection) -> Vec<&'a Offer> {
        let chosen = |offer: &&Offer| {
            let name = offer.credential.to_string();
            selection.iter().any(|(id, names)| *id == offer.query && names.contains(&name))
        };
        self.offers.iter().filter(chosen).collect()
    }
}

impl fmt::Debug for Review {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Review(of a request by {}, hidden)", self.asked.by)
    }
}

impl fmt::Debug for Offer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Offer({}, hidden)", self.query)
    }
}

impl fmt::Debug for SharedClaim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SharedClaim({}, hidden)", self.path)
    }
}

/// The single values of a credential as it leaves.
fn claims(shared: &Secured, how: &Answering<'_>) -> Vec<SharedClaim> {
    let credential = shared.credential().ok();
    let types = credential.iter().flat_map(|credential| credential.types());
    let described: Vec<&TypeMetadata> = types.filter_map(|kind| how.types.iter().find(|known| known.vct == kind)).collect();
    let mut claims = Vec::new();
    for (name, value) in shared.body().iter().filter(|(name, _)| !TECHNICAL.contains(&name.as_str())) {
        collect(&mut vec![name.clone()], value, &mut |path, value| {
            let label = described.iter().find_map(|known| label(known, path, how));
            claims.push(SharedClaim { path: JsonPointer::new(path.iter().cloned()), label, value: value.clone() });
        });
    }
    claims
}

fn collect(path: &mut Vec<String>, value: &Value, found: &mut dyn FnMut(&[String], &Value)) {
    let mut inside = |name: String, value: &Value| {
        path.push(name);
        collect(path, value, found);
        path.pop();
    };
    match value {
        Value::Object(object) if !object.is_empty() => object.iter().for_each(|(name, value)| inside(name.clone(), value)),
        Value::Array(items) if !items.is_empty() => items.iter().enumerate().for_each(|(at, item)| inside(at.to_string(), item)),
        value => found(path, value),
    }
}

/// What a type calls the claim at `path`, or the nearest one around it that it has a name for.
fn label(known: &TypeMetadata, path: &[String], how: &Answering<'_>) -> Option<String> {
    let around = known.claims.iter().filter(|claim| leads_to(&claim.path, path));
    let nearest = around.max_by_key(|claim| claim.path.steps().len())?;
    nearest.label(how.language.tag()).map(str::to_owned)
}

/// Whether `claim` leads to the place `path`, or to something around it.
fn leads_to(claim: &ClaimPath, path: &[String]) -> bool {
    let same = |(step, token): (&Step, &String)| match step {
        Step::Member(name) => name == token,
        Step::Item(index) => *token == index.to_string(),
        Step::EveryItem => token.parse::<usize>().is_ok(),
    };
    claim.steps().len() <= path.len() && claim.steps().iter().zip(path).all(same)
}
