//! A verifier that believes one university, and the answers that wallets could send it.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::sync::OnceCell;
use wallet_core::json::JsonPointer;
use wallet_core::key::KeyAlgorithm;
use wallet_core::oauth::{Call, Profile};
use wallet_core::platform::{MemoryStorage, SoftwareKeystore, system_rng};
use wallet_core::ports::{HttpMethod, HttpRequest, HttpResponse};
use wallet_core::presentation::dcql::{DcqlQuery, QueryId};
use wallet_core::presentation::request::{AuthorizationRequest, RequestLink, VerifierEvidence};
use wallet_core::presentation::response::{AuthorizationResponse, Delivery, VpToken};
use wallet_core::seal::{Cost, Passphrase};
use wallet_core::securing::linked_data::Contexts;
use wallet_core::securing::{Disclosure, Kind, Mechanism, ProofOptions, Secured, prepare_disclosable};
use wallet_core::time::Timestamp;
use wallet_core::verification::Expectations;
use wallet_core::verifier::Verifier;
use wallet_core::verifier::online::{Asking, Begun, Invitation, OnlineVerifier, Outcome};

use crate::world::{Party, World, object};

pub const BASE: &str = "https://verifier.example/openid4vp";
pub const CARD: &str = "https://uni.example/vct/card";

pub struct Stage {
    pub world: World,
    pub verifier: OnlineVerifier,
}

/// A session, as the wallet knows it and as the page does.
pub struct Asked {
    pub id: String,
    pub request: AuthorizationRequest,
}

impl Stage {
    pub async fn new() -> Self {
        let world = World::new();
        let storage = Arc::new(MemoryStorage::new());
        let mut verifier = Verifier::bare(storage);
        verifier.carried = world.evidence.clone();
        let verifier = OnlineVerifier {
            verifier,
            keystore: keystore().await,
            base: BASE.parse().expect("an endpoint"),
            expected: Expectations { issuers: world.expected.issuers.clone(), ..Expectations::default() },
            profile: Profile::Standard,
        };
        Self { world, verifier }
    }

    /// Begins a session, and reads the link as a wallet does.
    pub async fn ask(&self, query: Value, change: impl FnOnce(&mut Asking)) -> Asked {
        let mut asking = Asking::for_query(DcqlQuery::from_value(&query).expect("a query"));
        change(&mut asking);
        let begun = self.verifier.begin(asking, &mut system_rng(), &self.world.now).await.expect("a session");
        let Begun { id, invitation: Invitation::Link(link) } = begun else { panic!("it goes by a link") };
        let Ok(RequestLink::Whole(received)) = RequestLink::read(&link) else { panic!("it is whole") };
        let request = received.authenticate(&VerifierEvidence::default(), &self.world.now).expect("a request").request;
        Asked { id, request }
    }

    /// Asks for the card with the name on it.
    pub async fn ask_for_card(&self) -> Asked {
        self.ask(card_query(), |_| {}).await
    }

    /// Sends an answer as a wallet does.
    pub async fn send(&self, token: VpToken, request: &AuthorizationRequest) -> HttpResponse {
        self.deliver(&AuthorizationResponse::presenting(token, request), request).await
    }

    pub async fn deliver(&self, response: &AuthorizationResponse, request: &AuthorizationRequest) -> HttpResponse {
        match response.deliver(request).expect("it can be delivered") {
            Delivery::Post(post) => self.reach(post, &self.world.now).await,
            other => panic!("{other:?} is not posted"),
        }
    }

    /// What the verifier answers.
    pub async fn reach(&self, request: HttpRequest, now: &Timestamp) -> HttpResponse {
        let HttpRequest { method, url, headers, body, .. } = request;
        self.verifier.answer(&Call { method, url, headers, body }, &mut system_rng(), now).await
    }

    pub async fn outcome(&self, id: &str) -> Outcome {
        self.outcome_with(id, None).await.expect("there is such a session")
    }

    pub async fn outcome_with(&self, id: &str, code: Option<&str>) -> Option<Outcome> {
        self.verifier.outcome(id, code, &mut system_rng(), &self.world.now).await.expect("the storage works")
    }

    /// The graduate's card.
    pub fn card(&self) -> Secured {
        card(&self.world.university, &self.world.graduate, &self.world.now)
    }

    /// The graduate's card with the name on it, presented for `nonce` to `audience`.
    pub fn show_card(&self, nonce: &str, audience: &str) -> Secured {
        show(&self.card(), &["/name"], (nonce, audience), &self.world.graduate, &self.world.now)
    }

