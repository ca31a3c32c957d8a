//! Selective disclosure from end to end: a diploma is issued with a base proof, the graduate shows a part of it, and a verifier
//! judges that part like any other credential.

#[path = "selective_disclosure/any_part.rs"]
mod any_part;
#[path = "support/world.rs"]
mod world;

use std::sync::Arc;

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use serde_json::{Map, Value, json};
use wallet_core::error::WalletError;
use wallet_core::json::JsonPointer;
use wallet_core::key::{KeyAlgorithm, SecretKey};
use wallet_core::language::Language;
use wallet_core::platform::{MemoryStorage, SoftwareKeystore, system_rng};
use wallet_core::presentation::Request;
use wallet_core::seal::{Cost, Passphrase, SealingKey};
use wallet_core::securing::linked_data::Contexts;
use wallet_core::securing::{Disclosure, Kind, Mechanism, ProofOptions, Secured, SignatureFault, prepare, prepare_disclosable};
use wallet_core::store::{Protection, StoreKey};
use wallet_core::verification::{Reason, Verdict};
use wallet_core::wallet::Wallet;
use world::{AUDIENCE, NONCE, Party, World, at, object};

const SUITES: [(Mechanism, KeyAlgorithm); 2] =
    [(Mechanism::EcdsaSd2023, KeyAlgorithm::P256), (Mechanism::Bbs2023, KeyAlgorithm::Bls12381G2)];

/// What the university lets nobody leave out of its diplomas.
const MANDATORY: [&str; 5] = ["/issuer", "/validFrom", "/validUntil", "/credentialStatus", "/credentialSubject/achievement/name"];

fn pointers(texts: &[&str]) -> Vec<JsonPointer> {
    texts.iter().map(|text| text.parse().expect("a pointer")).collect()
}

/// The university with a second key, which the registry knows too.
fn signer(world: &mut World, algorithm: KeyAlgorithm) -> Party {
    let signer = Party { fragment: "delegate-2".to_owned(), ..Party::new(world.university.did.as_str(), algorithm, 5) };
    let mut known = signer.resolution();
    world.registry_says(&signer.did, |resolution| {
        resolution.document.verification_methods.append(&mut known.document.verification_methods);
        resolution.history.append(&mut known.history);
    });
    signer
}

fn base(signer: &Party, document: &Map<String, Value>, mechanism: Mechanism, mandatory: &[&str]) -> Secured {
    let options =
        ProofOptions { disclosure: Disclosure::AllBut(pointers(mandatory)), ..signer.options(Kind::Credential, mechanism) };
    let key = signer.key.public_key();
    let unsigned = prepare_disclosable(document.clone(), &options, &key, &Contexts::bundled(), &mut system_rng());
    let unsigned = unsigned.expect("it can be signed");
    let signature = signer.key.sign(unsigned.message());
    unsigned.finish(&signature).expect("the signature fits")
}

fn disclose(base: &Secured, chosen: &[&str]) -> Secured {
    base.disclose(&pointers(chosen), &Contexts::bundled(), &mut system_rng()).expect("it can be derived")
}

fn reasons(verdict: &Verdict) -> Vec<&Reason> {
    assert!(matches!(verdict, Verdict::Rejected { .. }), "{verdict:#?}");
    verdict.reasons().iter().map(|finding| &finding.what).collect()
}

