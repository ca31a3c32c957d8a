//! Accreditations: given, taken back and shown.

use serde_json::{Value, json};
use wallet_core::did::Did;
use wallet_core::error::WalletError;
use wallet_core::issuer::{NewAccreditation, Written};
use wallet_core::platform::system_now;
use wallet_core::registry::accreditation::{Path, Scope};
use wallet_core::resolver::Resolver;
use wallet_core::time::Timestamp;

use crate::args::{AccreditationCommand, Whom};
use crate::failure::Result;
use crate::home::Home;
use crate::issuers;
use crate::print::Screen;
use crate::registry::Registry;
use crate::words::words;

const DAY: i64 = 24 * 3600;

/// `cedula accreditation …`
pub async fn run(home: &Home, screen: &Screen, command: &AccreditationCommand) -> Result<u8> {
    let (registry, now) = (Registry::open(home).await?, system_now());
    match command {
        AccreditationCommand::Give { whom, under, levels, days } => {
            let under = under.as_deref().map(|under| issuers::did(home, under)).transpose()?;
            let until = now.plus_seconds(i64::from(*days) * DAY);
            let subject = issuers::did(home, &whom.to)?;
            let mut written = Vec::new();
            for scope in whom.scopes()? {
                let (from, until) = (now.clone(), until.clone());
                let new =
                    NewAccreditation { subject: &subject, scope: &scope, under: under.as_ref(), from, until, levels: *levels };
                written.push(give(home, &registry, &whom.by, &new).await?);
            }
            print_written(screen, &subject, &written);
        }
        AccreditationCommand::Revoke { whom } => {
            let (by, subject) = (issuers::settle(home, &registry, &whom.by).await?, issuers::did(home, &whom.to)?);
            let mut written = Vec::new();
            for scope in whom.scopes()? {
                written.push(registry.registrar().revoke_accreditation(&by.did, &by.owner, &subject, &scope).await?);
            }
            print_written(screen, &subject, &written);
        }
        AccreditationCommand::Show { whom } => return show(home, screen, &registry, whom).await,
    }
    Ok(0)
}

/// Gives one accreditation in the name of the folder's issuer `by`.
pub async fn give(home: &Home, registry: &Registry, by: &str, new: &NewAccreditation<'_>) -> Result<Written> {
    let by = issuers::settle(home, registry, by).await?;
    Ok(registry.registrar().accredit(&by.did, &by.owner, new).await?)
}

async fn show(home: &Home, screen: &Screen, registry: &Registry, whom: &Whom) -> Result<u8> {
    let (root, subject, now) = (issuers::did(home, &whom.by)?, issuers::did(home, &whom.to)?, system_now());
    let resolver = registry.chain.add_to(Resolver::new());
    let document = resolver.resolve(&(&subject).into(), &now).await.map_err(WalletError::from)?.document;
    let (mut found, mut good) = (Vec::new(), false);
    for scope in whom.scopes()? {
        let told = resolver.accreditations(&document, &scope, std::slice::from_ref(&root), &now).await;
        for path in told.map_err(WalletError::from)?.what {
            let stands = u64::try_from(now.unix()).is_ok_and(|now| path.stands(now));
            good |= stands;
            print_path(screen, (&scope, &path), stands);
            found.push(json!({ "scope": scope, "path": path, "stands": stands }));
        }
    }
    screen.object(&json!({ "issuer": subject, "root": root, "accreditations": found }));
    if found.is_empty() {
        screen.line(words!(
            screen.language,
            "Nothing shows that {subject} is accredited for this under {root}.",
            "Nada muestra que {subject} esté acreditado para esto por {root}.",
            "Nada mostra que {subject} esteja credenciado para isto por {root}.",
        ));
    }
    Ok(if good { 0 } else { 2 })
}

fn print_path(screen: &Screen, (scope, path): (&Scope, &Path), stands: bool) {
    let l = screen.language;
    let region = scope.region.as_deref().map(|region| format!(" ({region})")).unwrap_or_default();
    screen.heading(&format!("{}{region}", scope.type_url));
    screen.field(&words!(l, "root", "raíz", "raiz"), &path.root);
    for step in path.steps.iter().rev() {
        screen.field(&words!(l, "accredits", "acredita a", "credencia"), step.subject);
    }
    let until = path.until().and_then(|until| Timestamp::from_seconds(until).ok());
    let until = until.map(|until| until.to_string()).unwrap_or_default();
    let (good, over) = (words!(l, "good until", "vale hasta", "vale até"), words!(l, "over since", "terminó", "terminou"));
    screen.field(if stands { &good } else { &over }, until);
}

fn print_written(screen: &Screen, subject: &Did, written: &[Written]) {
    let rows: Vec<Value> = written.iter().map(|one| json!({ "block": one.block, "gas": one.gas })).collect();
    screen.object(&json!({ "subject": subject, "written": rows }));
    for Written { block, gas, .. } in written {
        screen.line(words!(
            screen.language,
            "The accreditation of {subject} was written in block {block}, for {gas} gas.",
            "La acreditación de {subject} se escribió en el bloque {block}, por {gas} de gas.",
            "O credenciamento de {subject} foi escrito no bloco {block}, por {gas} de gás.",
        ));
    }
}
