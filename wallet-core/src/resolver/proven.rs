//! A chain of which nothing is believed: what is read comes with its proof, at a block there is reason to trust, or not at all.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use serde_json::Value;

use super::together::{self, Task};
use super::{Patience, events, too_late};
use crate::did::Grounds;
use crate::did::ethr::History;
use crate::error::{Result, WalletError};
use crate::registry::contracts::DID_REGISTRY_CODE_HASH;
use crate::registry::identity::{Head, Subject};
use crate::registry::proven::{self, Reading, granted};
use crate::registry::receipt::proven_logs;
use crate::registry::rpc::{self, At};
use crate::registry::trust::{Rule, check_hash, check_links};
use crate::registry::validators::KnownValidators;
use crate::registry::{
    B256, Block, ChainFault, Checkpoint, Contract, Header, Ledger, Log, ProvenSlots, RpcRefusal, RpcRequest, Trust,
};
use crate::time::Timestamp;

/// The furthest back that a block is linked to a checkpoint, header by header.
const MAX_ANCESTORS: u64 = 4096;
/// How many headers are asked for at a time.
const HEADERS: u64 = 200;
/// How many blocks' receipts are asked for at a time, at first.
const RECEIPTS: usize = 32;
/// The most blocks that are looked at to follow the validators from one block to another.
const MAX_STEPS: usize = 128;

/// A chain of which nothing is believed.
///
/// It remembers the newest block it trusted and the validators it came to know, for as long as it lives; share it by `Arc`.
pub struct ProvenLedger {
    chain_id: u64,
    trust: Trust,
    ledger: Arc<dyn Ledger>,
    others: Vec<Arc<dyn Ledger>>,
    patience: Patience,
    memory: Mutex<Memory>,
}

struct Memory {
    newest: u64,
    validators: Option<KnownValidators>,
}

type Answers = Vec<Result<Value, RpcRefusal>>;

impl ProvenLedger {
    /// The chain with this id (EIP-155) that `ledger` tells of, of which only so much is taken as `trust` gives reason to.
    pub fn new(chain_id: u64, ledger: Arc<dyn Ledger>, trust: Trust) -> Self {
        let validators = match trust.rule() {
            Rule::Validators { at, set } => Some(KnownValidators::new(*at, set.clone())),
            _ => None,
        };
        let memory = Mutex::new(Memory { newest: 0, validators });
        Self { chain_id, trust, ledger, others: Vec::new(), patience: Patience::default(), memory }
    }

    /// With other nodes of the same chain, run by others, to compare with: for [`Trust::nodes`].
    pub fn compared_with(mut self, others: Vec<Arc<dyn Ledger>>) -> Self {
        self.others = others;
        self
    }

    /// With this patience for what an honest node may cause for a moment, while it lags or its chain is reorganised.
    pub fn with_patience(mut self, patience: Patience) -> Self {
        self.patience = patience;
        self
    }

    /// The newest block there is reason to trust: a checkpoint for another day.
    pub async fn newest(&self, now: &Timestamp) -> Result<Checkpoint, ChainFault> {
        self.trust.check_clock(now)?;
        self.patiently(&"newest", |at| Box::pin(self.newest_at(at, now))).await
    }

    async fn newest_at(&self, at: At, now: &Timestamp) -> Result<Checkpoint, ChainFault> {
        let answers = self.ledger.ask(vec![rpc::chain_id(), rpc::block(at)]).await?;
        if rpc::read_quantity(granted(&answers, 0)?)? != self.chain_id {
            return Err(ChainFault::OtherChain);
        }
        let block = proven::read_block(granted(&answers, 1)?, at)?;
        self.trust_head(&block, now).await?;
        Ok(Checkpoint { number: block.header.number, hash: block.hash, time: block.header.timestamp })
    }

    /// The values of `slots` of a contract, proven: in one round trip, if nothing changes meanwhile.
    pub async fn slots(&self, contract: &Contract, slots: &[B256], now: &Timestamp) -> Result<ProvenSlots, ChainFault> {
        self.trust.check_clock(now)?;
        let reading = Reading { chain_id: self.chain_id, contract: *contract, slots };
        self.patiently(&slots, |at| Box::pin(self.slots_at(&reading, at, now))).await
    }

