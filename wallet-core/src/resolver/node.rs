//! A node somewhere: JSON-RPC over HTTP, asked again when it did not answer or turned us away.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Map, Value, json};

use super::Patience;
use crate::error::{Result, WalletError};
use crate::json;
use crate::ports::{HttpRequest, HttpResponse, Network, Reach};
use crate::registry::{Ledger, RpcRefusal, RpcRequest};

/// A node somewhere: JSON-RPC over HTTP, each batch one POST.
///
/// What only asks is asked again, as the [`Patience`] has it, when no answer came or the node turned it away (HTTP 429, error -32005
/// of EIP-1474 and its relatives), and not before the time it named (`Retry-After`). A transaction is handed in again only where it
/// was turned away: an answer that was lost may have been a yes.
pub struct RpcLedger {
    network: Arc<dyn Network>,
    url: String,
    patience: Patience,
    way: Way,
}

/// How the requests of a batch go out.
#[derive(Clone, Copy)]
enum Way {
    Together,
    OneByOne,
}

type Answers = Vec<Result<Value, RpcRefusal>>;

/// Why a try came to nothing.
enum Failure {
    /// Another one would come to the same.
    Final(WalletError),
    /// Another one may fare better, after this time at the earliest.
    Passing(WalletError, Duration),
}

impl RpcLedger {
    /// The node at `url`, which the app's own configuration names; it may hold an access key and is never shown.
    pub fn new(network: Arc<dyn Network>, url: impl Into<String>) -> Self {
        Self { network, url: url.into(), patience: Patience::default(), way: Way::Together }
    }

    /// With this patience.
    pub fn with_patience(mut self, patience: Patience) -> Self {
        self.patience = patience;
        self
    }

    /// Each request by itself, for a node that knows no batches, as LACChain's relay signer.
    pub fn one_by_one(mut self) -> Self {
        self.way = Way::OneByOne;
        self
    }

    async fn ask_patiently(&self, batch: &[RpcRequest]) -> Result<Answers> {
        let body = match (self.way, batch) {
            (Way::OneByOne, [request]) => write(0, request),
            _ => batch.iter().enumerate().map(|(id, request)| write(id, request)).collect(),
        };
        let post = HttpRequest::post(self.url.clone(), "application/json", body.to_string().into_bytes());
        let request = HttpRequest { reach: Reach::Configured, max_bytes: json::MAX_BYTES, ..post };
        let mut pauses = self.patience.pauses(&request.body);
        loop {
            let (error, after) = match self.ask_once(batch, request.clone()).await {
                Ok(answers) => return Ok(answers),
                Err(Failure::Final(error)) => return Err(error),
                Err(Failure::Passing(error, after)) => (error, after),
            };
            if !pauses.wait(after).await {
                return Err(error);
            }
        }
    }

    async fn ask_once(&self, batch: &[RpcRequest], request: HttpRequest) -> Result<Answers, Failure> {
        let no_answer = |error, after| match batch.iter().any(RpcRequest::is_write) {
            true => Failure::Final(error),
            false => Failure::Passing(error, after),
        };
        let response = match self.network.send(request).await {
            Ok(response) => response,
            Err(error @ WalletError::Unreachable { .. }) => return Err(no_answer(error, Duration::ZERO)),
            Err(error) => return Err(Failure::Final(error)),
        };
        let status = || WalletError::unreachable("the node", format!("it answered with status {}", response.status));
        match response.status {
            429 => return Err(Failure::Passing(status(), retry_after(&response))),
            408 | 500.. => return Err(no_answer(status(), retry_after(&response))),
            _ => {}
        }
        let answers = read_batch(batch.len(), &response.body).map_err(Failure::Final)?;
        let turned_away = |(request, answer): (&RpcRequest, &Result<Value, RpcRefusal>)| {
            answer.as_ref().err().filter(|refusal| is_turned_away(request, refusal)).cloned()
        };
        match batch.iter().zip(&answers).find_map(turned_away) {
            Some(refusal) => Err(Failure::Passing(WalletError::unreachable("the node", refusal), Duration::ZERO)),
            None => Ok(answers),
        }
    }
}

#[async_trait]
impl Ledger for RpcLedger {
    async fn ask(&self, batch: Vec<RpcRequest>) -> Result<Vec<Result<Value, RpcRefusal>>> {
        let at_a_time = match self.way {
            Way::Together => batch.len().max(1),
            Way::OneByOne => 1,
        };
        let mut answers = Vec::with_capacity(batch.len());
        for some in batch.chunks(at_a_time) {
            answers.append(&mut self.ask_patiently(some).await?);
        }
        Ok(answers)
    }
}

