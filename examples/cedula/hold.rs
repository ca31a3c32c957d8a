//! What a holder does: keeping, showing, presenting, looking back, and moving to another device.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use wallet_core::credential::Credential;
use wallet_core::credential::profiles::{Profile, summary};
use wallet_core::did::Did;
use wallet_core::language::Language;
use wallet_core::platform::{SoftwareKeystore, system_now, system_rng};
use wallet_core::presentation::Request;
use wallet_core::qr::{Budget, Symbol};
use wallet_core::seal::Cost;
use wallet_core::securing::Secured;
use wallet_core::securing::linked_data::Contexts;
use wallet_core::store::{HeldCredential, Occurrence, OnConflict, Protection, RecordId, StoreKey};
use wallet_core::time::Timestamp;
use wallet_core::verification::Verdict;
use wallet_core::wallet::{Forgetting, Wallet};

use crate::args::{self, HOLDER_KEY, Surface};
use crate::check;
use crate::failure::{Failure, Result};
use crate::home::Home;
use crate::input;
use crate::print::Screen;
use crate::words::words;

const KEYS: &str = "wallet/keys.sqlite";
const RECORDS: &str = "wallet/wallet.sqlite";
/// Pixels along a module's side in a PNG: wide enough for a camera at arm's length from a laptop's screen.
const PIXELS: u32 = 6;

/// The folder's wallet, made when there is none.
pub async fn open(home: &Home) -> Result<Wallet> {
    Ok(open_with_keys(home).await?.0)
}

async fn open_with_keys(home: &Home) -> Result<(Wallet, std::sync::Arc<SoftwareKeystore>)> {
    let keystore = home.keystore(KEYS).await?;
    let storage = home.storage(RECORDS).await?;
    let key = StoreKey::Passphrase(home.passphrase()?);
    let wallet = Wallet::open(storage, keystore.clone(), &key, Cost::UNLOCK, &mut system_rng()).await?;
    Ok((wallet, keystore))
}

/// The identifier that credentials are issued to, made when there is none.
pub async fn holder(wallet: &mut Wallet, now: &Timestamp) -> Result<Did> {
    match wallet.key_references().await?.into_iter().next() {
        Some(reference) => Ok(reference.did),
        None => Ok(wallet.new_holder(HOLDER_KEY, Protection::Software, &mut system_rng(), now).await?),
    }
}

/// What a credential is called in a list.
pub fn title(credential: &Credential, l: Language) -> String {
    let kind = match Profile::of(credential) {
        Some(Profile::IdentityCard) => words!(l, "Identity card", "Cédula de identidad", "Carteira de identidade"),
        Some(Profile::Diploma) => words!(l, "Diploma", "Título", "Diploma"),
        Some(Profile::ReducedDiploma) => words!(l, "Reduced diploma", "Título reducido", "Diploma reduzido"),
        Some(Profile::Vaccination) => {
            words!(l, "Vaccination certificate", "Certificado de vacunación", "Certificado de vacinação")
        }
        None => {
            let own =
                credential.types().into_iter().rfind(|&kind| kind != "VerifiableCredential").unwrap_or("VerifiableCredential");
            return credential.name(l).unwrap_or(own).to_owned();
        }
    };
    match credential.name(l) {
        Some(name) => format!("{kind}: {name}"),
        None => kind,
    }
}

/// `cedula list`
pub async fn list(home: &Home, screen: &Screen) -> Result<u8> {
    let l = screen.language;
    let held = open(home).await?.credentials().await?;
    let credentials: Vec<Value> = (1..)
        .zip(&held)
        .map(|(number, (record, held)): (usize, _)| {
            let display = &held.display;
            json!({
                "number": number, "record": record, "title": held_title(held, l), "issuer": display.issuer, "types": display.types,
                "format": held.format, "received": held.received, "validUntil": display.valid_until,
            })
        })
        .collect();
    screen.object(&json!({ "credentials": credentials }));
    if held.is_empty() {
        screen.line(words!(l, "The wallet is empty.", "La billetera está vacía.", "A carteira está vazia."));
    }
    for (number, (_, held)) in (1..).zip(&held) {
        screen.line(format!("{number:>3}  {}  {}", held_title(held, l), held.display.issuer));
    }
    Ok(0)
}

