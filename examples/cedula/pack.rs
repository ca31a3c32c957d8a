//! What verifiers carry: put together from the folder's chain and lists, brought up to date, and shown.

use std::fs;
use std::path::Path;

use serde_json::{Map, Value, json};
use wallet_core::credential::profiles::Profile;
use wallet_core::did::{self, Did, DidUrl, Standing, VerificationRelationship};
use wallet_core::error::WalletError;
use wallet_core::issuer::{Issuer, StatusPlan};
use wallet_core::key::{KeyAlgorithm, KeyId};
use wallet_core::language::Language;
use wallet_core::platform::system_now;
use wallet_core::ports::Keystore;
use wallet_core::registry::Told;
use wallet_core::resolver::Resolver;
use wallet_core::securing::Mechanism;
use wallet_core::securing::linked_data::Contexts;
use wallet_core::time::Timestamp;
use wallet_core::trust_pack::{Difference, Entries, Manifest, PackFile, Reading, TrustPack};
use wallet_core::verification::Accrediting;

use crate::args::{self, PackCommand};
use crate::failure::{Failure, Result};
use crate::home::Home;
use crate::print::Screen;
use crate::registry::Registry;
use crate::words::words;
use crate::{input, issuers};

/// The number of the pack that was built last.
const LAST_VERSION: &str = "packs/version.json";

/// `cedula pack`
pub async fn run(home: &Home, screen: &Screen, asked: &args::Pack) -> Result<u8> {
    match (&asked.command, &asked.out) {
        (Some(PackCommand::Update { held, difference, out }), _) => {
            update(screen, held, difference, out.as_deref().unwrap_or(held))
        }
        (Some(PackCommand::Show { file, publisher, at }), _) => {
            show(screen, file, publisher.as_ref(), &at.clone().unwrap_or_else(system_now))
        }
        (None, Some(out)) => publish(home, screen, asked, out).await,
        (None, None) => unreachable!("the command line asks for a file or a command"),
    }
}

async fn publish(home: &Home, screen: &Screen, asked: &args::Pack, out: &Path) -> Result<u8> {
    let now = system_now();
    let names = match asked.issuers.is_empty() {
        true => issuers::names(home)?,
        false => asked.issuers.clone(),
    };
    let plan = Plan {
        issuers: names,
        roots: asked.roots.clone(),
        regions: asked.regions.clone(),
        seconds: i64::from(asked.days) * 24 * 3600,
    };
    let old = asked.since.as_deref().map(held).transpose()?;
    let registry = Registry::open(home).await?;
    let pack = build(home, &registry, &plan, &now).await?;
    let file = match &old {
        Some(old) => Difference::between(old, &pack)?.to_bytes(),
        None => pack.to_bytes(),
    };
    replace(out, &file)?;
    let Manifest { publisher, version, .. } = pack.manifest();
    let since = old.map(|old| old.manifest().version);
    let (name, bytes, count) = (out.display(), file.len(), plan.issuers.len());
    screen.object(&json!({
        "file": out, "publisher": publisher, "version": version, "since": since, "issuers": plan.issuers, "bytes": bytes,
        "entries": pack.entries().count(),
    }));
    screen.line(match since {
        Some(since) => words!(
            screen.language,
            "{name}: from version {since} to version {version}, {bytes} bytes. Apply it with pack update",
            "{name}: de la versión {since} a la versión {version}, {bytes} bytes. Aplíquela con pack update",
            "{name}: da versão {since} à versão {version}, {bytes} bytes. Aplique-a com pack update",
        ),
        None => words!(
            screen.language,
            "{name}: version {version}, {count} issuers, {bytes} bytes. Verify with --pack {name} --publisher {publisher}",
            "{name}: versión {version}, {count} emisores, {bytes} bytes. Verifique con --pack {name} --publisher {publisher}",
            "{name}: versão {version}, {count} emissores, {bytes} bytes. Verifique com --pack {name} --publisher {publisher}",
        ),
    });
    Ok(0)
}

/// What goes into a pack.
#[derive(Default)]
pub struct Plan {
    /// The folder's issuers, by name.
    pub issuers: Vec<String>,
    /// Whose accreditations of them go along, by name or DID.
    pub roots: Vec<String>,
    /// The regions of these, besides everywhere.
    pub regions: Vec<String>,
    /// How long it may be used.
    pub seconds: i64,
}

