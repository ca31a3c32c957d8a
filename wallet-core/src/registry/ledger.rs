//! The one way to a chain: a batch of Ethereum JSON-RPC requests, answered in one round trip.

use async_trait::async_trait;
use serde_json::Value;

use crate::error::Result;

/// A chain that answers Ethereum JSON-RPC: a node, or the embedded chain.
#[async_trait]
pub trait Ledger: Send + Sync {
    /// Asks `batch` in one round trip and returns one answer a request, in their order.
    ///
    /// Fails with `Unreachable` when nothing answered, and `Malformed` when what answered is no JSON-RPC. Nothing in an answer
    /// is checked yet.
    async fn ask(&self, batch: Vec<RpcRequest>) -> Result<Vec<Result<Value, RpcRefusal>>>;
}

/// One request: build it with [`rpc`](super::rpc).
#[derive(Debug, Clone, PartialEq)]
pub struct RpcRequest {
    /// The JSON-RPC method, such as `eth_call`.
    pub method: &'static str,
    /// Its parameters: a JSON array.
    pub params: Value,
}

impl RpcRequest {
    /// Whether it hands in a transaction, and does not only ask.
    pub fn is_write(&self) -> bool {
        self.method == "eth_sendRawTransaction"
    }
}

/// Why a chain did not do what it was asked (JSON-RPC 2.0 §5.1).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason} ({code})")]
pub struct RpcRefusal {
    /// The error code.
    pub code: i64,
    /// The node's own words.
    pub reason: String,
}
