//! The replay of an identity's events into its document at one version, and into the history of its keys.

use std::collections::HashMap;

use serde_json::{Map, json};

use super::attribute::{self, Meaning};
use super::{DidChange, DidEvent, History, Identity, Version, address_text, periods};
use crate::did::{Did, DidDocument, DidUrl, DocumentMetadata, Resolution, Service, VerificationMethod, VerificationRelationship};
use crate::key::PublicKey;
use crate::time::Timestamp;

/// The document of `identity` at a version, with its metadata and the whole history of its keys.
///
/// Events must be in the order of the chain. A key is in the document while its validity has not ended before the version's time, or
/// `now` for the latest. Fragments count every delegate, key and service ever announced or revoked, so that they never move.
pub fn resolve(identity: &Identity, history: &History, version: &Version, now: &Timestamp) -> Resolution {
    let judged_at = match version {
        Version::Latest => now,
        Version::Block { time, .. } | Version::Time(time) => time,
    };
    // Read once for the document and the history: taking a key's point out of its bytes costs more than all the rest.
    let steps = steps(identity, history, judged_at);
    let mut replay = Replay::new(identity, history.chain_id, judged_at);
    let mut metadata = DocumentMetadata::default();
    for (event, step) in &steps {
        let included = match version {
            Version::Latest => true,
            Version::Block { number, .. } => event.block <= *number,
            Version::Time(time) => event.time <= *time,
        };
        if !included {
            metadata.next_version_id = Some(event.block.to_string());
            metadata.next_update = Some(event.time.clone());
            break;
        }
        metadata.created.get_or_insert_with(|| event.time.clone());
        metadata.version_id = Some(event.block.to_string());
        metadata.updated = Some(event.time.clone());
        replay.apply(step);
        if replay.owner == GIVEN_UP {
            metadata.deactivated = Some(true);
            break;
        }
    }
    Resolution {
        document: replay.document(),
        metadata,
        standing: history.standing.clone(),
        history: periods::of(identity, history.chain_id, steps),
    }
}

/// Every event that concerns did:ethr, with what it does to the document.
fn steps<'a>(identity: &Identity, history: &'a History, judged_at: &Timestamp) -> Vec<(&'a DidEvent, Step<'a>)> {
    let mut numbers = Numbers::default();
    let events = history.events.iter().filter(|event| concerns_did_ethr(&event.change));
    events.map(|event| (event, numbers.read(&event.change, identity, history.chain_id, judged_at))).collect()
}

pub(super) const GIVEN_UP: [u8; 20] = [0; 20];

/// An event whose `bytes32` is no text is another use of the registry: it makes no version and has no number.
fn concerns_did_ethr(change: &DidChange) -> bool {
    match change {
        DidChange::Owner { .. } => true,
        DidChange::Delegate { kind: name, .. } | DidChange::Attribute { name, .. } => attribute::text_of(name).is_some(),
    }
}

/// What tells two announcements of the same thing: a later one replaces the earlier, and a revocation ends it.
pub(super) type Subject<'a> = (&'a [u8; 32], &'a [u8]);

/// What an event does to the document.
pub(super) enum Step<'a> {
    Owner([u8; 20]),
    Method(Subject<'a>, Option<VerificationMethod>, u64),
    Service(Subject<'a>, Option<Service>),
    Nothing,
}

/// The two running numbers of did:ethr fragments.
#[derive(Default)]
struct Numbers {
    delegates: u64,
    services: u64,
}

impl Numbers {
    /// Reads one event, numbering what it announces.
    fn read<'a>(&mut self, change: &'a DidChange, identity: &Identity, chain_id: u64, judged_at: &Timestamp) -> Step<'a> {
        let did = &identity.did;
        let numbered = |name: &str, number: u64| did.with_fragment(&format!("{name}-{number}")).ok();
        match change {
            DidChange::Owner { owner } => Step::Owner(*owner),
            DidChange::Delegate { kind, delegate, valid_to } => {
                self.delegates += 1;
                let id = numbered("delegate", self.delegates);
                let method = id.and_then(|id| delegate_method(did, id, kind, &account(chain_id, delegate)));
                Step::Method((kind, delegate), method, *valid_to)
            }
            DidChange::Attribute { name, value, valid_to } => {
                let meaning = attribute::meaning(attribute::text_of(name).unwrap_or_default());
                let over = is_over(*valid_to, judged_at);
                match meaning {
                    Meaning::Key { .. } => {
                        self.delegates += 1;
                        let id = numbered("delegate", self.delegates);
                        let method = id.and_then(|id| attribute::key_method(did, id, meaning, value));
                        Step::Method((name, value), method, *valid_to)
                    }
                    Meaning::Service { kind } => {
                        self.services += 1;
                        let id = numbered("service", self.services);
                        let service = id.filter(|_| !over).and_then(|id| attribute::service(&id, kind, value));
                        Step::Service((name, value), service)
                    }
                    // The reference resolver numbers these once they are over, and not before.
                    Meaning::NoKey => {
                        self.delegates += u64::from(over);
                        Step::Nothing
                    }
                    Meaning::NoService => {
                        self.services += u64::from(over);
                        Step::Nothing
                    }
                    Meaning::Other => Step::Nothing,
                }
            }
        }
    }
}

