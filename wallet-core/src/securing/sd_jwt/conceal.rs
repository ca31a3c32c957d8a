//! Issuing: claims and list items are exchanged for digests, from the innermost outwards (RFC 9901 §4.2.4 to §4.2.6).

use std::collections::BTreeMap;

use rand_core::CryptoRng;
use serde_json::{Map, Value, json};

use super::disclosure::{Disclosure, salt};
use super::{HashAlgorithm, MAX_DISCLOSURES};
use crate::error::{Result, WalletError};
use crate::json::{self, JsonPointer};

/// The most decoys one object or list is given.
const MAX_DECOYS: usize = 256;

/// A payload whose claims stand behind digests, and what the holder needs to show them.
#[derive(Debug, Clone, PartialEq)]
pub struct Concealed {
    /// What is signed, with `_sd_alg` at its end.
    pub payload: Map<String, Value>,
    /// The disclosures, an outer one after those inside it.
    pub disclosures: Vec<Disclosure>,
}

/// Puts a digest in the place of every value that `pointers` name; of two inside each other both are concealed.
///
/// Each object and list that has something to hide is given as many `decoys`. Digests are sorted, so that their order tells
/// nothing (RFC 9901 §4.2.4.1). Fails with `Misused` when a pointer leads nowhere, or a claim has a name that SD-JWT reserves.
pub fn conceal(
    claims: Map<String, Value>,
    pointers: &[JsonPointer],
    decoys: usize,
    rng: &mut dyn CryptoRng,
) -> Result<Concealed> {
    if pointers.len() > MAX_DISCLOSURES || decoys > MAX_DECOYS {
        return Err(WalletError::misused(format!("at most {MAX_DISCLOSURES} claims and {MAX_DECOYS} decoys are concealed")));
    }
    let mut plan = Plan::default();
    for pointer in pointers {
        plan.add(pointer)?;
    }
    let mut concealing = Concealing { decoys, rng, disclosures: Vec::new() };
    let mut payload = concealing.object(claims, plan, 0)?;
    payload.insert("_sd_alg".to_owned(), HashAlgorithm::default().as_str().into());
    Ok(Concealed { payload, disclosures: concealing.disclosures })
}

/// What is to be concealed at one place, and inside it.
#[derive(Default)]
struct Plan<'a> {
    concealed: bool,
    inside: BTreeMap<&'a str, Plan<'a>>,
}

impl<'a> Plan<'a> {
    fn add(&mut self, pointer: &'a JsonPointer) -> Result<()> {
        if pointer.tokens().is_empty() || pointer.tokens().len() > json::MAX_DEPTH {
            return Err(WalletError::misused("a claim is concealed, never the whole, and none too deep"));
        }
        let place = pointer.tokens().iter().fold(self, |plan, token| plan.inside.entry(token).or_default());
        place.concealed = true;
        Ok(())
    }

    /// Every pointer has found its place.
    fn check_used(&self) -> Result<()> {
        if self.inside.is_empty() {
            return Ok(());
        }
        Err(WalletError::misused("a pointer to a claim to conceal leads nowhere"))
    }
}

struct Concealing<'r> {
    decoys: usize,
    rng: &'r mut dyn CryptoRng,
    disclosures: Vec<Disclosure>,
}

impl Concealing<'_> {
    fn object(&mut self, object: Map<String, Value>, mut plan: Plan<'_>, depth: usize) -> Result<Map<String, Value>> {
        let (mut open, mut digests) = (Map::with_capacity(object.len()), Vec::new());
        for (name, value) in object {
            if ["_sd", "...", "_sd_alg"].contains(&name.as_str()) {
                return Err(WalletError::misused(format!("no claim may be called {name}")));
            }
            let inner = plan.inside.remove(name.as_str()).unwrap_or_default();
            let concealed = inner.concealed;
            let value = self.value(value, inner, depth + 1)?;
            if concealed {
                let disclosure = Disclosure::of_member(name, value, self.rng);
                digests.push(self.disclose(disclosure));
            } else {
                open.insert(name, value);
            }
        }
        plan.check_used()?;
        if !digests.is_empty() {
            digests.extend((0..self.decoys).map(|_| decoy(self.rng)));
            digests.sort_unstable();
            open.insert("_sd".to_owned(), digests.into());
        }
        Ok(open)
    }

    fn list(&mut self, items: Vec<Value>, mut plan: Plan<'_>, depth: usize) -> Result<Vec<Value>> {
        let mut open = Vec::with_capacity(items.len());
        let mut hides = false;
        for (index, item) in items.into_iter().enumerate() {
            let inner = plan.inside.remove(index.to_string().as_str()).unwrap_or_default();
            let concealed = inner.concealed;
            let item = self.value(item, inner, depth + 1)?;
            hides |= concealed;
            open.push(if concealed {
                let disclosure = Disclosure::of_item(item, self.rng);
                placeholder(self.disclose(disclosure))
            } else {
                item
            });
        }
        plan.check_used()?;
        for _ in 0..if hides { self.decoys } else { 0 } {
            // At the end they would be told from what is not disclosed.
            let at = below(open.len() + 1, self.rng);
            open.insert(at, placeholder(decoy(self.rng)));
        }
        Ok(open)
    }

    fn value(&mut self, value: Value, plan: Plan<'_>, depth: usize) -> Result<Value> {
        if depth > json::MAX_DEPTH {
            return Err(WalletError::misused("the claims are nested too deep"));
        }
        match value {
            Value::Object(object) => Ok(Value::Object(self.object(object, plan, depth)?)),
            Value::Array(items) => Ok(Value::Array(self.list(items, plan, depth)?)),
            plain => plan.check_used().map(|()| plain),
        }
    }

    /// Keeps a disclosure and returns its digest.
    fn disclose(&mut self, disclosure: Disclosure) -> String {
        let digest = disclosure.digest(HashAlgorithm::default());
        self.disclosures.push(disclosure);
        digest
    }
}

