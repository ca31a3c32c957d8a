//! Selective disclosure against npm `@digitalbazaar/vc` and its suites: who signs, who derives and who verifies in every order, on
//! documents that are awkward to canonicalise.

#[path = "interop/data_integrity/documents.rs"]
#[allow(dead_code, reason = "what is made for VC DM 1.1 has no selective disclosure")]
mod documents;
#[path = "support/table.rs"]
mod table;

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use documents::{contexts, documents};
use serde_json::{Map, Value, json};
use wallet_core::did::VerificationRelationship;
use wallet_core::json::JsonPointer;
use wallet_core::key::{KeyAlgorithm, SecretKey};
use wallet_core::platform::system_rng;
use wallet_core::securing::{Disclosure, Mechanism, ProofOptions, Secured, prepare_disclosable};

const PEER: &str = "npm @digitalbazaar/vc 7.3";
const OURS: &str = "Cédula";

/// A suite and its issuer's key.
struct Suite {
    mechanism: Mechanism,
    key: SecretKey,
}

impl Suite {
    fn ecdsa_sd() -> Self {
        let key = SecretKey::from_bytes(KeyAlgorithm::P256, &[42; 32]).expect("a scalar");
        Self { mechanism: Mechanism::EcdsaSd2023, key }
    }

    fn bbs() -> Self {
        let key = SecretKey::from_bytes(KeyAlgorithm::Bls12381G2, &[42; 32]).expect("a scalar");
        Self { mechanism: Mechanism::Bbs2023, key }
    }

    fn did(&self) -> String {
        format!("did:key:{}", self.key.public_key().to_multikey())
    }

    fn sign(&self, case: &Case) -> Result<Value, String> {
        let method = format!("{}#{}", self.did(), self.key.public_key().to_multikey());
        let options = ProofOptions {
            disclosure: Disclosure::AllBut(case.mandatory.iter().map(|text| pointer(text)).collect()),
            ..ProofOptions::new(
                self.mechanism,
                method.parse().expect("a DID URL"),
                VerificationRelationship::AssertionMethod,
                "2026-01-01T00:00:00Z".parse().expect("a time"),
            )
        };
        let key = self.key.public_key();
        let unsigned = prepare_disclosable(case.document.clone(), &options, &key, &contexts(), &mut system_rng());
        let unsigned = unsigned.map_err(|error| error.to_string())?;
        let signature = self.key.sign(unsigned.message());
        Ok(unsigned.finish(&signature).expect("the signature fits").to_value())
    }

    fn derive(&self, base: &Value, case: &Case) -> Result<Value, String> {
        let chosen: Vec<JsonPointer> = case.chosen.iter().map(|text| pointer(text)).collect();
        let base = Secured::read(&base.to_string()).map_err(|error| error.to_string())?;
        base.check_received(0, &self.key.public_key(), &contexts()).map_err(|fault| fault.to_string())?;
        let shown = base.disclose(&chosen, &contexts(), &mut system_rng()).map_err(|error| error.to_string())?;
        Ok(shown.to_value())
    }

    fn verify(&self, shown: &Value) -> Result<(), String> {
        let shown = Secured::read(&shown.to_string()).map_err(|error| error.to_string())?;
        shown.check_signature(0, &self.key.public_key(), &contexts()).map_err(|fault| fault.to_string())
    }

    /// Asks the JavaScript side; fails loudly when its parts are not installed.
    fn peer(&self, op: &str, items: Vec<Value>) -> Vec<Value> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interop/selective");
        assert!(folder.join("node_modules").is_dir(), "run `npm ci --ignore-scripts` in {}", folder.display());
        let contexts = contexts();
        let all: Map<String, Value> =
            contexts.urls().map(|url| (url.to_owned(), contexts.document(url).expect("at hand").clone())).collect();
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let secret = [&[0x86, 0x26], self.key.expose()].concat();
        let key = json!({
            "publicMultikey": self.key.public_key().to_multikey(),
            "secretMultikey": multibase::encode(multibase::Base::Base58Btc, secret),
            "publicHex": hex(self.key.public_key().as_bytes()),
            "secretHex": hex(self.key.expose()),
        });
        let request = json!({ "op": op, "suite": self.mechanism.as_str(), "key": key, "contexts": all, "items": items });
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

    fn peer_sign(&self, cases: &[Case]) -> Vec<Result<Value, String>> {
        let items = cases.iter().map(|case| json!({ "document": case.document, "pointers": case.mandatory })).collect();
        self.peer("sign", items).into_iter().map(made).collect()
    }

    fn peer_derive(&self, bases: &[Result<Value, String>], cases: &[Case]) -> Vec<Result<Value, String>> {
        let item = |(base, case): (&Result<Value, String>, &Case)| json!({ "document": base.as_ref().unwrap_or(&Value::Null), "pointers": case.chosen });
        let derived = self.peer("derive", bases.iter().zip(cases).map(item).collect());
        bases.iter().zip(derived).map(|(base, derived)| base.clone().and_then(|_| made(derived))).collect()
    }

