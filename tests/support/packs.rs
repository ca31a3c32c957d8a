//! A crowd of issuers with random keys, and a publisher who packs them: the same ones each time.

#![allow(dead_code, reason = "each test takes what it needs")]

use std::iter::repeat_with;

use serde_json::{Map, Value, json};
use wallet_core::did::ethr::{self, DidChange, DidEvent, History, Identity};
use wallet_core::did::{self, Did, DidUrl, Grounds, Standing, VerificationRelationship};
use wallet_core::key::{KeyAlgorithm, PublicKey, SecretKey};
use wallet_core::registry::accreditation::{Path, Scope, Step};
use wallet_core::registry::credential_registry::{Accreditation, Terms, Under};
use wallet_core::registry::{Address, Told};
use wallet_core::securing::linked_data::Contexts;
use wallet_core::securing::{Mechanism, ProofOptions, Secured, prepare};
use wallet_core::status::{ListTerms, StatusList, StatusPurpose};
use wallet_core::time::Timestamp;
use wallet_core::trust_pack::{Entries, Manifest, TrustPack};

pub const CHAIN: u64 = 648_540;
const YEAR: i64 = 365 * 24 * 3600;

pub fn at(text: &str) -> Timestamp {
    text.parse().expect("a date")
}

/// One who signs: a DID, and the key that its first method names.
pub struct Signer {
    pub did: Did,
    method: DidUrl,
    key: SecretKey,
}

impl Signer {
    /// Who signs packs: a did:key.
    pub fn publisher(seed: u8) -> Self {
        let key = SecretKey::from_bytes(KeyAlgorithm::Ed25519, &[seed; 32]).expect("32 bytes are a key");
        let did = did::key::from_public_key(&key.public_key());
        Self { method: did.with_fragment(did.identifier()).expect("a DID URL"), did, key }
    }

    /// An issuer on the chain, with all that the chain says of it: one key, published a year before `now`, for as long as that.
    pub fn issuer(now: &Timestamp, validity: i64) -> (Self, History) {
        let key = SecretKey::from_bytes(KeyAlgorithm::Ed25519, &[9; 32]).expect("32 bytes are a key");
        let did = ethr::from_address(&format!("0x{CHAIN:x}"), &[0xa1; 20]).expect("a DID");
        let time = now.plus_seconds(-YEAR);
        let change = publish(&key.public_key(), time.unix() + validity);
        let event = DidEvent { block: 1000, time, log_index: 0, previous_change: 0, change };
        let method = did.with_fragment("delegate-1").expect("a DID URL");
        (Self { method, did, key }, History { chain_id: CHAIN, standing: standing(9000, now), events: vec![event] })
    }

    pub fn sign(&self, document: Map<String, Value>, mechanism: Mechanism, now: &Timestamp) -> Secured {
        let method = self.method.clone();
        let options = ProofOptions::new(mechanism, method, VerificationRelationship::AssertionMethod, now.clone());
        let unsigned = prepare(document, &options, &self.key.public_key(), &Contexts::bundled()).expect("it can be signed");
        let signature = self.key.sign(unsigned.message());
        unsigned.finish(&signature).expect("the signature fits")
    }

    /// A pack of `entries`, valid from `now` on for thirty days.
    pub fn pack(&self, entries: Entries, version: u64, now: &Timestamp) -> TrustPack {
        let (publisher, digest) = (self.did.clone(), entries.digest());
        let valid_until = now.plus_seconds(30 * 24 * 3600);
        let manifest = Manifest { publisher, version, valid_from: now.clone(), valid_until, digest };
        TrustPack::new(entries, &self.sign(manifest.to_credential(), Mechanism::Jwt, now)).expect("its own manifest")
    }

    /// A credential about nobody in particular.
    pub fn credential(&self, now: &Timestamp) -> Secured {
        let credential = json!({
            "@context": ["https://www.w3.org/ns/credentials/v2"],
            "type": ["VerifiableCredential"],
            "issuer": self.did,
            "validFrom": now,
            "credentialSubject": { "id": "did:example:somebody" },
        });
        self.sign(object(credential), Mechanism::Jwt, now)
    }

    /// A list of a million entries, `revoked` of them set.
    pub fn status_list(&self, revoked: usize, now: &Timestamp, random: &mut Random) -> Secured {
        let mut list = StatusList::new(1_000_000, 1).expect("a list");
        let mut left = revoked;
        while left > 0 {
            let index = random.below(1_000_000);
            left -= usize::from(list.value(index) == Some(0));
            list.set(index, 1).expect("in range");
        }
        let terms = ListTerms {
            url: LIST.to_owned(),
            issuer: self.did.clone(),
            purposes: vec![StatusPurpose::Revocation],
            valid_from: now.clone(),
            valid_until: None,
            ttl: None,
        };
        self.sign(list.to_credential(&terms), Mechanism::EddsaRdfc2022, now)
    }
}

pub const LIST: &str = "https://health.example/status/revocation/1";

/// A chain read at `block`, its validators known.
pub fn standing(block: u64, now: &Timestamp) -> Standing {
    Standing::Proven { block, time: now.plus_seconds(-5), grounds: Grounds::Validators }
}

