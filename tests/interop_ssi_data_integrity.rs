//! Data Integrity against crate `ssi`, both ways, on claims that are awkward to canonicalise.
//!
//! Where the two disagree, the document is named below with the section of the standard that says who is right; a disagreement
//! that is not listed, and a listed one that is gone, fail.

#[path = "interop/data_integrity/documents.rs"]
mod documents;
#[path = "support/table.rs"]
mod table;

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use documents::{EXTRA, V1, as_v1, contexts, documents};
use serde_json::{Map, Value, json};
use ssi::claims::data_integrity::{AnySuite, CryptographicSuite as _, DataIntegrity, ProofOptions as TheirOptions};
use ssi::claims::vc::AnyJsonCredential;
use ssi::claims::{SignatureEnvironment, VerificationParameters};
use ssi::dids::{DIDKey, VerificationMethodDIDResolver};
use ssi::json_ld::ContextLoader;
use ssi::verification_methods::{AnyMethod, SingleSecretSigner};
use wallet_core::did::{Did, VerificationRelationship, resolve_self_contained};
use wallet_core::key::{KeyAlgorithm, SecretKey};
use wallet_core::registry::{B256, MerkleTree};
use wallet_core::securing::{INCLUSION_SUITE, Mechanism, ProofOptions, Secured, prepare};
use wallet_core::time::Timestamp;
use wallet_core::verification::{Evidence, Expectations, Known, Reason, verify};

const THEIRS: &str = "crate ssi 0.16";
const OURS: &str = "Cédula";

/// What `ssi` does otherwise than the standards say, by document; npm `@digitalbazaar/vc` does as ours does.
const KNOWN: [(&str, &str); 18] = [
    ("tab, line feeds, return", "RDFC-1.0 §A: a tab is written \\t"),
    ("control characters", "RDFC-1.0 §A: control characters are written by number"),
    ("list", "JSON-LD 1.1 API §8.3: a list is a chain of rdf:first and rdf:rest"),
    ("empty list", "JSON-LD 1.1 API §8.3: an empty list is rdf:nil"),
    ("list of lists", "JSON-LD 1.1 API §8.3"),
    ("list of nodes", "JSON-LD 1.1 API §8.3"),
    ("transcript of siblings without id", "RDFC-1.0 §4.8: Hash N-Degree Quads"),
    ("upper-case language tags", "JSON-LD 1.1 API §8.2: a language tag stays as it is written"),
    ("term with a language", "JSON-LD 1.1 API §8.2"),
    ("language map", "JSON-LD 1.1 API §8.2"),
    ("language tag with script and region", "JSON-LD 1.1 API §8.2"),
    ("direction", "JSON-LD 1.1 API §8.2: directions are part of the datatype (i18n)"),
    ("direction without language", "JSON-LD 1.1 API §8.2"),
    ("name in several languages", "JSON-LD 1.1 API §8.2"),
    ("small and huge numbers", "JSON-LD 1.1 API §8.6: a double has 16 digits at the most"),
    ("doubles", "1e21 is a number (RFC 8259 §6), and a panic is no answer"),
    ("@json", "1e30 is a number (RFC 8259 §6), and a panic is no answer"),
    ("data-integrity/v2 beside credentials/v2", "JSON-LD 1.1 API §4.2.2: a protected term may be defined again in the same way"),
];

/// What it does otherwise for P-384 besides: blank nodes whose order depends on the hash.
const KNOWN_P384: [&str; 5] = ["blank nodes by name", "graph", "index map", "Open Badges diploma", "vaccination pass"];
const WHY_P384: &str = "VC DI ECDSA §3.2: for P-384, RDFC-1.0 itself hashes with SHA-384";

type TheirCredential = DataIntegrity<AnyJsonCredential, AnySuite>;

struct Signer {
    suite: AnySuite,
    mechanism: Mechanism,
    algorithm: KeyAlgorithm,
}

