//! The folder where everything is kept: the wallet, the issuers, the chain, the tables of the QR codes.
//!
//! ```text
//! chain/          chain.redb, the embedded registry chain; which key seals it, and which sends to others
//! issuers/        NAME.json, keys.sqlite, status.sqlite
//! published/      the status lists, as a web server would hand them out
//! tables/         the type tables of compact QR codes, by number
//! wallet/         keys.sqlite, wallet.sqlite
//! verifier.sqlite the requests that are open
//! ```

use std::env;
use std::fs;
use std::io::{BufRead as _, IsTerminal as _, Write as _, stderr, stdin};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, OnceLock};

use serde::Serialize;
use serde::de::DeserializeOwned;
use wallet_core::language::Language;
use wallet_core::platform::{SoftwareKeystore, SqliteStorage};
use wallet_core::ports::Storage;
use wallet_core::qr::{TypeTable, TypeTables};
use wallet_core::seal::{Cost, Passphrase};
use zeroize::Zeroizing;

use crate::args::Global;
use crate::failure::{Failure, Result};
use crate::network::NetworkFile;
use crate::words::words;

/// The folder, and the passphrase that opens the keys in it.
pub struct Home {
    folder: PathBuf,
    passphrase_file: Option<PathBuf>,
    passphrase: OnceLock<Passphrase>,
    network: Option<PathBuf>,
    language: Language,
}

impl Home {
    /// The folder that `--home` or `CEDULA_HOME` names, else `~/.cedula`; nothing is written yet.
    pub fn of(global: &Global, language: Language) -> Result<Self> {
        let own = || env::home_dir().map(|home| home.join(".cedula"));
        let folder = global.home.clone().or_else(own).ok_or_else(|| {
            Failure::usage(words!(
                language,
                "there is no home folder: name one with --home",
                "no hay carpeta personal: indique una con --home",
                "não há pasta pessoal: indique uma com --home",
            ))
        })?;
        let (passphrase_file, network) = (global.passphrase_file.clone(), global.network.clone());
        Ok(Self { folder, passphrase_file, passphrase: OnceLock::new(), network, language })
    }

    /// A new folder with a passphrase that is known already.
    pub fn with_passphrase(folder: PathBuf, passphrase: Passphrase, language: Language) -> Self {
        Self { folder, passphrase_file: None, passphrase: OnceLock::from(passphrase), network: None, language }
    }

    /// The language of its questions.
    pub fn language(&self) -> Language {
        self.language
    }

    /// A path inside the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The network file that `--network` or `CEDULA_NETWORK` names, in place of the folder's own chain.
    pub fn network(&self) -> Result<Option<NetworkFile>> {
        self.network.as_deref().map(NetworkFile::read).transpose()
    }

    /// The passphrase, from `--passphrase-file`, `CEDULA_PASSPHRASE` or a question, asked once.
    pub fn passphrase(&self) -> Result<Passphrase> {
        if let Some(known) = self.passphrase.get() {
            return Ok(known.clone());
        }
        let text = match (&self.passphrase_file, env::var("CEDULA_PASSPHRASE")) {
            (Some(file), _) => first_line(&fs::read_to_string(file).map_err(|error| Failure::input(file, error))?),
            (None, Ok(text)) => text,
            (None, Err(_)) => self.ask_passphrase()?,
        };
        let passphrase = Passphrase::new(text)?;
        Ok(self.passphrase.get_or_init(|| passphrase).clone())
    }

    /// The passphrase of another wallet's keystore file, from `CEDULA_KEYSTORE_PASSPHRASE` or a question.
    pub fn keystore_passphrase(&self) -> Result<Zeroizing<String>> {
        if let Ok(text) = env::var("CEDULA_KEYSTORE_PASSPHRASE") {
            return Ok(Zeroizing::new(text));
        }
        let l = self.language;
        let question =
            words!(l, "Passphrase of the keystore file: ", "Contraseña del archivo de clave: ", "Senha do arquivo de chave: ");
        self.ask_hidden(&question, "CEDULA_KEYSTORE_PASSPHRASE").map(Zeroizing::new)
    }

    fn ask_passphrase(&self) -> Result<String> {
        let question = words!(self.language, "Passphrase: ", "Contraseña: ", "Senha: ");
        self.ask_hidden(&question, "CEDULA_PASSPHRASE, --passphrase-file")
    }