fn placeholder(digest: String) -> Value {
    json!({ "...": digest })
}

/// A digest of nothing but a random number (RFC 9901 §4.2.5).
fn decoy(rng: &mut dyn CryptoRng) -> String {
    HashAlgorithm::default().digest(&salt(rng))
}

/// A random number below `end`; the bias of one part in 2⁵⁰ tells nobody anything.
fn below(end: usize, rng: &mut dyn CryptoRng) -> usize {
    (rng.next_u64() % end as u64) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use getrandom::SysRng;
    use getrandom::rand_core::UnwrapErr;

    fn pointers(texts: &[&str]) -> Vec<JsonPointer> {
        texts.iter().map(|text| text.parse().expect("a pointer")).collect()
    }

    fn conceal_in(claims: Value, texts: &[&str], decoys: usize) -> Result<Concealed> {
        conceal(claims.as_object().expect("an object").clone(), &pointers(texts), decoys, &mut UnwrapErr(SysRng))
    }

    fn address() -> Value {
        json!({
            "sub": "6c5c0a49-b589-431d-bae7-219122a9ec2c",
            "address": { "street_address": "Schulstr. 12", "locality": "Schulpforta", "country": "DE" },
            "nationalities": ["DE", "FR", "US"],
        })
    }

    #[test]
    fn flat_structured_and_recursive_as_in_rfc_9901_section_6() {
        let flat = conceal_in(address(), &["/address"], 0).expect("claims");
        assert_eq!(flat.payload["_sd"].as_array().map(Vec::len), Some(1));
        assert!(!flat.payload.contains_key("address"));

        let structured = conceal_in(address(), &["/address/locality", "/address/country"], 0).expect("claims");
        assert_eq!(structured.payload["address"]["street_address"], "Schulstr. 12");
        assert_eq!(structured.payload["address"]["_sd"].as_array().map(Vec::len), Some(2));

        let recursive = conceal_in(address(), &["/address", "/address/locality"], 0).expect("claims");
        assert!(!recursive.payload.contains_key("address"));
        let [inner, outer] = &recursive.disclosures[..] else { panic!("two disclosures") };
        let super::super::Content::Member { value, .. } = outer.content() else { panic!("it is a claim") };
        assert_eq!(value["_sd"], json!([inner.digest(HashAlgorithm::Sha256)]));
    }

    #[test]
    fn list_item_keeps_its_place() {
        let concealed = conceal_in(address(), &["/nationalities/1"], 0).expect("claims");
        let digest = concealed.disclosures[0].digest(HashAlgorithm::Sha256);
        assert_eq!(concealed.payload["nationalities"], json!(["DE", { "...": digest }, "US"]));
    }

    #[test]
    fn digests_are_in_an_order_that_tells_nothing() {
        let names: Vec<String> = (0..20).map(|i| format!("claim{i:02}")).collect();
        let claims: Map<String, Value> = names.iter().map(|name| (name.clone(), json!(1))).collect();
        let all: Vec<JsonPointer> = names.iter().map(|name| JsonPointer::new([name.as_str()])).collect();
        let concealed = conceal(claims, &all, 5, &mut UnwrapErr(SysRng)).expect("claims");
        let digests: Vec<&str> = concealed.payload["_sd"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
        assert_eq!(digests.len(), 25);
        assert!(digests.is_sorted());
    }

    #[test]
    fn decoys_are_given_where_something_is_hidden_and_nowhere_else() {
        let concealed = conceal_in(address(), &["/address/country", "/nationalities/0"], 3).expect("claims");
        assert_eq!(concealed.payload["address"]["_sd"].as_array().map(Vec::len), Some(4));
        assert_eq!(concealed.payload["nationalities"].as_array().map(Vec::len), Some(6));
        assert!(!concealed.payload.contains_key("_sd"));
        assert_eq!(concealed.disclosures.len(), 2);
    }

    #[test]
    fn pointer_that_leads_nowhere_is_misuse() {
        for pointer in ["", "/absent", "/sub/0", "/nationalities/3", "/nationalities/00", "/nationalities/-", "/address/x"] {
            let refused = conceal_in(address(), &[pointer], 0);
            assert!(matches!(refused, Err(WalletError::Misused { .. })), "{pointer}");
        }
    }

    #[test]
    fn reserved_names_are_misuse_at_any_level() {
        for claims in [
            json!({ "_sd": [] }),
            json!({ "_sd_alg": "sha-256" }),
            json!({ "a": [{ "...": "x" }] }),
            json!({ "a": { "_sd": 1 } }),
        ] {
            assert!(matches!(conceal_in(claims, &[], 0), Err(WalletError::Misused { .. })));
        }
    }
}