/// Packs what verifiers need to judge the credentials of the plan's issuers with no network, signed by the folder's own publisher.
pub async fn build(home: &Home, registry: &Registry, plan: &Plan, now: &Timestamp) -> Result<TrustPack> {
    let mut entries = Entries::new();
    for table in home.tables()?.iter().filter(|table| table.entry_id() > 1) {
        entries.add_table(table);
    }
    if let Some(checkpoint) = registry.chain.checkpoint(now).await? {
        entries.add_checkpoint(registry.chain.deployment.chain_id, &checkpoint);
    }
    let resolver = registry.chain.add_to(Resolver::new());
    for name in &plan.issuers {
        let record = issuers::record(home, name)?;
        let history = resolver.history(&record.did, now).await.map_err(WalletError::from)?;
        entries.add_history(&record.did, &history, now)?;
        entries.add_issuer(&record.did, &record.display_name);
        let issuer = issuers::open(home, registry, name).await?;
        for signed in issuers::signed_lists(&issuer, now).await? {
            entries.add_status_list(&signed.url, &signed.list, now);
        }
        accreditations(home, &mut entries, (&record.did, &resolver), plan, now).await?;
        for root in resolver.anchored_roots(&record.did).await.map_err(WalletError::from)? {
            let told = resolver.anchored(&record.did, root, now).await.map_err(WalletError::from)?;
            // An event that the storage does not bear out is nobody's anchor.
            if let Some(what) = told.what {
                entries.add_anchor(&record.did, root, &Told { what, standing: told.standing }, now)?;
            }
        }
    }
    let publisher = publisher(home, registry).await?;
    let manifest = Manifest {
        publisher: publisher.did.clone(),
        version: next_version(home)?,
        valid_from: now.clone(),
        valid_until: now.plus_seconds(plan.seconds),
        digest: entries.digest(),
    };
    let signed = publisher.sign(manifest.to_credential(), Mechanism::Jwt, now).await?;
    Ok(TrustPack::new(entries, &signed)?)
}

/// How an issuer came to be accredited under the plan's roots, for whatever this version issues.
async fn accreditations(
    home: &Home,
    entries: &mut Entries,
    (issuer, resolver): (&Did, &Resolver),
    plan: &Plan,
    now: &Timestamp,
) -> Result<()> {
    let mut accrediting = Accrediting { regions: plan.regions.clone(), ..Accrediting::default() };
    for root in &plan.roots {
        let did = issuers::did(home, root)?;
        let name = issuers::record(home, root).map_or_else(|_| did.to_string(), |record| record.display_name);
        entries.add_root(&did, &name);
        accrediting.roots.insert(did, name);
    }
    if accrediting.roots.is_empty() {
        return Ok(());
    }
    let roots: Vec<Did> = accrediting.roots.keys().cloned().collect();
    let document = resolver.resolve(&issuer.into(), now).await.map_err(WalletError::from)?.document;
    for profile in [Profile::IdentityCard, Profile::Diploma, Profile::ReducedDiploma, Profile::Vaccination] {
        for scope in accrediting.scopes(profile.type_url()) {
            let told = resolver.accreditations(&document, &scope, &roots, now).await.map_err(WalletError::from)?;
            entries.add_accreditations(issuer, &scope, &told, now)?;
        }
    }
    Ok(())
}

/// A number that no pack of this folder had before: it is noted before the pack is signed, so that a kill wastes it.
fn next_version(home: &Home) -> Result<u64> {
    let last: u64 = if home.path(LAST_VERSION).exists() { home.read_json(LAST_VERSION)? } else { 0 };
    home.write_json(LAST_VERSION, &(last + 1))?;
    Ok(last + 1)
}

/// Who signs the packs of a folder: a did:key of its own.
async fn publisher(home: &Home, registry: &Registry) -> Result<Issuer> {
    const FILE: &str = "issuers/publisher.key";
    let key = match home.path(FILE).exists() {
        true => home.read_json::<KeyId>(FILE)?,
        false => {
            let (key, _) = Keystore::create(&*registry.keystore, KeyAlgorithm::Ed25519).await?;
            home.write_json(FILE, &key)?;
            key
        }
    };
    let did = did::key::from_public_key(&registry.keystore.public_key(&key).await?);
    let document = did::resolve_self_contained(&did).expect("a did:key that was just made").document;
    let mut methods = document.methods_for(VerificationRelationship::AssertionMethod);
    let method: DidUrl = methods.next().expect("a did:key of Ed25519 asserts").id.clone();
    let storage = home.storage("issuers/publisher.sqlite").await?;
    let (keystore, contexts) = (registry.keystore.clone(), Contexts::bundled());
    Ok(Issuer { did, method, key, keystore, storage, status: StatusPlan::at(""), contexts })
}