/// Whether a validity ended before a time; the last second counts.
pub(super) fn is_over(valid_to: u64, at: &Timestamp) -> bool {
    valid_to == 0 || i128::from(valid_to) < i128::from(at.unix())
}

/// Things announced, in the order they first were, each replaced or removed by what it is.
struct Announced<'a, T> {
    list: Vec<Option<T>>,
    places: HashMap<Subject<'a>, usize>,
}

impl<'a, T> Announced<'a, T> {
    fn new() -> Self {
        Self { list: Vec::new(), places: HashMap::new() }
    }

    fn put(&mut self, subject: Subject<'a>, value: Option<T>) {
        let Some(value) = value else {
            if let Some(place) = self.places.remove(&subject) {
                self.list[place] = None;
            }
            return;
        };
        match self.places.get(&subject) {
            Some(&place) => self.list[place] = Some(value),
            None => {
                self.places.insert(subject, self.list.len());
                self.list.push(Some(value));
            }
        }
    }
}

struct Replay<'a> {
    identity: &'a Identity,
    chain_id: u64,
    judged_at: &'a Timestamp,
    owner: [u8; 20],
    methods: Announced<'a, VerificationMethod>,
    services: Announced<'a, Service>,
}

impl<'a> Replay<'a> {
    fn new(identity: &'a Identity, chain_id: u64, judged_at: &'a Timestamp) -> Self {
        let (methods, services) = (Announced::new(), Announced::new());
        Self { identity, chain_id, judged_at, owner: identity.address, methods, services }
    }

    fn apply(&mut self, step: &Step<'a>) {
        match step {
            Step::Owner(owner) => self.owner = *owner,
            Step::Method(subject, method, valid_to) => {
                let method = method.as_ref().filter(|_| !is_over(*valid_to, self.judged_at));
                self.methods.put(*subject, method.cloned());
            }
            Step::Service(subject, service) => self.services.put(*subject, service.clone()),
            Step::Nothing => {}
        }
    }

    fn document(self) -> DidDocument {
        let mut document = DidDocument::empty(self.identity.did.clone());
        if self.owner == GIVEN_UP {
            return document;
        }
        document.verification_methods = controller_methods(self.identity, self.chain_id, &self.owner);
        document.verification_methods.extend(self.methods.list.into_iter().flatten());
        document.services = self.services.list.into_iter().flatten().collect();
        document
    }
}

/// `#controller`, the owner's account, and `#controllerKey`, the key in the DID while it is its own owner.
pub(super) fn controller_methods(identity: &Identity, chain_id: u64, owner: &[u8; 20]) -> Vec<VerificationMethod> {
    let did = &identity.did;
    let both = vec![VerificationRelationship::AssertionMethod, VerificationRelationship::Authentication];
    let method = |fragment: &str, kind: &str, key: Option<PublicKey>, material| VerificationMethod {
        id: did.with_fragment(fragment).expect("a did:ethr is far shorter than a DID URL may be"),
        kind: kind.to_owned(),
        controller: did.clone(),
        key,
        material: Map::from_iter([material]),
        relationships: both.clone(),
        expires: None,
        revoked: None,
    };
    let material = ("blockchainAccountId".to_owned(), json!(account(chain_id, owner)));
    let mut methods = vec![method("controller", "EcdsaSecp256k1RecoveryMethod2020", None, material)];
    if let Some(key) = identity.key.as_ref().filter(|_| *owner == identity.address) {
        let material = ("publicKeyJwk".to_owned(), key.to_jwk());
        methods.push(method("controllerKey", "EcdsaSecp256k1VerificationKey2019", Some(key.clone()), material));
    }
    methods
}

