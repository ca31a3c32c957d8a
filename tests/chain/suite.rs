//! One suite for every chain: random writes, several in a block, against the model.

use alloy_trie::proof::verify_proof;
use alloy_trie::{Nibbles, TrieAccount};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use wallet_core::did::ethr::DidEvent;
use wallet_core::key::SecretKey;
use wallet_core::registry::credential_registry::{self, Held, Moment, Signer, StatusDigest, Terms, Under};
use wallet_core::registry::rpc::{self, At, LogFilter};
use wallet_core::registry::{
    Address, B256, Bytes, CredentialWrite, DidWrite, RecoverableSignature, U256, did_registry, qbft, receipt,
};

use crate::model::{CredentialModel, DidModel, When};
use crate::world::{Kind, World, address, call, key};

/// How many keys, which are identities as well, one sequence has.
const KEYS: u8 = 4;

/// One random write: by which key, for which identity, of what, and how.
#[derive(Debug, Clone)]
struct Step {
    actor: u8,
    identity: u8,
    way: Way,
    write: Write,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Way {
    Direct,
    Signed,
    /// Signed for a nonce that was used.
    Replayed,
}

#[derive(Debug, Clone)]
enum Write {
    Did(Change),
    Credential(Note),
}

/// A [`DidWrite`] whose addresses are numbers of keys.
#[derive(Debug, Clone)]
enum Change {
    Owner(Option<u8>),
    Delegate(u8, Option<u64>),
    Attribute(u8, Vec<u8>, Option<u64>),
}

/// A [`CredentialWrite`] whose addresses are numbers of keys, and whose times are relative.
#[derive(Debug, Clone)]
enum Note {
    Accredit { subject: u8, under: Option<(u8, u32)>, from: u64, length: u64, levels: u8 },
    Revoke { subject: u8, number: u32 },
    Anchor(u8),
    Status(u8, u8),
    Retire,
}

fn steps() -> impl Strategy<Value = Vec<Vec<Step>>> {
    let change = prop_oneof![
        2 => proptest::option::weighted(0.8, 0..KEYS).prop_map(Change::Owner),
        2 => (0..KEYS, proptest::option::of(0u64..5000)).prop_map(|(delegate, validity)| Change::Delegate(delegate, validity)),
        4 => (0u8..3, proptest::collection::vec(any::<u8>(), 0..80), proptest::option::of(0u64..5000))
            .prop_map(|(name, value, validity)| Change::Attribute(name, value, validity)),
    ];
    let accredit = (0..KEYS, proptest::option::of((0..KEYS, 0u32..2)), 0u64..200, 0u64..5000, 0u8..4)
        .prop_map(|(subject, under, from, length, levels)| Note::Accredit { subject, under, from, length, levels });
    let note = prop_oneof![
        8 => accredit,
        2 => (0..KEYS, 0u32..2).prop_map(|(subject, number)| Note::Revoke { subject, number }),
        3 => (0u8..3).prop_map(Note::Anchor),
        3 => (0u8..2, any::<u8>()).prop_map(|(list, digest)| Note::Status(list, digest)),
        1 => Just(Note::Retire),
    ];
    let way = prop_oneof![3 => Just(Way::Direct), 3 => Just(Way::Signed), 1 => Just(Way::Replayed)];
    let write = prop_oneof![change.prop_map(Write::Did), note.prop_map(Write::Credential)];
    // Mostly an identity is written by its own key, so that much succeeds.
    let parties = prop_oneof![2 => (0..KEYS).prop_map(|k| (k, k)), 1 => (0..KEYS, 0..KEYS)];
    let step = (parties, way, write).prop_map(|((actor, identity), way, write)| Step { actor, identity, way, write });
    proptest::collection::vec(proptest::collection::vec(step, 1..5), 4..10)
}

/// One sequence on one chain, with keys of its own.
struct Run<'a> {
    world: &'a World,
    keys: Vec<SecretKey>,
    sent: Vec<u64>,
    dids: DidModel,
    credentials: CredentialModel,
    /// How many steps were carried out, and how many refused.
    counts: [u32; 2],
}

