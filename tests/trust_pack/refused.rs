//! Files that are no pack of the publisher's, or not the next one: each refused, with its reason.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::DeflateEncoder;
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use wallet_core::error::WalletError;
use wallet_core::securing::Mechanism;
use wallet_core::trust_pack::{Difference, Entries, MAX_BYTES, MAX_ENTRIES, Manifest, PackFile, TrustPack};

use crate::packs::{Random, Signer, at, crowd, object};

const NOW: &str = "2026-03-01T12:00:00Z";

fn publisher() -> Signer {
    Signer::publisher(1)
}

fn entries() -> Entries {
    crowd(20, &at(NOW), &mut Random(1))
}

fn pack(version: u64) -> TrustPack {
    publisher().pack(entries(), version, &at(NOW))
}

/// One more entry than [`pack`].
fn next_pack(version: u64) -> TrustPack {
    let mut entries = entries();
    entries.put("context/https://a.example/c", b"{\"@context\":{}}".to_vec());
    publisher().pack(entries, version, &at(NOW))
}

fn open(file: &[u8], held: Option<&TrustPack>) -> Result<TrustPack, WalletError> {
    TrustPack::open(file, &publisher().did, held, &at(NOW))
}

#[track_caller]
fn refused(result: Result<TrustPack, WalletError>, because: &str) {
    match result {
        Err(WalletError::Refused { reason, .. }) => assert!(reason.contains(because), "{reason}"),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn malformed(result: Result<TrustPack, WalletError>, because: &str) {
    match result {
        Err(WalletError::Malformed { reason, .. }) => assert!(reason.contains(because), "{reason}"),
        other => panic!("{other:?}"),
    }
}

/// Where the manifest of a file ends.
fn end_of_manifest(file: &[u8]) -> usize {
    8 + u32::from_be_bytes([0, file[5], file[6], file[7]]) as usize
}

/// The file with something else behind its manifest.
fn with_tail(file: &[u8], bytes: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(file[..end_of_manifest(file)].to_vec(), Compression::best());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}

#[test]
fn whole_file_opens() {
    let pack = pack(1);
    assert_eq!(open(&pack.to_bytes(), None), Ok(pack));
}

#[test]
fn forged_signature_is_refused() {
    let mut file = pack(1).to_bytes();
    let end = end_of_manifest(&file);
    let place = &mut file[end - 20];
    *place = if *place == b'A' { b'B' } else { b'A' };
    refused(open(&file, None), "altered or forged");
}

#[test]
fn entries_of_another_pack_are_refused() {
    let (one, other) = (pack(1).to_bytes(), next_pack(2).to_bytes());
    let swapped = [&one[..end_of_manifest(&one)], &other[end_of_manifest(&other)..]].concat();
    refused(open(&swapped, None), "not those that its publisher signed");
}

#[test]
fn pack_by_another_publisher_is_refused() {
    let theirs = Signer::publisher(2).pack(entries(), 9, &at(NOW));
    refused(open(&theirs.to_bytes(), None), "and not by");
}

#[test]
fn other_credential_of_the_publisher_is_no_manifest() {
    let publisher = publisher();
    let mut credential = pack(1).manifest().to_credential();
    credential.insert("type".to_owned(), serde_json::json!(["VerifiableCredential"]));
    let signed = publisher.sign(credential, Mechanism::Jwt, &at(NOW));
    assert!(matches!(TrustPack::new(entries(), &signed), Err(WalletError::Malformed { .. })));
    let manifest = Manifest { digest: [0; 32], ..pack(1).manifest().clone() };
    let signed = publisher.sign(manifest.to_credential(), Mechanism::Jwt, &at(NOW));
    assert!(matches!(TrustPack::new(entries(), &signed), Err(WalletError::Misused { .. })));
}

#[test]
fn file_cut_short_anywhere_is_refused() {
    let file = pack(1).to_bytes();
    for length in 0..file.len() {
        assert!(
            matches!(open(&file[..length], None), Err(WalletError::Malformed { .. } | WalletError::Refused { .. })),
            "{length}"
        );
    }
    malformed(open(&file[..file.len() - 1], None), "ends early");
}

#[test]
fn bytes_after_the_end_are_refused() {
    let mut file = pack(1).to_bytes();
    file.push(0);
    malformed(open(&file, None), "bytes follow its end");
}

#[test]
fn later_format_is_not_supported() {
    let mut file = pack(1).to_bytes();
    file[3] = 2;
    assert!(matches!(open(&file, None), Err(WalletError::Unsupported { .. })));
}

#[test]
fn what_inflates_without_end_is_refused() {
    let bomb = vec![0; MAX_BYTES + 16 * MAX_ENTRIES + 1];
    malformed(open(&with_tail(&pack(1).to_bytes(), &bomb), None), "inflates to more than");
}

#[test]
fn pack_is_refused_before_its_time_by_a_clock_that_is_behind_and_after_it() {
    let file = pack(1).to_bytes();
    let at_time = |time| TrustPack::open(&file, &publisher().did, None, &at(time));
    refused(at_time("2026-03-01T11:59:59Z"), "set the clock");
    assert!(at_time(NOW).is_ok());
    assert!(at_time("2026-03-31T12:00:00Z").is_ok());
    refused(at_time("2026-03-31T12:00:01Z"), "ask for a newer one");
}

#[test]
fn older_pack_or_another_of_the_same_version_is_refused() {
    let held = pack(5);
    refused(open(&next_pack(4).to_bytes(), Some(&held)), "version 4, and version 5 is held");
    refused(open(&next_pack(5).to_bytes(), Some(&held)), "no step back");
    assert_eq!(open(&held.to_bytes(), Some(&held)), Ok(held.clone()));
    assert_eq!(open(&next_pack(6).to_bytes(), Some(&held)), Ok(next_pack(6)));
}

#[test]
fn difference_leads_from_the_pack_it_was_made_from_and_no_other() {
    let (one, two, other) = (pack(1), next_pack(2), publisher().pack(crowd(3, &at(NOW), &mut Random(7)), 1, &at(NOW)));
    let file = Difference::between(&one, &two).expect("two packs of one publisher").to_bytes();
    assert_eq!(open(&file, Some(&one)), Ok(two.clone()));
    refused(open(&file, Some(&other)), "fetch the whole pack");
    refused(open(&file, None), "fetch the whole pack");
    refused(open(&file, Some(&two)), "fetch the whole pack");
    assert!(matches!(Difference::between(&two, &one), Err(WalletError::Misused { .. })));
}

#[test]
fn altered_difference_is_refused() {
    let (one, two) = (pack(1), next_pack(2));
    let file = Difference::between(&one, &two).expect("two packs of one publisher").to_bytes();
    let PackFile::Difference(difference) = PackFile::read(&file, &publisher().did).expect("a difference") else {
        panic!("a difference was written");
    };
    assert_eq!((difference.removed().count(), difference.changed().iter().count()), (0, 1));
    let three = {
        let mut entries = entries();
        entries.put("context/https://a.example/c", b"{\"@context\":{\"evil\":\"https://evil.example\"}}".to_vec());
        publisher().pack(entries, 2, &at(NOW))
    };
    let forged = Difference::between(&one, &three).expect("two packs of one publisher").to_bytes();
    let spliced = [&file[..end_of_manifest(&file)], &forged[end_of_manifest(&forged)..]].concat();
    refused(open(&spliced, Some(&one)), "not what its publisher signed");
}

#[test]
fn publisher_whose_did_does_not_hold_its_key_is_misuse() {
    let web = "did:web:a.example".parse().expect("a DID");
    let mut file = pack(1).to_bytes();
    assert!(matches!(PackFile::read(&file, &web), Err(WalletError::Refused { .. })));
    file.clear();
    assert!(matches!(PackFile::read(&file, &web), Err(WalletError::Malformed { .. })));
}

const NAMES: &str = "did:(web:a.example|ethr:0x00000000000000000000000000000000000000a[0-9])/(history|document|issuer)|\
    (list|chain|checkpoint|context|table|resource)/[1a]{0,2}|[a-c]{0,2}";

fn any_entries() -> impl Strategy<Value = Entries> {
    let set = btree_map(NAMES, vec(any::<u8>(), 0..6), 0..12);
    set.prop_map(|set| {
        let mut entries = Entries::new();
        set.into_iter().for_each(|(name, bytes)| entries.put(name, bytes));
        entries
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn difference_between_any_two_packs_leads_from_one_to_the_other(a in any_entries(), b in any_entries()) {
        let (a, b) = (publisher().pack(a, 1, &at(NOW)), publisher().pack(b, 2, &at(NOW)));
        let file = Difference::between(&a, &b).expect("two packs of one publisher").to_bytes();
        prop_assert_eq!(open(&file, Some(&a)), Ok(b));
    }

    #[test]
    fn one_changed_byte_changes_nothing_or_is_refused(at in any::<proptest::sample::Index>(), mask in 1..=255u8) {
        let pack = pack(1);
        let mut file = pack.to_bytes();
        *at.get_mut(&mut file) ^= mask;
        if let Ok(read) = open(&file, None) {
            prop_assert_eq!(read, pack);
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in vec(any::<u8>(), 0..200)) {
        let framed = [&b"CTP\x01W\0\0\x10"[..], &bytes].concat();
        let behind = with_tail(&pack(1).to_bytes(), &bytes);
        for file in [bytes, framed, behind] {
            prop_assert!(open(&file, None).is_err());
            let _ = PackFile::claimed_publisher(&file);
        }
    }

    #[test]
    fn any_entries_say_something_or_are_refused(entries in any_entries()) {
        let pack = publisher().pack(entries.clone(), 1, &at(NOW));
        let _ = (entries.issuers(), entries.readings(), entries.evidence().is_ok(), entries.type_tables().is_ok());
        for (name, _) in entries.iter() {
            if let Some(did) = name.split('/').next().and_then(|did| did.parse().ok()) {
                let _ = pack.resolution(&did, &at(NOW));
            }
            let _ = name.strip_prefix("list/").map(|url| pack.status_list(url, &at(NOW)));
        }
    }
}

#[test]
fn manifest_says_nothing_but_version_digest_and_validity() {
    let claims = object(serde_json::Value::Object(pack(3).manifest().to_credential())["credentialSubject"].clone());
    assert_eq!(claims.keys().collect::<Vec<_>>(), ["version", "digest"]);
}
