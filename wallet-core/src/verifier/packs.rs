//! Trust packs: carried, kept in storage, and never followed by an older one.

use std::sync::Arc;

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use sha2::{Digest as _, Sha256};

use super::Verifier;
use crate::did::Did;
use crate::error::{Result, WalletError};
use crate::ports::{Change, Storage};
use crate::qr::TypeTables;
use crate::resolver::Resolver;
use crate::securing::linked_data::Contexts;
use crate::time::Timestamp;
use crate::trust_pack::{PackFile, TrustPack};
use crate::verification::Evidence;

impl Verifier {
    /// A verifier with neither network nor registry, which judges from `pack` alone.
    pub fn offline(pack: Arc<TrustPack>, storage: Arc<dyn Storage>) -> Result<Self> {
        let mut verifier = Self::bare(storage);
        verifier.carry(pack)?;
        Ok(verifier)
    }

    /// A verifier that carries nothing but the bundled contexts: it can judge signers whose DID is their key.
    pub fn bare(storage: Arc<dyn Storage>) -> Self {
        let (resolver, carried) = (Resolver::new(), Evidence::new(Contexts::bundled()));
        Self { resolver, network: None, storage, carried, pack: None, tables: TypeTables::new() }
    }

    /// Carries `pack` from now on, its contexts and tables added to those at hand.
    ///
    /// Fails with `Malformed` when one of these cannot be read, and `Misused` when another context is known under its URL.
    pub fn carry(&mut self, pack: Arc<TrustPack>) -> Result<()> {
        (self.carried, self.tables) = self.enriched_by(&pack)?;
        self.pack = Some(pack);
        Ok(())
    }

    /// Takes a file by `publisher`, a whole pack or a difference from the one kept: carries it and keeps it in the storage, from
    /// where [`Verifier::reopen`] brings it back.
    ///
    /// A kill at any moment leaves the pack before or the pack after. The very pack that is kept already is taken again; fails as
    /// [`TrustPack::open`] does, and then all stays as it was.
    pub async fn install(&mut self, file: &[u8], publisher: &Did, now: &Timestamp) -> Result<()> {
        let held = self.held(publisher).await?;
        let pack = TrustPack::open(file, publisher, held.as_ref(), now)?;
        let enriched = self.enriched_by(&pack)?;
        self.storage.write(vec![Change::Put { name: kept_as(publisher), bytes: pack.to_bytes() }]).await?;
        (self.carried, self.tables) = enriched;
        self.pack = Some(Arc::new(pack));
        Ok(())
    }

    /// Carries the pack by `publisher` that was installed last.
    ///
    /// Fails with `Refused` when there is none, or it is not valid at `now`.
    pub async fn reopen(&mut self, publisher: &Did, now: &Timestamp) -> Result<()> {
        let none = || WalletError::refused("the trust pack", "none by that publisher was installed");
        let pack = self.held(publisher).await?.ok_or_else(none)?;
        pack.manifest().check_time(now)?;
        self.carry(Arc::new(pack))
    }

    /// The evidence and the tables at hand, and those of `pack`.
    fn enriched_by(&self, pack: &TrustPack) -> Result<(Evidence, TypeTables)> {
        let tables = pack.entries().type_tables()?;
        let tables = tables.iter().cloned().fold(self.tables.clone(), TypeTables::with);
        Ok((pack.entries().add_to(self.carried.clone())?, tables))
    }

    /// The pack that is kept, of whatever time: even one that is over says which versions are older.
    async fn held(&self, publisher: &Did) -> Result<Option<TrustPack>> {
        let Some(file) = self.storage.read(&kept_as(publisher)).await? else { return Ok(None) };
        match PackFile::read(&file, publisher).map_err(WalletError::storage_failed)? {
            PackFile::Whole(pack) => Ok(Some(pack)),
            PackFile::Difference(_) => Err(WalletError::storage_failed("a difference is kept in the place of a pack")),
        }
    }
}

/// One pack a publisher; a DID may be long, and a digest makes a name of one length.
fn kept_as(publisher: &Did) -> String {
    format!("trust_pack/{}", BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(publisher.as_str())))
}