impl<'a> Run<'a> {
    fn new(world: &'a World, seed: u8) -> Self {
        let keys = (0..=KEYS).map(|n| key(seed * (KEYS + 1) + n + 1)).collect();
        let sent = vec![0; usize::from(KEYS) + 1];
        Self { world, keys, sent, dids: DidModel::default(), credentials: CredentialModel::default(), counts: [0; 2] }
    }

    fn address(&self, number: u8) -> Address {
        address(&self.keys[usize::from(number)])
    }

    fn kind(&self) -> B256 {
        credential_registry::kind_of("https://example.org/Diploma")
    }

    fn did_write(&self, change: &Change) -> DidWrite {
        let name = |n: u8| B256::right_padding_from(format!("did/pub/Ed25519/veriKey/{n}").as_bytes());
        match change.clone() {
            Change::Owner(owner) => DidWrite::ChangeOwner { owner: owner.map_or(Address::ZERO, |n| self.address(n)) },
            Change::Delegate(n, Some(validity)) => DidWrite::AddDelegate { kind: name(0), delegate: self.address(n), validity },
            Change::Delegate(n, None) => DidWrite::RevokeDelegate { kind: name(0), delegate: self.address(n) },
            Change::Attribute(n, value, Some(validity)) => DidWrite::SetAttribute { name: name(n), value, validity },
            Change::Attribute(n, value, None) => DidWrite::RevokeAttribute { name: name(n), value },
        }
    }

    fn credential_write(&self, note: &Note, now: u64) -> CredentialWrite {
        let kind = self.kind();
        match *note {
            Note::Accredit { subject, under, from, length, levels } => {
                let under = under.map(|(n, number)| Under { accreditor: self.address(n), number });
                let from = now - 100 + from;
                let terms = Terms { under, from, until: from + length, levels };
                CredentialWrite::Accredit { subject: self.address(subject), kind, terms }
            }
            Note::Revoke { subject, number } => {
                CredentialWrite::RevokeAccreditation { subject: self.address(subject), kind, number }
            }
            Note::Anchor(n) => CredentialWrite::Anchor { root: B256::repeat_byte(n + 1) },
            Note::Status(n, digest) => {
                CredentialWrite::SetStatus { list: B256::repeat_byte(n + 1), digest: B256::repeat_byte(digest) }
            }
            Note::Retire => CredentialWrite::Retire,
        }
    }

    /// The transaction of a step, and whether it should be carried out; the model is moved on.
    fn take(&mut self, step: &Step, when: When) -> (Bytes, bool) {
        let identity = self.address(step.identity);
        let (to, input, expected) = match &step.write {
            Write::Did(change) => self.take_did(step, identity, (change, when)),
            Write::Credential(note) => self.take_credential(step, identity, (note, when)),
        };
        // What is signed is sent by a stranger.
        let sender = if step.way == Way::Direct { step.actor } else { KEYS };
        let nonce = self.sent[usize::from(sender)];
        self.sent[usize::from(sender)] += 1;
        let raw = call(&self.world.deployment, to, input, (&self.keys[usize::from(sender)], nonce));
        (raw, expected)
    }

    fn sign(&self, actor: u8, message: &[u8]) -> RecoverableSignature {
        let key = &self.keys[usize::from(actor)];
        RecoverableSignature::new(message, &key.sign(message), &key.public_key()).expect("its own signature")
    }

    fn take_did(&mut self, step: &Step, identity: Address, (change, when): (&Change, When)) -> (Address, Bytes, bool) {
        let (registry, write, actor) = (self.world.deployment.did_registry, self.did_write(change), self.address(step.actor));
        if step.way == Way::Direct {
            return (registry, write.call(identity), self.dids.write(identity, actor, &write, when));
        }
        let owner = self.dids.owner(identity);
        let nonce = self.dids.nonce(owner);
        let replayed = step.way == Way::Replayed && nonce > 0;
        let message = write.message(registry, identity, U256::from(nonce - u64::from(replayed)));
        let signature = self.sign(step.actor, &message);
        let done = !replayed && self.dids.write(identity, actor, &write, when);
        if done {
            *self.dids.nonces.entry(owner).or_default() += 1;
        }
        (registry, write.signed_call(identity, &signature), done)
    }