pub fn held_title(held: &HeldCredential, l: Language) -> String {
    let read = Secured::read(&held.text).ok().and_then(|secured| secured.credential().ok());
    // What says nothing of its own name has the one its issuer gave it.
    let named = read.filter(|credential| Profile::of(credential).is_some() || credential.name(l).is_some());
    named.map_or_else(|| held.display.title.clone(), |credential| title(&credential, l))
}

/// `cedula show`
pub async fn show(home: &Home, screen: &Screen, asked: &args::Show) -> Result<u8> {
    let l = screen.language;
    let mut wallet = open(home).await?;
    let (id, held) = find(&wallet, &asked.credential, l).await?;
    let budget = match asked.on {
        Surface::Print => Budget::Print,
        Surface::Screen => Budget::Screen,
    };
    let (table, contexts) = (home.newest_table()?, Contexts::bundled());
    let symbol = match wallet.show(&id, &table, &contexts, budget, &mut system_rng(), &system_now()).await? {
        Ok(symbol) => symbol,
        Err(over) => {
            let (drop, excess, most) = (over.claims_to_drop().unwrap_or_default().join(", "), over.excess, budget.characters());
            return Err(Failure::usage(words!(
                l,
                "it takes {excess} characters more than the {most} that are read well there; it would fit without {drop}: ask the issuer for a reduced one",
                "ocupa {excess} caracteres más que los {most} que ahí se leen bien; cabría sin {drop}: pida al emisor una reducida",
                "ocupa {excess} caracteres além dos {most} que ali se leem bem; caberia sem {drop}: peça ao emissor uma reduzida",
            )));
        }
    };
    write_pictures(&symbol, asked.svg.as_deref(), asked.png.as_deref())?;
    screen.object(&json!({
        "title": held_title(&held, l), "version": symbol.version(), "modules": symbol.modules(), "svg": asked.svg, "png": asked.png,
    }));
    if asked.svg.is_none() && asked.png.is_none() {
        screen.raw(&symbol.terminal());
    }
    let (title, version) = (held_title(&held, l), symbol.version());
    screen.line(words!(l, "{title}, QR version {version}", "{title}, QR versión {version}", "{title}, QR versão {version}"));
    Ok(0)
}

/// Writes the pictures of a symbol.
pub fn write_pictures(symbol: &Symbol, svg: Option<&Path>, png: Option<&Path>) -> Result<()> {
    let pictures = [(svg, symbol.svg().into_bytes()), (png, symbol.png(PIXELS))];
    for (path, bytes) in pictures {
        if let Some(path) = path {
            fs::write(path, bytes).map_err(|error| Failure::output(path, error))?;
        }
    }
    Ok(())
}

/// `cedula scan`
pub async fn scan(home: &Home, screen: &Screen, asked: &args::Scan) -> Result<u8> {
    let l = screen.language;
    let text = input::scanned(&asked.input.file)?;
    let judge = check::judge(home, &asked.trust).await?;
    let verdict = judge.verifier.check(&text, &judge.expected, &judge.now).await?;
    let keep = match &verdict {
        Verdict::Accepted(_) => true,
        Verdict::Undetermined { .. } => asked.unchecked,
        Verdict::Rejected { .. } => false,
    };
    let mut record = None;
    if keep {
        let secured = judge.verifier.read(&text).map_err(|unread| Failure::Wallet(unread.into()))?;
        let from = secured.body().get("issuer").map(issuer_id).unwrap_or_default();
        let mut wallet = open(home).await?;
        // Scanning the same picture twice is no mistake.
        let already = wallet.credentials().await?.into_iter().find(|(_, held)| held.text == secured.text());
        record = Some(match already {
            Some((record, _)) => record,
            None => wallet.keep(&secured, from, l, &mut system_rng(), &system_now()).await?,
        });
    }
    let mut object = verdict.to_json();
    object["kept"] = json!(record);
    screen.object(&object);
    screen.line("");
    screen.verdict(&verdict);
    check::claims(screen, &verdict);
    screen.line(match (record, &verdict) {
        (Some(_), _) => words!(l, "Kept in the wallet.", "Guardada en la billetera.", "Guardada na carteira."),
        (None, Verdict::Undetermined { .. }) => words!(
            l,
            "Not kept; --unchecked keeps it all the same.",
            "No se guardó; con --unchecked se guarda igual.",
            "Não foi guardada; com --unchecked guarda-se assim mesmo.",
        ),
        (None, _) => words!(l, "Not kept.", "No se guardó.", "Não foi guardada."),
    });
    Ok(check::exit(&verdict))
}

