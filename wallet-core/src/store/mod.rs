//! What the holder keeps: sealed records over the Storage port, their history, and the backup file.
//!
//! Nothing here reads or writes: a [`Vault`] says what is to be read and computes the [`Change`](crate::ports::Change)s that a door
//! then writes at once. Three kinds of names are in the storage, and none says anything of what it holds:
//!
//! * [`HEADER`]: the data key, sealed under the [`StoreKey`];
//! * [`INDEX`]: the generation, and the kind and digest of every record, sealed;
//! * `wallet/record/…`: the records, each sealed and bound to its random name.
//!
//! A change goes like this, and nothing else has to be remembered:
//!
//! ```
//! # use wallet_core::{error::Result, ports::Storage, store::{INDEX, Record, RecordId, Vault}};
//! # use rand_core::CryptoRng;
//! async fn keep(vault: &mut Vault, storage: &dyn Storage, record: &Record, rng: &mut (dyn CryptoRng + Send)) -> Result<RecordId> {
//!     if !vault.is_settled() {
//!         // An earlier write failed or was dropped halfway: only the storage knows how it ended.
//!         vault.refresh(storage.read(INDEX).await?.as_deref())?;
//!     }
//!     let mut edit = vault.edit()?;
//!     let id = edit.add(record, rng)?;
//!     let pending = edit.finish(rng);
//!     storage.write(pending.changes().to_vec()).await?;
//!     vault.commit(pending)?;
//!     Ok(id)
//! }
//! ```
//!
//! A record that was altered, swapped, rolled back or deleted behind the wallet's back is noticed when it is read; one that was
//! added, or an index older than its records, by [`Vault::check`]. A storage that was rolled back *as a whole* looks like what it
//! once was: only a counter kept elsewhere can tell, so [`Vault::open`] takes the least generation to accept.

/// Lets a type say in a log what it is and nothing of what it holds.
macro_rules! content_does_not_print {
    ($($type:ident),*) => {$(
        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($type), "(hidden)"))
            }
        }
    )*};
}

mod backup;
mod edit;
mod index;
#[cfg(test)]
mod kit;
mod record;
mod restore;
mod vault;

pub use backup::{Backup, BackupKey, read_backup, write_backup};
pub use edit::{Edit, Pending, Trace};
pub use index::RecordId;
pub use record::{
    AcceptedContext, Channel, Display, Event, Format, HeldCredential, HeldIssuance, KeyReference, Kind, Occurrence, Protection,
    Record, Shown,
};
pub use restore::{Conflict, OnConflict, Preview, Summary};
pub use vault::{HEADER, INDEX, RECORDS, StoreKey, Vault};
