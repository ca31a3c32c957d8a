//! A JSON-RPC window on an embedded chain, so that foreign libraries can speak to it over HTTP.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use wallet_core::registry::EmbeddedChain;

/// Serves `chain` on a free port of this machine and returns its URL; it closes when the handle is aborted.
pub async fn open(chain: Arc<EmbeddedChain>) -> (String, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("a bound socket has an address"));
    let router = Router::new().route("/", post(answer)).with_state(chain);
    let handle = tokio::spawn(async move { axum::serve(listener, router).await.expect("the window stays open") });
    (url, handle)
}

async fn answer(State(chain): State<Arc<EmbeddedChain>>, Json(request): Json<Value>) -> Json<Value> {
    Json(answer_all(&chain, &request))
}

/// The chain's answer to a request, or to each of a batch.
pub fn answer_all(chain: &EmbeddedChain, request: &Value) -> Value {
    match request {
        Value::Array(batch) => batch.iter().map(|request| answer_one(chain, request)).collect(),
        request => answer_one(chain, request),
    }
}

fn answer_one(chain: &EmbeddedChain, request: &Value) -> Value {
    let method = request["method"].as_str().unwrap_or_default();
    match chain.answer(method, &request["params"]).expect("the chain's file is whole") {
        Ok(result) => json!({ "jsonrpc": "2.0", "id": request["id"], "result": result }),
        Err(refusal) => {
            let error = json!({ "code": refusal.code, "message": refusal.reason });
            json!({ "jsonrpc": "2.0", "id": request["id"], "error": error })
        }
    }
}
