//! Reading one identity from a registry: what to ask, and what the answers add up to. Nothing an answer says is taken in part: the
//! events are all of them, or there is no history.

use std::collections::BTreeMap;

use alloy_primitives::{Address, B256, U256};
use serde_json::Value;

use super::block::Header;
use super::did_registry::{
    changed_call, changed_slot, event_topics, fold, history_call, history_slot, read_event, read_history, read_number,
};
use super::ledger::{RpcRefusal, RpcRequest};
use super::receipt::Log;
use super::rpc::{At, LogFilter};
use super::{Deployment, rpc};
use crate::did::ethr::History;
use crate::did::{Grounds, Standing};
use crate::error::{Result, WalletError};
use crate::time::Timestamp;

/// The most events of one identity that are read.
pub const MAX_EVENTS: usize = 10_000;

/// One identity of one registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subject {
    /// Where the registry is.
    pub deployment: Deployment,
    /// The identity.
    pub identity: Address,
}

/// What a registry's storage says of an identity at the newest block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The newest block.
    pub block: u64,
    /// Its time, in seconds since 1970.
    pub time: u64,
    /// The block of the identity's last change; zero for none.
    pub changed: u64,
    /// The running hash over the identity's events; none on a stock ERC-1056 registry.
    pub running_hash: Option<B256>,
    /// The time of the block that was asked for besides; none when there is no such block.
    pub asked_time: Option<u64>,
    /// Why the block is trusted; none when the node's word is all there is.
    pub grounds: Option<Grounds>,
}

impl Head {
    fn standing(&self) -> Result<Standing> {
        let Some(grounds) = self.grounds else { return Ok(Standing::Believed { block: Some(self.block) }) };
        let seconds = i64::try_from(self.time).map_err(|_| bad("the time of a block is out of range"))?;
        Ok(Standing::Proven { block: self.block, time: Timestamp::from_unix(seconds)?, grounds })
    }
}

impl Subject {
    /// The requests whose answers [`Subject::read_head`] reads; `asked` is a block whose time is wanted besides.
    pub fn head_requests(&self, asked: Option<u64>) -> Vec<RpcRequest> {
        let registry = self.deployment.did_registry;
        let mut requests = vec![
            rpc::chain_id(),
            rpc::block(At::Latest),
            rpc::call(registry, &changed_call(self.identity), At::Latest),
            rpc::call(registry, &history_call(self.identity), At::Latest),
        ];
        requests.extend(asked.map(|number| rpc::block(At::Block(number))));
        requests
    }

    /// Reads the answers to [`Subject::head_requests`].
    pub fn read_head(&self, answers: &[Result<Value, RpcRefusal>]) -> Result<Head> {
        let [chain_id, block, changed, hash, asked @ ..] = answers else { return Err(bad("some answers are missing")) };
        if rpc::read_quantity(granted(chain_id)?)? != self.deployment.chain_id {
            return Err(WalletError::misused("the node is of another chain than the network it is configured for"));
        }
        let header = rpc::read_block(granted(block)?)?.ok_or_else(|| bad("there is no newest block"))?.header;
        let changed = read_number(&rpc::read_bytes(granted(changed)?)?)?;
        // A stock registry does not know the call.
        let hash = hash.as_ref().ok().map(|answer| read_history(&rpc::read_bytes(answer)?)).transpose()?;
        let asked = asked.first().map(|answer| rpc::read_block(granted(answer)?)).transpose()?.flatten();
        Ok(Head {
            block: header.number,
            time: header.timestamp,
            changed: u64::try_from(changed).map_err(|_| bad("the last change is in no block"))?,
            running_hash: hash,
            asked_time: asked.map(|block| block.header.timestamp),
            grounds: None,
        })
    }

    /// The slots whose values [`Subject::proven_head`] reads; of a stock ERC-1056 registry only the first.
    pub fn slots(&self) -> [B256; 2] {
        [changed_slot(self.identity), history_slot(self.identity)]
    }

