//! Gathering the events of one identity from a node, however little it gives at a time. Nothing here is checked yet.

use std::collections::BTreeMap;

use crate::error::{Result, WalletError};
use crate::registry::identity::{MAX_EVENTS, Subject, times_in};
use crate::registry::rpc::{self, At};
use crate::registry::{Ledger, Log};

/// The most round trips in which the events of one identity are gathered.
pub(super) const MAX_ROUNDS: usize = 1000;
/// How many blocks of logs are asked for at a time where a node does not give all: what Besu answers by default.
const SPAN: u64 = 5000;
/// How many headers are asked for at a time.
const HEADERS: usize = 50;

/// Follows the links of the events back from the newest, which is in block `changed`, a span of blocks at a time.
pub(super) async fn walk(ledger: &dyn Ledger, subject: &Subject, changed: u64) -> Result<Vec<Log>> {
    let mut logs: Vec<Log> = Vec::new();
    let (mut span, mut to) = (SPAN, changed);
    for _ in 0..MAX_ROUNDS {
        if to == 0 {
            return Ok(logs);
        }
        let from = (to + 1).saturating_sub(span);
        let answer = match ledger.ask(vec![subject.logs_request(from, At::Block(to))]).await {
            Ok(mut answers) => answers.pop(),
            Err(WalletError::Malformed { .. }) => None,
            Err(error) => return Err(error),
        };
        let Some(Ok(answer)) = answer else {
            if span == 1 {
                return Err(WalletError::refused("the node", "it gives no logs"));
            }
            span = 1;
            continue;
        };
        let mut older = subject.read_logs(&answer)?;
        to = subject.change_before(&older)?;
        older.append(&mut logs);
        logs = older;
        check_count(logs.len())?;
    }
    Err(too_many_rounds())
}

pub(super) fn check_count(events: usize) -> Result<()> {
    if events > MAX_EVENTS {
        return Err(WalletError::unsupported("an identity with so many events", format!("at most {MAX_EVENTS}")));
    }
    Ok(())
}

pub(super) fn too_many_rounds() -> WalletError {
    WalletError::unreachable("the node", "it needs too many round trips for one identity")
}

/// The time of each block that has an event.
pub(super) async fn times(ledger: &dyn Ledger, logs: &[Log]) -> Result<BTreeMap<u64, u64>> {
    if let Some(times) = times_in(logs) {
        return Ok(times);
    }
    let mut blocks: Vec<u64> = logs.iter().map(|log| log.block_number).collect();
    blocks.dedup();
    let mut times = BTreeMap::new();
    for some in blocks.chunks(HEADERS) {
        let batch = some.iter().map(|number| rpc::block(At::Block(*number))).collect();
        for answer in ledger.ask(batch).await? {
            let answer = answer.map_err(|refusal| WalletError::refused("the node", refusal))?;
            let block = rpc::read_block(&answer)?;
            times.extend(block.map(|block| (block.header.number, block.header.timestamp)));
        }
    }
    Ok(times)
}
