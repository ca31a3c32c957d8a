//! Anchors: many credentials under one Merkle root, which stands on the chain once for all of them.
//!
//! A tree has the shape of RFC 6962 §2.1, with SHA-256. A leaf is the hash of 0x00, a salt and the [`digest`] of what an issuer
//! signed; a node is that of 0x01 and its two children, so that neither passes for the other. A node without a sibling is carried up
//! as it is. The salt keeps whoever knows a credential's neighbours' paths from recognising it.

use std::fmt;
use std::str::FromStr;

use alloy_primitives::B256;
use multibase::Base;
use sha2::{Digest as _, Sha256};

use crate::error::{Result, WalletError};

/// The longest path from a leaf to its root, in siblings.
pub const MAX_PATH: usize = 40;
/// The length of a salt, in bytes.
pub const SALT_LENGTH: usize = 16;

const VERSION: u8 = 1;
const LEAF: u8 = 0;
const NODE: u8 = 1;
const DOMAIN: &[u8] = b"cedula anchored signature 1";
/// The longest text of an inclusion, in characters: the longest bytes in base64url.
const MAX_TEXT: usize = 1 + (1 + SALT_LENGTH + 6 + 32 * MAX_PATH).div_ceil(3) * 4;

/// The digest of what is anchored of a credential: the bytes its issuer's key signed, and the signature over them.
///
/// Whatever may change without the signature noticing, as the order of members, changes nothing here.
pub fn digest(message: &[u8], signature: &[u8]) -> [u8; 32] {
    let length = (message.len() as u64).to_be_bytes();
    let hash = Sha256::new().chain_update(DOMAIN).chain_update(length).chain_update(message);
    hash.chain_update(signature).finalize().into()
}

/// The leaf of a [`digest`] under its salt.
pub fn leaf(salt: &[u8; SALT_LENGTH], digest: &[u8; 32]) -> B256 {
    hash(LEAF, salt, digest)
}

fn node(left: &B256, right: &B256) -> B256 {
    hash(NODE, left.as_slice(), right.as_slice())
}

fn hash(domain: u8, first: &[u8], second: &[u8]) -> B256 {
    B256::new(Sha256::new().chain_update([domain]).chain_update(first).chain_update(second).finalize().into())
}

/// How one credential leads to a root: its salt, and the sibling of each node on the way up.
///
/// Its text ([`fmt::Display`], [`FromStr`]) is multibase base64url of [`Inclusion::to_bytes`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inclusion {
    salt: [u8; SALT_LENGTH],
    index: u64,
    path: Vec<B256>,
}

impl Inclusion {
    /// The salt of the leaf.
    pub fn salt(&self) -> &[u8; SALT_LENGTH] {
        &self.salt
    }

    /// The side of each sibling, a bit for each from the lowest on: 1 where it stands on the left.
    ///
    /// In a full tree this is the leaf's number, from zero. A node that is carried up has no sibling and takes no bit, so the size of
    /// the tree is not needed and a leaf has one path alone.
    pub fn index(&self) -> u64 {
        self.index
    }

    /// The siblings, the leaf's own first.
    pub fn path(&self) -> &[B256] {
        &self.path
    }

    /// The root that the credential of `digest` leads to.
    pub fn root(&self, digest: &[u8; 32]) -> B256 {
        let step = |below: B256, (place, sibling): (usize, &B256)| match self.index >> place & 1 {
            0 => node(&below, sibling),
            _ => node(sibling, &below),
        };
        self.path.iter().enumerate().fold(leaf(&self.salt, digest), step)
    }

    /// The bytes: version 1, the salt, the index as unsigned LEB128, the siblings of 32 bytes each.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = [&[VERSION][..], &self.salt].concat();
        let mut left = self.index;
        while left >= 0x80 {
            bytes.push(left as u8 | 0x80);
            left >>= 7;
        }
        bytes.push(left as u8);
        self.path.iter().for_each(|sibling| bytes.extend(sibling.as_slice()));
        bytes
    }

    /// Reads what [`Inclusion::to_bytes`] writes, and no other spelling of it.
    ///
    /// Fails with `Unsupported` for another version, and `Malformed` for a path longer than [`MAX_PATH`] or an index with more bits
    /// than the path has siblings.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let (version, rest) = bytes.split_first().ok_or_else(|| bad("it is empty"))?;
        if *version != VERSION {
            return Err(WalletError::unsupported("this inclusion proof", "it was written by a newer version"));
        }
        let (salt, rest) = rest.split_first_chunk().ok_or_else(|| bad("it is cut off"))?;
        let (index, rest) = read_index(rest).ok_or_else(|| bad("its index is not a number in its shortest form"))?;
        let (siblings, []) = rest.as_chunks::<32>() else { return Err(bad("a sibling has not 32 bytes")) };
        if siblings.len() > MAX_PATH {
            return Err(bad(&format!("its path is longer than {MAX_PATH} siblings")));
        }
        if index >> siblings.len() != 0 {
            return Err(bad("its index goes beyond its path"));
        }
        Ok(Self { salt: *salt, index, path: siblings.iter().map(B256::from).collect() })
    }
}

