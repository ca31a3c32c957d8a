//! A wallet with four credentials, a verifier that asks over HTTP, and the wire between them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use serde_json::{Map, Value, json};
use wallet_core::did::{self, Did, VerificationRelationship};
use wallet_core::error::{Result, WalletError};
use wallet_core::jose::jwk_set::JwkSet;
use wallet_core::jose::jwt;
use wallet_core::json::JsonPointer;
use wallet_core::key::{KeyAlgorithm, KeyId, PublicKey, SecretKey};
use wallet_core::language::Language;
use wallet_core::oauth::{Call, Form};
use wallet_core::platform::{MemoryStorage, SoftwareKeystore, system_rng};
use wallet_core::ports::{HttpRequest, HttpResponse, Network};
use wallet_core::presentation::dcql::DcqlQuery;
use wallet_core::presentation::presenting::TransactionType;
use wallet_core::presentation::request::VerifierEvidence;
use wallet_core::resolver::Resolver;
use wallet_core::seal::{Cost, Passphrase, SealingKey};
use wallet_core::securing::linked_data::Contexts;
use wallet_core::securing::sd_jwt::type_metadata::TypeMetadata;
use wallet_core::securing::{Disclosure, Mechanism, ProofOptions, Secured, prepare, prepare_disclosable};
use wallet_core::store::{Protection, RecordId, StoreKey};
use wallet_core::time::Timestamp;
use wallet_core::verification::{Accrediting, Expectations, Issuers};
use wallet_core::verifier::Verifier;
use wallet_core::verifier::online::{Asking, Begun, Client, Invitation, Mode, OnlineVerifier, Outcome};
use wallet_core::wallet::Wallet;
use wallet_core::wallet::answering::{Answered, Answering, Profile, Review, TurnedAway};

use crate::authority::Authority;
use crate::world::{Party, at, object};

pub const BASE: &str = "https://verifier.example/openid4vp";
pub const ORIGIN: &str = "https://verifier.example";
const V2: &str = "https://www.w3.org/ns/credentials/v2";
const BADGES: &str = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json";

/// What the verifier answers, and everything that was sent to it.
pub struct Wire {
    pub verifier: OnlineVerifier,
    pub sent: Mutex<Vec<HttpRequest>>,
    now: Timestamp,
}

#[async_trait]
impl Network for Wire {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse> {
        self.sent.lock().expect("nobody panicked").push(request.clone());
        if !request.url.starts_with(BASE) {
            return Err(WalletError::unreachable("the other side", "nobody is there"));
        }
        let call = Call { method: request.method, url: request.url, headers: request.headers, body: request.body };
        Ok(self.verifier.answer(&call, &mut system_rng(), &self.now).await)
    }
}

/// The kinds of client that a verifier can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum As {
    Nobody,
    Did,
    DnsName,
    Certificate,
    Attested,
}

pub struct Stage {
    pub wallet: Wallet,
    pub holder: Did,
    holder_key: PublicKey,
    pub wire: Wire,
    pub authority: Authority,
    attester: SecretKey,
    pub evidence: VerifierEvidence,
    pub accrediting: Option<Accrediting>,
    pub transactions: Vec<TransactionType>,
    pub types: Vec<TypeMetadata>,
    pub profile: Profile,
    pub resolver: Resolver,
    contexts: Contexts,
    pub now: Timestamp,
}

fn verifier_key() -> SecretKey {
    SecretKey::from_bytes(KeyAlgorithm::P256, &[21; 32]).expect("a scalar in range")
}

impl Stage {
    /// A wallet whose keys are P-256, with nothing in it, and a verifier that all kinds of clients are known of.
    pub async fn new() -> Self {
        Self::with_holder(KeyAlgorithm::P256).await
    }

