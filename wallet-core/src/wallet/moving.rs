//! Carrying the wallet to a new phone.

use rand_core::CryptoRng;

use super::{Wallet, event};
use crate::error::Result;
use crate::key::{KeyId, SecretKey};
use crate::seal::{Cost, Passphrase};
use crate::store::{Backup, BackupKey, Occurrence, OnConflict, Preview, read_backup, write_backup};
use crate::time::Timestamp;

impl Wallet {
    /// The encrypted backup of everything: records, history, and the keys in `exported`, which a software keystore gave out.
    ///
    /// A key that is not among them stays on this device; its credentials will have to be issued again.
    pub async fn backup(
        &mut self,
        exported: Vec<(KeyId, SecretKey)>,
        passphrase: &Passphrase,
        cost: Cost,
        rng: &mut (dyn CryptoRng + Send),
        now: &Timestamp,
    ) -> Result<String> {
        let records = self.all().await?;
        let mut exported: std::collections::BTreeMap<KeyId, SecretKey> = exported.into_iter().collect();
        let keys = (self.key_references().await?.into_iter())
            .map(|reference| BackupKey { secret: exported.remove(&reference.id), id: reference.id, public: reference.public })
            .collect();
        let file = write_backup(&Backup { made: now.clone(), records, keys }, passphrase, cost, rng)?;
        self.note(Occurrence::BackedUp, rng, now).await?;
        Ok(file)
    }

    /// What restoring `file` would do, beside a keystore that has `keys`; nothing is changed yet.
    pub async fn preview(&self, file: &[u8], passphrase: &Passphrase, keys: &[KeyId]) -> Result<(Backup, Preview)> {
        let backup = read_backup(file, passphrase)?;
        let preview = backup.preview(&self.all().await?, keys);
        Ok((backup, preview))
    }

    /// Adds what the backup has and this wallet has not, after `import` has taken the keys into the keystore.
    ///
    /// Restoring twice is harmless, so a restore that was killed is simply begun again.
    pub async fn restore<F>(
        &mut self,
        backup: Backup,
        on_conflict: OnConflict,
        import: impl FnOnce(Vec<(KeyId, SecretKey)>) -> F,
        rng: &mut (dyn CryptoRng + Send),
        now: &Timestamp,
    ) -> Result<()>
    where
        F: Future<Output = Result<()>>,
    {
        self.settle().await?;
        let held = self.all().await?;
        let made = backup.made.clone();
        let added = backup.preview(&held, &[]).added.len() as u64;
        let mut edit = self.vault.edit()?;
        let keys = backup.restore(&mut edit, &held, on_conflict, rng)?;
        edit.add(&event(now, Occurrence::Restored { made, added }), rng)?;
        let pending = edit.finish(rng);
        import(keys).await?;
        self.storage.write(pending.changes().to_vec()).await?;
        self.vault.commit(pending)
    }
}
