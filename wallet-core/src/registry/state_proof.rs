//! State proofs (EIP-1186): that an account and its storage slots are what a block's state root says they are.
//!
//! A proof is the list of trie nodes on the way from the root to the value, or to the place where it would be. Each node must hash to
//! what the node before it says; nothing in one is believed beyond that, and whatever the root, no proof takes more than 64 steps.

use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_rlp::{Decodable, Header as Rlp};
use alloy_trie::{EMPTY_ROOT_HASH, TrieAccount};

use super::rpc::AccountProof;

/// The longest trie node that is read, in bytes: a branch of sixteen hashes has 532.
pub const MAX_NODE: usize = 600;

/// What is wrong with a state proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofFault {
    /// It ends before its value.
    #[error("the proof ends too early")]
    Truncated,
    /// It goes on after its value.
    #[error("the proof goes on after its end")]
    Superfluous,
    /// A node is longer than any honest one.
    #[error("a node of the proof is too long")]
    Oversized,
    /// A node is not the one that the node before it names, or the root.
    #[error("the proof does not lead to the block's state")]
    Broken,
    /// A node is no trie node.
    #[error("a node of the proof is malformed")]
    Malformed,
    /// It is about another account.
    #[error("the proof is about another account")]
    OtherAccount,
    /// It is about other slots than were asked for.
    #[error("the proof is about other storage slots")]
    OtherSlots,
    /// There is no contract at the address.
    #[error("there is no contract at the registry's address")]
    NoContract,
    /// The account is not as the node says.
    #[error("the account is not what the proof says")]
    AccountAltered,
    /// A slot's value is not what the node says.
    #[error("a storage slot is not what the proof says")]
    SlotAltered,
    /// The contract's code is not the pinned one.
    #[error("the contract's code is another one")]
    WrongCode,
}

/// What a proof must be about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted<'a> {
    /// The contract.
    pub contract: Address,
    /// The Keccak-256 of its code.
    pub code_hash: B256,
    /// The slots.
    pub slots: &'a [B256],
}

/// The values of the slots that are `wanted`, in their order, if `proof` proves them under `state_root`.
pub fn check(proof: &AccountProof, wanted: &Wanted<'_>, state_root: B256) -> Result<Vec<U256>, ProofFault> {
    if proof.address != wanted.contract {
        return Err(ProofFault::OtherAccount);
    }
    let said =
        TrieAccount { nonce: proof.nonce, balance: proof.balance, storage_root: proof.storage_root, code_hash: proof.code_hash };
    match value(state_root, keccak256(wanted.contract), &proof.nodes)? {
        None => return Err(ProofFault::NoContract),
        Some(account) if account != alloy_rlp::encode(said) => return Err(ProofFault::AccountAltered),
        Some(_) if proof.code_hash != wanted.code_hash => return Err(ProofFault::WrongCode),
        Some(_) => {}
    }
    if !proof.slots.iter().map(|slot| &slot.slot).eq(wanted.slots) {
        return Err(ProofFault::OtherSlots);
    }
    proof
        .slots
        .iter()
        .map(|slot| match value(proof.storage_root, keccak256(slot.slot), &slot.nodes)? {
            None if slot.value.is_zero() => Ok(slot.value),
            Some(word) if word == alloy_rlp::encode(slot.value) => Ok(slot.value),
            _ => Err(ProofFault::SlotAltered),
        })
        .collect()
}

/// The value under `key` in the trie of `root`, whose nodes from the root on are `nodes`; none when the trie has no such key.
pub fn value(root: B256, key: B256, nodes: &[Bytes]) -> Result<Option<Vec<u8>>, ProofFault> {
    if root == EMPTY_ROOT_HASH {
        return match nodes {
            [] => Ok(None),
            [node] if node[..] == [alloy_rlp::EMPTY_STRING_CODE] => Ok(None),
            _ => Err(ProofFault::Superfluous),
        };
    }
    let path = nibbles(key.as_slice());
    let mut walk = Walk { nodes: nodes.iter(), rest: &path };
    let mut node = walk.next(root)?;
    loop {
        let child = match Node::decode(node)? {
            Node::Leaf { path, .. } if path.len() != walk.rest.len() => return Err(ProofFault::Malformed),
            Node::Extension { path, .. } if path.len() >= walk.rest.len() => return Err(ProofFault::Malformed),
            Node::Leaf { path, value } => {
                let found = (path == walk.rest).then(|| value.to_vec());
                return walk.end(found);
            }
            Node::Extension { path, child } => match walk.rest.strip_prefix(path.as_slice()) {
                Some(after) => {
                    walk.rest = after;
                    child
                }
                None => return walk.end(None),
            },
            Node::Branch { children } => {
                let (first, after) = walk.rest.split_first().ok_or(ProofFault::Malformed)?;
                walk.rest = after;
                children[usize::from(*first)]
            }
        };
        node = match child {
            Child::None => return walk.end(None),
            Child::Hash(hash) => walk.next(hash)?,
            Child::Inline(node) => node,
        };
    }
}