impl fmt::Display for Inclusion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&multibase::encode(Base::Base64Url, self.to_bytes()))
    }
}

impl FromStr for Inclusion {
    type Err = WalletError;

    fn from_str(text: &str) -> Result<Self> {
        if !text.starts_with('u') || text.len() > MAX_TEXT {
            return Err(bad("it is not multibase base64url of a length it can have"));
        }
        let (_, bytes) = multibase::decode(text).map_err(|_| bad("it is not base64url"))?;
        Self::from_bytes(&bytes)
    }
}

/// An unsigned LEB128 number below 2^[`MAX_PATH`] in its shortest form, and what follows it.
fn read_index(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let length = bytes.iter().take(6).position(|byte| byte & 0x80 == 0)? + 1;
    let (number, rest) = bytes.split_at(length);
    if length > 1 && number[length - 1] == 0 {
        return None;
    }
    Some((number.iter().rev().fold(0, |index, byte| index << 7 | u64::from(byte & 0x7f)), rest))
}

fn bad(reason: &str) -> WalletError {
    WalletError::malformed("inclusion proof", reason)
}

/// A whole tree, from which every leaf's way to the root is read: about 64 bytes of memory a leaf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MerkleTree {
    /// The leaves, then each level above them, up to the root alone.
    levels: Vec<Vec<B256>>,
}

impl MerkleTree {
    /// The tree of `leaves`, in their order; fails with `Misused` for none at all, or more than 2^[`MAX_PATH`].
    pub fn new(leaves: Vec<B256>) -> Result<Self> {
        if leaves.is_empty() || leaves.len() as u64 > 1 << MAX_PATH {
            return Err(WalletError::misused("a tree has one leaf at the least and 2^40 at the most"));
        }
        let mut levels = vec![leaves];
        while let Some(below) = levels.last().filter(|level| level.len() > 1) {
            let above = below.chunks(2).map(|pair| match pair {
                [left, right] => node(left, right),
                carried => carried[0],
            });
            levels.push(above.collect());
        }
        Ok(Self { levels })
    }

    /// The root.
    pub fn root(&self) -> B256 {
        self.levels[self.levels.len() - 1][0]
    }