/// Random numbers, the same ones each time (SplitMix64).
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }

    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        std::array::from_fn(|_| self.below(256) as u8)
    }

    fn key(&mut self) -> PublicKey {
        SecretKey::from_bytes(KeyAlgorithm::Ed25519, &self.bytes::<32>()).expect("32 bytes are a key").public_key()
    }

    fn change(&mut self, time: i64) -> DidChange {
        publish(&self.key(), time + 2 * YEAR)
    }

    /// One to three keys, published over three years before `now`.
    fn history(&mut self, now: &Timestamp) -> History {
        let changes = 1 + self.below(3) as usize;
        let mut ages: Vec<u64> = repeat_with(|| 3600 + self.below(3 * YEAR as u64)).take(changes).collect();
        ages.sort_unstable_by(|one, other| other.cmp(one));
        let mut history = History { chain_id: CHAIN, standing: standing(20_000_000, now), events: Vec::new() };
        for age in ages {
            let seconds = now.unix() - age as i64;
            let change = self.change(seconds);
            grow(&mut history, seconds, change);
        }
        history
    }
}

/// Adds one more event: a block every five seconds.
fn grow(history: &mut History, seconds: i64, change: DidChange) {
    let previous_change = history.events.last().map_or(0, |last| last.block);
    let block = (20_000_000 - (1_772_366_400 - seconds) / 5) as u64;
    let block = block.max(previous_change + 1);
    let time = Timestamp::from_unix(seconds).expect("a time in range");
    history.events.push(DidEvent { block, time, log_index: 0, previous_change, change });
}

fn publish(key: &PublicKey, valid_to: i64) -> DidChange {
    let attribute = ethr::key_attribute(key, VerificationRelationship::AssertionMethod).expect("a key it can say");
    DidChange::Attribute { name: attribute.name, value: attribute.value, valid_to: valid_to as u64 }
}

/// The entries of so many issuers, each with a name and a history.
pub fn crowd(count: usize, now: &Timestamp, random: &mut Random) -> Entries {
    let mut entries = Entries::new();
    for number in 0..count {
        join(&mut entries, number, now, random);
    }
    entries
}

fn join(entries: &mut Entries, number: usize, now: &Timestamp, random: &mut Random) {
    let kinds = ["Universidad", "Instituto Superior", "Hospital", "Centro de Salud", "Registro Civil", "Escola Técnica"];
    let places =
        ["Cusco", "Arequipa", "Rosario", "Córdoba", "Medellín", "Cochabamba", "Recife", "Porto Alegre", "Mérida", "Cuenca"];
    let name = format!("{} {} de {}", kinds[number % kinds.len()], number / 60 + 1, places[number / 6 % places.len()]);
    let did = ethr::from_address(&format!("0x{CHAIN:x}"), &random.bytes()).expect("a DID");
    entries.add_issuer(&did, &name);
    entries.add_history(&did, &random.history(now), now).expect("a whole history");
}

/// The same entries a day later: ten more issuers, and the chain read anew.
pub fn a_day_later(entries: &Entries, later: &Timestamp, random: &mut Random) -> Entries {
    let mut entries = entries.clone();
    entries.remove(&format!("chain/{CHAIN}"));
    (0..10).for_each(|number| join(&mut entries, 100_000 + number, later, random));
    entries
}

/// The same entries with an accreditation for each issuer, by one of twenty bodies under one root.
pub fn accredited(entries: &Entries, now: &Timestamp, random: &mut Random) -> Entries {
    let root = Address::repeat_byte(1);
    let root_did = ethr::from_address(&format!("0x{CHAIN:x}"), &root.0).expect("a DID");
    let scope = Scope::of("https://purl.imsglobal.org/spec/vc/ob/vocab.html#OpenBadgeCredential");
    let step = |accreditor, subject, under, from: i64| {
        let terms = Terms { under, from: from as u64, until: (from + 5 * YEAR) as u64, levels: 0 };
        Step { accreditor, subject, number: 0, accreditation: Accreditation { terms, revoked: None }, retired: None }
    };
    let bodies: Vec<Step> = (0..20).map(|_| step(root, random.bytes().into(), None, now.unix() - 2 * YEAR)).collect();
    let mut entries = entries.clone();
    entries.add_root(&root_did, "Ministerio de Educación");
    for did in entries.issuers().expect("names").into_keys() {
        let body = &bodies[random.below(20) as usize];
        let subject = Identity::read(&did).expect("a did:ethr").address.into();
        let own = step(
            body.subject,
            subject,
            Some(Under { accreditor: root, number: 0 }),
            now.unix() - random.below(YEAR as u64) as i64,
        );
        let path = Path { root: root_did.clone(), steps: vec![own, body.clone()], root_retired: None };
        let told = Told { what: vec![path], standing: standing(20_000_000, now) };
        entries.add_accreditations(&did, &scope, &told, now).expect("its history is there");
    }
    entries
}

pub fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        other => panic!("{other} is no object"),
    }
}
