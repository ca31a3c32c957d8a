//! A credential with its way to a root over 131,072 others is still one symbol.

use serde_json::{Map, Value};
use wallet_core::qr::{Symbol, TypeTables, barcode, picture};
use wallet_core::registry::{B256, MerkleTree, anchor};
use wallet_core::securing::Secured;
use wallet_core::securing::linked_data::Contexts;

use crate::credentials::{all, full_table, key};

const LEAVES: usize = 131_072;
const NUMBER: usize = 98_765;
const SALT: [u8; 16] = [0xa5; 16];

fn object(secured: &Secured) -> Map<String, Value> {
    serde_json::from_str(secured.text()).expect("an object")
}

#[test]
fn credential_of_a_batch_of_131_072_is_one_symbol_and_leads_to_the_same_root() {
    let (contexts, table) = (Contexts::bundled(), full_table());
    let mut leaves: Vec<B256> = (0..LEAVES).map(|leaf| anchor::leaf(&SALT, &anchor::digest(&leaf.to_be_bytes(), b""))).collect();
    for (name, credential) in all() {
        let secured = Secured::read(&Value::Object(credential.clone()).to_string()).expect("a credential");
        leaves[NUMBER] = anchor::leaf(&SALT, &secured.signed_digest(0, &contexts).expect("it is signed"));
        let tree = MerkleTree::new(leaves.clone()).expect("a tree");
        let anchored = secured.with_inclusion(&tree.inclusion(NUMBER, SALT).expect("a leaf")).expect("it has room");

        let text = barcode::encode(&object(&anchored), &table, &contexts).expect("it comes back the same");
        let plain = barcode::encode(&credential, &table, &contexts).expect("it comes back the same");
        let symbol = Symbol::new(&text).expect("one symbol holds it");
        println!("  {name:<16} {:>5} characters  {}-M, without its inclusion {}", text.len(), symbol.version(), plain.len());
        // Text instead of bytes would take a third more.
        assert!(text.len() - plain.len() < 900, "{name}: {} characters more", text.len() - plain.len());

        let scanned = picture::read(&symbol.png(4)).expect("a clean picture");
        let read = barcode::decode(&scanned, &TypeTables::new().with(table.clone()), &contexts).expect("a barcode");
        let read = Secured::read(&Value::Object(read).to_string()).expect("a credential");
        let digest = read.signed_digest(0, &contexts).expect("it is signed");
        assert_eq!(read.inclusion().map(|inclusion| inclusion.root(&digest)), Some(tree.root()), "{name}");
        assert_eq!(read.check_signature(0, &key().public_key(), &contexts), Ok(()), "{name}");
    }
}