    fn take_credential(&mut self, step: &Step, identity: Address, (note, when): (&Note, When)) -> (Address, Bytes, bool) {
        let registry = self.world.deployment.credential_registry;
        let write = self.credential_write(note, when.time);
        let allowed = self.dids.owner(identity) == self.address(step.actor);
        if step.way == Way::Direct {
            let done = allowed && self.credentials.write(identity, &write, when);
            return (registry, write.call(identity).expect("times that fit"), done);
        }
        let nonce = self.credentials.nonces.get(&identity).copied().unwrap_or(0);
        let replayed = step.way == Way::Replayed && nonce > 0;
        let signer = Signer { identity, nonce: U256::from(nonce - u64::from(replayed)) };
        let signature = self.sign(step.actor, &write.message(registry, self.world.deployment.chain_id, signer));
        let done = allowed && !replayed && self.credentials.write(identity, &write, when);
        if done {
            *self.credentials.nonces.entry(identity).or_default() += 1;
        }
        (registry, write.signed_call(identity, &signature).expect("times that fit"), done)
    }

    /// Puts the steps into one block, and checks that each was carried out or refused as the model says.
    async fn block(&mut self, steps: &[Step]) {
        self.world.wait(97);
        let head = self.world.block(At::Latest).await.header.number;
        let later = self.world.step() as u64;
        let when = When { block: head + 1, time: self.world.now() + later };
        let (raw, expected): (Vec<_>, Vec<_>) = steps.iter().map(|step| self.take(step, when)).unzip();
        let receipts = self.world.mine(raw).await;
        for ((receipt, expected), step) in receipts.iter().zip(expected).zip(steps) {
            assert_eq!(receipt.succeeded, expected, "{step:?} on {}", self.world.name);
            assert_eq!(receipt.block_number, when.block);
            self.counts[usize::from(!expected)] += 1;
        }
        let block = self.world.block(At::Block(when.block)).await;
        assert_eq!((block.header.timestamp, block.header.hash()), (when.time, block.hash));
        assert_eq!(receipt::root(&receipts), block.header.receipts_root);
        let all = rpc::read_receipts(&self.world.ask(rpc::block_receipts(when.block)).await).expect("receipts");
        assert_eq!(all.expect("the chain has the block"), receipts);
        if let Kind::Embedded { chain, .. } = &self.world.kind {
            let validator = chain.head().expect("a head").beneficiary;
            assert_eq!(qbft::sealers(&block.header).expect("a sealed header"), [validator]);
        }
    }

    async fn check(&self) {
        for identity in (0..KEYS).map(|n| self.address(n)) {
            self.check_did(identity).await;
            self.check_credentials(identity).await;
        }
    }

    async fn check_did(&self, identity: Address) {
        let (world, registry) = (self.world, self.world.deployment.did_registry);
        let owner = did_registry::read_owner(&world.call(registry, did_registry::owner_call(identity)).await);
        assert_eq!(owner.expect("an owner"), self.dids.owner(identity));
        let topics = did_registry::event_topics(identity).to_vec();
        let filter = LogFilter { address: registry, topics, from: 0, to: At::Latest };
        let logs = rpc::read_logs(&world.ask(rpc::logs(&filter)).await).expect("logs");
        let (mut history, mut events) = (B256::ZERO, Vec::new());
        for log in &logs {
            let time = world.block(At::Block(log.block_number)).await.header.timestamp;
            assert!(log.block_timestamp.is_none_or(|said| said == time));
            history = did_registry::fold(history, log, time);
            let (of, event) = did_registry::read_event(log, time).expect("an event");
            assert_eq!(of, identity);
            events.push(DidEvent { log_index: 0, ..event });
        }
        assert_eq!(events, self.dids.events.get(&identity).cloned().unwrap_or_default(), "on {}", world.name);
        let said = did_registry::read_history(&world.call(registry, did_registry::history_call(identity)).await);
        assert_eq!(said.expect("a hash"), history, "the running hash is that of the logs");
        let slots = [did_registry::changed_slot(identity), did_registry::history_slot(identity)];
        let words = self.prove(registry, &slots, At::Latest).await;
        assert_eq!(words, [B256::from(U256::from(self.dids.changed(identity))), history]);
        // What was true at the first event still is, at its block.
        if let Some(first) = logs.iter().take_while(|log| log.block_number == logs[0].block_number).last() {
            let at = At::Block(first.block_number);
            let mut past = B256::ZERO;
            for log in logs.iter().filter(|log| log.block_number == first.block_number) {
                past = did_registry::fold(past, log, world.block(at).await.header.timestamp);
            }
            assert_eq!(self.prove(registry, &slots[1..], at).await, [past]);
        }
    }