fn issuer_id(issuer: &Value) -> &str {
    issuer.as_str().or_else(|| issuer.get("id")?.as_str()).unwrap_or_default()
}

/// `cedula present --request FILE`
pub async fn present(home: &Home, screen: &Screen, (asked, request): (&args::Present, &Path)) -> Result<u8> {
    let l = screen.language;
    let request = Request::read(&input::text(request)?)?;
    let mut wallet = open(home).await?;
    let mut chosen = Vec::new();
    for given in &asked.what {
        chosen.push(find(&wallet, given, l).await?.0);
    }
    let lists = asked.lists.iter().map(|file| Ok(Secured::read(&input::text(file)?)?)).collect::<Result<Vec<_>>>()?;
    let (contexts, now, with) = (Contexts::bundled(), system_now(), (&chosen[..], &lists[..]));
    let answer = wallet.present_with_lists(&request, with, &contexts, &mut system_rng(), &now).await?;
    write_or_print(screen, asked.out.as_deref(), answer.text(), "presentation")?;
    if let Some(file) = asked.out.as_ref().map(|file| file.display()) {
        let audience = &request.audience;
        screen.line(words!(
            l,
            "Hand {file} over to {audience}; it is good for this request and no other.",
            "Entregue {file} a {audience}; vale para este pedido y para ningún otro.",
            "Entregue {file} a {audience}; vale para este pedido e nenhum outro.",
        ));
    }
    Ok(0)
}

/// Writes `text` to a file, or prints it; a program is told which.
pub fn write_or_print(screen: &Screen, file: Option<&Path>, text: &str, member: &str) -> Result<()> {
    match file {
        Some(file) => {
            fs::write(file, text).map_err(|error| Failure::output(file, error))?;
            screen.object(&json!({ "file": file }));
        }
        None => {
            screen.object(&json!({ member: serde_json::from_str::<Value>(text).unwrap_or_else(|_| text.into()) }));
            screen.raw(text);
        }
    }
    Ok(())
}

/// `cedula history`
pub async fn history(home: &Home, screen: &Screen) -> Result<u8> {
    let wallet = open(home).await?;
    let (events, held) = (wallet.history().await?, wallet.credentials().await?);
    screen.object(&json!({ "events": events }));
    // What is still held has a better name than the history remembers.
    let named = |record: &RecordId, remembered: &str| {
        let held = held.iter().find(|(id, _)| id == record);
        held.map_or_else(|| remembered.to_owned(), |(_, held)| held_title(held, screen.language))
    };
    for event in &events {
        screen.line(format!("{}  {}", event.when, happened(&event.what, &named, screen.language)));
    }
    Ok(0)
}

fn happened(what: &Occurrence, named: &dyn Fn(&RecordId, &str) -> String, l: Language) -> String {
    match what {
        Occurrence::Received { credential, title, from } => {
            let title = named(credential, title);
            words!(l, "received: {title}, from {from}", "recibida: {title}, de {from}", "recebida: {title}, de {from}")
        }
        Occurrence::Shown { items, to, .. } => {
            let titles = items.iter().map(|item| named(&item.credential, &item.title)).collect::<Vec<_>>().join(", ");
            match to {
                Some(to) => {
                    words!(l, "presented: {titles}, to {to}", "presentada: {titles}, a {to}", "apresentada: {titles}, a {to}")
                }
                None => words!(l, "shown: {titles}", "mostrada: {titles}", "mostrada: {titles}"),
            }
        }
        Occurrence::Forgotten { title, .. } => words!(l, "forgotten: {title}", "olvidada: {title}", "esquecida: {title}"),
        Occurrence::BackedUp => words!(l, "backup written", "copia de seguridad escrita", "cópia de segurança escrita"),
        Occurrence::Restored { made, added } => words!(
            l,
            "backup of {made} restored, {added} records added",
            "copia del {made} restaurada, {added} registros agregados",
            "cópia de {made} restaurada, {added} registros acrescentados",
        ),
    }
}

