//! A storage in one SQLite file.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use rusqlite::{Connection, ErrorCode, OptionalExtension as _, TransactionBehavior, params};
use tokio::sync::Mutex;

use super::blocking;
use crate::error::{Result, WalletError};
use crate::ports::{Change, Storage};

/// `PRAGMA application_id`: "CDLA", so that `file(1)` and we know the file.
const APPLICATION: i32 = 0x4344_4C41;
/// `PRAGMA user_version`: the table's layout.
const LAYOUT: i32 = 1;

/// Records in one SQLite file, which one process at a time has open.
///
/// A write is on the disk when it returns, whole or not at all. What is deleted is overwritten in the file with zeros and the journal
/// is emptied at once, so that nothing of it is left in the files; what is written over leaves the journal at the latest when the
/// file is closed or next opened. What the disk below keeps is beyond us, which is why everything here is sealed first. A clone is
/// the same open file.
#[derive(Clone)]
pub struct SqliteStorage(Arc<Mutex<Connection>>);

impl SqliteStorage {
    /// Opens the file at `path`, making it, readable by its owner alone, when there is none.
    ///
    /// Fails with `StorageFailed` when another process keeps it open for more than five seconds, and when it is another program's
    /// file or a newer version's.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref().to_owned();
        blocking(move || connect(&path)).await.map(|connection| Self(Arc::new(Mutex::new(connection))))
    }

    async fn with<T: Send + 'static>(&self, work: impl FnOnce(&mut Connection) -> Result<T> + Send + 'static) -> Result<T> {
        // The lock goes along: a write whose caller no longer waits still ends before any later read begins.
        let mut connection = Arc::clone(&self.0).lock_owned().await;
        blocking(move || work(&mut connection)).await
    }
}

fn connect(path: &PathBuf) -> Result<Connection> {
    make_private(path)?;
    let mut connection = Connection::open(path).map_err(failed)?;
    connection.busy_timeout(Duration::from_secs(5)).map_err(failed)?;
    // Exclusive, because two processes that each keep an index of the records would undo each other's.
    for (name, value) in [("locking_mode", "EXCLUSIVE"), ("synchronous", "FULL"), ("secure_delete", "ON")] {
        set(&connection, name, value)?;
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Exclusive).map_err(failed)?;
    claim(&transaction)?;
    transaction.commit().map_err(failed)?;
    set(&connection, "journal_mode", "WAL")?;
    // A kill may have come between a deletion and the emptying of the journal.
    empty_journal(&connection)?;
    Ok(connection)
}

/// Recognises the file as ours, or makes an empty one ours; any other is left as it is.
fn claim(connection: &Connection) -> Result<()> {
    let number = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0)).map_err(failed);
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).map_err(failed)?;
    match (number("application_id")?, number("user_version")?, tables) {
        (APPLICATION, LAYOUT, _) => Ok(()),
        (APPLICATION, _, _) => Err(WalletError::unsupported("this wallet file", "it was written by a newer version")),
        (0, 0, 0) => {
            connection
                .execute_batch("CREATE TABLE record (name TEXT PRIMARY KEY, bytes BLOB NOT NULL) STRICT, WITHOUT ROWID")
                .map_err(failed)?;
            connection.pragma_update(None, "application_id", APPLICATION).map_err(failed)?;
            connection.pragma_update(None, "user_version", LAYOUT).map_err(failed)
        }
        _ => Err(WalletError::storage_failed("the file belongs to another program")),
    }
}

/// Makes the file before SQLite does, so that no one else can read it even for a moment.
fn make_private(path: &Path) -> Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.read(true).append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(e) => Err(WalletError::storage_failed(format!("the file cannot be opened: {}", e.kind()))),
    }
}

/// Sets a pragma, which answers with its new value or with nothing.
fn set(connection: &Connection, name: &str, value: &str) -> Result<()> {
    match connection.pragma_update_and_check(None, name, value, |_| Ok(())) {
        Ok(()) | Err(rusqlite::Error::QueryReturnedNoRows) => Ok(()),
        Err(error) => Err(failed(error)),
    }
}