    async fn slots_at(&self, reading: &Reading<'_>, at: At, now: &Timestamp) -> Result<ProvenSlots, ChainFault> {
        let answers = self.ledger.ask(reading.requests(at)).await?;
        let block = reading.read_block(&answers, at)?;
        let grounds = self.trust_head(&block, now).await?;
        let values = reading.read_slots(&answers, &block.header)?;
        Ok(ProvenSlots { values, block: block.header.number, time: block.header.timestamp, grounds })
    }

    /// All events of an identity, proven; and the time of block `asked`, if there is one, proven as well.
    pub(super) async fn history(
        &self,
        subject: &Subject,
        asked: Option<u64>,
        now: &Timestamp,
    ) -> Result<(History, Head), ChainFault> {
        self.trust.check_clock(now)?;
        self.patiently(&subject.identity, |at| Box::pin(self.history_at(subject, asked, at, now))).await
    }

    /// What `read` comes to at a block, read again for as long as an honest node may have caused what is wrong with it.
    async fn patiently<'a, T>(
        &self,
        thing: &impl Hash,
        read: impl Fn(At) -> Task<'a, Result<T, ChainFault>>,
    ) -> Result<T, ChainFault> {
        let (mut at, mut pauses) = (self.trust.at(), self.patience.pauses(thing));
        let all_tries = async {
            loop {
                let done = read(at).await;
                let Err(fault) = &done else { return done };
                if !fault.may_pass() || !pauses.wait(Duration::ZERO).await {
                    return done;
                }
                at = self.next_at(fault);
            }
        };
        self.patience.within(all_tries).await.unwrap_or_else(|| Err(too_late().into()))
    }

    /// At which block is read after such a fault: the newest trusted one, so that no other comes in between, unless it is gone.
    fn next_at(&self, fault: &ChainFault) -> At {
        match (fault, self.memory().newest) {
            (ChainFault::NoBlock | ChainFault::WentBack | ChainFault::Node(_), _) | (_, 0) => self.trust.at(),
            (_, newest) => At::Block(newest),
        }
    }

    async fn history_at(
        &self,
        subject: &Subject,
        asked: Option<u64>,
        at: At,
        now: &Timestamp,
    ) -> Result<(History, Head), ChainFault> {
        let contract = Contract { address: subject.deployment.did_registry, code_hash: self.trust.registry_code() };
        let is_stock = contract.code_hash != DID_REGISTRY_CODE_HASH;
        let slots = subject.slots();
        let slots = if is_stock { &slots[..1] } else { &slots };
        let reading = Reading { chain_id: self.chain_id, contract, slots };
        let mut questions = reading.requests(at);
        questions.extend(asked.map(|number| rpc::block(At::Block(number))));
        let (answers, logs) = self.ask_with_logs(questions, subject.logs_request(0, at)).await?;
        let block = reading.read_block(&answers, at)?;
        let grounds = self.trust_head(&block, now).await?;
        let values = reading.read_slots(&answers, &block.header)?;
        let mut head = subject.proven_head(&block.header, &values, grounds)?;
        if let Some(number) = asked.filter(|number| *number <= head.block) {
            head.asked_time = Some(self.earlier_time(&block, granted(&answers, 3)?, number).await?);
        }
        let logs = logs.map(|logs| subject.read_logs(&logs)).transpose()?;
        let (logs, times) = match is_stock {
            true => self.events_by_receipts(subject, &block, head.changed, logs.unwrap_or_default()).await?,
            false => self.events(subject, &head, logs).await?,
        };
        let history = subject.history(&head, &logs, &times).map_err(|_| ChainFault::EventsAltered)?;
        Ok((history.ok_or(ChainFault::EventsAltered)?, head))
    }

    /// The answers, and the logs where the node gives all of them at once.
    async fn ask_with_logs(&self, questions: Vec<RpcRequest>, logs: RpcRequest) -> Result<(Answers, Option<Value>)> {
        let count = questions.len();
        let mut batch = questions.clone();
        batch.push(logs);
        let mut answers = match self.ledger.ask(batch).await {
            // The answer to all at once may be longer than is read.
            Err(WalletError::Malformed { .. }) => self.ledger.ask(questions).await?,
            other => other?,
        };
        let logs = if answers.len() > count { answers.drain(count..).next() } else { None };
        Ok((answers, logs.and_then(Result::ok)))
    }

    /// The time of block `number`, which is `block` or one before it.
    async fn earlier_time(&self, block: &Block, answer: &Value, number: u64) -> Result<u64, ChainFault> {
        let asked = proven::read_block(answer, At::Block(number))?;
        check_hash(&asked)?;
        self.trust_earlier(block, std::slice::from_ref(&asked)).await?;
        Ok(asked.header.timestamp)
    }

    /// The events as the node tells them, which the running hash will prove.
    async fn events(
        &self,
        subject: &Subject,
        head: &Head,
        logs: Option<Vec<Log>>,
    ) -> Result<(Vec<Log>, BTreeMap<u64, u64>), ChainFault> {
        let mut logs = match logs {
            Some(logs) => logs,
            None => events::walk(&*self.ledger, subject, head.changed).await?,
        };
        // A block may have come after the one that is read.
        logs.retain(|log| log.block_number <= head.block);
        let times = events::times(&*self.ledger, &logs).await?;
        Ok((logs, times))
    }

    /// The events from the receipts of the blocks that they link, newest first; what the node says they are only tells where to look.
    async fn events_by_receipts(
        &self,
        subject: &Subject,
        head: &Block,
        changed: u64,
        told: Vec<Log>,
    ) -> Result<(Vec<Log>, BTreeMap<u64, u64>), ChainFault> {
        let told: BTreeSet<u64> = told.iter().map(|log| log.block_number).filter(|number| *number <= changed).collect();
        let mut known = BTreeMap::new();
        self.fetch_events(subject, told.into_iter().collect(), &mut known).await?;
        let (mut blocks, mut logs, mut next) = (Vec::new(), Vec::new(), changed);
        for _ in 0..events::MAX_ROUNDS {
            if next == 0 {
                self.trust_earlier(head, &blocks).await?;
                let times = blocks.iter().map(|block| (block.header.number, block.header.timestamp)).collect();
                return Ok((logs, times));
            }
            if !known.contains_key(&next) {
                self.fetch_events(subject, vec![next], &mut known).await?;
            }
            let (block, mut older) = known.remove(&next).ok_or(ChainFault::EventsAltered)?;
            next = subject.change_before(&older).map_err(|_| ChainFault::EventsAltered)?;
            blocks.push(block);
            older.append(&mut logs);
            logs = older;
            events::check_count(logs.len())?;
        }
        Err(events::too_many_rounds().into())
    }

    /// Fetches blocks with all of their receipts, fewer at a time where their answers are too long.
    async fn fetch_events(
        &self,
        subject: &Subject,
        mut numbers: Vec<u64>,
        known: &mut BTreeMap<u64, (Block, Vec<Log>)>,
    ) -> Result<(), ChainFault> {
        let mut at_a_time = RECEIPTS;
        while !numbers.is_empty() {
            let some = &numbers[numbers.len().saturating_sub(at_a_time)..];
            let batch = some.iter().flat_map(|number| [rpc::block(At::Block(*number)), rpc::block_receipts(*number)]);
            let answers = match self.ledger.ask(batch.collect()).await {
                Err(WalletError::Malformed { .. }) if some.len() > 1 => {
                    at_a_time = some.len() / 2;
                    continue;
                }
                other => other?,
            };
            for (place, number) in some.iter().enumerate() {
                let block = proven::read_block(granted(&answers, 2 * place)?, At::Block(*number))?;
                check_hash(&block)?;
                let receipts = rpc::read_receipts(granted(&answers, 2 * place + 1)?)?.ok_or(ChainFault::NoBlock)?;
                let events = subject.events_among(proven_logs(receipts, &block.header)?);
                known.insert(*number, (block, events));
            }
            numbers.truncate(numbers.len() - some.len());
        }
        Ok(())
    }

    /// Why `block`, at which the chain is read, is trusted.
    async fn trust_head(&self, block: &Block, now: &Timestamp) -> Result<Grounds, ChainFault> {
        self.trust.check_head(block, now)?;
        let grounds = match self.trust.rule() {
            Rule::Checkpoint(_) => return Ok(Grounds::Checkpoint),
            Rule::Validators { .. } => {
                self.follow(&block.header).await?;
                Grounds::Validators
            }
            Rule::Nodes => Grounds::Nodes { agreeing: self.compare(std::slice::from_ref(block)).await? },
        };
        let mut memory = self.memory();
        if block.header.number < memory.newest {
            return Err(ChainFault::WentBack);
        }
        memory.newest = block.header.number;
        Ok(grounds)
    }

    /// Whether `earlier`, whose hashes are those of their headers, are blocks of the chain that `head` is trusted to be of.
    async fn trust_earlier(&self, head: &Block, earlier: &[Block]) -> Result<(), ChainFault> {
        let earlier: Vec<Block> = earlier.iter().filter(|block| block.hash != head.hash).cloned().collect();
        if earlier.is_empty() {
            return Ok(());
        }
        match self.trust.rule() {
            Rule::Checkpoint(_) => self.link(&head.header, &earlier).await,
            Rule::Validators { .. } => {
                for block in &earlier {
                    self.follow(&block.header).await?;
                }
                Ok(())
            }
            Rule::Nodes => self.compare(&earlier).await.map(|_| ()),
        }
    }

    /// Whether validators that are known, or come to be known on the way, vouch for `header`.
    async fn follow(&self, header: &Header) -> Result<(), ChainFault> {
        let mut open = vec![header.clone()];
        for _ in 0..MAX_STEPS {
            let Some(next) = open.last() else { return Ok(()) };
            let Some(number) = self.vouch(next)? else {
                open.pop();
                continue;
            };
            let answers = self.ledger.ask(vec![rpc::block(At::Block(number))]).await?;
            open.push(proven::read_block(granted(&answers, 0)?, At::Block(number))?.header);
        }
        Err(ChainFault::UnknownValidators)
    }

    /// Whether the known validators vouch for `header`: none if so, else the number of a block to look at first.
    fn vouch(&self, header: &Header) -> Result<Option<u64>, ChainFault> {
        let mut memory = self.memory();
        let validators = memory.validators.as_mut().ok_or(ChainFault::UnknownValidators)?;
        match validators.vouch(header) {
            Ok(()) => Ok(None),
            Err(fault @ ChainFault::UnknownValidators) => validators.between(header.number).map(Some).ok_or(fault),
            Err(fault) => Err(fault),
        }
    }

    /// How many nodes have `blocks`, this one included: more than half, and two at least.
    async fn compare(&self, blocks: &[Block]) -> Result<u32, ChainFault> {
        let batch: Vec<RpcRequest> = blocks.iter().map(|block| rpc::block(At::Block(block.header.number))).collect();
        let ask = |other: &Arc<dyn Ledger>| -> Task<'_, Result<Answers>> {
            let (other, batch) = (other.clone(), batch.clone());
            Box::pin(async move { other.ask(batch).await })
        };
        let told = together::all(self.others.iter().map(ask).collect()).await;
        let has = |answers: &Answers, place: usize, block: &Block| {
            let theirs = granted(answers, place).and_then(rpc::read_block).ok().flatten();
            theirs.is_some_and(|theirs| theirs.hash == block.hash)
        };
        let asked = 1 + told.len() as u32;
        let count = |(place, block): (usize, &Block)| {
            1 + told.iter().flatten().filter(|answers| has(answers, place, block)).count() as u32
        };
        let agreeing = blocks.iter().enumerate().map(count).min().unwrap_or(0);
        if agreeing < 2 || agreeing * 2 <= asked {
            return Err(ChainFault::NodesDisagree { agreeing, asked });
        }
        Ok(agreeing)
    }

    /// Whether `earlier` are all among the blocks before `head`, link by link.
    async fn link(&self, head: &Header, earlier: &[Block]) -> Result<(), ChainFault> {
        let lowest = earlier.iter().map(|block| block.header.number).min().unwrap_or(head.number);
        if head.number.saturating_sub(lowest) > MAX_ANCESTORS {
            return Err(ChainFault::TooFarBack);
        }
        let mut linked = BTreeMap::new();
        let mut newer = head.clone();
        while newer.number > lowest {
            let from = lowest.max(newer.number.saturating_sub(HEADERS));
            let numbers = (from..newer.number).rev();
            let answers = self.ledger.ask(numbers.clone().map(|number| rpc::block(At::Block(number))).collect()).await?;
            let read = |(place, number)| proven::read_block(granted(&answers, place)?, At::Block(number));
            let blocks: Vec<Block> = numbers.enumerate().map(read).collect::<Result<_, ChainFault>>()?;
            check_links(&newer, &blocks)?;
            linked.extend(blocks.iter().map(|block| (block.header.number, block.hash)));
            newer = blocks.last().ok_or(ChainFault::NotLinked)?.header.clone();
        }
        let is_linked = |block: &Block| linked.get(&block.header.number) == Some(&block.hash);
        if earlier.iter().all(is_linked) { Ok(()) } else { Err(ChainFault::NotLinked) }
    }

    /// The node itself, for what only tells where to look.
    pub(super) fn unproven(&self) -> &dyn Ledger {
        &*self.ledger
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}
