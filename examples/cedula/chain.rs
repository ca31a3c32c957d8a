//! The registry chain: where it stands, and what was paid for what.

use serde_json::{Value, json};
use wallet_core::did::ethr::DidChange;
use wallet_core::error::WalletError;
use wallet_core::registry::{Deployment, Ledger as _, Receipt, did_registry, rpc};
use wallet_core::time::Timestamp;

use crate::args::ChainCommand;
use crate::failure::Result;
use crate::home::Home;
use crate::print::Screen;
use crate::registry::Registry;
use crate::words::words;

/// How many blocks are asked for in one round trip.
const BLOCKS: u64 = 100;

/// `cedula chain …`
pub async fn run(home: &Home, screen: &Screen, command: &ChainCommand) -> Result<u8> {
    let registry = Registry::open(home).await?;
    match command {
        ChainCommand::Status => status(&registry, home, screen),
        ChainCommand::Gas => gas(&registry, screen).await,
    }
}

fn status(registry: &Registry, home: &Home, screen: &Screen) -> Result<u8> {
    let l = screen.language;
    let Deployment { chain_id, did_registry, credential_registry } = registry.deployment();
    let head = registry.chain.head()?;
    let time = i64::try_from(head.timestamp).ok().and_then(|seconds| Timestamp::from_unix(seconds).ok());
    let file = home.path("chain/chain.redb");
    screen.object(&json!({
        "kind": "embedded", "chainId": chain_id, "file": file,
        "block": head.number, "hash": head.hash(), "time": time,
        "didRegistry": did_registry, "credentialRegistry": credential_registry,
    }));
    screen.field(&words!(l, "chain", "cadena", "cadeia"), format!("{chain_id} ({})", file.display()));
    screen.field(&words!(l, "newest block", "último bloque", "último bloco"), format!("{} {}", head.number, head.hash()));
    screen.field(&words!(l, "its time", "su hora", "sua hora"), time.map(|time| time.to_string()).unwrap_or_default());
    screen.field("DidRegistry", did_registry);
    screen.field("CredentialRegistry", credential_registry);
    screen.line(words!(
        l,
        "  One signer seals this chain: it gives history and proofs, not independence from whoever runs it.",
        "  Un solo firmante sella esta cadena: da historia y pruebas, no independencia de quien la opera.",
        "  Um só assinante sela esta cadeia: dá história e provas, não independência de quem a opera.",
    ));
    Ok(0)
}

async fn gas(registry: &Registry, screen: &Screen) -> Result<u8> {
    let head = registry.chain.head()?.number;
    let mut writes = Vec::new();
    let mut from = 1;
    while from <= head {
        let to = head.min(from + BLOCKS - 1);
        let batch = (from..=to).map(rpc::block_receipts).collect();
        for answer in registry.chain.ask(batch).await? {
            let answer = answer.map_err(|refusal| WalletError::refused("the registry", refusal))?;
            writes.extend(rpc::read_receipts(&answer)?.into_iter().flatten());
        }
        from = to + 1;
    }
    let rows: Vec<Value> = writes
        .iter()
        .map(|receipt| json!({ "block": receipt.block_number, "what": what(receipt, &registry.deployment()), "gas": receipt.gas_used }))
        .collect();
    screen.object(&json!({ "writes": rows }));
    for receipt in &writes {
        let what = what(receipt, &registry.deployment());
        screen.line(format!("{:>6}  {:<28} {:>9}", receipt.block_number, what, receipt.gas_used));
    }
    let total: u64 = writes.iter().map(|receipt| receipt.gas_used).sum();
    screen.line(format!("{:>6}  {:<28} {total:>9}", "", words!(screen.language, "total gas", "gas en total", "gás no total")));
    Ok(0)
}

/// What a transaction did, by the registries' own words.
fn what(receipt: &Receipt, deployment: &Deployment) -> &'static str {
    match (receipt.contract_address, receipt.logs.first()) {
        (Some(_), _) => "deploy",
        (None, Some(log)) if log.address == deployment.did_registry => match did_registry::read_event(log, 0) {
            Ok((_, event)) => match event.change {
                DidChange::Owner { .. } => "changeOwner",
                DidChange::Delegate { .. } => "delegate",
                DidChange::Attribute { .. } => "attribute",
            },
            Err(_) => "DidRegistry",
        },
        (None, Some(_)) => "CredentialRegistry",
        (None, None) => "nothing",
    }
}
