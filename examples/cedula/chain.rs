//! The registry chain: where it stands, and what was paid for what.

use serde_json::{Value, json};
use wallet_core::did::ethr::DidChange;
use wallet_core::error::WalletError;
use wallet_core::platform::system_now;
use wallet_core::registry::{Deployment, Receipt, did_registry, rpc};
use wallet_core::time::Timestamp;

use crate::args::ChainCommand;
use crate::deploy;
use crate::failure::{Failure, Result};
use crate::home::Home;
use crate::print::Screen;
use crate::registry::{self, Registry};
use crate::words::words;

/// How many blocks are asked for in one round trip.
const BLOCKS: u64 = 100;

/// `cedula chain …`
pub async fn run(home: &Home, screen: &Screen, command: &ChainCommand) -> Result<u8> {
    match command {
        ChainCommand::Status => status(home, screen).await,
        ChainCommand::Gas if home.network()?.is_some() => Err(Failure::usage(words!(
            screen.language,
            "what was paid is added up for the folder's own chain only",
            "solo se suma lo pagado en la cadena propia de la carpeta",
            "só se soma o que foi pago na cadeia própria da pasta",
        ))),
        ChainCommand::Gas => gas(&Registry::open_with(home, Box::new(system_now)).await?, screen).await,
        ChainCommand::Account { import } => deploy::account(home, screen, import.as_deref()).await,
        ChainCommand::Deploy(place) => deploy::deploy(home, screen, place).await,
        ChainCommand::Init { place, registry, credential_registry } => {
            deploy::init(screen, place, *registry, credential_registry.unwrap_or_default()).await
        }
    }
}

async fn status(home: &Home, screen: &Screen) -> Result<u8> {
    let network = home.network()?;
    let (chain, place) = match &network {
        Some(file) => (file.chain()?, file.rpc.join(" ")),
        None => (Registry::open(home).await?.chain, home.path(registry::FILE).display().to_string()),
    };
    let Deployment { chain_id, did_registry, credential_registry } = chain.deployment;
    let block = chain.head().await?;
    let time = Timestamp::from_seconds(block.header.timestamp).ok();
    let kind = if network.is_some() { "network" } else { "embedded" };
    screen.object(&json!({
        "kind": kind, "chainId": chain_id, "place": place,
        "block": block.header.number, "hash": block.hash, "time": time,
        "didRegistry": did_registry, "credentialRegistry": credential_registry,
    }));
    let l = screen.language;
    screen.field(&words!(l, "chain", "cadena", "cadeia"), format!("{chain_id} ({place})"));
    screen.field(&words!(l, "newest block", "último bloque", "último bloco"), format!("{} {}", block.header.number, block.hash));
    screen.field(&words!(l, "its time", "su hora", "sua hora"), time.map(|time| time.to_string()).unwrap_or_default());
    screen.field("DidRegistry", did_registry);
    screen.field("CredentialRegistry", credential_registry);
    if network.is_none() {
        screen.line(words!(
            l,
            "  One signer seals this chain: it gives history and proofs, not independence from whoever runs it.",
            "  Un solo firmante sella esta cadena: da historia y pruebas, no independencia de quien la opera.",
            "  Um só assinante sela esta cadeia: dá história e provas, não independência de quem a opera.",
        ));
    }
    Ok(0)
}

async fn gas(registry: &Registry, screen: &Screen) -> Result<u8> {
    let (chain, head) = (&registry.chain, registry.chain.head().await?.header.number);
    let mut writes = Vec::new();
    let mut from = 1;
    while from <= head {
        let to = head.min(from + BLOCKS - 1);
        let batch = (from..=to).map(rpc::block_receipts).collect();
        for answer in chain.ledger().ask(batch).await? {
            let answer = answer.map_err(|refusal| WalletError::refused("the registry", refusal))?;
            writes.extend(rpc::read_receipts(&answer)?.into_iter().flatten());
        }
        from = to + 1;
    }
    let rows: Vec<Value> = writes
        .iter()
        .map(
            |receipt| json!({ "block": receipt.block_number, "what": what(receipt, &chain.deployment), "gas": receipt.gas_used }),
        )
        .collect();
    screen.object(&json!({ "writes": rows }));
    for receipt in &writes {
        let what = what(receipt, &chain.deployment);
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
