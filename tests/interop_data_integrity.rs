//! Data Integrity against npm `@digitalbazaar/vc` and its suites, both ways, on claims that are awkward to canonicalise.

#[path = "interop/data_integrity/documents.rs"]
mod documents;
#[path = "support/table.rs"]
mod table;

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use documents::{EXTRA, as_v1, contexts, credential, documents};
use serde_json::{Map, Value, json};
use wallet_core::did::VerificationRelationship;
use wallet_core::key::{KeyAlgorithm, SecretKey};
use wallet_core::registry::{B256, Inclusion, MerkleTree};
use wallet_core::securing::{Mechanism, ProofOptions, Secured, prepare};

const PEER: &str = "npm @digitalbazaar/vc 7.3";
const OURS: &str = "Cédula";

/// Who signs: a kind of key and the suite it is used with.
#[derive(Clone, Copy)]
struct Signer {
    mechanism: Mechanism,
    algorithm: KeyAlgorithm,
}

const fn signer(mechanism: Mechanism, algorithm: KeyAlgorithm) -> Signer {
    Signer { mechanism, algorithm }
}

const SIGNERS: [Signer; 6] = [
    signer(Mechanism::EddsaRdfc2022, KeyAlgorithm::Ed25519),
    signer(Mechanism::EddsaJcs2022, KeyAlgorithm::Ed25519),
    signer(Mechanism::EcdsaRdfc2019, KeyAlgorithm::P256),
    signer(Mechanism::EcdsaRdfc2019, KeyAlgorithm::P384),
    signer(Mechanism::EcdsaJcs2019, KeyAlgorithm::P256),
    signer(Mechanism::EcdsaJcs2019, KeyAlgorithm::P384),
];

impl Signer {
    fn key(self) -> SecretKey {
        let length = if self.algorithm == KeyAlgorithm::P384 { 48 } else { 32 };
        SecretKey::from_bytes(self.algorithm, &vec![42; length]).expect("a scalar in range")
    }

    fn did(self) -> String {
        format!("did:key:{}", self.key().public_key().to_multikey())
    }

    /// The suite and the curve.
    fn name(self) -> String {
        format!("{} {}", self.mechanism.as_str(), self.algorithm.curve())
    }

    fn sign(self, document: Map<String, Value>) -> Secured {
        let presentation = document["type"] == "VerifiablePresentation";
        let options = ProofOptions {
            nonce: presentation.then(|| "n-1".to_owned()),
            audience: presentation.then(|| "https://verifier.example".to_owned()),
            ..ProofOptions::new(
                self.mechanism,
                format!("{}#{}", self.did(), self.key().public_key().to_multikey()).parse().expect("a DID URL"),
                if presentation { VerificationRelationship::Authentication } else { VerificationRelationship::AssertionMethod },
                "2026-01-01T00:00:00Z".parse().expect("a time"),
            )
        };
        let unsigned = prepare(document, &options, &self.key().public_key(), &contexts()).expect("every term is defined");
        let signature = self.key().sign(unsigned.message());
        unsigned.finish(&signature).expect("the right length")
    }

    /// What our side says of the last proof of what the other side signed.
    fn check(self, theirs: &Value) -> Result<(), String> {
        let read = Secured::read(&theirs.to_string()).map_err(|error| format!("{error}: {theirs}"))?;
        let last = read.proofs().len() - 1;
        read.check_signature(last, &self.key().public_key(), &contexts()).map_err(|fault| fault.to_string())
    }

    /// Asks the JavaScript side; fails loudly when its parts are not installed.
    fn peer(self, op: &str, documents: &[Value]) -> Vec<Value> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interop/data_integrity");
        assert!(folder.join("node_modules").is_dir(), "run `npm ci --ignore-scripts` in {}", folder.display());
        let contexts = contexts();
        let all: Map<String, Value> =
            contexts.urls().map(|url| (url.to_owned(), contexts.document(url).expect("at hand").clone())).collect();
        let key = self.key();
        let prefix: [u8; 2] = if self.algorithm == KeyAlgorithm::P384 { [0x87, 0x26] } else { [0x86, 0x26] };
        let key = json!({
            "publicKeyMultibase": key.public_key().to_multikey(),
            "secretKeyMultibase": multibase::encode(multibase::Base::Base58Btc, [&prefix, key.expose()].concat()),
            "seed": key.expose().iter().map(|byte| format!("{byte:02x}")).collect::<String>(),
        });
        let suite = self.mechanism.as_str();
        let request = json!({ "op": op, "suite": suite, "key": key, "contexts": all, "documents": documents });
        let mut child = Command::new("node")
            .arg("peer.mjs")
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("node is installed");
        child.stdin.take().expect("piped").write_all(request.to_string().as_bytes()).expect("node reads");
        let output = child.wait_with_output().expect("node ends");
        assert!(output.status.success(), "node failed");
        serde_json::from_slice(&output.stdout).expect("node answers with JSON")
    }
}

