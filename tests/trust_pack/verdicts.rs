//! Verdicts from a pack and nothing else: no network, no registry, only the pack and a clock.

use std::sync::Arc;

use serde_json::json;
use wallet_core::credential::profiles::{DegreeKind, ReducedDiploma};
use wallet_core::did::{Did, DidDocument, Standing};
use wallet_core::error::WalletError;
use wallet_core::issuer::{Issuer, StatusPlan};
use wallet_core::key::KeyAlgorithm;
use wallet_core::platform::{MemoryStorage, SoftwareKeystore, system_rng};
use wallet_core::ports::{Change, Keystore as _, Storage};
use wallet_core::qr::{Budget, picture};
use wallet_core::registry::{B256, ChainFault, Checkpoint, Trust};
use wallet_core::seal::{Cost, Passphrase};
use wallet_core::securing::linked_data::Contexts;
use wallet_core::securing::{Mechanism, Secured};
use wallet_core::status::{ListFormat, StatusPurpose};
use wallet_core::time::Timestamp;
use wallet_core::trust_pack::{Difference, Entries, TrustPack};
use wallet_core::verification::{Expectations, Gap, Issuers, Reason, Verdict};
use wallet_core::verifier::Verifier;

use crate::packs::{CHAIN, Signer, at, object, standing};
use crate::town::Town;

const NOW: &str = "2026-03-01T12:00:00Z";
const TOMORROW: &str = "2026-03-02T12:00:00Z";
const DAY: i64 = 24 * 3600;
const YEAR: i64 = 365 * DAY;

/// A verifier with neither network nor registry.
fn carrying(pack: &TrustPack, now: &Timestamp) -> Verifier {
    let opened = TrustPack::open(&pack.to_bytes(), &pack.manifest().publisher, None, now).expect("the publisher's pack");
    let verifier = Verifier::offline(Arc::new(opened), Arc::new(MemoryStorage::new())).expect("whole entries");
    assert!(verifier.network.is_none());
    verifier
}

async fn judge(verifier: &Verifier, credential: &Secured, now: &Timestamp) -> Verdict {
    verifier.check(credential.text(), &Expectations::default(), now).await.expect("a credential")
}

/// What stands for an issuer on the chain whose key lasts `validity` seconds, all of it put into a pack.
fn packed(now: &Timestamp, validity: i64) -> (Signer, Entries) {
    let (issuer, history) = Signer::issuer(now, validity);
    let mut entries = Entries::new();
    entries.add_issuer(&issuer.did, "Universidad de Ejemplo");
    entries.add_history(&issuer.did, &history, now).expect("a whole history");
    (issuer, entries)
}

const CONTEXT: &str = "https://school.example/contexts/v1";
const SCHEMA: &str = "https://school.example/schemas/reader.json";

/// A school whose DID its web server vouches for, with a context, a schema and Token Status Lists of its own.
async fn school(entries: &mut Entries, now: &Timestamp) -> Issuer {
    let context = json!({ "@context": { "shelf": "https://school.example/vocab#shelf" } }).to_string();
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "properties": { "credentialSubject": { "required": ["shelf"] } },
    });
    let (passphrase, light) = (Passphrase::new("a school's").expect("a passphrase"), Cost::new(8, 1).expect("a light cost"));
    let keystore = SoftwareKeystore::create(Arc::new(MemoryStorage::new()), &passphrase, light).await.expect("a keystore");
    let (key, public) = keystore.create(KeyAlgorithm::P256).await.expect("a key");
    let did: Did = "did:web:school.example".parse().expect("a DID");
    let document = json!({
        "id": did,
        "verificationMethod": [{ "id": "#1", "type": "JsonWebKey", "controller": did, "publicKeyJwk": public.to_jwk() }],
        "assertionMethod": ["#1"],
    });
    entries.add_issuer(&did, "Escuela de Ejemplo");
    entries.add_document(&DidDocument::from_json(&document).expect("a document"), now);
    entries.add_context(CONTEXT, &context);
    entries.add_resource(SCHEMA, schema.to_string().as_bytes(), now);
    Issuer {
        method: did.with_fragment("1").expect("a DID URL"),
        did,
        key,
        keystore: Arc::new(keystore),
        storage: Arc::new(MemoryStorage::new()),
        status: StatusPlan { format: ListFormat::Token, ..StatusPlan::at("https://school.example/status") },
        contexts: Contexts::bundled().with(CONTEXT, &context).expect("a context"),
    }
}