/// `cedula forget`
pub async fn forget(home: &Home, screen: &Screen, asked: &args::Forget) -> Result<u8> {
    let l = screen.language;
    let mut wallet = open(home).await?;
    let (id, held) = find(&wallet, &asked.credential, l).await?;
    let history = if asked.trace { Forgetting::CredentialAndHistory } else { Forgetting::Credential };
    wallet.forget(&id, history, &mut system_rng(), &system_now()).await?;
    screen.object(&json!({ "forgotten": id }));
    let title = held_title(&held, l);
    screen.line(words!(l, "Removed for good: {title}", "Eliminada para siempre: {title}", "Removida para sempre: {title}"));
    Ok(0)
}

/// `cedula backup`
pub async fn backup(home: &Home, screen: &Screen, asked: &args::Backup) -> Result<u8> {
    let (mut wallet, keystore) = open_with_keys(home).await?;
    let mut keys = Vec::new();
    for reference in wallet.key_references().await? {
        keys.push((reference.id.clone(), keystore.export(&reference.id).await?));
    }
    let text = wallet.backup(keys, &home.passphrase()?, Cost::ARCHIVE, &mut system_rng(), &system_now()).await?;
    fs::write(&asked.file, &text).map_err(|error| Failure::output(&asked.file, error))?;
    let (file, bytes) = (asked.file.display(), text.len());
    screen.object(&json!({ "file": asked.file, "bytes": bytes }));
    screen.line(words!(
        screen.language,
        "{file}: {bytes} bytes, sealed with the wallet's passphrase.",
        "{file}: {bytes} bytes, sellado con la contraseña de la billetera.",
        "{file}: {bytes} bytes, selado com a senha da carteira.",
    ));
    Ok(0)
}

/// `cedula restore`
pub async fn restore(home: &Home, screen: &Screen, asked: &args::Restore) -> Result<u8> {
    let bytes = fs::read(&asked.file).map_err(|error| Failure::input(&asked.file, error))?;
    let (mut wallet, keystore) = open_with_keys(home).await?;
    let (backup, preview) = wallet.preview(&bytes, &home.passphrase()?, &keystore.ids().await?).await?;
    let import = |keys: Vec<_>| async move {
        for (id, secret) in &keys {
            keystore.import(id, secret).await?;
        }
        Ok(())
    };
    wallet.restore(backup, OnConflict::KeepHeld, import, &mut system_rng(), &system_now()).await?;
    screen.object(&json!({ "restored": preview }));
    let (added, made, kept) = (preview.added.len(), &preview.made, preview.conflicts.len());
    screen.line(words!(
        screen.language,
        "Backup of {made}: {added} credentials added, {kept} kept as they are here.",
        "Copia del {made}: {added} credenciales agregadas, {kept} quedan como están aquí.",
        "Cópia de {made}: {added} credenciais acrescentadas, {kept} ficam como estão aqui.",
    ));
    Ok(0)
}

/// The credential that `given` names: its number in the list, its record, or its own id.
pub async fn find(wallet: &Wallet, given: &str, l: Language) -> Result<(RecordId, HeldCredential)> {
    let held = wallet.credentials().await?;
    let by_number = given.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
    let is_it = |(record, held): &(RecordId, HeldCredential)| {
        let id = Secured::read(&held.text).ok().and_then(|s| s.body().get("id")?.as_str().map(str::to_owned));
        json!(record) == given || id.as_deref() == Some(given)
    };
    let place = by_number.or_else(|| held.iter().position(is_it));
    place.and_then(|place| held.into_iter().nth(place)).ok_or_else(|| {
        Failure::usage(words!(
            l,
            "there is no credential {given} in the wallet: see cedula list",
            "no hay una credencial {given} en la billetera: vea cedula list",
            "não há uma credencial {given} na carteira: veja cedula list",
        ))
    })
}

/// The claims of a credential that a person looks at, a line each.
pub fn print_summary(screen: &Screen, credential: &Credential) {
    for (label, value) in summary(credential, screen.language) {
        screen.field(&label, value);
    }
}
