//! What the demo plays on: a folder, a clock that the story moves, the registry, the citizen's wallet, and a verifier's pack.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use serde_json::{Value, json};
use wallet_core::credential::Credential;
use wallet_core::did::Did;
use wallet_core::issuer::Issuer;
use wallet_core::platform::{MemoryStorage, system_now};
use wallet_core::qr::picture;
use wallet_core::resolver::Resolver;
use wallet_core::seal::Passphrase;
use wallet_core::securing::Secured;
use wallet_core::time::Timestamp;
use wallet_core::trust_pack::{PackFile, TrustPack};
use wallet_core::verification::{Expectations, Issuers, Verdict};
use wallet_core::verifier::Verifier;
use wallet_core::wallet::Wallet;

use crate::failure::{Failure, Result};
use crate::home::Home;
use crate::pack::{self, Plan};
use crate::print::Screen;
use crate::publishing::HomeNetwork;
use crate::registry::Registry;
use crate::words::words;
use crate::{check, hold, issuers};

use super::story::Scene;

/// How long ago the story begins, in hours: as many as go by in its scenes, so that it ends now.
const BEGINS: i64 = 78;
/// The file that marks a folder as the demo's own, to be replaced by the next one.
const MARK: &str = "demo.json";
/// How long a pack may be used.
const PACK_SECONDS: i64 = 30 * 24 * 3600;

/// Everything the scenes share.
pub struct Stage<'a> {
    pub screen: &'a Screen,
    pub out: PathBuf,
    pub home: Home,
    pub registry: Registry,
    pub wallet: Wallet,
    pub citizen: Did,
    clock: Arc<AtomicI64>,
    verdicts: Vec<Value>,
    surprises: usize,
}

impl<'a> Stage<'a> {
    /// Sets the stage in a folder of its own.
    pub async fn set(screen: &'a Screen, asked: Option<&Path>) -> Result<Self> {
        let out = fresh_folder(screen, asked)?;
        let home = Home::with_passphrase(out.join("home"), Passphrase::new("demo")?, screen.language);
        let clock = Arc::new(AtomicI64::new(system_now().unix() - BEGINS * 3600));
        let ticking = clock.clone();
        let registry = Registry::open_with(&home, Box::new(move || at(ticking.load(Ordering::Relaxed)))).await?;
        let mut wallet = hold::open(&home).await?;
        let citizen = hold::holder(&mut wallet, &at(clock.load(Ordering::Relaxed))).await?;
        Ok(Self { screen, out, home, registry, wallet, citizen, clock, verdicts: Vec::new(), surprises: 0 })
    }

    /// The story's own time.
    pub fn now(&self) -> Timestamp {
        at(self.clock.load(Ordering::Relaxed))
    }

    /// Lets hours go by in the story.
    pub fn hours_pass(&self, hours: i64) {
        self.clock.fetch_add(hours * 3600, Ordering::Relaxed);
    }

    /// Announces a scene.
    pub fn scene(&self, scene: &Scene) {
        self.screen.heading(&scene.heading);
        self.screen.line("");
        self.screen.paragraph(&scene.happens);
        self.screen.paragraph(&scene.matters);
    }

    /// A path in the folder, and its folder made.
    pub fn file(&self, name: &str) -> Result<PathBuf> {
        let path = self.out.join(name);
        let folder = path.parent().unwrap_or(&self.out);
        fs::create_dir_all(folder).map_err(|error| Failure::output(folder, error))?;
        Ok(path)
    }

