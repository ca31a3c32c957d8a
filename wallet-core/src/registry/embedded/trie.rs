//! A Merkle Patricia trie over nodes kept by hash: old roots stay readable, so the past needs no other record.
//!
//! Keys are 32-byte hashes, as in Ethereum's state and storage tries; values are never empty (yellow paper, appendix D).

use std::collections::HashMap;

use alloy_primitives::{B256, Bytes, keccak256};
use alloy_rlp::{Decodable, Encodable, Header as Rlp};
use alloy_trie::EMPTY_ROOT_HASH;

use super::Fault;

/// Where trie nodes are read from.
pub(super) trait Nodes {
    /// The RLP form of the node that hashes to `hash`.
    fn node(&self, hash: B256) -> Result<Vec<u8>, Fault>;
}

/// A node that is not written yet, by its hash.
pub(super) type Fresh = HashMap<B256, Vec<u8>>;

/// One version of a trie, and the nodes that changing it has made.
pub(super) struct Trie<'a, N: Nodes> {
    nodes: &'a N,
    fresh: &'a mut Fresh,
    root: B256,
}

enum Node {
    Empty,
    Leaf { path: Vec<u8>, value: Vec<u8> },
    Extension { path: Vec<u8>, child: Link },
    Branch { children: Box<[Link; 16]> },
}

/// How a node names a child: the RLP that stands for it, a hash or, below 32 bytes, the child itself.
#[derive(Clone, Default, PartialEq)]
struct Link(Vec<u8>);

impl<'a, N: Nodes> Trie<'a, N> {
    pub(super) fn new(nodes: &'a N, fresh: &'a mut Fresh, root: B256) -> Self {
        Self { nodes, fresh, root }
    }

    pub(super) fn root(&self) -> B256 {
        self.root
    }

    pub(super) fn get(&self, key: B256) -> Result<Option<Vec<u8>>, Fault> {
        Ok(self.walk(key)?.1)
    }

    /// The nodes from the root towards `key`, as `eth_getProof` gives them (EIP-1186).
    pub(super) fn prove(&self, key: B256) -> Result<Vec<Bytes>, Fault> {
        Ok(self.walk(key)?.0)
    }

    /// Puts `value` under `key`, or with no value removes it.
    pub(super) fn set(&mut self, key: B256, value: Option<Vec<u8>>) -> Result<(), Fault> {
        let path = nibbles(key.as_slice());
        let root = self.load_root()?;
        let node = match value {
            Some(value) => self.insert(root, &path, value)?,
            None => self.remove(root, &path)?,
        };
        self.root = match &node {
            Node::Empty => EMPTY_ROOT_HASH,
            node => {
                let encoded = encode(node);
                let hash = keccak256(&encoded);
                self.fresh.insert(hash, encoded);
                hash
            }
        };
        Ok(())
    }

    fn walk(&self, key: B256) -> Result<(Vec<Bytes>, Option<Vec<u8>>), Fault> {
        let path = nibbles(key.as_slice());
        let (mut rest, mut proof) = (path.as_slice(), Vec::new());
        if self.root == EMPTY_ROOT_HASH {
            return Ok((proof, None));
        }
        let mut encoded = self.read(self.root)?;
        let mut stored = true;
        loop {
            // A node below 32 bytes is part of its parent, which is in the proof already.
            if stored {
                proof.push(encoded.clone().into());
            }
            let link = match decode(&encoded)? {
                Node::Empty => return Ok((proof, None)),
                Node::Leaf { path, value } => return Ok((proof, (path == rest).then_some(value))),
                Node::Extension { path, child } => match rest.strip_prefix(path.as_slice()) {
                    Some(after) => {
                        rest = after;
                        child
                    }
                    None => return Ok((proof, None)),
                },
                Node::Branch { children } => {
                    let Some((first, after)) = rest.split_first() else { return Ok((proof, None)) };
                    rest = after;
                    children[usize::from(*first)].clone()
                }
            };
            if link.is_none() {
                return Ok((proof, None));
            }
            (encoded, stored) = match link.hash() {
                Some(hash) => (self.read(hash)?, true),
                None => (link.0, false),
            };
        }
    }

