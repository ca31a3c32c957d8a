//! Every parser of bytes from outside, as a function that takes any bytes and must neither panic nor take long.
//!
//! The fuzz targets run them on what libFuzzer makes up, `tests/fuzz_seeds.rs` on the seeds. Where a parser hands on to a judge,
//! the judge is asked too; where what was read can be written again, it must read back the same.

mod issuance;
mod openid;

pub use issuance::issuance;
pub use openid::openid4vp;

use std::collections::BTreeMap;

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use serde_json::{Map, Value, json};
use wallet_core::credential::{ClaimPath, Credential, Date, Presentation, profiles};
use wallet_core::did::{self, Did, DidDocument, DidUrl, Resolution, VerificationRelationship};
use wallet_core::error::WalletError;
use wallet_core::json::{self as strict, JsonPointer};
use wallet_core::key::{KeyAlgorithm, PublicKey, SecretKey};
use wallet_core::language::Language;
use wallet_core::presentation::Request;
use wallet_core::qr::{self, TypeTable, TypeTables, barcode, cbor_ld, picture};
use wallet_core::registry::accreditation::Scope;
use wallet_core::registry::identity::times_in;
use wallet_core::registry::{B256, Bytes, Header, credential_registry, did_registry, qbft, rpc};
use wallet_core::seal::Passphrase;
use wallet_core::securing::linked_data::{Contexts, canonical_nquads, to_quads};
use wallet_core::securing::sd_jwt::type_metadata::TypeMetadata;
use wallet_core::securing::sd_jwt::{Disclosure, IssuerMetadata, SdJwt};
use wallet_core::securing::{Mechanism, ProofOptions, Secured, jcs, prepare};
use wallet_core::status::{Indexes, PublishedList, StatusEntry, StatusList, TokenStatusList};
use wallet_core::store::{Record, read_backup};
use wallet_core::time::Timestamp;
use wallet_core::trust_pack::{Entries, Manifest, PackFile, TrustPack};
use wallet_core::verification::{Evidence, Expectations, Known, Need, verify};

mod oauth;

pub use oauth::{certificate, jose, oauth};

