//! Identities: making them, showing them, and changing them on the registry chain.

use std::sync::Arc;

use serde_json::{Value, json};
use wallet_core::did::{Did, DidUrl, Grounds, Resolution, Standing, VerificationRelationship};
use wallet_core::error::WalletError;
use wallet_core::issuer::Written;
use wallet_core::key::{KeyAlgorithm, PublicKey};
use wallet_core::platform::{HttpNetwork, system_now};
use wallet_core::ports::Keystore;
use wallet_core::registry::DidWrite;
use wallet_core::resolver::Resolver;
use wallet_core::time::Timestamp;

use crate::args::DidCommand;
use crate::ethereum_keystore;
use crate::failure::Result;
use crate::hold;
use crate::home::Home;
use crate::issuers::{self, NewIssuer};
use crate::print::Screen;
use crate::registry::{KEYS, Registry};
use crate::words::words;

/// A service is published for as long as a signing key: ten years, in seconds.
const SERVICE_LIFETIME: u64 = 3650 * DAY;
const DAY: u64 = 24 * 3600;

/// `cedula did …`
pub async fn run(home: &Home, screen: &Screen, command: &DidCommand) -> Result<u8> {
    let now = system_now();
    match command {
        DidCommand::New { name, display_name, status_base, owner_keystore } => {
            let own = format!("https://{name}.example/status");
            let status_base = status_base.as_deref().unwrap_or(&own);
            let display_name = display_name.as_deref().unwrap_or(name);
            let owner = match owner_keystore {
                Some(path) => Some(ethereum_keystore::import(home, &*home.keystore(KEYS).await?, path).await?),
                None => None,
            };
            create(home, screen, &NewIssuer { name, display_name, status_base, owner }, &now).await
        }
        DidCommand::Show { did } => show(home, screen, did.as_deref(), &now).await,
        DidCommand::AddKey { name, purpose, days } => {
            add_key(home, screen, name, (*purpose).into(), u64::from(*days) * DAY, &now).await
        }
        DidCommand::RevokeKey { name, key } => revoke_key(home, screen, name, key.as_deref()).await,
        DidCommand::ReportStolen { name, key, .. } => report_stolen(home, screen, name, key.as_deref()).await,
        DidCommand::Rotate { name } => rotate(home, screen, name).await,
        DidCommand::Deactivate { name, .. } => change(home, screen, name, &DidWrite::deactivate()).await,
        DidCommand::Service { name, kind, url } => {
            change(home, screen, name, &DidWrite::add_service(kind, url, SERVICE_LIFETIME)?).await
        }
    }
}

async fn create(home: &Home, screen: &Screen, new: &NewIssuer<'_>, now: &Timestamp) -> Result<u8> {
    let registry = Registry::open(home).await?;
    let record = issuers::create(home, &registry, new, now).await?;
    screen.object(&json!({ "name": new.name, "did": record.did, "method": record.method, "statusBase": record.status_base }));
    let did = &record.did;
    screen.line(words!(
        screen.language,
        "{did} is on the registry, with its signing key.",
        "{did} está en el registro, con su clave de firma.",
        "{did} está no registro, com sua chave de assinatura.",
    ));
    Ok(0)
}

async fn show(home: &Home, screen: &Screen, given: Option<&str>, now: &Timestamp) -> Result<u8> {
    let did: Did = match given {
        None => hold::holder(&mut hold::open(home).await?, now).await?,
        Some(did) if did.starts_with("did:") => did.parse()?,
        Some(name) => issuers::record(home, name)?.did,
    };
    let mut resolver = Resolver::new().with_web(Arc::new(HttpNetwork::new()?));
    if did.method() == "ethr" {
        resolver = match home.network()? {
            Some(file) => file.chain()?.add_to(resolver),
            None if Registry::exists(home) => Registry::open(home).await?.chain.add_to(resolver),
            None => resolver,
        };
    }
    let url: DidUrl = given.filter(|given| given.starts_with("did:")).unwrap_or(did.as_str()).parse()?;
    let resolution = resolver.resolve(&url, now).await.map_err(WalletError::from)?;
    screen.object(&json!({
        "didDocument": resolution.document.to_json(),
        "didDocumentMetadata": resolution.metadata,
        "standing": resolution.standing,
        "keys": periods(&resolution),
    }));
    print_resolution(screen, &resolution);
    Ok(0)
}

fn periods(resolution: &Resolution) -> Vec<Value> {
    let period = |period: &wallet_core::did::KeyPeriod| {
        json!({ "id": period.id, "key": period.key, "fromBlock": period.from_block, "from": period.from,
            "untilBlock": period.until_block, "until": period.until })
    };
    resolution.history.iter().map(period).collect()
}

