//! Status lists: fetched whole, kept for as long as they say, and used with their age when no newer one can be had.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::Verifier;
use crate::error::{Result, WalletError};
use crate::ports::Change;
use crate::securing::Secured;
use crate::status::ListFormat;
use crate::time::Timestamp;
use crate::verification::{Known, is_fresh_list};

/// The most lists that are kept: which lists are asked for, whoever made a credential decides.
const MAX_KEPT: usize = 64;
const KEPT: &str = "status/fetched/";

/// A list as it is kept.
#[derive(Serialize, Deserialize)]
struct Kept {
    url: String,
    text: String,
    as_of: Timestamp,
}

impl Verifier {
    /// The list at `url`: the newest one at hand while it is fresh, else a new one, else an old one with its age.
    pub(super) async fn status_list(&self, url: &str, format: ListFormat, max_age: i64, now: &Timestamp) -> Known<Secured> {
        let packed = self.pack.as_ref().and_then(|pack| pack.status_list(url, now));
        let carried = self.carried.status_lists.get(url).cloned();
        let at_hand = [self.kept(url).await, carried, packed].into_iter().flatten();
        match at_hand.max_by(|one, other| fetched_at(one).cmp(&fetched_at(other))) {
            Some(kept) if is_fresh(&kept, max_age, now) => kept,
            kept => match self.fetch_list(url, format).await {
                Ok(what) => {
                    self.keep(url, &what, now).await;
                    Known::Found { what, as_of: now.clone() }
                }
                Err(why) => kept.unwrap_or(Known::Missing { why }),
            },
        }
    }

    /// Fetches a status list whole, so that its publisher does not learn which credential is judged.
    async fn fetch_list(&self, url: &str, format: ListFormat) -> Result<Secured, String> {
        let bytes = self.fetch(url, format.accept()).await?;
        Secured::read_bytes(&bytes).map_err(|error| error.to_string())
    }

    async fn kept(&self, url: &str) -> Option<Known<Secured>> {
        let bytes = self.storage.read(&name(url)).await.ok()??;
        let kept: Kept = serde_json::from_slice(&bytes).ok().filter(|kept: &Kept| kept.url == url)?;
        Some(Known::Found { what: Secured::read(&kept.text).ok()?, as_of: kept.as_of })
    }

    /// Keeps a list; that it cannot be kept takes nothing from the verdict.
    async fn keep(&self, url: &str, list: &Secured, now: &Timestamp) {
        let _ = self.try_to_keep(url, list, now).await;
    }

    async fn try_to_keep(&self, url: &str, list: &Secured, now: &Timestamp) -> Result<()> {
        let kept = Kept { url: url.to_owned(), text: list.text().to_owned(), as_of: now.clone() };
        let bytes = serde_json::to_vec(&kept).map_err(WalletError::storage_failed)?;
        let others = self.storage.list(KEPT).await?.into_iter().filter(|other| *other != name(url));
        let mut changes: Vec<Change> = others.skip(MAX_KEPT - 1).map(|name| Change::Delete { name }).collect();
        changes.push(Change::Put { name: name(url), bytes });
        self.storage.write(changes).await
    }
}

fn fetched_at(known: &Known<Secured>) -> Option<&Timestamp> {
    if let Known::Found { as_of, .. } = known { Some(as_of) } else { None }
}

/// Whether no newer list need be asked for.
pub(super) fn is_fresh(known: &Known<Secured>, max_age: i64, now: &Timestamp) -> bool {
    matches!(known, Known::Found { what, as_of } if is_fresh_list(what, as_of, max_age, now))
}

/// URLs are outside text of any length; a digest makes a name of one length.
fn name(url: &str) -> String {
    format!("{KEPT}{}", BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(url)))
}