fn value(secured: &Secured) -> Value {
    serde_json::from_str(secured.text()).expect("JSON")
}

fn object(value: Value) -> Map<String, Value> {
    value.as_object().expect("an object").clone()
}

fn judged(answer: &Value) -> Result<(), String> {
    if answer["verified"] == true { Ok(()) } else { Err(answer["error"].to_string()) }
}

/// Writes a row of the table and fails when one of `results` is bad.
fn report(signer: &str, verifier: &str, mechanism: &str, results: Vec<(&str, Result<(), String>)>) {
    let good = results.iter().filter(|(_, result)| result.is_ok()).count();
    table::row(signer, verifier, mechanism, good, results.len());
    let faults: Vec<String> =
        results.into_iter().filter_map(|(name, result)| result.err().map(|why| format!("{name}: {why}"))).collect();
    assert!(faults.is_empty(), "{mechanism}, {signer} by {verifier}\n{}", faults.join("\n"));
}

fn exchange(signer: Signer, what: &str, documents: &[(&'static str, Map<String, Value>)]) {
    let plain: Vec<Value> = documents.iter().map(|(_, document)| Value::Object(document.clone())).collect();
    let theirs = signer.peer("sign", &plain);
    let ours: Vec<Value> = documents.iter().map(|(_, document)| value(&signer.sign(document.clone()))).collect();
    let answers = signer.peer("verify", &ours);
    let mechanism = format!("{}, {what}", signer.name());
    let names = || documents.iter().map(|(name, _)| *name);
    report(PEER, OURS, &mechanism, names().zip(theirs.iter().map(|theirs| signer.check(theirs))).collect());
    report(OURS, PEER, &mechanism, names().zip(answers.iter().map(judged)).collect());
}

#[test]
fn credentials_verify_both_ways_under_every_suite() {
    for signer in SIGNERS {
        exchange(signer, "credentials", &documents(&signer.did()));
    }
}

#[test]
fn presentations_verify_both_ways_under_every_suite() {
    for signer in SIGNERS {
        let inner = signer.sign(credential(&signer.did(), json!({ "id": "urn:a", "value": "x" })));
        let presentation = json!({
            "@context": ["https://www.w3.org/ns/credentials/v2", EXTRA],
            "type": "VerifiablePresentation",
            "holder": signer.did(),
            "verifiableCredential": [value(&inner)]
        });
        exchange(signer, "presentation", &[("presentation of one credential", object(presentation))]);
    }
}

/// One signs, the other adds a proof beside it, and either way every proof of the set is good to both.
#[test]
fn proof_sets_verify_both_ways_whoever_signs_first() {
    for (at, first) in SIGNERS.into_iter().enumerate() {
        let second = SIGNERS[(at + 1) % SIGNERS.len()];
        let all = documents(&first.did());
        let plain: Vec<Value> = all.iter().map(|(_, document)| Value::Object(document.clone())).collect();
        let ours_then_theirs: Vec<Value> = {
            let ours: Vec<Value> = all.iter().map(|(_, document)| value(&first.sign(document.clone()))).collect();
            second.peer("sign", &ours)
        };
        let theirs_then_ours: Vec<Value> =
            first.peer("sign", &plain).into_iter().map(|theirs| value(&second.sign(object(theirs)))).collect();
        let mechanism = format!("set of {} and {}", first.name(), second.name());
        for (signers, sets) in
            [(format!("{OURS} and {PEER}"), ours_then_theirs), (format!("{PEER} and {OURS}"), theirs_then_ours)]
        {
            let by_us = |set: &Value| {
                let read = Secured::read(&set.to_string()).map_err(|error| error.to_string())?;
                let check = |at, signer: Signer| read.check_signature(at, &signer.key().public_key(), &contexts());
                check(0, first).and(check(1, second)).map_err(|fault| fault.to_string())
            };
            let names = || all.iter().map(|(name, _)| *name);
            report(&signers, OURS, &mechanism, names().zip(sets.iter().map(by_us)).collect());
            let answers = first.peer("verify", &sets);
            report(&signers, PEER, &mechanism, names().zip(answers.iter().map(judged)).collect());
        }
    }
}

/// An inclusion proof among the proofs, first or last, alone or inside a presentation, is skipped as one of an unknown suite.
#[test]
fn inclusion_proof_is_skipped_by_the_other_side() {
    for signer in SIGNERS {
        let signed = signer.sign(credential(&signer.did(), json!({ "id": "urn:a", "value": "x" })));
        let last = value(&signed.with_inclusion(&inclusion()).expect("it has room"));
        let mut first = last.clone();
        first["proof"].as_array_mut().expect("two proofs").reverse();
        let presentation = json!({
            "@context": ["https://www.w3.org/ns/credentials/v2", EXTRA],
            "type": "VerifiablePresentation",
            "holder": signer.did(),
            "verifiableCredential": [last]
        });
        let presented = value(&signer.sign(object(presentation)));
        let answers = signer.peer("verify", &[last, first, presented]);
        let names = ["inclusion last", "inclusion first", "inclusion in a presentation"].into_iter();
        let mechanism = format!("{}, with an inclusion proof", signer.name());
        report(OURS, PEER, &mechanism, names.zip(answers.iter().map(judged)).collect());
    }
}

/// The way of one leaf among a hundred thousand.
fn inclusion() -> Inclusion {
    let leaves = (0..100_000u64).map(|leaf| B256::left_padding_from(&leaf.to_be_bytes())).collect();
    MerkleTree::new(leaves).expect("a tree").inclusion(77_777, [7; 16]).expect("a leaf")
}

/// JSON-LD 1.1 API §8.2, step 10: a number with a fraction is a double. npm `jsonld` looks for a point in what JavaScript prints,
/// and `1e-7` has none: it signs the integer 0, and so any other such number as well. The two cannot agree, and ours does not
/// call a signature over 0 good for 1e-7.
#[test]
fn number_that_the_other_side_signs_as_zero_is_a_known_disagreement() {
    for signer in SIGNERS {
        let tiny = |number: f64| credential(&signer.did(), json!({ "id": "urn:a", "value": number }));
        let rdf = matches!(signer.mechanism, Mechanism::EddsaRdfc2022 | Mechanism::EcdsaRdfc2019);
        let theirs = signer.peer("sign", &[Value::Object(tiny(1e-7))]).remove(0);
        let ours = value(&signer.sign(tiny(1e-7)));
        let (by_us, by_them) = (signer.check(&theirs).is_ok(), judged(&signer.peer("verify", &[ours])[0]).is_ok());
        assert_eq!((by_us, by_them), (!rdf, !rdf), "{}", signer.name());
        let mechanism = format!("{}, 1e-7{}", signer.name(), if rdf { " (JSON-LD 1.1 API §8.2: they sign 0)" } else { "" });
        table::row(PEER, OURS, &mechanism, usize::from(by_us), 1);
        table::row(OURS, PEER, &mechanism, usize::from(by_them), 1);
        if rdf {
            // Their signature over 1e-7 is one over 5e-9 too.
            let mut altered = theirs;
            altered["credentialSubject"]["value"] = json!(5e-9);
            assert!(judged(&signer.peer("verify", &[altered])[0]).is_ok(), "{}", signer.name());
        }
    }
}

/// The documents under VC DM 1.1, with the context of a suite.
fn of_v1(signer: Signer, suite: &str) -> Vec<(&'static str, Map<String, Value>)> {
    let with = |mut document: Map<String, Value>| {
        document["@context"].as_array_mut().expect("a list").push(json!(suite));
        document
    };
    documents(&signer.did()).into_iter().filter_map(|(name, document)| Some((name, with(as_v1(document)?)))).collect()
}

#[test]
fn credentials_of_vc_dm_1_1_verify_both_ways_under_every_suite() {
    for signer in SIGNERS {
        exchange(signer, "VC DM 1.1", &of_v1(signer, "https://w3id.org/security/data-integrity/v2"));
    }
}

/// The signatures of before, on the same claims and on both versions of the data model; we read them and never write them.
#[test]
fn signatures_of_2020_verify_here() {
    const SUITE: &str = "https://w3id.org/security/suites/ed25519-2020/v1";
    let signer = signer(Mechanism::Ed25519Signature2020, KeyAlgorithm::Ed25519);
    let mut all = documents(&signer.did());
    for (_, document) in &mut all {
        document["@context"].as_array_mut().expect("a list").push(json!(SUITE));
    }
    for (version, documents) in [("VC DM 2.0", all), ("VC DM 1.1", of_v1(signer, SUITE))] {
        let plain: Vec<Value> = documents.iter().map(|(_, document)| Value::Object(document.clone())).collect();
        let theirs = signer.peer("sign", &plain);
        let results = documents.iter().map(|(name, _)| *name).zip(theirs.iter().map(|theirs| signer.check(theirs)));
        report(PEER, OURS, &format!("Ed25519Signature2020, {version}"), results.collect());
    }
}
