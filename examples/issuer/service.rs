//! The service: bytes in, bytes out; everything else is the library's.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Form, Path, Query, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::{self, Next};
use axum::response::{Html, IntoResponse, Json, Redirect, Response};
use axum::routing::get;
use serde::Deserialize;
use serde_json::json;
use wallet_core::error::{Result, WalletError};
use wallet_core::issuer::CredentialIssuer;
use wallet_core::issuer::credential_issuer::{CredentialDataset, Delivery, MadeOffer, OfferTerms, SharedIssuer};
use wallet_core::language::Language;
use wallet_core::oauth::{Call, Secret};
use wallet_core::platform::{system_now, system_rng};
use wallet_core::ports::{HttpMethod, HttpResponse};
use wallet_core::securing::Mechanism;

use crate::catalogue::Entry;
use crate::identities::Identities;
use crate::page::Face;
use crate::test_handles;

/// The longest body that is taken, in bytes.
const MAX_BODY: usize = 1 << 20;
/// How long a request may take, its body included.
const TIME_OUT: Duration = Duration::from_secs(30);

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
    router.fallback(wallet).layer(DefaultBodyLimit::max(MAX_BODY)).layer(middleware::from_fn(guard)).with_state(service)
}

/// Ends what takes too long, and tells browsers to be careful with every answer.
async fn guard(request: Request, next: Next) -> Response {
    let answered = tokio::time::timeout(TIME_OUT, next.run(request)).await;
    let mut response = answered.unwrap_or_else(|_| StatusCode::REQUEST_TIMEOUT.into_response());
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::STRICT_TRANSPORT_SECURITY, "max-age=31536000"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Whatever a wallet reaches.
async fn wallet(State(service): Shared, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let method = match method {
        Method::GET => HttpMethod::Get,
        Method::POST => HttpMethod::Post,
        _ => return StatusCode::METHOD_NOT_ALLOWED.into_response(),
    };
    let text = |(name, value): (&HeaderName, &HeaderValue)| Some((name.to_string(), value.to_str().ok()?.to_owned()));
    let path = uri.path_and_query().map(ToString::to_string).unwrap_or_default();
    let url = format!("{}{path}", service.issuer.plan.identifier.origin());
    let call = Call { method, url, headers: headers.iter().filter_map(text).collect(), body: body.to_vec() };
    let agrees_at_once = service.test && !accepts_pages(&headers);
    // A wallet that goes away does not stop what it has begun.
    let answered = tokio::spawn(async move {
        let answer = service.issuer.answer(&call, &mut system_rng(), &system_now()).await;
        if agrees_at_once { service.agree_to(answer).await } else { answer }
    });
    answered.await.map_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response(), response)
}

/// Whether it is a browser that asks, which a person looks at.
fn accepts_pages(headers: &HeaderMap) -> bool {
    headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).is_some_and(|accept| accept.contains("text/html"))
}

fn response(answer: HttpResponse) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, answer.body).into_response();
    response.headers_mut().remove(header::CONTENT_TYPE);
    for (name, value) in &answer.headers {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), value.parse::<HeaderValue>()) {
            response.headers_mut().append(name, value);
        }
    }
    response
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
        let preferred = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let language = preferred.split(',').find_map(|tag| tag.trim().parse().ok()).unwrap_or(Language::Es);
        Face { name: &self.name, language }
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
    html(service.face(&headers).front(&service.entries)).into_response()
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
        Ok(made) => html(service.face(&headers).offer(&made)).into_response(),
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
        Ok(asked) => html(service.face(&headers).consent(&query.session, &asked, &service.entries)).into_response(),
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

/// A page that runs no script, and is shown inside no other page.
fn html(text: String) -> impl IntoResponse {
    let policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'; base-uri 'none'";
    ([(header::CONTENT_SECURITY_POLICY, policy), (header::CACHE_CONTROL, "no-store")], Html(text))
}

pub fn failed(error: &WalletError) -> Response {
    let status = match error {
        WalletError::StorageFailed { .. } | WalletError::KeyUnavailable { .. } => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::BAD_REQUEST,
    };
    (status, Json(json!({ "error": error.to_string() }))).into_response()
}
