//! Processing: digests are exchanged for what is disclosed, and vanish where nothing is (RFC 9901 §7.1 step 3).

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::{Content, Disclosure, DisclosureFault, HashAlgorithm};
use crate::json;

/// The claims of `payload` with what `disclosures` show, without digests and `_sd_alg`.
///
/// Fails when the disclosures are not exactly those of the issuer, each once, or the payload does not follow the standard; a
/// digest without a disclosure is nothing, whether it stands for a claim or is a decoy.
pub fn reveal(
    mut payload: Map<String, Value>,
    disclosures: Vec<Disclosure>,
    algorithm: HashAlgorithm,
) -> Result<Map<String, Value>, DisclosureFault> {
    payload.shift_remove("_sd_alg");
    let mut by_digest = HashMap::with_capacity(disclosures.len());
    for disclosure in disclosures {
        if by_digest.insert(disclosure.digest(algorithm), disclosure.into_content()).is_some() {
            return Err(DisclosureFault::Duplicate);
        }
    }
    let mut revealing = Revealing { by_digest, seen: HashSet::new() };
    let claims = revealing.object(payload, 0)?;
    if revealing.by_digest.is_empty() { Ok(claims) } else { Err(DisclosureFault::Unreferenced) }
}

struct Revealing {
    /// What has not found its place yet.
    by_digest: HashMap<String, Content>,
    /// Every digest found so far, wherever it stood.
    seen: HashSet<String>,
}

impl Revealing {
    fn object(&mut self, object: Map<String, Value>, depth: usize) -> Result<Map<String, Value>, DisclosureFault> {
        let mut claims = Map::with_capacity(object.len());
        let mut digests = Vec::new();
        for (name, value) in object {
            match name.as_str() {
                "_sd" => digests = digest_list(value)?,
                "_sd_alg" => return Err(DisclosureFault::MisplacedAlgorithm),
                "..." => return Err(DisclosureFault::MalformedDigests),
                _ => {
                    let value = self.value(value, depth + 1)?;
                    claims.insert(name, value);
                }
            }
        }
        for digest in digests {
            let (name, value) = match self.disclosed(digest)? {
                None => continue,
                Some(Content::Item(_)) => return Err(DisclosureFault::WrongShape),
                Some(Content::Member { name, value }) => (name, value),
            };
            if ["_sd", "...", "_sd_alg"].contains(&name.as_str()) {
                return Err(DisclosureFault::ReservedName);
            }
            if claims.contains_key(&name) {
                return Err(DisclosureFault::ClaimExists);
            }
            let value = self.value(value, depth + 1)?;
            claims.insert(name, value);
        }
        Ok(claims)
    }

    fn list(&mut self, items: Vec<Value>, depth: usize) -> Result<Vec<Value>, DisclosureFault> {
        let mut shown = Vec::with_capacity(items.len());
        for item in items {
            let item = match placeholder(item)? {
                Placed::Plain(item) => item,
                Placed::Digest(digest) => match self.disclosed(digest)? {
                    None => continue,
                    Some(Content::Member { .. }) => return Err(DisclosureFault::WrongShape),
                    Some(Content::Item(item)) => item,
                },
            };
            shown.push(self.value(item, depth + 1)?);
        }
        Ok(shown)
    }

    fn value(&mut self, value: Value, depth: usize) -> Result<Value, DisclosureFault> {
        // A disclosure in a disclosure goes deeper than any of the texts: the limit is on the whole.
        if depth > json::MAX_DEPTH {
            return Err(DisclosureFault::TooDeep);
        }
        match value {
            Value::Object(object) => Ok(Value::Object(self.object(object, depth)?)),
            Value::Array(items) => Ok(Value::Array(self.list(items, depth)?)),
            plain => Ok(plain),
        }
    }

    /// What stands behind a digest, which may be met once and nowhere else.
    fn disclosed(&mut self, digest: String) -> Result<Option<Content>, DisclosureFault> {
        let content = self.by_digest.remove(&digest);
        if self.seen.insert(digest) { Ok(content) } else { Err(DisclosureFault::RepeatedDigest) }
    }
}

fn digest_list(value: Value) -> Result<Vec<String>, DisclosureFault> {
    let Value::Array(items) = value else { return Err(DisclosureFault::MalformedDigests) };
    let text = |item| if let Value::String(digest) = item { Ok(digest) } else { Err(DisclosureFault::MalformedDigests) };
    items.into_iter().map(text).collect()
}

enum Placed {
    Plain(Value),
    Digest(String),
}

/// Tells an item of a list from the digest of one: an object whose only member is `...`.
fn placeholder(item: Value) -> Result<Placed, DisclosureFault> {
    match item {
        Value::Object(mut object) if object.contains_key("...") => match (object.len(), object.shift_remove("...")) {
            (1, Some(Value::String(digest))) => Ok(Placed::Digest(digest)),
            _ => Err(DisclosureFault::MalformedDigests),
        },
        plain => Ok(Placed::Plain(plain)),
    }
}