    /// The good answer to [`card_query`].
    pub fn good_card(&self, request: &AuthorizationRequest) -> VpToken {
        VpToken::none().with(id("card"), &self.show_card(&request.nonce, &request.audience().expect("an audience")))
    }

    /// The diploma presented for this request, changed by `change` before it is signed.
    pub fn present(
        &self,
        credential: &Secured,
        mechanism: Mechanism,
        request: &AuthorizationRequest,
        change: impl FnOnce(&mut ProofOptions),
    ) -> Secured {
        self.world.present_with(credential, |options| {
            options.mechanism = mechanism;
            options.nonce = Some(request.nonce.clone());
            options.audience = Some(request.audience().expect("an audience"));
            change(options);
        })
    }
}

/// One keystore for all: a passphrase takes its time.
async fn keystore() -> Arc<SoftwareKeystore> {
    static KEYSTORE: OnceCell<Arc<SoftwareKeystore>> = OnceCell::const_new();
    let create = async || {
        let passphrase = Passphrase::new("una frase larga que nadie adivina").expect("long enough");
        let keystore = SoftwareKeystore::create(Arc::new(MemoryStorage::new()), &passphrase, Cost::UNLOCK).await;
        Arc::new(keystore.expect("a keystore"))
    };
    KEYSTORE.get_or_init(create).await.clone()
}

/// Asks for the card, and the name on it.
pub fn card_query() -> Value {
    json!({ "credentials": [{
        "id": "card", "format": "dc+sd-jwt", "meta": { "vct_values": [CARD] }, "claims": [{ "path": ["name"] }]
    }] })
}

/// Asks for the diploma in a format.
pub fn diploma_query(format: &str) -> Value {
    let types = json!([["https://purl.imsglobal.org/spec/vc/ob/vocab.html#OpenBadgeCredential"]]);
    json!({ "credentials": [{ "id": "diploma", "format": format, "meta": { "type_values": types } }] })
}

pub fn id(text: &str) -> QueryId {
    text.parse().expect("an id")
}

/// A card by `issuer` whose claims may be left out, bound to the key of `holder`.
pub fn card(issuer: &Party, holder: &Party, now: &Timestamp) -> Secured {
    let claims =
        json!({ "vct": CARD, "iss": issuer.did, "name": "Lucía Fernández", "born": "1999-04-01", "faculty": "Enfermería" });
    let pointers = ["name", "born", "faculty"].map(|name| JsonPointer::new([name.to_owned()])).to_vec();
    let disclosure = Disclosure::Only { pointers, decoys: 0, holder: Some(holder.key.public_key()) };
    let relationship = Kind::Credential.relationship();
    let options =
        ProofOptions { disclosure, ..ProofOptions::new(Mechanism::SdJwtVc, issuer.method(), relationship, now.clone()) };
    let (contexts, mut rng) = (Contexts::bundled(), system_rng());
    let unsigned = prepare_disclosable(object(claims), &options, &issuer.key.public_key(), &contexts, &mut rng);
    let unsigned = unsigned.expect("it can be signed");
    let signature = issuer.key.sign(unsigned.message());
    unsigned.finish(&signature).expect("the signature fits")
}

/// A card with these claims shown, for `nonce` to `audience`, signed by `holder`.
pub fn show(card: &Secured, claims: &[&str], (nonce, audience): (&str, &str), holder: &Party, now: &Timestamp) -> Secured {
    let part = disclose(card, claims);
    let unsigned = part.bind(nonce, audience, &holder.key.public_key(), now).expect("the holder's key");
    let signature = holder.key.sign(unsigned.message());
    unsigned.finish(&signature).expect("the signature fits")
}

pub fn disclose(card: &Secured, claims: &[&str]) -> Secured {
    let pointers: Vec<JsonPointer> = claims.iter().map(|claim| claim.parse().expect("a pointer")).collect();
    card.disclose(&pointers, &Contexts::bundled(), &mut system_rng()).expect("they can be shown")
}

/// Somebody else with a key of their own.
pub fn stranger() -> Party {
    Party::holder(KeyAlgorithm::P256, 9)
}

pub fn get(url: &str) -> HttpRequest {
    HttpRequest { method: HttpMethod::Get, ..HttpRequest::get(url) }
}

/// The reasons against the first presentation that answers `query`, by their codes.
pub fn reasons(outcome: &Outcome, query: &str) -> Vec<String> {
    let verdict = &outcome.credentials[&id(query)][0];
    let code = |reason: &Value| reason["code"].as_str().expect("a code").to_owned();
    verdict["reasons"].as_array().expect("a list").iter().map(code).collect()
}
