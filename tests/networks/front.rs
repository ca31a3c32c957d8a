//! A web server in front of an embedded chain, which answers as well or as badly as it is told.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use wallet_core::platform::HttpNetwork;
use wallet_core::registry::{EmbeddedChain, rpc};
use wallet_core::resolver::{Patience, RpcLedger};

use crate::support::rpc_window;
use crate::world::{Kind, World};

/// What becomes of one request.
#[derive(Debug, Clone, Copy)]
pub enum Mood {
    Answer,
    /// Turned away with this status, and told to come back after so many seconds.
    TurnAway(u16, Option<u64>),
    /// Refused as a JSON-RPC error, each question of the batch.
    Refuse(i64, &'static str),
    /// Carried out, and then the answer is lost.
    LoseAnswer,
    /// A transaction said to be taken, and let fall.
    LetFall,
    Silence,
}

type Script = Box<dyn Fn(&Value, usize) -> Mood + Send + Sync>;

pub struct Front {
    pub url: String,
    requests: Arc<Mutex<Vec<(Instant, Value)>>>,
    task: JoinHandle<()>,
}

struct Shared {
    chain: Arc<EmbeddedChain>,
    script: Script,
    requests: Arc<Mutex<Vec<(Instant, Value)>>>,
}

/// Little patience, so that a test is over soon.
pub fn brief() -> Patience {
    let (first, longest) = (Duration::from_millis(10), Duration::from_millis(40));
    Patience { tries: 4, first, longest, total: Duration::from_secs(5), seed: 0 }
}

impl Front {
    /// A front that does with each request, and its number from zero, what `script` says.
    pub async fn open(world: &World, script: impl Fn(&Value, usize) -> Mood + Send + Sync + 'static) -> Self {
        let Kind::Embedded { chain, .. } = &world.kind else { panic!("a front stands before an embedded chain") };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let requests = Arc::new(Mutex::new(Vec::new()));
        let shared = Shared { chain: chain.clone(), script: Box::new(script), requests: requests.clone() };
        let router = Router::new().route("/", post(answer)).with_state(Arc::new(shared));
        let task = tokio::spawn(async move { axum::serve(listener, router).await.expect("the front stays open") });
        Self { url, requests, task }
    }

    pub fn ledger(&self, patience: Patience) -> Arc<RpcLedger> {
        let network = Arc::new(HttpNetwork::new().expect("a network"));
        Arc::new(RpcLedger::new(network, self.url.clone()).with_patience(patience))
    }

    /// When each request came.
    pub fn times(&self) -> Vec<Instant> {
        self.requests.lock().expect("whole").iter().map(|(time, _)| *time).collect()
    }

    /// How many requests had this method in them.
    pub fn count(&self, method: &str) -> usize {
        self.requests.lock().expect("whole").iter().filter(|(_, request)| request.to_string().contains(method)).count()
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(State(shared): State<Arc<Shared>>, Json(request): Json<Value>) -> Response {
    let number = {
        let mut requests = shared.requests.lock().expect("whole");
        requests.push((Instant::now(), request.clone()));
        requests.len() - 1
    };
    match (shared.script)(&request, number) {
        Mood::Answer => Json(rpc_window::answer_all(&shared.chain, &request)).into_response(),
        Mood::TurnAway(status, after) => {
            let status = StatusCode::from_u16(status).expect("a status");
            match after {
                Some(seconds) => (status, [("retry-after", seconds.to_string())]).into_response(),
                None => status.into_response(),
            }
        }
        Mood::Refuse(code, message) => {
            let refusal =
                |request: &Value| json!({ "jsonrpc": "2.0", "id": request["id"], "error": { "code": code, "message": message } });
            Json(match &request {
                Value::Array(batch) => batch.iter().map(refusal).collect(),
                request => refusal(request),
            })
            .into_response()
        }
        Mood::LoseAnswer => {
            rpc_window::answer_all(&shared.chain, &request);
            StatusCode::BAD_GATEWAY.into_response()
        }
        Mood::LetFall => {
            let raw = rpc::read_bytes(&request[0]["params"][0]).expect("a transaction by itself");
            Json(json!([{ "jsonrpc": "2.0", "id": 0, "result": alloy_primitives::keccak256(raw) }])).into_response()
        }
        Mood::Silence => {
            tokio::time::sleep(Duration::from_secs(60)).await;
            StatusCode::GATEWAY_TIMEOUT.into_response()
        }
    }
}