fn print_resolution(screen: &Screen, resolution: &Resolution) {
    let l = screen.language;
    screen.heading(resolution.document.id.as_str());
    let standing = match &resolution.standing {
        Standing::SelfContained => {
            words!(l, "the identifier holds its key", "el identificador lleva su clave", "o identificador leva sua chave")
        }
        Standing::Proven { block, time, grounds } => {
            let why = match grounds {
                Grounds::Checkpoint => words!(l, "a known block", "bloque conocido", "bloco conhecido"),
                Grounds::Validators => {
                    words!(l, "sealed by the validators", "sellado por los validadores", "selado pelos validadores")
                }
                Grounds::Nodes { agreeing } => {
                    words!(l, "{agreeing} nodes agree", "{agreeing} nodos coinciden", "{agreeing} nós concordam")
                }
            };
            words!(
                l,
                "proven at block {block} of {time}: {why}",
                "comprobado en el bloque {block} del {time}: {why}",
                "comprovado no bloco {block} de {time}: {why}"
            )
        }
        Standing::Believed { block: Some(block) } => {
            words!(l, "as block {block} says", "según el bloque {block}", "segundo o bloco {block}")
        }
        Standing::Believed { block: None } => words!(l, "as its server says", "según su servidor", "segundo seu servidor"),
    };
    screen.field(&words!(l, "standing", "sustento", "sustento"), standing);
    if resolution.metadata.deactivated == Some(true) {
        screen.line(words!(l, "  It was given up for good.", "  Fue dada de baja.", "  Foi encerrada."));
    }
    for method in &resolution.document.verification_methods {
        let uses: Vec<&str> = method.relationships.iter().map(|relationship| relationship.as_str()).collect();
        let account = || method.material.values().find_map(Value::as_str).unwrap_or_default().to_owned();
        let key = method.key.as_ref().map_or_else(account, PublicKey::to_multikey);
        screen.field(
            &words!(l, "key", "clave", "chave"),
            format!("#{} {key} {}", method.id.fragment().unwrap_or_default(), uses.join(", ")),
        );
    }
    for service in &resolution.document.services {
        screen.field(&words!(l, "service", "servicio", "serviço"), format!("{service:?}"));
    }
}

async fn add_key(
    home: &Home,
    screen: &Screen,
    name: &str,
    purpose: VerificationRelationship,
    seconds: u64,
    now: &Timestamp,
) -> Result<u8> {
    let registry = Registry::open(home).await?;
    let mut record = issuers::settle(home, &registry, name).await?;
    if purpose == VerificationRelationship::AssertionMethod {
        let (key, method) = issuers::publish_key(&registry, &record.did, &record.owner, seconds, now).await?;
        (record.key, record.method) = (key, method);
        issuers::keep(home, name, &record)?;
        // What is published must bear a key that stays when the old one is revoked.
        issuers::publish_lists(home, &issuers::open(home, &registry, name).await?, now).await?;
        screen.object(&json!({ "name": name, "did": record.did, "method": record.method }));
        let method = &record.method;
        screen.line(words!(
            screen.language,
            "It signs with {method} now.",
            "Ahora firma con {method}.",
            "Agora assina com {method}."
        ));
        return Ok(0);
    }
    let (_, public) = Keystore::create(&*registry.keystore, KeyAlgorithm::Ed25519).await?;
    let write = DidWrite::add_key(&public, purpose, seconds)?;
    let written = registry.registrar().change_did(&record.did, &record.owner, &write).await?;
    print_written(screen, &record.did, &written);
    Ok(0)
}

async fn revoke_key(home: &Home, screen: &Screen, name: &str, key: Option<&str>) -> Result<u8> {
    let registry = Registry::open(home).await?;
    let record = issuers::settle(home, &registry, name).await?;
    let key = signing_key(&registry, &record, key).await?;
    let write = DidWrite::revoke_key(&key, VerificationRelationship::AssertionMethod)?;
    let written = registry.registrar().change_did(&record.did, &record.owner, &write).await?;
    print_written(screen, &record.did, &written);
    Ok(0)
}

async fn report_stolen(home: &Home, screen: &Screen, name: &str, key: Option<&str>) -> Result<u8> {
    let registry = Registry::open(home).await?;
    let record = issuers::settle(home, &registry, name).await?;
    let key = signing_key(&registry, &record, key).await?;
    let written = issuers::report_stolen(&registry, &record, &key).await?;
    print_written(screen, &record.did, &written);
    Ok(0)
}

/// The key of that Multikey text, or the one an issuer signs with.
async fn signing_key(registry: &Registry, record: &issuers::Record, key: Option<&str>) -> Result<PublicKey> {
    match key {
        Some(text) => Ok(PublicKey::from_multikey(text)?),
        None => Ok(registry.keystore.public_key(&record.key).await?),
    }
}

async fn rotate(home: &Home, screen: &Screen, name: &str) -> Result<u8> {
    let registry = Registry::open(home).await?;
    let did = issuers::settle(home, &registry, name).await?.did;
    let written = issuers::rotate(home, &registry, name).await?;
    print_written(screen, &did, &written);
    Ok(0)
}

async fn change(home: &Home, screen: &Screen, name: &str, write: &DidWrite) -> Result<u8> {
    let registry = Registry::open(home).await?;
    let record = issuers::settle(home, &registry, name).await?;
    let written = registry.registrar().change_did(&record.did, &record.owner, write).await?;
    print_written(screen, &record.did, &written);
    Ok(0)
}

fn print_written(screen: &Screen, did: &Did, written: &Written) {
    let Written { block, gas, .. } = written;
    screen.object(&json!({ "did": did, "block": block, "gas": gas }));
    screen.line(words!(
        screen.language,
        "{did} was changed in block {block}, for {gas} gas.",
        "{did} cambió en el bloque {block}, por {gas} de gas.",
        "{did} mudou no bloco {block}, por {gas} de gás.",
    ));
}
