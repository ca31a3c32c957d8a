//! What a symbol may hold to be read by ordinary cameras, and what to leave out when a credential holds more.

use serde_json::{Map, Value};

use super::barcode;
use super::cbor_ld::{Documents, TypeTable};
use super::fault::BarcodeFault;
use super::symbol::Symbol;

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
    /// What each claim of each subject takes, the largest first.
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
    /// The fewest claims, largest first, without which the credential would about fit; `None` if all of them are not enough.
    ///
    /// The reduced credential is another credential, issued and signed beside the full one.
    pub fn claims_to_drop(&self) -> Option<Vec<&str>> {
        let mut left = self.excess;
        let mut claims = Vec::new();
        for saving in &self.savings {
            if left == 0 {
                break;
            }
            left = left.saturating_sub(saving.characters);
            claims.push(saving.claim.as_str());
        }
        (left == 0).then_some(claims)
    }
}

/// The symbol of a credential if it keeps to the budget, else by how much it does not and which claims weigh most.
pub fn fit(
    credential: &Map<String, Value>,
    table: &TypeTable,
    documents: &dyn Documents,
    budget: Budget,
) -> Result<Result<Symbol, OverBudget>, BarcodeFault> {
    let text = barcode::encode_any_length(credential, table, documents)?;
    let characters = text.len();
    if characters <= budget.characters() {
        return Symbol::new(&text).map(Ok);
    }
    let mut savings = Vec::new();
    for (claim, reduced) in without_each_claim(credential) {
        let reduced = barcode::encode_any_length(&reduced, table, documents)?;
        savings.push(Saving { claim, characters: characters.saturating_sub(reduced.len()) });
    }
    savings.sort_by_key(|saving| std::cmp::Reverse(saving.characters));
    Ok(Err(OverBudget { budget, characters, excess: characters - budget.characters(), savings }))
}

/// The credential without one claim at a time; a subject's `id` and `type` are not claims.
fn without_each_claim(credential: &Map<String, Value>) -> Vec<(String, Map<String, Value>)> {
    let subjects = match credential.get("credentialSubject") {
        Some(Value::Array(subjects)) => (0..subjects.len()).map(|i| format!("/credentialSubject/{i}")).collect(),
        Some(_) => vec!["/credentialSubject".to_owned()],
        None => Vec::new(),
    };
    let whole = Value::Object(credential.clone());
    let mut reduced = Vec::new();
    for subject in subjects {
        let claims = whole.pointer(&subject).and_then(Value::as_object);
        for name in claims.into_iter().flat_map(Map::keys).filter(|name| !matches!(name.as_str(), "id" | "type")) {
            let mut copy = whole.clone();
            if let Some(claims) = copy.pointer_mut(&subject).and_then(Value::as_object_mut) {
                claims.remove(name);
            }
            if let Value::Object(copy) = copy {
                reduced.push((format!("{subject}/{}", barcode::escape(name)), copy));
            }
        }
    }
    reduced
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use serde_json::json;

    fn credential(note: usize) -> Map<String, Value> {
        let credential = json!({ "@context": { "credentialSubject": "ex:subject" }, "credentialSubject": {
            "id": "did:example:1", "name": "Ana", "note": "n".repeat(note), "photo": "p".repeat(100) } });
        credential.as_object().expect("an object").clone()
    }

    #[test]
    fn credential_within_the_budget_is_a_symbol() {
        let symbol = fit(&credential(10), &TypeTable::empty(), &HashMap::new(), Budget::Print).expect("encodes").expect("fits");
        assert!(symbol.version() <= Budget::Print.version());
    }

    #[test]
    fn credential_over_the_budget_says_by_how_much_and_what_to_drop() {
        let fitted = fit(&credential(400), &TypeTable::empty(), &HashMap::new(), Budget::Print).expect("encodes");
        let over = fitted.err().expect("over budget");
        assert_eq!(over.characters, over.excess + 685);
        assert_eq!(over.savings[0].claim, "/credentialSubject/note");
        assert_eq!(over.savings.len(), 3, "id is not a claim");
        assert_eq!(over.claims_to_drop(), Some(vec!["/credentialSubject/note"]));
        let screen = fit(&credential(4000), &TypeTable::empty(), &HashMap::new(), Budget::Screen).expect("encodes").err();
        assert!(screen.expect("longer than any symbol").excess > 4296);
    }

    #[test]
    fn nothing_to_drop_is_said() {
        let over = OverBudget { budget: Budget::Print, characters: 700, excess: 15, savings: vec![] };
        assert_eq!(over.claims_to_drop(), None);
    }
}
