//! What a symbol may hold to be read by ordinary cameras, and what to leave out when a credential holds more.

use serde_json::{Map, Value};

use super::barcode;
use super::cbor_ld::TypeTable;
use super::fault::BarcodeFault;
use super::symbol::Symbol;
use crate::securing::linked_data::Contexts;

/// The most claims that are weighed one by one.
const MAX_CLAIMS: usize = 100;

/// How large a symbol may grow, from measurements with simulated hand-held pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Budget {
    /// Paper and cards: version 17, printed 32 mm wide or more.
    Print,
    /// A phone's screen, 360 pixels wide or more: version 19.
    Screen,
}

impl Budget {
    /// The most characters of barcode text.
    pub fn characters(self) -> usize {
        match self {
            Self::Print => 685,
            Self::Screen => 837,
        }
    }

    /// The largest version, at error correction M.
    pub fn version(self) -> u8 {
        match self {
            Self::Print => 17,
            Self::Screen => 19,
        }
    }
}

/// A credential that is too long for a budget, and what leaving out each claim would save.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OverBudget {
    /// The budget it was held against.
    pub budget: Budget,
    /// The characters the whole credential takes.
    pub characters: usize,
    /// The characters beyond the budget.
    pub excess: usize,
    /// What each claim of each subject takes, and each member of a claim that is an object; the largest first.
    pub savings: Vec<Saving>,
}

/// What leaving out one claim would save.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saving {
    /// A JSON pointer (RFC 6901) to the claim.
    pub claim: String,
    /// The characters of barcode text it takes.
    pub characters: usize,
}

impl OverBudget {
    /// A few claims without which the credential would about fit: the smallest that is enough alone, else the largest and so on.
    /// Claims without members of their own come before those that have some; `None` if all of them are not enough.
    ///
    /// The reduced credential is another credential, issued and signed beside the full one.
    pub fn claims_to_drop(&self) -> Option<Vec<&str>> {
        let holds = |outer: &str, inner: &str| inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('/'));
        let is_simple = |saving: &&Saving| !self.savings.iter().any(|other| holds(&saving.claim, &other.claim));
        let mut candidates: Vec<&Saving> = self.savings.iter().filter(is_simple).collect();
        let mut left = self.excess;
        let mut claims = Vec::new();
        while left > 0 && !candidates.is_empty() {
            let enough = candidates.iter().rposition(|saving| saving.characters >= left);
            let taken = candidates.remove(enough.unwrap_or(0));
            left = left.saturating_sub(taken.characters);
            claims.push(taken.claim.as_str());
        }
        (left == 0).then_some(claims)
    }
}

/// The symbol of a credential if it keeps to the budget, else by how much it does not and which claims weigh most.
pub fn fit(
    credential: &Map<String, Value>,
    table: &TypeTable,
    contexts: &Contexts,
    budget: Budget,
) -> Result<Result<Symbol, OverBudget>, BarcodeFault> {
    let text = barcode::encode_any_length(credential, table, contexts)?;
    let characters = text.len();
    if characters <= budget.characters() {
        return Symbol::new(&text).map(Ok);
    }
    let mut savings = Vec::new();
    for (claim, reduced) in without_each_claim(credential) {
        let reduced = barcode::encode_any_length(&reduced, table, contexts)?;
        savings.push(Saving { claim, characters: characters.saturating_sub(reduced.len()) });
    }
    savings.sort_by_key(|saving| std::cmp::Reverse(saving.characters));
    Ok(Err(OverBudget { budget, characters, excess: characters - budget.characters(), savings }))
}