    fn insert(&mut self, node: Node, path: &[u8], value: Vec<u8>) -> Result<Node, Fault> {
        match node {
            Node::Empty => Ok(Node::Leaf { path: path.to_vec(), value }),
            Node::Leaf { path: old, value: kept } => {
                let shared = shared(&old, path);
                if shared == old.len() {
                    return Ok(Node::Leaf { path: old, value });
                }
                let mut children: Box<[Link; 16]> = Box::default();
                children[usize::from(old[shared])] = self.keep(Node::Leaf { path: old[shared + 1..].to_vec(), value: kept });
                children[usize::from(path[shared])] = self.keep(Node::Leaf { path: path[shared + 1..].to_vec(), value });
                Ok(self.extend(&path[..shared], Node::Branch { children }))
            }
            Node::Extension { path: old, child } => {
                let shared = shared(&old, path);
                if shared == old.len() {
                    let below = self.load(&child)?;
                    let below = self.insert(below, &path[shared..], value)?;
                    return Ok(self.extend(&old, below));
                }
                let mut children: Box<[Link; 16]> = Box::default();
                children[usize::from(old[shared])] = match &old[shared + 1..] {
                    [] => child,
                    rest => self.keep(Node::Extension { path: rest.to_vec(), child }),
                };
                children[usize::from(path[shared])] = self.keep(Node::Leaf { path: path[shared + 1..].to_vec(), value });
                Ok(self.extend(&path[..shared], Node::Branch { children }))
            }
            Node::Branch { mut children } => {
                let at = usize::from(path[0]);
                let below = self.load(&children[at])?;
                let below = self.insert(below, &path[1..], value)?;
                children[at] = self.keep(below);
                Ok(Node::Branch { children })
            }
        }
    }

    fn remove(&mut self, node: Node, path: &[u8]) -> Result<Node, Fault> {
        match node {
            Node::Empty => Ok(Node::Empty),
            Node::Leaf { path: old, value } => Ok(if old == path { Node::Empty } else { Node::Leaf { path: old, value } }),
            Node::Extension { path: old, child } => {
                let Some(rest) = path.strip_prefix(old.as_slice()) else {
                    return Ok(Node::Extension { path: old, child });
                };
                let below = self.load(&child)?;
                let below = self.remove(below, rest)?;
                Ok(self.extend(&old, below))
            }
            Node::Branch { mut children } => {
                let at = usize::from(path[0]);
                let below = self.load(&children[at])?;
                let below = self.remove(below, &path[1..])?;
                children[at] = self.keep(below);
                let mut left = children.iter().enumerate().filter(|(_, link)| !link.is_none());
                let Some((nibble, only)) = left.next() else { return Ok(Node::Empty) };
                if left.next().is_some() {
                    return Ok(Node::Branch { children });
                }
                let below = self.load(only)?;
                Ok(self.extend(&[nibble as u8], below))
            }
        }
    }

    /// `node` with `path` before it, in the one form a trie has for that.
    fn extend(&mut self, path: &[u8], node: Node) -> Node {
        match node {
            node if path.is_empty() => node,
            Node::Empty => Node::Empty,
            Node::Leaf { path: rest, value } => Node::Leaf { path: [path, &rest].concat(), value },
            Node::Extension { path: rest, child } => Node::Extension { path: [path, &rest].concat(), child },
            branch @ Node::Branch { .. } => Node::Extension { path: path.to_vec(), child: self.keep(branch) },
        }
    }

    fn keep(&mut self, node: Node) -> Link {
        if matches!(node, Node::Empty) {
            return Link::default();
        }
        let encoded = encode(&node);
        if encoded.len() < 32 {
            return Link(encoded);
        }
        let hash = keccak256(&encoded);
        self.fresh.insert(hash, encoded);
        Link(alloy_rlp::encode(hash))
    }

    fn load_root(&self) -> Result<Node, Fault> {
        if self.root == EMPTY_ROOT_HASH { Ok(Node::Empty) } else { decode(&self.read(self.root)?) }
    }

