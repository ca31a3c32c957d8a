//! What a registry says of a did:ethr: its history, who accredited it for what, and when it anchored which roots.
//!
//! When a chain was read, and how far that can be trusted, is kept once for all that is said of it: the least that holds for any.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::contents::{from_json, to_json};
use super::{Entries, Reading, history, malformed};
use crate::did::ethr::{self, History, Identity, Version};
use crate::did::{Did, Resolution, Standing};
use crate::error::{Result, WalletError};
use crate::registry::accreditation::{Path, Scope};
use crate::registry::credential_registry::Moment;
use crate::registry::{B256, Checkpoint, Told};
use crate::time::Timestamp;
use crate::verification::Known;

const HISTORY: &str = "history";
const ACCREDITATIONS: &str = "accreditations";
const ANCHORS: &str = "anchors";
const CHAIN: &str = "chain";
const CHECKPOINT: &str = "checkpoint";

/// How somebody came to be accredited for one scope.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Accredited {
    scope: Scope,
    paths: Vec<Path>,
}

/// What is written of a did:ethr.
impl Entries {
    /// Adds all that the registry says of a did:ethr, as it was read `as_of`; fails with `Misused` when the history has a gap.
    pub fn add_history(&mut self, did: &Did, history: &History, as_of: &Timestamp) -> Result<()> {
        self.put(format!("{did}/{HISTORY}"), history::to_bytes(history)?);
        self.note_reading(history.chain_id, &history.standing, as_of)
    }

    /// Adds how a did:ethr came to be accredited for a scope, as it was read `as_of`; nothing is said, too, when no path was found.
    ///
    /// Fails with `Misused` when its history was not added before.
    pub fn add_accreditations(&mut self, did: &Did, scope: &Scope, told: &Told<Vec<Path>>, as_of: &Timestamp) -> Result<()> {
        let chain_id = self.chain_of(did)?;
        let mut all: Vec<Accredited> = self.json_of(did, ACCREDITATIONS)?.unwrap_or_default();
        all.retain(|other| other.scope != *scope);
        all.push(Accredited { scope: scope.clone(), paths: told.what.clone() });
        all.sort_by(|one, other| one.scope.cmp(&other.scope));
        self.put(format!("{did}/{ACCREDITATIONS}"), to_json(&all));
        match told.what.is_empty() {
            true => Ok(()),
            false => self.note_reading(chain_id, &told.standing, as_of),
        }
    }

    /// Adds when a did:ethr anchored a root, as it was read `as_of`; fails with `Misused` when its history was not added before.
    pub fn add_anchor(&mut self, did: &Did, root: B256, told: &Told<Moment>, as_of: &Timestamp) -> Result<()> {
        let chain_id = self.chain_of(did)?;
        let mut all: BTreeMap<B256, Moment> = self.json_of(did, ANCHORS)?.unwrap_or_default();
        all.insert(root, told.what);
        self.put(format!("{did}/{ANCHORS}"), to_json(&all));
        self.note_reading(chain_id, &told.standing, as_of)
    }

    /// Adds a block of a chain to start from when that chain can be reached.
    pub fn add_checkpoint(&mut self, chain_id: u64, checkpoint: &Checkpoint) {
        self.put(format!("{CHECKPOINT}/{chain_id}"), to_json(checkpoint));
    }

    fn note_reading(&mut self, chain_id: u64, standing: &Standing, as_of: &Timestamp) -> Result<()> {
        let reading = Reading { as_of: as_of.clone(), standing: standing.clone() };
        let common = match self.reading(chain_id)? {
            Some(before) => before.common(reading),
            None => reading,
        };
        self.put(format!("{CHAIN}/{chain_id}"), to_json(&common));
        Ok(())
    }

    fn chain_of(&self, did: &Did) -> Result<u64> {
        let bytes = self.bytes(&format!("{did}/{HISTORY}"));
        let bytes =
            bytes.ok_or_else(|| WalletError::misused("the history of a DID is packed before what else its registry says"))?;
        Ok(history::from_bytes(bytes)?.0)
    }
}

/// What is read of a did:ethr.
impl Entries {
    /// When each chain was read, by its id, and how far that can be trusted.
    pub fn readings(&self) -> Result<BTreeMap<u64, Reading>> {
        let number = |id: &str| id.parse().map_err(|_| malformed("the id of a chain is a number"));
        self.of_kind(CHAIN).map(|(id, bytes)| Ok((number(id)?, from_json(bytes)?))).collect()
    }

    /// A block of that chain to start from: see `registry::Trust::since`.
    pub fn checkpoint(&self, chain_id: u64) -> Result<Option<Checkpoint>> {
        self.bytes(&format!("{CHECKPOINT}/{chain_id}")).map(from_json).transpose()
    }

    /// The document of a did:ethr, replayed from its history, its keys judged `now`.
    pub(super) fn replayed(&self, did: &Did, now: &Timestamp) -> Option<Result<Known<Resolution>>> {
        let bytes = self.bytes(&format!("{did}/{HISTORY}"))?;
        let Ok(identity) = Identity::read(did) else { return Some(Ok(Known::Impossible)) };
        Some(history::from_bytes(bytes).and_then(|(chain_id, events)| {
            let Reading { as_of, standing } = self.reading_of(chain_id)?;
            let history = History { chain_id, standing, events };
            Ok(Known::Found { what: ethr::resolve(&identity, &history, &Version::Latest, now), as_of })
        }))
    }

    /// How a did:ethr came to be accredited for a scope.
    pub(super) fn accreditations(&self, did: &Did, scope: &Scope) -> Option<Result<Known<Told<Vec<Path>>>>> {
        let all: Vec<Accredited> = match self.json_of(did, ACCREDITATIONS).transpose()? {
            Ok(all) => all,
            Err(error) => return Some(Err(error)),
        };
        let found = all.into_iter().find(|accredited| accredited.scope == *scope)?;
        Some(self.told(did, found.paths))
    }

    /// When a did:ethr anchored a root.
    pub(super) fn anchored(&self, did: &Did, root: B256) -> Option<Result<Known<Told<Option<Moment>>>>> {
        let all: BTreeMap<B256, Moment> = match self.json_of(did, ANCHORS).transpose()? {
            Ok(all) => all,
            Err(error) => return Some(Err(error)),
        };
        let moment = *all.get(&root)?;
        Some(self.told(did, Some(moment)))
    }

    fn told<T>(&self, did: &Did, what: T) -> Result<Known<Told<T>>> {
        let Reading { as_of, standing } = self.reading_of(self.chain_of(did)?)?;
        Ok(Known::Found { what: Told { what, standing }, as_of })
    }

    fn reading_of(&self, chain_id: u64) -> Result<Reading> {
        self.reading(chain_id)?.ok_or_else(|| malformed("it does not say when that chain was read"))
    }

    fn reading(&self, chain_id: u64) -> Result<Option<Reading>> {
        self.bytes(&format!("{CHAIN}/{chain_id}")).map(from_json).transpose()
    }

    fn json_of<T: serde::de::DeserializeOwned>(&self, did: &Did, kind: &str) -> Result<Option<T>> {
        self.bytes(&format!("{did}/{kind}")).map(from_json).transpose()
    }
}