    fn peer_verify(&self, shown: &[Result<Value, String>]) -> Vec<Result<(), String>> {
        let item = |shown: &Result<Value, String>| json!({ "document": shown.as_ref().unwrap_or(&Value::Null) });
        let judged = self.peer("verify", shown.iter().map(item).collect());
        let judge = |(shown, judged): (&Result<Value, String>, Value)| match (shown, judged["verified"] == true) {
            (Err(error), _) => Err(error.clone()),
            (Ok(_), true) => Ok(()),
            (Ok(_), false) => Err(judged["error"].to_string()),
        };
        shown.iter().zip(judged).map(judge).collect()
    }
}

fn made(value: Value) -> Result<Value, String> {
    if value["proof"].is_object() { Ok(value) } else { Err(value["error"].to_string()) }
}

fn pointer(text: &str) -> JsonPointer {
    text.parse().expect("a pointer")
}

/// A document, what its issuer makes mandatory, and what its holder chooses.
struct Case {
    name: String,
    document: Map<String, Value>,
    mandatory: Vec<String>,
    chosen: Vec<String>,
}

/// Every place in `value`, from the outside in.
fn places(value: &Value, at: &str, all: &mut Vec<String>) {
    let mut below = |step: &str, value: &Value| {
        let place = format!("{at}/{}", step.replace('~', "~0").replace('/', "~1"));
        all.push(place.clone());
        places(value, &place, all);
    };
    match value {
        Value::Object(map) => map.iter().for_each(|(name, value)| below(name, value)),
        Value::Array(items) => items.iter().enumerate().for_each(|(at, value)| below(&at.to_string(), value)),
        _ => {}
    }
}

/// Each document with several choices: the whole subject, one member of it, what is innermost, an item of each array, the
/// credential's own members.
fn cases(issuer: &str) -> Vec<Case> {
    let mut cases = Vec::new();
    for (name, document) in documents(issuer) {
        let whole = Value::Object(document.clone());
        let mut all = Vec::new();
        places(&whole, "", &mut all);
        let subject: Vec<&String> = all.iter().filter(|place| place.starts_with("/credentialSubject/")).collect();
        let member = subject.first().expect("a claim").to_string();
        let innermost = subject.iter().max_by_key(|place| place.split('/').count()).expect("a claim").to_string();
        let items = subject.iter().filter(|place| place.ends_with("/1")).map(|place| place.to_string());
        let mut choose = |what: &str, mandatory: &[&str], chosen: Vec<String>| {
            let mandatory = mandatory.iter().map(|text| (*text).to_owned()).collect();
            cases.push(Case { name: format!("{name}, {what}"), document: document.clone(), mandatory, chosen });
        };
        choose("the subject", &["/issuer"], vec!["/credentialSubject".to_owned()]);
        choose("a claim", &["/issuer", "/validFrom"], vec![member.clone()]);
        choose("nothing mandatory", &[], vec!["/issuer".to_owned(), "/validFrom".to_owned(), member.clone()]);
        choose("a mandatory claim", &["/issuer", &member], vec!["/validFrom".to_owned()]);
        choose("what is innermost", &["/issuer"], vec![innermost.clone()]);
        for item in items {
            choose(&format!("item {item}"), &["/issuer"], vec![item.clone()]);
            choose(&format!("mandatory item {item}"), &["/issuer", &item], vec!["/validFrom".to_owned()]);
        }
        choose("everything", &["/issuer"], vec![String::new()]);
    }
    cases
}

/// Why nobody, or not the npm suite, can do a case; each with the section of VC DI ECDSA Cryptosuites 1.0 that decides it.
///
/// *Indivisible*: selection (§3.4.13) would take a piece out of a list, a JSON literal or a value object, and the piece makes a
/// statement that nobody signed. We refuse; the npm suite makes a proof that does not verify, or fails while it tries.
fn indivisible(case: &Case) -> bool {
    let whole = [
        "list,",
        "list of lists,",
        "list of nodes,",
        "@json,",
        "typed value,",
        "upper-case language tags,",
        "direction,",
        "direction without language,",
        "language tag with script and region,",
    ];
    let inside = ["what is innermost", "item "].iter().any(|what| case.name.contains(what));
    inside && whole.iter().any(|name| case.name.starts_with(name))
}

