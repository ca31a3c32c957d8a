//! An issuer in memory, and a wallet that speaks to it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};
use wallet_core::credential::CredentialTerms;
use wallet_core::credential::profiles::{DegreeKind, Diploma};
use wallet_core::did;
use wallet_core::issuance::{
    CredentialConfiguration, CredentialDefinition, CredentialFormat, CredentialOffer, KeyProofTerms, OfferLink, ProofKey,
    ProofTypeTerms, TransactionCode,
};
use wallet_core::issuer::credential_issuer::{
    ClientPolicy, CredentialDataset, Delivery, HOLDER, IssuancePlan, Lifetimes, MadeOffer, OfferTerms, OfferedCredential,
    Profile, SharedIssuer, Strangers,
};
use wallet_core::issuer::{CredentialIssuer, Issuer, SigningTerms, StatusPlan};
use wallet_core::json::JsonPointer;
use wallet_core::key::{KeyAlgorithm, SecretKey};
use wallet_core::oauth::{Attesters, Call, DpopProof, Endpoint, Form, Secret};
use wallet_core::platform::{MemoryStorage, SoftwareKeystore, system_rng};
use wallet_core::ports::{HttpMethod, HttpResponse, Keystore as _, Storage};
use wallet_core::resolver::Resolver;
use wallet_core::seal::{Cost, Passphrase, SealingKey};
use wallet_core::securing::linked_data::Contexts;
use wallet_core::securing::{Disclosure, Mechanism};
use wallet_core::status::StatusPurpose;
use wallet_core::time::Timestamp;

pub const ISSUER: &str = "https://issuer.example/tenant";
/// What a verifier of a pre-authorized code's offer would call the grant.
pub const PRE_AUTHORIZED: &str = "urn:ietf:params:oauth:grant-type:pre-authorized_code";

pub fn now() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().expect("a date")
}

/// An issuer, and what time it is there.
pub struct Stage {
    pub issuer: CredentialIssuer,
    pub now: Timestamp,
}

impl Stage {
    pub async fn new() -> Self {
        Self::with(|_| ()).await
    }

    pub async fn with(change: impl FnOnce(&mut IssuancePlan)) -> Self {
        Self::over(Arc::new(MemoryStorage::new()), change).await
    }

    pub async fn over(storage: Arc<dyn Storage>, change: impl FnOnce(&mut IssuancePlan)) -> Self {
        let mut plan = plan().await;
        change(&mut plan);
        let sealing = SealingKey::from_bytes(&[7; 32]).expect("32 bytes");
        let issuer = CredentialIssuer { plan, storage, sealing, resolver: Resolver::new(), contexts: Contexts::bundled() };
        Self { issuer, now: now() }
    }

    pub async fn answer(&self, call: Call) -> HttpResponse {
        self.issuer.answer(&call, &mut system_rng(), &self.now).await
    }

    pub async fn get(&self, url: &str) -> HttpResponse {
        self.answer(call(HttpMethod::Get, url, &[], Vec::new())).await
    }

    pub async fn post(&self, path: &str, form: Form) -> HttpResponse {
        self.post_with(path, form, &[]).await
    }

    pub async fn post_with(&self, path: &str, form: Form, headers: &[(&str, &str)]) -> HttpResponse {
        let all = [&[("content-type", "application/x-www-form-urlencoded")], headers].concat();
        self.answer(call(HttpMethod::Post, &format!("{ISSUER}/{path}"), &all, form.to_text().into_bytes())).await
    }

    pub async fn ask(&self, path: &str, token: &str, body: &Value) -> HttpResponse {
        let authorization = format!("Bearer {token}");
        let headers = [("content-type", "application/json"), ("authorization", authorization.as_str())];
        self.answer(call(HttpMethod::Post, &format!("{ISSUER}/{path}"), &headers, body.to_string().into_bytes())).await
    }

    /// An offer of what the issuer has under `name`, by value.
    pub async fn offer(&self, name: &str, transaction_code: Option<TransactionCode>) -> (CredentialOffer, MadeOffer) {
        self.offer_of(vec![self.dataset(name).await], transaction_code).await
    }

    pub async fn offer_of(
        &self,
        datasets: Vec<CredentialDataset>,
        transaction_code: Option<TransactionCode>,
    ) -> (CredentialOffer, MadeOffer) {
        let terms = OfferTerms::PreAuthorized { datasets, transaction_code };
        let made = self.issuer.offer(terms, Delivery::ByValue, &mut system_rng(), &self.now).await.expect("an offer");
        let OfferLink::ByValue(offer) = made.link.clone() else { panic!("it was to travel itself") };
        (offer, made)
    }