fn signers() -> Vec<Signer> {
    let signer = |suite, mechanism, algorithm| Signer { suite, mechanism, algorithm };
    vec![
        signer(AnySuite::EdDsaRdfc2022, Mechanism::EddsaRdfc2022, KeyAlgorithm::Ed25519),
        signer(AnySuite::EcdsaRdfc2019, Mechanism::EcdsaRdfc2019, KeyAlgorithm::P256),
        signer(AnySuite::EcdsaRdfc2019, Mechanism::EcdsaRdfc2019, KeyAlgorithm::P384),
        signer(AnySuite::Ed25519Signature2020, Mechanism::Ed25519Signature2020, KeyAlgorithm::Ed25519),
        signer(AnySuite::JsonWebSignature2020, Mechanism::JsonWebSignature2020, KeyAlgorithm::Ed25519),
        signer(AnySuite::JsonWebSignature2020, Mechanism::JsonWebSignature2020, KeyAlgorithm::P256),
        signer(AnySuite::JsonWebSignature2020, Mechanism::JsonWebSignature2020, KeyAlgorithm::P384),
    ]
}

impl Signer {
    fn key(&self) -> SecretKey {
        let length = if self.algorithm == KeyAlgorithm::P384 { 48 } else { 32 };
        SecretKey::from_bytes(self.algorithm, &vec![42; length]).expect("a scalar in range")
    }

    fn did(&self) -> String {
        format!("did:key:{}", self.key().public_key().to_multikey())
    }

    fn method(&self) -> String {
        format!("{}#{}", self.did(), self.key().public_key().to_multikey())
    }

    fn name(&self) -> String {
        format!("{} {}", self.mechanism.as_str(), self.algorithm.curve())
    }

    /// Ours signs, where ours writes the suite at all.
    fn sign(&self, document: Map<String, Value>) -> Secured {
        let options = ProofOptions::new(
            self.mechanism,
            self.method().parse().expect("a DID URL"),
            VerificationRelationship::AssertionMethod,
            "2026-01-01T00:00:00Z".parse().expect("a time"),
        );
        let unsigned = prepare(document, &options, &self.key().public_key(), &contexts()).expect("every term is defined");
        let signature = self.key().sign(unsigned.message());
        unsigned.finish(&signature).expect("the right length")
    }

    fn check(&self, theirs: &Value) -> Result<(), String> {
        let read = Secured::read(&theirs.to_string()).map_err(|error| error.to_string())?;
        assert_eq!(read.proofs()[0].mechanism, self.mechanism);
        read.check_signature(0, &self.key().public_key(), &contexts()).map_err(|fault| fault.to_string())
    }

    async fn their_signature(&self, document: &Map<String, Value>) -> Result<Value, String> {
        let mut jwk = self.key().public_key().to_jwk();
        jwk["d"] = multibase::Base::Base64Url.encode(self.key().expose()).into();
        let jwk: ssi::JWK = serde_json::from_value(jwk).map_err(|e| e.to_string())?;
        let credential: AnyJsonCredential = serde_json::from_value(document.clone().into()).map_err(|e| e.to_string())?;
        let environment = SignatureEnvironment { json_ld_loader: loader(), eip712_loader: () };
        let method = ssi::dids::DIDURLBuf::from_string(self.method()).expect("a DID URL").into_iri();
        let options = TheirOptions::from_method(method.into());
        let signer = SingleSecretSigner::new(jwk).into_local();
        let signed = self.suite.sign_with(environment, credential, resolver(), signer, options, Default::default()).await;
        serde_json::to_value(signed.map_err(|e| e.to_string())?).map_err(|e| e.to_string())
    }
}

fn resolver() -> VerificationMethodDIDResolver<DIDKey, AnyMethod> {
    VerificationMethodDIDResolver::new(DIDKey)
}