    async fn check_credentials(&self, identity: Address) {
        let (world, registry, now) = (self.world, self.world.deployment.credential_registry, self.world.now());
        let retired = self.credentials.retired.get(&identity).copied();
        let said = world.call(registry, credential_registry::retired_call(identity)).await;
        assert_eq!(credential_registry::read_moment(&said).expect("a moment"), retired);
        let slot = self.prove(registry, &[credential_registry::retired_slot(identity)], At::Latest).await[0];
        assert_eq!(Moment::from_slot(slot), retired);
        for n in 1..4 {
            let root = B256::repeat_byte(n);
            let anchored = self.credentials.anchors.get(&(identity, root)).copied();
            let said = world.call(registry, credential_registry::anchor_call(identity, root)).await;
            assert_eq!(credential_registry::read_moment(&said).expect("a moment"), anchored);
            let slot = self.prove(registry, &[credential_registry::anchor_slot(identity, root)], At::Latest).await[0];
            assert_eq!(Moment::from_slot(slot), anchored);
            let status = self.credentials.statuses.get(&(identity, root)).copied();
            let said = world.call(registry, credential_registry::status_call(identity, root)).await;
            assert_eq!(credential_registry::read_status(&said).expect("a status"), status);
            let slots = self.prove(registry, &credential_registry::status_slots(identity, root), At::Latest).await;
            assert_eq!(StatusDigest::from_slots([slots[0], slots[1]]), status);
        }
        for subject in (0..KEYS).map(|n| self.address(n)) {
            let held = Held { accreditor: identity, subject, kind: self.kind() };
            let periods = self.credentials.periods.get(&(identity, subject, held.kind)).cloned().unwrap_or_default();
            let count = credential_registry::read_number(&world.call(registry, held.count_call()).await);
            assert_eq!(count.expect("a number"), U256::from(periods.len()));
            for (period, number) in periods.iter().zip(0..) {
                let said = world.call(registry, held.period_call(number)).await;
                assert_eq!(credential_registry::read_accreditation(&said).expect("a period"), *period);
                let slots = self.prove(registry, &held.period_slots(number), At::Latest).await;
                assert_eq!(credential_registry::Accreditation::from_slots([slots[0], slots[1]]), *period);
                for root in (0..KEYS).map(|n| self.address(n)) {
                    let said = world.call(registry, held.accredited_call(root, number, now)).await;
                    let expected = self.credentials.accredited(root, held, number, now);
                    assert_eq!(credential_registry::read_yes(&said).expect("an answer"), expected);
                }
            }
        }
    }

    /// The values of slots, each proven against the header of its block.
    async fn prove(&self, account: Address, slots: &[B256], at: At) -> Vec<B256> {
        let proof = rpc::read_proof(&self.world.ask(rpc::proof(account, slots, at)).await).expect("a proof");
        let header = self.world.block(at).await.header;
        let value = TrieAccount {
            nonce: proof.nonce,
            balance: proof.balance,
            storage_root: proof.storage_root,
            code_hash: proof.code_hash,
        };
        let key = Nibbles::unpack(hash(account.as_slice()));
        let encoded = Some(encode(&value));
        verify_proof(header.state_root, key, encoded, &proof.nodes).expect("the account is proven");
        for slot in &proof.slots {
            // Anvil keeps zeros in its tries, so its proofs of absence are not Ethereum's.
            if slot.value.is_zero() && matches!(self.world.kind, Kind::Anvil { .. }) {
                continue;
            }
            let value = (!slot.value.is_zero()).then(|| encode(&slot.value));
            let key = Nibbles::unpack(hash(slot.slot.as_slice()));
            verify_proof(proof.storage_root, key, value, &slot.nodes).expect("the slot is proven");
        }
        assert_eq!(proof.slots.iter().map(|slot| slot.slot).collect::<Vec<_>>(), slots);
        proof.slots.iter().map(|slot| slot.value.into()).collect()
    }
}