/// `cedula pack update`
fn update(screen: &Screen, old: &Path, difference: &Path, out: &Path) -> Result<u8> {
    let old = held(old)?;
    let pack = TrustPack::open(&input::pack(difference)?, &old.manifest().publisher, Some(&old), &system_now())?;
    let file = pack.to_bytes();
    replace(out, &file)?;
    let (name, version, before, bytes) = (out.display(), pack.manifest().version, old.manifest().version, file.len());
    screen.object(&json!({ "file": out, "version": version, "before": before, "bytes": bytes }));
    screen.line(words!(
        screen.language,
        "{name}: version {version} in place of {before}, {bytes} bytes.",
        "{name}: versión {version} en lugar de la {before}, {bytes} bytes.",
        "{name}: versão {version} no lugar da {before}, {bytes} bytes.",
    ));
    Ok(0)
}

/// The whole pack in a file that is held, whatever its time: who signed it was settled when it was taken.
fn held(file: &Path) -> Result<TrustPack> {
    let bytes = input::pack(file)?;
    match PackFile::read(&bytes, &PackFile::claimed_publisher(&bytes)?)? {
        PackFile::Whole(pack) => Ok(pack),
        PackFile::Difference(_) => Err(Failure::input(file, "it is a difference, and not a pack")),
    }
}

/// Writes a file whole or not at all.
fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    let draft = path.with_extension("new");
    fs::write(&draft, bytes).and_then(|()| fs::rename(&draft, path)).map_err(|error| Failure::output(path, error))
}

/// `cedula pack show`
fn show(screen: &Screen, file: &Path, publisher: Option<&Did>, now: &Timestamp) -> Result<u8> {
    let bytes = input::pack(file)?;
    let publisher = publisher.cloned().map_or_else(|| PackFile::claimed_publisher(&bytes), Ok)?;
    let read = PackFile::read(&bytes, &publisher)?;
    let (entries, removed) = match &read {
        PackFile::Whole(pack) => (pack.entries(), None),
        PackFile::Difference(difference) => (difference.changed(), Some(difference.removed().count())),
    };
    let Manifest { version, valid_from, valid_until, .. } = read.manifest();
    let (kind, length) = (if removed.is_none() { "whole" } else { "difference" }, bytes.len());
    let (readings, lists, counts) = (entries.readings()?, entries.list_times()?, entries.count());
    screen.object(&json!({
        "file": file, "kind": kind, "publisher": publisher, "version": version, "bytes": length,
        "validFrom": valid_from, "validUntil": valid_until, "valid": read.manifest().check_time(now).is_ok(),
        "entries": counts, "removed": removed,
        "chains": readings.iter().map(|(id, read)| (id.to_string(), json!(read))).collect::<Map<String, Value>>(),
        "lists": lists.iter().map(|(url, as_of)| ((*url).to_owned(), json!(as_of))).collect::<Map<String, Value>>(),
    }));
    let (l, name) = (screen.language, file.display());
    screen.line(words!(
        l,
        "{name}: {kind}, version {version}, {length} bytes, valid from {valid_from} until {valid_until}",
        "{name}: {kind}, versión {version}, {length} bytes, válido desde {valid_from} hasta {valid_until}",
        "{name}: {kind}, versão {version}, {length} bytes, válido de {valid_from} até {valid_until}",
    ));
    screen.line(words!(l, "  Signed by {publisher}", "  Firmado por {publisher}", "  Assinado por {publisher}"));
    if let Some(removed) = removed {
        screen.line(words!(l, "  Removed: {removed}", "  Quitadas: {removed}", "  Removidas: {removed}"));
    }
    counts.iter().for_each(|(kind, count)| screen.line(format!("  {kind}: {count}")));
    readings.iter().for_each(|(chain, reading)| screen.line(said_of_chain(*chain, reading, l)));
    if let Some(oldest) = lists.values().min() {
        screen.line(words!(
            l,
            "  Status lists as of {oldest}, or newer",
            "  Listas de estado del {oldest}, o más nuevas",
            "  Listas de status de {oldest}, ou mais novas",
        ));
    }
    Ok(0)
}

fn said_of_chain(chain: u64, reading: &Reading, l: Language) -> String {
    let as_of = &reading.as_of;
    match &reading.standing {
        Standing::Proven { block, time, .. } => words!(
            l,
            "  Chain {chain} as of {as_of}: proven at block {block} of {time}",
            "  Cadena {chain} al {as_of}: probada en el bloque {block} del {time}",
            "  Cadeia {chain} em {as_of}: provada no bloco {block} de {time}",
        ),
        Standing::Believed { block: Some(block) } => words!(
            l,
            "  Chain {chain} as of {as_of}: believed at block {block}",
            "  Cadena {chain} al {as_of}: creída en el bloque {block}",
            "  Cadeia {chain} em {as_of}: acreditada no bloco {block}",
        ),
        _ => words!(l, "  Chain {chain} as of {as_of}", "  Cadena {chain} al {as_of}", "  Cadeia {chain} em {as_of}"),
    }
}