fn empty_journal(connection: &Connection) -> Result<()> {
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).map_err(failed)
}

#[async_trait]
impl Storage for SqliteStorage {
    async fn read(&self, name: &str) -> Result<Option<Vec<u8>>> {
        let name = name.to_owned();
        self.with(move |connection| {
            let mut statement = connection.prepare_cached("SELECT bytes FROM record WHERE name = ?1").map_err(failed)?;
            statement.query_row([name], |row| row.get(0)).optional().map_err(failed)
        })
        .await
    }

    async fn take(&self, name: &str) -> Result<Option<Vec<u8>>> {
        let name = name.to_owned();
        self.with(move |connection| {
            // In a transaction of its own, so that a commit that fails is heard of and the bytes are not handed out.
            let transaction = connection.transaction().map_err(failed)?;
            let taken = transaction
                .query_row("DELETE FROM record WHERE name = ?1 RETURNING bytes", [name], |row| row.get(0))
                .optional()
                .map_err(failed)?;
            transaction.commit().map_err(failed)?;
            if taken.is_some() {
                // The record is gone whatever happens here; what it leaves in the journal, the next opening clears.
                let _ = empty_journal(connection);
            }
            Ok(taken)
        })
        .await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>> {
        let prefix = prefix.to_owned();
        self.with(move |connection| {
            let mut statement =
                connection.prepare_cached("SELECT name FROM record WHERE name >= ?1 ORDER BY name").map_err(failed)?;
            let mut rows = statement.query([&prefix]).map_err(failed)?;
            let mut names = Vec::new();
            while let Some(row) = rows.next().map_err(failed)? {
                let name: String = row.get(0).map_err(failed)?;
                if !name.starts_with(&prefix) {
                    break;
                }
                names.push(name);
            }
            Ok(names)
        })
        .await
    }

    async fn write(&self, changes: Vec<Change>) -> Result<()> {
        self.with(move |connection| {
            let transaction = connection.transaction().map_err(failed)?;
            let mut deleted = 0;
            for change in changes {
                match change {
                    Change::Put { name, bytes } => transaction
                        .prepare_cached(
                            "INSERT INTO record VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET bytes = excluded.bytes",
                        )
                        .and_then(|mut statement| statement.execute(params![name, bytes])),
                    Change::Delete { name } => transaction
                        .prepare_cached("DELETE FROM record WHERE name = ?1")
                        .and_then(|mut statement| statement.execute([name]))
                        .inspect(|rows| deleted += rows),
                }
                .map_err(failed)?;
            }
            transaction.commit().map_err(failed)?;
            if deleted > 0 {
                // The write is done whatever happens here; what it leaves in the journal, the next opening clears.
                let _ = empty_journal(connection);
            }
            Ok(())
        })
        .await
    }
}

/// What SQLite says, without paths or values.
fn failed(error: rusqlite::Error) -> WalletError {
    let reason = match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => "the disk is full".to_owned(),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => "another process has the file open".to_owned(),
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => "the file is damaged or no wallet's".to_owned(),
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => {
            "the file cannot be written".to_owned()
        }
        Some(code) => format!("{code:?}"),
        None => "the file has an unexpected shape".to_owned(),
    };
    WalletError::storage_failed(reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(name: &str, bytes: &[u8]) -> Change {
        Change::Put { name: name.to_owned(), bytes: bytes.to_vec() }
    }

    fn delete(name: &str) -> Change {
        Change::Delete { name: name.to_owned() }
    }

    async fn stores(storage: &dyn Storage) {
        storage.write(vec![put("a/1", b"one"), put("a/2", b"two"), put("b/1", b"three")]).await.expect("a write");
        assert_eq!(storage.read("a/1").await.expect("a read").as_deref(), Some(&b"one"[..]));
        assert_eq!(storage.read("a").await.expect("a read"), None);
        assert_eq!(storage.list("a/").await.expect("a list"), ["a/1", "a/2"]);
        assert_eq!(storage.list("").await.expect("a list").len(), 3);
        storage.write(vec![put("a/1", b"uno"), delete("a/2"), delete("nothing")]).await.expect("a write");
        assert_eq!(storage.read("a/1").await.expect("a read").as_deref(), Some(&b"uno"[..]));
        assert_eq!(storage.list("a/").await.expect("a list"), ["a/1"]);
        assert_eq!(storage.take("a/1").await.expect("a taking").as_deref(), Some(&b"uno"[..]));
        assert_eq!(storage.take("a/1").await.expect("a taking"), None);
    }

    #[tokio::test]
    async fn both_storages_keep_replace_list_and_delete() {
        let folder = tempfile::tempdir().expect("a folder");
        stores(&SqliteStorage::open(folder.path().join("wallet.db")).await.expect("a file")).await;
        stores(&super::super::MemoryStorage::new()).await;
    }

    #[tokio::test]
    async fn what_was_written_is_there_after_reopening() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("wallet.db");
        let storage = SqliteStorage::open(&path).await.expect("a file");
        storage.write(vec![put("a", b"one")]).await.expect("a write");
        drop(storage);
        let storage = SqliteStorage::open(&path).await.expect("the same file");
        assert_eq!(storage.read("a").await.expect("a read").as_deref(), Some(&b"one"[..]));
    }

