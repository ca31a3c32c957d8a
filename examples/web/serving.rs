//! HTTP: bytes in, bytes out, and nothing that goes on for ever.

use std::process::ExitCode;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::{self, Next};
use axum::response::{Html, IntoResponse, Json, Response};
use serde_json::json;
use tokio::net::TcpListener;
use wallet_core::error::{Result, WalletError};
use wallet_core::language::Language;
use wallet_core::oauth::{Call, Endpoint};
use wallet_core::ports::{HttpMethod, HttpResponse};

use crate::words;

/// The longest body that is taken, in bytes.
const MAX_BODY: usize = 1 << 20;
/// How long a request may take, its body included.
const TIME_OUT: Duration = Duration::from_secs(30);

/// Where wallets reach the service: plain http only where it is a test.
pub fn base(url: Option<&str>, port: u16, test: bool) -> Result<Endpoint> {
    let local = format!("http://localhost:{port}");
    let base = Endpoint::identifier(url.unwrap_or(&local))?;
    if !test && !base.as_str().starts_with("https:") {
        return Err(WalletError::misused("its URL must be https; plain http is for --test"));
    }
    Ok(base)
}

/// Serves `router` on this machine until the process is told to end, and says first where it is reached.
pub async fn serve(router: Router, base: &Endpoint, port: u16) -> Result<()> {
    let failed = |error: std::io::Error| WalletError::unreachable(format!("port {port}"), error);
    let listener = TcpListener::bind(("127.0.0.1", port)).await.map_err(failed)?;
    println!("{base}");
    let router = router.layer(DefaultBodyLimit::max(MAX_BODY)).layer(middleware::from_fn(guard));
    axum::serve(listener, router).with_graceful_shutdown(interrupted()).await.map_err(failed)
}

/// Says why the service did not run, if it did not.
pub fn ended(ran: Result<()>) -> ExitCode {
    match ran {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}", words::failure(&error, words::of_environment()));
            ExitCode::FAILURE
        }
    }
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

/// Waits for an interrupt, or for the end that a service manager sends.
async fn interrupted() {
    #[cfg(unix)]
    if let Ok(mut ended) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = ended.recv() => {}
        }
        return;
    }
    let _ = tokio::signal::ctrl_c().await;
}

/// A request as the library takes it; none for a method that no message has.
pub fn call(base: &Endpoint, method: &Method, uri: &Uri, (headers, body): (&HeaderMap, Bytes)) -> Option<Call> {
    let method = match *method {
        Method::GET => HttpMethod::Get,
        Method::POST => HttpMethod::Post,
        _ => return None,
    };
    let text = |(name, value): (&HeaderName, &HeaderValue)| Some((name.to_string(), value.to_str().ok()?.to_owned()));
    let path = uri.path_and_query().map(ToString::to_string).unwrap_or_default();
    let url = format!("{}{path}", base.origin());
    Some(Call { method, url, headers: headers.iter().filter_map(text).collect(), body: body.to_vec() })
}

/// An answer of the library.
pub fn response(answer: HttpResponse) -> Response {
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

/// A page that does no more than `policy` allows, and is shown inside no other page.
pub fn html(text: String, policy: &'static str) -> Response {
    let policy = format!("default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; {policy}");
    ([(header::CONTENT_SECURITY_POLICY, policy), (header::CACHE_CONTROL, "no-store".to_owned())], Html(text)).into_response()
}

/// What went wrong, for a program.
pub fn failed(error: &WalletError) -> Response {
    let status = match error {
        WalletError::StorageFailed { .. } | WalletError::KeyUnavailable { .. } => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::BAD_REQUEST,
    };
    (status, Json(json!({ "error": error.to_string() }))).into_response()
}

/// The language a browser asks for, or `chosen`, if it is one of ours.
pub fn language(chosen: Option<&str>, headers: &HeaderMap) -> Language {
    let preferred = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut languages = chosen.into_iter().chain(preferred.split(',')).filter_map(|tag| tag.trim().parse().ok());
    languages.next().unwrap_or(Language::Es)
}
