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

#[cfg(test)]
mod tests {
    use crate::error::WalletError;
    use crate::key::{KeyAlgorithm, SecretKey};
    use crate::securing::data_integrity::tests::{SUITES, contexts, credential, key, options, sign};
    use crate::securing::{Mechanism, ProofOptions, Secured, SignatureFault, prepare};
    use serde_json::{Map, Value, json};

    const IDS: [&str; 3] = ["urn:uuid:1", "urn:uuid:2", "urn:uuid:3"];

    fn link(mechanism: Mechanism, id: &str, previous: &[&str]) -> ProofOptions {
        let previous = previous.iter().map(|id| (*id).to_owned()).collect();
        ProofOptions { id: Some(id.to_owned()), previous, ..options(mechanism) }
    }

    fn object(secured: &Secured) -> Map<String, Value> {
        serde_json::from_str(secured.text()).expect("a JSON object")
    }

    fn with_proofs(proofs: Value) -> Secured {
        let mut document = credential(json!("x"));
        document.insert("proof".to_owned(), proofs);
        Secured::read(&Value::Object(document).to_string()).expect("a secured credential")
    }

    /// Two proofs beside each other, and a third that follows both.
    fn chain(mechanism: Mechanism, key: &SecretKey) -> Secured {
        let first = sign(credential(json!("x")), &link(mechanism, IDS[0], &[]), key);
        let second = sign(object(&first), &link(mechanism, IDS[1], &[]), key);
        sign(object(&second), &link(mechanism, IDS[2], &[IDS[1], IDS[0]]), key)
    }

    fn check(secured: &Secured, at: usize, algorithm: KeyAlgorithm) -> Result<(), SignatureFault> {
        secured.check_signature(at, &key(algorithm).public_key(), &contexts())
    }

    #[test]
    fn every_suite_makes_a_chain_and_a_link_covers_the_ones_before_it() {
        for (mechanism, algorithm) in SUITES {
            let chain = chain(mechanism, &key(algorithm));
            assert_eq!([0, 1, 2].map(|at| check(&chain, at, algorithm)), [Ok(()), Ok(()), Ok(())], "{mechanism:?}");
            let mut altered = object(&chain);
            altered["proof"][0]["created"] = json!("2026-01-01T00:00:01Z");
            let altered = Secured::read(&Value::Object(altered).to_string()).expect("a secured credential");
            let bad = Err(SignatureFault::Bad);
            assert_eq!([0, 1, 2].map(|at| check(&altered, at, algorithm)), [bad.clone(), Ok(()), bad], "{mechanism:?}");
        }
    }

    #[test]
    fn order_of_the_proofs_in_the_document_does_not_matter() {
        for (mechanism, algorithm) in SUITES {
            let mut document = object(&chain(mechanism, &key(algorithm)));
            document["proof"].as_array_mut().expect("a list").reverse();
            let secured = Secured::read(&Value::Object(document).to_string()).expect("a secured credential");
            assert_eq!([0, 1, 2].map(|at| check(&secured, at, algorithm)), [Ok(()), Ok(()), Ok(())], "{mechanism:?}");
        }
    }

    #[test]
    fn link_of_one_suite_follows_proofs_of_another() {
        let ed25519 = key(KeyAlgorithm::Ed25519);
        let first = sign(credential(json!("x")), &link(Mechanism::EddsaJcs2022, IDS[0], &[]), &ed25519);
        let options = link(Mechanism::EcdsaRdfc2019, IDS[1], &[IDS[0]]);
        let both = sign(object(&first), &options, &key(KeyAlgorithm::P384));
        assert_eq!(check(&both, 0, KeyAlgorithm::Ed25519), Ok(()));
        assert_eq!(check(&both, 1, KeyAlgorithm::P384), Ok(()));
        assert_eq!(object(&both)["proof"][1]["previousProof"], IDS[0]);
    }

    #[test]
    fn link_whose_previous_proof_is_gone_or_there_twice_is_refused() {
        let (mechanism, algorithm) = SUITES[1];
        let proofs = object(&chain(mechanism, &key(algorithm)))["proof"].clone();
        let gone = with_proofs(json!([proofs[0], proofs[2]]));
        assert_eq!(check(&gone, 0, algorithm), Ok(()));
        assert!(matches!(check(&gone, 1, algorithm), Err(SignatureFault::Malformed { reason }) if reason.contains(IDS[1])));
        let twice = with_proofs(json!([proofs[0], proofs[1], proofs[2], proofs[1]]));
        assert!(matches!(check(&twice, 2, algorithm), Err(SignatureFault::Malformed { reason }) if reason.contains("two")));
    }

    #[test]
    fn proofs_that_follow_each_other_are_refused() {
        let (mechanism, algorithm) = SUITES[1];
        let mut proofs = object(&chain(mechanism, &key(algorithm)))["proof"].clone();
        for (at, previous) in [(0, IDS[2]), (1, IDS[0])] {
            proofs[at]["previousProof"] = json!(previous);
        }
        let circle = with_proofs(proofs.clone());
        proofs[0]["previousProof"] = json!([IDS[0]]);
        let itself = with_proofs(proofs);
        for (secured, at) in [(&circle, 0), (&circle, 1), (&circle, 2), (&itself, 0)] {
            let fault = check(secured, at, algorithm);
            assert!(matches!(&fault, Err(SignatureFault::Malformed { reason }) if reason.contains("itself")), "{at} {fault:?}");
        }
    }

    #[test]
    fn link_that_follows_a_proof_nobody_here_can_check_says_so() {
        let old = json!({ "type": "Old2018", "id": IDS[0], "signature": "x" });
        let mut document = credential(json!("x"));
        document.insert("proof".to_owned(), old);
        let key_of = key(KeyAlgorithm::P256);
        let one = sign(document, &link(Mechanism::EcdsaJcs2019, IDS[1], &[IDS[0]]), &key_of);
        let two = sign(object(&one), &link(Mechanism::EcdsaJcs2019, IDS[2], &[IDS[1]]), &key_of);
        assert_eq!((two.proofs().len(), two.unsupported()), (2, &["Old2018".to_owned()][..]));
        for at in [0, 1] {
            assert_eq!(check(&two, at, KeyAlgorithm::P256), Ok(()));
            assert_eq!(two.unsupported_link(at), Some("Old2018"), "directly or through another");
        }
        let beside = sign(object(&one), &options(Mechanism::EcdsaJcs2019), &key_of);
        assert_eq!(beside.unsupported_link(1), None);
        assert!(check(&two, 2, KeyAlgorithm::P256).is_err(), "it is not one of the proofs that can be checked");
    }

    #[test]
    fn link_to_nothing_and_id_that_is_taken_or_no_url_are_misuse() {
        let (mechanism, algorithm) = SUITES[0];
        let first = sign(credential(json!("x")), &link(mechanism, IDS[0], &[]), &key(algorithm));
        for options in [
            link(mechanism, IDS[1], &[IDS[2]]),
            link(mechanism, IDS[1], &[IDS[0], IDS[1]]),
            link(mechanism, IDS[0], &[]),
            link(mechanism, "first", &[]),
        ] {
            let prepared = prepare(object(&first), &options, &key(algorithm).public_key(), &contexts());
            assert!(matches!(prepared, Err(WalletError::Misused { .. })), "{options:?}");
        }
    }
}
