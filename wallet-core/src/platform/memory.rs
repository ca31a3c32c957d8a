//! A storage that forgets everything when it is dropped.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use crate::error::Result;
use crate::ports::{Change, Storage};

/// Records in memory, for tests and for wallets that live as long as their process.
#[derive(Default)]
pub struct MemoryStorage(Mutex<BTreeMap<String, Vec<u8>>>);

impl MemoryStorage {
    /// An empty storage.
    pub fn new() -> Self {
        Self::default()
    }

    fn records(&self) -> MutexGuard<'_, BTreeMap<String, Vec<u8>>> {
        // Nothing between lock and unlock can panic halfway through a change.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Storage for MemoryStorage {
    async fn read(&self, name: &str) -> Result<Option<Vec<u8>>> {
        Ok(self.records().get(name).cloned())
    }

    async fn take(&self, name: &str) -> Result<Option<Vec<u8>>> {
        Ok(self.records().remove(name))
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>> {
        let records = self.records();
        Ok(records
            .range(prefix.to_owned()..)
            .map(|(name, _)| name)
            .take_while(|name| name.starts_with(prefix))
            .cloned()
            .collect())
    }

    async fn write(&self, changes: Vec<Change>) -> Result<()> {
        let mut records = self.records();
        for change in changes {
            match change {
                Change::Put { name, bytes } => records.insert(name, bytes),
                Change::Delete { name } => records.remove(&name),
            };
        }
        Ok(())
    }
}
