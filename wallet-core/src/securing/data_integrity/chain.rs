//! Proofs that follow others: each covers the document and the proofs its `previousProof` names (VC Data Integrity §2.1.2).

use serde_json::{Map, Value};

use crate::securing::{MAX_PROOFS, SignatureFault};

/// The identifiers in `previousProof`, a string or a list of strings; none when it is neither.
pub(super) fn names(proof: &Map<String, Value>) -> Option<Vec<&str>> {
    match proof.get("previousProof") {
        None => Some(Vec::new()),
        Some(Value::String(one)) => Some(vec![one]),
        Some(Value::Array(all)) if all.len() <= MAX_PROOFS => all.iter().map(Value::as_str).collect(),
        Some(_) => None,
    }
}

/// The proofs of `all` that `proof` directly follows, in the order of its `previousProof` (§4.3 step 4 and 5, §4.5 step 3.2).
///
/// That order is signed, the one of the document's proofs is not; a canonical form of JSON depends on it.
pub(super) fn previous<'p>(
    proof: &Map<String, Value>,
    all: &[&'p Map<String, Value>],
) -> Result<Vec<&'p Map<String, Value>>, SignatureFault> {
    let names = names(proof).ok_or_else(|| SignatureFault::malformed("previousProof names no proofs"))?;
    let find = |name: &str| {
        let mut named = all.iter().filter(|proof| proof.get("id").and_then(Value::as_str) == Some(name));
        match (named.next(), named.next()) {
            (Some(only), None) => Ok(*only),
            (None, _) => Err(SignatureFault::malformed(format!("the proof {name}, which another follows, is missing"))),
            (Some(_), Some(_)) => Err(SignatureFault::malformed(format!("two proofs have the id {name}"))),
        }
    };
    names.into_iter().map(find).collect()
}

/// The proofs that `proof` directly follows, once it is sure that none is missing and none follows itself.
pub(super) fn checked<'p>(
    proof: &Map<String, Value>,
    all: &'p [Map<String, Value>],
) -> Result<Vec<&'p Map<String, Value>>, SignatureFault> {
    if !proof.contains_key("previousProof") {
        return Ok(Vec::new());
    }
    ancestors(proof, all)?;
    previous(proof, &all.iter().collect::<Vec<_>>())
}

/// The places in `all` of the proofs that `proof` follows, directly or through others.
///
/// Fails when one is missing, or follows `proof` in its turn: no proof can be made after itself.
pub(in crate::securing) fn ancestors(
    proof: &Map<String, Value>,
    all: &[Map<String, Value>],
) -> Result<Vec<usize>, SignatureFault> {
    let everyone: Vec<_> = all.iter().collect();
    let (mut found, mut next) = (Vec::new(), vec![proof]);
    while let Some(current) = next.pop() {
        for link in previous(current, &everyone)? {
            if std::ptr::eq(link, proof) {
                return Err(SignatureFault::malformed("a proof follows itself"));
            }
            let place = all.iter().position(|one| std::ptr::eq(one, link)).expect("it was found there");
            if !found.contains(&place) {
                found.push(place);
                next.push(link);
            }
        }
    }
    Ok(found)
}
