//! A credential issuer, a wallet, and the wire between them, on which a test can look and lay its hands.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Map, Value, json};
use wallet_core::did;
use wallet_core::error::{Result, WalletError};
use wallet_core::issuance::{
    CredentialConfiguration, CredentialDefinition, CredentialFormat, Display, InputMode, ProofTypeTerms, TransactionCode,
};
use wallet_core::issuer::credential_issuer::{
    ClientPolicy, CredentialDataset, CredentialIssuer, Delivery, IssuancePlan, Lifetimes, MadeOffer, OfferTerms,
    OfferedCredential, SharedIssuer, Strangers,
};
use wallet_core::issuer::{Issuer, SigningTerms, StatusPlan};
use wallet_core::key::{KeyAlgorithm, KeyId, SecretKey};
use wallet_core::language::Language;
use wallet_core::oauth::{Attesters, Call, Endpoint, Secret};
use wallet_core::platform::{MemoryStorage, SoftwareKeystore, system_rng};
use wallet_core::ports::{HttpRequest, HttpResponse, Keystore as _, Network, Storage};
use wallet_core::resolver::Resolver;
use wallet_core::seal::{Cost, Passphrase, SealingKey};
use wallet_core::securing::linked_data::Contexts;
use wallet_core::securing::{Disclosure, Mechanism};
use wallet_core::store::StoreKey;
use wallet_core::time::Timestamp;
use wallet_core::verifier::Verifier;
use wallet_core::wallet::Wallet;
use wallet_core::wallet::receiving::{Acceptance, Accepted, Client, Offer, Received};

use crate::authority::Authority;

pub const ISSUER: &str = "https://issuer.example/cards";
const V2: &str = "https://www.w3.org/ns/credentials/v2";
const BADGES: &str = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json";

/// What lies between wallet and issuer.
pub struct Wire {
    pub issuer: CredentialIssuer,
    pub now: Mutex<Timestamp>,
    /// Everything that was sent to the issuer.
    pub sent: Mutex<Vec<HttpRequest>>,
    /// What the issuer answered well, by the URL.
    good: Mutex<Vec<String>>,
    /// Somebody who changes what comes back, or answers himself.
    pub meddler: Mutex<Option<Meddler>>,
}

/// Changes the answer to a request.
pub type Meddler = Box<dyn FnMut(&HttpRequest, HttpResponse) -> Result<HttpResponse> + Send>;

#[async_trait]
impl Network for Wire {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse> {
        self.sent.lock().expect("nobody panicked").push(request.clone());
        if !request.url.starts_with("https://issuer.example/") {
            return Err(WalletError::unreachable("the other side", "nobody is there"));
        }
        let now = self.now.lock().expect("nobody panicked").clone();
        let response = self.issuer.answer(&Call::from(request.clone()), &mut system_rng(), &now).await;
        if response.status < 300 {
            self.good.lock().expect("nobody panicked").push(request.url.clone());
        }
        match &mut *self.meddler.lock().expect("nobody panicked") {
            Some(meddle) => meddle(&request, response),
            None => Ok(response),
        }
    }
}

impl Wire {
    /// How many requests went to a path below the issuer.
    pub fn count(&self, path: &str) -> usize {
        self.requests(path).len()
    }

    /// How many of them the issuer answered well: a DPoP proof without its nonce it sends back once.
    pub fn answered(&self, path: &str) -> usize {
        self.good.lock().expect("nobody panicked").iter().filter(|url| url.ends_with(path)).count()
    }

    /// The requests that went to a path below the issuer.
    pub fn requests(&self, path: &str) -> Vec<HttpRequest> {
        self.sent.lock().expect("nobody panicked").iter().filter(|request| request.url.ends_with(path)).cloned().collect()
    }

    pub fn now(&self) -> Timestamp {
        self.now.lock().expect("nobody panicked").clone()
    }

    pub fn meddle(&self, meddler: impl FnMut(&HttpRequest, HttpResponse) -> Result<HttpResponse> + Send + 'static) {
        *self.meddler.lock().expect("nobody panicked") = Some(Box::new(meddler));
    }

    pub fn leave_alone(&self) {
        *self.meddler.lock().expect("nobody panicked") = None;
    }
}

/// Everybody, and what they have.
pub struct Stage {
    pub wire: Arc<Wire>,
    pub wallet: Wallet,
    pub verifier: Verifier,
    pub keystore: Arc<SoftwareKeystore>,
    pub storage: Arc<MemoryStorage>,
}

