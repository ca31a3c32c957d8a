//! A node somewhere: JSON-RPC over HTTP.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Map, Value, json};

use crate::error::{Result, WalletError};
use crate::json;
use crate::ports::{HttpRequest, HttpResponse, Network, Reach};
use crate::registry::{Ledger, RpcRefusal, RpcRequest};

/// A node somewhere: JSON-RPC over HTTP, each batch one POST.
pub struct RpcLedger {
    network: Arc<dyn Network>,
    url: String,
}

impl RpcLedger {
    /// The node at `url`, which the app's own configuration names; it may hold an access key and is never shown.
    pub fn new(network: Arc<dyn Network>, url: impl Into<String>) -> Self {
        Self { network, url: url.into() }
    }
}

#[async_trait]
impl Ledger for RpcLedger {
    async fn ask(&self, batch: Vec<RpcRequest>) -> Result<Vec<Result<Value, RpcRefusal>>> {
        if batch.is_empty() {
            return Ok(Vec::new());
        }
        let body = write_batch(&batch).to_string().into_bytes();
        let post = HttpRequest::post(self.url.clone(), "application/json", body);
        let request = HttpRequest { reach: Reach::Configured, max_bytes: json::MAX_BYTES, ..post };
        read_batch(batch.len(), &self.network.send(request).await?)
    }
}

fn write_batch(batch: &[RpcRequest]) -> Value {
    let request = |(id, request): (usize, &RpcRequest)| json!({ "jsonrpc": "2.0", "id": id, "method": request.method, "params": request.params });
    batch.iter().enumerate().map(request).collect()
}

/// Reads the answers to a batch of `count` requests, in whatever order they come (JSON-RPC 2.0 §6).
fn read_batch(count: usize, response: &HttpResponse) -> Result<Vec<Result<Value, RpcRefusal>>> {
    let bad = |reason: &str| WalletError::malformed("answer of the node", reason);
    if matches!(response.status, 408 | 429 | 500..) {
        return Err(WalletError::unreachable("the node", format!("it answered with status {}", response.status)));
    }
    let replies = match json::read_bytes("answer of the node", &response.body)? {
        Value::Array(replies) => replies,
        // The whole batch was refused.
        Value::Object(reply) => {
            return Ok(vec![Err(read_refusal(&reply).ok_or_else(|| bad("it is no list of answers"))?); count]);
        }
        _ => return Err(bad("it is no list of answers")),
    };
    let mut answers = vec![None; count];
    for reply in replies {
        let Value::Object(mut reply) = reply else { return Err(bad("an answer is no object")) };
        let id = reply.get("id").and_then(Value::as_u64).and_then(|id| usize::try_from(id).ok());
        let place = id.and_then(|id| answers.get_mut(id)).ok_or_else(|| bad("an answer is to no question"))?;
        let answer = match (reply.remove("result"), read_refusal(&reply)) {
            (Some(result), None) => Ok(result),
            (None | Some(Value::Null), Some(refusal)) => Err(refusal),
            _ => return Err(bad("an answer has neither result nor error, or both")),
        };
        if place.replace(answer).is_some() {
            return Err(bad("a question is answered twice"));
        }
    }
    answers.into_iter().collect::<Option<_>>().ok_or_else(|| bad("a question is not answered"))
}

fn read_refusal(reply: &Map<String, Value>) -> Option<RpcRefusal> {
    let error = reply.get("error")?.as_object()?;
    let words = error.get("message").and_then(Value::as_str).unwrap_or_default();
    let reason = words.chars().filter(|c| !c.is_control()).take(200).collect();
    Some(RpcRefusal { code: error.get("code").and_then(Value::as_i64).unwrap_or_default(), reason })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(status: u16, body: &str) -> Result<Vec<Result<Value, RpcRefusal>>> {
        read_batch(2, &HttpResponse { status, headers: Vec::new(), body: body.as_bytes().to_vec() })
    }

    #[test]
    fn answers_are_put_in_the_order_of_their_questions() {
        let answers = read(200, r#"[{"id":1,"error":{"code":-32000,"message":"no\u0007"}},{"id":0,"result":"0x1"}]"#);
        let refusal = RpcRefusal { code: -32000, reason: "no".to_owned() };
        assert_eq!(answers, Ok(vec![Ok(json!("0x1")), Err(refusal.clone())]));
        let refused = read(200, r#"{"id":null,"error":{"code":-32000,"message":"no"}}"#);
        assert_eq!(refused, Ok(vec![Err(refusal.clone()), Err(refusal)]));
    }

    #[test]
    fn answers_that_fit_no_questions_are_refused() {
        for body in [
            "",
            "7",
            "{}",
            "[]",
            r#"[{"id":0,"result":1}]"#,
            r#"[{"id":0,"result":1},{"id":0,"result":1}]"#,
            r#"[{"id":0,"result":1},{"id":2,"result":1}]"#,
            r#"[{"id":0,"result":1},{"id":1}]"#,
            r#"[{"id":0,"result":1},{"id":1,"result":1,"error":{"code":1,"message":""}}]"#,
        ] {
            assert!(matches!(read(200, body), Err(WalletError::Malformed { .. })), "{body}");
        }
        assert!(matches!(read(503, "[]"), Err(WalletError::Unreachable { .. })));
    }

    proptest! {
        #[test]
        fn any_answer_is_read_or_refused(body in r#"[\[\]{}":,a-f0-2]{0,40}"#) {
            let _ = read(200, &body);
        }
    }
}
