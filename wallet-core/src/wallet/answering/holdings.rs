//! What this wallet has to offer, in the order it is best offered.

use std::collections::BTreeMap;

use crate::error::Result;
use crate::presentation::dcql::{Held, Validity};
use crate::securing::Secured;
use crate::store::{HeldCredential, Occurrence, RecordId};
use crate::time::Timestamp;
use crate::wallet::{Wallet, holder_key};

/// A credential that is kept, as a query sees it and as the wallet keeps it.
pub(super) struct Holding {
    pub id: RecordId,
    pub held: Held,
    pub record: HeldCredential,
}

impl Wallet {
    /// The credentials, those that were shown least first, so that of several copies another one goes to each verifier (§15.5).
    pub(super) async fn holdings(&self, now: &Timestamp) -> Result<Vec<Holding>> {
        let references = self.key_references().await?;
        let mut shown: BTreeMap<RecordId, usize> = BTreeMap::new();
        for event in self.history().await? {
            if let Occurrence::Shown { items, .. } = event.what {
                items.iter().for_each(|item| *shown.entry(item.credential).or_default() += 1);
            }
        }
        let mut holdings = Vec::new();
        for (id, record) in self.credentials().await? {
            let credential = Secured::read(&record.text)?;
            let key = holder_key(&references, &credential).map(|reference| reference.public.algorithm());
            let ended = record.display.valid_until.as_ref().is_some_and(|end| end <= now);
            let validity = if ended { Validity::Ended } else { Validity::Current };
            holdings.push(Holding { id, held: Held { name: id.to_string(), credential, key, validity }, record });
        }
        holdings.sort_by_key(|one| shown.get(&one.id).copied().unwrap_or_default());
        Ok(holdings)
    }
}