fn passphrase() -> Passphrase {
    Passphrase::new("una frase larga que nadie adivina").expect("a passphrase")
}

fn light() -> Cost {
    Cost::new(8, 1).expect("a light cost")
}

pub async fn keystore() -> Arc<SoftwareKeystore> {
    let storage = Arc::new(MemoryStorage::new());
    Arc::new(SoftwareKeystore::create(storage, &passphrase(), light()).await.expect("a keystore"))
}

impl Stage {
    pub async fn new() -> Self {
        Self::with(|_| ()).await
    }

    /// As [`Stage::new`], with an issuer that goes by another plan.
    pub async fn with(change: impl FnOnce(&mut IssuancePlan)) -> Self {
        let authority = Authority::new("Raíz");
        let mut plan = plan(&authority).await;
        change(&mut plan);
        let issuer = CredentialIssuer {
            plan,
            storage: Arc::new(MemoryStorage::new()),
            sealing: SealingKey::generate(&mut system_rng()),
            resolver: Resolver::new(),
            contexts: Contexts::bundled(),
        };
        let now = Mutex::new("2026-03-01T12:00:00Z".parse().expect("a date"));
        let wire = Arc::new(Wire { issuer, now, sent: Mutex::default(), good: Mutex::default(), meddler: Mutex::default() });
        let mut verifier = Verifier { network: Some(wire.clone()), ..Verifier::bare(Arc::new(MemoryStorage::new())) };
        verifier.carried.authorities = authority.anchors();
        let (keystore, storage) = (keystore().await, Arc::new(MemoryStorage::new()));
        let wallet = open(&storage, &keystore).await;
        Self { wire, wallet, verifier, keystore, storage }
    }

    /// The wallet after its process was killed: nothing but its storage and its keystore is left.
    pub async fn kill(&mut self) {
        self.wallet = open(&self.storage, &self.keystore).await;
    }

    pub fn later(&self, seconds: i64) {
        let mut now = self.wire.now.lock().expect("nobody panicked");
        *now = now.plus_seconds(seconds);
    }

    /// An offer of these configurations by a pre-authorized code.
    pub async fn offer(&self, configurations: &[&str]) -> MadeOffer {
        self.make(configurations.iter().map(|name| dataset(name)).collect(), None, Delivery::ByValue).await
    }

    /// An offer by a code that needs a transaction code.
    pub async fn offer_with_code(&self, configuration: &str) -> MadeOffer {
        let code = TransactionCode { input_mode: InputMode::Numeric, length: Some(6), description: None };
        self.make(vec![dataset(configuration)], Some(code), Delivery::ByReference).await
    }

    pub async fn make(&self, datasets: Vec<CredentialDataset>, code: Option<TransactionCode>, delivery: Delivery) -> MadeOffer {
        let terms = OfferTerms::PreAuthorized { datasets, transaction_code: code };
        self.wire.issuer.offer(terms, delivery, &mut system_rng(), &self.wire.now()).await.expect("an offer")
    }

    /// An offer for whoever signs in.
    pub async fn offer_to_sign_in(&self, configurations: &[&str]) -> MadeOffer {
        let configurations = configurations.iter().map(|&name| name.to_owned()).collect();
        let terms = OfferTerms::SignIn { configurations, reference: Some("order-1".to_owned()) };
        self.wire.issuer.offer(terms, Delivery::ByValue, &mut system_rng(), &self.wire.now()).await.expect("an offer")
    }

    pub async fn review(&self, made: &MadeOffer) -> Offer {
        Offer::review(&made.link.to_uri(), &client(&self.verifier), &self.wire.now()).await.expect("a good offer")
    }

    pub async fn accept(&mut self, offer: &Offer, acceptance: &Acceptance) -> Result<Accepted> {
        self.accept_as(offer, acceptance, |_| ()).await
    }