/// The way down a trie: the nodes that are left, and the part of the key that is.
struct Walk<'a, 'k> {
    nodes: std::slice::Iter<'a, Bytes>,
    rest: &'k [u8],
}

impl<'a> Walk<'a, '_> {
    fn next(&mut self, hash: B256) -> Result<&'a [u8], ProofFault> {
        let node = self.nodes.next().ok_or(ProofFault::Truncated)?;
        if node.len() > MAX_NODE {
            return Err(ProofFault::Oversized);
        }
        if keccak256(node) == hash { Ok(node) } else { Err(ProofFault::Broken) }
    }

    fn end<T>(mut self, found: T) -> Result<T, ProofFault> {
        if self.nodes.next().is_none() { Ok(found) } else { Err(ProofFault::Superfluous) }
    }
}

/// A trie node (Ethereum yellow paper, appendix D). Keys are all of one length, so a branch has no value of its own.
enum Node<'a> {
    Leaf { path: Vec<u8>, value: &'a [u8] },
    Extension { path: Vec<u8>, child: Child<'a> },
    Branch { children: Box<[Child<'a>; 16]> },
}

/// How a node names the one below it.
#[derive(Clone, Copy)]
enum Child<'a> {
    None,
    Hash(B256),
    /// A node below 32 bytes stands in its parent.
    Inline(&'a [u8]),
}

impl<'a> Node<'a> {
    fn decode(node: &'a [u8]) -> Result<Self, ProofFault> {
        Self::decode_fields(node).map_err(|_| ProofFault::Malformed)
    }

    fn decode_fields(mut node: &'a [u8]) -> alloy_rlp::Result<Self> {
        let mut rest = Rlp::decode_bytes(&mut node, true)?;
        if !node.is_empty() {
            return Err(alloy_rlp::Error::UnexpectedLength);
        }
        let mut items: Vec<&[u8]> = Vec::with_capacity(17);
        while !rest.is_empty() {
            if items.len() == 17 {
                return Err(alloy_rlp::Error::UnexpectedLength);
            }
            items.push(item(&mut rest)?);
        }
        match items.as_slice() {
            [path, below] => {
                let (leaf, path) = unpack(Rlp::decode_bytes(&mut &path[..], false)?)?;
                if leaf {
                    return Ok(Self::Leaf { path, value: Rlp::decode_bytes(&mut &below[..], false)? });
                }
                // An empty path would lead nowhere, and for ever.
                if path.is_empty() {
                    return Err(alloy_rlp::Error::Custom("an extension without a path"));
                }
                Ok(Self::Extension { path, child: Child::decode(below)? })
            }
            [below @ .., [alloy_rlp::EMPTY_STRING_CODE]] if below.len() == 16 => {
                let mut children = Box::new([Child::None; 16]);
                for (child, below) in children.iter_mut().zip(below) {
                    *child = Child::decode(below)?;
                }
                Ok(Self::Branch { children })
            }
            _ => Err(alloy_rlp::Error::UnexpectedLength),
        }
    }
}

impl<'a> Child<'a> {
    fn decode(below: &'a [u8]) -> alloy_rlp::Result<Self> {
        match below {
            [alloy_rlp::EMPTY_STRING_CODE] => Ok(Self::None),
            [0xa0, ..] => Ok(Self::Hash(B256::decode(&mut &below[..])?)),
            [first, ..] if *first >= alloy_rlp::EMPTY_LIST_CODE && below.len() < 32 => Ok(Self::Inline(below)),
            _ => Err(alloy_rlp::Error::UnexpectedString),
        }
    }
}

/// One item with its header, whatever it is.
fn item<'a>(rest: &mut &'a [u8]) -> alloy_rlp::Result<&'a [u8]> {
    let start = *rest;
    let header = Rlp::decode(rest)?;
    *rest = &rest[header.payload_length..];
    Ok(&start[..start.len() - rest.len()])
}

/// Whether a hex-prefix encoded path is a leaf's, and its nibbles (yellow paper, appendix C).
fn unpack(packed: &[u8]) -> alloy_rlp::Result<(bool, Vec<u8>)> {
    let bad = || alloy_rlp::Error::Custom("not a path");
    let (first, rest) = packed.split_first().ok_or_else(bad)?;
    let mut path = Vec::with_capacity(64);
    match first >> 4 {
        0 | 2 if first & 15 == 0 => {}
        1 | 3 => path.push(first & 15),
        _ => return Err(bad()),
    }
    path.extend(nibbles(rest));
    if path.len() > 64 { Err(bad()) } else { Ok((first & 0x20 != 0, path)) }
}

fn nibbles(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::rpc::SlotProof;
    use alloy_primitives::map::B256Map;
    use alloy_trie::proof::{ProofRetainer, verify_proof};
    use alloy_trie::{HashBuilder, Nibbles};
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    /// The root of a trie, and the proofs of `keys` in it, as another library makes them.
    fn trie(entries: &BTreeMap<B256, Vec<u8>>, keys: &[B256]) -> (B256, B256Map<Vec<Bytes>>) {
        let retainer = ProofRetainer::new(keys.iter().map(Nibbles::unpack).collect());
        let mut builder = HashBuilder::default().with_proof_retainer(retainer);
        for (key, value) in entries {
            builder.add_leaf(Nibbles::unpack(key), value);
        }
        let root = builder.root();
        let nodes = builder.take_proof_nodes();
        let of = |key: &B256| {
            let mut path: Vec<_> = nodes.matching_nodes_sorted(&Nibbles::unpack(key));
            // Nodes below 32 bytes are kept as well, though their parents hold them.
            path = path.into_iter().enumerate().filter(|(n, (_, node))| *n == 0 || node.len() >= 32).map(|(_, p)| p).collect();
            (*key, path.into_iter().map(|(_, node)| node).collect())
        };
        (root, keys.iter().map(of).collect())
    }

    /// Keys that share prefixes and differ early, late and in between.
    fn any_key() -> impl Strategy<Value = B256> {
        (0u8..4, 0usize..32, any::<u8>()).prop_map(|(first, at, byte)| {
            let mut key = B256::repeat_byte(0x11);
            key[0] = first;
            key[at] = byte;
            key
        })
    }

    const CONTRACT: Address = Address::repeat_byte(7);
    const SLOTS: [B256; 2] = [B256::repeat_byte(1), B256::repeat_byte(2)];

    /// A contract with one of two slots filled, among other accounts, its proof, and the root.
    fn good() -> (B256, AccountProof) {
        let word = U256::from(0x1234);
        let mut storage = BTreeMap::from([(keccak256(SLOTS[0]), alloy_rlp::encode(word))]);
        storage.extend((10..40).map(|n| (keccak256(B256::repeat_byte(n)), alloy_rlp::encode(U256::from(n)))));
        let keys = SLOTS.map(keccak256);
        let (storage_root, slots) = trie(&storage, &keys);
        let account = TrieAccount { nonce: 1, balance: U256::ZERO, storage_root, code_hash: keccak256("code") };
        let mut accounts = BTreeMap::from([(keccak256(CONTRACT), alloy_rlp::encode(account))]);
        accounts.extend((10..40).map(|n| (keccak256(Address::repeat_byte(n)), alloy_rlp::encode(TrieAccount::default()))));
        let key = keccak256(CONTRACT);
        let (root, nodes) = trie(&accounts, &[key]);
        let slot = |n: usize, value| SlotProof { slot: SLOTS[n], value, nodes: slots[&keys[n]].clone() };
        let proof = AccountProof {
            address: CONTRACT,
            balance: account.balance,
            nonce: account.nonce,
            code_hash: account.code_hash,
            storage_root,
            nodes: nodes[&key].clone(),
            slots: vec![slot(0, word), slot(1, U256::ZERO)],
        };
        (root, proof)
    }

    fn wanted() -> Wanted<'static> {
        Wanted { contract: CONTRACT, code_hash: keccak256("code"), slots: &SLOTS }
    }

    #[test]
    fn contract_and_its_slots_are_proven_present_and_absent() {
        let (root, proof) = good();
        assert_eq!(check(&proof, &wanted(), root), Ok(vec![U256::from(0x1234), U256::ZERO]));
    }

    #[test]
    fn each_way_to_bend_a_proof_has_its_fault() {
        let (root, proof) = good();
        let expect = |fault: ProofFault, bend: &dyn Fn(&mut AccountProof)| {
            let mut bent = proof.clone();
            bend(&mut bent);
            assert_eq!(check(&bent, &wanted(), root), Err(fault), "{fault}");
        };
        expect(ProofFault::Truncated, &|p| drop(p.nodes.pop()));
        expect(ProofFault::Truncated, &|p| p.nodes.clear());
        expect(ProofFault::Truncated, &|p| drop(p.slots[0].nodes.pop()));
        expect(ProofFault::Truncated, &|p| drop(p.slots[1].nodes.pop()));
        expect(ProofFault::Superfluous, &|p| p.nodes.push(p.nodes[0].clone()));
        expect(ProofFault::Superfluous, &|p| p.slots[1].nodes.push(p.nodes[0].clone()));
        expect(ProofFault::Oversized, &|p| p.nodes[0] = vec![0; MAX_NODE + 1].into());
        expect(ProofFault::Broken, &|p| p.nodes.swap(0, 1));
        expect(ProofFault::Broken, &|p| p.slots[0].nodes[0] = p.nodes[0].clone());
        expect(ProofFault::AccountAltered, &|p| p.storage_root = B256::ZERO);
        expect(ProofFault::AccountAltered, &|p| p.nonce += 1);
        expect(ProofFault::AccountAltered, &|p| p.balance = U256::from(1));
        expect(ProofFault::AccountAltered, &|p| p.code_hash = B256::ZERO);
        expect(ProofFault::SlotAltered, &|p| p.slots[0].value = U256::ZERO);
        expect(ProofFault::SlotAltered, &|p| p.slots[0].value += U256::from(1));
        expect(ProofFault::SlotAltered, &|p| p.slots[1].value = U256::from(1));
        expect(ProofFault::OtherSlots, &|p| drop(p.slots.pop()));
        expect(ProofFault::OtherSlots, &|p| p.slots.swap(0, 1));
        expect(ProofFault::OtherAccount, &|p| p.address = Address::ZERO);
        let elsewhere = Wanted { contract: Address::repeat_byte(99), ..wanted() };
        let claimed = AccountProof { address: elsewhere.contract, ..proof.clone() };
        assert!(check(&claimed, &elsewhere, root).is_err());
        assert_eq!(check(&proof, &Wanted { code_hash: B256::ZERO, ..wanted() }, root), Err(ProofFault::WrongCode));
        assert_eq!(check(&proof, &wanted(), B256::ZERO), Err(ProofFault::Broken));
    }

    #[test]
    fn node_that_leads_to_itself_or_on_and_on_ends() {
        // An extension with all 64 nibbles twice over: alloy-trie's own checker panics here.
        let mut inner = Vec::new();
        alloy_rlp::encode_list::<_, [u8]>(&[&[0u8; 33][..], &[7u8; 32][..]], &mut inner);
        let mut outer = Vec::new();
        alloy_rlp::encode_list::<_, [u8]>(&[&[0u8; 33][..], keccak256(&inner).as_slice()], &mut outer);
        let nodes = [Bytes::from(outer), Bytes::from(inner)];
        assert_eq!(value(keccak256(&nodes[0]), B256::ZERO, &nodes), Err(ProofFault::Malformed));
        let mut endless = Vec::new();
        alloy_rlp::encode_list::<_, [u8]>(&[&[0u8][..], &[7u8; 32][..]], &mut endless);
        assert_eq!(value(keccak256(&endless), B256::ZERO, &[endless.into()]), Err(ProofFault::Malformed));
    }

    proptest! {
        #[test]
        fn value_is_what_another_library_proves(
            entries in proptest::collection::btree_map(any_key(), proptest::collection::vec(any::<u8>(), 1..40), 1..30),
            absent in any_key(),
        ) {
            let keys: Vec<B256> = entries.keys().copied().chain([absent]).collect();
            let (root, proofs) = trie(&entries, &keys);
            for key in keys {
                prop_assert!(verify_proof(root, Nibbles::unpack(key), entries.get(&key).cloned(), &proofs[&key]).is_ok());
                prop_assert_eq!(value(root, key, &proofs[&key]), Ok(entries.get(&key).cloned()));
            }
        }

        #[test]
        fn any_nodes_are_a_proof_or_refused(mut nodes in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..80), 0..4), key: [u8; 32]) {
            // Under roots that fit, so that the nodes are read at all.
            let nodes: Vec<Bytes> = nodes.drain(..).map(Bytes::from).collect();
            let root = nodes.first().map_or(EMPTY_ROOT_HASH, keccak256);
            let _ = value(root, key.into(), &nodes);
        }

        #[test]
        fn altered_node_is_never_another_value(at in 0usize..10_000, byte: u8) {
            let (root, proof) = good();
            let mut bent = proof.clone();
            let count = bent.nodes.len();
            let node = &mut bent.nodes[at % count];
            let mut bytes = node.to_vec();
            let place = at / count % bytes.len();
            bytes[place] = byte;
            let same = *node == bytes;
            *node = bytes.into();
            prop_assert_eq!(check(&bent, &wanted(), root).is_ok(), same);
        }
    }
}
