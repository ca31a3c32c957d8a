//! The store on a real disk: killed, cut off, refused and forgotten.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use async_trait::async_trait;
use wallet_core::error::{Result, WalletError};
use wallet_core::platform::{MemoryStorage, SqliteStorage, system_now, system_rng};
use wallet_core::ports::{Change, Storage};
use wallet_core::seal::{Cost, SealingKey};
use wallet_core::store::{
    Display, Edit, Event, Format, HEADER, HeldCredential, INDEX, Kind, Occurrence, RECORDS, Record, RecordId, StoreKey, Trace,
    Vault,
};

fn key() -> StoreKey {
    StoreKey::Device(SealingKey::from_bytes(&[7; 32]).expect("32 bytes"))
}

fn credential(text: &str) -> Record {
    Record::Credential(HeldCredential {
        format: Format::Jwt,
        text: text.to_owned(),
        disclosures: Vec::new(),
        key: None,
        received: system_now(),
        from: "did:web:uni.example".to_owned(),
        display: Display { title: "Diploma".to_owned(), ..Display::default() },
    })
}

fn received(credential: RecordId) -> Record {
    let what = Occurrence::Received { credential, title: "Diploma".to_owned(), from: "did:web:uni.example".to_owned() };
    Record::Event(Event { when: system_now(), what })
}

/// Opens the store as the wallet does, making it when there is none.
async fn open(storage: &dyn Storage) -> Result<Vault> {
    if let Some(header) = storage.read(HEADER).await? {
        return Vault::open(&key(), &header, storage.read(INDEX).await?.as_deref(), 0);
    }
    let (vault, changes) = Vault::create(&key(), Cost::UNLOCK, &mut system_rng())?;
    storage.write(changes).await?;
    Ok(vault)
}

async fn change<T>(vault: &mut Vault, storage: &dyn Storage, work: impl FnOnce(&mut Edit<'_>) -> Result<T>) -> Result<T> {
    if !vault.is_settled() {
        vault.refresh(storage.read(INDEX).await?.as_deref())?;
    }
    let mut edit = vault.edit()?;
    let done = work(&mut edit)?;
    let pending = edit.finish(&mut system_rng());
    storage.write(pending.changes().to_vec()).await?;
    vault.commit(pending)?;
    Ok(done)
}

/// Adds a credential and the event of its coming, in one write.
async fn keep(vault: &mut Vault, storage: &dyn Storage, text: &str) -> Result<RecordId> {
    change(vault, storage, |edit| {
        let id = edit.add(&credential(text), &mut system_rng())?;
        edit.add(&received(id), &mut system_rng())?;
        Ok(id)
    })
    .await
}

async fn forget(vault: &mut Vault, storage: &dyn Storage, id: RecordId) -> Result<()> {
    let events = events(vault, storage).await?;
    change(vault, storage, |edit| edit.forget(&id, Trace::Erase(&events), &mut system_rng())).await
}

async fn events(vault: &Vault, storage: &dyn Storage) -> Result<Vec<(RecordId, Event)>> {
    let mut events = Vec::new();
    for id in vault.ids(Kind::Event) {
        if let Record::Event(event) = read(vault, storage, id).await? {
            events.push((id, event));
        }
    }
    Ok(events)
}

async fn read(vault: &Vault, storage: &dyn Storage, id: RecordId) -> Result<Record> {
    vault.read(&id, storage.read(&id.name()).await?.as_deref())
}

/// Reads everything: every record opens, none is missing or over, and every credential has the one event that came with it.
async fn check(vault: &Vault, storage: &dyn Storage) -> BTreeMap<RecordId, String> {
    vault.check(&storage.list(RECORDS).await.expect("a list")).expect("the names of the index");
    let mut texts = BTreeMap::new();
    for id in vault.ids(Kind::Credential) {
        if let Record::Credential(held) = read(vault, storage, id).await.expect("a record that opens") {
            texts.insert(id, held.text);
        }
    }
    let events = events(vault, storage).await.expect("records that open");
    let mut spoken_of: Vec<RecordId> = events.iter().flat_map(|(_, event)| event.credentials()).collect();
    spoken_of.sort();
    assert_eq!(spoken_of, texts.keys().copied().collect::<Vec<_>>());
    texts
}

const CHILD: &str = "CEDULA_TEST_STORE_TO_WRITE";

/// This very test, started again as a process of its own, writes until it is killed.
#[test]
fn store_killed_at_any_moment_is_whole_and_has_all_that_was_acknowledged() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    if let Some(path) = std::env::var_os(CHILD) {
        return runtime.block_on(write_for_ever(Path::new(&path)));
    }
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("wallet.db");
    let mut acknowledged = 0;
    for round in 0..25 {
        let generation = run_and_kill(&path, Duration::from_millis(round * 13 % 90));
        assert!(generation > acknowledged, "the child wrote in round {round}");
        runtime.block_on(async {
            let storage = SqliteStorage::open(&path).await.expect("the file");
            let vault = open(&storage).await.expect("the store");
            assert!(vault.generation() >= generation, "round {round}: {generation} was acknowledged");
            check(&vault, &storage).await;
            acknowledged = vault.generation();
        });
    }
}