#[test]
fn part_of_a_diploma_is_accepted_and_the_rest_stays_at_home() {
    for (mechanism, algorithm) in SUITES {
        let mut world = World::new();
        let signer = signer(&mut world, algorithm);
        let base = base(&signer, &world.diploma, mechanism, &MANDATORY);
        assert!(base.is_for_holder_only());
        assert_eq!(base.proofs()[0].created.is_some(), mechanism == Mechanism::EcdsaSd2023, "bbs-2023 says no time");
        assert_eq!(base.check_received(0, &signer.key.public_key(), &Contexts::bundled()), Ok(()));
        let shown = disclose(&base, &["/credentialSubject/achievement/achievementType", "/name"]);
        assert!(!shown.is_for_holder_only());
        let verdict = world.verify(&world.present(&shown));
        let verified = verdict.verified().unwrap_or_else(|| panic!("{mechanism:?} {verdict:#?}"));
        assert_eq!(verified.holder(), Some(&world.graduate.did));
        assert_eq!(verified.basis().status_lists.len(), 1, "the mandatory status was looked up");
        let subject = &verified.claims()[0];
        assert_eq!(subject["achievement"]["achievementType"], "BachelorDegree");
        assert_eq!(subject["achievement"]["name"], "Licenciatura en Enfermería", "mandatory");
        assert_eq!(subject["id"], world.graduate.did.as_str(), "an id comes along");
        assert!(subject["identifier"].is_null() && subject["achievement"]["criteria"].is_null(), "{subject}");
        assert!(!shown.text().contains("Lucía") && !shown.text().contains("32 materias"));
    }
}

#[test]
fn base_proof_that_is_shown_is_rejected_though_its_holder_can_check_it() {
    for (mechanism, algorithm) in SUITES {
        let mut world = World::new();
        let signer = signer(&mut world, algorithm);
        let base = base(&signer, &world.diploma, mechanism, &MANDATORY);
        let verdict = world.verify(&world.present(&base));
        let base_proof = |reason: &Reason| matches!(reason, Reason::Malformed { fault } if fault.contains("base proof"));
        assert!(reasons(&verdict).into_iter().all(base_proof), "{verdict:#?}");
        let altered = Secured::read(&base.text().replace("Lucía", "Lucio")).expect("well-formed");
        assert_eq!(altered.check_received(0, &signer.key.public_key(), &Contexts::bundled()), Err(SignatureFault::Bad));
    }
}

#[test]
fn revoked_diploma_is_rejected_in_part_too() {
    let mut world = World::new();
    let signer = signer(&mut world, KeyAlgorithm::P256);
    let base = base(&signer, &world.diploma, Mechanism::EcdsaSd2023, &MANDATORY);
    world.know_list(world.status_list(&[world::INDEX]));
    let verdict = world.verify(&world.present(&disclose(&base, &["/name"])));
    assert!(reasons(&verdict).iter().any(|reason| matches!(reason, Reason::Revoked { .. })), "{verdict:#?}");
}

#[test]
fn proof_set_is_left_with_the_derived_proof_alone() {
    let mut world = World::new();
    let signer = signer(&mut world, KeyAlgorithm::P256);
    assert!(world.verdict().verified().is_some(), "the diploma is good as a whole");
    let whole = world.issue();
    let base = base(&signer, &object(whole.to_value()), Mechanism::EcdsaSd2023, &MANDATORY);
    assert_eq!(base.proofs().len(), 2);
    assert_eq!(base.check_signature(0, &world.university.key.public_key(), &Contexts::bundled()), Ok(()));
    let shown = disclose(&base, &["/name"]);
    assert_eq!((shown.proofs().len(), shown.proofs()[0].mechanism), (1, Mechanism::EcdsaSd2023));
    assert!(world.verify(&world.present(&shown)).verified().is_some());
}

#[test]
fn wallet_never_shows_a_base_proof() {
    tokio::runtime::Runtime::new().expect("a runtime").block_on(async {
        let mut world = World::new();
        let signer = signer(&mut world, KeyAlgorithm::P256);
        let cost = Cost::new(8, 1).expect("a light cost");
        let passphrase = Passphrase::new("the graduate's").expect("a passphrase");
        let keystore = SoftwareKeystore::create(Arc::new(MemoryStorage::new()), &passphrase, cost).await.expect("a keystore");
        let key = StoreKey::Device(SealingKey::from_bytes(&[8; 32]).expect("32 bytes"));
        let storage = Arc::new(MemoryStorage::new());
        let mut wallet = Wallet::open(storage, Arc::new(keystore), &key, cost, &mut system_rng()).await.expect("a wallet");
        let holder = wallet.new_holder(KeyAlgorithm::P256, Protection::Software, &mut system_rng(), &world.now).await;
        let holder = holder.expect("a holder");
        let mut diploma = world.diploma.clone();
        diploma["credentialSubject"]["id"] = json!(holder);
        let base = base(&signer, &diploma, Mechanism::EcdsaSd2023, &MANDATORY);
        let kept = wallet.keep(&base, "the university", Language::En, &mut system_rng(), &world.now).await.expect("kept");
        let request = Request {
            nonce: NONCE.to_owned(),
            audience: AUDIENCE.to_owned(),
            purpose: "to lend a book".to_owned(),
            types: vec!["OpenBadgeCredential".to_owned()],
            expires: at("2026-03-02T00:00:00Z"),
        };
        let contexts = Contexts::bundled();
        let shown = wallet.present(&request, &[kept], &contexts, &mut system_rng(), &world.now).await.expect("presented");
        let nested = shown.nested().expect("one credential").remove(0).expect("a credential");
        assert!(!nested.is_for_holder_only());
        assert_eq!(nested.check_signature(0, &signer.key.public_key(), &contexts), Ok(()));
        assert_eq!(nested.body(), base.body());
    });
}