async fn reader_card(school: &mut Issuer, shelf: &str, now: &Timestamp) -> Secured {
    let card = json!({
        "@context": ["https://www.w3.org/ns/credentials/v2", CONTEXT],
        "type": ["VerifiableCredential"],
        "issuer": school.did,
        "validFrom": now,
        "credentialSchema": { "id": SCHEMA, "type": "JsonSchema" },
        "credentialSubject": { shelf: "3" },
    });
    let signed = school.issue(object(card), Mechanism::Jwt, &[StatusPurpose::Revocation], &mut system_rng(), now).await;
    signed.expect("a signed card")
}

#[tokio::test]
async fn every_kind_of_issuer_list_context_schema_and_code_verifies_from_the_pack_alone() {
    let now = at(NOW);
    let mut town = Town::new(&now).await;
    let ana = town.new_holder(&now).await;
    let diploma = ReducedDiploma::of("Ana Quispe", "Enfermería", DegreeKind::Bachelor, "2025-12-12".parse().expect("a day"));
    let claims = diploma.to_credential(town.terms("university", &ana, &now));
    let university = town.issuers.get_mut("university").expect("an issuer");
    let issued = university.issue(claims, Mechanism::EddsaRdfc2022, &[StatusPurpose::Revocation], &mut system_rng(), &now).await;
    let issued = issued.expect("a signed diploma");
    let kept = town.wallet.keep(&issued, "by hand", town.language, &mut system_rng(), &now).await.expect("kept");
    let shown = town.wallet.show(&kept, &town.table, &town.contexts, Budget::Print, &mut system_rng(), &now).await;
    let code = picture::read(&shown.expect("shown").expect("it fits").png(6)).expect("a QR code");

    let mut entries = town.entries(&now).await;
    let mut school = school(&mut entries, &now).await;
    let (good, revoked) = (reader_card(&mut school, "shelf", &now).await, reader_card(&mut school, "shelf", &now).await);
    school.set_status(revoked.body()["id"].as_str().expect("an id"), &StatusPurpose::Revocation, 1, &now).await.expect("a list");
    let list = school.token_list(1, Mechanism::Cose, &now).await.expect("a list");
    entries.add_status_list(&list.url, &list.list, &now);

    let pack = town.sign_pack(entries, 1, &now).await;
    let expected = Expectations { issuers: Issuers::Known(pack.entries().issuers().expect("names")), ..Expectations::default() };
    let (verifier, tomorrow) = (carrying(&pack, &now), at(TOMORROW));
    let verdict = verifier.check(&code, &expected, &tomorrow).await.expect("a credential");
    assert_eq!(verdict.word(), "accepted", "{verdict:#?}");
    let used = &verdict.basis().resolutions[0];
    assert!(matches!(used.standing, Standing::Believed { block: Some(_) }) && used.as_of == now, "{used:?}");
    assert!(verdict.basis().status_lists.iter().all(|used| used.as_of == now));
    assert_eq!(verdict.basis().status_lists.len(), 1);

    let verdict = verifier.check(good.text(), &expected, &tomorrow).await.expect("a credential");
    assert_eq!(verdict.word(), "accepted", "{verdict:#?}");
    assert_eq!((&verdict.basis().status_lists[0].list, verdict.basis().resolutions[0].as_of == now), (&list.url, true));
    let verdict = verifier.check(revoked.text(), &expected, &tomorrow).await.expect("a credential");
    assert!(matches!(verdict.reasons()[0].what, Reason::Revoked { .. }), "{verdict:#?}");
    let misfit = reader_card(&mut school, "name", &now).await;
    let verdict = verifier.check(misfit.text(), &expected, &tomorrow).await.expect("a credential");
    assert!(matches!(verdict.reasons()[0].what, Reason::SchemaMismatch { .. }), "{verdict:#?}");
}

#[tokio::test]
async fn verdict_says_at_which_block_the_registry_was_proven_and_when() {
    let now = at(NOW);
    let (issuer, entries) = packed(&now, 10 * YEAR);
    let verifier = carrying(&Signer::publisher(1).pack(entries, 1, &now), &now);
    let verdict = judge(&verifier, &issuer.credential(&now), &at(TOMORROW)).await;
    assert_eq!(verdict.word(), "accepted", "{verdict:#?}");
    let used = &verdict.basis().resolutions[0];
    assert_eq!((&used.standing, &used.as_of), (&standing(9000, &now), &now));
}