async fn write_for_ever(path: &Path) {
    let storage = SqliteStorage::open(path).await.expect("the file");
    let mut vault = open(&storage).await.expect("the store");
    for turn in 0.. {
        let held = vault.ids(Kind::Credential);
        match (turn % 3, held.first()) {
            (1, Some(id)) => {
                let record = credential(&"longer ".repeat(turn * 100 % 3000));
                change(&mut vault, &storage, |edit| edit.replace(id, &record, &mut system_rng())).await.expect("replaced");
            }
            (2, Some(id)) if held.len() > 8 => forget(&mut vault, &storage, *id).await.expect("forgotten"),
            _ => drop(keep(&mut vault, &storage, &"text ".repeat(turn * 70 % 2000)).await.expect("kept")),
        }
        let mut out = std::io::stdout().lock();
        writeln!(out, "\nwritten {}", vault.generation()).and_then(|()| out.flush()).expect("the parent listens");
    }
}

/// Lets a child write for `time` after its first word, kills it, and returns the last generation it said it had written.
fn run_and_kill(path: &Path, time: Duration) -> u64 {
    let name = "store_killed_at_any_moment_is_whole_and_has_all_that_was_acknowledged";
    let mut child = Command::new(std::env::current_exe().expect("this test"))
        .args(["--exact", name, "--nocapture"])
        .env(CHILD, path)
        .stdout(Stdio::piped())
        .spawn()
        .expect("a child");
    let output = BufReader::new(child.stdout.take().expect("its output"));
    let (said, heard) = mpsc::channel();
    let listener = std::thread::spawn(move || {
        for line in output.lines().map_while(std::result::Result::ok) {
            // A word cut off by the kill is no word.
            if let Some(generation) = line.strip_prefix("written ").and_then(|number| number.parse::<u64>().ok()) {
                let _ = said.send(generation);
            }
        }
    });
    let first = heard.recv_timeout(Duration::from_secs(60)).expect("a first word");
    std::thread::sleep(time);
    child.kill().expect("killed");
    child.wait().expect("dead");
    listener.join().expect("no panic");
    heard.try_iter().last().unwrap_or(first)
}

/// A power cut loses the end of the journal: whatever is left of it is a store that once was.
#[tokio::test]
async fn journal_cut_at_any_length_is_a_whole_store() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("wallet.db");
    let storage = SqliteStorage::open(&path).await.expect("a file");
    let mut vault = open(&storage).await.expect("a store");
    drop(storage);
    let storage = SqliteStorage::open(&path).await.expect("the file, its journal emptied");
    for text in ["one", "two", "three", "four"] {
        keep(&mut vault, &storage, &text.repeat(500)).await.expect("kept");
    }
    let journal = std::fs::read(folder.path().join("wallet.db-wal")).expect("the journal");
    let file = std::fs::read(&path).expect("the file");
    let mut seen = BTreeSet::new();
    for cut in (0..=60).map(|part| journal.len() * part / 60) {
        let copy = tempfile::tempdir().expect("a folder");
        std::fs::write(copy.path().join("wallet.db"), &file).expect("a copy");
        std::fs::write(copy.path().join("wallet.db-wal"), &journal[..cut]).expect("a copy");
        let storage = SqliteStorage::open(copy.path().join("wallet.db")).await.expect("the file");
        let vault = open(&storage).await.expect("the store");
        assert_eq!(check(&vault, &storage).await.len() as u64, vault.generation());
        seen.insert(vault.generation());
    }
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
}

/// A storage whose calls fail from some call on, before or after they did what they were asked.
struct Failing<'a> {
    inner: &'a MemoryStorage,
    calls_left: AtomicUsize,
    writes_all_the_same: bool,
}