    pub async fn dataset(&self, name: &str) -> CredentialDataset {
        let offered = &self.issuer.plan.credentials[name];
        let did = offered.issuer.lock().await.did.clone();
        let credential = match offered.configuration.format {
            CredentialFormat::SdJwtVc(_) => {
                object(json!({ "iss": did, "vct": "urn:example:card", "given_name": "Lucía", "age": 27 }))
            }
            _ => {
                let terms = CredentialTerms {
                    subject: Some(HOLDER.parse().expect("a DID")),
                    valid_from: Some(now()),
                    ..CredentialTerms::by(did)
                };
                Diploma::new("Lucía", "Enfermería", DegreeKind::Bachelor, "2025-12-12".parse().expect("a date"))
                    .to_credential(terms)
            }
        };
        CredentialDataset { configuration: name.to_owned(), credential: Some(credential) }
    }

    /// A token for what the issuer has under `name`.
    pub async fn token(&self, name: &str) -> String {
        let (offer, _) = self.offer(name, None).await;
        let response = self.redeem(&offer, Form::new()).await;
        assert_eq!(response.status, 200, "{}", text(&response));
        body(&response)["access_token"].as_str().expect("a token").to_owned()
    }

    /// Redeems the code of an offer, with further parameters.
    pub async fn redeem(&self, offer: &CredentialOffer, further: Form) -> HttpResponse {
        self.post("token", redemption(offer, further)).await
    }

    pub async fn nonce(&self) -> String {
        let response = self.post("nonce", Form::new()).await;
        body(&response)["c_nonce"].as_str().expect("a nonce").to_owned()
    }
}

/// The parameters by which the code of an offer is redeemed.
pub fn redemption(offer: &CredentialOffer, further: Form) -> Form {
    let code = &offer.grants.pre_authorized_code.as_ref().expect("a code").code;
    let form = Form::new().with("grant_type", PRE_AUTHORIZED).with("pre-authorized_code", code.expose());
    further.iter().fold(form, |form, (name, value)| form.with(name, value))
}

pub fn call(method: HttpMethod, url: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Call {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Call { method, url: url.to_owned(), headers, body }
}

pub fn object(value: Value) -> Map<String, Value> {
    value.as_object().cloned().expect("an object")
}

pub fn body(response: &HttpResponse) -> Value {
    serde_json::from_slice(&response.body).unwrap_or_else(|_| panic!("{response:?} has no JSON"))
}

pub fn text(response: &HttpResponse) -> String {
    String::from_utf8_lossy(&response.body).into_owned()
}

/// The status and the code of a refusal.
pub fn refusal(response: &HttpResponse) -> (u16, String) {
    (response.status, body(response)["error"].as_str().expect("an error").to_owned())
}

#[track_caller]
pub fn refused(response: &HttpResponse, status: u16, code: &str) {
    assert_eq!(refusal(response), (status, code.to_owned()), "{}", text(response));
}

pub fn header<'r>(response: &'r HttpResponse, name: &str) -> Option<&'r str> {
    response.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
}

/// What a proof says.
pub struct Terms {
    pub issuer: Endpoint,
    pub nonce: Option<String>,
    pub key: ProofKey,
    pub attestation: Option<String>,
}

/// A key of a wallet.
pub struct Holder(pub SecretKey);

impl Holder {
    pub fn new(byte: u8) -> Self {
        Self(SecretKey::from_bytes(KeyAlgorithm::P256, &[byte; 32]).expect("a scalar in range"))
    }

    pub fn did(&self) -> String {
        did::jwk::from_public_key(&self.0.public_key()).to_string()
    }

    /// A proof of this key as a bare key.
    pub fn proof(&self, nonce: &str) -> String {
        self.proof_with(|terms| terms.nonce = Some(nonce.to_owned()))
    }

    pub fn proof_with(&self, change: impl FnOnce(&mut Terms)) -> String {
        let (issuer, key) = (ISSUER.parse().expect("a URL"), ProofKey::Jwk(self.0.public_key()));
        let mut terms = Terms { issuer, nonce: None, key, attestation: None };
        change(&mut terms);
        let (nonce, attestation) = (terms.nonce.as_deref(), terms.attestation.as_deref());
        let proof = KeyProofTerms { issuer: &terms.issuer, nonce, client: None, key: terms.key, attestation, issued: &now() };
        let unsigned = proof.prepare(&self.0.public_key()).expect("a proof");
        let signature = self.0.sign(unsigned.message());
        unsigned.finish(&signature)
    }