    /// What the registry's storage says of an identity, from the proven values of [`Subject::slots`].
    pub fn proven_head(&self, header: &Header, slots: &[U256], grounds: Grounds) -> Result<Head> {
        let [changed, hash @ ..] = slots else { return Err(bad("some slots are missing")) };
        Ok(Head {
            block: header.number,
            time: header.timestamp,
            changed: u64::try_from(*changed).map_err(|_| bad("the last change is in no block"))?,
            running_hash: hash.first().copied().map(B256::from),
            asked_time: None,
            grounds: Some(grounds),
        })
    }

    /// The identity's events among the logs of a block, which are all of them, in order.
    pub fn events_among(&self, logs: Vec<Log>) -> Vec<Log> {
        let [kinds, about] = event_topics(self.identity);
        let is_event = |log: &Log| {
            log.address == self.deployment.did_registry
                && log.topics.first().is_some_and(|kind| kinds.contains(kind))
                && log.topics.get(1) == about.first()
        };
        logs.into_iter().filter(is_event).collect()
    }

    /// The request for the identity's events from block `from` to `to`; [`Subject::read_logs`] reads its answer.
    pub fn logs_request(&self, from: u64, to: At) -> RpcRequest {
        let topics = event_topics(self.identity).into();
        rpc::logs(&LogFilter { address: self.deployment.did_registry, topics, from, to })
    }

    /// Reads the answer to [`Subject::logs_request`], oldest first; refuses logs that were not asked for.
    pub fn read_logs(&self, answer: &Value) -> Result<Vec<Log>> {
        let mut logs = rpc::read_logs(answer)?;
        let [_, about] = event_topics(self.identity);
        let asked_for = |log: &Log| log.address == self.deployment.did_registry && log.topics.get(1) == about.first();
        if logs.len() > MAX_EVENTS || !logs.iter().all(asked_for) {
            return Err(bad("it sent logs that were not asked for, or too many"));
        }
        logs.sort_by_key(|log| (log.block_number, log.log_index));
        Ok(logs)
    }

    /// The block of the change before the first of `logs`, zero for none: where to look next when a node gives few blocks at a time.
    pub fn change_before(&self, logs: &[Log]) -> Result<u64> {
        let first = logs.first().ok_or_else(|| bad("there is no event where one is linked to"))?;
        let (_, event) = read_event(first, 0)?;
        if event.previous_change >= first.block_number {
            return Err(bad("its events link forwards"));
        }
        Ok(event.previous_change)
    }

    /// Puts the events together; none when they are not all of them, as `head` tells by their links and their running hash.
    ///
    /// `times` has the time of each block that has an event. A stock registry has no running hash: there an event hidden among
    /// several of one block is not noticed, unless the logs come from the receipts of that block.
    pub fn history(&self, head: &Head, logs: &[Log], times: &BTreeMap<u64, u64>) -> Result<Option<History>> {
        let in_order = times.values().is_sorted() && times.last_key_value().is_none_or(|(_, last)| *last <= head.time);
        let mut running_hash = B256::ZERO;
        let mut events = Vec::with_capacity(logs.len());
        for log in logs {
            let time = *times.get(&log.block_number).ok_or_else(|| bad("it did not say the time of a block"))?;
            let (identity, event) = read_event(log, time)?;
            if identity != self.identity || log.block_timestamp.is_some_and(|said| said != time) {
                return Err(bad("it sent an event of another identity, or of two times"));
            }
            running_hash = fold(running_hash, log, time);
            events.push(event);
        }
        let history = History { chain_id: self.deployment.chain_id, standing: head.standing()?, events };
        let whole = history.is_complete(head.changed) && head.running_hash.is_none_or(|hash| hash == running_hash);
        Ok((whole && in_order).then_some(history))
    }
}

/// The times the node wrote into the logs themselves; none when it left any out.
pub fn times_in(logs: &[Log]) -> Option<BTreeMap<u64, u64>> {
    logs.iter().map(|log| log.block_timestamp.map(|time| (log.block_number, time))).collect()
}

fn granted(answer: &Result<Value, RpcRefusal>) -> Result<&Value> {
    answer.as_ref().map_err(|refusal| WalletError::refused("the node", refusal))
}