    #[tokio::test]
    async fn deleted_bytes_are_in_no_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let storage = SqliteStorage::open(folder.path().join("wallet.db")).await.expect("a file");
        let short = b"a short mark to look for".to_vec();
        let long = b"a long mark to look for ".repeat(2000);
        storage.write(vec![put("short", &short), put("long", &long), put("other", b"x")]).await.expect("a write");
        assert!(found(folder.path(), &short) && found(folder.path(), &long[..24]));
        storage.write(vec![delete("short"), delete("long")]).await.expect("a write");
        assert!(!found(folder.path(), &short) && !found(folder.path(), &long[..24]));
    }

    fn found(folder: &Path, mark: &[u8]) -> bool {
        std::fs::read_dir(folder).expect("the folder").any(|entry| {
            let bytes = std::fs::read(entry.expect("an entry").path()).expect("a file");
            bytes.windows(mark.len()).any(|window| window == mark)
        })
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn file_and_journal_are_readable_by_their_owner_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().expect("a folder");
        let storage = SqliteStorage::open(folder.path().join("wallet.db")).await.expect("a file");
        storage.write(vec![put("a", b"one")]).await.expect("a write");
        for entry in std::fs::read_dir(folder.path()).expect("the folder") {
            let mode = entry.expect("an entry").metadata().expect("metadata").permissions().mode();
            assert_eq!(mode & 0o077, 0);
        }
    }

    #[tokio::test]
    async fn file_of_another_program_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("other.db");
        std::fs::write(&path, b"this is a text, not a database, and it is long enough to be looked at").expect("a file");
        let error = SqliteStorage::open(&path).await.err().expect("a refusal");
        assert!(matches!(error, WalletError::StorageFailed { .. }));
        let theirs = folder.path().join("theirs.db");
        Connection::open(&theirs).expect("a file").execute_batch("CREATE TABLE t (a)").expect("a table");
        let before = std::fs::read(&theirs).expect("the file");
        assert!(matches!(SqliteStorage::open(&theirs).await, Err(WalletError::StorageFailed { .. })));
        assert_eq!(std::fs::read(&theirs).expect("the file"), before);
        assert!(std::fs::read(&path).expect("the file").starts_with(b"this is a text"));
    }

    #[tokio::test]
    async fn second_opening_waits_until_the_first_is_closed() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("wallet.db");
        let first = SqliteStorage::open(&path).await.expect("a file");
        first.write(vec![put("a", b"one")]).await.expect("a write");
        let second = tokio::spawn(async move { SqliteStorage::open(&path).await.expect("the same file").read("a").await });
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert!(!second.is_finished());
        first.write(vec![put("a", b"two")]).await.expect("a write");
        drop(first);
        assert_eq!(second.await.expect("no panic").expect("a read").as_deref(), Some(&b"two"[..]));
    }
}