    /// Accepts as a client that is changed in something.
    pub async fn accept_as(
        &mut self,
        offer: &Offer,
        acceptance: &Acceptance,
        change: impl FnOnce(&mut Client<'_>),
    ) -> Result<Accepted> {
        let mut client = client(&self.verifier);
        change(&mut client);
        self.wallet.accept_offer(offer, acceptance, &client, &mut system_rng(), &self.wire.now()).await
    }

    /// Takes one credential of a configuration, in the shortest way.
    pub async fn receive(&mut self, configurations: &[&str]) -> Received {
        let offer = self.review(&self.offer(configurations).await).await;
        received(self.accept(&offer, &Acceptance::default()).await)
    }

    /// A person signs in with the issuer and agrees; where the browser is sent in the end.
    pub async fn sign_in(&self, url: &str) -> String {
        let now = self.wire.now();
        let session = self.session(url).await;
        let paused = self.wire.issuer.authorization(&session, &now).await.expect("it waits");
        let datasets = paused.configurations.iter().map(|name| dataset(name)).collect();
        self.wire.issuer.approve(&session, datasets, &mut system_rng(), &now).await.expect("a redirect")
    }

    /// The session by which the issuer's page knows what the browser came for.
    pub async fn session(&self, url: &str) -> Secret {
        let response = self.wire.send(HttpRequest::get(url)).await.expect("an answer");
        let location = response.headers.iter().find(|(name, _)| name == "location").expect("a redirect");
        location.1.split_once("session=").expect("a session").1.into()
    }

    pub async fn signed_in(&mut self, url: &str) -> Result<Received> {
        self.wallet.signed_in(url, &client(&self.verifier), &mut system_rng(), &self.wire.now()).await
    }

    pub async fn resume(&mut self) -> Received {
        let [ongoing] = &self.wallet.issuances().await.expect("a list")[..] else { panic!("there is one") };
        self.wallet.resume(&ongoing.id, &client(&self.verifier), &mut system_rng(), &self.wire.now()).await.expect("an answer")
    }
}

pub async fn open(storage: &Arc<MemoryStorage>, keystore: &Arc<SoftwareKeystore>) -> Wallet {
    let key = StoreKey::Device(SealingKey::from_bytes(&[7; 32]).expect("32 bytes"));
    let storage: Arc<dyn Storage> = storage.clone();
    Wallet::open(storage, keystore.clone(), &key, light(), &mut system_rng()).await.expect("a wallet")
}

/// The wallet as a client, as it is unless a test says otherwise.
pub fn client(verifier: &Verifier) -> Client<'_> {
    let redirect_uri = "https://wallet.example/cb".to_owned();
    Client { client_id: "wallet".to_owned(), redirect_uri, ..Client::new(verifier, Language::En) }
}

#[track_caller]
pub fn received(accepted: Result<Accepted>) -> Received {
    match accepted.expect("the issuer gives it") {
        Accepted::Received(received) => received,
        Accepted::Browse { .. } => panic!("nobody has to sign in"),
    }
}

#[track_caller]
pub fn browse(accepted: Result<Accepted>) -> String {
    match accepted.expect("the issuer lets people sign in") {
        Accepted::Browse { url, .. } => url,
        Accepted::Received(_) => panic!("somebody has to sign in"),
    }
}

// The issuer.

async fn plan(authority: &Authority) -> IssuancePlan {
    let identifier = Endpoint::identifier(ISSUER).expect("an identifier");
    let keystore = keystore().await;
    let certified = SecretKey::generate(KeyAlgorithm::P256, &mut system_rng());
    let chain = authority.certify(&certified, &["issuer.example"]);
    keystore.import(&KeyId("certified".to_owned()), &certified).await.expect("it is imported");
    keystore.import(&KeyId("own".to_owned()), &own_key()).await.expect("it is imported");
    let by_did = shared(&keystore, "own").await;
    let by_certificate = shared(&keystore, "certified").await;
    let whole = |mechanism| SigningTerms::of(mechanism);
    let hidden = ["/given_name", "/family_name"].map(|pointer| pointer.parse().expect("a pointer")).to_vec();
    let apart = |certificates| SigningTerms {
        disclosure: Disclosure::Only { pointers: hidden.clone(), decoys: 1, holder: None },
        certificates,
        ..SigningTerms::of(Mechanism::SdJwtVc)
    };
    let offered =
        |configuration, issuer: &SharedIssuer, terms| OfferedCredential { configuration, issuer: issuer.clone(), terms };
    let credentials = BTreeMap::from([
        ("diploma_ldp".to_owned(), offered(diploma(true), &by_did, whole(Mechanism::EcdsaRdfc2019))),
        ("diploma_jwt".to_owned(), offered(diploma(false), &by_did, whole(Mechanism::Jwt))),
        ("pid_web".to_owned(), offered(pid(), &by_certificate, apart(None))),
        ("pid_x5c".to_owned(), offered(pid(), &by_certificate, apart(Some(chain)))),
    ]);
    IssuancePlan {
        identifier,
        display: vec![Display::named("Universidad de Ejemplo", "es"), Display::named("Example University", "en")],
        credentials,
        clients: ClientPolicy { strangers: Strangers::Welcome, ..ClientPolicy::default() },
        consent_page: Endpoint::read("https://issuer.example/consent").expect("an endpoint"),
        key_attesters: Attesters::default(),
        profile: Default::default(),
        batch_size: 5,
        encryption: None,
        metadata_signing: None,
        lifetimes: Lifetimes { refresh_token: Some(Duration::from_secs(30 * 24 * 3600)), ..Lifetimes::default() },
    }
}

