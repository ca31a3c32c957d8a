//! Handles for tests: whoever reaches the service may make offers, provide what was deferred, and fetch the root of its certificate.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::get;
use serde::Deserialize;
use serde_json::json;
use wallet_core::issuance::{InputMode, TransactionCode};
use wallet_core::issuer::credential_issuer::Delivery;
use wallet_core::oauth::Secret;
use wallet_core::platform::{system_now, system_rng};

use crate::service::{Service, Shared, Wish};
use crate::web::serving::failed;

/// The router with the handles.
pub fn add(router: Router<Arc<Service>>) -> Router<Arc<Service>> {
    router
        .route("/offer", get(offer))
        .route("/provide", get(provide))
        .route("/outcome", get(outcome))
        .route("/root.pem", get(root))
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    flow: String,
    config: Option<String>,
    #[serde(default)]
    tx: String,
    #[serde(default, rename = "ref")]
    by_reference: String,
    #[serde(default)]
    deferred: String,
}

/// Makes an offer; without `config` it is of the first entry.
async fn offer(State(service): Shared, Query(asked): Query<Asked>) -> Response {
    let first = || service.entries.keys().next().cloned().unwrap_or_default();
    let names = asked.config.unwrap_or_else(first).split(',').map(str::to_owned).collect();
    let transaction_code = match asked.tx.as_str() {
        "" | "0" => None,
        "text" => Some(TransactionCode { input_mode: InputMode::Text, length: Some(8), description: None }),
        _ => Some(TransactionCode {
            description: Some("The answer of the test handle has it".to_owned()),
            ..TransactionCode::default()
        }),
    };
    let is_set = |text: &str| !matches!(text, "" | "0");
    let wish = Wish {
        names,
        signs_in: asked.flow == "auth",
        transaction_code,
        delivery: if is_set(&asked.by_reference) { Delivery::ByReference } else { Delivery::ByValue },
        deferred: is_set(&asked.deferred),
    };
    match service.offer(wish).await {
        Ok(made) => {
            let code = made.transaction_code.as_ref().map(Secret::expose);
            Json(json!({ "offer": made.link.to_uri(), "tx_code": code, "datasets": made.datasets })).into_response()
        }
        Err(error) => failed(&error),
    }
}

#[derive(Deserialize)]
struct Provided {
    dataset: String,
    config: Option<String>,
}

/// Provides what was deferred: the credential of the entry `config`, or without it the answer that there will be none.
async fn provide(State(service): Shared, Query(provided): Query<Provided>) -> Response {
    let credential = match provided.config.map(|name| service.credential(&name)).transpose() {
        Ok(credential) => credential,
        Err(error) => return failed(&error),
    };
    let done = service.issuer.provide(&provided.dataset, credential, &mut system_rng(), &system_now()).await;
    done.map_or_else(|error| failed(&error), |()| StatusCode::NO_CONTENT.into_response())
}

/// What the wallet said became of the credentials of a data set.
async fn outcome(State(service): Shared, Query(provided): Query<Provided>) -> Response {
    match service.issuer.outcome(&provided.dataset, &system_now()).await {
        Ok(event) => Json(json!({ "event": event })).into_response(),
        Err(error) => failed(&error),
    }
}

async fn root(State(service): Shared) -> Response {
    match &service.identities.root {
        Some(pem) => ([(header::CONTENT_TYPE, "application/x-pem-file")], pem.clone()).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
