//! What an attack is, and the scene it is made in.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use serde_json::{Map, Value};
use wallet_core::did::DidDocument;
use wallet_core::key::{KeyAlgorithm, SecretKey};
use wallet_core::platform::MemoryStorage;
use wallet_core::qr::{TypeTable, TypeTables, barcode};
use wallet_core::securing::linked_data::Contexts;
use wallet_core::securing::{Kind, Mechanism, Secured};
use wallet_core::verification::{Known, Presenter, Verdict, verify};
use wallet_core::verifier::{Unread, Verifier};

use crate::world::{LIST, Party, World};

/// No attack may keep the verifier busy for longer, unoptimised as the tests are.
const LONGEST: Duration = Duration::from_secs(20);

/// Where an attack happens: a world in which everything is good, and the verifier's tables.
pub struct Scene {
    pub world: World,
    pub tables: TypeTables,
}

/// What the verifier answers.
#[derive(Debug)]
pub enum Outcome {
    Judged(Verdict),
    Unread(Unread),
}

impl Outcome {
    pub fn verdict(&self) -> Option<&Verdict> {
        match self {
            Self::Judged(verdict) => Some(verdict),
            Self::Unread(_) => None,
        }
    }

    pub fn is_accepted(&self) -> bool {
        matches!(self, Self::Judged(Verdict::Accepted(_)))
    }
}

/// The answer an attack must get.
pub struct Expected {
    pub says: &'static str,
    pub fits: fn(&Outcome) -> bool,
}

/// Rejected for this reason and no other; with `besides`, for another one that cannot be kept apart from it.
macro_rules! rejected {
    ($reason:pat $(, besides $other:pat)? $(, open $gap:pat)?) => {
        $crate::corpus::Expected {
            says: concat!("rejected: ", stringify!($reason)),
            fits: |outcome| {
                outcome.verdict().is_some_and(|verdict| {
                    let reasons = verdict.reasons();
                    reasons.iter().any(|found| matches!(&found.what, $reason))
                        && reasons.iter().all(|found| matches!(&found.what, $reason $(| $other)?))
                        && verdict.gaps().iter().all(|_found| false $(|| matches!(&_found.what, $gap))?)
                })
            },
        }
    };
}

/// Undetermined for this gap and no other.
macro_rules! undetermined {
    ($gap:pat) => {
        $crate::corpus::Expected {
            says: concat!("undetermined: ", stringify!($gap)),
            fits: |outcome| {
                outcome.verdict().is_some_and(|verdict| {
                    let gaps = verdict.gaps();
                    verdict.reasons().is_empty() && !gaps.is_empty() && gaps.iter().all(|found| matches!(&found.what, $gap))
                })
            },
        }
    };
}

/// Not read at all, with this error.
macro_rules! unreadable {
    ($error:pat) => {
        $crate::corpus::Expected {
            says: concat!("unreadable: ", stringify!($error)),
            fits: |outcome| matches!(outcome, $crate::corpus::Outcome::Unread($error)),
        }
    };
}

/// What makes a good input hostile.
type Hostile = dyn Fn(&mut Scene, String) -> String;

/// One hostile input: one thing wrong relative to a good one.
pub struct Attack {
    name: String,
    good: Box<dyn Fn(&mut Scene) -> String>,
    hostile: Box<Hostile>,
    expected: Expected,
}

impl Attack {
    /// `hostile` makes the bad input out of the good one, or changes the world around it; what it must get is `expected`.
    pub fn new(
        name: impl Into<String>,
        good: impl Fn(&mut Scene) -> String + 'static,
        hostile: impl Fn(&mut Scene, String) -> String + 'static,
        expected: Expected,
    ) -> Self {
        Self { name: name.into(), good: Box::new(good), hostile: Box::new(hostile), expected }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// Runs the attack; fails when the good input is not accepted, or the hostile one does not get what it must.
    pub fn run(&self) -> Result<(), String> {
        let mut scene = Scene::new();
        let good = (self.good)(&mut scene);
        let control = scene.judge(&good);
        if !control.is_accepted() {
            return Err(format!("{}: the good input is not accepted: {control:#?}", self.name));
        }
        let hostile = (self.hostile)(&mut scene, good);
        let started = Instant::now();
        let outcome = catch_unwind(AssertUnwindSafe(|| scene.judge(&hostile))).map_err(|_| format!("{}: panic", self.name))?;
        if started.elapsed() > LONGEST {
            return Err(format!("{}: it took {:?}", self.name, started.elapsed()));
        }
        if (self.expected.fits)(&outcome) {
            return Ok(());
        }
        Err(format!("{}: expected {}, got {outcome:#?}\n{}", self.name, self.expected.says, &hostile[..hostile.len().min(3000)]))
    }
}

impl Scene {
    /// A copy of a credential is enough here; attacks on presentations ask for its subject.
    pub fn new() -> Self {
        let mut world = World::new();
        world.expected.presenter = Presenter::Anyone;
        Self { world, tables: TypeTables::new() }
    }

    /// Reads and judges `text` as a verifier does, with what it carries and no network.
    pub fn judge(&self, text: &str) -> Outcome {
        let verifier = Verifier {
            carried: self.world.evidence.clone(),
            tables: self.tables.clone(),
            ..Verifier::bare(Arc::new(MemoryStorage::new()))
        };
        match verifier.read(text) {
            Err(unread) => Outcome::Unread(unread),
            Ok(secured) => Outcome::Judged(verify(&secured, &self.world.evidence, &self.world.expected, &self.world.now)),
        }
    }