impl Failing<'_> {
    fn call(&self) -> Result<()> {
        let left = self.calls_left.load(Ordering::SeqCst);
        self.calls_left.store(left.saturating_sub(1), Ordering::SeqCst);
        if left == 0 { Err(WalletError::storage_failed("the disk is full")) } else { Ok(()) }
    }
}

#[async_trait]
impl Storage for Failing<'_> {
    async fn read(&self, name: &str) -> Result<Option<Vec<u8>>> {
        self.call()?;
        self.inner.read(name).await
    }

    async fn take(&self, name: &str) -> Result<Option<Vec<u8>>> {
        self.call()?;
        self.inner.take(name).await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>> {
        self.call()?;
        self.inner.list(prefix).await
    }

    async fn write(&self, changes: Vec<Change>) -> Result<()> {
        let answer = self.call();
        if answer.is_ok() || self.writes_all_the_same {
            self.inner.write(changes).await?;
        }
        answer
    }
}

#[tokio::test]
async fn storage_that_fails_at_any_call_loses_nothing() {
    for writes_all_the_same in [false, true] {
        for calls in 0..12 {
            let inner = MemoryStorage::new();
            let mut vault = open(&inner).await.expect("a store");
            let first = keep(&mut vault, &inner, "first").await.expect("kept");
            let second = keep(&mut vault, &inner, "second").await.expect("kept");

            let failing = Failing { inner: &inner, calls_left: AtomicUsize::new(calls), writes_all_the_same };
            let third = keep(&mut vault, &failing, "third").await;
            let renewed =
                change(&mut vault, &failing, |edit| edit.replace(&first, &credential("renewed"), &mut system_rng())).await;
            let forgotten = forget(&mut vault, &failing, second).await;
            assert_eq!(third.is_ok() as usize + renewed.is_ok() as usize, calls.min(2));

            // The same wallet goes on once the disk has room again, and a wallet opened afresh sees the same.
            let fourth = keep(&mut vault, &inner, "fourth").await.expect("kept");
            let texts = check(&vault, &inner).await;
            assert_eq!(check(&open(&inner).await.expect("the store"), &inner).await, texts);
            assert_eq!(texts[&fourth], "fourth");
            assert!(third.is_err() || texts[&third.expect("kept")] == "third");
            assert!(["first", "renewed"].contains(&texts[&first].as_str()));
            assert!(renewed.is_err() || texts[&first] == "renewed");
            assert!(forgotten.is_err() || !texts.contains_key(&second));
            assert!(texts.get(&second).is_none_or(|text| text == "second"));
        }
    }
}

#[tokio::test]
async fn forgotten_credential_is_in_no_file_plain_or_sealed() {
    let folder = tempfile::tempdir().expect("a folder");
    let storage = SqliteStorage::open(folder.path().join("wallet.db")).await.expect("a file");
    let mut vault = open(&storage).await.expect("a store");
    keep(&mut vault, &storage, "another one").await.expect("kept");
    let text = "a text no other file has ".repeat(300);
    let id = keep(&mut vault, &storage, &text).await.expect("kept");

    let mut names = vec![id.name()];
    let events = events(&vault, &storage).await.expect("the events");
    names.extend(events.iter().filter(|(_, event)| event.credentials() == [id]).map(|(id, _)| id.name()));
    assert_eq!(names.len(), 2);
    let mut traces = Vec::new();
    for name in names {
        let sealed = storage.read(&name).await.expect("a read").expect("the record");
        traces.extend(sealed.chunks_exact(32).map(<[u8]>::to_vec));
        traces.push(name.into_bytes());
    }
    let found = |trace: &[u8]| {
        std::fs::read_dir(folder.path()).expect("the folder").any(|entry| {
            let bytes = std::fs::read(entry.expect("an entry").path()).expect("a file");
            bytes.windows(trace.len()).any(|window| window == trace)
        })
    };
    assert!(traces.iter().filter(|trace| found(trace)).count() > 200, "the search finds what is there");
    assert!(!found(&text.as_bytes()[..25]), "nothing is plain at any time");

    forget(&mut vault, &storage, id).await.expect("forgotten");
    assert!(!traces.iter().any(|trace| found(trace)), "while the file is open");
    drop(storage);
    assert!(!traces.iter().any(|trace| found(trace)), "after it is closed");
}