/// One target: its name and what it does with any bytes.
pub type Target = (&'static str, fn(&[u8]));

/// All targets; each has a file in `fuzz_targets` and a folder in `seeds`.
pub const TARGETS: [Target; 31] = [
    ("secured", secured),
    ("token", token),
    ("cose", cose),
    ("sd_jwt", sd_jwt),
    ("proof", proof),
    ("json", json),
    ("linked_data", linked_data),
    ("context", context),
    ("credential", credential),
    ("schema", schema),
    ("type_metadata", type_metadata),
    ("openid4vp", openid4vp),
    ("status_list", status_list),
    ("status_entry", status_entry),
    ("cbor_ld", cbor_ld),
    ("barcode", barcode_text),
    ("picture", qr_picture),
    ("key", key),
    ("did", did),
    ("did_document", did_document),
    ("backup", backup),
    ("stored", stored),
    ("trust_pack", trust_pack),
    ("pack_entries", pack_entries),
    ("rpc", rpc),
    ("chain", chain),
    ("text", text),
    ("oauth", oauth),
    ("jose", jose),
    ("certificate", certificate),
    ("issuance", issuance),
];

fn now() -> Timestamp {
    Timestamp::from_unix(1_772_366_460).expect("a moment of 2026")
}

fn utf8(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}

fn value(bytes: &[u8]) -> Option<Value> {
    strict::read_bytes("fuzz", bytes).ok()
}

fn object(bytes: &[u8]) -> Option<Map<String, Value>> {
    match value(bytes)? {
        Value::Object(map) => Some(map),
        _ => None,
    }
}

/// All that a verifier does with something it could read, as far as no network is needed.
fn judge(secured: &Secured) {
    let mut evidence = Evidence::new(Contexts::bundled());
    for need in evidence.needs(secured, &Expectations::default(), &now()) {
        if let Need::Did(did) = need {
            let known = match did::resolve_self_contained(&did) {
                Ok(what) => Known::Found { what, as_of: now() },
                Err(error) => Known::Missing { why: error.to_string() },
            };
            evidence.resolutions.insert(did, known);
        }
    }
    for expected in [Expectations::default(), Expectations::presentation("q2Vn3h1kV7v0b8yqk6tQ5w", "biblioteca.example")] {
        let verdict = verify(secured, &evidence, &expected, &now());
        let _ = (verdict.to_json(), verdict.word());
    }
    let key = SecretKey::from_bytes(KeyAlgorithm::Ed25519, &[1; 32]).expect("a seed").public_key();
    for proof in 0..secured.proofs().len() {
        let _ = secured.check_signature(proof, &key, &evidence.contexts);
        let digest = secured.signed_digest(proof, &evidence.contexts).ok();
        let _ = digest.zip(secured.inclusion()).map(|(digest, inclusion)| inclusion.root(&digest));
    }
    let again = Secured::read(secured.text()).expect("what was read is read again");
    assert_eq!(again.body(), secured.body());
    let _ = (secured.nested(), secured.to_bytes());
}

/// A credential or presentation in any form.
pub fn secured(bytes: &[u8]) {
    if let Ok(secured) = Secured::read_bytes(bytes) {
        judge(&secured);
    }
}

/// A compact token of this header and, behind a line end, this payload.
pub fn token(bytes: &[u8]) {
    let at = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    let (header, payload) = (&bytes[..at], bytes.get(at + 1..).unwrap_or_default());
    let encode = |part: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(part);
    let text = format!("{}.{}.{}", encode(header), encode(payload), encode(&[1; 64]));
    for text in [format!("{text}~"), text] {
        if let Ok(secured) = Secured::read(&text) {
            judge(&secured);
        }
    }
}

/// A COSE message.
pub fn cose(bytes: &[u8]) {
    // Bytes that are text would be read as such: an envelope keeps them what they are.
    let url = format!("data:application/vc+cose;base64,{}", base64::prelude::BASE64_STANDARD.encode(bytes));
    for read in [Secured::read_bytes(bytes), Secured::read(&url), Secured::read(&url.replace("vc+cose", "statuslist+cwt"))] {
        read.iter().for_each(judge);
    }
}

/// An SD-JWT: the text itself, or lines: a header, a payload, disclosures, and behind `kb` the claims of a key binding.
pub fn sd_jwt(bytes: &[u8]) {
    let Some(text) = utf8(bytes) else { return };
    let _ = Disclosure::read(text);
    let encode = |part: &str| BASE64_URL_SAFE_NO_PAD.encode(part);
    let mut lines = text.lines();
    let (header, payload) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    let mut built = format!("{}.{}.{}~", encode(header), encode(payload), encode("signature"));
    for line in lines {
        match line.strip_prefix("kb ") {
            Some(claims) => {
                built.push_str(&format!("{}.{}.{}", encode(r#"{"alg":"ES256","typ":"kb+jwt"}"#), encode(claims), encode("s")));
            }
            None => built.push_str(&format!("{}~", encode(line))),
        }
    }
    for text in [text, &built] {
        let Ok(token) = SdJwt::read(text) else { continue };
        let _ = (token.check_time(&now()), token.check_binding(&now()), token.holder_key());
        let disclosable = token.disclosable();
        if token.claims().is_ok() {
            let shown = token.disclose(&disclosable).expect("what may be disclosed can be");
            assert_eq!(shown.claims(), token.claims());
        }
        if let Ok(secured) = Secured::read(token.text()) {
            judge(&secured);
        }
    }
}

/// A proof object in a good credential.
pub fn proof(bytes: &[u8]) {
    let Some(proof) = value(bytes) else { return };
    let credential = json!({
        "@context": ["https://www.w3.org/ns/credentials/v2"], "type": ["VerifiableCredential"], "issuer": "did:example:issuer",
        "credentialSubject": { "id": "did:example:subject", "name": "Lucía" }, "proof": proof,
    });
    secured(credential.to_string().as_bytes());
}

/// JSON, and its canonical form.
pub fn json(bytes: &[u8]) {
    let Some(value) = value(bytes) else { return };
    if let Ok(canonical) = jcs::canonicalize(&value) {
        let again = strict::read("fuzz", &canonical).expect("canonical JSON is JSON");
        assert_eq!(jcs::canonicalize(&again).as_deref(), Ok(&*canonical));
    }
}

/// A JSON-LD document.
pub fn linked_data(bytes: &[u8]) {
    let Some(document) = object(bytes) else { return };
    let contexts = Contexts::bundled();
    let _ = (to_quads(&document, &contexts).map(|quads| quads.len()), canonical_nquads(&document, &contexts));
}

/// A JSON-LD context that an app adds, and a document in it.
pub fn context(bytes: &[u8]) {
    const URL: &str = "https://example.org/c";
    let Some(mut document) = object(bytes) else { return };
    let context = json!({ "@context": document.remove("@context") });
    let Ok(contexts) = Contexts::bundled().with(URL, &context.to_string()) else { return };
    document.insert("@context".to_owned(), json!(["https://www.w3.org/ns/credentials/v2", URL]));
    let _ = canonical_nquads(&document, &contexts);
    document.insert("@context".to_owned(), json!(URL));
    let _ = canonical_nquads(&document, &contexts);
    let _ = cbor_ld::encode(&document, &TypeTable::empty(), &contexts);
}

/// The structure of credentials and presentations, and what a person is shown of them.
pub fn credential(bytes: &[u8]) {
    let Some(document) = object(bytes) else { return };
    let _ = Presentation::check(&document);
    for credential in [Credential::check(&document), Credential::check_sd_jwt_vc(&document)].into_iter().flatten() {
        let _ = (profiles::check(&credential), credential.statuses(), credential.related_resources());
        for language in [Language::Es, Language::En, Language::Pt] {
            let _ = (profiles::summary(&credential, language), credential.name(language));
        }
    }
}

/// A schema over a credential: `{"schema": …, "credentialSubject": …}`.
pub fn schema(bytes: &[u8]) {
    const URL: &str = "https://example.org/schema.json";
    let Some(mut document) = object(bytes) else { return };
    let schema = document.remove("schema").unwrap_or_default();
    let credential = json!({
        "@context": ["https://www.w3.org/ns/credentials/v2"], "type": ["VerifiableCredential"], "issuer": "did:example:issuer",
        "credentialSubject": document.remove("credentialSubject").unwrap_or_else(|| json!({ "id": "urn:s" })),
        "credentialSchema": { "id": URL, "type": "JsonSchema" },
        "proof": {
            "type": "DataIntegrityProof", "cryptosuite": "eddsa-jcs-2022", "proofPurpose": "assertionMethod",
            "verificationMethod": "did:example:issuer#key", "proofValue": format!("z{}", "1".repeat(64)),
        },
    });
    let Ok(secured) = Secured::read(&credential.to_string()) else { return };
    let mut evidence = Evidence::new(Contexts::bundled());
    let found = Known::Found { what: schema.to_string().into_bytes(), as_of: now() };
    evidence.resources.insert(URL.to_owned(), found);
    let _ = evidence.needs(&secured, &Expectations::default(), &now());
    let _ = verify(&secured, &evidence, &Expectations::default(), &now());
}

/// Type metadata of SD-JWT VC, by `vct`; and the metadata of an issuer by web address.
pub fn type_metadata(bytes: &[u8]) {
    let Some(text) = utf8(bytes) else { return };
    if let Ok(metadata) = IssuerMetadata::read(text, "https://example.org") {
        let _ = (metadata.key(None), metadata.key(Some("1")));
        let _ = metadata.with_keys(text);
    }
    let _ = IssuerMetadata::url(text);
    let documents = match object(bytes) {
        None => BTreeMap::from([("a".to_owned(), text.to_owned())]),
        Some(all) => all.into_iter().map(|(vct, document)| (vct, document.to_string())).collect(),
    };
    for vct in documents.keys() {
        let _ = TypeMetadata::resolve(vct, None, &documents);
    }
}

/// A status list: its bits, its credential or token.
pub fn status_list(bytes: &[u8]) {
    if let Some(text) = utf8(bytes) {
        for bits in [1, 2, 4, 8] {
            if let Ok(list) = TokenStatusList::decode(text, bits) {
                assert_eq!(TokenStatusList::decode(&list.encode(), bits), Ok(list));
            }
        }
        if let Ok(list) = StatusList::decode(text, 1) {
            let _ = (list.entries(), list.value(0), list.count_set());
        }
        let _ = Indexes::decode(text);
    }
    let encoded = BASE64_URL_SAFE_NO_PAD.encode(bytes);
    let _ = (StatusList::decode(&format!("u{encoded}"), 1), TokenStatusList::decode(&encoded, 1));
    if let Some(Ok(list)) = object(bytes).map(|body| PublishedList::read(&body)) {
        let entry = json!({ "status_list": { "idx": 7, "uri": "https://example.com/1" } });
        for entry in StatusEntry::read_claim(&entry).into_iter().flatten() {
            let _ = list.check(&entry);
        }
    }
}

/// The place of a credential in a status list.
pub fn status_entry(bytes: &[u8]) {
    let Some(value) = value(bytes) else { return };
    let _ = StatusEntry::read_claim(&value);
    if let Value::Object(entry) = value {
        let _ = StatusEntry::read(&entry);
    }
}

fn tables() -> TypeTables {
    let contexts = ["https://www.w3.org/ns/credentials/v2", "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"];
    let table = TypeTable::programme(1000, &contexts, &["did:example:issuer"], &["aisle"]).expect("a table");
    TypeTables::new().with(table)
}

/// CBOR-LD; what is read and can be written comes back the same.
pub fn cbor_ld(bytes: &[u8]) {
    let contexts = Contexts::bundled();
    let headed = [&[0xd9, 0xcb, 0x1d, 0x82, 0x19, 0x03, 0xe8], bytes].concat();
    for bytes in [bytes, &headed] {
        let Ok(document) = cbor_ld::decode(bytes, &tables(), &contexts) else { continue };
        if let Ok(text) = barcode::encode(&document, &TypeTable::empty(), &contexts) {
            barcode::decode(&text, &TypeTables::new(), &contexts).expect("what was written is read");
        }
    }
}

/// Any text that a scanner hands over.
pub fn barcode_text(bytes: &[u8]) {
    let Some(text) = utf8(bytes) else { return };
    let _ = qr::recognise(text);
    let _ = barcode::decode(text, &tables(), &Contexts::bundled());
}

/// A picture with, perhaps, a QR code.
pub fn qr_picture(bytes: &[u8]) {
    let _ = picture::read(bytes);
}

/// A public key in every form.
pub fn key(bytes: &[u8]) {
    let algorithms = [KeyAlgorithm::Ed25519, KeyAlgorithm::P256, KeyAlgorithm::P384, KeyAlgorithm::Secp256k1];
    let raw = algorithms.into_iter().filter_map(|algorithm| PublicKey::from_bytes(algorithm, bytes).ok());
    let multikey = utf8(bytes).and_then(|text| PublicKey::from_multikey(text).ok());
    let jwk = value(bytes).and_then(|jwk| PublicKey::from_jwk(&jwk).ok());
    for key in raw.chain(multikey).chain(jwk) {
        assert_eq!(PublicKey::from_multikey(&key.to_multikey()).as_ref(), Ok(&key));
        assert_eq!(PublicKey::from_jwk(&key.to_jwk()).as_ref(), Ok(&key));
        let _ = key.verify(b"message", &[7; 64]);
    }
}

/// DIDs and DID URLs, and the documents that DIDs contain.
pub fn did(bytes: &[u8]) {
    let Some(text) = utf8(bytes) else { return };
    if let Ok(url) = text.parse::<DidUrl>() {
        assert_eq!(url.without_query().did(), url.did());
        let _ = (url.parameter("versionId"), url.parameter("versionTime"), url.fragment().map(str::len), url.path().len());
    }
    let Ok(did) = text.parse::<Did>() else { return };
    if let Ok(resolution) = did::resolve_self_contained(&did) {
        let written = resolution.document.to_json();
        assert_eq!(DidDocument::from_json(&written), Ok(resolution.document));
    }
    let _ = did::web::location(&did, &BTreeMap::new());
    let _ = did::ethr::Identity::read(&did);
}

/// A DID document.
pub fn did_document(bytes: &[u8]) {
    let Some(value) = value(bytes) else { return };
    let Ok(document) = DidDocument::from_json(&value) else { return };
    assert_eq!(DidDocument::from_json(&document.to_json()), Ok(document));
}

/// A backup file, of which nobody knows the passphrase.
pub fn backup(bytes: &[u8]) {
    let passphrase = Passphrase::new("nobody knows it").expect("a passphrase");
    let _ = read_backup(bytes, &passphrase);
    // Without a good header the rest is never looked at: the costs a header may ask for are looked at on their own.
    let _ = serde_json::from_slice::<wallet_core::seal::Stretch>(bytes);
}

/// The file of a trust pack, whole or a difference, by whoever it says signed it.
pub fn trust_pack(bytes: &[u8]) {
    let Ok(publisher) = PackFile::claimed_publisher(bytes) else { return };
    match PackFile::read(bytes, &publisher) {
        Ok(PackFile::Whole(pack)) => {
            let again = PackFile::read(&pack.to_bytes(), &publisher);
            assert_eq!(again, Ok(PackFile::Whole(pack)));
        }
        Ok(PackFile::Difference(difference)) => {
            let again = PackFile::read(&difference.to_bytes(), &publisher);
            assert_eq!(again, Ok(PackFile::Difference(difference)));
        }
        Err(_) => {}
    }
}

/// What the entries of a trust pack say, signed whatever they are: a line with the name, two bytes of length, and that many bytes.
pub fn pack_entries(mut bytes: &[u8]) {
    let mut entries = Entries::new();
    while let Some(end) = bytes.iter().position(|byte| *byte == b'\n') {
        let Some((length, rest)) = bytes[end + 1..].split_first_chunk::<2>() else { break };
        let (value, rest) = rest.split_at(rest.len().min(u16::from_be_bytes(*length).into()));
        entries.put(String::from_utf8_lossy(&bytes[..end]), value.to_vec());
        bytes = rest;
    }
    let _ = (entries.issuers().is_ok(), entries.readings().is_ok(), entries.list_times().is_ok(), entries.count().len());
    let _ = (entries.evidence().is_ok(), entries.type_tables().is_ok(), entries.checkpoint(1).is_ok());
    let names: Vec<String> = entries.iter().map(|(name, _)| name.to_owned()).collect();
    let Ok(pack) = TrustPack::new(entries.clone(), &signed_manifest(&entries)) else { return };
    for name in names {
        if let Some(did) = name.split('/').next().and_then(|did| did.parse().ok()) {
            let _ = (pack.resolution(&did, &now()), pack.anchored(&did, B256::ZERO, &now()));
            let _ = pack.accreditations(&did, &Scope::of("https://e.example/t"), &now());
        }
        let _ = name.strip_prefix("list/").map(|url| pack.status_list(url, &now()));
    }
}

fn signed_manifest(entries: &Entries) -> Secured {
    let key = SecretKey::from_bytes(KeyAlgorithm::Ed25519, &[7; 32]).expect("32 bytes are a key");
    let publisher = did::key::from_public_key(&key.public_key());
    let method = publisher.with_fragment(publisher.identifier()).expect("a DID URL");
    let (from, until) = (now(), now().plus_seconds(60));
    let manifest = Manifest { publisher, version: 1, valid_from: from, valid_until: until, digest: entries.digest() };
    let options = ProofOptions::new(Mechanism::Jwt, method, VerificationRelationship::AssertionMethod, now());
    let unsigned = prepare(manifest.to_credential(), &options, &key.public_key(), &Contexts::bundled()).expect("a credential");
    let signature = key.sign(unsigned.message());
    unsigned.finish(&signature).expect("the signature fits")
}

/// What a wallet or verifier keeps: records, tables, requests, resolutions.
pub fn stored(bytes: &[u8]) {
    if let Ok(record) = serde_json::from_slice::<Record>(bytes) {
        let written = serde_json::to_vec(&record).expect("a record is plain data");
        assert!(serde_json::from_slice::<Record>(&written).is_ok_and(|again| again == record));
    }
    if let Ok(resolution) = serde_json::from_slice::<Resolution>(bytes) {
        let _ = serde_json::to_vec(&resolution).expect("a resolution is plain data");
    }
    if let Some(value) = value(bytes) {
        let _ = TypeTable::from_json(&value);
    }
    if let Some(Ok(request)) = utf8(bytes).map(Request::read) {
        assert_eq!(Request::read(&request.to_json().to_string()), Ok(request));
    }
}

/// What a node answers.
pub fn rpc(bytes: &[u8]) {
    let Some(value) = value(bytes) else { return };
    let _ = (rpc::read_quantity(&value), rpc::read_wei(&value), rpc::read_gas_limit(&value), rpc::read_bytes(&value));
    let _ = (rpc::read_hash(&value), rpc::read_next_base_fee(&value), rpc::read_block(&value));
    let _ = (rpc::read_receipt(&value), rpc::read_receipts(&value), rpc::read_proof(&value));
    for log in rpc::read_logs(&value).into_iter().flatten() {
        let _ = did_registry::read_event(&log, 1);
    }
    let _ = rpc::read_logs(&value).map(|logs| times_in(&logs));
}

/// Blocks, seals, transactions and what contracts answer, in their own encodings.
pub fn chain(bytes: &[u8]) {
    if let Ok(header) = Header::decode(bytes) {
        assert_eq!(header.encode(), bytes, "RLP has one form");
        let _ = (header.hash(), qbft::sealers(&header), qbft::seal_message(&header));
    }
    let _ = qbft::ExtraData::decode(bytes);
    let _ = wallet_core::registry::SignedTransaction::read(bytes);
    let _ = (did_registry::read_owner(bytes), did_registry::read_number(bytes), did_registry::read_history(bytes));
    let _ = (credential_registry::read_number(bytes), credential_registry::read_yes(bytes));
    let _ = (credential_registry::read_accreditation(bytes), credential_registry::read_moment(bytes));
    let _ = (credential_registry::read_status(bytes), Bytes::copy_from_slice(bytes).len());
}

/// Short texts: times, days, paths, pointers.
pub fn text(bytes: &[u8]) {
    let Some(text) = utf8(bytes) else { return };
    let same = |one: Result<Timestamp, WalletError>| one.map(|time| assert_eq!(time.to_string().parse(), Ok(time)));
    let _ = same(text.parse());
    if let Ok(date) = text.parse::<Date>() {
        assert_eq!(date.to_string(), text);
    }
    if let Ok(pointer) = text.parse::<JsonPointer>() {
        assert_eq!(pointer.to_string().parse::<JsonPointer>(), Ok(pointer.clone()));
        let _ = pointer.find(&json!({ "a": [1, { "b": 2 }] }));
    }
    if let Some(Ok(path)) = value(bytes).map(|value| ClaimPath::from_value(&value)) {
        let _ = (path.find(&Map::from_iter([("a".to_owned(), json!([1, [2, 3]]))])), path.to_string());
    }
}
