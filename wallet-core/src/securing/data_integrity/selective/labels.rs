//! What blank nodes are called in a signed statement, instead of their canonical numbers (VC DI ECDSA Cryptosuites 1.0 §3.4.3,
//! VC DI BBS Cryptosuites 1.0 §3.3.1).

use std::collections::{BTreeMap, HashMap, HashSet};

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use ring::hmac;

use crate::securing::SignatureFault;

/// The length of the key that the names are made with, and of each name, in bytes.
pub(super) const LENGTH: usize = 32;

/// The names of blank nodes, without `_:`, by their number in the document.
pub(super) type Labels = HashMap<u32, String>;

/// Names that only the holder of `key` can make, so that they tell nothing of what is left out: the HMAC of the canonical label.
///
/// `canonical` has each blank node's number in the canonical form (`7` for `c14n7`).
pub(super) fn hmac(key: &[u8; LENGTH], canonical: &HashMap<u32, u32>) -> Labels {
    canonical.iter().map(|(node, number)| (*node, written(&tag(key, *number)))).collect()
}

/// `b0`, `b1`, … in the order of the names that [`hmac`] gives: a place in a shuffled row tells less than a name of its own.
pub(super) fn shuffled(key: &[u8; LENGTH], canonical: &HashMap<u32, u32>) -> Labels {
    let mut row: Vec<(String, u32)> = canonical.iter().map(|(node, number)| (written(&tag(key, *number)), *node)).collect();
    row.sort_unstable();
    row.into_iter().zip(0..).map(|((_, node), place)| (node, at(place))).collect()
}

/// The name of a place in the row.
pub(super) fn at(place: u32) -> String {
    format!("b{place}")
}

/// The place that [`at`] named.
pub(super) fn place(label: &str) -> u32 {
    label[1..].parse().expect("it was written as a number")
}

/// The names that a proof gives, by canonical number.
///
/// Each blank node must have a name of its own and each name a blank node: two nodes of one name would be one node that says
/// what no one signed.
pub(super) fn given(names: &BTreeMap<u32, String>, canonical: &HashMap<u32, u32>) -> Result<Labels, SignatureFault> {
    let distinct: HashSet<&String> = names.values().collect();
    if names.len() != canonical.len() || distinct.len() != names.len() {
        return Err(SignatureFault::malformed("the proof's labels are not one for each blank node"));
    }
    let one = |(node, number): (&u32, &u32)| Some((*node, names.get(number)?.clone()));
    let all: Option<Labels> = canonical.iter().map(one).collect();
    all.ok_or_else(|| SignatureFault::malformed("the proof's labels are not one for each blank node"))
}

fn tag(key: &[u8; LENGTH], number: u32) -> [u8; LENGTH] {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    let tag = hmac::sign(&key, format!("c14n{number}").as_bytes());
    tag.as_ref().try_into().expect("HMAC-SHA-256 has 32 bytes")
}

/// A name as it stands in a statement: multibase base64url, which begins as a blank node's label must.
pub(super) fn written(tag: &[u8; LENGTH]) -> String {
    format!("u{}", BASE64_URL_SAFE_NO_PAD.encode(tag))
}

/// The bytes of a name that [`written`] made.
pub(super) fn read(label: &str) -> [u8; LENGTH] {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(&label[1..]).expect("it was written as base64url");
    bytes.try_into().expect("it was written from 32 bytes")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// VC DI ECDSA Cryptosuites 1.0, appendix A.7: the HMAC key and the labels of the canonical document.
    #[test]
    fn labels_of_the_standards_example() {
        let key = *b"\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xAA\xBB\xCC\xDD\xEE\xFF\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xAA\xBB\xCC\xDD\xEE\xFF";
        let canonical = HashMap::from([(5, 0), (6, 1), (7, 2)]);
        let labels = hmac(&key, &canonical);
        assert_eq!(labels[&5], "u4YIOZn1MHES1Z4Ij2hWZG3R4dEYBqg5fHTyDEvYhC38");
        assert_eq!(labels[&6], "u3Lv2QpFgo-YAegc1cQQKWJFW2sEjQF6FfuZ0VEoMKHg");
        assert_eq!(labels[&7], "uVkUuBrlOaELGVQWJD4M_qW5bcKEHWGNbOrPA_qAOKKw");
        assert_eq!(written(&read(&labels[&7])), labels[&7]);
        let shuffled = shuffled(&key, &canonical);
        assert_eq!([&shuffled[&5], &shuffled[&6], &shuffled[&7]], ["b1", "b0", "b2"]);
    }

    #[test]
    fn two_blank_nodes_cannot_share_a_name() {
        let canonical = HashMap::from([(5, 0), (6, 1)]);
        let names = |all: &[(u32, &str)]| all.iter().map(|(number, name)| (*number, (*name).to_owned())).collect();
        assert_eq!(given(&names(&[(0, "a"), (1, "b")]), &canonical).expect("distinct")[&6], "b");
        for bad in [&[(0, "a"), (1, "a")][..], &[(0, "a")], &[(0, "a"), (2, "b")], &[(0, "a"), (1, "b"), (2, "c")]] {
            assert!(given(&names(bad), &canonical).is_err());
        }
    }
}