    /// Writes a file into the folder and returns its path.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<PathBuf> {
        let path = self.file(name)?;
        fs::write(&path, bytes).map_err(|error| Failure::output(&path, error))?;
        Ok(path)
    }

    /// The issuer of that name, ready to sign.
    pub async fn issuer(&self, name: &str) -> Result<Issuer> {
        issuers::open(&self.home, &self.registry, name).await
    }

    /// Loads the pack of this hour onto a verifier without a network.
    pub async fn guard(&self, file: &str) -> Result<Guard> {
        self.guard_with_roots(file, &[]).await
    }

    /// Loads the pack of this hour, with what is accredited under `roots`.
    pub async fn guard_with_roots(&self, file: &str, roots: &[&str]) -> Result<Guard> {
        let roots = roots.iter().map(|&root| root.to_owned()).collect();
        let plan = Plan { issuers: issuers::names(&self.home)?, roots, seconds: PACK_SECONDS, ..Plan::default() };
        let bytes = pack::build(&self.home, &self.registry, &plan, &self.now()).await?.to_bytes();
        let path = self.write(file, &bytes)?;
        let publisher = PackFile::claimed_publisher(&bytes)?;
        let pack = TrustPack::open(&bytes, &publisher, None, &self.now())?;
        let expected = Expectations { issuers: Issuers::Known(pack.entries().issuers()?), ..Expectations::default() };
        let verifier = Verifier::offline(Arc::new(pack), Arc::new(MemoryStorage::new()))?;
        let (file, bytes, packed) = (path.display(), bytes.len(), self.now());
        self.screen.line("");
        self.screen.line(words!(
            self.screen.language,
            "  Trust pack of {packed}: {file}, {bytes} bytes",
            "  Paquete de confianza del {packed}: {file}, {bytes} bytes",
            "  Pacote de confiança de {packed}: {file}, {bytes} bytes",
        ));
        Ok(Guard { verifier, expected, publisher })
    }

    /// Judges a credential as her wallet does before it keeps it: against the registry, as it stands now.
    pub async fn review(&self, secured: &Secured) -> Result<Verdict> {
        let verifier = Verifier {
            resolver: self.registry.chain.add_to(Resolver::new()),
            network: Some(Arc::new(HomeNetwork::new(&self.home, None))),
            tables: self.home.tables()?,
            ..Verifier::bare(Arc::new(MemoryStorage::new()))
        };
        Ok(verifier.check(secured.text(), &Expectations::default(), &self.now()).await?)
    }

    /// Reads the picture and judges what is in it.
    pub async fn scan(&mut self, guard: &Guard, picture: &str, foretold: &str) -> Result<Verdict> {
        let path = self.out.join(picture);
        let bytes = fs::read(&path).map_err(|error| Failure::input(&path, error))?;
        let text = picture::read(&bytes)?;
        let verdict = guard.verifier.check(&text, &guard.expected, &self.now()).await?;
        self.verdict(picture, &verdict, foretold);
        Ok(verdict)
    }

    /// Shows a verdict, and notes when it is not the one the story foretells.
    pub fn verdict(&mut self, about: &str, verdict: &Verdict, foretold: &str) {
        self.screen.line("");
        self.screen.line(format!("  {about}"));
        self.screen.verdict(verdict);
        if verdict.word() != foretold {
            self.surprises += 1;
        }
        self.verdicts.push(json!({ "about": about, "foretold": foretold, "judged": verdict.to_json() }));
    }

    /// The claims of what was accepted, in short.
    pub fn claims(&self, verdict: &Verdict) {
        check::claims(self.screen, verdict);
    }

    /// Ends the story: the status is 0 when every verdict was the one foretold.
    pub fn end(self, pictures: &[String]) -> u8 {
        let _ = fs::write(self.out.join(MARK), json!({ "verdicts": self.verdicts, "pictures": pictures }).to_string());
        self.screen.object(&json!({ "folder": self.out, "pictures": pictures, "verdicts": self.verdicts }));
        u8::from(self.surprises > 0)
    }
}

/// A verifier at a checkpoint, and whose pack it carries.
pub struct Guard {
    pub verifier: Verifier,
    pub expected: Expectations,
    pub publisher: Did,
}

/// The credential in `text`.
pub fn credential(text: &str) -> Result<Credential> {
    let secured = Secured::read(text)?;
    secured.credential().map_err(|faults| Failure::input("credential", &faults[0]))
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix(seconds).expect("the story plays in our days")
}

/// The folder that was asked for, which must be empty; or the demo's own, in place of the last one.
fn fresh_folder(screen: &Screen, asked: Option<&Path>) -> Result<PathBuf> {
    let own = || match Path::new("target").is_dir() {
        true => PathBuf::from("target/demo"),
        false => std::env::temp_dir().join("cedula-demo"),
    };
    let folder = asked.map_or_else(own, Path::to_owned);
    let is_ours = folder.join("home").is_dir() && folder.join(MARK).is_file();
    if asked.is_none() && is_ours {
        fs::remove_dir_all(&folder).map_err(|error| Failure::output(&folder, error))?;
    }
    fs::create_dir_all(&folder).map_err(|error| Failure::output(&folder, error))?;
    let empty = fs::read_dir(&folder).is_ok_and(|mut entries| entries.next().is_none());
    if !empty {
        let name = folder.display();
        return Err(Failure::usage(words!(
            screen.language,
            "{name} is not empty: choose another folder with --out",
            "{name} no está vacía: elija otra carpeta con --out",
            "{name} não está vazia: escolha outra pasta com --out",
        )));
    }
    let marked = fs::write(folder.join(MARK), "{}").and_then(|()| fs::create_dir_all(folder.join("home")));
    marked.map_err(|error| Failure::output(&folder, error))?;
    Ok(folder)
}

/// Reads one of the institutions' files, as it stands in the repository.
pub fn rows(file: &'static str, text: &str) -> Result<Vec<crate::rows::Row>> {
    crate::rows::read(Path::new(file), text)
}