#[test]
fn only_what_can_be_chosen_is_derived() {
    let signer = Party::new("did:web:uni.example", KeyAlgorithm::P256, 5);
    let (world, contexts) = (World::new(), Contexts::bundled());
    let base = base(&signer, &world.diploma, Mechanism::EcdsaSd2023, &MANDATORY);
    let refused = |secured: &Secured, chosen: &[&str]| {
        let result = secured.disclose(&pointers(chosen), &contexts, &mut system_rng());
        matches!(result, Err(WalletError::Misused { .. }))
    };
    assert!(refused(&base, &["/credentialSubject/nothing"]));
    assert!(refused(&base, &["/credentialSubject/identifier/1"]));
    assert!(refused(&disclose(&base, &["/name"]), &["/name"]), "nothing is derived from a derived proof");
    assert!(refused(&world.issue(), &["/name"]), "eddsa-rdfc-2022 shows the whole");
    let free = self::base(&signer, &world.diploma, Mechanism::EcdsaSd2023, &[]);
    assert!(refused(&free, &[]), "nothing is mandatory and nothing is chosen");
    assert_eq!(disclose(&free, &[""]).body(), &world.diploma);
}

#[test]
fn suites_take_their_own_keys_and_their_own_way_of_signing() {
    let (world, contexts) = (World::new(), Contexts::bundled());
    let misused = |mechanism, algorithm, disclosure| {
        let signer = Party::new("did:web:uni.example", algorithm, 5);
        let options = ProofOptions { disclosure, ..signer.options(Kind::Credential, mechanism) };
        let key = signer.key.public_key();
        let result = prepare_disclosable(world.diploma.clone(), &options, &key, &contexts, &mut system_rng());
        matches!(result, Err(WalletError::Misused { .. }))
    };
    let mandatory = || Disclosure::AllBut(pointers(&["/issuer"]));
    for (mechanism, algorithm) in SUITES {
        assert!(!misused(mechanism, algorithm, mandatory()));
        assert!(!misused(mechanism, algorithm, Disclosure::Whole));
        assert!(misused(mechanism, KeyAlgorithm::Ed25519, mandatory()));
        assert!(misused(mechanism, algorithm, Disclosure::Only { pointers: Vec::new(), decoys: 0, holder: None }));
        assert!(misused(mechanism, algorithm, Disclosure::AllBut(pointers(&["/nobody"]))));
        let signer = Party::new("did:web:uni.example", algorithm, 5);
        let plain =
            prepare(world.diploma.clone(), &signer.options(Kind::Credential, mechanism), &signer.key.public_key(), &contexts);
        assert!(matches!(plain, Err(WalletError::Misused { .. })), "they need randomness");
        let chained = ProofOptions {
            previous: vec!["urn:uuid:1".to_owned()],
            disclosure: mandatory(),
            ..signer.options(Kind::Credential, mechanism)
        };
        let key = signer.key.public_key();
        let chained = prepare_disclosable(world.diploma.clone(), &chained, &key, &contexts, &mut system_rng());
        assert!(matches!(chained, Err(WalletError::Misused { .. })));
    }
    assert!(misused(Mechanism::EddsaRdfc2022, KeyAlgorithm::Ed25519, Disclosure::Whole));
}

