//! What an issuer does: issuing from its own records, and changing a status.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;
use wallet_core::issuer::Issuer;
use wallet_core::language::Language;
use wallet_core::platform::{system_now, system_rng};
use wallet_core::securing::Secured;
use wallet_core::time::Timestamp;

use crate::args;
use crate::failure::{Failure, Result};
use crate::home::Home;
use crate::issuers::{self, PURPOSES};
use crate::print::Screen;
use crate::registry::Registry;
use crate::words::words;
use crate::{hold, input, publishing, rows};

/// `cedula issue`
pub async fn issue(home: &Home, screen: &Screen, asked: &args::Issue) -> Result<u8> {
    let now = system_now();
    let record = issuers::record(home, &asked.issuer)?;
    let rows = rows::read(&asked.input, &input::text(&asked.input)?)?;
    let registry = Registry::open(home).await?;
    let mut wallet = match asked.keep {
        true => Some(hold::open(home).await?),
        false => None,
    };
    let subject = match &mut wallet {
        Some(wallet) => Some(hold::holder(wallet, &now).await?),
        None => asked.to.clone(),
    };
    let mut issuer = issuers::open(home, &registry, &asked.issuer).await?;
    let purposes = if asked.suspendable { &PURPOSES[..] } else { &PURPOSES[..1] };
    let lists = issuer.list_count().await?;
    let mut issued = Vec::new();
    for row in rows {
        let terms = wallet_core::credential::CredentialTerms { subject: subject.clone(), ..issuers::terms(&record, &now) };
        let credential =
            row.credential(asked.profile, asked.reduced, terms).map_err(|reason| Failure::input(&asked.input, reason))?;
        issued.push(issuer.issue(credential, asked.mechanism.into(), purposes, &mut system_rng(), &now).await?);
    }
    if issuer.list_count().await? != lists {
        issuers::publish_lists(home, &issuer, &now).await?;
    }
    if let Some(wallet) = &mut wallet {
        for secured in &issued {
            wallet.keep(secured, record.did.as_str(), screen.language, &mut system_rng(), &now).await?;
        }
    }
    report(screen, &issued, asked)?;
    Ok(0)
}

fn report(screen: &Screen, issued: &[Secured], asked: &args::Issue) -> Result<()> {
    let l = screen.language;
    let mut written = Vec::new();
    for (number, secured) in (1..).zip(issued) {
        let file = match &asked.out {
            Some(folder) => Some(write_credential(folder, number, secured)?),
            None => None,
        };
        let credential = secured.credential().ok();
        let id = credential.as_ref().and_then(|credential| credential.id()).unwrap_or_default().to_owned();
        written.push((id, credential.map(|credential| hold::title(&credential, l)).unwrap_or_default(), file));
    }
    let kept = asked.keep;
    let objects = written.iter().zip(issued).map(|((id, title, file), secured)| {
        let mut object = json!({ "id": id, "title": title, "kept": kept, "file": file });
        if file.is_none() {
            object["credential"] = secured.text().into();
        }
        object
    });
    screen.object(&json!({ "issued": objects.collect::<Vec<_>>() }));
    if asked.out.is_none() && !kept {
        issued.iter().for_each(|secured| screen.raw(secured.text()));
        return Ok(());
    }
    for (id, title, file) in &written {
        let place = file.as_ref().map(|file| file.display().to_string()).unwrap_or_default();
        screen.line(format!("  {title}  {id}  {place}"));
    }
    let n = issued.len();
    screen.line(words!(l, "Issued: {n}", "Emitidas: {n}", "Emitidas: {n}"));
    Ok(())
}

fn write_credential(folder: &Path, number: usize, secured: &Secured) -> Result<PathBuf> {
    let ending = if secured.text().starts_with('{') { "json" } else { "jwt" };
    let path = folder.join(format!("{number:04}.{ending}"));
    fs::create_dir_all(folder).and_then(|()| fs::write(&path, secured.text())).map_err(|error| Failure::output(&path, error))?;
    Ok(path)
}

/// `cedula status`
pub async fn status(home: &Home, screen: &Screen, asked: &args::Status) -> Result<u8> {
    let now = system_now();
    issuers::record(home, &asked.issuer)?;
    let (purpose, set) = asked.change.entry();
    let registry = Registry::open(home).await?;
    let mut issuer = issuers::open(home, &registry, &asked.issuer).await?;
    if let Some(batch) = &asked.batch {
        let lists = issuer.set_batch_status(batch, &purpose, u8::from(set), &now).await?;
        lists.iter().try_for_each(|signed| publishing::publish(home, &signed.url, signed.list.text()))?;
        let urls: Vec<&str> = lists.iter().map(|signed| signed.url.as_str()).collect();
        screen.object(&json!({ "batch": batch, "purpose": purpose, "set": set, "lists": urls }));
        urls.into_iter().for_each(|list| published(screen, list));
        return Ok(0);
    }
    let id = credential_id(asked.credential.as_deref().unwrap_or_default(), asked.change, screen.language)?;
    let list = change_status(home, &mut issuer, &id, asked.change, &now).await?;
    screen.object(&json!({ "credential": id, "purpose": purpose, "set": set, "list": list }));
    published(screen, &list);
    Ok(0)
}

fn published(screen: &Screen, list: &str) {
    screen.line(words!(
        screen.language,
        "Done. The new list is published at {list}; verifiers see it when they fetch it or load a new pack.",
        "Listo. La lista nueva está publicada en {list}; los verificadores la ven al buscarla o al cargar un paquete nuevo.",
        "Pronto. A nova lista está publicada em {list}; os verificadores a veem ao buscá-la ou ao carregar um novo pacote.",
    ));
}

/// Changes the status of a credential and publishes the list; returns the list's URL.
pub async fn change_status(
    home: &Home,
    issuer: &mut Issuer,
    id: &str,
    change: args::StatusChange,
    now: &Timestamp,
) -> Result<String> {
    let (purpose, set) = change.entry();
    let signed = issuer.set_status(id, &purpose, u8::from(set), now).await?;
    publishing::publish(home, &signed.url, signed.list.text())?;
    Ok(signed.url)
}

/// The id that is given, or that of the credential in the file that is given, which must have a place in the list.
fn credential_id(given: &str, change: args::StatusChange, l: Language) -> Result<String> {
    let file = Path::new(given);
    if !file.exists() {
        return Ok(given.to_owned());
    }
    let secured = Secured::read(&input::scanned(file)?)?;
    let (purpose, _) = change.entry();
    let entries = secured.body().get("credentialStatus").cloned().unwrap_or_default();
    let entries = entries.as_array().cloned().unwrap_or_else(|| vec![entries]);
    if !entries.iter().any(|entry| entry["statusPurpose"] == purpose.as_str()) {
        return Err(Failure::usage(words!(
            l,
            "{given} has no place in a list of {purpose}: it was not issued with --suspendable",
            "{given} no tiene lugar en una lista de {purpose}: no se emitió con --suspendable",
            "{given} não tem lugar numa lista de {purpose}: não foi emitida com --suspendable",
        )));
    }
    let id = secured.body().get("id").and_then(|id| id.as_str());
    id.map(str::to_owned).ok_or_else(|| Failure::input(file, "the credential has no id"))
}
