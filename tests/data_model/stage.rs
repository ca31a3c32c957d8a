//! A good credential to break, and the three places where a broken one must be stopped.

use serde_json::{Map, Value, json};
use wallet_core::credential::Credential;
use wallet_core::error::WalletError;
use wallet_core::key::KeyAlgorithm;
use wallet_core::securing::linked_data::Contexts;
use wallet_core::securing::{Kind, Mechanism, Secured, prepare};
use wallet_core::verification::{Expectations, Known, Presenter, Reason, Verdict, verify};

use super::world::{Party, World, at, object};

pub const V2: &str = "https://www.w3.org/ns/credentials/v2";
pub const UNDEFINED_TERMS: &str = "https://www.w3.org/ns/credentials/undefined-terms/v2";
/// The mechanisms that sign the JSON as it stands, whatever it means.
pub const OVER_JSON: [Mechanism; 2] = [Mechanism::EddsaJcs2022, Mechanism::Jwt];
pub const ALL: [Mechanism; 3] = [Mechanism::EddsaRdfc2022, Mechanism::EddsaJcs2022, Mechanism::Jwt];

/// An issuer whose key everybody knows, and a verifier who believes anybody.
pub struct Stage {
    pub issuer: Party,
    pub world: World,
}

impl Stage {
    pub fn new() -> Self {
        let mut world = World::new();
        let issuer = Party::holder(KeyAlgorithm::Ed25519, 40);
        let known = Known::Found { what: issuer.resolution(), as_of: world.now.clone() };
        world.evidence.resolutions.insert(issuer.did.clone(), known);
        world.expected = Expectations { presenter: Presenter::Anyone, ..Expectations::default() };
        Self { issuer, world }
    }

    /// A credential that keeps every rule, with every member that has one.
    pub fn credential(&self) -> Map<String, Value> {
        object(json!({
            "@context": [V2, { "Degree": "https://uni.example/vocab#Degree", "title": "https://uni.example/vocab#title" }],
            "id": "urn:uuid:0c07c1ce-57cb-41af-bef2-1b932b986873",
            "type": ["VerifiableCredential", "Degree"],
            "issuer": { "id": self.issuer.did, "name": "Universidad" },
            "name": [{ "@value": "Diploma", "@language": "es" }, { "@value": "شهادة", "@language": "ar", "@direction": "rtl" }],
            "description": "A degree",
            "validFrom": "2026-01-01T09:00:00-03:00",
            "validUntil": "2036-01-01T12:00:00.000Z",
            "credentialSubject": { "id": "did:example:ana", "title": "Médica" },
        }))
    }

    pub fn with(&self, change: impl FnOnce(&mut Value)) -> Map<String, Value> {
        let mut json = Value::Object(self.credential());
        change(&mut json);
        object(json)
    }

    pub fn sign(&self, document: Map<String, Value>, mechanism: Mechanism) -> Secured {
        let kind = Kind::of(&document).expect("a credential or presentation");
        self.issuer.sign(document, &self.issuer.options(kind, mechanism))
    }

    pub fn judge(&self, secured: &Secured) -> Verdict {
        verify(secured, &self.world.evidence, &self.world.expected, &self.world.now)
    }

    pub fn prepare(&self, document: Map<String, Value>, mechanism: Mechanism) -> Result<(), WalletError> {
        let kind = Kind::of(&document).unwrap_or(Kind::Credential);
        let options = self.issuer.options(kind, mechanism);
        prepare(document, &options, &self.issuer.key.public_key(), &self.world.evidence.contexts).map(drop)
    }

    /// Signed by every mechanism and accepted.
    #[track_caller]
    pub fn accepts(&self, document: &Map<String, Value>) {
        for mechanism in ALL {
            assert_eq!(self.prepare(document.clone(), mechanism), Ok(()), "{mechanism:?}");
            let verdict = self.judge(&self.sign(document.clone(), mechanism));
            assert_eq!(verdict.word(), "accepted", "{mechanism:?} {verdict:#?}");
        }
    }

    /// Refused by the check, at issue by every mechanism, and at verification although the signature is good.
    #[track_caller]
    pub fn refuses(&self, document: Map<String, Value>, fault: &str) {
        let faults = Credential::check(&document).expect_err("a rule is broken");
        assert!(faults.iter().any(|found| found.to_string().contains(fault)), "{faults:?}");
        for mechanism in ALL {
            let refused = self.prepare(document.clone(), mechanism);
            assert!(
                matches!(&refused, Err(WalletError::Misused { reason }) if reason.contains(fault)),
                "{mechanism:?} {refused:?}"
            );
        }
        for mechanism in OVER_JSON {
            let verdict = self.judge(&self.sign(document.clone(), mechanism));
            let named = |reason: &Reason| matches!(reason, Reason::Malformed { fault: found } if found.contains(fault));
            assert!(verdict.reasons().iter().any(|found| named(&found.what)), "{mechanism:?} {verdict:#?}");
        }
    }

    /// As [`Stage::refuses`], for one change to the good credential.
    #[track_caller]
    pub fn refuses_with(&self, change: impl FnOnce(&mut Value), fault: &str) {
        self.refuses(self.with(change), fault);
    }

    /// Each value of a member, refused for naming `fault`.
    #[track_caller]
    pub fn refuses_each(&self, pointer: &str, values: impl IntoIterator<Item = Value>, fault: &str) {
        for value in values {
            self.refuses_with(|json| set(json, pointer, value), fault);
        }
    }

    #[track_caller]
    pub fn refuses_without(&self, member: &str, fault: &str) {
        self.refuses_with(|json| drop(json.as_object_mut().expect("an object").remove(member)), fault);
    }
}

/// Sets the member at a JSON pointer whose parent is there.
pub fn set(json: &mut Value, pointer: &str, value: Value) {
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
    json.pointer_mut(parent).expect("its parent is there")[name] = value;
}

#[test]
fn good_credential_is_issued_and_accepted() {
    let stage = Stage::new();
    stage.accepts(&stage.credential());
    assert_eq!(Credential::check(&stage.credential()).expect("no fault").valid_until(), Some(&at("2036-01-01T12:00:00Z")));
    assert!(Contexts::bundled().text(V2).is_some());
}