    /// A DPoP proof for a request to `path`.
    pub fn dpop(&self, path: &str, (token, nonce): (Option<&str>, Option<&str>)) -> String {
        let (url, token) = (format!("{ISSUER}/{path}"), token.map(Secret::from));
        let proof = DpopProof { method: HttpMethod::Post, url: &url, access_token: token.as_ref(), nonce };
        let unsigned = proof.prepare(&self.0.public_key(), &mut system_rng(), &now()).expect("a proof");
        let signature = self.0.sign(unsigned.message());
        unsigned.finish(&signature)
    }
}

/// Asks for `name` with the proof of one key.
pub async fn request(stage: &Stage, name: &str, holder: &Holder) -> Value {
    let proof = holder.proof(&stage.nonce().await);
    json!({ "credential_configuration_id": name, "proofs": { "jwt": [proof] } })
}

async fn plan() -> IssuancePlan {
    let (ed25519, p256) = (issuer(KeyAlgorithm::Ed25519).await, issuer(KeyAlgorithm::P256).await);
    let definition = |context: &[&str]| CredentialDefinition {
        context: context.iter().map(|&url| url.into()).collect(),
        types: vec!["VerifiableCredential".to_owned()],
    };
    let pointers = ["given_name", "age", "absent"].map(|name| JsonPointer::new([name])).to_vec();
    let card = SigningTerms {
        disclosure: Disclosure::Only { pointers, decoys: 0, holder: None },
        purposes: vec![StatusPurpose::Revocation],
        ..SigningTerms::of(Mechanism::SdJwtVc)
    };
    let format = CredentialFormat::JwtVcJson(definition(&[]));
    let coupon = OfferedCredential {
        configuration: CredentialConfiguration::new(format.clone()),
        issuer: p256.clone(),
        terms: SigningTerms::of(Mechanism::Jwt),
    };
    let credentials = BTreeMap::from([
        (
            "diploma".to_owned(),
            bound(
                CredentialFormat::LdpVc(definition(&["https://www.w3.org/ns/credentials/v2"])),
                ed25519,
                SigningTerms::of(Mechanism::EddsaRdfc2022),
            ),
        ),
        ("degree".to_owned(), bound(format, p256.clone(), SigningTerms::of(Mechanism::Jwt))),
        ("card".to_owned(), bound(CredentialFormat::SdJwtVc("urn:example:card".to_owned()), p256, card)),
        ("coupon".to_owned(), coupon),
    ]);
    IssuancePlan {
        identifier: ISSUER.parse().expect("an identifier"),
        display: Vec::new(),
        credentials,
        clients: ClientPolicy { strangers: Strangers::Welcome, ..ClientPolicy::default() },
        consent_page: "https://issuer.example/consent".parse().expect("a URL"),
        key_attesters: Attesters::default(),
        profile: Profile::Standard,
        batch_size: 3,
        encryption: None,
        metadata_signing: None,
        lifetimes: Lifetimes { refresh_token: Some(Duration::from_secs(24 * 3600)), ..Lifetimes::default() },
    }
}

/// A kind of credential that is bound to a key.
fn bound(format: CredentialFormat, issuer: SharedIssuer, terms: SigningTerms) -> OfferedCredential {
    let proof = |names: &[&str]| ProofTypeTerms {
        proof_signing_alg_values_supported: names.iter().map(|&name| name.to_owned()).collect(),
        key_attestations_required: None,
    };
    let configuration = CredentialConfiguration {
        scope: Some(format!("scope:{}", format.as_str())),
        binding_methods: vec!["jwk".to_owned(), "did:key".to_owned()],
        proof_types: BTreeMap::from([
            ("jwt".to_owned(), proof(&["ES256"])),
            ("di_vp".to_owned(), proof(&["eddsa-rdfc-2022"])),
            ("attestation".to_owned(), proof(&["ES256"])),
        ]),
        ..CredentialConfiguration::new(format)
    };
    OfferedCredential { configuration, issuer, terms }
}

async fn issuer(algorithm: KeyAlgorithm) -> SharedIssuer {
    let passphrase = Passphrase::new("a passphrase").expect("a passphrase");
    let cost = Cost::new(8, 1).expect("a light cost");
    let keystore = SoftwareKeystore::create(Arc::new(MemoryStorage::new()), &passphrase, cost).await.expect("a keystore");
    let (key, public) = keystore.create(algorithm).await.expect("a key");
    let did = did::key::from_public_key(&public);
    let method = did.with_fragment(did.identifier()).expect("a DID URL");
    let (storage, status) = (Arc::new(MemoryStorage::new()), StatusPlan::at("https://issuer.example/status"));
    SharedIssuer::new(Issuer { did, method, key, keystore: Arc::new(keystore), storage, status, contexts: Contexts::bundled() })
}