#[tokio::test]
async fn key_expires_although_nobody_is_asked() {
    let now = at(NOW);
    let (issuer, entries) = packed(&now, YEAR + DAY);
    let verifier = carrying(&Signer::publisher(1).pack(entries, 1, &now), &now);
    let (before, later) = (issuer.credential(&now), now.plus_seconds(2 * DAY));
    assert_eq!(judge(&verifier, &before, &now).await.word(), "accepted");
    let verdict = judge(&verifier, &before, &later).await;
    assert!(matches!(verdict.gaps()[0].what, Gap::SigningTimeUnproven { .. }), "{verdict:#?}");
    let verdict = judge(&verifier, &issuer.credential(&later), &later).await;
    assert!(matches!(verdict.reasons()[0].what, Reason::KeyExpired { .. }), "{verdict:#?}");
}

#[tokio::test]
async fn clock_outside_the_packs_time_leaves_the_verdict_open() {
    let now = at(NOW);
    let (issuer, entries) = packed(&now, 10 * YEAR);
    let verifier = carrying(&Signer::publisher(1).pack(entries, 1, &now), &now);
    let credential = issuer.credential(&now.plus_seconds(-DAY));
    for (seconds, reason) in [(-1, "set the clock"), (31 * DAY, "ask for a newer one")] {
        let verdict = judge(&verifier, &credential, &now.plus_seconds(seconds)).await;
        assert!(matches!(&verdict.gaps()[0].what, Gap::Unresolved { why, .. } if why.contains(reason)), "{verdict:#?}");
        assert_eq!(verdict.word(), "undetermined");
    }
}

#[tokio::test]
async fn entry_that_cannot_be_read_leaves_its_own_issuer_open_and_no_other() {
    let now = at(NOW);
    let (issuer, mut entries) = packed(&now, 10 * YEAR);
    let good = carrying(&Signer::publisher(1).pack(entries.clone(), 1, &now), &now);
    entries.put(format!("{}/history", issuer.did), b"\x81\x07\x07".to_vec());
    entries.put("did:web:other.example/document", b"neither a date nor a document".to_vec());
    let bad = carrying(&Signer::publisher(1).pack(entries, 1, &now), &now);
    let credential = issuer.credential(&now);
    assert_eq!(judge(&good, &credential, &now).await.word(), "accepted");
    let verdict = judge(&bad, &credential, &now).await;
    assert!(matches!(&verdict.gaps()[0].what, Gap::Unresolved { why, .. } if why.contains("trust pack")), "{verdict:#?}");
    assert_eq!(judge(&bad, &Signer::publisher(3).credential(&now), &now).await.word(), "accepted");
}

#[test]
fn chain_starts_from_the_packs_checkpoint() {
    let now = at(NOW);
    let checkpoint = Checkpoint { number: 9000, hash: B256::repeat_byte(7), time: now.unix() as u64 };
    let mut entries = Entries::new();
    entries.add_checkpoint(CHAIN, &checkpoint);
    let pack = Signer::publisher(1).pack(entries, 1, &now);
    let found = pack.entries().checkpoint(CHAIN).expect("a checkpoint").expect("one of this chain");
    assert_eq!((found, pack.entries().checkpoint(1)), (checkpoint, Ok(None)));
    let trust = Trust::nodes().since(found);
    assert_eq!(trust.check_clock(&now.plus_seconds(-1)), Err(ChainFault::ClockBehind));
    assert_eq!(trust.check_clock(&now), Ok(()));
}

/// Three packs of one publisher, each after the other.
struct Versions {
    publisher: Signer,
    issuer: Signer,
    packs: [TrustPack; 3],
}

impl Versions {
    fn new() -> Self {
        let (now, publisher) = (at(NOW), Signer::publisher(1));
        let (issuer, entries) = packed(&now, 10 * YEAR);
        let packs = [1, 2, 3].map(|version| {
            let mut entries = entries.clone();
            entries.put("odd", vec![version]);
            publisher.pack(entries, version.into(), &now)
        });
        Self { publisher, issuer, packs }
    }

    fn difference(&self, from: usize, to: usize) -> Vec<u8> {
        Difference::between(&self.packs[from], &self.packs[to]).expect("a later pack").to_bytes()
    }