#[test]
fn whole_disclosure_leaves_nothing_to_choose() {
    let signer = Party::new("did:web:uni.example", KeyAlgorithm::P256, 5);
    let (world, contexts, key) = (World::new(), Contexts::bundled(), signer.key.public_key());
    let options = signer.options(Kind::Credential, Mechanism::EcdsaSd2023);
    assert_eq!(options.disclosure, Disclosure::Whole);
    let unsigned = prepare_disclosable(world.diploma.clone(), &options, &key, &contexts, &mut system_rng()).expect("signable");
    let signature = signer.key.sign(unsigned.message());
    let base = unsigned.finish(&signature).expect("64 bytes");
    assert_eq!(disclose(&base, &[]).body(), &world.diploma);
}

// What an attacker tries with a derived proof.

/// A derived credential, and its proofValue taken apart.
struct Derived {
    signer: Party,
    document: Value,
}

impl Derived {
    fn of(mechanism: Mechanism, algorithm: KeyAlgorithm) -> Self {
        Self::named("Licenciatura en Enfermería", mechanism, algorithm)
    }

    fn named(name: &str, mechanism: Mechanism, algorithm: KeyAlgorithm) -> Self {
        let mut world = World::new();
        world.diploma["name"] = json!(name);
        let signer = signer(&mut world, algorithm);
        let base = base(&signer, &world.diploma, mechanism, &MANDATORY);
        let document =
            disclose(&base, &["/name", "/credentialSubject/achievement/criteria", "/credentialSubject/identifier"]).to_value();
        Self { signer, document }
    }

    fn bytes(&self) -> Vec<u8> {
        let text = self.document["proof"]["proofValue"].as_str().expect("text");
        BASE64_URL_SAFE_NO_PAD.decode(&text[1..]).expect("base64url")
    }

    fn with_bytes(&self, bytes: &[u8]) -> Value {
        let mut document = self.document.clone();
        document["proof"]["proofValue"] = json!(format!("u{}", BASE64_URL_SAFE_NO_PAD.encode(bytes)));
        document
    }

    /// What a verifier says to `document`: the fault, or why it cannot even be read.
    fn judge(&self, document: &Value) -> Result<(), SignatureFault> {
        match Secured::read(&document.to_string()) {
            Ok(secured) => secured.check_signature(0, &self.signer.key.public_key(), &Contexts::bundled()),
            Err(error) => Err(SignatureFault::malformed(error)),
        }
    }
}

/// What an attacker does to a document.
type Change<'c> = &'c dyn Fn(&mut Value);

/// Where `needle` stands in `bytes`.
fn find(bytes: &[u8], needle: &[u8]) -> usize {
    bytes.windows(needle.len()).position(|window| window == needle).expect("it is there")
}

