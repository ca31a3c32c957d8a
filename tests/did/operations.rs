//! Random changes to identities, several in one block, on any chain.

use std::collections::HashMap;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use wallet_core::did::VerificationRelationship::{AssertionMethod, Authentication, KeyAgreement};
use wallet_core::did::ethr::legacy_key_attribute;
use wallet_core::key::{KeyAlgorithm, PublicKey, SecretKey};
use wallet_core::registry::{Address, B256, Bytes, DidWrite};

use crate::world::{World, address, call, key};

/// The identities, by the byte of their key; each owned by its own key until it names the next.
const IDENTITIES: [u8; 4] = [0x41, 0x51, 0x61, 0x71];
const BLOCKS: usize = 30;

/// One change to one identity.
#[derive(Debug, Clone)]
enum Operation {
    Write(DidWrite),
    RotateOwner,
    TakeBack,
    GiveUp,
}

fn public(algorithm: KeyAlgorithm, byte: u8) -> PublicKey {
    SecretKey::from_bytes(algorithm, &[byte; 32]).expect("a scalar in range").public_key()
}

fn any_key() -> impl Strategy<Value = PublicKey> {
    let algorithms = vec![KeyAlgorithm::Ed25519, KeyAlgorithm::P256, KeyAlgorithm::Secp256k1];
    (proptest::sample::select(algorithms), 1..3u8).prop_map(|(algorithm, byte)| public(algorithm, byte))
}

/// A change; short validities end while the test runs.
fn any_operation() -> impl Strategy<Value = Operation> {
    let validity = || proptest::sample::select(vec![3u64, 20, 1 << 30]);
    let relationship = || proptest::sample::select(vec![AssertionMethod, Authentication, KeyAgreement]);
    let padded = |name: &str| B256::right_padding_from(name.as_bytes());
    let kind = move || proptest::sample::select(vec![padded("veriKey"), padded("sigAuth"), padded("enc")]);
    let delegate = || (1..3u8).prop_map(Address::repeat_byte);
    let raw = move || {
        proptest::sample::select(vec![
            ("did/pub/X25519/enc/base58", vec![9; 32]),
            ("did/pub/Ed25519/veriKey/hex", vec![1; 5]),
            ("did/pub/RSA/veriKey/pem", vec![0xff]),
            ("did/pub/a-b/veriKey", vec![7]),
            ("did/svc/Hub", br#"{"uri":"https://hub.example","n":[1]}"#.to_vec()),
            ("did/svc/Bad", vec![0xff, 0xfe]),
            ("color", b"verde".to_vec()),
        ])
    };
    let write = prop_oneof![
        4 => (any_key(), relationship(), validity())
            .prop_map(|(key, relationship, validity)| DidWrite::add_key(&key, relationship, validity).expect("a key")),
        2 => (any_key(), relationship()).prop_map(|(key, relationship)| DidWrite::revoke_key(&key, relationship).expect("a key")),
        2 => (proptest::sample::select(vec![KeyAlgorithm::Ed25519, KeyAlgorithm::Secp256k1]), relationship(), validity()).prop_map(
            |(algorithm, relationship, validity)| {
                let attribute = legacy_key_attribute(&public(algorithm, 5), relationship).expect("a legacy name");
                DidWrite::publish(attribute, validity).expect("a short value")
            }
        ),
        2 => (kind(), delegate(), validity())
            .prop_map(|(kind, delegate, validity)| DidWrite::AddDelegate { kind, delegate, validity }),
        1 => (kind(), delegate()).prop_map(|(kind, delegate)| DidWrite::RevokeDelegate { kind, delegate }),
        2 => (raw(), validity()).prop_map(move |((name, value), validity)| {
            DidWrite::SetAttribute { name: padded(name), value, validity }
        }),
        1 => raw().prop_map(move |(name, value)| DidWrite::RevokeAttribute { name: padded(name), value }),
    ];
    prop_oneof![12 => write.prop_map(Operation::Write), 1 => Just(Operation::RotateOwner), 1 => Just(Operation::TakeBack)]
}

/// Makes random changes on a chain and returns the identities, one of which is given up at the end and taken back.
pub async fn run(world: &World) -> Vec<Address> {
    let mut runner = TestRunner::deterministic();
    let step = (proptest::collection::vec((0..IDENTITIES.len(), any_operation()), 2..7), 0..5i64);
    let steps = proptest::collection::vec(step, BLOCKS).new_tree(&mut runner).expect("steps").current();
    let mut actors = Actors::default();
    for (operations, seconds) in steps {
        world.wait(seconds);
        let raw = operations.into_iter().map(|(place, operation)| actors.act(world, place, operation)).collect();
        let receipts = world.mine(raw).await;
        assert!(receipts.iter().all(|receipt| receipt.succeeded), "the owner may make every change");
    }
    for operation in [Operation::GiveUp, Operation::TakeBack, Operation::RotateOwner] {
        world.wait(1);
        world.mine(vec![actors.act(world, 3, operation)]).await;
    }
    (0..IDENTITIES.len()).map(|place| address(&key(IDENTITIES[place]))).collect()
}

/// Who owns each identity, and how many transactions each key has sent.
#[derive(Default)]
struct Actors {
    owners: HashMap<usize, u8>,
    nonces: HashMap<u8, u64>,
}

impl Actors {
    fn act(&mut self, world: &World, place: usize, operation: Operation) -> Bytes {
        let own = IDENTITIES[place];
        let owner = self.owners.get(&place).copied().unwrap_or(own);
        let write = match operation {
            Operation::Write(write) => write,
            Operation::RotateOwner => self.change_owner(place, owner + 1),
            Operation::TakeBack => self.change_owner(place, own),
            Operation::GiveUp => {
                self.owners.insert(place, own);
                DidWrite::deactivate()
            }
        };
        let nonce = self.nonces.entry(owner).or_default();
        let identity = address(&key(own));
        let input = write.call(identity);
        *nonce += 1;
        call(&world.deployment, world.deployment.did_registry, input, (&key(owner), *nonce - 1))
    }

    fn change_owner(&mut self, place: usize, byte: u8) -> DidWrite {
        self.owners.insert(place, byte);
        DidWrite::ChangeOwner { owner: address(&key(byte)) }
    }
}
