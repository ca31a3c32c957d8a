//! A verifier asks for a status list when it must, keeps it as long as it says, and uses an old one rather than none.

// Each test uses its part of the world.
#[path = "support/world.rs"]
mod world;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;
use wallet_core::error::{Result, WalletError};
use wallet_core::platform::MemoryStorage;
use wallet_core::ports::{HttpRequest, HttpResponse, Network, Storage};
use wallet_core::securing::{Kind, Mechanism, ProofOptions, Secured};
use wallet_core::status::{ListTerms, MINIMUM_ENTRIES, StatusList, StatusPurpose, TokenEntry, TokenListTerms, TokenStatusList};
use wallet_core::time::Timestamp;
use wallet_core::verification::{Gap, Known, Verdict};
use wallet_core::verifier::Verifier;
use world::{INDEX, LIST, World, at};

/// A server that counts, and may be down.
#[derive(Default)]
struct Server {
    /// What it answers with; none while it is down.
    body: Mutex<Option<Vec<u8>>>,
    asked: Mutex<Vec<HttpRequest>>,
}

#[async_trait]
impl Network for Server {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse> {
        self.asked.lock().expect("not poisoned").push(request);
        match &*self.body.lock().expect("not poisoned") {
            Some(body) => Ok(HttpResponse { status: 200, headers: Vec::new(), body: body.clone() }),
            None => Err(WalletError::unreachable("the server", "it is down")),
        }
    }
}

impl Server {
    fn publish(&self, list: &Secured) {
        *self.body.lock().expect("not poisoned") = Some(list.to_bytes());
    }

    fn go_down(&self) {
        *self.body.lock().expect("not poisoned") = None;
    }

    fn asked(&self) -> usize {
        self.asked.lock().expect("not poisoned").len()
    }

    fn accepts(&self) -> String {
        let asked = self.asked.lock().expect("not poisoned");
        let (_, accept) =
            asked.last().expect("it was asked").headers.iter().find(|(name, _)| name == "accept").expect("a header");
        accept.clone()
    }
}

struct Scene {
    world: World,
    server: Arc<Server>,
    storage: Arc<MemoryStorage>,
}

impl Scene {
    fn new() -> Self {
        let mut world = World::new();
        world.evidence.status_lists.clear();
        Self { world, server: Arc::default(), storage: Arc::new(MemoryStorage::new()) }
    }

    /// A verifier with the same memory, as after a restart.
    fn verifier(&self) -> Verifier {
        Verifier {
            network: Some(self.server.clone()),
            carried: self.world.evidence.clone(),
            ..Verifier::bare(self.storage.clone())
        }
    }

    fn list(&self, revoked: bool, ttl: Option<Duration>, until: Option<Timestamp>) -> Secured {
        let mut list = StatusList::new(MINIMUM_ENTRIES, 1).expect("a list");
        list.set(INDEX, revoked.into()).expect("in range");
        let body = list.to_credential(&ListTerms {
            url: LIST.to_owned(),
            issuer: self.world.university.did.clone(),
            purposes: vec![StatusPurpose::Revocation],
            valid_from: at("2026-03-01T00:00:00Z"),
            valid_until: until,
            ttl,
        });
        self.world.university.sign(body, &self.world.university.options(Kind::Credential, Mechanism::EddsaRdfc2022))
    }

    async fn judge(&self, credential: &Secured, now: &str) -> Verdict {
        let presented = self.world.present(credential);
        self.verifier().check(presented.text(), &self.world.expected, &at(now)).await.expect("a presentation")
    }

    async fn verdict(&self, now: &str) -> Verdict {
        self.judge(&self.world.issue(), now).await
    }
}

const HOUR: Option<Duration> = Some(Duration::from_secs(3600));

#[tokio::test]
async fn list_is_asked_for_again_only_after_its_time_to_live() {
    let scene = Scene::new();
    scene.server.publish(&scene.list(false, HOUR, None));
    assert_eq!(scene.verdict("2026-03-01T12:00:00Z").await.word(), "accepted");
    assert!(scene.server.accepts().contains("application/vc+jwt"), "{}", scene.server.accepts());
    scene.server.publish(&scene.list(true, HOUR, None));
    let kept = scene.verdict("2026-03-01T12:59:00Z").await;
    assert_eq!((kept.word(), scene.server.asked()), ("accepted", 1));
    assert_eq!(kept.basis().status_lists[0].as_of, at("2026-03-01T12:00:00Z"));
    let asked_again = scene.verdict("2026-03-01T13:00:01Z").await;
    assert_eq!((asked_again.word(), scene.server.asked()), ("rejected", 2));
}

#[tokio::test]
async fn list_without_time_to_live_is_asked_for_each_time() {
    let scene = Scene::new();
    scene.server.publish(&scene.list(false, None, None));
    assert_eq!(scene.verdict("2026-03-01T12:00:00Z").await.word(), "accepted");
    scene.server.publish(&scene.list(true, None, None));
    assert_eq!(scene.verdict("2026-03-01T12:00:01Z").await.word(), "rejected");
}