    pub async fn with_holder(algorithm: KeyAlgorithm) -> Self {
        let (now, mut rng) = (at("2026-03-01T12:00:00Z"), system_rng());
        let passphrase = Passphrase::new("una frase larga que nadie adivina").expect("long enough");
        let keystore = SoftwareKeystore::create(Arc::new(MemoryStorage::new()), &passphrase, Cost::UNLOCK).await;
        let keystore = Arc::new(keystore.expect("a keystore"));
        let key = StoreKey::Device(SealingKey::from_bytes(&[7; 32]).expect("32 bytes"));
        let wallet = Wallet::open(Arc::new(MemoryStorage::new()), keystore.clone(), &key, Cost::UNLOCK, &mut rng).await;
        let mut wallet = wallet.expect("a wallet");
        let holder = wallet.new_holder(algorithm, Protection::Software, &mut rng, &now).await.expect("a key");
        let holder_key = wallet.key_references().await.expect("keys").remove(0).public;
        keystore.import(&KeyId("verifier".to_owned()), &verifier_key()).await.expect("a new key");
        let (authority, attester) =
            (Authority::new("Raíz"), SecretKey::from_bytes(KeyAlgorithm::Ed25519, &[5; 32]).expect("a seed"));
        let verifier = OnlineVerifier {
            verifier: Verifier::bare(Arc::new(MemoryStorage::new())),
            keystore,
            base: BASE.parse().expect("an endpoint"),
            expected: Expectations { issuers: Issuers::Any, ..Expectations::default() },
            profile: wallet_core::verifier::online::Profile::Standard,
        };
        let attesters =
            BTreeMap::from([("https://attester.example".to_owned(), JwkSet::of_signature_keys([&attester.public_key()]))]);
        Self {
            wallet,
            holder,
            holder_key,
            evidence: VerifierEvidence { anchors: authority.anchors(), attesters, ..VerifierEvidence::default() },
            wire: Wire { verifier, sent: Mutex::new(Vec::new()), now: now.clone() },
            authority,
            attester,
            accrediting: None,
            transactions: Vec::new(),
            types: Vec::new(),
            profile: Profile::Standard,
            resolver: Resolver::new(),
            contexts: Contexts::bundled(),
            now,
        }
    }