/// Our contexts, after those that `ssi` brings itself.
fn loader() -> ContextLoader {
    let contexts = contexts();
    let all: HashMap<String, String> =
        contexts.urls().map(|url| (url.to_owned(), contexts.document(url).expect("at hand").to_string())).collect();
    ContextLoader::default().with_context_map_from(all).expect("contexts")
}

async fn their_verdict(document: &Value) -> Result<(), String> {
    let credential: TheirCredential = serde_json::from_value(document.clone()).map_err(|e| e.to_string())?;
    let parameters = VerificationParameters::from_resolver(resolver()).with_json_ld_loader(loader());
    credential.verify(parameters).await.map_err(|e| e.to_string())?.map_err(|e| e.to_string())
}

/// Runs what `ssi` may answer with a panic.
fn asked<T>(future: impl Future<Output = Result<T, String>>) -> Result<T, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    catch_unwind(AssertUnwindSafe(|| runtime.block_on(future))).unwrap_or_else(|_| Err("it panics".to_owned()))
}

/// Writes a row of the table; returns what is not as listed.
fn report(parties: (&str, &str), mechanism: &str, results: Vec<(&str, Result<(), String>)>) -> Vec<String> {
    let good = results.iter().filter(|(_, result)| result.is_ok()).count();
    let (signer, verifier) = parties;
    table::row(signer, verifier, mechanism, good, results.len());
    let sha384 = mechanism.starts_with("ecdsa-rdfc-2019 P-384");
    let mut faults = Vec::new();
    for (name, result) in results {
        let known = KNOWN.iter().find(|(known, _)| *known == name).map(|(_, why)| *why);
        let known = known.or((sha384 && KNOWN_P384.contains(&name)).then_some(WHY_P384));
        match (result, known) {
            (Ok(()), None) | (Err(_), Some(_)) => {}
            (Ok(()), Some(_)) => faults.push(format!("{mechanism}, {signer} by {verifier}, {name}: they agree by now")),
            (Err(why), None) => faults.push(format!("{mechanism}, {signer} by {verifier}, {name}: {why}")),
        }
    }
    faults
}

fn with_context(mut document: Map<String, Value>, url: &str) -> Map<String, Value> {
    document["@context"].as_array_mut().expect("a list").push(json!(url));
    document
}