/// The credential without one claim at a time; `id` and `type` are not claims.
fn without_each_claim(credential: &Map<String, Value>) -> Vec<(String, Map<String, Value>)> {
    let mut claims = Vec::new();
    match credential.get("credentialSubject") {
        Some(Value::Array(subjects)) => {
            for (i, subject) in subjects.iter().enumerate() {
                collect_claims(subject, &format!("/credentialSubject/{i}"), &mut claims);
            }
        }
        Some(subject) => collect_claims(subject, "/credentialSubject", &mut claims),
        None => {}
    }
    let without = |claim: String| {
        let mut reduced = Value::Object(credential.clone());
        let (parent, name) = claim.rsplit_once('/')?;
        let name = name.replace("~1", "/").replace("~0", "~");
        reduced.pointer_mut(parent)?.as_object_mut()?.remove(&name)?;
        Some((claim, reduced.as_object()?.clone()))
    };
    claims.into_iter().filter_map(without).collect()
}

fn collect_claims(value: &Value, pointer: &str, claims: &mut Vec<String>) {
    let members = value.as_object().into_iter().flatten();
    for (name, value) in members.filter(|(name, _)| !matches!(name.as_str(), "id" | "type")) {
        if claims.len() >= MAX_CLAIMS {
            return;
        }
        let claim = format!("{pointer}/{}", barcode::escape(name));
        claims.push(claim.clone());
        collect_claims(value, &claim, claims);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn credential(note: usize) -> Map<String, Value> {
        let credential = json!({ "@context": { "credentialSubject": "ex:subject" }, "credentialSubject": {
            "id": "did:example:1", "name": { "given": "Ana", "type": "Name" }, "note": "n".repeat(note), "photo": "p".repeat(100) } });
        credential.as_object().expect("an object").clone()
    }

    #[test]
    fn credential_within_the_budget_is_a_symbol() {
        let symbol =
            fit(&credential(10), &TypeTable::empty(), &Contexts::bundled(), Budget::Print).expect("encodes").expect("fits");
        assert!(symbol.version() <= Budget::Print.version());
    }

    #[test]
    fn credential_over_the_budget_says_by_how_much_and_what_to_drop() {
        let fitted = fit(&credential(400), &TypeTable::empty(), &Contexts::bundled(), Budget::Print).expect("encodes");
        let over = fitted.err().expect("over budget");
        assert_eq!(over.characters, over.excess + 685);
        assert_eq!(over.savings[0].claim, "/credentialSubject/note");
        let claims: Vec<&str> =
            over.savings.iter().map(|saving| saving.claim.trim_start_matches("/credentialSubject/")).collect();
        assert_eq!(claims, ["note", "photo", "name", "name/given"], "id and type are not claims");
        assert!(over.excess > over.savings[1].characters, "{over:?}");
        assert_eq!(over.claims_to_drop(), Some(vec!["/credentialSubject/note"]));
        let screen = fit(&credential(4000), &TypeTable::empty(), &Contexts::bundled(), Budget::Screen).expect("encodes").err();
        assert!(screen.expect("longer than any symbol").excess > 4296);
    }

    #[test]
    fn smallest_claim_that_is_enough_is_dropped_before_a_larger_one() {
        let saving = |claim: &str, characters| Saving { claim: claim.into(), characters };
        let savings = vec![saving("/a", 90), saving("/a/b", 60), saving("/c", 40), saving("/a/d", 30)];
        let over = |excess| OverBudget { budget: Budget::Print, characters: 685 + excess, excess, savings: savings.clone() };
        assert_eq!(over(25).claims_to_drop(), Some(vec!["/a/d"]));
        assert_eq!(over(50).claims_to_drop(), Some(vec!["/a/b"]));
        assert_eq!(over(85).claims_to_drop(), Some(vec!["/a/b", "/a/d"]));
        assert_eq!(over(120).claims_to_drop(), Some(vec!["/a/b", "/c", "/a/d"]));
        assert_eq!(over(131).claims_to_drop(), None);
    }

    #[test]
    fn nothing_to_drop_is_said() {
        let over = OverBudget { budget: Budget::Print, characters: 700, excess: 15, savings: vec![] };
        assert_eq!(over.claims_to_drop(), None);
    }
}