    /// How the leaf of that number, from zero, leads to the root; none when there is no such leaf. `salt` is the one it was made with.
    pub fn inclusion(&self, number: usize, salt: [u8; SALT_LENGTH]) -> Option<Inclusion> {
        self.levels[0].get(number)?;
        let (mut index, mut path) = (0, Vec::with_capacity(self.levels.len()));
        for (height, level) in self.levels.iter().enumerate() {
            let place = number >> height;
            if let Some(sibling) = level.get(place ^ 1) {
                index |= (place as u64 & 1) << path.len();
                path.push(*sibling);
            }
        }
        Some(Inclusion { salt, index, path })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn salt(number: usize) -> [u8; SALT_LENGTH] {
        (number as u128).to_be_bytes()
    }

    fn digest_of(number: usize) -> [u8; 32] {
        digest(&number.to_be_bytes(), b"signature")
    }

    fn tree(size: usize) -> MerkleTree {
        MerkleTree::new((0..size).map(|number| leaf(&salt(number), &digest_of(number))).collect()).expect("a tree")
    }

    /// RFC 6962 §2.1, word for word: split at the largest power of two below the size.
    fn root_by_definition(leaves: &[B256]) -> B256 {
        match leaves {
            [only] => *only,
            _ => {
                let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
                node(&root_by_definition(left), &root_by_definition(right))
            }
        }
    }

    #[test]
    fn every_leaf_of_every_small_tree_leads_to_the_root_of_rfc_6962() {
        for size in 1..70 {
            let tree = tree(size);
            assert_eq!(tree.root(), root_by_definition(&tree.levels[0]), "{size}");
            for number in 0..size {
                let inclusion = tree.inclusion(number, salt(number)).expect("a leaf");
                assert_eq!(inclusion.root(&digest_of(number)), tree.root(), "{number} of {size}");
                assert!(!size.is_power_of_two() || inclusion.index() == number as u64, "{number} of {size}");
            }
            assert_eq!(tree.inclusion(size, salt(size)), None);
        }
    }

    #[test]
    fn another_credential_salt_or_place_leads_elsewhere() {
        let tree = tree(21);
        let inclusion = tree.inclusion(5, salt(5)).expect("a leaf");
        assert_ne!(inclusion.root(&digest_of(6)), tree.root());
        assert_ne!(tree.inclusion(5, salt(6)).expect("a leaf").root(&digest_of(5)), tree.root());
        assert_ne!(tree.inclusion(4, salt(5)).expect("a leaf").root(&digest_of(5)), tree.root());
        let mirrored = Inclusion { index: inclusion.index ^ 1, ..inclusion };
        assert_ne!(mirrored.root(&digest_of(5)), tree.root());
    }

    #[test]
    fn node_does_not_pass_for_a_leaf_nor_a_leaf_for_a_node() {
        let (left, right) = (leaf(&salt(0), &digest_of(0)), leaf(&salt(1), &digest_of(1)));
        let above = node(&left, &right);
        assert_ne!(hash(LEAF, left.as_slice(), right.as_slice()), above);
        // What stands in a node, cut as salt and digest are cut, is a leaf of another hash.
        let inside = [left.as_slice(), right.as_slice()].concat();
        assert_ne!(leaf(inside[..16].try_into().expect("a salt"), inside[16..48].try_into().expect("a digest")), above);
    }

    #[test]
    fn message_and_signature_are_told_apart() {
        assert_ne!(digest(b"ab", b"c"), digest(b"a", b"bc"));
    }

    #[test]
    fn tree_without_leaves_is_misuse() {
        assert!(matches!(MerkleTree::new(Vec::new()), Err(WalletError::Misused { .. })));
    }

    #[test]
    fn tree_of_131_072_has_seventeen_siblings_and_its_proof_563_bytes() {
        let tree = tree(131_072);
        for number in [0, 1, 77_777, 131_071] {
            let inclusion = tree.inclusion(number, salt(number)).expect("a leaf");
            assert_eq!((inclusion.path().len(), inclusion.index()), (17, number as u64));
            assert_eq!(inclusion.root(&digest_of(number)), tree.root());
            assert!(inclusion.to_bytes().len() <= 1 + 16 + 3 + 17 * 32);
        }
    }

    #[test]
    fn only_the_one_spelling_is_read() {
        let good = tree(9).inclusion(5, salt(5)).expect("a leaf").to_bytes();
        assert!(Inclusion::from_bytes(&good).is_ok());
        let with = |place: usize, bytes: &[u8]| [&good[..place], bytes, &good[place + 1..]].concat();
        for (why, bytes) in [
            ("nothing", Vec::new()),
            ("cut in the salt", good[..9].to_vec()),
            ("no index", good[..17].to_vec()),
            ("cut in a sibling", good[..good.len() - 1].to_vec()),
            ("a byte more", [&good[..], &[0]].concat()),
            ("index in two bytes that one holds", with(17, &[0x85, 0])),
            ("index that goes on", with(17, &[0xff; 7])),
            ("index beyond the path", with(17, &[16])),
            ("path too long", [&good[..18], &[7; 32 * (MAX_PATH + 1)]].concat()),
        ] {
            assert!(matches!(Inclusion::from_bytes(&bytes), Err(WalletError::Malformed { .. })), "{why}");
        }
        assert!(matches!(Inclusion::from_bytes(&with(0, &[2])), Err(WalletError::Unsupported { .. })));
        let text = multibase::encode(Base::Base64Url, &good);
        for bad in ["", "u", &text[1..], &format!("{text}="), &text.replacen('u', "z", 1), &"u".repeat(MAX_TEXT + 1)] {
            assert!(bad.parse::<Inclusion>().is_err(), "{bad}");
        }
    }

    fn any_inclusion() -> impl Strategy<Value = Inclusion> {
        let path = proptest::collection::vec(any::<[u8; 32]>().prop_map(B256::new), 0..=MAX_PATH);
        (any::<[u8; SALT_LENGTH]>(), any::<u64>(), path).prop_map(|(salt, index, path)| {
            let index = index & ((1 << path.len()) - 1);
            Inclusion { salt, index, path }
        })
    }

    proptest! {
        #[test]
        fn every_inclusion_is_read_back_from_its_bytes_and_text(inclusion in any_inclusion()) {
            prop_assert_eq!(Inclusion::from_bytes(&inclusion.to_bytes()), Ok(inclusion.clone()));
            prop_assert_eq!(inclusion.to_string().parse(), Ok(inclusion.clone()));
        }

        #[test]
        fn any_bytes_are_refused_or_the_one_spelling(bytes in proptest::collection::vec(any::<u8>(), 0..100), version in 0u8..3) {
            let bytes = [&[version][..], &bytes].concat();
            if let Ok(inclusion) = Inclusion::from_bytes(&bytes) {
                prop_assert_eq!(inclusion.to_bytes(), bytes);
            }
        }

        #[test]
        fn any_text_is_refused_or_the_one_spelling(text in "u?A[A-Za-z0-9_-]{0,200}") {
            if let Ok(inclusion) = text.parse::<Inclusion>() {
                prop_assert_eq!(inclusion.to_string(), text);
            }
        }

        #[test]
        fn flipped_bit_of_a_proof_leads_to_another_root_or_is_refused(size in 1usize..40, number in any::<usize>(), bit in any::<usize>()) {
            let (tree, number) = (tree(size), number % size);
            let mut bytes = tree.inclusion(number, salt(number)).expect("a leaf").to_bytes();
            let bit = bit % (bytes.len() * 8);
            bytes[bit / 8] ^= 1 << (bit % 8);
            if let Ok(inclusion) = Inclusion::from_bytes(&bytes) {
                prop_assert_ne!(inclusion.root(&digest_of(number)), tree.root());
            }
        }
    }
}