fn exchange(signer: &Signer, what: &str, all: &[(&'static str, Map<String, Value>)]) -> Vec<String> {
    let mechanism = format!("{}, {what}", signer.name());
    let theirs = all.iter().map(|(name, document)| {
        let checked = asked(signer.their_signature(document)).and_then(|theirs| signer.check(&theirs));
        (*name, checked)
    });
    let mut faults = report((THEIRS, OURS), &mechanism, theirs.collect());
    // The signatures of 2020 are read here and never written.
    if matches!(signer.mechanism, Mechanism::EddsaRdfc2022 | Mechanism::EcdsaRdfc2019) {
        let ours = all.iter().map(|(name, document)| {
            let ours: Value = serde_json::from_str(signer.sign(document.clone()).text()).expect("JSON");
            (*name, asked(their_verdict(&ours)))
        });
        faults.extend(report((OURS, THEIRS), &mechanism, ours.collect()));
    }
    faults
}

fn suite_context(mechanism: Mechanism) -> &'static str {
    match mechanism {
        Mechanism::Ed25519Signature2020 => "https://w3id.org/security/suites/ed25519-2020/v1",
        Mechanism::JsonWebSignature2020 => "https://w3id.org/security/suites/jws-2020/v1",
        _ => "https://w3id.org/security/data-integrity/v2",
    }
}

#[test]
fn credentials_of_vc_dm_2_0_verify_both_ways_but_for_what_is_known() {
    let mut faults = Vec::new();
    for signer in signers() {
        let written = matches!(signer.mechanism, Mechanism::EddsaRdfc2022 | Mechanism::EcdsaRdfc2019);
        let with = |document| if written { document } else { with_context(document, suite_context(signer.mechanism)) };
        let all: Vec<_> = documents(&signer.did()).into_iter().map(|(name, document)| (name, with(document))).collect();
        faults.extend(exchange(&signer, "VC DM 2.0", &all));
    }
    for (name, why) in KNOWN.into_iter().chain(KNOWN_P384.map(|name| (name, WHY_P384))) {
        println!("{THEIRS} otherwise, {name}: {why}");
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn credentials_of_vc_dm_1_1_verify_both_ways_but_for_what_is_known() {
    let mut faults = Vec::new();
    for signer in signers() {
        let of = |(name, document)| Some((name, with_context(as_v1(document)?, suite_context(signer.mechanism))));
        let all: Vec<_> = documents(&signer.did()).into_iter().filter_map(of).collect();
        faults.extend(exchange(&signer, "VC DM 1.1", &all));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// From the other side's signature to a verdict of ours.
#[test]
fn credential_of_vc_dm_1_1_is_accepted_and_altered_rejected() {
    let now = Timestamp::from_unix(4_000_000_000).expect("a time after theirs");
    let expected = Expectations::default();
    for signer in signers() {
        let (_, document) = documents(&signer.did()).remove(0);
        let document = with_context(as_v1(document).expect("plain text"), suite_context(signer.mechanism));
        let theirs = asked(signer.their_signature(&document)).expect("signed").to_string();
        let did: Did = signer.did().parse().expect("a DID");
        let mut evidence = Evidence::new(contexts());
        let what = resolve_self_contained(&did).expect("a did:key");
        evidence.resolutions.insert(did, Known::Found { what, as_of: now.clone() });
        let verdict = |text: &str| verify(&Secured::read(text).expect("a credential"), &evidence, &expected, &now);
        assert_eq!(verdict(&theirs).word(), "accepted", "{}: {:#?}", signer.name(), verdict(&theirs));
        let altered = verdict(&theirs.replace("2025-01-01", "2024-01-01"));
        assert!(altered.reasons().iter().any(|reason| reason.what == Reason::BadSignature), "{altered:#?}");
    }
}

/// `ssi` reads no credential with a proof of a suite it does not know, the inclusion proof or any other: that one is taken out for it,
/// and the rest is as good as before.
#[test]
fn inclusion_proof_is_taken_out_for_the_other_side() {
    let leaves = vec![B256::repeat_byte(1), B256::repeat_byte(2)];
    let inclusion = MerkleTree::new(leaves).expect("a tree").inclusion(1, [7; 16]).expect("a leaf");
    for signer in signers().into_iter().take(3) {
        let (_, document) = documents(&signer.did()).remove(0);
        let mut with = signer.sign(document).with_inclusion(&inclusion).expect("it has room").to_value();
        assert!(asked(their_verdict(&with)).is_err());
        let taken_out = with["proof"].as_array_mut().expect("two proofs").pop().expect("the inclusion proof");
        assert_eq!(taken_out["cryptosuite"], INCLUSION_SUITE);
        assert_eq!(asked(their_verdict(&with)), Ok(()), "{}", signer.name());
    }
}

/// `ssi` gives the proof the context of its suite where the document does not define it.
#[test]
fn signatures_of_2020_with_a_context_of_their_own_verify_here() {
    let mut faults = Vec::new();
    for signer in signers() {
        if !matches!(signer.mechanism, Mechanism::Ed25519Signature2020 | Mechanism::JsonWebSignature2020) {
            continue;
        }
        let of = |(name, document)| Some((name, as_v1(document)?));
        let all: Vec<_> = documents(&signer.did()).into_iter().filter_map(of).collect();
        let theirs = asked(signer.their_signature(&all[0].1)).expect("signed");
        assert!(theirs["proof"].get("@context").is_some() && theirs["@context"] == json!([V1, EXTRA]), "{theirs}");
        faults.extend(exchange(&signer, "VC DM 1.1, context in the proof", &all));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