    fn load(&self, link: &Link) -> Result<Node, Fault> {
        match link.hash() {
            _ if link.is_none() => Ok(Node::Empty),
            Some(hash) => decode(&self.read(hash)?),
            None => decode(&link.0),
        }
    }

    fn read(&self, hash: B256) -> Result<Vec<u8>, Fault> {
        match self.fresh.get(&hash) {
            Some(node) => Ok(node.clone()),
            None => self.nodes.node(hash),
        }
    }
}

/// The nodes of `fresh` that `root` still needs, children of a leaf's value included as `below` names them.
pub(super) fn reachable(fresh: &Fresh, root: B256, below: impl Fn(&[u8]) -> Option<B256>) -> Result<Fresh, Fault> {
    let (mut kept, mut open) = (Fresh::new(), vec![root]);
    while let Some(hash) = open.pop() {
        let Some(encoded) = fresh.get(&hash) else { continue };
        if kept.insert(hash, encoded.clone()).is_some() {
            continue;
        }
        let mut inline = vec![decode(encoded)?];
        while let Some(node) = inline.pop() {
            let links = match node {
                Node::Empty => vec![],
                Node::Leaf { value, .. } => {
                    open.extend(below(&value));
                    vec![]
                }
                Node::Extension { child, .. } => vec![child],
                Node::Branch { children } => children.into_iter().filter(|link| !link.is_none()).collect(),
            };
            for link in links {
                match link.hash() {
                    Some(hash) => open.push(hash),
                    None => inline.push(decode(&link.0)?),
                }
            }
        }
    }
    Ok(kept)
}

impl Link {
    fn is_none(&self) -> bool {
        self.0.is_empty()
    }

    fn hash(&self) -> Option<B256> {
        (self.0.len() == 33).then(|| B256::from_slice(&self.0[1..]))
    }
}

fn nibbles(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).collect()
}

fn shared(a: &[u8], b: &[u8]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}

/// Hex-prefix encoding (yellow paper, appendix C).
fn pack(path: &[u8], flag: u8) -> Vec<u8> {
    let (first, rest) = if path.len() % 2 == 1 { (0x10 | path[0], &path[1..]) } else { (0, path) };
    let mut out = vec![first | flag];
    out.extend(rest.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]));
    out
}

const LEAF: u8 = 0x20;

fn encode(node: &Node) -> Vec<u8> {
    let mut payload = Vec::new();
    match node {
        Node::Empty => return vec![alloy_rlp::EMPTY_STRING_CODE],
        Node::Leaf { path, value } => {
            pack(path, LEAF).as_slice().encode(&mut payload);
            value.as_slice().encode(&mut payload);
        }
        Node::Extension { path, child } => {
            pack(path, 0).as_slice().encode(&mut payload);
            payload.extend(&child.0);
        }
        Node::Branch { children } => {
            for child in children.iter() {
                match child.is_none() {
                    true => payload.push(alloy_rlp::EMPTY_STRING_CODE),
                    false => payload.extend(&child.0),
                }
            }
            payload.push(alloy_rlp::EMPTY_STRING_CODE);
        }
    }
    let mut out = Vec::with_capacity(payload.len() + 3);
    Rlp { list: true, payload_length: payload.len() }.encode(&mut out);
    out.extend(payload);
    out
}

fn decode(encoded: &[u8]) -> Result<Node, Fault> {
    decode_fields(encoded).map_err(|_| Fault::damaged("a trie node"))
}

