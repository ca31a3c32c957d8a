//! The service: bytes in, bytes out; everything else is the library's.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Form, Path, Query, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use serde::Deserialize;
use wallet_core::error::{Result, WalletError};
use wallet_core::issuer::CredentialIssuer;
use wallet_core::issuer::credential_issuer::{CredentialDataset, Delivery, MadeOffer, OfferTerms, SharedIssuer};
use wallet_core::oauth::Secret;
use wallet_core::platform::{system_now, system_rng};
use wallet_core::ports::HttpResponse;
use wallet_core::securing::Mechanism;

use crate::catalogue::Entry;
use crate::identities::Identities;
use crate::page::Face;
use crate::test_handles;
use crate::web::serving::{self, failed};

/// Everything the service has at hand.
pub struct Service {
    pub issuer: CredentialIssuer,
    pub identities: Identities,
    pub entries: BTreeMap<String, Entry>,
    pub ed25519: SharedIssuer,
    pub p256: SharedIssuer,
    pub name: String,
    pub test: bool,
}

pub type Shared = State<Arc<Service>>;

/// The routes.
pub fn router(service: Arc<Service>) -> Router {
    let mut router = Router::new()
        .route("/", get(front))
        .route("/show", get(show))
        .route("/consent", get(consent).post(decide))
        .route("/status/{issuer}/{list}/{number}", get(status_list))
        .route("/.well-known/did.json", get(document));
    if service.test {
        router = test_handles::add(router);
    }
    router.fallback(wallet).with_state(service)
}

/// Whatever a wallet reaches.
async fn wallet(State(service): Shared, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let Some(call) = serving::call(&service.issuer.plan.identifier, &method, &uri, (&headers, body)) else {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    };
    let agrees_at_once = service.test && !accepts_pages(&headers);
    // A wallet that goes away does not stop what it has begun.
    let answered = tokio::spawn(async move {
        let answer = service.issuer.answer(&call, &mut system_rng(), &system_now()).await;
        if agrees_at_once { service.agree_to(answer).await } else { answer }
    });
    answered.await.map_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response(), serving::response)
}

/// Whether it is a browser that asks, which a person looks at.
fn accepts_pages(headers: &HeaderMap) -> bool {
    headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).is_some_and(|accept| accept.contains("text/html"))
}

impl Service {
    /// Offers the entries of these names.
    pub async fn offer(&self, wish: Wish) -> Result<MadeOffer> {
        let terms = match wish.signs_in {
            true => OfferTerms::SignIn { configurations: wish.names, reference: None },
            false => OfferTerms::PreAuthorized {
                datasets: self.datasets(&wish.names, wish.deferred)?,
                transaction_code: wish.transaction_code,
            },
        };
        self.issuer.offer(terms, wish.delivery, &mut system_rng(), &system_now()).await
    }

    /// What the one person this service knows receives under these names.
    pub fn datasets(&self, names: &[String], deferred: bool) -> Result<Vec<CredentialDataset>> {
        let dataset = |name: &String| {
            let credential = if deferred { None } else { Some(self.credential(name)?) };
            Ok(CredentialDataset { configuration: name.clone(), credential })
        };
        names.iter().map(dataset).collect()
    }

    pub fn credential(&self, name: &str) -> Result<serde_json::Map<String, serde_json::Value>> {
        let unknown = || WalletError::misused(format!("this issuer has no credential called {name}"));
        let entry = self.entries.get(name).ok_or_else(unknown)?;
        entry.credential(&self.identities, (&self.issuer.plan.identifier, &self.name), &system_now())
    }

    /// Agrees in the place of a person, where an answer leads to the page that would ask one: for tests without a browser.
    async fn agree_to(&self, mut answer: HttpResponse) -> HttpResponse {
        let page = format!("{}?session=", self.issuer.plan.consent_page);
        let location = answer.headers.iter_mut().find(|(name, value)| name == "location" && value.starts_with(&page));
        if let Some((_, location)) = location
            && let Ok(next) = self.agree(&location[page.len()..].into()).await
        {
            *location = next;
        }
        answer
    }

    /// Gives what was asked for; returns where the browser goes.
    async fn agree(&self, session: &Secret) -> Result<String> {
        let (now, mut rng) = (system_now(), system_rng());
        let asked = self.issuer.authorization(session, &now).await?;
        self.issuer.approve(session, self.datasets(&asked.configurations, false)?, &mut rng, &now).await
    }

    fn face(&self, headers: &HeaderMap) -> Face<'_> {
        Face { name: &self.name, language: serving::language(None, headers) }
    }
}

/// What is to be offered, and how.
pub struct Wish {
    pub names: Vec<String>,
    pub signs_in: bool,
    pub transaction_code: Option<wallet_core::issuance::TransactionCode>,
    pub delivery: Delivery,
    pub deferred: bool,
}

/// The page with everything that can be had.
async fn front(State(service): Shared, headers: HeaderMap) -> Response {
    html(service.face(&headers).front(&service.entries))
}

#[derive(Deserialize)]
struct Shown {
    config: String,
    #[serde(default)]
    flow: String,
}

/// The page with the QR code of an offer.
async fn show(State(service): Shared, Query(shown): Query<Shown>, headers: HeaderMap) -> Response {
    let wish = Wish {
        names: vec![shown.config],
        signs_in: shown.flow == "auth",
        transaction_code: None,
        delivery: Delivery::ByReference,
        deferred: false,
    };
    match service.offer(wish).await {
        Ok(made) => html(service.face(&headers).offer(&made)),
        Err(error) => failed(&error),
    }
}

#[derive(Deserialize)]
struct Session {
    session: String,
    #[serde(default)]
    answer: String,
}

/// The page that asks a person to agree.
async fn consent(State(service): Shared, Query(query): Query<Session>, headers: HeaderMap) -> Response {
    let session = Secret::from(query.session.as_str());
    match service.issuer.authorization(&session, &system_now()).await {
        Ok(asked) => html(service.face(&headers).consent(&query.session, &asked, &service.entries)),
        Err(error) => failed(&error),
    }
}

/// What the person said.
async fn decide(State(service): Shared, Form(form): Form<Session>) -> Response {
    let session = Secret::from(form.session.as_str());
    let next = match form.answer.as_str() {
        "yes" => service.agree(&session).await,
        _ => service.issuer.deny(&session, &system_now()).await,
    };
    next.map_or_else(|error| failed(&error), |url| Redirect::to(&url).into_response())
}

/// A status list, signed as it is now.
async fn status_list(State(service): Shared, Path((issuer, list, number)): Path<(String, String, u64)>) -> Response {
    let shared = match issuer.as_str() {
        "ed25519" => &service.ed25519,
        "p256" => &service.p256,
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    let (issuer, now) = (shared.lock().await, system_now());
    let (signed, media_type) = match list.as_str() {
        "token" => (issuer.token_list(number, Mechanism::Jwt, &now).await, "application/statuslist+jwt"),
        _ => (issuer.status_list(&list.into(), number, &now).await, "application/vc"),
    };
    match signed {
        Ok(signed) => ([(header::CONTENT_TYPE, media_type)], signed.list.to_bytes()).into_response(),
        Err(WalletError::Misused { .. }) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => failed(&error),
    }
}

/// The document of the service's did:web.
async fn document(State(service): Shared) -> Response {
    match service.identities.document() {
        Some(document) => ([(header::CONTENT_TYPE, "application/did+json")], document.to_string()).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// A page that runs no script.
fn html(text: String) -> Response {
    serving::html(text, "")
}