    /// The diploma under `mechanism`.
    pub fn issue(&mut self, mechanism: Mechanism) -> String {
        self.world.issue_with(|options| options.mechanism = mechanism).text().to_owned()
    }

    /// Makes another one known, as the registry has them.
    pub fn meet(&mut self, party: &Party) {
        let known = Known::Found { what: party.resolution(), as_of: self.world.now.clone() };
        self.world.evidence.resolutions.insert(party.did.clone(), known);
    }

    /// The attacker: a DID of its own, with a good key.
    pub fn mallory(&mut self) -> Party {
        let mallory = Party::holder(KeyAlgorithm::Ed25519, 66);
        self.meet(&mallory);
        mallory
    }

    /// What the registry says of the university's only method, as JSON, changed.
    pub fn university_document(&mut self, change: impl FnOnce(&mut Value)) {
        let did = self.world.university.did.clone();
        self.world.registry_says(&did, |resolution| {
            let mut document = resolution.document.to_json();
            change(&mut document);
            resolution.document = DidDocument::from_json(&document).expect("still a document");
        });
    }

    /// A university with another kind of key, for what only that has; its lists would be signed by the old one.
    pub fn with_university(&mut self, algorithm: KeyAlgorithm) {
        let did = self.world.university.did.to_string();
        self.world.university = Party::new(&did, algorithm, 11);
        self.meet(&Party::new(&did, algorithm, 11));
        self.world.diploma.remove("credentialStatus");
    }

    /// Signs the diploma anew after `change`, in a world that knows the contexts the verifier knows.
    pub fn issue_changed(&mut self, mechanism: Mechanism, change: impl FnOnce(&mut Map<String, Value>)) -> String {
        let mut diploma = self.world.diploma.clone();
        change(&mut diploma);
        let options = self.world.university.options(Kind::Credential, mechanism);
        self.world.university.sign(diploma, &options).text().to_owned()
    }

    /// The table of the programme, and the diploma as the text of a QR code.
    pub fn barcode(&mut self) -> String {
        let did = self.world.university.did.to_string();
        let method = self.world.university.method().to_string();
        let contexts = ["https://www.w3.org/ns/credentials/v2", "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"];
        let table = TypeTable::programme(1000, &contexts, &[&did, &method, LIST], &[]).expect("a table");
        self.tables = TypeTables::new().with(table.clone());
        let credential = object(&self.issue(Mechanism::EddsaRdfc2022));
        barcode::encode(&credential, &table, &Contexts::bundled()).expect("it fits")
    }
}

/// The diploma with `eddsa-rdfc-2022`.
pub fn rdfc(scene: &mut Scene) -> String {
    scene.issue(Mechanism::EddsaRdfc2022)
}

/// The diploma with `eddsa-jcs-2022`.
pub fn jcs(scene: &mut Scene) -> String {
    scene.issue(Mechanism::EddsaJcs2022)
}

/// The diploma as `vc+jwt`.
pub fn jwt(scene: &mut Scene) -> String {
    scene.issue(Mechanism::Jwt)
}

/// The diploma as `vc+jwt` by an issuer with a P-256 key.
pub fn es256(scene: &mut Scene) -> String {
    scene.with_university(KeyAlgorithm::P256);
    scene.issue(Mechanism::Jwt)
}

/// The diploma without a status, for what would fell its status list, too.
pub fn without_status(mechanism: Mechanism) -> impl Fn(&mut Scene) -> String {
    move |scene| {
        scene.world.diploma.remove("credentialStatus");
        scene.issue(mechanism)
    }
}

/// The JSON of `text` after `change`.
pub fn edit(text: &str, change: impl FnOnce(&mut Value)) -> String {
    let mut value: Value = serde_json::from_str(text).expect("JSON");
    change(&mut value);
    value.to_string()
}

/// A change of the JSON for [`Attack::new`].
pub fn edited(change: impl Fn(&mut Value) + 'static) -> impl Fn(&mut Scene, String) -> String {
    move |_, text| edit(&text, &change)
}

/// One text for another, which must be there.
pub fn replaced(from: &'static str, to: &'static str) -> impl Fn(&mut Scene, String) -> String {
    move |_, text| {
        assert!(text.contains(from), "{from} is there to be replaced");
        text.replacen(from, to, 1)
    }
}

pub fn object(text: &str) -> Map<String, Value> {
    serde_json::from_str(text).expect("a JSON object")
}

/// A change of the world alone.
pub fn around(change: impl Fn(&mut Scene) + 'static) -> impl Fn(&mut Scene, String) -> String {
    move |scene, text| {
        change(scene);
        text
    }
}

pub fn base64url(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

pub fn from_base64url(text: &str) -> Vec<u8> {
    BASE64_URL_SAFE_NO_PAD.decode(text).expect("base64url")
}

/// The three parts of a compact token.
pub fn parts(token: &str) -> [String; 3] {
    token.split('.').map(str::to_owned).collect::<Vec<_>>().try_into().expect("three parts")
}

/// The header and the payload of a compact token.
pub fn claims(token: &str) -> (Value, Value) {
    let [header, payload, _] = parts(token);
    let read = |part: &str| serde_json::from_slice(&from_base64url(part)).expect("JSON");
    (read(&header), read(&payload))
}

/// A compact token of any header and payload, signed with `key`.
pub fn token(header: &str, payload: &str, key: &SecretKey) -> String {
    let input = format!("{}.{}", base64url(header), base64url(payload));
    let signature = base64url(key.sign(input.as_bytes()));
    format!("{input}.{signature}")
}

/// The same text in signed form, read.
pub fn secured(text: &str) -> Secured {
    Secured::read(text).expect("it is secured")
}
