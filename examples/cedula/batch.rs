//! `cedula batch`: a credential for each row of a file, all of them under one root on the chain.
//!
//! The library keeps the journal; here are the files on either side of it, and what is told meanwhile.

use std::fs;
use std::io::{Write as _, stderr};
use std::num::NonZero;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};
use wallet_core::credential::CredentialTerms;
use wallet_core::error::WalletError;
use wallet_core::issuer::{Anchored, BatchPlan};
use wallet_core::platform::{system_now, system_rng};
use wallet_core::registry::B256;
use wallet_core::securing::Secured;

use crate::args;
use crate::failure::{Failure, Result};
use crate::home::Home;
use crate::issuers::{self, PURPOSES};
use crate::print::Screen;
use crate::registry::Registry;
use crate::rows::{self, Row};
use crate::template::Template;
use crate::words::words;

/// `cedula batch`
pub async fn run(home: &Home, screen: &Screen, asked: &args::Batch) -> Result<u8> {
    let (now, l) = (system_now(), screen.language);
    let record = issuers::record(home, &asked.issuer)?;
    let form = Form::of(asked)?;
    let registry = Registry::open(home).await?;
    let mut issuer = issuers::open(home, &registry, &asked.issuer).await?;
    let purposes = if asked.suspendable { &PURPOSES[..] } else { &PURPOSES[..1] };
    let plan = BatchPlan { name: name(asked)?, mechanism: asked.mechanism.into(), purposes: purposes.to_vec() };
    let mut batch = issuer.batch(&plan, &mut system_rng(), &now).await?;

    let mut signing = Progress::new(words!(l, "signed", "firmadas", "assinadas"), issuer.batch_size(&batch).await?);
    let terms = issuers::terms(&record, batch.begun());
    let mut broken = None;
    let mut credentials = rows::stream(&asked.input)?.enumerate().map(|(place, row)| {
        let credential = row.and_then(|row| form.credential(row, terms.clone()).map_err(|reason| of_row(asked, place, reason)));
        credential.map_err(|failure| {
            broken = Some(failure);
            WalletError::misused("a row cannot be read")
        })
    });
    let signed = issuer.sign_batch(&mut batch, &mut credentials, &mut system_rng(), &mut |done| signing.tell(done)).await;
    drop(credentials);
    // The row says better what is wrong with it.
    broken.map_or(Ok(()), Err)?;
    signed?;
    let signed = signing.end();

    let root = issuer.batch_root(&batch).await?;
    let anchored = registry.registrar().anchor(&record.did, &record.owner, root).await?;
    let mut writing = Progress::new(words!(l, "written", "escritas", "escritas"), 0);
    fs::create_dir_all(&asked.out).map_err(|error| Failure::output(&asked.out, error))?;
    let mut deliver = |first: u64, credentials: Vec<Secured>| {
        let written = (first + 1..).zip(&credentials).try_for_each(|(number, secured)| write(&asked.out, number, secured));
        writing.tell(first + credentials.len() as u64);
        written.map_err(|error| WalletError::storage_failed(format!("{}: {error}", asked.out.display())))
    };
    issuer.hand_out(&batch, &mut deliver).await?;
    writing.end();
    issuers::publish_lists(home, &issuer, &now).await?;
    if is_on_disk() {
        issuer.close_batch(&mut batch).await?;
    }
    let issued = issuer.batch_size(&batch).await?;
    Outcome { issued, root, anchored, signed }.tell(screen, &plan.name, &asked.out);
    Ok(0)
}

/// What becomes of a row.
enum Form {
    Profile(args::Profile, bool),
    Map(Template),
}

impl Form {
    fn of(asked: &args::Batch) -> Result<Self> {
        match (&asked.form.profile, &asked.form.map) {
            (_, Some(map)) => Ok(Self::Map(Template::read(map)?)),
            (Some(profile), None) => Ok(Self::Profile(*profile, asked.reduced)),
            (None, None) => Err(Failure::usage("--profile or --map")),
        }
    }

    fn credential(&self, row: Row, terms: CredentialTerms) -> Result<Map<String, Value>, String> {
        match self {
            Self::Profile(profile, reduced) => row.credential(*profile, *reduced, terms),
            Self::Map(template) => Ok(template.credential(&row, &terms)),
        }
    }
}