fn decode_fields(mut encoded: &[u8]) -> alloy_rlp::Result<Node> {
    let mut rest = Rlp::decode_bytes(&mut encoded, true)?;
    let mut items = Vec::with_capacity(17);
    while !rest.is_empty() {
        items.push(item(&mut rest)?);
    }
    match items.as_slice() {
        [path, below] => {
            let path = Bytes::decode(&mut &path[..])?;
            let first = *path.first().ok_or(alloy_rlp::Error::InputTooShort)?;
            let skip = if first & 0x10 == 0 { 2 } else { 1 };
            let nibbles = nibbles(&path)[skip..].to_vec();
            if first & LEAF == 0 {
                return Ok(Node::Extension { path: nibbles, child: Link(below.to_vec()) });
            }
            Ok(Node::Leaf { path: nibbles, value: Bytes::decode(&mut &below[..])?.to_vec() })
        }
        [children @ .., _] if children.len() == 16 => {
            let mut branch: Box<[Link; 16]> = Box::default();
            for (link, child) in branch.iter_mut().zip(children) {
                if child != &[alloy_rlp::EMPTY_STRING_CODE] {
                    *link = Link(child.to_vec());
                }
            }
            Ok(Node::Branch { children: branch })
        }
        _ => Err(alloy_rlp::Error::UnexpectedLength),
    }
}

/// One item with its header, whatever it is.
fn item<'a>(rest: &mut &'a [u8]) -> alloy_rlp::Result<&'a [u8]> {
    let start = *rest;
    let header = Rlp::decode(rest)?;
    *rest = &rest[header.payload_length..];
    Ok(&start[..start.len() - rest.len()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_trie::{HashBuilder, Nibbles, proof::verify_proof};
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    struct Nothing;

    impl Nodes for Nothing {
        fn node(&self, _: B256) -> Result<Vec<u8>, Fault> {
            Err(Fault::damaged("a missing node"))
        }
    }

    fn rebuilt(model: &BTreeMap<B256, Vec<u8>>) -> B256 {
        let mut builder = HashBuilder::default();
        for (key, value) in model {
            builder.add_leaf(Nibbles::unpack(key), value);
        }
        builder.root()
    }

    /// Keys that share long prefixes and differ early, late and in between, so that every form of node is met.
    fn any_key() -> impl Strategy<Value = B256> {
        (0u8..4, 0usize..32, any::<u8>()).prop_map(|(first, at, byte)| {
            let mut key = B256::repeat_byte(0x11);
            key[0] = first;
            key[at] = byte;
            key
        })
    }

    proptest! {
        #[test]
        fn trie_has_the_root_and_proofs_of_one_built_at_once(
            steps in proptest::collection::vec((any_key(), proptest::option::of(proptest::collection::vec(any::<u8>(), 1..40))), 1..60),
            absent in any_key(),
        ) {
            let (mut fresh, mut model, mut past) = (Fresh::new(), BTreeMap::new(), Vec::new());
            let mut trie = Trie::new(&Nothing, &mut fresh, EMPTY_ROOT_HASH);
            for (key, value) in steps {
                trie.set(key, value.clone()).expect("every node is at hand");
                match value {
                    Some(value) => model.insert(key, value),
                    None => model.remove(&key),
                };
                prop_assert_eq!(trie.root(), rebuilt(&model));
                past.push((trie.root(), model.clone()));
            }
            for (root, model) in past {
                let trie = Trie::new(&Nothing, &mut fresh, root);
                for key in model.keys().chain([&absent]) {
                    let value = trie.get(*key).expect("every node is at hand");
                    prop_assert_eq!(value.as_ref(), model.get(key));
                    let proof = trie.prove(*key).expect("every node is at hand");
                    prop_assert!(verify_proof(root, Nibbles::unpack(key), value, &proof).is_ok());
                }
            }
        }

        #[test]
        fn reachable_nodes_are_enough(keys in proptest::collection::vec(any_key(), 1..40)) {
            let mut fresh = Fresh::new();
            let mut trie = Trie::new(&Nothing, &mut fresh, EMPTY_ROOT_HASH);
            for key in &keys {
                trie.set(*key, Some(key[..7].to_vec())).expect("every node is at hand");
            }
            let root = trie.root();
            let mut kept = reachable(&fresh, root, |_| None).expect("whole nodes");
            prop_assert!(kept.len() <= fresh.len());
            let trie = Trie::new(&Nothing, &mut kept, root);
            for key in keys {
                prop_assert_eq!(trie.get(key).expect("a kept node"), Some(key[..7].to_vec()));
            }
        }
    }
}