    async fn install(&self, storage: &Arc<MemoryStorage>, file: &[u8]) -> Result<u64, WalletError> {
        let mut verifier = Verifier::bare(storage.clone());
        verifier.install(file, &self.publisher.did, &at(NOW)).await?;
        Ok(verifier.pack.expect("it was installed").manifest().version)
    }

    /// The verifier after a restart.
    async fn reopen(&self, storage: &Arc<MemoryStorage>, now: &Timestamp) -> Result<Verifier, WalletError> {
        let mut verifier = Verifier::bare(storage.clone());
        verifier.reopen(&self.publisher.did, now).await.map(|()| verifier)
    }
}

#[tokio::test]
async fn installed_pack_survives_a_restart_and_is_brought_up_to_date() {
    let (versions, storage, now) = (Versions::new(), Arc::new(MemoryStorage::new()), at(NOW));
    assert!(matches!(versions.reopen(&storage, &now).await, Err(WalletError::Refused { .. })));
    assert_eq!(versions.install(&storage, &versions.packs[0].to_bytes()).await, Ok(1));
    assert_eq!(versions.install(&storage, &versions.packs[0].to_bytes()).await, Ok(1));
    assert_eq!(versions.install(&storage, &versions.difference(0, 1)).await, Ok(2));
    let verifier = versions.reopen(&storage, &now).await.expect("it was installed");
    assert_eq!(verifier.pack.as_deref(), Some(&versions.packs[1]));
    assert_eq!(judge(&verifier, &versions.issuer.credential(&now), &now).await.word(), "accepted");
}

#[tokio::test]
async fn older_pack_is_refused_after_a_restart_and_after_the_held_one_is_over() {
    let (versions, storage) = (Versions::new(), Arc::new(MemoryStorage::new()));
    assert_eq!(versions.install(&storage, &versions.packs[1].to_bytes()).await, Ok(2));
    for file in [versions.packs[0].to_bytes(), versions.difference(0, 2)] {
        assert!(matches!(versions.install(&storage, &file).await, Err(WalletError::Refused { .. })));
    }
    let late = at(NOW).plus_seconds(31 * DAY);
    assert!(
        matches!(versions.reopen(&storage, &late).await, Err(WalletError::Refused { reason, .. }) if reason.contains("newer"))
    );
    let mut verifier = Verifier::bare(storage.clone());
    let older = verifier.install(&versions.packs[0].to_bytes(), &versions.publisher.did, &late).await;
    assert!(matches!(older, Err(WalletError::Refused { reason, .. }) if reason.contains("version 2 is held")));
    assert_eq!(versions.install(&storage, &versions.difference(1, 2)).await, Ok(3));
}

#[tokio::test]
async fn pack_that_was_altered_in_the_storage_is_noticed() {
    let (versions, storage) = (Versions::new(), Arc::new(MemoryStorage::new()));
    versions.install(&storage, &versions.packs[0].to_bytes()).await.expect("a pack");
    let name = storage.list("trust_pack/").await.expect("names").pop().expect("one pack is kept");
    for bytes in [b"junk".to_vec(), versions.difference(0, 1), Signer::publisher(2).pack(Entries::new(), 9, &at(NOW)).to_bytes()]
    {
        storage.write(vec![Change::Put { name: name.clone(), bytes }]).await.expect("written");
        assert!(matches!(versions.reopen(&storage, &at(NOW)).await, Err(WalletError::StorageFailed { .. })));
    }
}

#[tokio::test]
async fn failed_installation_changes_nothing() {
    let (versions, now) = (Versions::new(), at(NOW));
    let storage = Arc::new(MemoryStorage::new());
    versions.install(&storage, &versions.packs[0].to_bytes()).await.expect("a pack");
    let mut verifier = versions.reopen(&storage, &now).await.expect("it was installed");
    let mut entries = versions.packs[0].entries().clone();
    entries.put("table/1000", b"no table".to_vec());
    let broken = versions.publisher.pack(entries, 2, &now);
    let failed = verifier.install(&broken.to_bytes(), &versions.publisher.did, &now).await;
    assert!(matches!(failed, Err(WalletError::Malformed { .. })));
    assert_eq!(verifier.pack.as_deref(), Some(&versions.packs[0]));
    let verifier = versions.reopen(&storage, &now).await.expect("it was installed");
    assert_eq!(verifier.pack.as_deref(), Some(&versions.packs[0]));
}
