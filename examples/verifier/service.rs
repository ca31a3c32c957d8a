//! The service: bytes in, bytes out; everything else is the library's.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::{Value, json};
use wallet_core::error::WalletError;
use wallet_core::platform::{system_now, system_rng};
use wallet_core::verifier::online::{Begun, Device, OnlineVerifier, Outcome};

use crate::identities::Identities;
use crate::page::{Face, SCRIPT};
use crate::question::{DEFAULT_QUERY, Defaults, Question};
use crate::web::serving::{self, failed};

/// The cookie by which a browser is known again that a wallet leads back.
const COOKIE: &str = "session";

/// Everything the service has at hand.
pub struct Service {
    pub online: OnlineVerifier,
    pub identities: Identities,
    pub name: String,
    /// What the page asks for, if it is not the default.
    pub query: Option<String>,
    /// What the page asks as, and how.
    pub scheme: &'static str,
    pub mode: &'static str,
    /// Whether anybody may begin a session with a query of their own.
    pub test: bool,
}

type Shared = State<Arc<Service>>;

/// The routes.
pub fn router(service: Arc<Service>) -> Router {
    let mut router = Router::new()
        .route("/", get(page))
        .route("/page.js", get(|| async { ([(header::CONTENT_TYPE, "text/javascript")], SCRIPT) }))
        .route("/result/{id}", get(result))
        .route("/dc/{id}", post(dc))
        .route("/return/{id}", get(returning))
        .route("/done", get(done));
    if service.test {
        router = router.route("/new", get(new)).route("/root.pem", get(root)).route("/attester.json", get(attester));
    }
    router.fallback(wallet).with_state(service)
}

/// Whatever a wallet reaches.
async fn wallet(State(service): Shared, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let Some(call) = serving::call(&service.online.base, &method, &uri, (&headers, body)) else {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    };
    serving::response(service.online.answer(&call, &mut system_rng(), &system_now()).await)
}

impl Service {
    /// Begins a session; what the question leaves open is asked for as `scheme` and `mode` say.
    async fn begin(&self, question: &Question, scheme: &str, mode: &str) -> Result<Begun, WalletError> {
        let (now, mut rng) = (system_now(), system_rng());
        let defaults = Defaults { scheme, mode, query: self.query.as_deref().unwrap_or(DEFAULT_QUERY) };
        let asking = question.asking(&defaults, &self.identities, &now).await?;
        self.online.begin(asking, &mut rng, &now).await
    }

    async fn outcome(&self, id: &str, code: Option<&str>) -> Result<Option<Outcome>, WalletError> {
        self.online.outcome(id, code, &mut system_rng(), &system_now()).await
    }

    fn face(&self, lang: Option<&str>, headers: &HeaderMap) -> Face<'_> {
        Face { name: &self.name, language: serving::language(lang, headers) }
    }
}

/// Begins a session, for tests.
async fn new(State(service): Shared, Query(question): Query<Question>) -> Response {
    match service.begin(&question, "redirect_uri", "direct_post").await {
        Ok(begun) => Json(json!({ "id": begun.id, "request": begun.invitation.to_json() })).into_response(),
        Err(error) => failed(&error),
    }
}

#[derive(Deserialize)]
struct Code {
    response_code: Option<String>,
}

/// What came of a session.
async fn result(State(service): Shared, Path(id): Path<String>, Query(code): Query<Code>) -> Response {
    match service.outcome(&id, code.response_code.as_deref()).await {
        Ok(Some(outcome)) => ([(header::CACHE_CONTROL, "no-store")], Json(outcome.to_json())).into_response(),
        Ok(None) => (StatusCode::NOT_FOUND, Json(json!({ "error": "there is no such session, or it is over" }))).into_response(),
        Err(error) => failed(&error),
    }
}

/// What the platform's API gave the page.
async fn dc(State(service): Shared, Path(id): Path<String>, Json(given): Json<Value>) -> Response {
    let data = given.get("data").unwrap_or(&given);
    match service.online.take_data(&id, data, &mut system_rng(), &system_now()).await {
        Ok(()) => result(State(service), Path(id), Query(Code { response_code: None })).await,
        Err(error) => failed(&error),
    }
}

/// The page that asks.
async fn page(State(service): Shared, uri: Uri, Query(question): Query<Question>, headers: HeaderMap) -> Response {
    let face = service.face(question.lang.as_deref(), &headers);
    let question = if service.test { question } else { question.of_page() };
    let begun = match service.begin(&question, service.scheme, service.mode).await {
        Ok(begun) => begun,
        Err(error) => return (StatusCode::BAD_REQUEST, html(face.failed(&error.to_string()))).into_response(),
    };
    let same = question.device() == Device::Same;
    let here = (!same).then(|| on_this_device(uri.query().unwrap_or_default()));
    let mut response = html(face.asking(&begun, here.as_deref())).into_response();
    if same {
        let secure = if service.online.base.as_str().starts_with("https:") { "; Secure" } else { "" };
        let cookie = format!("{COOKIE}={}; HttpOnly; SameSite=Lax; Path=/{secure}", begun.id);
        let cookie = cookie.parse().expect("an identifier is plain text");
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

/// The page a wallet leads the browser to with its answer in the fragment.
async fn returning(State(service): Shared, Path(id): Path<String>, headers: HeaderMap) -> Response {
    let is_plain = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    if !is_plain {
        return StatusCode::NOT_FOUND.into_response();
    }
    html(service.face(None, &headers).returning(&id)).into_response()
}

/// The page a wallet on the same device leads the browser back to: only the browser that began may see what came of it.
async fn done(State(service): Shared, Query(code): Query<Code>, headers: HeaderMap) -> Response {
    let face = service.face(None, &headers);
    let Some(id) = cookie(&headers) else { return html(face.stranger()).into_response() };
    match service.outcome(&id, code.response_code.as_deref()).await {
        Ok(Some(outcome)) if outcome.status != wallet_core::verifier::online::Status::Pending => {
            html(face.done(&outcome)).into_response()
        }
        Ok(_) => html(face.stranger()).into_response(),
        Err(error) => failed(&error),
    }
}

/// The way to the same page for a wallet on this device.
fn on_this_device(query: &str) -> String {
    let others = query.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("device="));
    format!("?{}", others.chain(["device=same"]).collect::<Vec<_>>().join("&"))
}

fn cookie(headers: &HeaderMap) -> Option<String> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    all.flat_map(|value| value.split(';')).find_map(|pair| Some(pair.trim().strip_prefix(COOKIE)?.strip_prefix('=')?.to_owned()))
}

async fn root(State(service): Shared) -> Response {
    match service.identities.root() {
        Some(pem) => ([(header::CONTENT_TYPE, "application/x-pem-file")], pem.to_owned()).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn attester(State(service): Shared) -> Response {
    service.identities.attester().await.map_or_else(|error| failed(&error), |attester| Json(attester).into_response())
}

/// A page that runs nothing but its own script.
fn html(text: String) -> Response {
    serving::html(text, "script-src 'self'; connect-src 'self'")
}