fn write(id: usize, request: &RpcRequest) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "method": request.method, "params": request.params })
}

/// How long the node wants to be left alone (RFC 9110 §10.2.3); a date says nothing without a clock that is right.
fn retry_after(response: &HttpResponse) -> Duration {
    let header = response.headers.iter().find(|(name, _)| name == "retry-after");
    Duration::from_secs(header.and_then(|(_, value)| value.trim().parse().ok()).unwrap_or(0))
}

/// Whether a request was turned away for now: for there being too many, or since the node is still indexing what it began with.
///
/// By its words in any case. The codes alone say it only of what neither asks for logs, where they may mean that the answer would be
/// too long (EIP-1474), nor hands in a transaction, where they may be about its gas.
fn is_turned_away(request: &RpcRequest, refusal: &RpcRefusal) -> bool {
    const WORDS: [&str; 6] =
        ["rate limit", "rate exceeded", "too many requests", "request limit", "per second", "indexing is in progress"];
    let reason = refusal.reason.to_ascii_lowercase();
    let by_code = matches!(refusal.code, 429 | -32005) && request.method != "eth_getLogs" && !request.is_write();
    by_code || WORDS.iter().any(|words| reason.contains(words))
}

/// Reads the answers to a batch of `count` requests, in whatever order they come (JSON-RPC 2.0 §6), or the answer to a single one.
fn read_batch(count: usize, body: &[u8]) -> Result<Answers> {
    let bad = |reason: &str| WalletError::malformed("answer of the node", reason);
    let replies = match json::read_bytes("answer of the node", body)? {
        Value::Array(replies) => replies,
        Value::Object(reply) if reply.contains_key("result") => vec![Value::Object(reply)],
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

    fn read(body: &str) -> Result<Answers> {
        read_batch(2, body.as_bytes())
    }

    #[test]
    fn answers_are_put_in_the_order_of_their_questions() {
        let answers = read(r#"[{"id":1,"error":{"code":-32000,"message":"no\u0007"}},{"id":0,"result":"0x1"}]"#);
        let refusal = RpcRefusal { code: -32000, reason: "no".to_owned() };
        assert_eq!(answers, Ok(vec![Ok(json!("0x1")), Err(refusal.clone())]));
        let refused = read(r#"{"id":null,"error":{"code":-32000,"message":"no"}}"#);
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
            r#"{"id":0,"result":1}"#,
            r#"[{"id":0,"result":1},{"id":0,"result":1}]"#,
            r#"[{"id":0,"result":1},{"id":2,"result":1}]"#,
            r#"[{"id":0,"result":1},{"id":1}]"#,
            r#"[{"id":0,"result":1},{"id":1,"result":1,"error":{"code":1,"message":""}}]"#,
        ] {
            assert!(matches!(read(body), Err(WalletError::Malformed { .. })), "{body}");
        }
    }

    #[test]
    fn refusal_is_for_now_by_its_words_or_by_its_code_where_that_is_clear() {
        let refusal = |code, reason: &str| RpcRefusal { code, reason: reason.to_owned() };
        let asking = |method| RpcRequest { method, params: json!([]) };
        let (call, logs, send) = (asking("eth_call"), asking("eth_getLogs"), asking("eth_sendRawTransaction"));
        for words in
            ["daily request count exceeded, request rate limited", "Too Many Requests", "15/second request limit reached"]
        {
            assert!([&call, &logs, &send].iter().all(|request| is_turned_away(request, &refusal(-32000, words))), "{words}");
        }
        assert!(is_turned_away(&call, &refusal(-32005, "limit exceeded")) && is_turned_away(&call, &refusal(429, "")));
        // geth 1.16, for a receipt just after its start.
        assert!(is_turned_away(&call, &refusal(-32000, "transaction indexing is in progress")));
        assert!(!is_turned_away(&logs, &refusal(-32005, "query returned more than 10000 results")));
        assert!(!is_turned_away(&send, &refusal(-32005, "transaction gas limit exceeds block gas limit")));
        assert!(!is_turned_away(&call, &refusal(-32000, "header not found")));
    }

    proptest! {
        #[test]
        fn any_answer_is_read_or_refused(body in r#"[\[\]{}":,a-f0-2]{0,40}"#) {
            let _ = read(&body);
        }
    }
}