fn hash(bytes: &[u8]) -> B256 {
    alloy_primitives::keccak256(bytes)
}

fn encode(value: &impl alloy_rlp::Encodable) -> Vec<u8> {
    alloy_rlp::encode(value)
}

async fn random_sequences_do_what_the_model_says(world: &World, sequences: u8) {
    let mut runner = TestRunner::deterministic();
    let mut counts = [0; 2];
    for seed in 0..sequences {
        let blocks = steps().new_tree(&mut runner).expect("a sequence").current();
        let mut run = Run::new(world, seed);
        for steps in &blocks {
            run.block(steps).await;
        }
        run.check().await;
        counts = [counts[0] + run.counts[0], counts[1] + run.counts[1]];
    }
    let [done, refused] = counts;
    println!("{}: {done} writes carried out, {refused} refused", world.name);
    assert!(done > 50 && refused > 50, "the sequences are too one-sided to show anything");
}

#[tokio::test]
async fn embedded_chain_does_what_the_model_says() {
    random_sequences_do_what_the_model_says(&World::embedded(), 16).await;
}

#[tokio::test]
async fn anvil_does_what_the_model_says() {
    random_sequences_do_what_the_model_says(&World::anvil().await, 16).await;
}

#[tokio::test]
async fn geth_does_what_the_model_says() {
    random_sequences_do_what_the_model_says(&World::geth().await, 16).await;
}

/// The same transaction twice: the second is refused before it is in a block.
async fn replayed_transaction_is_refused(world: &World) {
    let key = key(0xaa);
    let write = DidWrite::deactivate().call(address(&key));
    let raw = call(&world.deployment, world.deployment.did_registry, write, (&key, 0));
    world.mine(vec![raw.clone()]).await;
    let answers = world.ledger.ask(vec![rpc::send_raw_transaction(&raw)]).await.expect("the chain answers");
    assert!(answers[0].is_err(), "{}: {:?}", world.name, answers[0]);
}

#[tokio::test]
async fn replayed_transaction_is_refused_by_every_chain() {
    replayed_transaction_is_refused(&World::embedded()).await;
    replayed_transaction_is_refused(&World::anvil().await).await;
}

#[tokio::test]
async fn replayed_transaction_is_refused_by_geth() {
    replayed_transaction_is_refused(&World::geth().await).await;
}

/// A signed change that everybody saw works once, and on one registry only.
#[tokio::test]
async fn signed_change_works_once_and_in_one_place() {
    let world = World::embedded();
    let (owner, stranger) = (key(0xab), key(0xac));
    let identity = address(&owner);
    let (did, credential) = (world.deployment.did_registry, world.deployment.credential_registry);
    let write = CredentialWrite::Anchor { root: B256::repeat_byte(9) };
    let signer = Signer { identity, nonce: U256::ZERO };
    let sign = |message: Vec<u8>| {
        RecoverableSignature::new(&message, &owner.sign(&message), &owner.public_key()).expect("its own signature")
    };
    let elsewhere = sign(write.message(credential, world.deployment.chain_id + 1, signer));
    let other_contract = sign(write.message(did, world.deployment.chain_id, signer));
    let good = sign(write.message(credential, world.deployment.chain_id, signer));
    for (nonce, (signature, expected)) in (0..).zip([(elsewhere, false), (other_contract, false), (good, true), (good, false)]) {
        let input = write.signed_call(identity, &signature).expect("a call");
        let receipts = world.mine(vec![call(&world.deployment, credential, input, (&stranger, nonce))]).await;
        assert_eq!(receipts[0].succeeded, expected);
    }
}