fn delegate_method(did: &Did, id: DidUrl, kind: &[u8; 32], account: &str) -> Option<VerificationMethod> {
    let relationships = match attribute::text_of(kind)? {
        "veriKey" => vec![VerificationRelationship::AssertionMethod],
        "sigAuth" => vec![VerificationRelationship::AssertionMethod, VerificationRelationship::Authentication],
        _ => return None,
    };
    Some(VerificationMethod {
        id,
        kind: "EcdsaSecp256k1RecoveryMethod2020".to_owned(),
        controller: did.clone(),
        key: None,
        material: Map::from_iter([("blockchainAccountId".to_owned(), json!(account))]),
        relationships,
        expires: None,
        revoked: None,
    })
}

/// An account as CAIP-10 writes it.
fn account(chain_id: u64, address: &[u8; 20]) -> String {
    format!("eip155:{chain_id}:{}", address_text(address))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::did::Standing;
    use crate::key::{KeyAlgorithm, SecretKey};
    use proptest::prelude::*;

    pub(in crate::did::ethr) const DAY: u64 = 86_400;

    pub(in crate::did::ethr) fn identity() -> Identity {
        Identity::read(&"did:ethr:0x1:0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed".parse().expect("a DID")).expect("a did:ethr")
    }

    pub(in crate::did::ethr) fn key(byte: u8) -> PublicKey {
        SecretKey::from_bytes(KeyAlgorithm::Ed25519, &[byte; 32]).expect("a seed").public_key()
    }

    pub(in crate::did::ethr) fn time(seconds: u64) -> Timestamp {
        Timestamp::from_unix(seconds as i64).expect("a time in range")
    }

    /// Block `n` is at second `1000 n`.
    pub(in crate::did::ethr) fn history(changes: Vec<(u64, DidChange)>) -> History {
        let mut events: Vec<DidEvent> = Vec::new();
        for (block, change) in changes {
            let previous_change = events.last().map_or(0, |e| e.block);
            let log_index = events.len() as u64;
            events.push(DidEvent { block, time: time(block * 1000), log_index, previous_change, change });
        }
        History { chain_id: 1, standing: Standing::Believed { block: Some(100) }, events }
    }

    pub(in crate::did::ethr) fn publish(byte: u8, valid_to: u64) -> DidChange {
        let attribute = attribute::key_attribute(&key(byte), VerificationRelationship::AssertionMethod).expect("a name");
        DidChange::Attribute { name: attribute.name, value: attribute.value, valid_to }
    }

    fn padded(name: &str) -> [u8; 32] {
        let mut bytes = [0; 32];
        bytes[..name.len()].copy_from_slice(name.as_bytes());
        bytes
    }

    fn delegate(kind: &str, byte: u8, valid_to: u64) -> DidChange {
        DidChange::Delegate { kind: padded(kind), delegate: [byte; 20], valid_to }
    }

    fn at_block(number: u64) -> Version {
        Version::Block { number, time: time(number * 1000) }
    }

    fn keys(resolution: &Resolution) -> Vec<(String, Option<PublicKey>)> {
        let fragment = |m: &VerificationMethod| m.id.fragment().unwrap_or_default().to_owned();
        resolution.document.verification_methods.iter().map(|m| (fragment(m), m.key.clone())).collect()
    }

    fn controller() -> (String, Option<PublicKey>) {
        ("controller".to_owned(), None)
    }

    #[test]
    fn identity_that_never_changed_has_its_account_alone() {
        let resolution = resolve(&identity(), &history(Vec::new()), &Version::Latest, &time(DAY));
        assert_eq!(keys(&resolution), [controller()]);
        assert_eq!(
            resolution.document.verification_methods[0].material["blockchainAccountId"],
            "eip155:1:0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
        );
        assert_eq!(resolution.metadata, DocumentMetadata::default());
    }

    #[test]
    fn fragments_count_revocations_and_never_move() {
        let history = history(vec![
            (1, publish(1, DAY)),
            (2, delegate("veriKey", 9, DAY)),
            (3, publish(1, 0)),
            (4, publish(2, DAY)),
            (5, delegate("enc", 9, DAY)),
            (6, publish(3, DAY)),
        ]);
        let named = |n: u64, byte: u8| (format!("delegate-{n}"), Some(key(byte)));
        let resolution = resolve(&identity(), &history, &Version::Latest, &time(6000));
        assert_eq!(keys(&resolution), [controller(), ("delegate-2".to_owned(), None), named(4, 2), named(6, 3)]);
        let before = resolve(&identity(), &history, &at_block(2), &time(6000));
        assert_eq!(keys(&before), [controller(), named(1, 1), ("delegate-2".to_owned(), None)]);
        assert_eq!(before.metadata.version_id.as_deref(), Some("2"));
        assert_eq!(before.metadata.next_version_id.as_deref(), Some("3"));
        assert_eq!((before.metadata.updated, before.metadata.next_update), (Some(time(2000)), Some(time(3000))));
        assert_eq!(before.metadata.created, Some(time(1000)));
    }

    #[test]
    fn key_expires_at_the_time_of_the_version_asked_for() {
        let history = history(vec![(1, publish(1, 5000))]);
        let count = |version: &Version, now: u64| keys(&resolve(&identity(), &history, version, &time(now))).len();
        assert_eq!(count(&Version::Latest, 5000), 2);
        assert_eq!(count(&Version::Latest, 5001), 1);
        assert_eq!(count(&at_block(3), DAY), 2);
        assert_eq!(count(&at_block(6), 2000), 1);
        assert_eq!(count(&Version::Time(time(999)), DAY), 1);
        assert_eq!(count(&Version::Time(time(1000)), DAY), 2);
    }

    #[test]
    fn identity_given_up_stays_so_though_its_key_takes_it_back() {
        let owner = |byte: u8| DidChange::Owner { owner: [byte; 20] };
        let history = history(vec![(1, publish(1, DAY)), (2, owner(0)), (3, owner(7)), (4, publish(2, DAY))]);
        let resolution = resolve(&identity(), &history, &Version::Latest, &time(5000));
        assert_eq!(keys(&resolution), []);
        assert_eq!(resolution.metadata.deactivated, Some(true));
        assert_eq!(resolution.metadata.version_id.as_deref(), Some("2"));
        let before = resolve(&identity(), &history, &at_block(1), &time(5000));
        assert_eq!((keys(&before).len(), before.metadata.deactivated), (2, None));
        assert_eq!(before.metadata.next_version_id.as_deref(), Some("2"));
        assert!(resolution.history.iter().all(|p| p.until_block == Some(2) && p.until == Some(time(2000))));
    }

    #[test]
    fn key_in_the_did_is_there_while_it_is_its_own_owner() {
        let secret = SecretKey::from_bytes(KeyAlgorithm::Secp256k1, &[4; 32]).expect("a scalar").public_key();
        let identity = Identity::read(&crate::did::ethr::from_public_key("0x1", &secret).expect("a DID")).expect("a did:ethr");
        let own = identity.address;
        let changes = vec![(1, DidChange::Owner { owner: [7; 20] }), (2, DidChange::Owner { owner: own })];
        let history = history(changes);
        let has_key = |version: &Version| {
            let resolution = resolve(&identity, &history, version, &time(DAY));
            keys(&resolution).contains(&("controllerKey".to_owned(), Some(secret.clone())))
        };
        assert!(has_key(&at_block(0)));
        assert!(!has_key(&at_block(1)));
        assert!(has_key(&Version::Latest));
        let periods = resolve(&identity, &history, &Version::Latest, &time(DAY)).history;
        assert_eq!(periods.iter().filter(|p| p.key.is_some()).count(), 2);
    }

    #[test]
    fn another_use_of_the_registry_is_no_version_and_has_no_number() {
        let foreign = DidChange::Attribute { name: [0xff; 32], value: vec![1], valid_to: DAY };
        let other = DidChange::Attribute { name: padded("color"), value: b"verde".to_vec(), valid_to: DAY };
        let history = history(vec![(1, foreign.clone()), (2, other), (3, publish(1, DAY)), (4, foreign)]);
        let resolution = resolve(&identity(), &history, &Version::Latest, &time(5000));
        assert_eq!(keys(&resolution)[1].0, "delegate-1");
        assert_eq!(resolution.metadata.version_id.as_deref(), Some("3"));
        assert_eq!(resolution.metadata.created, Some(time(2000)));
    }

    #[test]
    fn services_are_numbered_apart_and_replaced_in_place() {
        let service = |value: &str, valid_to| DidChange::Attribute { name: padded("did/svc/Hub"), value: value.into(), valid_to };
        let history = history(vec![
            (1, service("https://a.example", DAY)),
            (2, service(r#"{"uri":"https://b.example"}"#, DAY)),
            (3, service("https://a.example", 2 * DAY)),
            (4, service(r#"{"uri":"https://b.example"}"#, 0)),
        ]);
        let resolution = resolve(&identity(), &history, &Version::Latest, &time(5000));
        let services: Vec<_> = resolution.document.services.iter().map(|s| (s.id.rsplit('#').next(), &s.endpoint)).collect();
        assert_eq!(services, [(Some("service-3"), &json!("https://a.example"))]);
    }

    fn any_change() -> impl Strategy<Value = DidChange> {
        let names = [
            "did/pub/Multikey/veriKey",
            "did/pub/Ed25519/sigAuth/base58",
            "did/pub/X25519/enc",
            "did/svc/Hub",
            "did/pub/a-b",
            "x",
        ];
        let time = prop_oneof![Just(0), 0..20_000u64, Just(u64::MAX), Just(i64::MAX as u64)];
        prop_oneof![
            any::<[u8; 20]>().prop_map(|owner| DidChange::Owner { owner }),
            (proptest::sample::select(vec!["veriKey", "sigAuth", "enc"]), 0..3u8, time.clone())
                .prop_map(|(kind, byte, valid_to)| delegate(kind, byte, valid_to)),
            (proptest::sample::select(names.to_vec()), proptest::collection::vec(0..3u8, 0..3), time.clone())
                .prop_map(|(name, value, valid_to)| DidChange::Attribute { name: padded(name), value, valid_to }),
            (0..4u8, time).prop_map(|(byte, valid_to)| publish(byte, valid_to)),
            (any::<[u8; 32]>(), any::<u64>()).prop_map(|(name, valid_to)| DidChange::Attribute {
                name,
                value: vec![7],
                valid_to
            }),
        ]
    }

    proptest! {
        #[test]
        fn any_events_resolve_and_a_version_is_what_its_events_alone_give(
            steps in proptest::collection::vec((0..3u64, any_change()), 0..24),
            version in 0..40u64,
            now in 0..30_000u64,
        ) {
            let mut block = 1;
            let changes: Vec<_> = steps.into_iter().map(|(gap, change)| { block += gap; (block, change) }).collect();
            let all = history(changes.clone());
            let some = history(changes.into_iter().filter(|(block, _)| *block <= version).collect());
            let asked = resolve(&identity(), &all, &at_block(version), &time(now));
            let alone = resolve(&identity(), &some, &Version::Latest, &time(version * 1000));
            prop_assert_eq!(&asked.document, &alone.document);
            prop_assert_eq!(&asked.metadata.version_id, &alone.metadata.version_id);
            let by_time = resolve(&identity(), &all, &Version::Time(time(version * 1000)), &time(now));
            prop_assert_eq!(&asked.document, &by_time.document);
            for method in asked.document.verification_methods.iter().filter(|m| m.key.is_some()) {
                let period = asked.period_of(&method.id, &time(version * 1000)).expect("a key in the document is in its history");
                prop_assert_eq!(&period.key, &method.key);
            }
            prop_assert_eq!(DidDocument::from_json(&asked.document.to_json()).expect("its own JSON"), asked.document);
        }
    }
}