/// The key that the issuer's diplomas are signed with.
fn own_key() -> SecretKey {
    SecretKey::from_bytes(KeyAlgorithm::P256, &[9; 32]).expect("a scalar in range")
}

/// An issuer with the key of that name.
async fn shared(keystore: &Arc<SoftwareKeystore>, name: &str) -> SharedIssuer {
    let key = KeyId(name.to_owned());
    let did = did::key::from_public_key(&keystore.public_key(&key).await.expect("it is there"));
    let method = did.with_fragment(did.identifier()).expect("a DID URL");
    let status = StatusPlan::at("https://issuer.example/status");
    let (storage, contexts) = (Arc::new(MemoryStorage::new()), Contexts::bundled());
    SharedIssuer::new(Issuer { did, method, key, keystore: keystore.clone(), storage, status, contexts })
}

fn bound(format: CredentialFormat, name: &str, binding: &[&str]) -> CredentialConfiguration {
    let jwt = ProofTypeTerms {
        proof_signing_alg_values_supported: vec!["ES256".to_owned(), "EdDSA".to_owned()],
        key_attestations_required: None,
    };
    let mut configuration = CredentialConfiguration::new(format);
    configuration.binding_methods = binding.iter().map(|&name| name.to_owned()).collect();
    configuration.proof_types = BTreeMap::from([("jwt".to_owned(), jwt)]);
    configuration.metadata.display = vec![Display::named(name, "en")];
    configuration
}

fn diploma(embedded: bool) -> CredentialConfiguration {
    let context = if embedded { vec![json!(V2), json!(BADGES)] } else { Vec::new() };
    let types = vec!["VerifiableCredential".to_owned(), "OpenBadgeCredential".to_owned()];
    let definition = CredentialDefinition { context, types };
    let format = if embedded { CredentialFormat::LdpVc(definition) } else { CredentialFormat::JwtVcJson(definition) };
    bound(format, "Diploma", &["did:key", "did:jwk"])
}

fn pid() -> CredentialConfiguration {
    let mut configuration = bound(CredentialFormat::SdJwtVc("urn:eudi:pid:1".to_owned()), "Identity card", &["jwk"]);
    configuration.scope = Some("pid".to_owned());
    configuration
}

/// What one person is to receive under a configuration.
pub fn dataset(configuration: &str) -> CredentialDataset {
    CredentialDataset { configuration: configuration.to_owned(), credential: Some(claims(configuration)) }
}

pub fn claims(configuration: &str) -> Map<String, Value> {
    let claims = match configuration {
        "pid_x5c" | "pid_web" | "pid_attested" => json!({
            "iss": ISSUER, "vct": "urn:eudi:pid:1", "given_name": "Erika", "family_name": "Mustermann", "exp": 1_900_000_000,
        }),
        _ => json!({
            "@context": [V2, BADGES],
            "type": ["VerifiableCredential", "OpenBadgeCredential"],
            "issuer": { "id": did::key::from_public_key(&own_key().public_key()), "type": "Profile", "name": "Universidad de Ejemplo" },
            "validFrom": "2026-01-01T00:00:00Z",
            "name": "Licenciatura en Enfermería",
            "credentialSubject": { "type": "AchievementSubject", "achievement": {
                "id": "https://uni.example/titulos/enfermeria", "type": "Achievement", "achievementType": "BachelorDegree",
                "name": "Licenciatura en Enfermería", "description": "Grado de enfermería",
                "criteria": { "narrative": "Aprobó las 32 materias del plan 2019." },
            } },
        }),
    };
    claims.as_object().expect("an object").clone()
}