    /// Asks a person, or says by which `ways` a program answers.
    fn ask_hidden(&self, question: &str, ways: &str) -> Result<String> {
        if !stdin().is_terminal() {
            return Err(Failure::usage(words!(
                self.language,
                "a passphrase is needed: {ways}",
                "hace falta una contraseña: {ways}",
                "é preciso uma senha: {ways}",
            )));
        }
        let _ = write!(stderr(), "{question}");
        let hidden = echo(false);
        let mut line = String::new();
        let read = stdin().lock().read_line(&mut line);
        if hidden {
            echo(true);
            let _ = writeln!(stderr());
        }
        read.map_err(|error| Failure::input("-", error))?;
        Ok(first_line(&line))
    }

    /// The SQLite file `name` in the folder, made when there is none.
    pub async fn storage(&self, name: &str) -> Result<Arc<dyn Storage>> {
        let path = self.path(name);
        make_private_folder(path.parent().unwrap_or(&self.folder))?;
        Ok(Arc::new(SqliteStorage::open(path).await?))
    }

    /// The keystore in the SQLite file `name`, made with the passphrase when there is none.
    pub async fn keystore(&self, name: &str) -> Result<Arc<SoftwareKeystore>> {
        let storage = self.storage(name).await?;
        let passphrase = self.passphrase()?;
        let keystore = match SoftwareKeystore::exists(&*storage).await? {
            true => SoftwareKeystore::open(storage, &passphrase).await?,
            false => SoftwareKeystore::create(storage, &passphrase, Cost::UNLOCK).await?,
        };
        Ok(Arc::new(keystore))
    }

    /// Every type table of the folder.
    pub fn tables(&self) -> Result<TypeTables> {
        let mut tables = TypeTables::new();
        for name in self.names("tables", ".json")? {
            tables = tables.with(TypeTable::from_json(&self.read_json(&format!("tables/{name}.json"))?)?);
        }
        Ok(tables)
    }

    /// The table that new QR codes are written with: the newest one.
    pub fn newest_table(&self) -> Result<TypeTable> {
        match self.names("tables", ".json")?.into_iter().filter_map(|name| name.parse::<u64>().ok()).max() {
            Some(number) => Ok(TypeTable::from_json(&self.read_json(&format!("tables/{number}.json"))?)?),
            None => Ok(TypeTable::empty()),
        }
    }

    /// The names of the files in a folder that end with `ending`, without it, in order.
    pub fn names(&self, folder: &str, ending: &str) -> Result<Vec<String>> {
        let path = self.path(folder);
        if !path.exists() {
            return Ok(Vec::new());
        }
        let entries = fs::read_dir(&path).map_err(|error| Failure::input(&path, error))?;
        let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
        let mut names: Vec<String> = names.filter_map(|name| name.strip_suffix(ending).map(str::to_owned)).collect();
        names.sort();
        Ok(names)
    }

    /// Reads a JSON file of the folder.
    pub fn read_json<T: DeserializeOwned>(&self, name: &str) -> Result<T> {
        let path = self.path(name);
        let text = fs::read_to_string(&path).map_err(|error| Failure::input(&path, error))?;
        serde_json::from_str(&text).map_err(|error| Failure::input(&path, error))
    }

    /// Writes a JSON file of the folder, whole or not at all.
    pub fn write_json(&self, name: &str, value: &impl Serialize) -> Result<()> {
        let text = serde_json::to_string_pretty(value).expect("what is kept here is plain data");
        self.write(name, text.as_bytes())
    }

    /// Writes a file of the folder, whole or not at all.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let path = self.path(name);
        make_private_folder(path.parent().unwrap_or(&self.folder))?;
        let draft = path.with_extension("new");
        fs::write(&draft, bytes).and_then(|()| fs::rename(&draft, &path)).map_err(|error| Failure::output(&path, error))
    }
}

/// Makes a folder, and those it is in, readable by nobody else.
fn make_private_folder(path: &Path) -> Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|error| Failure::output(path, error))
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}

/// Turns the terminal's echo on or off; whether it did.
fn echo(on: bool) -> bool {
    let mode = if on { "echo" } else { "-echo" };
    Command::new("stty").arg(mode).stdin(Stdio::inherit()).status().is_ok_and(|status| status.success())
}