#[test]
fn altered_dropped_and_added_claims_are_rejected() {
    for (mechanism, algorithm) in SUITES {
        let derived = Derived::of(mechanism, algorithm);
        assert_eq!(derived.judge(&derived.document), Ok(()));
        let after = |change: &dyn Fn(&mut Value)| {
            let mut document = derived.document.clone();
            change(&mut document);
            derived.judge(&document)
        };
        // A claim that was chosen, one that is mandatory, the subject, the proof's own options.
        let changes: [(&str, Change<'_>); 9] = [
            ("chosen", &|d| d["name"] = json!("Doctorado")),
            ("mandatory", &|d| d["validUntil"] = json!("2099-02-01T00:00:00Z")),
            ("nested and mandatory", &|d| d["credentialSubject"]["achievement"]["name"] = json!("Doctorado")),
            ("the subject", &|d| d["credentialSubject"]["id"] = json!("did:example:mallory")),
            ("status", &|d| d["credentialStatus"]["statusListIndex"] = json!("1")),
            ("created", &|d| d["proof"]["expires"] = json!("2099-01-01T00:00:00Z")),
            ("purpose", &|d| d["proof"]["proofPurpose"] = json!("authentication")),
            ("issuer's name", &|d| d["issuer"]["name"] = json!("Universidad de Otra Parte")),
            ("the status moved", &|d| {
                let status = d["credentialStatus"].take();
                d["credentialSubject"]["credentialStatus"] = status;
                d.as_object_mut().expect("an object").shift_remove("credentialStatus");
            }),
        ];
        for (what, change) in changes {
            assert!(after(change).is_err(), "{mechanism:?} {what}");
        }
        let dropped = |name: &str| after(&|document| drop(document.as_object_mut().expect("an object").shift_remove(name)));
        assert!(matches!(dropped("validUntil"), Err(SignatureFault::Malformed { .. })));
        assert!(matches!(dropped("credentialStatus"), Err(SignatureFault::Malformed { .. })));
        assert!(matches!(dropped("name"), Err(SignatureFault::Malformed { .. })));
        let added = after(&|document| document["description"] = json!("with honours"));
        assert!(matches!(added, Err(SignatureFault::Malformed { .. })), "{added:?}");
    }
}

#[test]
fn moved_and_foreign_signatures_are_rejected() {
    let derived = Derived::of(Mechanism::EcdsaSd2023, KeyAlgorithm::P256);
    let bytes = derived.bytes();
    // d9 5d 01, 85, 58 40 and the base signature, 58 23 and the key, the list of signatures.
    let (signature, key) = (6, 6 + 64 + 2);
    let list = key + 35;
    assert_eq!((&bytes[..6], &bytes[key - 2..key], bytes[list] & 0xe0), (&hex("d95d01855840")[..], &hex("5823")[..], 0x80));
    let (first, second) = (list + 3, list + 3 + 66);
    let mut moved = bytes.clone();
    moved[first..first + 64].copy_from_slice(&bytes[second..second + 64]);
    moved[second..second + 64].copy_from_slice(&bytes[first..first + 64]);
    assert_eq!(derived.judge(&derived.with_bytes(&moved)), Err(SignatureFault::Bad));
    for at in [signature, first, key + 5] {
        let mut altered = bytes.clone();
        altered[at + 3] ^= 1;
        let fault = derived.judge(&derived.with_bytes(&altered));
        assert!(matches!(fault, Err(SignatureFault::Bad | SignatureFault::Malformed { .. })), "{fault:?}");
    }
    // Another's key for the statements, and another kind of key.
    let other = SecretKey::from_bytes(KeyAlgorithm::P256, &[77; 32]).expect("a scalar").public_key().to_multikey_bytes();
    let mut foreign = bytes.clone();
    foreign[key..list].copy_from_slice(&other);
    assert_eq!(derived.judge(&derived.with_bytes(&foreign)), Err(SignatureFault::Bad));
    foreign[key] = 0xe7;
    assert!(derived.judge(&derived.with_bytes(&foreign)).is_err());
    // The proof of another credential by the same issuer, and the right proof under another's key.
    let another = Derived::named("Doctorado en Enfermería", Mechanism::EcdsaSd2023, KeyAlgorithm::P256);
    assert_eq!(derived.judge(&derived.with_bytes(&another.bytes())), Err(SignatureFault::Bad));
    let secured = Secured::read(&derived.document.to_string()).expect("well-formed");
    let check = |key: SecretKey| secured.check_signature(0, &key.public_key(), &Contexts::bundled());
    let other = |algorithm| SecretKey::from_bytes(algorithm, &[9; 32]).expect("a scalar");
    assert_eq!(check(other(KeyAlgorithm::P256)), Err(SignatureFault::Bad));
    assert_eq!(check(other(KeyAlgorithm::Ed25519)), Err(SignatureFault::WrongAlgorithm));
}

#[test]
fn value_that_is_not_written_as_the_standard_says_is_malformed() {
    for (mechanism, algorithm) in SUITES {
        let derived = Derived::of(mechanism, algorithm);
        let bytes = derived.bytes();
        let malformed = |bytes: &[u8]| matches!(derived.judge(&derived.with_bytes(bytes)), Err(SignatureFault::Malformed { .. }));
        for end in [0, 2, 3, 4, 10, bytes.len() / 2, bytes.len() - 1] {
            assert!(malformed(&bytes[..end]), "cut at {end}");
        }
        assert!(malformed(&[&bytes[..], &[0]].concat()), "bytes after the end");
        let mut more = bytes.clone();
        more[3] = 0x86;
        assert!(malformed(&[&more[..], &[0]].concat()), "one member more");
        more[3] = 0x9f;
        assert!(malformed(&[&more[..], &[0xff]].concat()), "a list of indefinite length");
        assert!(malformed(&[&bytes[..4], &[0xd8, 64], &bytes[4..]].concat()), "a tag inside");
        assert!(malformed(&[&[0xd9, 0x5d, 0x7f], &bytes[3..]].concat()), "a kind that nobody knows");
        let huge = [&bytes[..3], &hex("855840"), &[0; 64], &hex("5823"), &[0; 35], &hex("9affffffff")].concat();
        assert!(malformed(&huge), "a list longer than the value");
        for text in ["", "u", "z2YwC8z3ap7yx", "u2V0B=", "u2V0 B"] {
            let mut document = derived.document.clone();
            document["proof"]["proofValue"] = json!(text);
            assert!(matches!(derived.judge(&document), Err(SignatureFault::Malformed { .. })), "{text}");
        }
        let mut document = derived.document.clone();
        document["proof"]["cryptosuite"] = json!(if algorithm == KeyAlgorithm::P256 { "bbs-2023" } else { "ecdsa-sd-2023" });
        assert!(matches!(derived.judge(&document), Err(SignatureFault::Malformed { .. })), "the other suite's value");
        document["proof"]["cryptosuite"] = json!(mechanism.as_str());
        document["proof"]["previousProof"] = json!("urn:uuid:1");
        assert!(matches!(derived.judge(&document), Err(SignatureFault::Malformed { .. })), "a chained proof");
    }
    let bbs = Derived::of(Mechanism::Bbs2023, KeyAlgorithm::Bls12381G2);
    for kind in 0x04..=0x09 {
        let pseudonym = bbs.with_bytes(&[&[0xd9, 0x5d, kind], &bbs.bytes()[3..]].concat());
        assert!(matches!(Secured::read(&pseudonym.to_string()), Err(WalletError::Unsupported { .. })), "{kind}");
    }
}

#[test]
fn labels_and_indexes_that_repeat_or_lead_nowhere_are_malformed() {
    let derived = Derived::of(Mechanism::Bbs2023, KeyAlgorithm::Bls12381G2);
    let bytes = derived.bytes();
    // The map of labels follows the proof's byte string, which begins after d9 5d 03, 85 and a head of three bytes.
    let length = usize::from(u16::from_be_bytes([bytes[5], bytes[6]]));
    let map = 7 + length;
    let labels = usize::from(bytes[map] & 0x1f);
    assert_eq!((bytes[4], bytes[map] & 0xe0), (0x59, 0xa0));
    let malformed = |at: usize, byte: u8| {
        let mut altered = bytes.clone();
        altered[at] = byte;
        let fault = derived.judge(&derived.with_bytes(&altered));
        assert!(matches!(fault, Err(SignatureFault::Malformed { .. })), "{fault:?}");
    };
    assert!(labels > 1);
    malformed(map + 3, bytes[map + 1]);
    malformed(map + 4, bytes[map + 2]);
    malformed(map + 1, 23);
    let indexes = map + 1 + 2 * labels;
    assert_eq!(bytes[indexes] & 0xe0, 0x80);
    malformed(indexes + 2, bytes[indexes + 1]);
    let mandatory = usize::from(bytes[indexes] & 0x1f);
    let past = [&bytes[..indexes + mandatory], &[0x18, 200], &bytes[indexes + mandatory + 1..]].concat();
    let fault = derived.judge(&derived.with_bytes(&past));
    assert!(matches!(fault, Err(SignatureFault::Malformed { .. })), "{fault:?}");
    assert!(find(&bytes, &[0xd9, 0x5d, 0x03]) == 0);
}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).expect("hex")).collect()
}
