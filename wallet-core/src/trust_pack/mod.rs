//! The trust pack: what a verifier carries to judge with no network, signed by whoever put it together.
//!
//! A pack is a set of [`Entries`], names with bytes, under a [`Manifest`]: a small credential, secured as a JWT, that names their
//! digest, a version and a validity. So signing and forgery are the same questions as for any other credential. A pack travels as one
//! file, whole or as the [`Difference`] from an older one; the format is in `docs/trust-pack.md`.

mod contents;
mod difference;
mod entries;
mod file;
mod history;
mod manifest;
mod reading;
mod registered;

pub use difference::Difference;
pub use entries::{Entries, MAX_BYTES, MAX_ENTRIES};
pub use file::PackFile;
pub use manifest::Manifest;
pub use reading::Reading;

use crate::did::{Did, Resolution};
use crate::error::{Result, WalletError};
use crate::registry::accreditation::{Path, Scope};
use crate::registry::credential_registry::Moment;
use crate::registry::{B256, Told};
use crate::securing::Secured;
use crate::securing::sd_jwt::IssuerMetadata;
use crate::time::Timestamp;
use crate::verification::Known;

/// What a verifier carries: entries, and the manifest that vouches for all of them and no others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustPack {
    manifest: Manifest,
    /// The manifest as it was signed.
    signed: String,
    entries: Entries,
}

impl TrustPack {
    /// The pack of `entries` whose manifest is `signed`.
    ///
    /// Fails with `Misused` when that is the manifest of other entries, or they are more than a pack holds, and as
    /// [`PackFile::read`] does when it is no manifest.
    pub fn new(entries: Entries, signed: &Secured) -> Result<Self> {
        if let Some(excess) = entries.excess() {
            return Err(WalletError::misused(excess));
        }
        let manifest = Manifest::read(signed.text(), &Manifest::claimed_publisher(signed)?)?;
        if manifest.digest != entries.digest() {
            return Err(WalletError::misused("the manifest was signed for other entries"));
        }
        Ok(Self { manifest, signed: signed.text().to_owned(), entries })
    }

    /// Opens a file, whole or a difference from the pack that is `held`, that `publisher`, a did:key or did:jwk, signed.
    ///
    /// Fails with `Malformed` when it is no pack, and `Refused` when it is forged or by somebody else, not valid at `now`, older
    /// than the one held or another one of its version, or a difference from any other pack: then the whole must be fetched.
    pub fn open(file: &[u8], publisher: &Did, held: Option<&Self>, now: &Timestamp) -> Result<Self> {
        let pack = match (PackFile::read(file, publisher)?, held) {
            (PackFile::Whole(pack), _) => pack,
            (PackFile::Difference(difference), Some(held)) => difference.apply(held)?,
            (PackFile::Difference(_), None) => {
                return Err(refused("it is a difference, and there is no pack that it could change: fetch the whole pack"));
            }
        };
        if let Some(held) = held {
            pack.manifest.check_follows(&held.manifest)?;
        }
        pack.manifest.check_time(now)?;
        Ok(pack)
    }

    /// The file that carries the whole pack.
    pub fn to_bytes(&self) -> Vec<u8> {
        file::write(file::WHOLE, &self.signed, &self.entries.encode())
    }

    /// What the publisher signed.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// What the pack says.
    pub fn entries(&self) -> &Entries {
        &self.entries
    }

    /// What the pack knows of a DID, its keys judged `now`; none when it says nothing of it.
    ///
    /// A did:ethr is replayed from its history here, and not before. What cannot be used is `Missing` with the reason: while the
    /// pack is not valid, nothing in it can be.
    pub fn resolution(&self, did: &Did, now: &Timestamp) -> Option<Known<Resolution>> {
        let found = self.entries.resolution(did, now)?;
        Some(self.usable(found, now))
    }

    /// The status list at `url`; none when the pack has none, and `Missing` as [`TrustPack::resolution`] says.
    pub fn status_list(&self, url: &str, now: &Timestamp) -> Option<Known<Secured>> {
        let found = self.entries.status_list(url)?;
        Some(self.usable(found, now))
    }

    /// How a did:ethr came to be accredited for a scope; none when the pack does not say, and `Missing` as
    /// [`TrustPack::resolution`] says.
    pub fn accreditations(&self, did: &Did, scope: &Scope, now: &Timestamp) -> Option<Known<Told<Vec<Path>>>> {
        let found = self.entries.accreditations(did, scope)?;
        Some(self.usable(found, now))
    }

    /// When a did:ethr anchored a root; none when the pack does not say, and `Missing` as [`TrustPack::resolution`] says.
    pub fn anchored(&self, did: &Did, root: B256, now: &Timestamp) -> Option<Known<Told<Option<Moment>>>> {
        let found = self.entries.anchored(did, root)?;
        Some(self.usable(found, now))
    }

    /// What the issuer at a web address publishes of its keys; none when the pack has none, and `Missing` as
    /// [`TrustPack::resolution`] says.
    pub fn issuer_metadata(&self, issuer: &str, now: &Timestamp) -> Option<Known<IssuerMetadata>> {
        let found = self.entries.issuer_metadata(issuer)?;
        Some(self.usable(found, now))
    }

    fn usable<T>(&self, found: Result<Known<T>>, now: &Timestamp) -> Known<T> {
        let found = self.manifest.check_time(now).and(found);
        found.unwrap_or_else(|error| Known::Missing { why: error.to_string() })
    }
}

fn refused(reason: impl ToString) -> WalletError {
    WalletError::refused("the trust pack", reason)
}

fn malformed(reason: impl ToString) -> WalletError {
    WalletError::malformed("trust pack", reason)
}