fn of_row(asked: &args::Batch, place: usize, reason: String) -> Failure {
    Failure::input(&asked.input, format!("row {}: {reason}", place + 1))
}

/// The name that is asked for, or that of the file.
fn name(asked: &args::Batch) -> Result<String> {
    let of_file = || asked.input.file_stem().and_then(|stem| stem.to_str()).map(str::to_owned);
    asked.name.clone().or_else(of_file).ok_or_else(|| Failure::usage("--name"))
}

/// Writes a credential under its number, and beside a token its inclusion proof.
fn write(folder: &Path, number: u64, secured: &Secured) -> std::io::Result<()> {
    let file = |ending: &str| folder.join(format!("{number:06}.{ending}"));
    if secured.text().starts_with('{') {
        return fs::write(file("json"), secured.text());
    }
    if let Some(inclusion) = secured.inclusion() {
        fs::write(file("inclusion"), inclusion.to_string())?;
    }
    fs::write(file("jwt"), secured.text())
}

/// Whether all that was written is on the disk now, and not only on its way there.
///
/// One call for the whole disk: to ask for each of 100,000 files takes minutes.
fn is_on_disk() -> bool {
    Command::new("sync").status().is_ok_and(|status| status.success())
}

/// How far a pass has come, told on standard error once a second.
struct Progress {
    what: String,
    begun: Instant,
    told: Option<Instant>,
    /// What was done before this run.
    before: u64,
    done: u64,
}

impl Progress {
    fn new(what: String, before: u64) -> Self {
        Self { what, begun: Instant::now(), told: None, before, done: before }
    }

    fn tell(&mut self, done: u64) {
        self.done = done;
        if self.told.is_none_or(|told| told.elapsed() >= Duration::from_secs(1)) {
            self.told = Some(Instant::now());
            self.print();
        }
    }

    /// The last word; from here on the clock stands still. Returns the count of this run, and its rate a second.
    fn end(self) -> (u64, f64) {
        self.print();
        (self.done.saturating_sub(self.before), self.rate())
    }

    fn print(&self) {
        let Self { what, done, .. } = self;
        // Nobody is left to tell when standard error is closed.
        let _ = writeln!(stderr(), "  {done} {what}  {:.0}/s", self.rate());
    }

    fn rate(&self) -> f64 {
        self.done.saturating_sub(self.before) as f64 / self.begun.elapsed().as_secs_f64().max(1e-3)
    }
}

/// What there is to tell at the end.
struct Outcome {
    issued: u64,
    root: B256,
    anchored: Anchored,
    /// How many were signed in this run, and how many a second.
    signed: (u64, f64),
}

impl Outcome {
    fn tell(&self, screen: &Screen, name: &str, out: &Path) {
        let Self { issued, root, anchored: Anchored { moment, written }, signed: (now, rate) } = self;
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        let (rate_of_core, gas_of_one) = (rate / cores as f64, written.gas as f64 / *issued as f64);
        screen.object(&json!({
            "batch": name, "issued": issued, "signedNow": now, "perSecond": rate, "perSecondPerCore": rate_of_core, "cores": cores,
            "root": root, "transaction": written.transaction, "block": moment.block, "gas": written.gas,
            "gasPerCredential": gas_of_one, "out": out,
        }));
        let (l, out, block, gas) = (screen.language, out.display(), moment.block, written.gas);
        screen.line(words!(
            l,
            "{name}: {issued} credentials in {out}",
            "{name}: {issued} credenciales en {out}",
            "{name}: {issued} credenciais em {out}"
        ));
        screen.field(
            &words!(l, "Signed now", "Firmadas ahora", "Assinadas agora"),
            format!("{now}, {rate_of_core:.0}/s × {cores}"),
        );
        screen.field(&words!(l, "Root", "Raíz", "Raiz"), root);
        screen.field(&words!(l, "Block", "Bloque", "Bloco"), block);
        let one = words!(l, "{gas_of_one:.3} a credential", "{gas_of_one:.3} por credencial", "{gas_of_one:.3} por credencial");
        screen.field(&words!(l, "Gas", "Gas", "Gás"), format!("{gas}, {one}"));
    }
}