/// What the npm suite cannot sign or derive though the standard means it to be possible.
fn beyond_npm(case: &Case) -> bool {
    let name = |names: &[&str]| names.iter().any(|name| case.name.starts_with(name));
    // Skolemization (§3.4.9) gives every object an id, lists and reverse maps too, where JSON-LD allows none.
    let lists = name(&["list,", "list of lists,", "list of nodes,", "empty list,", "reverse property,"]);
    // It names a graph object, whose compacted form then nests one object deeper than the pointers know.
    let graphs = name(&["graph,"]);
    // Selection (§3.4.13) reads the members of a value that is null.
    let null = name(&["@json null,"]);
    // Pointers are followed in the compacted form (§3.4.10), which has no array around the one value that is left, and no item
    // for null; they were written for the document.
    let inside = ["what is innermost", "item "].iter().any(|what| case.name.contains(what));
    lists || graphs || null || inside && name(&["language map,", "null,"])
}

/// Signs, derives and verifies by everyone in every order; panics where they disagree without an excuse.
fn exchange(suite: &Suite, cases: &[Case]) {
    let bases = [cases.iter().map(|case| suite.sign(case)).collect::<Vec<_>>(), suite.peer_sign(cases)];
    let mut faults = Vec::new();
    for (signer, bases) in [OURS, PEER].into_iter().zip(&bases) {
        let ours = bases.iter().zip(cases).map(|(base, case)| base.clone().and_then(|base| suite.derive(&base, case)));
        let shown = [ours.collect::<Vec<_>>(), suite.peer_derive(bases, cases)];
        for (deriver, shown) in [OURS, PEER].into_iter().zip(&shown) {
            let by_us: Vec<_> = shown.iter().map(|shown| shown.clone().and_then(|shown| suite.verify(&shown))).collect();
            for (verifier, judged) in [(OURS, by_us), (PEER, suite.peer_verify(shown))] {
                let good = judged.iter().filter(|judged| judged.is_ok()).count();
                table::row(&format!("{signer} (derived by {deriver})"), verifier, suite.mechanism.as_str(), good, cases.len());
                let npm = signer == PEER || deriver == PEER;
                for (case, judged) in cases.iter().zip(judged) {
                    let excused = indivisible(case) || npm && beyond_npm(case);
                    let fault = judged.err().filter(|_| !excused);
                    faults.extend(fault.map(|why| format!("{signer} > {deriver} > {verifier}: {}: {why}", case.name)));
                }
            }
        }
        // What we refuse to cut is refused by us in every case, whoever signed.
        for case in cases.iter().zip(bases).filter(|(case, _)| indivisible(case)) {
            let shown = case.1.clone().and_then(|base| suite.derive(&base, case.0));
            assert!(shown.is_err(), "{}", case.0.name);
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn credentials_are_signed_derived_and_verified_in_every_order_under_ecdsa_sd_2023() {
    let suite = Suite::ecdsa_sd();
    exchange(&suite, &cases(&suite.did()));
}

/// The npm suite takes a quarter of a second for each step, so that only every seventeenth case is exchanged.
#[test]
fn credentials_are_signed_derived_and_verified_in_every_order_under_bbs_2023() {
    let suite = Suite::bbs();
    let cases: Vec<Case> = cases(&suite.did()).into_iter().step_by(17).collect();
    assert!(cases.len() > 15);
    exchange(&suite, &cases);
}

#[test]
fn base_proofs_are_confirmed_by_their_holders_on_both_sides() {
    let suite = Suite::ecdsa_sd();
    let cases: Vec<Case> = cases(&suite.did()).into_iter().filter(|case| !beyond_npm(case) && !indivisible(case)).collect();
    let ours: Vec<Value> = cases.iter().map(|case| suite.sign(case).expect("a base proof")).collect();
    let theirs: Vec<Value> = suite.peer_sign(&cases).into_iter().map(|base| base.expect("a base proof")).collect();
    let confirmed = |bases: &[Value]| -> Vec<bool> {
        let judged = suite.peer("confirm", bases.iter().map(|base| json!({ "document": base })).collect());
        judged.iter().map(|judged| judged["verified"] == true).collect()
    };
    let received = |base: &&Value| {
        let base = Secured::read(&base.to_string()).expect("well-formed");
        base.check_received(0, &suite.key.public_key(), &contexts()).is_ok()
    };
    let (by_them, of_their_own) = (confirmed(&ours), confirmed(&theirs));
    let by_us = theirs.iter().filter(received).count();
    let good = by_them.iter().filter(|good| **good).count();
    table::row(&format!("{OURS} (base proof)"), PEER, suite.mechanism.as_str(), good, cases.len());
    table::row(&format!("{PEER} (base proof)"), OURS, suite.mechanism.as_str(), by_us, cases.len());
    assert_eq!((by_us, ours.iter().filter(received).count()), (cases.len(), cases.len()));
    // Theirs numbers the mandatory part's blank nodes anew, where the issuer took the numbers of the whole (§3.4.16, step 3), and
    // so confirms neither its own base proofs nor ours when the two rows of numbers differ.
    assert_eq!(by_them, of_their_own);
}