    pub fn how(&self) -> Answering<'_> {
        Answering {
            network: &self.wire,
            resolver: &self.resolver,
            evidence: &self.evidence,
            accrediting: self.accrediting.as_ref(),
            profile: self.profile,
            transactions: &self.transactions,
            types: &self.types,
            language: Language::Es,
            contexts: &self.contexts,
        }
    }

    // What the wallet holds.

    /// Keeps a credential of the university's.
    pub async fn keep(&mut self, credential: &Secured) -> RecordId {
        let (mut rng, now) = (system_rng(), self.now.clone());
        self.wallet.keep(credential, "https://uni.example", Language::Es, &mut rng, &now).await.expect("it is new")
    }

    /// An SD-JWT VC with these claims, each of which can be left out, bound to the holder's key.
    pub fn sd_jwt_vc(&self, claims: Value) -> Secured {
        let claims = object(claims);
        let pointers = claims.keys().filter(|name| *name != "vct").map(|name| JsonPointer::new([name.clone()])).collect();
        self.issue(claims, Mechanism::SdJwtVc, Disclosure::Only { pointers, decoys: 1, holder: Some(self.holder_key.clone()) })
    }

    pub fn pid(&self) -> Secured {
        self.sd_jwt_vc(json!({
            "vct": "urn:eudi:pid:1", "given_name": "Lucía", "family_name": "Fernández", "age_over_18": true, "nationalities": ["PE", "AR"],
        }))
    }

    /// An Open Badge of the holder's.
    pub fn badge(&self, mechanism: Mechanism) -> Secured {
        let badge = json!({
            "@context": [V2, BADGES], "id": "urn:uuid:6f1d3c1e-6a55-4c83-9d57-0d3a2a1e8a11",
            "type": ["VerifiableCredential", "OpenBadgeCredential"],
            "issuer": { "id": issuer(mechanism).did, "type": "Profile", "name": "Universidad de Ejemplo" },
            "validFrom": "2026-02-01T00:00:00Z", "name": "Licenciatura en Enfermería",
            "credentialSubject": {
                "id": self.holder, "type": "AchievementSubject",
                "achievement": {
                    "id": "https://uni.example/titulos/enfermeria", "type": "Achievement", "name": "Enfermería",
                    "description": "Título de grado", "criteria": { "narrative": "Aprobó las 32 materias." },
                },
            },
        });
        let disclosure = match mechanism {
            Mechanism::EcdsaSd2023 | Mechanism::Bbs2023 => Disclosure::AllBut(Vec::new()),
            Mechanism::SdJwt => {
                let pointers = vec![JsonPointer::new(["credentialSubject", "achievement", "description"])];
                Disclosure::Only { pointers, decoys: 1, holder: Some(self.holder_key.clone()) }
            }
            _ => Disclosure::Whole,
        };
        self.issue(object(badge), mechanism, disclosure)
    }

    fn issue(&self, document: Map<String, Value>, mechanism: Mechanism, disclosure: Disclosure) -> Secured {
        let issuer = issuer(mechanism);
        let purpose = VerificationRelationship::AssertionMethod;
        let options = ProofOptions { disclosure, ..ProofOptions::new(mechanism, issuer.method(), purpose, self.now.clone()) };
        let (key, mut rng) = (issuer.key.public_key(), system_rng());
        let unsigned = match options.disclosure {
            Disclosure::Whole => prepare(document, &options, &key, &self.contexts),
            _ => prepare_disclosable(document, &options, &key, &self.contexts, &mut rng),
        };
        let unsigned = unsigned.expect("it can be signed");
        let signature = issuer.key.sign(unsigned.message());
        unsigned.finish(&signature).expect("the signature fits")
    }

    // What the verifier asks.

    /// The verifier's own DID and certificate name one key.
    pub fn client(&self, client: As) -> Client {
        let (id, key) = (KeyId("verifier".to_owned()), verifier_key());
        match client {
            As::Nobody => Client::Anonymous,
            As::Did => {
                let did = did::key::from_public_key(&key.public_key());
                Client::did(id, did.with_fragment(did.identifier()).expect("a DID URL"))
            }
            As::DnsName => {
                let chain = self.authority.certify(&key, &["verifier.example"]);
                Client::dns_name(id, &chain, "verifier.example").expect("it is for that name")
            }
            As::Certificate => Client::certificate(id, &self.authority.certify(&key, &[])),
            As::Attested => Client::attested(id, &self.attestation(&key.public_key())).expect("an attestation"),
        }
    }

    fn attestation(&self, key: &PublicKey) -> String {
        let header = object(json!({ "typ": "verifier-attestation+jwt" }));
        let claims = object(json!({
            "iss": "https://attester.example", "sub": "biblioteca", "exp": self.now.unix() + 3600, "cnf": { "jwk": key.to_jwk() },
        }));
        let unsigned = jwt::prepare(header, claims, &self.attester.public_key()).expect("a token");
        let signature = self.attester.sign(unsigned.message());
        unsigned.finish(&signature)
    }

    /// Asks for `query` as `client`, and for the answer by `mode`.
    pub async fn ask(&self, query: &Value, client: As, mode: Mode) -> Begun {
        let query = DcqlQuery::from_value(query).expect("a query");
        let asking = Asking { clients: vec![self.client(client)], mode, ..Asking::for_query(query) };
        self.begin(asking).await
    }

    pub async fn begin(&self, asking: Asking) -> Begun {
        self.wire.verifier.begin(asking, &mut system_rng(), &self.now).await.expect("it can be asked")
    }

    // What passes between them.

    pub async fn review(&self, begun: &Begun) -> std::result::Result<Review, TurnedAway> {
        let mut rng = system_rng();
        match &begun.invitation {
            Invitation::Link(link) => self.wallet.review(link, &self.how(), &mut rng, &self.now).await,
            Invitation::DcApi { protocol, data } => {
                let request = (protocol.as_str(), data, ORIGIN);
                self.wallet.review_dc_api(request, &self.how(), &mut rng, &self.now).await
            }
        }
    }

    /// Shares the least that answers.
    pub async fn accept(&mut self, review: &Review) -> Result<Answered> {
        let selection = review.preselected().unwrap_or_else(|missing| panic!("{missing:?}"));
        self.share(review, &selection).await
    }

    pub async fn share(&mut self, review: &Review, selection: &wallet_core::presentation::dcql::Selection) -> Result<Answered> {
        let Self { wallet, wire, resolver, evidence, accrediting, transactions, types, contexts, now, profile, .. } = self;
        let how = Answering {
            network: wire,
            resolver,
            evidence,
            accrediting: accrediting.as_ref(),
            profile: *profile,
            transactions,
            types,
            language: Language::Es,
            contexts,
        };
        wallet.accept(review, selection, &how, &mut system_rng(), now).await
    }

    /// What came of it, once a browser or the platform has carried what the wallet does not send itself.
    pub async fn outcome(&self, begun: &Begun, answered: &Answered) -> Outcome {
        let mut rng = system_rng();
        match answered {
            Answered::Sent { .. } => {}
            Answered::Redirect(url) => {
                let (page, fragment) = url.split_once('#').expect("a fragment");
                // The page at the redirect URI hands its fragment over, as the verifier's script does.
                let post = HttpRequest::post(
                    page.replace("/return/", "/response/"),
                    "application/x-www-form-urlencoded",
                    fragment.into(),
                );
                self.wire.send(post).await.expect("it answers");
            }
            Answered::DcApi(data) => {
                self.wire.verifier.take_data(&begun.id, data, &mut rng, &self.now).await.expect("it is taken")
            }
        }
        self.wire.verifier.outcome(&begun.id, None, &mut rng, &self.now).await.expect("the storage works").expect("a session")
    }

    /// What the last answer by `direct_post` said.
    pub fn last_form(&self) -> Form {
        let sent = self.wire.sent.lock().expect("nobody panicked");
        let body = &sent.last().expect("something was sent").body;
        Form::read(std::str::from_utf8(body).expect("text")).expect("a form")
    }

    /// The one presentation for `query` in the last answer by `direct_post`.
    pub fn last_presentation(&self, query: &str) -> Value {
        let token: Value = serde_json::from_str(self.last_form().text("vp_token").expect("a vp_token")).expect("JSON");
        token[query][0].clone()
    }
}

/// The university, with the kind of key that the mechanism signs with.
fn issuer(mechanism: Mechanism) -> Party {
    match mechanism {
        Mechanism::EddsaRdfc2022 | Mechanism::EddsaJcs2022 => Party::holder(KeyAlgorithm::Ed25519, 1),
        Mechanism::Bbs2023 => Party::holder(KeyAlgorithm::Bls12381G2, 1),
        _ => Party::holder(KeyAlgorithm::P256, 1),
    }
}

/// A query for one credential of `format`; `more` is laid over it.
pub fn one(format: &str, more: Value) -> Value {
    let mut query = json!({ "id": "a", "format": format, "meta": {} });
    for (name, value) in object(more) {
        query[name] = value;
    }
    json!({ "credentials": [query] })
}

/// A query for these claims of the PID.
pub fn pid(claims: &[&str]) -> Value {
    let claims: Vec<Value> = claims.iter().map(|name| json!({ "path": [name] })).collect();
    one("dc+sd-jwt", json!({ "meta": { "vct_values": ["urn:eudi:pid:1"] }, "claims": claims }))
}
