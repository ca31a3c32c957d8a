//! One registry, and the two ways to read it: a node's word, or its proof.

use std::sync::Arc;
use std::time::Duration;

use super::{Patience, ProvenLedger, events, not_whole, too_late};
use crate::did::Unresolved;
use crate::did::ethr::{History, Identity};
use crate::error::{Result, WalletError};
use crate::registry::identity::{Head, Subject};
use crate::registry::rpc::At;
use crate::registry::{Deployment, Ledger, Log};
use crate::time::Timestamp;

/// One registry, its network's name and the way to it.
#[derive(Clone)]
pub(super) struct Registry {
    pub(super) name: String,
    pub(super) deployment: Deployment,
    pub(super) way: Way,
}

/// The way to a registry.
#[derive(Clone)]
pub(super) enum Way {
    Believed(Arc<dyn Ledger>),
    Proven(Arc<ProvenLedger>),
}

impl Registry {
    pub(super) fn is_of(&self, identity: &Identity) -> bool {
        match identity.network.as_deref() {
            None => self.deployment.chain_id == 1,
            Some(name) => name == self.name || identity.chain_id() == Some(self.deployment.chain_id),
        }
    }

    /// The chain, of which nothing is checked.
    pub(super) fn ledger(&self) -> &dyn Ledger {
        match &self.way {
            Way::Believed(ledger) => &**ledger,
            Way::Proven(ledger) => ledger.unproven(),
        }
    }

    /// All events of an identity.
    pub(super) async fn history(
        &self,
        subject: &Subject,
        asked: Option<u64>,
        now: &Timestamp,
        patience: &Patience,
    ) -> Result<(History, Head), Unresolved> {
        match &self.way {
            Way::Believed(ledger) => {
                let history = patience.within(believed(&**ledger, subject, asked, patience)).await;
                history.unwrap_or_else(|| Err(too_late())).map_err(not_whole)
            }
            Way::Proven(ledger) => ledger.history(subject, asked, now).await.map_err(not_whole),
        }
    }
}

/// All events of an identity as a node tells them, read again while the registry changes in between.
async fn believed(ledger: &dyn Ledger, subject: &Subject, asked: Option<u64>, patience: &Patience) -> Result<(History, Head)> {
    let mut pauses = patience.pauses(&subject.identity);
    loop {
        let history = believed_once(ledger, subject, asked).await;
        // A node that did not answer was asked again already, and another chain stays another.
        let may_pass = matches!(history, Err(WalletError::Malformed { .. } | WalletError::Refused { .. }));
        if !may_pass || !pauses.wait(Duration::ZERO).await {
            return history;
        }
    }
}

async fn believed_once(ledger: &dyn Ledger, subject: &Subject, asked: Option<u64>) -> Result<(History, Head)> {
    let (head, logs) = head_and_logs(ledger, subject, asked).await?;
    let times = events::times(ledger, &logs).await?;
    let history = subject.history(&head, &logs, &times)?;
    let history = history.ok_or_else(|| WalletError::refused("the node", "it does not give all of the registry's events"))?;
    Ok((history, head))
}

/// One round trip where the node gives all logs at once; as many as it takes where it does not.
async fn head_and_logs(ledger: &dyn Ledger, subject: &Subject, asked: Option<u64>) -> Result<(Head, Vec<Log>)> {
    let questions = subject.head_requests(asked);
    let mut batch = questions.clone();
    batch.push(subject.logs_request(0, At::Latest));
    let answers = match ledger.ask(batch).await {
        // The answer to all at once may be longer than is read.
        Err(WalletError::Malformed { .. }) => ledger.ask(questions.clone()).await?,
        other => other?,
    };
    let (of_head, of_logs) = answers.split_at(questions.len().min(answers.len()));
    let head = subject.read_head(of_head)?;
    match of_logs.first() {
        Some(Ok(logs)) => Ok((head, subject.read_logs(logs)?)),
        _ => {
            let logs = events::walk(ledger, subject, head.changed).await?;
            Ok((head, logs))
        }
    }
}