fn bad(reason: &str) -> WalletError {
    WalletError::malformed("answer of the node", reason)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::Bytes;
    use proptest::prelude::*;
    use serde_json::json;

    fn subject() -> Subject {
        let registry = Address::repeat_byte(1);
        let deployment = Deployment { chain_id: 7, did_registry: registry, credential_registry: registry };
        Subject { deployment, identity: Address::repeat_byte(2) }
    }

    fn owner_changed(block: u64, previous: u64) -> Log {
        let [kinds, about] = event_topics(subject().identity);
        let word = |value: u64| B256::left_padding_from(&value.to_be_bytes());
        Log {
            address: subject().deployment.did_registry,
            topics: vec![kinds[0], about[0]],
            data: [word(9), word(previous)].concat().into(),
            block_number: block,
            block_hash: B256::ZERO,
            block_timestamp: Some(block * 10),
            transaction_hash: B256::ZERO,
            transaction_index: 0,
            log_index: 0,
        }
    }

    fn head(running_hash: Option<B256>) -> Head {
        Head { block: 9, time: 90, changed: 5, running_hash, asked_time: None, grounds: None }
    }

    #[test]
    fn events_are_all_of_them_by_their_links_and_by_the_running_hash() {
        let logs = [owner_changed(3, 0), owner_changed(5, 3)];
        let times = times_in(&logs).expect("each log says its time");
        let hash = logs.iter().fold(B256::ZERO, |hash, log| fold(hash, log, log.block_number * 10));
        let whole = |head: &Head, logs: &[Log], times: &BTreeMap<u64, u64>| {
            subject().history(head, logs, times).expect("events of the identity").is_some()
        };
        assert!(whole(&head(Some(hash)), &logs, &times));
        assert!(whole(&head(None), &logs, &times));
        assert!(!whole(&head(Some(B256::ZERO)), &logs, &times));
        assert!(!whole(&head(None), &logs[1..], &times));
        assert!(!whole(&head(None), &logs[..1], &times));
        assert!(!whole(&Head { time: 40, ..head(None) }, &logs, &times));
    }

    #[test]
    fn log_that_was_not_asked_for_is_refused() {
        let written = |log: &Log| {
            json!([{
                "address": log.address, "topics": log.topics, "data": log.data, "blockNumber": "0x3", "blockHash": log.block_hash,
                "transactionHash": log.transaction_hash, "transactionIndex": "0x0", "logIndex": "0x0",
            }])
        };
        let good = owner_changed(3, 0);
        assert_eq!(subject().read_logs(&written(&good)).map(|logs| logs.len()), Ok(1));
        let elsewhere = Log { address: Address::ZERO, ..good.clone() };
        assert!(subject().read_logs(&written(&elsewhere)).is_err());
        let another = Log { topics: vec![good.topics[0], B256::ZERO], ..good };
        assert!(subject().read_logs(&written(&another)).is_err());
    }

    #[test]
    fn events_that_link_forwards_lead_nowhere() {
        assert_eq!(subject().change_before(&[owner_changed(5, 3)]), Ok(3));
        assert!(subject().change_before(&[owner_changed(5, 5)]).is_err());
        assert!(subject().change_before(&[]).is_err());
    }

    proptest! {
        #[test]
        fn any_answers_and_logs_give_a_history_or_none(
            answers in proptest::collection::vec("(0x[0-9a-f]{0,66})?", 0..6),
            data in proptest::collection::vec(any::<u8>(), 0..300),
            topic in 0..3usize,
            (block, time) in (any::<u64>(), any::<u64>()),
        ) {
            let answers: Vec<_> = answers.into_iter().map(|text| Ok(json!(text))).collect();
            let _ = subject().read_head(&answers);
            let [kinds, about] = event_topics(subject().identity);
            let log = Log { data: Bytes::from(data), topics: vec![kinds[topic], about[0]], ..owner_changed(block / 11, 0) };
            let _ = subject().change_before(std::slice::from_ref(&log));
            let _ = subject().history(&head(None), &[log], &BTreeMap::from([(block / 11, time)]));
        }
    }
}