#[tokio::test]
async fn list_past_its_own_validity_or_the_policys_age_is_asked_for() {
    let mut scene = Scene::new();
    let year = Some(Duration::from_secs(365 * 24 * 3600));
    scene.server.publish(&scene.list(false, year, Some(at("2026-03-01T12:30:00Z"))));
    scene.verdict("2026-03-01T12:00:00Z").await;
    scene.server.publish(&scene.list(false, year, None));
    scene.verdict("2026-03-01T12:31:00Z").await;
    assert_eq!(scene.server.asked(), 2);
    scene.world.expected.status_max_age = 60;
    scene.verdict("2026-03-01T12:32:01Z").await;
    assert_eq!(scene.server.asked(), 3);
}

#[tokio::test]
async fn old_list_is_used_with_its_age_while_the_server_is_down() {
    let scene = Scene::new();
    scene.server.publish(&scene.list(false, HOUR, None));
    scene.verdict("2026-03-01T12:00:00Z").await;
    scene.server.go_down();
    let used = scene.verdict("2026-03-03T12:00:00Z").await;
    assert_eq!((used.word(), scene.server.asked()), ("accepted", 2));
    assert_eq!(used.basis().status_lists[0].as_of, at("2026-03-01T12:00:00Z"));
    let stale = scene.verdict("2026-03-09T12:00:00Z").await;
    assert!(matches!(stale.gaps(), [gap] if matches!(gap.what, Gap::StatusStale { .. })), "{stale:#?}");
}

#[tokio::test]
async fn list_that_was_never_had_is_missing() {
    let scene = Scene::new();
    let verdict = scene.verdict("2026-03-01T12:00:00Z").await;
    assert!(matches!(verdict.gaps(), [gap] if matches!(gap.what, Gap::StatusMissing { .. })), "{verdict:#?}");
    *scene.server.body.lock().expect("not poisoned") = Some(b"<html>".to_vec());
    assert_eq!(scene.verdict("2026-03-01T12:00:00Z").await.word(), "undetermined");
    assert_eq!(scene.storage.list("status/").await, Ok(Vec::new()));
}

#[tokio::test]
async fn carried_list_serves_until_it_asks_to_be_renewed_and_again_when_the_server_is_down() {
    let mut scene = Scene::new();
    let carried = Known::Found { what: scene.list(false, HOUR, None), as_of: at("2026-03-01T11:30:00Z") };
    scene.world.evidence.status_lists.insert(LIST.to_owned(), carried);
    assert_eq!((scene.verdict("2026-03-01T12:00:00Z").await.word(), scene.server.asked()), ("accepted", 0));
    assert_eq!((scene.verdict("2026-03-01T14:00:00Z").await.word(), scene.server.asked()), ("accepted", 1));
    scene.server.publish(&scene.list(true, HOUR, None));
    assert_eq!((scene.verdict("2026-03-01T14:00:01Z").await.word(), scene.server.asked()), ("rejected", 2));
}

#[tokio::test]
async fn token_list_is_asked_for_by_its_own_types_and_kept_in_both_forms() {
    for mechanism in [Mechanism::Jwt, Mechanism::Cose] {
        let scene = Scene::new();
        let uri = "https://uni.example/status/token/1";
        let mut payload = scene.world.diploma.clone();
        payload.remove("credentialStatus");
        payload.insert("status".to_owned(), TokenEntry { index: 7, list: uri.to_owned() }.to_claim());
        let university = &scene.world.university;
        let credential = university.sign(payload, &university.options(Kind::Credential, Mechanism::Jwt));
        let list = |value: u8| {
            let mut list = TokenStatusList::new(100, 2).expect("a list");
            list.set(7, value).expect("in range");
            let terms = TokenListTerms { uri: uri.to_owned(), ttl: HOUR, aggregation: None };
            let options = university.options(Kind::StatusList, mechanism);
            university.sign(list.to_claims(&terms), &ProofOptions { expires: Some(at("2026-03-01T14:00:00Z")), ..options })
        };
        scene.server.publish(&list(0));
        assert_eq!(scene.judge(&credential, "2026-03-01T12:00:00Z").await.word(), "accepted");
        assert_eq!(scene.server.accepts(), "application/statuslist+jwt, application/statuslist+cwt");
        scene.server.publish(&list(1));
        let kept = scene.judge(&credential, "2026-03-01T12:30:00Z").await;
        assert_eq!((kept.word(), scene.server.asked()), ("accepted", 1), "{kept:#?}");
        assert_eq!(scene.judge(&credential, "2026-03-01T13:01:00Z").await.word(), "rejected");
    }
}

#[tokio::test]
async fn only_so_many_lists_are_kept() {
    let scene = Scene::new();
    let mut diploma = scene.world.diploma.clone();
    for number in 0..70 {
        diploma["credentialStatus"]["statusListCredential"] = Value::from(format!("https://evil.example/{number}"));
        let options = scene.world.university.options(Kind::Credential, Mechanism::EddsaJcs2022);
        let credential = scene.world.university.sign(diploma.clone(), &options);
        scene.server.publish(&scene.list(false, HOUR, None));
        scene.judge(&credential, "2026-03-01T12:00:00Z").await;
    }
    let kept = scene.storage.list("status/").await.expect("names");
    assert_eq!(kept.len(), 64);
}
